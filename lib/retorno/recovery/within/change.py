"""How the recovered changed from before to after, and how much of it low scores do by themselves.

Estimand: mean of after - before of the recovered with both scores, less the shift expected with no effect at all,
(1 - reliability) x (mean before of all - mean before of the recovered). Identified by the reliability, which is taken
as known, and by nothing else having happened between the waves that moves everybody.

Source: Davis (1976), American J. of Epidemiology 104, 493-498.
"""

from dataclasses import dataclass, replace

from retorno.errors import ParameterError
from retorno.findings import Definition, Findings, Speaks, caution, direction
from retorno.language import listed, mark, number, quantity, say
from retorno.recovery.survey import OUTCOMES, Survey
from retorno.recovery.verdict import SmallestEffect, verdicts
from retorno.recovery.within.regression import Change, one_change
from retorno.recovery.within.steps import Steps
from retorno.stats.student import Student

RAW = Definition(
    "change.{outcome}.raw",
    label=mark("{outcome}: change of the recovered, as it stands"),
    meaning=mark(
        "Mean of after minus before of the recovered with both scores; paired t interval. In the formula x is the "
        "score before, y the score after, over the n recovered with both."
    ),
    unit="scale points",
    sign=mark("Positive: they score higher than before. Regression to the mean is part of it."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} (y_i - x_i)",
    reference=0.0,
)
NET = Definition(
    "change.{outcome}.net",
    label=mark("{outcome}: change of the recovered minus change without a failure"),
    meaning=mark(
        "The raw change minus the same change in the group without a failure, unpooled variances (Welch). "
        "Descriptive only: selection on the score before biases it. In the formula x is the score before, y the "
        "score after, R the recovered and N those without a failure, each with both scores."
    ),
    unit="scale points",
    sign=mark("Positive: the recovered rose more. It is no effect of recovery."),
    formula=r"(\bar y_R - \bar x_R) - (\bar y_N - \bar x_N)",
    reference=0.0,
)
EXPECTED = Definition(
    "change.{outcome}.expected_by_regression",
    label=mark("{outcome}: change of the recovered expected with no effect at all"),
    meaning=mark(
        "(1 - reliability) x (M - mean before of the recovered with both scores), M the mean before of all "
        "respondents with a score before, weighted where the survey has weights, or parameter before_mean; "
        "interval taking reliability as known. In the formula rho is the reliability, x the score before, R the "
        "recovered with both scores."
    ),
    unit="scale points",
    sign=mark("Positive: a rise is expected with no effect at all."),
    formula=r"(1 - \rho) (M - \bar x_R)",
    reference=0.0,
)
CORRECTED = Definition(
    "change.{outcome}.corrected",
    label=mark("{outcome}: change of the recovered, corrected for regression to the mean"),
    meaning=mark(
        "Raw change minus the change expected by regression; interval by influence functions, taking reliability "
        "as known. Its verdict is that of the paradox within persons: parity, paradox, shortfall or undecided, the "
        "smallest effect in standard deviations of the score before of all respondents or in points, several "
        "outcomes at their levels after Holm. In the formula x is the score before, y the score after, R the "
        "recovered with both, rho the reliability, M the mean before of all."
    ),
    unit="scale points",
    sign=mark("Positive: higher than before by more than low scores rise by themselves."),
    formula=r"(\bar y_R - \bar x_R) - (1 - \rho) (M - \bar x_R)",
    reference=0.0,
    speaks_to=(
        Speaks("recovery_paradox", holds="above|paradox", where=(("outcome", "satisfaction"),)),
        Speaks(
            "recovery_goal_equal_or_above",
            holds="above|paradox|parity",
            where=(("outcome", "satisfaction"),),
        ),
    ),
)
DEFINITIONS = (RAW, NET, EXPECTED, CORRECTED)

