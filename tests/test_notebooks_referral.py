"""The referral notebook, run as a user runs it: its worlds, files of one's own, bad input."""

import json
from pathlib import Path

import pandas as pd
import pytest
from shared import by_id

from retorno import simulate
from retorno.findings import find
from retorno.referral import DEFINITIONS
from retorno.tables import public

ROOT = Path(__file__).parents[1]
PROMISED = [
    "margin_gap.month_1",
    "margin_gap.month_12",
    "margin_gap.erosion_month",
    "retention.referred",
    "retention.other",
    "retention.hazard_ratio",
    "retention.hazard_ratio.adjusted",
    "retention.log_rank_p",
    "retention.restricted_mean",
    "value_gap",
    "value_gap.percent",
    "value_gap.adjusted",
    "roi",
    "roi.published_form",
    "roi.probability_positive",
    "break_even.reward",
    "break_even.type_one",
    "referrers.gini",
    "referrers.top_20_share",
    "referrers.best_bring_best",
    "cascade.reproduction_number",
    "cascade.generation_days",
    "fraud.flagged_share",
    "fraud.expected_loss",
    "campaign.effect",
    "campaign.net_share",
]
# Stated only where an experiment, a question, an effect on referrers or a table of referrers is given.
ON_DEMAND = {
    "type_one.experiment",
    "type_one.survey",
    "roi.with_referrers",
    "referrers.comparable",
    "referrers.left.crude",
    "referrers.left.within",
    "referrers.left.adjusted",
}
OF_REFERRALS = {d.id for d in DEFINITIONS if d.id.startswith("fraud.")}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small simulated world as three files."""
    folder = tmp_path_factory.mktemp("own") / "tables"
    simulate.write("referral", "pays", folder, 800, 5)
    return folder


def given(small):
    """Return the words that give the three files."""
    tables = ("customers", "margins", "referrals")
    return [word for t in tables for word in ("--data", f"{t}={small / t}.csv")]


def changed(small, folder, **changes):
    """Write the small world's files, each changed by a function of its frame; the words that give them."""
    words = []
    for name in ("customers", "margins", "referrals"):
        change, frame = changes.get(name), pd.read_csv(small / f"{name}.csv")
        file = folder / f"{name}.csv"
        (change(frame) if change else frame).to_csv(file, index=False)
        words += ["--data", f"{name}={file}"]
    return words


def of_definitions(found):
    """Return the ids of the definitions that findings are instances of."""
    return {find(DEFINITIONS, i).id for i in found}


def test_the_default_run_states_every_finding_and_knows_its_answers(run, tmp_path):
    """All ids that are promised are there; of 95 % intervals whose answer is known at least 85 % hold it."""
    status, said, records = run("referral", "-p", "customers", 2000)
    assert status == 0, said
    found = by_id(records["default"])
    assert of_definitions(found) == {d.id for d in DEFINITIONS} - ON_DEMAND
    assert [i for i in PROMISED if found[i]["estimate"] is None] in (
        [],
        ["margin_gap.erosion_month"],
    )
    provenance = records["default"]["provenance"]
    assert (provenance["simulated"], provenance["world"]) == (True, "pays")
    assert provenance["parameters"]["type_one_share"] == 0.4
    answers = simulate.answers("referral", "pays", customers=2000)
    assert set(answers) <= set(found)
    bounds = {i: (found[i]["ci_low"], found[i]["ci_high"]) for i in answers}
    held = [low <= answers[i] <= high for i, (low, high) in bounds.items() if low is not None]
    assert len(held) > 20
    assert sum(held) >= 0.85 * len(held)
    cards = provenance["answer"]["cards"]
    assert cards[:4] == ["roi", "roi.published_form", "value_gap", "value_gap.adjusted"]


def test_suspects_stand_beside_the_report_and_nobody_in_it(run, tmp_path):
    """Every flagged referral with its reasons, the most suspect first; no id of a person is in any other file."""
    status, said, records = run("referral", "-p", "customers", 800)
    assert status == 0, said
    folder = tmp_path / "reports" / "referral" / "default"
    suspects = pd.read_csv(folder / "suspects.csv")
    flagged = by_id(records["default"])["fraud.flagged_share"]
    assert len(suspects) == round(flagged["estimate"] * flagged["n"])
    assert suspects.score.is_monotonic_decreasing
    assert suspects.reasons.str.len().min() > 0
    assert "suspects.csv" in records["default"]["provenance"]["files"]
    for file in ("report.html", "findings.json", "notebook.ipynb"):
        text = (folder / file).read_text(encoding="utf-8")
        assert not any(name in text for name in suspects.referral_id[:20]), file
        assert not any(name in text for name in suspects.referrer_id), file


