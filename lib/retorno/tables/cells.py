"""From what stands in a cell to a value of our type, inside the engine.

A cell that cannot be read becomes null and is flagged: nothing is guessed. How numbers and dates are
written is known here (`Writing`) or not yet: then only what can be read in one way is. Ids stay as they
are written, flags are yes or no, true or false, 1 or 0.
"""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from retorno.tables import dates, numbers
from retorno.tables.columns import TYPES
from retorno.tables.formats import Writing

TRUE, FALSE = ("yes", "true", "1", "1.0"), ("no", "false", "0", "0.0")
WHOLE = 2.0**53  # the whole numbers below it are exact in a float


LABELLED = ("text", "flag")  # the kinds whose value labels count: those of a number say nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column are read.

    Attributes
    ----------
    place : str
        Its column in `Given.cells`.
    kind : str or None
        Its kind; None while that is to be found: a number when all its cells are, else text.
    words : mapping of str to str or None
        A cell as text -> what it means; None: nothing, the cell counts as empty.
    labels : mapping of str to str
        A cell as text -> its value label in the file, where it has one.
    writing : Writing or None
        How numbers and dates are written; None while that is to be found.
    native : str or None
        The boolean column that is true where a number was not written but is one.
    epoch : date or None
        Day 0 of dates kept as numbers.
    """

    place: str
    kind: str | None
    words: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    writing: Writing | None = None
    native: str | None = None
    epoch: datetime.date | None = None


def as_written(frame, reading: Reading):
    """Return the cells of a column as text for a message, a code by its label."""
    cell = text(frame[reading.place])
    return cell.substitute(dict(reading.labels)) if reading.labels else cell


def words(values: Mapping | None, labels: Mapping[str, str]) -> dict:
    """Return what the cells of a column mean, from the user's `values` and the file's value labels.

    The user may name a value by what stands in the cell or by its label.

    Examples
    --------
    >>> words({"Solved": "recovered"}, {"1": "none", "2": "Solved"})
    {'Solved': 'recovered', '1': 'none', '2': 'recovered'}
    """
    meant = {}
    for theirs, ours in (values or {}).items():
        meant |= dict.fromkeys(_written(theirs), None if ours is None else str(ours))
    for code, label in labels.items():
        meant.setdefault(code, meant.get(label, label))
    return meant


def text(cell):
    """Return a cell as text: blank is null, and a whole float is written as a whole number."""
    import ibis

    kind = cell.type()
    if kind.is_floating():
        whole = cell.try_cast("int64")
        exact = (whole.cast("float64") == cell) & (cell.abs() < WHOLE)
        written = exact.ifelse(whole.cast("string"), cell.cast("string"))
        return cell.isnan().ifelse(ibis.null("string"), written)
    written = cell if kind.is_string() else cell.cast("string")
    return _is_blank(written).ifelse(ibis.null("string"), written)


def _is_blank(cell):
    """Return which texts are empty or blank; those that sort before "!" are few, and alone are looked into."""
    return (cell < "!") & (cell.strip() == "")


def cell_of(frame, reading: Reading):
    """Return the cells of a column, the user's words turned into ours."""
    import ibis

    cell = frame[reading.place]
    if not reading.words:
        return cell
    empty = [word for word, meant in reading.words.items() if meant is None]
    ours = {word: meant for word, meant in reading.words.items() if meant is not None}
    cell = text(cell)
    told = cell.substitute(ours) if ours else cell
    return cell.isin(empty).ifelse(ibis.null("string"), told) if empty else told


def _string(cell):
    """Return cells as text; blank ones, which are no date and no number, may stay as they are."""
    return cell if cell.type().is_string() else text(cell)


def is_plain(frame, reading: Reading):
    """Return which cells a program or the user wrote, so that the table's marks mean nothing in them."""
    import ibis

    cell = frame[reading.place]
    if not cell.type().is_string():
        return ibis.literal(True)
    plain = frame[reading.native] if reading.native else ibis.literal(False)
    return plain | cell.isin(list(reading.words)) if reading.words else plain


def is_filled(frame, reading: Reading):
    """Return which cells hold anything."""
    cell = cell_of(frame, reading)
    if cell.type().is_string():
        return cell.notnull() & ~_is_blank(cell)
    return cell.notnull() & ~cell.isnan() if cell.type().is_floating() else cell.notnull()


def _written(value) -> tuple[str, ...]:
    """Return the ways a value of the parameter file stands in a cell: a boolean in three."""
    word = str(value)
    return (word, word.lower(), word.upper()) if isinstance(value, bool) else (word,)


def typed(frame, reading: Reading):
    """Return the cells of a column as the Ibis type of its kind, null where blank or not readable."""
    if TYPES[reading.kind] == "string":
        return text(cell_of(frame, reading))
    return {"date": _date, "flag": _flag}.get(reading.kind, _number)(frame, reading)


def is_serial(frame, reading: Reading):
    """Return which cells of dates are days kept as numbers."""
    import ibis

    if reading.epoch is None:
        return ibis.literal(False)
    number = numbers.plain(_string(cell_of(frame, reading)))
    day = dates.serial(number, reading.epoch)
    return (is_plain(frame, reading) & day.notnull()).fill_null(False)


def _flag(frame, reading: Reading):
    import ibis

    word = text(cell_of(frame, reading)).strip().lower()
    return ibis.cases(
        (word.isin(TRUE), True), (word.isin(FALSE), False), else_=ibis.null("boolean")
    )


def _date(frame, reading: Reading):
    import ibis

    cell = cell_of(frame, reading)
    if cell.type().is_date():
        return cell
    if cell.type().is_timestamp():
        return cell.date()
    cell = _string(cell)
    if reading.writing is None:
        return dates.certain(cell)
    day = dates.value(cell, reading.writing)
    if reading.epoch is None:
        return day
    serial = dates.serial(numbers.plain(cell), reading.epoch)
    return day.coalesce(is_plain(frame, reading).ifelse(serial, ibis.null("date")))


def _number(frame, reading: Reading):
    import ibis

    cell = cell_of(frame, reading)
    if cell.type().is_numeric() or cell.type().is_boolean():
        number = cell.cast("float64")
    elif reading.writing is None:
        number = numbers.certain(_string(cell))
    else:
        cell = _string(cell)
        plain, written = numbers.plain(cell), numbers.value(cell, reading.writing)
        number = is_plain(frame, reading).ifelse(plain, written)
    return (number.abs() < math.inf).ifelse(number, ibis.null("float64"))
