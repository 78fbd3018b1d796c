"""Excel workbooks: one sheet, from the row with the names down, each cell as the value it holds."""

import datetime
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import dropwhile, islice, zip_longest

from retorno.language import integer, mark, say, say_n
from retorno.tables.contracts import contract
from retorno.tables.formats import Fact, way_out
from retorno.tables.problems import SHOWN, listed, nearest, quoted
from retorno.tables.sources import qualtrics
from retorno.tables.sources.given import ROW, Given, positions
from retorno.tables.sources.headers import SEARCHED, check_names, header_row, hits
from retorno.tables.sources.number_formats import currency, percent, zeros
from retorno.tables.sources.workbook import Workbook, workbook

USES = frozenset({"sheet", "header", "decimal", "thousands", "dates"})
EXACT = 2**53  # whole numbers below it are exact in a float; longer ids are kept as text
DIGITS = 10**15  # Excel keeps the first 15 digits of a number


@dataclass(slots=True)
class Column:
    """A column of a sheet below its name.

    Attributes
    ----------
    name : str
    number : int
        Where it stands in the sheet; column A is 1.
    values : list
        What its cells hold, one a row: a number, a text, a time, a truth; None where empty.
    formats, errors : Counter
        How often each number format shows a number; how often each error of Excel occurs.
    hollow : set of int
        The rows where a cell is there but has no value: perhaps a formula without its result.
    """

    name: str
    number: int
    values: list = field(default_factory=list)
    formats: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    hollow: set[int] = field(default_factory=set)

    def shown(self, told) -> Counter:
        """Return what `told` says of the formats, where it says something -> how many numbers that are."""
        counted = Counter()
        for number_format, n in self.formats.items():
            if what := told(number_format):
                counted[what] += n
        return counted


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give one sheet of a workbook; TableError when it cannot be read, or when it is not clear which."""
    with workbook(table, source) as book:
        given = _given(book, asked, wanted)
    yield given


def _given(book: Workbook, asked, wanted) -> Given:
    import ibis

    sheet, facts = _chosen(book, asked, wanted)
    header, row = _header(book, sheet, asked, wanted)
    rows, columns = _below(book, sheet, header[0], row + len(header))
    used = [c for c in columns if c.name in wanted or contract(book.table).extra]
    _refuse_columns_without_name(book, used, row)
    _refuse_formulas_without_result(book, sheet, used)
    cells, native = _typed(rows, columns)
    kept = [_at(columns, texts) for texts in header]
    cells, unfit, told = qualtrics.marked(kept, ibis.memtable(cells))
    facts += [Fact(say("Names in row"), integer(row)), *_hidden(book, sheet, rows), *told]
    return Given(
        book.path.name,
        kept[0],
        row + len(header),
        cells,
        facts=(*facts, *(fact for column in used for fact in _facts(column))),
        uses=USES,
        native=native,
        epoch=book.book.epoch.date(),
        currencies=tuple(dict.fromkeys(sign for c in used for sign in c.shown(currency))),
        unfit=unfit,
    )


# Which sheet, which row ---------------------------------------------------------------------------


def _chosen(book: Workbook, asked, wanted):
    """Return the sheet that is asked for, the only one with content, or the only one with wanted names."""
    sheets = {sheet.title: sheet for sheet in book.book.worksheets}
    if asked.sheet is not None:
        if asked.sheet not in sheets:
            message = mark("formats: there is no sheet {sheet}; there are {sheets}.")
            message = say(message, sheet=quoted(asked.sheet), sheets=listed(sheets))
            raise book.refusal(message + nearest(asked.sheet, sheets))
        sheets = {asked.sheet: sheets[asked.sheet]}
    tops = {title: top for title, sheet in sheets.items() if (top := _top(book, sheet))}
    if not tops:
        raise book.refusal(say("nothing is written in sheet {sheets}.", sheets=listed(sheets)))
    fitting = [title for title in tops if len(tops) == 1 or _has_names(tops[title], wanted)]
    if len(fitting) != 1:
        raise book.refusal(_which(book.table, fitting or list(tops)))
    facts = [Fact(say("Kind of file"), "Excel"), Fact(say("Sheet"), quoted(fitting[0]))]
    if others := [title for title in tops if title not in fitting]:
        facts.append(Fact(say("Sheets not read"), listed(others)))
    return sheets[fitting[0]], facts


def _top(book: Workbook, sheet) -> list[tuple[int, list[str]]]:
    """Return number and texts of the first rows, from the first that is not empty; none: an empty sheet."""
    rows = ((row, _texts(cells)) for row, cells in book.rows(sheet))
    return list(islice(dropwhile(lambda row: not any(row[1]), rows), SEARCHED))


def _texts(cells) -> list[str]:
    """Return cells as names: text on one line, empty where there is no value."""
    values = map(_value, cells)
    return ["" if value is None else " ".join(written(value).split()) for value in values]


def _has_names(top, wanted: Collection[str]) -> bool:
    texts = [row for _, row in top]
    return hits(texts[header_row(texts, wanted)], wanted) > 0


def _which(table: str, titles: list[str]) -> str:
    return say(
        "several sheets could be the one to read: {sheets}. Say which: {way}",
        sheets=listed(titles),
        way=way_out(table, "sheet", *titles[:SHOWN]),
    )


def _header(book: Workbook, sheet, asked, wanted) -> tuple[list[list[str]], int]:
    """Return the header rows, that of the names first, and its number in the sheet."""
    if asked.header is None:
        top = _top(book, sheet)
        texts = [row for _, row in top]
        at = header_row(texts, wanted)
        check_names(book.table, book.path.name, texts[at], top[at][0], wanted)
    else:
        rows = ((row, _texts(cells)) for row, cells in book.rows(sheet))
        top = list(islice(dropwhile(lambda row: row[0] < asked.header, rows), SEARCHED))
        texts, at = [row for _, row in top], 0
        if not top:
            problem = mark("formats: the header is to be row {row}, but the sheet ends above it.")
            raise book.refusal(say(problem, row=asked.header))
    return texts[at : at + qualtrics.header_rows(texts, at)], top[at][0]


# The cells ----------------------------------------------------------------------------------------


def _below(book: Workbook, sheet, names: list[str], first_row: int) -> tuple[list, list[Column]]:
    """Return the numbers of the rows with values, and the columns.

    A value right of the names makes a column without name; a column without name or value is left out.
    """
    from openpyxl.cell.read_only import EMPTY_CELL

    rows, columns = [], [Column(name, number) for number, name in enumerate(names, start=1)]
    for row, cells in book.rows(sheet):
        if row < first_row:
            continue
        for column, cell in zip(columns, cells, strict=False):
            if cell.value is None and cell.data_type == "n" and cell is not EMPTY_CELL:
                column.hollow.add(row)
        values = [_value(cell) for cell in cells]
        width = max(
            (at for at, value in enumerate(values, start=1) if value is not None), default=0
        )
        if not width:
            continue
        for number in range(len(columns) + 1, width + 1):
            columns.append(Column("", number, [None] * len(rows)))
        rows.append(row)
        for column, cell, value in zip_longest(columns, cells[:width], values[:width]):
            column.values.append(value)
            if cell is not None and _is_number(cell.value):
                column.formats[cell.number_format] += 1
            elif cell is not None and cell.data_type == "e":
                column.errors[cell.value] += 1
    return rows, [c for c in columns if c.name or any(v is not None for v in c.values)]


def _is_number(value) -> bool:
    return type(value) in (int, float)


def _value(cell):
    """Return what a cell holds; a number shown with zeros in front is text, as the ids it stands for are."""
    value = cell.value
    if isinstance(value, str):
        return value if value.strip() else None
    if _is_number(value) and zeros(cell.number_format) and value >= 0 and value % 1 == 0:
        return f"{int(value):0{zeros(cell.number_format)}d}"
    return value


def written(value) -> str:
    """Return a value as text: whole numbers without a point, dates as ISO.

    Examples
    --------
    >>> written(17850.0), written(12.5), written(True), written(datetime.datetime(2024, 1, 31))
    ('17850', '12.5', 'true', '2024-01-31')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value % 1 == 0:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


