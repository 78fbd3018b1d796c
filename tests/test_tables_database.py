"""Databases: the same numbers as were put in, or a message; only ever read; no password told.

Which expected values are right: what a test puts into a database it knows, and gets back; of a decimal the
nearest float, as Python's own `float` gives it.
"""

import contextlib
import datetime
import re
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import duckdb
import postgres
import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import is_name

from retorno.errors import TableError
from retorno.tables import read
from retorno.tables.digest import digest
from retorno.tables.load import load
from retorno.tables.places import Place, hidden
from retorno.workbook.cli import program
from retorno.workbook.plan import Options, Run, plan
from retorno.workbook.record import private_paths
from retorno.workbook.sameness import key

ORDERS = "customer_id TEXT, date DATE, amount DOUBLE PRECISION"
ROWS = [("007", "2024-02-29", 12.5), ("7", "2024-03-01", -0.1)]
READ = [
    {"customer_id": "007", "date": datetime.date(2024, 2, 29), "amount": 12.5},
    {"customer_id": "7", "date": datetime.date(2024, 3, 1), "amount": -0.1},
]
MAKERS = {".duckdb": duckdb.connect, ".sqlite": sqlite3.connect}


def made(file: Path, *statements: str, rows=()):
    """Make a database: statements, then rows of `orders`."""
    with contextlib.closing(MAKERS[file.suffix](str(file))) as connection:
        for statement in statements:
            connection.execute(statement)
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO orders VALUES ({marks})", rows)
        connection.commit()
    return file


def rows_of(*args, **options) -> list[dict]:
    return load("transactions", *args, **options).frame.to_pyarrow().to_pylist()


def refused(*args, table="transactions", **options) -> str:
    with pytest.raises(TableError) as error:
        load(table, *args, **options)
    return str(error.value)


@pytest.fixture(params=MAKERS)
def file(request, tmp_path):
    """A database of each kind with the table `orders`, in a folder whose name needs care."""
    folder = tmp_path / "l'año #1 %20"
    folder.mkdir()
    return made(folder / f"crm{request.param}", f"CREATE TABLE orders ({ORDERS})", rows=ROWS)


def test_a_table_is_read_with_what_was_found_of_it(file):
    """The only table is the one meant; a row of a database has no number but its place."""
    found = load("transactions", file)
    assert found.frame.to_pyarrow().to_pylist() == READ
    facts = {fact.what: fact.how for fact in found.facts}
    assert facts["Kind of database"] == {".duckdb": "DuckDB", ".sqlite": "SQLite"}[file.suffix]
    assert facts["Table"] == "'orders', the only one"
    assert facts["Numbers of rows"] == "counted from 1 in the order they were read"
    assert found.label == file.name


def test_the_kind_of_a_database_is_told_from_its_content(file):
    """Both kinds are also called .db; an address may name either."""
    other = file.with_suffix(".db")
    other.write_bytes(file.read_bytes())
    assert rows_of(other) == READ
    assert rows_of(f"sqlite:///{other}") == rows_of(f"duckdb:///{other}") == READ


CELLS = st.tuples(
    st.text(min_size=1).filter(lambda text: is_name(text) and "\0" not in text),
    st.dates(datetime.date(1000, 1, 1), datetime.date(2024, 12, 31)),
    st.floats(allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize("ending", MAKERS)
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=8))
def test_what_is_put_into_a_file_is_read_from_it(ending, rows):
    """Ids letter for letter, dates, and every bit of a number."""
    written = [(name, day.isoformat(), amount) for name, day, amount in rows]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"crm{ending}"
        made(file, f"CREATE TABLE orders ({ORDERS})", rows=written)
        assert [tuple(row.values()) for row in rows_of(file)] == rows


@pytest.mark.parametrize("text", ["20866213.57", "12345678901234567.1234567890", "0.1", "-3.00"])
def test_a_decimal_becomes_the_nearest_float(tmp_path, text):
    """DuckDB's own cast of 20866213.57 as DECIMAL(38,10) is off in the last bit, and Python's `float` is not."""
    made(
        tmp_path / "a.duckdb",
        f"CREATE TABLE t AS SELECT 'a' AS customer_id, DATE '2024-01-01' AS date, "
        f"CAST('{text}' AS DECIMAL(38, 10)) AS amount",
    )
    assert rows_of(tmp_path / "a.duckdb")[0]["amount"] == float(text)


