"""Value of a window by the month in which it began."""

import numpy as np

from retorno.figures.panels import apart, nothing, point, value_axis, zero_line
from retorno.figures.theme import ACCENT, REFERENCE, label_end
from retorno.language import number

MOST = 8  # months that can be named below the axis
BESIDE = 0.12  # of a month: the two groups stand side by side


def season(result, ax):
    """Draw the mean value of both groups with intervals, month by month."""
    frame = result.to_frame()
    if result.refusal():
        return nothing(ax, result.caption())
    windows = result.windows
    ends = frame[[f"{g}{end}" for g in windows.groups for end in ("_ci_low", "_ci_high")]]
    low, high = min(0.0, np.nanmin(ends)), max(0.0, np.nanmax(ends))
    value_axis(ax.yaxis, 1.04 * low, 1.04 * high, number)
    if low < 0:
        zero_line(ax.axhline)
    place = np.arange(len(frame))
    last = {}
    for group, name, colour, side in zip(
        windows.groups, windows.names, (REFERENCE, ACCENT), (-BESIDE, BESIDE), strict=True
    ):
        mean = frame[group].to_numpy()
        bars = np.stack([mean - frame[f"{group}_ci_low"], frame[f"{group}_ci_high"] - mean])
        ax.errorbar(place + side, mean, yerr=bars, fmt="o", elinewidth=2, **point(colour, 5))
        last[name] = (float(mean[~np.isnan(mean)][-1]), colour)
    bottom, top = ax.get_ylim()
    heights = apart({name: y for name, (y, _) in last.items()}, 0.09 * (top - bottom))
    ax.set_xlim(-0.5, len(frame) - 0.5)
    for name, height in heights.items():
        label_end(ax, len(frame) - 0.5, height, name, "", last[name][1])
    step = -(-len(frame) // MOST)
    ax.set_xticks(place[::step], list(frame.month[::step]))
    return ax
