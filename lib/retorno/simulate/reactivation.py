"""A world of buyers who lapse and return, and of one campaign, whose answers are known exactly.

Customers join, buy, pause, stop and send goods back; on the day after the data end a randomised
campaign contacts all who have been silent. `simulate` draws tables from a world; `answers` computes
what a study should find in them, by recursion over days and without any draw.

Given the segment, gaps and amounts are independent, so a window after *any* purchase is worth the
same on average: all difference between returned and new customers is a difference of who they are.
That is the survivorship this world is made to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retorno.errors import ParameterError
from retorno.language import say

RETURN_DAYS = 14
MONTH_DAYS = 30.4375
DEFAULTS = {"lapse_days": 90, "window_days": 180}


def _months(days):
    return np.floor(days / MONTH_DAYS).astype(int)


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers who behave alike.

    Attributes
    ----------
    share : float
        Fraction of all customers.
    mean_gap : float
        Days; mean of the geometric law behind a regular gap, before it is cut at `World.pause_from`.
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

    P(return within 30 days) = ``base * exp(-fading * r) + factor * max(0, effect - decay * r)`` with
    r the recency in months and factor 0 in the holdout.

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
        Share of purchases sent back whole 1 to 14 days later, each day alike: a negative line,
        which is lost when it falls after the last day.
    """

    segments: tuple[Segment, ...]
    campaign: Campaign = Campaign()
    days: int = 730
    first_day: date = date(2023, 1, 1)
    pause_from: int = 90
    pause_mean: float = 110.0
    two_lines: float = 0.3
    returned_share: float = 0.06

    def __post_init__(self):
        """Refuse shares that do not sum to 1 and chances outside 0 to 1."""
        arms = (0.0, *(arm.factor for arm in self.campaign.arms))
        chances = [self.two_lines, self.returned_share]
        for one in self.segments:
            chances += [one.share, one.pause, one.stop, one.pause + one.stop]
        for factor in arms:
            chances += self.campaign.chance(_months(np.arange(self.days)), factor).tolist()
        if not all(0 <= chance <= 1 for chance in chances):
            raise ParameterError(say("world: every share and chance lies between 0 and 1."))
        if abs(sum(one.share for one in self.segments) - 1) > 1e-9:
            raise ParameterError(say("world: the shares of the segments sum to 1."))

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return self.first_day + timedelta(days=self.days - 1)


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
    ids = pd.Series([f"C{n:07d}" for n in range(1, customers + 1)], dtype="str")
    transactions = pd.DataFrame(
        {
            "customer_id": ids.take(who[order]).to_numpy(),
            "date": _dates(world, day[order]),
            "amount": cents[order] / 100,
        }
    )
    contacts = _contacts(world, ids, world.days - 1 - last, rng)
    return Simulated(transactions, contacts, world, world.first_day, world.last_day)


def _purchases(world, segment, joined, rng):
    """Return position in `joined` and day of every purchase, one round per purchase number."""
    reached = 1 - _longer(world, segment)[1:]
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
    back_on = day + rng.integers(1, RETURN_DAYS + 1, size=who.size)
    back = (rng.random(who.size) < world.returned_share) & (back_on < world.days)
    return (
        np.concatenate([who, who[two], who[back]]),
        np.concatenate([day, day[two], back_on[back]]),
        np.concatenate([total - second, second[two], -total[back]]),
    )


def _contacts(world, ids, silent, rng):
    campaign = world.campaign
    who = np.flatnonzero(silent > campaign.silent_days)
    recency = _months(silent[who])
    arms = (Arm("holdout", 0.0, 0.0), *campaign.arms)
    arm = rng.permutation(np.arange(who.size) % len(arms))
    factor = np.array([one.factor for one in arms])[arm]
    returned = rng.random(who.size) < campaign.chance(recency, factor)
    spend = _cents(campaign.spend_mean, campaign.spend_sd, who.size, rng) / 100
    return pd.DataFrame(
        {
            "customer_id": ids.take(who).to_numpy(),
            "arm": pd.Series([one.name for one in arms], dtype="str").take(arm).to_numpy(),
            "contacted_on": _dates(world, np.full(who.size, world.days)),
            "recency": recency,
            "cost": np.array([one.cost for one in arms])[arm],
            "returned": returned.astype(int),
            "spend": np.where(returned, spend, 0.0),
        }
    )


