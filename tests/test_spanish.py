"""Whole runs in Spanish: everything is there, and no sentence of it is English."""

import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from retorno.language import say, speaking
from retorno.tables.public import PUBLIC
from retorno.workbook.cli import program
from retorno.workbook.studies import NOTEBOOKS, STUDIES

# Words no Spanish sentence has and hardly an English one is without.
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|with|which|that|this|not|for|from|by|than|its|who|at|it|to|an)\b",
    re.I,
)
# Code, formulas, what the machine says of itself, and titles of publications stay as they are.
LEFT_OUT = {"code", "pre", "script", "style", "math", "em"}
TOLD = ("aria-label", "alt", "title", "data-told", "data-other", "summary")
# Names of columns and ids, and of what has an English name in any language.
NAMES = re.compile(
    r"\b[\w.]*_[\w.]*\b|\b\w+(\.\w+)+\b|MineThatData[\w\s-]*|CC BY|The myth of service recovery"
)


class Words(HTMLParser):
    """What a reader of a page meets, or hears."""

    def __init__(self):
        super().__init__()
        self.inside, self.found = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if self.inside or tag in LEFT_OUT or "source" in (given.get("class") or "").split():
            self.inside += [tag] if tag not in ("br", "img", "meta", "input") else []
        else:
            self.found += [given[name] for name in TOLD if given.get(name)]

    def handle_endtag(self, tag):
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.found.append(" ".join(data.split()))


def english(texts):
    """Return the texts with two English words or more, titles of publications aside."""
    with speaking("es"):
        cited = [say(public.citation).rstrip(".") for public in PUBLIC.values()]

    def left(text):
        for citation in cited:
            text = text.replace(citation, " ")
        return NAMES.sub(" ", text)

    return [text for text in dict.fromkeys(texts) if len(ENGLISH.findall(left(text))) > 1]


def test_an_english_sentence_is_found_and_a_spanish_one_is_not():
    told = [
        "Customers who came back are the survivors.",
        "Los clientes que volvieron son supervivientes.",
    ]
    assert english(told) == told[:1]


def words(page):
    reader = Words()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


@pytest.fixture(scope="module", params=list(STUDIES))
def informes(request, tmp_path_factory):
    """A folder with the default report of a study in Spanish, with the ledger and the index beside it."""
    out = tmp_path_factory.mktemp("informes")
    asked = ["run", request.param, "--language", "es", "--out", str(out)]
    done = CliRunner().invoke(program, [*asked, "-p", "customers", "3000"])
    assert done.exit_code == 0, done.stderr
    assert english((done.stdout + done.stderr).splitlines()) == []
    return out


def test_no_page_holds_an_english_sentence(informes):
    pages = [*informes.glob("*/*/report.html"), informes / "index.html", informes / "claims.html"]
    assert len(pages) == 3
    for page in pages:
        assert '<html lang="es">' in page.read_text(encoding="utf-8")
        found = words(page)
        assert len(found) > 50
        assert english(found) == [], page.name


def test_the_workbook_of_tables_holds_none_either(informes):
    (file,) = informes.glob("*/*/tables.xlsx")
    book = load_workbook(file)
    assert book.sheetnames[0] == "Informe"
    cells = [
        cell.value
        for sheet in book
        for row in sheet.iter_rows(max_row=400)
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert english(cells) == []


def test_findings_say_it_in_spanish_and_keep_ids_units_and_numbers_for_machines(informes):
    (file,) = informes.glob("*/*/findings.json")
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["language"] == "es"
    assert english([f["sentence"] for f in record["findings"]]) == []
    assert english([f["label"] for f in record["findings"]]) == []
    units = {f["unit"].split(" ")[0] for f in record["findings"]}
    assert units & {"share", "ratio", "scale", "EUR"}  # an interface, the same in every language


def test_a_folder_made_in_spanish_is_read_and_answered_in_spanish(tmp_path):
    folder = tmp_path / "mi_estudio"
    made = CliRunner().invoke(program, ["new", "recovery", str(folder), "--language", "es"])
    assert made.exit_code == 0, made.stderr
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert english(text.splitlines()) == []
    given = (folder / "recovery.yml").read_text(encoding="utf-8")
    assert english(given.splitlines()) == []
    assert "\nlanguage: es  # del informe\n" in given


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "recovry"], "¿Quería decir recovery?"),
        (["run", "recovery", "-p", "levle", "0.9"], "¿Quería decir level?"),
        (["run", "recovery", "-p", "level", "2"], "se esperaba la cobertura"),
        (["run", "recovery", "--data", "survey=nowhere.csv"], "nowhere.csv"),
        (["check", "survey", "nowhere.csv"], "nowhere.csv"),
        (["simulate", "recovery", "--world", "x", "--out", "x"], "paradox"),
        (["explain", "nothing"], "No hay ningún hallazgo"),
    ],
)
def test_errors_are_told_in_spanish(words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(program, [*words, "--language", "es"])
    assert done.exit_code == 2
    assert told in done.stderr
    assert english(done.stderr.splitlines()) == []


@pytest.mark.parametrize(
    "name",
    [
        "reactivation.cdnow",
        "reactivation.hillstrom",
        "reactivation.online_retail",
        "recovery.literature",
        "referral.telco",
    ],
)
def test_reports_on_given_data_are_spanish_too(name, tmp_path, public_store, monkeypatch):
    monkeypatch.setenv("RETORNO_RAW", str(public_store))
    file = NOTEBOOKS / "params" / f"{name}.yml"
    asked = ["run", str(file), "--language", "es", "--out", str(tmp_path)]
    done = CliRunner().invoke(program, asked)
    assert done.exit_code == 0, done.stderr
    (page,) = tmp_path.glob("*/*/report.html")
    assert english(words(page)) == []
    record = json.loads((page.parent / "findings.json").read_text(encoding="utf-8"))
    told = [data["invented"] for data in record["provenance"]["data"]]
    assert told == [name in ("recovery.literature", "referral.telco")]
