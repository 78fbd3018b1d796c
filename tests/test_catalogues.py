"""Every message and paragraph has its words in every language, and they fit."""

import ast
import csv
import re

import pytest
from babel.messages.catalog import Catalog

from retorno import language
from retorno.language import available, say, say_n, speaking
from retorno.workbook import catalogues
from retorno.workbook.parameter_set import read_set
from retorno.workbook.studies import CLAIMS, NOTEBOOKS, STUDIES, definitions

OTHERS = sorted(set(available()) - {language.SOURCE})
CASES = [(code, file, asked) for code in OTHERS for file, asked in catalogues.all_of(code)]


def test_spanish_is_there():
    assert "es" in OTHERS


@pytest.mark.parametrize(
    ("code", "file", "asked"), CASES, ids=[f"{code}-{file.stem}" for code, file, _ in CASES]
)
def test_nothing_lacks_its_words_and_nothing_is_left_of_an_earlier_text(code, file, asked):
    assert catalogues.problems(asked, file, code) == []


def a_catalogue(tmp_path, *messages):
    written = Catalog(locale="es")
    for message, words in messages:
        written.add(message, words)
    file = tmp_path / "es" / "retorno.po"
    file.parent.mkdir()
    with file.open("wb") as lines:
        catalogues.write_po(lines, written)
    return file


def asked(*messages):
    wanted = Catalog()
    for message in messages:
        wanted.add(message, locations=[("a.py", 0)])
    return wanted


@pytest.mark.parametrize(
    ("there", "wanted", "told"),
    [
        ([("Left", "Quedan")], "Still left", ["missing: 'Still left'", "no longer said: 'Left'"]),
        ([("Left", "")], "Left", ["without translation: 'Left'"]),
        ([("{n} left", "quedan {m}")], "{n} left", ["fields ['m'] for ['n']: '{n} left'"]),
        (
            [("got {got!r}", "vino {got}")],
            "got {got!r}",
            ["fields ['got'] for ['got!r']: 'got {got!r}'"],
        ),
        (
            [(("{n} day", "{n} days"), ("{n} día", ""))],
            ("{n} day", "{n} days"),
            ["without translation: ('{n} day', '{n} days')"],
        ),
        ([("Left", "Quedan")], "Left", []),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_told(tmp_path, there, wanted, told):
    assert catalogues.problems(asked(wanted), a_catalogue(tmp_path, *there), "es") == told


def test_an_update_keeps_what_is_said_and_forgets_the_rest(tmp_path):
    file = a_catalogue(tmp_path, ("Left", "Quedan"), ("Gone", "Se fue"))
    catalogues.update(asked("Left", "New"), file, "es")
    assert catalogues.problems(asked("Left", "New"), file, "es") == ["without translation: 'New'"]
    first = file.read_bytes()
    catalogues.update(asked("Left", "New"), file, "es")
    assert file.read_bytes() == first


def test_calls_inside_calls_and_strings_are_found(tmp_path):
    """Babel's own reader of Python loses both."""
    source = tmp_path / "a.py"
    source.write_text(
        'say_n("{n} of {x}", "{n} of all {x}", 2, x=say("one"))\nf"{say(\'two\')}"\nsay(name)\n'
    )
    with source.open("rb") as file:
        found = {
            texts[:2] for _, _, texts, _ in catalogues.calls(file, catalogues.KEYWORDS, (), {})
        }
    assert found == {("{n} of {x}", "{n} of all {x}"), ("one",), ("two",)}


def test_a_message_is_written_where_it_is_said_and_not_put_together():
    """`say` takes a literal, or a name whose value was marked; never a text with values already in it."""
    put_together = [
        f"{path.name}:{node.lineno}"
        for path in sorted(language.LOCALE.parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("say", "say_n", "mark", "mark_n")
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert put_together == []


def glossary():
    with (language.LOCALE / "es" / "glossary.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def words_of(code):
    for file, _ in catalogues.all_of(code):
        for message in catalogues._read(file, code):
            if message.id:
                yield from catalogues._texts(message.string)


def test_no_spanish_text_has_a_word_the_glossary_rules_out():
    ruled_out = [
        word.strip() for row in glossary() for word in row["never"].split(";") if word.strip()
    ]
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, ruled_out))})\b", re.IGNORECASE)
    assert [text for text in words_of("es") if pattern.search(text)] == []


def test_plural_and_numbers_follow_the_language():
    with speaking("es"):
        one, many = (
            say_n("{n} finding, none refused", "{n} findings, none refused", n)
            for n in (1, 1234567)
        )
        assert one.startswith("1 hallazgo,")
        assert many.startswith("1.234.567 hallazgos,")
        assert language.money(1234.56, "EUR") == "1.234,56\xa0€"
        assert language.percent(0.123) == "12,3\xa0%"
        assert say("Seed") == "Semilla"


def test_every_unit_of_a_finding_has_words_in_every_language():
    units = {d.unit for study in STUDIES for d in definitions(study)}
    for code in OTHERS:
        with speaking(code):
            for unit in units:
                for part in filter(None, language._parted(unit)):
                    language.translated(part)


def test_shipped_parameter_sets_have_a_title_in_every_language():
    for file in sorted((NOTEBOOKS / "params").glob("*.yml")):
        assert {language.SOURCE, *OTHERS} <= set(read_set(file).titles), file.name


def test_every_claim_has_its_words_in_every_language():
    with CLAIMS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 60
    for row in rows:
        for name in ("claim", "evidence_note", "source_of_evidence", "certainty", "testable_with"):
            assert all(row[f"{name}_{code}"].strip() for code in (language.SOURCE, *OTHERS)), row[
                "claim_id"
            ]
