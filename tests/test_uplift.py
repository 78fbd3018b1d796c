"""Rankings learned forward, the curve of gain, the best depth: by hand, by plain loops, properties, refusals."""

import time

import numpy as np
import pytest

from retorno.stats.student import welch
from retorno.stats.uplift import DEPTHS, Curve, parts, uplift_curve
from retorno.stats.uplift_depth import (
    as_good_as_best,
    best_depth,
    chosen_forward,
    everybody,
    gain_of,
)
from retorno.stats.uplift_scores import Scores, fewest, forward_scores

HALVES = np.array([0.5, 1.0])


def by_one_model(scores):
    """Return scores of one model that ranks every unit."""
    scores = np.asarray(scores, dtype=float)
    return Scores(np.zeros(scores.size, dtype=int), 0, scores[None], -scores[None])


def forty():
    """Top half: 10 treated 4 and 2, 10 others 2 and 0; bottom half: all 20 alternate 2 and 0."""
    treated = np.tile(np.repeat([True, False], 10), 2)
    outcome = np.concatenate([np.tile([4.0, 2.0], 5), np.tile([2.0, 0.0], 15)])
    return outcome, treated, by_one_model(np.repeat([2.0, 1.0], 20))


def drawn(n=1_200, k=3, seed=1):
    rng = np.random.default_rng(seed)
    x, treated = rng.standard_normal((n, k)), rng.permutation(n) < n // 2
    outcome = x[:, 0] + treated * (0.2 + 0.5 * x[:, 1]) + rng.standard_normal(n)
    return x, treated, outcome


def test_the_curve_by_hand():
    """In the top half treated 3, others 1: gain 0.5 x 2 = 1. All: 2 - 1 = 1, gain 1.

    Variances of ten alternating values: 10/9 each, so the error at a half is 0.5 sqrt(2 x (10/9)/10) = sqrt(1/18). At
    depth 1 it is Welch's. Area of 0, 1, 1 over depths 0, 0.5, 1: 0.25 + 0.5, less the triangle 0.5: 0.25.
    """
    outcome, treated, scores = forty()
    curve = uplift_curve(outcome, treated, scores, "effect", depths=HALVES)
    assert curve.gain == pytest.approx([1.0, 1.0], rel=1e-12)
    whole = welch(outcome[treated], outcome[~treated])
    assert curve.se == pytest.approx([np.sqrt(1 / 18), whole.se], rel=1e-12)
    assert curve.df == 19
    area = curve.qini()
    assert area.value == pytest.approx(0.25, rel=1e-12)
    assert area.se == pytest.approx(0.5 * curve.at(0.5).minus(half_of(curve)).student.se, rel=1e-9)


def half_of(curve):
    """The line of a random order at depth 0.5: the area is half the distance from it, by trapezoids of width 0.5."""
    return curve.at(1.0).times(0.5)


def test_the_other_order_and_their_difference_by_hand():
    """By -score the bottom half comes first: gain 0 at a half; the difference is 1 there and 0, surely, at 1."""
    outcome, treated, scores = forty()
    curves = [
        uplift_curve(outcome, treated, scores, o, depths=HALVES) for o in ("effect", "response")
    ]
    apart = curves[0].minus(curves[1])
    assert apart.gain == pytest.approx([1.0, 0.0], abs=1e-12)
    assert apart.se[0] > 0.3
    assert apart.se[1] == pytest.approx(0.0, abs=1e-12)


def test_ties_are_treated_as_if_their_order_were_drawn():
    """The part of a tied unit treated is its chance in 4,000 random orders, and that of all sums to the depth."""
    rng = np.random.default_rng(2)
    values = np.array([3.0, 2, 2, 2, 1, 1, 0, 0, 0, 0])
    scores = by_one_model(values)
    part = scores.treated_at("effect", [0.2, 0.5, 0.7])
    seen = np.zeros((10, 3))
    for _ in range(4_000):
        order = np.lexsort((rng.random(10), -values))
        for column, size in enumerate((2, 5, 7)):
            seen[order[:size], column] += 1 / 4_000
    assert np.abs(part - seen).max() < 4 * 0.5 / np.sqrt(4_000)
    assert part.sum(axis=0) == pytest.approx([2, 5, 7], rel=1e-12)


