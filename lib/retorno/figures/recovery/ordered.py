"""The share of each answer, as observed and as one odds ratio predicts it."""

import numpy as np

from retorno.figures.panels import apart, heading, nothing, point, stacked, value_axis, writer
from retorno.figures.theme import ACCENT, REFERENCE, label_end
from retorno.language import brief, say

ROWS = 5  # height of a panel in rows of letters


def ordered(result, ax):
    """Draw observed shares as points and predicted ones as lines, a panel for each outcome."""
    if not result.drawn:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    outcomes = [name for name in frame.outcome.unique() if (frame.outcome == name).sum() > 4]
    colours = dict(zip(result.groups, (REFERENCE, ACCENT), strict=True))
    highest = frame[frame.outcome.isin(outcomes)][["observed", "ci_high"]].max(axis=None)
    for panel, outcome in zip(stacked(ax, [ROWS] * len(outcomes)), outcomes, strict=True):
        value_axis(panel.yaxis, 0, 1.08 * highest, writer("share"))
        _shares(panel, frame[frame.outcome == outcome], colours)
        heading(panel, outcome)
    return ax


def _shares(ax, frame, colours) -> None:
    """Draw points and lines of each group over the answers, each group named at the end of its line."""
    answers = sorted(frame.answer.unique())
    ends = {}
    for side, (group, colour) in zip((-0.06, 0.06), colours.items(), strict=True):
        one = frame[frame.group == group].sort_values("answer")
        x = np.arange(len(answers))
        ax.fill_between(x, one.ci_low, one.ci_high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(x, one.predicted, color=colour, linewidth=1.5 if colour == REFERENCE else 2.4)
        ax.plot(x + side, one.observed, "o", **point(colour), zorder=3, clip_on=False)
        ends[group] = float(one.predicted.iloc[-1])
    bottom, top = ax.get_ylim()
    for group, height in apart(ends, 0.2 * (top - bottom)).items():
        label_end(ax, len(answers) - 0.8, height, group, "", colours[group])
    names = [brief(answer) for answer in answers]
    ax.set_xticks(range(len(answers)), [say("answer {n}", n=names[0]), *names[1:]])
    ax.set_xlim(-0.4, len(answers) - 0.8)
