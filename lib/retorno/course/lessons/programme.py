"""Lesson 9: a programme's return. Referred customers and a programme, drawn for each student.

The published form promises much; counted whole, the return lies near zero, and its sign hangs on the share
who would not have come anyway, which nobody has measured.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from retorno.course.answers import Choice, Function, Number
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.money import break_even_share, mixture, roi

CLAIMS = (
    "wom_happens_anyway",
    "referral_fraud_and_loss",
    "referral_two_sided",
    "referral_time_limit",
)
ONE_END = mark(
    "One end of the range stands for `p` here. Take its middle, halfway between `mine.type_one_low` and "
    "`mine.type_one_high`."
)
SHAPE = 1.5  # of the gamma law of values: many small, a few large
PLACES = 500  # equally likely values at which the value's error is carried through


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    customers : DataFrame
        One row for each customer: referred (0 or 1) and value, EUR over 36 months, discounted.
    rewarded : int
        Rewarded referrals; the referred in the table are those of them that brought somebody real.
    fraud_share : float
        Share of the rewarded that brought nobody real.
    reward_referrer, reward_referred : float
        EUR for each rewarded referral.
    admin_total : float
        EUR of administration for all rewarded referrals together.
    acquisition_cost : float
        EUR saved by each who would have come anyway.
    type_one_low, type_one_high : float
        Between these lies the share of the real who would not have come otherwise.
    next_year : int
        Rewarded referrals expected next year.
    raise_by, more : float
        EUR by which the referrer's reward could rise, and the share of further referrals it would bring.
    experiment_cost : float
        EUR to learn the share before the year begins.
    """

    customers: pd.DataFrame
    rewarded: int
    fraud_share: float
    reward_referrer: float
    reward_referred: float
    admin_total: float
    acquisition_cost: float
    type_one_low: float
    type_one_high: float
    next_year: int
    raise_by: float
    more: float
    experiment_cost: float


def draw(rng: np.random.Generator) -> Data:
    """Return a programme whose break-even share lies inside the range held possible, off its middle."""
    referred = _values(rng, rng.uniform(160, 185), rng.integers(800, 1_100))
    value, saved, fraud = (
        referred.mean(),
        float(rng.integers(20, 31)),
        float(rng.integers(6, 15)) / 100,
    )
    low = float(rng.integers(12, 19)) / 100
    high = low + float(rng.integers(20, 27)) / 100
    above = rng.uniform(0.27, 0.40)  # part of the range on one side of the break-even share
    pays_from = high - (high - low) * (above if rng.random() < 0.5 else 1 - above)
    cost = (1 - fraud) * mixture(pays_from, value, saved)
    reward, receiver = np.round(cost * rng.uniform((0.43, 0.17), (0.49, 0.24)))
    rewarded = round(len(referred) / (1 - fraud))
    others = _values(rng, value - reward * rng.uniform(1.5, 1.9), rng.integers(3_500, 4_500))
    year = int(rng.integers(10, 31)) * 100
    known = _worth_of_knowing((1 - fraud) * (value - saved), pays_from, low, high)
    return Data(
        customers=_table(referred, others, rng),
        rewarded=rewarded,
        fraud_share=fraud,
        reward_referrer=float(reward),
        reward_referred=float(receiver),
        admin_total=float(round((cost - reward - receiver) * rewarded)),
        acquisition_cost=saved,
        type_one_low=low,
        type_one_high=round(high, 2),
        next_year=year,
        raise_by=float(rng.integers(8, 13)),
        more=float(rng.integers(20, 41)) / 100,
        experiment_cost=float(round(known * year * rng.choice([0.4, 2.5]), -1)),
    )


def _values(rng, mean: float, size: int) -> np.ndarray:
    return np.round(rng.gamma(SHAPE, mean / SHAPE, size), 2)


