"""How unevenly referred customers bring others: k of the negative binomial.

Where a few bring many, the mean is carried by few trees and the next ones may look quite different; k says by how much
the numbers spread more than by chance.

Source: Lloyd-Smith, Schreiber, Kopp and Getz (2005), Nature 438, 355-359; see `retorno.stats.branching`.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution
from retorno.language import integer, mark, number, percent, say
from retorno.referral.cascade.families import Families
from retorno.referral.tenure import REFERRED
from retorno.stats.branching import Dispersion, Offspring, dispersion

SPREAD = Definition(
    "cascade.dispersion",
    label=mark("How unevenly referred customers bring others: k"),
    meaning=mark(
        "k of negative binomial numbers of customers brought per referred customer, each with the mean expected for "
        "the time that customer has been followed. In the formula s squared is the variance of these numbers about "
        "their mean m."
    ),
    unit="shape",
    sign=mark(
        "Lower: fewer customers bring more of the others. Without bound: spread by chance alone."
    ),
    formula=r"s^2 = m + \frac{m^2}{k}",
)
DEFINITIONS = (SPREAD,)


@dataclass(frozen=True, slots=True)
class Spread:
    """How unevenly referred customers bring others.

    Attributes
    ----------
    found : Dispersion or None
        None where the reproduction number is refused.
    mean : float or None
        Customers a referred customer brings.
    n : int
        Referred customers followed from joining.
    refusal : str or None
    level : float
    """

    found: Dispersion | None
    mean: float | None
    n: int
    refusal: str | None
    level: float

    @property
    def k(self) -> float | None:
        """k, None where it has no upper bound or is refused."""
        bounded = self.found is not None and np.isfinite(self.found.ci_high)
        return self.found.k if bounded else None

    def findings(self) -> Findings:
        """State or refuse k."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        if self.refusal:
            return SPREAD.refuse(self.refusal, n=self.n)
        if self.k is None:
            reason = say(
                "Not stated: {n} referred customers do not show that the numbers brought spread wider than chance "
                "alone would spread them, and k has no upper bound then.",
                n=integer(self.n),
            )
            return SPREAD.refuse(reason, n=self.n)
        sentence = say(
            "Referred customers differ in how many they bring by more than chance: with k = {k}, {none} of them bring "
            "nobody; chance alone would leave {poisson} without.",
            k=number(self.k),
            none=percent((1 + self.mean / self.k) ** -self.k),
            poisson=percent(np.exp(-self.mean)),
        )
        return SPREAD.state(
            self.k,
            sentence + caution(self.n),
            interval=(self.found.ci_low, self.found.ci_high),
            level=self.level,
            n=self.n,
            method=say("negative binomial, maximum likelihood, likelihood-ratio interval"),
        )


def spread(
    family: Families, curve: Offspring | None, refusal: str | None, *, level: float
) -> Spread:
    """Return how unevenly the referred bring others, with the mean `curve` taken as known."""
    who, theirs = family.of(REFERRED)
    if curve is None:
        return Spread(None, None, who.size, refusal, level)
    seen = theirs & (family.delay <= curve.last)
    brought = np.bincount(family.parent[seen], minlength=family.part.size)[who]
    followed = np.minimum(family.links.tenure.reach[who], curve.last)
    found = dispersion(brought, curve.mean[followed], level=level)
    return Spread(found, float(curve.mean[-1]), who.size, None, level)
