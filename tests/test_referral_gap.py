"""The gap in margin as a curve and had nobody left: by hand, against R, by properties; refusals and words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawing import check_words, drawn
from gap_worlds import World, covariates, draw, no_covariates, tenure_of
from scipy import stats

from retorno import simulate
from retorno.figures.referral.leavers import leavers
from retorno.figures.referral.panel import panel
from retorno.referral import follow, margin_gap
from retorno.referral.gap.panel import gap_model
from retorno.referral.gap.rows import rows
from retorno.referral.gap.weighting import weighted_gap
from retorno.referral.links import Links, families
from retorno.stats.adjustment import CollinearError, SeparationError
from retorno.stats.dropout import remaining
from retorno.stats.panel import gap_curve, natural_spline, shape_p, spread_knots
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "referral_gap.json").read_text())


@pytest.fixture(scope="module")
def by_r():
    """The panel of referral_gap.R as tables of units by times."""
    units = {name: np.array(column) for name, column in R["units"].items()}
    unit, time = np.array(R["rows"]["unit"]) - 1, np.array(R["rows"]["time"]) - 1
    values, seen = np.zeros((48, 9)), np.zeros((48, 9), dtype=bool)
    values[unit, time], seen[unit, time] = R["rows"]["y"], True
    fixed = np.column_stack([units["x"], np.eye(4)[units["kind"]][:, 1:]])
    return units, values, seen, fixed


def test_the_curve_and_its_errors_are_those_of_r(by_r):
    """lm and sandwich's vcovCL, HC0 without correction; ours is scaled by G / (G - 2) (n - 2) / (n - 2 - q), q = 4."""
    units, values, seen, fixed = by_r
    basis = natural_spline(np.arange(1, 10), R["knots"])
    given = {"member": units["member"] == 1, "basis": basis, "fixed": fixed}
    alone = gap_curve(values, seen, **given)
    assert alone.gap == pytest.approx(R["gap"], rel=1e-9)
    assert alone.se == pytest.approx(np.array(R["by_unit"]) * np.sqrt(48 / 42), rel=1e-8)
    together = gap_curve(values, seen, **given, cluster=units["family"])
    assert together.se == pytest.approx(
        np.array(R["by_family"]) * np.sqrt(16 / 14 * 46 / 42), rel=1e-8
    )
    assert (alone.clusters, together.clusters, alone.rows) == (48, 16, seen.sum())
    assert np.sqrt(np.diag(alone.covariance)) == pytest.approx(alone.se, rel=1e-12)


def test_a_natural_spline_is_a_natural_spline():
    """It carries constants and straight lines exactly, is 1 at its own knot, and bends nowhere at its ends."""
    knots, times = [0, 3, 7, 12], np.linspace(0, 12, 1201)
    basis = natural_spline(times, knots)
    assert basis.sum(axis=1) == pytest.approx(np.ones(1201), abs=1e-12)
    assert basis @ np.array(knots) == pytest.approx(times, abs=1e-11)
    assert natural_spline(knots, knots) == pytest.approx(np.eye(4), abs=1e-12)
    bend = np.diff(basis, 2, axis=0) / 0.01**2
    assert np.abs(bend[[0, -1]]).max() < 0.02 * np.abs(bend).max()
    assert natural_spline([5], [5]).tolist() == [[1.0]]
    with pytest.raises(ValueError, match="outermost knots"):
        natural_spline([13], knots)


def test_knots_lie_at_the_ends_and_at_equal_shares_of_what_is_seen():
    """Ten at each of nine times: quarters of 90 are reached at times 3, 5 and 7 (counted from 1)."""
    assert spread_knots(np.full(9, 10)).tolist() == [0, 2, 4, 6, 8]
    assert spread_knots([5, 5]).tolist() == [0, 1]
    assert spread_knots([5]).tolist() == [0]


