"""Pooled effects: metafor on eleven data sets, closed forms by hand, what must not change, bounds, refusals."""

import json
import math
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from retorno.stats.meta import models
from retorno.stats.meta.models import METHODS, random_effects

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "meta_models.json").read_text(encoding="utf-8")
)
SETS = REFERENCE["sets"]
FITS = [
    pytest.param(name, want, id=f"{name}-{want['method']}-{want['test']}")
    for name, one in SETS.items()
    for want in one["fits"]
]
INTERVAL = {"knha": "hartung-knapp", "z": "wald"}
NUMBERS = [
    "mu", "se", "ci_low", "ci_high", "tau2", "tau2_low", "tau2_high", "q", "q_p", "i2", "h2", "statistic", "p",
    "prediction_low", "prediction_high",
]  # fmt: skip
EQUAL = ([0.0, 0.4, 0.9, -0.1, 0.3], [0.04] * 5)  # mean 0.3, sum of squares 0.62, variance 0.155


def fitted(name, **choices):
    return random_effects(SETS[name]["effect"], SETS[name]["variance"], **choices)


@pytest.mark.parametrize(("name", "want"), FITS)
def test_numbers_are_those_of_metafor(name, want):
    """metafor 3.8.1 with iterations to 1e-12 of the effects' variance: 1e-8 of each number, tau2 of tau2 + variance.

    It gives a prediction interval from two studies on; here it takes three.
    """
    got = fitted(name, method=want["method"], interval=INTERVAL[want["test"]])
    for number in NUMBERS:
        value, expected = getattr(got, number), want[number]
        if expected is None or (number.startswith("prediction") and got.k < 3):
            assert value is None
        elif number in ("tau2", "tau2_low", "tau2_high"):
            assert value == pytest.approx(expected, rel=1e-8, abs=1e-8 * min(got.variance))
        else:
            assert value == pytest.approx(expected, rel=1e-8, abs=1e-10)
    assert got.weights == pytest.approx(np.array(want["weights"]), rel=1e-8)
    assert got.weights.sum() == pytest.approx(1, abs=1e-12)


def test_the_figures_of_the_evidence_notes():
    """13 BCG trials, log risk ratios, metafor 3.8.1 as printed there (section 5, point 6), to its last decimals."""
    wald, adjusted = (fitted("bcg_rr", interval=name) for name in ("wald", "hartung-knapp"))
    assert (wald.mu, wald.se, wald.tau2) == pytest.approx((-0.7145, 0.1798, 0.3132), abs=5e-5)
    assert (wald.q, wald.q_df, wald.i2) == pytest.approx((152.233, 12, 0.9222), abs=5e-4)
    assert wald.ci == pytest.approx((-1.0669, -0.3622), abs=5e-5)
    assert adjusted.se == pytest.approx(0.1808, abs=5e-5)
    assert adjusted.ci == pytest.approx((-1.1084, -0.3206), abs=5e-5)
    assert adjusted.prediction == pytest.approx((-1.9960, 0.5670), abs=5e-5)


def test_level_reaches_every_interval():
    got, want = fitted("bcg_rr", level=0.9), REFERENCE["level_90"]
    assert got.ci == pytest.approx(want["ci"], rel=1e-8)
    assert got.prediction == pytest.approx(want["prediction"], rel=1e-8)
    assert got.tau2_ci == pytest.approx(want["tau2"], rel=1e-8)


def test_the_prediction_interval_of_many_texts_has_one_degree_of_freedom_less():
    """metafor's pi.type="riley": t with 11 for 12 in its place, centre and error alike."""
    got = fitted("bcg_rr")
    half = (got.prediction_high - got.mu) * stats.t.ppf(0.975, 11) / stats.t.ppf(0.975, 12)
    assert (got.mu - half, got.mu + half) == pytest.approx(REFERENCE["riley"], rel=1e-8)


