"""Connections to databases that can only read: DuckDB and SQLite files, a PostgreSQL server.

A query goes to the database as it was written, where Ibis would write it anew in words of its own. What comes
back is whole numbers, floats and booleans as they are, or text, beside it a mark where it is a true number: so
decimals stay exact, and SQLite may keep "12,50" and 3.5 in one column, of which Ibis would make one type.
"""

import math
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from retorno.language import say
from retorno.tables.cells import WHOLE
from retorno.tables.places import hidden

BATCH = 20_000  # rows held in Python at a time
SQLITE, DUCKDB = b"SQLite format 3\0", b"DUCK"

# The day of a time with a zone is that of UTC; text as PostgreSQL 12 and newer write it.
SESSION = {
    "default_transaction_read_only": "on",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "extra_float_digits": "3",
}
TABLES = """
SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND a.attnum > 0
  AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Unread(Exception):
    """A database cannot be read; the message is the reason its driver gives."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a database: how its own SQL calls it, and its columns."""

    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of a query, in our engine: `header`, `cells` and `native` as in `Given`.

    `zoned` are the names of the columns whose times have a time zone.
    """

    header: list[str]
    cells: Any
    native: dict[str, str] = field(default_factory=dict)
    zoned: list[str] = field(default_factory=list)


@contextmanager
def connected(file: Path | None, address: str, con):
    """Give the connection to `file`, else to `address`; what goes wrong with it is raised as `Unread`.

    It has a `kind`, its `tables()` by name, and stores the rows of a query in `con` with `stored`.
    """
    with _kind(file)(address if file is None else file, con) as connection:
        yield connection


def _kind(file: Path | None):
    if file is None:
        return postgresql
    with file.open("rb") as content:
        start = content.read(16)
    if start == SQLITE:
        return sqlite
    if start[8:12] == DUCKDB:
        return duckdb
    raise Unread(say("it is neither a DuckDB nor a SQLite database"))


class DuckDB:
    """A DuckDB file attached to our engine, and the database in use there."""

    kind = "DuckDB"

    def __init__(self, con, name: str):
        self.con, self.name = con, name

    def tables(self) -> dict[str, Table]:
        """Return the tables and views, those of the schema `main` under their bare name."""
        rows = self.con.raw_sql(
            "SELECT schema_name, table_name, list(column_name ORDER BY column_index) "
            "FROM duckdb_columns() WHERE database_name = ? AND NOT internal GROUP BY ALL ORDER BY ALL",
            parameters=[self.name],
        ).fetchall()
        return _by_name(rows, "main", self.name)

    def stored(self, query: str, name: str) -> Stored:
        """Store the rows of a query as the table `name`."""
        import duckdb
        import ibis

        if len(duckdb.extract_statements(query)) != 1:
            raise Unread(say("it holds more than one statement"))
        header = [row[0] for row in self.con.raw_sql(f"DESCRIBE {query}").fetchall()]
        self.con.raw_sql(f"CREATE TEMP TABLE {sql_name(name)} AS {query}")
        rows = self.con.table(name, database=("temp", "main"))
        cells, native, zoned = {}, {}, []
        for i, (column, theirs) in enumerate(zip(rows.columns, header, strict=True)):
            cell = rows[column]
            kind = cell.type()
            plain = kind.is_integer() or kind.is_floating() or kind.is_boolean() or kind.is_string()
            cells[f"c{i}"] = cell if plain else cell.cast("string")
            if kind.is_decimal():
                native[f"c{i}"] = f"n{i}"
                cells[f"n{i}"] = ibis.literal(True)
            if kind.is_timestamp() and kind.timezone:
                zoned.append(theirs)
        return Stored(header, rows.select(**cells), native, zoned)


class SQLite:
    """A SQLite file."""

    kind = "SQLite"

    def __init__(self, con, connection):
        self.con, self.connection = con, connection

    def tables(self) -> dict[str, Table]:
        """Return the tables and views."""
        names = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()
        return {name: Table(sql_name(name), self._columns(name)) for (name,) in names}

    def _columns(self, name: str) -> tuple[str, ...]:
        cursor = self.connection.execute(f"SELECT * FROM {sql_name(name)} LIMIT 0")
        return tuple(column[0] for column in cursor.description)

    def stored(self, query: str, name: str) -> Stored:
        """Store the rows of a query as the table `name`."""
        self.connection.set_authorizer(_only_reads)
        cursor = self.connection.execute(query)
        if cursor.description is None:
            raise Unread(say("it gives no rows"))
        return _fetched(self.con, cursor, name)


class PostgreSQL:
    """A PostgreSQL server."""

    kind = "PostgreSQL"

    def __init__(self, con, connection):
        self.con, self.connection = con, connection

    def tables(self) -> dict[str, Table]:
        """Return tables and views that may be read, those of the current schema under their bare name."""
        current = self.connection.execute("SELECT current_schema()").fetchone()[0]
        return _by_name(self.connection.execute(TABLES).fetchall(), current)

    def stored(self, query: str, name: str) -> Stored:
        """Store the rows of a query as the table `name`: numbers and booleans typed, all else as text."""
        from psycopg.types.string import TextLoader

        types = self.connection.adapters.types
        typed = ("bool", "int2", "int4", "int8", "float4", "float8", "numeric")
        for oid in {info.oid for info in types if info.name not in typed}:
            self.connection.adapters.register_loader(oid, TextLoader)
        with self.connection.transaction(), self.connection.cursor("retorno") as cursor:
            cursor.execute(query)
            stored = _fetched(self.con, cursor, name)
            zone = types["timestamptz"].oid
            stored.zoned.extend(c.name for c in cursor.description if c.type_code == zone)
            return stored


@contextmanager
def duckdb(file: Path, con):
    """Attach a DuckDB file and use it in the block."""
    import duckdb
    import ibis

    before = con.raw_sql("SELECT current_database(), current_schema()").fetchone()
    taken = [("main",), *con.raw_sql("SELECT database_name FROM duckdb_databases()").fetchall()]
    # Views may speak of the database by the name of its file.
    name = ibis.util.gen_name("database") if (file.stem,) in taken else file.stem
    try:
        path = str(file).replace("'", "''")
        con.raw_sql(f"ATTACH '{path}' AS {sql_name(name)} (TYPE duckdb, READ_ONLY)")
        try:
            con.raw_sql(f"USE {sql_name(name, 'main')}")
            yield DuckDB(con, name)
        finally:
            con.raw_sql(f"USE {sql_name(*before)}")
            con.raw_sql(f"DETACH {sql_name(name)}")
    except duckdb.Error as error:
        raise Unread(_reason(error).replace(str(file), file.name)) from error


@contextmanager
def sqlite(file: Path, con):
    """Open a SQLite file; the check finds one that is cut short, of which SQLite reads empty cells."""
    import sqlite3

    address = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise Unread(found)
            yield SQLite(con, connection)
    except sqlite3.Error as error:
        raise Unread(_reason(error)) from error


@contextmanager
def postgresql(address: str, con):
    """Connect to a PostgreSQL server; no reason given repeats a password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        asked = {"connect_timeout": 10, **conninfo_to_dict(address), "client_encoding": "utf8"}
        with psycopg.connect(**asked, autocommit=True) as connection:
            for name, value in SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])
            yield PostgreSQL(con, connection)
    except (psycopg.Error, UnicodeDecodeError) as error:
        raise Unread(hidden(address, _reason(error))) from None


