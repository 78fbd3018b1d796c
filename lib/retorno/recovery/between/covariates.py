"""What customers are made alike in: scores before and segment, as the columns of a design.

Estimand: none; these are the covariates of every adjustment between groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import caution
from retorno.language import listed, say, say_n
from retorno.recovery.survey import (
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    before,
)
from retorno.stats.student import Student, welch

SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Sample:
    """Recovered and no failure with a score and all covariates, as arrays of one length.

    Attributes
    ----------
    columns : tuple of str
        Covariates as columns of the survey; `names` for people, one a column of `design`.
    score, recovered, design : ndarray
        Shapes (n,), (n,) of bool, (n, k).
    left_out : int
        Members of the two groups without a score or a score before.
    """

    columns: tuple[str, ...]
    names: tuple[str, ...]
    score: np.ndarray
    recovered: np.ndarray
    design: np.ndarray
    left_out: int

    @property
    def n(self) -> tuple[int, int]:
        """Recovered and no failure."""
        return int(self.recovered.sum()), int((~self.recovered).sum())

    @property
    def words(self) -> str:
        """The covariates for people."""
        return listed(covariate_name(column) for column in self.columns)

    @property
    def groups(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the recovered and of those without a failure."""
        return self.score[self.recovered], self.score[~self.recovered]

    @property
    def plain(self) -> Student:
        """Recovered minus no failure, unadjusted, of the same members."""
        return welch(*self.groups)

    def care(self) -> str:
        """Return, with a leading space, who is left out and whether few are left, or nothing."""
        text = caution(min(self.n))
        if not self.left_out:
            return text
        return (
            " "
            + say_n(
                "{n} respondent without a score in both waves is left out.",
                "{n} respondents without a score in both waves are left out.",
                self.left_out,
            )
            + text
        )


def covariates_of(survey: Survey, asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the covariates asked for, or all that somebody has a value of."""
    frame = survey.frame
    columns = [*map(before, OUTCOMES), SEGMENT]
    there = [c for c in columns if c in frame and frame[c].notna().any()]
    if asked is None:
        return tuple(there)
    strange = [c for c in asked if c not in there]
    if strange or not asked or len(set(asked)) < len(asked):
        raise ParameterError(
            say(
                "covariates: wanted one or more of {there}, each once; got {got}.",
                there=", ".join(there) or "[]",
                got=", ".join(map(str, asked)) or "[]",
            )
        )
    return tuple(asked)


def sample_of(survey: Survey, outcome: str, columns, *, min_group: int) -> Sample:
    """Return the members of both groups with a score and all scores before."""
    both = survey.frame[survey.frame["group"].isin([RECOVERED, NO_FAILURE])]
    frame = both.dropna(subset=[outcome, *(c for c in columns if c != SEGMENT)])
    names, design = covariate_design(frame, columns, min_group)
    recovered = (frame["group"] == RECOVERED).to_numpy()
    left_out = len(both) - len(frame)
    return Sample(columns, names, frame[outcome].to_numpy(), recovered, design, left_out)


def covariate_design(frame, columns, min_group: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names for people and values, shape (n, k), of covariates; segments as 0/1 beside the largest.

    A segment with fewer than `min_group` respondents counts with the largest; to have no segment is one, too.
    """
    scores = [c for c in columns if c != SEGMENT]
    design, names = [frame[c].to_numpy() for c in scores], [covariate_name(c) for c in scores]
    if SEGMENT in columns:
        segment = frame[SEGMENT].astype(object).fillna("")
        sizes = segment.value_counts()
        for value in sorted(v for v in sizes.index[1:] if sizes[v] >= min_group):
            design.append((segment == value).to_numpy(dtype=float))
            names.append(say("segment {name}", name=value) if value else say("no segment"))
    return tuple(names), np.column_stack(design) if design else np.empty((len(frame), 0))


def unusable(s: Sample) -> str | None:
    """Return which covariate is the same for all, or that none is left, or None."""
    if not s.names:
        return say(
            "Not stated: no segment has enough respondents beside the largest, so there is nothing to adjust for."
        )
    for place, name in enumerate(s.names):
        if np.ptp(s.design[:, place]) == 0:
            return say(
                "Not stated: {name} is the same for all who are compared, so there is nothing to adjust for; leave "
                "it out (parameter covariates).",
                name=name,
            )
    return None


def covariate_name(column: str) -> str:
    """Return a covariate's name for people."""
    if column == SEGMENT:
        return say("segment")
    return say("{outcome} before", outcome=say(OUTCOMES[column.removesuffix("_before")]))
