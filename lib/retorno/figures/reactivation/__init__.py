"""Figures of the reactivation study: each takes a result and the axes to draw on."""

from retorno.figures.reactivation.curves import curves
from retorno.figures.reactivation.effects import effects
from retorno.figures.reactivation.hazard import hazard

__all__ = ["curves", "effects", "hazard"]
