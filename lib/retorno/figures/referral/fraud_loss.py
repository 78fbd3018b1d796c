"""What was paid for referrals, for the flagged, for customers already, and for fraud."""

from retorno.figures.panels import ROW, beside, names, nothing, reach, value_axis
from retorno.figures.theme import ACCENT, INK, PAPER, REFERENCE
from retorno.language import money, number


def fraud_loss(result, ax):
    """Draw a bar for each amount, the interval on that of fraud."""
    if result.refusal():
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(ROW * len(frame) + 0.8)
    for row, amount in enumerate(frame.itertuples()):
        fraud = amount.kind == "fraud"
        look = {"color": ACCENT if fraud else REFERENCE, "alpha": 1.0 if fraud else 0.5}
        ax.barh(-row, amount.amount, 0.62, linewidth=0, **look)
        weight = "bold" if fraud else "normal"
        beside(ax, -row, money(amount.amount, result.currency), weight=weight)
        if fraud and amount.ci_low < amount.ci_high:
            for colour, width in ((PAPER, 5), (INK, 2)):  # seen on the bar and beyond its end
                style = {"color": colour, "linewidth": width, "markeredgewidth": width}
                ax.plot([amount.ci_low, amount.ci_high], [-row] * 2, "|-", markersize=9, **style)
    names(ax, frame.label)
    ends = [(0.0, float(frame[["amount", "ci_high"]].max().max()))]
    value_axis(ax.xaxis, 0.0, reach(ends)[1], number)
    ax.grid(axis="x", visible=True)
    return ax
