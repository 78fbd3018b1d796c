"""What each table must hold: one contract a table, the source of the checks and of the data dictionary."""

from collections.abc import Iterator
from dataclasses import dataclass

from retorno.errors import TableError
from retorno.language import mark, say
from retorno.tables.problems import nearest

TYPES = {
    "id": "string",
    "text": "string",
    "date": "date",
    "number": "float64",
    "money": "float64",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, kind : str
        Our name; one of "id", "text", "date", "number", "money".
    unit, meaning : str
        For people, marked for the catalogues; `unit` may be empty.
    required : bool
        Whether the table is refused without it.
    allowed : tuple of str or None
        The only values there may be; None: any.
    minimum : float or None
        Smallest value there may be, in `unit`.
    may_be_empty, unique : bool
        Whether a cell may be empty; whether no value may occur twice.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] | None = None
    minimum: float | None = None
    may_be_empty: bool = False
    unique: bool = False


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


TRANSACTIONS = Contract(
    name="transactions",
    row=mark("one line of a purchase; all lines of a customer on one day are one purchase"),
    columns=(
        Column("customer_id", "id", "", mark("who bought, as written in the file"), required=True),
        Column("date", "date", "", mark("day of the purchase"), required=True),
        Column(
            "amount",
            "money",
            mark("currency of the run"),
            mark("revenue of the line; negative is a return or a cancellation"),
            required=True,
        ),
        Column(
            "margin",
            "money",
            mark("currency of the run"),
            mark("what the line earned after its variable cost; may be negative"),
        ),
        Column("channel", "text", "", mark("where it was bought"), may_be_empty=True),
    ),
)

CONTACTS = Contract(
    name="contacts",
    row=mark("one customer of a win-back campaign, contacted or held out"),
    columns=(
        Column(
            "arm",
            "text",
            "",
            mark("`holdout` for customers held out; any other value names a treated arm"),
            required=True,
        ),
        Column(
            "customer_id",
            "id",
            "",
            mark("joins the customer's transactions; without it each row is one customer"),
            unique=True,
        ),
        Column("contacted_on", "date", "", mark("day of the contact"), may_be_empty=True),
        Column(
            "recency",
            "number",
            mark("months"),
            mark("months since the last purchase, at the time of the contact"),
            minimum=0,
        ),
        Column(
            "cost",
            "money",
            mark("currency of the run"),
            mark("paid for this contact and its offer, a positive amount; 0 when nothing was paid"),
            minimum=0,
        ),
    ),
    extra=mark("every other column is kept under its own name, as an outcome or a covariate"),
)

CONTRACTS = {contract.name: contract for contract in (TRANSACTIONS, CONTACTS)}


def contract(table: str) -> Contract:
    """Return the contract of `table`; TableError names the tables there are.

    Examples
    --------
    >>> contract("contacts").names
    ['arm', 'customer_id', 'contacted_on', 'recency', 'cost']
    """
    if table in CONTRACTS:
        return CONTRACTS[table]
    raise TableError(
        say(
            "{table}: there is no table of this name; there are {names}.",
            table=repr(table),
            names=", ".join(CONTRACTS),
        )
        + nearest(table, CONTRACTS)
    )
