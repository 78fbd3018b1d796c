"""How soon a purchase is followed by another, and where a lapse could begin."""

import numpy as np

from retorno.figures.panels import DAYS, apart, nothing, time_axis, value_axis, writer
from retorno.figures.theme import ACCENT, INK, LETTERS, REFERENCE, SOFT, label_end
from retorno.language import integer, percent, say

HEAD = 1.34  # top of the axis: two rows of words above the curves
TOP = 1.06  # where the lines of the two thresholds end
APART = 0.42  # of the axis: lines closer than this have their words in two rows
MIDDLE = (0.33, 0.62)  # of the axis: lines within have room for words on both sides


def threshold(result, ax):
    """Draw the share of purchases followed by another, with the suggestion and the threshold in use."""
    if result.refused:
        return nothing(ax, result.caption())
    days = np.arange(result.horizon + 1)
    followed = result.followed_by(days)
    seen = np.cumsum(result.counts) / result.seen_whole
    at = np.searchsorted(result.gaps, days, side="right")
    whole = np.concatenate([[0.0], seen])[at]
    ax.step(days, whole, where="post", color=REFERENCE, linewidth=1.5)
    ax.step(days, followed, where="post", color=ACCENT, linewidth=2.4)
    value_axis(ax.yaxis, 0.0, HEAD, writer("share"))
    shown = [t for t in ax.get_yticks() if t <= 1]
    ax.set_yticks(shown, [percent(t, 0) for t in shown])
    ax.set_xlim(0, days[-1])
    time_axis(ax, 0, int(days[-1]), DAYS, say("day"))
    lines = {
        say("All purchases"): (followed[-1], ACCENT),
        say("Gaps seen whole"): (whole[-1], REFERENCE),
    }
    heights = apart({name: end for name, (end, _) in lines.items()}, 0.17 * HEAD)
    for name, (end, colour) in lines.items():
        label_end(ax, days[-1], heights[name], name, percent(float(end)), colour)
    _marks(ax, result)
    return ax


def _marks(ax, result) -> None:
    """Draw the suggestion and, where the curve reaches it, the threshold in use, each named at the top."""
    days, lapse = integer(result.days), integer(result.lapse_days)
    ax.vlines(result.days, 0, TOP, color=INK, linewidth=1.2)
    if result.lapse_days == result.days:
        _word(ax, result, result.days, say("suggested and in use: {days}", days=days), INK)
        return
    suggested = say("suggested: {days}", days=days)
    if result.lapse_days > result.horizon:
        _word(ax, result, result.days, suggested, INK)
        return
    ax.vlines(result.lapse_days, 0, TOP, color=SOFT, linewidth=1.2, linestyle=(0, (3, 3)))
    both = sorted((result.days, result.lapse_days))
    sides = dict.fromkeys(both)
    if MIDDLE[0] * result.horizon < both[0] and both[1] < MIDDLE[1] * result.horizon:
        sides = dict(zip(both, (True, False), strict=True))
    row = int(sides[both[0]] is None and both[1] - both[0] < APART * result.horizon)
    in_use = say("in use: {days}", days=lapse)
    _word(ax, result, result.days, suggested, INK, left=sides[result.days])
    _word(ax, result, result.lapse_days, in_use, SOFT, left=sides[result.lapse_days], row=row)


def _word(ax, result, day: int, name: str, colour: str, *, left=None, row: int = 0) -> None:
    """Write the name of a line above it: to its `left` or right, or over it towards the side with more room."""
    over = 4 if left is None else -3  # points by which the name reaches over its line
    left = day > result.horizon / 2 if left is None else left
    ax.annotate(
        name,
        (day, TOP),
        xytext=(over if left else -over, 3 + 1.4 * LETTERS * row),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        color=colour,
    )
