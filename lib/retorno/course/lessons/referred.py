"""Lesson 8: what a referred customer is worth. Customers and their margins over three years, drawn for each student.

The referred are more often of the segment that earns more and stays longer whoever brings it; among customers alike
they earn more at first and leave more slowly, most so in the other segment.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retorno.course.answers import Function, Interval, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.simulate import referral as worlds
from retorno.simulate.referral.world import MONTH_DAYS

CLAIMS = ("referral_best_bring_best", "value_right_customers", "retention_raises_profit")
FOLLOWED = 36  # months of tenure in which every customer is seen
SHOWN = (1, 12, 24, 36)
LATE = 24
REFERRED, OTHERS = 2_400, 3_600


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    customers : DataFrame
        One row for each customer: customer_id, referred (0 or 1), segment (private, retail), months (of the first
        36, those at whose start the customer was there), left (1: left within these 36 months).
    margins : DataFrame
        One row for each customer and month of tenure, from 1, at whose start the customer was there: customer_id,
        month, margin in EUR.
    horizon_months : int
        Months over which value counts, fewer than 36.
    annual_discount_rate : float
        Fraction a year.
    """

    customers: pd.DataFrame
    margins: pd.DataFrame
    horizon_months: int
    annual_discount_rate: float


def draw(rng: np.random.Generator) -> Data:
    """Return 6,000 customers; mix, gaps, pace of leaving, horizon and discount rate differ between students."""
    referred = round(REFERRED * rng.uniform(0.37, 0.41))
    others = round(OTHERS * rng.uniform(0.15, 0.20))
    ratios = rng.uniform(0.80, 0.88), rng.uniform(0.70, 0.78)
    private = _world(1.0, gap=rng.uniform(0.3, 0.6), hazard=0.006, hazard_ratio=ratios[0])
    hazard = rng.uniform(0.018, 0.022)
    retail = _world(0.0, gap=rng.uniform(2.5, 2.9), hazard=hazard, hazard_ratio=ratios[1])
    parts = [
        _segment(private, (others, referred), rng),
        _segment(retail, (OTHERS - others, REFERRED - referred), rng),
    ]
    horizon, rate = int(rng.choice([24, 27, 30])), float(rng.choice([0.08, 0.10, 0.12]))
    return Data(*_together(parts, rng), horizon, rate)


def _world(private: float, **changes) -> worlds.World:
    """Return a world of one segment in which families are not alike and most joined early."""
    changes |= {"private_share": (private, private), "private_margin": 4.0, "customer_sd": 3.0}
    changes |= {"campaign": None, "likeness": 0.0, "offspring": (0.3, 0.6)}
    return replace(worlds.WORLDS["pays"], joining_days=365, days=1_600, **changes)


def _segment(world, sizes: tuple[int, int], rng) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return others and referred who can be followed for 36 months, and their margins in these."""
    drawn = worlds.simulate(world, 2 * sum(sizes), rng)
    latest = pd.Timestamp(drawn.last_day) - pd.Timedelta(days=FOLLOWED * MONTH_DAYS)
    early = drawn.customers[drawn.customers["joined_on"] <= latest]
    people = pd.concat([early[early["referred"] == group].head(sizes[group]) for group in (0, 1)])
    stayed = (people["left_on"] - people["joined_on"]).dt.days
    people = people.assign(left=(stayed <= FOLLOWED * MONTH_DAYS).astype(int))
    margins = drawn.margins[drawn.margins["month"] <= FOLLOWED]
    return people, margins[margins["customer_id"].isin(people["customer_id"])]


def _together(parts, rng) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return customers and margins of both segments under new ids, so that their order tells nothing."""
    people, margins = (
        pd.concat([table.assign(old=name + table["customer_id"]) for name, table in each])
        for each in (zip("pr", tables, strict=True) for tables in zip(*parts, strict=True))
    )
    new = pd.Series(rng.permutation(len(people)) + 1, index=people["old"].to_numpy())
    people["months"] = people["old"].map(margins["old"].value_counts())
    people, margins = (
        table.assign(customer_id=table["old"].map(new)) for table in (people, margins)
    )
    people = people.sort_values("customer_id", ignore_index=True)
    margins = margins.sort_values(["customer_id", "month"], ignore_index=True)
    columns = ["customer_id", "referred", "segment", "months", "left"]
    return people[columns], margins[["customer_id", "month", "margin"]]


