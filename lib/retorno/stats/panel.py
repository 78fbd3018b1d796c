"""A difference between two groups that changes over time, from units seen again and again.

    y(i, t) = time effect(t) + member(i) * f(t) + fixed(i) * delta + error(i, t)

f is a natural cubic spline; time has an effect of its own at each time, so that f alone is smoothed. Errors of units
of one cluster may hang together in any way. All sums run over a table of units by times, never over one row each.

Sources: Liang and Zeger (1986), Biometrika 73, 13-22, for errors by cluster; Bell and McCaffrey (2002), Survey
Methodology 28, 169-181, and Imbens and Kolesar (2016), Review of Economics and Statistics 98, 701-712, for their
degrees of freedom; Hotelling (1931), Annals of Mathematical Statistics 2, 360-378, for the joint test.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.adjustment import CollinearError
from retorno.stats.clustered import summed
from retorno.stats.student import Student

KNOTS = 5
RANK = 1e-10  # least eigenvalue of the scaled cross products that is more than rounding


@dataclass(frozen=True, slots=True)
class GapCurve:
    """The difference of two groups at each time, smooth in time.

    Attributes
    ----------
    gap, se, df : ndarray, shape (n_times,)
        Members minus others, in the unit of the values; its error; degrees of freedom of that error.
    covariance : ndarray, shape (n_times, n_times)
        Of `gap`.
    clusters, rows : int
        Clusters the errors rest on; values seen.
    """

    gap: np.ndarray
    se: np.ndarray
    df: np.ndarray
    covariance: np.ndarray
    clusters: int
    rows: int

    def at(self, time: int) -> Student:
        """Return the difference at a time, counted from 0."""
        return Student(float(self.gap[time]), float(self.se[time]), float(self.df[time]))

    def band(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the pointwise bounds of the difference."""
        half = stats.t.ppf((1 + level) / 2, self.df) * self.se
        return self.gap - half, self.gap + half


def natural_spline(times, knots) -> np.ndarray:
    """Return a basis of natural cubic splines: column j is 1 at knot j and 0 at the others.

    Parameters
    ----------
    times : array_like of float, shape (n_times,)
        Within the outermost knots.
    knots : array_like of float, shape (n_knots,)
        Rising. Two give straight lines, one a constant.

    Returns
    -------
    ndarray, shape (n_times, n_knots)
        Each row sums to 1.

    Examples
    --------
    >>> natural_spline([1, 2, 3], [1, 3]).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    from scipy.interpolate import CubicSpline

    times, knots = np.asarray(times, dtype=float), np.asarray(knots, dtype=float)
    if knots.size == 1:
        return np.ones((times.size, 1))
    if times.min() < knots[0] or times.max() > knots[-1]:
        raise ValueError(
            f"a natural spline is not carried beyond its outermost knots, {knots[0]} and {knots[-1]}."
        )
    return CubicSpline(knots, np.eye(knots.size), bc_type="natural")(times)


def spread_knots(seen, most: int = KNOTS) -> np.ndarray:
    """Return times, counted from 0, for knots: the first, the last, and equal shares of what is seen between them.

    Parameters
    ----------
    seen : array_like of int, shape (n_times,)
        Values seen at each time, above 0.
    most : int
        Fewer where there are fewer times.
    """
    share = np.cumsum(seen) / np.sum(seen)
    inner = np.searchsorted(share, np.linspace(0, 1, min(most, len(share)))[1:-1])
    return np.unique([0, *inner, len(share) - 1])


def gap_curve(values, seen, member, *, basis, fixed=None, cluster=None) -> GapCurve:
    """Return the difference of two groups over time: least squares, errors by cluster.

    Parameters
    ----------
    values : array_like of float, shape (n, n_times)
        Of units at times; what stands where nothing is seen does not count.
    seen : array_like of bool, shape (n, n_times)
    member : array_like of bool, shape (n,)
        Both groups are seen at each time (ValueError).
    basis : array_like, shape (n_times, p)
        The difference is a sum of these columns.
    fixed : array_like of float, shape (n, q), optional
        What does not change with time. No column may follow from the others, a constant, or from the group
        (CollinearError).
    cluster : array_like of int, shape (n,), optional
        Units with the same number may depend on each other; each its own when not given.

    Notes
    -----
    The sandwich is scaled by G / (G - 2) (n - 2) / (n - 2 - q), G the clusters and n the units seen: what does not
    change within a unit is estimated from units, not from rows. Degrees of freedom are those of Bell and McCaffrey for
    errors that are equal and independent, the leverage left out: with one time and equal spread those of Welch, but for
    sizes in place of sizes - 1. In simulated worlds of 300 units and 24 fixed columns 95 % intervals covered between
    0.944 and 0.958 (2,000 runs each).
    """
    seen, member = np.asarray(seen, dtype=bool), np.asarray(member, dtype=bool)
    values = np.where(seen, values, 0.0)
    basis = np.asarray(basis, dtype=float)
    n, times = seen.shape
    fixed = np.empty((n, 0)) if fixed is None else np.asarray(fixed, dtype=float)
    cluster = _numbered(cluster, n)
    clusters = np.unique(cluster[seen.any(axis=1)]).size
    units = int(seen.any(axis=1).sum())
    if clusters < 3 or units < 3 + fixed.shape[1]:
        raise CollinearError(f"{clusters} clusters, {units} units: too few for all columns.")
    scale = clusters / (clusters - 2) * (units - 2) / (units - 2 - fixed.shape[1])
    if not (seen[member].any(axis=0) & seen[~member].any(axis=0)).all():
        raise ValueError("both groups must be seen at each time.")
    inverse, coefficients = _solved(values, seen, member, basis, fixed)
    at, rest = slice(times, times + basis.shape[1]), slice(times + basis.shape[1], None)
    fitted = _linear(coefficients, member, basis, fixed)
    residual = np.where(seen, values - fitted, 0.0)
    scores = residual @ inverse[:times, at]
    scores += np.where(member[:, None], (residual @ basis) @ inverse[at, at], 0.0)
    scores += residual.sum(axis=1)[:, None] * (fixed @ inverse[rest, at])
    together = summed(scores, cluster)
    covariance = basis @ (together.T @ together) @ basis.T * scale
    return GapCurve(
        gap=basis @ coefficients[at],
        se=np.sqrt(np.maximum(np.diag(covariance), 0)),
        df=_degrees(seen, member, basis, fixed, cluster, inverse[:, at] @ basis.T),
        covariance=covariance,
        clusters=clusters,
        rows=int(seen.sum()),
    )


def _solved(values, seen, member, basis, fixed) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse of the cross products of all columns, and the coefficients."""
    count = seen.astype(float)
    own = member @ count  # members seen at each time
    of_fixed = count.T @ fixed
    of_members = basis.T @ (count[member].T @ fixed[member])
    cross = np.block(
        [
            [np.diag(count.sum(axis=0)), own[:, None] * basis, of_fixed],
            [(own[:, None] * basis).T, basis.T @ (own[:, None] * basis), of_members],
            [of_fixed.T, of_members.T, (fixed * count.sum(axis=1)[:, None]).T @ fixed],
        ]
    )
    with_values = np.concatenate(
        [values.sum(axis=0), basis.T @ values[member].sum(axis=0), values.sum(axis=1) @ fixed]
    )
    scale = np.sqrt(np.diag(cross))
    if (scale == 0).any():
        raise CollinearError("a column is 0 for all that is seen.")
    scaled = cross / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < RANK:
        raise CollinearError("a column follows from the others, or from the group.")
    inverse = np.linalg.inv(scaled) / np.outer(scale, scale)
    return inverse, inverse @ with_values


