"""Cost per return beside cost per extra return, by arm."""

from retorno.figures.panels import Row, beside, heading, names, nothing, point, stacked, value_axis
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT
from retorno.language import number, quantity, say


def costs(result, ax):
    """Draw both costs with their intervals, a panel for all treated and for each arm, on one axis of money."""
    if not result.stated:
        return nothing(ax, result.caption())
    panels = stacked(ax, [2] * len(result.stated))
    for panel, cost in zip(panels, result.stated, strict=True):
        _panel(panel, _rows(result, cost))
        value_axis(panel.xaxis, 0.0, 1.05 * result.span, number)
        heading(panel, cost.arm or say("all treated"))
    return ax


def _rows(result, cost) -> list[Row]:
    per = cost.per_return
    rows = [
        Row(
            say("per return"), per.value, *per.interval, quantity(per.value, result.unit), REFERENCE
        )
    ]
    if per := cost.per_extra:
        shown = quantity(per.value, result.extra_unit)
        return [*rows, Row(say("per extra return"), per.value, *per.interval, shown, ACCENT)]
    nan = float("nan")
    return [*rows, Row(say("per extra return"), nan, nan, nan, say("not stated"), REFERENCE)]


def _panel(ax, rows) -> None:
    for place, row in enumerate(rows):
        bar = {"color": row.colour, "alpha": 0.4, "linewidth": 6, "solid_capstyle": "butt"}
        ax.plot([row.low, row.high], [-place, -place], **bar)
        ax.plot(row.value, -place, "o", **point(row.colour))
        beside(ax, -place, row.shown, SOFT if row.colour == REFERENCE else INK)
    names(ax, [row.name for row in rows])
    ax.grid(axis="x", visible=True)
