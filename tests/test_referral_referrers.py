"""Who refers: tables worked by hand, R, a public file whose counts are printed, properties, refusals, figures."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures import theme
from retorno.figures.referral.best import best as draw_best
from retorno.figures.referral.cells import cells as draw_cells
from retorno.figures.referral.confounding import confounding as draw_confounding
from retorno.figures.referral.lorenz import lorenz
from retorno.findings import decide
from retorno.referral import Assumptions, follow
from retorno.referral.links import Links, links
from retorno.referral.payoff.type_one import Experiment
from retorno.referral.referrers import confounding as confounding_module
from retorno.referral.referrers.best import TITLES, best
from retorno.referral.referrers.cells import cells
from retorno.referral.referrers.concentration import concentration_of, referral_concentration
from retorno.referral.referrers.confounding import confounding
from retorno.referral.referrers.counted import cannot_answer, counted
from retorno.referral.referrers.levels import referrer_levels
from retorno.referral.referrers.made import followed_for, referrals_made
from retorno.referral.referrers.referral_value import ReferralValue, _mean_over, referral_value
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "referrers.json").read_text())
DAY0 = date(2024, 1, 1)
YEAR = 4095.0  # a year's rate at which money halves each month: 4096 ** (-1/12) = 1/2
KNOWN = Assumptions(
    reward_referrer=25.0,
    reward_referred=5.0,
    admin_cost=2.0,
    acquisition_cost=20.0,
    type_one_share=0.5,
    fraud_share=0.2,
)
PEOPLE = [  # customer, joined, left, referrer, margins; the rest of the months earns 0
    ("A", 0, None, None, [10]),
    ("B", 0, None, "A", [8]),
    ("C", 10, None, "A", [6]),
    ("D", 0, None, None, [4]),
    ("E", 5, 12, None, [2]),
    ("F", 20, None, "B", [12]),
    ("G", 90, None, "A", [50]),
    ("H", 70, None, "D", [3]),
    ("I", 50, None, None, [9]),
]


def day(n):
    return None if n is None else DAY0 + timedelta(days=n)


def world(people=PEOPLE, rows=None, *, until=100):
    """Return the links of `people`; a month of margins not given earns 0."""
    customers = pd.DataFrame(
        [
            (name, day(joined), day(left), by is not None, by)
            for name, joined, left, by, _ in people
        ],
        columns=["customer_id", "joined_on", "left_on", "referred", "referrer_id"],
    )
    margins = []
    for name, joined, left, _, earned in people:
        stayed = (until if left is None else left) - joined
        months = max(-(-stayed * 16 // 487), 1) if left is not None else stayed * 16 // 487 + 1
        margins += [
            (name, k + 1, float(earned[k] if k < len(earned) else 0)) for k in range(months)
        ]
    con = connect()
    frames = {"margins": pd.DataFrame(margins, columns=["customer_id", "month", "margin"])}
    customers = read("customers", customers, con=con)
    tenure = follow(
        customers,
        read("margins", frames["margins"], con=con),
        horizon_months=2,
        observed_until=day(until).isoformat(),
    )
    referrals = None
    if rows is not None:
        names = ["referral_id", "referrer_id", "referred_id", "referred_on"]
        frame = pd.DataFrame([(*r[:3], day(r[3])) for r in rows], columns=names)
        referrals = read("referrals", frame, con=con)
    return links(tenure, customers, referrals)


@pytest.fixture(scope="module")
def by_hand():
    return world()


def found(result):
    return {finding.id: finding for finding in result.findings()}


def one_month(linked, assumptions=KNOWN, **options):
    return referral_value(
        linked, assumptions, annual_discount_rate=YEAR, referral_window_months=1, min_group=2, **options
    )  # fmt: skip


# --- concentration


def test_concentration_by_hand():
    """Ten customers, 0 six times, 1, 1, 2, 6: Gini 0.76, the first two of ten 8 of 10, four of ten refer.

    A Poisson of mean 1 has 0.5238 (its value at 2m = 2: e**-2 (2.2796 + 1.5906)).
    """
    result = found(concentration_of([0] * 6 + [1, 1, 2, 6], min_group=2))
    assert result["referrers.gini"].estimate == pytest.approx(0.76, rel=1e-12)
    poisson = result["referrers.gini.poisson"].estimate
    assert poisson == pytest.approx(np.exp(-2) * (2.2795853 + 1.5906369), rel=1e-7)
    assert result["referrers.top_20_share"].estimate == pytest.approx(0.8, rel=1e-12)
    assert result["referrers.share_referring"].estimate == pytest.approx(0.4, rel=1e-12)
    assert result["referrers.top_10_share"].verdict == "refused"  # one customer, two are wanted
    sentence = result["referrers.top_20_share"].sentence
    assert "of 10 referrals; by chance alone they would make 50.4%" in sentence


def test_what_chance_makes_is_told_from_what_customers_make():
    """Poisson counts are not told from chance, two kinds of customer are, one referral each is more even.

    Seeds fixed; the first could be told apart by chance in one draw of twenty.
    """
    rng = np.random.default_rng(3)
    cases = {
        "undecided": rng.poisson(0.4, 800),
        "above": rng.poisson(np.where(np.arange(800) % 10, 0.1, 3.0)),
        "below": np.arange(800) % 4 > 0,
    }
    words = {"undecided": "not shown", "above": "beyond that", "below": "more evenly"}
    for verdict, counts in cases.items():
        result = concentration_of(counts.astype(int))
        stated = found(result)["referrers.gini"]
        assert stated.verdict == result.verdict == verdict
        assert words[verdict] in stated.sentence
        assert stated.ci_low < stated.estimate < stated.ci_high


def test_where_few_refer_the_first_fifth_has_all():
    """10 of 100 refer: the first 20 made all, and a Poisson of the same mean leaves nothing to the others."""
    result = concentration_of([0] * 90 + [1] * 5 + [3] * 5)
    stated = found(result)["referrers.top_20_share"]
    assert stated.estimate == 1
    assert "No more than 10.0% of the customers referred anybody" in stated.sentence
    assert result.title().startswith("10.0% of the customers make all referrals; by chance 18.1%")


@pytest.mark.parametrize(
    ("counts", "why"),
    [([0] * 50, "made a referral: 0"), ([0] * 50 + [1] * 3, ": 3"), ([2] * 50, "same number")],
)
def test_concentration_is_refused_without_spread_or_referrers(counts, why):
    result = concentration_of(counts)
    for name in ("gini", "gini.poisson", "top_20_share"):
        stated = found(result)[f"referrers.{name}"]
        assert stated.verdict == "refused"
        assert why in stated.sentence
    assert found(result)["referrers.share_referring"].estimate == np.mean(np.array(counts) > 0)
    assert result.to_frame().empty


def test_the_window_counts_customers_followed_for_all_of_it():
    """Last day 100, one month: A, B, C, D, E, F, I joined 31 days or more before it; H 30 and G 10 days.

    Made in 30.4375 days: A two (G came on day 90), B one; D's came on day 70.
    """
    result = referral_concentration(world(), referral_window_months=1, min_group=1)
    assert (result.n, result.referrals, result.referring) == (9, 5, 3)
    assert result.followed == 7
    assert result.window.values.tolist() == [0, 1, 2]
    assert result.window.units.tolist() == [5, 1, 1]
    like = found(result)["referrers.gini.like_for_like"]
    # Areas below, in sevenths and thirds: 1/7 * (0 + 1/3)/2 + 1/7 * (1/3 + 1)/2 = 5/42.
    assert like.estimate == pytest.approx(1 - 2 * 5 / 42, rel=1e-12)
    assert "the 7 customers" in like.sentence


def test_the_lorenz_frame_lies_in_its_band_and_ends_at_the_corners():
    counts = np.random.default_rng(1).poisson(np.random.default_rng(2).gamma(0.5, 1.0, 500))
    frame = concentration_of(counts).to_frame()
    assert (frame.ci_low <= frame.referrals + 1e-12).all()
    assert (frame.referrals <= frame.ci_high + 1e-12).all()
    assert frame.iloc[0].tolist() == [0] * 6
    assert frame.iloc[-1].tolist() == pytest.approx([1] * 6)
    assert (np.diff(frame.chance) >= -1e-12).all()


# --- referral value


def test_referral_value_by_hand(by_hand):
    """Two full months need 60.875 days: A, B, C, D, E and F; I has 50. p 1/2, A 20, C 32; money halves each month.

    A: B on day 0 (V 8/2 = 4) and C on day 10 (V 6/2 = 3): (2 + 10 - 32) + f(10)(1.5 + 10 - 32); G is too late. B: F on
    day 20 (V 12/2 = 6): f(20)(3 + 10 - 32), f(t) = 4096**(-t/365.25). D's came after the window.
    """
    value = one_month(by_hand)
    assert value.own.tolist() == pytest.approx([5, 4, 3, 2, 1, 6], rel=1e-12)
    f10, f20 = (4096 ** (-t / 365.25) for t in (10, 20))
    expected = [-20 - 20.5 * f10, -19 * f20, 0, 0, 0, 0]
    assert value.values() == pytest.approx(expected, rel=1e-12)
    assert value.count.tolist() == [2, 1, 0, 0, 0, 0]
    stated = found(value)["referrers.referral_value"]
    assert stated.estimate == pytest.approx((expected[0] + expected[1]) / 2, rel=1e-12)
    half = stats.t.ppf(0.975, 1) * abs(expected[0] - expected[1]) / 2
    assert stated.ci_high == pytest.approx(stated.estimate + half, rel=1e-9)
    assert (stated.n, stated.unit) == (2, "EUR per customer who referred")


def test_the_form_that_forgets_the_reward_of_type_two_by_hand(by_hand):
    """A reward of 32 is left out for one half: 16 (1 + f(10)) for A, 16 f(20) for B."""
    value = one_month(by_hand)
    f10, f20 = (4096 ** (-t / 365.25) for t in (10, 20))
    more = value.values(forgetting=True) - value.values()
    assert more[:2] == pytest.approx([16 * (1 + f10), 16 * f20], rel=1e-12)
    flattering = found(value)["referrers.referral_value.forgetting"]
    whole = found(value)["referrers.referral_value"]
    apart = flattering.estimate - whole.estimate
    assert apart == pytest.approx(more[:2].mean(), rel=1e-12)
    assert f"€{apart:.2f} too much" in flattering.sentence
    assert "50.0% of the referrals" in flattering.sentence
    frame = value.to_frame()
    assert frame.counted.iloc[-1] == pytest.approx(whole.estimate, rel=1e-9)
    assert frame.forgetting.iloc[-1] == pytest.approx(flattering.estimate, rel=1e-9)


def test_where_nobody_would_have_come_both_forms_agree(by_hand):
    stated = found(one_month(by_hand, replace(KNOWN, type_one_share=1.0)))
    forms = [stated[f"referrers.referral_value{end}"].estimate for end in ("", ".forgetting")]
    assert forms[0] == pytest.approx(forms[1], rel=1e-12)
    assert "the same" in stated["referrers.referral_value.forgetting"].sentence


def test_a_share_learnt_from_an_experiment_is_the_one_used(by_hand):
    """(300 - 240)/150 = 0.4: the value is that of a stated 0.4, and its interval is wider by the experiment's error."""
    experiment = Experiment(10_000, 300, 150, 10_000, 240, level=0.95, min_group=5)
    learnt = one_month(by_hand, replace(KNOWN, type_one_share=None, type_one_evidence=experiment))
    stated = one_month(by_hand, replace(KNOWN, type_one_share=0.4))
    assert learnt.values() == pytest.approx(stated.values(), rel=1e-12)
    one, other = (found(value)["referrers.referral_value"] for value in (learnt, stated))
    # The error of a share is 0.15 and the few below 0 count as 0, which moves the mean a little.
    assert one.estimate == pytest.approx(other.estimate, rel=0.01)
    assert one.ci_high - one.ci_low > other.ci_high - other.ci_low
    none = one_month(by_hand, replace(KNOWN, type_one_share=None))
    assert "type_one_share" in none.refusal()