def test_scores_that_differ_by_rounding_are_ties():
    noise = 1e-13 * np.arange(40)
    part = by_one_model(5.0 + noise).treated_at("effect", [0.25])
    assert part[:, 0] == pytest.approx(np.full(40, 0.25), rel=1e-12)
    part = by_one_model(np.repeat([1.0, 0.0], 20) + noise).treated_at("effect", [0.25])
    assert part[:, 0] == pytest.approx(np.repeat([0.5, 0.0], 20), rel=1e-12)


def test_where_all_have_one_score_the_curve_is_the_line_of_a_random_order():
    outcome, treated, _ = forty()
    curve = uplift_curve(outcome, treated, by_one_model(np.ones(40)), "effect", depths=HALVES)
    assert curve.gain == pytest.approx([0.5, 1.0], rel=1e-12)
    with pytest.raises(ValueError, match="the same score"):
        curve.qini()


def test_swapping_groups_flips_the_sign_and_doubling_money_doubles():
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    one = uplift_curve(outcome, treated, scores, "effect")
    swapped = uplift_curve(outcome, ~treated, scores, "effect")
    double = uplift_curve(2 * outcome, treated, scores, "effect")
    assert swapped.gain == pytest.approx(-one.gain, rel=1e-9)
    assert swapped.se == pytest.approx(one.se, rel=1e-9)
    assert double.gain == pytest.approx(2 * one.gain, rel=1e-12)


def test_at_depth_one_the_curve_is_the_difference_of_means_of_all():
    """Also of those who only train: Welch's value and error to rounding."""
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    end = uplift_curve(outcome, treated, scores, "effect").at(1.0).student
    whole = welch(outcome[treated], outcome[~treated])
    assert (end.value, end.se) == pytest.approx((whole.value, whole.se), rel=1e-9)


def test_models_are_least_squares_on_the_blocks_before():
    """Against NumPy's lstsq, fitted to each group of the blocks before the one that is ranked."""
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    design = np.column_stack([np.ones(len(x)), x])
    for model in (0, 3, 7):
        before = scores.block < scores.first + model
        lines = [
            np.linalg.lstsq(design[before & group], outcome[before & group], rcond=None)[0]
            for group in (treated, ~treated)
        ]
        assert scores.response[model] == pytest.approx(design @ lines[0], abs=1e-9)
        assert scores.effect[model] == pytest.approx(design @ (lines[0] - lines[1]), abs=1e-9)


def test_nobody_is_ranked_by_a_model_that_saw_him():
    """Other outcomes in block 5 and later leave the models that rank blocks up to 5 as they were, and no other."""
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    other = np.where(scores.block >= 5, outcome**2, outcome)
    again = forward_scores(other, treated, x, rng=np.random.default_rng(3))
    assert (again.block == scores.block).all()
    assert again.effect[:4] == pytest.approx(scores.effect[:4], rel=1e-9)
    assert np.abs(again.effect[4] - scores.effect[4]).max() > 0.1


def test_every_stratum_is_spread_evenly_over_the_blocks():
    rng = np.random.default_rng(4)
    x, treated, outcome = drawn()
    strata = np.where(treated, rng.integers(1, 3, treated.size), 0)
    block = forward_scores(outcome, treated, x, strata=strata, rng=rng).block
    for stratum in range(3):
        sizes = np.bincount(block[strata == stratum], minlength=10)
        assert np.ptp(sizes) <= 1


