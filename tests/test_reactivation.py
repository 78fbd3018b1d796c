"""The reactivation study: a table worked by hand, a brute-force twin, properties, refusals."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from days import DAY0, LINES, history
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retorno.errors import ParameterError, TableError
from retorno.reactivation import (
    campaign,
    contact_effects,
    lapse_states,
    like_for_like,
    new_against_reactivated,
    purchase_history,
    return_hazard,
)
from retorno.tables import connect, read

OPTIONS = {"level": 0.95, "min_group": 2}


def drawn():
    """Return the options of a comparison of windows; chance only widens its simultaneous bands."""
    return OPTIONS | {"rng": np.random.default_rng(1)}


@pytest.fixture(scope="module")
def by_hand():
    return history()


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


def test_states_by_hand(by_hand):
    """E has only a return and is no customer; nine are left.

    Silent for more than 30 days at least once: A (20 to 60), B (40 to the end), C (80 to 170), G (169 to
    200 is 31), I (5 to 100), J (7 to 99). Not H (170 to 200 is 30), D and F. A, C, I and J came back; C
    bought 5 days before the end, A, I and J are silent again.
    """
    states = lapse_states(by_hand)
    assert (states.customers, states.lapsed, states.reactivated) == (9, 6, 4)
    assert states.returns_only == 1
    assert states.last_day == {"active": 3, "reactivated": 1, "lapsed": 2, "lapsed_again": 3}
    found = estimates(states)
    assert [
        found[f"states.{name}"].estimate for name in ("customers", "lapsed", "reactivated")
    ] == [9, 6, 4]
    assert "1 more has only returns" in found["states.customers"].sentence


def test_hazard_by_hand(by_hand):
    """First lapses (day, days until back): A 50, 10; B 70, -; C 110, 60; G 199, -; I 35, 65; J 37, 62.

    Month 1 lies inside the data for all but G: 1 of 5. Month 2: A has left, 1 (C, on its last day, 60) of 4.
    Month 3, days 61 to 90: C has left, 2 (I, J) of 3. Month 4: B alone, 0 of 1, refused.
    """
    returns = return_hazard(by_hand, months=4, **OPTIONS)
    assert [(m.returned, m.at_risk) for m in returns.months] == [(1, 5), (1, 4), (2, 3), (0, 1)]
    found = estimates(returns)
    assert found["return.hazard.month_3"].estimate == pytest.approx(2 / 3, rel=1e-12)
    assert found["return.hazard.month_4"].verdict == "refused"
    assert "1; at least 2 are needed" in found["return.hazard.month_4"].sentence


def test_a_lapse_and_its_month_are_counted_to_the_day():
    """Back 31 days after the lapse is month 2; a month whose last day is the last of the data counts."""
    lines = [("A", 0, 1), ("A", 61, 1), ("B", 0, 1), ("B", 60, 1)]
    returns = return_hazard(history(lines, last=90), months=2, **OPTIONS)
    assert [(m.returned, m.at_risk) for m in returns.months] == [(1, 2), (1, 1)]
    returns = return_hazard(history(lines, last=89), months=2, **OPTIONS)
    assert [(m.returned, m.at_risk) for m in returns.months] == [(1, 2), (0, 0)]


def test_windows_by_hand(by_hand):
    """New after day 30 with ten full days: B 24 - 4 = 20, C 6, D 0, G 4, H 5; F began too late. Mean 7.

    Reactivated: A 8 + 2 = 10, C 9, I 11 - 1 = 10, J 4. Mean 8.25, ratio 33/28, difference 1.25. C is in both.
    Variances of the means: 232/4/5 = 11.6 and 24.75/3/4 = 2.0625; C's influences -1 and 0.75 give the
    covariance sqrt(5/4)/5 * sqrt(4/3)/4 * (-0.75).
    """
    windows = new_against_reactivated(by_hand, **drawn())
    assert (windows.starts, windows.n) == ((6, 4), (5, 4))
    found = estimates(windows)
    assert found["window.new.value"].estimate == pytest.approx(7, rel=1e-12)
    assert found["window.reactivated.value"].estimate == pytest.approx(8.25, rel=1e-12)
    assert found["window.ratio"].estimate == pytest.approx(33 / 28, rel=1e-12)
    difference = found["curve.reactivated.minus_new"]
    assert difference.estimate == pytest.approx(1.25, rel=1e-12)

    covariance = np.sqrt(5 / 4) / 5 * np.sqrt(4 / 3) / 4 * -0.75
    t = stats.t.ppf(0.975, 3)
    se = np.sqrt(11.6 + 2.0625 - 2 * covariance)
    assert difference.ci_high == pytest.approx(1.25 + t * se, rel=1e-9)
    log_se = np.sqrt(11.6 / 49 + 2.0625 / 8.25**2 - 2 * covariance / (7 * 8.25))
    assert found["window.ratio"].ci_low == pytest.approx(33 / 28 * np.exp(-t * log_se), rel=1e-9)
    assert found["window.new.value"].ci_low == pytest.approx(
        7 - stats.t.ppf(0.975, 4) * np.sqrt(11.6), rel=1e-9
    )


def test_curves_by_hand(by_hand):
    """Day 0: new 24, 6, 0, 4, 5 (39/5); reactivated 8, 9, 11, 4 (8). I's return falls on offset 3, B's and A's on 5."""
    frame = new_against_reactivated(by_hand, **drawn()).to_frame()
    assert frame.offset.tolist() == list(range(10))
    assert frame.new.tolist() == pytest.approx([7.8] * 5 + [7.0] * 5, rel=1e-12)
    assert frame.reactivated.tolist() == pytest.approx(
        [8.0] * 3 + [7.75] * 2 + [8.25] * 5, rel=1e-12
    )
    start = np.array([24, 6, 0, 4, 5])
    half = stats.t.ppf(0.975, 4) * start.std(ddof=1) / np.sqrt(5)
    assert frame.new_ci_high[0] == pytest.approx(7.8 + half, rel=1e-9)


