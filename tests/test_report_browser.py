"""Reports in a real browser: silent, reachable, readable in light and dark, on a phone, on paper.

Chromium is Debian's (``apt install chromium``); without one these tests are skipped, and say so, unless
RETORNO_NEEDS_BROWSER=1.
"""

import csv
import json
import os
import re
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from browser import open_all, violations, visits
from click.testing import CliRunner
from filelock import FileLock

from retorno.display import FIGURE_MIME, TABLE_MIME
from retorno.report.cells import kind, outputs, visible
from retorno.workbook.cli import program

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "data" / "examples"
RUNS = sorted(
    path.stem
    for path in (ROOT / "notebooks" / "params").glob("*.yml")
    if not yaml.safe_load(path.read_text(encoding="utf-8")).get("data")
)
ATTACK = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(1)<'  # as far as the name of a file can go: without a slash

every_run = pytest.mark.parametrize("name", RUNS)


@pytest.fixture(scope="session")
def reports(chromium, tmp_path_factory):
    """The shipped reports on simulated data, made by whichever process comes first."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    out = folder / "browser-reports"
    with FileLock(f"{out}.lock"):
        if not out.exists():
            made(out, "--all")
    return out


def made(out, *words):
    """Run the command line into `out`; what failed shows in the tests that miss its report."""
    result = CliRunner().invoke(program, ["run", *words, "--out", str(out)])
    return result.exit_code, result.output + result.stderr


@pytest.fixture
def opened(chromium):
    """What opens a page and holds it to silence."""
    with visits(chromium, allowed=("data:",)) as opened:
        yield opened


def report(out, name):
    study, run = name.split(".", 1)
    return out / study / run / "report.html"


@every_run
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_breaks_no_rule_of_accessibility(reports, opened, name, scheme):
    """axe-core, WCAG 2.2 A and AA, all folds open; the page as it is on a phone too."""
    page = opened(report(reports, name), scheme=scheme)
    open_all(page)
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert violations(page) == []


@every_run
def test_a_report_is_silent_small_and_leaves_no_formula_half_read(reports, opened, name):
    """No request and no word in the console (`opened` checks); under 1.5 MB; no backslash in the text."""
    file = report(reports, name)
    assert file.stat().st_size < 1_500_000
    page = opened(file)
    page.evaluate("document.querySelectorAll('pre, script').forEach(element => element.remove())")
    assert "\\" not in page.inner_text("body")


@every_run
def test_figures_and_tables_of_the_notebook_are_all_in_the_report(reports, opened, name):
    """Counted in the executed notebook, among the cells that belong to these data."""
    file = report(reports, name)
    record = json.loads((file.parent / "findings.json").read_text(encoding="utf-8"))
    notebook = nbformat.read(file.parent / "notebook.ipynb", as_version=4)
    cells = [c for c in visible(notebook, record["provenance"]) if c.cell_type == "code"]
    shown = [output for cell in cells for output in outputs(cell)]
    page = opened(file)
    for mime, selector in (
        (FIGURE_MIME, "figure:not(.table) svg[role=img]"),
        (TABLE_MIME, "figure.table table"),
    ):
        assert page.locator(selector).count() == sum(mime in o.get("data", {}) for o in shown) > 0
    assert page.locator(".output").count() == len(shown)
    kinds = page.locator(".output").evaluate_all("all => all.map(one => one.dataset.kind)")
    assert kinds == [kind(output) for output in shown]
    assert page.locator("a.data").count() == page.locator("figure").count()


@every_run
@pytest.mark.parametrize("width", [360, 640, 1280])
def test_a_page_never_scrolls_sideways(reports, opened, name, width):
    """A phone, half the width (as at 200 % zoom), and letters twice as large; all folds open."""
    page = opened(report(reports, name), width=width)
    open_all(page)
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
    if width > 360:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(too_wide) == 0


@every_run
def test_every_link_inside_a_report_lands(reports, opened, name):
    """The id exists once; the contents' headings come into view, and the contents mark them."""
    page = opened(report(reports, name))
    links = page.locator("a[href^='#']").evaluate_all(
        "all => all.map(link => link.getAttribute('href').slice(1))"
    )
    counts = [page.locator(f"[id='{anchor}']").count() for anchor in links]
    assert counts == [1] * len(links)
    contents = page.locator("nav.contents a")
    assert contents.count() > 5
    for link in contents.all()[1:-1]:
        link.click()
        assert (
            page.locator(link.get_attribute("href")).evaluate(
                "it => it.getBoundingClientRect().top"
            )
            < 270
        )
        page.wait_for_function("link => link.ariaCurrent === 'true'", arg=link.element_handle())
        assert page.locator("nav.contents a[aria-current]").count() == 1


def test_code_is_folded_and_one_switch_shows_and_hides_all(reports, opened):
    page = opened(report(reports, RUNS[0]))
    folds, switch = page.locator("details.code"), page.locator("#code")
    openness = "all => all.map(one => one.open)"
    assert not any(folds.evaluate_all(openness))
    assert switch.inner_text() == "Show code"
    switch.click()
    assert all(folds.evaluate_all(openness))
    assert page.locator("details.code pre").first.is_visible()
    assert switch.inner_text() == "Hide code"
    switch.click()
    assert not any(folds.evaluate_all(openness))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(reports, opened, scheme):
    """Paper is lighter than ink in light and darker in dark; a switch turns it, another turns it back."""
    page = opened(report(reports, RUNS[0]), scheme=scheme)
    lightness = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    lights = [page.evaluate(lightness)]
    for _ in range(2):
        page.locator("#theme").click()
        lights.append(page.evaluate(lightness))
    expected = [True, False, True] if scheme == "light" else [False, True, False]
    assert [light > 128 for light in lights] == expected


