"""Value that builds up day by day."""

from retorno.figures.panels import (
    DAYS,
    bands,
    nothing,
    side_by_side,
    time_axis,
    value_axis,
    zero_line,
)
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, say

FAINT = 0.1  # of the band that holds a whole curve, around the pointwise one


def curves(windows, ax):
    """Draw the mean cumulative value of both groups in pointwise bands, and fainter those for the whole curve."""
    frame = windows.to_frame()
    if frame.empty:
        return nothing(ax, windows.caption())
    _heights(ax, frame.drop(columns="offset").to_numpy())
    colours = dict(zip(windows.groups, (REFERENCE, ACCENT), strict=True))
    for group, colour in colours.items():
        whole(ax, frame.offset, frame[f"{group}_band_low"], frame[f"{group}_band_high"], colour)
    groups = [
        _line(frame, group, name, colours[group], windows.currency)
        for group, name in zip(windows.groups, windows.names, strict=True)
    ]
    bands(ax, frame.offset, groups)
    time_axis(ax, 0, int(frame.offset.iloc[-1]), DAYS, say("day"))
    return ax


def censored(result, ax):
    """Draw all windows that began beside the full ones alone, a panel for each group."""
    frame, windows = result.to_frame(), result.windows
    if frame.empty:
        return nothing(ax, result.caption())
    panels = side_by_side(ax, 2)
    for panel, group, name in zip(panels, windows.groups, windows.names, strict=True):
        _heights(panel, frame.drop(columns="offset").to_numpy())
        kinds = ((say("Full only"), "full", REFERENCE), (say("All windows"), "all", ACCENT))
        groups = [
            _line(frame, f"{group}_{kind}", word, colour, windows.currency)
            for word, kind, colour in kinds
        ]
        bands(panel, frame.offset, groups)
        time_axis(panel, 0, int(frame.offset.iloc[-1]), DAYS, say("day"), most=4)
        panel.set_title(name)
    panels[1].tick_params(axis="y", labelleft=False)
    return ax


def whole(ax, x, low, high, colour: str) -> None:
    """Draw the faint band that holds a whole curve; a single day needs none."""
    if len(x) > 1:
        ax.fill_between(x, low, high, color=colour, alpha=FAINT, linewidth=0)


def _heights(ax, values) -> None:
    """Give the axis of values its limits, zero inside."""
    value_axis(ax.yaxis, 1.04 * min(0.0, values.min()), 1.04 * max(0.0, values.max()), number)
    if values.min() < 0:
        zero_line(ax.axhline)


def _line(frame, column: str, name: str, colour: str, currency: str) -> tuple:
    """Return a group as `bands` takes it."""
    parts = (frame[f"{column}{part}"] for part in ("", "_ci_low", "_ci_high"))
    return (name, *parts, colour, money(frame[column].iloc[-1], currency))