def test_like_for_like_by_hand(by_hand):
    """Second purchases: after 30 days or less A 5, C 3, D 7 (mean 5); after more I 10, J 4 (mean 7)."""
    second = like_for_like(by_hand, **drawn())
    assert second.n == (3, 2)
    assert estimates(second)["window.like_for_like.ratio"].estimate == pytest.approx(1.4, rel=1e-12)


def test_first_purchase_known_makes_every_first_purchase_new():
    """A 10 and 0, I 2, J 1 join B 20, C 6, D 0, G 4, H 5: 48/8."""
    windows = new_against_reactivated(history(first_purchase_known=True), **drawn())
    assert estimates(windows)["window.new.value"].estimate == pytest.approx(48 / 8, rel=1e-12)


def test_all_spells_counts_every_lapse_and_return():
    """K lapses after 0, 50 and 100 and returns at 50 and 100 with 3 and 5 in ten days; errors are by customer."""
    lines = [*LINES, ("K", 0, 1), ("K", 50, 3), ("K", 100, 5)]
    windows = new_against_reactivated(history(lines, all_spells=True), **drawn())
    assert windows.n == (5, 6)
    assert windows.full.parts == (5, 5)
    assert estimates(windows)["window.reactivated.value"].estimate == pytest.approx(
        41 / 6, rel=1e-12
    )
    returns = return_hazard(history(lines, all_spells=True), months=1, **OPTIONS)
    first = return_hazard(history(lines), months=1, **OPTIONS)
    assert (first.months[0].returned, first.months[0].at_risk) == (2, 6)
    # A lapses again on 95, I on 130, J on 129, and K, back 20 days after each, on 30, 80 and 130.
    assert (returns.months[0].returned, returns.months[0].at_risk) == (3, 11)


