"""Lesson 3: the paradox that is not there. A recovery survey in which low scores rise by themselves.

Failures strike mostly those who scored low before; recovery puts them back where they would have been, no
further.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from retorno.course.answers import Function, Interval, Number
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.simulate import recovery as worlds
from retorno.stats.regression_to_mean import regressed_change
from retorno.stats.student import welch

CLAIMS = ("recovery_paradox", "recovery_goal_equal_or_above", "recovery_complainers_most_loyal")
RESPONDENTS = 12_000
WAVES = 300_000
GROUPS = ("no_failure", "failure", "recovered")
LEAVES = (
    (0.30, 0.26, 0.22, 0.18, 0.14, 0.10, 0.06),
    (0.55, 0.50, 0.45, 0.40, 0.35, 0.30, 0.25),
    (0.28, 0.26, 0.24, 0.22, 0.20, 0.18, 0.16),
)


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    survey : DataFrame
        One row for each respondent: group (no_failure, failure, recovered), satisfaction_before and
        satisfaction (1 to 7, the second empty for who left before the second wave).
    reliability : float
        Test-retest correlation when nothing happens, that of the world.
    smallest : float
        Smallest difference that matters, in points.
    """

    survey: pd.DataFrame
    reliability: float
    smallest: float


def draw(rng: np.random.Generator) -> Data:
    """Return a survey; reliability, smallest difference and who meets a failure differ between students."""
    reliability = float(rng.choice([0.55, 0.60, 0.65, 0.70]))
    steepness, middle = rng.uniform(1.0, 1.2), rng.uniform(3.9, 4.3)
    fails = 0.05 + 0.8 / (1 + np.exp(steepness * (np.arange(1, 8) - middle)))
    world = replace(
        worlds.WORLDS["no_paradox"],
        reliability=reliability,
        attempted=0.7,
        fails=tuple(fails),
        leaves=LEAVES,
    )
    drawn = worlds.simulate(world, RESPONDENTS, rng).tables()["survey"]
    survey = drawn[["respondent_id", "group", "satisfaction_before", "satisfaction"]]
    survey = survey.astype({"satisfaction_before": float, "satisfaction": float})
    return Data(survey, reliability, float(rng.choice([0.20, 0.25, 0.30])))


def _both(data: Data, *groups: str) -> tuple[pd.Series, pd.Series]:
    """Return scores before and after of those of the groups, or of all, who gave both."""
    survey = data.survey
    asked = survey["satisfaction"].notna()
    if groups:
        asked &= survey["group"].isin(groups)
    return survey.loc[asked, "satisfaction_before"], survey.loc[asked, "satisfaction"]


def _change(data: Data, *groups: str) -> float:
    before, after = _both(data, *groups)
    return (after - before).mean()


def _mean_before(data: Data, *groups: str) -> float:
    """Return the mean before of the groups, or of all, leavers included."""
    asked = data.survey
    if groups:
        asked = asked[asked["group"].isin(groups)]
    return asked["satisfaction_before"].mean()


def _naive(data: Data) -> float:
    return _change(data, "recovered")


def _leavers_in_the_mean_before(data: Data) -> float:
    return _both(data, "recovered")[1].mean() - _mean_before(data, "recovered")


def _between(data: Data) -> float:
    return _both(data, "recovered")[1].mean() - _both(data, "no_failure")[1].mean()


def _selection(low: float) -> float:
    """Return how far below the mean those lie on average who are more than `low` SDs below it."""
    return norm.pdf(low) / norm.cdf(-low)


def _waves(kept, noise, cut=-1.0):
    """Return a function for exercise 3.2 by theory: second = kept(rho) x first + noise(rho) x chance."""

    def two_waves(n, reliability, low, seed):
        slope, low = kept(reliability), -cut * low
        spread = np.hypot(slope, noise(reliability))
        back = _selection(low / spread) * (spread - slope / spread)
        return (1 - slope) * _selection(low), -back

    return two_waves


def _right_noise(reliability: float) -> float:
    return np.sqrt(1 - reliability**2)


