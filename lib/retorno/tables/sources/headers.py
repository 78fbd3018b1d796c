"""Which row of a file or sheet holds the names of its columns, when titles may stand above it."""

import re
from collections.abc import Collection, Sequence
from statistics import median_low

from retorno.language import say
from retorno.tables.formats import way_out
from retorno.tables.problems import listed, refusal
from retorno.tables.sources import qualtrics

SEARCHED = 50  # rows: names that stand lower are told by `formats: header`
VALUE = re.compile(r"[\W\d_]*\d[\W\d_]*|\d{4}-\d{2}-\d{2}T.*")  # digits and marks without a letter


def header_row(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> int:
    """Return the index of the row that holds the names.

    In an export of Qualtrics it is the first of its header rows. Else it is the row with most of the
    wanted names, of several the fullest, of those the first. Where there is none, it is the first of
    the fullest rows above the first row of values; the first row of values itself where nothing
    stands above it but titles, which `check_names` refuses.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows, blank ones included; an empty cell is an empty text.
    wanted : collection of str
        The names that are looked for, in any capitals.

    Examples
    --------
    >>> header_row([["Sales 2024"], [], ["ID cliente", "Fecha"], ["7", "2024-01-05"]], ["date"])
    2
    """
    exported = qualtrics.names_row(rows)
    if exported is not None:
        return exported
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if not any(filled):
        return 0
    usual = median_low([n for n in filled if n])
    full = [min(n, usual) for n in filled]
    found = [(hits(row, wanted), n) for row, n in zip(rows, full, strict=True)]
    if max(found)[0]:
        return found.index(max(found))
    of_values = (i for i, row in enumerate(rows) if full[i] == usual and _values(row))
    first = next(of_values, len(rows))
    above = [n if 2 * n > usual else 0 for n in full[:first]]
    return above.index(max(above)) if any(above) else first


def check_names(
    table: str, label: str, names: Sequence[str], row: int, wanted: Collection[str]
) -> None:
    """Refuse a header without any wanted name that reads as data do: with numbers or dates.

    Parameters
    ----------
    table, label : str
        The contract, and the file's name, for the message.
    names : sequence of str
        What was taken for the header.
    row : int
        Its number in the file, counted from 1.
    wanted : collection of str
    """
    if _values(names) and not hits(names, wanted):
        problem = say(
            "there is no row with the names of the columns: row {row}, the first that could be one, "
            "reads {names}. Write the names above the data; if these are the names, say so: {way}",
            row=row,
            names=listed(names),
            way=way_out(table, "header", row),
        )
        raise refusal(table, label, [problem])


def hits(row: Sequence[str], wanted: Collection[str]) -> int:
    """Return how many of the wanted names stand in `row`, in any capitals."""
    return len({name.casefold() for name in wanted} & {cell.strip().casefold() for cell in row})


def _values(row: Sequence[str]) -> list[str]:
    """Return the cells that are numbers or dates, in whatever way they are written."""
    return [cell for cell in row if VALUE.fullmatch(cell.strip())]
