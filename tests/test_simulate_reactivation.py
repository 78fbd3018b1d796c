"""The simulated reactivation world: answers by hand and by brute force, promises of the tables."""

import doctest
import json
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retorno import simulate
from retorno.errors import ParameterError
from retorno.simulate import reactivation
from retorno.simulate.reactivation import WORLDS, Arm, Campaign, Segment, World, answers
from retorno.simulate.reactivation.chances import gap_law
from retorno.simulate.reactivation.contact import contacted

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
QUIET = Campaign(effect=0.0, decay=0.0)
GROUPS = ("new", "reactivated")
MONEY = {"margin_rate": 0.4, "acquisition_cost": 14.0, "winback_cost": 13.0, "amount_target": 15.0}


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
    Censored on the last day, new customers of days 2 and 3 bring 15 on offset 0, those of day 2 7 on
    offset 1. Of the returned, A on day 2 (0.05) and 3 (0.07) and B on day 3 (0.05), offset 1 is seen
    of the first alone: (1.2 + 1)/0.17 + 4.
    Purchases of A fall on days 0 to 2 with 0.25, 0.35, 0.44, of B with 0.25, 0.375, 0.4375. Gaps of
    1: 0.94725 of 2.1025; of 2: 0.12 of 0.6725; of 3: 0.05 of 0.225. So F is 0.45, 0.55, 0.65, and
    0.9 * 0.65 = 0.58 is reached at 3.
    Window 1, worth 10 and 20. New: days 2 and 3, 15. Returned: A has a purchase before any lapse
    with 0.25 on day 0 and 0.25 + 0.25 * 0.4 = 0.35 on day 1, times 0.2 = 0.12; B day 0 to 3, 0.05:
    (1.2 + 1)/0.17. Second: late A 2/4 * 0.2 = 0.1 and B 1/4 * 0.2 = 0.05, (1 + 1)/0.15; soon A
    3/4 * 0.4 = 0.3 and B 3/4 * 0.5 = 0.375, (3 + 7.5)/0.675.
    No month and no campaign fits into four days.
    """
    a = only(share=0.5, mean_gap=2, stop=0.4)
    b = only(share=0.5, mean_gap=1, pause=0.2, stop=0.3, spend_mean=20)
    world = World((a, b), days=4, pause_from=2, pause_mean=1, returned_share=0)
    returned = 2.2 / 0.17
    assert answers(world, lapse_days=1, window_days=2) == pytest.approx(
        {
            "lapse.threshold": 3,
            "window.mean_cumulative.new": 22,
            "window.mean_cumulative.reactivated": returned + 4,
            "window.new.value": 22,
            "window.reactivated.value": 14,
            "window.ratio": 14 / 22,
            "curve.reactivated.minus_new": -8,
            "window.like_for_like.ratio": 14 / (10.3 / 0.45),
        },
        rel=1e-12,
    )
    assert answers(world, lapse_days=1, window_days=1) == pytest.approx(
        {
            "lapse.threshold": 3,
            "window.mean_cumulative.new": 15,
            "window.mean_cumulative.reactivated": returned,
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

    Nobody returns: no returned group, no threshold, and every hazard is 0.
    """
    found = answers(World((only(stop=1),), QUIET), lapse_days=90, window_days=window_days)
    assert found["window.new.value"] == pytest.approx(10 * kept, rel=1e-12)
    assert not {"window.reactivated.value", "window.ratio", "window.like_for_like.ratio"} & set(
        found
    )
    assert "lapse.threshold" not in found
    assert [found[f"return.hazard.month_{month}"] for month in range(1, 13)] == [0] * 12
    assert found["return.cumulative.month_12"] == 0


def test_a_purchase_every_day_never_lapses():
    """Gap 1 for ever: five days hold five purchases of 10 EUR; nobody lapses or falls silent."""
    world = World((only(mean_gap=1),), returned_share=0)
    assert answers(world, lapse_days=14, window_days=5) == pytest.approx(
        {"lapse.threshold": 1, "window.new.value": 50, "window.mean_cumulative.new": 50}
    )


