"""A world of customers who bring others, and of the programme that rewards it: everything its tables follow from.

Customers join by themselves or are brought, earn a margin in each month of tenure and leave. The referred earn more at
first (that gap erodes), leave more slowly, and are more often of the segment that earns more whoever brings it: the
gap between the two groups is larger than the gap between customers alike, and it never goes away.

Who would have come anyway, what fraud costs and what administration costs show in no table: they are the world's
`Programme`. Two worlds with the same customers and another programme have the same gaps and other returns, which is
what these worlds are made to show.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say

MONTH_DAYS = 30.4375
SEGMENTS = ("private", "retail")


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
class Campaign:
    """An offer for a limited time, announced to all customers.

    Attributes
    ----------
    first, days : int
        Its first day, counted from day 0, and how many days it runs.
    relabelled : float
        Share of those who would have joined by themselves on its days and are now brought.
    pull_days, pulled : int, float
        Of those who would have joined by themselves in so many days after it, the share who are brought during it.
    extra : float
        Customers brought who would never have come, per customer who would have joined by himself on its days.
    """

    first: int = 600
    days: int = 42
    relabelled: float = 0.35
    pull_days: int = 28
    pulled: float = 0.5
    extra: float = 0.6

    @property
    def last(self) -> int:
        """Its last day."""
        return self.first + self.days - 1


@dataclass(frozen=True, slots=True)
class World:
    """Everything the tables and the answers follow from.

    Attributes
    ----------
    programme : Programme
    margin : float
        EUR per tenure month, mean of the retail customers who were not referred, at every tenure.
    private_margin : float
        EUR per tenure month that a private customer earns more, referred or not.
    private_share : tuple of two float
        Share of private customers among the referred and among the others.
    gap : float
        EUR per tenure month, mean of the referred minus that of others of their segment in month 1; may be
        negative.
    erosion_months : float
        That gap falls in a straight line and is 0 from this many months after month 1.
    customer_sd, noise_sd : float
        EUR per tenure month: spread of a customer's own level around the mean, and of one month
        around that level; both normal, so that a month may lose money.
    likeness : float
        Correlation of the levels of referrer and referred, 0 to 1.
    hazard : float
        Rate of leaving per tenure month of those who were not referred, the same at every tenure.
    hazard_ratio : float
        Rate of leaving, referred over other, while the referrer stays.
    after_referrer_left : float
        Rate of leaving of the referred once the referrer has left, over the rate before.
    offspring : tuple of two float
        Mean number of customers whom a referred and an other customer bring in all time; the first below 1.
    dispersion : float
        Size of their negative binomial law: the variance is mean + mean ** 2 / dispersion.
    delay_days : float
        Mean days from joining to the joining of each customer brought; exponential, rounded up to whole days.
    joining_days : int
        Customers join by themselves on the first so many days.
    weekdays : tuple of seven float
        How many of them on a Monday, Tuesday ..., in proportion.
    campaign : Campaign or None
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
    margin: float = 8.0
    private_margin: float = 5.0
    private_share: tuple[float, float] = (0.35, 0.20)
    gap: float = 1.55
    erosion_months: float = 30.0
    customer_sd: float = 5.0
    noise_sd: float = 4.0
    likeness: float = 0.3
    hazard: float = 0.007
    hazard_ratio: float = 0.82
    after_referrer_left: float = 1.0
    offspring: tuple[float, float] = (0.6, 0.4)
    dispersion: float = 0.5
    delay_days: float = 60.0
    joining_days: int = 730
    weekdays: tuple[float, ...] = (1.1, 1.1, 1.1, 1.1, 1.2, 0.9, 0.5)
    campaign: Campaign | None = Campaign()
    days: int = 1461
    first_day: date = date(2021, 1, 1)
    ages: tuple[int, int] = (18, 79)
    regions: tuple[str, ...] = ("north", "east", "south", "west")

    def __post_init__(self):
        """Refuse what cannot be: shares outside 0 to 1, rates not positive, referrals without end, an empty time."""
        shares = (
            *(self.programme.type_one_share, self.programme.fraud_share, self.likeness),
            *self.private_share,
        )
        if not all(0 <= share <= 1 for share in shares):
            raise ParameterError(say("world: shares and likeness lie between 0 and 1."))
        rates = (self.hazard, self.hazard_ratio, self.after_referrer_left, self.erosion_months)
        if not all(rate > 0 for rate in (*rates, self.dispersion, self.delay_days)):
            raise ParameterError(
                say("world: rates, months of erosion, dispersion and days of delay are above 0.")
            )
        if not (0 <= self.offspring[0] < 1 and self.offspring[1] >= 0):
            raise ParameterError(
                say("world: customers bring 0 or more others, the referred fewer than 1.")
            )
        if not 1 <= self.joining_days <= self.days:
            raise ParameterError(
                say("world: customers join on at least 1 day, and on none after the data end.")
            )
        c = self.campaign
        if c and not (c.first > 0 and c.last + c.pull_days < self.joining_days):
            raise ParameterError(
                say("world: a campaign and the days after it lie inside the days of joining.")
            )

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return self.day(self.days - 1)

    def day(self, number: int) -> date:
        """Return a day by its number from day 0."""
        return self.first_day + timedelta(days=number)

    @staticmethod
    def month_start(month: np.ndarray | int) -> np.ndarray | float:
        """Return the days from joining to the start of a tenure month, counted from 1."""
        return MONTH_DAYS * (month - 1)

    def alike_gap(self, month: np.ndarray) -> np.ndarray:
        """Return the mean margin of the referred minus that of others of their segment, in EUR, in a tenure month."""
        return self.gap * np.maximum(0, 1 - (np.asarray(month) - 1) / self.erosion_months)

    def mean_margin(self, referred: np.ndarray | bool, month: np.ndarray) -> np.ndarray:
        """Return the mean margin, in EUR, of those present in a tenure month, counted from 1."""
        share = np.where(referred, *self.private_share)
        return (
            self.margin
            + self.private_margin * share
            + np.where(referred, self.alike_gap(month), 0.0)
        )

    def rate(self, referred: np.ndarray | bool) -> np.ndarray:
        """Return the rate of leaving per day, of the referred while their referrer stays."""
        return self.hazard / MONTH_DAYS * np.where(referred, self.hazard_ratio, 1.0)

    def still_there(self, referred: bool, days: np.ndarray | float) -> np.ndarray:
        """Return P(a customer leaves more than `days` days after joining), where the referrer's leaving is all one.

        Leaving falls on whole days, the exponential time rounded up: more than 30.4375 days is 31
        or more, which is an exponential time above 30.
        """
        return np.exp(-self.rate(referred) * np.floor(days))

    def weekday_share(self, day: np.ndarray) -> np.ndarray:
        """Return how many join by themselves on days counted from day 0, in proportion."""
        return np.asarray(self.weekdays)[(self.first_day.weekday() + np.asarray(day)) % 7]


_PAYS = Programme(type_one_share=0.40, acquisition_cost=20.0, fraud_share=0.05, admin_cost=5.0)
_ONLY_LOOKS_BETTER = Programme(
    type_one_share=0.06, acquisition_cost=10.0, fraud_share=0.20, admin_cost=12.0
)
WORLDS = {
    "pays": World(_PAYS),
    "only_looks_better": replace(World(_PAYS), programme=_ONLY_LOOKS_BETTER),
}
REVIEW_COST = 4.0  # EUR for each referral that somebody looks into


def parameters(world: World) -> dict:
    """Return the study's parameters that this world fixes: what its programme is like, and when it had a campaign."""
    known = asdict(world.programme) | {
        "covariates": ["segment", "age", "region"],
        "review_cost": REVIEW_COST,
    }
    if c := world.campaign:
        known |= {
            "campaign_from": world.day(c.first).isoformat(),
            "campaign_until": world.day(c.last).isoformat(),
        }
    return known
