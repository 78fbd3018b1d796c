"""Response beside effect, by months since the last purchase."""

import numpy as np

from retorno.figures.panels import (
    MONTHS,
    apart,
    heading,
    nothing,
    point,
    reach,
    stacked,
    time_axis,
    value_axis,
    writer,
    zero_line,
)
from retorno.figures.theme import ACCENT, REFERENCE, label_end
from retorno.language import quantity, say

HEIGHTS = (5.0, 5.0)  # of both panels, in rows
LINES = 0.26  # of a panel's height: what two names above each other take


def recency(result, ax):
    """Draw the means of those contacted and of the holdout, and below them their difference in intervals."""
    if not result.months:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    middle = (frame["first"] + frame["last"]).to_numpy() / 2
    above, below = stacked(ax, HEIGHTS)
    _means(above, middle, frame)
    _effects(below, middle, frame)
    for panel in (above, below):
        panel.set_xlim(middle[0] - 0.4, middle[-1] + 0.4)
        time_axis(panel, int(frame["first"].iloc[0]), int(frame["last"].iloc[-1]), MONTHS, "", 12)
    above.tick_params(labelbottom=False)
    ticks = below.get_xticks()
    labels = [label.get_text().strip() for label in below.get_xticklabels()]
    below.set_xticks(ticks, [f"{labels[0]}\n" + say("month"), *labels[1:]])
    return ax


def _means(ax, x, frame) -> None:
    columns = {
        say("contacted"): ("mean_treated", ACCENT),
        say("holdout"): ("mean_holdout", REFERENCE),
    }
    values = frame[["mean_treated", "mean_holdout"]].to_numpy(dtype=float)
    low, high = min(0.0, values.min()), values.max()
    value_axis(ax.yaxis, 1.05 * low, 1.08 * high, writer(frame.outcome_unit.iloc[0]))
    for column, colour in columns.values():
        width = 1.5 if colour == REFERENCE else 2.4
        ax.plot(x, frame[column], "o-", linewidth=width, **point(colour, 4.5))
    ends = {name: frame[column].iloc[-1] for name, (column, _) in columns.items()}
    bottom, top = ax.get_ylim()
    for name, height in apart(ends, LINES * (top - bottom)).items():
        column, colour = columns[name]
        shown = quantity(frame[column].iloc[-1], frame.outcome_unit.iloc[0])
        label_end(ax, x[-1] + 0.4, height, name, shown, colour)
    heading(ax, say("{outcome}: response", outcome=frame.outcome.iloc[0]))


def _effects(ax, x, frame) -> None:
    effect, low, high = (frame[c].to_numpy(dtype=float) for c in ("effect", "ci_low", "ci_high"))
    bars = np.array([effect - low, high - effect]).clip(min=0)
    ax.errorbar(x, effect, yerr=bars, fmt="o", elinewidth=2, **point(ACCENT, 4.5))
    value_axis(ax.yaxis, *reach([(low.min(), high.max())]), writer(frame.unit.iloc[0]))
    zero_line(ax.axhline)
    last = quantity(effect[-1], frame.unit.iloc[0])
    label_end(ax, x[-1] + 0.4, effect[-1], say("difference"), last, ACCENT)
    heading(ax, say("{outcome}: effect of contact", outcome=frame.outcome.iloc[0]))
