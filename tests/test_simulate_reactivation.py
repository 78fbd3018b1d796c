"""The simulated reactivation world: answers by hand and by brute force, promises of the tables."""

import doctest
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retorno import simulate
from retorno.errors import ParameterError
from retorno.simulate import reactivation, reactivation_answers
from retorno.simulate.reactivation import WORLDS, Campaign, Segment, World, answers

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"


def only(**values):
    """One kind of customer who spends 10 EUR."""
    regular = {"share": 1, "mean_gap": 30, "pause": 0, "stop": 0, "spend_mean": 10, "spend_sd": 5}
    return Segment(**{**regular, **values})


@pytest.fixture(scope="module")
def works():
    return reactivation.simulate(WORLDS["works"], 20_000, np.random.default_rng(7))


# The answers, by hand


def test_gap_law_is_a_cut_geometric_a_pause_beyond_it_or_never():
    """Half regular, 0.3 pause, 0.2 stop; cut at 2 days.

    Regular: geometric 1/2 given 2 or less, so 2/3 and 1/3, times 0.5. Pause: 2 days and a geometric
    1/2, so day 3: 0.3/2, day 4: 0.3/4. Never: 0.2.
    """
    segment = only(mean_gap=2, pause=0.3, stop=0.2)
    world = World((segment,), days=4, pause_from=2, pause_mean=2)
    longer = world.longer(segment)
    assert -np.diff(longer) == pytest.approx([1 / 3, 1 / 6, 0.15, 0.075], abs=1e-12)
    assert longer[4] == pytest.approx(0.2 + 0.075, abs=1e-12)


def test_four_days_of_two_segments_by_hand():
    """A: P(gap 1) = 0.6 * 2/3 = 0.4, P(2) = 0.2, spends 10. B: P(1) = 0.5, P(3) = 0.2, spends 20.

    Threshold 1, each joins on days 0..3 with 1/4, half of the customers each.
    Window 2, starts on day 2 at the latest; worth 10(1 + 0.4) = 14 in A and 20(1 + 0.5) = 30 in B.
    New: joined on day 2, 22. Returned: A only (day 0, gap 2), 14. Second purchase: late is A only,
    14; soon is A with 2/4 * 0.4 = 0.2 and B with 2/4 * 0.5 = 0.25, (2.8 + 7.5)/0.45.
    Window 1, worth 10 and 20. New: days 2 and 3, 15. Returned: A has a purchase before any lapse
    with 0.25 on day 0 and 0.25 + 0.25 * 0.4 = 0.35 on day 1, times 0.2 = 0.12; B day 0 to 3, 0.05:
    (1.2 + 1)/0.17. Second: late A 2/4 * 0.2 = 0.1 and B 1/4 * 0.2 = 0.05, (1 + 1)/0.15; soon A
    3/4 * 0.4 = 0.3 and B 3/4 * 0.5 = 0.375, (3 + 7.5)/0.675.
    No month and no campaign fits into four days.
    """
    a = only(share=0.5, mean_gap=2, stop=0.4)
    b = only(share=0.5, mean_gap=1, pause=0.2, stop=0.3, spend_mean=20)
    world = World((a, b), days=4, pause_from=2, pause_mean=1, returned_share=0)
    assert answers(world, lapse_days=1, window_days=2) == pytest.approx(
        {
            "window.new.value": 22,
            "window.reactivated.value": 14,
            "window.ratio": 14 / 22,
            "curve.reactivated.minus_new": -8,
            "window.like_for_like.ratio": 14 / (10.3 / 0.45),
        },
        rel=1e-12,
    )
    returned = 2.2 / 0.17
    assert answers(world, lapse_days=1, window_days=1) == pytest.approx(
        {
            "window.new.value": 15,
            "window.reactivated.value": returned,
            "window.ratio": returned / 15,
            "curve.reactivated.minus_new": returned - 15,
            "window.like_for_like.ratio": (2 / 0.15) / (10.5 / 0.675),
        },
        rel=1e-12,
    )