def test_a_true_number_or_date_is_not_read_by_the_marks_of_text(tmp_path):
    """With a decimal comma and day before month, 1.250 and 2024-03-01 mean what they mean in any database."""
    make = (
        "CREATE TABLE t AS SELECT 'a' AS customer_id, DATE '2024-03-01' AS date, "
        "CAST(1.250 AS DECIMAL(9, 3)) AS amount, '1.250,5' AS margin"
    )
    file = made(tmp_path / "a.duckdb", make)
    [row] = rows_of(file, formats={"decimal": "comma", "thousands": ".", "dates": "dmy"})
    assert list(row.values()) == ["a", datetime.date(2024, 3, 1), 1.25, 1250.5]


def test_columns_of_other_types_are_text(tmp_path):
    """Written as DuckDB writes them; a time with a zone by UTC: 00:30 at +02 is the day before, 22:30."""
    file = made(
        tmp_path / "a.duckdb",
        "CREATE TYPE tier AS ENUM ('gold')",
        "CREATE TABLE t AS SELECT CAST('5f0c6a3e-0000-4000-8000-000000000001' AS UUID) AS "
        "customer_id, TIMESTAMPTZ '2024-03-01 00:30:00+02' AS date, 2 AS amount, 'gold'::tier "
        "AS channel",
    )
    found = load("transactions", file)
    [row] = found.frame.to_pyarrow().to_pylist()
    assert row["customer_id"] == "5f0c6a3e-0000-4000-8000-000000000001"
    assert row["date"] == datetime.date(2024, 2, 29)
    assert row["channel"] == "gold"
    assert "'date': the day is that of UTC" in [fact.how for fact in found.facts]


@pytest.mark.parametrize("day", ["infinity", "-infinity", "44-03-15 (BC)", "12024-01-01"])
def test_a_date_out_of_any_calendar_is_no_date(tmp_path, day):
    """DuckDB has dates that no data can have; each is told with its row."""
    made(
        tmp_path / "a.duckdb",
        f"CREATE TABLE t AS SELECT 'a' AS customer_id, DATE '{day}' AS date, 1 AS amount",
    )
    assert re.search("'date' is no date.*row 1", refused(tmp_path / "a.duckdb"))


def mixed(tmp_path, *rows) -> Path:
    """A SQLite table whose columns have no type, as SQLite allows."""
    return made(tmp_path / "a.sqlite", "CREATE TABLE orders (customer_id, date, amount)", rows=rows)


def test_a_decimal_comma_beside_true_numbers(tmp_path):
    """SQLite keeps "12,50" and 3.125 in one column: the comma is a decimal comma, the point is one as well."""
    file = mixed(tmp_path, ("a", "2024-01-01", "12,50"), ("b", "2024-01-01", 3.125))
    assert [row["amount"] for row in rows_of(file)] == [12.5, 3.125]


def test_a_word_beside_true_numbers_is_told(tmp_path):
    file = mixed(tmp_path, ("a", "2024-01-01", "x"), ("b", "2024-01-01", 3.5))
    assert "no finite number in 1 row (row 1 'x')" in refused(file)


def test_numbers_beside_text_are_read_exactly(tmp_path):
    """0.1 + 0.2 needs 17 digits, of which SQLite's own cast to text keeps 15; whole floats are whole ids."""
    rows = [("A1", "2024-01-01", 0.1 + 0.2), (2.0, "2024-01-01", "7.5"), (3, "2024-01-01", 2**62)]
    found = rows_of(mixed(tmp_path, *rows, (b"\x03", "2024-01-01", 1)))
    assert [row["customer_id"] for row in found] == ["A1", "2", "3", "x'03'"]
    assert [row["amount"] for row in found] == [0.1 + 0.2, 7.5, 2.0**62, 1.0]


def test_dates_kept_as_seconds_are_no_dates(tmp_path):
    """SQLite has no dates; 1709164800 may be seconds, or anything."""
    message = refused(mixed(tmp_path, ("a", 1709164800, 1.0)))
    assert re.search("'date' is no date.*row 1 '1709164800'", message)


def test_an_empty_cell_stays_empty(tmp_path):
    """A null is no number, told with its row."""
    message = refused(mixed(tmp_path, ("a", "2024-01-01", None), ("b", "2024-01-01", 3.5)))
    assert "'amount' is empty in 1 row (row 1)" in message


OTHER = "CREATE TABLE people (customer_id TEXT, name TEXT)"
SECOND = f"CREATE TABLE \"old 'orders'\" ({ORDERS})"