def _table(referred, others, rng) -> pd.DataFrame:
    rows = (
        pd.DataFrame({"referred": 1, "value": referred}),
        pd.DataFrame({"referred": 0, "value": others}),
    )
    return pd.concat(rows).sample(frac=1, random_state=rng).reset_index(drop=True)


def _worth_of_knowing(slope: float, pays_from: float, low: float, high: float) -> float:
    """Return what knowing the share is worth per referral, where a referral leaves slope (share - pays_from)."""
    expected = slope * ((low + high) / 2 - pays_from)
    return slope * (high - pays_from) ** 2 / (2 * (high - low)) - max(expected, 0)


def _of(data: Data, referred: int) -> pd.Series:
    return data.customers.loc[data.customers["referred"] == referred, "value"]


def _value(data: Data) -> float:
    return _of(data, 1).mean()


def _gap(data: Data) -> float:
    return _value(data) - _of(data, 0).mean()


def _admin(data: Data) -> float:
    return data.admin_total / data.rewarded


def _cost(data: Data) -> float:
    return data.reward_referrer + data.reward_referred + _admin(data)


def _middle(data: Data) -> float:
    return (data.type_one_low + data.type_one_high) / 2


def _gain(data: Data, **other) -> float:
    """Return what a rewarded referral brings; `other` replaces value, share, saved or fraud."""
    given = {
        "value": _value(data),
        "share": _middle(data),
        "saved": data.acquisition_cost,
        "fraud": data.fraud_share,
    } | other
    return (1 - given["fraud"]) * mixture(given["share"], given["value"], given["saved"])


def _return(data: Data, cost: float | None = None, **other) -> float:
    return roi(_gain(data, **other), cost or _cost(data))


def break_even_type_one(value, acquisition_cost, cost, fraud):
    """Return what exercise 9.3 asks for."""
    return break_even_share(value, acquisition_cost, cost / (1 - fraud))


def _tried_on(data: Data) -> list[tuple]:
    own = _value(data), data.acquisition_cost, _cost(data), data.fraud_share
    # A programme without fraud, one that always pays, one that never does.
    return [
        tuple(map(float, own)),
        (120.0, 20.0, 45.0, 0.0),
        (150.0, 30.0, 20.0, 0.1),
        (90.0, 10.0, 95.0, 0.2),
    ]


def _cut(*given) -> float:
    return min(max(break_even_type_one(*given), 0.0), 1.0)


def _break_even_reward(data: Data, **other) -> float:
    return _gain(data, **other) - data.reward_referred - _admin(data)


def _error(data: Data) -> float:
    return _of(data, 1).std() / np.sqrt(len(_of(data, 1)))


def _probability(data: Data, spread: float | None = None, fraud: float | None = None) -> float:
    """Return P(return > 0): exact over the share, a mean over equally likely values of V."""
    places = (np.arange(PLACES) + 0.5) / PLACES
    values = norm.ppf(places, _value(data), spread or _error(data))
    fraud = data.fraud_share if fraud is None else fraud
    from_share = break_even_type_one(values, data.acquisition_cost, _cost(data), fraud)
    part = (data.type_one_high - from_share) / (data.type_one_high - data.type_one_low)
    return float(np.where(values > data.acquisition_cost, np.clip(part, 0, 1), 0).mean())


def _probability_at_the_middle(data: Data) -> float:
    """Return P(return > 0) when the share is taken to be the middle of its range."""
    real = _cost(data) / (1 - data.fraud_share)
    needed = data.acquisition_cost + (real - data.acquisition_cost) / _middle(data)
    return norm.sf(needed, _value(data), _error(data))


def _plans(data: Data) -> dict[str, float]:
    """Return the EUR each plan for next year is expected to leave."""
    slope = (1 - data.fraud_share) * (_value(data) - data.acquisition_cost)
    pays_from = break_even_type_one(*_tried_on(data)[0])
    left = _gain(data) - _cost(data)
    known = _worth_of_knowing(slope, pays_from, data.type_one_low, data.type_one_high)
    return {
        "continue": data.next_year * left,
        "stop": 0.0,
        "measure": data.next_year * (max(left, 0) + known) - data.experiment_cost,
        "raise": data.next_year * (1 + data.more) * (left - data.raise_by),
    }


