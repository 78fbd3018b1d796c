"""The curve in detail: censored, speed, spread, season; by hand, by plain loops, on tables that cannot answer."""

from dataclasses import replace

import numpy as np
import pytest
from days import LINES, history
from drawing import check_words, drawn
from scipy import stats

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.reactivation.curves import censored as draw_censored
from retorno.figures.reactivation.curves import curves as draw_curves
from retorno.figures.reactivation.season import season as draw_season
from retorno.figures.reactivation.speed import speed as draw_speed
from retorno.reactivation import like_for_like, new_against_reactivated
from retorno.reactivation.curves.censored import censored
from retorno.reactivation.curves.faster import Faster
from retorno.reactivation.curves.reached import Day
from retorno.reactivation.curves.season import same_months, standardised
from retorno.reactivation.curves.speed import speed
from retorno.reactivation.curves.spread import spread
from retorno.reactivation.curves.windows import Windows
from retorno.stats.recurrent import FirstTime, mean_cumulative

NOT_SAME = {"new": [20, 6, 0, 4, 5], "reactivated": [10, 9, 10, 4]}  # values of the full windows


def rng():
    return np.random.default_rng(1)


def windows_of(h, min_group=2):
    return new_against_reactivated(h, rng=rng(), min_group=min_group)


@pytest.fixture(scope="module")
def by_hand():
    return history()


def random_lines(seed=1, customers=120, last=400):
    """Customers with 1 to 6 purchases at random, one in eight with goods sent back."""
    r, lines = np.random.default_rng(seed), []
    for i in range(customers):
        for day in r.integers(0, last, r.integers(1, 7)):
            lines.append((f"K{i}", day, round(float(r.lognormal(2, 1)), 2)))
            if r.random() < 0.125:
                lines.append((f"K{i}", day + 1, -round(float(r.lognormal(0, 0.5)), 2)))
    return lines


@pytest.fixture(scope="module")
def drawn_history():
    return history(random_lines(), last=401, window_days=60)


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


def made(curves, *, measure="margin", min_group=2, n=None):
    """Return windows with given curves: values (2, n, days), a customer a part, all of them full."""
    curves = np.asarray(curves, dtype=float)
    groups, customers, days = curves.shape
    totals = np.zeros((groups, groups * customers, days))
    for group in range(groups):
        totals[group, group * customers : (group + 1) * customers] = curves[group]
    risk = np.zeros_like(totals)
    for group in range(groups):
        risk[group, group * customers : (group + 1) * customers] = 1.0
    full = mean_cumulative(totals, risk)
    return Windows(
        starts=n or full.n,
        n=n or full.n,
        full=full,
        every=full,
        wide=(2.5, 2.5),
        measure=measure,
        currency="EUR",
        window_days=days,
        lapse_days=30,
        min_group=min_group,
        level=0.95,
    )


def steady(customers=40, days=100, rates=(1.0, 1.0), start=(0.0, 0.0), noise=0.2):
    """Return curves that rise by about a rate a day after a start, each customer a little differently."""
    r = np.random.default_rng(3)
    values = np.empty((2, customers, days))
    for group in (0, 1):
        taste = 1 + noise * r.standard_normal((customers, 1))
        values[group] = taste * rates[group]
        values[group, :, 0] += start[group]
    return values


# Censored


def test_young_windows_count_as_far_as_they_go(by_hand):
    """F began 5 days before the end with 12: offset 0 gives 51/6, offset 5 takes 4/6 off: 47/6, and 5/6 above 7.

    Influences: full sqrt(5/4)/5 (V - 7) of five; all: sqrt(6/5) times (value on 0 - 8.5)/6 + (value on 5 + 4/6)/6.
    """
    w = windows_of(by_hand, min_group=1)
    found = estimates(censored(w))
    every = found["window.mean_cumulative.new"]
    assert every.estimate == pytest.approx(47 / 6, rel=1e-12)
    assert every.n == 6
    first, fifth = np.array([24, 6, 0, 4, 5, 12]), np.array([-4, 0, 0, 0, 0, 0])
    of_all = np.sqrt(6 / 5) * ((first - 8.5) / 6 + (fifth + 4 / 6) / 6)
    of_full = np.append(np.sqrt(5 / 4) / 5 * (np.array(NOT_SAME["new"]) - 7), 0.0)
    half = stats.t.ppf(0.975, 4) * np.linalg.norm(of_all - of_full)
    apart = found["window.mean_cumulative.new.minus_full"]
    assert apart.estimate == pytest.approx(5 / 6, rel=1e-12)
    assert apart.ci_high == pytest.approx(5 / 6 + half, rel=1e-9)
    assert apart.verdict == "undecided"


