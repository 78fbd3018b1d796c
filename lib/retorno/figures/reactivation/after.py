"""What contact brings day by day."""

from retorno.figures.panels import (
    DAYS,
    apart,
    bands,
    nothing,
    reach,
    time_axis,
    value_axis,
    zero_line,
)
from retorno.figures.reactivation.curves import whole
from retorno.figures.theme import ACCENT, INK, label_end
from retorno.language import money, number, say


def after(result, ax):
    """Draw the incremental curve in pointwise and simultaneous bands, against zero and the cost of a contact."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    low, high = reach([(frame.band_low.min(), max(frame.band_high.max(), result.cost or 0.0))])
    value_axis(ax.yaxis, low, high, number, zero=say("no effect"))
    zero_line(ax.axhline)
    whole(ax, frame.offset, frame.band_low, frame.band_high, ACCENT)
    curve = (frame.incremental, frame.ci_low, frame.ci_high)
    bands(ax, frame.offset, [("", *curve, ACCENT, "")])
    _ends(ax, result, float(frame.incremental.iloc[-1]))
    time_axis(ax, 0, int(frame.offset.iloc[-1]), DAYS, say("day"))
    return ax


def _ends(ax, result, last: float) -> None:
    """Write at the right end what the curve comes to, and what the line of the cost is."""
    ends = {say("Contacted minus\nholdout"): (last, ACCENT)}
    if result.cost:
        ax.axhline(result.cost, color=INK, linewidth=1.2, zorder=1)
        ends[say("Cost of a contact")] = (result.cost, INK)
    bottom, top = ax.get_ylim()
    heights = apart({name: value for name, (value, _) in ends.items()}, 0.22 * (top - bottom))
    for name, (value, colour) in ends.items():
        shown = money(value, result.currency)
        label_end(ax, ax.get_xlim()[1], heights[name], name, shown, colour)
