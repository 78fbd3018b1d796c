"""Who is comparable with whom: chances of being among the recovered, and how alike weighting makes the groups."""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, listed, mark, number, percent, say
from retorno.recovery.between.alike import Adjustment
from retorno.recovery.survey import (
    OUTCOMES,
)

RESTS = {
    "all": mark(
        "The {n} without a failure, weighted, count as {effective}; no recovered customer has a chance of being among "
        "the recovered outside their range."
    ),
    "beyond": mark(
        "The {n} without a failure, weighted, count as {effective}; {beyond} of the recovered have a chance of being "
        "among the recovered outside their range."
    ),
}


@dataclass(frozen=True, slots=True)
class Overlap:
    """Estimated chances of being among the recovered, in both groups; `one` is None where none is stated."""

    one: Adjustment | None

    def to_frame(self):
        """Return from, to, recovered, no_failure: the share of each group whose chance lies there."""
        import pandas as pd

        names = ["from", "to", "recovered", "no_failure"]
        if self.one is None:
            return pd.DataFrame([], columns=names)
        chance, yes = self.one.treated.chance, self.one.treated_sample.recovered
        low, high = chance.min(), chance.max()
        step = next((s for s in (0.005, 0.01, 0.02, 0.05) if high - low <= 20 * s), 0.1)
        edges = step * np.arange(np.floor(low / step), np.floor(high / step) + 2)
        shares = [np.histogram(chance[group], edges)[0] / group.sum() for group in (yes, ~yes)]
        return pd.DataFrame(dict(zip(names, (edges[:-1], edges[1:], *shares), strict=True)))

    def title(self) -> str:
        """Say whether the recovered have their like among those without a failure."""
        if self.one is None:
            return say("No comparison of like with like can be stated")
        beyond = self.one.treated.beyond
        if beyond == 0:
            return say("All of the recovered lie within the range of those without a failure")
        return say(
            "{share} of the recovered lie outside the range of those without a failure",
            share=percent(beyond),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of each group by the estimated chance of being among the recovered")

    def caption(self) -> str:
        """Say where the chances come from and what is left of the comparison after weighting."""
        if self.one is None:
            return say("No comparison of like with like can be stated.")
        s = self.one.treated_sample
        return (
            say(
                "Chances by a logit on {covariates}; {recovered} recovered and {others} without a failure with a "
                "score of {outcome}. Where only one group stands, like is not compared with like.",
                outcome=say(OUTCOMES[self.one.outcome]),
                covariates=s.words,
                recovered=integer(s.n[0]),
                others=integer(s.n[1]),
            )
            + " "
            + rests(self.one)
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.one is None:
            return self.caption()
        chance, yes = self.one.treated.chance, self.one.treated_sample.recovered
        first, second = (
            [percent(v, 0) for v in (c.min(), np.median(c), c.max())]
            for c in (chance[yes], chance[~yes])
        )
        return say(
            "Bars back to back. Lowest, median and highest chance: recovered {first}; no failure {second}.",
            first=listed(first),
            second=listed(second),
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """How far the two groups differ in each covariate, as they are and weighted."""

    one: Adjustment | None

    def to_frame(self):
        """Return covariate, before, after: recovered minus no failure, in standard deviations."""
        import pandas as pd

        if self.one is None:
            return pd.DataFrame([], columns=["covariate", "before", "after"])
        t = self.one.treated
        names = self.one.treated_sample.names
        return pd.DataFrame(
            {"covariate": names, "before": t.balance_before, "after": t.balance_after}
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "covariate": (say("Covariate"), "text"),
            "before": (say("As they are"), "number"),
            "after": (say("Weighted"), "number"),
        }

    def table_caption(self) -> str:
        """Say what is compared and how far weighting brings the groups together."""
        if self.one is None:
            return say("No comparison of like with like can be stated.")
        t = self.one.treated
        return say(
            "Recovered minus no failure in what they were before, in standard deviations, of those with a score of "
            "{outcome}; up to {alike} either way is usually taken as alike. Largest difference as they are {first}, "
            "weighted {second}.",
            outcome=say(OUTCOMES[self.one.outcome]),
            alike=number(0.1),
            first=number(float(np.abs(t.balance_before).max())),
            second=number(float(np.abs(t.balance_after).max())),
        )


def rests(a: Adjustment) -> str:
    """Say how many comparable customers without a failure the effect on the recovered rests on."""
    return say(
        RESTS["beyond" if a.treated.beyond else "all"],
        n=integer(a.treated_sample.n[1]),
        effective=integer(round(a.treated.effective_controls)),
        beyond=percent(a.treated.beyond),
    )
