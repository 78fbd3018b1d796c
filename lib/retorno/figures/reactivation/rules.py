"""The rules of lapse held against each other."""

from retorno.figures.panels import Row, heading, intervals, nothing, stacked, writer
from retorno.figures.theme import ACCENT, REFERENCE
from retorno.language import percent, say

ACTIVE = "wrongly_active"


def rules(result, ax):
    """Draw for each rule the share wrongly called lapsed, of all and of repeat buyers, and wrongly called active."""
    frame = result.to_frame()
    parts = [
        (say("Called lapsed, bought all the same"), "wrongly_lapsed", "ci_low", "ci_high"),
        (
            say("The same among those who had bought at least twice"),
            "like_for_like",
            "like_ci_low",
            "like_ci_high",
        ),
        (say("Called active, did not buy"), ACTIVE, "active_ci_low", "active_ci_high"),
    ]
    parts = [(*part, frame.dropna(subset=[part[1]])) for part in parts]
    parts = [part for part in parts if len(part[-1])]
    if not parts:
        return nothing(ax, result.caption())
    panels = stacked(ax, [len(part[-1]) for part in parts])
    for panel, (name, value, low, high, some) in zip(panels, parts, strict=True):
        rows = [
            Row(r["rule"], r[value], r[low], r[high], percent(r[value]), _colour(result, r["rule"]))
            for r in some.to_dict("records")
        ]
        # One scale for both panels of the called lapsed, so that they can be compared.
        most = max(p[-1][p[3]].max() for p in parts if (p[1] == ACTIVE) == (value == ACTIVE))
        intervals(panel, rows, writer("share"), say("nobody"), (-0.02 * most, 1.05 * most))
        heading(panel, name)
    return ax


def _colour(result, name: str) -> str:
    """Return the grey of the comparison for the threshold in use, the first of the rules."""
    return REFERENCE if name == result.to_frame()["rule"].iloc[0] else ACCENT
