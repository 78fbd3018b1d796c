"""How often surveys like this one would find the smallest effect, by the number asked, and why that may be unknown.

Source: Cohen (1988), Statistical power analysis.
"""

from dataclasses import dataclass

from retorno.findings import too_few
from retorno.language import quantity, say
from retorno.recovery.survey import (
    GROUPS,
    Survey,
)
from retorno.stats.power import (
    Law,
    simulated_power,
)
from retorno.stats.student import Estimate

SIZES = (
    100,
    5_000,
)  # asked in each group, in the curve; it reaches further where this survey lies outside
STEPS = (1, 1.5, 2, 3, 5, 7)  # of each power of ten


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the two groups: how many of it were asked, and how many answered the second wave."""

    group: str
    asked: int
    answered: int

    @property
    def share(self) -> float:
        """Share that answered, 0 where nobody was asked."""
        return self.answered / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class PowerAt:
    """Power with `asked` respondents in each group, of whom `answered` (no failure, recovered) answer."""

    asked: int
    answered: tuple[int, int]
    power: Estimate


def unasked(cells: tuple[Cell, Cell], min_group: int) -> str | None:
    """Return why the share that answers is not known in the smaller group, or None."""
    cell = min(cells, key=lambda cell: cell.asked)
    if cell.asked < min_group:
        what = say('respondents of the group "{group}"', group=say(GROUPS[cell.group]))
        return too_few(what, cell.asked, min_group)
    if not cell.answered:
        return say(
            'Not stated: nobody of the group "{group}" answered the second wave, so the share that answers is not '
            "known.",
            group=say(GROUPS[cell.group]),
        )
    return None


def alone(cells: tuple[Cell, Cell]) -> str | None:
    """Return that a group of one has no spread (parameter min_group may be 1), or None."""
    if min(cell.answered for cell in cells) >= 2:
        return None
    return say("Not stated: a group with one answer has no spread; two are needed in each group.")


def no_room(survey: Survey, outcome: str, law: Law, shift: float) -> str | None:
    """Return why the answers without a failure cannot move up by the smallest effect, or None."""
    try:
        law.moved(shift)
    except ValueError:
        unit = survey.unit(outcome)
        return say(
            "Not stated: answers without a failure have a mean of {mean} and none above {highest}, so there is no "
            "room for a mean that is higher by {shift} (parameter smallest_effect).",
            mean=quantity(law.mean, unit),
            highest=quantity(law.values[-1], unit),
            shift=quantity(shift, survey.difference_unit(outcome)),
        )
    return None


def power_curve(law: Law, shift: float, cells, rules: dict) -> tuple[PowerAt, ...]:
    """Return the power by the number asked in each group, wherever two of each would answer."""
    own = min(cell.asked for cell in cells)
    low, high = min(SIZES[0], own), max(SIZES[1], own)
    numbers = (round(step * 10**power) for power in range(1, 9) for step in STEPS)
    found = []
    for asked in (n for n in numbers if low <= n <= high):
        answered = tuple(round(asked * cell.share) for cell in cells)
        if min(answered) >= 2:
            power = simulated_power(law, shift, *answered, **rules)
            found.append(PowerAt(asked, answered, power))
    return tuple(found)