def _linear(weights, member, basis, fixed) -> np.ndarray:
    """Return for each unit and time the sum of all columns times `weights`, shape (n, n_times)."""
    times, p = basis.shape
    own = np.where(member[:, None], basis @ weights[times : times + p], 0.0)
    return weights[:times] + own + (fixed @ weights[times + p :])[:, None]


def _degrees(seen, member, basis, fixed, cluster, weights) -> np.ndarray:
    """Return (sum of a)**2 / sum of a**2 of each difference, a the share of its variance that a cluster makes."""
    found = []
    for one in weights.T:
        parts = summed(((_linear(one, member, basis, fixed) ** 2) * seen).sum(axis=1), cluster)
        found.append(parts.sum() ** 2 / (parts**2).sum())
    return np.maximum(np.array(found), 1.0)


def shape_p(values, seen, member, *, basis, cluster=None) -> float:
    """Return p of the plain differences of means lying on a curve that is a sum of the columns of `basis`.

    Parameters
    ----------
    values, seen, member, basis, cluster
        As in `gap_curve`; at least two of each group are seen at each time, and there are more times than columns
        (ValueError).

    Notes
    -----
    Wald's test of all ways in which the differences can leave the curve, as Hotelling's with the degrees of freedom of
    Krishnamoorthy and Yu (2004), Statistics and Probability Letters 66, 161-169, for covariances that differ. It says
    nothing about a curve adjusted for anything else than time.
    """
    from scipy.linalg import null_space

    seen, member = np.asarray(seen, dtype=bool), np.asarray(member, dtype=bool)
    values = np.where(seen, values, 0.0)
    cluster = _numbered(cluster, len(seen))
    ways = null_space(np.asarray(basis, dtype=float).T)
    freedom = ways.shape[1]
    away, parts, clusters = np.zeros(freedom), [], []
    for group, sign in ((member, 1), (~member, -1)):
        n = seen[group].sum(axis=0)
        if n.min() < 2:
            raise ValueError("two of each group are needed at each time.")
        mean = values[group].sum(axis=0) / n
        away += sign * mean @ ways
        own = np.where(seen & group[:, None], values - mean, 0.0) / np.sqrt(n * (n - 1.0))
        parts.append(summed(sign * own, cluster) @ ways)
        clusters.append(np.unique(cluster[group & seen.any(axis=1)]).size)
    if not 0 < freedom < min(clusters):
        raise ValueError(f"{freedom} ways to leave the curve, {min(clusters)} clusters in a group.")
    both = parts[0] + parts[1]
    inverse = np.linalg.inv(both.T @ both)
    df = _joint_degrees([p.T @ p @ inverse for p in parts], clusters)
    left = df - freedom + 1
    wald = float(away @ inverse @ away)
    return float(stats.f.sf(wald * left / (df * freedom), freedom, left))


def _joint_degrees(shares, clusters) -> float:
    """Return the degrees of freedom of a covariance two groups add to; `shares` are their parts of it."""
    freedom = len(shares[0])
    parts = (
        (np.trace(share @ share) + np.trace(share) ** 2) / (n - 1)
        for share, n in zip(shares, clusters, strict=True)
    )
    return max((freedom + freedom**2) / sum(parts), min(clusters) - 1.0)


def _numbered(cluster, n: int) -> np.ndarray:
    """Return the cluster of each unit as a number from 0."""
    if cluster is None:
        return np.arange(n)
    return np.unique(np.asarray(cluster), return_inverse=True)[1]
