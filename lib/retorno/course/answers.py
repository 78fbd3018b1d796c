"""What an exercise asks for: a number, an interval, a table, a function or one of several words.

Every kind reads an answer into the same form, values by place: the one place of a number, low and high of an
interval, row and column of a table, argument and position of a function's results. So right answers and typical
errors of all kinds are compared in one way. What cannot be read raises `Unusable` with the reason.
"""

import copy
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from retorno.language import listed, mark, quoted, say

Values = dict  # place -> number, text or None
MOST_SHOWN = 6  # numbers of a list in a message
SEVERAL = (np.ndarray, pd.Series, list, tuple)


class Unusable(Exception):
    """An answer is not of the kind asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number is counted in.

    Attributes
    ----------
    words : str
        For "Wanted: a number, in ...".
    others : tuple of (float, str)
        What a number in this unit is multiplied by when it is given in another, and that other unit.
    """

    words: str
    others: tuple[tuple[float, str], ...]


_PERCENT = (100, mark("per cent"))
UNITS = {
    "share": Unit(mark("a fraction: 0.25, and not 25, for 25 %"), (_PERCENT,)),
    "ratio": Unit(mark("a ratio: 1.25 where one is a quarter more than the other"), (_PERCENT,)),
    "euros": Unit(
        mark("euros"),
        ((100, mark("cents")), (0.001, mark("thousands of euros"))),
    ),
    "days": Unit(
        mark("days"),
        (
            (1 / 30.4375, mark("months")),
            (1 / 30, mark("months")),
            (1 / 7, mark("weeks")),
            (24, mark("hours")),
        ),
    ),
    "months": Unit(
        mark("months"), ((30.4375, mark("days")), (30, mark("days")), (1 / 12, mark("years")))
    ),
    "points": Unit(mark("points of the scale"), ((100, mark("hundredths of a point")),)),
    "sd": Unit(mark("standard deviations"), ((100, mark("per cent of a standard deviation")),)),
    "count": Unit(mark("a count"), ((0.001, mark("thousands")), _PERCENT)),
}


class _Asked:
    """What all kinds do unless they say otherwise."""

    __slots__ = ()

    def units(self) -> list[tuple[Callable[[object], bool], str]]:
        """Return which places have a unit, and which."""
        return [(lambda place: True, self.unit)]

    def place(self, place) -> str:
        """Say where an answer differs; what has one place alone says nothing."""
        return ""

    def reach(self, key: Values, place, within: float) -> float:
        """Return how far an answer may lie from the key at a place; `within` is a fraction of the key."""
        return max(within * abs(key[place]), self.about)

    def turned(self, values: Values) -> Values:
        """Return the values with the other sign."""
        return {p: -value if isinstance(value, float) else value for p, value in values.items()}

    def remark(self, given: Values, key: Values) -> str:
        """Say what is right of a wrong answer, or nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class Number(_Asked):
    """One number.

    Attributes
    ----------
    unit : str
        A name in `UNITS`.
    within, about : float
        How far an answer may lie from the key, as a fraction of it and in its unit: the larger counts.
    """

    unit: str
    within: float = 0.005
    about: float = 1e-9

    def wanted(self) -> str:
        """Say what is asked for."""
        return say("one number ({unit})", unit=say(UNITS[self.unit].words))

    def read(self, answer, world) -> Values:
        """Return the value."""
        return {"": _number(answer)}


@dataclass(frozen=True, slots=True)
class Interval(Number):
    """Two numbers, the lower first; `within` is a fraction of the interval's width."""

    within: float = 0.02

    def reach(self, key: Values, place, within: float) -> float:
        """Return how far a bound may lie from the key's."""
        return max(within * (key["high"] - key["low"]), self.about)

    def turned(self, values: Values) -> Values:
        """Return the interval on the other side of zero."""
        return {"low": -values["high"], "high": -values["low"]}

    def remark(self, given: Values, key: Values) -> str:
        """Say whether the middle or the width is right."""
        near = self.reach(key, "low", self.within)
        wider = (given["high"] - given["low"]) - (key["high"] - key["low"])
        if abs(given["high"] + given["low"] - key["high"] - key["low"]) <= 2 * near:
            if wider > 0:
                return say("The middle is right, the interval is too wide.")
            return say("The middle is right, the interval is too narrow.")
        if abs(wider) <= near:
            return say("The width is right, the middle is not.")
        return ""

    def wanted(self) -> str:
        """Say what is asked for."""
        return say("two numbers, low and high ({unit})", unit=say(UNITS[self.unit].words))

    def read(self, answer, world) -> Values:
        """Return both bounds."""
        if not isinstance(answer, SEVERAL):
            raise Unusable(say("got {got}", got=_kind(answer)))
        if len(answer) != 2:
            raise Unusable(say("an interval has two numbers, and here are {n}", n=len(answer)))
        low, high = map(_number, answer)
        if low > high:
            raise Unusable(say("the first number is above the second"))
        return {"low": low, "high": high}

    def place(self, place) -> str:
        """Say which bound differs."""
        return {"low": say("the lower bound"), "high": say("the upper bound")}[place]


