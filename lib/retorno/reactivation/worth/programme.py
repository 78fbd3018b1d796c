"""What a win-back programme leaves once those who would have come anyway and all costs are counted.

Estimand: customers contacted x (share returned of the contacted - of the holdout) x value of a second life before its
cost - all costs. Identified by the random holdout for the returns; the value is that of returned customers in general,
and is right here as far as those a contact brings back are worth as much. A return brought forward counts as an extra
one.

Source: the regain profit of Stauss and Friege (1999), J. of Service Research 1(4), with the extra returns in place of
all returns.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import mark, money, percent, quantity, say, say_n
from retorno.reactivation.contact.campaign import HOLDOUT, Campaign
from retorno.reactivation.contact.paid import contact_costs, unknown_cost
from retorno.reactivation.worth.second_life import SecondLife
from retorno.stats.student import Student, satterthwaite, welch

POINTS = "difference in share"

VALUE = Definition(
    "programme.value",
    label=mark("What the programme leaves"),
    meaning=mark(
        "Customers contacted x (share returned of the contacted - of the holdout) x second_life.value.before_cost, "
        "less all contacts, offers and fixed_cost. The interval holds the error of the returns, of costs that go with "
        "them, and of the second life. In the formula N counts the customers contacted, p is the share returned, C the "
        "contacted, H the holdout, V the value of a second life before its cost, c the mean cost of a contact and its "
        "offer, F fixed_cost."
    ),
    unit="money",
    sign=mark("Positive: the programme brings more than it costs."),
    formula=r"N \left( (p_C - p_H) V - c \right) - F",
    reference=0.0,
)
ROI = Definition(
    "programme.roi",
    label=mark("Return on the cost of the programme"),
    meaning=mark(
        "programme.value over all costs of contacts, offers and fixed_cost. In the formula N counts the customers "
        "contacted, p is the share returned, C the contacted, H the holdout, V the value of a second life before its "
        "cost, c the mean cost of a contact and its offer, F fixed_cost."
    ),
    unit="share of cost",
    sign=mark("Positive: the programme brings back more than it costs."),
    formula=r"\frac{N (p_C - p_H) V}{N c + F} - 1",
    reference=0.0,
    speaks_to=(Speaks("reactivation_best_return"),),
)
DEFINITIONS = (VALUE, ROI)

VALUES = {
    "above": mark("{came} {value} is left after costs of {cost}: the programme pays."),
    "below": mark("{came} At costs of {cost} the programme loses {value}."),
    "undecided": mark(
        "{came} It costs {cost}; the interval of what is left holds zero, so whether the programme pays is undecided."
    ),
}
CAME = {
    True: mark(
        "Of {customers} contacted {points} more came back than of the holdout, each worth {life} before its cost: "
        "{gain} in all."
    ),
    False: mark(
        "Of {customers} contacted {points} fewer came back than of the holdout, each worth {life} before its cost: "
        "{gain} in all."
    ),
}
ROIS = {
    "above": mark("Costs of {cost} bring {gain}, a return of {roi}."),
    "below": mark("Costs of {cost} bring {gain}, a loss of {loss} of them."),
    "undecided": mark(
        "Costs of {cost} bring {gain}; the interval of the return, {roi}, holds zero."
    ),
}
AS_ALL = mark(
    "It takes those a contact brings back to be worth as much as others who came back, and counts a return brought "
    "forward as an extra one."
)


@dataclass(frozen=True, slots=True)
class Reached:
    """Customers of an arm or of several: who came back and what each cost.

    Attributes
    ----------
    returned, cost : ndarray, shape (n,)
        0 or 1; money, 0 or more. Of customers both are known of.
    customers : int
        All of them.
    """

    returned: np.ndarray
    cost: np.ndarray
    customers: int


@dataclass(frozen=True, slots=True)
class Programme:
    """What the campaign leaves, or why that is not stated.

    Attributes
    ----------
    tests : Campaign
    life : SecondLife
    fixed_cost : float
    treated, holdout : Reached or None
        None where `refused` says why.
    refused : str or None
    """

    tests: Campaign
    life: SecondLife
    fixed_cost: float
    treated: Reached | None
    holdout: Reached | None
    refused: str | None

    @property
    def extra_rate(self) -> Student:
        """Share returned of the contacted minus that of the holdout."""
        return welch(self.treated.returned, self.holdout.returned)

    @property
    def cost(self) -> float:
        """All contacts, offers and the fixed cost."""
        return self.treated.customers * float(self.treated.cost.mean()) + self.fixed_cost

    @property
    def gain(self) -> float:
        """What the extra returns bring before any cost."""
        return self.treated.customers * self.extra_rate.value * self.life.before_cost.value

    @property
    def value(self) -> Student:
        """Gain minus cost."""
        one, n = profit(self.treated, self.holdout, self.life), self.treated.customers
        return Student(n * one.value - self.fixed_cost, n * one.se, one.df)

    @property
    def roi(self) -> Student:
        """Value over cost; the cost must be above 0."""
        times = self.gain / self.cost
        # Linear in returns and costs about the estimate: what a unit of cost more does to the ratio is `times`.
        one = profit(self.treated, self.holdout, self.life, weight=times)
        return Student(times - 1, self.treated.customers * one.se / self.cost, one.df)

    def findings(self) -> Findings:
        """State or refuse value and return."""
        return Findings([self._value(), self._roi()])

    def _value(self) -> Finding:
        unit, n = self.tests.currency, self.tests.customers
        if self.refused:
            return VALUE.refuse(self.refused, n=n, unit=unit)
        value = self.value.at(self.tests.level)
        extra = self.extra_rate.value
        came = say(
            CAME[extra >= 0],
            customers=say_n("{n} customer", "{n} customers", self.treated.customers),
            points=quantity(abs(extra), POINTS),
            life=self._money(self.life.before_cost.value),
            gain=self._money(self.gain),
        )
        verdict = direction(value.interval)
        words = say(
            VALUES[verdict],
            came=came,
            cost=self._money(self.cost),
            value=self._money(abs(value.value)),
        )
        return self._state(VALUE, value, f"{words} {say(AS_ALL)}{self._missing()}", verdict)

    def _roi(self) -> Finding:
        reason = self.refused
        if reason is None and self.cost == 0:
            reason = say(
                "Not stated: contacts and fixed_cost cost nothing, and there is no return on no cost."
            )
        if reason:
            return ROI.refuse(reason, n=self.tests.customers)
        roi = self.roi.at(self.tests.level)
        verdict = direction(roi.interval)
        words = {"cost": self._money(self.cost), "gain": self._money(self.gain)}
        words |= {"roi": percent(roi.value), "loss": percent(-roi.value)}
        return self._state(ROI, roi, say(ROIS[verdict], **words), verdict)

    def _state(self, definition, estimate, sentence, verdict) -> Finding:
        return definition.state(
            estimate.value,
            sentence + caution(min(self.treated.returned.size, self.holdout.returned.size)),
            interval=estimate.interval,
            level=self.tests.level,
            unit=self.tests.currency if definition is VALUE else definition.unit,
            n=self.tests.customers,
            method=say(
                "difference of means of returns times value less cost (Welch); the error of the second life, which "
                "comes from other rows for the most part, added as independent"
            ),
            verdict=verdict,
        )

    def _missing(self) -> str:
        """Say, with a leading space, how many customers are taken to be like the others."""
        groups = (self.treated, self.holdout)
        if n := sum(group.customers - group.returned.size for group in groups):
            return " " + say_n(
                "{n} customer of whom the return or the cost is not known is taken to be like the others.",
                "{n} customers of whom the return or the cost is not known are taken to be like the others.",
                n,
            )
        return ""

    def _money(self, amount: float) -> str:
        return money(amount, self.tests.currency)

    def to_frame(self):
        """Return step, value and unit of the way from the customers contacted to what is left; no rows when refused."""
        import pandas as pd

        names = ["step", "value", "unit"]
        if self.refused:
            return pd.DataFrame(columns=names)
        currency, extra = self.tests.currency, self.extra_rate.value
        rows = [
            (say("Customers contacted"), self.treated.customers, "customers"),
            (say("Returned of the contacted"), self.treated.returned.mean(), "share of customers"),
            (say("Returned of the holdout"), self.holdout.returned.mean(), "share of customers"),
            (say("Extra return rate"), extra, POINTS),
            (say("Extra returns"), round(extra * self.treated.customers), "customers"),
            (say("Value of a second life before its cost"), self.life.before_cost.value, currency),
            (say("What the extra returns bring"), self.gain, currency),
            (say("Contacts and offers"), self.cost - self.fixed_cost, currency),
            (say("Fixed cost"), self.fixed_cost, currency),
            (say("What is left"), self.value.value, currency),
        ]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {"step": (say("Step"), "text"), "value": (say("Amount"), "unit:unit")}

    def table_caption(self) -> str:
        """Say what the steps are."""
        return self.refused or say("From the customers contacted to what the programme leaves.")


def profit(group: Reached, other: Reached, life: SecondLife, *, weight: float = 1.0) -> Student:
    """Return (returns of `group` - of `other`) x second life - `weight` x (cost of one - of the other), per customer.

    Notes
    -----
    Offers cost most for those who come back, so returns and costs are taken together, customer by customer.
    """
    value = life.before_cost
    net = [value.value * g.returned - weight * g.cost for g in (group, other)]
    rate = float(group.returned.mean() - other.returned.mean())
    known = max(np.ptp(net[0]), np.ptp(net[1])) > 0
    at = welch(*net) if known else Student(float(net[0].mean() - net[1].mean()), 0.0, 1.0)
    parts = [(at.se**2, at.df), ((rate * value.se) ** 2, life.monthly.df)]
    parts = [(variance, df) for variance, df in parts if variance > 0]
    se = float(np.sqrt(sum(variance for variance, _ in parts)))
    return Student(at.value, se, satterthwaite(parts) if parts else at.df)


def reached(tests: Campaign, arm: str | None = None) -> Reached:
    """Return who came back and what each cost: of one `arm`, all treated when None; the holdout costs nothing.

    `return_outcome` and the cost must be known (`missing`).
    """
    rows = tests.treated if arm is None else (tests.frame["arm"] == arm).to_numpy(dtype=bool)
    returned = tests.frame.loc[rows, tests.return_outcome].to_numpy(dtype=float)
    cost = np.zeros(returned.size) if arm == HOLDOUT else contact_costs(tests)[rows]
    known = np.isfinite(returned) & np.isfinite(cost)
    return Reached(returned[known], cost[known], int(rows.sum()))


def missing(tests: Campaign, life: SecondLife | None = None) -> str | None:
    """Return what is wanting before a profit of the campaign can be stated, or None."""
    if reason := unknown_cost(tests):
        return reason
    if life is not None and (reason := life.refusal):
        return say("Without the value of a second life nothing is stated. {reason}", reason=reason)
    return None


def too_small(groups: dict[str, Reached], min_group: int) -> str | None:
    """Return why groups, by what they are, cannot be compared, or None."""
    for what, group in groups.items():
        if group.returned.size < max(min_group, 2):
            return too_few(what, group.returned.size, max(min_group, 2))
    if all(np.ptp(group.returned) == 0 for group in groups.values()):
        return say(
            "Not stated: in each group all customers came back or none did, so nothing says how far a difference could "
            "be chance."
        )
    return None


def programme(tests: Campaign, life: SecondLife, *, fixed_cost: float = 0.0) -> Programme:
    """Return what the campaign leaves.

    Parameters
    ----------
    tests : Campaign
        With `return_outcome` and costs.
    life : SecondLife
        Its value before cost is what an extra return brings; its tail and months are those chosen there.
    fixed_cost : float
        What the programme cost beside contacts and offers, a positive amount.
    """
    if not 0 <= fixed_cost < np.inf:
        raise ParameterError(
            say(
                "fixed_cost: wanted what the programme costs beside contacts, 0 or more; got {got}.",
                got=fixed_cost,
            )
        )
    if reason := missing(tests, life):
        return Programme(tests, life, fixed_cost, None, None, reason)
    treated, holdout = reached(tests), reached(tests, HOLDOUT)
    groups = {say("customers contacted"): treated, say("customers in the holdout"): holdout}
    if reason := too_small(groups, tests.min_group):
        return Programme(tests, life, fixed_cost, None, None, reason)
    return Programme(tests, life, fixed_cost, treated, holdout, None)