@pytest.mark.parametrize(
    ("method", "tau2"),
    [("REML", 0.115), ("PM", 0.115), ("DL", 0.115), ("ML", 0.62 / 5 - 0.04), ("FE", 0)],
)
def test_equal_variances_by_hand(method, tau2):
    """Five effects of variance v = 0.04: sum of squares 0.62, s**2 = 0.155.

    REML, PM and DL all give s**2 - v = 0.115; ML 0.62/5 - v. mu is the mean, 0.3; Hartung-Knapp's error is s / sqrt(5)
    whatever tau2, and its interval that of the t test. Q = 0.62 / 0.04 = 15.5.
    """
    got = random_effects(*EQUAL, method=method)
    assert got.tau2 == pytest.approx(tau2, rel=1e-10)
    assert got.mu == pytest.approx(0.3, rel=1e-12)
    assert got.se == pytest.approx((0.155 / 5) ** 0.5, rel=1e-12)
    half = 2.7764451051977934 * (0.155 / 5) ** 0.5
    assert got.ci == pytest.approx((0.3 - half, 0.3 + half), rel=1e-10)
    assert got.q == pytest.approx(15.5, rel=1e-12)
    assert got.weights == pytest.approx(np.full(5, 0.2), rel=1e-12)


def test_q_profile_by_hand():
    """Q(tau2) = 0.62 / (0.04 + tau2) is at the chi-square points of 4 df, 11.1433 and 0.48442."""
    points = stats.chi2.ppf([0.975, 0.025], 4)
    got = random_effects(*EQUAL)
    assert got.tau2_ci == pytest.approx(tuple(0.62 / points - 0.04), rel=1e-9)
    assert got.i2 == pytest.approx(0.115 / 0.155, rel=1e-9)
    assert got.h2 == pytest.approx(0.155 / 0.04, rel=1e-9)
    assert got.tau == pytest.approx(0.115**0.5, rel=1e-9)


def test_wald_by_hand():
    """Error sqrt((v + tau2) / k) = sqrt(0.155 / 5), normal 1.959964; prediction with sqrt(0.031 + 0.115)."""
    got = random_effects(*EQUAL, interval="wald")
    assert got.se == pytest.approx(0.031**0.5, rel=1e-9)
    assert got.ci[1] - got.mu == pytest.approx(1.959963984540054 * 0.031**0.5, rel=1e-9)
    reach = 1.959963984540054 * (0.031 + 0.115) ** 0.5
    assert got.prediction == pytest.approx((0.3 - reach, 0.3 + reach), rel=1e-9)
    assert (got.se_ratio, got.df) == (1, None)


def log_likelihood(tau2, y, v, *, restricted):
    """Return twice the log-likelihood but for a constant at each of `tau2`, from its definition."""
    w = 1 / (v + np.atleast_1d(tau2)[:, None])
    mean = (w @ y) / w.sum(axis=1)
    value = np.log(w).sum(axis=1) - (w * (y - mean[:, None]) ** 2).sum(axis=1)
    return value - np.log(w.sum(axis=1)) if restricted else value


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_no_value_of_tau2_has_a_higher_likelihood(method):
    """300 sets of 2 to 11 studies, variances up to hundreds of times apart, against a grid of 2,001 values."""
    rng = np.random.default_rng(7)
    for _ in range(300):
        v = np.exp(rng.normal(0, rng.uniform(0.1, 2), rng.integers(2, 12)))
        y = rng.normal(0, np.sqrt(v + np.exp(rng.normal(-1, 2))))
        grid = np.r_[0, np.geomspace(1e-6 * v.min(), 10 * max(4 * y.var(), 1), 2_000)]
        got = random_effects(y, v, method=method)
        best = log_likelihood(grid, y, v, restricted=method == "REML").max()
        at = log_likelihood(got.tau2, y, v, restricted=method == "REML")[0]
        assert at >= best - 1e-9


TWO_PEAKS = ([0.0, 0.04, 3.0, -2.4], [0.0001, 0.0002, 0.9, 0.6])


def test_of_two_peaks_the_higher_is_taken():
    """ML of two precise and two vague studies: a peak near 0.0003 and one above 1, found on a grid of 4,000 values."""
    y, v = (np.array(values) for values in TWO_PEAKS)
    grid = np.geomspace(1e-6, 100, 4_000)
    height = log_likelihood(grid, y, v, restricted=False)
    peaks = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])) + 1
    assert peaks.size == 2
    assert random_effects(y, v, method="ML").tau2 == pytest.approx(
        grid[peaks[height[peaks].argmax()]], rel=0.01
    )


def test_zero_is_taken_where_it_is_higher_than_every_peak_found():
    """Two studies agree to a thousandth and two do not: the likelihood is highest at 0, with a lower peak near 2."""
    y, v = np.array([0.0, 0.0001, 3.0, -2.4]), np.array([1e-6, 1e-6, 0.9, 0.6])
    at_zero, further = log_likelihood(np.array([0.0, 2.0]), y, v, restricted=True)
    assert at_zero > further > log_likelihood(0.01, y, v, restricted=True)[0]
    assert random_effects(y, v).tau2 == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("interval", list(INTERVAL.values()))
