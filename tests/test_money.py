"""Money over time: hand arithmetic, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retorno.money import break_even_share, discount_factors, mixture, npv, roi


def test_discounting_counts_months_from_one_and_compounds_by_year():
    """At 4,095 a year a month halves: 4096 ** (-1/12) = 1/2. Month 12 at 25 % a year is 1/1.25."""
    assert discount_factors(3, 4095.0) == pytest.approx([0.5, 0.25, 0.125], rel=1e-12)
    assert discount_factors(12, 0.25)[-1] == pytest.approx(0.8, rel=1e-12)
    assert discount_factors(4, 0.0).tolist() == [1.0] * 4


def test_npv_by_hand():
    """8 and 12 at a half and a quarter are 4 + 3 = 7; less 5 paid today, 2."""
    assert npv([8.0, 12.0], 4095.0) == pytest.approx(7.0, rel=1e-12)
    assert npv([8.0, 12.0], 4095.0, cost=5.0) == pytest.approx(2.0, rel=1e-12)
    assert npv([[8.0, 12.0], [0.0, 4.0]], 4095.0) == pytest.approx([7.0, 1.0], rel=1e-12)


def test_the_published_return_of_sixty_per_cent():
    """A gap of EUR 40 for a reward of EUR 25: 40/25 - 1 = 0.6."""
    assert roi(40.0, 25.0) == pytest.approx(0.6, rel=1e-12)
    assert roi(0.0, 25.0) == -1.0


def test_mixture_and_the_share_that_breaks_even_by_hand():
    """A quarter at 100 and the rest at 20 bring 25 + 15 = 40."""
    assert mixture(0.25, 100.0, 20.0) == pytest.approx(40.0, rel=1e-12)
    assert break_even_share(100.0, 20.0, 40.0) == pytest.approx(0.25, rel=1e-12)
    assert break_even_share(100.0, 20.0, 10.0) < 0
    assert break_even_share(100.0, 20.0, 110.0) > 1


amounts = st.floats(-1e6, 1e6)


@given(first=amounts, second=amounts, share=st.floats(0, 1))
def test_the_break_even_share_undoes_the_mixture(first, second, share):
    """Where the two amounts lie at least 1 apart; rounding is relative to the larger of them."""
    if abs(first - second) < 1:
        return
    back = break_even_share(first, second, mixture(share, first, second))
    assert back == pytest.approx(share, abs=1e-15 * 8 * max(abs(first), abs(second), 1))


@given(values=st.lists(amounts, min_size=1, max_size=60), rate=st.floats(-0.5, 2))
def test_doubling_all_money_doubles_the_present_value(values, rate):
    assert npv(2 * np.array(values), rate) == pytest.approx(2 * npv(values, rate), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: discount_factors(0, 0.1), "`n_months` is 1 or more"),
        (lambda: discount_factors(12, -1.0), "above -1"),
        (lambda: npv(5.0, 0.1), "one value per month"),
        (lambda: npv([], 0.1), "one value per month"),
        (lambda: npv([1.0], 0.1, cost=-2.0), "money paid out"),
        (lambda: roi(4.0, 0.0), "no return on a cost of 0"),
        (lambda: roi(4.0, -1.0), "money paid out"),
        (lambda: break_even_share(3.0, 3.0, 1.0), "bring the same"),
    ],
)
def test_impossible_amounts_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