def test_speed_counts_offsets_from_zero_and_payback_needs_a_margin():
    """10 EUR a day, margin a half: 5 by offset 0, 15 by offset 2, 20 by offset 3, 300 by 59, the last."""
    world = World((only(mean_gap=1),), returned_share=0)
    rules = {"lapse_days": 14, "window_days": 60}
    found = answers(world, **rules, margin_rate=0.5, acquisition_cost=16, amount_target=15)
    assert found["window.new.value"] == pytest.approx(300)
    assert found["speed.share_by_day_30.new"] == pytest.approx(0.5)
    assert found["speed.share_by_day_60.new"] == pytest.approx(1)
    assert "speed.share_by_day_90.new" not in found
    assert (found["speed.day_of_amount.new"], found["payback.new"]) == (2, 3)
    found = answers(world, **rules, margin_rate=0.5, acquisition_cost=300, amount_target=301)
    assert found["payback.new"] == 59
    assert "speed.day_of_amount.new" not in found
    found = answers(world, **rules, acquisition_cost=16, amount_target=15)
    assert found["speed.day_of_amount.new"] == 1
    assert "payback.new" not in found


def test_the_threshold_is_nine_tenths_of_who_comes_within_a_year():
    """Half return after 91 days, the others never: 91, once the data hold such a gap.

    Half return after a day, half after 365 days: 365; after 366 days, outside the year: 1.
    """
    after_91 = only(pause=0.5, stop=0.5)
    for days, known in ((91, None), (92, 91)):
        world = World((after_91,), QUIET, days=days, pause_mean=1)
        found = answers(world, lapse_days=90, window_days=1)
        assert found.get("lapse.threshold") == known
    for pause_from, known in ((364, 365), (365, 1)):
        world = World((only(mean_gap=1, pause=0.5),), QUIET, pause_from=pause_from, pause_mean=1)
        assert answers(world, lapse_days=90, window_days=1)["lapse.threshold"] == known


def test_the_share_back_after_a_year_is_not_cut_by_the_end_of_the_data():
    """Half return after 91 days. A lapse on day 90 needs day 450, the last of 451 days."""
    for days, known in ((450, None), (451, 0.5), (730, 0.5)):
        world = World((only(pause=0.5, stop=0.5),), QUIET, days=days, pause_mean=1)
        found = answers(world, lapse_days=90, window_days=1)
        assert found.get("return.cumulative.month_12") == pytest.approx(known)


@pytest.mark.parametrize(("lapse_days", "month"), [(90, 1), (61, 1), (60, 2), (31, 2), (30, 3)])
def test_hazard_falls_in_the_month_of_the_return(lapse_days, month):
    """Half stop, half return after 91 days exactly: day 91 - threshold after the lapse.

    Days 1 and 30 are month 1, days 31 and 60 month 2, day 61 month 3; then only stoppers are left.
    """
    world = World((only(pause=0.5, stop=0.5),), QUIET, pause_mean=1)
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


TINY = World(
    (only(mean_gap=2, pause=0.2, stop=0.2),),
    Campaign(follow_days=2, silent_days=1, counted_days=2, effect=0.6, decay=0),
    days=5,
    pause_from=2,
    pause_mean=1,
    returned_share=0,
)


def test_a_call_moves_the_next_purchase_of_the_silent_forward_and_no_other():
    """Gaps of 1, 2, 3 days: 0.4, 0.2, 0.2; never: 0.2. Contact on day 2, calls on day 3 or 4.

    Silent are the 0.4 whose last purchase was on day 0. At factor 1/3 a call comes to 0.2 of them.
    Without it day 3 has 0.2; with it 0.3, the half of the stoppers called then; so 0.8 * 0.2 + 0.2 *
    0.3 = 0.22. Day 4: 0.2 * 0.1, the other half. From day 1 on gaps are as they were, cut by the data.
    """
    expected = np.array([0, 0.4, 0.2, 0.22, 0.02])
    law = gap_law(TINY, TINY.segments[0], 1 / 3)
    assert law[0] == pytest.approx(expected, abs=1e-12)
    assert law[1] == pytest.approx([0, 0.4, 0.2, 0.2, 0], abs=1e-12)
    assert law[3] == pytest.approx([0, 0.4, 0, 0, 0], abs=1e-12)


