"""Customers lined up at a purchase: what two groups bring over full windows of equal length, day by day.

Everything is summed in the engine; what leaves it is one row for each day of the window. Only windows that lie
wholly inside the data count, so that young cohorts do not look poor.

Source: cumulative mean of marked events with robust variance by customer, Lawless and Nadeau (1995), Technometrics 37.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, caution, direction, too_few
from retorno.language import integer, mark, money, number, percent, say
from retorno.reactivation.history import History, exact_sum
from retorno.stats.means import TwoMeans, two_means_from_moments
from retorno.stats.student import Estimate

MEASURES = {"margin": mark("margin"), "revenue": mark("revenue")}


@dataclass(frozen=True, slots=True)
class Aligned:
    """Mean cumulative value of two groups of customers over equal, full windows.

    A comparison of its own names its groups, the reference first, and says its findings and its title.

    Attributes
    ----------
    starts, n : tuple of two int
        Windows that began, and those of them that lie wholly inside the data.
    means : TwoMeans
        Cumulative means over offsets 0 to `window_days` - 1, with their covariance by customer.
    measure, currency : str
        What value is, "margin" or "revenue", and in which money.
    window_days, lapse_days, min_group : int
    level : float
        Coverage of pointwise bands and intervals.
    """

    starts: tuple[int, int]
    n: tuple[int, int]
    means: TwoMeans
    measure: str
    currency: str
    window_days: int
    lapse_days: int
    min_group: int
    level: float

    groups: ClassVar[tuple[str, str]]
    labels: ClassVar[tuple[str, str]]
    titles: ClassVar[dict[str, str]]
    since: ClassVar[str]

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two groups for people."""
        return say(self.labels[0]), say(self.labels[1])

    @property
    def unit(self) -> str:
        """Unit of a value: currency per customer."""
        return f"{self.currency} per customer"

    @property
    def difference(self) -> Estimate:
        """Second group minus reference at the end of the window."""
        return self.means.difference(level=self.level)

    def refusal(self, *groups: int) -> str | None:
        """Return why nothing can be said of `groups` (0, 1), or None."""
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
            if self.means.units[group] < 2:
                return say("Not stated: an interval needs two different customers in each group.")
        return None

    def ratio_finding(self, definition: Definition, sentences: dict[str, str], **values) -> Finding:
        """State the ratio of the two means with the sentence that fits its verdict, or refuse it."""
        reason = self.refusal(0, 1)
        if reason is None and not (self.means.mean[:, -1] > 0).all():
            reason = say("Not stated: a ratio needs a positive mean value in both groups.")
        if reason:
            return definition.refuse(reason, n=sum(self.n))
        estimate = self.means.ratio(level=self.level)
        verdict = direction(estimate.interval, 1.0)
        return definition.state(
            estimate.value,
            say(sentences[verdict], times=number(estimate.value), **values) + caution(min(self.n)),
            interval=estimate.interval,
            level=self.level,
            n=sum(self.n),
            method=say("ratio of means, log interval from joint influence by customer"),
            verdict=verdict,
        )

    def to_frame(self):
        """Return offset and, for each group, cumulative mean, ci_low, ci_high; no rows when refused."""
        import pandas as pd

        if self.refusal(0, 1):
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
        if self.refusal(0, 1):
            return say("Too few full windows to show how value builds up")
        apart = money(abs(self.difference.value), self.currency)
        return say(self.titles[direction(self.difference.interval)], apart=apart)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean cumulative {measure} per customer, {currency}, by day since {since}",
            measure=say(MEASURES[self.measure]),
            currency=self.currency,
            since=say(self.since),
        )

    def caption(self) -> str:
        """Say what the lines and bands are, and the distance at both ends."""
        if reason := self.refusal(0, 1):
            return reason
        gap = self.means.mean[1] - self.means.mean[0]
        return say(
            "Mean cumulative {measure} per customer by day since the aligned purchase (day 0). Full "
            '{window}-day windows only: {n1} customers "{g1}", {n2} "{g2}". Bands are pointwise {level} '
            "t intervals by customer. The distance is {start} on day 0 and {end} ({low} to {high}) on day {last}.",
            measure=say(MEASURES[self.measure]),
            window=integer(self.window_days),
            n1=integer(self.n[0]),
            g1=self.names[0],
            n2=integer(self.n[1]),
            g2=self.names[1],
            level=percent(self.level, 0),
            start=_signed(gap[0], self.currency),
            end=_signed(gap[-1], self.currency),
            low=_signed(self.difference.ci_low, self.currency),
            high=_signed(self.difference.ci_high, self.currency),
            last=integer(self.window_days - 1),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal(0, 1):
            return reason
        lines = (
            say(
                "{group}: from {start} on day 0 to {end} on day {last}.",
                group=name,
                start=money(self.means.mean[i][0], self.currency),
                end=money(self.means.mean[i][-1], self.currency),
                last=integer(self.window_days - 1),
            )
            for i, name in enumerate(self.names)
        )
        return " ".join([say("Two lines in their bands."), *lines])


def _signed(value: float, currency: str) -> str:
    return ("+" if value > 0 else "") + money(value, currency)


def align(
    kind: type[Aligned],
    history: History,
    starts,
    *,
    window_days: int,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
):
    """Return the comparison `kind` for two groups of aligned purchases.

    Parameters
    ----------
    kind : subclass of Aligned
    history : History
    starts : ibis.Table
        customer_id, day (offset 0), group (0 is the reference, or 1). A customer may appear more than once.
    window_days : int
        Length of the window in days, day 0 included; at least 1.
    """
    if window_days < 1:
        raise ParameterError(
            say(
                "{name}: wanted a whole number of days, 1 or more; got {got}.",
                name="window_days",
                got=window_days,
            )
        )
    full = starts.filter(starts.day + window_days - 1 <= history.last)
    return kind(
        starts=_sizes(starts),
        n=_sizes(full),
        means=two_means_from_moments(*_moments(history, full, window_days)),
        measure=history.measure,
        currency=currency,
        window_days=window_days,
        lapse_days=history.lapse_days,
        min_group=min_group,
        level=level,
    )


def _sizes(starts) -> tuple[int, int]:
    counted = starts.group_by("group").aggregate(n=starts.count()).execute()
    n = dict(zip(counted.group, counted.n, strict=True))
    return int(n.get(0, 0)), int(n.get(1, 0))


def _moments(history: History, full, window_days: int):
    """Return sums over customers of the products of (cumulative value 1 and 2, windows 1 and 2).

    Cumulative values change only on days with lines, so each customer-day adds its change of the
    products to its offset and a running sum over offsets gives the products themselves.

    Returns
    -------
    products : ndarray, shape (4, 4, window_days)
    sums : ndarray, shape (4, window_days)
    units : tuple of two int
    """
    import ibis

    windows = full.group_by("customer_id").aggregate(
        k0=(full.group == 0).sum(), k1=(full.group == 1).sum()
    )
    fixed = (
        windows.aggregate(
            k0=windows.k0.sum(),
            k1=windows.k1.sum(),
            k00=(windows.k0 * windows.k0).sum(),
            k01=(windows.k0 * windows.k1).sum(),
            k11=(windows.k1 * windows.k1).sum(),
            u0=(windows.k0 > 0).sum(),
            u1=(windows.k1 > 0).sum(),
        )
        .execute()
        .fillna(0)
        .iloc[0]
    )
    lines = full.rename(start="day").join(history.days, "customer_id")
    lines = lines.mutate(offset=lines.day - lines.start)
    lines = lines.filter(lines.offset.between(0, window_days - 1))
    daily = lines.group_by("customer_id", "offset").aggregate(
        a0=exact_sum((lines.group == 0).ifelse(lines.value, 0.0)),
        a1=exact_sum((lines.group == 1).ifelse(lines.value, 0.0)),
    )
    running = ibis.cumulative_window(group_by=daily.customer_id, order_by=daily.offset)
    daily = daily.mutate(c0=daily.a0.sum().over(running), c1=daily.a1.sum().over(running))
    daily = daily.join(windows, "customer_id")
    change = daily.group_by("offset").aggregate(
        t0=exact_sum(daily.a0),
        t1=exact_sum(daily.a1),
        t00=exact_sum(daily.a0 * (2 * daily.c0 - daily.a0)),
        t11=exact_sum(daily.a1 * (2 * daily.c1 - daily.a1)),
        t01=exact_sum(daily.c0 * daily.a1 + daily.c1 * daily.a0 - daily.a0 * daily.a1),
        t0k0=exact_sum(daily.a0 * daily.k0),
        t0k1=exact_sum(daily.a0 * daily.k1),
        t1k0=exact_sum(daily.a1 * daily.k0),
        t1k1=exact_sum(daily.a1 * daily.k1),
    )
    c = change.execute().set_index("offset").reindex(range(window_days), fill_value=0.0).cumsum()
    c = {name: c[name].to_numpy() for name in c}
    k = {name: np.full(window_days, float(fixed[name])) for name in fixed.index}
    products = np.array(
        [
            [c["t00"], c["t01"], c["t0k0"], c["t0k1"]],
            [c["t01"], c["t11"], c["t1k0"], c["t1k1"]],
            [c["t0k0"], c["t1k0"], k["k00"], k["k01"]],
            [c["t0k1"], c["t1k1"], k["k01"], k["k11"]],
        ]
    )
    sums = np.array([c["t0"], c["t1"], k["k0"], k["k1"]])
    return products, sums, (int(fixed.u0), int(fixed.u1))
