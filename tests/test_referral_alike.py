"""The gap in value against others alike: by hand, against R, by properties; refusals and words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawing import check_words, drawn
from gap_worlds import World, covariates, draw, no_covariates, tenure_of

from retorno.figures.referral.balance import balance
from retorno.referral.alike.adjusted import adjusted_value
from retorno.referral.alike.weighted import weighted_value
from retorno.referral.links import Links
from retorno.referral.tenure import month_start
from retorno.referral.worth.discounted import discounted_values
from retorno.stats.adjustment import CollinearError, SeparationError
from retorno.stats.odds import odds_weights, weighted_kaplan_meier
from retorno.stats.survival import kaplan_meier

R = json.loads((Path(__file__).parent / "reference" / "referral_gap.json").read_text())
UNITS = {name: np.array(column) for name, column in R["units"].items()}
RATE = {"annual_discount_rate": 0.10}


def test_weighted_shares_are_those_of_r():
    """survfit with case weights that are no whole numbers, once with late entry."""
    days, ended, weight = (UNITS[name] for name in ("days", "ended", "weight"))
    curve = weighted_kaplan_meier(days, ended, weight)
    assert curve.beyond(R["at"]) == pytest.approx(R["share"], rel=1e-10)
    late = weighted_kaplan_meier(days, ended, weight, entry=UNITS["entry"])
    assert late.beyond(R["at"]) == pytest.approx(R["share_late"], rel=1e-10)


def test_whole_weights_are_units():
    days, ended = UNITS["days"], UNITS["ended"]
    times = np.arange(40)
    weight = 1 + np.arange(48) % 3
    one = weighted_kaplan_meier(days, ended, weight).beyond(times)
    assert one == pytest.approx(kaplan_meier(days, ended, level=0.9, weights=weight).beyond(times))
    with pytest.raises(ValueError, match="above 0"):
        weighted_kaplan_meier(days, ended, weight - 1)


@pytest.fixture(scope="module")
def group():
    """One group of 80 customers with months 1 to 6, some of whom leave, some late."""
    rng = np.random.default_rng(12)
    n, starts = 80, month_start(np.arange(1, 7))
    days = rng.integers(160, 400, n)
    left = rng.random(n) < 0.5
    days[left] = rng.integers(1, 180, left.sum())
    entry = np.where(rng.random(n) < 0.2, np.minimum(days - 1, 45), 0)
    seen = np.where(left[:, None], days[:, None] > starts, days[:, None] >= starts)
    seen[:, 0] = True
    seen &= starts >= entry[:, None]
    margin = 5 + 3 * rng.standard_normal((n, 6))
    return {"days": days, "left": left, "margin": margin, "seen": seen, "entry": entry}


@pytest.mark.parametrize("late", [False, True])
def test_with_equal_weights_it_is_the_value_of_a_customer(group, late):
    """Value and error of `discounted_values`, whatever the scale of the weights."""
    given = dict(group)
    if not late:
        given["entry"] = np.zeros(80, dtype=int)
        starts, days = month_start(np.arange(1, 7)), group["days"][:, None]
        given["seen"] = np.where(group["left"][:, None], days > starts, days >= starts)
        given["seen"][:, 0] = True
    rows = [
        (np.flatnonzero(s), m[s]) for s, m in zip(given["seen"].T, given["margin"].T, strict=True)
    ]
    people = {name: given[name] for name in ("days", "left", "entry")}
    wanted = discounted_values(**people, rows=rows, horizons=[len(rows)], **RATE)[len(rows)]
    for weight in (1.0, 0.3):
        value, influence = weighted_value(**given, weight=np.full(80, weight), **RATE)
        assert value == pytest.approx(wanted.value, rel=1e-12)
        assert np.sqrt((influence**2).sum() * 80 / 79) == pytest.approx(wanted.se, rel=1e-9)
        assert influence.sum() == pytest.approx(0, abs=1e-9)


def test_the_influence_of_a_customer_is_what_the_value_moves_with_the_weight(group):
    """Numerical derivative in each weight, times the weight."""
    weight = 0.2 + np.random.default_rng(3).random(80)
    _, influence = weighted_value(**group, weight=weight, **RATE)
    for who in range(0, 80, 7):
        ends = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[who] += sign * 1e-5
            ends.append(weighted_value(**group, weight=moved, **RATE)[0])
        assert influence[who] == pytest.approx(weight[who] * (ends[0] - ends[1]) / 2e-5, abs=1e-7)


def everybody(margin, referred, kind, *, joined=1400, horizon=1):
    """Return a tenure of customers who stay, with one margin each in all months, and their kind as covariate."""
    margin, n = np.asarray(margin, dtype=float), len(margin)
    joined = np.broadcast_to(joined, n).copy()
    tenure = tenure_of(
        days=1460 - joined,
        left=np.zeros(n, dtype=bool),
        referred=np.asarray(referred, dtype=bool),
        joined=joined,
        margin=np.tile(margin[:, None], 48),
        horizon=horizon,
    )
    return tenure, covariates(kind=np.asarray(kind, dtype=float))


def test_the_adjusted_gap_by_hand():
    """Referred: 2 of kind 0 with mean 4, 6 of kind 1 with mean 10. Others: 6 of kind 0, mean 3; 3 of kind 1, mean 8.

    A logit on a kind of two is saturated, so others of kind 0 count 2/6 each, of kind 1 6/3. Value of one month at no
    discount is the mean margin: referred (2*4 + 6*10)/8 = 8.5; others alike (2*3 + 6*8)/8 = 6.75; as they are
    (6*3 + 3*8)/9 = 14/3. Effective others (6/3 + 6)**2 / (6/9 + 12).
    """
    margin = [3, 5, 9, 11, 9, 11, 8, 12, 2, 4, 2, 4, 3, 3, 7, 8, 9]
    referred, kind = [1] * 8 + [0] * 9, [0] * 2 + [1] * 6 + [0] * 6 + [1] * 3
    found = adjusted_value(*everybody(margin, referred, kind), annual_discount_rate=0.0)
    assert found.referred.value == pytest.approx(8.5, rel=1e-9)
    assert found.alike.value == pytest.approx(6.75, rel=1e-9)
    assert found.other.value == pytest.approx(14 / 3, rel=1e-9)
    assert found.gap.value == pytest.approx(1.75, rel=1e-9)
    assert found.plain.value == pytest.approx(8.5 - 14 / 3, rel=1e-9)
    assert found.moved.value == pytest.approx(14 / 3 - 6.75, rel=1e-9)
    assert found.odds.effective_controls == pytest.approx(8**2 / (6 / 9 + 3 * 4), rel=1e-9)
    # kind: 6/8 - 3/9 over the root of the mean of variances 6/8*2/8*8/7 and 3/9*6/9*9/8
    spread = np.sqrt((6 / 8 * 2 / 8 * 8 / 7 + 2 / 9 * 9 / 8) / 2)
    assert found.odds.before[0] == pytest.approx((6 / 8 - 1 / 3) / spread, rel=1e-9)
    assert found.odds.after[0] == pytest.approx(0, abs=1e-9)
    # Saturated weights: the error is that of two strata, each with its own means.
    assert found.gap.df == pytest.approx(64 / (6 / 9 + 12) - 1, rel=1e-9)


def test_its_error_counts_the_estimated_odds():
    """Against the sandwich of logit, mean of the referred and weighted mean together, the derivative numerical.

    One month, everybody stays: then the gap is an effect on the treated by weighted means. Our errors are scaled by
    n / (n - 1) in each group, which the sandwich is not; the logit's part goes with that of the others.
    """
    from test_referral_gap import sandwich

    rng = np.random.default_rng(4)
    n = 150
    x = rng.standard_normal(n)
    yes = rng.random(n) < 1 / (1 + np.exp(-x))
    y = 5 + 2 * x + yes + rng.standard_normal(n)
    found = adjusted_value(*everybody(y, yes, x), annual_discount_rate=0.0)
    design = np.column_stack([np.ones(n), x])

    def moments(theta):
        chance = 1 / (1 + np.exp(-design @ theta[:2]))
        weight = np.where(yes, 0, chance / (1 - chance))
        score = (yes - chance)[:, None] * design
        return np.column_stack([score, np.where(yes, y - theta[2], 0), weight * (y - theta[3])])

    odds = found.odds.weight
    slope = np.log(odds[~yes][[0, 1]])
    b = np.diff(slope)[0] / np.diff(x[~yes][[0, 1]])[0]
    theta = np.array([slope[0] - b * x[~yes][0], b, found.referred.value, found.alike.value])
    influence = sandwich(moments, theta, n)
    n1, n0 = yes.sum(), (~yes).sum()
    parts = influence[:, 2] * np.sqrt(n1 / (n1 - 1)) - influence[:, 3] * np.sqrt(n0 / (n0 - 1))
    assert found.gap.se == pytest.approx(np.linalg.norm(parts), rel=1e-5)


def test_swapping_nothing_but_money_scales_the_gap():
    made = draw(World(), 300, np.random.default_rng(2), horizon=12)
    one = adjusted_value(made.tenure, made.segment, **RATE)
    panel = made.tenure.panel.frame
    double = replace(
        made.tenure, panel=type(made.tenure.panel)(panel.assign(margin=2 * panel.margin))
    )
    two = adjusted_value(double, made.segment, **RATE)
    assert two.gap.value == pytest.approx(2 * one.gap.value, rel=1e-9)
    assert two.gap.se == pytest.approx(2 * one.gap.se, rel=1e-9)
    assert two.odds.effective_controls == pytest.approx(one.odds.effective_controls, rel=1e-12)


def test_families_count_together():
    """Every customer twice, each pair joined by a referral: the error is that of half as many, up to its scale."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal(60)
    yes = rng.random(60) < 0.5
    y = rng.standard_normal(60)
    tenure, known = everybody(np.tile(y, 2), np.tile(yes, 2), np.tile(x, 2))
    referrer = np.concatenate([np.full(60, -1), np.arange(60)])
    together = adjusted_value(tenure, known, Links(tenure, referrer, None, None, {}), **RATE)
    apart, half = (
        adjusted_value(tenure, known, **RATE),
        adjusted_value(*everybody(y, yes, x), **RATE),
    )
    assert together.gap.value == pytest.approx(half.gap.value, rel=1e-9)
    assert together.gap.se == pytest.approx(np.sqrt(2) * apart.gap.se, rel=1e-9)
    assert together.gap.se == pytest.approx(half.gap.se, rel=0.02)


