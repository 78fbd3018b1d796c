"""Parquet files: typed as they are."""

import glob
from contextlib import contextmanager

from retorno.language import say
from retorno.tables.formats import Fact
from retorno.tables.problems import refusal
from retorno.tables.sources.given import Given, positions

USES = frozenset({"decimal", "thousands", "dates"})


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give a Parquet file; TableError when it is none."""
    import duckdb
    import ibis

    from retorno.tables.sources import unreadable

    view = ibis.util.gen_name("given")
    try:
        cells = con.read_parquet(glob.escape(str(source)), table_name=view)
        header = list(cells.columns)
        cells = cells.rename(dict(zip(positions(header), header, strict=True)))
        facts = (Fact(say("Kind of file"), "Parquet"),)
        yield Given(source.name, header, 1, cells, facts=facts, uses=USES)
    except duckdb.Error as error:
        raise refusal(table, source.name, [unreadable(source, error)]) from error
    finally:
        con.raw_sql(f'DROP VIEW IF EXISTS "{view}"')
