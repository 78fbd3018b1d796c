"""Loading a table: from a file, a database, a frame or a public set to our columns, typed and checked.

Everything stays in the engine; pandas sees only rows that are set aside. A table that breaks its contract
is refused with one TableError that lists every problem, unless its bad rows are to be set aside.
"""

from dataclasses import dataclass, field
from typing import Any

from retorno.errors import ParameterError
from retorno.language import say
from retorno.tables import checks
from retorno.tables.cells import LABELLED, Reading, words
from retorno.tables.columns import Contract
from retorno.tables.contracts import contract
from retorno.tables.engine import connect
from retorno.tables.formats import Fact, Format
from retorno.tables.hints import hint
from retorno.tables.items import Items
from retorno.tables.names import mapped
from retorno.tables.problems import missing, refusal, told
from retorno.tables.public import locate
from retorno.tables.scales import Scales
from retorno.tables.set_aside import SetAside, set_aside
from retorno.tables.sources import ROW, Given, opened
from retorno.tables.writing import at_first, understood

ON_BAD_ROWS = ("stop", "set_aside")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table as it was understood.

    Attributes
    ----------
    contract : Contract
        What was asked of it.
    label : str
        Name of the file, empty for a frame.
    facts : tuple of Fact
        How the file and its numbers and dates are written.
    rows : int
        Rows given, with those set aside.
    width : int
        Columns given, also those that are not kept.
    theirs, kinds : dict of str to str
        Our name -> the name in the file; our name -> the kind.
    frame : ibis.Table
        The columns under our names, in the engine, but for those that wait for an answer of the user.
    currencies : tuple of str
        The currency signs beside amounts.
    problems : tuple of str
        What is wrong with it, a sentence each; empty: nothing.
    unreadable : dict of str to int
        Our name -> cells that hold something else than the kind, where there are any.
    scales : Scales
        The scores that are means of several items.
    set_aside : SetAside or None
        The bad rows, when they were to be set aside and there are any.
    """

    contract: Contract
    label: str
    facts: tuple[Fact, ...]
    rows: int
    width: int
    theirs: dict[str, str]
    kinds: dict[str, str]
    frame: Any
    currencies: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unreadable: dict[str, int] = field(default_factory=dict)
    set_aside: SetAside | None = None
    scales: Scales = field(default_factory=Scales)

    def drop(self) -> None:
        """Take the table out of the engine again."""
        self.frame.get_backend().raw_sql(f'DROP TABLE "{self.frame.op().name}"')


def load(table: str, source, **options) -> Loaded:
    """Return a table as `understand` does; TableError lists what is wrong with it."""
    found = understand(table, source, **options)
    if found.problems:
        found.drop()
        raise refusal(table, found.label, found.problems)
    return found


def understand(
    table: str,
    source,
    *,
    columns=None,
    values=None,
    formats=None,
    items=None,
    on_bad_rows: str = "stop",
    level: float = 0.95,
    con=None,
) -> Loaded:
    """Return what can be understood of a table, and what is wrong with it.

    Parameters as for `retorno.tables.read.read`; `level` is the coverage of the intervals of scales.
    A table that cannot be opened, has none of our columns or no row raises a TableError.
    """
    written, columns = Format.of(formats), dict(columns or {})
    means = Items.of(contract(table), items, columns)
    asked, values = means.contract(), means.values(dict(values or {}))
    _check_choice(on_bad_rows)
    con = con or _engine_of(source) or connect()
    wanted = {*asked.names, *columns.values(), *means.wanted}
    with (
        opened(table, _place(source), con, written, wanted) as given,
        Scratch(con, given) as scratch,
    ):
        columns |= means.columns(given.header)
        theirs, problems = mapped(asked, given.header, columns, values)
        problems += means.problems(given.header)
        if not any(name in asked for name in theirs):
            raise refusal(table, given.label, problems + _no_column(asked, given, columns))
        readings = _readings(asked, given, theirs, values)
        read, frame, rows, broken = _read(asked, scratch, readings, theirs, written)
        if rows == 0:
            raise refusal(table, given.label, [*problems, say("there is no row of data.")])
        problems += read.problems
        absent = checks.absent(asked, frame)
        if unnamed := [name for name in absent if name not in columns]:
            problems.append(missing(asked, unnamed, given.header))
        aside, unreadable = None, {}
        if broken and on_bad_rows == "set_aside" and not problems and not absent:
            aside = set_aside(scratch.numbered(), broken, read.readings, given.header, theirs, rows)
            frame = frame.filter(~checks.any_rows(frame, broken))
            if aside.rows == rows:
                raise refusal(table, given.label, [aside.sentence()])
        else:
            sentences, unreadable = _told(table, broken, scratch, theirs, read.readings)
            problems += sentences
        settled = frame.drop(*read.unsettled) if read.unsettled else frame
        named, scored = means.named(theirs), means.scored(settled)
        kinds = {name: reading.kind for name, reading in read.readings.items()}
        return Loaded(
            contract=means.asked,
            label=given.label,
            facts=given.facts + read.writing.facts + means.facts(given.header, theirs),
            rows=rows,
            width=len(given.header),
            theirs=named,
            kinds={name: kinds.get(name, "number") for name in named},
            frame=scratch.kept(scored, [name for name in named if name in scored.columns]),
            currencies=read.writing.currencies,
            problems=tuple(problems),
            unreadable=unreadable,
            scales=means.measured(settled, level=level),
            set_aside=aside,
        )


def _read(asked: Contract, scratch, readings, theirs, written: Format):
    """Return how a table is written; its cells as values, in the engine; its rows; the rules they break.

    A table that a program wrote is read at the first try. Any other is read a second time, with what
    all its cells say of decimal marks and the order of dates.
    """
    given = scratch.given

    def values(cells, read):
        converted = checks.converted(cells, read.readings)
        frame = scratch.stored(cells.select(*given.unfit.values(), **converted))
        return frame, *checks.failures(asked, frame, given.unfit, read.unsettled)

    if first := at_first(given.cells, readings, written):
        frame, rows, broken = values(given.cells, first)
        if not any(each.is_unreadable for each in broken):
            return first, frame, rows, broken
    cells = scratch.numbered()
    read = understood(asked.name, cells, readings, theirs, written, given.currencies)
    return read, *values(cells, read)


def _told(table: str, broken, scratch, theirs, readings) -> tuple[list[str], dict[str, int]]:
    """Return a sentence for each rule that is broken, and how many cells of which columns are not readable."""
    sentences, unreadable = [], {}
    for each in broken:
        cells = checks.broken_cells(each, scratch.numbered(), readings)
        sentence = told(each, theirs, table, cells)
        if each.is_unreadable:
            name = each.columns[0].name
            unreadable[name] = cells.count
            sentence += hint(table, name, each.rule, cells, readings[name])
        sentences.append(sentence)
    return sentences, unreadable


class Scratch:
    """Tables kept in the engine while one is read; they are gone when the block ends."""

    def __init__(self, con, given: Given):
        self.con, self.given, self.names, self._numbered = con, given, [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names:
            self.con.raw_sql(f'DROP TABLE IF EXISTS "{name}"')

    def stored(self, expression):
        """Return the expression as a table of the engine."""
        import ibis

        name = ibis.util.gen_name("table")
        self.names.append(name)
        return self.con.create_table(name, expression, temp=True)

    def numbered(self):
        """Return all cells as given with the numbers of their rows."""
        if self._numbered is None:
            cells = self.stored(self.given.cells)
            if ROW not in cells.columns:
                cells = cells.mutate(**{ROW: cells.rowid() + self.given.first_row})
            self._numbered = cells
        return self._numbered

    def kept(self, frame, columns: list[str]):
        """Return some columns of a stored frame, or of some rows of one, as a table that outlives the block."""
        import ibis

        if not isinstance(frame.op(), ibis.expr.operations.DatabaseTable):
            frame = self.stored(frame)
        name = frame.op().name
        for other in frame.columns:  # a copy would take as long as reading once more
            if other not in columns:
                self.con.raw_sql(f'ALTER TABLE "{name}" DROP COLUMN "{other}"')
        self.names.remove(name)
        return self.con.table(name)


def _readings(asked: Contract, given: Given, theirs, values) -> dict[str, Reading]:
    """Return how each column is read, as far as the file and the user say it."""
    readings = {}
    for ours, name in theirs.items():
        place = f"c{given.header.index(name)}"
        kind = asked[ours].kind if ours in asked else None
        labels = given.labels.get(name, {}) if kind in LABELLED else {}
        readings[ours] = Reading(
            place=place,
            kind=kind,
            words=words(values.get(ours), labels),
            labels=labels,
            native=given.native.get(place),
            epoch=given.epoch,
        )
    return readings


def _check_choice(on_bad_rows: str) -> None:
    if on_bad_rows not in ON_BAD_ROWS:
        raise ParameterError(
            say(
                "on_bad_rows: wanted one of {names}; got {got}.",
                names=", ".join(ON_BAD_ROWS),
                got=repr(on_bad_rows),
            )
        )


def _place(source):
    """Return the path of a file or public set; the address of a database and what is no path as it is."""
    if isinstance(source, str) and "://" in source:
        return source
    return locate(source) if isinstance(source, str) or hasattr(source, "__fspath__") else source


def _engine_of(source):
    find = getattr(source, "_find_backends", None)
    backends = find()[0] if find else []
    return backends[0] if backends else None


def _no_column(asked: Contract, given: Given, columns) -> list[str]:
    """Return the sentence for a table without any of our columns: mostly a delimiter not understood."""
    required = [column.name for column in asked if column.required]
    if len(given.header) > 1 or "delimiter" not in given.uses:
        absent = [name for name in required if name not in columns]
        return [missing(asked, absent, given.header)] if absent else []
    return [
        say(
            "only one column was found; its header reads {header}. Wanted are {names}, separated by "
            "comma, semicolon, tab or bar.",
            header=repr(given.header[0]),
            names=", ".join(required),
        )
    ]
