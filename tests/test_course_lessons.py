"""Every lesson: its checks know the key and the typical errors of every student, and its versions keep what they must.

The keys are computed by the lessons' modules and once more by the solutions in the notebooks, written another way where
that is natural: the teacher's version runs with every check right.
"""

import ast
import json
import re
from dataclasses import fields

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from lessons import BUILDS, NUMBERS

from retorno.course import opened
from retorno.course.answers import UNITS, Choice
from retorno.course.desk import LESSONS, _module
from retorno.course.exercise import MIME, checked
from retorno.language import speaking
from retorno.workbook.cli import program
from retorno.workbook.lessons import CHECK, PROMPT, SOLUTION, TEACHER, _tags, lessons, version

STUDENTS = ["example", "ana", "bo", "çelik", "1004"]
EXERCISES = {number: _module(number).EXERCISES for number in NUMBERS}
every_lesson = pytest.mark.parametrize("number", NUMBERS)
of_build = ("number", "language", "audience")
every_build = pytest.mark.parametrize(of_build, BUILDS)
every_student_build = pytest.mark.parametrize(
    of_build, [build for build in BUILDS if build.values[2] == "student"]
)


def read(file):
    return json.loads(file.read_text(encoding="utf-8"))["cells"]


def code(cells):
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_there_is_a_notebook_for_every_lesson():
    assert list(lessons()) == list(range(1, len(LESSONS) + 1))


@every_lesson
@pytest.mark.parametrize("student", STUDENTS)
def test_the_key_is_right_and_every_typical_error_is_named(number, student):
    """What leads to another word for one student may be the right word for another; numbers never meet."""
    data = opened(number, student=student).data
    for exercise in EXERCISES[number]:
        assert checked(exercise, exercise.key(data), data).right, exercise.id
        for mistake in exercise.mistakes:
            told = checked(exercise, mistake.answer(data), data)
            if isinstance(exercise.asks, Choice) and told.right:
                continue
            assert (told.status, told.message) == ("mistake", mistake.message.format()), exercise.id


def in_another_unit(exercise, data):
    """Return the key times the factor of the first other unit; a function returns its results so."""
    key = exercise.key(data)
    units = list(getattr(exercise.asks, "columns", {}).values()) or [exercise.asks.unit]
    factor = UNITS[units[0]].others[0][0]
    if callable(key):
        return lambda *arguments: scaled(key(*arguments), factor)
    if isinstance(key, pd.DataFrame):
        first = next(iter(exercise.asks.columns))
        return key.assign(**{first: key[first] * factor})
    return scaled(key, factor)


def scaled(value, factor):
    if value is None:
        return None
    return tuple(v * factor for v in value) if isinstance(value, tuple | list) else value * factor


@every_lesson
def test_nothing_another_kind_and_another_unit_are_told_apart(number):
    data = opened(number, student="ana").data
    for exercise in EXERCISES[number]:
        answers = [None, {"a": 1}]
        wanted = ["empty", "type"]
        if not isinstance(exercise.asks, Choice):
            answers, wanted = [*answers, in_another_unit(exercise, data)], [*wanted, "unit"]
        told = [checked(exercise, answer, data) for answer in answers]
        assert [each.status for each in told] == wanted, exercise.id
        assert len({each.message for each in told}) == len(wanted), exercise.id


@every_lesson
def test_an_exercise_helps_in_steps_and_knows_three_errors_or_more(number):
    exercises = EXERCISES[number]
    assert 3 <= len(exercises) <= 6
    assert [e.id for e in exercises] == [f"{number}.{n}" for n in range(1, len(exercises) + 1)]
    for exercise in exercises:
        assert len({mistake.message for mistake in exercise.mistakes}) >= 3, exercise.id
        assert len(exercise.hints) >= 2, exercise.id


@every_lesson
def test_two_students_have_other_data_and_other_keys(number):
    one, other = (opened(number, student=name).data for name in ("ana", "bo"))
    assert any(
        not getattr(one, field.name).equals(getattr(other, field.name))
        for field in fields(one)
        if isinstance(getattr(one, field.name), pd.DataFrame)
    )
    for exercise in EXERCISES[number]:
        if not isinstance(exercise.asks, Choice) and not callable(exercise.key(one)):
            keys = [exercise.asks.read(exercise.key(data), data) for data in (one, other)]
            assert keys[0] != keys[1], exercise.id
            assert not checked(exercise, exercise.key(other), one).right, exercise.id


