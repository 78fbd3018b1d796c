"""Value, return and their uncertainty in the referral study: by hand, by simulation of single referrals, refusals."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats
from test_referral import (
    CUSTOMERS,
    HALVES,
    KNOWN,
    OPTIONS,
    estimates,
    followed,
    opened,
    returns,
    tables,
    worth,
)

from retorno.errors import ParameterError, TableError
from retorno.figures.referral.account import account as draw_account
from retorno.figures.referral.over_type_one import over_type_one as draw_over_type_one
from retorno.figures.referral.sensitivity import sensitivity as draw_sensitivity
from retorno.referral import Assumptions, account, customer_value, margin_gap, published_form
from retorno.referral.links import Links
from retorno.referral.payoff.assumptions import DRAWS
from retorno.referral.payoff.over_type_one import over_type_one
from retorno.referral.payoff.sensitivity import sensitivity
from retorno.referral.payoff.type_one import Experiment, Survey, type_one
from retorno.referral.tenure import MONTH_DAYS, OTHER, REFERRED
from retorno.referral.worth.discounted import discounted_values, tail_of
from retorno.referral.worth.horizon import value_by_horizon
from retorno.referral.worth.percent import percent_apart
from retorno.referral.worth.value import apart
from retorno.stats.student import Student


def world(n=400, *, hazard=0.03, margins=(10.0, 8.0), days=700, joining=200, seed=1):
    """Rows of customers who leave at one pace and earn one mean margin; the first half are referred."""
    rng = np.random.default_rng(seed)
    joined, lifetime = (
        rng.integers(0, joining, n),
        rng.geometric(1 - (1 - hazard) ** (1 / MONTH_DAYS), n),
    )
    rows = []
    for i in range(n):
        left = int(joined[i] + lifetime[i])
        stayed = min(left, days) - joined[i]
        months = int(np.ceil(stayed / MONTH_DAYS)) if left <= days else int(stayed / MONTH_DAYS) + 1
        referred = int(i < n // 2)
        earned = rng.normal(margins[1 - referred], 4.0, max(months, 1)).round(2)
        rows.append(
            (f"C{i:05d}", int(joined[i]), left if left <= days else None, referred, list(earned))
        )
    return rows


@cache
def seen(horizon):
    """Return how long the customers of a world were followed, over so many months, observed for 700 days."""
    return followed(world(), until=700, horizon=horizon)


def valued(horizon, **options):
    shown = {"annual_discount_rate": 0.1, "min_group": 5} | options
    return customer_value(seen(horizon), **shown)


# The gap in per cent


def test_the_gap_over_the_others_value_by_hand():
    """6.375 and 3.25: 3.125 / 3.25. Fieller's bounds of the ratio are where (6.375 - x 3.25)^2 = t^2 var of it.

    Variances 2.140625 and 29/48, t with 3 degrees of freedom; one is taken off both ends.
    """
    value = customer_value(followed(), annual_discount_rate=HALVES, **OPTIONS)
    found = estimates(value)["value_gap.percent"]
    t2 = stats.t.ppf(0.975, 3) ** 2
    parts = [3.25**2 - t2 * 29 / 48, -2 * 6.375 * 3.25, 6.375**2 - t2 * 2.140625]
    low, high = sorted(np.roots(parts))
    assert found.estimate == pytest.approx(3.125 / 3.25, rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx((low - 1, high - 1), rel=1e-9)
    assert found.unit.startswith("share")


def test_the_gap_in_per_cent_is_clear_of_zero_exactly_when_that_in_money_is():
    rng = np.random.default_rng(5)
    for _ in range(200):
        one, two = (
            Student(v, 5.0, d) for v, d in zip(rng.uniform(80, 120, 2), (40, 60), strict=True)
        )
        share, gap = percent_apart(one, two, level=0.95), apart(one, two).at(0.95)
        assert (share.ci_low > 0) == (gap.ci_low > 0)
        assert (share.ci_high < 0) == (gap.ci_high < 0)


def test_the_sentence_of_the_gap_in_per_cent_takes_its_side_from_the_interval():
    words = [
        (150, "50.0% more than another"),
        (50, "50.0% less than another"),
        (101, "holds zero"),
    ]
    for referred, text in words:
        found = estimates(worth(referred, 100, se=1.0))["value_gap.percent"]
        assert text in found.sentence


def test_no_percentage_of_a_value_that_is_not_clear_of_zero():
    for other in (1.0, -50.0):
        found = estimates(worth(100, other))["value_gap.percent"]
        assert (found.verdict, found.estimate) == ("refused", None)
        assert "not clear of zero" in found.sentence


# The value by the months counted


def test_customers_joined_by_referrals_count_as_one_family():
    """Nobody linked: the errors of customers taken one by one. Every two others linked, and those alike: larger.

    The 200 others are 100 pairs with one level each, so that the error of their value is about sqrt(2) times as large.
    """
    rng = np.random.default_rng(8)
    level = np.repeat(rng.normal(10, 4, 100), 2)
    rows = [(f"O{i:03d}", 0, None, 0, [level[i]] * 4) for i in range(200)]
    rows += [(f"R{i:03d}", 0, None, 1, list(rng.normal(12, 4, 1)) * 4) for i in range(50)]
    tenure = followed(rows, until=100)
    nobody = Links(tenure, np.full(250, -1), np.zeros(250, int), None, {})
    alone, apart_ = (
        customer_value(tenure, each, annual_discount_rate=0.1) for each in (None, nobody)
    )
    for group in (REFERRED, OTHER):
        assert apart_.groups[group].se == pytest.approx(alone.groups[group].se, rel=1e-12)
        assert apart_.groups[group].df == pytest.approx(alone.groups[group].df, rel=1e-12)
    pairs = np.where((np.arange(250) % 2 == 1) & (np.arange(250) < 200), np.arange(250) - 1, -1)
    linked = customer_value(tenure, replace(nobody, referrer=pairs), annual_discount_rate=0.1)
    assert linked.groups[OTHER].value == pytest.approx(alone.groups[OTHER].value, rel=1e-12)
    wider = linked.groups[OTHER].se / alone.groups[OTHER].se
    assert wider == pytest.approx(np.sqrt(2), rel=0.02)
    assert "by family" in estimates(linked)["value_gap"].method


def test_what_is_shared_by_families_in_both_groups_leaves_the_gap_alone():
    """Each other customer brought one of the same level who earns 3 more: the gap is 3 a month without error."""
    rng = np.random.default_rng(9)
    level = rng.normal(10, 5, 60)
    rows = [(f"O{i:02d}", 0, None, 0, [level[i]] * 4) for i in range(60)]
    rows += [(f"R{i:02d}", 0, None, 1, [level[i] + 3 + rng.normal(0, 0.01)] * 4) for i in range(60)]
    tenure = followed(rows, until=100)
    referrer = np.append(np.full(60, -1), np.arange(60))
    both = Links(tenure, referrer, np.zeros(120, int), None, {})
    gap = margin_gap(tenure, both).months[0].gap
    assert (gap.value, gap.se) == pytest.approx((3, 0), abs=0.01)
    assert margin_gap(tenure).months[0].gap.se > 0.5
    assert customer_value(tenure, both, annual_discount_rate=0.1).gap.se < 0.01
    assert "one family" in margin_gap(tenure, both).caption()


def test_each_horizon_of_the_table_is_the_value_with_that_horizon():
    """12 and the horizon of 18 months, once in one table and once each by itself; every error, too."""
    table = value_by_horizon(valued(18))
    frame = table.to_frame()
    assert frame.months.tolist() == [12, 18]
    for row in frame.itertuples():
        alone = estimates(valued(row.months))
        gap, share = alone["value_gap"], alone["value_gap.percent"]
        assert (row.gap, row.ci_low, row.ci_high) == pytest.approx(
            (gap.estimate, gap.ci_low, gap.ci_high), rel=1e-12
        )
        assert row.percent == pytest.approx(share.estimate, rel=1e-12)
        assert row.referred - row.other == pytest.approx(row.gap, rel=1e-12)
    assert "the first 12 bring" in table.table_caption()
    assert "extrapolated" not in table.columns()


def test_what_can_be_stated_stands_in_the_table_though_the_horizon_is_refused():
    """700 days are 23 months: over 36 months nothing is stated, over 12 it is."""
    value = valued(36)
    refused = estimates(value)["value_gap"]
    assert refused.verdict == "refused"
    assert "unless extrapolate is true" in refused.sentence
    assert value_by_horizon(value).to_frame().months.tolist() == [12]
    assert (
        estimates(published_form(value, reward_referrer=25.0))["roi.published_form"].verdict
        == "refused"
    )
    nothing = value_by_horizon(
        customer_value(followed(horizon=5), annual_discount_rate=0.1, **OPTIONS)
    )
    assert nothing.to_frame().empty
    assert "present at the start of month 5" in nothing.table_caption()


# Months beyond the data


def arrays(rows, days=700):
    """Return days, left, and (who, margin) of each month of `rows`, without the study's own tables."""
    joined = np.array([r[1] for r in rows])
    ends = np.array([days + 1 if r[2] is None else r[2] for r in rows])
    left = ends <= days
    return np.where(left, ends, days) - joined, left, months_of([r[4] for r in rows])


