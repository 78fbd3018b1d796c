"""How good a recovery must be to reach those without a failure."""

import numpy as np

from retorno.figures.panels import apart, nothing, point, value_axis, writer
from retorno.figures.recovery.moderation import bare
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import brief, integer, number, quantity, say

FOOT = 0.18  # share of the panel below the lines: counts and the mark at the axis


def threshold(result, ax):
    """Draw the recovered at each quality with their line, against the mean without a failure."""
    if result.line is None:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    unit = frame.unit.iloc[0]
    mean = result.no_failure
    low_nf, high_nf = mean.at(result.level).interval if mean.se else (mean.value, mean.value)
    every = [frame["mean"], frame.ci_low, frame.ci_high, frame.line, [low_nf, high_nf]]
    values = np.concatenate([np.asarray(v, dtype=float) for v in every])
    least, most = result.survey.range(result.outcome)
    low, high = max(np.nanmin(values), least), min(np.nanmax(values), most)
    room = (high - low) or 1.0
    value_axis(ax.yaxis, low - FOOT / (1 - FOOT) * room, high + 0.05 * room, writer(unit))
    bare(ax.yaxis, low)
    ends = np.array([frame.quality.min(), frame.quality.max()])
    reach = ends[1] - ends[0]
    ax.set_xlim(ends[0] - 0.05 * reach, ends[1] + 0.05 * reach)
    ax.fill_between(ax.get_xlim(), low_nf, high_nf, color=REFERENCE, alpha=0.25, linewidth=0)
    ax.axhline(mean.value, color=REFERENCE, linewidth=1.5)
    ax.plot(ends, [result.line.of((1.0, q)).value for q in ends], color=ACCENT, linewidth=2.4)
    _levels(ax, frame)
    _named(ax, result, unit)
    if result.estimate:
        _mark(ax, result)
    return ax


def _levels(ax, frame) -> None:
    """Draw the mean at each quality with its interval and count."""
    some = frame.dropna(subset=["ci_low"])
    ax.vlines(some.quality, some.ci_low, some.ci_high, color=ACCENT, alpha=0.45, linewidth=2)
    ax.plot(frame.quality, frame["mean"], "o", **point(ACCENT, 6))
    counts = [integer(n) for n in frame.n]
    counts[0] = say("n = {n}", n=counts[0])
    ax.set_xticks(
        frame.quality,
        [f"{brief(q)}\n{n}" for q, n in zip(frame.quality, counts, strict=True)],
    )


def _named(ax, result, unit: str) -> None:
    """Name the line of the recovered and that of no failure at their right ends."""
    bottom, top = ax.get_ylim()
    right = ax.get_xlim()[1]
    end = result.line.of((1.0, result.line.range[1])).value
    shown = {say("Recovered"): "", say("No failure"): quantity(result.no_failure.value, unit)}
    heights = dict(zip(shown, (end, result.no_failure.value), strict=True))
    colours = dict(zip(shown, (ACCENT, REFERENCE), strict=True))
    for name, height in apart(heights, 0.17 * (top - bottom)).items():
        label_end(ax, right, height, name, shown[name], colours[name])


def _mark(ax, result) -> None:
    """Mark the threshold and its interval at the foot, with its value."""
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    at, foot = result.estimate, bottom + 0.06 * (top - bottom)
    ends = np.clip(at.interval, low, high)
    ax.plot([at.value, at.value], [foot, result.no_failure.value], color=INK, linewidth=1)
    ax.plot(ends, [foot, foot], color=INK, alpha=0.4, linewidth=6, solid_capstyle="butt")
    ax.plot(at.value, foot, "o", **point(INK, 7))
    left = at.value > (low + high) / 2
    ax.annotate(
        say("threshold {value}", value=number(at.value)),
        (ends[0] if left else ends[1], foot),
        xytext=(-8 if left else 8, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=INK if low < at.value < high else SOFT,
    )