def test_constant_and_overlapping_columns_do_no_harm():
    """A constant, a copy and a word nobody has in the first blocks leave the scores of the rest as they were."""
    x, treated, outcome = drawn()
    plain = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    more = np.column_stack([x, np.ones(len(x)), x[:, 0]])
    got = forward_scores(outcome, treated, more, rng=np.random.default_rng(3))
    assert got.effect == pytest.approx(plain.effect, abs=1e-8)
    # A column that copies another in the blocks that train: what it is worth by itself is not known, not huge.
    copy = np.where(plain.block >= 5, -x[:, 0], x[:, 0] * (1 + 1e-15))
    got = forward_scores(outcome, treated, np.column_stack([x, copy]), rng=np.random.default_rng(3))
    assert np.abs(got.effect).max() < 10
    rare = ((plain.block == 9) & (np.arange(len(x)) % 3 == 0)).astype(float)
    got = forward_scores(outcome, treated, np.column_stack([x, rare]), rng=np.random.default_rng(3))
    assert got.effect == pytest.approx(plain.effect, abs=1e-8)


def test_the_band_is_that_of_multipliers_for_each_unit():
    """Half widths over the error against 4,000 draws of a normal multiplier for each unit: within four errors of a
    quantile, about 0.06."""
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    curve = uplift_curve(outcome, treated, scores, "effect")
    low, high = curve.band(level=0.95, rng=np.random.default_rng(4))
    wide = ((high - low) / 2 / curve.se)[0]
    multiplied = np.random.default_rng(5).standard_normal((4_000, len(x))) @ curve.influence
    by_hand = np.quantile(np.abs(multiplied / curve.se).max(axis=1), 0.95)
    assert wide == pytest.approx(by_hand, abs=0.07)
    assert wide > 2.2


def test_depths_with_too_few_are_left_out():
    """40 ranked units of a group: ten of them at a depth of 0.25 in order of score, fewer above."""
    rng = np.random.default_rng(6)
    treated = np.tile([True, False], 40)
    scores = by_one_model(np.repeat(np.arange(40.0), 2))
    curve = uplift_curve(rng.standard_normal(80), treated, scores, "effect")
    assert curve.depths[0] == 0.25
    with pytest.raises(ValueError, match=r"not read at depth 0\.2"):
        curve.at(0.2)
    with pytest.raises(ValueError, match="10 ranked units in each group; got 5"):
        uplift_curve(np.arange(10.0), treated[:10], by_one_model(np.arange(10.0)), "effect")


def curve_of(gain, se=0.01):
    gain = np.asarray(gain, dtype=float)
    return Curve(np.arange(1, gain.size + 1) / gain.size, gain, se * np.eye(gain.size), 1_000.0)


def test_the_best_depth_by_hand():
    """Gains 4, 6, 6.5 at thirds: at cost 3 profit 3, 4, 3.5; at 0 the last is best; at 20 nobody."""
    curve, options = curve_of([4, 6, 6.5]), {"value": 1.0, "level": 0.95}
    depths = {}
    for cost in (3.0, 0.0, 20.0):
        best = best_depth(curve, cost=cost, rng=np.random.default_rng(1), **options)
        depths[cost] = (best.depth, best.low, best.high, best.profit)
    assert depths[3.0] == pytest.approx((2 / 3, 2 / 3, 2 / 3, 4.0))
    assert depths[0.0] == pytest.approx((1.0, 1.0, 1.0, 6.5))
    assert depths[20.0] == (0.0, 0.0, 0.0, 0.0)
    unsure = best_depth(
        curve_of([4, 6, 6.5], se=5.0), cost=3.0, rng=np.random.default_rng(1), **options
    )
    assert (unsure.low, unsure.high) == (0.0, 1.0)


def test_two_estimates_are_told_apart_by_a_one_sided_test():
    """Values 0 and d, errors 1: the lower one goes when d / sqrt(2) exceeds 1.645, the normal's 95 % point."""
    options = {"df": 1e6, "level": 0.95}
    for d, kept in ((2.2, True), (2.45, False)):
        got = as_good_as_best([0.0, d], np.eye(2), rng=np.random.default_rng(1), **options)
        assert got.tolist() == [kept, True]
    alike = np.array([[1.0, 0.99], [0.99, 1.0]])  # error of the difference 0.14
    got = as_good_as_best([0.0, 0.5], alike, rng=np.random.default_rng(1), **options)
    assert got.tolist() == [False, True]


