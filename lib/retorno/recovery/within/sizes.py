"""The change of the recovered in standard deviations, as it stands.

Estimand: mean of after - before of the recovered with both scores, over the average standard deviation of the two
scores (d_av) or over the standard deviation of the changes (d_z). It is the raw change: what low scores rise by
themselves is part of it, and only the corrected change takes that off.

Sources: Cumming (2012), Understanding the New Statistics, chapter 11; Lakens (2013), Frontiers in Psychology 4, 863;
Algina and Keselman (2003), Educational and Psychological Measurement 63, 537-553; Bonett (2015), J. of Educational and
Behavioral Statistics 40, 366-376.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import mark, number, percent, quantity, say
from retorno.recovery.survey import OUTCOMES, RECOVERED, Survey, before, refusal
from retorno.stats.pairs import PairedSizes, paired_sizes

D_AV = Definition(
    "change.{outcome}.d_av",
    label=mark("{outcome}: change of the recovered over the average SD of the scores"),
    meaning=mark(
        "Mean of after minus before of the recovered with both scores, over the average standard deviation of the "
        "two, the root of the mean of their variances, corrected for small samples; interval by Algina and Keselman. "
        "The size to hold against other studies, as it does not grow when the two scores agree more. In the formula "
        "x is the score before, y the score after, s their standard deviations, n the recovered with both."
    ),
    unit="average SD",
    sign=mark("Positive: they score higher than before. Regression to the mean is part of it."),
    formula=r"\sqrt{\frac{n - 2}{n - 1}} \cdot \frac{\bar y - \bar x}{\sqrt{(s_x^2 + s_y^2) / 2}}",
    reference=0.0,
)
D_Z = Definition(
    "change.{outcome}.d_z",
    label=mark("{outcome}: change of the recovered over the SD of the changes"),
    meaning=mark(
        "Mean of after minus before of the recovered with both scores, over the standard deviation of these "
        "changes, times 1 - 3/(4 df - 1) for small samples; interval by the noncentral t. The size that power for "
        "pairs is planned on. In the formula x is the score before, y the score after, s the standard deviation of "
        "y - x; nu is df, one less than the recovered with both."
    ),
    unit="SD of changes",
    sign=mark("Positive: they score higher than before. Regression to the mean is part of it."),
    formula=r"\left( 1 - \frac{3}{4 \nu - 1} \right) \frac{\bar y - \bar x}{s_{y - x}}",
    reference=0.0,
)
DEFINITIONS = (D_AV, D_Z)
FEWEST = 3  # pairs: with two, the small-sample correction leaves nothing

AVERAGES = {
    "above": mark("The recovered rose in {outcome} by {size} average standard deviations of {sd}."),
    "below": mark("The recovered fell in {outcome} by {size} average standard deviations of {sd}."),
    "undecided": mark(
        "The recovered changed in {outcome} by {signed} average standard deviations of {sd}; the interval holds "
        "zero."
    ),
}
CHANGES = {
    "above": mark(
        "Over the standard deviation of the changes, which is {sd}, the rise in {outcome} is {size}."
    ),
    "below": mark(
        "Over the standard deviation of the changes, which is {sd}, the fall in {outcome} is {size}."
    ),
    "undecided": mark(
        "Over the standard deviation of the changes, which is {sd}, the change in {outcome} is {signed}; the "
        "interval holds zero."
    ),
}
RAW = mark("Regression to the mean is part of it.")


@dataclass(frozen=True, slots=True)
class ChangeSize:
    """Sizes of the change on one outcome, or why they are not stated; `n` recovered with both scores."""

    outcome: str
    n: int
    sizes: PairedSizes | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSizes:
    """The change of the recovered in standard deviations on each outcome; intervals at `level`."""

    survey: Survey
    changes: tuple[ChangeSize, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse d_av and d_z of each outcome."""
        return Findings(f for c in self.changes for f in self._findings(c))

    def _findings(self, c: ChangeSize):
        if c.refused:
            for definition in DEFINITIONS:
                yield definition.refuse(c.refused, n=c.n, outcome=c.outcome)
            return
        s = c.sizes
        method = say("paired d over the average SD, interval by Algina and Keselman")
        yield self._state(D_AV, c, AVERAGES, s.d_av, s.d_av_interval, s.average_sd, method)
        method = say("paired d over the SD of the changes, interval by the noncentral t")
        yield self._state(D_Z, c, CHANGES, s.d_z, s.d_z_interval, s.change_sd, method)

    def _state(self, definition, c: ChangeSize, sentences, d, interval, sd, method) -> Finding:
        verdict = direction(interval)
        sentence = say(
            sentences[verdict],
            outcome=say(OUTCOMES[c.outcome]),
            size=number(abs(d)),
            signed=number(d),
            sd=quantity(sd, self.survey.difference_unit(c.outcome)),
        )
        return definition.state(
            d,
            f"{sentence} {say(RAW)}" + caution(c.n),
            interval=interval,
            level=self.level,
            n=c.n,
            method=method,
            verdict=verdict,
            outcome=c.outcome,
        )

    @property
    def stated(self) -> tuple[ChangeSize, ...]:
        """The outcomes that have sizes."""
        return tuple(c for c in self.changes if c.sizes)

    def to_frame(self):
        """Return outcome, n, change, and d_av and d_z with the SD each is over and its bounds."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[c.outcome]),
                c.n,
                c.sizes.change,
                c.sizes.average_sd,
                c.sizes.d_av,
                *c.sizes.d_av_interval,
                c.sizes.change_sd,
                c.sizes.d_z,
                *c.sizes.d_z_interval,
                self.survey.difference_unit(c.outcome),
            )
            for c in self.stated
        ]
        names = ["outcome", "n", "change", "average_sd", "d_av", "d_av_low", "d_av_high"]
        names += ["change_sd", "d_z", "d_z_low", "d_z_high", "unit"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "n": (say("With both scores"), "count"),
            "change": (say("Change"), "unit:unit"),
            "average_sd": (say("Average SD"), "unit:unit"),
            "d_av": (say("d_av"), "number"),
            "d_av_low": (say("Interval from"), "number"),
            "d_av_high": (say("to"), "number"),
            "change_sd": (say("SD of the changes"), "unit:unit"),
            "d_z": (say("d_z"), "number"),
            "d_z_low": (say("Interval from"), "number"),
            "d_z_high": (say("to"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of sizes holds."""
        return say(
            "Mean change of the recovered from before to after in standard deviations, with {level} intervals: d_av "
            "over the average SD of the two scores, d_z over the SD of the changes, both corrected for small samples. "
            "Regression to the mean is part of the change.",
            level=percent(self.level, 0),
        )


