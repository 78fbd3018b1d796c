"""Which cells and outputs of an executed notebook a reader sees, and what is taken from them.

A cell tagged ``hidden`` is left out. A cell tagged ``needs-<table>`` is left out when the run has no such
table, one tagged ``needs-simulated`` when its data are not simulated, ``needs-files`` when they are, and
``needs-set_aside`` and ``needs-items`` when no row was set aside and no score is the mean of items.
The answer of the study stands at the top of the page, and not again where the notebook states it.
"""

import re

from retorno.findings import ANSWER_MIME

PROVENANCE = "application/vnd.retorno.provenance+json"
SHOWN = (
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/markdown",
    "text/plain",
)


def visible(notebook, provenance: dict) -> list:
    """Return the cells that belong in a report of these data, in order."""
    had = {data["table"] for data in provenance["data"]}
    had.add("simulated" if provenance["simulated"] else "files")
    for kind in ("set_aside", "items"):
        if any(data.get(kind) for data in provenance["data"]):
            had.add(kind)
    return [cell for cell in notebook.cells if _belongs(cell.metadata.get("tags", ()), had)]


def _belongs(tags, had: set[str]) -> bool:
    needed = {tag.removeprefix("needs-") for tag in tags if tag.startswith("needs-")}
    return "hidden" not in tags and needed <= had


def outputs(cell) -> list:
    """Return the outputs of a code cell without answer and provenance, which the page tells by itself."""
    told = {ANSWER_MIME, PROVENANCE}
    return [output for output in cell.outputs if not told & output.get("data", {}).keys()]


def answers(cell) -> bool:
    """Return whether a cell states the answer."""
    return cell.cell_type == "code" and any(ANSWER_MIME in o.get("data", {}) for o in cell.outputs)


def without_answer(cells) -> list:
    """Return `cells` without a section that shows nothing but the answer: text, heading and code of it."""
    if not any(map(answers, cells)):
        return cells
    sections: list[list] = [[]]
    for cell in _cut_at_headings(cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return [cell for section in sections if not _only_answers(section) for cell in section]


def _cut_at_headings(cells):
    """Yield the cells, a text cell with sections in its middle in as many parts."""
    for cell in cells:
        parts = [cell.source]
        if cell.cell_type == "markdown":
            parts = [part for part in re.split(r"(?m)^(?=## )", cell.source) if part.strip()]
        for number, part in enumerate(parts):
            yield type(cell)({**cell, "id": f"{cell.get('id')}-{number}", "source": part})


def _only_answers(section) -> bool:
    shown = [output for cell in section if cell.cell_type == "code" for output in outputs(cell)]
    return not shown and any(answers(cell) for cell in section)


def kind(output) -> str:
    """Return how an output is shown: its stream, ``error``, or the richest MIME type a page can hold.

    An output in no type a page can hold is ``unknown``.

    Examples
    --------
    >>> kind({"output_type": "stream", "name": "stderr", "text": "careful"})
    'stderr'
    >>> kind({"output_type": "display_data", "data": {"text/plain": "2", "text/html": "<b>2</b>"}})
    'text/html'
    """
    if output["output_type"] == "stream":
        return output["name"]
    if output["output_type"] == "error":
        return "error"
    return next((mime for mime in SHOWN if mime in output["data"]), "unknown")