@pytest.mark.parametrize(("window_days", "kept"), [(1, 1), (8, 0.97), (15, 0.94), (200, 0.94)])
def test_who_stops_at_once_leaves_one_purchase_less_what_comes_back(window_days, kept):
    """10 EUR; 6 % come back on days 1 to 14: none of it by offset 0, 7/14 by 7, all by 14.

    Nobody returns: no returned group, and every hazard is 0.
    """
    found = answers(World((only(stop=1),)), lapse_days=90, window_days=window_days)
    assert found["window.new.value"] == pytest.approx(10 * kept, rel=1e-12)
    assert not {"window.reactivated.value", "window.ratio", "window.like_for_like.ratio"} & set(
        found
    )
    assert [found[f"return.hazard.month_{month}"] for month in range(1, 13)] == [0] * 12


def test_a_purchase_every_day_never_lapses():
    """Gap 1 for ever: five days hold five purchases of 10 EUR; nobody lapses or falls silent."""
    world = World((only(mean_gap=1),), returned_share=0)
    assert answers(world, lapse_days=14, window_days=5) == pytest.approx({"window.new.value": 50})


@pytest.mark.parametrize(("lapse_days", "month"), [(90, 1), (61, 1), (60, 2), (31, 2), (30, 3)])
def test_hazard_falls_in_the_month_of_the_return(lapse_days, month):
    """Half stop, half return after 91 days exactly: day 91 - threshold after the lapse.

    Days 1 and 30 are month 1, days 31 and 60 month 2, day 61 month 3; then only stoppers are left.
    """
    world = World((only(pause=0.5, stop=0.5),), pause_mean=1)
    found = answers(world, lapse_days=lapse_days, window_days=180, months=4)
    hazards = [found[f"return.hazard.month_{number}"] for number in range(1, 5)]
    assert hazards == pytest.approx([0.5 if number == month else 0 for number in range(1, 5)])


def test_hazard_needs_the_whole_month_inside_the_data():
    """A purchase on day 0 lapses on day 90 and ends month 1 on day 120, the last of 121 days."""
    segment = only(pause=0.5, stop=0.5)
    for days, stated in ((120, False), (121, True)):
        found = answers(World((segment,), days=days), lapse_days=90, window_days=30)
        assert ("return.hazard.month_1" in found) is stated
        assert "return.hazard.month_2" not in found


def test_effects_by_hand():
    """One purchase each, on any of 122 days; silent 91 to 121 days: once month 2, 30 times month 3.

    Mean recency 92/31; effect 0.10 - 0.01 r, so mean 0.1 - 0.92/31 at factor 1, slope -0.01; email
    0.75 and voucher 1.25 of it, together 1; spend 32 EUR for each return.
    """
    world = World((only(stop=1),), Campaign(effect=0.10, decay=0.01), days=122)
    found = answers(world, lapse_days=90, window_days=180)
    mean = 0.1 - 0.92 / 31
    expected = {"": mean, ".email": 0.75 * mean, ".voucher": 1.25 * mean, ".recency_slope": -0.01}
    for name, value in expected.items():
        assert found[f"effect.returned{name}"] == pytest.approx(value, rel=1e-9)
        assert found[f"effect.spend{name}"] == pytest.approx(32 * value, rel=1e-9)


def test_worlds_show_survivorship_and_the_campaigns_they_are_named_for():
    """Returned look better than new; late second purchases are worse than soon ones.

    The effect is linear over the recencies there are, so its slope is -decay: -0.005.
    """
    found = simulate.answers("reactivation", "works")
    assert 1.1 < found["window.ratio"] < 1.4
    assert found["window.like_for_like.ratio"] < 0.95
    assert found["effect.returned.recency_slope"] == pytest.approx(-0.005, rel=1e-9)
    without = simulate.answers("reactivation", "no_effect")
    assert all(value == 0 for name, value in without.items() if name.startswith("effect."))
    kept = {name: value for name, value in found.items() if not name.startswith("effect.")}
    assert kept.items() <= without.items()


