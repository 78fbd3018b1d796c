"""What a contact earns by months since the lapse."""

import numpy as np

from retorno.figures.panels import nothing, point, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, LETTERS, LINE, PAPER, SOFT
from retorno.language import money, number, say

MOST_TICKS = 13
WIDE = 7  # letters of a pooled month's name need two places


def timing(result, ax):
    """Draw expected profit in its interval by month, the months before the lapse shaded, the best month marked."""
    if result.refused:
        return nothing(ax, result.refused)
    months = result.months
    at = np.arange(len(months))
    profit = np.array([m.profit.value for m in months])
    low, high = (np.array([getattr(m.profit, b) for m in months]) for b in ("ci_low", "ci_high"))
    bottom, top = reach(list(zip(low, high, strict=True)))
    top += 0.1 * (top - bottom)  # room for words
    value_axis(ax.yaxis, bottom, top, number)
    zero_line(ax.axhline)
    early = [i for i, m in enumerate(months) if m.place == "before"]
    if early:
        ax.axvspan(early[0] - 0.5, early[-1] + 0.5, color=LINE, alpha=0.5, linewidth=0, zorder=0)
        words = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
        ax.annotate(
            say("before the lapse"),
            (early[0] - 0.5, 1),
            xytext=(4, -4),
            va="top",
            color=SOFT,
            **words,
        )
    ax.errorbar(at, profit, yerr=[profit - low, high - profit], fmt="o", **point(ACCENT, 6))
    if result.best is not None:
        i = months.index(result.best)
        ax.annotate(
            money(profit[i], result.tests.currency),
            (i, high[i]),
            xytext=(0, 0.4 * LETTERS),
            textcoords="offset points",
            ha="center",
            color=INK,
            weight="bold",
            bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1},
        )
    ax.set_xlim(-0.5, len(months) - 0.5)
    _months(ax, [m.name for m in months])
    ax.annotate(
        say("nothing earned"),
        (len(months) - 0.5, 0),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=SOFT,
        annotation_clip=False,
    )
    return ax


def _months(ax, names: list[str]) -> None:
    """Name few enough months to be told apart, the word below the first."""
    wide = max(len(name) for name in names) >= WIDE
    step = -(-len(names) // (MOST_TICKS // 2 if wide else MOST_TICKS))
    ticks = range(0, len(names), step)
    word = say("month")
    ax.set_xticks(ticks, [f"{names[i]}\n{word}" if i == 0 else names[i] for i in ticks])
