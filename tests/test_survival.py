"""Survival and Cox's model: tables worked by hand, R's and lifelines' numbers, properties, refusals.

R's numbers are in reference/staying.json, made by staying.R: `lung` of its survival package (every third unit comes
into sight late where it says so) and the public telco table, of which only the results are kept.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retorno.stats.cox import cox, hazard_ratio, two_groups
from retorno.stats.hazards import Collinear, Separated
from retorno.stats.survival import kaplan_meier, log_rank

R = json.loads((Path(__file__).parent / "reference" / "staying.json").read_text())
EXACT = 1e-8  # both programs iterate to the maximum

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

    The derivative of its logarithm is 1/x - 2/(2x + 1) - 1/(x + 1), zero where 1 = 2 x**2. Newton's steps end
    1e-9 standard errors from it.
    """
    found = hazard_ratio([1, 2, 3], [True] * 3, [True, False, True], level=0.95)
    assert found.value == pytest.approx(1 / np.sqrt(2), rel=1e-8)
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
    assert one.value * other.value == pytest.approx(1, rel=1e-8)
    assert one.ci_low * other.ci_high == pytest.approx(1, rel=1e-8)


def lung(late=False):
    """Return time, dead, woman, entry (None or late), covariates, cluster."""
    data = {name: np.array(values) for name, values in R["lung"]["data"].items()}
    covariates = np.column_stack([data["woman"], data["age"], data["ecog"]])
    entry = data["start"] if late else None
    return data["time"], data["dead"] == 1, data["woman"] == 1, entry, covariates, data["cluster"]


@pytest.fixture(scope="module")
def telco(public_data):
    """Months, churned, who brought others, married; nothing of it is stored here."""
    import pandas as pd

    columns = ["tenure_in_months", "churn_value", "number_of_referrals", "married"]
    frame = pd.read_parquet(public_data / "telco_extended_referrals.parquet", columns=columns)
    months, churned = frame.tenure_in_months.to_numpy(), frame.churn_value.to_numpy() == 1
    return (
        months,
        churned,
        frame.number_of_referrals.to_numpy() > 0,
        (frame.married == "Yes").to_numpy(),
    )


def same_model(found, known, robust):
    """Assert that a model has R's coefficients, errors (robust ones, too), likelihoods and cox.zph."""
    known = {name: np.atleast_1d(value) for name, value in known.items()}
    assert found.coef == pytest.approx(known["coef"], rel=EXACT)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(known["se"], rel=EXACT)
    likelihoods = found.log_likelihood_none, found.log_likelihood
    assert likelihoods == pytest.approx(tuple(known["loglik"]), rel=1e-12)
    assert np.sqrt(np.diag(robust.covariance)) == pytest.approx(known["robust_se"], rel=EXACT)
    p = [found.proportional_p(column) for column in (*range(found.coef.size), None)]
    assert p == pytest.approx(list(known["zph_p"]), rel=1e-7)  # the tail of a chi square near 47


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("columns", [1, 3])
def test_cox_on_lung_is_that_of_r(late, columns):
    """Crude: sex. Adjusted: age and ECOG score as well, robust errors by clusters of four; R's cox.zph in both."""
    time, dead, _, entry, design, cluster = lung(late)
    design, cluster = design[:, :columns], None if columns == 1 else cluster
    known = R["lung"][("late_" if late else "") + ("crude" if columns == 1 else "adjusted")]
    alone = np.arange(time.size) if cluster is None else cluster
    same_model(
        cox(time, dead, design, entry=entry),
        known,
        cox(time, dead, design, entry=entry, cluster=alone),
    )


def test_a_column_that_changes_with_time_is_that_of_r():
    """Two rows for those whose day of change comes before their end: the first from 0 to it, the second from it on."""
    time, dead, *_, cluster = lung()
    switch = np.array(R["lung"]["switch"])
    moves = switch < time
    start = np.concatenate([np.zeros(time.size), switch[moves]])
    stop = np.concatenate([np.minimum(time, np.where(moves, switch, time)), time[moves]])
    ended = np.concatenate([dead & ~moves, dead[moves]])
    after = np.concatenate([np.zeros(time.size), np.ones(moves.sum())])[:, None]
    # R clusters by (i %/% 4) with i from 1, the same as in its data.
    both = np.concatenate([cluster, cluster[moves]])
    same_model(
        cox(stop, ended, after, entry=start),
        R["lung"]["moving"],
        cox(stop, ended, after, entry=start, cluster=both),
    )