def test_without_young_windows_there_is_nothing_to_compare(by_hand):
    """All four reactivated windows are full: the value is that of the full ones, the difference refused."""
    found = estimates(censored(windows_of(by_hand)))
    assert found["window.mean_cumulative.reactivated"].estimate == pytest.approx(8.25, rel=1e-12)
    apart = found["window.mean_cumulative.reactivated.minus_full"]
    assert apart.verdict == "refused"
    assert "cuts off, all others are full: 0; at least 2 are needed" in apart.sentence


def test_all_windows_agree_with_a_loop(drawn_history):
    """Growth at each offset over windows still inside the data, by plain loops over new customers."""
    lines, last, lapse, window = random_lines(), 401, 30, 60
    growth = np.zeros((2, window))
    for who in {c for c, _, _ in lines}:
        mine = [(d, a) for c, d, a in lines if c == who]
        start = min(d for d, a in mine if a >= 0)
        if start <= lapse:
            continue
        for offset in range(min(window, last - start + 1)):
            growth[:, offset] += sum(a for d, a in mine if d == start + offset), 1
    w = windows_of(drawn_history)
    assert w.every.mean[0] == pytest.approx(np.cumsum(growth[0] / growth[1]), rel=1e-9)
    told = censored(w)
    assert told.young[0] == growth[1, 0] - growth[1, -1]
    assert told.to_frame()["new_all"].iloc[-1] == pytest.approx(w.every.mean[0, -1])


def test_young_customers_who_bring_less_are_named():
    """40 old windows of 10 a day, 40 young ones that stop after day 50 with 5 a day: below, and the title says whom."""
    w = made(steady(80, 100, rates=(10.0, 10.0)))
    risk = np.ones((2, 160, 100))
    risk[0, 80:], risk[1, :80] = 0, 0
    risk[0, :40, 50:] = 0
    totals = np.zeros_like(risk)
    totals[0, :80], totals[1, 80:] = steady(80, 100, rates=(10.0, 10.0))
    totals[0, :40] *= 0.5
    every = mean_cumulative(totals * risk, risk)
    full_risk = risk.copy()
    full_risk[0, :40] = 0
    full = mean_cumulative(totals * full_risk, full_risk)
    w = replace(w, every=every, full=full, n=full.n, starts=(80, 80))
    told = censored(w)
    found = estimates(told)["window.mean_cumulative.new.minus_full"]
    assert found.verdict == "below"
    assert "lowers the value" in found.sentence
    assert told.title() == "The youngest new customers differ from the older ones"
    check_words(drawn(draw_censored, told))


# Speed


def test_the_share_by_a_day_is_a_ratio_of_means(drawn_history):
    """Value on offsets 0 to 29 over value on 0 to 59."""
    w = windows_of(drawn_history)
    found = estimates(speed(w, rng=rng()))
    for group, name in enumerate(("new", "reactivated")):
        share = found[f"speed.share_by_day_30.{name}"]
        assert share.estimate == pytest.approx(w.full.mean[group, 29] / w.full.mean[group, 59])
        assert share.ci_low < share.estimate < share.ci_high
    assert "speed.share_by_day_60.new" not in found  # the window is not longer than 60 days


def test_days_are_counted_from_the_purchase():
    """1 a day from day 0: 30 is there on day 29, 10 on day 9, and 30 % of 100 by day 30."""
    w = made(steady(rates=(1.0, 1.0), noise=0.0) * np.linspace(0.9, 1.1, 40)[:, None])
    found = estimates(speed(w, rng=rng(), amount_target=30, acquisition_cost=10, winback_cost=20))
    assert found["speed.share_by_day_30.new"].estimate == pytest.approx(0.3)
    assert found["speed.share_by_day_90.new"].estimate == pytest.approx(0.9)
    assert found["speed.day_of_amount.new"].estimate == 29
    assert found["payback.new"].estimate == 9
    assert found["payback.reactivated"].estimate == 19
    assert found["payback.new.never"].estimate == 0
    assert "below 0.05%" in found["payback.new.never"].sentence
    back = found["payback.reactivated"]  # a drawn curve a little lower gets there a day later
    assert (back.ci_low, back.ci_high) == (19, 20)