def test_a_referral_nobody_came_of_costs_and_brings_nothing():
    """Three rows: C as in `customers`, a stranger nobody saw, and D, who had joined before the referral.

    A: f(10)(1.5 + 10 - 32) - 32 f(3) - 32 f(12); without the table of referrals also B.
    """
    rows = [("1", "A", "C", 10), ("2", "A", "nobody", 3), ("3", "A", "D", 12), ("4", "B", "F", 20)]
    rows += [("5", "A", "C", 11), ("6", "A", "A", 4)]  # referred before; himself: not counted
    linked = world(rows=rows)
    made = referrals_made(linked)
    assert sorted(zip(made.after.tolist(), made.brought.tolist(), strict=True)) == [
        (3, -1), (10, 2), (12, -1), (20, 5)
    ]  # fmt: skip
    f3, f10, f12 = (4096 ** (-t / 365.25) for t in (3, 10, 12))
    values = one_month(linked).values()
    assert values[0] == pytest.approx(-20.5 * f10 - 32 * f3 - 32 * f12, rel=1e-12)


def test_a_range_of_type_one_widens_the_interval_and_leaves_the_middle(by_hand):
    """Against draws: p uniform, then t with n - 1 around the mean at that p; bounds of 400,000 draws err by 0.01 SD."""
    rng = np.random.default_rng(1)
    constant, slope = rng.normal(-20, 5, 40), rng.normal(60, 10, 40)
    estimate = _mean_over(constant, slope, np.linspace(0.2, 0.7, 401), 0.95)
    assert estimate.value == pytest.approx(constant.mean() + 0.45 * slope.mean(), rel=1e-9)
    p = rng.uniform(0.2, 0.7, 400_000)
    (cc, cs), (_, ss) = np.cov(constant, slope) / 40
    error = np.sqrt(cc + 2 * p * cs + p**2 * ss)
    draws = (
        constant.mean() + p * slope.mean() + error * stats.t.rvs(39, size=p.size, random_state=rng)
    )
    assert estimate.interval == pytest.approx(
        np.quantile(draws, [0.025, 0.975]), abs=0.05 * draws.std()
    )
    one = _mean_over(constant, slope, np.array([0.45]), 0.95)
    assert one.ci_high - one.ci_low < estimate.ci_high - estimate.ci_low


