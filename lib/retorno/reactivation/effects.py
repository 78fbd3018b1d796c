"""What contacting lapsed customers changes, from a campaign with a random holdout.

Estimand: mean outcome of the customers contacted minus mean outcome of the holdout, per customer. Identified by the
random assignment of arms alone; nothing is adjusted. Response among the contacted is not effect: some would have
come anyway, and the holdout says how many.

Source: Neyman's difference of means with unpooled variance, Imbens and Rubin (2015), Causal Inference, chapter 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, percent, quantity, say, say_n
from retorno.stats.interaction import interaction_slope
from retorno.stats.student import Estimate, welch

HOLDOUT = "holdout"
SHARE = "share of customers"

EFFECT = Definition(
    "effect.{outcome}",
    label=mark("Effect of contact on {outcome}"),
    meaning=mark(
        "Mean outcome of all treated arms pooled minus mean of the holdout, per customer, unadjusted; interval with "
        "unpooled variances."
    ),
    unit="outcome per customer",
    sign=mark("Positive: contacting raises the outcome."),
)
ARM_EFFECT = Definition(
    "effect.{outcome}.{arm}",
    label=mark('Effect of "{arm}" on {outcome}'),
    meaning=mark(
        "Mean outcome of one treated arm minus mean of the holdout, per customer, unadjusted."
    ),
    unit="outcome per customer",
    sign=mark("Positive: this arm raises the outcome."),
)
SLOPE = Definition(
    "effect.{outcome}.recency_slope",
    label=mark("Change of the effect on {outcome} with each month since the last purchase"),
    meaning=mark(
        "Coefficient of treated x recency, per month, in ordinary least squares of the outcome on "
        "treated, recency and "
        "their product, no other covariate, HC2 errors."
    ),
    unit="outcome per customer and month",
    sign=mark("Negative: contact does less, the longer a customer has been away."),
)
DEFINITIONS = (EFFECT, ARM_EFFECT, SLOPE)


@dataclass(frozen=True, slots=True)
class Contrast:
    """One comparison with the holdout: an estimate, or why there is none (`refused`)."""

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
        unit = "difference in share" if self.outcome_unit == SHARE else self.outcome_unit
        return f"{unit} per month" if self.definition is SLOPE else unit


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects of contact on each outcome, all arms pooled and one by one, and by recency.

    Attributes
    ----------
    contrasts : tuple of Contrast
        In reading order: pooled, arms, slope, for each outcome.
    arms : dict of str to int
        Customers in each arm, the holdout first.
    level : float
        Coverage of the intervals.
    """

    contrasts: tuple[Contrast, ...]
    arms: dict[str, int]
    level: float

    def findings(self) -> Findings:
        """State or refuse every contrast."""
        return Findings(self._finding(contrast) for contrast in self.contrasts)

    def _finding(self, c: Contrast) -> Finding:
        if c.refused:
            return c.definition.refuse(c.refused, n=c.n, unit=c.unit, **c.names)
        verdict = direction(c.estimate.interval)
        sentence = (
            _slope_sentence(c, verdict) if c.definition is SLOPE else _effect_sentence(c, verdict)
        )
        if c.missing:
            sentence += " " + say_n(
                "{n} customer without a value of it is left out.",
                "{n} customers without a value of it are left out.",
                c.missing,
            )
        return c.definition.state(
            c.estimate.value,
            sentence + caution(c.smallest),
            interval=c.estimate.interval,
            level=self.level,
            unit=c.unit,
            n=c.n,
            method=c.method,
            verdict=verdict,
            **c.names,
        )

    @property
    def stated(self) -> tuple[Contrast, ...]:
        """The contrasts of means that have an estimate."""
        return tuple(c for c in self.contrasts if c.estimate and c.means)

    def to_frame(self):
        """Return outcome, arm, means, effect, ci_low, ci_high, unit for each contrast of means stated."""
        import pandas as pd

        rows = [
            (
                c.names["outcome"],
                c.names.get("arm", say("all treated")),
                *c.means,
                c.estimate.value,
                *c.estimate.interval,
                c.unit,
                c.outcome_unit,
            )
            for c in self.stated
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "outcome",
                "arm",
                "mean_treated",
                "mean_holdout",
                "effect",
                "ci_low",
                "ci_high",
                "unit",
                "outcome_unit",
            ],
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "arm": (say("Arm"), "text"),
            "mean_treated": (say("Contacted"), "unit:outcome_unit"),
            "mean_holdout": (say("Holdout"), "unit:outcome_unit"),
            "effect": (say("Difference"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of effects holds."""
        return say(
            "Mean outcome per customer of those contacted and of the holdout, and the difference with its {level} "
            "interval.",
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say which outcomes contact raised or lowered, clear of zero."""
        pooled = [c for c in self.stated if c.definition is EFFECT]
        if not pooled:
            return say("No effect of contact can be stated")
        raised, lowered = (
            ", ".join(c.names["outcome"] for c in pooled if direction(c.estimate.interval) == side)
            for side in ("above", "below")
        )
        if raised and lowered:
            return say(
                "Contact raised {raised} and lowered {lowered}", raised=raised, lowered=lowered
            )
        if raised:
            return say("Contact raised {raised}", raised=raised)
        if lowered:
            return say("Contact lowered {lowered}", lowered=lowered)
        return say("No outcome shows an effect of contact that is clear of zero")

    def caption(self) -> str:
        """Say what points and bars are and who is compared."""
        return say(
            "Mean of each treated arm minus mean of the holdout, per customer, with {level} intervals; "
            "the line is no "
            "effect. Customers by arm: {arms}.",
            level=percent(self.level, 0),
            arms=", ".join(f"{arm} {integer(n)}" for arm, n in self.arms.items()),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        return "; ".join(
            say(
                "{outcome}, {arm}: {effect} ({low} to {high})",
                outcome=c.names["outcome"],
                arm=c.names.get("arm", say("all treated")),
                effect=quantity(c.estimate.value, c.unit),
                low=quantity(c.estimate.ci_low, c.unit),
                high=quantity(c.estimate.ci_high, c.unit),
            )
            for c in self.stated
        )


def _effect_sentence(c: Contrast, verdict: str) -> str:
    treated, holdout = (quantity(mean, c.outcome_unit) for mean in c.means)
    who = c.names.get("arm")
    compared = (
        say(
            'Contacted ("{arm}") {treated}, not contacted {holdout}',
            arm=who,
            treated=treated,
            holdout=holdout,
        )
        if who
        else say("Contacted {treated}, not contacted {holdout}", treated=treated, holdout=holdout)
    )
    change = quantity(abs(c.estimate.value), c.unit)
    if verdict == "above":
        return say(
            "{compared}: contact raised {outcome} by {change}.",
            compared=compared,
            change=change,
            outcome=c.names["outcome"],
        )
    if verdict == "below":
        return say(
            "{compared}: contact lowered {outcome} by {change}.",
            compared=compared,
            change=change,
            outcome=c.names["outcome"],
        )
    return say(
        "{compared}: the interval of the difference holds zero, so no effect on {outcome} is shown.",
        compared=compared,
        outcome=c.names["outcome"],
    )


def _slope_sentence(c: Contrast, verdict: str) -> str:
    outcome, change = c.names["outcome"], quantity(abs(c.estimate.value), c.unit)
    if verdict == "above":
        return say(
            "The effect on {outcome} rises by {change} with each month since the last purchase.",
            outcome=outcome,
            change=change,
        )
    if verdict == "below":
        return say(
            "The effect on {outcome} falls by {change} with each month since the last purchase.",
            outcome=outcome,
            change=change,
        )
    return say(
        "The interval holds zero: no change of the effect on {outcome} with recency is shown.",
        outcome=outcome,
    )


def contact_effects(
    contacts,
    outcomes: Sequence[str] | None,
    *,
    money_outcome: str | None = None,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Effects:
    """Return what contact changes in each of `outcomes`.

    Parameters
    ----------
    contacts : ibis.Table
        A checked `contacts` table; arm `holdout` is compared with every other arm.
    outcomes : sequence of str, or None
        Numeric columns of `contacts`; None refuses the effects and names the parameter.
    money_outcome : str, optional
        The outcome that is money, in `currency`.
    """
    columns = ["arm", *(["recency"] if "recency" in contacts.columns else [])]
    _check_outcomes(contacts, outcomes, money_outcome)
    frame = contacts.select(*columns, *(outcomes or [])).execute()
    sizes = frame["arm"].value_counts()
    treated = sorted(arm for arm in sizes.index if arm != HOLDOUT)
    arms = {arm: int(sizes.get(arm, 0)) for arm in [HOLDOUT, *treated]}
    options = {"level": level, "min_group": min_group}
    found = []
    if not outcomes:
        why = say(
            "Not stated: the outcome columns of `contacts` are not named (parameter outcomes)."
        )
        found.append(_refused(EFFECT, {"outcome": "outcome"}, EFFECT.unit, len(frame), why))
    for outcome in outcomes or []:
        unit = _unit(frame[outcome], outcome == money_outcome, currency)
        values = frame.dropna(subset=[outcome])
        missing = len(frame) - len(values)
        holdout = values.loc[values.arm == HOLDOUT, outcome].to_numpy(dtype=float)
        everyone = values.loc[values.arm != HOLDOUT, outcome].to_numpy(dtype=float)
        names = {"outcome": outcome}
        found.append(_contrast(EFFECT, names, unit, everyone, holdout, missing, **options))
        for arm in treated if len(treated) > 1 else []:
            one = values.loc[values.arm == arm, outcome].to_numpy(dtype=float)
            found.append(
                _contrast(ARM_EFFECT, names | {"arm": arm}, unit, one, holdout, missing, **options)
            )
        found.append(_slope(names, unit, values, missing, **options))
    return Effects(tuple(found), arms, level)


def _check_outcomes(contacts, outcomes, money_outcome) -> None:
    for name in [*(outcomes or []), *([money_outcome] if money_outcome else [])]:
        if name not in contacts.columns:
            raise ParameterError(
                say(
                    "outcomes, money_outcome: `contacts` has no column {name!r}; its columns are {columns}.",
                    name=name,
                    columns=", ".join(contacts.columns),
                )
            )
        if not contacts[name].type().is_numeric() and not contacts[name].type().is_boolean():
            raise ParameterError(
                say(
                    "outcomes: column {name!r} of `contacts` holds text; an outcome is a number.",
                    name=name,
                )
            )


def _unit(values, is_money: bool, currency: str) -> str:
    if is_money:
        return f"{currency} per customer"
    return SHARE if values.dropna().isin([0, 1]).all() else "units per customer"


def _refused(definition, names, unit, n, why) -> Contrast:
    return Contrast(definition, names, unit, n, None, None, 0, n, "", why)


def _contrast(definition, names, unit, treated, holdout, missing, *, level, min_group) -> Contrast:
    n = treated.size + holdout.size
    for values, what in (
        (holdout, say("customers in the holdout")),
        (treated, say("customers contacted")),
    ):
        if values.size < min_group:
            return _refused(definition, names, unit, n, too_few(what, values.size, min_group))
    if min(treated.size, holdout.size) < 2 or (np.ptp(treated) == 0 and np.ptp(holdout) == 0):
        why = say(
            "Not stated: {outcome} is the same for every customer of each group, so nothing says how "
            "far a difference could be chance.",
            outcome=names["outcome"],
        )
        return _refused(definition, names, unit, n, why)
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


def _slope(names, unit, values, missing, *, level, min_group) -> Contrast:
    if "recency" not in values:
        why = say("Not stated: `contacts` has no column recency (months since the last purchase).")
        return _refused(SLOPE, names, unit, len(values), why)
    known = values.dropna(subset=["recency"])
    missing += len(values) - len(known)
    treated = (known.arm != HOLDOUT).to_numpy()
    n, smallest = len(known), int(min(treated.sum(), (~treated).sum()))
    if smallest < max(min_group, 2):
        what = say("customers with a recency in the smaller of the two groups")
        return _refused(SLOPE, names, unit, n, too_few(what, smallest, max(min_group, 2)))
    outcome = known[names["outcome"]].to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        why = say("Not stated: {outcome} is the same for every customer.", outcome=names["outcome"])
        return _refused(SLOPE, names, unit, n, why)
    try:
        estimate = interaction_slope(
            outcome, treated, known.recency.to_numpy(dtype=float), level=level
        )
    except ValueError:
        why = say("Not stated: recency varies too little within a group to show a slope.")
        return _refused(SLOPE, names, unit, n, why)
    method = say("least squares with treated x recency, HC2 errors")
    return Contrast(SLOPE, names, unit, n, None, estimate, missing, smallest, method, None)
