"""Because of us: the arms, several of them, adjustment, recency, cost of an extra return; by hand, and on Hillstrom."""

import itertools

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.reactivation.costs import costs as draw_costs
from retorno.figures.reactivation.recency import recency as draw_recency
from retorno.reactivation.contact import adjusted, arms, costs, recency
from retorno.reactivation.contact.adjusted import adjusted_effects
from retorno.reactivation.contact.arms import arm_check
from retorno.reactivation.contact.campaign import campaign
from retorno.reactivation.contact.costs import return_costs
from retorno.reactivation.contact.effects import contact_effects
from retorno.reactivation.contact.recency import effects_by_recency
from retorno.stats.interaction import equal_effects
from retorno.stats.randomised import adjusted_effect
from retorno.stats.student import welch
from retorno.tables import connect, read

STEPS = (arm_check, contact_effects, adjusted_effects, effects_by_recency, return_costs)


def campaign_of(frame, outcomes=("returned",), **options):
    """Return the campaign in a frame whose outcomes are `returned` and, where there, `spend`."""
    contacts = read("contacts", pd.DataFrame(frame), con=connect())
    return campaign(contacts, outcomes, **({"min_group": 2} | options))


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


def arm_of(name, returned, n, **columns):
    """Return `n` customers of an arm, the first `returned` of whom came back."""
    rows = {"arm": [name] * n, "returned": [1] * returned + [0] * (n - returned)}
    return pd.DataFrame(rows | {key: [value] * n for key, value in columns.items()})


def together(*frames):
    return pd.concat(frames, ignore_index=True)


TWO = together(arm_of("holdout", 4, 40), arm_of("mail", 20, 40))


# The campaign.
def test_a_campaign_keeps_what_steps_need():
    """Numbers as floats, words as text, the arms with the holdout first, recency among the covariates."""
    frame = together(arm_of("mail", 1, 3), arm_of("holdout", 1, 3)).assign(
        recency=[1, 2, 3, 1, 2, 3],
        spend=[5.0, 0, 0, np.inf, 0, 2],
        region=["north", None, "south", "north", "south", "south"],
        loyal=[True, False, True, False, True, True],
        cost=0.5,
        note=list("abcdef"),
    )
    frame = pd.concat([frame.assign(note=[f"{i}{n}" for n in frame.note]) for i in range(3)])
    tests = campaign_of(frame, ["returned", "spend"], money_outcome="spend", currency="USD")
    assert tests.arms == {"holdout": 9, "mail": 9}
    assert tests.covariates == ("recency", "region", "loyal")
    assert tests.left_out == {"note": "more than 12 different words"}
    assert tests.units == {"returned": "share of customers", "spend": "USD per customer"}
    assert tests.frame.dtypes[["recency", "loyal", "spend"]].tolist() == [np.float64] * 3
    treated, held, missing = tests.groups("spend")
    assert (treated.size, held.size, missing) == (9, 6, 3)
    assert tests.frame.spend.isna().sum() == 3
    assert tests.arm_shares == {"holdout": 0.5, "mail": 0.5}
    assert tests.treated.sum() == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcomes": ["visits"]}, "has no column 'visits'; its columns are arm, recency"),
        ({"outcomes": ["returned", "returned"]}, "outcomes: 'returned' is named twice"),
        ({"outcomes": ["recency"]}, "recency was there before the contact"),
        ({"return_outcome": "spend"}, "'spend' says who came back and holds 0 and 1 alone; 1 rows"),
        ({"return_outcome": "back"}, "has no column 'back'"),
        ({"contact_cost": -1.0}, r"contact_cost: wanted .* got -1.0"),
        ({"margin_rate": 0.0}, r"margin_rate: wanted .* got 0.0"),
        ({"covariates": ["age"]}, "covariates: `contacts` has no column 'age'"),
        ({"covariates": ["returned"]}, "covariates: 'returned' is an outcome"),
        ({"covariates": ["arm"]}, "covariates: 'arm' cannot be one"),
        ({"arm_shares": {"holdout": 1.0}}, "a share for each of the arms holdout, mail; got"),
        ({"arm_shares": {"holdout": 0.5, "mail": 0.6}}, "shares above 0 with a sum of 1"),
        ({"arm_shares": {"holdout": 0.0, "mail": 1.0}}, "shares above 0 with a sum of 1"),
    ],
)
def test_names_and_numbers_that_cannot_be_meant_are_refused(options, message):
    frame = TWO.assign(recency=1, spend=[3.0] + [0.0] * 79)
    with pytest.raises(ParameterError, match=message):
        campaign_of(frame, **({"outcomes": ["returned"]} | options))


