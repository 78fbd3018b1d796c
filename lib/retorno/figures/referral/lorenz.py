"""How few customers make how many of the referrals."""

from retorno.figures.panels import apart, nothing, value_axis, writer
from retorno.figures.theme import ACCENT, INK, LETTERS, REFERENCE, SOFT
from retorno.language import percent, say

MARK = 80  # of 100 customers, from those who refer least: the others are the 20% who refer most


def lorenz(result, ax):
    """Draw the Lorenz curve with its band against chance alone and equal shares, named at the last fifth."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    write = writer("share")
    value_axis(ax.yaxis, 0, 1, write)
    value_axis(ax.xaxis, 0, 1, write)
    x = frame.customers
    ax.plot(x, frame.alike, color=SOFT, linewidth=1.2, linestyle=(0, (3, 3)))
    ax.plot(x, frame.chance, color=REFERENCE, linewidth=1.5)
    ax.fill_between(x, frame.ci_low, frame.ci_high, color=ACCENT, alpha=0.2, linewidth=0)
    ax.plot(x, frame.referrals, color=ACCENT, linewidth=2.4, clip_on=False)
    at = frame.iloc[MARK]
    ax.plot([at.customers] * 2, [0, at.alike], color=SOFT, linewidth=0.8)
    lines = {
        "referrals": (say("Found"), ACCENT),
        "chance": (say("Chance alone"), SOFT),
        "alike": (say("All customers alike"), SOFT),
    }
    heights = apart({name: at[name] for name in lines}, 0.16)
    lowest = min(heights.values())
    for name, (words, colour) in lines.items():
        height = heights[name] + max(0.0, 0.07 - lowest)
        _name(ax, at.customers, at[name], height, words, percent(1 - at[name]), colour)
    return ax


def _name(ax, x: float, y: float, height: float, words: str, shown: str, colour: str) -> None:
    """Write a line's name at the right, and what the last fifth of the customers make on it."""
    ax.plot(x, y, "o", color=colour, markersize=5, zorder=3)
    look = {"color": colour, "linewidth": 0.7, "linestyle": (0, (1, 2)), "clip_on": False}
    ax.plot([x, 1.0, 1.03], [y, height, height], **look)
    place = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    up = LETTERS * 0.625
    ax.annotate(words, (1.04, height), xytext=(0, up), color=colour, weight="bold", **place)
    most = say("last {top}: {shown}", top=percent(1 - MARK / 100, 0), shown=shown)
    ax.annotate(most, (1.04, height), xytext=(0, -up), color=INK, **place)
