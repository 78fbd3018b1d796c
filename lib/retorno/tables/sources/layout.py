"""What stands where in a text file: delimiter, titles above the names, header rows, first row of data."""

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from retorno.language import say
from retorno.tables.formats import MARKS, way_out
from retorno.tables.problems import refusal
from retorno.tables.sources import encodings, qualtrics
from retorno.tables.sources.headers import SEARCHED, check_names, header_row, hits

DELIMITERS = ",;\t|"
HEAD = 2**20  # characters in which the first rows must lie
SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own first line


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where in a text file.

    Attributes
    ----------
    delimiter : str
    header : list of list of str
        The row of names; under it the further header rows of an export of Qualtrics.
    row, first_row : int
        Numbers of the row of names and of the first row of data, counted from 1.
    lines : int
        Lines above the first row of data.
    end : str
        What ends its rows.
    found, fitting : int
        How many wanted names the header has; how many of the first rows have as many fields as it.
    whole : bool
        Whether all of the first rows have.
    """

    delimiter: str
    header: list[list[str]]
    row: int
    first_row: int
    lines: int
    end: str
    found: int
    fitting: int
    whole: bool

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name.strip() for name in self.header[0]]


def laid_out(table: str, path: Path, encoding: str, asked, wanted) -> Layout:
    """Return what stands where in a file, the delimiter found where the user has not set it.

    Parameters
    ----------
    table : str
        Name of the contract, for messages.
    path : Path
    encoding : str
        How the file is written.
    asked : Format
    wanted : collection of str
        The names of columns that are looked for.

    Raises
    ------
    TableError
        Where there is no row of names, or two delimiters do as well.
    """
    lines = _head(path, encoding)
    told = SEPARATOR.fullmatch(lines[0]) if lines else None
    if told:
        lines[0] = "\n"
    delimiters = asked.delimiter or (told[1] if told else DELIMITERS)
    tried = [_tried(table, path.name, lines, mark, asked, wanted) for mark in delimiters]
    layout = tried[0] if len(tried) == 1 else _chosen(table, path.name, tried)
    if any("\0" in name for name in layout.names):
        raise refusal(table, path.name, [say("the file is not text.")])
    if not asked.header and len(layout.header) == 1:
        check_names(table, path.name, layout.names, layout.row, wanted)
    try:
        "".join(layout.names).encode()
    except UnicodeEncodeError as error:
        problem = encodings.broken(table, encodings.lines([layout.row], 1))
        raise refusal(table, path.name, [problem]) from error
    return layout


def _head(path: Path, encoding: str) -> list[str]:
    """Return the first lines, each with its end; none that is cut."""
    with encodings.text(path, encoding) as text:
        head = text.read(HEAD)
    lines = io.StringIO(head.removeprefix("\ufeff"), newline="").readlines()
    return lines[:-1] or lines if len(head) == HEAD else lines


def _tried(table: str, label: str, lines: list[str], delimiter: str, asked, wanted) -> Layout:
    """Return what stands where if fields are separated by `delimiter`."""
    rows, ends = _rows(lines, delimiter, (asked.header or 0) + SEARCHED)
    names = asked.header - 1 if asked.header else header_row(rows, wanted)
    if lines and not rows:
        raise refusal(table, label, [say("row 1 begins a quote that does not end.")])
    if names >= len(rows) or not any(cell.strip() for cell in rows[names]):
        problem = say("the file has no header line: row {row} is empty.", row=names + 1)
        raise refusal(table, label, [problem])
    header = rows[names : names + qualtrics.header_rows(rows, names)]
    below = names + len(header)
    first = next((n for n in range(below, len(rows)) if rows[n]), below)
    width = len(header[0])
    fits = [len(row) == width or row[width:] == [""] for row in rows[first:] if row]
    return Layout(
        delimiter,
        header,
        row=names + 1,
        first_row=first + 1,
        lines=ends[first - 1],
        end=_end(lines[ends[min(first, len(ends) - 1)] - 1]),
        found=hits(header[0], wanted),
        fitting=sum(fits),
        whole=all(fits),
    )


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :] or "\n"


def _rows(lines: list[str], delimiter: str, most: int) -> tuple[list[list[str]], list[int]]:
    """Return the first rows, and how many lines there are down to the end of each."""
    reader, rows, ends = csv.reader(lines, delimiter=delimiter), [], []
    with suppress(csv.Error):  # a quote that does not end: reading all of the file names the line
        for row in islice(reader, most):
            rows.append(row)
            ends.append(reader.line_num)
    return rows, ends


def _chosen(table: str, label: str, tried: list[Layout]) -> Layout:
    """Return the layout whose header has most wanted names; where two do as well, the user is asked."""
    from retorno.tables.sources import marked

    most = max(layout.found for layout in tried)
    best = [layout for layout in tried if layout.found == most]
    tables = [layout for layout in best if layout.whole and len(layout.names) > 1]
    if len(tables) > 1:
        words = {mark: word for word, mark in MARKS.items()}
        problem = say(
            "it is not clear what separates the fields. By {marks} the file is a table of several "
            "columns. Say which: {way}",
            marks=f" {say('as by')} ".join(marked(layout.delimiter) for layout in tables),
            way=way_out(table, "delimiter", *(words[layout.delimiter] for layout in tables)),
        )
        raise refusal(table, label, [problem])
    return tables[0] if tables else max(best, key=lambda a: (len(a.names) > 1, a.fitting))
