"""Running notebooks: whole reports or none, what a run tells, and how it ends.

The notebook below stands for a study: it states one finding and its provenance, and fails, waits or
dies when its parameters ask for it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from click.testing import CliRunner

from retorno.workbook import studies
from retorno.workbook.cli import program

CELLS = [
    ("markdown", "# Toy"),
    (
        "parameters",
        "n: int = 3  # customers: how many\n"
        "do: str = ''  # -: how to end\n"
        "data: dict = {}  # -: table -> file\n"
        "language: str = 'en'  # -: of the report",
    ),
    (
        "code",
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from IPython.display import display\n"
        "from retorno.errors import ParameterError\n"
        "if n < 0:\n"
        "    raise ParameterError(f'n: wanted 0 or more; got {n}.')",
    ),
    ("markdown", "## How many came back\nWords."),
    (
        "code",
        "if do == 'fail':\n"
        "    raise RuntimeError('no such thing\\nand more')\n"
        "if do == 'die':\n"
        "    os._exit(1)\n"
        "if do == 'kill worker':\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"
        "if do.startswith('wait'):\n"
        "    Path(do.split()[1]).write_text(str(os.getpid()))\n"
        "    time.sleep(float(do.split()[2]))",
    ),
    (
        "code",
        "def state(i):\n"
        "    record = {'id': i, 'label': i, 'estimate': float(n), 'ci_low': None, 'ci_high': None,\n"
        "              'level': None, 'unit': 'customers', 'n': n, 'method': None, 'verdict': None,\n"
        "              'sentence': f'{n} customers.'}\n"
        "    display({'application/vnd.retorno.findings+json': [record], 'text/plain': i}, raw=True)\n"
        "state('toy.second')\n"
        "state('toy.second' if do == 'twice' else 'toy.first')\n"
        "print(sys.executable)\n"
        "print(data)",
    ),
    (
        "code",
        "display({'application/vnd.retorno.provenance+json': {'simulated': not data, 'world': None,\n"
        "         'data': [], 'parameters': {'n': n}, 'seed': 1, 'versions': {'python': '3'}},\n"
        "         'text/plain': 'end'}, raw=True)",
    ),
]
FILES = ["findings.json", "notebook.ipynb", "report.html", "tables.xlsx"]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The study `toy` in place of the shipped ones, and a folder to work in."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    )
    for kind, source in CELLS:
        if kind == "markdown":
            notebook.cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            notebook.cells.append(nbformat.v4.new_code_cell(source))
            notebook.cells[-1].metadata["tags"] = [kind] if kind == "parameters" else []
    nbformat.write(notebook, tmp_path / "20_toy.ipynb")
    study = studies.Study("toy", tmp_path / "20_toy.ipynb", ("transactions",))
    monkeypatch.setattr(studies, "STUDIES", {"toy": study})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(
        "from pathlib import Path\n"
        "from retorno.workbook import studies\n"
        "from retorno.workbook.cli import main\n"
        "notebook = Path(__file__).with_name('20_toy.ipynb')\n"
        "studies.STUDIES = {'toy': studies.Study('toy', notebook, ('transactions',))}\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    return tmp_path


def run(*words):
    """Run in this process; status, what was said, what was complained."""
    result = CliRunner().invoke(program, ["run", *words, "--out", "out"])
    return result.exit_code, result.stdout, result.stderr


def start(*words):
    """Start the command line as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "program.py", "run", *words, "--out", "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def record(out, name="default"):
    return json.loads((out / "out" / "toy" / name / "findings.json").read_text())


def test_a_run_writes_its_four_files_and_says_where_the_index_is(toy):
    """n = 4 was given, the other values are the notebook's; findings stand in order of appearance."""
    status, said, complained = run("toy", "-p", "n", "4")
    assert (status, complained) == (0, "")
    assert sorted(file.name for file in (toy / "out/toy/default").iterdir()) == FILES
    assert said.splitlines()[-1] == "Reports: out/index.html"
    assert (toy / "out/index.html").is_file()
    written = record(toy)
    assert (written["study"], written["run"], written["language"]) == ("toy", "default", "en")
    assert written["parameters"] == {"n": 4, "do": "", "data": {}, "language": "en"}
    assert written["provenance"]["changed"] == {"n": 4}
    assert written["provenance"]["command"] == "retorno run toy -p n 4"
    assert [finding["id"] for finding in written["findings"]] == ["toy.second", "toy.first"]
    assert [finding["estimate"] for finding in written["findings"]] == [4.0, 4.0]
    executed = nbformat.read(toy / "out/toy/default/notebook.ipynb", as_version=4)
    printed = executed.cells[-2].outputs[-1].text
    assert printed.splitlines()[0].endswith(sys.executable.removeprefix(f"{studies.ROOT}/"))


def test_papermill_alone_gives_equal_findings(toy):
    import papermill

    run("toy", "-p", "n", "5")
    executed = papermill.execute_notebook(
        "20_toy.ipynb", None, parameters={"n": 5}, progress_bar=False
    )
    stated = [
        output["data"]["application/vnd.retorno.findings+json"][0]
        for output in executed.cells[-2].outputs
        if "data" in output
    ]
    assert stated == record(toy)["findings"]


def test_no_path_of_this_machine_gets_into_a_report(toy):
    (toy / "mine.csv").write_text("a\n1\n")
    run("toy", "--data", f"transactions={toy / 'mine.csv'}")
    written = [toy / "out/toy/default" / name for name in FILES if name != "tables.xlsx"]
    for file in written:
        assert str(toy) not in file.read_text(), file.name
        assert str(studies.ROOT) not in file.read_text(), file.name
    assert record(toy)["parameters"]["data"] == {"transactions": "mine.csv"}


