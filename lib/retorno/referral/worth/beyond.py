"""What months of tenure beyond the data rest on, and what is said of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from retorno.findings import too_few
from retorno.language import integer, money, percent, say
from retorno.referral.tenure import MONTH_DAYS, NAMES
from retorno.stats.student import Student

WINDOW = 12  # months observed that an extrapolation rests on


@dataclass(frozen=True, slots=True)
class Tail:
    """What months beyond the data rest on: those who left and the margins in the last months observed.

    Attributes
    ----------
    last : int
        The last month of tenure with enough customers; those after it are extrapolated.
    left, days : int
        Customers who left in the last `WINDOW` months observed; days that customers were in sight in them.
    margin : float
        Mean margin of a customer and month of these months, in currency.
    """

    last: int
    left: int
    days: int
    margin: float

    @property
    def daily(self) -> float:
        """Share of those there who leave on a day."""
        return self.left / self.days

    @property
    def monthly(self) -> float:
        """Share of those there who leave within a month."""
        return 1 - (1 - self.daily) ** MONTH_DAYS

    def refusal(self, group: bool, min_group: int) -> str | None:
        """Return why nothing can be said of `group` beyond the data, or None."""
        if self.last < WINDOW:
            return say(
                'Not stated: in the group "{group}" months 1 to {last} of tenure have at least {least} customers '
                "(parameter min_group); at least {needed} such months are needed to extrapolate from.",
                group=say(NAMES[group]),
                last=integer(self.last),
                least=integer(min_group),
                needed=integer(WINDOW),
            )
        if self.left >= max(min_group, 2):
            return None
        what = say(
            'customers of the group "{group}" who left in months {first} to {last} of tenure, from which the months '
            "beyond the data are extrapolated",
            group=say(NAMES[group]),
            first=integer(self.last - WINDOW + 1),
            last=integer(self.last),
        )
        return too_few(what, self.left, max(min_group, 2))


def said_of(parts: Mapping[bool, tuple[Tail, Mapping[int, Student]]], value) -> str:
    """Say, with a leading space, how much of a value lies beyond the data; empty where nothing does.

    Parameters
    ----------
    parts : mapping of bool to (Tail, value by horizon)
        By group; each with the value up to the last month observed and up to the horizon.
    value : Value
        Its horizon and currency.
    """
    if not parts:
        return ""
    return " " + say(
        "Extrapolated beyond the data: {parts}. There the share leaving each month and the mean margin of the last "
        "{window} months with enough customers are taken to go on unchanged, which no data can check.",
        parts="; ".join(_part(group, *part, value) for group, part in parts.items()),
        window=integer(WINDOW),
    )


def _part(group: bool, tail: Tail, course: Mapping[int, Student], value) -> str:
    horizon = value.horizon_months
    whole = course[horizon].value
    later = whole - course[tail.last].value
    words = {
        "group": say(NAMES[group]),
        "months": integer(horizon - tail.last),
        "horizon": integer(horizon),
    }
    if not 0 <= later <= whole:  # of the other sign than what came before: no share of the whole
        amount = money(later, value.currency)
        return say(
            "{group}, {months} of {horizon} months, {amount} of the value", amount=amount, **words
        )
    share = percent(later / whole) if whole else percent(0)
    return say("{group}, {months} of {horizon} months, {share} of the value", share=share, **words)
