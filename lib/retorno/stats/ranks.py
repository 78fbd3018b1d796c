"""Whether two numbers of a unit go together: the rank correlation, its error respecting units that share a member.

Sources: Spearman (1904), American J. of Psychology 15, 72-101; the error by the influence of each pair on the
correlation of grades (Croux and Dehon 2010, Statistical Methods and Applications 19, 497-515, here with ties at their
middle), summed over what belongs together (Aronow, Samii and Assenova 2015, Political Analysis 23, 564-577).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.student import Estimate

FEWEST = 5


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's correlation with the error of its clusters.

    Attributes
    ----------
    value : float
        -1 to 1; ties stand at the middle of their ranks.
    se : float
    pairs, clusters, groups : int
        Pairs of numbers; clusters of them; independent groups of these.
    """

    value: float
    se: float
    pairs: int
    clusters: int
    groups: int

    def at(self, level: float) -> Estimate:
        """Return the correlation with its `level` interval: t with groups - 1, on Fisher's z scale.

        Where all pairs lie in one order there is no error to see and the interval is a point.
        """
        if self.se == 0 or abs(self.value) >= 1:
            return Estimate(self.value, self.se, self.value, self.value)
        t = float(stats.t.ppf((1 + level) / 2, self.groups - 1))
        half = t * self.se / (1 - self.value**2)
        low, high = np.tanh(np.arctanh(self.value) + np.array([-half, half]))
        return Estimate(self.value, self.se, float(low), float(high))


def rank_correlation(first, second, *, cluster=None, also=None) -> RankCorrelation:
    """Return Spearman's correlation of two numbers of a pair.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        At least five pairs, neither number the same in all (ValueError).
    cluster : array_like of int, shape (n,), optional
        Pairs with the same number, 0 or more, are not independent: whose pair it is. Without it each is alone.
    also : array_like of int, shape (n,), optional
        The other member of each pair, numbered as in `cluster`: a pair also goes with those of its other member, and
        all pairs that hang together make a group.

    Notes
    -----
    The influence of a pair is that on the correlation of grades, the value of the distribution function at each
    number: its own product, and how it moves the grades of all others. Variance: squares of its sums over clusters;
    with `also` the largest of these, of these and the products of each pair with the pairs of its other member, and of
    the squares of sums over groups. The first is best where only pairs of one member are alike, the last where likeness
    runs through whole families. On families of four generations 95 % intervals covered 0.95 to 0.965 for correlations
    up to 0.25, at 20 and 98 groups; for one of 0.8 0.935 at 98 groups, where the estimate is a fifth of its standard
    error too near 0, and 0.94 to 0.95 at 390.
    """
    first, second = (np.asarray(v, dtype=float) for v in (first, second))
    n = first.size
    if n < FEWEST or first.shape != second.shape:
        raise ValueError(f"a rank correlation needs {FEWEST} pairs of numbers; got {n}.")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        raise ValueError("one of the numbers is the same in all pairs: there is no order in it.")
    u, v = _grades(first), _grades(second)
    a, b, c = u @ v / n, u @ u / n, v @ v / n
    value = float(a / np.sqrt(b * c))
    of_a = u * v - a + _moved(first, v) + _moved(second, u)
    of_b = u * u - b + 2 * _moved(first, u)
    of_c = v * v - c + 2 * _moved(second, v)
    influence = of_a / np.sqrt(b * c) - value / 2 * (of_b / b + of_c / c)
    whose = np.arange(n) if cluster is None else np.asarray(cluster, dtype=int)
    sums = [_sums(influence, whose)]
    if also is not None:
        sums.append(_sums(influence, hanging_together(whose, np.asarray(also, dtype=int))))
    clusters, groups = (int(np.count_nonzero(one[1])) for one in (sums[0], sums[-1]))
    if groups < 2:
        raise ValueError("all pairs belong together: nothing says how far chance goes.")
    sizes = (clusters, groups)[: len(sums)]
    variances = [
        total @ total * size / (size - 1) for (total, _), size in zip(sums, sizes, strict=True)
    ]
    if also is not None:
        variances.append(variances[0] + 2 * _across(influence, sums[0][0], also))
    return RankCorrelation(value, float(np.sqrt(max(variances))) / n, n, clusters, groups)


def _grades(values) -> np.ndarray:
    """Return mid-ranks as shares of all, less one half."""
    return (stats.rankdata(values) - 0.5) / values.size - 0.5


def _moved(values, weights) -> np.ndarray:
    """Return how a unit at each of `values` moves the mean of grades times `weights` (of mean 0).

    It raises the grade of whoever lies above by 1, of equals by one half, less the grade they have.
    """
    n = values.size
    distinct, place = np.unique(values, return_inverse=True)
    sums = np.bincount(place, weights, minlength=distinct.size)
    above = sums.sum() - np.cumsum(sums) + sums / 2
    grades = _grades(values)
    return (above[place] - (grades + 0.5) @ weights) / n


def _sums(influence, whose) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of the influence of each cluster, and its number of pairs."""
    return np.bincount(whose, influence), np.bincount(whose)


def _across(influence, sums, also) -> float:
    """Return the sum of products of each pair with the pairs of its other member."""
    also = np.asarray(also, dtype=int)
    there = also < sums.size
    return float(influence[there] @ sums[also[there]])


def hanging_together(whose, also) -> np.ndarray:
    """Return the number of the group each pair belongs to: pairs that share a member, directly or by others.

    Examples
    --------
    Pairs 0-1 and 1-2 hang together, 3-4 does not:

    >>> hanging_together(np.array([0, 1, 3]), np.array([1, 2, 4])).tolist()
    [0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(max(whose.max(), also.max())) + 1
    graph = coo_array((np.ones(whose.size), (whose, also)), shape=(size, size))
    return connected_components(graph, directed=False)[1][whose]
