"""Fraud in referrals: rules by hand, what they make of things shared, and what those looked into say of them."""

import io
import re
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn, words
from fraud_world import REWARDS, world
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retorno import language
from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.referral.fraud_loss import fraud_loss
from retorno.figures.referral.fraud_review import fraud_review
from retorno.figures.referral.fraud_rules import fraud_rules
from retorno.figures.referral.fraud_threshold import fraud_threshold
from retorno.findings import Findings
from retorno.referral import Assumptions, follow
from retorno.referral.fraud.flagged import flag_referrals
from retorno.referral.fraud.graph import in_circles
from retorno.referral.fraud.loss import expected_loss
from retorno.referral.fraud.reviewed import review
from retorno.referral.fraud.rules import RULES
from retorno.referral.fraud.strata import grouped
from retorno.referral.fraud.suspects import suspects_csv
from retorno.referral.fraud.things import shared_things
from retorno.referral.fraud.threshold import review_threshold
from retorno.referral.links import links
from retorno.tables import connect, read

PAID = Assumptions(**REWARDS, admin_cost=2.0)
NOTHING = {"problem": ""}
JOINED = {"A": 0, "B": 10, "C": 20, "D": 300}  # customers; last day 400


def tenure(joined=None, left=None, months=None):
    """Return customers by id: day of joining, days after which some left, margins by month."""
    joined, left = joined or JOINED, left or {}
    days = np.array([left.get(name, 400 - day) for name, day in joined.items()])
    margins = {k: [m.get(k) for m in (months or {}).values()] for k in (1, 2, 3)}
    place = [list(joined).index(name) for name in months or {}]

    def month(k):
        there = [(at, m) for at, m in zip(place, margins[k], strict=True) if m is not None]
        return np.array([at for at, _ in there], dtype=int), np.array([m for _, m in there])

    return SimpleNamespace(
        joined=np.array(list(joined.values())),
        left=np.array([name in left for name in joined]),
        days=days,
        reach=400 - np.array(list(joined.values())),
        panel=None if months is None else object(),
        month=month,
        ids=np.array(list(joined)),
        first_day=date(2024, 1, 1),
        last_day=date(2025, 2, 4),  # 400 days later
    )


def linked(rows, people=None, *, reward=25.0, **columns):
    """Return links of rows (referrer, referred or None, day); more columns by name, a value for each row."""
    people = people or tenure()
    position = {name: at for at, name in enumerate(people.ids)}
    giver, receiver, day = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            "referral_id": [f"r{i}" for i in range(len(rows))],
            "referrer_id": pd.Series(giver, dtype="str"),
            "referred_id": pd.Series(receiver, dtype="str"),
            "referrer": [position.get(name, -1) for name in giver],
            "referred": [position.get(name, -1) for name in receiver],
            "day": day,
            "reward_referrer": reward,
            "reward_referred": np.nan,
            **{name: pd.Series(values, dtype="str") for name, values in columns.items()},
            "problem": "",
        }
    )
    frame["reward_referrer"] = frame.reward_referrer.astype(float)
    return SimpleNamespace(tenure=people, rows=frame)


def flags(rows, people=None, assumed=PAID, *, burst=4, silence_days=30, **options):
    return flag_referrals(
        linked(rows, people, **options), assumed, burst=burst, silence_days=silence_days, min_group=1
    )  # fmt: skip


def who(flagged, rule):
    """Return the rows that meet a rule."""
    return np.flatnonzero(flagged.caught.rules[rule]).tolist()


@pytest.fixture(scope="module")
def drawn_world():
    return world(np.random.default_rng(5), 2000, reviewed=0.3)


@pytest.fixture(scope="module")
def flagged(drawn_world):
    return flag_referrals(drawn_world.links, PAID)


@pytest.fixture(scope="module")
def reviewed(flagged):
    return review(flagged)


# ---- rules by hand