def test_margin_is_the_rate_then_the_column_then_revenue():
    lines = pd.DataFrame(
        {
            "customer_id": list("AB"),
            "date": [DAY0, DAY0],
            "amount": [10.0, 20.0],
            "margin": [4.0, 6.0],
        }
    )
    margins = read("transactions", lines, con=connect())
    revenue = read("transactions", lines.drop(columns="margin"), con=connect())
    rules = {
        "lapse_days": 30,
        "window_days": 10,
        "first_purchase_known": True,
        "observed_until": "2024-03-01",
    }
    for lines_, rate, measure, mean in (
        (margins, None, "margin", 5.0),
        (margins, 0.5, "margin", 7.5),
        (revenue, None, "revenue", 15.0),
    ):
        known = purchase_history(lines_, margin_rate=rate, **rules)
        windows = new_against_reactivated(known, **drawn())
        value = estimates(windows)["window.new.value"]
        assert (known.measure, value.estimate) == (measure, mean)
        assert measure in value.sentence


def test_lines_outside_the_period_are_counted_and_left_out(by_hand):
    assert by_hand.outside == 0
    short = history(last=100)
    assert short.outside == sum(day > 100 for _, day, _ in LINES)
    assert lapse_states(short).customers == 5


def test_a_window_longer_than_the_data_is_refused_with_the_count():
    windows = new_against_reactivated(history(window_days=300), **drawn())
    for finding in windows.findings():
        assert finding.verdict == "refused"
        assert finding.estimate is None
        assert "lies inside the data, of" in finding.sentence
    assert windows.to_frame().empty
    assert windows.caption() == windows.findings()[0].sentence


def test_one_customer_is_refused_and_not_averaged():
    alone = history([("A", 0, 10), ("A", 60, 5)], first_purchase_known=True)
    for result in (
        new_against_reactivated(alone, rng=np.random.default_rng(1)),
        like_for_like(alone, rng=np.random.default_rng(1)),
    ):
        assert {f.verdict for f in result.findings()} == {"refused"}
    assert {f.verdict for f in return_hazard(alone).findings()} == {"refused"}
    assert estimates(lapse_states(alone))["states.customers"].estimate == 1


def test_a_ratio_over_nothing_is_refused():
    lines = [(c, 40, 0) for c in "ABC"] + [(c, 80, 5) for c in "AB"]
    found = estimates(new_against_reactivated(history(lines), **drawn()))
    assert found["window.new.value"].estimate == 0
    assert "positive mean value in both groups" in found["window.ratio"].sentence


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"lapse_days": 0}, "lapse_days: wanted a whole number of days, 1 or more; got 0"),
        ({"margin_rate": 1.5}, "margin_rate: wanted a fraction .* got 1.5"),
        ({"observed_from": "soon"}, "observed_from: wanted a date as 2024-12-31; got 'soon'"),
        (
            {"observed_from": "2025-01-01"},
            "the first day, 2025-01-01, lies after the last, 2024-07-19",
        ),
    ],
)
def test_impossible_rules_are_named(rules, message):
    with pytest.raises(ParameterError, match=message):
        history(**rules)


def test_impossible_windows_and_empty_periods_are_named(by_hand):
    with pytest.raises(ParameterError, match=r"window_days: wanted .* got 0"):
        history(window_days=0)
    with pytest.raises(TableError, match="no purchase between 2024-01-01 and 2024-07-19"):
        history([("A", 3, -1)])
    with pytest.raises(TableError, match="no purchase between 2025-01-01"):
        history(observed_from="2025-01-01", observed_until="2025-02-01")


def test_doubling_all_money_doubles_values_and_leaves_ratios_alone(by_hand):
    double = history([(c, day, 2 * amount) for c, day, amount in LINES])
    one, two = (estimates(new_against_reactivated(h, **drawn())) for h in (by_hand, double))
    for name in ("window.new.value", "window.reactivated.value", "curve.reactivated.minus_new"):
        assert two[name].estimate == pytest.approx(2 * one[name].estimate, rel=1e-12)
        assert two[name].ci_low == pytest.approx(2 * one[name].ci_low, rel=1e-9)
    assert two["window.ratio"].estimate == pytest.approx(one["window.ratio"].estimate, rel=1e-12)
    assert two["window.ratio"].ci_low == pytest.approx(one["window.ratio"].ci_low, rel=1e-9)


