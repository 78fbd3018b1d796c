"""Which referrals look like fraud by rules, and how many.

Estimand: the share of all referrals whose points reach the threshold. It is counted, not estimated: the rules look at
every referral. Flagged is suspected and no more; how good the rules are, only referrals somebody looked into can show.
"""

from dataclasses import dataclass, field

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, listed, mark, percent, say, say_n
from retorno.referral.fraud.paid import Paid, paid_for
from retorno.referral.fraud.rules import CROWD, RULES, SIGNS, Caught, Rule, caught_by
from retorno.referral.links import Links
from retorno.referral.payoff.assumptions import Assumptions

FLAG_AT = 2  # points: a rule that says "nobody new", or two signs

SHARE = Definition(
    "fraud.flagged_share",
    label=mark("Share of referrals that rules suspect"),
    meaning=mark(
        "Share of all referrals in the table whose points reach the threshold: 2 if a rule says that the referral "
        "brought nobody new, and 1 for each sign of fraud (device or address shared, payment shared, many on one day, "
        "silent after the reward). In the formula s is the points of a referral, t the threshold, N the number of "
        "referrals; 1 stands where the points reach it."
    ),
    unit="share of referrals",
    sign=mark("Higher: more referrals look like fraud; none of them is shown to be one."),
    formula=r"\frac{1}{N} \sum_{i=1}^{N} \mathbf{1} [ s_i \geq t ]",
)
DEFINITIONS = (SHARE,)


