"""How many customers lapsed, and how many came back.

Estimand: none; these are counts of the customers in the data.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Findings
from retorno.language import date, integer, mark, percent, say, say_n
from retorno.reactivation.history import History

CUSTOMERS = Definition(
    "states.customers",
    label=mark("Customers"),
    meaning=mark(
        "Customers with at least one purchase between the first and the last day of the data. In the formula K is "
        "the number of purchases of customer i."
    ),
    unit="customers",
    sign=mark("A count."),
    formula=r"| \{ i : K_i \geq 1 \} |",
)
LAPSED = Definition(
    "states.lapsed",
    label=mark("Customers who lapsed"),
    meaning=mark(
        "Customers who lapsed at least once: their next purchase came more than lapse_days days after the one "
        "before it, or it never came and the data go on for more than lapse_days days. In the formula t is the day "
        "of purchase j of customer i, the last day of the data standing after the last of the K purchases; L is "
        "lapse_days."
    ),
    unit="customers",
    sign=mark("A count; part of states.customers."),
    formula=r"| \{ i : t_{i,j+1} - t_{i,j} > L, \; 1 \leq j \leq K_i \} |",
)
REACTIVATED = Definition(
    "states.reactivated",
    label=mark("Customers who came back"),
    meaning=mark(
        "Customers with at least one reactivation, the first purchase after a lapse, whether their window of "
        "value is complete or not. In the formula t is the day of purchase j of customer i, who made K of them; L is "
        "lapse_days."
    ),
    unit="customers",
    sign=mark("A count; part of states.lapsed."),
    formula=r"| \{ i : t_{i,j+1} - t_{i,j} > L, \; 1 \leq j < K_i \} |",
)
DEFINITIONS = (CUSTOMERS, LAPSED, REACTIVATED)

STATES = {
    "active": mark("Active, never lapsed"),
    "reactivated": mark("Active again after a lapse"),
    "lapsed": mark("Lapsed, not back"),
    "lapsed_again": mark("Came back and lapsed again"),
}


@dataclass(frozen=True, slots=True)
class States:
    """Customers by what became of them.

    Attributes
    ----------
    history : History
        The purchases the counts come from.
    customers, lapsed, reactivated : int
        Customers with a purchase; with at least one lapse; with at least one reactivation.
    returns_only : int
        Customers whose days hold only negative lines: not among `customers`.
    last_day : dict of str to int
        Customers by state on the last day, keys as `STATES`; adds up to `customers`.
    """

    history: History
    customers: int
    lapsed: int
    reactivated: int
    returns_only: int
    last_day: dict[str, int]

    def findings(self) -> Findings:
        """State the three counts."""
        h = self.history
        silence = say_n("{n} day", "{n} days", h.lapse_days)
        everybody = say(
            "{customers} customers bought between {first} and {last}.",
            customers=integer(self.customers),
            first=date(h.first_day),
            last=date(h.last_day),
        )
        if self.returns_only:
            everybody += " " + say_n(
                "{n} more has only returns and counts nowhere.",
                "{n} more have only returns and count nowhere.",
                self.returns_only,
            )
        method = say("count")
        lapsed = say(
            "{lapsed} of them, {share}, went without a purchase for more than {silence} at least once.",
            lapsed=integer(self.lapsed),
            share=percent(self.lapsed / self.customers),
            silence=silence,
        )
        back = say(
            "{reactivated} came back with a purchase after such a silence.",
            reactivated=integer(self.reactivated),
        )
        n = self.customers
        return Findings(
            [
                CUSTOMERS.state(n, everybody, n=n, method=method),
                LAPSED.state(self.lapsed, lapsed, n=n, method=method),
                REACTIVATED.state(self.reactivated, back, n=n, method=method),
            ]
        )

    def to_frame(self):
        """Return customers and their share by state on the last day."""
        import pandas as pd

        counts = list(self.last_day.values())
        return pd.DataFrame(
            {
                "state": [say(STATES[key]) for key in self.last_day],
                "customers": counts,
                "share": [count / self.customers for count in counts],
            }
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "state": (say("State on the last day"), "text"),
            "customers": (say("Customers"), "count"),
            "share": (say("Share"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of states holds."""
        return say(
            "Customers by state on {day}, the last day of the data; lapsed means silent for more than {days} days.",
            day=date(self.history.last_day),
            days=integer(self.history.lapse_days),
        )


def lapse_states(history: History) -> States:
    """Count customers who lapsed and came back, and where each stands on the last day."""
    c, days = history.customers, history.days
    is_silent = history.last - c["last"] > history.lapse_days
    counts = (
        c.group_by(back=(c.back >= 0).fill_null(False), silent=is_silent)
        .aggregate(n=c.count())
        .execute()
    )
    n = {(bool(row.back), bool(row.silent)): int(row.n) for row in counts.itertuples()}
    last_day = {
        "active": n.get((False, False), 0),
        "reactivated": n.get((True, False), 0),
        "lapsed": n.get((False, True), 0),
        "lapsed_again": n.get((True, True), 0),
    }
    customers = sum(last_day.values())
    returns = days.filter(~days.is_purchase).anti_join(c, "customer_id")
    return States(
        history=history,
        customers=customers,
        lapsed=customers - last_day["active"],
        reactivated=last_day["reactivated"] + last_day["lapsed_again"],
        returns_only=int(returns.customer_id.nunique().execute()),
        last_day=last_day,
    )
