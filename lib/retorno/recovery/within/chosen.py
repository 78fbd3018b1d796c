"""Both contrasts of the study on one outcome among the well recovered, estimated or refused, with what choosing adds.

Source: the mean of a normal score above a cut of a correlated one, Cochran (1951), Proc. Second Berkeley Symposium,
449-470.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.findings import too_few
from retorno.language import brief, say
from retorno.recovery.survey import (
    NO_FAILURE,
    OUTCOMES,
    QUALITY,
    RECOVERED,
    Survey,
    absent,
    before,
    no_spread,
    refusal,
)
from retorno.stats.student import Student, mean_of, welch


@dataclass(frozen=True, slots=True)
class Chosen:
    """One outcome among the well recovered.

    Attributes
    ----------
    outcome : str
    n, kept, n_no_failure : int
        Recovered with a quality and a score after; those of them at or above the cut; scores without a failure.
    difference, selection : Student or None
        Kept minus no failure; kept minus all recovered.
    n_pairs, kept_pairs : int
        The same counts among those with both scores.
    change, change_selection : Student or None
        Of the kept; kept minus all recovered.
    expected : float or None
        What choosing would add to the change were all normal.
    refused, refused_change : str or None
    """

    outcome: str
    n: int = 0
    kept: int = 0
    n_no_failure: int = 0
    difference: Student | None = None
    selection: Student | None = None
    n_pairs: int = 0
    kept_pairs: int = 0
    change: Student | None = None
    change_selection: Student | None = None
    expected: float | None = None
    refused: str | None = None
    refused_change: str | None = None


def chosen(survey: Survey, outcome: str, *, cut: float, min_group: int) -> Chosen:
    """Return both contrasts on `outcome` among those who gave the recovery `cut` or more."""
    recovered = survey.complete([outcome, QUALITY], RECOVERED)
    scores, keep = recovered[outcome].to_numpy(), (recovered[QUALITY] >= cut).to_numpy()
    no_failure = survey.scores(outcome, NO_FAILURE)
    counts = {"n": scores.size, "kept": int(keep.sum()), "n_no_failure": no_failure.size}
    reason = _refused(survey, outcome, scores, keep, cut, min_group)
    if reason is None and (reason := refusal(survey, outcome, [outcome], [NO_FAILURE], min_group)):
        return Chosen(outcome, **counts, refused=reason)
    if reason:
        return Chosen(outcome, **counts, refused=reason)
    return Chosen(
        outcome,
        **counts,
        difference=welch(scores[keep], no_failure),
        selection=_added(scores, keep),
        **_changes(survey, outcome, cut, min_group),
    )


def _refused(survey: Survey, outcome: str, values, keep, cut: float, min_group: int) -> str | None:
    """Return why nothing can be said of those kept, or None."""
    if keep.sum() < min_group:
        what = say(
            "recovered respondents with a recovery quality of {cut} or more and a score of {outcome}",
            cut=brief(cut),
            outcome=say(OUTCOMES[outcome]),
        )
        return too_few(what, int(keep.sum()), min_group)
    if keep.all():
        return say(
            "Not stated: all the recovered gave the recovery {cut} or more, so there is nothing to choose from "
            "(parameter high_recovery_at).",
            cut=brief(cut),
        )
    return no_spread(outcome) if np.ptp(values[keep]) == 0 else None


def _changes(survey: Survey, outcome: str, cut: float, min_group: int) -> dict:
    """Return what `Chosen` holds of the change."""
    if reason := absent(survey, before(outcome)):
        return {"refused_change": reason}
    pairs = survey.complete([outcome, before(outcome), QUALITY], RECOVERED)
    keep = (pairs[QUALITY] >= cut).to_numpy()
    change = (pairs[outcome] - pairs[before(outcome)]).to_numpy()
    counts = {"n_pairs": change.size, "kept_pairs": int(keep.sum())}
    if reason := _refused(survey, outcome, change, keep, cut, min_group):
        return counts | {"refused_change": reason}
    return counts | {
        "change": mean_of(change[keep]),
        "change_selection": _added(change, keep),
        "expected": _by_correlation(pairs[QUALITY].to_numpy(), change, keep.mean()),
    }


def _added(values, keep) -> Student:
    """Return mean of the kept minus mean of all, each value's influence on both means counted."""
    kept, everyone = values[keep].mean(), values.mean()
    influence = np.where(keep, (values - kept) / keep.mean(), 0.0) - (values - everyone)
    return mean_of(influence + (kept - everyone))


def _by_correlation(quality, change, share: float) -> float:
    """Return what keeping `share` of a normal quality adds to a normal change: covariance over SD, times intensity."""
    intensity = stats.norm.pdf(stats.norm.ppf(1 - share)) / share
    return float(np.cov(quality, change)[0, 1] / quality.std(ddof=1) * intensity)