def stated(result):
    return result.findings()[0]


def test_words_follow_the_numbers():
    """A large gap, its mirror, none; the segment moves the gap by what its margin and its share make."""
    words = {
        40.0: ("more than another alike in segment and day of joining", "above"),
        -40.0: ("less than another alike in segment and day of joining", "below"),
        0.0: ("holds zero, so none is shown", "undecided"),
    }
    for gap, (text, verdict) in words.items():
        world = World(gap=gap, segment=20.0, hazard_ratio=1.0)
        made = draw(world, 600, np.random.default_rng(11), horizon=12)
        result = adjusted_value(made.tenure, made.segment, **RATE)
        found = stated(result)
        assert (found.id, found.verdict) == ("value_gap.adjusted", verdict)
        assert found.unit == "EUR per customer"
        assert text in found.sentence
        assert "weighting lowers it by" in found.sentence
        assert "no nuisance" in found.sentence
        assert result.to_frame().value.iloc[-1] == found.estimate
        assert result.to_frame().shape == (5, 4)
        assert set(result.columns()) == set(result.to_frame().columns)
        assert "12 months of tenure, at 10.0% a year" in result.table_caption()


def test_the_day_of_joining_is_left_out_where_all_joined_on_one():
    rng = np.random.default_rng(6)
    y, yes, kind = rng.standard_normal(80), rng.random(80) < 0.5, rng.random(80) < 0.5
    one = adjusted_value(*everybody(y, yes, kind), **RATE)
    assert one.labels == ("kind",)
    assert "day of joining" not in stated(one).sentence
    two = adjusted_value(*everybody(y, yes, kind, joined=1300 + np.arange(80)), **RATE)
    assert two.labels == ("kind", "day of joining")


