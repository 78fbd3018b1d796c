"""A real browser for the tests of pages, and the rules it holds them against."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def launched():
    """Give Chromium; without one the tests are skipped with the way to get it, or fail where one must be."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        message = "tests/test_report*_browser.py need a browser: apt install chromium"
        if os.environ.get("RETORNO_NEEDS_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@contextmanager
def visits(chromium, *, allowed: tuple[str, ...] = ()):
    """Give what opens a file as a reader would; whatever a page asks for, says or pops up is kept and checked.

    At the end nothing may have been said but what begins with one of `allowed`.
    """
    contexts = []

    def _open(file, *, scheme="light", width=1280, height=900, **options):
        context = chromium.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page, address = context.new_page(), Path(file).as_uri()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: (page.said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: page.said.append(request.url))
        page.route(
            "**/*",
            lambda r: r.continue_() if r.request.url.startswith("file:") else r.abort(),
        )
        page.goto(address)
        assert page.said.pop(0) == address
        return page

    yield _open
    for context in contexts:
        said = [text for page in context.pages for text in page.said]
        assert [text for text in said if not text.startswith(allowed)] == []
        context.close()


def open_all(page):
    """Open every fold, so that what is inside is judged too."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")


def violations(page):
    """Return what axe-core finds against WCAG 2.2 A and AA: the rule, and where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    return [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
