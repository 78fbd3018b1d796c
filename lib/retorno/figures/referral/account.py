"""The account of a rewarded referral, step by step."""

from retorno.figures.panels import ROW, beside, names, nothing, reach, value_axis, zero_line
from retorno.figures.theme import ACCENT, INK, PAPER, SOFT
from retorno.language import money, number, say


def account(result, ax):
    """Draw the account of a rewarded referral: sums as full bars, steps as light ones, from top to bottom."""
    if not result.steps:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(ROW * len(frame) + 0.8)
    before = 0.0
    for row, step in enumerate(frame.itertuples()):
        is_sum = step.change != step.change  # missing
        before = 0.0 if is_sum else before
        look = (ACCENT, 1.0) if is_sum else (ACCENT if step.change > 0 else SOFT, 0.42)
        ax.barh(-row, step.total - before, 0.62, before, color=look[0], alpha=look[1], linewidth=0)
        beside(ax, -row, _amount(step, result.currency), weight="bold" if is_sum else "normal")
        if row < len(frame) - 1:  # leads to where the next step starts
            ax.plot([step.total] * 2, [-row - 0.31, -row - 0.69], color=SOFT, linewidth=0.8)
        before = step.total
    bounds = frame.dropna(subset=["ci_low"])[["ci_low", "ci_high"]]
    spans = [*zip(frame.total, frame.total, strict=True), *bounds.itertuples(index=False)]
    for row, *ends in bounds.itertuples():
        for colour, width in ((PAPER, 5), (INK, 2)):  # seen on the bar and beyond its end
            look = {"color": colour, "linewidth": width, "markeredgewidth": width, "markersize": 9}
            ax.plot(ends, [-row] * 2, "|-", **look)
    names(ax, frame.label)
    value_axis(ax.xaxis, *reach(spans), number, zero="0\n" + say("break-even"))
    zero_line(ax.axvline)
    return ax


def _amount(step, currency: str) -> str:
    if step.change != step.change:
        return money(step.total, currency)
    return ("+" if step.change > 0 else "") + money(step.change, currency)