def test_the_only_table_that_fits_is_taken_and_said(file):
    """`people` has one of the three columns that are required."""
    made(file, OTHER)
    found = load("transactions", file)
    assert found.frame.to_pyarrow().to_pylist() == READ
    told = "'orders', of 2 tables the only one with enough of the columns looked for"
    assert told in [fact.how for fact in found.facts]


def test_two_tables_that_fit_are_a_question(file):
    """Either may be meant; the message gives the line that settles it."""
    made(file, OTHER, SECOND)
    message = refused(file)
    assert "2 tables have enough of the columns looked for" in message
    assert "formats: {transactions: {table: orders}}" in message
    assert "people" not in message
    assert rows_of(file, formats={"table": "orders"}) == READ
    assert "there is no row of data" in refused(file, formats={"table": "OLD 'orders'"})


def test_no_table_that_fits_is_a_question_with_all(file):
    made(file, "DROP TABLE orders", OTHER, "CREATE TABLE stock (item TEXT)")
    assert "none of the 2 tables has enough" in refused(file)
    assert "'people', 'stock'" in refused(file)


def test_columns_named_by_the_user_tell_the_table(file):
    """The names looked for are theirs where the user gives them."""
    made(file, "CREATE TABLE ventas (cliente TEXT, fecha DATE, importe DOUBLE PRECISION)")
    made(file, "INSERT INTO ventas VALUES ('a', '2024-01-01', 1)", "DROP TABLE orders", OTHER)
    columns = {"customer_id": "cliente", "date": "fecha", "amount": "importe"}
    assert rows_of(file, columns=columns)[0]["amount"] == 1


def test_an_unknown_table_is_told_with_the_nearest(file):
    message = refused(file, formats={"table": "ordres"})
    assert "there is no table 'ordres'. There are: 'orders'. Did you mean 'orders'?" in message


def test_a_database_without_tables_is_told(tmp_path):
    made(tmp_path / "a.duckdb")
    made(tmp_path / "a.sqlite", "CREATE TABLE t (x)", "DROP TABLE t")
    assert "the database has no table" in refused(tmp_path / "a.duckdb")
    assert "the database has no table" in refused(tmp_path / "a.sqlite")


def test_a_table_of_another_schema_is_named_with_it(tmp_path):
    """Also through a view, which DuckDB keeps with the name of the file in it."""
    file = made(
        tmp_path / "crm.duckdb",
        "CREATE SCHEMA shop",
        f"CREATE TABLE shop.orders ({ORDERS})",
        "INSERT INTO shop.orders VALUES ('7', '2024-03-01', -0.1)",
        "CREATE VIEW latest AS SELECT * FROM crm.shop.orders",
    )
    assert rows_of(file, formats={"table": "shop.orders"}) == READ[1:]
    assert rows_of(file, formats={"table": "latest"}) == READ[1:]
    assert "'latest', 'shop.orders'" in refused(file)


def test_a_query_is_used_as_it_is_written(file):
    """A comment, a semicolon and a WITH are SQL too; 2 * 12.5 = 25."""
    query = (
        "WITH o AS (SELECT * FROM orders) -- all\nSELECT customer_id, date, 2 * amount AS amount "
        "FROM o ORDER BY amount DESC;"
    )
    found = load("transactions", file, formats={"query": query})
    assert [row["amount"] for row in found.frame.to_pyarrow().to_pylist()] == [25.0, -0.2]
    assert " ".join(query.split()) in [fact.how for fact in found.facts]


def test_a_query_with_one_name_twice_is_told(file):
    """Which `customer_id` is meant cannot be known."""
    query = "SELECT o.*, o.customer_id FROM orders o"
    message = refused(file, formats={"query": query})
    assert "the header names 'customer_id' 2 times" in message


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "DELETE FROM orders RETURNING *",
        "DROP TABLE orders",
        "SELECT * FROM orders; DROP TABLE orders",
        "SELECT * FROM orders; SELECT * FROM orders",
        "ATTACH 'made.db' AS made",
        "COPY orders TO 'made.db'",
        "CREATE TABLE made AS SELECT 1",
        "SELEC",
        "orders",
        "",
    ],
)
def test_nothing_but_one_select_is_done(file, query, monkeypatch):
    """Refused with a message; database and folder are as they were."""
    monkeypatch.chdir(file.parent)
    before = digest(file)
    message = refused(file, formats={"query": query})
    assert "the database cannot be read" in message
    assert "A query is one SELECT" in message
    assert digest(file) == before
    assert {path.name for path in file.parent.iterdir()} == {file.name}


