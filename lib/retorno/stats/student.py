"""An estimate whose error has Student's t: one number that gives an interval at any level, and its p.

Source: Welch (1947), Biometrika 34, 28-35, for two means with variances not pooled.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.means import Estimate, welch_difference


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
    """Return mean of `first` minus mean of `second`, arrays of shape (n,), variances not pooled.

    What `welch_difference` needs is needed here, and its intervals are those of ``at``.
    """
    estimate = welch_difference(first, second, level=0.95)
    df = stats.ttest_ind(first, second, equal_var=False).df
    return Student(estimate.value, estimate.se, float(df))
