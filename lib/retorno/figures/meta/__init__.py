"""Figures of a meta-analysis: each takes a result and the axes to draw on."""

from retorno.figures.meta.baujat import baujat
from retorno.figures.meta.forest import forest
from retorno.figures.meta.funnel import funnel
from retorno.figures.meta.steps import cumulative, left_out

__all__ = ["baujat", "cumulative", "forest", "funnel", "left_out"]