def months_of(margins):
    last = max(map(len, margins))
    return [
        (
            np.array([i for i, m in enumerate(margins) if len(m) > k]),
            np.array([m[k] for m in margins if len(m) > k]),
        )
        for k in range(last)
    ]


def test_months_beyond_the_data_by_hand():
    """Of 20 customers seen for 400 days 5 leave, on days 30, 90, 150, 210, 270; odd months earn 2, even ones 4.

    Month 14 starts on day 395.7, so months 3 to 14 are the window: from day 60 (60.9) on, 340 days of each of the 15
    who stay and 30, 90, 150, 210 of the four who leave in it: 15 * 340 + 480 = 5580.
    """
    leave = [30, 90, 150, 210, 270]
    days, left = np.array(leave + [400] * 15), np.array([True] * 5 + [False] * 15)
    reached = [int(np.ceil(d / MONTH_DAYS)) for d in leave] + [14] * 15
    rows = months_of([[2.0 + 2.0 * (k % 2) for k in range(r)] for r in reached])
    tail = tail_of(days, left, rows, entry=np.zeros(20, dtype=int))
    assert (tail.last, tail.left, tail.days) == (14, 4, 15 * 340 + 30 + 90 + 150 + 210)
    seen = [2.0 + 2.0 * (k % 2) for r in reached for k in range(2, r)]
    assert tail.margin == pytest.approx(np.mean(seen), rel=1e-12)
    found = discounted_values(days, left, rows, annual_discount_rate=0.2, horizons=[14, 16])
    # Of 20, 15 are there when month 14 starts (day 395); months 15 and 16 start on days 426 and 456.
    stay = 1 - 4 / tail.days
    later = [0.75 * stay**d * tail.margin * 1.2 ** (-k / 12) for d, k in ((31, 15), (61, 16))]
    assert found[16].value - found[14].value == pytest.approx(sum(later), rel=1e-12)


