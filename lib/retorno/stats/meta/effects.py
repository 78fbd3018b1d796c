"""Published numbers turned into an effect with its variance: one row per study, and a word on how each was made.

Group 1 minus group 2, after minus before: positive means the first group, or the later score, is higher. Every argument
is one number or one per study, shape (k,); single numbers hold for all. Effects on one scale may be pooled together:
Hedges' g of two groups goes with the change in SDs of the before score, not with that in SDs of the changes.

Sources: the formulas are those of metafor's ``escalc`` (Viechtbauer 2010, J. of Statistical Software 36(3)), by the
measures named below; Hedges (1981), J. of Educational Statistics 6, 107-128, for J; Becker (1988), British J. of
Mathematical and Statistical Psychology 41, 257-278, for changes; Borenstein, Hedges, Higgins and Rothstein (2009),
Introduction to Meta-Analysis, chapter 7, for d from r.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects ready to be pooled.

    Attributes
    ----------
    effect, variance : ndarray, shape (k,)
        The effect of each study and its squared standard error; variances are positive.
    how : tuple of str, length k
        What each was made from.
    """

    effect: np.ndarray
    variance: np.ndarray
    how: tuple[str, ...]


def together(*parts: Effects) -> Effects:
    """Return the rows of several results as one, in this order.

    Examples
    --------
    >>> both = together(fisher_z(r=0.3, n=50), fisher_z(r=[0.1, 0.2], n=40))
    >>> both.effect.size, both.how[0]
    (3, 'Fisher z of r')
    """
    if not parts:
        raise ValueError("there is nothing to put together: give at least one result.")
    return Effects(
        np.concatenate([part.effect for part in parts]),
        np.concatenate([part.variance for part in parts]),
        tuple(word for part in parts for word in part.how),
    )


def small_sample_j(df):
    """Return Hedges' exact correction, Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)), for df above 1.

    Examples
    --------
    >>> round(float(small_sample_j(38)), 6)  # 1 - 3 / (4 * 38 - 1) is 0.980132
    0.98011
    """
    df = np.asarray(df, dtype=float)
    return np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)


def g_from_means(*, mean1, sd1, n1, mean2, sd2, n2) -> Effects:
    """Return Hedges' g of two independent groups from their means, SDs and sizes.

    Parameters
    ----------
    mean1, mean2, sd1, sd2 : float or array_like
        In one unit within a study. SDs of 0 or more, not both 0.
    n1, n2 : float or array_like
        Values in each group, at least 2.

    Raises
    ------
    ValueError
        Naming the row, counted from 1, and the argument.

    Notes
    -----
    metafor's "SMD": pooled SD, J exact, variance 1/n1 + 1/n2 + g**2 / (2 (n1 + n2)). `stats.effect_size.hedges_g`, for
    one survey, takes J by 1 - 3 / (4 df - 1) and multiplies the variance by J**2: at 20 in each group its error is 2 %
    smaller. Within one pool use one of the two.

    Examples
    --------
    >>> got = g_from_means(mean1=12, sd1=4, n1=20, mean2=10, sd2=4, n2=20)
    >>> round(float(got.effect[0]), 5), round(float(got.variance[0]), 5)
    (0.49006, 0.103)
    """
    rows = _rows(mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2)
    mean1, sd1, n1, mean2, sd2, n2 = rows.values()
    _need_spread(rows, "sd1", "sd2")
    _need_groups(rows)
    pooled = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2))
    return _g((mean1 - mean2) / pooled, n1, n2, "g from means and SDs")


def difference_of_means(*, mean1, sd1, n1, mean2, sd2, n2) -> Effects:
    """Return mean 1 minus mean 2 in their own unit, variance sd1**2 / n1 + sd2**2 / n2.

    Arguments as in `g_from_means`. metafor's "MD"; the unit must be the same in all studies pooled.

    Examples
    --------
    >>> difference_of_means(mean1=12, sd1=4, n1=20, mean2=10, sd2=4, n2=20).variance.tolist()
    [1.6]
    """
    rows = _rows(mean1=mean1, sd1=sd1, n1=n1, mean2=mean2, sd2=sd2, n2=n2)
    mean1, sd1, n1, mean2, sd2, n2 = rows.values()
    _need_spread(rows, "sd1", "sd2")
    _need_groups(rows)
    return _made(mean1 - mean2, sd1**2 / n1 + sd2**2 / n2, "difference of means")


