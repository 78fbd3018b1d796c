"""A real browser for the tests of pages, and the rules it holds them against."""

import os
import shutil
from contextlib import contextmanager

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
