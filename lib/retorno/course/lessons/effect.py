"""Lesson 7: response is not effect. A campaign with a holdout, drawn for each student.

The voucher brings back most and loses money on every contact; the e-mail brings back fewer and earns.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retorno.course.answers import Choice, Function, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.simulate import reactivation as worlds
from retorno.stats.student import welch

CLAIMS = (
    "reactivation_better_offer",
    "reactivation_choose_targets",
    "loyalty_after_check_shows_return",
)
CUSTOMERS = 30_000


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    contacts : DataFrame
        One row for each customer: arm (email, voucher, holdout), recency in months, cost in EUR, returned
        (0 or 1) and spend in EUR within 30 days of the contact.
    margin_rate : float
        Margin as a fraction of what is spent.
    """

    contacts: pd.DataFrame
    margin_rate: float


def draw(rng: np.random.Generator) -> Data:
    """Return a campaign of about 15,700 customers; effect, offer and margin rate differ between students."""
    world = worlds.WORLDS["works"]
    offer = float(rng.integers(10, 15))
    campaign = replace(
        world.campaign,
        effect=rng.uniform(0.11, 0.13),
        arms=(worlds.Arm("email", 0.75, 0.10), worlds.Arm("voucher", 1.25, 0.10, offer=offer)),
    )
    drawn = worlds.simulate(replace(world, campaign=campaign), CUSTOMERS, rng)
    columns = ["arm", "recency", "cost", "returned", "spend"]
    margin_rate = float(rng.choice([0.30, 0.35, 0.40, 0.45]))
    return Data(drawn.tables()["contacts"][columns], margin_rate)


def _arms(data: Data) -> pd.DataFrame:
    grouped = data.contacts.groupby("arm")
    return grouped.agg(
        customers=("arm", "size"), returned=("returned", "mean"), spend=("spend", "mean")
    )


def _among_the_returned(data: Data) -> pd.DataFrame:
    back = data.contacts[data.contacts["returned"] == 1].groupby("arm")
    return _arms(data).assign(spend=back["spend"].mean())


def _sums(data: Data) -> pd.DataFrame:
    grouped = data.contacts.groupby("arm")
    return _arms(data).assign(returned=grouped["returned"].sum(), spend=grouped["spend"].sum())


def _shares_of_all(data: Data) -> pd.DataFrame:
    counts = data.contacts.groupby("arm")["returned"].sum()
    return _arms(data).assign(returned=counts / counts.sum())


def _parts(data: Data, column: str) -> tuple[pd.Series, pd.Series]:
    """Return a column of the treated and of the holdout."""
    treated = data.contacts["arm"] != "holdout"
    return data.contacts.loc[treated, column], data.contacts.loc[~treated, column]


def _response(data: Data) -> float:
    return _parts(data, "returned")[0].mean()


def _effect(data: Data) -> float:
    treated, holdout = _parts(data, "returned")
    return treated.mean() - holdout.mean()


def _effect_of(arm: str):
    """Return the mistake of looking at one treated arm alone."""
    return lambda data: _arms(data)["returned"][arm] - _arms(data)["returned"]["holdout"]


def _from_everybody(data: Data) -> float:
    return _response(data) - data.contacts["returned"].mean()


def _lift(data: Data) -> float:
    return _effect(data) / _parts(data, "returned")[1].mean()


def _difference_of_counts(*, divided: bool):
    """Return the mistake of subtracting counts, left as they are or divided by all customers."""

    def wrong(data: Data) -> float:
        treated, holdout = _parts(data, "returned")
        counts = float(treated.sum() - holdout.sum())
        return counts / len(data.contacts) if divided else counts

    return wrong


def _around(middle: float, half: float) -> tuple[float, float]:
    return middle - half, middle + half


def _interval(data: Data, level: float = 0.95) -> tuple[float, float]:
    return welch(*_parts(data, "returned")).at(level).interval


def _half_width_of_added_errors(data: Data) -> float:
    return 1.96 * sum(np.sqrt(part.var() / len(part)) for part in _parts(data, "returned"))


def _with_spread_for_variance(data: Data) -> tuple[float, float]:
    parts = _parts(data, "returned")
    return _around(_effect(data), 1.96 * np.sqrt(sum(part.std() / len(part) for part in parts)))


def _of_one_customer(data: Data) -> tuple[float, float]:
    treated, holdout = _parts(data, "returned")
    return _around(_effect(data), 1.96 * np.sqrt(treated.var() + holdout.var()))


