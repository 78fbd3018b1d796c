"""How well several items measure one thing: Cronbach's alpha, and the items that run against the others.

alpha = k / (k - 1) (1 - sum of the item variances / variance of the sum). It is the reliability of the sum, or of
the mean, when every item measures the same thing in the same unit (tau-equivalence) with errors that do not
correlate. Where items measure it unequally well, alpha is a lower bound; where errors correlate, it can be too high.

Sources: Cronbach (1951), Psychometrika 16, 297-334, for alpha; Feldt (1965), Psychometrika 30, 357-370, for the
interval, here as in Feldt, Woodruff and Salih (1987), Applied Psychological Measurement 11, 93-103.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

ROUNDING = 1e-12  # a variance below this share of what it is made of is none


@dataclass(frozen=True, slots=True)
class CronbachAlpha:
    """Cronbach's alpha of k items with its interval.

    Attributes
    ----------
    alpha : float
        At most 1. Negative: the items run against each other, mostly because some are worded, and
        so to be counted, the other way round.
    ci_low, ci_high, level : float
        Feldt's bounds, and their nominal coverage (0.95 is 95 %).
    k, n, n_incomplete : int
        Items; respondents who answered all of them; those left out because they did not.
    without : ndarray, shape (k,)
        Alpha of the other items when one is left out; NaN where one item is left, or none of spread.
    """

    alpha: float
    ci_low: float
    ci_high: float
    level: float
    k: int
    n: int
    n_incomplete: int
    without: np.ndarray

    @property
    def interval(self) -> tuple[float, float]:
        """The interval as (low, high)."""
        return self.ci_low, self.ci_high


def cronbach_alpha(items, level: float = 0.95) -> CronbachAlpha:
    """Return Cronbach's alpha of the respondents who answered every item.

    Parameters
    ----------
    items : array_like of float, shape (n, k)
        One row a respondent, one column an item, all counted the same way round; NaN: no answer.
        At least two items, three complete rows, a sum that is not the same for all, no infinite value (ValueError).
    level : float
        Coverage of the interval, between 0 and 1 (ValueError).

    Notes
    -----
    (1 - alpha) / (1 - estimate) has F with n - 1 and (n - 1)(k - 1) degrees of freedom when answers are
    normal, all items have one variance and all pairs one covariance. Then a 95 % interval covers 0.95,
    and the estimate is on average 2 (1 - alpha) / (n - 3) too low. Away from that, over 2,000 runs of 300
    respondents, three items and alpha about 0.75, it covered 0.943 with loadings of 0.9, 0.7 and 0.5,
    0.948 with answers in five even steps, and 0.932 with answers heaped at the top (42 % the highest of
    five; 0.92 in 4,000 other runs): there it is too narrow. Complete rows alone count: where those who
    skip items differ from the others, alpha is that of the others.

    Examples
    --------
    >>> round(cronbach_alpha([[1, 2], [2, 2], [3, 5]]).alpha, 4)
    0.8571
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` lies between 0 and 1; got {level}.")
    complete, n_incomplete = _complete(items)
    n, k = complete.shape
    covariance = np.cov(complete, rowvar=False)
    alpha = _alpha(covariance)
    if np.isnan(alpha):
        raise ValueError("the sum of the items is the same for all: there is no spread to judge.")
    tails = np.array([1 + level, 1 - level]) / 2
    low, high = 1 - (1 - alpha) * stats.f.ppf(tails, n - 1, (n - 1) * (k - 1))
    others = [np.delete(np.delete(covariance, i, 0), i, 1) for i in range(k)]
    without = np.array([_alpha(other) for other in others])
    return CronbachAlpha(alpha, float(low), float(high), level, k, n, n_incomplete, without)


def sum_varies(items) -> bool:
    """Return whether the sum of `items`, as for `cronbach_alpha`, is not the same for all: else there is no alpha."""
    complete, _ = _complete(items)
    return not np.isnan(_alpha(np.cov(complete, rowvar=False)))


def _complete(items) -> tuple[np.ndarray, int]:
    """Return the rows without a NaN and how many others there are; ValueError as `cronbach_alpha` says."""
    items = np.asarray(items, dtype=float)
    if items.ndim != 2 or items.shape[1] < 2:
        raise ValueError(f"`items` needs shape (n, k) with two items or more; got {items.shape}.")
    if np.isinf(items).any():
        raise ValueError("`items` holds an infinite value.")
    complete = items[~np.isnan(items).any(axis=1)]
    if len(complete) < 3:
        raise ValueError(f"alpha needs three respondents with every item; got {len(complete)}.")
    return complete, len(items) - len(complete)


def _alpha(covariance: np.ndarray) -> float:
    """Return alpha from a covariance matrix, shape (k, k); NaN where it does not exist."""
    k, parts, total = len(covariance), float(np.trace(covariance)), float(covariance.sum())
    if k < 2 or not total > ROUNDING * parts:
        return float("nan")
    return k / (k - 1) * (1 - parts / total)


def runs_against(items) -> np.ndarray:
    """Return how strongly single items run against the others: the usual sign of an item to be reversed.

    Parameters
    ----------
    items : array_like of float, shape (n, k)
        As for `cronbach_alpha`; complete rows count, at least three (ValueError).

    Returns
    -------
    ndarray of float, shape (k,)
        Negative for an item that runs against the others: its correlation with the sum of the others
        once all run one way; 0 for every other item.

    Notes
    -----
    The item that correlates most negatively with the sum of the others is turned round, then the next,
    until none does; when more than half were turned, the rest are those that run against. One reversed
    item among three pulls the others' correlations to about zero, so that naming every negative one
    would name the wrong ones too. With two camps of equal size nothing tells which is the reversed one.
    Where alpha is negative there is at least one such item.

    Examples
    --------
    >>> runs_against([[1, 2, 3], [2, 2, 2], [3, 3, 1], [4, 4, 2]]).round(2).tolist()
    [0.0, 0.0, -0.55]
    """
    complete, _ = _complete(items)
    covariance = np.cov(complete, rowvar=False)
    signs = np.ones(len(covariance))
    with_rest = _with_rest(covariance)
    while with_rest.min() < -ROUNDING:
        signs[with_rest.argmin()] *= -1
        with_rest = _with_rest(covariance * np.outer(signs, signs))
    if (signs < 0).sum() > len(signs) / 2:
        signs = -signs
    return np.where(signs < 0, -with_rest, 0.0)


def _with_rest(covariance: np.ndarray) -> np.ndarray:
    """Return the correlation of each item with the sum of the others; 0 where one of them is constant."""
    own, shared = np.diag(covariance), covariance.sum(axis=0)
    rest = covariance.sum() - 2 * shared + own
    usable = np.minimum(own, rest) > ROUNDING * np.trace(covariance)
    scale = np.sqrt(own * rest, out=np.ones_like(own), where=usable)
    return np.where(usable, shared - own, 0.0) / scale
