"""The engine that holds the tables: DuckDB in memory, spoken to through Ibis."""

import tempfile

from retorno.errors import ParameterError
from retorno.language import say

ENGINES = ("duckdb",)


def connect(engine: str = "duckdb"):
    """Return a new, empty Ibis backend; ParameterError names the engines there are.

    What outgrows memory goes to the system's temporary folder, and nothing is fetched from the network.
    DuckDB's own progress bar stays off, because the command line draws ours.
    """
    if engine not in ENGINES:
        raise ParameterError(
            say(
                "engine: {got} is not one we know; there is {names}.",
                got=repr(engine),
                names=", ".join(ENGINES),
            )
        )
    import ibis

    backend = ibis.duckdb.connect(
        temp_directory=tempfile.gettempdir(), autoinstall_known_extensions=False
    )
    # Already off in a kernel without ipywidgets, where even setting it to off would fail.
    if backend.raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()[0]:
        backend.raw_sql("SET enable_progress_bar = false")
    backend.raw_sql(
        "SET TimeZone = 'UTC'"
    )  # the day of a time with a zone is the same on every machine
    backend.raw_sql("SET enable_external_file_cache = false")  # a file rewritten is read anew
    return backend
