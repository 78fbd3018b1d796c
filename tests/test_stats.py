"""Statistics: hand calculations, statsmodels' own results, and properties."""

import numpy as np
import pytest
from scipy import stats

from retorno.stats.interaction import interaction_slope
from retorno.stats.proportions import wilson_share
from retorno.stats.recurrent import mean_cumulative
from retorno.stats.student import welch


def one_each(first, second):
    """Return totals and counts for two groups of different people, one value each."""
    total = np.zeros((len(first) + len(second), 2))
    count = np.zeros_like(total)
    total[: len(first), 0], count[: len(first), 0] = first, 1
    total[len(first) :, 1], count[len(first) :, 1] = second, 1
    return total, count


def two_means(total, count):
    """Return the means of two groups as curves of one time, each unit a part of its own."""
    return mean_cumulative(np.transpose(total)[:, :, None], np.transpose(count)[:, :, None])


def test_two_means_by_hand():
    """First group 1, 2, 3: mean 2, variance of the mean 1/3. Second 4, 8: mean 6, variance 8/2 = 4.

    Difference 4 with variance 13/3, t with 2 - 1 = 1 degree of freedom: 12.7062 at 95 %.
    Ratio 3 with log variance (1/3)/4 + 4/36 = 7/36.
    """
    means = two_means(*one_each([1, 2, 3], [4, 8]))
    assert means.mean[:, 0] == pytest.approx([2, 6], rel=1e-12)
    assert [means.se(0)[0] ** 2, means.se(1)[0] ** 2] == pytest.approx([1 / 3, 4], rel=1e-12)
    t = stats.t.ppf(0.975, 1)
    difference = means.difference(level=0.95)
    assert difference.value == pytest.approx(4, rel=1e-12)
    assert difference.ci_high == pytest.approx(4 + t * np.sqrt(13 / 3), rel=1e-12)
    ratio = means.ratio(level=0.95)
    assert ratio.value == pytest.approx(3, rel=1e-12)
    assert ratio.interval == pytest.approx(
        (3 * np.exp(-t * np.sqrt(7 / 36)), 3 * np.exp(t * np.sqrt(7 / 36))), rel=1e-12
    )


def test_a_person_in_both_groups_lowers_the_variance_of_the_difference():
    """Four people with the same value plus 1 in the second group: the difference is 1 without error."""
    value = np.array([1.0, 5.0, 2.0, 9.0])
    means = two_means(np.column_stack([value, value + 1]), np.ones((4, 2)))
    difference = means.difference(level=0.95)
    assert difference.value == pytest.approx(1, rel=1e-12)
    assert difference.se == pytest.approx(0, abs=1e-7)


def test_one_mean_is_the_textbook_t_interval():
    """SciPy's one-sample t interval, for values 3, 1, 4, 1, 5."""
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    got = two_means(*one_each(values, [1, 2])).one(0, level=0.9)
    want = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert got.interval == pytest.approx((want.low, want.high), rel=1e-12)


def test_swapping_the_groups_flips_difference_and_inverts_ratio():
    total, count = one_each([1, 2, 3], [4, 8, 9])
    there, back = two_means(total, count), two_means(total[:, ::-1], count[:, ::-1])
    assert back.difference(level=0.95).value == pytest.approx(-there.difference(level=0.95).value)
    assert back.ratio(level=0.95).ci_low == pytest.approx(1 / there.ratio(level=0.95).ci_high)


def test_two_means_say_what_they_need():
    lopsided = two_means(*one_each([1], [1, 2]))
    assert lopsided.one(1, level=0.95).value == 1.5
    with pytest.raises(ValueError, match="two units in group 0; it has 1"):
        lopsided.one(0, level=0.95)
    with pytest.raises(ValueError, match="two units in group 0; it has 1"):
        lopsided.difference(level=0.95)
    with pytest.raises(ValueError, match=r"two positive means; got 3\.0 over 0\.0"):
        two_means(*one_each([0, 0], [3, 3])).ratio(level=0.95)
    with pytest.raises(ValueError, match=r"shape \(n_groups, n_parts, n_times\)"):
        mean_cumulative([1.0, 2.0], [1.0, 1.0])


def test_welch_by_hand():
    """Treated 2, 4, 6 (mean 4, variance 4); holdout 1, 3 (mean 2, variance 2).

    Squared error 4/3 + 2/2 = 7/3; degrees of freedom (7/3)**2 / ((4/3)**2/2 + 1**2/1) = 49/17.
    """
    got = welch([2, 4, 6], [1, 3]).at(0.95)
    assert got.value == pytest.approx(2, rel=1e-12)
    assert got.se == pytest.approx(np.sqrt(7 / 3), rel=1e-12)
    assert got.ci_high == pytest.approx(2 + stats.t.ppf(0.975, 49 / 17) * np.sqrt(7 / 3), rel=1e-9)


def test_welch_beside_a_constant_group():
    """All of one group at the ceiling: its variance is 0, so error and df are those of the other: sd/sqrt(3), 2."""
    got = welch([7, 7, 7, 7], [1, 2, 3])
    assert (got.value, got.se, got.df) == pytest.approx((5, 1 / np.sqrt(3), 2), rel=1e-12)


