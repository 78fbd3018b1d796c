"""What each study does to a pooled effect: metafor's cumul, leave1out, influence, baujat and blup, and by hand."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest

from retorno.stats.meta import influence as module
from retorno.stats.meta.influence import baujat, cumulative, influence, leave_one_out, shrunken
from retorno.stats.meta.models import random_effects

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "meta_influence.json").read_text(encoding="utf-8")
)
INTERVALS = {"knha": "hartung-knapp", "z": "wald"}
CASES = [
    pytest.param(case, id=f"{case['data']}-{case['method']}-{case['test']}")
    for case in REFERENCE["cases"]
]
ITERATED = ("REML", "ML", "PM")
STEPS = ("mu", "se", "statistic", "p", "ci_low", "ci_high", "q", "q_p", "tau2", "i2", "h2")
DIAGNOSTICS = {
    "studentised": "rstudent",
    "dffits": "dffits",
    "cook": "cook.d",
    "cov_ratio": "cov.r",
    "tau2_deleted": "tau2.del",
    "q_deleted": "QE.del",
    "hat": "hat",
    "dfbeta": "dfbs",
}


def fitted(case):
    data = REFERENCE["data"][case["data"]]
    options = {"method": case["method"], "interval": INTERVALS[case["test"]]}
    return random_effects(data["effect"], data["variance"], **options), data


def close(got, wanted, case):
    """Assert 1e-8 on closed forms and 1e-6 on iterated ones, relative to the largest value of the column."""
    tolerance = 1e-6 if case["method"] in ITERATED else 1e-8
    wanted = np.array(wanted, dtype=float)
    assert got == pytest.approx(wanted, rel=tolerance, abs=tolerance * np.abs(wanted).max())


@pytest.mark.parametrize("case", CASES)
def test_cumulative_is_metafors(case):
    """Reference: cumul(rma(...), order = year), by the year of the trial or the order of the data set."""
    fit, data = fitted(case)
    got = cumulative(fit, data["when"])
    assert got.study.tolist() == case["order"]
    assert got.k.tolist() == list(range(1, fit.k + 1))
    for name in STEPS:
        close(getattr(got, name), case["cumul"][name], case)
    assert (got.mu[-1], got.se[-1]) == pytest.approx((fit.mu, fit.se), rel=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_leaving_one_out_is_metafors(case):
    """Reference: leave1out(rma(...))."""
    fit, _ = fitted(case)
    got = leave_one_out(fit)
    assert got.study.tolist() == list(range(fit.k))
    for name in STEPS:
        close(getattr(got, name), case["leave1out"][name], case)


@pytest.mark.parametrize("case", CASES)
def test_the_diagnostics_are_metafors(case):
    """Reference: influence(rma(...)): rstudent, dffits, cook.d, cov.r, tau2.del, QE.del, hat, dfbs, and its stars."""
    fit, _ = fitted(case)
    got = influence(fit)
    for ours, theirs in DIAGNOSTICS.items():
        close(getattr(got, ours), case["influence"][theirs], case)
    assert got.influential.tolist() == case["influence"]["is.infl"]
    close(100 * got.hat, case["influence"]["weight"], case)


@pytest.mark.parametrize("case", CASES)
def test_baujats_coordinates_are_metafors(case):
    """Reference: the x and y baujat(rma(...)) returns."""
    fit, _ = fitted(case)
    got = baujat(fit)
    close(got.heterogeneity, case["baujat"]["x"], case)
    close(got.influence, case["baujat"]["y"], case)


@pytest.mark.parametrize("case", CASES)
def test_shrunken_effects_are_metafors(case):
    """Reference: blup(rma(...))."""
    fit, _ = fitted(case)
    got = shrunken(fit)
    for ours, theirs in {"effect": "pred", "se": "se", "ci_low": "low", "ci_high": "high"}.items():
        close(getattr(got, ours), case["blup"][theirs], case)


def test_the_reference_has_a_star_and_both_tests():
    """A comparison of stars says something only where there is one: metafor marks at least one study."""
    stars = [sum(case["influence"]["is.infl"]) for case in REFERENCE["cases"]]
    assert max(stars) > 0
    assert {case["test"] for case in REFERENCE["cases"]} == {"knha", "z"}
    assert REFERENCE["source"]["packages"]["metafor"] == "3.8.1"


def common(effect, variance):
    return random_effects(effect, variance, method="FE", interval="wald")


def test_three_studies_by_hand():
    """Effects 0, 1, 5 with variances 1, 1, 2, common effect: weights 1, 1, 0.5, so mu = 3.5 / 2.5 = 1.4, variance 0.4.

    Without the third: 0.5, variance 0.5; residual 4.5 over sqrt(2 + 0.5) = 2.846. mu falls by 0.9: Cook's
    0.81 / 0.4 = 2.025; cov.r 0.5 / 0.4 = 1.25; dffits 0.9 / sqrt(0.2 * 2) = 1.423; dfbeta 0.9 / sqrt(0.4) = 1.423.
    Baujat: (5 - 1.4)**2 / 2 = 6.48 and 0.81 / 0.5 = 1.62. Q without it: 0.25 + 0.25 = 0.5. Marked: dfbeta beyond 1,
    also of the first, (1.4 - 3.5 / 1.5) * sqrt(1.5) = -1.143.
    """
    fit = common([0, 1, 5], [1, 1, 2])
    got = influence(fit)
    found = [got.studentised, got.cook, got.cov_ratio, got.dffits, got.dfbeta, got.q_deleted]
    wanted = [4.5 / 2.5**0.5, 2.025, 1.25, 0.9 / 0.4**0.5, 0.9 / 0.4**0.5, 0.5]
    assert [values[2] for values in found] == pytest.approx(wanted, rel=1e-12)
    assert got.hat == pytest.approx([0.4, 0.4, 0.2], rel=1e-12)
    assert got.influential.tolist() == [True, False, True]
    assert (baujat(fit).heterogeneity[2], baujat(fit).influence[2]) == pytest.approx((6.48, 1.62))
    assert cumulative(fit).mu == pytest.approx([0, 0.5, 1.4], rel=1e-12, abs=1e-12)
    assert leave_one_out(fit).mu[2] == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("effect", "variance", "study", "mark"),
    [
        ([-1, 0.5, -0.1, -0.5, -0.2, 0.1, -0.2], [19, 5, 29, 16, 27, 8, 20], 1, "dffits"),
        ([-0.2, 0.3, 0.5], [14, 19, 12], 0, "cook"),
        ([0, -0.5, -0.3, -0.3], [28, 22, 2, 12], 2, "hat"),
        ([-1.4, -0.5, 0], [8, 2, 23], 0, "dfbeta"),
    ],
)
def test_each_of_the_four_marks_suffices(effect, variance, study, mark):
    """The limits of metafor's help page, each passed alone; chi-square with 1 df has its median at 0.4549."""
    variance = np.array(variance) / 100
    got = influence(random_effects(effect, variance, method="DL", interval="wald"))
    k = len(effect)
    passed = {
        "dffits": abs(got.dffits[study]) > 3 * (1 / (k - 1)) ** 0.5,
        "cook": got.cook[study] > 0.4549,
        "hat": got.hat[study] > 3 / k,
        "dfbeta": abs(got.dfbeta[study]) > 1,
    }
    assert [name for name, past in passed.items() if past] == [mark]
    assert got.influential[study]