def test_units_sign_origin_and_order_do_not_matter(method, interval):
    """Effects in cents for euros: mu and se times 100, tau2 times 10,000, shares and p as before."""
    y, v = (np.array(SETS["bangertdrowns"][name]) for name in ("effect", "variance"))
    one = random_effects(y, v, method=method, interval=interval)
    cents = random_effects(-100 * y[::-1] + 7, 1e4 * v[::-1], method=method, interval=interval)
    assert cents.mu == pytest.approx(7 - 100 * one.mu, rel=1e-9)
    assert cents.se == pytest.approx(100 * one.se, rel=1e-9)
    assert cents.tau2 == pytest.approx(1e4 * one.tau2, rel=1e-9)
    assert (cents.i2, cents.h2, cents.q) == pytest.approx((one.i2, one.h2, one.q), rel=1e-9)
    assert cents.weights[::-1] == pytest.approx(one.weights, rel=1e-9)
    if one.prediction:
        assert cents.prediction == pytest.approx(
            tuple(7 - 100 * bound for bound in one.prediction[::-1]), rel=1e-9
        )


def test_p_and_interval_agree():
    """At the level 1 - p one bound is 0."""
    for interval in INTERVAL.values():
        got = fitted("bangertdrowns", interval=interval)
        at = fitted("bangertdrowns", interval=interval, level=1 - got.p)
        assert at.ci_low == pytest.approx(0, abs=1e-9)


def test_hartung_knapp_may_be_the_smaller_error_and_says_so():
    """Five effects that hardly differ: Q = 0.35 of 4 df, so the error shrinks by sqrt(Q / 4)."""
    got = fitted("at_bound")
    assert got.se_ratio == pytest.approx((got.q / 4) ** 0.5, rel=1e-10)
    assert got.se_ratio < 1
    assert got.se_wald == fitted("at_bound", interval="wald").se


@pytest.mark.parametrize("method", ["REML", "DL", "PM", "ML"])
def test_tau2_at_its_bound_is_held_at_0_and_said(method):
    got = fitted("at_bound", method=method)
    assert (got.tau2, got.i2, got.h2, got.tau2_at_bound, got.tau2_low) == (0, 0, 1, True, 0)
    assert any("held at 0" in note for note in got.notes)
    assert not fitted("bcg_rr", method=method).tau2_at_bound
    assert fitted("bcg_rr", method=method).notes == ()


def test_an_empty_interval_of_tau2_is_said():
    """Q far below the 2.5 % point of chi-square with 3 df: no tau2 of 0 or more reaches it."""
    got = fitted("nearly_equal")
    assert got.q < stats.chi2.ppf(0.025, 3)
    assert got.tau2_ci == (0, 0)
    assert any("is empty" in note for note in got.notes)


def numbers_of(result):
    """Return every number of a result, those in arrays too."""
    values = (getattr(result, field.name) for field in fields(result))
    kept = [v for v in values if v is not None and not isinstance(v, str | tuple)]
    return np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v in kept])


@pytest.mark.parametrize("interval", list(INTERVAL.values()))
@pytest.mark.parametrize("method", METHODS)
def test_equal_effects_have_an_interval(method, interval):
    """Five effects of 0.3 (one by rounding), v = 0.04: nothing to judge by but v, error sqrt(0.04 / 5)."""
    got = random_effects(
        [0.3, 0.1 + 0.2, 0.3, 0.3, 0.3], [0.04] * 5, method=method, interval=interval
    )
    assert np.isfinite(numbers_of(got)).all()
    assert (got.tau2, got.tau2_at_bound, got.i2) == (0, method != "FE", 0)
    assert got.interval == "wald"
    assert got.se == pytest.approx((0.04 / 5) ** 0.5, rel=1e-12)
    assert any("all effects are the same" in note for note in got.notes) is (
        interval == "hartung-knapp"
    )