def test_a_report_can_be_read_by_keyboard_alone(reports, opened):
    """The first stop leads past the contents; each of the next forty stops is seen and shows it has focus."""
    page = opened(report(reports, RUNS[0]))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.goto(page.url.split("#")[0])
    page.said.clear()
    for _ in range(40):
        page.keyboard.press("Tab")
        outline, width, height = page.evaluate(
            "(({outlineStyle}, {width, height}) => [outlineStyle, width, height])("
            "getComputedStyle(document.activeElement), document.activeElement.getBoundingClientRect())"
        )
        assert outline != "none"
        assert width > 0
        assert height > 0


def test_on_a_phone_the_contents_are_folded_above_the_text(reports, opened):
    page = opened(report(reports, RUNS[0]), width=360)
    link = page.locator("nav.contents a").last
    assert not link.is_visible()
    page.locator("nav.contents summary").click()
    assert link.is_visible()
    wide = opened(report(reports, RUNS[0]))
    assert wide.locator("nav.contents a").last.is_visible()
    assert not wide.locator("nav.contents summary").is_visible()


def test_the_data_of_a_figure_can_be_downloaded(reports, opened):
    """The policy of the page lets the browser keep it; it has a head and rows as wide as the head."""
    page = opened(report(reports, RUNS[0]))
    with page.expect_download() as download:
        page.locator("figure:not(.table) a.data").first.click()
    assert download.value.suggested_filename == "figure-1.csv"
    rows = list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def test_on_paper_a_report_is_light_whole_and_has_nothing_to_press(reports, opened):
    """Printed from a dark screen; folded findings are printed, code only when it was shown."""
    page = opened(report(reports, "reactivation.works"), scheme="dark", width=794)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for hidden in ("nav.contents", "#code", "#theme", "details.code", "a.data"):
        assert not page.locator(hidden).first.is_visible()
    folded = page.locator("details:not(.code) dl.findings dd")
    assert folded.count() > 8
    assert folded.last.bounding_box()["height"] > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    page.emulate_media(media="screen")
    page.locator("#code").click()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("details.code pre").first.is_visible()


def test_no_name_from_data_becomes_an_element(tmp_path, opened):
    """File, columns, arms and outcomes are named like elements; the page holds their text and no more."""
    rows = list(
        csv.DictReader((EXAMPLES / "contacts.csv").read_text(encoding="utf-8").splitlines())
    )
    names = {"arm": f"{ATTACK}arm", "returned": f"{ATTACK}back"}
    arms = {"holdout": "holdout", "email": ATTACK, "voucher": f"{SCRIPT}/script>"}
    source = tmp_path / f"{SCRIPT}.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([names.get(name, name) for name in rows[0]])
        writer.writerows((row | {"arm": arms[row["arm"]]}).values() for row in rows)
    outcomes = json.dumps([names["returned"], "spend"])
    status, told = made(
        tmp_path / "out",
        *("reactivation", "--data", f"contacts={source}", "--columns", f"arm={names['arm']}"),
        *("-p", "outcomes", outcomes),
    )
    assert status == 0, told
    page = opened(tmp_path / "out" / "reactivation" / "default" / "report.html")
    open_all(page)
    assert page.locator("img, [onerror]").count() == 0
    assert page.locator("script").count() == 1
    text = page.inner_text("main")
    for name in (*names.values(), *arms.values(), source.name):
        assert name in text
    assert violations(page) == []


MARKS = {"survey": ["respondent_id"], "contacts": ["customer_id"], "transactions": ["customer_id"]}
MARKS |= {"customers": ["customer_id", "referrer_id"], "margins": ["customer_id"]}


@pytest.mark.parametrize(
    ("study", "tables"),
    [
        ("recovery", ["survey"]),
        ("reactivation", ["transactions", "contacts"]),
        ("referral", ["customers", "margins"]),
    ],
)
def test_no_id_of_a_person_is_in_any_file_of_a_run(tmp_path, study, tables):
    """Every id of the example tables gets a mark; report, findings, notebook and unzipped tables hold none."""
    words = []
    for table in tables:
        rows = list(
            csv.DictReader((EXAMPLES / f"{table}.csv").read_text(encoding="utf-8").splitlines())
        )
        for row in rows:
            row.update({name: f"ZZID{row[name]}" for name in MARKS[table] if row.get(name)})
        source = tmp_path / f"{table}.csv"
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        assert "ZZID" in source.read_text(encoding="utf-8")
        words += ["--data", f"{table}={source}"]
    status, told = made(tmp_path / "out", study, *words)
    assert status == 0, told
    folder = tmp_path / "out" / study / "default"
    for name in ("report.html", "findings.json", "notebook.ipynb"):
        assert "ZZID" not in (folder / name).read_text(encoding="utf-8"), name
    with zipfile.ZipFile(folder / "tables.xlsx") as tables_file:
        assert not any(b"ZZID" in tables_file.read(name) for name in tables_file.namelist())


def test_the_same_inputs_give_the_same_report_but_for_its_time(tmp_path):
    """One run made twice: the element `made` alone differs."""
    pages = []
    for folder in ("one", "two"):
        words = ["reactivation", "--data", f"contacts={EXAMPLES / 'contacts.csv'}"]
        status, told = made(tmp_path / folder, *words)
        assert status == 0, told
        html = (tmp_path / folder / "reactivation" / "default" / "report.html").read_text(
            encoding="utf-8"
        )
        pages.append(re.subn(r'<time id="made".*?</time>', "", html))
    assert pages[0] == pages[1]
    assert pages[0][1] == 1
