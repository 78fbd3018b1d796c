"""The ratio of hazards by period of tenure."""

import numpy as np

from retorno.figures.panels import ROW, beside, names, nothing, point, zero_line
from retorno.figures.theme import ACCENT
from retorno.language import number, say

# Ratios worth a mark at an axis, from 1 outwards; below it their inverses in the same places.
MARKS = {
    True: (1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100),
    False: (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01),
}
NAMED, NEXT = (
    0.17,
    0.09,
)  # least room to the mark of 1, with its name, and between others; of the axis


def periods(result, ax):
    """Draw the ratio of hazards within each period in its interval, on a logarithmic axis against a line at 1."""
    if not result.stated:
        return nothing(ax, result.caption())
    frame = result.to_frame().dropna()
    ax.figure.set_figheight(ROW * (1.2 * len(frame) + 2.2))
    zero_line(ax.axvline, 0)
    for row, one in enumerate(frame.itertuples()):
        bar = {"color": ACCENT, "alpha": 0.4, "linewidth": 6, "solid_capstyle": "butt"}
        ax.plot(np.log([one.ci_low, one.ci_high]), [-row, -row], **bar)
        ax.plot(np.log(one.ratio), -row, "o", **point(ACCENT))
        beside(ax, -row, number(one.ratio))
    names(ax, list(frame.period))
    _ratio_axis(ax, float(frame.ci_low.min()), float(frame.ci_high.max()))
    return ax


def _ratio_axis(ax, low: float, high: float) -> None:
    """Mark ratios on a logarithmic axis that holds 1, which is named."""
    low, high = np.log(min(low, 1.0)), np.log(max(high, 1.0))
    room = 0.05 * (high - low) or 0.1
    low, high = low - room, high + room
    ax.set_xlim(low, high)
    shown = {1.0: "1\n" + say("no difference")}
    for marks in MARKS.values():
        last, least = 0.0, NAMED
        for mark in marks:
            apart = abs(np.log(mark) - last)
            if low <= np.log(mark) <= high and apart >= least * (high - low):
                shown[mark] = number(mark, _digits(mark))
                last, least = np.log(mark), NEXT
    ax.set_xticks(np.log(list(shown)), list(shown.values()))


def _digits(ratio: float) -> int:
    if ratio == int(ratio):
        return 0
    return 1 if ratio >= 0.1 else 2
