"""Figures of the referral study: each takes a result and the axes to draw on."""

from retorno.figures.referral.account import account
from retorno.figures.referral.balance import balance
from retorno.figures.referral.best import best
from retorno.figures.referral.campaign import campaign
from retorno.figures.referral.cascade_time import generation_time, tree
from retorno.figures.referral.cells import cells
from retorno.figures.referral.confounding import confounding
from retorno.figures.referral.fraud_loss import fraud_loss
from retorno.figures.referral.fraud_review import fraud_review
from retorno.figures.referral.fraud_rules import fraud_rules
from retorno.figures.referral.fraud_threshold import fraud_threshold
from retorno.figures.referral.generations import generations, reproduction
from retorno.figures.referral.leavers import leavers
from retorno.figures.referral.lorenz import lorenz
from retorno.figures.referral.margins import margins
from retorno.figures.referral.over_type_one import over_type_one
from retorno.figures.referral.panel import panel
from retorno.figures.referral.periods import periods
from retorno.figures.referral.placebo import placebo
from retorno.figures.referral.retention import retention
from retorno.figures.referral.sensitivity import sensitivity

__all__ = [
    "account",
    "balance",
    "best",
    "campaign",
    "cells",
    "confounding",
    "fraud_loss",
    "fraud_review",
    "fraud_rules",
    "fraud_threshold",
    "generation_time",
    "generations",
    "leavers",
    "lorenz",
    "margins",
    "over_type_one",
    "panel",
    "periods",
    "placebo",
    "reproduction",
    "retention",
    "sensitivity",
    "tree",
]