def test_the_error_beyond_the_data_is_the_spread_of_what_each_customer_changes():
    """Among 60 copies of every customer, one copy more of one moves the value by its influence over their number.

    To first order, so 1 part in 100; the squares, over n (n - 1), are the variance.
    """
    rows = world(80, days=500, joining=60, hazard=0.06, seed=4)
    days, left, _ = arrays(rows, 500)
    levels = np.random.default_rng(6).uniform(0, 3, 80)  # so that margins carry much of the error
    copies, margins = 60, [np.array(r[4]) * level for r, level in zip(rows, levels, strict=True)]
    last = int(sum(sum(len(m) > k for m in margins) >= 5 for k in range(40)))
    options = {"annual_discount_rate": 0.1, "horizons": [30]}

    def value(extra=None):
        order = np.tile(np.arange(80), copies)
        order = order if extra is None else np.append(order, extra)
        months = [
            (np.flatnonzero(np.isin(order, who)), spread[order[np.isin(order, who)]])
            for who, margin in months_of(margins)[:last]
            for spread in [np.bincount(who, margin, minlength=80)]
        ]
        return discounted_values(days[order], left[order], months, **options)[30].value

    base = value()
    moves = np.array([value(extra) - base for extra in range(80)]) * (80 * copies + 1)
    alone = discounted_values(days, left, months_of(margins)[:last], **options)[30]
    assert alone.se == pytest.approx(np.sqrt((moves**2).sum() / (80 * 79)), rel=0.01)


def test_extrapolated_months_are_stated_with_their_number_and_share():
    """36 months of which about 23 are seen; the share is what the value up to the last month seen leaves."""
    value = valued(36, extrapolate=True)
    gap = estimates(value)["value_gap"]
    assert gap.estimate is not None
    for group, name in ((REFERRED, "Referred"), (OTHER, "Other")):
        last = value.tails[group].last
        share = 1 - value.course[group][last].value / value.groups[group].value
        assert f"{name}, {36 - last} of 36 months, {100 * share:.1f}% of the value" in gap.sentence
    assert "last 12 months" in gap.sentence
    assert (
        "Extrapolated beyond the data: Referred" in estimates(returns(value, KNOWN))["roi"].sentence
    )
    frame = value_by_horizon(value).to_frame()
    assert frame.months.tolist() == [12, 24, 36]
    assert frame.extrapolated.tolist() == [0, 24 - frame_last(value), 36 - frame_last(value)]
    assert "extrapolated" in value_by_horizon(value).columns()


def frame_last(value):
    return min(tail.last for tail in value.tails.values())


def test_where_the_data_reach_the_horizon_nothing_is_extrapolated():
    one, other = valued(15), valued(15, extrapolate=True)
    assert other.tails == {}
    assert other.gap == one.gap
    assert estimates(other)["value_gap"].sentence == estimates(one)["value_gap"].sentence


def test_extrapolation_is_refused_from_too_few_months_or_leavers():
    short = world(60, days=300, joining=30, seed=2)
    tenure = followed(short, until=300, horizon=24)
    found = estimates(customer_value(tenure, annual_discount_rate=0.1, extrapolate=True))
    assert found["value_gap"].verdict == "refused"
    assert "at least 12 such months are needed to extrapolate from" in found["value_gap"].sentence
    stay = [(*row[:2], None, row[3], [8.0, 9.0] * 8) for row in world(40, joining=1, days=470)]
    tenure = followed(stay, until=470, horizon=24)
    found = estimates(customer_value(tenure, annual_discount_rate=0.1, extrapolate=True))
    assert "who left in months 5 to 16" in found["value_gap"].sentence
    assert ": 0; at least 5" in found["value_gap"].sentence


def test_customers_seen_late_count_from_when_they_are_seen():
    """The same customers observed from day 150: the value stays what it was, within four of its errors.

    Who joined before and is still there comes into sight late. A curve that took them for seen from joining would have
    too few leaving early: it lies above by more than those four errors.
    """
    rows = world(3000, hazard=0.15, margins=(10.0, 10.0), joining=300, days=700, seed=9)
    options = {"annual_discount_rate": 0.1}
    whole = customer_value(followed(rows, until=700, horizon=8), **options)
    tenure = followed(rows, until=700, horizon=8, observed_from="2024-05-30")
    assert (tenure.entry > 0).sum() > 500
    late = customer_value(tenure, **options)
    blind = customer_value(replace(tenure, entry=np.zeros_like(tenure.entry)), **options)
    for group in (REFERRED, OTHER):
        apart_by = late.groups[group].value - whole.groups[group].value
        assert abs(apart_by) < 4 * late.groups[group].se
        assert blind.groups[group].value - whole.groups[group].value > 4 * late.groups[group].se


