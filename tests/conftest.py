"""What several tests share."""

import json
import os
from functools import partial
from pathlib import Path

import browser
import lessons
import pytest
from click.testing import CliRunner


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of the public files; a skipped test says how to give it, in CI it fails instead."""
    folder = os.environ.get("RETORNO_PUBLIC_DATA")
    if folder:
        return Path(folder)
    message = "set RETORNO_PUBLIC_DATA to a folder holding the public files"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def public_store(public_data, tmp_path_factory) -> Path:
    """A folder of public sets, added from the files given."""
    from retorno.tables.public import add

    store = tmp_path_factory.mktemp("raw")
    for name, file in (
        ("cdnow", "cdnow_master.csv.gz"),
        ("hillstrom", "hillstrom.csv.gz"),
        ("online_retail", "online_retail.parquet"),
        ("telco", "telco_extended_referrals.parquet"),
    ):
        add(name, public_data / file, folder=store)
    return store


@pytest.fixture
def run(tmp_path):
    """Run the command line into a folder of its own; exit status, what it said, records by run."""
    from retorno.workbook.cli import program

    def _run(*words):
        out = tmp_path / "reports"
        result = CliRunner().invoke(program, ["run", *map(str, words), "--out", str(out)])
        records = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/*/findings.json")}
        return result.exit_code, result.output + result.stderr, records

    return _run


@pytest.fixture(scope="session")
def chromium():
    """A browser for the tests of pages."""
    with browser.launched() as launched:
        yield launched


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """What gives folder and executed notebook of a lesson by number, language and audience."""
    base = tmp_path_factory.getbasetemp()
    return partial(lessons.made_once, base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
