"""What it costs to look into referrals from each number of points on."""

from retorno.figures.panels import bands, nothing, point, reach, value_axis
from retorno.figures.theme import ACCENT, INK, PAPER, REFERENCE
from retorno.language import integer, money, number, say


def fraud_threshold(result, ax):
    """Draw reviews, missed fraud and both together over the thresholds, with the least."""
    frame = result.to_frame()
    if frame.empty:
        return nothing(ax, result.caption())
    currency, places = result.currency, frame.index.to_series()
    low, high = reach([(frame.ci_low.min(), frame.ci_high.max()), (0.0, frame.review_cost.max())])
    value_axis(ax.yaxis, low, high, number)
    lines = {
        say("reviews"): (frame.review_cost, REFERENCE, ""),  # nothing at its end
        say("fraud missed"): (frame.missed, INK, money(frame.missed.iloc[-1], currency)),
    }
    groups = [(name, line, line, line, *look) for name, (line, *look) in lines.items()]
    both = (frame.cost, frame.ci_low, frame.ci_high)
    groups.append((say("together"), *both, ACCENT, money(frame.cost.iloc[-1], currency)))
    bands(ax, places, groups)
    best = result.best
    ax.plot(best, frame.cost[best], "o", **point(ACCENT, 8), zorder=4, clip_on=False)
    ax.annotate(
        money(frame.cost[best], currency),
        (best, frame.cost[best]),
        xytext=(0, 11),
        textcoords="offset points",
        ha="left" if best == 0 else "right" if best == len(frame) - 1 else "center",
        weight="bold",
        bbox={"facecolor": PAPER, "linewidth": 0, "pad": 1},
    )
    ax.set_xticks(places, [_tick(result, frame, at) for at in places])
    return ax


def _tick(result, frame, at: int) -> str:
    if at in (0, len(frame) - 1):
        return result.name(at)
    return integer(frame["from"][at]) + ("\n" + say("points on") if at == 1 else "")
