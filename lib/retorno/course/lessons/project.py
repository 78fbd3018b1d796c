"""Lesson 10: the project, rehearsed once from the claim to the sentence for the manager.

A pilot gives the share who return by themselves; a break-even and a size follow from it; a larger study is drawn whose
true effect lies below, at or above the break-even.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from retorno.course.answers import Choice, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.stats.student import mean_of, welch

CLAIMS = (
    "reactivation_best_return",
    "retention_3_to_5_cheaper",
    "value_pareto",
    "referral_largest_source",
)
PILOT, PER_ARM = 1_500, 6_000
FINDINGS = (
    "effect.visited",
    "effect.returned",
    "effect.spend",
    "effect.returned.recency_slope",
    "window.ratio_minus_1",
    "curve.reactivated.minus_new",
    "second_life.value_minus_cost",
    "programme.value",
    "policy.response_vs_effect",
    "effect.spend.recency_slope",
    "timing.gain_of_best_month",
    "return.hazard_of_contacted_minus_1",
)


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    pilot : DataFrame
        Customers nobody contacted: returned (0 or 1) within 30 days.
    cost : float
        EUR per contact.
    revenue : float
        EUR that a returned customer spends in the following year.
    margin_rate : float
        Margin as a fraction of revenue.
    findings : DataFrame
        What a first report states: id, estimate, ci_low, ci_high, verdict; numbers are missing where it is refused.
    study : DataFrame
        The large test: arm (contacted, holdout) and returned (0 or 1).
    """

    pilot: pd.DataFrame
    cost: float
    revenue: float
    margin_rate: float
    findings: pd.DataFrame
    study: pd.DataFrame


def draw(rng: np.random.Generator) -> Data:
    """Return pilot, costs, a report and a study; the study's effect is nothing, little or much, by chance."""
    base = rng.uniform(0.04, 0.06)
    cost = round(rng.uniform(0.30, 0.60), 2)
    revenue = float(rng.integers(40, 61))
    margin_rate = float(rng.choice([0.35, 0.40, 0.45, 0.50]))
    pays_from = cost / (revenue * margin_rate)
    effect = pays_from * rng.choice([0.0, 1.0, 2.5])
    arms = np.repeat(["contacted", "holdout"], PER_ARM)
    chance = base + effect * (arms == "contacted")
    return Data(
        pilot=pd.DataFrame({"returned": rng.binomial(1, base, PILOT)}),
        cost=cost,
        revenue=revenue,
        margin_rate=margin_rate,
        findings=_report(rng),
        study=pd.DataFrame({"arm": arms, "returned": rng.binomial(1, chance)}),
    )


def _report(rng: np.random.Generator) -> pd.DataFrame:
    """Return twelve findings, one to six of them refused; estimates lie up to 3.5 standard errors from zero."""
    error = rng.uniform(0.02, 0.10, len(FINDINGS))
    estimate = error * rng.uniform(-3.5, 3.5, len(FINDINGS))
    stated = pd.DataFrame({"id": FINDINGS, "estimate": estimate})
    stated["ci_low"], stated["ci_high"] = estimate - 1.96 * error, estimate + 1.96 * error
    stated["verdict"] = "stated"
    refused = rng.choice(len(FINDINGS), rng.integers(1, 7), replace=False)
    stated.loc[refused, ["estimate", "ci_low", "ci_high"]] = np.nan
    stated.loc[refused, "verdict"] = "refused"
    return stated


def _worth(data: Data) -> float:
    return data.revenue * data.margin_rate


def _break_even(data: Data) -> float:
    return data.cost / _worth(data)


def _size(data: Data, *, z: float = norm.ppf(0.975) + norm.ppf(0.8), arms: int = 1) -> float:
    base, step = data.pilot["returned"].mean(), _break_even(data)
    spread = base * (1 - base) + (base + step) * (1 - base - step)
    return np.ceil(arms * z**2 * spread / step**2)


def _size_with_one_variance(data: Data) -> float:
    base = data.pilot["returned"].mean()
    z = norm.ppf(0.975) + norm.ppf(0.8)
    return np.ceil(z**2 * base * (1 - base) / _break_even(data) ** 2)


def _stated(data: Data) -> pd.DataFrame:
    return data.findings[data.findings["verdict"] != "refused"].set_index("id")


def _bearings(frame: pd.DataFrame) -> pd.DataFrame:
    above, below = frame["ci_low"] > 0, frame["ci_high"] < 0
    return pd.DataFrame({"bearing": above.astype(int) - below.astype(int)}, index=frame.index)


def _by_estimate(data: Data) -> pd.DataFrame:
    return np.sign(_stated(data)[["estimate"]]).rename(columns={"estimate": "bearing"})


def _refused_as_zero(data: Data) -> pd.DataFrame:
    return _bearings(data.findings.set_index("id"))


