"""What share of the lapsed has come back by each month since the lapse.

Estimand: share of all who lapse that has come back within 360 days (12 months of 30 days), 1 - Kaplan-Meier of the days
from the lapse to the return, censored on the last day of the data. Identified when those who lapsed late, and could not
be followed for long, would have come back like the others. It counts returns of any cause and is no effect of contact.

With `all_spells` a customer gives several lapses; errors are then by random parts of the customers.

Source: Kaplan and Meier (1958), J. American Statistical Association 53, 457-481, intervals on the log(-log) scale.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, listed, mark, mark_n, percent, say, say_n
from retorno.reactivation.history import History, lapses
from retorno.reactivation.returns.hazard import MONTH_DAYS
from retorno.stats.hazards import Clustered, ended_by
from retorno.stats.student import Estimate
from retorno.stats.survival import Survival, kaplan_meier

MONTHS = 12
YEAR = MONTHS * MONTH_DAYS
PARTS = (
    200  # random parts of the customers, by which errors are taken where one gives several lapses
)
COUNTED = (0, 3, 6, 9, 12)  # months whose number still away stands in the caption

CUMULATIVE = Definition(
    "return.cumulative.month_12",
    label=mark("Came back within 12 months of the lapse"),
    meaning=mark(
        "1 - Kaplan-Meier at day 360 after the lapse, which is dated the last purchase plus lapse_days: the share of "
        "all who lapsed that has come back by then, those who lapsed late counted as long as the data go on. In the "
        "formula d customers come back u days after their lapse, of Y still away and inside the data just before."
    ),
    unit="share of customers",
    sign=mark("Higher: more of those who lapse come back within 12 months."),
    formula=r"1 - \prod_{u \leq 360} \left( 1 - \frac{d_u}{Y_u} \right)",
)
DEFINITIONS = (CUMULATIVE,)

LAPSED = {
    False: mark_n("{n} customer who lapsed", "{n} customers who lapsed"),
    True: mark_n("{n} lapse", "{n} lapses"),
}


@dataclass(frozen=True, slots=True)
class Followed:
    """Lapses by how long they are followed: what a curve of returns is made from.

    Attributes
    ----------
    curve : Survival or None
        Share still away by days since the lapse; None without a lapse.
    n : int
        Lapses.
    reaching : tuple of int
        Those that began at least 0, 1, ... 12 months before the last day of the data.
    clustered : Clustered or None
        The lapses by customers, where one may have several.
    """

    curve: Survival | None
    n: int
    reaching: tuple[int, ...]
    clustered: Clustered | None

    def returned(self, days) -> list[Estimate]:
        """Return the share that has come back by each of `days` since the lapse, 1 or more."""
        return ended_by(self.curve, days, clustered=self.clustered)

    def by_month(self, month: int, min_group: int) -> Estimate | None:
        """Return the share that has come back by the end of `month`; None when too few are followed so long."""
        if self.reaching[month] < max(min_group, 1):
            return None
        return self.returned([month * MONTH_DAYS])[0]


@dataclass(frozen=True, slots=True)
class CumulativeReturn:
    """Share that has come back by month since the lapse.

    Attributes
    ----------
    followed : Followed
    longest : int
        Days from the earliest lapse to the last day of the data; 0 without a lapse.
    lapse_days, min_group : int
    level : float
        Coverage of the pointwise intervals.
    all_spells : bool
        With it every lapse counts, and errors are by customer.
    """

    followed: Followed
    longest: int
    lapse_days: int
    min_group: int
    level: float
    all_spells: bool

    @property
    def months(self) -> tuple[int, ...]:
        """The months by the end of which the share can be stated: 1 to at most 12."""
        least = max(self.min_group, 1)
        return tuple(k for k in range(1, MONTHS + 1) if self.followed.reaching[k] >= least)

    def month(self, month: int) -> Estimate | None:
        """Return the share by the end of `month`, None where it cannot be stated."""
        return self.followed.by_month(month, self.min_group)

    @property
    def refused(self) -> str | None:
        """Why the share by month 12 is not stated, or None."""
        if MONTHS in self.months:
            return None
        reason = too_few(
            say("lapses that began at least {days} days before the last day", days=integer(YEAR)),
            self.followed.reaching[MONTHS],
            self.min_group,
        )
        if not self.followed.n:
            return reason
        return (
            reason
            + " "
            + say_n(
                "The earliest is followed for {n} day: longer data, or a smaller lapse_days, are needed.",
                "The earliest is followed for {n} days: longer data, or a smaller lapse_days, are needed.",
                self.longest,
            )
        )

    def findings(self) -> Findings:
        """State or refuse the share by month 12."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        n = self.followed.n
        if self.refused:
            return CUMULATIVE.refuse(self.refused, n=n)
        share = self.month(MONTHS)
        sentence = say(
            "Of {lapsed}, {share} had come back within {days} days, by whatever cause; {left} were still away "
            "and in sight after that.",
            lapsed=say_n(*LAPSED[self.all_spells], n),
            share=percent(share.value),
            days=integer(YEAR),
            left=integer(self.followed.curve.still(YEAR)),
        )
        by_customer = say("Kaplan-Meier, log-log interval, errors by customer")
        return CUMULATIVE.state(
            share.value,
            sentence + caution(self.followed.reaching[MONTHS]),
            interval=share.interval,
            level=self.level,
            n=n,
            method=by_customer if self.all_spells else say("Kaplan-Meier, log-log interval"),
        )

    def to_frame(self):
        """Return month, at_risk (still away at its end), returned (share by its end), ci_low, ci_high."""
        import pandas as pd

        shares = [(k, self.month(k)) for k in self.months]
        rows = [
            (k, self.followed.curve.still(k * MONTH_DAYS), s.value, *s.interval) for k, s in shares
        ]
        return pd.DataFrame(rows, columns=["month", "at_risk", "returned", "ci_low", "ci_high"])

    def steps(self):
        """Return day (0 to the end of the last month stated), returned, ci_low, ci_high."""
        import pandas as pd

        last = max(self.months, default=0) * MONTH_DAYS
        days = np.arange(1, last + 1)
        shares = self.followed.returned(days) if last else []
        rows = [(0, 0.0, 0.0, 0.0)] + [
            (day, s.value, *s.interval) for day, s in zip(days, shares, strict=True)
        ]
        return pd.DataFrame(rows, columns=["day", "returned", "ci_low", "ci_high"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "month": (say("Month since the lapse"), "count"),
            "returned": (say("Back by its end"), "share"),
            "ci_low": (say("Interval from"), "share"),
            "ci_high": (say("to"), "share"),
            "at_risk": (say("Still away and in sight"), "count"),
        }

    def table_caption(self) -> str:
        """Say what the table of months holds."""
        return say(
            "Share of {lapsed} that had come back by the end of each month of 30 days (1 - Kaplan-Meier), with "
            "pointwise {level} log-log intervals; and how many were then still away and inside the data.",
            lapsed=self._lapsed,
            level=percent(self.level, 0),
        )

    @property
    def _lapsed(self) -> str:
        return say_n(*LAPSED[self.all_spells], self.followed.n)

    def title(self) -> str:
        """Say what share has come back by the last month that can be stated, and when half of these had."""
        if not self.months:
            return say("Too few lapses to show how many come back")
        last = self.months[-1]
        end = self.month(last).value
        if not end > 0:
            return say_n(
                "Nobody has come back within {n} month of the lapse",
                "Nobody has come back within {n} months of the lapse",
                last,
            )
        half = int(self.followed.curve.reached(end / 2))
        return say(
            "{share} come back within {months}, half of these in the first {days}",
            share=percent(end),
            months=say_n("{n} month", "{n} months", last),
            days=say_n("{n} day", "{n} days", half),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of those who lapsed that has come back, by month since the lapse")

    def caption(self) -> str:
        """Say what line and band are, and how many are still away as the months go by."""
        if not self.months:
            return self.refused
        at_risk = listed(
            say("{n} at month {month}", n=integer(n), month=k)
            for k, n in ((k, self.followed.curve.still(k * MONTH_DAYS)) for k in COUNTED)
            if k <= self.months[-1]
        )
        drawn = say(
            "Share of {lapsed} that has come back (1 - Kaplan-Meier, censored on the last day of the data); the band "
            "is pointwise {level}, log-log. Still away and inside the data: {at_risk}.",
            lapsed=self._lapsed,
            level=percent(self.level, 0),
            at_risk=at_risk,
        )
        return f"{drawn} {self.refused}" if self.refused else drawn

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.months:
            return self.caption()
        points = "; ".join(
            say("month {month}: {share}", month=k, share=percent(self.month(k).value))
            for k in self.months
        )
        return say(
            "A line that never falls, in its band, from nobody at the lapse. By the end of {points}.",
            points=points,
        )


def cumulative_return(
    history: History, *, level: float = 0.95, min_group: int = 5
) -> CumulativeReturn:
    """Return what share of the lapsed has come back by the end of each of the first 12 months."""
    spells = lapses(history)
    cells, reach = followed_cells(spells, history)
    first = spells.lapse_day.min().execute()
    return CumulativeReturn(
        followed=followed(cells, reach, level=level, clustered=history.all_spells),
        longest=0 if cells.empty else int(history.last - first),
        lapse_days=history.lapse_days,
        min_group=min_group,
        level=level,
        all_spells=history.all_spells,
    )


def followed_cells(spells, history: History, *by: str):
    """Count the lapses in the engine by how they are followed, for `followed`.

    Parameters
    ----------
    spells : ibis.Table
        As `lapses` gives them, with the columns `by`.
    history : History

    Returns
    -------
    cells : DataFrame
        Columns `by`; bucket, random part of the customers with `all_spells`, else 0; duration, days to the return or to
        the last day of the data, at most one beyond 12 months; ended, whether it was a return; n, how many.
    reach : DataFrame
        Columns `by`; whole, months that lie inside the data, at most 12; n.
    """
    seen = history.last - spells.lapse_day
    ended = (spells.back_after <= YEAR).fill_null(False)
    counted = spells.select(
        *by,
        bucket=spells.bucket % PARTS if history.all_spells else spells.bucket * 0,
        duration=ended.ifelse(spells.back_after, seen.clip(upper=YEAR + 1)).cast("int32"),
        ended=ended,
        whole=(seen // MONTH_DAYS).clip(upper=MONTHS).cast("int32"),
    )
    return tuple(
        counted.group_by(*by, *keys).aggregate(n=counted.count()).order_by(*by, *keys).execute()
        for keys in (("bucket", "duration", "ended"), ("whole",))
    )


def followed(cells, reach, *, level: float, clustered: bool) -> Followed:
    """Return the curve of the lapses counted in `cells` and `reach`, see `followed_cells`."""
    n = cells.n.to_numpy(dtype=int)
    whole = np.bincount(
        reach.whole.to_numpy(dtype=int), weights=reach.n.to_numpy(dtype=int), minlength=MONTHS + 1
    )
    reaching = tuple(int(count) for count in whole[::-1].cumsum()[::-1])
    if not n.sum():
        return Followed(None, 0, reaching, None)
    durations, ended = cells.duration.to_numpy(dtype=float), cells.ended.to_numpy(dtype=bool)
    curve = kaplan_meier(durations, ended, weights=n, level=level)
    own = Clustered(durations, ended, n, cells.bucket.to_numpy(dtype=int)) if clustered else None
    return Followed(curve, int(n.sum()), reaching, own)
