"""One comparison of contacted customers with the holdout: a difference of means, or a slope over recency.

Source: Neyman's difference of means with unpooled variance, Imbens and Rubin (2015), Causal Inference, chapter 6;
the slope's errors, MacKinnon and White (1985).
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, too_few
from retorno.language import difference_unit, mark, say
from retorno.stats.interaction import interaction_slope
from retorno.stats.student import Estimate, welch

HOLDOUT = "holdout"
SHARE = "share of customers"

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
)
ARM_EFFECT = Definition(
    "effect.{outcome}.{arm}",
    label=mark('Effect of "{arm}" on {outcome}'),
    meaning=mark(
        "Mean outcome of one treated arm minus mean of the holdout, per customer, unadjusted. In the formula y is "
        "the outcome, a the arm, H the holdout."
    ),
    unit="outcome per customer",
    sign=mark("Positive: this arm raises the outcome."),
    formula=r"\bar y_a - \bar y_H",
    reference=0.0,
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

    @property
    def unit(self) -> str:
        """Unit of the estimate: that of the outcome, differences of shares apart, per month for a slope."""
        unit = difference_unit(self.outcome_unit)
        return f"{unit} per month" if self.definition is SLOPE else unit


def outcome_unit(values, is_money: bool, currency: str) -> str:
    """Return the unit of an outcome's mean: money, a share when all values are 0 or 1, else plain units."""
    if is_money:
        return f"{currency} per customer"
    return SHARE if values.dropna().isin([0, 1]).all() else "units per customer"


def refused(definition, names, unit, n, why) -> Contrast:
    """Return a comparison without an estimate: `why` says what is wanting."""
    return Contrast(definition, names, unit, n, None, None, 0, n, "", why)


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
    return Contrast(
        definition,
        names,
        unit,
        n,
        (float(treated.mean()), float(holdout.mean())),
        welch(treated, holdout).at(level),
        missing,
        min(treated.size, holdout.size),
        say("difference of means, unpooled variances (Welch)"),
        None,
    )


def slope(names, unit, values, missing, *, level, min_group) -> Contrast:
    """Return how the difference changes per month of recency, or why that cannot be said.

    `values` is the frame of `contacts` with a value of the outcome: arm, recency, outcome.
    """
    if "recency" not in values:
        why = say("Not stated: `contacts` has no column recency (months since the last purchase).")
        return refused(SLOPE, names, unit, len(values), why)
    known = values.dropna(subset=["recency"])
    missing += len(values) - len(known)
    treated = (known.arm != HOLDOUT).to_numpy()
    n, smallest = len(known), int(min(treated.sum(), (~treated).sum()))
    if smallest < max(min_group, 2):
        what = say("customers with a recency in the smaller of the two groups")
        return refused(SLOPE, names, unit, n, too_few(what, smallest, max(min_group, 2)))
    outcome = known[names["outcome"]].to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        why = say("Not stated: {outcome} is the same for every customer.", outcome=names["outcome"])
        return refused(SLOPE, names, unit, n, why)
    try:
        estimate = interaction_slope(
            outcome, treated, known.recency.to_numpy(dtype=float), level=level
        )
    except ValueError:
        why = say("Not stated: recency varies too little within a group to show a slope.")
        return refused(SLOPE, names, unit, n, why)
    method = say("least squares with treated x recency, HC2 errors")
    return Contrast(SLOPE, names, unit, n, None, estimate, missing, smallest, method, None)
