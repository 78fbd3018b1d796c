"""How the distance of the recovered to the others changes along each moderator."""

import numpy as np

from retorno.figures.panels import nothing, reach, short, value_axis, writer, zero_line
from retorno.figures.theme import ACCENT, INK, LETTERS, LINE, PAPER, SOFT
from retorno.language import brief, number, say

BESIDE = 2  # panels in a row
HEIGHT = 2.9  # inches of a row of panels
FINE = 61
BINS = 15  # at most this many bars of answers
ROOM = 0.06  # of the range, free on either side
APART = 0.2  # of the range: bounds closer than this have their values below each other
WORD = 0.45  # of the range: what the name of the line of no difference takes
FLOOR = 0.16  # share of a panel, below the lines, that holds the bars


def moderation(result, ax):
    """Draw the difference along each moderator in its band, with Johnson-Neyman bounds, one panel for each."""
    if not result.stated:
        return nothing(ax, result.caption())
    lines = [(m, *_line(m, result.level)) for m in result.stated]
    low = min(0.0, *(float(line[3].min()) for line in lines))
    high = max(0.0, *(float(line[4].max()) for line in lines))
    low, high = reach([(low, high)])
    foot = low - FLOOR * (high - low) / (1 - FLOOR)
    titles = list(result.to_frame().moderator)
    for panel, line, title in zip(_grid(ax, len(lines)), lines, titles, strict=True):
        value_axis(panel.yaxis, foot, high, writer(result.unit))
        bare(panel.yaxis, low)
        _panel(panel, *line)
        panel.set_title(short(title, 34))
    return ax


def _grid(ax, count: int) -> list:
    """Return `count` panels in place of `ax`, two in a row."""
    ax.axis("off")
    rows, columns = -(-count // BESIDE), min(count, BESIDE)
    ax.figure.set_figheight(HEIGHT * rows)
    grid = ax.get_subplotspec().subgridspec(rows, columns, wspace=0.06, hspace=0.08)
    return [
        ax.figure.add_subplot(grid[place // columns, place % columns]) for place in range(count)
    ]


def _line(m, level: float):
    x = np.linspace(m.difference.low, m.difference.high, FINE)
    return x, *m.difference.band(x, level=level)


def _panel(ax, m, x, line, below, above) -> None:
    zero_line(ax.axhline)
    ax.fill_between(x, below, above, color=ACCENT, alpha=0.2, linewidth=0)
    ax.plot(x, line, color=ACCENT, linewidth=2.4)
    _answers(ax, m.values)
    span = x[-1] - x[0]
    ax.set_xlim(x[0] - ROOM * span, x[-1] + ROOM * span)
    _marks(ax, x[0], x[-1])
    bounds = [bound for bound in (m.region.low, m.region.high) if bound is not None]
    close = len(bounds) == 2 and bounds[1] - bounds[0] < APART * span
    for place, bound in enumerate(bounds):
        left = (bound - x[0]) / span > (0.5 if not close else 0.85 if place else 0.15)
        _bound(ax, bound, left, row=place if close else 0)
    _no_difference(ax, x, line, bounds)


def bare(axis, low: float) -> None:
    """Take the marks below `low` off an axis: nothing is read there."""
    pairs = zip(axis.get_ticklocs(), [t.get_text() for t in axis.get_ticklabels()], strict=True)
    kept = [(tick, text) for tick, text in pairs if tick >= low]
    axis.set_ticks([tick for tick, _ in kept], [text for _, text in kept])


def _no_difference(ax, x, line, bounds) -> None:
    """Name the line of no difference at the end where neither the band nor a bound is in the way."""
    ends = sorted((0, -1), key=lambda end: -abs(line[end]))
    free = [end for end in ends if all(abs(b - x[end]) > WORD * (x[-1] - x[0]) for b in bounds)]
    end = (free or ends)[0]
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
    ax.annotate(
        say("no difference"),
        (x[end], 0),
        xytext=(0, -4 if line[end] > 0 else 4),
        textcoords="offset points",
        ha="left" if end == 0 else "right",
        va="top" if line[end] > 0 else "bottom",
        color=SOFT,
        bbox=None if free else paper,
    )


def _marks(ax, low: float, high: float) -> None:
    """Mark the moderator's axis at whole points where it has few, else at round ones."""
    from matplotlib.ticker import MaxNLocator

    whole = float(low).is_integer() and float(high).is_integer()
    ticks = MaxNLocator(7, steps=[1, 2, 5, 10], integer=whole).tick_values(low, high)
    ticks = [float(t) for t in ticks if low <= t <= high]
    ax.set_xticks(ticks, [brief(round(t, 2)) for t in ticks])


def _answers(ax, values) -> None:
    """Draw how many answers lie at each value as bars at the foot of the panel."""
    places, counts = np.unique(values, return_counts=True)
    if places.size > BINS:
        counts, edges = np.histogram(values, BINS)
        places = (edges[:-1] + edges[1:]) / 2
    width = 0.6 * float(np.diff(places).min()) if places.size > 1 else 0.6
    bottom, top = ax.get_ylim()
    height = 0.8 * FLOOR * (top - bottom) * counts / counts.max()
    ax.bar(places, height, width, bottom, color=LINE, linewidth=0, zorder=0)


def _bound(ax, bound: float, left: bool, *, row: int) -> None:
    """Draw a Johnson-Neyman bound, its value beside it in the first or the second `row` of letters."""
    ax.axvline(bound, color=INK, linewidth=1, zorder=1.5)
    ax.annotate(
        number(bound),
        (bound, 1),
        xycoords=ax.get_xaxis_transform(),
        xytext=(-4 if left else 4, -1 - 1.4 * LETTERS * row),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
    )
