"""An interrupted series: worked by hand, by R (tests/reference/interrupted.R), by properties."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest

from retorno.stats import interrupted as module
from retorno.stats.interrupted import (
    changes_elsewhere,
    interrupted,
    lag_for,
    newey_west,
    ordinary,
    reduced,
    reduction,
    serial_correlation,
    together,
)

R = json.loads((Path(__file__).parent / "reference" / "interrupted.json").read_text("utf-8"))
Y = np.array(R["y"], dtype=float)
PARTS = (R["before"], R["during"], R["after"])


@pytest.fixture(scope="module")
def model():
    return interrupted(*PARTS, first_weekday=R["first_weekday"])


def test_changes_and_errors_are_those_of_r(model):
    """lm for the changes; sandwich's NeweyWest, which its vcovHAC with Bartlett weights repeats, for the errors."""
    during, after = model.weights(1.0), model.weights(0.0, 1.0)
    for weights, change, place in ((during, "during_change", 0), (after, "after_change", 1)):
        assert weights @ Y == pytest.approx(R[change], rel=1e-8)
        assert ordinary(model, Y, weights).se == pytest.approx(R["ols_se"][place], rel=1e-8)
        found = newey_west(model, Y, weights, lag=R["lag"])
        assert found.se == pytest.approx(R["nw_se"][place], rel=1e-8)
        assert found.df == 158 - 10
    net = newey_west(model, Y, model.weights(R["during"], R["after"]), lag=R["lag"])
    assert net.se == pytest.approx(R["nw_net_se"], rel=1e-8)
    raw = interrupted(*PARTS)
    found = ordinary(raw, Y, raw.weights(1.0))
    assert (found.value, found.se) == pytest.approx((R["raw_change"], R["raw_se"]), rel=1e-8)


def test_the_reduced_error_is_that_of_whole_matrices_in_r(model):
    """R multiplies out M, the Bartlett weights, M and the spread again; here only sums over near days are formed."""
    weights = model.weights(1.0)
    assert reduction(model, weights, R["lag"]) == pytest.approx((R["factor"], R["df"]), rel=1e-8)
    fitted = Y - model.left_over(Y)
    of_counts = reduction(model, weights, R["lag"], fitted)
    assert of_counts == pytest.approx((R["factor_counts"], R["df_counts"]), rel=1e-8)
    assert reduction(model, weights, R["lag"], 7 * fitted) == pytest.approx(of_counts, rel=1e-10)
    found = reduced(model, Y, weights, lag=R["lag"])
    assert (found.se, found.df) == pytest.approx((R["reduced_se"], R["df_counts"]), rel=1e-8)


def test_the_test_for_memory_is_that_of_r(model):
    """lmtest::bgtest, 7 lags, F; of noise without memory p is evenly spread: its mean of 200 is 1/2 -+ 4/sqrt(2400)."""
    assert serial_correlation(model, Y) == pytest.approx(R["bg_p"], rel=1e-6)
    noise = np.random.default_rng(1).normal(size=(200, 158))
    found = [serial_correlation(model, one) for one in noise]
    assert np.mean(found) == pytest.approx(0.5, abs=4 / np.sqrt(2400))


def test_the_change_by_hand():
    """No noise: 10 + day/10, +3 on two days, -2 on the three after: expected is the line, the changes +3 and -2.

    Without terms for weekdays; nothing but the pattern is there, so no error can be given.
    """
    days = np.arange(25)
    line = 10 + days / 10
    series = line + 3.0 * ((days >= 20) & (days < 22)) - 2.0 * (days >= 22)
    model = interrupted(20, 2, 3)
    assert model.weights(1.0) @ series == pytest.approx(3, rel=1e-9)
    assert model.weights(0.0, 1.0) @ series == pytest.approx(-2, rel=1e-9)
    assert model.weights(2.0, 3.0) @ series == pytest.approx(0, abs=1e-9)
    assert model.expected(series) == pytest.approx(line, rel=1e-9)
    with pytest.raises(ValueError, match="do not vary around their pattern"):
        reduced(model, series, model.weights(1.0), lag=2)


def test_a_long_interruption_does_not_bend_the_trend_of_its_past():
    """40 days of 10 + day/10 and then 20 that climb by one a day from +1: mean change 10.5, expected stays the line.

    Of a short one, 10 of 40, the course is part of what is left over.
    """
    days = np.arange(60)
    line = 10 + days / 10
    series = line + np.where(days >= 40, days - 39, 0)
    model = interrupted(40, 20, first_weekday=0)
    assert model.weights(1.0) @ series == pytest.approx(10.5, rel=1e-9)
    assert model.expected(series) == pytest.approx(line, rel=1e-9)
    columns = [interrupted(40, during, 5).matrix.shape[1] for during in (10, 11)]
    assert columns == [4, 5]