def test_an_arm_called_like_a_finding_is_refused():
    frame = together(arm_of("holdout", 1, 3), arm_of("adjusted", 1, 3), arm_of("mail", 1, 3))
    with pytest.raises(ParameterError, match="an arm called 'adjusted'"):
        campaign_of(frame)


# The draw.
def test_the_sizes_of_the_arms_are_checked_against_the_shares_meant():
    """400 and 600: chi-square 40, p 2.5e-10 under equal shares; 0 and p 1 under 0.4 and 0.6."""
    frame = together(arm_of("holdout", 1, 400), arm_of("mail", 1, 600))
    found = estimates(arm_check(campaign_of(frame)))["arms.sample_ratio_p"]
    assert found.estimate == pytest.approx(stats.chi2.sf(40, 1), rel=1e-9)
    assert "(parameter arm_shares)" in found.sentence
    assert "to be distrusted" in found.sentence
    shares = {"holdout": 0.4, "mail": 0.6}
    found = estimates(arm_check(campaign_of(frame, arm_shares=shares)))["arms.sample_ratio_p"]
    assert found.estimate == 1
    assert "distrusted" not in found.sentence
    wrong = {"holdout": 0.35, "mail": 0.65}
    found = estimates(arm_check(campaign_of(frame, arm_shares=wrong)))["arms.sample_ratio_p"]
    assert "were not drawn as said" in found.sentence


def test_a_draw_that_cannot_be_checked_is_refused():
    alone = estimates(arm_check(campaign_of(arm_of("mail", 1, 9))))["arms.sample_ratio_p"]
    assert "has but one: holdout 0, mail 9" in alone.sentence
    few = together(arm_of("holdout", 1, 4), arm_of("mail", 1, 4))
    few = estimates(arm_check(campaign_of(few)))["arms.sample_ratio_p"]
    assert "of 8 customers fewer than 5" in few.sentence
    assert {alone.verdict, few.verdict} == {"refused"}


def test_balance_is_told_by_arm_and_what_came_after_the_contact_shows():
    """Age 1, 3 | 2, 6 in turn (means 2 and 4); clicked is 0 in the holdout, 1 for all contacted."""
    frame = together(arm_of("holdout", 5, 50), arm_of("mail", 9, 50)).assign(
        age=[1, 3] * 25 + [2, 6] * 25,
        clicked=[0, 1] + [0] * 48 + [1] * 49 + [0],
        region=["north", "south"] * 50,
    )
    checked = arm_check(campaign_of(frame))
    rows = checked.to_frame().set_index(["covariate", "word"])
    assert rows.loc[("age", ""), ["holdout", "mail"]].tolist() == [2, 4]
    within = (50 * 1 + 50 * 4) / 98
    assert rows.loc[("age", ""), "largest"] == pytest.approx(2 / np.sqrt(within), rel=1e-12)
    assert rows.loc[("region", "north"), ["holdout", "mail", "largest"]].tolist() == [0.5, 0.5, 0]
    assert rows.unit.tolist() == ["units per customer", *["share of customers"] * 3]
    assert checked.unlike == ("age", "clicked")
    assert "age, clicked. Either the arms were not drawn" in checked.table_caption()
    found = estimates(adjusted_effects(checked.tests))["effect.returned.adjusted"]
    assert "if it was measured after the contact, it must not be a covariate" in found.sentence


