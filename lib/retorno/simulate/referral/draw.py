"""The tables drawn from a world: customers, their margins month by month, and the referrals that were recorded."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retorno.simulate import columns
from retorno.simulate.referral.families import Families, families, generations
from retorno.simulate.referral.recorded import recorded
from retorno.simulate.referral.world import SEGMENTS, World


@dataclass(frozen=True, slots=True)
class Simulated:
    """Tables drawn from a world.

    Attributes
    ----------
    customers : DataFrame
        One row per customer: customer_id, joined_on, left_on (empty: still a customer on the last
        day), referred (0 or 1), referrer_id (empty where not referred, or where nobody joined
        earlier), age (years), region, segment.
    margins : DataFrame
        One row per customer and month of tenure, by customer, then month: customer_id, month (from
        1), margin (EUR).
    referrals : DataFrame
        One row per rewarded referral, by day: see `retorno.simulate.referral.recorded`.
    is_fraud : ndarray of bool, shape (n_referrals,)
        Whether a referral brought nobody real; in no table.
    world : World
    first_day, last_day : date
        Of the data, whether or not a date in the tables falls on them.

    Notes
    -----
    Month k of tenure starts (k - 1) * 30.4375 days after joining. `margins` has a row for it exactly
    when the customer was there at that start, inside the data::

        (k - 1) * 30.4375 <  left_on - joined_on     where left_on is given
        (k - 1) * 30.4375 <= last_day - joined_on    otherwise

    Strict in the first line, as who leaves on day t is not among those still there at t in the
    Kaplan-Meier share. In small tables no customer may join or leave on the last day; the latest
    start of a month in `margins` then shows that the data run longer.
    """

    customers: pd.DataFrame
    margins: pd.DataFrame
    referrals: pd.DataFrame
    is_fraud: np.ndarray
    world: World
    first_day: date
    last_day: date

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {
            "customers": self.customers,
            "margins": self.margins,
            "referrals": self.referrals,
        }


def simulate(world: World, customers: int, rng: np.random.Generator) -> Simulated:
    """Draw the tables of `customers` customers, without a loop over them.

    Examples
    --------
    >>> from retorno.simulate.referral.world import WORLDS
    >>> tables = simulate(WORLDS["pays"], 500, np.random.default_rng(1))
    >>> tables.margins.columns.tolist()
    ['customer_id', 'month', 'margin']
    >>> tables.last_day.isoformat()
    '2024-12-31'
    """
    people = families(world, customers, rng)
    lifetime = _lifetimes(world, people, rng)
    private = rng.random(customers) < np.where(people.referred, *world.private_share)
    ids = columns.ids("C", customers)
    left = people.joined + lifetime
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "joined_on": columns.dates(world.first_day, people.joined),
            "left_on": pd.Series(columns.dates(world.first_day, left)).where(left < world.days),
            "referred": people.referred.astype(int),
            "referrer_id": ids.take(np.maximum(people.referrer, 0))
            .reset_index(drop=True)
            .where(people.referrer >= 0),
            "age": rng.integers(world.ages[0], world.ages[1] + 1, size=customers),
            "region": _words(world.regions, rng.integers(0, len(world.regions), size=customers)),
            "segment": _words(SEGMENTS, np.where(private, 0, 1)),
        }
    )
    level = _levels(world, people, rng) + world.private_margin * private
    months = _months(world, people.joined, lifetime)
    margins = _margins(world, ids, people.referred, months, level, rng)
    referrals, is_fraud = recorded(world, people, ids, rng)
    return Simulated(frame, margins, referrals, is_fraud, world, world.first_day, world.last_day)


def _words(words, which) -> np.ndarray:
    return pd.Series(words, dtype="str").take(which).to_numpy()


def _lifetimes(world: World, people: Families, rng) -> np.ndarray:
    """Return whole days from joining to leaving; the rate of the referred changes when the referrer has left."""
    life = np.ones(people.joined.size, dtype=int)
    drawn = rng.exponential(size=people.joined.size)
    for who in generations(people.referrer):
        rate = world.rate(people.referred[who])
        parent = people.referrer[who]
        known = parent >= 0
        parent = np.maximum(parent, 0)
        stays = people.joined[parent] + life[parent] - people.joined[who]
        together = np.where(
            known, np.maximum(stays, 0), np.inf
        )  # days with the referrer still there
        before = drawn[who] / rate
        alone = np.maximum(before - together, 0) / world.after_referrer_left
        days = np.minimum(before, together) + alone
        life[who] = np.maximum(1, np.ceil(days)).astype(int)
    return life


def _levels(world: World, people: Families, rng) -> np.ndarray:
    """Return how far each customer lies above the mean, in EUR per month: alike within a pair, the same law for all."""
    own = rng.standard_normal(people.joined.size)
    level = own.copy()
    rest = np.sqrt(1 - world.likeness**2)
    for who in generations(people.referrer):
        has = who[people.referrer[who] >= 0]
        level[has] = world.likeness * level[people.referrer[has]] + rest * own[has]
    return world.customer_sd * level


def _months(world, joined, lifetime):
    """Return the number of months whose start each customer reached inside the data."""
    starts = world.month_start(np.arange(1, world.days + 1))
    before_leaving = np.searchsorted(starts, lifetime, side="left")
    inside = np.searchsorted(starts, world.days - 1 - joined, side="right")
    return np.minimum(before_leaving, inside)


def _margins(world, ids, referred, months, level, rng):
    """Return a row for each month reached; cents are rounded at random, so that means stay exact."""
    who = np.repeat(np.arange(months.size), months)
    month = np.arange(who.size) - np.repeat(np.cumsum(months) - months, months) + 1
    margin = world.margin + np.where(referred[who], world.alike_gap(month), 0.0) + level[who]
    margin += world.noise_sd * rng.standard_normal(who.size)
    cents = np.floor(100 * margin + rng.random(who.size)).astype(int)
    return pd.DataFrame(
        {"customer_id": ids.take(who).to_numpy(), "month": month, "margin": cents / 100}
    )
