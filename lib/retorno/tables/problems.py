"""What is wrong with a table, said so that it can be put right: column, rule, rows, values and the way out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from retorno.errors import TableError
from retorno.language import brief, integer, mark, say, say_n
from retorno.tables.guesses import guess

SHOWN = 5
LONGEST = 40

RULES = {
    "filled": mark(
        "{column} is empty in {rows}. Fill it, or go on without: on_bad_rows: set_aside."
    ),
    "readable date": mark(
        "{column} is no date in {rows}. Dates are read as 2024-12-31, with or without a time of day."
    ),
    "readable number": mark("{column} is no finite number in {rows}."),
    "readable flag": mark(
        "{column} is neither yes nor no (true or false, 1 or 0) in {rows}. "
        "Name them in the parameter file: {way}"
    ),
    "no error": mark(
        "{column} is an error of a spreadsheet in {rows}. Mend the formula there; where it means an "
        "empty cell: {way}"
    ),
    "not in the future": mark(
        "{column} lies in the future in {rows}. Look for swapped or mistyped years."
    ),
    "minimum": mark("{column} is below {minimum} in {rows}."),
    "maximum": mark("{column} is above {maximum} in {rows}."),
    "whole": mark("{column} is no whole number in {rows}."),
    "allowed": mark(
        "{column} is none of {allowed} in {rows}. Name them in the parameter file: {way}"
    ),
    "unique": mark("{column} occurs more than once in {rows}; a table has one row for each."),
    "not before": mark(
        "{column} lies before {other} in {rows}. Look for swapped or mistyped dates."
    ),
    "once for": mark(
        "{column} has the same value more than once for one value of {other} in {rows}."
    ),
}
REASONS = {
    "filled": mark("{column} is empty"),
    "readable date": mark("{column} is no date"),
    "readable number": mark("{column} is no finite number"),
    "readable flag": mark("{column} is neither yes nor no"),
    "no error": mark("{column} is an error of a spreadsheet"),
    "not in the future": mark("{column} lies in the future"),
    "minimum": mark("{column} is below {minimum}"),
    "maximum": mark("{column} is above {maximum}"),
    "whole": mark("{column} is no whole number"),
    "allowed": mark("{column} is none of {allowed}"),
    "unique": mark("{column} occurs more than once"),
    "not before": mark("{column} lies before {other}"),
    "once for": mark("{column} has the same value more than once for one value of {other}"),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column that break one rule: how many, and the first rows and values.

    `others` are the values beside them in the column the rule holds them against, if there is one.
    """

    count: int
    rows: Sequence[int]
    values: Sequence[str | None]
    others: Sequence[str | None] = ()


def refusal(table: str, label: str, problems: Sequence[str]) -> TableError:
    """Return one error that lists every problem of a table; `label` is its file's name, or empty."""
    where = f"{table} ({label})" if label else table
    if len(problems) == 1:
        return TableError(f"{where}: {problems[0]}")
    count = say_n("{n} problem.", "{n} problems.", len(problems))
    return TableError("\n".join([f"{where}: {count}", *(f"- {problem}" for problem in problems)]))


def told(broken, theirs: Mapping[str, str], table: str, cells: Cells) -> str:
    """Return the sentence for the `cells` that break a rule; `theirs`: our name -> the name in the file."""
    if broken.rule == "unfit":
        return say(
            "{reason} in {rows}. To go on without: on_bad_rows: set_aside.",
            reason=broken.reason,
            rows=_rows(cells),
        )
    column = broken.columns[0]
    other = column.held_against(broken.rule)
    meant = None if broken.rule == "no error" else "..."
    return say(
        RULES[broken.rule],
        column=named(column.name, theirs[column.name]),
        other="" if other is None else named(other, theirs[other]),
        rows=_rows(cells),
        minimum=_bound(column.minimum),
        maximum=_bound(column.maximum),
        allowed=listed(column.allowed or ()),
        way=parameter("values", table, {column.name: dict.fromkeys(_distinct(cells), meant)}),
    )


