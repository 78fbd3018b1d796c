"""The command line but for `run`: what it prints, and how it refuses."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

import retorno
from retorno import simulate, tables
from retorno.findings import Definition
from retorno.workbook import studies
from retorno.workbook.cli import program
from retorno.workbook.parameter_set import read_set

HEAVY = ("ibis", "pandas", "papermill", "nbconvert", "nbformat", "scipy", "matplotlib", "pandera")


def run(*words):
    result = CliRunner().invoke(program, words)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def toy(monkeypatch):
    known = (
        Definition("toy.ratio", "Ratio of toys", "Toys over toys.", "ratio", "Above 1: more."),
        Definition("toy.{month}.share", "Share in {month}", "A share.", "share", "Up: more."),
    )
    monkeypatch.setattr(studies, "STUDIES", {"toy": studies.Study("toy", None, ())})
    monkeypatch.setattr(studies, "definitions", lambda study: known)


def test_the_command_line_imports_nothing_heavy():
    code = "import retorno.workbook.cli, sys; print([m for m in sys.argv[1:] if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True)
    assert told.stdout == "[]\n"


def test_python_m_retorno_is_the_same_program():
    told = subprocess.run(
        [sys.executable, "-m", "retorno", "--version"], capture_output=True, text=True
    )
    assert told.stdout == f"retorno, version {retorno.__version__}\n"
    wrong = subprocess.run(
        [sys.executable, "-m", "retorno", "run", "reactivaton"], capture_output=True, text=True
    )
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("There is no study 'reactivaton'. Did you mean reactivation?")
    assert "Traceback" not in wrong.stderr


def test_explain_gives_the_entry_of_an_id_with_its_open_names_filled(toy):
    assert run("explain", "toy.may.share") == (
        0,
        "Finding: toy.may.share\nLabel: Share in may\nMeaning: A share.\nUnit: share\n"
        "Sign: Up: more.\n",
        "",
    )


def test_explain_suggests_the_nearest_id(toy):
    status, said, complained = run("explain", "toy.ration")
    assert (status, said) == (2, "")
    assert complained.startswith("There is no finding 'toy.ration'. Did you mean toy.ratio?")


def test_every_shipped_id_can_be_explained():
    for study in studies.STUDIES:
        for definition in studies.definitions(study):
            finding = definition.id.replace("{", "").replace("}", "")
            assert run("explain", finding)[0] == 0, finding


def test_list_shows_type_default_unit_and_meaning():
    status, said, _ = run("list")
    assert status == 0
    line = next(line for line in said.splitlines() if line.strip().startswith("window_days"))
    assert line.split()[1:4] == ["int", "180", "days"]


def test_check_tells_what_was_understood(tmp_path):
    """Two purchases of two customers, under names of their own."""
    file = tmp_path / "orders.csv"
    file.write_text("ID cliente,Fecha,Importe\nA,2024-01-02,10.5\nB,2024-01-03,3\n")
    named = ("--columns", "customer_id=ID cliente", "--columns", "date=Fecha")
    status, said, complained = run(
        "check", "transactions", str(file), *named, "--columns", "amount=Importe"
    )
    assert (status, complained) == (0, "")
    assert "orders.csv" in said
    assert "ID cliente" in said
    status, said, _ = run("check", "transactions", str(file), *named)
    assert status == 2
    assert "from January 2, 2024 to January 3, 2024" in said
    assert "- a column is missing: 'amount'" in said


def test_check_writes_a_parameter_file_that_runs(tmp_path):
    """Spanish names are guessed and marked; the file is written once, and read by the program itself."""
    file, mine = tmp_path / "ventas.csv", tmp_path / "mine.yml"
    file.write_text("ID cliente;Fecha;Importe\nA;25/02/2024;10,5\nB;3/01/2024;3\n")
    status, said, _ = run("check", "transactions", str(file), "--write", str(mine))
    assert status == 0
    assert "Decimal mark: comma" in said
    assert "customer_id: ID cliente  # guess" in mine.read_text(encoding="utf-8")
    asked = read_set(mine)
    assert (asked.study.name, asked.data) == ("reactivation", {"transactions": str(file)})
    assert run("check", "transactions", str(file), "--write", str(mine))[0] == 2


def test_new_makes_a_folder_and_says_what_is_in_it(tmp_path):
    """Each file on a line; a second time the folder is not empty."""
    status, said, _ = run("new", "recovery", str(tmp_path / "mine"))
    assert status == 0
    assert str(tmp_path / "mine" / "recovery.yml") in said.splitlines()
    assert run("new", "recovery", str(tmp_path / "mine"))[0] == 2


def test_simulate_writes_a_world_once(tmp_path):
    words = ("simulate", "reactivation", "--out", str(tmp_path / "mine"), "--customers", "40")
    assert run(*words)[0] == 0
    assert sorted(file.name for file in (tmp_path / "mine").iterdir()) == [
        "answers.json",
        "contacts.csv",
        "transactions.csv",
    ]
    assert run(*words)[0] == 2
    assert run("simulate", "toi", "--out", str(tmp_path / "no"))[0] == 2
    assert list(simulate.WORLDS) == list(studies.STUDIES)


def test_public_data_are_listed_with_terms_and_refused_when_not_recognised(tmp_path, monkeypatch):
    monkeypatch.setenv("RETORNO_RAW", str(tmp_path / "raw"))
    status, said, _ = run("data", "list")
    assert status == 0
    for name in tables.public.PUBLIC:
        assert f"{name}: " in said
    assert "not here yet" in said
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n")
    status, _, complained = run("data", "add", "cdnow", str(tmp_path / "wrong.csv"))
    assert status == 2
    assert "cdnow" in complained


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["check", "contacts", "c.csv", "--columns", "arm"], "--columns wants OURS=THEIRS"),
        (["check", "contacts", "c.csv", "--values", "x=y"], "--values wants COLUMN.THEIRS=OURS"),
        (["run", "reactivation", "--data", "x"], "--data wants TABLE=SOURCE; got 'x'"),
        (["run", "reactivation", "--language", "xx"], "'xx' has no catalogue"),
        (["run", "--jobs", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_message(words, complaint):
    status, said, complained = run(*words)
    assert (status, said) == (2, "")
    assert complaint in complained


def test_an_output_folder_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    status, said, complained = run("run", "reactivation", "--out", str(tmp_path / "file" / "out"))
    assert (status, said) == (2, "")
    assert complained.count("\n") == 1
    assert "cannot be used" in complained
