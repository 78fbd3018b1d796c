"""One word for a contrast: parity, paradox, shortfall or undecided, several outcomes read together.

Parity when the (2 level - 1) interval lies inside (-d, d), d the smallest effect that matters; else paradox when the
level interval lies above 0, shortfall when below, else undecided. With several outcomes each is read at its own level
after Holm.

Source: two one-sided tests, Schuirmann (1987), J. of Pharmacokinetics and Biopharmaceutics 15, 657-680; Holm (1979).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import direction
from retorno.language import percent, quantity, say
from retorno.stats.multiplicity import holm_levels
from retorno.stats.student import Student

PARITY, PARADOX, SHORTFALL, UNDECIDED = "parity", "paradox", "shortfall", "undecided"
UNITS = ("sd", "points")


@dataclass(frozen=True, slots=True)
class SmallestEffect:
    """The smallest effect that matters: a positive `value`, in `unit` "sd" or "points"."""

    value: float
    unit: str

    def __post_init__(self):
        """Refuse what is no size."""
        if not 0 < self.value < float("inf"):
            raise ParameterError(
                say("smallest_effect: wanted a size above 0, as 0.2; got {got}.", got=self.value)
            )
        if self.unit not in UNITS:
            raise ParameterError(
                say(
                    "smallest_effect_unit: wanted {units}; got {got!r}.",
                    units=" or ".join(UNITS),
                    got=self.unit,
                )
            )

    def points(self, sd: float) -> float:
        """Return the size in the outcome's own unit, whose standard deviation is `sd`."""
        return self.value * sd if self.unit == "sd" else self.value


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word and the intervals it follows from.

    Attributes
    ----------
    word : str
        parity, paradox, shortfall or undecided.
    outer, inner : tuple of two float
        The interval at `level` and the narrower one at 2 level - 1.
    level : float
        Own level of this contrast, after Holm over the `together` contrasts read together.
    size : float
        Smallest effect that matters, in the unit of the contrast.
    """

    word: str
    outer: tuple[float, float]
    inner: tuple[float, float]
    level: float
    size: float
    together: int

    def intervals(self, unit: str) -> str:
        """Return the intervals and what they are held against, as a sentence."""
        words = {
            "outer": self._written(self.level, self.outer, unit),
            "inner": self._written(2 * self.level - 1, self.inner, unit),
            "size": quantity(self.size, unit),
        }
        if self.word == PARITY:
            text = say(
                "The {inner} lies within {size} on either side of zero, the smallest effect that matters.",
                **words,
            )
        elif self.word == PARADOX:
            text = say("The {outer} lies above zero.", **words)
        elif self.word == SHORTFALL:
            text = say("The {outer} lies below zero.", **words)
        else:
            text = say(
                "The {outer} holds zero, and the {inner} reaches beyond {size} on one side of it, the smallest "
                "effect that matters.",
                **words,
            )
        if self.together > 1:
            text += " " + say(
                "The levels are those of Holm's rule for {n} outcomes read together.",
                n=self.together,
            )
        return text

    @staticmethod
    def _written(level, interval, unit) -> str:
        digits = 0 if abs(100 * level - round(100 * level)) < 1e-9 else 1
        return say(
            "{level} interval, {low} to {high},",
            level=percent(level, digits),
            low=quantity(interval[0], unit),
            high=quantity(interval[1], unit),
        )


def verdicts(contrasts: Mapping[str, tuple[Student, float]], *, level: float) -> dict[str, Verdict]:
    """Return the verdict of each contrast.

    Parameters
    ----------
    contrasts : mapping of str to (Student, float)
        Outcome -> the contrast and the smallest effect that matters, both in the outcome's unit.
    level : float
        Coverage wanted of all together, 0.95 is 95 %.
    """
    levels = holm_levels([contrast.p for contrast, _ in contrasts.values()], level=level)
    return {
        outcome: _judged(contrast, size, own, len(contrasts))
        for (outcome, (contrast, size)), own in zip(contrasts.items(), levels, strict=True)
    }


def _judged(contrast: Student, size: float, level: float, together: int) -> Verdict:
    outer, inner = contrast.at(level).interval, contrast.at(2 * level - 1).interval
    if -size < inner[0] and inner[1] < size:
        word = PARITY
    else:
        word = {"above": PARADOX, "below": SHORTFALL}.get(direction(outer), UNDECIDED)
    return Verdict(word, outer, inner, level, size, together)
