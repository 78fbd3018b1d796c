"""Discounted margin per customer, over the months that are seen and, where that is chosen, beyond them.

Estimand: V = sum over months k of S(k-1) m(k) (1 + r) ** (-k/12), S the share still there at the start of month k, m
the mean margin of those present, r the annual rate. After the last month with enough customers the share leaving each
day and the mean margin of the `WINDOW` months up to it can be taken to go on unchanged; no data can check that.

Errors: influence functions of the plug-in parts, see `retorno.stats.survival`; margins of one customer in several
months count as one customer, and customers of one family as one family.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from retorno.money import discount_factors
from retorno.referral.tenure import month_start
from retorno.referral.worth.beyond import WINDOW, Tail
from retorno.stats.clustered import Clustered, clustered
from retorno.stats.survival import kaplan_meier

Months = Sequence[tuple[np.ndarray, np.ndarray]]


def tail_of(days, left, rows: Months, *, entry) -> Tail:
    """Return what the months after those of `rows` rest on.

    Parameters
    ----------
    days, left, entry : ndarray, shape (n,)
        As in `discounted_values`.
    rows : sequence of (who, margin)
        The months observed; with fewer than `WINDOW` nothing is counted.
    """
    if len(rows) < WINDOW:
        return Tail(len(rows), 0, 0, 0.0)
    seen, ended = _in_window(days, left, entry, len(rows))
    margins = np.concatenate([margin for _, margin in rows[-WINDOW:]])
    return Tail(len(rows), int(ended.sum()), int(seen.sum()), float(margins.mean()))


def discounted_values(
    days,
    left,
    rows: Months,
    *,
    annual_discount_rate: float,
    horizons: Iterable[int],
    entry=None,
    family=None,
    families: int | None = None,
) -> dict[int, Clustered]:
    """Return the discounted margin per customer joined, over each number of months in `horizons`.

    Parameters
    ----------
    days : array_like of int, shape (n,)
        Whole days from joining to leaving, or to the last day of data; at least two customers.
    left : array_like of bool, shape (n,)
    rows : sequence of (who, margin)
        For month 1, 2, ...: positions of the customers present, and their margins; never empty.
    annual_discount_rate : float
        A fraction a year, above -1.
    horizons : iterable of int
        Months from 1. Those beyond `rows` are extrapolated, which needs `WINDOW` rows.
    entry : array_like of int, shape (n,), optional
        Whole days from joining to coming into sight; 0 for all when not given.
    family : array_like of int, shape (n,), optional
        From 0: customers with the same number may depend on each other; each alone when not given.
    families : int, optional
        How many families there are, with those of whom nobody is given.

    Returns
    -------
    dict of int to Clustered
        Currency per customer, by horizon; negative where customers cost more than they bring.

    Notes
    -----
    With d(k) the discount factor, customer i adds to the error

        sum over k of d(k) [ S(k-1) (margin of i in k - m(k)) / n(k), if present, + m(k) IF_i(S(k-1)) ],

    and the squares of the sums by family add up to the variance, see `retorno.stats.clustered`. Beyond month K, with q
    the share leaving a day, M the mean margin and u(k) the days from the start of month K to that of month k, a month
    brings S(K-1) (1 - q)^u(k) M d(k), of which S, q and M each carry the customers' influences.
    """
    days, left = np.asarray(days), np.asarray(left, dtype=bool)
    entry = np.zeros(days.size, dtype=int) if entry is None else np.asarray(entry)
    family = np.arange(days.size) if family is None else np.asarray(family)
    last, n, horizons = len(rows), days.size, sorted(set(horizons))
    starts = month_start(np.arange(1, last + 1))
    curve = kaplan_meier(days, left, level=0.95, entry=entry)  # its bounds are not used
    # Everybody is a customer when month 1 starts, also who leaves on the very day of joining.
    share = np.append(1.0, curve.beyond(starts[1:]))
    discount = discount_factors(max(last, *horizons), annual_discount_rate)
    mean = np.array([margin.mean() for _, margin in rows])
    errors = _margin_errors(
        rows, discount[:last] * share, mean, {min(h, last) for h in horizons}, n
    )
    found = {}
    for horizon in horizons:
        near = min(horizon, last)
        weights, error = (discount[:near] * mean[:near]).copy(), errors[near].copy()
        value = float(weights @ share[:near])
        if horizon > last:
            more = _beyond(days, left, rows, entry, share[-1], discount[last:horizon])
            value, weights[-1], error = value + more[0], weights[-1] + more[1], error + more[2]
        error += curve.influence(starts[1:near], weights[1:], days, left, entry=entry)
        found[horizon] = clustered(value, error, family, families or int(family.max()) + 1)
    return found


def _margin_errors(rows, weights, mean, ends, n) -> dict[int, np.ndarray]:
    """Return what each customer's margins add to the error up to each month of `ends`."""
    error, found = np.zeros(n), {}
    for k, (who, margin) in enumerate(rows):
        error[who] += weights[k] * (margin - mean[k]) / who.size
        if k + 1 in ends:
            found[k + 1] = error.copy()
    return found


def _in_window(days, left, entry, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each customer's days in sight in the last `WINDOW` months observed, and who left in them.

    Who is last seen on a day is at risk of leaving on it, who comes into sight on it is not yet.
    """
    begin, end = np.floor(month_start(np.array([last - WINDOW + 1, last + 1]))).astype(int)
    seen = np.maximum(0, np.minimum(days, end) - np.maximum(entry, begin))
    return seen, left & (seen > 0) & (days <= end)


def _beyond(days, left, rows, entry, share, discount) -> tuple[float, float, np.ndarray]:
    """Return what months beyond the data are worth, what that is per share still there, and its error but for that."""
    tail = tail_of(days, left, rows, entry=entry)
    starts = np.floor(month_start(np.arange(tail.last, tail.last + discount.size + 1)))
    after = starts[1:] - starts[0]  # whole days from the start of the last month observed
    still = (1 - tail.daily) ** after
    worth = float(discount @ still)
    seen, ended = _in_window(days, left, entry, tail.last)
    leaving = (ended - tail.daily * seen) / tail.days
    slower = float(discount @ (after * (1 - tail.daily) ** (after - 1)))
    error = -share * tail.margin * slower * leaving
    months = sum(margin.size for _, margin in rows[-WINDOW:])
    for who, margin in rows[-WINDOW:]:
        error[who] += share * worth * (margin - tail.margin) / months
    return share * worth * tail.margin, worth * tail.margin, error
