"""The gap in margin of those still there, and had nobody left."""

from retorno.figures.panels import bands, nothing, reach, value_axis, zero_line
from retorno.figures.referral.lines import months_axis
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, say


def leavers(result, ax):
    """Draw the gap by month of tenure twice: of those still there, and weighted for those who left."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    looks = {
        "plain": (say("Still there"), REFERENCE),
        "weighted": (say("Had nobody left"), ACCENT),
    }
    groups, spans = [], []
    for name, (words, colour) in looks.items():
        parts = [frame[name], frame[f"{name}_ci_low"], frame[f"{name}_ci_high"]]
        groups.append((words, *parts, colour, money(parts[0].iloc[-1], result.currency)))
        spans += zip(*parts[1:], strict=True)
    value_axis(ax.yaxis, *reach(spans), number, zero=say("no gap"))
    zero_line(ax.axhline)
    bands(ax, frame.month, groups)
    months_axis(ax, frame.month)
    return ax
