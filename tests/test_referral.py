"""The referral study: a table worked by hand, properties, refusals."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retorno import simulate
from retorno.errors import ParameterError, TableError
from retorno.referral import (
    Assumptions,
    account,
    customer_value,
    follow,
    margin_gap,
    programme,
    published_form,
    retention,
)
from retorno.referral.payoff.assumptions import DRAWS
from retorno.referral.tenure import OTHER, REFERRED
from retorno.referral.worth.value import Value
from retorno.stats.student import Student
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)
CUSTOMERS = [  # customer, joined, left, referred, margins; last day 100, horizon 2
    ("R1", 0, None, 1, [10, 12, 0, 0]),
    ("R2", 0, 40, 1, [8, 4]),
    ("R3", 0, 20, 1, [6]),
    ("R4", 0, None, 1, [12, 14, 0, 0]),
    ("O1", 0, None, 0, [5, 6, 0, 0]),
    ("O2", 0, 50, 0, [4, 2]),
    ("O3", 0, 30, 0, [3]),
    ("O4", 0, 60, 0, [8, 4]),
]  # fmt: skip
OPTIONS = {"level": 0.95, "min_group": 2}
HALVES = 4095.0  # a year's rate at which money halves each month: 4096 ** (-1/12) = 1/2


def tables(rows):
    def day(n):
        return None if n is None else DAY0 + timedelta(days=n)

    customers = pd.DataFrame(
        [(name, day(joined), day(left), referred) for name, joined, left, referred, _ in rows],
        columns=["customer_id", "joined_on", "left_on", "referred"],
    )
    margins = pd.DataFrame(
        [(name, month, m) for name, *_, ms in rows for month, m in enumerate(ms, 1)],
        columns=["customer_id", "month", "margin"],
    )
    return customers, margins


def opened(customers, margins=None, *, horizon=2, until=None, **period):
    con = connect()
    if until is not None:
        period["observed_until"] = (DAY0 + timedelta(days=until)).isoformat()
    margins = None if margins is None else read("margins", margins, con=con)
    customers = read("customers", customers, con=con)
    return follow(customers, margins, horizon_months=horizon, **period)


def followed(rows=CUSTOMERS, *, until=100, **options):
    return opened(*tables(rows), until=until, **options)


@pytest.fixture(scope="module")
def by_hand():
    return followed()


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


def test_tenure_by_hand(by_hand):
    """In the order of the ids: O1 to O4, R1 to R4; those still there are followed for 100 days."""
    assert by_hand.days.tolist() == [100, 50, 30, 60, 100, 40, 20, 100]
    assert by_hand.left.tolist() == [False, True, True, True, False, True, True, False]
    assert by_hand.referred.tolist() == [False] * 4 + [True] * 4
    assert [by_hand.present(REFERRED, k) for k in (1, 2, 3, 4, 5)] == [4, 3, 2, 2, 0]
    assert by_hand.month(2)[1].tolist() == [6, 2, 4, 12, 4, 14]


def test_a_month_is_reached_to_the_day():
    """Month 2 starts after 30.4375 days, month 17 after exactly 487: who leaves then has not reached it.

    Who leaves on day 30 has one month, on day 31 two; who is there on day 30 has one, on day 31 two.
    """
    for left, until, months in [(30, 600, 1), (31, 600, 2), (None, 30, 1), (None, 31, 2)]:
        assert followed([("A", 0, left, 1, [1] * months)], until=until).left_out == 0
        with pytest.raises(TableError, match=f"'A' month {months}"):
            followed([("A", 0, left, 1, [1] * (months - 1)), ("B", 0, 1, 0, [1])], until=until)
    assert followed([("A", 0, 487, 1, [1] * 16)], until=600).present(REFERRED, 17) == 0
    assert followed([("A", 0, None, 1, [1] * 17)], until=487).present(REFERRED, 17) == 1
    with pytest.raises(TableError, match="had left: 'A' month 17"):
        followed([("A", 0, 487, 1, [1] * 17)], until=600)


def test_who_leaves_on_the_day_of_joining_has_a_first_month():
    """Value at no discount: all four had month 1 (mean 3), and the one of them who stayed month 2."""
    rows = [(name, 0, 0, 1, [2]) for name in "ABC"] + [("D", 0, None, 1, [6, 8])]
    tenure = followed(rows, until=40)
    assert tenure.present(REFERRED, 1) == 4
    value = customer_value(followed([*rows, ("E", 0, None, 1, [3, 4])], until=40),
                           annual_discount_rate=0.0, **OPTIONS)  # fmt: skip
    # Month 1: (2 + 2 + 2 + 6 + 3) / 5 = 3. Month 2: 2/5 still there, mean 6, 2.4.
    assert value.groups[REFERRED].value == pytest.approx(5.4, rel=1e-12)


def test_margin_gap_by_hand(by_hand):
    """Month 1: referred 10, 8, 6, 12, mean 9; others 5, 4, 3, 8, mean 5; the gap is 4.

    Variances 20/3 and 14/3, so se**2 = 5/3 + 7/6 = 17/6 and df = (17/6)**2 / ((5/3)**2/3 + (7/6)**2/3).
    """
    found = estimates(margin_gap(by_hand, **OPTIONS))
    first = found["margin_gap.month_1"]
    df = (17 / 6) ** 2 / ((5 / 3) ** 2 / 3 + (7 / 6) ** 2 / 3)
    half = stats.t.ppf(0.975, df) * np.sqrt(17 / 6)
    assert first.estimate == pytest.approx(4, rel=1e-12)
    assert (first.ci_low, first.ci_high) == pytest.approx((4 - half, 4 + half), rel=1e-9)
    assert (first.unit, first.n) == ("EUR per customer and month", 8)
    twelfth = found["margin_gap.month_12"]
    assert (twelfth.verdict, twelfth.n) == ("refused", 0)
    assert "present in month 12: 0; at least 2" in twelfth.sentence


def test_margins_by_month_by_hand(by_hand):
    """Month 2 has R1, R2, R4 (12, 4, 14) and O1, O2, O4 (6, 2, 4): means 10 and 4."""
    frame = margin_gap(by_hand, **OPTIONS).to_frame()
    assert frame.month.tolist() == [1, 2]
    assert frame.referred_margin.tolist() == pytest.approx([9, 10], rel=1e-12)
    assert frame.other_margin.tolist() == pytest.approx([5, 4], rel=1e-12)
    half = stats.t.ppf(0.975, 2) * np.std([12, 4, 14], ddof=1) / np.sqrt(3)
    assert frame.referred_ci_high[1] == pytest.approx(10 + half, rel=1e-9)


def test_retention_by_hand(by_hand):
    """Beyond 60.875 days: referred 3/4 * 2/3 = 1/2; others 3/4 * 2/3 * 1/2 = 1/4.

    Greenwood of the referred 1/12 + 1/6 = 1/4: interval 0.5 ** exp(-+ z 0.5 / log 2).
    """
    found = estimates(retention(by_hand, **OPTIONS))
    assert found["retention.referred"].estimate == pytest.approx(1 / 2, rel=1e-12)
    assert found["retention.other"].estimate == pytest.approx(1 / 4, rel=1e-12)
    power = stats.norm.ppf(0.975) * 0.5 / np.log(2)
    low, high = 0.5 ** np.exp(power), 0.5 ** np.exp(-power)
    interval = found["retention.referred"].ci_low, found["retention.referred"].ci_high
    assert interval == pytest.approx((low, high), rel=1e-9)
    ratio = found["retention.hazard_ratio"]
    assert 0 < ratio.ci_low < ratio.estimate < 1 < ratio.ci_high
    assert "50.0% against 25.0%" in ratio.sentence
    assert "25.0 points" in ratio.sentence


def test_value_gap_by_hand(by_hand):
    """Money halves each month. V of the referred: 9/2 + 3/4 * 10/4 = 6.375; of others: 5/2 + 3/4 * 4/4 = 3.25.

    What R1 to R4 add to the error. Month 1, (margin - 9)/8: 1/8, -1/8, -3/8, 3/8. Month 2, 3/4 * 1/4 / 3 *
    (margin - 10): 1/8, -3/8, 0, 1/4. Staying, 10/4 times 1/16 each and -3/16 of R3, who left before it: 5/32 and
    -15/32. In 32nds: 13, -11, -27, 25; squares 1644/1024, times 4/3: 2.140625. Others, in 16ths: 3, -3, -7, 7;
    squares 116/256, times 4/3: 29/48.
    """
    value = customer_value(by_hand, annual_discount_rate=HALVES, **OPTIONS)
    assert value.groups[REFERRED].value == pytest.approx(6.375, rel=1e-12)
    assert value.groups[OTHER].value == pytest.approx(3.25, rel=1e-12)
    assert value.groups[REFERRED].se ** 2 == pytest.approx(2.140625, rel=1e-12)
    assert value.groups[OTHER].se ** 2 == pytest.approx(29 / 48, rel=1e-12)
    gap = estimates(value)["value_gap"]
    half = stats.t.ppf(0.975, 3) * np.sqrt(2.140625 + 29 / 48)
    assert gap.estimate == pytest.approx(3.125, rel=1e-12)
    assert (gap.ci_low, gap.ci_high) == pytest.approx((3.125 - half, 3.125 + half), rel=1e-9)


def worth(referred, other, se=1.0, df=1e9):
    """A value of both groups as given, so that a programme can be worked by hand."""
    groups = {REFERRED: Student(referred, se, df), OTHER: Student(other, se, df)}
    return Value(groups, {REFERRED: 90, OTHER: 90}, {REFERRED: 60, OTHER: 60}, 36, 0.1, "EUR", 0.95, 5)  # fmt: skip


KNOWN = Assumptions(
    reward_referrer=25.0,
    reward_referred=5.0,
    admin_cost=2.0,
    acquisition_cost=20.0,
    type_one_share=0.5,
    fraud_share=0.2,
)


def returns(value, assumptions):
    return programme(value, assumptions, rng=np.random.default_rng(1))


def test_the_published_form_by_hand():
    """EUR 40 of gap for a reward of EUR 25: 60 %; the interval 40 -+ 1.96 sqrt(2) over 25, less 1."""
    found = estimates(published_form(worth(290, 250), reward_referrer=25.0))["roi.published_form"]
    assert found.estimate == pytest.approx(0.6, rel=1e-12)
    half = stats.norm.ppf(0.975) * np.sqrt(2) / 25
    assert (found.ci_low, found.ci_high) == pytest.approx((0.6 - half, 0.6 + half), rel=1e-6)
    assert "60.0%" in found.sentence
    refused = estimates(published_form(worth(290, 250), reward_referrer=0.0))["roi.published_form"]
    assert (refused.verdict, refused.estimate) == ("refused", None)


def test_the_return_by_hand():
    """V 100, A 20, p 1/2, f 1/5: brings 4/5 (50 + 10) = 48 and costs 25 + 5 + 2 = 32; 48/32 - 1 = 1/2.

    Each unit of V moves the return by 4/5 * 1/2 / 32 = 1/80, so its interval is 1/2 -+ 1.96 / 80.
    Break-even reward 48 - 5 - 2 = 41. Break-even share (32/0.8 - 20) / (100 - 20) = 1/4.
    """
    found = estimates(returns(worth(100, 90), KNOWN))
    z = stats.norm.ppf(0.975)
    assert found["roi"].estimate == pytest.approx(0.5, rel=1e-12)
    assert found["roi"].ci_low == pytest.approx(0.5 - z / 80, rel=1e-6)
    assert found["roi"].verdict == "above"
    assert "brings €48.00 and costs €32.00" in found["roi"].sentence
    assert found["break_even.reward"].estimate == pytest.approx(41, rel=1e-12)
    assert found["break_even.reward"].ci_high == pytest.approx(41 + 0.4 * z, rel=1e-6)
    assert found["break_even.reward"].unit == "EUR per referral"
    assert found["break_even.type_one"].estimate == pytest.approx(0.25, rel=1e-12)
    assert found["break_even.type_one"].ci_low == pytest.approx(20 / (80 + z), rel=1e-6)
    assert "more than 25.0%" in found["break_even.type_one"].sentence


def test_the_probability_of_a_return_above_zero_by_hand():
    """The return is zero at V = 60; with V 100 and an error of 40 that is one error off: 0.8413 of a normal.

    Tolerance: four standard errors of a share of 100,000 draws.
    """
    share = estimates(returns(worth(100, 90, se=40), KNOWN))["roi.probability_positive"]
    expected = stats.norm.cdf(1)
    assert share.estimate == pytest.approx(
        expected, abs=4 * np.sqrt(expected * (1 - expected) / DRAWS)
    )
    assert (share.ci_low, share.level) == (None, None)


def test_a_range_widens_the_return_and_leaves_its_middle():
    """With V all but certain the return is 2p - 1/2; p uniform from 0.3 to 0.7 has its middle 95 % in 0.31 to 0.69.

    So the interval is 0.12 to 0.88; a quantile of 100,000 draws errs by 2 * 0.4 sqrt(0.025 * 0.975 / 100,000).
    """
    found = estimates(returns(worth(100, 90, se=1e-9), replace(KNOWN, type_one_share=[0.3, 0.7])))
    assert found["roi"].estimate == pytest.approx(0.5, rel=1e-12)
    error = 4 * 0.8 * np.sqrt(0.025 * 0.975 / DRAWS)
    assert found["roi"].ci_low == pytest.approx(0.12, abs=error)
    assert found["roi"].ci_high == pytest.approx(0.88, abs=error)
    assert "type_one_share" in found["roi"].sentence
    # Which share breaks even does not hang on which is assumed: its interval stays that of V.
    certain = found["break_even.type_one"]
    assert certain.ci_high - certain.ci_low == pytest.approx(0, abs=1e-9)


def test_a_range_of_fraud_moves_what_breaks_even():
    """f uniform from 0 to 0.4: 32/(1 - f) from 32 to 53.3, so the share from 0.15 to 0.417; at the middle 1/4."""
    found = estimates(returns(worth(100, 90, se=1e-9), replace(KNOWN, fraud_share=[0.0, 0.4])))
    share = found["break_even.type_one"]
    assert share.estimate == pytest.approx(0.25, rel=1e-12)
    low, high = ((32 / (1 - f) - 20) / 80 for f in (0.01, 0.39))
    assert share.ci_low == pytest.approx(low, abs=0.002)
    assert share.ci_high == pytest.approx(high, abs=0.002)


@pytest.mark.parametrize(
    ("value", "saved", "verdict", "words"),
    [
        (100.0, 20.0, "share", "more than 25.0%"),
        (30.0, 20.0, "never", "never pays"),
        (100.0, 60.0, "always", "always pays"),
        (20.0, 100.0, "share", "fewer than 75.0%"),
        (20.0, 30.0, "never", "never pays"),
        (60.0, 100.0, "always", "always pays"),
    ],
)
def test_never_always_or_from_which_share_on(value, saved, verdict, words):
    """It takes 32/0.8 = 40 on average from a real referred customer: V and A on one side of it, or on both."""
    found = estimates(returns(worth(value, 10), replace(KNOWN, acquisition_cost=saved)))
    found = found["break_even.type_one"]
    assert found.verdict == verdict
    assert words in found.sentence
    assert (0 <= found.estimate <= 1) == (verdict == "share")


def test_a_value_that_cannot_be_told_from_the_cost_saved_gives_no_break_even_share():
    found = estimates(returns(worth(21, 10), KNOWN))["break_even.type_one"]
    assert (found.verdict, found.estimate) == ("refused", None)
    assert "acquisition_cost" in found.sentence


def test_a_negative_break_even_reward_says_so():
    """f = 0.9: brings 6, less 7 of other cost is -1."""
    found = estimates(returns(worth(100, 90), replace(KNOWN, fraud_share=0.9)))["break_even.reward"]
    assert found.estimate == pytest.approx(-1, rel=1e-9)
    assert "Even without a reward" in found.sentence


def test_what_is_not_known_is_refused_by_name():
    bare = Assumptions(reward_referrer=25.0, reward_referred=0.0)
    found = estimates(returns(worth(100, 90), bare))
    assert {f.verdict for f in found.values()} == {"refused"}
    for name in ("type_one_share", "acquisition_cost", "fraud_share", "admin_cost"):
        assert name in found["roi"].sentence
    assert "type_one_share" not in found["break_even.type_one"].sentence
    # Who would have come anyway need not be known for the share that breaks even.
    found = estimates(returns(worth(100, 90), replace(KNOWN, type_one_share=None)))
    assert found["roi"].verdict == "refused"
    assert found["break_even.type_one"].estimate == pytest.approx(0.25, rel=1e-12)


def test_no_cost_has_no_return():
    free = replace(KNOWN, reward_referrer=0.0, reward_referred=0.0, admin_cost=0.0)
    found = estimates(returns(worth(100, 90), free))
    assert found["roi"].verdict == "refused"
    assert found["break_even.reward"].estimate == pytest.approx(48, rel=1e-12)


def test_nobody_brought_by_the_programme_leaves_the_cost_saved():
    """Type-one share 0: (1 - f) A / C - 1 = 0.8 * 20 / 32 - 1 = -1/2, whatever V is."""
    found = estimates(returns(worth(1e6, 90), replace(KNOWN, type_one_share=0.0)))["roi"]
    assert found.estimate == pytest.approx(-0.5, rel=1e-12)
    assert found.verdict == "below"


def test_the_account_by_hand():
    """Gap 10, less 25; the others' 90; anyway 60 - 100 = -40; fraud -12; -5; -2; left 48 - 32 = 16."""
    found = account(returns(worth(100, 90), KNOWN))
    changes = {s.name: s.change for s in found.steps}
    assert changes["published"] is changes["left"] is None
    names = ("gap", "reward", "whole", "anyway", "fraud", "receiver", "admin")
    assert [changes[n] for n in names] == pytest.approx([10, -25, 90, -40, -12, -5, -2], rel=1e-12)
    totals = {s.name: s.total for s in found.steps}
    assert totals["published"] == pytest.approx(-15, rel=1e-12)
    assert totals["left"] == pytest.approx(16, rel=1e-12)
    bare = account(returns(worth(100, 90), Assumptions(reward_referrer=25.0, reward_referred=0.0)))
    assert bare.steps == ()
    assert "type_one_share" in bare.caption()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type_one_share": 1.5}, "type_one_share: wanted a share from 0 to 1"),
        ({"type_one_share": [0.5, 0.2]}, "type_one_share"),
        ({"type_one_share": [0.5]}, "type_one_share"),
        ({"fraud_share": ["a", "b"]}, "fraud_share"),
        ({"fraud_share": -0.1}, "fraud_share"),
        ({"admin_cost": -1.0}, "admin_cost: money paid or saved"),
        ({"reward_referrer": float("nan")}, "reward_referrer"),
    ],
)
def test_impossible_assumptions_are_refused(change, message):
    with pytest.raises(ParameterError, match=message):
        replace(KNOWN, **change)


