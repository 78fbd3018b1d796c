"""Data already in memory: a pandas frame or an Ibis table."""

from contextlib import contextmanager

from retorno.tables.sources.given import Given, positions

USES = frozenset({"decimal", "thousands", "dates"})


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give a frame or an Ibis table as it is; TypeError for anything else."""
    import ibis
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        header = [str(name) for name in source.columns]
        cells = ibis.memtable(source.set_axis(positions(header), axis=1))
    elif isinstance(source, ibis.Table):
        header = list(source.columns)
        cells = source.rename(dict(zip(positions(header), header, strict=True)))
    else:
        raise TypeError(f"`source` is a path, an Ibis table or a pandas frame; got {type(source)}.")
    yield Given("", header, 1, cells, uses=USES)
