"""The bootstrap by counts: exact laws, R's boot and SciPy's BCa as judges, and the moments regressions are made of."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats import bootstrap
from retorno.stats.bootstrap import bootstrap_difference, resampled_moments

R = json.loads((Path(__file__).parent / "reference" / "effect_sizes.json").read_text("utf-8"))
FIRST, SECOND = np.array(R["data"]["first"]), np.array(R["data"]["second"])
SKEWED = np.random.default_rng(7).lognormal(size=(2, 35))


def bca_error(draws, se, step, level=0.95):
    """Return the Monte Carlo standard error of a BCa bound of a near normal bootstrap, in units of the values.

    A quantile at share p errs by sqrt(p (1 - p) / draws) over the density, se / phi(z); z0 errs by
    sqrt(1/4 / draws) / phi(0) and moves the bound by twice that times se. Their sum bounds the error of both
    together. Resampled means lie on a grid: half of its `step` more.
    """
    z = stats.norm.ppf((1 + level) / 2)
    p = (1 - level) / 2
    quantile = np.sqrt(p * (1 - p)) / stats.norm.pdf(z)
    return se * (quantile + 2 * 0.5 / stats.norm.pdf(0)) / np.sqrt(draws) + step / 2


def test_resampled_means_have_the_law_of_the_bootstrap():
    """Of two values 0 and 1 the sum over three resampled rows is binomial(3, 1/3) when one of three is 1.

    And of the difference: variance sum (x - mean)**2 / n**2 in each group, that of the plug-in law.
    """
    moments = resampled_moments(
        [[1, 0], [1, 0], [1, 1]], draws=40_000, rng=np.random.default_rng(1)
    )
    assert (moments[:, 0, 0] == 3).all()
    shares = np.bincount(moments[:, 0, 1].astype(int), minlength=4) / 40_000
    expected = stats.binom.pmf(range(4), 3, 1 / 3)
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.25 / 40_000)
    got = bootstrap_difference(FIRST, SECOND, draws=40_000, rng=np.random.default_rng(2))
    se = np.sqrt(FIRST.var() / 40 + SECOND.var() / 40)
    assert got.se == pytest.approx(se, rel=4 / np.sqrt(2 * 40_000))  # error of an SD of normals


@pytest.mark.parametrize("rows", [300, 40])
def test_moments_are_those_of_rows_drawn_one_by_one(rows):
    """Mean and covariance of the moments of 4,000 resamples of either kind, at four standard errors.

    300 rows of two answers take the way by cells (49 values at most but 300 rows), 40 rows the way by rows.
    """
    rng = np.random.default_rng(3)
    table = np.column_stack([np.ones(rows), rng.integers(1, 4, rows), rng.integers(1, 5, rows)])
    got = resampled_moments(table, draws=4_000, rng=rng)
    drawn = table[rng.integers(rows, size=(4_000, rows))]
    plain = np.einsum("bni,bnj->bij", drawn, drawn)
    assert np.array_equal(got, got.transpose(0, 2, 1))
    spread = plain.std(axis=0)
    assert (np.abs(got.mean(axis=0) - plain.mean(axis=0)) <= 4 * spread * np.sqrt(2 / 4_000)).all()
    busy = spread > 0
    ratio = got.std(axis=0)[busy] / spread[busy]
    assert np.abs(ratio - 1).max() < 4 * np.sqrt(1 / 4_000)
    slopes = np.linalg.solve(got[:, :2, :2], got[:, :2, 2:])[..., 0]
    direct = np.linalg.solve(plain[:, :2, :2], plain[:, :2, 2:])[..., 0]
    assert slopes[:, 1].std() == pytest.approx(direct[:, 1].std(), rel=4 * np.sqrt(1 / 4_000))


@pytest.mark.parametrize("values", [FIRST, np.linspace(0, 1, 40)], ids=["cells", "rows"])
def test_batches_change_nothing_but_memory(values):
    """The same generator gives the same resamples whatever memory it is given, down to one at a time."""
    table = np.column_stack([np.ones(40), values])
    whole, small = (
        resampled_moments(table, draws=50, rng=np.random.default_rng(4), batch_bytes=size)
        for size in (64_000_000, 1)
    )
    assert np.allclose(whole, small, rtol=1e-12)
    sizes = [
        w.shape[0] for _, w in bootstrap._weights(np.full(4, 20), 50, np.random.default_rng(4), 448)
    ]
    assert sizes == [7] * 7 + [1]  # 16 bytes for each of 4 weights


def test_batches_of_distinct_values_change_nothing_but_memory():
    """Rows are drawn without counting; 16 bytes for each of 35 values, 20 at a time: five batches and one of 1."""
    whole, small = (
        bootstrap_difference(*SKEWED, draws=101, rng=np.random.default_rng(4), batch_bytes=size)
        for size in (64_000_000, 16 * 35 * 20)
    )
    assert small.interval == pytest.approx(whole.interval, rel=1e-12)


def test_moments_of_one_row_are_its_own():
    got = resampled_moments([[2.0, 3.0]], draws=3, rng=np.random.default_rng(5))
    assert np.array_equal(got, np.broadcast_to([[4.0, 6.0], [6.0, 9.0]], (3, 2, 2)))


@pytest.mark.parametrize(
    ("rows", "draws", "message"),
    [
        ([1.0, 2.0], 10, r"shape \(n, p\)"),
        (np.empty((0, 2)), 10, r"shape \(n, p\)"),
        ([[1.0, np.nan]], 10, "not finite"),
        ([[1.0, 2.0]], 0, "at least 1; got 0"),
    ],
)
def test_moments_say_what_they_need(rows, draws, message):
    with pytest.raises(ValueError, match=message):
        resampled_moments(rows, draws=draws, rng=np.random.default_rng(1))


def test_bca_is_that_of_r():
    """boot 1.3, two strata of 40, 200,000 draws; the acceleration has no Monte Carlo error."""
    draws, theirs = 100_000, R["bootstrap"]
    got = bootstrap_difference(FIRST, SECOND, draws=draws, rng=np.random.default_rng(6))
    assert got.value == pytest.approx(theirs["value"], rel=1e-12)
    assert got.acceleration == pytest.approx(theirs["acceleration"], rel=1e-9)
    error = bca_error(draws, got.se, 1 / 40) + bca_error(theirs["draws"], got.se, 1 / 40)
    assert np.abs(np.subtract(got.interval, theirs["bca"])).max() < 4 * error
    assert np.abs(np.subtract(got.percentile, theirs["percentile"])).max() < 4 * error


@pytest.mark.parametrize(
    ("first", "second", "step"),
    [
        (FIRST[:25], SECOND, 1 / 200),
        (SKEWED[0], SKEWED[1][:20], 0),
        (np.array([7] * 9 + [1]), np.array([4] * 12), 1 / 10),
    ],
    ids=["answers", "many values", "one group constant"],
)
def test_bca_is_that_of_scipy(first, second, step):
    """Acceleration from the jackknife to rounding; bounds within four Monte Carlo errors of both."""
    draws = 50_000
    got = bootstrap_difference(first, second, draws=draws, rng=np.random.default_rng(8))
    theirs = stats.bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=draws,
        vectorized=True,
        axis=-1,
        rng=np.random.default_rng(9),
    )
    error = bca_error(draws, got.se, step)
    assert got.se == pytest.approx(theirs.standard_error, rel=0.03)
    difference = np.subtract(got.interval, theirs.confidence_interval)
    assert (
        np.abs(difference).max() < 4 * np.sqrt(2) * error * 1.5
    )  # skewed: density below the normal's


def test_acceleration_is_the_jackknife_left_out_one_by_one():
    """Efron and Tibshirani 14.15 for two samples: every answer left out once, counts or no counts."""
    groups = [np.array([7, 7, 6, 6, 6, 2.0]), np.array([1, 1, 4, 5.0])]
    third = second = 0.0
    for sign, x in zip((1, -1), groups, strict=True):
        left_out = np.array([sign * np.delete(x, i).mean() for i in range(x.size)])
        u = (x.size - 1) * (left_out.mean() - left_out)
        third, second = third + (u**3).sum() / x.size**3, second + (u**2).sum() / x.size**2
    got = bootstrap_difference(*groups, rng=np.random.default_rng(1), draws=100)
    assert got.acceleration == pytest.approx(third / 6 / second**1.5, rel=1e-12)


def test_ties_with_the_estimate_count_half():
    """Of 0, 0, 1, 1 against a constant the resampled mean is 0.5 in 6 of 16 cases, so z0 is 0 by symmetry.

    Counted whole on either side it would be the score of 5/16 or 11/16. An offset of 0.1 makes the sums inexact.
    """
    first, second = np.array([0, 0, 1, 1]) + 0.1, np.array([0.3, 0.3])
    got = bootstrap_difference(first, second, draws=40_000, rng=np.random.default_rng(10))
    assert abs(got.bias_correction) < 4 * np.sqrt(0.25 / 40_000) / stats.norm.pdf(0)


def test_a_difference_swaps_its_sign():
    """Acceleration and value exactly, the bounds as far as chance goes."""
    got, back = (
        bootstrap_difference(*pair, draws=50_000, rng=np.random.default_rng(11))
        for pair in ((FIRST, SECOND), (SECOND, FIRST))
    )
    assert (back.value, back.acceleration) == pytest.approx((-got.value, -got.acceleration))
    error = bca_error(50_000, got.se, 1 / 40)
    assert np.abs(np.add(back.interval, got.interval[::-1])).max() < 4 * np.sqrt(2) * error


@pytest.mark.parametrize(
    ("first", "second", "rules", "message"),
    [
        ([1], [1, 2], {}, "two values in one row"),
        ([3, 3], [4, 4], {}, "both groups are constant"),
        ([1, np.inf], [1, 2], {}, "not finite"),
        ([1, 2], [1, 2], {"draws": 20}, "at least 100 `draws`; got 20"),
        ([1, 2], [1, 2], {"level": 95}, "between 0 and 1"),
    ],
)
def test_the_bootstrap_says_what_it_needs(first, second, rules, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_difference(first, second, rng=np.random.default_rng(1), **rules)
