"""Figures of the referral study: each takes a result and the axes to draw on."""

from retorno.figures.referral.account import account
from retorno.figures.referral.margins import margins
from retorno.figures.referral.retention import retention

__all__ = ["account", "margins", "retention"]
