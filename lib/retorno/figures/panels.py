"""What figures of several studies are made of: panels, axes of time and values, lines in bands, rows of intervals."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import NamedTuple

from retorno.figures.theme import INK, PAPER, REFERENCE, SOFT, label_end
from retorno.language import DIFFERENCE, SHARE, integer, number, percent

ROW = 0.36  # inches of one row: two lines of letters
BETWEEN = 2.4  # rows between two panels: the title of one, the axis of the other
DAYS = (1, 2, 5, 10, 15, 30, 60, 90, 180, 365)  # steps of an axis of days
MONTHS = (1, 2, 3, 6, 12, 24, 60)


def stacked(ax, rows: Sequence[float]) -> list:
    """Return one panel below the other in place of `ax`, each as high as its number of `rows`."""
    ax.axis("off")
    ax.figure.set_figheight(ROW * (sum(rows) + BETWEEN * len(rows)))
    grid = ax.get_subplotspec().subgridspec(len(rows), 1, height_ratios=rows, hspace=0.08)
    return [ax.figure.add_subplot(cell) for cell in grid]


def side_by_side(ax, count: int) -> list:
    """Return `count` panels beside each other in place of `ax`."""
    ax.axis("off")
    grid = ax.get_subplotspec().subgridspec(1, count, wspace=0.06)
    return [ax.figure.add_subplot(cell) for cell in grid]


def heading(ax, text: str) -> None:
    """Name a panel, flush left with the names of its rows."""
    ax.set_title(" ")  # keeps the room
    place = (ax.figure.transFigure, ax.transAxes)
    words = {"xytext": (0, 7), "textcoords": "offset points", "weight": "bold"}
    ax.annotate(short(text, 60), (0, 1), xycoords=place, **words).set_in_layout(False)


def short(name: str, width: int, lines: int = 1) -> str:
    """Return a name in `lines` of at most `width` characters, what is longer cut with an ellipsis.

    Examples
    --------
    >>> short("Voucher", 9), short("Voucher of ten", 9), short("Voucher of ten", 9, 2), short("a_long_one", 6)
    ('Voucher', 'Voucher…', 'Voucher\\nof ten', 'a_lon…')
    """
    wrapped = wrap(name, width) or [""]
    if len(wrapped) > lines:
        wrapped[lines - 1] = wrapped[lines - 1][: width - 1] + "…"
    return "\n".join(wrapped[:lines])


class Row(NamedTuple):
    """A value with its interval, named at the left and written out at the right."""

    name: str
    value: float
    low: float
    high: float
    shown: str
    colour: str


def intervals(ax, rows: Sequence[Row], write: Callable, zero: str, span=None) -> None:
    """Draw a point in its interval for each of `rows`, the first on top, against a named line of zero.

    Parameters
    ----------
    write : callable
        Takes a value of the axis and its decimals.
    span : tuple of two float, optional
        Values the axis reaches over; those of the rows when not given.
    """
    low, high = span or reach([(row.low, row.high) for row in rows])
    zero_line(ax.axvline)
    for place, row in enumerate(rows):
        bar = {"color": row.colour, "alpha": 0.4, "linewidth": 6, "solid_capstyle": "butt"}
        ax.plot([row.low, row.high], [-place, -place], **bar)
        ax.plot(row.value, -place, "o", **point(row.colour))
        beside(ax, -place, row.shown, INK if row.colour != REFERENCE else SOFT)
    names(ax, [row.name for row in rows])
    value_axis(ax.xaxis, low, high, write, zero="0\n" + zero)


def names(ax, rows: Sequence[str]) -> None:
    """Name rows at the left, the first on top."""
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.set_yticks([-row for row in range(len(rows))], [short(row, 24, 2) for row in rows])
    ax.tick_params(axis="y", labelcolor=INK)
    ax.grid(axis="y", visible=False)


def beside(ax, y: float, text: str, colour: str = INK, weight: str = "normal") -> None:
    """Write an amount to the right of its row."""
    place = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points", "va": "center"}
    ax.annotate(text, (1, y), xytext=(10, 0), color=colour, weight=weight, **place)


def point(colour: str, size: float = 7) -> dict:
    """Return how a point looks: hollow for the comparison, so that it differs without colour, too."""
    face = PAPER if colour == REFERENCE else colour
    return {"color": colour, "markersize": size, "markerfacecolor": face, "markeredgewidth": 1.8}


def reach(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return one range for all `spans`, with a margin and zero inside.

    Examples
    --------
    >>> reach([(2.0, 4.0), (5.0, 10.0)])
    (-0.5, 10.5)
    """
    low, high = min([0.0, *(s[0] for s in spans)]), max([0.0, *(s[1] for s in spans)])
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def bands(ax, x, groups, letters: float = 0.065) -> None:
    """Draw a line in its band for each of `groups`, named at its right end with its last value.

    The axis of values must have its limits. The comparison's line is thinner, so that it differs without colour.

    Parameters
    ----------
    x : array_like
    groups : sequence of (name, line, low, high, colour, last value as text)
    letters : float
        Height of a line of letters as a fraction of the axis.
    """
    ends = {}
    for name, line, low, high, colour, _ in groups:
        width = 1.5 if colour == REFERENCE else 2.4
        if len(x) == 1:  # neither a line nor a band would show
            ax.errorbar(x, line, yerr=[line - low, high - line], fmt="o", **point(colour))
        ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(x, line, color=colour, linewidth=width)
        ends[name] = line.iloc[-1]
    bottom, top = ax.get_ylim()
    names_at_end = {name: short(name, 22, 2) for name in ends}
    lines = 2 + max(name.count("\n") for name in names_at_end.values())
    heights = apart(ends, lines * letters * (top - bottom))
    for name, *_, colour, last in groups:
        label_end(ax, x.iloc[-1], heights[name], names_at_end[name], last, colour)
    ax.set_xlim(x.iloc[0], max(x.iloc[-1], x.iloc[0] + 1))


