"""What a customer is worth over the horizon, and the gap everyone quotes.

Estimand: discounted margin per customer joined, over the horizon,

    V = sum over months k of S(k-1) m(k) (1 + r) ** (-k/12),

S the share still there at the start of month k, m the mean margin of those present, r the annual rate; the gap is V
of the referred minus V of the others. Crude: nothing is adjusted. It describes two groups of people and is no return
of a programme.

Source: the formula is that of customer lifetime value with observed survival (Schmitt, Skiera and Van den Bulte 2011,
J. of Marketing 75(1), take the same question to a bank). Errors: influence functions of the two plug-in parts, see
`retorno.stats.survival`; margins of one customer in several months count as one customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.money import discount_factors, npv, roi
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure, month_start
from retorno.stats.student import Student
from retorno.stats.survival import kaplan_meier

GAP = Definition(
    "value_gap",
    label=mark("Value over the horizon, referred minus other"),
    meaning=mark(
        "Discounted margin per customer over horizon_months months of tenure, referred minus other: in each "
        "month the Kaplan-Meier share still there at its start, times the mean margin of those present, "
        "discounted by annual_discount_rate for k/12 years. Crude: no covariates. In the formula S(k-1) is that "
        "share for month k, m the mean margin, H horizon_months, r annual_discount_rate, R the referred, O the "
        "others."
    ),
    unit="money per customer",
    sign=mark("Positive: a referred customer is worth more. It is no return of a programme."),
    formula=r"\sum_{k=1}^{H} \frac{S_R(k-1) \, m_R(k) - S_O(k-1) \, m_O(k)}{(1 + r)^{k/12}}",
    reference=0.0,
)
PUBLISHED = Definition(
    "roi.published_form",
    label=mark("Return as such returns are published"),
    meaning=mark(
        "value_gap divided by reward_referrer, minus 1, and nothing else. In the formula V is the value over the "
        "horizon of the referred (R) and of the others (O), w reward_referrer."
    ),
    unit="share of reward",
    sign=mark("Above 0: the gap is larger than the reward. It is not the return of the programme."),
    formula=r"\frac{V_R - V_O}{w} - 1",
    reference=0.0,
)
DEFINITIONS = (GAP, PUBLISHED)

SENTENCES = {
    "above": mark(
        "Over {months} a referred customer is worth {referred}, another {other}: {apart} more. That "
        "is a gap between two groups of people, not what the programme brought."
    ),
    "below": mark(
        "Over {months} a referred customer is worth {referred}, another {other}: {apart} less. That "
        "is a gap between two groups of people, not what the programme cost."
    ),
    "undecided": mark(
        "Over {months} a referred customer is worth {referred}, another {other}; the interval of the "
        "gap holds zero, so none is shown."
    ),
}


@dataclass(frozen=True, slots=True)
class Value:
    """Value of a customer over the horizon, in both groups.

    Attributes
    ----------
    groups : dict of bool to Student or None
        By group (`REFERRED`, `OTHER`), currency per customer; None where it cannot be stated.
    n, present : dict of bool to int
        Customers; those of them present at the start of the last month of the horizon.
    horizon_months, min_group : int
    annual_discount_rate : float
    currency : str
    level : float
        Coverage of the intervals.
    """

    groups: dict[bool, Student | None]
    n: dict[bool, int]
    present: dict[bool, int]
    horizon_months: int
    annual_discount_rate: float
    currency: str
    level: float
    min_group: int

    @property
    def gap(self) -> Student | None:
        """Referred minus other, independent groups, t with the smaller group's customers - 1."""
        referred, other = self.groups[REFERRED], self.groups[OTHER]
        if referred is None or other is None:
            return None
        se = float(np.hypot(referred.se, other.se))
        return Student(referred.value - other.value, se, min(referred.df, other.df))

    @property
    def unit(self) -> str:
        """Unit of a value: currency per customer."""
        return f"{self.currency} per customer"

    @property
    def months(self) -> str:
        """The horizon in words."""
        return say_n("{n} month", "{n} months", self.horizon_months)

    def refusal(self, *groups: bool) -> str | None:
        """Return why the value of `groups` cannot be stated, or None."""
        for group in groups:
            if self.groups[group] is not None:
                continue
            if self.present[group] >= self.min_group:
                return say(
                    'Not stated: in the group "{group}" every customer brings the same, so nothing says '
                    "how far the value could be chance.",
                    group=say(NAMES[group]),
                )
            what = say(
                'customers of the group "{group}" present at the start of month {month}, of {n} in the '
                "group (months beyond the data are refused; parameter horizon_months)",
                group=say(NAMES[group]),
                month=integer(self.horizon_months),
                n=integer(self.n[group]),
            )
            return too_few(what, self.present[group], self.min_group)
        return None

    def findings(self) -> Findings:
        """State or refuse the gap."""
        return Findings([self._gap()])

    def _gap(self) -> Finding:
        n = sum(self.n.values())
        if reason := self.refusal(REFERRED, OTHER):
            return GAP.refuse(reason, n=n, unit=self.unit)
        gap = self.gap.at(self.level)
        verdict = direction(gap.interval)
        sentence = say(
            SENTENCES[verdict],
            months=self.months,
            referred=money(self.groups[REFERRED].value, self.currency),
            other=money(self.groups[OTHER].value, self.currency),
            apart=money(abs(gap.value), self.currency),
        )
        return GAP.state(
            gap.value,
            sentence + caution(min(self.present.values())),
            interval=gap.interval,
            level=self.level,
            unit=self.unit,
            n=n,
            method=say("Kaplan-Meier share times mean margin, influence functions by customer"),
            verdict=verdict,
        )

    def to_frame(self):
        """Return group, customers, value, ci_low, ci_high for each group that can be stated."""
        import pandas as pd

        rows = [
            (say(NAMES[group]), self.n[group], found.value, *found.at(self.level).interval)
            for group, found in self.groups.items()
            if found is not None
        ]
        return pd.DataFrame(rows, columns=["group", "customers", "value", "ci_low", "ci_high"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        currency = f"money:{self.currency}"
        return {
            "group": (say("Group"), "text"),
            "customers": (say("Customers"), "count"),
            "value": (say("Value over the horizon"), currency),
            "ci_low": (say("Interval from"), currency),
            "ci_high": (say("to"), currency),
        }

    def table_caption(self) -> str:
        """Say what a value is."""
        return say(
            "Discounted margin per customer over {months} of tenure, at {rate} a year, with {level} intervals.",
            months=self.months,
            rate=percent(self.annual_discount_rate),
            level=percent(self.level, 0),
        )


def customer_value(
    tenure: Tenure,
    *,
    annual_discount_rate: float,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Value:
    """Return what a customer of each group is worth over the horizon of `tenure`.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins.
    annual_discount_rate : float
        A fraction a year, above -1.
    """
    if not annual_discount_rate > -1:
        raise ParameterError(
            say(
                "annual_discount_rate: wanted a fraction above -1; got {got}.",
                got=annual_discount_rate,
            )
        )
    present = {group: tenure.present(group, tenure.horizon_months) for group in NAMES}
    groups = {}
    for group in NAMES:
        member = tenure.referred == group
        groups[group] = None
        if present[group] >= max(min_group, 2):
            found = discounted_value(
                tenure.days[member],
                tenure.left[member],
                tenure.months(group),
                annual_discount_rate=annual_discount_rate,
            )
            groups[group] = found if found.se > 0 else None
    return Value(
        groups=groups,
        n={group: tenure.size(group) for group in NAMES},
        present=present,
        horizon_months=tenure.horizon_months,
        annual_discount_rate=annual_discount_rate,
        currency=currency,
        level=level,
        min_group=min_group,
    )


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """The return as such returns are published: the gap in value over the reward of the referrer.

    Attributes
    ----------
    value : Value
    reward_referrer : float
        Currency per rewarded referral, a positive amount.
    """

    value: Value
    reward_referrer: float

    def findings(self) -> Findings:
        """State or refuse the return in this form."""
        reward, n = self.reward_referrer, sum(self.value.n.values())
        reason = self.value.refusal(REFERRED, OTHER)
        if reason is None and reward == 0:
            reason = say("Not stated: reward_referrer is 0, and there is no return on no reward.")
        if reason:
            return Findings([PUBLISHED.refuse(reason, n=n)])
        gap = self.value.gap.at(self.value.level)
        published = roi(gap.value, reward)
        sentence = say(
            "A gap in value of {gap} for a reward of {reward}: {published}, as such returns are "
            "published. Of the value it counts the gap alone, of the cost one reward alone, and it "
            "takes every referred customer for one who would not have come otherwise.",
            gap=money(gap.value, self.value.currency),
            reward=money(reward, self.value.currency),
            published=percent(published),
        )
        found = PUBLISHED.state(
            published,
            sentence + caution(min(self.value.present.values())),
            interval=tuple(roi(end, reward) for end in gap.interval),
            level=self.value.level,
            n=n,
            method=say("value gap over the reward, its interval carried through"),
        )
        return Findings([found])


def published_form(value: Value, *, reward_referrer: float) -> PublishedForm:
    """Return the return as such returns are published."""
    return PublishedForm(value, reward_referrer)


def discounted_value(
    days, left, months: Iterable[tuple[np.ndarray, np.ndarray]], *, annual_discount_rate: float
) -> Student:
    """Return the discounted margin per customer joined, over the months given.

    Parameters
    ----------
    days : array_like of int, shape (n,)
        Whole days from joining to leaving, or to the last day of data; at least two customers.
    left : array_like of bool, shape (n,)
    months : iterable of (who, margin)
        For month 1, 2, ...: positions of the customers present, and their margins; never empty.
    annual_discount_rate : float
        A fraction a year, above -1.

    Notes
    -----
    With d(k) the discount factor, customer i adds to the error

        sum over k of d(k) [ S(k-1) (margin of i in k - m(k)) / n(k), if present, + m(k) IF_i(S(k-1)) ],

    and the squares, times n / (n - 1), add up to the variance.
    """
    days, left = np.asarray(days), np.asarray(left, dtype=bool)
    rows = list(months)
    n, starts = days.size, month_start(np.arange(1, len(rows) + 1))
    curve = kaplan_meier(days, left, level=0.95)  # its bounds are not used
    # Everybody is a customer when month 1 starts, also who leaves on the very day of joining.
    share = np.append(1.0, curve.beyond(starts[1:]))
    discount = discount_factors(len(rows), annual_discount_rate)
    mean, error = np.empty(len(rows)), np.zeros(n)
    for k, (who, margin) in enumerate(rows):
        mean[k] = margin.mean()
        error[who] += discount[k] * share[k] * (margin - mean[k]) / who.size
    error += curve.influence(starts[1:], (discount * mean)[1:], days, left)
    variance = float((error**2).sum()) * n / (n - 1)
    return Student(npv(share * mean, annual_discount_rate), float(np.sqrt(variance)), n - 1.0)
