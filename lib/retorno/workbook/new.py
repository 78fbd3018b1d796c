"""``retorno new STUDY FOLDER``: a folder for one's own research, with an example that runs as it stands."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from retorno import simulate
from retorno.errors import ParameterError
from retorno.language import say
from retorno.tables.contracts import contract
from retorno.workbook import studies
from retorno.workbook.starter import example_file


def new_folder(study: str, folder: Path) -> list[Path]:
    """Make a folder for a study and return its files: whole or not at all.

    Parameter file, example tables, README.md and .gitignore. ParameterError when there is no such
    study, or `folder` is there and not empty.
    """
    found = studies.study_named(study)
    folder = Path(folder)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        message = say("{folder} is there already and not empty. Name another.", folder=folder)
        raise ParameterError(message)
    return _moved(_files(found), folder)


def _files(study: studies.Study) -> dict[str, str]:
    """Return the texts of the folder by their path in it."""
    known = simulate.parameters(study.name, simulate.WORLDS[study.name][0])
    texts = {f"{study.name}.yml": example_file(study, known)}
    for table in study.tables:
        example = studies.EXAMPLES / f"{table}.csv"
        texts[f"data/{table}.csv"] = example.read_text(encoding="utf-8")
    return texts | {"README.md": readme(study), ".gitignore": _ignored(study)}


def _moved(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the texts beside their place and move them there; nothing is left of a failure."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    beside, moved = Path(mkdtemp(prefix=".writing-", dir=folder)), []
    try:
        for name, text in texts.items():
            (beside / name).parent.mkdir(exist_ok=True)
            (beside / name).write_text(text, encoding="utf-8", newline="\n")
        for part in sorted(beside.iterdir()):
            moved.append(part.rename(folder / part.name))
        beside.rmdir()
    except BaseException:
        for part in (beside, *moved):
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        if is_new:
            folder.rmdir()
        raise
    return [folder / name for name in texts]


def readme(study: studies.Study) -> str:
    """Return the text of README.md: what is here, how to run it, how to bring one's own data."""
    table, file = study.tables[0], f"{study.name}.yml"
    parts = [
        "# " + say("My {study} study", study=study.name),
        "    " + f"retorno run {file}",
        say(
            "runs the example and tells where its report is. The tables in `data/` are simulated: nobody "
            "in them exists. `{file}` says what is run; every parameter stands in it with its default, "
            "unit and meaning.",
            file=file,
        ),
        "## " + say("Your own data"),
        say(
            "1. Put your file into `data/`: CSV, Excel, SPSS, Stata, Parquet, a Qualtrics export; a "
            "database is named by its address."
        )
        + "\n"
        + say("2. See what is understood of it, and get a parameter file of your own:"),
        f"       retorno check {table} data/mine.xlsx --write mine.yml",
        say(
            "3. Open `mine.yml`. Columns and values that were guessed are marked: look at each. What was "
            'not found stands there as "?": name it.'
        )
        + "\n"
        + say("4. Run it. What cannot be read in one way only is asked, never guessed:"),
        "       retorno run mine.yml",
        say(
            "A table with bad rows stops the run with a list of them. With `on_bad_rows: set_aside` the run "
            "goes on without them; they are written beside the report with their reasons, and it says how "
            "many they are."
        ),
        "## " + say("What the tables hold"),
        *(_columns(table) for table in study.tables),
        "## " + say("How to read the report"),
        say(
            "Each finding has a number, its interval and a sentence; `retorno explain ID` tells its "
            "definition. *Refused* means that your data cannot give the number honestly, and says what "
            "would be needed."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _columns(table: str) -> str:
    """Return the columns of a table for a reader, as a table in Markdown."""
    asked = contract(table)
    heads = (say("column"), say("needed"), say("unit"), say("meaning"))
    rows = [
        (
            f"`{column.name}`",
            say("required") if column.required else say("optional"),
            column.unit and say(column.unit),
            say(column.meaning),
        )
        for column in asked
    ]
    lines = [heads, ("---",) * len(heads), *rows]
    told = say("`{table}`: a row is {row}.", table=table, row=say(asked.row))
    if asked.extra:
        told += " " + say("Also: {extra}.", extra=say(asked.extra))
    return told + "\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ignored(study: studies.Study) -> str:
    """Return the text of .gitignore."""
    notes = (
        say("Data of people and what is made from them stay out of git."),
        say(
            "The example is simulated and may go in: git add --force {file}",
            file=f"data/{study.tables[0]}.csv",
        ),
    )
    return "".join(f"# {note}\n" for note in notes) + "data/\nreports/\n"