def change_in_before_sds(*, mean_before, mean_after, sd_before, n, r) -> Effects:
    """Return the mean change of the same people in SDs of their before score.

    Parameters
    ----------
    mean_before, mean_after, sd_before : float or array_like
        In one unit within a study; the SD above 0.
    n : float or array_like
        Pairs, at least 3.
    r : float or array_like
        Correlation of before and after, between -1 and 1. Where it was not published, take a likely one and show
        the result over a range: it moves the variance, not the effect.

    Notes
    -----
    metafor's "SMCR" with after as m1i: variance 2 (1 - r) / n + g**2 / (2 n). On the scale of `g_from_means`.

    Examples
    --------
    >>> got = change_in_before_sds(mean_before=4, mean_after=5, sd_before=2, n=50, r=0.6)
    >>> round(float(got.effect[0]), 5), round(float(got.variance[0]), 5)
    (0.4923, 0.01842)
    """
    rows = _rows(mean_before=mean_before, mean_after=mean_after, sd_before=sd_before, n=n, r=r)
    mean_before, mean_after, sd_before, n, r = rows.values()
    _need(rows, "sd_before", sd_before > 0, "above 0")
    _need_pairs(rows)
    g = small_sample_j(n - 1) * (mean_after - mean_before) / sd_before
    return _made(g, 2 * (1 - r) / n + g**2 / (2 * n), "change in SDs of the before score")


def change_in_change_sds(*, mean_before, mean_after, sd_before, sd_after, n, r) -> Effects:
    """Return the mean change of the same people in SDs of the changes.

    Arguments as in `change_in_before_sds`, with the SD of both scores. metafor's "SMCC" with after as m1i: variance
    1 / n + g**2 / (2 n). Not on the scale of `g_from_means`: the higher r, the larger this number.

    Examples
    --------
    >>> got = change_in_change_sds(mean_before=4, mean_after=5, sd_before=2, sd_after=2, n=50, r=0.6)
    >>> round(float(got.effect[0]), 5), round(float(got.variance[0]), 5)
    (0.55041, 0.02303)
    """
    rows = _rows(
        mean_before=mean_before,
        mean_after=mean_after,
        sd_before=sd_before,
        sd_after=sd_after,
        n=n,
        r=r,
    )
    mean_before, mean_after, sd_before, sd_after, n, r = rows.values()
    _need_spread(rows, "sd_before", "sd_after")
    _need_pairs(rows)
    sd_change = np.sqrt((sd_before - sd_after) ** 2 + 2 * (1 - r) * sd_before * sd_after)
    return _in_change_sds((mean_after - mean_before) / sd_change, n, "change in SDs of the changes")


def change_from_t(*, t, n) -> Effects:
    """Return the mean change in SDs of the changes from the t of a paired test of `n` pairs, at least 3.

    As `change_in_change_sds`; a positive t means that the after score is higher.

    Examples
    --------
    >>> change_from_t(t=3.0, n=36).effect.round(4).tolist()
    [0.4892]
    """
    rows = _rows(t=t, n=n)
    t, n = rows.values()
    _need(rows, "n", n >= 3, "at least 3")
    return _in_change_sds(t / np.sqrt(n), n, "change in SDs of the changes, from paired t")


def fisher_z(*, r, n) -> Effects:
    """Return Fisher's z of a correlation, atanh(r), variance 1 / (n - 3).

    Parameters
    ----------
    r : float or array_like
        Between -1 and 1, neither reached.
    n : float or array_like
        Pairs, at least 4.

    Notes
    -----
    metafor's "ZCOR". ``numpy.tanh`` takes a pooled z and its bounds back to correlations.

    Examples
    --------
    >>> fisher_z(r=0.5, n=103).variance.tolist()
    [0.01]
    """
    rows = _rows(r=r, n=n)
    r, n = rows.values()
    _need_correlation(rows)
    _need(rows, "n", n >= 4, "at least 4")
    return _made(np.arctanh(r), 1 / (n - 3), "Fisher z of r")


