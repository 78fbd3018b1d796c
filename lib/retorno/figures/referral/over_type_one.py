"""The return of a programme over the share of customers who would not have come otherwise."""

from retorno.figures.panels import nothing, point, reach, value_axis, writer, zero_line
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import percent, say

ROOM = 0.1  # of the axis, that a name above or below the line of zero needs


def over_type_one(result, ax):
    """Draw the return in its band by the share, with the break-even on the line of zero and what is assumed."""
    if not result.share.size:
        return nothing(ax, result.caption())
    low, high = reach(list(zip(result.ci_low, result.ci_high, strict=True)))
    value_axis(ax.yaxis, low, high, writer("share"), zero=percent(0, 0) + "\n" + say("break-even"))
    zero_line(ax.axhline)
    _assumed(ax, result)
    band = {"color": ACCENT, "alpha": 0.2, "linewidth": 0}
    ax.fill_between(result.share, result.ci_low, result.ci_high, **band)
    ax.plot(result.share, result.roi, color=ACCENT, linewidth=2.4)
    ticks = (0, 0.25, 0.5, 0.75, 1)
    words = say("would not have come")
    ax.set_xlim(0, 1)
    ax.set_xticks(ticks, [f"{percent(t, 0)}" + (f"\n{words}" if t == 0.5 else "") for t in ticks])
    label_end(ax, 1.0, result.roi[-1], "", percent(result.roi[-1]), ACCENT)
    _break_even(ax, result)
    return ax


def _assumed(ax, result) -> None:
    """Mark what is assumed of the share: a line for a number, a strip for a range or an estimate with its interval."""
    if result.assumed is None:
        return
    share, low, high = result.assumed
    if low < high:
        ax.axvspan(low, high, color=REFERENCE, alpha=0.16, linewidth=0)
        ends = {"low": percent(low), "high": percent(high)}
        text = say("held possible: {low} to {high}", **ends)
    else:
        ax.axvline(share, color=REFERENCE, linewidth=1.5, linestyle=(0, (5, 3)))
        text = say("assumed: {share}", share=percent(share))
    ax.set_title(" ")  # keeps the room
    middle = (low + high) / 2
    side = "left" if middle < 0.25 else "right" if middle > 0.75 else "center"
    words = {"xytext": (0, 7), "textcoords": "offset points", "ha": side, "color": SOFT}
    ax.annotate(text, (middle, 1), xycoords=ax.get_xaxis_transform(), **words)


def _break_even(ax, result) -> None:
    """Mark where the return is zero, named on the side of the line on which there is room; the title says it, too."""
    share = result.break_even
    if share is None:
        return
    ax.plot(share, 0, "o", **point(INK, 8), zorder=4, clip_on=False)
    bottom, top = ax.get_ylim()
    if min(-bottom, top) < ROOM * (top - bottom):
        return
    rises = result.roi[-1] > result.roi[0]
    right = share < 0.5
    # Beside a rising line there is room below to the right and above to the left; beside a falling one the reverse.
    below = rises == right
    look = {"ha": "left" if right else "right", "va": "top" if below else "bottom"}
    at = (8 if right else -8, -8 if below else 8)
    text = say("zero at {share}", share=percent(share))
    ax.annotate(text, (share, 0), xytext=at, textcoords="offset points", weight="bold", **look)
