"""What the published effects on one outcome come to, and how far they differ.

Estimand: mean of the true effects of studies like these, recovered minus comparison in standard deviations within
groups; the variance of those effects between studies; and where the true effect of one more such study is expected.
It is the mean of what was published: studies that found nothing may be missing from it.

Sources: Viechtbauer (2005), J. of Educational and Behavioral Statistics 30, 261-293, for REML; Knapp and Hartung
(2003), Statistics in Medicine 22, 2693-2710; Higgins and Thompson (2002), Statistics in Medicine 21, 1539-1558; Tipton
(2015), Psychological Methods 20, 375-393, for several rows of one study.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, direction
from retorno.language import integer, listed, mark, named, number, percent, say, say_n
from retorno.recovery.literature.published import Published
from retorno.stats.meta.models import RandomEffects, random_effects
from retorno.stats.meta.robust import cluster_robust
from retorno.stats.student import Student

FEWEST = 2  # studies of an outcome
FEW = 10  # below this the spread between studies is hardly known
UNIT = "pooled SD"

MU = Definition(
    "literature.mu",
    label=mark("Mean effect in the published studies"),
    meaning=mark(
        "Random-effects mean of the published effects on one outcome, recovered minus comparison in standard "
        "deviations within groups; where a study gives several rows, the interval is robust to what they share. "
        "In the formula y is an effect, v its variance, tau2 the variance of true effects between studies."
    ),
    unit=UNIT,
    sign=mark("Positive: the recovered score higher."),
    formula=r"\hat\mu = \frac{\sum_i y_i / (v_i + \hat\tau^2)}{\sum_i 1 / (v_i + \hat\tau^2)}",
    reference=0.0,
    speaks_to=(Speaks("recovery_paradox", holds="above"),),
)
TAU2 = Definition(
    "literature.tau2",
    label=mark("Variance of true effects between published studies"),
    meaning=mark(
        "How far the true effects of studies lie apart, as a variance; interval by the Q-profile. Held at 0 where the "
        "effects differ no more than their own errors explain. In the formula theta is the true effect of a study."
    ),
    unit="pooled SD squared",
    sign=mark("0: one true effect behind all studies. Never negative."),
    formula=r"\tau^2 = \text{Var}(\theta_i)",
    reference=0.0,
)
I2 = Definition(
    "literature.i2",
    label=mark("Share of the variation that lies between studies"),
    meaning=mark(
        "Share of the variation of published effects that is not sampling error. It grows with the size of the studies "
        "and is no measure of how far effects differ. In the formula I2 is this share, v the typical variance of an "
        "effect, tau2 the variance between studies."
    ),
    unit="share of variance",
    sign=mark("0: nothing but sampling error; near 1: large studies that disagree."),
    formula=r"I^2 = \frac{\hat\tau^2}{\hat\tau^2 + \tilde v}",
)
PREDICTION = Definition(
    "literature.prediction",
    label=mark("Where the true effect of one more study is expected"),
    meaning=mark(
        "The mean of the published effects with the interval in which the true effect of a new study like them is "
        "expected. Wider than the interval of the mean, because studies differ. In the formula se is the error of "
        "the mean and t has the degrees of freedom of its interval."
    ),
    unit=UNIT,
    sign=mark("Positive: the recovered score higher."),
    formula=r"\hat\mu \pm t \sqrt{\text{se}^2 + \hat\tau^2}",
    reference=0.0,
    speaks_to=(Speaks("recovery_paradox", holds="above"),),
)
DEFINITIONS = (MU, TAU2, I2, PREDICTION)

MEANS = {
    "above": mark(
        "On {outcome}, the recovered score {size} standard deviations higher on average over {rows}."
    ),
    "below": mark(
        "On {outcome}, the recovered score {size} standard deviations lower on average over {rows}."
    ),
    "undecided": mark(
        "On {outcome}, the mean of {rows} is {mu} standard deviations, and its interval holds zero."
    ),
}
PREDICTED = {
    "above": mark(
        "The true effect of one more study like these is expected between {low} and {high}: above zero."
    ),
    "below": mark(
        "The true effect of one more study like these is expected between {low} and {high}: below zero."
    ),
    "undecided": mark(
        "The true effect of one more study like these is expected between {low} and {high}: on either side of zero."
    ),
}
INTERVALS = {
    "hartung-knapp": mark("{method}, interval by Hartung and Knapp"),
    "wald": mark("{method}, normal interval"),
    "clustered": mark("{method}, interval robust to rows of one study (CR2)"),
}


@dataclass(frozen=True, slots=True)
class Pool:
    """A random-effects fit, and its mean with an error that counts rows of one study together.

    Attributes
    ----------
    fit : RandomEffects
    mean : Student
        Value, error and degrees of freedom (infinite for a normal interval).
    studies : int
        Different studies; fewer than ``fit.k`` where one gives several rows.
    robust : bool
        Whether the error counts rows of one study together. Not where all effects are the same.
    """

    fit: RandomEffects
    mean: Student
    studies: int
    robust: bool

    @property
    def clustered(self) -> bool:
        """Whether a study gives several rows."""
        return self.studies < self.fit.k

    @property
    def ci(self) -> tuple[float, float]:
        """The interval of the mean."""
        return self.mean.at(self.fit.level).interval

    @property
    def prediction(self) -> tuple[float, float] | None:
        """The interval of a new study's true effect, by the error of the mean; None where the fit has none."""
        if self.fit.prediction is None:
            return None
        wide = Student(self.mean.value, float(np.hypot(self.mean.se, self.fit.tau)), self.mean.df)
        return wide.at(self.fit.level).interval

    @property
    def method(self) -> str:
        """How it was pooled, in words."""
        kind = "clustered" if self.robust else self.fit.interval
        return say(INTERVALS[kind], method=self.fit.method)


