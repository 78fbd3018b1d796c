"""What was understood of a table, for the person who brought it."""

import datetime
from dataclasses import dataclass

from retorno.language import date, integer, mark, number, say, say_n

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
    distinct : int
        Different values.
    lowest, highest : float, date or None
        Of numbers, money and dates; None of other kinds, or when every cell is empty.
    groups : dict of str or bool to int
        Rows by value, the most frequent first, for flags and the texts of the contract; else empty.
    """

    name: str
    theirs: str
    kind: str
    missing: int
    distinct: int
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
        if self.kind in ("id", "text"):
            parts.append(say_n("{n} value", "{n} values", self.distinct))
        if self.missing:
            parts.append(say("{n} empty", n=integer(self.missing)))
        if self.groups:
            shown = list(self.groups.items())[:MOST_GROUPS]
            parts.append(", ".join(f"{_answer(value)}: {integer(n)}" for value, n in shown))
        return f"{name}: {'; '.join(parts)}"

    def _written(self, bound) -> str:
        if self.kind == "date":
            return date(bound)
        return number(bound, 0 if self.kind == "number" and bound == int(bound) else 2)


@dataclass(frozen=True, slots=True)
class Described:
    """A table as it was read: its name, its file, its number of rows and its columns."""

    table: str
    label: str
    rows: int
    columns: tuple[DescribedColumn, ...]

    @classmethod
    def of(cls, loaded) -> "Described":
        """Describe a loaded table: one query for the numbers, one for each grouped column."""
        frame, counts = loaded.frame, {}
        for name, kind in loaded.kinds.items():
            counts |= _counts(frame, name, kind)
        found = frame.aggregate(**{"rows:": frame.count()}, **counts).to_pyarrow().to_pylist()[0]
        columns = tuple(
            DescribedColumn(
                name=name,
                theirs=loaded.theirs[name],
                kind=kind,
                missing=found[f"missing:{name}"],
                distinct=found[f"distinct:{name}"],
                lowest=found.get(f"lowest:{name}"),
                highest=found.get(f"highest:{name}"),
                groups=_groups(frame, name) if _has_groups(loaded.contract, name) else {},
            )
            for name, kind in loaded.kinds.items()
        )
        return cls(loaded.contract.name, loaded.label, found["rows:"], columns)

    def lines(self) -> list[str]:
        """Return the sentences to print: the table first, then a line for each column."""
        where = f"{self.table} ({self.label})" if self.label else self.table
        rows = say_n("{n} row, no problem found.", "{n} rows, no problem found.", self.rows)
        return [f"{where}: {rows}", *(f"  {column.line()}" for column in self.columns)]


def _counts(frame, name: str, kind: str) -> dict:
    column = frame[name]
    counts = {f"missing:{name}": column.isnull().sum(), f"distinct:{name}": column.nunique()}
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
