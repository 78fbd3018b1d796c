"""The lessons' pages in a real browser: silent, without a breach of accessibility, light and dark, on a phone."""

import pytest
from browser import open_all, violations, visits
from lessons import BUILDS


@pytest.fixture
def page_of(chromium, built):
    """What opens the page of a lesson and holds it to silence."""
    with visits(chromium, allowed=("data:",)) as opened:

        def _opened(number, language, audience, **how):
            folder, _ = built(number, language, audience)
            return opened(next(folder.glob("*.html")), **how)

        yield _opened


@pytest.mark.parametrize(("number", "language", "audience"), BUILDS)
def test_a_lesson_breaks_no_rule_of_accessibility(page_of, number, language, audience):
    """axe-core, WCAG 2.2 A and AA, all folds open, light on a screen and dark on a phone."""
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = page_of(number, language, audience, scheme=scheme, width=width)
        open_all(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_is_in_its_language_and_has_one_heading(page_of, language):
    page = page_of(7, language, "teacher")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    assert page.locator("main > div > pre, main > pre").first.is_visible()
