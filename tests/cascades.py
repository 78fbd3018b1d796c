"""What tests of cascades share: trees of referrals drawn from a known law, and links made of arrays alone."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from retorno.referral.links import Links
from retorno.referral.tenure import Tenure


@dataclass(frozen=True)
class Law:
    """Customers nobody brought join evenly over `joining` days; numbers brought are negative binomial.

    Delays are exponential with mean `delay`, rounded up to whole days: F(d) = 1 - exp(-d / delay).
    """

    other: float = 0.4
    referred: float = 0.6
    k: float = 0.5
    delay: float = 60.0
    last: int = 1461
    joining: int = 730


@dataclass(frozen=True)
class Drawn:
    """Day of joining and position of the referrer (-1) of each customer who joined by the last day."""

    joined: np.ndarray
    referrer: np.ndarray
    last: int

    @property
    def referred(self):
        return self.referrer >= 0


def draw(rng, seeds, law):
    """Draw the trees of `seeds` customers generation by generation, to the last day of data."""
    joined, referrer = [rng.integers(0, law.joining, seeds)], [np.full(seeds, -1)]
    start, generation, mean = 0, joined[0], law.other
    while generation.size:
        brought = rng.negative_binomial(law.k, law.k / (law.k + mean), generation.size)
        parent = np.repeat(np.arange(generation.size), brought)
        delay = np.ceil(rng.exponential(law.delay, parent.size)).astype(int)
        born = generation[parent] + delay
        seen = born <= law.last
        referrer.append(start + parent[seen])
        start += generation.size
        generation, mean = born[seen], law.referred
        joined.append(generation)
    return Drawn(np.concatenate(joined), np.concatenate(referrer), law.last)


def linked(joined, referrer, last, *, referred=None, entry=None):
    """Return links of customers who never leave, made of arrays without any table."""
    joined, referrer = np.asarray(joined, dtype=int), np.asarray(referrer, dtype=int)
    n = joined.size
    reach = last - joined
    first_day = date(2020, 1, 1)
    tenure = Tenure(
        days=reach,
        left=np.zeros(n, dtype=bool),
        referred=referrer >= 0 if referred is None else np.asarray(referred, dtype=bool),
        reach=reach,
        entry=np.zeros(n, dtype=int) if entry is None else np.asarray(entry, dtype=int),
        joined=joined,
        ids=np.arange(n).astype(object),
        customers=None,
        people=None,
        panel=None,
        first_day=first_day,
        last_day=first_day + timedelta(days=int(last)),
        horizon_months=36,
        left_out=0,
        rows_left_out=0,
    )
    made = np.bincount(referrer[referrer >= 0], minlength=n)
    return Links(tenure, referrer, made, None, {})


def world(seed=1, seeds=1000, **law):
    """Return the links of a drawn world."""
    found = draw(np.random.default_rng(seed), seeds, Law(**law))
    return linked(found.joined, found.referrer, found.last)
