"""Second life: a table worked by hand, a plain loop, exact tails, refusals, and what the figure says."""

from itertools import pairwise

import days
import numpy as np
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.errors import ParameterError
from retorno.figures.reactivation.second_life import second_life as figure
from retorno.money import discount_at, fading_sum
from retorno.reactivation.worth.monthly import Monthly
from retorno.reactivation.worth.returned import monthly_margins
from retorno.reactivation.worth.second_life import second_life

LINES = [  # customer, day, amount; lapse 30, last day 200
    ("A", 0, 50), ("A", 5, 9), ("A", 60, 10), ("A", 89, 4), ("A", 90, 6), ("A", 119, -1),
    ("B", 10, 70), ("B", 100, 8), ("B", 141, 2),
    ("C", 20, 1), ("C", 150, 12), ("C", 185, 3),
    ("D", 40, 5), ("D", 60, 5),
]  # fmt: skip


def history(lines=LINES, *, margin_rate=1.0, **rules):
    return days.history(lines, margin_rate=margin_rate, **rules)


@pytest.fixture(scope="module")
def falling():
    """400 customers back, three quarters of those there alive from month to month."""
    return history(many(400, q=0.75, last=400), last=400)


def findings(life):
    return {finding.id: finding for finding in life.findings()}


def many(n=60, *, q=0.7, seed=1, last=400):
    """Customers back on day 40 or later, alive from month to month with chance q, about 10 a month."""
    rng = np.random.default_rng(seed)
    lines = []
    for i in range(n):
        start = 40 + int(rng.integers(0, 60))
        lines += [(f"c{i:03d}", 0, 7)]
        months = int(rng.geometric(1 - q))
        lines += [
            (f"c{i:03d}", start + 30 * k, float(rng.integers(5, 16)))
            for k in range(months)
            if start + 30 * k <= last
        ]
    return lines


def test_the_value_by_hand():
    """Back: A on 60 (141 days observed), B on 100 (101), C on 150 (51); D has not lapsed before day 60.

    Month 1 (offsets 0 to 29): A 10 + 4, B 8, C 12, all observed: 34 / 3. Month 2 (30 to 59): A 6, B 2 (offset 41), C 3
    (offset 35) with three at risk, until offset 50; A -1 (offset 59) with two: 11/3 - 1/2 = 19 / 6. Month 3: nothing.
    Discounted at 10% for 30 and 60 days.
    """
    life = second_life(history(), winback_cost=2.0, second_life_months=3, min_group=2)
    assert life.n == 3
    assert life.watched.tolist() == [3, 2, 2]
    assert life.monthly.margin.tolist() == pytest.approx([34 / 3, 19 / 6, 0], abs=1e-12)
    value = 34 / 3 * 1.1 ** (-30 / 365) + 19 / 6 * 1.1 ** (-60 / 365)
    found = findings(life)
    assert found["second_life.value.before_cost"].estimate == pytest.approx(value, rel=1e-12)
    assert found["second_life.value"].estimate == pytest.approx(value - 2, rel=1e-12)
    assert found["second_life.value"].unit == "EUR per customer"
    assert "Only 2 units" in found["second_life.value"].sentence
    assert "by whatever cause" in found["second_life.value"].sentence


def test_the_interval_of_one_month_is_that_of_a_mean():
    """Month 1 alone, all observed: 14, 8, 12 and t with two degrees of freedom, undiscounted."""
    life = second_life(history(), annual_discount_rate=0.0, second_life_months=1, min_group=2)
    values = np.array([14.0, 8.0, 12.0])
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3)
    before = findings(life)["second_life.value.before_cost"]
    assert before.ci_high == pytest.approx(values.mean() + half, rel=1e-12)


