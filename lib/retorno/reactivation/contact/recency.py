"""Does contact do less, the longer a customer has been away? Response beside effect, month by month.

Estimand: mean outcome of those contacted minus mean outcome of the holdout at each month of recency, and whether it
is the same in all months. The random draw identifies the effect in every month; the comparison of months is no
experiment, since customers are not drawn into their recency. A response that falls with recency says nothing of
this: those who left long ago come back less by themselves.

Sources: difference of means with unpooled variances (Welch 1947); the joint test is Wald's with HC2 errors, read by the
law of Welch (1951), Biometrika 38, 330-336.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, decide, direction, too_few
from retorno.language import integer, listed, mark, p_value, percent, quantity, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import SLOPE, Contrast, refused, slope, unnamed
from retorno.reactivation.contact.months import Month, by_month
from retorno.stats.interaction import JointTest, equal_effects
from retorno.stats.line import line_slope

HETEROGENEITY = Definition(
    "effect.{outcome}.heterogeneity",
    label=mark("Chance of effects on {outcome} so unlike over recency months, were they one"),
    meaning=mark(
        "p of the joint test of treated x months of recency against treated alone: Wald's test with HC2 errors, read "
        "by Welch's law. Months with too few customers of an arm are pooled with the next. In the formula tau is the "
        "effect in month k, v its variance, K the number of months, tau with a bar the mean weighted by 1 / v, F the "
        "number whose law Welch gives."
    ),
    unit="p-value",
    sign=mark("Small: the effect is not the same at every recency. Large: no difference is shown."),
    formula=r"F = \frac{1}{K - 1} \sum_k \frac{(\hat\tau_k - \bar\tau)^2}{v_k}",
)
DEFINITIONS = (HETEROGENEITY,)

# What the response of those contacted does with recency, what the effect does -> title.
TITLES = {
    "below below": mark("Response in {outcome} falls with recency, and so does the effect"),
    "below above": mark("Response in {outcome} falls with recency, but the effect rises"),
    "below differs": mark(
        "Response in {outcome} falls with recency; the effect differs by month, without a clear fall"
    ),
    "below same": mark(
        "Response in {outcome} falls with recency; that the effect does is not shown"
    ),
    "above below": mark("Response in {outcome} rises with recency, but the effect falls"),
    "above above": mark("Response in {outcome} rises with recency, and so does the effect"),
    "above differs": mark(
        "Response in {outcome} rises with recency; the effect differs by month, without a clear rise"
    ),
    "above same": mark(
        "Response in {outcome} rises with recency; that the effect does is not shown"
    ),
    "undecided below": mark(
        "The effect on {outcome} falls with recency; the response shows no trend"
    ),
    "undecided above": mark(
        "The effect on {outcome} rises with recency; the response shows no trend"
    ),
    "undecided differs": mark(
        "The effect on {outcome} differs by month of recency, without a trend"
    ),
    "undecided same": mark(
        "Neither response in {outcome} nor the effect is shown to change with recency"
    ),
}
DIFFERS = mark(
    "The effect on {outcome} is not the same at every recency: effects as unlike as in these {months} months would "
    "be rare, were it ({p})."
)
SAME = mark(
    "That the effect on {outcome} differs over {months} months of recency is not shown ({p}); that it is the same is "
    "not shown either."
)


@dataclass(frozen=True, slots=True)
class OneOutcome:
    """Response and effect of one outcome by month of recency; to be drawn.

    Attributes
    ----------
    tests : Campaign
    outcome : str
    months : tuple of Month
        Empty where nothing can be said.
    test : JointTest or None
    slope : Contrast
        Change of the effect per month.
    response : str
        What the response of those contacted does with recency: above (rises), below (falls), undecided.
    missing : int
        Customers without a value of the outcome or the recency.
    refused : str or None
        Why there is no joint test.
    """

    tests: Campaign
    outcome: str
    months: tuple[Month, ...]
    test: JointTest | None
    slope: Contrast
    response: str
    missing: int
    refused: str | None

    @property
    def unit(self) -> str:
        """Unit of the mean outcome."""
        return self.tests.units[self.outcome]

    @property
    def differs(self) -> bool:
        """Whether the joint test shows the effect to differ over months."""
        return self.test is not None and self.test.p < 1 - self.tests.level

    @property
    def pooled(self) -> tuple[Month, ...]:
        """Months taken together."""
        return tuple(m for m in self.months if m.first != m.last)

    def finding(self) -> Finding:
        """State or refuse the joint test."""
        n = sum(sum(m.n) for m in self.months)
        if self.refused:
            return HETEROGENEITY.refuse(self.refused, n=n, outcome=self.outcome)
        sentence = say(
            DIFFERS if self.differs else SAME,
            outcome=self.outcome,
            months=integer(len(self.months)),
            p=p_value(self.test.p),
        )
        smallest = min(sum(m.n[side] for m in self.months) for side in (0, 1))
        return HETEROGENEITY.state(
            self.test.p,
            sentence + self._pooled() + self._missing() + caution(smallest),
            n=n,
            method=say("Wald test of treated x months, HC2 errors, Welch's law"),
            outcome=self.outcome,
        )

    def _pooled(self) -> str:
        if not self.pooled:
            return ""
        return " " + say(
            "Taken together, for too few customers or no spread in one: months {months}.",
            months="; ".join(m.name for m in self.pooled),
        )

    def _missing(self) -> str:
        if not self.missing:
            return ""
        return " " + say_n(
            "{n} customer without a value of it or of recency is left out.",
            "{n} customers without a value of it or of recency are left out.",
            self.missing,
        )

    def to_frame(self):
        """Return outcome, month, first, last, customers, means, effect, ci_low, ci_high and units; one row a month."""
        import pandas as pd

        units = self.slope.outcome_unit, self._difference_unit
        rows = [
            (self.outcome, m.name, m.first, m.last, *m.n, *m.means, *m.shown, *units)
            for m in self.months
        ]
        names = ["outcome", "month", "first", "last", "n_treated", "n_holdout", "mean_treated"]
        names += ["mean_holdout", "effect", "ci_low", "ci_high", "outcome_unit", "unit"]
        return pd.DataFrame(rows, columns=names)

    @property
    def _difference_unit(self) -> str:
        return self.slope.unit.removesuffix(" per month")

    def title(self) -> str:
        """Say what response and effect do with recency."""
        if not self.months:
            return say("Effect on {outcome} by recency cannot be stated", outcome=self.outcome)
        effect = self.slope.verdict if self.slope.estimate else "undecided"
        if effect == "undecided":
            effect = "differs" if self.differs else "same"
        return say(decide(TITLES, self.response, effect), outcome=self.outcome)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Mean per customer by months since the last purchase, and the difference below")

    def caption(self) -> str:
        """Say what lines and bars are, how both run, and what the joint test says."""
        if not self.months:
            return self.refused
        first, last = self.months[0], self.months[-1]
        text = [
            say(
                "Above, the mean of those contacted and of the holdout; below, their difference with pointwise {level} "
                "intervals. Contacted: {a} at month {first}, {b} at month {last}; difference: {c} and {d}.",
                level=percent(self.tests.level, 0),
                a=quantity(first.means[0], self.unit),
                b=quantity(last.means[0], self.unit),
                first=first.name,
                last=last.name,
                c=quantity(first.effect.value, self._difference_unit),
                d=quantity(last.effect.value, self._difference_unit),
            )
        ]
        if self.slope.estimate:
            text.append(
                say(
                    "Change of the difference per month: {slope} ({low} to {high}).",
                    slope=quantity(self.slope.estimate.value, self.slope.unit),
                    low=quantity(self.slope.estimate.ci_low, self.slope.unit),
                    high=quantity(self.slope.estimate.ci_high, self.slope.unit),
                )
            )
        text.append(self.finding().sentence)
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.months:
            return self.refused
        points = "; ".join(
            say(
                "{month}: {treated} and {holdout}, difference {effect}",
                month=m.name,
                treated=quantity(m.means[0], self.unit),
                holdout=quantity(m.means[1], self.unit),
                effect=quantity(m.effect.value, self._difference_unit),
            )
            for m in self.months
        )
        return say(
            "Two lines, those contacted and the holdout, over months of recency; below, points of their difference "
            "in intervals against a line of no effect. {points}.",
            points=points,
        )


@dataclass(frozen=True, slots=True)
class ByRecency:
    """Response and effect by month of recency, for each outcome."""

    tests: Campaign
    outcomes: tuple[OneOutcome, ...]

    def findings(self) -> Findings:
        """State or refuse the joint test of each outcome."""
        return Findings(one.finding() for one in self.outcomes)

    def of(self, outcome: str) -> OneOutcome:
        """Return one outcome, to be drawn."""
        for one in self.outcomes:
            if one.outcome == outcome:
                return one
        raise ParameterError(
            say(
                "outcomes: there is no {name!r} among {names}.",
                name=outcome,
                names=listed(one.outcome for one in self.outcomes),
            )
        )

    def to_frame(self):
        """Return the rows of every outcome."""
        import pandas as pd

        frames = [one.to_frame() for one in self.outcomes]
        full = [frame for frame in frames if len(frame)]
        return pd.concat(full or frames[:1], ignore_index=True)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "month": (say("Months since the last purchase"), "text"),
            "n_treated": (say("Customers contacted"), "count"),
            "n_holdout": (say("In the holdout"), "count"),
            "mean_treated": (say("Contacted"), "unit:outcome_unit"),
            "mean_holdout": (say("Holdout"), "unit:outcome_unit"),
            "effect": (say("Difference"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of months holds."""
        if not any(one.months for one in self.outcomes):
            return say("No effect by recency can be stated.")
        return say(
            "Mean outcome of those contacted and of the holdout by months since the last purchase, and the difference "
            "with its pointwise {level} interval.",
            level=percent(self.tests.level, 0),
        )


