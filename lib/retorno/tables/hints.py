"""What helps with cells that cannot be read: the words for "no answer", another decimal mark, the order of a date."""

import re
from collections.abc import Iterator

from retorno.language import say
from retorno.tables import numbers
from retorno.tables.cells import Reading
from retorno.tables.formats import ORDERS, WORDS
from retorno.tables.problems import Cells, listed, parameter, quoted

MISSING = frozenset(
    ("na", "n/a", "null", "none", "nil", "nan", "missing", "s/d", "-", "--", ".", "?")
)
ERRORS = frozenset(("#n/a", "#div/0!", "#ref!", "#value!", "#name?", "#null!", "#num!"))
SERIAL = re.compile(r"[1-7]\d{4}(?:[.,]\d+)?")  # 10000 is a day of 1927, 79999 one of 2119


def hint(table: str, column: str, rule: str, cells: Cells, reading: Reading) -> str:
    """Return sentences, with a leading space, on cells that break a rule of `column`; empty: nothing is known."""
    about = {"readable number": _of_numbers, "readable date": _of_dates}
    if rule not in about:
        return ""
    values = [value.strip() for value in cells.values if value is not None]
    words = dict.fromkeys(value for value in values if value.casefold() in MISSING | ERRORS)
    found = list(about[rule](values, reading))
    if words:
        way = parameter("values", table, {column: dict.fromkeys(words)})
        found.append(say("Where {words} means an empty cell: {way}", words=listed(words), way=way))
    return "".join(f" {sentence}" for sentence in found)


def _of_numbers(values: list[str], reading: Reading) -> Iterator[str]:
    decimal = reading.writing.decimal
    other = {".": ",", ",": "."}[decimal]
    pattern = re.compile(rf"\D*(?:{numbers.digits(other, '')}|{numbers.digits(other, decimal)})\D*")
    for value in values:
        if other in value and pattern.fullmatch(value):
            yield say(
                "{cell} has a decimal {other}, the others a {decimal}.",
                cell=quoted(value),
                other=say(WORDS[other]),
                decimal=say(WORDS[decimal]),
            )
            return


def _of_dates(values: list[str], reading: Reading) -> Iterator[str]:
    if reading.writing.dates != "ymd":
        yield say("Others are read as {order}.", order=say(ORDERS[reading.writing.dates]))
    if any(SERIAL.fullmatch(value) for value in values):
        yield say(
            "A number like this may be how a spreadsheet keeps a date: show the column as dates there and "
            "save it again."
        )
