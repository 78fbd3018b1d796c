"""Exports of Qualtrics: header rows that are no data, and answers that are no respondent's.

CSV and TSV have three header rows (names; texts of the questions; ``{"ImportId":"QID1"}``), the legacy
export two (V1, V2, ...; ResponseID, ResponseSet, ...). How an answer came is told by the column Status,
as its label or its number: "Understanding Your Dataset" in Qualtrics' support pages.
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_

from retorno.language import integer, say
from retorno.tables.cells import text
from retorno.tables.formats import Fact

IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"\s*:\s*"([^"]*)"')
# Names of its own columns, by which an export is known whose further header rows were deleted.
OWN = frozenset({"startdate", "enddate", "status", "finished", "responseid"})
TESTS = {
    "status": (
        *("survey preview", "survey test", "preview spam", "offline preview"),
        *("1", "2", "9", "17"),
    ),
    "distributionchannel": ("preview", "test"),
}
SPAM = ("spam", "imported spam", "8", "12")
UNFINISHED = ("false", "0")
FLAG = "unfit:test"


def names_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the row of names of an export; None where no row of import ids shows one.

    Examples
    --------
    >>> names_row([["Q1"], ["How satisfied are you?"], ['{"ImportId":"QID1"}'], ["7"]])
    0
    """
    found = (i for i, row in enumerate(rows) if _import_ids(row))
    ids = next(found, 0)
    return max(ids - 2, 0) if ids else None


def header_rows(rows: Sequence[Sequence[str]], names: int) -> int:
    """Return how many rows the header takes in, the row of names with it: 1 where it is no export.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of the file or sheet.
    names : int
        Index of the row that holds the names.

    Examples
    --------
    >>> header_rows([["Q1"], ["How satisfied are you?"], ['{"ImportId":"QID1"}'], ["7"]], names=0)
    3
    """
    below = rows[names + 1 : names + 3]
    for n, row in enumerate(below, start=2):
        if _import_ids(row):
            return n
    legacy = rows[names][:2] == ["V1", "V2"] and below and below[0][:1] == ["ResponseID"]
    return 2 if legacy else 1


def _import_ids(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return bool(filled) and all(map(IMPORT_ID.match, filled))


def marked(header: Sequence[Sequence[str]], cells):
    """Mark the test answers of an export.

    Parameters
    ----------
    header : sequence of sequence of str
        Its header rows, as `header_rows` counts them; one row of names for any other file.
    cells : ibis.Table
        As in `Given`.

    Returns
    -------
    cells, unfit, facts
        As in `Given`: the cells with a boolean column more where there is a column that tells test
        answers, the reason and the name of that column, and what there is to say of the export.
    """
    columns = _columns(header)
    if len(header) == 1 and not columns.keys() >= OWN:
        return cells, {}, ()
    facts = [Fact(say("Kind of file"), say("export of Qualtrics")), *_counted(columns, cells)]
    if len(header) > 1:
        facts.append(Fact(say("Header rows"), integer(len(header))))
    telling = {columns[name]: words for name, words in TESTS.items() if name in columns}
    if not telling:
        return cells, {}, tuple(facts)
    test = reduce(or_, (_holds(cells, place, words) for place, words in telling.items()))
    names = say(" or ").join(repr(header[0][place]) for place in telling)
    reason = say("test answer or preview (column {columns})", columns=names)
    return cells.mutate(**{FLAG: test}), {reason: FLAG}, tuple(facts)


def _columns(header: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return Qualtrics' own names of the columns, without capitals -> position.

    They stand in the last header row: an export can give its columns any name above.
    """
    return {_own_name(cell): place for place, cell in reversed([*enumerate(header[-1])])}


def _own_name(cell: str) -> str:
    found = IMPORT_ID.match(cell)
    return (found[1] if found else cell).strip().casefold()


def _holds(cells, place: int, words: Sequence[str]):
    """Return the boolean column that is true where column `place` holds one of `words`."""
    return text(cells[f"c{place}"]).strip().lower().isin(words).fill_null(False)


def _counted(columns: dict[str, int], cells) -> list[Fact]:
    """Return what is kept but worth a look: unfinished answers, and those Qualtrics takes for spam."""
    looked_for = {
        "finished": (say("Unfinished answers"), UNFINISHED),
        "status": (say("Answers that may be spam"), SPAM),
    }
    facts = []
    for name, (what, words) in looked_for.items():
        if name in columns:
            n = cells.filter(_holds(cells, columns[name], words)).count().to_pyarrow().as_py()
            if n:
                facts.append(Fact(what, say("{n}; they are kept", n=integer(n))))
    return facts
