"""Customers by whole months since their last purchase, months with too few of them taken together."""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, say
from retorno.stats.student import Estimate, welch


@dataclass(frozen=True, slots=True)
class Month:
    """Customers of one month of recency, or of a few pooled.

    Attributes
    ----------
    first, last : int
        Whole months since the last purchase.
    n : tuple of two int
        Contacted and holdout.
    means : tuple of two float
        Mean outcome of the same.
    effect : Estimate
        Contacted minus holdout.
    """

    first: int
    last: int
    n: tuple[int, int]
    means: tuple[float, float]
    effect: Estimate

    @property
    def name(self) -> str:
        """The month, or the months pooled."""
        if self.first == self.last:
            return integer(self.first)
        return say("{first} to {last}", first=integer(self.first), last=integer(self.last))

    @property
    def shown(self) -> tuple[float, float, float]:
        """The effect and its bounds."""
        return (self.effect.value, *self.effect.interval)


def by_month(values, recency, treated, *, least: int, level: float):
    """Return the number of each customer's month among those compared, shape (n,), and the months.

    Parameters
    ----------
    values, recency : ndarray, shape (n,)
        An outcome, and months since the last purchase; whole ones count.
    treated : ndarray of bool, shape (n,)
    least : int
        Customers of each group a month needs, 2 or more; both groups have as many, and the outcome some spread.
    level : float
        Coverage of each month's interval.
    """
    month = np.floor(recency).astype(int)
    cell, ends = _cells(values, month, treated, least)
    months = []
    for number, span in enumerate(ends):
        mine = cell == number
        months.append(_month(values[mine & treated], values[mine & ~treated], span, level))
    return cell, tuple(months)


def _cells(values, month, treated, least: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the cell of each customer and its first and last month.

    Months go together, from the first on, until a cell has `least` customers of each group and some spread in one of
    them; what is left at the end joins the last cell.
    """
    kinds, position = np.unique(month, return_inverse=True)
    k = kinds.size
    n, low, high = (np.zeros((2, k)) + fill for fill in (0, np.inf, -np.inf))
    for group, rows in enumerate((treated, ~treated)):
        n[group] = np.bincount(position[rows], minlength=k)
        np.minimum.at(low[group], position[rows], values[rows])
        np.maximum.at(high[group], position[rows], values[rows])
    starts, start = [], 0
    for i in range(k):
        span = slice(start, i + 1)
        spread = (high[:, span].max(axis=1) > low[:, span].min(axis=1)).any()
        if n[:, span].sum(axis=1).min() >= least and spread:
            starts.append(start)
            start = i + 1
    last = [*(at - 1 for at in starts[1:]), k - 1]
    ends = [(int(kinds[a]), int(kinds[b])) for a, b in zip(starts, last, strict=True)]
    return np.searchsorted(starts, position, side="right") - 1, ends


def _month(contacted, held, span: tuple[int, int], level: float) -> Month:
    return Month(
        *span,
        (contacted.size, held.size),
        (float(contacted.mean()), float(held.mean())),
        welch(contacted, held).at(level),
    )
