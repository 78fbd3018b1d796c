"""The corrected change by the reliability that is taken as known."""

from retorno.figures.panels import (
    bands,
    nothing,
    point,
    reach,
    short,
    side_by_side,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, SOFT
from retorno.language import number, quantity, say

HEIGHT = 2.9
TICKS = (0.4, 0.6, 0.8)


def reliability(result, ax):
    """Draw the corrected change over the reliability, a panel for each outcome, against no change."""
    if not result.stated:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(HEIGHT)
    for panel, curve in zip(side_by_side(ax, len(result.stated)), result.stated, strict=True):
        one = frame[frame.outcome == result.name(curve)].reset_index(drop=True)
        unit = one.unit.iloc[0]
        alike = frame[frame.unit == unit]
        low, high = reach(list(zip(alike.ci_low, alike.ci_high, strict=True)))
        value_axis(
            panel.yaxis, low - 0.12 * (high - low), high, writer(unit), zero=say("no change")
        )
        zero_line(panel.axhline)
        last = quantity(one.change.iloc[-1], unit)
        bands(panel, one.reliability, [("", one.change, one.ci_low, one.ci_high, ACCENT, last)])
        _marks(panel, result, curve, one)
        panel.set_xlim(one.reliability.iloc[0], one.reliability.iloc[-1])
        panel.set_xticks(
            TICKS, [f"{number(TICKS[0], 1)}\n{say('reliability')}", *_short(TICKS[1:])]
        )
        panel.set_title(short(one.outcome.iloc[0], 24))
    return ax


def _short(values) -> list[str]:
    return [number(value, 1) for value in values]


def _marks(ax, result, curve, frame) -> None:
    """Mark the reliability the run takes, and at the foot the interval of the one the survey shows."""
    first, last = frame.reliability.iloc[0], frame.reliability.iloc[-1]
    if first <= result.reliability <= last:
        nearest = (frame.reliability - result.reliability).abs().idxmin()
        ax.plot(frame.reliability[nearest], frame.change[nearest], "o", **point(ACCENT))
    if curve.slope is None:
        return
    foot = ax.get_ylim()[0]
    low, high = (min(max(end, first), last) for end in curve.slope.at(result.level).interval)
    bar = {"color": SOFT, "linewidth": 6, "alpha": 0.45, "solid_capstyle": "butt", "clip_on": False}
    ax.plot([low, high], [foot, foot], **bar)
    if first <= curve.slope.value <= last:
        ax.plot(curve.slope.value, foot, "o", clip_on=False, **point(SOFT, 5))
