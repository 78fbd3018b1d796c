"""A difference of two shares inside strata, where members are alike.

Sources: Greenland and Robins (1985), Biometrics 41, 55-68, for the Mantel-Haenszel difference; Sato, Greenland and
Robins (1989), Biometrics 45, 1323-1324, for its variance, which holds in few large and in many small strata; Newcombe
(1998), Statistics in Medicine 17, 873-890, method 10, for two shares without strata.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Within:
    """A difference of shares inside strata, and what it rests on.

    Attributes
    ----------
    difference : Estimate
        Share of events among the exposed minus that among the others.
    used : ndarray of bool, shape (n,)
        Members of strata in which both kinds exist.
    exposed, others : int
        Members used of each kind.
    strata : int
        Strata used.
    """

    difference: Estimate
    used: np.ndarray
    exposed: int
    others: int
    strata: int


def two_shares(event, exposed, *, level: float) -> Estimate:
    """Return the share of events among the exposed minus that among the others, Newcombe's interval.

    Parameters
    ----------
    event, exposed : array_like of bool, shape (n,)
        Members of both kinds (ValueError).
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    event, exposed = np.asarray(event, dtype=bool), np.asarray(exposed, dtype=bool)
    sizes = int(exposed.sum()), int((~exposed).sum())
    if min(sizes) < 1:
        raise ValueError(f"two kinds of members are wanted; got {sizes[0]} and {sizes[1]}.")
    events = int(event[exposed].sum()), int(event[~exposed].sum())
    low, high = confint_proportions_2indep(
        events[0], sizes[0], events[1], sizes[1], method="newcomb", compare="diff", alpha=1 - level
    )
    shares = [e / n for e, n in zip(events, sizes, strict=True)]
    variance = sum(p * (1 - p) / n for p, n in zip(shares, sizes, strict=True))
    value = shares[0] - shares[1]
    return Estimate(value, float(np.sqrt(variance)), float(low), float(high))


def mantel_haenszel(event, exposed, stratum, *, level: float) -> Within:
    """Return the difference of shares inside strata, each weighted by n1 n0 / (n1 + n0).

    Parameters
    ----------
    event, exposed : array_like of bool, shape (n,)
    stratum : array_like of int, shape (n,)
        Number of each member's stratum from 0; those of one kind alone are not used. One with both at least
        (ValueError).
    level : float
        Coverage of the interval, 0.95 is 95 %.

    Notes
    -----
    Where the difference is not the same in all strata it is their weighted mean. Normal interval. metafor's
    ``rma.mh(measure="RD")`` gives the same.
    """
    event, exposed = np.asarray(event, dtype=float), np.asarray(exposed, dtype=bool)
    stratum = np.asarray(stratum, dtype=int)
    ones, zeros = np.bincount(stratum, exposed), np.bincount(stratum, ~exposed)
    both = (ones > 0) & (zeros > 0)
    if not both.any():
        raise ValueError("no stratum holds members of both kinds.")
    a = np.bincount(stratum, event * exposed, minlength=both.size)[both]
    c = np.bincount(stratum, event * ~exposed, minlength=both.size)[both]
    n1, n0 = ones[both], zeros[both]
    n = n1 + n0
    total = float((n1 * n0 / n).sum())
    value = float((a * n0 / n - c * n1 / n).sum()) / total
    first = c * (n1 / n) ** 2 - a * (n0 / n) ** 2 + (n1 / n) * (n0 / n) * (n0 - n1) / 2
    second = (a * (n0 - c) + c * (n1 - a)) / n / 2
    variance = max(value * float(first.sum()) + float(second.sum()), 0.0) / total**2
    half = float(stats.norm.ppf((1 + level) / 2) * np.sqrt(variance))
    difference = Estimate(value, float(np.sqrt(variance)), value - half, value + half)
    return Within(difference, both[stratum], int(n1.sum()), int(n0.sum()), int(both.sum()))