def test_effects_and_costs_by_hand():
    """The tiny world: of the silent half come on day 3 without a call, all with one; 0.6 * factor are called.

    Returned: 0.5 + 0.3 factor. Spend by day 4: 14 for a purchase on day 3, 10 on day 4. Without a
    call 7; with one 14 if it names day 3, else the mean of 14 and 10: 13. So 0.6 * 6 = 3.6 at factor
    1. By day 3, the last of two from the contact on: 5; with a call (10 + 5)/2 = 7.5: 1.5.
    E-mail costs 0.10 each, 0.725 return, 0.225 of them extra; voucher 0.10 + 4 * 0.875 = 3.60,
    0.875 return, 0.375 of them extra. Together 1.85, 0.8 and 0.3.
    """
    found = answers(TINY, lapse_days=1, window_days=1, margin_rate=0.5)
    factors = {"": 1, ".email": 0.75, ".voucher": 1.25}
    for arm, factor in factors.items():
        for adjusted in ("", ".adjusted"):
            assert found[f"effect.returned{arm}{adjusted}"] == pytest.approx(0.3 * factor)
            assert found[f"effect.spend{arm}{adjusted}"] == pytest.approx(3.6 * factor)
    assert found["policy.break_even_cost"] == pytest.approx(1.8)
    assert found["contact.incremental_value"] == pytest.approx(0.75)
    costs = {"": (1.85, 0.8, 0.3), ".email": (0.1, 0.725, 0.225), ".voucher": (3.6, 0.875, 0.375)}
    for arm, (cost, returned, extra) in costs.items():
        assert found[f"cost.per_return{arm}"] == pytest.approx(cost / returned)
        assert found[f"cost.per_extra_return{arm}"] == pytest.approx(cost / extra)
    assert not [name for name in found if name.endswith("recency_slope")]
    revenue = answers(TINY, lapse_days=1, window_days=1)
    assert revenue["policy.break_even_cost"] == pytest.approx(3.6)
    assert revenue["contact.incremental_value"] == pytest.approx(1.5)


def test_a_call_that_only_brings_a_purchase_forward_earns_nothing_later():
    """Gaps of 4 days; silent on day 2 is who bought on day 0 and will on day 4. A call comes on day 3.

    On day 3 the called bring 10, the others nothing; by day 5 either has bought once.
    """
    campaign = Campaign(follow_days=4, silent_days=1, counted_days=1, effect=0.4, decay=0)
    laws = {"pause_from": 3, "pause_mean": 1, "returned_share": 0}
    world = World((only(mean_gap=2, pause=1),), campaign, days=7, **laws)
    found = answers(world, lapse_days=1, window_days=1)
    assert found["effect.returned"] == pytest.approx(0.4)
    assert found["effect.spend"] == pytest.approx(4)
    assert found["contact.incremental_value"] == pytest.approx(0, abs=1e-12)


def test_effects_by_recency_by_hand():
    """One purchase each; silent 91 to 121 days on day 121: once month 2, 30 times month 3.

    Mean recency 92/31; called are 0.10 - 0.01 r, so mean 0.1 - 0.92/31 at factor 1, slope -0.01; email
    0.75 and voucher 1.25 of it, together 1. A called customer buys for 10 EUR on day k of 30, and 6 %
    come back 1 to 14 days later, inside the 30 if k + b <= 30: of 420 pairs 16 * 14 + 91 = 315, 0.75.
    """
    campaign = Campaign(follow_days=30, effect=0.10, decay=0.01)
    world = World((only(stop=1),), campaign, days=152)
    found = answers(world, lapse_days=90, window_days=180)
    mean = 0.1 - 0.92 / 31
    expected = {"": mean, ".email": 0.75 * mean, ".voucher": 1.25 * mean, ".recency_slope": -0.01}
    for name, value in expected.items():
        assert found[f"effect.returned{name}"] == pytest.approx(value, rel=1e-9)
        spend = 10 * (1 - 0.06 * 0.75) * value
        assert found[f"effect.spend{name}"] == pytest.approx(spend, rel=1e-9)


def test_worlds_show_survivorship_and_the_campaigns_they_are_named_for():
    """Returned look better than new; late second purchases are worse than soon ones; both without a campaign too.

    The effect falls with recency. Contact earns more than it costs, by each arm. The voucher brings
    back more customers, but the e-mail earns more: cost per contact is that per extra return times
    the extra returns.
    """
    works, without = (
        simulate.answers("reactivation", name, margin_rate=0.4) for name in ("works", "no_effect")
    )
    for found in (works, without):
        assert 1.1 < found["window.ratio"] < 1.4
        assert found["window.like_for_like.ratio"] < 0.95
    assert works["effect.returned.recency_slope"] < -0.003
    profit = {
        arm: 0.4 * works[f"effect.spend{arm}"]
        - works[f"cost.per_extra_return{arm}"] * works[f"effect.returned{arm}"]
        for arm in ("", ".email", ".voucher")
    }
    assert profit[".email"] - profit[".voucher"] > 0.1
    assert min(profit.values()) > 0.3
    assert works["effect.returned.voucher"] > 1.5 * works["effect.returned.email"]
    nothing = ("effect.", "policy.", "contact.")
    assert all(value == 0 for name, value in without.items() if name.startswith(nothing))
    assert not [name for name in without if name.startswith("cost.per_extra_return")]


