"""Which offer earns most, which is not the question which offer brings most customers back.

Estimand, for each arm: (share returned of the arm - of the holdout) x value of a second life before its cost - mean
cost of a contact and its offer, per customer contacted. Identified by the random drawing of the arms; the value of a
second life is taken to be the same whatever the offer, which a discount may make untrue.

Source: Stauss and Friege (1999), J. of Service Research 1(4): the regain ratio goes up with what is spent on it, and
the ratio with the highest profit is not the highest one.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, listed, mark, money, percent, quantity, quoted, say
from retorno.reactivation.contact.campaign import HOLDOUT, Campaign
from retorno.reactivation.worth.programme import (
    POINTS,
    Reached,
    missing,
    profit,
    reached,
    too_small,
)
from retorno.reactivation.worth.second_life import SecondLife
from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate, welch

PROFIT = Definition(
    "programme.best_arm_profit",
    label=mark("Profit of the offer that earns most"),
    meaning=mark(
        "Of the arm with the highest profit: (share returned of the arm - of the holdout) x "
        "second_life.value.before_cost, less the mean cost of a contact and its offer; per customer contacted. The "
        "best of several is chosen on the same data, so it looks a little better than it is. In the formula p is the "
        "share returned, b the arm, H the holdout, V the value of a second life before its cost, c the mean cost."
    ),
    unit="money per customer",
    sign=mark("Positive: contacting with this offer brings more than it costs."),
    formula=r"(p_b - p_H) V - c_b",
    reference=0.0,
)
LEAD = Definition(
    "programme.best_arm_lead",
    label=mark("Lead of the offer that earns most"),
    meaning=mark(
        "Profit per customer contacted of the arm with the highest profit, minus that of the arm with the highest "
        "share returned (the regain ratio); where one arm has both, minus the next highest profit. The interval holds "
        "for all pairs of arms together. In the formula p is the share returned, V the value of a second life before "
        "its cost, c the mean cost, b the arm with the highest profit, a the other."
    ),
    unit="money per customer",
    sign=mark("Positive: it earns more than the other; 0 when they earn alike."),
    formula=r"(p_b - p_a) V - (c_b - c_a)",
    reference=0.0,
)
DEFINITIONS = (PROFIT, LEAD)

PROFITS = {
    "above": mark('The offer that earns most is "{arm}": {profit} per customer contacted.'),
    "below": mark('Even the offer that does best, "{arm}", loses {loss} per customer contacted.'),
    "undecided": mark(
        'The offer with the highest profit is "{arm}", {profit} per customer contacted; the interval holds zero, so '
        "whether it pays is undecided."
    ),
}
TWO = mark(
    '"{best}" has the highest profit, "{most}" the highest share returned ({returned} against {other})'
)
BOTH = mark('"{best}" has both the highest profit and the highest share returned ({other})')
# Does the arm with the highest profit also bring most back, and is its lead clear -> sentence.
LEADS = {
    (False, "above"): mark(
        "{two}. Choosing by the share returned gives up {lead} per customer contacted."
    ),
    (False, "undecided"): mark(
        "{two}. They earn {lead} apart, and the interval holds zero: which of the two earns more is undecided."
    ),
    (True, "above"): mark('{two}. It earns {lead} per customer contacted more than "{rival}".'),
    (True, "undecided"): mark(
        '{two}. It earns {lead} more than "{rival}"; the interval holds zero, so which earns more is undecided.'
    ),
}
TITLES = {
    (False, "above"): mark(
        "The offer with the highest share returned is not the one that earns most"
    ),
    (False, "undecided"): mark('Which earns more, "{best}" or "{rival}", is undecided'),
    (True, "above"): mark('"{best}" earns most, and has the highest share returned'),
    (True, "undecided"): mark('Which earns more, "{best}" or "{rival}", is undecided'),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One arm: `returned` its share that came back, `extra` and `profit` against the holdout, `cost` its mean."""

    name: str
    reached: Reached
    returned: Estimate
    extra: Estimate
    cost: float
    profit: Estimate


