"""What a returned customer brings from the return on: the second lifetime value.

Estimand: sum over months k of 30 days since the return of m(k) (1 + r) ** (-30 k / 365), m(k) the mean margin of
reactivated customers in month k, less the cost of winning one back. The return itself is offset 0 and in month 1. Only
what comes from the first return on counts: nothing of the first life, whose customers had not left yet. Who lapses and
returns again is still in the second life. Every return counts as long as it is observed: one whose later months lie
beyond the data leaves at its last whole day, which is right as far as returns of all dates bring alike.

It is a mean over those who came back, by whatever cause. They are survivors, and who comes back because of a contact
may bring less; only a holdout shows that.

Source: the second lifetime value of Stauss and Friege (1999), J. of Service Research 1(4); mean cumulative function
with right-censoring, Lawless and Nadeau (1995), Technometrics 37.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, mark, money, number, percent, say, say_n
from retorno.reactivation.history import History
from retorno.reactivation.worth.monthly import Fade, Monthly, Valued
from retorno.reactivation.worth.returned import Returned, returned_by_month
from retorno.reactivation.worth.sensitivity import Sensitivity
from retorno.stats.student import Estimate

NONE, GEOMETRIC = "none", "geometric"

BEFORE_COST = Definition(
    "second_life.value.before_cost",
    label=mark("Second life of a returned customer, before win-back cost"),
    meaning=mark(
        "Mean margin of reactivated customers in each month of 30 days since their first return, discounted by "
        "annual_discount_rate for 30 k / 365 years and summed over second_life_months; with second_life_tail "
        "geometric also the months after these. Returns observed for a shorter time count as long as they are. Nothing "
        "of the first life counts; who lapses and returns again is still in the second. In the formula m(k) is the "
        "mean margin in month k, H second_life_months, r annual_discount_rate."
    ),
    unit="money per customer",
    sign=mark("Higher: a returned customer brings more, by whatever cause the customer came back."),
    formula=r"\sum_{k=1}^{H} \frac{m(k)}{(1 + r)^{30 k / 365}}",
)
VALUE = Definition(
    "second_life.value",
    label=mark("Second life of a returned customer"),
    meaning=mark(
        "second_life.value.before_cost less winback_cost, what winning one customer back costs. It is the mean over "
        "those who came back; who comes back because of a contact may bring less. In the formula m(k) is the mean "
        "margin of reactivated customers in month k of 30 days since the return, H second_life_months, r "
        "annual_discount_rate, c winback_cost."
    ),
    unit="money per customer",
    sign=mark("Positive: a returned customer brings more than the winning back costs."),
    formula=r"\sum_{k=1}^{H} \frac{m(k)}{(1 + r)^{30 k / 365}} - c",
    reference=0.0,
)
TAIL_SHARE = Definition(
    "second_life.tail_share",
    label=mark("Share of the second life beyond the observed months"),
    meaning=mark(
        "What the months after second_life_months would bring if margins went on falling at one pace, over all months "
        "together, discounted, before win-back cost. The pace q is read from the last half of the months. In "
        "the formula m is the margin of the last month H as the pace has it, V what months 1 to H bring, r "
        "annual_discount_rate, T what comes after them."
    ),
    unit="share of value",
    sign=mark("Higher: more of the value is an assumption about months nobody has observed."),
    formula=r"\frac{T}{V + T}, \quad T = \sum_{j=1}^{\infty} \frac{m \, q^j}{(1 + r)^{30 (H + j) / 365}}",
)
DEFINITIONS = (VALUE, BEFORE_COST, TAIL_SHARE)

VALUES = {
    "above": mark(
        "A returned customer brings {before} {over}; {net} is left after the {cost} it costs to win one back."
    ),
    "below": mark(
        "A returned customer brings {before} {over} and costs {cost} to win back: a loss of {net}."
    ),
    "undecided": mark(
        "A returned customer brings {before} {over} and costs {cost} to win back; the interval holds zero, so "
        "whether a second life pays for the winning back is undecided."
    ),
}
OVER = {
    NONE: mark("over {months} since the return, discounted"),
    GEOMETRIC: mark("from the return on without end, of which {months} are observed, discounted"),
}
SURVIVORS = mark(
    "This is the mean over those who came back, by whatever cause; those a contact brings back may be worth less."
)
SHARES = {
    NONE: mark(
        "If margins went on falling as they do, to {ratio} times the month before, {share} of a second life would lie "
        "beyond the {months} observed: it is not counted here."
    ),
    GEOMETRIC: mark(
        "{share} of the value lies beyond the {months} observed, and rests on margins going on to fall to {ratio} "
        "times the month before."
    ),
}
TITLES = {
    "above": mark("After its win-back cost a second life leaves {net} per customer"),
    "below": mark("After its win-back cost a second life loses {net} per customer"),
    "undecided": mark("Whether a second life pays for its win-back cost is undecided"),
}


@dataclass(frozen=True, slots=True)
class SecondLife:
    """What returned customers bring, month by month since the return.

    Attributes
    ----------
    returned : Returned
        Margin of each month counted, and whom it rests on.
    winback_cost : float or None
        Per returned customer, a positive amount.
    annual_discount_rate : float
    tail : str
        "none": the observed months alone; "geometric": a tail that falls at the pace of the last months.
    currency, level, min_group : str, float, int
    """

    returned: Returned
    winback_cost: float | None
    annual_discount_rate: float
    tail: str
    currency: str
    level: float
    min_group: int

    @property
    def unit(self) -> str:
        """Unit of a value: currency per customer."""
        return f"{self.currency} per customer"

    @property
    def refused(self) -> str | None:
        """Why nothing can be stated of any month, or None."""
        return self.returned.refused

    @property
    def monthly(self) -> Monthly:
        """Margins of the months; `refused` must be None."""
        return self.returned.monthly

    @property
    def n(self) -> int:
        """Customers who came back."""
        return self.returned.n

    @property
    def watched(self) -> np.ndarray:
        """Of them those observed to the end of each month."""
        return self.returned.watched

    @property
    def refusal(self) -> str | None:
        """Why no value can be stated, the tail that was asked for included, or None."""
        if self.refused or self.tail == NONE:
            return self.refused
        reason = self.monthly.no_fade(self.annual_discount_rate)
        return reason and say(
            "Not stated with the tail asked for (parameter second_life_tail: geometric): {reason}.",
            reason=reason,
        )

    @property
    def before_cost(self) -> Estimate:
        """Value of a second life before its cost; `refusal` must be None."""
        return self.valued(tail=self.tail == GEOMETRIC).total

    @property
    def fade(self) -> Fade | None:
        """The pace at which margins fall, None where none can be read."""
        if self.refused or self.monthly.no_fade(self.annual_discount_rate):
            return None
        return self.monthly.fade()

    def valued(self, *, tail: bool) -> Valued:
        """Return what the months come to, with the `tail` or without."""
        return self.monthly.value(self.annual_discount_rate, tail=tail)

    def findings(self) -> Findings:
        """State or refuse the value, that before cost and the share of the tail."""
        return Findings([self._value(), self._before(), self._share()])

    def _value(self) -> Finding:
        reason = self.refusal
        if reason is None and self.winback_cost is None:
            reason = say(
                "Not stated: what it costs to win one customer back is not known (parameter winback_cost)."
            )
        if reason:
            return VALUE.refuse(reason, n=self.n, unit=self.unit)
        before = self.before_cost
        net, interval = self._net(before)
        verdict = direction(interval)
        words = say(
            VALUES[verdict],
            before=self._money(before.value),
            over=self._over(),
            net=self._money(abs(net)),
            cost=self._money(self.winback_cost),
        )
        return self._state(VALUE, net, interval, f"{words} {say(SURVIVORS)}", verdict)

    def _before(self) -> Finding:
        if reason := self.refusal:
            return BEFORE_COST.refuse(reason, n=self.n, unit=self.unit)
        before = self.before_cost
        words = say(
            "A returned customer brings {before} {over}, before the cost of winning one back.",
            before=self._money(before.value),
            over=self._over(),
        )
        return self._state(BEFORE_COST, before.value, before.interval, words, None)

    def _share(self) -> Finding:
        reason = self.refused
        if reason is None and (why := self.monthly.no_fade(self.annual_discount_rate)):
            reason = say("Not stated: {why}.", why=why)
        if reason is None and self.valued(tail=True).share is None:
            reason = say("Not stated: the observed months together bring nothing above zero.")
        if reason:
            return TAIL_SHARE.refuse(reason, n=self.n)
        share, ratio = self.valued(tail=True).share, self.fade.ratio
        words = say(
            SHARES[self.tail],
            share=percent(share.value),
            ratio=number(ratio.value),
            months=self.months,
        )
        return TAIL_SHARE.state(
            share.value,
            words + caution(int(self.watched[-1])),
            interval=share.interval,
            level=self.level,
            n=self.n,
            method=say("pace from the last half of the months, delta method on log odds"),
        )

    def _state(self, definition, value, interval, sentence, verdict) -> Finding:
        return definition.state(
            value,
            sentence + caution(int(self.watched[-1])),
            interval=interval,
            level=self.level,
            unit=self.unit,
            n=self.n,
            method=say("mean cumulative function of the second life, influences by customer"),
            verdict=verdict,
        )

    @property
    def months(self) -> str:
        """The observed months in words."""
        return say_n("{n} month of 30 days", "{n} months of 30 days", len(self.watched))

    def _over(self) -> str:
        return say(OVER[self.tail], months=self.months)

    def _net(self, before: Estimate) -> tuple[float, tuple[float, float]]:
        cost = self.winback_cost
        return before.value - cost, (before.ci_low - cost, before.ci_high - cost)

    def _money(self, amount: float) -> str:
        return money(amount, self.currency)

    def sensitivity(self) -> Sensitivity:
        """Return the value under other tails, horizons and discount rates, as a table."""
        return Sensitivity(
            self.returned, self.annual_discount_rate, self.winback_cost, self.currency
        )

    def to_frame(self):
        """Return month, margin, bounds and customers observed to its end; then months of the tail, never observed."""
        import pandas as pd

        names = ["month", "margin", "ci_low", "ci_high", "customers", "observed"]
        if self.refused:
            return pd.DataFrame(columns=names)
        low, high = self.monthly.bounds
        k = len(self.watched)
        columns = (np.arange(1, k + 1), self.monthly.margin, low, high, self.watched)
        frame = pd.DataFrame(dict(zip(names, columns, strict=False))).assign(observed=True)
        if self.fade is None:
            return frame
        later = np.arange(1, max(3, (k + 1) // 2) + 1)
        fading = self.fade.last * self.fade.ratio.value**later
        tail = pd.DataFrame({"month": k + later, "margin": fading}).assign(observed=False)
        return pd.concat([frame, tail], ignore_index=True)

    def title(self) -> str:
        """Say what is left of a second life, or what it brings where the cost is not known."""
        if self.refusal:
            return say("What a second life is worth is not stated")
        if self.winback_cost is None:
            before = self._money(self.before_cost.value)
            return say("A second life brings {before} per customer", before=before)
        net, interval = self._net(self.before_cost)
        return say(TITLES[direction(interval)], net=self._money(abs(net)))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean margin per returned customer in each month since the return, {currency}",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say what points, bars and the dashed line are, and whom they rest on."""
        if self.refused:
            return self.refused
        words = say(
            "Months of 30 days; month 1 holds the purchase of the return itself. {n} customers came back, {left} of "
            "them are observed to the end of month {last}; the others count as long as they are. Bars are {level} "
            "intervals by customer, not discounted. A further lapse and return is still the second life.",
            n=integer(self.n),
            left=integer(self.watched[-1]),
            last=integer(len(self.watched)),
            level=percent(self.level, 0),
        )
        if self.refusal:
            words += " " + self.refusal
        elif self.fade:
            dashed = {
                NONE: mark(
                    "The dashed line goes on at {ratio} times the month before; it is not counted."
                ),
                GEOMETRIC: mark(
                    "The dashed line goes on at {ratio} times the month before; it is counted."
                ),
            }
            words += " " + say(dashed[self.tail], ratio=number(self.fade.ratio.value))
        return f"{words} {say(SURVIVORS)}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        return say(
            "Points in their intervals, from {first} in month 1 to {end} in month {last}.",
            first=self._money(self.monthly.margin[0]),
            end=self._money(self.monthly.margin[-1]),
            last=integer(len(self.watched)),
        )


