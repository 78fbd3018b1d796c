"""Expected profit of a contact by months since the lapse, to be drawn and as a table."""

from dataclasses import dataclass

from retorno.language import integer, mark, money, percent, say
from retorno.reactivation.contact.campaign import Campaign
from retorno.stats.student import Estimate

BEFORE, AT, AFTER = "before", "at", "after"
PLACES = {
    BEFORE: mark("before the lapse"),
    AT: mark("about the lapse"),
    AFTER: mark("after the lapse"),
}


@dataclass(frozen=True, slots=True)
class ProfitMonth:
    """Customers of one month since the lapse, or of a few pooled.

    Attributes
    ----------
    first, last : int
        Months since the lapse; negative before it.
    place : str
        "before" the lapse for sure, "after" it for sure, or "at": the month holds the threshold.
    recency : str
        Whole months since the last purchase, in words.
    n : tuple of two int
        Contacted and holdout.
    profit : Estimate
        Of a contact, money per customer; its interval holds all months at once.
    """

    first: int
    last: int
    place: str
    recency: str
    n: tuple[int, int]
    profit: Estimate

    @property
    def name(self) -> str:
        """The month, or the months pooled."""
        first, last = (_whole(month) for month in (self.first, self.last))
        return first if first == last else say("{first} to {last}", first=first, last=last)

    @property
    def when_in_words(self) -> str:
        """Where the month lies, for a sentence."""
        return say(
            "at month {month} since the lapse (recency {recency} months)",
            month=self.name,
            recency=self.recency,
        )


def _whole(month: int) -> str:
    return integer(month).replace("-", "−")


@dataclass(frozen=True, slots=True)
class ProfitMonths:
    """Expected profit by month; `best` is None where no difference is shown, `says` what is found, for the caption."""

    tests: Campaign
    months: tuple[ProfitMonth, ...]
    best: ProfitMonth | None
    refused: str | None
    says: list[str]

    def to_frame(self):
        """Return month, first, last, place, recency, n_treated, n_holdout, profit, ci_low, ci_high, unit."""
        import pandas as pd

        rows = [
            (
                *(m.name, m.first, m.last, say(PLACES[m.place]), m.recency),
                *(*m.n, m.profit.value, *m.profit.interval),
            )
            for m in self.months
        ]
        names = ["month", "first", "last", "place", "recency", "n_treated", "n_holdout", "profit"]
        frame = pd.DataFrame(rows, columns=[*names, "ci_low", "ci_high"])
        return frame.assign(unit=f"{self.tests.currency} per customer")

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "month": (say("Months since the lapse"), "text"),
            "place": (say("Lapse"), "text"),
            "recency": (say("Months of recency"), "text"),
            "n_treated": (say("Contacted"), "count"),
            "n_holdout": (say("Holdout"), "count"),
            "profit": (say("Expected profit"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of months holds."""
        if self.refused:
            return self.refused
        return say(
            "Expected profit of a contact by months since the lapse; {level} intervals that hold all months at once.",
            level=percent(self.tests.level, 0),
        )

    def title(self) -> str:
        """Say at which month a contact earns most, if months differ."""
        if self.refused:
            return say("When to contact is not stated")
        if self.best is None:
            return say("That it matters when one contacts is not shown")
        return say(
            "A contact earns most at month {month} since the lapse: {profit}",
            month=self.best.name,
            profit=money(self.best.profit.value, self.tests.currency),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Expected profit per contact by months since the lapse, {currency}",
            currency=self.tests.currency,
        )

    def caption(self) -> str:
        """Say what points and bars are, what is taken off, and what is found."""
        if self.refused:
            return self.refused
        text = [
            say(
                "Effect on {outcome} in each month, contacted minus holdout{margin}{cost}. Bars are {level} intervals "
                "that hold all {months} months at once.",
                outcome=self.tests.money_outcome,
                margin=self._margin(),
                cost=self._cost(),
                level=percent(self.tests.level, 0),
                months=integer(len(self.months)),
            )
        ]
        if any(m.place == BEFORE for m in self.months):
            text.append(say("Shaded: customers who had surely not lapsed yet."))
        return " ".join([*text, *self.says])

    def _margin(self) -> str:
        if self.tests.margin_rate is None:
            return say(", as revenue (parameter margin_rate is not given)")
        return say(", times a margin of {rate}", rate=percent(self.tests.margin_rate))

    def _cost(self) -> str:
        if self.tests.contact_cost is None:
            return say(", no cost taken off (parameter contact_cost is not given)")
        return say(
            ", less {cost} a contact", cost=money(self.tests.contact_cost, self.tests.currency)
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        points = "; ".join(
            say(
                "{month}: {profit} ({low} to {high})",
                month=m.name,
                profit=money(m.profit.value, self.tests.currency),
                low=money(m.profit.ci_low, self.tests.currency),
                high=money(m.profit.ci_high, self.tests.currency),
            )
            for m in self.months
        )
        return say(
            "Points in their intervals by months since the lapse, against a line where nothing is earned. {points}.",
            points=points,
        )
