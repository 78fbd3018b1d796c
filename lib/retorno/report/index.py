"""The index: one card for each run whose ``findings.json`` stands in the folder of reports."""

import json
import os
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader

from retorno.findings import REFUSED
from retorno.language import current, say, say_n, speaking
from retorno.report import words
from retorno.report.templating import TEMPLATES, furnish


def write(out: Path) -> None:
    """Write ``out/index.html`` beside and rename it, so that a reader never meets half an index."""
    out.mkdir(parents=True, exist_ok=True)
    html = render(out)
    beside = out / f".index.{os.getpid()}.html"
    try:
        beside.write_text(html, encoding="utf-8", newline="\n")
        beside.replace(out / "index.html")
    finally:
        beside.unlink(missing_ok=True)


def render(out: Path) -> str:
    """Return the index of the runs in `out`, by study and run; folders that start with a dot are not runs."""
    found = sorted(
        path
        for path in out.glob("*/*/findings.json")
        if not any(part.startswith(".") for part in path.relative_to(out).parts)
    )
    runs = [card(json.loads(path.read_text(encoding="utf-8"))) for path in found]
    environment = furnish(Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True))
    return environment.get_template("index.html.j2").render(runs=runs, language=current())


def card(record: dict) -> dict:
    """Return what the index says of a run, in the language of its report."""
    provenance, findings = record["provenance"], record["findings"]
    refused = sum(finding["verdict"] == REFUSED for finding in findings)
    stated = len(findings) - refused
    with speaking(record["language"]):
        return {
            "language": record["language"],
            "link": quote(f"{record['study']}/{record['run']}/report.html"),
            "title": provenance["title"] or f"{record['study']} · {record['run']}",
            "headline": headline(findings, provenance.get("headline")),
            "data": words.names(provenance),
            "day": words.day(provenance["made"]),
            "stated": say_n("{n} finding stated", "{n} findings stated", stated),
            "refused": say_n("{n} refused", "{n} refused", refused),
        }


def headline(findings: list[dict], answer: str | None = None) -> str:
    """Return the sentence of the finding `answer`, by which the study answers its question.

    Without one, that of the first comparison (a verdict that is not refused), of the first finding
    with an interval, or of the first finding.
    """
    if not findings:
        return say("This run states no finding.")
    answers = (f for f in findings if f["id"] == answer)
    judged = (f for f in findings if f["verdict"] not in (None, REFUSED))
    with_interval = (f for f in findings if f["ci_low"] is not None)
    return next(chain(answers, judged, with_interval, findings))["sentence"]
