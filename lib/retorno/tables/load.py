"""Loading a table: from a file, a frame or a public set to our columns, typed and checked.

Everything stays in the engine; pandas never sees a row. A table that breaks its contract is refused with
one TableError that lists every problem. Nothing is dropped and nothing is mended.
"""

from dataclasses import dataclass
from typing import Any

from retorno.language import say
from retorno.tables import checks
from retorno.tables.columns import Contract
from retorno.tables.contracts import contract
from retorno.tables.engine import connect
from retorno.tables.names import mapped
from retorno.tables.problems import broken, missing, refusal
from retorno.tables.public import locate
from retorno.tables.sources import Given, opened


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table read and checked.

    Attributes
    ----------
    contract : Contract
        What was asked of it.
    label : str
        Name of the file, empty for a frame.
    theirs, kinds : dict of str to str
        Our name -> the name in the file; our name -> the kind.
    frame : ibis.Table
        The columns under our names, in the engine.
    """

    contract: Contract
    label: str
    theirs: dict[str, str]
    kinds: dict[str, str]
    frame: Any


def load(table: str, source, *, columns=None, values=None, con=None) -> Loaded:
    """Return a table as `retorno.tables.read.read` does, with what is known of its columns."""
    asked = contract(table)
    columns, values = dict(columns or {}), dict(values or {})
    con = con or _engine_of(source) or connect()
    with opened(table, _place(source), con) as given:
        theirs, problems = mapped(asked, given.header, columns, values)
        if not any(name in asked for name in theirs):
            raise refusal(table, given.label, problems + _no_column(asked, given, columns))
        positions = {ours: f"c{given.header.index(name)}" for ours, name in theirs.items()}
        kinds = _kinds(asked, given.cells, positions, values)
        expressions = checks.converted(given.cells, positions, kinds, values)
        frame = _stored(con, table, given.cells.select(**expressions))
        if frame.count().to_pyarrow().as_py() == 0:
            _dropped(con, frame)
            raise refusal(table, given.label, [*problems, say("there is no row of data.")])
        failures = checks.failures(asked, frame)
        if problems or failures:
            _dropped(con, frame)
            problems += _told(asked, failures, given, theirs, positions, columns, values, con)
            raise refusal(table, given.label, problems)
    return Loaded(asked, given.label, theirs, kinds, frame.select(*theirs))


def _place(source):
    """Return the path of a file or public set; what is no path as it is."""
    return locate(source) if isinstance(source, str) or hasattr(source, "__fspath__") else source


def _engine_of(source):
    find = getattr(source, "_find_backends", None)
    backends = find()[0] if find else []
    return backends[0] if backends else None


def _stored(con, table: str, expression):
    """Return the expression as a table of the engine; nothing stays behind when that fails."""
    import ibis

    name = ibis.util.gen_name(table)
    try:
        return con.create_table(name, expression, temp=True)
    except BaseException:
        con.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
        raise


def _dropped(con, frame) -> None:
    con.raw_sql(f'DROP TABLE "{frame.op().name}"')


def _kinds(asked: Contract, given, positions: dict[str, str], values) -> dict[str, str]:
    """Return the kind of every column; another column is a number when all its cells are."""
    other = [name for name in positions if name not in asked]
    kinds = {name: asked[name].kind for name in positions if name in asked}
    if not other:
        return kinds
    numbers = checks.converted(given, positions, dict.fromkeys(other, "number") | kinds, values)
    flags = {name: numbers[checks.UNREADABLE + name].any() for name in other}
    temporal = {name for name in other if given[positions[name]].type().is_temporal()}
    unreadable = given.aggregate(**flags).to_pyarrow().to_pylist()[0]
    return kinds | {n: "text" if unreadable[n] or n in temporal else "number" for n in other}


def _no_column(asked: Contract, given: Given, columns) -> list[str]:
    """Return the sentence for a table without any of our columns: mostly a delimiter not understood."""
    required = [column.name for column in asked if column.required]
    if len(given.header) > 1 or given.first_row == 1:
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


def _told(asked, failures, given, theirs, positions, columns, values, con) -> list[str]:
    """Return one sentence for each failure; rows are counted in the table as it was given."""
    absent = [name for name, rule in failures if rule == checks.ABSENT and name not in columns]
    problems = [missing(asked, absent, given.header)] if absent else []
    cell_failures = [(name, rule) for name, rule in failures if rule != checks.ABSENT]
    if cell_failures:
        spoken_of = [checks.concerned(asked, name, rule) for name, rule in cell_failures]
        needed = sorted({positions[column.name] for each in spoken_of for column in each})
        stored = _stored(con, asked.name, given.cells.select(*needed))
        for (name, rule), concerned in zip(cell_failures, spoken_of, strict=True):
            found = checks.broken_cells(rule, concerned, stored, given.first_row, positions, values)
            problems.append(broken(rule, asked[name], theirs, asked.name, found))
        _dropped(con, stored)
    return problems