def test_parameters_are_what_a_user_would_have_to_know():
    """E-mail 0.10; voucher 0.10 + 4 * P(return | voucher): its cost per return times that chance."""
    known = simulate.answers("reactivation", "works")
    fixed = simulate.parameters("reactivation", "works")
    voucher = known["cost.per_extra_return.voucher"] * known["effect.returned.voucher"]
    assert fixed == {
        "outcomes": ["returned", "spend"],
        "money_outcome": "spend",
        "return_outcome": "returned",
        "contact_cost": round((0.10 + voucher) / 2, 2),
        **MONEY,
    }
    for name in simulate.WORLDS["reactivation"]:
        known = simulate.answers("reactivation", name, **MONEY)
        reached = [f"{what}.{who}" for what in ("payback", "speed.day_of_amount") for who in GROUPS]
        assert all(0 < known[one] < 90 for one in reached)


def test_a_rule_that_is_not_known_leaves_what_follows_from_the_contacts_alone():
    found = answers(WORLDS["works"], lapse_days=90, window_days=180, all_spells=True)
    assert {name.split(".")[0] for name in found} == {"effect", "cost", "policy"}
    unset = {"all_spells": False, "observed_from": None, "contact_cost": 1.0}
    everything = answers(WORLDS["works"], lapse_days=90, window_days=180)
    assert answers(WORLDS["works"], lapse_days=90, window_days=180, **unset) == everything


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


def days_of(drawn):
    """Return lines, purchases with the gaps around them, and contacts, with customers and days as numbers."""
    first = pd.Timestamp(drawn.first_day)
    number = {"customer": lambda t: t["customer_id"].str[1:].astype(int)}
    lines = drawn.transactions.assign(day=lambda t: (t["date"] - first).dt.days, **number)
    lines = lines[["customer", "day", "amount"]]
    bought = lines[lines["amount"] > 0].drop_duplicates(["customer", "day"])
    bought = bought.sort_values(["customer", "day"])[["customer", "day"]]
    of_customer = bought.groupby("customer")["day"]
    bought = bought.assign(before=of_customer.diff(), after=-of_customer.diff(-1))
    bought["number"] = of_customer.cumcount()
    return lines, bought, drawn.contacts.assign(**number)


def brute_force(lines, bought, contacts, *, world, lapse_days, window_days):
    """Return each finding, naively from the tables; margin 0.4 and the costs of MONEY."""
    end, found = world.days - 1, {}
    late, second = bought["before"] > lapse_days, bought["number"] == 1
    starts = {
        "new": bought[(bought["number"] == 0) & (bought["day"] > lapse_days)],
        "reactivated": bought[late].drop_duplicates("customer"),
        "late": bought[second & late],
        "soon": bought[second & ~late],
    }
    value = {}
    for group, aligned in starts.items():
        aligned = aligned[["customer", "day"]]
        lined = aligned.merge(lines, on="customer", suffixes=("_0", ""))
        offset = lined["day"] - lined["day_0"]
        lined = lined[(offset >= 0) & (offset < window_days)].assign(offset=offset)
        full = lined[lined["day_0"] + window_days - 1 <= end]
        complete = (aligned["day"] + window_days - 1 <= end).sum()
        curve = 0.4 * by_offset(full, window_days).cumsum() / complete
        value[group] = curve[-1]
        if group in GROUPS:
            seen = [(aligned["day"] + one <= end).sum() for one in range(window_days)]
            total = 0.4 * by_offset(lined, window_days) / seen
            found[f"window.mean_cumulative.{group}"] = total.sum()
            found |= of_curve(group, curve)
    found["window.ratio"] = value["reactivated"] / value["new"]
    found["curve.reactivated.minus_new"] = value["reactivated"] - value["new"]
    found["window.like_for_like.ratio"] = value["late"] / value["soon"]
    return found | of_gaps(bought, end, lapse_days) | of_contacts(lines, contacts, world)


