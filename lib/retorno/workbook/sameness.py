"""Whether a run has to run again: judged by what stands in the output folder, never by a side file."""

import hashlib
import json
import sys
from pathlib import Path
from uuid import uuid4

import retorno
from retorno.language import speaking
from retorno.tables.digest import digest
from retorno.workbook.inputs import SET_ASIDE_FILE, SUSPECTS_FILE
from retorno.workbook.paragraphs import catalogue_of
from retorno.workbook.plan import Run
from retorno.workbook.studies import CLAIMS

RECORD = "findings.json"
FILES = ("notebook.ipynb", "report.html", "tables.xlsx")
BESIDE_FILES = (SET_ASIDE_FILE, SUSPECTS_FILE)  # only where there is something to tell in them


def key(run: Run) -> str:
    """Return what makes a run this run: notebook, parameters, data, library code, versions.

    What a server holds may have changed at any time: such a run has another key each time.
    """
    parts = {
        "run": run.label,
        "notebook": digest(run.notebook),
        "claims": digest(CLAIMS),
        "words": _words(run),
        "title": run.title,
        "parameters": run.used,
        "data": {table: place.sha256 or uuid4().hex for table, place in run.places.items()},
        "library": _library(),
        "python": sys.version,
        "packages": _packages(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def unchanged(folder: Path, run_key: str) -> bool:
    """Return whether `folder` holds the complete, untouched report of the run with this key."""
    try:
        provenance = json.loads((folder / RECORD).read_text(encoding="utf-8"))["provenance"]
        return provenance["key"] == run_key and provenance["files"] == digests(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file a report consists of but its record."""
    there = [name for name in BESIDE_FILES if (folder / name).exists()]
    return {name: digest(folder / name) for name in [*FILES, *there]}


def _words(run: Run) -> str | None:
    """Return the digest of the notebook's words in the language of the report; English stands in the notebook."""
    with speaking(run.language):
        catalogue = catalogue_of(run.notebook)
    return digest(catalogue) if catalogue.exists() else None


def _library() -> str:
    """Return one digest of all files of the library."""
    root = Path(retorno.__file__).parent
    whole = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            whole.update(f"{'/'.join(parts)} {digest(file)}\n".encode())
    return whole.hexdigest()


def _packages() -> list[str]:
    """Return name and version of every installed package, read from their folders' names."""
    folders = [Path(entry) for entry in sys.path]
    return sorted({info.name for folder in folders for info in folder.glob("*.dist-info")})