# The return and what it hangs on


def test_what_referring_does_to_who_refers_stands_beside_the_return_by_hand():
    """48 brought and 16 more from who refers, of 32 paid: 64/32 - 1 = 1; the roi itself stays at 1/2.

    Each unit of V still moves it by 1/80. With a range of 8 to 24 and V all but certain the middle 95 % go from 8.4 to
    23.6, over 32, on 0.5.
    """
    found = estimates(returns(worth(100, 90), replace(KNOWN, referrer_effect=16.0)))
    z = stats.norm.ppf(0.975)
    both = found["roi.with_referrers"]
    assert found["roi"].estimate == pytest.approx(0.5, rel=1e-12)
    assert both.estimate == pytest.approx(1.0, rel=1e-12)
    assert (both.ci_low, both.ci_high) == pytest.approx((1 - z / 80, 1 + z / 80), rel=1e-6)
    assert "€16.00" in both.sentence
    ranged = returns(worth(100, 90, se=1e-9), replace(KNOWN, referrer_effect=[8.0, 24.0]))
    both = estimates(ranged)["roi.with_referrers"]
    assert both.estimate == pytest.approx(1.0, rel=1e-12)
    assert both.ci_low == pytest.approx(0.5 + 8.4 / 32, abs=0.005)
    assert both.ci_high == pytest.approx(0.5 + 23.6 / 32, abs=0.005)
    assert "roi.with_referrers" not in estimates(returns(worth(100, 90), KNOWN))


def test_the_effect_on_who_refers_is_a_step_after_what_is_left():
    """What is left stays 16; with 16 (or -20) from who refers it is 32 (or -4)."""
    for effect, total in ((16.0, 32.0), (-20.0, -4.0)):
        found = account(returns(worth(100, 90), replace(KNOWN, referrer_effect=effect)))
        assert [s.name for s in found.steps][-3:] == ["left", "referrers", "together"]
        assert found.total("left") == pytest.approx(16, rel=1e-12)
        assert found.total("together") == pytest.approx(total, rel=1e-12)
        assert "a referral leaves €16.00" in found.title()
        low, high = found.between["together"]
        assert low < total < high
        check_words(drawn(draw_account, found))
    assert [s.name for s in account(returns(worth(100, 90), KNOWN)).steps][-1] == "left"


def test_the_account_says_against_whom_a_customer_is_set():
    found = account(returns(worth(100, 90), KNOWN))
    step = found.to_frame().set_index("step").loc["whole"]
    assert step.label == "Set against nobody, not an ordinary customer"
    assert "not there instead of an ordinary customer, but of nobody" in step.why
    assert "against an ordinary one, the whole against nobody" in found.caption()


def test_break_even_fraud_by_hand():
    """A real referral brings 60 and 32 are paid: fraud may take 1 - 32/60 = 7/15. V -+ 1.96 moves the 60 by half."""
    found = estimates(returns(worth(100, 90), KNOWN))["break_even.fraud"]
    z = stats.norm.ppf(0.975)
    assert found.estimate == pytest.approx(7 / 15, rel=1e-12)
    assert found.ci_low == pytest.approx(1 - 32 / (60 - z / 2), rel=1e-6)
    assert "less than 46.7%" in found.sentence
    never = estimates(returns(worth(30, 20), KNOWN))["break_even.fraud"]
    assert (never.verdict, never.estimate) == ("never", pytest.approx(1 - 32 / 25, rel=1e-12))
    nothing = estimates(returns(worth(-30, 20), KNOWN))["break_even.fraud"]
    assert nothing.verdict == "refused"
    # Fraud need not be known for the fraud that breaks even.
    unknown = estimates(returns(worth(100, 90), replace(KNOWN, fraud_share=None)))
    assert unknown["break_even.fraud"].estimate == found.estimate
    assert unknown["roi"].verdict == "refused"


def net_of_referrals(assumptions, v, rng, n=2_000_000):
    """Return what single rewarded referrals leave, each fraud, type one or type two by lot."""
    a = assumptions
    fraud = rng.random(n) < a.fraud_share
    first = rng.random(n) < a.type_one_share
    brought = np.where(first, rng.exponential(v, n), a.acquisition_cost)
    return np.where(fraud, 0.0, brought) - a.cost


@pytest.mark.parametrize(
    ("changed", "of"),
    [
        ("reward_referrer", "break_even.reward"),
        ("type_one_share", "break_even.type_one"),
        ("fraud_share", "break_even.fraud"),
    ],
)
def test_at_each_break_even_single_referrals_leave_nothing_on_average(changed, of):
    """Two million referrals drawn one by one, the value of each exponential with mean V: 0 within 4 errors."""
    at = estimates(returns(worth(100, 90), KNOWN))[of].estimate
    left = net_of_referrals(replace(KNOWN, **{changed: at}), 100.0, np.random.default_rng(3))
    assert abs(left.mean()) < 4 * left.std() / np.sqrt(left.size)


