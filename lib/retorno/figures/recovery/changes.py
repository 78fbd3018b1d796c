"""The change of the recovered, as it stands, as expected and as corrected."""

from retorno.figures.panels import Row, heading, intervals, nothing, reach, stacked, writer
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import quantity, say


def changes(result, ax):
    """Draw the raw, the expected and the corrected change of the recovered against no change."""
    if not result.stated:
        return nothing(ax, say("No corrected change can be stated."))
    frame = result.to_frame()
    outcomes = list(frame.outcome.unique())
    panels = stacked(ax, [int((frame.outcome == outcome).sum()) for outcome in outcomes])
    for panel, outcome in zip(panels, outcomes, strict=True):
        one = frame[frame.outcome == outcome]
        unit = one.unit.iloc[0]
        alike = frame[frame.unit == unit]
        colours = (REFERENCE, REFERENCE, ACCENT)
        rows = [
            Row(r.step, r.change, r.ci_low, r.ci_high, quantity(r.change, unit), colour)
            for r, colour in zip(one.itertuples(), colours, strict=True)
        ]
        span = reach(list(zip(alike.ci_low, alike.ci_high, strict=True)))
        intervals(panel, rows, writer(unit), say("no change"), span)
        heading(panel, outcome)
    return ax
