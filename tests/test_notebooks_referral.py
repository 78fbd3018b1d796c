"""The referral notebook, run as a user runs it: its worlds, files of one's own, bad input."""

from pathlib import Path

import pandas as pd
import pytest
from shared import by_id

from retorno import simulate
from retorno.referral import DEFINITIONS

ROOT = Path(__file__).parents[1]
IDS = {
    "margin_gap.month_1", "margin_gap.month_12", "retention.referred", "retention.other",
    "retention.hazard_ratio", "value_gap", "roi", "roi.published_form", "roi.probability_positive",
    "break_even.reward", "break_even.type_one",
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small simulated world as two files."""
    folder = tmp_path_factory.mktemp("own") / "tables"
    simulate.write("referral", "pays", folder, 800, 5)
    return folder


def changed(small, folder, customers=None, margins=None):
    """Write the small world's files, each changed by a function of its frame; the words that give them."""
    words = []
    for name, change in (("customers", customers), ("margins", margins)):
        frame = pd.read_csv(small / f"{name}.csv")
        file = folder / f"{name}.csv"
        (change(frame) if change else frame).to_csv(file, index=False)
        words += ["--data", f"{name}={file}"]
    return words


def test_the_default_run_states_every_finding_and_knows_its_answers(run):
    """Also the parameters that the world fixes; a probability of draws has no answer."""
    status, said, records = run("referral", "-p", "customers", 2000)
    assert status == 0, said
    found = by_id(records["default"])
    assert set(found) == IDS
    assert all(any(d.matches(i) for d in DEFINITIONS) for i in found)
    assert all(f["estimate"] is not None for f in found.values())
    provenance = records["default"]["provenance"]
    assert (provenance["simulated"], provenance["world"]) == (True, "pays")
    assert provenance["parameters"]["type_one_share"] == 0.4
    assert set(simulate.answers("referral", "pays")) == IDS - {"roi.probability_positive"}


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
    typed = [
        w for k, v in simulate.parameters("referral", "pays").items() for w in ("-p", k, str(v))
    ]
    tables = [w for t in ("customers", "margins") for w in ("--data", f"{t}={small / t}.csv")]
    status, said, records = run("referral", *tables, *typed, "-p", "seed", 5)
    assert status == 0, said
    own = by_id(records["default"])
    for name, finding in by_id(known["default"]).items():
        assert own[name]["estimate"] == pytest.approx(finding["estimate"], rel=1e-12)
    assert records["default"]["provenance"]["simulated"] is False


def test_what_no_table_shows_is_refused_until_it_is_given(run, small):
    """Without the four parameters the gaps stand, and what needs them names them."""
    tables = [w for t in ("customers", "margins") for w in ("--data", f"{t}={small / t}.csv")]
    status, said, records = run("referral", *tables)
    assert status == 0, said
    found = by_id(records["default"])
    refused = {i for i, f in found.items() if f["verdict"] == "refused"}
    assert refused == {
        "roi",
        "roi.probability_positive",
        "break_even.reward",
        "break_even.type_one",
    }
    assert "admin_cost" in found["roi"]["sentence"]
    answer = records["default"]["provenance"]["answer"]
    assert "cannot be told" in answer["headline"]
    assert "type_one_share" in answer["lede"]
    assert answer["cards"][:2] == ["value_gap", "roi"]


def test_findings_of_a_table_that_was_not_given_are_left_out(run, small):
    status, said, records = run("referral", "--data", f"customers={small / 'customers.csv'}")
    assert status == 0, said
    assert set(by_id(records["default"])) == {i for i in IDS if i.startswith("retention.")}
    answer = records["default"]["provenance"]["answer"]
    assert "whether the programme pays cannot be told" in answer["headline"].lower()
    assert "Without the table margins" in answer["lede"]


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
    ],
)
def test_a_broken_table_is_told_with_counts_and_cases(run, small, tmp_path, changes, messages):
    """Left before joining; a month missing (of 700 and more customers); an unknown customer; a month 0."""
    status, said, records = run("referral", *changed(small, tmp_path, **changes))
    assert (status, records) == (2, {})
    assert [message for message in messages if message not in said] == []
    assert "Traceback" not in said