def test_the_share_of_draws_above_zero_is_that_beyond_the_break_even():
    """V certain and every share equally possible: the part of [0, 1] above the break-even of 1/4, 3/4 of the draws.

    With the reward at its break-even for a V that errs by 10, half of the draws of V lie above. Four errors of draws.
    """
    found = estimates(returns(worth(100, 90, se=1e-9), replace(KNOWN, type_one_share=[0.0, 1.0])))
    share = found["roi.probability_positive"]
    assert share.estimate == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / DRAWS))
    even = replace(KNOWN, reward_referrer=41.0)
    half = estimates(returns(worth(100, 90, se=10), even))["roi.probability_positive"]
    assert half.estimate == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / DRAWS))


@pytest.mark.parametrize(
    ("share", "expected"),
    [([0.0, 0.5], 4.0), ([0.2, 0.6], 0.2), ([0.0, 0.4], 1.8), ([0.3, 0.7], 0.0), ([0.0, 0.2], 0.0)],
)
def test_the_value_of_knowing_the_share_by_hand(share, expected):
    """A share p leaves 64 p - 16, which is 0 at 1/4.

    From 0 to 1/2 it is 0 on average, and above 0 it is 2 (32 p^2 - 16 p) from 1/4 to 1/2: 4. From 0.2 to 0.6 it is 9.6
    on average and 2.5 (1.92 + 2) = 9.8 above 0. From 0 to 0.4 it is negative on average and 2.5 (-1.28 + 2) = 1.8 above
    0. From 0.3, or up to 0.2, the decision is always the same.
    """
    found = estimates(returns(worth(100, 90), replace(KNOWN, type_one_share=share)))
    found = found["roi.value_of_information"]
    spread = 64 * (share[1] - share[0]) / np.sqrt(12)
    assert found.estimate == pytest.approx(
        expected, abs=4 * spread / np.sqrt(DRAWS) if expected else 0
    )
    assert found.unit == "EUR per referral"
    assert ("worth at most" in found.sentence) == bool(expected)


def test_the_value_of_knowing_the_share_is_that_of_a_nested_simulation():
    """V errs by 30 and fraud is a range, too: for 2,000 shares the mean over 2,000 draws of both, then the maximum.

    Four errors of the outer mean, of what is lost or not by deciding now.
    """
    ranged = replace(KNOWN, type_one_share=[0.0, 0.5], fraud_share=[0.0, 0.4])
    found = estimates(returns(worth(100, 90, se=30), ranged))["roi.value_of_information"]
    rng = np.random.default_rng(8)
    means = []
    for p in rng.uniform(0, 0.5, 2_000):
        v, f = rng.normal(100, 30, 2_000), rng.uniform(0, 0.4, 2_000)
        means.append(((1 - f) * (p * v + (1 - p) * 20) - 32).mean())
    gained = np.maximum(means, 0) - np.where(np.mean(means) > 0, means, 0)
    assert found.estimate == pytest.approx(
        gained.mean(), abs=4 * gained.std() / np.sqrt(2_000) + 0.1
    )


def test_nothing_is_left_to_find_out_of_one_number():
    for share in (0.5, [0.5, 0.5]):
        found = estimates(returns(worth(100, 90), replace(KNOWN, type_one_share=share)))
        found = found["roi.value_of_information"]
        assert (found.verdict, found.estimate) == ("refused", None)
        assert "Give a range" in found.sentence


def test_doubling_all_money_doubles_what_knowing_is_worth_and_leaves_shares():
    ranged = replace(KNOWN, type_one_share=[0.0, 0.5], referrer_effect=3.0)
    money = (
        "reward_referrer",
        "reward_referred",
        "admin_cost",
        "acquisition_cost",
        "referrer_effect",
    )
    twice = replace(ranged, **{name: 2 * getattr(ranged, name) for name in money})
    one = estimates(returns(worth(100, 90, se=10), ranged))
    other = estimates(returns(worth(200, 180, se=20), twice))
    assert len(one) == 7
    for name, finding in one.items():
        factor = 2 if finding.unit.startswith("EUR") else 1
        assert other[name].estimate == pytest.approx(factor * finding.estimate, rel=1e-9), name


# One input moved at a time


def test_each_input_moved_alone_by_hand():
    """The return is 0.8 (20 + 80 p) / 32 - 1 = 1/2; every number moves by a quarter, V by 1.96.

    p from 3/8 to 5/8: 40/32 and 56/32 less 1. Fraud from 0.15 to 0.25: 51/32 and 45/32. A from 15 to 25: 46/32 and
    50/32. Rewards and administration change the 32 paid for 48.
    """
    found = sensitivity(returns(worth(100, 90), KNOWN))
    ends = {bar.name: (bar.at_low, bar.at_high) for bar in found.bars}
    z = stats.norm.ppf(0.975)
    expected = {
        "type_one_share": (0.25, 0.75),
        "fraud_share": (51 / 32 - 1, 45 / 32 - 1),
        "acquisition_cost": (46 / 32 - 1, 50 / 32 - 1),
        "reward_referrer": (48 / 25.75 - 1, 48 / 38.25 - 1),
        "reward_referred": (48 / 30.75 - 1, 48 / 33.25 - 1),
        "admin_cost": (48 / 31.5 - 1, 48 / 32.5 - 1),
        "value": (0.5 - z / 80, 0.5 + z / 80),
    }
    assert set(ends) == set(expected)
    for name, pair in expected.items():
        assert ends[name] == pytest.approx(pair, rel=1e-6), name
    assert found.bars[0].name == "reward_referrer"
    assert [bar.width for bar in found.bars] == sorted((b.width for b in found.bars), reverse=True)
    assert found.centre == pytest.approx(0.5, rel=1e-12)
    largest = estimates(found)["sensitivity.largest"]
    assert largest.verdict == "reward_referrer"
    assert largest.estimate == pytest.approx(48 / 25.75 - 48 / 38.25, rel=1e-9)
    assert largest.unit == "difference in share of cost"
    assert "No input alone turns" in largest.sentence


