"""Cells counted by the way they are written, so that a million cells come down to some dozens of forms."""

from collections.abc import Mapping, Sequence

from retorno.language import integer, say
from retorno.tables.problems import named, quoted
from retorno.tables.sources.given import ROW


def counted(written, *ways: str) -> list[dict]:
    """Return the forms of one column, the first in the file first: one query.

    Parameters
    ----------
    written : ibis.Table
        `ROW`; `cell`, what stands in it, null where empty, which does not count; the ways to tell
        forms apart by.
    ways : str
        The names of these columns.

    Returns
    -------
    list of dict
        For each form its `ways`, how many `rows` have it, the `first` row, and the `cell` there.
    """
    found = (
        written.filter(written["cell"].notnull())
        .group_by(*ways)
        .aggregate(
            rows=lambda t: t.count(),
            first=lambda t: t[ROW].min(),
            cell=lambda t: t["cell"].argmin(t[ROW]),
        )
    )
    return found.order_by("first").to_pyarrow().to_pylist()


def shown(found: Sequence, theirs: Mapping[str, str]) -> str:
    """Return the first cell of each column among forms: column 'amount' '1.234' (row 2 and 11 more).

    `theirs`: our name -> the name in the file.
    """
    return ", ".join(
        f"{named(column, theirs[column])} {cells([form for form in found if form.column == column])}"
        for column in dict.fromkeys(form.column for form in found)
    )


def cells(found: Sequence) -> str:
    """Return the first cell among forms, and how many more there are: '1.234' (row 2 and 11 more)."""
    where = say("row {row}", row=found[0].first)
    if (rows := sum(form.rows for form in found)) > 1:
        where += " " + say("and {n} more", n=integer(rows - 1))
    return f"{quoted(found[0].cell)} ({where})"
