"""What tests of the reactivation study share: purchases as (customer, day, amount), day 0 the first of the data."""

from datetime import date, timedelta

import pandas as pd

from retorno.reactivation import purchase_history
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)
LINES = [  # customer, day, amount; lapse 30, window 10, last day 200
    ("A", 0, 10), ("A", 20, 5), ("A", 60, 8), ("A", 65, 2),
    ("B", 40, 20), ("B", 40, 4), ("B", 45, -4),
    ("C", 50, 6), ("C", 80, 3), ("C", 170, 9), ("C", 195, 1),
    ("D", 150, 0), ("D", 171, 7),
    ("E", 10, -3),
    ("F", 195, 12),
    ("G", 169, 4),
    ("H", 170, 5),
    ("I", 5, 2), ("I", 100, 11), ("I", 103, -1),
    ("J", 7, 1), ("J", 99, 4),
]  # fmt: skip


def day(number):
    """Return the date of a day as ISO text."""
    return (DAY0 + timedelta(days=int(number))).isoformat()


def lines_table(lines, con=None):
    """Return the checked table of (customer, day, amount)."""
    frame = pd.DataFrame(lines, columns=["customer_id", "day", "amount"])
    frame["date"] = [day(number) for number in frame.pop("day")]
    return read("transactions", frame, con=con or connect())


def history(lines=LINES, *, last=200, lapse_days=30, window_days=10, con=None, **rules):
    """Return the history of (customer, day, amount) over days 0 to `last`."""
    rules = {"observed_from": day(0), "observed_until": day(last)} | rules
    return purchase_history(
        lines_table(lines, con), lapse_days=lapse_days, window_days=window_days, **rules
    )
