"""The ledger of claims: what is told of a claim comes from the table of facts and from the runs, nothing by hand."""

import csv
import json
import re

import pytest

from retorno.findings import REFUSED, Definition, Speaks
from retorno.language import speaking
from retorno.report import write_claims
from retorno.report.cards import SIGNS
from retorno.report.claims import BEARINGS, TOPICS, VERDICTS, ledger
from retorno.workbook import record, studies
from retorno.workbook.studies import CLAIMS, STUDIES

PARADOX = Definition(
    "paradox.{outcome}.difference",
    "{outcome}: difference",
    "m",
    "scale points",
    "s",
    reference=0.0,
    speaks_to=(
        Speaks("recovery_paradox", holds="above", where=(("outcome", "satisfaction"),)),
        Speaks("recovery_keeps_usage", where=(("outcome", "repurchase"),)),
    ),
)


def rows():
    with CLAIMS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def stated(outcome, estimate, low, high, verdict):
    return PARADOX.state(
        estimate, "It is so.", interval=(low, high), level=0.95, verdict=verdict, outcome=outcome
    ).record()


def a_run(name, *found, simulated=False, language="en"):
    meant = {each["id"]: PARADOX for each in found}
    return {
        "study": "recovery",
        "run": name,
        "language": language,
        "findings": list(found),
        "provenance": {
            "title": f"Run {name}",
            "simulated": simulated,
            "world": "paradox" if simulated else None,
            "data": [{"table": "survey", "source": f"{name}.csv"}],
            "made": "2026-03-12T10:00:00+00:00",
            "answer": None,
            "claims": record.claims(list(found), meant),
        },
    }


def claim(claims, claim_id):
    return next(each for each in claims if each.id == claim_id)


@pytest.mark.parametrize(
    ("holds", "verdict", "told"),
    [
        ("above", "above", "for"),
        ("above", "below", "against"),
        ("above", "parity", "against"),
        ("above|parity", "parity", "for"),
        ("above", "undecided", "open"),
        ("above", None, "beside"),
        ("", "above", "beside"),
        ("above", REFUSED, REFUSED),
    ],
)
def test_what_a_verdict_does_to_a_claim(holds, verdict, told):
    assert Speaks("c", holds=holds).bearing(verdict) == told
    assert told in BEARINGS


def test_every_claim_a_definition_names_is_in_the_ledger_and_every_condition_can_be_met():
    known = {row["claim_id"] for row in rows()}
    for study in STUDIES:
        for definition in studies.definitions(study):
            braces = set(re.findall(r"\{(\w+)\}", definition.id))
            for speaks in definition.speaks_to:
                assert speaks.claim in known, definition.id
                assert {name for name, _ in speaks.where} <= braces, definition.id
                assert set(filter(None, speaks.holds.split("|"))) <= set(SIGNS), definition.id


def test_every_topic_and_verdict_of_the_table_has_words():
    assert {row["topic"] for row in rows()} == set(TOPICS)
    assert {row["evidence_verdict"] for row in rows()} == set(VERDICTS)


def test_a_finding_speaks_only_under_its_condition():
    claims = ledger(CLAIMS, [a_run("a", stated("repurchase", -6.0, -11.0, -1.0, "below"))])
    assert claim(claims, "recovery_paradox").runs == ()
    (run,) = claim(claims, "recovery_keeps_usage").runs
    assert [(said.id, said.bearing) for said in run.findings] == [
        ("paradox.repurchase.difference", "a number to set beside the claim")
    ]


def test_number_interval_data_and_link_come_from_the_run():
    claims = ledger(CLAIMS, [a_run("a", stated("satisfaction", 0.5, 0.1, 0.9, "above"))])
    told = claim(claims, "recovery_paradox")
    (run,) = told.runs
    (said,) = run.findings
    assert told.tested == "data"
    assert (run.link, run.data, run.invented) == ("recovery/a/report.html", "a.csv", False)
    assert (said.number, said.unit) == ("0.50", "scale points")
    assert said.interval == "95% interval 0.10 to 0.90"
    assert said.bearing == "speaks for the claim"


def test_given_data_come_first_and_a_simulated_world_is_no_evidence():
    made = a_run("world", stated("satisfaction", 0.5, 0.1, 0.9, "above"), simulated=True)
    own = a_run("own", stated("satisfaction", 0.0, -0.1, 0.1, "parity"))
    told = claim(ledger(CLAIMS, [made, own]), "recovery_paradox")
    assert [run.invented for run in told.runs] == [False, True]
    assert [run.findings[0].bearing for run in told.runs] == [
        "speaks against the claim",
        "so it is in this world",
    ]
    alone = claim(ledger(CLAIMS, [made]), "recovery_paradox")
    assert alone.tested == "invented"


def test_an_example_and_a_fictional_set_are_no_evidence_either():
    own = a_run("own", stated("satisfaction", 0.5, 0.1, 0.9, "above"))
    own["provenance"]["data"][0]["invented"] = True
    told = claim(ledger(CLAIMS, [own]), "recovery_paradox")
    assert told.tested == "invented"
    assert told.runs[0].findings[0].bearing == "so it is in this world"


def test_a_refused_finding_is_told_only_where_the_run_states_none():
    refused = PARADOX.refuse("Too few.", outcome="satisfaction").record()
    told = claim(ledger(CLAIMS, [a_run("a", refused)]), "recovery_paradox")
    (said,) = told.runs[0].findings
    assert (said.number, said.interval, said.bearing) == (None, None, "not stated")


def test_what_no_run_speaks_to_is_not_tested_here_yet(tmp_path):
    folder = tmp_path / "recovery" / "a"
    folder.mkdir(parents=True)
    run = a_run("a", stated("satisfaction", 0.5, 0.1, 0.9, "above"))
    (folder / "findings.json").write_text(json.dumps(run), encoding="utf-8")
    write_claims(tmp_path, CLAIMS)
    html = (tmp_path / "claims.html").read_text(encoding="utf-8")
    assert html.count("<article") == 60
    assert html.count("Not tested here yet.") == 59
    assert 'href="recovery/a/report.html#paradox.satisfaction.difference"' in html
    assert 'href="index.html"' in html


def test_the_ledger_speaks_the_readers_language(tmp_path):
    with speaking("es"):
        write_claims(tmp_path, CLAIMS)
    html = (tmp_path / "claims.html").read_text(encoding="utf-8")
    assert '<html lang="es">' in html
    assert html.count("Aún sin contrastar aquí.") == 60
    for row in rows():
        assert row["claim_es"] in html