def test_a_range_is_moved_over_itself_and_what_is_0_is_left_out():
    given = replace(KNOWN, type_one_share=[0.0, 0.9], reward_referred=0.0, fraud_share=0.0)
    found = sensitivity(returns(worth(100, 90), given))
    ends = {bar.name: (bar.low, bar.high) for bar in found.bars}
    assert ends["type_one_share"] == (0.0, 0.9)
    assert set(ends) == {
        "value",
        "type_one_share",
        "acquisition_cost",
        "reward_referrer",
        "admin_cost",
    }
    assert found.bars[0].name == "type_one_share"
    # (20 + 80 p) / 27 - 1 changes its sign between p = 0 and 0.9.
    assert "Alone these decide whether" in found.caption()
    high = sensitivity(returns(worth(100, 90), replace(KNOWN, type_one_share=0.9)))
    assert {b.name: b.high for b in high.bars}["type_one_share"] == 1.0


def test_what_is_not_known_moves_nothing_and_is_named():
    found = sensitivity(returns(worth(100, 90), replace(KNOWN, admin_cost=None)))
    assert found.bars == ()
    assert "admin_cost" in estimates(found)["sensitivity.largest"].sentence
    assert "admin_cost" in found.caption()
    check_words(drawn(draw_sensitivity, found))
    nothing = replace(KNOWN, type_one_share=0.0, acquisition_cost=0.0)
    assert (
        "no input moves"
        in estimates(sensitivity(returns(worth(100, 90), nothing)))["sensitivity.largest"].sentence
    )


# The return over the share


def test_the_return_over_the_share_by_hand():
    """0.8 (20 + 80 p) / 32 - 1 = 2 p - 1/2: from -1/2 to 3/2, zero at 1/4; a unit of V moves it by p / 40."""
    programme = returns(worth(100, 90), KNOWN)
    curve = over_type_one(programme)
    z = stats.norm.ppf(0.975)
    assert curve.roi == pytest.approx(2 * curve.share - 0.5, abs=1e-12)
    assert curve.ci_high - curve.roi == pytest.approx(z * curve.share / 40, rel=1e-6, abs=1e-12)
    stated = estimates(programme)
    assert curve.break_even == pytest.approx(stated["break_even.type_one"].estimate, rel=1e-12)
    assert curve.assumed == (0.5, 0.5, 0.5)
    at = curve.to_frame().set_index("share").loc[0.5]
    roi = stated["roi"]
    assert tuple(at) == pytest.approx((roi.estimate, roi.ci_low, roi.ci_high), rel=1e-9)
    assert curve.title() == "The programme pays when more than 25.0% would not have come otherwise"
    # The bounds are zero where the break-even has its own: 20 / (80 +- z).
    share = stated["break_even.type_one"]
    low, high = (f"{100 * end:.1f}%" for end in (share.ci_low, share.ci_high))
    assert f"The band holds zero from {low} to {high}" in curve.caption()


def test_the_share_need_not_be_known_to_draw_the_return_over_it():
    curve = over_type_one(returns(worth(100, 90), replace(KNOWN, type_one_share=None)))
    assert curve.assumed is None
    assert "Nothing is assumed" in curve.caption()
    assert curve.break_even == pytest.approx(0.25, rel=1e-12)
    missing = over_type_one(returns(worth(100, 90), replace(KNOWN, fraud_share=None)))
    assert missing.share.size == 0
    assert "fraud_share" in missing.caption()
    check_words(drawn(draw_over_type_one, missing))


@pytest.mark.parametrize(
    ("value", "se", "saved", "words"),
    [
        (100, 1, 20, "pays when more than 25.0%"),
        (20, 1, 100, "pays when fewer than 75.0%"),
        (100, 1, 60, "pays whatever the share"),
        (30, 1, 20, "does not pay whatever"),
        (60, 30, 60, "some not clear of chance"),
        (39, 60, 39, "some not clear of chance"),
    ],
)
def test_the_title_of_the_curve_claims_what_its_band_bears(value, se, saved, words):
    """It takes 40 from a real referral. V 60 -+ 59 with 60 saved seems to pay, but not clearly where V counts."""
    curve = over_type_one(
        returns(worth(value, 10, se=se), replace(KNOWN, acquisition_cost=float(saved)))
    )
    assert words in curve.title()


HARD = {
    "ranges": (worth(180, 150, se=14), {"type_one_share": [0.1, 0.5], "fraud_share": [0.0, 0.2]}),
    "tight": (worth(60, 50, se=9), {}),
    "falls": (worth(20, 50, se=9), {"acquisition_cost": 60.0}),
    "below zero": (worth(-30, 5, se=9), {}),
    "huge": (worth(1e5, 5e4, se=9e3), {}),
    "at the edge": (worth(400, 300, se=9), {"type_one_share": [0.0, 0.1]}),
    "all": (worth(400, 300, se=9), {"type_one_share": 1.0, "referrer_effect": -500.0}),
}