def pool(effect, variance, study, *, method: str, interval: str, level: float) -> Pool:
    """Return the pooled effects; `study`, shape (k,), names the study of each row.

    Raises
    ------
    ValueError
        Where there is no effect, or one cannot be pooled.
    """
    fit = random_effects(effect, variance, method=method, interval=interval, level=level)
    studies = len(set(study))
    mean = Student(fit.mu, fit.se, float("inf") if fit.df is None else fit.df)
    robust = FEWEST <= studies < fit.k and bool(np.ptp(fit.effect) > 0)
    if robust:
        mean = cluster_robust(fit, study, small_sample="CR2").coefficient("mu")
    return Pool(fit, mean, studies, robust)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The published effects on one outcome, pooled, or why they are not (`refused`).

    Attributes
    ----------
    published : Published
    outcome : str
    rows : DataFrame
        The rows of the outcome.
    pool : Pool or None
    method, interval : str
        As asked for.
    level : float
    refused : str or None
    """

    published: Published
    outcome: str
    rows: Any
    pool: Pool | None
    method: str
    interval: str
    level: float
    refused: str | None

    @property
    def studies(self) -> int:
        """Different studies of the outcome."""
        return int(self.rows["study"].nunique())

    def findings(self) -> Findings:
        """State or refuse mean, variance between studies, its share, and what one more study would show."""
        if self.refused:
            return Findings(d.refuse(self.refused, n=self.studies) for d in DEFINITIONS)
        return Findings((self._mu(), self._tau2(), self._i2(), self._prediction()))

    @property
    def _common(self) -> dict:
        return {"n": self.studies, "level": self.level, "method": self.pool.method}

    def _mu(self) -> Finding:
        value, bounds = self.pool.mean.value, self.pool.ci
        side = direction(bounds)
        text = say(
            MEANS[side],
            outcome=named(self.outcome),
            rows=counted(self.pool),
            size=number(abs(value)),
            mu=number(value),
        )
        text += " " + say("It is a mean of what was published.")
        return MU.state(
            value, text + few(self.studies), interval=bounds, verdict=side, **self._common
        )

    def _tau2(self) -> Finding:
        fit = self.pool.fit
        if fit.tau2_ci is None:
            return TAU2.refuse(
                say(
                    "Not stated: a common effect (FE) has no variance between studies by definition."
                ),
                n=self.studies,
            )
        if fit.tau2_at_bound:
            text = say(
                "The published effects on {outcome} differ no more than their errors explain: the variance between "
                "studies is held at 0; up to {high} is in line with them.",
                outcome=named(self.outcome),
                high=number(fit.tau2_ci[1], 3),
            )
        else:
            text = say(
                "True effects on {outcome} differ between studies with a standard deviation of {tau}.",
                outcome=named(self.outcome),
                tau=number(fit.tau),
            )
        if self.pool.clustered:
            text += " " + say("Rows of one study are taken as studies of their own here.")
        return TAU2.state(fit.tau2, text + few(self.studies), interval=fit.tau2_ci, **self._common)

    def _i2(self) -> Finding:
        fit = self.pool.fit
        text = say(
            "{share} of the variation of the published effects lies between studies, the rest is sampling error "
            "(Q {q}, {df} degrees of freedom).",
            share=percent(fit.i2),
            q=number(fit.q),
            df=integer(fit.q_df),
        )
        bounds = None
        if fit.tau2_ci is not None:
            typical = typical_variance(fit.variance)
            bounds = tuple(tau2 / (tau2 + typical) for tau2 in fit.tau2_ci)
        return I2.state(fit.i2, text + few(self.studies), interval=bounds, **self._common)

    def _prediction(self) -> Finding:
        bounds = self.pool.prediction
        if bounds is None:
            return PREDICTION.refuse(
                say(
                    "Not stated: where one more study would lie needs three effects and a model of how studies differ "
                    "(not FE); there are {n} effects by {method}.",
                    n=integer(self.pool.fit.k),
                    method=self.method,
                ),
                n=self.studies,
            )
        side = direction(bounds)
        text = say(PREDICTED[side], low=number(bounds[0]), high=number(bounds[1]))
        return PREDICTION.state(
            self.pool.mean.value,
            text + few(self.studies),
            interval=bounds,
            verdict=side,
            **self._common,
        )


def counted(pooled: Pool) -> str:
    """Return how many effects of how many studies were pooled."""
    effects = say_n("{n} published effect", "{n} published effects", pooled.fit.k)
    if not pooled.clustered:
        return effects
    return say_n(
        "{effects} of {n} study", "{effects} of {n} studies", pooled.studies, effects=effects
    )


def few(studies: int) -> str:
    """Return a warning, with a leading space, where few studies stand behind a number."""
    if studies >= FEW:
        return ""
    return " " + say_n(
        "Only {n} study stands behind this number: how far studies differ is hardly known.",
        "Only {n} studies stand behind this number: how far studies differ is hardly known.",
        studies,
    )


def typical_variance(variance: np.ndarray) -> float:
    """Return the typical variance of Higgins and Thompson, (k - 1) / (sum w - sum w**2 / sum w) with w = 1 / v."""
    w = 1 / variance
    return float((w.size - 1) / (w.sum() - (w**2).sum() / w.sum()))


def pooled_literature(
    published: Published,
    *,
    outcome: str = "satisfaction",
    method: str = "REML",
    interval: str = "hartung-knapp",
    level: float = 0.95,
) -> Pooled:
    """Pool the published effects on one outcome.

    Parameters
    ----------
    published : Published
    outcome : str
        As written in the table.
    method, interval : str
        As `retorno.stats.meta.models.random_effects` takes them.
    """
    rows = published.of(outcome)
    studies = int(rows["study"].nunique())
    options = {"method": method, "interval": interval, "level": level}
    if studies < FEWEST:
        reason = too_few_studies(published, outcome, studies)
        return Pooled(published, outcome, rows, None, **options, refused=reason)
    found = pool(
        rows["effect"].to_numpy(), rows["variance"].to_numpy(), rows["study"].tolist(), **options
    )
    return Pooled(published, outcome, rows, found, **options, refused=None)


def too_few_studies(published: Published, outcome: str, studies: int) -> str:
    """Return why an outcome is not pooled, and what the table holds."""
    return say_n(
        "Not stated: the table effects has {n} study of {outcome}, and pooling needs two; it has {there}.",
        "Not stated: the table effects has {n} studies of {outcome}, and pooling needs two; it has {there}.",
        studies,
        outcome=named(outcome),
        there=listed(named(each) for each in published.outcomes),
    )
