"""The lessons of the course as they are built, each made once for all tests that look at it."""

import nbformat
import pytest
from filelock import FileLock

from retorno.course.desk import LESSONS
from retorno.language import speaking
from retorno.workbook.lessons import lessons, made

NUMBERS = list(range(1, len(LESSONS) + 1))


def _build(number, language, audience):
    """Return one way to build a lesson; of a student's version make test takes one language, in turn."""
    in_turn = language == ("en", "es")[number % 2]
    marks = () if audience == "teacher" or in_turn else pytest.mark.full
    return pytest.param(number, language, audience, marks=marks)


BUILDS = [
    _build(number, language, audience)
    for number in NUMBERS
    for language in ("en", "es")
    for audience in ("student", "teacher")
]


def made_once(base, number, language, audience):
    """Return the folder of a built lesson below `base` and its executed notebook; the first who asks makes it."""
    folder = base / f"course-{number}-{language}-{audience}"
    executed = folder / "executed" / "executed.ipynb"
    with FileLock(f"{folder}.lock"):
        if not executed.exists():
            folder.mkdir(exist_ok=True)
            with speaking(language):
                notebook = made(lessons()[number], audience, folder)
            executed.parent.mkdir(exist_ok=True)
            nbformat.write(notebook, executed)
    return folder, nbformat.read(executed, as_version=4)