def apart(heights: Mapping[str, float], least: float) -> dict[str, float]:
    """Return heights in rising order, each at least `least` above the one below, centred where they were.

    Examples
    --------
    >>> apart({"new": 5.0, "old": 4.0}, 2.0)
    {'old': 3.5, 'new': 5.5}
    """
    rising = dict(sorted(heights.items(), key=lambda item: item[1]))
    moved, below = {}, float("-inf")
    for name, height in rising.items():
        moved[name] = below = max(height, below + least)
    shift = (sum(moved.values()) - sum(rising.values())) / max(len(moved), 1)
    return {name: height - shift for name, height in moved.items()}


def time_axis(ax, first: int, last: int, steps: Sequence[int], word: str, most: int = 7) -> None:
    """Mark days or months: the first, below which stands the `word`, then few round ones."""
    step = next((s for s in steps if last - first <= most * s), (last - first) // most)
    ticks = [first, *(t for t in range(0, last + 1, step) if t - first >= step / 2)]
    ax.set_xticks(ticks, [f"{integer(first)}\n{word}", *map(integer, ticks[1:])])


def value_axis(axis, low: float, high: float, write: Callable, zero: str = "") -> None:
    """Give an axis its limits and few round marks, as `write` writes them with the decimals they need.

    Parameters
    ----------
    write : callable
        Takes a value and the number of decimals that tell the marks apart.
    zero : str
        Stands at zero in place of the number, where the line there has a name.
    """
    from matplotlib.ticker import MaxNLocator

    if low == high:
        low, high = reach([(low, high)])
    at = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [round(float(t), 12) for t in at if low <= t <= high]
    digits = next(d for d in range(13) if all(round(t, d) == t for t in ticks))
    axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})
    axis.set_ticks(ticks, [zero if zero and t == 0 else write(t, digits) for t in ticks])


def writer(unit: str) -> Callable[[float, int], str]:
    """Return how a value of `unit` is written at an axis with its decimals: shares in hundredths."""
    if unit.startswith(DIFFERENCE):
        return lambda value, digits: number(100 * value, max(0, digits - 2))
    if unit.startswith(SHARE):
        return lambda value, digits: percent(value, max(0, digits - 2))
    return number


def zero_line(line: Callable, at: float = 0) -> None:
    """Draw the line of no effect with `line`, the axvline or axhline of an axis."""
    line(at, color=SOFT, linewidth=1.2, linestyle=(0, (3, 3)), zorder=1)


def nothing(ax, why: str):
    """Say in the figure's place why there is none."""
    ax.axis("off")
    ax.figure.set_figheight(1)
    ax.text(0, 0.5, short(why, 76, 4), color=SOFT, va="center", transform=ax.transAxes)
    return ax