def test_who_brought_nobody_new_is_flagged_by_one_rule():
    """Row 0 A refers himself; 1 a reward for nobody; 2 B had joined on day 10; 4 repeats 3; 5 is fine.

    3 and 4 name X, who is no customer, so both are silent as well: 1 point for row 3, 2 + 1 for row 4.
    """
    rows = [("A", "A", 0), ("A", None, 5), ("A", "B", 11), ("A", "X", 12), ("B", "X", 50), ("A", "D", 300)]  # fmt: skip
    found = flags(rows)
    assert who(found, "same_person") == [0]
    assert who(found, "no_referred") == [1]
    assert who(found, "was_customer") == [2]
    assert who(found, "duplicate") == [4]
    assert who(found, "silence") == [3, 4]
    assert found.score.tolist() == [2, 2, 2, 1, 3, 0]
    assert np.flatnonzero(found.flagged).tolist() == [0, 1, 2, 4]


def test_a_referral_on_the_day_of_joining_brought_somebody_new():
    assert who(flags([("A", "B", 10)]), "was_customer") == []
    assert who(flags([("A", "B", 11)]), "was_customer") == [0]


def test_an_invitation_nobody_took_is_no_fraud_and_a_second_inviter_is_paid_once():
    """Without a reward nothing was taken; X was invited twice and paid for once."""
    rows = [("A", None, 5), ("A", "X", 12), ("B", "X", 50)]
    found = flags(rows, reward=[0.0, 0.0, 25.0])
    assert who(found, "no_referred") == []
    assert who(found, "duplicate") == []
    assert who(found, "silence") == [2]


def test_a_circle_is_found_and_those_who_led_to_it_are_not_blamed():
    """A brought B (joined day 10, referred day 9), B brought C; C refers A and closes the circle: row 2 alone.

    Rows 3 to 5, a circle of people who are no customers, are all in it; row 6 leads out of it.
    """
    rows = [("A", "B", 9), ("B", "C", 19), ("C", "A", 100),
            ("X", "Y", 100), ("Y", "Z", 101), ("Z", "X", 102), ("X", "D", 300)]  # fmt: skip
    assert who(flags(rows), "ring") == [2, 3, 4, 5]


def test_two_who_joined_on_one_day_and_refer_each_other_are_a_circle():
    people = tenure({"A": 5, "B": 5})
    assert who(flags([("A", "B", 5), ("B", "A", 5)], people), "ring") == [0, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(-1, 7)), min_size=1, max_size=16))
def test_circles_are_those_a_search_for_paths_finds(edges):
    """A row lies on a circle when its giver can be reached from its receiver, by powers of the adjacency matrix."""
    giver, receiver = np.array(edges).T
    reach = np.zeros((8, 8), dtype=bool)
    there = receiver >= 0
    reach[giver[there], receiver[there]] = True
    for _ in range(8):
        reach |= reach @ reach
    expected = there & (giver != receiver) & reach[receiver, giver]
    assert in_circles(giver, receiver, 8).tolist() == expected.tolist()


def test_one_shared_thing_is_a_sign_and_no_fraud():
    """A's friends X and Y are on one device: a point each. A card as well: flagged. An address as well: the same
    household says so, still one point."""
    rows = [("A", "X", 390), ("A", "Y", 391), ("A", "Z", 392)]
    shared = ["d1", "d1", "d2"]
    found = flags(rows, device=shared)
    assert who(found, "shared_device") == [0, 1]
    assert found.score.tolist() == [1, 1, 0]
    assert not found.flagged.any()
    assert flags(rows, device=shared, address=["a", "a", "b"]).score.tolist() == [1, 1, 0]
    assert flags(rows, device=shared, payment=["p", "p", "q"]).score.tolist() == [2, 2, 0]


def test_who_is_referred_twice_is_one_person_on_a_device_with_the_first_value_given():
    """X in two rows of A is one person on d1, not two, and the second row's d2 does not count for X."""
    assert who(flags([("A", "X", 5), ("A", "X", 6)], device=["d1", "d1"]), "shared_device") == []
    rows = [("A", "X", 5), ("B", "X", 6), ("B", "Y", 7)]
    assert who(flags(rows, device=["d1", "d2", "d2"]), "shared_device") == []
    assert who(flags(rows, device=[None, "d2", "d2"]), "shared_device") == [1, 2]


def test_the_referrers_own_thing_counts_and_not_that_of_whom_he_refers_as_himself():
    """X signed up on d1 when A referred X; X refers Y on d1. Row 2: Z refers Z on d3, which says nothing more."""
    rows = [("A", "X", 5), ("X", "Y", 6), ("Z", "Z", 7)]
    assert who(flags(rows, device=["d1", "d1", "d3"]), "shared_device") == [1]


