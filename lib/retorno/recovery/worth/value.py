"""What a recovery is worth in money, the compensation it can bear, and what a failure costs even so.

Estimand: (share buying again, recovered - failure) x margin per customer and month x months, less compensation and
handling; undiscounted. Identified as far as those who were offered a recovery are like those who were not; margin,
months and costs are taken as known. Nobody drew the groups by chance: the value is that of their difference, and who
they are is part of it.

Source: Rust, Zahorik and Keiningham (1995), J. of Marketing 59(2), 58-70, for service put right as an investment.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import brief, listed, mark, money, say
from retorno.recovery.survey import (
    FAILURE,
    NO_FAILURE,
    RECOVERED,
    Survey,
    no_spread,
    refusal,
)
from retorno.recovery.worth.by_compensation import ByCompensation
from retorno.recovery.worth.money import Money
from retorno.stats.student import Student, welch

OUTCOME = "repurchase"

PER_RECOVERY = Definition(
    "value.per_recovery",
    label=mark("worth of a recovery"),
    meaning=mark(
        "(share buying again of the recovered - of those whose failure was left as it was) x margin per customer and "
        "month x horizon_months, undiscounted, less compensation and handling_cost; margin and costs taken as known. "
        "In the formula p is the share buying again, R the recovered, F a failure without recovery, m the margin, H "
        "the months, c the compensation, h the handling."
    ),
    unit="money per recovery",
    sign=mark("Positive: recovering earns more than it costs."),
    formula=r"(p_R - p_F) \, m H - c - h",
    reference=0.0,
    speaks_to=(Speaks("recovery_invest_freely", holds="above"),),
)
COMPENSATION = Definition(
    "value.break_even_compensation",
    label=mark("highest compensation that still pays"),
    meaning=mark(
        "The compensation at which the worth of a recovery is zero; negative: none pays. In the formula p is the "
        "share buying again, R the recovered, F a failure without recovery, m the margin, H the months, h the handling."
    ),
    unit="money per recovery",
    sign=mark("Below what is paid now: the recovery costs more than it brings."),
    formula=r"(p_R - p_F) \, m H - h",
    reference=0.0,
    speaks_to=(Speaks("recovery_invest_freely"),),
)
FAILURE_COST = Definition(
    "value.failure_cost",
    label=mark("cost of a failure that is recovered"),
    meaning=mark(
        "(share buying again without a failure - of the recovered) x margin x horizon_months, plus compensation and "
        "handling_cost: what preventing the failure would have spared, the repair that failed to win all back "
        "included. In the formula p is the share buying again, N no failure, R the recovered, m the margin, H the "
        "months, c the compensation, h the handling."
    ),
    unit="money per failure",
    sign=mark("Positive: a failure costs, even one that is put right."),
    formula=r"(p_N - p_R) \, m H + c + h",
    reference=0.0,
    speaks_to=(Speaks("recovery_prevention", holds="above"),),
)
DEFINITIONS = (PER_RECOVERY, COMPENSATION, FAILURE_COST)

WORTHS = {
    "above": mark(
        "A recovery brings {gain} over {months} months and costs {cost}: {net} is left, clear of zero."
    ),
    "below": mark(
        "A recovery brings {gain} over {months} months and costs {cost}: it loses {net}, clear of zero."
    ),
    "undecided": mark(
        "A recovery brings {gain} over {months} months and costs {cost}: whether it pays is undecided."
    ),
}
BEARS = {
    "above": mark("With {handling} for handling, a compensation of up to {most} pays for itself."),
    "below": mark(
        "Before any compensation the recovery does not bear its handling of {handling}: none pays."
    ),
    "undecided": mark(
        "With {handling} for handling, {most} is the compensation that would just pay, and it is not clear of zero."
    ),
}
PAID = {
    "above": mark("The compensation paid, {paid}, is clearly less than that."),
    "below": mark("The compensation paid, {paid}, is clearly more than that."),
    "undecided": mark("Whether the compensation paid, {paid}, is more than that is undecided."),
}
COSTS = {
    "above": mark(
        "A failure costs {cost} even when it is put right: preventing one is worth that much."
    ),
    "below": mark(
        "By these numbers alone a failure that is put right would leave {cost} more than none."
    ),
    "undecided": mark(
        "That a failure which is put right costs anything is not shown in repurchase, costs of the repair included."
    ),
}
NEVER = mark(
    "It counts money within the horizon alone, and nobody drew the groups by chance: never a reason to stage failures."
)


@dataclass(frozen=True, slots=True)
class RecoveryValue:
    """Worth of a recovery, or why it is not stated; intervals at `level`.

    Attributes
    ----------
    money : Money
    gain, loss : Student or None
        Currency over the horizon: recovered minus failure, no failure minus recovered.
    n : tuple of three int
        Answers of no failure, failure, recovered.
    refused, refused_loss : str or None
    level : float
    """

    money: Money
    gain: Student | None
    loss: Student | None
    n: tuple[int, int, int]
    refused: str | None
    refused_loss: str | None
    level: float

    @property
    def cost(self) -> float:
        """Compensation and handling of one recovery."""
        return self.money.compensation + self.money.handling_cost

    @property
    def worth(self) -> Student:
        """Gain less what the recovery costs."""
        return _plus(self.gain, -self.cost)

    @property
    def bears(self) -> Student:
        """The compensation at which the worth is zero."""
        return _plus(self.gain, -self.money.handling_cost)

    def findings(self) -> Findings:
        """State or refuse worth, highest compensation and cost of a failure."""
        return Findings((self._worth(), self._bears(), self._failure()))

    def _worth(self) -> Finding:
        if self.refused:
            return self._refuse(PER_RECOVERY, self.refused)
        net = abs(self.worth.value)
        return self._state(PER_RECOVERY, self.worth, WORTHS, net=self._money(net), n=self.n[1:])

    def _bears(self) -> Finding:
        if self.refused:
            return self._refuse(COMPENSATION, self.refused)
        most, paid = self.bears, self.money.compensation
        against = direction(most.at(self.level).interval, paid)
        more = say(PAID[against], paid=self._money(paid)) if most.value > 0 else ""
        words = {"most": self._money(most.value), "handling": self._money(self.money.handling_cost)}
        return self._state(COMPENSATION, most, BEARS, more=more, n=self.n[1:], **words)

    def _failure(self) -> Finding:
        if self.refused_loss:
            return self._refuse(FAILURE_COST, self.refused_loss)
        cost = _plus(self.loss, self.cost)
        n = (self.n[0], self.n[2])
        shown = self._money(abs(cost.value))
        return self._state(FAILURE_COST, cost, COSTS, more=say(NEVER), n=n, cost=shown)

    def _state(
        self, definition, student: Student, sentences, *, n, more: str = "", **words
    ) -> Finding:
        estimate = student.at(self.level)
        side = direction(estimate.interval)
        words = {
            "gain": self._money(self.gain.value) if self.gain else "",
            "months": brief(self.money.horizon_months),
            "cost": self._money(self.cost),
        } | words
        return definition.state(
            estimate.value,
            " ".join(part for part in (say(sentences[side], **words), more) if part)
            + caution(min(n)),
            interval=estimate.interval,
            level=self.level,
            unit=definition.unit.replace("money", self.money.currency),
            n=sum(n),
            method=say(
                "difference in repurchase (Welch) times margin and months, costs taken as known"
            ),
            verdict=side,
        )

    def _refuse(self, definition, reason: str) -> Finding:
        unit = definition.unit.replace("money", self.money.currency)
        return definition.refuse(reason, n=sum(self.n), unit=unit)

    def _money(self, amount: float) -> str:
        return money(amount, self.money.currency)

    def by_compensation(self) -> ByCompensation:
        """Return what a recovery leaves at each compensation, to be drawn."""
        bears = None if self.refused else self.bears.at(self.level)
        return ByCompensation(self.money, bears, self.refused, self.level)


def _plus(student: Student, amount: float) -> Student:
    return Student(student.value + amount, student.se, student.df)


def recovery_value(
    survey: Survey, money: Money, *, level: float = 0.95, min_group: int = 5
) -> RecoveryValue:
    """Return what a recovery is worth, from who buys again and what `money` says.

    Parameters
    ----------
    survey : Survey
        Its outcome `repurchase` is a share (0/1 or a probability), or an intention in points of the scale, which
        needs ``money.intention_to_behaviour``.
    money : Money
    """
    no_failure, failure, recovered = groups = [
        survey.scores(OUTCOME, g) if OUTCOME in survey.outcomes else np.array([])
        for g in (NO_FAILURE, FAILURE, RECOVERED)
    ]
    n = tuple(scores.size for scores in groups)
    if reason := _refused(survey, money):
        return RecoveryValue(money, None, None, n, reason, reason, level)
    share = 1.0 if OUTCOME in survey.shares else money.intention_to_behaviour
    factor = money.per_share * share
    gain, refused = _difference(survey, recovered, failure, FAILURE, min_group, factor)
    loss, refused_loss = _difference(survey, no_failure, recovered, NO_FAILURE, min_group, factor)
    return RecoveryValue(money, gain, loss, n, refused, refused_loss, level)


def _refused(survey: Survey, money: Money) -> str | None:
    """Return why no value follows from this survey and these parameters, or None."""
    if OUTCOME not in survey.outcomes:
        return say(
            "Not stated: repurchase is not among the outcomes, by the survey's columns or parameter outcomes."
        )
    if money.missing:
        return say("Not stated: this needs {names}.", names=listed(money.missing))
    if OUTCOME not in survey.shares and money.intention_to_behaviour is None:
        return say(
            "Not stated: repurchase is an intention in points of the scale, and what share of it becomes purchases is "
            "not known (parameter intention_to_behaviour, share that buys again for each point)."
        )
    if money.per_share == 0 or (OUTCOME not in survey.shares and money.intention_to_behaviour == 0):
        return say(
            "Not stated: at a margin or an intention_to_behaviour of 0 repurchase is worth nothing."
        )
    return None


def _difference(survey: Survey, first, second, other: str, min_group: int, factor: float):
    """Return first minus second times `factor`, and why it is refused, or None."""
    if reason := refusal(survey, OUTCOME, [OUTCOME], [RECOVERED, other], min_group):
        return None, reason
    if np.ptp(first) == np.ptp(second) == 0:
        return None, no_spread(OUTCOME)
    one = welch(first, second)
    return Student(factor * one.value, factor * one.se, one.df), None
