"""What a win-back programme has left by the end of the data, from what contacted customers did bring.

Estimand: customers contacted x (mean margin of the contacted - of the holdout) since the contact - all costs.
Identified by the random holdout alone: no second life is borrowed from other returned customers, a return that was only
brought forward cancels itself as soon as the holdout catches up, and nothing beyond the data is counted.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, mark, money, say
from retorno.reactivation.contact.after import VALUE as INCREMENTAL
from retorno.reactivation.contact.after import AfterContact
from retorno.reactivation.worth.programme import Programme, missing, reached
from retorno.stats.student import Estimate

OBSERVED = Definition(
    "programme.observed_value",
    label=mark("What the programme has left by the end of the data"),
    meaning=mark(
        "Customers contacted x contact.incremental_value, less all contacts, offers and fixed_cost. Costs are what was "
        "paid and have no error. In the formula N counts the customers contacted, D is contact.incremental_value, c "
        "the mean cost of a contact and its offer, F fixed_cost."
    ),
    unit="money",
    sign=mark("Positive: by the end of the data the programme has brought more than it cost."),
    formula=r"N ( D - c ) - F",
    reference=0.0,
)
DEFINITIONS = (OBSERVED,)

VALUES = {
    "above": mark(
        "In the {days} days seen since the contact it has brought {gain} of margin more than the holdout and "
        "has left {value} after costs of {cost}."
    ),
    "below": mark(
        "In the {days} days seen since the contact it has brought {gain} of margin more than the holdout, "
        "{value} less than its costs of {cost}."
    ),
    "undecided": mark(
        "In the {days} days seen since the contact it has brought {gain} of margin more than the holdout, at "
        "costs of {cost}; whether it has paid by then is undecided."
    ),
}
# Programme value less what is seen: above, below or about the same.
BESIDE = {
    "above": mark(
        "With whole second lives it would be {whole}: that looks beyond these days, and takes returns that were only "
        "brought forward for extra ones."
    ),
    "below": mark("With whole second lives it would be {whole}: less than has been seen already."),
    "undecided": mark("With whole second lives it would be {whole}, inside this interval."),
}


@dataclass(frozen=True, slots=True)
class Observed:
    """What the programme has left so far: `whole`, its value by second lives, beside the curve `after` the contact."""

    whole: Programme
    after: AfterContact

    @property
    def refusal(self) -> str | None:
        """Why nothing can be stated, or None; no second life is needed."""
        if reason := missing(self.whole.tests):
            return reason
        incremental = self.after.findings().get(INCREMENTAL.id)
        if incremental.estimate is None:
            return incremental.sentence
        if self.after.measure != "margin":
            return say(
                "Not stated: without a margin (column margin, or parameter margin_rate) purchases are revenue, and no "
                "profit."
            )
        return None

    @property
    def paid(self) -> tuple[int, float]:
        """Customers contacted, and all contacts, offers and the fixed cost."""
        treated = reached(self.whole.tests)
        each = float(treated.cost.mean())
        return treated.customers, treated.customers * each + self.whole.fixed_cost

    @property
    def value(self) -> Estimate:
        """Margin above the holdout's less what was paid, in all."""
        (n, cost), one = self.paid, self.after.estimate
        low, high = (n * bound - cost for bound in one.interval)
        return Estimate(n * one.value - cost, n * one.se, low, high)

    def findings(self) -> Findings:
        """State or refuse what is left so far."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        tests = self.whole.tests
        if reason := self.refusal:
            return OBSERVED.refuse(reason, n=tests.customers, unit=tests.currency)
        value, (_, cost) = self.value, self.paid
        verdict = direction(value.interval)
        words = {
            "days": integer(self.after.days),
            "gain": money(value.value + cost, tests.currency),
            "value": money(abs(value.value), tests.currency),
            "cost": money(cost, tests.currency),
        }
        text = f"{say(VALUES[verdict], **words)}{self._beside(value)}"
        return OBSERVED.state(
            value.value,
            text + caution(min(self.after.curves.n[:2])),
            interval=value.interval,
            level=tests.level,
            unit=tests.currency,
            n=tests.customers,
            method=say("difference of mean cumulative margins, t interval by customer, less costs"),
            verdict=verdict,
        )

    def _beside(self, value: Estimate) -> str:
        """Say, with a leading space, where the value by second lives lies; nothing where there is none."""
        if self.whole.refused:
            return ""
        whole = self.whole.value.value
        side = (
            "above" if whole > value.ci_high else "below" if whole < value.ci_low else "undecided"
        )
        return " " + say(BESIDE[side], whole=money(whole, self.whole.tests.currency))


def observed(whole: Programme, after: AfterContact) -> Observed:
    """Return what the programme has left by the end of the data, from the curve after the contact."""
    return Observed(whole, after)
