"""The campaign beside dates on which there was none."""

from retorno.figures.panels import nothing, point, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, PAPER, SOFT, label_end
from retorno.language import number, say


def placebo(result, ax):
    """Draw the change at every date before the campaign, and the real one with its interval at the right."""
    if result.refusal():
        return nothing(ax, result.caption())
    frame, effect = result.to_frame(), result.effect
    real = effect.changes["all"].at(effect.level)
    low, high = reach([(frame.change.min(), frame.change.max()), real.interval])
    value_axis(ax.yaxis, low, high, number, zero=say("no change"))
    room = 0.03 * -frame.day.min()
    value_axis(ax.xaxis, frame.day.min() - room, room, number, zero="0\n" + say("start"))
    zero_line(ax.axhline)
    for large, face in ((False, PAPER), (True, SOFT)):
        rows = frame[frame.as_large == large]
        look = {"color": SOFT, "markersize": 3.6, "markerfacecolor": face, "markeredgewidth": 0.9}
        ax.plot(rows.day, rows.change, "o", **look)
    bars = [[real.value - real.ci_low], [real.ci_high - real.value]]
    ax.errorbar([0], [real.value], yerr=bars, fmt="o", elinewidth=2, zorder=4, **point(ACCENT, 8))
    ax.plot(0, real.value, "o", markersize=8, color=ACCENT, zorder=5)
    label_end(ax, room, real.value, say("the campaign"), number(real.value), ACCENT)
    return ax