@pytest.mark.parametrize("case", HARD)
def test_words_of_the_figures_do_not_meet(case):
    value, changes = HARD[case]
    programme = returns(value, replace(KNOWN, **changes))
    check_words(drawn(draw_account, account(programme)))
    check_words(drawn(draw_sensitivity, sensitivity(programme)))
    check_words(drawn(draw_over_type_one, over_type_one(programme)))


def test_the_bars_are_as_wide_as_the_table_says():
    """Two bars an input, from the return with none moved to either end."""
    result = sensitivity(returns(worth(100, 90), KNOWN))
    ax = drawn(draw_sensitivity, result).axes[0]
    ends = [patch.get_x() + patch.get_width() for patch in ax.patches]
    frame = result.to_frame()
    assert ends == pytest.approx(
        [e for row in frame.itertuples() for e in (row.at_low, row.at_high)]
    )
    assert {patch.get_x() for patch in ax.patches} == {result.centre}


# Who would not have come


def test_the_share_from_an_experiment_by_hand():
    """60 of 1,000 with the programme, 50 of them referred, 20 of 1,000 without: 40 more over 50 referred, 0.8.

    Poisson: variances 60 + 20 and 50, covariance 50 (the referred are in both). Fieller's bounds solve
    (40 - 50 x)^2 = z^2 (80 - 2 x 50 + x^2 50). Twice the people in one arm at the same rates give the same share:
    80 over 100, whose variances are 120 + 4 x 20 and 100.
    """
    found = estimates(type_one(followed(), experiment=[1000, 60, 50, 1000, 20]))[
        "type_one.experiment"
    ]
    z2 = stats.norm.ppf(0.975) ** 2
    roots = np.roots([50**2 - z2 * 50, -2 * 40 * 50 + 2 * z2 * 50, 40**2 - z2 * 80])
    assert found.estimate == pytest.approx(0.8, rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(sorted(roots), rel=1e-9)
    assert found.n == 2000
    assert "Of 1,000 people with the programme 60 became customers, 50 of them" in found.sentence
    other = estimates(type_one(followed(), experiment=[2000, 120, 100, 1000, 20]))[
        "type_one.experiment"
    ]
    roots = np.roots([100**2 - z2 * 100, -2 * 80 * 100 + 2 * z2 * 100, 80**2 - z2 * 200])
    assert other.estimate == pytest.approx(0.8, rel=1e-12)
    assert (other.ci_low, other.ci_high) == pytest.approx(sorted(roots), rel=1e-9)


def test_draws_of_an_experiment_spread_as_its_interval():
    """With thousands of counts Fieller's bounds and the quantiles of 400,000 draws agree to the third digit."""
    experiment = Experiment(100_000, 6000, 5000, 50_000, 1000, 0.95, 5)
    draws = experiment.draw(np.random.default_rng(2), 400_000)
    assert np.quantile(draws, [0.025, 0.975]) == pytest.approx(
        experiment.estimate.interval, abs=0.001
    )


def test_an_estimate_outside_0_to_1_is_stated_as_it_is_and_cut_in_the_return():
    """With the programme 70 of 1,000 came, without it 75: -5/50; the return is that of a share of 0 at its middle."""
    source = type_one(followed(), experiment=[1000, 70, 50, 1000, 75])
    stated = estimates(source)["type_one.experiment"]
    assert stated.estimate == pytest.approx(-0.1, rel=1e-12)
    assert "No share lies below zero" in stated.sentence
    learnt = replace(KNOWN, type_one_share=None, type_one_evidence=source.best)
    found = returns(worth(100, 90), learnt)
    assert estimates(found)["roi"].estimate == pytest.approx(-0.5, rel=1e-12)
    assert "below 0 or above 1 counts as 0 or 1" in estimates(found)["roi"].sentence
    assert found.drawn[1].min() == 0
    above = estimates(type_one(followed(), experiment=[1000, 90, 50, 1000, 30]))[
        "type_one.experiment"
    ]
    assert above.estimate == pytest.approx(1.2, rel=1e-12)
    assert "No share lies above 100%" in above.sentence


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1000, 60, 50, 1000], "wanted five whole numbers"),
        ([1000, 60, 50, 1000, 2.5], "wanted five whole numbers"),
        (0.4, "wanted five whole numbers"),
        ([1000, 60, 50, 1000, -1], "wanted five whole numbers"),
        ([1000, 60, 70, 1000, 20], "the referred are some of the new customers"),
        ([50, 60, 50, 1000, 20], "no more than the people"),
        ([1000, 60, 50, 0, 0], "some with and without"),
    ],
)
def test_an_impossible_experiment_is_refused(given, message):
    with pytest.raises(ParameterError, match=f"type_one_experiment: .*{message}"):
        type_one(followed(), experiment=given)


