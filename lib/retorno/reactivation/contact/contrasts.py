"""One comparison of contacted customers with the holdout: a difference of means, or a slope over recency.

Source: Neyman's difference of means with unpooled variance, Imbens and Rubin (2015), Causal Inference, chapter 6;
the slope's errors, MacKinnon and White (1985).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retorno.findings import Definition, Speaks, direction, too_few
from retorno.language import difference_unit, mark, say
from retorno.reactivation.contact.campaign import Campaign
from retorno.stats.interaction import interaction_slope
from retorno.stats.multiplicity import holm_levels
from retorno.stats.student import Estimate, welch

EFFECT = Definition(
    "effect.{outcome}",
    label=mark("Effect of contact on {outcome}"),
    meaning=mark(
        "Mean outcome of all treated arms pooled minus mean of the holdout, per customer, unadjusted; interval with "
        "unpooled variances. In the formula y is the outcome, C those contacted, H the holdout."
    ),
    unit="outcome per customer",
    sign=mark("Positive: contacting raises the outcome."),
    formula=r"\bar y_C - \bar y_H",
    reference=0.0,
    speaks_to=(Speaks("retention_contact_while_idle", holds="above"),),
)
ARM_EFFECT = Definition(
    "effect.{outcome}.{arm}",
    label=mark('Effect of "{arm}" on {outcome}'),
    meaning=mark(
        "Mean outcome of one treated arm minus mean of the holdout, per customer, unadjusted. Of several arms, each "
        "is read at its Holm-adjusted level, so that a false alarm among all stays as rare as with one. In the "
        "formula y is the outcome, a the arm, H the holdout."
    ),
    unit="outcome per customer",
    sign=mark("Positive: this arm raises the outcome."),
    formula=r"\bar y_a - \bar y_H",
    reference=0.0,
    speaks_to=(Speaks("reactivation_better_offer", holds="above"),),
)
SLOPE = Definition(
    "effect.{outcome}.recency_slope",
    label=mark("Change of the effect on {outcome} with each month since the last purchase"),
    meaning=mark(
        "Coefficient of treated x recency, per month, in ordinary least squares of the outcome on "
        "treated, recency and "
        "their product, no other covariate, HC2 errors. In the formula it is delta, with y the outcome of customer "
        "i, c 1 for the contacted and 0 for the holdout, r the recency in months; alpha, beta and gamma are the other "
        "coefficients, epsilon is the error."
    ),
    unit="outcome per customer and month",
    sign=mark("Negative: contact does less, the longer a customer has been away."),
    formula=r"y_i = \alpha + \beta c_i + \gamma r_i + \delta c_i r_i + \varepsilon_i",
    reference=0.0,
    speaks_to=(Speaks("reactivation_soon_after_leaving", holds="below"),),
)
DEFINITIONS = (EFFECT, ARM_EFFECT, SLOPE)


@dataclass(frozen=True, slots=True)
class Contrast:
    """One comparison with the holdout: an estimate, or why there is none (`refused`).

    Attributes
    ----------
    definition : Definition
        Which of `EFFECT`, `ARM_EFFECT`, `SLOPE` it is.
    names : dict of str to str
        Outcome, and arm where it is one arm's.
    outcome_unit : str
        Unit of the outcome's mean.
    n, missing, smallest : int
        Customers compared; those without a value, left out; customers in the smaller group.
    means : tuple of two float, or None
        Contacted and holdout, in this order; None for a slope.
    estimate : Estimate or None
        Contacted minus holdout, in `unit`.
    method, refused : str
        How it was made; why it was not.
    p : float or None
        Two-sided p of no difference; None for a slope.
    read_at : float or None
        Holm's level of an arm among several; None where it is read by its own interval.
    """

    definition: Definition
    names: dict[str, str]
    outcome_unit: str
    n: int
    means: tuple[float, float] | None
    estimate: Estimate | None
    missing: int
    smallest: int
    method: str
    refused: str | None
    p: float | None = None
    read_at: float | None = None

    @property
    def alone(self) -> str:
        """On which side of zero its own interval lies: above, below or undecided."""
        return direction(self.estimate.interval)

    @property
    def verdict(self) -> str:
        """The same, read together with the other arms where there are several."""
        if self.read_at is None:
            return self.alone
        return side(self.estimate.value, self.p, self.read_at)

    @property
    def unit(self) -> str:
        """Unit of the estimate: that of the outcome, differences of shares apart, per month for a slope."""
        unit = difference_unit(self.outcome_unit)
        return f"{unit} per month" if self.definition is SLOPE else unit


def side(value: float, p: float, level: float) -> str:
    """Return on which side of zero a value lies for certain, by its p read at `level`.

    Examples
    --------
    >>> side(-0.2, 0.03, 0.95), side(-0.2, 0.03, 0.975)
    ('below', 'undecided')
    """
    if not p < 1 - level:
        return "undecided"
    return "above" if value > 0 else "below"


def read_together(contrasts: Sequence[Contrast], level: float) -> list[Contrast]:
    """Return the arms of one outcome, each read at Holm's level where there are several."""
    stated = [c for c in contrasts if c.estimate]
    if len(contrasts) < 2 or not stated:
        return list(contrasts)
    levels = iter(holm_levels([c.p for c in stated], level=level))
    return [replace(c, read_at=next(levels)) if c.estimate else c for c in contrasts]