def _without_the_holdouts_error(data: Data) -> tuple[float, float]:
    treated = _parts(data, "returned")[0]
    return _around(_effect(data), 1.96 * np.sqrt(treated.var() / len(treated)))


def _of_the_response(data: Data) -> tuple[float, float]:
    treated = _parts(data, "returned")[0]
    return _around(treated.mean(), 1.96 * np.sqrt(treated.var() / len(treated)))


def _cost(data: Data) -> pd.Series:
    return _parts(data, "cost")[0]


def _cost_per_extra_return(data: Data) -> float:
    return _cost(data).mean() / _effect(data)


def profit(margin_rate: float):
    """Return the function that exercise 7.5 asks for."""

    def profit_per_contact(spend_contacted, spend_holdout, margin_rate, cost):
        return (spend_contacted - spend_holdout) * margin_rate - cost

    return profit_per_contact


def _tried_on(data: Data) -> list[tuple]:
    arms, cost = _arms(data)["spend"], data.contacts.groupby("arm")["cost"].mean()
    own = [
        (arms[arm], arms["holdout"], data.margin_rate, cost[arm]) for arm in ("email", "voucher")
    ]
    # A campaign that did nothing, and one that drove customers away.
    return [
        *(tuple(map(float, each)) for each in own),
        (2.0, 2.0, 0.5, 0.3),
        (1.5, 2.0, 0.4, 0.1),
    ]


def _best_arm(data: Data) -> str:
    email, voucher = (profit(data.margin_rate)(*each) for each in _tried_on(data)[:2])
    return (
        {True: "email", False: "voucher"}[email > voucher] if max(email, voucher) > 0 else "nobody"
    )


