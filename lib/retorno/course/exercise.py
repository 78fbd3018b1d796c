"""An exercise, and what is told of an answer to it: right, which typical error it is, or that this cannot be told.

The key and the answers that typical errors lead to are computed from the student's own data when they are needed;
they are kept nowhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import permutations

import pandas as pd

from retorno.course.answers import UNITS, Choice, Function, Interval, Number, Table, Unusable
from retorno.language import say

MIME = "application/vnd.retorno.check+json"
MARGIN = 1.5  # times the tolerance that an error's answer has to lie from the key
NEAR = 0.02  # an answer this close to the key is told to be so, as a fraction of it
TINY = 1e-12
SIGNS = {"right": "✓", "empty": "…"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A typical error: what it leads to, and what to tell a student who made it.

    Attributes
    ----------
    answer : callable
        World -> what who makes this error would answer.
    message : str
        Begins with what the answer *is* ("This is the response of the treated ...") and asks what is missing.
    """

    answer: Callable[[object], object]
    message: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question with its answer.

    Attributes
    ----------
    id : str
        Lesson and number, such as "7.2".
    asks : Number, Interval, Table, Function or Choice
    key : callable
        World -> the right answer.
    right : str
        What a right answer means: told to who found it.
    mistakes : tuple of Mistake
        Three or more. An answer that fits several is told all of them.
    hints : tuple of str
        In steps, the last of which nearly says it.
    """

    id: str
    asks: Number | Interval | Table | Function | Choice
    key: Callable[[object], object]
    right: str
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an answer, or as a hint; it shows itself in a notebook.

    Attributes
    ----------
    exercise, message : str
    status : str
        right, empty, type, unit, mistake, unknown; "hint" of a hint.
    """

    exercise: str
    status: str
    message: str

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.status == "right"

    def __repr__(self):
        return f"{self._head()} {self.message}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": repr(self),
            "text/markdown": f"**{self._head()}** {self.message}",
            MIME: {"exercise": self.exercise, "status": self.status},
        }

    def _head(self) -> str:
        sign = "→" if self.status == "hint" else SIGNS.get(self.status, "✗")
        return f"{sign} {self.exercise}"


def checked(exercise: Exercise, answer, world) -> Told:
    """Return what is to be told of an answer.

    Parameters
    ----------
    exercise : Exercise
    answer : object
        None or ``...`` where there is none yet.
    world : object
        The student's data, as the lesson drew them.
    """
    asks = exercise.asks
    try:
        key = asks.read(exercise.key(world), world)
        given = None if _nothing(answer) else asks.read(answer, world)
    except Unusable as problem:
        told = say(
            "This cannot be checked: {problem}. Wanted: {wanted}.",
            problem=problem,
            wanted=asks.wanted(),
        )
        return Told(exercise.id, "type", told)
    if given is None:
        return Told(exercise.id, "empty", _empty(exercise))
    if _without_result(given, key):
        told = say("Not yet: your function gives nothing back. Is a `return` missing?")
        return Told(exercise.id, "empty", f"{told} {_help(exercise)}")
    if _same(given, key, asks):
        return Told(exercise.id, "right", " ".join([say("Right."), say(exercise.right)]))
    status, told = _wrong(exercise, given, key, world)
    return Told(exercise.id, status, told)


def told_apart(exercises: Iterable[Exercise], world) -> bool:
    """Return whether in these data no typical error leads to the key of its exercise, or to the answer of another.

    Words are left out: what is wrong for one student may be right for another.
    """
    return all(_apart(each, world) for each in exercises if not isinstance(each.asks, Choice))


def _apart(exercise: Exercise, world) -> bool:
    asks = exercise.asks
    key = asks.read(exercise.key(world), world)
    led = [(each.message, asks.read(each.answer(world), world)) for each in exercise.mistakes]
    if any(
        _same(answer, key, asks, MARGIN * asks.within) or _other_unit(answer, key, asks)
        for _, answer in led
    ):
        return False
    return not any(
        one != other and (_same(answer, another, asks) or _other_unit(answer, another, asks))
        for (one, answer), (other, another) in permutations(led, 2)
    )


def hinted(exercise: Exercise, step: int) -> Told:
    """Return hint number `step` of an exercise, counted from 1; beyond the last it is the last."""
    step = min(max(step, 1), len(exercise.hints))
    told = [
        say("Hint {step} of {n}.", step=step, n=len(exercise.hints)),
        say(exercise.hints[step - 1]),
    ]
    if step < len(exercise.hints):
        told.append(say("The next one: {call}.", call=f'`hint("{exercise.id}", {step + 1})`'))
    return Told(exercise.id, "hint", " ".join(told))


