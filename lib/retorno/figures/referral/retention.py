"""The share of referred and other customers still there, above how many of them are under observation."""

from retorno.figures.panels import apart, heading, names, nothing, stacked, writer
from retorno.figures.referral.lines import COLOURS, lines, months_axis
from retorno.figures.theme import INK, LETTERS, REFERENCE, SOFT
from retorno.language import integer, percent, say

LINE = 0.08  # height of a line of letters as a fraction of the axis


def retention(result, ax):
    """Draw the share of both groups still there by months since joining, and counts of those under observation."""
    frame = result.to_frame()
    drawn = [group for group in COLOURS if group in frame]
    if not drawn:
        return nothing(ax, result.caption())
    above, below = stacked(ax, [8.5, 0.9 * len(drawn)])
    columns = {
        group: [frame[group], frame[f"{group}_ci_low"], frame[f"{group}_ci_high"]]
        for group in drawn
    }
    lines(above, frame.month, columns, percent, writer("share"), LINE)
    _room(above, {group: float(parts[0].iloc[-1]) for group, parts in columns.items()})
    months_axis(above, frame.month)
    _counts(below, result.at_risk().to_frame(), list(reversed(drawn)))
    below.set_xlim(above.get_xlim())
    return ax


def _room(ax, ends) -> None:
    """Lower the axis where the words at the end of a line would reach its marks."""
    bottom, top = ax.get_ylim()
    line = LINE * (top - bottom)
    lowest = min(apart(ends, 2 * line).values()) - 1.3 * line
    ax.set_ylim(min(bottom, lowest), top)


def _counts(ax, frame, groups) -> None:
    """Write how many of each group are under observation below the marks of the months."""
    words = {"other": say("Other"), "referred": say("Referred")}
    heading(ax, say("Under observation"))
    names(ax, [words[group] for group in groups])
    widest = max(len(integer(frame[group].iloc[0])) for group in groups)
    ax.tick_params(axis="y", pad=4 + 0.35 * LETTERS * widest)  # the first count lies on the edge
    ax.grid(visible=False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    for row, group in enumerate(groups):
        for month, count in zip(frame.month, frame[group], strict=True):
            colour = SOFT if COLOURS[group] == REFERENCE else INK
            ax.text(month, -row, integer(count), ha="center", va="center", color=colour)
