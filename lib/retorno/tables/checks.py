"""The checks of a contract: pandera decides which column breaks which rule, the engine finds the cells."""

import datetime
from collections.abc import Sequence

from retorno.tables import cells
from retorno.tables.columns import TYPES, Column, Contract
from retorno.tables.problems import SHOWN, Cells

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


def concerned(contract: Contract, name: str, rule: str) -> list[Column]:
    """Return the columns that `rule` of the column `name` speaks of: the column, then any it is held against."""
    column = contract[name]
    other = column.held_against(rule)
    return [column] if other is None else [column, contract[other]]


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


def converted(given, sources: dict[str, str], kinds: dict[str, str], values: dict) -> dict:
    """Return the expressions of our columns: typed, each that is not text with its mark.

    Parameters
    ----------
    given : ibis.Table
        The table as it came.
    sources, kinds, values : dict
        Our name -> the name in `given`, the kind, the user's word -> ours.
    """
    columns = {}
    for name, theirs in sources.items():
        cell = cells.translated(given[theirs], values.get(name))
        columns[name] = cells.typed(cell, kinds[name])
        if TYPES[kinds[name]] != "string":
            columns[UNREADABLE + name] = columns[name].isnull() & cells.text(cell).notnull()
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


def failures(contract: Contract, frame) -> list[tuple[str, str]]:
    """Return what `frame` breaks as (column, rule); the rule is "absent" for a missing column."""
    import pandera.errors

    try:
        schema(contract, frame.columns).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return [_failure(error) for error in errors.schema_errors]
    return []


def _failure(error) -> tuple[str, str]:
    reason = error.reason_code.name
    if reason == "COLUMN_NOT_IN_DATAFRAME":
        return error.failure_cases, ABSENT
    if reason != "DATAFRAME_CHECK":
        raise error
    column, rule = error.check.name.split(":", 1)
    return column, rule


def broken_cells(
    rule: str, columns: Sequence[Column], given, first_row: int, sources, values
) -> Cells:
    """Return the cells of `given`, a table of the engine itself, that break `rule`: one query.

    `columns` is what the rule speaks of, its own column first.
    """
    kinds = {column.name: column.kind for column in columns}
    written = {f"as written:{name}": cells.text(given[sources[name]]) for name in kinds}
    frame = given.select(
        **converted(given, {name: sources[name] for name in kinds}, kinds, values),
        **{"row:": given.rowid() + first_row},
        **written,
    )
    bad = frame.filter(breaks(rule, columns[0], frame))
    first = bad.mutate(**{"count:": bad.count().as_scalar()}).order_by("row:").limit(SHOWN)
    found = first.select("row:", "count:", *written).to_pyarrow().to_pylist()
    held, *others = ([cell[name] for cell in found] for name in written)
    return Cells(
        count=found[0]["count:"],
        rows=[cell["row:"] for cell in found],
        values=held,
        others=others[0] if others else (),
    )
