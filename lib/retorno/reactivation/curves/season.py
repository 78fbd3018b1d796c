"""Is it the season? New and reactivated windows that began in the same calendar months.

Estimand: mean value of full windows, reactivated over new, over the calendar months (year and month of the first day)
in which both groups have windows; the new are weighted as the reactivated spread over those months (direct
standardisation). It takes away what differs because windows began at different times of the year, and nothing else: it
still describes two groups of people.

Source: Kitagawa (1955), J. American Statistical Association 50, 1168-1194, for standardised means; errors by the
influence of random parts of the customers, the spread over months counted as an estimate.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import integer, mark, money, number, percent, say, say_n
from retorno.reactivation.curves.aligned import MEASURES, cells
from retorno.reactivation.curves.windows import Windows
from retorno.reactivation.history import (
    History,
    exact_sum,
    first_purchases,
    full_windows,
    reactivations,
)
from retorno.stats.recurrent import MeanCurves, mean_cumulative

SAME_MONTHS = Definition(
    "window.same_months.ratio",
    label=mark("Value of the window in the same calendar months, reactivated over new"),
    meaning=mark(
        "Mean value of full windows, reactivated over new, among windows that began in calendar months in which both "
        "groups have at least min_group of them; the new are weighted as the reactivated spread over these months. In "
        "the formula V is the mean value of windows begun in month m, R the reactivated, N the new, w the share of the "
        "reactivated windows that began in it."
    ),
    unit="ratio",
    sign=mark(
        "Above 1: begun in the same months, the returned bring more. It says nothing about why."
    ),
    formula=r"\frac{\sum_m w_m \bar V_{R,m}}{\sum_m w_m \bar V_{N,m}}",
    reference=1.0,
    speaks_to=(Speaks("reactivation_more_profitable_than_new", holds="above"),),
)
SAME_DIFFERENCE = Definition(
    "window.same_months.difference",
    label=mark("Value of the window in the same calendar months, reactivated minus new"),
    meaning=mark(
        "The same as a difference. In the formula V is the mean value of windows begun in month m, R the reactivated, "
        "N the new, w the share of the reactivated windows that began in it."
    ),
    unit="money per customer",
    sign=mark("Positive: begun in the same months, the returned bring more."),
    formula=r"\sum_m w_m (\bar V_{R,m} - \bar V_{N,m})",
    reference=0.0,
)
DEFINITIONS = (SAME_MONTHS, SAME_DIFFERENCE)

RATIOS = {
    "above": mark(
        "Begun in the same months, returned customers bring {times} times what new ones bring: more."
    ),
    "below": mark(
        "Begun in the same months, returned customers bring {times} times what new ones bring: less."
    ),
    "undecided": mark(
        "Begun in the same months, returned customers bring {times} times what new ones bring; the interval holds 1, "
        "so which of the two bring more is undecided."
    ),
}
DIFFERENCES = {
    "above": mark(
        "Begun in the same months, a returned customer brings {apart} more than a new one."
    ),
    "below": mark(
        "Begun in the same months, a returned customer brings {apart} less than a new one."
    ),
    "undecided": mark(
        "Begun in the same months, returned and new customers lie {apart} apart; the interval holds zero."
    ),
}
COMPARED = {  # by whether the answer of all windows is that of the same months
    True: mark("Over all months the answer is the same ({times})."),
    False: mark(
        "Over all months the answer is another ({times}): read that one with the season in mind."
    ),
}
TITLES = {
    "above": mark(
        "Begun in the same months, returned customers bring more: {times} times the value"
    ),
    "below": mark(
        "Begun in the same months, returned customers bring less: {times} times the value"
    ),
    "undecided": mark(
        "Begun in the same months, returned and new customers are too close to tell apart"
    ),
}


@dataclass(frozen=True, slots=True)
class SameMonths:
    """Full windows of both groups by the calendar month in which they began.

    Attributes
    ----------
    windows : Windows
    months : tuple of str
        Months with a full window of either group, as "2024-03", in order.
    by_month : tuple of MeanCurves
        For each, the mean value of new (0) and reactivated (1) windows.
    shared : tuple of bool
        Whether both groups have at least `min_group` windows in the month.
    level_means : MeanCurves or None
        New (0) standardised to the months of the reactivated (1), over shared months; None where there is none.
    """

    windows: Windows
    months: tuple[str, ...]
    by_month: tuple[MeanCurves, ...]
    shared: tuple[bool, ...]
    level_means: MeanCurves | None

    @property
    def held(self) -> tuple[float, float]:
        """Share of the full windows of new and of reactivated customers that the shared months hold."""
        in_shared = [0, 0]
        for month, shared in zip(self.by_month, self.shared, strict=True):
            for group in (0, 1):
                in_shared[group] += shared * month.n[group]
        return tuple(
            part / total if total else 0.0
            for part, total in zip(in_shared, self.windows.n, strict=True)
        )

    def refusal(self) -> str | None:
        """Return why nothing can be compared in the same months, or None."""
        if reason := self.windows.refusal(0, 1):
            return reason
        if self.level_means is None:
            return say(
                "Not stated: in no calendar month did at least {least} full windows of new and {least} of reactivated "
                "customers begin (parameter min_group). The two groups stand at different times of the year, so season "
                "is part of every difference between them; data over more months are needed.",
                least=integer(self.windows.min_group),
            )
        return None

    def findings(self) -> Findings:
        """State or refuse ratio and difference over the same months."""
        return Findings([self._ratio(), self._difference()])

    @property
    def n(self) -> tuple[int, int]:
        """Windows of new and reactivated customers in the shared months."""
        return (0, 0) if self.level_means is None else self.level_means.n

    def _ratio(self) -> Finding:
        w, reason = self.windows, self.refusal()
        if reason is None and not (self.level_means.mean[:, -1] > 0).all():
            reason = say("Not stated: a ratio needs a positive mean value in both groups.")
        if reason:
            return SAME_MONTHS.refuse(reason, n=sum(self.n))
        estimate = self.level_means.ratio(level=w.level)
        verdict = direction(estimate.interval, 1.0)
        text = " ".join(
            [
                say(RATIOS[verdict], times=number(estimate.value)),
                self._share(),
                self._compared(verdict),
            ]
        )
        return SAME_MONTHS.state(
            estimate.value,
            text.rstrip() + caution(min(self.n)),
            interval=estimate.interval,
            level=w.level,
            n=sum(self.n),
            method=say(
                "ratio of standardised means, log interval from joint influence by customer"
            ),
            verdict=verdict,
        )

    def _difference(self) -> Finding:
        w = self.windows
        if reason := self.refusal():
            return SAME_DIFFERENCE.refuse(reason, n=sum(self.n), unit=w.unit)
        estimate = self.level_means.difference(level=w.level)
        verdict = direction(estimate.interval)
        apart = money(abs(estimate.value), w.currency)
        return SAME_DIFFERENCE.state(
            estimate.value,
            say(DIFFERENCES[verdict], apart=apart) + caution(min(self.n)),
            interval=estimate.interval,
            level=w.level,
            unit=w.unit,
            n=sum(self.n),
            method=say(
                "difference of standardised means, t interval from joint influence by customer"
            ),
            verdict=verdict,
        )

    def _share(self) -> str:
        return say_n(
            "{n} shared month holds {share} of the reactivated windows.",
            "{n} shared months hold {share} of the reactivated windows.",
            sum(self.shared),
            share=percent(self.held[1], 0),
        )

    def _compared(self, verdict: str) -> str:
        """Say whether all windows give the same answer."""
        full = self.windows.full
        if not (full.mean[:, -1] > 0).all():
            return ""
        every = full.ratio(level=self.windows.level)
        same = direction(every.interval, 1.0) == verdict
        return say(COMPARED[same], times=number(every.value))

    def to_frame(self):
        """Return one row a month: month, and n, mean and bounds of each group, missing where too few; shared."""
        import pandas as pd

        rows = []
        for month, means, shared in zip(self.months, self.by_month, self.shared, strict=True):
            row = {"month": month}
            for group, name in enumerate(self.windows.groups):
                row |= self._cells(means, group, name)
            rows.append(row | {"shared": say("yes") if shared else say("no")})
        names = [
            f"{g}{part}" for g in self.windows.groups for part in ("_n", "", "_ci_low", "_ci_high")
        ]
        frame = pd.DataFrame(rows, columns=["month", *names, "shared"])
        return frame.astype({name: float for name in names if not name.endswith("_n")})

    def _cells(self, means: MeanCurves, group: int, name: str) -> dict:
        told = means.n[group] >= self.windows.min_group and means.parts[group] >= 2
        one = means.one(group, level=self.windows.level) if told else None
        return {
            f"{name}_n": means.n[group],
            name: one and one.value,
            f"{name}_ci_low": one and one.ci_low,
            f"{name}_ci_high": one and one.ci_high,
        }

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        amount = f"money:{self.windows.currency}"
        columns = {"month": (say("Windows begun in"), "text")}
        for name, label in zip(self.windows.groups, self.windows.names, strict=True):
            columns |= {
                f"{name}_n": (say("{group}: full windows", group=label), "count"),
                name: (say("{group}: mean value", group=label), amount),
            }
        return columns | {"shared": (say("In the comparison"), "text")}

    def table_caption(self) -> str:
        """Say what the table holds, and which share of the windows can be compared."""
        drawn = say(
            "Full {window}-day windows by the calendar month in which they began, and their mean {measure}. Months in "
            "which both groups have {least} or more are compared.",
            window=integer(self.windows.window_days),
            measure=say(MEASURES[self.windows.measure]),
            least=integer(self.windows.min_group),
        )
        if reason := self.refusal():
            return f"{drawn} {reason}"
        return f"{drawn} {self._share()}"

    def title(self) -> str:
        """Say which group brings more in the same months."""
        if self.refusal() or not (self.level_means.mean[:, -1] > 0).all():
            return say("Value of the window by the month in which it began")
        estimate = self.level_means.ratio(level=self.windows.level)
        return say(TITLES[direction(estimate.interval, 1.0)], times=number(estimate.value))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean {measure} of full {window}-day windows per customer, {currency}, by month of their first day",
            measure=say(MEASURES[self.windows.measure]),
            window=integer(self.windows.window_days),
            currency=self.windows.currency,
        )

    def caption(self) -> str:
        """Say what points and bars are, and what the same months say."""
        if reason := self.refusal():
            return reason
        drawn = say(
            "Points are means, bars pointwise {level} t intervals by customer; months with fewer than {least} windows "
            "of a group have no point of it.",
            level=percent(self.windows.level, 0),
            least=integer(self.windows.min_group),
        )
        return f"{drawn} {self._share()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        frame = self.to_frame().dropna(subset=list(self.windows.groups))
        points = "; ".join(
            say(
                "{month}: new {new}, reactivated {back}",
                month=r.month,
                new=money(r.new, self.windows.currency),
                back=money(r.reactivated, self.windows.currency),
            )
            for r in frame.itertuples()
        )
        return say("Two rows of points in their intervals by month. {points}.", points=points)


def same_months(history: History, windows: Windows) -> SameMonths:
    """Return new and reactivated windows begun in the same calendar months; options are those of `windows`."""
    sums = _by_month(history)
    months = sorted(set(sums.month))
    parts = int(sums.bucket.max()) + 1 if len(sums) else 1
    sums = sums.assign(place=np.searchsorted(months, sums.month.to_numpy(dtype=int)))
    at, shape = ("place", "group", "bucket"), (len(months), 2, parts)
    counts, values = (cells(sums, at, name, shape) for name in ("n", "value"))
    by_month = tuple(
        mean_cumulative(v[:, :, None], n[:, :, None]) for v, n in zip(values, counts, strict=True)
    )
    shared = counts.sum(axis=2).min(axis=1) >= max(windows.min_group, 1)
    shared &= (counts > 0).sum(axis=2).min(axis=1) >= 2  # two different customers, for an error
    means = standardised(values[shared], counts[shared]) if shared.any() else None
    names = tuple(f"{month // 12}-{month % 12 + 1:02}" for month in months)
    return SameMonths(windows, names, by_month, tuple(map(bool, shared)), means)


def _by_month(history: History):
    """Return full windows by month, counted from year 0: group, bucket, month, n, value."""
    import ibis

    new, back = first_purchases(history).mutate(group=0), reactivations(history).mutate(group=1)
    full = full_windows(history, new.union(back))
    start = ibis.date(history.first_day) + full.day.as_interval("D")
    by = {"month": start.year() * 12 + start.month() - 1}
    sums = full.group_by("group", "bucket", **by).aggregate(
        n=full.count(), value=exact_sum(full.window)
    )
    return sums.execute()


def standardised(values, counts) -> MeanCurves:
    """Return mean values of two groups over strata, the first weighted as the second spreads over them.

    Parameters
    ----------
    values, counts : ndarray, shape (n_strata, 2, n_parts)
        Sums and numbers of units by stratum, group and part; no stratum of a group may be empty.

    Returns
    -------
    MeanCurves
        With one time. The weights are estimated, too: what a part adds to them is in its influence. Every stratum
        needs two parts with units of the first group, and the second group two parts in all.
    """
    sizes = counts.sum(axis=2)
    means = values.sum(axis=2) / sizes
    weight = sizes[:, 1] / sizes[:, 1].sum()
    level = weight @ means
    own = (values - counts * means[:, :, None]) / sizes[:, :, None]
    # The mean of each stratum is estimated from few parts: its own degree of freedom is lost.
    own[:, 0] *= _lost((counts[:, 0] > 0).sum(axis=1))[:, None]
    parts = (counts.sum(axis=0) > 0).sum(axis=1)
    moved = _lost(parts[1]) * counts[:, 1] / sizes[:, 1].sum()
    first = weight @ own[:, 0] + (means[:, 0] - level[0]) @ moved
    second = _lost(parts[1]) * (weight @ own[:, 1]) + (means[:, 1] - level[1]) @ moved
    return MeanCurves(
        level[:, None],
        np.stack([first, second])[:, :, None],
        tuple(int(n) for n in sizes.sum(axis=0)),
        tuple(int(n) for n in parts),
    )


def _lost(parts):
    return np.sqrt(parts / (parts - 1))
