"""The index: one card for each run that stands in the folder, and never half a file."""

import json
import re
import subprocess
import sys

import pytest

from retorno import report
from retorno.findings import Definition

ATTACK = "<img src=x onerror=alert(1)>"
RATIO = Definition("window.ratio", "Ratio", "m", "ratio", "s")
COUNT = Definition("states.customers", "Customers", "m", "customers", "s")


def put(out, run, findings, **provenance):
    """Let a run stand in `out`."""
    record = {
        "study": "reactivation",
        "run": run,
        "language": "en",
        "findings": [finding.record() for finding in findings],
        "provenance": {
            "title": f"Title of {run}",
            "made": "2025-03-03T10:22:01+00:00",
            "simulated": True,
            "world": "works",
            "data": [],
        }
        | provenance,
    }
    folder = out / "reactivation" / run
    folder.mkdir(parents=True)
    (folder / "findings.json").write_text(json.dumps(record), encoding="utf-8")


def index(out):
    """The index written for `out`."""
    report.write_index(out)
    return (out / "index.html").read_text(encoding="utf-8")


def cards(html):
    """The cards of an index, tags removed."""
    return [
        " ".join(re.sub(r"<.*?>", " ", card).split())
        for card in re.findall(r'<li class="run".*?</li>', html, re.S)
    ]


def test_a_card_says_title_headline_data_date_and_counts(tmp_path):
    """The headline is the first finding with an interval, not the count before it."""
    findings = [
        COUNT.state(10, "There are 10 customers."),
        RATIO.refuse("Not stated."),
        Definition("b", "b", "m", "ratio", "s").state(
            1.2, "They bring 1.20 times.", interval=(1.1, 1.3), level=0.95
        ),
    ]
    put(tmp_path, "works", findings)
    html = index(tmp_path)
    assert cards(html) == [
        "Title of works They bring 1.20 times. Simulated world: works March 3, 2025 · "
        "2 findings stated, 1 refused"
    ]
    assert 'href="reactivation/works/report.html"' in html


def test_the_finding_that_answers_the_question_is_the_headline_wherever_it_stands(tmp_path):
    naive = RATIO.state(1.2, "The naive answer.", interval=(1.1, 1.3), level=0.95, verdict="above")
    put(tmp_path, "works", [naive, COUNT.state(10, "The answer.")], headline="states.customers")
    assert "The answer." in cards(index(tmp_path))[0]
    assert "naive" not in cards(index(tmp_path))[0]


def test_without_an_interval_the_first_finding_is_the_headline(tmp_path):
    """Also when it is a refusal: a run that refuses is shown as one."""
    put(tmp_path, "a", [RATIO.refuse("Not stated: no holdout."), COUNT.state(1, "One.")])
    put(tmp_path, "b", [])
    first, second = cards(index(tmp_path))
    assert "Not stated: no holdout." in first
    assert "This run states no finding." in second


def test_real_data_are_named_by_their_sources_once(tmp_path):
    """Two tables from two sources, one of them twice."""
    data = [{"source": source} for source in ("cdnow", "mine.csv", "cdnow")]
    put(tmp_path, "real", [], simulated=False, world=None, data=data)
    assert "cdnow, mine.csv March 3, 2025" in cards(index(tmp_path))[0]


def test_runs_in_the_making_and_leftovers_are_no_cards(tmp_path):
    """A folder that starts with a dot is being written; one without findings is no run."""
    put(tmp_path, ".works.x1", [])
    put(tmp_path, "b", [])
    put(tmp_path, "a", [])
    (tmp_path / "reactivation" / "empty").mkdir()
    assert [card.split(" This")[0] for card in cards(index(tmp_path))] == [
        "Title of a",
        "Title of b",
    ]


def test_empty_folder_gives_a_page_that_says_so(tmp_path):
    """Also when the folder is not there yet."""
    html = index(tmp_path / "reports")
    assert cards(html) == []
    assert "There is no report here yet." in html


def test_index_escapes_and_asks_for_nothing(tmp_path):
    """Title, sentence, world and run name come from outside."""
    put(tmp_path, "a b#c", [RATIO.refuse(ATTACK)], title=ATTACK, world=ATTACK)
    html = index(tmp_path)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 3
    assert 'href="reactivation/a%20b%23c/report.html"' in html
    assert "default-src &#39;none&#39;" in html
    assert "http" not in html.replace("http-equiv", "")


def test_failed_index_leaves_the_earlier_one_and_nothing_beside_it(tmp_path):
    """A findings file that is no JSON stops the index; what stood stays."""
    put(tmp_path, "a", [])
    before = index(tmp_path)
    broken = tmp_path / "reactivation" / "b"
    broken.mkdir()
    (broken / "findings.json").write_text("{", encoding="utf-8")
    with pytest.raises(json.JSONDecodeError):
        report.write_index(tmp_path)
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "reactivation"]


def test_index_that_cannot_be_put_in_place_leaves_nothing_beside_it(tmp_path):
    """A folder stands where the index belongs: the rename fails and the half-way file is gone."""
    (tmp_path / "index.html").mkdir()
    with pytest.raises(OSError, match="index"):
        report.write_index(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_report_and_index_import_nothing_heavy():
    """`import retorno.report` and an index need neither nbconvert nor openpyxl."""
    program = (
        "import sys, tempfile, retorno.report as r; r.write_index(tempfile.mkdtemp()); "
        "print([m for m in ('nbconvert', 'nbformat', 'openpyxl', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
