"""Three steps from the naive to the corrected change, to be drawn: as it stands, as expected, and what is left."""

from dataclasses import dataclass

from retorno.findings import direction
from retorno.language import integer, listed, number, percent, quantity, say
from retorno.recovery.survey import OUTCOMES, Survey
from retorno.recovery.within.regression import Change
from retorno.stats.student import Student


@dataclass(frozen=True, slots=True)
class Steps:
    """Raw, expected and corrected change of the outcomes `stated`; intervals at `level`."""

    survey: Survey
    stated: tuple[Change, ...]
    reliability: float
    level: float

    def to_frame(self):
        """Return outcome, step, change, ci_low, ci_high, unit: raw, expected, corrected of each outcome stated."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[c.outcome]),
                name,
                student.value,
                *student.at(self.level).interval,
                self.survey.difference_unit(c.outcome),
            )
            for c in self.stated
            for name, student in _steps(c)
        ]
        return pd.DataFrame(
            rows, columns=["outcome", "step", "change", "ci_low", "ci_high", "unit"]
        )

    def title(self) -> str:
        """Say what is left of the change once regression to the mean is taken off."""
        if not self.stated:
            return say("No corrected change can be stated")
        left, gone = (
            listed(
                say(OUTCOMES[c.outcome])
                for c in self.stated
                if (direction(c.change.corrected.at(self.level).interval) != "undecided") == clear
            )
            for clear in (True, False)
        )
        if left and gone:
            return say(
                "Corrected for regression to the mean, a change is left in {left}, none clear of zero in {gone}",
                left=left,
                gone=gone,
            )
        if left:
            return say(
                "Corrected for regression to the mean, a change is left in {left}", left=left
            )
        return say(
            "Corrected for regression to the mean, no change clear of zero is left in {gone}",
            gone=gone,
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        shares = {c.outcome for c in self.stated} & self.survey.shares
        if not shares:
            return say("Mean change of the recovered from before to after, in points of the scale")
        return say(
            "Mean change of the recovered from before to after, in points of the scale; {shares} in percentage points",
            shares=listed(say(OUTCOMES[outcome]) for outcome in sorted(shares)),
        )

    def caption(self) -> str:
        """Say what points and bars are, how many stand behind them and what regression to the mean takes."""
        if not self.stated:
            return say("No corrected change can be stated.")
        caption = say(
            "The change of the recovered as it stands, the change expected with no effect at all at a "
            "reliability of {reliability}, and what is left; bars are {level} intervals (paired t, the other two by "
            "influence). Recovered with both scores: {counts}.",
            reliability=number(self.reliability),
            level=percent(self.level, 0),
            counts=listed(f"{say(OUTCOMES[c.outcome])} {integer(c.n)}" for c in self.stated),
        )
        first = self.stated[0]
        unit = self.survey.difference_unit(first.outcome)
        return (
            caption
            + " "
            + say(
                "Of a change of {raw} in {outcome}, {expected} is expected with no effect.",
                raw=quantity(first.change.raw.value, unit),
                outcome=say(OUTCOMES[first.outcome]),
                expected=quantity(first.change.expected.value, unit),
            )
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        points = "; ".join(
            say(
                "{outcome}, {step}: {change} ({low} to {high})",
                outcome=row.outcome,
                step=row.step,
                change=quantity(row.change, row.unit),
                low=quantity(row.ci_low, row.unit),
                high=quantity(row.ci_high, row.unit),
            )
            for row in self.to_frame().itertuples()
        )
        return say(
            "Points in their intervals against a line of no change. {points}.", points=points
        )


def _steps(c: Change) -> tuple[tuple[str, Student], ...]:
    """Return name and number of the raw, the expected and the corrected change."""
    return (
        (say("as it stands"), c.change.raw),
        (say("expected with no effect"), c.change.expected),
        (say("corrected"), c.change.corrected),
    )
