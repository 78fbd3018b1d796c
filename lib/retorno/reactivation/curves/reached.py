"""The day on which a mean curve reaches a height: found, drawn again and again, and put into words.

Estimand: first offset, counted from 0, at which a mean curve stands at the height or above it. "Not reached" inside the
curve is an answer, and so is a bound of the interval that lies beyond it.
"""

from dataclasses import dataclass

from retorno.language import integer, mark, percent, say
from retorno.stats.recurrent import DRAWS, FirstTime, first_time

RANGES = {  # by whether the lower and the upper bound lie inside the curve
    (True, True): mark("The {level} interval runs from day {low} to day {high}."),
    (True, False): mark(
        'The {level} interval runs from day {low} to "not reached", so no upper bound can be given.'
    ),
    (False, False): mark('The whole {level} interval is "not reached".'),
}


@dataclass(frozen=True, slots=True)
class Day:
    """When a mean curve reaches a height, or why it cannot be said (`refused`).

    Attributes
    ----------
    found : FirstTime or None
    height : float or None
        In the currency of the run.
    """

    found: FirstTime | None = None
    height: float | None = None
    refused: str | None = None

    @property
    def interval(self) -> tuple[int, int] | None:
        """Both bounds of the day, None where there is no day, a bound is no day, or nothing had to be reached."""
        if self.refused or self.found.value is None or not self.height:
            return None
        return self.found.interval

    def range(self, level: float) -> str:
        """Say from which day to which the interval runs, beyond the curve included."""
        ends = [self.found.low, self.found.high]
        low, high = ("" if end is None else integer(end) for end in ends)
        known = tuple(end is not None for end in ends)
        return say(RANGES[known], level=percent(level, 0), low=low, high=high)

    def chance(self) -> str:
        """Return the chance that the height is not reached: none of the drawn curves is few, not zero."""
        never = self.found.never
        if 0 < never < 1:
            return percent(never)
        if never == 0:
            return say("below {least}", least=percent(1 / DRAWS, 2))
        return say("above {most}", most=percent(1 - 1 / DRAWS, 2))


def reach(mean, draws, height: float, *, level: float) -> Day:
    """Return the day on which the curve `mean`, shape (n_times,), reaches `height`; 0 when there is nothing to reach.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_times)
        Curves drawn with the error of `mean`.
    """
    if height == 0:
        return Day(FirstTime(0, 0, 0, 0.0), 0.0)
    return Day(first_time(mean, draws, height, level=level), float(height))
