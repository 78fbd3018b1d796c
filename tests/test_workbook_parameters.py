"""Parameters, parameter sets and plans: everything that can be wrong is found before anything runs."""

import json

import pytest

from retorno.errors import ParameterError, TableError
from retorno.workbook import studies
from retorno.workbook.parameter_set import read_set
from retorno.workbook.parameters import Parameter, check, read_cell, read_parameters
from retorno.workbook.plan import Options, plan, shipped

CELL = """\
window_days: int = 180  # days: followed after the (re)purchase
level: float = 0.95  # -: coverage
margin: float = (
    None  # fraction: margin of the amount
)
kind: str = "sd"
observed_from: str = None  # date: first day
all_spells: bool = False
outcomes: list = None
world: str = "works"
language: str = "en"
data: dict = {}  # -: table -> file
columns: dict = {}
values: dict = {}
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A study whose notebook has the parameters above, and an empty folder to work in."""
    notebook = tmp_path / "house" / "notebooks" / "20_toy.ipynb"
    notebook.parent.mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Toy"]},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": [CELL]},
    ]
    notebook.write_text(json.dumps({"cells": cells}))
    study = studies.Study("toy", notebook, ("transactions", "contacts"))
    monkeypatch.setattr(studies, "STUDIES", {"toy": study})
    monkeypatch.setattr(studies, "ROOT", tmp_path / "house")
    monkeypatch.setattr(studies, "NOTEBOOKS", notebook.parent)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def one(name="toy", **options):
    return plan([name], Options(**options))[0]


def stopped(match, name="toy", error=ParameterError, **options):
    with pytest.raises(error, match=match):
        plan([name], Options(**options))


def test_a_line_of_the_cell_gives_name_type_default_unit_and_meaning():
    """Read off the cell above; "-" is no unit, and a comment may stand inside brackets."""
    read = {parameter.name: parameter for parameter in read_cell(CELL)}
    assert read["window_days"] == Parameter(
        "window_days", "int", 180, "days", "followed after the (re)purchase"
    )
    assert read["level"].unit == ""
    assert read["margin"] == Parameter(
        "margin", "float | None", None, "fraction", "margin of the amount"
    )
    assert read["kind"].meaning == ""


def test_every_parameter_of_the_shipped_notebooks_has_a_meaning():
    for study in studies.STUDIES.values():
        for parameter in read_parameters(study.notebook):
            assert parameter.meaning, parameter.name


