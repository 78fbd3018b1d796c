"""Who made which referral and when, and what a customer earned in the first months: what the questions share."""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say, say_n
from retorno.referral.links import Links
from retorno.referral.tenure import MONTH_DAYS, Tenure


@dataclass(frozen=True, slots=True)
class Made:
    """Referrals that count, one element each.

    Attributes
    ----------
    referrer, brought : ndarray of int, shape (m,)
        Position of who made it; of the customer who came of it, -1 where none did.
    after : ndarray of int, shape (m,)
        Days from the referrer's joining to the day the referred joined; to the day of the referral where nobody came.
    """

    referrer: np.ndarray
    brought: np.ndarray
    after: np.ndarray

    def within(self, window_months: int) -> np.ndarray:
        """Return which of them fall in the first `window_months` months after the referrer joined."""
        return self.after < window_months * MONTH_DAYS


def referrals_made(links: Links) -> Made:
    """Return the referrals that count: rows of `referrals` without a problem, else customers brought.

    A row whose customer names another referrer, or had joined before, brought nobody.
    """
    joined = links.tenure.joined
    if links.rows is None:
        brought = links.children
        referrer = links.referrer[brought]
        return Made(referrer, brought, joined[brought] - joined[referrer])
    counting = (links.rows.problem == "") & (links.rows.referrer >= 0)
    rows = links.rows[counting.to_numpy(dtype=bool)]
    referrer, named = rows.referrer.to_numpy(dtype=int), rows.referred.to_numpy(dtype=int)
    came = (named >= 0) & (links.referrer[np.maximum(named, 0)] == referrer)
    day = np.where(came, joined[np.maximum(named, 0)], rows.day.to_numpy(dtype=int))
    return Made(referrer, np.where(came, named, -1), day - joined[referrer])


def followed_for(tenure: Tenure, months: int) -> np.ndarray:
    """Return who joined inside the data and at least so many months before its last day."""
    return (tenure.entry == 0) & (tenure.reach >= months * MONTH_DAYS)


def first_months_value(tenure: Tenure, months: int, *, annual_discount_rate: float) -> np.ndarray:
    """Return the discounted margin of each customer in the first months of tenure, currency, by position.

    Nothing is counted after leaving. It is whole only for who was followed so long (`followed_for`).
    """
    rows = tenure.panel.filter(tenure.panel.month <= months)
    worth = (
        rows.margin * (rows.month.cast("float64") * (-np.log1p(annual_discount_rate) / 12)).exp()
    )
    sums = rows.group_by("position").aggregate(value=worth.sum()).execute()
    found = np.zeros(tenure.days.size)
    found[sums.position.to_numpy(dtype=int)] = sums["value"].to_numpy(dtype=float)
    return found


def check_window(window_months: int, annual_discount_rate: float | None = None) -> None:
    """Refuse a window of no month or a rate at or below -1 (ParameterError)."""
    if not (isinstance(window_months, int) and window_months >= 1):
        raise ParameterError(
            say(
                "referral_window_months: wanted a whole number of months, 1 or more; got {got}.",
                got=window_months,
            )
        )
    if annual_discount_rate is not None and not annual_discount_rate > -1:
        raise ParameterError(
            say(
                "annual_discount_rate: wanted a fraction above -1; got {got}.",
                got=annual_discount_rate,
            )
        )


def in_months(months: int) -> str:
    """Return a window in words."""
    return say_n("{n} month", "{n} months", months)


def no_margins(tenure: Tenure) -> str | None:
    """Return why nothing can be said of value, or None."""
    if tenure.panel is not None:
        return None
    return say("Not stated: no table margins is given, and it alone says what a customer earned.")
