"""Rules by which a referral may look like fraud, each over all rows at once.

Some rules say that a referral brought nobody new, whatever else: each of them is worth 2 points, and however many of
them hold, 2 in all. The others are signs that have an innocent explanation as well, so one of them is not enough: a
point each. A shared device and a shared address are one sign, since one household explains both. Points are set, not
learned: the few referrals somebody looked into would not carry weights, and are kept to judge the rules by.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.language import integer, mark, say
from retorno.referral.fraud.graph import Coded, coded, different, in_circles, joint
from retorno.referral.fraud.paid import Paid
from retorno.referral.tenure import Tenure, month_start

CROWD = 3  # people with one thing, by several referrers


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `reason` in words, what else it may be, and its points.

    Of the rules of one `sign` only the one with most points counts.
    """

    name: str
    label: str
    reason: str
    innocent: str
    sign: str
    points: int


RULES = (
    Rule("same_person", mark("Referrer and referred the same"),
         mark("referrer and referred are the same person"),
         mark("the id of the referrer was typed in the wrong field"), "nobody_new", 2),
    Rule("no_referred", mark("Reward without anybody referred"),
         mark("a reward was paid and nobody was referred"),
         mark("the new customer's id was not recorded"), "nobody_new", 2),
    Rule("was_customer", mark("Was a customer already"),
         mark("the referred had joined before the day of the referral"),
         mark("the referral was recorded days after it was made"), "nobody_new", 2),
    Rule("duplicate", mark("Rewarded before"),
         mark("a reward was paid for the same person before"),
         mark("two customers invited the same friend and both were paid"), "nobody_new", 2),
    Rule("ring", mark("Circle of referrals"),
         mark("the referrals lead in a circle, back to whom they began with"),
         mark("friends with old accounts use each other's codes"), "nobody_new", 2),
    Rule("shared_device", mark("Device of the same referrer"),
         mark("the device is that of another referral of the referrer, or the referrer's own"),
         mark("a household"), "household", 1),
    Rule("spread_device", mark("Device of several referrers"),
         mark("the device is shared by {crowd} or more people whom several customers referred"),
         mark("a school, an office, a shop"), "household", 1),
    Rule("shared_address", mark("Address of the same referrer"),
         mark("the address is that of another referral of the referrer, or the referrer's own"),
         mark("a household"), "household", 1),
    Rule("spread_address", mark("Address of several referrers"),
         mark("the address is shared by {crowd} or more people whom several customers referred"),
         mark("a house with many flats"), "household", 1),
    Rule("shared_payment", mark("Payment of the same referrer"),
         mark("the payment is that of another referral of the referrer, or the referrer's own"),
         mark("a family card"), "payment", 1),
    Rule("spread_payment", mark("Payment of several referrers"),
         mark("the payment is shared by {crowd} or more people whom several customers referred"),
         mark("a firm's card"), "payment", 1),
    Rule("burst", mark("Many on one day"),
         mark("the referrer made {burst} or more referrals on this day"),
         mark("a party, or a message to all friends"), "burst", 1),
    Rule("silence", mark("Silent after the reward"),
         mark("a reward was paid, and no customer came, left within {days} days or brought nothing in them"),
         mark("somebody who tried it and did not like it"), "silence", 1),
)  # fmt: skip
SIGNS = {
    "nobody_new": mark("Brought nobody new"),
    "household": mark("Shared device or address"),
    "payment": mark("Shared payment"),
    "burst": mark("Many on one day"),
    "silence": mark("Silent after the reward"),
}


@dataclass(frozen=True, slots=True)
class Caught:
    """Which rules each referral meets.

    Attributes
    ----------
    rules : dict of str to ndarray of bool, shape (n,)
        By name, in the order of `RULES`; without those that could not be checked.
    unchecked : dict of str to str
        Name of a rule that could not be checked -> why, in words.
    unseen : int
        Referrals too late for silence to be seen by the last day of data.
    """

    rules: dict[str, np.ndarray]
    unchecked: dict[str, str]
    unseen: int

    def score(self, n: int) -> np.ndarray:
        """Return the points of each of `n` referrals: of each sign those of its strongest rule."""
        score = np.zeros(n, dtype=int)
        for sign in SIGNS:
            points = np.zeros(n, dtype=int)
            for rule in RULES:
                if rule.sign == sign and rule.name in self.rules:
                    points = np.maximum(points, rule.points * self.rules[rule.name])
            score += points
        return score


