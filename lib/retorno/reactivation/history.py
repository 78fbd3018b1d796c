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
# Six decimals hold a millionth of a currency unit.
_EXACT = "decimal(38, 6)"


@dataclass(frozen=True, slots=True)
class History:
    """Purchases of every customer, in the engine.

    Attributes
    ----------
    days : ibis.Table
        One row for each customer and day with lines: customer_id, day, value, is_purchase.
    purchases : ibis.Table
        The days that are purchases: customer_id, day, order (1 = first seen), gap (days since the
        purchase before, null for the first), next_gap (days to the next, null when none).
    measure : str
        What `value` is: "margin" or "revenue".
    first_day, last_day : date
        First and last day of the data; `last` is the last day as a number.
    lapse_days : int
        Silence, in days, beyond which a customer has lapsed.
    first_purchase_known, all_spells : bool
        As the parameters of these names.
    lines, outside : int
        Lines inside the period, and lines left out because they lie outside it.
    """

    days: object
    purchases: object
    measure: str
    first_day: date
    last_day: date
    last: int
    lapse_days: int
    first_purchase_known: bool
    all_spells: bool
    lines: int
    outside: int


def exact_sum(column):
    """Return the sum of an engine column, the same to the last digit in whatever order rows are met."""
    return column.cast(_EXACT).sum().cast("float64")


def purchase_history(
    transactions,
    *,
    lapse_days: int,
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
    import ibis

    if lapse_days < 1:
        raise ParameterError(
            say(
                "{name}: wanted a whole number of days, 1 or more; got {got}.",
                name="lapse_days",
                got=lapse_days,
            )
        )
    if margin_rate is not None and not 0 < margin_rate <= 1:
        raise ParameterError(
            say(
                "margin_rate: wanted a fraction of the amount above 0 and up to 1; got {got}.",
                got=margin_rate,
            )
        )
    ends = transactions.aggregate(first=transactions.date.min(), last=transactions.date.max())
    first, last = ends.execute().iloc[0]
    first_day, last_day = observed_period(first, last, observed_from, observed_until)
    measure, money = _money(transactions, margin_rate)
    inside = transactions.date.between(ibis.date(first_day), ibis.date(last_day))
    lines = transactions.select(
        "customer_id",
        day=transactions.date.delta(ibis.date(first_day), unit="day").cast("int32"),
        value=money,
        amount=transactions.amount,
        inside=inside,
    )
    days = (
        lines.filter(lines.inside)
        .group_by("customer_id", "day")
        .aggregate(
            value=lambda t: exact_sum(t.value),
            is_purchase=lambda t: t.amount.max() >= 0,
            lines=lambda t: t.count(),
        )
        .cache()
    )
    counts = (
        days.aggregate(lines=days.lines.sum(), purchases=days.is_purchase.sum()).execute().iloc[0]
    )
    if not counts.purchases:
        raise TableError(
            say(
                "transactions: no purchase between {first} and {last}, the days observed: there is no line "
                "with an amount of 0 or more.",
                first=first_day.isoformat(),
                last=last_day.isoformat(),
            )
        )
    return History(
        days=days,
        purchases=_with_gaps(days).cache(),
        measure=measure,
        first_day=first_day,
        last_day=last_day,
        last=(last_day - first_day).days,
        lapse_days=lapse_days,
        first_purchase_known=first_purchase_known,
        all_spells=all_spells,
        lines=int(counts.lines),
        outside=int(transactions.count().execute()) - int(counts.lines),
    )


def _money(transactions, margin_rate):
    if margin_rate is not None:
        return "margin", transactions.amount * margin_rate
    if "margin" in transactions.columns:
        return "margin", transactions.margin
    return "revenue", transactions.amount


def _with_gaps(days):
    import ibis

    purchases = days.filter(days.is_purchase)
    by_customer = ibis.window(group_by=purchases.customer_id, order_by=purchases.day)
    return purchases.select(
        "customer_id",
        "day",
        order=ibis.row_number().over(by_customer) + 1,
        gap=purchases.day - purchases.day.lag(1).over(by_customer),
        next_gap=purchases.day.lead(1).over(by_customer) - purchases.day,
    )


def lapses(history: History):
    """Return the lapses as an engine table: customer_id, lapse_day, back_after.

    `lapse_day` is purchase day + `lapse_days`; `back_after` is the days from there to the next
    purchase, null when there is none. The first lapse of each customer, or all with `all_spells`.
    """
    import ibis

    p, limit = history.purchases, history.lapse_days
    silent = p.next_gap.fill_null(history.last - p.day) > limit
    found = p.filter(silent).select(
        "customer_id", lapse_day=p.day + limit, back_after=p.next_gap - limit
    )
    if history.all_spells:
        return found
    order = ibis.row_number().over(group_by=found.customer_id, order_by=found.lapse_day)
    return found.mutate(nth=order).filter(lambda t: t.nth == 0).drop("nth")


def reactivations(history: History):
    """Return the first purchase after each lapse: customer_id, day; one for each customer unless `all_spells`."""
    p = history.purchases
    back = p.filter(p.gap > history.lapse_days).select("customer_id", "day")
    if history.all_spells:
        return back
    return back.group_by("customer_id").aggregate(day=back.day.min())


def first_purchases(history: History):
    """Return the new customers: customer_id, day of a first purchase that can be taken for the first ever."""
    p = history.purchases
    first = p.filter(p.order == 1)
    if not history.first_purchase_known:
        first = first.filter(first.day > history.lapse_days)
    return first.select("customer_id", "day")
