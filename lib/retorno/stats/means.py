"""Two means and what can be said about their difference and ratio, values grouped by unit.

One unit (a person, a household) may give several values, to either group or to both. Means are over values;
variances come from the influence of each unit, so that a person who is in both groups is counted as one.

Source: linearised ratio estimators for clustered data, Cochran (1977), Sampling Techniques, section 9.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Means of two groups with their joint covariance.

    Attributes
    ----------
    mean : ndarray, shape (2, ...)
        Mean of each group; further axes are parallel problems, such as days. NaN in a group with
        fewer than two units, of which nothing can be said: what needs it raises ValueError.
    covariance : ndarray, shape (2, 2, ...)
        Covariance of the two means, by unit.
    n, units : tuple of two int
        Values and distinct units in each group.
    """

    mean: np.ndarray
    covariance: np.ndarray
    n: tuple[int, int]
    units: tuple[int, int]

    def _t(self, level: float, *groups: int) -> float:
        for group in groups:
            if self.units[group] < 2:
                raise ValueError(
                    f"an interval needs two units in group {group}; it has {self.units[group]}."
                )
        return float(stats.t.ppf((1 + level) / 2, min(self.units[group] for group in groups) - 1))

    def band(self, group: int, *, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Return pointwise bounds of the mean of `group` (0 or 1), t with units - 1."""
        half = self._t(level, group) * np.sqrt(self.covariance[group, group])
        return self.mean[group] - half, self.mean[group] + half

    def one(self, group: int, *, level: float) -> Estimate:
        """Return the mean of `group` at the last point."""
        low, high = self.band(group, level=level)
        se = float(np.sqrt(_last(self.covariance[group, group])))
        return Estimate(_last(self.mean[group]), se, _last(low), _last(high))

    def difference(self, *, level: float) -> Estimate:
        """Return second minus first mean at the last point, t with the smaller group's units - 1."""
        t = self._t(level, 0, 1)
        value = _last(self.mean[1]) - _last(self.mean[0])
        se = float(np.sqrt(_quadratic(self.covariance, (-1.0, 1.0))))
        half = t * se
        return Estimate(value, se, value - half, value + half)

    def ratio(self, *, level: float) -> Estimate:
        """Return second over first mean at the last point, interval symmetric on the log scale.

        Both means must be positive (ValueError). `se` is that of the ratio itself.
        """
        t = self._t(level, 0, 1)
        first, second = _last(self.mean[0]), _last(self.mean[1])
        if not (first > 0 and second > 0):
            raise ValueError(
                f"a ratio of means needs two positive means; got {second} over {first}."
            )
        log_se = float(np.sqrt(_quadratic(self.covariance, (-1 / first, 1 / second))))
        value, half = second / first, t * log_se
        return Estimate(value, value * log_se, value * np.exp(-half), value * np.exp(half))


def _last(values) -> float:
    return float(np.asarray(values).reshape(-1)[-1])


def _quadratic(covariance, weights) -> float:
    last = covariance.reshape(2, 2, -1)[:, :, -1]
    # Rounding can leave a variance of nothing at -1e-20.
    return max(0.0, float(np.asarray(weights) @ last @ np.asarray(weights)))


def two_means(total, count) -> TwoMeans:
    """Return the means of two groups from the totals of each unit.

    Parameters
    ----------
    total, count : array_like of float, shape (n_units, 2)
        Sum and number of the values that a unit gives to each group; 0 where it is not in the group.
    """
    total, count = np.asarray(total, dtype=float), np.asarray(count, dtype=float)
    if total.ndim != 2 or total.shape[1] != 2 or total.shape != count.shape:
        raise ValueError(
            f"`total` and `count` need shape (n_units, 2); got {total.shape} and {count.shape}."
        )
    rows = np.hstack([total, count])
    return two_means_from_moments(rows.T @ rows, rows.sum(axis=0), (count > 0).sum(axis=0))


def two_means_from_moments(products, sums, units) -> TwoMeans:
    """Return the means of two groups from sums over units, as an engine computes them.

    Parameters
    ----------
    products : array_like, shape (4, 4, ...)
        Sums over units of the products of (total 1, total 2, count 1, count 2).
    sums : array_like, shape (4, ...)
        Sums over units of the same four.
    units : sequence of two int
        Units with at least one value in each group.

    Notes
    -----
    Each group's influences are scaled by sqrt(units / (units - 1)), so that with one value for each
    unit the variance of a mean is the usual s**2 / n.
    """
    products, sums = np.asarray(products, dtype=float), np.asarray(sums, dtype=float)
    units = (int(units[0]), int(units[1]))
    mean = np.full_like(sums[:2], np.nan)
    influence = np.full((2, 4, *sums.shape[1:]), np.nan)
    for group in (0, 1):
        if units[group] < 2:
            continue
        mean[group] = sums[group] / sums[2 + group]
        influence[group] = 0.0
        scale = np.sqrt(units[group] / (units[group] - 1)) / sums[2 + group]
        influence[group, group] = scale
        influence[group, 2 + group] = -scale * mean[group]
    covariance = np.einsum("ai...,ij...,bj...->ab...", influence, products, influence)
    covariance[[0, 1], [0, 1]] = np.maximum(covariance[[0, 1], [0, 1]], 0.0)
    n = tuple(round(_last(sums[2 + group])) for group in (0, 1))
    return TwoMeans(mean, covariance, n, units)
