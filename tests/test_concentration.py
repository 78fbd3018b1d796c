"""Concentration of counts, rank correlation and shares within strata: by hand, by R, and properties."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats import concentration as concentration_module
from retorno.stats import ranks
from retorno.stats.concentration import concentration, poisson_gini, poisson_lorenz
from retorno.stats.ranks import rank_correlation
from retorno.stats.strata import mantel_haenszel, two_shares

R = json.loads((Path(__file__).parent / "reference" / "referrers.json").read_text())
TEN = [0] * 6 + [1, 1, 2, 6]  # ten units, ten in all


def jackknife(f, n):
    left = np.array([f(np.delete(np.arange(n), i)) for i in range(n)])
    return np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())


def test_lorenz_and_gini_by_hand():
    """Corners: 6 of 10 have 0; 8 have 2 of 10; 9 have 4; all have 10.

    Area below: 0.2 * 0.2/2 + 0.1 * (0.2 + 0.4)/2 + 0.1 * (0.4 + 1)/2 = 0.02 + 0.03 + 0.07 = 0.12; Gini 1 - 0.24.
    """
    found = concentration(TEN)
    units, total = found.lorenz()
    assert units == pytest.approx([0, 0.6, 0.8, 0.9, 1], abs=1e-15)
    assert total == pytest.approx([0, 0, 0.2, 0.4, 1], abs=1e-15)
    assert found.gini(level=0.95).value == pytest.approx(0.76, rel=1e-12)
    assert (found.n, found.positive, found.mean) == (10, 4, 1.0)


def test_top_shares_by_hand_share_out_ties():
    """The first has 6 of 10; the first two 8; of the two with 1 at the third and fourth place, each brings 1.

    0.35 of ten units is the first three and half of the fourth: 6 + 2 + 1 + 0.5.
    """
    found = concentration(TEN)
    for share, value in [(0.1, 0.6), (0.2, 0.8), (0.3, 0.9), (0.35, 0.95), (0.05, 0.3), (0.5, 1.0)]:
        assert found.top_share(share, level=0.95).value == pytest.approx(value, rel=1e-12)


def test_gini_lorenz_and_poisson_as_r_has_them():
    """R: mean absolute difference of all pairs, the cumulated sums, and the Poisson's by summing its probabilities."""
    found = concentration(R["counts"])
    assert found.gini(level=0.95).value == pytest.approx(R["gini"], rel=1e-11)
    for p, value in zip(R["at"], R["lorenz"], strict=True):
        assert 1 - found.top_share(1 - p, level=0.95).value == pytest.approx(value, abs=1e-11)
    for m, value in zip(R["poisson_mean"], R["poisson_gini"], strict=True):
        assert poisson_gini(m) == pytest.approx(value, rel=1e-11)


def test_errors_are_those_of_leaving_one_out():
    """The influence of a unit and the jackknife agree to order 1/n, here 240 and 400 units."""
    found = concentration(R["counts"])
    assert found.gini(level=0.95).se == pytest.approx(R["gini_se"], rel=0.02)
    x = np.random.default_rng(1).poisson(np.random.default_rng(2).gamma(0.8, 1.5, 400))
    found = concentration(x)
    for share in (0.13, 0.33):  # inside a run of ties, where one unit less moves no boundary
        by_hand = jackknife(
            lambda use, s=share: concentration(x[use]).top_share(s, level=0.95).value, 400
        )
        assert found.top_share(share, level=0.95).se == pytest.approx(by_hand, rel=0.03)
    by_hand = jackknife(lambda use: concentration(x[use]).beyond_chance().value, 400)
    assert found.beyond_chance().se == pytest.approx(by_hand, rel=0.03)
    by_hand = jackknife(lambda use: concentration(x[use]).chance(level=0.95).value, 400)
    assert found.chance(level=0.95).se == pytest.approx(by_hand, rel=0.03)