def test_an_experiment_of_few_is_refused_with_the_count():
    for counts, words in (
        ([1000, 60, 4, 1000, 20], "by referral in the experiment: 4; at least 5"),
        ([1000, 60, 50, 1000, 3], "without the programme in the experiment: 3"),
    ):
        source = type_one(followed(), experiment=counts)
        found = estimates(source)["type_one.experiment"]
        assert (found.verdict, found.estimate) == ("refused", None)
        assert words in found.sentence
        assert source.best is None
    high = type_one(followed(), experiment=[1000, 60, 6, 1000, 20], level=0.99)
    assert "too few for an interval of 99%" in estimates(high)["type_one.experiment"].sentence


def asked(answers):
    """Return the eight customers with a column of answers, in the order R1 to R4, O1 to O4."""
    customers, margins = tables(CUSTOMERS)
    return opened(customers.assign(otherwise=answers), margins, until=100)


@pytest.mark.parametrize(
    "answers",
    [
        [1, 0, 1, None, None, None, None, None],
        ["Yes", "no ", "TRUE", "", "yes", "", "", ""],
        pd.array([True, False, True, None, None, False, None, None], dtype="boolean"),
    ],
    ids=["numbers", "words", "truths"],
)
def test_the_share_from_a_question_by_hand(answers):
    """Two of three referred who answered: 2/3, Wilson's bounds by his formula. What the others say is not looked at."""
    source = type_one(asked(answers), question="otherwise", min_group=2)
    found = estimates(source)["type_one.survey"]
    p, n, z2 = 2 / 3, 3, stats.norm.ppf(0.975) ** 2
    middle, half = p + z2 / (2 * n), np.sqrt(z2) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    bounds = ((middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n))
    assert found.estimate == pytest.approx(2 / 3, rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(bounds, rel=1e-9)
    assert "Of 4 referred customers 3 answered" in found.sentence
    assert "said, not done" in found.sentence


def test_a_question_nobody_answered_or_nobody_can_read_says_so():
    few = estimates(type_one(asked([1] + [None] * 7), question="otherwise"))["type_one.survey"]
    assert "of 4 referred: 1; at least 5" in few.sentence
    with pytest.raises(TableError, match=r"'otherwise' .* in 2 rows: 'maybe'"):
        type_one(asked(["maybe", "maybe", "yes", "", "", "", "", ""]), question="otherwise")
    with pytest.raises(ParameterError, match="type_one_question: customers has no column 'who'"):
        type_one(followed(), question="who")


def test_what_is_stated_wins_over_the_experiment_and_that_over_the_question():
    """And the sentence of the return says which it was."""
    experiment, answers = [1000, 60, 50, 1000, 20], [1, 0, 1, 1, None, None, None, None]
    both = type_one(asked(answers), experiment=experiment, question="otherwise", min_group=2)
    assert set(estimates(both)) == {"type_one.experiment", "type_one.survey"}
    assert isinstance(both.best, Experiment)
    few = type_one(
        asked(answers), experiment=[1000, 60, 1, 1000, 20], question="otherwise", min_group=2
    )
    assert isinstance(few.best, Survey)
    assert type_one(followed()).best is None
    for given, words in (
        ({}, "50.0%, is stated, not estimated (parameter type_one_share)"),
        (
            {"type_one_share": None},
            "is estimated from an experiment (parameter type_one_experiment)",
        ),
        (
            {"type_one_share": None, "type_one_evidence": few.best},
            "is what referred customers say (parameter type_one_question)",
        ),
    ):
        assumed = replace(KNOWN, **({"type_one_evidence": both.best} | given))
        assert words in estimates(returns(worth(100, 90), assumed))["roi"].sentence
    assert replace(KNOWN, type_one_evidence=both.best).middle("type_one_share") == 0.5


def test_the_error_of_an_estimated_share_widens_the_return():
    """With V all but certain the return is 2 p - 1/2, so its bounds are twice the quantiles of the share, less 1/2."""
    evidence = Survey(40, 80, 100, 0.95, 5)
    assumed = replace(KNOWN, type_one_share=None, type_one_evidence=evidence)
    found = estimates(returns(worth(100, 90, se=1e-9), assumed))["roi"]
    low, high = stats.beta.ppf([0.025, 0.975], 40.5, 40.5)
    assert found.estimate == pytest.approx(0.5, rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (2 * low - 0.5, 2 * high - 0.5), abs=0.005
    )
    assert "by their sampling errors" in found.sentence
    both = replace(assumed, fraud_share=[0.1, 0.3])
    assert "fraud_share, every value" in estimates(returns(worth(100, 90), both))["roi"].sentence


@pytest.mark.parametrize("given", ["much", [5.0, 1.0], [1.0], float("nan"), [0.0, float("inf")]])
def test_an_impossible_effect_on_who_refers_is_refused(given):
    with pytest.raises(ParameterError, match="referrer_effect: wanted an amount"):
        replace(KNOWN, referrer_effect=given)


def test_what_is_not_known_is_refused_by_name_also_of_the_new_numbers():
    bare = Assumptions(reward_referrer=25.0, reward_referred=0.0, referrer_effect=1.0)
    found = estimates(returns(worth(100, 90), bare))
    assert {f.verdict for f in found.values()} == {"refused"}
    assert "type_one_share" in found["roi.value_of_information"].sentence
    assert "fraud_share" in found["roi.with_referrers"].sentence
    assert "fraud_share" not in found["break_even.fraud"].sentence
