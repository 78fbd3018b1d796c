"""Months of tenure up to the horizon: how much longer the referred stay, in time and not in ratios.

Estimand: the mean of min(tenure, horizon), referred minus other: the area between the two curves. It needs no ratio
that holds at all times. Crude, and no effect of being referred; what happens after the horizon is not in it.

Source: Royston and Parmar (2013), BMC Medical Research Methodology 13, 152; errors by Greenwood's formula, see
`retorno.stats.survival`. 300 customers, half of them referred: intervals covered, see
tests/test_referral_staying_coverage.py.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import mark, number, percent, say, say_n
from retorno.referral.staying.hazard import with_late
from retorno.referral.staying.retention import Retention
from retorno.referral.tenure import MONTH_DAYS, NAMES, OTHER, REFERRED
from retorno.stats.student import Estimate

MEAN = Definition(
    "retention.restricted_mean",
    label=mark("Months of life up to the horizon, referred minus other"),
    meaning=mark(
        "Mean months (of 30.4375 days) a customer stays within the first horizon_months, referred minus other: the "
        "area between the Kaplan-Meier curves. Who stays longer counts horizon_months. In the formula S is the share "
        "still there u months after joining, d u a small piece of that time, R the referred, O the others, H "
        "horizon_months."
    ),
    unit="months per customer",
    sign=mark("Positive: the referred stay longer."),
    formula=r"\int_0^H \left( S_R(u) - S_O(u) \right) du",
    reference=0.0,
)
DEFINITIONS = (MEAN,)

SENTENCES = {
    "above": mark(
        "Within {horizon} a referred customer stays {referred} on average, another {other}: {apart} longer."
    ),
    "below": mark(
        "Within {horizon} a referred customer stays {referred} on average, another {other}: {apart} less."
    ),
    "undecided": mark(
        "Within {horizon} a referred customer stays {referred} on average, another {other}; the interval of the "
        "difference holds zero, so none is shown."
    ),
}


@dataclass(frozen=True, slots=True)
class Restricted:
    """Months of tenure up to the horizon.

    Attributes
    ----------
    retention : Retention
    groups : dict of bool to Estimate or None
        By group, months per customer; None where it cannot be stated.
    """

    retention: Retention
    groups: dict[bool, Estimate | None]

    @property
    def gap(self) -> Estimate | None:
        """Referred minus other in months per customer, groups independent; None where it cannot be stated."""
        if self.refusal():
            return None
        referred, other = self.groups[REFERRED], self.groups[OTHER]
        se = float(np.hypot(referred.se, other.se))
        half = float(stats.norm.ppf((1 + self.retention.level) / 2)) * se
        gap = referred.value - other.value
        return Estimate(gap, se, gap - half, gap + half)

    def refusal(self) -> str | None:
        """Return why the difference cannot be stated, or None."""
        if reason := self.retention.refusal(REFERRED, OTHER):
            return reason
        return next(
            (nobody_left(g, self.retention) for g, e in self.groups.items() if not e.se > 0), None
        )

    def findings(self) -> Findings:
        """State or refuse the difference."""
        return Findings([self._gap()])

    def _gap(self) -> Finding:
        r = self.retention
        n = sum(r.n.values())
        if reason := self.refusal():
            return MEAN.refuse(reason, n=n)
        gap = self.gap
        verdict = direction(gap.interval)
        sentence = say(
            SENTENCES[verdict],
            horizon=r.months,
            referred=months(self.groups[REFERRED].value),
            other=months(self.groups[OTHER].value),
            apart=months(abs(gap.value)),
        )
        return MEAN.state(
            gap.value,
            sentence + caution(min(r.behind(REFERRED, OTHER), *r.left.values())),
            interval=gap.interval,
            level=r.level,
            n=n,
            method=with_late(
                say("area under the Kaplan-Meier curve, Greenwood's errors"), sum(r.late.values())
            ),
            verdict=verdict,
        )

    def to_frame(self):
        """Return group, customers, months, ci_low, ci_high for each group that can be stated, and their difference."""
        import pandas as pd

        rows = [
            (say(NAMES[group]), self.retention.n[group], found.value, *found.interval)
            for group, found in self.groups.items()
            if found is not None
        ]
        if self.gap is not None:
            n = sum(self.retention.n.values())
            rows.append((say("Referred minus other"), n, self.gap.value, *self.gap.interval))
        return pd.DataFrame(rows, columns=["group", "customers", "months", "ci_low", "ci_high"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "group": (say("Group"), "text"),
            "customers": (say("Customers"), "count"),
            "months": (say("Months"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the months are, or why there are none."""
        words = say(
            "Mean months a customer stays within the first {horizon}, with {level} intervals.",
            horizon=self.retention.months,
            level=percent(self.retention.level, 0),
        )
        reason = self.refusal()
        return words + (f" {reason}" if reason else self.retention.entering())


def months(value: float) -> str:
    """Return months with one decimal and their word."""
    return say_n(
        "{months} month", "{months} months", 1 if value == 1 else 2, months=number(value, 1)
    )


def nobody_left(group: bool, retention: Retention) -> str:
    """Say that nobody of a group left within the horizon, so that there is no error."""
    return say(
        'Not stated: nobody of the group "{group}" left within {months}, so nothing says how far it could be chance.',
        group=say(NAMES[group]),
        months=retention.months,
    )


def restricted(retention: Retention) -> Restricted:
    """Return how many months up to the horizon customers of both groups stay."""
    groups = {}
    for group in NAMES:
        groups[group] = None
        if retention.refusal(group) is None:
            days = retention.curves[group].restricted_mean(retention.end)
            parts = (days.value, days.se, *days.interval)
            groups[group] = Estimate(*(part / MONTH_DAYS for part in parts))
    return Restricted(retention, groups)
