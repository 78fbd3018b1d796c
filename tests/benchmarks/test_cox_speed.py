"""The hazard ratio of two groups against lifelines' CoxPHFitter called bare, on the same 100,000 customers.

Best of several runs of each, in turn and in one process, imports excluded. In whole days customers of one day, end and
group are counted together; distinct fractions of days give nothing to count. At its defaults lifelines stops short of
the maximum, so that agreement is judged where it is asked for more.
"""

import time

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from retorno.stats.cox import cox, hazard_ratio, two_groups

pytestmark = pytest.mark.benchmark

N, RUNS, YEARS = 100_000, 3, 3 * 365


def drawn(*, whole):
    """Return days, left, group: a hazard ratio of 0.82, customers who joined over three years."""
    rng = np.random.default_rng(1)
    group = rng.random(N) < 0.5
    days = rng.exponential(np.where(group, 900 / 0.82, 900))
    seen = rng.uniform(1, YEARS, N)
    if whole:
        days, seen = np.ceil(days), np.ceil(seen)
    return np.minimum(days, seen), days <= seen, group


def seconds(work, *data):
    start = time.perf_counter()
    work(*data)
    return time.perf_counter() - start


def ours(days, left, group):
    return hazard_ratio(days, left, group, level=0.95)


def theirs(days, left, group, **options):
    frame = pd.DataFrame({"days": days, "left": left, "group": group.astype(float)})
    return CoxPHFitter().fit(frame, "days", "left", **options)


@pytest.mark.parametrize(("whole", "at_most"), [(True, 0.1), (False, 1.0)])
def test_ours_is_faster_than_lifelines(whole, at_most):
    """The ratio and not the time, so that it holds on any machine."""
    data = drawn(whole=whole)
    times = [(seconds(ours, *data), seconds(theirs, *data)) for _ in range(RUNS)]
    own, other = map(min, zip(*times, strict=True))
    words = "whole days" if whole else "distinct fractions of days"
    print(
        f"\n{N:,} customers in {words}: retorno {own * 1e3:.1f} ms, lifelines {other:.2f} s, "
        f"ratio {own / other:.4f}"
    )
    assert own <= at_most * other


def test_customers_counted_together_give_what_single_ones_do():
    """Coefficient and log-likelihood to 1e-9 from rows of one kind and from single rows.

    lifelines, asked for more, ends with a step that gains 1e-14 of the log-likelihood, 4e-9: sqrt(2 * 4e-9) standard
    errors from the maximum.
    """
    days, left, group = drawn(whole=True)
    kinds = two_groups(days, left, group)
    single = cox(days, left, group[:, None].astype(float))
    fit = theirs(days, left, group, fit_options={"precision": 1e-11, "r_precision": 1e-14})
    print(
        f"\nlog-likelihood {kinds.log_likelihood:.6f}, {single.log_likelihood:.6f} and {fit.log_likelihood_:.6f}; "
        f"coefficient {kinds.coef[0]:.12f}, {single.coef[0]:.12f} and {fit.params_['group']:.12f}"
    )
    assert kinds.log_likelihood == pytest.approx(single.log_likelihood, rel=1e-12)
    assert kinds.coef[0] == pytest.approx(single.coef[0], rel=1e-9)
    assert kinds.log_likelihood == pytest.approx(fit.log_likelihood_, rel=1e-9)
    error = fit.standard_errors_["group"]
    assert kinds.coef[0] == pytest.approx(fit.params_["group"], abs=1e-4 * error)


def test_covariates_and_late_entry_are_measured():
    """Nothing to count: four columns, a fifth of the customers come into sight late. Printed, no limit set."""
    days, left, group = drawn(whole=True)
    rng = np.random.default_rng(2)
    design = np.column_stack([group, rng.normal(size=N), rng.random(N) < 0.3, rng.normal(size=N)])
    entry = np.where(rng.random(N) < 0.2, np.maximum(days - 100, 0), 0)
    took = seconds(lambda: cox(days, left, design, entry=entry))
    print(f"\n{N:,} customers, four columns, late entry: {took:.2f} s")
    assert took > 0
