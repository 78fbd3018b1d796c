"""A lesson as a student opens it: the student's own data, checks, hints, and the claims it is about."""

import unicodedata
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from types import ModuleType

import numpy as np

from retorno.course.exercise import Exercise, Told, checked, hinted, told_apart
from retorno.display import Shown, table
from retorno.errors import ParameterError
from retorno.language import say, use
from retorno.report.claims import Claim, ledger
from retorno.workbook.studies import CLAIMS, nearest, there_are

LESSONS = (
    "claims",
    "measuring",
    "paradox",
    "pooling",
    "lapsed",
    "curves",
    "effect",
    "referred",
    "programme",
    "project",
)
"""The module of each lesson below `retorno.course.lessons`, lesson 1 first.

It holds ``CLAIMS``, ids in the ledger; ``draw(rng)``, the data of one student; ``EXERCISES``.
"""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson opened by a student.

    Attributes
    ----------
    number : int
    student : str
    data : object
        What was drawn for this student; the lesson's text says what is in it.
    world : object
        The same once more, for the keys: whatever a student does to `data`, a check knows what was drawn.
    """

    number: int
    student: str
    data: object
    world: object = field(repr=False)

    def check(self, exercise: str, answer) -> Told:
        """Return whether an answer is right, which typical error it is, or that this cannot be told.

        Parameters
        ----------
        exercise : str
            Such as "7.2".
        answer : number, pair of numbers, table, function or text
            As the exercise asks; None or ``...`` where there is none yet.
        """
        return checked(self._exercise(exercise), answer, self.world)

    def hint(self, exercise: str, step: int = 1) -> Told:
        """Return a hint, the next with the next `step`."""
        return hinted(self._exercise(exercise), step)

    def claims(self) -> Shown:
        """Show the claims of the course texts that this lesson is about, with what the literature says."""
        about = _module(self.number).CLAIMS
        known = {claim.id: claim for claim in ledger(CLAIMS, [])}
        return table(Claims(tuple(known[each] for each in about)))

    def _exercise(self, name: str) -> Exercise:
        known = {each.id: each for each in _module(self.number).EXERCISES}
        if str(name) not in known:
            raise ParameterError(
                say("There is no exercise {got!r} here.", got=name)
                + nearest(str(name), known)
                + there_are(known)
            )
        return known[str(name)]


def opened(number: int, *, student: str, language: str = "en") -> Lesson:
    """Return a lesson with the data of a student, and speak `language` from here on.

    Parameters
    ----------
    number : int
        1 to 10.
    student : str
        Any name or number: it draws the data, the same ones each time. Capitals, accents and spaces around it
        make no difference.
    language : str
        Of what is told.

    Raises
    ------
    ParameterError
        No such lesson or language, or no name.
    """
    use(language)
    if number not in range(1, len(LESSONS) + 1):
        raise ParameterError(
            say("There are lessons 1 to {n}; got {got!r}.", n=len(LESSONS), got=number)
        )
    if not str(student).strip():
        raise ParameterError(
            say("student: empty. Any name or number will do; it draws your own data.")
        )
    world = _drawn(number, str(student))
    return Lesson(number, str(student), deepcopy(world), world)


def _drawn(number: int, student: str):
    """Return the data of a student, drawn again where two typical errors could not be told apart."""
    lesson, rng = _module(number), _rng(number, student)
    while not told_apart(lesson.EXERCISES, data := lesson.draw(rng)):
        pass
    return data


def _rng(number: int, student: str) -> np.random.Generator:
    plain = unicodedata.normalize("NFKD", student.strip().casefold())
    known = "".join(c for c in plain if not unicodedata.combining(c))
    digest = sha256(f"{number} {known}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def _module(number: int) -> ModuleType:
    return import_module(f"retorno.course.lessons.{LESSONS[number - 1]}")


@dataclass(frozen=True, slots=True)
class Claims:
    """Some claims of the ledger, as a table."""

    claims: tuple[Claim, ...]

    def to_frame(self):
        """Return one row a claim."""
        import pandas as pd

        return pd.DataFrame(
            {
                "claim": [c.text for c in self.claims],
                "literature": [f"{c.sign} {c.verdict_words}" for c in self.claims],
                "note": [c.note for c in self.claims],
                "source": [c.source for c in self.claims],
            }
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column."""
        return {
            "claim": (say("Claim"), "text"),
            "literature": (say("Literature"), "text"),
            "note": (say("What is known"), "text"),
            "source": (say("Source"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the table shows."""
        return say("Claims of the course texts that this lesson is about")
