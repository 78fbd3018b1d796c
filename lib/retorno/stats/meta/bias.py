"""What selection may have done to a pooled effect: every method beside the others, none of them the answer.

No method sees an unpublished study. Each reads a pattern among the published ones and takes one cause for it, so they
can disagree, and what they agree on counts more than any one of them. With fewer than ten studies chance alone makes
such patterns, and all but the uncorrected effect are refused.

Sources: Sterne et al. (2011), BMJ 343, d4002, for ten studies; Stanley and Doucouliagos (2014), Research Synthesis
Methods 5, 60-78, for the choice between PET and PEESE; Rosenthal (1979), Psychological Bulletin 86, 638-641; Orwin
(1983), J. of Educational Statistics 8, 157-159; Becker (2005), in Rothstein, Sutton and Borenstein, Publication bias in
meta-analysis, 111-125, against fail-safe numbers. Figures agree with R's metafor 3.8.1, ``fsn``.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from retorno.stats.meta.funnel import egger, peese, pet, rank_correlation
from retorno.stats.meta.models import checked, random_effects
from retorno.stats.meta.selection import FAVOURED, selection_model
from retorno.stats.meta.trim import trim_and_fill

LEAST = 10  # studies below which a funnel's shape is chance
RULE = 0.05  # one-sided p of PET's limit below which PEESE is read
ASSUMES = {
    "random_effects": "every study done is among these, or which are is unrelated to their effects",
    "trim_and_fill_l0": "missing are the most extreme effects on one side; all together would lie symmetrically",
    "trim_and_fill_r0": "as L0, judged by the run of the most extreme studies alone",
    "egger": "without selection effects are unrelated to standard errors; the scatter grows with the variance alone",
    "egger_mixed": "as Egger's test, with true effects that differ between studies",
    "rank_correlation": "without selection the order of the effects is unrelated to that of the variances",
    "pet": "effects rise in a straight line with the standard error through selection only; its start is the effect",
    "peese": "the same with the variance for the standard error: flat near its start, which suits an effect not 0",
    "selection_model": "true effects are normal; whether a study is seen depends on its one-sided p at one step alone",
    "fail_safe_n": "unseen studies average exactly no effect. It measures no selection: it grows with the number of "
    "studies and with every p, and says nothing on how many studies lie unseen",
}


@dataclass(frozen=True, slots=True)
class FailSafeN:
    """Unseen studies it would take to change a conclusion, were there any.

    Attributes
    ----------
    n : int
        Studies, rounded up; 0 when the conclusion does not stand as it is.
    kind : {"rosenthal", "orwin"}
    k : int
    alpha, p : float or None
        Rosenthal: the one-sided p to be reached by the summed z, and the p it has.
    mean, target : float or None
        Orwin: the mean effect, and the effect to which unseen studies of no effect would bring it; both one sign.
    """

    n: int
    kind: str
    k: int
    alpha: float | None = None
    p: float | None = None
    mean: float | None = None
    target: float | None = None


def rosenthal_n(effect, variance, *, alpha=0.05) -> FailSafeN:
    """Return Rosenthal's fail-safe N: studies with z of 0 on average that bring the summed z to a p of `alpha`.

    Parameters
    ----------
    effect, variance : array_like of float, shape (k,)
        Effects and their squared standard errors.
    alpha : float
        One-sided, below 0.5 (ValueError).

    Notes
    -----
    It does not measure selection. Studies left out for their results average below 0, not 0; the number ignores how
    large the effects are and how they differ; and it grows with the square of the number of studies.

    Examples
    --------
    >>> rosenthal_n([0.5, 0.4, 0.6], [0.04, 0.04, 0.04]).n  # z sums to 7.5: (7.5 / 1.645)**2 - 3 = 17.8
    18
    """
    effect, variance = checked(effect, variance)
    if not 0 < alpha < 0.5:
        raise ValueError(f"`alpha` is a one-sided p below 0.5, such as 0.05; got {alpha}.")
    k = effect.size
    total = abs(float((effect / np.sqrt(variance)).sum()))
    wanted = (total / float(special.ndtri(alpha))) ** 2 - k
    p = float(special.ndtr(-total / np.sqrt(k)))
    return FailSafeN(_whole(wanted), "rosenthal", k, alpha=alpha, p=p)


def orwin_n(effect, variance=None, *, target: float) -> FailSafeN:
    """Return Orwin's fail-safe N: studies of no effect that bring the mean effect down to `target`.

    Parameters
    ----------
    effect : array_like of float, shape (k,)
    variance : array_like of float, shape (k,), optional
        With it the mean is weighted by 1 / variance, otherwise plain.
    target : float
        Size of an effect too small to matter, positive (ValueError); it is given the sign of the mean. With half the
        plain mean the answer is always k.

    Examples
    --------
    >>> orwin_n([0.5, 0.4, 0.6], target=0.1).n  # 3 (0.5 - 0.1) / 0.1
    12
    """
    effect, weight = checked(effect, np.ones(np.shape(effect)) if variance is None else variance)
    if not 0 < target < np.inf:
        raise ValueError(f"`target` is the size of an effect, a positive amount; got {target}.")
    k = effect.size
    mean = float(np.average(effect, weights=1 / weight))
    sign = -1.0 if mean < 0 else 1.0
    return FailSafeN(
        _whole(k * (abs(mean) - target) / target), "orwin", k, mean=mean, target=sign * target
    )


def _whole(number: float) -> int:
    """Return `number` rounded up, 0 below 0; rounding noise adds no study."""
    return max(0, int(np.ceil(number - 1e-8 * max(1.0, abs(number)))))


@dataclass(frozen=True, slots=True)
class BiasMethod:
    """One method's answer.

    Attributes
    ----------
    name : str
        A key of `ASSUMES`.
    estimate, ci_low, ci_high : float or None
        Its mean effect, in the unit of the effects; None for a method that only tests, or was refused.
    p : float or None
        Of its test of no selection (an even funnel, none missing, a weight of 1); for "fail_safe_n" of no effect.
    count : int or None
        Studies filled in; for "fail_safe_n" studies needed.
    assumes : str
        What has to hold for the answer to mean what it says.
    refused : str or None
        Why there is no answer.
    """

    name: str
    assumes: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    count: int | None = None
    refused: str | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval as (low, high), or None."""
        return None if self.ci_low is None else (self.ci_low, self.ci_high)


