"""Lesson 6: curves, payback and survivors. Purchases of a shop, drawn for each student.

Nobody in it is changed by coming back: whoever returns buys on as at first. The returned bring more than the new
because of who can be among them, take longer over it, and bring less like for like.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from retorno.course.answers import Choice, Function, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.simulate import reactivation as worlds

CLAIMS = (
    "reactivation_more_profitable_than_new",
    "reactivation_faster_curve",
    "reactivation_easier_cheaper",
)
CUSTOMERS = 12_000
LAPSE_DAYS = 90
WINDOW_DAYS = 180
EARLY_DAYS = 30
FAR = 10_000  # days, more than the data have


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    windows : DataFrame
        One row for each purchase in a window: customer, kind (new, reactivated), offset (days since the window
        began), amount in EUR, full (whether the whole window lies inside the data).
    purchases : DataFrame
        One row for each purchase: customer, day, number (1: the customer's first), gap (days since the one
        before, missing for the first), window (EUR spent in the window that would begin here), full.
    lapsed : DataFrame
        One row for each customer who lapsed: customer, lapsed_on, spend (EUR in the window that begins on that
        day, missing where nothing was bought), full.
    campaigns : DataFrame
        One row for each kind: spent in EUR, reached, won.
    margin_rate : float
        Margin as a fraction of what is spent.
    lapse_days, window_days : int
    """

    windows: pd.DataFrame
    purchases: pd.DataFrame
    lapsed: pd.DataFrame
    campaigns: pd.DataFrame
    margin_rate: float
    lapse_days: int = LAPSE_DAYS
    window_days: int = WINDOW_DAYS


def draw(rng: np.random.Generator) -> Data:
    """Return two years of 12,000 customers; habits, spend, margin rate and costs differ between students."""
    world = _world(rng)
    lines = worlds.simulate(world, CUSTOMERS, rng).transactions
    day = (lines["date"] - pd.Timestamp(world.first_day)).dt.days
    bought = pd.DataFrame(
        {"customer": lines["customer_id"], "day": day, "amount": lines["amount"]}
    ).sort_values(["customer", "day"], ignore_index=True)
    bought["number"] = bought.groupby("customer").cumcount() + 1
    bought["gap"] = bought.groupby("customer")["day"].diff()
    bought["window"] = _spent(bought, bought["customer"], bought["day"])
    bought["full"] = _is_full(bought["day"], world)
    windows, margin_rate = _windows(bought), float(rng.choice([0.40, 0.44, 0.48, 0.52, 0.56]))
    return Data(
        windows=windows,
        purchases=bought[["customer", "day", "number", "gap", "window", "full"]],
        lapsed=_lapsed(bought, world),
        campaigns=_campaigns(windows, margin_rate, rng),
        margin_rate=margin_rate,
    )


def _world(rng: np.random.Generator) -> worlds.World:
    """Return a world in which a campaign changes nothing and no goods are sent back."""
    base, scale = worlds.WORLDS["no_effect"], rng.uniform(0.8, 1.4)
    best, least = rng.uniform(0.22, 0.26), rng.uniform(0.38, 0.42)
    habits = (  # share, pause, stop, EUR per purchase
        (best, 0.18, 0.04, 38),
        (1 - best - least, 0.28, 0.28, 27),
        (least, 0.16, rng.uniform(0.66, 0.70), 20),
    )
    segments = tuple(
        replace(one, share=share, pause=pause, stop=stop, spend_mean=scale * mean)
        for one, (share, pause, stop, mean) in zip(base.segments, habits, strict=True)
    )
    return replace(base, segments=segments, returned_share=0.0, two_lines=0.0)


def _is_full(day: pd.Series, world: worlds.World) -> pd.Series:
    return day + WINDOW_DAYS <= world.days


