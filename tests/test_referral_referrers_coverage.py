"""Intervals of who refers, on simulated customers whose answers are known.

Judged as the definitions ask: 2,000 runs in the full version, coverage of a 95 % interval between 0.93 and 0.97, at 30
units or fewer between 0.92 and 0.98, |bias| at most 4 Monte Carlo standard errors + 0.1 standard error of the
estimator. Where that is missed the coverage that was measured is pinned.
"""

import numpy as np
import pytest
from scipy import stats
from shared import judge

from retorno.referral import Assumptions
from retorno.referral.referrers.cells import CELLS, cells
from retorno.referral.referrers.referral_value import ReferralValue
from retorno.stats.concentration import concentration, poisson_gini
from retorno.stats.ranks import rank_correlation
from retorno.stats.strata import mantel_haenszel, two_shares

SHORT = pytest.param(100, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
LEVEL = 0.95
COUNTS = {  # mean and shape of a negative binomial count, the smaller the shape the more uneven; None: Poisson
    "rare and uneven": (0.5, 0.3),
    "rare": (0.5, 1.0),
    "frequent and uneven": (2.0, 0.3),
    "by chance": (0.4, None),
}


def counts_of(case, n, rng):
    mean, shape = COUNTS[case]
    return rng.poisson(mean if shape is None else rng.gamma(shape, mean / shape, n), n)


def truth_of(case):
    """Gini and top shares from the probabilities of each count up to 2,000; what is left is below 1e-12."""
    mean, shape = COUNTS[case]
    k = np.arange(2_001)
    law = stats.poisson(mean) if shape is None else stats.nbinom(shape, shape / (shape + mean))
    p = law.pmf(k)
    known = concentration(np.array([0, 1]))
    known = type(known)(k.astype(float), p / p.sum() * 1e12)
    return {
        "gini": known.gini(level=LEVEL).value,
        "top 20%": known.top_share(0.2, level=LEVEL).value,
        "top 10%": known.top_share(0.1, level=LEVEL).value,
        "chance": poisson_gini(mean),
        "beyond": known.beyond_chance().value,
    }


def estimates_of(counts):
    found = concentration(counts)
    return {
        "gini": found.gini(level=LEVEL),
        "top 20%": found.top_share(0.2, level=LEVEL),
        "top 10%": found.top_share(0.1, level=LEVEL),
        "chance": found.chance(level=LEVEL),
        "beyond": found.beyond_chance().at(LEVEL),
    }


def all_runs(case, n, runs, least=5):
    """Return the estimates of runs in which at least five customers refer; fewer are refused."""
    rng = np.random.default_rng(20_240_601 + n + list(COUNTS).index(case))
    found = []
    while len(found) < runs:
        counts = counts_of(case, n, rng)
        if np.count_nonzero(counts) >= least:
            found.append(estimates_of(counts))
    return found


@pytest.mark.parametrize("n", [300, 1_000])
@pytest.mark.parametrize("case", COUNTS)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_concentration_covers(runs, case, n):
    """What is beyond chance tells a sign; away from chance its interval is too short, 0.91 to 0.95, and pinned so."""
    truth, found = truth_of(case), all_runs(case, n, runs)
    for name, value in truth.items():
        bounds = (0.90, 0.96) if name == "beyond" else (0.93, 0.97)
        judge(f"{case} {n} {name}", value, [one[name] for one in found], bounds=bounds)


# What was measured at 30 and 100 customers, and how many standard errors the mean estimate lies off.
SMALL = {
    ("rare and uneven", 30): {"gini": (0.93, 0.98), "top 20%": (0.92, 0.98), "top 10%": (0.89, 0.96)},
    ("rare", 30): {"gini": (0.93, 0.99), "top 20%": (0.92, 0.98), "top 10%": (0.89, 0.95)},
    ("frequent and uneven", 30): {"gini": (0.90, 0.96), "top 20%": (0.88, 0.95), "top 10%": (0.85, 0.91)},
    ("rare and uneven", 100): {"gini": (0.93, 0.97), "top 20%": (0.92, 0.98), "top 10%": (0.91, 0.96)},
    ("frequent and uneven", 100): {"gini": (0.92, 0.96), "top 20%": (0.91, 0.96), "top 10%": (0.91, 0.95)},
}  # fmt: skip


@pytest.mark.parametrize(("case", "n"), SMALL)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_concentration_of_few_customers(runs, case, n):
    """Of 30 customers, one with ten referrals makes the top share: it is too low and its interval misses more often."""
    truth, found = truth_of(case), all_runs(case, n, runs)
    slack = 3 * np.sqrt(0.05 * 0.95 / runs) if runs < 1_950 else 0
    for name, (low, high) in SMALL[case, n].items():
        values = np.array([one[name].value for one in found])
        covered = np.mean([one[name].ci_low <= truth[name] <= one[name].ci_high for one in found])
        off = (values.mean() - truth[name]) / values.std(ddof=1)
        print(f"{case} {n} {name}: {runs} runs, coverage {covered:.3f}, bias {off:+.2f} SE")
        assert low - slack <= covered <= high + slack
        assert -0.6 - slack * 5 <= off <= 0.2 + slack * 5


def forest(rng, seeds, *, like, noise, shape=0.5, mean=0.6, most=0.0):
    """Return value, parent of each and number made: families of four generations, children like their parent.

    Values are standard normal in every generation; with `most` above 0 a better customer brings more.
    """
    good = [rng.normal(size=seeds)]
    parent, start, made = [np.full(seeds, -1)], 0, []
    for _ in range(3):
        level = good[-1]
        rate = mean * np.exp(most * level - most**2 / 2)
        children = rng.poisson(rate * rng.gamma(shape, 1 / shape, level.size))
        made.append(children)
        whose = np.repeat(np.arange(level.size), children)
        good.append(like * level[whose] + np.sqrt(1 - like**2) * rng.normal(size=whose.size))
        parent.append(start + whose)
        start += level.size
    made.append(np.zeros(good[-1].size, dtype=int))
    good, parent, made = (np.concatenate(parts) for parts in (good, parent, made))
    return good + noise * rng.normal(size=good.size), parent, made


# seeds, likeness of child and parent, noise of value, bounds of coverage
PAIRS = {
    "no likeness": (300, 0.0, 1.0, (0.93, 0.97)),
    "some": (300, 0.5, 1.0, (0.93, 0.97)),
    "strong in many families": (1_200, 0.8, 0.0, (0.93, 0.97)),
    "few referrers": (60, 0.5, 1.0, (0.92, 0.98)),
}


def pairs_found(runs, seeds, like, noise, seed):
    """Return the true correlation and the estimates of `runs` draws.

    Both values are normal with correlation like / (1 + noise**2); Spearman's is then 6/pi asin(r/2).
    """
    rng, found = np.random.default_rng(seed), []
    while len(found) < runs:
        value, parent, _ = forest(rng, seeds, like=like, noise=noise)
        child = np.flatnonzero(parent >= 0)
        whose = parent[child]
        if np.unique(whose).size >= 5:
            found.append(rank_correlation(value[whose], value[child], cluster=whose, also=child).at(LEVEL))  # fmt: skip
    return 6 / np.pi * np.arcsin(like / (1 + noise**2) / 2), found


@pytest.mark.parametrize("case", PAIRS)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_best_bring_best_covers(runs, case):
    """300 seeds give about 350 pairs of 190 referrers in 98 families, some with ten pairs and more.

    60 seeds give about 70 pairs of 38 referrers in 20 families, 1,200 four times the first.
    """
    *options, bounds = PAIRS[case]
    truth, found = pairs_found(runs, *options, 20_240_602 + list(PAIRS).index(case))
    judge(f"best bring best, {case}", truth, found, bounds=bounds)


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_strong_likeness_in_few_families_comes_out_a_little_too_near_zero(runs):
    """98 families, each of nearly one value: measured 0.935 with a bias of -0.0075, a fifth of a standard error.

    That bias is beyond what the definitions allow; in 390 families it is gone.
    """
    truth, found = pairs_found(runs, 300, 0.8, 0.0, 20_240_604)
    values = np.array([one.value for one in found])
    covered = np.mean([one.ci_low <= truth <= one.ci_high for one in found])
    off = (values.mean() - truth) / values.std(ddof=1)
    print(
        f"best bring best, strong in few families: {runs} runs, {covered:.3f}, bias {off:+.2f} SE"
    )
    slack = 3 * np.sqrt(0.05 * 0.95 / runs) if runs < 1_950 else 0
    assert 0.92 - slack <= covered <= 0.95 + slack
    assert -0.35 - slack * 5 <= off <= slack * 5


def test_pairs_taken_for_independent_would_miss():
    """Why the error goes by referrer: with every pair alone the interval covers below 0.93, by referrer it does not."""
    truth = 6 / np.pi * np.arcsin(0.9 / 2)
    rng, covered = np.random.default_rng(8), []
    for _ in range(300):
        value, parent, _ = forest(rng, 150, like=0.9, noise=0.0, shape=0.2)
        child = np.flatnonzero(parent >= 0)
        first, second, whose = value[parent[child]], value[child], parent[child]
        both = (
            rank_correlation(first, second).at(LEVEL),
            rank_correlation(first, second, cluster=whose, also=child).at(LEVEL),
        )
        covered.append([one.ci_low <= truth <= one.ci_high for one in both])
    alone, grouped = np.mean(covered, axis=0)
    print(f"pairs alone {alone:.3f}, by referrer {grouped:.3f}")
    assert alone < grouped


def most_of(rng, n, most):
    """Return own value and number of referrals of customers, the better bringing more where `most` is above 0."""
    good = rng.normal(size=n)
    rate = 0.5 * np.exp(most * good) * rng.gamma(0.5, 2.0, n)
    return good + rng.normal(size=n), rng.poisson(rate)


# Spearman's correlation of 10**7 customers drawn once, with seed 1: see `test_the_truth_of_best_bring_most`.
MOST_TRUTH = {0.0: 0.0, 0.5: 0.1429, 1.0: 0.2592}


@pytest.mark.full
@pytest.mark.parametrize("most", MOST_TRUTH)
def test_the_truth_of_best_bring_most(most):
    """10**7 customers: the error of the correlation is below 0.0004."""
    value, made = most_of(np.random.default_rng(1), 10_000_000, most)
    assert stats.spearmanr(value, made).statistic == pytest.approx(MOST_TRUTH[most], abs=0.001)


@pytest.mark.parametrize(
    ("n", "bounds"), [(40, (0.92, 0.98)), (300, (0.93, 0.97)), (1_000, (0.93, 0.97))]
)
@pytest.mark.parametrize("most", MOST_TRUTH)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_best_bring_most_covers(runs, most, n, bounds):
    """Three in four customers made none: the ties stand at the middle of their ranks."""
    rng, found = np.random.default_rng(20_240_603 + n), []
    while len(found) < runs:
        value, made = most_of(rng, n, most)
        if np.count_nonzero(made) >= 5:
            found.append(rank_correlation(value, made).at(LEVEL))
    judge(f"best bring most, {most} {n}", MOST_TRUTH[most], found, bounds=bounds)


def valued(rng, n, *, share, spread=0.8, lean=0.0):
    """Return a referral value of customers drawn: lognormal values of mean 100, a gamma-Poisson count each.

    p 0.4, A 20, C 32, no discount: a referral brings 0.4 * 100 + 0.6 * 20 - 32 = 20 on average.
    """
    good = rng.normal(size=n)
    own = 100 + 30 * good + 20 * rng.normal(size=n)
    count = rng.poisson(0.5 * np.exp(lean * good) * rng.gamma(0.6, 1 / 0.6, n))
    whose = np.repeat(np.arange(n), count)
    each = 100 * np.exp(spread * rng.normal(size=whose.size) - spread**2 / 2)
    earned = np.bincount(whose, each, minlength=n)
    known = Assumptions(25.0, 5.0, 2.0, 20.0, share, 0.0)
    made = count.astype(float)
    return ReferralValue(own, earned, made, made, count, known, 12, n, "EUR", LEVEL, 5)


# The count of those who made one: 0.5 / (1 - P(0)), P(0) of a negative binomial with shape 0.6.
PER_REFERRER = 0.5 / (1 - (0.6 / 1.1) ** 0.6)


@pytest.mark.parametrize(
    ("n", "bounds"), [(100, (0.90, 0.95)), (400, (0.92, 0.97)), (2_000, (0.93, 0.97))]
)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_referral_value_covers(runs, n, bounds):
    """Of 100 customers 30 refer: the mean of amounts with a long right tail is too often below the truth.

    400 customers have 122 referrers, 2,000 have 610.
    """
    rng, found = np.random.default_rng(20_240_604 + n), {False: [], True: []}
    for _ in range(runs):
        value = valued(rng, n, share=0.4)
        for forgetting, estimates in found.items():
            estimates.append(value.mean(forgetting=forgetting))
    judge(f"referral value {n}", 20 * PER_REFERRER, found[False], bounds=bounds)
    # Forgetting: 0.4 (100 - 32) + 0.6 * 20 = 39.2 a referral.
    judge(f"forgetting {n}", 39.2 * PER_REFERRER, found[True], bounds=bounds)


# Shares of 10**7 customers drawn twice, in the order of `CELLS`: see `test_the_truth_of_the_cells`.
CELL_TRUTH = {0.0: (0.1131, 0.3869, 0.1131, 0.3869), 0.8: (0.1615, 0.3385, 0.0825, 0.4175)}


@pytest.mark.full
@pytest.mark.parametrize("lean", CELL_TRUTH)
def test_the_truth_of_the_cells(lean):
    """10**7 customers: the error of a share is below 0.0002."""
    big = cells(valued(np.random.default_rng(1), 10_000_000, share=0.4, lean=lean))
    shares = [cell.share.value for cell in big.cells]
    assert shares == pytest.approx(CELL_TRUTH[lean], abs=0.0005)


@pytest.mark.parametrize("lean", CELL_TRUTH)
@pytest.mark.parametrize("n", [120, 500])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_shares_of_cells_cover(runs, n, lean):
    """Own value is cut at the median of the same customers; of 120 about a tenth are advocates."""
    rng, found = np.random.default_rng(20_240_605 + n), {name: [] for name in CELLS}
    while len(found["misers"]) < runs:
        value = valued(rng, n, share=0.4, lean=lean)
        if value.refusal() is None:
            for cell in cells(value).cells:
                found[cell.name].append(cell.share)
    for (name, estimates), truth in zip(found.items(), CELL_TRUTH[lean], strict=True):
        judge(f"{name} of {n}, lean {lean}", truth, estimates)


@pytest.mark.parametrize("size", [20, 120])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_difference_within_strata_covers(runs, size):
    """Four strata of unlike size, share of referrers and leaving; -0.1 in each; crude it is above 0.

    Two shares without strata are judged on the first stratum's law.
    """
    weight, refer, leave = np.array([1, 2, 3, 4]), [0.2, 0.4, 0.6, 0.8], [0.25, 0.4, 0.6, 0.8]
    rng, within, crude = np.random.default_rng(20_240_606 + size), [], []
    while len(within) < runs:
        stratum = np.repeat(np.arange(4), size * weight // 4)
        exposed = rng.random(stratum.size) < np.take(refer, stratum)
        event = rng.random(stratum.size) < np.take(leave, stratum) - 0.1 * exposed
        within.append(mantel_haenszel(event, exposed, stratum, level=LEVEL).difference)
        half = np.arange(4 * size) < 2 * size
        crude.append(two_shares(rng.random(4 * size) < 0.3 - 0.1 * half, half, level=LEVEL))
    judge(f"within strata, {size}", -0.1, within, bounds=(0.93, 0.97))
    judge(f"two shares, {size}", -0.1, crude, bounds=(0.93, 0.97))
