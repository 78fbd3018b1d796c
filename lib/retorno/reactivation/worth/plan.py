"""How many customers the next test needs in each arm, what its holdout costs, and what this test could have found.

Estimand: the smallest number in each of two arms with which a two-sided test at 5 % finds a rise of the share that
returns with a probability of 80 %, from the share seen in this holdout; and the money forgone by leaving that many
customers alone. Taken as given: next time's customers are like this holdout's. The share itself is estimated, so the
number is a guide.

Source: the normal law of two shares, Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions,
chapter 4.
"""

from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, mark, percent, quantity, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.worth.power import (
    LEVEL,
    POINTS,
    POWER,
    Curve,
    needed_customers,
    net_gain,
    power_curves,
    returned,
    smallest_found,
)
from retorno.stats.power import share_power
from retorno.stats.student import Estimate

HOLDOUT_N = Definition(
    "plan.holdout_n",
    label=mark("Customers needed in each arm to find the smallest extra return"),
    meaning=mark(
        "Smallest number in the holdout, and as many in the treated arm, with which a two-sided test of two shares at "
        "5% finds a rise of the smallest extra return with a probability of 80%. In the formula n is that number, p "
        "the share of this holdout that returned, delta the smallest extra return, Z a standard normal, z its 97.5% "
        "point, s the standard error of the difference with delta and s with 0 the one without, each with n in an "
        "arm."
    ),
    unit="customers",
    sign=mark("A count for each arm: the test needs twice as many customers."),
    formula=(
        r"\min \left\{ n : P ( | s_\delta Z + \delta | > z_{0.975} s_0 ) \ge 0.8 \right\}, \quad "
        r"s_\delta^2 = \frac{p (1 - p) + (p + \delta)(1 - p - \delta)}{n}"
    ),
)
HOLDOUT_COST = Definition(
    "plan.holdout_cost",
    label=mark("Cost of leaving the holdout of the next test alone"),
    meaning=mark(
        "What contacting the customers of such a holdout would have earned: their number times the effect on the money "
        "outcome, at margin_rate (1 if null), less the cost of a contact. The interval is that of the effect; the "
        "number of customers is taken as given. In the formula n is plan.holdout_n, y the money outcome, m the margin "
        "rate, k the cost of a contact, with a bar the mean, C the contacted, H the holdout."
    ),
    unit="money",
    sign=mark("Positive: money forgone for the test. Negative: leaving them alone saves money."),
    formula=r"n \left( m (\bar y_C - \bar y_H) - \bar k_C \right)",
    reference=0.0,
)
SMALLEST_FOUND = Definition(
    "plan.smallest_effect_found",
    label=mark("Smallest extra return this test finds in four of five cases"),
    meaning=mark(
        "Rise of the share that returns that a two-sided test at 5% finds with a probability of 80%, with the holdout "
        "and all treated customers of this test. In the formula delta is that rise, p the share of this holdout that "
        "returned, Z a standard normal, z its 97.5% point, s the standard error of the difference with delta and s "
        "with 0 the one without, at the sizes of the two groups here."
    ),
    unit=POINTS,
    sign=mark(
        "Always positive. Smaller: the test is sharper; effects below it are found less often."
    ),
    formula=r"\min \left\{ \delta : P ( | s_\delta Z + \delta | > z_{0.975} s_0 ) \ge 0.8 \right\}",
    reference=0.0,
)
DEFINITIONS = (HOLDOUT_N, HOLDOUT_COST, SMALLEST_FOUND)

ENOUGH = {
    True: mark("This test had {n} in the smaller of its two groups: enough."),
    False: mark("This test had {n} in the smaller of its two groups: too few."),
}
COSTS = {
    "above": mark(
        "Leaving {n} customers alone forgoes {total}: contact would have earned {each} with each of them, its cost of "
        "{cost} taken off."
    ),
    "below": mark(
        "Leaving {n} customers alone saves {total}: contact would have earned {each} with each of them, its cost of "
        "{cost} taken off."
    ),
    "undecided": mark(
        "Whether leaving {n} customers alone costs or saves money is not shown: contact would have earned {each} with "
        "each of them, its cost of {cost} taken off, and the interval holds zero."
    ),
}
NO_MARGIN = mark("Without a margin rate that counts the whole of {outcome} as earned.")
FINDS = {
    True: mark(
        "A test like this one finds an extra return of {size} in four of five cases or more"
    ),
    False: mark(
        "A test like this one finds an extra return of {size} in {power} of cases; {n} in each arm are needed"
    ),
}


