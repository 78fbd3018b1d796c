"""What contact brings day by day: purchases of those contacted beside the holdout, from the day of the contact on.

Estimand: mean value per customer on offsets 0 to F-1 from the day of the contact, treated minus holdout, F the days for
which every customer is followed. Identified by the random holdout. Customers of contacts without any line of purchases
count with 0: they are what contact could not move.

Source: mean cumulative value with robust variance by customer, Lawless and Nadeau (1995), Technometrics 37, 158-168, in
each arm; simultaneous band, Montiel Olea and Plagborg-Moller (2019), J. of Applied Econometrics 34, 1-17.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, listed, mark, money, percent, say, say_n
from retorno.reactivation.contact.campaign import HOLDOUT, Campaign
from retorno.reactivation.contact.placed import Placed, contact_curves, place_contacts
from retorno.reactivation.curves.aligned import MEASURES
from retorno.reactivation.curves.reached import Day, reach
from retorno.reactivation.history import History
from retorno.stats.recurrent import DRAWS, MeanCurves, sup_t
from retorno.stats.student import Estimate

VALUE = Definition(
    "contact.incremental_value",
    label=mark("Value that contact brings until the end of the data"),
    meaning=mark(
        "Mean value of purchases per customer on offsets 0 to F-1 from the day of the contact, all treated arms pooled "
        "minus holdout, goods sent back taken off, before the cost of contact. F: days from the last contact to the "
        "last day of data, both included, at most window_days, so that everybody is followed for all of it. In the "
        "formula V is the mean at an offset, C those contacted, H the holdout."
    ),
    unit="money per customer",
    sign=mark("Positive: contact brings value that would not have come."),
    formula=r"\bar V_C(F - 1) - \bar V_H(F - 1)",
    reference=0.0,
)
ARM_VALUE = Definition(
    "contact.incremental_value.{arm}",
    label=mark('Value that "{arm}" brings until the end of the data'),
    meaning=mark(
        "The same for one treated arm. In the formula V is the mean at that offset, a the arm, H the holdout, F the "
        "days followed."
    ),
    unit="money per customer",
    sign=mark("Positive: this arm brings value that would not have come."),
    formula=r"\bar V_a(F - 1) - \bar V_H(F - 1)",
    reference=0.0,
)
PAYBACK = Definition(
    "contact.payback_day",
    label=mark("Day on which contact has paid for itself"),
    meaning=mark(
        "First offset, counted from 0, the day of the contact, at which mean margin of those contacted minus holdout "
        "reaches the mean cost of a contact, taken as known; undiscounted. No number when it is not reached in the "
        "days followed. In the formula V is the mean margin at offset d, C those contacted, H the holdout, c the cost."
    ),
    unit="days",
    sign=mark("Lower: the cost is back sooner."),
    formula=r"\min \{ d : \bar V_C(d) - \bar V_H(d) \geq c \}",
)
NEVER = Definition(
    "contact.payback_day.never",
    label=mark("Chance that contact has not paid for itself by the end of the data"),
    meaning=mark(
        "Share of incremental curves, drawn with the error of the estimate, that do not reach the mean cost of a "
        "contact in the days followed. In the formula D* is a drawn curve, d an offset, F the days followed, c the "
        "mean cost, P the chance."
    ),
    unit="probability",
    sign=mark("Higher: less sure that contact pays back in that time."),
    formula=r"P \left( \max_{d < F} D^{*}(d) < c \right)",
)
DEFINITIONS = (VALUE, ARM_VALUE, PAYBACK, NEVER)

EFFECTS = {
    "above": mark(
        "In {days} days contact brought {apart} of {measure} per customer more than the holdout."
    ),
    "below": mark(
        "In {days} days contact brought {apart} of {measure} per customer less than the holdout."
    ),
    "undecided": mark(
        "In {days} days those contacted and the holdout lie {apart} of {measure} per customer apart; the interval "
        "holds zero, so it is not shown that contact changed it."
    ),
}
ARM_EFFECTS = {
    "above": mark(
        'In {days} days "{arm}" brought {apart} of {measure} per customer more than the holdout.'
    ),
    "below": mark(
        'In {days} days "{arm}" brought {apart} of {measure} per customer less than the holdout.'
    ),
    "undecided": mark(
        'In {days} days "{arm}" and the holdout lie {apart} of {measure} per customer apart; the interval holds zero.'
    ),
}
PAID = mark("What contact brings reaches its mean cost of {cost} on day {day}.")
NOT_PAID = mark(
    "What contact brings does not reach its mean cost of {cost} in {days} days: it ends at {last}."
)
FLAT = mark(
    "Not stated: every customer brought the same in these days, so nothing says how far a difference could be chance; "
    "purchases after the contact are needed."
)
FREE = mark("Contact cost nothing, so there is nothing to recover: it is back on day 0.")
CHANCE = mark(
    "As the data stand, the chance that contact does not bring back its mean cost of {cost} in {days} days is {chance}."
)
TITLES = {
    "above": mark("Contact brought {apart} per customer in {days} days"),
    "below": mark("Contact lost {apart} per customer in {days} days"),
    "undecided": mark("Whether contact brought anything in {days} days is undecided"),
}


@dataclass(frozen=True, slots=True)
class AfterContact:
    """Value from the day of the contact on, or why it is not told.

    Attributes
    ----------
    arms : tuple of str
        Holdout first, then the treated arms.
    curves : MeanCurves or None
        Groups: 0 the holdout, 1 all treated, then the arms, where there are several.
    wide : float or None
        Standard errors to each side of the band that holds the whole incremental curve.
    days : int
        Offsets told: 0 to `days` - 1.
    payback : Day
    measure, currency : str
    level, min_group : float, int
    left_out : int
        Customers of contacts whose day is missing or lies outside the data.
    aligned : bool
        The holdout had no day and stands on the only day of contact.
    refused : str or None
    """

    arms: tuple[str, ...]
    curves: MeanCurves | None
    wide: float | None
    days: int
    payback: Day
    measure: str
    currency: str
    level: float
    min_group: int
    left_out: int
    aligned: bool
    refused: str | None

    @property
    def unit(self) -> str:
        """Unit of a value: currency per customer."""
        return f"{self.currency} per customer"

    @property
    def incremental(self) -> MeanCurves:
        """The curve of treated minus holdout, as group 0."""
        return self.curves.between()

    @property
    def estimate(self) -> Estimate:
        """Treated minus holdout at the last offset."""
        return self.incremental.one(0, level=self.level)

    def findings(self) -> Findings:
        """State or refuse what contact brings, by arm too, and when it has paid for itself."""
        found = [self._value(VALUE, 1, EFFECTS)]
        if len(self.arms) > 2:
            for group, arm in enumerate(self.arms[1:], start=2):
                found.append(self._value(ARM_VALUE, group, ARM_EFFECTS, arm=arm))
        return Findings([*found, *self._payback()])

    def _refusal(self, group: int) -> str | None:
        if self.refused:
            return self.refused
        for one, name in ((0, HOLDOUT), (group, "")):
            if self.curves.n[one] < max(2, self.min_group) or self.curves.parts[one] < 2:
                name = name or (self.arms[one - 1] if one > 1 else say("all treated"))
                what = say('customers in "{arm}" with a day of contact inside the data', arm=name)
                return too_few(what, self.curves.n[one], max(2, self.min_group))
        return None

    def _value(self, definition, group: int, sentences, **names) -> Finding:
        n = 0 if self.curves is None else self.curves.n[0] + self.curves.n[group]
        if reason := self._refusal(group):
            return definition.refuse(reason, n=n, unit=self.unit, **names)
        estimate = self.curves.difference(level=self.level, first=0, second=group)
        if estimate.se == 0:
            return definition.refuse(say(FLAT), n=n, unit=self.unit, **names)
        verdict = direction(estimate.interval)
        text = say(
            sentences[verdict], apart=self._money(abs(estimate.value)), **self._words(), **names
        )
        return definition.state(
            estimate.value,
            f"{text}{self._counted()}" + caution(min(self.curves.n[0], self.curves.n[group])),
            interval=estimate.interval,
            level=self.level,
            unit=self.unit,
            n=n,
            method=say("difference of mean cumulative values, t interval by customer"),
            verdict=verdict,
            **names,
        )

    def _words(self) -> dict[str, str]:
        return {"days": integer(self.days), "measure": say(MEASURES[self.measure])}

    def _counted(self) -> str:
        """Say who is left out and where the holdout stands, with a leading space."""
        text = ""
        if self.aligned:
            text += " " + say(
                "The holdout has no day of its own and stands on the only day of contact."
            )
        if self.left_out:
            text += " " + say_n(
                "{n} customer without a day of contact inside the data is left out.",
                "{n} customers without a day of contact inside the data are left out.",
                self.left_out,
            )
        return text

    def _money(self, amount: float) -> str:
        return money(amount, self.currency)

    def _payback(self) -> list[Finding]:
        n = 0 if self.curves is None else sum(self.curves.n[:2])
        day = self.payback
        reason = self._refusal(1) or day.refused or (self.estimate.se == 0 and say(FLAT))
        if reason:
            return [definition.refuse(reason, n=n) for definition in (PAYBACK, NEVER)]
        words = {"cost": self._money(day.height), "last": self._money(self.estimate.value)}
        words |= self._words() | {"chance": day.chance()}
        if day.height == 0:
            text = chance = say(FREE)
        else:
            chance = say(CHANCE, **words)
            text = f"{self._reached(words)} {day.range(self.level)}"
        warning = caution(min(self.curves.n[:2]))
        return [
            PAYBACK.state(
                day.found.value,
                text + warning,
                interval=day.interval,
                level=self.level,
                n=n,
                method=say("first day of the incremental curve, percentiles over drawn curves"),
            ),
            NEVER.state(
                day.found.never,
                chance + warning,
                n=n,
                method=say("share of {n} drawn curves", n=integer(DRAWS)),
            ),
        ]

    def _reached(self, words) -> str:
        if self.payback.found.value is None:
            return say(NOT_PAID, **words)
        return say(PAID, day=integer(self.payback.found.value), **words)

    @property
    def cost(self) -> float | None:
        """Mean cost of a contact, None where it is not known or there is no margin to set against it."""
        return self.payback.height

    def to_frame(self):
        """Return offset, holdout, treated, incremental, its pointwise and simultaneous bounds; no rows when refused."""
        import pandas as pd

        if self._refusal(1):
            return pd.DataFrame({"offset": pd.Series(dtype=int)})
        apart = self.incremental
        low, high = apart.band(0, level=self.level)
        half = self.wide * apart.se(0)
        return pd.DataFrame(
            {
                "offset": np.arange(self.days),
                "holdout": self.curves.mean[0],
                "treated": self.curves.mean[1],
                "incremental": apart.mean[0],
                "ci_low": low,
                "ci_high": high,
                "band_low": apart.mean[0] - half,
                "band_high": apart.mean[0] + half,
            }
        )

    def title(self) -> str:
        """Say what contact has brought by the last day."""
        if self._refusal(1):
            return say("What contact brings day by day cannot be told")
        apart = self._money(abs(self.estimate.value))
        side = direction(self.estimate.interval)
        return say(TITLES[side], apart=apart, days=integer(self.days))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean cumulative {measure} per customer, contacted minus holdout, {currency}, by day since the contact",
            measure=say(MEASURES[self.measure]),
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say what line and bands are, who is compared and for how long."""
        if reason := self._refusal(1):
            return reason
        drawn = say(
            "Every customer is followed for {days} days: {treated} contacted, {holdout} held out, those who bought "
            "nothing among them. The inner band is the pointwise {level} t interval by customer, the outer one holds "
            "the whole curve.",
            days=integer(self.days),
            treated=integer(self.curves.n[1]),
            holdout=integer(self.curves.n[0]),
            level=percent(self.level, 0),
        )
        if not self.cost:
            return drawn + self._counted()
        words = self._words() | {
            "cost": self._money(self.cost),
            "last": self._money(self.estimate.value),
        }
        return f"{drawn} {self._reached(words)}{self._counted()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self._refusal(1):
            return reason
        mean = self.incremental.mean[0]
        return say(
            "A line in two bands: {start} on the day of contact, {end} on day {last}.",
            start=self._money(mean[0]),
            end=self._money(mean[-1]),
            last=integer(self.days - 1),
        )


