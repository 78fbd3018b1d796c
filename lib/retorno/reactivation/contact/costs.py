"""What a return costs, and what a return costs that would not have come without the contact.

Estimand: cost of all contacts and offers / customers contacted who came back; and the same cost / those who came back
because of the contact. Offers used by those who would have come anyway are in both. The random holdout identifies the
second; the first takes every return for an effect.

Sources: cost per incremental return, Lewis and Rao (2015), Quarterly J. of Economics 130, 1941-1973, for why it is so
unsure; Fieller (1954), J. of the Royal Statistical Society B 16, 175-185, for its interval.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, Speaks, caution
from retorno.language import integer, listed, mark, percent, quantity, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import arms, pooled
from retorno.reactivation.contact.paid import Cost, cost_of, unknown_cost

PER_RETURN = Definition(
    "cost.per_return",
    label=mark("Cost per return"),
    meaning=mark(
        "Cost of all contacts and offers over the customers contacted who came back, whether or not they would have "
        "come anyway. In the formula k is the cost of customer i, y is 1 for who came back, else 0, C are those "
        "contacted."
    ),
    unit="money per return",
    sign=mark("An amount paid; what a dashboard shows."),
    formula=r"\frac{\sum_{i \in C} k_i}{\sum_{i \in C} y_i}",
    speaks_to=(Speaks("reactivation_easier_cheaper"), Speaks("loyalty_after_check_shows_return")),
)
PER_EXTRA = Definition(
    "cost.per_extra_return",
    label=mark("Cost per extra return"),
    meaning=mark(
        "Cost of all contacts and offers, those used by customers who would have come anyway included, over the "
        "returns there would not have been without contact: customers contacted times the effect on returning. In the "
        "formula k is the cost of customer i, n the number contacted, y is 1 for who came back, else 0, with a bar "
        "its mean among C, those contacted, and H, the holdout. Stated where the effect is clear above zero."
    ),
    unit="money per extra return",
    sign=mark("An amount paid; compare it with what one return is worth."),
    formula=r"\frac{\sum_{i \in C} k_i}{n_C (\bar y_C - \bar y_H)}",
    speaks_to=(Speaks("reactivation_easier_cheaper"), Speaks("loyalty_after_check_shows_return")),
)
ARM_PER_RETURN = Definition(
    "cost.per_return.{arm}",
    label=mark('Cost per return with "{arm}"'),
    meaning=mark(
        "Cost of one arm's contacts and offers over its customers who came back. In the formula k is the cost of "
        "customer i, y is 1 for who came back, else 0, a is the arm."
    ),
    unit="money per return",
    sign=mark("An amount paid; what a dashboard shows."),
    formula=r"\frac{\sum_{i \in a} k_i}{\sum_{i \in a} y_i}",
)
ARM_PER_EXTRA = Definition(
    "cost.per_extra_return.{arm}",
    label=mark('Cost per extra return with "{arm}"'),
    meaning=mark(
        "Cost of one arm's contacts and offers over the returns there would not have been without them. In the "
        "formula k is the cost of customer i, n the number contacted, y is 1 for who came back, else 0, with a bar "
        "its mean in arm a and in H, the holdout. Of several arms each effect is read at its Holm-adjusted level."
    ),
    unit="money per extra return",
    sign=mark("An amount paid; compare it with what one return is worth."),
    formula=r"\frac{\sum_{i \in a} k_i}{n_a (\bar y_a - \bar y_H)}",
)
DEFINITIONS = (PER_RETURN, PER_EXTRA, ARM_PER_RETURN, ARM_PER_EXTRA)


@dataclass(frozen=True, slots=True)
class Costs:
    """Cost per return and per extra return, all treated arms pooled and one by one."""

    tests: Campaign
    costs: tuple[Cost, ...]

    @property
    def unit(self) -> str:
        """Unit of cost per return."""
        return f"{self.tests.currency} per return"

    @property
    def extra_unit(self) -> str:
        """Unit of cost per extra return."""
        return f"{self.tests.currency} per extra return"

    def findings(self) -> Findings:
        """State or refuse what a return costs, and an extra one."""
        return Findings(f for c in self.costs for f in (self._per_return(c), self._per_extra(c)))

    def _per_return(self, c: Cost) -> Finding:
        names = {} if c.arm is None else {"arm": c.arm}
        definition = PER_RETURN if c.arm is None else ARM_PER_RETURN
        if c.no_return:
            return definition.refuse(c.no_return, n=c.n, unit=self.unit, **names)
        sentence = say(
            "{total} for {n} customers contacted{who}, {returned} of whom came back: {cost} for each. That counts "
            "those who would have come anyway.",
            total=quantity(c.total, self.tests.currency),
            n=integer(c.n),
            who=_who(c),
            returned=integer(c.returned),
            cost=quantity(c.per_return.value, self.unit),
        )
        return definition.state(
            c.per_return.value,
            sentence + _missing(c) + caution(c.returned),
            interval=c.per_return.interval,
            level=self.tests.level,
            unit=self.unit,
            n=c.n,
            method=say("ratio of means, interval on the log scale"),
            **names,
        )

    def _per_extra(self, c: Cost) -> Finding:
        names = {} if c.arm is None else {"arm": c.arm}
        definition = PER_EXTRA if c.arm is None else ARM_PER_EXTRA
        if c.no_extra:
            return definition.refuse(c.no_extra, n=c.n, unit=self.extra_unit, **names)
        sentence = say(
            "Of {returned} who came back{who} about {extra} would not have come without contact: an extra return costs "
            "{cost}, where a return seems to cost {seeming}.",
            returned=integer(c.returned),
            who=_who(c),
            extra=integer(round(c.extra)),
            cost=quantity(c.per_extra.value, self.extra_unit),
            seeming=quantity(c.total / c.returned, self.unit),
        )
        return definition.state(
            c.per_extra.value,
            sentence + _missing(c) + caution(c.effect.smallest),
            interval=c.per_extra.interval,
            level=self.tests.level,
            unit=self.extra_unit,
            n=c.effect.n,
            method=say("cost over effect, Fieller's interval"),
            **names,
        )

    def to_frame(self):
        """Return arm, n, total, returned, extra, both costs with intervals; missing where refused."""
        import pandas as pd

        def three(estimate):
            return (None,) * 3 if estimate is None else (estimate.value, *estimate.interval)

        rows = [
            (
                c.arm or say("all treated"),
                c.n,
                c.total,
                c.returned,
                c.extra if c.effect and c.effect.estimate else None,
                *three(c.per_return),
                *three(c.per_extra),
            )
            for c in self.costs
        ]
        names = [
            "arm",
            "n",
            "total",
            "returned",
            "extra",
            "per_return",
            "return_low",
            "return_high",
        ]
        names += ["per_extra", "extra_low", "extra_high"]
        numbers = dict.fromkeys((names[2], *names[4:]), float)
        return pd.DataFrame(rows, columns=names).astype(numbers)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        money = f"money:{self.tests.currency}"
        return {
            "arm": (say("Arm"), "text"),
            "n": (say("Contacted"), "count"),
            "total": (say("Cost"), money),
            "returned": (say("Came back"), "count"),
            "extra": (say("Because of it"), "number"),
            "per_return": (say("Per return"), money),
            "per_extra": (say("Per extra return"), money),
            "extra_low": (say("Interval from"), money),
            "extra_high": (say("to"), money),
        }

    def table_caption(self) -> str:
        """Say what the table of costs holds."""
        if not any(c.per_return or c.per_extra for c in self.costs):
            return say("No cost per return can be stated.")
        return say(
            "Cost of contact and offer, returns, and returns there would not have been without contact; a cost per "
            "extra return, with its {level} interval, stands where its effect is clear above zero.",
            level=percent(self.tests.level, 0),
        )

    @property
    def stated(self) -> tuple[Cost, ...]:
        """Those with a cost per return."""
        return tuple(c for c in self.costs if c.per_return)

    @property
    def span(self) -> float:
        """Up to which cost the figure reaches: the highest bound, or four times the highest cost if that is less."""
        shown = [e for c in self.stated for e in (c.per_return, c.per_extra) if e]
        return min(max(e.ci_high for e in shown), 4 * max(e.value for e in shown))

    def title(self) -> str:
        """Say what an extra return costs, and what a return seems to cost."""
        if not self.stated:
            return say("No cost per return can be stated")
        lead = self.stated[0]
        words = {"seeming": quantity(lead.per_return.value, self.unit)}
        if lead.per_extra is None:
            return say(
                "A return costs {seeming}; no cost of an extra return can be stated", **words
            )
        return say(
            "An extra return costs {cost}, where a return seems to cost {seeming}",
            cost=quantity(lead.per_extra.value, self.extra_unit),
            **words,
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Cost of contact and offer for each return, in {currency}", currency=self.tests.currency
        )

    def caption(self) -> str:
        """Say what points and bars are, and why a point is missing."""
        if not self.stated:
            return self.costs[0].no_return
        text = [
            say(
                "Hollow: cost over all returns of those contacted. Full: the same cost over the returns there would "
                "not have been without contact. Bars are {level} intervals.",
                level=percent(self.tests.level, 0),
            )
        ]
        bounds = [c.per_extra.ci_high for c in self.stated if c.per_extra]
        if max(bounds, default=0) > self.span:
            text.append(
                say(
                    "A bar that meets the right edge goes on: the table has its end, {most} at most.",
                    most=quantity(max(bounds), self.extra_unit),
                )
            )
        without = [c.arm or say("all treated") for c in self.stated if c.no_extra]
        if without:
            text.append(
                say(
                    "No cost per extra return for {arms}: no extra return is shown there.",
                    arms=listed(without),
                )
            )
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        points = "; ".join(
            say(
                "{arm}: {seeming} per return, {cost} per extra return",
                arm=c.arm or say("all treated"),
                seeming=quantity(c.per_return.value, self.unit),
                cost=quantity(c.per_extra.value, self.extra_unit)
                if c.per_extra
                else say("not stated"),
            )
            for c in self.stated
        )
        return say("Points in their intervals, by arm. {points}.", points=points)


def return_costs(tests: Campaign) -> Costs:
    """Return what a return and an extra return cost, all treated arms pooled and each arm."""
    every = (None, *tests.treated_arms) if len(tests.treated_arms) > 1 else (None,)
    if why := unknown_cost(tests):
        n = int(tests.treated.sum())
        return Costs(tests, (Cost(None, n, 0, 0, None, None, None, None, why, why),))
    found = [pooled(tests, tests.return_outcome), *arms(tests, tests.return_outcome)]
    return Costs(
        tests, tuple(cost_of(tests, arm, effect) for arm, effect in zip(every, found, strict=True))
    )


def _who(c: Cost) -> str:
    return "" if c.arm is None else say(' with "{arm}"', arm=c.arm)


def _missing(c: Cost) -> str:
    if not c.missing:
        return ""
    return " " + say_n(
        "{n} customer without a value of it or of the cost is left out.",
        "{n} customers without a value of it or of the cost are left out.",
        c.missing,
    )
