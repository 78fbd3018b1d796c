"""From the file of a public set, in whatever form it is offered, to its published columns in the engine."""

import gzip
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from retorno.language import say
from retorno.tables.problems import listed, refusal

GZIP, PARQUET, ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"


def published(wanted, con, path: Path):
    """Return the published columns of the set `wanted` as an Ibis table made in `con`.

    The form is told from the first bytes: zip, Excel, Parquet, gzip or text. A cell that does not
    fit the type of its column becomes null, so that a wrong file shows in the sums.
    """
    import duckdb
    import ibis

    raw, table = ibis.util.gen_name("raw"), ibis.util.gen_name(wanted.name)
    try:
        with _unpacked(wanted, path) as file:
            _load(wanted, con, file, raw)
        columns = con.table(raw).columns
        there = {_snake(name): name for name in columns} | {name: name for name in columns}
        if absent := [name for name in wanted.columns if name not in there]:
            raise _without(wanted, path, absent, columns)
        typed = (
            f'TRY_CAST("{there[name]}" AS {kind}) AS "{name}"'
            for name, kind in wanted.columns.items()
        )
        con.raw_sql(f'CREATE TEMP TABLE "{table}" AS SELECT {", ".join(typed)} FROM "{raw}"')
    except (duckdb.Error, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).split("\n")[0].replace(str(path), path.name)
        message = say("the file cannot be read: {reason}", reason=reason)
        raise refusal(wanted.name, path.name, [message]) from error
    finally:
        con.raw_sql(f'DROP TABLE IF EXISTS "{raw}"')
    return con.table(table)


def _snake(name: str) -> str:
    """Return a name as a column of ours may be called: "Number of Referrals" is number_of_referrals."""
    return name.strip().lower().replace(" ", "_")


@contextmanager
def _unpacked(wanted, path: Path) -> Iterator[Path]:
    """Give the file itself: taken out of its zip or gzip into a temporary folder."""
    start = _start(path)
    if start[:2] == GZIP:
        unpack = _gunzip
    elif start == ZIP and not _is_excel(path):
        unpack = _unzip
    else:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        unpack(wanted, path, file)
        yield file


def _gunzip(wanted, path: Path, file: Path) -> None:
    with gzip.open(path) as packed, file.open("wb") as out:
        shutil.copyfileobj(packed, out)


def _unzip(wanted, path: Path, file: Path) -> None:
    """Take out the file named as at the origin, else the only one there is."""
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        fitting = [name for name in names if PurePosixPath(name).name == wanted.file]
        if len(fitting or names) != 1:
            message = say(
                "the zip was to hold {file}; it holds {names}.",
                file=repr(wanted.file),
                names=listed(names) or say("nothing"),
            )
            raise refusal(wanted.name, path.name, [message])
        with packed.open((fitting or names)[0]) as member, file.open("wb") as out:
            shutil.copyfileobj(member, out)


def _is_excel(path: Path) -> bool:
    with zipfile.ZipFile(path) as packed:
        return "xl/workbook.xml" in packed.namelist()


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _load(wanted, con, file: Path, raw: str) -> None:
    start = _start(file)
    create = f'CREATE TEMP TABLE "{raw}" AS '
    if start == PARQUET:
        con.raw_sql(create + "FROM read_parquet(?)", parameters=[str(file)])
    elif start == ZIP:
        _load_excel(wanted, con, file, raw)
    elif b"," in _first_line(file):
        con.raw_sql(
            create
            + "FROM read_csv(?, header = true, delim = ',', quote = '\"', all_varchar = true)",
            parameters=[str(file)],
        )
    else:
        con.raw_sql(create + _words(wanted.columns), parameters=[str(file)])


def _first_line(file: Path) -> bytes:
    with file.open("rb") as lines:
        return lines.readline(10_000)


def _words(columns: dict[str, str]) -> str:
    """Return the query for lines of words without header: dates as yyyymmdd, columns in their order."""
    parts = []
    for position, (name, kind) in enumerate(columns.items(), start=1):
        word = f"words[{position}]"
        if kind == "DATE":
            word = f"regexp_replace({word}, '^(\\d{{4}})(\\d{{2}})(\\d{{2}})$', '\\1-\\2-\\3')"
        parts.append(f'{word} AS "{name}"')
    return (
        f"SELECT {', '.join(parts)} FROM (SELECT string_split_regex(trim(line), '\\s+') AS words "
        "FROM read_csv(?, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, "
        "delim = '\\x01', quote = '', escape = '')) WHERE "
        f"len(words) = {len(columns)}"
    )


def _load_excel(wanted, con, file: Path, raw: str) -> None:
    import ibis
    import pandas as pd

    texts = {name: str for name, kind in wanted.columns.items() if kind == "VARCHAR"}
    frame = pd.read_excel(file, engine="openpyxl", dtype=texts)
    frame.columns = [str(name) for name in frame.columns]
    con.create_table(raw, ibis.memtable(frame), temp=True)


def _without(wanted, path: Path, absent: list[str], columns):
    message = say(
        "this is not {title}: wanted columns {wanted}; {absent} are not there. The file has {columns}.",
        title=wanted.title,
        wanted=listed(wanted.columns),
        absent=listed(absent),
        columns=listed(columns),
    )
    return refusal(wanted.name, path.name, [message])
