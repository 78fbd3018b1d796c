"""How long referred and other customers stay.

Estimands: the share of each group still a customer at the end of the horizon, counted from joining; and the hazard
of leaving, referred over other. The two are different statements: a hazard that is lower by a fifth is not a fifth
more customers who stay (`staying.readings` sets them side by side). Crude: nothing is adjusted, and neither is an
effect of being referred.

Source: Kaplan-Meier and Cox, see `retorno.stats.survival` and `retorno.stats.cox`; customers who are still there on
the last day of data are followed up to it, which is fair when the day of joining does not go with how long they stay.
Customers who joined before the first day count from that day on (late entry), so that those who had left before it
do not make the others look loyal.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import DIFFERENCE, integer, mark, percent, quantity, say, say_n
from retorno.referral.staying.hazard import HAZARD, LOG_RANK, Hazard, hazard, with_late
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure, month_start
from retorno.stats.student import Estimate
from retorno.stats.survival import Survival, kaplan_meier

SHARE_MEANING = mark(
    "Kaplan-Meier share of the group still a customer horizon_months months of 30.4375 days after joining; "
    "customers still there on the last day of data are followed up to it, those who joined before the first from that "
    "day on. In the formula H is horizon_months, d the customers of the group who left u days after joining, Y those "
    "under observation just before."
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
DEFINITIONS = (*SHARES.values(), HAZARD, LOG_RANK)

STILL = {
    REFERRED: mark("Of {n} referred customers {share} are still there {months} after joining."),
    OTHER: mark("Of {n} other customers {share} are still there {months} after joining."),
}
ENOUGH = 30  # customers behind a number that needs no word of care
STEPS, MOST = (1, 2, 3, 6, 12, 24, 60), 7  # months between two counts; counts but the first


@dataclass(frozen=True, slots=True)
class Retention:
    """How long both groups stay.

    Attributes
    ----------
    curves : dict of bool to Survival or None
        By group (`REFERRED`, `OTHER`), in days from joining; None for an empty group.
    n, left, reaching, late : dict of bool to int
        Customers; those who left; those who joined at least the horizon before the last day and came into sight
        within it; those who came into sight late.
    hazard : Hazard
        Hazards of leaving, compared.
    horizon_months, min_group : int
    level : float
        Coverage of intervals and pointwise bands.
    """

    curves: dict[bool, Survival | None]
    n: dict[bool, int]
    left: dict[bool, int]
    reaching: dict[bool, int]
    late: dict[bool, int]
    hazard: Hazard
    horizon_months: int
    level: float
    min_group: int

    @property
    def ratio(self) -> Estimate | None:
        """Hazard of leaving, referred over other; None when it cannot be stated."""
        return self.hazard.ratio

    @property
    def end(self) -> float:
        """The horizon in days: the start of the month after its last."""
        return float(month_start(self.horizon_months + 1))

    @property
    def months(self) -> str:
        """The horizon in words."""
        return say_n("{n} month", "{n} months", self.horizon_months)

    def refusal(self, *groups: bool) -> str | None:
        """Return why the curve of one of `groups` cannot be stated up to the horizon, or None."""
        return next((why for group in groups if (why := self._refusal(group))), None)

    def _refusal(self, group: bool) -> str | None:
        if self.reaching[group] < max(self.min_group, 1):
            what = say(
                'customers of the group "{group}" who joined at least {months} before the last day of data, '
                "of {n} in the group (months beyond the data are refused; parameter horizon_months)",
                group=say(NAMES[group]),
                months=self.months,
                n=integer(self.n[group]),
            )
            return too_few(what, self.reaching[group], self.min_group)
        thin = self.curves[group].thin(self.min_group)
        if thin is None or thin[0] > self.end:
            return None
        return say_n(
            'Not stated: in the group "{group}" only {n} customer is in sight at some time in the first {days} days '
            "after joining, and more come into sight later; at least {needed} are needed (parameter min_group), or too "
            "little is known of who left early. It needs more customers who joined after the first day of data.",
            'Not stated: in the group "{group}" only {n} customers are in sight at some time in the first {days} days '
            "after joining, and more come into sight later; at least {needed} are needed (parameter min_group), or too "
            "little is known of who left early. It needs more customers who joined after the first day of data.",
            thin[1],
            group=say(NAMES[group]),
            days=integer(np.ceil(thin[0])),
            needed=integer(self.min_group),
        )

    def behind(self, *groups: bool) -> int:
        """Return how many customers the curves of `groups` rest on up to the horizon, where they are fewest."""
        rest = [self.reaching[group] for group in groups]
        for group in groups:
            thin = self.curves[group].thin(ENOUGH)
            rest += [thin[1]] if thin is not None and thin[0] <= self.end else []
        return min(rest)

    def share(self, group: bool) -> Estimate | None:
        """Return the share still there at the horizon, None where it is refused."""
        return None if self.refusal(group) else self.curves[group].at(self.end)

    def findings(self) -> Findings:
        """State or refuse both shares, the ratio of hazards and the p of one pace."""
        shares = (self._share(group) for group in NAMES)
        ratio = self.hazard.ratio_finding(self._not_shares())
        return Findings([*shares, ratio, self.hazard.log_rank_finding()])

    def _share(self, group: bool) -> Finding:
        if reason := self.refusal(group):
            return SHARES[group].refuse(reason, n=self.n[group])
        share = self.share(group)
        sentence = say(
            STILL[group], n=integer(self.n[group]), share=percent(share.value), months=self.months
        )
        return SHARES[group].state(
            share.value,
            sentence + caution(self.behind(group)),
            interval=share.interval,
            level=self.level,
            n=self.n[group],
            method=with_late(say("Kaplan-Meier, log-log interval"), self.late[group]),
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
            months=self.months,
            apart=quantity(abs(referred.value - other.value), DIFFERENCE),
        )

    @property
    def drawn(self) -> tuple[bool, ...]:
        """Groups whose curve is drawn."""
        return tuple(g for g in NAMES if self.curves[g] is not None and self.refusal(g) is None)

    def to_frame(self):
        """Return month (0 is joining) and, for each group drawn, share, ci_low, ci_high."""
        import pandas as pd

        months = np.arange(self.horizon_months + 1)
        columns = {"month": months}
        for group in self.drawn:
            low, high = self.curves[group].band(month_start(months + 1))
            name = "referred" if group == REFERRED else "other"
            columns |= {
                name: self.curves[group].beyond(month_start(months + 1)),
                f"{name}_ci_low": low,
                f"{name}_ci_high": high,
            }
        return pd.DataFrame(columns)

    def at_risk(self) -> "AtRisk":
        """Return how many customers the curves rest on at a few months, as a table."""
        return AtRisk(self)

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
        return say(
            "Share of customers still there, by months since joining; below, customers under observation"
        )

    def caption(self) -> str:
        """Say what lines and bands are, and how many customers are followed to the end."""
        if not self.drawn:
            return " ".join(self.refusal(group) for group in NAMES)
        still = "; ".join(
            say(
                "{group}: {n} in all, {still} under observation at the end",
                group=say(NAMES[group]),
                n=integer(self.n[group]),
                still=integer(self.curves[group].still(self.end)),
            )
            for group in self.drawn
        )
        words = say(
            "Kaplan-Meier share still there; bands are pointwise {level} log-log intervals. {still}.",
            level=percent(self.level, 0),
            still=still,
        )
        return words + self.entering() + self._apart()

    def entering(self) -> str:
        """Say, with a leading space, how many came into sight late; nothing where nobody did."""
        if not sum(self.late.values()):
            return ""
        return " " + say_n(
            "{n} customer had joined before the first day of data and counts from that day of tenure on (late entry).",
            "{n} customers had joined before the first day of data and count from that day of tenure on (late entry): "
            "{referred} referred, {other} other.",
            sum(self.late.values()),
            referred=integer(self.late[REFERRED]),
            other=integer(self.late[OTHER]),
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


@dataclass(frozen=True, slots=True)
class AtRisk:
    """How many customers of each group are under observation at a few months, and the share still there."""

    retention: Retention

    @property
    def months(self) -> np.ndarray:
        """Months since joining, 0 first."""
        last = self.retention.horizon_months
        step = next((s for s in STEPS if last <= MOST * s), last // MOST)
        return np.arange(0, last + 1, step)

    def to_frame(self):
        """Return month and, for each group drawn, customers under observation and the share still there."""
        import pandas as pd

        columns = {"month": self.months}
        for group in self.retention.drawn:
            curve, name = self.retention.curves[group], "referred" if group == REFERRED else "other"
            starts = month_start(self.months + 1)
            # At joining all who are in sight from the first; later those not gone by the start of the month.
            columns[name] = [int(curve.at_risk[0]), *(curve.still(day) for day in starts[1:])]
            columns[f"{name}_share"] = curve.beyond(starts)
        return pd.DataFrame(columns)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        words = {
            "referred": (say("Referred, under observation"), "count"),
            "referred_share": (say("Referred still there"), "share"),
            "other": (say("Other, under observation"), "count"),
            "other_share": (say("Others still there"), "share"),
        }
        there = self.to_frame().columns
        month = {"month": (say("Months since joining"), "count")}
        return month | {name: word for name, word in words.items() if name in there}

    def table_caption(self) -> str:
        """Say who is under observation."""
        return (
            say(
                "Customers under observation at the start of a month: neither gone nor beyond the last day of data. "
                "What the share says of a month rests on them."
            )
            + self.retention.entering()
        )


def retention(tenure: Tenure, *, level: float = 0.95, min_group: int = 5) -> Retention:
    """Return how long referred and other customers stay."""
    member = {group: tenure.referred == group for group in NAMES}
    end = month_start(tenure.horizon_months + 1)
    reaching = (tenure.reach >= end) & (tenure.entry < end)
    return Retention(
        curves={
            group: kaplan_meier(
                tenure.days[who], tenure.left[who], level=level, entry=tenure.entry[who]
            )
            if who.any()
            else None
            for group, who in member.items()
        },
        n={group: int(who.sum()) for group, who in member.items()},
        left={group: int(tenure.left[who].sum()) for group, who in member.items()},
        reaching={group: int(reaching[who].sum()) for group, who in member.items()},
        late={group: int((tenure.entry[who] > 0).sum()) for group, who in member.items()},
        hazard=hazard(tenure, level=level, min_group=min_group),
        horizon_months=tenure.horizon_months,
        level=level,
        min_group=min_group,
    )
