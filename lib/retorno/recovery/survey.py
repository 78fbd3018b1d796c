"""The scores a survey holds, by outcome, group and wave, checked against their scale.

Estimand: none; this is what every comparison of the study starts from. The survey comes to pandas once, only the
columns needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retorno.errors import ParameterError, TableError
from retorno.findings import too_few
from retorno.language import brief, difference_unit, integer, listed, mark, say, say_n

NO_FAILURE, FAILURE, RECOVERED = "no_failure", "failure", "recovered"
GROUPS = {
    NO_FAILURE: mark("No failure"),
    FAILURE: mark("Failure, no recovery"),
    RECOVERED: mark("Recovered"),
}
OUTCOMES = {
    "satisfaction": mark("satisfaction"),
    "repurchase": mark("repurchase"),
    "word_of_mouth": mark("word of mouth"),
}
MODERATORS = {
    "recovery_quality": mark("recovery quality"),
    "severity": mark("severity of the failure"),
    "prior_failures": mark("prior failures"),
    "stability": mark("stability of the cause"),
    "controllability": mark("controllability of the cause"),
}
JUSTICE = {
    "distributive_justice": mark("distributive justice"),
    "procedural_justice": mark("procedural justice"),
    "interactional_justice": mark("interactional justice"),
}
IN_LABELS = (  # what stands in the braces of a definition's label, as `language.named` looks it up
    mark("severity"),
    mark("stability"),
    mark("controllability"),
    mark("distributive"),
    mark("procedural"),
    mark("interactional"),
)
QUALITY = "recovery_quality"
POINTS, SHARE = "scale points", "share of customers"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """Scores of all respondents.

    Attributes
    ----------
    frame : DataFrame
        group, each outcome, every ``<outcome>_before``, the columns of `MODERATORS` and `JUSTICE`, segment,
        weight: as far as there are. Numbers are float, NaN where there is none; segment is text or None.
    outcomes : tuple of str
        In the order asked for, or that of `OUTCOMES`.
    shares : frozenset of str
        The outcomes that are 0/1 or a probability and not points of the scale.
    scale : tuple of two float
        Lowest and highest score of the others.
    """

    frame: Any
    outcomes: tuple[str, ...]
    shares: frozenset[str]
    scale: tuple[float, float]

    def range(self, outcome: str) -> tuple[float, float]:
        """Return the lowest and the highest score of `outcome`."""
        return (0.0, 1.0) if outcome in self.shares else self.scale

    def unit(self, outcome: str) -> str:
        """Return the unit of a mean of `outcome`."""
        return SHARE if outcome in self.shares else POINTS

    def difference_unit(self, outcome: str) -> str:
        """Return the unit of a difference of means of `outcome`."""
        return difference_unit(self.unit(outcome))

    def has_before(self, outcome: str) -> bool:
        """Return whether `outcome` was asked before, too."""
        return before(outcome) in self.frame

    def scores(self, column: str, group: str) -> np.ndarray:
        """Return the scores of `group` in `column`, without those who gave none."""
        values = self.frame.loc[self.frame["group"] == group, column]
        return values.dropna().to_numpy()

    def complete(self, columns: Sequence[str], *groups: str) -> Any:
        """Return group and `columns` of those of `groups` who have a value in each of them."""
        frame = self.frame.loc[self.frame["group"].isin(groups), ["group", *columns]]
        return frame.dropna().reset_index(drop=True)

    def missing(self, outcome: str, *groups: str) -> int:
        """Return how many of `groups` have no score of `outcome` in the second wave."""
        return int(self.frame.loc[self.frame["group"].isin(groups), outcome].isna().sum())


def before(outcome: str) -> str:
    """Return the column of an outcome's score before."""
    return f"{outcome}_before"


def scored_survey(
    survey, *, outcomes: Sequence[str] | None = None, scale: Sequence[float] = (1, 7)
) -> Survey:
    """Return the scores of a survey.

    Parameters
    ----------
    survey : ibis.Table
        A checked `survey` table.
    outcomes : sequence of str, optional
        Among satisfaction, repurchase and word_of_mouth; None takes those present.
    scale : sequence of two float
        Lowest and highest score there may be. `repurchase` may instead lie in 0 to 1 throughout:
        then it is a share.

    Raises
    ------
    ParameterError
        When an outcome is unknown or absent, or the scale is none.
    TableError
        When scores lie outside the scale, nobody is among the recovered, or nobody answered the
        second wave.
    """
    low, high = _scale(scale)
    chosen = _outcomes(outcomes, survey.columns)
    wanted = [*chosen, *map(before, OUTCOMES), *MODERATORS, *JUSTICE, "segment", "weight"]
    frame = survey.select("group", *(c for c in wanted if c in survey.columns)).execute()
    scored = {o: [c for c in (o, before(o)) if c in frame] for o in chosen}
    frame = frame.astype({c: float for c in frame.columns if c not in ("group", "segment")})
    shares = frozenset(o for o in chosen if o == "repurchase" and _is_share(frame[scored[o]]))
    points = [column for o in chosen if o not in shares for column in scored[o]]
    problems = [text for column in points if (text := _outside(frame[column], low, high))]
    if problems:
        raise TableError("\n".join(problems))
    _refuse_empty(frame, chosen)
    return Survey(frame, chosen, shares, (low, high))


