"""The power of a survey by how many are asked."""

from retorno.figures.panels import heading, nothing, point, value_axis, writer, zero_line
from retorno.figures.theme import ACCENT, INK, SOFT, label_end
from retorno.language import integer, percent, say

MOST_TICKS = 9


def plan(result, ax):
    """Draw power over the number asked in each group, the line at 80 %, and where this survey stands."""
    if not result.curve:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    here, asked = result.here.value, result.smallest_cell.asked
    low, high = min(asked, frame.asked.iloc[0]), max(asked, frame.asked.iloc[-1])
    ax.set_xscale("log")
    ax.fill_between(frame.asked, frame.ci_low, frame.ci_high, color=ACCENT, alpha=0.2, linewidth=0)
    ax.plot(frame.asked, frame.power, color=ACCENT, linewidth=2.4, clip_on=False)
    ax.plot(asked, here, "s", **point(INK, 8), zorder=3, clip_on=False)
    value_axis(ax.yaxis, 0, 1.05, writer("share"))
    zero_line(ax.axhline, 0.8)
    ax.set_xlim(low / 1.1, high * 1.05)
    ticks = _ticks(low, high)
    words = say("asked in each group")
    ax.set_xticks(ticks, [f"{integer(ticks[0])}\n{words}", *map(integer, ticks[1:])])
    ax.minorticks_off()
    label_end(ax, ax.get_xlim()[1], 0.8, say("the usual"), percent(0.8, 0), SOFT)
    heading(ax, _place(result))
    return ax


def _place(result) -> str:
    """Name the square: written beside it, it would lie on the curve."""
    no_failure, recovered = (integer(cell.asked) for cell in result.cells)
    return "■ " + say(
        "this survey: {recovered} recovered, {no_failure} no failure",
        recovered=recovered,
        no_failure=no_failure,
    )


def _ticks(low: float, high: float) -> list[int]:
    """Return round numbers between `low` and `high`, few enough to be told apart."""
    for steps in ((1, 2, 5), (1, 5), (1,)):
        ticks = [step * 10**power for power in range(9) for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= MOST_TICKS:
            break
    return ticks
