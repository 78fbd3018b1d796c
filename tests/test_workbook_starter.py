"""A parameter file to start from: any name survives, guesses are marked, and it runs when all was guessed."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retorno.errors import InputError, ParameterError
from retorno.tables.contracts import CONTRACTS, contract
from retorno.tables.formats import Fact
from retorno.tables.guesses import Guess, Guesses
from retorno.tables.read import read
from retorno.workbook import studies
from retorno.workbook.parameter_set import read_set
from retorno.workbook.parameters import check, read_parameters
from retorno.workbook.plain_yaml import load
from retorno.workbook.starter import look, parameter_file, parameters, write

SURVEY = (
    "Nº encuestado,Grupo,Satisfacción,Satisfacción antes,Notas\n"
    "1,Sin fallo,5,5,x\n2,Fallo sin recuperación,2,5,\n3,Resuelto,6,5,y\n"
)


def started(folder, table, file, **said):
    """Write the parameter file of a table there and return its path."""
    columns, formats = said.get("columns"), said.get("formats")
    guesses = look(table, str(file), columns=columns, formats=formats)
    target = folder / "mine.yml"
    write(target, parameter_file(table, str(file), guesses, folder=folder, **said))
    return target


def test_what_was_guessed_stands_there_marked_and_can_be_read(tmp_path):
    """The names of the Spanish header are ours by their words; `Notas` is nobody's."""
    (tmp_path / "encuesta.csv").write_text(SURVEY, encoding="utf-8")
    file = started(tmp_path, "survey", tmp_path / "encuesta.csv")
    asked = read_set(file)
    assert asked.study.name == "recovery"
    assert asked.columns["survey"] == {
        "respondent_id": "Nº encuestado",
        "group": "Grupo",
        "satisfaction": "Satisfacción",
        "satisfaction_before": "Satisfacción antes",
    }
    text = file.read_text(encoding="utf-8")
    guesses = [line for line in text.splitlines() if "# guess: " in line]
    assert len(guesses) == 4 + 3
    assert any("group: Grupo  # guess: from the name 'Grupo'; " in line for line in guesses)
    frame = read(
        "survey",
        tmp_path / "encuesta.csv",
        columns=asked.columns["survey"],
        values=asked.values["survey"],
    )
    assert frame.to_pyarrow()["group"].to_pylist() == ["no_failure", "failure", "recovered"]


def test_a_column_nobody_found_stops_the_run_by_its_name(tmp_path):
    """`satisfaction` is not in the file: "?" names no column, and the error says which was to be it."""
    (tmp_path / "s.csv").write_text("ID encuestado,Grupo,Nota\n1,Fallo,5\n", encoding="utf-8")
    file = started(tmp_path, "survey", tmp_path / "s.csv")
    assert re.search(
        r"^    satisfaction: '\?'  # not found: name the column; wanted is: satisfaction now",
        file.read_text(encoding="utf-8"),
        re.M,
    )
    asked = read_set(file)
    with pytest.raises(InputError, match=r"columns: satisfaction is to be '\?', which the file"):
        read("survey", tmp_path / "s.csv", columns=asked.columns["survey"])


def test_values_nobody_knows_are_left_open(tmp_path):
    """A group that is no word of ours is a comment with the words there are, not a guess."""
    (tmp_path / "s.csv").write_text(
        "respondent_id,group,satisfaction\n1,Otro,5\n2,fallo,4\n", encoding="utf-8"
    )
    file = started(tmp_path, "survey", tmp_path / "s.csv")
    assert read_set(file).values == {"survey": {"group": {"fallo": "failure"}}}
    assert "      # Otro: '...'  # not known; there is 'no_failure', 'failure', 'recovered'" in (
        file.read_text(encoding="utf-8")
    )
    assert read_set(file).columns == {}


