"""Tables drawn from a world of the reactivation study."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retorno.simulate import columns
from retorno.simulate.reactivation.world import Arm, World


@dataclass(frozen=True, slots=True)
class Simulated:
    """Tables drawn from a world.

    Attributes
    ----------
    transactions : DataFrame
        Lines: customer_id, date, amount (EUR; negative: sent back), by date, then customer.
    contacts : DataFrame
        One row per customer contacted or held out: customer_id, arm, contacted_on, recency (whole
        months since the last purchase), past_orders (purchases so far), reason (why the customer
        says to have left), cost (EUR, the offer included where it was used), and what the
        transactions of the next 30 days hold: returned (0 or 1: a purchase) and spend (EUR).
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

    The loops run over segments and purchase numbers, never over customers.

    Examples
    --------
    >>> from retorno.simulate.reactivation import WORLDS
    >>> tables = simulate(WORLDS["works"], 500, np.random.default_rng(1))
    >>> tables.transactions.columns.tolist()
    ['customer_id', 'date', 'amount']
    >>> tables.last_day.isoformat()
    '2024-12-30'
    """
    member = rng.choice(len(world.segments), size=customers, p=[s.share for s in world.segments])
    due = rng.integers(0, world.days, size=customers)
    who, day, due = _purchases(world, member, due, world.contact_day, rng)
    contacted = _contacted(world, customers, who, day, rng)
    people = contacted["who"]
    due[people] = np.minimum(due[people], contacted.pop("call"))
    contacted["returned"] = due[people] <= world.contact_day + world.campaign.counted_days
    later = _purchases(world, member, due, world.days - 1, rng)
    who, day = np.concatenate([who, later[0]]), np.concatenate([day, later[1]])
    who, day, cents = _lines(world, member, who, day, rng)
    ids = columns.ids("C", customers)
    contacts = _contacts(world, ids, contacted, _spend(world, customers, who, day, cents))
    order = np.argsort(day * customers + who, kind="stable")
    transactions = pd.DataFrame(
        {
            "customer_id": ids.take(who[order]).to_numpy(),
            "date": columns.dates(world.first_day, day[order]),
            "amount": cents[order] / 100,
        }
    )
    return Simulated(transactions, contacts, world, world.first_day, world.last_day)


def _purchases(world, member, due, until, rng):
    """Return customer and day of every purchase up to day `until`, and when the next of each is due."""
    reached = [1 - world.longer(segment)[1:] for segment in world.segments]
    due, rounds, active = due.copy(), [], np.flatnonzero(due <= until)
    while active.size:
        rounds.append((active, due[active]))
        luck, kind = rng.random(active.size), member[active]
        for number, chances in enumerate(reached):
            mine = kind == number
            gap = 1 + np.searchsorted(chances, luck[mine], side="right")
            due[active[mine]] += gap
        active = active[due[active] <= until]
    who, day = zip(*rounds, strict=True) if rounds else ([due[:0]], [due[:0]])
    return np.concatenate(who), np.concatenate(day), due


def _contacted(world, customers, who, day, rng):
    """Return who is contacted or held out, in which arm (0: holdout), what is known then, and when called."""
    campaign, today = world.campaign, world.contact_day
    last = np.full(customers, today)  # whoever has yet to join is not silent
    last[who] = day  # in the order of purchases: the last stays
    people = np.flatnonzero(today - last > campaign.silent_days)
    recency = campaign.recency(today - last[people])
    arm = rng.permutation(np.arange(people.size) % (len(campaign.arms) + 1))
    factor = np.array([0.0, *(one.factor for one in campaign.arms)])[arm]
    called = rng.random(people.size) < campaign.called(recency, factor)
    call = today + rng.integers(1, campaign.counted_days + 1, size=people.size)
    shares = [share for _, share in campaign.reasons]
    return {
        "who": people,
        "arm": arm,
        "recency": recency,
        "past_orders": np.bincount(who, minlength=customers)[people],
        "reason": rng.choice(len(shares), size=people.size, p=shares),
        "call": np.where(called, call, np.iinfo(call.dtype).max),
    }


def _lines(world, member, who, day, rng):
    """Return customer, day and cents of the lines of these purchases and of what is sent back."""
    mean, sd = (
        np.array([getattr(one, name) for one in world.segments], dtype=float)[member[who]]
        for name in ("spend_mean", "spend_sd")
    )
    variance = np.log1p((sd / mean) ** 2)
    amounts = rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance))
    total = np.maximum(np.rint(100 * amounts).astype(int), 2)
    two = rng.random(who.size) < world.two_lines
    second = np.where(two, rng.integers(1, total), 0)
    back_on = day + rng.integers(1, world.back_within + 1, size=who.size)
    back = (rng.random(who.size) < world.returned_share) & (back_on < world.days)
    return (
        np.concatenate([who, who[two], who[back]]),
        np.concatenate([day, day[two], back_on[back]]),
        np.concatenate([total - second, second[two], -total[back]]),
    )


def _spend(world, customers, who, day, cents):
    """Return EUR of each customer on the days counted after the contact."""
    after = day - world.contact_day
    counted = (after >= 1) & (after <= world.campaign.counted_days)
    total = np.bincount(who[counted], weights=cents[counted], minlength=customers)
    return np.rint(total) / 100


def _contacts(world, ids, contacted, spend):
    campaign = world.campaign
    who, arm, returned = contacted["who"], contacted["arm"], contacted["returned"]
    arms = (Arm("holdout", 0.0, 0.0), *campaign.arms)
    cost, offer = (np.array([getattr(one, name) for one in arms]) for name in ("cost", "offer"))
    names, reasons = (
        pd.Series(texts, dtype="str")
        for texts in ([one.name for one in arms], [reason for reason, _ in campaign.reasons])
    )
    return pd.DataFrame(
        {
            "customer_id": ids.take(who).to_numpy(),
            "arm": names.take(arm).to_numpy(),
            "contacted_on": columns.dates(world.first_day, np.full(who.size, world.contact_day)),
            "recency": contacted["recency"],
            "past_orders": contacted["past_orders"],
            "reason": reasons.take(contacted["reason"]).to_numpy(),
            "cost": cost[arm] + offer[arm] * returned,
            "returned": returned.astype(int),
            "spend": spend[who],
        }
    )
