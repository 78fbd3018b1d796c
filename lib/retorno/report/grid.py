"""Cells of a workbook: text that never becomes a formula, numbers with their format, bytes without a time."""

import io
import math
import re
from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

EPOCH = datetime(1980, 1, 1)
WIDEST, NUMBER = 60, 11  # of a column, in letters; of one that holds numbers
LINE = 1.36  # height of a line over the size of its letters
SPAN = 100  # letters a paragraph may take, over as many columns as that needs
FACE = "Calibri"
PLAIN, SOFT = Font(FACE, 11), Font(FACE, 11, color="5B5F68")
BOLD, LEAD, TITLE = (Font(FACE, size, bold=True) for size in (11, 13, 16))
LINK = Font(FACE, 11, color="0F5C6E", underline="single")


def clean(text: str) -> str:
    """Return `text` without the control characters that no workbook can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def write(cell, value, number_format: str = "General") -> None:
    """Set a cell; text is stored as text, also when Excel would read it as a formula; NaN is an empty cell."""
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@", "\t", "\r"))
        return
    if isinstance(value, float) and not math.isfinite(value):
        value = {math.inf: "∞", -math.inf: "−∞"}.get(value)
    cell.value, cell.number_format = value, number_format


def widen(sheet, header: Sequence[str], rows: Sequence[Sequence[tuple]]) -> None:
    """Give each column the width of what it will hold; a head may break between its words."""
    for column, label in enumerate(header):
        values = [row[column][0] for row in rows]
        longest = max(
            map(len, [*label.split(), *(v for v in values if isinstance(v, str))]), default=0
        )
        dimension = sheet.column_dimensions[get_column_letter(column + 1)]
        dimension.width = min(max(longest, NUMBER), WIDEST) + 2


def paragraph(sheet, row: int, text: str, font: Font = PLAIN) -> int:
    """Write a text over several columns, so high that all of it is seen; return the next row."""
    column, width = 0, 0.0
    while width < SPAN:
        column += 1
        width += _width(sheet, column)
    cell = sheet.cell(row, 1)
    write(cell, text)
    cell.font, cell.alignment = font, Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=column)
    sheet.row_dimensions[row].height = LINE * font.size * _lines(text, width * 11 / font.size)
    return row + 1


def _width(sheet, column: int) -> float:
    return sheet.column_dimensions[get_column_letter(column)].width


def _lines(text: str, width: float) -> int:
    return sum(max(len(wrap(line, int(width))), 1) for line in text.split("\n"))


def grid(sheet, top: int, header: Sequence[str], rows: Sequence[Sequence[tuple]]) -> int:
    """Write a head in row `top` and below it rows of (value, number format); return the next row."""
    for column, label in enumerate(header):
        cell = sheet.cell(top, column + 1)
        write(cell, label)
        cell.font, cell.border = BOLD, Border(bottom=Side("thin"))
        in_words = any(isinstance(row[column][0], str) for row in rows)
        cell.alignment = _aligned(in_words, column, "bottom")
    _high_enough(sheet, top, header)
    for row in rows:
        top += 1
        for column, (value, number_format) in enumerate(row):
            cell = sheet.cell(top, column + 1)
            write(cell, value, number_format)
            cell.alignment = _aligned(isinstance(value, str), column, "top")
        _high_enough(sheet, top, [value for value, _ in row])
    return top + 1


def _high_enough(sheet, row: int, values: Sequence) -> None:
    """Give a row the height of its longest text: Excel would find it when the file is opened, others do not."""
    lines = [
        _lines(value, _width(sheet, column) - 2)
        for column, value in enumerate(values, 1)
        if isinstance(value, str)
    ]
    sheet.row_dimensions[row].height = LINE * PLAIN.size * max(lines, default=1)


def _aligned(in_words: bool, column: int, vertical: str) -> Alignment:
    """Return how a cell stands: words to the left, and off the number beside them."""
    side, indent = ("left", min(column, 1)) if in_words else ("right", 0)
    return Alignment(side, vertical, wrap_text=True, indent=indent)


def link(cell, sheet_name: str) -> None:
    """Make a cell lead to a sheet of the same workbook."""
    quoted = sheet_name.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!A1")
    cell.font = LINK


def for_paper(sheet) -> None:
    """Print a sheet across, as wide as the page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def saved(book: Workbook) -> bytes:
    """Return the saved workbook with the times openpyxl writes into it taken out."""
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with ZipFile(written) as source, ZipFile(fixed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = rf"\g<1>{EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, content)
            info = ZipInfo(name, EPOCH.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, content)
    return fixed.getvalue()
