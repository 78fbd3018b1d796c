"""Mean cumulative curves: by hand, a loop over units with the formulas of the paper, R, properties."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats.recurrent import (
    MeanCurves,
    earlier,
    first_time,
    first_times,
    mean_cumulative,
    sup_t,
)

R = json.loads((Path(__file__).parent / "reference" / "recurrent.json").read_text(encoding="utf-8"))
LEVEL = 0.95


def sums(values, followed):
    """Return totals and at risk, each unit a part: `values` (n, n_times), `followed` times seen of each."""
    seen = np.arange(np.shape(values)[1]) < np.asarray(followed)[:, None]
    return np.where(seen, values, 0.0)[None], seen[None].astype(float)


def by_units(values, followed):
    """Return mean and robust variance of Lawless and Nadeau (1995) by plain loops, variance times n / (n - 1)."""
    n, times = np.shape(values)
    mean, variance, growth = np.zeros(times), np.zeros(times), np.zeros(times)
    for s in range(times):
        risk = sum(followed[i] > s for i in range(n))
        growth[s] = sum(values[i][s] for i in range(n) if followed[i] > s) / risk
    for t in range(times):
        mean[t] = sum(growth[s] for s in range(t + 1))
        for i in range(n):
            surprise = 0.0
            for s in range(t + 1):
                if followed[i] > s:
                    risk = sum(followed[j] > s for j in range(n))
                    surprise += (values[i][s] - growth[s]) / risk
            variance[t] += surprise**2
    return mean, variance * n / (n - 1)


@pytest.fixture(scope="module")
def two_groups():
    """Forty units, of which the first 20 are in both groups; followed for 3 to 8 times."""
    rng = np.random.default_rng(5)
    values = np.exp(rng.normal(size=(2, 40, 8))) * (rng.random((2, 40, 8)) < 0.4)
    followed = rng.integers(3, 9, (2, 40))
    followed[:, 0] = 8
    seen = np.arange(8) < followed[:, :, None]
    seen[1, 20:] = False
    return mean_cumulative(np.where(seen, values, 0.0), seen)


def test_mean_and_error_by_hand():
    """Units bring 4, 2, 6 at time 0; the third is lost; 5 and 1 at time 1.

    Growth 12/3 = 4 and 6/2 = 3, mean 4 and 7. Surprises at time 0: 0, -2/3, 2/3, squares 8/9, times 3/2 = 4/3, which
    is s**2/n = 4/3. At time 1 they are 0 + 2/2 = 1, -2/3 - 2/2 = -5/3, 2/3: squares 1 + 25/9 + 4/9 = 38/9, times 3/2.
    """
    curves = mean_cumulative(*sums([[4, 5], [2, 1], [6, 9]], [2, 2, 1]))
    assert curves.mean[0].tolist() == [4.0, 7.0]
    assert curves.se(0) == pytest.approx(np.sqrt([4 / 3, 19 / 3]), rel=1e-12)
    assert (curves.n, curves.parts, curves.df(0)) == ((3,), (3,), 2)


def test_the_curve_is_that_of_a_loop_over_units():
    rng = np.random.default_rng(1)
    values, followed = rng.lognormal(size=(25, 9)).round(2), rng.integers(1, 10, 25)
    followed[:3] = 9
    mean, variance = by_units(values, followed)
    curves = mean_cumulative(*sums(values, followed))
    assert curves.mean[0] == pytest.approx(mean, rel=1e-12)
    assert curves.se(0) == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_unit_marks_agree_with_survival_of_r():
    """R's robust error is the infinitesimal jackknife, without n / (n - 1)."""
    followed = [len(marks.rstrip("-")) for marks in R["followed"]]
    values = [[float(mark == "1") for mark in marks] for marks in R["followed"]]
    curves = mean_cumulative(*sums(values, followed))
    n = len(values)
    assert curves.mean[0] == pytest.approx(R["mean"], rel=1e-10)
    assert curves.se(0) * np.sqrt((n - 1) / n) == pytest.approx(R["se"], rel=1e-10)


def test_with_all_followed_it_is_the_mean_of_sums_with_its_usual_error():
    values = np.random.default_rng(2).lognormal(size=(30, 5))
    curves = mean_cumulative(*sums(values, np.full(30, 5)))
    whole = values.sum(axis=1)
    assert curves.mean[0, -1] == pytest.approx(whole.mean(), rel=1e-12)
    assert curves.se(0)[-1] == pytest.approx(whole.std(ddof=1) / np.sqrt(30), rel=1e-12)
    low, high = stats.t.interval(0.9, 29, whole.mean(), whole.std(ddof=1) / np.sqrt(30))
    assert curves.one(0, level=0.9).interval == pytest.approx((low, high), rel=1e-12)


