"""New customers of each day, before, during and after a campaign.

A campaign is the launch of a programme, or an offer for a limited time. Its past are the days before it, up to 365 of
them; 28 days after it are looked at for what was only pulled forward. Later days are left out: they could be later
effects as well as a return to the past. Customers who joined before the first day of data are not counted: of them
only those who stayed are known.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from retorno.errors import ParameterError
from retorno.language import date as written
from retorno.language import integer, say, say_n
from retorno.referral.tenure import Tenure

PAST, LEAST_PAST = 365, 56  # days before
LEAST_DURING = 7
AFTER, LEAST_AFTER = 28, 14
SERIES = ("all", "referred", "other")


@dataclass(frozen=True, slots=True)
class Daily:
    """New customers by day of joining, up to the last day looked at.

    Attributes
    ----------
    first_day : date
        Of the data; index 0 of the counts.
    referred, other : ndarray of int, shape (n_days,)
        New customers of each day, days without any included.
    before, during, after : int
        Days before the campaign, all of them; of the campaign; after it, 28 at most and 0 where none are seen.
    ends : bool
        Whether the campaign ended: campaign_until is given.
    refusal : str or None
        Why nothing can be stated of a campaign.
    """

    first_day: date
    referred: np.ndarray
    other: np.ndarray
    before: int
    during: int
    after: int
    ends: bool
    refusal: str | None

    @property
    def past(self) -> int:
        """Days before the campaign that the model uses."""
        return min(self.before, PAST)

    @property
    def after_used(self) -> int:
        """Days after the campaign that the model uses: none where they are too few."""
        return self.after if self.after >= LEAST_AFTER else 0

    @property
    def first_weekday(self) -> int:
        """Day of the week of the first day the model uses; Monday is 0."""
        return (self.first_day.weekday() + self.before - self.past) % 7

    def counts(self, name: str) -> np.ndarray:
        """Return new customers of every day since the first of the data: of `all`, `referred` or `other`."""
        return {
            "all": self.referred + self.other,
            "referred": self.referred,
            "other": self.other,
        }[name]

    def used(self, name: str) -> np.ndarray:
        """Return new customers of the days the model uses, before, during and after the campaign."""
        last = self.before + self.during + self.after_used
        return self.counts(name)[self.before - self.past : last]

    def in_campaign(self, name: str) -> int:
        """Return how many joined while the campaign ran."""
        return int(self.counts(name)[self.before : self.before + self.during].sum())

    def day(self, position: int) -> date:
        """Return the date of a position in the counts."""
        return self.first_day + timedelta(days=int(position))

    @property
    def dates(self) -> dict[str, str]:
        """First and last day of the campaign and its days, in words for sentences."""
        return {
            "first": written(self.day(self.before)),
            "last": written(self.day(self.before + self.during - 1)),
            "days": say_n("{n} day", "{n} days", self.during),
        }


def daily_customers(
    tenure: Tenure, *, campaign_from: str | None = None, campaign_until: str | None = None
) -> Daily:
    """Count new customers day by day up to the last day on which people can be seen joining.

    Parameters
    ----------
    tenure : Tenure
    campaign_from, campaign_until : str, optional
        First and last day of the campaign as ISO dates, both counted. Without an end it is a launch that goes on
        to the last day on which somebody joined. Without a start there is no campaign: all is refused.

    Raises
    ------
    ParameterError
        When a date is none, the end lies before the start, or the campaign lies outside the data.
    """
    if campaign_from is None:
        if campaign_until is not None:
            raise ParameterError(
                say("campaign_until: given without campaign_from. Give the campaign's first day.")
            )
        none = np.zeros(0, dtype=int)
        reason = say(
            "Not stated: the first day of the campaign is not known (parameter campaign_from)."
        )
        return Daily(tenure.first_day, none, none, 0, 0, 0, False, reason)
    joined = tenure.joined[tenure.entry == 0]
    referred = tenure.referred[tenure.entry == 0]
    start, end = _window(tenure, joined, campaign_from, campaign_until)
    seen = max(int(joined.max(initial=-1)), end)
    after = 0 if campaign_until is None else min(seen - end, AFTER)
    size = end + 1 + after
    counts = [
        np.bincount(joined[(joined < size) & member], minlength=size)
        for member in (referred, ~referred)
    ]
    during = end + 1 - start
    return Daily(
        tenure.first_day,
        *counts,
        start,
        during,
        after,
        campaign_until is not None,
        _too_short(start, during),
    )


def _window(tenure: Tenure, joined, given_from: str, given_until: str | None) -> tuple[int, int]:
    """Return first and last day of the campaign as days from the first of the data."""
    start = _position(tenure, "campaign_from", given_from)
    if given_until is None:
        last = int(joined.max(initial=-1))
        if start > last:
            raise ParameterError(
                say(
                    "campaign_from: {got} lies after the last day on which anybody joined, {last}. Give an "
                    "earlier day, or data that reach further.",
                    got=given_from,
                    last=(tenure.first_day + timedelta(days=last)).isoformat(),
                )
            )
        return start, last
    end = _position(tenure, "campaign_until", given_until)
    if end < start:
        raise ParameterError(
            say(
                "campaign_from, campaign_until: the campaign ends on {end}, before it starts on {start}. "
                "Give its first and its last day.",
                start=given_from,
                end=given_until,
            )
        )
    return start, end


def _position(tenure: Tenure, name: str, given: str) -> int:
    try:
        day = date.fromisoformat(str(given))
    except ValueError:
        raise ParameterError(
            say("{name}: wanted a date as 2024-12-31; got {got!r}.", name=name, got=given)
        ) from None
    if not tenure.first_day <= day <= tenure.last_day:
        raise ParameterError(
            say(
                "{name}: {got} lies outside the data, which run from {first} to {last}. Give a day inside "
                "them, or leave the campaign out (null).",
                name=name,
                got=day.isoformat(),
                first=tenure.first_day.isoformat(),
                last=tenure.last_day.isoformat(),
            )
        )
    return (day - tenure.first_day).days


def _too_short(before: int, during: int) -> str | None:
    """Return why the days cannot carry a comparison, or None."""
    if before < LEAST_PAST:
        return say_n(
            "Not stated: the data hold {n} day before the campaign; {least} are needed to tell level, trend "
            "and weekdays apart.",
            "Not stated: the data hold {n} days before the campaign; {least} are needed to tell level, trend "
            "and weekdays apart.",
            before,
            least=integer(LEAST_PAST),
        )
    if during < LEAST_DURING:
        return say_n(
            "Not stated: the campaign ran for {n} day that is seen; {least} are needed, a whole week.",
            "Not stated: the campaign ran for {n} days that are seen; {least} are needed, a whole week.",
            during,
            least=integer(LEAST_DURING),
        )
    return None
