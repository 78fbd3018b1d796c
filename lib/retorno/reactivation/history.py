"""From lines of purchases to what each customer did, day by day.

A purchase is all lines of one customer on one calendar day. A day with only negative lines is a return: its
money counts, but it neither starts a spell nor ends a lapse. Everything stays in the engine; days are counted
from the first day of the data, which is day 0.
"""

from dataclasses import dataclass
from datetime import date

from retorno.errors import ParameterError, TableError
from retorno.language import say
from retorno.tables.period import observed_period

# Sums of doubles depend on the order in which parallel threads meet them; sums of decimals do not.
# Six decimals hold a millionth of a currency unit; where no amount is large, narrow decimals are faster.
_EXACT, _NARROW, _LARGE = "decimal(38, 6)", "decimal(18, 6)", 1e11
BUCKETS = 1_000
"""Random parts of all customers over which sums are taken, each customer in one alone where they are fewer."""


@dataclass(frozen=True, slots=True)
class History:
    """Purchases of every customer, in the engine.

    Attributes
    ----------
    days : ibis.Table
        One row for each customer and day with lines: customer_id, day, value, is_purchase, lines (how many), so_far
        (value up to and with this day), window (value of the `window_days` days that begin with this one); of days that
        are purchases also order (1 = first seen) and gap (days since the purchase before, null for the first).
    customers : ibis.Table
        One row for each customer with a purchase: customer_id; bucket, which of `BUCKETS` random parts of
        all customers it is in; orders; the days `first` and `last` of its purchases; `second` and
        second_gap; the first lapse: `left`, the day of the purchase it follows, left_order and
        left_value, purchases and value before the return, or in all; `back`, the day of the first
        reactivation; and the value of the windows that begin with these purchases: first_window,
        second_window, back_window. Null where there is none.
    transactions : ibis.Table
        Lines inside the period: customer_id, day, amount, value.
    measure : str
        What `value` is: "margin" or "revenue".
    first_day, last_day : date
        First and last day of the data; `last` is the last day as a number.
    lapse_days, window_days : int
        Silence, in days, beyond which a customer has lapsed; length of a window.
    first_purchase_known, all_spells : bool
        As the parameters of these names.
    lines, outside : int
        Lines inside the period, and lines left out because they lie outside it.
    """

    days: object
    customers: object
    transactions: object
    measure: str
    first_day: date
    last_day: date
    last: int
    lapse_days: int
    window_days: int
    first_purchase_known: bool
    all_spells: bool
    lines: int
    outside: int

    @property
    def purchases(self):
        """The days that are purchases."""
        return self.days.filter(self.days.is_purchase)

    @property
    def returned_goods(self):
        """The lines of goods sent back, their amount negative."""
        return self.transactions.filter(self.transactions.amount < 0)


def exact_sum(column, kind: str = _EXACT):
    """Return the sum of an engine column, the same to the last digit in whatever order rows are met."""
    return column.cast(kind).sum().cast("float64")


def purchase_history(
    transactions,
    *,
    lapse_days: int,
    window_days: int,
    first_purchase_known: bool = False,
    all_spells: bool = False,
    observed_from: str | None = None,
    observed_until: str | None = None,
    margin_rate: float | None = None,
) -> History:
    """Return the purchases of each customer with the gaps between them.

    Parameters
    ----------
    transactions : ibis.Table
        A checked `transactions` table.
    lapse_days : int
        Days of silence beyond which a customer has lapsed, at least 1.
    window_days : int
        Length of a window in days, that of its first purchase included; at least 1.
    first_purchase_known : bool
        Every customer's first purchase in the data is the first ever.
    all_spells : bool
        Count every lapse and return of a customer, not the first alone.
    observed_from, observed_until : str, optional
        First and last day of the data as ISO dates; earliest and latest date when not given. Lines
        outside are left out and counted.
    margin_rate : float, optional
        Margin as a fraction of the amount; without it the column `margin` if there is one, else revenue.
    """
    _check_rules(lapse_days, window_days, margin_rate)
    measure, money = _money(transactions, margin_rate)
    first_day, last_day, lines = _observed(transactions, money, observed_from, observed_until)
    inside = _inside(transactions, first_day, last_day, money)
    if not lines.purchases:
        raise TableError(
            say(
                "transactions: no purchase between {first} and {last}, the days observed: there is no line "
                "with an amount of 0 or more.",
                first=first_day.isoformat(),
                last=last_day.isoformat(),
            )
        )
    last = (last_day - first_day).days
    days = _days(inside, window_days, _NARROW if lines.largest < _LARGE else _EXACT).cache()
    return History(
        days=days,
        customers=_customers(days, last, lapse_days).cache(),
        transactions=inside,
        measure=measure,
        first_day=first_day,
        last_day=last_day,
        last=last,
        lapse_days=lapse_days,
        window_days=window_days,
        first_purchase_known=first_purchase_known,
        all_spells=all_spells,
        lines=int(lines.inside),
        outside=int(lines.total - lines.inside),
    )


