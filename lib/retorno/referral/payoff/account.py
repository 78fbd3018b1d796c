"""The way from the form in which such returns are published to the return of the whole programme, step by step.

Per rewarded referral, in currency: the gap in value less the reward, which sets a referred customer against an ordinary
one. A programme is set against nobody: without the referral there is no customer at all. So the value that others have
too is added for everybody, and taken off again for those who would have come anyway; then come fraud and the other
costs. Shares given as a range stand at their middle. What referring does to who refers stands after the sum of all
else.
"""

from dataclasses import dataclass

from retorno.findings import direction
from retorno.language import integer, mark, money, percent, say
from retorno.money import mixture
from retorno.referral.payoff.assumptions import SHARES
from retorno.referral.payoff.programme import Programme
from retorno.referral.tenure import OTHER, REFERRED

STEPS = {
    "gap": mark("Gap in value"),
    "reward": mark("Reward to the referrer"),
    "published": mark("Published form"),
    "whole": mark("Set against nobody, not an ordinary customer"),
    "anyway": mark("Would have come anyway"),
    "fraud": mark("Fraud"),
    "receiver": mark("Reward to the referred"),
    "admin": mark("Administration"),
    "left": mark("What is left"),
    "referrers": mark("Effect on referrers"),
    "together": mark("Left with referrers"),
}
WHY = {
    "gap": mark("A referred customer against an ordinary one"),
    "reward": mark("Paid for each rewarded referral"),
    "published": mark("As such returns are published"),
    "whole": mark(
        "Who would not have come is not there instead of an ordinary customer, but of nobody: all of the value counts"
    ),
    "anyway": mark("They bring the acquisition cost saved, and no value that would not have come"),
    "fraud": mark("Rewarded, but nobody comes"),
    "receiver": mark("Paid for each rewarded referral"),
    "admin": mark("Paid for each rewarded referral"),
    "left": mark("The return of the programme, times its cost"),
    "referrers": mark(
        "What making a referral adds to the referrer's own value (parameter referrer_effect)"
    ),
    "together": mark("With what comes from those who refer"),
}
TITLES = {
    "above": mark("Once everything is counted, a referral leaves {left}: the programme pays"),
    "below": mark(
        "Once everything is counted, a referral loses {left}: the programme does not pay"
    ),
    "undecided": mark(
        "Once everything is counted, a referral leaves {left}: whether the programme pays is undecided"
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the account.

    Attributes
    ----------
    name : str
        Key of `STEPS`.
    change : float or None
        Currency per rewarded referral, negative: less is left; None for a sum of the steps before.
    total : float
        What is left after the step.
    """

    name: str
    change: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Account:
    """From the published form of a return to what is left of the programme.

    Attributes
    ----------
    programme : Programme
    steps : tuple of Step
        Empty where the account cannot be drawn up.
    """

    programme: Programme
    steps: tuple[Step, ...]

    @property
    def currency(self) -> str:
        """The currency of the steps."""
        return self.programme.value.currency

    @property
    def left_between(self) -> tuple[float, float]:
        """The interval of what is left, in currency: that of the return, times the cost."""
        return self.between["left"]

    @property
    def between(self) -> dict[str, tuple[float, float]]:
        """The intervals of the sums that rest on all costs, in currency, by the name of their step."""
        found = {"left": self.programme.through(self.programme.return_on, *SHARES)}
        if self.programme.counts_referrers:
            found["together"] = self.programme.with_referrers()
        cost = self.programme.assumptions.cost
        return {name: (e.ci_low * cost, e.ci_high * cost) for name, e in found.items()}

    def total(self, name: str) -> float:
        """Return what is left after a step, in currency per rewarded referral."""
        return next(step.total for step in self.steps if step.name == name)

    def refusal(self) -> str | None:
        """Return why there is no account, or None."""
        return self.programme.value.refusal(REFERRED, OTHER) or self.programme.roi_refusal()

    def to_frame(self):
        """Return step, label, why, change (missing for a sum), total, ci_low and ci_high (of what is left alone)."""
        import pandas as pd

        bounds = self.between if self.steps else {}
        rows = [
            (
                s.name,
                say(STEPS[s.name]),
                say(WHY[s.name]),
                s.change,
                s.total,
                *bounds.get(s.name, (None, None)),
            )
            for s in self.steps
        ]
        numbers = ["change", "total", "ci_low", "ci_high"]
        frame = pd.DataFrame(rows, columns=["step", "label", "why", *numbers])
        return frame.astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        kind = f"money:{self.currency}"
        return {
            "label": (say("Per rewarded referral"), "text"),
            "change": (say("Change"), kind),
            "total": (say("Left after it"), kind),
            "why": (say("What it says"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the account holds."""
        return self.refusal() or say(
            "The account of a rewarded referral, from the form in which returns are published to the whole."
        )

    def title(self) -> str:
        """Say whether the programme pays once everything is counted."""
        if self.refusal():
            return say("The account of a rewarded referral cannot be drawn up")
        verdict, left = direction(self.left_between), self.total("left")
        left = abs(left) if verdict == "below" else left  # "loses" is the sign
        return say(TITLES[verdict], left=money(left, self.currency))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("{currency} for each rewarded referral, step by step", currency=self.currency)

    def caption(self) -> str:
        """Say what the bars are and which shares they rest on."""
        if reason := self.refusal():
            return reason
        a = self.programme.assumptions
        worst = min((s for s in self.steps if s.change is not None), key=lambda s: s.change)
        caption = say(
            "From the published form to the whole: full bars are sums, light bars what each step adds or takes. The "
            "published form sets a referred customer against an ordinary one, the whole against nobody. "
            "The line on what is left is its {level} interval, {low} to {high}, {method}; {n} referred customers stand "
            "behind their value. "
            "Would not have come without the referral: {type_one}; fraud: {fraud}; saved per customer who "
            "would have come anyway: {saved}. The step that takes most: {step}, {most}.",
            level=percent(self.programme.value.level, 0),
            low=money(self.left_between[0], self.currency),
            high=money(self.left_between[1], self.currency),
            method=self.programme.method(*SHARES),
            n=integer(self.programme.value.n[REFERRED]),
            step=say(STEPS[worst.name]),
            most=money(worst.change, self.currency),
            type_one=a.shown("type_one_share"),
            fraud=a.shown("fraud_share"),
            saved=money(a.acquisition_cost, self.currency),
        )
        return (
            caption
            + (" " + say("Ranges stand at their middle.") if a.ranges else "")
            + self._referrers()
        )

    def _referrers(self) -> str:
        """Say, with a leading space, what is left with the effect on who refers, where it is given."""
        if not self.programme.counts_referrers:
            return ""
        low, high = self.between["together"]
        return " " + say(
            "With {effect} that referring adds to who refers, {total} is left ({low} to {high}).",
            effect=self.programme.assumptions.effect_shown(self.currency),
            total=money(self.total("together"), self.currency),
            low=money(low, self.currency),
            high=money(high, self.currency),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        steps = "; ".join(
            say(
                "{step}: {amount}",
                step=say(STEPS[s.name]),
                amount=money(s.total if s.change is None else s.change, self.currency),
            )
            for s in self.steps
        )
        return say(
            "Bars from top to bottom, each starting where the last ended. {steps}.", steps=steps
        )


def account(programme: Programme) -> Account:
    """Return the steps from the published form of the return to the return of the whole programme."""
    found = Account(programme, ())
    if found.refusal():
        return found
    a, value = programme.assumptions, programme.value
    whole = value.groups[REFERRED].value
    real = mixture(a.middle("type_one_share"), whole, a.acquisition_cost)
    changes = {
        "gap": value.gap.value,
        "reward": -a.reward_referrer,
        "published": None,
        "whole": whole - value.gap.value,
        "anyway": real - whole,
        "fraud": -a.middle("fraud_share") * real,
        "receiver": -a.reward_referred,
        "admin": -a.admin_cost,
        "left": None,
    }
    if programme.counts_referrers:
        changes |= {"referrers": a.middle("referrer_effect"), "together": None}
    steps, total = [], 0.0
    for name, change in changes.items():
        if change == 0:
            continue
        total += change or 0.0
        steps.append(Step(name, change, total))
    return Account(programme, tuple(steps))
