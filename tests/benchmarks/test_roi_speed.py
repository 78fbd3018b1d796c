"""The 100,000 draws of the return against what it takes to import what a notebook imports.

The imports are those of the notebook's own cell, timed in processes of their own, the start of Python taken off; the
return is made and all its findings are stated in this process, with both shares as ranges so that everything is drawn.
Best of several runs of each.
"""

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

from retorno.referral import Assumptions, programme
from retorno.referral.payoff.assumptions import DRAWS
from retorno.referral.tenure import OTHER, REFERRED
from retorno.referral.worth.value import Value
from retorno.stats.student import Student

pytestmark = pytest.mark.benchmark

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "30_referral_roi.ipynb"
RUNS = 3
ASSUMED = Assumptions(
    reward_referrer=25.0,
    reward_referred=5.0,
    admin_cost=2.0,
    acquisition_cost=20.0,
    type_one_share=[0.2, 0.6],
    fraud_share=[0.0, 0.2],
    referrer_effect=[0.0, 5.0],
)


def imports():
    """Return the import statements of the notebook."""
    import ast

    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    kinds = (ast.Import, ast.ImportFrom)
    return "\n".join(ast.unparse(node) for node in ast.parse(code).body if isinstance(node, kinds))


def seconds_to_run(code):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def seconds_of_the_return():
    groups = {REFERRED: Student(180.0, 9.0, 999.0), OTHER: Student(150.0, 8.0, 999.0)}
    n = {REFERRED: 1000, OTHER: 1000}
    value = Value(groups, n, n, 36, 0.1, "EUR", 0.95, 5)
    start = time.perf_counter()
    found = programme(value, ASSUMED, rng=np.random.default_rng(1)).findings()
    took = time.perf_counter() - start
    assert all(finding.estimate is not None for finding in found)
    return took


def test_all_draws_take_less_time_than_the_imports_of_a_notebook():
    """The ratio and not the time, so that it holds on any machine."""
    code = imports()
    assert "retorno.referral" in code
    runs = [
        (seconds_of_the_return(), seconds_to_run(code), seconds_to_run("pass")) for _ in range(RUNS)
    ]
    drawing, importing, nothing = map(min, zip(*runs, strict=True))
    importing -= nothing
    print(
        f"\n{DRAWS:,} draws and their findings: {drawing * 1e3:.0f} ms; imports of a notebook: "
        f"{importing * 1e3:.0f} ms, ratio {importing / drawing:.1f}"
    )
    assert drawing < importing