def test_an_effect_shrinks_by_its_own_share():
    """Effects -2 and 2, variances 1: DL's tau2 = (Q - 1) / 1 = 8 - 1 = 7, mu 0: 7/8 of each effect stays, 1.75.

    Error: sqrt(7/8 * 1 + (1/8)**2 * se**2), with se**2 = 8 / 2 = 4 by Wald: 0.875 + 0.0625 = 0.9375.
    """
    fit = random_effects([-2, 2], [1, 1], method="DL", interval="wald")
    got = shrunken(fit)
    assert got.own == pytest.approx([7 / 8] * 2, rel=1e-12)
    assert got.effect == pytest.approx([-1.75, 1.75], rel=1e-12)
    assert got.se == pytest.approx([0.9375**0.5] * 2, rel=1e-12)


def test_with_tau2_held_at_zero_every_effect_shrinks_to_the_mean():
    """Effects closer than their errors: tau2 is 0 and the model knows one true effect only."""
    fit = random_effects([0.10, 0.11, 0.12], [0.04, 0.05, 0.06])
    assert fit.tau2_at_bound
    got = shrunken(fit)
    assert got.effect == pytest.approx([fit.mu] * 3, rel=1e-12)
    assert (got.ci_low[0], got.ci_high[0]) == pytest.approx(fit.ci, rel=1e-12)