def d_from_r(*, r, n) -> Effects:
    """Return the standardised difference that goes with a correlation, 2 r / sqrt(1 - r**2).

    Arguments as in `fisher_z`, n at least 3.

    Notes
    -----
    Variance 4 / ((n - 1) (1 - r**2)), from (1 - r**2)**2 / (n - 1) for r by the delta method. It takes a continuous
    score as cut into two groups of one size. Where r is that of a score with two groups of known sizes, its t is
    r sqrt((n - 2) / (1 - r**2)): use `g_from_t`, which is exact.

    Examples
    --------
    >>> got = d_from_r(r=0.6, n=101)
    >>> round(float(got.effect[0]), 4), round(float(got.variance[0]), 4)
    (1.5, 0.0625)
    """
    rows = _rows(r=r, n=n)
    r, n = rows.values()
    _need_correlation(rows)
    _need(rows, "n", n >= 3, "at least 3")
    return _made(2 * r / np.sqrt(1 - r**2), 4 / ((n - 1) * (1 - r**2)), "d from r")


def g_from_t(*, t, n1, n2) -> Effects:
    """Return Hedges' g of two independent groups from Student's t (equal variances) and their sizes, at least 2.

    A positive t means that group 1 is higher. As `g_from_means`, with d = t sqrt(1/n1 + 1/n2); Welch's t gives the
    same only for groups of one size or one spread.

    Examples
    --------
    >>> g_from_t(t=2.5, n1=40, n2=40).effect.round(4).tolist()
    [0.5536]
    """
    rows = _rows(t=t, n1=n1, n2=n2)
    _need_groups(rows)
    return _g_of_t(*rows.values(), "g from t")


def g_from_f(*, f, n1, n2, sign) -> Effects:
    """Return Hedges' g of two independent groups from F with 1 and n1 + n2 - 2 degrees of freedom.

    Parameters
    ----------
    f : float or array_like
        0 or more, from two groups and no covariate.
    n1, n2 : float or array_like
        As in `g_from_t`.
    sign : {1, -1} or array_like
        1 where group 1 is higher, -1 where it is lower: F does not say.

    Examples
    --------
    >>> g_from_f(f=6.25, n1=40, n2=40, sign=-1).effect.round(4).tolist()
    [-0.5536]
    """
    rows = _rows(f=f, n1=n1, n2=n2, sign=sign)
    f, n1, n2, sign = rows.values()
    _need(rows, "f", f >= 0, "0 or more")
    _need_sign(rows)
    _need_groups(rows)
    return _g_of_t(sign * np.sqrt(f), n1, n2, "g from F")


def g_from_p(*, p, n1, n2, sign) -> Effects:
    """Return Hedges' g of two independent groups from the two-sided p of their t test.

    Parameters
    ----------
    p : float or array_like
        Above 0 and at most 1, the exact p: a bound such as "p < .05" gives a g that is too small.
    n1, n2, sign
        As in `g_from_f`.

    Examples
    --------
    >>> g_from_p(p=0.0145, n1=40, n2=40, sign=1).effect.round(3).tolist()
    [0.554]
    """
    rows = _rows(p=p, n1=n1, n2=n2, sign=sign)
    p, n1, n2, sign = rows.values()
    _need(rows, "p", (p > 0) & (p <= 1), "above 0 and at most 1 (p of 0 has no t: give t)")
    _need_sign(rows)
    _need_groups(rows)
    return _g_of_t(sign * np.abs(special.stdtrit(n1 + n2 - 2, p / 2)), n1, n2, "g from p")


def log_risk_ratio(*, events1, n1, events2, n2) -> Effects:
    """Return the log of the risk in group 1 over that in group 2.

    Parameters
    ----------
    events1, events2 : float or array_like
        People with the event, from 0 to the size of the group.
    n1, n2 : float or array_like
        People in each group, at least 1.

    Notes
    -----
    metafor's "RR": variance 1/events1 - 1/n1 + 1/events2 - 1/n2. In a study with an empty cell, 1/2 is added to each
    of its four cells; `how` says so.

    Examples
    --------
    >>> log_risk_ratio(events1=10, n1=100, events2=20, n2=100).effect.round(4).tolist()
    [-0.6931]
    """
    a, b, c, d, note = _cells(events1, n1, events2, n2)
    value = np.log(a / (a + b)) - np.log(c / (c + d))
    return _made(value, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), "log risk ratio", note)


