"""What a contract is made of: the kinds of columns, one column and its rules, one table."""

from collections.abc import Iterator
from dataclasses import dataclass

TYPES = {
    "id": "string",
    "text": "string",
    "date": "date",
    "number": "float64",
    "money": "float64",
    "flag": "boolean",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, kind : str
        Our name; one of "id", "text", "date", "number", "money", "flag" (yes or no).
    unit, meaning : str
        For people, marked for the catalogues; `unit` may be empty.
    required : bool
        Whether the table is refused without it.
    allowed : tuple of str or None
        The only values there may be; None: any.
    minimum, maximum : float or None
        Smallest and largest value there may be, in `unit`.
    may_be_empty, unique, whole : bool
        Whether a cell may be empty; whether no value may occur twice; whether only whole numbers
        are taken.
    not_before, once_for : str or None
        Another column of the table: no cell may lie before the one beside it there; no value may
        occur twice beside the same value there.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    may_be_empty: bool = False
    unique: bool = False
    whole: bool = False
    not_before: str | None = None
    once_for: str | None = None

    def held_against(self, rule: str) -> str | None:
        """Return the other column that `rule` speaks of; None when it speaks of this one alone."""
        return {"not before": self.not_before, "once for": self.once_for}.get(rule)


@dataclass(frozen=True, slots=True)
class Contract:
    """One table: what a `row` is, its `columns`, and whether other columns are kept (`extra` says as what)."""

    name: str
    row: str
    columns: tuple[Column, ...]
    extra: str | None = None

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """Our names, in the order of the contract."""
        return [column.name for column in self.columns]