def test_a_thing_of_three_people_whom_several_referred_is_spread():
    rows = [("A", "X", 5), ("B", "Y", 6), ("C", "Z", 7), ("D", "V", 8)]
    assert who(flags(rows, payment=["p", "p", "p", "q"]), "spread_payment") == [0, 1, 2]
    assert who(flags(rows, payment=["p", "p", "q", "q"]), "spread_payment") == []
    alone = [("A", name, 5) for name in "XYZ"]  # one referrer's: that is the other rule
    found = flags(alone, payment=["p"] * 3)
    assert who(found, "spread_payment") == []
    assert who(found, "shared_payment") == [0, 1, 2]


def test_people_on_a_thing_are_counted_after_cleaning():
    """d1: X (in two rows, the second with d2) and Y; d3: Z. Payment p: X and Y and Z; no address."""
    rows = [("A", "X", 5), ("B", "X", 6), ("A", "Y", 7), ("B", "Z", 8)]
    found = shared_things(flags(rows, device=["d1", "d2", "d1", "d3"], payment=["p"] * 4))
    frame = found.to_frame().set_index("thing")
    assert frame.loc["device", ["values", "of_one", "of_two", "of_more", "most"]].tolist() == [
        2,
        1,
        1,
        0,
        2,
    ]
    assert frame.loc["payment", ["values", "of_one", "of_two", "of_more", "most"]].tolist() == [
        1,
        0,
        0,
        1,
        3,
    ]
    assert "address" not in frame.index
    assert (
        "1 row of somebody referred before is counted as the same person" in found.table_caption()
    )
    assert "Most people on one: 3 (payment)" in found.table_caption()


def test_missing_and_blank_things_are_never_the_same():
    rows = [("A", "X", 5), ("A", "Y", 6), ("A", "Z", 7)]
    for nothing in ([None, None, "d"], ["", "", "d"], ["  ", "  ", "d"]):
        assert who(flags(rows, device=nothing), "shared_device") == []


def test_many_on_one_day_counts_each_referrer_and_day():
    rows = (
        [("A", f"X{i}", 5) for i in range(4)]
        + [("A", "Y", 6)]
        + [("B", f"Z{i}", 5) for i in range(3)]
    )
    assert who(flags(rows), "burst") == [0, 1, 2, 3]
    assert who(flags(rows, burst=3), "burst") == [0, 1, 2, 3, 5, 6, 7]


def test_silence_is_no_customer_leaving_soon_or_nothing_earned():
    """Day 400 is the last. X never came (day 370: 30 days ago, seen; day 371: not yet). B left after 30 days,
    C after 31; A brought 0 in month 1; D joined 20 days before the last day and is not judged."""
    people = tenure(
        {"A": 0, "B": 10, "C": 20, "D": 380}, {"B": 30, "C": 31},
        {"A": {1: 0.0, 2: 9.0}, "B": {1: 5.0}, "C": {1: 5.0}, "D": {1: 0.0}},
    )  # fmt: skip
    days = {"A": 0, "B": 10, "C": 20, "X": 370, "Y": 371, "D": 380}
    rows = [("Q", name, day) for name, day in days.items()]
    found = flags(rows, people)
    assert who(found, "silence") == [0, 1, 3]
    assert found.caught.unseen == 2
    # Of 31 days month 2, which starts after 30.4375, is part: A is not idle in it.
    assert who(flags(rows, people, silence_days=31), "silence") == [1, 2]


def test_silence_needs_a_reward_and_a_customer_who_joined_by_it():
    """B left 5 days after joining on day 10; a referral of day 12 is of a customer there before."""
    people = tenure(left={"B": 5})
    assert who(flags([("A", "B", 10)], people), "silence") == [0]
    assert who(flags([("A", "B", 12)], people), "silence") == []
    assert (
        who(flags([("A", "B", 10), ("A", "D", 300)], people, reward=[0.0, 25.0]), "silence") == []
    )


def test_rewards_not_known_are_those_of_the_parameters():
    """25 + 5 for each of two who were referred, and nothing for nobody; administration 2 each. Given 10: 10 + 5."""
    paid = flags([("A", "X", 5), ("A", None, 5), ("B", "Y", 6)], reward=[np.nan, np.nan, 10.0]).paid
    assert paid.reward.tolist() == [30, 0, 15]
    assert paid.cost.tolist() == [32, 0, 17]
    assert paid.assumed == 2


