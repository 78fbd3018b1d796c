"""Where a table comes from: a file opened as it stands, nothing guessed but the delimiter."""

import csv
import glob
import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retorno.language import integer, say, say_n
from retorno.tables.problems import SHOWN, quoted, refusal

TEXT = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Given:
    """A table as it was given.

    Attributes
    ----------
    label : str
        Name of the file for messages; empty for a frame.
    header : list of str
        The names of its columns, as they are written.
    first_row : int
        Number of the first row of data: 2 under a header line, else 1.
    cells : ibis.Table
        Column i of `header` under the name ``c<i>``; text for a text file.
    """

    label: str
    header: list[str]
    first_row: int
    cells: Any


def digest(file: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()


@contextmanager
def opened(table: str, source, con) -> Iterator[Given]:
    """Open `source` (path, Ibis table or pandas frame) for reading in `con`.

    What the engine cannot read becomes a TableError that names the lines.
    """
    import duckdb
    import ibis

    if not isinstance(source, str | Path):
        yield _frame(source)
        return
    path = Path(source)
    view = ibis.util.gen_name("given")
    try:
        if path.stat().st_size == 0:
            raise refusal(table, path.name, [say("the file is empty.")])
        if path.name.lower().endswith(PARQUET):
            yield _parquet(path, con, view)
        elif path.name.lower().removesuffix(".gz").endswith(TEXT):
            yield _text(table, path, con, view)
        else:
            raise refusal(table, path.name, [_unsupported(path)])
    except (duckdb.Error, OSError, EOFError, csv.Error) as error:
        raise refusal(table, path.name, _unreadable(path, con, error)) from error
    finally:
        con.raw_sql(f'DROP VIEW IF EXISTS "{view}"')


def _frame(source) -> Given:
    import ibis
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        header = [str(name) for name in source.columns]
        return Given("", header, 1, ibis.memtable(source.set_axis(_positions(header), axis=1)))
    if isinstance(source, ibis.Table):
        header = list(source.columns)
        return Given(
            "", header, 1, source.rename(dict(zip(_positions(header), header, strict=True)))
        )
    raise TypeError(f"`source` is a path, an Ibis table or a pandas frame; got {type(source)}.")


def _parquet(path: Path, con, view: str) -> Given:
    table = con.read_parquet(glob.escape(str(path)), table_name=view)
    header = list(table.columns)
    cells = table.rename(dict(zip(_positions(header), header, strict=True)))
    return Given(path.name, header, 1, cells)


def _text(table: str, path: Path, con, view: str) -> Given:
    delimiter = _delimiter(path, con)
    header = _header(path, delimiter)
    if not header:
        raise refusal(table, path.name, [say("the file has no header line: row 1 is empty.")])
    if any("\0" in name for name in header):
        raise refusal(table, path.name, [say("the file is not text.")])
    con.read_csv(
        glob.escape(str(path)),
        table_name=view,
        columns=dict.fromkeys(_positions(header), "VARCHAR"),
        auto_detect=False,
        header=True,
        delim=delimiter,
        quote='"',
        escape='"',
        compression=_compression(path),
    )
    return Given(path.name, header, 2, con.table(view))


def _delimiter(path: Path, con) -> str:
    """Return what separates the fields: comma, semicolon, tab or bar, as DuckDB's sniffer finds it."""
    import duckdb

    query = (
        "SELECT Delimiter FROM sniff_csv(?, header = true, skip = 0, quote = '\"', escape = '\"', "
        "comment = '', all_varchar = true, ignore_errors = true, compression = ?)"
    )
    try:
        found = con.raw_sql(query, parameters=[glob.escape(str(path)), _compression(path)])
        return found.fetchone()[0]
    except duckdb.Error:  # a broken quote, say: the header line decides, reading names the line
        with _lines(path) as lines:
            return max(",;\t|", key=lines.readline().count)


def _header(path: Path, delimiter: str) -> list[str]:
    with _lines(path) as lines:
        return [name.strip() for name in next(csv.reader(lines, delimiter=delimiter), [])]


def _lines(path: Path):
    opener = gzip.open if _compression(path) == "gzip" else open
    return opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="")


def _compression(path: Path) -> str:
    return "gzip" if path.suffix.lower() == ".gz" else "none"


def _positions(header: list[str]) -> list[str]:
    return [f"c{position}" for position in range(len(header))]


def _unsupported(path: Path) -> str:
    return say(
        "files ending in {ending} are not read; save it as CSV ({text}, also .gz) or Parquet.",
        ending=quoted(path.suffix) if path.suffix else say("nothing"),
        text=", ".join(TEXT),
    )


def _unreadable(path: Path, con, error: Exception) -> list[str]:
    """Return why the engine could not read the file: the broken lines of a text file, else its own word."""
    import duckdb

    text = path.name.lower().removesuffix(".gz").endswith(TEXT)
    if text and isinstance(error, duckdb.InvalidInputException):
        try:
            return _rejected(path, con) or [_reason(path, error)]
        except (duckdb.Error, OSError, EOFError, csv.Error):
            pass
    return [_reason(path, error)]


def _reason(path: Path, error: Exception) -> str:
    reason = str(error).split("\n")[0].replace(str(path), path.name)
    return say("the file cannot be read: {reason}", reason=reason)


def _rejected(path: Path, con) -> list[str]:
    """Return one sentence for each way in which lines of a text file are broken."""
    delimiter = _delimiter(path, con)
    columns = dict.fromkeys(_positions(_header(path, delimiter)), "VARCHAR")
    con.raw_sql(
        "SELECT count(COLUMNS(*)) FROM read_csv(?, columns = ?, auto_detect = false, header = true, "
        "delim = ?, quote = '\"', escape = '\"', compression = ?, store_rejects = true, "
        "rejects_table = 'broken_lines', rejects_scan = 'broken_scans')",
        parameters=[glob.escape(str(path)), columns, delimiter, _compression(path)],
    ).fetchall()
    found = con.raw_sql(
        "SELECT error_type::VARCHAR, count(*), list(line ORDER BY line)[:?], "
        "arg_min(csv_line, line) FROM broken_lines GROUP BY ALL ORDER BY ALL",
        parameters=[SHOWN],
    ).fetchall()
    con.raw_sql("DROP TABLE broken_lines")
    con.raw_sql("DROP TABLE broken_scans")
    return [_broken_lines(kind, *rest, fields=len(columns)) for kind, *rest in found]


def _broken_lines(kind: str, count: int, lines: list[int], first: str, fields: int) -> str:
    where = say_n("line {lines}", "lines {lines}", count, lines=", ".join(map(str, lines)))
    if count > SHOWN:
        where += " " + say("and {n} more", n=integer(count - SHOWN))
    if kind == "MISSING COLUMNS" or kind == "TOO MANY COLUMNS":
        return say(
            "the header has {fields} fields, but not so in {where}; the first reads {first}.",
            fields=integer(fields),
            where=where,
            first=quoted(first or ""),
        )
    if kind == "INVALID ENCODING":
        return say("not UTF-8 text in {where}. Save the file as UTF-8.", where=where)
    return say(
        "{where} cannot be read ({reason}); the first reads {first}.",
        where=where,
        reason=kind.lower(),
        first=quoted(first or ""),
    )
