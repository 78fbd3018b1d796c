"""Where a table comes from: one reader for each kind of source, all giving the same thing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from retorno.language import mark, say
from retorno.tables.formats import WORDS, Format
from retorno.tables.problems import nearest, quoted, refusal
from retorno.tables.sources.given import ROW, Given, positions

__all__ = ["READERS", "ROW", "Given", "opened", "positions"]

# Endings -> the module that reads them, each with a function `opened(table, path, con, asked, wanted)`.
READERS = {
    (".csv", ".tsv", ".txt"): "text",
    (".parquet", ".pq"): "parquet",
    (".xlsx", ".xlsm"): "excel",
    (".sav", ".zsav", ".dta"): "labelled",
    (".duckdb", ".ddb", ".sqlite", ".sqlite3", ".db"): "database",
}


@contextmanager
def opened(table: str, source, con, asked: Format, wanted: Collection[str]) -> Iterator[Given]:
    """Open `source` for reading in `con`.

    Parameters
    ----------
    table : str
        Name of the contract, for messages.
    source : Path, str, ibis.Table or pandas.DataFrame
        A file; the address of a database; data in memory.
    con : Ibis backend
    asked : Format
        What the user says of how it is written.
    wanted : collection of str
        The names of columns that are looked for, by which a header is known.

    Raises
    ------
    TableError
        When the source cannot be read: names the lines, rows or sheets.
    """
    reader = _reader(table, source)
    try:
        with reader.opened(table, source, con, asked, wanted) as given:
            _used(table, given, asked)
            yield given
    except (OSError, EOFError) as error:
        raise refusal(table, Path(source).name, [unreadable(source, error)]) from error


def unreadable(path, error: Exception) -> str:
    """Return the sentence for a file that its library cannot read, without a path of this machine."""
    reason = str(error).split("\n")[0].replace(str(path), Path(path).name)
    return say("the file cannot be read: {reason}", reason=reason)


def _reader(table: str, source):
    if not isinstance(source, str | Path):
        return import_module("retorno.tables.sources.memory")
    if "://" in str(source):
        return import_module("retorno.tables.sources.database")
    name = Path(source).name.lower().removesuffix(".gz")
    for endings, module in READERS.items():
        if name.endswith(endings):
            return import_module(f"retorno.tables.sources.{module}")
    raise refusal(table, Path(source).name, [_unsupported(Path(source))])


def _unsupported(path: Path) -> str:
    known = [ending for endings in READERS for ending in endings]
    return say(
        "files ending in {ending} are not read. These are: {known}, and databases by their address.",
        ending=quoted(path.suffix) if path.suffix else say("nothing"),
        known=", ".join(known),
    ) + nearest(path.suffix, known)


def _used(table: str, given: Given, asked: Format) -> None:
    """Stop at a setting that means nothing for this kind of source."""
    message = mark("formats: {name} says nothing about this source; what counts is {names}.")
    for name in Format.__slots__:
        if getattr(asked, name) is not None and name not in given.uses:
            problem = say(message, name=repr(name), names=", ".join(sorted(given.uses)))
            raise refusal(table, given.label, [problem])


def marked(character: str) -> str:
    """Return a mark as a reader knows it: by its name, or itself in quotes."""
    return say(WORDS[character]) if character in WORDS else quoted(character)
