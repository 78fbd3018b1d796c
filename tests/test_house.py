"""The house rules that a machine can keep: imports run one way, three lists of packages agree, notebooks are clean."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib" / "retorno"
STUDIES = {"recovery", "reactivation", "referral"}
# What each room may import; `errors` and `language` serve all.
ALLOWED = {
    "errors": set(),
    "language": set(),
    "findings": set(),
    "stats": {"stats"},
    "money": set(),
    "tables": {"tables", "stats"},
    "simulate": {"simulate"},
    "figures": {"figures"},
    "display": {"figures"},
    "report": {"report", "findings", "display"},
    "workbook": {"workbook", "report", "tables", "simulate", "findings", "display"},
    **{study: {study, "findings", "tables", "stats", "money"} for study in STUDIES},
}
# A lesson uses what a notebook may use; nobody uses the course.
ALLOWED["course"] = {"course", *ALLOWED}


def imports(path):
    """Yield the rooms of ours that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [node.module]
                if node.module != "retorno"
                else [f"retorno.{a.name}" for a in node.names]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("retorno."):
                yield name.split(".")[1]


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_run_one_way(room):
    paths = (
        [LIBRARY / f"{room}.py"]
        if (LIBRARY / f"{room}.py").exists()
        else (LIBRARY / room).rglob("*.py")
    )
    for path in paths:
        strangers = set(imports(path)) - ALLOWED[room] - {"errors", "language", "__version__"}
        assert not strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_every_room_has_its_rule():
    rooms = {p.stem for p in LIBRARY.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__", "__main__"} == set(ALLOWED)


@pytest.mark.parametrize(
    "name", ["retorno", "retorno.workbook.cli", "retorno.tables", "retorno.simulate"]
)
def test_imports_are_cheap(name):
    """What takes seconds to import is imported where it is used."""
    heavy = [
        "numpy",
        "pandas",
        "scipy",
        "ibis",
        "duckdb",
        "matplotlib",
        "papermill",
        "nbconvert",
        "statsmodels",
    ]
    code = f"import sys, {name}; print(*[m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(lines):
    """Return name -> bounds of requirement lines such as ``ibis-framework[duckdb]>=12,<13``."""
    found = {}
    for line in lines:
        name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", line).groups()
        found[name.lower()] = bounds
    return found


def wanted():
    described = project()
    return requirements(
        described["project"]["dependencies"] + described["dependency-groups"]["dev"]
    )


def locked():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.MULTILINE)), text


CONDA = {
    "duckdb": "python-duckdb",
    "ibis-framework": "ibis-duckdb",
}  # PyPI name -> conda-forge name


def test_conda_asks_for_the_same_packages_in_the_same_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = requirements(environment["dependencies"])
    assert conda.pop("python") == project()["project"]["requires-python"]
    conda.pop("pip")
    for engine in (
        "ibis-postgres",
        "ibis-sqlite",
    ):  # extras on PyPI, packages of their own on conda-forge
        assert conda.pop(engine) == conda["ibis-duckdb"]
    assert conda == {CONDA.get(name, name): bounds for name, bounds in wanted().items()}


def test_the_lock_holds_every_package_inside_its_bounds():
    from packaging.specifiers import SpecifierSet

    versions, _ = locked()
    for name, bounds in wanted().items():
        assert name in versions, f"{name} is not locked: make lock"
        assert versions[name] in SpecifierSet(bounds), (
            f"{name} {versions[name]} breaks {bounds}: make lock"
        )


def test_the_build_backend_is_locked_too():
    versions, _ = locked()
    assert set(requirements(project()["build-system"]["requires"])) <= set(versions)


def test_the_lock_is_hashed_and_names_no_place():
    versions, text = locked()
    assert text.count("--hash=sha256:") >= len(versions)
    assert re.search(r"://|index|file:|/\w+/\w+/", text.replace("index-", "")) is None
    assert "make lock" in text.splitlines()[1]


def notebooks():
    return sorted((ROOT / "notebooks").rglob("*.ipynb"))


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_notebooks_are_stored_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    headings = re.findall(
        r"^# ", "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"), re.M
    )
    assert len(headings) == 1
    assert "parameters" in code[0].metadata.tags
    assert max(len(cell.source.splitlines()) for cell in code[2:]) <= 8


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_papermill_knows_every_parameter(path):
    """It only warns of a name it does not know, and does so falsely of lines it cannot read."""
    import papermill

    from retorno.workbook.parameters import read_parameters

    known = papermill.inspect_notebook(str(path))
    assert set(known) == {parameter.name for parameter in read_parameters(path)}


def test_nothing_committed_names_a_place_on_a_machine():
    home = str(Path.home()).strip("/").split("/")[0]
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.split("\n"):
        path = ROOT / name
        if name and path.suffix not in {".png"} and path.exists():
            assert not re.search(
                rf"(?<![\w.])/(?:{home}|Users)/\w", path.read_text(encoding="utf-8")
            ), name