def caught_by(rows, tenure: Tenure, paid: Paid, *, burst: int, silence_days: int) -> Caught:
    """Return which rules each referral meets.

    Parameters
    ----------
    rows : DataFrame
        `Links.rows`, in order of days.
    tenure : Tenure
        The customers their positions point to.
    paid : Paid
    burst : int
        Referrals of one referrer on one day from which they look made up, 2 or more.
    silence_days : int
        Days within which a customer who leaves or brings nothing was none, 1 or more.

    Raises
    ------
    ParameterError
        When `burst` or `silence_days` is impossible.
    """
    _check(burst, silence_days)
    codes = coded(rows)
    day = rows.day.to_numpy(dtype=np.int64)
    referred = rows.referred.to_numpy(dtype=np.int64)
    known = referred >= 0
    joined = _at(tenure.joined, referred)
    new = known & (joined >= day)
    last = (tenure.last_day - tenure.first_day).days
    found = {
        "same_person": codes.giver == codes.receiver,
        "no_referred": (codes.receiver < 0) & paid.rewarded,
        "was_customer": known & ~new,
        "duplicate": _again(codes.receiver, paid.rewarded),
        "ring": _ring(codes, rows, tenure, new),
        **_things(codes),
        "burst": _together(codes.giver, day) >= burst,
    }
    silent = _at(_left_or_idle(tenure, silence_days), referred) & new
    gone = (codes.receiver >= 0) & ~known & (day + silence_days <= last)
    found["silence"] = paid.rewarded & (gone | silent)
    unchecked = _unchecked(codes, rows, paid)
    rules = {r.name: found[r.name] for r in RULES if r.name not in unchecked}
    return Caught(rules, unchecked, int((day + silence_days > last).sum()))


def _check(burst: int, silence_days: int) -> None:
    for name, given, least in (("burst", burst, 2), ("silence_days", silence_days, 1)):
        if not given >= least:
            raise ParameterError(
                say(
                    "{name}: wanted a whole number, {least} or more; got {got}.",
                    name=name,
                    least=integer(least),
                    got=given,
                )
            )


def _at(values, position) -> np.ndarray:
    """Return `values` at positions; what stands at -1 means nothing."""
    return values[position] if values.size else np.zeros(position.size, dtype=values.dtype)


def _again(receiver, rewarded) -> np.ndarray:
    """Return whether a rewarded referral is of somebody for whom a reward was paid in an earlier row."""
    import pandas as pd

    paid = np.flatnonzero(rewarded & (receiver >= 0))
    found = np.zeros(receiver.size, dtype=bool)
    found[paid] = pd.Series(receiver[paid]).duplicated().to_numpy()
    return found


def _ring(codes: Coded, rows, tenure: Tenure, new) -> np.ndarray:
    """Return whether a referral lies on a circle and did not bring a new customer to an older one's credit.

    A circle of real referrals is closed by one that cannot be real; those that led there are not to blame.
    """
    giver = rows.referrer.to_numpy(dtype=np.int64)
    receiver = rows.referred.to_numpy(dtype=np.int64)
    real = new & (giver >= 0) & (_at(tenure.joined, giver) < _at(tenure.joined, receiver))
    return in_circles(codes.giver, codes.receiver, codes.people) & ~real


def _things(codes: Coded) -> dict[str, np.ndarray]:
    """Return the rules of things shared, for those that are given."""
    found = {}
    for name, thing in codes.things.items():
        there = thing >= 0
        within = different(joint(codes.giver, thing), codes.person) >= 2
        own = there & (codes.own[name] == thing) & (codes.giver != codes.receiver)
        crowd = different(thing, codes.person) >= CROWD
        found[f"shared_{name}"] = within | own
        found[f"spread_{name}"] = crowd & (different(thing, codes.giver) >= 2)
    return found


def _together(giver, day) -> np.ndarray:
    """Return for each referral how many its referrer made on that day."""
    if giver.size == 0:
        return np.zeros(0, dtype=int)
    key = joint(giver, day - day.min())
    return np.bincount(key)[key]


def _left_or_idle(tenure: Tenure, days: int) -> np.ndarray:
    """Return which customers left within `days` of joining, or were there so long and brought nothing."""
    gone = tenure.left & (tenure.days <= days)
    if tenure.panel is None:
        return gone
    moved, seen = np.zeros(tenure.days.size, dtype=bool), np.zeros(tenure.days.size, dtype=bool)
    month = 1
    while month_start(month) < days:
        who, margin = tenure.month(month)
        moved[who[margin != 0]] = True
        seen[who] |= month == 1
        month += 1
    return gone | (seen & ~moved & (tenure.reach >= days))


def _unchecked(codes: Coded, rows, paid: Paid) -> dict[str, str]:
    """Return why rules cannot be checked: a column is missing or empty, or no reward is known."""
    found = {}
    for rule in RULES:
        kind, _, thing = rule.name.partition("_")
        if kind in ("shared", "spread") and thing not in codes.things:
            given = thing in rows
            missing, empty = say("no column {name}", name=thing), say("{name} is empty", name=thing)
            found[rule.name] = empty if given else missing
    if not paid.rewarded.any():
        none = say("no reward is known to have been paid")
        found |= dict.fromkeys(("no_referred", "duplicate", "silence"), none)
    return found
