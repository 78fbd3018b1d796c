"""What contacting lapsed customers changes, from a campaign with a random holdout.

Estimand: mean outcome of the customers contacted minus mean outcome of the holdout, per customer. Identified by the
random assignment of arms alone; nothing is adjusted. Response among the contacted is not effect: some would have
come anyway, and the holdout says how many. Several arms share one holdout and are several chances of a false alarm:
their verdicts are read together.

Sources: Neyman's difference of means with unpooled variance, Imbens and Rubin (2015), Causal Inference, chapter 6;
Holm (1979), Scandinavian J. of Statistics 6, 65-70.
"""

from dataclasses import dataclass

from retorno.findings import Finding, Findings, caution, direction
from retorno.language import integer, listed, mark, percent, quantity, quoted, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import (
    DEFINITIONS,
    EFFECT,
    SLOPE,
    Contrast,
    arms,
    pooled,
    refused,
    slope,
    unnamed,
)

__all__ = ["DEFINITIONS", "Effects", "contact_effects"]

EFFECTS = {
    "above": mark("{compared}: contact raised {outcome} by {change}."),
    "below": mark("{compared}: contact lowered {outcome} by {change}."),
    "undecided": mark(
        "{compared}: the interval of the difference holds zero, so no effect on {outcome} is shown."
    ),
}
TOGETHER = {
    "above": mark(
        "{compared}: on its own the interval lies above zero; read together with the other arms (Holm), no effect on "
        "{outcome} is shown."
    ),
    "below": mark(
        "{compared}: on its own the interval lies below zero; read together with the other arms (Holm), no effect on "
        "{outcome} is shown."
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
        sentence = _sentence(c)
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
            verdict=c.verdict,
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
            listed(
                quoted(c.names["outcome"]) for c in pooled if direction(c.estimate.interval) == side
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
            arms=listed(f"{arm} {integer(n)}" for arm, n in self.arms.items()),
        )
        if any(c.read_at for c in self.contrasts):
            caption += " " + say(
                "The arms are read together (Holm): an interval just clear of zero may not be enough."
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


def _sentence(c: Contrast) -> str:
    words = {"outcome": c.names["outcome"], "change": quantity(abs(c.estimate.value), c.unit)}
    if c.definition is SLOPE:
        return say(SLOPES[c.verdict], **words)
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
    if c.verdict != c.alone:
        return say(TOGETHER[c.alone], compared=compared, **words)
    return say(EFFECTS[c.verdict], compared=compared, **words)


def contact_effects(tests: Campaign) -> Effects:
    """Return what contact changes in each outcome of a campaign."""
    found = []
    if not tests.outcomes:
        found.append(
            refused(EFFECT, {"outcome": "outcome"}, EFFECT.unit, tests.customers, unnamed())
        )
    for outcome in tests.outcomes:
        found += [pooled(tests, outcome), *arms(tests, outcome), slope(tests, outcome)]
    return Effects(tuple(found), tests.arms, tests.level)
