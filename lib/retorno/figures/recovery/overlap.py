"""Who is comparable with whom: the chance of being among the recovered, in both groups."""

import numpy as np

from retorno.figures.panels import nothing, value_axis
from retorno.figures.theme import ACCENT, LINE, REFERENCE, SOFT
from retorno.language import percent, say

HEIGHT = 3.2  # inches of the two groups, back to back


def overlap(result, ax):
    """Draw the share of each group by chance: the recovered upwards, those without a failure downwards."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(HEIGHT)
    width = frame["to"] - frame["from"]
    looks = {"align": "edge", "width": 0.9 * width, "linewidth": 0}
    ax.bar(frame["from"], frame.recovered, color=ACCENT, **looks)
    ax.bar(frame["from"], -frame.no_failure, color=REFERENCE, **looks)
    ax.grid(visible=False)  # its lines would cross the names
    ax.axhline(0, color=LINE, linewidth=1.2)
    low, high = -1.25 * frame.no_failure.max(), 1.25 * frame.recovered.max()
    value_axis(ax.yaxis, low, high, lambda value, digits: percent(abs(value), max(0, digits - 2)))
    room = 0.02 * (frame["to"].iloc[-1] - frame["from"].iloc[0])
    left, right = frame["from"].iloc[0] - room, frame["to"].iloc[-1] + room
    value_axis(ax.xaxis, left, right, lambda value, digits: percent(value, max(0, digits - 2)))
    _name(ax, say("Recovered"), frame.recovered, 1, ACCENT)
    _name(ax, say("No failure"), frame.no_failure, 0, SOFT)
    return ax


def _name(ax, name: str, shares, edge: int, colour: str) -> None:
    """Write a group's name in the corner of its half that is farther from its bars."""
    at_left = np.average(np.arange(shares.size), weights=shares) > (shares.size - 1) / 2
    place = {"ha": "left" if at_left else "right", "va": "top" if edge else "bottom"}
    x = 0.01 if at_left else 0.99
    ax.text(
        x,
        0.99 * edge + 0.01 * (1 - edge),
        name,
        transform=ax.transAxes,
        color=colour,
        weight="bold",
        **place,
    )
