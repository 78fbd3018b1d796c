"""Standardised differences, ratios, several tests at once, regression to the mean: by hand and by definition."""

import numpy as np
import pytest
from scipy import integrate, stats

from retorno.stats.effect_size import hedges_g, noncentral_t_bounds
from retorno.stats.multiplicity import holm_levels
from retorno.stats.ratio import fieller_ratio, share_of_gap
from retorno.stats.regression_to_mean import regressed_change
from retorno.stats.student import Student, mean_of, welch


def test_hedges_g_by_hand():
    """Two groups of 20, means 12 and 10, both SDs 4.

    Pooled SD = 4, so d = 2/4 = 0.5. With 38 df, J = 1 - 3/(4*38 - 1) = 148/151, so g = 74/151 = 0.49007.
    Var d = 40/400 + 0.25/80 = 0.103125 and var g = (148/151)**2 * 0.103125 = 0.09907.
    """
    effect = hedges_g(mean1=12, sd1=4, n1=20, mean2=10, sd2=4, n2=20)
    assert effect.g == pytest.approx(74 / 151, rel=1e-12)
    assert effect.var_g == pytest.approx((148 / 151) ** 2 * 0.103125, rel=1e-12)
    assert effect.pooled_sd == pytest.approx(4, rel=1e-12)


@pytest.mark.parametrize(("t", "df"), [(1.58, 38), (-4.0, 8), (0.0, 20), (6.5, 598)])
def test_noncentral_t_bounds_by_definition(t, df):
    """P(T <= t) = E Phi(t sqrt(chi2 / df) - nc), integrated over chi-square, is 0.975 below and 0.025 above."""

    def share(nc):
        def part(u):
            return stats.norm.cdf(t * np.sqrt(u / df) - nc) * stats.chi2.pdf(u, df)

        ends = stats.chi2.ppf([1e-14, 1 - 1e-14], df)
        return integrate.quad(part, *ends, epsabs=1e-11)[0]

    low, high = noncentral_t_bounds(t, df, level=0.95)
    assert share(low) == pytest.approx(0.975, abs=1e-8)
    assert share(high) == pytest.approx(0.025, abs=1e-8)


@pytest.mark.parametrize("df", [2, 8, 58, 598, 1e5, 1e7])
@pytest.mark.parametrize("t", [0.0, 0.3, 5.0, 100.0, 1000.0])
def test_noncentral_t_bounds_are_found_everywhere(t, df):
    for level in (0.55, 0.95, 0.999):
        low, high = noncentral_t_bounds(t, df, level=level)
        assert low < high
        assert noncentral_t_bounds(-t, df, level=level) == pytest.approx((-high, -low), abs=1e-9)


def test_hedges_g_needs_two_values_and_a_spread():
    with pytest.raises(ValueError, match="two values in each group; got 1 and 9"):
        hedges_g(mean1=1, sd1=1, n1=1, mean2=1, sd2=1, n2=9)
    with pytest.raises(ValueError, match="both groups are constant"):
        hedges_g(mean1=1, sd1=0, n1=5, mean2=2, sd2=0, n2=5)


def test_student_is_welch_and_the_one_sample_t():
    """SciPy's p and interval for values 3, 1, 4, 1, 5; and Welch's for two groups."""
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    got, want = mean_of(values), stats.ttest_1samp(values, 0)
    assert got.p == pytest.approx(want.pvalue, rel=1e-12)
    bounds = want.confidence_interval(0.9)
    assert got.at(0.9).interval == pytest.approx((bounds.low, bounds.high), rel=1e-12)
    other = [2.0, 2.5, 9.0]
    for level in (0.8, 0.99):
        expected = stats.ttest_ind(values, other, equal_var=False).confidence_interval(level)
        assert welch(values, other).at(level).interval == pytest.approx(
            (expected.low, expected.high), rel=1e-12
        )
    p = stats.ttest_ind(values, other, equal_var=False).pvalue
    assert welch(values, other).p == pytest.approx(p, rel=1e-12)


def test_student_says_what_it_needs():
    with pytest.raises(ValueError, match="two values; got 1"):
        mean_of([1.0])
    with pytest.raises(ValueError, match="all values are the same"):
        mean_of([2.0, 2.0])


def test_holm_by_hand():
    """p 0.001, 0.02, 0.03 at 95 %: 0.05/3, 0.05/2, 0.05/1 in turn. 0.02 first: fails at 0.05/3, where all stay."""
    assert holm_levels([0.03, 0.001, 0.02], level=0.95) == pytest.approx(
        [0.95, 1 - 0.05 / 3, 0.975], rel=1e-12
    )
    assert holm_levels([0.03, 0.02, 0.5], level=0.95) == pytest.approx([1 - 0.05 / 3] * 3)
    assert holm_levels([0.2], level=0.9) == pytest.approx([0.9])
    assert holm_levels([], level=0.9) == []


def test_holm_decides_as_statsmodels_does():
    """An interval at its own level excludes zero exactly where statsmodels' Holm rejects; 200 random sets."""
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(1)
    for _ in range(200):
        p = rng.uniform(0, 0.12, size=rng.integers(1, 6))
        ours = [one < 1 - level for one, level in zip(p, holm_levels(p, level=0.95), strict=True)]
        assert ours == list(multipletests(p, 0.05, method="holm")[0])