def sql_name(*parts: str) -> str:
    """Return a name as SQL writes it, in quotes.

    Examples
    --------
    >>> sql_name("crm", "all orders")
    '"crm"."all orders"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _by_name(rows, current: str | None, *catalog: str) -> dict[str, Table]:
    return {
        name if schema == current else f"{schema}.{name}": Table(
            sql_name(*catalog, schema, name), tuple(columns)
        )
        for schema, name, columns in rows
    }


def _only_reads(action: int, *_) -> int:
    """Let SQLite do nothing but read: also in a file of its own choice, which ATTACH would make."""
    import sqlite3

    reads = (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    )
    return sqlite3.SQLITE_OK if action in reads else sqlite3.SQLITE_DENY


def _fetched(con, cursor, name: str) -> Stored:
    """Store what a cursor gives as the table `name`, a batch at a time, as text with its marks."""
    header = [column[0] for column in cursor.description]
    places = range(len(header))
    columns = ", ".join(f"c{i} VARCHAR, n{i} BOOLEAN" for i in places)
    con.raw_sql(f"CREATE TEMP TABLE {sql_name(name)} ({columns})")
    while rows := cursor.fetchmany(BATCH):
        con.con.from_arrow(_batch(rows)).insert_into(name)
    cells = con.table(name, database=("temp", "main"))
    found = cells.aggregate(**{f"n{i}": cells[f"n{i}"].any() for i in places})
    numbers = found.to_pyarrow().to_pylist()[0]
    return Stored(header, cells, {f"c{i}": f"n{i}" for i in places if numbers[f"n{i}"]})


def _batch(rows):
    import pyarrow as pa

    columns = {}
    for i, column in enumerate(zip(*rows, strict=True)):
        columns[f"c{i}"] = pa.array(map(_written, column), pa.string())
        columns[f"n{i}"] = pa.array(
            (isinstance(cell, int | float | Decimal) and cell is not True and cell is not False)
            for cell in column
        )
    return pa.table(columns)


def _written(cell) -> str | None:
    """Return a cell as text that is read back as the same value; a whole float as a whole number.

    Examples
    --------
    >>> _written(3.0), _written(0.1), _written(True), _written(bytes([1, 171]))
    ('3', '0.1', 'true', "x'01ab'")
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, bytes):
        return f"x'{cell.hex()}'"
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer() and abs(cell) < WHOLE:
        return str(int(cell))
    return str(cell)


def _reason(error: Exception) -> str:
    """Return what a driver says on one line, without the drawing of where in the query."""
    return " ".join(str(error).partition("\nLINE ")[0].split()).rstrip(".?")
