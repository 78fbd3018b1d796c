"""From what stands in a cell to a value of our type, inside the engine.

A cell that cannot be read becomes null and is flagged: nothing is guessed. Numbers have a decimal point
and no thousands mark, dates are ISO (a time of day is dropped), ids stay as they are written, flags are
yes or no, true or false, 1 or 0.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from retorno.tables.columns import TYPES
from retorno.tables.formats import Writing

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
DATE = (
    r"^\s*[1-9]\d{3}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|UTC|[+-]\d{2}(:?\d{2})?))?)?\s*$"
)
TRUE, FALSE = ("yes", "true", "1", "1.0"), ("no", "false", "0", "0.0")
WHOLE = 2.0**53  # the whole numbers below it are exact in a float


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
    writing : Writing
        How numbers and dates are written.
    native : str or None
        The boolean column that is true where a number was not written but is one.
    epoch : date or None
        Day 0 of dates kept as numbers.
    """

    place: str
    kind: str | None
    words: Mapping[str, str | None] = field(default_factory=dict)
    writing: Writing = field(default_factory=Writing)
    native: str | None = None
    epoch: datetime.date | None = None


def words(kind: str | None, values: Mapping | None, labels: Mapping[str, str]) -> dict:
    """Return what the cells of a column mean, from the user's `values` and the file's value labels.

    The user may name a value by what stands in the cell or by its label. Labels say nothing about
    a number or a date.

    Examples
    --------
    >>> words("text", {"Solved": "recovered"}, {"1": "none", "2": "Solved"})
    {'Solved': 'recovered', '1': 'none', '2': 'recovered'}
    """
    meant = {}
    for theirs, ours in (values or {}).items():
        meant |= dict.fromkeys(_written(theirs), None if ours is None else str(ours))
    if kind in ("text", "flag"):
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
    return (written.strip() == "").ifelse(ibis.null("string"), written)


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


def _written(value) -> tuple[str, ...]:
    """Return the ways a value of the parameter file stands in a cell: a boolean in three."""
    word = str(value)
    return (word, word.lower(), word.upper()) if isinstance(value, bool) else (word,)


def typed(frame, reading: Reading):
    """Return the cells of a column as the Ibis type of its kind, null where blank or not readable."""
    cell = cell_of(frame, reading)
    if TYPES[reading.kind] == "string":
        return text(cell)
    return {"date": _date, "flag": _flag}.get(reading.kind, _number)(cell)


def _flag(cell):
    import ibis

    word = text(cell).strip().lower()
    return ibis.cases(
        (word.isin(TRUE), True), (word.isin(FALSE), False), else_=ibis.null("boolean")
    )


def _date(cell):
    import ibis

    if cell.type().is_date():
        return cell
    if cell.type().is_timestamp():
        return cell.date()
    readable = text(cell).re_search(DATE)
    return readable.ifelse(cell.cast("string").strip().left(10).try_cast("date"), ibis.null("date"))


def _number(cell):
    import ibis

    kind = cell.type()
    if kind.is_numeric() or kind.is_boolean():
        value = cell.cast("float64")
    else:
        value = text(cell).re_search(NUMBER).ifelse(cell.cast("string").try_cast("float64"), None)
    usable = ~value.isnan() & ~value.isinf()
    return usable.ifelse(value, ibis.null("float64"))
