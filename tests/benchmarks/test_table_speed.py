"""The study's tables at ten million rows against one bare aggregation per customer of the same file.

Ratios within one run are printed, nothing is asserted: `make bench`.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.benchmark

ROWS, CUSTOMERS = 10_000_000, 1_000_000

MAKE = """
import duckdb, sys
duckdb.sql(f'''
    COPY (
        SELECT 'C' || (hash(i) % {customers})::VARCHAR AS customer_id,
               DATE '2022-01-01' + (hash(i * 7 + 1) % 730)::INTEGER AS date,
               round((hash(i * 13 + 5) % 10000) / 100, 2) AS amount
        FROM range({rows}) t(i)
    ) TO '{file}' (FORMAT parquet)
''')
duckdb.sql("COPY (SELECT * FROM '{file}' LIMIT 5000) TO '{few}' (FORMAT parquet)")
"""

BARE = """
import duckdb, time
start = time.perf_counter()
duckdb.sql(
    "CREATE TABLE t AS SELECT customer_id, min(date), max(date), count(DISTINCT date), sum(amount) "
    "FROM '{file}' GROUP BY customer_id"
)
took = time.perf_counter() - start
"""

STUDY = """
import time
import numpy
from retorno.reactivation import (
    censored, cumulative_return, lapse_states, like_for_like, new_against_reactivated, over_thresholds,
    purchase_history, return_hazard, suggest_threshold,
)
from retorno.tables import connect, read

def study(file):
    start = time.perf_counter()
    transactions = read("transactions", file, con=connect())
    read_in = time.perf_counter() - start
    rng = numpy.random.default_rng(1)
    history = purchase_history(transactions, lapse_days=60, window_days=90)
    found = [lapse_states(history), suggest_threshold(history), return_hazard(history), cumulative_return(history)]
    windows = new_against_reactivated(history, rng=rng)
    found += [windows, like_for_like(history, rng=rng), censored(windows)]
    if {picture}:
        found += [over_thresholds(history)]
    stated = [finding for result in found for finding in result.findings() if finding.estimate is not None]
    return time.perf_counter() - start, read_in, len(stated)

study("{few}")  # what is imported on the way is not what is measured
took, read_in, stated = study("{file}")
print(stated, "findings; reading and checking", round(read_in, 2), "s")
"""

TELL = """
import resource
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def measured(code, file, picture=False):
    """Return seconds, peak memory in GiB and anything else a program of its own prints."""
    few = file.with_name("few.parquet")
    text = code.format(file=file, few=few, rows=ROWS, customers=CUSTOMERS, picture=picture)
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    *notes, last = done.stdout.strip().split("\n") if done.stdout.strip() else [""]
    return *map(float, last.split()), " ".join(notes)


def test_ten_million_rows_against_one_aggregation(tmp_path):
    """Without and with the picture over thresholds; the best of two, each beside the bare one of its own pair."""
    file = tmp_path / "lines.parquet"
    measured(MAKE, file)
    for picture in (False, True):
        rows = [
            (measured(BARE + TELL, file), measured(STUDY + TELL, file, picture)) for _ in range(2)
        ]
        (bare, bare_peak, _), (study, peak, note) = min(rows, key=lambda row: row[1][0] / row[0][0])
        print(
            f"\n{ROWS:,} rows, picture {picture}: bare aggregation {bare:.2f} s (peak {bare_peak:.2f} GiB), "
            f"study {study:.2f} s (peak {peak:.2f} GiB), ratio {study / bare:.1f}; {note}"
        )
