"""``retorno course build``: of each lesson a student's or a teacher's notebook, and a page to read.

A lesson is one notebook whose cells have tags. ``teacher``: left out for students. ``solution``: for students a
prompt, made from the name that the ``check`` after it asks for. ``exercise`` and ``check`` are in both.
"""

import ast
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import mkdtemp

from retorno.errors import ParameterError
from retorno.language import integer, listed, say
from retorno.workbook import paragraphs, studies
from retorno.workbook.starter import write

STUDENT, TEACHER = "student", "teacher"
SOLUTION, CHECK, PROMPT = "solution", "check", "prompt"


def lessons() -> dict[int, Path]:
    """Return the notebook of each lesson by its number, in their order."""
    return {
        int(file.name.partition("_")[0]): file for file in sorted(studies.COURSE.glob("*.ipynb"))
    }


def build(
    audience: str, out: Path, numbers: Iterable[int] = (), tell: Callable[[str], None] = print
) -> list[Path]:
    """Write notebook and page of each lesson in the language spoken: all of them or none.

    Parameters
    ----------
    audience : str
        "student" or "teacher".
    out : Path
        A folder; a file of one of the names in it is never replaced.
    numbers : iterable of int
        Of the lessons wanted; all when empty.
    tell : callable
        Called with the name of each lesson before it is run for its page.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ParameterError
        No such lesson, or a file is there already.
    ExecutionError
        A lesson did not run.
    """
    chosen = _chosen(list(numbers))
    names = [f"{lesson.stem}{end}" for lesson in chosen for end in (".ipynb", ".html")]
    _refuse_present(out, names)
    out.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=".building-", dir=out))
    try:
        for lesson in chosen:
            tell(lesson.stem)
            made(lesson, audience, beside)
        return [(beside / name).rename(out / name) for name in names]
    finally:
        shutil.rmtree(beside)


def _chosen(numbers: list[int]) -> list[Path]:
    known = lessons()
    if strangers := [integer(number) for number in numbers if number not in known]:
        raise ParameterError(
            say(
                "There is no lesson {numbers}; there are 1 to {n}.",
                numbers=listed(strangers),
                n=len(known),
            )
        )
    return [known[number] for number in sorted(set(numbers) or known)]


def _refuse_present(out: Path, names: list[str]) -> None:
    if present := [name for name in names if (out / name).exists()]:
        raise ParameterError(
            say(
                "{folder} already holds {files}; nothing was written. Name another folder.",
                folder=out,
                files=", ".join(present),
            )
        )


def made(lesson: Path, audience: str, folder: Path):
    """Write notebook and page of one lesson into a folder, and return the executed notebook."""
    from retorno.report import write_lesson
    from retorno.workbook.execute import execute

    notebook = folder / lesson.name
    write(notebook, paragraphs.written(version(lesson, audience)))
    executed = execute(notebook, {}, lambda *_: None)
    write_lesson(_to_read(executed, audience), folder / f"{lesson.stem}.html")
    return executed


def _to_read(executed, audience: str):
    """Return a lesson as it stands in a page: what asks a student for an answer belongs in the notebook."""
    asks = {CHECK, PROMPT} if audience == STUDENT else set()
    shown = [cell for cell in executed.cells if not asks & _tags(cell)]
    return type(executed)({**executed, "cells": shown})


def version(lesson: Path, audience: str) -> dict:
    """Return a lesson for students or teachers, in the language spoken, without outputs."""
    content = paragraphs.spoken_by_default(paragraphs.read(lesson))
    if audience == STUDENT:
        content["cells"] = list(_for_students(content["cells"]))
    return content


def _for_students(cells: list[dict]) -> Iterator[dict]:
    """Yield the cells without those for the teacher; solutions that stand together become one prompt."""
    kept = [cell for cell in cells if TEACHER not in _tags(cell)]
    runs = [(solved, list(run)) for solved, run in groupby(kept, lambda c: SOLUTION in _tags(c))]
    for number, (solved, run) in enumerate(runs):
        if not solved:
            yield from run
        elif run[0]["cell_type"] == "markdown":
            yield _prompt(run[0], say("*Your answer:*"))
        else:
            asked = runs[number + 1][1][0]
            code = "\n".join("".join(cell["source"]) for cell in run)
            yield _prompt(run[0], prompt(code, "".join(asked["source"])))


def _tags(cell) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


def _prompt(cell: dict, source: str) -> dict:
    return cell | {"metadata": {"tags": [PROMPT]}, "source": source}


def prompt(solution: str, check: str) -> str:
    """Return what stands in place of a solution: the name that is checked, or the head of its function.

    Examples
    --------
    >>> print(prompt("a = 1\\nb = a + 1", 'check("7.1", b)'))
    b = ...  # your answer
    >>> print(prompt("def f(x, y=2):\\n    return x", 'check("7.1", f)'))
    def f(x, y=2):
        ...  # your code
    """
    name = ast.parse(check).body[0].value.args[1].id
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            node.body = [ast.Expr(ast.Constant(...))]
            return f"{ast.unparse(node)}  # {say('your code')}"
    return f"{name} = ...  # {say('your answer')}"
