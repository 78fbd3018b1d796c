"""From how many points on a referral is worth a look.

Estimand: the cost of each threshold t over these very referrals,

    cost(t) = review cost x referrals with t or more points + reward and administration of fraud with fewer,

the fraud among those with fewer points estimated from referrals somebody looked into, group by group of like points.
A look is taken to find the truth and to save the reward. Not counted: honest customers annoyed by a look, fraud that is
deterred by one, and fraud no table holds.

Source: decision by expected cost, Elkan (2001), Proc. 17th Int. Joint Conference on Artificial Intelligence, 973-978.
"""

from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution
from retorno.language import integer, listed, mark, money, percent, say, say_n
from retorno.referral.fraud.reviewed import Reviewed
from retorno.referral.fraud.strata import judged
from retorno.stats.finite import Strata
from retorno.stats.student import Estimate

BEST = Definition(
    "fraud.best_threshold",
    label=mark("Points from which a look costs least"),
    meaning=mark(
        "Number of points from which referrals should be looked into so that reviews and missed fraud together cost "
        "least. In the formula t is the number of points, r review_cost, N the referrals with t or more points, p the "
        "share of the money in group g of like points that went to fraud, by those looked into, and C the rewards and "
        "administration of its referrals with fewer than t points."
    ),
    unit="points of score",
    sign=mark("Lower: more referrals are worth a look. None: no look pays."),
    formula=r"\underset{t}{\text{argmin}} \left( r N_t + \sum_g p_g C_{g,t} \right)",
)
DEFINITIONS = (BEST,)


