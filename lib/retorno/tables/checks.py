"""The checks of a contract: pandera decides which column breaks which rule, the engine finds the cells."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from retorno.tables import cells
from retorno.tables.cells import Reading
from retorno.tables.columns import TYPES, Column, Contract
from retorno.tables.problems import SHOWN, Cells
from retorno.tables.sources import ROW

UNREADABLE = "unreadable:"  # mark beside a date, number or flag: the cell holds something else
ABSENT = "absent"


def rules(column: Column) -> list[str]:
    """Return the names of the rules a column of the contract must keep, in the order they are told."""
    kept = []
    if not column.may_be_empty:
        kept.append("filled")
    if column.kind == "date":
        kept += ["readable date", "not in the future"]
    elif column.kind == "flag":
        kept.append("readable flag")
    elif TYPES[column.kind] != "string":
        kept.append("readable number")
    if column.minimum is not None:
        kept.append("minimum")
    if column.maximum is not None:
        kept.append("maximum")
    if column.whole:
        kept.append("whole")
    if column.allowed is not None:
        kept.append("allowed")
    if column.unique:
        kept.append("unique")
    if column.not_before is not None:
        kept.append("not before")
    if column.once_for is not None:
        kept.append("once for")
    return kept


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that some rows break.

    Attributes
    ----------
    rule : str
        One of `rules`, or "unfit".
    columns : tuple of Column
        What the rule speaks of: its own column first; none for "unfit".
    flag, reason : str
        Of "unfit": the boolean column that marks the rows, and why they are no data.
    """

    rule: str
    columns: tuple[Column, ...] = ()
    flag: str = ""
    reason: str = ""

    def rows(self, frame):
        """Return the boolean column of a converted `frame` that is true where a row breaks the rule."""
        return frame[self.flag] if self.flag else breaks(self.rule, self.columns[0], frame)


def any_rows(frame, broken: Sequence[Broken]):
    """Return the boolean column of a converted `frame` that is true where a row breaks one of the rules."""
    return reduce(or_, (each.rows(frame) for each in broken))


def concerned(contract: Contract, name: str, rule: str) -> tuple[Column, ...]:
    """Return the columns that `rule` of the column `name` speaks of: the column, then any it is held against."""
    column = contract[name]
    other = column.held_against(rule)
    return (column,) if other is None else (column, contract[other])


def breaks(rule: str, column: Column, frame):
    """Return the boolean column of `frame` that is true where `column` breaks `rule`."""
    value = frame[column.name]
    flag = UNREADABLE + column.name
    if rule == "filled":
        return value.isnull() & ~frame[flag] if flag in frame.columns else value.isnull()
    if rule.startswith("readable"):
        return frame[flag]
    if rule == "not in the future":
        return (value > datetime.date.today()).fill_null(False)
    if rule == "minimum":
        return (value < column.minimum).fill_null(False)
    if rule == "maximum":
        return (value > column.maximum).fill_null(False)
    if rule == "whole":
        return (value != value.floor()).fill_null(False)
    if rule == "allowed":
        return value.notin(column.allowed).fill_null(False)
    if rule == "unique":
        return value.notnull() & (value.count().over(group_by=value) > 1)
    if rule == "not before":
        return (value < frame[column.not_before]).fill_null(False)
    if rule == "once for":
        other = frame[column.once_for]
        both = value.notnull() & other.notnull()
        return both & (value.count().over(group_by=[other, value]) > 1)
    raise ValueError(f"there is no rule {rule!r}.")


def converted(frame, readings: Mapping[str, Reading]) -> dict:
    """Return the expressions of our columns: typed, each that is not text with its mark.

    Parameters
    ----------
    frame : ibis.Table
        The table as it came.
    readings : mapping of str to Reading
        Our name -> how its cells are read.
    """
    columns = {}
    for name, reading in readings.items():
        columns[name] = cells.typed(frame, reading)
        if TYPES[reading.kind] != "string":
            cell = cells.text(cells.cell_of(frame, reading))
            columns[UNREADABLE + name] = columns[name].isnull() & cell.notnull()
    return columns


def schema(contract: Contract, present: list[str]):
    """Return the contract as a pandera schema for an Ibis table with the columns `present`.

    Every check answers with one number from the engine, so no row ever reaches pandas.
    """
    import ibis
    import pandera.ibis as pa

    def keeps(rule, column):
        return lambda data: data.table.filter(breaks(rule, column, data.table)).count() == 0

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                ibis.dtype(TYPES[column.kind]), required=column.required, nullable=True
            )
            for column in contract
        },
        checks=[
            pa.Check(keeps(rule, column), name=f"{column.name}:{rule}")
            for column in contract
            for rule in rules(column)
            if all(each.name in present for each in concerned(contract, column.name, rule))
        ],
    )


def failures(contract: Contract, frame, unfit: Mapping[str, str]) -> tuple[list[str], list[Broken]]:
    """Return the required columns that `frame` has not, and what its rows break.

    `unfit` are the boolean columns of rows that are no data, by reason.
    """
    import pandera.errors

    flags = (
        frame.aggregate(**{flag: frame[flag].any() for flag in unfit.values()}) if unfit else None
    )
    marked = flags.to_pyarrow().to_pylist()[0] if unfit else {}
    found = [Broken("unfit", (), flag, reason) for reason, flag in unfit.items() if marked[flag]]
    try:
        schema(contract, frame.columns).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failed = [_failure(error) for error in errors.schema_errors]
        absent = [name for name, rule in failed if rule == ABSENT]
        found += [
            Broken(rule, concerned(contract, name, rule)) for name, rule in failed if rule != ABSENT
        ]
        return absent, found
    return [], found


def _failure(error) -> tuple[str, str]:
    reason = error.reason_code.name
    if reason == "COLUMN_NOT_IN_DATAFRAME":
        return error.failure_cases, ABSENT
    if reason != "DATAFRAME_CHECK":
        raise error
    column, rule = error.check.name.split(":", 1)
    return column, rule


def broken_cells(broken: Broken, numbered, readings: Mapping[str, Reading]) -> Cells:
    """Return the cells of `numbered`, the table as it came with `ROW`, that break a rule: one query."""
    spoken_of = {column.name: readings[column.name] for column in broken.columns}
    written = {
        f"as written:{name}": cells.text(numbered[reading.place])
        for name, reading in spoken_of.items()
    }
    flag = [broken.flag] if broken.flag else []
    frame = numbered.select(ROW, *flag, **converted(numbered, spoken_of), **written)
    bad = frame.filter(broken.rows(frame))
    first = bad.mutate(**{"count:": bad.count().as_scalar()}).order_by(ROW).limit(SHOWN)
    found = first.select(ROW, "count:", *written).to_pyarrow().to_pylist()
    held, *others = [[cell[name] for cell in found] for name in written] or [[]]
    return Cells(
        count=found[0]["count:"],
        rows=[cell[ROW] for cell in found],
        values=held,
        others=others[0] if others else (),
    )
