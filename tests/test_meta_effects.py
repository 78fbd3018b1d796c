"""Published numbers as effects: metafor's escalc on its data sets, hand calculations, refusals that name the row."""

import json
from pathlib import Path

import numpy as np
import pytest

from retorno.stats.effect_size import hedges_g
from retorno.stats.meta import effects
from retorno.stats.meta.effects import (
    change_from_t,
    change_in_before_sds,
    change_in_change_sds,
    d_from_r,
    difference_of_means,
    fisher_z,
    g_from_f,
    g_from_means,
    g_from_p,
    g_from_t,
    log_odds_ratio,
    log_risk_ratio,
    small_sample_j,
    together,
)

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "meta_effects.json").read_text(encoding="utf-8")
)
CASES = [
    pytest.param(name, entry, id=f"{name}-{number}")
    for name, entries in REFERENCE.items()
    if name != "source"
    for number, entry in enumerate(entries)
]
GROUPS = {"mean1": 12, "sd1": 4, "n1": 20, "mean2": 10, "sd2": 4, "n2": 20}
PAIRS = {"mean_before": 4, "mean_after": 5, "sd_before": 2, "n": 50, "r": 0.6}
TESTS = {"n1": 40, "n2": 40}
COUNTS = {"events1": 10, "n1": 100, "events2": 20, "n2": 100}


@pytest.mark.parametrize(("name", "entry"), CASES)
def test_effects_and_variances_are_those_of_metafor(name, entry):
    """escalc of metafor 3.8.1, closed forms: 1e-8; the p values of R have 15 digits, so z of them has 13."""
    got = getattr(effects, name)(**entry["columns"])
    assert got.effect == pytest.approx(np.array(entry["effect"]), rel=1e-8, abs=1e-12)
    assert got.variance == pytest.approx(np.array(entry["variance"]), rel=1e-8)
    assert len(got.how) == got.effect.size


def test_g_by_hand():
    """Means 12 and 10, SDs 4, 20 each: d = 0.5.

    J with 38 df = Gamma(19) / (sqrt(19) Gamma(18.5)) = 0.9801104 (R's lgamma), so g = 0.4900552 and its variance is
    1/20 + 1/20 + g**2 / 80 = 0.1 + 0.00300193 = 0.10300193.
    """
    got = g_from_means(**GROUPS)
    assert got.effect[0] == pytest.approx(0.4900552011, rel=1e-9)
    assert got.variance[0] == pytest.approx(0.1 + 0.4900552011**2 / 80, rel=1e-9)
    assert got.how == ("g from means and SDs",)


def test_what_the_docstring_says_of_the_other_hedges_g():
    """J**2 (0.1 + d**2 / 80) against 0.1 + g**2 / 80: the errors differ by J, 0.980; the effects by 3e-5."""
    ours, other = g_from_means(**GROUPS), hedges_g(**GROUPS)
    assert other.var_g**0.5 / ours.variance[0] ** 0.5 == pytest.approx(0.98, abs=0.002)
    assert other.g == pytest.approx(ours.effect[0], rel=1e-4)


def test_the_exact_correction():
    """R's lgamma; with 2 df Gamma(1) / (1 Gamma(1/2)) = 1 / sqrt(pi)."""
    want = [0.8407486825, 0.9696455796, 0.9801104021, 0.9923240874, 0.9992497812]
    assert small_sample_j([5, 25, 38, 98, 1000]) == pytest.approx(want, rel=1e-9)
    assert float(small_sample_j(2)) == pytest.approx(np.pi**-0.5, rel=1e-12)