@pytest.fixture(scope="module")
def drawn():
    return simulate.simulate("referral", "pays", 600, seed=11)


def all_values(customers, margins, assumptions=KNOWN, **options):
    tenure = opened(customers, margins, horizon=24)
    value = customer_value(tenure, annual_discount_rate=0.1)
    results = [
        margin_gap(tenure),
        retention(tenure),
        value,
        published_form(value, reward_referrer=assumptions.reward_referrer),
        returns(value, assumptions),
    ]
    return {f.id: f for result in results for f in result.findings()}


def test_swapping_the_groups_flips_every_gap(drawn):
    """Differences change sign, ratios turn over (to the accuracy of Cox's iterations), shares change places."""
    one = all_values(drawn.customers, drawn.margins)
    swapped = drawn.customers.assign(referred=1 - drawn.customers.referred)
    other = all_values(swapped, drawn.margins)
    for name in ("margin_gap.month_1", "margin_gap.month_12", "value_gap"):
        assert other[name].estimate == pytest.approx(-one[name].estimate, rel=1e-9)
        assert other[name].ci_low == pytest.approx(-one[name].ci_high, rel=1e-9)
    assert other["retention.referred"].estimate == one["retention.other"].estimate
    product = one["retention.hazard_ratio"].estimate * other["retention.hazard_ratio"].estimate
    assert product == pytest.approx(1, rel=1e-6)


