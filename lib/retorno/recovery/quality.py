"""Which recoveries count as failed and which as well done: the outer thirds of the scale, unless cuts are given.

Quality is judged by the recovered and after the recovery, so whoever is picked by it is picked by something that came
after the failure: such a comparison describes, and never shows what the recovery did.
"""

from retorno.language import brief, say
from retorno.recovery.survey import QUALITY, RECOVERED, Survey, absent


def lowest_third(scale: tuple[float, float]) -> float:
    """Return the upper end of the lowest third of a scale.

    Examples
    --------
    >>> lowest_third((1, 7)), highest_third((1, 7))
    (3.0, 5.0)
    """
    low, high = scale
    return low + (high - low) / 3


def highest_third(scale: tuple[float, float]) -> float:
    """Return the lower end of the highest third of a scale."""
    low, high = scale
    return high - (high - low) / 3


def no_cut(survey: Survey, parameter: str, given: float | None) -> str | None:
    """Return why the recovered cannot be parted by quality, or None; `given` is the value of `parameter`."""
    if reason := absent(survey, QUALITY):
        return reason
    quality = survey.scores(QUALITY, RECOVERED)
    low, high = survey.scale
    if given is None and quality.size and not low <= quality.min() <= quality.max() <= high:
        return say(
            "Not stated: recovery_quality goes from {least} to {most}, which is not within the scale of the scores "
            "({low} to {high}), so that its thirds are not known (parameter {parameter}).",
            least=brief(quality.min()),
            most=brief(quality.max()),
            low=brief(low),
            high=brief(high),
            parameter=parameter,
        )
    return None
