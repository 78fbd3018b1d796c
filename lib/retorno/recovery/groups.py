"""Who answered, and where each group stood before and stands after.

Estimand: none in the flow, which counts; mean score of each group in each wave, over those who answered that wave, in
the means. Both describe: who is in which group was not drawn by chance, and leavers are absent from the second wave,
so that where one group loses more of them than another, that alone can move a difference.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import direction
from retorno.language import integer, listed, mark, percent, quantity, say
from retorno.recovery.survey import (
    GROUPS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    before,
    refusal,
)
from retorno.stats.student import Estimate, Student, mean_of, welch

BEFORE, AFTER = "before", "after"
WAVES = {BEFORE: mark("before"), AFTER: mark("after")}
TITLES = {
    "above": mark(
        "Failures struck those high in {outcome}: the recovered stood higher from the start"
    ),
    "below": mark(
        "Failures struck those low in {outcome}: the recovered stood lower from the start"
    ),
    "undecided": mark(
        "Recovered customers and those without a failure show no difference in {outcome} before"
    ),
}


@dataclass(frozen=True, slots=True)
class Flow:
    """Respondents by group and what they answered; `rows` hold group, asked, before, answered, both."""

    outcome: str
    rows: tuple[tuple[str, int, int, int, int], ...]

    def to_frame(self):
        """Return group, asked, before, answered, both and the share that answered."""
        import pandas as pd

        rows = [
            (say(GROUPS[group]), asked, before, answered, both, answered / asked if asked else None)
            for group, asked, before, answered, both in self.rows
        ]
        names = ["group", "asked", "before", "answered", "both", "share"]
        return pd.DataFrame(rows, columns=names).astype({"share": float})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "group": (say("Group"), "text"),
            "asked": (say("Respondents"), "count"),
            "before": (say("With a score before"), "count"),
            "answered": (say("Answered the second wave"), "count"),
            "both": (say("With both scores"), "count"),
            "share": (say("Share that answered"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the flow counts, and how uneven leaving is."""
        shares = [answered / asked for _, asked, _, answered, _ in self.rows if asked]
        return say(
            "Respondents by group and the scores of {outcome} they gave; {n} in all. Between {low} and {high} of a "
            "group answered the second wave.",
            outcome=say(OUTCOMES[self.outcome]),
            n=integer(sum(row[1] for row in self.rows)),
            low=percent(min(shares)),
            high=percent(max(shares)),
        )


def respondent_flow(survey: Survey) -> Flow:
    """Count who was asked and who answered, by group, on the first outcome."""
    outcome = survey.outcomes[0]
    frame = survey.frame
    answered = frame[outcome].notna()
    asked_before = (
        frame[before(outcome)].notna() if survey.has_before(outcome) else answered & False
    )
    rows = []
    for group in GROUPS:
        one = frame["group"] == group
        counts = (one, one & asked_before, one & answered, one & asked_before & answered)
        rows.append((group, *(int(count.sum()) for count in counts)))
    return Flow(outcome, tuple(rows))


@dataclass(frozen=True, slots=True)
class GroupMean:
    """Mean of one outcome in one group and wave; `mean` is None where the group is too small."""

    outcome: str
    group: str
    wave: str
    n: int
    mean: Estimate | None


