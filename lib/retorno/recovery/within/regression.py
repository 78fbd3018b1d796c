"""The change of the recovered on one outcome, estimated or refused, with what regression to the mean explains.

Source: Davis (1976), American J. of Epidemiology 104, 493-498.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import say
from retorno.recovery.survey import NO_FAILURE, RECOVERED, Survey, before, no_spread, refusal
from retorno.recovery.verdict import Verdict
from retorno.stats.regression_to_mean import RegressedChange, regressed_change
from retorno.stats.student import Student, welch


@dataclass(frozen=True, slots=True)
class Change:
    """Change of the recovered on one outcome.

    Attributes
    ----------
    outcome : str
    n : int
        Recovered with both scores.
    change : RegressedChange or None
    net : Student or None
        Change of the recovered minus change without a failure; `n_net` of both.
    verdict : Verdict or None
        Of the corrected change.
    refused, refused_correction, refused_net : str or None
        Why nothing, no expectation, or no comparison of changes is stated.
    """

    outcome: str
    n: int
    change: RegressedChange | None = None
    net: Student | None = None
    n_net: tuple[int, int] = (0, 0)
    verdict: Verdict | None = None
    refused: str | None = None
    refused_correction: str | None = None
    refused_net: str | None = None


def one_change(
    survey: Survey, outcome: str, *, reliability: float, before_mean: float | None, min_group: int
) -> Change:
    """Return the change of the recovered on `outcome`, without its verdict."""
    column, columns = before(outcome), [outcome, before(outcome)]
    if reason := refusal(survey, outcome, columns, [RECOVERED], min_group):
        n = len(_both(survey, outcome, RECOVERED)) if survey.has_before(outcome) else 0
        return Change(outcome, n, refused=reason)
    asked = survey.frame.dropna(subset=[column])
    recovered = (asked["group"] == RECOVERED).to_numpy()
    weight = asked["weight"].to_numpy() if "weight" in asked else None
    no_weight = weight is not None and not weight.sum() > 0
    n = int((recovered & asked[outcome].notna().to_numpy()).sum())
    try:
        change = regressed_change(
            asked[column].to_numpy(),
            asked[outcome].to_numpy(),
            recovered,
            weight=None if no_weight else weight,
            reliability=reliability,
            population_mean=before_mean,
        )
    except ValueError:
        return Change(outcome, n, refused=no_spread(outcome))
    correction = None
    if before_mean is None:
        correction = _no_centre(recovered, no_weight, min_group)
    net, n_net, refused_net = _net(survey, outcome, min_group)
    return Change(
        outcome, n, change, net, n_net, refused_correction=correction, refused_net=refused_net
    )


def _no_centre(recovered, no_weight: bool, min_group: int) -> str | None:
    """Return why the mean before of all is not known from the survey, or None."""
    if no_weight:
        return say(
            "Not stated: all weights are 0, so there is no weighted mean before (parameter before_mean)."
        )
    others = int((~recovered).sum())
    if others < min_group:
        what = say(
            "respondents with a score before who are not among the recovered, to say how far off the mean the "
            "recovered began (or name parameter before_mean)"
        )
        return too_few(what, others, min_group)
    return None


def _both(survey: Survey, outcome: str, group: str) -> np.ndarray:
    """Return after minus before of the respondents of `group` with both scores."""
    one = survey.frame[survey.frame["group"] == group]
    return (one[outcome] - one[before(outcome)]).dropna().to_numpy()


def _net(survey: Survey, outcome: str, min_group: int):
    """Return the comparison of changes, its counts, and why it is refused, or None."""
    groups = [_both(survey, outcome, group) for group in (RECOVERED, NO_FAILURE)]
    n = (groups[0].size, groups[1].size)
    columns = [outcome, before(outcome)]
    if reason := refusal(survey, outcome, columns, [NO_FAILURE], min_group):
        return None, n, reason
    return welch(*groups), n, None