@pytest.mark.parametrize(("name", "columns"), [("crude", 1), ("adjusted", 2), ("late_adjusted", 2)])
def test_cox_on_the_telco_table_is_that_of_r(telco, name, columns):
    """7,043 customers who end in 72 different months: ties by the dozen."""
    months, churned, refers, married = telco
    design = np.column_stack([refers, married])[:, :columns].astype(float)
    n = np.arange(1, months.size + 1)
    entry = months // 3 if "late" in name else None
    same_model(
        cox(months, churned, design, entry=entry),
        R["telco"][name],
        cox(months, churned, design, entry=entry, cluster=n if columns == 1 else n // 4),
    )


def test_errors_by_few_clusters_are_widened():
    """R's error by cluster times sqrt(G / (G - 1)), held against t with G - 1: 57 clusters of four."""
    time, dead, _, _, design, cluster = lung()
    found = cox(time, dead, design, cluster=cluster).ratio(1, level=0.9)
    known, many = R["lung"]["adjusted"], len(np.unique(cluster))
    half = stats.t.ppf(0.95, many - 1) * known["robust_se"][1] * np.sqrt(many / (many - 1))
    bounds = np.exp([known["coef"][1] - half, known["coef"][1] + half])
    assert found.interval == pytest.approx(tuple(bounds), rel=1e-9)


def same_curve(curve, known):
    for at, *expected in zip(
        *(known[k] for k in ("at", "surv", "se", "lower", "upper")), strict=True
    ):
        found = curve.at(at)
        assert (found.value, found.se, *found.interval) == pytest.approx(expected, rel=EXACT)
    mean = curve.restricted_mean(known["until"])
    assert (mean.value, mean.se) == pytest.approx((known["rmean"], known["rmean_se"]), rel=EXACT)
    half = stats.norm.ppf(0.975) * mean.se
    assert mean.interval == pytest.approx((mean.value - half, mean.value + half), rel=1e-12)


@pytest.mark.parametrize("name", ["men", "women", "late_men", "late_women"])
def test_kaplan_meier_and_restricted_mean_on_lung_are_those_of_r(name):
    """Share, Greenwood error, log-log interval, and days up to 500 with their error; R's own numbers of digits."""
    time, dead, woman, entry, *_ = lung("late" in name)
    member = woman == ("women" in name)
    late = None if entry is None else entry[member]
    same_curve(kaplan_meier(time[member], dead[member], level=0.95, entry=late), R["lung"][name])


@pytest.mark.parametrize("name", ["refers", "others", "late_refers"])
def test_kaplan_meier_and_restricted_mean_on_the_telco_table_are_those_of_r(telco, name):
    months, churned, refers, _ = telco
    member = refers == ("refers" in name)
    late = months[member] // 3 if "late" in name else None
    curve = kaplan_meier(months[member], churned[member], level=0.95, entry=late)
    same_curve(curve, R["telco"][name])


def test_log_rank_is_that_of_r(telco):
    """survdiff; with late entry the score test of coxph with exact ties, which is the same number."""
    for late, name in ((False, "log_rank"), (True, "late_log_rank")):
        time, dead, woman, entry, *_ = lung(late)
        found = log_rank(time, dead, woman, entry=entry)
        assert found.chi2 == pytest.approx(R["lung"][name], rel=EXACT)
        assert found.p == pytest.approx(stats.chi2.sf(R["lung"][name], 1), rel=EXACT)
    months, churned, refers, _ = telco
    chi2 = log_rank(months, churned, refers).chi2
    assert chi2 == pytest.approx(R["telco"]["log_rank"], rel=EXACT)


def test_log_rank_by_hand():
    """Ends at 1 (group), 2 (other), 3 (group), one of the others seen to 4.

    Of 4, 3 and 2 at risk the group has 2, 1 and 1: expected 1/2 + 1/3 + 1/2 = 4/3 of 2. Variance 1/4 + 2/9 + 1/4.
    """
    found = log_rank([1, 2, 3, 4], [True, True, True, False], [True, False, True, False])
    assert (found.ended, found.expected) == pytest.approx((2, 4 / 3), rel=1e-12)
    assert found.chi2 == pytest.approx((2 / 3) ** 2 / (1 / 2 + 2 / 9), rel=1e-12)


def test_late_entry_by_hand():
    """Ends at 2 of A (0 to 2), B (0 to 4) and not yet C (from 2 to 5): 1/2. At 4 of B and C: 1/4. C is lost at 5.

    C comes into sight after 2, the time at which A ends; D, there from 4.5 on, counts at nobody's end.
    Days up to 5: 2 + 2/2 + 1/4.
    """
    units = {"durations": [2, 4, 5, 6], "ended": [True, True, False, False]}
    curve = kaplan_meier(**units, level=0.95, entry=[0, 0, 2, 4.5])
    assert curve.beyond([1, 2, 3, 4, 6]) == pytest.approx(
        [1, 1 / 2, 1 / 2, 1 / 4, 1 / 4], rel=1e-12
    )
    assert [curve.still(t) for t in (0, 2, 4, 4.6, 5, 6)] == [2, 2, 1, 2, 1, 0]
    assert curve.restricted_mean(5).value == pytest.approx(2 + 1 + 1 / 4, rel=1e-12)


def test_a_curve_that_rests_on_few_at_first_says_so():
    """One unit of a single one ends on day 3: the curve is 0 from then on, though 50 come into sight at 10."""
    durations, ended = [3] + [40] * 50, [True] + [False] * 50
    curve = kaplan_meier(durations, ended, level=0.95, entry=[0] + [10] * 50)
    assert curve.beyond(30) == 0
    assert curve.thin(5) == (10.0, 0)
    # Nobody seen from the beginning: what happened before 10 is not known, whatever the curve says.
    assert kaplan_meier([40] * 50, [False] * 50, level=0.95, entry=[10] * 50).thin(5) == (10.0, 0)
    # Few at the end are no matter of late entry.
    assert kaplan_meier([3, 4, 5], [True] * 3, level=0.95).thin(5) is None
    assert kaplan_meier(durations, ended, level=0.95).thin(5) is None


@settings(max_examples=60, deadline=None)
@given(
    units=st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 11), st.booleans()), min_size=4, max_size=40
    ),
    time=st.integers(0, 13),
)
def test_influences_with_late_entry_sum_to_nothing(units, time):
    """Each adds its end less what was expected of it while in sight: at each time these sum to 0."""
    days, entry, ended = (np.array(part) for part in zip(*units, strict=True))
    entry = np.minimum(entry, days - 1)
    curve = kaplan_meier(days, ended, level=0.95, entry=entry)
    found = curve.influence([time], [1.0], days, ended, entry=entry)
    assert found.sum() == pytest.approx(0, abs=1e-9)


