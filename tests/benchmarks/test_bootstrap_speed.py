"""The bootstrap by counts against SciPy's on the same answers.

Best of several runs of each, in turn and in one process. SciPy at its defaults (BCa, 9,999 resamples raised to 10,000
for both), vectorised, and with `batch` 50: the fastest of 50, 200 and 1,000 tried; without `batch` it would ask
for 10,000 x 10,000 numbers at a time.
"""

import time

import numpy as np
import pytest
from scipy import stats

from retorno.stats.bootstrap import bootstrap_difference

pytestmark = pytest.mark.benchmark

N, DRAWS, BATCH, RUNS, AT_LEAST = 10_000, 10_000, 50, 3, 50
SHARES = (0.02, 0.04, 0.08, 0.16, 0.25, 0.27, 0.18)


def answers(seed):
    rng = np.random.default_rng(seed)
    return rng.choice(7, size=(2, N), p=SHARES) + 1.0


def ours(first, second, rng):
    return bootstrap_difference(first, second, draws=DRAWS, rng=rng)


def theirs(first, second, rng):
    return stats.bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=DRAWS,
        batch=BATCH,
        vectorized=True,
        axis=-1,
        rng=rng,
    )


def seconds(work, *data):
    start = time.perf_counter()
    work(*data, np.random.default_rng(1))
    return time.perf_counter() - start


def test_counts_are_at_least_fifty_times_faster():
    """The ratio and not the time, so that it holds on any machine."""
    data = answers(1)
    times = [(seconds(ours, *data), seconds(theirs, *data)) for _ in range(RUNS)]
    fast, slow = map(min, zip(*times, strict=True))
    print(
        f"\n{N:,} answers a group, {DRAWS:,} draws: by counts {fast * 1e3:.1f} ms, SciPy {slow:.2f} s, "
        f"ratio {slow / fast:.0f}"
    )
    assert slow / fast >= AT_LEAST


def test_both_give_one_interval():
    """Bounds within four Monte Carlo standard errors of both; see tests/test_bootstrap.py for the error of a bound.

    A quantile at share p errs by sqrt(p (1 - p) / draws) over the density se phi(z), z0 by sqrt(1/4 / draws) over
    phi(0), twice that in the bound.
    """
    data = answers(2)
    one, other = ours(*data, np.random.default_rng(3)), theirs(*data, np.random.default_rng(4))
    quantile = np.sqrt(0.025 * 0.975) / stats.norm.pdf(stats.norm.ppf(0.975))
    error = one.se * (quantile + 1 / stats.norm.pdf(0)) / np.sqrt(DRAWS) * np.sqrt(2)
    apart = np.abs(np.subtract(one.interval, other.confidence_interval))
    print(f"\nbounds apart by {apart.max():.2e}, Monte Carlo error {error:.2e}, se {one.se:.2e}")
    assert apart.max() < 4 * error


def test_answers_with_a_value_for_each_customer_are_measured():
    """Nothing to count: rows are drawn one by one, in batches. Printed, no limit set."""
    data = np.random.default_rng(5).normal(size=(2, N))
    fast, slow = seconds(ours, *data), seconds(theirs, *data)
    print(f"\n{N:,} distinct values a group: by weights {fast:.2f} s, SciPy {slow:.2f} s")
    assert fast > 0
