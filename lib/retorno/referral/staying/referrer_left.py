"""Do the referred stay only as long as the one who brought them?

Estimand: among referred customers whose referrer is known, the hazard of leaving after the referrer left over that of
referred customers as long with the firm whose referrer was still there. A referrer's leaving counts from the day after
it happened: up to that day its customer counts as one with a referrer. Comparing customers whose referrer ever left
with the rest would be wrong: to see the referrer leave one must have stayed till then, and that time without leaving
(immortal time) would be credited to a referrer's absence.

It is no effect of the referrer: people who know each other are alike and meet the same reasons to leave.

Sources: Van den Bulte, Bayer, Skiera and Schmitt (2018), J. of Marketing Research 55, 132-146, for the question;
Andersen and Gill (1982) for the rows, see `retorno.stats.cox`; Suissa (2008), American J. of Epidemiology 167,
492-499, for immortal time. Errors by referrer, who may have brought several.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.referral.tenure import MONTH_DAYS
from retorno.stats.cox import Cox, cox
from retorno.stats.student import Estimate

LEFT = Definition(
    "retention.referrer_left.hazard_ratio",
    label=mark("Hazard of leaving after the referrer left, over before"),
    meaning=mark(
        "Among referred customers whose referrer is known: hazard of leaving from the day after the referrer left, "
        "over that of those as long with the firm whose referrer had not left. Cox's model, being without referrer as "
        "a covariate that changes with time. In the formula h is the hazard t days after joining, A those whose "
        "referrer has left by then, B those whose referrer has not; beta makes the partial likelihood largest."
    ),
    unit="ratio",
    sign=mark("Above 1: once the referrer has left, the referred are more likely to leave next."),
    formula=r"\frac{h_A(t)}{h_B(t)} = e^{\beta}",
    reference=1.0,
)
DEFINITIONS = (LEFT,)

SENTENCES = {
    "above": mark(
        "{seen} From then on their hazard of leaving was {times} times that of customers as long with the firm whose "
        "referrer was still there: {change} higher. Do they stay only as long as the referrer stays? It would look "
        "like this; so it would if both are alike, or met the same reason to leave."
    ),
    "below": mark(
        "{seen} From then on their hazard of leaving was {times} times that of customers as long with the firm whose "
        "referrer was still there: {change} lower. Do they stay only as long as the referrer stays? It does not look "
        "like it."
    ),
    "undecided": mark(
        "{seen} From then on their hazard of leaving was {times} times that of customers as long with the firm whose "
        "referrer was still there; the interval holds 1, so no difference is shown. Do they stay only as long as the "
        "referrer stays? The data do not say."
    ),
}
BEFORE, AFTER = False, True
WHEN = {BEFORE: mark("Referrer still there"), AFTER: mark("Referrer has left")}


@dataclass(frozen=True, slots=True)
class ReferrerLeft:
    """Leaving before and after the referrer left.

    Attributes
    ----------
    model : Cox or None
        Of the referrer having left; errors by referrer.
    n, left, days : dict of bool to int
        By whether the referrer had left (`AFTER`) or not (`BEFORE`): customers under observation so, those of them
        who left so, days of observation. A customer can count in both.
    customers, referrers : int
        Referred customers whose referrer is known; the referrers.
    unknown : int
        Referred customers whose referrer is not known.
    refused : str or None
        Why there is no ratio.
    level : float
    """

    model: Cox | None
    n: dict[bool, int]
    left: dict[bool, int]
    days: dict[bool, int]
    customers: int
    referrers: int
    unknown: int
    refused: str | None
    level: float

    @property
    def ratio(self) -> Estimate | None:
        """Hazard of leaving, after the referrer left over before."""
        return None if self.model is None else self.model.ratio(level=self.level)

    def findings(self) -> Findings:
        """State or refuse the ratio."""
        return Findings([self._ratio()])

    def _ratio(self) -> Finding:
        if self.refused:
            return LEFT.refuse(self.refused, n=self.customers)
        ratio = self.ratio
        verdict = direction(ratio.interval, 1.0)
        seen = say_n(
            "Of {n} referred customer whose referrer is known, {after} were customers after the referrer had left.",
            "Of {n} referred customers whose referrer is known, {after} were customers after the referrer had left.",
            self.customers,
            after=integer(self.n[AFTER]),
        )
        sentence = say(
            SENTENCES[verdict],
            seen=seen,
            times=number(ratio.value),
            change=percent(abs(ratio.value - 1)),
        )
        return LEFT.state(
            ratio.value,
            sentence + caution(min(self.left.values())),
            interval=ratio.interval,
            level=self.level,
            n=self.customers,
            method=say_n(
                "Cox's model, referrer left as a covariate that changes with time, errors by {n} referrer",
                "Cox's model, referrer left as a covariate that changes with time, errors by {n} referrers",
                self.referrers,
            ),
            verdict=verdict,
        )

    def to_frame(self):
        """Return when, customers, customer months, left, left per 100 customer months."""
        import pandas as pd

        rows = []
        for when, name in WHEN.items():
            months = self.days[when] / MONTH_DAYS
            pace = 100 * self.left[when] / months if months else None
            rows.append((say(name), self.n[when], round(months), self.left[when], pace))
        names = ["when", "customers", "customer_months", "left", "left_per_100_months"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "when": (say("Of referred customers"), "text"),
            "customers": (say("Customers"), "count"),
            "customer_months": (say("Customer months"), "count"),
            "left": (say("Left"), "count"),
            "left_per_100_months": (say("Left per 100 customer months"), "number"),
        }

    def table_caption(self) -> str:
        """Say how customers count, and of how many the referrer is not known."""
        words = say(
            "Referred customers whose referrer is known, by whether the referrer had left. Who saw the referrer leave "
            "counts above until that day and below from the next on; the paces mix young and old tenure, the hazard "
            "ratio compares at equal tenure."
        )
        if not self.unknown:
            return words
        return (
            words
            + " "
            + say_n(
                "Of {n} more referred customer the referrer is not known.",
                "Of {n} more referred customers the referrer is not known.",
                self.unknown,
            )
        )


def referrer_left(links, *, level: float = 0.95, min_group: int = 5) -> ReferrerLeft:
    """Return how the referred leave before and after their referrer left.

    Parameters
    ----------
    links : Links
        Who brought whom, and the tenure of all.
    """
    tenure = links.tenure
    child = np.flatnonzero(links.referrer >= 0)
    parent = links.referrer[child]
    rows = split(
        tenure.days[child], tenure.left[child], tenure.entry[child], _since(tenure, child, parent)
    )
    n, left, days = (
        {when: int(part[rows.after == when].sum()) for when in WHEN}
        for part in (np.ones(rows.after.size), rows.ended, rows.stop - rows.start)
    )
    model, refused = None, None
    fewest = min((AFTER, BEFORE), key=left.get)
    if left[fewest] < max(min_group, 1):
        words = {
            AFTER: mark("referred customers who left after their referrer had left"),
            BEFORE: mark("referred customers who left while their referrer was still there"),
        }
        refused = too_few(say(words[fewest]), left[fewest], min_group)
    else:
        model, refused = _fitted(rows, parent)
    return ReferrerLeft(
        model,
        n,
        left,
        days,
        customers=int(child.size),
        referrers=int(np.unique(parent).size),
        unknown=int(tenure.referred.sum() - child.size),
        refused=refused,
        level=level,
    )


def _since(tenure, child, parent) -> np.ndarray:
    """Return the days from joining to the referrer's leaving, infinite where that was not seen; may be negative."""
    gone = tenure.joined[parent] + tenure.days[parent] - tenure.joined[child]
    return np.where(tenure.left[parent], gone, np.inf)


