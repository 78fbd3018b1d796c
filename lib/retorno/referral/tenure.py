"""From customers and their margins to how long each was followed and what each month of tenure brought.

Tenure counts from the day of joining. Month k starts 30.4375 (k - 1) days after it, and a customer reached it when

    30.4375 (k - 1) <  left_on - joined_on    for those who left (month 1 is reached by everybody),
    30.4375 (k - 1) <= last day - joined_on   for those still there on the last day of data.

Who joined before the first day of data and was still there comes into sight on that day, so many days after joining
(late entry); of such a customer only months that start from then on are seen. `margins` must hold a row, also when it
is 0, for each month reached in sight and for no other. The join stays in the engine; what leaves it is one row for each
customer, and the margins of one month at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from retorno.errors import ParameterError, TableError
from retorno.language import date as written
from retorno.language import listed, mark, say, say_n
from retorno.referral.earned import months_of, refuse_gaps, refuse_unknown
from retorno.tables.period import observed_period

MONTH_DAYS = 30.4375
# The same as a ratio of whole numbers, so that the engine counts months without rounding.
_DAYS, _PARTS = 487, 16

# Columns of `customers` that say who, when and how, and are no covariates.
_OWN = frozenset(("customer_id", "joined_on", "left_on", "referred", "referrer_id"))

REFERRED, OTHER = True, False
NAMES = {REFERRED: mark("Referred"), OTHER: mark("Other")}


@dataclass(frozen=True, slots=True)
class Tenure:
    """How long each customer was followed, and the margins of each month of tenure.

    Attributes
    ----------
    days : ndarray of int, shape (n,)
        Whole days from joining to leaving, or to the last day of data.
    left, referred : ndarray of bool, shape (n,)
        Whether the customer left by the last day; whether somebody brought the customer.
    entry : ndarray of int, shape (n,)
        Whole days from joining to coming into sight: 0 for who joined inside the data.
    joined : ndarray of int, shape (n,)
        Whole days from the first day of data to joining; negative for who came into sight late.
    ids : ndarray of object, shape (n,)
        customer_id; positions follow their order.
    reach : ndarray of int, shape (n,)
        Whole days from joining to the last day of data, whether the customer left before it or not.
    customers, people : ibis.Table
        The table as given; customer_id, position (in the arrays) and what follows from the dates of those observed.
    panel : ibis.Table or None
        position, month, margin; None when no margins were given.
    first_day, last_day : date
        Of the data.
    horizon_months : int
        Months of tenure that value counts.
    left_out, rows_left_out : int
        Customers who left before the first or joined after the last day; rows of margins that belong to
        them or to months that start on days not observed.
    """

    days: np.ndarray
    left: np.ndarray
    referred: np.ndarray
    reach: np.ndarray
    entry: np.ndarray
    joined: np.ndarray
    ids: np.ndarray
    customers: object
    people: object
    panel: object
    first_day: date
    last_day: date
    horizon_months: int
    left_out: int
    rows_left_out: int

    def size(self, group: bool) -> int:
        """Return the customers of a group, `REFERRED` or `OTHER`."""
        return int((self.referred == group).sum())

    def month(self, month: int) -> tuple[np.ndarray, np.ndarray]:
        """Return who has a row for a month of tenure, and the margins: positions, margin; by position."""
        rows = self.panel.filter(self.panel.month == month).order_by("position")
        frame = rows.select("position", "margin").execute()
        return frame.position.to_numpy(dtype=int), frame.margin.to_numpy(dtype=float)

    def months(self, group: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield for month 1 to the horizon who of a group is present, and the margins.

        Positions count within the group, as in ``days[referred == group]``.
        """
        member = self.referred == group
        within = np.cumsum(member) - 1
        for month in range(1, self.horizon_months + 1):
            who, margin = self.month(month)
            yield within[who[member[who]]], margin[member[who]]

    def present(self, group: bool, month: int) -> int:
        """Return how many customers of a group reached the start of a month of tenure."""
        start = float(month_start(month))
        # Who leaves on the day a month starts did not reach it, but month 1 is reached by everybody.
        reached = np.where(self.left, self.days > start, self.days >= start) | (month == 1)
        return int((reached & (self.entry <= start) & (self.referred == group)).sum())

    @property
    def late(self) -> int:
        """Customers who joined before the first day of data and came into sight on it."""
        return int((self.entry > 0).sum())

    def covariates(self, names: Sequence[str]):
        """Return columns of `customers` as a frame, a row for each customer in the order of positions.

        Raises
        ------
        ParameterError
            When `customers` has no column of a name, or it is none that was known at joining.
        """
        there = [name for name in self.customers.columns if name not in _OWN]
        for name in names:
            if name not in there:
                raise ParameterError(
                    say(
                        "covariates: customers has no column {name} that could be one; there is {there}.",
                        name=repr(name),
                        there=listed(there) or say("none"),
                    )
                )
        known = self.customers.select("customer_id", **{f"given:{name}": name for name in names})
        rows = self.people.select("customer_id", "position").join(known, "customer_id")
        frame = rows.order_by("position").select(*(f"given:{name}" for name in names)).execute()
        return frame.set_axis(list(names), axis=1)

    def to_frame(self):
        """Return group, customers, left, share of them, and median days followed."""
        import pandas as pd

        rows = []
        for group, name in NAMES.items():
            member = self.referred == group
            n, left = int(member.sum()), int(self.left[member].sum())
            followed = float(np.median(self.days[member])) if n else None
            rows.append((say(name), n, left, left / n if n else None, followed))
        columns = ["group", "customers", "left", "share_left", "days_followed"]
        return pd.DataFrame(rows, columns=columns)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "group": (say("Group"), "text"),
            "customers": (say("Customers"), "count"),
            "left": (say("Left by the last day"), "count"),
            "share_left": (say("Share"), "share"),
            "days_followed": (say("Days followed, median"), "count"),
        }

    def table_caption(self) -> str:
        """Say who is in the table, and who was left out."""
        caption = say(
            "Customers in sight from {first} on and followed to {last}, the last day of data.",
            first=written(self.first_day),
            last=written(self.last_day),
        )
        if self.late:
            caption += " " + say_n(
                "{n} of them joined earlier and comes into sight on the first day (late entry).",
                "{n} of them joined earlier and come into sight on the first day (late entry).",
                self.late,
            )
        if self.left_out:
            caption += " " + say_n(
                "{n} customer who left before or joined after the days observed is left out.",
                "{n} customers who left before or joined after the days observed are left out.",
                self.left_out,
            )
        if self.rows_left_out:
            caption += " " + say_n(
                "{n} row of margins that belongs to days not observed is left out.",
                "{n} rows of margins that belong to days not observed are left out.",
                self.rows_left_out,
            )
        return caption


