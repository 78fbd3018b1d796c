"""A lopsided funnel: do less precise studies have other effects, and what would the most precise one have?

Egger's regression and Begg and Mazumdar's rank correlation test it; PET and PEESE follow the line to a study without
sampling error. Omission of small studies tilts a funnel; so do other customers or stronger treatments in small studies,
and effect sizes that are tied to their own standard error.

Sources: Egger et al. (1997), BMJ 315, 629-634; Sterne and Egger (2005), in Rothstein, Sutton and Borenstein,
Publication bias in meta-analysis, 99-110; Begg and Mazumdar (1994), Biometrics 50, 1088-1101; Stanley and Doucouliagos
(2014), Research Synthesis Methods 5, 60-78. Figures agree with R's metafor 3.8.1, ``regtest`` and ``ranktest``.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.meta.models import checked
from retorno.stats.meta.regression import meta_regression
from retorno.stats.student import Estimate, Student

FORMS = ("weighted", "mixed")
EXACT_UP_TO = (
    170  # studies; beyond them the law of the rank correlation is normal to all digits that matter
)
SAME = 1e-12  # variances that differ by less, relative to the largest, are the same


@dataclass(frozen=True, slots=True)
class FunnelRegression:
    """A straight line of effects on their standard error or their variance.

    Attributes
    ----------
    slope : Student
        Change of the effect per unit of the predictor. Away from 0: small studies have other effects than large ones.
    limit : Student
        Height of the line at a standard error of 0, in the unit of the effects: PET's or PEESE's estimate.
    predictor : {"se", "variance"}
    form : {"weighted", "mixed"}
    tau2 : float or None
        Variance between studies the line leaves over; None for "weighted", which scales all variances instead.
    k, level : int, float
    """

    slope: Student
    limit: Student
    predictor: str
    form: str
    tau2: float | None
    k: int
    level: float

    @property
    def statistic(self) -> float:
        """Slope over its error: t, or z where its `df` are infinite."""
        return self.slope.value / self.slope.se

    @property
    def p(self) -> float:
        """Two-sided p of a slope of 0: of an even funnel."""
        return self.slope.p

    @property
    def estimate(self) -> Estimate:
        """The limit with its `level` interval."""
        return self.limit.at(self.level)


def egger(
    effect, variance, *, form="weighted", method="REML", interval="hartung-knapp", level=0.95
) -> FunnelRegression:
    """Return Egger's regression of effects on their standard errors.

    Parameters
    ----------
    effect, variance : array_like of float, shape (k,)
        Effects and their squared standard errors; three or more studies, not all of one variance.
    form : {"weighted", "mixed"}
        "weighted": Egger's own, least squares with weights 1 / variance and a free scale, t with k - 2. "mixed":
        variance between studies is added to each variance.
    method, interval : str
        Of the mixed form, as for `random_effects`; the weighted form has neither.
    level : float
        Coverage of the interval of the limit, 0.95 is 95 %.

    Raises
    ------
    ValueError
        With fewer than three studies, one variance for all, effects that lie exactly on the line ("mixed" takes the
        normal law then), or no convergence.

    Notes
    -----
    The slope is the intercept of the line of effect / se on 1 / se, as Egger wrote it. In metafor ``regtest(yi, vi,
    model = "lm")``, and ``regtest(fit)`` with the test and method of `fit`. Standardised differences and log odds
    ratios are tied to their own standard errors, which tilts their funnel without any selection.

    Examples
    --------
    >>> got = egger([0.9, 0.55, 0.3, 0.35, 0.2], [0.16, 0.09, 0.04, 0.0225, 0.01])
    >>> round(got.slope.value, 3), round(got.p, 3), round(got.limit.value, 3)
    (1.945, 0.016, 0.007)
    """
    return _line("se", effect, variance, form, method, interval, level)


def pet(
    effect, variance, *, form="weighted", method="REML", interval="hartung-knapp", level=0.95
) -> FunnelRegression:
    """Return the precision-effect test: Egger's line, read where the standard error is 0 (`limit`)."""
    return _line("se", effect, variance, form, method, interval, level)


