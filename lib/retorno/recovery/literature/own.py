"""The survey at hand as one more study among the published ones.

Estimand: the mean effect with the own survey added; the own effect drawn towards that mean as far as its own error and
the spread between studies tell; and the effect that a study of the own size would have to find to bring the mean of
the published ones to zero. The own effect is Hedges g of recovered minus no failure.

Sources: Raudenbush and Bryk (1985), J. of Educational Statistics 10, 75-98, for drawing an effect towards the mean.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from retorno.findings import Definition, Finding, Findings, direction
from retorno.language import integer, mark, named, number, percent, say
from retorno.recovery.between.difference import Between, Contrast
from retorno.recovery.literature.pooled import UNIT, Pool, Pooled, few, pool
from retorno.stats.meta.influence import shrunken
from retorno.stats.meta.models import random_effects

OWN = "\0own"  # no study in a table is called so
LARGEST = 3.0  # standard deviations: a larger effect is not looked for
STEPS = 61

WITH_OWN = Definition(
    "literature.with_own_study.mu",
    label=mark("Mean effect with the own survey as one more study"),
    meaning=mark(
        "Random-effects mean of the published effects and the Hedges g of the own survey, recovered minus no failure. "
        "In the formula the sums run over all of them, y is an effect, v its variance, tau2 the variance between "
        "studies."
    ),
    unit=UNIT,
    sign=mark("Positive: the recovered score higher."),
    formula=r"\frac{\sum_i y_i / (v_i + \hat\tau^2)}{\sum_i 1 / (v_i + \hat\tau^2)}",
    reference=0.0,
)
SHRUNKEN = Definition(
    "literature.own_shrunken",
    label=mark("Own effect drawn towards the literature"),
    meaning=mark(
        "Best prediction of the true effect behind the own survey if it is a study like the published ones: between "
        "its own Hedges g and the mean with it, the nearer to the mean the larger its own error beside the spread "
        "between studies. In the formula g is the own effect, v its variance."
    ),
    unit=UNIT,
    sign=mark("Positive: the recovered score higher."),
    formula=r"\frac{\hat\tau^2}{\hat\tau^2 + v} g + \frac{v}{\hat\tau^2 + v} \hat\mu",
    reference=0.0,
)
NEEDED = Definition(
    "literature.needed_to_change",
    label=mark("Effect of a study of the own size that would bring the published mean to zero"),
    meaning=mark(
        "Effect of one more study, with as many respondents in each group as the own survey, at which the mean of the "
        "published studies and that one is zero; the variance between studies is estimated anew with it. Null where "
        "no effect up to three standard deviations does. In the formula x is that effect, y are the k published ones."
    ),
    unit=UNIT,
    sign=mark(
        "Positive: the recovered would have to score higher. On the other side of zero from the published mean."
    ),
    formula=r"x : \; \hat\mu (y_1, \ldots, y_k, x) = 0",
    reference=0.0,
)
DEFINITIONS = (WITH_OWN, SHRUNKEN, NEEDED)

ADDED = {
    "above": mark(
        "With the own survey as one more study, the recovered score {size} standard deviations higher on average."
    ),
    "below": mark(
        "With the own survey as one more study, the recovered score {size} standard deviations lower on average."
    ),
    "undecided": mark(
        "With the own survey as one more study, the mean is {mu} standard deviations, and its interval holds zero."
    ),
}


@dataclass(frozen=True, slots=True)
class Own:
    """The own survey's effect: Hedges g, its variance, and the respondents behind it."""

    g: float
    variance: float
    recovered: int
    no_failure: int

    @classmethod
    def of(cls, contrast: Contrast) -> "Own":
        """Return the effect of a contrast that is stated."""
        return cls(contrast.g.g, contrast.g.var_g, *contrast.n)

    def variance_at(self, effect: float) -> float:
        """Return the variance a study of this size would have, had it found `effect`."""
        n1, n2 = self.recovered, self.no_failure
        j = 1 - 3 / (4 * (n1 + n2 - 2) - 1)
        return j**2 * (1 / n1 + 1 / n2) + effect**2 / (2 * (n1 + n2))


