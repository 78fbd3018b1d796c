"""Survival: tables worked by hand, lifelines' own numbers, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retorno.stats.survival import hazard_ratio, kaplan_meier

DAYS = [20, 40, 100, 100, 30]
ENDED = [True, True, False, False, False]


def test_kaplan_meier_by_hand():
    """Five units: one ends at 20 of five, one is lost at 30, one ends at 40 of three: 4/5, then 4/5 * 2/3 = 8/15."""
    curve = kaplan_meier(DAYS, ENDED, level=0.95)
    assert curve.beyond([0, 19.9, 20, 39, 40, 500]) == pytest.approx(
        [1, 1, 0.8, 0.8, 8 / 15, 8 / 15], rel=1e-12
    )
    assert [curve.still(t) for t in (0, 20, 30, 40, 99, 100)] == [5, 4, 3, 2, 2, 0]


def test_the_interval_by_hand():
    """Greenwood at 40: 1/(5*4) + 1/(3*2) = 13/60. Log-log: S ** exp(-+ z sqrt(13/60) / log S)."""
    found = kaplan_meier(DAYS, ENDED, level=0.95).at(40)
    z, s = stats.norm.ppf(0.975), 8 / 15
    assert found.se == pytest.approx(s * np.sqrt(13 / 60), rel=1e-12)
    bounds = sorted(s ** np.exp(sign * z * np.sqrt(13 / 60) / np.log(s)) for sign in (-1, 1))
    assert found.interval == pytest.approx(bounds, rel=1e-9)


def test_lifelines_gives_the_same_share_and_interval():
    """Kaplan-Meier of lifelines, asked for the same times on 200 units with ties."""
    from lifelines import KaplanMeierFitter

    rng = np.random.default_rng(5)
    days, ended = rng.integers(0, 60, 200), rng.random(200) < 0.6
    curve, fit = kaplan_meier(days, ended, level=0.9), KaplanMeierFitter(alpha=0.1).fit(days, ended)
    times = np.arange(0, 70)
    assert curve.beyond(times) == pytest.approx(fit.predict(times).to_numpy(), rel=1e-12)
    bounds = fit.confidence_interval_survival_function_.to_numpy()
    at = np.searchsorted(fit.confidence_interval_survival_function_.index, 30, side="right") - 1
    assert curve.at(30).interval == pytest.approx(tuple(bounds[at]), rel=1e-12)


def test_where_nobody_or_everybody_ended_the_interval_is_still_one():
    """Wilson for 0 of 4 and 4 of 4, z = 1.96: 0.4899 = z**2 / (4 + z**2)."""
    edge = stats.norm.ppf(0.975) ** 2
    edge = edge / (4 + edge)
    none = kaplan_meier([9, 9, 9, 9], [False] * 4, level=0.95).at(5)
    assert (none.value, none.ci_high) == (1.0, pytest.approx(1.0, rel=1e-12))
    assert none.ci_low == pytest.approx(1 - edge, rel=1e-12)
    everybody = kaplan_meier([1, 2, 3, 3], [True] * 4, level=0.95).at(5)
    assert (everybody.value, everybody.ci_low) == (0.0, pytest.approx(0.0, abs=1e-12))
    assert everybody.ci_high == pytest.approx(edge, rel=1e-12)


def test_influence_by_hand():
    """Four units, one ends at 20: S = 3/4 beyond 30. It adds -S (1/3 - 1/12) = -3/16, each other S/12 = 1/16."""
    days, ended = [100, 40, 20, 100], [False, True, True, False]
    curve = kaplan_meier(days, ended, level=0.95)
    found = curve.influence([30], [2.0], days, ended)
    assert found == pytest.approx([1 / 8, 1 / 8, -3 / 8, 1 / 8], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    units=st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=40),
    time=st.integers(0, 13),
)
def test_squared_influences_add_up_to_greenwood(units, time):
    """Also with ties; where nobody or everybody has ended there is nothing to add up."""
    days, ended = (np.array(part) for part in zip(*units, strict=True))
    curve = kaplan_meier(days, ended, level=0.95)
    found = curve.influence([time], [1.0], days, ended)
    assert found.sum() == pytest.approx(0, abs=1e-12)
    if 0 < curve.beyond(time) < 1:
        assert (found**2).sum() == pytest.approx(curve.at(time).se ** 2, rel=1e-9)


def test_influence_is_linear_in_the_terms():
    """Several times at once are the sum of each alone, in whatever order they come."""
    rng = np.random.default_rng(2)
    days, ended = rng.integers(0, 50, 80), rng.random(80) < 0.7
    curve = kaplan_meier(days, ended, level=0.95)
    times, weights = [40.0, 7.5, 20.0], [1.0, -3.0, 0.5]
    alone = sum(curve.influence([t], [w], days, ended) for t, w in zip(times, weights, strict=True))
    assert curve.influence(times, weights, days, ended) == pytest.approx(alone, abs=1e-14)


def test_hazard_ratio_by_hand():
    """Ends at 1 (group), 2 (other), 3 (group): x / ((2x + 1)(x + 1)) is largest at x = 1 / sqrt(2).

    The derivative of its logarithm is 1/x - 2/(2x + 1) - 1/(x + 1), zero where 1 = 2 x**2. Newton's steps stop
    once they gain 1e-11, hence the tolerance.
    """
    found = hazard_ratio([1, 2, 3], [True] * 3, [True, False, True], level=0.95)
    assert found.value == pytest.approx(1 / np.sqrt(2), rel=1e-6)
    assert found.ci_low * found.ci_high == pytest.approx(found.value**2, rel=1e-9)


def test_swapping_the_groups_turns_the_hazard_ratio_over():
    rng = np.random.default_rng(4)
    group = rng.random(300) < 0.4
    days = np.ceil(rng.exponential(np.where(group, 200, 100))).astype(int)
    ended = days < 250
    days = np.minimum(days, 250)
    one = hazard_ratio(days, ended, group, level=0.95)
    other = hazard_ratio(days, ended, ~group, level=0.95)
    assert one.value < 1
    assert one.value * other.value == pytest.approx(1, rel=1e-6)
    assert one.ci_low * other.ci_high == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([], [], level=0.95), "n at least 1"),
        (lambda: kaplan_meier([1, 2], [True], level=0.95), "one shape"),
        (lambda: kaplan_meier([-1], [True], level=0.95), "0 or more"),
        (lambda: kaplan_meier([np.nan], [True], level=0.95), "finite"),
        (lambda: hazard_ratio([1, 2], [True, False], [True, False], level=0.95), "the others"),
        (lambda: hazard_ratio([1, 2], [False, True], [True, False], level=0.95), "the group"),
    ],
)
def test_what_gives_no_curve_or_ratio_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
