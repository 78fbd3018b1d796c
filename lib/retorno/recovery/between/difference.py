"""Recovered customers beside customers without a failure: the comparison the paradox is named after.

Estimand: mean score of the recovered minus mean score of those without a failure, second wave, unadjusted. It is an
effect of failure and recovery only where chance decided who met a failure; failures that strike those who scored low
before make the recovered look worse, and the difference before says how far.

Sources: Welch (1947), Biometrika 34, 28-35; Hedges (1981), J. of Educational Statistics 6, 107-128.
"""

from dataclasses import dataclass, replace

import numpy as np

from retorno.findings import Definition, Findings, Speaks, caution, direction
from retorno.language import mark, number, percent, quantity, say
from retorno.recovery.groups import gap_before
from retorno.recovery.survey import (
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    left_out,
    no_spread,
    refusal,
)
from retorno.recovery.verdict import SmallestEffect, Verdict, verdicts
from retorno.stats.effect_size import HedgesG, hedges_g
from retorno.stats.student import Student, welch

DIFFERENCE = Definition(
    "paradox.{outcome}.difference",
    label=mark("{outcome}: recovered minus no failure"),
    meaning=mark(
        "Mean score of the recovered minus mean score of those without a failure, among those who answered the "
        "second wave; unadjusted, interval with unpooled variances (Welch). In points of the scale, or as a "
        "difference in share where repurchase is 0/1 or a probability. In the formula y is the score of the second "
        "wave, R the recovered, N those without a failure."
    ),
    unit="scale points",
    sign=mark("Positive: the recovered score higher. Who meets a failure is part of it."),
    formula=r"\bar y_R - \bar y_N",
    reference=0.0,
    speaks_to=(
        Speaks("recovery_paradox", holds="above", where=(("outcome", "satisfaction"),)),
        Speaks("recovery_keeps_usage", holds="above", where=(("outcome", "repurchase"),)),
        Speaks(
            "recovery_creates_positive_wom", holds="above", where=(("outcome", "word_of_mouth"),)
        ),
    ),
)
HEDGES_G = Definition(
    "paradox.{outcome}.hedges_g",
    label=mark("{outcome}: recovered minus no failure, standardised"),
    meaning=mark(
        "The same difference over the pooled standard deviation of the two groups, times 1 - 3/(4 df - 1) for "
        "small samples; interval by the noncentral t. In the formula y is the score, R the recovered, N those "
        "without a failure, each with n scores of standard deviation s; nu is df."
    ),
    unit="pooled SD",
    sign=mark("Positive: the recovered score higher."),
    formula=(
        r"\left( 1 - \frac{3}{4 \nu - 1} \right) \frac{\bar y_R - \bar y_N}{s}, \quad "
        r"s^2 = \frac{(n_R - 1) s_R^2 + (n_N - 1) s_N^2}{\nu}, \quad \nu = n_R + n_N - 2"
    ),
    reference=0.0,
)
VERDICT = Definition(
    "paradox.{outcome}.verdict",
    label=mark("{outcome}: verdict on the paradox between groups"),
    meaning=mark(
        "parity when the (2 level - 1) interval of the difference lies inside the smallest effect that matters on "
        "either side of zero; else paradox when the level interval lies above zero, shortfall when below, else "
        "undecided. Several outcomes are read at their levels after Holm. In the formula L and U are the bounds of "
        "the interval at the level below them, lambda the level after Holm, d the smallest effect that matters; the "
        "first line that holds counts."
    ),
    unit="verdict",
    sign=mark("A word."),
    formula=(
        r"\begin{array}{ll} \text{parity} & -d < L_{2 \lambda - 1}, \; U_{2 \lambda - 1} < d \\ "
        r"\text{paradox} & L_{\lambda} > 0 \\ \text{shortfall} & U_{\lambda} < 0 \\ "
        r"\text{undecided} & \text{else} \end{array}"
    ),
)
DEFINITIONS = (DIFFERENCE, HEDGES_G, VERDICT)

