"""What has to be said in every language, gathered from library and notebooks, and the catalogues that say it.

``python -m retorno.workbook.catalogues`` brings the catalogues of every language up to date: new messages come in
without translation, what is no longer said goes out. ``problems`` tells what is missing or does not fit.
"""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from retorno.language import LIBRARY, LOCALE, SOURCE, available
from retorno.workbook import paragraphs, studies

METHODS = [("**.py", "retorno.workbook.catalogues:calls"), ("**.j2", "jinja2")]
KEYWORDS = {"say": None, "mark": None, "say_n": (1, 2), "mark_n": (1, 2)}
WIDTH = 110
CELL = ":cell"  # behind the name of a notebook, where a message of it stands


def calls(file, keywords, comment_tags, options) -> Iterator[tuple]:
    """Yield line, function and messages of every call that says something, as Babel asks of a method.

    Babel's own method reads tokens: it loses calls inside an f-string, and a plural with a call among its
    values.
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in keywords:
            texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
            if texts and texts[0] is not None:
                yield node.lineno, node.func.id, tuple(texts), []


def library() -> Catalog:
    """Return what the library says, in no particular language."""
    wanted = Catalog()
    found = extract_from_dir(LOCALE.parent, METHODS, keywords=KEYWORDS)
    for file, _, message, _, _ in sorted(found, key=lambda each: each[:2]):
        # `say` of two messages is no plural: only `say_n` has two.
        wanted.add(message[:2] if isinstance(message, tuple) else message, locations=[(file, 0)])
    return wanted


def notebook(file: Path) -> Catalog:
    """Return the paragraphs and comments of a notebook, in the order of reading."""
    wanted = Catalog()
    for cell, text in paragraphs.messages(file):
        wanted.add(text, locations=[(f"{file.name}{CELL}", cell)])
    return wanted


def all_of(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Yield where each catalogue of a language lies, and what it has to say."""
    yield LOCALE / language / f"{LIBRARY}.po", library()
    for folder in (studies.NOTEBOOKS, studies.COURSE):
        for file in sorted(folder.glob("*.ipynb")):
            yield folder / "locale" / language / f"{file.stem}.po", notebook(file)


def problems(wanted: Catalog, file: Path, language: str) -> list[str]:
    """Return what is wrong with a catalogue: missing, no longer said, empty, doubtful, other fields."""
    there = _read(file, language)
    said, asked = {m.id for m in there if m.id}, {m.id for m in wanted if m.id}
    return [
        *(f"missing: {message!r}" for message in asked - said),
        *(f"no longer said: {message!r}" for message in said - asked),
        *(f"no longer said: {message!r}" for message in there.obsolete),
        *(
            fault
            for message in there
            if message.id in asked
            for fault in _faults(message, template=not _of_notebook(wanted.get(message.id)))
        ),
    ]


def _of_notebook(message: Message) -> bool:
    return message.locations[0][0].endswith(CELL)


def _faults(message: Message, *, template: bool) -> Iterator[str]:
    wanted, given = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield f"doubtful: {message.id!r}"
    if not given or not all(text.strip() for text in given):
        yield f"without translation: {message.id!r}"
    elif template:
        # Of two forms either may leave out the number: "a row is missing".
        counted = {"n"} if len(wanted) > 1 else set()
        allowed = set().union(*map(_fields, wanted)) | counted
        needed = set.intersection(*map(_fields, wanted)) - counted
        for text in given:
            if not needed <= _fields(text) <= allowed:
                yield f"fields {sorted(_fields(text))} for {sorted(allowed)}: {message.id!r}"


def _texts(message) -> list[str]:
    return [message] if isinstance(message, str) else list(message)


def _fields(text: str) -> set[str]:
    """Return the fields of a template with their conversions."""
    return {
        name + (f"!{conversion}" if conversion else "")
        for _, name, _, conversion in string.Formatter().parse(text)
        if name is not None
    }


def _read(file: Path, language: str) -> Catalog:
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as lines:
        return read_po(lines, locale=language, abort_invalid=True)


def update(wanted: Catalog, file: Path, language: str) -> None:
    """Bring a catalogue up to date; what is said no longer is forgotten, and nothing is guessed."""
    there = _read(file, language)
    fresh = Catalog(
        locale=language,
        project="retorno",
        version=" ",
        header_comment="# What retorno says, in other words. The glossary beside the library's catalogue binds.",
        msgid_bugs_address=" ",
        last_translator=" ",
        language_team=" ",
        creation_date=there.creation_date,
        revision_date=there.revision_date,
        fuzzy=False,
    )
    for message in wanted:
        if message.id:
            said = there.get(message.id)
            fresh.add(message.id, said.string if said else "", locations=message.locations)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as lines:
        write_po(lines, fresh, width=WIDTH)


if __name__ == "__main__":
    for spoken in set(available()) - {SOURCE}:
        for place, asked in all_of(spoken):
            update(asked, place, spoken)
