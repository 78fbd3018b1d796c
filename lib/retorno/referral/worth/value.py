"""What a customer is worth over the horizon, and the gap everyone quotes.

Estimand: discounted margin per customer joined, over the horizon (see `discounted`); the gap is that of the referred
minus that of the others. Crude: nothing is adjusted. It describes two groups of people and is no return of a programme.

Months of tenure that too few customers have reached are refused, unless extrapolation is chosen; then each group goes
on from its own last month with enough customers, and every sentence says how much of the value that is.

Source: the formula is that of customer lifetime value with observed survival (Schmitt, Skiera and Van den Bulte 2011,
J. of Marketing 75(1), take the same question to a bank). The gap over the others' value has Fieller's interval (1954),
which holds zero exactly when that of the gap does.
"""

from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.referral.links import Links, families
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure
from retorno.referral.worth.beyond import Tail, said_of
from retorno.referral.worth.discounted import discounted_values, tail_of
from retorno.referral.worth.percent import PERCENT, percent_of
from retorno.stats.student import Student

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
    speaks_to=(Speaks("value_right_customers"),),
)
DEFINITIONS = (GAP, PERCENT)

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
        Customers; those of them present at the start of the month in `until`.
    horizon_months, min_group : int
    annual_discount_rate : float
    currency : str
    level : float
        Coverage of the intervals.
    until : dict of bool to int
        The last month the value rests on, or the first with too few customers where it is refused for that; the last
        of the horizon where a group is not named.
    course : dict of bool to dict of int to Student
        Value over each number of months that can be stated, the horizon's and full years.
    tails : dict of bool to Tail
        What the months beyond the data rest on, of groups for which such months were asked for.
    covariance : dict of int to float
        Of the two values over each number of months: customers of one family are in both groups.
    linked : bool
        Whether the errors know of families.
    """

    groups: dict[bool, Student | None]
    n: dict[bool, int]
    present: dict[bool, int]
    horizon_months: int
    annual_discount_rate: float
    currency: str
    level: float
    min_group: int
    until: dict[bool, int] = field(default_factory=dict)
    course: dict[bool, dict[int, Student]] = field(default_factory=dict)
    tails: dict[bool, Tail] = field(default_factory=dict)
    covariance: dict[int, float] = field(default_factory=dict)
    linked: bool = False

    @property
    def gap(self) -> Student | None:
        """Referred minus other, t with the smaller degrees of freedom."""
        referred, other = self.groups[REFERRED], self.groups[OTHER]
        if referred is None or other is None:
            return None
        return apart(referred, other, self.covariance.get(self.horizon_months, 0.0))

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
            tail = self.tails.get(group)
            if tail and (reason := tail.refusal(group, self.min_group)):
                return reason
            if self.present[group] >= max(self.min_group, 2):
                return say(
                    'Not stated: in the group "{group}" every customer brings the same, so nothing says '
                    "how far the value could be chance.",
                    group=say(NAMES[group]),
                )
            what = say(
                'customers of the group "{group}" present at the start of month {month}, of {n} in the '
                "group (months beyond the data are refused unless extrapolate is true; parameter horizon_months)",
                group=say(NAMES[group]),
                month=integer(self.until.get(group, self.horizon_months)),
                n=integer(self.n[group]),
            )
            return too_few(what, self.present[group], max(self.min_group, 2))
        return None

    def fewest(self, *groups: bool) -> int:
        """Return the fewest customers that a part of the value rests on: present last, or who left before."""
        return min(self.tails[g].left if g in self.tails else self.present[g] for g in groups)

    def beyond(self, *groups: bool) -> str:
        """Say, with a leading space, how much of the value of `groups` lies beyond the data, if any."""
        return said_of({g: (t, self.course[g]) for g, t in self.tails.items() if g in groups}, self)

    def findings(self) -> Findings:
        """State or refuse the gap, in currency and over the value of the others."""
        return Findings([self._gap(), percent_of(self)])

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
            sentence + self.beyond(REFERRED, OTHER) + caution(self.fewest(REFERRED, OTHER)),
            interval=gap.interval,
            level=self.level,
            unit=self.unit,
            n=n,
            method=say("Kaplan-Meier share times mean margin, influence functions by family")
            if self.linked
            else say("Kaplan-Meier share times mean margin, influence functions by customer"),
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
        """Say what a value is, and how much of it lies beyond the data."""
        caption = say(
            "Discounted margin per customer over {months} of tenure, at {rate} a year, with {level} intervals.",
            months=self.months,
            rate=percent(self.annual_discount_rate),
            level=percent(self.level, 0),
        )
        return caption + self.beyond(*(g for g, found in self.groups.items() if found is not None))


def apart(referred: Student, other: Student, covariance: float = 0.0) -> Student:
    """Return the difference of two values, t with the smaller degrees of freedom."""
    se = float(np.sqrt(referred.se**2 + other.se**2 - 2 * covariance))
    return Student(referred.value - other.value, se, min(referred.df, other.df))


def customer_value(
    tenure: Tenure,
    links: Links | None = None,
    *,
    annual_discount_rate: float,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
    extrapolate: bool = False,
) -> Value:
    """Return what a customer of each group is worth over the horizon of `tenure`.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins.
    links : Links, optional
        Who brought whom; customers joined by referrals then count as one family in the errors.
    annual_discount_rate : float
        A fraction a year, above -1.
    extrapolate : bool
        Whether months after the last with `min_group` customers present go on as the `WINDOW` months up to it. Each
        group goes on from its own last month. When False they are refused.
    """
    if not annual_discount_rate > -1:
        raise ParameterError(
            say(
                "annual_discount_rate: wanted a fraction above -1; got {got}.",
                got=annual_discount_rate,
            )
        )
    rate = {"annual_discount_rate": annual_discount_rate}
    family, least = families(links, tenure.days.size), max(min_group, 2)
    found = {group: _course(tenure, family, group, least, extrapolate, rate) for group in NAMES}
    until = {group: month for group, (_, month, _) in found.items()}
    course = {
        group: {h: value.student for h, value in values.items()}
        for group, (values, _, _) in found.items()
    }
    shared = set(course[REFERRED]) & set(course[OTHER])
    return Value(
        groups={group: course[group].get(tenure.horizon_months) for group in NAMES},
        n={group: tenure.size(group) for group in NAMES},
        present={group: tenure.present(group, month) for group, month in until.items()},
        horizon_months=tenure.horizon_months,
        annual_discount_rate=annual_discount_rate,
        currency=currency,
        level=level,
        min_group=min_group,
        until=until,
        course=course,
        tails={group: tail for group, (_, _, tail) in found.items() if tail},
        covariance={
            h: float(found[REFERRED][0][h].parts @ found[OTHER][0][h].parts) for h in shared
        },
        linked=links is not None,
    )


def _course(tenure, family, group, least, extrapolate, rate) -> tuple[dict, int, Tail | None]:
    """Return the value of a group by horizon, the month it rests on or fails at, and what lies beyond the data."""
    horizon, last = tenure.horizon_months, _last_month(tenure, group, least)
    member = tenure.referred == group
    people = {"days": tenure.days[member], "left": tenure.left[member], "entry": tenure.entry[member]}  # fmt: skip
    rows, tail, to = list(islice(tenure.months(group), last)), None, last
    if last < horizon and extrapolate:
        tail = tail_of(**people, rows=rows)
        to = last if tail.refusal(group, least) else horizon
    horizons = [h for h in sorted({*range(12, horizon, 12), last, horizon}) if 1 <= h <= to]
    until = last if to == horizon else last + 1
    if not horizons or np.unique(family[member]).size < 2:
        return {}, until, tail
    clusters = {"family": family[member], "families": int(family.max()) + 1}
    course = discounted_values(**people, **clusters, rows=rows, horizons=horizons, **rate)
    return {h: value for h, value in course.items() if value.student.se > 0}, until, tail


def _last_month(tenure: Tenure, group: bool, least: int) -> int:
    """Return the last month of the horizon up to which at least `least` of a group are present in every month."""
    months = range(1, tenure.horizon_months + 1)
    short = (month for month in months if tenure.present(group, month) < least)
    return next(short, tenure.horizon_months + 1) - 1