def _rows(data: Data) -> pd.DataFrame:
    return data.margins.merge(data.customers, on="customer_id")


def _table(referred, other) -> pd.DataFrame:
    return pd.DataFrame({"referred": referred, "other": other}).rename_axis("month")


def _by_month(rows: pd.DataFrame, how: str = "mean") -> pd.DataFrame:
    rows = rows[rows["month"].isin(SHOWN)]
    found = rows.pivot_table(index="month", columns="referred", values="margin", aggfunc=how)
    return _table(found[1], found[0])


def _over_all_who_joined(data: Data) -> pd.DataFrame:
    sums, joined = _by_month(_rows(data), "sum"), data.customers["referred"].value_counts()
    return _table(sums["referred"] / joined[1], sums["other"] / joined[0])


def _up_to_the_month(data: Data) -> pd.DataFrame:
    rows = _rows(data)
    means = {k: rows[rows["month"] <= k].groupby("referred")["margin"].mean() for k in SHOWN}
    return _table(*(pd.Series({k: mean[group] for k, mean in means.items()}) for group in (1, 0)))


def _swapped(data: Data) -> pd.DataFrame:
    found = _by_month(_rows(data))
    return _table(found["other"], found["referred"])


def _late(data: Data) -> list[pd.Series]:
    """Return the margins of referred and of others in month 24."""
    rows = _rows(data)
    return [
        rows.loc[(rows["month"] == LATE) & (rows["referred"] == group), "margin"]
        for group in (1, 0)
    ]


def _interval(one, other, divisors=None) -> tuple[float, float]:
    """Return the interval of a difference of means; variances are divided by the sizes unless told otherwise."""
    n1, n0 = divisors or (len(one), len(other))
    half = 1.96 * np.sqrt(one.var() / n1 + other.var() / n0)
    return one.mean() - other.mean() - half, one.mean() - other.mean() + half


def _of_all_who_joined(data: Data) -> tuple[float, float]:
    joined = data.customers["referred"].value_counts()
    return _interval(*_late(data), (joined[1], joined[0]))


def _of_the_referred(data: Data) -> tuple[float, float]:
    one = _late(data)[0]
    return _interval(one, one * 0)


def _without_the_others_error(data: Data) -> tuple[float, float]:
    one, other = _late(data)
    return _interval(one, other, (len(one), np.inf))


def _without_root(data: Data) -> tuple[float, float]:
    low, high = _interval(*_late(data))
    middle, error = (low + high) / 2, (high - low) / 2 / 1.96
    return middle - 1.96 * error**2, middle + 1.96 * error**2


def _of_deviations(data: Data) -> tuple[float, float]:
    one, other = _late(data)
    return _interval(one, other, (len(one) * one.std(), len(other) * other.std()))


def _of_all_months(data: Data) -> tuple[float, float]:
    rows = _rows(data)
    return _interval(*(rows.loc[rows["referred"] == group, "margin"] for group in (1, 0)))


def _tried_on(data: Data) -> list[tuple]:
    others = data.customers[data.customers["referred"] == 0]
    # The bank's others; a market where most leave; referred customers who leave faster.
    return [(float((others["left"] == 0).mean()), 0.8), (0.792, 0.82), (0.3, 0.6), (0.6, 1.25)]


def _discount(data: Data, month: np.ndarray) -> np.ndarray:
    return (1 + data.annual_discount_rate) ** (-month / 12)


def _present(months: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Return the share of customers still there at the start of each month."""
    return (months[:, None] >= month).mean(axis=0)


def _worth(data, group, segment=None, horizon=None, discount=_discount, present=_present) -> float:
    """Return what a customer is worth: share still there times mean margin of those there, discounted."""
    people = data.customers[data.customers["referred"] == group]
    people = people if segment is None else people[people["segment"] == segment]
    month = np.arange(1, (horizon or data.horizon_months) + 1)
    margins = data.margins[data.margins["customer_id"].isin(people["customer_id"])]
    means = margins.groupby("month")["margin"].mean()[month].to_numpy()
    return float((present(people["months"].to_numpy(), month) * means) @ discount(data, month))


def _values(data: Data, **how) -> pd.DataFrame:
    """Return the colleague's number and the value of a customer of each group."""
    first = _by_month(_rows(data)).loc[1]
    naive = [first["other"] * data.horizon_months, first["referred"] * data.horizon_months]
    values = {"naive": naive, "value": [_worth(data, group, **how) for group in (0, 1)]}
    return pd.DataFrame(values).rename_axis("referred")


def _per_row(data: Data) -> pd.DataFrame:
    rows = _rows(data)
    rows = rows[rows["month"] <= data.horizon_months]
    discounted = rows["margin"] * _discount(data, rows["month"])
    return _values(data).assign(value=discounted.groupby(rows["referred"]).mean())


def _totals(data: Data) -> pd.DataFrame:
    found = _values(data)
    joined = data.customers["referred"].value_counts()
    return found.assign(value=found["value"] * joined)


def _of_stayers(data: Data) -> pd.DataFrame:
    stayers = data.customers[data.customers["left"] == 0]
    value = [_worth(replace(data, customers=stayers), group) for group in (0, 1)]
    return _values(data).assign(value=value)


def _mix(data: Data, *groups: int) -> pd.Series:
    people = data.customers[data.customers["referred"].isin(groups)]
    return people["segment"].value_counts(normalize=True)


def _mix_of_rows(data: Data) -> pd.Series:
    rows = _rows(data)
    return rows.loc[rows["referred"] == 1, "segment"].value_counts(normalize=True)


def _by_share_of_segment(data: Data) -> float:
    return _gap(data, data.customers.groupby("segment")["referred"].mean())


def _mixed(data: Data, group: int, mix) -> float:
    """Return the value of a customer of a group whose segments were mixed like this."""
    return sum(share * _worth(data, group, segment) for segment, share in mix.items())


def _gap(data: Data, mix) -> float:
    return _mixed(data, 1, mix) - _mixed(data, 0, mix)


def _gap_alike(data: Data) -> float:
    return _gap(data, _mix(data, 1))


def _crude_gap(data: Data) -> float:
    return _worth(data, 1) - _worth(data, 0)


def _mean_of_fractions(data: Data) -> float:
    ratios = {name: _worth(data, 1, name) / _worth(data, 0, name) for name in ("private", "retail")}
    return sum(share * (ratios[name] - 1) for name, share in _mix(data, 1).items())


EXERCISES = (
    Exercise(
        id="8.1",
        asks=Table("month", {"referred": "euros", "other": "euros"}, within=0.001),
        key=lambda data: _by_month(_rows(data)),
        right=mark(
            "The gap is not one number: it is large in month 1 and has shrunk by month 36. And in each later month "
            "these are the means of those who *stayed*, not of those who joined."
        ),
        mistakes=(
            Mistake(
                _over_all_who_joined,
                mark(
                    "These are the margins of a month divided by all who ever *joined*. Those who had left earned "
                    "no margin and are no part of this mean; they are counted in 8.4. Divide by those present in "
                    "the month."
                ),
            ),
            Mistake(
                lambda data: _by_month(_rows(data), "sum"),
                mark(
                    "These are sums over the group. There are more others than referred, so their sum is larger for"
                    " that reason alone. Take means."
                ),
            ),
            Mistake(
                _up_to_the_month,
                mark(
                    "These are means over all months *up to* the month of the row. They hide that the gap shrinks, "
                    "because the early months stay in. Use the rows of that month alone."
                ),
            ),
            Mistake(
                lambda data: _by_month(_rows(data).query("left == 0")),
                mark(
                    "These are the means of those who stayed for all 36 months. In month 1 nobody had left: whoever"
                    " left later was there and earned something. Count everybody who has a row in the month."
                ),
            ),
            Mistake(
                _swapped,
                mark(
                    "The two columns are exchanged: `referred` holds the others. Which group has `referred` equal "
                    "to 1?"
                ),
            ),
        ),
        hints=(
            mark('Keep the rows of the four months: `rows[rows["month"].isin([1, 12, 24, 36])]`.'),
            mark(
                "Group them by `month` and `referred`, and take the mean of `margin`. Only those present have a "
                "row, so only they are counted."
            ),
            mark(
                '`.pivot_table(index="month", columns="referred", values="margin")` gives the means with columns'
                ' 0 and 1; `.rename(columns={{0: "other", 1: "referred"}})` names them.'
            ),
        ),
    ),
    Exercise(
        id="8.2",
        asks=Interval("euros"),
        key=lambda data: _interval(*_late(data)),
        right=mark(
            "The gap of month 24 is there, and it is smaller than that of month 1. The interval says how sure the "
            "*gap* is, not where it comes from: a narrow one does not make the two groups alike."
        ),
        mistakes=(
            Mistake(
                lambda data: _interval(*_late(data), (1, 1)),
                mark(
                    "This interval is for the margins of two single customers, not for the means: divide each "
                    "variance by the number of customers it comes from before you add them."
                ),
            ),
            Mistake(
                _of_all_who_joined,
                mark(
                    "The variances are divided by all who joined. In month 24 fewer were left to be observed: how "
                    "many rows does each group have in that month?"
                ),
            ),
            Mistake(
                _of_the_referred,
                mark(
                    "This is an interval for the mean margin of the referred. Wanted is that of the *difference* to"
                    " the others, whose mean is estimated too."
                ),
            ),
            Mistake(
                _of_all_months,
                mark(
                    "This is the gap over all months together, with every month of a customer counted as a new "
                    "customer. It mixes the large gap of the start with the small one of the end and looks surer "
                    "than it is. Use month 24 alone."
                ),
            ),
            Mistake(
                _without_the_others_error,
                mark(
                    "Only the error of the referred is in here. The mean of the others is estimated too: add its "
                    "variance, divided by their number."
                ),
            ),
            Mistake(
                lambda data: _interval(*_late(data)[::-1]),
                mark(
                    "This is the others minus the referred. Wanted is how much *more* the referred earn: subtract "
                    "the others from them."
                ),
            ),
            Mistake(
                _without_root,
                mark(
                    "This is 1.96 times the *squared* standard error to either side. Take the square root of the "
                    "sum of the two variances."
                ),
            ),
            Mistake(
                _of_deviations,
                mark(
                    "The standard deviations stand where the variances belong. Square each before you divide it by "
                    "its number of customers: `.var()` and not `.std()`."
                ),
            ),
        ),
        hints=(
            mark(
                "In month 24 each customer has one row, so the rows are independent: difference of the two means, "
                "plus and minus 1.96 standard errors."
            ),
            mark(
                "The squared standard error is the sum of both: `values.var() / len(values)` of the referred and of"
                " the others."
            ),
            mark(
                "`half = 1.96 * (one.var() / len(one) + two.var() / len(two)) ** 0.5`, where `one` and `two` are "
                "the margins of the two groups in month 24."
            ),
        ),
    ),
    Exercise(
        id="8.3",
        asks=Function(("share_other", "hazard_ratio"), _tried_on, "share", within=0.001),
        key=lambda data: lambda share_other, hazard_ratio: share_other**hazard_ratio,
        right=mark(
            "With 79.2 % and 0.82 it gives 82.6 %, close to 82.0 %; all three are reported second-hand for the bank. "
            '"18 % lower hazard" and "three points more still there" can be one and the same finding; "18 % more '
            'likely to stay" is not.'
        ),
        mistakes=(
            Mistake(
                lambda data: lambda share, ratio: share * (2 - ratio),
                mark(
                    'This reads "18 % lower hazard" as "18 % more of them stay". With nine in ten of the others '
                    "still there it gives more than everybody. The ratio belongs to the *rate of leaving*."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: share / ratio,
                mark(
                    "This divides the share who stay by the ratio. It can exceed 1. The ratio belongs to the *rate "
                    "of leaving*; how does the share follow from that rate?"
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: 1 - (1 - share) * ratio,
                mark(
                    "This multiplies the share who *left* by the ratio. That is nearly right where few have left, "
                    "and wrong where many have. A hazard is a rate among those still there, month after month, and "
                    "not the share who left in the end."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: share * ratio,
                mark(
                    "This multiplies the share who stay by the ratio, so a lower hazard would make fewer stay. The "
                    "ratio belongs to the rate of leaving."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: share ** (1 / ratio),
                mark(
                    "This is the way back: from the share of the referred to that of the others. Which of the two "
                    "leaves at the lower rate?"
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: ratio**share,
                mark(
                    "Base and exponent are exchanged: with a ratio of 1 this says that everybody stays. It should "
                    "then return the share of the others."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: 1 - (1 - share) ** ratio,
                mark(
                    "This raises the share who *left* to the power of the ratio. The reading ties the summed hazard"
                    " to the share *still there*."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: share + 1 - ratio,
                mark(
                    "This adds the reduction as points: 18 % lower hazard becomes 18 points more still there. The "
                    "reduction is relative, and it is of the *rate of leaving*."
                ),
            ),
            Mistake(
                lambda data: lambda share, ratio: share * 1.18,
                mark(
                    'This multiplies by 1.18 whatever `hazard_ratio` is, and reads "18 % lower hazard" as "18 % '
                    'more of them stay". The ratio belongs to the *rate of leaving*.'
                ),
            ),
        ),
        hints=(
            mark(
                "From the reading: the share still there is $e^{{-\\Lambda}}$, with $\\Lambda$ the hazard summed up "
                "over time."
            ),
            mark(
                "The ratio multiplies the hazard at all times, so it multiplies $\\Lambda$: $S_1 = e^{{-h "
                "\\Lambda_0}}$. And $e^{{-\\Lambda_0}}$ is $S_0$."
            ),
            mark(
                "$e^{{-h \\Lambda_0}} = (e^{{-\\Lambda_0}})^h$: the share of the others *to the power of* the ratio."
            ),
        ),
    ),
    Exercise(
        id="8.4",
        asks=Table("referred", {"naive": "euros", "value": "euros"}, within=0.002),
        key=_values,
        right=mark(
            "Both groups are worth less than the colleague says: some leave, and later money counts less. Subtract "
            "the rows: the gap in value is smaller than his gap as well, since the gap in margin shrinks. It still "
            "compares different people."
        ),
        mistakes=(
            Mistake(
                lambda data: _values(data, discount=lambda data, month: np.ones(len(month))),
                mark(
                    "This `value` is not discounted: a euro of the last month counts as much as one of the first. "
                    "Multiply month $k$ by $(1+r)^{{-k/12}}$."
                ),
            ),
            Mistake(
                lambda data: _values(data, present=lambda months, month: 1.0),
                mark(
                    "This `value` adds up the monthly means of those present, as if nobody ever left. Of those who "
                    "joined, only a part is there in month $k$: multiply by that share."
                ),
            ),
            Mistake(
                _of_stayers,
                mark(
                    "This `value` is that of customers who stayed for all 36 months. On the day of joining nobody "
                    "knows who they will be. Whoever left belongs into the mean, with nothing after leaving."
                ),
            ),
            Mistake(
                lambda data: _values(
                    data, discount=lambda data, month: (1 + data.annual_discount_rate) ** -month
                ),
                mark(
                    "You discounted by the *annual* rate every month. Month $k$ is $k/12$ of a year: "
                    "$(1+r)^{{-k/12}}$."
                ),
            ),
            Mistake(
                lambda data: _values(data, discount=lambda data, month: _discount(data, month - 1)),
                mark(
                    "Your discounting begins at 0: month 1 is not discounted at all. Here month $k$ is discounted "
                    "by $k/12$ of a year, so month 1 by a twelfth."
                ),
            ),
            Mistake(
                lambda data: _values(data, horizon=FOLLOWED),
                mark(
                    "All 36 months of the data are in this `value`. It was to count the first `mine.horizon_months`"
                    " alone."
                ),
            ),
            Mistake(
                _per_row,
                mark(
                    "This `value` is the mean of a *row*, so of one customer in one month. A customer is worth the "
                    "sum of the months: divide the group's total by its customers."
                ),
            ),
            Mistake(
                lambda data: _values(
                    data, present=lambda months, month: _present(months, month + 1)
                ),
                mark(
                    "This `value` takes the share still there at the *end* of each month. Who leaves during a month"
                    " has a margin in it: count those there at its start, whose `months` is $k$ or more."
                ),
            ),
            Mistake(
                _totals,
                mark(
                    "This `value` is the total of the group. The larger group would be worth more because it is "
                    "larger: divide by all its customers who joined."
                ),
            ),
        ),
        hints=(
            mark(
                "Share still there times the mean of those there is the month's total margin divided by all who "
                "joined. So the value is the discounted total of a group, divided by its customers."
            ),
            mark(
                "Keep the months up to the horizon, make a column `discounted`, which is `margin` times `(1 + r) **"
                " (-month / 12)`, and add it up by `referred`."
            ),
            mark(
                'Divide by `mine.customers.groupby("referred").size()`, which counts those who left as well. '
                "`naive` is the mean margin of month 1 times `mine.horizon_months`."
            ),
        ),
    ),
    Exercise(
        id="8.5",
        asks=Number("euros", within=0.002),
        key=_gap_alike,
        right=mark(
            "This is what is left between customers of the same segment. The rest of the gap of 8.4 was there "
            "because private customers earn more and stay longer, whoever brings them. And only the segment has "
            "been made equal: what nobody recorded may still differ."
        ),
        mistakes=(
            Mistake(
                _crude_gap,
                mark(
                    "This is the crude gap, the difference of the two rows of 8.4. The referred are more often "
                    "private customers, who earn more with or without a referral. Compare within the segments "
                    "first."
                ),
            ),
            Mistake(
                lambda data: _gap(data, {"private": 0.5, "retail": 0.5}),
                mark(
                    "This is the plain mean of the two gaps, as if half of the referred were private customers. "
                    "Weight each by the share of the *referred* customers in the segment."
                ),
            ),
            Mistake(
                lambda data: _gap(data, _mix(data, 0)),
                mark(
                    "These are the gaps weighted by the segments of the *others*. The question is about the "
                    "referred who came: weight by their segments."
                ),
            ),
            Mistake(
                lambda data: _gap(data, _mix(data, 0, 1)),
                mark(
                    "These are the gaps weighted by the segments of *all* customers. The question is about the "
                    "referred who came: weight by their segments alone."
                ),
            ),
            Mistake(
                lambda data: _gap(data, _mix_of_rows(data)),
                mark(
                    "The weights were counted in rows of months, where who stays long counts often. Count "
                    "customers: each referred customer once."
                ),
            ),
            Mistake(
                lambda data: 2 * _gap(data, {"private": 0.5, "retail": 0.5}),
                mark(
                    "This is the sum of the two gaps, without weights. Nobody is in both segments: take a mean, "
                    "weighted by the share of the referred customers in each."
                ),
            ),
            Mistake(
                _by_share_of_segment,
                mark(
                    "Your weights are the share of each segment's customers who are *referred*, and these two do "
                    "not add up to 1. Wanted is the other way round: of the referred, the share in each segment."
                ),
            ),
            Mistake(
                lambda data: _gap(data, {"retail": 1.0}),
                mark(
                    "This is the gap among retail customers alone. A part of the referred are private customers: "
                    "take the mean of both gaps, weighted."
                ),
            ),
            Mistake(
                lambda data: _gap(data, {"private": 1.0}),
                mark(
                    "This is the gap among private customers alone. Most of the referred are retail customers: take"
                    " the mean of both gaps, weighted."
                ),
            ),
        ),
        hints=(
            mark(
                "As in 8.4, but for each `segment` and `referred`: four values, and in each segment one gap."
            ),
            mark(
                "Of the referred customers, which share is private, which retail? These two shares are the weights "
                "of the two gaps."
            ),
            mark(
                'Totals: `rows.pivot_table(index="segment", columns="referred", values="discounted", '
                'aggfunc="sum")`. Divide by the customers in each cell, subtract column 0 from column 1, multiply'
                " by the shares, add up."
            ),
        ),
    ),
    Exercise(
        id="8.6",
        asks=Number("share", within=0.002),
        key=lambda data: _gap_alike(data) / _mixed(data, 0, _mix(data, 1)),
        right=mark(
            "So much more valuable are the referred than others of the same segments, over your horizon. It says "
            "nothing on who would have come anyway, nor on what the programme cost: it is no return."
        ),
        mistakes=(
            Mistake(
                lambda data: _crude_gap(data) / _worth(data, 0),
                mark(
                    "This is the crude percentage: the gap of 8.4 over the value of the others as they are. What of"
                    " it is left once the segments are equal?"
                ),
            ),
            Mistake(
                lambda data: _gap_alike(data) / _worth(data, 0),
                mark(
                    "The gap is between customers alike, but it is divided by the value of the others *as they "
                    "are*, with fewer private customers. Divide by the others' value with the segments of the "
                    "referred."
                ),
            ),
            Mistake(
                lambda data: _gap_alike(data) / _worth(data, 1),
                mark(
                    'This is the gap as a part of the value of the *referred*. "More valuable than" compares with '
                    "the others: divide by their value, with the segments of the referred."
                ),
            ),
            Mistake(
                lambda data: _gap_alike(data) / _crude_gap(data),
                mark(
                    "This is the part of the crude gap that is left between customers alike. Worth knowing, but "
                    "wanted is the gap as a fraction of what the others are *worth*."
                ),
            ),
            Mistake(
                lambda data: _worth(data, 1) / _mixed(data, 0, _mix(data, 1)),
                mark(
                    "This is the value of the referred as a multiple of that of others alike. Wanted is how much "
                    "*more*: by which fraction it exceeds 1."
                ),
            ),
            Mistake(
                _mean_of_fractions,
                mark(
                    "This is the mean of the fractions of the two segments. A small fraction of a large value can "
                    "be more money than it looks: divide the mean gap by the mean value, both weighted alike."
                ),
            ),
        ),
        hints=(
            mark(
                "Above the line: the gap of 8.5. Below it: what an other customer would be worth if the others had "
                "the segments of the referred."
            ),
            mark(
                "Weight the others' two values, private and retail, by the shares of the referred, as you weighted "
                "the gaps."
            ),
            mark(
                "Or: value of the referred from 8.4 minus the gap of 8.5. That is the same number."
            ),
        ),
    ),
)
