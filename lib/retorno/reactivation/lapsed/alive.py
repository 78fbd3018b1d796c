"""Who is still a customer by BG/NBD: a probability from how often and how recently each has bought.

Estimand: the four parameters of the law of purchase and dropout over customers, and the share of the customers that
is alive on the last day of the data. Identified by the law itself: gamma rates, beta dropout after a repeat purchase,
both unchanging and independent of each other. One-time buyers are alive with probability 1 whatever the silence: the
law knows no dropout before a first repeat purchase, so it cannot call any of them lapsed.

Source: Fader, Hardie and Lee (2005), Marketing Science 24, 275-284.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.reactivation.history import History
from retorno.reactivation.lapsed.rhythm import seen_by
from retorno.stats.bgnbd import (
    BGNBD,
    NO_DROPOUT,
    OTHER,
    PARAMETERS,
    SAME_DROPOUT,
    SAME_RATE,
    FittedBGNBD,
    NoMaximum,
    fit_bgnbd,
)
from retorno.stats.student import Estimate

WEEK = 7
REPEATS = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 9), (10, None))  # rows of the table

LAW = mark(
    "While alive, a customer buys at a rate of its own, lambda, gamma distributed over customers with shape r and "
    "rate alpha; after each repeat purchase it drops out for good with a chance of its own, p, beta distributed (B) "
    "with parameters a and b. Time is in weeks, a purchase is a day. Fitted by maximum likelihood to the customers "
    "new in the data."
)
R = Definition(
    "lapse.bgnbd.r",
    label=mark("BG/NBD: r, shape of the purchase rates"),
    meaning=LAW,
    unit="shape",
    sign=mark("Higher: customers differ less in how often they buy."),
    formula=r"\lambda \sim \Gamma(r, \alpha)",
)
ALPHA = Definition(
    "lapse.bgnbd.alpha",
    label=mark("BG/NBD: alpha, rate of the purchase rates"),
    meaning=LAW,
    unit="weeks",
    sign=mark(
        "Higher, at the same r: customers buy less often. The mean rate is r / alpha a week."
    ),
    formula=r"\lambda \sim \Gamma(r, \alpha)",
)
A = Definition(
    "lapse.bgnbd.a",
    label=mark("BG/NBD: a, of the chance to drop out"),
    meaning=LAW,
    unit="shape",
    sign=mark("Higher, at the same b: customers drop out sooner. The mean chance is a / (a + b)."),
    formula=r"p \sim B(a, b)",
)
B = Definition(
    "lapse.bgnbd.b",
    label=mark("BG/NBD: b, of the chance to drop out"),
    meaning=LAW,
    unit="shape",
    sign=mark("Higher, at the same a: customers drop out later."),
    formula=r"p \sim B(a, b)",
)
ALIVE_SHARE = Definition(
    "lapse.alive_share",
    label=mark("Share of customers alive on the last day, BG/NBD"),
    meaning=mark(
        "Mean over all n customers of the probability to be alive (A) on the last day of the data, given the x repeat "
        "purchases of a customer, the week t of the last of them and the weeks T since the first purchase, weeks "
        "counted from the first purchase. It is 1 for one-time buyers. The interval holds the error of the parameters "
        "and the chance by which customers of a given probability are alive, and takes the law as true."
    ),
    unit="share of customers",
    sign=mark("Higher: more of the customers are still there."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} P(A_i \mid x_i, t_i, T_i)",
)
DEFINITIONS = (R, ALPHA, A, B, ALIVE_SHARE)

SENTENCES = {
    "r": mark(
        "Purchase rates have shape r = {value}; the mean customer alive buys {rate} times a week."
    ),
    "alpha": mark("Purchase rates have rate alpha = {value} weeks."),
    "a": mark(
        "The chance to drop out has a = {value}; after a repeat purchase the mean customer is gone with a chance of "
        "{chance}."
    ),
    "b": mark("The chance to drop out has b = {value}."),
}
NO_FIT = {
    NO_DROPOUT: mark(
        "Not stated: BG/NBD has no best fit to the {n} customers new in the data, {repeat} of whom bought again: it "
        "fits the better, the fewer are taken to drop out. Longer data, in which customers stop, are needed."
    ),
    SAME_DROPOUT: mark(
        "Not stated: BG/NBD has no best fit to the {n} customers new in the data, {repeat} of whom bought again: it "
        "fits the better, the more alike they are taken to be in their chance to drop out. More customers or longer "
        "data are needed."
    ),
    SAME_RATE: mark(
        "Not stated: BG/NBD has no best fit to the {n} customers new in the data, {repeat} of whom bought again: it "
        "fits the better, the more alike they are taken to be in how often they buy. More customers or longer data "
        "are needed."
    ),
    OTHER: mark(
        "Not stated: BG/NBD has no best fit to the {n} customers new in the data, {repeat} of whom bought again: its "
        "parameters run off without end. More customers or longer data are needed."
    ),
}


@dataclass(frozen=True, slots=True)
class Kinds:
    """Customers counted by their three numbers, arrays of shape (n_kinds,); weeks are days / 7.

    Attributes
    ----------
    x, t_x, age : ndarray
        As in `fit_bgnbd`, in weeks, from the first purchase that was seen.
    n : ndarray of int
        Customers of the kind.
    known : ndarray of bool
        Their first purchase can be taken for the first ever.
    """

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    n: np.ndarray
    known: np.ndarray

    def fit(self, min_group: int) -> tuple[BGNBD | None, str | None]:
        """Return the law fitted to the kinds that are `known`, and why it is not to be stated.

        A law on the edge of what the parameters can be sorts customers, but its parameters are no estimates.
        """
        x, t_x, age, n = (values[self.known] for values in (self.x, self.t_x, self.age, self.n))
        repeat, least = int(n[x > 0].sum()), max(1, min_group)
        if repeat < least:
            what = say("customers new in the data who bought on more than one day")
            return None, too_few(what, repeat, least)
        try:
            return fit_bgnbd(x, t_x, age, n), None
        except NoMaximum as none:
            words = {"n": integer(n.sum()), "repeat": integer(repeat)}
            return none.law, say(NO_FIT[none.edge], **words)

    def p_alive(self, law: BGNBD) -> np.ndarray:
        """Return P(alive) of each kind."""
        return law.p_alive(self.x, self.t_x, self.age)


@dataclass(frozen=True, slots=True)
class Alive:
    """The law fitted to the customers, and who is alive by it; or why not (`refused`).

    Attributes
    ----------
    kinds : Kinds
    law : FittedBGNBD or None
    share : Estimate or None
        Of all customers, alive on the last day.
    lapse_days : int
        The threshold in use.
    level : float
    """

    kinds: Kinds
    lapse_days: int
    level: float
    law: FittedBGNBD | None = None
    share: Estimate | None = None
    refused: str | None = None

    @property
    def customers(self) -> int:
        """All customers."""
        return int(self.kinds.n.sum())

    @property
    def fitted(self) -> int:
        """Customers the law was fitted to."""
        return int(self.kinds.n[self.kinds.known].sum())

    def findings(self) -> Findings:
        """State or refuse the four parameters and the share alive."""
        if self.refused:
            return Findings(d.refuse(self.refused, n=self.fitted) for d in DEFINITIONS)
        parameters = zip((R, ALPHA, A, B), PARAMETERS, strict=True)
        return Findings([*(self._parameter(*one) for one in parameters), self._share()])

    def _parameter(self, definition: Definition, name: str) -> Finding:
        value, law = self.law.parameter(name, level=self.level), self.law
        text = say(
            SENTENCES[name],
            value=number(value.value, 3),
            rate=number(law.r / law.alpha, 3),
            chance=percent(law.a / (law.a + law.b)),
        )
        return definition.state(
            value.value,
            text + caution(self.fitted),
            interval=value.interval,
            level=self.level,
            n=self.fitted,
            method=say("maximum likelihood, log interval"),
        )

    def _share(self) -> Finding:
        once = int(self.kinds.n[self.kinds.x == 0].sum())
        text = say(
            "By BG/NBD {share} of the {n} customers are alive on the last day of the data. {once} of them bought once "
            "only ({part}): these count as alive with probability 1, however long they have been silent.",
            share=percent(self.share.value),
            n=integer(self.customers),
            once=integer(once),
            part=percent(once / self.customers),
        )
        if self.fitted < self.customers:
            text += " " + say(
                "The law was fitted to the {fitted} customers new in the data; for the others their first purchase "
                "seen stands for the first ever (parameter first_purchase_known).",
                fitted=integer(self.fitted),
            )
        return ALIVE_SHARE.state(
            self.share.value,
            text + caution(self.fitted),
            interval=self.share.interval,
            level=self.level,
            n=self.customers,
            method=say("BG/NBD, delta method, logit interval"),
        )

    def to_frame(self):
        """Return repeats, customers, alive, lapsed: P(alive) beside the threshold in use; no rows when refused."""
        import pandas as pd

        k, rows = self.kinds, []
        for low, high in () if self.refused else REPEATS:
            here = (k.x >= low) & (k.x <= (np.inf if high is None else high))
            n = k.n[here]
            if n.sum():
                silent = np.rint((k.age - k.t_x)[here] * WEEK) > self.lapse_days
                alive = n @ k.p_alive(self.law)[here] / n.sum()
                rows.append((_range(low, high), n.sum(), alive, n @ silent / n.sum()))
        return pd.DataFrame(rows, columns=["repeats", "customers", "alive", "lapsed"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "repeats": (say("Purchases after the first"), "text"),
            "customers": (say("Customers"), "count"),
            "alive": (say("Alive by BG/NBD"), "share"),
            "lapsed": (say("Lapsed by the threshold in use"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of purchases holds."""
        if self.refused:
            return self.refused
        return say(
            "Customers by the number of their purchases after the first: mean probability to be alive on the last day "
            "of the data, and the share silent for more than {days}, the threshold in use. BG/NBD lets nobody drop "
            "out before a second purchase.",
            days=say_n("{n} day", "{n} days", self.lapse_days),
        )


