"""Customers lined up at a purchase: what two groups bring over full windows of equal length, day by day.

Everything is summed in the engine; what leaves it is one sum for each day of the window and random part of the
customers. Only windows that lie wholly inside the data count, so that young cohorts do not look poor; `every` takes
the others in as far as they go.

Source: cumulative mean of marked events with robust variance by customer, Lawless and Nadeau (1995), Technometrics 37.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from retorno.findings import Definition, Finding, caution, direction, too_few
from retorno.language import integer, mark, money, number, percent, say
from retorno.reactivation.history import History, exact_sum
from retorno.stats.recurrent import DRAWS, MeanCurves, mean_cumulative, sup_t
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
    full : MeanCurves
        Cumulative means of the full windows over offsets 0 to `window_days` - 1.
    every : MeanCurves or None
        Those of all windows that began, each as long as it is observed; None where no window is full.
    wide : tuple of two float, or None
        Standard errors to each side of the bands that hold a whole curve of `full`; None when refused.
    measure, currency : str
        What value is, "margin" or "revenue", and in which money.
    window_days, lapse_days, min_group : int
    level : float
        Coverage of pointwise bands and intervals.
    """

    starts: tuple[int, int]
    n: tuple[int, int]
    full: MeanCurves
    every: MeanCurves | None
    wide: tuple[float, float] | None
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
        return self.full.difference(level=self.level)

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
            if self.full.parts[group] < 2:
                return say("Not stated: an interval needs two different customers in each group.")
        return None

    def ratio_finding(self, definition: Definition, sentences: dict[str, str], **values) -> Finding:
        """State the ratio of the two means with the sentence that fits its verdict, or refuse it."""
        reason = self.refusal(0, 1)
        if reason is None and not (self.full.mean[:, -1] > 0).all():
            reason = say("Not stated: a ratio needs a positive mean value in both groups.")
        if reason:
            return definition.refuse(reason, n=sum(self.n))
        estimate = self.full.ratio(level=self.level)
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
        """Return offset and, for each group, mean, pointwise and simultaneous bounds; no rows when refused."""
        import pandas as pd

        if self.refusal(0, 1):
            return pd.DataFrame({"offset": pd.Series(dtype=int)})
        columns = {"offset": np.arange(self.window_days)}
        for group, name in enumerate(self.groups):
            low, high = self.full.band(group, level=self.level)
            half = self.wide[group] * self.full.se(group)
            columns |= {
                name: self.full.mean[group],
                f"{name}_ci_low": low,
                f"{name}_ci_high": high,
                f"{name}_band_low": self.full.mean[group] - half,
                f"{name}_band_high": self.full.mean[group] + half,
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
        gap = self.full.mean[1] - self.full.mean[0]
        return say(
            "Mean cumulative {measure} per customer by day since the aligned purchase (day 0). Full "
            '{window}-day windows only: {n1} customers "{g1}", {n2} "{g2}". Bands are pointwise {level} '
            "t intervals by customer, the lighter ones hold a whole curve. The distance is {start} on day 0 and {end} "
            "({low} to {high}) on day {last}.",
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
                start=money(self.full.mean[i][0], self.currency),
                end=money(self.full.mean[i][-1], self.currency),
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
    rng: np.random.Generator,
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
        customer_id, bucket, day (offset 0), group (0 is the reference, or 1). A customer may appear more
        than once.
    rng : numpy Generator
        For the width of the simultaneous bands.
    """
    sums = aligned_sums(history, starts, history.window_days)
    full = mean_cumulative(sums.full, sums.full_at_risk)
    n = tuple(int(count) for count in sums.full_at_risk[:, :, 0].sum(axis=1))
    every = mean_cumulative(sums.every, sums.at_risk) if min(n) else None
    wide = None
    if min(full.parts) >= 2:
        of = {"level": level, "rng": rng, "draws": DRAWS}
        wide = tuple(sup_t(full.influence[g], df=full.df(g), **of) for g in (0, 1))
    return kind(
        starts=tuple(int(count) for count in sums.at_risk[:, :, 0].sum(axis=1)),
        n=n,
        full=full,
        every=every,
        wide=wide,
        measure=history.measure,
        currency=currency,
        window_days=history.window_days,
        lapse_days=history.lapse_days,
        min_group=min_group,
        level=level,
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """Value by group, part of the customers and offset, of all windows and of the full ones alone.

    Attributes
    ----------
    every, full : ndarray, shape (n_groups, n_parts, length)
        Value on each offset of the windows that began, and of those wholly inside the data.
    at_risk, full_at_risk : ndarray, shape (n_groups, n_parts, length)
        Windows of which the offset lies inside the data; full windows, the same at every offset.
    """

    every: np.ndarray
    full: np.ndarray
    at_risk: np.ndarray
    full_at_risk: np.ndarray


def aligned_sums(history: History, starts, length: int, groups: int = 2) -> Sums:
    """Return what windows of `length` days bring, summed in the engine.

    Parameters
    ----------
    starts : ibis.Table
        customer_id, bucket, day (offset 0), group (0 to `groups` - 1).
    """
    seen = (history.last - starts.day).clip(upper=length - 1)
    counts = starts.group_by("group", "bucket", seen=seen).aggregate(n=starts.count()).execute()
    lines = starts.select("customer_id", "bucket", "group", start="day").join(
        history.days.select("customer_id", "day", "value"), "customer_id"
    )
    lines = lines.mutate(
        offset=lines.day - lines.start, is_full=lines.start + length - 1 <= history.last
    )
    lines = lines.filter(lines.offset.between(0, length - 1))
    values = (
        lines.group_by("group", "bucket", "offset", "is_full")
        .aggregate(value=exact_sum(lines.value))
        .execute()
    )
    parts = int(counts.bucket.max()) + 1 if len(counts) else 1
    followed = cells(counts, ("group", "bucket", "seen"), "n", (groups, parts, length))
    at_risk = followed[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    at = ("group", "bucket", "offset")
    full = cells(values[values.is_full], at, "value", (groups, parts, length))
    others = cells(values[~values.is_full], at, "value", (groups, parts, length))
    full_at_risk = np.repeat(at_risk[:, :, -1:], length, axis=2)
    return Sums(full + others, full, at_risk, full_at_risk)


def cells(frame, at, value: str, shape) -> np.ndarray:
    """Return the column `value` of a frame as an array of `shape`, placed by the columns `at`; zero elsewhere."""
    found = np.zeros(shape)
    found[tuple(frame[name].to_numpy(dtype=int) for name in at)] = frame[value].to_numpy(
        dtype=float
    )
    return found
