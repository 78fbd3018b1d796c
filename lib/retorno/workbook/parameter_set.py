"""A parameter set: one YAML file that says what a run runs, checked for its shape."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from retorno.errors import ParameterError
from retorno.language import integer, say
from retorno.tables.contracts import contract
from retorno.tables.formats import Format
from retorno.tables.items import Items
from retorno.workbook.parameters import shown
from retorno.workbook.plain_yaml import load
from retorno.workbook.studies import Study, nearest, study_named, there_are


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """What a file or the command line asks for, before it is compared with the notebook.

    Attributes
    ----------
    study : Study
    titles : dict
        Language -> title; under "" the one for every language that has none of its own.
    data : dict
        Table -> source as written.
    columns : dict
        Table -> our name -> theirs.
    values : dict
        Table -> column -> their value -> ours; None: empty.
    formats, items : dict
        Table -> how its file is written; table -> our column -> the items whose mean it is.
    parameters : dict
        The study's own parameters, not yet checked.
    """

    study: Study
    titles: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    formats: dict = field(default_factory=dict)
    items: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)


def read_set(file: Path) -> ParameterSet:
    """Return the parameter set in `file`; every complaint names the file."""
    with naming(file):
        return shaped(_mapping(file))


@contextmanager
def naming(file: Path):
    """Put the file's name before every complaint about what it says."""
    try:
        yield
    except ParameterError as error:
        raise ParameterError(say("{file}: {problem}", file=file.name, problem=error)) from None


def _mapping(file: Path) -> dict:
    import yaml

    try:
        content = load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or type(error).__name__
        if mark is None:
            raise ParameterError(say("this is not YAML: {problem}.", problem=problem)) from None
        raise ParameterError(
            say("line {line} is not YAML: {problem}.", line=integer(mark.line + 1), problem=problem)
        ) from None
    except ValueError as error:
        raise ParameterError(say("this is not YAML: {problem}.", problem=error)) from None
    except OSError as error:
        raise ParameterError(say("cannot be read: {problem}.", problem=error.strerror)) from None
    if not isinstance(content, dict):
        raise ParameterError(
            say("wanted lines such as 'study: reactivation'; got {got}.", got=shown(content))
        )
    return content


def shaped(content: dict) -> ParameterSet:
    """Return `content` as a parameter set; ParameterError says which key has the wrong shape."""
    rest = dict(content)
    if "study" not in rest:
        raise ParameterError(
            say("a line is missing that says which study, as 'study: reactivation'.")
        )
    study = study_named(_text("study", rest.pop("study")))
    return ParameterSet(
        study=study,
        titles=_titles(rest.pop("title", None)),
        data=_data(rest.pop("data", None), study),
        columns=_columns(rest.pop("columns", None), study),
        values=_values(rest.pop("values", None), study),
        formats=_formats(rest.pop("formats", None), study),
        items=_items(rest.pop("items", None), study),
        parameters={str(name): value for name, value in rest.items()},
    )


def _titles(given) -> dict[str, str]:
    """Return titles by language: ``title: Text`` is for all, ``title: {en: Text, es: Texto}`` for each."""
    if not isinstance(given, dict):
        return {} if given is None else {"": _text("title", given)}
    return {code: _text(f"title.{code}", title) for code, title in _names("title", given).items()}


def _data(given, study: Study) -> dict:
    tables = _names("data", given)
    for table, source in tables.items():
        known_table("data", table, study)
        _text(f"data.{table}", source)
    return tables


def _columns(given, study: Study) -> dict:
    tables = _names("columns", given)
    for table, names in tables.items():
        known_table("columns", table, study)
        tables[table] = {
            ours: _text(f"columns.{table}.{ours}", theirs)
            for ours, theirs in _names(f"columns.{table}", names).items()
        }
    return tables


def _values(given, study: Study) -> dict:
    tables = _names("values", given)
    for table, columns in tables.items():
        known_table("values", table, study)
        tables[table] = {
            column: {
                theirs: None if ours is None else _text(f"values.{table}.{column}.{theirs}", ours)
                for theirs, ours in _names(f"values.{table}.{column}", names).items()
            }
            for column, names in _names(f"values.{table}", columns).items()
        }
    return tables


def _formats(given, study: Study) -> dict:
    tables = _names("formats", given)
    for table, settings in tables.items():
        known_table("formats", table, study)
        Format.of(_names(f"formats.{table}", settings))
    return tables


def _items(given, study: Study) -> dict:
    tables = _names("items", given)
    for table, scales in tables.items():
        known_table("items", table, study)
        Items.of(contract(table), _names(f"items.{table}", scales), {})
    return tables


def _names(where: str, given) -> dict:
    """Return names with values, the names as text."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ParameterError(
            say("{where} wants names with values; got {got}.", where=where, got=shown(given))
        )
    return {_text(where, name): value for name, value in given.items()}


def _text(where: str, value) -> str:
    """Return a value that is text, or a number meant as text."""
    if not isinstance(value, str | int | float) or isinstance(value, bool) or value == "":
        raise ParameterError(say("{where} wants text; got {got}.", where=where, got=shown(value)))
    return str(value)


def known_table(where: str, table: str, study: Study) -> None:
    """Stop at a table the study cannot open."""
    if table not in study.tables:
        raise ParameterError(
            say("{where}: {study} has no table {got!r}.", where=where, study=study.name, got=table)
            + nearest(table, study.tables)
            + there_are(study.tables)
        )
