"""What the tables and the answers of the reactivation study follow from: customers, and one campaign."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say

MONTH_DAYS = 30.4375


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers who behave alike.

    Attributes
    ----------
    share : float
        Fraction of all customers.
    mean_gap : float
        Days; mean of the geometric law of a regular gap, before its cut at `World.pause_from`.
    pause, stop : float
        Chance after each purchase of a pause, and of never buying again by oneself.
    spend_mean, spend_sd : float
        EUR per purchase, lognormal, before goods are sent back.
    """

    share: float
    mean_gap: float
    pause: float
    stop: float
    spend_mean: float
    spend_sd: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to be contacted.

    Attributes
    ----------
    name : str
    factor : float
        On the chance to be called back.
    cost, offer : float
        EUR per contact, and once more per customer who returns in the counted days, called back or
        not: what the offer costs is paid to those too who would have come anyway.
    """

    name: str
    factor: float
    cost: float
    offer: float = 0.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign inside the data, its arms and a holdout in equal random parts.

    A customer contacted at recency r in months is *called back* with chance ``factor * max(0, effect
    - decay * r)``. A call names a day, 1 to `counted_days` after the contact, each alike; the next
    purchase falls on it, or before it where the customer comes sooner without it: such a call is
    void. From that purchase on the customer buys as anybody of the segment does.

    Attributes
    ----------
    follow_days : int
        Days of data after the day of contact; at least `counted_days`.
    silent_days : int
        Contacted is who last bought more than this many days before the day of contact.
    counted_days : int
        Outcomes are counted on days 1 to this many after the contact.
    effect, decay : float
        Chance to be called back at recency 0; its fall per month.
    arms : tuple of Arm
        The treated arms; the holdout is not among them.
    reasons : tuple of (str, float)
        Why customers say they left, and the share of those contacted who say so; it bears on nothing.
    """

    follow_days: int = 150
    silent_days: int = 90
    counted_days: int = 30
    effect: float = 0.12
    decay: float = 0.005
    arms: tuple[Arm, ...] = (Arm("email", 0.75, 0.10), Arm("voucher", 1.25, 0.10, offer=4.0))
    reasons: tuple[tuple[str, float], ...] = (("price", 0.45), ("service", 0.2), ("no need", 0.35))

    @property
    def factor(self) -> float:
        """Mean factor of all contacted or held out, the holdout's being 0."""
        return sum(arm.factor for arm in self.arms) / (len(self.arms) + 1)

    @staticmethod
    def recency(silent: np.ndarray) -> np.ndarray:
        """Return whole months in `silent` days."""
        return np.floor(silent / MONTH_DAYS).astype(int)

    def called(self, recency: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
        """Return the chance to be called back at `recency` months."""
        return factor * np.maximum(0, self.effect - self.decay * recency)


@dataclass(frozen=True, slots=True)
class World:
    """Everything the tables and the answers follow from.

    Attributes
    ----------
    segments : tuple of Segment
        Shares sum to 1.
    campaign : Campaign
    days : int
        Days observed, from day 0; a customer joins, by a first purchase, on any of them alike.
    first_day : date
        Day 0.
    pause_from, pause_mean : int, float
        Days: a pause lasts `pause_from` and a geometric number, 1 or more, of mean `pause_mean`;
        a regular gap is at most `pause_from`, drawn given that it is.
    two_lines : float
        Share of purchases written as two lines of one day.
    returned_share : float
        Share of purchases sent back whole: a negative line, lost when it falls after the last day.
    back_within : int
        What is sent back comes 1 to this many days later, each day alike.
    margin_rate : float
        Margin as a fraction of what is bought.
    acquisition_cost, winback_cost : float
        EUR per new customer; per customer won back.
    amount_target : float
        EUR of margin per customer, to ask after how many days they are reached.
    """

    segments: tuple[Segment, ...]
    campaign: Campaign = Campaign()
    days: int = 730
    first_day: date = date(2023, 1, 1)
    pause_from: int = 90
    pause_mean: float = 110.0
    two_lines: float = 0.3
    returned_share: float = 0.06
    back_within: int = 14
    margin_rate: float = 0.4
    acquisition_cost: float = 14.0
    winback_cost: float = 13.0
    amount_target: float = 15.0

    def __post_init__(self):
        """Refuse shares that do not sum to 1, chances outside 0 to 1 and outcomes beyond the data."""
        campaign, reasons = self.campaign, [share for _, share in self.campaign.reasons]
        chances = [self.two_lines, self.returned_share, 1 / self.pause_mean, *reasons]
        for one in self.segments:
            chances += [one.share, 1 / one.mean_gap, one.pause, one.stop, one.pause + one.stop]
        months = campaign.recency(np.arange(self.days))
        for arm in campaign.arms:
            chances += campaign.called(months, arm.factor).tolist()
        if not all(0 <= chance <= 1 for chance in chances):
            raise ParameterError(
                say("world: shares and chances lie between 0 and 1, mean gaps start at 1 day.")
            )
        if any(abs(sum(s) - 1) > 1e-9 for s in ([one.share for one in self.segments], reasons)):
            raise ParameterError(
                say("world: the shares of the segments sum to 1, and those of the reasons.")
            )
        if not campaign.arms:
            raise ParameterError(say("world: a campaign has one arm or more beside the holdout."))
        if not 1 <= campaign.counted_days <= campaign.follow_days:
            raise ParameterError(
                say("world: the days counted after the contact are 1 or more, all inside the data.")
            )

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def contact_day(self) -> int:
        """The day of contact, from day 0; below 0 when the data are too short for a campaign."""
        return self.days - 1 - self.campaign.follow_days

    def longer(self, segment: Segment) -> np.ndarray:
        """Return P(a gap is longer than g days) if nobody calls, g = 0 to `days`; a stopper's gap is endless."""
        g, cut = np.arange(self.days + 1), self.pause_from
        stays = 1 - 1 / segment.mean_gap
        regular = (stays ** np.minimum(g, cut) - stays**cut) / (1 - stays**cut)
        paused = (1 - 1 / self.pause_mean) ** np.maximum(g - cut, 0)
        regular_share = 1 - segment.pause - segment.stop
        return segment.stop + segment.pause * paused + regular_share * regular


_SEGMENTS = (
    Segment(share=0.24, mean_gap=42, pause=0.22, stop=0.06, spend_mean=34, spend_sd=20),
    Segment(share=0.36, mean_gap=48, pause=0.26, stop=0.28, spend_mean=27, spend_sd=16),
    Segment(share=0.40, mean_gap=55, pause=0.15, stop=0.62, spend_mean=22, spend_sd=14),
)
WORLDS = {
    "works": World(_SEGMENTS),
    "no_effect": World(_SEGMENTS, replace(Campaign(), effect=0.0, decay=0.0)),
}
"""First: contact pays, and the voucher brings back more customers than the e-mail but earns less.

Second: nobody is called back. The response falls with recency all the same, because those who pause come
back and those who stopped are left.
"""