def test_windows_that_cannot_be_answered_are_left_out():
    """731 days do not fit into 730; goods may come back 14 days later, so 13 days are too short.

    New customers join on day 91 at the earliest; a window of 639 days fits from there, of 640 not.
    """
    world = WORLDS["works"]
    for lapse_days, window_days in ((90, 731), (13, 180)):
        found = answers(world, lapse_days=lapse_days, window_days=window_days)
        assert not [name for name in found if name.startswith(("window.", "curve."))]
    for window_days, stated in ((639, True), (640, False)):
        found = answers(world, lapse_days=90, window_days=window_days)
        assert ("window.new.value" in found) is stated
    with pytest.raises(ParameterError, match=r"window_days: .* got 0"):
        answers(world, lapse_days=90, window_days=0)


# The answers, by brute force


def brute_force(simulated, lapse_days, window_days, batches):
    """Return each finding in each of `batches` groups of customers, naively from the tables."""
    first, last = pd.Timestamp(simulated.first_day), pd.Timestamp(simulated.last_day)
    lines = simulated.transactions
    lines = lines.assign(
        customer=lines["customer_id"].str[1:].astype(int), day=(lines["date"] - first).dt.days
    )[["customer", "day", "amount"]]
    end = (last - first).days
    bought = lines[lines["amount"] > 0].drop_duplicates(["customer", "day"])
    bought = bought.sort_values(["customer", "day"])[["customer", "day"]]
    of_customer = bought.groupby("customer")["day"]
    bought = bought.assign(before=of_customer.diff(), after=-of_customer.diff(-1))
    bought["number"] = of_customer.cumcount()

    def values(aligned):
        aligned = aligned.drop_duplicates("customer")
        aligned = aligned[aligned["day"] + window_days - 1 <= end]
        lined = aligned[["customer", "day"]].merge(lines, on="customer", suffixes=("_0", ""))
        offset = lined["day"] - lined["day_0"]
        amounts = lined[(offset >= 0) & (offset < window_days)].groupby("customer")["amount"].sum()
        return amounts.groupby(amounts.index % batches).mean()

    late = bought["before"] > lapse_days
    second = bought["number"] == 1
    new = values(bought[(bought["number"] == 0) & (bought["day"] > lapse_days)])
    returned = values(bought[late])
    found = {
        "window.new.value": new,
        "window.reactivated.value": returned,
        "window.ratio": returned / new,
        "curve.reactivated.minus_new": returned - new,
        "window.like_for_like.ratio": values(bought[second & late])
        / values(bought[second & ~late]),
    }
    silent = bought["after"].isna() & (end - bought["day"] > lapse_days)
    lapsed = bought[(bought["after"] > lapse_days) | silent].drop_duplicates("customer")
    lapsed_on, back = lapsed["day"] + lapse_days, lapsed["after"] - lapse_days
    for month in range(1, 13):
        whole = lapsed[(lapsed_on + 30 * month <= end) & ~(back <= 30 * (month - 1))]
        came = back.loc[whole.index] <= 30 * month
        found[f"return.hazard.month_{month}"] = came.groupby(whole["customer"] % batches).mean()
    return pd.DataFrame({**found, **brute_effects(simulated.contacts, batches)})


def brute_effects(contacts, batches):
    def one(part):
        held = part["arm"] == "holdout"
        found = {}
        for outcome in ("returned", "spend"):
            mean = part[outcome].groupby(part["arm"]).mean()
            found[f"effect.{outcome}"] = part.loc[~held, outcome].mean() - mean["holdout"]
            for arm in ("email", "voucher"):
                found[f"effect.{outcome}.{arm}"] = mean[arm] - mean["holdout"]
            with_it, without = (
                np.polyfit(part.loc[rows, "recency"], part.loc[rows, outcome], 1)[0]
                for rows in (~held, held)
            )
            found[f"effect.{outcome}.recency_slope"] = with_it - without
        return found

    batch = contacts["customer_id"].str[1:].astype(int) % batches
    found = {number: one(part) for number, part in contacts.groupby(batch)}
    return pd.DataFrame.from_dict(found, orient="index")