def by_offset(lined, window_days):
    return np.bincount(lined["offset"], weights=lined["amount"], minlength=window_days)


def of_curve(group, curve):
    cost = {"new": 14.0, "reactivated": 13.0}[group]
    found = {f"window.{group}.value": curve[-1]}
    for days in (30, 60, 90):
        if days <= curve.size:
            found[f"speed.share_by_day_{days}.{group}"] = curve[days - 1] / curve[-1]
    for name, amount in (("speed.day_of_amount", 15.0), ("payback", cost)):
        if curve.max() >= amount:
            found[f"{name}.{group}"] = np.argmax(curve >= amount)
    return found


def kaplan_meier(days, came):
    """Return one minus it on days 0, 1, ..., and how many are at risk."""
    ends = np.bincount(days[came], minlength=days.max() + 1)
    at_risk = np.bincount(days)[::-1].cumsum()[::-1]
    return 1 - np.cumprod(1 - ends / at_risk), at_risk


def of_gaps(bought, end, lapse_days):
    came = bought["after"].notna()
    days = bought["after"].fillna(end - bought["day"]).astype(int)
    share, at_risk = kaplan_meier(days, came)
    most = share[min(365, np.flatnonzero(at_risk >= 30)[-1])]
    found = {"lapse.threshold": np.argmax(share >= 0.9 * most)}
    lapsed = bought[days > lapse_days].drop_duplicates("customer")
    lapsed_on, back = lapsed["day"] + lapse_days, lapsed["after"] - lapse_days
    followed = back.fillna(end - lapsed_on).astype(int)
    found["return.cumulative.month_12"] = kaplan_meier(followed, back.notna())[0][360]
    for month in range(1, 13):
        whole = (lapsed_on + 30 * month <= end) & ~(back <= 30 * (month - 1))
        found[f"return.hazard.month_{month}"] = (back[whole] <= 30 * month).mean()
    return found


def of_contacts(lines, contacts, world):
    found = {}
    held = contacts["arm"] == "holdout"
    arms = {"": ~held} | {f".{one}": contacts["arm"] == one for one in ("email", "voucher")}
    for outcome in ("returned", "spend"):
        for arm, rows in arms.items():
            name = f"effect.{outcome}{arm}"
            found[name] = contacts.loc[rows, outcome].mean() - contacts.loc[held, outcome].mean()
            found[f"{name}.adjusted"] = lin(contacts, rows, held, outcome)
        with_it, without = (
            np.polyfit(contacts.loc[rows, "recency"], contacts.loc[rows, outcome], 1)[0]
            for rows in (~held, held)
        )
        found[f"effect.{outcome}.recency_slope"] = with_it - without
    for arm, rows in arms.items():
        cost = contacts.loc[rows, "cost"].mean()
        found[f"cost.per_return{arm}"] = cost / contacts.loc[rows, "returned"].mean()
        found[f"cost.per_extra_return{arm}"] = cost / found[f"effect.returned{arm}"]
    found["policy.break_even_cost"] = 0.4 * found["effect.spend"]
    after = lines["day"] - world.contact_day
    counted = lines[(after >= 0) & (after < world.campaign.follow_days)]
    brought = contacts["customer"].map(counted.groupby("customer")["amount"].sum()).fillna(0)
    found["contact.incremental_value"] = 0.4 * (brought[~held].mean() - brought[held].mean())
    return found


def lin(contacts, rows, held, outcome):
    """Return the difference of the two arms' lines at the mean of recency and past orders of both."""
    both = contacts[rows | held]
    x = both[["recency", "past_orders"]].to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(x)), x - x.mean(axis=0)])
    y, treated = both[outcome].to_numpy(dtype=float), rows[rows | held].to_numpy()
    at_mean = [np.linalg.lstsq(x[part], y[part], rcond=None)[0][0] for part in (treated, ~treated)]
    return at_mean[0] - at_mean[1]


def whole_and_parts(world, customers, batches, rng, **rules):
    """Return the findings of one draw, and those of each of `batches` parts of its customers."""
    tables = days_of(reactivation.simulate(world, customers, rng))
    parts = [dict(tuple(t.groupby(t["customer"] % batches))) for t in tables]
    found = [brute_force(*(p[b] for p in parts), world=world, **rules) for b in range(batches)]
    return brute_force(*tables, world=world, **rules), pd.DataFrame(found)


