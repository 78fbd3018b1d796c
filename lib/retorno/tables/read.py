"""Reading a table for a study, and describing it for the person who brought it."""

from collections.abc import Mapping

from retorno.tables.checked import Described
from retorno.tables.load import load, understand


def read(
    table: str,
    source,
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping] | None = None,
    formats: Mapping | None = None,
    items: Mapping | None = None,
    on_bad_rows: str = "stop",
    con=None,
):
    """Return the table `table` as an Ibis table with our columns, typed and checked.

    Parameters
    ----------
    table : str
        Name of the contract: "survey", "effects", "transactions", "contacts", "customers", "margins",
        "referrals" or "referrers".
    source : str, Path, ibis.Table or pandas.DataFrame
        A file (CSV, Excel, Parquet, SPSS, Stata, DuckDB, SQLite), the address of a database, the name
        of a public data set that is here, or data already in memory.
    columns : mapping of str to str, optional
        Our name -> their name, where they differ.
    values : mapping of str to mapping, optional
        Column -> their value -> ours; None for an empty cell.
    formats : mapping, optional
        How the file is written, where that is not found by itself: the attributes of
        `retorno.tables.formats.Format`.
    items : mapping, optional
        Our name -> the columns whose mean it is: see `retorno.tables.items`.
    on_bad_rows : str
        "stop" refuses a table with bad rows; "set_aside" leaves them out (`retorno.tables.load.load`
        returns them).
    con : Ibis backend, optional
        Where the table goes; by default the engine of an Ibis `source`, else a new one. Tables that
        are to be joined need the same.

    Returns
    -------
    ibis.Table
        Ids and texts as string exactly as written ("00123" keeps its zeros), dates as date, numbers
        and money as float64, flags as boolean; blank cells are null. Optional columns are there when the source has
        them. Rows keep their number and order; a blank line of a file with several columns is none.

    Raises
    ------
    TableError
        When the file cannot be read or the table breaks its contract; lists every problem with its
        rows as in the file (under a header line the first row of data is 2).

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": ["007"], "date": ["2024-02-29"], "Importe": [12.5]})
    >>> read("transactions", lines, columns={"amount": "Importe"}).to_pyarrow().to_pylist()
    [{'customer_id': '007', 'date': datetime.date(2024, 2, 29), 'amount': 12.5}]
    """
    return load(
        table,
        source,
        columns=columns,
        values=values,
        formats=formats,
        items=items,
        on_bad_rows=on_bad_rows,
        con=con,
    ).frame


def describe(table: str, source, **options) -> Described:
    """Return what was understood of a table, its rows and columns, and what is wrong with it.

    Parameters as for `read`. A table that cannot be opened or has none of our columns raises a
    TableError.
    """
    return Described.of(understand(table, source, **options))