# Several arms.
def test_several_arms_are_read_together():
    """59 of 400 against 40 of 400: t = 2.04, p 0.042. With two such arms each is read at 0.975 (Holm)."""
    holdout, mail, call = (
        arm_of(name, k, 400) for name, k in (("holdout", 40), ("mail", 59), ("call", 59))
    )
    one = estimates(contact_effects(campaign_of(together(holdout, mail))))
    assert one["effect.returned"].verdict == "above"
    both = contact_effects(campaign_of(together(holdout, mail, call)))
    found = estimates(both)
    alone = welch(mail.returned, holdout.returned)
    assert 0.025 < alone.p < 0.05
    for name in ("effect.returned.mail", "effect.returned.call"):
        assert found[name].verdict == "undecided"
        assert found[name].ci_low > 0
        assert found[name].ci_low == pytest.approx(alone.at(0.95).ci_low, rel=1e-9)
        assert "read together with the other arms (Holm), no effect" in found[name].sentence
    assert "read together (Holm)" in both.caption()
    assert found["effect.returned"].verdict == "above"
    strong = together(holdout, mail, arm_of("call", 90, 400))
    found = estimates(contact_effects(campaign_of(strong)))
    assert {found[f"effect.returned.{arm}"].verdict for arm in ("mail", "call")} == {"above"}


# Adjustment.
def with_covariates(seed=3, n=600):
    rng = np.random.default_rng(seed)
    arm = np.array(["holdout", "mail", "call"])[np.arange(n) % 3]
    age, region = rng.normal(40, 9, n), rng.choice(["north", "south", "west"], n)
    spend = 0.5 * age + 3 * (region == "west") + 2 * (arm == "mail") + rng.normal(0, 2, n)
    recency = rng.integers(1, 13, n)
    return pd.DataFrame(
        {"arm": arm, "recency": recency, "age": age, "region": region, "spend": spend}
    )


def test_adjusted_effects_are_those_of_the_columns_built_by_hand():
    """Recency, age and two regions beside the commonest; pooled and one arm against the holdout."""
    frame = with_covariates()
    tests = campaign_of(frame, ["spend"], money_outcome="spend")
    result = adjusted_effects(tests)
    found = estimates(result)
    usual = frame.region.mode()[0]
    words = [(frame.region == w).astype(float) for w in sorted(set(frame.region) - {usual})]
    columns = np.column_stack([frame.recency, frame.age, *words])
    mine = {"effect.spend.adjusted": slice(None), "effect.spend.mail.adjusted": frame.arm != "call"}
    for name, rows in mine.items():
        part = frame[rows] if isinstance(rows, pd.Series) else frame
        want = adjusted_effect(
            part.spend.to_numpy(), (part.arm != "holdout").to_numpy(), columns[part.index]
        ).effect
        assert found[name].estimate == pytest.approx(want.value, rel=1e-9)
        assert found[name].ci_low == pytest.approx(want.at(0.95).ci_low, rel=1e-9)
    pooled = found["effect.spend.adjusted"]
    assert pooled.unit == "EUR per customer"
    assert "At equal recency, age, region, contact raised spend" in pooled.sentence
    plain = welch(frame.spend[frame.arm != "holdout"], frame.spend[frame.arm == "holdout"])
    narrower = 1 - (pooled.ci_high - pooled.ci_low) / np.ptp(plain.at(0.95).interval)
    assert f"{100 * narrower:.1f}% narrower" in pooled.sentence
    assert result.to_frame().narrower[0] == pytest.approx(narrower, rel=1e-9)


def test_named_covariates_alone_are_used():
    tests = campaign_of(with_covariates(), ["spend"], covariates=["age"])
    assert (
        "At equal age, contact"
        in estimates(adjusted_effects(tests))["effect.spend.adjusted"].sentence
    )


def test_a_covariate_that_follows_from_another_or_hardly_varies_is_named():
    frame = with_covariates().assign(months=lambda f: 12 * f.age, rare=0.0, same=1.0)
    frame.loc[0, "rare"] = 1.0
    found = estimates(adjusted_effects(campaign_of(frame, ["spend"])))["effect.spend.adjusted"]
    assert "Says nothing here beside the others: months, rare, same." in found.sentence
    want = estimates(adjusted_effects(campaign_of(with_covariates(), ["spend"])))
    assert found.estimate == pytest.approx(want["effect.spend.adjusted"].estimate, rel=1e-9)


