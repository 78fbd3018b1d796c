"""A folder for one's own research: whole, explained, and running, also from an installed wheel."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from retorno.errors import ParameterError
from retorno.tables.contracts import contract
from retorno.workbook import new, studies
from retorno.workbook.new import new_folder
from retorno.workbook.parameter_set import read_set
from retorno.workbook.parameters import read_parameters
from retorno.workbook.plan import Options, plan

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("study", studies.STUDIES.values(), ids=lambda study: study.name)
def test_the_folder_holds_all_and_its_parameter_file_can_be_planned(tmp_path, study):
    """Every table, column and parameter of the study stands there, and the sources are found."""
    folder = tmp_path / "deep" / "mine"
    files = new_folder(study.name, folder)
    tables = [f"data/{table}.csv" for table in study.tables]
    assert {file.relative_to(folder).as_posix() for file in files} == {
        f"{study.name}.yml",
        *tables,
        "README.md",
        ".gitignore",
    }
    assert sorted(files) == sorted(path for path in folder.rglob("*") if path.is_file())
    parameters = folder / f"{study.name}.yml"
    assert read_set(parameters).data == {t: f"data/{t}.csv" for t in study.tables}
    [run] = plan([str(parameters)], Options())
    assert run.study == study.name
    told = parameters.read_text(encoding="utf-8")
    page = (folder / "README.md").read_text(encoding="utf-8")
    for parameter in read_parameters(study.notebook):
        assert f"{parameter.name}:" in told
    for table in study.tables:
        for column in contract(table):
            assert f"`{column.name}`" in page
            assert f"    {column.name}: " in told
    assert f"retorno run {study.name}.yml" in page


def test_private_data_stay_out_of_git(tmp_path):
    """git itself is asked: tables and reports are ignored, the parameter file is not."""
    folder = tmp_path / "mine"
    new_folder("referral", folder)
    subprocess.run(["git", "init", "-q", folder], check=True)
    asked = ["data/customers.csv", "data/mine.sav", "reports/index.html", "referral.yml"]
    ignored = subprocess.run(
        ["git", "check-ignore", *asked], cwd=folder, capture_output=True, text=True
    )
    assert ignored.stdout.splitlines() == asked[:3]


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ParameterError, match="is there already and not empty"):
        new_folder("recovery", tmp_path)
    with pytest.raises(ParameterError, match="is there already and not empty"):
        new_folder("recovery", tmp_path / "note.txt")
    with pytest.raises(ParameterError, match=r"no study 'recovry'. Did you mean recovery"):
        new_folder("recovry", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_an_empty_folder_is_filled_in_place(tmp_path, monkeypatch):
    """`retorno new recovery .` in a fresh folder: the folder stays the one the shell is in."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    new_folder("recovery", Path("."))
    assert tmp_path.stat().st_ino == before
    assert Path("recovery.yml").is_file()


@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_left_of_a_folder_that_could_not_be_finished(tmp_path, monkeypatch, there):
    """The third part cannot be moved, as on a full disk: no file stays, and no new folder."""
    folder, moves = tmp_path / "mine", []
    rename = Path.rename

    def failing(path, target):
        moves.append(target)
        if len(moves) == 3:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    if there:
        folder.mkdir()
    monkeypatch.setattr(new.Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        new_folder("recovery", folder)
    assert [path.name for path in tmp_path.rglob("*")] == (["mine"] if there else [])


def test_in_a_checkout_the_folders_are_those_of_the_repository():
    assert (ROOT, ROOT / "lib") == studies.PRIVATE
    assert studies.reports() == ROOT / "reports"
    assert (studies.EXAMPLES / "survey.csv").is_file()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A fresh environment with our dependencies and retorno from a wheel built here, all without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    python = folder / "venv" / "bin" / "python"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)
    site = Path(told.stdout.strip())
    # The .pth of the editable install lies in there, and is not followed from here.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    [wheel] = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    return python, site / "retorno"


def test_an_installed_wheel_needs_no_checkout(installed, tmp_path):
    """A new folder, its example run, a report: exit 0, and nothing is written into the package."""
    python, package = installed
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def retorno(*words, cwd):
        words = [python.parent / "retorno", *words]
        return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)

    def content():
        return sorted(
            (path, path.stat().st_mtime_ns)
            for path in package.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )

    before = content()
    assert (package / "_workbook" / "notebooks" / "00_start_here.ipynb") in dict(before)
    where = "from retorno.workbook.studies import PRIVATE; print(*PRIVATE, sep='\\n')"
    told = subprocess.run([python, "-c", where], env=environment, capture_output=True, text=True)
    assert told.stdout.splitlines() == [str(package / "_workbook"), str(package.parent)]
    made = retorno("new", "recovery", "mine", cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    done = retorno("run", "recovery.yml", cwd=tmp_path / "mine")
    assert done.returncode == 0, done.stdout + done.stderr
    place = tmp_path / "mine" / "reports" / "recovery" / "recovery"
    record = json.loads((place / "findings.json").read_text(encoding="utf-8"))
    sources = [table["source"] for table in record["provenance"]["data"]]
    assert sources == ["survey.csv", "effects.csv"]
    assert not record["provenance"]["simulated"]
    page = (place / "report.html").read_text(encoding="utf-8")
    assert str(package.parent) not in page
    assert str(tmp_path) not in page
    assert content() == before