def _spent(bought: pd.DataFrame, customer: pd.Series, day: pd.Series) -> np.ndarray:
    """Return what each customer spent in the window that begins on a day; 0 where nothing."""
    names = pd.Index(bought["customer"].unique())
    place = FAR * names.get_indexer(bought["customer"]) + bought["day"].to_numpy()
    start = FAR * names.get_indexer(customer) + day.to_numpy(dtype=int)
    so_far = np.concatenate([[0.0], bought["amount"].cumsum()])
    first, behind = (np.searchsorted(place, start + days) for days in (0, WINDOW_DAYS))
    return np.round(so_far[behind] - so_far[first], 2)


def _windows(bought: pd.DataFrame) -> pd.DataFrame:
    new = bought[(bought["number"] == 1) & (bought["day"] > LAPSE_DAYS)].assign(kind="new")
    back = bought[bought["gap"] > LAPSE_DAYS].drop_duplicates("customer").assign(kind="reactivated")
    starts = pd.concat([new, back])[["customer", "kind", "day", "full"]]
    lines = starts.merge(bought[["customer", "day", "amount"]], on="customer", suffixes=("_0", ""))
    lines["offset"] = lines["day"] - lines["day_0"]
    inside = lines["offset"].between(0, WINDOW_DAYS - 1)
    columns = ["customer", "kind", "offset", "amount", "full"]
    return lines.loc[inside, columns].reset_index(drop=True)


def _lapsed(bought: pd.DataFrame, world: worlds.World) -> pd.DataFrame:
    after = bought.groupby("customer")["day"].shift(-1, fill_value=FAR)
    limit = bought["day"] + LAPSE_DAYS
    left = (after > limit) & (limit < world.days - 1)
    found = pd.DataFrame({"customer": bought["customer"], "lapsed_on": limit})[left]
    found = found.drop_duplicates("customer", ignore_index=True)
    spent = _spent(bought, found["customer"], found["lapsed_on"])
    found["spend"] = np.where(spent > 0, spent, np.nan)
    found["full"] = _is_full(found["lapsed_on"], world)
    return found


def _campaigns(windows: pd.DataFrame, margin_rate: float, rng) -> pd.DataFrame:
    value = margin_rate * _sums(windows[windows["full"]]).groupby("kind").mean()
    won = np.array([rng.integers(800, 1500), rng.integers(250, 500)])
    reached = won * np.array([rng.uniform(30, 50), rng.uniform(8, 12)])
    cost = value.to_numpy() * [rng.uniform(0.62, 0.72), rng.uniform(0.46, 0.54)]
    return pd.DataFrame(
        {"kind": value.index, "spent": np.round(cost * won), "reached": reached.round(), "won": won}
    ).astype({"spent": int, "reached": int})


def _sums(rows: pd.DataFrame) -> pd.Series:
    """Return what each customer spent, by kind and customer."""
    return rows.groupby(["kind", "customer"])["amount"].sum()


def _full(data: Data) -> pd.DataFrame:
    return data.windows[data.windows["full"]]


def _compared(customers: pd.Series, value: pd.Series) -> pd.DataFrame:
    """Return customers, value and its ratio to that of the new."""
    return pd.DataFrame({"customers": customers, "value": value, "ratio": value / value["new"]})


def _by_kind(data: Data, rows: pd.DataFrame, rate: float | None = None) -> pd.DataFrame:
    """Return the comparison of what each customer brings over the purchases in `rows`."""
    grouped = rows.groupby("kind")
    customers = grouped["customer"].nunique()
    rate = data.margin_rate if rate is None else rate
    return _compared(customers, rate * grouped["amount"].sum() / customers)


def _per_purchase(data: Data, customers="nunique", rate: float | None = None) -> pd.DataFrame:
    grouped = _full(data).groupby("kind")
    rate = data.margin_rate if rate is None else rate
    return _compared(grouped["customer"].agg(customers), rate * grouped["amount"].mean())


def _who_bought_again(data: Data) -> pd.DataFrame:
    rows = _full(data)
    again = rows.groupby(["kind", "customer"])["offset"].transform("max") > 0
    return _by_kind(data, rows[again])


