"""The ledger in a real browser: silent, chosen and sorted by keyboard, readable in light and dark and on a phone.

Chromium is Debian's (``apt install chromium``); without one these tests are skipped, and say so, unless
RETORNO_NEEDS_BROWSER=1.
"""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import WCAG, visits

from retorno.language import speaking
from retorno.report import write_claims
from retorno.workbook.studies import CLAIMS

ATTACK = '<img src=x onerror=alert(1)>"><script>alert(1)</script>'


@pytest.fixture(scope="module", params=["en", "es"])
def ledger(request, tmp_path_factory):
    """A ledger with a run on given data and one in a simulated world; their titles, sources and labels attack it."""
    out = tmp_path_factory.mktemp("reports")
    finding = {
        "id": "referrers.best_bring_best",
        "label": ATTACK,
        "estimate": 0.2,
        "ci_low": 0.1,
        "ci_high": 0.3,
        "level": 0.95,
        "unit": "correlation",
        "verdict": "above",
    }
    for name, simulated in (("own", False), ("world", True)):
        provenance = {
            "title": ATTACK,
            "simulated": simulated,
            "world": "pays",
            "data": [{"source": ATTACK}],
            "claims": {"referral_best_bring_best": {"referrers.best_bring_best": "for"}},
        }
        record = {"study": "referral", "run": name, "language": "en", "findings": [finding]}
        (out / "referral" / name).mkdir(parents=True)
        file = out / "referral" / name / "findings.json"
        file.write_text(json.dumps(record | {"provenance": provenance}), encoding="utf-8")
    with speaking(request.param):
        write_claims(out, CLAIMS)
    return out / "claims.html"


@pytest.fixture
def opened(chromium):
    """What opens a page and holds it to silence."""
    with visits(chromium) as opened:
        yield opened


def shown(page, name):
    """What the claims a reader sees carry, in their order."""
    visible = "all => all.filter(one => !one.hidden).map(one => one.dataset[NAME])"
    return page.locator(".claim").evaluate_all(visible.replace("NAME", f"'{name}'"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_ledger_breaks_no_rule_of_accessibility(ledger, opened, scheme, width):
    """axe-core, WCAG 2.2 A and AA."""
    page = opened(ledger, scheme=scheme, width=width)
    violations = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in violations] == []


def test_claims_are_chosen_and_sorted_and_it_is_said_how_many_are_left(ledger, opened):
    page = opened(ledger)
    assert len(shown(page, "topic")) == 60
    page.select_option("#topic", "referral")
    assert set(shown(page, "topic")) == {"referral"}
    assert page.locator("#told").inner_text().split()[0] in ("14", "Se")
    page.select_option("#sort", "rank")
    ranks = [int(rank) for rank in shown(page, "rank")]
    assert ranks == sorted(ranks)
    page.select_option("#verdict", "unsourced")
    assert set(shown(page, "verdict")) == {"unsourced"}
    page.select_option("#tested", "data")
    assert shown(page, "verdict") == []
    assert page.locator("#none").is_visible()
    for name in ("topic", "verdict", "tested"):
        page.select_option(f"#{name}", "")
    page.select_option("#sort", "here")
    assert shown(page, "tested")[:2] == ["data", "no"]
    page.select_option("#sort", "")
    assert shown(page, "topic")[0] == "recovery"


def test_no_name_from_a_run_becomes_an_element(ledger, opened):
    page = opened(ledger)
    assert page.locator("img, [onerror], main script").count() == 0
    assert page.inner_text("main").count(ATTACK) >= 3
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_without_a_script_all_claims_are_shown_and_there_is_nothing_to_choose(ledger, opened):
    page = opened(ledger, java_script_enabled=False)
    assert page.locator(".claim:visible").count() == 60
    assert page.locator("select:visible").count() == 0


@pytest.mark.parametrize("width", [360, 640])
def test_the_ledger_never_scrolls_sideways(ledger, opened, width):
    page = opened(ledger, width=width)
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
