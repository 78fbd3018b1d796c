"""What returned customers bring, month by month since the return."""

import numpy as np

from retorno.figures.panels import MONTHS, nothing, point, reach, time_axis, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER, SOFT
from retorno.language import money, number, say

HEIGHT = 3.2


def second_life(result, ax):
    """Draw the margin of each month with its interval, and the tail beyond them dashed."""
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(HEIGHT)
    seen, tail = frame[frame.observed], frame[~frame.observed]
    margin, low, high = (
        seen[name].to_numpy(dtype=float) for name in ("margin", "ci_low", "ci_high")
    )
    bottom, top = reach(list(zip(low, high, strict=True)))
    value_axis(ax.yaxis, bottom, top + 0.1 * (top - bottom), number)
    zero_line(ax.axhline)
    bars = np.array([margin - low, high - margin]).clip(min=0)
    ax.errorbar(seen.month, margin, yerr=bars, fmt="o", elinewidth=2, **point(ACCENT, 4.5))
    for row in {0, len(seen) - 1}:
        above = high[max(row - 1, 0) : row + 1].max()  # clear of the bar before it
        _above(ax, seen.month.iloc[row], above, money(margin[row], result.currency))
    last = int(frame.month.iloc[-1])
    ax.set_xlim(0.4, last + 0.6)
    if len(tail):
        _tail(ax, result, tail)
    time_axis(ax, 1, last, MONTHS, say("month"), most=12)
    return ax


def _above(ax, x: float, y: float, text: str) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(0, 0.5 * LETTERS),
        textcoords="offset points",
        ha="left" if x == 1 else "center",
        color=INK,
        weight="bold",
        bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1},  # no grid line through the figures
    )


def _tail(ax, result, tail) -> None:
    """Draw the months nobody observed, and say whether they count."""
    ax.plot(tail.month, tail.margin, color=SOFT, linewidth=1.8, linestyle=(0, (3, 2)))
    words = say("tail, counted") if result.tail == "geometric" else say("tail, not counted")
    ax.annotate(
        words,
        (1, tail.margin.max()),
        xycoords=("axes fraction", "data"),
        xytext=(0, LETTERS),
        textcoords="offset points",
        ha="right",
        color=SOFT,
    )
