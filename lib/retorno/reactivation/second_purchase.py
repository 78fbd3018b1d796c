"""Like for like: what customers bring from their second purchase on, after a long silence or a short one.

Estimand: mean value on offsets 0 to W-1 from the second purchase, after a gap beyond the lapse over after a shorter
one. Everybody compared has bought exactly twice, so the survivorship that favours the returned over the new is gone;
who falls silent for long is still not a matter of chance.
"""

from retorno.findings import Definition, Findings
from retorno.language import integer, mark
from retorno.reactivation.aligned import Aligned, align
from retorno.reactivation.history import History

LIKE_FOR_LIKE = Definition(
    "window.like_for_like.ratio",
    label=mark(
        "Value of the window from the second purchase, after a long silence over after a short one"
    ),
    meaning=mark(
        "Mean value of full windows aligned at a customer's second purchase in the data: customers whose "
        "gap before it exceeded lapse_days, over customers whose gap did not. Everybody compared has "
        "bought exactly twice by then."
    ),
    unit="ratio",
    sign=mark("Above 1: at the same purchase number, those who had lapsed bring more."),
)
DEFINITIONS = (LIKE_FOR_LIKE,)

RATIOS = {
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
TITLES = {
    "above": mark("At the second purchase, those who had lapsed end the window ahead"),
    "below": mark("At the second purchase, those who had lapsed end the window behind"),
    "undecided": mark(
        "At the second purchase, those who had lapsed bring neither clearly more nor less"
    ),
}


class SecondPurchase(Aligned):
    """Windows from the second purchase: after a short silence, the reference, against after a long one."""

    __slots__ = ()
    groups = ("short", "long")
    labels = (mark("After a short silence"), mark("After a long silence"))
    titles = TITLES

    def findings(self) -> Findings:
        """State or refuse the ratio."""
        days = integer(self.lapse_days)
        return Findings([self.ratio_finding(LIKE_FOR_LIKE, RATIOS, days=days)])


def like_for_like(history: History, *, window_days: int, **options) -> SecondPurchase:
    """Compare windows from the second purchase on; `options` are those of `align`."""
    purchases = history.purchases
    second = purchases.filter(purchases.order == 2)
    starts = second.select(
        "customer_id", "day", group=(second.gap > history.lapse_days).cast("int8")
    )
    return align(SecondPurchase, history, starts, window_days=window_days, **options)