def test_welch_refuses_what_has_no_spread():
    with pytest.raises(ValueError, match="both groups are constant"):
        welch([0, 0], [0, 0]).at(0.95)
    with pytest.raises(ValueError, match="two values in each group; got 1 and 3"):
        welch([1], [1, 2, 3]).at(0.95)


def test_wilson_by_hand():
    """1 of 5 with z = 1.959964: centre (1 + z**2/2)/(5 + z**2) = 0.33035, half width 0.29411.

    Printed to four places by Newcombe's method 3 for 1/5: 0.0362 to 0.6245.
    """
    got = wilson_share(1, 5, level=0.95)
    assert got.value == 0.2
    assert got.interval == pytest.approx((0.0362, 0.6245), abs=5e-5)


def test_trials_of_one_unit_count_as_one_when_they_always_agree():
    """Ten people with two equal trials each are ten trials: 3 of 10, not 6 of 20."""
    twice = wilson_share(6, 20, squares=(3 * 4, 3 * 4, 10 * 4), level=0.95)
    once = wilson_share(3, 10, level=0.95)
    assert twice.interval == pytest.approx(once.interval, rel=1e-12)
    assert twice.se == pytest.approx(once.se, rel=1e-12)


def test_no_event_keeps_a_wilson_interval():
    got = wilson_share(0, 50, squares=(0, 0, 50), level=0.95)
    assert got.interval == pytest.approx((0, 0.0713), abs=5e-5)
    with pytest.raises(ValueError, match="at least one trial; got 0"):
        wilson_share(0, 0, level=0.95)


def test_interaction_slope_by_hand():
    """Treated rise by 2 a month, holdout by 0.5, both without error: the slope is 1.5, the error 0.

    HC2 against the formula: (X'X)^-1 X' diag(e**2/(1-h)) X (X'X)^-1 written out with NumPy.
    """
    months = np.array([1.0, 2, 3, 1, 2, 3, 4, 4])
    treated = np.array([1, 1, 1, 0, 0, 0, 1, 0], dtype=bool)
    exact = np.where(treated, 2 * months, 0.5 * months + 1)
    assert interaction_slope(exact, treated, months, level=0.95).value == pytest.approx(1.5)

    noisy = exact + np.array([0.3, -0.2, 0.5, 0.1, -0.4, 0.2, -0.1, 0.3])
    design = np.column_stack([np.ones(8), treated, months, treated * months])
    bread = np.linalg.inv(design.T @ design)
    residual = noisy - design @ bread @ design.T @ noisy
    leverage = np.diag(design @ bread @ design.T)
    meat = design.T @ np.diag(residual**2 / (1 - leverage)) @ design
    se = np.sqrt((bread @ meat @ bread)[3, 3])
    got = interaction_slope(noisy, treated, months, level=0.95)
    assert got.se == pytest.approx(se, rel=1e-9)
    assert got.ci_high - got.value == pytest.approx(stats.t.ppf(0.975, 4) * se, rel=1e-9)


def test_interaction_slope_refuses_what_no_robust_error_can_bear():
    with pytest.raises(ValueError, match="fewer than two values"):
        interaction_slope([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 1, 2], level=0.95)
    with pytest.raises(ValueError, match="leverage 1"):
        interaction_slope([1, 2, 3, 1, 2, 3.5], [1, 1, 1, 0, 0, 0], [1, 1, 2, 1, 2, 3], level=0.95)


def test_shares_cover_when_units_give_several_correlated_trials():
    """2,000 runs of 150 units with 1 to 4 trials; a unit's chance is Beta(2, 6), mean 1/4, the same in its trials."""
    rng = np.random.default_rng(11)
    covered = values = 0
    for _ in range(2_000):
        trials = rng.integers(1, 5, 150)
        events = rng.binomial(trials, rng.beta(2, 6, 150))
        squares = (events @ events, events @ trials, trials @ trials)
        share = wilson_share(events.sum(), trials.sum(), squares=squares, level=0.95)
        covered += share.ci_low <= 0.25 <= share.ci_high
        values += share.value
    assert 0.93 <= covered / 2_000 <= 0.97
    # Four Monte Carlo standard errors of a share with standard error of about 0.028.
    assert values / 2_000 == pytest.approx(0.25, abs=4 * 0.028 / np.sqrt(2_000) + 0.0028)


def test_means_cover_when_people_give_several_values_and_are_in_both_groups():
    """2,000 runs of 80 people: 1 to 3 values each in group 1, half of them also 1 to 2 in group 2.

    A person's level is normal with mean 10 and SD 2, each value adds a normal with SD 3; group 2 lies 1
    higher. Means 10 and 11, difference 1, ratio 1.1.
    """
    rng = np.random.default_rng(12)
    truth = {"difference": 1.0, "ratio": 1.1}
    covered = dict.fromkeys(truth, 0)
    for _ in range(2_000):
        level = rng.normal(10, 2, 80)
        count = np.column_stack(
            [rng.integers(1, 4, 80), rng.integers(1, 3, 80) * (np.arange(80) < 40)]
        )
        noise = rng.normal(0, 3, (80, 2)) * np.sqrt(count)
        means = two_means(count * (level[:, None] + [0, 1]) + noise, count)
        for name, wanted in truth.items():
            got = getattr(means, name)(level=0.95)
            covered[name] += got.ci_low <= wanted <= got.ci_high
    for name, count in covered.items():
        assert 0.93 <= count / 2_000 <= 0.97, name
