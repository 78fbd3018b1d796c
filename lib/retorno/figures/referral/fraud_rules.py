"""How many referrals meet each rule of fraud, and how many of them are flagged."""

from retorno.figures.panels import ROW, beside, names, nothing, reach, value_axis
from retorno.figures.theme import ACCENT, INK, SOFT
from retorno.language import integer, number


def fraud_rules(result, ax):
    """Draw a bar for each rule: full for the referrals that are flagged, light for those with too few points."""
    if result.refusal():
        return nothing(ax, result.caption())
    frame = result.signs()
    ax.figure.set_figheight(ROW * len(frame) + 0.8)
    rows = [-row for row in range(len(frame))]
    ax.barh(rows, frame.flagged, 0.62, color=ACCENT, linewidth=0)
    light = {"color": ACCENT, "alpha": 0.3, "linewidth": 0}
    ax.barh(rows, frame.referrals - frame.flagged, 0.62, frame.flagged, **light)
    for row, n in zip(rows, frame.referrals, strict=True):
        beside(ax, row, integer(n), INK if n else SOFT)
    names(ax, frame.label)
    ax.set_yticks(rows, frame.label)  # in one line each
    _, high = reach([(0.0, float(frame.referrals.max()))])
    value_axis(ax.xaxis, 0.0, high, lambda value, digits: number(value, digits))
    ax.grid(axis="x", visible=True)
    return ax
