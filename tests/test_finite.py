"""Shares and amounts in a finite number of units, known from some of them."""

import numpy as np
import pytest
from scipy import stats

from retorno.stats.finite import part_of_sum, sampled_shares
from retorno.stats.ratio import fieller_ratio
from retorno.stats.student import Estimate

Z = 1.959963984540054


def first_of(n, total):
    return np.arange(total) < n


def test_a_sample_of_n_of_many_counts_as_n_and_of_few_as_more():
    """10 of 40 count as 10 * 39 / 30 = 13: quantiles of Beta(3.9 + 1/2, 9.1 + 1/2). 10 of very many count as 10."""
    event = first_of(3, 40)
    found = sampled_shares(np.zeros(40, int), np.ones(40), first_of(10, 40), event, level=0.95)
    expected = stats.beta.ppf([0.025, 0.975], 4.4, 9.6)
    assert (found.share[0], found.total[0], found.sampled[0]) == (0.3, 40, 10)
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected), rel=1e-9)
    assert found.se[0] == pytest.approx(np.sqrt(0.3 * 0.7 / 13), rel=1e-12)
    n = 100_000
    ones = np.ones(n)
    found = sampled_shares(0 * ones, ones, first_of(10, n), first_of(3, n), level=0.95)
    assert found.low[0] == pytest.approx(stats.beta.ppf(0.025, 3.5, 7.5), rel=1e-3)


def test_without_an_event_the_interval_starts_at_zero_and_of_nothing_else_it_ends_at_one():
    """Beta(1/2, 13 + 1/2) up to its upper quantile, and the mirror image."""
    for event, (low, high) in ((False, (0, None)), (True, (None, 1))):
        found = sampled_shares(
            np.zeros(40, int), np.ones(40), first_of(10, 40), np.full(40, event), level=0.95
        )
        end = stats.beta.ppf(0.975, 0.5, 13.5)
        low, high = low if low is not None else 1 - end, high if high is not None else end
        assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-9)


def test_money_is_weighed_and_equal_amounts_change_nothing():
    """Sampled 10, 30 and 60, of which 30 was lost: 30 %. Ten times all amounts is the same share."""
    weight = np.array([10.0, 30, 60, 50, 50])
    seen, lost = first_of(3, 5), np.arange(5) == 1
    found = sampled_shares(np.zeros(5, int), weight, seen, lost, level=0.95)
    assert found.share[0] == pytest.approx(0.3, rel=1e-12)
    assert found.amount().value == pytest.approx(60, rel=1e-12)
    again = sampled_shares(np.zeros(5, int), 10 * weight, seen, lost, level=0.95)
    assert again.amount().interval == pytest.approx(
        tuple(10 * x for x in found.amount().interval), rel=1e-12
    )


def test_strata_add_up_and_their_errors_in_squares():
    stratum = np.repeat([0, 1], [50, 100])
    seen = np.concatenate([first_of(20, 50), first_of(30, 100)])
    event = np.concatenate([first_of(8, 50), first_of(3, 100)])
    found = sampled_shares(stratum, np.ones(150), seen, event, level=0.95)
    total = found.amount()
    assert total.value == pytest.approx(50 * 0.4 + 100 * 0.1, rel=1e-12)
    below = np.hypot(50 * (0.4 - found.low[0]), 100 * (0.1 - found.low[1]))
    assert total.ci_low == pytest.approx(total.value - below, rel=1e-12)
    less = found.amount([50, -100])
    assert less.value == pytest.approx(10, rel=1e-12)
    assert less.ci_low == pytest.approx(
        10 - np.hypot(50 * (0.4 - found.low[0]), 100 * (found.high[1] - 0.1)), rel=1e-12
    )
    swapped = found.amount([-50, 100])
    assert swapped.interval == pytest.approx((-less.ci_high, -less.ci_low), rel=1e-12)


def test_a_stratum_of_which_nothing_is_known_is_said_to_be_and_need_not_count():
    found = sampled_shares([0, 0, 1], [1.0, 1, 1], [True, True, False], [True, False, False], level=0.95)  # fmt: skip
    assert not found.known
    assert found.amount([2.0, 0.0]).value == 1
    assert found.amount([2.0, 0.0]).interval == (1, 1)
    free = sampled_shares([0, 0, 1], [1.0, 1, 0], [True, True, False], [True, False, False], level=0.95)  # fmt: skip
    assert free.known
    assert free.share.tolist() == [0.5, 0]


def test_no_units_no_strata_and_negative_weights_are_an_error():
    assert sampled_shares([], [], [], [], level=0.95).total.size == 0
    with pytest.raises(ValueError, match="0 or more"):
        sampled_shares([0], [-1.0], [True], [True], level=0.95)


def test_with_even_intervals_the_part_of_a_sum_is_that_of_fieller():
    """r = A / B has Fieller's interval when A and B have normal ones; A / (A + B) is r / (1 + r)."""
    a, b, se_a, se_b = 30.0, 12.0, 4.0, 2.5
    found = part_of_sum(
        Estimate(a, se_a, a - Z * se_a, a + Z * se_a), Estimate(b, se_b, b - Z * se_b, b + Z * se_b)
    )
    ratio = fieller_ratio(a, b, np.diag([se_a**2, se_b**2]), df=np.inf, level=0.95)
    expected = [r / (1 + r) for r in (a / b, ratio.ci_low, ratio.ci_high)]
    assert (found.value, *found.interval) == pytest.approx(expected, rel=1e-9)


def test_the_parts_of_a_sum_are_one_in_all_and_edges_stay_inside():
    one, other = Estimate(5.0, 1.0, 3.5, 7.0), Estimate(0.0, 0.0, 0.0, 4.0)
    part, rest = part_of_sum(one, other), part_of_sum(other, one)
    assert part.value == 1 - rest.value == 1
    assert part.ci_high == 1 - rest.ci_low == 1
    assert part.ci_low == pytest.approx(1 - rest.ci_high, rel=1e-12)
    # A = 5 and B = 0: x with 5**2 = 1.5**2 + (4 x)**2.
    odds = np.sqrt(25 - 2.25) / 4
    assert part.ci_low == pytest.approx(odds / (1 + odds), rel=1e-12)
    with pytest.raises(ValueError, match="no part of nothing"):
        part_of_sum(other, other)