def test_every_return_counts_as_long_as_it_is_observed():
    """A plain loop over days: what those at risk bring over how many they are."""
    lines, last = many(40), 330
    lines = [line for line in lines if line[1] <= last]
    life = second_life(history(lines, last=last), second_life_months=8, min_group=2)
    starts, mine = {}, {}
    for who, day, amount in lines:
        mine.setdefault(who, []).append((day, amount))
    for who, own in mine.items():
        days = sorted(day for day, _ in own)
        back = [b for a, b in pairwise(days) if b - a > 30]
        if back:
            starts[who] = back[0]
    margin = np.zeros(8)
    for offset in range(240):
        there = [who for who, start in starts.items() if start + offset <= last]
        brought = sum(a for who in there for d, a in mine[who] if d - starts[who] == offset)
        margin[offset // 30] += brought / len(there)
    assert life.monthly.margin.tolist() == pytest.approx(margin.tolist(), rel=1e-9)


def test_nothing_of_the_first_life_counts():
    """Ten times the money before the return, more purchases there, and customers who never left change nothing."""
    returns = {"A": 60, "B": 100, "C": 150}
    louder = [
        (who, day, 10 * amount if day < returns.get(who, 1000) else amount)
        for who, day, amount in LINES
    ]
    louder += [("A", 2, 500), ("B", 12, 3), ("E", 0, 900), ("E", 25, 900)]
    one, two = (
        second_life(history(lines), winback_cost=2.0, second_life_months=3, min_group=2)
        for lines in (LINES, louder)
    )
    assert one.findings() == two.findings()
    assert one.to_frame().equals(two.to_frame())


def test_a_later_lapse_and_return_is_still_the_second_life():
    """A third life counts in the second, once, whether or not every spell is followed: day 85 of A's, B at risk too."""
    lines = [*LINES, ("A", 145, 100)]
    known = {"winback_cost": 2.0, "second_life_months": 3, "min_group": 2}
    first = second_life(history(lines), **known)
    every = second_life(history(lines, all_spells=True), **known)
    assert first.n == every.n == 3
    assert first.monthly.margin[2] == pytest.approx(100 / 2)
    assert first.findings() == every.findings()


def test_months_end_where_thirty_are_still_observed():
    """60 customers, a third each observed for 10, 7 and 4 whole months: 40 to the end of month 7, 20 of month 8.

    Of 20 customers no month has 30: the last with `min_group` counts, with a warning.
    """
    lines = []
    for i in range(60):
        start = {0: 100, 1: 190, 2: 280}[i % 3]
        lines += [(f"c{i}", 0, 1), (f"c{i}", start, 5 + i % 7)]
    life = second_life(history(lines, last=399))
    assert len(life.watched) == 7
    assert life.watched[-1] == 40
    few = second_life(history(lines[:40], last=399), min_group=5)
    assert (len(few.watched), few.n, few.watched[-1]) == (10, 20, 7)
    assert "Only 7 units" in findings(few)["second_life.value.before_cost"].sentence


def test_more_months_than_the_data_hold_are_refused_by_name():
    life = second_life(history(), winback_cost=1.0, second_life_months=40)
    for finding in life.findings():
        assert finding.verdict == "refused"
        assert "parameter second_life_months" in finding.sentence
        assert "month 40" in finding.sentence
    assert life.to_frame().empty
    assert life.sensitivity().to_frame().empty
    assert drawn(figure, life)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("A", 0, 1), ("B", 5, 2)], "of 0 who came back"),
        ([("A", 0, 1), ("A", 100, 2)], "two different customers"),
        ([(c, d, 4) for c in "ABCDEF" for d in (0, 100)], "brings the same"),
        ([(c, d, 0) for c in "ABCDEF" for d in (0, 100)], "brings the same"),
    ],
)
def test_what_cannot_be_known_is_refused(lines, why):
    life = second_life(history(lines), winback_cost=0.0, min_group=1)
    for finding in life.findings():
        assert finding.verdict == "refused"
        assert why in finding.sentence
    assert why in life.caption()
    assert why in life.sensitivity().table_caption()


def test_without_margin_nothing_and_without_cost_only_the_value_is_refused():
    revenue = findings(second_life(history(many(), margin_rate=None), winback_cost=2.0))
    assert {f.verdict for f in revenue.values()} == {"refused"}
    assert "margin_rate" in revenue["second_life.value"].sentence
    life = second_life(history(many()))
    found = findings(life)
    assert "winback_cost" in found["second_life.value"].sentence
    assert found["second_life.value"].verdict == "refused"
    assert found["second_life.value.before_cost"].estimate > 0
    assert life.title().startswith("A second life brings")
    assert "value" not in life.sensitivity().columns()


