"""Does one ratio of hazards hold at all times? The test, and the ratio period by period.

Estimands: the hazard of leaving, referred over other, within each period of tenure, among those who reached it. A
single ratio averages these, and days on which many leave weigh most; where they differ it is no statement about any
month. Those who reach a late period are the ones who stayed, in both groups: a ratio that comes nearer to 1 can be
the sorting out of customers prone to leave, and need not be a change in anybody.

Sources: Grambsch and Therneau (1994), Biometrika 81, 515-526 (scaled Schoenfeld residuals, as R's cox.zph); Hernan
(2010), Epidemiology 21, 13-15, on periods and survivors.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution
from retorno.language import integer, mark, number, p_value, percent, say, say_n
from retorno.referral.staying.hazard import with_late
from retorno.referral.staying.retention import Retention
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure, month_start
from retorno.stats.cox import hazard_ratio
from retorno.stats.student import Estimate

PROPORTIONAL = Definition(
    "retention.proportional_p",
    label=mark("Chance of a hazard ratio that moves so much, were it one"),
    meaning=mark(
        "p of the score test that retention.hazard_ratio is the same at all times, against one that moves with the "
        "share gone (scaled Schoenfeld residuals). In the formula s is what those who left u days after joining add to "
        "the derivative of the partial likelihood, g the Kaplan-Meier share gone before u less its mean; the square "
        "divided by its variance is held against a chi square with one degree of freedom."
    ),
    unit="p-value",
    sign=mark("Small: the ratio changes with time. Large: no change is shown."),
    formula=r"\sum_u g(u) \, s(u)",
)
DEFINITIONS = (PROPORTIONAL,)

YEAR = 12
FAILS = mark(
    "The ratio of hazards does not stay the same over the months since joining ({p}): {times} is an average in which "
    "days on which many leave weigh most, and no statement about any one month."
)
HOLDS = mark(
    "That the ratio of hazards changes over the months since joining is not shown ({p}), so that one number, {times}, "
    "may stand for all; with {left} customers who left, a slow change could go unseen."
)
FROM_TO = mark("By period it goes from {first} in {early} to {last} in {late}.")


@dataclass(frozen=True, slots=True)
class Period:
    """The ratio within some months of tenure.

    Attributes
    ----------
    first, last : int
        Months since joining, counted from 1.
    n, left : dict of bool to int
        By group: customers under observation at some time in it; those who left in it.
    ratio : Estimate or None
        None where too few left.
    """

    first: int
    last: int
    n: dict[bool, int]
    left: dict[bool, int]
    ratio: Estimate | None

    @property
    def name(self) -> str:
        """The months in words."""
        if self.first == self.last:
            return say("month {n}", n=integer(self.first))
        return say("months {first} to {last}", first=integer(self.first), last=integer(self.last))


@dataclass(frozen=True, slots=True)
class Proportional:
    """Whether one ratio of hazards holds at all times, and the ratio by period.

    Attributes
    ----------
    retention : Retention
    periods : tuple of Period
        Of months up to the horizon, in order.
    p : float or None
        Of one ratio; None where it cannot be asked.
    refused : str or None
        Why not.
    """

    retention: Retention
    periods: tuple[Period, ...]
    p: float | None
    refused: str | None

    @property
    def fails(self) -> bool:
        """Whether the ratio is shown to change."""
        return self.p is not None and self.p < 1 - self.retention.level

    @property
    def stated(self) -> tuple[Period, ...]:
        """Periods with a ratio."""
        return tuple(period for period in self.periods if period.ratio is not None)

    def findings(self) -> Findings:
        """State or refuse the p of one ratio."""
        return Findings([self._p()])

    def _p(self) -> Finding:
        r = self.retention
        n = sum(r.n.values())
        if self.refused:
            return PROPORTIONAL.refuse(self.refused, n=n)
        sentence = say(
            FAILS if self.fails else HOLDS,
            p=p_value(self.p),
            times=number(r.ratio.value),
            left=integer(sum(r.left.values())),
        )
        if self.fails and len(self.stated) > 1:
            sentence += " " + self._from_to()
        return PROPORTIONAL.state(
            self.p,
            sentence + caution(min(r.left.values())),
            n=n,
            method=with_late(
                say("score test of scaled Schoenfeld residuals on the share gone"),
                sum(r.late.values()),
            ),
        )

    def _from_to(self) -> str:
        early, late = self.stated[0], self.stated[-1]
        return say(
            FROM_TO,
            first=number(early.ratio.value),
            early=early.name,
            last=number(late.ratio.value),
            late=late.name,
        )

    def to_frame(self):
        """Return period, customers and leavers of both groups, ratio, ci_low, ci_high (NaN where too few left)."""
        import pandas as pd

        rows = [
            (
                period.name,
                *(
                    counts[group]
                    for group in (REFERRED, OTHER)
                    for counts in (period.n, period.left)
                ),
                *((period.ratio.value, *period.ratio.interval) if period.ratio else [np.nan] * 3),
            )
            for period in self.periods
        ]
        names = ["referred", "referred_left", "other", "other_left", "ratio", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=["period", *names])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "period": (say("Since joining"), "text"),
            "referred": (say("Referred"), "count"),
            "referred_left": (say("left"), "count"),
            "other": (say("Other"), "count"),
            "other_left": (say("left"), "count"),
            "ratio": (say("Hazard ratio"), "ratio"),
            "ci_low": (say("Interval from"), "ratio"),
            "ci_high": (say("to"), "ratio"),
        }

    def table_caption(self) -> str:
        """Say what a row is and where a ratio is missing."""
        words = say(
            "Customers under observation in a period of tenure, those who left in it, and the hazard of leaving of the "
            "referred over that of others, with {level} intervals. Later periods hold only those who stayed so long.",
            level=percent(self.retention.level, 0),
        )
        return words + self._missing()

    def _missing(self) -> str:
        """Say, with a leading space, where a ratio is missing."""
        missing = len(self.periods) - len(self.stated)
        if not missing:
            return ""
        return " " + say_n(
            "{n} period has no ratio: fewer than {needed} of a group left in it (parameter min_group).",
            "{n} periods have no ratio: fewer than {needed} of a group left in them (parameter min_group).",
            missing,
            needed=integer(max(self.retention.min_group, 1)),
        )

    def title(self) -> str:
        """Say whether the ratio changes."""
        if not self.fails:
            return say("No change of the hazard ratio with time is shown")
        if len(self.stated) < 2:
            return say("The hazard ratio changes with time")
        first, last = (float(np.log(p.ratio.value)) for p in (self.stated[0], self.stated[-1]))
        if first * last < 0:
            return say("The hazard ratio lies on one side of 1 at first and on the other later")
        if abs(last) < abs(first):
            return say("The hazard ratio comes nearer to 1 the longer customers stay")
        return say("The hazard ratio moves away from 1 the longer customers stay")

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Hazard of leaving, referred over other, by period since joining; 1 is no difference"
        )

    def caption(self) -> str:
        """Say what points and bars are, how many left, and what the test says."""
        if not self.stated:
            return self.refused or self.table_caption()
        left = sum(sum(period.left.values()) for period in self.stated)
        words = say(
            "Cox's ratio within each period, from {left} customers who left, with {level} intervals; the axis is "
            "logarithmic.",
            left=integer(left),
            level=percent(self.retention.level, 0),
        )
        test = "" if self.refused else " " + self._p().sentence
        return words + self._missing() + test

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        each = [
            say(
                "{period}: {ratio}, interval {low} to {high}.",
                period=period.name,
                ratio=number(period.ratio.value),
                low=number(period.ratio.ci_low),
                high=number(period.ratio.ci_high),
            )
            for period in self.stated
        ]
        if not each:
            return self.caption()
        return " ".join(
            [say("A point in its interval for each period, against a line at 1."), *each]
        )


def proportional(tenure: Tenure, retention: Retention) -> Proportional:
    """Return whether one ratio of hazards holds at all times, and the ratio by period.

    Parameters
    ----------
    tenure : Tenure
    retention : Retention
        Made from it. Periods are years of tenure up to its horizon, halves of it where that is shorter than two.
    """
    edges = _edges(retention.horizon_months)
    periods = tuple(_period(tenure, retention, first + 1, last) for first, last in pairwise(edges))
    refused = retention.hazard.refusal()
    return Proportional(
        retention, periods, *(_tested(retention) if refused is None else (None, refused))
    )


def _tested(retention: Retention) -> tuple[float | None, str | None]:
    try:
        return retention.hazard.model.proportional_p(), None
    except ValueError:
        return None, say(
            "Not stated: those who left did so on too few different days of tenure to see the ratio move."
        )


def _edges(horizon: int) -> list[int]:
    """Return the months at which periods end, 0 first."""
    if horizon < 2 * YEAR:
        return [0, horizon] if horizon == 1 else [0, (horizon + 1) // 2, horizon]
    return [*range(0, horizon - YEAR + 1, YEAR), horizon]


def _period(tenure: Tenure, retention: Retention, first: int, last: int) -> Period:
    start, stop = float(month_start(first)), float(month_start(last + 1))
    there = ((tenure.days > start) | (first == 1)) & (tenure.entry < stop)
    # Who leaves on the day a month starts has not reached it; day 0 belongs to month 1.
    left = there & tenure.left & (tenure.days <= stop)
    entry = np.where(there, np.maximum(tenure.entry, start), 0)

    def counts(who) -> dict[bool, int]:
        return {group: int((who & (tenure.referred == group)).sum()) for group in NAMES}

    ratio = None
    if min(counts(left).values()) >= max(retention.min_group, 1):
        ratio = hazard_ratio(
            np.minimum(tenure.days[there], stop),
            left[there],
            tenure.referred[there],
            level=retention.level,
            entry=entry[there],
        )
    return Period(first, last, counts(there), counts(left), ratio)
