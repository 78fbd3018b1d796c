"""What the lines of the data are, before anything is made of them: nothing is dropped without a count.

Estimand: none; these are counts.
"""

from dataclasses import dataclass

from retorno.language import date, mark, say
from retorno.reactivation.history import History

COUNTS = {
    "lines": mark("Lines of purchases in the period"),
    "outside": mark("Lines outside the period, left out"),
    "alike": mark("Lines like another in customer, day and amount, kept"),
    "same_day": mark("Lines merged with others of the same customer and day"),
    "zero": mark("Lines with an amount of 0, which are purchases"),
    "sent_back": mark("Lines with a negative amount: goods sent back"),
    "return_days": mark(
        "Days of a customer with nothing but goods sent back, which are no purchases"
    ),
    "purchases": mark("Purchases: days of a customer with a line of 0 or more"),
    "customers": mark("Customers with a purchase"),
    "contacts_known": mark("Customers of contacts who are among them"),
    "contacts_unknown": mark("Customers of contacts without a purchase in the period"),
}


@dataclass(frozen=True, slots=True)
class Lines:
    """Counts of lines, days and customers, by the keys of `COUNTS`; those of contacts only where they join."""

    history: History
    counts: dict[str, int]

    def to_frame(self):
        """Return what is counted and how many there are."""
        import pandas as pd

        return pd.DataFrame(
            {"what": [say(COUNTS[key]) for key in self.counts], "n": list(self.counts.values())}
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {"what": (say("What is counted"), "text"), "n": (say("Number"), "count")}

    def table_caption(self) -> str:
        """Say what the table counts, and what it cannot tell."""
        return say(
            "Lines, days and customers from {first} to {last}. Lines that are alike may be one line written twice or "
            "two things of one price: nothing here can tell, and all are kept.",
            first=date(self.history.first_day),
            last=date(self.history.last_day),
        )


def line_counts(history: History, contacts=None) -> Lines:
    """Count what the lines of `history` are; `contacts` is the Ibis table of a campaign, if there is one."""
    t, d = history.transactions, history.days
    lines = t.aggregate(zero=(t.amount == 0).sum(), sent_back=(t.amount < 0).sum())
    days = d.aggregate(days=d.count(), purchases=d.is_purchase.sum())
    told = {
        **lines.execute().fillna(0).iloc[0].astype(int),
        **days.execute().fillna(0).iloc[0].astype(int),
    }
    counts = {
        "lines": history.lines,
        "outside": history.outside,
        "alike": _alike(history),
        "same_day": history.lines - told["days"],
        "zero": told["zero"],
        "sent_back": told["sent_back"],
        "return_days": told["days"] - told["purchases"],
        "purchases": told["purchases"],
        "customers": int(history.customers.count().execute()),
    }
    if contacts is not None and "customer_id" in contacts.columns:
        known = contacts.semi_join(history.customers, "customer_id").count().execute()
        counts["contacts_known"] = int(known)
        counts["contacts_unknown"] = int(contacts.count().execute() - known)
    return Lines(history, {key: int(n) for key, n in counts.items()})


def _alike(history: History) -> int:
    """Return how many lines repeat another; only days with several lines need a look."""
    several = history.days.filter(history.days.lines > 1)
    lines = history.transactions.semi_join(several, ["customer_id", "day"])
    same = lines.group_by("customer_id", "day", "amount").aggregate(n=lines.count())
    return int(same.aggregate(again=(same.n - 1).sum()).fill_null(0).execute().iloc[0, 0])
