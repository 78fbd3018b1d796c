"""What a programme has left by the end of the data: by hand, words, refusals."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retorno.reactivation import (
    after_contact,
    campaign,
    observed,
    programme,
    purchase_history,
    second_life,
)
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)


def day(number):
    return (DAY0 + timedelta(days=number)).isoformat()


def seen(lines, people, *, margin_rate=0.5, fixed_cost=0.0, last=200, **options):
    """Return the observed programme of lines (customer, day, amount) and people (customer, arm, cost, returned)."""
    con = connect()
    lines = pd.DataFrame(lines, columns=["customer_id", "date", "amount"])
    lines["date"] = [day(number) for number in lines.date]
    people = pd.DataFrame(people, columns=["customer_id", "arm", "cost", "returned"])
    people["contacted_on"] = day(100)
    contacts = read("contacts", people, con=con)
    history = purchase_history(
        read("transactions", lines, con=con),
        lapse_days=30,
        window_days=90,
        margin_rate=margin_rate,
        observed_from=day(0),
        observed_until=day(last),
    )
    tests = campaign(
        contacts, ["returned"], return_outcome="returned", margin_rate=margin_rate, min_group=2
    )
    after = after_contact(history, contacts, tests, rng=np.random.default_rng(1))
    life = second_life(history, winback_cost=1.0, min_group=2)
    return observed(programme(tests, life, fixed_cost=fixed_cost), after)


LINES = [(c, 0, 10) for c in "ABCDEFGH"] + [
    ("A", 110, 40), ("B", 120, 20), ("C", 130, 30),  # contacted: 45 of margin for four
    ("E", 150, 20),                                  # held out: 10 for four
]  # fmt: skip
PEOPLE = [
    ("A", "mail", 2.0, 1), ("B", "mail", 2.0, 1), ("C", "mail", 2.0, 1), ("D", "mail", 2.0, 0),
    ("E", "holdout", 0.0, 0), ("F", "holdout", 0.0, 0), ("G", "holdout", 0.0, 0), ("H", "holdout", 0.0, 0),
]  # fmt: skip


def test_what_is_left_by_hand():
    """Margins 20, 10, 15, 0 of the contacted (mean 11.25) and 10, 0, 0, 0 of the holdout (2.5), within 90 days.

    4 x 8.75 = 35 more than the holdout; contacts cost 8, the programme 5 besides: 22 left.
    """
    found = seen(LINES, PEOPLE, fixed_cost=5.0).findings()[0]
    assert found.estimate == pytest.approx(22.0, rel=1e-12)
    assert found.unit == "EUR"
    assert "€35.00 of margin more than the holdout" in found.sentence
    assert "costs of €13.00" in found.sentence


def test_the_interval_is_that_of_the_curve_times_the_contacts_less_what_was_paid():
    """Costs are facts: 4 x (bounds of the difference) - 8."""
    result = seen(LINES, PEOPLE)
    found, curve = result.findings()[0], result.after.estimate
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (4 * curve.ci_low - 8, 4 * curve.ci_high - 8), rel=1e-12
    )
    assert found.verdict == "undecided"
    assert "whether it has paid by then is undecided" in found.sentence


def test_without_margin_or_days_after_the_contact_it_is_refused():
    revenue = seen(LINES, PEOPLE, margin_rate=None).findings()[0]
    assert revenue.verdict == "refused"
    assert "margin_rate" in revenue.sentence
    early = [(c, d, 10) for c in "ABCDEFGH" for d in (0, 40 + ord(c) % 5)]
    late = seen(early, PEOPLE, last=99).findings()[0]
    assert late.verdict == "refused"
    assert "Purchases after the contact are needed" in late.sentence