def _scale(scale) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in scale)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise ParameterError(
            say(
                "scale: wanted the lowest and the highest score, two rising numbers as [1, 7]; got {got}.",
                got=scale,
            )
        )
    return low, high


def _outcomes(asked, columns) -> tuple[str, ...]:
    present = [outcome for outcome in OUTCOMES if outcome in columns]
    if asked is None:
        return tuple(present)
    strange = [outcome for outcome in asked if outcome not in present]
    if strange or not asked or len(set(asked)) < len(asked):
        raise ParameterError(
            say(
                "outcomes: wanted one or more of {present}, each once; got {got}.",
                present=listed(present),
                got=", ".join(map(str, asked)) or "[]",
            )
        )
    return tuple(asked)


def _is_share(frame) -> bool:
    values = frame.to_numpy()
    values = values[~np.isnan(values)]
    return bool(values.size and ((values >= 0) & (values <= 1)).all())


def _outside(column, low: float, high: float) -> str | None:
    """Return what is wrong with the scores of `column`, or None."""
    wrong = column[(column < low) | (column > high)]
    if wrong.empty:
        return None
    values = ", ".join(brief(value) for value in wrong.iloc[:SHOWN])
    more = len(wrong) - SHOWN
    if more > 0:
        values += " " + say("and {n} more", n=integer(more))
    scale = {"low": brief(low), "high": brief(high)}
    return say_n(
        "survey: column {column!r} has {n} score outside the scale from {low} to {high}: {values}. "
        "Mend it, or name the scale that was used (parameter scale).",
        "survey: column {column!r} has {n} scores outside the scale from {low} to {high}: {values}. "
        "Mend them, or name the scale that was used (parameter scale).",
        len(wrong),
        column=column.name,
        values=values,
        **scale,
    )


def _refuse_empty(frame, outcomes) -> None:
    """Refuse a survey of which nothing at all could be said."""
    groups = sorted(frame["group"].unique())
    if RECOVERED not in groups:
        raise TableError(
            say(
                "survey: nobody is in the group recovered, and every comparison is with it; the groups are "
                "{groups}.",
                groups=listed(groups),
            )
        )
    if frame[list(outcomes)].isna().all(axis=None):
        raise TableError(
            say(
                "survey: all left before the second wave: {columns} holds no score.",
                columns=listed(outcomes),
            )
        )


def absent(survey: Survey, *columns: str) -> str | None:
    """Return that the survey has not all `columns`, naming the first it lacks, or None."""
    for column in columns:
        if column not in survey.frame:
            return say("Not stated: `survey` has no column {column}.", column=column)
    return None


def refusal(
    survey: Survey, outcome: str, columns: Sequence[str], groups: Sequence[str], min_group: int
) -> str | None:
    """Return why nothing can be said of scores in all `columns` by `groups`, or None."""
    if reason := absent(survey, *columns):
        return reason
    complete = survey.frame.dropna(subset=list(columns))["group"]
    for group in groups:
        n = int((complete == group).sum())
        if n < min_group:
            what = say(
                'respondents of the group "{group}" with a score of {outcome}',
                group=say(GROUPS[group]),
                outcome=say(OUTCOMES[outcome]),
            )
            if len(columns) > 1:
                what = say(
                    'respondents of the group "{group}" with a score of {outcome} in both waves',
                    group=say(GROUPS[group]),
                    outcome=say(OUTCOMES[outcome]),
                )
            return too_few(what, n, min_group)
    return None


def no_spread(outcome: str) -> str:
    """Return why a comparison of equal scores is not stated."""
    return say(
        "Not stated: {outcome} is the same for all who are compared, so nothing says how far a difference "
        "could be chance.",
        outcome=say(OUTCOMES[outcome]),
    )


def left_out(survey: Survey, outcome: str, *groups: str) -> str:
    """Return a sentence, with a leading space, on those of `groups` without a score, or nothing."""
    n = survey.missing(outcome, *groups)
    if not n:
        return ""
    return " " + say_n(
        "{n} respondent without a score in the second wave is left out.",
        "{n} respondents without a score in the second wave are left out.",
        n,
    )