def test_influence_with_late_entry_is_what_a_unit_changes():
    """The jackknife: n - 1 times what leaving one unit out takes from the share, to the order of 1/n."""
    rng = np.random.default_rng(8)
    days, entry = rng.integers(5, 90, 800), rng.integers(0, 60, 800)
    entry, ended = np.where(entry < days, entry, 0), rng.random(800) < 0.7
    curve = kaplan_meier(days, ended, level=0.95, entry=entry)
    found = curve.influence([50], [1.0], days, ended, entry=entry)
    some = np.arange(0, 800, 20)
    without = [
        kaplan_meier(
            np.delete(days, i), np.delete(ended, i), level=0.95, entry=np.delete(entry, i)
        ).beyond(50)
        for i in some
    ]
    assert curve.beyond(50) - np.array(without) == pytest.approx(found[some], abs=2e-5)


def test_the_restricted_mean_by_hand():
    """Ends at 20 of five and at 40 of three: 20 + 20 * 4/5 + 60 * 8/15 = 68 days of 100.

    Areas from 20 and 40 on: 48 and 32; variance 48**2 / (5 * 4) + 32**2 / (3 * 2).
    """
    mean = kaplan_meier(DAYS, ENDED, level=0.95).restricted_mean(100)
    assert mean.value == pytest.approx(68, rel=1e-12)
    assert mean.se**2 == pytest.approx(48**2 / 20 + 32**2 / 6, rel=1e-12)


