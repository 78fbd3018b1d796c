"""Figures of the reactivation study: each takes a result and the axes to draw on."""

from retorno.figures.reactivation.after import after
from retorno.figures.reactivation.costs import costs
from retorno.figures.reactivation.curves import censored, curves
from retorno.figures.reactivation.effects import effects
from retorno.figures.reactivation.hazard import hazard
from retorno.figures.reactivation.offers import offers
from retorno.figures.reactivation.plan import plan
from retorno.figures.reactivation.recency import recency
from retorno.figures.reactivation.returns import returns
from retorno.figures.reactivation.rules import rules
from retorno.figures.reactivation.season import season
from retorno.figures.reactivation.second_life import second_life
from retorno.figures.reactivation.speed import speed
from retorno.figures.reactivation.targeting import targeting
from retorno.figures.reactivation.threshold import threshold
from retorno.figures.reactivation.thresholds import thresholds
from retorno.figures.reactivation.timing import timing

__all__ = [
    "after",
    "censored",
    "costs",
    "curves",
    "effects",
    "hazard",
    "offers",
    "plan",
    "recency",
    "returns",
    "rules",
    "season",
    "second_life",
    "speed",
    "targeting",
    "threshold",
    "thresholds",
    "timing",
]
