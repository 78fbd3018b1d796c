"""Figures of the reactivation study: each takes a result and the axes to draw on."""

import numpy as np

from retorno.figures.panels import bands, intervals, nothing, stacked, zero_line
from retorno.figures.theme import ACCENT, REFERENCE, SOFT
from retorno.language import money, percent, quantity, say


def curves(windows, ax):
    """Draw the mean cumulative value of both groups with pointwise bands."""
    frame = windows.to_frame()
    if frame.empty:
        return nothing(ax, windows.caption())
    ax.set_ylim(
        min(0, frame.drop(columns="offset").to_numpy().min()),
        1.04 * frame.drop(columns="offset").to_numpy().max(),
    )
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
    ax.set_xlabel(say("days since the aligned purchase"))
    ax.set_ylabel(say("{currency} per customer, cumulative", currency=windows.currency))
    return ax


def hazard(returns, ax):
    """Draw the share that comes back in each month since the lapse, with intervals."""
    if not returns.stated:
        return nothing(ax, returns.caption())
    frame = returns.to_frame().dropna()
    share = frame.hazard.to_numpy(dtype=float)
    low, high = frame.ci_low.to_numpy(dtype=float), frame.ci_high.to_numpy(dtype=float)
    bars = np.array([share - low, high - share]).clip(min=0)
    ax.errorbar(frame.month, share, yerr=bars, fmt="o", color=ACCENT, elinewidth=1.6, markersize=5)
    ax.set_ylim(0, None)
    ax.set_xticks(range(1, len(returns.months) + 1))
    ax.yaxis.set_major_formatter(lambda value, _: percent(value, 0 if share.max() > 0.1 else 1))
    ax.set_xlabel(say("month since the lapse"))
    ax.set_ylabel(say("share coming back in the month"))
    return ax


def effects(result, ax):
    """Draw each effect with its interval against no effect, one panel for each outcome."""
    if not result.stated:
        return nothing(ax, say("No effect can be stated."))
    frame = result.to_frame()
    outcomes = [frame[frame.outcome == name] for name in frame.outcome.unique()]
    panels = stacked(ax, [len(one) for one in outcomes])
    for panel, one in zip(panels, outcomes, strict=True):
        unit = one.unit.iloc[0]
        rows = [(r.arm, r.effect, r.ci_low, r.ci_high, ACCENT) for r in one.itertuples()]
        intervals(panel, rows, lambda value, unit=unit: quantity(value, unit))
        zero_line(panel)
        panel.set_title(one.outcome.iloc[0], fontsize=10.5, color=SOFT)
    return ax