def change_sizes(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> ChangeSizes:
    """Return the raw change of the recovered in standard deviations, d_av and d_z, for each outcome.

    Parameters
    ----------
    survey : Survey
    level : float
        Coverage of the intervals, 0.95 is 95 %.
    min_group : int
        Fewest recovered with both scores about whom anything is stated, at least 3.
    """
    return ChangeSizes(
        survey, tuple(_size(survey, o, level, min_group) for o in survey.outcomes), level
    )


def _size(survey: Survey, outcome: str, level: float, min_group: int) -> ChangeSize:
    columns = [before(outcome), outcome]
    pairs = survey.complete(columns, RECOVERED) if survey.has_before(outcome) else ()
    if reason := refusal(survey, outcome, columns, [RECOVERED], max(min_group, FEWEST)):
        return ChangeSize(outcome, len(pairs), refused=reason)
    first, second = (pairs[column].to_numpy() for column in columns)
    try:
        return ChangeSize(outcome, len(pairs), paired_sizes(first, second, level=level))
    except ValueError:
        return ChangeSize(outcome, len(pairs), refused=_alike(outcome))


def _alike(outcome: str) -> str:
    return say(
        "Not stated: all recovered changed alike in {outcome}, so there is no spread to measure the change by; "
        "changes that differ would be needed.",
        outcome=say(OUTCOMES[outcome]),
    )
