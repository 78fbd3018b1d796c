"""A notebook in another language: paragraphs and comments are looked up, code stays as it is.

A paragraph is what blank lines part; a displayed formula without words reads the same everywhere. Each notebook has a
catalogue of its own, ``locale/<language>/<name of the notebook>.po`` beside it.
"""

import io
import json
import re
import tokenize
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from retorno.language import SOURCE, catalogue, current, translated

FORMULA = re.compile(r"\$\$((?!\\text).)*\$\$", flags=re.DOTALL)  # without a word in it


def read(notebook: Path) -> dict:
    """Return a notebook as its file holds it, in the language spoken; LookupError where words are missing."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    if current() == SOURCE:
        return content
    look = partial(translated, locale=notebook.parent / "locale", name=notebook.stem)
    for cell in content["cells"]:
        cell["source"] = _rewritten(cell, lambda text: look(_flat(text)))
    return content


def written(content: dict) -> str:
    """Return a notebook as the text of its file."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def catalogue_of(notebook: Path) -> Path:
    """Return where the words of a notebook in the language spoken are."""
    return catalogue(notebook.parent / "locale", notebook.stem)


def messages(notebook: Path) -> Iterator[tuple[int, str]]:
    """Yield number of the cell and text of everything in a notebook that has to be said in other languages."""
    found: list[str] = []
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        _rewritten(cell, lambda text: found.append(_flat(text)) or text)
        while found:
            yield number, found.pop(0)


def spoken_by_default(content: dict) -> dict:
    """Return a notebook whose parameter `language` is the language spoken: its results follow its paragraphs."""
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            cell["source"] = re.sub(
                r'^(language: str = )"\w+"',
                rf'\1"{current()}"',
                "".join(cell["source"]),
                flags=re.M,
            )
    return content


def _rewritten(cell: dict, look: Callable[[str], str]) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        return _comments_rewritten(source, look)
    return "\n\n".join(
        part if FORMULA.fullmatch(part) else look(part) for part in re.split(r"\n\s*\n", source)
    )


def _comments_rewritten(source: str, look: Callable[[str], str]) -> str:
    lines = source.splitlines()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    for token in [t for t in tokens if t.type == tokenize.COMMENT]:
        row, column = token.start
        lines[row - 1] = f"{lines[row - 1][:column]}# {look(token.string.lstrip('# '))}"
    return "\n".join(lines)


def _flat(text: str) -> str:
    """Return a paragraph without the line breaks of prose, so that a new wrapping is no new text."""
    marked = re.compile(r"\s*([-*|>]|\d+\.|#+) ")
    lines = text.strip("\n").split("\n")
    whole = [lines[0]]
    for line in lines[1:]:
        if marked.match(line) or line.startswith("|") or whole[-1].startswith("#"):
            whole.append(line)
        else:
            whole[-1] += " " + line.strip()
    return "\n".join(whole)


__all__ = ["catalogue_of", "messages", "read", "spoken_by_default", "written"]
