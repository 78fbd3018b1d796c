"""How fast referrals lead to referrals: days between generations, and the tree of one customer over months."""

from retorno.figures.panels import DAYS, bands, nothing, time_axis, value_axis, writer
from retorno.figures.referral.generations import named_line
from retorno.figures.referral.lines import months_axis
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import number, percent, say


def generation_time(result, ax):
    """Draw the share of those brought who have joined by days, as seen and corrected, against one half."""
    if result.refusal:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    value_axis(ax.yaxis, 0, 1, writer("share"))
    words = {"seen": say("As seen"), "corrected": say("Corrected")}
    groups = []
    for name, colour in (("seen", REFERENCE), ("corrected", ACCENT)):
        line, low, high = (frame[name + part] for part in ("", "_ci_low", "_ci_high"))
        groups.append((words[name], line, low, high, colour, percent(line.iloc[-1])))
    bands(ax, frame.day, groups)
    named_line(ax, 0.5, say("half"))
    time_axis(ax, 0, int(frame.day.iloc[-1]), DAYS, say("day"))
    return ax


def tree(result, ax):
    """Draw the customers expected to come of one by months since it joined, against where they end."""
    if result.refusal:
        return nothing(ax, result.caption())
    frame, total = result.to_frame(), result.total.value
    room = 0.08 * (max(frame.ci_high.max(), total) - 1)
    value_axis(ax.yaxis, 1 - room, max(frame.ci_high.max(), total) + room, number)
    last = number(frame.customers.iloc[-1])
    bands(ax, frame.month, [("", frame.customers, frame.ci_low, frame.ci_high, ACCENT, last)])
    named_line(ax, total, say("in the end {total}", total=number(total)))
    months_axis(ax, frame.month)
    return ax