def test_two_runs_of_the_same_inputs_differ_in_their_time_alone(toy):
    """The time stands in the record and, once, in the report; notebook and tables are the same bytes."""

    def written(*words):
        assert "started" in run("toy", "-p", "n", "4", *words)[1]
        kept = record(toy)
        kept["provenance"].pop("made")
        kept["provenance"]["files"].pop("report.html")
        return kept

    assert written() == written("--force")


def test_unchanged_is_judged_by_what_stands_in_the_folder(toy):
    """Skipped when nothing changed; run again when a file was touched, a value or the data changed."""
    (toy / "t.csv").write_text("a\n1\n")
    data = ("--data", "transactions=t.csv")
    assert "started" in run("toy", *data)[1]
    made = record(toy)["provenance"]["made"]
    assert run("toy", *data)[1].splitlines() == [
        "toy/default: unchanged",
        "Reports: out/index.html",
    ]
    assert record(toy)["provenance"]["made"] == made
    (toy / "out/toy/default/report.html").write_text("edited")
    assert "started" in run("toy", *data)[1]
    (toy / "t.csv").write_text("a\n2\n")
    assert "started" in run("toy", *data)[1]
    assert "started" in run("toy", *data, "-p", "n", "9")[1]


def test_a_failed_run_tells_cell_and_reason_and_leaves_the_earlier_report(toy):
    """The failing cell is the third code cell of five, under the heading above it."""
    run("toy")
    earlier = record(toy)
    status, _, complained = run("toy", "-p", "do", "fail")
    assert status == 1
    assert complained == (
        "toy/default failed: cell 3 of 5, under 'How many came back': RuntimeError: no such thing\n"
    )
    assert record(toy) == earlier
    assert [path.name for path in (toy / "out/toy").iterdir()] == ["default"]


def test_bad_input_inside_a_notebook_is_told_alone_and_nothing_is_written(toy):
    status, _, complained = run("toy", "-p", "n", "-1")
    assert (status, complained) == (2, "n: wanted 0 or more; got -1.\n")
    assert not (toy / "out").exists()


@pytest.mark.parametrize(
    ("do", "complaint"),
    [
        ("die", "toy/default failed: cell 3 of 5, under 'How many came back': the kernel died"),
        ("twice", "toy/default failed: the notebook states findings twice: toy.second"),
    ],
)
def test_a_notebook_that_cannot_be_published_is_a_failure(toy, do, complaint):
    status, _, complained = run("toy", "-p", "do", do)
    assert status == 1
    assert complained.startswith(complaint)
    assert not (toy / "out").exists()


def test_others_still_run_and_bad_input_outranks_failure(toy):
    """In two processes: one fails (1), one has bad input (2), one loses its process (1), one is good."""
    for name, line in (
        ("a", "do: fail"),
        ("b", "n: -1"),
        ("c", "do: kill worker"),
        ("d", "n: 8"),
    ):
        (toy / f"toy.{name}.yml").write_text(f"study: toy\n{line}\n")
    program = start(*(f"toy.{name}.yml" for name in "abcd"), "--jobs", "2")
    said, complained = program.communicate(timeout=60)
    assert program.returncode == 2
    assert [path.name for path in (toy / "out/toy").iterdir()] == ["d"]
    assert record(toy, "d")["findings"][0]["estimate"] == 8.0
    assert sorted(complained.splitlines()) == [
        "n: wanted 0 or more; got -1.",
        "toy/a failed: cell 3 of 5, under 'How many came back': RuntimeError: no such thing",
        "toy/c failed: its process ended; was there enough memory?",
    ]
    assert re.search(r"toy/d: Toy \(\d+\.\d s\)", said)
    assert re.search(r"toy/d: done in \d+\.\d s", said)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_kernels_and_leaves_earlier_reports_whole(toy, jobs):
    """One run in the program itself, or two in processes of their own: 130, one line, nothing half."""
    run("toy")
    earlier = record(toy)
    (toy / "toy.other.yml").write_text("study: toy\n")
    program = start(
        *("toy", "toy.other.yml")[: int(jobs)], "--jobs", jobs, "-p", "do", f"wait {toy / 'pid'} 60"
    )
    until(lambda: (toy / "pid").is_file() and (toy / "pid").read_text())
    program.send_signal(signal.SIGINT)
    _, complained = program.communicate(timeout=20)
    assert program.returncode == 130
    assert complained == "Stopped. Earlier reports are as they were.\n"
    assert record(toy) == earlier
    assert [path.name for path in (toy / "out/toy").iterdir()] == ["default"]
    until(lambda: not alive(int((toy / "pid").read_text())))


def test_a_second_process_waits_says_so_and_finds_the_work_done(toy):
    words = ("toy", "-p", "do", f"wait {toy / 'pid'} 2")
    first = start(*words)
    until(lambda: (toy / "pid").is_file())
    second = start(*words)
    said, complained = second.communicate(timeout=60)
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode, complained) == (0, 0, "")
    assert said.splitlines()[:2] == [
        "Another run writes to this folder; waiting for it.",
        "toy/default: unchanged",
    ]


def test_on_a_terminal_a_moving_line_tells_cell_and_heading(toy):
    ours, theirs = os.openpty()
    program = subprocess.Popen(
        [
            sys.executable,
            "program.py",
            "run",
            "toy",
            "-p",
            "do",
            f"wait {toy / 'pid'} 0.5",
            "--out",
            "out",
        ],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        cwd=toy,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # Linux tells the end of a terminal as an error
        pass
    os.close(ours)
    assert program.wait(20) == 0
    assert "cell 3 of 5: How many came back" in seen.decode()
    assert "toy/default: done in" in seen.decode()