@dataclass(frozen=True, slots=True)
class Rows:
    """Spans of observation: from the day after `start` (from 0 on where that is 0) to `stop`.

    Attributes
    ----------
    start, stop, ended, after, unit : ndarray, shape (n_rows,)
        Days from joining; whether the unit left at `stop`; whether the referrer had left; position of the unit.
    """

    start: np.ndarray
    stop: np.ndarray
    ended: np.ndarray
    after: np.ndarray
    unit: np.ndarray


def split(days, left, entry, since) -> Rows:
    """Return what each customer lived before and after day `since` of tenure, as rows.

    Parameters
    ----------
    days, left, entry : array_like, shape (n,)
        As in `Tenure`.
    since : array_like of float, shape (n,)
        Day of tenure on which the referrer left; infinite when not seen, negative when before joining. The day
        itself is before.
    """
    days, left, entry = np.asarray(days), np.asarray(left, dtype=bool), np.asarray(entry)
    since = np.asarray(since, dtype=float)
    unit = np.arange(days.size)
    ever = since < days
    # A referrer who left before the customer joined or came into sight was never there: one row, all of it after.
    seen = (since > entry) | ((entry == 0) & (since == 0))
    before, after = unit[~ever | seen], unit[ever]
    # A row that starts at 0 is at risk on day 0, which is before where the referrer left on it.
    begin = np.where(since == 0, 0.5, np.maximum(since, entry))
    start = np.concatenate([entry[before], begin[after]])
    return Rows(
        start=start.astype(float),
        stop=np.concatenate([np.minimum(days, since)[before], days[after]]).astype(float),
        ended=np.concatenate([(left & ~ever)[before], left[after]]),
        after=np.concatenate([np.zeros(before.size, bool), np.ones(after.size, bool)]),
        unit=np.concatenate([before, after]),
    )


def _fitted(rows: Rows, parent) -> tuple[Cox | None, str | None]:
    """Return the model, or why there is none."""
    try:
        model = cox(
            rows.stop,
            rows.ended,
            rows.after[:, None].astype(float),
            entry=rows.start,
            cluster=parent[rows.unit],
        )
    except ValueError:
        return None, say(
            "Not stated: at no day of tenure on which a customer left were customers with and without their referrer "
            "both there, or they left in one fixed order, so that the ratio has no finite value."
        )
    return model, None
