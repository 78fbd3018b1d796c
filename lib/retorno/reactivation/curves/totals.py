"""What full windows come to, summed up in several ways in the engine: net, held down, gross, their quantiles.

Estimand: none; these are sums and order statistics, by group and random part of the customers.
"""

from dataclasses import dataclass
from math import ceil

from scipy import stats

from retorno.reactivation.curves.aligned import cells
from retorno.reactivation.history import (
    History,
    exact_sum,
    first_purchases,
    full_windows,
    reactivations,
    second_purchases,
)
from retorno.stats.recurrent import MeanCurves, mean_cumulative

GROUPS = 4  # new, reactivated, second purchase after a short and after a long silence
AT = ("group", "bucket")
TOP = 0.01  # share of the windows, those that bring most, whose part of the value is told


@dataclass(frozen=True, slots=True)
class Totals:
    """Full windows of four groups: new, reactivated, second purchase after a short and after a long silence.

    Attributes
    ----------
    n : tuple of four int
    net, held, gross : MeanCurves
        With one time, the whole window: value; value with what lies above `cap` counted as `cap`; value of lines
        with an amount of 0 or more.
    medians : tuple of (median, low, high), or None for an empty group
        The bounds are order statistics, None where there are too few or windows of one customer may be several.
    top : tuple of float or None
        Share of a group's value that the top hundredth of its windows bring; None where there is no positive value.
    cap : float or None
        None without a window of a new or a reactivated customer.
    returned : int
        Lines of goods sent back inside the windows of any group.
    """

    n: tuple[int, ...]
    net: MeanCurves
    held: MeanCurves
    gross: MeanCurves
    medians: tuple[tuple | None, ...]
    top: tuple[float | None, ...]
    cap: float | None
    returned: int


def window_totals(history: History, *, winsorise_at: float, level: float) -> Totals:
    """Return the sums and quantiles of full windows; `winsorise_at` is the quantile of new and reactivated together."""
    full = _full(history)
    sizes = full.group_by("group").aggregate(n=full.count()).execute()
    n = [int(sizes.n[sizes.group == group].sum()) for group in range(GROUPS)]
    found = _quantiles(full, n, winsorise_at, level)
    cap = found.get("cap")
    sums = _sums(full, [found.get(f"top{g}") for g in range(GROUPS)], cap)
    back = _sent_back(history, full)
    shape = (GROUPS, 1 + int(sums.bucket.max()) if len(sums) else 1)
    counts, net, held, over = (
        cells(sums, AT, name, shape) for name in ("n", "net", "held", "over")
    )
    return Totals(
        n=tuple(n),
        net=_means(net, counts),
        held=_means(held, counts),
        gross=_means(net - cells(back, AT, "value", shape), counts),
        medians=tuple(
            _median(found, g, single=not history.all_spells) if n[g] else None
            for g in range(GROUPS)
        ),
        top=tuple(_top(net[g], over[g], found.get(f"top{g}"), n[g]) for g in range(GROUPS)),
        cap=cap,
        returned=int(back.lines.sum()),
    )


def _full(history: History):
    """Return the full windows: customer_id, bucket, day, window, group."""
    second = second_purchases(history).mutate(group=lambda t: t.group + 2)
    starts = [first_purchases(history).mutate(group=0), reactivations(history).mutate(group=1)]
    starts = [s.mutate(group=s.group.cast("int8")) for s in (*starts, second)]
    full = starts[0].union(starts[1]).union(starts[2])
    return full_windows(history, full)


def _quantiles(full, n, winsorise_at: float, level: float) -> dict:
    """Return order statistics by name: cap, and of each group its median, bounds of it and the least of the top."""
    names, wanted = {}, {}
    for group in filter(lambda g: n[g], range(GROUPS)):
        last = max(n[group] - 1, 1)
        places = {"median": 0.5, "top": (n[group] - ceil(TOP * n[group])) / last}
        if low := int(stats.binom.ppf((1 - level) / 2, n[group], 0.5)):
            places |= {"low": (low - 1) / last, "high": (n[group] - low) / last}
        names[group] = [f"{name}{group}" for name in places]
        # A list of quantiles sorts the values once.
        wanted[str(group)] = full.window.quantile([*places.values()], where=full.group == group)
    if n[0] + n[1]:
        wanted["cap"] = full.window.quantile(winsorise_at, where=full.group < 2)
    if not wanted:
        return {}
    row = full.aggregate(**wanted).execute().iloc[0]
    found = {"cap": float(row.cap)} if "cap" in wanted else {}
    for group, of in names.items():
        found |= {name: float(x) for name, x in zip(of, row[str(group)], strict=True)}
    return found


def _sums(full, tops, cap):
    import ibis

    least = ibis.cases(
        *((full.group == g, ibis.literal(top or 0.0)) for g, top in enumerate(tops)), else_=0.0
    )
    held = full.window if cap is None else ibis.least(full.window, cap)
    return (
        full.group_by("group", "bucket")
        .aggregate(
            n=full.count(),
            net=exact_sum(full.window),
            held=exact_sum(held),
            over=exact_sum((full.window - least).clip(lower=0.0)),
        )
        .execute()
    )


def _sent_back(history: History, full):
    """Return the value of goods sent back inside full windows, by group and bucket, and how many lines they are."""
    goods = history.returned_goods.select("customer_id", "value", sent="day")
    lines = full.select("customer_id", "bucket", "group", "day").join(goods, "customer_id")
    lines = lines.filter((lines.sent - lines.day).between(0, history.window_days - 1))
    sums = lines.group_by("group", "bucket").aggregate(
        value=exact_sum(lines.value), lines=lines.count()
    )
    return sums.execute()


def _means(totals, counts) -> MeanCurves:
    return mean_cumulative(totals[:, :, None], counts[:, :, None])


def _median(found: dict, group: int, *, single: bool) -> tuple:
    bounds = (found.get(f"{end}{group}") if single else None for end in ("low", "high"))
    return found[f"median{group}"], *bounds


def _top(net, over, least, n: int) -> float | None:
    """Return the share of the value in the top windows: all of them are worth `least`, and some `over` it."""
    value = float(net.sum())
    return (float(over.sum()) + ceil(TOP * n) * least) / value if n and value > 0 else None
