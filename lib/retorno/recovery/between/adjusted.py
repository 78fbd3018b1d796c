"""Recovered beside no failure, made alike in what they were before anything failed.

Estimands: mean score of the recovered minus mean score of those without a failure at equal scores before (ANCOVA); mean
score of the recovered minus what they would have scored without a failure (doubly robust, effect on the treated).
Both are effects of failure and recovery when customers alike in the covariates met failures by chance, which no data
can show; scores before that hold error adjust too little.

Sources: Vickers and Altman (2001), BMJ 323, 1123-1124; Wooldridge (2007), J. of Econometrics 141, 1281-1301.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retorno.findings import Definition, Findings, direction
from retorno.language import mark, p_value, percent, quantity, say
from retorno.recovery.between.alike import Adjustment, adjustment
from retorno.recovery.between.covariates import covariates_of
from retorno.recovery.between.difference import SHORT
from retorno.recovery.between.overlap import Balance, Overlap, rests
from retorno.recovery.survey import (
    OUTCOMES,
    Survey,
    before,
)
from retorno.recovery.verdict import SmallestEffect, verdicts
from retorno.stats.effect_size import pooled_sd
from retorno.stats.student import Student

ANCOVA = Definition(
    "paradox.{outcome}.ancova",
    label=mark("{outcome}: recovered minus no failure, at equal scores before"),
    meaning=mark(
        "Coefficient of being among the recovered in a regression of the score on it, the score before and the "
        "segment where there is one; parallel slopes, HC3 errors, t interval. Satisfaction before stands in where the "
        "outcome itself was not asked before. Its verdict is that of the paradox between groups. In the formula y is "
        "the score of the second wave, R is 1 for the recovered and 0 for those without a failure, x the score "
        "before, z the segment, epsilon what is left; the finding is tau, alpha, beta and gamma are fitted with it."
    ),
    unit="scale points",
    sign=mark("Positive: the recovered score higher than those who began alike."),
    formula=r"y = \alpha + \tau R + \beta x + \gamma z + \varepsilon",
    reference=0.0,
)
DOUBLY_ROBUST = Definition(
    "paradox.{outcome}.doubly_robust",
    label=mark("{outcome}: recovered minus the same without a failure"),
    meaning=mark(
        "Mean score of the recovered minus what a regression says they would have scored without a failure. The "
        "regression is fitted to those without one, weighted by their odds of being among the recovered (logit), so "
        "that the number is right when either model is. The error counts both models. In the formula y is the score, "
        "R the recovered, n their number, x the covariates, beta the weighted regression among those without a "
        "failure, p the chance of being among the recovered, w the weight."
    ),
    unit="scale points",
    sign=mark("Positive: failure and recovery together left the recovered with higher scores."),
    formula=(
        r"\frac{1}{n_R} \sum_{i \in R} (y_i - x_i \hat\beta), \quad w_i = \frac{\hat p_i}{1 - \hat p_i}"
    ),
    reference=0.0,
)
DEFINITIONS = (ANCOVA, DOUBLY_ROBUST)

AT_EQUAL = {
    "parity": mark(
        "At equal {covariates}, the difference in {outcome} is {change} (unadjusted {plain}): parity, up to what "
        "matters."
    ),
    "paradox": mark(
        "At equal {covariates}, the difference in {outcome} is {change} (unadjusted {plain}): a paradox."
    ),
    "shortfall": mark(
        "At equal {covariates}, the difference in {outcome} is {change} (unadjusted {plain}): a shortfall."
    ),
    "undecided": mark(
        "At equal {covariates}, the difference in {outcome} is {change} (unadjusted {plain}): undecided."
    ),
}
ON_TREATED = {
    "above": mark(
        "Failure and recovery together left the recovered {change} higher in {outcome} than they would have been."
    ),
    "below": mark(
        "Failure and recovery together left the recovered {change} lower in {outcome} than they would have been."
    ),
    "undecided": mark(
        "What failure and recovery together did to the {outcome} of the recovered is not clear of zero."
    ),
}
ASSUMES = mark(
    "This holds if customers alike in {covariates} met failures by chance; a score before that is measured with error "
    "adjusts too little."
)
NOT_ASKED = mark("It was not asked before: satisfaction before stands in.")
UNEQUAL = mark(
    "The difference is not the same at all values of {covariates} ({p}): this number is an average over them."
)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Adjusted differences of each outcome; intervals at `level`."""

    survey: Survey
    adjustments: tuple[Adjustment, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse the difference at equal scores before and the effect on the recovered."""
        return Findings(f for a in self.adjustments for f in (self._ancova(a), self._treated(a)))

    def _ancova(self, a: Adjustment):
        unit = self.survey.difference_unit(a.outcome)
        if a.refused:
            return ANCOVA.refuse(a.refused, unit=unit, outcome=a.outcome)
        estimate, s = a.ancova.difference.at(self.level), a.sample
        words = {"covariates": s.words, "outcome": say(OUTCOMES[a.outcome])}
        text = [
            say(
                AT_EQUAL[a.verdict.word],
                change=quantity(estimate.value, unit),
                plain=quantity(s.plain.value, unit),
                **words,
            ),
            a.verdict.intervals(unit),
        ]
        if before(a.outcome) not in s.columns:
            text.append(say(NOT_ASKED))
        p = a.ancova.unequal_slopes_p
        if p is not None and p < 1 - self.level:
            text.append(say(UNEQUAL, p=p_value(p), **words))
        text.append(say(ASSUMES, **words))
        return ANCOVA.state(
            estimate.value,
            " ".join(text) + s.care(),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=sum(s.n),
            method=say("regression on the score before, parallel slopes, HC3 errors"),
            verdict=a.verdict.word,
            outcome=a.outcome,
        )

    def _treated(self, a: Adjustment):
        unit = self.survey.difference_unit(a.outcome)
        if a.refused_treated:
            return DOUBLY_ROBUST.refuse(a.refused_treated, unit=unit, outcome=a.outcome)
        estimate, s = a.treated.effect.at(self.level), a.treated_sample
        side = direction(estimate.interval)
        text = [
            say(
                ON_TREATED[side],
                change=quantity(abs(estimate.value), unit),
                outcome=say(OUTCOMES[a.outcome]),
            ),
            rests(a),
            say(ASSUMES, covariates=s.words),
        ]
        return DOUBLY_ROBUST.state(
            estimate.value,
            " ".join(text) + s.care(),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=sum(s.n),
            method=say("regression weighted by the odds of being recovered, effect on the treated"),
            verdict=side,
            outcome=a.outcome,
        )

    def overlap(self, outcome: str | None = None) -> Overlap:
        """Return who is comparable with whom, on `outcome` or the first with an effect stated, to be drawn."""
        stated = (a for a in self.adjustments if a.treated and outcome in (None, a.outcome))
        return Overlap(next(stated, None))

    def balance(self, outcome: str | None = None) -> Balance:
        """Return how alike weighting makes the two groups, as a table."""
        return Balance(self.overlap(outcome).one)

    def to_frame(self):
        """Return outcome, unadjusted, the two adjusted differences with intervals and verdict; NaN where refused."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[a.outcome]),
                (a.sample or a.treated_sample).plain.value,
                *self._three(a.ancova and a.ancova.difference),
                a.verdict and say(SHORT[a.verdict.word]),
                *self._three(a.treated and a.treated.effect),
                self.survey.difference_unit(a.outcome),
            )
            for a in self.adjustments
            if a.ancova or a.treated
        ]
        names = ["outcome", "unadjusted", "ancova", "ancova_low", "ancova_high", "verdict"]
        names += ["treated", "treated_low", "treated_high", "unit"]
        numbers = dict.fromkeys((*names[1:5], *names[6:9]), float)
        return pd.DataFrame(rows, columns=names).astype(numbers)

    def _three(self, student: Student | None):
        return (student.value, *student.at(self.level).interval) if student else (None, None, None)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "unadjusted": (say("Unadjusted"), "unit:unit"),
            "ancova": (say("At equal scores before"), "unit:unit"),
            "ancova_low": (say("Interval from"), "unit:unit"),
            "ancova_high": (say("to"), "unit:unit"),
            "verdict": (say("Verdict"), "text"),
            "treated": (say("Against the same without a failure"), "unit:unit"),
            "treated_low": (say("Interval from"), "unit:unit"),
            "treated_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of adjusted differences holds."""
        return say(
            "Recovered minus no failure: unadjusted, at equal scores before, and against what the recovered would have "
            "scored without a failure, with {level} intervals. Customers alike before are taken to have met failures "
            "by chance.",
            level=percent(self.level, 0),
        )


def adjusted_differences(
    survey: Survey,
    *,
    smallest: SmallestEffect,
    covariates: Sequence[str] | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> Adjusted:
    """Compare the recovered with those without a failure who were like them before.

    Parameters
    ----------
    survey : Survey
    smallest : SmallestEffect
        The smallest difference that matters; "sd" is the pooled standard deviation of the two groups.
    covariates : sequence of str, optional
        Columns the effect on the recovered is adjusted for, among the scores before and segment; None takes all there
        are. The difference at equal scores before takes the outcome's own score before, and segment where named.
    """
    there = covariates_of(survey, covariates)
    found = {o: adjustment(survey, o, there, min_group=min_group) for o in survey.outcomes}
    stated = {
        o: (a.ancova.difference, smallest.points(pooled_sd(*a.sample.groups)))
        for o, a in found.items()
        if a.ancova
    }
    for outcome, verdict in verdicts(stated, level=level).items():
        found[outcome] = replace(found[outcome], verdict=verdict)
    return Adjusted(survey, tuple(found.values()), level)
