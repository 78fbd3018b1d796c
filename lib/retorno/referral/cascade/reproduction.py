"""How many customers a referred customer brings in turn: the reproduction number.

Estimand: mean number of customers brought per referred customer, up to the longest time customers are followed, as if
everybody had been followed for so long. It counts customers who came, not invitations sent. Below 1 each generation is
smaller than the one before: referrals then amplify what is acquired otherwise and are no growth of their own.

Customers acquired otherwise have a number of their own (a branching process with two types), since referred
customers may refer more: Gershon and Jiang (2024), J. of Marketing Research. Numbers brought are spread unevenly; k of
the negative binomial says how much. Assumption: how long a customer has been followed says nothing about how many the
customer brings.

Source of the estimates and their errors: `retorno.stats.branching`.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.referral.cascade.families import families
from retorno.referral.cascade.spread import Spread, spread
from retorno.referral.links import Links
from retorno.referral.tenure import MONTH_DAYS, NAMES, OTHER, REFERRED, month_start
from retorno.stats.branching import Offspring, jackknife
from retorno.stats.student import Estimate, Student

FLAT = 0.99  # of the height at the end: there the lines are no longer drawn on
LATE = 0.02  # growth in the last quarter of the time followed that a sentence must speak of

MEANING = mark(
    "At each day since joining, the customers brought on that day per customer still followed; summed over all days "
    "up to the longest that at least 10 of them (half, where they are fewer than 20) are followed. So it is corrected "
    "for recent customers having had less time. In the formula d is the customers brought t days after their "
    "referrer joined, Y the possible referrers followed for t days or more, T the longest day."
)
FORMULA = r"\sum_{t=0}^{T} \frac{d_t}{Y_t}"
NUMBER = Definition(
    "cascade.reproduction_number",
    label=mark("Customers a referred customer brings"),
    meaning=MEANING,
    unit="ratio",
    sign=mark("Above 1: each generation is larger than the one before it. Below 1: smaller."),
    formula=FORMULA,
    reference=1.0,
)
NAIVE = Definition(
    "cascade.reproduction_number.naive",
    label=mark("Customers a referred customer has brought so far"),
    meaning=mark(
        "Customers brought by the last day of data, per referred customer, whatever the time each has been followed. "
        "In the formula N is the customers brought, n the referred customers."
    ),
    unit="ratio",
    sign=mark("Too low by what recent customers will still bring."),
    formula=r"\frac{N}{n}",
    reference=1.0,
)
OTHER_NUMBER = Definition(
    "cascade.reproduction_number.other",
    label=mark("Customers a customer acquired otherwise brings"),
    meaning=MEANING,
    unit="customers per customer",
    sign=mark("Higher: more customers in the first generation."),
    formula=FORMULA,
)
DIFFERENCE = Definition(
    "cascade.reproduction_number.difference",
    label=mark("Customers brought, referred minus other"),
    meaning=mark(
        "Customers a referred customer brings minus those another brings, both up to the same day since joining: the "
        "longest both are followed. Crude: they may differ in much else. In the formula d is the customers brought "
        "t days after their referrer joined, Y the possible referrers followed for t days or more, T the longest "
        "day; R the referred, O the others."
    ),
    unit="customers per customer",
    sign=mark("Positive: referred customers bring more."),
    formula=r"\sum_{t=0}^{T} \left( \frac{d_{R,t}}{Y_{R,t}} - \frac{d_{O,t}}{Y_{O,t}} \right)",
    reference=0.0,
)
DEFINITIONS = (NUMBER, NAIVE, OTHER_NUMBER, DIFFERENCE)

VERDICTS = {
    "below": mark(
        "Within {days} of joining a referred customer brings {number} others on average. Each generation is smaller "
        "than the one before: below one it is an amplifier, not growth."
    ),
    "above": mark(
        "Within {days} of joining a referred customer brings {number} others on average. Each generation is larger "
        "than the one before: above one it is growth of its own, for as long as that stays so."
    ),
    "undecided": mark(
        "Within {days} of joining a referred customer brings {number} others on average. The interval holds 1, so it "
        "is not shown whether generations shrink or grow."
    ),
}
DIFFERENCES = {
    "above": mark(
        "Within {days} of joining a referred customer brings {referred} others, one acquired otherwise {other}: "
        "{apart} more."
    ),
    "below": mark(
        "Within {days} of joining a referred customer brings {referred} others, one acquired otherwise {other}: "
        "{apart} fewer."
    ),
    "undecided": mark(
        "Within {days} of joining a referred customer brings {referred} others, one acquired otherwise {other}; the "
        "interval of the difference holds zero, so none is shown."
    ),
}
TITLES = {
    "below": mark("Each referred customer brings fewer than one other: an amplifier, not growth"),
    "above": mark("Each referred customer brings more than one other: growth of its own"),
    "undecided": mark("Whether a referred customer brings more or fewer than one other is open"),
}


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Customers brought per customer, by group.

    Attributes
    ----------
    curves : dict of bool to Offspring or None
        By group (`REFERRED`, `OTHER`), in whole days since joining; None where refused.
    refusals : dict of bool to str or None
    n : dict of bool to int
        Customers followed from joining.
    naive : Offspring or None
        Of the referred, as it stands on the last day of data.
    spread : Spread
        How unevenly the referred bring others.
    unknown, late : int
        Referred customers of whom it is not known who brought them; customers left out as parents, for they joined
        before the first day of data.
    left_out : str
        The same in words, with a leading space.
    level : float
    """

    curves: dict[bool, Offspring | None]
    refusals: dict[bool, str | None]
    n: dict[bool, int]
    naive: Offspring | None
    spread: Spread
    unknown: int
    late: int
    left_out: str
    level: float

    def estimate(self, group: bool) -> Estimate | None:
        """Return the customers a customer of `group` brings, None where it is refused."""
        curve = self.curves[group]
        return None if curve is None else curve.at(curve.last, level=self.level)

    @property
    def difference(self) -> Estimate | None:
        """Referred minus other up to the last day of both curves, t interval; None where one is refused."""
        one, other = self.curves[REFERRED], self.curves[OTHER]
        if one is None or other is None:
            return None
        end = self._common
        apart = _padded(one, other, end) - _padded(other, one, end)
        se = float(np.sqrt(apart @ apart))
        return Student(float(one.mean[end] - other.mean[end]), se, min(one.df, other.df)).at(
            self.level
        )

    @property
    def _common(self) -> int:
        return min(curve.last for curve in self.curves.values())

    def findings(self) -> Findings:
        """State or refuse the numbers of both groups, their difference and the spread."""
        return Findings(
            [
                self._number(),
                self._naive(),
                self._other(),
                self._difference(),
                *self.spread.findings(),
            ]
        )

    def _number(self) -> Finding:
        found = self.estimate(REFERRED)
        if found is None:
            return NUMBER.refuse(self.refusals[REFERRED], n=self.n[REFERRED])
        verdict, curve = direction(found.interval, 1.0), self.curves[REFERRED]
        sentence = say(VERDICTS[verdict], days=_days(curve.last), number=number(found.value))
        return NUMBER.state(
            found.value,
            sentence + _still_rising(curve) + self.left_out + caution(curve.n),
            interval=found.interval,
            level=self.level,
            n=curve.n,
            method=_method(),
            verdict=verdict,
        )

    def _naive(self) -> Finding:
        if self.naive is None:
            return NAIVE.refuse(self.refusals[REFERRED], n=self.n[REFERRED])
        found = self.naive.at(0, level=self.level)
        sentence = say(
            "As it stands on the last day of data, a referred customer has brought {so_far} others; with the time "
            "each has been followed allowed for, it is {corrected}.",
            so_far=number(found.value),
            corrected=number(self.estimate(REFERRED).value),
        )
        return NAIVE.state(
            found.value,
            sentence + caution(self.naive.n),
            interval=found.interval,
            level=self.level,
            n=self.naive.n,
            method=say("plain mean, trees left out in turn, interval on the log scale"),
        )

    def _other(self) -> Finding:
        found = self.estimate(OTHER)
        if found is None:
            return OTHER_NUMBER.refuse(self.refusals[OTHER], n=self.n[OTHER])
        curve = self.curves[OTHER]
        sentence = say(
            "Within {days} of joining a customer acquired otherwise brings {number} others on average.",
            days=_days(curve.last),
            number=number(found.value),
        )
        return OTHER_NUMBER.state(
            found.value,
            sentence + _still_rising(curve) + caution(curve.n),
            interval=found.interval,
            level=self.level,
            n=curve.n,
            method=_method(),
        )

    def _difference(self) -> Finding:
        found = self.difference
        if found is None:
            reason = self.refusals[REFERRED] or self.refusals[OTHER]
            return DIFFERENCE.refuse(reason, n=sum(self.n.values()))
        verdict, end = direction(found.interval), self._common
        sentence = say(
            DIFFERENCES[verdict],
            days=_days(end),
            referred=number(self.curves[REFERRED].mean[end]),
            other=number(self.curves[OTHER].mean[end]),
            apart=number(abs(found.value)),
        )
        return DIFFERENCE.state(
            found.value,
            sentence + caution(min(self.n.values())),
            interval=found.interval,
            level=self.level,
            n=sum(self.n.values()),
            method=say("difference of mean cumulative numbers, trees left out in turn"),
            verdict=verdict,
        )

    def to_frame(self):
        """Return month (0 is joining), and for each group stated its mean number, ci_low and ci_high.

        Up to the longest month to which all groups stated are followed, and no further than they still rise.
        """
        import pandas as pd

        drawn = {g: c for g, c in self.curves.items() if c is not None}
        if not drawn:
            return pd.DataFrame({"month": []})
        last = min(curve.last for curve in drawn.values())
        flat = max(int(np.argmax(c.mean >= FLAT * c.mean[-1])) for c in drawn.values())
        until = min(int(last / MONTH_DAYS), max(12, int(np.ceil(flat / MONTH_DAYS))))
        # Where no whole month is followed, the line goes to the last day.
        months = np.arange(until + 1) if until else np.array([0, last / MONTH_DAYS])
        day = np.minimum(month_start(months + 1), last).astype(int)
        columns = {"month": months}
        for group, name in ((REFERRED, "referred"), (OTHER, "other")):
            if group in drawn:
                low, high = drawn[group].band(level=self.level)
                for part, values in (("", drawn[group].mean), ("_ci_low", low), ("_ci_high", high)):
                    columns[name + part] = values[day]
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say whether a referred customer brings more or fewer than one other."""
        found = self.estimate(REFERRED)
        if found is None:
            return say("Customers brought per customer, by months since joining")
        return say(TITLES[direction(found.interval, 1.0)])

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Customers brought per customer, by months since joining")

    def caption(self) -> str:
        """Say what lines and bands are, and how many customers stand behind them."""
        drawn = {g: c for g, c in self.curves.items() if c is not None}
        if not drawn:
            return self.refusals[REFERRED]
        counts = "; ".join(
            say(
                "{group}: {n} customers brought {children}; the last quarter of the time adds {late} of the line's "
                "height",
                group=say(NAMES[group]),
                n=integer(curve.n),
                children=integer(curve.children),
                late=percent(curve.late()),
            )
            for group, curve in drawn.items()
        )
        return (
            say(
                "Mean cumulative number of customers brought, as if all had been followed to the end of the line; "
                "bands are pointwise {level} intervals, trees left out in turn. {counts}. The dashed "
                "line is one for one.",
                level=percent(self.level, 0),
                counts=counts,
            )
            + self.left_out
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        lines = [f.sentence for f in (self._number(), self._other())]
        return " ".join(
            [say("Rising lines in their bands, from nobody brought at joining."), *lines]
        )


def _padded(curve: Offspring, beside: Offspring, end: int) -> np.ndarray:
    """Return influences by day `end` with a place for each part of the other curve, too: parts are numbered alike."""
    influence = jackknife(curve.mean[end], curve.without[:, end], curve.parts)
    return np.pad(influence, (0, max(0, len(beside.without) - len(influence))))


def _days(days: int) -> str:
    return say_n("{n} day", "{n} days", days)


def _method() -> str:
    return say("mean cumulative number, trees left out in turn, interval on the log scale")


def _still_rising(curve: Offspring) -> str:
    """Say how much was added late, with a leading space, where that is not next to nothing."""
    if curve.late() < LATE:
        return ""
    return " " + say(
        "{share} of that comes in the last quarter of this time: later referrals, not seen yet, would add to it.",
        share=percent(curve.late()),
    )


def reproduction(links: Links, *, level: float = 0.95, min_group: int = 5) -> Reproduction:
    """Return how many customers referred and other customers bring.

    Parameters
    ----------
    links : Links
        Who brought whom. Customers who came into sight after joining are no parents here, and counted.
    """
    family = families(links)
    refusals = {group: family.refusal(group, min_group) for group in NAMES}
    curves = {
        group: None if reason else family.offspring(group) for group, reason in refusals.items()
    }
    for group, curve in curves.items():
        if curve is not None and not curve.mean[-1] > 0:
            curves[group] = None
            refusals[group] = say(
                "Not stated: all those brought came later than {days} after their referrer joined, longer "
                "than enough customers are followed.",
                days=_days(curve.last),
            )
    stated = curves[REFERRED] is not None
    return Reproduction(
        curves=curves,
        refusals=refusals,
        n={group: family.of(group)[0].size for group in NAMES},
        naive=family.offspring(REFERRED, as_it_stands=True) if stated else None,
        spread=spread(family, curves[REFERRED], refusals[REFERRED], level=level),
        unknown=family.unknown,
        late=family.late,
        left_out=family.left_out(),
        level=level,
    )