def brute_force(lines, *, last, lapse, window):
    """Return states, hazard counts of 3 months, new and reactivated values, second-purchase values, by plain loops."""
    new, back, short, long = [], [], [], []
    customers = lapsed = reactivated = 0
    hazard = {k: [0, 0] for k in (1, 2, 3)}
    for who in sorted({c for c, _, _ in lines}):
        mine = [(day, amount) for c, day, amount in lines if c == who]
        days = sorted({d for d, _ in mine if max(a for e, a in mine if e == d) >= 0})
        if not days:
            continue

        def value(start, mine=mine):
            return sum(a for d, a in mine if start <= d <= start + window - 1)

        def full(start):
            return start + window - 1 <= last

        customers += 1
        gaps = [b - a for a, b in pairwise(days)]
        lapses = [
            (d + lapse, (days[i + 1] - d - lapse) if i + 1 < len(days) else None)
            for i, d in enumerate(days)
            if (days[i + 1] if i + 1 < len(days) else last) - d > lapse
        ]
        returned = [b for b, gap in zip(days[1:], gaps, strict=True) if gap > lapse]
        lapsed += bool(lapses)
        reactivated += bool(returned)
        for k in (1, 2, 3):
            for start, after in lapses[:1]:
                if start + 30 * k <= last and (after is None or after > 30 * (k - 1)):
                    hazard[k][1] += 1
                    hazard[k][0] += after is not None and after <= 30 * k
        if days[0] > lapse and full(days[0]):
            new.append(value(days[0]))
        if returned and full(returned[0]):
            back.append(value(returned[0]))
        if len(days) > 1 and full(days[1]):
            (long if gaps[0] > lapse else short).append(value(days[1]))
    return (customers, lapsed, reactivated), list(hazard.values()), new, back, short, long


@settings(max_examples=25, deadline=None)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from("ABCDEF"), st.integers(0, 150), st.integers(-5, 20)),
        min_size=1,
        max_size=40,
    ),
    lapse=st.integers(1, 40),
    window=st.integers(1, 60),
)
def test_the_engine_agrees_with_plain_loops(lines, lapse, window):
    lines = [*lines, ("Z", 0, 1), ("Z", 150, 1)]
    counts, hazard, new, back, short, long = brute_force(
        lines, last=150, lapse=lapse, window=window
    )
    h = history(lines, last=150, lapse_days=lapse, window_days=window)
    states = lapse_states(h)
    assert (states.customers, states.lapsed, states.reactivated) == counts
    months = return_hazard(h, months=3, **OPTIONS).months
    assert [[m.returned, m.at_risk] for m in months] == hazard
    for result, first, second in (
        (new_against_reactivated(h, **drawn()), new, back),
        (like_for_like(h, **drawn()), short, long),
    ):
        assert result.n == (len(first), len(second))
        if min(result.n) >= 2:
            got = result.full
            assert got.mean[:, -1] == pytest.approx([np.mean(first), np.mean(second)], abs=1e-9)
            errors = [np.var(group, ddof=1) / len(group) for group in (first, second)]
            assert [got.se(0)[-1] ** 2, got.se(1)[-1] ** 2] == pytest.approx(errors, abs=1e-9)


def contacts(rows, columns):
    return read("contacts", pd.DataFrame(rows, columns=columns), con=connect())


CAMPAIGN = [
    ("holdout", 1, 0, 0.0), ("holdout", 2, 1, 6.0), ("holdout", 3, 0, 0.0), ("holdout", 4, 0, 2.0),
    ("mail", 1, 1, 8.0), ("mail", 2, 1, 6.0), ("mail", 3, 0, 0.0), ("mail", 4, 1, 2.0),
    ("call", 1, 1, 9.0), ("call", 2, 0, 1.0), ("call", 3, 1, 0.0), ("call", 4, 1, 6.0),
]  # fmt: skip
NAMES = ["arm", "recency", "returned", "spend"]


def effects_of(table, outcomes, **options):
    return contact_effects(campaign(table, outcomes, **options))


