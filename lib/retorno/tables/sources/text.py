"""Text files: fields between delimiters, all cells as they are written.

`layout` finds what stands where in the first rows. DuckDB reads the rest: the file itself when it is
plain UTF-8 with the names in line 1 and data in line 2, else a copy in UTF-8 of its data under a line of
names. (DuckDB's own `skip` miscounts lines in quotes and can lose every row where line ends differ; it
takes the first line end for that of all, also in quotes; and it takes a .gz that was cut for whole.)
Rows are numbered as a spreadsheet does: a blank line is a row, a field of several lines stays in one.
"""

import csv
import glob
import io
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from retorno.language import integer, say, say_n
from retorno.tables.formats import Fact
from retorno.tables.problems import SHOWN, listed, quoted, refusal
from retorno.tables.sources import encodings, qualtrics
from retorno.tables.sources.given import ROW, Given, positions
from retorno.tables.sources.layout import Layout, laid_out

USES = frozenset({"delimiter", "encoding", "decimal", "thousands", "header", "dates"})
SETTINGS = {
    "auto_detect": False,
    "header": True,
    "quote": '"',
    "escape": '"',
    "compression": "none",
}


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give a text file; TableError names the lines that cannot be read."""
    import duckdb
    import ibis

    if source.stat().st_size == 0:
        raise refusal(table, source.name, [say("the file is empty.")])
    view = ibis.util.gen_name("given")
    with TemporaryDirectory() as folder:
        encoding, layout, data = _found(table, source, asked, wanted, Path(folder))
        try:
            cells = _numbered(con, _cells(con, view, data, layout), data, layout)
            cells, unfit, facts = qualtrics.marked(layout.header, cells)
            facts = (*_facts(source, layout, encoding), *facts)
            yield Given(
                source.name, layout.names, layout.first_row, cells, facts, USES, unfit=unfit
            )
        except duckdb.Error as error:
            problems = _unreadable(table, data, layout, con, error)
            raise refusal(table, source.name, problems) from error
        finally:
            con.raw_sql(f'DROP VIEW IF EXISTS "{view}"')
            con.raw_sql(f'DROP TABLE IF EXISTS "{view}:rows"')


def _found(table: str, path: Path, asked, wanted, folder: Path) -> tuple[str, Layout, Path]:
    """Return the encoding of a file, what stands where in it, and what DuckDB is to read."""
    from retorno.tables.sources import unreadable

    encoding = asked.encoding
    try:
        encoding = encoding or encodings.found(table, path)
        layout = laid_out(table, path, encoding, asked, wanted)
        return encoding, layout, _data(path, encoding, layout, folder)
    except UnicodeError as error:
        problem = encodings.wrong(table, encoding, asked=bool(asked.encoding))
        raise refusal(table, path.name, [problem]) from error
    except zlib.error as error:
        raise refusal(table, path.name, [unreadable(path, error)]) from error


def _data(path: Path, encoding: str, layout: Layout, folder: Path) -> Path:
    """Return the file, or a copy of its data, in UTF-8 under one line of names."""
    if layout.lines == 1 and encoding == encodings.UTF8 and not encodings.packed(path):
        return path
    copy = folder / "data.csv"
    with (
        encodings.text(path, encoding) as lines,
        copy.open("w", encoding="utf-8", errors="surrogateescape", newline="") as data,
    ):
        for _ in range(layout.lines):
            lines.readline()
        data.write(layout.delimiter.join(positions(layout.names)) + layout.end)
        copyfileobj(lines, data)
    return copy


def _cells(con, view: str, data: Path, layout: Layout):
    """Return the cells of what DuckDB is to read."""
    con.read_csv(
        glob.escape(str(data)),
        table_name=view,
        columns=dict.fromkeys(positions(layout.names), "VARCHAR"),
        delim=layout.delimiter,
        **SETTINGS,
    )
    return con.table(view)


def _numbered(con, cells, data: Path, layout: Layout):
    """Return the cells with the numbers of their rows, where blank lines stand among them."""
    if len(layout.names) == 1 or not _blank_lines(data, layout.end):  # in one column they are rows
        return cells
    numbers = []
    with encodings.text(data, encodings.UTF8) as lines, suppress(csv.Error):
        rows = enumerate(csv.reader(lines, delimiter=layout.delimiter), layout.first_row - 1)
        numbers = [number for number, row in rows if row][1:]
    count = cells.count().to_pyarrow().as_py()
    # A field too long for Python, or a line the two read differently: then blank lines do not count.
    if len(numbers) != count or numbers == [*range(layout.first_row, layout.first_row + count)]:
        return cells
    view = cells.op().name
    con.raw_sql(
        f'CREATE TEMP TABLE "{view}:rows" AS '
        f'FROM "{view}" POSITIONAL JOIN (SELECT unnest(?::BIGINT[]) AS "{ROW}")',
        parameters=[numbers],
    )
    return con.table(f"{view}:rows")


def _blank_lines(data: Path, end: str) -> bool:
    """Return whether there may be blank lines: two line ends side by side, perhaps in quotes."""
    import numpy as np

    with data.open("rb") as raw:
        before = b""
        while part := raw.read(2**22):
            at_end = np.frombuffer(before + part, np.uint8) == ord(end[-1])
            if (at_end[len(end) :] & at_end[: -len(end)]).any():
                return True
            before = part[-len(end) :]
    return False


def _facts(path: Path, layout: Layout, encoding: str) -> tuple[Fact, ...]:
    """Return how the file was opened, for its reader."""
    from retorno.tables.sources import marked

    facts = [
        Fact(say("Fields separated by"), marked(layout.delimiter)),
        Fact(say("Letters written in"), encodings.NAMES.get(encoding, encoding)),
    ]
    if layout.row > 1:
        facts.append(Fact(say("Names in row"), integer(layout.row)))
    if garbled := encodings.twice(layout.names):
        how = say("{names}: UTF-8, it seems, that was saved a second time", names=listed(garbled))
        facts.append(Fact(say("Garbled letters"), how))
    if not encodings.packed(path) and _unended(path):
        facts.append(Fact(say("Last line"), say("has no line end: was the file cut?")))
    return tuple(facts)


def _unended(path: Path) -> bool:
    """Return whether the last line has no line end."""
    with path.open("rb") as raw:
        raw.seek(-min(2, path.stat().st_size), io.SEEK_END)
        last = raw.read().strip(b"\0")  # half of a letter in UTF-16
    return not last.endswith((b"\n", b"\r"))


def _unreadable(table: str, data: Path, layout: Layout, con, error: Exception) -> list[str]:
    """Return why the engine could not read the file: its broken lines, else the engine's own word."""
    import duckdb

    from retorno.tables.sources import unreadable

    if "CSV Parser state machine" in str(error):
        return [
            say(
                "the lines do not all end in the same way, as when two files are joined. Open the "
                "file in a spreadsheet or editor and save it anew."
            )
        ]
    if isinstance(error, duckdb.InvalidInputException):
        with suppress(duckdb.Error):  # then the first error is told
            if problems := _rejected(table, data, layout, con):
                return problems
    return [unreadable(data, error)]