def peese(
    effect, variance, *, form="weighted", method="REML", interval="hartung-knapp", level=0.95
) -> FunnelRegression:
    """Return the precision-effect estimate with standard error: as `pet`, with the variance for the standard error.

    It is flat near 0, and so is less off than PET where there is an effect, and more where there is none.
    """
    return _line("variance", effect, variance, form, method, interval, level)


def _line(predictor, effect, variance, form, method, interval, level) -> FunnelRegression:
    effect, variance = uneven(effect, variance, 3)
    if form not in FORMS:
        raise ValueError(f"`form` is one of {', '.join(FORMS)}; got {form!r}.")
    if form == "weighted":  # a common effect with a free scale is least squares with weights
        method, interval = "FE", "hartung-knapp"
    column = np.sqrt(variance) if predictor == "se" else variance
    unit = float(column.mean())  # so that columns of any unit are of one size
    design = np.column_stack([np.ones_like(column), column / unit])
    fit = meta_regression(effect, variance, design, method=method, interval=interval, level=level)
    if form == "weighted" and fit.interval != interval:
        raise ValueError(
            "the effects lie exactly on the line: there is no scatter to judge it by. Use form='mixed'."
        )
    (limit, slope), (limit_se, slope_se) = fit.coefficients, fit.se
    return FunnelRegression(
        slope=Student(float(slope / unit), float(slope_se / unit), float(fit.df)),
        limit=Student(float(limit), float(limit_se), float(fit.df)),
        predictor=predictor,
        form=form,
        tau2=None if form == "weighted" else fit.tau2,
        k=effect.size,
        level=level,
    )


def uneven(effect, variance, least) -> tuple[np.ndarray, np.ndarray]:
    """Return the studies checked: at least `least`, and not all of one variance."""
    effect, variance = checked(effect, variance)
    if effect.size < least:
        raise ValueError(f"a funnel's shape needs at least {least} studies; got {effect.size}.")
    if np.ptp(variance) <= SAME * variance.max():
        raise ValueError(
            f"all {effect.size} studies have the variance {variance[0]:g}: nothing tells small ones from large ones."
        )
    return effect, variance


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Kendall's rank correlation of effects and variances.

    Attributes
    ----------
    tau : float
        From -1 to 1. Positive: less precise studies have higher effects.
    p : float
        Two-sided p of no relation.
    exact : bool
        Whether p counts all orders; otherwise it is by the normal law, ties allowed for.
    k : int
    """

    tau: float
    p: float
    exact: bool
    k: int


def rank_correlation(effect, variance) -> RankCorrelation:
    """Return Begg and Mazumdar's test: Kendall's tau of standardised effects and variances, each of shape (k,).

    Needs three studies, not all of one variance (ValueError). The effect less its common mean is divided by its own
    standard error about that mean, sqrt(variance - 1 / sum(1 / variance)). p is exact without ties up to 170 studies,
    as in metafor's ``ranktest``; with ties, or beyond, by the normal law. It sees little with few studies.

    Examples
    --------
    >>> got = rank_correlation([0.9, 0.55, 0.3, 0.35, 0.2], [0.16, 0.09, 0.04, 0.0225, 0.01])
    >>> round(got.tau, 3), round(got.p, 4), got.exact  # 9 of 10 pairs agree
    (0.8, 0.0833, True)
    """
    effect, variance = uneven(effect, variance, 3)
    weight = 1 / variance
    mean = float(weight @ effect) / float(weight.sum())
    if np.ptp(effect) == 0:
        raise ValueError("all effects are the same: they have no order to compare.")
    standard = (effect - mean) / np.sqrt(variance - 1 / weight.sum())
    k = effect.size
    ties = min(np.unique(standard).size, np.unique(variance).size) < k
    exact = not ties and k <= EXACT_UP_TO
    got = stats.kendalltau(standard, variance, method="exact" if exact else "asymptotic")
    return RankCorrelation(float(got.statistic), float(got.pvalue), exact, k)
