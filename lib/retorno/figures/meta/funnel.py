"""A funnel: effects by their precision, with shades for the p each would have against no effect."""

from collections.abc import Sequence

import numpy as np

from retorno.figures.meta.lines import named_zero, widths
from retorno.figures.panels import nothing, value_axis
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER, REFERENCE, SOFT
from retorno.language import number, say

HEIGHT = 4.4  # inches
SHADES = (0.0, 0.5, 0.24)  # of the bands from the middle outwards; beyond them the paper
AIR = 0.06  # of the range, around the points
WIDEST = 470  # points of a row of the key


def funnel(result, ax):
    """Draw each effect over its error, precise ones on top; hollow ones are filled in by trim-and-fill."""
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(HEIGHT)
    most = 1.06 * float(frame["se"].max())
    low, high = _span(frame["effect"], result.mean, most)
    ax.grid(visible=False)
    _contours(ax, [z for _, z in result.contours], most)
    value_axis(ax.yaxis, 0.0, most, number)
    value_axis(ax.xaxis, low, high, number)
    ax.invert_yaxis()
    named_zero(ax)
    ax.axvline(result.mean, color=INK, linewidth=1.5, zorder=1.5)
    for kind, (marker, colour, face, size) in LOOKS.items():
        some = frame[frame["kind"] == kind]
        if some.empty:  # a line without points would ask for room
            continue
        looks = {"color": colour, "markerfacecolor": face, "markersize": size}
        edge = PAPER if face == colour else colour
        looks |= {"linestyle": "none", "markeredgecolor": edge, "markeredgewidth": 1.0}
        ax.plot(some["effect"], some["se"], marker, **looks, zorder=3, clip_on=False)
    _key(ax, _entries(result, set(frame["kind"])))
    return ax


LOOKS = {
    "study": ("o", INK, INK, 6.5),
    "filled": ("o", INK, PAPER, 6.5),
    "own": ("s", ACCENT, ACCENT, 8.0),
}


def _span(effect, mean: float, most: float) -> tuple[float, float]:
    """Return the range of effects: every point, the mean, and the contours of the least precise."""
    low, high = min(*effect, mean, -1.7 * most), max(*effect, mean, 1.7 * most)
    room = AIR * (high - low)
    return low - room, high + room


def _contours(ax, at: Sequence[float], most: float) -> None:
    """Shade the bands between the contours, on both sides of zero."""
    se = np.array([0.0, most])
    for inner, outer, alpha in zip(at[:-1], at[1:], SHADES[1:], strict=True):
        for side in (-1, 1):
            shade = {"color": REFERENCE, "alpha": alpha, "linewidth": 0, "zorder": 0}
            ax.fill_betweenx(se, side * inner * se, side * outer * se, **shade)


def _entries(result, kinds) -> list[tuple[str, str, float, str]]:
    """Return symbol, colour, opacity and words of each entry of the key."""
    (p1, _), (p2, _), (p3, _) = result.contours
    wide, mid, small = (number(p) for p in (p1, p2, p3))
    entries = [
        ("■", REFERENCE, SHADES[1], say("p from {low} to {high}", low=mid, high=wide)),
        ("■", REFERENCE, SHADES[2], say("p from {low} to {high}", low=small, high=mid)),
        ("|", INK, 1.0, say("mean {mu}", mu=number(result.mean))),
    ]
    if "filled" in kinds:
        entries.append(("○", INK, 1.0, say("filled in")))
    if "own" in kinds:
        entries.append(("■", ACCENT, 1.0, say("this survey")))
    return entries


def _key(ax, entries) -> None:
    """Write what the marks are above the panel, in as many rows as they need."""
    rows, used = [[]], 0.0
    for entry in entries:
        need = widths([entry[0] + " "]) + widths([entry[3]]) + 16
        if used + need > WIDEST and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append((used, entry))
        used += need
    ax.set_title("\n".join([" "] * len(rows)))  # keeps the room
    for place, row in enumerate(reversed(rows)):
        y = 7 + 1.35 * LETTERS * place
        for x, (symbol, colour, alpha, text) in row:
            _write(ax, x, y, symbol, colour, alpha)
            _write(ax, x + widths([symbol + " "]), y, text, SOFT, 1.0)


def _write(ax, x: float, y: float, text: str, colour: str, alpha: float) -> None:
    ax.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(x, y),
        textcoords="offset points",
        color=colour,
        alpha=alpha,
        annotation_clip=False,
    ).set_in_layout(False)
