"""Writing a parameter file to start from: what was found, each guess marked, every parameter explained.

Names and values come from files and may hold any character: PyYAML writes them, and a line that would not
be read back as it is meant is written in double quotes.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from retorno.errors import ParameterError, TableError
from retorno.language import SOURCE, current, say
from retorno.tables import connect, locate, places
from retorno.tables.checked import Described
from retorno.tables.columns import Contract
from retorno.tables.contracts import contract
from retorno.tables.formats import Fact, Format
from retorno.tables.guesses import Guesses, guessed
from retorno.tables.problems import listed, parameter
from retorno.tables.public import PUBLIC
from retorno.tables.read import describe
from retorno.tables.sources import opened
from retorno.workbook.parameters import read_parameters, shown
from retorno.workbook.plain_yaml import load
from retorno.workbook.studies import Study, study_of

SECTIONS = ("data", "columns", "values", "formats")  # said for each table
EXAMPLES = {  # of values, by table
    "survey": {"group": {"Solved": "recovered"}},
    "contacts": {"arm": {"Control": "holdout"}},
    "customers": {"referred": {"Sí": "yes"}},
}
NOT_FOUND = "?"  # the name of no column: a run stops at it


def look(
    table: str,
    source: str,
    *,
    columns: Mapping[str, str] | None = None,
    formats: Mapping | None = None,
) -> Guesses:
    """Open a table only to guess at it; TableError when it cannot be opened."""
    asked, columns = contract(table), dict(columns or {})
    place = source if places.is_address(source) else locate(source)
    wanted = {*asked.names, *columns.values()}
    with opened(table, place, connect(), Format.of(formats), wanted) as given:
        return guessed(asked, given, columns)


def parameter_file(
    table: str,
    source: str,
    guesses: Guesses,
    *,
    folder: Path,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping] | None = None,
    formats: Mapping | None = None,
    facts: Sequence[Fact] = (),
) -> str:
    """Return the text of a parameter file for the study that reads `table`.

    Parameters
    ----------
    table, source : str
        Name of the contract; file, address or public set as it was typed.
    guesses : Guesses
        From `look`.
    folder : Path
        Where the parameter file is going to be: paths in it are relative to that.
    columns, values, formats : mapping, optional
        What the user has said already; goes in unmarked, instead of a guess.
    facts : sequence of Fact
        How the file was read.

    Notes
    -----
    A required column that was not found is given as "?", at which a run stops; a password in an
    address is left out.
    """
    study, asked, place = study_of(table), contract(table), _beside(source, folder)
    head = [
        _note(say("Written by retorno check. A line marked as a guess is for you to look at.")),
        _entry("study", study.name),
        _entry("title", f"{study.name}: {Path(place.partition('?')[0]).name}"),
    ]
    return _text(
        head,
        _block("data", _data(study, {table: place})),
        _as_read(table, facts, formats or {}),
        _block("columns", _columns(asked, guesses, columns or {}), table),
        _block("values", _values(asked, guesses, values or {}), table),
        parameters(study),
    )


def write_checked(file: Path, table: str, source: str, *, columns, values, formats) -> Described:
    """Write a parameter file with guesses for a table, and return how the table reads with them.

    The file is written also where the table cannot be read: then its "?" lines are wanted most.
    """
    found = look(table, source, columns=columns, formats=formats)
    said = {"columns": columns, "values": values, "formats": formats}
    guessed = {ours: guess.theirs for ours, guess in found.columns.items()}
    meant = {
        ours: found.values.get(ours, {}) | values.get(ours, {}) for ours in {*found.values, *values}
    }
    text = partial(parameter_file, table, source, found, folder=file.parent, **said)
    try:
        described = describe(
            table, source, columns=guessed | columns, values=meant, formats=formats
        )
    except TableError:
        write(file, text())
        raise
    write(file, text(facts=described.facts))
    return described


def write(file: Path, text: str) -> None:
    """Write a new file; ParameterError when there is one of the name."""
    try:
        with file.open("x", encoding="utf-8", newline="\n") as new:
            new.write(text)
    except FileExistsError:
        message = say("{file} is there already and stays as it is. Name another file.", file=file)
        raise ParameterError(message) from None


def example_file(study: Study, known: Mapping[str, object]) -> str:
    """Return the text of the parameter file beside the example tables, in ``data/<table>.csv``.

    `known` holds the parameters that the example needs, by name; all others are commented out.
    """
    tables = {table: f"data/{table}.csv" for table in study.tables}
    head = [
        _note(say("Run it with: retorno run {file}", file=f"{study.name}.yml")),
        _entry("study", study.name),
        _entry("title", say("{study}: a simulated example", study=study.name)),
    ]
    data = _note(say("One file for each table; these are simulated: nobody in them exists."))
    values = _note(say("Your word for a value, then ours."))
    formats = _note(say("How a file is written, where that is not found by itself."))
    return _text(
        head,
        [data, *_block("data", _data(study, tables))],
        _every_column(study),
        [values, *(_note(parameter("values", t, EXAMPLES[t])) for t in tables if t in EXAMPLES)],
        [
            formats,
            _note(parameter("formats", study.tables[0], {"decimal": "comma", "dates": "dmy"})),
        ],
        parameters(study, known),
    )


def _every_column(study: Study) -> list[str]:
    lines = [say("Our name of a column, then yours, where they differ."), "columns:"]
    for table in study.tables:
        lines.append(f"  {table}:")
        for column in contract(table):
            need = say("required") if column.required else say("optional")
            meaning = say("{need}; {meaning}", need=need, meaning=say(column.meaning))
            lines.append(f"    {column.name}: {column.name}  # {meaning}")
    return [_note(line) for line in lines]


def parameters(study: Study, known: Mapping[str, object] | None = None) -> list[str]:
    """Return a line for every parameter of a study: default, unit, meaning; `known` ones have a value.

    Whoever asks in another language gets reports in it.
    """
    known = ({} if current() == SOURCE else {"language": current()}) | dict(known or {})
    lines = [_note(say("The parameters of the study, with their defaults, units and meanings."))]
    for each in read_parameters(study.notebook):
        if each.name not in SECTIONS:
            value = shown(known.get(each.name, each.default))
            told = f"{each.unit}: {each.meaning}" if each.unit else each.meaning
            line = f"{each.name}: {value}  # {told}"
            lines.append(line if each.name in known else _note(line))
    return lines


Line = tuple[bool, str]  # whether it counts, or is commented out; its text


def _data(study: Study, given: Mapping[str, str]) -> Iterable[Line]:
    for table in study.tables:
        row = say("a row is {row}", row=say(contract(table).row))
        yield table in given, f"{_entry(table, given.get(table, '...'))}  # {row}"


def _columns(asked: Contract, guesses: Guesses, columns: Mapping[str, str]) -> Iterable[Line]:
    for column in asked:
        name, meaning = column.name, say(column.meaning)
        if name in columns:
            yield True, _entry(name, columns[name])
        elif name in guesses.columns:
            found = guesses.columns[name]
            why = say("guess: {why}; wanted is: {meaning}", why=found.why, meaning=meaning)
            yield True, f"{_entry(name, found.theirs)}  # {why}"
        elif column.required and name not in guesses.header:
            told = say("not found: name the column; wanted is: {meaning}", meaning=meaning)
            yield True, f"{_entry(name, NOT_FOUND)}  # {told}"
        elif name not in guesses.header:
            yield False, f"{_entry(name, '...')}  # {say('optional: {meaning}', meaning=meaning)}"


def _values(asked: Contract, guesses: Guesses, values: Mapping[str, Mapping]) -> Iterable[Line]:
    for ours in dict.fromkeys([*values, *guesses.values, *guesses.unread]):
        said, guessed = values.get(ours, {}), guesses.values.get(ours, {})
        guessed = {theirs: mine for theirs, mine in guessed.items() if theirs not in said}
        yield bool(said or guessed), f"{ours}:"
        for theirs, mine in said.items():
            yield True, f"  {_entry(theirs, mine)}"
        for theirs, mine in guessed.items():
            yield True, f"  {_entry(theirs, mine)}  # {say('guess: from its words')}"
        there = listed(asked[ours].allowed or ("yes", "no")) if ours in asked else "..."
        for theirs in guesses.unread.get(ours, ()):
            if theirs not in said:
                told = say("not known; there is {names}", names=there)
                yield False, f"  {_entry(theirs, '...')}  # {told}"


def _as_read(table: str, facts: Sequence[Fact], formats: Mapping) -> list[str]:
    """Return how the file was read, as comments, and what the user has set."""
    lines = [_note(say("How the file was read; what is wrong here is set under formats."))]
    for fact in facts:
        found = say("found: {what}: {how}", what=fact.what, how=fact.how)
        lines += [_note(f"  {line}") for line in found.splitlines()]
    if not formats:
        return [*lines, _note(parameter("formats", table, {"decimal": "comma", "dates": "dmy"}))]
    return [*lines, *_block("formats", [(True, _entry(*each)) for each in formats.items()], table)]


def _block(name: str, lines: Iterable[Line], *heads: str) -> list[str]:
    """Return a part of the file under its name; as a whole commented out when no line of it counts."""
    lines = list(lines)
    if not lines:
        return []
    off = "" if any(counts for counts, _ in lines) else "# "
    whole = [f"{off}{'  ' * depth}{head}:" for depth, head in enumerate((name, *heads))]
    for counts, text in lines:
        inner = text.lstrip(" ")  # a name may begin with a space of another kind
        indent = "  " * (1 + len(heads)) + " " * (len(text) - len(inner))
        whole.append(f"{off}{indent}{inner}" if counts or off else f"{indent}# {inner}")
    return whole


def _entry(name: str, value) -> str:
    """Return a name and its value as one line of YAML.

    Examples
    --------
    >>> _entry("amount", "Importe: total"), _entry("1e3", "holdout")
    ("amount: 'Importe: total'", '"1e3": "holdout"')
    """
    line = _dumped({name: value})
    if "\n" in line or load(line) != {name: value}:
        line = ": ".join(_dumped(each, default_style='"') for each in (name, value))
    return line


def _dumped(value, **style) -> str:
    import yaml

    text = yaml.safe_dump(value, allow_unicode=True, width=float("inf"), **style)
    return text.removesuffix("\n")


def _text(*parts: Sequence[str]) -> str:
    """Return the parts, each a list of lines, with a blank line between them."""
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _note(text: str) -> str:
    return f"# {text}"


def _beside(source: str, folder: Path) -> str:
    """Return a source as a file in `folder` names it; an address without its password."""
    scheme, address, rest = source.partition("://")
    if scheme in places.SERVERS and address:
        return places.shown(source).replace(f":{places.HIDDEN}", "")
    path = rest.removeprefix("/") if address else source
    if path not in PUBLIC and not Path(path).is_absolute():
        path = Path(os.path.relpath(path, folder)).as_posix()
    return f"{scheme}:///{path}" if address else path
