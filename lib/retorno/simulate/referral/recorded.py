"""The referrals that were recorded and rewarded: real ones, and those that bring nobody.

A real referral leaves a device, an address and a means of payment of its own; now and then it shares one with another
referral of the same referrer, as households do. Fraud comes in four kinds: accounts that one customer opens for
himself over time, a burst of them on one day, customers who refer each other, and accounts that share nothing and fall
silent. Some real referrals are recorded only days after the customer joined, and so look as if they brought nobody new.
Somebody has looked into a random part of all.
"""

import numpy as np
import pandas as pd

from retorno.simulate import columns

REVIEWED = 0.2
LATE, DAYS_LATE = (
    0.01,
    5,
)  # share of real referrals that are recorded late; by how many days at most
SHARED = {"device": 0.02, "address": 0.06, "payment": 0.005}  # of real referrals
KINDS = ("self", "burst", "ring", "ghost")
CHANCES = (0.40, 0.30, 0.15, 0.15)
SIZE = 4.0  # mean fakes of one fraudster, beside the first
ALIKE = {  # chance that a fake uses what its fraudster's other fakes use
    "self": {"device": 0.8, "address": 0.5, "payment": 0.7},
    "burst": {"device": 0.6, "address": 0.2, "payment": 0.3},
}
REWARDS = {"reward_referrer": 25.0, "reward_referred": 0.0}


def recorded(world, people, ids, rng) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table `referrals`, by day, and which of its rows are fraud.

    referral_id, referrer_id, referred_id (a fake is no customer), referred_on, reward_referrer, reward_referred (EUR),
    status, device, address, payment.
    """
    real = _real(people, ids, rng)
    late = (rng.random(len(real)) < LATE) * rng.integers(1, DAYS_LATE + 1, size=len(real))
    real["day"] = np.minimum(real.day + late, world.days - 1)
    share = world.programme.fraud_share
    wanted = round(len(real) * share / (1 - share)) if share < 1 else 0
    fake = _fraud(world, people, ids, wanted, rng) if wanted else real.iloc[:0]
    rows = pd.concat([real.assign(fraud=False), fake.assign(fraud=True)], ignore_index=True)
    rows = rows.iloc[np.lexsort((rng.random(len(rows)), rows.day))].reset_index(drop=True)
    looked = rng.random(len(rows)) < REVIEWED
    fraud = rows.fraud.to_numpy(dtype=bool)
    status = pd.Series(np.where(fraud, "fraud", "genuine"), dtype="str").where(looked)
    table = pd.DataFrame(
        {
            "referral_id": columns.ids("R", len(rows)),
            "referrer_id": rows.referrer_id.astype("str"),
            "referred_id": rows.referred_id.astype("str"),
            "referred_on": columns.dates(world.first_day, rows.day.to_numpy(dtype=int)),
            **REWARDS,
            "status": status,
            **{name: rows[name].astype("str") for name in SHARED},
        }
    )
    return table, fraud


def _codes(letter: str, numbers) -> pd.Series:
    return pd.Series([f"{letter}{number:07d}" for number in numbers], dtype="str")


def _real(people, ids, rng) -> pd.DataFrame:
    """Return a row for each customer whose referrer is known."""
    child = np.flatnonzero(people.referrer >= 0)
    parent = people.referrer[child]
    order = np.argsort(parent, kind="stable")
    child, parent = child[order], parent[order]
    sibling = np.append(False, parent[1:] == parent[:-1])
    rows = {
        "referrer_id": ids.take(parent).to_numpy(),
        "referred_id": ids.take(child).to_numpy(),
        "day": people.joined[child],
    }
    for letter, (name, share) in zip("DAP", SHARED.items(), strict=True):
        number = child + 1
        copies = np.flatnonzero(sibling & (rng.random(child.size) < share))
        number[copies] = number[copies - 1]
        rows[name] = _codes(letter, number)
    return pd.DataFrame(rows)


def _fraud(world, people, ids, wanted: int, rng) -> pd.DataFrame:
    """Return `wanted` referrals that bring nobody, those of a fraudster one after the other."""
    sizes = 1 + rng.poisson(SIZE, size=wanted)
    gang = np.repeat(np.arange(wanted), sizes)[:wanted]
    who = rng.integers(0, people.joined.size, size=wanted)  # the fraudster of each gang
    kind = rng.choice(len(KINDS), size=wanted, p=CHANCES)
    began = people.joined[who]
    start = began + rng.integers(0, np.maximum(1, world.days - began))
    spread = rng.integers(0, 180, size=wanted) * (kind[gang] != KINDS.index("burst"))
    day = np.minimum(start[gang] + spread, world.days - 1)
    first_free = people.joined.size + 1
    number = first_free + np.arange(wanted)
    rows = {
        "referrer_id": ids.take(who[gang]).to_numpy(),
        "referred_id": _codes("X", 1 + np.arange(wanted)).to_numpy(),
        "day": day,
    }
    for letter, name in zip("DAP", SHARED, strict=True):
        chance = np.array([ALIKE.get(k, {}).get(name, 0.0) for k in KINDS])[kind[gang]]
        same = rng.random(wanted) < chance
        rows[name] = _codes(letter, np.where(same, first_free + wanted + gang, number))
    return _rings(pd.DataFrame(rows), people, ids, kind[gang] == KINDS.index("ring"), gang, rng)


def _rings(rows, people, ids, ring, gang, rng) -> pd.DataFrame:
    """Return the rows with those of a ring among customers: each refers the next, the last the first."""
    place = np.flatnonzero(ring)
    if not place.size:
        return rows
    member = rng.integers(0, people.joined.size, size=rows.shape[0])
    last = np.append(gang[1:] != gang[:-1], True)
    first = np.maximum.accumulate(np.where(np.append(True, last[:-1]), np.arange(gang.size), 0))
    following = np.where(last, first, np.arange(gang.size) + 1)
    start = np.maximum(people.joined[member], people.joined[member[following]])
    rows.loc[place, "referrer_id"] = ids.take(member[place]).to_numpy()
    rows.loc[place, "referred_id"] = ids.take(member[following[place]]).to_numpy()
    rows.loc[place, "day"] = np.maximum(rows.day.to_numpy()[place], start[place])
    return rows
