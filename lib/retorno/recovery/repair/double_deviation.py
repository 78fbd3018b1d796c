"""Whether a recovery that fails is worse than none: the double deviation.

Estimand: mean score of the recovered who judged the recovery poor minus mean score of those whose failure was left as
it was, second wave. Who judged it poor is known only afterwards, and by the same people who give the score: it
compares the disappointed with others, and is no effect of disappointing them.

Sources: Bitner, Booms and Tetreault (1990), J. of Marketing 54(1), 71-84, for the term; Welch (1947), Biometrika 34,
28-35.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import brief, mark, quantity, say
from retorno.recovery.quality import lowest_third, no_cut
from retorno.recovery.survey import (
    FAILURE,
    OUTCOMES,
    QUALITY,
    RECOVERED,
    Survey,
    no_spread,
    refusal,
)
from retorno.stats.student import Student, welch

DOUBLE_DEVIATION = Definition(
    "double_deviation.{outcome}",
    label=mark("{outcome}: poorly recovered minus failure left as it was"),
    meaning=mark(
        "Mean score of the recovered whose recovery_quality is at or below failed_recovery_at (the lowest third of "
        "its scale unless given) minus mean score of those with a failure and no recovery, second wave, unpooled "
        "variances (Welch). Conditional on a judgement made after the recovery. In the formula y is the score, R the "
        "recovered, q their recovery quality, c the cut, F a failure without recovery."
    ),
    unit="scale points",
    sign=mark("Negative: a double deviation, the failed attempt goes with less than none."),
    formula=r"\bar y_{R, \, q \le c} - \bar y_F",
    reference=0.0,
    speaks_to=(Speaks("recovery_half_make_worse", where=(("outcome", "satisfaction"),)),),
)
DEFINITIONS = (DOUBLE_DEVIATION,)

SENTENCES = {
    "above": mark(
        "The recovered who gave the recovery {cut} or less score {change} higher in {outcome} than those whose "
        "failure was left as it was: no double deviation, even a poor attempt goes with more than none."
    ),
    "below": mark(
        "The recovered who gave the recovery {cut} or less score {change} lower in {outcome} than those whose "
        "failure was left as it was: a double deviation."
    ),
    "undecided": mark(
        "Between the recovered who gave the recovery {cut} or less and those whose failure was left as it was, no "
        "difference in {outcome} is shown: neither a double deviation nor its opposite."
    ),
}
AFTERWARDS = mark(
    "Who gave so little is known only afterwards: this describes the disappointed, it is no effect of disappointing "
    "them."
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """The contrast of one outcome, or why it is not stated; `n` of the poorly recovered and of failure."""

    outcome: str
    n: tuple[int, int]
    difference: Student | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Deviations:
    """Contrasts of each outcome, recoveries at or below `cut` counting as failed; intervals at `level`."""

    survey: Survey
    deviations: tuple[Deviation, ...]
    cut: float
    level: float

    def findings(self) -> Findings:
        """State or refuse the double deviation of each outcome."""
        return Findings(self._finding(d) for d in self.deviations)

    def _finding(self, d: Deviation) -> Finding:
        unit = self.survey.difference_unit(d.outcome)
        if d.refused:
            return DOUBLE_DEVIATION.refuse(d.refused, n=sum(d.n), unit=unit, outcome=d.outcome)
        estimate = d.difference.at(self.level)
        side = direction(estimate.interval)
        words = {
            "cut": brief(self.cut),
            "change": quantity(abs(estimate.value), unit),
            "outcome": say(OUTCOMES[d.outcome]),
        }
        return DOUBLE_DEVIATION.state(
            estimate.value,
            f"{say(SENTENCES[side], **words)} {say(AFTERWARDS)}" + caution(min(d.n)),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=sum(d.n),
            method=say("difference of means, unpooled variances (Welch)"),
            verdict=side,
            outcome=d.outcome,
        )


def double_deviations(
    survey: Survey,
    *,
    failed_recovery_at: float | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> Deviations:
    """Compare the poorly recovered with those whose failure was left as it was, on each outcome.

    Parameters
    ----------
    survey : Survey
    failed_recovery_at : float, optional
        Recovery quality at or below which a recovery counts as failed; None: lowest third of the scale.
    """
    cut = lowest_third(survey.scale) if failed_recovery_at is None else failed_recovery_at
    reason = no_cut(survey, "failed_recovery_at", failed_recovery_at)
    found = (
        Deviation(outcome, (0, 0), refused=reason)
        if reason
        else _deviation(survey, outcome, cut, min_group)
        for outcome in survey.outcomes
    )
    return Deviations(survey, tuple(found), cut, level)


def _deviation(survey: Survey, outcome: str, cut: float, min_group: int) -> Deviation:
    recovered = survey.complete([outcome, QUALITY], RECOVERED)
    poor = recovered.loc[recovered[QUALITY] <= cut, outcome].to_numpy()
    failure = survey.scores(outcome, FAILURE)
    n = (poor.size, failure.size)
    if poor.size < min_group:
        what = say(
            "recovered respondents with a recovery quality of {cut} or less and a score of {outcome}",
            cut=brief(cut),
            outcome=say(OUTCOMES[outcome]),
        )
        return Deviation(outcome, n, refused=too_few(what, poor.size, min_group))
    if reason := refusal(survey, outcome, [outcome], [FAILURE], min_group):
        return Deviation(outcome, n, refused=reason)
    if np.ptp(poor) == np.ptp(failure) == 0:
        return Deviation(outcome, n, refused=no_spread(outcome))
    return Deviation(outcome, n, welch(poor, failure))