@every_lesson
def test_a_lesson_has_its_parts(number):
    cells = read(lessons()[number])
    tags = [tag for cell in cells for tag in _tags(cell)]
    asked = code(cell for cell in cells if CHECK in _tags(cell))
    checks = [call for cell in asked for call in re.findall(r'check\("([\d.]+)"', cell)]
    exercises = EXERCISES[number]
    assert checks == [exercise.id for exercise in exercises]
    assert tags.count("exercise") == tags.count("check") == len(exercises)
    assert tags.count("teacher") >= 1
    markdown = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    headings = re.findall(r"^## (.+)$", markdown, flags=re.M)
    for wanted in ("The claims", "Reading", "An open question", "What to keep", "For the teacher"):
        assert wanted in headings
    assert "lesson.claims()" in "\n".join(code(cells))


@every_build
def test_a_built_lesson_runs_with_every_check_as_it_should_be(number, language, audience, built):
    """The teacher's version right, the student's version not yet."""
    _, executed = built(number, language, audience)
    told = [
        output["data"][MIME]
        for cell in executed.cells
        if CHECK in _tags(cell)
        for output in cell.outputs
    ]
    wanted = "right" if audience == TEACHER else "empty"
    assert told == [{"exercise": e.id, "status": wanted} for e in EXERCISES[number]]


def statements(source):
    """Return the statements of a solution, those inside its functions too, as Python writes them."""
    tree = ast.parse(source)
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef)
    }


@every_student_build
def test_the_students_version_holds_no_solution(number, language, audience, built):
    """No statement of a solution and no word for the teacher in a cell, output or metadata; no key in the page."""
    folder, _ = built(number, language, audience)
    file = folder / lessons()[number].name
    text, cells = file.read_text(encoding="utf-8"), read(file)
    nbformat.validate(nbformat.read(file, as_version=4))
    with speaking(language):
        whole = version(lessons()[number], TEACHER)["cells"]
    left = set().union(*(statements(each) for each in code(cells)))
    for cell in whole:
        told = "".join(cell["source"])
        if SOLUTION in _tags(cell) and cell["cell_type"] == "code":
            assert not statements(told) & left, told
        elif {SOLUTION, TEACHER} & _tags(cell):
            assert json.dumps(told, ensure_ascii=False)[1:-1] not in text
            assert told.splitlines()[0].strip("# *") not in text
    assert all(set(cell["metadata"]) <= {"tags"} for cell in cells)
    assert not {SOLUTION, TEACHER} & {tag for cell in cells for tag in _tags(cell)}
    assert all(
        not cell["outputs"] and not cell["execution_count"] for cell in cells if "outputs" in cell
    )
    page = (folder / lessons()[number].with_suffix(".html").name).read_text(encoding="utf-8")
    data = opened(number, student="example").data
    for exercise in EXERCISES[number]:
        for value in [exercise.key(data)] if isinstance(exercise.key(data), float) else []:
            assert f"{value:.5f}" not in page + text, exercise.id


def test_the_notebooks_differ_only_where_they_should():
    """Text, worked example and checks of both versions are the same cells."""
    for lesson in lessons().values():
        student, teacher = version(lesson, "student")["cells"], version(lesson, "teacher")["cells"]
        apart = {SOLUTION, TEACHER, PROMPT}
        assert [c for c in student if not apart & _tags(c)] == [
            c for c in teacher if not apart & _tags(c)
        ]


def invoke(*words):
    result = CliRunner().invoke(program, ["course", "build", *map(str, words)])
    return result.exit_code, result.output + result.stderr


def test_the_command_line_builds_a_lesson_and_replaces_nothing(tmp_path):
    status, said = invoke(7, "--for", "student", "--language", "es", "--out", tmp_path)
    assert status == 0, said
    names = ["07_response_is_not_effect.html", "07_response_is_not_effect.ipynb"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    cells = read(tmp_path / names[1])
    assert 'language: str = "es"' in code(cells)[0]
    assert "effect = ...  # tu respuesta" in code(cells)
    assert '<html lang="es">' in (tmp_path / names[0]).read_text(encoding="utf-8")
    (tmp_path / names[1]).write_text("my work", encoding="utf-8")
    status, said = invoke(7, "--for", "student", "--out", tmp_path)
    assert status == 2
    assert "already holds" in said
    assert (tmp_path / names[1]).read_text(encoding="utf-8") == "my work"


def test_a_lesson_that_is_not_there_is_told(tmp_path):
    status, said = invoke(12, 7, "--for", "teacher", "--out", tmp_path / "out")
    assert (status, "no lesson 12; there are 1 to 10" in said) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_lesson_that_stops_leaves_nothing_behind(tmp_path, monkeypatch):
    from retorno.workbook import lessons as module
    from retorno.workbook.execute import ExecutionError

    def stopped(lesson, audience, folder):
        (folder / lesson.name).write_text("half")
        raise ExecutionError("cell 3 of 9: no memory", 1)

    monkeypatch.setattr(module, "made", stopped)
    status, said = invoke(7, "--for", "teacher", "--out", tmp_path)
    assert (status, "cell 3 of 9" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []
