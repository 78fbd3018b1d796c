"""Lesson 1: claims and data. A survey of a firm's customers, and a figure in its brochure, drawn for each student.

"Of new business, so much comes from recommendations" is three numbers: the share who name one, the share for whom
it was decisive, and the share of the margin that these bring. The brochure's figure fits one of them, or none.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from retorno.course.answers import Choice, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark

CLAIMS = (
    "referral_60_new_business",
    "referral_largest_source",
    "reactivation_65_willing",
    "recovery_complainers_most_loyal",
)
SOURCES = ("recommendation", "search", "advertising", "shop_window")
READINGS = ("named", "decisive", "margin")


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    customers : DataFrame
        One row for each customer who bought last year: status (new, returning), answered (0 or 1), whether each
        source was named (0 or 1, empty without an answer), decisive (a source or "unsure"), margin in EUR.
    claimed : float
        The share of new business by recommendation in the firm's brochure, rounded to whole per cents.
    """

    customers: pd.DataFrame
    claimed: float


def draw(rng: np.random.Generator) -> Data:
    """Return about 3,900 customers; who recommends, who answers and what they bring differ between students."""
    people = int(rng.integers(3_600, 4_200))
    new = rng.random(people) < rng.uniform(0.70, 0.78)
    named = _named(new, rng)
    decisive = _decisive(named, rng)
    worth = rng.choice([rng.uniform(0.66, 0.74), rng.uniform(1.60, 1.80)])
    by_friend = decisive == "recommendation"
    mean = rng.uniform(60, 160) * np.where(new, 1, 0.6) * np.where(by_friend, worth, 1)
    answered = rng.random(people) < rng.uniform(0.64, 0.69)
    customers = pd.DataFrame(
        {"status": np.where(new, "new", "returning"), "answered": answered * 1}
    )
    for place, source in enumerate(SOURCES):
        customers[source] = np.where(answered, named[:, place], np.nan)
    customers["decisive"] = np.where(answered, decisive, None)
    customers["margin"] = rng.gamma(1.5, mean / 1.5).round(2)
    return Data(customers, _brochure(customers, rng))


