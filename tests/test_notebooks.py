"""The notebooks, run as a user runs them: small worlds, files of one's own, public data, bad input."""

import html
import json
from pathlib import Path

import pytest
from shared import by_id, papermill_alone

from retorno import simulate
from retorno.findings import find
from retorno.reactivation import DEFINITIONS
from retorno.workbook.parameter_set import read_set
from retorno.workbook.parameters import check, read_parameters
from retorno.workbook.studies import STUDIES

ROOT = Path(__file__).parents[1]
PARAMS = sorted((ROOT / "notebooks" / "params").glob("*.yml"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small simulated world as two files."""
    folder = tmp_path_factory.mktemp("own") / "tables"
    simulate.write("reactivation", "works", folder, 1_000, 5)
    return folder


def test_start_here_runs(tmp_path):
    stated = papermill_alone(ROOT / "notebooks" / "00_start_here.ipynb", tmp_path, customers=500)
    shown = {finding["id"] for finding in stated}
    assert {"states.lapsed", "window.ratio", "window.like_for_like.ratio"} <= shown


@pytest.mark.parametrize(
    ("study", "parameters"),
    [
        ("recovery", {"customers": 800, "reliability": 0.7}),
        ("reactivation", {"customers": 800, "window_days": 120}),
        ("referral", {"customers": 600, "horizon_months": 24, "type_one_share": [0.1, 0.5]}),
    ],
)
def test_papermill_alone_gives_equal_findings(run, tmp_path, study, parameters):
    words = [word for name, value in parameters.items() for word in ("-p", name, json.dumps(value))]
    status, said, records = run(study, *words)
    assert (status, "unknown parameter" in said) == (0, False)
    bare = papermill_alone(STUDIES[study].notebook, tmp_path, **parameters)
    assert bare == records["default"]["findings"]


def test_no_name_runs_every_study_and_the_index_shows_them(run, tmp_path):
    """Each card says the study's answer; the finding that leads is never the naive one."""
    status, said, _ = run("-p", "customers", 600)
    assert status == 0, said
    index = html.unescape((tmp_path / "reports" / "index.html").read_text(encoding="utf-8"))
    answers = {
        "recovery": "change.satisfaction.corrected",
        "reactivation": "effect.spend",
        "referral": "roi",
    }
    assert set(answers) == set(STUDIES)
    for study, answer in answers.items():
        folder = tmp_path / "reports" / study / "default"
        record = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        assert record["provenance"]["answer"]["cards"][0] == answer
        assert f"{study}/default/report.html" in index
        assert record["provenance"]["answer"]["headline"] in index


PROMISED = [
    "states.customers",
    "states.lapsed",
    "states.reactivated",
    "lapse.threshold",
    "return.hazard.month_1",
    "return.hazard.month_12",
    "return.cumulative.month_12",
    "window.new.value",
    "window.reactivated.value",
    "window.ratio",
    "window.like_for_like.ratio",
    "curve.reactivated.minus_new",
    "speed.share_by_day_30.new",
    "speed.share_by_day_30.reactivated",
    "speed.day_of_amount.new",
    "speed.day_of_amount.reactivated",
    "payback.new",
    "payback.reactivated",
    "effect.returned",
    "effect.spend",
    "effect.spend.email",
    "effect.returned.voucher",
    "effect.spend.recency_slope",
    "effect.spend.heterogeneity",
    "effect.spend.adjusted",
    "effect.returned.email.adjusted",
    "policy.break_even_cost",
    "policy.best_depth",
    "policy.response_vs_effect",
    "timing.best_month",
    "cost.per_return",
    "cost.per_extra_return",
    "second_life.value",
    "programme.value",
    "plan.holdout_n",
]


def test_the_default_run_states_every_finding_and_knows_its_answers(run):
    """All ids that are promised are there; of 95 % intervals whose answer is known at least 85 % hold it."""
    status, said, records = run("reactivation", "-p", "customers", 3000)
    assert status == 0, said
    found = by_id(records["default"])
    assert set(PROMISED) <= set(found)
    assert {find(DEFINITIONS, i).id for i in found} == {d.id for d in DEFINITIONS}
    assert all(found[i]["verdict"] != "refused" for i in PROMISED)
    provenance = records["default"]["provenance"]
    assert (provenance["simulated"], provenance["world"]) == (True, "works")
    fixed = simulate.parameters("reactivation", "works")
    money = ("margin_rate", "acquisition_cost", "winback_cost", "amount_target")
    answers = simulate.answers("reactivation", "works", **{name: fixed[name] for name in money})
    assert set(answers) <= set(found)
    bounds = {i: (found[i]["ci_low"], found[i]["ci_high"]) for i in answers}
    held = [low <= answers[i] <= high for i, (low, high) in bounds.items() if low is not None]
    assert len(held) > 40
    assert sum(held) >= 0.85 * len(held)
    assert provenance["answer"]["headline"].startswith("Contact raised spend by")
    leading = ["effect.spend", "cost.per_extra_return", "programme.observed_value"]
    assert provenance["answer"]["cards"][:3] == leading
    stated = {find(DEFINITIONS, i).id for i, f in found.items() if f["verdict"] != "refused"}
    assert {e["id"] for e in provenance["estimands"]} == stated
    references = provenance["references"]
    assert (references["window.ratio"], references["effect.spend.email"]) == (1, 0)
    assert "window.new.value" not in references


def test_where_contact_does_nothing_the_report_says_so_although_response_falls(run):
    """World no_effect: the truth is zero; the holdout's own response falls with recency."""
    status, said, records = run(ROOT / "notebooks/params/reactivation.no_effect.yml")
    assert status == 0, said
    found = by_id(records["no_effect"])
    for name in ("effect.returned", "effect.spend", "effect.returned.recency_slope"):
        assert found[name]["verdict"] == "undecided"
        assert found[name]["ci_low"] < 0 < found[name]["ci_high"]


def test_own_files_give_the_findings_of_the_simulated_tables(run, small):
    """The same world through its CSV files: every number agrees; nothing is called simulated."""
    fixed = simulate.parameters("reactivation", "works")
    _, _, known = run("reactivation", "-p", "customers", 1000, "-p", "seed", 5)
    status, said, records = run(
        "reactivation",
        *("--data", f"transactions={small / 'transactions.csv'}"),
        *("--data", f"contacts={small / 'contacts.csv'}"),
        *(word for name, value in fixed.items() for word in ("-p", name, json.dumps(value))),
        *("-p", "seed", 5),
    )
    assert status == 0, said
    own = by_id(records["default"])
    for name, finding in by_id(known["default"]).items():
        same = finding["estimate"] and pytest.approx(finding["estimate"], rel=1e-12)
        assert own[name]["estimate"] == same
    assert records["default"]["provenance"]["simulated"] is False
    assert records["default"]["parameters"]["world"] is None
    assert str(small) not in json.dumps(records)


def test_findings_of_a_table_that_was_not_given_are_left_out(run, small):
    status, said, records = run("reactivation", "--data", f"contacts={small / 'contacts.csv'}")
    assert status == 0, said
    found = by_id(records["default"])
    assert found["effect.outcome"]["verdict"] == "refused"
    assert "parameter outcomes" in found["effect.outcome"]["sentence"]
    assert not any(i.startswith(("states.", "window.", "speed.", "second_life.")) for i in found)
    assert {i for i, f in found.items() if f["verdict"] != "refused"} == {"arms.sample_ratio_p"}
    answer = records["default"]["provenance"]["answer"]
    assert answer["cards"][0] == "effect.outcome"
    assert "parameter outcomes" in answer["lede"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["-p", "window_days", "0"],
            "window_days: wanted a whole number of days, 1 or more; got 0.",
        ),
        (
            ["-p", "window_days", "-5"],
            "window_days: wanted a whole number of days, 1 or more; got -5.",
        ),
        (["-p", "lapse_days", "0"], "lapse_days: wanted a whole number of days, 1 or more; got 0."),
        (["-p", "level", "95"], "level: wanted the coverage of intervals"),
        (["-p", "currency", "Euro"], "currency: wanted the three letters of a currency"),
        (["-p", "engine", "spark"], "engine"),
        (["-p", "world", "work"], "works"),
        (["-p", "customers", "0"], "customers"),
        (["-p", "windows_days", "10"], "window_days"),
        (["-p", "window_days", "ten"], "window_days"),
        (["--data", "transactions=nowhere.csv"], "nowhere.csv"),
        (["--data", "transactions=cdnoww"], "cdnow"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(run, tmp_path, words, message):
    status, said, records = run("reactivation", *words)
    assert (status, records) == (2, {})
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("reports/*/*"))


def test_a_broken_table_is_listed_and_nothing_is_written(run, tmp_path):
    broken = tmp_path / "lines.csv"
    broken.write_text("customer_id,date,amount\nA,2024-01-01,ten\nB,someday,4\n")
    status, said, records = run("reactivation", "--data", f"transactions={broken}")
    assert (status, records) == (2, {})
    assert [word for word in ("lines.csv", "'ten'", "'someday'") if word not in said] == []
    assert "Traceback" not in said


def test_a_simulated_world_and_given_data_never_meet(run, small):
    status, said, _ = run(
        "reactivation", "-p", "world", "works", "--data", f"contacts={small / 'contacts.csv'}"
    )
    assert status == 2
    assert "world" in said


def test_cdnow(run, public_store, monkeypatch):
    """Known from the data notes: 23,570 customers, all new in the first quarter; a lapse is common."""
    monkeypatch.setenv("RETORNO_RAW", str(public_store))
    status, said, records = run(ROOT / "notebooks/params/reactivation.cdnow.yml")
    assert status == 0, said
    found = by_id(records["cdnow"])
    assert found["states.customers"]["estimate"] == 23_570
    assert found["window.new.value"]["n"] == 23_570
    assert found["window.ratio"]["verdict"] == "above"
    assert not any(name.startswith("effect.") for name in found)
    assert records["cdnow"]["provenance"]["data"][0]["terms"]


def test_hillstrom(run, public_store, monkeypatch):
    """The published table of arms: visits 3,894 of 21,307 and 3,238 of 21,387 against 2,262 of 21,306; spend totals."""
    monkeypatch.setenv("RETORNO_RAW", str(public_store))
    status, said, records = run(ROOT / "notebooks/params/reactivation.hillstrom.yml")
    assert status == 0, said
    found = by_id(records["hillstrom"])
    pooled = (3_894 + 3_238) / (21_307 + 21_387) - 2_262 / 21_306
    assert found["effect.visit"]["estimate"] == pytest.approx(pooled, rel=1e-12)
    mens = 267 / 21_307 - 122 / 21_306
    assert found["effect.conversion.Mens E-Mail"]["estimate"] == pytest.approx(mens, rel=1e-12)
    womens = 23_038.11 / 21_387 - 13_908.33 / 21_306
    assert found["effect.spend.Womens E-Mail"]["estimate"] == pytest.approx(womens, rel=1e-9)
    assert not any(name.startswith(("states.", "window.")) for name in found)


def test_online_retail_and_a_window_it_cannot_hold(run, public_store, monkeypatch):
    """4,372 customers with an id, 135,080 rows without; at 180 and 180 days four returned have a full window."""
    monkeypatch.setenv("RETORNO_RAW", str(public_store))
    file = ROOT / "notebooks/params/reactivation.online_retail.yml"
    status, said, records = run(file)
    assert status == 0, said
    record = records["online_retail"]
    assert record["provenance"]["data"][0]["left_out"] == {"rows without CustomerID": 135_080}
    assert by_id(record)["window.ratio"]["estimate"] > 0

    status, said, records = run(file, "-p", "lapse_days", 180, "-p", "window_days", 180)
    assert status == 0, said
    refused = by_id(records["online_retail"])["window.reactivated.value"]
    assert (refused["verdict"], refused["estimate"], refused["n"]) == ("refused", None, 4)
    assert ": 4; at least 5 are needed" in refused["sentence"]


@pytest.mark.parametrize("path", PARAMS, ids=lambda path: path.stem)
def test_every_parameter_set_fits_its_notebook(path):
    asked = read_set(path)
    parameters = read_parameters(asked.study.notebook)
    assert check(parameters, asked.parameters) == asked.parameters
    assert path.stem.startswith(f"{asked.study.name}.")


def test_the_first_world_is_what_a_studys_name_runs():
    """The parameter set of the first world changes nothing but the title."""
    for name, (first, *_) in simulate.WORLDS.items():
        asked = read_set(ROOT / "notebooks" / "params" / f"{name}.{first}.yml")
        defaults = {p.name: p.default for p in read_parameters(STUDIES[name].notebook)}
        assert asked.parameters.items() <= defaults.items()
        assert not asked.data
