"""SPSS and Stata files: typed columns, labels of values, values declared as missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retorno.language import integer, mark, say
from retorno.tables.contracts import contract
from retorno.tables.formats import Fact, way_out
from retorno.tables.problems import listed, quoted, refusal
from retorno.tables.sources.given import Given, positions

USES = frozenset({"encoding", "decimal", "thousands", "dates"})
STATA_BEGINS, STATA_ENDS = b"<stata_dta>", b"</stata_dta>"  # since Stata 13

OF_TEXT = (
    "Unable to convert string",
    "unsupported character set",
)  # what pyreadstat says of letters


@contextmanager
def opened(table, source, con, asked, wanted):
    """Give an SPSS or Stata file; TableError when it is none, is cut short or in another encoding."""
    import ibis

    _refuse_cut(table, source)
    columns, about = _read(table, source, asked.encoding)
    used = [name for name in columns if name in wanted or contract(table).extra]
    facts = [
        *_kind_of_file(source, asked.encoding or about.file_encoding),
        *_labelled(used, about),
        *_declared_missing(table, source, asked.encoding, {name: columns[name] for name in used}),
    ]
    yield Given(
        source.name,
        list(columns),
        1,
        ibis.memtable(_arrow(columns)),
        facts=tuple(facts),
        uses=USES,
        labels=_labels(about),
    )


def _is_stata(path: Path) -> bool:
    return path.suffix.lower() == ".dta"


def _refuse_cut(table: str, path: Path) -> None:
    """Refuse a Stata file without its end: pyreadstat reads it and gives no labels."""
    with path.open("rb") as file:
        begins, size = file.read(len(STATA_BEGINS)), file.seek(0, 2)
        file.seek(max(0, size - len(STATA_ENDS)))
        ends = file.read()
    if not size:
        raise refusal(table, path.name, [say("the file is empty.")])
    if begins == STATA_BEGINS and ends != STATA_ENDS:
        raise refusal(table, path.name, [say("the file is cut short: its end is missing.")])


def _read(table: str, path: Path, encoding: str | None, **options):
    """Return the columns, name -> values as a list (None: missing), and pyreadstat's word on them."""
    import pyreadstat

    read = pyreadstat.read_dta if _is_stata(path) else pyreadstat.read_sav
    try:
        if encoding and "a".encode(encoding) != b"a":  # UTF-16, say, in which no such file is
            raise refusal(table, path.name, [_other_encoding(table, encoding)])
        return read(str(path), encoding=encoding, output_format="dict", **options)
    except OverflowError as error:
        problem = say("a date lies outside the calendar ({reason}).", reason=error)
        raise refusal(table, path.name, [problem]) from error
    except (pyreadstat.ReadstatError, LookupError, UnicodeError) as error:
        problem = say("the file cannot be read: {reason}.", reason=error)
        if isinstance(error, UnicodeError) or any(words in str(error) for words in OF_TEXT):
            problem = _other_encoding(table, encoding)
        raise refusal(table, path.name, [problem]) from error


def _other_encoding(table: str, encoding: str | None) -> str:
    message = mark("its text is not in the encoding the file names. Say which it is: {way}")
    if encoding:
        message = mark("its text cannot be read as {encoding}. Say which encoding it is: {way}")
    ways = [name for name in ("cp1252", "utf-8") if name != encoding]
    return say(message, encoding=encoding, way=way_out(table, "encoding", *ways))


def _arrow(columns):
    """Return the columns as an Arrow table: numbers, dates and times as they are, texts without padding."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = {}
    for place, values in zip(positions(list(columns)), columns.values(), strict=True):
        column = pa.array(values)
        is_text = pa.types.is_string(column.type)
        cells[place] = pc.utf8_rtrim(column, " ") if is_text else column
    return pa.table(cells)


def _labels(about) -> dict[str, dict[str, str]]:
    """Return the labels of values, by column and by the value as text: 1.0 is "1"."""
    return {
        name: {_code(value): label for value, label in labels.items()}
        for name, labels in about.variable_value_labels.items()
    }


def _code(value) -> str:
    text = str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


# What is to be said -------------------------------------------------------------------------------


def _kind_of_file(path: Path, encoding: str | None) -> Iterator[Fact]:
    yield Fact(say("Kind of file"), "Stata" if _is_stata(path) else "SPSS")
    if encoding:
        yield Fact(say("Letters written in"), encoding)


def _labelled(used: list[str], about) -> Iterator[Fact]:
    """Yield which columns have labels, and which are to have some that are not in the file."""
    named = [name for name in used if name in about.variable_value_labels]
    if named:
        yield Fact(say("Labels of values"), listed(named))
    labels = about.variable_to_label
    if lost := [name for name in used if name in labels and name not in named]:
        how = mark("{columns}; the file may be cut short")
        yield Fact(say("Labels that are not in the file"), say(how, columns=listed(lost)))


def _declared_missing(table: str, path: Path, encoding: str | None, used) -> Iterator[Fact]:
    """Yield how many values of a column the file itself declares as missing: they are read as empty."""
    empty = {name: values.count(None) for name, values in used.items() if None in values}
    if not empty:
        return
    columns, _ = _read(table, path, encoding, usecols=list(empty), user_missing=True)
    for name, values in columns.items():
        if n := empty[name] - values.count(None):
            how = say("column {name}: {n}, read as empty", name=quoted(name), n=integer(n))
            yield Fact(say("Declared as missing"), how)