def test_depths_are_chosen_on_the_blocks_before_by_a_plain_loop():
    """For each ranked block the profit of each depth from the blocks before it, written out."""
    x, treated, outcome = drawn(4_000)
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    chosen = chosen_forward(outcome, treated, scores, "effect", value=1.0, cost=0.2)
    within = scores.treated_at("effect", DEPTHS)
    for model in range(8):
        before = scores.block < 2 + model
        ranked = before & scores.scored
        of_all = outcome[before & treated].mean() - outcome[before & ~treated].mean()
        profit = {0.0: 0.0, 1.0: of_all - 0.2}
        for place, depth in enumerate(DEPTHS[:-1]):
            w = within[:, place]
            if min(w[ranked & treated].sum(), w[ranked & ~treated].sum()) < 10:
                continue
            top = [
                np.average(outcome[r], weights=w[r]) for r in (ranked & treated, ranked & ~treated)
            ]
            some = [outcome[r].mean() for r in (ranked & treated, ranked & ~treated)]
            gain = depth * (of_all + top[0] - top[1] - some[0] + some[1])
            profit[depth] = gain - 0.2 * depth
        assert chosen.by_block[model] == max(profit, key=profit.get)
    assert 0 < chosen.share < 1
    assert len(profit) > 10


def test_everybody_is_the_difference_of_means_of_the_ranked():
    x, treated, outcome = drawn()
    scores = forward_scores(outcome, treated, x, rng=np.random.default_rng(3))
    got = gain_of(outcome, treated, scores, "effect", everybody(scores)).student
    ranked = scores.scored
    by_hand = welch(outcome[ranked & treated], outcome[ranked & ~treated])
    assert (got.value, got.se) == pytest.approx((by_hand.value, by_hand.se), rel=1e-9)


def test_parts_by_hand():
    """Halves of the forty: 3 and 1 above, 1 and 1 below; error sqrt(2/9) in each."""
    outcome, treated, scores = forty()
    top, rest = parts(outcome, treated, scores, "effect", [0, 0.5, 1])
    assert (top.treated, top.others, top.effect.value) == (3.0, 1.0, 2.0)
    assert (rest.treated, rest.others, rest.effect.value, rest.n) == (1.0, 1.0, 0.0, 20.0)
    assert top.effect.se == pytest.approx(np.sqrt(2 / 9), rel=1e-12)
    assert parts(outcome, treated, scores, "effect", [0, 0.25, 1])[0] is None


def test_what_cannot_be_ranked_is_named():
    x, treated, outcome = drawn()
    rng = np.random.default_rng(1)
    assert fewest(3) == 50
    with pytest.raises(ValueError, match="needs 50 units in each group; got 40"):
        forward_scores(outcome[:80], np.tile([True, False], 40), x[:80], rng=rng)
    with pytest.raises(ValueError, match="without a value"):
        forward_scores(np.where(treated, np.nan, outcome), treated, x, rng=rng)
    with pytest.raises(ValueError, match="all outcomes are the same"):
        forward_scores(np.zeros(len(x)), treated, x, rng=rng)
    with pytest.raises(ValueError, match="shape"):
        forward_scores(outcome, treated, x[:, 0], rng=rng)
    with pytest.raises(ValueError, match="one value a unit"):
        forward_scores(outcome[:-1], treated, x, rng=rng)


def test_64_000_units_with_20_columns_take_seconds():
    """About 0.5 seconds on two cores; the bound leaves room for a busy machine."""
    x, treated, outcome = drawn(64_000, 20)
    rng, start = np.random.default_rng(1), time.perf_counter()
    scores = forward_scores(outcome, treated, x, rng=rng)
    curve = uplift_curve(outcome, treated, scores, "effect")
    uplift_curve(outcome, treated, scores, "response")
    curve.band(level=0.95, rng=rng)
    best_depth(curve, value=1.0, cost=0.1, level=0.95, rng=rng)
    gain_of(
        outcome,
        treated,
        scores,
        "effect",
        chosen_forward(outcome, treated, scores, "effect", value=1.0, cost=0.1),
    )
    assert time.perf_counter() - start < 4