def _rejected(table: str, data: Path, layout: Layout, con) -> list[str]:
    """Return one sentence for each way in which lines are broken."""
    columns = dict.fromkeys(positions(layout.names), "VARCHAR")
    con.raw_sql(
        f"SELECT count(COLUMNS(*)) FROM read_csv(?, columns = ?, delim = ?, "
        f"{', '.join(f'{name} = {value!r}' for name, value in SETTINGS.items())}, "
        "store_rejects = true, rejects_table = 'broken_lines', rejects_scan = 'broken_scans')",
        parameters=[glob.escape(str(data)), columns, layout.delimiter],
    ).fetchall()
    above = layout.first_row - 2  # rows of the file above the line of names that DuckDB reads
    found = con.raw_sql(
        "SELECT error_type::VARCHAR, count(DISTINCT line), "
        "list(DISTINCT line + ? ORDER BY line + ?)[:?], arg_min(csv_line, line) "
        "FROM broken_lines GROUP BY ALL ORDER BY ALL",
        parameters=[above, above, SHOWN],
    ).fetchall()
    con.raw_sql("DROP TABLE broken_lines")
    con.raw_sql("DROP TABLE broken_scans")
    return [_broken_lines(table, kind, *rest, fields=len(columns)) for kind, *rest in found]


def _broken_lines(
    table: str, kind: str, count: int, lines: list[int], first: str, fields: int
) -> str:
    where = encodings.lines(lines, count)
    if kind == "MISSING COLUMNS" or kind == "TOO MANY COLUMNS":
        return say_n(
            "the header has {n} field, but not so in {where}; the first reads {first}.",
            "the header has {n} fields, but not so in {where}; the first reads {first}.",
            fields,
            where=where,
            first=quoted((first or "").strip("\r\n")),
        )
    if kind == "INVALID ENCODING":
        return encodings.broken(table, where)
    return say(
        "{where} cannot be read ({reason}); the first reads {first}.",
        where=where,
        reason=kind.lower(),
        first=quoted((first or "").strip("\r\n")),
    )