@pytest.mark.parametrize(("name", "given"), [("burst", 1), ("silence_days", 0)])
def test_impossible_parameters_are_named(name, given):
    with pytest.raises(ParameterError, match=f"{name}: wanted a whole number"):
        flags([("A", "X", 5)], **{name: given})


# ---- what is not there, and extremes


def test_rules_without_their_column_are_left_out_and_named():
    found = flags([("A", "X", 5), ("A", "Y", 5)], device=[None, None], payment=["p", "p"])
    assert "shared_device" not in found.caught.rules
    assert found.caught.unchecked["shared_device"] == "device is empty"
    assert found.caught.unchecked["spread_address"] == "no column address"
    sentence = found.findings()[0].sentence
    two = (
        "Not checked: Device of the same referrer, Device of several referrers (device is empty); "
    )
    assert two in sentence
    frame = found.to_frame().set_index("rule")
    assert np.isnan(frame.referrals["shared_device"])
    assert frame.referrals["shared_payment"] == 2


def test_without_any_reward_rules_about_rewards_are_not_checked():
    found = flags([("A", "X", 5)], assumed=Assumptions(0.0, 0.0), reward=0.0)
    assert {"no_referred", "duplicate", "silence"} <= set(found.caught.unchecked)
    loss = expected_loss(review(found), Assumptions(0.0, 0.0, fraud_share=0.1)).findings()
    assert [f.verdict for f in loss] == ["refused", "refused"]
    assert "no reward is known to have been paid" in loss[0].sentence


def every(links, *, min_group=5, review_cost=4.0, assumed=PAID):
    """Return all results."""
    found = flag_referrals(links, assumed, min_group=min_group)
    looked = review(found)
    threshold = review_threshold(looked, review_cost=review_cost)
    return found, looked, threshold, expected_loss(looked, assumed)


DRAW = (fraud_rules, fraud_review, fraud_threshold, fraud_loss)


def shows_itself(results):
    """Let every figure, table and finding of `results` show itself; return the findings."""
    for draw, result in zip(DRAW, results, strict=True):
        check_words(drawn(draw, result))
        figure(draw, result)
        table(result)
    table(shared_things(results[0]))
    return Findings([f for result in results for f in result.findings()])


