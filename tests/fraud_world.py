"""Simulated referrals of which it is known which are fraud, drawn without a loop.

Four kinds of fraud: `self` (one referrer's made-up friends, mostly on one device and one card), `burst` (several of
them on one day and one device), `ring` (customers who refer each other in a circle) and `ghost` (a made-up friend who
leaves no trace but silence). Honest noise: households share an address or a device, few a card, and some who came for
real leave within weeks.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd

FIRST, LAST = date(2023, 1, 1), 730  # first day; days to the last
NOISE = {"address": 0.06, "device": 0.02, "payment": 0.005}
REWARDS = {"reward_referrer": 25.0, "reward_referred": 5.0}
KINDS = ("self", "burst", "ring", "ghost")


@dataclass(frozen=True)
class World:
    """Referrals as `links` gives them, and the truth beside each row."""

    links: SimpleNamespace
    fraud: np.ndarray
    kind: np.ndarray

    @property
    def rows(self):
        return self.links.rows

    def tables(self):
        """Return the tables customers and referrals from which `links` would make this."""
        t = self.links.tenure
        start = np.datetime64(FIRST)
        joined = start + t.joined.astype("timedelta64[D]")
        left = pd.Series(joined + t.days.astype("timedelta64[D]")).where(t.left)
        customers = pd.DataFrame(
            {"customer_id": t.ids, "joined_on": joined, "left_on": left, "referred": t.referred}
        )
        dropped = ["referrer", "referred", "day", "problem"]
        referrals = self.rows.drop(columns=dropped)
        referrals["referred_on"] = start + self.rows.day.to_numpy().astype("timedelta64[D]")
        return customers, referrals


def groups(n, low, high, rng):
    """Return the group of each of `n` or a few more rows, of `low` to `high` rows each, none of them cut."""
    sizes = rng.integers(low, high + 1, size=n // low + 1)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), n) + 1]
    return np.repeat(np.arange(sizes.size), sizes), sizes


def fakes(n, base, rng):
    """Return giver, receiver (a customer, or -1), day, device, payment (a group, or -1) and kind of the made-up."""
    each, parts = n // 4, []

    def part(kind, giver, receiver, day, device, payment):
        rows = (giver, receiver, day, device, payment, np.full(giver.size, KINDS.index(kind)))
        parts.append(np.column_stack(rows))

    group, sizes = groups(each, 1, 3, rng)
    nobody = np.full(group.size, -1)
    device = np.where(rng.random(group.size) < 0.9, group, -1)
    payment = np.where(rng.random(group.size) < 0.7, group, -1)
    giver = rng.integers(0, base, sizes.size)[group]
    part("self", giver, nobody, rng.integers(100, LAST - 40, group.size), device, payment)
    offset = group.max() + 1 if group.size else 0
    group, sizes = groups(each, 4, 7, rng)
    giver, day = (rng.integers(*ends, sizes.size)[group] for ends in ((0, base), (100, LAST - 40)))
    nobody = np.full(group.size, -1)
    part("burst", giver, nobody, day, offset + group, nobody)
    group, sizes = groups(each, 2, 4, rng)
    start = np.cumsum(sizes) - sizes
    place = np.arange(group.size) - start[group]
    members = rng.permutation(base)[: group.size]
    following = members[start[group] + (place + 1) % sizes[group]]
    nobody = np.full(group.size, -1)
    day = rng.integers(100, LAST - 40, group.size)
    part("ring", members, following, day, nobody, nobody)
    nobody = np.full(each, -1)
    giver, day = rng.integers(0, base, each), rng.integers(100, LAST - 40, each)
    part("ghost", giver, nobody, day, nobody, nobody)
    return np.concatenate(parts)


def world(rng, real=1200, *, fraud_share=0.12, reviewed=0.2, by_suspicion=False):
    """Draw referrals; the share of fraud is of all of them, `reviewed` of them drawn at random to be looked into.

    `by_suspicion`: those with a device used twice or no customer are looked into three times as often.
    """
    base = max(real // 2, 40)
    joined = np.concatenate([rng.integers(0, 100, base), rng.integers(100, LAST - 40, real)])
    day_real = joined[base:].copy()
    joined[base:] += rng.integers(0, 4, real)
    life = np.maximum(1, np.ceil(rng.exponential(900, base + real))).astype(int)
    reach = LAST - joined
    giver = (base * rng.random(real) ** 2).astype(int)
    made_up = fakes(round(real * fraud_share / (1 - fraud_share)), base, rng)
    n, f = real + len(made_up), len(made_up)
    givers = np.concatenate([giver, made_up[:, 0]])
    receivers = np.concatenate([base + np.arange(real), made_up[:, 1]])
    ids = np.array([f"C{i:07d}" for i in range(base + real)], dtype=object)
    named = np.where(receivers >= 0, ids[receivers], [f"X{i:07d}" for i in range(n)])
    things = _things(giver, made_up, real, rng)
    kind = np.concatenate([np.full(real, "real"), np.array(KINDS)[made_up[:, 5]]])
    looked = rng.random(n) < reviewed
    if by_suspicion:
        twice = pd.Series(things["device"]).duplicated(keep=False).to_numpy()
        looked = rng.random(n) < np.where(twice | (receivers < 0), reviewed, reviewed / 3)
    truth = np.arange(n) >= real
    status = np.where(truth, "fraud", "genuine")
    frame = pd.DataFrame(
        {
            "referral_id": [f"R{i:07d}" for i in rng.permutation(n)],
            "referrer_id": ids[givers],
            "referred_id": named,
            "referrer": givers,
            "referred": receivers,
            "day": np.concatenate([day_real, made_up[:, 2]]),
            **{name: np.full(n, amount) for name, amount in REWARDS.items()},
            "status": pd.Series(status, dtype="str").where(looked),
            **{name: pd.Series(values, dtype="str") for name, values in things.items()},
            "problem": "",
        }
    )
    frame = frame.sort_values(["day", "referral_id"])
    tenure = SimpleNamespace(
        joined=joined,
        left=life <= reach,
        days=np.minimum(life, reach),
        reach=reach,
        referred=np.arange(base + real) >= base,
        ids=ids,
        panel=None,
        first_day=FIRST,
        last_day=FIRST + timedelta(days=LAST),
    )
    order = frame.index.to_numpy()
    links = SimpleNamespace(tenure=tenure, rows=frame.reset_index(drop=True))
    assert truth.sum() == f
    return World(links, truth[order], kind[order])


def _things(giver, made_up, real, rng):
    """Return device, address and payment of each row: own ones, those of a fake's group, or a household's."""
    order = np.argsort(giver, kind="stable")
    before = np.full(real, -1)  # another referral of the same referrer
    same = giver[order][1:] == giver[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    n, found = real + len(made_up), {}
    for name, share in NOISE.items():
        number = np.arange(n)
        house = (rng.random(real) < share) & (before >= 0)
        number[:real][house] = number[:real][before[house]]
        column = {"device": 3, "payment": 4}.get(name)
        if column is not None:
            group = made_up[:, column]
            number[real:] = np.where(group >= 0, n + group, number[real:])
        found[name] = [f"{name[0]}{i}" for i in number]
    return found