def _dates(world, day):
    return (np.datetime64(world.first_day) + day.astype("timedelta64[D]")).astype("datetime64[us]")


def _cents(mean, sd, size, rng):
    variance = np.log1p((sd / mean) ** 2)
    amounts = rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size)
    return np.rint(100 * amounts).astype(int)


def _longer(world, segment):
    """Return P(a gap is longer than g days), g = 0 to `days`; who stops has an endless gap."""
    g = np.arange(world.days + 1)
    stays, cut = 1 - 1 / segment.mean_gap, world.pause_from
    regular = (stays ** np.minimum(g, cut) - stays**cut) / (1 - stays**cut)
    paused = (1 - 1 / world.pause_mean) ** np.maximum(g - cut, 0)
    return segment.stop + segment.pause * paused + (1 - segment.pause - segment.stop) * regular


def answers(
    world: World, *, lapse_days: int, window_days: int, months: int = 12
) -> dict[str, float]:
    """Return what a study finds in ever larger tables of this world, by finding id.

    The words are those of the data dictionary: a lapse is a gap of more than `lapse_days` days, the
    first of a customer counts; a window is `window_days` days from its purchase, all inside the
    data; value is revenue after goods sent back; first purchases are not known, so a customer is
    new who joins more than `lapse_days` days after day 0.

    Parameters
    ----------
    lapse_days, window_days : int
        Days, 1 or more.
    months : int
        Months after the lapse, of 30 days, for which hazards are wanted.

    Returns
    -------
    dict of str to float
        Values in EUR per customer, shares and ratios as fractions, slopes per month of recency. An
        id that nobody in this world can show is left out. So are the windows when `lapse_days` is
        under 14 and goods are sent back: a line of an earlier purchase could then fall in them.

    Notes
    -----
    Exact up to the rounding of amounts to cents, which moves no answer by a cent. The pooled effect
    weights the treated arms alike, as the randomisation does.

    Examples
    --------
    >>> known = answers(WORLDS["works"], lapse_days=90, window_days=180)
    >>> round(known["window.ratio"], 2)
    1.23
    """
    for name, given in (("lapse_days", lapse_days), ("window_days", window_days)):
        if given < 1:
            raise ParameterError(
                say("{name}: a number of days, 1 or more; got {got}.", name=name, got=given)
            )
    return {
        **_windows(world, lapse_days, window_days),
        **_hazards(world, lapse_days, months),
        **_effects(world),
    }