RAWS = {
    "above": mark(
        "The recovered rose in {outcome} from {first} to {second}, by {change}. This is the naive answer."
    ),
    "below": mark(
        "The recovered fell in {outcome} from {first} to {second}, by {change}. This is the naive answer."
    ),
    "undecided": mark(
        "The recovered went in {outcome} from {first} to {second}; the interval of the change holds zero. This is "
        "the naive answer."
    ),
}
NETS = {
    "above": mark(
        "The recovered changed by {change} more in {outcome} than those without a failure."
    ),
    "below": mark(
        "The recovered changed by {change} less in {outcome} than those without a failure."
    ),
    "undecided": mark(
        "Between the change of the recovered in {outcome} and that of those without a failure no difference is "
        "shown."
    ),
}
DESCRIPTIVE = mark(
    "Descriptive only: who is in which group depends on the score before, and that alone moves this number."
)
EXPECTATIONS = {
    "above": mark(
        "The recovered began at {first}, below the mean of {centre}: with a reliability of {reliability}, a rise "
        "of {change} in {outcome} is expected with no effect at all."
    ),
    "below": mark(
        "The recovered began at {first}, above the mean of {centre}: with a reliability of {reliability}, a fall "
        "of {change} in {outcome} is expected with no effect at all."
    ),
    "undecided": mark(
        "The recovered began at {first}, not clearly off the mean of {centre}: with a reliability of "
        "{reliability}, no change in {outcome} is expected that is clear of zero."
    ),
}
WORDS = {
    "parity": mark(
        "Beyond what regression to the mean explains, {change} is left in {outcome}: parity with before, up to what "
        "matters."
    ),
    "paradox": mark(
        "Beyond what regression to the mean explains, {change} is left in {outcome}: a paradox within persons."
    ),
    "shortfall": mark(
        "Beyond what regression to the mean explains, {change} is left in {outcome}: a shortfall within persons."
    ),
    "undecided": mark(
        "Beyond what regression to the mean explains, {change} is left in {outcome}: undecided."
    ),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of the recovered on each outcome.

    Attributes
    ----------
    survey : Survey
    changes : tuple of Change
    reliability, level : float
        Taken as known; coverage of the intervals.
    """

    survey: Survey
    changes: tuple[Change, ...]
    reliability: float
    level: float

    def naive(self) -> Findings:
        """State or refuse the raw change of each outcome and its difference from that without a failure."""
        return Findings(f for c in self.changes for f in (self._raw(c), self._net(c)))

    def corrected(self) -> Findings:
        """State or refuse the change expected with no effect and what is left of the raw one."""
        return Findings(f for c in self.changes for f in (self._expected(c), self._corrected(c)))

    def findings(self) -> Findings:
        """State or refuse everything: the naive answer, then the corrected one."""
        return Findings((*self.naive(), *self.corrected()))

    def _state(self, definition, c: Change, student: Student, sentence: str, method: str, **more):
        estimate = student.at(self.level)
        fields = {"n": c.n, "verdict": direction(estimate.interval)} | more
        return definition.state(
            estimate.value,
            sentence,
            interval=estimate.interval if student.se > 0 else None,
            level=self.level,
            unit=self.survey.difference_unit(c.outcome),
            method=method,
            outcome=c.outcome,
            **fields,
        )

    def _refuse(self, definition, c: Change, reason: str):
        unit = self.survey.difference_unit(c.outcome)
        return definition.refuse(reason, n=c.n, unit=unit, outcome=c.outcome)

    def _words(self, c: Change, student: Student) -> dict[str, str]:
        unit = self.survey.unit(c.outcome)
        return {
            "outcome": say(OUTCOMES[c.outcome]),
            "first": quantity(c.change.mean_before, unit),
            "second": quantity(c.change.mean_after, unit),
            "centre": quantity(c.change.population_mean, unit),
            "reliability": number(self.reliability),
            "change": quantity(abs(student.value), self.survey.difference_unit(c.outcome)),
        }

    def _raw(self, c: Change):
        if c.refused:
            return self._refuse(RAW, c, c.refused)
        raw = c.change.raw
        text = say(RAWS[direction(raw.at(self.level).interval)], **self._words(c, raw))
        method = say("mean of paired differences, t interval")
        return self._state(RAW, c, raw, text + caution(c.n), method)

    def _net(self, c: Change):
        if reason := c.refused or c.refused_net:
            return self._refuse(NET, c, reason)
        side = direction(c.net.at(self.level).interval)
        text = say(NETS[side], **self._words(c, c.net)) + " " + say(DESCRIPTIVE)
        method = say("difference of mean changes, unpooled variances (Welch)")
        return self._state(NET, c, c.net, text + caution(min(c.n_net)), method, n=sum(c.n_net))

    def _expected(self, c: Change):
        if reason := c.refused or c.refused_correction:
            return self._refuse(EXPECTED, c, reason)
        expected = c.change.expected
        text = say(
            EXPECTATIONS[direction(expected.at(self.level).interval)], **self._words(c, expected)
        )
        method = say("regression to the mean, reliability taken as known, interval by influence")
        return self._state(EXPECTED, c, expected, text + caution(c.n), method)

    def _corrected(self, c: Change):
        if reason := c.refused or c.refused_correction:
            return self._refuse(CORRECTED, c, reason)
        corrected, unit = c.change.corrected, self.survey.difference_unit(c.outcome)
        words = self._words(c, corrected) | {"change": quantity(corrected.value, unit)}
        text = say(WORDS[c.verdict.word], **words) + " " + c.verdict.intervals(unit)
        method = say("raw minus expected change, reliability taken as known, interval by influence")
        return self._state(
            CORRECTED, c, corrected, text + caution(c.n), method, verdict=c.verdict.word
        )

    @property
    def stated(self) -> tuple[Change, ...]:
        """The outcomes whose corrected change is stated."""
        return tuple(c for c in self.changes if c.change and not c.refused_correction)

    def steps(self) -> Steps:
        """Return the raw, the expected and the corrected change of each outcome, to be drawn."""
        return Steps(self.survey, self.stated, self.reliability, self.level)


def recovered_changes(
    survey: Survey,
    *,
    smallest: SmallestEffect,
    reliability: float = 0.6,
    before_mean: float | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> Changes:
    """Return the change of the recovered on each outcome, raw and corrected.

    Parameters
    ----------
    survey : Survey
    smallest : SmallestEffect
        The smallest change that matters; "sd" is the standard deviation of the score before of all.
    reliability : float
        Correlation of two scores of one person when nothing happens, 0 to 1.
    before_mean : float, optional
        Mean score before of all customers, where groups were over-sampled; for one outcome alone.
    """
    _check(survey, reliability, before_mean)
    rules = {"reliability": reliability, "before_mean": before_mean}
    found = {o: one_change(survey, o, min_group=min_group, **rules) for o in survey.outcomes}
    stated = {
        o: (c.change.corrected, smallest.points(c.change.population_sd))
        for o, c in found.items()
        if c.change and not c.refused_correction
    }
    for outcome, verdict in verdicts(stated, level=level).items():
        found[outcome] = replace(found[outcome], verdict=verdict)
    return Changes(survey, tuple(found.values()), reliability, level)


def _check(survey: Survey, reliability: float, before_mean: float | None) -> None:
    if not 0 <= reliability <= 1:
        raise ParameterError(
            say(
                "reliability: wanted a correlation from 0 to 1, as 0.6; got {got}.", got=reliability
            )
        )
    if before_mean is None:
        return
    asked = [outcome for outcome in survey.outcomes if survey.has_before(outcome)]
    if len(asked) > 1:
        raise ParameterError(
            say(
                "before_mean: one mean cannot stand for {outcomes}; name one outcome (parameter outcomes).",
                outcomes=listed(asked),
            )
        )
    for outcome in asked:
        low, high = survey.range(outcome)
        if not low <= before_mean <= high:
            raise ParameterError(
                say(
                    "before_mean: wanted a score of {outcome} from {low} to {high}; got {got}.",
                    outcome=outcome,
                    low=number(low),
                    high=number(high),
                    got=before_mean,
                )
            )
