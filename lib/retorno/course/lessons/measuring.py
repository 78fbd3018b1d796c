"""Lesson 2: a failure and its repair. A survey of three questions, drawn for each student.

Failures strike anybody; of those let down the discontented leave before they are asked.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retorno.course.answers import Function, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.stats.effect_size import hedges_g, pooled_sd
from retorno.stats.reliability import cronbach_alpha
from retorno.stats.student import welch

CLAIMS = (
    "recovery_drop_15_30",
    "recovery_goal_equal_or_above",
    "quality_satisfaction_measured",
)
ITEMS = ["pleased", "as_wanted", "regret"]


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    answers : DataFrame
        One row for each customer asked: group (no_failure, failure, recovered) and the answers pleased, as_wanted,
        regret, the last one worded the other way round; NaN in all three: left before the survey.
    low, high : int
        Lowest and highest answer there may be.
    """

    answers: pd.DataFrame
    low: int
    high: int


def draw(rng: np.random.Generator) -> Data:
    """Return a survey of about 3,100 customers; scale, drop, recovery and errors differ between students."""
    low, high = 1, int(rng.choice([5, 9, 10]))
    drop, rate = rng.uniform(0.20, 0.38), rng.uniform(0.78, 0.88)
    lost = {"no_failure": 0.0, "failure": drop, "recovered": drop * (1 - rate)}
    sizes = rng.integers([1200, 660, 1040], [1361, 761, 1161])
    groups = rng.permutation(np.repeat(list(lost), sizes))
    hit = np.array([lost[group] for group in groups]) * rng.gamma(6, 1 / 6, len(groups))
    felt = rng.normal(rng.uniform(0.72, 0.78), 0.16, len(groups)) - hit
    errors = rng.uniform(0.8, 1.0) * np.array([0.07, 0.10, 0.16])
    said = felt[:, None] + rng.normal([0, -0.04, 0.06], errors, (len(groups), 3))
    answers = np.clip(np.rint(low + (high - low) * said), low, high)
    answers[:, 2] = low + high - answers[:, 2]
    answers[rng.random(len(groups)) < 1 / (1 + np.exp(2.2 + 5 * (felt - 0.76)))] = np.nan
    frame = pd.DataFrame(answers, columns=ITEMS)
    frame.insert(0, "group", groups)
    return Data(frame, low, high)


def _one_way(data: Data) -> pd.DataFrame:
    """Return the answers, all counted the same way round."""
    items = data.answers[ITEMS]
    return items.assign(regret=data.low + data.high - items["regret"])


def _by_group(data: Data, score: pd.Series) -> pd.DataFrame:
    grouped = data.answers.assign(score=score).groupby("group")
    return grouped.agg(
        asked=("group", "size"), answered=("pleased", "count"), score=("score", "mean")
    )


def _table(data: Data) -> pd.DataFrame:
    return _by_group(data, _one_way(data).mean(axis=1))


def _turned_from(data: Data, end: float) -> pd.DataFrame:
    items = data.answers[ITEMS]
    return _by_group(data, items.assign(regret=end - items["regret"]).mean(axis=1))


def _missing_as_zero(data: Data) -> pd.DataFrame:
    return _by_group(data, _one_way(data).mean(axis=1).fillna(0))


def _items_missing_as_zero(data: Data) -> pd.DataFrame:
    items = data.answers[ITEMS].fillna(0)
    turned = items.assign(regret=data.low + data.high - items["regret"])
    return _by_group(data, turned.mean(axis=1))


def _all_answered(by_group: pd.DataFrame) -> pd.DataFrame:
    return by_group.assign(answered=by_group["asked"])


def _alpha(items: pd.DataFrame) -> float:
    return cronbach_alpha(items).alpha


def _part_of_items(data: Data, total: str = "sum") -> float:
    """Return the item variances over that of their sum or mean."""
    items = _one_way(data).dropna()
    return items.var().sum() / items.agg(total, axis=1).var()


def _empty_rows_in_the_sum(data: Data) -> float:
    items = _one_way(data)
    return 1.5 * (1 - items.var().sum() / items.sum(axis=1).var())


def _mean_correlation(data: Data) -> float:
    return _one_way(data).corr().to_numpy()[np.triu_indices(3, 1)].mean()


def drop_of_100(mean, reference, low, high):
    """Return how far a mean lies under a reference on a scale from 0 to 100."""
    return (reference - mean) / (high - low) * 100


