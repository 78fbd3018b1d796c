"""How alike the others are to the referred in what was known at joining, as they are and weighted."""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, mark, number, say
from retorno.stats.odds import Odds

ALIKE = 0.1  # standard deviations; up to so much either way is usually taken as alike

TITLES = {
    "alike": mark("Weighted, the others are like the referred in all that is adjusted for"),
    "apart": mark("Weighted, the others still differ from the referred in {label}"),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """Standardised difference of each covariate, referred minus other; drawn, or shown as a table.

    Attributes
    ----------
    odds : Odds or None
        None where `refused` says why nothing was weighted.
    labels : tuple of str
        One a covariate.
    """

    odds: Odds | None
    labels: tuple[str, ...]
    refused: str | None

    @property
    def alike(self) -> float:
        """Standard deviations up to which, either way, groups are usually taken as alike."""
        return ALIKE

    def to_frame(self):
        """Return covariate, before, after: referred minus other, in standard deviations."""
        import pandas as pd

        if self.odds is None:
            return pd.DataFrame([], columns=["covariate", "before", "after"])
        return pd.DataFrame(
            {"covariate": self.labels, "before": self.odds.before, "after": self.odds.after}
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "covariate": (say("Known at joining"), "text"),
            "before": (say("As they are"), "number"),
            "after": (say("Weighted"), "number"),
        }

    def table_caption(self) -> str:
        """Say what is compared and how far weighting brings the groups together."""
        if self.odds is None:
            return self.refused
        return say(
            "Referred minus other in what was known at joining, in standard deviations; up to {alike} either way is "
            "usually taken as alike. Largest difference as they are {before}, weighted {after}.",
            alike=number(ALIKE, 1),
            before=number(float(np.abs(self.odds.before).max())),
            after=number(float(np.abs(self.odds.after).max())),
        )

    def title(self) -> str:
        """Say whether the weighted others are like the referred."""
        if self.odds is None:
            return say("No comparison of like with like can be stated")
        worst = int(np.abs(self.odds.after).argmax())
        apart = abs(self.odds.after[worst]) > ALIKE
        return say(TITLES["apart" if apart else "alike"], label=self.labels[worst])

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Referred minus other, in standard deviations of each: hollow as they are, full with the others weighted"
        )

    def caption(self) -> str:
        """Say where the weights come from and what is left of the others."""
        if self.odds is None:
            return self.refused
        yes = self.odds.treated
        text = say(
            "{referred} referred customers and {others} others; each of the others counts with the odds of being "
            "referred, by a logit on all that is shown. Between the dotted lines, {alike} either way, groups are "
            "usually taken as alike.",
            referred=integer(int(yes.sum())),
            others=integer(int((~yes).sum())),
            alike=number(ALIKE, 1),
        )
        return f"{text} {rests(self.odds)}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.odds is None:
            return self.caption()
        rows = [
            say(
                "{label}: {before} as they are, {after} weighted.",
                label=label,
                before=number(before),
                after=number(after),
            )
            for label, before, after in zip(
                self.labels, self.odds.before, self.odds.after, strict=True
            )
        ]
        return " ".join([say("Two points a row against a line of no difference."), *rows])


def rests(odds: Odds) -> str:
    """Say how many comparable others there are, and how many of the referred have no like among them."""
    n, effective = int((~odds.treated).sum()), round(odds.effective_controls)
    if not odds.beyond:
        return say(
            "The {n} others, weighted, count as {effective}; none of the referred has a chance of being referred "
            "outside their range.",
            n=integer(n),
            effective=integer(effective),
        )
    return say(
        "The {n} others, weighted, count as {effective}; of the referred, {beyond} of {referred} have a chance of "
        "being referred outside their range, and nobody like them among the others.",
        n=integer(n),
        effective=integer(effective),
        beyond=integer(odds.beyond),
        referred=integer(int(odds.treated.sum())),
    )