@dataclass(frozen=True, slots=True)
class Offers:
    """What each arm earns, the highest profit first.

    Attributes
    ----------
    tests : Campaign
    life : SecondLife
    arms : tuple of Offer
        Empty where `refused` says why.
    holdout : Reached or None
    left_out : dict of str to str
        Arms of which nothing is said, and why.
    refused : str or None
    """

    tests: Campaign
    life: SecondLife
    arms: tuple[Offer, ...]
    holdout: Reached | None
    left_out: dict[str, str]
    refused: str | None

    @property
    def unit(self) -> str:
        """Unit of a profit: currency per customer."""
        return f"{self.tests.currency} per customer"

    @property
    def best(self) -> Offer:
        """The arm with the highest profit."""
        return self.arms[0]

    @property
    def most(self) -> Offer:
        """The arm with the highest share returned; of several that with the highest profit."""
        return max(self.arms, key=lambda arm: arm.returned.value)

    @property
    def both(self) -> bool:
        """Whether the arm with the highest profit also brings most customers back."""
        return self.most is self.best

    @property
    def rival(self) -> Offer:
        """The arm the best is held against: that with most returns, else the next highest profit; two arms needed."""
        return self.arms[1] if self.both else self.most

    @property
    def lead(self) -> Estimate:
        """Profit of the best minus that of its rival; the interval holds for all pairs of arms together."""
        pairs = len(self.arms) * (len(self.arms) - 1) / 2
        difference = profit(self.best.reached, self.rival.reached, self.life)
        return difference.at(1 - (1 - self.tests.level) / pairs)

    def findings(self) -> Findings:
        """State or refuse the highest profit and its lead over the arm with most returns."""
        return Findings([self._profit(), self._lead()])

    def _profit(self) -> Finding:
        if self.refused:
            return PROFIT.refuse(self.refused, n=self.tests.customers, unit=self.unit)
        found, words = self.best.profit, {"arm": self.best.name}
        verdict = direction(found.interval)
        words |= {"profit": self._money(found.value), "loss": self._money(-found.value)}
        sentence = say(PROFITS[verdict], **words)
        if len(self.arms) > 1:
            sentence += " " + say(
                "Chosen as the best of {n}, it looks a little better than it is.",
                n=integer(len(self.arms)),
            )
        return self._state(PROFIT, found, sentence, verdict, self.best)

    def _lead(self) -> Finding:
        reason = self.refused
        if reason is None and len(self.arms) == 1:
            reason = say("Not stated: there is one offer that can be judged; a choice needs two.")
        if reason is None:
            pair = {quoted(arm.name): arm.reached for arm in (self.best, self.rival)}
            reason = too_small(pair, self.tests.min_group)
        if reason:
            return LEAD.refuse(reason, n=self.tests.customers, unit=self.unit)
        lead = self.lead
        verdict = direction(lead.interval)
        two = say(
            BOTH if self.both else TWO,
            best=self.best.name,
            most=self.most.name,
            returned=percent(self.most.returned.value),
            other=percent(self.best.returned.value),
        )
        words = {"two": two, "lead": self._money(lead.value), "rival": self.rival.name}
        sentence = say(LEADS[self.both, verdict], **words)
        return self._state(LEAD, lead, sentence, verdict, self.best, self.rival)

    def _state(self, definition, estimate, sentence, verdict, *arms) -> Finding:
        sizes = [arm.reached.returned.size for arm in arms]
        if len(arms) == 1:
            sizes.append(self.holdout.returned.size)
        return definition.state(
            estimate.value,
            sentence + caution(min(sizes)),
            interval=estimate.interval,
            level=self.tests.level,
            unit=self.unit,
            n=sum(sizes),
            method=say(
                "difference of means of returns times value less cost (Welch), error of the second life added"
            ),
            verdict=verdict,
        )

    def _money(self, amount: float) -> str:
        return money(amount, self.tests.currency)

    def to_frame(self):
        """Return arm, customers, share returned, extra rate, cost and profit with bounds; the holdout last."""
        import pandas as pd

        rows = [
            {
                "arm": arm.name,
                "customers": arm.reached.customers,
                "returned": arm.returned.value,
                "returned_low": arm.returned.ci_low,
                "returned_high": arm.returned.ci_high,
                "extra": arm.extra.value,
                "cost": arm.cost,
                "profit": arm.profit.value,
                "ci_low": arm.profit.ci_low,
                "ci_high": arm.profit.ci_high,
                "points": POINTS,
            }
            for arm in self.arms
        ]
        if rows:
            share = _share(self.holdout, self.tests.level)
            rows.append(
                {
                    "arm": HOLDOUT,
                    "customers": self.holdout.customers,
                    "returned": share.value,
                    "returned_low": share.ci_low,
                    "returned_high": share.ci_high,
                    "points": POINTS,
                }
            )
        return pd.DataFrame(rows, columns=[*COLUMNS, "returned_low", "returned_high", "points"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        amount = f"money:{self.tests.currency}"
        kinds = {"money": amount}
        return {
            name: (say(label), kinds.get(kind, kind)) for name, (label, kind) in COLUMNS.items()
        }

    def table_caption(self) -> str:
        """Say what is earned and on which value it rests."""
        if self.refused:
            return self.refused
        return say(
            "Per customer contacted, the highest profit first; {level} intervals. Profit: extra return rate times a "
            "second life of {life}, less the mean cost of a contact and its offer.",
            level=percent(self.tests.level, 0),
            life=self._money(self.life.before_cost.value),
        )

    def title(self) -> str:
        """Say whether the offer with most returns is the one that earns most."""
        if self.refused:
            return say("What each offer earns is not stated")
        if len(self.arms) == 1:
            return say('What contact with "{arm}" earns', arm=self.best.name)
        words = {"best": self.best.name, "rival": self.rival.name}
        return say(TITLES[self.both, direction(self.lead.interval)], **words)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of customers who came back, and profit per customer contacted, {currency}",
            currency=self.tests.currency,
        )

    def caption(self) -> str:
        """Say what bars are, what profit rests on, and which arms are left out."""
        if self.refused:
            return self.refused
        words = say(
            "Bars are {level} intervals. Profit is the extra return rate against the holdout times a second life of "
            "{life} before its cost, less the mean cost of a contact and its offer; the second life is taken to be "
            "worth the same whatever the offer. Customers: {arms}.",
            level=percent(self.tests.level, 0),
            life=self._money(self.life.before_cost.value),
            arms=listed(f"{arm} {integer(n)}" for arm, n in self.tests.arms.items()),
        )
        left = (
            say('"{arm}" is left out. {why}', arm=arm, why=why)
            for arm, why in self.left_out.items()
        )
        return " ".join([words, *left])

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        arms = "; ".join(
            say(
                "{arm}: {share} came back, {extra} more than of the holdout, {profit} per customer",
                arm=arm.name,
                share=percent(arm.returned.value),
                extra=quantity(arm.extra.value, POINTS),
                profit=self._money(arm.profit.value),
            )
            for arm in self.arms
        )
        return say("Two rows of points in their intervals. {arms}.", arms=arms)


COLUMNS = {
    "arm": (mark("Arm"), "text"),
    "customers": (mark("Customers"), "count"),
    "returned": (mark("Share returned"), "share"),
    "extra": (mark("Extra return rate"), "unit:points"),
    "cost": (mark("Cost"), "money"),
    "profit": (mark("Profit"), "money"),
    "ci_low": (mark("Interval from"), "money"),
    "ci_high": (mark("to"), "money"),
}


def offers(tests: Campaign, life: SecondLife) -> Offers:
    """Return what each treated arm of the campaign earns per customer contacted.

    Parameters
    ----------
    tests : Campaign
        With `return_outcome` and costs.
    life : SecondLife
        Its value before cost is what an extra return brings.
    """
    if reason := missing(tests, life):
        return Offers(tests, life, (), None, {}, reason)
    holdout, arms, left_out = reached(tests, HOLDOUT), [], {}
    for name in tests.treated_arms:
        group = reached(tests, name)
        whom = say('customers in arm "{arm}"', arm=name)
        why = too_small({whom: group, say("customers in the holdout"): holdout}, tests.min_group)
        if why:
            left_out[name] = why
        else:
            arms.append(_offer(name, group, holdout, life, tests.level))
    if not arms:
        reason = next(iter(left_out.values()), say("Not stated: nobody was contacted."))
        return Offers(tests, life, (), None, left_out, reason)
    arms.sort(key=lambda arm: -arm.profit.value)
    return Offers(tests, life, tuple(arms), holdout, left_out, None)


def _offer(name: str, group: Reached, holdout: Reached, life: SecondLife, level: float) -> Offer:
    return Offer(
        name,
        group,
        _share(group, level),
        welch(group.returned, holdout.returned).at(level),
        float(group.cost.mean()),
        profit(group, holdout, life).at(level),
    )


def _share(group: Reached, level: float) -> Estimate:
    return wilson_share(float(group.returned.sum()), group.returned.size, level=level)
