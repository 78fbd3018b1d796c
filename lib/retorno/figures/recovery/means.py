"""Where each group stood before and after."""

from retorno.figures.panels import apart, nothing, point, short, side_by_side, value_axis, writer
from retorno.figures.theme import ACCENT, INK, REFERENCE, label_end
from retorno.language import quantity

HEIGHT = 2.9  # inches of the means, which stand side by side


def means(result, ax):
    """Draw the mean of each group before and after, with intervals, one panel for each outcome."""
    if not result.stated:
        return nothing(ax, result.caption())
    frame = result.to_frame().dropna(subset=["mean"])
    outcomes = list(frame.outcome.unique())
    looks = dict(zip(result.groups, ((REFERENCE, "o"), (INK, "s"), (ACCENT, "o")), strict=True))
    ax.figure.set_figheight(HEIGHT)
    for panel, outcome in zip(side_by_side(ax, len(outcomes)), outcomes, strict=True):
        one = frame[frame.outcome == outcome]
        unit = one.unit.iloc[0]
        alike = frame[frame.unit == unit]
        room = 0.06 * (alike.ci_high.max() - alike.ci_low.min())
        value_axis(panel.yaxis, alike.ci_low.min() - room, alike.ci_high.max() + room, writer(unit))
        _slopes(panel, one, result.waves, looks)
        panel.set_title(short(outcome, 24))
    return ax


def _slopes(ax, frame, waves, looks) -> None:
    """Draw a line from the first to the last wave for each group, named at its end."""
    waves = [wave for wave in waves if (frame.wave == wave).any()]
    groups = [group for group in looks if (frame.group == group).any()]
    for place, group in enumerate(groups):
        one = frame[frame.group == group]
        x = [waves.index(wave) + 0.08 * (place - 1) for wave in one.wave]
        bars = [one["mean"] - one.ci_low, one.ci_high - one["mean"]]
        colour, marker = looks[group]
        ax.errorbar(x, one["mean"], yerr=bars, fmt=f"{marker}-", elinewidth=1.6, **point(colour, 6))
    last = frame[frame.wave == waves[-1]].set_index("group")["mean"]
    bottom, top = ax.get_ylim()
    for group, y in apart(last.to_dict(), 0.21 * (top - bottom)).items():
        shown = quantity(last[group], frame.unit.iloc[0])
        label_end(ax, len(waves) - 0.82, y, short(group, 12, 2), shown, looks[group][0])
    ax.set_xlim(-0.25, len(waves) - 0.8)
    ax.set_xticks(range(len(waves)), waves)
