"""Figures of the recovery study: each takes a result and the axes to draw on."""

from retorno.figures.recovery.changes import changes
from retorno.figures.recovery.means import means

__all__ = ["changes", "means"]
