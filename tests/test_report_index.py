"""The index: a card for each run that stands or failed in the folder, and never half a file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from retorno import report
from retorno.findings import Definition
from retorno.report.key_figure import key_figure
from retorno.tables.places import Place
from retorno.workbook import publish, runner
from retorno.workbook.execute import ExecutionError
from retorno.workbook.plan import Run
from retorno.workbook.progress import Plain

ATTACK = "<img src=x onerror=alert(1)>"
RATIO = Definition("window.ratio", "Ratio", "m", "ratio", "s")
COUNT = Definition("states.customers", "Customers", "m", "customers", "s")
ANSWER = {"headline": "They bring more", "lede": "By much.", "cards": ["window.ratio"]}
FAILURE = {
    "title": None,
    "status": 1,
    "problem": "cell 3 of 5",
    "made": "2025-03-04T10:00:00+00:00",
}


def put(out, run, findings, *, study="reactivation", language="en", html=None, **provenance):
    """Let a run stand in `out`."""
    record = {
        "study": study,
        "run": run,
        "language": language,
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
    folder = out / study / run
    folder.mkdir(parents=True)
    (folder / "findings.json").write_text(json.dumps(record), encoding="utf-8")
    if html is not None:
        (folder / "report.html").write_text(html, encoding="utf-8")


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


def test_a_card_says_title_answer_data_date_and_how_many_findings_are_refused(tmp_path):
    """Of two findings one is refused; the answer of the report is the link to it."""
    stated = COUNT.state(10, "There are 10 customers.")
    put(tmp_path, "works", [stated, RATIO.refuse("Not stated.")], answer=ANSWER)
    html = index(tmp_path)
    assert cards(html) == [
        "Title of works They bring more Simulated world: works · March 3, 2025 – 1 of 2 findings refused"
    ]
    assert '<a href="reactivation/works/report.html">They bring more</a>' in html


def test_a_run_without_a_refused_finding_says_so_with_another_sign(tmp_path):
    put(tmp_path, "one", [COUNT.state(1, "One.")])
    put(tmp_path, "two", [COUNT.state(1, "One."), RATIO.state(2, "Two.")])
    one, two = cards(index(tmp_path))
    assert one.endswith("✓ 1 finding, none refused")
    assert two.endswith("✓ 2 findings, none refused")


def test_without_an_answer_the_first_finding_with_an_interval_is_the_headline(tmp_path):
    """Not the count before it, nor the refusal."""
    findings = [
        COUNT.state(10, "There are 10 customers."),
        RATIO.refuse("Not stated."),
        Definition("b", "b", "m", "ratio", "s").state(
            1.2, "They bring 1.20 times.", interval=(1.1, 1.3), level=0.95
        ),
    ]
    put(tmp_path, "works", findings)
    assert ">They bring 1.20 times.</a>" in index(tmp_path)


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
    assert "Given data: cdnow, mine.csv · March 3, 2025" in cards(index(tmp_path))[0]


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


def test_cards_stand_by_study_then_run_and_a_button_for_each_study_tells_how_many(tmp_path):
    """Study `a` stands before study `a-b`, although "a-b/x" sorts before "a/x" as a text."""
    for study, run in (("a-b", "x"), ("a", "y"), ("a", "x")):
        put(tmp_path, run, [COUNT.state(1, "One.")], study=study, title=f"{study} {run}")
    html = index(tmp_path)
    assert [card.split(" One.")[0] for card in cards(html)] == ["a x", "a y", "a-b x"]
    buttons = re.findall(r'aria-pressed="(\w+)" data-study="([\w-]*)" data-told="([^"]+)"', html)
    assert buttons == [
        ("true", "", "3 runs shown"),
        ("false", "a", "2 runs shown"),
        ("false", "a-b", "1 run shown"),
    ]


def test_a_report_in_another_language_is_named(tmp_path, monkeypatch):
    """A card speaks its report's language and names it where the index speaks another."""
    monkeypatch.setattr("retorno.language.available", lambda: ["en", "de"])
    monkeypatch.setattr("retorno.language._catalogue", lambda *_: Untranslated())
    put(tmp_path, "a", [COUNT.state(1, "Eins.")], language="de")
    html = index(tmp_path)
    assert '<li class="run" data-study="reactivation" lang="de">' in html
    assert "3. März 2025 · Deutsch" in cards(html)[0]