def _after_day_0(data: Data) -> pd.DataFrame:
    rows = _full(data)
    return _by_kind(data, rows[rows["offset"] > 0])


def _totals(data: Data) -> pd.DataFrame:
    table = _right(data)
    return _compared(table["customers"], table["value"] * table["customers"])


def _right(data: Data, ratio=None) -> pd.DataFrame:
    """Return the right comparison, or with another `ratio` of its values."""
    table = _by_kind(data, _full(data))
    return table if ratio is None else table.assign(ratio=ratio(table["value"]))


def _so_far(daily, cost) -> np.ndarray:
    return np.cumsum(daily) >= cost


def _first(reached=_so_far, begin: int = 0, never=lambda daily: None):
    """Return a function (daily, cost) -> first day on which the cost is reached, or what `never` gives."""

    def day_of(daily, cost):
        days = begin + np.flatnonzero(reached(daily, cost))
        return int(days[0]) if days.size else never(daily)

    return day_of


def _at_even_pace(daily, cost) -> int | None:
    day = int(np.ceil(cost / np.mean(daily)))
    return day if day <= len(daily) else None


payback_day = _first()
"""What exercise 6.2 asks for: the first offset at which what came so far reaches the cost, or None."""


def _by_day(rows: pd.DataFrame, how: str) -> pd.DataFrame:
    """Return a row for each offset, a column for each kind."""
    kinds = {kind: each.groupby("offset")["amount"].agg(how) for kind, each in rows.groupby("kind")}
    return pd.DataFrame(kinds).reindex(range(WINDOW_DAYS)).fillna(0.0)