@pytest.mark.parametrize("interval", list(INTERVAL.values()))
@pytest.mark.parametrize("method", METHODS)
def test_one_study_is_returned_as_it_is(method, interval):
    """0.5 of error 0.2: interval 0.5 -+ 1.96 * 0.2, and nothing said of other studies."""
    got = random_effects([0.5], [0.04], method=method, interval=interval)
    assert (got.mu, got.tau2, got.q, got.q_df, got.q_p, got.i2) == (0.5, 0, 0, 0, 1, 0)
    assert got.ci == pytest.approx((0.5 - 0.391992797, 0.5 + 0.391992797), abs=1e-9)
    assert (got.prediction, got.tau2_ci, got.interval) == (None, None, "wald")
    assert got.weights.tolist() == [1]
    assert np.isfinite(numbers_of(got)).all()
    assert any("one study" in note for note in got.notes) is (method != "FE" or interval != "wald")
    assert not any("all effects" in note for note in got.notes)


def test_two_studies_have_no_prediction_interval():
    got = fitted("two_studies")
    assert (got.prediction, got.df) == (None, 1)
    assert got.tau2_high > got.tau2 > 0
    assert any("needs three studies; k is 2" in note for note in got.notes)


def test_a_common_effect_says_nothing_of_other_effects():
    got = fitted("bcg_rr", method="FE")
    assert (got.prediction, got.tau2_ci, got.tau2_at_bound) == (None, None, False)
    assert any("common effect" in note for note in got.notes)


@pytest.mark.parametrize(
    ("effect", "variance", "choices", "message"),
    [
        ([], [], {}, "k at least 1"),
        ([0.1, 0.2], [0.1], {}, "got (2,) and (1,)"),
        ([[0.1]], [[0.1]], {}, "shape"),
        ([0.1, np.nan], [0.1, 0.1], {}, "`effect` of study 2 must be a finite number; got nan"),
        ([0.1, -np.inf], [0.1, 0.1], {}, "`effect` of study 2 must be a finite number; got -inf"),
        ([0.1, None, None], [0.1] * 3, {}, "study 2 must be a finite number; got nan (2 of 3"),
        ([0.1, 0.2], [0.1, 0.0], {}, "`variance` of study 2 must be positive and finite; got 0"),
        ([0.1, 0.2], [-0.1, 0.1], {}, "`variance` of study 1 must be positive and finite; got -0.1"),
        ([0.1, 0.2], [0.1, np.inf], {}, "positive and finite; got inf"),
        ([0.1, 0.2], [1e-20, 1.0], {}, "study 1 has 1e-20, study 2 has 1. Check their units"),
        ([0.1, 1e80], [0.1, 1.0], {}, "check the units"),
        ([0.1, 0.2], [0.1, 0.1], {"method": "HE"}, "`method` is one of REML, DL, PM, ML, FE; got 'HE'"),
        ([0.1, 0.2], [0.1, 0.1], {"interval": "t"}, "`interval` is one of hartung-knapp, wald; got 't'"),
        ([0.1, 0.2], [0.1, 0.1], {"level": 95}, "`level` is a coverage between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_pooled_is_refused(effect, variance, choices, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        random_effects(effect, variance, **choices)


def test_words_are_no_numbers():
    with pytest.raises(TypeError, match="one number per study"):
        random_effects(["small"], [0.1])


@pytest.mark.parametrize("method", ["REML", "PM"])
def test_no_convergence_says_what_was_tried(method, monkeypatch):
    monkeypatch.setattr(models, "STEPS", 1)
    with pytest.raises(ValueError, match=r"not found in 1 Newton steps.*'DL'"):
        fitted("bcg_rr", method=method)


@pytest.mark.parametrize("method", METHODS)
def test_extreme_numbers_never_give_nan(method):
    """Variances 10**14 times apart, effects of 10**8 errors, units of 10**-30 and 10**30; the mean lies among them."""
    for unit in (1e-30, 1, 1e30):
        for effect in ([0.0, 1.0, 2.0], [0.0, 1e8, -1e8], [5.0, 5.0, 5.0 + 1e-9]):
            for variance in ([1.0, 1.0, 1.0], [1e-14, 1.0, 1.0], [1e-7, 1.0, 1e7]):
                y = unit * np.array(effect)
                got = random_effects(y, unit**2 * np.array(variance), method=method)
                assert np.isfinite(numbers_of(got)).all()
                assert y.min() - 1e-12 * unit <= got.mu <= y.max() + 1e-12 * unit
                assert math.isfinite(got.p)


def test_the_input_is_kept_and_not_altered():
    effect, variance = np.array([0.1, 0.4, 0.2]), np.array([0.02, 0.03, 0.05])
    before = effect.copy(), variance.copy()
    got = random_effects(effect, variance)
    effect[0] = 9
    assert got.effect.tolist() == before[0].tolist()
    assert got.variance.tolist() == variance.tolist() == before[1].tolist()
