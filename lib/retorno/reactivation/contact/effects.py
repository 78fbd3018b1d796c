"""What contacting lapsed customers changes, from a campaign with a random holdout.

Estimand: mean outcome of the customers contacted minus mean outcome of the holdout, per customer. Identified by the
random assignment of arms alone; nothing is adjusted. Response among the contacted is not effect: some would have
come anyway, and the holdout says how many.

Source: Neyman's difference of means with unpooled variance, Imbens and Rubin (2015), Causal Inference, chapter 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import Finding, Findings, caution, direction
from retorno.language import integer, mark, percent, quantity, say, say_n
from retorno.reactivation.contact.contrasts import (
    ARM_EFFECT,
    DEFINITIONS,
    EFFECT,
    HOLDOUT,
    SLOPE,
    Contrast,
    difference,
    outcome_unit,
    refused,
    slope,
)

__all__ = ["DEFINITIONS", "Effects", "contact_effects"]

EFFECTS = {
    "above": mark("{compared}: contact raised {outcome} by {change}."),
    "below": mark("{compared}: contact lowered {outcome} by {change}."),
    "undecided": mark(
        "{compared}: the interval of the difference holds zero, so no effect on {outcome} is shown."
    ),
}
SLOPES = {
    "above": mark(
        "The effect on {outcome} rises by {change} with each month since the last purchase."
    ),
    "below": mark(
        "The effect on {outcome} falls by {change} with each month since the last purchase."
    ),
    "undecided": mark(
        "The interval holds zero: no change of the effect on {outcome} with recency is shown."
    ),
}


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
        sentence = _sentence(c, verdict)
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
        pooled = [c for c in self.stated if c.definition == EFFECT]
        if not pooled:
            return say("No effect of contact can be stated")
        raised, lowered = (
            ", ".join(
                f'"{c.names["outcome"]}"' for c in pooled if direction(c.estimate.interval) == side
            )
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

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Mean of those contacted minus mean of the holdout, per customer")

    def caption(self) -> str:
        """Say what points and bars are, who is compared and where the holdout stands."""
        caption = say(
            "Bars are {level} intervals of the difference of means, variances not pooled; the line of no effect is "
            "the holdout. Customers by arm: {arms}.",
            level=percent(self.level, 0),
            arms=", ".join(f"{arm} {integer(n)}" for arm, n in self.arms.items()),
        )
        holdout = (
            say(
                "{outcome}: {treated} of those contacted, {holdout} of the holdout.",
                outcome=c.names["outcome"],
                treated=quantity(c.means[0], c.outcome_unit),
                holdout=quantity(c.means[1], c.outcome_unit),
            )
            for c in self.stated
            if c.definition == EFFECT
        )
        return " ".join([caption, *holdout])

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return say("No effect can be stated.")
        points = "; ".join(
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
        return say(
            "Points in their intervals against a line of no effect. {points}.", points=points
        )


def _sentence(c: Contrast, verdict: str) -> str:
    words = {"outcome": c.names["outcome"], "change": quantity(abs(c.estimate.value), c.unit)}
    if c.definition is SLOPE:
        return say(SLOPES[verdict], **words)
    treated, holdout = (quantity(mean, c.outcome_unit) for mean in c.means)
    if "arm" in c.names:
        compared = say(
            'Contacted ("{arm}") {treated}, not contacted {holdout}',
            arm=c.names["arm"],
            treated=treated,
            holdout=holdout,
        )
    else:
        compared = say(
            "Contacted {treated}, not contacted {holdout}", treated=treated, holdout=holdout
        )
    return say(EFFECTS[verdict], compared=compared, **words)


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
        found.append(refused(EFFECT, {"outcome": "outcome"}, EFFECT.unit, len(frame), why))
    for outcome in outcomes or []:
        unit = outcome_unit(frame[outcome], outcome == money_outcome, currency)
        values = frame.dropna(subset=[outcome])
        missing = len(frame) - len(values)
        holdout = values.loc[values.arm == HOLDOUT, outcome].to_numpy(dtype=float)
        everyone = values.loc[values.arm != HOLDOUT, outcome].to_numpy(dtype=float)
        names = {"outcome": outcome}
        found.append(difference(EFFECT, names, unit, everyone, holdout, missing, **options))
        for arm in treated if len(treated) > 1 else []:
            one = values.loc[values.arm == arm, outcome].to_numpy(dtype=float)
            found.append(
                difference(ARM_EFFECT, names | {"arm": arm}, unit, one, holdout, missing, **options)
            )
        found.append(slope(names, unit, values, missing, **options))
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