def test_lifelines_has_the_same_model_with_late_entry_and_covariates():
    """Its iteration may stop short in the fourth digit unless it is asked for more."""
    import pandas as pd
    from lifelines import CoxPHFitter

    time, dead, _, entry, design, _ = lung(late=True)
    frame = pd.DataFrame(design, columns=["woman", "age", "ecog"])
    frame = frame.assign(time=time, dead=dead, entry=entry)
    exact = {"precision": 1e-11, "r_precision": 1e-14}
    fit = CoxPHFitter().fit(frame, "time", "dead", entry_col="entry", fit_options=exact)
    assert cox(time, dead, design, entry=entry).coef == pytest.approx(
        fit.params_.to_numpy(), rel=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(
    units=st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 4), st.booleans(), st.booleans()),
        min_size=12,
        max_size=60,
    )
)
def test_two_groups_are_the_same_from_kinds_and_from_rows(units):
    """Rows of one kind counted together, as hazard_ratio does, against single rows; entries before the durations."""
    days, entry, ended, group = (np.array(part) for part in zip(*units, strict=True))
    entry = np.minimum(entry, days - 1)
    try:
        rows = cox(days, ended, group[:, None], entry=entry)
    except ValueError:
        return
    if not (ended[group].any() and ended[~group].any()):
        return
    kinds = two_groups(days, ended, group, entry=entry)
    assert kinds.log_likelihood == pytest.approx(rows.log_likelihood, rel=1e-10)
    assert kinds.coef == pytest.approx(rows.coef, rel=1e-7, abs=1e-9)
    assert (kinds.n, kinds.ended) == (rows.n, rows.ended)


def test_a_ratio_that_holds_and_one_that_turns_are_told_apart():
    """Hazards 1/100 and 1/50 throughout; and 1/50 before day 40, 1/200 after it, against 1/100."""
    rng = np.random.default_rng(6)
    group = rng.random(4_000) < 0.5
    steady = np.ceil(rng.exponential(np.where(group, 50, 100)))
    early, late = rng.exponential(50, 4_000), 40 + rng.exponential(200, 4_000)
    turning = np.ceil(
        np.where(group, np.where(early < 40, early, late), rng.exponential(100, 4_000))
    )
    for days, low, high in ((steady, 0.01, 1), (turning, 0, 1e-10)):
        p = two_groups(np.minimum(days, 150), days < 150, group).proportional_p()
        assert low < p <= high


def test_fractions_of_days_are_as_good_as_days():
    """Times multiplied by 0.37 keep their order: the ratio is the same."""
    time, dead, woman, entry, *_ = lung(late=True)
    one = hazard_ratio(time, dead, woman, level=0.95, entry=entry)
    other = hazard_ratio(time * 0.37, dead, woman, level=0.95, entry=entry * 0.37)
    assert (one.value, *one.interval) == pytest.approx((other.value, *other.interval), rel=1e-12)


def test_a_column_that_foretells_who_ends_or_follows_from_others_has_no_ratio():
    days, ended = np.arange(1, 13), np.ones(12, dtype=bool)
    with pytest.raises(Separated, match="without exception"):
        cox(days, ended, (days <= 6)[:, None])
    with pytest.raises(Separated, match="without exception"):
        hazard_ratio(days, ended, days <= 6, level=0.95)
    mixed = np.array([0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1.0])
    with pytest.raises(Collinear, match="follows from the others"):
        cox(days, ended, np.column_stack([mixed, 2 * mixed]))
    with pytest.raises(Collinear, match="follows from the others"):
        cox(days, ended, np.ones((12, 1)))
    once = two_groups([5] * 12, ended, mixed == 1)
    with pytest.raises(ValueError, match="too few times"):
        once.proportional_p()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([], [], level=0.95), "n at least 1"),
        (lambda: kaplan_meier([1, 2], [True], level=0.95), "one shape"),
        (lambda: kaplan_meier([-1], [True], level=0.95), "0 or more"),
        (lambda: kaplan_meier([np.nan], [True], level=0.95), "finite"),
        (lambda: hazard_ratio([1, 2], [True, False], [True, False], level=0.95), "the others"),
        (lambda: hazard_ratio([1, 2], [False, True], [True, False], level=0.95), "the group"),
        (lambda: kaplan_meier([1, 2], [True, True], level=0.95, entry=[0]), "one time for each"),
        (lambda: kaplan_meier([1, 2], [True, True], level=0.95, entry=[0, 3]), "from 0 up to it"),
        (lambda: kaplan_meier([1, 2], [True, True], level=0.95, entry=[0, 2]), "never at risk"),
        (lambda: log_rank([1, 2], [True, True], [True, True]), "both groups at risk"),
        (lambda: cox([1, 2], [True, True], [[1.0]]), "a row for each"),
        (lambda: cox([1, 2], [False, False], [[1.0], [0.0]]), "no end was seen"),
        (
            lambda: cox([1, 2, 3], [True] * 3, [[1.0], [0.0], [1.0]], cluster=[1] * 3),
            "need two clusters",
        ),
        (
            lambda: cox([1, 2], [True, True], [[1.0], [0.0]], weights=[1, 1], cluster=[1, 2]),
            "single rows",
        ),
    ],
)
def test_what_gives_no_curve_or_ratio_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