def test_the_poisson_lorenz_curve_by_hand():
    """Mean 1: e**-1 = 0.3679 have none and as many have 1. Half of the units: (0.5 - 0.3679) of the total.

    From 0.7358 on they have 2 each: at 0.8 it is 0.3679 + 2 (0.8 - 0.7358).
    """
    none = np.exp(-1)
    assert poisson_lorenz(1.0, 0.3) == 0
    assert poisson_lorenz(1.0, 0.5) == pytest.approx(0.5 - none, rel=1e-12)
    assert poisson_lorenz(1.0, 0.8) == pytest.approx(none + 2 * (0.8 - 2 * none), rel=1e-12)
    assert poisson_lorenz(1.0, np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("mean", [0.05, 0.7, 3.0, 60.0])
def test_twice_the_area_below_the_poisson_lorenz_curve_is_one_less_its_gini(mean):
    """By the trapezoid over 200,001 points; the curve is made of straight lines, so the error is below 1e-5."""
    grid = np.linspace(0, 1, 200_001)
    area = np.trapezoid(poisson_lorenz(mean, grid), grid)
    assert 1 - 2 * area == pytest.approx(poisson_gini(mean), abs=1e-5)


def test_dispersion_by_hand():
    """Counts 0, 0, 1, 3: mean 1, squares 1 + 1 + 0 + 4 = 6, variance 2; chi-square 6 with 3 degrees of freedom."""
    ratio, p = concentration([0, 0, 1, 3]).dispersion()
    assert ratio == pytest.approx(2, rel=1e-12)
    assert p == pytest.approx(stats.chi2.sf(6, 3), rel=1e-12)


def test_scale_and_copies_leave_the_concentration_alone():
    """Ten times as many each, or every unit twice: the same Gini; the error shrinks with the root of the units."""
    one, tenfold, twice = (
        concentration(TEN),
        concentration(10 * np.array(TEN)),
        concentration(TEN * 2),
    )
    assert tenfold.gini(level=0.95).value == pytest.approx(one.gini(level=0.95).value, rel=1e-12)
    assert twice.gini(level=0.95).value == pytest.approx(one.gini(level=0.95).value, rel=1e-12)
    ratio = twice.gini(level=0.95).se / one.gini(level=0.95).se
    assert ratio == pytest.approx(np.sqrt(9 / 19), rel=1e-12)


def test_where_fewer_than_the_share_have_any_the_bounds_do_not_shrink_to_a_point():
    """Of 100 units 18 have one each, so the first 20 have all: 1, down to what 0.18 + its error would leave.

    The continuation: (0.2 * 1) / 0.18 = 1.11, influence (0.2 - 1.11 x) / 0.18.
    """
    found = concentration([0] * 82 + [1] * 18).top_share(0.2, level=0.95)
    value = 0.2 / 0.18
    error = np.sqrt((82 * 0.2**2 + 18 * (0.2 - value) ** 2) / 0.18**2 / 100 / 99)
    assert (found.value, found.ci_high) == (1.0, 1.0)
    assert found.ci_low == pytest.approx(value - stats.t.ppf(0.975, 99) * error, rel=1e-12)
    few = concentration([0] * 980 + [1] * 20).top_share(0.2, level=0.95)
    assert (few.ci_low, few.value) == (1.0, 1.0)


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1], [1, np.nan], [[1, 2]]])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValueError, match="`counts`"):
        concentration(counts)


