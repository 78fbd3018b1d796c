"""How far the corrected change hangs on the reliability that is taken as known.

Estimand: the corrected change at every reliability from 0.4 to 0.9, the reliability at which it would be zero, and the
slope of the score after on the score before among those without a failure, which is what the reliability of scores is
where nothing happened. The slope, not the correlation: those without a failure were picked by their score before, which
narrows its range and so the correlation, but leaves the slope alone.

Sources: Davis (1976), American J. of Epidemiology 104, 493-498; Lord and Novick (1968), Statistical Theories of Mental
Test Scores, chapter 6, for range restriction.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import listed, mark, number, percent, quantity, say
from retorno.recovery.survey import NO_FAILURE, OUTCOMES, Survey, before, no_spread, refusal
from retorno.recovery.within.regression import Change, one_change
from retorno.stats.line import line_slope
from retorno.stats.student import Student

GRID = tuple(round(0.4 + 0.05 * step, 2) for step in range(11))

ESTIMATED = Definition(
    "change.{outcome}.reliability",
    label=mark("{outcome}: reliability estimated where nothing failed"),
    meaning=mark(
        "Slope of the score after on the score before among those without a failure with both scores, HC3 errors; not "
        "the correlation, which a narrower range of scores before would lower. It is the reliability where nothing "
        "else moved those who began low apart from those who began high. In the formula x is the score before, y the "
        "score after, N no failure."
    ),
    unit="slope",
    sign=mark("1: scores are kept as they were. 0: nothing of a score is left at the second look."),
    formula=r"\frac{\sum_{i \in N} (x_i - \bar x_N)(y_i - \bar y_N)}{\sum_{i \in N} (x_i - \bar x_N)^2}",
)
AT_ZERO = Definition(
    "change.{outcome}.reliability_at_zero",
    label=mark("{outcome}: reliability at which nothing is left of the change"),
    meaning=mark(
        "The reliability at which the change expected by regression equals the raw change, so that the corrected one "
        "is zero; null where no reliability from 0 to 1 does that. In the formula x is the score before, y the score "
        "after, R the recovered with both, M the mean before of all."
    ),
    unit="reliability",
    sign=mark(
        "Where the true reliability is on the other side, the corrected change changes sign."
    ),
    formula=r"1 - \frac{\bar y_R - \bar x_R}{M - \bar x_R}",
)
DEFINITIONS = (ESTIMATED, AT_ZERO)

COMPARED = {
    "above": mark(
        "Where nothing failed, a score of {outcome} one point higher before goes with {slope} after: scores are "
        "steadier than the reliability of {reliability} this run takes, so that it takes off too much."
    ),
    "below": mark(
        "Where nothing failed, a score of {outcome} one point higher before goes with {slope} after: scores are less "
        "steady than the reliability of {reliability} this run takes, so that it takes off too little."
    ),
    "undecided": mark(
        "Where nothing failed, a score of {outcome} one point higher before goes with {slope} after, in line with the "
        "reliability of {reliability} this run takes."
    ),
}
TITLES = {
    "above": mark("Whatever the reliability, the recovered gained in {outcome}"),
    "below": mark("Whatever the reliability, the recovered lost in {outcome}"),
    "undecided": mark("Whatever the reliability, no change in {outcome} is clear of zero"),
    "mixed": mark("What is left of the change in {outcome} hangs on the reliability"),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """Corrected change of one outcome over `GRID`.

    Attributes
    ----------
    outcome : str
    changes : tuple of Change
        One for each reliability of `GRID`; empty when no correction is stated.
    n : int
        Recovered with both scores.
    n_quiet : int
        Without a failure, with both scores.
    slope : Student or None
        Of after on before without a failure.
    refused, refused_slope : str or None
    """

    outcome: str
    changes: tuple[Change, ...]
    n: int
    n_quiet: int
    slope: Student | None
    refused: str | None
    refused_slope: str | None

    @property
    def at_zero(self) -> float | None:
        """The reliability at which the corrected change is zero; None when none from 0 to 1 does it."""
        change = self.changes[0].change
        distance = change.population_mean - change.mean_before
        if distance == 0:
            return None
        reliability = 1 - change.raw.value / distance
        return reliability if 0 <= reliability <= 1 else None

    def sides(self, level: float) -> tuple[str, ...]:
        """Return on which side of zero the corrected change lies at each reliability of `GRID`."""
        return tuple(direction(c.change.corrected.at(level).interval) for c in self.changes)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Corrected change over the reliability; `reliability` is the one the run takes, intervals at `level`."""

    survey: Survey
    curves: tuple[Curve, ...]
    reliability: float
    level: float

    def findings(self) -> Findings:
        """State or refuse the estimated reliability and that at which nothing is left, for each outcome."""
        return Findings(f for c in self.curves for f in (self._estimated(c), self._at_zero(c)))

    def _estimated(self, c: Curve) -> Finding:
        if c.refused_slope:
            return ESTIMATED.refuse(c.refused_slope, n=c.n_quiet, outcome=c.outcome)
        slope = c.slope.at(self.level)
        text = say(
            COMPARED[direction(slope.interval, self.reliability)],
            outcome=say(OUTCOMES[c.outcome]),
            slope=number(slope.value),
            reliability=number(self.reliability),
        )
        return ESTIMATED.state(
            slope.value,
            text + caution(c.n_quiet),
            interval=slope.interval,
            level=self.level,
            n=c.n_quiet,
            method=say("slope of ordinary least squares, HC3 errors"),
            outcome=c.outcome,
        )

    def _at_zero(self, c: Curve) -> Finding:
        if c.refused:
            return AT_ZERO.refuse(c.refused, n=c.n, outcome=c.outcome)
        outcome = say(OUTCOMES[c.outcome])
        if c.at_zero is None:
            text = say(
                "At no reliability from 0 to 1 would regression to the mean explain the change in {outcome} whole.",
                outcome=outcome,
            )
        else:
            text = say(
                "At a reliability of {reliability} regression to the mean would explain the change in {outcome} whole.",
                reliability=number(c.at_zero),
                outcome=outcome,
            )
        method = say("raw change over distance from the mean before, taken from one")
        return AT_ZERO.state(
            c.at_zero, text + caution(c.n), n=c.n, method=method, outcome=c.outcome
        )

    @staticmethod
    def name(curve: Curve) -> str:
        """Return the outcome of a curve as people call it."""
        return say(OUTCOMES[curve.outcome])

    @property
    def stated(self) -> tuple[Curve, ...]:
        """The outcomes whose corrected change is stated."""
        return tuple(c for c in self.curves if not c.refused)

    def to_frame(self):
        """Return outcome, reliability, change, ci_low, ci_high, unit; one row a reliability and outcome."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[c.outcome]),
                reliability,
                one.change.corrected.value,
                *one.change.corrected.at(self.level).interval,
                self.survey.difference_unit(c.outcome),
            )
            for c in self.stated
            for reliability, one in zip(GRID, c.changes, strict=True)
        ]
        names = ["outcome", "reliability", "change", "ci_low", "ci_high", "unit"]
        return pd.DataFrame(rows, columns=names)

    def title(self) -> str:
        """Say whether the reliability decides the answer, on the first outcome."""
        if not self.stated:
            return say("No corrected change can be stated")
        first = self.stated[0]
        sides = set(first.sides(self.level))
        word = sides.pop() if len(sides) == 1 else "mixed"
        return say(TITLES[word], outcome=say(OUTCOMES[first.outcome]))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        shares = [say(OUTCOMES[c.outcome]) for c in self.stated if c.outcome in self.survey.shares]
        if shares:
            return say(
                "Corrected change of the recovered by the reliability taken as known, in points of the scale; {shares} "
                "in percentage points",
                shares=listed(shares),
            )
        return say(
            "Corrected change of the recovered by the reliability taken as known, in points of the scale"
        )

    def caption(self) -> str:
        """Say what line, band and mark are, and where the change is clear of zero."""
        if not self.stated:
            return say("No corrected change can be stated.")
        text = say(
            "Bands are {level} intervals by influence. The mark stands at the reliability this run takes, "
            "{reliability}; the bar at the foot is the interval of the reliability estimated where nothing failed.",
            level=percent(self.level, 0),
            reliability=number(self.reliability),
        )
        return " ".join([text, *(self._clear(c) for c in self.stated)])

    def _clear(self, c: Curve) -> str:
        """Say at which reliabilities of the grid the corrected change is clear of zero."""
        sides = np.array(c.sides(self.level))
        clear = [r for r, side in zip(GRID, sides, strict=True) if side != "undecided"]
        words = {
            "outcome": say(OUTCOMES[c.outcome]),
            "low": number(GRID[0]),
            "high": number(GRID[-1]),
        }
        if not clear:
            return say(
                "Corrected, {outcome}: not clear of zero at any reliability from {low} to {high}.",
                **words,
            )
        if len(clear) == len(GRID):
            return say(
                "Corrected, {outcome}: clear of zero at every reliability from {low} to {high}.",
                **words,
            )
        return say(
            "Corrected, {outcome}: clear of zero only at these: {clear}.",
            clear=listed(number(r) for r in clear),
            **words,
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        frame = self.to_frame()
        ends = "; ".join(
            say(
                "{outcome}: {first} at {low}, {last} at {high}",
                outcome=outcome,
                first=quantity(one.change.iloc[0], one.unit.iloc[0]),
                last=quantity(one.change.iloc[-1], one.unit.iloc[0]),
                low=number(GRID[0]),
                high=number(GRID[-1]),
            )
            for outcome, one in frame.groupby("outcome", sort=False)
        )
        return say("A line in its band for each outcome against no change. {ends}.", ends=ends)


def reliability_sensitivity(
    survey: Survey,
    *,
    reliability: float = 0.6,
    before_mean: float | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> Sensitivity:
    """Return the corrected change over reliabilities from 0.4 to 0.9, and what the survey says of its own.

    Parameters
    ----------
    survey : Survey
    reliability : float
        The one the run takes, 0 to 1.
    before_mean : float, optional
        As `recovered_changes` has it.
    """
    rules = {"before_mean": before_mean, "min_group": min_group}
    found = tuple(_curve(survey, outcome, **rules) for outcome in survey.outcomes)
    return Sensitivity(survey, found, reliability, level)


def _curve(survey: Survey, outcome: str, *, before_mean: float | None, min_group: int) -> Curve:
    changes = tuple(
        one_change(survey, outcome, reliability=r, before_mean=before_mean, min_group=min_group)
        for r in GRID
    )
    first = changes[0]
    slope, n_quiet, refused_slope = _slope(survey, outcome, min_group)
    refused = first.refused or first.refused_correction
    return Curve(outcome, changes, first.n, n_quiet, slope, refused, refused_slope)


def _slope(survey: Survey, outcome: str, min_group: int):
    """Return the slope of after on before without a failure, its count, and why it is refused, or None."""
    columns = [before(outcome), outcome]
    if reason := refusal(survey, outcome, columns, [NO_FAILURE], max(min_group, 3)):
        return None, 0, reason
    pairs = survey.complete(columns, NO_FAILURE)
    try:
        slope = line_slope(*(pairs[column].to_numpy() for column in columns))
    except ValueError:
        return None, len(pairs), no_spread(outcome)
    return slope, len(pairs), None
