"""A ratio of two estimates that may have any sign, with the interval that follows from it.

Source: Fieller (1954), J. of the Royal Statistical Society B 16, 175-185.
"""

import numpy as np
from scipy import stats

from retorno.stats.student import Estimate, satterthwaite


def fieller_ratio(numerator: float, denominator: float, covariance, *, df: float, level: float):
    """Return numerator / denominator with Fieller's interval.

    Parameters
    ----------
    numerator, denominator : float
        The denominator's own interval must not hold 0 (ValueError): no bounded interval exists else.
    covariance : array_like of float, shape (2, 2)
        Of numerator and denominator, in this order.
    df : float
        Degrees of freedom of the t that bounds it.
    level : float
        Coverage of the interval, 0.95 is 95 %.

    Returns
    -------
    Estimate
        Its `se` is that of the linearised ratio; the interval is not symmetric about the value.
    """
    (vnn, vnd), (_, vdd) = np.asarray(covariance, dtype=float)
    t2 = float(stats.t.ppf((1 + level) / 2, df)) ** 2
    a = denominator**2 - t2 * vdd
    if not a > 0:
        raise ValueError("the denominator is not clear of zero: the ratio has no bounded interval.")
    b = numerator * denominator - t2 * vnd
    c = numerator**2 - t2 * vnn
    root = float(np.sqrt(max(0.0, b**2 - a * c)))
    value = numerator / denominator
    se = float(np.sqrt(max(0.0, vnn - 2 * value * vnd + value**2 * vdd))) / abs(denominator)
    return Estimate(float(value), se, float((b - root) / a), float((b + root) / a))


def share_of_gap(group, low, high, *, level: float) -> Estimate:
    """Return how far `group` lies from `low` towards `high`: (group - low) / (high - low), of means.

    Parameters
    ----------
    group, low, high : array_like of float, shape (n,)
        Values of three groups of different people, at least two each.

    Notes
    -----
    The mean of `low` stands in both differences. The degrees of freedom are Satterthwaite's at the
    estimate, of group - (1 - ratio) low - ratio high, whose parts are independent.
    """
    groups = [np.asarray(values, dtype=float) for values in (group, low, high)]
    if min(values.size for values in groups) < 2:
        sizes = ", ".join(str(values.size) for values in groups)
        raise ValueError(f"a share of a gap needs two values in each group; got {sizes}.")
    m, floor, ceiling = (values.mean() for values in groups)
    v, v_floor, v_ceiling = (values.var(ddof=1) / values.size for values in groups)
    if ceiling == floor:
        raise ValueError("there is no gap: both of its ends have one mean.")
    ratio = (m - floor) / (ceiling - floor)
    parts = np.array([v, (1 - ratio) ** 2 * v_floor, ratio**2 * v_ceiling])
    if not parts.sum() > 0:
        raise ValueError("all groups are constant: there is no spread to judge a ratio by.")
    df = satterthwaite([(p, x.size - 1) for p, x in zip(parts, groups, strict=True)])
    covariance = [[v + v_floor, v_floor], [v_floor, v_ceiling + v_floor]]
    return fieller_ratio(m - floor, ceiling - floor, covariance, df=df, level=level)
