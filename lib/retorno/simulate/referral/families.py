"""Who joins when, and brought by whom: customers who come by themselves, those they bring, and so on.

Each customer brings a negative binomial number of others, each after an exponential delay in whole days, whether still
a customer or not. During a campaign some who would have come by themselves are brought, some of them early, and some
come who would never have come: `retorno.simulate.referral.arrivals` counts what that should give.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Families:
    """Customers in order of families, each family in order of generations.

    Attributes
    ----------
    joined : ndarray of int, shape (n,)
        Day of joining, from day 0.
    referred : ndarray of bool, shape (n,)
    referrer : ndarray of int, shape (n,)
        Position of who brought the customer; -1: nobody, or nobody who joined earlier.
    """

    joined: np.ndarray
    referred: np.ndarray
    referrer: np.ndarray


def families(world, n: int, rng: np.random.Generator) -> Families:
    """Draw `n` customers who join inside the data; the last family is cut where they are enough."""
    joined, referred, family, referrer = _grown(world, *_roots(world, n, rng), rng)
    order = np.lexsort((np.arange(joined.size), family))[:n]
    place = np.full(joined.size + 1, -1)  # the last stands for nobody
    place[order] = np.arange(order.size)
    joined, referred = joined[order], referred[order]
    referrer = place[referrer[order]]
    return Families(joined, referred, _with_bringers(joined, referred, referrer, rng))


def _roots(world, n: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return day of joining and whether brought by the campaign, of first members enough if nobody else is brought."""
    days = np.arange(world.joining_days)
    weight = world.weekday_share(days)
    day = rng.choice(days, size=n, p=weight / weight.sum())
    return _campaign(world, day, rng)


def _campaign(world, day, rng):
    """Return days and whether brought, after a campaign has moved, relabelled and added some."""
    c = world.campaign
    brought = np.zeros(day.size, dtype=bool)
    if c is None:
        return day, brought
    during = (day >= c.first) & (day <= c.last)
    after = (day > c.last) & (day <= c.last + c.pull_days)
    drawn = rng.random(day.size)
    moved = after & (drawn < c.pulled)
    day = np.where(moved, rng.integers(c.first, c.last + 1, size=day.size), day)
    brought = moved | (during & (drawn < c.relabelled))
    extra = rng.random(day.size) < c.extra * c.days / world.joining_days
    more = rng.integers(c.first, c.last + 1, size=int(extra.sum()))
    place = np.flatnonzero(extra)
    day = np.insert(day, place, more)
    return day, np.insert(brought, place, True)


def _grown(world, day, brought, rng):
    """Return joined, referred, family and referrer of the roots and of all whom they bring inside the data."""
    levels = [(day, brought, np.arange(day.size), np.full(day.size, -1))]
    first = 0
    while levels[-1][0].size:
        joined, referred, family, _ = levels[-1]
        mean = np.where(referred, *world.offspring)
        scale = rng.gamma(world.dispersion, 1 / world.dispersion, size=joined.size)
        parent = np.repeat(np.arange(joined.size), rng.poisson(mean * scale))
        delay = np.ceil(rng.exponential(world.delay_days, size=parent.size)).astype(int)
        born = joined[parent] + np.maximum(delay, 1)
        seen = born < world.days
        parent, born = parent[seen], born[seen]
        levels.append((born, np.ones(born.size, dtype=bool), family[parent], first + parent))
        first += joined.size
    return tuple(np.concatenate(parts) for parts in zip(*levels, strict=True))


def _with_bringers(joined, referred, referrer, rng) -> np.ndarray:
    """Return `referrer` with somebody for those whom the campaign brought: a customer who came by himself earlier."""
    own = np.flatnonzero(~referred)
    own = own[np.argsort(joined[own], kind="stable")]
    orphans = np.flatnonzero(referred & (referrer < 0))
    earlier = np.searchsorted(joined[own], joined[orphans])
    there = earlier > 0
    drawn = (rng.random(orphans.size) * earlier).astype(int)
    referrer = referrer.copy()
    referrer[orphans[there]] = own[drawn[there]]
    return referrer


def generations(referrer: np.ndarray):
    """Yield the positions of those nobody brought, then of those they brought, and so on."""
    depth = np.where(referrer < 0, 0, -1)
    level = np.flatnonzero(depth == 0)
    while level.size:
        yield level
        waiting = np.flatnonzero(depth < 0)
        level = waiting[depth[referrer[waiting]] >= 0]
        depth[level] = 1
