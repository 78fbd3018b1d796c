"""The index in a real browser: silent, reachable, filtered by study, readable in light and dark and on a phone.

Chromium is Debian's (``apt install chromium``); without one these tests are skipped, and say so, unless
RETORNO_NEEDS_BROWSER=1.
"""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import WCAG, visits

from retorno.display import figure
from retorno.findings import Definition
from retorno.report import write_index

ATTACK = '<img src=x onerror=alert(1)>"><script>alert(1)</script>'
RATIO = Definition("window.ratio", "Ratio", "m", "ratio", "s")


class Slope:
    """A result with a figure; its words come from outside."""

    def title(self):
        return ATTACK

    caption = alternative = title

    def to_frame(self):
        import pandas as pd

        return pd.DataFrame({"x": [1, 2]})


def draw(result, ax):
    ax.plot([1, 2], [3, 4])
    ax.text(1, 3, ATTACK)
    return ax


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index with every kind of card: good, refused, failed with and without a report; names attack it."""
    out = tmp_path_factory.mktemp("reports")
    stated = RATIO.state(1.2, ATTACK, interval=(1.1, 1.3), level=0.95, verdict="above").record()
    drawn = figure(draw, Slope()).bundle["text/html"] + '<dl><dt id="window.ratio"></dt></dl>'
    refused = RATIO.refuse("Not stated: no holdout.").record()
    for run, finding in (
        ("reactivation/a", stated),
        ("reactivation/b", refused),
        ("referral/c", stated),
    ):
        study, name = run.split("/")
        provenance = {
            "title": f"{name}: {ATTACK}",
            "made": "2025-03-03T10:22:01+00:00",
            "answer": {"headline": ATTACK, "lede": ATTACK, "cards": ["window.ratio"]},
            "simulated": study == "referral",
            "world": "pays",
            "data": [{"source": ATTACK}],
        }
        record = {"study": study, "run": name, "language": "en", "findings": [finding]}
        (out / run).mkdir(parents=True)
        (out / run / "findings.json").write_text(json.dumps(record | {"provenance": provenance}))
        (out / run / "report.html").write_text(f"<title>Report</title>{drawn}", encoding="utf-8")
    failure = {"title": ATTACK, "problem": ATTACK, "status": 1, "made": "2025-03-04T10:22:01+00:00"}
    failures = {"referral/c": failure, "recovery/d": failure | {"status": 2}}
    (out / "failures.json").write_text(json.dumps(failures))
    write_index(out)
    return out / "index.html"


@pytest.fixture
def opened(chromium):
    """What opens a page and holds it to silence."""
    with visits(chromium) as opened:
        yield opened


def shown(page):
    """The titles of the cards a reader sees."""
    return [
        card.inner_text().split(":")[0].split("\n")[0]
        for card in page.locator(".run").all()
        if card.is_visible()
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_index_breaks_no_rule_of_accessibility(index, opened, scheme, width):
    """axe-core, WCAG 2.2 A and AA; all cards, and after a choice."""
    page = opened(index, scheme=scheme, width=width)
    for button in page.locator("#filter button").all()[:2]:
        button.click()
        violations = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in violations] == []


def test_an_empty_index_breaks_no_rule_either(tmp_path, opened):
    write_index(tmp_path)
    page = opened(tmp_path / "index.html")
    assert Axe().run(page, options={"runOnly": WCAG}).response["violations"] == []


def test_no_name_from_data_becomes_an_element(index, opened):
    """Titles, sources, sentences, messages and what a figure says hold an element and a script; all is text.

    Three reports have a card with a picture, one failure has a card without.
    """
    page = opened(index)
    assert page.locator("img, [onerror], main script").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator(".run").count() == 4
    assert page.locator(".run svg[role=img]").count() == 3
    assert page.locator(".run svg[role=img]").first.get_attribute("aria-label") == ATTACK
    assert page.inner_text("main").count(ATTACK) >= 3 * 3
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_the_filter_shows_the_runs_of_a_study_and_says_how_many(index, opened):
    """By keyboard alone: the pressed button tells the choice, and a status is read out."""
    page = opened(index)
    pressed = "all => all.map(one => one.getAttribute('aria-pressed')).indexOf('true')"
    buttons = page.locator("#filter button")
    names = [" ".join(name.split()) for name in buttons.all_inner_texts()]
    assert [name.lower() for name in names] == [
        "all 4",
        "reactivation 2",
        "recovery 1",
        "referral 1",
    ]
    assert len(shown(page)) == 4
    buttons.nth(1).focus()
    page.keyboard.press("Enter")
    assert shown(page) == ["a", "b"]
    assert buttons.evaluate_all(pressed) == 1
    assert page.locator("#told").inner_text() == "2 runs shown"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown(page) == ["c"]
    assert buttons.evaluate_all(pressed) == 3
    buttons.first.click()
    assert len(shown(page)) == 4


def test_without_a_script_all_runs_are_shown_and_there_is_nothing_to_press(index, opened):
    page = opened(index, java_script_enabled=False)
    assert page.locator(".run:visible").count() == 4
    assert page.locator("#filter button:visible").count() == 0


@pytest.mark.parametrize("width", [360, 640, 1280])
def test_the_index_never_scrolls_sideways(index, opened, width):
    """A phone, half the width (as at 200 % zoom), and letters twice as large."""
    page = opened(index, width=width)
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
    if width > 360:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(too_wide) == 0


def test_a_card_leads_to_its_report_wherever_it_is_pressed(index, opened):
    """The link lies over the picture, not over a message one may want to copy; a failure alone leads nowhere."""
    page = opened(index)
    assert page.locator(".run a").count() == 3
    page.locator(".problem").last.click()
    assert page.url.endswith("index.html")
    page.locator(".picture").first.click(force=True)
    page.wait_for_url("**/reactivation/a/report.html")
    assert page.title() == "Report"
    assert page.said.pop().endswith("report.html")


def test_every_stop_of_the_keyboard_is_seen(index, opened):
    """Past the link to the claims, the switch, four choices, three reports: each has an outline, or its card."""
    page = opened(index)
    outlined = (
        "[null, '::after'].map(part => getComputedStyle(document.activeElement, part).outlineStyle)"
    )
    for _ in range(10):
        page.keyboard.press("Tab")
        assert set(page.evaluate(outlined)) != {"none"}
    assert page.evaluate("document.activeElement.getAttribute('href')") == "referral/c/report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(index, opened, scheme):
    page = opened(index, scheme=scheme)
    lightness = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    before = page.evaluate(lightness)
    page.locator("#theme").click()
    assert (before > 128, page.evaluate(lightness) > 128) == (scheme == "light", scheme == "dark")


def test_on_paper_the_index_is_light_and_has_nothing_to_press(index, opened):
    page = opened(index, scheme="dark", width=794)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for hidden in ("#filter", "#theme"):
        assert not page.locator(hidden).is_visible()
    assert page.locator(".run:visible").count() == 4
