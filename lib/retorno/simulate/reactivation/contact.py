"""What a campaign changes in a simulated world, and what its returns cost."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from retorno.simulate.reactivation.chances import chances, gap_law
from retorno.simulate.reactivation.world import World


@dataclass(frozen=True, slots=True, eq=False)
class Contacted:
    """Those contacted or held out, by segment and day of the last purchase.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        Share of all contacted or held out; sums to 1.
    recency : ndarray, shape (n,)
        Months.
    unaided : ndarray, shape (n,)
        P(returns in the counted days) in the holdout.
    effects : dict of str to ndarray, shape (n,)
        Change by an arm of factor 1, per customer: "returned" and "spend" in the counted days;
        "later", EUR on days 0 to `follow_days` - 1, day 0 being that of the contact.
    """

    weight: np.ndarray
    recency: np.ndarray
    unaided: np.ndarray
    effects: dict[str, np.ndarray]


@lru_cache(maxsize=16)
def contacted(world: World) -> Contacted | None:
    """Return who is contacted and what an arm of factor 1 changes; None when nobody is.

    Of these customers the law of the next purchase is known from the day of the last, with a call and
    without; an effect is the difference of the two, times what each purchase brings by the end of
    the days looked at. A call also takes the place of a purchase that would have come later.
    """
    campaign, today = world.campaign, world.contact_day
    last = np.arange(max(0, today - campaign.silent_days))
    if not last.size:
        return None
    k = np.arange(1, campaign.follow_days + 1)
    counted = slice(0, campaign.counted_days)
    spans = {"spend": campaign.counted_days, "later": campaign.follow_days - 1}
    weights, unaided, effects = [], [], {name: [] for name in ("returned", *spans)}
    for one, segment in zip(chances(world), world.segments, strict=True):
        longer = world.longer(segment)[today - last]
        weight = one.share * one.purchase[last] * longer
        own, called = (
            gap_law(world, segment, factor)[last[:, None], (today - last)[:, None] + k]
            / np.where(longer > 0, longer, 1)[:, None]
            for factor in (0.0, 1.0)
        )
        weights.append(weight)
        unaided.append(own[:, counted].sum(axis=1))
        effects["returned"].append((called - own)[:, counted].sum(axis=1))
        for name, days in spans.items():
            effects[name].append((called - own) @ _worth_until(one, today, k, days))
    weight = np.concatenate(weights)
    if not weight.sum() > 0:
        return None
    return Contacted(
        weight / weight.sum(),
        np.tile(campaign.recency(today - last), len(world.segments)),
        np.concatenate(unaided),
        {name: np.concatenate(parts) for name, parts in effects.items()},
    )


def _worth_until(one, today, k, days):
    """Return EUR by day `today` + `days` of a purchase k days after today and of what follows it."""
    worth = np.cumsum(one.worth[today + k], axis=1)
    return np.where(k <= days, worth[np.arange(k.size), np.maximum(days - k, 0)], 0)


def effects(world: World) -> dict[str, float]:
    """Return the effects on return and spend: each arm, pooled, and the pooled slope by recency."""
    people = contacted(world)
    if people is None:
        return {}
    factors = _factors(world)
    weight, recency = people.weight, people.recency
    centred = recency - weight @ recency
    scatter = weight @ centred**2
    found = {}
    for outcome in ("returned", "spend"):
        mean = float(weight @ people.effects[outcome])
        for arm, factor in factors.items():
            found[f"effect.{outcome}{arm}"] = factor * mean
            found[f"effect.{outcome}{arm}.adjusted"] = factor * mean
        if scatter > 0:
            slope = float((weight * centred) @ people.effects[outcome] / scatter)
            found[f"effect.{outcome}.recency_slope"] = factors[""] * slope
    return found


def costs(world: World, margin_rate: float | None) -> dict[str, float]:
    """Return what a return and an extra return cost, and the cost at which contact would earn nothing."""
    people = contacted(world)
    if people is None:
        return {}
    found = {"policy.break_even_cost": (margin_rate or 1.0) * effects(world)["effect.spend"]}
    spent = contact_costs(world)
    for arm, factor in _factors(world).items():
        extra = factor * float(people.weight @ people.effects["returned"])
        came = float(people.weight @ people.unaided) + extra
        if came > 0:
            found[f"cost.per_return{arm}"] = spent[arm] / came
        if extra > 0:
            found[f"cost.per_extra_return{arm}"] = spent[arm] / extra
    return found


def contact_costs(world: World) -> dict[str, float]:
    """Return EUR per customer contacted, offers used included: of all arms ("") and of each (".name")."""
    people, costs = contacted(world), {}
    for arm in world.campaign.arms:
        came = people.unaided + arm.factor * people.effects["returned"] if people else np.zeros(1)
        weight = people.weight if people else np.ones(1)
        costs[f".{arm.name}"] = arm.cost + arm.offer * float(weight @ came)
    return {"": float(np.mean(list(costs.values()))), **costs}


def incremental_value(world: World, margin_rate: float | None) -> dict[str, float]:
    """Return EUR per customer contacted over the days that follow the contact, treated minus holdout."""
    people = contacted(world)
    if people is None:
        return {}
    mean = float(people.weight @ people.effects["later"])
    return {"contact.incremental_value": (margin_rate or 1.0) * _factors(world)[""] * mean}


def _factors(world):
    """Return the factor of all arms pooled, which are of one size, and of each."""
    arms = world.campaign.arms
    pooled = float(np.mean([arm.factor for arm in arms]))
    return {"": pooled} | {f".{arm.name}": arm.factor for arm in arms}