class Untranslated:
    """A catalogue in which every message is its own translation."""

    def gettext(self, message):
        return message

    def ngettext(self, singular, plural, n):
        return singular if n == 1 else plural


def test_empty_folder_gives_a_page_that_says_so(tmp_path):
    """Also when the folder is not there yet; there is nothing to choose from."""
    html = index(tmp_path / "reports")
    assert cards(html) == []
    assert "There is no report here yet." in html
    assert 'id="filter"' not in html


def noted(out, **failure):
    out.mkdir(exist_ok=True)
    publish.note(out, {"reactivation/works": FAILURE | failure})


def test_a_failed_run_without_a_report_has_a_card_without_a_link(tmp_path):
    """Its title, or study and run where the parameter file gives none."""
    noted(tmp_path)
    html = index(tmp_path)
    assert cards(html) == [
        "reactivation · works ✕ Failed on March 4, 2025. cell 3 of 5 There is no report of this run yet."
    ]
    assert "<a href=" not in html.split("<main")[1]
    noted(tmp_path, title="The title")
    assert cards(index(tmp_path))[0].startswith("The title ✕")


def test_a_failed_run_with_an_earlier_report_shows_both(tmp_path):
    put(tmp_path, "works", [COUNT.state(1, "One.")])
    noted(tmp_path, status=2, problem="n: wanted 0 or more; got -1.")
    (card,) = cards(index(tmp_path))
    assert card.startswith("Title of works One. Simulated world: works")
    assert card.endswith(
        "✕ Bad input on March 4, 2025. n: wanted 0 or more; got -1. "
        "The report shown is the earlier one of March 3, 2025."
    )


PAGE = "".join(
    f'<figure id="figure-{i}"><h3>Title {i}</h3><div><svg role="img" aria-label="Alt {i}">'
    f'<defs><path id="a{i}"/></defs><use href="#a{i}"/><g clip-path="url(#a{i})"/><text>{text}</text>'
    f'</svg></div></figure><dl><dt id="finding.{i}">Finding</dt></dl>'
    for i, text in ((1, "one"), (2, "two"), (3, 'of id="x"'))
)


@pytest.mark.parametrize(
    ("leading", "title"),
    [("finding.2", "Title 2"), ("finding.3", "Title 3"), ("unknown", "Title 1"), (None, "Title 1")],
)
def test_the_key_figure_is_the_last_one_before_the_leading_finding_else_the_first(leading, title):
    assert key_figure(PAGE, leading, "s/r")["title"] == title


def test_a_report_without_figures_has_no_picture():
    assert key_figure("<dl></dl>", "finding.1", "s/r") is None


def test_no_two_pictures_share_an_id_and_what_an_id_is_used_for_follows(tmp_path):
    """Runs `a-b` and `a.b` too; a text that looks like an id stays as it is."""
    runs = ["a-b", "a.b"]
    for run in runs:
        put(
            tmp_path,
            run,
            [COUNT.state(1, "One.")],
            html=PAGE,
            answer=ANSWER | {"cards": ["finding.3"]},
        )
    html = index(tmp_path)
    ids = re.findall(r'\bid="([^"]+a3)"', html)
    assert len(ids) == len(set(ids)) == 2
    for one in ids:
        assert html.count(f'href="#{one}"') == html.count(f"url(#{one})") == 1
    assert html.count('<text>of id="x"</text>') == 2
    assert html.count('<svg role="img" aria-label="Alt 3">') == 2


def test_index_escapes_and_asks_for_nothing(tmp_path):
    """Title, sentence, world, run name, and the title and message of a failure come from outside."""
    put(tmp_path, "a b#c", [RATIO.refuse(ATTACK)], title=ATTACK, world=ATTACK)
    publish.note(tmp_path, {"x/y": FAILURE | {"title": ATTACK, "problem": ATTACK}})
    html = index(tmp_path)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 5
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


