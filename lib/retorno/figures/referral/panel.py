"""The gap in margin as a smooth curve over tenure, among the gaps of the single months."""

from retorno.figures.panels import bands, nothing, point, reach, value_axis, zero_line
from retorno.figures.referral.lines import months_axis
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, say


def panel(result, ax):
    """Draw the curve in its band; as circles on a line the single months; a point at the first month without a gap."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    spans = [
        *zip(frame.ci_low, frame.ci_high, strict=True),
        *zip(frame.plain, frame.plain, strict=True),
    ]
    value_axis(ax.yaxis, *reach(spans), number, zero=say("no gap"))
    zero_line(ax.axhline)
    ax.plot(frame.month, frame.unadjusted, color=REFERENCE, linewidth=1.2, zorder=2)
    ax.plot(frame.month, frame.plain, "o", zorder=2, **point(REFERENCE, 4.5))
    parts = (frame.gap, frame.ci_low, frame.ci_high)
    bands(ax, frame.month, [("", *parts, ACCENT, money(frame.gap.iloc[-1], result.currency))])
    if result.erosion_month:
        ax.plot(result.erosion_month, 0, "o", zorder=3, **point(ACCENT))
    months_axis(ax, frame.month)
    room = 0.02 * max(1, len(frame) - 1)  # so that no circle is cut at an edge
    low, high = ax.get_xlim()
    ax.set_xlim(low - room, high + room)
    return ax
