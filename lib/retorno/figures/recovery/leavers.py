"""What those who left could do to the difference between recovered and no failure."""

import numpy as np

from retorno.figures.panels import (
    beside,
    heading,
    names,
    nothing,
    point,
    reach,
    stacked,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT
from retorno.language import quantity, say


def leavers(result, ax):
    """Draw each outcome's difference as it stands, weighted and between bounds, against no difference."""
    if not result.stated:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    outcomes = list(frame.outcome.unique())
    panels = stacked(ax, [int((frame.outcome == outcome).sum()) for outcome in outcomes])
    for panel, outcome in zip(panels, outcomes, strict=True):
        one = frame[frame.outcome == outcome]
        unit = one.unit.iloc[0]
        alike = frame[frame.unit == unit]
        zero_line(panel.axvline)
        for place, row in enumerate(one.itertuples()):
            _row(panel, -place, row, REFERENCE if place == 0 else ACCENT)
        names(panel, list(one.step))
        low, high = reach(list(zip(alike.ci_low, alike.ci_high, strict=True)))
        value_axis(panel.xaxis, low, high, writer(unit), zero="0\n" + say("equal"))
        heading(panel, outcome)
    return ax


def _row(ax, y: float, row, colour: str) -> None:
    """Draw a point in its interval, or a bar from bound to bound in its interval, written out at the right."""
    pale = {"color": colour, "alpha": 0.4, "linewidth": 6, "solid_capstyle": "butt"}
    ax.plot([row.ci_low, row.ci_high], [y, y], **pale)
    if np.isnan(row.low):
        ax.plot(row.value, y, "o", **point(colour))
        text = quantity(row.value, row.unit)
    else:
        ax.plot([row.low, row.high], [y, y], **pale | {"alpha": 1.0, "linewidth": 9})
        text = say(
            "{low} to {high}", low=quantity(row.low, row.unit), high=quantity(row.high, row.unit)
        )
    beside(ax, y, text, SOFT if colour == REFERENCE else INK)
