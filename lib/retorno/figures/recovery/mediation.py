"""What justice carries of the effect of a recovery, and how strong a hidden cause would undo it."""

from retorno.figures.panels import (
    Row,
    apart,
    intervals,
    nothing,
    point,
    reach,
    short,
    stacked,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import number, quantity, say

LOOKS = ((ACCENT, "-"), (INK, (0, (5, 2))), (ACCENT, (0, (1, 1.5))))  # differ without colour


def mediation(result, ax):
    """Draw what each dimension of justice carries, and what none does, as points in their intervals."""
    if result.mediation is None:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    colours = [ACCENT] * (len(frame) - 1) + [REFERENCE]
    rows = [
        Row(r.way, r.effect, r.ci_low, r.ci_high, quantity(r.effect, r.unit), colour)
        for r, colour in zip(frame.itertuples(), colours, strict=True)
    ]
    (panel,) = stacked(ax, [len(rows)])
    intervals(panel, rows, writer(result.unit), say("no effect"))
    return ax


def confounding(result, ax):
    """Draw what each dimension would carry against the hidden correlation, one line for each."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    value_axis(ax.yaxis, *reach([(frame.effect.min(), frame.effect.max())]), writer(result.unit))
    zero_line(ax.axhline)
    ax.axvline(0, color=SOFT, linewidth=0.8, zorder=1)
    lines = dict(zip(frame.dimension.unique(), LOOKS, strict=True))
    for name, (colour, style) in lines.items():
        one = frame[frame.dimension == name]
        ax.plot(one.rho, one.effect, color=colour, linestyle=style)
        if abs(result.zeros[name]) <= frame.rho.max():
            ax.plot(result.zeros[name], 0, "o", **point(colour, 6))
    value_axis(ax.xaxis, frame.rho.min(), frame.rho.max(), number, zero="0\n" + say("as estimated"))
    _named(ax, frame, lines, result.zeros)
    return ax


def _named(ax, frame, lines, zeros) -> None:
    """Name the line of no effect at the left, and each dimension at its right end."""
    first, last = (frame[frame.rho == end] for end in (frame.rho.min(), frame.rho.max()))
    below = first.effect.mean() > 0
    ax.annotate(
        say("no effect"),
        (frame.rho.min(), 0),
        xytext=(2, -4 if below else 4),
        textcoords="offset points",
        va="top" if below else "bottom",
        color=SOFT,
    )
    bottom, top = ax.get_ylim()
    least = 0.23 * (top - bottom)
    heights = apart(last.set_index("dimension").effect.to_dict(), least)
    up = max(0.0, bottom + least / 2 - min(heights.values()))
    down = max(0.0, max(heights.values()) - top + least / 2)
    for name, height in heights.items():
        zero = say("zero at {rho}", rho=number(zeros[name]))
        place = height + up - down
        label_end(ax, frame.rho.max(), place, short(name, 16, 2), zero, lines[name][0])
