"""When to contact: what a contact earns by months since the lapse, with "too early" and "no matter when" as answers.

Estimand: expected profit of a contact in month k since the lapse: effect on the money outcome among customers whose
recency puts them there, times the margin rate, less the cost of a contact. Months since the lapse = recency - lapse
threshold in months, rounded. The random draw identifies the profit in every month. That one customer would be worth
more in another month is not drawn: each month holds other customers.

Twelve months are twelve chances of a false best one. So no month is called best unless one joint test shows that months
differ, and the intervals by month hold all at once.

Sources: Welch (1951), Biometrika 38, 330-336, for the joint test; Sidak (1967), J. American Statistical Association 62,
626-633, for intervals of independent months; Hsu (1984), Annals of Statistics 12, 1136-1144, for months as good as the
best; MacKinnon and White (1985), J. of Econometrics 29, 305-325, for the slope's errors.
"""

from dataclasses import dataclass, replace

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, listed, mark, money, p_value, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.profit_months import AFTER, AT, BEFORE, ProfitMonth, ProfitMonths
from retorno.reactivation.contact.recency import OneOutcome, effects_by_recency
from retorno.stats.student import Estimate, Student, satterthwaite, welch
from retorno.stats.uplift_depth import as_good_as_best

MONTH_DAYS = 30.4375
SMALL = 0.1  # money a month; less is written with four decimals

BEST_MONTH = Definition(
    "timing.best_month",
    label=mark("Months since the lapse at which a contact earns most"),
    meaning=mark(
        "Month since the lapse with the highest expected profit of a contact; no number when a joint test of all "
        "months shows no difference. Months since the lapse are recency less the lapse threshold in months, rounded. "
        "The interval holds the months whose profit is not clearly below another's (comparison with the best). In the "
        "formula k is the month, tau the effect on the money outcome there, m the margin rate or 1, c the cost of a "
        "contact or 0."
    ),
    unit="months",
    sign=mark("Negative: before the lapse. 0: about when it comes. Positive: after it."),
    formula=r"\max_k \; ( m \, \hat\tau_k - c )",
    speaks_to=(Speaks("reactivation_soon_after_leaving"),),
)
TOO_EARLY = Definition(
    "timing.too_early",
    label=mark("Profit of a contact before the lapse minus after it"),
    meaning=mark(
        "Expected profit of a contact among customers who had surely not lapsed yet, by their months of recency, minus "
        "the same among those who surely had; customers whose month of recency holds the threshold are in neither. In "
        "the formula tau is the effect on the money outcome, B those before the lapse, A those after it, m the margin "
        "rate or 1; the cost of a contact cancels out."
    ),
    unit="money per customer",
    sign=mark("Negative: before the lapse is too early. Positive: the earlier contact earns more."),
    formula=r"m \, ( \hat\tau_B - \hat\tau_A )",
    reference=0.0,
)
SLOPE = Definition(
    "timing.slope",
    label=mark("Change of the expected profit of a contact with each month of recency"),
    meaning=mark(
        "Margin rate, or 1, times the coefficient of treated x recency in least squares of the money outcome on "
        "treated, recency and their product, HC2 errors. In the formula it is m times delta, with y the money outcome "
        "of customer i, c 1 for the contacted and 0 for the holdout, r the recency in months; alpha, beta and gamma "
        "are the other coefficients, epsilon is the error, m the margin rate."
    ),
    unit="money per customer per month",
    sign=mark("Negative: a contact earns less with customers who have been away for longer."),
    formula=r"m \, \delta, \quad y_i = \alpha + \beta c_i + \gamma r_i + \delta c_i r_i + \varepsilon_i",
    reference=0.0,
)
DEFINITIONS = (BEST_MONTH, TOO_EARLY, SLOPE)

