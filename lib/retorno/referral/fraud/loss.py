"""What fraud in referrals costs, and what is paid for people who were customers already.

Estimands: rewards and administration over the data that went to fraud; and those that went to referrals of people who
had joined before. The first is estimated from referrals somebody looked into, money by money and group by group of like
points; where nobody did, it is the share of fraud assumed (parameter fraud_share) of all that was paid, and no more
than that assumption. The second is read off the rows.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.referral.fraud.reviewed import Reviewed
from retorno.referral.fraud.strata import judged
from retorno.referral.payoff.assumptions import Assumptions
from retorno.stats.finite import Strata
from retorno.stats.student import Estimate

LOSS = Definition(
    "fraud.expected_loss",
    label=mark("Paid for fraud"),
    meaning=mark(
        "Rewards and administration paid for fraud over the data: estimated from referrals somebody looked into, else "
        "fraud_share of all that was paid. In the formula g is a group of referrals with like points, C the rewards "
        "and administration of its referrals, p the share of that which went to fraud, by those looked into, else "
        "fraud_share."
    ),
    unit="money over the data",
    sign=mark("Higher: more is lost to fraud."),
    formula=r"\sum_g p_g C_g",
    speaks_to=(Speaks("referral_fraud_and_loss"),),
)
CUSTOMERS = Definition(
    "fraud.paid_for_customers",
    label=mark("Paid for people who were customers already"),
    meaning=mark(
        "Rewards and administration paid over the data for referrals of people who had joined before the day of the "
        "referral, whether fraud or mistake. In the formula c is what was paid for a referral; 1 stands where the "
        "referred had joined on day j, before day d of the referral."
    ),
    unit="money over the data",
    sign=mark("Higher: more is paid for nobody new."),
    formula=r"\sum_i c_i \, \mathbf{1} [ j_i < d_i ]",
)
DEFINITIONS = (LOSS, CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Loss:
    """What was paid for referrals, and how much of it for fraud.

    Attributes
    ----------
    reviewed : Reviewed
    money : Strata
        Share of the money that went to fraud, by group of like points.
    assumptions : Assumptions
        fraud_share stands in where nobody looked into referrals.
    """

    reviewed: Reviewed
    money: Strata
    assumptions: Assumptions

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.reviewed.flagged.currency

    @property
    def paid(self) -> float:
        """Rewards and administration paid for all referrals."""
        return float(self.money.total.sum())

    @property
    def seen(self) -> bool:
        """Whether the loss is estimated from referrals looked into; else it is assumed."""
        return self.reviewed.rate_refusal() is None and self.money.known

    def refusal(self) -> str | None:
        """Return why the loss to fraud cannot be stated, or None."""
        if reason := self.reviewed.flagged.refusal():
            return reason
        if self.paid == 0:
            return say("Not stated: no reward is known to have been paid.")
        if self.seen or self.assumptions.fraud_share is not None:
            return None
        return " ".join(
            [
                self.reviewed.rate_refusal() or "",
                say("Or parameter fraud_share would have to say what share is assumed."),
            ]
        ).strip()

    def loss(self) -> Estimate | None:
        """Return what was paid for fraud, None where it is refused.

        From referrals looked into its interval is one of chance. Of a range assumed it is the middle `level` of that
        range, every value held equally possible; of one share assumed it has no width.
        """
        if self.refusal():
            return None
        if self.seen:
            return self.money.amount()
        share, level = self.assumptions.fraud_share, self.reviewed.flagged.level
        low, high = share if "fraud_share" in self.assumptions.ranges else (share, share)
        cut = (1 - level) / 2 * (high - low)
        ends = [self.paid * end for end in (low + cut, high - cut)]
        spread = self.paid * (high - low) / np.sqrt(12)
        return Estimate(self.paid * (low + high) / 2, float(spread), *ends)

    def findings(self) -> Findings:
        """State or refuse what was paid for fraud and for people who were customers already."""
        return Findings([self._loss(), self._customers()])

    def _loss(self) -> Finding:
        flagged, unit = self.reviewed.flagged, f"{self.currency} over the data"
        n = int(self.money.sampled.sum())
        if reason := self.refusal():
            return LOSS.refuse(reason, n=flagged.n, unit=unit)
        found = self.loss()
        words = {
            "paid": money(self.paid, self.currency),
            "loss": money(found.value, self.currency),
            "share": percent(found.value / self.paid),
        }
        if self.seen:
            sentence = say_n(
                "Of {paid} paid for referrals {loss} went to fraud, {share}, judged by {n} rewarded referral that was "
                "looked into.",
                "Of {paid} paid for referrals {loss} went to fraud, {share}, judged by {n} rewarded referrals that "
                "were looked into.",
                n,
                **words,
            )
            sentence += " " + self.reviewed.drawn() + caution(n)
            method = say(
                "groups of like points by their money; Jeffreys, for the referrals there are"
            )
        else:
            sentence = say(
                "Of {paid} paid for referrals {loss} went to fraud if its share is {assumed}: parameter fraud_share "
                "alone, since too few referrals were looked into.",
                assumed=self.assumptions.shown("fraud_share"),
                **words,
            )
            method = say("share of fraud assumed, every value of a range equally possible")
        assumed_share = not self.seen and "fraud_share" not in self.assumptions.ranges
        return LOSS.state(
            found.value,
            sentence + self._of_which(),
            interval=None if assumed_share else found.interval,
            level=flagged.level,
            unit=unit,
            n=n if self.seen else flagged.n,
            method=method,
        )

    def _of_which(self) -> str:
        """Say what the amounts hold, with a leading space, where it is not all in the rows."""
        paid, text = self.reviewed.flagged.paid, ""
        if paid.assumed:
            text += " " + say_n(
                "Of {n} referral a reward is not in the table and taken from the parameters.",
                "Of {n} referrals a reward is not in the table and taken from the parameters.",
                paid.assumed,
            )
        if not paid.with_admin:
            text += " " + say("Administration is not in it: parameter admin_cost has no value.")
        return text

    def for_rule(self, rule: str) -> tuple[int, float]:
        """Return the rewarded referrals that meet a rule, and what was paid for them; 0 for one not checked."""
        flagged = self.reviewed.flagged
        met = (
            flagged.caught.rules.get(rule, np.zeros(flagged.n, dtype=bool)) & flagged.paid.rewarded
        )
        return int(met.sum()), float(flagged.paid.cost[met].sum())

    def _customers(self) -> Finding:
        flagged, unit = self.reviewed.flagged, f"{self.currency} over the data"
        if reason := flagged.refusal():
            return CUSTOMERS.refuse(reason, n=flagged.n, unit=unit)
        if self.paid == 0:
            reason = say("Not stated: no reward is known to have been paid.")
            return CUSTOMERS.refuse(reason, n=flagged.n, unit=unit)
        n, amount = self.for_rule("was_customer")
        sentence = say_n(
            "{amount} of {paid} was paid for {n} referral of somebody who was a customer already, fraud or mistake.",
            "{amount} of {paid} was paid for {n} referrals of people who were customers already, fraud or mistake.",
            n,
            amount=money(amount, self.currency),
            paid=money(self.paid, self.currency),
        )
        sentence += self._of_which()
        return CUSTOMERS.state(
            amount, sentence, unit=unit, n=flagged.n, method=say("summed over the rows")
        )

    def to_frame(self):
        """Return a row for each amount: kind, label, referrals, amount, ci_low, ci_high; fraud may be missing."""
        import pandas as pd

        flagged = self.reviewed.flagged
        rows, none = [], (None, None)
        if flagged.refusal() is None and self.paid:
            paid, suspected = flagged.paid, flagged.flagged & flagged.paid.rewarded
            customers = self.for_rule("was_customer")
            sums = (int(suspected.sum()), float(paid.cost[suspected].sum()))
            rows = [
                ("all", say("All referrals"), int(paid.rewarded.sum()), self.paid, *none),
                ("flagged", say("Flagged"), *sums, *none),
                ("customers", say("Customers already"), *customers, *none),
            ]
            if found := self.loss():
                label = say("Fraud, estimated") if self.seen else say("Fraud, assumed")
                rows.append(("fraud", label, None, found.value, *found.interval))
        numbers = ["referrals", "amount", "ci_low", "ci_high"]
        frame = pd.DataFrame(rows, columns=["kind", "label", *numbers])
        return frame.astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        kind = f"money:{self.currency}"
        return {
            "label": (say("Paid for"), "text"),
            "referrals": (say("Rewarded referrals"), "count"),
            "amount": (say("Amount"), kind),
            "ci_low": (say("Low"), kind),
            "ci_high": (say("High"), kind),
        }

    def table_caption(self) -> str:
        """Say what the amounts are and that they overlap."""
        if reason := self.refusal():
            return reason
        return say(
            "Rewards and administration paid over the data. The rows overlap: who is flagged may be fraud or not."
        ) + self._of_which()  # fmt: skip

    def title(self) -> str:
        """Say how much went to fraud."""
        if self.refusal():
            return say("What fraud costs cannot be stated")
        found = self.loss()
        words = {
            "loss": money(found.value, self.currency),
            "paid": money(self.paid, self.currency),
        }
        if self.seen:
            return say("Of {paid} paid for referrals an estimated {loss} went to fraud", **words)
        return say(
            "Of {paid} paid for referrals {loss} went to fraud, if so much is assumed", **words
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("{currency} of rewards and administration over the data", currency=self.currency)

    def caption(self) -> str:
        """Say what the bars and the line are, and what the number rests on."""
        if reason := self.refusal():
            return reason
        found = self.loss()
        if self.seen:
            line = say(
                "The line on the last bar is its {level} interval, {low} to {high}, from {n} rewarded referrals that "
                "were looked into.",
                level=percent(self.reviewed.flagged.level, 0),
                low=money(found.ci_low, self.currency),
                high=money(found.ci_high, self.currency),
                n=integer(self.money.sampled.sum()),
            )
        else:
            line = say(
                "The last bar is an assumption, parameter fraud_share: {share}.",
                share=self.assumptions.shown("fraud_share"),
            )
        overlap = say(
            "Amounts overlap: the flagged are suspected, the last bar is what is held to be fraud."
        )
        return f"{overlap} {line}{self._of_which()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        bars = "; ".join(
            say("{label}: {amount}", label=row.label, amount=money(row.amount, self.currency))
            for row in self.to_frame().itertuples()
        )
        return say("A bar for each amount. {bars}.", bars=bars)


def expected_loss(reviewed: Reviewed, assumptions: Assumptions) -> Loss:
    """Return what was paid for fraud, by referrals looked into or else by the share assumed."""
    flagged = reviewed.flagged
    cost = np.zeros(0) if flagged.paid is None else flagged.paid.cost
    return Loss(reviewed, judged(flagged, cost)[1], assumptions)
