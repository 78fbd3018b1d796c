"""Figures of the referral study: each takes a result and the axes to draw on."""

from retorno.figures.panels import (
    MONTHS,
    ROW,
    bands,
    beside,
    heading,
    names,
    nothing,
    reach,
    stacked,
    time_axis,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, INK, PAPER, REFERENCE, SOFT
from retorno.language import money, number, percent, say

COLOURS = {"other": REFERENCE, "referred": ACCENT}


def margins(result, ax):
    """Draw the mean margin of both groups by month of tenure, and below it the gap against none."""
    if not result.drawn:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    above, below = stacked(ax, [7.5, 4.5])
    columns = {
        group: [frame[f"{group}_{part}"] for part in ("margin", "ci_low", "ci_high")]
        for group in COLOURS
    }
    heading(above, say("Margin"))
    _lines(above, frame.month, columns, lambda v: money(v, result.currency), number, 0.085)
    heading(below, say("Gap: referred minus other"))
    _gap(below, frame.dropna(subset=["gap"]), result.currency)
    below.set_xlim(above.get_xlim())
    for panel in (above, below):
        _months(panel, frame.month)
    return ax


def _gap(ax, frame, currency: str) -> None:
    low, high = reach(list(zip(frame.gap_ci_low, frame.gap_ci_high, strict=True)))
    value_axis(ax.yaxis, low, high, number, zero=say("no gap"))
    zero_line(ax.axhline)
    if frame.empty:  # both groups without spread: means, but no interval of their difference
        return
    last = money(frame.gap.iloc[-1], currency)
    parts = (frame.gap, frame.gap_ci_low, frame.gap_ci_high)
    bands(ax, frame.month, [("", *parts, ACCENT, last)])


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
    _lines(ax, frame.month, columns, percent, writer("share"), 0.065)
    _months(ax, frame.month)
    return ax


def _lines(ax, x, columns, shown, write, letters: float) -> None:
    """Draw a line with its band for each group, over the values there are: a gap of few points must show."""
    low = min(parts[1].min() for parts in columns.values())
    high = max(parts[2].max() for parts in columns.values())
    room = 0.04 * (high - low)
    value_axis(ax.yaxis, low - room, high + room, write)
    words = {"other": say("Other"), "referred": say("Referred")}
    groups = [
        (words[group], *parts, COLOURS[group], shown(parts[0].iloc[-1]))
        for group, parts in columns.items()
    ]
    bands(ax, x, groups, letters)


def _months(ax, months) -> None:
    time_axis(ax, int(months.iloc[0]), int(months.iloc[-1]), MONTHS, say("month"))


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
    spans = [*zip(frame.total, frame.total, strict=True), result.left_between]
    for colour, width in ((PAPER, 5), (INK, 2)):  # seen on the bar and beyond its end
        look = {"color": colour, "linewidth": width, "markeredgewidth": width, "markersize": 9}
        ax.plot(result.left_between, [1 - len(frame)] * 2, "|-", **look)
    names(ax, frame.label)
    value_axis(ax.xaxis, *reach(spans), number, zero="0\n" + say("break-even"))
    zero_line(ax.axvline)
    return ax


def _amount(step, currency: str) -> str:
    if step.change != step.change:
        return money(step.total, currency)
    return ("+" if step.change > 0 else "") + money(step.change, currency)