def log_odds_ratio(*, events1, n1, events2, n2) -> Effects:
    """Return the log of the odds in group 1 over those in group 2.

    Arguments and empty cells as in `log_risk_ratio`. metafor's "OR": variance the sum of 1 over each cell.

    Examples
    --------
    >>> log_odds_ratio(events1=10, n1=100, events2=20, n2=100).effect.round(4).tolist()
    [-0.8109]
    """
    a, b, c, d, note = _cells(events1, n1, events2, n2)
    value = np.log(a) - np.log(b) - np.log(c) + np.log(d)
    return _made(value, 1 / a + 1 / b + 1 / c + 1 / d, "log odds ratio", note)


def _g(d, n1, n2, how) -> Effects:
    g = small_sample_j(n1 + n2 - 2) * d
    return _made(g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)), how)


def _g_of_t(t, n1, n2, how) -> Effects:
    return _g(t * np.sqrt(1 / n1 + 1 / n2), n1, n2, how)


def _in_change_sds(d, n, how) -> Effects:
    g = small_sample_j(n - 1) * d
    return _made(g, 1 / n + g**2 / (2 * n), how)


def _made(effect, variance, how, note=None) -> Effects:
    """Return the result; `note` marks rows whose numbers were changed first."""
    for row in np.flatnonzero(~(np.isfinite(effect) & np.isfinite(variance) & (variance > 0)))[:1]:
        raise ValueError(
            f"row {row + 1}: its numbers are too large or too small to make an effect of ({how})."
        )
    notes = [""] * effect.size if note is None else note
    return Effects(effect, variance, tuple(how + more for more in notes))


def _cells(events1, n1, events2, n2):
    """Return the four cells of each study, 1/2 added to all where one is empty, and a note on it per row."""
    rows = _rows(events1=events1, n1=n1, events2=events2, n2=n2)
    for group in ("1", "2"):
        events, n = rows[f"events{group}"], rows[f"n{group}"]
        _need(rows, f"n{group}", n >= 1, "at least 1")
        ok = (events >= 0) & (events <= n)
        _need(rows, f"events{group}", ok, f"between 0 and `n{group}`")
    events1, n1, events2, n2 = rows.values()
    cells = np.array([events1, n1 - events1, events2, n2 - events2])
    empty = (cells == 0).any(axis=0)
    notes = [", 1/2 added to each cell" if one else "" for one in empty]
    return *(cells + 0.5 * empty), notes


def _rows(**columns) -> dict[str, np.ndarray]:
    """Return the arguments as arrays of one length; ValueError where a row misses one."""
    given = {}
    for name, values in columns.items():
        try:
            given[name] = np.atleast_1d(np.asarray(values, dtype=float))
        except (TypeError, ValueError) as error:
            raise TypeError(f"`{name}` needs numbers: {error}.") from error
    shapes = {name: values.shape for name, values in given.items()}
    lengths = {shape[0] for shape in shapes.values() if shape != (1,)}
    if len(lengths) > 1 or 0 in lengths or any(len(shape) > 1 for shape in shapes.values()):
        raise ValueError(
            f"each argument is one number or one per study, shape (k,), k at least 1; got {shapes}."
        )
    k = lengths.pop() if lengths else 1
    rows = {name: np.broadcast_to(values, k) for name, values in given.items()}
    for name, values in rows.items():
        _need(rows, name, np.isfinite(values), "given and finite")
    return rows


def _need(rows, name, ok, wanted) -> None:
    """Raise ValueError naming the first row that is not `ok`."""
    if not ok.all():
        row = int(np.flatnonzero(~ok)[0])
        more = int((~ok).sum()) - 1
        others = f" (and {more} more)" if more else ""
        raise ValueError(
            f"row {row + 1}{others}: `{name}` must be {wanted}; got {rows[name][row]:g}."
        )


def _need_groups(rows) -> None:
    for name in ("n1", "n2"):
        _need(rows, name, rows[name] >= 2, "at least 2")


def _need_spread(rows, first, second) -> None:
    for name in (first, second):
        _need(rows, name, rows[name] >= 0, "0 or more")
    _need(rows, first, rows[first] + rows[second] > 0, f"above 0 where `{second}` is 0")


def _need_correlation(rows) -> None:
    _need(rows, "r", np.abs(rows["r"]) < 1, "between -1 and 1, neither reached")


def _need_pairs(rows) -> None:
    _need_correlation(rows)
    _need(rows, "n", rows["n"] >= 3, "at least 3")


def _need_sign(rows) -> None:
    _need(rows, "sign", np.abs(rows["sign"]) == 1, "1 (group 1 higher) or -1 (group 1 lower)")
