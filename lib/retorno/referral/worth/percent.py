"""How much more or less a referred customer is worth, as a percentage of what another is worth.

Estimand: (V of the referred - V of the others) / V of the others, crude. Fieller's interval (1954) holds zero exactly
when that of the gap in currency does, since at a ratio of one both ask the same question with the same error.
"""

from retorno.findings import Definition, Finding, caution, direction
from retorno.language import mark, money, percent, say
from retorno.referral.tenure import OTHER, REFERRED
from retorno.stats.ratio import fieller_ratio
from retorno.stats.student import Estimate, Student

PERCENT = Definition(
    "value_gap.percent",
    label=mark("Value over the horizon, referred minus other, over that of the others"),
    meaning=mark(
        "value_gap over the value of the others, a fraction. In the formula V is the value over the horizon of the "
        "referred (R) and of the others (O). Crude: no covariates."
    ),
    unit="share of the others' value",
    sign=mark("Positive: a referred customer is worth more. It is no return of a programme."),
    formula=r"\frac{V_R - V_O}{V_O}",
    reference=0.0,
)
PERCENTS = {
    "above": mark("A referred customer is worth {percent} more than another."),
    "below": mark("A referred customer is worth {percent} less than another."),
    "undecided": mark(
        "The gap is {percent} of another customer's value; its interval holds zero, so none is shown."
    ),
}


def percent_apart(
    referred: Student, other: Student, *, level: float, covariance: float = 0.0
) -> Estimate:
    """Return the difference of two values over the second, whose `level` interval must lie above 0 (ValueError).

    A fraction; positive where the first is larger. Its interval holds 0 exactly when that of `apart` does.
    """
    both = [[referred.se**2, covariance], [covariance, other.se**2]]
    ratio = fieller_ratio(
        referred.value, other.value, both, df=min(referred.df, other.df), level=level
    )
    return Estimate(ratio.value - 1, ratio.se, ratio.ci_low - 1, ratio.ci_high - 1)


def percent_of(value) -> Finding:
    """State or refuse the gap of a `Value` over the value of the others."""
    n = sum(value.n.values())
    reason = value.refusal(REFERRED, OTHER)
    if reason is None and value.groups[OTHER].at(value.level).ci_low <= 0:
        reason = say(
            "Not stated: the value of other customers, {worth}, is not clear of zero, and of that no percentage "
            "says anything. More customers or a longer horizon would be needed.",
            worth=money(value.groups[OTHER].value, value.currency),
        )
    if reason:
        return PERCENT.refuse(reason, n=n)
    together = value.covariance.get(value.horizon_months, 0.0)
    groups = value.groups[REFERRED], value.groups[OTHER]
    share = percent_apart(*groups, level=value.level, covariance=together)
    verdict = direction(share.interval)
    shown = share.value if verdict == "undecided" else abs(share.value)
    sentence = say(PERCENTS[verdict], percent=percent(shown))
    return PERCENT.state(
        share.value,
        sentence + value.beyond(REFERRED, OTHER) + caution(value.fewest(REFERRED, OTHER)),
        interval=share.interval,
        level=value.level,
        n=n,
        method=say("ratio of the two values, Fieller's interval"),
        verdict=verdict,
    )