def test_where_the_referred_only_look_better_the_report_says_so(run):
    """World only_looks_better: the published form lies above zero, the return of the programme below."""
    status, said, records = run(ROOT / "notebooks/params/referral.only_looks_better.yml")
    assert status == 0, said
    found = by_id(records["only_looks_better"])
    assert found["value_gap"]["verdict"] == "above"
    assert found["roi.published_form"]["ci_low"] > 0
    assert found["roi"]["verdict"] == "below"
    assert found["roi.probability_positive"]["estimate"] == 0
    answer = records["only_looks_better"]["provenance"]["answer"]
    assert "the programme loses money, although referred customers" in answer["headline"]
    assert answer["cards"][:2] == ["roi", "roi.published_form"]


def test_own_files_give_the_findings_of_the_simulated_tables(run, small):
    """The same world through its CSV files, what it knows typed in: every number agrees."""
    _, _, known = run("referral", "-p", "customers", 800, "-p", "seed", 5)
    fixed = simulate.parameters("referral", "pays").items()
    typed = [word for name, value in fixed for word in ("-p", name, json.dumps(value))]
    status, said, records = run("referral", *given(small), *typed, "-p", "seed", 5)
    assert status == 0, said
    own = by_id(records["default"])
    for name, finding in by_id(known["default"]).items():
        same = finding["estimate"] and pytest.approx(finding["estimate"], rel=1e-9)
        assert own[name]["estimate"] == same, name
    assert records["default"]["provenance"]["simulated"] is False


def test_what_no_table_shows_is_refused_until_it_is_given(run, small):
    """Without the parameters the gaps stand, and what needs them names them."""
    status, said, records = run("referral", *given(small))
    assert status == 0, said
    found = by_id(records["default"])
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    programme = {"roi", "roi.probability_positive", "roi.value_of_information"}
    break_evens = {"break_even.reward", "break_even.type_one", "break_even.fraud"}
    referral_value = {"referrers.referral_value", "referrers.referral_value.forgetting"}
    alike = {"value_gap.adjusted", "retention.hazard_ratio.adjusted"}
    assert programme | break_evens | referral_value | alike | {"fraud.best_threshold"} <= refused
    assert {i for i in found if i.startswith("campaign.")} <= refused
    for name, parameter in (
        ("roi", "admin_cost"),
        ("value_gap.adjusted", "covariates"),
        ("campaign.effect", "campaign_from"),
    ):
        assert parameter in found[name]["sentence"]
    answer = records["default"]["provenance"]["answer"]
    assert "cannot be told" in answer["headline"]
    assert "type_one_share" in answer["lede"]
    assert answer["cards"][:2] == ["value_gap", "roi"]


def test_findings_of_a_table_that_was_not_given_are_left_out(run, small):
    status, said, records = run("referral", "--data", f"customers={small / 'customers.csv'}")
    assert status == 0, said
    found = by_id(records["default"])
    parts = {i.split(".")[0] for i in found}
    assert parts == {"retention", "referrers", "cascade", "campaign"}
    assert found["cascade.reproduction_number"]["estimate"] > 0
    answer = records["default"]["provenance"]["answer"]
    assert "whether the programme pays cannot be told" in answer["headline"].lower()
    assert "Without the table margins" in answer["lede"]


def test_an_experiment_says_who_would_not_have_come(run, small):
    """(300/10,000 - 240/10,000) / (150/10,000) = 0.4, and the return takes it from there."""
    learnt = ["-p", "type_one_experiment", "[10000, 300, 150, 10000, 240]"]
    known = ["admin_cost", "5", "acquisition_cost", "20", "fraud_share", "0.05"]
    typed = [word for k, v in zip(known[::2], known[1::2], strict=True) for word in ("-p", k, v)]
    status, said, records = run("referral", *given(small), *learnt, *typed)
    assert status == 0, said
    found = by_id(records["default"])
    assert found["type_one.experiment"]["estimate"] == pytest.approx(0.4, rel=1e-12)
    assert "estimated from an experiment" in found["roi"]["sentence"]
    assert found["roi.value_of_information"]["verdict"] != "refused"


