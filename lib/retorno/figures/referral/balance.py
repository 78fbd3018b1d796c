"""How alike the others are to the referred in what was known at joining, as they are and weighted."""

from retorno.figures.panels import ROW, names, nothing, point, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, REFERENCE, SOFT
from retorno.language import number, say


def balance(result, ax):
    """Draw the standardised difference of each covariate twice: hollow as it is, full with the others weighted."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(ROW * len(frame) + 0.9)
    for row, one in enumerate(frame.itertuples()):
        ax.plot([one.before, one.after], [-row, -row], color=REFERENCE, linewidth=1.2, zorder=1)
        ax.plot(one.before, -row, "o", **point(REFERENCE))
        ax.plot(one.after, -row, "o", **point(ACCENT))
    for edge in (-result.alike, result.alike):
        ax.axvline(edge, color=SOFT, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    spans = [
        *zip(frame.before, frame.after, strict=True),
        (-1.5 * result.alike, 1.5 * result.alike),
    ]
    low, high = reach([(min(span), max(span)) for span in spans])
    names(ax, frame.covariate)
    value_axis(ax.xaxis, low, high, number, zero="0\n" + say("no difference"))
    zero_line(ax.axvline)
    return ax
