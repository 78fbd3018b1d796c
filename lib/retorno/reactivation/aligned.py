"""Customers lined up at a purchase: the mean cumulative value of two groups, day by day.

Everything is summed in the engine; what leaves it is one row for each day of the window.
"""

from dataclasses import dataclass

import numpy as np

from retorno.reactivation.history import History, exact_sum
from retorno.stats.means import TwoMeans, two_means_from_moments


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two groups of windows.

    Attributes
    ----------
    began, full : tuple of two int
        Windows that began, and those of them that lie wholly inside the data.
    means : TwoMeans
        Cumulative mean value over offsets 0 to W - 1 of the full windows.
    """

    began: tuple[int, int]
    full: tuple[int, int]
    means: TwoMeans


def align(history: History, starts, window_days: int) -> Aligned:
    """Return the cumulative mean value of full windows for two groups of aligned purchases.

    Parameters
    ----------
    history : History
    starts : ibis.Table
        customer_id, day (offset 0), group (0 or 1). A customer may appear more than once.
    window_days : int
        Length of the window in days, day 0 included.
    """
    complete = starts.filter(starts.day + window_days - 1 <= history.last)
    return Aligned(
        began=_sizes(starts),
        full=_sizes(complete),
        means=two_means_from_moments(*_moments(history, complete, window_days)),
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