def month_start(month):
    """Return the days from joining to the start of a month of tenure, counted from 1."""
    return MONTH_DAYS * (np.asarray(month) - 1)


def follow(
    customers,
    margins=None,
    *,
    horizon_months: int,
    observed_from: str | None = None,
    observed_until: str | None = None,
) -> Tenure:
    """Return how long each customer was followed and what each month brought.

    Parameters
    ----------
    customers : ibis.Table
        A checked `customers` table.
    margins : ibis.Table, optional
        A checked `margins` table of the same customers.
    horizon_months : int
        Months of tenure that value counts, 1 or more.
    observed_from, observed_until : str, optional
        First and last day of the data as ISO dates. When not given: the earliest day of joining; the
        latest day on which somebody joined, left or, by a row of `margins`, began a month. Who joined
        before the first day and was still there enters late. Customers who left before or joined after
        the days observed are left out and counted, and so are rows of months that start outside them.

    Raises
    ------
    ParameterError
        When the horizon or a day is impossible.
    TableError
        When margins are there without a customer, without a month reached or for a month not reached.
    """
    if horizon_months < 1:
        raise ParameterError(
            say(
                "horizon_months: wanted a whole number of months, 1 or more; got {got}.",
                got=horizon_months,
            )
        )
    if customers is None:
        raise TableError(
            say("customers: this table is needed; margins alone do not say who was referred.")
        )
    if margins is not None:
        refuse_unknown(customers, margins)
    first_day, last_day = observed_period(
        *_found(customers, margins), observed_from, observed_until
    )
    people = _people(customers, first_day, last_day).cache()
    panel, dropped = None, 0
    if margins is not None:
        panel = months_of(people, margins)
        refuse_gaps(people, panel, last_day)
        dropped = int(margins.count().execute()) - int(panel.count().execute())
    names = ("days", "left", "referred", "reach", "entry", "joined", "customer_id")
    rows = people.order_by("position").select(*names).execute()
    return Tenure(
        days=rows["days"].to_numpy(dtype=int),
        left=rows["left"].to_numpy(dtype=bool),
        referred=rows["referred"].to_numpy(dtype=bool),
        reach=rows["reach"].to_numpy(dtype=int),
        entry=rows["entry"].to_numpy(dtype=int),
        joined=rows["joined"].to_numpy(dtype=int),
        ids=rows["customer_id"].to_numpy(dtype=object),
        customers=customers,
        people=people,
        panel=panel,
        first_day=first_day,
        last_day=last_day,
        horizon_months=horizon_months,
        left_out=int(customers.count().execute()) - len(rows),
        rows_left_out=dropped,
    )


