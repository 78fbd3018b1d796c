"""Two quantities, two sentences: "18 % lower hazard" is not "18 % more likely to stay".

The same two curves give several numbers. A hazard ratio compares, among those still there, who leaves next; a ratio
of shares compares how many are left at one time; points are their difference; months are the area between the curves.
Each has its sentence, and none is another's. All are crude.

Source: Greenwood's errors of both shares, on the log scale for their ratio; groups are independent.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import DIFFERENCE, mark, percent, quantity, say
from retorno.referral.staying.hazard import with_late
from retorno.referral.staying.restricted import MEAN, Restricted, months, nobody_left
from retorno.referral.staying.retention import HAZARD, Retention
from retorno.referral.tenure import NAMES, OTHER, REFERRED
from retorno.stats.student import Estimate

BOTH = mark(
    "Of the Kaplan-Meier shares still there horizon_months after joining, S of the referred (R) and of the others (O), "
    "groups taken as independent."
)
RATIO = Definition(
    "retention.share_ratio",
    label=mark("Share still there at the horizon, referred over other"),
    meaning=BOTH,
    unit="ratio",
    sign=mark(
        "Above 1: more of the referred are still there. It is not the inverse of the hazard ratio."
    ),
    formula=r"\frac{S_R}{S_O}",
    reference=1.0,
)
APART = Definition(
    "retention.share_difference",
    label=mark("Share still there at the horizon, referred minus other"),
    meaning=BOTH,
    unit="difference in share of customers",
    sign=mark("Positive: more of the referred are still there."),
    formula=r"S_R - S_O",
    reference=0.0,
)
DEFINITIONS = (RATIO, APART)

RATIOS = {
    "above": mark(
        "After {months} {change} more of the referred are still there than of others ({referred} against "
        "{other}){not_so}"
    ),
    "below": mark(
        "After {months} {change} fewer of the referred are still there than of others ({referred} against "
        "{other}){not_so}"
    ),
    "undecided": mark(
        "After {months} {referred} of the referred and {other} of the others are still there; the interval of the "
        "ratio holds 1, so no difference is shown."
    ),
}
POINTS = {
    "above": mark(
        "After {months} the share of referred customers still there is {apart} above that of others."
    ),
    "below": mark(
        "After {months} the share of referred customers still there is {apart} below that of others."
    ),
    "undecided": mark(
        "After {months} the shares still there are {apart} apart; the interval holds zero, so no difference is shown."
    ),
}
HAZARDS = {
    "below": mark(": not {hazard}, by which their hazard of leaving is lower."),
    "above": mark(": not {hazard}, by which their hazard of leaving is higher."),
}
# What may be said of each quantity, by whether it is above, below or equal for the referred.
WORDS = {
    "hazard": {
        "above": mark("at any time, {size} more likely to be the next to leave"),
        "below": mark("at any time, {size} less likely to be the next to leave"),
        "equal": mark("at any time, as likely to be the next to leave"),
    },
    "ratio": {
        "above": mark("{size} more of them still there after {months}"),
        "below": mark("{size} fewer of them still there after {months}"),
        "equal": mark("as many of them still there after {months}"),
    },
    "points": {
        "above": mark("the share still there is {size} higher after {months}"),
        "below": mark("the share still there is {size} lower after {months}"),
        "equal": mark("the share still there is the same after {months}"),
    },
    "months": {
        "above": mark("on average there for {size} longer, out of {months}"),
        "below": mark("on average there for {size} less, out of {months}"),
        "equal": mark("on average there as long, out of {months}"),
    },
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What the two curves say in four quantities, side by side.

    Attributes
    ----------
    restricted : Restricted
        Months of both groups, and the retention they come from.
    ratio, apart : Estimate or None
        Share still there, referred over and minus other; None where it cannot be stated.
    refused : str or None
        Why the two shares cannot be compared.
    """

    restricted: Restricted
    ratio: Estimate | None
    apart: Estimate | None
    refused: str | None

    @property
    def retention(self) -> Retention:
        """Where the shares come from."""
        return self.restricted.retention

    def findings(self) -> Findings:
        """State or refuse the ratio of shares and their difference."""
        return Findings([self._ratio(), self._apart()])

    def _ratio(self) -> Finding:
        r = self.retention
        if self.refused:
            return RATIO.refuse(self.refused, n=sum(r.n.values()))
        return self._state(
            RATIO,
            self.ratio,
            RATIOS,
            say("Kaplan-Meier shares, interval on the log scale"),
            change=percent(abs(self.ratio.value - 1)),
            referred=percent(r.share(REFERRED).value),
            other=percent(r.share(OTHER).value),
            not_so=self._not_so(),
        )

    def _apart(self) -> Finding:
        if self.refused:
            return APART.refuse(self.refused, n=sum(self.retention.n.values()))
        return self._state(
            APART,
            self.apart,
            POINTS,
            say("Kaplan-Meier shares, Greenwood's errors"),
            apart=quantity(abs(self.apart.value), DIFFERENCE),
        )

    def _state(self, definition, estimate: Estimate, sentences, method: str, **words) -> Finding:
        r = self.retention
        verdict = direction(estimate.interval, definition.reference)
        return definition.state(
            estimate.value,
            say(sentences[verdict], months=r.months, **words) + caution(self._behind()),
            interval=estimate.interval,
            level=r.level,
            n=sum(r.n.values()),
            method=with_late(method, sum(r.late.values())),
            verdict=verdict,
        )

    def _behind(self) -> int:
        """Return how many customers, or customers who left, the numbers rest on, where they are fewest."""
        return min(self.retention.behind(REFERRED, OTHER), *self.retention.left.values())

    def _not_so(self) -> str:
        """End a sentence on shares with the other number, the one of hazards, where that is clear of 1."""
        ratio = self.retention.ratio
        side = None if ratio is None else direction(ratio.interval, 1.0)
        if side not in HAZARDS:
            return "."
        return say(HAZARDS[side], hazard=percent(abs(ratio.value - 1)))

    def to_frame(self):
        """Return quantity, estimate, ci_low, ci_high, unit and what may be said, for each that can be stated."""
        import pandas as pd

        found = [
            (HAZARD, self.retention.ratio, "hazard", lambda v: percent(abs(v - 1))),
            (RATIO, self.ratio, "ratio", lambda v: percent(abs(v - 1))),
            (APART, self.apart, "points", lambda v: quantity(abs(v), DIFFERENCE)),
            (MEAN, self.restricted.gap, "months", lambda v: months(abs(v))),
        ]
        rows = [
            (
                say(definition.label),
                estimate.value,
                *estimate.interval,
                definition.unit,
                self._words(kind, estimate, definition.reference, size(estimate.value)),
            )
            for definition, estimate, kind, size in found
            if estimate is not None
        ]
        return pd.DataFrame(
            rows, columns=["quantity", "estimate", "ci_low", "ci_high", "unit", "words"]
        )

    def _words(self, kind: str, estimate: Estimate, line: float, size: str) -> str:
        apart = estimate.value - line
        side = "above" if apart > 0 else "below" if apart < 0 else "equal"
        words = say(WORDS[kind][side], size=size, months=self.retention.months)
        if direction(estimate.interval, line) == "undecided":
            return say("{words}, not clear of chance", words=words)
        return words

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "quantity": (say("Quantity"), "text"),
            "estimate": (say("Estimate"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
            "words": (say("What may be said of the referred, against others"), "text"),
        }

    def table_caption(self) -> str:
        """Say that one pair of curves gives all of them, and which cannot be stated."""
        words = say(
            "One pair of curves, four quantities with their {level} intervals; each has its own sentence, and none is "
            "another's. Crude: nothing is adjusted.",
            level=percent(self.retention.level, 0),
        )
        reasons = dict.fromkeys(
            [self.retention.hazard.refusal(), self.refused, self.restricted.refusal()]
        )
        return " ".join([words, *(reason for reason in reasons if reason)])


def readings(restricted: Restricted) -> Readings:
    """Return hazard ratio, ratio and difference of shares, and months side by side."""
    retention = restricted.retention
    reason = retention.refusal(REFERRED, OTHER) or _without_error(retention)
    if reason:
        return Readings(restricted, None, None, reason)
    z = float(stats.norm.ppf((1 + retention.level) / 2))
    r, o = retention.share(REFERRED), retention.share(OTHER)
    ratio, log_se = r.value / o.value, float(np.hypot(r.se / r.value, o.se / o.value))
    factor = float(np.exp(z * log_se))
    gap, se = r.value - o.value, float(np.hypot(r.se, o.se))
    return Readings(
        restricted,
        Estimate(ratio, ratio * log_se, ratio / factor, ratio * factor),
        Estimate(gap, se, gap - z * se, gap + z * se),
        None,
    )


def _without_error(retention: Retention) -> str | None:
    """Return why one of the two shares, 0 or 1, has no error, or None."""
    for group in NAMES:
        share = retention.share(group).value
        if share == 1:
            return nobody_left(group, retention)
        if share == 0:
            return say(
                'Not stated: nobody of the group "{group}" is still there after {months}, so there is no ratio of '
                "shares.",
                group=say(NAMES[group]),
                months=retention.months,
            )
    return None