def after_contact(
    history: History | None, contacts, tests: Campaign, *, rng: np.random.Generator
) -> AfterContact:
    """Return what contact brings day by day, from the purchases of those contacted and of the holdout.

    Parameters
    ----------
    history : History or None
        None where there are no transactions: everything is refused.
    contacts : ibis.Table
        The checked `contacts` table, in the same engine.
    tests : Campaign
        That of `contacts`; its contact_cost counts where there is no column `cost`.
    rng : numpy Generator
        Draws the curves behind the band and the interval of the payback day.
    """
    arms = tuple(tests.arms)
    measure = "margin" if history is None else history.measure

    def told(curves=None, wide=None, days=0, payback=None, found=None, refused=None):
        return AfterContact(
            arms=arms,
            curves=curves,
            wide=wide,
            days=days,
            payback=payback or Day(refused=refused),
            measure=measure,
            currency=tests.currency,
            level=tests.level,
            min_group=tests.min_group,
            left_out=found.left_out if found else 0,
            aligned=bool(found and found.aligned),
            refused=refused,
        )

    if reason := _absent(history, contacts):
        return told(refused=reason)
    found = place_contacts(history, contacts)
    if reason := _misplaced(history, found):
        return told(found=found, refused=reason)
    days = min(history.last - found.last_contact + 1, history.window_days)
    curves = contact_curves(history, found.starts, arms, days)
    if min(curves.parts[:2]) < 2:
        return told(curves, None, days, Day(refused=""), found)
    apart = curves.between()
    wide = sup_t(apart.influence[0], df=apart.df(0), level=tests.level, rng=rng, draws=DRAWS)
    return told(curves, wide, days, _paid(apart, found.cost, measure, tests, rng), found)