def _found(customers, margins) -> tuple:
    """Return the first day of joining and the latest day on which anything is known to have happened."""
    import pandas as pd

    ends = customers.aggregate(
        first=customers.joined_on.min(),
        joined=customers.joined_on.max(),
        left=customers.left_on.max(),
    )
    first, *seen = ends.execute().iloc[0]
    if margins is not None:
        seen.append(_latest_start(customers, margins))
    return first, max(pd.Timestamp(day) for day in seen if not pd.isna(day))


def _latest_start(customers, margins):
    """Return the latest day on which somebody still a customer began a month that has a row."""
    stay = customers.filter(customers.left_on.isnull())  # noqa: PD003 (Ibis, not pandas)
    latest = margins.group_by("customer_id").aggregate(month=margins.month.max().cast("int64"))
    rows = stay.join(latest, "customer_id")
    whole = ((rows.month - 1) * _DAYS + _PARTS - 1) // _PARTS
    starts = rows.mutate(start=rows.joined_on.epoch_days() + whole)
    days = starts.start.max().execute()
    return None if days is None or np.isnan(days) else date(1970, 1, 1) + timedelta(days=int(days))


def _people(customers, first_day: date, last_day: date):
    """Return the customers observed: customer_id, position, referred, and what follows from their dates.

    days, left, reach, entry, joined; `first` and `reached` are the first month that starts in sight and the last one
    whose start the customer reached.
    """
    import ibis

    first, last = ibis.date(first_day), ibis.date(last_day)
    still = customers.left_on.isnull() | (customers.left_on > first)  # noqa: PD003 (Ibis, not pandas)
    inside = (customers.joined_on >= first) | still
    seen = customers.filter((customers.joined_on <= last) & inside)
    seen = seen.select(
        "customer_id",
        "referred",
        position=ibis.row_number().over(order_by=seen.customer_id),
        reach=last.delta(seen.joined_on, unit="day").cast("int64"),
        joined=-first.delta(seen.joined_on, unit="day").cast("int64"),
        stayed=seen.left_on.delta(seen.joined_on, unit="day"),
        left=(seen.left_on <= last).fill_null(False),
    )
    seen = seen.mutate(
        days=seen.left.ifelse(seen.stayed, seen.reach).cast("int64"),
        entry=ibis.greatest(-seen.joined, 0),
    )
    before_leaving = ibis.greatest(_month_from(seen.days), 1)
    until_last = seen.days * _PARTS // _DAYS + 1
    return seen.mutate(
        first=_month_from(seen.entry) + 1,
        reached=seen.left.ifelse(before_leaving, until_last).cast("int64"),
    ).drop("stayed")


def _month_from(days):
    """Return the number of months that start before so many days after joining."""
    return (days * _PARTS + _DAYS - 1) // _DAYS
