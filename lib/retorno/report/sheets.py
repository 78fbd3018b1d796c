"""The workbook of tables: every finding and every table of the report, as typed cells.

No text becomes a formula, whatever it starts with, and the same run gives the same bytes.
"""

import io
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from retorno.language import COUNTS, say
from retorno.report import cells, words

FORMATS = {
    "count": "#,##0",
    "share": "0.0%",
    "money": "#,##0.00",
    "number": "#,##0.00",
    "ratio": "0.00",
    "text": "General",
    "date": "yyyy-mm-dd",
}
EPOCH = datetime(1980, 1, 1)
WIDEST = 60


def workbook(notebook, record: dict) -> bytes:
    """Return ``tables.xlsx``: a sheet of findings, then one for each table of the report, in order."""
    book = Workbook()
    book.properties.creator = "retorno"
    book.properties.created = EPOCH
    _findings(book.active, record)
    taken = {book.active.title.casefold()}
    for table in cells.tables(cells.visible(notebook, record["provenance"])):
        title = _sheet_name(table["caption"], taken)
        taken.add(title.casefold())
        _table(book.create_sheet(title), table)
    return _same_bytes(book)


def _findings(sheet, record: dict) -> None:
    sheet.title = _sheet_name(say("Findings"), set())
    provenance = record["provenance"]
    _write(sheet.cell(1, 1), provenance["title"] or f"{record['study']} · {record['run']}")
    _write(sheet.cell(2, 1), " ".join(words.origin(provenance)))
    columns = {
        "id": say("Id"),
        "label": say("What"),
        "estimate": say("Estimate"),
        "ci_low": say("Low"),
        "ci_high": say("High"),
        "level": say("Level"),
        "unit": say("Unit"),
        "n": say("Units behind it"),
        "verdict": say("Verdict"),
        "sentence": say("Sentence"),
    }
    fields, findings = list(columns), record["findings"]
    rows = [[finding[field] for field in fields] for finding in findings]

    def number_format(row: int, column: int) -> str:
        if fields[column] == "level":
            return "0%"
        if fields[column] in ("estimate", "ci_low", "ci_high"):
            return _of_unit(findings[row]["unit"])
        return FORMATS["count"] if fields[column] == "n" else FORMATS["text"]

    _grid(sheet, 4, list(columns.values()), rows, number_format)


def _of_unit(unit: str) -> str:
    if unit in COUNTS:
        return FORMATS["count"]
    return FORMATS["share"] if unit.split(" ")[0] == "share" else FORMATS["text"]


def _table(sheet, table: dict) -> None:
    _write(sheet.cell(1, 1), table["caption"])
    kinds = [column["kind"] for column in table["columns"]]
    rows = [[_typed(*pair) for pair in zip(row, kinds, strict=True)] for row in table["rows"]]
    header = [column["label"] for column in table["columns"]]
    _grid(sheet, 3, header, rows, lambda _, column: FORMATS[kinds[column]])


def _typed(value, kind: str):
    """Return a date column's ISO text, with or without a time, as a date; a text that is none stays text."""
    if kind != "date" or not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return value


def _grid(
    sheet,
    top: int,
    header: list[str],
    rows: list[list],
    number_format: Callable[[int, int], str],
) -> None:
    """Write a header in row `top` and the rows below it; `number_format` gets row and column from 0."""
    sheet.cell(1, 1).font = Font(bold=True, size=13)
    for column, label in enumerate(header):
        cell = sheet.cell(top, column + 1)
        _write(cell, label)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            cell = sheet.cell(top + 1 + index, column + 1)
            cell.number_format = number_format(index, column)
            _write(cell, value)
    for column in range(len(header)):
        letter = get_column_letter(column + 1)
        sheet.column_dimensions[letter].width = _width(row[column] for row in [header, *rows])
    sheet.freeze_panes = sheet.cell(top + 1, 1)


def _write(cell, value) -> None:
    """Set a cell; text is stored as text, also when Excel would read it as a formula."""
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(("=", "+", "-", "@", "\t", "\r"))
    if len(value) > WIDEST:
        cell.alignment = Alignment(wrap_text=cell.row > 2, vertical="top")


def _width(values: Iterable) -> int:
    longest = max(len(value) if isinstance(value, str) else 10 for value in values)
    return min(max(longest, 8), WIDEST) + 2


def _sheet_name(caption: str, taken: set[str]) -> str:
    """Return a name Excel takes: at most 31 characters, none of ``[]:*?/\\``, not taken yet."""
    stem = re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", caption).strip(" '.") or say("Table")
    name, count = stem[:31].rstrip(" '"), 1
    while name.casefold() in taken:
        count += 1
        name = f"{stem[: 30 - len(str(count))].rstrip()} {count}"
    return name


def _same_bytes(book: Workbook) -> bytes:
    """Return the saved workbook with the times openpyxl writes into it taken out."""
    saved, fixed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with ZipFile(saved) as source, ZipFile(fixed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = rf"\g<1>{EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, content)
            info = ZipInfo(name, EPOCH.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, content)
    return fixed.getvalue()
