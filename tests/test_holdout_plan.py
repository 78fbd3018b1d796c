"""Customers the next test needs, what its holdout costs, what this one finds: R, by hand, simulation, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.reactivation.plan import plan as draw_plan
from retorno.reactivation.contact.campaign import campaign
from retorno.reactivation.worth.plan import DEFINITIONS, holdout_plan
from retorno.stats.student import welch
from retorno.tables import connect, read

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "randomised.json").read_text(encoding="utf-8")
)["shares"]


def group(name, returned, n, spend):
    rows = {"arm": [name] * n, "returned": [1] * returned + [0] * (n - returned)}
    return pd.DataFrame(rows).assign(spend=lambda f: spend * f.returned)


def campaign_of(frame=None, **options):
    """Return a campaign with 1,000 held out, 50 of them back at 20.00, and 2,000 contacted, 140 back at 20.00."""
    if frame is None:
        frame = pd.concat([group("holdout", 50, 1_000, 20.0), group("mail", 140, 2_000, 20.0)])
    given = {"money_outcome": "spend", "return_outcome": "returned", "contact_cost": 0.1}
    contacts = read("contacts", frame, con=connect())
    return campaign(contacts, ["returned", "spend"], **(given | options))


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


def test_the_number_is_that_of_r():
    """power.prop.test of R from 0.05 by 0.005: 31,233.4. Half a point needs tens of thousands in each arm."""
    at = [i for i, b in enumerate(REFERENCE["base"]) if b == 0.05]
    want = {REFERENCE["difference"][i]: REFERENCE["needed"][i] for i in at}
    for smallest, n in want.items():
        found = estimates(holdout_plan(campaign_of(), smallest_extra_return=smallest))
        assert found["plan.holdout_n"].estimate == np.ceil(n)
    found = estimates(holdout_plan(campaign_of()))["plan.holdout_n"]
    assert found.estimate == 31_234
    assert found.unit == "customers"
    assert "31,234 customers are needed in each arm." in found.sentence
    assert "too few" in found.sentence


def test_the_number_finds_the_effect_in_four_of_five_simulated_campaigns():
    """20,000 campaigns of the number planned for 2 points from 0.05, judged by Welch: 0.8 within 0.015."""
    rng, runs = np.random.default_rng(9), 20_000
    n = estimates(holdout_plan(campaign_of(), smallest_extra_return=0.02))[
        "plan.holdout_n"
    ].estimate
    a, b = rng.binomial(n, 0.05, runs) / n, rng.binomial(n, 0.07, runs) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / (n - 1))
    assert np.mean(b - a > 1.96 * error) == pytest.approx(0.8, abs=0.015)


def test_the_cost_of_the_holdout_by_hand():
    """Effect on spend 20 * (0.07 - 0.05) = 0.40; at a margin of 0.5 less 0.10 a contact: 0.10 each, of 31,234."""
    tests = campaign_of(margin_rate=0.5)
    found = estimates(holdout_plan(tests))["plan.holdout_cost"]
    assert found.estimate == pytest.approx(31_234 * 0.1, rel=1e-9)
    assert found.unit == "EUR"
    treated, held, _ = tests.groups("spend")
    gain = welch(0.5 * treated - 0.1, 0.5 * held).at(0.95)
    assert found.ci_low == pytest.approx(31_234 * gain.ci_low, rel=1e-9)
    assert found.verdict == "undecided"
    assert "and the interval holds zero" in found.sentence
    assert "margin rate" not in found.sentence


def test_a_holdout_may_save_money_and_revenue_is_called_so():
    found = estimates(holdout_plan(campaign_of(contact_cost=2.0)))["plan.holdout_cost"]
    assert found.estimate == pytest.approx(31_234 * (0.4 - 2.0), rel=1e-9)
    assert found.verdict == "below"
    assert "customers alone saves" in found.sentence
    assert "counts the whole of spend as earned" in found.sentence


def test_the_column_of_costs_is_used_where_there_is_one():
    frame = pd.concat([group("holdout", 50, 1_000, 20.0), group("mail", 140, 2_000, 20.0)])
    frame["cost"] = np.where(frame["arm"] == "mail", 0.3, 0.0)
    found = estimates(holdout_plan(campaign_of(frame)))["plan.holdout_cost"]
    assert found.estimate == pytest.approx(31_234 * 0.1, rel=1e-9)


def test_the_smallest_effect_of_this_test_is_found_in_four_of_five_simulated_ones():
    """20,000 tests with 1,000 held out at 0.05 and 2,000 contacted at the rise found: 0.8 within 0.02.

    The plan's test pools the variances, Welch does not, which at arms of one to two moves the power by 0.01.
    """
    found = estimates(holdout_plan(campaign_of()))["plan.smallest_effect_found"]
    assert found.unit == "difference in share"
    rng, runs = np.random.default_rng(6), 20_000
    a = rng.binomial(1_000, 0.05, runs) / 1_000
    b = rng.binomial(2_000, 0.05 + found.estimate, runs) / 2_000
    error = np.sqrt(a * (1 - a) / 999 + b * (1 - b) / 1_999)
    assert np.mean(b - a > 1.96 * error) == pytest.approx(0.8, abs=0.03)


def test_the_title_says_whether_this_test_was_large_enough():
    small = holdout_plan(campaign_of())
    assert "in each arm are needed" in small.title()
    large = holdout_plan(campaign_of(), smallest_extra_return=0.05)
    assert large.title().endswith("in four of five cases or more")
    assert "enough." in estimates(large)["plan.holdout_n"].sentence


@pytest.mark.parametrize(
    ("options", "which", "message"),
    [
        ({"return_outcome": None}, "plan.holdout_n", "parameter return_outcome"),
        ({"return_outcome": None}, "plan.smallest_effect_found", "parameter return_outcome"),
        ({"money_outcome": None}, "plan.holdout_cost", "parameter money_outcome"),
        ({"contact_cost": None}, "plan.holdout_cost", "parameter contact_cost"),
        ({"min_group": 1_001}, "plan.holdout_n", "customers in the holdout: 1,000; at least 1,001"),
    ],
)
def test_what_is_wanting_is_named(options, which, message):
    found = estimates(holdout_plan(campaign_of(**options)))
    assert found[which].verdict == "refused"
    assert message in found[which].sentence


def test_an_effect_too_small_or_too_large_for_any_test_is_refused():
    tiny = estimates(holdout_plan(campaign_of(), smallest_extra_return=1e-7))
    assert "too small for any test" in tiny["plan.holdout_n"].sentence
    assert tiny["plan.smallest_effect_found"].estimate > 0
    huge = estimates(holdout_plan(campaign_of(), smallest_extra_return=0.96))
    assert "5.0% of the holdout came back, so 96.0 points more is no share" in (
        huge["plan.holdout_n"].sentence
    )
    for wrong in (0, 1, -0.1):
        with pytest.raises(ParameterError, match="smallest_extra_return: wanted a difference"):
            holdout_plan(campaign_of(), smallest_extra_return=wrong)


ODD = {
    "nobody came back": pd.concat([group("holdout", 0, 50, 1.0), group("mail", 0, 50, 1.0)]),
    "everybody came back": pd.concat([group("holdout", 9, 9, 1.0), group("mail", 9, 9, 1.0)]),
    "no holdout": group("mail", 5, 50, 1.0),
    "no treated": group("holdout", 5, 50, 1.0),
    "one customer": group("mail", 1, 1, 1.0),
    "tiny": pd.concat([group("holdout", 1, 2, 1.0), group("mail", 1, 2, 1.0)]),
    "nothing spent": pd.concat([group("holdout", 5, 50, 0.0), group("mail", 5, 50, 0.0)]),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("min_group", [1, 5])
def test_odd_data_are_stated_or_refused_and_show_themselves(name, min_group):
    result = holdout_plan(campaign_of(ODD[name], min_group=min_group))
    assert len(result.findings()) == 3
    for finding in result.findings():
        assert (finding.verdict == "refused") == (finding.estimate is None)
    table(result.needs())
    figure(draw_plan, result)


@pytest.mark.parametrize("smallest", [0.0003, 0.005, 0.04, 0.3])
@pytest.mark.parametrize("back", [5, 50, 400])
def test_the_figure_can_be_read(smallest, back):
    frame = pd.concat([group("holdout", back, 1_000, 20.0), group("mail", 140, 2_000, 20.0)])
    result = holdout_plan(campaign_of(frame), smallest_extra_return=smallest)
    check_words(drawn(draw_plan, result))
    power = [c.power[list(c.n).index(c.needed)] for c in result.curves]
    assert all(p >= 0.8 for p in power)
    for curve in result.curves:
        assert (np.diff(curve.power) >= 0).all()


def test_every_letter_of_a_formula_is_mathml():
    from latex2mathml.converter import convert

    for definition in DEFINITIONS:
        assert "<math" in convert(definition.formula)
