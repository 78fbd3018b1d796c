"""Lines of a forest: a name at the left, an interval, and what it says in columns at the right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from retorno.figures.panels import short, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, LETTERS, PAPER, SIZE, SOFT
from retorno.language import number, percent, say

WIDE, TIGHT = 0.215, 0.172  # inches of a line: up to `ROOMY` lines, and beyond
ROOMY = 60
MOST = 250  # more studies than this are drawn without names, as thin as they must be
CLOUD = 6.0  # inches of those
AXIS = 0.55  # inches of the marks below the lines
NAME = 26  # letters of a name
SPARE = 1.04  # of a measured width: letters on a screen's grid are somewhat wider
GAP = 10  # points between columns
REACH = 2.5  # typical half intervals beyond the outermost effect; longer intervals end in an arrow


class Place(NamedTuple):
    """Where a line stands: its middle, in inches from the top (negative), and its height."""

    y: float
    height: float


def places(heights: Sequence[float]) -> list[Place]:
    """Return where lines of these heights stand, the first on top.

    Examples
    --------
    >>> [round(place.y, 2) for place in places([0.2, 0.4])]
    [-0.1, -0.4]
    """
    bottoms = -np.cumsum(heights)
    return [Place(float(b + h / 2), float(h)) for b, h in zip(bottoms, heights, strict=True)]


def line_height(lines: int) -> float:
    """Return the height of a line in inches by how many there are."""
    return WIDE if lines <= ROOMY else TIGHT


def frame_of(ax, heights: Sequence[float]) -> None:
    """Give the figure the height of its lines; nothing but these lines orders them, so no grid."""
    total = float(np.sum(heights))
    ax.figure.set_figheight(total + AXIS)
    ax.set_ylim(-total - 0.05, 0.02)
    ax.set_yticks([])
    ax.grid(visible=False)


def widths(texts: Sequence[str], weight: str = "normal") -> float:
    """Return the width of the longest of some texts in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=LETTERS, weight=weight)
    sizes = [text_to_path.get_text_width_height_descent(t, font, False)[0] for t in texts if t]
    return SPARE * max(sizes, default=0.0)


def name_column(ax, at, texts: Sequence[str], bold: Sequence[bool], colours) -> float:
    """Write names at the left, flush left; return what the column takes, in points."""
    left = -max(widths(texts), widths([t for t, b in zip(texts, bold, strict=True) if b], "bold"))
    for place, text, heavy, colour in zip(at, texts, bold, colours, strict=True):
        _write(ax, 0, left - GAP, place.y, text, "left", colour, heavy)
    return GAP - left


def right_column(ax, start: float, at, texts: Sequence[str], head: str, head_at, colours) -> float:
    """Write texts flush right beside the lines, under a head; return where the column ends, in points."""
    end = start + GAP + max(widths(texts), widths([head]))
    for place, text, colour in zip(at, texts, colours, strict=True):
        if text:
            _write(ax, 1, end, place.y, text, "right", colour, False)
    if head:
        _write(ax, 1, end, head_at.y, head, "right", SOFT, False)
    return end


def dated(name: str) -> str:
    """Return a name short enough for its column, its year at the end kept.

    Examples
    --------
    >>> dated("de Matos, Henrique & Rossi 2007"), dated("Smith 1999")
    ('de Matos, Henrique &… 2007', 'Smith 1999')
    """
    *rest, year = name.split(" ")
    if rest and len(year) == 4 and year.isdecimal():
        return f"{short(' '.join(rest), NAME - 5)} {year}"
    return short(name, NAME)


def _write(ax, edge: int, offset: float, y: float, text: str, side: str, colour: str, heavy: bool):
    ax.annotate(
        text,
        (edge, y),
        xycoords=ax.get_yaxis_transform(),
        xytext=(offset, 0),
        textcoords="offset points",
        ha=side,
        va="center_baseline",
        color=colour,
        weight="bold" if heavy else "normal",
        annotation_clip=False,
    )


