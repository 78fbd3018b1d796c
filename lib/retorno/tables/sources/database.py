"""Databases: which table of one is meant, and what a reader is told of it."""

from collections.abc import Collection
from contextlib import contextmanager
from pathlib import Path

from retorno.language import integer, say
from retorno.tables.contracts import contract
from retorno.tables.formats import Fact, Format, way_out
from retorno.tables.places import Place, server
from retorno.tables.problems import listed, nearest, quoted, refusal
from retorno.tables.sources.connections import Stored, Table, Unread, connected, sql_name
from retorno.tables.sources.given import Given

USES = frozenset({"decimal", "thousands", "dates", "table", "query"})


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give a table or a query of a database; TableError says why it cannot be read, or asks which table."""
    import ibis

    file = source if isinstance(source, Path) else Place.of(source, Path.cwd()).file
    label = server(source) if file is None else file.name
    name = ibis.util.gen_name("given")
    try:
        yield _given(table, label, connected(file, str(source), con), asked, wanted, name)
    finally:
        con.raw_sql(f"DROP TABLE IF EXISTS {sql_name(name)}")


def _given(
    table: str, label: str, connection, asked: Format, wanted: Collection[str], name: str
) -> Given:
    """Return what is meant, its rows stored in our engine as the table `name`."""
    try:
        with connection as database:
            query, told = _meant(table, label, database, asked, wanted)
            stored = database.stored(query, name)
            facts = (Fact(say("Kind of database"), database.kind), told, *_facts(stored))
    except Unread as unread:
        raise refusal(table, label, [_unreadable(str(unread), asked)]) from unread.__cause__
    return Given(
        label, stored.header, 1, stored.cells, facts=facts, uses=USES, native=stored.native
    )


def _meant(
    table: str, label: str, database, asked: Format, wanted: Collection[str]
) -> tuple[str, Fact]:
    """Return the query to read, and what a reader is told of it."""
    if asked.query is not None:
        return asked.query, Fact(say("Query"), " ".join(asked.query.split()))
    tables = database.tables()
    name, told = _chosen(table, label, tables, asked.table, wanted)
    return f"SELECT * FROM {tables[name].sql}", Fact(say("Table"), told)


def _chosen(
    table: str, label: str, tables: dict[str, Table], asked: str | None, wanted: Collection[str]
) -> tuple[str, str]:
    """Return the name of the table that is meant, and what a reader is told of it."""
    if not tables:
        raise refusal(table, label, [say("the database has no table.")])
    if asked is not None:
        return _named(table, label, tables, asked)
    if len(tables) == 1:
        name = next(iter(tables))
        return name, say("{name}, the only one", name=quoted(name))
    required = sum(column.required for column in contract(table))
    fitting = [
        name for name, each in tables.items() if len({*each.columns} & {*wanted}) >= required
    ]
    if len(fitting) == 1:
        told = say(
            "{name}, of {n} tables the only one with enough of the columns looked for",
            name=quoted(fitting[0]),
            n=integer(len(tables)),
        )
        return fitting[0], told
    raise refusal(table, label, [_question(table, tables, fitting)])


def _named(table: str, label: str, tables: dict[str, Table], asked: str) -> tuple[str, str]:
    """Return the table that the user names, capitals aside where that leaves no doubt."""
    alike = [name for name in tables if name.casefold() == asked.casefold()]
    found = [asked] if asked in tables else alike
    if len(found) == 1:
        return found[0], quoted(found[0])
    problem = say(
        "there is no table {asked}. There are: {names}.", asked=quoted(asked), names=listed(tables)
    )
    raise refusal(table, label, [problem + nearest(asked, tables)])


def _question(table: str, tables: dict[str, Table], fitting: list[str]) -> str:
    """Ask which table is meant: of those that fit, else of all."""
    if fitting:
        return say(
            "{n} tables have enough of the columns looked for: {names}. Say which, or give a query: "
            "{way}",
            n=integer(len(fitting)),
            names=listed(fitting),
            way=way_out(table, "table", *fitting[:3]),
        )
    return say(
        "none of the {n} tables has enough of the columns looked for: {names}. Say which, and what "
        "its columns are called, or give a query: {way}",
        n=integer(len(tables)),
        names=listed(tables),
        way=way_out(table, "table", "..."),
    )


def _facts(stored: Stored) -> list[Fact]:
    """Return what a reader is told of the rows."""
    facts = [Fact(say("Numbers of rows"), say("counted from 1 in the order they were read"))]
    if stored.zoned:
        facts.append(
            Fact(
                say("Times with a zone"),
                say("{names}: the day is that of UTC", names=listed(stored.zoned)),
            )
        )
    return facts


def _unreadable(reason: str, asked: Format) -> str:
    problem = say("the database cannot be read: {reason}.", reason=reason)
    if asked.query is not None:
        problem += " " + say("A query is one SELECT in the database's own SQL.")
    if "password" in reason:
        problem += " " + say(
            "A password is best given in the environment variable PGPASSWORD or in the file ~/.pgpass."
        )
    return problem
