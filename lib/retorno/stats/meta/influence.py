"""What each study does to a pooled effect: study after study added, each left out in turn, and each pulled to the mean.

Sources: Viechtbauer and Cheung (2010), Research Synthesis Methods 1, 112-125, for the diagnostics; Baujat, Mahe, Pignon
and Hill (2002), Statistics in Medicine 21, 2641-2652, for the plot named after the first; Lau, Schmid and Chalmers
(1995), J. of Clinical Epidemiology 48, 45-57, for cumulative pooling; Raudenbush and Bryk (1985), J. of Educational
Statistics 10, 75-98, for shrunken effects. Numbers are those of R's metafor 3.8.1: cumul, leave1out, influence, baujat
and blup.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special

from retorno.stats.meta.models import RandomEffects, random_effects


@dataclass(frozen=True, slots=True)
class Steps:
    """Pooled effects of several subsets of the studies, one entry for each; all arrays have shape (n_steps,).

    Attributes
    ----------
    study : ndarray of int
        Study added or left out, counted from 0 in the order given.
    k : ndarray of int
        Studies pooled.
    mu, se, ci_low, ci_high, statistic, p : ndarray
        Pooled effect, its error, interval, and test, as in `RandomEffects`. A single study has Wald's interval.
    tau2, i2, h2, q, q_p : ndarray
        Heterogeneity among the studies pooled.
    level : float
        Coverage of the intervals, 0.95 is 95 %.
    fits : tuple of RandomEffects
        The models themselves, with what was held or replaced in their `notes`.
    """

    study: np.ndarray
    k: np.ndarray
    mu: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    q: np.ndarray
    q_p: np.ndarray
    level: float
    fits: tuple[RandomEffects, ...]


@dataclass(frozen=True, slots=True)
class Influence:
    """What the pooled effect owes to each study; all arrays have shape (k,).

    Attributes
    ----------
    studentised : ndarray
        Effect minus the mean of the others, over the error of that difference. Positive: above the others.
    dffits : ndarray
        Change of the study's fitted mean when it is left out, in standard errors. Positive: it pulls the mean up.
    cook : ndarray
        Cook's distance: squared change of mu over its squared error.
    cov_ratio : ndarray
        Squared error of mu without the study over that with it; below 1 the study makes mu less sure.
    tau2_deleted, q_deleted : ndarray
        tau2 and Cochran's Q of the others.
    hat : ndarray
        Leverage; for a pooled mean the share of the study in it.
    dfbeta : ndarray
        Change of mu when the study is left out, in errors of mu at the tau2 of the others. Positive: it pulls mu up.
    influential : ndarray of bool
        Whether one of metafor's four marks is passed: |dffits| > 3 sqrt(1 / (k - 1)), Cook's distance beyond the
        median of chi-square with 1 df, hat > 3 / k, |dfbeta| > 1. Rules of thumb, not tests.
    """

    studentised: np.ndarray
    dffits: np.ndarray
    cook: np.ndarray
    cov_ratio: np.ndarray
    tau2_deleted: np.ndarray
    q_deleted: np.ndarray
    hat: np.ndarray
    dfbeta: np.ndarray
    influential: np.ndarray


@dataclass(frozen=True, slots=True)
class Baujat:
    """Coordinates of Baujat's plot; both arrays have shape (k,) and no unit.

    Attributes
    ----------
    heterogeneity : ndarray
        Squared Pearson residual, (y - mu)**2 / (v + tau2); for "FE" they add up to Q.
    influence : ndarray
        Squared change of mu when the study is left out, over the squared error of mu without it.
    """

    heterogeneity: np.ndarray
    influence: np.ndarray


@dataclass(frozen=True, slots=True)
class Shrunken:
    """True effect of each study as the model sees it: between its own estimate and the mean; arrays of shape (k,).

    Attributes
    ----------
    effect : ndarray
        Best linear unbiased prediction, own * y + (1 - own) * mu.
    se, ci_low, ci_high : ndarray
        Its error, tau2 taken as known, and `level` interval by the law of the pooled interval.
    own : ndarray
        Share of the study's own effect, tau2 / (tau2 + v); 0: all studies are taken to have one true effect.
    level : float
    """

    effect: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    own: np.ndarray
    level: float


def cumulative(fit: RandomEffects, order=None) -> Steps:
    """Return the pooled effect after the first study, the first two, and so on.

    Parameters
    ----------
    fit : RandomEffects
        Gives the studies, and method, interval and level of every step.
    order : array_like of numbers, shape (k,), optional
        Studies enter by its rising values, such as years; equal ones in the order given, which is also the default.

    Raises
    ------
    ValueError
        `order` of another shape or with values that are not finite.

    Notes
    -----
    Each step is its own model (about 0.2 ms). Looking after every study, and stopping at will, has no 5 % error.

    Examples
    --------
    >>> fit = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01], interval="wald")
    >>> [round(float(mu), 3) for mu in cumulative(fit, order=[2001, 1999, 2003, 2002]).mu]
    [0.3, 0.2, 0.375, 0.377]
    """
    entering = np.arange(fit.k)
    if order is not None:
        order = np.asarray(order, dtype=float)
        if order.shape != (fit.k,) or not np.isfinite(order).all():
            raise ValueError(
                f"`order` needs one finite number per study, shape ({fit.k},); got shape {order.shape}"
                f" with {int((~np.isfinite(order)).sum())} that are not finite."
            )
        entering = np.argsort(order, kind="stable")
    return _steps(entering, (_again(fit, entering[: n + 1]) for n in range(fit.k)), fit.level)


def leave_one_out(fit: RandomEffects) -> Steps:
    """Return the pooled effect without each study in turn, in the order of the studies.

    Parameters
    ----------
    fit : RandomEffects
        Of two studies or more (ValueError).

    Examples
    --------
    >>> fit = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01], interval="wald")
    >>> [round(float(mu), 3) for mu in leave_one_out(fit).mu]
    [0.478, 0.392, 0.375, 0.235]
    """
    return _steps(np.arange(fit.k), _others(fit, "leaving one out"), fit.level)


def influence(fit: RandomEffects) -> Influence:
    """Return the diagnostics of each study.

    Parameters
    ----------
    fit : RandomEffects
        Of two studies or more (ValueError).

    Notes
    -----
    With Hartung-Knapp all errors carry its factor, as in metafor. Where the others are one study, or alike, so that
    they give no such factor, theirs is 1 (metafor has 0 for the alike, and no number follows).

    Examples
    --------
    >>> fit = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01])
    >>> [round(float(z), 2) for z in influence(fit).studentised]
    [-1.56, -0.27, -0.07, 3.98]
    """
    rest = _deleted(fit, "influence")
    factor = rest.se**2 / rest.se_wald**2
    residual = fit.effect - rest.mu
    change = fit.mu - rest.mu
    at_their_tau2 = fit.variance + rest.tau2[:, None]
    error2 = 1 / (1 / at_their_tau2).sum(axis=1)
    dffits = change / np.sqrt(factor * fit.weights * (rest.tau2 + fit.variance))
    dfbeta = change / np.sqrt(factor * error2)
    cook = (change / fit.se) ** 2
    marks = (
        (np.abs(dffits) > 3 * (1 / (fit.k - 1)) ** 0.5)
        | (special.chdtr(1, cook) > 0.5)
        | (fit.weights > 3 / fit.k)
        | (np.abs(dfbeta) > 1)
    )
    return Influence(
        studentised=residual / np.sqrt(factor * (fit.variance + rest.tau2) + rest.se**2),
        dffits=dffits,
        cook=cook,
        cov_ratio=(rest.se / fit.se) ** 2,
        tau2_deleted=rest.tau2,
        q_deleted=rest.q,
        hat=fit.weights,
        dfbeta=dfbeta,
        influential=marks,
    )


def baujat(fit: RandomEffects) -> Baujat:
    """Return how much each study adds to heterogeneity, and how much to the pooled effect.

    Parameters
    ----------
    fit : RandomEffects
        Of two studies or more (ValueError).

    Examples
    --------
    >>> fit = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01], method="FE", interval="wald")
    >>> bool(np.isclose(baujat(fit).heterogeneity.sum(), fit.q))
    True
    """
    rest = _deleted(fit, "Baujat's plot")
    residual = fit.effect - fit.mu
    change = rest.mu - fit.mu
    return Baujat(residual**2 / (fit.tau2 + fit.variance), (change / rest.se) ** 2)


def shrunken(fit: RandomEffects) -> Shrunken:
    """Return each study's effect drawn towards the pooled one: what the others say about it included.

    Parameters
    ----------
    fit : RandomEffects
        Where its tau2 is 0, by its method or held there, every shrunken effect is mu.

    Notes
    -----
    The error takes tau2 as known, as metafor's ``blup`` does: with few studies the interval is somewhat narrow.

    Examples
    --------
    >>> fit = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01])
    >>> [round(float(y), 3) for y in shrunken(fit).effect]
    [0.214, 0.332, 0.365, 0.598]
    """
    own = fit.tau2 / (fit.tau2 + fit.variance)
    effect = own * fit.effect + (1 - own) * fit.mu
    se = np.sqrt(own * fit.variance + (1 - own) ** 2 * fit.se**2)
    tail = (1 + fit.level) / 2
    critical = special.ndtri(tail) if fit.df is None else special.stdtrit(fit.df, tail)
    return Shrunken(effect, se, effect - critical * se, effect + critical * se, own, fit.level)


def _again(fit: RandomEffects, studies) -> RandomEffects:
    """Return the model of `fit` for some of its studies."""
    options = {"method": fit.method, "interval": fit.interval, "level": fit.level}
    return random_effects(fit.effect[studies], fit.variance[studies], **options)


def _others(fit: RandomEffects, what: str) -> list[RandomEffects]:
    """Return the model without each study in turn."""
    if fit.k < 2:
        raise ValueError(f"{what} needs two studies: without the only one, nothing is left.")
    every = np.arange(fit.k)
    return [_again(fit, every != study) for study in every]


@dataclass(frozen=True, slots=True)
class _Rest:
    """The models without each study in turn, as arrays of shape (k,)."""

    mu: np.ndarray
    se: np.ndarray
    se_wald: np.ndarray
    tau2: np.ndarray
    q: np.ndarray


def _deleted(fit: RandomEffects, what: str) -> _Rest:
    fits = _others(fit, what)
    return _Rest(**{name: _column(fits, name) for name in _Rest.__dataclass_fields__})


def _column(fits: Iterable[RandomEffects], name: str) -> np.ndarray:
    return np.array([getattr(fit, name) for fit in fits])


def _steps(study, fits: Iterable[RandomEffects], level: float) -> Steps:
    fits = tuple(fits)
    same = set(Steps.__dataclass_fields__) - {"study", "level", "fits"}
    return Steps(
        study=study, level=level, fits=fits, **{name: _column(fits, name) for name in same}
    )
