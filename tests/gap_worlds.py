"""What tests of the gap in margin share: customers drawn from small worlds whose answers are known in closed form."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retorno.money import discount_factors
from retorno.referral.alike.covariates import Covariates
from retorno.referral.links import Links
from retorno.referral.tenure import Tenure, month_start

LAST = 1460  # day, counted from 0
NONE = "Not stated: no covariates."


class Panel:
    """Rows that answer as an Ibis table does, without an engine: thousands of runs need no join."""

    def __init__(self, frame):
        self.frame = frame

    @property
    def month(self):
        return self.frame.month

    def filter(self, mask):
        return Panel(self.frame[mask])

    def select(self, *names):
        return Panel(self.frame[list(names)])

    def order_by(self, *names):
        return Panel(self.frame.sort_values(list(names)))

    def execute(self):
        return self.frame


@dataclass(frozen=True)
class World:
    """Customers of two segments who earn a margin in each month and leave.

    Segment 1 is referred more often (`odds`), earns `segment` more and leaves at `segment_hazard` times the rate. The
    gap falls in a straight line to 0 in 30 months. `pull`: how much sooner, on the logit scale per EUR, those others
    leave whose mean margin so far is low; it takes the place of the rates.
    """

    gap: float = 2.3
    segment: float = 3.0
    odds: float = 3.0
    hazard: float = 0.010
    hazard_ratio: float = 0.8
    segment_hazard: float = 1.5
    pull: float | None = None
    customer_sd: float = 5.0
    noise_sd: float = 4.0
    family_sd: float = 0.0
    joining_days: int = 730

    def gap_in(self, month):
        """Return the gap at equal segment."""
        return self.gap * np.maximum(0, 1 - (np.asarray(month) - 1) / 30)

    @property
    def shares(self):
        """P(segment 1) of the referred and of the others; half of all customers are in segment 1."""
        chances = self.chance(np.array([0.0, 1.0]))
        return chances[1] / chances.sum(), (1 - chances[1]) / (2 - chances.sum())

    def chance(self, segment):
        """Return the chance of being referred."""
        logit = np.log(self.odds) * (segment - 0.5)
        return 1 / (1 + np.exp(-logit))

    def mean(self, referred, segment, month):
        """Return the mean margin in a month had nobody left."""
        return 9.0 + self.segment * segment + np.where(referred, self.gap_in(month), 0.0)

    def rate(self, referred, segment):
        """Return the rate of leaving a day."""
        ratio = np.where(referred, self.hazard_ratio, 1.0) * np.where(
            segment, self.segment_hazard, 1.0
        )
        return self.hazard / 30.4375 * ratio

    def value(self, referred, share, horizon, annual_discount_rate):
        """Return the discounted value of a group with `share` in segment 1 (without `pull`)."""
        months = np.arange(1, horizon + 1)
        total = 0.0
        for segment, part in ((0, 1 - share), (1, share)):
            still = np.exp(-self.rate(referred, segment) * np.floor(month_start(months)))
            earned = still * self.mean(referred, segment, months)
            total += part * float(discount_factors(horizon, annual_discount_rate) @ earned)
        return total


@dataclass(frozen=True)
class Drawn:
    """A tenure, the segment as covariate, none, and links when families were drawn."""

    tenure: Tenure
    segment: Covariates
    links: Links | None = None
    none: Covariates = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "none", no_covariates(self.tenure.days.size))


def no_covariates(n):
    """Return covariates of which none is named."""
    return Covariates((), np.empty((n, 0)), (), np.ones(n, dtype=bool), NONE)


def covariates(**columns):
    """Return covariates from columns by name; NaN is an empty cell."""
    design = np.column_stack(list(columns.values())).astype(float)
    complete = np.isfinite(design).all(axis=1)
    return Covariates(tuple(columns), design, tuple(columns), complete, None)


def draw(world, n, rng, *, horizon=36, family=1):
    """Return `n` customers of a world.

    With `family` above 1 the first of so many brings all others, who share a part of their level of spread `family_sd`.
    """
    segment = (rng.random(n) < 0.5).astype(float)
    referred = rng.random(n) < world.chance(segment)
    links_of = None
    if family > 1:
        first = np.arange(n) - np.arange(n) % family
        links_of = np.where(first != np.arange(n), first, -1)
        referred = links_of >= 0
    joined = np.sort(rng.integers(0, world.joining_days, size=n))
    months = int((LAST - 0) / 30.4375) + 1
    k = np.arange(1, months + 1)
    level = world.customer_sd * rng.standard_normal(n)
    if family > 1:
        shared = world.family_sd * np.repeat(rng.standard_normal(n // family + 1), family)[:n]
        level += np.where(referred, shared, 0.0)
    margin = world.mean(referred[:, None], segment[:, None], k) + level[:, None]
    margin += world.noise_sd * rng.standard_normal((n, months))
    if world.pull is None:
        life = np.ceil(rng.exponential(1 / world.rate(referred, segment)))
    else:
        life = pulled(world, referred, margin, rng)
    reach = LAST - joined
    left = life <= reach
    tenure = tenure_of(
        days=np.where(left, life, reach).astype(int),
        left=left,
        referred=referred,
        joined=joined,
        margin=margin,
        horizon=horizon,
    )
    found = None if links_of is None else Links(tenure, links_of, np.zeros(n, dtype=int), None, {})
    return Drawn(tenure, covariates(segment=segment), found)


def pulled(world, referred, margin, rng):
    """Return the day of leaving when, each month, others with a low mean margin so far leave more often."""
    n, months = margin.shape
    so_far = np.cumsum(margin, axis=1) / np.arange(1, months + 1)
    slope = np.where(referred, 0.0, world.pull)[:, None]
    logit = np.log(world.hazard / (1 - world.hazard)) - slope * (so_far - 9.0)
    leaves = rng.random((n, months)) < 1 / (1 + np.exp(-logit))
    month = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, months + 1)
    # On a day inside the month, after its start and not after the start of the next one.
    return np.floor(month_start(month)) + 1 + rng.integers(0, 30, size=n)


def tenure_of(*, days, left, referred, joined, margin, horizon, entry=None):
    """Return a tenure from arrays; `margin` has a column a month, of which those reached become rows."""
    n, months = margin.shape
    starts = month_start(np.arange(1, months + 1))
    days, left = np.asarray(days), np.asarray(left)
    reached = np.where(left[:, None], days[:, None] > starts, days[:, None] >= starts)
    reached[:, 0] = True
    entry = np.zeros(n, dtype=int) if entry is None else entry
    reached &= starts >= entry[:, None]
    who, month = np.nonzero(reached)
    frame = pd.DataFrame({"position": who, "month": month + 1, "margin": margin[who, month]})
    joined = np.asarray(joined)
    return Tenure(
        days=days,
        left=left,
        referred=np.asarray(referred),
        reach=LAST - joined,
        entry=entry,
        joined=joined,
        ids=np.arange(n).astype(object),
        customers=None,
        people=None,
        panel=Panel(frame),
        first_day=date(2021, 1, 1),
        last_day=date(2021, 1, 1) + timedelta(days=LAST),
        horizon_months=horizon,
        left_out=0,
        rows_left_out=0,
    )
