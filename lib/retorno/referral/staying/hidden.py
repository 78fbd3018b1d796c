"""How strong would something hidden have to be to explain the ratio of hazards away?

Estimand: the E-value, the least risk ratio by which something not measured must go both with being referred and with
leaving, beyond the covariates adjusted for, to make a ratio out of nothing. Weaker on one side, it must be stronger on
the other. It says how much would be needed and not whether it is there.

Source: VanderWeele and Ding (2017), Annals of Internal Medicine 167, 268-274; where more than 15 % of customers
leave, the hazard ratio is first turned into about the risk ratio it comes to, as given there (VanderWeele 2017,
Biometrics 73, 1454-1465, is where the approximation comes from).
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution
from retorno.language import mark, number, percent, say
from retorno.referral.staying.adjusted import Adjusted
from retorno.referral.staying.retention import Retention
from retorno.referral.tenure import NAMES
from retorno.stats.student import Estimate

MEANING = mark(
    "From the hazard ratio h at equal covariates where it is stated, else the crude one. Where more than 15% of "
    "customers leave within horizon_months, it is turned into about the risk ratio it comes to: r = (1 - 0.5 to the "
    "power of the root of h) / (1 - 0.5 to the power of the root of 1 / h); else r = h. Below 1, r stands for 1 / r."
)
FORMULA = r"r + \sqrt{r (r - 1)}"
E_VALUE = Definition(
    "retention.e_value",
    label=mark("Strength of something hidden that would explain the hazard ratio away"),
    meaning=MEANING,
    unit="ratio",
    sign=mark("1: nothing hidden is needed. Higher: something hidden would have to be stronger."),
    formula=FORMULA,
    reference=1.0,
)
BOUND = Definition(
    "retention.e_value.bound",
    label=mark("Strength of something hidden that would make the hazard ratio unclear"),
    meaning=mark(
        "As retention.e_value, of the limit of its interval nearest 1: from the hazard ratio h at that limit, or its "
        "inverse, comes the risk ratio r. It is 1 where the interval holds 1."
    ),
    unit="ratio",
    sign=mark("1: nothing hidden is needed. Higher: something hidden would have to be stronger."),
    formula=FORMULA,
    reference=1.0,
)
DEFINITIONS = (E_VALUE, BOUND)

COMMON = 0.15  # share of customers who leave, above which a hazard ratio is no risk ratio
SENTENCE = mark(
    "To make a hazard ratio of {times} out of nothing, something not measured would have to be at least {strength} "
    "times as frequent among the referred as among others, or the other way round, and change the risk of leaving by "
    "as much"
)
BEYOND = mark(", beyond what is taken into account already: {covariates}.")
NEAREST = mark("To bring the interval to 1, {strength} times would do.")
UNCLEAR = mark("The interval of the hazard ratio holds 1: nothing hidden is needed to explain it.")
CLEAR = mark(
    "Something not measured that goes with being referred and with leaving by a risk ratio of {strength} each would be "
    "enough to move the interval of the hazard ratio to 1; anything weaker would not."
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What something hidden would have to be.

    Attributes
    ----------
    ratio : Estimate or None
        The hazard ratio asked about.
    covariates : str
        What it is adjusted for, in words; empty for the crude one.
    share_left : float
        Share of customers who leave, the larger of both groups.
    n, left : int
        Customers; the smaller number of those who left, of both groups.
    refused : str or None
        Why there is no ratio.
    """

    ratio: Estimate | None
    covariates: str
    share_left: float
    n: int
    left: int
    refused: str | None

    @property
    def common(self) -> bool:
        """Whether so many left that a hazard ratio is no risk ratio."""
        return self.share_left > COMMON

    @property
    def value(self) -> float | None:
        """E-value of the ratio."""
        return None if self.ratio is None else e_value(self.ratio.value, common=self.common)

    @property
    def bound(self) -> float | None:
        """E-value of the limit of its interval nearest 1."""
        if self.ratio is None:
            return None
        low, high = self.ratio.interval
        nearest = low if low > 1 else high if high < 1 else 1.0
        return e_value(nearest, common=self.common)

    def findings(self) -> Findings:
        """State or refuse the E-values of the ratio and of its limit nearest 1."""
        return Findings([self._value(), self._bound()])

    def _value(self) -> Finding:
        if self.refused:
            return E_VALUE.refuse(self.refused, n=self.n)
        sentence = say(SENTENCE, times=number(self.ratio.value), strength=number(self.value))
        sentence += say(BEYOND, covariates=self.covariates) if self.covariates else "."
        nearest = say(UNCLEAR) if self.bound == 1 else say(NEAREST, strength=number(self.bound))
        return self._state(E_VALUE, self.value, f"{sentence} {nearest}")

    def _bound(self) -> Finding:
        if self.refused:
            return BOUND.refuse(self.refused, n=self.n)
        sentence = say(UNCLEAR) if self.bound == 1 else say(CLEAR, strength=number(self.bound))
        return self._state(BOUND, self.bound, sentence)

    def _state(self, definition: Definition, value: float, sentence: str) -> Finding:
        method = say(
            "E-value of the hazard ratio taken as a risk ratio, {share} left",
            share=percent(self.share_left),
        )
        if self.common:
            method = say(
                "E-value of the risk ratio the hazard ratio comes to, {share} left",
                share=percent(self.share_left),
            )
        return definition.state(value, sentence + caution(self.left), n=self.n, method=method)


def e_value(hazard_ratio: float, *, common: bool) -> float:
    """Return the least strength of something hidden that explains a hazard ratio away, 1 or more.

    Parameters
    ----------
    hazard_ratio : float
        Above 0.
    common : bool
        Whether more than 15 % end by the end of follow-up: the ratio is then turned into about a risk ratio first.

    Examples
    --------
    >>> round(e_value(3.9, common=False), 2), e_value(1.0, common=True)
    (7.26, 1.0)
    """
    if not 0 < hazard_ratio < np.inf:
        raise ValueError(f"`hazard_ratio` is above 0 and finite; got {hazard_ratio}.")
    ratio = hazard_ratio
    if common:
        ratio = (1 - 0.5 ** np.sqrt(hazard_ratio)) / (1 - 0.5 ** np.sqrt(1 / hazard_ratio))
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def hidden(retention: Retention, adjusted: Adjusted | None = None) -> Hidden:
    """Return how strong something hidden would have to be: behind the adjusted ratio, where there is one, or the crude.

    Where a hazard ratio is no risk ratio is judged by the share gone at the horizon, or by those seen to leave if
    they are more: the larger share gives the smaller E-value.
    """
    if adjusted is not None and adjusted.ratio is not None:
        ratio, words, n, left = adjusted.ratio, adjusted.covariates.words, adjusted.n, adjusted.left
    else:
        ratio, words = retention.ratio, ""
        n, left = retention.n, retention.left
    customers = sum(n.values())
    gone = [1 - share.value for group in NAMES if (share := retention.share(group)) is not None]
    seen = sum(left.values()) / customers if customers else 0.0
    return Hidden(
        ratio=ratio,
        covariates=words,
        share_left=max([seen, *gone]),
        n=customers,
        left=min(left.values()),
        refused=retention.hazard.refusal() if ratio is None else None,
    )