@dataclass(frozen=True, slots=True)
class WithOwn:
    """The published studies with the own survey among them, or why they are not (`refused`).

    Attributes
    ----------
    pooled : Pooled
        Without it.
    own : Own or None
    pool : Pool or None
        With it; its last row is the own survey.
    needed : float or None
        Effect of a study of the own size that would bring the published mean to zero.
    refused : str or None
    """

    pooled: Pooled
    own: Own | None
    pool: Pool | None
    needed: float | None
    refused: str | None

    @property
    def _common(self) -> dict:
        return {"n": self.pool.studies, "level": self.pooled.level}

    @property
    def shrunken(self) -> tuple[float, tuple[float, float], float]:
        """The own effect drawn towards the mean, its interval, and the share of it that is its own."""
        got = shrunken(self.pool.fit)
        return (
            float(got.effect[-1]),
            (float(got.ci_low[-1]), float(got.ci_high[-1])),
            float(got.own[-1]),
        )

    def findings(self) -> Findings:
        """State or refuse the mean with the own survey, the own effect drawn to it, and what would undo the mean."""
        if self.refused:
            return Findings(d.refuse(self.refused, n=self.pooled.studies) for d in DEFINITIONS)
        return Findings((self._mu(), self._shrunken(), self._needed()))

    def _mu(self) -> Finding:
        value, bounds = self.pool.mean.value, self.pool.ci
        side = direction(bounds)
        text = [
            say(ADDED[side], size=number(abs(value)), mu=number(value)),
            say(
                "Without it the mean is {before}; the own effect is {own} and has {weight} of the weight.",
                before=number(self.pooled.pool.mean.value),
                own=number(self.own.g),
                weight=percent(float(self.pool.fit.weights[-1])),
            ),
        ]
        return WITH_OWN.state(
            value,
            " ".join(text) + few(self.pool.studies),
            interval=bounds,
            method=self.pool.method,
            verdict=side,
            **self._common,
        )

    def _shrunken(self) -> Finding:
        value, bounds, share = self.shrunken
        if share == 0:
            text = say(
                "The own effect of {own} and the published ones differ no more than their errors explain: as one more "
                "study of one true effect, the best guess of it is their mean, {value}.",
                own=number(self.own.g),
                value=number(value),
            )
        else:
            text = say(
                "If the own survey is a study like the published ones, its effect of {own} is best read as {value}: "
                "{share} its own, the rest the mean of all.",
                own=number(self.own.g),
                value=number(value),
                share=percent(share),
            )
        return SHRUNKEN.state(
            value,
            text + few(self.pool.studies),
            interval=bounds,
            method=say(
                "{method}, variance between studies taken as known", method=self.pool.fit.method
            ),
            verdict=direction(bounds),
            **self._common,
        )

    def _needed(self) -> Finding:
        words = {
            "recovered": integer(self.own.recovered),
            "no_failure": integer(self.own.no_failure),
            "mu": number(self.pooled.pool.mean.value),
            "own": number(self.own.g),
        }
        if self.needed is None:
            text = say(
                "No effect up to {largest} standard deviations in a study of the own size ({recovered} recovered, "
                "{no_failure} without a failure) would bring the published mean of {mu} to zero.",
                largest=number(LARGEST, 0),
                **words,
            )
        else:
            text = say(
                "To bring the published mean of {mu} to zero, a study of the own size ({recovered} recovered, "
                "{no_failure} without a failure) would have to find {needed}; the own survey found {own}.",
                needed=number(self.needed),
                **words,
            )
        return NEEDED.state(
            self.needed,
            text,
            n=self.pooled.studies,
            method=say("{method}, refitted with the new study", method=self.pooled.method),
        )


def with_own_study(pooled: Pooled, between: Between) -> WithOwn:
    """Return the published studies with the survey's own contrast among them.

    Parameters
    ----------
    pooled : Pooled
        The published ones on one outcome.
    between : Between
        Of the own survey; its contrast on the same outcome is taken.
    """
    contrast = next((c for c in between.contrasts if c.outcome == pooled.outcome), None)
    reason = pooled.refused
    if reason is None and contrast is None:
        reason = say(
            "Not stated: the own survey did not ask {outcome}, on which the published effects are.",
            outcome=named(pooled.outcome),
        )
    if reason is None:
        reason = contrast.refused
    if reason:
        return WithOwn(pooled, None, None, None, reason)
    own, rows = Own.of(contrast), pooled.rows
    joint = pool(
        np.append(rows["effect"].to_numpy(), own.g),
        np.append(rows["variance"].to_numpy(), own.variance),
        [*rows["study"], OWN],
        method=pooled.method,
        interval=pooled.interval,
        level=pooled.level,
    )
    return WithOwn(pooled, own, joint, needed_effect(pooled, own), None)


def needed_effect(pooled: Pooled, own: Own) -> float | None:
    """Return the effect of a study of the own size that brings the pooled mean to zero; None up to `LARGEST`."""
    effect, variance = (pooled.rows[name].to_numpy() for name in ("effect", "variance"))

    def mean(x: float) -> float:
        return random_effects(
            np.append(effect, x), np.append(variance, own.variance_at(x)), method=pooled.method
        ).mu

    grid = -np.sign(mean(0.0)) * np.linspace(0, LARGEST, STEPS)
    means = [mean(x) for x in grid]
    crossed = next((i for i in range(STEPS) if means[i] * means[0] <= 0), None)
    if crossed is None:
        return None
    if crossed == 0:
        return 0.0
    return float(optimize.brentq(mean, *sorted(grid[crossed - 1 : crossed + 1]), xtol=1e-12))
