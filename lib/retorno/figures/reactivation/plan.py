"""The power of a test by customers in each arm, for several sizes of effect."""

import numpy as np

from retorno.figures.panels import heading, nothing, point, value_axis, writer, zero_line
from retorno.figures.theme import ACCENT, LETTERS, PAPER, REFERENCE, SOFT, label_end
from retorno.language import integer, number, percent, say

STEPS = {
    1.3: (1, 2, 5),
    2.8: (1, 3),
    np.inf: (1,),
}  # decades up to which they have room -> marks of each
NAMES_AT = 0.3  # height at which a line is named, at its right: there lines lie furthest apart


def plan(result, ax):
    """Draw power over customers in each arm, a line for each size of effect, the smallest in the accent colour."""
    if not result.curves:
        return nothing(ax, result.caption())
    ax.set_xscale("log")
    low, high = min(c.n[0] for c in result.curves), max(c.n[-1] for c in result.curves)
    for curve in result.curves:
        colour = ACCENT if curve.size == result.smallest else REFERENCE
        ax.plot(curve.n, curve.power, color=colour, linewidth=2.4 if colour == ACCENT else 1.5)
        ax.plot(curve.needed, 0.8, "o", **point(colour), zorder=3)
        at = float(np.interp(NAMES_AT, curve.power, np.log(curve.n)))
        ax.annotate(
            _points(curve.size),
            (np.exp(at), NAMES_AT),
            xytext=(0.8 * LETTERS, 0),
            textcoords="offset points",
            va="center",
            color=ACCENT if colour == ACCENT else SOFT,
            weight="bold",
            bbox={"facecolor": PAPER, "linewidth": 0, "pad": 0.5},
        )
    value_axis(ax.yaxis, 0, 1.05, writer("share"))
    zero_line(ax.axhline, 0.8)
    ax.set_xlim(low / 1.1, high * 1.4)
    ticks = _ticks(low, high)
    ax.set_xticks(ticks, [f"{integer(ticks[0])}\n{say('in each arm')}", *map(integer, ticks[1:])])
    ax.minorticks_off()
    label_end(ax, ax.get_xlim()[1], 0.8, say("the usual"), percent(0.8, 0), SOFT)
    heading(ax, say("Lines: extra return to be found, in points"))
    return ax


def _points(size: float) -> str:
    """Return a difference in share in points, with the decimals it has and no more."""
    points = round(100 * size, 6)
    return number(points, next(d for d in range(7) if round(points, d) == points))


def _ticks(low: float, high: float) -> list[int]:
    """Return round numbers between `low` and `high`, far enough from each other to be read."""
    decades = np.log10(high / low)
    steps = next(steps for most, steps in STEPS.items() if decades < most)
    ticks = [step * 10**power for power in range(9) for step in steps]
    return [tick for tick in ticks if low <= tick <= high] or [round(low)]