NO_BEST = mark(
    "There is no evidence that it matters when one contacts: over {months} months the expected profit of a contact is "
    "not shown to differ ({p}, one test of all months together), so no month is named best."
)
BEST = mark(
    "Expected profit differs by month ({p}, one test of all months together) and is highest {when}: {profit} per "
    "contact ({low} to {high}, all months at once)."
)
EARLY = {
    "below": mark(
        "A contact before the lapse earns {away} less than one after it ({low} to {high}): that is too early."
    ),
    "above": mark(
        "A contact before the lapse earns {amount} more than one after it ({low} to {high}): it is not too early."
    ),
    "undecided": mark(
        "That a contact before the lapse earns less or more than one after it is not shown ({amount}, {low} to {high})."
    ),
}
BEFORE_ALONE = {
    "below": mark("Before the lapse a contact loses money: {amount} ({low} to {high}). Too early."),
    "above": mark("Before the lapse a contact earns {amount} ({low} to {high})."),
    "undecided": mark(
        "Whether a contact before the lapse earns anything by itself is undecided: {amount} ({low} to {high})."
    ),
}
SLOPES = {
    "below": mark(
        "With each month a customer has been away the expected profit of a contact is {away} lower ({low} to "
        "{high}): the recently lapsed earn most. These are other customers, not the same ones later."
    ),
    "above": mark(
        "With each month a customer has been away the expected profit of a contact is {amount} higher ({low} to "
        "{high}): those long away earn most. These are other customers, not the same ones later."
    ),
    "undecided": mark(
        "No evidence of decline: that a contact earns less or more with customers long away is not shown "
        "({amount} a month, {low} to {high})."
    ),
}


