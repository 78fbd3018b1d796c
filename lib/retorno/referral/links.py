"""Who brought whom: links between customers, and the referrals that are paid for.

A link is a customer and the one who brought him, both observed. It comes from `referrer_id` of `customers`, or from a
row of `referrals` where that is empty. What cannot be one is counted under the reason why and not used.
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, mark, say, say_n
from retorno.referral.tenure import Tenure

PROBLEMS = {
    "no_referred": mark("a reward without anybody referred"),
    "same_person": mark("referrer and referred are the same"),
    "unknown_referrer": mark("the referrer is no customer in the table"),
    "duplicate": mark("this customer was referred before"),
    "later_referrer": mark("the referrer joined after the referred"),
    "cycle": mark("the referrals lead back to where they began"),
    "not_referred": mark("a referrer is named, but the customer is not referred"),
}
IDS = ("referrer_id", "referred_id")
AS_GIVEN = ("status", "device", "address", "payment")
REWARDS = ("reward_referrer", "reward_referred")


@dataclass(frozen=True, slots=True)
class Links:
    """Who brought whom among the customers observed.

    Attributes
    ----------
    tenure : Tenure
        The customers; positions are those of its arrays.
    referrer : ndarray of int, shape (n,)
        Position of who brought each customer; -1: nobody, or not known.
    made : ndarray of int, shape (n,)
        Referrals each customer made: rows of `referrals` that count, else customers brought.
    rows : DataFrame or None
        The table `referrals`, one row each, by day: referral_id, referrer_id, referred_id, referrer, referred
        (positions, -1: no customer observed), day (from the first day of data), reward_referrer, reward_referred
        (NaN: not known), status, device, address, payment where given, problem ("" or a key of `PROBLEMS`).
    problems : dict of str to int
        Customers whose link is not used, by key of `PROBLEMS`.
    rows_left_out : int
        Referrals dated after the last day of data.
    """

    tenure: Tenure
    referrer: np.ndarray
    made: np.ndarray
    rows: object
    problems: dict[str, int]
    rows_left_out: int = 0

    @property
    def children(self) -> np.ndarray:
        """Positions of the customers whose referrer is known."""
        return np.flatnonzero(self.referrer >= 0)

    def to_frame(self):
        """Return what is not used: reason, customers, referrals."""
        import pandas as pd

        rows = {} if self.rows is None else self.rows.problem.value_counts().to_dict()
        there = [key for key in PROBLEMS if self.problems.get(key) or rows.get(key)]
        return pd.DataFrame(
            [
                (say(PROBLEMS[key]), self.problems.get(key, 0), int(rows.get(key, 0)))
                for key in there
            ],
            columns=["reason", "customers", "referrals"],
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "reason": (say("Why it is not used"), "text"),
            "customers": (say("Links of customers"), "count"),
            "referrals": (say("Rows of referrals"), "count"),
        }

    def table_caption(self) -> str:
        """Say how many links and referrals there are, and what is not used of them."""
        known = say_n(
            "Of {n} referred customer the referrer is known in {links}.",
            "Of {n} referred customers the referrer is known in {links}.",
            int(self.tenure.referred.sum()),
            links=integer(self.children.size),
        )
        if self.rows is None:
            return known + self._used()
        counted = say_n(
            "{n} referral is in the table referrals; {used} count.",
            "{n} referrals are in the table referrals; {used} count.",
            len(self.rows),
            used=integer(int((self.rows.problem == "").sum())),
        )
        late = ""
        if self.rows_left_out:
            late = " " + say_n(
                "{n} more is dated after the last day of data and left out.",
                "{n} more are dated after the last day of data and left out.",
                self.rows_left_out,
            )
        return f"{known} {counted}{late}{self._used()}"

    def _used(self) -> str:
        if self.to_frame().empty:
            return " " + say("Nothing had to be left out.")
        return " " + say("What is not used stands below with its reason.")


def links(tenure: Tenure, customers, referrals=None) -> Links:
    """Return who brought whom.

    Parameters
    ----------
    tenure : Tenure
        The customers observed.
    customers : ibis.Table
        The checked `customers` table it was made from.
    referrals : ibis.Table, optional
        A checked `referrals` table of the same customers.
    """
    n = tenure.days.size
    named, known = _named(tenure, customers)
    rows, later = (None, 0) if referrals is None else _rows(tenure, customers, referrals)
    if rows is not None:
        named = _completed(tenure, named, known, rows)
    referrer, problems = _usable(tenure, named, known)
    if rows is None:
        made = np.bincount(referrer[referrer >= 0], minlength=n)
    else:
        counting = (rows.problem == "") & (rows.referrer >= 0)
        made = np.bincount(rows.referrer[counting].to_numpy(dtype=int), minlength=n)
    return Links(tenure, referrer, made, rows, problems, later)


UNNAMED, STRANGER = (
    -1,
    -2,
)  # in place of a position: nobody is named; the one named is not in the table


def _named(tenure: Tenure, customers) -> tuple[np.ndarray, np.ndarray]:
    """Return for each customer the position of the referrer named, and whether one is named."""
    n = tenure.days.size
    if "referrer_id" not in customers.columns:
        return np.full(n, UNNAMED), np.zeros(n, dtype=bool)
    people = tenure.people.select("customer_id", "position")
    given = customers.select("customer_id", "referrer_id").drop_null("referrer_id")
    rows = given.join(people, "customer_id").select("position", "referrer_id")
    found = _positions(rows, "referrer_id", customers, people, "referrer").order_by("position")
    frame = found.select("position", "referrer").execute()
    named = np.full(n, UNNAMED)
    named[frame.position.to_numpy(dtype=int)] = frame.referrer.to_numpy(dtype=int)
    return named, named != UNNAMED


def _positions(rows, column: str, customers, people, name: str):
    """Return `rows` with the position of the customer in `column`; `STRANGER` when no customer is called so.

    A customer who is in the table and not observed has `UNNAMED`: there is one, but nothing is seen of him.
    """
    import ibis

    everybody = customers.select(**{column: "customer_id"}).mutate(there=ibis.literal(True))
    there = people.select(**{column: "customer_id", name: "position"})
    joined = rows.left_join(everybody, column).drop(f"{column}_right")
    joined = joined.left_join(there, column).drop(f"{column}_right")
    absent = joined.there.fill_null(False).ifelse(UNNAMED, STRANGER)
    return joined.mutate(**{name: joined[name].fill_null(absent)}).drop("there")


def _rows(tenure: Tenure, customers, referrals):
    """Return the referrals as a frame in order of days, each with its problem, and how many are dated too late."""
    import ibis

    people = tenure.people.select("customer_id", "position")
    there = [name for name in (*REWARDS, *AS_GIVEN) if name in referrals.columns]
    rows = referrals.select("referral_id", *IDS, "referred_on", *there)
    rows = rows.mutate(day=rows.referred_on.delta(ibis.date(tenure.first_day), unit="day"))
    for column, name in zip(IDS, ("referrer", "referred"), strict=True):
        rows = _positions(rows, column, customers, people, name)
    frame = rows.order_by("day", "referral_id").drop("referred_on").execute()
    late = frame.day > (tenure.last_day - tenure.first_day).days
    frame = frame[~late].reset_index(drop=True)
    for name in REWARDS:
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    frame["problem"] = _problems(tenure, frame)
    frame[["referrer", "referred"]] = frame[["referrer", "referred"]].clip(lower=UNNAMED)
    return frame, int(late.sum())


def _problems(tenure: Tenure, frame) -> np.ndarray:
    """Return the first problem of each referral, "" where there is none."""
    referred = frame.referred_id
    referrer = frame.referrer.to_numpy(dtype=int)
    joined = np.where(referrer >= 0, tenure.joined[np.maximum(referrer, 0)], frame.day)
    checks = {
        "no_referred": referred.isna(),
        "same_person": (frame.referrer_id == referred).fillna(False),
        "unknown_referrer": frame.referrer == STRANGER,
        "duplicate": referred.notna() & referred.duplicated(),
        "later_referrer": joined > frame.day,
    }
    conditions = [np.asarray(mask, dtype=bool) for mask in checks.values()]
    return np.select(conditions, list(checks), default="").astype(object)


def _completed(tenure: Tenure, named, known, rows) -> np.ndarray:
    """Return `named` with the referrer of a row where `customers` names nobody.

    Who had joined before the day of the referral is not brought by it.
    """
    usable = (rows.problem == "") & (rows.referred >= 0) & (rows.referrer >= 0)
    pairs = rows.loc[usable, ["referred", "referrer", "day"]].to_numpy(dtype=int)
    child, parent, day = pairs.T
    brought = (tenure.joined[child] >= day) & tenure.referred[child] & ~known[child]
    named = named.copy()
    named[child[brought]] = parent[brought]
    return named


def _usable(tenure: Tenure, named, known) -> tuple[np.ndarray, dict[str, int]]:
    """Return the links that can be, and how many are not used for which reason."""
    own = np.arange(named.size)
    there = named >= 0
    parent = np.maximum(named, 0)
    checks = {
        "not_referred": known & ~tenure.referred,
        "same_person": there & (named == own),
        "unknown_referrer": named == STRANGER,
        "later_referrer": there & (tenure.joined[parent] > tenure.joined),
    }
    problems, usable = {}, there.copy()
    told = np.zeros(named.size, dtype=bool)
    for key, mask in checks.items():
        problems[key] = int((mask & ~told).sum())
        told |= mask
    usable &= ~told
    referrer = np.where(usable, named, UNNAMED)
    circular = in_cycles(referrer)
    problems["cycle"] = int(circular.sum())
    return np.where(circular, UNNAMED, referrer), {k: n for k, n in problems.items() if n}


def in_cycles(referrer) -> np.ndarray:
    """Return whether each member's chain of referrers leads back to the member.

    Parameters
    ----------
    referrer : array_like of int, shape (n,)
        Position of who brought each; -1 nobody.

    Examples
    --------
    >>> in_cycles([1, 2, 0, 1, -1]).tolist()
    [True, True, True, False, False]
    """
    referrer = np.asarray(referrer)
    child = np.flatnonzero(referrer >= 0)
    part = joined(child, referrer[child], referrer.size, "strong")
    return (np.bincount(part)[part] > 1) | (referrer == np.arange(referrer.size))


def families(links: Links | None, n: int) -> np.ndarray:
    """Return the family of each of `n` customers as a number: who is joined by a chain of referrals has the same.

    Siblings, grandparents and grandchildren are in it as well as the two of a dyad, so that customers who resemble each
    other along the referrals are never taken for independent. Everybody alone where no links are known.
    """
    if links is None:
        return np.arange(n)
    child = links.children
    return joined(child, links.referrer[child], n, "weak")


def joined(giver, receiver, n: int, connection: str) -> np.ndarray:
    """Return the part of the graph of referrals that each of `n` people is in, as a number.

    Parameters
    ----------
    giver, receiver : array_like of int
        The two people of each referral.
    connection : str
        "weak": a part holds who is joined by referrals in any direction; "strong": who can be reached both ways.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(np.size(giver), dtype=np.int8)
    graph = coo_array((ones, (giver, receiver)), shape=(n, n)).tocsr()
    return connected_components(graph, directed=connection == "strong", connection=connection)[1]
