"""Text files: fields between delimiters, all cells as they are written."""

import csv
import glob
import gzip
from contextlib import contextmanager
from pathlib import Path

from retorno.language import integer, say, say_n
from retorno.tables.formats import Fact
from retorno.tables.problems import SHOWN, quoted, refusal
from retorno.tables.sources.given import Given, positions

USES = frozenset({"delimiter", "encoding", "decimal", "thousands", "header", "dates"})


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give a text file; TableError names the lines that cannot be read."""
    import duckdb
    import ibis

    view = ibis.util.gen_name("given")
    try:
        if source.stat().st_size == 0:
            raise refusal(table, source.name, [say("the file is empty.")])
        yield _text(table, source, con, view)
    except (duckdb.Error, csv.Error) as error:
        raise refusal(table, source.name, _unreadable(source, con, error)) from error
    finally:
        con.raw_sql(f'DROP VIEW IF EXISTS "{view}"')


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
        columns=dict.fromkeys(positions(header), "VARCHAR"),
        auto_detect=False,
        header=True,
        delim=delimiter,
        quote='"',
        escape='"',
        compression=_compression(path),
    )
    return Given(
        path.name, header, 2, con.table(view), facts=_facts(delimiter), uses=USES, once=True
    )


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


def _facts(delimiter: str) -> tuple[Fact, ...]:
    from retorno.tables.sources import marked

    return (Fact(say("Fields separated by"), marked(delimiter)),)


def _unreadable(path: Path, con, error: Exception) -> list[str]:
    """Return why the engine could not read the file: its broken lines, else the engine's own word."""
    import duckdb

    from retorno.tables.sources import unreadable

    if isinstance(error, duckdb.InvalidInputException):
        try:
            return _rejected(path, con) or [unreadable(path, error)]
        except (duckdb.Error, OSError, EOFError, csv.Error):
            pass
    return [unreadable(path, error)]


def _rejected(path: Path, con) -> list[str]:
    """Return one sentence for each way in which lines of a text file are broken."""
    delimiter = _delimiter(path, con)
    columns = dict.fromkeys(positions(_header(path, delimiter)), "VARCHAR")
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