def test_weights_know_nothing_of_what_the_model_holds(model):
    """The weights of a change add up to 0 with level, trend and each weekday, to 1 over the days of the change."""
    weights = model.weights(1.0)
    assert weights @ model.matrix[:, :8] == pytest.approx(np.zeros(8), abs=1e-12)
    during = slice(R["before"], R["before"] + R["during"])
    assert weights[during].sum() == pytest.approx(1, rel=1e-12)
    assert weights @ (5 + 0.3 * np.arange(158)) == pytest.approx(0, abs=1e-9)


def test_the_changes_of_parts_add_up_to_that_of_the_whole(model):
    """Least squares is linear: what one part gains and the other loses cancels, to the last digit."""
    part = np.random.default_rng(2).poisson(3.0, Y.size)
    changes = [model.weights(1.0) @ one for one in (part, Y - part, Y)]
    assert changes[0] + changes[1] == pytest.approx(changes[2], rel=1e-10)


def test_without_memory_the_reduced_variance_is_right_on_average_and_the_plain_one_too_small(model):
    """1,000 draws of counts, twice as many while it lasts: w'Vw within four errors; n/(n - k) is 35-50 % short."""
    weights, mean = model.weights(1.0), np.full(Y.size, 10.0)
    mean[R["before"] : R["before"] + R["during"]] = 20.0
    draws = np.random.default_rng(3).poisson(mean, size=(1_000, Y.size))
    for estimate, low, high in ((reduced, 1.0, 1.0), (newey_west, 0.5, 0.65)):
        ratio = np.array([estimate(model, one, weights, lag=14).se ** 2 for one in draws])
        ratio /= weights**2 @ mean
        slack = 4 * ratio.std() / np.sqrt(ratio.size)
        assert low - slack < ratio.mean() < high + slack


def test_sums_of_two_series_have_a_joint_covariance(model):
    """Alone each has its reduced variance; a series with itself has the correlation 1; a plain sum is a sum."""
    weights = model.weights(21.0, 17.0)
    during = np.zeros(Y.size)
    during[R["before"] : R["before"] + R["during"]] = 1
    part = np.random.default_rng(4).poisson(3.0, Y.size).astype(float)
    sums, covariance, df = together(
        model, np.stack([Y, part], 1), np.stack([weights, during], 1), lag=14
    )
    assert sums == pytest.approx([weights @ Y, part[during > 0].sum()], rel=1e-12)
    alone = reduced(model, Y, weights, lag=14)
    assert (np.sqrt(covariance[0, 0]), df[0]) == pytest.approx((alone.se, alone.df), rel=1e-10)
    assert np.linalg.eigvalsh(covariance).min() > 0
    _, same, _ = together(model, np.stack([Y, Y], 1), np.stack([weights, weights], 1), lag=14)
    assert same == pytest.approx(np.full((2, 2), same[0, 0]), rel=1e-12)


def test_changes_elsewhere_are_those_of_the_model_at_that_date():
    """Start 30 with at most 28 days before it, start 29 with all of 28: each as if fitted alone, weekdays in step."""
    series = np.random.default_rng(5).poisson(9.0, 45).astype(float)
    starts, changes = changes_elsewhere(series, 10, least=28, most=28, first_weekday=4)
    assert starts.tolist() == list(range(28, 36))
    for start, change in zip(starts, changes, strict=True):
        model = interrupted(28, 10, first_weekday=(4 + start - 28) % 7)
        piece = series[start - 28 : start + 10]
        assert change == pytest.approx(model.weights(1.0) @ piece, rel=1e-10)
    bumped = series + 4.0 * (np.arange(45) >= 35)
    assert changes_elsewhere(bumped, 10, least=28, most=28, first_weekday=4)[1][
        -1
    ] == pytest.approx(changes[-1] + 4, rel=1e-10)
    assert changes_elsewhere(series, 10, least=40, most=40, first_weekday=4)[0].size == 0


def test_the_lag_is_two_weeks_or_the_interruption():
    assert [lag_for(days) for days in (7, 14, 15, 200)] == [7, 14, 14, 14]


def test_too_short_a_past_is_refused():
    with pytest.raises(ValueError, match="needs 14 days before and a day of interruption; got 13"):
        interrupted(13, 5)
    with pytest.raises(ValueError, match="has no days after"):
        interrupted(20, 5).weights(1.0, 1.0)


def test_the_examples_run():
    shown = doctest.testmod(module)
    assert (shown.failed, shown.attempted) == (0, 2)
