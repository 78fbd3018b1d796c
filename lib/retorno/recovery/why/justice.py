"""What justice carries on the first outcome, estimated or refused.

Source: Preacher and Hayes (2008), Behavior Research Methods 40, 879-891.
"""

import numpy as np

from retorno.findings import too_few
from retorno.language import say
from retorno.recovery.survey import (
    FAILURE,
    GROUPS,
    JUSTICE,
    OUTCOMES,
    QUALITY,
    RECOVERED,
    Survey,
    absent,
    no_spread,
    refusal,
)
from retorno.recovery.why.mediation import JusticeMediation
from retorno.stats.mediation import Mediation, parallel_mediation


def justice_mediation(
    survey: Survey, *, level: float = 0.95, min_group: int = 5, rng: np.random.Generator
) -> JusticeMediation:
    """Return how much of recovered minus failure runs through each dimension of justice, on the first outcome.

    Where none of those whose failure was left as it was answered all three dimensions, the effect per point of
    recovery quality among the recovered takes its place.
    """
    outcome = survey.outcomes[0]
    columns = [outcome, *JUSTICE]
    reason = absent(survey, *JUSTICE) or refusal(survey, outcome, [outcome], [RECOVERED], min_group)
    if reason:
        return JusticeMediation(survey, level, (0,), refused=reason)
    frame = survey.complete(columns, RECOVERED, FAILURE)
    treated = (frame["group"] == RECOVERED).to_numpy()
    n = (int(treated.sum()), int((~treated).sum()))
    if n[1] == 0:
        return _within_recovered(survey, level, min_group, rng)
    for count, group in zip(n, (RECOVERED, FAILURE), strict=True):
        if count < min_group:
            return JusticeMediation(
                survey, level, n, refused=_few(group, outcome, count, min_group)
            )
    found = _mediation(frame, outcome, treated, level, rng)
    if isinstance(found, str):
        return JusticeMediation(survey, level, n, refused=found)
    return JusticeMediation(survey, level, n, found)


def _within_recovered(survey: Survey, level: float, min_group: int, rng) -> JusticeMediation:
    outcome = survey.outcomes[0]
    reason = say(
        'Not stated: nobody of the group "{group}" answered {outcome} and all three dimensions of justice, so there '
        "is nothing to compare the recovered with; ask both groups.",
        group=say(GROUPS[FAILURE]),
        outcome=say(OUTCOMES[outcome]),
    )
    if lacking := absent(survey, QUALITY):
        return JusticeMediation(survey, level, (0,), refused=reason, refused_quality=lacking)
    frame = survey.complete([outcome, *JUSTICE, QUALITY], RECOVERED)
    n = (len(frame),)
    if len(frame) < min_group:
        few = _few(RECOVERED, outcome, len(frame), min_group)
        return JusticeMediation(survey, level, n, refused=reason, refused_quality=few)
    found = _mediation(frame, outcome, frame[QUALITY], level, rng)
    if isinstance(found, str):
        return JusticeMediation(survey, level, n, refused=reason, refused_quality=found)
    return JusticeMediation(survey, level, n, found, per_quality=True, refused=reason)


def _few(group: str, outcome: str, n: int, min_group: int) -> str:
    what = say(
        'respondents of the group "{group}" with a score of {outcome} and all three dimensions of justice',
        group=say(GROUPS[group]),
        outcome=say(OUTCOMES[outcome]),
    )
    return too_few(what, n, min_group)


def _mediation(frame, outcome: str, treatment, level: float, rng) -> Mediation | str:
    """Return the mediation, or why there is none."""
    if np.ptp(frame[outcome]) == 0:
        return no_spread(outcome)
    for column, label in JUSTICE.items():
        if np.ptp(frame[column]) == 0:
            return say(
                "Not stated: {justice} is the same for all who are compared, and all three dimensions are entered "
                "together.",
                justice=say(label),
            )
    if np.ptp(np.asarray(treatment, dtype=float)) == 0:
        return say("Not stated: recovery quality is the same for all who are compared.")
    try:
        return parallel_mediation(
            frame[outcome], treatment, frame[list(JUSTICE)], level=level, rng=rng
        )
    except ValueError:
        return say(
            "Not stated: these answers cannot tell the three dimensions of justice and recovery apart: one follows "
            "from the others, or there are too few respondents; more answers that differ are needed."
        )