SENTENCES = {
    "above": mark(
        "{outcome}: recovered {recovered}, no failure {no_failure}; the recovered score {change} higher."
    ),
    "below": mark(
        "{outcome}: recovered {recovered}, no failure {no_failure}; the recovered score {change} lower."
    ),
    "undecided": mark(
        "{outcome}: recovered {recovered}, no failure {no_failure}; the interval of the difference holds zero."
    ),
}
BEFORE = {
    "above": mark(
        "Before anything failed, the recovered already scored {gap} higher: other people are compared."
    ),
    "below": mark(
        "Before anything failed, the recovered already scored {gap} lower: other people are compared."
    ),
    "undecided": mark("Before anything failed, no difference between the two groups is shown."),
}
WORDS = {
    "parity": mark(
        "Parity of {outcome}: recovered customers and those without a failure score alike, up to what matters."
    ),
    "paradox": mark(
        "Paradox in {outcome}: recovered customers score higher than those without a failure."
    ),
    "shortfall": mark(
        "Shortfall in {outcome}: recovered customers score lower than those without a failure."
    ),
    "undecided": mark(
        "Undecided on {outcome}: these data show neither a difference between recovered customers and those "
        "without a failure nor its absence."
    ),
}
SHORT = {
    "parity": mark("parity"),
    "paradox": mark("paradox"),
    "shortfall": mark("shortfall"),
    "undecided": mark("undecided"),
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """Recovered against no failure on one outcome, or why it is not stated (`refused`).

    Attributes
    ----------
    outcome : str
    n : tuple of two int
        Scores of the recovered and of those without a failure.
    means : tuple of two float, or None
        In this order, in the unit of the outcome.
    difference, gap_before : Student or None
        Recovered minus no failure in the second wave; the same before, None when it cannot be stated.
    g : HedgesG or None
    verdict : Verdict or None
    refused : str or None
    """

    outcome: str
    n: tuple[int, int]
    means: tuple[float, float] | None = None
    difference: Student | None = None
    gap_before: Student | None = None
    g: HedgesG | None = None
    verdict: Verdict | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """Recovered against no failure on each outcome; intervals at `level`."""

    survey: Survey
    contrasts: tuple[Contrast, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse difference, standardised difference and verdict of each outcome."""
        return Findings(f for c in self.contrasts for f in self._findings(c))

    def _findings(self, c: Contrast):
        unit, n = self.survey.difference_unit(c.outcome), sum(c.n)
        if c.refused:
            for definition, own in ((DIFFERENCE, unit), (HEDGES_G, None), (VERDICT, None)):
                yield definition.refuse(c.refused, n=n, unit=own, outcome=c.outcome)
            return
        common = {"n": n, "outcome": c.outcome}
        estimate = c.difference.at(self.level)
        care = left_out(self.survey, c.outcome, RECOVERED, NO_FAILURE) + caution(min(c.n))
        yield DIFFERENCE.state(
            estimate.value,
            self._sentence(c) + care,
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            method=say("difference of means, unpooled variances (Welch)"),
            verdict=direction(estimate.interval),
            **common,
        )
        yield HEDGES_G.state(
            c.g.g,
            say(
                "The difference in {outcome} is {g} standard deviations of the scores within the groups, which is "
                "{sd}.",
                outcome=say(OUTCOMES[c.outcome]),
                g=number(c.g.g),
                sd=quantity(c.g.pooled_sd, unit),
            )
            + caution(min(c.n)),
            interval=c.g.interval,
            level=self.level,
            method=say("Hedges g, interval by the noncentral t"),
            **common,
        )
        words = say(WORDS[c.verdict.word], outcome=say(OUTCOMES[c.outcome]))
        yield VERDICT.state(
            None,
            f"{words} {c.verdict.intervals(unit)}" + caution(min(c.n)),
            method=say("interval against the smallest effect, levels after Holm"),
            verdict=c.verdict.word,
            **common,
        )

    def _sentence(self, c: Contrast) -> str:
        unit, apart = self.survey.unit(c.outcome), self.survey.difference_unit(c.outcome)
        text = say(
            SENTENCES[direction(c.difference.at(self.level).interval)],
            outcome=say(OUTCOMES[c.outcome]).capitalize(),
            recovered=quantity(c.means[0], unit),
            no_failure=quantity(c.means[1], unit),
            change=quantity(abs(c.difference.value), apart),
        )
        if c.gap_before is None:
            return text
        side = direction(c.gap_before.at(self.level).interval)
        return text + " " + say(BEFORE[side], gap=quantity(abs(c.gap_before.value), apart))

    @property
    def stated(self) -> tuple[Contrast, ...]:
        """The contrasts that have an estimate."""
        return tuple(c for c in self.contrasts if c.difference)

    def to_frame(self):
        """Return outcome, means, difference, ci_low, ci_high, hedges_g, verdict of each contrast stated."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[c.outcome]),
                *c.means,
                c.difference.value,
                *c.difference.at(self.level).interval,
                c.g.g,
                say(SHORT[c.verdict.word]),
                self.survey.unit(c.outcome),
                self.survey.difference_unit(c.outcome),
            )
            for c in self.stated
        ]
        names = ["outcome", "recovered", "no_failure", "difference", "ci_low", "ci_high"]
        names += ["hedges_g", "verdict", "unit", "difference_unit"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "recovered": (say("Recovered"), "unit:unit"),
            "no_failure": (say("No failure"), "unit:unit"),
            "difference": (say("Difference"), "unit:difference_unit"),
            "ci_low": (say("Interval from"), "unit:difference_unit"),
            "ci_high": (say("to"), "unit:difference_unit"),
            "hedges_g": (say("In standard deviations"), "number"),
            "verdict": (say("Verdict"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the table of contrasts holds."""
        return say(
            "Mean scores in the second wave of the recovered and of those without a failure, and the difference "
            "with its {level} interval.",
            level=percent(self.level, 0),
        )


def between_groups(
    survey: Survey, *, smallest: SmallestEffect, level: float = 0.95, min_group: int = 5
) -> Between:
    """Compare the recovered with those without a failure on each outcome.

    Parameters
    ----------
    survey : Survey
    smallest : SmallestEffect
        The smallest difference that matters; "sd" is the pooled standard deviation of the two groups.
    """
    found = {o: _contrast(survey, o, level, min_group) for o in survey.outcomes}
    stated = {
        o: (c.difference, smallest.points(c.g.pooled_sd)) for o, c in found.items() if c.difference
    }
    for outcome, verdict in verdicts(stated, level=level).items():
        found[outcome] = replace(found[outcome], verdict=verdict)
    return Between(survey, tuple(found.values()), level)


def _contrast(survey: Survey, outcome: str, level: float, min_group: int) -> Contrast:
    recovered, no_failure = (survey.scores(outcome, g) for g in (RECOVERED, NO_FAILURE))
    n = (recovered.size, no_failure.size)
    reason = refusal(survey, outcome, [outcome], [RECOVERED, NO_FAILURE], min_group)
    if reason is None and np.ptp(recovered) == np.ptp(no_failure) == 0:
        reason = no_spread(outcome)
    if reason:
        return Contrast(outcome, n, refused=reason)
    means = (float(recovered.mean()), float(no_failure.mean()))
    deviations = (float(recovered.std(ddof=1)), float(no_failure.std(ddof=1)))
    g = hedges_g(
        mean1=means[0],
        sd1=deviations[0],
        n1=n[0],
        mean2=means[1],
        sd2=deviations[1],
        n2=n[1],
        level=level,
    )
    difference = welch(recovered, no_failure)
    return Contrast(outcome, n, means, difference, gap_before(survey, outcome, min_group), g)
