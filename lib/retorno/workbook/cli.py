"""The command line: ``retorno run | check | new | notebook | course | explain | simulate | data | list``."""

import os
import sys
from pathlib import Path

import click

import retorno
from retorno.errors import InputError
from retorno.language import current, integer, say, speaking, use
from retorno.workbook import studies
from retorno.workbook.execute import ExecutionError


class Program(click.Group):
    """A group of commands that ends with one message: 2 bad input, 130 stopped."""

    def invoke(self, ctx):
        """Run a command; what the user can mend is told without a traceback, in the language asked for."""
        with speaking(current()):
            return self._told(ctx)

    def _told(self, ctx):
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except InputError as error:
            problem, status = str(error), 2
        except ExecutionError as error:
            problem, status = str(error), error.status
        except OSError as error:
            problem, status = _unusable(error), 2
        except KeyboardInterrupt:
            problem, status = say("Stopped. Earlier reports are as they were."), 130
        click.echo(problem, err=True)
        return ctx.exit(status)


def _unusable(error: OSError) -> str:
    return say(
        "{file} cannot be used: {problem}.",
        file=error.filename or say("A file"),
        problem=error.strerror or type(error).__name__,
    )


@click.group(
    cls=Program,
    help=say("Measured answers on recovered, reactivated and referred customers."),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(retorno.__version__, prog_name="retorno")
def program() -> None:
    """Collect the commands."""


def _speak(context, option, code: str | None) -> None:
    """Speak the language asked for from here on, also in what goes wrong with the rest of the line."""
    if code is not None:
        use(code)


in_language = click.option(
    "--language",
    metavar="CODE",
    callback=_speak,
    is_eager=True,
    expose_value=False,
    help=say("Language of what is shown."),
)


@program.command(help=say("Execute studies or parameter files and write their reports."))
@click.argument("names", nargs=-1, metavar="[STUDY|FILE]...")
@click.option("--all", "every", is_flag=True, help=say("Every shipped run on simulated data."))
@click.option(
    "-p",
    "parameters",
    type=(str, str),
    multiple=True,
    metavar="NAME VALUE",
    help=say("Set a parameter; repeat for more. See: retorno list."),
)
@click.option(
    "--data",
    multiple=True,
    metavar="TABLE=SOURCE",
    help=say("Read a table from a file or a public set, in place of simulated data."),
)
@click.option(
    "--columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help=say("What a column is called in the file; TABLE.OURS=THEIRS for several tables."),
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME=VALUE",
    help=say("How a file is written, as dates=dmy; TABLE.NAME=VALUE for several tables."),
)
@click.option(
    "--language",
    metavar="CODE",
    callback=lambda context, option, code: _speak(context, option, code) or code,
    is_eager=True,
    help=say("Language of the report, and of what is told meanwhile."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=studies.reports,
    help=say("Folder of the reports; default: reports, in a checkout beside its notebooks."),
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    help=say("Notebooks at a time; default: 2, or 1 on a single processor."),
)
@click.option("--force", is_flag=True, help=say("Run also what is unchanged."))
def run(names, every, parameters, data, columns, formats, language, out, jobs, force) -> None:
    """Plan everything first, then run."""
    from retorno.workbook.plan import Options, plan, shipped
    from retorno.workbook.progress import telling
    from retorno.workbook.runner import run_all

    names = [*names, *(shipped() if every else ())] or list(studies.STUDIES)
    runs = plan(names, Options(parameters, data, columns, formats, language))
    with telling() as tell:
        jobs = jobs or min(2, os.cpu_count() or 1)
        status = run_all(runs, out, tell, jobs=jobs, force=force)
    if (out / "index.html").is_file():
        click.echo(say("Reports: {file}", file=out / "index.html"))
    sys.exit(status)


@program.command(help=say("Read a table as a study would, and tell what was understood."))
@click.argument("table")
@click.argument("file")
@click.option(
    "--columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help=say("What a column is called in the file; repeat for more."),
)
@click.option(
    "--values",
    multiple=True,
    metavar="COLUMN.THEIRS=OURS",
    help=say("What a value is called in the file; repeat for more."),
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME=VALUE",
    help=say("How the file is written, as decimal=comma, dates=dmy, sheet=Sales; repeat for more."),
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    help=say("Write a parameter file for this table, its columns guessed where needed."),
)
@in_language
def check(table, file, columns, values, formats, write) -> None:
    """Describe one table, and everything that is wrong with it."""
    from retorno.tables.read import describe
    from retorno.workbook.pairs import column_names, settings, value_names

    asked = {
        "columns": column_names(columns),
        "values": value_names(values),
        "formats": settings(formats),
    }
    if write is not None:
        from retorno.workbook.starter import write_checked

        described = write_checked(write, table, file, **asked)
    else:
        described = describe(table, file, **asked)
    for line in described.lines():
        click.echo(line)
    if described.problems:
        sys.exit(2)


@program.command(help=say("Make a folder for your own research, with an example that runs."))
@click.argument("study")
@click.argument("folder", type=click.Path(path_type=Path))
@in_language
def new(study, folder) -> None:
    """Make one folder."""
    from retorno.workbook.new import new_folder

    for file in new_folder(study, folder):
        click.echo(file)


@program.command(help=say("Write a copy of a notebook to work in, in the language asked for."))
@click.argument("name", metavar="NUMBER|STUDY")
@in_language
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("."),
    help=say("Folder or file of the copy; default: this folder."),
)
def notebook(name, out) -> None:
    """Copy one notebook."""
    from retorno.workbook.copy_out import copied

    click.echo(copied(name, out))


@program.group(help=say("The course: lessons with exercises that name the error."))
def course() -> None:
    """Collect the commands for the course."""


@course.command(
    "build",
    help=say("Write the lessons, all or those numbered, as notebooks and as pages to read."),
)
@click.argument("numbers", nargs=-1, type=int, metavar="[LESSON]...")
@click.option(
    "--for",
    "audience",
    type=click.Choice(["student", "teacher"]),
    required=True,
    help=say("student: without solutions; teacher: with solutions and notes."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help=say("Folder of the lessons."),
)
@in_language
def course_build(numbers, audience, out) -> None:
    """Build the lessons of one audience."""
    from retorno.workbook.lessons import build

    for file in build(audience, out, numbers, tell=lambda name: click.echo(name, err=True)):
        click.echo(file)


@program.command(help=say("Tell what a finding means: its definition, unit and sign."))
@click.argument("finding", metavar="ID")
@in_language
def explain(finding) -> None:
    """Look an id up in every study."""
    from retorno.workbook.listing import show_finding

    show_finding(finding)


@program.command("list", help=say("List the studies with their parameters."))
@in_language
def list_() -> None:
    """Show studies and parameters."""
    from retorno.workbook.listing import show_studies

    show_studies()


@program.command(help=say("Write the tables of a simulated world and its known answers."))
@click.argument("study")
@click.option("--out", type=click.Path(path_type=Path), required=True, help=say("Folder."))
@click.option(
    "--customers",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    help=say("How many customers to simulate."),
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help=say("The same seed gives the same tables."),
)
@click.option("--world", default=None, help=say("Which world; default: the study's first."))
@in_language
def simulate(study, out, customers, seed, world) -> None:
    """Write one world."""
    from retorno.simulate import WORLDS, write

    if world is None:
        world = WORLDS[studies.study_named(study).name][0]
    for file in write(study, world, out, customers, seed):
        click.echo(file)


@program.group(help=say("Public data sets: list them, fetch one, or add a file you have."))
def data() -> None:
    """Collect the commands for public data."""


@data.command("list", help=say("List public data sets with origin, terms and citation."))
@in_language
def data_list() -> None:
    """Show every public set and whether it is here."""
    from retorno.tables.public import PUBLIC, by_hand, kept

    for name, public in PUBLIC.items():
        here = say("not here yet") if kept(name) is None else say("here")
        click.echo(say("{name}: {title} ({here})", name=name, title=say(public.title), here=here))
        for head, text in (
            (say("Origin"), say(public.origin)),
            (say("Terms"), say(public.terms)),
            (say("Citation"), say(public.citation)),
            (say("Address"), public.url or by_hand(public)),
        ):
            click.echo("  " + say("{head}: {text}", head=head, text=text))


@data.command("get", help=say("Download a public data set from its origin and keep it."))
@click.argument("name")
@in_language
def data_get(name) -> None:
    """Fetch one set."""
    from retorno.tables.public import about, get

    get(name)
    _kept(about(name))


@data.command("add", help=say("Keep a public data set from a file you have."))
@click.argument("name")
@click.argument("file")
@in_language
def data_add(name, file) -> None:
    """Recognise a file by its content and keep it."""
    from retorno.tables.public import about, add

    add(name, file)
    _kept(about(name))


def _kept(about: dict) -> None:
    """Tell what was kept, from whom, and on which terms."""
    click.echo(
        say("Kept: {title}, {rows} rows.", title=about["title"], rows=integer(about["rows"]))
    )
    for reason, count in about["left_out"].items():
        click.echo(say("Left out: {reason}: {count}.", reason=reason, count=integer(count)))
    click.echo(say("Terms: {terms}", terms=about["terms"]))


def main() -> None:
    """Run the command line."""
    program(prog_name="retorno")