def _means(data: Data) -> tuple[float, float, float]:
    """Return the mean scores of no_failure, failure and recovered."""
    return tuple(map(float, _table(data)["score"][["no_failure", "failure", "recovered"]]))


def _tried_on(data: Data) -> list[tuple]:
    no_failure, failure, recovered = _means(data)
    own = [(mean, no_failure, data.low, data.high) for mean in (failure, recovered)]
    # Published means, a group above its reference, and a scale that begins below zero.
    return [*own, (637, 781, 0, 1000), (4.5, 4.0, 1, 5), (0.5, 1.1, -2, 2)]


def _scores(data: Data, group: str) -> pd.Series:
    score = _one_way(data).mean(axis=1)
    return score[data.answers["group"] == group].dropna()


def _drop(data: Data) -> float:
    no_failure, failure, _ = _means(data)
    return no_failure - failure


def _drop_in_sd(data: Data) -> float:
    groups = [_scores(data, group) for group in ("no_failure", "failure")]
    known = {}
    for place, scores in enumerate(groups, start=1):
        known |= {f"mean{place}": scores.mean(), f"sd{place}": scores.std()}
        known |= {f"n{place}": len(scores)}
    return hedges_g(**known).g


def _drop_of_any_problem(data: Data) -> float:
    untroubled = _scores(data, "no_failure")
    troubled = pd.concat([_scores(data, group) for group in ("failure", "recovered")])
    return (untroubled.mean() - troubled.mean()) / pooled_sd(untroubled, troubled)


def _rate(data: Data) -> float:
    no_failure, failure, recovered = _means(data)
    return (recovered - failure) / (no_failure - failure)


def _of(combined):
    """Return the function of a student's data that combines the means of the three groups."""
    return lambda data: combined(*_means(data))


def _interval(data: Data, first="recovered", second="no_failure") -> tuple[float, float]:
    return welch(_scores(data, first), _scores(data, second)).at(0.95).interval


def _around(data: Data, half: float) -> tuple[float, float]:
    no_failure, _, recovered = _means(data)
    return recovered - no_failure - half, recovered - no_failure + half


def _squared_errors(data: Data, count: str = "answered") -> tuple[float, float]:
    """Return the squared standard errors of the means of recovered and no_failure."""
    n = _table(data)[count]
    return tuple(_scores(data, group).var() / n[group] for group in ("recovered", "no_failure"))


def _of_one_customer(data: Data) -> tuple[float, float]:
    variances = (_scores(data, group).var() for group in ("recovered", "no_failure"))
    return _around(data, 1.96 * np.sqrt(sum(variances)))


NOT_A_ZERO = mark(
    "Who left is counted here as if with a score of 0, which the scale does not even have. They said nothing: leave"
    " them out of the mean, and say beside it how many there are."
)