def test_doubling_all_money_doubles_the_referral_value(by_hand):
    value = one_month(by_hand)
    doubled = replace(
        value,
        earned=2 * value.earned,
        own=2 * value.own,
        assumptions=replace(KNOWN, reward_referrer=50.0, reward_referred=10.0, admin_cost=4.0, acquisition_cost=40.0),
    )  # fmt: skip
    assert doubled.values() == pytest.approx(2 * value.values(), rel=1e-12)


def test_what_is_not_known_of_the_programme_is_refused_by_name(by_hand):
    bare = Assumptions(reward_referrer=25.0, reward_referred=0.0)
    for stated in found(one_month(by_hand, bare)).values():
        assert stated.verdict == "refused"
        for name in ("type_one_share", "acquisition_cost", "admin_cost"):
            assert name in stated.sentence
    few = referral_value(by_hand, KNOWN, annual_discount_rate=0.1, referral_window_months=12)
    assert "of 0 who joined at least 24 months before" in found(few)["referrers.referral_value"].sentence  # fmt: skip
    assert {f.verdict for f in cells(few).findings()} == {"refused"}
    without = replace(by_hand, tenure=replace(by_hand.tenure, panel=None))
    assert "no table margins" in found(one_month(without))["referrers.referral_value"].sentence
    assert "no table margins" in best(without, annual_discount_rate=0.1).caption()