def test_what_the_user_said_goes_in_unmarked_and_wins(tmp_path):
    """`Total` was named for the amount, though "Importe" would be guessed; so were the semicolon and a value."""
    (tmp_path / "v.csv").write_text(
        "Cliente;Fecha;Importe;Total\n1;2024-01-02;5;6\n", encoding="utf-8"
    )
    file = started(
        tmp_path,
        "transactions",
        tmp_path / "v.csv",
        columns={"amount": "Total"},
        values={"channel": {"1": "shop", "9": None}},
        formats={"delimiter": ";"},
        facts=(Fact("Numbers", "decimal comma\nin 3 cells"),),
    )
    asked = read_set(file)
    assert asked.columns["transactions"] == {
        "customer_id": "Cliente",
        "date": "Fecha",
        "amount": "Total",
    }
    assert asked.values == {"transactions": {"channel": {"1": "shop", "9": None}}}
    assert asked.formats == {"transactions": {"delimiter": ";"}}
    text = file.read_text(encoding="utf-8")
    assert "    amount: Total\n" in text
    assert "#   found: Numbers: decimal comma\n#   in 3 cells\n" in text


@pytest.mark.parametrize("table", CONTRACTS)
def test_every_line_that_is_commented_out_can_be_put_in(tmp_path, table):
    """A file about nothing found: with every comment mark gone, each key is one the program knows."""
    text = parameter_file(table, "x.csv", Guesses(()), folder=tmp_path)
    lines = [line for line in text.splitlines() if re.search(r"^ *# *[\w'\"]+:( |$)", line)]
    study = studies.study_of(table)
    loose = {line[2:].partition(":")[0] for line in lines if line.startswith("# ")}
    known = {each.name for each in read_parameters(study.notebook)}
    assert known - {"data", "columns", "values"} <= loose
    file = tmp_path / "all.yml"
    whole = re.sub(r"^( *)# ?(?=[\w'\"]+:( |$))", r"\1", text, flags=re.M)
    file.write_text(whole, encoding="utf-8")
    asked = read_set(file)
    assert set(asked.data) == set(study.tables)
    assert set(asked.columns[table]) == set(contract(table).names)


@pytest.mark.parametrize("study", studies.STUDIES.values(), ids=lambda study: study.name)
def test_a_parameter_put_in_as_it_stands_has_its_default(study):
    """Every line gives the value the notebook uses anyway, so that nothing changes by it."""
    lines = [line.removeprefix("# ") for line in parameters(study)[1:]]
    given = load("\n".join(lines))
    known = read_parameters(study.notebook)
    defaults = {each.name: each.default for each in known if each.name in given}
    assert check(known, given) == defaults
    assert {each.name for each in known} - set(given) == {"data", "columns", "values", "formats"}
    for each in known:
        if each.name in given:
            line = next(line for line in lines if line.startswith(f"{each.name}: "))
            assert line.endswith(each.meaning)
            assert each.unit in line


@example("1e3", "1E3")  # numbers by the rules we read with, text by those PyYAML writes with
@example("No", "null")
@example("a", "\xa0b")
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=60))
def test_any_name_and_any_value_survive(tmp_path_factory, name, value):
    """A header may be 'a: b', '# no', '1e3', 'No', a line break, an emoji: it is read back as it was."""
    folder = tmp_path_factory.mktemp("any")
    guesses = Guesses(
        (name, "arm"), {"customer_id": Guess(name, repr(name))}, {"arm": {value: "holdout"}}
    )
    file = folder / "any.yml"
    write(file, parameter_file("contacts", "c.csv", guesses, folder=folder))
    asked = read_set(file)
    assert asked.columns == {"contacts": {"customer_id": name}}
    assert asked.values == {"contacts": {"arm": {value: "holdout"}}}


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("data/v: 1.csv", "../data/v: 1.csv"),
        ("/srv/v.csv", "/srv/v.csv"),
        ("cdnow", "cdnow"),
        ("sqlite:///crm.db", "sqlite:///../crm.db"),
        ("sqlite:////srv/crm.db", "sqlite:////srv/crm.db"),
        ("postgresql://ana:geheim@db/crm", "postgresql://ana@db/crm"),
    ],
)
def test_the_source_is_named_as_the_file_finds_it(tmp_path, monkeypatch, source, written):
    """Paths in a parameter file are relative to it; no password goes into it."""
    monkeypatch.chdir(tmp_path)
    text = parameter_file("transactions", source, Guesses(()), folder=tmp_path / "params")
    assert load(text)["data"] == {"transactions": written}
    assert "geheim" not in text


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    file = tmp_path / "mine.yml"
    file.write_text("study: recovery\n")
    with pytest.raises(ParameterError, match=r"mine\.yml is there already and stays as it is"):
        write(file, "other")
    assert file.read_text() == "study: recovery\n"
