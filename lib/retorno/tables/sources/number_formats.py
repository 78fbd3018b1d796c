"""What the format of a number in a workbook shows beside the number: a currency, per cent, zeros in front."""

import re
import unicodedata
from functools import cache

# A sign in brackets; other brackets; text; a space as wide as the next character, or the next character
# repeated; a character to be shown as it is; any other character.
PIECE = re.compile(
    r"\[\$(?P<sign>[^\]-]+)[^\]]*\]|\[[^\]]*\]"
    r'|"(?P<text>[^"]*)"|[_*].|\\(?P<shown>.)|(?P<code>.)'
)


@cache
def currency(number_format: str) -> str | None:
    """Return the sign or code of the currency that a format shows, None without one.

    Examples
    --------
    >>> currency("#,##0.00 [$€-C0A]"), currency('_-* #,##0.00 "EUR"_-'), currency("#,##0_€")
    ('€', 'EUR', None)
    """
    for kind, text in _pieces(number_format):
        if kind == "sign" or _is_currency(text.strip()):
            return text.strip()
    return None


@cache
def percent(number_format: str) -> bool:
    """Return whether a format shows 0.25 as 25%; a sign that is only text changes nothing.

    Examples
    --------
    >>> percent("0.0%"), percent('0.0"%"')
    (True, False)
    """
    return ("code", "%") in _pieces(number_format)


@cache
def zeros(number_format: str) -> int:
    """Return to how many digits a format fills up whole numbers with zeros in front; 0: it does not.

    Examples
    --------
    >>> zeros("00000"), zeros("0.00")
    (5, 0)
    """
    return len(number_format) if re.fullmatch("00+", number_format) else 0


def _pieces(number_format: str) -> list[tuple[str, str]]:
    return [(m.lastgroup, m[m.lastgroup]) for m in PIECE.finditer(number_format) if m.lastgroup]


def _is_currency(text: str) -> bool:
    from babel.numbers import is_currency

    return is_currency(text) or any(unicodedata.category(sign) == "Sc" for sign in text)