def test_late_entrants_have_no_full_window(by_hand):
    """Who joined before the first day was not seen from the start."""
    tenure = replace(by_hand.tenure, entry=np.array([5, *[0] * 8]))
    assert followed_for(tenure, 2).tolist() == [False] + [True] * 5 + [False] * 3
    assert one_month(replace(by_hand, tenure=tenure)).count.tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("window", [0, 1.5, -3])
def test_a_window_is_a_whole_number_of_months(by_hand, window):
    with pytest.raises(ParameterError, match=f"referral_window_months.*got {window}"):
        referral_concentration(by_hand, referral_window_months=window)
    with pytest.raises(ParameterError, match="annual_discount_rate"):
        best(by_hand, annual_discount_rate=-1.0)


# --- cells


def valued(own, earned, count=None, **options):
    """A referral value as given: nothing saved, nothing paid, all of type one."""
    free = Assumptions(0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    own, earned = np.array(own, dtype=float), np.array(earned, dtype=float)
    count = (earned != 0).astype(int) if count is None else np.array(count)
    return ReferralValue(
        own, earned, count.astype(float), count.astype(float), count, free, 12, own.size, "EUR", 0.95, 1
    )  # fmt: skip


def test_cells_by_hand():
    """Own values 1 to 8, median 4.5; referral value above 0 for 8 and 2, below for 5: a champion and an advocate.

    Six of eight have none above 0, so the cut is 0 and not the median.
    """
    result = cells(valued(range(1, 9), [0, 6, 0, 0, -2, 0, 0, 9]))
    n = {cell.name: cell.n for cell in result.cells}
    assert n == {"champions": 1, "affluents": 3, "advocates": 1, "misers": 3}
    assert (result.own_cut, result.referral_cut, result.none) == (4.5, 0.0, 0.75)
    frame = result.to_frame().set_index("cell")
    assert frame.loc["Champions", ["own", "referral"]].tolist() == [8, 9]
    assert frame.loc["Affluents", "own"] == pytest.approx(18 / 3)
    assert frame.loc["Affluents", "referral"] == pytest.approx(-2 / 3)
    assert frame.share.sum() == pytest.approx(1, rel=1e-12)
    assert "75.0% of the customers have none above 0" in result.cut()
    assert result.title().startswith("25.0% of the customers of high own value")


def test_cells_are_cut_at_the_median_where_most_have_referral_value():
    """Referral values 1 to 8 in the order of own value: the upper half is high in both."""
    result = cells(valued(range(1, 9), range(1, 9)))
    assert result.referral_cut == 4.5
    assert [cell.n for cell in result.cells] == [4, 0, 0, 4]
    assert "above its median" in result.cut()
    empty = found(result)["referrers.cell.affluents"]
    assert empty.estimate == 0
    assert empty.ci_high == pytest.approx(stats.norm.ppf(0.975) ** 2 / (8 + stats.norm.ppf(0.975) ** 2))  # fmt: skip


def test_a_cell_moves_with_the_median_that_cuts_it():
    """Own values 1 to 8; just at the median stand 4 and 5, one of them with referral value: half of the neighbours.

    Champions are 7 and 8: influence 1[champion] - 1/4 - 1/2 (1[above] - 1/2). Where most lose, the cut stays at 0.
    """
    result = cells(valued(range(1, 9), [0, 0, 0, 6, 0, 0, 9, 9]))
    inside, above = np.arange(8) > 5, np.arange(8) > 3
    influence = inside - 1 / 4 - 0.5 * (above - 0.5)
    champions = result.cells[0].share
    assert champions.value == 1 / 4
    assert champions.se == pytest.approx(np.sqrt((influence**2).sum() / 8 / 7), rel=1e-12)
    assert cells(valued(range(1, 9), [-1, -2, -3, -1, -2, 6, 7, 8])).referral_cut == 0


def test_cells_without_spread_of_own_value_are_refused():
    result = cells(valued([3] * 8, [0, 6, 0, 0, -2, 0, 0, 9]))
    assert "same own value" in found(result)["referrers.cell.misers"].sentence


# --- best


def drawn_world(n=160, seed=1):
    """Customers who joined over 400 days, some brought by one who joined before; amounts as drawn."""
    rng = np.random.default_rng(seed)
    joined = np.sort(rng.integers(0, 400, n))
    people = []
    for i in range(n):
        by = int(rng.integers(0, i)) if i > 5 and rng.random() < 0.5 else None
        left = int(joined[i] + rng.integers(1, 300)) if rng.random() < 0.4 else None
        left = None if left is not None and left > 500 else left
        by_name = None if by is None else f"{by:03d}"
        people.append(
            (f"{i:03d}", int(joined[i]), left, by_name, rng.normal(10, 4, 2).round(1).tolist())
        )
    return people


def test_the_best_bring_the_best_as_loops_over_customers_have_it():
    """Two months, last day 500: SciPy's spearmanr over pairs and customers found one by one.

    The errors: jackknife over referrers, which differs from the influence by order 1/referrers.
    """
    people = drawn_world()
    result = best(world(people, until=500), annual_discount_rate=0.0, referral_window_months=2)
    by_name = {name: row for name, *row in people}

    def value(name):
        joined, left, _, margins = by_name[name]
        second = left is None or left - joined > 30.4375
        return margins[0] + (margins[1] if second else 0.0)

    full = [name for name, joined, *_ in people if 500 - joined >= 60.875]
    pairs = [(row[2], name) for name, row in by_name.items() if row[2] in full and name in full]
    first, second = ([value(one) for one in side] for side in zip(*pairs, strict=True))
    quality = stats.spearmanr(first, second).statistic
    assert (result.pairs, result.referrers) == (len(pairs), len({a for a, _ in pairs}))
    assert result.quality.value == pytest.approx(quality, rel=1e-10)
    made = [
        sum(row[2] == name and row[0] - by_name[name][0] < 60.875 for row in by_name.values())
        for name in full
    ]
    own = [value(name) for name in full]
    assert result.n == len(full)
    assert result.number.value == pytest.approx(stats.spearmanr(own, made).statistic, rel=1e-10)
    frame = result.to_frame()
    assert frame.customers.sum() == len(full)
    assert frame.pairs.sum() == len(pairs)
    assert (frame.referrals * frame.customers).sum() == pytest.approx(sum(made))
    assert (frame.brought * frame.pairs).sum() == pytest.approx(sum(second), rel=1e-9)


def test_who_stayed_is_told_apart_from_who_left():
    """Those who left in the window are in the first correlation and not in the second."""
    linked = world(drawn_world(), until=500)
    result = best(linked, annual_discount_rate=0.0, referral_window_months=2)
    assert result.stayers.pairs < result.n
    sentence = found(result)["referrers.best_bring_most"].sentence
    assert f"Among the {result.stayers.pairs} who stayed" in sentence


def test_the_best_are_refused_with_few_referrers_or_all_the_same(by_hand):
    few = found(best(by_hand, annual_discount_rate=0.1, referral_window_months=1))
    assert (
        "(parameter referral_window_months): 1; at least 5"
        in few["referrers.best_bring_best"].sentence
    )
    assert few["referrers.best_bring_most"].n == 7
    people = [(name, joined, left, by, [7, 7]) for name, joined, left, by, _ in drawn_world()]
    people = [(name, joined, None, by, margins) for name, joined, _, by, margins in people]
    same = best(world(people, until=500), annual_discount_rate=0.0, referral_window_months=2)
    assert "same value" in found(same)["referrers.best_bring_best"].sentence
    assert "same value" in found(same)["referrers.best_bring_most"].sentence
    assert same.to_frame().empty


def test_one_family_says_nothing_of_chance():
    """Eight customers in one chain: seven referrers, and not two of them independent."""
    names = "ABCDEFGH"
    people = [
        (name, i, None, names[i - 1] if i else None, [3 * i % 7, i]) for i, name in enumerate(names)
    ]
    result = best(world(people), annual_discount_rate=0.0, referral_window_months=2)
    assert (result.pairs, result.referrers, result.families) == (7, 7, 1)
    refused = found(result)["referrers.best_bring_best"]
    assert "(parameter referral_window_months): 1; at least 5 are needed" in refused.sentence


def test_every_pair_of_verdicts_has_its_title():
    words = ("above", "below", "undecided", "refused")
    said = {decide(TITLES, a, b) for a in words for b in words if (a, b) != ("above", "refused")}
    assert len(said) == 15
    titles = confounding_module.TITLES
    for crude in words[:3]:
        for within in words:
            for adjusted in words:
                title = decide(titles, crude, within, adjusted)
                assert ("less often" in title) >= (crude == "below")
    assert "but more often than those like them" in decide(titles, "below", "above", "above")
    assert "at equal covariates more often" in decide(titles, "below", "undecided", "above")


# --- a table of referrers


def of_r(**columns):
    frame = pd.DataFrame(
        {
            "customer_id": [f"{i:03d}" for i in range(len(R["left"]))],
            "referrals": R["referred"],
            "left": np.array(R["left"]) == 1,
            "stratum": [f"s{k}" for k in R["stratum"]],
            "age": R["age"],
        }
    )
    return frame.assign(**columns)


def test_three_comparisons_as_r_has_them():
    """metafor's Mantel-Haenszel difference; lm with HC3 errors of sandwich among the comparable; crude by hand."""
    result = confounding(counted(of_r()), ["stratum", "age"])
    ways = result.ways
    left, refers = np.array(R["left"]) == 1, np.array(R["referred"]) == 1
    assert ways["crude"].difference.value == pytest.approx(
        left[refers].mean() - left[~refers].mean()
    )
    assert ways["crude"].n == (refers.sum(), (~refers).sum())
    assert ways["within"].difference.value == pytest.approx(R["mh"], rel=1e-10)
    assert ways["within"].difference.se == pytest.approx(R["mh_se"], rel=1e-10)
    assert ways["adjusted"].difference.value == pytest.approx(R["adjusted"], rel=1e-9)
    assert ways["adjusted"].difference.se == pytest.approx(R["adjusted_se"], rel=1e-9)
    half = stats.t.ppf(0.975, R["adjusted_df"]) * R["adjusted_se"]
    assert ways["adjusted"].difference.ci_high == pytest.approx(R["adjusted"] + half, rel=1e-9)
    assert sum(ways["within"].n) == 200


def test_signs_that_turn_are_said():
    """Simpson: in both contracts referrers leave 10 points more often, over both they leave less often.

    Long: 300 of 1,000 against 20 of 100. Short: 80 of 100 against 700 of 1,000. Crude 380/1,100 against 720/1,100.
    """
    cells_of = [(1, "long", 300, 700), (0, "long", 20, 80), (1, "short", 80, 20), (0, "short", 700, 300)]  # fmt: skip
    rows = [
        (made, gone, contract)
        for made, contract, left, stayed in cells_of
        for gone, n in ((True, left), (False, stayed))
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["referrals", "left", "contract"])
    result = confounding(counted(frame), ["contract"])
    assert result.ways["crude"].difference.value == pytest.approx(-340 / 1100, rel=1e-12)
    assert result.ways["within"].difference.value == pytest.approx(0.1, rel=1e-12)
    assert result.turns
    assert (
        result.title()
        == "Customers who refer leave less often, but more often than those like them"
    )
    stated = found(result)
    assert "leave more often" in stated["referrers.left.within"].sentence
    assert "the crude difference was −30.9 points" in stated["referrers.left.within"].sentence
    assert "No such comparison is an effect" in stated["referrers.left.adjusted"].sentence
    swapped = confounding(counted(frame.assign(left=~frame["left"])), ["contract"])
    assert swapped.ways["within"].difference.value == pytest.approx(-0.1, rel=1e-12)
    assert "but less often than those like them" in swapped.title()


def test_levels_without_a_referrer_are_named_and_left_out():
    """s2 holds nobody who refers: 40 of 240 customers have nobody of the other kind."""
    result = referrer_levels(counted(of_r()), ["stratum", "age"])
    stated = found(result)["referrers.comparable"]
    assert stated.estimate == pytest.approx(200 / 240, rel=1e-12)
    assert "Nobody refers among the customers of stratum: s2 (40)." in stated.sentence
    frame = result.to_frame()
    assert frame[frame.compared == "nobody to compare"].level.tolist() == ["s2"]
    assert frame[frame.covariate == "age"].customers.sum() == 240
    everybody = found(referrer_levels(counted(of_r(stratum="one")), ["stratum"]))
    assert "all 240 customers have somebody" in everybody["referrers.comparable"].sentence
    told = np.where(np.array(R["referred"]) == 1, "yes", "no")
    nobody = referrer_levels(counted(of_r(stratum=told)), ["stratum"])
    assert "not one of 240" in found(nobody)["referrers.comparable"].sentence
    assert "Every customer refers among those of stratum: yes" in nobody.sentence()
    alone = found(confounding(counted(of_r(stratum=told)), ["stratum"]))
    assert alone["referrers.left.within"].verdict == "refused"


def test_what_is_not_known_is_left_out_and_counted():
    frame = of_r()
    frame.loc[[3, 4], "stratum"] = None
    frame["left"] = frame["left"].astype(object)
    frame.loc[5, "left"] = None
    result = confounding(counted(frame), ["stratum"])
    assert result.missing == 3
    assert sum(result.ways["crude"].n) == 239
    assert "not known: 3" in result.caption()
    assert referrer_levels(counted(frame), ["stratum"]).missing == 2


def test_comparisons_that_cannot_be_made_say_why():
    without = found(confounding(counted(of_r().drop(columns="left")), ["stratum"]))
    assert {f.verdict for f in without.values()} == {"refused"}
    assert "no column left" in without["referrers.left.crude"].sentence
    bare = confounding(counted(of_r()), None)
    assert found(bare)["referrers.left.crude"].estimate is not None
    assert "parameter covariates" in found(bare)["referrers.left.adjusted"].sentence
    numbers = found(confounding(counted(of_r()), ["age"]))
    assert "in words" in numbers["referrers.left.within"].sentence
    assert numbers["referrers.left.adjusted"].estimate is not None
    alike = found(confounding(counted(of_r(stratum="one")), ["stratum"]))
    assert "all alike" in alike["referrers.left.adjusted"].sentence
    few = found(confounding(counted(of_r(referrals=[1] * 2 + [0] * 238)), ["stratum"]))
    assert "2; at least 5" in few["referrers.left.crude"].sentence
    with pytest.raises(ParameterError, match=r"no column 'contract' .* there is stratum, age"):
        confounding(counted(of_r()), ["contract"])
    with pytest.raises(ParameterError, match="240 different words"):
        referrer_levels(counted(of_r(name=[f"n{i}" for i in range(240)])), ["name"])


def test_a_covariate_that_follows_from_others_changes_nothing():
    plain = confounding(counted(of_r()), ["stratum", "age"]).ways["adjusted"].difference
    frame = of_r(months=2.0 * np.array(R["age"]) + 1, again=[f"t{k}" for k in R["stratum"]])
    more = confounding(counted(frame), ["stratum", "age", "months", "again"]).ways["adjusted"]
    assert more.difference.value == pytest.approx(plain.value, rel=1e-9)
    assert more.difference.se == pytest.approx(plain.se, rel=1e-9)


def test_what_such_a_table_cannot_answer_is_refused_with_its_reason():
    found_ = {f.id: f for f in cannot_answer()}
    assert {"retention.referred", "value_gap", "roi", "referrers.best_bring_best"} < set(found_)
    assert {"cascade.reproduction_number", "fraud.flagged_share", "campaign.net_share"} < set(
        found_
    )
    for finding in found_.values():
        assert (finding.verdict, finding.estimate) == ("refused", None)
        assert "needed" in finding.sentence
    assert "which customers were referred" in found_["retention.referred"].sentence


@pytest.fixture(scope="module")
def telco(public_data):
    frame = pd.read_parquet(public_data / "telco_extended_referrals.parquet")
    names = {"number_of_referrals": "referrals", "churn_value": "left"}
    kept = ["customer_id", *names, "married", "contract", "tenure_in_months"]
    return counted(read("referrers", frame[kept].rename(columns=names), con=connect()))


def test_the_telco_file_has_the_counts_printed_beside_it(telco):
    """7,043 customers, 13,747 referrals by 3,222; 3,641 unmarried without one, 180 of 3,402 married without one."""
    result = telco.concentration()
    assert (result.n, result.referrals, result.referring) == (7043, 13_747, 3222)
    levels = referrer_levels(telco, ["married", "contract", "tenure_in_months"])
    rows = {(one.covariate, one.name): one for one in levels.levels}
    assert (rows["married", "No"].n, rows["married", "No"].referrers) == (3641, 0)
    assert (rows["married", "Yes"].n, rows["married", "Yes"].referrers) == (3402, 3222)
    assert "Of the 3,402 customers of married: Yes 180 do not refer." in levels.sentence()
    assert levels.comparable == 3402


def test_most_of_the_telco_difference_is_who_the_customers_are(telco):
    """Among the married 19.4% of 3,222 and 25.0% of 180 left; crude 32.6% of 3,821: -13.2 points become -5.6."""
    result = confounding(telco, ["married"])
    assert result.shares == pytest.approx((0.193669, 1245 / 3821), abs=5e-6)
    assert result.ways["within"].difference.value == pytest.approx(624 / 3222 - 45 / 180, rel=1e-9)
    wide = confounding(telco, ["married", "contract", "tenure_in_months"])
    assert wide.ways["within"].n == (3222, 180)
    assert [f.verdict for f in wide.findings()] == ["below", "undecided", "undecided"]
    check_words(drawn(draw_confounding, wide))
    check_words(drawn(lorenz, telco.concentration()))


# --- figures and tables


def shown_results():
    rng = np.random.default_rng(4)
    linked = world(drawn_world(), until=500)
    options = {"annual_discount_rate": 0.1, "referral_window_months": 2}
    value = referral_value(linked, KNOWN, **options)
    uneven = rng.poisson(rng.gamma(0.3, 2.0, 400))
    counts = counted(of_r())
    return {
        "lorenz": (lorenz, referral_concentration(linked, referral_window_months=2)),
        "lorenz uneven": (lorenz, concentration_of(uneven)),
        "lorenz few": (lorenz, concentration_of([0] * 990 + [1] * 5 + [4] * 5)),
        "lorenz even": (lorenz, concentration_of(rng.poisson(40, 300))),
        "cells": (draw_cells, cells(value)),
        "cells wide": (draw_cells, cells(valued(range(1, 9), 1e6 * np.array([0, 6, 0, 0, -2, 0, 0, 9])))),
        "best": (draw_best, best(linked, **options)),
        "confounding": (draw_confounding, confounding(counts, ["stratum", "age"])),
        "confounding crude": (draw_confounding, confounding(counts, None)),
    }  # fmt: skip


def empty_results():
    few = world(PEOPLE)
    value = referral_value(few, KNOWN, annual_discount_rate=0.1)
    return {
        "lorenz": (lorenz, concentration_of([0] * 9)),
        "cells": (draw_cells, cells(value)),
        "best": (draw_best, best(few, annual_discount_rate=0.1)),
        "confounding": (draw_confounding, confounding(counted(of_r().drop(columns="left")), ["age"])),
    }  # fmt: skip


@pytest.fixture(scope="module")
def shown():
    return shown_results() | {f"no {name}": both for name, both in empty_results().items()}


SHOWN = [
    *("lorenz", "lorenz uneven", "lorenz few", "lorenz even", "cells", "cells wide", "best"),
    *("confounding", "confounding crude", "no lorenz", "no cells", "no best", "no confounding"),
]


@pytest.mark.parametrize("name", SHOWN)
def test_figures_hold_their_words_and_are_the_same_each_time(shown, name):
    draw, result = shown[name]
    check_words(drawn(draw, result))
    assert theme.svg(draw, result) == theme.svg(draw, result)
    said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
    assert all(said)
    assert not result.title().endswith(".")
    assert figure(draw, result).bundle["text/html"].startswith("<figure")
    if not name.startswith("no "):
        assert len(set(said)) == 4
        assert any(letter.isdigit() for letter in result.caption())


def test_tables_show_what_their_columns_say(shown):
    value = referral_value(world(drawn_world(), until=500), KNOWN,
                           annual_discount_rate=0.1, referral_window_months=2)  # fmt: skip
    levels = referrer_levels(counted(of_r()), ["stratum", "age"])
    results = [value, levels, *(shown[name][1] for name in ("cells", "best", "confounding"))]
    for result in results:
        html = table(result).bundle["text/html"]
        assert all(label in html for label, _ in result.columns().values())
        assert result.table_caption() in html.replace("&#x27;", "'")


def test_a_refused_interval_stays_a_plain_record(shown):
    for _, result in shown.values():
        for stated in result.findings():
            assert stated.verdict != "refused" or stated.estimate is None
            assert stated.sentence.strip().endswith(".")


# --- size


def test_many_customers_need_no_loop():
    """Concentration, referral value, cells and both correlations of 200,000 customers and 80,000 referrals.

    About 1 s on one core of 2020; a loop over customers would take a minute.
    """
    import ibis

    n, rng = 200_000, np.random.default_rng(1)
    small = world()
    joined = np.sort(rng.integers(0, 1500, n))
    brought = np.sort(rng.choice(np.arange(n // 2, n), 80_000, replace=False))
    referrer = np.full(n, -1)
    referrer[brought] = brought - rng.integers(1, n // 3, brought.size)
    panel = ibis.memtable({"position": np.repeat(np.arange(n), 2), "month": np.tile([1, 2], n),
                           "margin": rng.normal(10, 5, 2 * n)})  # fmt: skip
    tenure = replace(
        small.tenure,
        days=1500 - joined,
        left=np.zeros(n, bool),
        referred=referrer >= 0,
        reach=1500 - joined,
        entry=np.zeros(n, int),
        joined=joined,
        panel=panel,
    )
    linked = Links(tenure, referrer, np.bincount(referrer[referrer >= 0], minlength=n), None, {})
    start = perf_counter()
    referral_concentration(linked).findings()
    value = referral_value(linked, KNOWN, annual_discount_rate=0.1)
    cells(value).findings()
    best(linked, annual_discount_rate=0.1).findings()
    assert perf_counter() - start < 15