def test_t_f_and_p_of_one_comparison_give_its_g():
    """The pooled t of the groups above is 2 / (4 sqrt(0.1)) = 1.58114, F its square 2.5, p 0.12214 by t with 38 df."""
    from scipy import stats

    want = g_from_means(**GROUPS)
    t, n = 2 / (4 * 0.1**0.5), {"n1": 20, "n2": 20}
    p = float(2 * stats.t.sf(t, 38))
    for got in (
        g_from_t(t=t, **n),
        g_from_f(f=t**2, sign=1, **n),
        g_from_p(p=p, sign=1, **n),
    ):
        assert got.effect == pytest.approx(want.effect, rel=1e-10)
        assert got.variance == pytest.approx(want.variance, rel=1e-10)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_of_f_and_p_is_the_one_asked_for(sign):
    assert np.sign(g_from_f(f=4, sign=sign, **TESTS).effect[0]) == sign
    assert np.sign(g_from_p(p=0.03, sign=sign, **TESTS).effect[0]) == sign
    assert g_from_p(p=1, sign=sign, **TESTS).effect[0] == 0


def test_d_from_r_by_hand():
    """r = 0.6 of 101: 1 - r**2 = 0.64, d = 1.2 / 0.8 = 1.5; variance 4 / (100 * 0.64) = 0.0625.

    The delta method: dd/dr = 2 (1 - r**2)**-1.5 = 3.90625, times SD of r, 0.64 / 10: 0.25, squared 0.0625.
    """
    got = d_from_r(r=0.6, n=101)
    assert got.effect[0] == pytest.approx(1.5, rel=1e-12)
    assert got.variance[0] == pytest.approx(0.0625, rel=1e-12)
    assert d_from_r(r=-0.6, n=101).effect[0] == pytest.approx(-1.5, rel=1e-12)


def test_the_change_from_a_paired_t_is_that_from_its_scores():
    """SDs 2 and 2, r 0.6: SD of the changes sqrt(4 + 4 - 4.8) = sqrt(3.2), t = sqrt(50 / 3.2)."""
    want = change_in_change_sds(sd_after=2, **PAIRS)
    got = change_from_t(t=(50 / 3.2) ** 0.5, n=50)
    assert got.effect == pytest.approx(want.effect, rel=1e-12)
    assert got.variance == pytest.approx(want.variance, rel=1e-12)


def test_the_two_changes_differ_by_the_spread_they_are_measured_in():
    """The same change in SDs of 2 and of sqrt(3.2): the ratio is sqrt(3.2) / 2."""
    raw, of_changes = change_in_before_sds(**PAIRS), change_in_change_sds(sd_after=2, **PAIRS)
    assert raw.effect[0] / of_changes.effect[0] == pytest.approx(3.2**0.5 / 2, rel=1e-12)


def test_the_correlation_moves_the_variance_of_a_raw_change_and_not_the_effect():
    """2 (1 - r) / n: from r 0.6 to 0.8, n 50, it falls by 2 * 0.2 / 50 = 0.008."""
    low, high = (change_in_before_sds(**PAIRS | {"r": r}) for r in (0.6, 0.8))
    assert high.effect[0] == low.effect[0]
    assert low.variance[0] - high.variance[0] == pytest.approx(0.008, rel=1e-10)


def test_swapping_the_groups_flips_the_sign():
    swapped = {"mean1": 10, "sd1": 4, "n1": 20, "mean2": 12, "sd2": 4, "n2": 20}
    for convert in (g_from_means, difference_of_means):
        assert convert(**swapped).effect[0] == -convert(**GROUPS).effect[0]
    other = {"events1": 20, "n1": 100, "events2": 10, "n2": 100}
    for convert in (log_risk_ratio, log_odds_ratio):
        assert convert(**other).effect[0] == pytest.approx(-convert(**COUNTS).effect[0], rel=1e-12)


def test_ratios_by_hand():
    """10 and 20 of 100: log(0.5), 1/10 - 1/100 + 1/20 - 1/100 = 0.13.

    Odds 10/90 over 20/80 = 800/1800, variance 1/10 + 1/90 + 1/20 + 1/80.
    """
    risk, odds = log_risk_ratio(**COUNTS), log_odds_ratio(**COUNTS)
    assert risk.effect[0] == pytest.approx(np.log(0.5), rel=1e-12)
    assert risk.variance[0] == pytest.approx(0.13, rel=1e-12)
    assert odds.effect[0] == pytest.approx(np.log(800 / 1800), rel=1e-12)
    assert odds.variance[0] == pytest.approx(1 / 10 + 1 / 90 + 1 / 20 + 1 / 80, rel=1e-12)


