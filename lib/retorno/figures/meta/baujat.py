"""Baujat's plot: who makes the studies differ, and who moves their mean."""

import numpy as np

from retorno.figures.meta.lines import dated
from retorno.figures.panels import heading, nothing, point, value_axis
from retorno.figures.theme import ACCENT, INK, SOFT
from retorno.language import number, say

HEIGHT = 4.0  # inches
NAMED = 6  # points with a name, at most
FAR = 0.3  # of both ranges together: nearer to the corner a point has none
SIDES = (
    (7, 0, "left", "center"),
    (-7, 0, "right", "center"),
    (0, 7, "center", "bottom"),
    (0, -7, "center", "top"),
    (-4, 6, "right", "bottom"),
    (-4, -6, "right", "top"),
    (4, 6, "left", "bottom"),
    (4, -6, "left", "top"),
)


def baujat(result, ax):
    """Draw what each effect adds to the spread against what it does to the mean, and name those that stand out."""
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(HEIGHT)
    x, y = (frame[name].to_numpy(dtype=float) for name in ("heterogeneity", "influence"))
    wide, tall = (max(float(values.max()), 1e-9) for values in (x, y))
    value_axis(ax.xaxis, -0.04 * wide, 1.08 * wide, number)
    value_axis(ax.yaxis, -0.05 * tall, 1.1 * tall, number)
    own = (frame["kind"] == "own").to_numpy()
    for mine, marker, colour in ((False, "o", INK), (True, "s", ACCENT)):
        if (own == mine).any():
            looks = point(colour, 7 if mine else 5.5)
            ax.plot(x[own == mine], y[own == mine], marker, linestyle="none", **looks)
    heading(ax, "↑ " + say("moves the mean"))
    _right(ax, say("makes the studies differ") + " →")
    _names(ax, frame, np.hypot(x / wide, y / tall), own)
    return ax


def _right(ax, text: str) -> None:
    """Name the axis of heterogeneity below its right end."""
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "top"}
    ax.annotate(text, (1, 0), xytext=(0, -22), weight="bold", annotation_clip=False, **place)


def _names(ax, frame, distance, own) -> None:
    """Name the points farthest from the corner, and the own survey, where a name finds room."""
    far = [i for i in np.argsort(-distance) if distance[i] >= FAR][:NAMED]
    ax.figure.draw_without_rendering()
    spots = ax.transData.transform(frame[["heterogeneity", "influence"]].to_numpy(dtype=float))
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in spots]
    for i in dict.fromkeys([*np.flatnonzero(own), *far]):
        colour = ACCENT if own[i] else INK if i == far[0] else SOFT
        _name(ax, frame, int(i), colour, taken)


def _name(ax, frame, i: int, colour: str, taken: list) -> None:
    """Write a name on the first side of its point where nothing else stands; none where all are taken."""
    frame_box = ax.get_window_extent()
    for dx, dy, ha, va in SIDES:
        text = ax.annotate(
            dated(frame["name"].iloc[i]),
            (frame["heterogeneity"].iloc[i], frame["influence"].iloc[i]),
            xytext=(dx, dy),
            textcoords="offset points",
            ha=ha,
            va=va,
            color=colour,
        )
        text.set_in_layout(False)
        box = text.get_window_extent()
        here = (box.x0, box.y0, box.x1, box.y1)
        inside = box.x0 >= frame_box.x0 and box.x1 <= frame_box.x1 and box.y1 <= frame_box.y1
        if inside and all(_apart(here, other) for other in taken):
            taken.append(here)
            return
        text.remove()


def _apart(a, b) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
