"""Figures of the referral study: each takes a result and the axes to draw on."""

from retorno.figures.panels import bands, nothing, value_axis
from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT
from retorno.language import money, percent, say

COLOURS = {"other": REFERENCE, "referred": ACCENT}


def margins(result, ax):
    """Draw the mean margin of both groups by month of tenure, with pointwise bands."""
    if not result.drawn:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    columns = {
        group: [frame[f"{group}_{part}"] for part in ("margin", "ci_low", "ci_high")]
        for group in COLOURS
    }
    _lines(ax, frame.month, columns, lambda value: money(value, result.currency))
    ax.set_xlabel(say("month of tenure"))
    ax.set_ylabel(say("{currency} per customer present and month", currency=result.currency))
    return ax


def retention(result, ax):
    """Draw the share of both groups still there by months since joining, with pointwise bands."""
    frame = result.to_frame()
    drawn = [group for group in COLOURS if group in frame]
    if not drawn:
        return nothing(ax, result.caption())
    columns = {
        group: [frame[group], frame[f"{group}_ci_low"], frame[f"{group}_ci_high"]]
        for group in drawn
    }
    _lines(ax, frame.month, columns, percent)
    ax.yaxis.set_major_formatter(lambda value, _: percent(value, 0))
    ax.set_xlabel(say("months since joining"))
    ax.set_ylabel(say("share still there"))
    return ax


def _lines(ax, x, columns, written) -> None:
    """Draw a line with its band for each group."""
    names = {"other": say("Other"), "referred": say("Referred")}
    groups = [
        (names[group], *parts, COLOURS[group], written(parts[0].iloc[-1]))
        for group, parts in columns.items()
    ]
    bands(ax, x, groups)


def account(result, ax):
    """Draw the account of a rewarded referral: sums as full bars, steps as light ones, from top to bottom."""
    if not result.steps:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    ax.figure.set_figheight(0.36 * len(frame) + 0.7)
    reach = 0.0
    for row, step in enumerate(frame.itertuples()):
        is_sum = step.change != step.change  # missing
        start = 0.0 if is_sum else step.total - step.change
        colour = ACCENT if is_sum or step.change > 0 else SOFT
        ax.barh(
            -row,
            step.total - start,
            left=start,
            height=0.62,
            color=colour,
            alpha=1.0 if is_sum else 0.45,
        )
        amount = step.total if is_sum else step.change
        sign = "+" if not is_sum and amount > 0 else ""
        _beside(ax, max(start, step.total), -row, sign + money(amount, result.currency))
        reach = max(reach, start, step.total)
    ax.axvline(0, color=SOFT, linewidth=1.1)
    ax.set_xlim(min(0.0, frame.total.min()) * 1.05, reach * 1.18)
    ax.set_ylim(-len(frame) + 0.4, 0.6)
    ax.set_yticks([-row for row in range(len(frame))])
    ax.set_yticklabels(frame.label, color=INK)
    ax.grid(axis="y", visible=False)
    value_axis(ax.xaxis, lambda value: money(value, result.currency))
    return ax


def _beside(ax, x: float, y: float, text: str) -> None:
    ax.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", color=INK)
