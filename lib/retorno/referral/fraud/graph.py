"""Who stands where in the referrals: people and things as codes, first values, and circles of referrals.

A thing (device, address, payment) belongs to who signed up with it. Somebody who was referred twice counts once, with
the first thing given: a second row of the same person must not look like a second person on the same device.
"""

from dataclasses import dataclass

import numpy as np

from retorno.referral.links import joined

THINGS = ("device", "address", "payment")
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """The referrals as whole numbers, one entry a row.

    Attributes
    ----------
    giver, receiver : ndarray of int, shape (n,)
        Code of who referred and of who was referred; -1: nobody.
    people : int
        Different ids.
    person : ndarray of int, shape (n,)
        The receiver; where there is none, a code of the row's own.
    things : dict of str to ndarray of int
        By name of a column of `THINGS` that has a value: its code, -1 where it is missing; the first value of each
        person stands in all rows of that person.
    own : dict of str to ndarray of int
        The thing with which the giver signed up when referred; -1: not known.
    """

    giver: np.ndarray
    receiver: np.ndarray
    people: int
    person: np.ndarray
    things: dict[str, np.ndarray]
    own: dict[str, np.ndarray]


def coded(rows) -> Coded:
    """Return the referrals of `Links.rows`, which stand in order of days, as codes."""
    import pandas as pd

    n = len(rows)
    codes, names = pd.factorize(pd.concat([rows.referrer_id, rows.referred_id], ignore_index=True))
    giver, receiver = codes[:n].astype(np.int64), codes[n:].astype(np.int64)
    things, own = {}, {}
    for name in THINGS:
        values = _values(rows, name)
        if (values >= 0).any():
            first = _first(receiver, values, len(names))
            things[name] = np.where(receiver >= 0, first[receiver], values)
            own[name] = first[giver]
    person = np.where(receiver >= 0, receiver, len(names) + np.arange(n))
    return Coded(giver, receiver, len(names), person, things, own)


def _values(rows, name: str) -> np.ndarray:
    """Return a column as codes, -1 where it is missing, blank or not given at all."""
    import pandas as pd

    if name not in rows:
        return np.full(len(rows), NOBODY)
    codes, values = pd.factorize(rows[name])
    blank = (pd.Index(values).astype("str").str.strip() == "").astype(bool)
    return np.where((codes >= 0) & ~np.append(blank, False)[codes], codes, NOBODY).astype(np.int64)


def _first(receiver, values, people: int) -> np.ndarray:
    """Return the first value of each person, -1 where there is none."""
    first = np.full(people, NOBODY, dtype=np.int64)
    there = np.flatnonzero((receiver >= 0) & (values >= 0))[::-1]
    first[receiver[there]] = values[there]  # of several the last one written, the earliest, stays
    return first


def different(key, member) -> np.ndarray:
    """Return for each row how many different members share its key; 0 where the key is -1.

    Parameters
    ----------
    key, member : array_like of int, shape (n,)
        Codes from 0 on; -1 in `key` is missing.

    Examples
    --------
    >>> different([0, 0, 0, 1, -1], [7, 7, 8, 7, 7]).tolist()
    [2, 2, 2, 1, 0]
    """
    import pandas as pd

    key, member = np.asarray(key, dtype=np.int64), np.asarray(member, dtype=np.int64)
    if key.size == 0:
        return np.zeros(0, dtype=np.int64)
    pair = key * (int(member.max()) + 1) + member
    once = (key >= 0) & ~pd.Series(pair).duplicated().to_numpy()
    counts = np.append(np.bincount(key[once], minlength=int(key.max()) + 1), 0)
    return counts[key]


def joint(first, second) -> np.ndarray:
    """Return one code for each pair of codes, -1 where `second` is.

    Examples
    --------
    >>> joint([0, 0, 1, 1], [0, 1, 0, -1]).tolist()
    [0, 1, 2, -1]
    """
    import pandas as pd

    first, second = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if first.size == 0:
        return np.zeros(0, dtype=np.int64)
    pair = first * (int(second.max()) + 1) + second
    return np.where(second >= 0, pd.factorize(np.where(second >= 0, pair, -1))[0], NOBODY)


def in_circles(giver, receiver, people: int) -> np.ndarray:
    """Return whether each referral lies on a circle of two or more people, each referring the next.

    These are the rows inside a strongly connected part of the graph of all referrals; who refers himself is no circle.

    Parameters
    ----------
    giver, receiver : array_like of int, shape (n,)
        Codes of people; -1 in `receiver` is nobody.
    people : int

    Examples
    --------
    >>> in_circles([0, 1, 2, 0, 4], [1, 2, 0, 3, 4], 5).tolist()
    [True, True, True, False, False]
    """
    giver, receiver = np.asarray(giver), np.asarray(receiver)
    edge = (receiver >= 0) & (receiver != giver)
    part = joined(giver[edge], receiver[edge], people, "strong")
    found = np.zeros(giver.size, dtype=bool)
    found[edge] = part[giver[edge]] == part[receiver[edge]]
    return found
