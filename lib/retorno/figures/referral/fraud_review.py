"""The share of fraud among referrals looked into, by their points."""

from retorno.figures.panels import ROW, Row, intervals, nothing, writer
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import integer, percent, say


def fraud_review(result, ax):
    """Draw the share of fraud in its interval for each group of points, filled where they are flagged."""
    frame = result.to_frame().dropna(subset=["share"])
    if result.refusal() or frame.empty:
        return nothing(ax, result.caption())
    ax.figure.set_figheight(ROW * len(frame) + 0.9)
    rows = [
        Row(
            row.label,
            row.share,
            row.ci_low,
            row.ci_high,
            say("{share} of {n}", share=percent(row.share), n=integer(row.reviewed)),
            ACCENT if row.flagged else REFERENCE,
        )
        for row in frame.itertuples()
    ]
    intervals(ax, rows, writer("share"), say("none is fraud"), (-0.02, 1.02))
    return ax