@dataclass(frozen=True, slots=True)
class Early:
    """Profit before the lapse, and less that after it; `n` customers before, after, and in the month between."""

    before: Student
    difference: Student
    n: tuple[int, int, int]
    smallest: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Expected profit of a contact by months since the lapse; intervals at the campaign's level.

    Attributes
    ----------
    tests : Campaign
    lapse_days : int
    by : OneOutcome or None
        Effects on the money outcome by month of recency; None when `refused` says why.
    months : tuple of ProfitMonth
    good : tuple of bool
        Which months are not clearly below another.
    early : Early or None
        None when `refused_early` says why.
    refused, refused_early : str or None
    """

    tests: Campaign
    lapse_days: int
    by: OneOutcome | None
    months: tuple[ProfitMonth, ...]
    good: tuple[bool, ...]
    early: Early | None
    refused: str | None
    refused_early: str | None

    @property
    def best(self) -> ProfitMonth | None:
        """The month of the highest profit; None when no difference between months is shown."""
        if self.refused or not self.by.differs:
            return None
        return max(self.months, key=lambda month: month.profit.value)

    def findings(self) -> Findings:
        """State or refuse the best month, whether before the lapse is too early, and the change with recency."""
        return Findings((self._best_month(), self._too_early(), self._slope()))

    def by_month(self) -> ProfitMonths:
        """Return profit by month, to be drawn and as a table."""
        says = []
        if not self.refused:
            says = [self._best_words(), self._slope().sentence]
        return ProfitMonths(self.tests, self.months, self.best, self.refused, says)

    def _best_month(self) -> Finding:
        if self.refused:
            return BEST_MONTH.refuse(self.refused, n=self.tests.customers)
        best = self.best
        good = [m for m, kept in zip(self.months, self.good, strict=True) if kept]
        return BEST_MONTH.state(
            None if best is None else best.first,
            " ".join([self._best_words(), self._how()]) + caution(self._smallest()),
            interval=None if best is None else (good[0].first, good[-1].last),
            level=self.tests.level,
            n=sum(sum(m.n) for m in self.months),
            method=say("joint Wald test of months, HC2 errors; comparison with the best"),
        )

    def _best_words(self) -> str:
        p = p_value(self.by.test.p)
        best = self.best
        if best is None:
            return say(NO_BEST, months=integer(len(self.months)), p=p)
        text = [say(BEST, p=p, when=best.when_in_words, **self._words(best.profit))]
        if best.place == BEFORE:
            text.append(say("These customers had not lapsed yet."))
        if not best.profit.ci_low > 0:
            text.append(say("Even there it is not shown that a contact earns anything."))
        good = [m for m, kept in zip(self.months, self.good, strict=True) if kept]
        if len(good) > 1:
            text.append(
                say(
                    "Not clearly below it: months {months}.",
                    months=listed(m.name for m in good),
                )
            )
        return " ".join(text)

    def _how(self) -> str:
        text = [
            say(
                "Months are corrected for being many: intervals hold all {months} at once. Each month holds other "
                "customers, so this says whom to contact rather than what waiting does.",
                months=integer(len(self.months)),
            )
        ]
        if self.tests.contact_cost is None:
            text.append(say("No cost of contact is taken off (parameter contact_cost)."))
        if self.tests.margin_rate is None:
            text.append(
                say("What is earned is revenue: the margin is not known (parameter margin_rate).")
            )
        if self.by.missing:
            text.append(
                say_n(
                    "{n} customer without a value of it or of recency is left out.",
                    "{n} customers without a value of it or of recency are left out.",
                    self.by.missing,
                )
            )
        return " ".join(text)

    def _too_early(self) -> Finding:
        unit = self._unit(TOO_EARLY)
        if self.refused_early:
            return TOO_EARLY.refuse(self.refused_early, n=self.tests.customers, unit=unit)
        level = self.tests.level
        found, before = self.early.difference.at(level), self.early.before.at(level)
        verdict = direction(found.interval)
        text = [
            say(EARLY[verdict], **self._words(found)),
            say(BEFORE_ALONE[direction(before.interval)], **self._words(before)),
        ]
        if self.early.n[2]:
            text.append(
                say_n(
                    "{n} customer whose month of recency holds the lapse threshold is in neither group.",
                    "{n} customers whose month of recency holds the lapse threshold are in neither group.",
                    self.early.n[2],
                )
            )
        return TOO_EARLY.state(
            found.value,
            " ".join(text) + caution(self.early.smallest),
            interval=found.interval,
            level=level,
            unit=unit,
            n=sum(self.early.n[:2]),
            method=say("difference of two effects, unpooled variances"),
            verdict=verdict,
        )

    def _slope(self) -> Finding:
        unit = self._unit(SLOPE)
        reason = self.refused if self.by is None else self.by.slope.refused
        if reason:
            return SLOPE.refuse(reason, n=self.tests.customers, unit=unit)
        contrast, value = self.by.slope, _value(self.tests)
        bounds = [value * b for b in (contrast.estimate.value, *contrast.estimate.interval)]
        found = Estimate(bounds[0], value * contrast.estimate.se, *bounds[1:])
        verdict = direction(found.interval)
        return SLOPE.state(
            found.value,
            say(SLOPES[verdict], **self._words(found, small=abs(found.value) < SMALL))
            + caution(contrast.smallest),
            interval=found.interval,
            level=self.tests.level,
            unit=unit,
            n=contrast.n,
            method=contrast.method,
            verdict=verdict,
        )

    def _words(self, found: Estimate, *, small: bool = False) -> dict[str, str]:
        """Return amounts in words; `small` ones with four decimals, all of a sentence alike."""

        def write(amount: float) -> str:
            currency = self.tests.currency
            return money(amount, currency, 4 if small else None)

        amount = write(found.value)
        return {
            "amount": amount,
            "profit": amount,
            "away": write(abs(found.value)),
            "low": write(found.ci_low),
            "high": write(found.ci_high),
        }

    def _smallest(self) -> int:
        return min(sum(m.n[group] for m in self.months) for group in (0, 1))

    def _unit(self, definition: Definition) -> str:
        return definition.unit.replace("money", self.tests.currency)


def timing(tests: Campaign, *, lapse_days: float, rng: np.random.Generator) -> Timing:
    """Return what a contact earns by months since the lapse, on the money outcome of a campaign.

    Parameters
    ----------
    tests : Campaign
        With `money_outcome` and recency in months; what was not paid or is not known of cost and margin is said.
    lapse_days : float
        Silence after which a customer has lapsed, in days, above 0.
    rng : numpy.random.Generator
        Draws the comparison of the months with the best.
    """
    if not 0 < lapse_days < np.inf:
        raise ParameterError(
            say("lapse_days: wanted a number of days above 0; got {got}.", got=lapse_days)
        )
    outcome = tests.money_outcome
    if outcome is None:
        reason = say(
            "Not stated: which column of `contacts` is money is not named (parameter money_outcome)."
        )
        return Timing(tests, lapse_days, None, (), (), None, reason, reason)
    by = effects_by_recency(replace(tests, outcomes=(outcome,))).of(outcome)
    early, why = (None, by.refused) if not by.months else _early(tests, lapse_days)
    if by.refused:
        return Timing(tests, lapse_days, by, (), (), early, by.refused, why)
    value, cost = _value(tests), tests.contact_cost or 0.0
    effects = [_effect(tests, np.array([m.first, m.last])) for m in by.months]
    all_at_once = tests.level ** (1 / len(effects))
    shift = round(lapse_days / MONTH_DAYS)
    months = tuple(
        ProfitMonth(
            first=m.first - shift,
            last=m.last - shift,
            place=_place(m.first, m.last + 1, lapse_days),
            recency=m.name,
            n=m.n,
            profit=_profit(effect, value, cost).at(all_at_once),
        )
        for m, effect in zip(by.months, effects, strict=True)
    )
    good = as_good_as_best(
        [m.profit.value for m in months],
        np.diag([m.profit.se**2 for m in months]),
        [effect.df for effect in effects],
        level=tests.level,
        rng=rng,
    )
    return Timing(tests, lapse_days, by, months, tuple(map(bool, good)), early, None, why)


def _early(tests: Campaign, lapse_days: float) -> tuple[Early | None, str | None]:
    """Return profit before the lapse and after it, or why it cannot be said."""
    recency = tests.frame["recency"].to_numpy(dtype=float)
    known = np.isfinite(recency) & np.isfinite(
        tests.frame[tests.money_outcome].to_numpy(dtype=float)
    )
    whole = np.all(np.floor(recency[known]) == recency[known])
    least, most = recency * MONTH_DAYS, (recency + whole) * MONTH_DAYS
    before, after = known & (most <= lapse_days), known & (least > lapse_days)
    if not (before.any() and after.any()):
        return None, say(
            "Not stated: no customers of this campaign were contacted {missing} of {days} days of silence; recency "
            "goes from {low} to {high} months.",
            missing=say("after the lapse") if before.any() else say("surely before the lapse"),
            days=integer(lapse_days),
            low=integer(np.floor(recency[known].min())),
            high=integer(np.floor(recency[known].max())),
        )
    sizes = [int((rows & tests.treated).sum()) for rows in (before, after)]
    sizes += [int((rows & ~tests.treated).sum()) for rows in (before, after)]
    needed = max(tests.min_group, 2)
    if min(sizes) < needed:
        what = say("customers of an arm on one side of the lapse")
        return None, too_few(what, min(sizes), needed)
    try:
        effects = [_welch(tests, rows) for rows in (before, after)]
    except ValueError:
        return None, say(
            "Not stated: {outcome} is the same for every customer on one side of the lapse.",
            outcome=tests.money_outcome,
        )
    value = _value(tests)
    return Early(
        _profit(effects[0], value, tests.contact_cost or 0.0),
        _difference(*effects, value),
        (int(before.sum()), int(after.sum()), int((known & ~before & ~after).sum())),
        min(sizes),
    ), None


def _value(tests: Campaign) -> float:
    return 1.0 if tests.margin_rate is None else tests.margin_rate


def _place(least: float, most: float, lapse_days: float) -> str:
    """Return on which side of the lapse customers lie who were silent for `least` to `most` months."""
    if most * MONTH_DAYS <= lapse_days:
        return BEFORE
    return AFTER if least * MONTH_DAYS > lapse_days else AT


def _effect(tests: Campaign, span) -> Student:
    month = np.floor(tests.frame["recency"].to_numpy(dtype=float))
    known = np.isfinite(tests.frame[tests.money_outcome].to_numpy(dtype=float))
    return _welch(tests, known & (month >= span[0]) & (month <= span[1]))


def _welch(tests: Campaign, rows) -> Student:
    values = tests.frame[tests.money_outcome].to_numpy(dtype=float)
    return welch(values[rows & tests.treated], values[rows & ~tests.treated])


def _profit(effect: Student, value: float, cost: float) -> Student:
    return Student(value * effect.value - cost, value * effect.se, effect.df)


def _difference(first: Student, second: Student, value: float) -> Student:
    df = satterthwaite([(first.se**2, first.df), (second.se**2, second.df)])
    se = float(value * np.hypot(first.se, second.se))
    return Student(value * (first.value - second.value), se, df)