def _nothing(answer) -> bool:
    if isinstance(answer, str):
        return not answer.strip()
    if isinstance(answer, pd.DataFrame | pd.Series | list | tuple | dict):
        return len(answer) == 0
    return answer is None or answer is ...


def _without_result(given: dict, key: dict) -> bool:
    """Return whether a function was called and never gave anything, where it should have."""
    return all(v is None for v in given.values()) and any(v is not None for v in key.values())


def _empty(exercise: Exercise) -> str:
    told = say("Not yet: there is no answer here. Wanted: {wanted}.", wanted=exercise.asks.wanted())
    return f"{told} {_help(exercise)}"


def _help(exercise: Exercise) -> str:
    return say("A hint: {call}.", call=f'`hint("{exercise.id}")`')


def _same(given: dict, key: dict, asks, within: float | None = None) -> bool:
    return given.keys() == key.keys() and all(
        _close(given, key, place, asks, within) for place in key
    )


def _close(given: dict, key: dict, place, asks, within: float | None = None) -> bool:
    one, other = given[place], key[place]
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= asks.reach(key, place, asks.within if within is None else within)
    return one == other


def _rounded(given: dict, key: dict) -> bool:
    """Return whether an answer is the key with fewer digits: as many everywhere, and not rounded to zero."""
    if given.keys() != key.keys():
        return False
    numbers = [(given[p], key[p]) for p in key if isinstance(key[p], float)]
    others = [given[p] == key[p] for p in key if not isinstance(key[p], float)]
    if not numbers or not all(others) or not all(isinstance(g, float) and g for g, _ in numbers):
        return False
    return any(
        all(
            abs(g - round(g, digits)) < TINY and abs(g - k) <= 0.5 * 10.0**-digits + TINY
            for g, k in numbers
        )
        for digits in range(1, 6)
    )


def _wrong(exercise: Exercise, given: dict, key: dict, world) -> tuple[str, str]:
    asks = exercise.asks
    if other := _other_unit(given, key, asks):
        return "unit", " ".join([say("The number is right, but not its unit."), other])
    told = list(dict.fromkeys(_errors(exercise, given, world)))
    if len(told) == 1:
        return "mistake", told[0]
    if told:
        found = "".join(f"\n- {each}" for each in told)
        return "mistake", say("Several errors lead to this answer:") + "\n" + found
    if _same(given, asks.turned(key), asks):
        return "mistake", say("The size is right, the sign is not: what is subtracted from what?")
    return "unknown", _unknown(exercise, given, key)


def _errors(exercise: Exercise, given: dict, world):
    """Yield the message of each typical error that leads to what was given, also in another unit."""
    for mistake in exercise.mistakes:
        led_to = exercise.asks.read(mistake.answer(world), world)
        if _same(given, led_to, exercise.asks):
            yield say(mistake.message)
        elif other := _other_unit(given, led_to, exercise.asks):
            yield f"{say(mistake.message)} {other}"


def _other_unit(given: dict, key: dict, asks) -> str:
    """Return that `given` is `key` in another unit, or nothing; of a table each column is looked at."""
    for belongs, unit in asks.units():
        for factor, words in UNITS[unit].others:
            scaled = {
                place: value * factor if belongs(place) and isinstance(value, float) else value
                for place, value in key.items()
            }
            if scaled != key and (_same(given, scaled, asks) or _rounded(given, scaled)):
                return say(
                    "Yours is in {got}; wanted: {wanted}.",
                    got=say(words),
                    wanted=say(UNITS[unit].words),
                )
    return ""


def _unknown(exercise: Exercise, given: dict, key: dict) -> str:
    asks = exercise.asks
    told = [say("Not right, and none of the errors known here.")]
    if missing := [place for place in key if place not in given]:
        told.append(say("Not there: {what}.", what=asks.place(missing[0])))
    elif _rounded(given, key):
        told = [say("This is right, but rounded too far. Give more digits, or do not round.")]
    elif remark := asks.remark(given, key):
        told.append(remark)
    elif _same(given, key, asks, within=NEAR):
        told.append(
            say("It is close: look at who is counted, at `<` or `<=`, and at rounding on the way.")
        )
    elif len(key) > 1:
        off = [place for place in key if not _close(given, key, place, asks)]
        first = off[0] if off else next(place for place in given if place not in key)
        told.append(
            say(
                "{right} of {n} values fit; the first that does not: {what}. Yours is {given}.",
                right=len(key) - len(off),
                n=len(key),
                what=asks.place(first),
                given=f"{given[first]:.5g}" if isinstance(given[first], float) else given[first],
            )
        )
    told.append(_help(exercise))
    return " ".join(told)
