"""How many scores stand at the end of the scale, where nothing can rise further.

Estimand: share of the recovered at the highest answer before, who could not rise whatever was done, and share of those
without a failure at the highest answer after, whom nobody could beat. A ceiling makes a gain look smaller, and two
groups more alike, than they are.

Source: the mark of 15 %, Terwee et al. (2007), J. of Clinical Epidemiology 60, 34-42; Wilson (1927), J. American
Statistical Association 22, 209-212, for the interval.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import brief, mark, percent, say
from retorno.recovery.survey import (
    GROUPS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    before,
    refusal,
)
from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate

MARK = 0.15  # from here on a ceiling is held to be there

BEFORE = Definition(
    "ceiling.{outcome}.before",
    label=mark("{outcome}: recovered at the top of the scale before"),
    meaning=mark(
        "Share of the recovered with a score before who gave the highest answer of the scale: they cannot rise; "
        "Wilson's interval. In the formula x is the score before of the n recovered R, U the "
        "highest answer."
    ),
    unit="share of customers",
    sign=mark("More: less room to rise."),
    formula=r"\frac{1}{n_R} \sum_{i \in R} [x_i = U]",
)
AFTER = Definition(
    "ceiling.{outcome}.after",
    label=mark("{outcome}: customers without a failure at the top of the scale after"),
    meaning=mark(
        "Share of those without a failure who gave the highest answer in the second wave: nobody can score higher "
        "than they; Wilson's interval. In the formula y is the score after of the n without a "
        "failure N, U the highest answer."
    ),
    unit="share of customers",
    sign=mark("More: less room to stand above them."),
    formula=r"\frac{1}{n_N} \sum_{i \in N} [y_i = U]",
)
DEFINITIONS = (BEFORE, AFTER)

SENTENCES = {
    BEFORE.id: mark("{share} of the recovered gave {top} in {outcome} before and could not rise."),
    AFTER.id: mark("{share} of those without a failure give {top} in {outcome} after."),
}
READ = {
    "above": mark(
        "That is a ceiling by the mark of {mark}: a gain looks smaller here, and groups more alike, than they are."
    ),
    "below": mark("That is under the mark of {mark}: the end of the scale hides little."),
    "undecided": mark(
        "Whether that is more than the mark of {mark}, from which on a ceiling counts, is not clear."
    ),
}


@dataclass(frozen=True, slots=True)
class AtTop:
    """Scores of one group and wave at the top of the scale, or why their share is not stated."""

    definition: Definition
    outcome: str
    n: int
    share: Estimate | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Shares at the top of the scale of each outcome in points; intervals at `level`."""

    survey: Survey
    shares: tuple[AtTop, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse the share at the top before of the recovered, and after without a failure."""
        return Findings(self._finding(share) for share in self.shares)

    def _finding(self, one: AtTop) -> Finding:
        if one.refused:
            return one.definition.refuse(one.refused, n=one.n, outcome=one.outcome)
        side = direction(one.share.interval, MARK)
        text = say(
            SENTENCES[one.definition.id],
            share=percent(one.share.value),
            top=brief(self.survey.range(one.outcome)[1]),
            outcome=say(OUTCOMES[one.outcome]),
        )
        return one.definition.state(
            one.share.value,
            f"{text} {say(READ[side], mark=percent(MARK, 0))}" + caution(one.n),
            interval=one.share.interval,
            level=self.level,
            n=one.n,
            method=say("share, Wilson's interval"),
            verdict=side,
            outcome=one.outcome,
        )

    def to_frame(self):
        """Return outcome, group and the shares at the bottom and the top of the scale, before and after."""
        import pandas as pd

        rows = [
            (say(OUTCOMES[outcome]), say(GROUPS[group]), *self._ends(outcome, group))
            for outcome in dict.fromkeys(share.outcome for share in self.shares)
            for group in GROUPS
        ]
        names = ["outcome", "group", "bottom_before", "top_before", "bottom_after", "top_after"]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[2:], float))

    def _ends(self, outcome: str, group: str) -> list[float | None]:
        shares = []
        for column in (before(outcome), outcome):
            there = column in self.survey.frame
            scores = self.survey.scores(column, group) if there else []
            for end in self.survey.range(outcome):
                shares.append(float((scores == end).mean()) if len(scores) else None)
        return shares

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "group": (say("Group"), "text"),
            "bottom_before": (say("At the bottom before"), "share"),
            "top_before": (say("At the top before"), "share"),
            "bottom_after": (say("At the bottom after"), "share"),
            "top_after": (say("At the top after"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table counts."""
        low, high = self.survey.scale
        return say(
            "Share of each group that gave the lowest ({low}) and the highest ({high}) answer there is, of those who "
            "answered the wave.",
            low=brief(low),
            high=brief(high),
        )


def ceiling(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> Ceiling:
    """Return how many scores stand at the top of the scale; outcomes that are shares have no scale and are left out."""
    found = []
    for outcome in survey.outcomes:
        if outcome not in survey.shares:
            found.append(
                _at_top(survey, BEFORE, outcome, before(outcome), RECOVERED, level, min_group)
            )
            found.append(_at_top(survey, AFTER, outcome, outcome, NO_FAILURE, level, min_group))
    return Ceiling(survey, tuple(found), level)


def _at_top(survey, definition, outcome, column, group, level, min_group) -> AtTop:
    if reason := refusal(survey, outcome, [column], [group], min_group):
        return AtTop(definition, outcome, 0, refused=reason)
    scores = survey.scores(column, group)
    top = int((scores == survey.range(outcome)[1]).sum())
    return AtTop(definition, outcome, scores.size, wilson_share(top, scores.size, level=level))
