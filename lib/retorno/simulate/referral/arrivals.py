"""How many customers are expected to join on each day, by themselves and brought, with the campaign and without it.

Days are counted from day 0; numbers are per customer who joins by himself in a world without a campaign. Whom customers
bring follows by the renewal equation, with g the law of the delay in whole days:

    brought(t) = first(t) + sum over s < t of (R0 own(s) + R1 brought(s)) g(t - s).
"""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Expected arrivals a day.

    Attributes
    ----------
    own, brought, first : ndarray, shape (days,)
        By themselves; brought, whoever brought them; of these, brought by the campaign itself.
    delay : ndarray, shape (days,)
        Chance that somebody is brought so many days after the one who brings him joined; 0 on day 0.
    """

    own: np.ndarray
    brought: np.ndarray
    first: np.ndarray
    delay: np.ndarray

    @property
    def all(self) -> np.ndarray:
        """All who join on each day."""
        return self.own + self.brought


def arrivals(world) -> Arrivals:
    """Return the expected arrivals of a world."""
    days = np.arange(world.days)
    own = np.where(days < world.joining_days, world.weekday_share(days), 0.0)
    own /= own.sum()
    own, first = _campaign(world, own)
    there = 1 - np.exp(-np.arange(world.days + 1) / world.delay_days)
    delay = np.append(0.0, np.diff(there))[: world.days]
    bring_referred, bring_other = world.offspring
    brought = first + bring_other * np.convolve(own, delay)[: world.days]
    for day in range(1, world.days):
        brought[day] += bring_referred * brought[:day] @ delay[day:0:-1]
    return Arrivals(own, brought, first, delay)


def _campaign(world, own):
    """Return who comes by himself and who is brought by the campaign, from who would have come by himself."""
    c, first = world.campaign, np.zeros_like(own)
    if c is None:
        return own, first
    during = slice(c.first, c.last + 1)
    after = slice(c.last + 1, c.last + 1 + c.pull_days)
    kept = own.copy()
    first[during] = c.relabelled * own[during]
    first[during] += (c.pulled * own[after].sum() + c.extra * c.days / world.joining_days) / c.days
    kept[during] *= 1 - c.relabelled
    kept[after] *= 1 - c.pulled
    return kept, first


def campaign_answers(world, customers: int | None) -> dict[str, float]:
    """Return what the campaign changed, per day and in all; counts need the number of customers drawn."""
    c = world.campaign
    if c is None:
        return {}
    with_it, without = arrivals(world), arrivals(replace(world, campaign=None))
    during = slice(c.first, c.last + 1)
    after = slice(c.last + 1, c.last + 1 + c.pull_days)
    change = with_it.all - without.all
    net = change[during].sum() + change[after].sum()
    credited = with_it.brought[during].sum()
    found = {"campaign.net_share": net / credited}
    if customers:
        scale = customers / with_it.all.sum()
        found |= {
            "campaign.effect": scale * change[during].mean(),
            "campaign.effect.referred": scale * (with_it.brought - without.brought)[during].mean(),
            "campaign.effect.other": scale * (with_it.own - without.own)[during].mean(),
            "campaign.after": scale * change[after].mean(),
            "campaign.net": scale * net,
        }
    return found


def generation_days(world) -> float:
    """Return the median days from the joining of who brings to that of who is brought, among all pairs observed."""
    found = arrivals(world)
    bring_referred, bring_other = world.offspring
    bringing = np.cumsum(bring_other * found.own + bring_referred * found.brought)
    days = world.days
    pairs = found.delay * bringing[::-1]  # who joined by day `days - 1 - delay`
    c = world.campaign
    if c:
        # The campaign's are brought by any who came by himself on an earlier day.
        for day in range(c.first, c.last + 1):
            earlier = found.own[:day]
            pairs[1 : day + 1] += found.first[day] * earlier[::-1] / earlier.sum()
    share = np.cumsum(pairs) / pairs.sum()
    return float(np.arange(days)[np.searchsorted(share, 0.5)])
