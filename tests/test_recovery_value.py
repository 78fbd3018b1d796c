"""The worth of a recovery: by hand, its refusals, and the line that it never is a reason to stage failures."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_recovery import frame, survey

from retorno.errors import ParameterError
from retorno.recovery.worth.money import Money
from retorno.recovery.worth.value import recovery_value

BOUGHT = [1, 0, 1, 1, None, 1, 1, 1, 0, 0, 1, 0, 0]
MONEY = {"margin": 10.0, "horizon_months": 12, "compensation": 20.0, "handling_cost": 8.0}
RULES = {"level": 0.95, "min_group": 2}
T6 = stats.t.ppf(0.975, 6)


def asked(bought=BOUGHT, **rules):
    return survey(frame(repurchase=pd.Series(bought, dtype="float")), **rules)


def found(scored, **money):
    result = recovery_value(scored, Money("EUR", **{**MONEY, **money}), **RULES)
    return {finding.id: finding for finding in result.findings()}


def test_worth_by_hand():
    """Buying again: recovered 3 of 4, failure 1 of 4, no failure 3 of 4. 0.5 * 10 * 12 = 60, less 28 = 32.

    Variances 0.25, over 4 each: error of the difference sqrt(0.125), with 6 degrees of freedom; times 120. The most a
    recovery bears is 60 - 8 = 52. A failure costs (0.75 - 0.75) * 120 + 28.
    """
    got = found(asked())
    half = T6 * np.sqrt(0.125) * 120
    worth = got["value.per_recovery"]
    assert (worth.estimate, worth.unit, worth.n) == (32, "EUR per recovery", 8)
    assert (worth.ci_low, worth.ci_high) == pytest.approx((32 - half, 32 + half), rel=1e-9)
    assert "brings €60.00 over 12 months and costs €28.00" in worth.sentence
    bears = got["value.break_even_compensation"]
    assert (bears.estimate, bears.ci_high) == pytest.approx((52, 52 + half), rel=1e-9)
    assert "Whether the compensation paid, €20.00, is more than that is undecided" in bears.sentence
    cost = got["value.failure_cost"]
    assert (cost.estimate, cost.unit) == (28, "EUR per failure")
    assert "never a reason to stage failures" in cost.sentence


def test_doubling_all_money_doubles_the_worth():
    one, two = found(asked()), found(asked(), margin=20, compensation=40, handling_cost=16)
    for name, finding in one.items():
        assert two[name].estimate == pytest.approx(2 * finding.estimate, rel=1e-12)
        assert two[name].verdict == finding.verdict


def test_a_paradox_in_repurchase_is_no_reason_to_stage_failures():
    """The recovered buy again far more often than those without a failure: the sentence says so and holds off."""
    rows = [("recovered", 5, 5)] * 60 + [("no_failure", 5, 6)] * 60 + [("failure", 5, 4)] * 60
    bought = [1] * 55 + [0] * 5 + [1] * 20 + [0] * 40 + [1] * 10 + [0] * 50
    scored = survey(frame(rows, repurchase=np.array(bought, dtype=float)))
    cost = found(scored)["value.failure_cost"]
    assert cost.verdict == "below"
    assert "By these numbers alone" in cost.sentence
    assert "never a reason to stage failures" in cost.sentence


def test_an_intention_needs_what_becomes_of_it():
    """Repurchase on the scale: refused; at 0.05 more buyers a point, R 5, F 3: 2 * 0.05 * 120 = 12 - 28."""
    scored = asked([5, 4, 6, 5, None, 6, 7, 5, 6, 2, 3, 4, 3])
    got = found(scored)["value.per_recovery"]
    assert got.verdict == "refused"
    assert "parameter intention_to_behaviour" in got.sentence
    got = found(scored, intention_to_behaviour=0.05)["value.per_recovery"]
    assert got.estimate == pytest.approx(-16, rel=1e-12)


@pytest.mark.parametrize("gone", list(MONEY))
def test_what_is_not_known_is_named(gone):
    got = found(asked(), **{gone: None})
    assert {f.verdict for f in got.values()} == {"refused"}
    assert all(f"this needs {gone}." in f.sentence for f in got.values())


def test_without_repurchase_or_a_group_it_is_refused():
    for scored in (survey(), asked(outcomes=["satisfaction"])):
        assert "not among the outcomes" in found(scored)["value.per_recovery"].sentence
    table = frame(repurchase=pd.Series(BOUGHT, dtype="float"))
    got = found(survey(table[table.group != "failure"]))
    assert got["value.per_recovery"].verdict == "refused"
    assert got["value.failure_cost"].estimate == 28
    got = found(asked([1, 1, 1, 1, None, 1, 1, 1, 1, 1, 1, 1, 1]))
    assert {f.verdict for f in got.values()} == {"refused"}
    assert "at a margin" in found(asked(), margin=0)["value.per_recovery"].sentence


@pytest.mark.parametrize(
    ("money", "message"),
    [
        ({"margin": -1}, "margin: wanted a number of 0 or more; got -1"),
        ({"horizon_months": 0}, "horizon_months: wanted a number of 1 or more; got 0"),
        ({"compensation": float("nan")}, "compensation: wanted a number of 0 or more; got nan"),
    ],
)
def test_impossible_money_is_named(money, message):
    with pytest.raises(ParameterError, match=message):
        Money("EUR", **money)


def test_the_line_crosses_zero_at_the_compensation_that_breaks_even():
    result = recovery_value(asked(), Money("EUR", **MONEY), **RULES).by_compensation()
    table = result.to_frame()
    assert np.interp(52.0, table.compensation, -table.worth) == pytest.approx(0, abs=1e-9)
    assert result.title() == "Whether a recovery pays at the compensation paid is undecided"
    assert "breaks even at a compensation of €52.00" in result.caption()
