"""Words and numbers for people: every sentence a reader meets passes through here.

A sentence is written once, in English, as ``say("{n} customers came back", n=integer(n))``. English is
the message id; another language is a catalogue ``locale/<language>/retorno.po`` read with Babel, in which
a missing message is an error and never English. The notebooks have catalogues of their own, one each.
Numbers, dates and money follow the language's formats.
"""

import io
import math
import re
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel import Locale, dates, lists, numbers

from retorno.errors import ParameterError

LOCALE = Path(__file__).parent / "locale"
LIBRARY = "retorno"
SOURCE = "en"

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


def mark(message: str) -> str:
    """Mark a message for the catalogues where it is written; `say` translates it where it is read."""
    return message


def mark_n(singular: str, plural: str) -> tuple[str, str]:
    """Mark both forms of a message for the catalogues; `say_n` takes them."""
    return singular, plural


def available() -> list[str]:
    """Return the languages that can be used: English and every catalogue in place."""
    return sorted({SOURCE, *(path.parent.name for path in LOCALE.glob("*/retorno.po"))})


def use(language: str) -> None:
    """Speak `language` from here on; ParameterError names the languages there are."""
    if language not in available():
        raise ParameterError(
            say(
                "language: {got!r} has no catalogue; there is {available}.",
                got=language,
                available=", ".join(available()),
            )
        )
    _current.set(language)


def current() -> str:
    """Return the language spoken now."""
    return _current.get()


@contextmanager
def speaking(language: str):
    """Speak `language` inside the block."""
    before = current()
    use(language)
    try:
        yield
    finally:
        _current.set(before)


class _Strict:
    """The fallback of a catalogue: a message without translation is an error."""

    def gettext(self, message):
        raise LookupError(f"no translation into {current()!r} of {message!r}")

    def ngettext(self, singular, plural, n):
        raise LookupError(f"no translation into {current()!r} of {singular!r}")