def test_customers_without_a_covariate_are_left_out_and_counted():
    frame = with_covariates().astype({"region": object})
    frame.loc[[0, 1, 7], "region"] = None
    found = estimates(adjusted_effects(campaign_of(frame, ["spend"])))["effect.spend.adjusted"]
    assert found.n == 597
    assert (
        "3 customers without a value of the outcome or a covariate are left out." in found.sentence
    )


# Recency.
def by_month(months, holdout, mail, n=200):
    """Return `n` customers of each group in each month, with these counts of returns."""
    return together(
        *(arm_of("holdout", k, n, recency=m) for m, k in zip(months, holdout, strict=True)),
        *(arm_of("mail", k, n, recency=m) for m, k in zip(months, mail, strict=True)),
    )


def test_response_falls_and_the_effect_does_not():
    """Holdout 40, 30, 20, 10 of 200, mail 20 more in each month: the difference is 0.1 everywhere."""
    result = effects_by_recency(
        campaign_of(by_month(range(1, 5), (40, 30, 20, 10), (60, 50, 40, 30)))
    )
    one = result.of("returned")
    assert [m.effect.value for m in one.months] == pytest.approx([0.1] * 4, rel=1e-12)
    assert (
        one.title() == "Response in returned falls with recency; that the effect does is not shown"
    )
    found = estimates(result)["effect.returned.heterogeneity"]
    assert found.estimate > 0.99
    assert found.unit == "p-value"
    assert "is not shown" in found.sentence


def test_an_effect_that_falls_and_one_that_differs_are_told_apart():
    falls = effects_by_recency(campaign_of(by_month(range(1, 5), (20,) * 4, (90, 70, 50, 30))))
    one = falls.of("returned")
    assert one.title() == "Response in returned falls with recency, and so does the effect"
    assert one.finding().estimate < 0.001
    assert "is not the same at every recency" in one.finding().sentence
    differs = effects_by_recency(campaign_of(by_month(range(1, 5), (20,) * 4, (40, 90, 90, 40))))
    assert differs.of("returned").title() == (
        "The effect on returned differs by month of recency, without a trend"
    )


def test_the_joint_test_is_that_of_whole_months():
    """Recency 1.2 and 1.9 are month 1, and 0.3 is month 0."""
    rng = np.random.default_rng(8)
    n = 400
    frame = pd.DataFrame(
        {
            "arm": np.where(rng.random(n) < 0.4, "holdout", "mail"),
            "recency": rng.uniform(0, 4, n),
            "returned": rng.integers(0, 2, n),
        }
    )
    result = effects_by_recency(campaign_of(frame))
    assert [m.name for m in result.of("returned").months] == ["0", "1", "2", "3"]
    found = estimates(result)["effect.returned.heterogeneity"]
    want = equal_effects(frame.returned, frame.arm != "holdout", np.floor(frame.recency))
    assert found.estimate == pytest.approx(want.p, rel=1e-12)


def test_months_with_few_customers_go_together():
    """Month 2 has one customer of the holdout and joins month 3; month 5 has none and joins what is before it."""
    frame = together(
        by_month([1], [3], [5], n=10),
        arm_of("holdout", 1, 1, recency=2), arm_of("mail", 2, 8, recency=2),
        by_month([3], [2], [4], n=10),
        arm_of("mail", 2, 8, recency=5),
    )  # fmt: skip
    one = effects_by_recency(campaign_of(frame)).of("returned")
    assert [m.name for m in one.months] == ["1", "2 to 5"]
    assert [m.n for m in one.months] == [(10, 10), (26, 11)]
    assert "Taken together, for too few customers or no spread in one: months 2 to 5." in (
        one.finding().sentence
    )


