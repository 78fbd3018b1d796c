"""Who has come back, as time goes by."""

from retorno.figures.panels import MONTHS, nothing, time_axis, value_axis, writer
from retorno.figures.theme import ACCENT, label_end
from retorno.language import percent, say

MONTH_DAYS = 30


def returns(result, ax):
    """Draw the share of the lapsed that has come back by days since the lapse, in steps with a band."""
    if not result.months:
        return nothing(ax, result.caption())
    steps = result.steps()
    month = steps.day / MONTH_DAYS
    step = {"step": "post", "color": ACCENT, "alpha": 0.2, "linewidth": 0}
    ax.fill_between(month, steps.ci_low, steps.ci_high, **step)
    ax.step(month, steps.returned, where="post", color=ACCENT, linewidth=2.4)
    value_axis(ax.yaxis, 0.0, 1.06 * float(steps.ci_high.max()), writer("share"))
    last = result.months[-1]
    ax.set_xlim(0, last)
    time_axis(ax, 0, last, MONTHS, say("month"), most=12)
    end = float(steps.returned.iloc[-1])
    label_end(ax, last, end, say("came back"), percent(end), ACCENT)
    return ax