def test_units_in_both_groups_are_paired():
    """Every unit in both groups: the difference has the error of the differences, the ratio that of a ratio."""
    rng = np.random.default_rng(3)
    a = rng.lognormal(size=40)
    b = a + rng.lognormal(size=40)
    curves = mean_cumulative(np.stack([a, b])[:, :, None], np.ones((2, 40, 1)))
    assert curves.difference(level=LEVEL).se == pytest.approx((b - a).std(ddof=1) / np.sqrt(40))
    ratio = b.mean() / a.mean()
    residual = (b - ratio * a).std(ddof=1) / np.sqrt(40) / a.mean()
    assert curves.ratio(level=LEVEL).se == pytest.approx(residual, rel=1e-12)


def test_parts_of_many_units_sum_what_the_units_bring():
    """Units in parts of two: the influence of a part is the sum of those of its units, up to the scale."""
    values, seen = sums(np.random.default_rng(4).lognormal(size=(40, 6)), np.full(40, 6))
    fine = mean_cumulative(values, seen)
    coarse = mean_cumulative(*(x.reshape(1, 20, 2, 6).sum(axis=2) for x in (values, seen)))
    assert coarse.mean == pytest.approx(fine.mean, rel=1e-12)
    paired = fine.influence[0].reshape(20, 2, 6).sum(axis=1)
    scale = np.sqrt(20 / 19) / np.sqrt(40 / 39)
    assert coarse.influence[0] == pytest.approx(scale * paired, rel=1e-9)
    assert (coarse.n, coarse.parts) == ((40,), (20,))


def test_a_curve_without_its_first_time_is_the_curve_of_the_rest():
    values, seen = sums(np.random.default_rng(6).lognormal(size=(30, 5)), np.full(30, 5))
    rest = mean_cumulative(values[:, :, 1:], seen[:, :, 1:])
    without = mean_cumulative(values, seen).without(0)
    assert without.mean == pytest.approx(rest.mean, rel=1e-12)
    assert without.se(0) == pytest.approx(rest.se(0), rel=1e-9)
    assert mean_cumulative(values, seen).at(2).mean.shape == (1, 3)


def test_between_holds_what_difference_says_at_every_time(two_groups):
    apart = two_groups.between()
    for time in (0, 4, 7):
        there = two_groups.at(time).difference(level=LEVEL)
        low, high = apart.band(0, level=LEVEL)
        assert (apart.mean[0, time], low[time], high[time]) == pytest.approx(
            (there.value, *there.interval), rel=1e-12
        )
    swapped = two_groups.between(first=1, second=0)
    assert swapped.mean == pytest.approx(-apart.mean, rel=1e-12)


def test_the_shape_ends_at_one_and_has_the_error_of_a_ratio(two_groups):
    """Share at time 3 = A / B with A the value there, B the last: influence (a - share b) / B."""
    shape = two_groups.shape(1)
    assert shape.mean[0, -1] == 1.0
    assert shape.se(0)[-1] == pytest.approx(0, abs=1e-15)
    share = two_groups.mean[1, 3] / two_groups.mean[1, -1]
    influence = two_groups.influence[1]
    se = np.linalg.norm(influence[:, 3] - share * influence[:, -1]) / two_groups.mean[1, -1]
    assert (shape.mean[0, 3], shape.se(0)[3]) == pytest.approx((share, se), rel=1e-12)


def test_draws_have_the_bounds_of_the_band_and_move_groups_together(two_groups):
    """20,000 draws: a 2.5 % quantile has a Monte Carlo error of about 0.02 standard errors; 4 of them allowed."""
    draws = two_groups.draws((0, 1), rng=np.random.default_rng(1), draws=20_000)
    for group in (0, 1):
        t = stats.t.ppf(0.975, two_groups.df(0, 1))
        low = two_groups.mean[group] - t * two_groups.se(group)
        got = np.quantile(draws[:, group], 0.025, axis=0)
        assert (np.abs(got - low) < 0.08 * two_groups.se(group)).all()
    correlation = np.corrcoef(draws[:, 0, -1], draws[:, 1, -1])[0, 1]
    a, b = two_groups.influence[:, :, -1]
    assert correlation == pytest.approx(a @ b / np.sqrt(a @ a * (b @ b)), abs=0.05)


def test_a_simultaneous_band_of_one_time_is_the_pointwise_one():
    """With one time there is nothing more to hold; with all times alike neither."""
    influence = np.random.default_rng(1).normal(size=(50, 1))
    wide = sup_t(influence, df=49, level=LEVEL, rng=np.random.default_rng(2), draws=50_000)
    assert wide == pytest.approx(stats.t.ppf(0.975, 49), abs=0.05)
    alike = np.repeat(influence, 7, axis=1)
    assert sup_t(
        alike, df=49, level=LEVEL, rng=np.random.default_rng(2), draws=50_000
    ) == pytest.approx(wide)