def test_recency_of_one_month_or_missing_is_refused():
    found = estimates(effects_by_recency(campaign_of(TWO.assign(recency=3))))
    assert "two months of recency" in found["effect.returned.heterogeneity"].sentence
    found = estimates(effects_by_recency(campaign_of(TWO)))
    assert "no column recency" in found["effect.returned.heterogeneity"].sentence


# Costs.
def test_costs_by_hand():
    """40 contacts at 1.00: 40.00; 20 returns, of which 20 - 40 * 4 / 40 = 16 extra: 2.00 and 2.50.

    The cost of each is the same, so that Fieller's bounds are 1.00 over those of the effect, 0.4.
    """
    tests = campaign_of(TWO, return_outcome="returned", contact_cost=1.0)
    result = return_costs(tests)
    found = estimates(result)
    assert set(found) == {"cost.per_return", "cost.per_extra_return"}
    assert found["cost.per_return"].estimate == pytest.approx(2.0, rel=1e-12)
    assert found["cost.per_return"].unit == "EUR per return"
    extra = found["cost.per_extra_return"]
    low, high = welch(*tests.groups("returned")[:2]).at(0.95).interval
    assert extra.estimate == pytest.approx(2.5, rel=1e-12)
    assert (extra.ci_low, extra.ci_high) == pytest.approx((1 / high, 1 / low), rel=1e-9)
    assert "Of 20 who came back about 16 would not have come" in extra.sentence
    log_se = np.sqrt(0.5 * 0.5 * 40 / 39 / 40) / 0.5
    want = 2 * np.exp(-1.959963984540054 * log_se)
    assert found["cost.per_return"].ci_low == pytest.approx(want, rel=1e-9)


def test_the_column_of_costs_comes_first_and_offers_used_are_in_it():
    """1.00 for a contact and 3.00 for an offer used: 40 + 60; 100 / 20 and 100 / 16."""
    frame = TWO.assign(cost=np.where(TWO.arm == "mail", 1 + 3 * TWO.returned, 0.0))
    found = estimates(
        return_costs(
            campaign_of(frame, return_outcome="returned", contact_cost=9.0, currency="USD")
        )
    )
    assert found["cost.per_return"].estimate == pytest.approx(5.0, rel=1e-12)
    assert found["cost.per_extra_return"].estimate == pytest.approx(6.25, rel=1e-12)
    assert found["cost.per_extra_return"].unit == "USD per extra return"
    # In the log of the ratio each customer counts (1 + 3 y - 5 y) / 2.5, with y 0 or 1 for half of them each.
    log_se = 2 / 2.5 * np.sqrt(0.25 * 40 / 39 / 40)
    want = 5 * np.exp(1.959963984540054 * log_se)
    assert found["cost.per_return"].ci_high == pytest.approx(want, rel=1e-9)


def test_costs_of_each_arm():
    """Call: 30 of 40 back, 26 extra, at 1.00 each: 40 / 30 and 40 / 26."""
    frame = together(TWO, arm_of("call", 30, 40))
    found = estimates(return_costs(campaign_of(frame, return_outcome="returned", contact_cost=1.0)))
    assert found["cost.per_return.call"].estimate == pytest.approx(40 / 30, rel=1e-12)
    assert found["cost.per_extra_return.call"].estimate == pytest.approx(40 / 26, rel=1e-12)
    assert found["cost.per_extra_return"].estimate == pytest.approx(80 / 42, rel=1e-12)