def _check_rules(lapse_days, window_days, margin_rate) -> None:
    for name, days in (("lapse_days", lapse_days), ("window_days", window_days)):
        if days < 1:
            raise ParameterError(
                say(
                    "{name}: wanted a whole number of days, 1 or more; got {got}.",
                    name=name,
                    got=days,
                )
            )
    if margin_rate is not None and not 0 < margin_rate <= 1:
        raise ParameterError(
            say(
                "margin_rate: wanted a fraction of the amount above 0 and up to 1; got {got}.",
                got=margin_rate,
            )
        )


def _observed(transactions, money, observed_from, observed_until):
    """Return the first and the last day; counts of lines, all, inside and purchases; the largest value."""
    import ibis

    t = transactions
    first, last = t.aggregate(first=t.date.min(), last=t.date.max()).execute().iloc[0]
    days = observed_period(first, last, observed_from, observed_until)
    is_inside = t.date.between(*map(ibis.date, days))
    counts = t.aggregate(
        total=t.count(),
        inside=is_inside.sum(),
        purchases=(is_inside & (t.amount >= 0)).sum(),
        largest=money.abs().max(),
    )
    return *days, counts.execute().fillna(0).iloc[0]


def _money(transactions, margin_rate):
    if margin_rate is not None:
        return "margin", transactions.amount * margin_rate
    if "margin" in transactions.columns:
        return "margin", transactions.margin
    return "revenue", transactions.amount


def _inside(transactions, first_day, last_day, money):
    import ibis

    t, first_day, last_day = transactions, ibis.date(first_day), ibis.date(last_day)
    return t.filter(t.date.between(first_day, last_day)).select(
        "customer_id",
        "amount",
        day=t.date.delta(first_day, unit="day").cast("int32"),
        value=money,
    )


def _days(lines, window_days, kind):
    """Return `History.days`: all of it in one pass over days sorted by customer; values are summed as `kind`."""
    import ibis

    days = lines.group_by("customer_id", "day").aggregate(
        value=exact_sum(lines.value, kind),
        is_purchase=lines.amount.max() >= 0,
        lines=lines.count().cast("int32"),
    )
    by = {"group_by": days.customer_id, "order_by": days.day}
    until = ibis.window(rows=(None, 0), **by)
    bought = days.is_purchase.ifelse(days.day, ibis.null("int32"))

    def of_purchases(value):
        return days.is_purchase.ifelse(value, ibis.null("int32")).cast("int32")

    return days.select(
        "customer_id",
        "day",
        "value",
        "is_purchase",
        "lines",
        order=of_purchases(days.is_purchase.cast("int32").sum().over(until)),
        gap=of_purchases(days.day - bought.max().over(ibis.window(rows=(None, -1), **by))),
        so_far=days.value.sum().over(until),
        window=days.value.sum().over(ibis.window(range=(0, window_days - 1), **by)),
    )


