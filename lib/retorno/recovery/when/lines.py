"""The difference along one moderator, estimated or refused.

Source: Bauer and Curran (2005), Multivariate Behavioral Research 40, 373-400.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import direction, too_few
from retorno.language import say
from retorno.recovery.survey import (
    MODERATORS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    no_spread,
    refusal,
)
from retorno.stats.moderation import ModeratedDifference, Region, moderated_difference


@dataclass(frozen=True, slots=True)
class Moderated:
    """The difference along one moderator, or why it is not stated (`refused`).

    Attributes
    ----------
    name : str
    n : tuple of two int
        Recovered with a score and a value of the moderator; those without a failure that are compared.
    both : bool
        Whether those without a failure have a value of the moderator, too.
    values : ndarray
        Of the moderator, all who are compared and have one.
    difference : ModeratedDifference or None
    region : Region or None
    own_level : float or None
        Level of the verdict on the slope, after Holm.
    """

    name: str
    n: tuple[int, int]
    both: bool = False
    values: np.ndarray | None = None
    difference: ModeratedDifference | None = None
    region: Region | None = None
    own_level: float | None = None
    refused: str | None = None

    @property
    def verdict(self) -> str:
        """Side on which the slope lies at its own level."""
        return direction(self.difference.slope.at(self.own_level).interval)


def moderated(survey: Survey, name: str, *, level: float, min_group: int) -> Moderated:
    """Return recovered minus no failure along the moderator `name`, on the first outcome."""
    outcome = survey.outcomes[0]
    recovered = survey.complete([outcome, name], RECOVERED)
    others = survey.complete([outcome, name], NO_FAILURE)
    scores = survey.scores(outcome, NO_FAILURE)
    # Half of them: a few stray values must not stand for the whole group.
    known = len(others) >= max(min_group, scores.size / 2)
    both = known and np.ptp(others[name]) > 0 and np.ptp(others[outcome]) > 0
    n = (len(recovered), len(others) if both else scores.size)
    reason = _refusal(survey, name, recovered, min_group)
    if reason is None and np.ptp(scores) == 0 and np.ptp(recovered[outcome]) == 0:
        reason = no_spread(outcome)
    if reason:
        return Moderated(name, n, both, refused=reason)
    second = (others[outcome], others[name]) if both else (scores, None)
    try:
        difference = moderated_difference(recovered[outcome], recovered[name], *second)
    except ValueError:
        return Moderated(name, n, both, refused=_no_line(name))
    values = np.concatenate([recovered[name], others[name]]) if both else recovered[name].to_numpy()
    return Moderated(name, n, both, values, difference, difference.region(level=level))


def _refusal(survey: Survey, name: str, recovered, min_group: int) -> str | None:
    """Return why no line can be drawn along a moderator, or None."""
    outcome = survey.outcomes[0]
    if reason := refusal(survey, outcome, [outcome], [RECOVERED, NO_FAILURE], min_group):
        return reason
    words = {"outcome": say(OUTCOMES[outcome]), "moderator": say(MODERATORS[name])}
    if len(recovered) < min_group:
        what = say("recovered with a score of {outcome} and a value of {moderator}", **words)
        return too_few(what, len(recovered), min_group)
    if recovered[name].nunique() < 2:
        return say(
            "Not stated: {moderator} has one value among all recovered; a line needs at least two.",
            **words,
        )
    return None


def _no_line(name: str) -> str:
    return say(
        "Not stated: too few respondents differ in {moderator}, or their scores do not vary about the line, so "
        "nothing says how far it could be chance; more respondents at each of its values are needed.",
        moderator=say(MODERATORS[name]),
    )
