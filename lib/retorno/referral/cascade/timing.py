"""How long it takes from one generation to the next.

Estimand: the median of the days from joining to the joining of a customer one has brought, over pairs of the two. Of
the pairs seen by the last day of data, short delays are over-represented, since long ones of recent customers are still
to come; beside the plain median stands one that allows for that.

Assumption of the corrected one: customers who joined early or late take as long. Source: `retorno.stats.truncation`.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, mark, percent, say, say_n
from retorno.referral.cascade.families import families
from retorno.referral.links import Links
from retorno.stats.student import Estimate
from retorno.stats.truncation import Delays, delays_seen, right_truncated

SHOWN = 0.9  # share of delays up to which the figure goes

DAYS = Definition(
    "cascade.generation_days",
    label=mark("Days from one generation to the next"),
    meaning=mark(
        "Median of the days from joining to the joining of a customer one has brought, over all pairs seen by the "
        "last day of data: the first day by which at least half of them are over. In the formula D is the days of a "
        "pair, d a number of days."
    ),
    unit="days",
    sign=mark("Higher: generations follow each other more slowly."),
    formula=r"\min \left\{ d : P(D \leq d) \geq \frac{1}{2} \right\}",
)
CORRECTED = Definition(
    "cascade.generation_days.corrected",
    label=mark("Days from one generation to the next, long delays allowed for"),
    meaning=mark(
        "The same median with the shares corrected for delays too long to be seen yet: at each number of days, the "
        "pairs with just that delay over the pairs with that delay or a shorter one that could have been so long by "
        "the last day of data. Delays longer than at least 10 pairs could have had are not counted. In the formula D "
        "is the days of a pair, d and u numbers of days, e the pairs with u days, Y the pairs that had u days or "
        "fewer and whose referrer was followed for u days or more."
    ),
    unit="days",
    sign=mark("Higher: generations follow each other more slowly."),
    formula=r"\min \left\{ d : \prod_{u > d} \left( 1 - \frac{e_u}{Y_u} \right) \geq \frac{1}{2} \right\}",
)
DEFINITIONS = (DAYS, CORRECTED)


@dataclass(frozen=True, slots=True)
class GenerationTime:
    """Days from one generation to the next, plain and with long delays allowed for.

    Attributes
    ----------
    seen, corrected : Delays or None
        In whole days; None where refused.
    n : int
        Pairs: customers brought by one who was followed from joining.
    refusal : str or None
    left_out : str
        Who is not counted, with a leading space.
    level : float
    """

    seen: Delays | None
    corrected: Delays | None
    n: int
    refusal: str | None
    left_out: str
    level: float

    def median(self, *, corrected: bool = True) -> Estimate | None:
        """Return the median in days, None where it is refused."""
        delays = self.corrected if corrected else self.seen
        return None if delays is None else delays.quantile(0.5, level=self.level)

    def findings(self) -> Findings:
        """State or refuse both medians."""
        return Findings([self._plain(), self._corrected()])

    def _plain(self) -> Finding:
        if self.refusal:
            return DAYS.refuse(self.refusal, n=self.n)
        found = self.median(corrected=False)
        sentence = say(
            "Half of the {n} customers whose referrer is known and followed joined within {days} of their referrer's "
            "joining.",
            n=integer(self.n),
            days=_days(found.value),
        )
        return DAYS.state(
            int(found.value),
            sentence + self.left_out + caution(self.n),
            interval=(int(found.ci_low), int(found.ci_high)),
            level=self.level,
            n=self.n,
            method=say("median of pairs, interval from the band of shares, trees left out in turn"),
        )

    def _corrected(self) -> Finding:
        if self.refusal:
            return CORRECTED.refuse(self.refusal, n=self.n)
        found, delays = self.median(), self.corrected
        sentence = say(
            "With delays that are too long to be seen yet allowed for, half of them take up to {days}; the pairs seen "
            "alone would say {seen}.",
            days=_days(found.value),
            seen=_days(self.median(corrected=False).value),
        )
        beyond = say("Delays beyond {last} cannot be seen.", last=_days(delays.share.size - 1))
        return CORRECTED.state(
            int(found.value),
            f"{sentence} {beyond}" + caution(self.n),
            interval=(int(found.ci_low), int(found.ci_high)),
            level=self.level,
            n=delays.n,
            method=say(
                "product limit in reversed time (Lynden-Bell), interval from the band of shares, trees left out in "
                "turn"
            ),
        )

    def to_frame(self):
        """Return day, and the share over by it, seen and corrected, with their bounds, up to nine tenths of delays."""
        import pandas as pd

        if self.refusal:
            return pd.DataFrame({"day": []})
        last = max(delays.reached(SHOWN) for delays in (self.seen, self.corrected))
        columns = {"day": range(last + 1)}
        for name, delays in (("seen", self.seen), ("corrected", self.corrected)):
            low, high = delays.band(level=self.level)
            for part, values in (("", delays.share), ("_ci_low", low), ("_ci_high", high)):
                padded = [*values[: last + 1], *[1.0] * (last + 1 - values.size)]
                columns[name + part] = padded
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say how long half of the referred take to come."""
        if self.refusal:
            return say("Days from joining to the joining of those brought")
        return say(
            "Half of those a customer brings join within {days}", days=_days(self.median().value)
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of those brought who have joined, by days since their referrer joined")

    def caption(self) -> str:
        """Say what lines and bands are, and what stands behind them."""
        if self.refusal:
            return self.refusal
        return (
            say(
                "{n} pairs of a customer and one brought by that customer. Corrected: long delays that are still to "
                "come are allowed for, by the product limit in reversed time; bands are pointwise {level} intervals, "
                "trees left out in turn. Median {seen} as seen, {corrected} corrected. Drawn up to nine tenths of the "
                "delays.",
                n=integer(self.n),
                level=percent(self.level, 0),
                seen=_days(self.median(corrected=False).value),
                corrected=_days(self.median().value),
            )
            + self.left_out
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refusal:
            return self.refusal
        return say(
            "Two rising lines in their bands, as seen and corrected; half is reached after {seen} and {corrected}.",
            seen=_days(self.median(corrected=False).value),
            corrected=_days(self.median().value),
        )


def _days(days: float) -> str:
    return say_n("{n} day", "{n} days", int(days))


def generation_time(links: Links, *, level: float = 0.95, min_group: int = 5) -> GenerationTime:
    """Return how many days pass from one generation to the next.

    Parameters
    ----------
    links : Links
        Who brought whom. Pairs whose referrer came into sight after joining are left out, and counted.
    """
    family = families(links)
    least, n = max(min_group, 2), family.child.size
    part = family.part[family.child]
    refusal = None
    if n < least:
        refusal = too_few(say("pairs of a customer and one brought by that customer"), n, least)
    elif np.unique(part).size < least:
        refusal = too_few(say("trees of referrals with such a pair"), np.unique(part).size, least)
    if refusal is None:
        limit = links.tenure.reach[family.parent]
        seen = delays_seen(family.delay, part)
        corrected = right_truncated(family.delay, limit, part)
    return GenerationTime(
        seen=None if refusal else seen,
        corrected=None if refusal else corrected,
        n=n,
        refusal=refusal,
        left_out=family.left_out(),
        level=level,
    )
