"""One outcome of recovered and no failure made alike in what they were before, estimated or refused.

Sources: Vickers and Altman (2001), BMJ 323, 1123-1124; Wooldridge (2007), J. of Econometrics 141, 1281-1301.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import say
from retorno.recovery.between.covariates import SEGMENT, Sample, sample_of, unusable
from retorno.recovery.survey import (
    NO_FAILURE,
    RECOVERED,
    Survey,
    absent,
    before,
    no_spread,
    refusal,
)
from retorno.recovery.verdict import Verdict
from retorno.stats.adjustment import (
    Ancova,
    CollinearError,
    SeparationError,
    Treated,
    ancova,
    doubly_robust,
)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One outcome, adjusted both ways; each has its own sample, or `refused` says why there is none."""

    outcome: str
    sample: Sample | None = None
    ancova: Ancova | None = None
    verdict: Verdict | None = None
    refused: str | None = None
    treated_sample: Sample | None = None
    treated: Treated | None = None
    refused_treated: str | None = None


def adjustment(survey: Survey, outcome: str, there, *, min_group: int) -> Adjustment:
    """Return both adjustments of `outcome` for the covariates `there`, estimated or refused."""
    own = before(outcome) if survey.has_before(outcome) else before("satisfaction")
    if absent(survey, own):
        reason = absent(survey, before(outcome))
        one = {"refused": reason}
    else:
        columns = (own, *(c for c in there if c == SEGMENT))
        one = _fitted(survey, outcome, columns, min_group, ancova, ("sample", "ancova", "refused"))
    names = ("treated_sample", "treated", "refused_treated")
    if not there:
        return Adjustment(outcome, **one, refused_treated=one["refused"])
    columns = tuple(sorted(there, key=lambda c: c != own))
    two = _fitted(survey, outcome, columns, min_group, doubly_robust, names)
    return Adjustment(outcome, **one, **two)


def _fitted(survey: Survey, outcome: str, columns, min_group: int, method, names) -> dict:
    """Return sample and estimate of `method`, or the reason of a refusal, under `names`."""
    scores = [c for c in columns if c != SEGMENT]
    if reason := refusal(survey, outcome, [outcome, *scores], [RECOVERED, NO_FAILURE], min_group):
        return {names[2]: reason}
    s = sample_of(survey, outcome, columns, min_group=min_group)
    if np.ptp(s.score[s.recovered]) == np.ptp(s.score[~s.recovered]) == 0:
        return {names[2]: no_spread(outcome)}
    if reason := unusable(s):
        return {names[2]: reason}
    try:
        estimate = method(s.score, s.recovered, s.design)
    except SeparationError:
        return {names[2]: _separated(s)}
    except CollinearError:
        return {names[2]: _collinear(s)}
    except ValueError:
        return {names[2]: no_spread(outcome)}
    if isinstance(estimate, Treated) and estimate.effective_controls < min_group:
        what = say("respondents without a failure who are like the recovered, after weighting")
        return {names[2]: too_few(what, int(estimate.effective_controls), min_group)}
    return {names[0]: s, names[1]: estimate}


def _separated(s: Sample) -> str:
    return say(
        "Not stated: {covariates} tell of some respondents for sure whether they are among the recovered, so nobody "
        "is comparable with them; name fewer covariates (parameter covariates).",
        covariates=s.words,
    )


def _collinear(s: Sample) -> str:
    return say(
        "Not stated: among {covariates}, one follows from the others or from the group, or there are too few "
        "respondents for them; name fewer covariates (parameter covariates).",
        covariates=s.words,
    )
