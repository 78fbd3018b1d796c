"""The main results over lapse thresholds."""

from retorno.figures.panels import heading, nothing, point, stacked, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER
from retorno.language import integer, number, say

ROWS = 5.0  # height of a panel, in rows
# Least distance of two marks, and of one to that in use, as parts of the axis.
APART, ROOM = 0.055, 0.075


def thresholds(result, ax):
    """Draw both ratios with their intervals over the thresholds, against 1, the one in use marked."""
    frame = result.to_frame()
    kinds = (("window", "ratio", ""), ("like_for_like", "like", "like_"))
    drawn = [kind for kind in kinds if frame[kind[1]].notna().any()]
    if not drawn:
        return nothing(ax, result.caption())
    panels = stacked(ax, [ROWS] * len(drawn))
    for panel, (which, value, ends) in zip(panels, drawn, strict=True):
        columns = ["threshold", value, f"{ends}ci_low", f"{ends}ci_high"]
        some = frame[columns].dropna().set_axis(["days", "ratio", "low", "high"], axis=1)
        _ratios(panel, some, result)
        _days(panel, frame.threshold, result.lapse_days)
        heading(panel, result.panel(which))
    return ax


def _ratios(ax, some, result) -> None:
    low = min(1.0, float(some.low.min()))
    high = min(result.top, max(1.0, float(some.high.max())))
    room = 0.06 * (high - low) or 0.1
    value_axis(ax.yaxis, low - room, high + 3 * room, number)  # above: the values at both ends
    zero_line(ax.axhline, 1)
    ax.axvline(result.lapse_days, color=INK, linewidth=1, zorder=1)
    ax.vlines(
        some.days, some.low, some.high.clip(upper=high + room), color=ACCENT, alpha=0.4, linewidth=5
    )
    ax.plot(some.days, some.ratio, color=ACCENT, linewidth=1.2)
    ax.plot(some.days, some.ratio, "o", **point(ACCENT, 6))
    for row in {0, len(some) - 1}:
        one = some.iloc[row]
        ax.annotate(
            number(one.ratio),
            (one.days, min(one.high, high + room)),
            xytext=(0, 0.5 * LETTERS),
            textcoords="offset points",
            ha="center",
            color=INK,
            weight="bold",
            bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1},
        )


def _days(ax, thresholds, in_use: int) -> None:
    """Mark the thresholds, as far as there is room beside the one in use, and name that one and the unit."""
    first, last = float(thresholds.min()), float(thresholds.max())
    reach = (last - first) or 1.0
    ax.set_xlim(first - 0.05 * reach, last + 0.05 * reach)
    marks = [in_use]
    for days in map(int, thresholds):
        room = [ROOM if mark == in_use else APART for mark in marks]
        if all(abs(days - m) >= r * reach for m, r in zip(marks, room, strict=True)):
            marks.append(days)
    marks = sorted(marks)
    labels = {mark: integer(mark) for mark in marks}
    if in_use == marks[0]:
        labels[in_use] = say("{n} days\nin use", n=integer(in_use))
    else:
        labels[marks[0]] = say("{n}\ndays", n=integer(marks[0]))
        labels[in_use] = say("{n}\nin use", n=integer(in_use))
    ax.set_xticks(marks, labels.values())
