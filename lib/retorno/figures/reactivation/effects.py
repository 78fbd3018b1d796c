"""Effects of contact with their intervals."""

from retorno.figures.panels import Row, heading, intervals, nothing, stacked, writer
from retorno.figures.theme import ACCENT
from retorno.language import quantity, say


def effects(result, ax):
    """Draw each effect with its interval against no effect, one panel for each outcome."""
    if not result.stated:
        return nothing(ax, say("No effect can be stated."))
    frame = result.to_frame()
    outcomes = [frame[frame.outcome == name] for name in frame.outcome.unique()]
    panels = stacked(ax, [len(one) for one in outcomes])
    for panel, one in zip(panels, outcomes, strict=True):
        unit = one.unit.iloc[0]
        rows = [
            Row(r.arm, r.effect, r.ci_low, r.ci_high, quantity(r.effect, unit), ACCENT)
            for r in one.itertuples()
        ]
        intervals(panel, rows, writer(unit), say("no effect"))
        heading(panel, one.outcome.iloc[0])
    return ax
