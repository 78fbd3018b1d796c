"""A world of buyers who lapse and return, and of one campaign, whose answers are known exactly.

Customers join, buy, pause, stop and send goods back; on the day after the data end a randomised
campaign contacts all who have been silent. `simulate` draws tables from a world; `answers` (kept in
`reactivation_answers`) computes what a study should find in them, without any draw.

Given the segment, gaps and amounts are independent, so a window after *any* purchase is worth the
same on average: all difference between returned and new customers is a difference of who they are.
That is the survivorship this world is made to show.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retorno.errors import ParameterError
from retorno.language import say
from retorno.simulate import columns
from retorno.simulate.reactivation_answers import answers

__all__ = [
    "DEFAULTS",
    "WORLDS",
    "Arm",
    "Campaign",
    "Segment",
    "Simulated",
    "World",
    "answers",
    "parameters",
    "simulate",
]

MONTH_DAYS = 30.4375
DEFAULTS = {"lapse_days": 90, "window_days": 180}


def parameters(world: "World") -> dict:
    """Return the study's parameters that this world fixes: the outcomes of its campaign."""
    return {"outcomes": ["returned", "spend"], "money_outcome": "spend"}


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers who behave alike.

    Attributes
    ----------
    share : float
        Fraction of all customers.
    mean_gap : float
        Days; mean of the geometric law of a regular gap, before its cut at `World.pause_from`.
    pause, stop : float
        Chance after each purchase of a pause, and of never buying again.
    spend_mean, spend_sd : float
        EUR per purchase, lognormal, before goods are sent back.
    """

    share: float
    mean_gap: float
    pause: float
    stop: float
    spend_mean: float
    spend_sd: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to be contacted: its name, EUR per contact, and factor on the campaign's effect."""

    name: str
    cost: float
    factor: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign on the day after the data end, in equal random parts with a holdout.

    At recency r in months, P(return within 30 days) is ``base * exp(-fading * r)`` in the holdout
    and ``factor * max(0, effect - decay * r)`` more in a treated arm.

    Attributes
    ----------
    silent_days : int
        Contacted is who last bought more than this many days before the last day.
    base, fading : float
        Chance at recency 0 without contact; its relative fall per month.
    effect, decay : float
        Added chance at recency 0; its fall per month. Positive effect: more return.
    spend_mean, spend_sd : float
        EUR in the 30 days of one who returns, lognormal; no arm changes it.
    arms : tuple of Arm
        The treated arms; the holdout is not among them.
    """

    silent_days: int = 90
    base: float = 0.12
    fading: float = 0.09
    effect: float = 0.12
    decay: float = 0.005
    spend_mean: float = 32.0
    spend_sd: float = 20.0
    arms: tuple[Arm, ...] = (Arm("email", 0.10, 0.75), Arm("voucher", 0.60, 1.25))

    @staticmethod
    def recency(silent: np.ndarray) -> np.ndarray:
        """Return whole months in `silent` days."""
        return np.floor(silent / MONTH_DAYS).astype(int)

    def chance(self, recency: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
        """Return the chance of a return within 30 days at `recency` months."""
        unaided = self.base * np.exp(-self.fading * recency)
        return unaided + factor * np.maximum(0, self.effect - self.decay * recency)


@dataclass(frozen=True, slots=True)
class World:
    """Everything the tables and the answers follow from.

    Attributes
    ----------
    segments : tuple of Segment
        Shares sum to 1.
    campaign : Campaign
    days : int
        Days observed, from day 0; a customer joins, by a first purchase, on any of them alike.
    first_day : date
        Day 0.
    pause_from, pause_mean : int, float
        Days: a pause lasts `pause_from` and a geometric number, 1 or more, of mean `pause_mean`;
        a regular gap is at most `pause_from`, drawn given that it is.
    two_lines : float
        Share of purchases written as two lines of one day.
    returned_share : float
        Share of purchases sent back whole: a negative line, lost when it falls after the last day.
    back_within : int
        What is sent back comes 1 to this many days later, each day alike.
    """

    segments: tuple[Segment, ...]
    campaign: Campaign = Campaign()
    days: int = 730
    first_day: date = date(2023, 1, 1)
    pause_from: int = 90
    pause_mean: float = 110.0
    two_lines: float = 0.3
    returned_share: float = 0.06
    back_within: int = 14

    def __post_init__(self):
        """Refuse shares that do not sum to 1 and chances outside 0 to 1."""
        arms = (0.0, *(arm.factor for arm in self.campaign.arms))
        chances = [self.two_lines, self.returned_share, 1 / self.pause_mean]
        for one in self.segments:
            chances += [one.share, 1 / one.mean_gap, one.pause, one.stop, one.pause + one.stop]
        months = self.campaign.recency(np.arange(self.days))
        for factor in arms:
            chances += self.campaign.chance(months, factor).tolist()
        if not all(0 <= chance <= 1 for chance in chances):
            raise ParameterError(
                say("world: shares and chances lie between 0 and 1, mean gaps start at 1 day.")
            )
        if abs(sum(one.share for one in self.segments) - 1) > 1e-9:
            raise ParameterError(say("world: the shares of the segments sum to 1."))

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return self.first_day + timedelta(days=self.days - 1)

    def longer(self, segment: Segment) -> np.ndarray:
        """Return P(a gap is longer than g days), g = 0 to `days`; who stops has an endless gap."""
        g, cut = np.arange(self.days + 1), self.pause_from
        stays = 1 - 1 / segment.mean_gap
        regular = (stays ** np.minimum(g, cut) - stays**cut) / (1 - stays**cut)
        paused = (1 - 1 / self.pause_mean) ** np.maximum(g - cut, 0)
        regular_share = 1 - segment.pause - segment.stop
        return segment.stop + segment.pause * paused + regular_share * regular


_SEGMENTS = (
    Segment(share=0.24, mean_gap=42, pause=0.22, stop=0.06, spend_mean=34, spend_sd=20),
    Segment(share=0.36, mean_gap=48, pause=0.26, stop=0.28, spend_mean=27, spend_sd=16),
    Segment(share=0.40, mean_gap=55, pause=0.15, stop=0.62, spend_mean=22, spend_sd=14),
)
WORLDS = {
    "works": World(_SEGMENTS),
    "no_effect": World(_SEGMENTS, replace(Campaign(), effect=0.0, decay=0.0)),
}


@dataclass(frozen=True, slots=True)
class Simulated:
    """Tables drawn from a world.

    Attributes
    ----------
    transactions : DataFrame
        Lines: customer_id, date, amount (EUR; negative: sent back), by date, then customer.
    contacts : DataFrame
        One row per customer contacted or held out: customer_id, arm, contacted_on, recency (whole
        months since the last purchase), cost (EUR), returned (0 or 1) and spend (EUR) in 30 days.
    world : World
    first_day, last_day : date
        Of the data, whether or not a line falls on them.
    """

    transactions: pd.DataFrame
    contacts: pd.DataFrame
    world: World
    first_day: date
    last_day: date

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {"transactions": self.transactions, "contacts": self.contacts}


def simulate(world: World, customers: int, rng: np.random.Generator) -> Simulated:
    """Draw the tables of `customers` customers.

    The loop runs over segments and purchase numbers, never over customers.

    Examples
    --------
    >>> tables = simulate(WORLDS["works"], 500, np.random.default_rng(1))
    >>> tables.transactions.columns.tolist()
    ['customer_id', 'date', 'amount']
    >>> tables.last_day.isoformat()
    '2024-12-30'
    """
    shares = [segment.share for segment in world.segments]
    member = rng.choice(len(shares), size=customers, p=shares)
    joined = rng.integers(0, world.days, size=customers)
    last = joined.copy()
    lines = []
    for number, segment in enumerate(world.segments):
        people = np.flatnonzero(member == number)
        position, day = _purchases(world, segment, joined[people], rng)
        np.maximum.at(last, people[position], day)
        lines.append(_lines(world, segment, people[position], day, rng))
    who, day, cents = (np.concatenate(column) for column in zip(*lines, strict=True))
    order = np.argsort(day * customers + who, kind="stable")
    ids = columns.ids("C", customers)
    transactions = pd.DataFrame(
        {
            "customer_id": ids.take(who[order]).to_numpy(),
            "date": columns.dates(world.first_day, day[order]),
            "amount": cents[order] / 100,
        }
    )
    contacts = _contacts(world, ids, world.days - 1 - last, rng)
    return Simulated(transactions, contacts, world, world.first_day, world.last_day)


def _purchases(world, segment, joined, rng):
    """Return position in `joined` and day of every purchase, one round per purchase number."""
    reached = 1 - world.longer(segment)[1:]
    position, day, rounds = np.arange(joined.size), joined, []
    while True:
        rounds.append((position, day))
        if not day.size:
            return tuple(np.concatenate(column) for column in zip(*rounds, strict=True))
        day = day + 1 + np.searchsorted(reached, rng.random(day.size), side="right")
        inside = day < world.days
        position, day = position[inside], day[inside]


def _lines(world, segment, who, day, rng):
    """Return customer, day and cents of the lines of these purchases and of what is sent back."""
    total = np.maximum(_cents(segment.spend_mean, segment.spend_sd, who.size, rng), 2)
    two = rng.random(who.size) < world.two_lines
    second = np.where(two, rng.integers(1, total), 0)
    back_on = day + rng.integers(1, world.back_within + 1, size=who.size)
    back = (rng.random(who.size) < world.returned_share) & (back_on < world.days)
    return (
        np.concatenate([who, who[two], who[back]]),
        np.concatenate([day, day[two], back_on[back]]),
        np.concatenate([total - second, second[two], -total[back]]),
    )


def _contacts(world, ids, silent, rng):
    campaign = world.campaign
    who = np.flatnonzero(silent > campaign.silent_days)
    recency = campaign.recency(silent[who])
    arms = (Arm("holdout", 0.0, 0.0), *campaign.arms)
    arm = rng.permutation(np.arange(who.size) % len(arms))
    factor = np.array([one.factor for one in arms])[arm]
    returned = rng.random(who.size) < campaign.chance(recency, factor)
    spend = _cents(campaign.spend_mean, campaign.spend_sd, who.size, rng) / 100
    return pd.DataFrame(
        {
            "customer_id": ids.take(who).to_numpy(),
            "arm": pd.Series([one.name for one in arms], dtype="str").take(arm).to_numpy(),
            "contacted_on": columns.dates(world.first_day, np.full(who.size, world.days)),
            "recency": recency,
            "cost": np.array([one.cost for one in arms])[arm],
            "returned": returned.astype(int),
            "spend": np.where(returned, spend, 0.0),
        }
    )


def _cents(mean, sd, size, rng):
    variance = np.log1p((sd / mean) ** 2)
    amounts = rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size)
    return np.rint(100 * amounts).astype(int)
