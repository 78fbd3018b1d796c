"""How good a recovery must be: the quality at which the recovered reach the customers without a failure.

Estimand: the recovery quality q at which the straight line of the recovered, mean score at q, second wave, equals the
mean score of those without a failure. Conditional on something after treatment: quality is judged by the recovered
themselves, and whoever is easily content judges recovery and firm alike. So the threshold describes who stands where;
it is the quality to aim for only where better recoveries, not kinder judges, raise the line.

Source: Fieller (1954), J. of the Royal Statistical Society B 16, 175-185.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import brief, integer, mark, number, p_value, percent, quantity, say
from retorno.recovery.survey import (
    NO_FAILURE,
    OUTCOMES,
    QUALITY,
    RECOVERED,
    Survey,
    absent,
    refusal,
)
from retorno.stats.moderation import (
    FittedLine,
    curvature_p,
    fitted_line,
    mean_or_constant,
    reached_at,
)
from retorno.stats.student import Estimate, Student

MOST_LEVELS = 11  # more distinct values than this are drawn rounded to whole points

THRESHOLD = Definition(
    "threshold.recovery_quality",
    label=mark("Recovery quality at which the recovered reach no failure"),
    meaning=mark(
        "Value of recovery quality at which the least-squares line of the first outcome among the recovered reaches "
        "the mean of those without a failure; Fieller's interval, HC2 errors. No number when it lies outside the "
        "qualities in the data; refused when the line does not rise clearly. In the formula a + b q is the line at "
        "quality q, y the outcome, R the recovered, N those without a failure."
    ),
    unit="points of quality",
    sign=mark("The higher, the better a recovery must be. Quality was judged after the recovery."),
    formula=r"\frac{\bar y_N - a_R}{b_R}",
)
DEFINITIONS = (THRESHOLD,)

SENTENCES = {
    "inside": mark(
        "At a recovery quality of {threshold} ({level} interval {low} to {high}) the line of the recovered reaches the "
        "mean {outcome} of those without a failure, {mean}."
    ),
    "above": mark(
        "The recovered do not reach those without a failure in {outcome}: not at the highest quality there is "
        "({highest}), where their line stands at {reached} and no failure at {mean}."
    ),
    "below": mark(
        "The recovered have reached those without a failure in {outcome} already at the lowest quality there is "
        "({lowest}), where their line stands at {reached} and no failure at {mean}."
    ),
}
CURVES = {
    True: mark(
        "The line is none: a quadratic term is clear ({p}), so read the threshold with care."
    ),
    False: mark("No bend of the line is shown (quadratic term, {p})."),
    None: mark("Whether the line bends cannot be judged from these answers."),
}
TITLES = {
    "inside": mark(
        "The recovered reach those without a failure in {outcome} at a recovery quality of {threshold}"
    ),
    "above": mark(
        "The recovered reach those without a failure in {outcome} at no quality there is"
    ),
    "below": mark(
        "The recovered have reached those without a failure in {outcome} at every quality there is"
    ),
}


@dataclass(frozen=True, slots=True)
class QualityThreshold:
    """The threshold on the first outcome, or why it is not stated (`refused`); intervals at `level`.

    Attributes
    ----------
    quality, scores : ndarray, shape (n,)
        Of the recovered with both.
    no_failure : Student or None
        Mean score of those without a failure; `n_no_failure` of them.
    line : FittedLine or None
        Of the recovered.
    reached : Estimate or None
        Quality at which the line reaches that mean, wherever it lies.
    bend : float or None
        p of a quadratic term.
    """

    survey: Survey
    level: float
    min_group: int
    quality: np.ndarray
    scores: np.ndarray
    n_no_failure: int
    no_failure: Student | None = None
    line: FittedLine | None = None
    reached: Estimate | None = None
    bend: float | None = None
    refused: str | None = None

    @property
    def outcome(self) -> str:
        """The first outcome of the survey."""
        return self.survey.outcomes[0]

    @property
    def place(self) -> str:
        """Whether the threshold lies inside the qualities in the data, above or below them."""
        low, high = self.line.range
        if self.reached.value > high:
            return "above"
        return "below" if self.reached.value < low else "inside"

    @property
    def estimate(self) -> Estimate | None:
        """The threshold, None when it is refused or lies outside the data."""
        return self.reached if self.reached and self.place == "inside" else None

    def findings(self) -> Findings:
        """State or refuse the threshold."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        n = self.scores.size + self.n_no_failure
        if self.refused:
            return THRESHOLD.refuse(self.refused, n=n)
        estimate = self.estimate
        conditional = say(
            "It is conditional on something after treatment: the recovered judged the quality themselves, so it "
            "describes and does not promise that a better recovery lifts a customer to the line."
        )
        text = f"{self._sentence()} {self._bends()} {conditional}"
        return THRESHOLD.state(
            estimate and estimate.value,
            text + caution(min(self.scores.size, self.n_no_failure)),
            interval=estimate and estimate.interval,
            level=self.level,
            n=n,
            method=say("ratio from a least-squares line, HC2 errors, Fieller's interval"),
        )

    def _sentence(self) -> str:
        low, high = self.line.range
        unit, place = self.survey.unit(self.outcome), self.place
        end = high if place == "above" else low
        text = say(
            SENTENCES[place],
            outcome=say(OUTCOMES[self.outcome]),
            threshold=number(self.reached.value),
            level=percent(self.level, 0),
            low=number(self.reached.ci_low),
            high=number(self.reached.ci_high),
            mean=quantity(self.no_failure.value, unit),
            lowest=brief(low),
            highest=brief(high),
            reached=quantity(self.line.of((1.0, end)).value, unit),
        )
        if place == "inside" and not low <= self.reached.ci_low <= self.reached.ci_high <= high:
            text += " " + say(
                "The interval reaches beyond the qualities there are, {low} to {high}.",
                low=brief(low),
                high=brief(high),
            )
        return text

    def to_frame(self):
        """Return quality, n, mean, ci_low, ci_high, line, no_failure, unit; one row a level of quality.

        A level with fewer than `min_group` scores has no mean, one whose scores are all alike no interval.
        """
        import pandas as pd

        names = ["quality", "n", "mean", "ci_low", "ci_high", "line", "no_failure", "unit"]
        if self.line is None:
            return pd.DataFrame(columns=names)
        level = (
            self.quality if np.unique(self.quality).size <= MOST_LEVELS else np.rint(self.quality)
        )
        rows = []
        for quality in np.unique(level):
            scores = self.scores[level == quality]
            mean = mean_or_constant(scores) if scores.size >= max(2, self.min_group) else None
            spread = mean.at(self.level).interval if mean and mean.se else (None, None)
            height = self.line.of((1.0, quality)).value
            rows.append((quality, scores.size, mean and mean.value, *spread, height))
        frame = pd.DataFrame(rows, columns=names[:6])
        frame = frame.assign(no_failure=self.no_failure.value, unit=self.survey.unit(self.outcome))
        return frame.astype({"mean": float, "ci_low": float, "ci_high": float})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "quality": (say("Recovery quality"), "number"),
            "n": (say("Recovered"), "count"),
            "mean": (say("Mean"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
            "line": (say("Line"), "unit:unit"),
            "no_failure": (say("No failure"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of levels holds."""
        return say(
            "Mean score of {outcome} of the recovered at each recovery quality with its {level} interval, their "
            "line there, and the mean of those without a failure.",
            outcome=say(OUTCOMES[self.outcome]),
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say at which quality the recovered reach those without a failure."""
        if self.refused:
            return say("No threshold of recovery quality can be stated")
        return say(
            TITLES[self.place],
            outcome=say(OUTCOMES[self.outcome]),
            threshold=number(self.reached.value),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        words = {"outcome": say(OUTCOMES[self.outcome])}
        if self.outcome in self.survey.shares:
            return say("Mean {outcome} of the recovered by recovery quality, per cent", **words)
        return say(
            "Mean {outcome} of the recovered by recovery quality, points of the scale", **words
        )

    def caption(self) -> str:
        """Say what points, line and bars are, how many stand behind them and whether the line bends."""
        if self.refused:
            return self.refused
        drawn = say(
            "Points are means of the recovered at each quality, n of them, {least} or more; bars, the band of no "
            "failure and the mark at the foot are {level} intervals. {n} recovered, {others} without a failure.",
            least=integer(max(2, self.min_group)),
            level=percent(self.level, 0),
            n=integer(self.scores.size),
            others=integer(self.n_no_failure),
        )
        return f"{drawn} {self._bends()}"

    def _bends(self) -> str:
        """Say whether the line is one, as far as a quadratic term tells."""
        if self.bend is None:
            return say(CURVES[None])
        return say(CURVES[self.bend < 1 - self.level], p=p_value(self.bend))

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        points = "; ".join(
            say(
                "quality {quality}: {mean}",
                quality=brief(r.quality),
                mean=quantity(r.mean, r.unit),
            )
            for r in self.to_frame().dropna(subset=["mean"]).itertuples()
        )
        return say(
            "Means by recovery quality with a rising line, against the mean without a failure. {points}. {sentence}",
            points=points,
            sentence=self._sentence(),
        )


def quality_threshold(
    survey: Survey, *, level: float = 0.95, min_group: int = 5
) -> QualityThreshold:
    """Return the recovery quality at which the recovered reach those without a failure, on the first outcome."""
    outcome = survey.outcomes[0]
    no_failure = survey.scores(outcome, NO_FAILURE)
    empty = np.empty(0)
    if reason := absent(survey, QUALITY):
        return QualityThreshold(
            survey, level, min_group, empty, empty, no_failure.size, refused=reason
        )
    recovered = survey.complete([outcome, QUALITY], RECOVERED)
    quality, scores = recovered[QUALITY].to_numpy(), recovered[outcome].to_numpy()
    common = (survey, level, min_group, quality, scores, no_failure.size)
    if reason := _refusal(survey, quality, min_group):
        return QualityThreshold(*common, refused=reason)
    try:
        line = fitted_line(scores, quality)
    except ValueError:
        return QualityThreshold(*common, refused=_no_line())
    slope, mean = line.of((0.0, 1.0)), mean_or_constant(no_failure)
    if not slope.at(level).ci_low > 0:
        return QualityThreshold(*common, refused=_flat(survey, slope.at(level)))
    try:
        reached = reached_at(line, mean, level=level)
    except ValueError:
        return QualityThreshold(*common, refused=_flat(survey, slope.at(level)))
    return QualityThreshold(*common, mean, line, reached, curvature_p(scores, quality))


def _refusal(survey: Survey, quality, min_group: int) -> str | None:
    """Return why no line can be drawn, or None."""
    outcome = survey.outcomes[0]
    if reason := refusal(survey, outcome, [outcome], [RECOVERED, NO_FAILURE], min_group):
        return reason
    if quality.size < min_group:
        what = say(
            "recovered with a score of {outcome} and a recovery quality",
            outcome=say(OUTCOMES[outcome]),
        )
        return too_few(what, quality.size, min_group)
    if np.ptp(quality) == 0:
        return say(
            "Not stated: recovery quality has one value among all recovered; a line needs at least two."
        )
    return None


def _no_line() -> str:
    return say(
        "Not stated: too few of the recovered differ in recovery quality, or their scores do not vary about a line, so "
        "nothing says how far it could be chance; more answers at each quality are needed."
    )


def _flat(survey: Survey, slope: Estimate) -> str:
    unit = survey.difference_unit(survey.outcomes[0])
    return say(
        "Not stated: with each point of recovery quality, {outcome} changes by {slope} ({low} to {high}): not clear "
        "enough above zero to say where it reaches anything.",
        outcome=say(OUTCOMES[survey.outcomes[0]]),
        slope=quantity(slope.value, unit),
        low=quantity(slope.ci_low, unit),
        high=quantity(slope.ci_high, unit),
    )
