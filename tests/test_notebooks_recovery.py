"""The recovery notebook, run as a user runs it: small worlds, a file of one's own, bad input."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shared import by_id

from retorno import simulate
from retorno.recovery import DEFINITIONS
from retorno.recovery.survey import MODERATORS

ROOT = Path(__file__).parents[1]
OUTCOMES = ("satisfaction", "repurchase", "word_of_mouth")


JUSTICE = ("distributive", "procedural", "interactional")


def every_id():
    """Yield the ids of all that the study states when its survey holds everything."""
    for definition in DEFINITIONS:
        if definition.id.startswith("ceiling."):  # repurchase of 0 and 1 has no ceiling
            yield from (definition.id.format(outcome=o) for o in OUTCOMES if o != "repurchase")
        elif definition.id.startswith("literature."):  # without a table of effects, left out
            continue
        elif "indirect_per_quality" not in definition.id:  # stated where the others cannot be
            for outcome, justice, name in product(OUTCOMES, JUSTICE, MODERATORS):
                yield definition.id.format(outcome=outcome, justice=justice, name=name)


@pytest.fixture(scope="module")
def respondents():
    """The survey of a small simulated world."""
    return simulate.simulate("recovery", "no_paradox", 600, 5).tables()["survey"]


def test_the_default_run_states_every_finding_and_knows_its_answers(run):
    """Repurchase was not asked before, so its changes are refused; all else is stated.

    Every answer of the world has its finding. Without an answer are numbers that hang on the size of the survey, the
    odds ratio of a model that is not the world's, and the weakest hidden cause, which is no number of the world.
    """
    status, said, records = run("recovery")
    assert status == 0, said
    found = by_id(records["default"])
    assert set(found) == set(every_id())
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    assert refused == {
        *(i for i in found if i.startswith("change.repurchase.")),
        "conditional.repurchase.change",
        "conditional.repurchase.change_selection",
        "ordered.repurchase.proportional_odds_p",
    }
    world = simulate.parameters("recovery", "no_paradox")
    answers = simulate.answers("recovery", "no_paradox", **world)
    assert set(answers) - set(found) == set()
    with_interval = {i for i, f in found.items() if f["ci_low"] is not None}
    unknown = ("ordered.", "plan.power", "mediation.distributive.rho", "mediation.procedural.rho")
    unknown += ("mediation.interactional.rho",)
    assert {i for i in with_interval - set(answers) if not i.startswith(unknown)} == set()
    provenance = records["default"]["provenance"]
    assert (provenance["simulated"], provenance["world"]) == (True, "no_paradox")
    # The spine: the naive answer rises, the corrected one does not, and who is compared differs.
    assert found["change.satisfaction.raw"]["verdict"] == "above"
    assert found["change.satisfaction.corrected"]["verdict"] == "parity"
    assert found["paradox.satisfaction.verdict"]["verdict"] == "shortfall"
    answer = provenance["answer"]
    assert "gained in satisfaction about as much as regression" in answer["headline"]
    assert answer["cards"][:3] == [
        "change.satisfaction.corrected",
        "change.satisfaction.raw",
        "paradox.satisfaction.ancova",
    ]
    left_out = {d.id for d in DEFINITIONS if d.id.startswith("literature.")}
    left_out.add("mediation.{justice}.indirect_per_quality")
    assert {e["id"] for e in provenance["estimands"]} == {d.id for d in DEFINITIONS} - left_out


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
        "margin: 30\nhorizon_months: 12\ncompensation: 20\nhandling_cost: 8\nseed: 5\n"
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


def test_where_leavers_make_a_paradox_the_report_says_so(run):
    """World leavers: nothing was done to the recovered who answer, yet they stand above no failure."""
    status, said, records = run(ROOT / "notebooks/params/recovery.leavers.yml")
    assert status == 0, said
    found = by_id(records["leavers"])
    assert found["paradox.satisfaction.verdict"]["verdict"] == "paradox"
    assert found["paradox.satisfaction.ancova"]["verdict"] == "parity"
    assert found["change.satisfaction.corrected"]["verdict"] == "parity"
    assert "could make the higher scores" in found["leavers.satisfaction.lee_low"]["sentence"]
    lede = records["leavers"]["provenance"]["answer"]["lede"]
    assert "Who left before the second wave could account for the difference" in lede


def test_fractional_item_means_run_and_methods_for_ordered_answers_are_refused(
    run, tmp_path, respondents
):
    """Scores with fractions: the shares of answers and the ordered model are refused beyond 11, nothing else."""
    fraction = np.random.default_rng(1).uniform(0, 0.9, len(respondents)).round(2)
    for column in ("satisfaction", "satisfaction_before"):
        respondents = respondents.assign(**{column: respondents[column].clip(upper=6) + fraction})
    respondents.drop(columns=["word_of_mouth", "repurchase"]).to_csv(
        tmp_path / "mean.csv", index=False
    )
    status, said, records = run("recovery", "--data", f"survey={tmp_path / 'mean.csv'}")
    assert status == 0, said
    found = by_id(records["default"])
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    ordered = {"paradox.satisfaction.top_box", "paradox.satisfaction.bottom_box"}
    ordered |= {"ordered.satisfaction.odds_ratio", "ordered.satisfaction.proportional_odds_p"}
    assert {i for i in refused if not i.startswith("value.")} == ordered
    assert all("11" in found[i]["sentence"] for i in ordered)


LITERATURE = ("mu", "tau2", "i2", "prediction")


def test_a_table_of_published_effects_alone_is_a_report(run):
    """One command on an effects table: the evidence map, the pooled studies, and nothing of a survey."""
    status, said, records = run(ROOT / "notebooks/params/recovery.literature.yml")
    assert status == 0, said
    record = records["literature"]
    found = by_id(record)
    assert set(found) == {f"literature.{name}" for name in LITERATURE}
    assert all(finding["estimate"] is not None for finding in found.values())
    answer = record["provenance"]["answer"]
    assert answer["headline"].startswith("Published studies")
    assert answer["cards"][0] == "literature.mu"


def test_a_survey_stands_among_the_published_studies(run, respondents, tmp_path):
    """Survey and effects: all of both, the mean with the own survey between the published mean and its g."""
    respondents.to_csv(tmp_path / "survey.csv", index=False)
    status, said, records = run(
        "recovery",
        *("--data", f"survey={tmp_path / 'survey.csv'}"),
        *("--data", f"effects={ROOT / 'data/examples/effects.csv'}"),
    )
    assert status == 0, said
    found = by_id(records["default"])
    own = {"with_own_study.mu", "own_shrunken", "needed_to_change"}
    assert {f"literature.{name}" for name in {*LITERATURE, *own}} <= set(found)
    assert "paradox.satisfaction.difference" in found
    joined, published, ours = (
        found[name]["estimate"]
        for name in (
            "literature.with_own_study.mu",
            "literature.mu",
            "paradox.satisfaction.hedges_g",
        )
    )
    assert min(published, ours) < joined < max(published, ours)
    assert "with this survey" in records["default"]["provenance"]["answer"]["lede"]


@pytest.mark.parametrize(
    ("table", "words", "messages"),
    [
        ("study,outcome,effect,variance\nA,satisfaction,0.2,0.01\n", [], ["has 1 study"]),
        (
            "study,outcome,effect,variance\nA,satisfaction,0.2,-1\nB,satisfaction,0.1,0.02\n",
            [],
            ["variance"],
        ),
        (
            "study,outcome,effect,variance\nA,satisfaction,0.2,0.01\nB,satisfaction,0.1,\n",
            [],
            ["row"],
        ),
        (
            "study,outcome,effect,variance\nA,satisfaction,0.2,0.01\nB,satisfaction,0.1,0.02\n",
            ["-p", "literature_by", "colour"],
            ["literature_by: wanted one of design, subjects, service"],
        ),
    ],
)
def test_effects_that_cannot_be_pooled_are_told(run, tmp_path, table, words, messages):
    """One study is refused; what is no effect, or no column to group by, stops with a message."""
    (tmp_path / "effects.csv").write_text(table)
    status, said, records = run("recovery", "--data", f"effects={tmp_path / 'effects.csv'}", *words)
    assert "Traceback" not in said
    if status == 0:
        said = by_id(records["default"])["literature.mu"]["sentence"]
        assert by_id(records["default"])["literature.mu"]["verdict"] == "refused"
    else:
        assert (status, records) == (2, {})
    for message in messages:
        assert message in said


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
        (
            "before",
            (
                *("change.", "ceiling.satisfaction.before", "leavers.satisfaction.weighted"),
                *("paradox.satisfaction.ancova", "paradox.satisfaction.doubly_robust"),
            ),
        ),
        (
            "no_failure",
            (
                *("paradox.", "ordered.", "leavers.", "recovery_rate.", "change.satisfaction.net"),
                *("change.satisfaction.reliability", "ceiling.satisfaction.after"),
                *("plan.n_asked", "plan.power"),
            ),
        ),
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
    # The scores alone: nothing on quality, justice, repurchase or money.
    refused += ("conditional.", "double_deviation.", "threshold.", "mediation.", "value.")
    told = {i for i in found if i.startswith(refused)} - {"change.satisfaction.reliability_at_zero"}
    if absent == "before":
        told.add("change.satisfaction.reliability_at_zero")
    assert {i for i, f in found.items() if f["verdict"] == "refused"} == told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-p", "reliability", "1.5"], "reliability: wanted a correlation from 0 to 1"),
        (["-p", "outcomes", "[loyalty]"], "outcomes: wanted one or more of satisfaction"),
        (["-p", "before_mean", "5"], "before_mean: one mean cannot stand for"),
        (["-p", "covariates", "[age]"], "covariates: wanted one or more of"),
        (["-p", "margin", "-3"], "margin: wanted a number of 0 or more; got -3"),
        (["-p", "reliabilty", "0.5"], "reliability"),
    ],
)
def test_an_impossible_parameter_is_one_message(run, words, message):
    status, said, records = run("recovery", "-p", "customers", "200", *words)
    assert (status, records) == (2, {})
    assert "Traceback" not in said
    assert message in said