def reason(broken, theirs: Mapping[str, str]) -> str:
    """Return why a row is set aside, without its number: "column 'amount': no finite number"."""
    if broken.rule == "unfit":
        return broken.reason
    column = broken.columns[0]
    other = column.held_against(broken.rule)
    return say(
        REASONS[broken.rule],
        column=named(column.name, theirs[column.name]),
        other="" if other is None else named(other, theirs[other]),
        minimum=_bound(column.minimum),
        maximum=_bound(column.maximum),
        allowed=listed(column.allowed or ()),
    )


def _bound(value: float | None) -> str:
    return "" if value is None else brief(value)


def missing(contract, absent: Iterable[str], header: Sequence[str]) -> str:
    """Return the sentence for required columns the file does not have, with the line that names them."""
    described = []
    for name in absent:
        column = contract[name]
        meaning = "; ".join(say(text) for text in (column.unit, column.meaning) if text)
        described.append(f"{name!r} ({meaning})")
    found = guess(contract, header)
    guesses = {name: found[name].theirs if name in found else "..." for name in absent}
    return say_n(
        "a column is missing: {columns}. The file has {header}. "
        "Name it in the parameter file: {way}",
        "columns are missing: {columns}. The file has {header}. "
        "Name them in the parameter file: {way}",
        len(described),
        columns=", ".join(described),
        header=listed(header),
        way=parameter("columns", contract.name, guesses),
    )


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a suggestion, with a leading space, when one of `names` is near `name`; else nothing.

    Examples
    --------
    >>> nearest("contact", ["contacts", "transactions"])
    " Did you mean 'contacts'?"
    """
    match = _closest(name, names)
    return "" if match is None else " " + say("Did you mean {match}?", match=repr(match))


def named(ours: str, theirs: str) -> str:
    """Return a column as the user knows it."""
    if ours == theirs:
        return say("column {name}", name=repr(ours))
    return say("column {name} ({theirs} in the file)", name=repr(ours), theirs=repr(theirs))


def parameter(key: str, table: str, entries: Mapping) -> str:
    """Return a line for a parameter file.

    Examples
    --------
    >>> parameter("columns", "transactions", {"date": "Fecha: día"})
    "columns: {transactions: {date: 'Fecha: día'}}"
    """
    import yaml

    line = yaml.safe_dump(
        {key: {table: dict(entries)}},
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return line.strip()[1:-1]


def listed(names: Iterable[str], most: int = 30) -> str:
    """Return names in quotes, shortened when there are many."""
    names = list(names)
    text = ", ".join(quoted(name) for name in names[:most])
    if len(names) > most:
        text += " " + say("and {n} more", n=integer(len(names) - most))
    return text


def quoted(value: str) -> str:
    """Return a value of the file on one line, in quotes, cut when it is long."""
    return repr(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")


def _rows(cells: Cells) -> str:
    """Return the count and the first cells: 3 rows (row 2 '12,50', row 5 'x', row 9 'y')."""
    count = say_n("{n} row", "{n} rows", cells.count)
    values = cells.values or [None] * len(cells.rows)
    shown = [
        say("row {row}", row=row) + ("" if value is None else f" {quoted(value)}")
        for row, value in zip(cells.rows, values, strict=True)
    ]
    if cells.others:
        shown = [
            say("{cell} beside {other}", cell=cell, other=quoted(other))
            for cell, other in zip(shown, cells.others, strict=True)
        ]
    more = cells.count - len(shown)
    tail = " " + say("and {n} more", n=integer(more)) if more else ""
    return f"{count} ({', '.join(shown)}{tail})"


def _distinct(cells: Cells) -> list[str]:
    return list(dict.fromkeys(value for value in cells.values if value is not None))


def _closest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    folded = {other.casefold(): other for other in names}
    match = get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff)
    return folded[match[0]] if match else None