def test_doubling_all_money_doubles_value_and_leaves_the_return(drawn):
    doubled = drawn.margins.assign(margin=2 * drawn.margins.margin)
    costs = ("reward_referrer", "reward_referred", "admin_cost", "acquisition_cost")
    twice = replace(KNOWN, **{name: 2 * getattr(KNOWN, name) for name in costs})
    one = all_values(drawn.customers, drawn.margins)
    other = all_values(drawn.customers, doubled, twice)
    stated = {name: finding for name, finding in one.items() if finding.verdict != "refused"}
    assert set(one) - set(stated) == {"roi.value_of_information"}  # nothing is left to find out
    for name, finding in stated.items():
        factor = 2 if finding.unit.startswith("EUR") else 1
        assert other[name].estimate == pytest.approx(factor * finding.estimate, rel=1e-9), name


def test_all_referred_or_none_is_refused_and_says_so(drawn):
    """Nobody to compare with: every comparison is refused; what needs one group alone stands."""
    everybody = all_values(drawn.customers.assign(referred=1), drawn.margins)
    compared = {"margin_gap.month_1", "margin_gap.month_12", "retention.other", "retention.hazard_ratio",
                "retention.log_rank_p", "value_gap", "value_gap.percent", "roi.published_form"}  # fmt: skip
    compared |= {
        "roi.value_of_information"
    }  # nothing is left to find out of a share that is one number
    assert {i for i, f in everybody.items() if f.verdict == "refused"} == compared
    assert '"Other"' in everybody["value_gap"].sentence
    nobody = all_values(drawn.customers.assign(referred=0), drawn.margins)
    assert {i for i, f in nobody.items() if f.verdict != "refused"} == {"retention.other"}
    assert '"Referred"' in nobody["roi"].sentence


