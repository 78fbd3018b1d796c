"""Loading a table: from a file, a database, a frame or a public set to our columns, typed and checked.

Everything stays in the engine; pandas sees only rows that are set aside. A table that breaks its contract
is refused with one TableError that lists every problem, unless its bad rows are to be set aside.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from retorno.errors import ParameterError
from retorno.language import say
from retorno.tables import checks
from retorno.tables.cells import Reading, words
from retorno.tables.columns import Contract
from retorno.tables.contracts import contract
from retorno.tables.engine import connect
from retorno.tables.formats import Fact, Format
from retorno.tables.names import mapped
from retorno.tables.problems import missing, refusal, told
from retorno.tables.public import locate
from retorno.tables.set_aside import SetAside, set_aside
from retorno.tables.sources import ROW, Given, opened
from retorno.tables.writing import understood

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
    theirs, kinds : dict of str to str
        Our name -> the name in the file; our name -> the kind.
    frame : ibis.Table or None
        The columns under our names, in the engine; None while a question is open.
    currencies : tuple of str
        The currency signs beside amounts.
    problems : tuple of str
        What is wrong with it, a sentence each; empty: nothing.
    set_aside : SetAside or None
        The bad rows, when they were to be set aside and there are any.
    """

    contract: Contract
    label: str
    facts: tuple[Fact, ...]
    rows: int
    theirs: dict[str, str]
    kinds: dict[str, str]
    frame: Any
    currencies: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    set_aside: SetAside | None = None

    def drop(self) -> None:
        """Take the table out of the engine again."""
        if self.frame is not None:
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
    on_bad_rows: str = "stop",
    con=None,
) -> Loaded:
    """Return what can be understood of a table, and what is wrong with it.

    Parameters as for `retorno.tables.read.read`. A table that cannot be opened, has none of our
    columns or no row raises a TableError.
    """
    asked, written = contract(table), Format.of(formats)
    _check_choice(on_bad_rows)
    columns, values = dict(columns or {}), dict(values or {})
    con = con or _engine_of(source) or connect()
    wanted = {*asked.names, *columns.values()}
    with opened(table, _place(source), con, written, wanted) as given, Scratch(con) as scratch:
        theirs, problems = mapped(asked, given.header, columns, values)
        if not any(name in asked for name in theirs):
            raise refusal(table, given.label, problems + _no_column(asked, given, columns))
        readings = _readings(asked, given, theirs, values)
        cells = scratch.stored(given.cells) if given.once else given.cells
        writing, kinds, questions = understood(table, cells, readings, theirs, written)
        readings = {
            name: replace(reading, kind=kinds[name], writing=writing)
            for name, reading in readings.items()
        }
        frame = scratch.stored(
            cells.select(*given.unfit.values(), **checks.converted(cells, readings))
        )
        rows = frame.count().to_pyarrow().as_py()
        if rows == 0:
            raise refusal(table, given.label, [*problems, say("there is no row of data.")])
        found = partial(
            Loaded,
            contract=asked,
            label=given.label,
            facts=given.facts + writing.facts,
            rows=rows,
            theirs=theirs,
            kinds=kinds,
            currencies=writing.currencies,
        )
        if questions:
            return found(frame=None, problems=(*problems, *questions))
        absent, failures = checks.failures(asked, frame, given.unfit)
        if unnamed := [name for name in absent if name not in columns]:
            problems.append(missing(asked, unnamed, given.header))
        aside = None
        if failures and on_bad_rows == "set_aside" and not problems and not absent:
            aside = set_aside(scratch.numbered(given), failures, readings, given.header, theirs)
            frame = frame.filter(~checks.any_rows(frame, failures))
            if aside.rows == rows:
                raise refusal(table, given.label, [aside.sentence()])
        elif failures:
            numbered = scratch.numbered(given)
            problems += [
                told(broken, theirs, table, checks.broken_cells(broken, numbered, readings))
                for broken in failures
            ]
        kept = scratch.stored(frame.select(*theirs), keep=True)
    return found(frame=kept, problems=tuple(problems), set_aside=aside)


class Scratch:
    """Tables kept in the engine while a table is read; they are gone when the block ends."""

    def __init__(self, con):
        self.con, self.names = con, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names:
            self.con.raw_sql(f'DROP TABLE IF EXISTS "{name}"')

    def stored(self, expression, *, keep: bool = False):
        """Return the expression as a table of the engine; `keep` lets it outlive the block."""
        import ibis

        name = ibis.util.gen_name("table")
        self.names.append(name)
        table = self.con.create_table(name, expression, temp=True)
        if keep:
            self.names.remove(name)
        return table

    def numbered(self, given: Given):
        """Return all cells as given with the numbers of their rows."""
        if ROW in given.cells.columns:
            return self.stored(given.cells)
        stored = self.stored(given.cells)
        return stored.mutate(**{ROW: stored.rowid() + given.first_row})


def _readings(asked: Contract, given: Given, theirs, values) -> dict[str, Reading]:
    """Return how each column is read, as far as the file and the user say it."""
    readings = {}
    for ours, name in theirs.items():
        place = f"c{given.header.index(name)}"
        kind = asked[ours].kind if ours in asked else None
        readings[ours] = Reading(
            place=place,
            kind=kind,
            words=words(kind, values.get(ours), given.labels.get(name, {})),
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
