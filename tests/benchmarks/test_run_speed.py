"""How long a run takes beyond its cells, against papermill and nbconvert called from the shell; and an import.

Ratios within one run are printed, nothing is asserted: `make bench`.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.benchmark

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
STUDIES = {
    "recovery": "10_recovery_paradox.ipynb",
    "reactivation": "20_reactivation_curves.ipynb",
    "referral": "30_referral_roi.ipynb",
}
BIN = Path(sys.executable).parent


def seconds(*words):
    start = time.perf_counter()
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
    return time.perf_counter() - start


def through_the_shell(study, folder):
    """Return seconds of papermill and nbconvert from the shell, and seconds of the cells alone."""
    executed = folder / f"{study}.ipynb"
    wall = seconds(BIN / "papermill", NOTEBOOKS / STUDIES[study], executed, "--no-progress-bar")
    wall += seconds(BIN / "jupyter", "nbconvert", "--to", "html", executed)
    return wall, sum(c.metadata.papermill.duration or 0 for c in nbformat.read(executed, 4).cells)


def test_a_cold_run_against_the_shell(tmp_path):
    """One study. Cells' own computing, as papermill measured it, is taken off both."""
    shell, ours, unchanged = [], [], []
    for _ in range(3):
        wall, cells = through_the_shell("reactivation", tmp_path)
        shell.append((wall, wall - cells))
        run = [BIN / "retorno", "run", "reactivation", "--out", tmp_path / "reports"]
        wall = seconds(*run, "--force")
        ours.append((wall, wall - cells))
        unchanged.append(seconds(*run))
    (wall_shell, beyond_shell), (wall_ours, beyond_ours) = (
        [statistics.median(column) for column in zip(*rows, strict=True)] for rows in (shell, ours)
    )
    print(
        f"\nbeyond the cells: shell {beyond_shell:.2f} s, retorno {beyond_ours:.2f} s, "
        f"ratio {beyond_ours / beyond_shell:.2f} (wanted: a third at most)"
        f"\nwall: shell {wall_shell:.2f} s, retorno {wall_ours:.2f} s, ratio {wall_ours / wall_shell:.2f}"
        f"\nunchanged: {statistics.median(unchanged):.2f} s, "
        f"{statistics.median(unchanged) / wall_ours:.3f} of cold (wanted: under 0.1)"
    )


def test_three_studies_against_the_shell(tmp_path):
    """The three default studies, cold with two jobs, against the shell's one after the other."""
    shell = sum(through_the_shell(study, tmp_path)[0] for study in STUDIES)
    run = [BIN / "retorno", "run", "--jobs", "2", "--out", tmp_path / "reports"]
    cold, unchanged = seconds(*run), seconds(*run)
    print(
        f"\nthree studies: shell {shell:.1f} s, retorno {cold:.1f} s, ratio {cold / shell:.2f}; "
        f"unchanged {unchanged:.2f} s, {unchanged / cold:.3f} of cold"
    )


def test_import_against_bare_python():
    bare, ours = (
        statistics.median(seconds(sys.executable, "-c", code) for _ in range(9))
        for code in ("pass", "import retorno")
    )
    print(f"\nimport retorno: {ours - bare:+.3f} s over bare Python (wanted: under 0.1 s)")