_COUNTS = mark(
    "This is a difference of counts. There are twice as many treated as held out, so the counts differ even where "
    "nothing happened. Subtract the two shares."
)
_ONE_COLUMN = mark(
    "One of `returned` and `spend` is a sum over the arm here, and not a mean for each of its customers."
)
EXERCISES = (
    Exercise(
        id="7.1",
        asks=Table("arm", {"customers": "count", "returned": "share", "spend": "euros"}),
        key=_arms,
        right=mark(
            "The voucher has the highest response of the three. Keep the row of the holdout in sight: these people "
            "were not contacted, and some of them came back all the same."
        ),
        mistakes=(
            Mistake(
                _among_the_returned,
                mark(
                    "This `spend` is the mean among those who *returned*. Who returned is itself a result of the "
                    "contact, so that mean compares different people in each arm. Count everybody of the arm, those"
                    " with 0 too."
                ),
            ),
            Mistake(
                _sums,
                mark(
                    "These are sums over the arm, not means for each customer: a larger arm would look better "
                    "because it is larger."
                ),
            ),
            Mistake(
                lambda data: _arms(data).assign(returned=_sums(data)["returned"]),
                _ONE_COLUMN,
            ),
            Mistake(
                lambda data: _arms(data).assign(spend=_sums(data)["spend"]),
                _ONE_COLUMN,
            ),
            Mistake(
                _shares_of_all,
                mark(
                    "This `returned` is the share of all returns that fell into the arm. Wanted is the share of the"
                    " arm's customers who returned: divide by the customers of the arm."
                ),
            ),
        ),
        hints=(
            mark('One row for each arm: `mine.contacts.groupby("arm")`.'),
            mark(
                "`returned` is 0 or 1, so its mean is the share who returned. `spend` is 0 for who did not return."
            ),
            mark(
                '`.agg(customers=("arm", "size"), returned=("returned", "mean"), spend=...)` names the three '
                "columns."
            ),
        ),
    ),
    Exercise(
        id="7.2",
        asks=Number("share"),
        key=_effect,
        right=mark(
            "This is what contact *changed*: of those contacted, so many returned who would otherwise have stayed "
            "away. The rest of the response would have come anyway."
        ),
        mistakes=(
            Mistake(
                _response,
                mark(
                    "This is the response of the treated, not the difference to the holdout. How many of them would"
                    " have come without being asked?"
                ),
            ),
            Mistake(
                _effect_of("voucher"),
                mark(
                    "This is the effect of the voucher alone. Take both treated arms together: everybody who was "
                    "contacted."
                ),
            ),
            Mistake(
                _effect_of("email"),
                mark(
                    "This is the effect of the e-mail alone. Take both treated arms together: everybody who was "
                    "contacted."
                ),
            ),
            Mistake(
                _from_everybody,
                mark(
                    "This is the treated minus *everybody*, and the treated are among everybody: you compare them "
                    "in part with themselves. Subtract the holdout alone."
                ),
            ),
            Mistake(
                _lift,
                mark(
                    "This is the relative lift: the effect as a fraction of the holdout's returns. It sounds larger"
                    " the fewer return by themselves. Wanted is the difference of the two shares."
                ),
            ),
            Mistake(
                _difference_of_counts(divided=True),
                _COUNTS,
            ),
            Mistake(
                _difference_of_counts(divided=False),
                _COUNTS,
            ),
            Mistake(
                lambda data: _parts(data, "returned")[1].mean(),
                mark(
                    "This is the share of the holdout: who came without being asked. By how much did contact raise "
                    "it?"
                ),
            ),
            Mistake(
                lambda data: _response(data) / _parts(data, "returned")[1].mean(),
                mark(
                    "This is how many *times* as often the treated returned. Wanted is the difference of the two "
                    "shares."
                ),
            ),
            Mistake(
                lambda data: _effect_of("email")(data) + _effect_of("voucher")(data),
                mark(
                    "You added the effects of the two arms. A customer got one of them: take the treated together."
                ),
            ),
        ),
        hints=(
            mark(
                "What would have happened to the treated without the contact? One group was drawn at random to show"
                " it."
            ),
            mark(
                "Take both treated arms together: their share who returned, over all their customers. Not the mean "
                "of two shares, unless the arms are of one size."
            ),
            mark(
                'Share returned of those whose arm is not `"holdout"`, minus share returned of the holdout.'
            ),
        ),
    ),
    Exercise(
        id="7.3",
        asks=Interval("share"),
        key=_interval,
        right=mark(
            "Zero lies outside: contact changed something, and by about this much. Half as large as the treated, "
            "the holdout brings about half of the uncertainty; only more customers in both groups make the interval"
            " clearly narrower."
        ),
        mistakes=(
            Mistake(
                _of_one_customer,
                mark(
                    "The interval is for one customer, not for the mean: divide each variance by the number of "
                    "customers of its group before you add them."
                ),
            ),
            Mistake(
                _without_the_holdouts_error,
                mark(
                    "Either only the error of the treated is in here, or you added the variances and divided by all"
                    " customers at once. Each variance belongs over the number of its *own* group; then add the "
                    "two."
                ),
            ),
            Mistake(
                lambda data: _around(_effect(data), _half_width_of_added_errors(data)),
                mark(
                    "You added the two standard errors. Variances add up, standard errors do not: add the squares, "
                    "then take the root."
                ),
            ),
            Mistake(
                _with_spread_for_variance,
                mark(
                    "A standard deviation stands here where a variance belongs: `.var()`, or `.std() ** 2`, over "
                    "the number of customers."
                ),
            ),
            Mistake(
                _of_the_response,
                mark(
                    "This is an interval for the response of the treated. It is narrow and it is about the wrong "
                    "number: wanted is the interval of the difference to the holdout."
                ),
            ),
            Mistake(
                lambda data: _interval(data, 0.90),
                mark(
                    "This is the 90 % interval, made with 1.645. For 95 % it is 1.96 standard errors to either "
                    "side."
                ),
            ),
        ),
        hints=(
            mark("Difference plus and minus 1.96 standard errors of the difference."),
            mark(
                "The variance of a difference of two independent means is the *sum* of their variances, and the "
                "variance of a mean is `values.var() / len(values)`."
            ),
            mark(
                "`half = 1.96 * (treated.var() / len(treated) + holdout.var() / len(holdout)) ** 0.5`"
            ),
        ),
    ),
    Exercise(
        id="7.4",
        asks=Number("euros"),
        key=_cost_per_extra_return,
        right=mark(
            "A dashboard would have divided by all returns and told a much lower number. Those who would have come "
            "anyway used the offer too: they are part of the cost and no part of what it bought."
        ),
        mistakes=(
            Mistake(
                lambda data: _cost(data).sum() / _parts(data, "returned")[0].sum(),
                mark(
                    "This is the cost per return, as a dashboard tells it: it credits the campaign with everybody "
                    "who came. Divide by the *extra* returns alone."
                ),
            ),
            Mistake(
                lambda data: _cost(data).mean(),
                mark(
                    "This is the cost per contact. How many contacts does it take to bring one customer back who "
                    "would not have come?"
                ),
            ),
            Mistake(
                lambda data: _cost(data).sum() / _difference_of_counts(divided=False)(data),
                mark(
                    "The extra returns are counted wrongly: there are twice as many treated as held out, so the "
                    "difference of the counts holds many who came by themselves. Extra returns = effect times "
                    "customers contacted."
                ),
            ),
            Mistake(
                lambda data: _cost(data).sum() / _effect(data),
                mark(
                    "You divided the total cost by the effect, which is a share. Divide it by the *number* of extra"
                    " returns: effect times customers contacted."
                ),
            ),
            Mistake(
                lambda data: _cost(data).mean() * _effect(data),
                mark(
                    "You multiplied with the effect. If one contact in twenty brings somebody back, one return "
                    "costs *twenty* contacts."
                ),
            ),
            Mistake(
                lambda data: data.contacts["cost"].mean() / _effect(data),
                mark(
                    "The holdout is in this mean cost, with its zeros: it was not contacted and cost nothing. Take "
                    "the cost of the treated alone."
                ),
            ),
        ),
        hints=(
            mark("Extra returns = effect from 7.2 times the customers contacted."),
            mark(
                "Total cost of the treated, divided by the extra returns. Or: cost per contact divided by the "
                "effect."
            ),
            mark(
                '`treated["cost"].mean() / effect`, where `treated` are the rows whose arm is not `"holdout"`.'
            ),
        ),
    ),
    Exercise(
        id="7.5",
        asks=Function(
            ("spend_contacted", "spend_holdout", "margin_rate", "cost"), _tried_on, "euros"
        ),
        key=lambda data: profit(data.margin_rate),
        right=mark(
            "It also says what a campaign costs that does nothing, and what one costs that drives customers away: "
            "nothing is hidden by a response rate."
        ),
        mistakes=(
            Mistake(
                lambda data: lambda contacted, holdout, rate, cost: contacted * rate - cost,
                mark(
                    "This gives the campaign all that the contacted spent, also what they would have spent anyway. "
                    "Take the holdout's spend off first."
                ),
            ),
            Mistake(
                lambda data: lambda contacted, holdout, rate, cost: contacted - holdout - cost,
                mark(
                    "This is revenue minus cost. Of what customers spend, the firm keeps only the margin: multiply "
                    "the difference by `margin_rate`."
                ),
            ),
            Mistake(
                lambda data: lambda contacted, holdout, rate, cost: (contacted - holdout) * rate,
                mark(
                    "This is the margin that contact adds, before what the contact cost. Subtract `cost`."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda contacted, holdout, rate, cost: (holdout - contacted) * rate - cost
                ),
                mark(
                    "The difference is the other way round: what contact *adds* is the spend of those contacted "
                    "minus that of the holdout."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda contacted, holdout, rate, cost: (contacted - holdout) * rate + cost
                ),
                mark("The cost is added here. It is paid, so subtract it."),
            ),
            Mistake(
                lambda data: lambda *given: max(0.0, profit(data.margin_rate)(*given)),
                mark(
                    "This never falls below zero. A campaign can lose money, and one that drives customers away "
                    "loses more than it costs: let the number be negative."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda contacted, holdout, rate, cost: (contacted - holdout - cost) * rate
                ),
                mark(
                    "The cost is inside the bracket here, so only a part of it is paid. Costs are paid whole: "
                    "multiply the difference of spend by the margin rate, then subtract the cost."
                ),
            ),
        ),
        hints=(
            mark(
                "Per customer contacted: what is added to spend, times the part of it that the firm keeps, minus "
                "the cost."
            ),
            mark("What is added to spend is `spend_contacted - spend_holdout`."),
            mark("`return (spend_contacted - spend_holdout) * margin_rate - cost`"),
        ),
    ),
    Exercise(
        id="7.6",
        asks=Choice(("email", "voucher", "both", "nobody")),
        key=_best_arm,
        right=mark(
            "The arm with the highest response is not the arm that earns. A ranking by response would have chosen "
            "the offer that gives most away to people who were coming back in any case."
        ),
        mistakes=(
            Mistake(
                lambda data: "voucher",
                mark(
                    "The voucher has the highest response and the largest effect. But what does it *earn* per "
                    "contact, once everybody who uses it is paid for? Put its numbers into your function of 7.5."
                ),
            ),
            Mistake(
                lambda data: "both",
                mark(
                    "A customer gets one of them, and one of the two loses money on each contact. Which one does "
                    "your function name?"
                ),
            ),
            Mistake(
                lambda data: "nobody",
                mark(
                    "One of the two arms earns more than it costs, per contact. Put both into your function of 7.5."
                ),
            ),
        ),
        hints=(
            mark(
                "Your function of 7.5, once for each arm, with the means of 7.1 and the mean `cost` of the arm."
            ),
            mark(
                "Choose the arm with the highest profit per contact; nobody, when both are below zero."
            ),
        ),
    ),
)