def second_life(
    history: History,
    *,
    winback_cost: float | None = None,
    annual_discount_rate: float = 0.10,
    second_life_months: int | None = None,
    second_life_tail: str = NONE,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> SecondLife:
    """Return what returned customers bring from their first return on.

    Parameters
    ----------
    history : History
        With `measure` "margin"; of revenue no value is stated.
    winback_cost : float, optional
        What winning one customer back costs, a positive amount.
    annual_discount_rate : float
        A fraction a year, above -1; month k lies 30 k / 365 years away.
    second_life_months : int, optional
        Months of 30 days since the return, 1 or more; when not given the last month to whose end 30 returned customers
        are observed, or `min_group` where no month has 30.
    second_life_tail : str
        "none": these months alone; "geometric": the months after them too.
    """
    _check(winback_cost, annual_discount_rate, second_life_months, second_life_tail)
    return SecondLife(
        returned_by_month(history, second_life_months, level=level, min_group=min_group),
        winback_cost,
        annual_discount_rate,
        second_life_tail,
        currency,
        level,
        min_group,
    )


def _check(winback_cost, annual_discount_rate, months, tail) -> None:
    checks = (
        (
            winback_cost is None or 0 <= winback_cost < np.inf,
            mark(
                "winback_cost: wanted what winning one customer back costs, 0 or more; got {got}."
            ),
            winback_cost,
        ),
        (
            -1 < annual_discount_rate < np.inf,
            mark("annual_discount_rate: wanted a fraction above -1; got {got}."),
            annual_discount_rate,
        ),
        (
            months is None or (months >= 1 and months == int(months)),
            mark("second_life_months: wanted a whole number of months, 1 or more; got {got}."),
            months,
        ),
        (
            tail in (NONE, GEOMETRIC),
            mark('second_life_tail: wanted "none" or "geometric"; got {got!r}.'),
            tail,
        ),
    )
    for holds, message, got in checks:
        if not holds:
            raise ParameterError(say(message, got=got))
