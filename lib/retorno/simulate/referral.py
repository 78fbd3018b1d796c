"""A world of customers, some of them referred, and of the programme that rewards it; its answers are known.

Customers join, earn a margin in each month of tenure and leave. The referred earn more at first (the
gap erodes) and leave more slowly. `simulate` draws tables from a world; `answers` (kept in
`referral_answers`) computes what a study should find in them, without any draw.

Whether a referred customer would have come anyway, what fraud costs and what administration costs show
in no table: they are the world's `Programme`. Two worlds with the same customers and another programme
have the same gaps and opposite returns, which is what these worlds are made to show.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retorno.errors import ParameterError
from retorno.language import say
from retorno.simulate import columns
from retorno.simulate.referral_answers import answers

__all__ = [
    "DEFAULTS",
    "WORLDS",
    "Programme",
    "Simulated",
    "World",
    "answers",
    "parameters",
    "simulate",
]

MONTH_DAYS = 30.4375
DEFAULTS = {
    "horizon_months": 36,
    "annual_discount_rate": 0.10,
    "reward_referrer": 25.0,
    "reward_referred": 0.0,
}


@dataclass(frozen=True, slots=True)
class Programme:
    """What no table of customers shows of a referral programme.

    Attributes
    ----------
    type_one_share : float
        Fraction of the real referred customers who would not have come without the referral.
    acquisition_cost : float
        EUR saved by each of the others, who would have come anyway.
    fraud_share : float
        Fraction of the rewarded referrals that bring no real customer. They are in no table.
    admin_cost : float
        EUR per rewarded referral, beside the rewards.
    """

    type_one_share: float
    acquisition_cost: float
    fraud_share: float
    admin_cost: float


@dataclass(frozen=True, slots=True)
class World:
    """Everything the tables and the answers follow from.

    Attributes
    ----------
    programme : Programme
    margin : float
        EUR per tenure month, mean of the customers who were not referred, at every tenure.
    gap : float
        EUR per tenure month, mean of the referred minus that of the others in month 1; may be
        negative.
    erosion_months : float
        The gap falls in a straight line and is 0 from this many months after month 1.
    customer_sd, noise_sd : float
        EUR per tenure month: spread of a customer's own level around the mean, and of one month
        around that level; both normal, so that a month may lose money.
    hazard : float
        Rate of leaving per tenure month of those who were not referred, the same at every tenure.
    hazard_ratio : float
        Rate of leaving, referred over other.
    referred_share : float
        Chance that a customer was referred, whatever the day of joining; above 0 and below 1.
    joining_days : int
        Customers join on any of the first so many days alike.
    days : int
        Days observed, from day 0.
    first_day : date
        Day 0.
    ages : tuple of int
        Youngest and oldest age in years, each age alike; no effect on anything.
    regions : tuple of str
        Each alike; no effect on anything.
    """

    programme: Programme
    margin: float = 9.0
    gap: float = 2.3
    erosion_months: float = 30.0
    customer_sd: float = 5.0
    noise_sd: float = 4.0
    hazard: float = 0.007
    hazard_ratio: float = 0.82
    referred_share: float = 0.5
    joining_days: int = 730
    days: int = 1461
    first_day: date = date(2021, 1, 1)
    ages: tuple[int, int] = (18, 79)
    regions: tuple[str, ...] = ("north", "east", "south", "west")

    def __post_init__(self):
        """Refuse shares outside 0 to 1, rates and erosion that are not positive, an empty time."""
        shares = (self.programme.type_one_share, self.programme.fraud_share)
        if not (all(0 <= share <= 1 for share in shares) and 0 < self.referred_share < 1):
            raise ParameterError(
                say("world: shares lie between 0 and 1, and some are referred and some are not.")
            )
        if not (self.hazard > 0 and self.hazard_ratio > 0 and self.erosion_months > 0):
            raise ParameterError(
                say("world: hazard, hazard ratio and months of erosion are above 0.")
            )
        if not 1 <= self.joining_days <= self.days:
            raise ParameterError(
                say("world: customers join on at least 1 day, and on none after the data end.")
            )

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return self.first_day + timedelta(days=self.days - 1)

    @staticmethod
    def month_start(month: np.ndarray | int) -> np.ndarray | float:
        """Return the days from joining to the start of a tenure month, counted from 1."""
        return MONTH_DAYS * (month - 1)

    def mean_margin(self, referred: np.ndarray | bool, month: np.ndarray) -> np.ndarray:
        """Return the mean margin, in EUR, of those present in a tenure month, counted from 1."""
        left = np.maximum(0, 1 - (np.asarray(month) - 1) / self.erosion_months)
        return self.margin + np.where(referred, self.gap * left, 0.0)

    def rate(self, referred: np.ndarray | bool) -> np.ndarray:
        """Return the rate of leaving per day."""
        return self.hazard / MONTH_DAYS * np.where(referred, self.hazard_ratio, 1.0)

    def still_there(self, referred: bool, days: np.ndarray | float) -> np.ndarray:
        """Return P(a customer leaves more than `days` days after joining).

        Leaving falls on whole days, the exponential time rounded up: more than 30.4375 days is 31
        or more, which is an exponential time above 30.
        """
        return np.exp(-self.rate(referred) * np.floor(days))


_PAYS = Programme(type_one_share=0.40, acquisition_cost=20.0, fraud_share=0.05, admin_cost=5.0)
_ONLY_LOOKS_BETTER = Programme(
    type_one_share=0.06, acquisition_cost=10.0, fraud_share=0.20, admin_cost=12.0
)
WORLDS = {
    "pays": World(_PAYS),
    "only_looks_better": replace(World(_PAYS), programme=_ONLY_LOOKS_BETTER),
}


def parameters(world: World) -> dict[str, float]:
    """Return the study's parameters that this world fixes: what its programme is like."""
    return asdict(world.programme)


