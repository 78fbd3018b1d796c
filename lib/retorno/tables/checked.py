"""What was understood of a table, for the person who brought it."""

import datetime
from dataclasses import dataclass

from retorno.language import brief, date, integer, mark, number, say, say_n
from retorno.tables.formats import Fact

KINDS = {
    "id": mark("id"),
    "text": mark("text"),
    "date": mark("date"),
    "number": mark("number"),
    "money": mark("money"),
    "flag": mark("yes or no"),
}
ANSWERS = {True: mark("yes"), False: mark("no")}
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """One column as it was read.

    Attributes
    ----------
    name, theirs, kind : str
        Our name, the name in the file, the kind.
    missing : int
        Empty cells.
    unreadable : int
        Cells that hold something else than the kind.
    below_zero : int
        Amounts of money below 0.
    distinct : int or None
        Different values of an id or a text; None of other kinds.
    lowest, highest : float, date or None
        Of numbers, money and dates; None of other kinds, or when every cell is empty.
    groups : dict of str or bool to int
        Rows by value, the most frequent first, for flags and the texts of the contract; else empty.
    """

    name: str
    theirs: str
    kind: str
    missing: int
    unreadable: int
    below_zero: int
    distinct: int | None
    lowest: float | datetime.date | None
    highest: float | datetime.date | None
    groups: dict[str | bool, int]

    def line(self) -> str:
        """Return the column in one line for a reader."""
        name = self.name if self.name == self.theirs else f"{self.name} ({self.theirs})"
        parts = [say(KINDS[self.kind])]
        if self.lowest is not None:
            low, high = (self._written(bound) for bound in (self.lowest, self.highest))
            parts.append(say("from {low} to {high}", low=low, high=high))
        if self.distinct is not None:
            parts.append(say_n("{n} value", "{n} values", self.distinct))
        if self.below_zero:
            parts.append(say("{n} below 0", n=integer(self.below_zero)))
        if self.missing:
            parts.append(say("{n} empty", n=integer(self.missing)))
        if self.unreadable:
            parts.append(say("{n} not readable", n=integer(self.unreadable)))
        if self.groups:
            shown = list(self.groups.items())[:MOST_GROUPS]
            parts.append(", ".join(f"{_answer(value)}: {integer(n)}" for value, n in shown))
        return f"{name}: {'; '.join(parts)}"

    def _written(self, bound) -> str:
        if self.kind == "date":
            return date(bound)
        return brief(bound) if self.kind == "number" else number(bound)


@dataclass(frozen=True, slots=True)
class Described:
    """What was understood of a table, and what is wrong with it.

    Attributes
    ----------
    table, label : str
        Name of the contract; name of the file, empty for a frame.
    rows, width : int
        Rows and columns given, also those set aside or not kept.
    facts : tuple of Fact
        How the file, its numbers and its dates are written.
    columns : tuple of DescribedColumn
        The columns that could be read.
    unsettled : dict of str to str
        The columns that wait for an answer of the user -> their kind.
    set_aside : str
        How many rows are set aside, and why; empty: none.
    problems : tuple of str
        What is wrong, a sentence each; empty: nothing.
    """

    table: str
    label: str
    rows: int
    width: int
    facts: tuple[Fact, ...]
    columns: tuple[DescribedColumn, ...]
    unsettled: dict[str, str]
    set_aside: str
    problems: tuple[str, ...]

    @classmethod
    def of(cls, loaded) -> "Described":
        """Describe a table that was loaded, whatever is wrong with it."""
        read = loaded.frame.columns
        aside = loaded.set_aside
        return cls(
            table=loaded.contract.name,
            label=loaded.label,
            rows=loaded.rows,
            width=loaded.width,
            facts=loaded.facts,
            columns=_columns(loaded),
            unsettled={name: kind for name, kind in loaded.kinds.items() if name not in read},
            set_aside="" if aside is None else aside.sentence(),
            problems=loaded.problems,
        )

    def lines(self) -> list[str]:
        """Return the lines to print: the table, how it is written, its columns, what is wrong with it."""
        where = f"{self.table} ({self.label})" if self.label else self.table
        rows = say_n("{n} row", "{n} rows", self.rows)
        columns = say_n("{n} column", "{n} columns", self.width)
        waiting = say("not read before the question below is answered")
        problems = self.problems or (say("no problem found"),)
        return [
            f"{where}: {rows}, {columns}",
            *(f"  {fact.what}: {fact.how}" for fact in self.facts),
            *(f"  {column.line()}" for column in self.columns),
            *(f"  {name}: {say(KINDS[kind])}; {waiting}" for name, kind in self.unsettled.items()),
            *([self.set_aside] if self.set_aside else []),
            *(f"- {problem}" if self.problems else problem for problem in problems),
        ]


def _columns(loaded) -> tuple[DescribedColumn, ...]:
    """Describe the columns that were read: one query for the numbers, one for each grouped column."""
    frame, counts = loaded.frame, {}
    for name in frame.columns:
        counts |= _counts(frame, name, loaded.kinds[name])
    if not counts:
        return ()
    found = frame.aggregate(**counts).to_pyarrow().to_pylist()[0]
    return tuple(
        DescribedColumn(
            name=name,
            theirs=loaded.theirs[name],
            kind=loaded.kinds[name],
            missing=found[f"missing:{name}"] - loaded.unreadable.get(name, 0),
            unreadable=loaded.unreadable.get(name, 0),
            below_zero=found.get(f"below:{name}") or 0,
            distinct=found.get(f"distinct:{name}"),
            lowest=found.get(f"lowest:{name}"),
            highest=found.get(f"highest:{name}"),
            groups=_groups(frame, name) if _has_groups(loaded.contract, name) else {},
        )
        for name in frame.columns
    )


def _counts(frame, name: str, kind: str) -> dict:
    column = frame[name]
    counts = {f"missing:{name}": column.isnull().sum()}
    if kind in ("id", "text"):
        counts |= {f"distinct:{name}": column.nunique()}
    if kind == "money":
        counts |= {f"below:{name}": (column < 0).sum()}
    if kind in ("date", "number", "money"):
        counts |= {f"lowest:{name}": column.min(), f"highest:{name}": column.max()}
    return counts


def _has_groups(contract, name: str) -> bool:
    return name in contract and contract[name].kind in ("text", "flag")


def _answer(value: str | bool) -> str:
    return say(ANSWERS[value]) if isinstance(value, bool) else value


def _groups(frame, name: str) -> dict[str | bool, int]:
    counted = frame.filter(frame[name].notnull()).group_by(name).aggregate(rows=lambda t: t.count())
    ordered = counted.order_by([counted["rows"].desc(), name]).to_pyarrow().to_pylist()
    return {group[name]: group["rows"] for group in ordered}
