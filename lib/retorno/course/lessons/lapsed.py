"""Lesson 5: who is lapsed. Purchases of a shop without contracts, drawn for each student; nobody was contacted.

A gap that goes on when the data end is not seen, so the gaps that are seen are too short. Many who are called lapsed
come back by themselves, and how many depends on the rule.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retorno.course.answers import Function, Number, Table
from retorno.course.exercise import Exercise, Mistake
from retorno.language import mark
from retorno.simulate import reactivation as worlds
from retorno.stats.survival import Survival, kaplan_meier

CLAIMS = ("retention_watch_declining", "retention_new_disloyal", "reactivation_soon_after_leaving")
YEAR = 365
SHARES = [0.5, 0.75, 0.9]
LEAST_AT_THE_LINE = 5  # customers silent for exactly `lapse_days`, so that > and >= differ


@dataclass(frozen=True, slots=True)
class Data:
    """What a student gets.

    Attributes
    ----------
    lines : DataFrame
        Lines of purchases: customer_id, date, amount in EUR; several lines of one day are one purchase.
    first_day, last_day : Timestamp
        Of the data.
    lapse_days : int
        The firm's rule: lapsed is who has been silent for more days than this.
    lapses : DataFrame
        The first lapse of each customer who lapsed: customer_id; followed, days from the lapse to the last day;
        back_after, days from the lapse to the next purchase, missing when there was none.
    rules : tuple of int
        Three lengths of silence to compare, in days.
    test_days : int
        Days at the end of the data on which these are tried.
    """

    lines: pd.DataFrame
    first_day: pd.Timestamp
    last_day: pd.Timestamp
    lapse_days: int
    lapses: pd.DataFrame
    rules: tuple[int, int, int]
    test_days: int


def draw(rng: np.random.Generator) -> Data:
    """Return the purchases of 3,000 to 5,000 customers; rhythm, pauses, length and rule differ between students."""
    world = _world(rng)
    lines = worlds.simulate(world, int(rng.integers(3_000, 5_001)), rng).transactions
    rules = tuple(int(rng.choice(days)) for days in ((35, 40, 45), (90, 100, 110), (180, 200, 220)))
    data = Data(
        lines,
        pd.Timestamp(world.first_day),
        pd.Timestamp(world.last_day),
        0,
        pd.DataFrame(),
        rules,
        int(rng.choice([60, 75, 90])),
    )
    days, n = np.unique(_customers(data)["silent"], return_counts=True)
    lapse_days = int(rng.choice(days[(days >= 65) & (days < 85) & (n >= LEAST_AT_THE_LINE)]))
    data = replace(data, lapse_days=lapse_days)
    return replace(data, lapses=_first_lapses(data))


def _world(rng) -> worlds.World:
    slower, pause = rng.uniform(0.65, 1.5), rng.uniform(0.2, 0.3)
    segments = (
        worlds.Segment(0.15, 14 * slower, pause / 2, 0.03, 30, 18),
        worlds.Segment(0.35, 35 * slower, pause, 0.15, 27, 16),
        worlds.Segment(0.50, 60 * slower, pause, 0.45, 22, 14),
    )
    return replace(
        worlds.WORLDS["no_effect"],
        segments=segments,
        days=int(rng.integers(480, 641)),
        first_day=date(2022, 1, 1) + timedelta(days=int(rng.integers(0, 365))),
        pause_from=int(rng.integers(45, 86)),
        pause_mean=rng.uniform(80, 160),
        two_lines=rng.uniform(0.3, 0.5),
        returned_share=0.0,
    )


def _waits(data: Data, *, lines: bool = False) -> pd.DataFrame:
    """Return who, day, wait (days to the next purchase, else to the last day) and ended; lines in place of days."""
    day = (data.lines["date"] - data.first_day).dt.days
    bought = pd.DataFrame({"who": data.lines["customer_id"].factorize()[0], "day": day})
    if not lines:
        bought = bought.drop_duplicates()
    bought = bought.sort_values(["who", "day"], kind="stable", ignore_index=True)
    following = bought.groupby("who")["day"].shift(-1)
    last = (data.last_day - data.first_day).days
    return bought.assign(wait=following.fillna(last) - bought["day"], ended=following.notna())


def _seen(data: Data, *, lines: bool = False) -> pd.Series:
    waits = _waits(data, lines=lines)
    return waits.loc[waits["ended"], "wait"]


def _customers(data: Data) -> pd.DataFrame:
    """Return one row a customer: silent, since_first, orders and returns (gaps beyond the rule)."""
    waits = _waits(data)
    by = waits["who"]
    gap = waits["wait"].where(waits["ended"])
    last = (data.last_day - data.first_day).days
    return pd.DataFrame(
        {
            "silent": last - waits["day"].groupby(by).max(),
            "since_first": last - waits["day"].groupby(by).min(),
            "orders": by.groupby(by).size(),
            "returns": (gap > data.lapse_days).groupby(by).sum(),
        }
    )


def _first_lapses(data: Data) -> pd.DataFrame:
    waits, limit = _waits(data), data.lapse_days
    names = pd.Series(data.lines["customer_id"].factorize()[1])
    first = waits[waits["wait"] > limit].drop_duplicates("who")
    last = (data.last_day - data.first_day).days
    columns = {
        "customer_id": names.take(first["who"]).to_numpy(),
        "followed": (last - first["day"] - limit).to_numpy(),
        "back_after": (first["wait"] - limit).where(first["ended"]).to_numpy(),
    }
    return pd.DataFrame(columns)


def _quantiles(gaps: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"share": SHARES, "days": gaps.quantile(SHARES).to_numpy()})


def _of_each_customers_mean(data: Data) -> pd.DataFrame:
    waits = _waits(data)
    seen = waits[waits["ended"]]
    return _quantiles(seen["wait"].groupby(seen["who"]).mean())


def _within(waits: pd.DataFrame) -> pd.DataFrame:
    """Return the first day by which each share of those who come within a year have come."""
    curve = _curve(waits)
    return _days(curve, [share * float(1 - curve.beyond(YEAR)) for share in SHARES])


def _curve(waits: pd.DataFrame) -> Survival:
    return kaplan_meier(waits["wait"], waits["ended"], level=0.95)


def _days(curve: Survival, shares: list[float]) -> pd.DataFrame:
    """Return the first day by which each of `shares` of all have come, 0 where none is."""
    return pd.DataFrame({"share": SHARES, "days": [curve.reached(share) or 0 for share in shares]})


def _of_all_purchases(data: Data) -> pd.DataFrame:
    return _days(_curve(_waits(data)), SHARES)


def _still_waiting(data: Data) -> pd.DataFrame:
    return _days(_curve(_waits(data)), [1 - share for share in SHARES])


def _lapsed_now(data: Data) -> float:
    return float((_customers(data)["silent"] > data.lapse_days).mean())


def _without_one_time_buyers(data: Data) -> float:
    c = _customers(data)
    return float((c["silent"] > data.lapse_days)[c["orders"] > 1].mean())


def _of_purchases(data: Data) -> float:
    last = (data.last_day - data.first_day).days
    return float((last - _waits(data)["day"] > data.lapse_days).mean())


def _ever_lapsed(data: Data) -> float:
    c = _customers(data)
    return float(((c["silent"] > data.lapse_days) | (c["returns"] > 0)).mean())


def _states(data: Data, customers: pd.DataFrame | None = None) -> pd.DataFrame:
    c = _customers(data) if customers is None else customers
    back, silent = c["returns"] > 0, c["silent"] > data.lapse_days
    return _counts(~back & ~silent, back & ~silent, ~back & silent, back & silent)


def _counts(active, reactivated, lapsed, lapsed_again) -> pd.DataFrame:
    counts = {
        "active": active.sum(),
        "reactivated": reactivated.sum(),
        "lapsed": lapsed.sum(),
        "lapsed_again": lapsed_again.sum(),
    }
    return pd.DataFrame({"state": list(counts), "customers": list(counts.values())})


def _overlapping(active_now: bool, ever_back: bool, all_silent: bool):
    """Return states of which some hold the customers of another too."""

    def states(data: Data) -> pd.DataFrame:
        c = _customers(data)
        back, silent = c["returns"] > 0, c["silent"] > data.lapse_days
        return _counts(
            ~silent if active_now else ~back & ~silent,
            back if ever_back else back & ~silent,
            silent if all_silent else ~back & silent,
            back & silent,
        )

    return states


def _returns_counted(data: Data) -> pd.DataFrame:
    c = _customers(data)
    silent = c["silent"] > data.lapse_days
    return _counts(
        ~silent & (c["returns"] == 0),
        c["returns"][~silent],
        silent & (c["returns"] == 0),
        c["returns"][silent],
    )


def _states_of_repeat_buyers(data: Data) -> pd.DataFrame:
    c = _customers(data)
    return _states(data, c[c["orders"] > 1])


def _states_in_shares(data: Data) -> pd.DataFrame:
    states = _states(data)
    return states.assign(customers=states["customers"] / states["customers"].sum())


def _from_the_line_on(measure):
    """Return a measure that calls lapsed also who has been silent for exactly `lapse_days`."""
    return lambda data: measure(replace(data, lapse_days=data.lapse_days - 1))


def share_back(lapses: pd.DataFrame, days: int) -> float:
    """Return the share who came back within `days`, of those followed at least so long: exercise 5.5."""
    followed = lapses[lapses["followed"] >= days]
    return float((followed["back_after"] <= days).mean())


def _of_all(lapses, days):
    return (lapses["back_after"] <= days).mean()


def _of_the_returned(lapses, days):
    followed = lapses[lapses["followed"] >= days].dropna(subset="back_after")
    return (followed["back_after"] <= days).mean()


def _of_all_returned(lapses, days):
    return (lapses["back_after"].dropna() <= days).mean()


def _or_back(lapses, days):
    back = lapses["back_after"] <= days
    return back.sum() / (back | (lapses["followed"] >= days)).sum()


def _all_back_over_followed(lapses, days):
    return (lapses["back_after"] <= days).sum() / (lapses["followed"] >= days).sum()


def _at_any_time(lapses, days):
    return lapses.loc[lapses["followed"] >= days, "back_after"].notna().mean()


def _without_the_edge(followed: int, back: int):
    """Return `share_back` that leaves out those followed, or back after, exactly `days` where the argument is 1."""

    def share(lapses, days):
        enough = lapses[lapses["followed"] >= days + followed]
        return (enough["back_after"] <= days - back).mean()

    return lambda data: share


def _tried_on(data: Data) -> list[tuple]:
    few = pd.DataFrame(
        {
            "followed": [400, 300, 120, 90, 90, 60, 40, 10],
            "back_after": [30, 150, 90, 5, np.nan, 20, np.nan, 4],
        }
    )
    return [*((data.lapses, days) for days in (30, 90, 180)), (few, 90)]


def _by_rule(data: Data, bought=None) -> pd.DataFrame:
    """Return the share lapsed by each rule, and what `bought` gives from who was lapsed at the cut, and who bought."""
    now, cut = _customers(data)["silent"], _at_the_cut(data)
    bought = bought or (lambda lapsed, bought: bought[lapsed].mean())
    rows = [
        ((now > days).mean(), bought(cut["silent"] > days, cut["bought"])) for days in data.rules
    ]
    table = pd.DataFrame(rows, columns=["lapsed", "bought"])
    return table.assign(lapse_days=data.rules)


def _lapsed_at_the_cut(data: Data) -> pd.DataFrame:
    silent = _at_the_cut(data)["silent"]
    return _by_rule(data).assign(lapsed=[(silent > days).mean() for days in data.rules])


def _bought_of_those_lapsed_now(data: Data) -> pd.DataFrame:
    silent = _customers(data)["silent"]
    bought = [(silent[silent > days] < data.test_days).mean() for days in data.rules]
    return _by_rule(data).assign(bought=bought)


def _at_the_cut(data: Data) -> pd.DataFrame:
    """Return one row for each customer of the time before the last `test_days` days: silent, bought (after it)."""
    waits = _waits(data)
    cut = (data.last_day - data.first_day).days - data.test_days
    last = waits[waits["day"] <= cut].groupby("who")["day"].max()
    later = waits.loc[waits["day"] > cut, "who"]
    return pd.DataFrame({"silent": cut - last, "bought": last.index.isin(later)})


EXERCISES = (
    Exercise(
        id="5.1",
        asks=Table("share", {"days": "days"}, about=0.5),
        key=lambda data: _quantiles(_seen(data)),
        right=mark(
            "Nine in ten of the gaps you can *see* are no longer than the last number. It looks like a rule for "
            "calling a customer lapsed. Keep it: 5.2 asks which gaps you could not see."
        ),
        mistakes=(
            Mistake(
                lambda data: _quantiles(_seen(data, lines=True)),
                mark(
                    "These are gaps between *lines*. Two lines of one customer on one day are one purchase, and "
                    "here they are a gap of 0 days. Keep one row for each customer and day first."
                ),
            ),
            Mistake(
                lambda data: _quantiles(_waits(data)["wait"]),
                mark(
                    "The time from each last purchase to the end of the data is among these gaps. It is no gap "
                    "between two purchases: nobody knows yet how long it will be. Leave it out here; 5.2 takes it "
                    "in properly."
                ),
            ),
            Mistake(
                lambda data: _quantiles(_waits(data)["day"].diff()),
                mark(
                    "These differences run on from the last purchase of one customer to the first of the next. Take"
                    " them within each customer: `groupby` before `diff`."
                ),
            ),
            Mistake(
                _of_each_customers_mean,
                mark(
                    "These are quantiles of each customer's *mean* gap: every customer counts once. Wanted is over "
                    "all gaps, where a frequent buyer counts many times. Which of the two makes the shorter rule?"
                ),
            ),
        ),
        hints=(
            mark(
                "First make lines into purchases: one row for each customer and day, in the order of time. Then a "
                "gap is the difference of two dates of the *same* customer."
            ),
            mark(
                '`purchases = mine.lines[["customer_id", "date"]].drop_duplicates().sort_values(["customer_id",'
                ' "date"])`, and the gaps are `purchases.groupby("customer_id")["date"].diff().dt.days`.'
            ),
            mark(
                '`.quantile([0.5, 0.75, 0.9])` of the gaps gives all three; `.rename_axis("share")` names the rows.'
            ),
        ),
    ),
    Exercise(
        id="5.2",
        asks=Table("share", {"days": "days"}),
        key=lambda data: _within(_waits(data)),
        right=mark(
            "Compare the last row with 5.1. The waits that were still open on the last day are long ones more often"
            " than short ones; Kaplan-Meier counts each for as long as it was seen, and the rule grows longer."
        ),
        mistakes=(
            Mistake(
                lambda data: _quantiles(_seen(data)),
                mark(
                    "This is made from the gaps that were seen whole, as in 5.1. The last purchase of every "
                    "customer is missing, and with it everybody who bought only once. Let these waits in, as "
                    "censored."
                ),
            ),
            Mistake(
                lambda data: _within(_waits(data)[lambda waits: waits["ended"]]),
                mark(
                    "This is made from the gaps that were seen whole, as in 5.1. The last purchase of every "
                    "customer is missing, and with it everybody who bought only once. Let these waits in, as "
                    "censored."
                ),
            ),
            Mistake(
                lambda data: _within(_waits(data).assign(ended=True)),
                mark(
                    "Here the end of the data counts as if it were a purchase. A wait that was still open must be "
                    "in the curve, but as censored: `event_observed` is False for it."
                ),
            ),
            Mistake(
                _of_all_purchases,
                mark(
                    "Here F(x) is held against the share itself. Some customers never come back, so F never gets to"
                    " 0.9, and code that looks for the first such day finds nothing, or day 0. Hold F(x) against "
                    "share times F(365)."
                ),
            ),
            Mistake(
                _still_waiting,
                mark(
                    "These are the days at which so many are *still waiting*: by the last one, only a tenth has "
                    "bought again. F is 1 minus the share that is still waiting."
                ),
            ),
            Mistake(
                lambda data: _within(_waits(data, lines=True)),
                mark(
                    "This curve is made of lines. Each further line of a day makes the one before it look as if "
                    "another purchase had followed after 0 days. Keep one row for each customer and day."
                ),
            ),
            Mistake(
                lambda data: _within(_waits(data).drop_duplicates("who")),
                mark(
                    "Here each customer counts once, with the wait after the *first* purchase. That is a fair "
                    "question about new customers; the rule is for the silence after any purchase, so take them "
                    "all."
                ),
            ),
        ),
        hints=(
            mark(
                "One row for each purchase: how many days until the next one, or, where there is none, until "
                "`mine.last_day`; and whether there is a next one."
            ),
            mark(
                '`following = purchases.groupby("customer_id")["date"].shift(-1)`. The wait is '
                '`(following.fillna(mine.last_day) - purchases["date"]).dt.days`, and it has ended where '
                "`following.notna()`."
            ),
            mark(
                "After `fit = KaplanMeierFitter().fit(wait, event_observed=following.notna())`, F is `1 - "
                'fit.survival_function_["KM_estimate"]` and F(365) is `1 - fit.predict(365)`. For 0.9 take the '
                "first day at which F is `0.9 * (1 - fit.predict(365))` or more."
            ),
        ),
    ),
    Exercise(
        id="5.3",
        asks=Number("share", within=0.0005),
        key=_lapsed_now,
        right=mark(
            "A dashboard would call so many lost. None of them has said so: each has been silent for longer than a "
            "number that somebody chose."
        ),
        mistakes=(
            Mistake(
                _from_the_line_on(_lapsed_now),
                mark(
                    "This also counts those silent for exactly `mine.lapse_days` days. The rule says *more than*, "
                    "so they are still active. A rule must say which side the edge belongs to."
                ),
            ),
            Mistake(
                lambda data: (_customers(data)["since_first"] > data.lapse_days).mean(),
                mark(
                    "This is the time since the *first* purchase, so whoever joined long ago is lapsed, however "
                    "much they buy. Count the silence from the last purchase."
                ),
            ),
            Mistake(
                _without_one_time_buyers,
                mark(
                    "Customers who bought once are missing here. They have no gap, but they have a silence: from "
                    "their one purchase to the last day."
                ),
            ),
            Mistake(
                lambda data: 1 - _lapsed_now(data),
                mark(
                    "This is the share who are still *active* on the last day. Wanted are the others."
                ),
            ),
            Mistake(
                _of_purchases,
                mark(
                    "This is a share of *purchases*: those that lie longer ago than the rule. A customer who bought"
                    " then and bought again last week is in it. Take one date from each customer, the last."
                ),
            ),
            Mistake(
                _ever_lapsed,
                mark(
                    "This is the share who were silent for too long at *any* time. Some of them have come back "
                    "since. Wanted is who is silent on the last day; 5.4 takes the rest apart."
                ),
            ),
        ),
        hints=(
            mark("What you need of each customer is one date: that of the last purchase."),
            mark(
                "Days from there to `mine.last_day`, and the share of all customers with *more* than "
                "`mine.lapse_days`."
            ),
            mark(
                '`silent = (mine.last_day - purchases.groupby("customer_id")["date"].max()).dt.days`; the mean of '
                "`silent > mine.lapse_days` is a share."
            ),
        ),
    ),
    Exercise(
        id="5.4",
        asks=Table("state", {"customers": "count"}, within=1e-6),
        key=_states,
        right=mark(
            "The four add up to all customers. Look at `reactivated` and `lapsed_again`: these people were once "
            "called lapsed and bought again, and nobody had written to them. Lapsed is a state, not a farewell."
        ),
        mistakes=(
            *(
                Mistake(
                    _overlapping(*which),
                    mark(
                        "Some customers are in two rows here: the counts add up to more than all customers. Whoever"
                        " came back and is silent again belongs to `lapsed_again` alone, and whoever came back and "
                        "is not silent to `reactivated` alone."
                    ),
                )
                for which in (
                    (False, True, True),
                    (True, True, True),
                    (True, False, False),
                    (False, True, False),
                    (False, False, True),
                )
            ),
            Mistake(
                _returns_counted,
                mark(
                    "These are returns, not customers: who lapsed and came back twice is counted twice. Ask of each"
                    " customer whether there was *any* gap longer than the rule."
                ),
            ),
            Mistake(
                _from_the_line_on(_states),
                mark(
                    "Here a silence of exactly `mine.lapse_days` days is a lapse. The rule says *more than*: use "
                    "`>` both for the gaps and for the silence on the last day."
                ),
            ),
            Mistake(
                _states_of_repeat_buyers,
                mark(
                    "These are the customers with two purchases or more. One-time buyers have no gap and fell out: "
                    "they are `active` or `lapsed`, by their silence on the last day."
                ),
            ),
            Mistake(
                _states_in_shares,
                mark("These are shares of all customers. Wanted is how many there are of each."),
            ),
        ),
        hints=(
            mark(
                "Two questions about each customer: was there a gap longer than the rule (then the customer came "
                "back once), and is the customer silent now (5.3)? Two times two answers make four states."
            ),
            mark(
                "Came back: the longest gap is above `mine.lapse_days`. Where there is no gap, the comparison with "
                "a missing value gives False, as it should."
            ),
            mark(
                'With `back = purchases.groupby("customer_id")["gap"].max() > mine.lapse_days` and `is_silent = '
                "silent > mine.lapse_days`: active is `~back & ~is_silent`, lapsed_again is `back & is_silent`. A "
                "sum counts."
            ),
        ),
    ),
    Exercise(
        id="5.5",
        asks=Function(("lapses", "days"), _tried_on, "share"),
        key=lambda data: share_back,
        right=mark(
            "Nobody contacted these customers: this share comes back by itself. A campaign that counts every return"
            " as its own success takes the credit for all of them."
        ),
        mistakes=(
            Mistake(
                lambda data: _of_all,
                mark(
                    "This divides by all who lapsed, also by those who lapsed just before the end of the data. They"
                    " had no time to come back, and count as if they had stayed away. Keep those followed for "
                    "`days` or more."
                ),
            ),
            Mistake(
                lambda data: _of_the_returned,
                mark(
                    "This divides by those who returned: it says how fast returns came, not how many lapsed "
                    "customers came back. Those who stayed away belong below the line."
                ),
            ),
            Mistake(
                lambda data: _of_all_returned,
                mark(
                    "This divides by those who returned: it says how fast returns came, not how many lapsed "
                    "customers came back. Take all who were followed for `days` or more, those who stayed away too."
                ),
            ),
            Mistake(
                lambda data: _or_back,
                mark(
                    "Here a customer followed for a short time is counted if back, and left out if not: whoever "
                    "returned is let in more easily. Decide by `followed` alone, before you look at who came back."
                ),
            ),
            Mistake(
                lambda data: _all_back_over_followed,
                mark(
                    "Above the line are customers who are not below it: those who came back but were followed for "
                    "less than `days`. Choose the customers once, then count and divide among them."
                ),
            ),
            Mistake(
                lambda data: _at_any_time,
                mark(
                    "This counts returns at *any* time after the lapse. Wanted are those within `days`; otherwise "
                    "the customers who were followed longest look best."
                ),
            ),
            *(
                Mistake(
                    _without_the_edge(*which),
                    mark(
                        "This leaves out who came back on day `days` itself, or was followed for exactly so long. "
                        "Within `days` means `<=`, and followed for `days` or more means `>=`."
                    ),
                )
                for which in ((1, 1), (1, 0), (0, 1))
            ),
        ),
        hints=(
            mark(
                "A share has people above and below the line. Begin below: who *could* be seen for `days` days?"
            ),
            mark(
                "Keep the rows with `followed` of `days` or more, whether or not these customers came back. Then: "
                "which part of them has `back_after` of `days` or less? A missing value is not, and that is right."
            ),
            mark(
                '`enough = lapses[lapses["followed"] >= days]`, then `return (enough["back_after"] <= '
                "days).mean()`"
            ),
        ),
    ),
    Exercise(
        id="5.6",
        asks=Table("lapse_days", {"lapsed": "share", "bought": "share"}),
        key=_by_rule,
        right=mark(
            "The same customers, three rules, three results. A longer silence calls fewer lapsed and is less often "
            "wrong about them, but it notices late. So a number of lapsed customers means nothing without its rule."
        ),
        mistakes=(
            Mistake(
                lambda data: _by_rule(data, lambda lapsed, bought: (lapsed & bought).mean()),
                mark(
                    "This `bought` is a share of all customers. Wanted is how often the rule is wrong: divide by "
                    "those whom it called lapsed on the day of the cut."
                ),
            ),
            Mistake(
                lambda data: _by_rule(data, lambda lapsed, bought: 1 - bought[lapsed].mean()),
                mark(
                    "This `bought` is the share of the lapsed who did *not* buy in the test days. Wanted are those "
                    "who did."
                ),
            ),
            Mistake(
                lambda data: _by_rule(data, lambda lapsed, bought: bought[~lapsed].mean()),
                mark(
                    "This `bought` is about those the rule called *active*. Wanted is about those it called lapsed:"
                    " how many of them bought all the same?"
                ),
            ),
            Mistake(
                lambda data: _by_rule(data, lambda lapsed, bought: lapsed[bought].mean()),
                mark(
                    "This divides by those who bought in the test days: which part of the buyers had been called "
                    "lapsed. Wanted is the other way round: which part of those called lapsed bought."
                ),
            ),
            Mistake(
                _lapsed_at_the_cut,
                mark(
                    "This `lapsed` is the share on the day of the cut. The column is about the last day of the "
                    "data; only `bought` looks back from the cut."
                ),
            ),
            Mistake(
                _bought_of_those_lapsed_now,
                mark(
                    "This `bought` is about those lapsed on the *last* day. Whoever bought after the cut has ended "
                    "the silence by then, so a long rule finds nobody. Whom did the rule call lapsed at the cut, "
                    "when nobody knew?"
                ),
            ),
        ),
        hints=(
            mark(
                "`lapsed` is 5.3 with another number of days. For `bought` go back to the day of the cut, "
                "`mine.last_day` minus `mine.test_days`, and forget all later purchases: whom does the rule call "
                "lapsed there?"
            ),
            mark(
                "Last purchase of each customer up to and with the cut; silence from there to the cut; then, among "
                "those silent for more than the rule, the share with a purchase after the cut. Who first bought "
                "after the cut is in neither."
            ),
            mark(
                '`before = purchases[purchases["date"] <= cut]`, `quiet = (cut - '
                'before.groupby("customer_id")["date"].max()).dt.days`; who bought later: '
                '`quiet.index.isin(purchases.loc[purchases["date"] > cut, "customer_id"])`.'
            ),
        ),
    ),
)