def test_not_reached_is_an_answer_and_not_a_refusal():
    """100 a window: 200 lies far beyond; the day is none, the verdict none, never is sure."""
    found = estimates(speed(made(steady()), rng=rng(), amount_target=200))
    day, never = (found[f"speed.day_of_amount.new{end}"] for end in ("", ".never"))
    assert (day.estimate, day.ci_low, day.verdict) == (None, None, None)
    assert "does not reach the amount of €200.00 in 100 days" in day.sentence
    assert 'The whole 95% interval is "not reached".' in day.sentence
    assert never.estimate == 1
    assert "above 99.95%" in never.sentence


def test_an_open_bound_leaves_no_interval_and_says_so():
    """A target just below what the window brings: some drawn curves never get there."""
    w = made(steady(noise=1.0))
    height = float(w.full.mean[0, -1]) - 1
    day = estimates(speed(w, rng=rng(), amount_target=height))["speed.day_of_amount.new"]
    assert day.estimate in (97, 98)
    assert (day.ci_low, day.ci_high) == (None, None)
    assert 'to "not reached", so no upper bound can be given' in day.sentence
    never = estimates(speed(w, rng=rng(), amount_target=height))["speed.day_of_amount.new.never"]
    assert 0.2 < never.estimate < 0.6


def test_what_a_number_of_speed_lacks_is_named():
    w = made(steady(), measure="revenue")
    found = estimates(speed(w, rng=rng(), winback_cost=3))
    assert "this needs amount_target" in found["speed.day_of_amount.new"].sentence
    revenue = found["payback.reactivated"].sentence
    assert revenue.startswith("Not stated: revenue pays nothing back")
    assert "margin_rate" in revenue
    assert "acquisition_cost" in found["payback.new.never"].sentence
    short = estimates(speed(made(steady(days=30)), rng=rng()))
    assert "parameter window_days" in short["speed.share_by_day_30.new"].sentence
    assert "speed.verdict" in short
    assert short["speed.verdict"].verdict == "refused"


def test_a_share_of_a_value_that_is_not_clear_is_refused():
    values = steady()
    values[0] *= np.where(np.arange(40) % 2, 1.0, -0.99)[:, None]
    found = estimates(speed(made(values), rng=rng()))["speed.share_by_day_30.new"]
    assert found.verdict == "refused"
    assert "is not clearly above zero" in found.sentence


def test_a_cost_of_nothing_is_back_at_once():
    found = estimates(speed(made(steady()), rng=rng(), acquisition_cost=0, winback_cost=0))
    assert found["payback.new"].estimate == 0
    assert "no cost to recover" in found["payback.new"].sentence
    assert found["payback.new.never"].estimate == 0


def test_faster_is_said_only_where_all_numbers_say_it():
    """The second group starts at 50 of 150: sooner in share and amount; a dearer win-back makes payback later."""
    w = made(steady(start=(0.0, 50.0)))
    agree = speed(w, rng=rng(), amount_target=60, acquisition_cost=20, winback_cost=20)
    assert agree.faster.sides == {"share": "above", "amount": "above", "payback": "above"}
    verdict = estimates(agree)["speed.verdict"]
    assert (verdict.verdict, verdict.estimate) == ("above", None)
    assert "faster than new ones by every number compared" in verdict.sentence

    dear = speed(w, rng=rng(), amount_target=60, acquisition_cost=20, winback_cost=120)
    assert dear.faster.verdict == "undecided"
    assert dear.faster.sides["payback"] == "below"
    assert dear.faster.sentence() == (
        "The numbers disagree on who is faster: returned customers by share of value by day 30, day of the amount, new "
        "customers by payback day."
    )


def test_swapping_the_groups_swaps_who_is_faster():
    options = {"amount_target": 60, "acquisition_cost": 20, "winback_cost": 20}
    values = steady(start=(0.0, 50.0))
    one, two = (speed(made(v), rng=rng(), **options) for v in (values, values[::-1]))
    assert one.faster.verdict == "above"
    assert two.faster.verdict == "below"


@pytest.mark.parametrize(
    ("sides", "verdict", "words"),
    [
        ({}, None, ""),
        ({"share": "undecided"}, "undecided", "Neither group is shown to be faster"),
        ({"share": "above", "amount": "undecided"}, "undecided", "it stays open by day of the"),
        ({"share": "below", "payback": "undecided"}, "undecided", "Returned customers are slower"),
        (dict.fromkeys(("share", "amount", "payback"), "below"), "below", "are slower than new"),
        (
            {"share": "below", "amount": "undecided", "payback": "above"},
            "undecided",
            "numbers disagree",
        ),
    ],
)
def test_every_pattern_of_sides_has_its_sentence(sides, verdict, words):
    faster = Faster(sides, 10)
    assert faster.verdict == verdict
    assert words in faster.sentence()
    assert ("Not compared" in faster.sentence()) == (0 < len(sides) < 3)


