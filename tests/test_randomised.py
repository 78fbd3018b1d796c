"""What was drawn at random: R, hand calculations, Welch as the case without covariates, simulation, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats.interaction import equal_effects
from retorno.stats.power import n_for_shares, share_power, smallest_share_difference
from retorno.stats.randomised import adjusted_effect, balance, sample_ratio_p
from retorno.stats.student import welch

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "randomised.json").read_text(encoding="utf-8")
)
DATA = {name: np.array(column, dtype=float) for name, column in REFERENCE["data"].items()}
SMOKE = DATA["smoke"] == 1
BEFORE = np.column_stack([DATA[name] for name in ("age", "lwt", "ht")])


@pytest.mark.parametrize("outcome", ["bwt", "low"])
def test_the_adjusted_effect_is_that_of_r(outcome):
    """lm of the outcome on smoke x (age + lwt + ht), centred, vcovHC type HC2 of sandwich.

    Its whole variance is HC2's and b' S b / n: b R's coefficients of the products, S the covariance of the columns.
    """
    want = REFERENCE["lin"][outcome]
    got = adjusted_effect(DATA[outcome], SMOKE, BEFORE)
    assert got.effect.value == pytest.approx(want["estimate"], rel=1e-9)
    assert got.hc2 == pytest.approx(want["hc2"], rel=1e-9)
    slopes = np.array(want["slopes"])
    there = slopes @ np.cov(BEFORE.T) @ slopes / SMOKE.size
    assert got.effect.se == pytest.approx(np.sqrt(want["hc2"] ** 2 + there), rel=1e-9)
    assert got.used.tolist() == [0, 1, 2]


def test_without_covariates_the_adjusted_effect_is_welch():
    got = adjusted_effect(DATA["bwt"], SMOKE, np.empty((SMOKE.size, 0))).effect
    want = welch(DATA["bwt"][SMOKE], DATA["bwt"][~SMOKE])
    assert got.at(0.95).interval == pytest.approx(want.at(0.95).interval, rel=1e-12)


def test_the_adjusted_effect_by_hand():
    """Treated (x, y): (0, 2), (1, 2), (2, 5); others (0, 1), (1, 3), (2, 2). x is centred at 1 in both.

    Lines: 3 + 1.5 x and 2 + 0.5 x, so the effect at the mean is 1. Residuals 0.5, -1, 0.5 and -0.5, 1, -0.5; leverages
    5/6, 1/3, 5/6; each y has 1/3 in the mean: HC2 variance of each (0.25 * 6 + 1 * 1.5 + 0.25 * 6) / 9 = 0.5. S of x
    over all six is 4/5, so 1 * 4/5 / 6 is added: 1 + 2/15.
    """
    y, x = [2, 2, 5, 1, 3, 2], [[0], [1], [2], [0], [1], [2]]
    got = adjusted_effect(y, [True] * 3 + [False] * 3, x)
    assert got.effect.value == pytest.approx(1.0, rel=1e-12)
    assert got.hc2 == pytest.approx(1.0, rel=1e-12)
    assert got.effect.se == pytest.approx(np.sqrt(17 / 15), rel=1e-12)
    df = (17 / 15) ** 2 / (0.25 + 0.25 + (2 / 15) ** 2 / 5)
    assert got.effect.df == pytest.approx(df, rel=1e-12)


def test_columns_that_follow_from_others_change_nothing_and_are_named():
    """A copy, a constant and a column that is zero in one group alone are left out; the rest stays as it was."""
    rng = np.random.default_rng(2)
    only = np.where(SMOKE, rng.normal(size=SMOKE.size), 0)
    more = np.column_stack([BEFORE[:, 0], np.ones(SMOKE.size), 2 - BEFORE[:, 0], BEFORE[:, 1:]])
    got = adjusted_effect(DATA["bwt"], SMOKE, np.column_stack([more, only]))
    assert got.used.tolist() == [0, 3, 4]
    want = adjusted_effect(DATA["bwt"], SMOKE, BEFORE)
    assert got.effect.value == pytest.approx(want.effect.value, rel=1e-9)
    assert got.effect.se == pytest.approx(want.effect.se, rel=1e-9)


def test_swapping_the_groups_turns_the_sign_and_scales_do_not_matter():
    want = adjusted_effect(DATA["bwt"], SMOKE, BEFORE).effect
    swapped = adjusted_effect(DATA["bwt"], ~SMOKE, BEFORE).effect
    assert (swapped.value, swapped.se) == pytest.approx((-want.value, want.se), rel=1e-12)
    wide = adjusted_effect(DATA["bwt"], SMOKE, BEFORE * [1e6, 1e-6, 1.0] + [1e6, 0, 5]).effect
    assert (wide.value, wide.se) == pytest.approx((want.value, want.se), rel=1e-6)


def test_what_no_adjustment_can_be_made_of_is_refused():
    """Too few members, an outcome without chance, one member who alone has a value."""
    y, treated = np.arange(8.0), np.array([True] * 3 + [False] * 5)
    with pytest.raises(ValueError, match="2 covariates need 4 members in each group; one has 3"):
        adjusted_effect(y, treated, np.random.default_rng(1).normal(size=(8, 2)))
    with pytest.raises(ValueError, match="nothing is left to chance"):
        adjusted_effect(y, treated, y[:, None])
    alone = np.zeros((8, 1))
    alone[[0, 4]] = 1
    with pytest.raises(ValueError, match="leverage 1"):
        adjusted_effect(np.array([1.0, 2, 0, 3, 1, 0, 2, 2]), treated, alone)


def test_the_joint_test_is_that_of_r():
    """Wald F of smoke x factor(ftv) with HC2; lm, vcovHC and the formula of the F in R."""
    for outcome in ("bwt", "low"):
        got = equal_effects(DATA[outcome], SMOKE, DATA["ftv"])
        want = REFERENCE["heterogeneity"][outcome]
        assert got.f == pytest.approx(want["f"], rel=1e-9)
        assert got.df1 == want["df1"]


def test_the_law_of_the_joint_test_is_welchs_analysis_of_variance():
    """R's oneway.test: with a holdout that is 0 everywhere the effects are the means of the cells themselves."""
    y, cell = np.append(DATA["bwt"], np.zeros(6)), np.append(DATA["ftv"], [0, 0, 1, 1, 2, 2])
    got = equal_effects(y, np.arange(y.size) < DATA["bwt"].size, cell)
    want = REFERENCE["welch"]
    assert (got.df1, got.df2) == pytest.approx((want["df1"], want["df2"]), rel=1e-9)
    assert got.p == pytest.approx(want["p"], rel=1e-9)


