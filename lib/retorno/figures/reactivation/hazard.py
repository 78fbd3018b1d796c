"""Returns by month since the lapse."""

import numpy as np

from retorno.figures.panels import MONTHS, nothing, point, time_axis, value_axis, writer
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER
from retorno.language import percent, say


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
