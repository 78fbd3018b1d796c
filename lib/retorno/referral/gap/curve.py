"""How the gap in margin changes over tenure: one smooth curve from all rows of all months.

Estimand: margin of a referred customer minus that of another with equal covariates who joined in the same month, per
customer present in month k of tenure, as a smooth curve over k. It describes those still there, and it adjusts for
what is measured alone: a better match of person and firm is part of what a referral does and no nuisance.

    margin(i, k) = effect of month k + referred(i) f(k) + covariates(i) + effect of the joining month(i) + error

f is a natural cubic spline of five knots. Each month of tenure has an effect of its own, so that only the gap is
smoothed. Errors of one customer, and of all whom referrals join, may hang together in any way.

Source: the question is that of Schmitt, Skiera and Van den Bulte (2011), J. of Marketing 75(1), who take
referred, tenure and their product; methods in `retorno.stats.panel`.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import P_VALUE, integer, mark, money, p_value, percent, say, say_n
from retorno.referral.alike.covariates import Covariates
from retorno.referral.gap.rows import Rows
from retorno.stats.panel import GapCurve

MONTHS = (1, 12, 24, 33)

MODEL = Definition(
    "margin_gap.model.month_{month}",
    label=mark("Margin in month {month}, referred minus other, by the model"),
    meaning=mark(
        "The gap f in margin per customer present in month k of tenure, from a regression of all months together: "
        "margin y of customer i on an effect a of each month of tenure, referred D (1 or 0) times a smooth curve f, "
        "the covariates x times b and an effect c of the calendar month of joining; u is what is left. f is a "
        "natural cubic spline of five knots. Errors by customer, and by all whom referrals join. It describes "
        "those still there."
    ),
    unit="money per customer and month",
    sign=mark("Positive: the referred earn the firm more in that month."),
    formula=r"y_{ik} = a_k + D_i \, f(k) + x_i b + c_i + u_{ik}",
    reference=0.0,
)
FIT = Definition(
    "margin_gap.model_fit_p",
    label=mark("Whether the smooth curve fits the gaps month by month, p"),
    meaning=mark(
        "p of the gaps g of the single months, without smoothing and without covariates, lying on some curve of "
        "the model's kind: a joint test of all N ways in which they can leave one, by customer, and by all whom "
        "referrals join. L are those ways, V is the covariance of the gaps, F is Hotelling's with n degrees of "
        "freedom of a covariance to which both groups add."
    ),
    unit=P_VALUE,
    sign=mark("Small: no curve so smooth runs through the gaps of the single months."),
    formula=r"F = \frac{n - N + 1}{n N} (L g)^{\top} (L V L^{\top})^{-1} (L g)",
)
EROSION = Definition(
    "margin_gap.erosion_month",
    label=mark("First month of tenure without a gap in margin"),
    meaning=mark(
        "First month k of tenure at which the interval from l to h of the model's gap holds 0, whether the gap "
        "began above or below it; none when it never does. With fewer customers intervals are wider and the month "
        "comes sooner: it is the first month for which no gap is shown, not the month in which it is gone."
    ),
    unit="months",
    sign=mark("Later: a gap can be shown for longer."),
    formula=r"\min \{ k : l(k) \le 0 \le h(k) \}",
)
DEFINITIONS = (MODEL, FIT, EROSION)

SENTENCES = {
    "above": mark("In month {month} of tenure a referred customer earns the firm {apart} more than {another}."),
    "below": mark("In month {month} of tenure a referred customer earns the firm {apart} less than {another}."),
    "undecided": mark(
        "In month {month} of tenure the interval of the gap between a referred customer and {another} holds zero, "
        "so none is shown; the curve puts it at {signed}."
    ),
}  # fmt: skip
ERODES = {
    "above": mark(
        "The gap begins above zero; in month {month} of tenure its interval holds zero for the first time. With fewer "
        "customers that month would come sooner."
    ),
    "below": mark(
        "The gap begins below zero; in month {month} of tenure its interval holds zero for the first time. With fewer "
        "customers that month would come sooner."
    ),
    "undecided": mark(
        "Already in month {month} of tenure the interval of the gap holds zero: there is none to watch fading."
    ),
}
TITLES = {
    "above": mark("Referred customers start ahead; in month {month} a gap is first no longer shown"),
    "below": mark("Referred customers start behind; in month {month} a gap is first no longer shown"),
    "undecided": mark("The curve shows no gap in margin in month {month}"),
}  # fmt: skip
LASTS = {
    "above": mark("Referred customers are ahead in margin through month {month}"),
    "below": mark("Referred customers are behind in margin through month {month}"),
}


@dataclass(frozen=True, slots=True)
class GapModel:
    """The gap in margin as a smooth curve over tenure.

    Attributes
    ----------
    rows : Rows
        Months the curve covers, from 1, and customers present.
    curve : GapCurve or None
        Referred minus other at equal covariates and joining month, currency per customer and month; index 0 is
        month 1. None where `refused` says why.
    plain, unadjusted : ndarray, shape (n_months,)
        The gaps of the single months, and a curve of the same kind through them, nothing adjusted.
    fit_p : float or None
        None where `fit_refused` says why.
    n, families : int
        Customers with a row; families they belong to, as many as customers where no referrer is known.
    largest : int
        Customers of the largest family.
    covariates : Covariates
    """

    rows: Rows
    curve: GapCurve | None
    plain: np.ndarray
    unadjusted: np.ndarray
    fit_p: float | None
    refused: str | None
    fit_refused: str | None
    n: int
    families: int
    largest: int
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
    def erosion_month(self) -> int | None:
        """First month whose interval holds 0; None when there is none, or no curve."""
        if self.curve is None:
            return None
        low, high = self.curve.band(self.level)
        holds = np.flatnonzero((low <= 0) & (high >= 0))
        return int(holds[0]) + 1 if holds.size else None

    @property
    def start(self) -> str | None:
        """Side of 0 on which the interval of month 1 lies."""
        return self.curve and direction(self.curve.at(0).at(self.level).interval)

    def findings(self) -> Findings:
        """State or refuse the gap in months quoted, the fit of the curve and the first month without a gap."""
        quoted = [month for month in MONTHS if month <= self.horizon_months]
        return Findings([*map(self._gap, quoted), self._fit(), self._erosion()])

    def _gap(self, month: int) -> Finding:
        if self.refused or month > self.rows.months:
            reason = self.refused or self._beyond(month)
            return MODEL.refuse(reason, n=self.n, unit=self.unit, month=month)
        gap = self.curve.at(month - 1).at(self.level)
        verdict = direction(gap.interval)
        sentence = say(
            SENTENCES[verdict],
            month=integer(month),
            apart=money(abs(gap.value), self.currency),
            signed=money(gap.value, self.currency),
            another=self._another(),
        )
        return MODEL.state(
            gap.value,
            sentence + self.covariates.note() + caution(int(self.rows.n[month - 1].min())),
            interval=gap.interval,
            level=self.level,
            unit=self.unit,
            n=self.n,
            method=self._method(),
            verdict=verdict,
            month=month,
        )

    def _another(self) -> str:
        if self.covariates.names:
            return say(
                "another who joined in the same month with equal {covariates}",
                covariates=self.covariates.words,
            )
        return say("another who joined in the same month")

    def _method(self) -> str:
        if self.families < self.n:
            return say("regression over all months, natural spline, errors by family of referrals")
        return say("regression over all months, natural spline, errors by customer")

    def _beyond(self, month: int) -> str:
        return say(
            "Not stated: the curve reaches month {last}, the last before which each month has {needed} customers of "
            "each group (parameter min_group); month {month} lies beyond.",
            last=integer(self.rows.months),
            needed=integer(self.min_group),
            month=integer(month),
        )

    def _fit(self) -> Finding:
        if self.fit_p is None:
            return FIT.refuse(self.fit_refused, n=self.n)
        fits = self.fit_p >= 1 - self.level
        sentence = (
            say(
                "The gaps of the single months, nothing adjusted, do not speak against a curve so smooth ({p}).",
                p=p_value(self.fit_p),
            )
            if fits
            else say(
                "No curve so smooth runs through the gaps of the single months, nothing adjusted ({p}): trust the gaps "
                "month by month more than the curve.",
                p=p_value(self.fit_p),
            )
        )
        return FIT.state(
            self.fit_p,
            sentence,
            n=self.n,
            method=say("joint Wald test, Hotelling's with unequal covariances"),
            verdict="fits" if fits else "does_not_fit",
        )

    def _erosion(self) -> Finding:
        if self.refused:
            return EROSION.refuse(self.refused, n=self.n)
        month = self.erosion_month
        if month is None:
            sentence = say(
                "Up to month {month} of tenure, the last with enough customers, the interval of the gap never holds "
                "zero.",
                month=integer(self.rows.months),
            )
        else:
            sentence = say(ERODES[self.start], month=integer(month))
        verdict = "never" if month is None else "none" if month == 1 else "eroded"
        return EROSION.state(month, sentence, n=self.n, method=self._method(), verdict=verdict)

    def to_frame(self):
        """Return month, n_referred, n_other, plain, unadjusted, gap, ci_low, ci_high; empty without a curve."""
        import pandas as pd

        names = ["month", "n_referred", "n_other", "plain", "unadjusted"]
        names += ["gap", "ci_low", "ci_high"]
        if self.curve is None:
            return pd.DataFrame([], columns=names)
        months = np.arange(1, self.rows.months + 1)
        numbers = (self.plain, self.unadjusted, self.curve.gap, *self.curve.band(self.level))
        return pd.DataFrame(dict(zip(names, (months, *self.rows.n.T, *numbers), strict=True)))

    def title(self) -> str:
        """Say where the curve begins and when it first shows no gap."""
        if self.curve is None:
            return say("No curve of the gap in margin can be stated")
        if self.erosion_month is None:
            return say(LASTS[self.start], month=integer(self.rows.months))
        return say(TITLES[self.start], month=integer(self.erosion_month))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "{currency} a month per customer still there, referred minus other, by month of tenure; circles and the "
            "thin line through them are the single months and their curve with nothing adjusted",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say what the curve adjusts for, what its band is and who stands behind it."""
        if self.curve is None:
            return self.refused
        first, last = self.curve.gap[[0, -1]]
        text = say(
            "A natural spline over {rows} customer-months of {n} customers, {adjusted}. Its band is the pointwise "
            "{level} interval; {errors}. The curve runs from {first} in month 1 to {last} in month {month}.",
            rows=integer(self.curve.rows),
            n=integer(self.n),
            adjusted=self._adjusted(),
            level=percent(self.level, 0),
            errors=self._errors(),
            first=money(first, self.currency),
            last=money(last, self.currency),
            month=integer(self.rows.months),
        )
        if self.erosion_month:
            text += " " + say(
                "The full point marks month {month}, the first for which no gap is shown.",
                month=integer(self.erosion_month),
            )
        return text + self.covariates.note()

    def _adjusted(self) -> str:
        if self.covariates.names:
            return say("at equal {covariates} and joining month", covariates=self.covariates.words)
        return say("at equal joining month")

    def _errors(self) -> str:
        if self.families == self.n:
            return say("months of one customer count as one customer")
        return say_n(
            "customers joined by referrals count together, in {n} family, the largest of {largest}",
            "customers joined by referrals count together, in {n} families, the largest of {largest}",
            self.families,
            largest=integer(self.largest),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.curve is None:
            return self.caption()
        low, high = self.curve.band(self.level)
        points = [0, *{self.rows.months // 2, self.rows.months - 1} - {0}]
        return " ".join(
            [
                say("A curve in its band against a line of no gap."),
                *(
                    say(
                        "Month {month}: {gap}, interval {low} to {high}.",
                        month=integer(k + 1),
                        gap=money(self.curve.gap[k], self.currency),
                        low=money(low[k], self.currency),
                        high=money(high[k], self.currency),
                    )
                    for k in sorted(points)
                ),
            ]
        )