def _customers(days, last, lapse_days):
    import ibis

    d = days
    back = d.gap > lapse_days
    customers = d.group_by("customer_id").aggregate(
        orders=d.order.max(),
        first=d.day.min(where=d.order == 1),
        first_window=d.window.max(where=d.order == 1),
        last=d.day.max(where=d.is_purchase),
        second=d.day.min(where=d.order == 2),
        second_gap=d.gap.max(where=d.order == 2),
        second_window=d.window.max(where=d.order == 2),
        value=d.so_far.argmax(d.day),
        back=d.day.min(where=back),
        back_gap=d.gap.argmin(d.day, where=back),
        back_order=d.order.argmin(d.day, where=back),
        back_before=(d.so_far - d.value).argmin(d.day, where=back),
        back_window=d.window.argmin(d.day, where=back),
    )
    customers = customers.filter(customers.orders.notnull())
    place = ibis.row_number().over(order_by=customers.customer_id)
    gone = (last - customers["last"] > lapse_days).ifelse(customers["last"], ibis.null("int32"))
    return customers.select(
        *(name for name in customers.columns if not name.startswith("back_") and name != "value"),
        "back_window",
        left=(customers.back - customers.back_gap).coalesce(gone),
        left_order=(customers.back_order - 1).coalesce(customers.orders),
        left_value=customers.back_before.coalesce(customers.value),
        bucket=(place % BUCKETS).cast("int32"),
    )


def lapses(history: History):
    """Return the lapses as an engine table, the first of each customer, or all with `all_spells`.

    Columns: customer_id, bucket; lapse_day, day of the last purchase + `lapse_days`; back_after, days from
    there to the next purchase, null when there is none; orders and value, what was bought and brought before
    that next purchase, or in all.
    """
    import ibis

    limit = history.lapse_days
    if not history.all_spells:
        c = history.customers
        return c.filter(c.left.notnull()).select(
            "customer_id",
            "bucket",
            lapse_day=c.left + limit,
            back_after=c.back - c.left - limit,
            orders=c.left_order,
            value=c.left_value,
        )
    p, c = _with_bucket(history), history.customers
    returned = p.filter(p.gap > limit).select(
        "customer_id",
        "bucket",
        lapse_day=p.day - p.gap + limit,
        back_after=(p.gap - limit).cast("int32"),
        orders=(p.order - 1).cast("int32"),
        value=p.so_far - p.value,
    )
    in_all = history.days.group_by("customer_id").aggregate(
        value=history.days.so_far.argmax(history.days.day)
    )
    gone = c.filter(history.last - c["last"] > limit).join(in_all, "customer_id")
    gone = gone.select(
        "customer_id",
        "bucket",
        lapse_day=gone["last"] + limit,
        back_after=ibis.null("int32"),
        orders=gone.orders,
        value=gone.value,
    )
    return returned.union(gone)


def reactivations(history: History):
    """Return the first purchase after each lapse, one for each customer unless `all_spells`.

    Columns: customer_id, bucket, day, and window, the value of the window that begins with it.
    """
    if not history.all_spells:
        c = history.customers
        return c.filter(c.back.notnull()).select(
            "customer_id", "bucket", day="back", window="back_window"
        )
    p = _with_bucket(history)
    return p.filter(p.gap > history.lapse_days).select("customer_id", "bucket", "day", "window")


def first_purchases(history: History):
    """Return the new customers: customer_id, bucket, and day and window of a purchase that can be the first ever."""
    c = history.customers
    if not history.first_purchase_known:
        c = c.filter(c["first"] > history.lapse_days)
    return c.select("customer_id", "bucket", day="first", window="first_window")


def second_purchases(history: History):
    """Return the second purchases: customer_id, bucket, day, window, and group: 1 after a silence beyond the lapse."""
    c = history.customers.drop_null("second")
    is_long = (c.second_gap > history.lapse_days).cast("int8")
    return c.select("customer_id", "bucket", day="second", window="second_window", group=is_long)


def full_windows(history: History, starts):
    """Return those of `starts` whose whole window lies inside the data."""
    return starts.filter(starts.day + history.window_days - 1 <= history.last)


def _with_bucket(history: History):
    return history.purchases.join(history.customers.select("customer_id", "bucket"), "customer_id")