def test_the_joint_test_of_two_cells_by_hand():
    """Cell 0: treated 1, 3, holdout 0, 2 (effect 1, variances 1 + 1); cell 1: 4, 8 and 0, 2 (5, 4 + 1).

    F = (5 - 1)^2 / (2 + 5) = 16/7 on 1 degree of freedom.
    """
    y, cell = [1, 3, 0, 2, 4, 8, 0, 2], [0] * 4 + [1] * 4
    got = equal_effects(y, [True, True, False, False] * 2, cell)
    assert (got.f, got.df1) == pytest.approx((16 / 7, 1), rel=1e-12)


def test_the_joint_test_keeps_its_level_in_small_cells():
    """12 cells of 6 and 5 normal values of unlike spread: within four standard errors of 0.05 in 1,000 runs."""
    rng = np.random.default_rng(5)
    cell, treated = np.tile(np.arange(12), 11), np.repeat([True, False], [72, 60])
    p = [
        equal_effects(rng.normal(size=132) * (1 + cell / 10), treated, cell).p for _ in range(1_000)
    ]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 1_000))


def test_a_joint_test_without_cells_or_spread_is_refused():
    with pytest.raises(ValueError, match="two cells or more"):
        equal_effects([1, 2, 3, 4], [True, True, False, False], [1, 1, 1, 1])
    with pytest.raises(ValueError, match="fewer than two members"):
        equal_effects([1, 2, 3, 4, 5], [True, True, False, False, True], [1, 1, 1, 1, 2])
    with pytest.raises(ValueError, match="the same for every member"):
        equal_effects(
            [1, 2, 3, 4, 0, 0, 0, 0], [True, True, False, False] * 2, [1, 1, 1, 1, 2, 2, 2, 2]
        )


def test_the_sample_ratio_is_that_of_r_and_by_hand():
    """chisq.test of R; by hand 40 and 60 of 100: chi-square 4, p 0.0455."""
    want = REFERENCE["sample_ratio"]
    assert sample_ratio_p([21306, 21307, 21387], [1 / 3] * 3) == pytest.approx(
        want["hillstrom"], rel=1e-9
    )
    assert sample_ratio_p([480, 1020, 1500], [0.15, 0.35, 0.5]) == pytest.approx(
        want["uneven"], rel=1e-9
    )
    assert sample_ratio_p([40, 60], [0.5, 0.5]) == pytest.approx(stats.chi2.sf(4, 1), rel=1e-12)
    with pytest.raises(ValueError, match="two groups or more"):
        sample_ratio_p([10], [1.0])
    with pytest.raises(ValueError, match="sum to 1"):
        sample_ratio_p([10, 10], [0.5, 0.6])


