"""A notebook in another language: its words are looked up, its code runs as before."""

import ast
import json

import nbformat
import pytest
from click.testing import CliRunner

from retorno.language import speaking
from retorno.workbook import paragraphs
from retorno.workbook.cli import program
from retorno.workbook.parameters import read_parameters
from retorno.workbook.studies import COURSE, NOTEBOOKS, STUDIES

ALL = sorted([*NOTEBOOKS.glob("*.ipynb"), *COURSE.glob("*.ipynb")])


def sources(content, kind):
    return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == kind]


@pytest.mark.parametrize("notebook", ALL, ids=lambda file: file.stem)
def test_only_words_change(notebook):
    english = paragraphs.read(notebook)
    with speaking("es"):
        spanish = paragraphs.read(notebook)
    nbformat.validate(nbformat.from_dict(spanish))
    for ours, theirs in zip(sources(english, "code"), sources(spanish, "code"), strict=True):
        assert ast.dump(ast.parse(ours)) == ast.dump(ast.parse(theirs))
    changed = zip(sources(english, "markdown"), sources(spanish, "markdown"), strict=True)
    assert all(ours != theirs for ours, theirs in changed)


def test_a_paragraph_without_words_is_an_error_and_never_english(tmp_path):
    notebook = tmp_path / "n.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": "Nobody translated this."}
    notebook.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    with speaking("es"), pytest.raises((LookupError, FileNotFoundError)):
        paragraphs.read(notebook)


def test_a_new_wrapping_is_no_new_text_and_a_formula_none_at_all(tmp_path):
    notebook = tmp_path / "n.ipynb"
    source = "One line\nand its rest.\n\n$$a = b$$\n\n- a point\n  that goes on\n- another"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": source},
        {"cell_type": "code", "metadata": {}, "source": "a = '# no comment'  # days: a comment"},
    ]
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert list(paragraphs.messages(notebook)) == [
        (0, "One line and its rest."),
        (0, "- a point that goes on\n- another"),
        (1, "days: a comment"),
    ]


def test_parameters_are_explained_in_the_language_spoken():
    for study in STUDIES.values():
        english = read_parameters(study.notebook)
        with speaking("es"):
            spanish = read_parameters(study.notebook)
        for ours, theirs in zip(english, spanish, strict=True):
            assert (ours.name, ours.type, ours.default) == (
                theirs.name,
                theirs.type,
                theirs.default,
            )
            assert bool(ours.unit) == bool(theirs.unit), ours.name
            assert ours.meaning != theirs.meaning, ours.name


@pytest.mark.parametrize("name", ["20", "reactivation", "20_reactivation_curves"])
def test_a_student_gets_a_notebook_in_spanish_that_answers_in_spanish(tmp_path, name):
    done = CliRunner().invoke(
        program, ["notebook", name, "--language", "es", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0
    file = tmp_path / "20_reactivation_curves.ipynb"
    content = nbformat.read(file, as_version=4)
    nbformat.validate(content)
    assert content.cells[0].source.startswith("# Clientes reactivados")
    (parameters,) = (c for c in content.cells if "parameters" in c.metadata.get("tags", ()))
    assert 'language: str = "es"  # -: del informe' in parameters.source
    again = CliRunner().invoke(
        program, ["notebook", name, "--language", "es", "--out", str(tmp_path)]
    )
    assert (again.exit_code, "ya existe" in again.stderr) == (2, True)


def test_what_the_command_line_says_is_in_the_language_asked_for():
    told = CliRunner().invoke(program, ["explain", "window.ratio", "--language", "es"])
    assert "Significado: " in told.stdout
    assert "Unidad: razón" in told.stdout
    wrong = CliRunner().invoke(program, ["explain", "window.ratoi", "--language", "es"])
    assert (wrong.exit_code, "¿Quería decir window.ratio?" in wrong.stderr) == (2, True)
    after = CliRunner().invoke(program, ["explain", "window.ratio"])
    assert "Meaning: " in after.stdout