def _typed(rows: list[int], columns: list[Column]):
    """Return the cells as an Arrow table, and the columns that mark the numbers in columns of text."""
    import pyarrow as pa

    cells, native = {ROW: pa.array(rows, pa.int64())}, {}
    for place, column in zip(positions(columns), columns, strict=True):
        values = column.values
        kind = _kind(values)
        if kind is not None:
            cells[place] = pa.array(values, kind)
            continue
        texts = [None if value is None else written(value) for value in values]
        cells[place] = pa.array(texts, pa.string())
        if any(numbers := [_is_number(value) for value in values]):
            native[place] = f"number:{place}"
            cells[native[place]] = pa.array(numbers, pa.bool_())
    return pa.table(cells), native


def _kind(values: list):
    """Return the Arrow type of values that are all of one kind, None where they can only be text."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {datetime.datetime}:
        return pa.timestamp("us")
    if kinds and kinds <= {int, float} and all(abs(v) < EXACT for v in values if v is not None):
        return pa.float64()
    return None


def _at(columns: list[Column], texts: list[str]) -> list[str]:
    """Return those of a row's `texts` that stand above the columns."""
    return [texts[c.number - 1] if c.number <= len(texts) else "" for c in columns]


# What is to be said -------------------------------------------------------------------------------


def _refuse_columns_without_name(book: Workbook, used: list[Column], row: int) -> None:
    from openpyxl.utils import get_column_letter

    message = mark("column {letter} has values but no name in row {row}; the first is {value}.")
    values = {c.number: next(v for v in c.values if v is not None) for c in used if not c.name}
    problems = [
        say(message, letter=get_column_letter(number), row=row, value=quoted(written(value)))
        for number, value in values.items()
    ]
    if problems:
        raise book.refusal(*problems)


