"""Value that builds up day by day."""

from retorno.figures.panels import DAYS, bands, nothing, time_axis, value_axis, zero_line
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, say


def curves(windows, ax):
    """Draw the mean cumulative value of both groups with pointwise bands."""
    frame = windows.to_frame()
    if frame.empty:
        return nothing(ax, windows.caption())
    values = frame.drop(columns="offset").to_numpy()
    value_axis(ax.yaxis, 1.04 * min(0.0, values.min()), 1.04 * max(0.0, values.max()), number)
    if values.min() < 0:
        zero_line(ax.axhline)
    groups = [
        (
            name,
            *(frame[f"{group}{part}"] for part in ("", "_ci_low", "_ci_high")),
            colour,
            money(frame[group].iloc[-1], windows.currency),
        )
        for group, name, colour in zip(
            windows.groups, windows.names, (REFERENCE, ACCENT), strict=True
        )
    ]
    bands(ax, frame.offset, groups)
    time_axis(ax, 0, int(frame.offset.iloc[-1]), DAYS, say("day"))
    return ax
