"""Customers by own value and referral value: four cells, how many and what they are worth."""

from retorno.figures.panels import (
    ROW,
    beside,
    names,
    nothing,
    reach,
    side_by_side,
    value_axis,
    zero_line,
)
from retorno.figures.theme import ACCENT, INK, PAPER, REFERENCE
from retorno.language import money, percent, say

HIGH = 0.62  # of a row, the height of a bar


def cells(result, ax):
    """Draw three panels beside each other: share of each cell with its interval, own value, referral value."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(ROW * 1.4 * len(frame) + 1.1)
    shares, own, referral = side_by_side(ax, 3)
    _bars(shares, frame.share, ACCENT, percent)
    for place, row in enumerate(frame.itertuples()):
        for colour, width in ((PAPER, 5), (INK, 2)):  # seen on the bar and beyond its end
            shares.plot([row.ci_low, row.ci_high], [-place] * 2, color=colour, linewidth=width)
    _axis(shares, [(0.0, frame.ci_high.max())])
    spans = [(v, v) for v in (*frame.own.dropna(), *frame.referral.dropna())]
    for panel, values, colour in ((own, frame.own, REFERENCE), (referral, frame.referral, ACCENT)):
        _bars(panel, values, colour, lambda v: money(v, result.currency))
        _axis(panel, spans)  # one scale: a cell's two values can be compared
    titles = (say("Customers"), say("Own value"), say("Referral value"))
    for panel, title in zip((shares, own, referral), titles, strict=True):
        panel.set_title(title)
        names(panel, frame.cell if panel is shares else [""] * len(frame))
    return ax


def _bars(ax, values, colour: str, write) -> None:
    for place, value in enumerate(values):
        if value == value:  # a mean of too few customers is not shown
            ax.barh(-place, value, HIGH, color=colour, linewidth=0)
        beside(ax, -place, write(value) if value == value else "–")


def _axis(ax, spans) -> None:
    low, high = reach(spans)
    value_axis(ax.xaxis, low, high, lambda value, digits: "", zero="0")
    zero_line(ax.axvline)
    ax.grid(axis="x", visible=False)
