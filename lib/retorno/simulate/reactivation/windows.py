"""What windows after a purchase are worth in a simulated world: values, curves, speed and payback."""

import numpy as np

from retorno.simulate.reactivation.chances import back_by, chances
from retorno.simulate.reactivation.world import World

SHARE_DAYS = (30, 60, 90)


def windows(
    world: World,
    lapse_days: int,
    window_days: int,
    *,
    margin_rate: float | None,
    acquisition_cost: float | None,
    winback_cost: float | None,
    amount_target: float | None,
) -> dict[str, float]:
    """Return the answers on windows, by finding id; those that nobody can show are left out."""
    if window_days > world.days or (world.returned_share and lapse_days < world.back_within):
        return {}
    costs = {"new": acquisition_cost, "reactivated": winback_cost}
    rate = 1.0 if margin_rate is None else margin_rate
    found, ends = {}, {}
    for group, cost in costs.items():
        starts = _starts(world, group, lapse_days)
        censored, curve = _curves(world, starts, window_days)
        if censored is not None:
            found[f"window.mean_cumulative.{group}"] = rate * censored
        if curve is None:
            continue
        curve = rate * curve
        ends[group] = found[f"window.{group}.value"] = float(curve[-1])
        for days in SHARE_DAYS:
            if days <= window_days and curve[-1] > 0:
                found[f"speed.share_by_day_{days}.{group}"] = float(curve[days - 1] / curve[-1])
        reached = {f"speed.day_of_amount.{group}": _day_of(curve, amount_target)}
        if margin_rate is not None:
            reached[f"payback.{group}"] = _day_of(curve, cost)
        found |= {name: day for name, day in reached.items() if day is not None}
    if len(ends) == 2:
        found["window.ratio"] = ends["reactivated"] / ends["new"]
        found["curve.reactivated.minus_new"] = ends["reactivated"] - ends["new"]
    return found | _like_for_like(world, lapse_days, window_days)


def _starts(world, group, lapse_days):
    """Return P(a window of the group starts on day t) for each segment."""
    if group == "reactivated":
        return [one.back(lapse_days) for one in chances(world)]
    late = np.arange(world.days) > lapse_days
    return [np.where(late, one.joining, 0) for one in chances(world)]


def _curves(world, starts, window_days):
    """Return the mean censored on the last day, at the last offset, and the mean curve of full windows.

    At each offset the first counts all whose window has come so far, the second only full windows.
    """
    offset = np.arange(window_days)
    full = slice(0, world.days - window_days + 1)
    value, present = np.zeros((2, window_days)), np.zeros((2, window_days))
    for one, start in zip(chances(world), starts, strict=True):
        worth = one.worth[:, :window_days]
        value += one.share * np.array([start @ worth, start[full] @ worth[full]])
        present[0] += one.share * np.cumsum(start)[world.days - 1 - offset]
        present[1] += one.share * start[full].sum()
    censored = float((value[0] / present[0]).sum()) if present[0, -1] > 0 else None
    curve = np.cumsum(value[1] / present[1]) if present[1, -1] > 0 else None
    return censored, curve


def _day_of(curve, amount):
    """Return the first offset at which the curve reaches `amount`, None when it does not."""
    if amount is None:
        return None
    reached = np.flatnonzero(curve >= amount * (1 - 1e-9))
    return int(reached[0]) if reached.size else None


def _like_for_like(world, lapse_days, window_days):
    """Compare full windows from the second purchase on, after a long gap and after a short one.

    What was bought first may come back inside the window: with the second purchase g days later, on
    offset 0 when it takes g days, on the last when it takes ``g + window_days - 1``.
    """
    g = np.arange(world.days)
    full = np.arange(world.days)[:, None] + g <= world.days - window_days
    sent_back = back_by(world, g + window_days - 1) - back_by(world, g - 1)
    present, value = np.zeros(2), np.zeros(2)
    for one, segment in zip(chances(world), world.segments, strict=True):
        chance = one.share * one.joining[:, None] * one.gap * full
        ends = np.minimum(np.arange(world.days)[:, None] + g, world.days - 1)
        worth = one.worth[:, :window_days].sum(axis=1)[ends]
        worth = worth - world.returned_share * segment.spend_mean * sent_back
        for is_late, part in enumerate((g <= lapse_days, g > lapse_days)):
            present[is_late] += chance[:, part].sum()
            value[is_late] += (chance * worth)[:, part].sum()
    if not (present > 0).all():
        return {}
    soon, late = value / present
    return {"window.like_for_like.ratio": float(late / soon)}