def pooled(tests: Campaign, outcome: str) -> Contrast:
    """Return all treated arms pooled against the holdout."""
    return _of(tests, EFFECT, outcome, None)


def arms(tests: Campaign, outcome: str) -> list[Contrast]:
    """Return each treated arm against the holdout, read together; none where there is but one arm."""
    if len(tests.treated_arms) < 2:
        return []
    found = [_of(tests, ARM_EFFECT, outcome, arm) for arm in tests.treated_arms]
    return read_together(found, tests.level)


def _of(tests: Campaign, definition, outcome: str, arm: str | None) -> Contrast:
    names = {"outcome": outcome} | ({} if arm is None else {"arm": arm})
    treated, holdout, missing = tests.groups(outcome, arm)
    unit, options = tests.units[outcome], {"level": tests.level, "min_group": tests.min_group}
    return difference(definition, names, unit, treated, holdout, missing, **options)


def refused(definition, names, unit, n, why) -> Contrast:
    """Return a comparison without an estimate: `why` says what is wanting."""
    return Contrast(definition, names, unit, n, None, None, 0, n, "", why)


def unnamed() -> str:
    """Return why there is no outcome to speak of."""
    return say("Not stated: the outcome columns of `contacts` are not named (parameter outcomes).")


def difference(definition, names, unit, treated, holdout, missing, *, level, min_group) -> Contrast:
    """Return mean of `treated` minus mean of `holdout`, arrays of one outcome, or why there is none."""
    n = treated.size + holdout.size
    for values, what in (
        (holdout, say("customers in the holdout")),
        (treated, say("customers contacted")),
    ):
        if values.size < min_group:
            return refused(definition, names, unit, n, too_few(what, values.size, min_group))
    if min(treated.size, holdout.size) < 2 or (np.ptp(treated) == 0 and np.ptp(holdout) == 0):
        why = say(
            "Not stated: {outcome} is the same for every customer of each group, so nothing says how "
            "far a difference could be chance.",
            outcome=names["outcome"],
        )
        return refused(definition, names, unit, n, why)
    found = welch(treated, holdout)
    return Contrast(
        definition,
        names,
        unit,
        n,
        (float(treated.mean()), float(holdout.mean())),
        found.at(level),
        missing,
        min(treated.size, holdout.size),
        say("difference of means, unpooled variances (Welch)"),
        None,
        found.p,
    )


def slope(tests: Campaign, outcome: str) -> Contrast:
    """Return how the difference changes per month of recency, or why that cannot be said."""
    names, unit = {"outcome": outcome}, tests.units[outcome]
    values = tests.frame[outcome].to_numpy(dtype=float)
    known = np.isfinite(values)
    if "recency" not in tests.frame:
        why = say("Not stated: `contacts` has no column recency (months since the last purchase).")
        return refused(SLOPE, names, unit, int(known.sum()), why)
    recency = tests.frame["recency"].to_numpy(dtype=float)
    known &= np.isfinite(recency)
    values, recency, treated = values[known], recency[known], tests.treated[known]
    n, smallest = values.size, int(min(treated.sum(), (~treated).sum()))
    least = max(tests.min_group, 2)
    if smallest < least:
        what = say("customers with a recency in the smaller of the two groups")
        return refused(SLOPE, names, unit, n, too_few(what, smallest, least))
    if np.ptp(values) == 0:
        why = say("Not stated: {outcome} is the same for every customer.", outcome=outcome)
        return refused(SLOPE, names, unit, n, why)
    try:
        estimate = interaction_slope(values, treated, recency, level=tests.level)
    except ValueError:
        why = say("Not stated: recency varies too little within a group to show a slope.")
        return refused(SLOPE, names, unit, n, why)
    method = say("least squares with treated x recency, HC2 errors")
    missing = tests.customers - n
    return Contrast(SLOPE, names, unit, n, None, estimate, missing, smallest, method, None)