def refused(result, words):
    found = stated(result)
    assert (found.verdict, found.estimate) == ("refused", None)
    assert words in found.sentence
    assert result.to_frame().empty
    assert result.table_caption() == found.sentence
    return result.balance()


def test_what_cannot_be_stated_is_refused_with_what_would_be_needed():
    rng = np.random.default_rng(7)
    y, yes, kind = rng.standard_normal(80), np.arange(80) % 2 == 0, rng.random(80) < 0.5
    tenure, known = everybody(y, yes, kind)
    refused(adjusted_value(tenure, no_covariates(80), **RATE), "no covariates")
    long = replace(tenure, horizon_months=6)
    refused(adjusted_value(long, known, **RATE), "present at the start of month 6 (months beyond")
    told = covariates(kind=np.where(yes, 1.0, rng.random(80) < 0.5))
    refused(adjusted_value(tenure, told, **RATE), "tell of some customers for sure")
    refused(adjusted_value(tenure, covariates(a=known.design[:, 0], b=1 - known.design[:, 0]), **RATE),
            "among a, b, one follows from the others")  # fmt: skip
    refused(
        adjusted_value(tenure, covariates(kind=yes), **RATE),
        "one follows from the others or from being",
    )
    flat = everybody(np.full(80, 3.0), yes, kind)
    refused(adjusted_value(*flat, **RATE), "every customer brings the same")
    few = everybody(y[:8], yes[:8], kind[:8])
    empty = refused(adjusted_value(*few, **RATE), "4; at least 5 are needed")
    assert empty.title() == "No comparison of like with like can be stated"
    assert empty.caption() == empty.table_caption() == empty.alternative()
    assert empty.to_frame().empty
    assert "Not stated" in drawn(balance, empty).axes[0].texts[0].get_text()


