"""Money over time and what is left of it: discounting, present value, return, and where a return is zero.

Amounts are in one currency; a cost is a positive amount; a return is net over cost, a fraction. Functions take
arrays and broadcast as NumPy does. Source: Brealey, Myers and Allen, Principles of Corporate Finance, 12th edition
(2016), chapter 2.
"""

import numpy as np


def discount_factors(n_months: int, annual_discount_rate: float) -> np.ndarray:
    """Return what one unit of money at the end of months 1 to `n_months` is worth today.

    Parameters
    ----------
    n_months : int
        1 or more.
    annual_discount_rate : float
        A fraction a year, above -1; month k lies k/12 years away.

    Returns
    -------
    ndarray, shape (n_months,)
        Index 0 is month 1. All 1 when the rate is 0.

    Examples
    --------
    >>> discount_factors(24, 0.25)[[11, 23]].tolist()
    [0.8, 0.64]
    """
    if n_months < 1:
        raise ValueError(f"`n_months` is 1 or more; got {n_months}.")
    if not -1 < annual_discount_rate < np.inf:
        raise ValueError(f"`annual_discount_rate` lies above -1; got {annual_discount_rate}.")
    return (1 + annual_discount_rate) ** (-np.arange(1, n_months + 1) / 12)


def npv(amounts, annual_discount_rate: float, *, cost: float = 0.0) -> np.ndarray | float:
    """Return the present value of monthly amounts, less a cost paid today.

    Parameters
    ----------
    amounts : array_like of float, shape (..., n_months)
        Money received at the end of each month, the last axis counting months from 1; negative: paid.
    annual_discount_rate : float
        A fraction a year, above -1.
    cost : float
        Paid once at month 0, as a positive amount.

    Examples
    --------
    >>> npv([0.0] * 11 + [125.0], 0.25, cost=60.0)
    40.0
    """
    amounts = np.asarray(amounts, dtype=float)
    if amounts.ndim == 0 or amounts.shape[-1] == 0:
        raise ValueError(f"`amounts` needs one value per month; got shape {amounts.shape}.")
    value = amounts @ discount_factors(amounts.shape[-1], annual_discount_rate) - _paid(cost)
    return float(value) if np.ndim(value) == 0 else value


def roi(gain, cost):
    """Return net over cost: 0.6 when 25 paid out bring 40, -1 when they bring nothing.

    Parameters
    ----------
    gain, cost : array_like of float
        What came in, before the cost is taken off; what was paid, a positive amount.

    Examples
    --------
    >>> round(roi(40.0, 25.0), 12)
    0.6
    """
    cost = _paid(cost)
    if not (cost > 0).all():
        raise ValueError("there is no return on a cost of 0.")
    return _net(np.asarray(gain, dtype=float) / cost - 1)


def mixture(share, first, second):
    """Return the mean amount when `share` of the cases bring `first` and the rest `second`."""
    share = np.asarray(share, dtype=float)
    return _net(
        share * np.asarray(first, dtype=float) + (1 - share) * np.asarray(second, dtype=float)
    )


def break_even_share(first, second, cost):
    """Return the share of cases bringing `first`, the rest `second`, at which their mean equals `cost`.

    Parameters
    ----------
    first, second, cost : array_like of float
        Amounts; `first` and `second` differ (ValueError).

    Returns
    -------
    float or ndarray
        Outside 0 to 1 when no share does it: the two amounts lie on the same side of `cost`.

    Examples
    --------
    >>> break_even_share(100.0, 20.0, 40.0)
    0.25
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if (first == second).any():
        raise ValueError("both kinds of case bring the same: no share of them changes the mean.")
    return _net((np.asarray(cost, dtype=float) - second) / (first - second))


def _paid(cost) -> np.ndarray:
    cost = np.asarray(cost, dtype=float)
    if not ((cost >= 0) & np.isfinite(cost)).all():
        raise ValueError(f"`cost` is money paid out and is given as a positive amount; got {cost}.")
    return cost


def _net(value):
    return float(value) if np.ndim(value) == 0 else value


def discount_at(years, annual_discount_rate: float) -> np.ndarray | float:
    """Return what one unit of money is worth today when it comes `years` from now.

    Parameters
    ----------
    years : array_like of float
        0 is today.
    annual_discount_rate : float
        A fraction a year, above -1.

    Examples
    --------
    >>> discount_at([0, 1, 2], 0.25).tolist()
    [1.0, 0.8, 0.64]
    """
    if not -1 < annual_discount_rate < np.inf:
        raise ValueError(f"`annual_discount_rate` lies above -1; got {annual_discount_rate}.")
    return _net((1 + annual_discount_rate) ** -np.asarray(years, dtype=float))


def fading_sum(last, ratio):
    """Return what amounts come to that go on without end after `last`, each `ratio` times the one before.

    Parameters
    ----------
    last : array_like of float
        The amount before the first one counted.
    ratio : array_like of float
        0 or more and below 1 (ValueError): else there is no such sum.

    Examples
    --------
    8 is followed by 4, 2, 1 and so on, 8 in sum.

    >>> fading_sum(8.0, 0.5)
    8.0
    """
    ratio = np.asarray(ratio, dtype=float)
    if not ((ratio >= 0) & (ratio < 1)).all():
        raise ValueError(f"amounts that fade keep a `ratio` of 0 or more and below 1; got {ratio}.")
    return _net(np.asarray(last, dtype=float) * ratio / (1 - ratio))