@dataclass(frozen=True, slots=True)
class Flagged:
    """The referrals with their rules and points.

    Attributes
    ----------
    links : Links
    caught : Caught or None
        None without the table referrals, as `paid`.
    paid : Paid or None
    score : ndarray of int, shape (n,)
    fraud, genuine : ndarray of bool, shape (n,)
        What somebody who looked into a referral found; both False: nobody did.
    flag_at : int
        Points from which a referral is flagged.
    burst, silence_days : int
    currency : str
    level : float
    min_group : int
    """

    links: Links = field(repr=False)  # who shows a result in a notebook must not show people
    caught: Caught | None
    paid: Paid | None
    score: np.ndarray
    fraud: np.ndarray
    genuine: np.ndarray
    flag_at: int
    burst: int
    silence_days: int
    currency: str
    level: float
    min_group: int

    @property
    def n(self) -> int:
        """Referrals in the table."""
        return self.score.size

    @property
    def flagged(self) -> np.ndarray:
        """Whether the points of a referral reach the threshold, shape (n,)."""
        return self.score >= self.flag_at

    @property
    def reviewed(self) -> np.ndarray:
        """Whether somebody looked into a referral, shape (n,)."""
        return self.fraud | self.genuine

    def refusal(self) -> str | None:
        """Return why nothing can be said of the referrals, or None."""
        if self.links.rows is None:
            return say("Not stated: this needs the table referrals, which is not given.")
        if self.n < self.min_group:
            return too_few(say("referrals in the table"), self.n, self.min_group)
        return None

    def reason(self, rule: Rule) -> str:
        """Return the reason of a rule in words."""
        values = {"crowd": CROWD, "burst": self.burst, "days": self.silence_days}
        return say(rule.reason, **{name: integer(value) for name, value in values.items()})

    def findings(self) -> Findings:
        """State or refuse the share flagged."""
        return Findings([self._share()])

    def _share(self) -> Finding:
        if reason := self.refusal():
            return SHARE.refuse(reason, n=self.n)
        found = int(self.flagged.sum())
        sentence = say_n(
            "Of {all} referrals {n} is flagged, {share}: it has {points} or more points.",
            "Of {all} referrals {n} are flagged, {share}: they have {points} or more points.",
            found,
            all=integer(self.n),
            share=percent(found / self.n),
            points=integer(self.flag_at),
        )
        if found == 0:
            sentence = say(
                "None of {all} referrals has {points} or more points.",
                all=integer(self.n),
                points=integer(self.flag_at),
            )
        return SHARE.state(
            found / self.n,
            sentence + self._no_proof() + self._not_checked() + caution(self.n),
            n=self.n,
            method=say("rules over every referral: counted, not estimated"),
        )

    def _no_proof(self) -> str:
        return " " + say(
            "Flagged is suspected, no proof, and what no rule sees is not flagged; no audited rate of fraud in "
            "referrals is known to hold this against."
        )

    def _not_checked(self) -> str:
        """Say which rules could not be checked, with a leading space, or nothing."""
        if not self.caught.unchecked:
            return ""
        unchecked, labels = self.caught.unchecked, {r.name: say(r.label) for r in RULES}
        cases = "; ".join(
            f"{', '.join(labels[name] for name in unchecked if unchecked[name] == why)} ({why})"
            for why in dict.fromkeys(unchecked.values())
        )
        return " " + say("Not checked: {cases}.", cases=cases)

    def to_frame(self):
        """Return a row for each rule.

        rule, label, innocent, points, referrals, share, alone (held by this sign only), reviewed, fraud (found among
        them); numbers are missing for a rule that could not be checked.
        """
        import pandas as pd

        numbers = ["referrals", "share", "alone", "reviewed", "fraud"]
        names = ["rule", "label", "innocent", "points", *numbers]
        rows = [] if self.caught is None else [self._row(rule) for rule in RULES]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(numbers, float))

    def _row(self, rule: Rule) -> tuple:
        words = (rule.name, say(rule.label), say(rule.innocent), rule.points)
        met = self.caught.rules.get(rule.name)
        if met is None:
            return *words, *[None] * 5
        share = met.mean() if met.size else None
        alone = met & (self.score == rule.points)
        looked = met & self.reviewed
        return *words, met.sum(), share, alone.sum(), looked.sum(), (met & self.fraud).sum()

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        columns = {
            "label": (say("Rule"), "text"),
            "points": (say("Points"), "count"),
            "referrals": (say("Referrals"), "count"),
            "share": (say("Share"), "share"),
            "alone": (say("By this sign alone"), "count"),
        }
        if self.reviewed.any():
            columns |= {
                "reviewed": (say("Looked into"), "count"),
                "fraud": (say("Fraud among them"), "count"),
            }
        return columns | {"innocent": (say("What else it may be"), "text")}

    def table_caption(self) -> str:
        """Say what the rules are over, how points add up, and what could not be checked."""
        if reason := self.refusal():
            return reason
        signs = listed(say(name) for name in SIGNS.values())
        return (
            say_n(
                "Rules over {n} referral: how many meet each.",
                "Rules over {n} referrals: how many meet each.",
                self.n,
            )
            + " "
            + say(
                "A referral may meet several. Points add up over the signs ({signs}), of each sign its strongest rule; "
                "from {points} points on a referral is flagged.",
                signs=signs,
                points=integer(self.flag_at),
            )
            + self._not_checked()
        )

    def title(self) -> str:
        """Say how many referrals are suspected."""
        if self.refusal():
            return say("Suspected referrals cannot be stated")
        found = int(self.flagged.sum())
        if found == 0:
            return say("No referral is suspected by these rules")
        return say_n(
            "{n} referral is suspected, {share} of all",
            "{n} referrals are suspected, {share} of all",
            found,
            share=percent(found / self.n),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Referrals that meet each rule; full: flagged, light: too few points for that")

    def signs(self):
        """Return a row for each rule that was checked: label, referrals, flagged (of them), points."""
        import pandas as pd

        rules = {} if self.caught is None else self.caught.rules
        rows = [
            (say(r.label), int(rules[r.name].sum()), int((rules[r.name] & self.flagged).sum()), r.points)
            for r in RULES
            if r.name in rules
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["label", "referrals", "flagged", "points"])

    def caption(self) -> str:
        """Say what the bars are, and what to notice: the sign that stands alone most often."""
        if reason := self.refusal():
            return reason
        caption = say(
            "{n} referrals and the rules they meet; one referral may meet several. A rule worth {flag_at} points flags "
            "by itself, a sign worth less has an innocent explanation as well.",
            n=integer(self.n),
            flag_at=integer(self.flag_at),
        )
        light = self.signs()
        light["single"] = light.referrals - light.flagged
        if light.single.max() > 0:
            most = light.loc[light.single.idxmax()]
            caption += " " + say_n(
                "Most often without anything else: {rule}, {n} referral that is not flagged.",
                "Most often without anything else: {rule}, {n} referrals that are not flagged.",
                int(most.single),
                rule=most.label,
            )
        return caption + self._late() + self._not_checked()

    def _late(self) -> str:
        if "silence" not in self.caught.rules or not self.caught.unseen:
            return ""
        return " " + say_n(
            "Of {n} referral in the last {days} days it cannot be seen yet whether silence follows.",
            "Of {n} referrals in the last {days} days it cannot be seen yet whether silence follows.",
            self.caught.unseen,
            days=integer(self.silence_days),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        bars = "; ".join(
            say(
                "{rule}: {n}, of them flagged {flagged}",
                rule=row.label,
                n=integer(row.referrals),
                flagged=integer(row.flagged),
            )
            for row in self.signs().itertuples()
        )
        return say("A bar for each rule. {bars}.", bars=bars)


def flag_referrals(
    links: Links,
    assumptions: Assumptions,
    *,
    burst: int = 4,
    silence_days: int = 30,
    flag_at: int = FLAG_AT,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Flagged:
    """Return the referrals with the rules they meet and their points.

    Parameters
    ----------
    links : Links
        Who brought whom; its `rows` are the referrals, None where the table is not given.
    assumptions : Assumptions
        Rewards where the rows do not say them, and administration.
    burst : int
        Referrals of one referrer on one day from which they look made up, 2 or more.
    silence_days : int
        Days within which a customer who leaves or brings nothing was none, 1 or more.
    flag_at : int
        Points from which a referral is flagged.
    """
    rows = links.rows
    options = (flag_at, burst, silence_days, currency, level, min_group)
    if rows is None:
        none = np.zeros(0, dtype=bool)
        return Flagged(links, None, None, np.zeros(0, dtype=int), none, none, *options)
    paid = paid_for(rows, assumptions)
    caught = caught_by(rows, links.tenure, paid, burst=burst, silence_days=silence_days)
    fraud, genuine = (_is(rows, word) for word in ("fraud", "genuine"))
    return Flagged(links, caught, paid, caught.score(len(rows)), fraud, genuine, *options)


def _is(rows, status: str) -> np.ndarray:
    if "status" not in rows:
        return np.zeros(len(rows), dtype=bool)
    return (rows.status == status).fillna(False).to_numpy(dtype=bool)