def test_effects_by_hand():
    """Returned: holdout 1 of 4; mail and call 3 of 4 each, pooled 6 of 8: 0.5 for all three contrasts.

    Spend: holdout mean 2, mail 4, call 4, pooled 4: difference 2, squared error 94/7/8 + 8/4 (sums of squares
    about the means 94 and 24: variances 94/7 and 24/3 = 8).
    """
    effects = effects_of(
        contacts(CAMPAIGN, NAMES), ["returned", "spend"], money_outcome="spend", min_group=2
    )
    found = estimates(effects)
    assert effects.arms == {"holdout": 4, "call": 4, "mail": 4}
    for name in ("effect.returned", "effect.returned.mail", "effect.returned.call"):
        assert found[name].estimate == pytest.approx(0.5, rel=1e-12)
        assert found[name].unit == "difference in share"
    spend = found["effect.spend"]
    assert (spend.estimate, spend.n, spend.unit) == (2.0, 12, "EUR per customer")
    treated = 94 / 7 / 8
    df = (treated + 2) ** 2 / (treated**2 / 7 + 2**2 / 3)
    assert spend.ci_high == pytest.approx(
        2 + stats.t.ppf(0.975, df) * np.sqrt(treated + 2), rel=1e-9
    )


def test_the_recency_slope_compares_the_lines_of_both_groups():
    """Holdout returns 0, 1, 0, 0 over months 1 to 4: slope -0.1. Treated 2, 1, 1, 2 of 2: slope 0. Difference 0.1."""
    found = estimates(effects_of(contacts(CAMPAIGN, NAMES), ["returned"], min_group=2))
    assert found["effect.returned.recency_slope"].estimate == pytest.approx(0.1, rel=1e-9)
    assert found["effect.returned.recency_slope"].unit == "difference in share per month"


def test_a_single_arm_has_no_findings_of_its_own():
    rows = [row for row in CAMPAIGN if row[0] != "call"]
    found = estimates(effects_of(contacts(rows, NAMES), ["returned"], min_group=2))
    assert set(found) == {"effect.returned", "effect.returned.recency_slope"}


def test_no_holdout_is_refused():
    rows = [row for row in CAMPAIGN if row[0] != "holdout"]
    for finding in effects_of(contacts(rows, NAMES), ["returned"]).findings():
        assert finding.verdict == "refused"
    assert (
        "customers in the holdout: 0; at least 5" in finding.sentence
        or "recency" in finding.sentence
    )


def test_what_a_valid_table_cannot_answer_is_refused():
    """All outcomes zero; no recency; outcomes not named."""
    zero = [(arm, recency, 0) for arm, recency, _, _ in CAMPAIGN]
    found = estimates(
        effects_of(contacts(zero, ["arm", "recency", "returned"]), ["returned"], min_group=2)
    )
    assert "the same for every customer" in found["effect.returned"].sentence
    assert found["effect.returned.recency_slope"].verdict == "refused"

    no_recency = contacts(
        [(arm, returned) for arm, _, returned, _ in CAMPAIGN], ["arm", "returned"]
    )
    found = estimates(effects_of(no_recency, ["returned"], min_group=2))
    assert found["effect.returned"].estimate == 0.5
    assert "no column recency" in found["effect.returned.recency_slope"].sentence

    unnamed = effects_of(no_recency, None).findings()
    assert [finding.verdict for finding in unnamed] == ["refused"]
    assert "parameter outcomes" in unnamed[0].sentence


def test_missing_outcomes_are_counted():
    rows = [*CAMPAIGN, ("mail", 2, None, 1.0)]
    finding = estimates(effects_of(contacts(rows, NAMES), ["returned"], min_group=2))[
        "effect.returned"
    ]
    assert finding.n == 12
    assert "1 customer without a value of it is left out." in finding.sentence


def test_outcomes_that_are_not_there_or_no_numbers_are_named():
    with pytest.raises(ParameterError, match="no column 'visits'; its columns are arm, recency"):
        effects_of(contacts(CAMPAIGN, NAMES), ["visits"])
    words = contacts([(*row, "x") for row in CAMPAIGN], [*NAMES, "note"])
    with pytest.raises(ParameterError, match="column 'note' of `contacts` holds text"):
        effects_of(words, ["note"])
