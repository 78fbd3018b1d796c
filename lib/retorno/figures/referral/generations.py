"""Customers by generation, and how many each customer brings."""

from retorno.figures.panels import ROW, bands, beside, names, nothing, value_axis, zero_line
from retorno.figures.referral.lines import COLOURS, months_axis
from retorno.figures.theme import ACCENT, REFERENCE, SOFT
from retorno.language import integer, number, percent, say


def generations(result, ax):
    """Draw a bar for each generation: the customers nobody brought in the colour of comparison."""
    if not result.referred:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(ROW * len(frame) + 0.8)
    for row, one in enumerate(frame.itertuples()):
        ax.barh(-row, one.customers, 0.62, color=ACCENT if row else REFERENCE, linewidth=0)
        shown = say(
            "{customers} ({share})", customers=integer(one.customers), share=percent(one.share)
        )
        beside(ax, -row, shown)
    words = [say("Generation {generation}", generation=name) for name in frame.generation]
    names(ax, words)
    value_axis(ax.xaxis, 0, 1.05 * float(frame.customers.max()), lambda v, _: integer(v))
    return ax


def reproduction(result, ax):
    """Draw the customers brought per customer of both groups by months since joining, against one for one."""
    frame = result.to_frame()
    drawn = [group for group in COLOURS if group in frame]
    if not drawn:
        return nothing(ax, result.caption())
    value_axis(ax.yaxis, 0, 1.08 * max(1.0, *(frame[f"{g}_ci_high"].max() for g in drawn)), number)
    words = {"other": say("Other"), "referred": say("Referred")}
    groups = []
    for group in drawn:
        line, low, high = (frame[group + part] for part in ("", "_ci_low", "_ci_high"))
        groups.append((words[group], line, low, high, COLOURS[group], number(line.iloc[-1])))
    bands(ax, frame.month, groups)
    named_line(ax, 1, say("one for one"))
    months_axis(ax, frame.month)
    return ax


def named_line(ax, at: float, name: str) -> None:
    """Draw a level line to hold curves against, named at its left end."""
    zero_line(ax.axhline, at)
    place = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    ax.annotate(name, (0, at), xytext=(4, 4), color=SOFT, **place)
