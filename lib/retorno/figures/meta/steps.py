"""The mean study by study: as they came, and without each."""

import numpy as np

from retorno.figures.meta.lines import (
    CLOUD,
    MOST,
    axis_of,
    colour_of,
    dated,
    frame_of,
    interval_text,
    line_height,
    name_column,
    places,
    reach_of,
    right_column,
    segments,
)
from retorno.figures.panels import nothing, point
from retorno.figures.theme import SOFT
from retorno.language import integer, percent, say


def cumulative(result, ax):
    """Draw the mean after each further study with its interval, from the first on top to all."""
    return _steps(result, ax, say("After adding"))


def left_out(result, ax):
    """Draw the mean without each study in turn with its interval, and the mean of all as a line."""
    return _steps(result, ax, say("Without"))


def _steps(result, ax, head_word: str):
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    named = len(frame) <= MOST
    height = line_height(len(frame))
    heights = [height if named else CLOUD / len(frame)] * len(frame)
    frame_of(ax, [height, *heights])
    head, *at = places([height, *heights])
    own = (frame["kind"] == "own").to_numpy()
    level = result.pooled.level
    taken = _words(ax, frame, at, head, head_word, own, level) if named else 0.0
    axis_of(ax, *_span(result, frame), result.pooled.pool.mean.value, taken)
    for mine in (False, True):
        rows = np.flatnonzero(own == mine)
        if rows.size:
            _points(ax, frame.iloc[rows], [at[row] for row in rows], colour_of(mine), named)
    return ax


def _span(result, frame) -> tuple[float, float]:
    """Return the range of the axis; first means of a study or two may be too wide for it."""
    kept = [*frame["effect"], *result.pooled.pool.ci, *frame[["ci_low", "ci_high"]].iloc[-1]]
    return reach_of(*(frame[name] for name in ("effect", "ci_low", "ci_high")), kept)


def _points(ax, frame, at, colour: str, named: bool) -> None:
    segments(ax, at, frame["ci_low"], frame["ci_high"], colour, thin=not named)
    looks = point(colour, 5.5 if named else 2)
    ax.plot(frame["effect"], [place.y for place in at], "o", linestyle="none", **looks, zorder=3)


def _words(ax, frame, at, head, head_word: str, own, level: float) -> float:
    """Write studies at the left, how many are pooled and their mean at the right; return what they take, in points."""
    colours = [colour_of(mine) for mine in own]
    names = [dated(name) for name in frame["name"]]
    left = name_column(ax, [head, *at], [head_word, *names], [False, *own], [SOFT, *colours])
    counts = [integer(k) for k in frame["k"]]
    end = right_column(ax, 0, at, counts, say("Effects"), head, colours)
    shown = [
        interval_text(row.effect, row.ci_low, row.ci_high) for row in frame.itertuples(index=False)
    ]
    title = say("Mean [{level}]", level=percent(level, 0))
    return left + right_column(ax, end, at, shown, title, head, colours)
