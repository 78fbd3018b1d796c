"""Reading a table for a study, and describing it for the person who brought it."""

from collections.abc import Mapping

from retorno.tables.checked import Described
from retorno.tables.load import load


def read(
    table: str,
    source,
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping] | None = None,
    con=None,
):
    """Return the table `table` as an Ibis table with our columns, typed and checked.

    Parameters
    ----------
    table : str
        Name of the contract: "survey", "transactions", "contacts", "customers" or "margins".
    source : str, Path, ibis.Table or pandas.DataFrame
        A CSV (.csv, .tsv, .txt, also .gz), a Parquet file, the name of a public data set that is
        here, or data already in memory.
    columns : mapping of str to str, optional
        Our name -> their name, where they differ.
    values : mapping of str to mapping, optional
        Column -> their value -> ours.
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
    return load(table, source, columns=columns, values=values, con=con).frame


def describe(table: str, source, *, columns=None, values=None, con=None) -> Described:
    """Return what was understood of a table: its rows and columns; parameters as for `read`.

    Raises
    ------
    TableError
        As `read` does.
    """
    return Described.of(load(table, source, columns=columns, values=values, con=con))