@cache
def _catalogue(language: str, file: Path):
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    with file.open("rb") as lines:
        catalog = read_po(lines, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    translations = Translations(compiled)
    translations.add_fallback(_Strict())
    return translations


def catalogue(locale: Path, name: str) -> Path:
    """Return where the catalogue `name` of the language spoken lies below a folder of catalogues."""
    return locale / current() / f"{name}.po"


def translated(message: str, locale: Path | None = None, name: str = LIBRARY) -> str:
    """Return `message` in the language spoken, from the library's catalogue or one below `locale`.

    Raises
    ------
    LookupError
        The catalogue has no such message.
    """
    if current() == SOURCE or not message:
        return message
    return _catalogue(current(), catalogue(locale or LOCALE, name)).gettext(message)


def say(message: str, /, **values) -> str:
    """Return `message` in the current language with `values` filled in."""
    return translated(message).format(**values)


def say_n(singular: str, plural: str, n: int, /, **values) -> str:
    """Return the form of the message that fits `n`, with ``{n}`` and `values` filled in."""
    if current() == SOURCE:
        message = singular if n == 1 else plural
    else:
        library = _catalogue(current(), catalogue(LOCALE, LIBRARY))
        message = library.ngettext(singular, plural, n)
    return message.format(n=integer(n), **values)


def named(name: str) -> str:
    """Return a name in words: one of ours in the language spoken, one of the user's as it is.

    Examples
    --------
    >>> named("word_of_mouth")
    'word of mouth'
    """
    words = name.replace("_", " ")
    try:
        return translated(words)
    except LookupError:
        return words  # a column or an arm of the user's own


def listed(words: Iterable[str]) -> str:
    """Return words as they are listed in a sentence: Spanish has "y" before the last, and "e" before an i.

    Examples
    --------
    >>> with speaking("es"):
    ...     listed(["recompra", "satisfacción", "intención"]), listed(["2 €"])
    ('recompra, satisfacción e intención', '2 €')
    """
    words = list(words)
    if current() == SOURCE or len(words) < 2:
        return ", ".join(words)  # our English is terse
    text = lists.format_list(words, locale=_locale())
    return re.sub(r" y (?=«?[hH]?[iIíÍ](?![aeo])[^ ]*)", " e ", text) if current() == "es" else text


def quoted(name: str) -> str:
    """Return a word of the data in the quotation marks of the language."""
    return say('"{name}"', name=name)


def _locale() -> Locale:
    return Locale.parse(current())


def integer(value: int) -> str:
    """Return a whole number with the language's thousands mark."""
    return numbers.format_decimal(int(value), format="#,##0", locale=_locale())


def number(value: float, digits: int = 2) -> str:
    """Return `value` rounded to `digits` decimals, with a true minus sign."""
    if not math.isfinite(value):
        raise ValueError(f"`number` writes finite numbers; got {value}.")
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _minus(numbers.format_decimal(value, format=pattern, locale=_locale()))


def brief(value: float) -> str:
    """Return a number without decimals where it is whole, else with two."""
    return number(value, 0 if value == int(value) else 2)


def percent(value: float, digits: int | None = None) -> str:
    """Return a fraction as a percentage: 0.123 is 12.3%; one decimal, two below 1%, or `digits`."""
    if digits is None:
        digits = 1 if abs(value) >= 0.01 or value == 0 else 2
    usual = _locale().percent_formats[None].pattern  # with a space before the sign, or without
    pattern = usual.replace("#,##0", "#,##0" + ("." + "0" * digits if digits else ""))
    return _minus(numbers.format_percent(value, format=pattern, locale=_locale()))


def money(value: float, currency: str, digits: int | None = None) -> str:
    """Return an amount with its currency, in the decimals usual for it or in `digits`."""
    if digits is None:
        return _minus(numbers.format_currency(value, currency, locale=_locale()))
    pattern = _locale().currency_formats["standard"].pattern.replace("0.00", "0." + "0" * digits)
    return _minus(
        numbers.format_currency(
            value, currency, format=pattern, currency_digits=False, locale=_locale()
        )
    )


def date(value) -> str:
    """Return a date in the language's long form."""
    return dates.format_date(value, format="long", locale=_locale())


def _minus(text: str) -> str:
    """Return `text` with a true minus, and without one where nothing but zeros is left of the number."""
    if not any(digit in text for digit in "123456789"):
        text = text.replace("-", "")
    return text.replace("-", "−")


def p_value(p: float) -> str:
    """Return a p as it stands in a sentence, with three decimals.

    Examples
    --------
    >>> p_value(0.0204), p_value(1e-5)
    ('p = 0.020', 'p < 0.001')
    """
    return f"p = {number(p, 3)}" if p >= LEAST_P else f"p < {number(LEAST_P, 3)}"


LEAST_P = 0.001  # smaller ones are not told apart
SHARE, DIFFERENCE = "share", "difference in share"


def difference_unit(unit: str) -> str:
    """Return the unit of a difference of two numbers in `unit`: that of shares is told apart from a share.

    Examples
    --------
    >>> difference_unit("share of customers"), difference_unit("EUR per customer")
    ('difference in share', 'EUR per customer')
    """
    return DIFFERENCE if unit.split(" ")[0] == SHARE else unit


def quantity(value: float, unit: str) -> str:
    """Return `value` as a reader of its `unit` expects it: a count, a percentage, money or a number.

    A difference of two shares is in (percentage) points, never in per cent; a slope per month may be
    small and keeps four decimals.
    """
    first = unit.split(" ")[0]
    if unit in COUNTS:
        return number(value, 0)
    if unit == P_VALUE:
        return p_value(value).removeprefix("p ").removeprefix("= ")
    if unit.startswith(DIFFERENCE):
        points = 100 * value
        return say(
            "{points} points", points=number(points, 1 if abs(points) >= 1 or not points else 2)
        )
    if first == SHARE:
        return percent(value)
    small = "per month" in unit and abs(value) < 0.1 and value != 0
    if len(first) == 3 and first.isupper():
        return money(value, first, 4 if small else None)
    return number(value, 4 if small else 2)


P_VALUE = "p-value"
COUNTS = frozenset(
    ("customers", "days", "months", "points of score", "purchases", "respondents", "rows")
)

# What a unit is called in words: whole, or what is left of it behind "share" or a currency.
UNITS = (
    mark("Gini coefficient"),
    mark("SD of changes"),
    mark("average SD"),
    mark("correlation"),
    mark("customers"),
    mark("customers per customer"),
    mark("customers per day"),
    mark("days"),
    mark("difference in share"),
    mark("moderator points"),
    mark("money"),
    mark("months"),
    mark("months per customer"),
    mark("of cost"),
    mark("of credited customers"),
    mark("of customers"),
    mark("of customers brought"),
    mark("of draws"),
    mark("of flagged referrals"),
    mark("of fraud"),
    mark("of referrals"),
    mark("of referred customers"),
    mark("of reward"),
    mark("of rewarded referrals"),
    mark("of the drop"),
    mark("of the others' value"),
    mark("of trees"),
    mark("of value"),
    mark("of variance"),
    mark("outcome per customer"),
    mark("outcome per customer and month"),
    mark("over the data"),
    mark("p-value"),
    mark("per contact"),
    mark("per customer"),
    mark("per customer and month"),
    mark("per customer per month"),
    mark("per customer who referred"),
    mark("per extra return"),
    mark("per failure"),
    mark("per month"),
    mark("per point"),
    mark("per recovery"),
    mark("per referral"),
    mark("per return"),
    mark("points"),
    mark("points of quality"),
    mark("points of score"),
    mark("pooled SD"),
    mark("pooled SD squared"),
    mark("probability"),
    mark("purchases"),
    mark("ratio"),
    mark("reliability"),
    mark("respondents"),
    mark("rows"),
    mark("scale points"),
    mark("scale points per point"),
    mark("shape"),
    mark("share"),
    mark("slope"),
    mark("times"),
    mark("units per customer"),
    mark("units per customer per month"),
    mark("verdict"),
    mark("weeks"),
)


def unit_words(unit: str) -> str:
    """Return a unit in words.

    Examples
    --------
    >>> unit_words("EUR per customer"), unit_words("difference in share of cost")
    ('EUR per customer', 'difference in share of cost')
    """
    head, rest = _parted(unit)
    words = [head if head.isupper() else named(head), named(rest)]
    return " ".join(filter(None, words))


def unit_rest(unit: str) -> str:
    """Return what must stand behind a number that `quantity` wrote, to complete its unit.

    Examples
    --------
    >>> unit_rest("EUR per customer"), unit_rest("ratio"), unit_rest("share of cost")
    ('per customer', 'times', 'of cost')
    """
    if unit == "ratio":
        return say("times")
    head, rest = _parted(unit)
    return named(rest if head else unit)


def _parted(unit: str) -> tuple[str, str]:
    """Return what `quantity` writes of a unit (share, difference in share, currency, money), and the rest."""
    if unit.startswith(DIFFERENCE):
        return DIFFERENCE, unit.removeprefix(DIFFERENCE).strip()
    first, _, after = unit.partition(" ")
    if first in (SHARE, "money") or (len(first) == 3 and first.isupper()):
        return first, after
    return "", unit
