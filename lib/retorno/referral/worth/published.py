"""The return in the form in which such returns are published: the gap in value over the reward, less one.

It counts the gap of a referred customer alone, and of the cost one reward alone. Source: Schmitt, Skiera and Van den
Bulte (2011), J. of Marketing 75(1), 46-59, as summed up for managers: EUR 40 over EUR 25 is 60 %.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Findings, caution
from retorno.language import mark, money, percent, say
from retorno.money import roi
from retorno.referral.tenure import OTHER, REFERRED
from retorno.referral.worth.value import Value

PUBLISHED = Definition(
    "roi.published_form",
    label=mark("Return as such returns are published"),
    meaning=mark(
        "value_gap divided by reward_referrer, minus 1, and nothing else. In the formula V is the value over the "
        "horizon of the referred (R) and of the others (O), w reward_referrer."
    ),
    unit="share of reward",
    sign=mark("Above 0: the gap is larger than the reward. It is not the return of the programme."),
    formula=r"\frac{V_R - V_O}{w} - 1",
    reference=0.0,
)
DEFINITIONS = (PUBLISHED,)


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """The return as such returns are published: the gap in value over the reward of the referrer.

    Attributes
    ----------
    value : Value
    reward_referrer : float
        Currency per rewarded referral, a positive amount.
    """

    value: Value
    reward_referrer: float

    def findings(self) -> Findings:
        """State or refuse the return in this form."""
        reward, n = self.reward_referrer, sum(self.value.n.values())
        reason = self.value.refusal(REFERRED, OTHER)
        if reason is None and reward == 0:
            reason = say("Not stated: reward_referrer is 0, and there is no return on no reward.")
        if reason:
            return Findings([PUBLISHED.refuse(reason, n=n)])
        gap = self.value.gap.at(self.value.level)
        published = roi(gap.value, reward)
        sentence = say(
            "A gap in value of {gap} for a reward of {reward}: {published}, as such returns are "
            "published. Of the value it counts the gap alone, of the cost one reward alone, and it "
            "takes every referred customer for one who would not have come otherwise.",
            gap=money(gap.value, self.value.currency),
            reward=money(reward, self.value.currency),
            published=percent(published),
        )
        found = PUBLISHED.state(
            published,
            sentence
            + self.value.beyond(REFERRED, OTHER)
            + caution(self.value.fewest(REFERRED, OTHER)),
            interval=tuple(roi(end, reward) for end in gap.interval),
            level=self.value.level,
            n=n,
            method=say("value gap over the reward, its interval carried through"),
        )
        return Findings([found])


def published_form(value: Value, *, reward_referrer: float) -> PublishedForm:
    """Return the return as such returns are published."""
    return PublishedForm(value, reward_referrer)
