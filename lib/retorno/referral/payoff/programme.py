"""What is left of a referral programme once everything is counted.

Estimand: return per rewarded referral,

    roi = (1 - f) (p V + (1 - p) A) / C - 1,

V the value of a referred customer over the horizon (the whole, not the gap), f the share of rewarded referrals that
bring no real customer, p the share of the others who would not have come without the referral (type one), A the
acquisition cost saved by those who would have (type two), C both rewards and administration. V comes from the data;
f, p, A and C do not: they are assumptions, and the return is only as good as they are.

Source: type one and type two after Kumar, Petersen and Leone (2007), Harvard Business Review 85(10); here the reward
and the other costs are paid for both types.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, listed, mark, money, percent, say, say_n
from retorno.money import mixture, roi
from retorno.referral.payoff.assumptions import DRAWS, SHARES, Assumptions
from retorno.referral.payoff.break_even import (
    FRAUD,
    REWARD,
    TYPE_ONE,
    fraud_of,
    reward_of,
    type_one_of,
)
from retorno.referral.payoff.information import INFORMATION, information_of
from retorno.referral.tenure import REFERRED
from retorno.referral.worth.value import Value
from retorno.stats.student import Estimate

ROI = Definition(
    "roi",
    label=mark("Return of the programme"),
    meaning=mark(
        "Per rewarded referral: (1 - f) (p V + (1 - p) A) / C - 1, with V the discounted value of a referred "
        "customer over the horizon (whole, not the gap), f fraud_share, p type_one_share among the rest, A "
        "acquisition_cost, C both rewards and admin_cost."
    ),
    unit="share of cost",
    sign=mark("Above 0: the programme brings back more than it costs."),
    formula=r"\frac{(1 - f) (p V + (1 - p) A)}{C} - 1",
    reference=0.0,
)
PROBABILITY = Definition(
    "roi.probability_positive",
    label=mark("Probability that the return is above zero"),
    meaning=mark(
        "Share of draws with a return above zero: V normal with its sampling error; type_one_share and "
        "fraud_share uniform over their range where one is given; an estimated type_one_share from its error. In the "
        "formula b counts the B draws, and 1 stands where its return is above zero."
    ),
    unit="share of draws",
    sign=mark("Higher: more of what is held possible pays."),
    formula=r"\frac{1}{B} \sum_{b=1}^{B} \mathbf{1} [ \text{roi}_b > 0 ]",
)
WITH_REFERRERS = Definition(
    "roi.with_referrers",
    label=mark("Return of the programme, with what referring does to those who refer"),
    meaning=mark(
        "((1 - f) (p V + (1 - p) A) + E) / C - 1, letters as in roi; E is referrer_effect, what making a rewarded "
        "referral adds to the referrer's own value."
    ),
    unit="share of cost",
    sign=mark("Above 0: the programme brings back more than it costs."),
    formula=r"\frac{(1 - f) (p V + (1 - p) A) + E}{C} - 1",
    reference=0.0,
)
DEFINITIONS = (ROI, PROBABILITY, WITH_REFERRERS, INFORMATION, REWARD, TYPE_ONE, FRAUD)

VERDICTS = {
    "above": mark(
        "Each rewarded referral brings {gain} and costs {cost}, a return of {roi}: the programme pays."
    ),
    "below": mark(
        "Each rewarded referral brings {gain} and costs {cost}, a return of {roi}: the programme does "
        "not pay."
    ),
    "undecided": mark(
        "Each rewarded referral brings {gain} and costs {cost}, a return of {roi}; the interval holds "
        "zero, so whether the programme pays is undecided."
    ),
}
REFERRERS = {
    "above": mark(
        "With {effect} for each rewarded referral that referring adds to who refers (parameter referrer_effect), the "
        "return is {roi}: the programme pays."
    ),
    "below": mark(
        "With {effect} for each rewarded referral that referring adds to who refers (parameter referrer_effect), the "
        "return is {roi}: the programme does not pay."
    ),
    "undecided": mark(
        "With {effect} for each rewarded referral that referring adds to who refers (parameter referrer_effect), the "
        "return is {roi}; the interval holds zero, so whether the programme pays is undecided."
    ),
}
NEEDED = ("type_one_share", "acquisition_cost", "fraud_share", "admin_cost")


@dataclass(frozen=True, slots=True)
class Programme:
    """The return of a programme under its assumptions.

    Attributes
    ----------
    value : Value
        Of both groups; that of the referred is V.
    assumptions : Assumptions
    drawn : tuple of (ndarray, ndarray or float, ndarray or float)
        Joint draws of V, type_one_share and fraud_share, each given as a number where it is one;
        0 where it is not known and nothing is stated that needs it.
    added : ndarray or float
        Draws of the effect on who refers, or the number; 0 where it is not given.
    """

    value: Value
    assumptions: Assumptions
    drawn: tuple[np.ndarray, np.ndarray | float, np.ndarray | float]
    added: np.ndarray | float = 0.0

    def gain_of(self, v, p, f):
        """Return what a rewarded referral brings, before cost: (1 - f) (p V + (1 - p) A)."""
        return (1 - f) * mixture(p, v, self.assumptions.acquisition_cost)

    @property
    def gain(self) -> float:
        """What a rewarded referral brings, before cost, in currency; ranges at their middle."""
        return float(self.gain_of(self.v, *(self.assumptions.middle(name) for name in SHARES)))

    @property
    def v(self) -> float:
        """The value of a referred customer, in currency."""
        return self.value.groups[REFERRED].value

    def refusal(self, *needed: str) -> str | None:
        """Return why what rests on V and the parameters `needed` cannot be stated, or None."""
        if reason := self.value.refusal(REFERRED):
            return reason
        if names := self.assumptions.missing(*needed):
            return say_n(
                "Not stated: parameter {names} has no value, and no table shows it.",
                "Not stated: parameters {names} have no value, and no table shows them.",
                len(names),
                names=listed(names),
            )
        return None

    def through(self, function, *names: str) -> Estimate:
        """Return `function` of (V, p, f), which uses the shares `names`, with its interval.

        Where they are numbers, the ends of V's interval are carried through; where one is a range or an
        estimate, the interval is that of the middle `level` of joint draws. `se` is the spread of the draws.
        """
        a, level = self.assumptions, self.value.level
        v = self.value.groups[REFERRED].at(level)
        shares = [a.middle(name) if name in names else 0.0 for name in SHARES]
        draws = np.asarray(function(*self.drawn))
        if set(a.uncertain) & set(names):
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        else:
            low, high = sorted(float(function(end, *shares)) for end in v.interval)
        value = float(function(v.value, *shares))
        return Estimate(value, float(draws.std()), float(low), float(high))

    def findings(self) -> Findings:
        """State or refuse the return, its probability, what knowing more is worth, and the break-evens."""
        with_referrers = [self._with_referrers()] if self.counts_referrers else []
        stated = [self._roi(), self._probability(), *with_referrers, information_of(self)]
        return Findings([*stated, *(of(self) for of in (reward_of, type_one_of, fraud_of))])

    @property
    def counts_referrers(self) -> bool:
        """Whether what referring does to who refers is given."""
        return self.assumptions.referrer_effect is not None

    def return_on(self, v, p, f):
        """Return the roi at (V, p, f)."""
        return roi(self.gain_of(v, p, f), self.assumptions.cost)

    def roi_refusal(self) -> str | None:
        """Return why the return cannot be stated, or None."""
        reason = self.refusal(*NEEDED)
        if reason is None and self.assumptions.cost == 0:
            reason = say(
                "Not stated: rewards and admin_cost are 0, and there is no return on no cost."
            )
        return reason

    def _roi(self) -> Finding:
        n = self.value.n[REFERRED]
        if reason := self.roi_refusal():
            return ROI.refuse(reason, n=n)
        estimate = self.through(self.return_on, *SHARES)
        verdict = direction(estimate.interval)
        sentence = say(
            VERDICTS[verdict],
            gain=money(self.gain, self.value.currency),
            cost=money(self.assumptions.cost, self.value.currency),
            roi=percent(estimate.value),
        )
        return ROI.state(
            estimate.value,
            sentence
            + self._uncertain()
            + self.assumptions.source()
            + self.value.beyond(REFERRED)
            + caution(self.value.fewest(REFERRED)),
            interval=estimate.interval,
            level=self.value.level,
            n=n,
            method=self.method(*SHARES),
            verdict=verdict,
        )

    def _uncertain(self) -> str:
        """Say, with a leading space, which uncertainty a return carries."""
        if self.assumptions.learnt:
            return self._uncertain_estimates()
        if ranges := self.assumptions.ranges:
            return " " + say(
                "Uncertain in it are the value, by its sampling error, and {names}, every value of the "
                "range held equally possible.",
                names=listed(ranges),
            )
        return " " + say(
            "Uncertain in it is the value alone, by its sampling error; the shares are taken as known."
        )

    def _uncertain_estimates(self) -> str:
        if self.assumptions.ranges:
            return " " + say(
                "Uncertain in it are the value and the share who would not have come otherwise, by their sampling "
                "errors, and {names}, every value of the range held equally possible.",
                names=listed(self.assumptions.ranges),
            )
        return " " + say(
            "Uncertain in it are the value and the share who would not have come otherwise, by their sampling errors."
        )

    def method(self, *names: str) -> str:
        """Return how a number that uses the shares `names` has its interval."""
        if set(self.assumptions.uncertain) & set(names):
            return say("interval from joint draws of the value and the shares")
        return say("interval of the value of a referred customer carried through")

    def _probability(self) -> Finding:
        n = self.value.n[REFERRED]
        if reason := self.roi_refusal():
            return PROBABILITY.refuse(reason, n=n)
        share = float(np.mean(self.return_on(*self.drawn) > 0))
        draws = integer(DRAWS)
        sentences = {
            1.0: say("In every one of {draws} draws the return is above zero.", draws=draws),
            0.0: say("In none of {draws} draws is the return above zero.", draws=draws),
        }
        usual = say(
            "In {above} of {draws} draws the return is above zero.",
            above=integer(round(share * DRAWS)),
            draws=draws,
        )
        sentence = sentences.get(share, usual) + self._uncertain()
        return PROBABILITY.state(share, sentence, n=n, method=say("draws"))

    def with_referrers(self) -> Estimate:
        """Return the return with the effect on who refers, and its interval."""
        a, level = self.assumptions, self.value.level
        base, middle = self.through(self.return_on, *SHARES), a.middle("referrer_effect") / a.cost
        draws = np.asarray(self.return_on(*self.drawn)) + self.added / a.cost
        low, high = base.ci_low + middle, base.ci_high + middle
        if np.ndim(self.added):
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        return Estimate(base.value + middle, float(draws.std()), float(low), float(high))

    def _with_referrers(self) -> Finding:
        n = self.value.n[REFERRED]
        if reason := self.roi_refusal():
            return WITH_REFERRERS.refuse(reason, n=n)
        estimate = self.with_referrers()
        verdict = direction(estimate.interval)
        sentence = say(
            REFERRERS[verdict],
            effect=self.assumptions.effect_shown(self.value.currency),
            roi=percent(estimate.value),
        )
        return WITH_REFERRERS.state(
            estimate.value,
            sentence + caution(self.value.fewest(REFERRED)),
            interval=estimate.interval,
            level=self.value.level,
            n=n,
            method=self.method(*SHARES),
            verdict=verdict,
        )


def programme(value: Value, assumptions: Assumptions, *, rng: np.random.Generator) -> Programme:
    """Return the programme's return under `assumptions`; `rng` draws what is uncertain."""
    found = value.groups[REFERRED]
    v = np.empty(0) if found is None else rng.normal(found.value, found.se, DRAWS)
    drawn = v, *(assumptions.draw(name, rng) for name in SHARES)
    return Programme(value, assumptions, drawn, assumptions.draw("referrer_effect", rng))