def _absent(history, contacts) -> str | None:
    """Return which table or column is missing, or None."""
    if history is None:
        return say("Not stated: this needs the purchases, table transactions.")
    missing = [name for name in ("customer_id", "contacted_on") if name not in contacts.columns]
    if missing:
        return say(
            "Not stated: `contacts` has no column {names}, so it cannot be joined with the purchases from the day of "
            "the contact on.",
            names=listed(missing),
        )
    return None


def _misplaced(history: History, found: Placed) -> str | None:
    """Return why the days of contact do not do, or None."""
    if found.undated_holdout:
        return say(
            "Not stated: the holdout has no day in contacted_on and those contacted have {days}, so nothing says from "
            "which day on a customer held out is to be followed.",
            days=integer(found.contact_days),
        )
    if found.inside == 0:
        return say(
            "Not stated: no day of contact lies inside the data of purchases, {first} to {last}; {late} lie after it. "
            "Purchases after the contact are needed.",
            first=history.first_day.isoformat(),
            last=history.last_day.isoformat(),
            late=integer(found.late),
        )
    return None


def _paid(apart: MeanCurves, cost, measure: str, tests: Campaign, rng) -> Day:
    """Return when the incremental curve reaches the mean cost of a contact."""
    cost = tests.contact_cost if cost is None else cost
    missing = [] if measure == "margin" else [say("a column margin or margin_rate")]
    if cost is None:
        missing.append(say("a column cost or contact_cost"))
    if missing:
        return Day(refused=say("Not stated: this needs {missing}.", missing=listed(missing)))
    draws = apart.draws([0], rng=rng)[:, 0]
    return reach(apart.mean[0], draws, cost, level=tests.level)