def test_the_telco_table_says_who_refers_and_refuses_the_rest(
    run, public_data, tmp_path, monkeypatch
):
    """Counts printed in the notes beside the data: 3,222 of 7,043 referred, all of them married."""
    monkeypatch.setenv("RETORNO_RAW", str(tmp_path / "raw"))
    public.add("telco", public_data / "telco_extended_referrals.parquet")
    status, said, records = run(ROOT / "notebooks/params/referral.telco.yml")
    assert status == 0, said
    found = by_id(records["telco"])
    assert found["referrers.share_referring"]["estimate"] == pytest.approx(3222 / 7043, rel=1e-12)
    assert found["referrers.comparable"]["estimate"] == pytest.approx(3402 / 7043, rel=1e-12)
    assert (
        "Nobody refers among the customers of married: No"
        in found["referrers.comparable"]["sentence"]
    )
    ways = {i: found[f"referrers.left.{i}"]["verdict"] for i in ("crude", "within", "adjusted")}
    assert ways == {"crude": "below", "within": "undecided", "adjusted": "undecided"}
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    assert {"roi", "value_gap", "retention.hazard_ratio", "cascade.reproduction_number"} <= refused
    assert {"fraud.flagged_share", "campaign.effect", "referrers.best_bring_best"} <= refused
    assert "these data cannot tell" in records["telco"]["provenance"]["answer"]["headline"]


@pytest.mark.parametrize("referred", [0, 1])
def test_all_referred_or_none_is_refused_and_no_failure(run, small, tmp_path, referred):
    words = changed(small, tmp_path, customers=lambda c: c.assign(referred=referred))
    status, said, records = run("referral", *words)
    assert status == 0, said
    found = by_id(records["default"])
    assert found["value_gap"]["verdict"] == found["margin_gap.month_1"]["verdict"] == "refused"
    assert "at least 5 are needed" in found["retention.hazard_ratio"]["sentence"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-p", "horizon_months", "0"], "horizon_months: wanted a whole number of months"),
        (["-p", "type_one_share", "1.5"], "type_one_share: wanted a share from 0 to 1"),
        (["-p", "fraud_share", "[0.4, 0.1]"], "fraud_share: wanted a share from 0 to 1"),
        (["-p", "reward_referrer", "-25"], "reward_referrer: money paid or saved"),
        (["-p", "annual_discount_rate", "-1"], "annual_discount_rate: wanted a fraction above -1"),
        (["-p", "type_one_share", "many"], "type_one_share wants a number or a list or null"),
        (["-p", "rewards", "3"], "reward_referre"),
        (["-p", "covariates", "[segmnt]"], "covariates: customers has no column 'segmnt'"),
        (["-p", "campaign_from", "2030-01-01"], "campaign_from"),
        (["-p", "campaign_from", "soon"], "campaign_from"),
        (["-p", "type_one_experiment", "[1, 2]"], "type_one_experiment: wanted five whole numbers"),
        (["-p", "type_one_question", "asked"], "type_one_question"),
        (["-p", "referral_window_months", "0"], "referral_window_months"),
        (["-p", "burst", "0"], "burst"),
        (["-p", "silence_days", "-1"], "silence_days"),
        (["-p", "review_cost", "-1"], "review_cost"),
        (["-p", "referrer_effect", "[3, 1]"], "referrer_effect"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(run, tmp_path, words, message):
    status, said, records = run("referral", "-p", "customers", "300", *words)
    assert (status, records) == (2, {})
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("reports/*/*"))


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        (
            {"customers": lambda c: c.assign(left_on=c.left_on.where(c.index > 1, "2019-05-01"))},
            ["left_on", "2019-05-01"],
        ),
        ({"margins": lambda m: m[m.month != 3]}, ["no row for a month", "month 3", "and 7"]),
        (
            {"customers": lambda c: c[c.customer_id != "C0000007"]},
            ["not in `customers`", "C0000007"],
        ),
        ({"margins": lambda m: m.assign(month=m.month - 1)}, ["month"]),
        ({"referrals": lambda r: r.assign(referral_id="R1")}, ["referral_id", "more than once"]),
        ({"referrals": lambda r: r.assign(status="maybe")}, ["'maybe'", "genuine"]),
        ({"referrals": lambda r: r.assign(reward_referrer=-5)}, ["reward_referrer", "below 0"]),
    ],
)
def test_a_broken_table_is_told_with_counts_and_cases(run, small, tmp_path, changes, messages):
    """Left before joining; a month missing (of 700 and more customers); an unknown customer; a month 0."""
    status, said, records = run("referral", *changed(small, tmp_path, **changes))
    assert (status, records) == (2, {})
    assert [message for message in messages if message not in said] == []
    assert "Traceback" not in said
