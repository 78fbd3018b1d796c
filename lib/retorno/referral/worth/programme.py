"""What is left of a referral programme once everything is counted, and what would have to be true for it to pay.

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
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.money import break_even_share, mixture, roi
from retorno.referral.tenure import REFERRED
from retorno.referral.worth.assumptions import DRAWS, SHARES, Assumptions
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
        "fraud_share uniform over their range where one is given. In the formula b counts the B draws, and 1 stands "
        "where its return is above zero."
    ),
    unit="share of draws",
    sign=mark("Higher: more of what is held possible pays."),
    formula=r"\frac{1}{B} \sum_{b=1}^{B} \mathbf{1} [ \text{roi}_b > 0 ]",
)
REWARD = Definition(
    "break_even.reward",
    label=mark("Reward to the referrer at which the return is zero"),
    meaning=mark(
        "(1 - f) (p V + (1 - p) A) - reward_referred - admin_cost, letters as in roi; may be negative. In the "
        "formula v is reward_referred, a admin_cost."
    ),
    unit="money per referral",
    sign=mark("Higher: the programme can afford a larger reward."),
    formula=r"(1 - f) (p V + (1 - p) A) - v - a",
)
TYPE_ONE = Definition(
    "break_even.type_one",
    label=mark("Share that must not have come anyway for the return to be zero"),
    meaning=mark(
        "(C / (1 - f) - A) / (V - A), letters as in roi; outside 0 to 1: never or always."
    ),
    unit="share of referrals",
    sign=mark("Lower, where V is above A: the programme pays even if many would have come anyway."),
    formula=r"\frac{C / (1 - f) - A}{V - A}",
)
DEFINITIONS = (ROI, PROBABILITY, REWARD, TYPE_ONE)

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
# Whether it pays if nobody and if everybody would not have come without the referral.
PAYS = {
    (False, True): mark(
        "The programme pays when more than {share} of the real referred customers would not have come without it."
    ),
    (True, False): mark(
        "The programme pays when fewer than {share} of the real referred customers would not have come "
        "without it: a saved acquisition is worth more than a customer."
    ),
    (True, True): mark(
        "The programme always pays: whatever the share who would not have come without it."
    ),
    (False, False): mark(
        "The programme never pays: not even the most favourable share of customers who would not have "
        "come without it repays its cost."
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
    """

    value: Value
    assumptions: Assumptions
    drawn: tuple[np.ndarray, np.ndarray | float, np.ndarray | float]

    def gain_of(self, v, p, f):
        """Return what a rewarded referral brings, before cost: (1 - f) (p V + (1 - p) A)."""
        return (1 - f) * mixture(p, v, self.assumptions.acquisition_cost)

    @property
    def gain(self) -> float:
        """What a rewarded referral brings, before cost, in currency; ranges at their middle."""
        return float(self.gain_of(self._v, *(self.assumptions.middle(name) for name in SHARES)))

    @property
    def _v(self) -> float:
        return self.value.groups[REFERRED].value

    def refusal(self, *needed: str) -> str | None:
        """Return why what rests on V and the parameters `needed` cannot be stated, or None."""
        if reason := self.value.refusal(REFERRED):
            return reason
        names = [name for name in needed if getattr(self.assumptions, name) is None]
        if names:
            return say_n(
                "Not stated: parameter {names} has no value, and no table shows it.",
                "Not stated: parameters {names} have no value, and no table shows them.",
                len(names),
                names=", ".join(names),
            )
        return None

    def through(self, function, *names: str) -> Estimate:
        """Return `function` of (V, p, f), which uses the shares `names`, with its interval.

        Where they are numbers, the ends of V's interval are carried through; where one is a range, the
        interval is that of the middle `level` of joint draws. `se` is the spread of the draws.
        """
        a, level = self.assumptions, self.value.level
        v = self.value.groups[REFERRED].at(level)
        shares = [a.middle(name) if name in names else 0.0 for name in SHARES]
        draws = np.asarray(function(*self.drawn))
        if set(a.ranges) & set(names):
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        else:
            low, high = sorted(float(function(end, *shares)) for end in v.interval)
        value = float(function(v.value, *shares))
        return Estimate(value, float(draws.std()), float(low), float(high))

    def findings(self) -> Findings:
        """State or refuse the return, its probability and both break-evens."""
        return Findings([self._roi(), self._probability(), self._reward(), self._type_one()])

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
            sentence + self._uncertain() + caution(self.value.present[REFERRED]),
            interval=estimate.interval,
            level=self.value.level,
            n=n,
            method=self._method(*SHARES),
            verdict=verdict,
        )

    def _uncertain(self) -> str:
        """Say, with a leading space, which uncertainty a return carries."""
        if ranges := self.assumptions.ranges:
            return " " + say(
                "Uncertain in it are the value, by its sampling error, and {names}, every value of the "
                "range held equally possible.",
                names=", ".join(ranges),
            )
        return " " + say(
            "Uncertain in it is the value alone, by its sampling error; the shares are taken as known."
        )

    def _method(self, *names: str) -> str:
        if set(self.assumptions.ranges) & set(names):
            return say(
                "middle of the ranges; interval from joint draws with the error of the value"
            )
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
            "In {share} of {draws} draws the return is above zero.",
            share=percent(share),
            draws=draws,
        )
        sentence = sentences.get(share, usual) + self._uncertain()
        return PROBABILITY.state(share, sentence, n=n, method=say("draws"))

    def _reward(self) -> Finding:
        a, currency, n = self.assumptions, self.value.currency, self.value.n[REFERRED]
        unit = f"{currency} per referral"
        if reason := self.refusal(*NEEDED):
            return REWARD.refuse(reason, n=n, unit=unit)
        other = a.reward_referred + a.admin_cost
        estimate = self.through(lambda v, p, f: self.gain_of(v, p, f) - other, *SHARES)
        values = {
            "reward": money(estimate.value, currency),
            "paid": money(a.reward_referrer, currency),
        }
        if estimate.value < 0:
            sentence = say(
                "Even without a reward to the referrer the programme loses money: the break-even lies "
                "at {reward}.",
                **values,
            )
        else:
            sentence = say(
                "The return is zero at a reward of {reward} to the referrer; {paid} is assumed to be paid.",
                **values,
            )
        return REWARD.state(
            estimate.value,
            sentence,
            interval=estimate.interval,
            level=self.value.level,
            unit=unit,
            n=n,
            method=self._method(*SHARES),
        )

    def _type_one(self) -> Finding:
        a, n = self.assumptions, self.value.n[REFERRED]
        if reason := self.refusal(*NEEDED[1:]) or self._undefined():
            return TYPE_ONE.refuse(reason, n=n)
        estimate = self.through(
            lambda v, p, f: break_even_share(v, a.acquisition_cost, a.cost / (1 - f)), "fraud_share"
        )
        f = a.middle("fraud_share")
        pays = tuple(bool(self.gain_of(self._v, p, f) > a.cost) for p in (0.0, 1.0))
        sentence = say(PAYS[pays], share=percent(estimate.value))
        if a.type_one_share is not None:
            sentence += " " + say("Assumed: {share}.", share=a.shown("type_one_share"))
        return TYPE_ONE.state(
            estimate.value,
            sentence,
            interval=estimate.interval,
            level=self.value.level,
            n=n,
            method=self._method("fraud_share"),
            verdict={(True, True): "always", (False, False): "never"}.get(pays, "share"),
        )

    def _undefined(self) -> str | None:
        """Return why no share of type one can be said to break even, or None."""
        a = self.assumptions
        if np.max(a.fraud_share) == 1:
            return say("Not stated: with a fraud_share of 1 no referral brings anybody.")
        low, high = self.value.groups[REFERRED].at(self.value.level).interval
        if low <= a.acquisition_cost <= high:
            return say(
                "Not stated: the value of a referred customer, {low} to {high}, cannot be told from the "
                "acquisition_cost saved, {saved}, so who would have come anyway makes no clear difference.",
                low=money(low, self.value.currency),
                high=money(high, self.value.currency),
                saved=money(a.acquisition_cost, self.value.currency),
            )
        return None


def programme(value: Value, assumptions: Assumptions, *, rng: np.random.Generator) -> Programme:
    """Return the programme's return under `assumptions`; `rng` draws what is uncertain."""
    found = value.groups[REFERRED]
    v = np.empty(0) if found is None else rng.normal(found.value, found.se, DRAWS)
    return Programme(value, assumptions, (v, *(assumptions.draw(name, rng) for name in SHARES)))
