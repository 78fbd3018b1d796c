"""Whom to contact and when: by hand, on worlds whose answers are known, sentences, refusals, figures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from latex2mathml.converter import convert

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.reactivation.targeting import targeting as draw_targeting
from retorno.figures.reactivation.timing import timing as draw_timing
from retorno.reactivation.contact.campaign import campaign
from retorno.reactivation.contact.contrasts import pooled
from retorno.reactivation.contact.targeting import DEFINITIONS as POLICIES
from retorno.reactivation.contact.targeting import targeting
from retorno.reactivation.contact.timing import DEFINITIONS as TIMINGS
from retorno.reactivation.contact.timing import timing
from retorno.stats.student import welch
from retorno.tables import connect, read

POLICY_IDS = [d.id for d in POLICIES]
TIMING_IDS = [d.id for d in TIMINGS]


@pytest.mark.parametrize("definition", [*POLICIES, *TIMINGS], ids=lambda d: d.id)
def test_every_formula_can_be_shown(definition):
    assert "\\" not in convert(definition.formula)


def campaign_of(frame, **options):
    table_ = read("contacts", frame, con=connect())
    return campaign(table_, None, **{"money_outcome": "spend", **options})


def customers(n=4_000, seed=1, *, effect=lambda recency: 4.0 + 0 * recency, noise=3.0, low=1):
    """Half contacted; what they bring by themselves falls with recency, the effect is as given."""
    rng = np.random.default_rng(seed)
    recency = rng.integers(low, 13, n)
    treated = rng.permutation(n) < n // 2
    spend = 20.0 - recency + treated * effect(recency) + noise * rng.standard_normal(n)
    arm = np.where(treated, np.where(rng.random(n) < 0.5, "email", "letter"), "holdout")
    return pd.DataFrame({"arm": arm, "recency": recency, "spend": np.round(spend, 2)})


def whom(frame, *, seed=1, score_by=None, **options):
    return targeting(
        campaign_of(frame, **options), rng=np.random.default_rng(seed), score_by=score_by
    )


def when(frame, *, lapse_days=90, **options):
    return timing(
        campaign_of(frame, **options), lapse_days=lapse_days, rng=np.random.default_rng(1)
    )


def found_in(result):
    return {finding.id: finding for finding in result.findings()}


def test_break_even_by_hand():
    """Contacted 10, 6, 8; holdout 2, 4, 3: difference 5; at a margin of 0.4 a contact may cost 2.

    The interval is Welch's, variances 4 and 1 over 3: error sqrt(5/3), times 0.4.
    """
    frame = pd.DataFrame({"arm": ["email"] * 3 + ["holdout"] * 3, "spend": [10.0, 6, 8, 2, 4, 3]})
    options = {"min_group": 3, "margin_rate": 0.4, "contact_cost": 1.0}
    finding = found_in(whom(frame, **options))["policy.break_even_cost"]
    by_hand = welch([10.0, 6, 8], [2.0, 4, 3]).at(0.95)
    assert finding.estimate == pytest.approx(2.0, rel=1e-12)
    assert finding.ci_low == pytest.approx(0.4 * by_hand.ci_low, rel=1e-9)
    assert by_hand.se == pytest.approx(np.sqrt(5 / 3), rel=1e-12)
    assert finding.unit == "EUR per contact"
    assert "of margin" in finding.sentence
    assert "Only 3 units" in finding.sentence
    assert "undecided" in finding.sentence  # 0.4 x Welch's interval reaches below the cost of 1


def test_without_a_margin_rate_it_is_called_revenue():
    finding = found_in(whom(customers()))["policy.break_even_cost"]
    assert finding.estimate == pytest.approx(
        pooled(campaign_of(customers()), "spend").estimate.value
    )
    assert "of revenue" in finding.sentence
    assert "parameter margin_rate" in finding.sentence


def falling(recency):
    """8 at recency 1 to -3 at 12: worth 2 or more up to recency 7."""
    return 9.0 - recency


def test_an_effect_that_falls_is_found_and_the_depth_with_it():
    """Effect 9 - r, cost 2: contact recency 1 to 7, 7 of 12 months or 58 % of the file.

    True profit there: the mean over twelve months of (6 + 5 + ... + 0) = 21/12 = 1.75; everybody: 2.5 - 2 = 0.5. Gain
    at k months of 12 is the running sum of 9 - r over 12; the area is read by trapezoids of 5 % and estimated within
    four of its errors.
    """
    result = whom(customers(12_000, effect=falling), contact_cost=2.0)
    found = found_in(result)
    best = found["policy.best_depth"]
    assert 0.45 <= best.estimate <= 0.7
    assert best.ci_low <= 7 / 12 + 0.05
    assert best.ci_high >= 7 / 12 - 0.05
    profit = found["policy.profit_at_best_depth"]
    assert profit.ci_low < 1.75
    assert profit.estimate == pytest.approx(1.75, abs=0.25)
    assert profit.verdict == "above"
    assert "the depth adds" in profit.sentence
    gains = np.interp(
        np.arange(21) / 20, np.arange(13) / 12, np.append(0, np.cumsum(9.0 - np.arange(1, 13))) / 12
    )
    area = np.trapezoid(gains, np.arange(21) / 20) - gains[-1] / 2
    frame = result.curve().to_frame()
    everybody = found["policy.break_even_cost"].estimate - 2.0
    assert frame.by_effect.iloc[-1] == pytest.approx(everybody, rel=1e-9)
    assert frame.random.iloc[10] == pytest.approx(everybody / 2, rel=1e-9)
    qini = found["policy.qini"]
    assert abs(qini.estimate - area) < 4 * (qini.ci_high - qini.ci_low) / 3.92
    assert qini.verdict == "above"
    assert (
        result.curve().title()
        == f"At €2.00 a contact, profit is highest with {best.estimate:.0%} of the file contacted"
    )


def test_ranking_by_response_puts_the_wrong_customers_first():
    """What customers bring falls with recency, the effect rises: response ranks them upside down.

    Effect r - 4, cost 2: contact recency 6 to 12; by response 1 to 7 come first. Profit by effect at 7 of 12:
    21/12 = 1.75; by response (-5 - 4 - ... + 1)/12 = -14/12: difference about 2.9.
    """
    result = whom(customers(12_000, effect=lambda r: r - 4.0), contact_cost=2.0)
    finding = found_in(result)["policy.response_vs_effect"]
    assert finding.verdict == "above"
    assert finding.estimate == pytest.approx(35 / 12, abs=0.4)
    frame = result.curve().to_frame()
    assert frame.by_response[10] < 0 < frame.by_effect[10]


def test_nothing_to_rank_and_everybody_pays():
    result = whom(customers(), contact_cost=2.0)
    found = found_in(result)
    assert found["policy.best_depth"].estimate == 1.0
    assert "contacted: leave nobody out" in found["policy.best_depth"].sentence
    assert found["policy.response_vs_effect"].estimate == 0.0
    assert found["policy.response_vs_effect"].ci_low is None
    assert "everybody" in found["policy.response_vs_effect"].sentence
    assert "finds nothing to rank" in found["policy.qini"].sentence
    assert "contacting everybody earns money" in found["policy.break_even_cost"].sentence


def test_a_contact_that_costs_more_than_it_brings_goes_to_nobody():
    found = found_in(whom(customers(), contact_cost=9.0))
    assert (found["policy.best_depth"].estimate, found["policy.best_depth"].ci_high) == (0.0, 0.0)
    assert "contact nobody" in found["policy.best_depth"].sentence
    assert found["policy.profit_at_best_depth"].estimate == 0.0
    assert found["policy.response_vs_effect"].estimate == 0.0
    assert "contacting everybody loses money" in found["policy.break_even_cost"].sentence


def test_no_depth_is_praised_where_contact_does_nothing():
    """No effect, cost 0.01: wherever the curve is highest, nobody is not shown to be worse."""
    result = whom(customers(effect=lambda r: 0.0 * r), contact_cost=0.01)
    if result.place != "nobody":
        assert "no depth is shown to earn more than contacting nobody" in result.curve().title()
    assert found_in(result)["policy.best_depth"].ci_low == 0.0
    assert found_in(result)["policy.break_even_cost"].verdict == "undecided"


def test_without_a_cost_depths_are_refused_and_the_curve_is_gross():
    result = whom(customers())
    found = found_in(result)
    for name in ("best_depth", "profit_at_best_depth", "response_vs_effect"):
        finding = found[f"policy.{name}"]
        assert finding.verdict == "refused"
        assert "parameter contact_cost" in finding.sentence
    assert found["policy.qini"].verdict is not None
    assert "No cost of contact is taken off" in result.curve().caption()
    frame = result.curve().to_frame()
    assert frame.by_effect.iloc[-1] == pytest.approx(found["policy.break_even_cost"].estimate)
    assert frame.iloc[0, :].tolist() == [0.0] * 6


def test_a_cost_of_nothing_is_no_missing_cost():
    found = found_in(whom(customers(), contact_cost=0.0))
    assert found["policy.best_depth"].estimate == 1.0


def test_the_table_by_tenth_agrees_with_the_curve():
    """Ten effects over ten come to the effect of all ranked; profit is effect x margin less the cost."""
    result = whom(customers(effect=falling), contact_cost=2.0, margin_rate=0.5)
    frame = result.tenths().to_frame()
    assert frame.tenth.tolist() == list(range(1, 11))
    assert frame.customers.sum() == pytest.approx(result.ranked.ranked, rel=1e-9)
    assert frame.profit.tolist() == pytest.approx((0.5 * frame.effect - 2.0).tolist(), rel=1e-12)
    assert frame.effect.iloc[0] > 5 > 0 > frame.effect.iloc[-1]
    assert (frame.ci_low < frame.effect).all()
    assert "less €2.00 a contact" in result.tenths().table_caption()
    assert table(result.tenths())


def test_the_result_follows_from_its_seed():
    one, again, other = (whom(customers(), seed=s, contact_cost=2.0) for s in (1, 1, 2))
    assert one.findings() == again.findings()
    assert found_in(one)["policy.qini"] != found_in(other)["policy.qini"]


def test_rankings_use_words_and_name_what_they_use():
    """A word that alone decides the effect: 6 in the north, -2 in the south."""
    frame = customers(effect=lambda r: 0.0 * r)
    north = np.random.default_rng(5).random(len(frame)) < 0.5
    frame["region"] = np.where(north, "north", "south")
    frame["spend"] += np.where(frame.arm != "holdout", np.where(north, 6.0, -2.0), 0.0)
    result = whom(frame, contact_cost=0.5)
    assert result.ranked.by == ("recency", "region")
    assert found_in(result)["policy.best_depth"].estimate == pytest.approx(0.5, abs=0.051)
    plain = whom(frame, contact_cost=0.5, score_by=["recency"])
    assert plain.ranked.by == ("recency",)
    assert found_in(plain)["policy.qini"].verdict == "undecided"
    with pytest.raises(ParameterError, match=r"score_by: 'colour' is no column .* recency, region"):
        whom(frame, score_by=["colour"])


def test_missing_values_are_left_out_and_counted():
    frame = customers()
    frame.loc[:9, "spend"] = None
    result = whom(frame)
    found = found_in(result)
    assert "10 customers without a value" in found["policy.break_even_cost"].sentence
    assert "10 customers without a value" in found["policy.qini"].sentence
    assert result.ranked.n == len(frame) - 10


REFUSALS = {
    "no money": ({"money_outcome": None}, lambda f: f, "parameter money_outcome"),
    "no holdout": ({}, lambda f: f[f.arm != "holdout"], "customers in the holdout: 0"),
    "one customer": ({}, lambda f: f.iloc[:1], "at least 5 are needed"),
    "all zero": ({}, lambda f: f.assign(spend=0.0), "the same for every customer"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_said_is_refused_with_its_reason(case):
    options, change, words = REFUSALS[case]
    frame = change(customers(600))
    for result, ids in (
        (whom(frame, contact_cost=1.0, **options), POLICY_IDS),
        (when(frame, contact_cost=1.0, **options), TIMING_IDS),
    ):
        found = found_in(result)
        assert list(found) == ids
        assert {f.verdict for f in found.values()} == {"refused"}
        shown = result.curve() if hasattr(result, "curve") else result.by_month()
        assert shown.to_frame().empty
        assert figure(draw_targeting if hasattr(result, "curve") else draw_timing, shown)
    assert any(words in f.sentence for f in found_in(whom(frame, **options)).values())


def test_too_few_to_rank_still_gives_the_break_even_cost():
    found = found_in(whom(customers(90), contact_cost=1.0))
    assert found["policy.break_even_cost"].estimate is not None
    assert "needs 50 customers" in found["policy.best_depth"].sentence
    assert "parameter score_by" in found["policy.best_depth"].sentence


def test_no_columns_or_one_that_is_the_same_for_all_is_no_ranking():
    bare = customers().drop(columns="recency")
    assert "parameter score_by" in found_in(whom(bare))["policy.qini"].sentence
    same = customers().assign(recency=3)
    found = found_in(whom(same, contact_cost=1.0))
    assert "the same score" in found["policy.qini"].sentence
    assert found["policy.best_depth"].estimate == 1.0
    assert {f.verdict for f in found_in(when(same)).values()} == {"refused"}
    assert {f.verdict for f in found_in(when(bare)).values()} == {"refused"}


def test_collinear_columns_and_a_column_that_tells_the_outcome():
    frame = customers().assign(twice=lambda f: 2 * f.recency, told=lambda f: f.spend)
    found = found_in(whom(frame, contact_cost=1.0))
    assert all(f.sentence for f in found.values())


def test_profit_by_month_by_hand():
    """Recency 3 to 5 at a lapse of 90 days (3 months): months 0, 1, 2. Effects 4, 2, 0 and margin 0.5, cost 0.5.

    Profit 1.5, 0.5, -0.5. Each cell: 50 customers an arm alternating 1 about its mean, variance 50/49, error of the
    difference sqrt(2 x (50/49)/50) = 0.2020; at half margin 0.1010. Three intervals hold at once at 0.95**(1/3).
    """
    rows = [
        {"arm": arm, "recency": recency, "spend": 10 + side + effect * (arm == "email")}
        for recency, effect in ((3, 4), (4, 2), (5, 0))
        for arm in ("email", "holdout")
        for side in (-1, 1) * 25
    ]
    result = when(pd.DataFrame(rows), margin_rate=0.5, contact_cost=0.5)
    frame = result.by_month().to_frame()
    assert frame["first"].tolist() == [0, 1, 2]
    assert frame.profit.tolist() == pytest.approx([1.5, 0.5, -0.5], rel=1e-12)
    by_hand = welch([11.0, 9.0] * 25, [11.0, 9.0] * 25).at(0.95 ** (1 / 3))
    assert (frame.ci_high - frame.profit).tolist() == pytest.approx([by_hand.ci_high / 2] * 3)
    found = found_in(result)
    assert (found["timing.best_month"].estimate, found["timing.best_month"].ci_high) == (0, 0)
    assert "€1.50" in found["timing.best_month"].sentence
    assert found["timing.slope"].estimate == pytest.approx(-1.0, rel=1e-9)
    assert found["timing.slope"].verdict == "below"
    assert found["timing.slope"].unit == "EUR per customer per month"
    assert "surely before the lapse" in found["timing.too_early"].sentence


def test_too_early_is_an_answer():
    """Contact loses 3 before the lapse (recency 1 and 2 of 120 days) and earns 5 after it (recency 4 and more)."""
    frame = customers(effect=lambda r: np.where(r < 4, -3.0, 5.0))
    found = found_in(when(frame, lapse_days=122, contact_cost=1.0))
    early = found["timing.too_early"]
    assert early.ci_low < -8 < early.ci_high
    assert early.verdict == "below"
    assert "that is too early" in early.sentence
    assert "Before the lapse a contact loses money" in early.sentence
    assert found["timing.best_month"].estimate > 0
    assert found["timing.slope"].verdict == "above"


def test_who_had_lapsed_is_said_only_where_it_is_sure():
    """Whole months: recency 2 is 61 to 91 days, so at 90 days neither; at 92 before. Recency 3 is 91 or more."""
    frame = customers(low=2)
    places = when(frame, lapse_days=90).by_month().to_frame().place.tolist()
    assert places[:2] == ["about the lapse", "after the lapse"]
    places = when(frame, lapse_days=92).by_month().to_frame().place.tolist()
    assert places[:2] == ["before the lapse", "about the lapse"]
    found = found_in(when(frame, lapse_days=92))["timing.too_early"]
    straddling = int((frame.recency == 3).sum())
    assert f"{straddling} customers whose month of recency" in found.sentence


def test_no_month_is_named_where_none_is_shown_to_differ():
    """Stated, not refused: no estimate, no verdict, a sentence. Of 100 such campaigns one in twenty may err."""
    finding = found_in(when(customers()))["timing.best_month"]
    assert (finding.estimate, finding.ci_low, finding.verdict) == (None, None, None)
    assert "no evidence that it matters" in finding.sentence
    assert "parameter contact_cost" in finding.sentence
    assert "parameter margin_rate" in finding.sentence
    named, tests = 0, campaign_of(customers(600))
    for seed in range(100):
        other = replace(tests, frame=customers(600, seed))
        named += timing(other, lapse_days=90, rng=np.random.default_rng(1)).best is not None
    assert named <= 5 + 3 * np.sqrt(100 * 0.05 * 0.95)


def test_the_best_month_before_the_lapse_is_said_to_be_there():
    finding = found_in(when(customers(effect=falling), lapse_days=240))["timing.best_month"]
    assert finding.estimate == -7
    assert "had not lapsed yet" in finding.sentence
    assert "month −7 since the lapse (recency 1 months)" in finding.sentence


def test_a_lapse_of_no_days_is_named():
    with pytest.raises(ParameterError, match="lapse_days: wanted a number of days above 0; got 0"):
        when(customers(), lapse_days=0)


def test_money_in_another_currency_and_doubled():
    """Doubling all money doubles amounts and leaves depths and months alone."""
    frame = customers(effect=falling)
    double = frame.assign(spend=2 * frame.spend)
    for make, options in ((whom, {"contact_cost": 2.0}), (when, {"contact_cost": 2.0})):
        one = found_in(make(frame, currency="USD", **options))
        two = found_in(make(double, currency="USD", contact_cost=4.0))
        for name, finding in one.items():
            if finding.verdict == "refused":
                continue
            times = 2 if finding.unit.startswith("USD") else 1
            assert two[name].estimate == pytest.approx(times * finding.estimate, rel=1e-9)


WORLDS = {
    "falls": (falling, 2.0),
    "rises": (lambda r: r - 4.0, 2.0),
    "same": (lambda r: 4.0 + 0 * r, None),
    "nothing": (lambda r: 0.0 * r, 3.0),
}


@pytest.mark.parametrize("world", WORLDS)
def test_figures_can_be_read(world):
    effect, cost = WORLDS[world]
    frame = customers(1_500, effect=effect)
    curve = whom(frame, contact_cost=cost).curve()
    months = when(frame, lapse_days=150, contact_cost=cost).by_month()
    for draw, result in ((draw_targeting, curve), (draw_timing, months)):
        check_words(drawn(draw, result))
        assert figure(draw, result)
    assert table(months)
    assert curve.alternative()
    assert months.alternative()


def test_pooled_months_fit_below_the_axis():
    """A few customers a month: months are pooled, their names longer."""
    frame = customers(150, low=1)
    months = when(frame, min_group=12).by_month()
    assert any("to" in m.name for m in months.months)
    check_words(drawn(draw_timing, months))


def test_a_campaign_of_one_arm_gives_the_same_as_two_pooled():
    frame = customers()
    one = frame.assign(arm=np.where(frame.arm == "holdout", "holdout", "email"))
    effects = [found_in(whom(f))["policy.break_even_cost"].estimate for f in (frame, one)]
    assert effects[0] == effects[1]
