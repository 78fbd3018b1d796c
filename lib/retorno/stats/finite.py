"""Shares and amounts in a finite number of units of which a sample, drawn by chance in strata, was looked into.

What is asked is about these very units, not about others like them: who looks into all of them knows it exactly, so
intervals shrink with the share sampled.

Sources: Cochran (1977), Sampling Techniques, 3rd edition, sections 2.6 and 5.3, for the finite number and strata;
Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133, for a share: Jeffreys' interval, with an end at 0 where
there is no event and at 1 where there is nothing else; Zou and Donner (2008), Statistics in
Medicine 27, 1693-1702, for a sum whose parts have intervals that are not symmetric; Newcombe (2016), Statistical
Methods in Medical Research 25, 1774-1778, for a ratio of two such sums.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Strata:
    """The share of events in each stratum, known from those sampled.

    Attributes
    ----------
    total : ndarray of float, shape (k,)
        Weight of all units of each stratum, sampled or not.
    sampled : ndarray of int, shape (k,)
        Units sampled, of those with a weight.
    share, se, low, high : ndarray of float, shape (k,)
        Weighted share of events with its interval; NaN where a stratum has weight and nothing of it was sampled,
        0 where it has no weight.
    """

    total: np.ndarray
    sampled: np.ndarray
    share: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def known(self) -> bool:
        """Whether something of every stratum with a weight was sampled."""
        return not np.isnan(self.share).any()

    def amount(self, weight=None) -> Estimate:
        """Return the sum over strata of weight x share, with its interval.

        Parameters
        ----------
        weight : array_like of float, shape (k,), optional
            What one event of each stratum counts, times its units; may be negative. `total` when not given.
        """
        weight = self.total if weight is None else np.asarray(weight, dtype=float)
        there = weight != 0  # a stratum that does not count need not be known
        weight, share, se = weight[there], self.share[there], self.se[there]
        under, over = share - self.low[there], self.high[there] - share
        below, above = np.where(weight > 0, under, over), np.where(weight > 0, over, under)
        value = float(weight @ share)
        se, down, up = (float(np.sqrt(((weight * part) ** 2).sum())) for part in (se, below, above))
        return Estimate(value, se, value - down, value + up)


def sampled_shares(stratum, weight, sampled, event, *, level: float) -> Strata:
    """Return the share of events in each stratum, with Jeffreys' interval for a finite number of units.

    Parameters
    ----------
    stratum : array_like of int, shape (n,)
        0, 1, ... for each unit.
    weight : array_like of float, shape (n,)
        What a unit counts, 0 or more: 1 for a share of units, an amount for a share of money.
    sampled, event : array_like of bool, shape (n,)
        Whether it was looked into; what was found then (not read elsewhere).
    level : float
        Coverage of the intervals, 0.95 is 95 %.

    Notes
    -----
    With unequal weights w a sample counts as (sum w)**2 / sum w**2 units, which is their number when all are equal. Of
    N units, n of them sampled, it counts (N - 1) / (N - n) times that: without limit when all are. Wilson's interval
    in place of Jeffreys' is wider where there is no event at all, and sums over strata then cover up to 98 %.

    Examples
    --------
    >>> found = sampled_shares([0] * 4, [1.0] * 4, [True] * 4, [True, False, False, False], level=0.95)
    >>> float(found.share[0]), float(found.low[0]), float(found.high[0])
    (0.25, 0.25, 0.25)
    """
    from statsmodels.stats.proportion import proportion_confint

    stratum, weight = np.asarray(stratum, dtype=int), np.asarray(weight, dtype=float)
    sampled, event = np.asarray(sampled, dtype=bool), np.asarray(event, dtype=bool)
    if (weight < 0).any():
        raise ValueError("a weight is 0 or more; some are negative.")
    k = int(stratum.max()) + 1 if stratum.size else 0

    def add(which, values):
        return np.bincount(stratum[which], values[which], minlength=k)

    everybody = np.ones(stratum.size, dtype=bool)
    total, drawn = add(everybody, weight), add(sampled, weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, add(sampled & event, weight) / drawn, 0.0)
        n = np.where(drawn > 0, drawn**2 / add(sampled, weight**2), 0.0)
        units = np.where(total > 0, total**2 / add(everybody, weight**2), 0.0)
        effective = n * (units - 1) / (units - n)
    whole = (drawn >= total * (1 - 1e-12)) | (total == 0)  # nothing is left to be unsure of
    judged = ~whole & (drawn > 0)
    low, high, se = share.copy(), share.copy(), np.where(np.isnan(share), np.nan, 0.0)
    trials, p = effective[judged], share[judged]
    below, above = proportion_confint(p * trials, trials, alpha=1 - level, method="jeffreys")
    low[judged], high[judged] = np.where(p > 0, below, 0.0), np.where(p < 1, above, 1.0)
    se[judged] = np.sqrt(p * (1 - p) / trials)
    count = np.bincount(stratum[sampled & (weight > 0)], minlength=k)
    return Strata(total, count, share, se, low, high)


def part_of_sum(first: Estimate, second: Estimate) -> Estimate:
    """Return first / (first + second) of two independent amounts that are 0 or more, not both 0 (ValueError).

    The interval comes from those of the two (MOVER-R); it stays inside 0 to 1.

    Examples
    --------
    >>> exact = part_of_sum(Estimate(3.0, 0.0, 3.0, 3.0), Estimate(1.0, 0.0, 1.0, 1.0))
    >>> exact.value, exact.ci_low, exact.ci_high
    (0.75, 0.75, 0.75)
    """
    a, b = first.value, second.value
    if a + b <= 0:
        raise ValueError("both amounts are 0: there is no part of nothing.")
    value = a / (a + b)
    se = float(np.hypot(b * first.se, a * second.se)) / (a + b) ** 2
    low, high = _least_odds(first, second), _least_odds(second, first)
    return Estimate(value, se, low / (1 + low) if np.isfinite(low) else 1.0, 1 / (1 + high))


def _least_odds(first: Estimate, second: Estimate) -> float:
    """Return the lower bound of first / second; infinite where second is 0 without doubt."""
    a, b = first.value, second.value
    if a == 0:
        return 0.0
    over = first.ci_low * (2 * a - first.ci_low)
    under = second.ci_high * (2 * b - second.ci_high)
    divisor = a * b + np.sqrt(max((a * b) ** 2 - over * under, 0.0))
    return float(over / divisor) if divisor > 0 else np.inf
