"""How far the value of a second life depends on what is assumed: the tail, the months counted, the discount rate."""

from dataclasses import dataclass

from retorno.language import mark, percent, say
from retorno.reactivation.worth.monthly import Monthly
from retorno.reactivation.worth.returned import Returned

TAILS = {False: mark("none"), True: mark("geometric")}


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Value of a second life under other assumptions, a row each.

    Attributes
    ----------
    returned : Returned
    annual_discount_rate : float
        The one in use; beside it none and its double.
    winback_cost : float or None
        Taken off in a column of its own, where it is known.
    currency : str
    """

    returned: Returned
    annual_discount_rate: float
    winback_cost: float | None
    currency: str

    @property
    def monthly(self) -> Monthly:
        """Margins of the months; nothing may be refused."""
        return self.returned.monthly

    def to_frame(self):
        """Return tail, months, rate, value before cost with bounds, and after it; empty where no tail."""
        import pandas as pd

        names = ["tail", "months", "rate", "before_cost", "ci_low", "ci_high", "value"]
        rows = [] if self.returned.refused else [self._row(*how) for how in self._ways()]
        return pd.DataFrame(rows, columns=names)

    def _ways(self):
        full = len(self.monthly.margin)
        for tail in TAILS:
            for months in sorted({max(1, full // 2), full}):
                for rate in sorted({0.0, self.annual_discount_rate, 2 * self.annual_discount_rate}):
                    if rate > -1:
                        yield tail, months, rate

    def _row(self, tail: bool, months: int, rate: float) -> tuple:
        monthly, how = self.monthly.first(months), (say(TAILS[tail]), months, rate)
        if tail and monthly.no_fade(rate):
            return (*how, None, None, None, None)
        total = monthly.value(rate, tail=tail).total
        net = None if self.winback_cost is None else total.value - self.winback_cost
        return (*how, total.value, *total.interval, net)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        amount = f"money:{self.currency}"
        columns = {
            "tail": (say("Tail"), "text"),
            "months": (say("Months counted"), "count"),
            "rate": (say("Discount rate a year"), "share"),
            "before_cost": (say("Value before cost"), amount),
            "ci_low": (say("Interval from"), amount),
            "ci_high": (say("to"), amount),
        }
        if self.winback_cost is not None:
            columns["value"] = (say("After win-back cost"), amount)
        return columns

    def table_caption(self) -> str:
        """Say what differs from row to row, and why cells are empty."""
        if self.returned.refused:
            return self.returned.refused
        words = say(
            "Value of a second life per returned customer with and without a tail, over all months and the first half "
            "of them, at other discount rates; {level} intervals. The rate in use is {rate}.",
            level=percent(self.monthly.level, 0),
            rate=percent(self.annual_discount_rate),
        )
        if self.to_frame().before_cost.isna().any():
            words += " " + say(
                "Empty: the margins of these months show no pace at which a tail would fall."
            )
        return words