@dataclass(frozen=True, slots=True)
class Table(_Asked):
    """A table with one row for each value of a column; further columns may be there.

    Attributes
    ----------
    by : str
        The column that names a row. It may be the index.
    columns : mapping of str to str
        The other columns and the unit of each, names in `UNITS`.
    """

    by: str
    columns: Mapping[str, str]
    within: float = 0.005
    about: float = 1e-9

    def wanted(self) -> str:
        """Say what is asked for."""
        units = (f"`{name}` ({say(UNITS[unit].words)})" for name, unit in self.columns.items())
        return say(
            "a table with a row for each {by} and the columns {columns}",
            by=f"`{self.by}`",
            columns=listed(units),
        )

    def read(self, answer, world) -> Values:
        """Return the values by row and column."""
        if isinstance(answer, pd.Series) and len(self.columns) == 1:
            answer = answer.to_frame(next(iter(self.columns)))
        if not isinstance(answer, pd.DataFrame):
            raise Unusable(say("got {got}", got=_kind(answer)))
        frame = answer
        if self.by not in answer.columns:
            named = answer.index.name is None and not isinstance(answer.index, pd.RangeIndex)
            frame = (answer.rename_axis(self.by) if named else answer).reset_index()
        missing = [f"`{name}`" for name in (self.by, *self.columns) if name not in frame.columns]
        if missing:
            raise Unusable(
                say(
                    "it lacks {missing}; its columns are {there}",
                    missing=listed(missing),
                    there=listed(f"`{name}`" for name in frame.columns),
                )
            )
        if frame[self.by].duplicated().any():
            raise Unusable(say("{by} names some rows twice", by=f"`{self.by}`"))
        return {
            (_plain(row[self.by]), name): _number(row[name])
            for row in frame.to_dict("records")
            for name in self.columns
        }

    def units(self):
        """Return the unit of each column."""
        return [
            (lambda place, name=name: place[1] == name, unit) for name, unit in self.columns.items()
        ]

    def place(self, place) -> str:
        """Say which cell differs."""
        row, column = place
        return say(
            "column {column}, in the row of {by} {row}",
            column=f"`{column}`",
            by=f"`{self.by}`",
            row=quoted(str(row)),
        )