def _range(low: int, high: int | None) -> str:
    if high is None:
        return say("{low} or more", low=integer(low))
    if low == high:
        return integer(low)
    return say("{low} to {high}", low=integer(low), high=integer(high))


def kinds_of(history: History, frame, day: int) -> Kinds:
    """Return the kinds of customers in a frame of orders, first, last and n, seen by `day`.

    Whose first purchase seen is the first ever is decided as in `first_purchases`.
    """
    first, last = frame["first"].to_numpy(), frame["last"].to_numpy()
    return Kinds(
        x=frame.orders.to_numpy() - 1,
        t_x=(last - first) / WEEK,
        age=(day - first) / WEEK,
        n=frame.n.to_numpy(),
        known=(first > history.lapse_days) | history.first_purchase_known,
    )


def customers_alive(history: History, *, level: float = 0.95, min_group: int = 5) -> Alive:
    """Fit BG/NBD to the customers new in the data, and return who of all is alive on the last day.

    Parameters
    ----------
    history : History
    level : float
        Coverage of the intervals, 0.95 is 95 %.
    min_group : int
        Fewest customers that bought again.
    """
    c = seen_by(history, history.last)
    counts = c.group_by("orders", "first", "last").aggregate(n=c.count())
    frame = counts.order_by("orders", "first", "last").execute()
    kinds = kinds_of(history, frame, history.last)
    law, reason = kinds.fit(min_group)
    common = (kinds, history.lapse_days, level)
    if reason:
        return Alive(*common, refused=reason)
    share = law.alive_share(kinds.x, kinds.t_x, kinds.age, kinds.n, level=level)
    return Alive(*common, law, share)
