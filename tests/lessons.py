"""The lessons of the course as they are built, each made once for all tests that look at it."""

import nbformat
from filelock import FileLock

from retorno.course.desk import LESSONS
from retorno.language import speaking
from retorno.workbook.lessons import lessons, made

NUMBERS = list(range(1, len(LESSONS) + 1))
BUILDS = [
    (number, language, audience)
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
