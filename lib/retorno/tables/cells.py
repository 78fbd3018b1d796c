"""From what stands in a cell to a value of our type, inside the engine.

A cell that cannot be read becomes null and is flagged: nothing is guessed. Numbers have a decimal point
and no thousands mark, dates are ISO (a time of day is dropped), ids stay as they are written, flags are
yes or no, true or false, 1 or 0.
"""

from collections.abc import Mapping

from retorno.tables.columns import TYPES

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
DATE = (
    r"^\s*[1-9]\d{3}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|UTC|[+-]\d{2}(:?\d{2})?))?)?\s*$"
)
TRUE, FALSE = ("yes", "true", "1", "1.0"), ("no", "false", "0", "0.0")
WHOLE = 2.0**53  # the whole numbers below it are exact in a float


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


def translated(cell, values: Mapping | None):
    """Return the cell with the user's words turned into ours; untouched without `values`."""
    if not values:
        return cell
    return text(cell).substitute(
        {word: str(ours) for theirs, ours in values.items() for word in _written(theirs)}
    )


def _written(value) -> tuple[str, ...]:
    """Return the ways a value of the parameter file stands in a cell: a boolean in three."""
    word = str(value)
    return (word, word.lower(), word.upper()) if isinstance(value, bool) else (word,)


def typed(cell, kind: str):
    """Return the cell as the Ibis type of `kind`, null where it is blank or cannot be read."""
    if TYPES[kind] == "string":
        return text(cell)
    return {"date": _date, "flag": _flag}.get(kind, _number)(cell)


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
