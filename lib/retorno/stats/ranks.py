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
    pairs, clusters : int
        Pairs of numbers; independent groups of them.
    """

    value: float
    se: float
    pairs: int
    clusters: int

    def at(self, level: float) -> Estimate:
        """Return the correlation with its `level` interval: t with clusters - 1, on Fisher's z scale.

        Where all pairs lie in one order there is no error to see and the interval is a point.
        """
        if self.se == 0 or abs(self.value) >= 1:
            return Estimate(self.value, self.se, self.value, self.value)
        t = float(stats.t.ppf((1 + level) / 2, self.clusters - 1))
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
        The other member of each pair, numbered as in `cluster`: a pair also goes with those of its other member.

    Notes
    -----
    The influence of a pair is that on the correlation of grades, the value of the distribution function at each
    number: its own product, and how it moves the grades of all others. Variance: squares of its sums over clusters,
    times g / (g - 1), plus with `also` twice the products of each pair with the pairs of its other member, where that
    sum is not below the first.
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
    groups = int(np.count_nonzero(np.bincount(whose)))
    if groups < 2:
        raise ValueError("all pairs belong together: nothing says how far chance goes.")
    variance = _variance(influence, whose, also) * groups / (groups - 1)
    return RankCorrelation(value, float(np.sqrt(variance)), n, groups)


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


def _variance(influence, whose, also) -> float:
    n = influence.size
    size = int(whose.max()) + 1 if also is None else int(max(whose.max(), np.max(also))) + 1
    sums = np.bincount(whose, influence, minlength=size)
    own = float(sums @ sums) / n**2
    if also is None:
        return own
    across = 2 * float(influence @ sums[np.asarray(also, dtype=int)]) / n**2
    return max(own, own + across)