def test_a_range_is_told_to_its_open_end():
    day = Day(FirstTime(5, 3, None, 0.2), 10.0)
    assert 'from day 3 to "not reached"' in day.range(0.95)
    assert day.interval is None
    assert Day(FirstTime(5, 3, 8, 0.0), 10.0).interval == (3, 8)


def test_doubling_money_and_costs_leaves_speed_alone():
    values = steady(start=(5.0, 50.0))
    one = speed(made(values), rng=rng(), amount_target=60, acquisition_cost=20, winback_cost=30)
    two = speed(
        made(2 * values), rng=rng(), amount_target=120, acquisition_cost=40, winback_cost=60
    )
    a, b = (
        one.to_frame().drop(columns=["what", "unit"]),
        two.to_frame().drop(columns=["what", "unit"]),
    )
    np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amount_target": 0}, "amount_target: wanted an amount above 0; got 0"),
        ({"acquisition_cost": -1}, "acquisition_cost: wanted the money .* got -1"),
        ({"winback_cost": float("nan")}, "winback_cost: wanted .* got nan"),
    ],
)
def test_impossible_amounts_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        speed(made(steady()), rng=rng(), **options)


# Spread


def test_spread_by_hand(by_hand):
    """New 20, 6, 0, 4, 5: median 5; gross 24 in place of 20; after day 0 only B's -4. Top one of five: 20 of 35.

    Reactivated 10, 9, 10, 4: median 9.5; gross I 11; after day 0 A 2 and I -1. The cap is the 99 % quantile of
    0, 4, 4, 5, 6, 9, 10, 10, 20: 0.92 of the way from 10 to 20, 19.2.
    """
    w, second = windows_of(by_hand), like_for_like(by_hand, rng=rng(), min_group=2)
    result = spread(by_hand, w, second)
    found = estimates(result)
    want = {
        "window.new.median": 5,
        "window.new.winsorised": 34.2 / 5,
        "window.new.without_day_0": -0.8,
        "window.new.gross": 7.8,
        "window.reactivated.median": 9.5,
        "window.reactivated.winsorised": 8.25,
        "window.reactivated.without_day_0": 0.25,
        "window.reactivated.gross": 8.5,
        "window.ratio.winsorised": 8.25 / (34.2 / 5),
        "window.ratio.gross": 8.5 / 7.8,
    }
    for name, value in want.items():
        assert found[name].estimate == pytest.approx(value, rel=1e-9), name
    assert found["window.ratio.without_day_0"].verdict == "refused"
    assert found["window.new.median"].ci_low is None  # no two of five values hold it with 95 %
    frame = result.to_frame().set_index("group")
    assert frame.loc["New", "top"] == pytest.approx(20 / 35)
    assert frame.loc["Reactivated", "top"] == pytest.approx(10 / 33)
    # Second purchases: A 5, C 3, D 7 after a short silence; I 10 (11 on day 0), J 4 after a long one.
    short, long = "Second purchase after a short silence", "Second purchase after a long silence"
    assert frame.loc[short, ["mean", "median", "n"]].tolist() == [5, 5, 3]
    assert frame.loc[long, ["mean", "gross", "without_day_0"]].tolist() == [7, 7.5, -0.5]


def test_goods_sent_back_count_in_the_window_alone():
    """Bought on day 40 for 10, sent back on 49, offset 9 of 10, for 2, and on 50 for 5: net 8, gross 10."""
    lines = [line for c in "ABC" for line in ((c, 40, 10), (c, 49, -2), (c, 50, -5))]
    h = history([*lines, *((c, day, 3) for c in "RS" for day in (0, 60))])
    result = spread(h, windows_of(h))
    row = result.to_frame().iloc[0]
    assert (row["mean"], row["gross"], result.totals.returned) == (8, 10, 3)