def test_months_beyond_the_data_are_refused_with_the_count(by_hand):
    """Nobody was followed for 5 months: 100 days are 3.3; two of each group are there in month 3."""
    long = followed(horizon=5)
    found = estimates(customer_value(long, annual_discount_rate=0.1, **OPTIONS))["value_gap"]
    assert (found.verdict, found.estimate) == ("refused", None)
    assert "present at the start of month 5, of 4 in the group" in found.sentence
    assert ": 0; at least 2" in found.sentence
    share = estimates(retention(long, **OPTIONS))["retention.referred"]
    assert share.verdict == "refused"
    assert "joined at least 5 months before" in share.sentence


def test_same_margins_and_nobody_leaving_say_nothing_of_chance():
    rows = [(name, 0, None, int(name < "C"), [3, 3]) for name in "ABCD"]
    tenure = followed(rows, until=40)
    found = estimates(margin_gap(tenure, **OPTIONS)) | estimates(
        customer_value(tenure, annual_discount_rate=0.1, **OPTIONS)
    )
    assert found["margin_gap.month_1"].verdict == found["value_gap"].verdict == "refused"
    ratio = estimates(retention(tenure, **OPTIONS))["retention.hazard_ratio"]
    assert "who left: 0; at least 2" in ratio.sentence


