"""Figures of the recovery study: each takes a result and the axes to draw on."""

from retorno.figures.panels import apart, intervals, nothing, stacked, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import number, percent, say


def means(result, ax):
    """Draw the mean of each group before and after, with intervals, one panel for each outcome."""
    if not result.stated:
        return nothing(ax, result.caption())
    frame = result.to_frame().dropna(subset=["mean"])
    outcomes = list(frame.outcome.unique())
    colours = dict(zip(result.groups, (REFERENCE, INK, ACCENT), strict=True))
    panels = stacked(ax, [6] * len(outcomes))
    for panel, outcome in zip(panels, outcomes, strict=True):
        _means_panel(panel, outcome, frame[frame.outcome == outcome], result.waves, colours)
    return ax


def _means_panel(ax, outcome, frame, waves, colours) -> None:
    present = [group for group in colours if (frame.group == group).any()]
    for place, group in enumerate(present):
        one = frame[frame.group == group]
        x = [waves.index(wave) + 0.05 * (place - 1) for wave in one.wave]
        bars = [one["mean"] - one.ci_low, one.ci_high - one["mean"]]
        ax.errorbar(x, one["mean"], yerr=bars, fmt="o-", color=colours[group], elinewidth=1.6)
    last = frame[frame.wave == waves[-1]].set_index("group")["mean"]
    span = frame.ci_high.max() - frame.ci_low.min()
    for group, y in apart(last.to_dict(), 0.13 * span).items():
        label_end(ax, len(waves) - 0.9, y, group, colours[group])
    ax.set_xlim(-0.3, len(waves) - 0.9)
    ax.set_xticks(range(len(waves)), waves)
    value_axis(ax.yaxis, _written(frame.unit.iloc[0]))
    ax.set_title(outcome, fontsize=10.5, color=SOFT)


def changes(result, ax):
    """Draw the raw, the expected and the corrected change of the recovered against no change."""
    if not result.stated:
        return nothing(ax, say("No corrected change can be stated."))
    frame = result.to_frame()
    outcomes = list(frame.outcome.unique())
    panels = stacked(ax, [int((frame.outcome == outcome).sum()) for outcome in outcomes])
    for panel, outcome in zip(panels, outcomes, strict=True):
        one = frame[frame.outcome == outcome]
        unit = one.unit.iloc[0]
        rows = zip(
            one.step,
            one.change,
            one.ci_low,
            one.ci_high,
            (REFERENCE, REFERENCE, ACCENT),
            strict=True,
        )
        intervals(panel, list(rows), _written(unit))
        panel.set_xlim(*_span(frame[frame.unit == unit]))
        zero_line(panel)
        panel.set_title(outcome, fontsize=10.5, color=SOFT)
    return ax


def _span(frame) -> tuple[float, float]:
    """Return one range for all intervals of a unit, zero inside."""
    low, high = min(0.0, frame.ci_low.min()), max(0.0, frame.ci_high.max())
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _written(unit: str):
    """Return how a value of `unit` stands at an axis: points with two decimals, shares in per cent."""
    if unit.startswith("share"):
        return lambda value: percent(value, 0)
    if unit.startswith("difference in share"):
        return lambda value: number(100 * value, 0)
    return number
