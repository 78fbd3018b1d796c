"""Figures of the recovery study: each takes a result and the axes to draw on."""

from retorno.figures.recovery.changes import changes
from retorno.figures.recovery.evidence_map import evidence_map
from retorno.figures.recovery.leavers import leavers
from retorno.figures.recovery.means import means
from retorno.figures.recovery.mediation import confounding, mediation
from retorno.figures.recovery.moderation import moderation
from retorno.figures.recovery.ordered import ordered
from retorno.figures.recovery.overlap import overlap
from retorno.figures.recovery.plan import plan
from retorno.figures.recovery.reliability import reliability
from retorno.figures.recovery.threshold import threshold
from retorno.figures.recovery.value import value

__all__ = [
    "changes",
    "confounding",
    "evidence_map",
    "leavers",
    "means",
    "mediation",
    "moderation",
    "ordered",
    "overlap",
    "plan",
    "reliability",
    "threshold",
    "value",
]
