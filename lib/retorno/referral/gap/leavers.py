"""The gap in margin had nobody left: those who stayed, weighted to stand for those who did not.

Estimand: mean margin in month k of all referred minus that of all others who joined early enough to be seen in month k,
had none of them left. Identified when customers alike in margins so far, the last margin, month of tenure and the
covariates left whatever they would have brought later. The end of the data is not leaving: who cannot be seen in a
month because of it does not count in it. Chances of leaving are modelled in each group by itself, so that low margins
may drive away customers of one group alone.

Source: inverse-probability weights of Robins, Rotnitzky and Zhao (1995), J. of the American Statistical Association 90,
106-121, see `retorno.stats.dropout`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, money, number, percent, say, say_n
from retorno.referral.alike.covariates import Covariates
from retorno.referral.gap.rows import Rows
from retorno.stats.dropout import Remaining
from retorno.stats.student import Student

QUOTED = 12
ENOUGH = 30  # customers of each group, weighted, in the last month that is stated

WEIGHTED = Definition(
    "margin_gap.weighted.month_{month}",
    label=mark("Margin in month {month}, referred minus other, had nobody left"),
    meaning=mark(
        "Mean margin of referred customers minus that of the others in month k of tenure, each customer still there "
        "weighted by 1 over the chance of having stayed until then. That chance is the product of 1 minus the chance q "
        "of leaving in each month j before k, from a logit of leaving on month of tenure, margins so far, the last "
        "margin and the covariates, in each group by itself. The error counts that the chances are estimated. In the "
        "formula y is the margin, w the weight, i the customers present in month k, R the referred, O the others."
    ),
    unit="money per customer and month",
    sign=mark("Positive: the referred would earn the firm more in that month, had nobody left."),
    formula=(
        r"\frac{\sum_{i \in R} w_{ik} y_{ik}}{\sum_{i \in R} w_{ik}} - "
        r"\frac{\sum_{i \in O} w_{ik} y_{ik}}{\sum_{i \in O} w_{ik}}, \quad "
        r"w_{ik} = \prod_{j < k} \frac{1}{1 - q_{ij}}"
    ),
    reference=0.0,
)
DEFINITIONS = (WEIGHTED,)

SENTENCES = {
    "above": mark(
        "Had nobody left, a referred customer would earn the firm {apart} more than another in month {month} of tenure."
    ),
    "below": mark(
        "Had nobody left, a referred customer would earn the firm {apart} less than another in month {month} of tenure."
    ),
    "undecided": mark(
        "Had nobody left, the gap in month {month} of tenure would be {signed}; its interval holds zero, so none is "
        "shown."
    ),
}
MOVES = {
    "above": mark("Among those still there it is {plain}: weighting for those who left raises it by {moved}."),
    "below": mark("Among those still there it is {plain}: weighting for those who left lowers it by {moved}."),
    "undecided": mark(
        "Among those still there it is {plain}: weighting for those who left moves it by {signed}, which may be chance."
    ),
}  # fmt: skip
ASSUMES = mark(
    "This holds if customers alike in {alike} left whatever they would have brought later."
)
TITLES = {
    "above": mark("Had nobody left, the gap in month {month} would lie higher"),
    "below": mark("Had nobody left, the gap in month {month} would lie lower"),
    "undecided": mark("Who left hardly moves the gap in month {month}"),
}


@dataclass(frozen=True, slots=True)
class Leavers:
    """The gap in margin by month of tenure, as it is and had nobody left.

    Attributes
    ----------
    rows : Rows
        Of customers seen from joining on, whose covariates are known.
    groups : tuple of two Remaining
        Referred, other; empty where `refused` says why.
    plain, weighted, moved : tuple of Student
        By month from 1, referred minus other, currency per customer and month: of those still there; had nobody
        left; the second minus the first, se 0 where nobody has left yet.
    n, late : int
        Customers with a row; those who came into sight late and are left out.
    """

    rows: Rows
    groups: tuple[Remaining, ...]
    plain: tuple[Student, ...]
    weighted: tuple[Student, ...]
    moved: tuple[Student, ...]
    refused: str | None
    n: int
    late: int
    covariates: Covariates
    horizon_months: int
    currency: str
    level: float
    min_group: int

    @property
    def unit(self) -> str:
        """Unit of the gap."""
        return f"{self.currency} per customer and month"

    @property
    def effective(self) -> np.ndarray:
        """Customers of the smaller group by month, weighted: equally weighted ones that would know as much."""
        return np.minimum(*(group.effective for group in self.groups))

    @property
    def drawn(self) -> int:
        """The last month from 1 on through which each has `ENOUGH` weighted customers of both groups; 0: none."""
        if self.refused:
            return 0
        short = np.flatnonzero(self.effective < ENOUGH)
        return int(short[0]) if short.size else self.rows.months

    def findings(self) -> Findings:
        """State or refuse the gap had nobody left, in month 12 and in the last month with enough customers."""
        months = {min(QUOTED, self.horizon_months), self.drawn or min(QUOTED, self.horizon_months)}
        return Findings(map(self._finding, sorted(months)))

    def _finding(self, month: int) -> Finding:
        if reason := self.refused or self._refusal(month):
            return WEIGHTED.refuse(reason, n=self.n, unit=self.unit, month=month)
        gap = self.weighted[month - 1].at(self.level)
        verdict = direction(gap.interval)
        sentence = say(
            SENTENCES[verdict],
            month=integer(month),
            apart=money(abs(gap.value), self.currency),
            signed=money(gap.value, self.currency),
        )
        text = [sentence, self._moved(month), say(ASSUMES, alike=self._alike())]
        return WEIGHTED.state(
            gap.value,
            " ".join(text) + self.covariates.note() + caution(int(self.effective[month - 1])),
            interval=gap.interval,
            level=self.level,
            unit=self.unit,
            n=int(self.rows.n[month - 1].sum()),
            method=say("weighted by 1 over the chance of having stayed, influence functions"),
            verdict=verdict,
            month=month,
        )

    def _refusal(self, month: int) -> str | None:
        there = self.effective[month - 1] if month <= self.rows.months else 0.0
        if there >= max(self.min_group, 2):
            return None
        what = say(
            "customers of the smaller group present in month {month}, weighted for those who left",
            month=integer(month),
        )
        return too_few(what, int(there), max(self.min_group, 2))

    def _side(self, month: int) -> str:
        moved = self.moved[month - 1]
        return direction(moved.at(self.level).interval) if moved.se > 0 else "undecided"

    def _moved(self, month: int) -> str:
        plain = money(self.plain[month - 1].value, self.currency)
        if not any(group.dropped for group in self.groups):
            return say("Nobody has left before the data end: it is the gap as it is.")
        moved = self.moved[month - 1].value
        return say(
            MOVES[self._side(month)],
            plain=plain,
            moved=money(abs(moved), self.currency),
            signed=money(moved, self.currency),
        )

    def _alike(self) -> str:
        if self.covariates.names:
            return say(
                "margins so far, {covariates} and month of tenure", covariates=self.covariates.words
            )
        return say("margins so far and month of tenure")

    def to_frame(self):
        """Return month; gap with interval of those still there (plain) and had nobody left (weighted); effective."""
        import pandas as pd

        last = self.drawn
        columns = {"month": np.arange(1, last + 1)}
        for name, gaps in (("plain", self.plain), ("weighted", self.weighted)):
            value, se, df = np.array([(g.value, g.se, g.df) for g in gaps[:last]]).reshape(-1, 3).T
            half = stats.t.ppf((1 + self.level) / 2, df) * se
            columns |= {
                name: value,
                f"{name}_ci_low": value - half,
                f"{name}_ci_high": value + half,
            }
        columns["effective"] = self.effective[:last] if last else np.empty(0)
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say how weighting moves the gap of the last month drawn."""
        if not self.drawn:
            return say("No gap had nobody left can be stated")
        return say(TITLES[self._side(self.drawn)], month=integer(self.drawn))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "{currency} a month per customer, referred minus other, by month of tenure: of those still there, and "
            "had nobody left",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say what the weights are, how far they reach and what is left of the customers."""
        if not self.drawn:
            return self.refused or say(
                "No month has {n} customers of both groups, weighted for those who left.",
                n=integer(ENOUGH),
            )
        k = self.drawn - 1
        text = say(
            "Weights are 1 over the chance of having stayed, by a logit of leaving on {alike} in each group; "
            "{referred} referred and {other} others left while they could be seen. Bands are pointwise {level} "
            "intervals. In month {month} the largest weight is {largest} times the mean of its group, and the smaller "
            "group counts as {effective} customers. Drawn as long as it counts as {enough}.",
            alike=self._alike(),
            referred=integer(self.groups[0].dropped),
            other=integer(self.groups[1].dropped),
            level=percent(self.level, 0),
            month=integer(self.drawn),
            largest=number(max(group.largest[k] for group in self.groups), 1),
            effective=integer(int(self.effective[k])),
            enough=integer(ENOUGH),
        )
        if self.late:
            text += " " + say_n(
                "{n} customer who came into sight late is left out.",
                "{n} customers who came into sight late are left out.",
                self.late,
            )
        return text + self.covariates.note()

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.drawn:
            return self.caption()
        lines = [say("Two lines in their bands against a line of no gap.")]
        for month in sorted({1, self.drawn}):
            lines.append(
                say(
                    "Month {month}: {plain} among those still there, {weighted} had nobody left.",
                    month=integer(month),
                    plain=money(self.plain[month - 1].value, self.currency),
                    weighted=money(self.weighted[month - 1].value, self.currency),
                )
            )
        return " ".join(lines)
