"""How long referred and other customers stay.

Estimands: the share of each group still a customer at the end of the horizon, counted from joining; and the hazard
of leaving, referred over other. The two are different statements: a hazard that is lower by a fifth is not a fifth
more customers who stay. Crude: nothing is adjusted, and neither is an effect of being referred.

Source: Kaplan-Meier and Cox, see `retorno.stats.survival`; customers who are still there on the last day of data
are followed up to it, which is fair when the day of joining does not go with how long they stay.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import DIFFERENCE, integer, mark, number, percent, quantity, say, say_n
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure, month_start
from retorno.stats.student import Estimate
from retorno.stats.cox import hazard_ratio
from retorno.stats.survival import Survival, kaplan_meier

SHARE_MEANING = mark(
    "Kaplan-Meier share of the group still a customer horizon_months months of 30.4375 days after joining; "
    "customers still there on the last day of data are followed up to it. In the formula H is horizon_months, d "
    "the customers of the group who left u days after joining, Y those under observation just before."
)
SHARE_FORMULA = r"\prod_{u \leq 30.4375 H} \left( 1 - \frac{d_u}{Y_u} \right)"
SHARES = {
    REFERRED: Definition(
        "retention.referred",
        label=mark("Referred customers still there at the horizon"),
        meaning=SHARE_MEANING,
        unit="share of customers",
        sign=mark("Higher: more of the referred stay."),
        formula=SHARE_FORMULA,
    ),
    OTHER: Definition(
        "retention.other",
        label=mark("Other customers still there at the horizon"),
        meaning=SHARE_MEANING,
        unit="share of customers",
        sign=mark("Higher: more of the others stay."),
        formula=SHARE_FORMULA,
    ),
}
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
DEFINITIONS = (*SHARES.values(), HAZARD)

STILL = {
    REFERRED: mark("Of {n} referred customers {share} are still there {months} after joining."),
    OTHER: mark("Of {n} other customers {share} are still there {months} after joining."),
}
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


@dataclass(frozen=True, slots=True)
class Retention:
    """How long both groups stay.

    Attributes
    ----------
    curves : dict of bool to Survival or None
        By group (`REFERRED`, `OTHER`), in days from joining; None for an empty group.
    n, left, reaching : dict of bool to int
        Customers; those who left; those who joined at least the horizon before the last day.
    ratio : Estimate or None
        Hazard of leaving, referred over other; None when it cannot be stated.
    horizon_months, min_group : int
    level : float
        Coverage of intervals and pointwise bands.
    """

    curves: dict[bool, Survival | None]
    n: dict[bool, int]
    left: dict[bool, int]
    reaching: dict[bool, int]
    ratio: Estimate | None
    horizon_months: int
    level: float
    min_group: int

    @property
    def _end(self) -> float:
        """The horizon in days: the start of the month after its last."""
        return float(month_start(self.horizon_months + 1))

    @property
    def _months(self) -> str:
        return say_n("{n} month", "{n} months", self.horizon_months)

    def refusal(self, group: bool) -> str | None:
        """Return why the share of `group` at the horizon cannot be stated, or None."""
        if self.reaching[group] >= self.min_group:
            return None
        what = say(
            'customers of the group "{group}" who joined at least {months} before the last day of data, '
            "of {n} in the group (months beyond the data are refused; parameter horizon_months)",
            group=say(NAMES[group]),
            months=self._months,
            n=integer(self.n[group]),
        )
        return too_few(what, self.reaching[group], self.min_group)

    def share(self, group: bool) -> Estimate | None:
        """Return the share still there at the horizon, None where it is refused."""
        return None if self.refusal(group) else self.curves[group].at(self._end)

    def findings(self) -> Findings:
        """State or refuse both shares and the ratio of hazards."""
        return Findings([self._share(REFERRED), self._share(OTHER), self._ratio()])

    def _share(self, group: bool) -> Finding:
        if reason := self.refusal(group):
            return SHARES[group].refuse(reason, n=self.n[group])
        share = self.share(group)
        sentence = say(
            STILL[group], n=integer(self.n[group]), share=percent(share.value), months=self._months
        )
        return SHARES[group].state(
            share.value,
            sentence + caution(self.reaching[group]),
            interval=share.interval,
            level=self.level,
            n=self.n[group],
            method=say("Kaplan-Meier, log-log interval"),
        )

    def _ratio(self) -> Finding:
        n = sum(self.n.values())
        if self.ratio is None:
            fewest = min((REFERRED, OTHER), key=self.left.get)
            what = say('customers of the group "{group}" who left', group=say(NAMES[fewest]))
            return HAZARD.refuse(too_few(what, self.left[fewest], self.min_group), n=n)
        verdict = direction(self.ratio.interval, 1.0)
        sentence = say(
            RATIOS[verdict],
            times=number(self.ratio.value),
            change=percent(abs(1 - self.ratio.value)),
        )
        return HAZARD.state(
            self.ratio.value,
            sentence + self._not_shares() + caution(min(self.left.values())),
            interval=self.ratio.interval,
            level=self.level,
            n=n,
            method=say("Cox's model, no covariates, ties by Efron"),
            verdict=verdict,
        )

    def _not_shares(self) -> str:
        """Say what the hazards come to in shares, with a leading space, where both are known."""
        referred, other = self.share(REFERRED), self.share(OTHER)
        if referred is None or other is None:
            return ""
        return " " + say(
            "In shares that is {referred} against {other} still there after {months}, {apart} apart: "
            "a hazard is no share of customers who stay.",
            referred=percent(referred.value),
            other=percent(other.value),
            months=self._months,
            apart=quantity(abs(referred.value - other.value), DIFFERENCE),
        )

    def _drawn(self, group: bool) -> bool:
        return self.curves[group] is not None and self.refusal(group) is None

    def to_frame(self):
        """Return month (0 is joining) and, for each group drawn, share, ci_low, ci_high."""
        import pandas as pd

        months = np.arange(self.horizon_months + 1)
        columns = {"month": months}
        for group, name in ((REFERRED, "referred"), (OTHER, "other")):
            if self._drawn(group):
                low, high = self.curves[group].band(month_start(months + 1))
                columns |= {
                    name: self.curves[group].beyond(month_start(months + 1)),
                    f"{name}_ci_low": low,
                    f"{name}_ci_high": high,
                }
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say who stays longer, clear of chance."""
        if self.ratio is None:
            return say("Share of customers still there by months since joining")
        titles = {
            "below": say("Referred customers stay longer than others"),
            "above": say("Referred customers leave sooner than others"),
            "undecided": say("Referred and other customers stay about equally long, as far as can be seen"),
        }  # fmt: skip
        return titles[direction(self.ratio.interval, 1.0)]

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of customers still there, by months since joining")

    def caption(self) -> str:
        """Say what lines and bands are, and how many customers are followed to the end."""
        drawn = [group for group in NAMES if self._drawn(group)]
        if not drawn:
            return " ".join(self.refusal(group) for group in NAMES)
        still = "; ".join(
            say(
                "{group}: {n} at the start, {still} under observation at the end",
                group=say(NAMES[group]),
                n=integer(self.n[group]),
                still=integer(self.curves[group].still(self._end)),
            )
            for group in drawn
        )
        return (
            say(
                "Kaplan-Meier share still there; bands are pointwise {level} log-log intervals. {still}.",
                level=percent(self.level, 0),
                still=still,
            )
            + self._apart()
        )

    def _apart(self) -> str:
        """Say how far apart the lines end, with a leading space, where both are drawn."""
        referred, other = self.share(REFERRED), self.share(OTHER)
        if referred is None or other is None:
            return ""
        apart = quantity(abs(referred.value - other.value), DIFFERENCE)
        return " " + say("The lines end {apart} apart.", apart=apart)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        lines = [self.refusal(group) or self._share(group).sentence for group in NAMES]
        return " ".join([say("Falling lines in their bands, from everybody at joining."), *lines])


def retention(tenure: Tenure, *, level: float = 0.95, min_group: int = 5) -> Retention:
    """Return how long referred and other customers stay."""
    member = {group: tenure.referred == group for group in NAMES}
    end = month_start(tenure.horizon_months + 1)
    left = {group: int(tenure.left[who].sum()) for group, who in member.items()}
    ratio = None
    if min(left.values()) >= max(min_group, 1):
        ratio = hazard_ratio(tenure.days, tenure.left, tenure.referred, level=level)
    return Retention(
        curves={
            group: kaplan_meier(tenure.days[who], tenure.left[who], level=level)
            if who.any()
            else None
            for group, who in member.items()
        },
        n={group: int(who.sum()) for group, who in member.items()},
        left=left,
        reaching={group: int((tenure.reach[who] >= end).sum()) for group, who in member.items()},
        ratio=ratio,
        horizon_months=tenure.horizon_months,
        level=level,
        min_group=min_group,
    )
