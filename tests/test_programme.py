"""What a programme and each offer leave: a campaign worked by hand, properties, refusals, the figure's words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno import simulate
from retorno.display import figure as shown
from retorno.display import table
from retorno.errors import ParameterError
from retorno.figures.reactivation.offers import offers as figure
from retorno.reactivation.contact.campaign import campaign
from retorno.reactivation.history import purchase_history
from retorno.reactivation.worth.monthly import Monthly
from retorno.reactivation.worth.offers import offers
from retorno.reactivation.worth.programme import programme
from retorno.reactivation.worth.returned import Returned
from retorno.reactivation.worth.second_life import SecondLife, second_life
from retorno.tables import connect, read

ROWS = (  # arm, returned, cost of one: rows of that kind
    [("holdout", 0, 0.0)] * 18
    + [("holdout", 1, 0.0)] * 2
    + [("email", 0, 0.5)] * 14
    + [("email", 1, 0.5)] * 6
    + [("voucher", 0, 0.5)] * 12
    + [("voucher", 1, 10.5)] * 8
)
VALUE, N_LIFE = 20.0, 100


def campaign_of(rows=ROWS, columns=("arm", "returned", "cost"), **options):
    options = {"return_outcome": "returned", "min_group": 5} | options
    contacts = read("contacts", pd.DataFrame(rows, columns=list(columns)), con=connect())
    return campaign(contacts, None, **options)


def life(value=VALUE, se=1.0, *, refused=None, currency="EUR"):
    """Return a second life of one month with this value and error, of 100 customers."""
    noise = np.array([1.0, -1.0] * (N_LIFE // 2))[:, None] * se / np.sqrt(N_LIFE)
    months = Monthly(np.array([value]), noise, np.array([N_LIFE]), N_LIFE - 1, 0.95)
    found = Returned(None if refused else months, np.array([N_LIFE]), N_LIFE, refused)
    return SecondLife(found, None, 0.0, "none", currency, 0.95, 5)


def findings(result):
    return {finding.id: finding for finding in result.findings()}


def test_the_programme_by_hand():
    """14 of 40 contacted came back, 2 of 20 held out: 0.35 - 0.1 = 0.25, 10 extra returns of 20 each: 200.

    Costs: 20 x 0.5 + 12 x 0.5 + 8 x 10.5 = 100, and 30 fixed. Left: 200 - 130 = 70; 70/130 of the cost.
    """
    found = programme(campaign_of(), life(), fixed_cost=30.0)
    assert (found.gain, found.cost) == pytest.approx((200.0, 130.0), rel=1e-12)
    stated = findings(found)
    assert stated["programme.value"].estimate == pytest.approx(70.0, rel=1e-12)
    assert stated["programme.value"].unit == "EUR"
    assert stated["programme.roi"].estimate == pytest.approx(70 / 130, rel=1e-12)
    assert "25.0 points more" in stated["programme.value"].sentence
    frame = found.to_frame().set_index("step").value
    assert frame["Extra returns"] == 10
    assert frame["What is left"] == pytest.approx(70.0, rel=1e-12)
    assert frame["Contacts and offers"] + frame["Fixed cost"] == pytest.approx(130.0, rel=1e-12)


def test_the_interval_takes_returns_and_costs_of_a_customer_together():
    """20 r - c by customer: its Welch error, and 0.25 x 1 for the second life, added as independent; times 40."""
    found = programme(campaign_of(), life()).value
    rows = pd.DataFrame(ROWS, columns=["arm", "returned", "cost"])
    net = 20 * rows.returned - rows.cost
    treated, held = net[rows.arm != "holdout"], net[rows.arm == "holdout"]
    variance = treated.var() / 40 + held.var() / 20 + 0.25**2
    assert found.se == pytest.approx(40 * np.sqrt(variance), rel=1e-9)
    certain = programme(campaign_of(), life(se=0.0)).value
    plain = stats.ttest_ind(treated, held, equal_var=False)
    assert certain.value / certain.se == pytest.approx(plain.statistic, rel=1e-9)
    assert certain.df == pytest.approx(plain.df, rel=1e-9)


def test_with_one_cost_for_all_the_return_is_the_value_over_it():
    """80 for 40 contacts and 20 fixed: error and all divided by 100."""
    rows = [(arm, back, 2.0) for arm, back, _ in ROWS]
    found = programme(campaign_of(rows), life(), fixed_cost=20.0)
    assert found.roi.value == pytest.approx(found.value.value / 100, rel=1e-12)
    assert found.roi.se == pytest.approx(found.value.se / 100, rel=1e-12)
    assert found.roi.df == pytest.approx(found.value.df, rel=1e-9)


def test_the_return_on_cost_knows_that_costs_go_with_returns():
    """200 of gain over 130 of cost: the error of 20 r - (200/130) c by customer, 40 of them over 130."""
    found = programme(campaign_of(), life(se=0.0), fixed_cost=30.0).roi
    rows = pd.DataFrame(ROWS, columns=["arm", "returned", "cost"])
    net = 20 * rows.returned - 200 / 130 * rows.cost
    treated, held = net[rows.arm != "holdout"], net[rows.arm == "holdout"]
    error = np.sqrt(treated.var() / 40 + held.var() / 20)
    assert found.se == pytest.approx(40 / 130 * error, rel=1e-9)


def test_one_cost_for_all_contacts_is_the_parameter():
    rows = [(arm, back) for arm, back, _ in ROWS]
    found = programme(campaign_of(rows, ("arm", "returned"), contact_cost=1.5), life())
    assert found.cost == pytest.approx(60.0, rel=1e-12)
    assert found.value.value == pytest.approx(140.0, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "fixed", "verdict", "words"),
    [
        (200.0, 0.0, "above", "the programme pays"),
        (20.0, 0.0, "undecided", "undecided"),
        (20.0, 5_000.0, "below", "the programme loses"),
    ],
)
def test_the_verdict_is_that_of_the_interval(value, fixed, verdict, words):
    found = findings(programme(campaign_of(), life(value), fixed_cost=fixed))
    assert found["programme.value"].verdict == verdict
    assert words in found["programme.value"].sentence
    assert found["programme.roi"].verdict == verdict


def test_fewer_returns_than_of_the_holdout_are_called_fewer():
    rows = [(arm, back if arm == "holdout" else 0, cost) for arm, back, cost in ROWS]
    found = findings(programme(campaign_of(rows), life()))["programme.value"]
    assert "10.0 points fewer" in found.sentence
    assert found.estimate < 0


def test_offers_by_hand():
    """E-mail: (0.3 - 0.1) 20 - 0.5 = 3.5; voucher: (0.4 - 0.1) 20 - (0.5 + 0.4 x 10) = 1.5, with more returns."""
    found = offers(campaign_of(), life())
    assert [arm.name for arm in found.arms] == ["email", "voucher"]
    assert [arm.profit.value for arm in found.arms] == pytest.approx([3.5, 1.5], rel=1e-12)
    assert [arm.cost for arm in found.arms] == pytest.approx([0.5, 4.5], rel=1e-12)
    assert (found.best.name, found.most.name, found.both) == ("email", "voucher", False)
    stated = findings(found)
    assert stated["programme.best_arm_profit"].estimate == pytest.approx(3.5, rel=1e-12)
    lead = stated["programme.best_arm_lead"]
    assert lead.estimate == pytest.approx(2.0, rel=1e-12)
    assert lead.verdict == "undecided"
    assert '"email" has the highest profit, "voucher" the highest share' in lead.sentence
    frame = found.to_frame().set_index("arm")
    assert frame.loc["holdout", "returned"] == pytest.approx(0.1)
    assert np.isnan(frame.loc["holdout", "profit"])
    assert frame.loc["voucher", "extra"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("times", "dear", "both", "verdict", "title"),
    [
        (100, 10.0, False, "above", "is not the one that earns most"),
        (1, 10.0, False, "undecided", "undecided"),
        (100, 0.0, True, "above", '"voucher" earns most'),
        (1, 0.0, True, "undecided", "undecided"),
    ],
)
def test_the_lead_says_whether_both_rules_choose_alike(times, dear, both, verdict, title):
    """A voucher that costs 10 when used earns less than the e-mail; one that costs nothing earns more."""
    rows = [(arm, back, 0.5 + dear * (arm == "voucher") * back) for arm, back, _ in ROWS] * times
    found = offers(campaign_of(rows), life(se=0.01))
    assert found.both is both
    assert findings(found)["programme.best_arm_lead"].verdict == verdict
    assert title in found.title()
    check_words(drawn(figure, found))


def test_with_more_arms_the_lead_holds_for_all_pairs():
    """Three arms have three pairs: t at 1 - 0.05 / 3. A call is second in profit, the voucher first in returns."""
    rows = [*ROWS, *(("call", back, 1.0) for arm, back, _ in ROWS if arm == "email")]
    found = offers(campaign_of(rows), life(se=0.0))
    two = offers(campaign_of(), life(se=0.0))
    assert [arm.name for arm in found.arms] == ["email", "call", "voucher"]
    assert (found.best.name, found.rival.name) == ("email", "voucher")
    half = [(one.lead.ci_high - one.lead.ci_low) / 2 for one in (found, two)]
    df = stats.ttest_ind(
        *(
            [20 * back - cost for arm, back, cost in ROWS if arm == name]
            for name in ("email", "voucher")
        ),
        equal_var=False,
    ).df
    wider = stats.t.ppf(1 - 0.025 / 3, df) / stats.t.ppf(0.975, df)
    assert half[0] / half[1] == pytest.approx(wider, rel=1e-9)


def test_one_arm_has_a_profit_and_no_lead():
    rows = [row for row in ROWS if row[0] != "voucher"]
    found = offers(campaign_of(rows), life())
    stated = findings(found)
    assert stated["programme.best_arm_profit"].estimate == pytest.approx(3.5, rel=1e-12)
    assert "best of" not in stated["programme.best_arm_profit"].sentence
    assert stated["programme.best_arm_lead"].verdict == "refused"
    assert "a choice needs two" in stated["programme.best_arm_lead"].sentence
    assert "email" in found.title()
    check_words(drawn(figure, found))


def test_a_small_arm_is_left_out_and_named():
    found = offers(campaign_of([*ROWS, ("call", 1, 3.0), ("call", 0, 3.0)]), life())
    assert [arm.name for arm in found.arms] == ["email", "voucher"]
    assert '"call" is left out' in found.caption()
    assert "2; at least 5" in found.caption()


def test_an_offer_that_loses_is_said_to_lose():
    rows = [(arm, back, 9.0) for arm, back, _ in ROWS] * 10
    found = findings(offers(campaign_of(rows), life()))["programme.best_arm_profit"]
    assert found.verdict == "below"
    assert "Even the offer that does best" in found.sentence


@pytest.mark.parametrize(
    ("tests", "second", "why"),
    [
        (lambda: campaign_of(return_outcome=None), life(), "parameter return_outcome"),
        (
            lambda: campaign_of([r[:2] for r in ROWS], ("arm", "returned")),
            life(),
            "parameter contact_cost",
        ),
        (campaign_of, life(refused="Not stated: margin_rate."), "margin_rate"),
        (lambda: campaign_of(ROWS[20:]), life(), "customers in the holdout: 0; at least 5"),
        (lambda: campaign_of(ROWS[:20]), life(), "contacted"),
        (lambda: campaign_of([(a, 0, c) for a, _, c in ROWS]), life(), "or none did"),
        (lambda: campaign_of([("holdout", 0, 0.0)], min_group=1), life(), "contacted"),
        (lambda: campaign_of([(a, np.nan, c) for a, _, c in ROWS]), life(), "at least 5"),
    ],
)
def test_what_is_missing_is_named(tests, second, why):
    tests = tests()
    for result in (programme(tests, second), offers(tests, second)):
        for finding in result.findings():
            assert finding.verdict == "refused"
            assert why in finding.sentence
        assert result.to_frame().empty
        assert why in result.table_caption()
        assert table(result)
    assert drawn(figure, offers(tests, second))


def test_no_cost_leaves_the_value_and_refuses_the_return_on_it():
    found = findings(programme(campaign_of([(a, b, 0.0) for a, b, _ in ROWS]), life()))
    assert found["programme.value"].estimate == pytest.approx(200.0, rel=1e-12)
    assert found["programme.roi"].verdict == "refused"


def test_customers_without_a_return_are_counted_as_like_the_others():
    """40 contacted, of two nothing is known: the rates and mean cost of the other 38 stand for all 40."""
    rows = list(ROWS)
    rows[20] = ("email", None, 0.5)
    rows[21] = ("email", None, 0.5)
    found = programme(campaign_of(rows), life())
    assert (found.treated.customers, found.treated.returned.size) == (40, 38)
    assert found.cost == pytest.approx(40 * 99 / 38, rel=1e-12)
    assert "2 customers of whom" in findings(found)["programme.value"].sentence


def test_a_negative_fixed_cost_is_named():
    with pytest.raises(ParameterError, match=r"fixed_cost: wanted .* got -1"):
        programme(campaign_of(), life(), fixed_cost=-1)


def test_doubling_all_money_doubles_values_and_leaves_the_return_alone():
    double = [(arm, back, 2 * cost) for arm, back, cost in ROWS]
    one, two = (
        findings(programme(campaign_of(rows), life(times * VALUE, times), fixed_cost=times * 30))
        for rows, times in ((ROWS, 1), (double, 2))
    )
    for name, times in (("programme.value", 2), ("programme.roi", 1)):
        assert two[name].estimate == pytest.approx(times * one[name].estimate, rel=1e-12)
        assert two[name].ci_low == pytest.approx(times * one[name].ci_low, rel=1e-9)


def test_other_currencies_are_written_as_such():
    found = programme(campaign_of(currency="USD"), life(currency="USD"))
    assert findings(found)["programme.value"].unit == "USD"
    assert "$" in findings(found)["programme.value"].sentence


@pytest.mark.parametrize("world", ["works", "no_effect"])
def test_the_simulated_worlds_are_told_to_the_end(world):
    """Where contact works the programme pays; where it does nothing the interval of its value holds its cost alone."""
    drawn_world = simulate.simulate("reactivation", world, 4_000, seed=7)
    con = connect()
    history = purchase_history(
        read("transactions", drawn_world.transactions, con=con),
        lapse_days=90,
        window_days=180,
        margin_rate=0.4,
    )
    tests = campaign(
        read("contacts", drawn_world.contacts, con=con), None, return_outcome="returned"
    )
    second = second_life(history, winback_cost=12.0)
    whole, each = programme(tests, second), offers(tests, second)
    for part in (table(whole), table(each), table(second.sensitivity()), shown(figure, each)):
        assert part
    check_words(drawn(figure, each))
    value = findings(whole)["programme.value"]
    if world == "works":
        assert value.verdict == "above"
    else:
        assert value.ci_low < -whole.cost < value.ci_high
    free = replace(second, returned=replace(second.returned, refused="Not stated: x."))
    assert {f.verdict for f in offers(tests, free).findings()} == {"refused"}
