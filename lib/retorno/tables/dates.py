"""Dates as people write them, read inside the engine: 2024-12-31, 31/12/2024, 12 de marzo de 2025, 20241231.

A time of day may follow and is dropped; its zone does not move the day. Which of day and month comes
first is for `orders` to find; here it is known. A day that is in no calendar is no date.
"""

import datetime
import re
from functools import cache

from retorno.tables.formats import Writing

EARLIEST = datetime.date(1000, 1, 1)  # the first with a year of four digits
FIRST, LAST = datetime.date(1900, 3, 1), datetime.date(2100, 12, 31)  # of dates kept as numbers
LANGUAGES = ("en", "es")
MARKS = "/.- "  # the most frequent first: a format that does not fit takes time
SHORT_YEARS = ("short", "short first", "named short")

TIME = (
    r"(?:(?:t|,? +)(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[ap]\.? ?m\.?)?"
    r"(?: ?(?:z|utc|gmt|[+-]\d{2}(?::?\d{2})?))?)?"
)
YEAR, PART, SHORT = r"[1-9]\d{3}", r"\d{1,2}", r"\d{2}"
CERTAIN = rf"^\s*{YEAR}-\d{{2}}-\d{{2}}(?i:{TIME})\s*$"


def certain(cell):
    """Return the days among cells written 2024-12-31, with or without a time; null elsewhere."""
    import ibis

    day = cell.try_cast("date")
    plain = cell.like("____-__-__") & (day >= EARLIEST)  # most cells, at a third of the time
    return ibis.cases((plain, day), (cell.re_search(CERTAIN), day), else_=ibis.null("date"))


def value(cell, writing: Writing):
    """Return the days among cells, day and month in the order `writing` says; null elsewhere."""
    cell = cell.lower()
    parts = [f"%{part}" for part in writing.dates]
    days = []
    if writing.dates != "ymd":
        days.append(
            _read(cell, "year last", [mark.join(parts).replace("y", "Y") for mark in MARKS])
        )
    days.append(_read(cell, "year first", ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"]))
    days.append(_read(cell, "compact", ["%Y%m%d"]))
    days.append(_read_named(cell, "named", "%Y"))
    shape = "short first" if writing.dates == "ymd" else "short"
    days.append(_read(cell, shape, [mark.join(parts) for mark in MARKS]))
    days.append(_read_named(cell, "named short", "%y"))
    return days[0].coalesce(*days[1:]).cast("date")


def serial(number, epoch: datetime.date):
    """Return the days that are kept as numbers, counted from `epoch`; null outside 1900 to 2100."""
    import ibis

    low, high = ((bound - epoch).days for bound in (FIRST, LAST))
    days = number.between(low, high + 1 - 1e-9).ifelse(number.floor(), ibis.null("float64"))
    return (ibis.literal(epoch) + days.cast("int64").as_interval("D")).cast("date")


def parts(cell):
    """Return the first two numbers of a cell as text, empty where there are fewer."""
    return cell.re_extract(r"(\d+)", 1), cell.re_extract(r"\d+\D+(\d+)", 1)


def shapes(cell):
    """Return how a date is written, in lower case: one of the names in `patterns`; null for none."""
    import ibis

    return ibis.cases(*((cell.re_search(pattern), name) for name, pattern in patterns().items()))


@cache
def patterns() -> dict[str, str]:
    """Return the pattern of each way to write a date; both marks in it are the same."""
    shapes = {
        "year first": _alike(YEAR, PART, PART, MARKS[:3]),
        "year last": _alike(PART, PART, YEAR, MARKS),
        "compact": rf"{YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
        "named": _named(YEAR),
        "short": _alike(PART, PART, SHORT, MARKS),
        "short first": _alike(SHORT, PART, PART, MARKS),
        "named short": _named(SHORT),
    }
    return {name: rf"^\s*({shape}){TIME}\s*$" for name, shape in shapes.items()}


@cache
def months() -> dict[str, str]:
    """Return the number of each month by its name, whole or short, in the languages we speak."""
    from babel import Locale

    return {
        name.lower().removesuffix("."): f"{number:02}"
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for number, name in Locale(language).months["format"][width].items()
    }


def _alike(first: str, second: str, third: str, marks: str) -> str:
    """Return the pattern of three parts between two marks that are the same."""
    return "|".join(f"{first}{re.escape(m)}{second}{re.escape(m)}{third}" for m in marks)


def _named(year: str) -> str:
    """Return the pattern of a date with the name of its month, the day before or behind it."""
    month = rf"(?:{_names()})\.?"
    day = rf"{PART}(?:st|nd|rd|th|º)?"
    return rf"{day}(?: de | of |[-/ .]){month}(?:,| del?)?[-/ ]{year}|{month} {day},? {year}"


def _names() -> str:
    return "|".join(sorted(months(), key=len, reverse=True))


def _read(cell, shape: str, formats: list[str]):
    """Return the times of cells of one shape, read by the engine; null elsewhere."""
    pattern = patterns()[shape]
    alone = cell.re_search(pattern.replace(TIME, "").replace(r"\s*", ""))  # the rest is slow
    return _try_strptime()(alone.ifelse(cell, cell.re_extract(pattern, 1)), formats)


def _read_named(cell, shape: str, year: str):
    """Return the times of cells that name their month."""
    day, last = parts(cell)
    month = cell.re_extract(f"({_names()})", 1).substitute(months(), else_="")
    text = cell.re_search(patterns()[shape]).ifelse(last + "-" + month + "-" + day, "")
    return _try_strptime()(text, [f"{year}-%m-%d"])


@cache
def _try_strptime():
    """Return the engine's own reader of dates: null where no format fits; of years %y 69 is 1969, 68 is 2068."""
    import ibis
    import ibis.expr.datatypes as dt

    @ibis.udf.scalar.builtin(signature=((dt.string, dt.Array(dt.string)), dt.timestamp))
    def try_strptime(text, formats): ...

    return try_strptime