@dataclass(frozen=True, slots=True)
class Simulated:
    """Tables drawn from a world.

    Attributes
    ----------
    customers : DataFrame
        One row per customer: customer_id, joined_on, left_on (empty: still a customer on the last
        day), referred (0 or 1), referrer_id (empty where not referred, or where nobody joined
        earlier), age (years), region.
    margins : DataFrame
        One row per customer and month of tenure, by customer, then month: customer_id, month (from
        1), margin (EUR).
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
    world: World
    first_day: date
    last_day: date

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {"customers": self.customers, "margins": self.margins}


def simulate(world: World, customers: int, rng: np.random.Generator) -> Simulated:
    """Draw the tables of `customers` customers, without a loop.

    Examples
    --------
    >>> tables = simulate(WORLDS["pays"], 500, np.random.default_rng(1))
    >>> tables.margins.columns.tolist()
    ['customer_id', 'month', 'margin']
    >>> tables.last_day.isoformat()
    '2024-12-31'
    """
    joined = rng.integers(0, world.joining_days, size=customers)
    referred = rng.random(customers) < world.referred_share
    lifetime = np.maximum(1, np.ceil(rng.exponential(1 / world.rate(referred)))).astype(int)
    ids = columns.ids("C", customers)
    left = joined + lifetime
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "joined_on": columns.dates(world.first_day, joined),
            "left_on": pd.Series(columns.dates(world.first_day, left)).where(left < world.days),
            "referred": referred.astype(int),
            "referrer_id": _referrers(ids, joined, referred, rng),
            "age": rng.integers(world.ages[0], world.ages[1] + 1, size=customers),
            "region": pd.Series(world.regions, dtype="str")
            .take(rng.integers(0, len(world.regions), size=customers))
            .to_numpy(),
        }
    )
    margins = _margins(world, ids, referred, _months(world, joined, lifetime), rng)
    return Simulated(frame, margins, world, world.first_day, world.last_day)


def _referrers(ids, joined, referred, rng):
    """Return for each referred customer the id of one who joined on an earlier day, if there is one."""
    order = np.argsort(joined, kind="stable")
    earlier = np.searchsorted(joined[order], joined)
    drawn = order[(rng.random(joined.size) * earlier).astype(int)]
    return ids.take(drawn).reset_index(drop=True).where(referred & (earlier > 0))


def _months(world, joined, lifetime):
    """Return the number of months whose start each customer reached inside the data."""
    starts = world.month_start(np.arange(1, world.days + 1))
    before_leaving = np.searchsorted(starts, lifetime, side="left")
    inside = np.searchsorted(starts, world.days - 1 - joined, side="right")
    return np.minimum(before_leaving, inside)


def _margins(world, ids, referred, months, rng):
    """Return a row for each month reached; cents are rounded at random, so that means stay exact."""
    who = np.repeat(np.arange(months.size), months)
    month = np.arange(who.size) - np.repeat(np.cumsum(months) - months, months) + 1
    level = world.customer_sd * rng.standard_normal(months.size)
    margin = world.mean_margin(referred[who], month) + level[who]
    margin += world.noise_sd * rng.standard_normal(who.size)
    cents = np.floor(100 * margin + rng.random(who.size)).astype(int)
    return pd.DataFrame(
        {"customer_id": ids.take(who).to_numpy(), "month": month, "margin": cents / 100}
    )
