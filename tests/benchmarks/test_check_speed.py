"""`retorno check` of a million purchases against the engine's own read and count of the same file.

Best of several runs of each, in turn and in one process, imports excluded; the table stays in the engine.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.benchmark

ROWS, RUNS, AT_MOST = 1_000_000, 7, 3.0

MAKE = """
import duckdb
duckdb.sql(f'''
    COPY (
        SELECT 'C' || (hash(i) % 100000)::VARCHAR AS customer_id,
               strftime(DATE '2022-01-01' + (hash(i * 7 + 1) % 730)::INTEGER, '{day}') AS date,
               {amount} AS amount
        FROM (SELECT i, round((hash(i * 13 + 5) % 1000000) / 100, 2) AS paid FROM range({rows}) t(i))
    ) TO '{file}' (HEADER, DELIMITER ';')
''')
"""

MEASURE = """
import time
import duckdb, ibis, pandas, pandera.ibis
from retorno.tables.checked import Described
from retorno.tables.load import understand

def bare():
    con = duckdb.connect()
    con.sql("CREATE TABLE orders AS FROM read_csv('{file}')")
    return con.sql("SELECT count(*) FROM orders").fetchone()[0]

def check():
    described = Described.of(understand("transactions", "{file}"))
    assert not described.problems, described.lines()
    return described.rows

def seconds(work):
    start = time.perf_counter()
    assert work() == {rows}
    return time.perf_counter() - start

print(*map(min, zip(*((seconds(bare), seconds(check)) for _ in range({runs})))))
"""

PLAIN = {"day": "%Y-%m-%d", "amount": "paid::VARCHAR"}
SPANISH = {"day": "%d/%m/%Y", "amount": "replace(paid::VARCHAR, '.', ',') || ' €'"}


def measured(code, **values):
    """Return the numbers that a program of its own prints."""
    text = code.format(rows=ROWS, runs=RUNS, **values)
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    return [float(number) for number in done.stdout.split()]


def ratio(tmp_path, name, dialect):
    """Print and return how often the engine's own read fits into a check."""
    file = tmp_path / "orders.csv"
    measured(MAKE, file=file, **dialect)
    bare, check = measured(MEASURE, file=file)
    print(
        f"\n{ROWS:,} rows, {name}: read and count {bare:.3f} s, check {check:.3f} s, "
        f"ratio {check / bare:.2f}"
    )
    return check / bare


def test_a_check_of_a_plain_file_takes_at_most_three_reads(tmp_path):
    """What the issue asks for; the ratio and not the time, so that it holds on any machine."""
    assert ratio(tmp_path, "plain", PLAIN) <= AT_MOST


def test_a_check_of_a_spanish_file_is_measured(tmp_path):
    """Decimal commas, currencies and d/m/y take a second reading with patterns: printed, no limit set."""
    assert ratio(tmp_path, "Spanish", SPANISH) > 0