def test_quantiles_and_tops_are_those_of_the_values(drawn_history):
    """Values of new windows by plain loops; of pairs of order statistics the closest that holds the median at 95 %."""
    lines, values, kept = random_lines(), [], []
    for who in {c for c, _, _ in lines}:
        mine = [(d, a) for c, d, a in lines if c == who]
        start = min(d for d, a in mine if a >= 0)
        if start > 30 and start + 59 <= 401:
            values.append(sum(a for d, a in mine if start <= d <= start + 59))
            kept.append(sum(a for d, a in mine if start <= d <= start + 59 and a >= 0))
    values = np.sort(values)
    result = spread(drawn_history, windows_of(drawn_history))
    row = result.to_frame().iloc[0]
    n = len(values)
    low = next(k for k in range(n, 0, -1) if 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) >= 0.95)
    assert row["n"] == n
    assert row["median"] == pytest.approx(np.median(values))
    assert (row["median_ci_low"], row["median_ci_high"]) == pytest.approx(
        (values[low - 1], values[n - low])
    )
    assert row["gross"] == pytest.approx(np.mean(kept))
    assert row["top"] == pytest.approx(values[-1:].sum() / values.sum())


def test_the_means_of_the_ways_agree_with_the_windows(drawn_history):
    w = windows_of(drawn_history)
    result = spread(drawn_history, w)
    assert result.totals.net.mean[:2, 0] == pytest.approx(w.full.mean[:, -1], rel=1e-9)
    plain = w.full.ratio(level=0.95)
    same = result.totals.net.ratio(level=0.95)
    assert same.interval == pytest.approx(plain.interval, rel=1e-9)


def test_a_heavy_buyer_is_held_down_and_the_caption_says_what_changes():
    """60 new of about 10, 60 reactivated of about 12; one new customer of 400 hides the lead of the returned."""
    r, lines = np.random.default_rng(5), []
    for i in range(60):
        lines += [(f"N{i}", 40 + i, round(r.uniform(9, 11), 2))]
        lines += [(f"R{i}", 0, 5), (f"R{i}", 50 + i, round(r.uniform(11, 13), 2))]
    plain = [*lines, ("heavy", 60, 400.0)]
    h = history(plain)
    result = spread(h, windows_of(h), winsorise_at=0.98)
    found = estimates(result)
    assert found["window.ratio.winsorised"].verdict == "above"
    assert found["window.ratio.gross"].verdict == "undecided"
    assert "with the highest values held down (returned customers bring more)" in result.agreement()
    assert result.agreement() in result.table_caption()
    assert "No line in these windows is goods sent back" in found["window.new.gross"].sentence


def test_an_impossible_quantile_is_named(by_hand):
    with pytest.raises(ParameterError, match=r"winsorise_at: wanted .* got 0.5"):
        spread(by_hand, windows_of(by_hand), winsorise_at=0.5)


# Season


def test_standardised_means_by_hand():
    """New 10 and 20, reactivated 15 (three windows) and 30 (one), weights 3/4 and 1/4: 12.5 and 18.75."""
    values, counts = np.zeros((2, 2, 8)), np.zeros((2, 2, 8))
    values[0, 0, :2], values[1, 0, 2:4] = (8, 12), (15, 25)
    counts[0, 0, :2], counts[1, 0, 2:4] = 1, 1
    values[0, 1, 4:7], values[1, 1, 7] = (14, 15, 16), 30
    counts[0, 1, 4:7], counts[1, 1, 7] = 1, 1
    means = standardised(values, counts)
    assert means.mean[:, 0].tolist() == [12.5, 18.75]
    assert (means.n, means.parts) == ((4, 4), (4, 4))
    # New: variance 8/2 = 4 of the first mean, 50/2 = 25 of the second, weights 9/16 and 1/16; and the weights vary:
    # sum over four windows of (mean of its month - 12.5)**2 / 16 * 4/3 = (3 * 6.25 + 56.25) / 12.
    weights = (3 * 2.5**2 + 7.5**2) / 16 * 4 / 3
    assert means.se(0)[0] == pytest.approx(np.sqrt(9 / 16 * 4 + 25 / 16 + weights), rel=1e-12)
    assert means.se(1)[0] == pytest.approx(
        np.std([14, 15, 16, 30], ddof=1) / 2, rel=1e-12
    )  # a plain mean of four


