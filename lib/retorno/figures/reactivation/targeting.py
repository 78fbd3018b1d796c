"""Profit by share of the file contacted."""

import numpy as np

from retorno.figures.panels import apart, nothing, point, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import money, number, percent, say

LETTERS = 0.075  # height of a line of letters as a fraction of the axis


def targeting(curve, ax):
    """Draw profit by depth, ranked by effect in its band, by response, and in random order, with the best depth."""
    if curve.refused:
        return nothing(ax, curve.refused)
    frame = curve.to_frame()
    currency = curve.tests.currency
    low, high = reach(list(zip(frame.ci_low, frame.ci_high, strict=True)))
    others = frame[["by_response", "random"]].to_numpy(dtype=float)
    low, high = min(low, np.nanmin(others)), max(high, np.nanmax(others))
    value_axis(ax.yaxis, low, high, number)
    zero_line(ax.axhline)
    ax.fill_between(frame.depth, frame.ci_low, frame.ci_high, color=ACCENT, alpha=0.2, linewidth=0)
    ax.plot(frame.depth, frame.random, color=REFERENCE, linewidth=1.5, linestyle=(0, (5, 3)))
    some = frame.dropna(subset=["by_response"])
    ax.plot(some.depth, some.by_response, color=INK, linewidth=1.5)
    ax.plot(frame.depth, frame.by_effect, color=ACCENT, linewidth=2.4)
    ax.set_xlim(0, 1)
    words = say("contacted")
    ax.set_xticks(
        [0, 0.25, 0.5, 0.75, 1],
        [f"{percent(0, 0)}\n{words}", *(percent(q, 0) for q in (0.25, 0.5, 0.75, 1))],
    )
    _names(ax, frame, currency)
    if curve.best:
        depth, profit = curve.best
        ax.plot(depth, profit, "o", **point(ACCENT, 8), zorder=4, clip_on=False)
        side = "left" if depth < 0.2 else "right" if depth > 0.8 else "center"
        ax.annotate(
            say("highest: {depth}", depth=percent(depth, 0)),
            (depth, profit),
            xytext=(0, 8),
            textcoords="offset points",
            ha=side,
            va="bottom",
            color=INK,
            weight="bold",
        )
    return ax


def _names(ax, frame, currency: str) -> None:
    """Name the lines at the right, in the order in which they run: at their end all meet."""
    bottom, top = ax.get_ylim()
    middle = {
        say("by effect"): (frame.by_effect, ACCENT),
        say("by response"): (frame.by_response, INK),
        say("random order"): (frame.random, SOFT),
    }
    end = float(frame.by_effect.iloc[-1])
    order = sorted(middle, key=lambda name: np.nanmean(middle[name][0]))
    step = LETTERS * (top - bottom)
    ends = {name: end + 1e-9 * place * step for place, name in enumerate(order)}
    ends = {say("everybody"): end - 2e-9 * step, **ends}
    heights = apart(ends, step)
    lowest, highest = min(heights.values()), max(heights.values())
    shift = max(0.0, bottom + step / 2 - lowest) - max(0.0, highest - top + step / 2)
    for name, height in heights.items():
        colour = middle[name][1] if name in middle else SOFT
        shown = name if name in middle else f"{name} {money(end, currency)}"
        label_end(ax, 1.0, height + shift, shown, "", colour)