def _refuse_formulas_without_result(book: Workbook, sheet, used: list[Column]) -> None:
    """Refuse formulas that no program has computed: openpyxl gives them as empty cells."""
    hollow = {column.number: column.hollow for column in used if column.hollow}
    formulas = book.formulas(sheet, hollow) if hollow else {}
    problems = [
        say(
            "column {name} has {formulas} without a result. Open the file in Excel or LibreOffice "
            "and save it: that computes them.",
            name=quoted(column.name),
            formulas=_formulas(rows),
        )
        for column in used
        if (rows := formulas.get(column.number))
    ]
    if problems:
        raise book.refusal(*problems)


def _formulas(rows: list[int]) -> str:
    where = ", ".join(map(str, rows[:SHOWN]))
    if len(rows) > SHOWN:
        where += " " + say("and {n} more", n=integer(len(rows) - SHOWN))
    return say_n("a formula in row {rows}", "formulas in rows {rows}", len(rows), rows=where)


def _facts(column: Column) -> Iterator[Fact]:
    """Yield what is to be said of a column whose numbers are not what they look like, or are none."""
    told = {"name": quoted(column.name), "of": integer(column.formats.total())}
    for sign, n in column.shown(currency).items():
        how = mark("{sign} in column {name}: {n} of {of} numbers")
        yield Fact(say("Currency"), say(how, sign=sign, n=integer(n), **told))
    if n := column.shown(percent).total():
        how = mark("column {name}: {n} of {of} numbers; 25% is read as 0.25")
        yield Fact(say("Shown as per cent"), say(how, n=integer(n), **told))
    if n := column.shown(zeros).total():
        how = mark("column {name}: {n} of {of} numbers; they are read as shown")
        yield Fact(say("Shown with zeros in front"), say(how, n=integer(n), **told))
    if n := sum(_is_number(value) and abs(value) >= DIGITS for value in column.values):
        how = mark("column {name}: {n} of {of} numbers; of more, different ids may have become one")
        yield Fact(say("Numbers beyond the 15 digits Excel keeps"), say(how, n=integer(n), **told))
    for error, n in column.errors.items():
        how = say_n("column {name}: {n} cell is {error}", "column {name}: {n} cells are {error}", n,
                    name=told["name"], error=error)  # fmt: skip
        yield Fact(say("Errors of Excel"), how)


def _hidden(book: Workbook, sheet, rows: list[int]) -> list[Fact]:
    """Return how many of the rows are hidden, which a filter does to them; they are read."""
    n = len(book.hidden(sheet).intersection(rows))
    how = mark("{n} of {of}; they are read like the others")
    fact = Fact(say("Hidden rows"), say(how, n=integer(n), of=integer(len(rows))))
    return [fact] if n else []
