"""Pooling by REML against statsmodels' Paule-Mandel on the same studies, and on 10,000 of them.

Best of several rounds of each, in turn and in one process, imports excluded. Ours gives the interval of tau2 and the
prediction interval as well; theirs neither.
"""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from retorno.stats.meta.models import random_effects

pytestmark = pytest.mark.benchmark

REFERENCE = Path(__file__).parents[1] / "reference" / "meta_models.json"
ROUNDS, CALLS, AT_MOST = 15, 100, 1.0


def seconds(work, calls):
    """Return the seconds of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def best(calls, *works):
    """Return the least seconds of each of `works`, timed in turn."""
    return [
        min(times)
        for times in zip(*([seconds(w, calls) for w in works] for _ in range(ROUNDS)), strict=True)
    ]


def test_reml_of_13_studies_is_not_slower_than_their_paule_mandel():
    """What the issue asks for; the ratio and not the time, so that it holds on any machine."""
    one = json.loads(REFERENCE.read_text(encoding="utf-8"))["sets"]["bcg_rr"]
    studies = np.array(one["effect"]), np.array(one["variance"])
    ours, theirs = best(
        CALLS,
        lambda: random_effects(*studies, method="REML"),
        lambda: combine_effects(*studies, method_re="pm"),
    )
    print(
        f"\n13 studies: REML here {1e6 * ours:.0f} us, Paule-Mandel of statsmodels {1e6 * theirs:.0f} us, "
        f"ratio {ours / theirs:.2f}"
    )
    assert ours / theirs <= AT_MOST


def test_reml_of_10_000_studies_takes_milliseconds():
    """Variances of a chi-square kind and tau2 0.1, so that nothing is equal; 20 ms leaves room for any machine."""
    rng = np.random.default_rng(5)
    variance = rng.gamma(2, 0.05, 10_000) + 0.001
    effect = rng.normal(0, np.sqrt(variance + 0.1))
    ours, theirs = best(
        2,
        lambda: random_effects(effect, variance, method="REML"),
        lambda: combine_effects(effect, variance, method_re="pm"),
    )
    print(
        f"\n10,000 studies: REML here {1e3 * ours:.1f} ms, Paule-Mandel of statsmodels {1e3 * theirs:.1f} ms, "
        f"ratio {ours / theirs:.1f}"
    )
    assert random_effects(effect, variance).tau2 == pytest.approx(0.1, abs=0.02)
    assert ours < 0.02
