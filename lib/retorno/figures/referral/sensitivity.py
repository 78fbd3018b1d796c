"""The return of a programme with one input moved at a time."""

from retorno.figures.panels import ROW, beside, names, nothing, reach, value_axis, writer, zero_line
from retorno.figures.theme import ACCENT, INK, SOFT
from retorno.language import percent, quantity, say

HALF = 0.31  # of a bar's height, in rows
BESIDE = 0.23  # of the axis, that the name of zero needs


def sensitivity(result, ax):
    """Draw a bar for each input from the return with none moved, the widest on top, with the input's ends beside it."""
    if not result.bars:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(ROW * 1.25 * len(frame) + 1.1)
    for row, bar in enumerate(frame.itertuples()):
        for end, alpha in ((bar.at_low, 0.42), (bar.at_high, 1.0)):
            look = {"color": ACCENT, "alpha": alpha, "linewidth": 0}
            ax.barh(-row, end - result.centre, 2 * HALF, result.centre, **look)
        ends = (quantity(end, bar.unit) for end in (bar.low, bar.high))
        beside(
            ax, -row, say("{low} to {high}", **dict(zip(("low", "high"), ends, strict=True))), SOFT
        )
    names(ax, frame.label)
    spans = [(min(b.at_low, b.at_high), max(b.at_low, b.at_high)) for b in frame.itertuples()]
    value_axis(
        ax.xaxis, *reach(spans), writer("share"), zero=percent(0, 0) + "\n" + say("break-even")
    )
    _thin(ax)
    zero_line(ax.axvline)
    _centre(ax, result.centre)
    return ax


def _thin(ax) -> None:
    """Leave out marks that would meet: beside zero, which has a name, and all but the farthest of long ones."""
    marks = list(
        zip(ax.get_xticks(), (label.get_text() for label in ax.get_xticklabels()), strict=True)
    )
    low, high = ax.get_xlim()
    marks = [(t, text) for t, text in marks if t == 0 or abs(t) > BESIDE * (high - low)]
    if max(len(text) for t, text in marks if t or len(marks) == 1) > 6:
        far = max(abs(t) for t, _ in marks)
        marks = [(t, text) for t, text in marks if t == 0 or abs(t) == far]
    ax.set_xticks([t for t, _ in marks], [text for _, text in marks])


def _centre(ax, centre: float) -> None:
    """Draw the return with no input moved, and name it above the bars."""
    ax.axvline(centre, color=INK, linewidth=1.2)
    ax.set_title(" ")  # keeps the room
    low, high = ax.get_xlim()
    place = (centre - low) / (high - low)
    side = "left" if place < 0.25 else "right" if place > 0.75 else "center"
    text = say("none moved: {roi}", roi=percent(centre))
    words = {"xytext": (0, 7), "textcoords": "offset points", "weight": "bold", "ha": side}
    ax.annotate(text, (centre, 1), xycoords=ax.get_xaxis_transform(), **words)
