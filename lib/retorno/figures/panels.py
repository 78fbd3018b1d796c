"""What figures of several studies are built from: stacked panels, rows of intervals, a word where there is none."""

from collections.abc import Mapping

from retorno.figures.theme import INK, SOFT, label_end

ROW = 0.3  # inches of one row
BETWEEN = 1.9  # rows between two panels: the title of one, the axis of the other


def stacked(ax, rows):
    """Return one panel below the other in place of `ax`, each as high as its number of `rows`."""
    ax.axis("off")
    total = sum(rows) + BETWEEN * len(rows)
    ax.figure.set_figheight(ROW * total)
    top, panels = 1.0, []
    for count in rows:
        top -= (count + BETWEEN) / total
        panels.append(ax.inset_axes([0.0, top + 0.9 / total, 1.0, count / total]))
    return panels


def intervals(ax, rows, write) -> None:
    """Draw a point with its interval for each of `rows`, the first on top.

    Parameters
    ----------
    rows : sequence of (label, value, low, high, colour)
    write : callable
        Writes a value at the axis.
    """
    for row, (_, value, low, high, colour) in enumerate(rows):
        ax.plot(
            [low, high],
            [-row, -row],
            color=colour,
            alpha=0.45,
            linewidth=5,
            solid_capstyle="round",
        )
        ax.plot(value, -row, "o", color=colour, markersize=6)
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.set_yticks([-row for row in range(len(rows))])
    ax.set_yticklabels([label for label, *_ in rows], color=INK)
    value_axis(ax.xaxis, write)
    ax.grid(axis="y", visible=False)


def bands(ax, x, groups) -> None:
    """Draw a line in its band for each of `groups`, named at its right end with its last value.

    Parameters
    ----------
    x : array_like
    groups : sequence of (name, line, low, high, colour, last value as text)
    """
    ends = {}
    for name, line, low, high, colour, _ in groups:
        ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(x, line, color=colour)
        ends[name] = line.iloc[-1]
    bottom, top = ax.get_ylim()
    heights = apart(ends, 0.13 * (top - bottom))
    for name, *_, colour, last in groups:
        label_end(ax, x.iloc[-1], heights[name], f"{name}\n{last}", colour)
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


def value_axis(axis, write) -> None:
    """Give an axis few ticks, each as `write` writes its value."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(lambda value, _: write(value))


def zero_line(ax) -> None:
    """Draw the line of no effect."""
    ax.axvline(0, color=SOFT, linewidth=1.1, linestyle=(0, (3, 3)))


def nothing(ax, why: str):
    """Say in the figure's place why there is none."""
    ax.axis("off")
    ax.text(0, 0.5, why, color=SOFT, wrap=True, transform=ax.transAxes)
    return ax
