"""What would have to be true for a programme to pay: the reward, the share of type one and the fraud of a zero return.

Each follows from the formula of the return in closed form. It needs no belief about what it breaks even in.
"""

import numpy as np

from retorno.findings import Definition, Finding, caution
from retorno.language import mark, money, percent, say
from retorno.money import break_even_share, mixture
from retorno.referral.payoff.assumptions import SHARES
from retorno.referral.tenure import REFERRED

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
FRAUD = Definition(
    "break_even.fraud",
    label=mark("Share of fraud at which the return is zero"),
    meaning=mark(
        "1 - C / (p V + (1 - p) A), letters as in roi; below 0: it does not pay even without any fraud."
    ),
    unit="share of referrals",
    sign=mark("Higher: the programme bears more rewarded referrals that bring nobody."),
    formula=r"1 - \frac{C}{p V + (1 - p) A}",
)
DEFINITIONS = (REWARD, TYPE_ONE, FRAUD)

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
BEARS = {
    "share": mark(
        "The programme pays while less than {share} of the rewarded referrals are fraud."
    ),
    "never": mark("The programme does not pay even when no rewarded referral is fraud."),
}


def reward_of(programme) -> Finding:
    """State or refuse the reward at which the return of a `Programme` is zero."""
    a, currency, n = programme.assumptions, programme.value.currency, programme.value.n[REFERRED]
    unit = f"{currency} per referral"
    if reason := programme.refusal(
        "type_one_share", "acquisition_cost", "fraud_share", "admin_cost"
    ):
        return REWARD.refuse(reason, n=n, unit=unit)
    other = a.reward_referred + a.admin_cost
    estimate = programme.through(lambda v, p, f: programme.gain_of(v, p, f) - other, *SHARES)
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
        sentence + caution(programme.value.fewest(REFERRED)),
        interval=estimate.interval,
        level=programme.value.level,
        unit=unit,
        n=n,
        method=programme.method(*SHARES),
    )


def type_one_of(programme) -> Finding:
    """State or refuse the share of type one at which the return of a `Programme` is zero."""
    a, n = programme.assumptions, programme.value.n[REFERRED]
    reason = programme.refusal("acquisition_cost", "fraud_share", "admin_cost")
    if reason := reason or _undefined(programme):
        return TYPE_ONE.refuse(reason, n=n)
    estimate = programme.through(
        lambda v, p, f: break_even_share(v, a.acquisition_cost, a.cost / (1 - f)), "fraud_share"
    )
    f = a.middle("fraud_share")
    pays = tuple(bool(programme.gain_of(programme.v, p, f) > a.cost) for p in (0.0, 1.0))
    sentence = say(PAYS[pays], share=percent(estimate.value))
    if not a.missing("type_one_share"):
        shown = a.shown("type_one_share")
        given = say("Estimated: {share}.", share=shown), say("Assumed: {share}.", share=shown)
        sentence += " " + given[not a.learnt]
    return TYPE_ONE.state(
        estimate.value,
        sentence + caution(programme.value.fewest(REFERRED)),
        interval=estimate.interval,
        level=programme.value.level,
        n=n,
        method=programme.method("fraud_share"),
        verdict={(True, True): "always", (False, False): "never"}.get(pays, "share"),
    )


def _undefined(programme) -> str | None:
    """Return why no share of type one can be said to break even, or None."""
    a = programme.assumptions
    if np.max(a.fraud_share) == 1:
        return say("Not stated: with a fraud_share of 1 no referral brings anybody.")
    low, high = programme.value.groups[REFERRED].at(programme.value.level).interval
    if low <= a.acquisition_cost <= high:
        return say(
            "Not stated: the value of a referred customer, {low} to {high}, cannot be told from the "
            "acquisition_cost saved, {saved}, so who would have come anyway makes no clear difference.",
            low=money(low, programme.value.currency),
            high=money(high, programme.value.currency),
            saved=money(a.acquisition_cost, programme.value.currency),
        )
    return None


def fraud_of(programme) -> Finding:
    """State or refuse the share of fraud at which the return of a `Programme` is zero."""
    a, n = programme.assumptions, programme.value.n[REFERRED]
    if reason := programme.refusal("type_one_share", "acquisition_cost", "admin_cost"):
        return FRAUD.refuse(reason, n=n)

    def real(v, p, _=0.0):
        return mixture(p, v, a.acquisition_cost)

    gain = programme.through(real, "type_one_share")
    if gain.ci_low <= 0:
        reason = say(
            "Not stated: what a referral without fraud brings, {gain}, is not clear of zero.",
            gain=money(gain.value, programme.value.currency),
        )
        return FRAUD.refuse(reason, n=n)
    estimate = programme.through(lambda v, p, _: 1 - a.cost / real(v, p), "type_one_share")
    verdict = "never" if estimate.value < 0 else "share"
    sentence = say(BEARS[verdict], share=percent(estimate.value))
    if a.fraud_share is not None:
        sentence += " " + say("Assumed: {share}.", share=a.shown("fraud_share"))
    return FRAUD.state(
        estimate.value,
        sentence + caution(programme.value.fewest(REFERRED)),
        interval=estimate.interval,
        level=programme.value.level,
        n=n,
        method=programme.method("type_one_share"),
        verdict=verdict,
    )
