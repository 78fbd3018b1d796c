"""What a customer is worth in the window after a first purchase, after a return, and like for like.

Estimand: mean value per customer on offsets 0 to W-1, offset 0 being the aligned purchase, before acquisition and
win-back cost; reactivated over new. Both groups are observed over full windows of equal length, so that young
cohorts do not look poor. What it is not: an effect. Those who return are survivors, they have bought before and
did not vanish for good; the comparison at the second purchase takes the first of these advantages away.

Source: cumulative mean of marked events with robust variance by customer, Lawless and Nadeau (1995), Technometrics 37.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Findings, caution, direction, too_few
from retorno.language import integer, mark, money, number, percent, say
from retorno.reactivation.aligned import align
from retorno.reactivation.history import History, first_purchases, reactivations
from retorno.stats.means import TwoMeans

NEW = Definition(
    "window.new.value",
    label=mark("Value of the window, new customers"),
    meaning=mark(
        "Mean value of the first window_days days of a new customer, offset 0 being the first purchase, over new "
        "customers whose whole window lies inside the data; before acquisition cost. New: the first purchase lies "
        "more than lapse_days days after the first day of the data, or first_purchase_known is set."
    ),
    unit="money per customer",
    sign=mark("Higher: a new customer brings more."),
)
REACTIVATED = Definition(
    "window.reactivated.value",
    label=mark("Value of the window, reactivated customers"),
    meaning=mark(
        "Mean value of the window_days days from a reactivation, offset 0 being the purchase that ends "
        "the lapse, over "
        "reactivated customers whose whole window lies inside the data; before win-back cost."
    ),
    unit="money per customer",
    sign=mark("Higher: a returned customer brings more."),
)
RATIO = Definition(
    "window.ratio",
    label=mark("Value of the window, reactivated over new"),
    meaning=mark("window.reactivated.value divided by window.new.value."),
    unit="ratio",
    sign=mark("Above 1: the returned bring more than the new. It says nothing about why."),
)
DIFFERENCE = Definition(
    "curve.reactivated.minus_new",
    label=mark("Value of the window, reactivated minus new"),
    meaning=mark("Difference of the mean cumulative curves at the last offset, window_days - 1."),
    unit="money per customer",
    sign=mark("Positive: the returned bring more than the new."),
)
LIKE_FOR_LIKE = Definition(
    "window.like_for_like.ratio",
    label=mark(
        "Value of the window from the second purchase, after a long silence over after a short one"
    ),
    meaning=mark(
        "Mean value of full windows aligned at a customer's second purchase: customers whose gap before it exceeded "
        "lapse_days, over customers whose gap did not. Everybody compared has bought exactly twice by then."
    ),
    unit="ratio",
    sign=mark("Above 1: at the same purchase number, those who had lapsed bring more."),
)
DEFINITIONS = (NEW, REACTIVATED, RATIO, DIFFERENCE, LIKE_FOR_LIKE)

GROUPS = {
    "new": mark("New"),
    "reactivated": mark("Reactivated"),
    "short": mark("After a short silence"),
    "long": mark("After a long silence"),
}
TITLES = {
    ("new", "reactivated"): {
        "above": mark("Returned customers end the window ahead of new ones"),
        "below": mark("Returned customers end the window behind new ones"),
        "undecided": mark("Returned and new customers end the window too close to tell apart"),
    },
    ("short", "long"): {
        "above": mark("At the second purchase, those who had lapsed end the window ahead"),
        "below": mark("At the second purchase, those who had lapsed end the window behind"),
        "undecided": mark(
            "At the second purchase, those who had lapsed bring neither clearly more nor less"
        ),
    },
}
MEASURES = {"margin": mark("margin"), "revenue": mark("revenue")}


@dataclass(frozen=True, slots=True)
class Windows:
    """Mean cumulative value of two groups of customers over equal, full windows.

    Attributes
    ----------
    groups : tuple of two str
        Keys of `GROUPS`: the reference first, so that ratio and difference are second against first.
    starts, n : tuple of two int
        Windows that began, and those of them that lie wholly inside the data.
    means : TwoMeans
        Cumulative means over offsets 0 to `window_days` - 1, with their covariance by customer.
    measure, currency : str
        What value is, and in which money.
    window_days, lapse_days, min_group : int
    level : float
        Coverage of pointwise bands and intervals.
    """

    groups: tuple[str, str]
    starts: tuple[int, int]
    n: tuple[int, int]
    means: TwoMeans
    measure: str
    currency: str
    window_days: int
    lapse_days: int
    min_group: int
    level: float

    def findings(self) -> Findings:
        """State or refuse the value of each group, their ratio and their difference."""
        if self.groups == ("short", "long"):
            return Findings([self._ratio(LIKE_FOR_LIKE, self._like_for_like)])
        return Findings(
            [
                self._value(NEW, 0),
                self._value(REACTIVATED, 1),
                self._ratio(RATIO, self._more_or_less),
                self._difference(),
            ]
        )

    @property
    def unit(self) -> str:
        """Unit of a value: currency per customer."""
        return f"{self.currency} per customer"

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two groups for people."""
        return say(GROUPS[self.groups[0]]), say(GROUPS[self.groups[1]])

    def _short(self, groups=(0, 1)) -> str | None:
        """Return why a group is too small, or None."""
        for group in groups:
            if self.n[group] < self.min_group:
                what = say(
                    'customers in the group "{group}" whose whole {window}-day window lies inside the '
                    "data, of {starts} whose window began",
                    group=self.names[group],
                    window=integer(self.window_days),
                    starts=integer(self.starts[group]),
                )
                return too_few(what, self.n[group], self.min_group)
        return None

    def _no_mean(self, groups) -> str | None:
        reason = self._short(groups)
        if reason or min(self.means.units[group] for group in groups) >= 2:
            return reason
        return say("Not stated: an interval needs two different customers in each group.")

    def _value(self, definition: Definition, group: int):
        reason = self._no_mean([group])
        if reason:
            return definition.refuse(reason, n=self.n[group], unit=self.unit)
        estimate = self.means.one(group, level=self.level)
        sentence = say(
            "In {window} days {count} customers ({group}) brought a mean {measure} of {value}.",
            window=integer(self.window_days),
            count=integer(self.n[group]),
            group=self.names[group].lower(),
            measure=say(MEASURES[self.measure]),
            value=money(estimate.value, self.currency),
        )
        return definition.state(
            estimate.value,
            sentence + caution(self.n[group]),
            interval=estimate.interval,
            level=self.level,
            unit=self.unit,
            n=self.n[group],
            method=say("mean over full windows, t interval by customer"),
        )

    def _ratio(self, definition: Definition, sentence):
        reason = self._no_mean((0, 1))
        if reason is None and not (self.means.mean[:, -1] > 0).all():
            reason = say("Not stated: a ratio needs a positive mean value in both groups.")
        if reason:
            return definition.refuse(reason, n=sum(self.n))
        estimate = self.means.ratio(level=self.level)
        verdict = direction(estimate.interval, 1.0)
        return definition.state(
            estimate.value,
            sentence(estimate.value, verdict) + caution(min(self.n)),
            interval=estimate.interval,
            level=self.level,
            n=sum(self.n),
            method=say("ratio of means, log interval from joint influence by customer"),
            verdict=verdict,
        )

    def _difference(self):
        reason = self._no_mean((0, 1))
        if reason:
            return DIFFERENCE.refuse(reason, n=sum(self.n), unit=self.unit)
        estimate = self.means.difference(level=self.level)
        sentence = say(
            "By the last day of the window the returned stand at {value} against the new.",
            value=_signed(estimate.value, self.currency),
        )
        return DIFFERENCE.state(
            estimate.value,
            sentence + caution(min(self.n)),
            interval=estimate.interval,
            level=self.level,
            unit=self.unit,
            n=sum(self.n),
            method=say("difference of means, t interval from joint influence by customer"),
            verdict=direction(estimate.interval),
        )

    def _more_or_less(self, ratio: float, verdict: str) -> str:
        times = number(ratio)
        if verdict == "above":
            return say(
                "Returned customers bring {times} times what new ones bring: more, but they are "
                "survivors, and this is no effect of winning them back.",
                times=times,
            )
        if verdict == "below":
            return say(
                "Returned customers bring {times} times what new ones bring: less.", times=times
            )
        return say(
            "Returned customers bring {times} times what new ones bring; the interval holds 1, so "
            "which of the two bring more is undecided.",
            times=times,
        )

    def _like_for_like(self, ratio: float, verdict: str) -> str:
        times, days = number(ratio), integer(self.lapse_days)
        if verdict == "above":
            return say(
                "From the second purchase seen in the data on, customers silent for more than {days} "
                "days before it bring {times} times what the others bring: more, at the same purchase "
                "number.",
                days=days,
                times=times,
            )
        if verdict == "below":
            return say(
                "From the second purchase seen in the data on, customers silent for more than {days} "
                "days before it bring {times} times what the others bring: less, at the same purchase "
                "number.",
                days=days,
                times=times,
            )
        return say(
            "From the second purchase seen in the data on, customers silent for more than {days} days "
            "before it bring {times} times what the others bring; the interval holds 1, so no "
            "difference is shown.",
            days=days,
            times=times,
        )

    def to_frame(self):
        """Return offset and, for each group, cumulative mean, ci_low, ci_high; no rows when refused."""
        import pandas as pd

        if self._no_mean((0, 1)):
            return pd.DataFrame({"offset": pd.Series(dtype=int)})
        columns = {"offset": np.arange(self.window_days)}
        for group, name in enumerate(self.groups):
            low, high = self.means.band(group, level=self.level)
            columns |= {
                name: self.means.mean[group],
                f"{name}_ci_low": low,
                f"{name}_ci_high": high,
            }
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say which group is ahead at the end of the window."""
        if self._no_mean((0, 1)):
            return say("Too few full windows to show how value builds up")
        verdict = direction(self.means.difference(level=self.level).interval)
        return say(TITLES[self.groups][verdict])

    def caption(self) -> str:
        """Say what the lines and bands are, and the distance at both ends."""
        if reason := self._no_mean((0, 1)):
            return reason
        gap = self.means.mean[1] - self.means.mean[0]
        return say(
            "Mean cumulative {measure} per customer by day since the aligned purchase (day 0). Full "
            "{window}-day windows only: "
            '{n1} customers "{g1}", {n2} "{g2}". Bands are pointwise {level} intervals by customer. The distance is '
            "{start} on day 0 and {end} on day {last}.",
            measure=say(MEASURES[self.measure]),
            window=integer(self.window_days),
            n1=integer(self.n[0]),
            g1=self.names[0],
            n2=integer(self.n[1]),
            g2=self.names[1],
            level=percent(self.level, 0),
            start=_signed(gap[0], self.currency),
            end=_signed(gap[-1], self.currency),
            last=integer(self.window_days - 1),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self._no_mean((0, 1)):
            return reason
        return " ".join(
            say(
                "{group}: from {start} on day 0 to {end} on day {last}.",
                group=name,
                start=money(self.means.mean[i][0], self.currency),
                end=money(self.means.mean[i][-1], self.currency),
                last=integer(self.window_days - 1),
            )
            for i, name in enumerate(self.names)
        )


def _signed(value: float, currency: str) -> str:
    return ("+" if value > 0 else "") + money(value, currency)


def new_against_reactivated(history: History, *, window_days: int, **options) -> Windows:
    """Compare the windows of new and reactivated customers; `options` are those of `compare_windows`."""
    starts = first_purchases(history).mutate(group=0).union(reactivations(history).mutate(group=1))
    return compare_windows(
        history, starts, ("new", "reactivated"), window_days=window_days, **options
    )


def like_for_like(history: History, *, window_days: int, **options) -> Windows:
    """Compare windows from the second purchase, after a gap beyond `lapse_days` against a shorter one."""
    p = history.purchases
    second = p.filter(p.order == 2)
    starts = second.select(
        "customer_id", "day", group=(second.gap > history.lapse_days).cast("int8")
    )
    return compare_windows(history, starts, ("short", "long"), window_days=window_days, **options)


def compare_windows(
    history: History,
    starts,
    groups: tuple[str, str],
    *,
    window_days: int,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Windows:
    """Return cumulative mean value over full windows for two groups of aligned purchases.

    Parameters
    ----------
    history : History
    starts : ibis.Table
        customer_id, day (offset 0), group (0 or 1). A customer may appear more than once.
    groups : tuple of two str
        Names of group 0, the reference, and group 1.
    window_days : int
        Length of the window in days, day 0 included; at least 1.
    """
    if window_days < 1:
        raise ParameterError(
            say(
                "window_days: wanted a whole number of days, 1 or more; got {got}.", got=window_days
            )
        )
    aligned = align(history, starts, window_days)
    return Windows(
        groups=groups,
        starts=aligned.began,
        n=aligned.full,
        means=aligned.means,
        measure=history.measure,
        currency=currency,
        window_days=window_days,
        lapse_days=history.lapse_days,
        min_group=min_group,
        level=level,
    )
