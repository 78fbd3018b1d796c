"""How soon the value of a window comes in."""

from retorno.figures.panels import DAYS, bands, nothing, time_axis, value_axis, writer
from retorno.figures.theme import ACCENT, REFERENCE, SOFT
from retorno.language import say


def speed(shape, ax):
    """Draw the share of each group's own value that has come in by each day, in pointwise bands."""
    frame = shape.to_frame()
    if frame.empty:
        return nothing(ax, shape.caption())
    values = frame.drop(columns="offset").to_numpy()
    value_axis(ax.yaxis, min(0.0, 1.04 * values.min()), 1.04 * values.max(), writer("share"))
    colours = dict(zip(shape.windows.groups, (REFERENCE, ACCENT), strict=True))
    parts = ("", "_ci_low", "_ci_high")
    groups = [
        ("", *(frame[f"{group}{part}"] for part in parts), colour, "")
        for group, colour in colours.items()
    ]
    bands(ax, frame.offset, groups)
    _names(ax, frame, dict(zip(shape.windows.groups, shape.windows.names, strict=True)), colours)
    time_axis(ax, 0, int(frame.offset.iloc[-1]), DAYS, say("day"))
    return ax


def _names(ax, frame, names, colours) -> None:
    """Name the lines where they are apart, not at their end, which is one point: one above, one below."""
    at = frame.iloc[len(frame) // 3]
    upper, lower = sorted(names, key=lambda group: at[group], reverse=True)
    sides = {
        upper: ("_ci_high", {"xytext": (-5, 6), "ha": "right", "va": "bottom"}),
        lower: ("_ci_low", {"xytext": (5, -6), "ha": "left", "va": "top"}),
    }
    for group, (end, place) in sides.items():
        colour = SOFT if colours[group] == REFERENCE else colours[group]
        words = {"textcoords": "offset points", "color": colour, "weight": "bold"}
        ax.annotate(names[group], (at.offset, at[f"{group}{end}"]), **words, **place)