def test_customers_without_margins_still_say_how_long_they_stay():
    tenure = opened(tables(CUSTOMERS)[0], until=100)
    assert tenure.panel is None
    assert estimates(retention(tenure, **OPTIONS))["retention.other"].estimate == pytest.approx(
        0.25
    )


def test_the_days_observed_cut_the_data_and_say_so():
    """Until day 35: R1 has months 1 and 2, O2 has not left; N joined on day 36."""
    cut = followed([*CUSTOMERS, ("N", 36, None, 0, [1, 1, 1])], until=35)
    assert (cut.left_out, cut.days.max()) == (1, 35)
    # Months 3 and 4 of R1, R4 and O1, and all three of N.
    assert cut.rows_left_out == 9
    assert cut.left.sum() == 2
    assert "1 customer who left before or joined after" in cut.table_caption()
    assert "9 rows of margins" in cut.table_caption()


def test_who_joined_before_the_first_day_comes_into_sight_late():
    """Observed from day 31: of eight who joined on day 0, R3 (left on day 20) and O3 (on day 30) were gone.

    The other six enter 31 days after joining; their months 1 and 2 start before that (after 0 and 30.4375 days), so R1
    keeps months 3 and 4, and the rows left out are all but those of R1, R4, O1 (3, 4) and N (1, 2, 3): 6 + 3 stay.
    Who leaves on the first day itself is not seen: O3 with the days observed from day 30.
    """
    rows = [*CUSTOMERS, ("N", 36, None, 0, [1, 1, 1])]
    late = followed(rows, until=100, observed_from="2024-02-01")
    assert late.ids.tolist() == ["N", "O1", "O2", "O4", "R1", "R2", "R4"]
    assert late.entry.tolist() == [0, 31, 31, 31, 31, 31, 31]
    assert late.joined.tolist() == [5, -31, -31, -31, -31, -31, -31]
    assert (late.left_out, late.late) == (2, 6)
    assert late.month(2)[0].tolist() == [0]
    assert [late.present(OTHER, k) for k in (1, 2, 3)] == [1, 1, 2]
    assert late.rows_left_out == 20 + 3 - 9
    assert "6 of them joined earlier" in late.table_caption()
    assert "O3" not in followed(rows, until=100, observed_from="2024-01-31").ids