@dataclass(frozen=True, slots=True)
class Function(_Asked):
    """A function that is tried on arguments and must return the right number, or None, for each.

    Attributes
    ----------
    arguments : tuple of str
        What it is called with, in order.
    tried_on : callable
        World -> list of tuples of arguments. Draw no random numbers that a second call would not draw again.
    unit : str
        Of what it returns: a number, None, or several numbers.
    """

    arguments: tuple[str, ...]
    tried_on: Callable[[object], list[tuple]]
    unit: str
    within: float = 0.005
    about: float = 1e-9

    def wanted(self) -> str:
        """Say what is asked for."""
        return say(
            "a function of ({arguments}) that returns numbers ({unit})",
            arguments=", ".join(self.arguments),
            unit=say(UNITS[self.unit].words),
        )

    def read(self, answer, world) -> Values:
        """Return what it gives for all it is tried on."""
        if not callable(answer):
            raise Unusable(say("got {got}", got=_kind(answer)))
        values = {}
        for trial, arguments in enumerate(self.tried_on(world)):
            named = self._named(arguments)
            given = self._called(answer, arguments, named)
            for position, value in enumerate(given if isinstance(given, SEVERAL) else [given]):
                if isinstance(value, float) and not math.isfinite(value):
                    raise Unusable(
                        say(
                            "for ({arguments}) it returns {got}; where there is no such number, return `None`",
                            arguments=named,
                            got=quoted(str(float(value))),
                        )
                    )
                values[trial, position, named] = None if value is None else _number(value)
        return values

    def _named(self, arguments: tuple) -> str:
        given = zip(self.arguments, arguments, strict=True)
        return ", ".join(f"{name}={_shown(value)}" for name, value in given)

    def _called(self, answer, arguments, named: str):
        try:
            given = answer(*copy.deepcopy(arguments))
        except Exception as error:  # whatever a student's function may raise is told to the student
            raise Unusable(
                say(
                    "for ({arguments}) it stopped with {kind}: {problem}",
                    arguments=named,
                    kind=type(error).__name__,
                    problem=error,
                )
            ) from error
        return None if given is ... else given

    def place(self, place) -> str:
        """Say for which arguments the result differs."""
        _, position, arguments = place
        if position:
            return say(
                "number {n} of what it returns for ({arguments})",
                n=position + 1,
                arguments=arguments,
            )
        return say("what it returns for ({arguments})", arguments=arguments)


@dataclass(frozen=True, slots=True)
class Choice(_Asked):
    """One of several words.

    Attributes
    ----------
    options : tuple of str
    """

    options: tuple[str, ...]

    def wanted(self) -> str:
        """Say what is asked for."""
        return say("one of {options}, as text", options=listed(f'`"{o}"`' for o in self.options))

    def read(self, answer, world) -> Values:
        """Return the word."""
        if not isinstance(answer, str):
            raise Unusable(say("got {got}", got=_kind(answer)))
        if answer.strip().casefold() not in self.options:
            raise Unusable(say("{got} is none of them", got=quoted(answer)))
        return {"": answer.strip().casefold()}

    def units(self):
        """Words have no unit."""
        return []


def _number(value) -> float:
    if isinstance(value, np.ndarray | pd.Series) and value.size == 1:
        value = value.item()
    if hasattr(value, "estimate"):
        raise Unusable(say("this is a finding; its number is its `.estimate`"))
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise Unusable(say("got {got} where a number is wanted", got=_kind(value)))
    if not math.isfinite(value):
        raise Unusable(
            say(
                "got {got}: something was divided by zero, is missing, or is never reached",
                got=quoted(str(float(value))),
            )
        )
    return float(value)


KINDS = (  # types of Python, and what a student calls them
    (str, mark("text")),
    ((bool, np.bool_), mark("a truth value, True or False")),
    (Real, mark("a number")),
    (list, mark("a list")),
    (tuple, mark("a tuple")),
    (dict, mark("a dictionary")),
    (type(None), mark("nothing (None)")),
    (pd.DataFrame, mark("a table")),
    (pd.Series, mark("a column of a table")),
    (np.ndarray, mark("an array")),
)


def _kind(value) -> str:
    for types, words in KINDS:
        if isinstance(value, types):
            return say(words)
    return say("a function") if callable(value) else f"`{type(value).__name__}`"


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _shown(value) -> str:
    """Return a value in short, so that a list of a hundred numbers leaves a message readable."""
    if isinstance(value, pd.DataFrame):
        return say("a table of {n} rows", n=len(value))
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, SEVERAL):
        several = [_shown(each) for each in list(value)[:MOST_SHOWN]]
        return f"[{', '.join(several)}{', ...' if len(value) > MOST_SHOWN else ''}]"
    return reprlib.repr(value)


__all__ = ["UNITS", "Choice", "Function", "Interval", "Number", "Table", "Unusable"]
