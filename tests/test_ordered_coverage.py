"""The interval of the odds ratio, and the size of the test that it fits, on seven answers whose law is known.

Two groups answer in unequal shares, with odds in proportion at every cut. The full version judges 2,000 runs as the
definitions ask; of the test 5 % should be rejected where the odds are in proportion.
"""

import numpy as np
import pytest
from scipy import special
from shared import judge

from retorno.stats.ordered import brant, proportional_odds
from retorno.stats.student import Estimate

SHARES = np.array([0.02, 0.04, 0.06, 0.12, 0.22, 0.33, 0.21])
RATIO = 0.6
SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)


def surveys(runs, n, *, proportional=True):
    """Yield answers and groups of `runs` surveys; not in proportion, the second group's middle moves to both ends."""
    below = np.cumsum(SHARES)[:-1]
    moved = special.expit(special.logit(below) - np.log(RATIO))
    second = np.diff(np.concatenate([[0], moved, [1]]))
    if not proportional:
        second = SHARES * np.array([4, 2, 1, 0.5, 0.5, 0.5, 2])
        second = second / second.sum()
    rng = np.random.default_rng(20_240_503)
    group = np.repeat([0.0, 1.0], n)
    for _ in range(runs):
        counts = np.concatenate([rng.multinomial(n, shares) for shares in (SHARES, second)])
        yield np.repeat(np.tile(np.arange(1.0, 8), 2), counts), group


@pytest.mark.parametrize("n", [300, 30])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_odds_ratio_covers_what_is_true(runs, n):
    """300 and 30 in each group, a true ratio of 0.6, on the scale of log odds, where the estimate is near normal."""
    found = []
    for score, group in surveys(runs, n):
        got = proportional_odds(score, group, level=0.95)
        low, high = np.log(got.odds_ratios[0].interval)
        found.append(Estimate(got.coefficients[0], got.errors[0], low, high))
    bounds = (0.93, 0.97) if n > 30 else (0.92, 0.98)
    judge(f"log odds ratio, {n} in each group", np.log(RATIO), found, bounds=bounds)


@pytest.mark.parametrize("n", [300, 30])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_test_of_proportional_odds_keeps_its_level(runs, n):
    """It rejects 5 % where one ratio is true, also with cuts without a logit left out; and sees where none is."""
    tests = [brant(score, group) for score, group in surveys(runs, n)]
    rejected = np.mean([test.together.p < 0.05 for test in tests])
    left_out = np.mean([test.joined.size for test in tests])
    apart = [brant(score, group) for score, group in surveys(min(runs, 400), n, proportional=False)]
    seen = np.mean([test.together.p < 0.05 for test in apart])
    print(
        f"Brant, {n} in each group: {runs} runs, rejects {rejected:.3f} where true, {seen:.3f} where false, "
        f"{left_out:.2f} cuts left out"
    )
    slack = 3 * np.sqrt(0.05 * 0.95 / runs) if runs < 1_950 else 0
    bounds = (0.03, 0.07) if n > 30 else (0.02, 0.08)
    assert bounds[0] - slack <= rejected <= bounds[1] + slack
    assert seen > (0.95 if n > 30 else 0.2)
