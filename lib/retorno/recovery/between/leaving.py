"""What leavers could do to recovered minus no failure on one outcome, estimated or refused.

Source: Lee (2009), Review of Economic Studies 76, 1071-1102.
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import listed, say
from retorno.recovery.between.covariates import (
    SEGMENT,
    covariate_design,
    covariate_name,
)
from retorno.recovery.survey import (
    GROUPS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    no_spread,
    refusal,
)
from retorno.stats.adjustment import CollinearError, SeparationError
from retorno.stats.attrition import (
    Bounds,
    Weighted,
    lee_bounds,
    weighted_difference,
    weighted_mean,
    worst_case,
)
from retorno.stats.student import Student, welch

PAIR = (RECOVERED, NO_FAILURE)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leavers could do to one outcome; `n` and `left` of recovered and no failure.

    `refused` says why nothing is stated, `refused_weighted` and `refused_lee` why these are not. `columns` are those
    the weights rest on, `unknown` members without a value of them.
    """

    outcome: str
    n: tuple[int, int]
    left: tuple[int, int]
    plain: Student | None = None
    weights: tuple[Weighted, Weighted] | None = None
    lee: Bounds | None = None
    worst: Bounds | None = None
    columns: tuple[str, ...] = ()
    unknown: int = 0
    refused: str | None = None
    refused_weighted: str | None = None
    refused_lee: str | None = None

    @property
    def weighted(self) -> Student | None:
        """Recovered minus no failure, weighted."""
        return self.weights and weighted_difference(*self.weights)


def leaving(survey: Survey, outcome: str, there, *, min_group: int, rng) -> Leaving:
    """Return what leavers could do to `outcome`, weighted on the covariates `there`, estimated or refused."""
    frame = survey.frame
    scores = [frame.loc[frame["group"] == group, outcome].to_numpy() for group in PAIR]
    left = tuple(int(np.isnan(values).sum()) for values in scores)
    n = tuple(values.size - gone for values, gone in zip(scores, left, strict=True))
    reason = refusal(survey, outcome, [outcome], PAIR, min_group)
    if reason is None and not any(left):
        reason = say(
            "Not stated: nobody left; all of both groups have a score of {outcome}, so the difference stands as it is.",
            outcome=say(OUTCOMES[outcome]),
        )
    if reason is None and all(np.nanmin(v) == np.nanmax(v) for v in scores):
        reason = no_spread(outcome)
    if reason:
        return Leaving(outcome, n, left, refused=reason)
    low, high = survey.range(outcome)
    found = {
        "plain": welch(*(values[~np.isnan(values)] for values in scores)),
        "worst": worst_case(*scores, low=low, high=high),
        **_weights(survey, outcome, there, min_group),
    }
    try:
        found["lee"] = lee_bounds(*scores, rng=rng)
    except ValueError:
        found["refused_lee"] = no_spread(outcome)
    return Leaving(outcome, n, left, **found)


def _weights(survey: Survey, outcome: str, there, min_group: int) -> dict:
    """Return the weighted mean of each group, or why there is none."""
    if not there:
        return {
            "refused_weighted": say(
                "Not stated: `survey` has neither a score before nor a segment, so nothing says who left."
            )
        }
    asked = [c for c in there if c != SEGMENT]
    both = survey.frame[survey.frame["group"].isin(PAIR)]
    frame = both.dropna(subset=asked)
    answered = frame.dropna(subset=[outcome])["group"].value_counts()
    if min(answered.get(group, 0) for group in PAIR) < min_group:
        reason = refusal(survey, outcome, [outcome, *asked], PAIR, min_group)
        return {"refused_weighted": reason}
    weights = []
    for group in PAIR:
        one = frame[frame["group"] == group]
        design = covariate_design(one, there, min_group)[1]
        try:
            weights.append(weighted_mean(one[outcome], design[:, np.ptp(design, axis=0) > 0]))
        except (SeparationError, CollinearError):
            return {"refused_weighted": _no_chances(group, there)}
    if not any(w.mean.se > 0 for w in weights):
        return {"refused_weighted": no_spread(outcome)}
    return {"weights": tuple(weights), "columns": there, "unknown": len(both) - len(frame)}


def _no_chances(group: str, there) -> str:
    return say(
        'Not stated: in the group "{group}", {covariates} tell of some respondents for sure whether they left, or '
        "follow from each other, so there is no chance of answering to weight by; more respondents would be needed.",
        group=say(GROUPS[group]),
        covariates=listed(covariate_name(c) for c in there),
    )