def compare(whole, error, known):
    """Every answer lies within four standard errors of what was found, a whole day one more; many are close."""
    unasked = {name for name in whole if name.startswith("cost.per_extra_return")}
    assert set(whole) - unasked <= set(known) <= set(whole)
    table = pd.DataFrame({"known": known, "found": whole, "error": error}).loc[list(known)]
    steps = table.index.str.contains(r"^lapse\.threshold|^speed\.day|^payback")
    far = table[(table["found"] - table["known"]).abs() > 4 * table["error"] + steps + 1e-9]
    assert far.empty, far
    assert error["window.ratio"] < 0.01
    assert error["return.hazard.month_1"] < 0.002


@pytest.mark.parametrize(
    ("name", "customers", "lapse_days", "window_days"),
    [
        ("works", 1_000_000, 90, 180),
        ("no_effect", 400_000, 45, 120),
        ("works", 400_000, 14, 30),
    ],
)
def test_answers_meet_brute_force(name, customers, lapse_days, window_days):
    """A million customers, errors from 40 parts; 14 days: what was bought first comes back in the window."""
    world, rules = WORLDS[name], {"lapse_days": lapse_days, "window_days": window_days}
    rng = np.random.default_rng(lapse_days)
    whole, parts = whole_and_parts(world, customers, 40, rng, **rules)
    compare(whole, parts.std() / np.sqrt(40), answers(world, **rules, **MONEY))


