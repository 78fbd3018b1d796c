"""Intervals of mean cumulative curves on units whose curve is known.

A unit buys on time 0 and later at random, with lognormal amounts (sigma 0.8), so that few bring much; it leaves the
data at a random time. Half of each group is in both. The truth has a closed form. Where n is 30 the t interval of so
skewed a mean misses the bounds; what it covers is pinned.
"""

import numpy as np
import pytest
from scipy import optimize, stats
from shared import judge

from retorno.reactivation.curves.season import standardised
from retorno.stats.recurrent import first_time, mean_cumulative

TIMES, SIGMA, LEVEL = 60, 0.8, 0.95
RATES = (0.05, 0.07)  # purchases a day after time 0, by group
SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
SIZES = pytest.mark.parametrize(("n", "parts"), [(30, None), (300, None), (3_000, 100)])


def truth(group):
    """Return the mean curve: one purchase, then `RATES` a day, of exp(SIGMA**2 / 2) each."""
    return np.exp(SIGMA**2 / 2) * (1 + RATES[group] * np.arange(TIMES))


def drawn(n, rng, *, censored):
    """Return totals and at risk, (2, 1.5 n, TIMES); those in both groups share a factor of what they buy."""
    total = n + n // 2
    member = np.stack([np.arange(total) < n, np.arange(total) >= total - n])
    taste = rng.gamma(4.0, 0.25, total)[:, None]  # mean 1: the rate of a unit in both groups
    values = np.zeros((2, total, TIMES))
    for group, rate in enumerate(RATES):
        buys = rng.random((total, TIMES)) < np.minimum(rate * taste, 1.0)
        buys[:, 0] = True
        values[group] = buys * rng.lognormal(0.0, SIGMA, (total, TIMES))
    leaves = rng.integers(1, 2 * TIMES, total) if censored else np.full(total, TIMES)
    leaves[[0, total // 2, total - 1]] = TIMES  # each group has somebody to the end
    seen = (np.arange(TIMES) < leaves[:, None]) & member[:, :, None]
    return np.where(seen, values, 0.0), seen.astype(float)


def curves_of(n, parts, runs, *, seed, censored=True):
    rng = np.random.default_rng(seed)
    for _ in range(runs):
        totals, seen = drawn(n, rng, censored=censored)
        if parts:
            place = np.arange(totals.shape[1]) % parts
            totals, seen = (
                np.stack([x[:, place == p].sum(axis=1) for p in range(parts)], axis=1)
                for x in (totals, seen)
            )
        yield mean_cumulative(totals, seen)


def bounds(n):
    return (0.90, 0.98) if n <= 30 else (0.93, 0.97)


@SIZES
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_means_differences_and_ratios_cover(runs, n, parts):
    """Pointwise at the middle and at the end, where about half the units are left."""
    runs = runs if n < 3_000 else runs // 4 if runs < 2_000 else runs
    found = list(curves_of(n, parts, runs, seed=n))
    for time in (0, TIMES // 2, TIMES - 1):
        at = [curves.at(time) for curves in found]
        first, second = (truth(group)[time] for group in (0, 1))
        judge(f"mean {time}", first, [c.one(0, level=LEVEL) for c in at], bounds=bounds(n))
        judge(f"ratio {time}", second / first, [c.ratio(level=LEVEL) for c in at], bounds=bounds(n))
        differences = [c.difference(level=LEVEL) for c in at]
        judge(f"difference {time}", second - first, differences, bounds=bounds(n))


@SIZES
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_bands_hold_the_whole_curve(runs, n, parts):
    """At 30 units the band misses too often, most at time 0: 0.843 in 2,000 runs; pinned, and said where it is made."""
    runs = runs // 4 if runs < 2_000 else runs
    rng, inside = np.random.default_rng(8), []
    for curves in curves_of(n, parts, runs, seed=n + 1):
        low, high = curves.simultaneous(1, level=LEVEL, rng=rng, draws=1_000)
        inside.append(((low <= truth(1)) & (truth(1) <= high)).all())
    share = np.mean(inside)
    print(f"simultaneous band: n {n}, {runs} runs, coverage {share:.3f}")
    slack = 0 if runs >= 1_950 else 3 * np.sqrt(0.05 * 0.95 / runs)
    least, most = bounds(n) if n > 30 else (0.82, 0.87)
    assert least - slack <= share <= most + slack


@SIZES
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_day_of_an_amount_covers(runs, n, parts):
    """All followed to the end; the curve of group 1 reaches 3.55 on time 23. An open bound is later than the last.

    Measured in 2,000 runs: 0.938 of 30 units, 0.972 of 300, 0.996 of 3,000, whose days hardly vary (sd 0.6).
    """
    runs = runs // 4 if runs < 2_000 else runs
    rng, height = np.random.default_rng(9), 3.55
    when = int(np.argmax(truth(1) >= height))
    inside, days, never = [], [], []
    for curves in curves_of(n, parts, runs, seed=n + 2, censored=False):
        draws = curves.draws([1], rng=rng, draws=1_000)[:, 0]
        found = first_time(curves.mean[1], draws, height, level=LEVEL)
        low, high = (TIMES if bound is None else bound for bound in (found.low, found.high))
        inside.append(low <= when <= high)
        days.append(TIMES if found.value is None else found.value)
        never.append(found.never)
    share = np.mean(inside)
    print(
        f"day: n {n}, {runs} runs, truth {when}, mean {np.mean(days):.1f}, sd {np.std(days):.1f}, "
        f"never {np.mean(never):.3f}, coverage {share:.3f}"
    )
    slack = 0 if runs >= 1_950 else 3 * np.sqrt(0.05 * 0.95 / runs)
    assert share >= bounds(n)[0] - slack  # days are whole: rather too wide than too narrow


@SIZES
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_share_by_a_day_covers(runs, n, parts):
    """Share of the last value reached by the middle of the window."""
    runs = runs if n < 3_000 else runs // 4 if runs < 2_000 else runs
    at, curve = TIMES // 2 - 1, truth(1)
    found = [
        curves.shape(1).at(at).one(0, level=LEVEL)
        for curves in curves_of(n, parts, runs, seed=n + 3, censored=False)
    ]
    judge(f"share by {at}", curve[at] / curve[-1], found, bounds=bounds(n))


@pytest.mark.parametrize(("n", "parts"), [(60, None), (300, None), (3_000, 100)])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_what_the_youngest_change_covers(runs, n, parts):
    """All units minus those followed to the end, of one curve: censoring is at random, so the truth is 0."""
    runs = runs if n < 3_000 else runs // 4 if runs < 2_000 else runs
    rng, found = np.random.default_rng(n + 4), []
    for _ in range(runs):
        totals, seen = drawn(n, rng, censored=True)
        whole = seen * seen[:, :, -1:]
        if parts:
            place = np.arange(totals.shape[1]) % parts
            pairs = [
                np.stack([x[:, place == p].sum(axis=1) for p in range(parts)], axis=1)
                for x in (totals, seen, totals * whole, whole)
            ]
        else:
            pairs = [totals, seen, totals * whole, whole]
        every, full = mean_cumulative(*pairs[:2]), mean_cumulative(*pairs[2:])
        apart = every.mean[1, -1] - full.mean[1, -1]
        influence = every.influence[1, :, -1] - full.influence[1, :, -1]
        found.append(full.estimate(apart, influence, 1, level=LEVEL))
    judge(f"all minus full, n {n}", 0.0, found)


@pytest.mark.parametrize(("n", "bound"), [(30, (0.92, 0.98)), (300, (0.93, 0.97))])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_a_winsorised_ratio_covers(runs, n, bound):
    """Lognormal values (sigma 1), a fifth higher in the second group; the quantile of the sample stands for the true.

    The sample's quantile is taken as known; the truth has that of the population, the mean of two lognormal laws.
    """
    laws = [stats.lognorm(1.0, scale=np.exp(shift)) for shift in (0.0, 0.2)]
    cap = optimize.brentq(lambda x: sum(law.cdf(x) for law in laws) / 2 - 0.99, 1, 100)
    first, second = (
        np.exp(shift + 0.5) * stats.norm.cdf(np.log(cap) - shift - 1) + cap * law.sf(cap)
        for shift, law in zip((0.0, 0.2), laws, strict=True)
    )
    rng, found = np.random.default_rng(n + 5), []
    for _ in range(runs):
        values = rng.lognormal(0.0, 1.0, (2, n)) * np.array([[1.0], [np.exp(0.2)]])
        held = np.minimum(values, np.quantile(values, 0.99))
        totals, seen = np.zeros((2, 2 * n, 1)), np.zeros((2, 2 * n, 1))
        for group in (0, 1):
            mine = slice(group * n, (group + 1) * n)
            totals[group, mine, 0], seen[group, mine, 0] = held[group], 1.0
        found.append(mean_cumulative(totals, seen).ratio(level=LEVEL))
    judge(f"winsorised ratio, n {n}", second / first, found, bounds=bound)


@pytest.mark.parametrize(("n", "parts"), [(60, 180), (300, 900), (3_000, 100)])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_standardised_ratios_cover(runs, n, parts):
    """Six months, values twice as high in the last as in the first; the second group begins late, half of it in both.

    Each group has n units over the months, so about n / 16 of the second in the rarest; months with fewer than two of
    either are left out, as in the study. The truth: 1.2.
    """
    runs = runs if n < 3_000 else runs // 4 if runs < 2_000 else runs
    season, late = np.linspace(1.0, 2.0, 6), np.linspace(1.0, 3.0, 6) / 12
    rng, found = np.random.default_rng(n + 6), []
    for _ in range(runs):
        values, counts = (np.zeros((6, 2, parts)) for _ in range(2))
        units = (np.arange(n) % parts, np.arange(n // 2, n + n // 2) % parts)
        for group, lift in ((0, 1.0), (1, 1.2)):
            month = rng.choice(6, n, p=late if group else late[::-1])
            amount = lift * season[month] * rng.lognormal(-(SIGMA**2) / 2, SIGMA, n)
            np.add.at(values, (month, group, units[group]), amount)
            np.add.at(counts, (month, group, units[group]), 1.0)
        shared = (counts > 0).sum(axis=2).min(axis=1) >= 2
        found.append(standardised(values[shared], counts[shared]).ratio(level=LEVEL))
    judge(f"same months, n {n}", 1.2, found)
