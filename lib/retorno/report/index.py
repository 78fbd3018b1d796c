"""The index: a card for each run in the folder of reports, also for one that failed.

What a card says stands in ``findings.json``, how a run failed in ``failures.json``; of ``report.html`` only
the key figure is taken.
"""

import json
from pathlib import Path
from urllib.parse import quote

from babel import Locale

from retorno.findings import REFUSED
from retorno.language import current, integer, say, say_n, speaking
from retorno.report import words
from retorno.report.claims import TOPICS
from retorno.report.key_figure import key_figure
from retorno.report.pages import records, template


def render(out: Path) -> str:
    """Return the index of the runs in `out`, by study and run."""
    done, failures = records(out), _failures(out)
    runs = [
        _card(run, done.get(run), failures.get(run), out)
        for run in sorted({*done, *failures}, key=lambda run: run.split("/"))
    ]
    return template("index").render(runs=runs, choices=_choices(runs), language=current())


def _failures(out: Path) -> dict[str, dict]:
    file = out / "failures.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _choices(runs: list[dict]) -> list[dict]:
    """Return what a reader can choose to see: all runs, or those of a study."""
    studies = [run["study"] for run in runs]
    counts = {"": len(runs)} | {study: studies.count(study) for study in studies}
    return [
        {
            "study": study,
            "label": say(TOPICS[study]) if study in TOPICS else study or say("All"),
            "count": integer(count),
            "told": say_n("{n} run shown", "{n} runs shown", count),
        }
        for study, count in counts.items()
    ]


def _card(run: str, record: dict | None, failure: dict | None, out: Path) -> dict:
    """Return what the index says of a run: of its report, of its failure, or of both."""
    study, _, name = run.partition("/")
    card = {"study": study, "title": f"{study} · {name}", "language": current()}
    if failure:
        card |= {"title": failure["title"] or card["title"], "failed": _failed(failure, record)}
    if record:
        with speaking(record["language"]):
            card |= _reported(record, card["title"])
        card["figure"] = _figure(out / run / "report.html", record, run)
    return card


def _reported(record: dict, title: str) -> dict:
    provenance, language = record["provenance"], record["language"]
    return {
        "language": language,
        "named": Locale.parse(language).get_display_name().capitalize(),
        "link": quote(f"{record['study']}/{record['run']}/report.html"),
        "title": provenance["title"] or title,
        "headline": headline(record),
        "simulated": provenance["simulated"],
        "data": words.names(provenance),
        "day": words.day(provenance["made"]),
        "stated": _stated(record["findings"]),
    }


def _stated(findings: list[dict]) -> dict:
    """Return how many findings there are and how many are refused, with a sign for either case."""
    refused, count = sum(f["verdict"] == REFUSED for f in findings), len(findings)
    if refused:
        told = say_n(
            "{refused} of {n} finding refused",
            "{refused} of {n} findings refused",
            count,
            refused=integer(refused),
        )
        return {"sign": "–", "told": told}
    return {
        "sign": "✓",
        "told": say_n("{n} finding, none refused", "{n} findings, none refused", count),
    }


def _failed(failure: dict, record: dict | None) -> dict:
    """Return how a run ended last, and what report of it there is all the same."""
    day, bad_input = words.day(failure["made"]), failure["status"] == 2
    earlier = record and words.day(record["provenance"]["made"])
    return {
        "told": say("Bad input on {day}.", day=day)
        if bad_input
        else say("Failed on {day}.", day=day),
        "problem": failure["problem"],
        "left": say("The report shown is the earlier one of {day}.", day=earlier)
        if earlier
        else say("There is no report of this run yet."),
    }


def headline(record: dict) -> str:
    """Return the answer of a run; without one, the sentence of its first finding with an interval, or of its first."""
    findings = record["findings"]
    if answer := record["provenance"].get("answer"):
        return answer["headline"]
    if not findings:
        return say("This run states no finding.")
    return next((f for f in findings if f["ci_low"] is not None), findings[0])["sentence"]


def _figure(report: Path, record: dict, run: str) -> dict | None:
    """Return the key figure; a report that a reader took away has none."""
    if not report.exists():
        return None
    cards = (record["provenance"].get("answer") or {}).get("cards", ())
    lead = next(iter(cards), None)
    return key_figure(report.read_text(encoding="utf-8"), lead, run)