@dataclass(frozen=True, slots=True)
class BiasMethods:
    """All methods side by side.

    Attributes
    ----------
    methods : tuple of BiasMethod
        In the order of `ASSUMES`, the uncorrected effect first.
    favoured : {"positive", "negative"}
        Direction taken to ease publication.
    favoured_found : bool
        Whether it is the sign of the pooled effect rather than given.
    rule : {"pet", "peese"} or None
        What the conditional PET-PEESE rule would read: PEESE where PET's limit lies in the favoured direction with
        a one-sided p below 0.05, else PET. A convention, not a verdict; None where either was refused.
    k, level : int, float
    """

    methods: tuple[BiasMethod, ...]
    favoured: str
    favoured_found: bool
    rule: str | None
    k: int
    level: float

    def __getitem__(self, name: str) -> BiasMethod:
        """Return one method by its name."""
        for method in self.methods:
            if method.name == name:
                return method
        raise KeyError(f"no method {name!r}; there are {', '.join(ASSUMES)}.")

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest estimate, the uncorrected one among them."""
        values = [one.estimate for one in self.methods if one.estimate is not None]
        return min(values), max(values)


def bias_methods(
    effect, variance, *, favoured=None, method="REML", least=LEAST, level=0.95
) -> BiasMethods:
    """Return what every method makes of the same studies, refusals among them.

    Parameters
    ----------
    effect, variance : array_like of float, shape (k,)
        Effects and their squared standard errors.
    favoured : {"positive", "negative"}, optional
        Direction of effect taken to ease publication; without it, the sign of the pooled effect.
    method : str
        Of the variance between studies, as for `random_effects`.
    least : int
        Studies below which a method that reads the shape of the funnel is refused.
    level : float
        Coverage of all intervals, 0.95 is 95 %.

    Raises
    ------
    ValueError
        For input that cannot be pooled at all. A method that fails on its own is an entry with `refused`.

    Notes
    -----
    2,000 simulated tables of 30 studies (60 in brackets), standardised differences with 20 to 100 in a group, mean
    0.20, tau 0.15; under selection one in five studies with a one-sided p above 0.025 is seen:

    ================  ===================  =================  =================  ===================
    method            alarms, no sel.      alarms, selection  off by, selection  covers, no sel.
    ================  ===================  =================  =================  ===================
    random_effects                                            +0.147 (+0.146)    0.950 (0.947)
    trim_and_fill_l0                                          +0.123 (+0.115)    0.865 (0.787)
    trim_and_fill_r0  0.080 (0.059)        0.097 (0.105)      +0.158 (+0.153)    0.914 (0.935)
    egger             0.036 (0.042)        0.055 (0.070)
    egger_mixed       0.044 (0.050)        0.071 (0.087)      +0.084 (+0.077)    0.954 (0.948)
    rank_correlation  0.039 (0.041)        0.069 (0.090)
    pet               0.036 (0.042)        0.055 (0.070)      +0.083 (+0.075)    0.959 (0.950)
    peese             0.034 (0.037)        0.053 (0.068)      +0.118 (+0.114)    0.951 (0.950)
    selection_model   0.052 (0.053)        0.723 (0.951)      +0.006 (+0.005)    0.939 (0.943)
    ================  ===================  =================  =================  ===================

    Without selection none is off by more than 0.004. The selection model does best here because the tables were made
    as it assumes; PET and PEESE assume a line that this selection does not draw.

    Examples
    --------
    >>> got = bias_methods([0.3, 0.5, 0.2], [0.04, 0.09, 0.01])
    >>> round(got["random_effects"].estimate, 3), got["pet"].refused[:23]
    (0.243, 'the funnel of 3 studies')
    """
    effect, variance = checked(effect, variance)
    if favoured not in (None, *FAVOURED):
        raise ValueError(f"`favoured` is one of {', '.join(FAVOURED)}, or None; got {favoured!r}.")
    pooled = random_effects(effect, variance, method=method, level=level)
    toward = favoured or ("negative" if pooled.mu < 0 else "positive")
    lines = {}

    def line(name, fit, **options):
        got = lines[name] = fit(effect, variance, level=level, **options)
        return _at(got.estimate.value, got.estimate.interval, p=got.p)

    def filled(estimator):
        got = trim_and_fill(effect, variance, estimator=estimator, method=method, level=level)
        return _at(got.pooled.mu, got.pooled.ci, p=got.p, count=got.k0)

    def selected():
        got = selection_model(effect, variance, favoured=toward, level=level)
        return _at(got.mu, got.ci, p=got.p)

    def unseen():
        got = rosenthal_n(effect, variance)
        return {"p": got.p, "count": got.n}

    answers = {
        "random_effects": lambda: _at(pooled.mu, pooled.ci),
        "trim_and_fill_l0": lambda: filled("L0"),
        "trim_and_fill_r0": lambda: filled("R0"),
        "egger": lambda: {"p": egger(effect, variance, level=level).p},
        "egger_mixed": lambda: line("egger_mixed", egger, form="mixed", method=method),
        "rank_correlation": lambda: {"p": rank_correlation(effect, variance).p},
        "pet": lambda: line("pet", pet),
        "peese": lambda: line("peese", peese),
        "selection_model": selected,
        "fail_safe_n": unseen,
    }
    methods = tuple(_answer(name, ask, effect.size, least) for name, ask in answers.items())
    rule = None
    if {"pet", "peese"} <= lines.keys():
        limit = lines["pet"].limit
        ahead = (limit.value > 0) == (toward == "positive")
        rule = "peese" if ahead and limit.p / 2 < RULE else "pet"
    return BiasMethods(methods, toward, favoured is None, rule, effect.size, level)


def _at(estimate, interval, **rest) -> dict:
    return {"estimate": estimate, "ci_low": interval[0], "ci_high": interval[1], **rest}


def _answer(name, ask, k, least) -> BiasMethod:
    """Return one entry: the answer, or why there is none."""
    if k < least and name not in ("random_effects", "fail_safe_n"):
        return BiasMethod(
            name,
            ASSUMES[name],
            refused=f"the funnel of {k} studies says nothing: with fewer than {least} its shape is chance.",
        )
    try:
        return BiasMethod(name, ASSUMES[name], **ask())
    except ValueError as error:
        return BiasMethod(name, ASSUMES[name], refused=str(error))