def test_an_empty_cell_is_filled_and_said():
    got = log_odds_ratio(events1=[0, 5], n1=[20, 40], events2=[4, 6], n2=[22, 41])
    assert got.how == ("log odds ratio, 1/2 added to each cell", "log odds ratio")


def test_one_number_holds_for_all_rows():
    got = fisher_z(r=[0.1, 0.2, 0.3], n=40)
    assert got.variance.tolist() == [1 / 37] * 3


def test_rows_of_several_kinds_are_put_together():
    got = together(g_from_t(t=[1.0, 2.0], **TESTS), g_from_f(f=4, sign=-1, **TESTS))
    assert got.how == ("g from t", "g from t", "g from F")
    assert got.effect[2] == pytest.approx(-got.effect[1], rel=1e-12)
    assert got.variance.shape == (3,)
    with pytest.raises(ValueError, match="nothing to put together"):
        together()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: fisher_z(r=[0.2, 1.0], n=30), r"row 2: `r` must be between -1 and 1, neither reached; got 1\."),
        (lambda: fisher_z(r=[-1, 1.0], n=30), r"row 1 \(and 1 more\): `r` must be"),
        (lambda: fisher_z(r=0.2, n=3), "row 1: `n` must be at least 4; got 3"),
        (lambda: fisher_z(r=[0.2, 0.3], n=[30, np.nan]), "row 2: `n` must be given and finite; got nan"),
        (lambda: fisher_z(r=[0.2, 0.3], n=[30, None]), "row 2: `n` must be given and finite"),
        (lambda: fisher_z(r=[0.1, 0.2], n=[30, 40, 50]), "one number or one per study"),
        (lambda: fisher_z(r=[], n=30), "k at least 1"),
        (lambda: d_from_r(r=1, n=30), "row 1: `r` must be"),
        (lambda: change_in_before_sds(**PAIRS | {"r": 1}), "row 1: `r` must be"),
        (lambda: change_in_change_sds(sd_after=2, **PAIRS | {"r": 1}), "row 1: `r` must be"),
        (lambda: change_in_before_sds(**PAIRS | {"n": 2}), "row 1: `n` must be at least 3"),
        (lambda: change_in_before_sds(**PAIRS | {"sd_before": 0}), "`sd_before` must be above 0"),
        (lambda: change_from_t(t=2, n=1), "`n` must be at least 3"),
        (lambda: g_from_means(**GROUPS | {"n2": [20, 1]}), "row 2: `n2` must be at least 2; got 1"),
        (lambda: g_from_means(**GROUPS | {"sd1": -1}), "`sd1` must be 0 or more; got -1"),
        (lambda: g_from_means(**GROUPS | {"sd1": 0, "sd2": 0}), "`sd1` must be above 0 where `sd2` is 0"),
        (lambda: difference_of_means(**GROUPS | {"sd1": 0, "sd2": 0}), "above 0 where `sd2` is 0"),
        (lambda: g_from_f(f=-1, sign=1, **TESTS), "`f` must be 0 or more; got -1"),
        (lambda: g_from_f(f=1, sign=0, **TESTS), "`sign` must be 1 "),
        (lambda: g_from_p(p=0, sign=1, **TESTS), "p of 0 has no t"),
        (lambda: g_from_p(p=1.2, sign=1, **TESTS), "at most 1"),
        (lambda: g_from_t(t=1e200, **TESTS), "row 1: its numbers are too large"),
        (lambda: log_risk_ratio(**COUNTS | {"events1": 101}), "`events1` must be between 0 and `n1`; got 101"),
        (lambda: log_odds_ratio(**COUNTS | {"n2": 0, "events2": 0}), "`n2` must be at least 1"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(made, message):
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=message):
        made()


def test_words_are_no_numbers():
    with pytest.raises(TypeError, match="`r` needs numbers"):
        fisher_z(r=["low"], n=30)
