"""What it would be worth to know who would have come anyway, before deciding on a programme.

Estimand: the expected value of partial perfect information, per rewarded referral: what a firm expects to earn when it
runs the programme only where the share of type one makes it pay, less what it expects when it must decide now,

    E max(0, N(p)) - max(0, E N(p)),   N(p) = (1 - f) (p V + (1 - p) A) - C.

N takes V and f at their means, which is exact since it is linear in each and they are drawn apart from p. It is an
upper bound for any study of p.

Source: Claxton (1999), J. of Health Economics 18(3), 341-364, for decisions without regard to tests of significance.
"""

import numpy as np

from retorno.findings import Definition, Finding
from retorno.language import integer, mark, money, say
from retorno.referral.payoff.assumptions import DRAWS
from retorno.referral.tenure import REFERRED

INFORMATION = Definition(
    "roi.value_of_information",
    label=mark("What knowing the share of type one would be worth"),
    meaning=mark(
        "Expected gain, per rewarded referral, from running the programme only where type_one_share makes it pay, over "
        "deciding now. In the formula N is (1 - f) (p V + (1 - p) A) - C, letters as in roi, V and f at their means, E "
        "the mean over what is held possible of p."
    ),
    unit="money per referral",
    sign=mark("0: the decision is the same whatever the share; higher: worth finding out."),
    formula=r"E [ \max(0, N(p)) ] - \max(0, E [ N(p) ])",
)


def information_of(programme) -> Finding:
    """State or refuse what knowing the share of type one would be worth to who decides on a `Programme`."""
    a, n, currency = programme.assumptions, programme.value.n[REFERRED], programme.value.currency
    unit = f"{currency} per referral"
    reason = programme.refusal("type_one_share", "acquisition_cost", "fraud_share", "admin_cost")
    p = programme.drawn[1]
    if reason is None and np.ptp(p) == 0:
        reason = say(
            "Not stated: type_one_share is one number, so nothing is left to find out. Give a range, [low, high], or "
            "an estimate with an error (parameters type_one_experiment, type_one_question)."
        )
    if reason:
        return INFORMATION.refuse(reason, n=n, unit=unit)
    net = programme.gain_of(programme.v, p, a.middle("fraud_share")) - a.cost
    expected = float(net.mean())
    worth = float(np.maximum(net, 0).mean()) - max(0.0, expected)
    changed = float(np.mean((net > 0) != (expected > 0)))
    if not changed:
        pays = {
            True: say("At every share held possible the programme pays"),
            False: say("At every share held possible the programme does not pay"),
        }[expected > 0]
        sentence = say(
            "{pays}, with the value as estimated: knowing the share who would not have come otherwise would change no "
            "decision and be worth nothing.",
            pays=pays,
        )
        return INFORMATION.state(0.0, sentence, unit=unit, n=n, method=say("draws"))
    sentence = say(
        "Knowing the share who would not have come otherwise would be worth at most {worth} per rewarded referral: in "
        "{changed} of {draws} draws it would change whether the programme is run.",
        worth=money(worth, currency),
        changed=integer(round(changed * DRAWS)),
        draws=integer(DRAWS),
    )
    return INFORMATION.state(worth, sentence, unit=unit, n=n, method=say("draws"))
