"""Branching processes and truncated delays: by hand, by R, by brute force, and their refusals."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats import branching, renewal, truncation
from retorno.stats.branching import (
    Offspring,
    ancestry,
    dispersion,
    jackknife,
    mean_offspring,
    on_log_scale,
    on_logit_scale,
)
from retorno.stats.recurrent import mean_cumulative
from retorno.stats.renewal import expected_births, tree_growth, tree_moments
from retorno.stats.truncation import delays_seen, right_truncated

REFERENCE = json.loads((Path(__file__).parent / "reference" / "branching.json").read_text())


@pytest.mark.parametrize("module", [branching, renewal, truncation], ids=lambda m: m.__name__)
def test_the_examples_run(module):
    shown = doctest.testmod(module)
    assert (shown.failed, shown.attempted >= 1) == (0, True)


def test_ancestry_of_long_chains_and_single_units():
    """A chain of 1,000 in an order that is no order of birth, and 3 units alone: depth is the place in the chain."""
    order = np.random.default_rng(1).permutation(1_000)
    parent = np.full(1_003, -1)
    parent[order[1:]] = order[:-1]
    found = ancestry(parent)
    assert (found.root[:1_000] == order[0]).all()
    assert found.depth[order].tolist() == list(range(1_000))
    assert found.root[1_000:].tolist() == [1_000, 1_001, 1_002]
    assert found.parts(2).tolist() == [found.parts()[i] % 2 for i in range(1_003)]


@pytest.mark.parametrize("parent", [[0], [1, 0], [1, 2, 0, -1], [1, 2, 3, 0, 3]])
def test_ancestry_refuses_a_chain_that_leads_back(parent):
    with pytest.raises(ValueError, match="leads back to where it began"):
        ancestry(parent)


def test_mean_offspring_by_hand():
    """Four parents in three parts, followed for 3, 3, 2 and 1 days; the curve ends on day 3, to which two are followed.

    Children: A on day 1 and day 3, C on day 1.
    Day 0: 0 of 4. Day 1: 2 of 4. Day 2: 0 of 3. Day 3: 1 of 2. Curve 0, 1/2, 1/2, 1.
    Without part 0 (A): day 1 1/3, day 3 0 of 1: 1/3. Without part 1 (B, C): day 1 1/2, day 3 1/1: 3/2.
    Without part 2 (D): day 1 2/3, day 3 1/2: 7/6. Mean 1; deviations -2/3, 1/2, 1/6; squares 4/9 + 1/4 + 1/36 = 13/18.
    Variance 2/3 * 13/18 = 13/27. Shares of parents 1/4, 1/2, 1/4: 1 / (1/16 + 1/4 + 1/16) - 1 = 5/3 degrees.
    """
    found = mean_offspring([3, 3, 2, 1], [0, 1, 1, 2], [1, 3, 1], [0, 0, 2], at_risk=2)
    assert found.mean.tolist() == pytest.approx([0, 1 / 2, 1 / 2, 1], rel=1e-12)
    assert found.without[:, -1].tolist() == pytest.approx([1 / 3, 3 / 2, 7 / 6], rel=1e-12)
    assert (found.n, found.children, found.parts, found.last) == (4, 3, 3, 3)
    assert found.df == pytest.approx(5 / 3, rel=1e-12)
    last = found.at(3, level=0.9)
    assert last.se == pytest.approx(np.sqrt(13 / 27), rel=1e-12)
    wide = np.exp(stats.t.ppf(0.95, 5 / 3) * np.sqrt(13 / 27))
    assert last.interval == pytest.approx((1 / wide, wide), rel=1e-12)
    low, high = found.band(level=0.9)
    assert (low[0], high[0]) == (0, 0)
    assert (low[3], high[3]) == pytest.approx(last.interval, rel=1e-12)
    assert found.late() == pytest.approx(1 / 2)  # from day int(0.75 * 3) = 2 on


def test_a_curve_ends_where_fewer_are_followed_and_children_beyond_it_do_not_count():
    found = mean_offspring([9, 4, 4], [0, 1, 2], [8, 3], [0, 1], at_risk=2)
    assert (found.last, found.children) == (4, 1)
    assert found.mean[-1] == pytest.approx(1 / 3, rel=1e-12)
    # At most half where there are fewer than twice as many: 2 of 3.
    assert mean_offspring([9, 4, 4], [0, 1, 2], [8, 3], [0, 1]).last == 4


def test_with_everybody_followed_to_the_end_it_is_the_plain_mean():
    """30 parents in parts of their own, all followed for 50 days: mean and s / sqrt(n) of their numbers.

    Leaving out one of n changes a mean by (x - mean) / (n - 1); (n - 1) / n times the sum of squares is s**2 / n.
    """
    rng = np.random.default_rng(2)
    numbers = rng.poisson(1.3, 30)
    of = np.repeat(np.arange(30), numbers)
    found = mean_offspring(np.full(30, 50), np.arange(30), rng.integers(0, 51, of.size), of)
    end = found.at(50, level=0.95)
    assert end.value == pytest.approx(numbers.mean(), rel=1e-12)
    assert end.se == pytest.approx(numbers.std(ddof=1) / np.sqrt(30), rel=1e-12)
    assert found.df == pytest.approx(29, rel=1e-12)


def test_the_curve_is_that_of_the_mean_cumulative_function():
    """Against `retorno.stats.recurrent`, whose errors come from influences: equal curve, errors alike."""
    rng = np.random.default_rng(3)
    limit = rng.integers(20, 60, 300)
    of = np.repeat(np.arange(300), rng.poisson(2, 300))
    delay = rng.integers(0, 60, of.size)
    of, delay = of[delay <= limit[of]], delay[delay <= limit[of]]
    found = mean_offspring(limit, np.arange(300), delay, of)
    seen, times = delay <= found.last, found.last + 1
    totals, at_risk = np.zeros((1, 300, times)), np.zeros((1, 300, times))
    np.add.at(totals[0], (of[seen], delay[seen]), 1)
    at_risk[0] = np.arange(times) <= limit[:, None]
    other = mean_cumulative(totals, at_risk)
    assert found.mean == pytest.approx(other.mean[0], rel=1e-10)
    se = found.at(found.last, level=0.95).se
    assert se == pytest.approx(other.se(0)[-1], rel=0.05)


def test_children_come_within_the_time_their_parent_is_followed():
    with pytest.raises(ValueError, match="between 0 and the time the parent is followed"):
        mean_offspring([3, 3], [0, 1], [4], [0])
    with pytest.raises(ValueError, match="between 0 and the time"):
        mean_offspring([3, 3], [0, 1], [-1], [0])
    with pytest.raises(ValueError, match="parents in two parts"):
        mean_offspring([3, 3], [1, 1], [1], [0])
    with pytest.raises(ValueError, match="no child was born by then"):
        mean_offspring([3, 3], [0, 1], [], []).at(3, level=0.95)


def test_dispersion_by_r():
    """theta.ml of MASS, and the likelihood-ratio interval of dnbinom: see tests/reference/branching.R."""
    found = dispersion(REFERENCE["counts"], REFERENCE["expected"], level=0.95)
    assert found.k == pytest.approx(REFERENCE["k"], rel=1e-6)
    assert found.ci_low == pytest.approx(REFERENCE["ci_low"], rel=1e-6)
    assert found.ci_high == pytest.approx(REFERENCE["ci_high"], rel=1e-6)


def test_dispersion_without_bound_where_chance_alone_would_do():
    """Ones all over spread less than Poisson: no k is the best. Poisson counts do not rule chance alone out."""
    even = dispersion(np.ones(40, dtype=int), np.ones(40), level=0.95)
    assert np.isinf(even.k)
    assert np.isinf(even.ci_high)
    assert np.isfinite(even.ci_low)
    chance = dispersion(np.random.default_rng(4).poisson(0.7, 500), np.full(500, 0.7), level=0.95)
    assert np.isinf(chance.ci_high)


def test_dispersion_refuses_what_has_no_likelihood():
    for counts, expected in (([0, 0], [1, 1]), ([1, 0], [0, 1]), ([1], [1, 1])):
        with pytest.raises(ValueError, match="one that is positive"):
            dispersion(counts, expected, level=0.95)


def test_truncated_shares_by_r():
    """survfit with late entry on reversed time: see tests/reference/branching.R."""
    delay, limit = REFERENCE["delay"], REFERENCE["limit"]
    found = right_truncated(delay, limit, np.arange(len(delay)))
    assert found.share.size - 1 == REFERENCE["last"]
    assert found.share[REFERENCE["at"]].tolist() == pytest.approx(REFERENCE["share"], rel=1e-10)
    assert found.longer == sum(d > REFERENCE["last"] for d in delay)


def test_shares_seen_are_plain_counts():
    """Delays 1, 2, 2, 5: 1/4 by day 1, 3/4 by day 2, all by day 5. Errors of a share: sqrt(p q / (n - 1))."""
    found = delays_seen([1, 2, 2, 5], np.arange(4))
    assert found.share.tolist() == pytest.approx([0, 1 / 4, 3 / 4, 3 / 4, 3 / 4, 1], rel=1e-12)
    assert [found.reached(s) for s in (0.25, 0.5, 0.75, 0.9, 1)] == [1, 2, 2, 5, 5]
    se = np.sqrt((jackknife(found.share, found.without, found.parts) ** 2).sum(axis=0))
    assert se[1:3].tolist() == pytest.approx([np.sqrt(3 / 16 / 3)] * 2, rel=1e-12)


def test_the_interval_of_a_median_holds_the_days_whose_band_holds_one_half():
    """100 delays of 1 to 100 days, each a part: 0.5 -+ 1.98 sqrt(0.25 / 99) is 0.4003 to 0.5997.

    At day 41 the upper bound is 0.41 + 1.984 sqrt(0.41 * 0.59 / 99) = 0.5081, at day 40 0.40 + 0.0977 = 0.4977: from
    41 on. By symmetry the lower bound reaches a half at day 60: 0.60 - 0.0977 = 0.5023, at 59 0.5 - 0.0081: to 60.
    """
    median = delays_seen(np.arange(1, 101), np.arange(100)).quantile(0.5, level=0.95)
    assert (median.value, *median.interval) == (50, 41, 60)


def test_truncation_is_undone():
    """Delays uniform on 1 to 100, limits on 1 to 200, seen if no longer: of a million the shares are right again.

    The plain share by day 50 is too large: a delay d is seen with probability (201 - d) / 200.
    """
    rng = np.random.default_rng(5)
    delay, limit = rng.integers(1, 101, 10**6), rng.integers(1, 201, 10**6)
    seen = delay <= limit
    delay, limit, part = delay[seen], limit[seen], np.arange(seen.sum()) % 50
    found = right_truncated(delay, limit, part)
    low, high = found.band(level=0.9999)
    assert (low[50], high[50]) == pytest.approx((0.5, 0.5), abs=0.01)
    assert low[50] < 0.5 < high[50]
    d = np.arange(1, 101)
    assert delays_seen(delay, part).share[50] == pytest.approx(
        (201 - d[:50]).sum() / (201 - d).sum(), abs=0.005
    )


def test_truncated_delays_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="between 0 and its `limit`"):
        right_truncated([3, 1], [2, 2], [0, 1])
    with pytest.raises(ValueError, match="in two parts"):
        right_truncated([1, 1], [2, 2], [0, 0])


def test_births_follow_the_renewal_equation_and_sum_to_the_closed_form():
    """First 0.4 and later 0.6 children, all after 10 days: generation g has 0.4 * 0.6**(g - 1) on day 10 g.

    Over a long time they sum to 0.4 / (1 - 0.6) = 1.
    """
    times = 2_000
    first, later = np.zeros(times), np.zeros(times)
    first[10], later[10] = 0.4, 0.6
    births = expected_births(first, later)
    assert births[[10, 20, 30, 40]].tolist() == pytest.approx([0.4, 0.24, 0.144, 0.0864], rel=1e-12)
    assert births.sum() == pytest.approx(1, rel=1e-9)
    with pytest.raises(ValueError, match="no end on that day"):
        expected_births([0.0, 1.0], [1.0, 0.0])


def test_births_by_brute_force():
    """20,000 trees drawn child by child with delays 1 + geometric: mean born by days 30, 90 and 200.

    Within four standard errors of the simulated means.
    """
    rng = np.random.default_rng(6)
    trees, times = 20_000, 400
    p = 1 / 30
    chance = np.append(0.0, stats.geom.pmf(np.arange(1, times), p))
    births = expected_births(0.5 * chance, 0.7 * chance).cumsum()
    tree, day = np.arange(trees), np.zeros(trees, dtype=int)
    born, mean, k = np.zeros((trees, 3)), 0.5, 0.5
    while tree.size:
        numbers = rng.negative_binomial(k, k / (k + mean), tree.size)
        tree = np.repeat(tree, numbers)
        day = np.repeat(day, numbers) + rng.geometric(p, tree.size)
        for place, end in enumerate((30, 90, 200)):
            born[:, place] += np.bincount(tree[day <= end], minlength=trees)
        mean = 0.7
    se = born.std(axis=0, ddof=1) / np.sqrt(trees)
    assert (np.abs(born.mean(axis=0) - births[[30, 90, 200]]) < 4 * se).all()


def test_moments_of_a_tree_by_brute_force():
    """200,000 trees, first 0.4 and later 0.6 children, k 0.8 and 0.5: mean 1 and variance by the formula.

    s = 0.6 + 0.72 = 1.32, s_first = 0.4 + 0.2 = 0.6: 0.4 * 1.32 / 0.4**3 + 0.6 / 0.4**2 = 8.25 + 3.75 = 12.
    The mean within four standard errors, so is the mean of squares about it.
    """
    mean, variance = tree_moments(0.4, 0.6, 0.8, 0.5)
    assert (mean, variance) == pytest.approx((1, 12), rel=1e-12)
    rng, trees = np.random.default_rng(7), 200_000
    alive = rng.negative_binomial(0.8, 0.8 / 1.2, trees)
    size = alive.copy()
    while alive.any():
        alive = rng.negative_binomial(np.maximum(0.5 * alive, 1e-12), 0.5 / 1.1) * (alive > 0)
        size += alive
    squares = (size - 1.0) ** 2
    assert abs(size.mean() - 1) < 4 * np.sqrt(12 / trees)
    assert abs(squares.mean() - 12) < 4 * squares.std() / np.sqrt(trees)
    with pytest.raises(ValueError, match="below 1 for trees that end"):
        tree_moments(0.4, 1.0, 1, 1)


def test_growth_moves_as_the_curves_do():
    """Errors of a tree over time by their slopes: against the tree worked out anew without each part.

    80 parts; what the slopes give and what leaving out gives agree to second order, here a tenth.
    """
    rng = np.random.default_rng(8)

    def curve(mean):
        n = 4_000
        of = np.repeat(np.arange(n), rng.negative_binomial(0.5, 0.5 / (0.5 + mean), n))
        delay = np.minimum(np.ceil(rng.exponential(40, of.size)).astype(int), 300)
        return mean_offspring(np.full(n, 300), np.arange(n) % 80, delay, of)

    def again(first, later):
        births = expected_births(np.diff(first, prepend=0), np.diff(later, prepend=0))
        return births.cumsum()[[60, 300]]

    first, later = curve(0.4), curve(0.6)
    growth = tree_growth(first, later, [0, 60, 300])
    anew = np.array([again(*pair) for pair in zip(first.without, later.without, strict=True)])
    by_leaving = np.sqrt((jackknife(growth.born[1:], anew, 80) ** 2).sum(axis=0))
    both = growth.by_first + growth.by_later
    by_slopes = np.sqrt((both**2).sum(axis=0))[1:3]
    assert growth.born[1:].tolist() == pytest.approx(again(first.mean, later.mean).tolist())
    assert by_slopes.tolist() == pytest.approx(by_leaving.tolist(), rel=0.1)
    totals = first.without[:, -1] / (1 - later.without[:, -1])
    se = np.sqrt((jackknife(growth.in_the_end, totals, 80) ** 2).sum())
    assert growth.total(level=0.95).se == pytest.approx(se, rel=0.1)
    month = growth.by(1, level=0.95)
    assert month.se == pytest.approx(by_leaving[0], rel=0.1)
    # A small level is linear: both sides alike, and as wide as t times the error.
    narrow = growth.by(1, level=0.02)
    half = stats.t.ppf(0.51, 79) * month.se
    assert narrow.ci_high - narrow.value == pytest.approx(half, rel=0.02)
    assert narrow.value - narrow.ci_low == pytest.approx(half, rel=0.02)
    assert growth.by(0, level=0.95).interval == (0, 0)
    assert growth.share(0, level=0.95).interval == (0, 0)
    assert 0 < growth.share(1, level=0.95).ci_low < growth.share(1, level=0.95).ci_high < 1


def test_the_interval_of_a_tree_by_hand():
    """First exactly 0.4; later 0.6 with an interval of 0.5 to 0.72: 0.4 / 0.5 to 0.4 / 0.28 in the end.

    Four parts; log(0.72 / 0.6) = 0.182 is t(3) times the relative error: without a part later is 0.6 -+ x, and the
    influence is sqrt(3/4) x with squares 3 x**2 in all: x = 0.6 * 0.182 / (t sqrt(3)).
    """
    x = 0.6 * np.log(1.2) / stats.t.ppf(0.975, 3) / np.sqrt(3)
    first = Offspring(np.array([0, 0.4]), np.array([[0, 0.4]] * 4), 9, 9, 4, 3.0)
    without = np.array([[0, 0.6 + x], [0, 0.6 - x], [0, 0.6 + x], [0, 0.6 - x]])
    later = Offspring(np.array([0, 0.6]), without, 9, 9, 4, 3.0)
    assert later.at(1, level=0.95).interval == pytest.approx((0.5, 0.72), rel=1e-9)
    total = tree_growth(first, later, [0, 1]).total(level=0.95)
    assert (total.value, *total.interval) == pytest.approx((1, 0.8, 0.4 / 0.28), rel=1e-9)
    wide = tree_growth(first, Offspring(later.mean, 0.6 + 3 * (without - 0.6), 9, 9, 4, 3.0), [1])
    assert wide.total(level=0.95).ci_high == np.inf


def test_a_tree_that_never_ends_has_no_growth():
    ones = Offspring(np.ones(3), np.ones((2, 3)), 2, 2, 2, 1.0)
    with pytest.raises(ValueError, match="below 1 for a tree that ends; got 1"):
        tree_growth(ones, ones, [1])


def test_scales_of_intervals():
    """Influences 0.3 and 0.4: error 0.5. Log: 2 / e**(t 0.25) to 2 e**(t 0.25). Log odds of 0.5: slope 1 / 0.25."""
    t = stats.t.ppf(0.975, 10)
    log = on_log_scale(2.0, [0.3, 0.4], df=10, level=0.95)
    assert log.interval == pytest.approx((2 / np.exp(t / 4), 2 * np.exp(t / 4)), rel=1e-12)
    odds = on_logit_scale(0.5, [0.03, 0.04], df=10, level=0.95)
    wide = np.exp(t * 0.05 / 0.25)
    assert odds.interval == pytest.approx((1 / (1 + wide), wide / (1 + wide)), rel=1e-12)
    assert on_logit_scale(1.0, [0.0, 0.0], df=10, level=0.95).interval == (1, 1)
