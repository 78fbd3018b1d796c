"""An estimate whose error has Student's t: one number that gives an interval at any level, and its p.

Source: Welch (1947), Biometrika 34, 28-35, for two means with variances not pooled.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error and `level` interval, all in one unit."""

    value: float
    se: float
    ci_low: float
    ci_high: float

    @property
    def interval(self) -> tuple[float, float]:
        """The interval as (low, high)."""
        return self.ci_low, self.ci_high


@dataclass(frozen=True, slots=True)
class Student:
    """A number with its standard error and the degrees of freedom of that error.

    Attributes
    ----------
    value, se : float
        In one unit; `se` positive.
    df : float
    """

    value: float
    se: float
    df: float

    def at(self, level: float) -> Estimate:
        """Return the number with its `level` interval."""
        half = float(stats.t.ppf((1 + level) / 2, self.df)) * self.se
        return Estimate(self.value, self.se, self.value - half, self.value + half)

    @property
    def p(self) -> float:
        """Two-sided p of the number being zero."""
        return float(2 * stats.t.sf(abs(self.value) / self.se, self.df))


def mean_of(values) -> Student:
    """Return the mean of `values`, shape (n,), with s / sqrt(n) as its error.

    At least two values that differ (ValueError).

    Examples
    --------
    >>> mean_of([1.0, 2.0, 3.0]).value
    2.0
    """
    values = np.asarray(values, dtype=float)
    if values.size < 2:
        raise ValueError(f"a mean with an error needs two values; got {values.size}.")
    if np.ptp(values) == 0:
        raise ValueError("all values are the same: there is no spread to judge their mean by.")
    se = float(values.std(ddof=1) / np.sqrt(values.size))
    return Student(float(values.mean()), se, float(values.size - 1))


def welch(first, second) -> Student:
    """Return mean of `first` minus mean of `second`, variances not pooled.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        At least two values each, and not both constant (ValueError).
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(first.size, second.size) < 2:
        raise ValueError(
            f"a difference of means needs two values in each group; got {first.size} and {second.size}."
        )
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        raise ValueError("both groups are constant: there is no spread to judge a difference by.")
    parts = [(values.var(ddof=1) / values.size, values.size - 1) for values in (first, second)]
    # SciPy's ttest_ind gives the same df but warns of lost precision when one group is constant.
    se = np.sqrt(sum(part for part, _ in parts))
    return Student(float(first.mean() - second.mean()), float(se), satterthwaite(parts))


def satterthwaite(parts) -> float:
    """Return the degrees of freedom of a sum of independent variances, each (variance, its own df); not all 0.

    Source: Satterthwaite (1946), Biometrics Bulletin 2, 110-114.

    Examples
    --------
    >>> satterthwaite([(1.0, 10), (1.0, 10)])
    20.0
    """
    total = sum(variance for variance, _ in parts)
    return float(total**2 / sum(variance**2 / df for variance, df in parts))
