"""What contact brings day by day: by hand, by plain loops, properties, and campaigns that cannot be joined."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.display import figure
from retorno.figures.reactivation.after import after as draw_after
from retorno.reactivation import purchase_history
from retorno.reactivation.contact.after import after_contact
from retorno.reactivation.contact.campaign import campaign
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)
# Last day 100, window 20. T are contacted on day 80, U on day 85, H is held out on either: 16 days, offsets 0 to 15.
LINES = [
    ("T1", 10, 5), ("T1", 80, 10), ("T1", 82, -2),
    ("T2", 95, 6), ("T2", 96, 50),
    ("T3", 5, 1),
    ("U1", 79, 9), ("U1", 100, 4),
    ("H1", 80, 3),
    ("H2", 84, 7), ("H2", 90, 2),
    ("X1", 0, 1), ("X1", 100, 100),
]  # fmt: skip
CONTACTS = [  # customer, arm, day, cost
    ("T1", "mail", 80, 1.0), ("T2", "mail", 80, 1.0), ("T3", "mail", 80, 3.0), ("T4", "mail", 80, 3.0),
    ("U1", "mail", 85, 2.0), ("U2", "mail", 85, 2.0),
    ("H1", "holdout", 80, 0.0), ("H2", "holdout", 85, 0.0), ("H3", "holdout", 85, 0.0), ("H4", "holdout", 80, 0.0),
    ("X1", "mail", 101, 9.0), ("X2", "mail", -5, 9.0), ("X3", "mail", None, 9.0),
]  # fmt: skip


def dated(days):
    return [None if day is None else DAY0 + timedelta(days=int(day)) for day in days]


def tables(lines=LINES, contacts=CONTACTS, *, last=100, window_days=20, margin_rate=1.0, drop=()):
    """Return history and the table of contacts, in one engine."""
    con = connect()
    bought = pd.DataFrame(lines, columns=["customer_id", "day", "amount"])
    bought["date"] = dated(bought.pop("day"))
    transactions = read("transactions", bought, con=con)
    asked = pd.DataFrame(contacts, columns=["customer_id", "arm", "day", "cost"])
    asked["contacted_on"] = dated(day if pd.notna(day) else None for day in asked.pop("day"))
    history = purchase_history(
        transactions,
        lapse_days=30,
        window_days=window_days,
        margin_rate=margin_rate,
        observed_from=DAY0.isoformat(),
        observed_until=(DAY0 + timedelta(days=last)).isoformat(),
    )
    return history, read("contacts", asked.drop(columns=list(drop)), con=con)


def after(history, contacts, *, seed=1, min_group=2, **options):
    tests = campaign(contacts, None, min_group=min_group, **options)
    return after_contact(history, contacts, tests, rng=np.random.default_rng(seed))


def estimates(result):
    return {finding.id: finding for finding in result.findings()}


@pytest.fixture(scope="module")
def by_hand():
    return after(*tables())


def test_value_by_hand(by_hand):
    """Followed for 100 - 85 + 1 = 16 days. Contacted: T1 10 - 2, T2 6 on offset 15 (96 is one too many), U1 4 on 15,
    T3, T4, U2 nothing: mean 18/6 = 3. Held out: H1 3, H2 2 on offset 5 (84 is before), H3, H4 nothing: 5/4.
    """
    assert by_hand.days == 16
    assert by_hand.curves.n == (4, 6)
    found = estimates(by_hand)["contact.incremental_value"]
    assert found.estimate == pytest.approx(3 - 1.25, rel=1e-12)
    treated, holdout = [8, 6, 0, 0, 4, 0], [3, 2, 0, 0]
    se = np.sqrt(np.var(treated, ddof=1) / 6 + np.var(holdout, ddof=1) / 4)
    assert found.ci_high == pytest.approx(1.75 + stats.t.ppf(0.975, 3) * se, rel=1e-9)
    assert (found.n, found.unit) == (10, "EUR per customer")
    assert "3 customers without a day of contact inside the data are left out" in found.sentence


def test_the_curve_by_hand(by_hand):
    """Offset 0: T1 10 of 6, H1 3 of 4; offset 2: T1 sends 2 back; offset 5: H2 2."""
    frame = by_hand.to_frame()
    assert frame.offset.tolist() == list(range(16))
    assert frame.treated.tolist() == pytest.approx([10 / 6] * 2 + [8 / 6] * 13 + [3.0])
    assert frame.holdout.tolist() == pytest.approx([0.75] * 5 + [1.25] * 11)
    assert (frame.band_low <= frame.ci_low).all()
    assert (frame.band_high >= frame.ci_high).all()


def test_payback_by_hand(by_hand):
    """Mean cost of the six inside the data: 12/6 = 2, above 1.75: not reached; at 1.75 it would be day 15."""
    found = estimates(by_hand)
    day, never = found["contact.payback_day"], found["contact.payback_day.never"]
    assert by_hand.cost == 2.0
    assert (day.estimate, day.ci_low, day.verdict) == (None, None, None)
    assert "does not reach its mean cost of €2.00 in 16 days: it ends at €1.75" in day.sentence
    assert 0.4 < never.estimate < 0.7
    history, contacts = tables(drop=["cost"])
    reached = estimates(after(history, contacts, contact_cost=1.75))["contact.payback_day"]
    assert reached.estimate == 15
    assert "on day 15" in reached.sentence


def test_arms_have_values_of_their_own():
    """T mails, U calls: T (8 + 6)/4 - 1.25, U 4/2 - 1.25; all of them as before."""
    contacts = [(who, "call" if who[0] == "U" else arm, day, c) for who, arm, day, c in CONTACTS]
    found = estimates(after(*tables(contacts=contacts)))
    assert found["contact.incremental_value"].estimate == pytest.approx(1.75)
    assert found["contact.incremental_value.mail"].estimate == pytest.approx(3.5 - 1.25)
    assert found["contact.incremental_value.call"].estimate == pytest.approx(2 - 1.25)
    assert '"call"' in found["contact.incremental_value.call"].sentence


def test_nobody_is_followed_longer_than_a_window():
    result = after(*tables(window_days=5))
    assert result.days == 5
    assert estimates(result)["contact.incremental_value"].estimate == pytest.approx(8 / 6 - 0.75)


def random_campaign(seed=2, customers=150):
    r = np.random.default_rng(seed)
    lines = [(f"C{i}", d, a) for i, d, a in zip(
        r.integers(0, customers, 700), r.integers(0, 300, 700), r.lognormal(2, 1, 700).round(2),
        strict=True,
    )]  # fmt: skip
    arms = r.choice(["holdout", "mail", "call"], customers + 30)
    days = r.integers(190, 230, customers + 30)
    contacts = [(f"C{i}", a, d, 1.0) for i, (a, d) in enumerate(zip(arms, days, strict=True))]
    return lines, contacts


def test_the_engine_agrees_with_plain_loops():
    """30 customers of contacts have no line at all; they are in every mean."""
    lines, contacts = random_campaign()
    result = after(*tables(lines, contacts, last=300, window_days=50))
    assert result.days == 50
    values = {"holdout": [], "treated": []}
    for who, arm, day, _ in contacts:
        mine = [(d - day, a) for c, d, a in lines if c == who]
        by_offset = np.array([sum(a for d, a in mine if 0 <= d <= offset) for offset in range(50)])
        values["holdout" if arm == "holdout" else "treated"].append(by_offset)
    frame = result.to_frame()
    for name, curves in values.items():
        assert frame[name].tolist() == pytest.approx(np.mean(curves, axis=0).tolist(), rel=1e-9)
    want = stats.ttest_ind(
        [c[-1] for c in values["treated"]], [c[-1] for c in values["holdout"]], equal_var=False
    )
    got = result.estimate
    assert got.value / got.se == pytest.approx(want.statistic, rel=1e-9)


def test_swapping_who_is_contacted_flips_the_sign():
    lines, contacts = random_campaign()
    two = [(who, "mail" if arm == "call" else arm, d, c) for who, arm, d, c in contacts]
    other = {"mail": "holdout", "holdout": "mail"}
    swapped = [(who, other[arm], d, c) for who, arm, d, c in two]
    one, back = (after(*tables(lines, c, last=300)) for c in (two, swapped))
    assert back.estimate.value == pytest.approx(-one.estimate.value, rel=1e-12)
    assert back.estimate.se == pytest.approx(one.estimate.se, rel=1e-12)


def test_a_holdout_without_days_stands_on_the_only_day_of_contact():
    alike = [(who, arm, 80, c) for who, arm, _, c in CONTACTS if who[0] != "X"]
    blank = [(who, arm, None if arm == "holdout" else 80, c) for who, arm, _, c in alike]
    one, two = (after(*tables(contacts=c)) for c in (alike, blank))
    assert two.estimate == one.estimate
    assert "stands on the only day of contact" in two.findings()[0].sentence
    assert "stands on" not in one.findings()[0].sentence


REFUSED = {
    "no customer_id": ({"drop": ["customer_id"]}, "no column customer_id, so it cannot be joined"),
    "no day": ({"drop": ["contacted_on"]}, "no column contacted_on"),
    "neither": ({"drop": ["customer_id", "contacted_on"]}, "customer_id, contacted_on"),
    "after the data": (
        {"contacts": [(who, arm, 150, c) for who, arm, _, c in CONTACTS]},
        "2024-01-01 to 2024-04-10; 13 lie after it",
    ),
    "no day filled": (
        {"contacts": [(who, arm, None, c) for who, arm, _, c in CONTACTS]},
        "no day of contact lies inside",
    ),
    "holdout without days": (
        {"contacts": [(w, a, None if a == "holdout" else d, c) for w, a, d, c in CONTACTS]},
        "the holdout has no day in contacted_on and those contacted have 4",
    ),
    "no holdout": (
        {"contacts": [c for c in CONTACTS if c[1] != "holdout"]},
        'in "holdout" with a day of contact inside the data: 0; at least 2 are needed',
    ),
    "holdout alone": (
        {"contacts": [c for c in CONTACTS if c[1] == "holdout"]},
        'in "all treated" with a day of contact inside the data: 0',
    ),
    "no purchase after": (
        {"lines": [(c, d, a) for c, d, a in LINES if d < 80 or c[0] == "X"]},
        "every customer brought the same",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_joined_is_refused_with_the_reason(name):
    options, words = REFUSED[name]
    result = after(*tables(**options))
    found = estimates(result)
    assert found["contact.incremental_value"].verdict == "refused"
    assert words in found["contact.incremental_value"].sentence
    assert figure(draw_after, result)


def test_without_purchases_nothing_can_be_told():
    _, contacts = tables()
    found = estimates(after(None, contacts))
    assert {f.verdict for f in found.values()} == {"refused"}
    assert "table transactions" in found["contact.payback_day"].sentence


def test_payback_needs_margin_and_cost():
    history, contacts = tables(margin_rate=None, drop=["cost"])
    result = after(history, contacts)
    day = estimates(result)["contact.payback_day"]
    assert day.verdict == "refused"
    assert "a column margin or margin_rate, a column cost or contact_cost" in day.sentence
    assert "revenue" in estimates(result)["contact.incremental_value"].sentence
    assert result.to_frame().shape[0] == 16
    assert figure(draw_after, result)


def test_a_contact_that_costs_nothing_is_back_at_once():
    history, contacts = tables(drop=["cost"])
    result = after(history, contacts, contact_cost=0)
    found = estimates(result)
    assert found["contact.payback_day"].estimate == 0
    assert "cost nothing" in found["contact.payback_day"].sentence
    assert found["contact.payback_day.never"].estimate == 0


def test_a_small_group_is_refused_and_one_below_thirty_warned_of(by_hand):
    assert "Only 4 units stand behind" in estimates(by_hand)["contact.incremental_value"].sentence
    found = estimates(after(*tables(), min_group=5))
    assert found["contact.incremental_value"].verdict == "refused"
    assert "4; at least 5 are needed (parameter min_group)" in found["contact.payback_day"].sentence


def test_the_figure_keeps_its_words_apart(by_hand):
    lines, contacts = random_campaign()
    big = after(*tables(lines, contacts, last=300, window_days=60))
    for result in (by_hand, big, after(*tables(window_days=1))):
        check_words(drawn(draw_after, result))
        assert result.title()
        assert result.alternative()
