"""Whether the best customers bring the best, and the most."""

from retorno.figures.panels import ROW, beside, nothing, reach, side_by_side, value_axis, zero_line
from retorno.figures.panels import names as name_rows
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, say


def best(result, ax):
    """Draw two panels beside each other, a bar for each fifth of own value: referrals made, value of the brought."""
    frame = result.to_frame()[::-1]  # the highest on top
    if frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(ROW * 1.2 * len(frame) + 1.1)
    panels = side_by_side(ax, 2)
    titles = (say("Referrals per customer"), say("Value of those brought"))
    columns = (frame.referrals, frame.brought)
    writers = (number, lambda value: money(value, result.currency))
    for panel, title, values, write, colour in zip(
        panels, titles, columns, writers, (REFERENCE, ACCENT), strict=True
    ):
        for place, value in enumerate(values):
            if value == value:  # a mean of too few is not shown
                panel.barh(-place, value, 0.62, color=colour, linewidth=0)
            beside(panel, -place, write(value) if value == value else "–")
        panel.set_title(title)
        name_rows(panel, list(frame.name) if panel is panels[0] else [""] * len(frame))
        low, high = reach([(v, v) for v in values.dropna()])
        value_axis(panel.xaxis, low, high, lambda value, digits: "", zero="0")
        zero_line(panel.axvline)
        panel.grid(axis="x", visible=False)
    return ax