@dataclass(frozen=True, slots=True)
class ReviewThreshold:
    """The cost of looking into referrals from each number of points on.

    Attributes
    ----------
    reviewed : Reviewed
    money : Strata
        Share of the money that went to fraud, by group of like points.
    thresholds : ndarray of int, shape (k,)
        Points from which on a look is taken, rising: from the fewest there are (everybody) to one more than the
        most (nobody).
    reviews : ndarray of int, shape (k,)
        Referrals looked into at each.
    missed : ndarray of float, shape (k, groups)
        Money paid for the others, by group.
    review_cost : float or None
        Of a look at one referral, a positive amount.
    """

    reviewed: Reviewed
    money: Strata
    thresholds: np.ndarray
    reviews: np.ndarray
    missed: np.ndarray
    review_cost: float | None

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.reviewed.flagged.currency

    def refusal(self) -> str | None:
        """Return why no threshold can be found, or None."""
        if reason := self.reviewed.rate_refusal():
            return reason
        if self.review_cost is None:
            return say("Not stated: parameter review_cost has no value, and no table shows it.")
        return None

    def cost(self, at: int) -> Estimate:
        """Return the cost of the threshold at a position: reviews and missed fraud, with its interval."""
        fraud, paid = self.money.amount(self.missed[at]), self.review_cost * self.reviews[at]
        low, high = fraud.interval
        return Estimate(fraud.value + paid, fraud.se, low + paid, high + paid)

    @property
    def best(self) -> int:
        """Position of the threshold that costs least; of several the one with fewest reviews."""
        costs = np.array([self.cost(at).value for at in range(self.thresholds.size)])
        return int(np.flatnonzero(costs <= costs.min() * (1 + 1e-12))[-1])

    def close(self) -> list[int]:
        """Return the positions whose cost cannot be told from the least, that one included."""
        best, found = self.best, []
        for at in range(self.thresholds.size):
            apart = self.money.amount(self.missed[at] - self.missed[best])
            paid = self.review_cost * float(self.reviews[at] - self.reviews[best])
            if apart.ci_low + paid <= 0:
                found.append(at)
        return found

    @property
    def worth(self) -> float:
        """Share of fraud among rewarded referrals above which a look at them pays: its cost over what one costs."""
        paid = self.reviewed.flagged.paid
        return self.review_cost / float(paid.cost[paid.rewarded].mean())

    def name(self, at: int) -> str:
        """Return the threshold at a position in words."""
        if at == 0:
            return say("every referral")
        if at == self.thresholds.size - 1:
            return say("no referral")
        return say_n("{n} point on", "{n} points on", int(self.thresholds[at]))

    def findings(self) -> Findings:
        """State or refuse the best threshold."""
        return Findings([self._best()])

    def _best(self) -> Finding:
        n = int(self.money.sampled.sum())
        if reason := self.refusal():
            return BEST.refuse(reason, n=n)
        at, last = self.best, self.thresholds.size - 1
        costs = {
            name: money(self.cost(place).value, self.currency)
            for name, place in (("cost", at), ("everybody", 0), ("nobody", last))
        }
        if at == last:
            sentence = say(
                "It costs least to look into nobody: {cost} of fraud is missed; to look into everybody costs "
                "{everybody}.",
                **costs,
            )
        else:
            sentence = say_n(
                "It costs least to look into the {n} referral with {points} or more points: {cost}, reviews and "
                "missed fraud together; to look into everybody costs {everybody}, into nobody {nobody}.",
                "It costs least to look into the {n} referrals with {points} or more points: {cost}, reviews and "
                "missed fraud together; to look into everybody costs {everybody}, into nobody {nobody}.",
                int(self.reviews[at]),
                points=integer(self.thresholds[at]),
                **costs,
            )
        return BEST.state(
            None if at == last else float(self.thresholds[at]),
            f"{sentence} {self._pays()} {self._unsure()}{caution(n)}",
            n=n,
            method=say("least estimated cost over all thresholds, no interval"),
            verdict="never" if at == last else None,
        )

    def _pays(self) -> str:
        if self.worth >= 1:
            return say(
                "A look costs {cost}, as much as a fraud or more.",
                cost=money(self.review_cost, self.currency),
            )
        return say(
            "A look costs {cost} and pays where more than {share} of the rewarded referrals are fraud.",
            cost=money(self.review_cost, self.currency),
            share=percent(self.worth),
        )

    def _unsure(self) -> str:
        others = [self.name(at) for at in self.close() if at != self.best]
        if not others:
            return say("All other thresholds cost more, clear of chance.")
        return say("Not clearly dearer, as far as chance goes: {others}.", others=listed(others))

    def to_frame(self):
        """Return a row for each threshold: from (points), label, reviews, review_cost, missed, cost, ci_low, ci_high.

        `missed` is the expected fraud not looked into; the last row is nobody. Empty where it is refused.
        """
        import pandas as pd

        places = () if self.refusal() else range(self.thresholds.size)
        rows = []
        for at in places:
            cost, paid = self.cost(at), self.review_cost * float(self.reviews[at])
            amounts = (paid, cost.value - paid, cost.value, cost.ci_low, cost.ci_high)
            rows.append((int(self.thresholds[at]), self.name(at), int(self.reviews[at]), *amounts))
        amounts = ["review_cost", "missed", "cost", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=["from", "label", "reviews", *amounts])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        kind = f"money:{self.currency}"
        return {
            "label": (say("Looked into"), "text"),
            "reviews": (say("Referrals"), "count"),
            "review_cost": (say("Reviews"), kind),
            "missed": (say("Fraud missed"), kind),
            "cost": (say("Together"), kind),
            "ci_low": (say("Low"), kind),
            "ci_high": (say("High"), kind),
        }

    def table_caption(self) -> str:
        """Say what is counted."""
        return self.refusal() or say(
            "Cost over the data of looking into referrals from each number of points on, at {cost} a look; {level} "
            "intervals of the sum. A look is taken to find the truth and to save the reward.",
            cost=money(self.review_cost, self.currency),
            level=percent(self.reviewed.flagged.level, 0),
        )

    def title(self) -> str:
        """Say where the cost is least."""
        if self.refusal():
            return say("Which referrals are worth a look cannot be stated")
        at = self.best
        if at == self.thresholds.size - 1:
            return say(
                "At {cost} a look it costs least to look into nobody",
                cost=money(self.review_cost, self.currency),
            )
        if at == 0:
            return say(
                "At {cost} a look it costs least to look into everybody",
                cost=money(self.review_cost, self.currency),
            )
        return say(
            "It costs least to look into referrals from {points} on",
            points=say_n("{n} point", "{n} points", int(self.thresholds[at])),
        )  # fmt: skip

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "{currency} over the data, by the points from which referrals are looked into",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say what the lines are, what the band is, and what to notice."""
        if reason := self.refusal():
            return reason
        return say(
            "Reviews at {cost} each, fraud missed as estimated from {n} rewarded referrals looked into, and both "
            "together with a pointwise {level} interval; the round mark is the least.",
            cost=money(self.review_cost, self.currency),
            n=integer(self.money.sampled.sum()),
            level=percent(self.reviewed.flagged.level, 0),
        ) + f" {self._pays()} {self._unsure()}"  # fmt: skip

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        cases = "; ".join(
            say(
                "{threshold}: {cost}",
                threshold=self.name(at),
                cost=money(self.cost(at).value, self.currency),
            )
            for at in range(self.thresholds.size)
        )
        return say(
            "Lines over thresholds: reviews fall, missed fraud rises, their sum has a least value. {cases}.",
            cases=cases,
        )


def review_threshold(reviewed: Reviewed, *, review_cost: float | None) -> ReviewThreshold:
    """Return what it costs to look into referrals from each number of points on.

    Parameters
    ----------
    reviewed : Reviewed
    review_cost : float or None
        Of a look at one referral, a positive amount or 0; None is not known.

    Raises
    ------
    ParameterError
        When `review_cost` is no amount.
    """
    if review_cost is not None and not 0 <= review_cost < np.inf:
        raise ParameterError(
            say(
                "review_cost: money paid for a look at one referral is given as a positive amount, or 0; got {got}.",
                got=review_cost,
            )
        )
    flagged = reviewed.flagged
    score, cost = flagged.score, np.zeros(0) if flagged.paid is None else flagged.paid.cost
    group, found = judged(flagged, cost)
    points = np.unique(score)
    thresholds = np.append(points, points[-1] + 1) if points.size else points
    reviews = np.array([int((score >= t).sum()) for t in thresholds], dtype=int)
    missed = np.array(
        [
            np.bincount(group, np.where(score < t, cost, 0.0), found.total.size).astype(float)
            for t in thresholds
        ]
    )
    return ReviewThreshold(reviewed, found, thresholds, reviews, missed, review_cost)
