"""Numbers whose errors add up over units, where units of one cluster may depend on each other.

Source: Liang and Zeger (1986), Biometrika 73, 13-22, for the sum of squares by cluster; degrees of freedom after Bell
and McCaffrey (2002), Survey Methodology 28, 169-181, of errors that are equal and independent; Welch (1947), Biometrika
34, 28-35, for a difference.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.student import Student


@dataclass(frozen=True, slots=True)
class Clustered:
    """A number, and what each cluster adds to its error.

    Attributes
    ----------
    value : float
    parts : ndarray, shape (n_clusters,)
        Their squares add up to the variance; 0 for clusters without a unit here.
    df : float
    """

    value: float
    parts: np.ndarray
    df: float

    @property
    def se(self) -> float:
        """Standard error."""
        return float(np.sqrt(self.parts @ self.parts))

    @property
    def student(self) -> Student:
        """The number with its error."""
        return Student(self.value, self.se, self.df)

    def minus(self, other: "Clustered") -> Student:
        """Return the difference to a number with the same clusters, degrees of freedom after Welch."""
        apart, one, two = self.parts - other.parts, self.se**2, other.se**2
        # Without spread in either there is no error, and no degrees of freedom of it.
        df = (one + two) ** 2 / ((one**2 / self.df + two**2 / other.df) or 1)
        return Student(self.value - other.value, float(np.sqrt(apart @ apart)), float(df))


def clustered(value: float, errors, cluster, clusters: int) -> Clustered:
    """Return a number with its errors summed by cluster.

    Parameters
    ----------
    value : float
    errors : array_like of float, shape (n,)
        What each unit adds; they sum to 0.
    cluster : array_like of int, shape (n,)
        0 to `clusters` - 1; at least two different ones (ValueError).

    Notes
    -----
    The variance is scaled by G / (G - 1), G the clusters with a unit here. With each unit its own cluster a mean has
    the error s / sqrt(n) and n - 1 degrees of freedom, and a difference of two is Welch's.
    """
    cluster = np.asarray(cluster)
    sizes = np.bincount(cluster, minlength=clusters)
    there = int((sizes > 0).sum())
    if there < 2:
        raise ValueError(f"an error by cluster needs two clusters; got {there}.")
    parts = np.bincount(cluster, errors, minlength=clusters) * np.sqrt(there / (there - 1))
    df = cluster.size**2 / float(sizes @ sizes) - 1
    return Clustered(float(value), parts, max(df, 1.0))


def clustered_mean(values, cluster, clusters: int) -> Clustered:
    """Return the mean of `values`, shape (n,), with errors by cluster; parameters as in `clustered`."""
    values = np.asarray(values, dtype=float)
    mean = values.mean()
    return clustered(mean, (values - mean) / values.size, cluster, clusters)


def summed(parts, cluster) -> np.ndarray:
    """Return the sums of the rows of `parts` by cluster."""
    from scipy.sparse import csr_array

    n = cluster.size
    where = csr_array((np.ones(n), (cluster, np.arange(n))), shape=(int(cluster.max()) + 1, n))
    return where @ parts
