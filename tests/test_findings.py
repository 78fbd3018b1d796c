"""Findings: the record, the refusal, the words, the languages."""

import doctest
import json
import re

import pytest

from retorno import findings as module
from retorno import language, reactivation, recovery, referral
from retorno.errors import ParameterError
from retorno.findings import MIME, Definition, Findings, caution, decide, direction, find
from retorno.report.markdown import mathml

VALUE = Definition(
    "value.{group}", "Value, {group}", "Mean value.", "EUR per customer", "Up is more."
)


def stated(**changes):
    given = {"interval": (1.5, 2.5), "level": 0.95, "n": 40, "group": "new"} | changes
    return VALUE.state(2.0, "They bring 2.", **given)


def test_a_record_has_every_field_and_null_where_nothing_applies():
    record = VALUE.refuse("Too few.", n=3, group="new").record()
    assert record == {
        "id": "value.new",
        "label": "Value, new",
        "estimate": None,
        "ci_low": None,
        "ci_high": None,
        "level": None,
        "unit": "EUR per customer",
        "n": 3,
        "method": None,
        "verdict": "refused",
        "sentence": "Too few.",
    }


def test_findings_carry_their_records_in_the_output_and_show_number_and_sentence():
    bundle = Findings([stated()])._repr_mimebundle_()
    assert bundle[MIME] == [stated().record()]
    assert json.loads(json.dumps(bundle[MIME], allow_nan=False)) == bundle[MIME]
    assert "€2.00 (95% interval €1.50 to €2.50)" in bundle["text/html"]
    assert "They bring 2." in bundle["text/plain"]


def test_a_known_answer_stands_beside_the_estimate_and_not_in_the_record():
    findings = Findings([stated()])
    inside = findings.beside({"value.new": 2.2})._repr_mimebundle_()
    outside = findings.beside({"value.new": 3.0})._repr_mimebundle_()
    assert "Known answer: €2.20, inside the interval." in inside["text/html"]
    assert "Known answer: €3.00, outside the interval." in outside["text/html"]
    assert inside[MIME] == findings._repr_mimebundle_()[MIME]


def test_text_from_data_is_escaped():
    evil = stated(group="<img src=x onerror=alert(1)>")
    html = Findings([evil])._repr_mimebundle_()["text/html"]
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_one_id_is_stated_once_and_nothing_that_is_not_a_number():
    with pytest.raises(ValueError, match=r"stated twice: value\.new"):
        Findings([stated(), stated()])
    with pytest.raises(ValueError, match="`ci_high` is nan; refuse it instead"):
        stated(interval=(1.0, float("nan")))


def test_direction_is_the_side_on_which_the_whole_interval_lies():
    assert direction((0.1, 0.2)) == "above"
    assert direction((-0.2, -0.1)) == "below"
    assert direction((0.0, 0.2)) == "undecided"
    assert direction((0.9, 0.99), 1.0) == "below"


def test_caution_below_thirty_units():
    assert caution(30) == ""
    assert caution(29) == " Only 29 units stand behind this number: read it with care."


def test_of_several_definitions_that_fit_the_most_explicit_is_found():
    slope = Definition("effect.{outcome}.slope", "", "", "", "")
    arm = Definition("effect.{outcome}.{arm}", "", "", "", "")
    plain = Definition("effect.{outcome}", "", "", "", "")
    assert find([plain, arm, slope], "effect.visit.slope") is slope
    assert find([plain, arm, slope], "effect.visit") is plain
    assert find([plain, arm, slope], "effect.visit.Mens E-Mail") is arm
    assert find([plain, arm, slope], "nothing") is None


def test_a_finding_is_met_by_its_id_and_one_that_is_not_there_counts_as_refused():
    findings = Findings([stated(verdict="above"), VALUE.refuse("Too few.", group="old")])
    assert findings.get("value.new") is findings[0]
    assert findings.get("value.none") is None
    verdicts = [findings.verdict(f"value.{group}") for group in ("new", "old", "none")]
    assert verdicts == ["above", "refused", "refused"]


def test_a_decision_table_without_a_row_that_fits_is_an_error():
    with pytest.raises(ValueError, match=r"no row of the decision table fits \('below',\)"):
        decide({"above|undecided": "More."}, "below")


