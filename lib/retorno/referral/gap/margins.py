"""How much more a referred customer earns the firm, month of tenure by month of tenure.

Estimand: mean margin of the referred minus mean margin of the others, per customer present in month k of tenure. It
describes those still there; nothing is adjusted, and it is no effect of referring anybody.

Source: difference of means with variances not pooled, Welch (1947), Biometrika 34, 28-35; where it is known who brought
whom, errors are summed by family, since those who brought each other may earn alike. The question and the
shape of the answer, a gap that erodes, are those of Schmitt, Skiera and Van den Bulte (2011), J. of Marketing 75(1).
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, money, percent, say
from retorno.referral.links import Links, families
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure
from retorno.stats.clustered import Clustered, clustered_mean
from retorno.stats.student import Estimate

MONTHS = (1, 12)

GAP = Definition(
    "margin_gap.month_{month}",
    label=mark("Margin in month {month}, referred minus other"),
    meaning=mark(
        "Mean margin of referred customers minus mean margin of the others over the rows of that month of "
        "tenure, without smoothing and without covariates. A month of tenure is 30.4375 days; month 1 "
        "starts on the day of joining. In the formula m is the mean margin of those present in month k, R "
        "the referred, O the others."
    ),
    unit="money per customer and month",
    sign=mark("Positive: the referred earn the firm more in that month."),
    formula=r"\bar m_R(k) - \bar m_O(k)",
    reference=0.0,
)
DEFINITIONS = (GAP,)

SENTENCES = {
    "above": mark(
        "In month {month} of tenure a referred customer earns the firm {referred}, another {other}: "
        "{apart} more."
    ),
    "below": mark(
        "In month {month} of tenure a referred customer earns the firm {referred}, another {other}: "
        "{apart} less."
    ),
    "undecided": mark(
        "In month {month} of tenure a referred customer earns the firm {referred}, another {other}; the "
        "interval of the gap holds zero, so none is shown."
    ),
}


@dataclass(frozen=True, slots=True)
class Month:
    """One month of tenure: customers present, mean margin and its half-width in both groups.

    Attributes
    ----------
    month : int
    n : tuple of two int
        Customers present: referred, other.
    mean, half : tuple of two float or None
        Currency per customer; half the width of the pointwise interval. None below `min_group`.
    gap : Estimate or None
        Referred minus other; None when a group is too small or neither varies.
    """

    month: int
    n: tuple[int, int]
    mean: tuple[float | None, float | None]
    half: tuple[float | None, float | None]
    gap: Estimate | None


@dataclass(frozen=True, slots=True)
class MarginGap:
    """Margins of referred and other customers by month of tenure.

    Attributes
    ----------
    months : tuple of Month
        Month 1 to the horizon, and at least to month 12.
    horizon_months, min_group : int
    currency : str
    level : float
        Coverage of intervals and pointwise bands.
    linked : bool
        Whether the errors know of families.
    """

    months: tuple[Month, ...]
    horizon_months: int
    currency: str
    level: float
    min_group: int
    linked: bool

    def findings(self) -> Findings:
        """State or refuse the gap in the months that are quoted."""
        return Findings(self._finding(self.months[month - 1]) for month in MONTHS)

    def _finding(self, m: Month) -> Finding:
        unit = f"{self.currency} per customer and month"
        if m.gap is None:
            return GAP.refuse(self._refusal(m), n=sum(m.n), unit=unit, month=m.month)
        verdict = direction(m.gap.interval)
        sentence = say(
            SENTENCES[verdict],
            month=integer(m.month),
            referred=money(m.mean[0], self.currency),
            other=money(m.mean[1], self.currency),
            apart=money(abs(m.gap.value), self.currency),
        )
        return GAP.state(
            m.gap.value,
            sentence + caution(min(m.n)),
            interval=m.gap.interval,
            level=self.level,
            unit=unit,
            n=sum(m.n),
            method=say("difference of means, errors by family")
            if self.linked
            else say("difference of means, unpooled variances (Welch)"),
            verdict=verdict,
            month=m.month,
        )

    def _refusal(self, m: Month) -> str:
        for n, name in zip(m.n, NAMES.values(), strict=True):
            if n < self.min_group:
                what = say(
                    'customers of the group "{group}" present in month {month}',
                    group=say(name),
                    month=integer(m.month),
                )
                return too_few(what, n, self.min_group)
        return say(
            "Not stated: in month {month} the margin is the same for every customer of each group, so "
            "nothing says how far a difference could be chance.",
            month=integer(m.month),
        )

    @property
    def drawn(self) -> tuple[Month, ...]:
        """The months up to the horizon in which both groups are large enough."""
        return tuple(m for m in self.months[: self.horizon_months] if None not in m.mean)

    def to_frame(self):
        """Return month, n, mean, ci_low, ci_high of each group, gap with interval; only months that are drawn."""
        import pandas as pd

        rows = [
            (m.month, *(v for n, mean, h in zip(m.n, m.mean, m.half, strict=True)
                        for v in (n, mean, mean - h, mean + h)),
             *((m.gap.value, *m.gap.interval) if m.gap else (None,) * 3))
            for m in self.drawn
        ]  # fmt: skip
        parts = ("n", "margin", "ci_low", "ci_high")
        names = [f"{group}_{part}" for group in ("referred", "other") for part in parts]
        gap = ["gap", "gap_ci_low", "gap_ci_high"]
        frame = pd.DataFrame(rows, columns=["month", *names, *gap])
        return frame.astype(dict.fromkeys(gap, float))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "{currency} a month per customer still there, by month of tenure; below, referred minus other",
            currency=self.currency,
        )

    def title(self) -> str:
        """Say how the gap of the last month drawn stands to that of the first."""
        gaps = [m.gap for m in self.drawn if m.gap]
        if len(gaps) < 2:
            return say("Margin by month of tenure, referred and other customers")
        first, last = gaps[0], gaps[-1]
        early, late = direction(first.interval), direction(last.interval)
        if early == "undecided" == late:
            return say("Neither the first nor the last month shows a gap in margin")
        if early == "undecided":
            return say("No gap in margin at the start, one at the end")
        ahead = early == "above"
        if late == "undecided":
            return (
                say("Referred customers start ahead in margin; at the end no gap is left to see")
                if ahead
                else say(
                    "Referred customers start behind in margin; at the end no gap is left to see"
                )
            )
        if late != early:
            return say("The gap in margin changes its sign over the months of tenure")
        if ahead:
            return say("Referred customers earn more from the first month to the last")
        return say("Referred customers earn less from the first month to the last")

    def caption(self) -> str:
        """Say what lines and bands are, who stands behind them and the gap at both ends."""
        if not self.drawn:
            return say("No month has enough customers of both groups to show their margins.")
        first, last = self.drawn[0], self.drawn[-1]
        caption = say(
            "Mean margin per customer present, by month of tenure. Bands are pointwise {level} t intervals, those of "
            "the gap with variances not pooled. Month {a}: {r1} referred and {o1} other customers, a gap of {g1}; "
            "month {b}: {r2} and {o2}, a gap of {g2}. Those who left are in no later month.",
            level=percent(self.level, 0),
            a=integer(first.month),
            r1=integer(first.n[0]),
            o1=integer(first.n[1]),
            g1=money(first.mean[0] - first.mean[1], self.currency),
            b=integer(last.month),
            r2=integer(last.n[0]),
            o2=integer(last.n[1]),
            g2=money(last.mean[0] - last.mean[1], self.currency),
        )
        if not self.linked:
            return caption
        return (
            caption + " " + say("Customers joined by referrals count as one family in the bands.")
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.drawn:
            return self.caption()
        first, last = self.drawn[0], self.drawn[-1]
        lines = say("Two lines in their bands, and the gap between them against a line of no gap.")
        return " ".join(
            [
                lines,
                *(
                    say(
                        "{group}: {start} in month {a}, {end} in month {b}.",
                        group=say(name),
                        start=money(first.mean[i], self.currency),
                        a=integer(first.month),
                        end=money(last.mean[i], self.currency),
                        b=integer(last.month),
                    )
                    for i, name in enumerate(NAMES.values())
                ),
            ]
        )


def margin_gap(
    tenure: Tenure,
    links: Links | None = None,
    *,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> MarginGap:
    """Compare the margins of referred and other customers in each month of tenure.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins.
    links : Links, optional
        Who brought whom; customers joined by referrals then count as one family in the errors.
    """
    found, family = [], families(links, tenure.days.size)
    for month in range(1, max(tenure.horizon_months, *MONTHS) + 1):
        who, margin = tenure.month(month)
        members = [tenure.referred[who] == group for group in (REFERRED, OTHER)]
        groups = [(margin[member], family[who[member]]) for member in members]
        found.append(_month(month, groups, level=level, min_group=max(min_group, 2)))
    months = tuple(found)
    return MarginGap(
        months, tenure.horizon_months, currency, level, min_group, linked=links is not None
    )


def _month(month: int, groups, *, level: float, min_group: int) -> Month:
    """Return what a month says of the margins and families of both groups."""
    n = tuple(margin.size for margin, _ in groups)
    clusters = 1 + max((int(family.max()) for _, family in groups if family.size), default=0)
    means = [_mean(*group, clusters, min_group) for group in groups]
    apart = means[0].minus(means[1]) if all(means) else None
    return Month(
        month=month,
        n=n,
        mean=tuple(mean and mean.value for mean in means),
        half=tuple(mean and _half(mean, level) for mean in means),
        gap=apart.at(level) if apart and apart.se > 0 else None,
    )


def _mean(
    margin: np.ndarray, family: np.ndarray, clusters: int, min_group: int
) -> Clustered | None:
    if margin.size < min_group or np.unique(family).size < 2:
        return None
    return clustered_mean(margin, family, clusters)


def _half(mean: Clustered, level: float) -> float:
    """Return half the width of the t interval of a mean, 0 where all values are the same."""
    found = mean.student.at(level)
    return found.ci_high - found.value