def test_fieller_by_hand():
    """Ratio 2/3, variances 1/3 and 1/3, covariance 1/6, 6 df: bounds solve (2 - 3x)**2 = t**2 (1/3 - x/3 + x**2/3)."""
    got = fieller_ratio(2, 3, [[1 / 3, 1 / 6], [1 / 6, 1 / 3]], df=6, level=0.95)
    t2 = stats.t.ppf(0.975, 6) ** 2
    for bound in got.interval:
        assert (2 - 3 * bound) ** 2 == pytest.approx(t2 * (1 - bound + bound**2) / 3, rel=1e-9)
    assert got.value == pytest.approx(2 / 3, rel=1e-12)
    assert got.ci_low < got.value < got.ci_high
    with pytest.raises(ValueError, match="not clear of zero"):
        fieller_ratio(2, 1, [[1, 0], [0, 1]], df=6, level=0.95)


def test_share_of_gap_by_hand():
    """Means 5, 3, 6 of four values each, variances of the means 1/6: ratio 2/3.

    Parts of the variance 1/6 times 1, (1/3)**2, (2/3)**2 with 3 df each: Satterthwaite's df is
    (14/9)**2 / ((1 + 1/81 + 16/81)/3) = 6, so the interval is that of Fieller above.
    """
    got = share_of_gap([5, 4, 6, 5], [2, 3, 4, 3], [6, 7, 5, 6], level=0.95)
    want = fieller_ratio(2, 3, [[1 / 3, 1 / 6], [1 / 6, 1 / 3]], df=6, level=0.95)
    assert got.interval == pytest.approx(want.interval, rel=1e-12)


def test_share_of_gap_says_what_it_needs():
    with pytest.raises(ValueError, match="two values in each group; got 1, 2, 2"):
        share_of_gap([1], [1, 2], [3, 4], level=0.95)
    with pytest.raises(ValueError, match="there is no gap"):
        share_of_gap([1, 2], [1, 2], [1, 2], level=0.95)
    with pytest.raises(ValueError, match="all groups are constant"):
        share_of_gap([2, 2], [1, 1], [3, 3], level=0.95)


BEFORE = np.array([3.0, 4, 5, 4, 2.5, 6, 6, 5, 7, 4, 4, 6, 2])
AFTER = np.array([5.0, 4, 6, 5, np.nan, 6, 7, 5, 6, 2, 3, 4, 3])
GROUP = np.arange(13) < 5


def test_regressed_change_by_hand():
    """Four pairs change by 2, 0, 1, 1: mean 1. They began at 4, all thirteen at 58.5/13 = 4.5.

    At reliability 0.6 a rise of 0.4 * 0.5 = 0.2 is expected and 0.8 is left. Influences: pairs
    sqrt(4/3)/4 [(d - 1) + 0.4 (b - 4)], everybody -0.4 (b - 4.5)/13.
    """
    got = regressed_change(BEFORE, AFTER, GROUP, reliability=0.6)
    assert (got.raw.value, got.n, got.n_population) == (1, 4, 13)
    assert (got.mean_before, got.mean_after, got.population_mean) == (4, 5, 4.5)
    assert got.expected.value == pytest.approx(0.2, rel=1e-12)
    assert got.corrected.value == pytest.approx(0.8, rel=1e-12)
    of_all = -0.4 * (BEFORE - 4.5) / 13
    pairs = np.sqrt(4 / 3) / 4 * 0.4 * np.array([-1, 0, 1, 0])
    changes = np.sqrt(4 / 3) / 4 * np.array([1, -1, 0, 0])
    corrected, expected = of_all.copy(), -of_all
    corrected[:4] += pairs + changes
    expected[:4] -= pairs
    assert got.corrected.se == pytest.approx(np.sqrt((corrected**2).sum()), rel=1e-12)
    assert got.expected.se == pytest.approx(np.sqrt((expected**2).sum()), rel=1e-12)
    assert got.corrected.df == got.expected.df == 3


def test_at_reliability_one_nothing_is_corrected():
    got = regressed_change(BEFORE, AFTER, GROUP, reliability=1.0)
    assert got.expected == Student(0.0, 0.0, 3.0)
    assert got.corrected.se == pytest.approx(got.raw.se, rel=1e-12)
    assert got.corrected.value == got.raw.value


def test_a_known_mean_leaves_the_error_of_one_sample():
    """With M = 5 known the corrected change is the mean of d + 0.4 b less 2: the one-sample t of those values."""
    got = regressed_change(BEFORE, AFTER, GROUP, reliability=0.6, population_mean=5.0)
    values = (AFTER - BEFORE + 0.4 * BEFORE)[:4] - 0.4 * 5
    want = mean_of(values)
    assert got.corrected.value == pytest.approx(want.value, rel=1e-12)
    assert got.corrected.se == pytest.approx(want.se, rel=1e-12)


def test_weights_move_the_mean_of_all_as_repeated_rows_would():
    """Weight 3 on the four without a failure: M = (16 + 2.5 + 72 + 16)/21."""
    weight = np.where((np.arange(13) >= 5) & (np.arange(13) < 9), 3.0, 1.0)
    got = regressed_change(BEFORE, AFTER, GROUP, reliability=0.6, weight=weight)
    assert got.population_mean == pytest.approx(106.5 / 21, rel=1e-12)
    repeated = np.repeat(BEFORE, weight.astype(int))
    assert got.population_sd == pytest.approx(repeated.std(), rel=1e-12)
    assert got.raw.value == 1


def test_regressed_change_says_what_it_needs():
    with pytest.raises(ValueError, match="positive sum"):
        regressed_change(BEFORE, AFTER, GROUP, reliability=0.6, weight=np.zeros(13))
    with pytest.raises(ValueError, match="all values are the same"):
        regressed_change(BEFORE, BEFORE + 1, GROUP, reliability=0.6)
    exact = 5 + 0.6 * (BEFORE - 5)
    with pytest.raises(ValueError, match="without error"):
        regressed_change(BEFORE, exact, GROUP, reliability=0.6, population_mean=5.0)
