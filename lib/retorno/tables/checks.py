"""The checks of a contract: which rules are broken, in one query; which cells break them, in one for each."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from retorno.tables import cells
from retorno.tables.cells import Reading
from retorno.tables.columns import TYPES, Column, Contract
from retorno.tables.problems import SHOWN, Cells
from retorno.tables.sources import ROW

UNREADABLE = "unreadable:"  # mark beside a date, number or flag: the cell holds something else
# What a spreadsheet writes where a formula failed: no customer and no channel is called so.
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")


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
    elif column.allowed is None:
        kept.append("no error")
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

    @property
    def is_unreadable(self) -> bool:
        """Whether cells hold something else than the kind of their column."""
        return self.rule.startswith("readable")

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
    if rule == "no error":
        return value.isin(ERRORS).fill_null(False)
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
            # most cells are read, so that few are asked whether anything stands in them
            columns[UNREADABLE + name] = (
                columns[name].isnull().ifelse(cells.is_filled(frame, reading), False)
            )
    return columns


def schema(contract: Contract):
    """Return names and types of the contract as a pandera schema for an Ibis table."""
    import ibis
    import pandera.ibis as pa

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                ibis.dtype(TYPES[column.kind]), required=column.required, nullable=True
            )
            for column in contract
        }
    )


def absent(contract: Contract, frame) -> list[str]:
    """Return the required columns that `frame` has not."""
    import pandera.errors

    try:
        schema(contract).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        others = [
            e for e in errors.schema_errors if e.reason_code.name != "COLUMN_NOT_IN_DATAFRAME"
        ]
        if others:
            raise others[0] from errors
        return [error.failure_cases for error in errors.schema_errors]
    return []


def failures(
    contract: Contract, frame, unfit: Mapping[str, str], unsettled: Collection[str] = ()
) -> tuple[int, list[Broken]]:
    """Return the number of rows of a converted `frame`, and the rules that any of them breaks: one query.

    Parameters
    ----------
    contract : Contract
    frame : ibis.Table
        As `converted` makes it.
    unfit : mapping of str to str
        The boolean columns of rows that are no data, by reason.
    unsettled : collection of str
        The columns whose values are not known yet: only where they are empty is.
    """
    asked = [Broken("unfit", (), flag, reason) for reason, flag in unfit.items()]
    for column in contract:
        for rule in rules(column):
            columns = concerned(contract, column.name, rule)
            known = rule == "filled" or not any(each.name in unsettled for each in columns)
            if known and all(each.name in frame.columns for each in columns):
                asked.append(Broken(rule, columns))
    flags = {str(i): _any(broken, frame) for i, broken in enumerate(asked)}
    told = frame.aggregate(rows=frame.count(), **flags).to_pyarrow().to_pylist()[0]
    return told["rows"], [broken for i, broken in enumerate(asked) if told[str(i)]]


def _any(broken: Broken, frame):
    """Return whether any row breaks a rule; values that occur twice by counting the different ones."""
    import ibis

    if broken.rule not in ("unique", "once for"):
        return broken.rows(frame).any()
    columns = [frame[column.name] for column in broken.columns]
    if len(columns) == 1:
        return columns[0].count() > columns[0].nunique()
    both = columns[0].notnull() & columns[1].notnull()
    pair = ibis.struct({str(i): value for i, value in enumerate(columns)})
    return both.sum() > pair.nunique(where=both)


def broken_cells(broken: Broken, numbered, readings: Mapping[str, Reading]) -> Cells:
    """Return the cells of `numbered`, the table as it came with `ROW`, that break a rule: one query."""
    spoken_of = {column.name: readings[column.name] for column in broken.columns}
    written = {
        f"as written:{name}": cells.as_written(numbered, reading)
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
