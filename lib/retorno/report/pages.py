"""The pages that stand above all reports: what they share, and how they are put in their place."""

import json
import os
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from retorno.report.templating import TEMPLATES, furnish, inline, policy


def put(out: Path, name: str, html: str) -> None:
    """Write a page beside and rename it, so that a reader never meets half of one."""
    out.mkdir(parents=True, exist_ok=True)
    beside = out / f".{os.getpid()}.{name}"
    try:
        beside.write_text(html, encoding="utf-8", newline="\n")
        beside.replace(out / name)
    finally:
        beside.unlink(missing_ok=True)


def records(out: Path) -> dict[str, dict]:
    """Return what ``findings.json`` holds by ``study/run``; folders that start with a dot are not runs."""
    return {
        f"{path.parts[-3]}/{path.parts[-2]}": json.loads(path.read_text(encoding="utf-8"))
        for path in out.glob("[!.]*/[!.]*/findings.json")
    }


def template(name: str):
    """Return the template of a page with what all pages have, and the style and script that bear its name."""
    environment = furnish(Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True))
    script = inline(f"{name}.js")
    environment.globals |= {
        "page_style": inline(f"{name}.css"),
        "page_script": script,
        "policy": policy(inline("page.js"), script),
    }
    return environment.get_template(f"{name}.html.j2")
