"""How often a value of one group lies above a value of another: an effect size for ordered answers with ties.

Sources: Brunner and Munzel (2000), Biometrical J. 42, 17-25, for the variance and the degrees of freedom; Brunner,
Bathke and Konietschke (2018), Rank and Pseudo-Rank Procedures for Independent Observations, 3.5, for the interval on
the logit scale, which keeps to 0 and 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.student import Estimate, satterthwaite


@dataclass(frozen=True, slots=True)
class Superiority:
    """P(first > second) + half of P(first = second), of one value drawn from each group.

    Attributes
    ----------
    value : float
        0 to 1; 0.5: neither is ahead. Above: the first is more often higher than lower.
    se : float
        Brunner and Munzel's; 0 where the groups are `separated`.
    df : float
    n : tuple of two int
    separated : bool
        Every value of one group lies above every value of the other; `value` is then 0 or 1.
    """

    value: float
    se: float
    df: float
    n: tuple[int, int]
    separated: bool

    def at(self, level: float) -> Estimate:
        """Return the probability with its `level` interval, inside 0 to 1.

        Notes
        -----
        On the logit scale, t with `df`. On answers from 1 to 7 a 95 % interval covered 0.948 to 0.969 at 30 in
        each group and 0.945 to 0.952 at 300, for probabilities from 0.50 to 0.99 (20,000 runs each); without the
        logit 0.91 at 30 where the probability is 0.90, and 0.82 where it is 0.99.

        Groups that are separated have no variance to take. Then the bound follows from pairs: m = min(n) pairs
        of different people are all in one order with a probability of at most value**m, so that the level
        interval reaches from ((1 - level) / 2)**(1 / m) to 1, or is its mirror image. It is wide, but no narrower
        one holds for all distributions: where a share 1 - value of the smaller group lies beyond all of the
        other, groups are separated with a probability of value**m.
        """
        if self.separated:
            far = float(((1 - level) / 2) ** (1 / min(self.n)))
            low, high = (far, 1.0) if self.value == 1 else (0.0, 1 - far)
            return Estimate(self.value, self.se, low, high)
        odds = np.log(self.value / (1 - self.value))
        half = stats.t.ppf((1 + level) / 2, self.df) * self.se / (self.value * (1 - self.value))
        low, high = (float(1 / (1 + np.exp(-bound))) for bound in (odds - half, odds + half))
        return Estimate(self.value, self.se, low, high)


def superiority(first, second) -> Superiority:
    """Return how often a value of `first` lies above one of `second`, ties counted half.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        At least two finite values each, and not all the same (ValueError).

    Notes
    -----
    Only the order of the values counts: a rising change of the scale leaves it as it is.

    Examples
    --------
    >>> superiority([3, 4, 5], [2, 3, 4]).value
    0.7777777777777778
    """
    first, second = (np.asarray(values, dtype=float) for values in (first, second))
    n, m = first.size, second.size
    if min(n, m) < 2:
        raise ValueError(f"a superiority needs two values in each group; got {n} and {m}.")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("values that are not finite have no order; leave them out.")
    if np.ptp(np.concatenate([first, second])) == 0:
        raise ValueError("all values are the same: there is no spread to judge an order by.")
    if first.min() > second.max() or first.max() < second.min():
        return Superiority(float(first.min() > second.max()), 0.0, float("inf"), (n, m), True)
    ours, theirs = _placements(first, second), _placements(second, first)
    parts = [(ours.var(ddof=1) / n, n - 1), (theirs.var(ddof=1) / m, m - 1)]
    se = float(np.sqrt(sum(part for part, _ in parts)))
    return Superiority(float(ours.mean()), se, satterthwaite(parts), (n, m), False)


def _placements(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each of `values` the share of `others` below it, those equal to it counted half."""
    others = np.sort(others)
    below, upto = (np.searchsorted(others, values, side=side) for side in ("left", "right"))
    return (below + upto) / (2 * others.size)
