"""The months that customers earned something in: of customers there are, none missing, none too many.

Checked in the engine; what is wrong is told with its number and the first cases.
"""

from datetime import date

from retorno.errors import TableError
from retorno.language import integer, listed, say, say_n

FIRST = 5  # cases named in a message; the rest are counted


def refuse_unknown(customers, margins) -> None:
    """Refuse margins of customers who are not in `customers`."""
    strange = margins.anti_join(customers, "customer_id")
    found = strange.group_by("customer_id").aggregate(rows=strange.count())
    names = found.order_by("customer_id").limit(FIRST).customer_id.execute().tolist()
    if names:
        raise TableError(
            say_n(
                "margins: {n} customer is not in `customers`: {names}. Add the customer there, or leave "
                "the rows out yourself.",
                "margins: {n} customers are not in `customers`: {names}. Add them there, or leave "
                "their rows out yourself.",
                n := int(found.count().execute()),
                names=_named(map(repr, names), n),
            )
        )


def months_of(people, margins):
    """Return the rows of margins of the customers observed, without months that start on days not observed."""
    known = people.select("customer_id", "position", "left", "first", "reached")
    rows = margins.join(known, "customer_id").mutate(month=lambda t: t.month.cast("int64"))
    rows = rows.filter((rows.left | (rows.month <= rows.reached)) & (rows.month >= rows.first))
    return rows.select("customer_id", "position", "month", "margin", "reached").cache()


def refuse_gaps(people, panel, last_day: date) -> None:
    """Refuse a panel that lacks a month whose start a customer reached in sight, or has one that was not reached."""
    beyond = panel.filter(panel.month > panel.reached).order_by("customer_id", "month")
    rows = panel.group_by("customer_id").aggregate(
        rows=(panel.month <= panel.reached).sum(), months=panel.month.collect()
    )
    wanted = people.select("customer_id", "first", "reached")
    short = wanted.left_join(rows, "customer_id").filter(
        lambda t: t.rows.fill_null(0) < t.reached - t.first + 1
    )
    problems = []
    if n := int(short.count().execute()):
        problems.append(_missing(short, n, last_day))
    if n := int(beyond.count().execute()):
        first = beyond.limit(FIRST).execute()
        cases = [
            say("{customer!r} month {month}", customer=row.customer_id, month=integer(row.month))
            for row in first.itertuples()
        ]
        problems.append(
            say_n(
                "{n} row is for a month that starts when the customer had left: {cases}.",
                "{n} rows are for months that start when the customer had left: {cases}.",
                n,
                cases=_named(cases, n),
            )
        )
    if problems:
        raise TableError("\n".join(f"margins: {problem}" for problem in problems))


def _missing(short, n: int, last_day: date) -> str:
    first = short.order_by("customer_id").limit(FIRST)
    cases = []
    for row in first.select("customer_id", "first", "reached", "months").to_pyarrow().to_pylist():
        gap = min(set(range(row["first"], row["reached"] + 1)) - set(row["months"] or []))
        cases.append(say("{customer!r} month {month}", customer=row["customer_id"], month=gap))
    return say_n(
        "{n} customer has no row for a month whose start the customer reached: {cases}. A month without "
        "earnings is a row with 0. The last day of data is taken to be {last} (parameter observed_until).",
        "{n} customers have no row for a month whose start they reached: {cases}. A month without "
        "earnings is a row with 0. The last day of data is taken to be {last} (parameter observed_until).",
        n,
        cases=_named(cases, n),
        last=last_day.isoformat(),
    )


def _named(cases, n: int) -> str:
    text = listed(cases)
    return text + " " + say("and {n} more", n=integer(n - FIRST)) if n > FIRST else text