ALL = [d for study in (recovery, reactivation, referral) for d in study.DEFINITIONS]
GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "nu", "rho")
WITHOUT_LINE = {"share", "customers", "respondents", "money", "verdict", "p-value", "probability"}
WITHOUT_LINE |= {"slope", "reliability", "moderator", "points", "correlation"}
WITHOUT_LINE |= {"days", "weeks", "months", "shape", "Gini"}
# Letters that only count: customers, purchases, draws.
COUNTING = {"i", "j"}


@pytest.mark.parametrize("definition", ALL, ids=lambda definition: definition.id)
def test_every_definition_has_a_formula_the_report_can_show_and_explains_its_letters(definition):
    """Words in it are few, since they stay English; the letters are explained in `meaning`, or where it points."""
    assert definition.formula
    assert "$" not in definition.formula
    mathml(definition.formula, display="block")
    assert len(re.findall(r"\\text\{", definition.formula)) <= 5
    explained = definition.meaning
    if "letters as in roi" in explained:
        explained += find(ALL, "roi").meaning
    bare = re.sub(r"\\text\{[^}]*\}|\\begin\{\w+\}\{\w+\}|\\end\{\w+\}", " ", definition.formula)
    greek = {name for name in GREEK if re.search(rf"\\(?:var)?{name}\b", bare)}
    letters = set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", bare)))
    missing = (letters | greek) - COUNTING - set(re.findall(r"[A-Za-z]+", explained))
    assert missing - _of_all(bare) == set()


def _of_all(formula):
    """Return the letters that mean the same everywhere: of Euler's number, and of a probability."""
    letters = {"e": r"e\^", "P": r"\bP(_\w)? ?(\\left ?)?\("}
    return {letter for letter, look in letters.items() if re.search(look, formula)}


@pytest.mark.parametrize("definition", ALL, ids=lambda definition: definition.id)
def test_a_definition_has_a_line_where_its_question_is_about_one(definition):
    """A ratio is held against 1, an even chance against 0.5, a difference against 0: its sign says which way is up.

    Counts, shares, errors and words have no line.
    """
    if definition.unit in ("ratio", "share of the drop"):
        assert definition.reference == 1
    elif definition.id.endswith(".superiority"):
        assert definition.reference == 0.5
    elif definition.reference is not None:
        assert definition.reference == 0
        assert re.search("positive|negative|above 0|below what is paid", definition.sign.lower())
    else:
        assert definition.unit.split()[0] in WITHOUT_LINE


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234.0, "customers", "1,234"),
        (0.1234, "share of customers", "12.3%"),
        (0.0057, "share of customers", "0.57%"),
        (-0.061, "difference in share", "−6.1 points"),
        (0.0031, "difference in share per month", "0.31 points"),
        (1234.5, "EUR per customer", "€1,234.50"),
        (-0.0123, "EUR per customer per month", "−€0.0123"),
        (1.256, "ratio", "1.26"),
        (394.0, "respondents", "394"),
        (0.0204, "p-value", "0.020"),
        (0.0002, "p-value", "< 0.001"),
    ],
)
def test_quantities_as_a_reader_of_their_unit_expects_them(value, unit, text):
    assert language.quantity(value, unit) == text


def test_plural_forms():
    assert language.say_n("{n} day", "{n} days", 1) == "1 day"
    assert language.say_n("{n} day", "{n} days", 1200) == "1,200 days"


@pytest.fixture
def spanish(tmp_path, monkeypatch):
    """A catalogue of two messages: the mechanism by which a language arrives."""
    folder = tmp_path / "es"
    folder.mkdir()
    (folder / "retorno.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "{n} left"\nmsgstr "quedan {n}"\n\n'
        'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} día"\nmsgstr[1] "{n} días"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(language, "LOCALE", tmp_path)


def test_a_catalogue_speaks_with_its_own_words_and_formats(spanish):
    with language.speaking("es"):
        assert language.say("{n} left", n=language.money(1234.5, "EUR")) == "quedan 1.234,50\xa0€"
        assert language.say_n("{n} day", "{n} days", 12000) == "12.000 días"
    assert language.current() == "en"


def test_a_missing_message_is_an_error_and_not_english(spanish):
    with language.speaking("es"), pytest.raises(LookupError, match="no translation into 'es'"):
        language.say("never translated")


def test_a_language_without_catalogue_is_named_with_those_there_are():
    with pytest.raises(ParameterError, match="'fr' has no catalogue; there is en"):
        language.use("fr")


def test_the_examples_run():
    shown = doctest.testmod(module)
    assert (shown.failed, shown.attempted >= 3) == (0, True)
