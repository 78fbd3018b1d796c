"""Figures of the reactivation study: each takes a result and the axes to draw on."""

import numpy as np

from retorno.figures.panels import (
    DAYS,
    MONTHS,
    Row,
    bands,
    heading,
    intervals,
    nothing,
    point,
    stacked,
    time_axis,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER, REFERENCE
from retorno.language import money, number, percent, quantity, say


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


def hazard(returns, ax):
    """Draw the share that comes back in each month since the lapse, with intervals."""
    if not returns.stated:
        return nothing(ax, returns.caption())
    frame = returns.to_frame().dropna()
    share = frame.hazard.to_numpy(dtype=float)
    low, high = frame.ci_low.to_numpy(dtype=float), frame.ci_high.to_numpy(dtype=float)
    bars = np.array([share - low, high - share]).clip(min=0)
    ax.errorbar(frame.month, share, yerr=bars, fmt="o", elinewidth=2, **point(ACCENT, 4.5))
    for row in {0, len(frame) - 1}:
        ax.annotate(
            percent(share[row]),
            (frame.month.iloc[row], high[row]),
            xytext=(0, 0.5 * LETTERS),
            textcoords="offset points",
            ha="center",
            color=INK,
            weight="bold",
            bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1},  # no grid line through the figures
        )
    value_axis(ax.yaxis, 0.0, 1.12 * high.max(), writer("share"))
    ax.set_xlim(0.4, len(returns.months) + 0.6)
    time_axis(ax, 1, len(returns.months), MONTHS, say("month"), most=12)
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
        rows = [
            Row(r.arm, r.effect, r.ci_low, r.ci_high, quantity(r.effect, unit), ACCENT)
            for r in one.itertuples()
        ]
        intervals(panel, rows, writer(unit), say("no effect"))
        heading(panel, one.outcome.iloc[0])
    return ax