def compare(estimates, known):
    """Every answer lies within four standard errors of the mean over batches, and is close."""
    assert set(estimates) == set(known)
    truth = pd.Series(known)
    error = estimates.sem()
    distance = (estimates.mean() - truth).abs() / error
    assert (distance < 4).all(), distance[distance >= 4]
    close = error / truth.abs()
    assert close["window.ratio"] < 0.01
    assert close["return.hazard.month_1"] < 0.02


@pytest.mark.parametrize(
    ("name", "lapse_days", "window_days"),
    [("works", 90, 180), ("no_effect", 45, 120), ("works", 14, 30)],
)
def test_answers_meet_brute_force(name, lapse_days, window_days):
    """400,000 customers in 40 batches; 14 days: what was bought first comes back in the window."""
    drawn = reactivation.simulate(WORLDS[name], 400_000, np.random.default_rng(lapse_days))
    estimates = brute_force(drawn, lapse_days, window_days, batches=40)
    compare(estimates, answers(WORLDS[name], lapse_days=lapse_days, window_days=window_days))


@pytest.mark.full
def test_answers_meet_brute_force_in_four_million():
    """Ten tables of 400,000 customers, 200 batches: a third of the standard error above."""
    rng = np.random.default_rng(4)
    world = WORLDS["works"]
    estimates = pd.concat(
        brute_force(reactivation.simulate(world, 400_000, rng), 90, 180, batches=20)
        for _ in range(10)
    )
    compare(estimates, answers(world, lapse_days=90, window_days=180))


# The tables


def test_same_seed_same_tables_other_seed_others(works):
    again = reactivation.simulate(WORLDS["works"], 20_000, np.random.default_rng(7))
    pd.testing.assert_frame_equal(again.transactions, works.transactions)
    pd.testing.assert_frame_equal(again.contacts, works.contacts)
    other = reactivation.simulate(WORLDS["works"], 20_000, np.random.default_rng(8))
    assert not other.transactions.equals(works.transactions)


def test_lines_are_sorted_inside_the_data_and_in_cents(works):
    """730 days from 2023-01-01, of which 2024 has 366: the last is 2024-12-30."""
    lines = works.transactions
    assert lines["date"].min() == pd.Timestamp("2023-01-01") == pd.Timestamp(works.first_day)
    assert lines["date"].max() == pd.Timestamp("2024-12-30") == pd.Timestamp(works.last_day)
    assert lines.equals(lines.sort_values(["date", "customer_id"], kind="stable"))
    assert (lines["amount"] == lines["amount"].round(2)).all()
    assert (lines["amount"] != 0).all()
    assert lines["customer_id"].nunique() == 20_000


def test_two_lines_a_day_days_of_returns_alone_and_mixed_days_occur(works):
    """Of what is bought, 30 % stands in two lines and 6 % comes back, less the end of the data.

    Comes back on average after 7.5 days, so about 7.5/730 of it is lost; counted on rows of one
    kind, each share has a standard error under 0.002.
    """
    lines = works.transactions
    sold, back = lines["amount"] > 0, lines["amount"] < 0
    day = lines.groupby(["customer_id", "date"])["amount"]
    kinds = pd.DataFrame(
        {"sold": sold.groupby(day.ngroup()).sum(), "back": back.groupby(day.ngroup()).sum()}
    )
    purchases = (kinds["sold"] > 0).sum()
    assert set(kinds["sold"]) == {0, 1, 2}
    assert (kinds["sold"] == 2).sum() / purchases == pytest.approx(0.30, abs=0.008)
    assert back.sum() / purchases == pytest.approx(0.06, abs=0.006)
    assert ((kinds["sold"] == 0) & (kinds["back"] > 0)).any()
    assert ((kinds["sold"] > 0) & (kinds["back"] > 0)).any()