@dataclass(frozen=True, slots=True)
class GroupMeans:
    """Means by outcome, group and wave; `start` is the side on which the recovered began, None if unknown."""

    survey: Survey
    means: tuple[GroupMean, ...]
    start: str | None
    level: float

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups for people, the reference first."""
        return tuple(say(label) for label in GROUPS.values())

    @property
    def waves(self) -> tuple[str, ...]:
        """Names of the waves for people, in time."""
        return tuple(say(label) for label in WAVES.values())

    @property
    def stated(self) -> tuple[GroupMean, ...]:
        """The means that are stated."""
        return tuple(m for m in self.means if m.mean)

    def to_frame(self):
        """Return outcome, group, wave, n, mean, ci_low, ci_high, unit; one row a mean."""
        import pandas as pd

        rows = [
            (
                say(OUTCOMES[m.outcome]),
                say(GROUPS[m.group]),
                say(WAVES[m.wave]),
                m.n,
                *((m.mean.value, *m.mean.interval) if m.mean else (None, None, None)),
                self.survey.unit(m.outcome),
            )
            for m in self.means
        ]
        names = ["outcome", "group", "wave", "n", "mean", "ci_low", "ci_high", "unit"]
        numbers = dict.fromkeys(names[4:7], float)
        return pd.DataFrame(rows, columns=names).astype(numbers)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "group": (say("Group"), "text"),
            "wave": (say("Wave"), "text"),
            "n": (say("Respondents"), "count"),
            "mean": (say("Mean"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of means holds."""
        return say(
            "Mean score of each group, over those who answered the wave, with {level} intervals.",
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say where the recovered began, on the first outcome."""
        if self.start is None:
            return say("Mean scores by group")
        return say(TITLES[self.start], outcome=say(OUTCOMES[self.survey.outcomes[0]]))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        low, high = self.survey.scale
        points = say("points from {low} to {high}", low=f"{low:g}", high=f"{high:g}")
        shares = listed(say(OUTCOMES[o]) for o in self.survey.outcomes if o in self.survey.shares)
        if not shares:
            return say("Mean score of each group before and after, {points}", points=points)
        return say(
            "Mean score of each group before and after, {points}; per cent for {shares}",
            points=points,
            shares=shares,
        )

    def caption(self) -> str:
        """Say what points and bars are, which group is smallest and how the recovered moved."""
        if not self.stated:
            return say("No group is large enough to state a mean.")
        smallest = min(self.stated, key=lambda m: m.n)
        return (
            say(
                "Means over those who answered the wave; bars are {level} t intervals. The smallest "
                'group is "{group}" {wave}, with {n} scores.',
                level=percent(self.level, 0),
                group=say(GROUPS[smallest.group]),
                wave=say(WAVES[smallest.wave]),
                n=integer(smallest.n),
            )
            + self._moved()
            + self._unstated()
        )

    def _unstated(self) -> str:
        """Name, with a leading space, the groups that answered but have no mean."""
        without = [m.group for m in self.means if m.n and m.mean is None]
        if not without:
            return ""
        return " " + say(
            "Not shown, because they are too few or all alike: {groups}.",
            groups=listed(say(GROUPS[group]) for group in dict.fromkeys(without)),
        )

    def _moved(self) -> str:
        """Say, with a leading space, from where to where the recovered went on the first outcome."""
        outcome = self.survey.outcomes[0]
        means = {
            m.wave: quantity(m.mean.value, self.survey.unit(outcome))
            for m in self.stated
            if (m.outcome, m.group) == (outcome, RECOVERED)
        }
        if len(means) < 2:
            return ""
        return " " + say(
            "In {outcome} the recovered go from {before} to {after}.",
            outcome=say(OUTCOMES[outcome]),
            before=means[BEFORE],
            after=means[AFTER],
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        points = "; ".join(
            say(
                "{outcome}, {group}, {wave}: {mean}",
                outcome=say(OUTCOMES[m.outcome]),
                group=say(GROUPS[m.group]),
                wave=say(WAVES[m.wave]),
                mean=quantity(m.mean.value, self.survey.unit(m.outcome)),
            )
            for m in self.stated
        )
        return say(
            "A panel for each outcome, a line from before to after for each group. {points}.",
            points=points,
        )


def group_means(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> GroupMeans:
    """Return the mean of each outcome in each group and wave, with its t interval."""
    means = []
    for outcome in survey.outcomes:
        waves = {BEFORE: before(outcome), AFTER: outcome}
        for group in GROUPS:
            for wave, column in waves.items():
                if column in survey.frame:
                    scores = survey.scores(column, group)
                    mean = _mean(scores, level, min_group)
                    means.append(GroupMean(outcome, group, wave, scores.size, mean))
    gap = gap_before(survey, survey.outcomes[0], min_group)
    start = None if gap is None else direction(gap.at(level).interval)
    return GroupMeans(survey, tuple(means), start, level)


def _mean(scores, level: float, min_group: int) -> Estimate | None:
    """Return the mean with its interval; None when too few gave a score, or all gave the same."""
    if scores.size < min_group or np.ptp(scores) == 0:
        return None
    return mean_of(scores).at(level)


def gap_before(survey: Survey, outcome: str, min_group: int) -> Student | None:
    """Return recovered minus no failure before anything failed; None where it cannot be stated."""
    column = before(outcome)
    if refusal(survey, outcome, [column], [RECOVERED, NO_FAILURE], min_group):
        return None
    groups = [survey.scores(column, g) for g in (RECOVERED, NO_FAILURE)]
    if np.ptp(groups[0]) == np.ptp(groups[1]) == 0:
        return None
    return welch(*groups)
