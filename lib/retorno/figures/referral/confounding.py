"""Whether customers who refer leave less often, compared in three ways."""

from retorno.figures.panels import ROW, Row, intervals, nothing, writer
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import DIFFERENCE, quantity, say


def confounding(result, ax):
    """Draw the difference in the share who left: crude in grey, among comparable customers in colour."""
    frame = result.to_frame().dropna(subset=["difference"])
    if frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(ROW * 1.6 * len(frame) + 0.9)
    rows = [
        Row(
            row.name,
            row.difference,
            row.ci_low,
            row.ci_high,
            quantity(row.difference, DIFFERENCE),
            REFERENCE if row.way == "crude" else ACCENT,
        )
        for row in frame.itertuples(index=False)
    ]
    intervals(ax, rows, writer(DIFFERENCE), say("no difference"))
    return ax
