"""What a returned customer is worth in a window, beside a new one; and like for like, at the second purchase.

Estimand: mean value per customer on offsets 0 to W-1, offset 0 being the aligned purchase, before acquisition and
win-back cost; reactivated over new. It describes two groups of people. It is no effect: those who return are
survivors, who have bought before and did not vanish for good. Like for like compares everybody at the second purchase,
after a gap beyond the lapse and after a shorter one, so that this survivorship is gone; who falls silent for long is
still not a matter of chance.
"""

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import integer, mark, money, say
from retorno.reactivation.curves.aligned import MEASURES, Aligned, align
from retorno.reactivation.history import History, first_purchases, reactivations, second_purchases

NEW = Definition(
    "window.new.value",
    label=mark("Value of the window, new customers"),
    meaning=mark(
        "Mean value of the first window_days days of a new customer, offset 0 being the first purchase, "
        "over new customers whose whole window lies inside the data; before acquisition cost. New: the "
        "first purchase lies more than lapse_days days after the first day of the data, or "
        "first_purchase_known is set. In the formula y is the value of window i on offset s, n the windows, "
        "W window_days."
    ),
    unit="money per customer",
    sign=mark("Higher: a new customer brings more."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \sum_{s=0}^{W-1} y_{is}",
)
REACTIVATED = Definition(
    "window.reactivated.value",
    label=mark("Value of the window, reactivated customers"),
    meaning=mark(
        "Mean value of the window_days days from a reactivation, offset 0 being the purchase that ends "
        "the lapse, over reactivated customers whose whole window lies inside the data; before win-back "
        "cost. In the formula y is the value of window i on offset s, n the windows, W window_days."
    ),
    unit="money per customer",
    sign=mark("Higher: a returned customer brings more."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \sum_{s=0}^{W-1} y_{is}",
)
RATIO = Definition(
    "window.ratio",
    label=mark("Value of the window, reactivated over new"),
    meaning=mark(
        "window.reactivated.value divided by window.new.value. In the formula V is the value of the "
        "window, R the reactivated, N the new customers."
    ),
    unit="ratio",
    sign=mark("Above 1: the returned bring more than the new. It says nothing about why."),
    formula=r"\frac{\bar V_R}{\bar V_N}",
    reference=1.0,
    speaks_to=(Speaks("reactivation_more_profitable_than_new", holds="above"),),
)
DIFFERENCE = Definition(
    "curve.reactivated.minus_new",
    label=mark("Value of the window, reactivated minus new"),
    meaning=mark(
        "Difference of the mean cumulative curves at the last offset, window_days - 1. In the formula V is "
        "the value of the window, R the reactivated, N the new customers."
    ),
    unit="money per customer",
    sign=mark("Positive: the returned bring more than the new."),
    formula=r"\bar V_R - \bar V_N",
    reference=0.0,
)
LIKE_FOR_LIKE = Definition(
    "window.like_for_like.ratio",
    label=mark(
        "Value of the window from the second purchase, after a long silence over after a short one"
    ),
    meaning=mark(
        "Mean value of full windows aligned at a customer's second purchase in the data: customers whose "
        "gap before it exceeded lapse_days, over customers whose gap did not. Everybody compared has "
        "bought exactly twice by then. In the formula V is the value of the window, L lapse_days, and the "
        "index says how long the gap was."
    ),
    unit="ratio",
    sign=mark("Above 1: at the same purchase number, those who had lapsed bring more."),
    formula=r"\frac{\bar V_{> L}}{\bar V_{\leq L}}",
    reference=1.0,
    speaks_to=(Speaks("reactivation_more_profitable_than_new", holds="above"),),
)
IN_LABELS = (mark("new"), mark("reactivated"))
DEFINITIONS = (NEW, REACTIVATED, RATIO, DIFFERENCE, LIKE_FOR_LIKE)

VALUES = (
    mark("{count} new customers brought a mean {measure} of {value} in their first {window} days."),
    mark(
        "{count} customers brought a mean {measure} of {value} in the {window} days from their return."
    ),
)
RATIOS = {
    "above": mark(
        "Returned customers bring {times} times what new ones bring: more, but they are survivors, and "
        "this is no effect of winning them back."
    ),
    "below": mark("Returned customers bring {times} times what new ones bring: less."),
    "undecided": mark(
        "Returned customers bring {times} times what new ones bring; the interval holds 1, so which of "
        "the two bring more is undecided."
    ),
}
DIFFERENCES = {
    "above": mark(
        "By the end of the window a returned customer has brought {more} more than a new one."
    ),
    "below": mark(
        "By the end of the window a returned customer has brought {more} less than a new one."
    ),
    "undecided": mark(
        "By the end of the window returned and new customers lie {more} apart; the interval holds zero."
    ),
}
TITLES = {
    "above": mark("Returned customers end the window {apart} ahead of new ones"),
    "below": mark("Returned customers end the window {apart} behind new ones"),
    "undecided": mark("Returned and new customers end the window too close to tell apart"),
}
SECOND_RATIOS = {
    "above": mark(
        "From the second purchase seen in the data on, customers silent for more than {days} days before "
        "it bring {times} times what the others bring: more, at the same purchase number."
    ),
    "below": mark(
        "From the second purchase seen in the data on, customers silent for more than {days} days before "
        "it bring {times} times what the others bring: less, at the same purchase number."
    ),
    "undecided": mark(
        "From the second purchase seen in the data on, customers silent for more than {days} days before "
        "it bring {times} times what the others bring; the interval holds 1, so no difference is shown."
    ),
}
SECOND_TITLES = {
    "above": mark("At the second purchase, those who had lapsed end the window {apart} ahead"),
    "below": mark("At the second purchase, those who had lapsed end the window {apart} behind"),
    "undecided": mark(
        "At the second purchase, those who had lapsed bring neither clearly more nor less"
    ),
}


class Windows(Aligned):
    """New customers, the reference, against reactivated ones."""

    __slots__ = ()
    groups = ("new", "reactivated")
    labels = (mark("New"), mark("Reactivated"))
    titles = TITLES
    since = mark("the first purchase or the return")

    def findings(self) -> Findings:
        """State or refuse the value of each group, their ratio and their difference."""
        return Findings(
            [
                self._value(NEW, 0),
                self._value(REACTIVATED, 1),
                self.ratio_finding(RATIO, RATIOS),
                self._difference(),
            ]
        )

    def _value(self, definition: Definition, group: int) -> Finding:
        if reason := self.refusal(group):
            return definition.refuse(reason, n=self.n[group], unit=self.unit)
        estimate = self.full.one(group, level=self.level)
        sentence = say(
            VALUES[group],
            window=integer(self.window_days),
            count=integer(self.n[group]),
            measure=say(MEASURES[self.measure]),
            value=money(estimate.value, self.currency),
        )
        return definition.state(
            estimate.value,
            sentence + caution(self.n[group]),
            interval=estimate.interval,
            level=self.level,
            unit=self.unit,
            n=self.n[group],
            method=say("mean over full windows, t interval by customer"),
        )

    def _difference(self) -> Finding:
        if reason := self.refusal(0, 1):
            return DIFFERENCE.refuse(reason, n=sum(self.n), unit=self.unit)
        estimate = self.difference
        verdict = direction(estimate.interval)
        more = money(abs(estimate.value), self.currency)
        return DIFFERENCE.state(
            estimate.value,
            say(DIFFERENCES[verdict], more=more) + caution(min(self.n)),
            interval=estimate.interval,
            level=self.level,
            unit=self.unit,
            n=sum(self.n),
            method=say("difference of means, t interval from joint influence by customer"),
            verdict=verdict,
        )


def new_against_reactivated(history: History, **options) -> Windows:
    """Compare the windows of new and reactivated customers; `options` are those of `align`."""
    new, back = first_purchases(history).mutate(group=0), reactivations(history).mutate(group=1)
    return align(Windows, history, new.union(back), **options)


class SecondPurchase(Aligned):
    """Windows from the second purchase: after a short silence, the reference, against after a long one."""

    __slots__ = ()
    groups = ("short", "long")
    labels = (mark("After a short silence"), mark("After a long silence"))
    titles = SECOND_TITLES
    since = mark("the second purchase")

    def findings(self) -> Findings:
        """State or refuse the ratio."""
        days = integer(self.lapse_days)
        return Findings([self.ratio_finding(LIKE_FOR_LIKE, SECOND_RATIOS, days=days)])


def like_for_like(history: History, **options) -> SecondPurchase:
    """Compare windows from the second purchase on; `options` are those of `align`."""
    return align(SecondPurchase, history, second_purchases(history), **options)
