"""Whether referred and other customers leave at one pace, and the ratio of their hazards.

Estimand: the hazard of leaving of the referred over that of the others, as Cox's partial likelihood weighs the days;
crude, and no effect of being referred. The log-rank test asks whether there is any one-sided difference at all; the
ratio says how large it is, if it is the same at all times (`staying.proportional` looks at that).

Sources: `retorno.stats.cox`, `retorno.stats.survival`.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, caution, direction, too_few
from retorno.language import integer, mark, number, p_value, percent, say
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure
from retorno.stats.cox import Cox, two_groups
from retorno.stats.student import Estimate
from retorno.stats.survival import LogRank, log_rank

HAZARD = Definition(
    "retention.hazard_ratio",
    label=mark("Hazard of leaving, referred over other"),
    meaning=mark(
        "Hazard of leaving of the referred over that of the others, Cox's model with no covariate, over all "
        "days followed, whatever the horizon. In the formula h is the hazard t days after joining, R the referred, "
        "O the others; beta makes the partial likelihood largest."
    ),
    unit="ratio",
    sign=mark("Below 1: at any time the referred are less likely to leave next."),
    formula=r"\frac{h_R(t)}{h_O(t)} = e^{\beta}",
    reference=1.0,
)
LOG_RANK = Definition(
    "retention.log_rank_p",
    label=mark("Chance of paces of leaving so unlike, were they one"),
    meaning=mark(
        "p of the log-rank test over all days followed. In the formula d customers leave u days after joining, of Y "
        "under observation just before; with index R the referred among them. The square divided by its variance is "
        "held against a chi square with one degree of freedom."
    ),
    unit="p-value",
    sign=mark("Small: the groups do not leave at one pace. Large: no difference is shown."),
    formula=r"\sum_u \left( d_{R,u} - d_u \frac{Y_{R,u}}{Y_u} \right)",
)
DEFINITIONS = (HAZARD, LOG_RANK)

RATIOS = {
    "below": mark(
        "Among those still there, a referred customer's hazard of leaving is {times} times that of "
        "another: {change} lower."
    ),
    "above": mark(
        "Among those still there, a referred customer's hazard of leaving is {times} times that of "
        "another: {change} higher."
    ),
    "undecided": mark(
        "Among those still there, a referred customer's hazard of leaving is {times} times that of "
        "another; the interval holds 1, so no difference is shown."
    ),
}
UNLIKE = mark(
    "{left} referred customers left, where the pace of all would have made it {expected} ({p}): the two groups do not "
    "leave at one pace."
)
ALIKE = mark(
    "{left} referred customers left, where the pace of all would have made it {expected} ({p}): that the two groups "
    "leave at different paces is not shown."
)


@dataclass(frozen=True, slots=True)
class Hazard:
    """The hazards of leaving of both groups, compared.

    Attributes
    ----------
    model : Cox or None
        Of being referred; None when too few left.
    test : LogRank or None
        Of the referred.
    n, left : dict of bool to int
        By group (`REFERRED`, `OTHER`): customers; those who left.
    late : int
        Customers who came into sight late.
    level : float
        Coverage of the interval; a p below 1 - level is taken for a difference.
    min_group : int
    """

    model: Cox | None
    test: LogRank | None
    n: dict[bool, int]
    left: dict[bool, int]
    late: int
    level: float
    min_group: int

    @property
    def ratio(self) -> Estimate | None:
        """Hazard of leaving, referred over other; None when it cannot be stated."""
        return None if self.model is None else self.model.ratio(level=self.level)

    def refusal(self) -> str | None:
        """Return why hazards cannot be compared, or None."""
        if self.model is not None:
            return None
        fewest = min((REFERRED, OTHER), key=self.left.get)
        what = say('customers of the group "{group}" who left', group=say(NAMES[fewest]))
        return too_few(what, self.left[fewest], self.min_group)

    def ratio_finding(self, in_shares: str = "") -> Finding:
        """State or refuse the ratio; `in_shares`, with a leading space, says what it comes to in shares."""
        n = sum(self.n.values())
        if reason := self.refusal():
            return HAZARD.refuse(reason, n=n)
        ratio = self.ratio
        verdict = direction(ratio.interval, 1.0)
        sentence = say(
            RATIOS[verdict], times=number(ratio.value), change=percent(abs(1 - ratio.value))
        )
        return HAZARD.state(
            ratio.value,
            sentence + in_shares + caution(min(self.left.values())),
            interval=ratio.interval,
            level=self.level,
            n=n,
            method=with_late(say("Cox's model, no covariates, ties by Efron"), self.late),
            verdict=verdict,
        )

    def log_rank_finding(self) -> Finding:
        """State or refuse the p of one pace of leaving."""
        n = sum(self.n.values())
        if reason := self.refusal():
            return LOG_RANK.refuse(reason, n=n)
        sentence = say(
            UNLIKE if self.test.p < 1 - self.level else ALIKE,
            left=integer(self.left[REFERRED]),
            expected=number(self.test.expected, 1),
            p=p_value(self.test.p),
        )
        return LOG_RANK.state(
            self.test.p,
            sentence + caution(min(self.left.values())),
            n=n,
            method=with_late(say("log-rank test"), self.late),
        )


def hazard(tenure: Tenure, *, level: float, min_group: int) -> Hazard:
    """Return the hazards of leaving of both groups, compared; too few leaving in one gives none."""
    n = {group: int((tenure.referred == group).sum()) for group in NAMES}
    left = {group: int(tenure.left[tenure.referred == group].sum()) for group in NAMES}
    model = test = None
    if min(left.values()) >= max(min_group, 1):
        data = tenure.days, tenure.left, tenure.referred
        model = two_groups(*data, entry=tenure.entry)
        test = log_rank(*data, entry=tenure.entry)
    return Hazard(model, test, n, left, tenure.late, level, min_group)


def with_late(method: str, late: int) -> str:
    """Return a method, with the words that say that some came into sight late."""
    return say("{method}, late entry", method=method) if late else method
