"""From an executed notebook to the files of a report."""

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from retorno.findings import ANSWER_MIME, MIME, REFUSED, Definition, find
from retorno.language import mark, say, speaking, unit_words
from retorno.workbook.execute import ExecutionError, heading
from retorno.workbook.inputs import BESIDE, PROVENANCE_MIME
from retorno.workbook.plan import Run
from retorno.workbook.sameness import RECORD, digests
from retorno.workbook.studies import CLAIMS, PRIVATE, definitions


def private_paths(run: Run) -> dict[str, str]:
    """Return the paths of this machine that a report must not show -> what it shows instead."""
    private = {}
    for place in run.places.values():
        if place.opened != place.shown:
            in_a_notebook = place.opened.encode("unicode_escape").decode()  # as papermill writes it
            private |= dict.fromkeys((place.opened, in_a_notebook), place.shown)
    return private | {f"{folder}/": "" for folder in PRIVATE}


def without(private: dict[str, str], value):
    """Return plain values or a notebook with every private path replaced, also inside longer text.

    Examples
    --------
    >>> without({"/home/me/": ""}, {"source": ["read /home/me/a.csv"]})
    {'source': ['read a.csv']}
    """
    if isinstance(value, str):
        for path, shown in private.items():
            value = value.replace(path, shown)
        return value
    if isinstance(value, dict):
        return type(value)((name, without(private, part)) for name, part in value.items())
    if isinstance(value, list):
        return [without(private, part) for part in value]
    return value


def published(run: Run, executed):
    """Return the executed notebook without paths and timings of this machine."""
    notebook = without(private_paths(run), executed)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    return notebook


def collect(notebook, mime: str) -> list:
    """Return what the outputs of a notebook carry under a MIME type, in order of appearance."""
    return [
        output["data"][mime]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if mime in output.get("data", {})
    ]


def findings(notebook) -> list[dict]:
    """Return the records of all findings; an id stated twice is a fault of the notebook."""
    found = [finding for part in collect(notebook, MIME) for finding in part]
    ids = [finding["id"] for finding in found]
    twice = sorted({finding_id for finding_id in ids if ids.count(finding_id) > 1})
    if twice:
        raise ExecutionError(
            say("the notebook states findings twice: {ids}", ids=", ".join(twice)), 1
        )
    if not found:
        raise ExecutionError(say("the notebook states no finding"), 1)
    return found


def answer(notebook, found: list[dict]) -> dict | None:
    """Return the answer the notebook states, None when it states none; two, or one on strangers, is a fault."""
    stated = collect(notebook, ANSWER_MIME)
    if len(stated) > 1:
        raise ExecutionError(say("the notebook states more than one answer"), 1)
    if not stated:
        return None
    known = {finding["id"] for finding in found}
    if strangers := [card for card in stated[0]["cards"] if card not in known]:
        raise ExecutionError(
            say("the answer names findings that are not stated: {ids}", ids=", ".join(strangers)), 1
        )
    return stated[0]


def defined(study: str, found: list[dict]) -> dict[str, Definition]:
    """Return what each finding is an instance of, by its id."""
    # A study may be a notebook alone, whose findings no package defines.
    known = definitions(study) if find_spec(f"retorno.{study}") else ()
    ids = (finding["id"] for finding in found)
    return {i: definition for i in ids if (definition := find(known, i)) is not None}


def claims(found: list[dict], meant: dict[str, Definition]) -> dict[str, dict[str, str]]:
    """Return claim -> id of each finding that speaks to it -> what it does to the claim."""
    spoken: dict[str, dict[str, str]] = {}
    for finding in found:
        definition = meant.get(finding["id"])
        for each in definition.speaking(finding["id"]) if definition else ():
            spoken.setdefault(each.claim, {})[finding["id"]] = each.bearing(finding["verdict"])
    return spoken


# What stands in a definition's braces, where no finding of it is meant in particular.
ANY = {
    "outcome": mark("outcome"),
    "arm": mark("arm"),
    "month": mark("k"),
    "name": mark("moderator"),
    "justice": mark("each kind of"),
    "rule": mark("r"),
    "group": mark("each group"),
    "days": mark("n"),
    "year": mark("n"),
    "cell": mark("c"),
}


def estimand(definition: Definition) -> dict:
    """Return what a definition says to a reader of the report, in the language spoken."""
    names = {name: say(word) for name, word in ANY.items()}
    label = say(definition.label, **names)
    return {
        "id": definition.id,
        "label": label[:1].upper() + label[1:],
        "meaning": say(definition.meaning, **names),
        "unit": unit_words(definition.unit),
        "sign": say(definition.sign, **names),
        "formula": definition.formula,
    }


def make_record(run: Run, key: str, notebook) -> dict:
    """Return what ``findings.json`` holds, but for the digests of the files beside it."""
    stated = collect(notebook, PROVENANCE_MIME)
    if len(stated) != 1:
        raise ExecutionError(say("the notebook must state its provenance once"), 1)
    stated_findings = findings(notebook)
    # On given data no world was drawn, whatever the notebook's default says.
    drawn = {"world", "customers"} & set(run.used) if run.places else ()
    used = run.used | dict.fromkeys(drawn)
    changed = {name: value for name, value in run.given.items() if value != run.defaults[name]}
    defined_as = defined(run.study, stated_findings)
    refused = {finding["id"] for finding in stated_findings if finding["verdict"] == REFUSED}
    meant = {i: definition for i, definition in defined_as.items() if i not in refused}
    with speaking(run.language):
        estimands = [estimand(definition) for definition in dict.fromkeys(meant.values())]
    return {
        "study": run.study,
        "run": run.name,
        "language": run.language,
        "parameters": used,
        "provenance": {
            **stated[0],
            "title": run.title or _heading(notebook),
            "answer": answer(notebook, stated_findings),
            "estimands": estimands,
            "references": {i: d.reference for i, d in meant.items() if d.reference is not None},
            "claims": claims(stated_findings, defined_as),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": run.command,
            "changed": changed,
            "key": key,
        },
        "findings": stated_findings,
    }


def _heading(notebook) -> str | None:
    titles = (heading(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
    return next(filter(None, titles), None)


def taken_out(notebook) -> dict[str, str]:
    """Take what goes beside the report out of the notebook's provenance: name of the file -> its text."""
    files = [record.pop(BESIDE, {}) for record in collect(notebook, PROVENANCE_MIME)]
    return {name: text for each in files for name, text in each.items()}


def write(run: Run, key: str, executed, folder: Path) -> None:
    """Write the files of a report into `folder`."""
    import nbformat

    from retorno.report import write_report

    notebook = published(run, executed)
    beside = taken_out(notebook)
    record = make_record(run, key, notebook)
    write_report(notebook, record, folder, CLAIMS)
    nbformat.write(notebook, folder / "notebook.ipynb")
    for name, content in beside.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    record["provenance"]["files"] = digests(folder)
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")