def test_covariates_come_in_the_order_of_positions_whatever_they_are_called():
    """A column may be called as one of ours; ids and dates are no covariates."""
    customers, margins = tables(CUSTOMERS)
    customers = customers.assign(position=range(8), days=list("abcdefgh"))
    tenure = opened(customers, margins, until=100)
    assert tenure.covariates(["days"]).days.tolist() == list("efghabcd")
    assert tenure.covariates(["position"]).position.tolist() == [4, 5, 6, 7, 0, 1, 2, 3]
    with pytest.raises(ParameterError, match="no column 'joined_on' that could be one"):
        tenure.covariates(["joined_on"])


def test_without_a_last_day_the_latest_month_with_a_row_gives_it():
    """R1, there since day 0, has a row for month 4, which starts after 91.3125 days: day 92 is in the data."""
    tenure = opened(*tables(CUSTOMERS))
    assert tenure.last_day == DAY0 + timedelta(days=92)
    assert tenure.first_day == DAY0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, m: (c[c.customer_id != "R2"], m), "margins: 1 customer is not in `customers`: 'R2'"),
        (lambda c, m: (c, m[m.month != 2]), r"6 customers have no row .*'O1' month 2.* and 1 more"),
        (lambda c, m: (c, m[m.customer_id != "O3"]), "1 customer has no row .*'O3' month 1"),
        (
            lambda c, m: (c, pd.concat([m, pd.DataFrame([("O3", 2, 1)], columns=m.columns)])),
            "1 row is for a month .*'O3' month 2",
        ),
    ],
)  # fmt: skip
def test_a_panel_that_does_not_fit_is_refused_with_counts(change, message):
    with pytest.raises(TableError, match=message):
        opened(*change(*tables(CUSTOMERS)), until=100)


def test_impossible_parameters_are_refused(by_hand):
    with pytest.raises(ParameterError, match="horizon_months: wanted a whole number of months"):
        followed(horizon=0)
    with pytest.raises(ParameterError, match="annual_discount_rate"):
        customer_value(by_hand, annual_discount_rate=-1.0)
    with pytest.raises(ParameterError, match="observed_until: wanted a date"):
        followed(until=None, observed_until="soon")
    with pytest.raises(ParameterError, match="lies after the last"):
        followed(observed_from="2025-01-01")
    with pytest.raises(TableError, match="customers: this table is needed"):
        follow(None, None, horizon_months=2)