EXERCISES = (
    Exercise(
        id="2.1",
        asks=Table("group", {"asked": "count", "answered": "count", "score": "points"}),
        key=_table,
        right=mark(
            "Three means on one scale, each with the number of people behind it. Look at `asked` and `answered`: "
            "not every group kept the same part of its people."
        ),
        mistakes=(
            Mistake(
                lambda data: _by_group(data, data.answers[ITEMS].mean(axis=1)),
                mark(
                    "This is the mean of the answers as they stand. Who is pleased disagrees with `regret`, so that"
                    " a contented customer gets two high numbers and a low one. Turn `regret` round first."
                ),
            ),
            Mistake(
                lambda data: _turned_from(data, data.high),
                mark(
                    "`regret` is turned round here as `high - answer`, and the highest regret becomes 0: no longer "
                    "on the scale. What must stand in front so that the lowest answer becomes the highest, and the "
                    "highest the lowest?"
                ),
            ),
            Mistake(
                lambda data: _turned_from(data, 0),
                mark(
                    "`regret` has only got a minus sign here. It points the right way now, but lies outside the "
                    "scale, and the mean of the three is no score between `low` and `high`."
                ),
            ),
            Mistake(
                lambda data: _by_group(data, data.answers[ITEMS[:2]].mean(axis=1)),
                mark(
                    "This is the mean of the two questions that count upwards. The third also tells of "
                    "satisfaction, once it is turned round."
                ),
            ),
            Mistake(
                lambda data: _by_group(data, _one_way(data).sum(axis=1, skipna=False)),
                mark(
                    "These are sums of three answers. A sum has a scale of its own, three times as long; divide by "
                    "3 to stay on the scale of the questions."
                ),
            ),
            Mistake(_missing_as_zero, NOT_A_ZERO),
            Mistake(lambda data: _all_answered(_missing_as_zero(data)), NOT_A_ZERO),
            Mistake(lambda data: _all_answered(_items_missing_as_zero(data)), NOT_A_ZERO),
            Mistake(
                lambda data: _all_answered(_table(data)),
                mark(
                    "This `answered` is the number of customers asked. Some rows have no answers: count those that "
                    "have."
                ),
            ),
        ),
        hints=(
            mark(
                "Turn `regret` round so that its lowest answer becomes the highest. On a scale from 1 to 5 a 1 "
                "becomes a 5, a 2 a 4: what do the two add up to each time?"
            ),
            mark(
                '`turned = mine.low + mine.high - mine.answers["regret"]`. Then the score is the mean of the three '
                "columns, row by row: `.mean(axis=1)`. A row without answers stays empty."
            ),
            mark(
                '`.groupby("group").agg(asked=("group", "size"), answered=("score", "count"), ...)`: `size` '
                "counts rows, `count` counts values."
            ),
        ),
    ),
    Exercise(
        id="2.2",
        asks=Number("share"),
        key=lambda data: _alpha(_one_way(data)),
        right=mark(
            "So much of the spread of the score is shared by the three questions; the rest is what each answer has "
            "of its own, error included. It says how steadily something is measured, not that it is satisfaction."
        ),
        mistakes=(
            Mistake(
                lambda data: _alpha(data.answers[ITEMS]),
                mark(
                    "This is alpha with `regret` as it stands. It pulls against the other two, and alpha falls far "
                    "below what the questions deserve: a very low or negative alpha is the usual sign of a question"
                    " that was not turned round."
                ),
            ),
            Mistake(
                _mean_correlation,
                mark(
                    "This is the mean correlation between two questions: how well *one* answer predicts another. "
                    "The score is a mean of three, and its errors partly cancel; alpha is about that mean."
                ),
            ),
            Mistake(
                lambda data: 1 - _part_of_items(data),
                mark(
                    "This is alpha without the factor $k / (k - 1)$. With it, three questions that agree perfectly "
                    "reach 1."
                ),
            ),
            Mistake(
                lambda data: 1.5 * (1 - _part_of_items(data, "mean")),
                mark(
                    "The variance below the line is that of the *mean* of the three here. The formula has that of "
                    "their *sum*, which is nine times as large."
                ),
            ),
            Mistake(
                _part_of_items,
                mark(
                    "This is the sum of the three variances as a part of the variance of the sum. It is small when "
                    "the questions go together; alpha takes it from 1, then multiplies by $k / (k - 1)$."
                ),
            ),
            Mistake(
                _empty_rows_in_the_sum,
                mark(
                    "The customers who left are in the variance of the sum: `sum(axis=1)` of an empty row is 0, far"
                    " below every score. Drop the empty rows before you add."
                ),
            ),
            Mistake(
                lambda data: _alpha(_one_way(data)[data.answers["group"] == "no_failure"]),
                mark(
                    "This is alpha among the customers without a failure alone. Wanted is that of all who answered;"
                    " it is higher, since people who differ more are easier to tell apart."
                ),
            ),
        ),
        hints=(
            mark(
                "You need the three questions counted one way, over who answered: three columns, one of them "
                "turned. Then four numbers: three variances, and the variance of their sum."
            ),
            mark(
                "`items.var().sum()` adds the variances of the columns; `items.sum(axis=1).var()` is the variance "
                "of the sum. Drop the empty rows first, since an empty row would sum to 0: `items.dropna()`."
            ),
            mark("`3 / 2 * (1 - items.var().sum() / items.sum(axis=1).var())`"),
        ),
    ),
    Exercise(
        id="2.3",
        asks=Function(("mean", "reference", "low", "high"), _tried_on, "points"),
        key=lambda data: drop_of_100,
        right=mark(
            "Now drops on different scales can be put side by side. Your own, the published ones and the claim are "
            "in one unit, and each says against whom it is counted."
        ),
        mistakes=(
            Mistake(
                lambda data: lambda mean, reference, low, high: (reference - mean) / high * 100,
                mark(
                    "This divides by the highest answer. A scale from 1 to 5 has room for 4 points, not 5: who goes"
                    " from one end to the other must lose 100."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda mean, reference, low, high: (reference - mean) / (high - low + 1) * 100
                ),
                mark(
                    "This divides by the number of possible answers. Between 5 answers lie 4 steps: who goes from "
                    "one end to the other must lose 100."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda mean, reference, low, high: (reference - mean) / reference * 100
                ),
                mark(
                    "This is the drop in per cent of the reference. It changes when the same answers are numbered 0"
                    " to 4 in place of 1 to 5, so it says nothing about satisfaction. Divide by the length of the "
                    "scale."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda mean, reference, low, high: (reference - mean) / (reference - low) * 100
                ),
                mark(
                    "This is the drop in per cent of what the reference has above the lowest answer. The same drop "
                    "would count more where the reference lies lower. Divide by the length of the scale, which is "
                    "the same for all groups."
                ),
            ),
            Mistake(
                lambda data: lambda mean, reference, low, high: reference - mean,
                mark(
                    "This is the drop in points of the scale it was asked on. One point is much from 1 to 5 and "
                    "nothing from 0 to 1000: bring it to a scale of length 100."
                ),
            ),
            Mistake(
                lambda data: lambda mean, reference, low, high: (reference - mean) / (high - low),
                mark(
                    "This is the drop as a fraction of the scale, between 0 and 1. Wanted are points of 100."
                ),
            ),
        ),
        hints=(
            mark(
                "Who falls from the highest answer to the lowest loses 100, whatever the scale. How many points of "
                "the scale are that?"
            ),
            mark(
                "From `low` to `high` there are `high - low` points. The drop is the reference minus the mean: "
                "positive where the group lies lower."
            ),
            mark("`return (reference - mean) / (high - low) * 100`"),
        ),
    ),
    Exercise(
        id="2.4",
        asks=Number("sd"),
        key=_drop_in_sd,
        right=mark(
            "A failure moves the mean by so many of the steps in which customers of one group differ anyhow. This "
            "unit needs no scale; but it does hang on how unlike, and how well measured, the customers are."
        ),
        mistakes=(
            Mistake(
                lambda data: _drop(data) / _one_way(data).mean(axis=1).std(),
                mark(
                    "You divided by the spread of all scores together. The differences between the groups, and so "
                    "the drop itself, are part of that spread: take the spread *within* the two groups."
                ),
            ),
            Mistake(
                lambda data: (
                    _drop(data)
                    / pd.concat([_scores(data, "no_failure"), _scores(data, "failure")]).std()
                ),
                mark(
                    "You threw both groups together and took their spread. The drop is in it, as a distance between"
                    " the two halves, so it partly divides itself. Take the spread within each group and pool the "
                    "two."
                ),
            ),
            Mistake(
                lambda data: _drop(data) / _scores(data, "no_failure").std(),
                mark(
                    "You divided by the standard deviation of the customers without a failure alone. That unit "
                    "exists, but it is another one; wanted is the pooled one of both groups."
                ),
            ),
            Mistake(
                lambda data: (
                    _drop(data) / welch(_scores(data, "no_failure"), _scores(data, "failure")).se
                ),
                mark(
                    "You divided by the standard error. That quotient tells how sure the drop is, and it grows with"
                    " every customer asked. The size of the drop, in units of how customers differ, does not."
                ),
            ),
            Mistake(
                _drop_of_any_problem,
                mark(
                    "The recovered are among those with a failure here. This is the drop after any problem, smaller"
                    " the more was put right; wanted is that of the failures nobody repaired."
                ),
            ),
        ),
        hints=(
            mark(
                "The drop is the mean of `no_failure` minus the mean of `failure`. Divide it by the spread of the "
                "scores within these two groups."
            ),
            mark(
                "Take the variance of each group, `.var()`, multiply it by the group's number of answers minus 1, "
                "add the two, divide by both numbers together minus 2, take the root."
            ),
            mark(
                "`pooled = (((n1 - 1) * one.var() + (n0 - 1) * other.var()) / (n1 + n0 - 2)) ** 0.5`, with the "
                "scores of those who answered."
            ),
        ),
    ),
    Exercise(
        id="2.5",
        asks=Number("share"),
        key=_rate,
        right=mark(
            "0 would leave customers where an unrepaired failure leaves them, 1 would bring them to where those "
            "without a failure are. Neither of the two means alone could have told."
        ),
        mistakes=(
            Mistake(
                _of(lambda no_failure, failure, recovered: recovered / no_failure),
                mark(
                    "This is the mean of the recovered over that without a failure. It looks high whatever recovery"
                    " does: work it out for the customers whose failure nobody repaired. What is missing is where "
                    "they started from."
                ),
            ),
            Mistake(
                _of(
                    lambda no_failure, failure, recovered: (
                        (no_failure - recovered) / (no_failure - failure)
                    )
                ),
                mark(
                    "This is the part of the drop that is *left* after recovery. Wanted is the part won back."
                ),
            ),
            Mistake(
                lambda data: (_means(data)[2] - _means(data)[1]) / (data.high - _means(data)[1]),
                mark(
                    "This is the gain as a part of the way to the top of the scale. Even customers without a "
                    "failure are not at the top: the yardstick is their mean."
                ),
            ),
            Mistake(
                _of(
                    lambda no_failure, failure, recovered: (
                        (no_failure - failure) / (recovered - failure)
                    )
                ),
                mark(
                    "This is the drop over the gain: upside down. What was won back stands above the line, what was"
                    " lost below."
                ),
            ),
        ),
        hints=(
            mark(
                "Two distances: what the failure took away, and what recovery gave back. Both begin at the mean of "
                "`failure`."
            ),
            mark("Taken away: no failure minus failure. Given back: recovered minus failure."),
            mark("`(recovered - failure) / (no_failure - failure)`, of the three means of 2.1."),
        ),
    ),
    Exercise(
        id="2.6",
        asks=Interval("points", within=0.01),
        key=_interval,
        right=mark(
            "Look where zero is. Below it, recovery has not brought these customers back to an untroubled service; "
            "an interval that holds zero would not say that it has, only that this survey cannot tell."
        ),
        mistakes=(
            Mistake(
                _of_one_customer,
                mark(
                    "This interval is for the difference of two single customers, not of two means: divide each "
                    "variance by the number of answers of its group before you add them."
                ),
            ),
            Mistake(
                lambda data: _around(data, 1.96 * np.sqrt(sum(_squared_errors(data, "asked")))),
                mark(
                    "The divisors are the customers *asked*. Who left gave no answer and makes nothing more "
                    "certain: divide by those who answered."
                ),
            ),
            Mistake(
                lambda data: _around(data, 1.96 * sum(np.sqrt(_squared_errors(data)))),
                mark(
                    "This adds the two standard errors, as if both means were off in opposite directions at the "
                    "same time. Add their squares, and take the root of the sum: the interval becomes narrower."
                ),
            ),
            Mistake(
                lambda data: _around(data, 1.96 * np.sqrt(_squared_errors(data)[0])),
                mark(
                    "Only the error of the recovered is in here. The mean without a failure is estimated as well: "
                    "add its variance over its number of answers."
                ),
            ),
            Mistake(
                lambda data: _interval(data, "no_failure", "recovered"),
                mark(
                    "This is no failure minus recovered. Wanted is the other way round, so that a minus says: still"
                    " below."
                ),
            ),
            Mistake(
                lambda data: _interval(data, "recovered", "failure"),
                mark(
                    "This is the interval of recovered minus *failure*: what recovery gives over no recovery. "
                    "Wanted is what still parts the recovered from customers without a failure."
                ),
            ),
            Mistake(
                lambda data: _interval(data, "failure", "no_failure"),
                mark(
                    "This is the interval of *failure* minus no failure, of the drop that nobody repaired. Put the "
                    "recovered in the place of the failure."
                ),
            ),
            Mistake(
                lambda data: tuple(100 * b / (data.high - data.low) for b in _interval(data)),
                mark(
                    "The interval is right, in points of 100. Wanted is the one in points of your own scale."
                ),
            ),
        ),
        hints=(
            mark(
                "Difference of the two means, recovered minus no failure; then 1.96 standard errors of this "
                "difference to either side."
            ),
            mark(
                "The squared standard error of a mean is `scores.var() / scores.count()`. Add the two squared "
                "errors, then take the root."
            ),
            mark(
                "`half = 1.96 * (one.var() / one.count() + other.var() / other.count()) ** 0.5`, `one` being the "
                "scores of the recovered, `other` those without a failure."
            ),
        ),
    ),
)
