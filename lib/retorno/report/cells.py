"""Which cells and outputs of an executed notebook a reader sees, and what is taken from them.

A cell tagged ``hidden`` is left out. A cell tagged ``needs-<table>`` is left out when the run has no such
table, one tagged ``needs-simulated`` when its data are not simulated, ``needs-files`` when they are, and
``needs-set_aside`` and ``needs-items`` when no row was set aside and no score is the mean of items.
"""

PROVENANCE = "application/vnd.retorno.provenance+json"
TABLE = "application/vnd.retorno.table+json"
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
    """Return the outputs of a code cell without the run's provenance, which the page tells by itself."""
    return [output for output in cell.outputs if PROVENANCE not in output.get("data", {})]


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


def tables(cells) -> list[dict]:
    """Return the tables shown in `cells`, in order: ``{caption, columns, rows}``."""
    return [
        output["data"][TABLE]
        for cell in cells
        if cell.cell_type == "code"
        for output in outputs(cell)
        if TABLE in output.get("data", {})
    ]