def test_few_effective_others_are_refused():
    """One other of 40 lies where the 40 referred lie: weighted, the others count as hardly more than him."""
    rng = np.random.default_rng(9)
    x = np.concatenate([5 + 0.1 * rng.standard_normal(40), 0.1 * rng.standard_normal(39), [5.1]])
    yes = np.arange(80) < 40
    result = adjusted_value(*everybody(rng.standard_normal(80), yes, x), **RATE)
    refused(result, "others who are like the referred, after weighting: 1; at least 5")


def test_odds_refuse_what_cannot_be_weighted():
    yes = np.arange(20) < 10
    with pytest.raises(ValueError, match="two members"):
        odds_weights(np.arange(20) < 1, np.arange(20.0)[:, None])
    with pytest.raises(SeparationError):
        odds_weights(yes, np.arange(20.0)[:, None] + np.arange(20)[:, None] ** 2)
    with pytest.raises(CollinearError):
        odds_weights(yes, np.ones((20, 1)))


def test_balance_in_figure_table_and_words():
    made = draw(World(odds=6.0), 400, np.random.default_rng(10), horizon=12)
    age = made.tenure.referred * 4.0 + np.random.default_rng(1).normal(40, 12, 400)
    known = covariates(segment=made.segment.design[:, 0], age=age)
    result = adjusted_value(made.tenure, known, **RATE).balance()
    frame = result.to_frame()
    assert frame.covariate.tolist() == ["segment", "age", "day of joining"]
    assert frame.before.abs().max() > 0.5
    assert frame.after.abs().max() < result.alike
    assert (
        result.title() == "Weighted, the others are like the referred in all that is adjusted for"
    )
    assert "count as" in result.caption()
    assert list(result.columns()) == list(frame.columns)
    assert "segment: 0." in result.alternative()
    check_words(drawn(balance, result))
    apart = replace(result, odds=replace(result.odds, after=np.array([0.0, -0.2, 0.0])))
    assert apart.title() == "Weighted, the others still differ from the referred in age"


def test_who_has_no_like_is_counted():
    made = draw(World(), 300, np.random.default_rng(3), horizon=12)
    result = adjusted_value(made.tenure, made.segment, **RATE)
    for beyond, words in ((0, "none of the referred has a chance"), (3, "of the referred, 3 of")):
        other = replace(result, odds=replace(result.odds, beyond=beyond))
        assert words in stated(other).sentence
        assert words in other.balance().caption()
