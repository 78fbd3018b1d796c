"""How numbers and dates are written in a table: found in all its cells, set by the user, or asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from retorno.language import say, say_n
from retorno.tables import cells, marks, orders
from retorno.tables.cells import Reading
from retorno.tables.formats import WORDS, Fact, Format, Writing
from retorno.tables.forms import cells as first_of
from retorno.tables.problems import listed, named, quoted

NUMBERS = ("number", "money")


@dataclass(frozen=True, slots=True)
class Understood:
    """What is known of a table before its cells are read.

    Attributes
    ----------
    readings : dict of str to Reading
        Our name -> how its cells are read, with the kind and the writing.
    writing : Writing
        How numbers and dates are written.
    problems : tuple of str
        What only the user can say or put right.
    unsettled : frozenset of str
        The columns that mean nothing before it is said.
    """

    readings: dict[str, Reading]
    writing: Writing
    problems: tuple[str, ...] = ()
    unsettled: frozenset[str] = frozenset()


def at_first(frame, readings: Mapping[str, Reading], asked: Format) -> Understood | None:
    """Return how to read a table that a program wrote, to be tried first; None where it cannot be one.

    With these readings a cell that can be read in two ways is not read at all.
    """
    is_set = asked.decimal or asked.thousands is not None or asked.dates
    if is_set or any(reading.kind is None for reading in readings.values()):
        return None
    return Understood(dict(readings), Writing(facts=tuple(_zones(frame, readings))))


def understood(
    table: str,
    numbered,
    readings: Mapping[str, Reading],
    theirs: Mapping[str, str],
    asked: Format,
    currencies: Sequence[str] = (),
) -> Understood:
    """Return how numbers and dates are written, found in all cells.

    Parameters
    ----------
    table : str
        Name of the contract, for the line of a parameter file that settles a question.
    numbered : ibis.Table
        The table as it came, with `ROW`.
    readings : mapping of str to Reading
        Our name -> how its cells are read, the writing not yet known.
    theirs : mapping of str to str
        Our name -> the name in the file.
    asked : Format
        What the user has set, which is never questioned.
    currencies : sequence of str
        The signs that are not written in cells but in the formats of a workbook.
    """
    found = dict(_number_forms(numbered, readings))
    strong = {name for name in found if readings[name].kind is not None}
    decided = marks.decided(table, list(chain(*found.values())), theirs, strong, asked)
    sure = strong | decided.unsettled
    like = {
        name: own for name, own in found.items() if name in sure or all(map(decided.reads, own))
    }
    read = [form for form in chain(*like.values()) if decided.reads(form)]
    order = orders.decided(table, list(_date_forms(numbered, readings)), theirs, asked)
    writing = Writing(
        decimal=decided.decimal,
        thousands=decided.thousands,
        dates=order.order,
        currencies=tuple(dict.fromkeys((*_signs(read), *currencies))),
        facts=(
            *_marks(decided, read, asked),
            *_beside(read),
            *(_unlike(theirs[name], found[name]) for name in found if name not in like),
            *order.facts,
            *_zones(numbered, readings),
        ),
    )
    return Understood(
        {
            name: replace(reading, kind=_kind(numbered, reading, name in like), writing=writing)
            for name, reading in readings.items()
        },
        writing,
        (
            *decided.questions,
            *_several_currencies(read, writing.currencies),
            *_percentages(like, theirs),
            *order.questions,
        ),
        decided.unsettled | order.unsettled,
    )


def _kind(numbered, reading: Reading, is_number: bool) -> str:
    """Return the kind of a column; one that is not of the contract is a number when its type or its cells are."""
    kind = cells.cell_of(numbered, reading).type()
    is_number = is_number or kind.is_numeric() or kind.is_boolean()
    return reading.kind or ("number" if is_number else "text")


def _number_forms(numbered, readings) -> Iterator[tuple[str, list[marks.Form]]]:
    """Return the forms of each column of text that must be a number, or in which every cell may be one."""
    for name, reading in readings.items():
        cell = cells.cell_of(numbered, reading)
        if reading.kind in (None, *NUMBERS) and cell.type().is_string():
            plain = cells.is_plain(numbered, reading)
            forms = marks.forms(name, numbered, cells.text(cell), plain)
            if reading.kind or all(form.plain or form.pairs for form in forms):
                yield name, forms


def _date_forms(numbered, readings) -> Iterator[orders.Form]:
    """Return the forms of all columns of dates that are not dates by their type."""
    for name, reading in readings.items():
        cell = cells.cell_of(numbered, reading)
        if reading.kind == "date" and not cell.type().is_temporal():
            serial = cells.is_serial(numbered, reading)
            yield from orders.forms(name, numbered, cells.text(cell), serial)


def _signs(read: Sequence[marks.Form]) -> dict[str, list[marks.Form]]:
    """Return currency sign -> the forms that have it."""
    signs = {}
    for form in read:
        if form.parts.currency:
            signs.setdefault(form.parts.currency, []).append(form)
    return signs


# What is wrong ------------------------------------------------------------------------------------


def _several_currencies(read: Sequence[marks.Form], signs: Sequence[str]) -> Iterator[str]:
    """Refuse amounts in several currencies: their sum would be none."""
    if len(signs) > 1:
        yield say(
            "amounts are in several currencies: {signs}, as in {cells}. Bring them into one.",
            signs=listed(signs),
            cells=", ".join(first_of(forms) for forms in _signs(read).values())
            or say("the formats"),
        )


def _percentages(like: Mapping[str, Sequence[marks.Form]], theirs) -> Iterator[str]:
    """Refuse a column of percentages and plain numbers: 12 % is 0.12, but is 3 three or 0.03?"""
    for name, forms in like.items():
        percent = [form for form in forms if form.parts.percent]
        plain = [form for form in forms if not form.parts.percent and (form.plain or form.pairs)]
        if percent and plain:
            yield say(
                "{column} has percentages, {percent}, beside plain numbers, {plain}. Write all of them "
                "with the sign, or none.",
                column=named(name, theirs[name]),
                percent=first_of(percent),
                plain=first_of(plain),
            )


# What a reader is told ----------------------------------------------------------------------------


def _marks(decided: marks.Marks, read: Sequence[marks.Form], asked: Format) -> Iterator[Fact]:
    """Tell the marks where they are not those of a program, or were set, and how many cells have them."""
    single, grouped = decided.cells(read)
    if asked.decimal or (single and (decided.decimal == "," or grouped)):
        yield Fact(say("Decimal mark"), _mark(decided.decimal, single, asked.decimal))
    if asked.thousands is not None or grouped:
        yield Fact(say("Thousands mark"), _mark(decided.thousands, grouped, asked.thousands))


def _mark(sign: str, n: int, was_set: str | None) -> str:
    how = say_n("{mark}, in {n} cell", "{mark}, in {n} cells", n, mark=say(WORDS[sign]))
    return how if was_set is None else say("{how} (set)", how=how)


def _beside(read: Sequence[marks.Form]) -> Iterator[Fact]:
    """Tell what stands beside numbers: currencies, per cent, signs that a program would not write."""
    written = [form for form in read if not form.plain]
    for sign, forms in _signs(written).items():
        yield Fact(say("Currency"), f"{quoted(sign)} ({_cells(forms)})")
    told = (
        (say("Per cent, read as fractions"), [form for form in written if form.parts.percent]),
        (say("Negative, in brackets"), _signed(written, "brackets")),
        (say("Negative, with a typographic minus"), _signed(written, "typographic")),
        (say("Negative, with the minus behind"), _signed(written, "behind")),
        (say("With a plus sign"), _signed(written, "plus")),
    )
    yield from (Fact(what, _cells(forms)) for what, forms in told if forms)


def _signed(written: Sequence[marks.Form], sign: str) -> list[marks.Form]:
    return [form for form in written if form.parts.sign == sign]


def _cells(forms: Sequence[marks.Form]) -> str:
    return say_n("{n} cell", "{n} cells", sum(form.rows for form in forms))


def _unlike(theirs: str, forms: Sequence[marks.Form]) -> Fact:
    """Tell of a column of numbers that are not written like the others, so that it is no number here."""
    return Fact(
        quoted(theirs), say("text: numbers written otherwise, {cells}", cells=first_of(forms))
    )


def _zones(frame, readings) -> Iterator[Fact]:
    """Tell of which time zone a day is, where there is a choice."""
    for reading in readings.values():
        kind = frame[reading.place].type()
        if reading.kind == "date" and kind.is_timestamp() and kind.timezone:
            yield Fact(say("Times with a zone"), say("the day is that of UTC"))
            return