def test_other_input_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        concentration([1, 2]).top_share(1.0, level=0.95)
    with pytest.raises(ValueError, match="two units"):
        concentration([3]).gini(level=0.95)
    with pytest.raises(ValueError, match="two units"):
        concentration([3]).dispersion()
    with pytest.raises(ValueError, match="above 0"):
        poisson_gini(0.0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        poisson_lorenz(1.0, 1.5)
    with pytest.raises(ValueError, match="5 pairs"):
        rank_correlation([1, 2, 3, 4], [1, 2, 3, 4])
    with pytest.raises(ValueError, match="no order"):
        rank_correlation([1] * 6, range(6))
    with pytest.raises(ValueError, match="belong together"):
        rank_correlation(range(6), range(6), cluster=[0] * 6)
    with pytest.raises(ValueError, match="both kinds"):
        mantel_haenszel([1, 0], [True, False], [0, 1], level=0.95)
    with pytest.raises(ValueError, match="two kinds"):
        two_shares([1, 0], [True, True], level=0.95)


def test_rank_correlation_as_r_has_it_with_and_without_groups():
    """R's cor(method = "spearman"), ties in both; leaving out one pair, or one of 40 groups, gives the error.

    The influence and the jackknife differ by order 1/groups.
    """
    alone = rank_correlation(R["first"], R["second"])
    assert alone.value == pytest.approx(R["spearman"], rel=1e-10)
    assert alone.se == pytest.approx(R["spearman_se"], rel=0.02)
    grouped = rank_correlation(R["first"], R["second"], cluster=R["group"])
    assert (grouped.value, grouped.clusters) == (alone.value, 40)
    assert grouped.se == pytest.approx(R["spearman_cluster_se"], rel=0.05)


def test_rank_correlation_by_hand():
    """Ranks 1 to 5 against 2, 1, 4, 3, 5: squares of differences 4, so 1 - 6 * 4 / (5 * 24) = 0.8."""
    found = rank_correlation([1, 2, 3, 4, 5], [20, 10, 40, 30, 50])
    assert found.value == pytest.approx(0.8, rel=1e-12)
    swapped = rank_correlation([-1, -2, -3, -4, -5], [20, 10, 40, 30, 50])
    assert swapped.value == pytest.approx(-0.8, rel=1e-12)
    assert swapped.se == pytest.approx(found.se, rel=1e-12)
    sure = rank_correlation(range(6), range(6)).at(0.95)
    assert (sure.ci_low, sure.value, sure.ci_high) == pytest.approx((1, 1, 1))


def _chains():
    """Values along a chain: a random walk, likeness of neighbours alone, and none."""
    first, second, third = (np.random.default_rng(seed).normal(size=61) for seed in (0, 1, 2))
    values = {2: np.cumsum(first), 1: np.convolve(second, [1, 1, 1], "same"), 0: third}
    return {largest: np.round(z) for largest, z in values.items()}  # with ties


CHAINS = _chains()


@pytest.mark.parametrize("largest", CHAINS)
def test_chains_add_what_pairs_along_them_share(largest):
    """Three chains of 20 pairs, 0-1, 1-2, ...: the largest of pairs alone, with the next one, and whole chains.

    With the influence written out from its definition, each pair's effect on the correlation of grades.
    """
    z = CHAINS[largest]
    first, second, n = z[:-1], z[1:], 60
    u, v = ((stats.rankdata(w) - 0.5) / n - 0.5 for w in (first, second))
    a, b, c = u @ v / n, u @ u / n, v @ v / n

    def h(w):
        return (w[None, :] > w[:, None]) + 0.5 * (w[None, :] == w[:, None])

    du, dv = h(first) - (u + 0.5), h(second) - (v + 0.5)  # [k, j]: a pair k moves the grade of j
    of_a = u * v - a + (du @ v + dv @ u) / n
    of_b, of_c = u * u - b + 2 * du @ u / n, v * v - c + 2 * dv @ v / n
    influence = of_a / np.sqrt(b * c) - a / np.sqrt(b * c) / 2 * (of_b / b + of_c / c)
    own = float(influence @ influence) / n**2
    whose = np.arange(60)
    whose = whose + whose // 20  # three chains of 20 pairs, none between them
    linked = influence[:-1] * influence[1:] * (np.arange(1, 60) % 20 > 0)
    chained = rank_correlation(first, second, cluster=whose, also=whose + 1)
    families = influence.reshape(3, 20).sum(axis=1)
    one = own * 60 / 59
    parts = (one, one + 2 * float(linked.sum()) / n**2, float(families @ families) / n**2 * 3 / 2)
    assert chained.se**2 == pytest.approx(max(parts), rel=1e-9)
    assert int(np.argmax(parts)) == largest
    assert (chained.clusters, chained.groups) == (60, 3)


def test_the_difference_within_strata_as_metafor_has_it():
    """rma.mh(measure = "RD"), one of six strata without anybody exposed left out."""
    found = mantel_haenszel(R["left"], np.array(R["referred"]) == 1, R["stratum"], level=0.95)
    assert found.difference.value == pytest.approx(R["mh"], rel=1e-10)
    assert found.difference.se == pytest.approx(R["mh_se"], rel=1e-10)
    assert found.difference.interval == pytest.approx((R["mh_low"], R["mh_high"]), rel=1e-9)
    assert (found.strata, found.used.sum()) == (5, 200)
    assert found.exposed + found.others == 200


def test_two_shares_by_hand():
    """Newcombe (1998), method 10: from Wilson's bounds of 56 of 70 and 48 of 80, 0.0524 to 0.3339 (his table II)."""
    event = np.r_[np.ones(56), np.zeros(14), np.ones(48), np.zeros(32)]
    found = two_shares(event, np.arange(150) < 70, level=0.95)
    assert found.value == pytest.approx(0.2, rel=1e-12)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_million_counts_take_less_than_a_second():
    """0.03 s for the Gini and 2 s for a rank correlation on two cores of 2020; ten times that is a loop."""
    from time import perf_counter

    rng = np.random.default_rng(1)
    counts = rng.poisson(0.5, 1_000_000)
    start = perf_counter()
    concentration(counts).gini(level=0.95)
    assert perf_counter() - start < 1


@pytest.mark.parametrize("module", [concentration_module, ranks])
def test_the_examples_run(module):
    shown = doctest.testmod(module)
    assert (shown.failed, shown.attempted >= 1) == (0, True)