def test_an_arm_not_clear_beside_the_others_has_no_extra_returns():
    """As its effect: clear of zero alone, not when two such arms are read together."""
    frames = [arm_of(name, k, 400) for name, k in (("holdout", 40), ("mail", 59), ("call", 59))]
    options = {"return_outcome": "returned", "contact_cost": 1.0}
    one = estimates(return_costs(campaign_of(together(*frames[:2]), **options)))
    assert one["cost.per_extra_return"].estimate == pytest.approx(400 / 19, rel=1e-12)
    both = estimates(return_costs(campaign_of(together(*frames), **options)))
    assert both["cost.per_extra_return.mail"].verdict == "refused"
    assert "no extra return is shown" in both["cost.per_extra_return.mail"].sentence


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (TWO, {"contact_cost": 1.0}, r"parameter return_outcome"),
        (
            TWO,
            {"return_outcome": "returned"},
            "a column cost in `contacts` or parameter contact_cost",
        ),
        (
            TWO,
            {"return_outcome": "returned", "contact_cost": 0.0},
            "every contact is said to cost nothing",
        ),
        (
            together(arm_of("holdout", 4, 40), arm_of("mail", 5, 40)),
            {"return_outcome": "returned", "contact_cost": 1.0},
            "no extra return is shown. The effect on returned is 2.5 points",
        ),
        (
            together(arm_of("holdout", 4, 40), arm_of("mail", 1, 40)),
            {"return_outcome": "returned", "contact_cost": 1.0},
            "customers contacted who came back: 1; at least 2",
        ),
    ],
)
def test_costs_that_cannot_be_told_are_refused(frame, options, message):
    found = estimates(return_costs(campaign_of(frame, **options)))["cost.per_extra_return"]
    assert found.verdict == "refused"
    assert message in found.sentence


def test_doubling_the_cost_doubles_both_and_nothing_else():
    one, two = (
        estimates(return_costs(campaign_of(TWO, return_outcome="returned", contact_cost=cost)))
        for cost in (1.0, 2.0)
    )
    for name in one:
        for field in ("estimate", "ci_low", "ci_high"):
            assert getattr(two[name], field) == pytest.approx(2 * getattr(one[name], field))


# What data may hold.
def odd(frame, **columns):
    return frame.assign(**columns)


