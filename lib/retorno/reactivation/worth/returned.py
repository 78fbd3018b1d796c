"""Returned customers month by month: which months can be counted, and what each brings.

Estimand: mean margin per reactivated customer in each month of 30 days since the first return, its day in month 1;
every return counts as long as it is observed. Later returns belong to the same second life.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import integer, say
from retorno.reactivation.curves.aligned import aligned_sums
from retorno.reactivation.history import History
from retorno.reactivation.worth.monthly import MONTH, Monthly, by_month
from retorno.stats.recurrent import mean_cumulative

ENOUGH = 30  # observed to the end of the last month counted, when no number of months is given


@dataclass(frozen=True, slots=True)
class Returned:
    """What returned customers bring in each month counted.

    Attributes
    ----------
    monthly : Monthly or None
        None where `refused` says why.
    watched : ndarray of int, shape (K,)
        Customers observed to the end of each month.
    n : int
        Customers who came back.
    refused : str or None
    """

    monthly: Monthly | None
    watched: np.ndarray
    n: int
    refused: str | None


def returned_by_month(
    history: History, months: int | None, *, level: float, min_group: int
) -> Returned:
    """Return the margins of `months` since the return.

    Parameters
    ----------
    months : int or None
        1 or more; None: up to the last month to whose end 30 customers are observed, or `min_group` where no month
        has 30.
    """
    c = history.customers
    starts = c.filter(c.back.notnull()).select("customer_id", "bucket", day="back", group=0)
    watched, n = _watched(history, starts)
    months = months or _last_month(watched, min_group)
    there = int(watched[months - 1]) if months <= len(watched) else 0
    watched = np.pad(watched, (0, max(0, months - len(watched))))[:months]
    if reason := _refusal(history, there, n, months, min_group):
        return Returned(None, watched, n, reason)
    sums = aligned_sums(history, starts, MONTH * months, groups=1)
    monthly, reason = monthly_margins(sums.every, sums.at_risk, level=level)
    return Returned(monthly, watched, n, reason)


def monthly_margins(totals, at_risk, *, level: float) -> tuple[Monthly | None, str | None]:
    """Return the margin of each month, or None and why there is none.

    Parameters
    ----------
    totals, at_risk : array_like, shape (1, n_parts, days)
        Value, and customers under observation, by part of the customers and day since the return; whole months.
    """
    curves = mean_cumulative(totals, at_risk)
    if curves.parts[0] < 2:
        return None, say("Not stated: an interval needs two different customers who came back.")
    at_end = np.asarray(at_risk)[0, :, MONTH - 1 :: MONTH].sum(axis=0)
    monthly = by_month(curves, at_end.astype(int), level=level)
    if not monthly.influence.any():
        return None, say(
            "Not stated: every returned customer brings the same, so nothing says how far that could be chance."
        )
    return monthly, None


def _watched(history: History, starts) -> tuple[np.ndarray, int]:
    """Return how many are observed to the end of each month, while there is one, and how many there are in all."""
    days = starts.group_by("day").aggregate(n=starts.count()).execute()
    whole = (history.last - days.day.to_numpy(dtype=int) + 1) // MONTH
    counts = np.bincount(whole, weights=days.n.to_numpy(dtype=float), minlength=1)
    return counts[::-1].cumsum()[::-1][1:].astype(int), int(counts.sum())


def _last_month(watched: np.ndarray, min_group: int) -> int:
    for enough in (ENOUGH, max(min_group, 1)):
        if month := int((watched >= enough).sum()):
            return month
    return 1


def _refusal(history: History, there: int, n: int, months: int, min_group: int) -> str | None:
    if history.measure != "margin":
        return say(
            "Not stated: a second life is worth its margin, and only revenue is known (a column margin in "
            "`transactions`, or parameter margin_rate)."
        )
    if there >= max(min_group, 1):
        return None
    what = say(
        "returned customers observed to the end of month {month} since their return, of {n} who came back "
        "(parameter second_life_months)",
        month=integer(months),
        n=integer(n),
    )
    return too_few(what, there, min_group)