@pytest.mark.parametrize("case", ["no_table", "one", "all_flagged", "none_flagged", "many_points"])
def test_extremes_are_stated_or_refused_and_show_themselves(case):
    looked = ["genuine", "fraud"] * 20
    cases = {
        "no_table": SimpleNamespace(tenure=tenure(), rows=None),
        "one": linked([("A", "X", 5)], status=["fraud"]),
        "all_flagged": linked([("A", None, 5)] * 40, status=looked),
        "none_flagged": linked([("A", f"X{i}", 375 + i // 2) for i in range(40)], status=looked),
        "many_points": linked(
            [("A", "B", 100)] * 20 + [("A", f"X{i}", i) for i in range(20)],
            device=["d"] * 40, payment=["p"] * 40, address=["a"] * 40, status=looked),
    }  # fmt: skip
    found = shows_itself(every(cases[case]))
    refused = {f.id for f in found if f.verdict == "refused"}
    both = {"fraud.precision", "fraud.recall"}
    money = {"fraud.share", "fraud.best_threshold", "fraud.expected_loss"}
    everything = {f.id for f in found}
    wanted = {
        "no_table": everything,
        "one": everything,
        "all_flagged": {"fraud.recall"},
        "none_flagged": both,
        "many_points": {"fraud.recall"},
    }
    assert money | both < everything
    assert refused == wanted[case]


def test_refusals_say_what_is_needed():
    found = every(linked([("A", f"X{i}", i) for i in range(9)]), review_cost=None)
    reasons = {f.id: f.sentence for result in found for f in result.findings()}
    assert "Column status of the table referrals" in reasons["fraud.precision"]
    assert "parameter fraud_share would have to say" in reasons["fraud.expected_loss"]
    known = every(linked([("A", f"X{i}", i) for i in range(9)], status=["fraud", "genuine", "genuine"] * 3),
                  review_cost=None)  # fmt: skip
    assert "parameter review_cost has no value" in known[2].findings()[0].sentence
    few = every(linked([("B", "B", 1)] * 3 + [("A", f"X{i}", i) for i in range(9)],
                       status=["fraud"] * 3 + ["genuine"] * 9))  # fmt: skip
    assert "flagged referrals that were looked into (column status): 3; at least 5" in (
        few[1].findings()[0].sentence
    )
    with pytest.raises(ParameterError, match="review_cost: money paid"):
        review_threshold(few[1], review_cost=-1.0)


def test_where_only_suspects_were_looked_into_recall_is_refused_and_precision_is_not():
    rows = [("A", None, i) for i in range(30)] + [("A", f"X{i}", i) for i in range(30)]
    found = every(linked(rows, status=["fraud"] * 20 + ["genuine"] * 10 + [None] * 30))
    precision, recall, rate = found[1].findings()
    assert precision.estimate == pytest.approx(2 / 3, rel=1e-12)
    assert "not flagged that were looked into (column status): 0" in recall.sentence
    assert rate.verdict == "refused"


# ---- precision, recall, loss, threshold


def by_hand():
    """100 referrals: 20 of nobody (2 points, 10 looked into, 8 fraud), 80 of people not yet due (0 points, 20, 1)."""
    rows = [("A", None, 300 + i) for i in range(20)] + [
        ("AB"[i % 2], f"X{i}", 375 + i // 4) for i in range(80)
    ]
    status = (
        ["fraud"] * 8 + ["genuine"] * 2 + [None] * 10 + ["fraud"] + ["genuine"] * 19 + [None] * 60
    )
    return linked(rows, status=status)


def test_precision_recall_share_and_loss_by_hand():
    """Fraud among the flagged 20 * 0.8 = 16, among the others 80 * 0.05 = 4: recall 16/20, share 20/100.

    Money: 25 for who is nobody, no reward to the referred known there; 25 + 5 for the others; 2 each of
    administration. 20 * 27 * 0.8 + 80 * 32 * 0.05 = 432 + 128 = 560.
    Thresholds at 4 a look: everybody 400; from 2 points 20 * 4 + 128 = 208; nobody 560.
    """
    found, looked, threshold, loss = every(by_hand())
    precision, recall, rate = looked.findings()
    assert found.findings()[0].estimate == pytest.approx(0.2, rel=1e-12)
    assert precision.estimate == pytest.approx(0.8, rel=1e-12)
    assert recall.estimate == pytest.approx(0.8, rel=1e-12)
    assert rate.estimate == pytest.approx(0.2, rel=1e-12)
    assert loss.findings()[0].estimate == pytest.approx(560, rel=1e-12)
    assert threshold.to_frame().cost.tolist() == pytest.approx([400, 208, 560], rel=1e-12)
    assert threshold.to_frame().reviews.tolist() == [100, 20, 0]
    assert threshold.findings()[0].estimate == 2
    assert threshold.worth == pytest.approx(4 / ((20 * 27 + 80 * 32) / 100), rel=1e-12)
    assert (rate.n, precision.n, recall.n) == (30, 10, 30)


def test_precision_of_one_group_has_jeffreys_interval_for_the_referrals_there_are():
    """10 of 20 looked into count as 10 * 19 / 10 = 19, of which 0.8: Beta(15.2 + 1/2, 3.8 + 1/2)."""
    _, looked, *_ = every(by_hand())
    bounds = stats.beta.ppf([0.025, 0.975], 15.7, 4.3)
    assert looked.precision().interval == pytest.approx(tuple(bounds), rel=1e-9)


def test_a_dearer_look_is_worth_it_for_fewer_referrals():
    """At 0 everybody, at 4 those with 2 points (208), at 30 nobody: 20 * 30 + 128 = 728 over 560."""
    _, looked, *_ = every(by_hand())
    best = {
        cost: review_threshold(looked, review_cost=cost).findings()[0] for cost in (0.0, 4.0, 30.0)
    }
    assert [best[cost].estimate for cost in best] == [0.0, 2.0, None]
    assert [best[cost].verdict for cost in best] == [None, None, "never"]
    assert "look into nobody" in best[30.0].sentence


def test_the_cheapest_threshold_is_among_those_close_and_a_far_one_is_not():
    """Looking into everybody costs 320 more than into the flagged and saves 128."""
    _, looked, *_ = every(by_hand())
    threshold = review_threshold(looked, review_cost=4.0)
    assert threshold.best in threshold.close()
    assert threshold.thresholds.size - 1 not in threshold.close()
    assert (
        "Not clearly dearer, as far as chance goes: every referral."
        in threshold.findings()[0].sentence
    )


def test_without_review_the_loss_is_that_assumed_and_says_so():
    """20 * 27 + 80 * 32 = 3,100 were paid: 0.05 to 0.15 of it, 310 in the middle, 95 % within 162.75 to 457.25."""
    links = by_hand()
    links.rows = links.rows.drop(columns="status")
    between = Assumptions(**REWARDS, admin_cost=2.0, fraud_share=[0.05, 0.15])
    finding = every(links, assumed=between)[3].findings()[0]
    assert finding.estimate == pytest.approx(310, rel=1e-12)
    assert (finding.ci_low, finding.ci_high) == pytest.approx((162.75, 457.25), rel=1e-12)
    assert "if its share is 5.0% to 15.0%: parameter fraud_share alone" in finding.sentence
    one = every(links, assumed=Assumptions(**REWARDS, admin_cost=2.0, fraud_share=0.1))
    finding = one[3].findings()[0]
    assert (finding.estimate, finding.ci_low) == (pytest.approx(310), None)
    shows_itself(one)


def test_administration_not_known_is_named_and_not_counted():
    loss = every(by_hand(), assumed=Assumptions(**REWARDS))[3].findings()[0]
    assert loss.estimate == pytest.approx(20 * 25 * 0.8 + 80 * 30 * 0.05, rel=1e-12)
    assert "parameter admin_cost has no value" in loss.sentence


def test_what_was_paid_for_customers_already_is_summed_over_the_rows():
    """B and C had joined; the referral of B was paid 25 + 5 + 2, that of C nothing."""
    rows = [("A", "B", 50), ("A", "C", 50), ("A", "D", 300)]
    reward = [25.0, 0.0, 25.0]
    links = linked(rows, reward=reward)
    links.rows["reward_referred"] = [5.0, 0.0, 5.0]
    finding = every(links, min_group=1)[3].findings()[1]
    assert finding.estimate == pytest.approx(32, rel=1e-12)


def test_who_looks_into_everybody_knows_everything():
    drawn = world(np.random.default_rng(3), 800, reviewed=1.0)
    found = flag_referrals(drawn.links, PAID)
    looked = review(found)
    loss = expected_loss(looked, PAID).loss()
    truth = found.paid.cost[drawn.fraud].sum()
    assert looked.precision().interval == pytest.approx((drawn.fraud[found.flagged].mean(),) * 2)
    assert looked.recall().interval == pytest.approx((found.flagged[drawn.fraud].mean(),) * 2)
    assert (loss.value, *loss.interval) == pytest.approx((truth,) * 3)
    assert "Every referral was looked into." in looked.findings()[1].sentence


def test_those_looked_into_by_suspicion_are_told_from_a_random_draw():
    rng = np.random.default_rng(8)
    biased = review(flag_referrals(world(rng, 2000, reviewed=0.5, by_suspicion=True).links, PAID))
    fair = review(flag_referrals(world(rng, 2000, reviewed=0.3).links, PAID))
    assert "they are no random draw from all" in biased.findings()[1].sentence
    assert "as in a random draw" in fair.findings()[1].sentence


def test_groups_of_points_keep_flagged_apart_and_hold_enough():
    score = np.repeat([0, 1, 2, 3, 4, 5], [50, 20, 12, 3, 12, 4])
    looked = np.ones(score.size, dtype=bool)
    group = grouped(score, looked, 2)
    points = {g: sorted(set(score[group == g].tolist())) for g in range(group.max() + 1)}
    assert points == {0: [0], 1: [1], 2: [2], 3: [3, 4, 5]}
    assert grouped(score, score == 5, 2).max() == 1  # nobody below was looked into: two groups


# ---- suspects, and what never stands in a report


def test_suspects_by_points_with_reasons_and_without_formulas():
    rows = [("A", "A", 0), ("=cmd()", None, 5), ("A", "B", 11), ("A", "D", 300)]
    found = flags(rows, device=["x", "y", "x", "z"])
    text = suspects_csv(found)
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False)
    names = ["referral_id", "referrer_id", "referred_id", "referred_on", "reasons", "score"]
    assert frame.columns.tolist() == names
    assert frame.score.tolist() == [3, 3, 2]
    assert frame.referral_id.tolist() == ["r0", "r2", "r1"]
    assert frame.referred_on.tolist() == ["2024-01-01", "2024-01-12", "2024-01-06"]
    assert frame.referrer_id[2] == "'=cmd()"
    assert frame.reasons[1] == (
        "the referred had joined before the day of the referral; the device is that of another referral of the "
        "referrer, or the referrer's own"
    )
    assert suspects_csv(flags([("A", "D", 300)])) is None
    assert suspects_csv(flag_referrals(SimpleNamespace(tenure=tenure(), rows=None), PAID)) is None


def test_no_id_of_a_person_or_referral_stands_in_any_figure_table_or_finding(drawn_world):
    results = every(drawn_world.links)
    ids = re.compile(r"\b[CXR]\d{7}\b")
    shown = [str(f.record()) for result in results for f in result.findings()]
    shown += [str(table(shared_things(results[0])).bundle), *map(repr, results)]
    for draw, result in zip(DRAW, results, strict=True):
        shown += [str(figure(draw, result).bundle), str(table(result).bundle)]
        shown += [text for text, _ in words(drawn(draw, result))]
    assert ids.search(suspects_csv(results[0]))
    assert not ids.search("".join(shown))


def test_all_shows_itself_on_a_drawn_world(drawn_world):
    found = shows_itself(every(drawn_world.links))
    assert [f.id for f in found if f.verdict == "refused"] == []


# ---- the world as a whole


def test_rules_find_the_kinds_they_are_made_for(drawn_world, flagged):
    """Rings and bursts are found whole; who leaves no trace has a point at most; of honest referrals under 2 %."""
    share = pd.Series(flagged.flagged).groupby(drawn_world.kind).mean()
    assert share["ring"] == share["burst"] == 1
    assert share["ghost"] == 0
    assert share["real"] < 0.02
    assert 0.5 < share["self"] < 1


def test_points_rank_fraud(reviewed):
    """The share of fraud rises from group to group."""
    shares = reviewed.to_frame().share.tolist()
    assert all(a <= b for a, b in pairwise(shares))
    assert shares[-1] > 0.9


def test_order_of_rows_within_a_day_does_not_matter(drawn_world, flagged):
    rows = drawn_world.rows.sample(frac=1, random_state=2).sort_values("day", kind="stable")
    links = SimpleNamespace(tenure=drawn_world.links.tenure, rows=rows.reset_index(drop=True))
    again = flag_referrals(links, PAID)
    score = pd.Series(flagged.score, index=drawn_world.rows.referral_id)
    assert (pd.Series(again.score, index=links.rows.referral_id) == score[links.rows.referral_id]).all()  # fmt: skip


def test_money_doubled_doubles_the_loss_and_leaves_the_threshold(drawn_world):
    rows = drawn_world.rows.assign(reward_referrer=50.0, reward_referred=10.0)
    twice = SimpleNamespace(tenure=drawn_world.links.tenure, rows=rows)
    one = every(drawn_world.links)
    two = every(twice, review_cost=8.0, assumed=Assumptions(50.0, 10.0, 4.0))
    assert two[3].loss().value == pytest.approx(2 * one[3].loss().value, rel=1e-12)
    assert two[2].findings()[0].estimate == one[2].findings()[0].estimate


def test_the_tables_lead_to_the_same_points(drawn_world, flagged):
    """Through contract, `follow` and `links`, as a run of the study does."""
    con = connect()
    customers, referrals = drawn_world.tables()
    customers = read("customers", customers, con=con)
    people = follow(customers, horizon_months=12, observed_until="2024-12-31")
    found = links(people, customers, read("referrals", referrals, con=con))
    again = flag_referrals(found, PAID)
    assert people.first_day == date(2023, 1, 1)
    assert (found.rows.referral_id == drawn_world.rows.referral_id).all()
    assert (again.score == flagged.score).all()
    assert again.fraud.sum() == flagged.fraud.sum() > 0


def test_sentences_pass_through_the_language():
    """No rule has two points or a name of its own by accident: names differ, signs are known, reasons fill in."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    found = flags([("A", "X", 5)])
    assert all("{" not in found.reason(rule) for rule in RULES)
    assert language.current() == "en"
