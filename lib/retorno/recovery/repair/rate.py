"""How much of what a failure costs a recovery wins back.

Estimand: (recovered - failure) / (no failure - failure), means of the second wave: 0 is the score of those whose
failure was left as it was, 1 the score of those without a failure. Unadjusted, so who is in which group is part of it.

Source: Fieller (1954), J. of the Royal Statistical Society B 16, 175-185.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import mark, percent, quantity, say
from retorno.recovery.survey import (
    FAILURE,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    left_out,
    no_spread,
    refusal,
)
from retorno.stats.ratio import share_of_gap
from retorno.stats.student import Estimate, welch

RATE = Definition(
    "recovery_rate.{outcome}",
    label=mark("{outcome}: share of the drop that recovery wins back"),
    meaning=mark(
        "(recovered - failure) / (no failure - failure), means of the second wave, with Fieller's interval; refused "
        "when the interval of the drop, no failure minus failure, is not clear above zero. In the formula y is the "
        "score of the second wave, R the recovered, F a failure without recovery, N no failure."
    ),
    unit="share of the drop",
    sign=mark(
        "0: as without recovery. 1: as without a failure. Above 1: more than the failure took."
    ),
    formula=r"\frac{\bar y_R - \bar y_F}{\bar y_N - \bar y_F}",
    reference=1.0,
    speaks_to=(
        Speaks("recovery_goal_equal_or_above", where=(("outcome", "satisfaction"),)),
        Speaks("recovery_keeps_usage", where=(("outcome", "repurchase"),)),
        Speaks("recovery_creates_positive_wom", where=(("outcome", "word_of_mouth"),)),
    ),
)
DEFINITIONS = (RATE,)

SENTENCES = {
    "above": mark(
        "Recovery won back {rate} of the drop in {outcome} of {drop}: more than all of it."
    ),
    "below": mark("Recovery won back {rate} of the drop in {outcome} of {drop}: not all of it."),
    "undecided": mark(
        "Recovery won back {rate} of the drop in {outcome} of {drop}; the interval holds 100%, so whether it won "
        "back all of it is undecided."
    ),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Recovery rate of one outcome, or why it is not stated; `n` of no failure, failure, recovered."""

    outcome: str
    n: tuple[int, int, int]
    drop: Estimate | None = None
    rate: Estimate | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """Recovery rates of each outcome; intervals at `level`."""

    survey: Survey
    rates: tuple[Rate, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse the recovery rate of each outcome."""
        return Findings(self._finding(rate) for rate in self.rates)

    def _finding(self, r: Rate) -> Finding:
        if r.refused:
            return RATE.refuse(r.refused, n=sum(r.n), outcome=r.outcome)
        verdict = direction(r.rate.interval, 1.0)
        sentence = say(
            SENTENCES[verdict],
            rate=percent(r.rate.value),
            outcome=say(OUTCOMES[r.outcome]),
            drop=quantity(r.drop.value, self.survey.difference_unit(r.outcome)),
        )
        care = left_out(self.survey, r.outcome, NO_FAILURE, FAILURE, RECOVERED) + caution(min(r.n))
        return RATE.state(
            r.rate.value,
            sentence + care,
            interval=r.rate.interval,
            level=self.level,
            n=sum(r.n),
            method=say("ratio of differences of means, Fieller's interval"),
            verdict=verdict,
            outcome=r.outcome,
        )


def recovery_rates(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> Rates:
    """Return how much of the drop recovery wins back, for each outcome."""
    return Rates(survey, tuple(_rate(survey, o, level, min_group) for o in survey.outcomes), level)


def _rate(survey: Survey, outcome: str, level: float, min_group: int) -> Rate:
    no_failure, failure, recovered = groups = [
        survey.scores(outcome, g) for g in (NO_FAILURE, FAILURE, RECOVERED)
    ]
    n = tuple(values.size for values in groups)
    if reason := refusal(survey, outcome, [outcome], [NO_FAILURE, FAILURE, RECOVERED], min_group):
        return Rate(outcome, n, refused=reason)
    if np.ptp(no_failure) == np.ptp(failure) == 0:
        return Rate(outcome, n, refused=no_spread(outcome))
    drop = welch(no_failure, failure).at(level)
    if drop.ci_low <= 0:
        return Rate(outcome, n, drop, refused=_no_drop(survey, outcome, drop))
    try:
        rate = share_of_gap(recovered, failure, no_failure, level=level)
    except ValueError:
        return Rate(outcome, n, drop, refused=_no_drop(survey, outcome, drop))
    return Rate(outcome, n, drop, rate)


def _no_drop(survey: Survey, outcome: str, drop: Estimate) -> str:
    unit = survey.difference_unit(outcome)
    return say(
        "Not stated: the drop in {outcome}, no failure minus failure, is {drop} ({low} to {high}): not clear enough "
        "above zero to take a share of it.",
        outcome=say(OUTCOMES[outcome]),
        drop=quantity(drop.value, unit),
        low=quantity(drop.ci_low, unit),
        high=quantity(drop.ci_high, unit),
    )
