"""What is to be run: studies, parameter sets and options turned into checked runs.

Everything that can be wrong with a request is found here, before anything starts.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retorno.errors import ParameterError
from retorno.language import SOURCE, available, say
from retorno.tables import places
from retorno.tables.formats import Format
from retorno.workbook import studies
from retorno.workbook.pairs import column_names, once, pair, settings
from retorno.workbook.parameter_set import ParameterSet, known_table, naming, read_set, shaped
from retorno.workbook.parameters import Parameter, check, read_parameters, read_value, shown


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to every run it names; pairs as typed.

    Attributes
    ----------
    parameters : sequence of (name, text)
    data : sequence of str
        ``TABLE=SOURCE``, relative to the working directory.
    columns, formats : sequence of str
        ``OURS=THEIRS`` or ``TABLE.OURS=THEIRS``; ``NAME=VALUE`` or ``TABLE.NAME=VALUE``.
    language : str or None
    """

    parameters: Sequence[tuple[str, str]] = ()
    data: Sequence[str] = ()
    columns: Sequence[str] = ()
    formats: Sequence[str] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One notebook with its parameters, ready to be executed.

    Attributes
    ----------
    study, name : str
        Its folder is ``<study>/<name>``.
    notebook : Path
    title : str or None
        None: the notebook's own heading.
    given : dict
        Checked parameters that were given, with sources as they were typed (an absolute path as its
        file name only).
    defaults : dict
        What the notebook uses where nothing is given.
    places : dict of str to Place
        Table -> where it is.
    command : str
        The line that repeats the run.
    """

    study: str
    name: str
    notebook: Path
    title: str | None
    given: dict
    defaults: dict
    places: dict = field(default_factory=dict)
    command: str = ""

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{self.study}/{self.name}"

    @property
    def used(self) -> dict:
        """Every parameter with the value used."""
        return {**self.defaults, **self.given}

    @property
    def language(self) -> str:
        """Language of the report."""
        return self.used.get("language", SOURCE)

    @property
    def sources(self) -> dict:
        """What the notebook opens, by table."""
        return {table: place.opened for table, place in self.places.items()}

    @property
    def injected(self) -> dict:
        """What the notebook is given."""
        return {**self.given, "data": self.sources} if self.places else dict(self.given)


def plan(names: Sequence[str], options: Options) -> list[Run]:
    """Return the runs for studies and parameter files, all checked, no two with one name."""
    runs = [_run(name, options) for name in names]
    for run in runs:
        if sum(run.label == other.label for other in runs) > 1:
            raise ParameterError(say("{run} is named twice.", run=run.label))
    return runs


def shipped() -> list[str]:
    """Return the shipped parameter sets that run on simulated data."""
    files = sorted((studies.NOTEBOOKS / "params").glob("*.yml"))
    return [str(file) for file in files if not read_set(file).data]


def _run(name: str, options: Options) -> Run:
    file = _parameter_file(name)
    asked = shaped({"study": name}) if file is None else read_set(file)
    parameters = read_parameters(asked.study.notebook)
    if file is not None:
        with naming(file):
            check(parameters, asked.parameters)
    data = {table: (source, file.parent) for table, source in asked.data.items()}
    data |= _data_options(options.data, asked.study)
    located = {table: places.Place.of(source, base) for table, (source, base) in data.items()}
    given = _given(asked, parameters, options, located)
    return Run(
        study=asked.study.name,
        name="default" if file is None else _run_name(file, asked.study.name),
        notebook=asked.study.notebook,
        title=asked.titles.get(given.get("language", SOURCE), asked.titles.get("")),
        given=given,
        defaults={parameter.name: parameter.default for parameter in parameters},
        places=located,
        command=_command(name, file, options),
    )


def _given(
    asked: ParameterSet, parameters: tuple[Parameter, ...], options: Options, located: dict
) -> dict:
    given = dict(asked.parameters)
    if located:
        given["data"] = {table: place.shown for table, place in located.items()}
    columns = _by_table(
        "--columns", column_names(options.columns), asked.columns, located, asked.study
    )
    formats = _by_table("--format", settings(options.formats), asked.formats, located, asked.study)
    for settings_of in formats.values():
        Format.of(settings_of)
    per_table = {
        "columns": columns,
        "values": asked.values,
        "formats": formats,
        "items": asked.items,
    }
    for name, tables in per_table.items():
        given |= {name: tables} if tables else {}
        _need_data(name, tables, located)
    given |= _parameter_options(options)
    given = check(parameters, given)
    if given.get("language", SOURCE) not in available():
        raise ParameterError(
            say("There is no language {got!r}.", got=given["language"])
            + studies.there_are(available())
        )
    return given


def _parameter_file(name: str) -> Path | None:
    """Return the file `name` stands for, or None when it is a study."""
    if name in studies.STUDIES:
        return None
    file = Path(name)
    if file.suffix not in (".yml", ".yaml") and not file.is_file():
        studies.study_named(name)
    return file.absolute()


def _run_name(file: Path, study: str) -> str:
    """Return ``cdnow`` for ``reactivation.cdnow.yml``, else the name of the file.

    Examples
    --------
    >>> _run_name(Path("reactivation.cdnow.yml"), "reactivation"), _run_name(Path("my.yml"), "x")
    ('cdnow', 'my')
    """
    return file.stem.removeprefix(f"{study}.").lstrip(".") or "default"


def _data_options(texts: Sequence[str], study: studies.Study) -> dict:
    given = once("--data", (pair("--data", text, "TABLE=SOURCE") for text in texts))
    for table in given:
        known_table("--data", table, study)
    return {table: (source, Path.cwd()) for table, source in given.items()}


def _by_table(
    option: str, typed: dict, given: dict, located: dict, study: studies.Study
) -> dict[str, dict]:
    """Return what a parameter set gives for each table, with what was typed in its place.

    `typed` names the table before a dot, and leaves it out where one table is given.
    """
    tables = {table: dict(names) for table, names in given.items()}
    for left, value in typed.items():
        table, dot, name = left.rpartition(".")
        if not dot:
            table = _only_table(option, located, left, value)
        known_table(option, table, study)
        tables.setdefault(table, {})[name] = value
    return tables


def _need_data(name: str, tables: dict, located: dict) -> None:
    for table in tables:
        if table not in located:
            raise ParameterError(
                say("{name}: no data are given for {table}.", name=name, table=table)
            )


def _only_table(option: str, located: dict, name: str, value) -> str:
    if len(located) == 1:
        return next(iter(located))
    raise ParameterError(
        say(
            "{option} {name}={value}: say which table, as TABLE.{name}={value}.",
            option=option,
            name=name,
            value=value,
        )
    )


def _parameter_options(options: Options) -> dict:
    pairs = [(name, read_value(text)) for name, text in options.parameters]
    if options.language is not None:
        pairs.append(("language", options.language))
    given = once("-p", pairs)
    for name in ("data", "columns", "values", "formats", "items"):
        if name in given:
            raise ParameterError(
                say(
                    "-p {name}: give it in a parameter file, or with --data, --columns and --format.",
                    name=name,
                )
            )
    return given


def _command(name: str, file: Path | None, options: Options) -> str:
    """Return the line that repeats a run, without a path of this machine."""
    words = ["retorno", "run", name if file is None else _relative(name, file)]
    for text in options.data:
        table, source = pair("--data", text, "TABLE=SOURCE")
        words += ["--data", f"{table}={_relative(source, Path(source))}"]
    for text in options.columns:
        words += ["--columns", text]
    for text in options.formats:
        words += ["--format", text]
    for parameter, text in options.parameters:
        words += ["-p", parameter, shown(read_value(text))]
    if options.language is not None:
        words += ["--language", options.language]
    return shlex.join(words)


def _relative(typed: str, file: Path) -> str:
    """Return a file, or the address of a database, as the repository or the reader calls it."""
    if places.is_address(typed):
        return places.shown(typed)
    if file.is_relative_to(studies.ROOT):
        return file.relative_to(studies.ROOT).as_posix()
    return file.name if Path(typed).is_absolute() else typed
