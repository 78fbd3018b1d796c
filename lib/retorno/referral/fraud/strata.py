"""Referrals in groups of like points, so that those looked into can stand for the others of their group."""

import numpy as np

from retorno.language import integer, say, say_n
from retorno.stats.finite import Strata, sampled_shares

LEAST = 10  # looked into in a group, where the points give that many


def grouped(score, reviewed, flag_at: int) -> np.ndarray:
    """Return the group of each referral, 0 being that with the fewest points, shape (n,).

    Neighbouring points are taken together until `LEAST` of a group were looked into; flagged and not flagged
    never are.

    Parameters
    ----------
    score : ndarray of int, shape (n,)
    reviewed : ndarray of bool, shape (n,)
    flag_at : int

    Examples
    --------
    >>> score = np.repeat([0, 1, 2, 3, 4], 20)
    >>> np.unique(grouped(score, score < 4, 2)).tolist(), grouped(score, score < 4, 2)[-1]
    ([0, 1, 2, 3], np.int64(3))
    """
    if score.size == 0:
        return np.zeros(0, dtype=int)
    points, place = np.unique(score, return_inverse=True)
    looked = np.bincount(place[reviewed], minlength=points.size)
    group, current, inside = np.zeros(points.size, dtype=int), 0, 0
    for at in range(points.size):
        crossing = at and points[at] >= flag_at > points[at - 1]
        left = looked[at : np.searchsorted(points, flag_at) if points[at] < flag_at else None].sum()
        # What follows on this side of the line must be enough for a group of its own.
        if at and (crossing or (inside >= LEAST and left >= LEAST)):
            current, inside = current + 1, 0
        group[at], inside = current, inside + looked[at]
    return group[place]


def judged(flagged, weight) -> tuple[np.ndarray, Strata]:
    """Return the groups of the referrals of a `Flagged`, and in each the share of `weight` that is fraud."""
    group = grouped(flagged.score, flagged.reviewed, flagged.flag_at)
    found = sampled_shares(group, weight, flagged.reviewed, flagged.fraud, level=flagged.level)
    return group, found


def points_between(low: int, high: int) -> str:
    """Return a range of points in words."""
    if low == high:
        return say_n("{n} point", "{n} points", low)
    return say("{low} to {high} points", low=integer(low), high=integer(high))