def _named(new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return who names which source; everybody names at least one."""
    chances = np.array([rng.uniform(0.68, 0.76), *rng.uniform(0.4, 0.6, 3)])
    named = rng.random((len(new), 4)) < np.where(new[:, None], chances, [0.10, 0.5, 0.5, 0.4])
    nothing = ~named.any(axis=1)
    named[nothing, rng.integers(1, 4, nothing.sum())] = True
    return named


def _decisive(named: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one of the sources each customer named, or "unsure"."""
    pull = np.log([rng.uniform(2.0, 2.6), 1, 1, 1]) + rng.gumbel(size=named.shape)
    chosen = np.array(SOURCES, dtype=object)[np.where(named, pull, -np.inf).argmax(axis=1)]
    return np.where(rng.random(len(named)) < rng.uniform(0.10, 0.16), "unsure", chosen)


def _brochure(customers: pd.DataFrame, rng: np.random.Generator) -> float:
    """Return the share of one reading, or one between the readings that fits none of them."""
    share = _readings(Data(customers, 0.0)).set_index("reading")["share"]
    between = (share["named"] + max(share["decisive"], share["margin"])) / 2
    return round(float(rng.choice([*share, between])), 2)


def _new(data: Data) -> pd.DataFrame:
    return data.customers[data.customers["status"] == "new"]


def _asked(data: Data) -> pd.DataFrame:
    """Return the new customers who answered: of whom all readings speak."""
    return data.customers.query("status == 'new' and answered == 1")


def _answered(data: Data) -> pd.DataFrame:
    return data.customers[data.customers["answered"] == 1]


def _by_friend(people: pd.DataFrame) -> pd.Series:
    return (people["decisive"] == "recommendation").astype(float)


def _share_named(data: Data) -> float:
    return float(_asked(data)["recommendation"].mean())


def _share_decisive(data: Data) -> float:
    return float(_by_friend(_asked(data)).mean())


def _of_mentions(data: Data) -> float:
    mentions = _asked(data)[list(SOURCES)].sum()
    return mentions["recommendation"] / mentions.sum()


def _interval(yes: pd.Series, level: float = 0.95) -> tuple[float, float]:
    return proportion_confint(yes.sum(), len(yes), alpha=1 - level, method="normal")


def _around(yes: pd.Series, errors: float) -> tuple[float, float]:
    """Return the share with so many standard deviations of one answer to either side."""
    half = errors * yes.std(ddof=0)
    return yes.mean() - half, yes.mean() + half


def _margin_share(people: pd.DataFrame) -> float:
    return np.average(_by_friend(people), weights=people["margin"])


def _margin_of_who_named(data: Data) -> float:
    asked = _asked(data)
    return np.average(asked["recommendation"], weights=asked["margin"])


def _euros(data: Data) -> float:
    asked = _asked(data)
    return (asked["margin"] * _by_friend(asked)).sum()


def _ratio_of_means(data: Data) -> float:
    asked = _asked(data)
    return asked.loc[_by_friend(asked) == 1, "margin"].mean() / asked["margin"].mean()


def _row(reading: str, yes, weight, errors: float = 1.96) -> dict:
    share = np.average(yes, weights=weight)
    half = errors * np.std(weight * (yes - share)) * len(yes) ** 0.5 / weight.sum()
    return {"reading": reading, "share": share, "low": share - half, "high": share + half}


def _table(people: pd.DataFrame, errors: float = 1.96) -> pd.DataFrame:
    everybody = np.ones(len(people))
    columns = [people["recommendation"], _by_friend(people), _by_friend(people)]
    weights = [everybody, everybody, people["margin"]]
    rows = zip(READINGS, columns, weights, strict=True)
    return pd.DataFrame([_row(*row, errors) for row in rows])


def _readings(data: Data) -> pd.DataFrame:
    return _table(_asked(data))


def _with_margin_row(data: Data, share: float, half: float) -> pd.DataFrame:
    readings = _readings(data).set_index("reading")
    readings.loc["margin"] = [share, share - half, share + half]
    return readings


def _margin_as_heads(data: Data) -> pd.DataFrame:
    asked = _asked(data)
    share = _margin_share(asked)
    return _with_margin_row(data, share, 1.96 * (share * (1 - share) / len(asked)) ** 0.5)


def _heads_twice(data: Data) -> pd.DataFrame:
    yes = _by_friend(_asked(data))
    return _with_margin_row(data, yes.mean(), 1.96 * (yes.var(ddof=0) / len(yes)) ** 0.5)


def _weight_not_squared(data: Data) -> pd.DataFrame:
    asked = _asked(data)
    share = _margin_share(asked)
    return _with_margin_row(
        data, share, 1.96 * (share * (1 - share) / asked["margin"].sum()) ** 0.5
    )


def _fits(data: Data) -> str:
    rows = _readings(data).set_index("reading")
    holds = (rows["low"] <= data.claimed) & (data.claimed <= rows["high"])
    return str(holds.idxmax()) if holds.any() else "none"


_MORE_THAN_ASKED = mark(
    "You divided by more people than you asked: all below the line must be new *and* have answered. No answer is "
    'not a "no". Divide by your number of 1.1.'
)
_MORE_BELOW_THE_LINE = mark(
    "Below the line stands the margin of more people than above it: also of some who did not answer, or who are not"
    " new. Take the same people above and below."
)

EXERCISES = (
    Exercise(
        id="1.1",
        asks=Number("count"),
        key=lambda data: len(_asked(data)),
        right=mark(
            "This is *of whom* you can speak: every share below is a share of these people. Those who did not "
            "answer are missing from all of them."
        ),
        mistakes=(
            Mistake(
                lambda data: len(data.customers),
                mark(
                    "These are all rows: new and returning customers, with and without an answer. Two conditions "
                    "have to hold: `status` is `new`, and `answered` is 1."
                ),
            ),
            Mistake(
                lambda data: len(_new(data)),
                mark(
                    "These are all new customers, also those who did not answer. What do you know of how *they* "
                    "came?"
                ),
            ),
            Mistake(
                lambda data: len(_answered(data)),
                mark(
                    "These are all who answered, returning customers too. The sentence speaks of *new* business: "
                    "which of them are new?"
                ),
            ),
            Mistake(
                lambda data: len(data.customers.query("status == 'new' or answered == 1")),
                mark(
                    "These are the customers for whom *one* of the two conditions holds. Both must: in pandas that "
                    "is `&`, not `|`."
                ),
            ),
            Mistake(
                lambda data: _new(data)["answered"].mean(),
                mark(
                    "This is the share of the new customers who answered. It is worth knowing, but wanted is how "
                    "many they are."
                ),
            ),
        ),
        hints=(
            mark(
                "Two conditions, and both must hold: the customer is new, and the customer answered."
            ),
            mark(
                'The new ones: `mine.customers[mine.customers["status"] == "new"]`. Of these keep the rows in '
                "which `answered` is 1, and count the rows with `len(...)`."
            ),
            mark("`len(mine.customers.query(\"status == 'new' and answered == 1\"))`"),
        ),
    ),
    Exercise(
        id="1.2",
        asks=Number("share"),
        key=_share_named,
        right=mark(
            "So many *mentioned* a recommendation. Several answers were allowed, so the shares of the four sources "
            "add up to more than 1: no part of the business is divided up by them."
        ),
        mistakes=(
            Mistake(
                _of_mentions,
                mark(
                    "This is the share of all *mentions*. Somebody who named three sources counts three times in "
                    "it. Count people: divide by the new customers who answered."
                ),
            ),
            Mistake(
                _share_decisive,
                mark(
                    "This is the share for whom a recommendation was *decisive*. Wanted here is the share who named"
                    " it at all, alone or with others."
                ),
            ),
            Mistake(
                lambda data: _answered(data)["recommendation"].mean(),
                mark(
                    "Returning customers are in this share. They knew the firm, so they came in other ways. Keep "
                    "the new ones alone."
                ),
            ),
            Mistake(
                lambda data: _asked(data)["recommendation"].sum() / len(_new(data)),
                _MORE_THAN_ASKED,
            ),
            Mistake(
                lambda data: _asked(data)["recommendation"].sum() / len(_answered(data)),
                _MORE_THAN_ASKED,
            ),
            Mistake(
                lambda data: _asked(data)["recommendation"].sum(),
                mark(
                    "This is how many named a recommendation. Of how many? Divide by your number of 1.1."
                ),
            ),
        ),
        hints=(
            mark(
                "Who is counted: the new customers who answered, as in 1.1. What is counted: those with "
                "`recommendation` equal to 1."
            ),
            mark("A column of 0 and 1 has a mean, and this mean is the share of the ones."),
            mark('`people["recommendation"].mean()`, where `people` are the rows of 1.1.'),
        ),
    ),
    Exercise(
        id="1.3",
        asks=Interval("share"),
        key=lambda data: _interval(_by_friend(_asked(data))),
        right=mark(
            "Same people, same survey, another question, and a much smaller number. The interval says how far "
            "chance alone may have moved it; it says nothing of those who did not answer."
        ),
        mistakes=(
            Mistake(
                lambda data: _interval(_asked(data)["recommendation"]),
                mark(
                    "This is the interval of the share who *named* a recommendation. Wanted are those for whom it "
                    "was decisive: look at the column `decisive`."
                ),
            ),
            Mistake(
                lambda data: _around(_by_friend(_asked(data)), 1.96),
                mark(
                    "This interval is for the answer of one customer, not for the share: divide by the number of "
                    "customers under the root."
                ),
            ),
            Mistake(
                lambda data: _around(
                    _by_friend(_asked(data)), 1.96 * _by_friend(_asked(data)).sum() ** -0.5
                ),
                mark(
                    "The n under your root is the number of those who said yes. The share is of all new customers "
                    "who answered: n is your number of 1.1."
                ),
            ),
            Mistake(
                lambda data: _around(_by_friend(_asked(data)), len(_asked(data)) ** -0.5),
                mark(
                    "This is the share plus and minus *one* standard error, which holds about 68 % of the time. For"
                    " 95 % it takes 1.96 of them."
                ),
            ),
            Mistake(
                lambda data: _interval(_by_friend(_asked(data).query("decisive != 'unsure'"))),
                mark(
                    "You left out those who were unsure. They answered, and for them a recommendation was not "
                    "decisive: they belong to those you divide by."
                ),
            ),
            Mistake(
                lambda data: _interval(_by_friend(_new(data))),
                mark(
                    "Those who did not answer are counted here as if a recommendation had not been decisive. Use "
                    "the new customers who answered."
                ),
            ),
        ),
        hints=(
            mark(
                "First the share: of the new customers who answered, those whose `decisive` is `recommendation`. "
                "Those who are `unsure` stay among the people you divide by."
            ),
            mark("Its standard error is the root of p (1 - p) / n, with n from 1.1."),
            mark(
                "`half = 1.96 * (p * (1 - p) / n) ** 0.5`, and the answer is `(p - half, p + half)`."
            ),
        ),
    ),
    Exercise(
        id="1.4",
        asks=Number("share"),
        key=lambda data: _margin_share(_asked(data)),
        right=mark(
            "This counts euros, not heads. It lies above the share of customers where those who came by "
            "recommendation bring more than the others, and below where they bring less."
        ),
        mistakes=(
            Mistake(
                _share_decisive,
                mark(
                    "This is the share of *customers*: each counts once, however much money comes with them. Add up"
                    " margins instead."
                ),
            ),
            Mistake(
                _margin_of_who_named,
                mark(
                    "This is the margin of those who *named* a recommendation. Take the margin of those for whom it"
                    " was decisive."
                ),
            ),
            Mistake(
                lambda data: _euros(data) / _new(data)["margin"].sum(),
                _MORE_BELOW_THE_LINE,
            ),
            Mistake(
                lambda data: _euros(data) / _answered(data)["margin"].sum(),
                _MORE_BELOW_THE_LINE,
            ),
            Mistake(
                lambda data: _margin_share(_answered(data)),
                mark(
                    "The margin of returning customers is in here. The sentence speaks of new business: keep the "
                    "new ones who answered."
                ),
            ),
            Mistake(
                lambda data: _euros(data) / (_asked(data)["margin"].sum() - _euros(data)),
                mark(
                    "Below the line stands only the margin of the *others*. A part of the whole is divided by the "
                    "whole: those who came by recommendation belong below as well."
                ),
            ),
            Mistake(
                _ratio_of_means,
                mark(
                    "This compares the *mean* margin of those who came by recommendation with the mean of all. It "
                    "says how much one of them brings, not what part of the whole they bring: divide sums."
                ),
            ),
        ),
        hints=(
            mark("The same people as in 1.3, but each counts with the euros of `margin`."),
            mark(
                "Above the line: the sum of `margin` of those whose `decisive` is `recommendation`. Below: the sum "
                "of `margin` of all new customers who answered."
            ),
            mark(
                '`people.loc[people["decisive"] == "recommendation", "margin"].sum() / people["margin"].sum()`'
            ),
        ),
    ),
    Exercise(
        id="1.5",
        asks=Table("reading", {"share": "share", "low": "share", "high": "share"}, within=0.003),
        key=_readings,
        right=mark(
            "One sentence, one survey, three numbers, and they lie further apart than chance explains: the "
            "*question* made the difference. The row `margin` is less sure than the row `decisive`, though the "
            "people are the same: a few who bring much weigh in it."
        ),
        mistakes=(
            Mistake(
                _margin_as_heads,
                mark(
                    "The row `margin` has the standard error of a share of heads. Customers weigh differently in "
                    "it, and those who bring much make it less sure: use the weighted formula with the margin as "
                    "$w$."
                ),
            ),
            Mistake(
                _heads_twice,
                mark(
                    "The row `margin` repeats the row `decisive`: every customer weighs 1 in it. Its weights $w$ "
                    "are the margins."
                ),
            ),
            Mistake(
                _weight_not_squared,
                mark(
                    "In the row `margin` the weight stands outside the square. Multiply each distance with the "
                    "weight first, then square, then add up."
                ),
            ),
            Mistake(
                lambda data: _table(_asked(data), 1.0),
                mark(
                    "`low` and `high` lie *one* standard error from the share. For 95 % it takes 1.96 of them."
                ),
            ),
            Mistake(
                lambda data: _table(_answered(data)),
                mark(
                    "Returning customers are in these rows. All three readings are of the new customers who "
                    "answered."
                ),
            ),
        ),
        hints=(
            mark(
                "For `named` and `decisive` each weight is 1, and the formula becomes the one of 1.3. Only the row "
                "`margin` needs the weights."
            ),
            mark(
                'With `yes` a column of 0 and 1 and `weight = people["margin"]`: `share = (weight * yes).sum() / '
                "weight.sum()`."
            ),
            mark(
                "`half = 1.96 * ((weight * (yes - share)) ** 2).sum() ** 0.5 / weight.sum()`, then `share - half` "
                "and `share + half`. Collect the three rows in `pd.DataFrame(...)`."
            ),
        ),
    ),
    Exercise(
        id="1.6",
        asks=Choice((*READINGS, "none")),
        key=_fits,
        right=mark(
            "That is all the data can say. A figure that fits a reading need not have been made that way, and one "
            "that fits none may come from other people or another question: ask who was counted and what was asked."
        ),
        mistakes=(
            Mistake(
                lambda data: "named",
                mark(
                    "The interval of those who *named* a recommendation does not hold the brochure's figure. "
                    "Compare `mine.claimed` with `low` and `high` of each row."
                ),
            ),
            Mistake(
                lambda data: "decisive",
                mark(
                    "The interval of those for whom a recommendation was *decisive* does not hold the brochure's "
                    "figure. Compare `mine.claimed` with `low` and `high` of each row."
                ),
            ),
            Mistake(
                lambda data: "margin",
                mark(
                    "The interval of the *margin* does not hold the brochure's figure. Compare `mine.claimed` with "
                    "`low` and `high` of each row."
                ),
            ),
            Mistake(
                lambda data: "none",
                mark(
                    "One of the three intervals does hold the brochure's figure. Compare `mine.claimed` with `low` "
                    "and `high` of each row."
                ),
            ),
        ),
        hints=(
            mark("A reading fits where `mine.claimed` is not below `low` and not above `high`."),
            mark(
                '`readings[(readings["low"] <= mine.claimed) & (mine.claimed <= readings["high"])]` shows the rows'
                " that fit, if there are any."
            ),
        ),
    ),
)