@dataclass(frozen=True, slots=True)
class HoldoutPlan:
    """Numbers for the next test, and what this one could find.

    Attributes
    ----------
    tests : Campaign
    smallest : float
        The extra return to be found, a difference in share.
    share : float or None
        Share of this holdout that returned.
    n : tuple of two int
        In the holdout and contacted here, with a return outcome.
    needed : int or None
        In each arm.
    found : float or None
        Smallest extra return this test finds with 80 %.
    power : float or None
        Power of this test for the extra return to be found.
    gain : Estimate or None
        Margin of contacting a customer, after the cost of the contact.
    contact : float or None
        Mean cost of a contact.
    curves : tuple of Curve
    refused, refused_cost, refused_found : str or None
        Why there is no number of customers, no cost, no smallest effect.
    """

    tests: Campaign
    smallest: float
    share: float | None
    n: tuple[int, int]
    needed: int | None
    found: float | None
    power: float | None
    gain: Estimate | None
    contact: float | None
    curves: tuple[Curve, ...]
    refused: str | None
    refused_cost: str | None
    refused_found: str | None

    def findings(self) -> Findings:
        """State or refuse the number in each arm, the cost of the holdout, the smallest effect of this test."""
        return Findings((self._n(), self._cost(), self._found()))

    def _n(self) -> Finding:
        if self.refused:
            return HOLDOUT_N.refuse(self.refused, n=self.n[0])
        fewest = min(self.n)
        sentence = say(
            "To find an extra return of {size} beside the {share} of the holdout that came back here, with a power of "
            "80% at a two-sided level of 5%, {n} customers are needed in each arm.",
            size=quantity(self.smallest, POINTS),
            share=percent(self.share),
            n=integer(self.needed),
        )
        enough = say(ENOUGH[fewest >= self.needed], n=integer(fewest))
        return HOLDOUT_N.state(
            self.needed,
            f"{sentence} {enough}" + caution(self.n[0]),
            n=self.n[0],
            method=say("test of two shares, normal law"),
        )

    def _cost(self) -> Finding:
        unit = self.tests.currency
        if self.refused_cost:
            return HOLDOUT_COST.refuse(self.refused_cost, unit=unit, n=self.tests.customers)
        g, each = self.gain, f"{unit} per customer"
        side = direction(g.interval)
        sentence = say(
            COSTS[side],
            n=integer(self.needed),
            total=quantity(abs(self.needed * g.value), unit),
            each=quantity(g.value, each),
            cost=quantity(self.contact, each),
        )
        if self.tests.margin_rate is None:
            sentence += " " + say(NO_MARGIN, outcome=self.tests.money_outcome)
        return HOLDOUT_COST.state(
            self.needed * g.value,
            sentence + caution(min(self.n)),
            interval=(self.needed * g.ci_low, self.needed * g.ci_high),
            level=self.tests.level,
            unit=unit,
            n=self.tests.customers,
            method=say("customers needed times the net effect of contact (Welch)"),
            verdict=side,
        )

    def _found(self) -> Finding:
        if self.refused_found:
            return SMALLEST_FOUND.refuse(self.refused_found, n=sum(self.n))
        return SMALLEST_FOUND.state(
            self.found,
            say(
                "With {treated} contacted and {holdout} held out, of whom {share} came back, a test finds an extra "
                "return of {found} with a power of 80%; a smaller one it finds less often.",
                treated=integer(self.n[1]),
                holdout=integer(self.n[0]),
                share=percent(self.share),
                found=quantity(self.found, POINTS),
            )
            + caution(min(self.n)),
            n=sum(self.n),
            method=say("test of two shares, normal law"),
        )

    def to_frame(self):
        """Return size, n, power: one row for each size of effect and number in each arm."""
        import pandas as pd

        rows = [(c.size, int(n), p) for c in self.curves for n, p in zip(c.n, c.power, strict=True)]
        return pd.DataFrame(rows, columns=["size", "n", "power"])

    def needs(self) -> "Needs":
        """Return the number needed for each size of effect, as a table."""
        return Needs(self)

    def title(self) -> str:
        """Say whether a test like this one finds the smallest extra return, and how many are needed."""
        if not self.curves:
            return say("No number of customers can be stated")
        size = quantity(self.smallest, POINTS)
        if self.power is None:
            return say(
                "To find an extra return of {size}, {n} customers are needed in each arm",
                size=size,
                n=integer(self.needed),
            )
        return say(
            FINDS[self.power >= POWER],
            size=size,
            power=percent(self.power),
            n=integer(self.needed),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Probability of finding an extra return, by customers in each arm")

    def caption(self) -> str:
        """Say from which share the curves start, and how many each size needs."""
        if not self.curves:
            return self.refused
        needs = "; ".join(
            say("{size}: {n}", size=quantity(c.size, POINTS), n=integer(c.needed))
            for c in self.curves
        )
        return say(
            "Two arms of equal size, two-sided test at 5%, from a share of {share} that comes back without contact, as "
            "in this holdout. Customers needed in each arm for a power of 80%: {needs}.",
            share=percent(self.share),
            needs=needs,
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.curves:
            return self.refused
        needs = "; ".join(
            say("{size}: {n}", size=quantity(c.size, POINTS), n=integer(c.needed))
            for c in self.curves
        )
        return say_n(
            "{n} rising line of power over customers in each arm, on a log scale, against a line at 80%. It is met at "
            "{needs}.",
            "{n} rising lines of power over customers in each arm, on a log scale, against a line at 80%. They meet it "
            "at {needs}.",
            len(self.curves),
            needs=needs,
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """Customers needed in each arm by size of effect; a table."""

    plan: HoldoutPlan

    def to_frame(self):
        """Return size, needed, both arms: one row for each size of effect."""
        import pandas as pd

        rows = [(c.size, POINTS, c.needed, 2 * c.needed) for c in self.plan.curves]
        return pd.DataFrame(rows, columns=["size", "unit", "needed", "both"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "size": (say("Extra return to be found"), "unit:unit"),
            "needed": (say("Customers in each arm"), "count"),
            "both": (say("In both arms"), "count"),
        }

    def table_caption(self) -> str:
        """Say what the table holds."""
        if not self.plan.curves:
            return self.plan.refused
        return say(
            "Customers needed in each arm to find an extra return with a power of 80% at a two-sided level of 5%, from "
            "a share of {share} that comes back without contact.",
            share=percent(self.plan.share),
        )


def holdout_plan(tests: Campaign, *, smallest_extra_return: float = 0.005) -> HoldoutPlan:
    """Return how many customers the next test needs, what its holdout costs, and what this test could find.

    Parameters
    ----------
    tests : Campaign
        Its `return_outcome` gives the share that comes back without contact; `money_outcome`, `margin_rate` and the
        cost of a contact say what leaving customers alone forgoes.
    smallest_extra_return : float
        Rise of that share the next test is to find, a difference in share: 0.005 is half a point.
    """
    if not 0 < smallest_extra_return < 1:
        raise ParameterError(
            say(
                "smallest_extra_return: wanted a difference in share above 0 and below 1, as 0.005 for half a point; "
                "got {got}.",
                got=smallest_extra_return,
            )
        )
    share, n, why = returned(tests)
    needed, curves, no_n = None, (), why
    if why is None:
        needed, no_n = needed_customers(share, smallest_extra_return)
    if needed is not None:
        curves = power_curves(share, smallest_extra_return)
    found, power, no_found = None, None, why
    if why is None:
        found, no_found = smallest_found(share, n, tests.min_group)
    if found is not None and needed is not None:
        power = share_power(share, smallest_extra_return, *n, level=LEVEL)
    gain, contact, no_cost = net_gain(tests)
    return HoldoutPlan(
        tests,
        smallest_extra_return,
        share,
        n,
        needed,
        found,
        power,
        gain,
        contact,
        curves,
        refused=no_n,
        refused_cost=no_n or no_cost,
        refused_found=no_found,
    )