@pytest.mark.parametrize("ending", MAKERS)
def test_reading_leaves_a_database_as_it_was(tmp_path, ending):
    """Its program ended without writing its log to the file: we read both, and write neither."""
    program = (
        "import os, sys, duckdb, sqlite3; file = sys.argv[1]; light = file.endswith('.sqlite'); "
        "c = sqlite3.connect(file) if light else duckdb.connect(file); "
        "c.execute('PRAGMA journal_mode = wal') if light else None; "
        f"c.execute('CREATE TABLE orders ({ORDERS})'); c.commit(); "
        "c.execute(\"INSERT INTO orders VALUES ('7', '2024-03-01', -0.1)\"); c.commit(); os._exit(0)"
    )
    file = tmp_path / f"a{ending}"
    subprocess.run([sys.executable, "-c", program, file], check=True)
    log = Path(f"{file}-wal" if ending == ".sqlite" else f"{file}.wal")
    before = file.read_bytes(), log.read_bytes()
    assert rows_of(file) == READ[1:]
    assert (file.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("ending", MAKERS)
@pytest.mark.parametrize("share", [0.02, 0.4, 0.7, 0.97])
def test_a_file_cut_short_is_told(tmp_path, ending, share):
    """SQLite would read empty cells where the file ends, without a word."""
    file = made(
        tmp_path / f"a{ending}",
        f"CREATE TABLE orders ({ORDERS})",
        "INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 2000) SELECT 'customer ' || i, '2024-01-01', i / 7.0 FROM n",
    )
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert "the database cannot be read" in refused(file)
    assert str(tmp_path) not in refused(file)


def test_a_file_that_is_no_database_is_told(tmp_path):
    for content in (b"", b"id;date\n", b"PK\x03\x04"):
        (tmp_path / "a.db").write_bytes(content)
        assert "neither a DuckDB nor a SQLite database" in refused(tmp_path / "a.db")
    (tmp_path / "b.db").mkdir()
    assert "is a folder" in refused(tmp_path / "b.db")
    assert "there is no file" in refused(f"sqlite:///{tmp_path}/c.db")


def test_a_database_in_use_is_told(file):
    """Another program that writes keeps us out; half of its work would be a wrong number."""
    write = {
        ".duckdb": "import duckdb; c = duckdb.connect(sys.argv[1])",
        ".sqlite": "import sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE')",
    }[file.suffix]
    program = f"import sys; {write}; print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"open\n"
        message = refused(file)
        other.communicate()
    assert "lock" in message
    assert rows_of(file) == READ


def test_nothing_is_left_in_the_engine(file):
    """After reading, and after a failure, our engine holds what it was asked to keep."""
    from retorno.tables import connect

    con = connect()
    kept = read("transactions", file, con=con)
    for formats in ({"table": "nope"}, {"query": "SELECT nope FROM orders"}):
        refused(file, formats=formats, con=con)
    assert con.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchone() == (1,)
    assert con.raw_sql("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (
        1,
    )
    assert kept.to_pyarrow().to_pylist() == READ


# Places ------------------------------------------------------------------------------------------------------


def test_a_file_in_an_address_is_relative_to_the_parameter_file(file):
    """Shown as it was typed, opened from anywhere."""
    place = Place.of(f"duckdb:///{file.name}", file.parent)
    assert place == Place(f"duckdb:///{file.name}", f"duckdb:///{file}", file)
    assert Place.of(place.opened, Path("/")) == place
    assert place.sha256 == digest(file)


def test_a_server_has_no_digest():
    place = Place.of("postgresql://ana@db.example.org/crm", Path.cwd())
    assert (place.file, place.sha256) == (None, None)
    assert place.shown == place.opened


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:SECRET@host:5432/crm",
        "postgres://:SECRET@host/crm?sslmode=require",
        "postgresql://host/crm?user=ana&password=SECRET&sslmode=require",
        "postgresql://ana:SECRET:SECRET@host/crm?sslpassword=SECRET",
    ],
)
def test_a_password_is_never_shown(address):
    place = Place.of(address, Path.cwd())
    assert "SECRET" not in place.shown
    assert "***" in place.shown
    assert place.opened == address
    assert "SECRET" not in hidden(address, "token SECRET is bad")


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p?ss", "p#ss"])
def test_a_bare_mark_in_a_password_is_refused_without_repeating_it(password):
    """The driver would take "ss@host" for a host, and say so."""
    with pytest.raises(TableError, match="in the environment variable PGPASSWORD") as error:
        Place.of(f"postgresql://ana:{password}@host/crm", Path.cwd())
    assert "ss@" not in str(error.value)


