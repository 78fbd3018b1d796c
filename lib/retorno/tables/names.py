"""Which column of a file is which of ours, and what is wrong with the names."""

from collections.abc import Iterable, Mapping, Sequence

from retorno.language import mark, say
from retorno.tables.columns import Contract
from retorno.tables.problems import listed, nearest, quoted


def mapped(
    asked: Contract, header: Sequence[str], columns: Mapping[str, str], values: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """Return our name -> their name for every column to keep, and the problems with the names.

    Parameters
    ----------
    asked : Contract
    header : sequence of str
        The names in the file.
    columns : mapping of str to str
        Our name -> their name, where the user says they differ.
    values : iterable of str
        The columns whose values the user translates.
    """
    theirs = {name: columns.get(name, name) for name in asked.names}
    theirs = {ours: name for ours, name in theirs.items() if name in header}
    extra = []
    if asked.extra:
        extra = [name for name in header if name not in theirs.values()]
    problems = _of_columns(asked, header, columns)
    problems += _unnamed(header, extra) + _twice(header, [*theirs.values(), *extra])
    kept = dict(theirs)
    folded = {name.casefold() for name in kept}
    for name in dict.fromkeys(name for name in extra if name):
        if name.casefold() in folded:
            problems.append(_clash(name))
        else:
            folded.add(name.casefold())
            kept[name] = name
    return kept, problems + _of_values(asked, [*asked.names, *extra], values)


def _of_columns(asked: Contract, header: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    problems = []
    for ours, name in columns.items():
        if ours not in asked:
            message = mark("columns: {ours} is no column of {table}; there are {names}.")
            message = say(message, ours=repr(ours), table=asked.name, names=", ".join(asked.names))
            problems.append(message + nearest(ours, asked.names))
        elif name not in header:
            message = mark(
                "columns: {ours} is to be {name}, which the file does not have. It has {header}."
            )
            message = say(message, ours=ours, name=quoted(str(name)), header=listed(header))
            problems.append(message + nearest(str(name), header))
    return problems


def _of_values(asked: Contract, known: Sequence[str], values: Iterable[str]) -> list[str]:
    message = mark("values: {column} is no column of {table}; there are {names}.")
    return [
        say(message, column=repr(column), table=asked.name, names=", ".join(known))
        + nearest(column, known)
        for column in values
        if column not in known
    ]


def _unnamed(header: Sequence[str], extra: Sequence[str]) -> list[str]:
    if "" not in extra:
        return []
    positions = [position for position, name in enumerate(header, start=1) if not name]
    return [say("the header has no name for column {n}.", n=position) for position in positions]


def _twice(header: Sequence[str], kept: Iterable[str]) -> list[str]:
    message = mark("the header names {name} {n} times. Rename all but one.")
    return [
        say(message, name=quoted(name), n=header.count(name))
        for name in dict.fromkeys(kept)
        if name and header.count(name) > 1
    ]


def _clash(name: str) -> str:
    return say(
        "two columns would be called {name} (capitals do not tell them apart). Rename one.",
        name=quoted(name),
    )