def _same(reliability: float) -> float:
    return reliability


two_waves = _waves(_same, _right_noise)


def _instead(of_these):
    """Return a mistake: what `of_these` makes of the right function's two numbers, rho and low."""

    def wrong(n, reliability, low, seed):
        return of_these(*two_waves(n, reliability, low, seed), reliability, low)

    return lambda data: wrong


def _tried_on(data: Data) -> list[tuple]:
    tried = ((data.reliability, 1.0), (0.3, 0.8), (0.45, 0.5), (0.8, 1.0))
    return [(WAVES, rho, low, k) for k, (rho, low) in enumerate(tried, start=1)]


def _distance(data: Data) -> float:
    return _mean_before(data) - _both(data, "recovered")[0].mean()


def _expected(data: Data) -> float:
    return (1 - data.reliability) * _distance(data)


def _regression_from(data: Data, mean: float) -> float:
    return (1 - data.reliability) * (mean - _both(data, "recovered")[0].mean())


def _slope(data: Data, *groups: str) -> float:
    return np.polyfit(*_both(data, *groups), 1)[0]


def _reliability(data: Data) -> float:
    spread = np.cov(*_both(data, "no_failure"))
    return spread[0, 1] / spread[0, 0]


def _corrected(data: Data) -> tuple[float, float]:
    survey = data.survey
    change = regressed_change(
        survey["satisfaction_before"],
        survey["satisfaction"],
        survey["group"] == "recovered",
        reliability=data.reliability,
    )
    return change.corrected.at(0.95).interval


def _around(middle: float, values, n: int | None = None) -> tuple[float, float]:
    half = 1.96 * values.std() / np.sqrt(len(values) if n is None else n)
    return middle - half, middle + half


def _naive_changes(data: Data) -> pd.Series:
    before, after = _both(data, "recovered")
    return after - before


def _expected_changes(data: Data) -> pd.Series:
    return (1 - data.reliability) * (_mean_before(data) - _both(data, "recovered")[0])


def _beyond(data: Data, *groups: str) -> pd.Series:
    """Return how far each of the recovered, or of `groups`, scored from what was expected with no effect."""
    before, after = _both(data, *(groups or ("recovered",)))
    mean = _mean_before(data)
    return after - (mean + data.reliability * (before - mean))


def _left(data: Data, mean: float, rho: float | None = None) -> tuple[float, float]:
    """Return the interval of exercise 3.5 with another mean of all or another reliability."""
    before, after = _both(data, "recovered")
    left = after - mean - (data.reliability if rho is None else rho) * (before - mean)
    return _around(left.mean(), left)


def _slipped(data: Data) -> tuple[float, float]:
    before, after = _both(data, "recovered")
    mean = _mean_before(data)
    left = after - mean + data.reliability * (before - mean)
    return _around(left.mean(), left)


def _beside(data: Data, fitted: str = "no_failure") -> pd.Series:
    """Return how far each of the recovered scored from the line of a group."""
    before, after = _both(data, "recovered")
    x, y = _both(data, fitted)
    slope = np.cov(x, y)[0, 1] / x.var()
    return after - y.mean() - slope * (before - x.mean())


def _alike(data: Data) -> tuple[float, float]:
    beside = _beside(data)
    return _around(beside.mean(), beside)


def _unadjusted(data: Data) -> tuple[float, float]:
    after = (_both(data, group)[1] for group in ("recovered", "no_failure"))
    return welch(*after).at(0.95).interval