@pytest.mark.parametrize(
    ("name", "given", "used"),
    [
        ("level", 1, 1.0),
        ("margin", None, None),
        ("outcomes", ["spend"], ["spend"]),
        ("all_spells", True, True),
    ],
)
def test_a_value_that_fits_arrives_in_the_type_of_its_parameter(name, given, used):
    """A whole number serves as a number; the rest stays."""
    arrived = check(read_cell(CELL), {name: given})[name]
    assert arrived == used
    assert type(arrived) is type(used)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("window_days", True, "window_days wants a whole number; got true"),
        ("window_days", 180.0, "window_days wants a whole number; got 180.0"),
        ("window_days", "180", 'window_days wants a whole number; got "180"'),
        ("window_days", None, "window_days wants a whole number; got null"),
        ("level", float("nan"), "level wants a number; got NaN"),
        ("margin", "much", "margin wants a number or null; got much"),
        ("kind", False, "kind wants text; got false"),
        ("outcomes", "spend", "outcomes wants a list or null; got spend"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_what_was_wanted(name, given, message):
    with pytest.raises(ParameterError, match=message):
        check(read_cell(CELL), {name: given})


def test_an_unknown_name_suggests_the_nearest_and_lists_all(toy):
    stopped(
        "no parameter 'windw_days'. Did you mean window_days.*outcomes",
        parameters=[("windw_days", "9")],
    )
    stopped("no study 'toi'. Did you mean toy.*There is toy", name="toi")


def test_options_are_yaml_and_a_name_given_twice_is_a_contradiction(toy):
    run = one(parameters=[("margin", "0.4"), ("outcomes", "[a, b]"), ("kind", "points")])
    assert run.given == {"margin": 0.4, "outcomes": ["a", "b"], "kind": "points"}
    assert run.used["window_days"] == 180
    stopped("-p level is given twice", parameters=[("level", "0.9"), ("level", "0.8")])
    stopped("-p language is given twice", parameters=[("language", "en")], language="en")


def test_simulated_and_other_data_never_meet(toy):
    (toy / "t.csv").write_text("a\n1\n")
    stopped(
        "world and data exclude each other",
        parameters=[("world", "works")],
        data=["transactions=t.csv"],
    )
    assert one(data=["transactions=t.csv"]).given["data"] == {"transactions": "t.csv"}


def test_a_file_names_its_run_and_its_paths_are_relative_to_it(toy, monkeypatch):
    (toy / "toy.cdnow.yml").write_text(
        "study: toy\ntitle: Music\ndata: {transactions: t.csv}\nwindow_days: 90\n"
        "columns: {transactions: {amount: Importe}}\n"
    )
    (toy / "mine.yml").write_text("study: toy\n")
    (toy / "t.csv").write_text("a\n1\n")
    monkeypatch.chdir(toy.parent)
    run = one("work/toy.cdnow.yml")
    assert (run.study, run.name, run.title) == ("toy", "cdnow", "Music")
    assert run.sources == {"transactions": str(toy / "t.csv")}
    assert run.given["data"] == {"transactions": "t.csv"}
    assert run.given["columns"] == {"transactions": {"amount": "Importe"}}
    assert run.injected["data"] == run.sources
    assert one("work/mine.yml").name == "mine"
    assert one("toy").name == "default"


def test_options_win_over_the_file_table_by_table(toy):
    (toy / "toy.a.yml").write_text(
        "study: toy\ndata: {transactions: t.csv, contacts: c.csv}\nlevel: 0.9\nwindow_days: 60\n"
    )
    for name in ("t.csv", "c.csv", "u.csv"):
        (toy / name).write_text("a\n1\n")
    run = one("toy.a.yml", data=["transactions=u.csv"], parameters=[("level", "0.8")])
    assert run.given["data"] == {"transactions": "u.csv", "contacts": "c.csv"}
    assert run.given["level"] == 0.8
    assert run.given["window_days"] == 60


def test_columns_name_their_table_where_there_are_several(toy):
    for name in ("t.csv", "c.csv"):
        (toy / name).write_text("a\n1\n")
    single = one(data=["transactions=t.csv"], columns=["date=Fecha", "amount=a=b"])
    assert single.given["columns"] == {"transactions": {"date": "Fecha", "amount": "a=b"}}
    both = ["transactions=t.csv", "contacts=c.csv"]
    stopped("say which table, as TABLE.date=Fecha", data=both, columns=["date=Fecha"])
    stopped("no table 'contcts'. Did you mean contacts", data=both, columns=["contcts.arm=x"])
    stopped("no data are given for contacts", data=both[:1], columns=["contacts.arm=x"])


def test_the_command_repeats_the_run_without_a_path_of_this_machine(toy):
    (toy / "t t.csv").write_text("a\n1\n")
    kept = studies.NOTEBOOKS / "params" / "toy.x.yml"
    kept.parent.mkdir()
    kept.write_text("study: toy\n")
    run = one(
        str(kept),
        data=[f"transactions={toy / 't t.csv'}"],
        parameters=[("outcomes", "[a, b]"), ("kind", '"90"')],
    )
    assert run.command == (
        "retorno run notebooks/params/toy.x.yml --data 'transactions=t t.csv' "
        """-p outcomes '["a", "b"]' -p kind '"90"'"""
    )
    assert one(parameters=[("kind", "sd")], language="en").command == (
        "retorno run toy -p kind sd --language en"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: toy\nlevel: [1\n", "bad.yml: line 3 is not YAML"),
        (
            "study: toy\nlevel: 0.9\nlevel: 0.8\n",
            "bad.yml: line 3 is not YAML: level is given twice",
        ),
        ("- toy\n", "bad.yml: wanted lines such as 'study: reactivation'"),
        ("level: 0.9\n", "bad.yml: a line is missing that says which study"),
        ("study: toi\n", "bad.yml: There is no study 'toi'. Did you mean toy"),
        ("study: toy\nlevle: 1\n", "bad.yml: There is no parameter 'levle'. Did you mean level"),
        ("study: toy\nlevel: high\n", "bad.yml: level wants a number; got high"),
        ("study: toy\ndata: t.csv\n", "bad.yml: data wants names with values; got t.csv"),
        ("study: toy\ndata: {contacs: t.csv}\n", "no table 'contacs'. Did you mean contacts"),
        ("study: toy\ndata: {contacts: [t.csv]}\n", "data.contacts wants text"),
        (
            "study: toy\nvalues: {contacts: {arm: {a: true}}}\n",
            "values.contacts.arm.a wants text; got true",
        ),
        (
            "study: toy\nvalues: {contacts: {arm: {a: b}}}\n",
            "values: no data are given for contacts",
        ),
    ],
)
def test_a_parameter_file_that_cannot_be_used_says_where_and_why(toy, text, message):
    (toy / "bad.yml").write_text(text)
    stopped(message, name="bad.yml")


def test_a_parameter_file_that_is_not_text_or_not_there(toy):
    (toy / "bad.yml").write_bytes(b"study: toy\ntitle: caf\xe9\n")
    stopped("bad.yml: this is not YAML", name="bad.yml")
    stopped("none.yml: cannot be read: No such file", name="none.yml")


def test_dates_and_names_arrive_as_they_are_written(toy):
    """YAML 1.1 would make 2024-01-31 a date, No false, 01 the number 1 and 12:30 the number 750."""
    (toy / "c.yml").write_text(
        "study: toy\nobserved_from: 2024-01-31\ndata: {contacts: c.csv}\n"
        "values: {contacts: {arm: {No: holdout, 01: mail, 12:30: noon}}}\n"
    )
    (toy / "c.csv").write_text("a\n1\n")
    given = one("c.yml").given
    assert given["observed_from"] == "2024-01-31"
    assert given["values"]["contacts"]["arm"] == {"No": "holdout", "01": "mail", "12:30": "noon"}
    assert one(parameters=[("observed_from", "2024-01-31")]).given == {
        "observed_from": "2024-01-31"
    }
    for text, number in (("9e-1", 0.9), (".9", 0.9), ("0.90", 0.9), ("1.", 1.0), ("-2", -2.0)):
        assert one(parameters=[("level", text)]).given == {"level": number}
    for text in ("1.2.3", "007", "e5", "+"):
        assert one(parameters=[("kind", text)]).given == {"kind": text}


def test_values_become_text_because_tables_hold_text(toy):
    (toy / "c.yml").write_text(
        "study: toy\ndata: {contacts: c.csv}\nvalues: {contacts: {arm: {0: holdout, 1: mail}}}\n"
    )
    assert read_set(toy / "c.yml").values == {"contacts": {"arm": {"0": "holdout", "1": "mail"}}}


def test_a_missing_file_stops_everything_under_the_name_that_was_typed(toy):
    stopped("none.csv", error=TableError, data=["transactions=none.csv"])
    with pytest.raises(TableError) as error:
        one(data=["transactions=none.csv"])
    assert str(toy) not in str(error.value)


def test_no_two_runs_of_one_name(toy):
    (toy / "toy.default.yml").write_text("study: toy\n")
    with pytest.raises(ParameterError, match="toy/default is named twice"):
        plan(["toy", "toy.default.yml"], Options())


def test_shipped_runs_are_those_on_simulated_data(toy):
    params = studies.NOTEBOOKS / "params"
    params.mkdir()
    (params / "toy.b.yml").write_text("study: toy\n")
    (params / "toy.a.yml").write_text("study: toy\nworld: no_effect\n")
    (params / "toy.real.yml").write_text("study: toy\ndata: {contacts: hillstrom}\n")
    assert [run.name for run in plan(shipped(), Options())] == ["a", "b"]


def test_a_language_without_catalogue_stops(toy):
    stopped("There is no language 'xx'", parameters=[("language", "xx")])