@pytest.mark.parametrize(
    "address", ["mysql://a:SECRET@h/d", "https://a.org/a.csv", "sqlite://a.db"]
)
def test_an_address_that_is_not_read_is_told(address):
    with pytest.raises(TableError, match="no database is read at such an address") as error:
        Place.of(address, Path.cwd())
    assert "SECRET" not in str(error.value)


def test_what_a_database_has_not_yet_written_to_its_file_counts(tmp_path):
    """SQLite reads the log beside the file; a digest of the file alone would call a changed table unchanged."""
    file = tmp_path / "a.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute(f"CREATE TABLE orders ({ORDERS})")
        connection.execute("INSERT INTO orders VALUES ('a', '2024-01-01', 1)")
        connection.commit()
        before, content = digest(file), file.read_bytes()
        connection.execute("UPDATE orders SET amount = 2")
        connection.commit()
        assert rows_of(file)[0]["amount"] == 2
        assert digest(file) != before
        assert file.read_bytes() == content


def test_a_private_path_is_known_again_in_a_notebook():
    r"""Papermill writes /home/año as "/home/a\xf1o"."""
    place = Place("crm.db", "/home/año/crm.db", Path("/home/año/crm.db"))
    run = Run("s", "n", Path("n.ipynb"), None, {}, {}, places={"transactions": place})
    assert private_paths(run)["/home/a\\xf1o/crm.db"] == "crm.db"


# PostgreSQL --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """The address of a server with a few tables."""
    with postgres.running() as address:
        with psycopg.connect(address) as connection:
            connection.execute(
                """
                CREATE TYPE tier AS ENUM ('gold', 'silver');
                CREATE SCHEMA crm;
                CREATE TABLE crm.orders (
                    customer_id uuid, date timestamptz, amount numeric, margin real, channel tier);
                INSERT INTO crm.orders VALUES
                    ('5f0c6a3e-0000-4000-8000-000000000001', '2024-03-01 00:30+02',
                     12345678901234567.123456789, 12.1, 'gold'),
                    ('5f0c6a3e-0000-4000-8000-000000000002', '2024-03-01 23:59:59.9+00', 1e-20,
                     -0.1, 'silver');
                CREATE TABLE visits (customer_id text, date date, amount float8);
                CREATE TABLE people (
                    customer_id numeric, joined_on date, left_on date, referred bool);
                INSERT INTO people VALUES (12345678901234567890, '2024-02-29', NULL, true),
                    (12345678901234567891, '2024-03-01', '2024-03-02', false);
                CREATE MATERIALIZED VIEW totals AS SELECT 1 AS x;
                """
            )
        yield address


def test_postgresql_gives_back_what_was_put_in(server):
    """Numeric to the nearest float, 12.1 of a `real` as it is written there, days of UTC, an enum and a uuid as
    text."""
    found = load("transactions", server, formats={"table": "crm.orders"})
    assert [tuple(row.values()) for row in found.frame.to_pyarrow().to_pylist()] == [
        (
            "5f0c6a3e-0000-4000-8000-000000000001",
            datetime.date(2024, 2, 29),
            float("12345678901234567.123456789"),
            12.1,
            "gold",
        ),
        ("5f0c6a3e-0000-4000-8000-000000000002", datetime.date(2024, 3, 1), 1e-20, -0.1, "silver"),
    ]
    facts = {fact.what: fact.how for fact in found.facts}
    assert facts["Kind of database"] == "PostgreSQL"
    assert facts["Times with a zone"] == "'date': the day is that of UTC"
    assert found.label == server.rpartition("@")[2]


def test_postgresql_ids_dates_and_booleans(server):
    """Two ids of 20 digits differ in the last, which a float would not keep."""
    found = load("customers", server, formats={"table": "people"})
    assert found.frame.select(
        "customer_id", "joined_on", "left_on", "referred"
    ).to_pyarrow().to_pylist() == [
        {
            "customer_id": "12345678901234567890",
            "joined_on": datetime.date(2024, 2, 29),
            "left_on": None,
            "referred": True,
        },
        {
            "customer_id": "12345678901234567891",
            "joined_on": datetime.date(2024, 3, 1),
            "left_on": datetime.date(2024, 3, 2),
            "referred": False,
        },
    ]


