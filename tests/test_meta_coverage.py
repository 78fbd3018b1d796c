"""Intervals of the pooled effect and of a new study's effect, where the mean and spread of true effects are known.

A study's variance is 4 over its number of people, 40 to 400, as for a standardised difference; its true effect is
normal about 0.3, its published one normal about that. A tau2 of 0.01 makes a third of the whole variance, one of 0.2
nine tenths. The short version stands in for the full one, which judges as the definitions ask: 2,000 runs, coverage of
a 95 % interval between 0.92 and 0.98 with 30 studies or fewer, |bias| at most 4 Monte Carlo standard errors + 0.1
standard error.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import stats
from shared import judge

from retorno.stats.meta.models import random_effects

SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
MU = 0.3


@dataclass(frozen=True)
class Interval:
    """A number in its interval, as the judge asks for it."""

    value: float
    ci_low: float
    ci_high: float


@cache
def pooled(runs, k, tau2, interval="hartung-knapp", seed=20_240_611):
    """Return `runs` pooled effects of k studies each."""
    rng = np.random.default_rng([seed, k, round(1000 * tau2)])
    variance = 4 / rng.integers(40, 401, size=(runs, k))
    effect = rng.normal(MU, np.sqrt(tau2 + variance))
    return [random_effects(*run, interval=interval) for run in zip(effect, variance, strict=True)]


WORLDS = [(k, tau2) for k in (5, 10, 30) for tau2 in (0.01, 0.2)]


@pytest.mark.parametrize(("k", "tau2"), WORLDS)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_hartung_knapp_covers_the_mean(runs, k, tau2):
    found = [Interval(fit.mu, *fit.ci) for fit in pooled(runs, k, tau2)]
    judge(f"mu, k {k}, tau2 {tau2}", MU, found, bounds=(0.92, 0.98))


def share_of_new(fit, tau2):
    """Return the probability that a new true effect lies in the prediction interval of `fit`."""
    return float(np.diff(stats.norm.cdf(fit.prediction, MU, tau2**0.5))[0])


def new_effects(runs, k, tau2):
    """Return the share of new true effects covered and its Monte Carlo error; print them for a note to quote."""
    share = np.array([share_of_new(fit, tau2) for fit in pooled(runs, k, tau2)])
    error = share.std(ddof=1) / np.sqrt(runs)
    print(
        f"new effects, k {k}, tau2 {tau2}: {runs} runs, {share.mean():.3f} covered, error {error:.3f}"
    )
    return share.mean(), error


@pytest.mark.parametrize("k", [5, 10, 30])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_prediction_interval_covers_new_effects_of_a_large_spread(runs, k):
    """Each run gives the exact share of new true effects covered, so 400 runs say more than 400 new studies."""
    share, error = new_effects(runs, k, 0.2)
    slack = 0 if runs == 2_000 else 3 * error
    assert 0.92 - slack <= share <= 0.98 + slack


@pytest.mark.parametrize(("k", "measured"), [(5, 0.865), (10, 0.845), (30, 0.878)])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_prediction_interval_of_a_small_spread_is_too_narrow_by_as_much_as_written(
    runs, k, measured
):
    """The docstring of `random_effects` says so: tau2 is often held at 0, and an interval has no room for that."""
    share, error = new_effects(runs, k, 0.01)
    assert share == pytest.approx(measured, abs=4 * error)
    assert "0.865, 0.845 and 0.878" in random_effects.__doc__
