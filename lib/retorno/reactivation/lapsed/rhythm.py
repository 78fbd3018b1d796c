"""Each customer by its own rhythm: lapsed when silent for more than a multiple of its own mean interval.

Estimand: none; a rule that sorts the customers of the data. It needs two purchases, so it says nothing of those who
bought once, and its mean rests on few intervals for most; the fixed rule stands beside it.

The multiple is a convention and a parameter; no published value is known for it.
"""

from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import brief, integer, mark, percent, say, say_n
from retorno.reactivation.history import History

JUDGED = Definition(
    "lapse.own_rhythm.judged",
    label=mark("Customers with a rhythm of their own"),
    meaning=mark(
        "Customers with at least two purchases: only they have an interval. In the formula K is the number of "
        "purchases of customer i."
    ),
    unit="customers",
    sign=mark("A count; part of states.customers."),
    formula=r"| \{ i : K_i \geq 2 \} |",
)
LAPSED = Definition(
    "lapse.own_rhythm.lapsed",
    label=mark("Lapsed by their own rhythm"),
    meaning=mark(
        "Share of the customers with at least two purchases who on the last day of the data have been silent for "
        "more than own_multiple times their own mean interval. In the formula f and l are the days of the first "
        "and the last of the K purchases of customer i, T the last day of the data, c own_multiple, n the customers "
        "with two purchases or more."
    ),
    unit="share of customers",
    sign=mark("Higher: more customers are silent for long by their own standard."),
    formula=r"\frac{1}{n} | \{ i : T - l_i > c \, \frac{l_i - f_i}{K_i - 1} \} |",
)
DEFINITIONS = (JUDGED, LAPSED)


@dataclass(frozen=True, slots=True)
class OwnRhythm:
    """Customers sorted by their own rhythm on the last day of the data.

    Attributes
    ----------
    customers, judged, lapsed : int
        With a purchase; with two or more; of these lapsed by their own rhythm.
    fixed, both : int
        Of `judged`, lapsed by the threshold in use, and by both rules.
    own_multiple : float
    lapse_days, min_group : int
    """

    customers: int
    judged: int
    lapsed: int
    fixed: int
    both: int
    own_multiple: float
    lapse_days: int
    min_group: int

    def findings(self) -> Findings:
        """State how many customers the rule can judge, and the share of these it calls lapsed."""
        judged = say(
            "{judged} of {customers} customers bought at least twice and can be judged by their own rhythm; the "
            "others, {others}, cannot.",
            judged=integer(self.judged),
            customers=integer(self.customers),
            others=percent(1 - self.judged / self.customers),
        )
        count = JUDGED.state(self.judged, judged, n=self.customers, method=say("count"))
        return Findings([count, self._share()])

    def _share(self) -> Finding:
        if self.judged < max(1, self.min_group):
            what = say("customers with at least two purchases")
            reason = too_few(what, self.judged, max(1, self.min_group))
            return LAPSED.refuse(reason, n=self.judged)
        text = say(
            "{lapsed} of {judged} customers, {share}, have been silent for more than {multiple} times their own mean "
            "interval. The threshold in use, {days}, calls {fixed} of them lapsed; the two rules agree on {same}.",
            lapsed=integer(self.lapsed),
            judged=integer(self.judged),
            share=percent(self.lapsed / self.judged),
            multiple=brief(self.own_multiple),
            days=say_n("{n} day", "{n} days", self.lapse_days),
            fixed=percent(self.fixed / self.judged),
            same=percent(1 - (self.lapsed + self.fixed - 2 * self.both) / self.judged),
        )
        return LAPSED.state(
            self.lapsed / self.judged,
            text + caution(self.judged),
            n=self.judged,
            method=say("count"),
        )


def seen_by(history: History, day: int):
    """Return the customers with a purchase by `day`: customer_id, orders, first, last, later.

    `later` counts the purchases after `day`, which the other columns do not know.
    """
    import ibis

    if day >= history.last:
        c = history.customers
        return c.select("customer_id", "orders", "first", "last", later=ibis.literal(0))
    p = history.purchases
    customers = p.group_by("customer_id").aggregate(
        orders=(p.day <= day).sum(),
        first=p.day.min(),
        last=p.day.max(where=p.day <= day),
        later=(p.day > day).sum(),
    )
    return customers.filter(customers.orders > 0)


def lapsed_by_rhythm(customers, *, day: int, own_multiple: float):
    """Return whether each of `customers` is silent on `day` for longer than its rhythm allows, as an Ibis column.

    Strictly more than `own_multiple` times the mean interval; null for those with one purchase.
    """
    intervals = (customers.orders - 1).nullif(0)
    return (day - customers["last"]) * intervals > own_multiple * (
        customers["last"] - customers["first"]
    )


def own_rhythm(history: History, *, own_multiple: float = 3.0, min_group: int = 5) -> OwnRhythm:
    """Sort the customers by their own rhythm on the last day of the data.

    Parameters
    ----------
    history : History
    own_multiple : float
        Silence allowed, in mean intervals of the customer's own; above 0.
    min_group : int
        Fewest customers with two purchases.
    """
    check_multiple(own_multiple)
    c = seen_by(history, history.last)
    own = lapsed_by_rhythm(c, day=history.last, own_multiple=own_multiple)
    fixed = own.notnull() & (history.last - c["last"] > history.lapse_days)
    own = own.fill_null(False)
    counts = (
        c.aggregate(
            customers=c.count(),
            judged=(c.orders > 1).sum(),
            lapsed=own.sum(),
            fixed=fixed.sum(),
            both=(own & fixed).sum(),
        )
        .execute()
        .iloc[0]
    )
    return OwnRhythm(
        **{name: int(count) for name, count in counts.items()},
        own_multiple=own_multiple,
        lapse_days=history.lapse_days,
        min_group=min_group,
    )


def check_multiple(own_multiple: float) -> None:
    """Refuse a multiple that is no positive number."""
    if not 0 < own_multiple < float("inf"):
        raise ParameterError(
            say("own_multiple: wanted a number above 0; got {got}.", got=own_multiple)
        )
