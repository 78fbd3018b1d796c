"""Figures of the reactivation study: each takes a result and the axes to draw on."""

import numpy as np

from retorno.figures.theme import ACCENT, INK, REFERENCE, SOFT, label_end
from retorno.language import money, percent, quantity, say


def curves(windows, ax):
    """Draw the mean cumulative value of both groups with pointwise bands."""
    frame = windows.to_frame()
    if frame.empty:
        return _nothing(ax, windows.caption())
    ends = [frame[name].iloc[-1] for name in windows.groups]
    top = frame.drop(columns="offset").to_numpy().max()
    nudge = _apart(ends, 0.12 * top)
    for group, name, colour, y in zip(
        windows.groups, windows.names, (REFERENCE, ACCENT), nudge, strict=True
    ):
        low, high = frame[f"{group}_ci_low"], frame[f"{group}_ci_high"]
        ax.fill_between(frame.offset, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(frame.offset, frame[group], color=colour)
        value = money(frame[group].iloc[-1], windows.currency)
        label_end(ax, frame.offset.iloc[-1], y, f"{name}\n{value}", colour)
    ax.set_ylim(min(0, frame.drop(columns="offset").to_numpy().min()), None)
    ax.set_xlim(0, windows.window_days - 1 or 1)
    ax.set_xlabel(say("days since the aligned purchase"))
    ax.set_ylabel(say("{currency} per customer, cumulative", currency=windows.currency))
    return ax


def _apart(ends, least: float) -> list[float]:
    """Return label heights at least `least` apart, in the order of the ends."""
    low, high = sorted(ends)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    return [low, high] if ends[0] <= ends[1] else [high, low]


def hazard(returns, ax):
    """Draw the share that comes back in each month since the lapse, with intervals."""
    if not returns.stated:
        return _nothing(ax, returns.caption())
    frame = returns.to_frame().dropna()
    share = frame.hazard.to_numpy(dtype=float)
    bars = np.array(
        [share - frame.ci_low.to_numpy(dtype=float), frame.ci_high.to_numpy(dtype=float) - share]
    )
    ax.errorbar(
        frame.month,
        share,
        yerr=bars.clip(min=0),
        fmt="o",
        color=ACCENT,
        ecolor=ACCENT,
        elinewidth=1.6,
        markersize=5,
    )
    ax.set_ylim(0, None)
    ax.set_xticks(range(1, len(returns.months) + 1))
    ax.yaxis.set_major_formatter(lambda value, _: percent(value, 0 if share.max() > 0.1 else 1))
    ax.set_xlabel(say("month since the lapse"))
    ax.set_ylabel(say("share coming back in the month"))
    return ax


def effects(result, ax):
    """Draw each effect with its interval against no effect, one panel for each outcome."""
    stated = result.stated
    if not stated:
        return _nothing(ax, say("No effect can be stated."))
    outcomes = list(dict.fromkeys(c.names["outcome"] for c in stated))
    ax.axis("off")
    rows = len(stated) + 1.9 * len(outcomes)
    ax.figure.set_figheight(0.3 * rows)
    top, panels = 1.0, []
    for outcome in outcomes:
        height = sum(c.names["outcome"] == outcome for c in stated) / rows
        top -= height + 1.9 / rows
        panels.append(ax.inset_axes([0.0, top + 0.9 / rows, 1.0, height]))
    for panel, outcome in zip(panels, outcomes, strict=True):
        _effect_panel(panel, outcome, [c for c in stated if c.names["outcome"] == outcome])
    return ax


def _effect_panel(ax, outcome, contrasts) -> None:
    for row, c in enumerate(contrasts):
        y = -row
        ax.plot(
            c.estimate.interval,
            [y, y],
            color=ACCENT,
            alpha=0.45,
            linewidth=5,
            solid_capstyle="round",
        )
        ax.plot(c.estimate.value, y, "o", color=ACCENT, markersize=6)
    ax.axvline(0, color=SOFT, linewidth=1.1, linestyle=(0, (3, 3)))
    ax.set_ylim(-len(contrasts) + 0.4, 0.6)
    ax.set_yticks([-row for row in range(len(contrasts))])
    ax.set_yticklabels([c.names.get("arm", say("all treated")) for c in contrasts], color=INK)
    ax.xaxis.set_major_locator(_few_ticks())
    ax.xaxis.set_major_formatter(lambda value, _: quantity(value, contrasts[0].unit))
    ax.grid(axis="y", visible=False)
    ax.set_title(outcome, fontsize=10.5, color=SOFT)


def _few_ticks():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)


def _nothing(ax, why: str):
    """Say in the figure's place why there is none."""
    ax.axis("off")
    ax.text(0, 0.5, why, color=SOFT, wrap=True, transform=ax.transAxes)
    return ax