def test_balance_by_hand():
    """Column 1, 3 | 2, 6: means 2 and 4, variances within (2 + 8) / 2 = 5: 2 / sqrt(5). A constant is no difference.

    F = 2 * (1 + 1) / 5 on 1 and 2 degrees of freedom.
    """
    got = balance([[1, 7], [3, 7], [2, 7], [6, 7]], [0, 0, 1, 1])
    assert got.means.tolist() == [[2, 4], [7, 7]]
    assert got.largest == pytest.approx([2 / np.sqrt(5), 0], rel=1e-12)
    assert got.p == pytest.approx([stats.f.sf(0.8, 1, 2), 1], rel=1e-12)
    cells = balance(DATA["lwt"][:, None], DATA["ftv"].astype(int))
    assert cells.p[0] == pytest.approx(REFERENCE["anova"]["p"], rel=1e-9)
    with pytest.raises(ValueError, match="two groups or more"):
        balance([[1.0], [2.0]], [0, 0])


SHARES = list(
    zip(
        *(REFERENCE["shares"][k] for k in ("base", "difference", "needed", "power_5000")),
        strict=True,
    )
)


@pytest.mark.parametrize(("base", "difference", "needed", "power"), SHARES)
def test_numbers_for_shares_are_those_of_r(base, difference, needed, power):
    """power.prop.test with strict = TRUE, its n rounded up."""
    assert n_for_shares(base, difference) == np.ceil(needed)
    assert share_power(base, difference, 5_000, 5_000) == pytest.approx(power, abs=1e-9)


def test_the_power_of_shares_by_simulation():
    """20,000 campaigns of the size planned, each judged by Welch's interval as the study does: 80 % within 0.015.

    That is four standard errors, 0.011, and what the normal law leaves out at 45 returns in a group.
    """
    rng, runs = np.random.default_rng(4), 20_000
    n = n_for_shares(0.02, 0.012)
    a, b = rng.binomial(n, 0.02, runs) / n, rng.binomial(n, 0.032, runs) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / (n - 1))
    found = np.abs(b - a) > stats.t.ppf(0.975, 2 * n - 2) * error
    assert found.mean() == pytest.approx(0.8, abs=0.015)


def test_the_power_of_unequal_groups_by_hand():
    """500 at 0.05 and 5,000 at 0.07. Pooled share 375 / 5500; both tails of the normal law."""
    pooled = (500 * 0.05 + 5_000 * 0.07) / 5_500
    null = np.sqrt(pooled * (1 - pooled) * (1 / 500 + 1 / 5_000))
    true = np.sqrt(0.05 * 0.95 / 500 + 0.07 * 0.93 / 5_000)
    z = stats.norm.ppf(0.975)
    want = stats.norm.sf((z * null - 0.02) / true) + stats.norm.cdf((-z * null - 0.02) / true)
    assert share_power(0.05, 0.02, 500, 5_000) == pytest.approx(want, rel=1e-9)


def test_the_smallest_rise_is_the_one_that_the_number_needed_finds():
    for base, difference in ((0.05, 0.005), (0.3, 0.02), (0.01, 0.2)):
        n = n_for_shares(base, difference)
        found = smallest_share_difference(base, n, n)
        assert found <= difference < smallest_share_difference(base, n - 1, n - 1)
    unequal = smallest_share_difference(0.05, 500, 5_000)
    assert share_power(0.05, unequal, 500, 5_000) == pytest.approx(0.8, abs=1e-9)


def test_shares_that_are_none_are_refused():
    for base, difference in ((0, 0.1), (1, 0.1), (0.5, 0.5), (0.5, 0), (0.1, -0.1)):
        with pytest.raises(ValueError, match="two different shares between 0 and 1"):
            n_for_shares(base, difference)
    with pytest.raises(ValueError, match="find no rise"):
        smallest_share_difference(0.5, 3, 3)
    with pytest.raises(ValueError, match="both groups need members"):
        share_power(0.1, 0.1, 0, 5)
    with pytest.raises(ValueError, match="more than 100,000,000"):
        n_for_shares(0.5, 1e-6)