def test_postgresql_asks_which_table(server):
    """Those of the current schema by their bare name, others with their schema, and materialized views too."""
    assert "'crm.orders', 'visits'" in refused(server)
    assert "'crm.orders', 'people', 'totals', 'visits'" in refused(server, formats={"table": "x"})


def test_postgresql_numbers_and_dates_without_a_value_are_told(server):
    """NaN is no number and infinity no date, though their columns have such types."""
    query = (
        "SELECT 'a' AS customer_id, 'infinity'::date AS date, 'NaN'::numeric AS amount "
        "WHERE 'a' LIKE '%a'"
    )
    message = refused(server, formats={"query": query})
    assert "no date" in message
    assert "'infinity'" in message
    assert "no finite number in 1 row (row 1 'NaN')" in message


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM visits RETURNING *",
        "WITH gone AS (DELETE FROM visits RETURNING *) SELECT * FROM gone",
        "SELECT 1; DROP TABLE visits",
        "SELECT 1; COMMIT; DROP TABLE visits",
        "SELECT nextval('visits_seq')",
    ],
)
def test_nothing_on_a_server_can_be_changed(server, query):
    """A sequence counts on even in a SELECT; the session is read only."""
    with psycopg.connect(server) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS visits_seq")
    assert "the database cannot be read" in refused(server, formats={"query": query})
    with psycopg.connect(server) as connection:
        assert connection.execute("SELECT is_called FROM visits_seq").fetchone() == (False,)
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (0,)


def test_a_server_that_lets_nobody_in_is_told_without_the_password(server):
    """A wrong password, no such database, no server, a password that is no text: each with its reason."""
    user, _, place = server.partition("@")
    for address, reason in [
        (f"{user}SECRET@{place}", "password authentication failed.* PGPASSWORD"),
        (server.replace("/postgres", "/nope"), 'database "nope" does not exist'),
        (f"{user}@127.0.0.1:1/postgres", "Connection refused"),
        (f"postgresql://ana:SECRET%zz@{place}", "percent-encoded"),
    ]:
        message = refused(address)
        assert re.search(reason, message)
        assert "SECRET" not in message
        assert unquote(user.rpartition(":")[2]) not in message


def test_a_run_on_a_server_is_never_unchanged(server, tmp_path):
    """What a server holds may change at any time: its key is another each time, that of a file is not."""
    made(tmp_path / "a.sqlite", f"CREATE TABLE orders ({ORDERS})", rows=ROWS)
    for source, same in ((server, False), (f"sqlite:///{tmp_path / 'a.sqlite'}", True)):
        [run] = plan(["reactivation"], Options(data=[f"transactions={source}"]))
        assert (key(run) == key(run)) is same


def test_a_report_from_a_server_is_the_one_from_the_file_and_tells_no_password(
    server, run, tmp_path
):
    """The same simulated purchases as CSV and in PostgreSQL, finding by finding."""
    made = CliRunner().invoke(
        program, ["simulate", "reactivation", "--out", str(tmp_path), "--customers", "2000"]
    )
    assert made.exit_code == 0
    with psycopg.connect(server) as connection:
        connection.execute("CREATE TABLE bought (customer_id text, date date, amount numeric)")
        with connection.cursor().copy("COPY bought FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write((tmp_path / "transactions.csv").read_text())
    lines = "study: reactivation\nformats: {transactions: {table: bought}}\n"
    (tmp_path / "server.yml").write_text(f"{lines}data: {{transactions: '{server}'}}\n")
    (tmp_path / "file.yml").write_text(
        "study: reactivation\ndata: {transactions: transactions.csv}\n"
    )
    status, said, records = run(tmp_path / "server.yml", tmp_path / "file.yml")
    assert status == 0, said
    assert records["server"]["findings"] == records["file"]["findings"]
    [source] = records["server"]["provenance"]["data"]
    assert source["sha256"] is None
    assert source["source"] == records["server"]["parameters"]["data"]["transactions"]
    assert source["source"].startswith("postgresql://ana:***@127.0.0.1:")
    written = server.partition("://ana:")[2].partition("@")[0]
    for text in (said, *_contents(tmp_path / "reports")):
        assert written not in text
        assert postgres.PASSWORD not in text


def _contents(folder: Path) -> list[str]:
    """Return what is in every file of a folder, and in every part of its workbooks."""
    texts = []
    for file in folder.rglob("*"):
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as parts:
                texts += [parts.read(name).decode(errors="replace") for name in parts.namelist()]
        elif file.is_file():
            texts.append(file.read_text(encoding="utf-8", errors="replace"))
    assert texts
    return texts
