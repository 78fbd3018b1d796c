"""Margins of referred and other customers by month of tenure, and the gap between them."""

from retorno.figures.panels import bands, heading, nothing, reach, stacked, value_axis, zero_line
from retorno.figures.referral.lines import COLOURS, lines, months_axis
from retorno.figures.theme import ACCENT
from retorno.language import money, number, say


def margins(result, ax):
    """Draw the mean margin of both groups by month of tenure, and below it the gap against none."""
    if not result.drawn:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    above, below = stacked(ax, [7.5, 4.5])
    columns = {
        group: [frame[f"{group}_{part}"] for part in ("margin", "ci_low", "ci_high")]
        for group in COLOURS
    }
    heading(above, say("Margin"))
    lines(above, frame.month, columns, lambda v: money(v, result.currency), number, 0.085)
    heading(below, say("Gap: referred minus other"))
    _gap(below, frame.dropna(subset=["gap"]), result.currency)
    below.set_xlim(above.get_xlim())
    for panel in (above, below):
        months_axis(panel, frame.month)
    return ax


def _gap(ax, frame, currency: str) -> None:
    low, high = reach(list(zip(frame.gap_ci_low, frame.gap_ci_high, strict=True)))
    value_axis(ax.yaxis, low, high, number, zero=say("no gap"))
    zero_line(ax.axhline)
    if frame.empty:  # both groups without spread: means, but no interval of their difference
        return
    last = money(frame.gap.iloc[-1], currency)
    parts = (frame.gap, frame.gap_ci_low, frame.gap_ci_high)
    bands(ax, frame.month, [("", *parts, ACCENT, last)])