def test_months_are_calendar_months_of_the_first_day():
    """Day 31 of 2024 is 1 February; day 60 is 1 March. Amounts 10 and 20 by month for both groups: ratio 1.5."""
    lines = []
    for i, day in enumerate((31, 59, 60, 90)):
        for k in range(2):
            amount = 10 + k if day < 60 else 20 + k
            lines += [(f"N{i}{k}", day, amount)]
    for i, day in enumerate((33, 59, 70)):
        for k in range(2):
            amount = 1.5 * (10 + k if day < 60 else 20 + k)
            lines += [(f"R{i}{k}", 0, 1), (f"R{i}{k}", day, amount)]
    h = history(lines, lapse_days=30)
    w = windows_of(h)
    result = same_months(h, w)
    assert result.months == ("2024-02", "2024-03")
    assert result.shared == (True, True)
    assert [m.n for m in result.by_month] == [(4, 4), (4, 2)]
    ratio = estimates(result)["window.same_months.ratio"]
    assert ratio.estimate == pytest.approx(1.5, rel=1e-12)
    assert result.held == (1.0, 1.0)
    plain = w.full.ratio(level=0.95).value
    assert plain == pytest.approx(1.5 * (4 * 10.5 + 2 * 20.5) / 6 / ((4 * 10.5 + 4 * 20.5) / 8))
    assert "2 shared months hold 100% of the reactivated windows" in ratio.sentence


def test_windows_that_share_no_month_are_refused_with_a_warning_about_season():
    """One cohort in February, returns in May."""
    lines = [(f"N{i}", 40 + i, 10) for i in range(6)] + [
        line for i in range(6) for line in ((f"R{i}", 0, 5), (f"R{i}", 125 + i, 8))
    ]
    h = history(lines)
    result = same_months(h, windows_of(h, min_group=5))
    found = estimates(result)
    for name in ("ratio", "difference"):
        finding = found[f"window.same_months.{name}"]
        assert finding.verdict == "refused"
        assert "season is part of every difference" in finding.sentence
        assert "parameter min_group" in finding.sentence
    assert result.held == (0.0, 0.0)
    assert set(result.to_frame().shared) == {"no"}
    assert "season" in result.table_caption()


# What no table may break


NOTHING = {
    "one customer": ([("A", 0, 10), ("A", 60, 5)], {"first_purchase_known": True}),
    "one customer, all spells": (
        [("A", day, 5) for day in range(0, 200, 40)],
        {"first_purchase_known": True, "all_spells": True},
    ),
    "zero amounts": (
        [(f"{g}{i}", day, 0) for g in "NR" for i in range(4) for day in ((50,), (0, 70))[g == "R"]],
        {},
    ),
    "one amount": (
        [(f"{g}{i}", day, 7) for g in "NR" for i in range(4) for day in ((50,), (0, 70))[g == "R"]],
        {},
    ),
    "a window of a day": (LINES, {"window_days": 1}),
    "a window longer than the data": (LINES, {"window_days": 300}),
    "nobody new": ([(c, 0, 5) for c in "ABCD"] + [(c, 90, 5) for c in "ABCD"], {}),
    "nobody back": ([(c, 50, 5) for c in "ABCD"], {}),
    "all spells": (random_lines(4, 40), {"all_spells": True, "last": 401}),
    "losses": ([*LINES, ("B", 46, -500), ("J", 100, -90)], {}),
}


@pytest.mark.parametrize("name", NOTHING)
def test_no_table_breaks_a_finding_a_caption_a_table_or_a_figure(name):
    """Findings refuse NaN themselves; everything a notebook calls is called."""
    lines, rules = NOTHING[name]
    h = history(lines, **rules)
    for min_group in (1, 2, 5):
        show_all(h, min_group)


def show_all(h, min_group):
    w = windows_of(h, min_group)
    second = like_for_like(h, rng=rng(), min_group=min_group)
    paces = speed(w, rng=rng(), amount_target=8, acquisition_cost=0, winback_cost=4)
    young, ways, months = censored(w), spread(h, w, second), same_months(h, w)
    for result in (young, paces, ways, months):
        assert all(finding.sentence for finding in result.findings())
    for result in (paces, ways, spread(h, w), months):
        assert table(result)
    for draw, result in (
        (draw_curves, w),
        (draw_censored, young),
        (draw_speed, paces.shape()),
        (draw_season, months),
    ):
        assert figure(draw, result)


def test_figures_keep_their_words_apart(drawn_history):
    w = windows_of(drawn_history, 5)
    paces = speed(w, rng=rng())
    for draw, result in (
        (draw_curves, w),
        (draw_censored, censored(w)),
        (draw_speed, paces.shape()),
        (draw_season, same_months(drawn_history, w)),
    ):
        check_words(drawn(draw, result))


def test_the_figure_of_curves_shows_the_wider_band_too(by_hand):
    """Two bands for each of two groups."""
    from matplotlib.collections import PolyCollection

    canvas = drawn(draw_curves, windows_of(by_hand))
    assert len(canvas.findobj(PolyCollection)) == 4