ODD = {
    "one customer": arm_of("mail", 1, 1, recency=1),
    "holdout of one": together(arm_of("holdout", 0, 1), arm_of("mail", 3, 9)).assign(recency=2),
    "arm of one": together(TWO, arm_of("call", 1, 1)).assign(recency=[1, 2, 3] * 27),
    "no holdout": together(arm_of("mail", 3, 9), arm_of("call", 3, 9)).assign(recency=[1, 2] * 9),
    "no treated": arm_of("holdout", 3, 9, recency=1),
    "all zero": odd(TWO, returned=0, recency=[1, 2] * 40),
    "all one": odd(TWO, returned=1, recency=[1, 2] * 40),
    "separated": odd(TWO, returned=(TWO.arm == "mail").astype(int), recency=[1, 2] * 40),
    "collinear": odd(TWO, recency=[1, 2] * 40, a=[1, 2] * 40, b=[2, 4] * 40),
    "covariate is the arm": odd(TWO, group=TWO.arm, recency=0),
    "covariate is the outcome": odd(TWO, said=TWO.returned, recency=[1, 2] * 40),
    "covariate never known": odd(TWO, recency=[1, 2] * 40, age=np.nan),
    "no outcome known": odd(TWO, returned=np.nan, recency=1),
    "more covariates than customers": odd(
        TWO[20:60].reset_index(drop=True),
        **{f"x{i}": np.random.default_rng(i).normal(size=40) for i in range(30)},
    ),
    "huge numbers": odd(TWO, spend=1e12 * TWO.returned, recency=[1, 1e6] * 40),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("min_group", [1, 5])
def test_odd_data_are_stated_or_refused_and_show_themselves(name, min_group):
    frame = ODD[name]
    tests = campaign_of(
        frame,
        ["returned", *(["spend"] if "spend" in frame else [])],
        return_outcome="returned",
        contact_cost=0.5,
        min_group=min_group,
    )
    for step in STEPS:
        result = step(tests)
        assert result.findings()
        if hasattr(result, "table_caption"):
            table(result)
        for finding in result.findings():
            assert (finding.verdict == "refused") == (finding.estimate is None), finding
            assert not any(word in finding.sentence for word in ("nan", "inf ", "None"))
    for one in effects_by_recency(tests).outcomes:
        figure(draw_recency, one)
    figure(draw_costs, return_costs(tests))


def test_without_outcomes_nothing_is_invented():
    tests = campaign_of(TWO, None)
    assert [len(step(tests).findings()) for step in STEPS] == [1, 1, 1, 1, 2]
    table(adjusted_effects(tests))
    table(effects_by_recency(tests))


# Figures.
def figures_of():
    months = by_month(range(1, 13), range(40, 28, -1), range(60, 48, -1))
    three = together(TWO, arm_of("call", 5, 40), arm_of("a voucher of ten for all", 12, 40))
    same = by_month(range(1, 4), (40, 30, 50), (60, 50, 50))
    return {"months": months, "arms": three.assign(recency=[1, 7] * 80), "same end": same}


@pytest.mark.parametrize("name", ["months", "arms", "same end"])
def test_figures_can_be_read(name):
    tests = campaign_of(figures_of()[name], return_outcome="returned", contact_cost=1.0)
    check_words(drawn(draw_costs, return_costs(tests)))
    for one in effects_by_recency(tests).outcomes:
        check_words(drawn(draw_recency, one))


def test_every_letter_of_a_formula_is_mathml():
    from latex2mathml.converter import convert

    for definition in itertools.chain.from_iterable(
        module.DEFINITIONS for module in (arms, adjusted, costs, recency)
    ):
        assert "<math" in convert(definition.formula)


# Hillstrom: 64,000 customers, effects worked out from the published table.
@pytest.fixture(scope="module")
def hillstrom(public_data):
    contacts = read(
        "contacts",
        public_data / "hillstrom.csv.gz",
        columns={"arm": "segment"},
        values={"arm": {"No E-Mail": "holdout"}},
        con=connect(),
    )
    return campaign(
        contacts,
        ["visit", "conversion", "spend"],
        money_outcome="spend",
        return_outcome="conversion",
        contact_cost=0.1,
        currency="USD",
    )


def test_hillstrom_agrees_with_the_published_table(hillstrom):
    """Rates of visit 0.182757 and 0.106167, of conversion 0.012531 and 0.005726, spend 1.077202 and 0.652789.

    Cost per extra return of the men's mail: 0.10 / (0.012531 - 0.005726), to the six printed digits.
    """
    found = estimates(contact_effects(hillstrom))
    assert found["effect.visit.Mens E-Mail"].estimate == pytest.approx(
        0.182757 - 0.106167, abs=1e-6
    )
    assert found["effect.spend.Womens E-Mail"].estimate == pytest.approx(
        1.077202 - 0.652789, abs=1e-6
    )
    assert {f.verdict for name, f in found.items() if "slope" not in name} == {"above"}
    draw = estimates(arm_check(hillstrom))["arms.sample_ratio_p"]
    assert draw.estimate == pytest.approx(0.9036929576, abs=1e-9)
    assert arm_check(hillstrom).unlike == ()
    per = estimates(return_costs(hillstrom))["cost.per_extra_return.Mens E-Mail"]
    assert per.estimate == pytest.approx(0.1 / (0.012531 - 0.005726), rel=2e-4)


def test_hillstrom_adjusted_by_one_fit_with_all_products(hillstrom):
    """14 columns and their products in one fit by the normal equations give the same effect on visits."""
    frame = hillstrom.frame
    columns = [frame[n] for n in ("recency", "history", "mens", "womens", "newbie")]
    for name in ("history_segment", "zip_code", "channel"):
        columns += [
            (frame[name] == word).astype(float) for word in sorted(frame[name].unique())[1:]
        ]
    x = np.column_stack(columns)
    x = x - x.mean(axis=0)
    t = hillstrom.treated.astype(float)
    design = np.column_stack([np.ones(len(t)), t, x, t[:, None] * x])
    want = np.linalg.solve(design.T @ design, design.T @ frame.visit.to_numpy())[1]
    found = estimates(adjusted_effects(hillstrom))["effect.visit.adjusted"]
    assert found.estimate == pytest.approx(want, rel=1e-7)
    assert "narrower" in found.sentence


def test_hillstrom_responds_less_with_recency_and_the_effect_is_not_shown_to(hillstrom):
    one = effects_by_recency(hillstrom).of("visit")
    assert one.title() == "Response in visit falls with recency; that the effect does is not shown"
    assert len(one.months) == 12
    check_words(drawn(draw_recency, one))
