"""How many more customers joined a day while a campaign ran than its own past leads to expect.

Estimand: mean new customers a day over the days of the campaign, minus what level, trend and weekdays of the days
before it give for the same days. Over all new customers a mere change of label cancels: a customer who would have
come anyway and is now called referred is one more among the referred and one fewer among the others. So the three
changes are read together: referred, other, and all, which is their sum.

Assumption: without the campaign the trend would have gone on, and nothing else began on the same day. There is no
comparison group. Where every region starts together none exists, and no difference in differences is claimed.

Source: interrupted time series, see `retorno.stats.interrupted`; least squares on counts gives the difference of means
whatever their spread, and Newey and West's errors allow for counts that vary more where they are larger.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import mark, number, p_value, say, say_n
from retorno.referral.campaign.daily import SERIES, Daily
from retorno.stats.interrupted import (
    WEEK,
    Interrupted,
    interrupted,
    lag_for,
    reduced,
    serial_correlation,
)
from retorno.stats.student import Student

UNIT = "customers per day"
FORMULA = r"\frac{1}{n} \sum_{t \in C} (y_t - e_t)"
EFFECTS = {
    "all": Definition(
        "campaign.effect",
        label=mark("Change in new customers while the campaign ran"),
        meaning=mark(
            "All new customers a day while the campaign ran, minus what the days before it lead to expect: net of "
            "customers who only changed their label. In the formula y is the number of new customers of day t, e what "
            "level, straight trend and weekday of the up to 365 days before (least squares) give for it, C the n days "
            "of the campaign."
        ),
        unit=UNIT,
        sign=mark("Positive: more customers joined than the past leads to expect."),
        formula=FORMULA,
        reference=0.0,
        speaks_to=(Speaks("referral_can_be_managed", holds="above"),),
    ),
    "referred": Definition(
        "campaign.effect.referred",
        label=mark("Change in new referred customers while the campaign ran"),
        meaning=mark(
            "As campaign.effect, with referred customers alone; with that of the others it adds up to the change in "
            "all. In the formula y is the number of new referred customers of day t, e what their own level, trend and "
            "weekday before the campaign give for it, C the n days of the campaign."
        ),
        unit=UNIT,
        sign=mark("Positive: more referred customers joined than the past leads to expect."),
        formula=FORMULA,
        reference=0.0,
    ),
    "other": Definition(
        "campaign.effect.other",
        label=mark("Change in other new customers while the campaign ran"),
        meaning=mark(
            "As campaign.effect, with customers who were not referred alone. Negative is cannibalisation: some of the "
            "referred would have come anyway. In the formula y is the number of new customers of day t who were not "
            "referred, e what their own level, trend and weekday before the campaign give for it, C the n days of the "
            "campaign."
        ),
        unit=UNIT,
        sign=mark(
            "Negative: fewer others joined, so part of the referred only changed their label."
        ),
        formula=FORMULA,
        reference=0.0,
    ),
}
SERIAL = Definition(
    "campaign.serial_correlation",
    label=mark("Are days that follow each other alike beyond trend and weekday?"),
    meaning=mark(
        "p of Breusch and Godfrey's test that what the model leaves over of all new customers on a day has nothing to "
        "do with any of the seven days before. In the formula F is the ratio of the test, n the days, k the terms of "
        "the model, f what the data give."
    ),
    unit="p-value",
    sign=mark(
        "Small: what is left over of a day carries on to the next; the intervals allow for it."
    ),
    formula=r"P(F_{7, n - k - 7} \geq f)",
)
DEFINITIONS = (*EFFECTS.values(), SERIAL)

WHO = {
    "all": mark("new customers"),
    "referred": mark("new referred customers"),
    "other": mark("new customers who were not referred"),
}
SEEN = mark(
    "While the campaign ran ({first} to {last}, {days}), {seen} {who} joined a day; the days before lead to expect "
    "{expected}"
)
VERDICTS = {
    "above": mark("{seen}: {apart} more a day."),
    "below": mark("{seen}: {apart} fewer a day."),
    "undecided": mark("{seen}; the interval of the change holds zero, so none is shown."),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """The change in new customers while a campaign ran.

    Attributes
    ----------
    daily : Daily
    model : Interrupted or None
        None where nothing can be stated.
    changes : dict of str to Student or None
        Customers a day, by series (`all`, `referred`, `other`); None where it is refused.
    serial : float or None
        p of no relation between days that follow each other, of all new customers.
    lag : int
        Days over which what is left over is taken to go together.
    level : float
        Coverage of intervals.
    min_group : int
    """

    daily: Daily
    model: Interrupted | None
    changes: dict[str, Student | None]
    serial: float | None
    lag: int
    level: float
    min_group: int

    def refusal(self, name: str = "all") -> str | None:
        """Return why the change of a series cannot be stated, or None."""
        if self.daily.refusal or self.changes[name] is not None:
            return self.daily.refusal
        n = self.customers(name)
        if n < self.min_group:
            what = say("{who} on the days the model uses", who=say(WHO[name]))
            return too_few(what, n, self.min_group)
        return say(
            "Not stated: the number of {who} follows its weekdays and trend exactly, so nothing says how far a "
            "change could be chance.",
            who=say(WHO[name]),
        )

    def customers(self, name: str = "all") -> int:
        """Return how many customers stand behind a change: all who joined on the days the model uses."""
        return 0 if self.daily.refusal else int(self.daily.used(name).sum())

    def verdict(self, name: str = "all") -> str:
        """Return above, below, undecided or refused."""
        if self.refusal(name):
            return "refused"
        return direction(self.changes[name].at(self.level).interval)

    def method(self) -> str:
        """Say how the changes were estimated."""
        return say(
            "least squares on days: level, trend, weekdays, campaign; Newey-West errors over {lag} days, bias reduced",
            lag=self.lag,
        )

    def findings(self) -> Findings:
        """State or refuse the three changes and the test for days that stay alike."""
        return Findings([*map(self._finding, SERIES), self._serial()])

    def _finding(self, name: str) -> Finding:
        n = self.customers(name)
        if reason := self.refusal(name):
            return EFFECTS[name].refuse(reason, n=n)
        change, verdict = self.changes[name].at(self.level), self.verdict(name)
        daily_mean = self.daily.in_campaign(name) / self.daily.during
        seen = say(
            SEEN,
            **self.daily.dates,
            who=say(WHO[name]),
            seen=number(daily_mean),
            expected=number(daily_mean - change.value),
        )
        sentence = say(VERDICTS[verdict], seen=seen, apart=number(abs(change.value)))
        return EFFECTS[name].state(
            change.value,
            sentence + self._label(name) + caution(n),
            interval=change.interval,
            level=self.level,
            n=n,
            method=self.method(),
            verdict=verdict,
        )

    def _label(self, name: str) -> str:
        """Say what a fall of the others beside a rise of the referred means, with a leading space."""
        if name != "other" or (self.verdict("referred"), self.verdict("other")) != (
            "above",
            "below",
        ):
            return ""
        return " " + say(
            "Referred customers rose and the others fell: part of the referred would have come anyway."
        )

    def _serial(self) -> Finding:
        n = self.customers()
        if reason := self.refusal():
            return SERIAL.refuse(reason, n=n)
        kept = say_n(
            "the intervals allow for what carries on for up to {n} day.",
            "the intervals allow for what carries on for up to {n} days.",
            self.lag,
        )
        if self.serial < 1 - self.level:
            sentence = say(
                "What the model leaves over of one day carries on to others ({p}); {kept} What carries on longer makes "
                "them too short.",
                p=p_value(self.serial),
                kept=kept,
            )
        else:
            sentence = say(
                "No relation between days that follow each other is shown beyond trend and weekdays ({p}); {kept}",
                p=p_value(self.serial),
                kept=kept,
            )
        method = say_n(
            "Breusch-Godfrey test, {n} day, F", "Breusch-Godfrey test, {n} days, F", WEEK
        )
        return SERIAL.state(self.serial, sentence, n=n, method=method)


def campaign_effect(daily: Daily, *, level: float = 0.95, min_group: int = 5) -> Effect:
    """Estimate the change in new customers while the campaign ran, over all, the referred and the others.

    Parameters
    ----------
    daily : Daily
    level : float
        Coverage of intervals.
    min_group : int
        A series with fewer customers on the days used is refused.

    Returns
    -------
    Effect
        Changes in customers a day; positive: more than the days before lead to expect.

    Notes
    -----
    The change holds what happened while the campaign ran for whatever reason. Customers who come later because of it
    are not in it, and neither is a season that repeats each year: with a year of past it cannot be told from the trend.
    """
    if daily.refusal:
        return Effect(daily, None, dict.fromkeys(SERIES), None, 0, level, min_group)
    model = interrupted(
        daily.past, daily.during, daily.after_used, first_weekday=daily.first_weekday
    )
    lag = lag_for(daily.during)
    changes = {
        name: estimated(model, daily.used(name), model.weights(1.0), lag, min_group)
        for name in SERIES
    }
    serial = None if changes["all"] is None else serial_correlation(model, daily.used("all"))
    return Effect(daily, model, changes, serial, lag, level, min_group)


def estimated(model: Interrupted, series, weights, lag: int, min_group: int) -> Student | None:
    """Return a weighted sum of the days with its error, None where too few customers or no spread stand behind it."""
    if series.sum() < max(min_group, 1):
        return None
    try:
        return reduced(model, series, weights, lag=lag)
    except ValueError:
        return None