def _arrivals(start: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return P(a purchase on day t) when the first falls by `start` and each next follows by `gap`."""
    arrivals = start.astype(float)
    for day in range(1, arrivals.size):
        arrivals[day] += arrivals[:day] @ gap[day:0:-1]
    return arrivals


def _gap(world, segment):
    """Return P(a gap is g days), g = 0 to `days`."""
    longer = _longer(world, segment)
    return np.concatenate([[0.0], longer[:-1] - longer[1:]])


def _joining(world):
    return np.full(world.days, 1 / world.days)


def _unlapsed(world, gap, lapse_days):
    """Return P(a purchase on day t, and no lapse before it)."""
    return _arrivals(_joining(world), np.where(np.arange(gap.size) <= lapse_days, gap, 0))


def _windows(world, lapse_days, window_days):
    last_start = world.days - window_days
    if last_start < 0 or (world.returned_share and lapse_days < RETURN_DAYS):
        return {}
    groups = [_groups(world, one, lapse_days, window_days) for one in world.segments]
    shares = [segment.share for segment in world.segments]
    new, returned, late, soon = (_mixed(shares, group) for group in zip(*groups, strict=True))
    found = {}
    if new is not None:
        found["window.new.value"] = new
    if returned is not None:
        found["window.reactivated.value"] = returned
    if new is not None and returned is not None:
        found["window.ratio"] = returned / new
        found["curve.reactivated.minus_new"] = returned - new
    if late is not None and soon is not None:
        found["window.like_for_like.ratio"] = late / soon
    return found


def _groups(world, segment, lapse_days, window_days):
    """Return (chance to be in it, that times mean value) of new, returned, late second, soon second.

    The second purchase, g days after the first, has a full window for ``last_start - g + 1`` of the
    days one can join on; what was bought first may come back inside that window.
    """
    last_start = world.days - window_days
    gap = _gap(world, segment)
    value = _value(world, segment, gap, window_days)
    lapsing = _unlapsed(world, gap, lapse_days)
    beyond = np.where(np.arange(gap.size) > lapse_days, gap, 0)
    new = max(0, last_start - lapse_days) / world.days
    returned = np.convolve(lapsing, beyond)[: last_start + 1].sum()
    g = np.arange(1, last_start + 1)
    chance = gap[g] * (last_start - g + 1) / world.days
    sent_back = _back_by(g + window_days - 1) - _back_by(g - 1)
    second = chance * (value - world.returned_share * segment.spend_mean * sent_back)
    late = g > lapse_days
    return (
        (new, new * value),
        (returned, returned * value),
        (chance[late].sum(), second[late].sum()),
        (chance[~late].sum(), second[~late].sum()),
    )


def _back_by(days):
    """Return P(goods sent back arrive within `days` days)."""
    return np.clip(days, 0, RETURN_DAYS) / RETURN_DAYS


def _value(world, segment, gap, window_days):
    """Return the mean value, in EUR, of the window that starts with a purchase."""
    first = np.zeros(window_days)
    first[0] = 1
    kept = 1 - world.returned_share * _back_by(window_days - 1 - np.arange(window_days))
    return segment.spend_mean * (_arrivals(first, gap) @ kept)


def _mixed(shares: Sequence[float], group: Sequence[tuple[float, float]]) -> float | None:
    """Return the group's mean value over segments; None when nobody can be in it."""
    weight, total = np.asarray(shares) @ np.asarray(group)
    return float(total / weight) if weight > 0 else None


def _hazards(world, lapse_days, months):
    found = {}
    for month in range(1, months + 1):
        hazard = _hazard(world, lapse_days, 30 * (month - 1), 30 * month)
        if hazard is not None:
            found[f"return.hazard.month_{month}"] = hazard
    return found


def _hazard(world, lapse_days, after, until):
    """Return P(back on days `after` + 1 to `until` of a lapse | not before).

    Over customers whose day `until` lies inside the data; None when there are none.
    """
    last_purchase = world.days - 1 - lapse_days - until
    if last_purchase < 0:
        return None
    back = still = 0.0
    for segment in world.segments:
        longer = _longer(world, segment)
        lapsing = _unlapsed(world, _gap(world, segment), lapse_days)[: last_purchase + 1].sum()
        still += segment.share * lapsing * longer[lapse_days + after]
        back += segment.share * lapsing * (longer[lapse_days + after] - longer[lapse_days + until])
    return float(back / still) if still > 0 else None


def _effects(world):
    """Return the effects on return and spend: each arm, pooled, and the pooled slope by recency."""
    campaign = world.campaign
    silent = np.arange(campaign.silent_days + 1, world.days)
    weight = sum(one.share * _silent(world, one)[silent] for one in world.segments)
    if not weight.sum() > 0:
        return {}
    weight = weight / weight.sum()
    recency = _months(silent)
    term = campaign.chance(recency, 1.0) - campaign.chance(recency, 0.0)
    pooled = float(np.mean([arm.factor for arm in campaign.arms]))
    centred = recency - weight @ recency
    scatter = weight @ centred**2
    found = {}
    for outcome, worth in (("returned", 1.0), ("spend", campaign.spend_mean)):
        mean = worth * float(weight @ term)
        found[f"effect.{outcome}"] = pooled * mean
        found |= {f"effect.{outcome}.{arm.name}": arm.factor * mean for arm in campaign.arms}
        if scatter > 0:
            slope = worth * float((weight * centred) @ term / scatter)
            found[f"effect.{outcome}.recency_slope"] = pooled * slope
    return found


def _silent(world, segment):
    """Return P(the last purchase lies c days before the last day), c = 0 to `days` - 1."""
    purchase = _arrivals(_joining(world), _gap(world, segment))
    return purchase[::-1] * _longer(world, segment)[:-1]
