"""A table as it was given, before anything is known of what its columns mean."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retorno.tables.formats import Fact

ROW = "row:"


@dataclass(frozen=True, slots=True)
class Given:
    """A table as it was given.

    Attributes
    ----------
    label : str
        Name of the file for messages; empty for a frame.
    header : list of str
        The names of its columns, as they are written.
    first_row : int
        Number of the first row of data: 2 under a header line, else 1. Rows count on from there,
        unless `cells` has the column `ROW`, which holds the number of each.
    cells : ibis.Table
        Column i of `header` under the name ``c<i>``; text for a text file.
    facts : tuple of Fact
        How the file was opened: what was found of its form, and what the user had set.
    uses : frozenset of str
        The settings of `Format` that mean something for this kind of source.
    labels : mapping of str to mapping
        Name in the header -> value as text -> its label, where the file holds value labels.
    native : mapping of str to str
        Where a column of text also holds true numbers, written with a decimal point: ``c<i>`` -> the
        boolean column of `cells` that says which.
    epoch : date or None
        The day 0 of dates kept as numbers, in a workbook.
    currencies : tuple of str
        The currency signs in the formats of number cells, in a workbook.
    unfit : mapping of str to str
        Rows that are no data, test answers say: the reason, as it stands before "in 3 rows" -> the
        boolean column of `cells` that marks them.
    """

    label: str
    header: list[str]
    first_row: int
    cells: Any
    facts: tuple[Fact, ...] = ()
    uses: frozenset[str] = frozenset()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    native: Mapping[str, str] = field(default_factory=dict)
    epoch: datetime.date | None = None
    currencies: tuple[str, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)


def positions(header: list[str]) -> list[str]:
    """Return the names that the columns of `header` have in `Given.cells`."""
    return [f"c{position}" for position in range(len(header))]