def test_at_one_time_the_curve_is_a_difference_of_means():
    """Members 1, 3, 5 and others 2, 4: gap 0. Residuals -2, 0, 2 and -1, 1.

    Variance (8/9 + 2/4) times 5 / (5 - 2). df = (1/3 + 1/2)**2 / (1/27 + 1/8), Welch's for equal spread but for the
    groups' sizes in place of sizes - 1.
    """
    values = np.array([[1.0], [3], [5], [2], [4]])
    member = np.array([True, True, True, False, False])
    found = gap_curve(values, np.ones((5, 1), dtype=bool), member, basis=np.ones((1, 1)))
    assert found.gap[0] == pytest.approx(0, abs=1e-12)
    assert found.se[0] ** 2 == pytest.approx((8 / 9 + 1 / 2) * 5 / 3, rel=1e-12)
    assert found.df[0] == pytest.approx((5 / 6) ** 2 / (1 / 27 + 1 / 8), rel=1e-12)
    assert found.at(0).at(0.95).ci_high == pytest.approx(found.band(0.95)[1][0], rel=1e-12)


def test_with_a_knot_at_each_time_the_curve_is_the_gaps_of_the_single_times(by_r):
    units, values, seen, _ = by_r
    member = units["member"] == 1
    found = gap_curve(values, seen, member, basis=natural_spline(np.arange(9), np.arange(9)))
    plain = [values[g].sum(axis=0) / seen[g].sum(axis=0) for g in (member, ~member)]
    assert found.gap == pytest.approx(plain[0] - plain[1], rel=1e-9)


def test_the_other_group_as_members_turns_the_sign_and_money_scales(by_r):
    units, values, seen, fixed = by_r
    member = units["member"] == 1
    given = {"basis": natural_spline(np.arange(9), [0, 4, 8]), "fixed": fixed}
    one, two = (gap_curve(values, seen, m, **given) for m in (member, ~member))
    assert one.gap == pytest.approx(-two.gap, rel=1e-9)
    assert one.se == pytest.approx(two.se, rel=1e-9)
    double = gap_curve(2 * values, seen, member, **given)
    assert double.se == pytest.approx(2 * one.se, rel=1e-9)
    assert double.df == pytest.approx(one.df, rel=1e-9)


def test_columns_that_follow_from_each_other_are_refused(by_r):
    units, values, seen, fixed = by_r
    member, basis = units["member"] == 1, natural_spline(np.arange(9), [0, 8])
    for more in (fixed[:, [0]] * 2 + 1, member[:, None], np.ones((48, 1)), np.zeros((48, 1))):
        with pytest.raises(CollinearError):
            gap_curve(values, seen, member, basis=basis, fixed=np.column_stack([fixed, more]))
    with pytest.raises(CollinearError, match="2 clusters"):
        gap_curve(values, seen, member, basis=basis, cluster=np.arange(48) % 2)
    with pytest.raises(ValueError, match="both groups"):
        gap_curve(values, seen, np.zeros(48, dtype=bool), basis=basis)


def test_of_two_times_and_a_constant_the_test_of_fit_is_that_of_two_changes():
    """The gap is constant when both groups change by the same: Welch's t of two mean changes."""
    rng = np.random.default_rng(3)
    values, member = rng.standard_normal((22, 2)), np.arange(22) < 10
    p = shape_p(values, np.ones((22, 2), dtype=bool), member, basis=np.ones((2, 1)))
    change = values[:, 1] - values[:, 0]
    welch = stats.ttest_ind(change[member], change[~member], equal_var=False)
    assert p == pytest.approx(welch.pvalue, rel=1e-9)
    with pytest.raises(ValueError, match="0 ways"):
        shape_p(values, np.ones((22, 2), dtype=bool), member, basis=np.eye(2))


def sandwich(moments, theta, n):
    """Return the influences of M-estimates, (n, p): `moments(theta)` has a row a unit, its derivative is numerical."""
    columns = []
    for j in range(theta.size):
        step = np.zeros(theta.size)
        step[j] = 1e-5 * max(1, abs(theta[j]))
        ends = [moments(theta + s * step).sum(axis=0) for s in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * step[j]))
    return -moments(theta) @ np.linalg.inv(np.column_stack(columns)).T


