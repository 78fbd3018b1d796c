"""How a table is written: what the user says of it, and what was found."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, fields

from retorno.errors import ParameterError
from retorno.language import mark, say
from retorno.tables.problems import nearest, parameter

MARKS = {
    "comma": ",",
    "point": ".",
    "semicolon": ";",
    "tab": "\t",
    "bar": "|",
    "space": " ",
    "apostrophe": "'",
    "none": "",
}
WORDS = {
    ",": mark("comma"),
    ".": mark("point"),
    ";": mark("semicolon"),
    "\t": mark("tab"),
    "|": mark("bar"),
    " ": mark("space"),
    "'": mark("apostrophe"),
    "": mark("none"),
}
ORDERS = {
    "ymd": mark("year, month, day"),
    "dmy": mark("day, month, year"),
    "mdy": mark("month, day, year"),
}
ALLOWED = {"decimal": (".", ","), "thousands": ("", ".", ",", " ", "'")}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was found or set about a table: what, and how it is."""

    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Format:
    """What the user says of how a table is written; None: to be found.

    Attributes
    ----------
    delimiter, encoding, decimal, thousands : str or None
        One character; a name of Python's; "." or ","; "" for none, else ".", ",", " " or "'".
    header : int or None
        Row of the file that holds the names, counted from 1.
    dates : str or None
        Order of day, month and year: "ymd", "dmy" or "mdy".
    sheet, table, query : str or None
        The sheet of a workbook; the table of a database, or a query in its own SQL.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | None = None
    dates: str | None = None
    sheet: str | None = None
    table: str | None = None
    query: str | None = None

    @classmethod
    def of(cls, given: Mapping | None) -> "Format":
        """Return what `given` says; ParameterError names the first thing that cannot be.

        A mark is written itself or by its name (comma, point, semicolon, tab, bar, space,
        apostrophe, none).

        Examples
        --------
        >>> Format.of({"decimal": "comma", "thousands": ".", "header": 3}).decimal
        ','
        """
        given = dict(given or {})
        known = names()
        for name in given:
            if name not in known:
                problem = say(
                    "formats: there is no setting {name}; there are {names}.",
                    name=repr(name),
                    names=", ".join(known),
                )
                raise ParameterError(problem + nearest(str(name), known))
        found = {name: _checked(name, value) for name, value in given.items() if value is not None}
        _agree(found)
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Writing:
    """How the numbers and dates of a table are written.

    Attributes
    ----------
    decimal, thousands : str
        The decimal mark; the mark between thousands, empty for none.
    dates : str
        Order of day, month and year in dates that are not ISO: "ymd", "dmy" or "mdy".
    currencies : tuple of str
        The currency signs or codes that stand beside amounts, as they are written.
    facts : tuple of Fact
        What a reader is told of it: marks, order, and how many cells were percentages, negative
        amounts in brackets, dates kept as numbers ...
    """

    decimal: str = "."
    thousands: str = ""
    dates: str = "ymd"
    currencies: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


def names() -> list[str]:
    """Return the names of the settings there are."""
    return [field.name for field in fields(Format)]


def way_out(table: str, name: str, *choices: str) -> str:
    """Return how to settle a question: the line of a parameter file for each choice.

    Examples
    --------
    >>> way_out("transactions", "dates", "dmy", "mdy")
    'formats: {transactions: {dates: dmy}} or formats: {transactions: {dates: mdy}}'
    """
    lines = (parameter("formats", table, {name: choice}) for choice in choices)
    return say(" or ").join(lines)


def _checked(name: str, value):
    if name == "header":
        if type(value) is int and value >= 1:
            return value
        raise _wrong(name, say("the number of a row, counted from 1"), value)
    if not isinstance(value, str):
        raise _wrong(name, say("text"), value)
    value = MARKS.get(value, value) if name in ("delimiter", *ALLOWED) else value
    if name in ALLOWED and value not in ALLOWED[name]:
        words = ", ".join(say(WORDS[mark]) for mark in ALLOWED[name])
        raise _wrong(name, say("one of {words}", words=words), value)
    if name == "delimiter" and (len(value) != 1 or value in '"\r\n'):
        raise _wrong(name, say("one character, no quote and no line end"), value)
    if name == "dates" and value not in ORDERS:
        raise _wrong(name, say("one of {words}", words=", ".join(ORDERS)), value)
    if name == "encoding":
        try:
            "".encode(value)  # LookupError also for codecs that are no encodings of text
            return codecs.lookup(value).name
        except LookupError:
            wanted = say("the name of an encoding, as utf-8, cp1252 or utf-16")
            raise _wrong(name, wanted, value) from None
    return value


def _agree(found: dict) -> None:
    if "decimal" in found and found["decimal"] == found.get("thousands"):
        raise ParameterError(
            say("formats: decimal and thousands are both {mark}.", mark=repr(found["decimal"]))
        )
    if "table" in found and "query" in found:
        raise ParameterError(say("formats: table and query exclude each other; give one."))


def _wrong(name: str, wanted: str, got) -> ParameterError:
    return ParameterError(
        say("formats: {name} wants {wanted}; got {got}.", name=name, wanted=wanted, got=repr(got))
    )