class Kernel:
    """Stands for executing a notebook: ends as told, and writes a record when it ends well."""

    def __init__(self):
        self.outcome = runner.Outcome(0, "", 1.0)

    def __call__(self, task, tell):
        if self.outcome.status == 0:
            put(task.folder.parents[1], task.folder.name, [COUNT.state(1, "One.")], study="toy")
        return self.outcome


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A run of a notebook that is never executed, the folder of its reports, and how it shall end."""
    kernel = Kernel()
    monkeypatch.setattr(runner, "perform", kernel)
    monkeypatch.setattr(publish, "beside", lambda place: place.with_name(f".{place.name}.0123abcd"))
    (tmp_path / "n.ipynb").write_text("{}")
    run = Run("toy", "works", tmp_path / "n.ipynb", "A toy", {}, {})

    def _end(status=0, problem="", **options):
        kernel.outcome = runner.Outcome(status, problem, 1.0)
        return runner.run_all([run], tmp_path / "out", Plain(), jobs=1, **{"force": True} | options)

    return tmp_path / "out", _end


def test_a_failure_is_noted_beside_the_earlier_report_until_a_run_succeeds(toy):
    """The earlier card is as it was, the failure below it; after success card and folder are as before."""
    out, end = toy
    assert end() == 0
    (good,) = cards((out / "index.html").read_text(encoding="utf-8"))
    assert not (out / "failures.json").exists()
    assert end(1, "cell 3 of 5") == 1
    failures = json.loads((out / "failures.json").read_text(encoding="utf-8"))
    assert failures["toy/works"].pop("made")[:2] == "20"
    assert failures == {"toy/works": {"title": "A toy", "status": 1, "problem": "cell 3 of 5"}}
    (failed,) = cards((out / "index.html").read_text(encoding="utf-8"))
    assert failed.startswith(f"{good} ✕ Failed on ")
    assert end() == 0
    assert cards((out / "index.html").read_text(encoding="utf-8")) == [good]
    assert sorted(path.name for path in out.iterdir()) == [
        ".lock",
        "claims.html",
        "index.html",
        "toy",
    ]


def test_a_report_that_stands_as_asked_for_ends_the_note_too(toy, monkeypatch):
    """Failed with other parameters, then asked for as it stands: nothing is run, nothing is amiss."""
    out, end = toy
    end()
    end(2, "bad")
    assert (out / "failures.json").exists()
    monkeypatch.setattr(runner, "unchanged", lambda place, run_key: True)
    assert end(1, "is not executed", force=False) == 0
    assert not (out / "failures.json").exists()


def test_a_failure_alone_leaves_no_folder(toy):
    """Nothing stands there that an index could lead to."""
    out, end = toy
    assert end(1, "cell 3 of 5") == 1
    assert not out.exists()


def test_a_note_stays_until_its_own_run_succeeds(tmp_path):
    """Two runs fail, one after the other; the first is mended."""
    publish.note(tmp_path, {"a/b": FAILURE})
    publish.note(tmp_path, {"c/d": FAILURE})
    publish.note(tmp_path, {"a/b": None, "e/f": None})
    assert json.loads((tmp_path / "failures.json").read_text(encoding="utf-8")) == {"c/d": FAILURE}


def test_a_note_that_cannot_be_written_leaves_the_earlier_one_whole(tmp_path):
    """Text that is no JSON fails before the file is touched."""
    publish.note(tmp_path, {"a/b": FAILURE})
    before = (tmp_path / "failures.json").read_bytes()
    with pytest.raises(TypeError):
        publish.note(tmp_path, {"a/c": FAILURE | {"problem": object()}})
    assert (tmp_path / "failures.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["failures.json"]


@pytest.mark.parametrize("error", [ExecutionError, OSError])
def test_no_path_of_this_machine_gets_into_what_is_noted(tmp_path, monkeypatch, error):
    """Data file, folder being built and home; also when the report, not the notebook, fails."""
    source, folder = tmp_path / "data" / "mine.csv", tmp_path / "out" / "toy" / ".works.0123abcd"

    def stopped(*_, **__):
        raise error(f"{source} and {folder}/report.html and {Path.home()}/x", 1)

    monkeypatch.setattr("retorno.workbook.execute.execute", stopped)
    given = {"data": {"transactions": "mine.csv"}}
    run = Run(
        "toy",
        "works",
        tmp_path,
        None,
        given,
        {},
        {"transactions": Place("mine.csv", str(source), source)},
    )
    outcome = runner.perform(runner.Task(run, "key", folder), print)
    assert outcome.status == 1
    assert str(tmp_path) not in outcome.problem
    assert str(Path.home()) not in outcome.problem
    assert "mine.csv and report.html and ~/x" in outcome.problem
