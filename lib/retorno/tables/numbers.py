"""Numbers as people write them, read inside the engine.

A cell is a sign, a currency, digits with marks, and a sign, per cent or currency behind: ``-1.234,50 €``,
``(5.00)``, ``US$ 5``, ``25 %``, ``5-``. Which mark is which is for `marks` to find; here it is known.
"""

import re
from functools import cache
from typing import NamedTuple

from retorno.tables.formats import Writing

GROUPS = {".": ".", ",": ",", " ": " \u00a0\u202f\u2009", "'": "'\u2019"}  # mark -> its characters
MARKS = "".join(GROUPS.values())
MINUS = "\u2212"  # the typographic one
BLANKS = rf"[\s{GROUPS[' ']}]*"
BESIDE = f"%()-+{MINUS}\t\r\n\v\f{GROUPS[' ']}"

# As programs write them, and read in one way only: not 1.234, which may be a thousand and something.
CERTAIN = (
    r"^\s*[+-]?(?:\d+\.?|\d*\.(?:\d{1,2}|\d{4,})|(?:0\d*|[1-9]\d{3,})?\.\d{3})"
    r"(?:[eE][+-]?\d+)?\s*$"
)
PLAIN = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
ANY_DIGITS, EXPONENT = rf"[\d.,](?:[\d{MARKS}]*[\d.,])?", r"[eE][+-]?\d+"
ANY_CURRENCY = r"[A-Z]{0,3}\p{Sc}|[A-Z]{3}"


def certain(cell):
    """Return the numbers among cells that can be read in one way only; null elsewhere."""
    return _cast(cell, CERTAIN)


def plain(cell):
    """Return the numbers among cells that a program wrote: a decimal point and no other mark."""
    return _cast(cell, PLAIN)


def value(cell, writing: Writing):
    """Return the numbers among cells written as `writing` says: 25 % is 0.25; null elsewhere."""
    signs = sorted(writing.currencies, key=len, reverse=True)  # US$ before $
    number = digits(writing.decimal, writing.thousands)
    bare = cell.re_search(_bare(number))
    beside = cell.re_search(_pattern(number, "|".join(map(re.escape, signs))))
    rest = cell
    for sign in signs:
        rest = rest.replace(sign, "")
    text = bare.ifelse(cell, beside.ifelse(rest.translate(BESIDE, ""), ""))
    for character in GROUPS.get(writing.thousands, ""):
        text = text.replace(character, "")
    amount = text.replace(writing.decimal, ".").try_cast("float64")
    negative = cell.re_search(f"[-{MINUS}(]").ifelse(-1.0, 1.0)
    part = cell.contains("%").ifelse(100.0, 1.0)
    return bare.ifelse(amount, amount * negative / part)


def outline(cell):
    """Return how a number is written, each digit a 1 and of many only five; empty where it is none.

    With its marks and all that stands beside it: "1.111,11 €". Every currency is taken, also three
    letters that are none.
    """
    number = cell.re_search(_bare(f"{ANY_DIGITS}|{ANY_DIGITS}{EXPONENT}")) | cell.re_search(
        _pattern(ANY_DIGITS, ANY_CURRENCY)
    )
    ones = cell.translate("023456789", "1" * 9).re_replace("1{6,}", "11111")
    return number.ifelse(ones, "")


class Parts(NamedTuple):
    """What an outline is made of: "minus", "plus", "typographic", "behind", "brackets" or "", and so on."""

    sign: str
    currency: str
    percent: bool
    digits: str


def parts(outline: str) -> Parts:
    """Return what an outline that is not empty is made of.

    Examples
    --------
    >>> parts("1.111,11- €")
    Parts(sign='behind', currency='€', percent=False, digits='1.111,11')
    """
    number = re.search(f"{ANY_DIGITS}(?:{EXPONENT})?", outline)
    before, behind = outline[: number.start()], outline[number.end() :]
    signs = (
        ("brackets", "(", before),
        ("minus", "-", before),
        ("typographic", MINUS, before),
        ("behind", "-", behind),
        ("behind", MINUS, behind),
        ("plus", "+", before),
    )
    return Parts(
        sign=next((name for name, sign, where in signs if sign in where), ""),
        currency=re.sub(f"[{re.escape(BESIDE)}]", "", before + behind),
        percent="%" in behind,
        digits=number[0],
    )


def is_currency(sign: str) -> bool:
    """Return whether this is a currency: a sign, or a code of ISO 4217."""
    from babel.numbers import list_currencies

    return not sign.isalpha() or sign in list_currencies()


@cache
def digits(decimal: str, thousands: str) -> str:
    """Return the pattern of a number with these marks; an exponent goes with no thousands mark.

    Examples
    --------
    >>> [bool(re.fullmatch(digits(",", "."), text)) for text in ("1.234,50", "1.234.567", "12.50")]
    [True, True, False]
    """
    mark = re.escape(decimal)
    grouped = rf"[1-9]\d{{0,2}}(?:[{GROUPS[thousands]}]\d{{3}})+|" if thousands else ""
    whole = rf"(?:{grouped}\d+)(?:{mark}\d*)?|{mark}\d+"
    return rf"{whole}|(?:\d+{mark}?\d*|{mark}\d+){EXPONENT}"


def _bare(number: str) -> str:
    """Return the pattern of a number with nothing but a sign before it: most cells, and the fast way."""
    return rf"^\s*[-+]?(?:{number})\s*$"


@cache
def _pattern(number: str, currency: str) -> str:
    """Return the pattern of a number with one sign, brackets or none, and a currency or per cent or nothing."""
    number, currency, unit = f"(?:{number})", f"(?:{currency})", f"(?:%|{currency})"
    sign, behind = f"[-+{MINUS}]", f"[-{MINUS}]"
    ways = (
        (f"{sign}?", f"{currency}?", number),
        (currency, sign, number),
        (f"{sign}?", number, f"{unit}?"),
        (f"{currency}?", number, behind),
        (number, behind, unit),
        (number, unit, behind),
        (r"\(", f"{currency}?", number, r"\)"),
        (r"\(", number, unit, r"\)"),
        (currency, r"\(", number, r"\)"),
        (r"\(", number, r"\)", unit),
    )
    return f"^{BLANKS}(?:{'|'.join(map(BLANKS.join, ways))}){BLANKS}$"


def _cast(cell, pattern: str):
    import ibis

    return cell.re_search(pattern).ifelse(cell.try_cast("float64"), ibis.null("float64"))
