"""Which of day and month comes first: decided from all dates of a table, or asked.

A part above 12 is a day and shows the order of all dates of the table. Where every day is 12 or less
nothing shows it, and it is asked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retorno.language import integer, mark, say, say_n
from retorno.tables import dates
from retorno.tables.formats import ORDERS, Fact, Format, way_out
from retorno.tables.forms import cells, counted, shown
from retorno.tables.problems import named
from retorno.tables.sources.given import ROW

SHOWN_BY = {"day first": "dmy", "month first": "mdy"}


@dataclass(frozen=True, slots=True)
class Form:
    """Cells of one column that are written alike.

    Attributes
    ----------
    column : str
        Our name.
    shape : str or None
        One of the names in `dates.patterns`; "serial" for a day kept as a number; None: no date.
    shows : str
        What the parts above 12 show: "day first", "month first", "either" where none is above 12,
        else "nothing".
    rows, first, cell : int, int, str
        How many there are, the row of the first, and what stands in it.
    """

    column: str
    shape: str | None
    shows: str
    rows: int
    first: int
    cell: str


@dataclass(frozen=True, slots=True)
class Order:
    """What was found: the order, what only the user can say, and the columns that wait for it."""

    order: str = "ymd"
    facts: tuple[Fact, ...] = ()
    questions: tuple[str, ...] = ()
    unsettled: frozenset[str] = frozenset()


def forms(column: str, numbered, cell, serial) -> list[Form]:
    """Return the forms of one column of dates, the first in the file first: one query.

    Parameters
    ----------
    column : str
        Our name.
    numbered : ibis.Table
        The table with `ROW`.
    cell, serial : ibis expressions of it
        What stands in the cells, null where empty; whether it is a day kept as a number.
    """
    import ibis

    cells = numbered.select(ROW, cell=cell, low=cell.lower(), serial=serial)
    cells = cells.mutate(shape=cells.serial.ifelse("serial", dates.shapes(cells.low)))
    over = "(?:1[3-9]|[2-9][0-9])"  # above 12
    first, second = (cells.low.re_search(rf"^\s*{day}{over}\D") for day in ("", r"\d+\D"))
    parts = [part.lpad(2, "0") for part in dates.parts(cells.low)]
    shows = ibis.cases(
        (cells["shape"] != "year last", "nothing"),
        (first & ~second, "day first"),
        (second & ~first, "month first"),
        (first | (parts[0] == parts[1]), "nothing"),
        else_="either",
    )
    cells = cells.mutate(shows=shows)
    return [Form(column, **form) for form in counted(cells, "shape", "shows")]


def decided(table: str, found: Sequence[Form], theirs: Mapping[str, str], asked: Format) -> Order:
    """Return the order of day and month in a table.

    Parameters
    ----------
    table : str
        Name of the contract.
    found : sequence of Form
        Of all columns of dates.
    theirs : mapping of str to str
        Our name -> the name in the file.
    asked : Format
        What the user has set, which is never questioned.
    """
    if asked.dates:
        return Order(asked.dates, tuple(_facts(found, asked.dates, asked)))
    votes = _votes(found)
    tied = len(set(votes.values())) == 1 < len(votes)
    order = "" if tied else max(votes, key=votes.get, default="")
    questions = (
        *_two_ways(table, found, theirs, order, contested=len(votes) > 1),
        *_short_years(table, found, theirs, order),
        *_turned_round(table, found, theirs),
    )
    return Order(
        order or ("dmy" if any(form.shape == "year last" for form in found) else "ymd"),
        tuple(_facts(found, order, asked)),
        tuple(question for question, _ in questions),
        frozenset(column for _, columns in questions for column in columns),
    )


def _votes(found: Sequence[Form]) -> Counter:
    """Return order -> cells that can have no other."""
    votes = Counter()
    for form in found:
        if form.shape == "year last" and form.shows in SHOWN_BY:
            votes[SHOWN_BY[form.shows]] += form.rows
    return votes


def _two_ways(table, found: Sequence[Form], theirs, order: str, contested: bool):
    """Ask where day and month can be turned round, also when the table shows both orders."""
    last = [form for form in found if form.shape == "year last"]
    either = [form for form in last if form.shows == "either"]
    way = way_out(table, "dates", "dmy", "mdy")
    if contested and (either or not order):
        question = say(
            "{cells} can be read in two ways, and the table shows both. Say which of day and month comes "
            "first: {way}",
            cells=shown(either or last, theirs),
            way=way,
        )
    elif either and not order:
        question = say(
            "{cells} can be read in two ways: every day is 12 or less. Say which of day and month comes "
            "first: {way}",
            cells=shown(either, theirs),
            way=way,
        )
    else:
        return
    # a table that shows both is read as most of it is written, so that the rest can be listed
    yield question, () if order else [form.column for form in last]


def _short_years(table, found: Sequence[Form], theirs, order: str):
    """Ask where years have two digits: neither the century nor the order is sure."""
    short = [form for form in found if form.shape in dates.SHORT_YEARS]
    if short:
        orders = (order,) if order else ("dmy", "mdy", "ymd")
        question = say(
            "{cells}: the year has two digits. Write four, or say in which order the parts stand: {way}. "
            "Then 69 to 99 are years of the 1900s and 00 to 68 of the 2000s.",
            cells=shown(short, theirs),
            way=way_out(table, "dates", *orders),
        )
        yield question, [form.column for form in short]


def _turned_round(table, found: Sequence[Form], theirs):
    """Ask where a spreadsheet has taken some dates for its own and left as text those it could not."""
    for column in dict.fromkeys(form.column for form in found):
        own = [form for form in found if form.column == column]
        true = [form for form in own if form.shape in ("year first", "serial")]
        text = [form for form in own if form.shape == "year last"]
        shows = {form.shows for form in text}
        if true and len(shows) == 1 and (by := shows.pop()) in SHOWN_BY:
            question = say(
                "{column} has true dates, {true}, and dates that stayed text, {text}, all of them with a "
                "day above 12. A spreadsheet has probably turned day and month of the others round. Export "
                "the dates again as 2024-12-31; if they are right as they are: {way}",
                column=named(column, theirs[column]),
                true=cells(true),
                text=cells(text),
                way=way_out(table, "dates", SHOWN_BY[by]),
            )
            yield question, ()


def _facts(found: Sequence[Form], order: str, asked: Format):
    """Tell the order and how many dates show it, and what is read beside plain dates."""
    last = sum(form.rows for form in found if form.shape == "year last")
    if asked.dates:
        yield Fact(say("Dates"), say("{how} (set)", how=say(ORDERS[order])))
    elif order:
        votes = _votes(found)
        shown_by = {"n": integer(votes[order]), "total": integer(last), "order": say(ORDERS[order])}
        against = votes.total() - votes[order]
        if against:
            message = mark("{order} (shown by {n} of {total} dates, the contrary by {against})")
        else:
            message = mark("{order} (shown by {n} of {total} dates)")
        yield Fact(say("Dates"), say(message, **shown_by, against=integer(against)))
    counts = Counter()
    for form in found:
        counts[form.shape] += form.rows
    if n := counts["compact"]:
        how = say_n("{n} cell, as year, month, day", "{n} cells, as year, month, day", n)
        yield Fact(say("Dates without marks"), how)
    if n := counts["serial"]:
        yield Fact(say("Dates kept as numbers"), say_n("{n} cell", "{n} cells", n))
    if asked.dates and (n := sum(counts[shape] for shape in dates.SHORT_YEARS)):
        century = say_n(
            "{n} cell; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068",
            "{n} cells; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068",
            n,
        )
        yield Fact(say("Years of two digits"), century)