def interval_text(value: float, low: float, high: float) -> str:
    """Return an effect and its interval as they stand beside a line."""
    return say("{value} [{low}, {high}]", value=number(value), low=number(low), high=number(high))


def weight_text(weight: float) -> str:
    """Return a weight as it stands beside a line, empty where there is none."""
    return "" if np.isnan(weight) else percent(weight, 1)


def reach_of(effect, low, high, kept) -> tuple[float, float]:
    """Return the range of the axis: every effect, what is `kept` wholly, zero; the longest intervals may leave it.

    Parameters
    ----------
    effect, low, high : array_like of float
        Of the studies.
    kept : sequence of float
        Bounds that must be seen: of means and of predictions.
    """
    effect, low, high = (np.asarray(values, dtype=float) for values in (effect, low, high))
    half = REACH * float(np.median((high - low) / 2)) if effect.size else 0.0
    inner = [*kept, *effect, 0.0]
    least = min([*inner, *np.maximum(low, min(inner) - half)])
    most = max([*inner, *np.minimum(high, max(inner) + half)])
    room = 0.03 * (most - least) or 1.0
    return least - room, most + room


def axis_of(ax, low: float, high: float, mean: float, taken: float) -> None:
    """Mark the axis of effects, and draw the named line of zero and a faint one at the mean.

    Parameters
    ----------
    taken : float
        Points of the figure's width that the columns take; the marks must find room in the rest.
    """
    value_axis(ax.xaxis, low, high, number)
    marks = [
        (t, text.get_text()) for t, text in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    ]
    step = float(np.diff(ax.get_xticks()).min()) if len(marks) > 1 else high - low
    free = (72 * SIZE[0] - taken) * step / (high - low)
    each = max(1, int(np.ceil((widths([text for _, text in marks]) + GAP / 2) / max(free, 1.0))))
    kept = [(t, text) for t, text in marks if round(t / step) % each == 0]
    ax.set_xticks([t for t, _ in kept], [text for _, text in kept])
    named_zero(ax)
    ax.axvline(mean, color=INK, alpha=0.3, linewidth=1, zorder=0)


def named_zero(ax) -> None:
    """Draw the line of no difference and name it below the marks of the axis, which it could touch among them."""
    zero_line(ax.axvline)
    place = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
    looks = {"ha": "center", "va": "top", "color": SOFT, "annotation_clip": False}
    ax.annotate(say("no difference"), (0, 0), xytext=(0, -5 - 1.4 * LETTERS), **place, **looks)


def segments(ax, at: Sequence[Place], low, high, colour: str, *, thin: bool = False) -> None:
    """Draw the intervals of one colour; where one leaves the axis, an arrow says so."""
    left, right = ax.get_xlim()
    y = np.array([place.y for place in at])
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    looks = {"linewidth": 0.6, "alpha": 0.45} if thin else {"linewidth": 1.3}
    ax.hlines(y, np.maximum(low, left), np.minimum(high, right), color=colour, **looks)
    for ends, edge, marker in ((low < left, left, "<"), (high > right, right, ">")):
        if ends.any():
            looks = {"color": colour, "markersize": 5, "linestyle": "none", "clip_on": False}
            ax.plot(np.full(ends.sum(), edge), y[ends], marker, **looks)


def diamond(ax, place: Place, value: float, low: float, high: float, colour: str, *, full=True):
    """Draw a mean as a diamond as wide as its interval."""
    half = 0.34 * place.height
    x, y = [low, value, high, value], [0, half, 0, -half]
    face = colour if full else PAPER
    ax.fill(x, [place.y + d for d in y], facecolor=face, edgecolor=colour, linewidth=1.2, zorder=3)


def whisker(ax, place: Place, low: float, high: float, colour: str) -> None:
    """Draw where one more study is expected, as a thin line with ends, behind its diamond."""
    looks = {"color": colour, "linewidth": 1.1, "marker": "|", "markersize": 7, "zorder": 2}
    ax.plot([low, high], [place.y, place.y], **looks)


def colour_of(own: bool) -> str:
    """Return the accent for the own survey and what holds it, ink for all else."""
    return ACCENT if own else INK