def _daily(rows: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Return the mean value per customer on each offset."""
    return rate * _by_day(rows, "sum") / rows.groupby("kind")["customer"].nunique()


def _costs(data: Data, per: str = "won") -> pd.Series:
    campaigns = data.campaigns.set_index("kind")
    return campaigns["spent"] / campaigns[per]


def _tried_on(data: Data) -> list[tuple]:
    daily, costs = _daily(_full(data), data.margin_rate), _costs(data)
    own = [(daily[kind].to_numpy(), float(costs[kind])) for kind in ("new", "reactivated")]
    # Reached exactly; on day 0; not at all; and after goods came back.
    return [
        *own,
        (np.array([5.0, 3.0, 2.0]), 8.0),
        (np.array([6.0, 0.0, 1.0]), 4.0),
        (np.array([6.0, 0.0, 1.0, 0.5]), 9.0),
        (np.array([3.0, 4.0, -3.0, 1.0, 4.0]), 6.0),
        (np.array([4.0, -2.0, 4.0, 2.0]), 7.0),
        (np.array([5.0, -3.0, 1.0]), 4.0),
    ]


def _speed(data: Data, rows=None, rate=None, per="won") -> pd.DataFrame:
    """Return cost, payback day and early share of each kind, over full windows unless `rows` are given."""
    rows = _full(data) if rows is None else rows
    return _speed_of(_daily(rows, data.margin_rate if rate is None else rate), _costs(data, per))


def _speed_of(daily: pd.DataFrame, costs: pd.Series) -> pd.DataFrame:
    curves = daily.cumsum()
    days = {kind: payback_day(daily[kind], costs[kind]) for kind in daily}
    early = curves.loc[EARLY_DAYS - 1] / curves.loc[WINDOW_DAYS - 1]
    return pd.DataFrame({"cost": costs, "payback": days, "early": early}).rename_axis("kind")


def _days_of_buyers(data: Data) -> pd.DataFrame:
    return _speed_of(data.margin_rate * _by_day(_full(data), "mean"), _costs(data))


def _curves(data: Data) -> pd.DataFrame:
    return _daily(_full(data), data.margin_rate).cumsum()


def _with_day_30(data: Data) -> pd.DataFrame:
    curves = _curves(data)
    return _speed(data).assign(early=curves.loc[EARLY_DAYS] / curves.loc[WINDOW_DAYS - 1])


def _without_day_0(data: Data) -> pd.DataFrame:
    later = _curves(data) - _curves(data).loc[0]
    return _speed(data).assign(early=later.loc[EARLY_DAYS - 1] / later.loc[WINDOW_DAYS - 1])


def _mean_of_shares(data: Data) -> pd.DataFrame:
    rows = _full(data)
    early = _sums(rows.assign(amount=rows["amount"].where(rows["offset"] < EARLY_DAYS, 0.0)))
    return _speed(data).assign(early=(early / _sums(rows)).groupby("kind").mean())


def _amount_by_day_30(data: Data) -> pd.DataFrame:
    return _speed(data).assign(early=_curves(data).loc[EARLY_DAYS - 1])


def _seconds(data: Data) -> pd.DataFrame:
    return data.purchases[data.purchases["number"] == 2]


def _by_silence(data: Data, bought: pd.DataFrame, limit=LAPSE_DAYS, rate=None) -> pd.DataFrame:
    """Return purchases and mean value of the window after a gap above the limit and after others."""
    windows = bought.groupby((bought["gap"] > limit).rename("lapsed"))["window"]
    rate = data.margin_rate if rate is None else rate
    return pd.DataFrame({"customers": windows.size(), "value": rate * windows.mean()})


def _full_from(data: Data, first: int, last: int) -> pd.DataFrame:
    """Return the comparison over full windows of the purchases numbered `first` to `last`."""
    number = data.purchases["number"].between(first, last)
    return _by_silence(data, data.purchases[number & data.purchases["full"]])


def _like_for_like(data: Data, **options) -> pd.DataFrame:
    seconds = _seconds(data)
    return _by_silence(data, seconds[seconds["full"]], **options)


def _of_lapsed(data: Data) -> pd.Series:
    """Return the margin of each customer whose window after the lapse is full, missing where nothing was bought."""
    return data.margin_rate * data.lapsed.loc[data.lapsed["full"], "spend"]


def _per_lapsed(data: Data) -> float:
    value = _of_lapsed(data)
    return value.sum() / len(value)


def _share_back(data: Data) -> float:
    return _of_lapsed(data).notna().mean()


def _windows_over_full(data: Data) -> float:
    return _right(data)["customers"]["reactivated"] / data.lapsed["full"].sum()


def _from_the_return(data: Data, share) -> float:
    return share(data) * _right(data)["value"]["reactivated"]


EXERCISES = (
    Exercise(
        id="6.1",
        asks=Table("kind", {"customers": "count", "value": "euros", "ratio": "ratio"}),
        key=_right,
        right=mark(
            "Per customer, one-time buyers included, the reactivated bring more than the new: this is the ratio "
            "that texts quote. So far the claim seems to hold. The ratio says nothing about *why*."
        ),
        mistakes=(
            Mistake(
                lambda data: _by_kind(data, data.windows),
                mark(
                    "Windows that the end of the data cuts off are among these. Their customers had less time to "
                    "spend, so they pull the mean down. Keep the rows where `full` is true."
                ),
            ),
            *(
                Mistake(partial(_per_purchase, customers=customers, rate=rate), message)
                for customers in ("nunique", "size")
                for rate, message in (
                    (
                        None,
                        mark(
                            "This `value` is the margin of a *purchase*, not of a customer: who bought five times "
                            "counts five times. Add up each customer's rows first, then count customers and take "
                            "the mean over them."
                        ),
                    ),
                    (
                        1.0,
                        mark(
                            "This `value` is what a *purchase* brings in revenue. Two things are missing: add up "
                            "each customer's rows before you take the mean over customers, and multiply by "
                            "`mine.margin_rate`."
                        ),
                    ),
                )
            ),
            Mistake(
                _totals,
                mark(
                    "This `value` is the total of the kind. There are far fewer reactivated customers than new "
                    "ones, so totals say nothing about one of them. Take the mean over customers."
                ),
            ),
            Mistake(
                _who_bought_again,
                mark(
                    "These are the customers who bought *again* in their window. Those who did not are missing, and"
                    " among the new ones they are many. They count, with their one purchase."
                ),
            ),
            Mistake(
                _after_day_0,
                mark(
                    "The purchase on offset 0 is left out here, and with it everybody who bought nothing more. It "
                    "belongs to the window: offsets 0 to 179 are 180 days."
                ),
            ),
            Mistake(
                lambda data: _by_kind(data, _full(data), 1.0),
                mark(
                    "This `value` is revenue: what customers paid. Wanted is the margin, the part the firm keeps. "
                    "Multiply by `mine.margin_rate`."
                ),
            ),
            Mistake(
                lambda data: _right(data, lambda value: value["new"] / value),
                mark(
                    "Your `ratio` is upside down: it divides the value of the new by that of the row. How many "
                    "*times* the value of a new customer does the row bring?"
                ),
            ),
            Mistake(
                lambda data: _right(data, lambda value: value / value["new"] - 1),
                mark(
                    "Your `ratio` says how much *more* the row brings, as a fraction. Wanted is the ratio itself: 1"
                    " where both bring the same."
                ),
            ),
            Mistake(
                lambda data: _right(data, lambda value: value - value["new"]),
                mark("Your `ratio` is a difference in EUR. Divide instead of subtracting."),
            ),
            Mistake(
                lambda data: _right(data, lambda value: value["reactivated"] / value["new"]),
                mark(
                    "You put one ratio into both rows. Divide the `value` of each row by that of the new; in the "
                    "row of the new this gives 1."
                ),
            ),
        ),
        hints=(
            mark(
                'Keep the full windows: `full = mine.windows[mine.windows["full"]]`. Then two steps: a sum for each'
                " customer, a mean for each kind."
            ),
            mark(
                '`each = full.groupby(["kind", "customer"])["amount"].sum() * mine.margin_rate` is the margin of '
                "each customer."
            ),
            mark(
                '`each.groupby("kind").agg(customers="size", value="mean")` gives two columns; the third is '
                '`by_kind["value"] / by_kind["value"]["new"]`.'
            ),
        ),
    ),
    Exercise(
        id="6.2",
        asks=Function(("daily", "cost"), _tried_on, "days"),
        key=lambda data: payback_day,
        right=mark(
            "It also says when there is no payback: None is an honest answer, a last day would be an invented one. "
            "Day 0 is possible too, when the first purchase alone pays."
        ),
        mistakes=(
            Mistake(
                lambda data: (
                    lambda daily, cost: payback_day(daily, cost) if np.sum(daily) >= cost else None
                ),
                mark(
                    "You ask whether the cost is back at the *end*. Sums can fall again when goods are sent back: "
                    "take the first day that reaches the cost, whatever comes later."
                ),
            ),
            Mistake(
                lambda data: lambda daily, cost: payback_day(np.maximum(daily, 0), cost),
                mark(
                    "Days below zero are left out or set to 0. Goods sent back take money away: add up every day as"
                    " it is."
                ),
            ),
            Mistake(
                lambda data: (
                    lambda daily, cost: -1 if (day := payback_day(daily, cost)) is None else day
                ),
                mark(
                    "Where the cost is not reached you return -1, which a table would show as a day. Return `None`."
                ),
            ),
            Mistake(
                lambda data: lambda daily, cost: payback_day(daily, cost) or None,
                mark(
                    "Day 0 is lost: in Python 0 counts as false, so `or` turns it into None. Ask for `is None`."
                ),
            ),
            Mistake(
                lambda data: _first(begin=1),
                mark(
                    "Your days are counted from 1. The day of the first purchase or of the return is offset 0, so "
                    "what is paid back at once is paid back on day 0."
                ),
            ),
            Mistake(
                lambda data: _first(begin=-1),
                mark(
                    "This is the last day on which the cost is *not* back yet. Wanted is the first on which it is."
                ),
            ),
            Mistake(
                lambda data: _first(np.greater_equal),
                mark(
                    "This waits for one single day that brings the whole cost. Add the days up first (`np.cumsum`) "
                    "and look at what has come *so far*."
                ),
            ),
            Mistake(
                lambda data: _first(lambda daily, cost: np.cumsum(daily) > cost),
                mark(
                    "This asks for *more* than the cost. A cost that is reached exactly is paid back: `>=`, not "
                    "`>`."
                ),
            ),
            *(
                Mistake(
                    lambda data, beyond=beyond: _first(never=lambda daily: len(daily) - beyond),
                    mark(
                        "Where the cost is not reached you give a day at the end of the curve. But it was not paid "
                        "back by then, and nobody knows when it will be. Return `None`."
                    ),
                )
                for beyond in (1, 0)
            ),
            Mistake(
                lambda data: _first(never=lambda daily: 0),
                mark(
                    "Where the cost is not reached you give day 0: the best payback of all for the worst case. "
                    "`argmax` does this when nothing is true. Test for it first and return `None`."
                ),
            ),
            Mistake(
                lambda data: _at_even_pace,
                mark(
                    "This divides the cost by the mean margin of a day, as if the same came in each day. Most of it"
                    " comes early: add the days up in their order."
                ),
            ),
        ),
        hints=(
            mark(
                "Two steps: add the days up, so that each place holds what has come so far; then look for the first"
                " place where that is at least the cost."
            ),
            mark(
                "`so_far = np.cumsum(daily)`, then a loop: `for day, value in enumerate(so_far):` counts from 0."
            ),
            mark(
                "Inside the loop `if value >= cost: return day`; after the loop, when no day was found, `return "
                "None`."
            ),
        ),
    ),
    Exercise(
        id="6.3",
        asks=Table("kind", {"cost": "euros", "payback": "days", "early": "share"}, within=0.001),
        key=_speed,
        right=mark(
            "Two answers to one question: the reactivated pay back sooner, yet a *smaller* part of what they bring "
            "comes early. Payback looks at height and cost, the early share at shape alone. Whoever says faster "
            "must say which."
        ),
        mistakes=(
            Mistake(
                partial(_speed, per="reached"),
                mark(
                    "This `cost` is that of one person *reached*. Most of those bought nothing, and the ones who "
                    "did must pay for all. Divide what was spent by `won`."
                ),
            ),
            Mistake(
                partial(_speed, rate=1.0),
                mark(
                    "Your `payback` is read off a curve that is too high: one of revenue, or one of all customers "
                    "together. Only margin can pay a cost back, and the cost is that of *one* customer. Multiply by"
                    " `mine.margin_rate` and divide by the customers of 6.1."
                ),
            ),
            Mistake(
                lambda data: _speed(data, data.windows),
                mark(
                    "Windows that are cut off are in these curves: they bring their first days and not their last, "
                    "so the early days look larger than they are. Keep full windows only."
                ),
            ),
            Mistake(
                _days_of_buyers,
                mark(
                    "Each day here is a mean over those who *bought* on that day. A curve is for all customers of "
                    "the kind: divide the sum of the day by the number of customers in 6.1, the same on every day."
                ),
            ),
            Mistake(
                _with_day_30,
                mark(
                    "Your `early` counts 31 days, offsets 0 to 30. The first 30 days are offsets 0 to 29."
                ),
            ),
            Mistake(
                _without_day_0,
                mark(
                    "Your `early` leaves out what came on day 0, in both amounts. It is a part of the window, and "
                    "the largest of all days."
                ),
            ),
            Mistake(
                _mean_of_shares,
                mark(
                    "Your `early` is a mean of each customer's own share. One-time buyers have a share of 1 each "
                    "and bring least. Wanted is the share of the *money*: mean margin of the first 30 days over "
                    "mean margin of the window."
                ),
            ),
            Mistake(
                _amount_by_day_30,
                mark(
                    "Your `early` is the amount that came in the first 30 days, in EUR. That mixes height and "
                    "shape. Divide it by what the whole window brings."
                ),
            ),
        ),
        hints=(
            mark(
                'The sums of a day: `full.pivot_table(index="offset", columns="kind", values="amount", '
                'aggfunc="sum")`, a row for each offset and a column for each kind. Times the margin rate, '
                "divided by the customers of 6.1: that is `daily`."
            ),
            mark(
                '`cost` is `spent` over `won` for each kind: `mine.campaigns.set_index("kind")` first. `payback` '
                'is your function, with `daily["new"]` and the cost of a new customer, then with the other two.'
            ),
            mark("`curves = daily.cumsum()`; `early` is `curves.loc[29] / curves.loc[179]`."),
            mark(
                'Put together: `pd.DataFrame({{"cost": cost, "payback": days, "early": '
                'early}}).rename_axis("kind")`, with `days` a dictionary from kind to day.'
            ),
        ),
    ),
    Exercise(
        id="6.4",
        asks=Table("lapsed", {"customers": "count", "value": "euros"}, within=0.001),
        key=_like_for_like,
        right=mark(
            "At the same purchase number the lead is gone, so 6.1 is no evidence that coming back makes better "
            "customers. Nor is this a proof that it makes worse ones: whoever buys slowly is mostly in the group "
            "with the long silence."
        ),
        mistakes=(
            Mistake(
                partial(_full_from, first=2, last=FAR),
                mark(
                    "Every purchase from the second on is in here, so frequent buyers count many times, and "
                    "customers are at their second, fifth or ninth purchase. Compare everybody at the same point: "
                    "`number` is 2."
                ),
            ),
            *(
                Mistake(
                    partial(_full_from, first=1, last=last),
                    mark(
                        "First purchases are in here, as if they had followed a short silence: a missing `gap` is "
                        "not above 90. So the one-time buyers are back, in one of the groups. Take second purchases"
                        " only."
                    ),
                )
                for last in (2, FAR)
            ),
            Mistake(
                lambda data: _by_silence(data, _seconds(data)),
                mark(
                    "These are all second purchases, those too whose window is cut off by the end of the data. A "
                    "long silence ends later, so more of its windows are cut. Keep the rows where `full` is true."
                ),
            ),
            Mistake(
                partial(_like_for_like, limit=LAPSE_DAYS - 1),
                mark(
                    "A silence of exactly 90 days counts as a lapse here. A customer lapses after *more* than "
                    "`mine.lapse_days` days: `>`, not `>=`."
                ),
            ),
            Mistake(
                partial(_like_for_like, rate=1.0),
                mark(
                    "The customers are right, but `value` is revenue. Multiply by `mine.margin_rate`."
                ),
            ),
            Mistake(
                lambda data: _like_for_like(data).rename(index=lambda lapsed: not lapsed),
                mark(
                    "The two rows are swapped: `lapsed` is true for those whose gap is *above* `mine.lapse_days`."
                ),
            ),
        ),
        hints=(
            mark(
                "Which rows of `mine.purchases`? Second purchases with a full window: `number` is 2 and `full` is "
                "true. Call them `second`."
            ),
            mark(
                'A column that says who had lapsed: `second.assign(lapsed=second["gap"] > mine.lapse_days)`. Then '
                'a row for each value of it with `groupby("lapsed")`.'
            ),
            mark(
                '`.agg(customers=("window", "size"), value=("window", "mean"))`, and `value` times '
                "`mine.margin_rate`."
            ),
        ),
    ),
    Exercise(
        id="6.5",
        asks=Number("euros"),
        key=_per_lapsed,
        right=mark(
            "This is what one name in the file of lapsed customers brought. It is far below the value of a "
            "reactivated one, because most names brought nothing. How much of it a campaign could call its own is "
            "asked in lesson 7."
        ),
        mistakes=(
            Mistake(
                lambda data: _of_lapsed(data).mean(),
                mark(
                    "This is the mean of those who *came back*: pandas leaves empty cells out of a mean. An empty "
                    "cell is a customer who brought 0, and these are the majority. Count them."
                ),
            ),
            Mistake(
                lambda data: data.margin_rate * data.lapsed["spend"].fillna(0.0).mean(),
                mark(
                    "Customers who lapsed too late to be followed for 180 days are in here. Many of their zeros "
                    "only say that the data end. Keep the rows where `full` is true."
                ),
            ),
            Mistake(
                lambda data: data.margin_rate * data.lapsed["spend"].mean(),
                mark(
                    "This is the mean of those who came back, cut windows included. Two things are to be put right:"
                    " an empty cell is a customer who brought 0, and only rows with `full` are followed long "
                    "enough."
                ),
            ),
            Mistake(
                lambda data: _per_lapsed(data) / data.margin_rate,
                mark("This is revenue per lapsed customer. Multiply by `mine.margin_rate`."),
            ),
            *(
                Mistake(
                    lambda data, of=of: (
                        _of_lapsed(data).sum() / getattr(data, of)["customer"].nunique()
                    ),
                    mark(
                        "You divided by more customers than were followed: all of the firm, or all who lapsed. Only"
                        " those with `full` were followed for 180 days after a lapse. Divide by their number."
                    ),
                )
                for of in ("purchases", "lapsed")
            ),
            *(
                Mistake(
                    partial(_from_the_return, share=share),
                    mark(
                        "This takes the windows of 6.1, which begin at the *return*. Here the 180 days begin at the"
                        " lapse: who comes back on day 100 has 80 days left. Add up `spend` over the rows that are "
                        "full, and divide by their number."
                    ),
                )
                for share in (_share_back, _windows_over_full)
            ),
            Mistake(
                lambda data: _of_lapsed(data).mean() / data.margin_rate,
                mark(
                    "This is the revenue of those who *came back*. Two things are missing: the margin rate, and the"
                    " customers with an empty cell, who brought 0."
                ),
            ),
        ),
        hints=(
            mark(
                "Keep the rows with `full`. Whom do you divide by: those who came back, or all who lapsed?"
            ),
            mark(
                "Look at `spend`: an empty cell means that nothing was bought, so it counts as 0. `.fillna(0)` puts"
                " it there."
            ),
            mark(
                "Mean of `spend` with zeros filled in, over the full rows, times `mine.margin_rate`."
            ),
        ),
    ),
    Exercise(
        id="6.6",
        asks=Choice(("returning", "campaign", "survivors", "chance", "young")),
        key=lambda data: "survivors",
        right=mark(
            "Coming back is a test that only those pass who buy again. Give everybody the same test (the second "
            "purchase), or count those who failed it (all who lapsed), and the lead is gone."
        ),
        mistakes=(
            Mistake(
                lambda data: "returning",
                mark(
                    "The ratio of 6.1 would look the same if returning changed nobody, as in the worked example, "
                    "and the lead does not survive 6.4. Who has dropped out of one group of 6.1 and not out of the "
                    "other?"
                ),
            ),
            Mistake(
                lambda data: "campaign",
                mark(
                    "The comparison of 6.1 holds everybody who returned, reached by a campaign or not. And the "
                    "worked example finds such a ratio where a campaign brought nobody. Who can be in each of the "
                    "two groups?"
                ),
            ),
            Mistake(
                lambda data: "chance",
                mark(
                    "There are more than a thousand customers in each group. Compare the difference with its "
                    "standard error, or open the lesson with another name and compare the ratio: it is above 1 "
                    "there as well. Who can be in each of the two groups?"
                ),
            ),
            Mistake(
                lambda data: "young",
                mark(
                    "Young customers would look poor if cut windows were counted. You left those out, of both "
                    "kinds, in 6.1. Who can be in each of the two groups?"
                ),
            ),
        ),
        hints=(
            mark(
                "Go through the list with your tables: 6.1 used full windows of thousands of customers, 6.4 "
                "compared people at the same point."
            ),
            mark(
                "Take a customer who buys once and never again. In which of the two groups of 6.1 can this customer"
                " be?"
            ),
        ),
    ),
)