def test_a_simultaneous_band_of_independent_times_is_that_of_sidak():
    """Ten orthogonal times hold together at 0.95 when each holds at 0.95 ** (1/10); infinite df."""
    influence = np.eye(10)
    wide = sup_t(influence, df=10**9, level=LEVEL, rng=np.random.default_rng(2), draws=100_000)
    assert wide == pytest.approx(stats.norm.ppf((1 + 0.95**0.1) / 2), abs=0.02)


def test_first_times_by_hand():
    """Ten times 0.10 reach 1.00; the first crossing counts; 0 is reached at once; the last is inside."""
    steps = np.cumsum(np.full(10, 0.1))
    assert first_times(steps, 1.0) == 9
    assert first_times([1.0, 3.0, 2.0, 3.0], 2.5) == 1
    assert first_times([0.0, 3.0], 0.0) == 0
    assert first_times([-1.0, 3.0], 0.0) == 1
    assert first_times([1.0, 2.0], 2.1) == np.inf


def test_the_interval_of_a_first_time_is_the_middle_of_the_draws():
    """100 draws cross at 0 to 99 of 100 times: 95 % run from the 3rd, 2, to the 98th, 97; none never."""
    draws = np.tril(np.ones((100, 100))).T
    mean = (np.arange(100) >= 40).astype(float)
    found = first_time(mean, draws, 1.0, level=0.95)
    assert (found.value, found.low, found.high, found.never) == (40, 2, 97, 0.0)
    assert found.interval == (2, 97)


def test_a_bound_beyond_the_last_time_is_no_number():
    """Of 100 draws 10 never cross: the upper bound is open, and with it the interval; none at all is never."""
    draws = np.tril(np.ones((100, 100))).T
    draws[90:] = 0.0
    found = first_time(np.ones(100), draws, 1.0, level=0.95)
    assert (found.low, found.high, found.never, found.interval) == (2, None, 0.1, None)
    none = first_time(np.zeros(100), np.zeros((100, 100)), 1.0, level=0.95)
    assert (none.value, none.low, none.high, none.never) == (None, None, None, 1.0)


def test_earlier_is_the_side_of_the_interval():
    """98 of 100 draws earlier is a side at 0.95, 97 is not; never in both is no difference."""
    later = np.full(100, 5.0)
    for n, side in ((98, "below"), (97, "undecided")):
        second = np.where(np.arange(100) < n, 3.0, np.inf)
        assert earlier(later, second, level=0.95) == side
    assert earlier(np.full(100, 3.0), np.full(100, np.inf), level=0.95) == "above"
    assert earlier(np.full(100, np.inf), np.full(100, np.inf), level=0.95) == "undecided"


@pytest.mark.parametrize(
    ("totals", "at_risk", "message"),
    [
        ([[[1.0]]], [[[1.0, 1.0]]], "need one shape"),
        ([[1.0]], [[1.0]], "need one shape"),
        ([[[1.0, 0.0]]], [[[1.0, 0.0]]], "nobody is under observation at the last time"),
    ],
)
def test_bad_sums_are_named(totals, at_risk, message):
    with pytest.raises(ValueError, match=message):
        mean_cumulative(totals, at_risk)


def test_what_has_no_error_or_no_ratio_is_named():
    one = mean_cumulative([[[1.0]]], [[[1.0]]])
    assert np.isnan(one.mean).all()
    with pytest.raises(ValueError, match="two units in group 0; it has 1"):
        one.one(0, level=LEVEL)
    zero = mean_cumulative(np.zeros((2, 3, 2)), np.ones((2, 3, 2)))
    with pytest.raises(ValueError, match="needs two positive means"):
        zero.ratio(level=LEVEL)
    with pytest.raises(ValueError, match="needs a positive last value"):
        zero.shape(0)
    assert sup_t(
        zero.influence[0], df=2, level=LEVEL, rng=np.random.default_rng(1), draws=10
    ) == pytest.approx(stats.t.ppf(0.975, 2))
    with pytest.raises(ValueError, match="finite"):
        first_time([1.0], [[1.0]], np.nan, level=LEVEL)


def test_doubling_all_money_doubles_values_and_leaves_ratios_and_times_alone(two_groups):
    twice = MeanCurves(
        2 * two_groups.mean, 2 * two_groups.influence, two_groups.n, two_groups.parts
    )
    assert twice.one(0, level=LEVEL).ci_low == pytest.approx(
        2 * two_groups.one(0, level=LEVEL).ci_low
    )
    assert twice.ratio(level=LEVEL).interval == pytest.approx(
        two_groups.ratio(level=LEVEL).interval
    )
    for curves, height in ((two_groups, 2.0), (twice, 4.0)):
        draws = curves.draws([0], rng=np.random.default_rng(1))[:, 0]
        found = first_time(curves.mean[0], draws, height, level=LEVEL)
        assert found == first_time(
            two_groups.mean[0],
            two_groups.draws([0], rng=np.random.default_rng(1))[:, 0],
            2.0,
            level=LEVEL,
        )