@pytest.mark.full
@pytest.mark.parametrize("name", WORLDS)
def test_answers_meet_brute_force_in_ten_million(name):
    """Ten tables of a million customers, errors from their 400 parts: a third of that above."""
    rng, world = np.random.default_rng(4), WORLDS[name]
    rules = {"lapse_days": 90, "window_days": 180}
    drawn = [whole_and_parts(world, 1_000_000, 40, rng, **rules) for _ in range(10)]
    whole = pd.DataFrame([one for one, _ in drawn]).mean()
    parts = pd.concat([parts for _, parts in drawn])
    compare(whole.to_dict(), parts.std() / np.sqrt(400), answers(world, **rules, **MONEY))


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
    """Contact on day 579, 2024-08-02, with 150 days to follow; more than 90 days since goods were bought last."""
    today = pd.Timestamp("2024-08-02")
    bought = works.transactions[works.transactions["amount"] > 0]
    bought = bought[bought["date"] <= today].drop_duplicates(["customer_id", "date"])
    of_customer = bought.groupby("customer_id")["date"]
    silent = (today - of_customer.max()).dt.days
    silent = silent[silent > 90]
    contacts = works.contacts.set_index("customer_id")
    assert contacts.index.tolist() == silent.index.tolist()
    assert contacts["recency"].tolist() == [int(days // 30.4375) for days in silent]
    assert contacts["past_orders"].tolist() == of_customer.size()[silent.index].tolist()
    assert (contacts["contacted_on"] == today).all()
    assert (works.last_day - today.date()).days == 150


def test_outcomes_and_costs_of_contacts_are_those_of_the_transactions(works):
    """Days 1 to 30 after the contact; goods sent back then count less. A voucher used costs 4 EUR more."""
    after = (works.transactions["date"] - pd.Timestamp("2024-08-02")).dt.days
    lines = works.transactions[after.between(1, 30)]
    contacts = works.contacts.set_index("customer_id")
    spend = lines.groupby("customer_id")["amount"].sum().reindex(contacts.index, fill_value=0)
    back = contacts.index.isin(lines.loc[lines["amount"] > 0, "customer_id"])
    np.testing.assert_allclose(contacts["spend"], spend, atol=1e-9)
    assert contacts["returned"].tolist() == back.astype(int).tolist()
    assert (contacts["spend"] == contacts["spend"].round(2)).all()
    each = {"holdout": 0.0, "email": 0.10, "voucher": 0.10}
    used = contacts["returned"] * (contacts["arm"] == "voucher")
    np.testing.assert_allclose(contacts["cost"], contacts["arm"].map(each) + 4 * used, atol=1e-9)
    assert contacts.reset_index().columns.tolist() == [
        *("customer_id", "arm", "contacted_on", "recency", "past_orders", "reason"),
        *("cost", "returned", "spend"),
    ]


def test_arms_are_equal_thirds_alike_before_the_contact(works):
    """Complete randomisation: sizes differ by one at most; means by four standard errors at most."""
    for name in ("recency", "past_orders"):
        of_arm = works.contacts.groupby("arm")[name].agg(["size", "mean", "var"])
        assert sorted(of_arm.index) == ["email", "holdout", "voucher"]
        assert of_arm["size"].max() - of_arm["size"].min() <= 1
        error = np.sqrt(of_arm["var"] / of_arm["size"])
        for arm in ("email", "voucher"):
            apart = of_arm["mean"][arm] - of_arm["mean"]["holdout"]
            assert abs(apart) < 4 * np.hypot(error[arm], error["holdout"])


def test_who_comes_before_the_call_does_not_wait_for_it():
    """The tiny world: on day 3 come 0.5 of the silent by themselves, and of the called also those called then.

    So 0.5 + 0.25 * 0.6 * factor: 0.5, 0.6125, 0.6875, each within four standard errors.
    """
    drawn = reactivation.simulate(TINY, 200_000, np.random.default_rng(5))
    lines = drawn.transactions
    on_day_3 = lines.loc[lines["date"] == pd.Timestamp("2023-01-04"), "customer_id"]
    came = drawn.contacts["customer_id"].isin(on_day_3).groupby(drawn.contacts["arm"])
    for arm, known in (("holdout", 0.5), ("email", 0.6125), ("voucher", 0.6875)):
        error = np.sqrt(known * (1 - known) / came.size()[arm])
        assert abs(came.mean()[arm] - known) < 4 * error


def test_the_reason_stated_bears_on_nothing(works):
    """Price 0.45, service 0.2, no need 0.35, whoever returns or not, with four standard errors."""
    for _, part in works.contacts.groupby(["returned", works.contacts["recency"] > 6]):
        for reason, share in WORLDS["works"].campaign.reasons:
            error = np.sqrt(share * (1 - share) / len(part))
            assert abs((part["reason"] == reason).mean() - share) < 4 * error


def test_without_effect_response_still_falls_with_recency():
    """Who pauses comes back and who stopped does not: month 3 returns more than twice as often as month 8 on.

    Each within four standard errors of what the world knows, in the holdout and among the treated.
    """
    world = WORLDS["no_effect"]
    drawn = reactivation.simulate(world, 50_000, np.random.default_rng(3)).contacts
    people = contacted(world)
    known = {}
    for name, low, high in (("early", 3, 3), ("late", 8, 20)):
        months = (people.recency >= low) & (people.recency <= high)
        known[name] = np.average(people.unaided[months], weights=people.weight[months])
        for is_held in (True, False):
            rows = drawn["recency"].between(low, high) & ((drawn["arm"] == "holdout") == is_held)
            found = drawn.loc[rows, "returned"]
            error = np.sqrt(known[name] * (1 - known[name]) / len(found))
            assert abs(found.mean() - known[name]) < 4 * error
    assert known["early"] > 2 * known["late"]


def test_data_too_short_for_a_campaign_have_no_contacts():
    """120 days: the day of contact would lie before the first."""
    world = World((only(stop=1),), days=120)
    drawn = reactivation.simulate(world, 10, np.random.default_rng(1))
    assert len(drawn.contacts) == 0
    assert not [i for i in answers(world, lapse_days=30, window_days=30) if i.startswith("effect")]
    assert reactivation.parameters(world)["contact_cost"] == 0.10


def test_world_refuses_impossible_chances():
    with pytest.raises(ParameterError, match="between 0 and 1"):
        World((only(mean_gap=0.5),))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        World((only(pause=0.6, stop=0.5),))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        replace(WORLDS["works"], campaign=Campaign(effect=0.9))
    with pytest.raises(ParameterError, match="sum to 1"):
        World((only(share=0.5),))
    with pytest.raises(ParameterError, match="sum to 1"):
        World((only(),), Campaign(reasons=(("price", 0.5),)))
    with pytest.raises(ParameterError, match="all inside the data"):
        World((only(),), Campaign(follow_days=29))
    with pytest.raises(ParameterError, match="one arm or more"):
        World((only(),), Campaign(arms=()))
    World((only(),), Campaign(arms=(Arm("letter", 1.0, 0.85),)))


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


@pytest.mark.parametrize(
    "name", ["", ".reactivation.draw", ".reactivation.chances", ".reactivation.answers"]
)
def test_examples_in_docstrings_run(name):
    module = import_module(f"retorno.simulate{name}")
    shown = doctest.testmod(module)
    assert shown.attempted > 0
    assert shown.failed == 0