def _only_the_clear(data: Data) -> pd.DataFrame:
    bearings = _bearings(_stated(data))
    return bearings[bearings["bearing"] != 0]


def _interval(data: Data, *, times: float, minus: float) -> tuple[float, float]:
    """Return the interval of the effect on the share who return, times and minus an amount."""
    arms = (_returned(data, arm) for arm in ("contacted", "holdout"))
    return tuple(bound * times - minus for bound in welch(*arms).at(0.95).interval)


def _returned(data: Data, arm: str) -> pd.Series:
    return data.study.loc[data.study["arm"] == arm, "returned"]


def _profit(data: Data) -> tuple[float, float]:
    return _interval(data, times=_worth(data), minus=data.cost)


def _of_the_response(data: Data) -> tuple[float, float]:
    response = mean_of(_returned(data, "contacted")).at(0.95).interval
    return tuple(bound * _worth(data) - data.cost for bound in response)


def _verdict(data: Data) -> str:
    low, high = _profit(data)
    return "pays" if low > 0 else "loses" if high < 0 else "undecided"


EXERCISES = (
    Exercise(
        id="10.1",
        asks=Number("share"),
        key=_break_even,
        right=mark(
            "This is the smallest effect that matters here, and it was named before anybody saw a result. An effect"
            " can be real, with an interval that leaves zero out, and still not pay."
        ),
        mistakes=(
            Mistake(
                lambda data: data.cost / data.revenue,
                mark(
                    "You divided by revenue. Of what a customer spends the firm keeps only the margin, so the "
                    "effect must be larger to pay."
                ),
            ),
            Mistake(
                lambda data: _worth(data) / data.cost,
                mark(
                    "This says how many contacts one extra return pays for. The share that must return is the other"
                    " way round: cost over worth."
                ),
            ),
            Mistake(
                lambda data: data.cost * _worth(data),
                mark(
                    "You multiplied. Per contact you pay `cost` and gain effect times worth; set the two equal and "
                    "solve for the effect."
                ),
            ),
            Mistake(
                lambda data: data.cost / _worth(data) + data.pilot["returned"].mean(),
                mark(
                    "This is the share of the *contacted* that would have to return. Those who come by themselves "
                    "are in it; wanted is what contact must add."
                ),
            ),
        ),
        hints=(
            mark("What does one extra return bring? `revenue` times `margin_rate`."),
            mark(
                "Break-even: effect times worth of a return = cost of a contact. Solve for the effect."
            ),
        ),
    ),
    Exercise(
        id="10.2",
        asks=Number("count", within=0.01, about=1.0),
        key=_size,
        right=mark(
            "So many customers are needed in *each* arm. With fewer, an effect that pays would often be missed, and"
            " what is found would be exaggerated. If you do not have them, say so before you start."
        ),
        mistakes=(
            Mistake(
                lambda data: _size(data, z=norm.ppf(0.975)),
                mark(
                    "Only 1.96 is in here. With this size an effect that pays would be missed every second time: "
                    "for 80 % power add 0.84 before you square."
                ),
            ),
            Mistake(
                lambda data: _size(data, arms=2),
                mark("This is the size of both arms together. Wanted is one arm."),
            ),
            Mistake(
                _size_with_one_variance,
                mark(
                    "Only one group's variance is in here. Both shares will be estimated, so their variances add "
                    "up: $p_0(1-p_0) + p_1(1-p_1)$."
                ),
            ),
            Mistake(
                lambda data: np.ceil(
                    (norm.ppf(0.975) + norm.ppf(0.8)) ** 2
                    * 2
                    * data.pilot["returned"].mean()
                    * (1 - data.pilot["returned"].mean())
                    / _break_even(data)
                ),
                mark(
                    "The effect is not squared here. Half the effect takes *four* times the customers."
                ),
            ),
        ),
        hints=(
            mark(
                "The formula of the reading, with $p_0$ from your pilot and $p_1$ = $p_0$ + your answer to 10.1."
            ),
            mark(
                "$n = (1.96 + 0.84)^2 \\, [p_0(1-p_0) + p_1(1-p_1)] / (p_1 - p_0)^2$, rounded up."
            ),
            mark("`(1.96 + 0.84) ** 2 * (p0 * (1 - p0) + p1 * (1 - p1)) / break_even ** 2`"),
        ),
    ),
    Exercise(
        id="10.3",
        asks=Table("id", {"bearing": "count"}),
        key=lambda data: _bearings(_stated(data)),
        right=mark(
            "An interval that holds zero is an answer too: these data do not tell. And a refused finding is not a "
            "zero; it is a question that these data cannot be asked."
        ),
        mistakes=(
            Mistake(
                _by_estimate,
                mark(
                    "You went by the sign of the estimate. Every estimate has a sign, also where nothing is known: "
                    "what does the *interval* leave out?"
                ),
            ),
            Mistake(
                _refused_as_zero,
                mark(
                    'The refused findings are in your table as 0. Refused is not "no effect" and not "undecided": '
                    "there is no number at all. Leave these rows out and tell them apart."
                ),
            ),
            Mistake(
                _only_the_clear,
                mark(
                    "The undecided findings are missing. To report only what left zero out is how a literature gets"
                    " biased: give them, with 0."
                ),
            ),
        ),
        hints=(
            mark('First leave out the rows whose `verdict` is `"refused"`.'),
            mark("1 where `ci_low` is above 0, -1 where `ci_high` is below 0, else 0."),
        ),
    ),
    Exercise(
        id="10.4",
        asks=Number("share"),
        key=lambda data: 1 - 0.95 ** len(_stated(data)),
        right=mark(
            "With that many findings, one that looks clear is no surprise even if nothing is going on. So name the "
            "*one* finding that decides before you look, and call the others what they are: further questions."
        ),
        mistakes=(
            Mistake(
                lambda data: 0.05 * len(_stated(data)),
                mark(
                    "This adds up the chances. Two false alarms in one report would count twice; and with 30 "
                    "findings you would pass 1. Go by way of the chance of *no* false alarm."
                ),
            ),
            Mistake(
                lambda data: 0.95 ** len(_stated(data)),
                mark(
                    "This is the chance that *none* of them looks clear. Wanted is the chance of one or more."
                ),
            ),
            Mistake(
                lambda data: 1 - 0.95 ** len(data.findings),
                mark(
                    "The refused findings are counted here. They have no interval that could leave zero out."
                ),
            ),
            Mistake(
                lambda data: 1 - 0.05 ** len(_stated(data)),
                mark(
                    "This is one minus the chance that *all* of them are false alarms. One interval keeps zero "
                    "inside with a chance of 0.95."
                ),
            ),
        ),
        hints=(
            mark(
                "If nothing is going on, one 95 % interval leaves zero out with a chance of 0.05. How likely is it "
                "that none does?"
            ),
            mark("One minus 0.95 to the power of the number of findings stated."),
        ),
    ),
    Exercise(
        id="10.5",
        asks=Interval("euros"),
        key=_profit,
        right=mark(
            "The interval of the effect, carried over into money. Worth and cost are taken as known here; in your "
            "project say where they come from and how far they may be off."
        ),
        mistakes=(
            Mistake(
                lambda data: _interval(data, times=_worth(data), minus=0.0),
                mark(
                    "This is what contact adds, before it is paid for. Subtract the cost of a contact from both "
                    "bounds."
                ),
            ),
            Mistake(
                lambda data: _interval(data, times=data.revenue, minus=data.cost),
                mark(
                    "Revenue is in here instead of margin. What does the firm keep of an extra return?"
                ),
            ),
            Mistake(
                _of_the_response,
                mark(
                    "This pays the campaign for everybody who came, the response, and not for what contact changed."
                    " Take the difference to the holdout (lesson 7)."
                ),
            ),
            Mistake(
                lambda data: _interval(data, times=1.0, minus=0.0),
                mark(
                    "This is the interval of the effect on the share who return. Multiply by what an extra return "
                    "is worth, then subtract the cost."
                ),
            ),
        ),
        hints=(
            mark("First the 95 % interval of the effect on `returned`, as in lesson 7."),
            mark("Then both bounds: times `revenue * margin_rate`, minus `cost`."),
        ),
    ),
    Exercise(
        id="10.6",
        asks=Choice(("pays", "loses", "undecided", "refused")),
        key=_verdict,
        right=mark(
            "This word goes into the headline of your report, the interval stands beside it, and what would have to"
            " be known to decide it stands below."
        ),
        mistakes=(
            Mistake(
                lambda data: "pays",
                mark(
                    '"Pays" needs the *whole* interval of 10.5 above zero. Does your lower bound allow it?'
                ),
            ),
            Mistake(
                lambda data: "loses",
                mark(
                    '"Loses" needs the whole interval of 10.5 below zero. Does your upper bound allow it?'
                ),
            ),
            Mistake(
                lambda data: "undecided",
                mark(
                    '"Undecided" is for an interval that holds zero. Yours of 10.5 lies on one side of it: say so.'
                ),
            ),
            Mistake(
                lambda data: "refused",
                mark(
                    "There is a holdout, there are enough customers and the costs are known: nothing speaks against"
                    " stating this number. Refuse only what cannot be had honestly."
                ),
            ),
        ),
        hints=(
            mark("Look at the interval of 10.5 and at zero."),
            mark('Above zero: `"pays"`. Below: `"loses"`. Zero inside: `"undecided"`.'),
        ),
    ),
)