_WHOLE = mark(
    "Your second score is the *whole* first score plus noise. So everybody keeps the whole distance from the mean, "
    "nobody comes back, and the spread grows from wave to wave. Keep only the part `reliability` of the first "
    "score."
)
_SPREADS_LESS = mark(
    "Your second wave spreads less than the first, so the second number is off: its standard deviation is below 1. "
    "Variances add up, standard deviations do not: `reliability ** 2` of the variance is kept, the noise must bring"
    " the rest, and its standard deviation is the *root* of that rest."
)
_WRONG_MEAN = mark(
    "Your $M$ is the mean of other people. Take the mean of `satisfaction_before` over all respondents, those who "
    "left included."
)
EXERCISES = (
    Exercise(
        id="3.1",
        asks=Number("points"),
        key=_naive,
        right=mark(
            "The recovered score higher than they did before anything failed. This is the number on the slide, and "
            "it is computed correctly. The next exercises ask how much of it would have come with no failure and no"
            " recovery at all."
        ),
        mistakes=(
            Mistake(
                _change,
                mark(
                    "This is the mean change of *all* respondents, those without a failure included. Keep the rows "
                    'whose group is `"recovered"`.'
                ),
            ),
            Mistake(
                lambda data: _change(data, "recovered", "failure"),
                mark(
                    "This is the mean change of everybody who met a failure. Of those in the group `failure` nobody"
                    " tried to put it right: leave them out."
                ),
            ),
            Mistake(
                _leavers_in_the_mean_before,
                mark(
                    "These are two means of different people: the mean before holds the recovered who left and "
                    "never gave a second score. Take the change of each customer who gave both scores, then the "
                    "mean."
                ),
            ),
            Mistake(
                lambda data: _both(data, "recovered")[1].mean() - _mean_before(data),
                mark(
                    "This is the score of the recovered after, minus the score of *everybody* before. A change "
                    "needs the same people twice."
                ),
            ),
            Mistake(
                lambda data: _naive(data) - _change(data, "no_failure"),
                mark(
                    "This is the change of the recovered minus the change of those without a failure. It looks like"
                    " the cure and is not: those without a failure scored high before and fall by themselves. Asked"
                    " for here is the naive number, the change of the recovered alone."
                ),
            ),
            Mistake(
                _between,
                mark(
                    "This is the difference between two groups after: recovered minus no failure. Asked for is the "
                    "change of the recovered: the same people, after minus before."
                ),
            ),
            Mistake(
                lambda data: (
                    _naive(data)
                    * len(_both(data, "recovered")[0])
                    / (data.survey["group"] == "recovered").sum()
                ),
                mark(
                    "The sum of the changes is divided by *all* the recovered here, so that those who left count as"
                    " a change of zero. Nobody knows their change: divide by those who gave both scores."
                ),
            ),
            Mistake(
                lambda data: _change(data, "no_failure"),
                mark(
                    "This is the mean change of those *without a failure*. Keep the rows whose group is "
                    '`"recovered"`.'
                ),
            ),
            Mistake(
                lambda data: _change(data, "failure"),
                mark(
                    "This is the mean change of those whose failure nobody tried to put right, the group `failure`."
                    ' Keep the rows whose group is `"recovered"`.'
                ),
            ),
            Mistake(
                lambda data: _both(data, "recovered")[1].mean(),
                mark(
                    "This is the mean *score* after. Subtract what the same customers scored before."
                ),
            ),
            Mistake(
                lambda data: _naive_changes(data).median(),
                mark(
                    "This is the *median* of the changes. Changes are whole points, so it hardly moves: take the "
                    "mean."
                ),
            ),
        ),
        hints=(
            mark("Only the group `recovered`, and of them only those with a score in both waves."),
            mark(
                "The change of one customer is `satisfaction - satisfaction_before`. It is empty where the second "
                "score is, and `.mean()` leaves empty values out."
            ),
            mark(
                '`recovered = mine.survey[mine.survey["group"] == "recovered"]`, then the mean of '
                '`recovered["satisfaction"] - recovered["satisfaction_before"]`.'
            ),
        ),
    ),
    Exercise(
        id="3.2",
        asks=Function(("n", "reliability", "low", "seed"), _tried_on, "sd", about=0.02),
        key=lambda data: two_waves,
        right=mark(
            "Nothing happened to anybody, and yet those picked for a low first score rise, the more so the less "
            "reliable the scores. Those picked for a low *second* score came down from higher ones: it works "
            "backwards in time too, so it cannot be an effect of anything done in between."
        ),
        mistakes=(
            Mistake(
                lambda data: _waves(lambda rho: 0, lambda rho: 1),
                mark(
                    "Your second wave knows nothing of the first: this is what a reliability of 0 gives, whatever "
                    "`reliability` says. Let each second score keep the part `reliability` of the first, and add "
                    "chance."
                ),
            ),
            Mistake(
                lambda data: _waves(lambda rho: 1, _right_noise),
                _WHOLE,
            ),
            Mistake(
                lambda data: _waves(lambda rho: 1, lambda rho: 1),
                _WHOLE,
            ),
            Mistake(
                lambda data: _waves(lambda rho: 1, lambda rho: 1 - rho),
                _WHOLE,
            ),
            Mistake(
                lambda data: _waves(_same, lambda rho: 1 - rho**2),
                _SPREADS_LESS,
            ),
            Mistake(
                lambda data: _waves(_same, lambda rho: 1 - rho),
                _SPREADS_LESS,
            ),
            Mistake(
                lambda data: _waves(_same, lambda rho: np.sqrt(1 - rho)),
                _SPREADS_LESS,
            ),
            Mistake(
                lambda data: _waves(_same, lambda rho: 1),
                mark(
                    "Your second wave spreads more than the first, so the second number is off: the noise has a "
                    "standard deviation of 1 and the kept part of the first score comes on top. Scale the noise so "
                    "that the variance of the second wave is 1 again."
                ),
            ),
            Mistake(
                lambda data: _waves(lambda rho: rho + _right_noise(rho), lambda rho: 0),
                mark(
                    "Your noise is the *same* numbers as the first wave: a generator made anew with the same seed "
                    "begins again. Make one generator, `rng = np.random.default_rng(seed)`, and draw from it twice."
                ),
            ),
            Mistake(
                lambda data: _waves(_same, _right_noise, cut=1.0),
                mark(
                    "You picked everybody below `+low`, which is more than half of all. Low means *below the mean*,"
                    " and the mean is 0: pick scores at or below `-low`."
                ),
            ),
            Mistake(
                _instead(lambda first, second, rho, low: (first, first)),
                mark(
                    "The first number is right, and the second is the same. Either it is of those who were low in "
                    "the *first* wave again, or its sign is turned: pick those who were low in the second wave, and"
                    " take their change in the same direction, second minus first."
                ),
            ),
            Mistake(
                _instead(lambda first, second, rho, low: (second, second)),
                mark(
                    "Both numbers are of those who were low in the *second* wave. A manager sees the first wave and"
                    " picks by it: the first number is of those who were low then."
                ),
            ),
            Mistake(
                _instead(lambda first, second, rho, low: (second, first)),
                mark(
                    "Both numbers have the wrong sign: either you took first minus second, or the two groups stand "
                    "in the other order, or you picked the high scores. First come those who were low in the first "
                    "wave, at or below `-low`; a change is second minus first."
                ),
            ),
            Mistake(
                _instead(
                    lambda first, second, rho, low: (-rho * _selection(low), -_selection(low))
                ),
                mark(
                    "These are mean *scores* in the second wave, not mean changes. Subtract each person's first "
                    "score."
                ),
            ),
        ),
        hints=(
            mark(
                "Draw `first` as `n` normal numbers with mean 0 and standard deviation 1: `rng.normal(size=n)`. The"
                " second score is `reliability * first` plus noise of its own."
            ),
            mark(
                "The noise has the variance that is missing to 1, so the standard deviation `(1 - reliability**2) "
                "** 0.5`. Multiply `rng.normal(size=n)` by it."
            ),
            mark(
                "With `change = second - first`, return two means: `change[first <= -low].mean()` and "
                "`change[second <= -low].mean()`."
            ),
        ),
    ),
    Exercise(
        id="3.3",
        asks=Number("points"),
        key=_expected,
        right=mark(
            "So far the recovered would have risen with no effect of anything, because they were picked for low "
            "scores. Put it beside your number of 3.1: how much is left to be explained?"
        ),
        mistakes=(
            Mistake(
                lambda data: data.reliability * _distance(data),
                mark(
                    "This is the part of the distance that *stays*, reliability times distance. What vanishes by "
                    "itself is the rest of it."
                ),
            ),
            Mistake(
                lambda data: -_expected(data),
                mark(
                    "This says that the recovered were expected to fall. They began *below* the mean of all, so "
                    "they come back upwards: mean of all minus their mean."
                ),
            ),
            Mistake(
                _distance,
                mark(
                    "This is the whole distance from the mean. All of it would vanish only if scores were pure "
                    "chance, with a reliability of 0. Which part of it is passing?"
                ),
            ),
            Mistake(
                lambda data: _regression_from(data, _mean_before(data, "no_failure")),
                mark(
                    "You measured the distance from the mean of those *without a failure*. They were picked too, "
                    "for high scores. People come back to the mean of everybody who was asked, all three groups."
                ),
            ),
            Mistake(
                lambda data: _regression_from(data, _both(data)[0].mean()),
                mark(
                    "Your mean of all leaves out those who gave no second score. They were there in the first wave "
                    "and scored lower than the others: take the mean of `satisfaction_before` over *all* "
                    "respondents."
                ),
            ),
            Mistake(
                lambda data: (
                    (1 - data.reliability) * (_mean_before(data) - _mean_before(data, "recovered"))
                ),
                mark(
                    "The mean of the recovered has those in it who left before the second wave. The change of 3.1 "
                    "is of those with both scores, so take the mean before of the same people."
                ),
            ),
            Mistake(
                lambda data: _mean_before(data) - data.reliability * _distance(data),
                mark(
                    "This is the *score* expected after, $M + \\rho (\\bar x_R - M)$. Asked for is the change: "
                    "subtract what the recovered scored before."
                ),
            ),
            Mistake(
                lambda data: _regression_from(data, _mean_before(data, "no_failure", "failure")),
                mark(
                    "Your mean of all leaves out the recovered. They were asked too: take the mean of all three "
                    "groups."
                ),
            ),
        ),
        hints=(
            mark(
                "How far below the mean of all did the recovered begin, and which part of that distance is passing?"
            ),
            mark(
                'The mean of all: `mine.survey["satisfaction_before"].mean()`, everybody. The mean before of the '
                "recovered: only those with a second score."
            ),
            mark("`(1 - mine.reliability) * (mean_of_all - mean_before_of_recovered)`"),
        ),
    ),
    Exercise(
        id="3.4",
        asks=Number("share"),
        key=_reliability,
        right=mark(
            "One point more before goes with this much more after, where nothing happened: so much of a difference "
            "between customers lasts. It should lie near `mine.reliability`, and it comes from the survey itself."
        ),
        mistakes=(
            Mistake(
                lambda data: np.corrcoef(*_both(data, "no_failure"))[0, 1],
                mark(
                    "This is the correlation in the right group. Failures have taken many low scores out of this "
                    "group, and a narrower range before lowers a correlation. It leaves the slope of the line "
                    "alone."
                ),
            ),
            Mistake(
                lambda data: np.polyfit(*_both(data, "no_failure")[::-1], 1)[0],
                mark(
                    "This is the slope of *before on after*. You want to know what a score before says about the "
                    "score after: before is `x`, after is `y`."
                ),
            ),
            Mistake(
                _slope,
                mark(
                    "This is the slope among all respondents. Failures hit mostly those who scored low and pulled "
                    "some of them down, which makes the line steeper. Take the group in which nothing happened."
                ),
            ),
            Mistake(
                lambda data: np.polyval(np.polyfit(*_both(data, "no_failure"), 1), 0),
                mark(
                    "This is the intercept of the line, its height at a score of 0. `np.polyfit(x, y, 1)` returns "
                    "the slope first."
                ),
            ),
            Mistake(
                lambda data: data.reliability,
                mark("You were told this number; estimate it from the survey."),
            ),
            Mistake(
                lambda data: np.corrcoef(*_both(data))[0, 1],
                mark(
                    "This is the correlation among all respondents. Take the slope, among those without a failure."
                ),
            ),
            Mistake(
                lambda data: _slope(data, "recovered"),
                mark(
                    "This is the slope among the recovered. Something happened to them; take those without a "
                    "failure."
                ),
            ),
            Mistake(
                lambda data: _reliability(data) - 1,
                mark(
                    "This is the slope of the *change* on the score before. Add 1: asked for is the score after on "
                    "the score before."
                ),
            ),
            Mistake(
                lambda data: 1 - _reliability(data),
                mark(
                    "This is the part that *vanishes*, one minus the slope. Asked for is the part that lasts."
                ),
            ),
        ),
        hints=(
            mark("Which customers can say how much of a score lasts when nothing happens?"),
            mark(
                "Those of the group `no_failure` with both scores: `.dropna()`. Fit a straight line: before is `x`,"
                " after is `y`."
            ),
            mark('`np.polyfit(quiet["satisfaction_before"], quiet["satisfaction"], 1)[0]`'),
        ),
    ),
    Exercise(
        id="3.5",
        asks=Interval("points", within=0.015),
        key=_corrected,
        right=mark(
            "This is what is left of the rise once regression to the mean is taken off. It is small beside the "
            "number of 3.1: most of what was on the slide, or all of it, needs no recovery to explain it."
        ),
        mistakes=(
            Mistake(
                lambda data: _around(_naive(data), _naive_changes(data)),
                mark(
                    "This is the interval of the naive change of 3.1. It is clear of zero, and it is about the "
                    "wrong number: the rise expected with no effect is still in it."
                ),
            ),
            Mistake(
                lambda data: _around(_beyond(data).mean(), _naive_changes(data)),
                mark(
                    "The middle is right, the width is that of the naive change. What was expected differs from "
                    "customer to customer: compute for each one how far the score lies from what was expected, and "
                    "take the spread of *these* values."
                ),
            ),
            Mistake(
                lambda data: _around(_beyond(data).mean(), _beyond(data), 1),
                mark(
                    "This interval is for one customer, not for the mean: divide the standard deviation by the root"
                    " of the number of recovered with both scores."
                ),
            ),
            Mistake(
                lambda data: _around(
                    _beyond(data).mean(), _beyond(data), (data.survey["group"] == "recovered").sum()
                ),
                mark(
                    "Your number of customers counts those who left and gave no second score: `len` counts empty "
                    "values too. Drop them first, or use `.count()`."
                ),
            ),
            Mistake(
                lambda data: _around(_beyond(data).mean(), _beyond(data) * 1.645 / 1.96),
                mark(
                    "This is the 90 % interval, made with 1.645. For 95 % it is 1.96 standard errors to either "
                    "side."
                ),
            ),
            Mistake(
                lambda data: _around(_naive(data) + _expected(data), _beyond(data)),
                mark(
                    "The expected rise is added here. It would have come by itself, so take it *off* the change."
                ),
            ),
            Mistake(
                lambda data: _around(_expected(data), _expected_changes(data)),
                mark(
                    "This is an interval of the *expected* rise. Wanted is what the recovered did beyond it: change"
                    " minus expected change."
                ),
            ),
            Mistake(
                lambda data: _around(
                    (
                        _both(data, "recovered")[1] - data.reliability * _both(data, "recovered")[0]
                    ).mean(),
                    _beyond(data),
                ),
                mark(
                    "What you expect of a customer lacks the mean of all: `reliability * before` alone takes "
                    "everybody back to 0, which is not even on the scale. Expected is the mean plus the part "
                    "`reliability` of the distance from it."
                ),
            ),
            Mistake(
                lambda data: _left(data, _mean_before(data), _reliability(data)),
                mark(
                    "This is the correction with your slope of 3.4. It is an estimate with an error of its own; use"
                    " `mine.reliability`, which is known."
                ),
            ),
            Mistake(
                lambda data: _left(data, _mean_before(data), 1 - data.reliability),
                mark(
                    "Here the part `1 - reliability` of the distance lasts. That part vanishes: the part "
                    "`reliability` lasts."
                ),
            ),
            Mistake(
                lambda data: _left(data, _both(data)[0].mean()),
                _WRONG_MEAN,
            ),
            Mistake(
                lambda data: _left(data, _mean_before(data, "no_failure")),
                _WRONG_MEAN,
            ),
            Mistake(
                _slipped,
                mark(
                    "A bracket is missing: you took off $M$ and *added* the part `reliability` of the distance. "
                    "Take off the whole score expected, `after - (mean + reliability * (before - mean))`."
                ),
            ),
            Mistake(
                lambda data: _around(_beyond(data, *GROUPS).mean(), _beyond(data, *GROUPS)),
                mark(
                    "This is the interval over all three groups. Take $d_i$ of the recovered only."
                ),
            ),
        ),
        hints=(
            mark(
                "For each of the recovered: what score would you expect after, had nothing happened? It is the mean"
                " of all, plus the part `mine.reliability` of this customer's distance from it."
            ),
            mark(
                "Take `beyond`, the score after minus the score expected, for each of the recovered with both "
                "scores. Its mean is 3.1 minus 3.3. Its standard error is its standard deviation over the root of "
                "their number."
            ),
            mark(
                "`beyond = after - (mean_of_all + mine.reliability * (before - mean_of_all))`, then `beyond.mean()`"
                " plus and minus `1.96 * beyond.std() / len(beyond) ** 0.5`."
            ),
        ),
    ),
    Exercise(
        id="3.6",
        asks=Interval("points"),
        key=_alike,
        right=mark(
            "This is recovered minus no failure among customers who began alike. Only this comparison could have "
            "shown a paradox: it would lie above zero. On average, among those who answered twice, the two differ "
            "by not more than matters."
        ),
        mistakes=(
            Mistake(
                _unadjusted,
                mark(
                    "This is the difference as it stands, the one in the table. The recovered scored lower before "
                    "anything failed, and that is most of it. What is left among customers who began alike?"
                ),
            ),
            Mistake(
                _corrected,
                mark(
                    "This is your interval of 3.5: it compares with what the reliability lets one expect. Compare "
                    "with customers without a failure: use the line of 3.4."
                ),
            ),
            Mistake(
                lambda data: _around(_naive(data), _naive_changes(data)),
                mark(
                    "This is the interval of the change from before to after, with the rise in it that comes by "
                    "itself. Compare with what customers without a failure scored *after*."
                ),
            ),
            Mistake(
                lambda data: _around(_beside(data).abs().mean(), _beside(data).abs()),
                mark(
                    "These are *absolute* differences, so that those above the line and those below it add up. Take"
                    " the differences with their sign."
                ),
            ),
            Mistake(
                lambda data: _around(0.0, _beside(data, "recovered")),
                mark(
                    "Your line is fitted to the recovered themselves, so their mean difference from it is 0. Fit it"
                    " to those without a failure."
                ),
            ),
            Mistake(
                lambda data: _around(_beside(data).mean(), _beside(data) * 1.645 / 1.96),
                mark(
                    "This is the 90 % interval, made with 1.645. The rule asks for it too; wanted here is the one "
                    "of 95 %, with 1.96."
                ),
            ),
            Mistake(
                lambda data: _around(_beside(data).mean(), _beside(data), 1),
                mark(
                    "This interval is for one customer, not for the mean: divide the standard deviation by the root"
                    " of the number of recovered with both scores."
                ),
            ),
        ),
        hints=(
            mark(
                "Use the line of 3.4: it says what customers without a failure scored after, given their score "
                "before. What does it say for each of the recovered?"
            ),
            mark(
                "Fit `line = np.polyfit(x, y, 1)` to those without a failure and take `apart = after - "
                "np.polyval(line, before)` for the recovered."
            ),
            mark(
                "`apart.mean()` plus and minus `1.96 * apart.std() / len(apart) ** 0.5`, low first."
            ),
        ),
    ),
)
