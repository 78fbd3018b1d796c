"""Which mark is decimal and which stands between thousands: decided from all numbers of a table, or asked.

The engine counts the forms of the cells, every digit but a leading 0 made a 1, so that a million amounts
come down to some dozens of forms; what they say is weighed here. 12.50, 0.125 and 1.234.567 can be read
in one way only. 1.234 cannot: it counts for nothing, and is asked where nothing else tells.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retorno.language import mark, say
from retorno.tables import numbers
from retorno.tables.formats import MARKS, WORDS, Format, way_out
from retorno.tables.forms import counted, shown
from retorno.tables.problems import parameter
from retorno.tables.sources.given import ROW

PAIRS = [
    (decimal, thousands)
    for decimal in ".,"
    for thousands in ("", *numbers.GROUPS)
    if thousands != decimal
]
DOUBTFUL = re.compile(rf"[1-9]\d{{0,2}}([{''.join(numbers.GROUPS.values())}])\d{{3}}")
NAMES = {character: name for name, character in MARKS.items()}
TWO_WAYS = mark(
    "{cells} can be read in two ways. If the {mark} is the decimal mark: {single}. If it stands between "
    "thousands: {grouped}"
)
BOTH = mark(
    "{points} and {commas} cannot both be decimals. If the point is the decimal mark: {point}. If the comma "
    "is: {comma}"
)
SLIP = mark(
    "{cells} may be a slip. If the {mark} stands between thousands: {grouped}. If not: {single}"
)


@dataclass(frozen=True, slots=True)
class Form:
    """Cells of one column that are written alike.

    Attributes
    ----------
    column : str
        Our name.
    plain : bool
        Numbers already: of a workbook, or named by the user.
    outline : str
        As in `numbers`; empty where there is no number.
    zero : bool
        Whether the first digit is a 0: then no mark stands between thousands.
    rows, first, cell : int, int, str
        How many there are, the row of the first, and what stands in it.
    """

    column: str
    plain: bool
    outline: str
    zero: bool
    rows: int
    first: int
    cell: str

    @property
    def parts(self) -> numbers.Parts:
        """What they are made of; nothing for numbers that have no marks of their own."""
        if self.plain or not self.outline:
            return numbers.Parts("", "", False, "")
        return numbers.parts(self.outline)

    @property
    def digits(self) -> str:
        """The number with its marks."""
        digits = self.parts.digits
        return digits.replace("1", "0", 1) if self.zero else digits

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """The decimal and thousands marks under which these are numbers."""
        if not numbers.is_currency(self.parts.currency):
            return set()
        return {pair for pair in PAIRS if re.fullmatch(numbers.digits(*pair), self.digits)}

    @property
    def doubtful(self) -> str:
        """The one mark that may stand between thousands, may be decimal, or a slip; empty: none such."""
        found = DOUBTFUL.fullmatch(self.digits)
        if not found:
            return ""
        return next(sign for sign, all_of_it in numbers.GROUPS.items() if found[1] in all_of_it)


@dataclass(frozen=True, slots=True)
class Marks:
    """What was found: the marks, what only the user can say, and the columns that wait for it."""

    decimal: str = "."
    thousands: str = ""
    questions: tuple[str, ...] = ()
    unsettled: frozenset[str] = frozenset()

    def reads(self, form: Form) -> bool:
        """Return whether cells of this form are numbers."""
        return form.plain or (self.decimal, self.thousands) in form.pairs

    def cells(self, found: Sequence[Form]) -> tuple[int, int]:
        """Return how many cells have the decimal mark, and how many the mark between thousands."""
        written = [form for form in found if not form.plain and self.reads(form)]
        single = sum(form.rows for form in written if self.decimal in form.digits)
        grouped = sum(form.rows for form in written if (self.decimal, "") not in form.pairs)
        return single, grouped


def forms(column: str, numbered, cell, plain) -> list[Form]:
    """Return the forms of one column, the first in the file first: one query.

    Parameters
    ----------
    column : str
        Our name.
    numbered : ibis.Table
        The table with `ROW`.
    cell, plain : ibis expressions of it
        What stands in the cells, null where empty; whether a program wrote it.
    """
    cells = numbered.select(
        ROW, cell=cell, plain=plain, outline=numbers.outline(cell), zero=cell.re_search(r"^\D*0")
    )
    return [Form(column, **form) for form in counted(cells, "plain", "outline", "zero")]


def decided(
    table: str, found: Sequence[Form], theirs: Mapping[str, str], strong: set[str], asked: Format
) -> Marks:
    """Return the marks of a table.

    Parameters
    ----------
    table : str
        Name of the contract.
    found : sequence of Form
        Of all columns that are numbers, or may be.
    theirs : mapping of str to str
        Our name -> the name in the file.
    strong : set of str
        The columns that must be numbers: what they show goes before what others show.
    asked : Format
        What the user has set, which is never questioned.
    """
    written = [form for form in found if not form.plain]
    told = asked.decimal or _other(asked.thousands)
    votes = _votes([form for form in written if form.column in strong], asked)
    votes = votes or _votes(written, asked)
    if not told and len(set(votes.values())) == 1 < len(votes):
        return _tied(table, written, theirs)
    decimal = told or max(votes, key=votes.get, default="")
    thousands = asked.thousands
    if thousands is None:
        thousands = _thousands(written, decimal or ".")
    contested = len(votes) > 1 and not told
    shaken = {form.column for form in written if contested or _has_both(form.column, written)}
    unknown: dict[str, list[Form]] = {}
    for form in written:
        meant = form.doubtful in (told, asked.thousands) or asked.thousands == ""
        clear = decimal and form.doubtful in (decimal, thousands) and form.column not in shaken
        if form.doubtful and not meant and not clear:
            unknown.setdefault(form.doubtful, []).append(form)
    return Marks(
        decimal or ".",
        thousands,
        tuple(_questions(table, unknown, theirs, asked)),
        # a contested table is read as most of it is written, so that the rest can be listed
        frozenset(form.column for each in unknown.values() for form in each if not contested),
    )


def _votes(written: Sequence[Form], asked: Format) -> dict[str, int]:
    """Return decimal mark -> cells that can have no other."""
    votes = Counter()
    for form in written:
        pairs = {pair for pair in form.pairs if asked.thousands in (None, pair[1])}
        decimals = {decimal for decimal, _ in pairs}
        if len(decimals) == 1:
            votes[decimals.pop()] += form.rows
    return votes


def _thousands(written: Sequence[Form], decimal: str) -> str:
    """Return the mark between thousands that most cells show beyond doubt; empty: none does."""
    votes = Counter()
    for form in written:
        if (decimal, "") not in form.pairs and not form.doubtful:
            votes.update({mark: form.rows for own, mark in form.pairs if own == decimal})
    return max(votes, key=votes.get, default="")


def _has_both(column: str, written: Sequence[Form]) -> bool:
    """Return whether a column has cells like 1.234 and cells like 1,234."""
    return {".", ","} <= {form.doubtful for form in written if form.column == column}


def _questions(table: str, unknown: Mapping[str, list[Form]], theirs, asked: Format):
    """Ask what each doubtful mark means, with the line for each answer."""

    def way(decimal: str | None = None, thousands: str | None = None) -> str:
        chosen = {"decimal": decimal, "thousands": thousands}
        named = {name: NAMES[sign] for name, sign in chosen.items() if sign is not None}
        return parameter("formats", table, named)

    if {".", ","} <= set(unknown):
        points, commas = (shown(unknown[sign], theirs) for sign in ".,")
        ways = {"point": way(".", ","), "comma": way(",", ".")}
        yield say(BOTH, points=points, commas=commas, **ways)
    for sign, doubtful in unknown.items():
        told = {"cells": shown(doubtful, theirs), "mark": say(WORDS[sign])}
        if sign not in ".,":
            yield say(SLIP, **told, grouped=way(thousands=sign), single=way(thousands=""))
        elif _other(sign) not in unknown:
            single = way(asked.decimal, "") if asked.decimal else way(sign)
            yield say(TWO_WAYS, **told, single=single, grouped=way(_other(sign), sign))


def _tied(table: str, written: Sequence[Form], theirs) -> Marks:
    """Return the question where as many cells show a decimal comma as a decimal point."""
    points, commas = (
        [
            form
            for form in written
            if not form.doubtful and {pair[0] for pair in form.pairs} == {mark}
        ]
        for mark in ".,"
    )
    question = say(
        "as many numbers have a decimal point, {points}, as a decimal comma, {commas}. Say which it is: "
        "{way}",
        points=shown(points, theirs),
        commas=shown(commas, theirs),
        way=way_out(table, "decimal", "point", "comma"),
    )
    columns = frozenset(form.column for form in written)
    return Marks(questions=(question,), unsettled=columns)


def _other(sign: str | None) -> str:
    """Return point for comma and comma for point; empty for any other mark."""
    return {".": ",", ",": "."}.get(sign, "")