def effects_by_recency(tests: Campaign) -> ByRecency:
    """Return response and effect by month of recency for each outcome of a campaign."""
    if not tests.outcomes:
        return ByRecency(tests, (_unnamed(tests),))
    return ByRecency(tests, tuple(_one(tests, outcome) for outcome in tests.outcomes))


def _unnamed(tests: Campaign) -> OneOutcome:
    why = unnamed()
    trend = refused(SLOPE, {"outcome": "outcome"}, SLOPE.unit, tests.customers, why)
    return OneOutcome(tests, "outcome", (), None, trend, "undecided", 0, why)


def _one(tests: Campaign, outcome: str) -> OneOutcome:
    trend = slope(tests, outcome)
    if "recency" not in tests.frame:
        return OneOutcome(tests, outcome, (), None, trend, "undecided", 0, trend.refused)
    values, recency = (tests.frame[name].to_numpy(dtype=float) for name in (outcome, "recency"))
    known = np.isfinite(values) & np.isfinite(recency)
    values, recency, treated = values[known], recency[known], tests.treated[known]
    missing, least = int((~known).sum()), max(tests.min_group, 2)
    smallest = int(min(treated.sum(), (~treated).sum()))
    why = None
    if smallest < least:
        what = say("customers with a recency in the smaller of the two groups")
        why = too_few(what, smallest, least)
    elif np.ptp(values[treated]) == np.ptp(values[~treated]) == 0:
        why = say(
            "Not stated: {outcome} is the same for every customer of each group, so nothing says how "
            "far a difference could be chance.",
            outcome=outcome,
        )
    if why:
        return OneOutcome(tests, outcome, (), None, trend, "undecided", missing, why)
    cell, months = by_month(values, recency, treated, least=least, level=tests.level)
    response = _response(values[treated], recency[treated], tests.level)
    if len(months) < 2:
        why = say(
            "Not stated: two months of recency with {least} customers or more in each of both groups, and some spread "
            "of {outcome}, are needed (parameter min_group).",
            least=integer(least),
            outcome=outcome,
        )
        return OneOutcome(tests, outcome, months, None, trend, response, missing, why)
    test = equal_effects(values, treated, cell)
    return OneOutcome(tests, outcome, months, test, trend, response, missing, None)


def _response(values, recency, level: float) -> str:
    """Return what the response of those contacted does with recency."""
    try:
        return direction(line_slope(recency, values).at(level).interval)
    except ValueError:
        return "undecided"
