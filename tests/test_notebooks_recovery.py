"""The recovery notebook, run as a user runs it: small worlds, a file of one's own, bad input."""

import json
from pathlib import Path

import pandas as pd
import pytest
from shared import by_id

from retorno import simulate
from retorno.recovery import DEFINITIONS

ROOT = Path(__file__).parents[1]
OUTCOMES = ("satisfaction", "repurchase", "word_of_mouth")


@pytest.fixture(scope="module")
def respondents():
    """The survey of a small simulated world."""
    return simulate.simulate("recovery", "no_paradox", 600, 5).tables()["survey"]


def test_the_default_run_states_every_finding_and_knows_its_answers(run):
    """Repurchase was not asked before, so its changes are refused; everything else has its known answer."""
    status, said, records = run("recovery")
    assert status == 0, said
    found = by_id(records["default"])
    assert set(found) == {d.id.format(outcome=o) for d in DEFINITIONS for o in OUTCOMES}
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    assert refused == {i for i in found if i.startswith("change.repurchase.")}
    answers = simulate.answers("recovery", "no_paradox")
    assert set(answers) == {i for i, f in found.items() if f["ci_low"] is not None}
    provenance = records["default"]["provenance"]
    assert (provenance["simulated"], provenance["world"]) == (True, "no_paradox")
    # The spine: the naive answer rises, the corrected one does not, and who is compared differs.
    assert found["change.satisfaction.raw"]["verdict"] == "above"
    assert found["change.satisfaction.corrected"]["verdict"] == "parity"
    assert found["paradox.satisfaction.verdict"]["verdict"] == "shortfall"
    answer = provenance["answer"]
    assert "gained in satisfaction about as much as regression" in answer["headline"]
    assert answer["cards"][:2] == ["change.satisfaction.corrected", "change.satisfaction.raw"]
    assert {e["id"] for e in provenance["estimands"]} == {d.id for d in DEFINITIONS}


def test_where_recovery_lifts_satisfaction_the_report_says_so(run):
    status, said, records = run(ROOT / "notebooks/params/recovery.paradox.yml")
    assert status == 0, said
    found = by_id(records["paradox"])
    assert found["change.satisfaction.corrected"]["verdict"] == "paradox"
    assert found["change.word_of_mouth.corrected"]["verdict"] != "paradox"
    assert found["paradox.satisfaction.verdict"]["verdict"] == "paradox"


def test_an_own_file_gives_the_findings_of_the_simulated_table(run, respondents, tmp_path):
    """The same world through a CSV file with names and words of its own: every number agrees."""
    _, _, known = run("recovery", "-p", "customers", 600, "-p", "seed", 5)
    theirs = respondents.rename(columns={"satisfaction": "CSAT"}).replace(
        {"group": {"recovered": "fixed"}}
    )
    theirs.to_csv(tmp_path / "mine.csv", index=False)
    (tmp_path / "recovery.mine.yml").write_text(
        "study: recovery\n"
        "data: {survey: mine.csv}\n"
        "columns: {survey: {satisfaction: CSAT}}\n"
        "values: {survey: {group: {fixed: recovered}}}\n"
    )
    status, said, records = run(tmp_path / "recovery.mine.yml")
    assert status == 0, said
    own = by_id(records["mine"])
    for name, finding in by_id(known["default"]).items():
        if finding["estimate"] is not None:
            assert own[name]["estimate"] == pytest.approx(finding["estimate"], rel=1e-12)
    assert records["mine"]["provenance"]["simulated"] is False
    assert str(tmp_path) not in json.dumps(records)


def spoiled(table, kind):
    """Return the table with one fault."""
    table = table.copy()
    if kind == "unknown group":
        table.loc[[0, 3], "group"] = "angry"
    elif kind == "nobody recovered":
        table = table[table["group"] != "recovered"]
    elif kind == "outside the scale":
        table["satisfaction"] = table["satisfaction"] + 4
    elif kind == "duplicate":
        table = pd.concat([table, table.head(1)])
    elif kind == "all left":
        table["satisfaction"] = None
        table = table[["respondent_id", "group", "satisfaction"]]
    return table


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        ("unknown group", ["'angry'", "values: {survey: {group:"]),
        ("nobody recovered", ["nobody is in the group recovered", "failure, no_failure"]),
        ("outside the scale", ["'satisfaction' has", "outside the scale from 1 to 7", "scale"]),
        ("duplicate", ["'respondent_id' occurs more than once"]),
        ("all left", ["all left before the second wave"]),
    ],
)
def test_a_bad_survey_is_one_message_and_nothing_is_written(
    run, tmp_path, respondents, kind, messages
):
    spoiled(respondents, kind).to_csv(tmp_path / "bad.csv", index=False)
    status, said, records = run("recovery", "--data", f"survey={tmp_path / 'bad.csv'}")
    assert (status, records) == (2, {})
    assert "Traceback" not in said
    for message in messages:
        assert message in said


@pytest.mark.parametrize(
    ("absent", "refused"),
    [
        ("before", ("change.satisfaction.",)),
        ("no_failure", ("paradox.", "recovery_rate.", "change.satisfaction.net")),
        ("failure", ("recovery_rate.",)),
    ],
)
def test_what_a_survey_does_not_hold_refuses_what_needs_it_alone(
    run, tmp_path, respondents, absent, refused
):
    table = respondents[["respondent_id", "group", "satisfaction", "satisfaction_before"]]
    if absent == "before":
        table = table.drop(columns="satisfaction_before")
    else:
        table = table[table["group"] != absent]
    table.to_csv(tmp_path / "thin.csv", index=False)
    status, said, records = run("recovery", "--data", f"survey={tmp_path / 'thin.csv'}")
    assert status == 0, said
    found = by_id(records["default"])
    assert {i for i, f in found.items() if f["verdict"] == "refused"} == {
        i for i in found if i.startswith(refused)
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-p", "reliability", "1.5"], "reliability: wanted a correlation from 0 to 1"),
        (["-p", "outcomes", "[loyalty]"], "outcomes: wanted one or more of satisfaction"),
        (["-p", "before_mean", "5"], "before_mean: one mean cannot stand for"),
        (["-p", "reliabilty", "0.5"], "reliability"),
    ],
)
def test_an_impossible_parameter_is_one_message(run, words, message):
    status, said, records = run("recovery", "-p", "customers", "200", *words)
    assert (status, records) == (2, {})
    assert "Traceback" not in said
    assert message in said