def _best_plan(data: Data) -> str:
    plans = _plans(data)
    return max(plans, key=plans.get)


EXERCISES = (
    Exercise(
        id="9.1",
        asks=Number("share"),
        key=lambda data: roi(_gap(data), data.reward_referrer),
        right=mark(
            "This is the number a manager would be shown. It is computed correctly, and it leaves out all but one "
            "of the costs and takes nobody for a customer who would have come anyway."
        ),
        mistakes=(
            Mistake(
                lambda data: roi(_value(data), data.reward_referrer),
                mark(
                    "This sets the *whole* value of a referred customer against the reward. The published form "
                    "counts the gap: subtract what another customer is worth."
                ),
            ),
            Mistake(
                lambda data: _gap(data) / data.reward_referrer,
                mark(
                    "This is what comes in for each euro of reward, the euro itself included. A return is what is "
                    "left *after* the euro is paid back."
                ),
            ),
            Mistake(
                lambda data: roi(_gap(data), data.reward_referrer + data.reward_referred),
                mark(
                    "This divides by both rewards. That is nearer to the truth, but the published form knows the "
                    "referrer's reward alone; the rest comes in 9.2."
                ),
            ),
            Mistake(
                lambda data: _gap(data) / _of(data, 0).mean(),
                mark(
                    "This is the gap as a fraction of another customer's value: how much more the referred are "
                    "worth. No cost is in it. Divide the gap by the reward."
                ),
            ),
            Mistake(
                lambda data: roi(-_gap(data), data.reward_referrer),
                mark(
                    "The gap is turned round here: the others minus the referred. It is what a referred customer is"
                    " worth *beyond* another."
                ),
            ),
            Mistake(
                lambda data: _gap(data) - data.reward_referrer,
                mark(
                    "This is the gap minus the reward, in euros. A return is a fraction: what is left, divided by "
                    "what was paid."
                ),
            ),
        ),
        hints=(
            mark(
                "Two means of `value`: of those with `referred` 1 and of those with 0. Their difference is the gap."
            ),
            mark("The bank: a gap of EUR 40, a reward of EUR 25, so 40/25 - 1."),
            mark("`gap / mine.reward_referrer - 1`"),
        ),
    ),
    Exercise(
        id="9.2",
        asks=Number("share", about=5e-4),
        key=_return,
        right=mark(
            "The customers are the same as in 9.1, and so is the gap. What differs is what is counted: all costs, "
            "nobody where nobody came, and for those who would have come anyway only the acquisition saved."
        ),
        mistakes=(
            Mistake(
                lambda data: _return(data, value=_gap(data)),
                mark(
                    "The gap stands where `V` belongs. A customer of type one would not be there at all without the"
                    " referral, so the *whole* value counts, not what lies above another customer."
                ),
            ),
            Mistake(
                lambda data: _return(data, share=1),
                mark(
                    "This gives every real customer the full value, as if none would have come anyway. For the part"
                    " `1 - p` the programme only saved `mine.acquisition_cost`."
                ),
            ),
            Mistake(
                lambda data: _return(data, saved=0),
                mark(
                    "Here those who would have come anyway bring nothing. They are no merit of the programme, but "
                    "the firm did save the cost of winning them another way."
                ),
            ),
            Mistake(
                lambda data: _return(data, share=1 - _middle(data)),
                mark(
                    "The two types have changed places: `p` is the share who would *not* have come otherwise, and "
                    "these bring the full value."
                ),
            ),
            Mistake(
                lambda data: _return(data, fraud=0),
                mark(
                    "Fraud is not in this return: left out, or taken off gain and cost alike, where it cancels. Who"
                    " cheats brings nothing *and* is paid, so only the gain shrinks."
                ),
            ),
            Mistake(
                lambda data: _return(data, data.reward_referrer + data.reward_referred),
                mark(
                    "The cost here is the two rewards alone. Administration is paid too: `mine.admin_total`, shared"
                    " among the rewarded referrals."
                ),
            ),
            Mistake(
                lambda data: _return(data, data.reward_referrer + _admin(data)),
                mark(
                    "The reward to the *referred* customer is missing from this cost. It is paid for each rewarded "
                    "referral as well."
                ),
            ),
            Mistake(
                lambda data: _return(data, _cost(data) - _admin(data) + data.admin_total),
                mark(
                    "The administration of the *whole* programme is charged to one referral here. Share "
                    "`mine.admin_total` among the rewarded referrals."
                ),
            ),
            Mistake(
                lambda data: _return(data, fraud=0, value=_value(data) * (1 - data.fraud_share)),
                mark(
                    "Fraud is taken off the customers of type one alone here; a bracket may be missing. Who is not "
                    "real saves no acquisition either: `1 - f` goes before the whole sum."
                ),
            ),
            Mistake(lambda data: _return(data, share=data.type_one_low), ONE_END),
            Mistake(lambda data: _return(data, share=data.type_one_high), ONE_END),
            Mistake(
                lambda data: _gain(data) - _cost(data),
                mark(
                    "This is what a referral leaves, in euros. A return sets it against what was paid: divide by "
                    "the cost."
                ),
            ),
            Mistake(
                lambda data: _return(data) + 1,
                mark(
                    "This is what comes back for each euro spent, the euro itself included. Subtract 1 for the "
                    "return."
                ),
            ),
        ),
        hints=(
            mark(
                "First the cost of one rewarded referral, `cost`: both rewards, and `mine.admin_total` divided by "
                "`mine.rewarded`."
            ),
            mark(
                "Then what a real referred customer brings on average: a part `p` brings the mean value of the "
                "referred, the rest `mine.acquisition_cost`. Only `1 - mine.fraud_share` of the rewarded referrals "
                "are real."
            ),
            mark(
                "`(1 - mine.fraud_share) * (p * value + (1 - p) * mine.acquisition_cost) / cost - 1`, with `p` the "
                "middle of the range."
            ),
        ),
    ),
    Exercise(
        id="9.3",
        asks=Function(("value", "acquisition_cost", "cost", "fraud"), _tried_on, "share"),
        key=lambda data: break_even_type_one,
        right=mark(
            'The function needs no belief about the share itself. It turns "what is it?" into "could it be above '
            'this?", which people who know the customers can discuss.'
        ),
        mistakes=(
            Mistake(
                lambda data: lambda value, saved, cost, fraud: (cost - saved) / (value - saved),
                mark(
                    "This is the break-even share of a programme without fraud. The real customers must earn the "
                    "rewards of the false ones too: what must each real one bring?"
                ),
            ),
            Mistake(
                lambda data: (
                    lambda value, saved, cost, fraud: (cost * (1 - fraud) - saved) / (value - saved)
                ),
                mark(
                    "Fraud makes the cost *smaller* here. It is paid like the rest: fewer real customers bear the "
                    "whole cost, so divide by `1 - fraud`."
                ),
            ),
            Mistake(
                lambda data: lambda value, saved, cost, fraud: cost / (1 - fraud) / value,
                mark(
                    "This lets those who would have come anyway bring nothing. They bring `acquisition_cost`: it "
                    "lowers what is still to be earned, and it lowers what one more customer of type one adds."
                ),
            ),
            Mistake(
                lambda data: lambda value, saved, cost, fraud: (cost / (1 - fraud) - saved) / value,
                mark(
                    "The numerator is right. The denominator should say what changes when one customer turns from "
                    "type two into type one: `acquisition_cost` goes, `value` comes."
                ),
            ),
            Mistake(
                lambda data: lambda *given: 1 - break_even_type_one(*given),
                mark(
                    "This is the share who may have come *anyway*. Wanted is the share who would not have come "
                    "otherwise."
                ),
            ),
            Mistake(
                lambda data: _cut,
                mark(
                    "The result is cut to lie between 0 and 1. Leave it: below 0 says that the programme always "
                    "pays, above 1 that it never does."
                ),
            ),
        ),
        hints=(
            mark(
                "Set the return to zero: `(1 - fraud) * (p * value + (1 - p) * acquisition_cost) = cost`, and solve"
                " for `p`."
            ),
            mark(
                "Divide by `1 - fraud` first. Then collect what stands with `p`: `p * (value - acquisition_cost)`."
            ),
            mark("`return (cost / (1 - fraud) - acquisition_cost) / (value - acquisition_cost)`"),
        ),
    ),
    Exercise(
        id="9.4",
        asks=Number("euros"),
        key=_break_even_reward,
        right=mark(
            "More than this and a referral loses money, less and it earns, at this share of type one. It is a limit"
            " and no advice: at the limit the firm works for nothing, and another reward may bring other people."
        ),
        mistakes=(
            Mistake(
                _gap,
                mark(
                    "This is the gap in value, the reward at which the *published form* is zero. Set the return of "
                    "9.2 to zero, not that one."
                ),
            ),
            Mistake(
                _gain,
                mark(
                    "This is all that a rewarded referral brings. The reward to the referred and administration "
                    "must be paid from it as well."
                ),
            ),
            Mistake(
                lambda data: _gain(data) - _cost(data),
                mark(
                    "This is what a referral leaves at today's reward. The reward itself has been taken off "
                    "already: how high could it be before nothing is left?"
                ),
            ),
            Mistake(
                lambda data: _gain(data) - data.reward_referred,
                mark(
                    "Administration has not been paid here. It is a cost of every rewarded referral, whatever the "
                    "reward."
                ),
            ),
            Mistake(
                lambda data: _gain(data) - _admin(data),
                mark(
                    "The reward to the *referred* has not been paid here. Only the referrer's reward is sought; the"
                    " other stays."
                ),
            ),
            Mistake(lambda data: _break_even_reward(data, share=data.type_one_low), ONE_END),
            Mistake(lambda data: _break_even_reward(data, share=data.type_one_high), ONE_END),
            Mistake(
                lambda data: data.reward_referrer * (1 + _return(data)),
                mark(
                    "Today's reward is scaled by the return here, as if all costs moved with it. The reward to the "
                    "referred and administration stay as they are; only one amount may move."
                ),
            ),
            Mistake(
                lambda data: _break_even_reward(data, fraud=0),
                mark(
                    "This is the limit for a programme without fraud. A reward is also paid where nobody real came:"
                    " multiply what real customers bring by `1 - mine.fraud_share`."
                ),
            ),
        ),
        hints=(
            mark(
                "The return is zero when all costs together equal what a rewarded referral brings."
            ),
            mark(
                "What it brings is the numerator of 9.2. Which costs are left when the referrer's reward is the "
                "unknown?"
            ),
            mark(
                "`(1 - mine.fraud_share) * (p * value + (1 - p) * mine.acquisition_cost) - mine.reward_referred - "
                "mine.admin_total / mine.rewarded`"
            ),
        ),
    ),
    Exercise(
        id="9.5",
        asks=Number("share", within=0.02, about=0.015),
        key=_probability,
        right=mark(
            "This is no property of the customers: it says how far what you know settles the question. Now fix "
            "`value` at its mean and draw `p` alone: the probability hardly moves. The doubt is nearly all in `p`, "
            "which no table of customers shows."
        ),
        mistakes=(
            Mistake(
                _probability_at_the_middle,
                mark(
                    "This takes `p` to be the middle of its range, as if it were known; only the value is uncertain"
                    " in it. So the answer looks nearly certain, one way or the other. Draw `p` anew in each draw."
                ),
            ),
            Mistake(
                lambda data: _probability(data, spread=_of(data, 1).std()),
                mark(
                    "The values are spread here like those of *single* customers. Uncertain is their mean: divide "
                    "the standard deviation by the square root of the number of referred customers."
                ),
            ),
            Mistake(
                lambda data: 1 - _probability(data),
                mark(
                    "This is the share of draws in which the programme *loses*. Wanted is the share with a return "
                    "above zero."
                ),
            ),
            Mistake(
                lambda data: _probability(data, fraud=0),
                mark(
                    "Fraud is missing from these draws: each takes the rewarded referrals for real customers. Use "
                    "the whole formula of 9.2."
                ),
            ),
            Mistake(
                lambda data: _probability(replace(data, type_one_low=0.0, type_one_high=1.0)),
                mark(
                    "This holds every share from 0 to 1 for equally possible. The firm knows more than that: draw "
                    "`p` between `mine.type_one_low` and `mine.type_one_high`."
                ),
            ),
            Mistake(
                _return,
                mark(
                    "This is the mean return over the draws. Wanted is how *often* it lies above zero."
                ),
            ),
        ),
        hints=(
            mark(
                "Two arrays of 20,000 draws: `p` with `rng.uniform(low, high, 20_000)`, the value with "
                "`rng.normal(mean, error, 20_000)`."
            ),
            mark(
                "`error` is the standard error of the mean value of the referred: `values.std() / len(values) ** "
                "0.5`. All else stays as in 9.2."
            ),
            mark(
                "Put both arrays into the formula of 9.2. It gives 20,000 returns; `(returns > 0).mean()` is the "
                "share above zero."
            ),
        ),
    ),
    Exercise(
        id="9.6",
        asks=Choice(("continue", "stop", "measure", "raise")),
        key=_best_plan,
        right=mark(
            "Knowing `p` is worth what it saves where one would have decided wrongly, times the referrals decided "
            "upon, and not more. An experiment is a purchase like others: it can be cheap or too dear."
        ),
        mistakes=(
            Mistake(
                lambda data: "continue",
                mark(
                    "This is the programme as it is: it earns where `p` lies above the break-even share and loses "
                    "where it lies below. Put its expected euros beside 0, and beside what the year would leave if "
                    "you knew `p` first and paid for the experiment."
                ),
            ),
            Mistake(
                lambda data: "stop",
                mark(
                    "This is 0 euros for certain, and it also gives up the cases in which the programme pays. What "
                    "is the best of the other plans expected to leave?"
                ),
            ),
            Mistake(
                lambda data: "measure",
                mark(
                    "This buys knowledge, and here it costs more than it is worth: compare what the year is "
                    "expected to leave with `p` known, less the experiment, with the better of going on and "
                    "stopping."
                ),
            ),
            Mistake(
                lambda data: "raise",
                mark(
                    "This is what the published form invites to. A larger reward makes every referral dearer, and "
                    "those it adds are like the others here. What is one referral expected to leave after the rise,"
                    " before you multiply?"
                ),
            ),
        ),
        hints=(
            mark(
                "Per rewarded referral the programme leaves `net = gain - cost`. It depends on `p`: compute it for "
                "your 20,000 draws of `p`, with the value at its mean."
            ),
            mark(
                "Going on leaves `net.mean()` for each referral. Who knows `p` runs the programme only where `net` "
                "is above 0: that leaves `np.maximum(net, 0).mean()`."
            ),
            mark(
                "Euros for the year: `mine.next_year * net.mean()`; 0; `mine.next_year * np.maximum(net, 0).mean() "
                "- mine.experiment_cost`; `mine.next_year * (1 + mine.more) * (net.mean() - mine.raise_by)`. Take "
                "the largest."
            ),
        ),
    ),
)
