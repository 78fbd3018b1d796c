"""How likely a lapsed customer is to come back, month by month since the lapse.

Estimand: share of the customers still lapsed at the start of month k who return in it. It describes who comes
back by whatever cause; it is no effect of contacting anybody. Month k after the lapse is days 30(k-1)+1 to 30k;
only customers whose whole month k lies inside the data count, so that late lapses do not pull the share down.

Source: life-table estimate of a discrete hazard, Singer and Willett (2003), Applied Longitudinal Data
Analysis, chapter 10.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Findings, caution, too_few
from retorno.language import integer, mark, percent, say, say_n
from retorno.reactivation.history import History, lapses
from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate

MONTH_DAYS = 30

HAZARD = Definition(
    "return.hazard.month_{month}",
    label=mark("Return in month {month} after the lapse"),
    meaning=mark(
        "Customers who come back in month k after their lapse, over customers still lapsed at the start of that "
        "month, among those whose whole month k lies inside the data. Month k is days 30(k-1)+1 to 30k after the "
        "lapse, which is dated the last purchase plus lapse_days. In the formula d customers come back, of n."
    ),
    unit="share of customers",
    sign=mark("Higher: more of those still away come back in that month."),
    formula=r"\frac{d_k}{n_k}",
)
DEFINITIONS = (HAZARD,)


@dataclass(frozen=True, slots=True)
class Month:
    """One month since the lapse: customers at risk, how many returned, and the share (None when too few)."""

    month: int
    at_risk: int
    returned: int
    share: Estimate | None


@dataclass(frozen=True, slots=True)
class ReturnHazard:
    """Hazard of return by month since the lapse.

    Attributes
    ----------
    months : tuple of Month
        Month 1 first.
    lapse_days, min_group : int
    level : float
        Coverage of the pointwise intervals.
    all_spells : bool
        With it a customer may count more than once, and errors are by customer.
    """

    months: tuple[Month, ...]
    lapse_days: int
    min_group: int
    level: float
    all_spells: bool

    def findings(self) -> Findings:
        """State or refuse the hazard of each month."""
        return Findings(self._finding(month) for month in self.months)

    def _finding(self, m: Month):
        if m.share is None:
            reason = too_few(
                say(
                    "customers still lapsed whose month {month} lies inside the data", month=m.month
                ),
                m.at_risk,
                self.min_group,
            )
            return HAZARD.refuse(reason, n=m.at_risk, month=m.month)
        sentence = say(
            "Of {at_risk} customers still lapsed at the start of month {month}, {returned} came back in it: {share}.",
            at_risk=integer(m.at_risk),
            month=m.month,
            returned=integer(m.returned),
            share=percent(m.share.value),
        )
        return HAZARD.state(
            m.share.value,
            sentence + caution(m.at_risk),
            interval=m.share.interval,
            level=self.level,
            n=m.at_risk,
            method=say("Wilson, errors by customer") if self.all_spells else say("Wilson"),
            month=m.month,
        )

    def to_frame(self):
        """Return month, at_risk, returned, hazard, ci_low, ci_high; the last three missing where refused."""
        import pandas as pd

        rows = [
            (m.month, m.at_risk, m.returned, m.share.value, *m.share.interval)
            if m.share
            else (m.month, m.at_risk, None, None, None, None)
            for m in self.months
        ]
        columns = ["month", "at_risk", "returned", "hazard", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=columns).astype({"returned": "Int64"})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "month": (say("Month since the lapse"), "count"),
            "at_risk": (say("Still lapsed at its start"), "count"),
            "returned": (say("Came back in it"), "count"),
            "hazard": (say("Share"), "share"),
            "ci_low": (say("Interval from"), "share"),
            "ci_high": (say("to"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of months holds."""
        return say(
            "Return by month since the lapse, among customers whose whole month lies inside the data, with "
            "{level} Wilson intervals; months with fewer than {least} customers are not stated.",
            level=percent(self.level, 0),
            least=integer(self.min_group),
        )

    @property
    def stated(self) -> tuple[Month, ...]:
        """The months that have an estimate."""
        return tuple(m for m in self.months if m.share)

    def title(self) -> str:
        """Say what the figure shows, in which direction the shares run."""
        if len(self.stated) < 2:
            return say("Return by month since the lapse")
        first, last = self.stated[0], self.stated[-1]
        if last.share.ci_high < first.share.ci_low:
            return say(
                "The longer customers have been away, the fewer of them come back: {first} in month "
                "{a}, {last} in month {b}",
                first=percent(first.share.value),
                a=first.month,
                last=percent(last.share.value),
                b=last.month,
            )
        if last.share.ci_low > first.share.ci_high:
            return say(
                "Returns become more frequent with time since the lapse: {first} in month {a}, {last} in month {b}",
                first=percent(first.share.value),
                a=first.month,
                last=percent(last.share.value),
                b=last.month,
            )
        return say(
            "Return by month since the lapse shows no clear rise or fall from first to last month"
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of customers still lapsed who come back in the month, by month since the lapse"
        )

    def caption(self) -> str:
        """Say what the points and bars are, how many customers stand behind them and where they are highest."""
        if not self.stated:
            return say("No month has enough customers to state a share.")
        return say(
            "Share of customers still lapsed at the start of each month who came back in it; bars are pointwise "
            "{level} Wilson intervals. From {most} customers at risk in month {a} to {fewest} in month {b}. The "
            "share is highest in month {high} and lowest in month {low}.",
            level=percent(self.level, 0),
            most=integer(self.stated[0].at_risk),
            a=self.stated[0].month,
            fewest=integer(self.stated[-1].at_risk),
            b=self.stated[-1].month,
            high=max(self.stated, key=lambda m: m.share.value).month,
            low=min(self.stated, key=lambda m: m.share.value).month,
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        return say_n(
            "A point with its interval for {n} month. {points}.",
            "A point with its interval for each of {n} months. {points}.",
            len(self.stated),
            points="; ".join(
                say("month {month}: {share}", month=m.month, share=percent(m.share.value))
                for m in self.stated
            ),
        )


def return_hazard(
    history: History, *, months: int = 12, level: float = 0.95, min_group: int = 5
) -> ReturnHazard:
    """Return the share of those still lapsed who come back, for each of the first `months` months."""
    at_risk, returned = counted_by_month(spells_by_month(history, months), months)
    found = []
    for k in range(1, months + 1):
        n, d = at_risk[:, k - 1], returned[:, k - 1]
        share = None
        if n.sum() >= max(min_group, 1):
            squares = _by_customer(d, n) if history.all_spells else None
            share = wilson_share(d.sum(), n.sum(), squares=squares, level=level)
        found.append(Month(k, int(n.sum()), int(d.sum()), share))
    return ReturnHazard(tuple(found), history.lapse_days, min_group, level, history.all_spells)


def _by_customer(returned, at_risk) -> tuple[float, float, float] | None:
    """Return the squares that errors by customer need; None when they would leave no error at all."""
    share = returned.sum() / at_risk.sum()
    spread = returned - share * at_risk
    if spread @ spread <= 1e-12 * at_risk.sum():
        return None
    return returned @ returned, returned @ at_risk, at_risk @ at_risk


def spells_by_month(history: History, months: int):
    """Return the lapses in the engine with the months that are counted of each.

    Columns: those of `lapses`; whole, months since the lapse that lie wholly inside the data, at most `months`; month,
    the one of the return, `months` + 1 when it came later or not at all.
    """
    spells = lapses(history)
    later = months + 1
    return spells.mutate(
        whole=((history.last - spells.lapse_day) // MONTH_DAYS).clip(upper=months).cast("int32"),
        month=((spells.back_after + MONTH_DAYS - 1) // MONTH_DAYS)
        .clip(upper=later)
        .fill_null(later)
        .cast("int32"),
    )


def counted_by_month(spells, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are still lapsed at the start of each whole month, and how many come back in it.

    Parameters
    ----------
    spells : ibis.Table
        Columns bucket, whole and month as `spells_by_month` gives them.

    Returns
    -------
    at_risk, returned : ndarray, shape (n_buckets, months)
    """
    counts = spells.group_by("bucket", "whole", "month").aggregate(n=spells.count()).execute()
    buckets = int(counts.bucket.max()) + 1 if len(counts) else 1
    cells = np.zeros((buckets, months + 1, months + 2))
    place = tuple(counts[name].to_numpy(dtype=int) for name in ("bucket", "whole", "month"))
    cells[place] = counts.n.to_numpy(dtype=float)
    ks = range(1, months + 1)
    at_risk = np.stack([cells[:, k:, k:].sum(axis=(1, 2)) for k in ks], axis=1)
    returned = np.stack([cells[:, k:, k].sum(axis=1) for k in ks], axis=1)
    return at_risk, returned