@pytest.mark.parametrize(
    ("cost", "verdict", "title"),
    [
        (0.0, "above", "leaves"),
        (25.0, "undecided", "undecided"),
        (100.0, "below", "loses"),
    ],
)
def test_the_verdict_is_that_of_the_interval_after_cost(cost, verdict, title):
    """About 27 a customer before cost, give or take 7."""
    life = second_life(history(many()), winback_cost=cost)
    value = findings(life)["second_life.value"]
    assert (value.verdict, title in life.title()) == (verdict, True)
    assert value.estimate == pytest.approx(life.before_cost.value - cost, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"winback_cost": -1}, "winback_cost: wanted .* got -1"),
        ({"annual_discount_rate": -1}, "annual_discount_rate: wanted a fraction above -1; got -1"),
        ({"second_life_months": 0}, "second_life_months: wanted a whole number .* got 0"),
        ({"second_life_months": 1.5}, "second_life_months: wanted a whole number .* got 1.5"),
        ({"second_life_tail": "long"}, "second_life_tail: wanted .* got 'long'"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        second_life(history(), **options)


def monthly(margin, *, spread=1e-3, parts=200, watched=None):
    """Return months with these margins, each part off by noise of a known size."""
    noise = np.random.default_rng(5).normal(size=(parts, len(margin)))
    noise = spread * (noise - noise.mean(axis=0)) / np.sqrt(parts)
    watched = np.full(len(margin), 100) if watched is None else np.asarray(watched)
    return Monthly(np.asarray(margin, dtype=float), noise, watched, parts - 1, 0.95)


@pytest.mark.parametrize("watched", [None, [90, 80, 70, 60, 50, 40, 30, 20]])
def test_a_geometric_tail_is_exact_on_margins_that_fall_at_one_pace(watched):
    """128, 64, ... 1: what follows is 1/2 + 1/4 + ... = 1, of 256 in all; undiscounted.

    At 10% a year with v = 1.1**(-30/365), month k brings 256 (v/2)**k: 256 (v/2) / (1 - v/2) in all.
    """
    months = monthly([2.0 ** (8 - k) for k in range(1, 9)], watched=watched)
    fade = months.fade()
    assert fade.ratio.value == pytest.approx(0.5, rel=1e-12)
    assert fade.last == pytest.approx(1.0, rel=1e-12)
    whole = months.value(0.0, tail=True)
    assert whole.tail == pytest.approx(1.0, rel=1e-11)
    assert whole.total.value == pytest.approx(256.0, rel=1e-12)
    assert whole.share.value == pytest.approx(1 / 256, rel=1e-11)
    x = 1.1 ** (-30 / 365) / 2
    assert months.value(0.1, tail=True).total.value == pytest.approx(256 * x / (1 - x), rel=1e-12)


def test_the_pace_is_that_of_statsmodels_poisson():
    """The last half of uneven months, weighted by customers, as a Poisson model with log link fits them."""
    import statsmodels.api as sm

    watched = np.array([900, 700, 600, 420, 300, 200, 90, 31])
    margin = np.array([20.0, 9, 8, 8.5, 6, 6.4, 3, 4.1])
    fade = monthly(margin, watched=watched).fade()
    design = sm.add_constant(np.arange(-3.0, 1))
    model = sm.GLM(margin[4:], design, family=sm.families.Poisson(), freq_weights=watched[4:])
    fit = model.fit(tol=1e-14)
    assert np.log([fade.last, fade.ratio.value]).tolist() == pytest.approx(
        fit.params.tolist(), abs=1e-9
    )


def test_the_error_of_the_tail_is_the_derivative_of_the_estimate():
    """Moving the margins along one part's influence moves tail and total as their standard errors say."""
    margin = np.array([30.0, 11, 9, 8, 6, 5.5, 4, 3.4])
    watched = np.array([90, 80, 70, 60, 50, 40, 30, 20])
    step = 1e-6 * np.array([1.0, -2, 0.5, 1, -1, 0.3, 0.7, -0.4])
    one = Monthly(margin, np.array([step, -step]), watched, 1, 0.95)
    up, down = (Monthly(margin + s * step, one.influence, watched, 1, 0.95) for s in (1, -1))
    at = [m.value(0.1, tail=True) for m in (one, up, down)]
    moved = (at[1].total.value - at[2].total.value) / 2
    assert at[0].total.se == pytest.approx(np.sqrt(2) * abs(moved), rel=1e-6)
    total = at[0].total  # errors so small that what is skewed is straight
    for end in (total.ci_low, total.ci_high):
        assert abs(end - total.value) == pytest.approx(one.t * total.se, rel=1e-3)
    share = (at[1].share.value - at[2].share.value) / 2
    assert at[0].share.se == pytest.approx(np.sqrt(2) * abs(share), rel=1e-6)


@pytest.mark.parametrize(
    ("margin", "spread", "why"),
    [
        ([5, 4, 3], 0.001, "at least 4 observed months, and there are 3"),
        ([9, 1, 2, 3, 4, 5], 0.001, "do not clearly fall"),
        ([9, 8, 7, 6, 5, 4], 50.0, "do not clearly fall"),
        ([9, 8, 7, 1, -1, -2], 0.001, "not above zero"),
        ([9, 8, 7, 6, -2, -2], 0.001, "show no pace"),
        ([9, 8, 7, 0, 0, 0], 0.001, "not above zero"),
    ],
)
def test_no_tail_is_made_of_margins_that_do_not_fall(margin, spread, why):
    assert why in monthly(margin, spread=spread).no_fade(0.1)


def test_a_tail_that_discounting_makes_grow_is_refused():
    """At -90% a year a month is worth 1.2 times the one before it; margins of 0.9 times do not make up for it."""
    months = monthly([9 * 0.9**k for k in range(8)])
    assert months.no_fade(0.0) is None
    assert "has no sum" in months.no_fade(-0.9)


def test_a_tail_asked_for_and_not_there_is_refused_by_name():
    life = second_life(
        history(many(80, q=0.9999, last=400), last=400),
        winback_cost=2.0,
        second_life_tail="geometric",
    )
    found = findings(life)
    for name in ("second_life.value", "second_life.value.before_cost", "second_life.tail_share"):
        assert found[name].verdict == "refused"
        assert "do not clearly fall" in found[name].sentence
    assert "second_life_tail" in found["second_life.value"].sentence
    assert "second_life_tail" in life.caption()
    check_words(drawn(figure, life))
    table = life.sensitivity()
    assert table.to_frame().before_cost.isna().sum() == 6
    assert "Empty" in table.table_caption()


def test_the_tail_is_counted_only_when_asked_for(falling):
    without = second_life(falling, winback_cost=2.0)
    counted = second_life(falling, winback_cost=2.0, second_life_tail="geometric")
    assert without.before_cost.value < counted.before_cost.value
    share = findings(without)["second_life.tail_share"]
    assert "it is not counted here" in share.sentence
    assert share.estimate == findings(counted)["second_life.tail_share"].estimate
    tail = counted.before_cost.value - without.before_cost.value
    assert share.estimate == pytest.approx(tail / counted.before_cost.value, rel=1e-9)
    assert 0 < share.ci_low < share.estimate < share.ci_high < 1
    assert "without end" in findings(counted)["second_life.value"].sentence
    assert "it is counted" in counted.caption()
    assert "it is not counted" in without.caption()


def test_sensitivity_has_a_row_for_each_way_of_counting(falling):
    """Two tails, half and all of the months, rates 0, given and double; the row in use is the finding."""
    life = second_life(falling, winback_cost=2.0, annual_discount_rate=0.08)
    frame = life.sensitivity().to_frame()
    full = len(life.watched)
    assert len(frame) == 12
    assert set(frame.months) == {full // 2, full}
    assert set(frame.rate) == {0.0, 0.08, 0.16}
    used = frame[(frame["tail"] == "none") & (frame.months == full) & (frame.rate == 0.08)].iloc[0]
    assert used.before_cost == pytest.approx(life.before_cost.value, rel=1e-12)
    assert used.value == pytest.approx(life.before_cost.value - 2.0, rel=1e-12)
    assert set(life.sensitivity().columns()) <= set(frame.columns)
    zero = second_life(falling, annual_discount_rate=0.0)
    assert len(zero.sensitivity().to_frame()) == 4


def test_doubling_all_money_doubles_the_value_and_leaves_the_tails_share_alone():
    lines = many(400, q=0.75, last=400)
    double = [(who, day, 2 * amount) for who, day, amount in lines]
    one, two = (
        findings(second_life(history(each, last=400), second_life_tail="geometric"))
        for each in (lines, double)
    )
    for name, times in (("second_life.value.before_cost", 2), ("second_life.tail_share", 1)):
        assert two[name].estimate == pytest.approx(times * one[name].estimate, rel=1e-9)
        assert two[name].ci_high == pytest.approx(times * one[name].ci_high, rel=1e-9)


def test_money_that_comes_later_and_money_that_fades():
    """A year and two at 25%: 0.8 and 0.64; 8 is followed by 4 + 2 + 1 + ... = 8."""
    assert discount_at([0, 1, 2], 0.25).tolist() == pytest.approx([1.0, 0.8, 0.64], rel=1e-12)
    assert discount_at(1, 0.25) == pytest.approx(0.8, rel=1e-12)
    assert fading_sum(8.0, 0.5) == 8.0
    with pytest.raises(ValueError, match="below 1"):
        fading_sum(8.0, 1.0)
    with pytest.raises(ValueError, match="above -1"):
        discount_at(1, -1.0)


def test_margins_of_broken_months_are_no_margins():
    with pytest.raises(ValueError, match="whole months of 30 days"):
        monthly_margins(np.ones((1, 3, 45)), np.ones((1, 3, 45)), level=0.95)


@pytest.mark.parametrize("months", [1, 3, 12, None])
@pytest.mark.parametrize("tail", ["none", "geometric"])
def test_the_figures_words_do_not_collide(falling, months, tail):
    life = second_life(
        falling,
        winback_cost=2.0,
        second_life_months=months,
        second_life_tail=tail,
    )
    check_words(drawn(figure, life))
    assert life.alternative()
    assert life.subtitle().endswith("EUR")