def test_what_comes_back_is_a_whole_purchase_of_the_last_fortnight(works):
    lines = works.transactions
    totals = (
        lines[lines["amount"] > 0].groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    )
    back = lines[lines["amount"] < 0]
    pairs = back.merge(totals, on="customer_id", suffixes=("_back", ""))
    days = (pairs["date_back"] - pairs["date"]).dt.days
    fits = days.between(1, 14) & ((pairs["amount"] + pairs["amount_back"]).abs() < 0.005)
    assert pairs[fits].drop_duplicates(["customer_id", "date_back", "amount_back"]).shape[0] == len(
        back
    )


def test_contacted_are_exactly_the_silent_with_their_months(works):
    """More than 90 days since the last day with goods bought; a month has 30.4375 days."""
    bought = works.transactions[works.transactions["amount"] > 0]
    silent = (pd.Timestamp("2024-12-30") - bought.groupby("customer_id")["date"].max()).dt.days
    silent = silent[silent > 90]
    contacts = works.contacts.set_index("customer_id")
    assert contacts.index.tolist() == silent.index.tolist()
    assert contacts["recency"].tolist() == [int(days // 30.4375) for days in silent]
    assert (contacts["contacted_on"] == pd.Timestamp("2024-12-31")).all()


def test_arms_are_equal_thirds_alike_in_recency(works):
    """Complete randomisation: sizes differ by one at most; mean recency by four standard errors."""
    recency = works.contacts.groupby("arm")["recency"].agg(["size", "mean", "var"])
    assert sorted(recency.index) == ["email", "holdout", "voucher"]
    assert recency["size"].max() - recency["size"].min() <= 1
    holdout = recency.loc["holdout"]
    for arm in ("email", "voucher"):
        error = np.sqrt(
            recency["var"][arm] / recency["size"][arm] + holdout["var"] / holdout["size"]
        )
        assert abs(recency["mean"][arm] - holdout["mean"]) < 4 * error
    costs = works.contacts.groupby("arm")["cost"].unique().map(list).to_dict()
    assert costs == {"email": [0.10], "holdout": [0.0], "voucher": [0.60]}


def test_spend_comes_only_with_a_return(works):
    returned = works.contacts["returned"] == 1
    assert set(works.contacts["returned"]) == {0, 1}
    assert (works.contacts.loc[returned, "spend"] > 0).all()
    assert (works.contacts.loc[~returned, "spend"] == 0).all()


def test_without_effect_response_still_falls_with_recency():
    """0.12 exp(-0.09 r): months 3 to 5 return at 0.084 on average, months 18 to 20 at 0.022."""
    drawn = reactivation.simulate(WORLDS["no_effect"], 50_000, np.random.default_rng(3)).contacts
    treated = drawn[drawn["arm"] != "holdout"]
    for part in (treated, drawn[drawn["arm"] == "holdout"]):
        early = part.loc[part["recency"].between(3, 5), "returned"].mean()
        late = part.loc[part["recency"].between(18, 20), "returned"].mean()
        assert early == pytest.approx(0.084, abs=0.02)
        assert late == pytest.approx(0.022, abs=0.015)


def test_world_refuses_impossible_chances():
    with pytest.raises(ParameterError, match="between 0 and 1"):
        World((only(mean_gap=0.5),))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        World((only(pause=0.6, stop=0.5),))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        replace(WORLDS["works"], campaign=Campaign(base=0.9, effect=0.5))
    with pytest.raises(ParameterError, match="sum to 1"):
        World((only(share=0.5),))


# The door


def test_names_of_the_worlds_are_those_of_the_study():
    assert simulate.WORLDS["reactivation"] == tuple(WORLDS)
    assert simulate.world("reactivation", "works") is WORLDS["works"]
    assert simulate.answers("reactivation", "works", lapse_days=45) == answers(
        WORLDS["works"], lapse_days=45, window_days=180
    )


def test_unknown_study_or_world_names_the_nearest_and_what_there_is():
    with pytest.raises(ParameterError, match="did you mean 'reactivation'"):
        simulate.world("reactivaton", "works")
    with pytest.raises(ParameterError, match=r"did you mean 'works'\? There is works, no_effect"):
        simulate.simulate("reactivation", "work", 10, 1)
    with pytest.raises(ParameterError, match="'xyz' is not known; there is works, no_effect"):
        simulate.answers("reactivation", "xyz")


@pytest.mark.parametrize(("customers", "seed"), [(0, 1), (10, -1)])
def test_impossible_counts_are_refused(customers, seed):
    with pytest.raises(ParameterError, match="at least"):
        simulate.simulate("reactivation", "works", customers, seed)


def test_one_customer_is_enough():
    drawn = simulate.simulate("reactivation", "works", customers=1, seed=1)
    assert len(drawn.transactions) >= 1
    assert len(drawn.contacts) <= 1


def test_write_puts_tables_and_answers_and_never_over_files(tmp_path):
    folder = tmp_path / "deep" / "mine"
    files = simulate.write("reactivation", "works", folder, customers=50, seed=7)
    assert sorted(folder.iterdir()) == sorted(files)
    known = json.loads((folder / "answers.json").read_text())
    assert known["answers"] == simulate.answers("reactivation", "works")
    assert known["parameters"] == {"lapse_days": 90, "window_days": 180}
    table = pd.read_csv(folder / "transactions.csv", parse_dates=["date"])
    drawn = simulate.simulate("reactivation", "works", customers=50, seed=7).transactions
    pd.testing.assert_frame_equal(table, drawn, check_dtype=False)
    before = {file: file.read_bytes() for file in files}
    with pytest.raises(ParameterError, match=r"already holds transactions\.csv, contacts\.csv"):
        simulate.write("reactivation", "works", folder, customers=50, seed=8)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_write_keeps_what_else_is_in_the_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    simulate.write("reactivation", "works", tmp_path, customers=5, seed=1)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["answers.json", "contacts.csv", "notes.txt", "transactions.csv"]


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("step", ["write_text", "rename"])
def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch, step, present):
    """The disk is full at the last file written, or at the second moved into place."""
    done = Path.rename
    calls = []

    def fails(self, *args, **kwargs):
        calls.append(self)
        if step == "rename" and len(calls) == 1:
            return done(self, *args, **kwargs)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, fails)
    folder = tmp_path / "out"
    if present:
        folder.mkdir()
    with pytest.raises(ParameterError, match="No space left"):
        simulate.write("reactivation", "works", folder, customers=5, seed=1)
    assert list(tmp_path.rglob("*")) == ([folder] if present else [])


def test_write_into_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="cannot be written"):
        simulate.write("reactivation", "works", tmp_path / "file", customers=5, seed=1)


@pytest.mark.parametrize("table", ["transactions", "contacts"])
def test_examples_are_the_first_world_with_60_customers_and_seed_7(tmp_path, table):
    simulate.write("reactivation", "works", tmp_path, customers=60, seed=7)
    stored = (EXAMPLES / f"{table}.csv").read_text(encoding="utf-8")
    assert stored == (tmp_path / f"{table}.csv").read_text(encoding="utf-8")


def test_import_is_light():
    code = (
        "import sys, retorno.simulate; "
        "print([name for name in ('numpy', 'pandas', 'ibis') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("module", [simulate, reactivation, reactivation_answers])
def test_examples_in_docstrings_run(module):
    shown = doctest.testmod(module)
    assert shown.attempted > 0
    assert shown.failed == 0
