"""Two groups of customers over months: their lines in their bands, and the axis of months."""

from retorno.figures.panels import MONTHS, bands, time_axis, value_axis
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import say

COLOURS = {"other": REFERENCE, "referred": ACCENT}


def lines(ax, x, columns, shown, write, letters: float) -> None:
    """Draw a line with its band for each group, over the values there are: a gap of few points must show."""
    low = min(parts[1].min() for parts in columns.values())
    high = max(parts[2].max() for parts in columns.values())
    room = 0.04 * (high - low)
    value_axis(ax.yaxis, low - room, high + room, write)
    words = {"other": say("Other"), "referred": say("Referred")}
    groups = [
        (words[group], *parts, COLOURS[group], shown(parts[0].iloc[-1]))
        for group, parts in columns.items()
    ]
    bands(ax, x, groups, letters)


def months_axis(ax, months) -> None:
    """Mark the first and few round ones of `months`."""
    time_axis(ax, int(months.iloc[0]), int(months.iloc[-1]), MONTHS, say("month"))
