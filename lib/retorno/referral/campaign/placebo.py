"""Would the model have found a campaign where there was none?

The same model is set on every day before the campaign as if one of the same length had begun there: at least half as
many days of past as the real date has, at least 56, and all its days before the real one. Where many of these dates
show a change as large as the real one, the days before the campaign wander by themselves, and neither the change nor
its interval is to be trusted.

The dates overlap: what they show is a distribution, not so many experiments. Their share is read as a p-value, the real
date counted as one of them, as in a permutation test: Phipson and Smyth (2010), Statistical Applications in Genetics
and Molecular Biology 9(1), 39. Dates with a shorter past err more, which makes the share larger.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings
from retorno.language import date as written
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.referral.campaign.daily import LEAST_PAST, PAST
from retorno.referral.campaign.effect import Effect
from retorno.stats.interrupted import changes_elsewhere

LEAST_WINDOWS = 3  # side by side: with fewer the dates are all but one and the same

PLACEBO = Definition(
    "campaign.placebo_p",
    label=mark("Share of dates without a campaign that show as large a change"),
    meaning=mark(
        "The same model at S dates before the campaign where nothing happened, for as many days: the share with a "
        "change at least as large in size as the real one, the real date counted as one of them. In the formula d is "
        "the change at the real date, s counts the others, and 1 stands where their change is as large."
    ),
    unit="p-value",
    sign=mark("Small: a change like this is rare where nothing happened."),
    formula=r"\frac{1 + \sum_{s=1}^{S} \mathbf{1} [ |d_s| \geq |d| ]}{1 + S}",
)
DEFINITIONS = (PLACEBO,)


@dataclass(frozen=True, slots=True)
class Placebo:
    """Changes at dates at which no campaign ran, beside the real one.

    Attributes
    ----------
    effect : Effect
    days : ndarray of int, shape (n_dates,)
        Start of each supposed campaign, in days from the start of the real one; negative.
    changes : ndarray, shape (n_dates,)
        Customers a day; positive: more than its own past leads to expect.
    """

    effect: Effect
    days: np.ndarray
    changes: np.ndarray

    @property
    def windows(self) -> int:
        """Supposed campaigns that find room side by side, without sharing a day."""
        return -(-self.days.size // self.effect.daily.during) if self.days.size else 0

    @property
    def as_large(self) -> np.ndarray:
        """Which dates show a change at least as large in size as the real one."""
        return np.abs(self.changes) >= abs(self.effect.changes["all"].value)

    @property
    def p(self) -> float:
        """Share of dates with a change as large, the real one counted."""
        return float((1 + self.as_large.sum()) / (1 + self.days.size))

    def refusal(self) -> str | None:
        """Return why the share cannot be stated, or None."""
        if reason := self.effect.refusal():
            return reason
        if self.windows < LEAST_WINDOWS:
            return say_n(
                "Not stated: before the campaign there is room for {n} supposed campaign of its length side by side, "
                "with a past of half its own; {least} are needed.",
                "Not stated: before the campaign there is room for {n} supposed campaigns of its length side by side, "
                "with a past of half its own; {least} are needed.",
                self.windows,
                least=integer(LEAST_WINDOWS),
            )
        return None

    def findings(self) -> Findings:
        """State or refuse the share of dates with a change as large."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        if reason := self.refusal():
            return PLACEBO.refuse(reason, n=self.days.size)
        return PLACEBO.state(
            self.p,
            self._sentence() + " " + self._overlap(),
            n=self.days.size,
            method=say("the same model at every date before the campaign with enough past"),
        )

    def _sentence(self) -> str:
        count, values = int(self.as_large.sum()), self._values()
        if not count:
            return say(
                "At none of {dates} dates before the campaign does the same model show a change as large as the real "
                "one, {real} a day.",
                **values,
            )
        return say_n(
            "At {n} of {dates} dates before the campaign ({share}), where nothing happened, the same model shows a "
            "change at least as large as the real one, {real} a day.",
            "At {n} of {dates} dates before the campaign ({share}), where nothing happened, the same model shows a "
            "change at least as large as the real one, {real} a day.",
            count,
            share=percent(count / self.days.size),
            **values,
        )

    def _values(self) -> dict[str, str]:
        return {
            "dates": integer(self.days.size),
            "real": number(self.effect.changes["all"].value),
        }

    def _overlap(self) -> str:
        return say_n(
            "They overlap: {n} of them finds room side by side.",
            "They overlap: {n} of them find room side by side.",
            self.windows,
        )

    def to_frame(self):
        """Return first_day, day (from the start of the real campaign), change (customers a day), as_large."""
        import pandas as pd

        columns = ["first_day", "day", "change", "as_large"]
        if self.refusal():
            return pd.DataFrame(columns=columns)
        daily = self.effect.daily
        dates = [daily.day(daily.before + day).isoformat() for day in self.days]
        rows = (dates, self.days, self.changes, self.as_large)
        return pd.DataFrame(dict(zip(columns, rows, strict=True)))

    def title(self) -> str:
        """Say how rare a change like the real one is."""
        if self.refusal():
            return say("No dates to compare the campaign with")
        count = int(self.as_large.sum())
        if not count:
            return say("No date without a campaign shows a change as large as the campaign's")
        return say(
            "{share} of dates without a campaign show a change as large as the campaign's",
            share=percent(count / self.days.size),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Change in new customers a day, by the day on which a campaign is supposed to begin; 0 is the real start"
        )

    def caption(self) -> str:
        """Say what the points are, how many, and what to see."""
        if reason := self.refusal():
            return reason
        change = self.effect.changes["all"].at(self.effect.level)
        return " ".join(
            [
                say(
                    "Small points: {dates} supposed campaigns of {days} before the real one of {first}, each against "
                    "the up to {most} days before it, {least} at least; filled where the change is at least as large "
                    "in size as the real one. Large point: the real campaign, {real} a day, with its {level} interval.",
                    days=self.effect.daily.dates["days"],
                    first=self.effect.daily.dates["first"],
                    most=integer(PAST),
                    least=integer(least_past(self.effect)),
                    level=percent(self.effect.level, 0),
                    **self._values(),
                ),
                self._overlap(),
                say(
                    "Their changes go from {low} to {high}; the real interval from {from_} to {to}.",
                    low=number(self.changes.min()),
                    high=number(self.changes.max()),
                    from_=number(change.ci_low),
                    to=number(change.ci_high),
                ),
            ]
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        daily = self.effect.daily
        return " ".join(
            [
                say(
                    "Points in the order of days against a line of no change, from {first} to {last}, and the real "
                    "campaign at the right end.",
                    first=written(daily.day(daily.before + self.days[0])),
                    last=written(daily.day(daily.before + self.days[-1])),
                ),
                self._sentence(),
            ]
        )


def least_past(effect: Effect) -> int:
    """Return how many days a supposed campaign must have before it."""
    return max(LEAST_PAST, effect.daily.past // 2)


def campaign_placebo(effect: Effect) -> Placebo:
    """Estimate the change at every date before the campaign at which one of its length finds room.

    Parameters
    ----------
    effect : Effect

    Returns
    -------
    Placebo

    Notes
    -----
    The model at a supposed date has no days after it; the real one has, which hardly moves the change.
    """
    daily = effect.daily
    if effect.refusal():
        return Placebo(effect, np.zeros(0, dtype=int), np.zeros(0))
    starts, changes = changes_elsewhere(
        daily.counts("all")[: daily.before],
        daily.during,
        least=least_past(effect),
        most=PAST,
        first_weekday=daily.first_day.weekday(),
    )
    return Placebo(effect, starts - daily.before, changes)