def test_weights_for_who_left_by_hand():
    """Ten have 1 at first and ten 3. Of the first four stay, of the second eight: weights 10/4 and 10/8.

    A logit on the first value alone is saturated. Those who stay have 2 and 6 at the second time: weighted mean
    (10 * 2 + 10 * 6) / 20 = 4, as they are (4 * 2 + 8 * 6) / 12.
    """
    first = np.repeat([1.0, 3.0], 10)
    stays = np.concatenate([np.arange(10) < 4, np.arange(10) < 8])
    values = np.column_stack([first, 2 * first])
    found = remaining(
        values, np.column_stack([np.ones(20, dtype=bool), stays]), np.ones((20, 2), dtype=bool)
    )
    assert found.mean == pytest.approx([2, 4], rel=1e-9)
    assert found.plain[1] == pytest.approx(56 / 12, rel=1e-12)
    assert np.unique(found.weight[:, 1].round(9)).tolist() == [0, 1.25, 2.5]
    assert found.dropped == 8
    assert found.effective[1] == pytest.approx(20**2 / (4 * 2.5**2 + 8 * 1.25**2), rel=1e-9)
    assert found.largest[1] == pytest.approx(2.5 * 12 / 20, rel=1e-9)


def test_errors_of_weighted_means_count_the_estimated_chances():
    """Against the sandwich of all estimating equations together, the derivative taken numerically."""
    rng = np.random.default_rng(8)
    n = 200
    x, first = rng.standard_normal(n), 5 + 2 * rng.standard_normal(n)
    stays = rng.random(n) < 1 / (1 + np.exp(-(0.2 + 0.4 * (first - 5) + 0.5 * x)))
    second = first + x + rng.standard_normal(n)
    possible = np.ones((n, 2), dtype=bool)
    possible[:40, 1] = False  # sight ends: neither here nor there
    seen = np.column_stack([np.ones(n, dtype=bool), stays]) & possible
    found = remaining(np.column_stack([first, second]), seen, possible, fixed=x[:, None])
    design, there = np.column_stack([np.ones(n), first, x]), seen[:, 1]

    def moments(theta):
        chance = 1 / (1 + np.exp(-design @ theta[:3]))  # of staying
        score = np.where(possible[:, 1], there - chance, 0.0)[:, None] * design
        return np.column_stack([score, np.where(there, (second - theta[3]) / chance, 0.0)])

    import statsmodels.api as sm

    stay = sm.Logit(there[possible[:, 1]].astype(float), design[possible[:, 1]]).fit(
        disp=0, tol=1e-12
    )
    weight = np.where(there, 1 / stay.predict(design), 0)
    theta = np.append(stay.params, weight @ second / weight.sum())
    assert found.mean[1] == pytest.approx(theta[3], rel=1e-9)
    assert found.of_mean[:, 1] == pytest.approx(sandwich(moments, theta, n)[:, 3], abs=1e-7)
    assert found.of_mean.sum(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_with_nobody_gone_weights_are_one():
    values = np.arange(12.0).reshape(4, 3)
    found = remaining(values, np.ones((4, 3), dtype=bool), np.ones((4, 3), dtype=bool))
    assert found.mean.tolist() == found.plain.tolist() == [4.5, 5.5, 6.5]
    assert (found.weight == 1).all()


def test_chances_that_are_certain_are_refused():
    rng = np.random.default_rng(2)
    first, everybody = rng.standard_normal(50), np.ones((50, 2), dtype=bool)
    values, seen = (
        np.column_stack([first, first]),
        np.column_stack([np.ones(50, dtype=bool), first > 0]),
    )
    with pytest.raises(SeparationError):
        remaining(values, seen, everybody)
    stays = np.column_stack([np.ones(50, dtype=bool), rng.random(50) < 0.5])
    with pytest.raises(CollinearError):
        remaining(np.ones((50, 2)), stays, everybody)
    with pytest.raises(CollinearError):
        remaining(values, stays, everybody, fixed=first[:, None])
    with pytest.raises(ValueError, match="without a gap"):
        remaining(values, ~seen, everybody)


def steady(gap, *, n=60, months=12, horizon=12, noise=0.1, seed=4, covariate=None):
    """Return a tenure of customers who all stay, every second referred, with `gap` by month and a little noise."""
    rng = np.random.default_rng(seed)
    referred = np.arange(n) % 2 == 0
    margin = (
        5
        + noise * rng.standard_normal((n, 48))
        + np.where(referred[:, None], 1, 0) * np.resize(gap, 48)
    )
    joined = np.full(n, 1460 - int(30.4375 * (months - 1)) - 1)
    days = 1460 - joined
    return tenure_of(
        days=days,
        left=np.zeros(n, dtype=bool),
        referred=referred,
        joined=joined,
        margin=margin,
        horizon=horizon,
    )


def modelled(tenure, known=None, links=None, **options):
    known = known or no_covariates(tenure.days.size)
    return gap_model(tenure, known, links, **options)


def stated(result):
    return {finding.id: finding for finding in result.findings()}


FALLING = 2 * np.clip(1 - np.arange(12) / 8, 0, None)


@pytest.mark.parametrize(
    ("gap", "month", "verdict", "words"),
    [
        (FALLING, None, "eroded", "begins above zero"),
        (-FALLING, None, "eroded", "begins below zero"),
        (np.zeros(12), 1, "none", "Already in month 1 of tenure the interval of the gap holds zero"),
        (np.full(12, 2.0), None, "never", "Up to month 12 of tenure"),
        (np.full(12, -2.0), None, "never", "Up to month 12 of tenure"),
    ],
)  # fmt: skip
def test_the_month_of_erosion_is_the_first_whose_interval_holds_zero(gap, month, verdict, words):
    model = modelled(steady(gap, noise=1.0))
    found = stated(model)["margin_gap.erosion_month"]
    low, high = model.curve.band(0.95)
    holds = [k + 1 for k in range(12) if low[k] <= 0 <= high[k]]
    assert found.estimate == (holds[0] if holds else None)
    assert month is None or found.estimate == month
    assert (found.verdict, found.ci_low) == (verdict, None)
    assert words in found.sentence
    if verdict == "eroded":
        assert 6 <= found.estimate <= 10
        assert f"in month {found.estimate} of" in found.sentence


def test_sentences_of_the_curve_follow_its_sign():
    for gap, words in (
        (2.0, "more than another"),
        (-2.0, "less than another"),
        (0.0, "none is shown"),
    ):
        found = stated(modelled(steady(np.full(12, gap))))
        assert set(found) == {
            "margin_gap.model.month_1",
            "margin_gap.model.month_12",
            "margin_gap.model_fit_p",
            "margin_gap.erosion_month",
        }
        assert words in found["margin_gap.model.month_12"].sentence
        assert found["margin_gap.model.month_12"].unit == "EUR per customer and month"
        assert found["margin_gap.model_fit_p"].verdict == "fits"


def test_a_curve_that_does_not_fit_says_so():
    """A gap of 0 and 2 by turns has teeth no spline of five knots can have."""
    found = stated(modelled(steady(np.resize([0.0, 2.0], 12))))["margin_gap.model_fit_p"]
    assert found.verdict == "does_not_fit"
    assert "trust the gaps month by month" in found.sentence


def test_months_beyond_the_data_are_refused_and_those_beyond_the_horizon_left_out():
    found = stated(modelled(steady(FALLING, months=9, horizon=24)))
    assert found["margin_gap.model.month_1"].verdict != "refused"
    assert "the curve reaches month 9" in found["margin_gap.model.month_12"].sentence
    assert found["margin_gap.model.month_24"].verdict == "refused"
    assert "margin_gap.model.month_33" not in found


def test_the_circles_are_the_gaps_of_margin_gap():
    """A simulated world through the engine: the table of customers by months holds what `margin_gap` compares."""
    made = simulate.simulate("referral", "pays", 200, seed=5)
    con, tables = connect(), made.tables()
    customers, margins = (read(name, tables[name], con=con) for name in ("customers", "margins"))
    tenure = follow(customers, margins, horizon_months=12, observed_until=made.last_day.isoformat())
    single, smooth = margin_gap(tenure), modelled(tenure)
    for month in (1, 5, 12):
        assert smooth.plain[month - 1] == pytest.approx(
            single.months[month - 1].gap.value, rel=1e-9
        )
        assert tuple(smooth.rows.n[month - 1]) == single.months[month - 1].n
    weighted = weighted_gap(tenure, no_covariates(tenure.days.size))
    assert weighted.plain[11].value == pytest.approx(single.months[11].gap.value, rel=1e-9)
    assert weighted.plain[11].se == pytest.approx(single.months[11].gap.se, rel=1e-9)


def test_a_customer_without_a_covariate_is_left_out_and_counted():
    drawn_ = draw(World(), 300, np.random.default_rng(1))
    segment = drawn_.segment.design[:, 0].copy()
    segment[:7] = np.nan
    for method in (gap_model, weighted_gap):
        result = method(drawn_.tenure, covariates(segment=segment))
        assert result.n == 293
        found = result.findings()[0]
        assert "7 customers of whom one of them is not known are left out." in found.sentence


def test_families_are_the_trees_of_the_referral_graph():
    """0 brought 1 and 2, 2 brought 3; 5 brought 4: two families of four and two, and one alone."""
    tenure = steady(FALLING, n=7)
    found = families(Links(tenure, np.array([-1, 0, 0, 2, 5, -1, -1]), None, None, {}), 7)
    assert np.bincount(found)[found].tolist() == [4, 4, 4, 4, 2, 2, 1]
    assert families(None, 3).tolist() == [0, 1, 2]


def test_late_entrants_count_in_the_curve_and_not_in_the_weights():
    """Their months in sight tell the gap; how many like them left before they came into sight is not known."""
    base = steady(FALLING, n=80)
    entry = np.where(np.arange(80) < 10, 100, 0)
    tenure = replace(base, entry=entry)
    assert rows(tenure, np.ones(80, dtype=bool), least=2).n[0].sum() == 80
    result = weighted_gap(tenure, no_covariates(80))
    assert (result.n, result.late) == (70, 10)
    assert "10 customers who came into sight late are left out" in result.caption()


def test_what_a_family_shares_does_not_blur_the_gap_between_its_members():
    """Each of the others brought one who earns the same and 2 more, up to a little: errors by family cancel."""
    n = 60
    level = np.repeat(np.random.default_rng(2).standard_normal(n), 2)
    base = steady(np.full(12, 2.0), n=2 * n)
    margin = rows(base, np.ones(2 * n, dtype=bool), least=2).margin + level[:, None]
    tenure = tenure_of(
        days=base.days, left=base.left, referred=base.referred, joined=base.joined,
        margin=np.pad(margin, ((0, 0), (0, 36))), horizon=12,
    )  # fmt: skip
    referrer = np.where(tenure.referred, np.arange(2 * n) + 1, -1)
    linked = Links(tenure, referrer, None, None, {})
    none = no_covariates(2 * n)
    one, two = weighted_gap(tenure, none), weighted_gap(tenure, none, linked)
    assert two.weighted[11].se < 0.3 * one.weighted[11].se
    curve = [gap_model(tenure, none, links).curve.se[11] for links in (None, linked)]
    assert curve[1] < 0.3 * curve[0]
    assert two.weighted[11].value == pytest.approx(one.weighted[11].value, rel=1e-12)


def test_where_nobody_left_the_weighted_gap_is_the_gap():
    result = weighted_gap(steady(FALLING, n=80), no_covariates(80))
    found = stated(result)["margin_gap.weighted.month_12"]
    assert result.weighted == result.plain
    assert "Nobody has left" in found.sentence
    assert set(stated(result)) == {"margin_gap.weighted.month_12"}


def test_the_weighted_gap_says_how_far_it_moves():
    """Low margins drive others away: the gap of those still there is too low, and clearly so among 3,000."""
    world = World(segment=0.0, odds=1.0, pull=0.15)
    tenure = draw(world, 3_000, np.random.default_rng(6)).tenure
    result = weighted_gap(tenure, no_covariates(3_000))
    found = stated(result)
    last = result.drawn
    assert set(found) == {"margin_gap.weighted.month_12", f"margin_gap.weighted.month_{last}"}
    assert (
        "weighting for those who left raises it by"
        in found["margin_gap.weighted.month_12"].sentence
    )
    assert result.title() == f"Had nobody left, the gap in month {last} would lie higher"
    assert result.effective[last - 1] >= 30


def refused(result, words):
    for finding in result.findings():
        assert finding.verdict == "refused"
        assert words in finding.sentence
    assert result.to_frame().empty
    assert result.alternative()
    assert result.title()


def test_what_cannot_be_stated_is_refused_with_what_would_be_needed():
    few = steady(FALLING, n=8)
    nobody = no_covariates(8)
    refused(modelled(few), 'customers of the group "Referred" present in month 1: 4; at least 5')
    refused(weighted_gap(few, nobody), "at least 5 are needed")
    flat = steady(FALLING, noise=0.0)
    refused(modelled(flat), "follow without error")
    refused(weighted_gap(flat, no_covariates(60)), "the same for every customer of each group")
    tenure = steady(FALLING)
    told = covariates(kind=tenure.referred.astype(float))
    refused(modelled(tenure, told), "one follows from the others or from being referred")
    unusable = replace(told, refusal="Not stated: of no use.")
    refused(modelled(tenure, unusable), "of no use")
    refused(weighted_gap(tenure, unusable), "of no use")


def test_few_months_have_no_test_of_fit():
    short = steady(FALLING[:3], months=3, horizon=3)
    found = stated(modelled(short))["margin_gap.model_fit_p"]
    assert found.verdict == "refused"
    assert "runs through any 3 months; at least 4" in found.sentence
    alone = modelled(steady([2.0], months=1, horizon=1))
    assert alone.curve.gap.shape == (1,)
    small = stated(modelled(steady(np.resize(FALLING, 36), n=20, months=36, horizon=36)))
    assert "too few customers to test 31 ways" in small["margin_gap.model_fit_p"].sentence


def test_too_few_leavers_and_certain_ones_are_refused():
    """Three of the others leave: too few to model. Then all others below 5 leave after month 1: certain."""
    base = steady(FALLING, n=80)
    left = np.zeros(80, dtype=bool)
    left[[1, 3, 5]] = True

    def gone(left):
        margin = rows(base, np.ones(80, dtype=bool), least=1).margin
        return tenure_of(
            days=np.where(left, 10, base.days), left=left, referred=base.referred, joined=base.joined,
            margin=np.pad(margin, ((0, 0), (0, 36))), horizon=12,
        )  # fmt: skip

    none = no_covariates(80)
    refused(
        weighted_gap(gone(left), none), 'customers of the group "Other" who left: 3; at least 5'
    )
    first = rows(base, np.ones(80, dtype=bool), least=1).margin[:, 0]
    refused(weighted_gap(gone(~base.referred & (first < 5)), none), "tell for certain who leaves")


@pytest.mark.parametrize("gap", [FALLING, -FALLING, np.zeros(12), np.resize([0.0, 2.0], 12)])
def test_the_figures_have_words_apart(gap):
    tenure = steady(gap, n=80, noise=1.0)
    check_words(drawn(panel, modelled(tenure)))
    check_words(drawn(leavers, weighted_gap(tenure, no_covariates(80))))
    made = draw(World(pull=0.1), 600, np.random.default_rng(9))
    check_words(drawn(leavers, weighted_gap(made.tenure, made.segment)))
    check_words(drawn(panel, gap_model(made.tenure, made.segment, currency="JPY")))


def test_figures_of_nothing_say_why():
    few = steady(FALLING, n=8)
    for draw_, result in ((panel, modelled(few)), (leavers, weighted_gap(few, no_covariates(8)))):
        assert "Not stated" in drawn(draw_, result).axes[0].texts[0].get_text()


def test_one_month_is_drawn_as_a_point():
    check_words(drawn(panel, modelled(steady([2.0], months=1, horizon=1))))
