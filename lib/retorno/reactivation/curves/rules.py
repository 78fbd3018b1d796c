"""What follows from each of several lapse thresholds at once, summed in the engine.

A window is summed once, under the run of thresholds it counts at; parts of the customers carry its error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from retorno.findings import direction
from retorno.reactivation.history import History, exact_sum, full_windows
from retorno.stats.recurrent import mean_cumulative
from retorno.stats.student import Estimate


class Ratio(NamedTuple):
    """Full windows of the reference and of the group in question, and their ratio; None when it is refused."""

    n: tuple[int, int]
    ratio: Estimate | None

    @property
    def verdict(self) -> str | None:
        """On which side of 1 the interval lies; None when the ratio is refused."""
        return None if self.ratio is None else direction(self.ratio.interval, 1.0)


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from one threshold.

    Attributes
    ----------
    days : int
        The threshold.
    lapsed, returned : int
        Customers who lapsed at least once; those of them who came back.
    window, like_for_like : Ratio
        New customers, the reference, and reactivated; at the second purchase short silences, the reference, and long.
    """

    days: int
    lapsed: int
    returned: int
    window: Ratio
    like_for_like: Ratio


def under_rules(
    history: History, days: Sequence[int], *, level: float, min_group: int
) -> tuple[Rule, ...]:
    """Return what follows from each of the rising thresholds `days`."""
    lapsed, returned = _states(history, days)
    options = {"level": level, "min_group": min_group}
    window = ratios(_first(history, days), _returned(history, days), len(days), **options)
    like = ratios(*_second(history, days), len(days), **options)
    return tuple(map(Rule, days, lapsed, returned, window, like))


def _exceeded(column, days: Sequence[int]):
    """Return of how many of the rising thresholds `days` an engine column exceeds; nothing exceeds none."""
    return sum((column > one).fill_null(False).cast("int32") for one in days)


def _states(history: History, days) -> tuple[list[int], list[int]]:
    """Return customers who lapsed and who came back at each threshold."""
    import ibis

    p = history.purchases
    longest = p.group_by("customer_id").aggregate(final=history.last - p.day.max(), gap=p.gap.max())
    silence = ibis.greatest(longest.gap.fill_null(0), longest.final)
    counted = longest.select(silence=_exceeded(silence, days), gap=_exceeded(longest.gap, days))
    counts = counted.group_by("silence", "gap").aggregate(n=counted.count()).execute()
    beyond = range(1, len(days) + 1)
    lapsed, returned = (
        [int(counts.n[counts[name] >= place].sum()) for place in beyond]
        for name in ("silence", "gap")
    )
    return lapsed, returned


def _summed(starts):
    """Return bucket, since, until, n, value: windows that count at the thresholds since <= place < until, summed."""
    keys = ("bucket", "since", "until")
    sums = starts.group_by(*keys).aggregate(n=starts.count(), value=exact_sum(starts.window))
    return sums.order_by(*keys).execute()


def _first(history: History, days):
    """Return the first purchases that are new customers', summed; see `_summed`."""
    import ibis

    c = history.customers
    until = ibis.literal(len(days)) if history.first_purchase_known else _exceeded(c["first"], days)
    starts = c.select(
        "bucket", day="first", window="first_window", since=ibis.literal(0), until=until
    )
    return _summed(full_windows(history, starts))


def _second(history: History, days):
    """Return the second purchases after a short and after a long silence, summed; see `_summed`."""
    import ibis

    c = history.customers.drop_null("second")
    longer = _exceeded(c.second_gap, days)
    at = {"day": "second", "window": "second_window"}
    short = c.select("bucket", **at, since=longer, until=ibis.literal(len(days)))
    long = c.select("bucket", **at, since=ibis.literal(0), until=longer)
    return _summed(full_windows(history, short)), _summed(full_windows(history, long))


def _returned(history: History, days):
    """Return the first purchases after a lapse at each threshold, or all with `all_spells`, summed; see `_summed`.

    A purchase is a customer's first after a gap beyond L where its own gap exceeds L and no earlier one does.
    """
    import ibis

    p = history.purchases.select("customer_id", "day", "gap", "window")
    p = p.filter(p.gap > days[0])
    since = ibis.literal(0)
    if not history.all_spells:
        before = ibis.window(group_by=p.customer_id, order_by=p.day, rows=(None, -1))
        p = p.mutate(longest=p.gap.max().over(before))
        since = _exceeded(p.longest, days)
    p = p.mutate(since=since, until=_exceeded(p.gap, days))
    p = full_windows(history, p.filter(p.until > p.since))
    return _summed(p.join(history.customers.select("customer_id", "bucket"), "customer_id"))


def ratios(reference, group, places: int, *, level: float, min_group: int) -> list[Ratio]:
    """Return the ratio of mean values, `group` over `reference`, at each of the thresholds.

    Parameters
    ----------
    reference, group : DataFrame
        As `_summed` gives them.
    places : int
        How many thresholds there are.
    """
    parts = int(max([0, *reference.bucket, *group.bucket])) + 1
    n, value = (
        np.stack([_spread(frame, name, parts, places) for frame in (reference, group)])
        for name in ("n", "value")
    )
    return [_ratio(n[:, :, [at]], value[:, :, [at]], level, min_group) for at in range(places)]


def _spread(frame, name: str, parts: int, places: int) -> np.ndarray:
    """Return the sums of a column by bucket and threshold, shape (parts, places)."""
    bucket, amount = frame.bucket.to_numpy(dtype=int), frame[name].to_numpy(dtype=float)
    since, until = frame.since.to_numpy(dtype=int), frame.until.to_numpy(dtype=int)
    at = [(since <= place) & (place < until) for place in range(places)]
    return np.stack([np.bincount(bucket[i], amount[i], minlength=parts) for i in at], axis=1)


def _ratio(n, value, level: float, min_group: int) -> Ratio:
    counts = tuple(int(count) for count in n.sum(axis=(1, 2)))
    if min(counts) < max(min_group, 1):
        return Ratio(counts, None)
    curves = mean_cumulative(value, n)
    if min(curves.parts) < 2 or not (curves.mean[:, -1] > 0).all():
        return Ratio(counts, None)
    return Ratio(counts, curves.ratio(level=level))
