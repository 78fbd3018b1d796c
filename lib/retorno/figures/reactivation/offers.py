"""What each offer brings back, and what it earns."""

from retorno.figures.panels import Row, heading, intervals, nothing, stacked, writer
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import money, number, percent, say

LEAST = 2.6  # rows a panel takes at least, so that its axis has room


def offers(result, ax):
    """Draw the share returned of each arm and of the holdout, and below it the profit of each arm."""
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    earned = frame.dropna(subset=["profit"])
    shares = [
        Row(
            r.arm,
            r.returned,
            r.returned_low,
            r.returned_high,
            percent(r.returned),
            ACCENT if r.profit == r.profit else REFERENCE,  # the holdout has none
        )
        for r in frame.itertuples()
    ]
    profits = [
        Row(r.arm, r.profit, r.ci_low, r.ci_high, money(r.profit, result.tests.currency), ACCENT)
        for r in earned.itertuples()
    ]
    top, bottom = stacked(ax, [max(len(rows), LEAST) for rows in (shares, profits)])
    intervals(top, shares, writer("share"), say("nobody"))
    heading(top, say("Share who came back"))
    intervals(bottom, profits, number, say("nothing earned"))
    heading(bottom, say("Profit per customer contacted"))
    return ax
