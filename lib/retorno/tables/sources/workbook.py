"""Opening a workbook and going through its rows, with a word on what cannot be opened."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retorno.language import say
from retorno.tables.problems import refusal

# What openpyxl and the libraries below it raise at a damaged workbook.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    RuntimeError,
)
COMPOUND = b"\xd0\xcf\x11\xe0"  # how .xls files begin, and .xlsx files under a password
# openpyxl's warnings on what plays no role here: styles, checks of what is typed in, what is printed;
# and on dates beyond the calendar, which come as the error #VALUE! and are told as such.
REMARKS = (
    (r"openpyxl\.styles\.stylesheet", "Workbook contains no (default style|stylesheet)"),
    (r"openpyxl\.worksheet\._reader", ".* extension is not supported and will be removed"),
    (r"openpyxl\.worksheet\._reader", "Cell .* is marked as a date but the serial value"),
    (r"openpyxl\.worksheet\.header_footer", "Cannot parse header or footer"),
    (r"openpyxl\.reader\.workbook", "Print area cannot be set to Defined name"),
    (r"openpyxl\.reader\.workbook", "Defined names for sheet index .* cannot be located"),
)
HIDDEN = re.compile(rb'<(?:\w+:)?row(?=[^>]*\shidden="(?:1|true)")[^>]*\sr="(\d+)"')


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook.

    Attributes
    ----------
    table : str
        Name of the contract, for messages.
    path : Path
    book : openpyxl.Workbook
        Formulas as the results that were stored with them.
    """

    table: str
    path: Path
    book: Any

    def refusal(self, *problems: str):
        """Return the TableError that lists the problems."""
        return refusal(self.table, self.path.name, problems)

    def rows(self, sheet):
        """Yield number and cells of each row. The size the file states is not used: it can be wrong."""
        sheet.reset_dimensions()
        with _readable(self.table, self.path):
            yield from enumerate(sheet.iter_rows(), start=1)

    def formulas(self, sheet, cells: dict[int, set[int]]) -> dict[int, list[int]]:
        """Return the rows with a formula among `cells`, both as the number of a column -> rows."""
        found = {column: [] for column in cells}
        with self.path.open("rb") as file:
            book = _loaded(self.table, self.path, file, data_only=False)
            for row, of_row in self.rows(book[sheet.title]):
                for column, rows in cells.items():
                    if row in rows and of_row[column - 1].data_type == "f":
                        found[column].append(row)
        return found

    def hidden(self, sheet) -> set[int]:
        """Return the hidden rows, read from the sheet's XML: openpyxl keeps them from who streams it."""
        found, tail = set(), b""
        with _readable(self.table, self.path), sheet._get_source() as xml:
            while chunk := xml.read(1 << 20):
                tags = tail + chunk
                cut = tags.rfind(b"<")  # a tag may go on in the next chunk
                found.update(map(int, HIDDEN.findall(tags[:cut])))
                tail = tags[cut:]
        return found


@contextmanager
def workbook(table: str, path: Path) -> Iterator[Workbook]:
    """Give the workbook of a file; TableError says why it is none, or cannot be read."""
    import warnings

    _refuse_other_files(table, path)
    with path.open("rb") as file, warnings.catch_warnings():
        for module, message in REMARKS:
            warnings.filterwarnings("ignore", message, UserWarning, module)
        yield Workbook(table, path, _loaded(table, path, file, data_only=True))


def _loaded(table: str, path: Path, file, *, data_only: bool):
    import openpyxl

    with _readable(table, path):
        return openpyxl.load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


@contextmanager
def _readable(table: str, path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        problem = say(
            "the workbook is damaged or cut short ({reason}). Get the file anew, or open it in "
            "Excel or LibreOffice and save it.",
            reason=str(error.__cause__ or error).split("\n")[0],
        )
        raise refusal(table, path.name, [problem]) from error


def _refuse_other_files(table: str, path: Path) -> None:
    """Refuse what is no workbook, by the word of what it is."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        problem = say("the file is empty.")
    elif start[:2] == b"PK":
        return
    elif start != COMPOUND:
        problem = say(
            "the file is no workbook, whatever its name says. Text with commas, semicolons or tabs "
            "between the fields is read when the name ends in .csv."
        )
    elif "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        problem = say("the workbook is locked with a password. Save a copy without one.")
    else:
        problem = say(
            "the file is a workbook of Excel 97-2003 (.xls). Open it in Excel or LibreOffice and "
            "save it as .xlsx."
        )
    raise refusal(table, path.name, [problem])
