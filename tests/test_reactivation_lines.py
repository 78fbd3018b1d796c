"""What the study does with awkward lines: counted, named, and handled as the data dictionary says."""

from datetime import date

import days
import numpy as np
import pandas as pd
import pytest

from retorno.reactivation import lapse_states, line_counts, purchase_history
from retorno.reactivation.curves.aligned import aligned_sums
from retorno.reactivation.history import BUCKETS, first_purchases
from retorno.stats.recurrent import mean_cumulative
from retorno.tables import connect, read


def history(rows, *, last=100, con=None):
    return days.history(rows, last=last, con=con)


AWKWARD = [
    ("A", 0, 5), ("A", 0, 5), ("A", 0, 5),  # one line written three times, or three things of one price
    ("A", 3, 2), ("A", 3, -2),              # a day of total 0 with a purchase in it
    ("B", 9, 0),                            # nothing was paid
    ("C", 20, -4), ("C", 20, -4),           # goods sent back alone, twice alike
    ("D", 30, 7), ("D", 99, -7),
    ("E", 150, 1),                          # after the last day
]  # fmt: skip


def test_lines_are_counted_by_hand():
    """Of 10 lines inside: A's two repetitions and C's one are alike; on 6 days (A 0, A 3, B 9, C 20, D 30 and 99).

    Negative: A's, C's two, D's. Days of nothing but negative lines: C's and D's last. Customers: A, B, D.
    """
    contacts = read(
        "contacts",
        pd.DataFrame({"customer_id": ["A", "C", "X"], "arm": ["holdout", "mail", "mail"]}),
        con=(con := connect()),
    )
    counts = line_counts(history(AWKWARD, con=con), contacts).counts
    assert counts == {
        "lines": 10,
        "outside": 1,
        "alike": 3,
        "same_day": 4,
        "zero": 1,
        "sent_back": 4,
        "return_days": 2,
        "purchases": 4,
        "customers": 3,
        "contacts_known": 1,
        "contacts_unknown": 2,
    }


def test_duplicate_lines_are_kept_and_a_day_with_a_purchase_in_it_is_one():
    """A brings 15 on day 0 and 0 on day 3, and buys on both; B's 0 is a purchase; C never buys."""
    h = history(AWKWARD)
    days = h.days.order_by("customer_id", "day").execute()
    a = days[days.customer_id == "A"]
    assert a.value.tolist() == [15, 0]
    assert a.is_purchase.tolist() == [True, True]
    assert a.gap.tolist()[1] == 3
    assert lapse_states(h).returns_only == 1
    assert set(h.customers.customer_id.execute()) == {"A", "B", "D"}


def test_goods_sent_back_end_no_lapse_and_start_none():
    """D buys on day 30 and sends back on day 99: silent since day 30, lapsed on day 60, not back."""
    d = history(AWKWARD).customers.execute().set_index("customer_id").loc["D"]
    assert (d.left, d["last"], d.orders) == (30, 30, 1)
    assert pd.isna(d.back)


def test_the_day_of_a_time_with_a_zone_is_that_of_utc():
    """23:30 in New York is the next day in UTC, on every machine."""
    when = pd.to_datetime(["2024-01-01 23:30", "2024-01-02 23:30"]).tz_localize("America/New_York")
    frame = pd.DataFrame({"customer_id": ["A", "A"], "date": when, "amount": [1.0, 2.0]})
    h = purchase_history(read("transactions", frame, con=connect()), lapse_days=30, window_days=10)
    assert h.first_day == date(2024, 1, 2)
    assert h.days.day.execute().tolist() == [0, 1]


def test_more_customers_than_parts_share_them_and_the_error_hardly_moves():
    """3,000 customers in 1,000 parts: the mean is the plain mean to the last digit, the error within four of its own.

    The error of a standard error from n parts is about se / sqrt(2 n): 2.2 % here.
    """
    rng = np.random.default_rng(5)
    rows = [(f"C{i:05d}", 40, amount) for i, amount in enumerate(rng.integers(1, 100, 3_000))]
    h = history(rows)
    assert sorted(h.customers.bucket.execute().unique()) == list(range(BUCKETS))
    sums = aligned_sums(h, first_purchases(h).mutate(group=0), h.window_days, groups=1)
    curves = mean_cumulative(sums.full, sums.full_at_risk)
    amounts = np.array([amount for *_, amount in rows], dtype=float)
    assert curves.n == (3_000,)
    assert curves.mean[0, -1] == pytest.approx(amounts.mean(), rel=1e-12)
    plain = amounts.std(ddof=1) / np.sqrt(3_000)
    assert curves.se(0)[-1] == pytest.approx(plain, rel=4 / np.sqrt(2 * BUCKETS))


def test_a_window_that_the_end_of_the_data_cuts_counts_while_it_is_seen():
    """Window 10, last day 100. A from day 40: 6 on day 0 and 4 on day 5. B from 97: 2 on day 0, seen to offset 3.

    Censored: (6 + 2) / 2 = 4 on offset 0, then 4 / 1 more on offset 5: 8. The full window is A's alone: 10.
    """
    h = history([("A", 40, 6), ("A", 45, 4), ("B", 97, 2)])
    sums = aligned_sums(h, first_purchases(h).mutate(group=0), 10, groups=1)
    assert sums.at_risk.sum(axis=1)[0].tolist() == [2, 2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert mean_cumulative(sums.every, sums.at_risk).mean[0].tolist() == [4.0] * 5 + [8.0] * 5
    assert sums.full.sum(axis=(1, 2)).tolist() == [10.0]