def test_turning_all_signs_turns_what_has_a_sign():
    """y -> -y: mu, residuals, dffits and dfbeta change sign; Cook's distance and cov.r stay."""
    data = REFERENCE["data"]["bcg"]
    one, two = (random_effects(s * np.array(data["effect"]), data["variance"]) for s in (1, -1))
    a, b = influence(one), influence(two)
    for name in ("studentised", "dffits", "dfbeta"):
        assert getattr(a, name) == pytest.approx(-getattr(b, name), rel=1e-7)
    for name in ("cook", "cov_ratio", "q_deleted"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-7)


def test_equal_years_enter_in_the_order_given():
    fit = common([1.0, 2.0, 3.0, 4.0], [1.0] * 4)
    assert cumulative(fit, [2000, 1999, 2000, 1999]).study.tolist() == [1, 3, 0, 2]
    assert cumulative(fit).study.tolist() == [0, 1, 2, 3]


def test_a_first_study_alone_has_its_own_interval():
    """One study: its effect with Wald's interval, 0.2 -+ 1.959964 * 0.1, also under Hartung-Knapp."""
    fit = random_effects([0.2, 0.5, 0.1], [0.01, 0.04, 0.02])
    first = cumulative(fit)
    assert (first.ci_low[0], first.ci_high[0]) == pytest.approx((0.0040036, 0.3959964), abs=1e-7)
    assert "one study" in first.fits[0].notes[0]
    assert (first.tau2[0], first.q_p[0]) == (0, 1)


def every_number(*results):
    for result in results:
        for name in result.__dataclass_fields__:
            values = getattr(result, name)
            if isinstance(values, np.ndarray):
                yield name, values


@pytest.mark.parametrize("interval", ["hartung-knapp", "wald"])
@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM", "FE"])
@pytest.mark.parametrize(
    "effect",
    [[0.3, 0.3, 0.3], [0.3, 0.3, 0.9], [0.1, 0.4], [0.0, 0.0], [1e-9, 2e-9, 4e-9], [1e6, 2e6, 5e6]],
    ids=str,
)
def test_alike_few_and_extreme_effects_give_numbers(effect, method, interval):
    fit = random_effects(
        effect, [0.01, 0.02, 0.05][: len(effect)], method=method, interval=interval
    )
    results = (cumulative(fit), leave_one_out(fit), influence(fit), baujat(fit), shrunken(fit))
    for name, values in every_number(*results):
        assert np.isfinite(values).all(), name


def test_studies_that_say_the_same_have_no_influence():
    """All effects 0.3: leaving one out changes nothing but the error, whose square grows by 1 / (1 - weight)."""
    fit = random_effects([0.3, 0.3, 0.3], [0.01, 0.02, 0.05])
    got = influence(fit)
    for name in ("studentised", "dffits", "cook", "dfbeta"):
        assert getattr(got, name) == pytest.approx([0, 0, 0], abs=1e-12), name
    assert got.cov_ratio == pytest.approx(1 / (1 - fit.weights), rel=1e-12)
    assert baujat(fit).influence == pytest.approx([0, 0, 0], abs=1e-12)


@pytest.mark.parametrize("ask", [leave_one_out, influence, baujat])
def test_one_study_has_no_others(ask):
    with pytest.raises(ValueError, match="needs two studies"):
        ask(random_effects([0.2], [0.01]))


def test_one_study_is_its_own_history_and_its_own_mean():
    fit = random_effects([0.2], [0.01])
    assert cumulative(fit).mu.tolist() == [0.2]
    assert shrunken(fit).effect.tolist() == [0.2]


@pytest.mark.parametrize("order", [[1, 2], [1, 2, np.nan], [[1, 2, 3]]], ids=str)
def test_an_order_that_orders_nothing_is_refused(order):
    with pytest.raises(ValueError, match="one finite number per study"):
        cumulative(random_effects([0.2, 0.1, 0.3], [0.01] * 3), order)


def test_the_models_given_are_left_alone():
    """The input arrays of the model keep their values."""
    fit = random_effects([0.2, 0.1, 0.3], [0.01, 0.02, 0.03])
    before = fit.effect.copy(), fit.variance.copy(), fit.weights.copy()
    for ask in (cumulative, leave_one_out, influence, baujat, shrunken):
        ask(fit)
    after = fit.effect, fit.variance, fit.weights
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_examples_run():
    shown = doctest.testmod(module)
    assert shown.attempted >= 5
    assert not shown.failed
