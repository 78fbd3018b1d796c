"""What one customer acquired otherwise leads to: the expected tree, in the end and over time.

Estimand: expected customers that come of one customer acquired otherwise, itself counted. With R0 the customers it
brings and R1 those a referred customer brings, generation g has R0 R1 ** (g - 1) and all together come to

    1 + R0 / (1 - R1),    for R1 below 1, where every tree ends.

Over time: customers brought come as late after their referrer as seen in `retorno.referral.cascade.reproduction`, each
group at its own pace, and bring others in turn (the renewal equation). The process is taken to go on as it was.

Sources: Harris (1963), The Theory of Branching Processes; errors as in `retorno.stats.branching`. The formula often
quoted is Skok's (2009, For Entrepreneurs): one kind of customer, everybody refers at the end of one full cycle.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import mark, number, percent, say, say_n
from retorno.referral.cascade.reproduction import Reproduction
from retorno.referral.cascade.timing import GenerationTime
from retorno.referral.cascade.tree_tables import YEARS, TreeByGeneration, TreeByYear
from retorno.referral.tenure import OTHER, REFERRED, month_start
from retorno.stats.renewal import Growth, tree_growth, tree_moments
from retorno.stats.student import Estimate

MONTHS = 12 * YEARS[-1]

MULTIPLIER = Definition(
    "cascade.multiplier",
    label=mark("Customers in all per customer acquired otherwise"),
    meaning=mark(
        "Expected customers that come of one customer acquired otherwise in the end, itself counted: one, those it "
        "brings, those they bring, and so on. In the formula R with 0 is cascade.reproduction_number.other, R with 1 "
        "is cascade.reproduction_number, which must be below 1."
    ),
    unit="customers per customer",
    sign=mark("1: referrals add nothing. 2: they double what is acquired otherwise."),
    formula=r"1 + \frac{R_0}{1 - R_1}",
)
REACHED = Definition(
    "cascade.reached.year_{year}",
    label=mark("Share of the tree that has come after {year} years"),
    meaning=mark(
        "Of all customers expected to come of one acquired otherwise, itself not counted, those expected within so "
        "many years of 12 months of 30.4375 days of its joining. In the formula b is the customers expected u days "
        "after it joined, t the days of those years; r with O are those a customer acquired otherwise brings after u "
        "days, r with R those a referred customer brings after v days."
    ),
    unit="share of customers brought",
    sign=mark("Higher: the tree grows faster."),
    formula=r"\frac{\sum_{u \leq t} b_u}{\sum_{u} b_u}, \quad b_u = r_{O,u} + \sum_{v \leq u} r_{R,v} \, b_{u-v}",
)
DEFINITIONS = (MULTIPLIER, REACHED)


@dataclass(frozen=True, slots=True)
class ExpectedTree:
    """Expected customers that come of one customer acquired otherwise.

    Attributes
    ----------
    numbers : tuple of two Estimate, or None
        R0 and R1; None where the tree is refused.
    total : Estimate or None
        Customers in the end, the first counted.
    growth : Growth or None
        Customers brought by the start of month 1, 2, ..., that is after 0, 1, ... months.
    reached : tuple of Estimate
        Share of those brought in the end that has come after each of `YEARS`.
    spread : float or None
        Standard deviation of the customers a single tree comes to; None where the dispersion is not stated.
    quoted : tuple of float
        Customers after each of `YEARS` by the formula often quoted; empty without a time between generations.
    n : int
        Customers acquired otherwise and referred customers behind it.
    refusal : str or None
    level : float
    """

    numbers: tuple[Estimate, Estimate] | None
    total: Estimate | None
    growth: Growth | None
    reached: tuple[Estimate, ...]
    spread: float | None
    quoted: tuple[float, ...]
    n: int
    refusal: str | None
    level: float

    def after(self, month: int) -> Estimate:
        """Return the customers after so many months, up to `MONTHS`, the first counted; not where refused."""
        return _and_itself(self.growth.by(month, level=self.level))

    def findings(self) -> Findings:
        """State or refuse the customers in the end, and the share of them after each year."""
        if self.refusal:
            years = (REACHED.refuse(self.refusal, n=self.n, year=year) for year in YEARS)
            return Findings([MULTIPLIER.refuse(self.refusal, n=self.n), *years])
        return Findings([self._multiplier(), *map(self._reached, YEARS, self.reached)])

    def _multiplier(self) -> Finding:
        first, later = self.numbers
        sentence = say(
            "One customer acquired otherwise leads to {total} customers in all, itself counted: it brings {first}, "
            "and from there each generation is {later} times the one before, until the chain ends.",
            total=number(self.total.value),
            first=number(first.value),
            later=number(later.value),
        )
        return MULTIPLIER.state(
            self.total.value,
            sentence + caution(self.n),
            interval=self.total.interval,
            level=self.level,
            n=self.n,
            method=say("branching process with two types, trees left out in turn, interval on the log scale"),
        )  # fmt: skip

    def _reached(self, year: int, found: Estimate) -> Finding:
        sentence = say_n(
            "Of the customers one acquired otherwise leads to in the end, {share} have come after {n} year.",
            "Of the customers one acquired otherwise leads to in the end, {share} have come after {n} years.",
            year,
            share=percent(found.value),
        )
        return REACHED.state(
            found.value,
            sentence + caution(self.n),
            interval=found.interval,
            level=self.level,
            n=self.n,
            method=say(
                "renewal equation on days, trees left out in turn, interval on the log odds"
            ),
            year=year,
        )

    def to_frame(self):
        """Return month (0 is joining), and the customers expected by then, with ci_low and ci_high."""
        import pandas as pd

        months = () if self.refusal else range(MONTHS + 1)
        rows = [
            (k, e.value, *e.interval) for k, e in zip(months, map(self.after, months), strict=True)
        ]
        return pd.DataFrame(rows, columns=["month", "customers", "ci_low", "ci_high"])

    def title(self) -> str:
        """Say what one customer comes to in the end."""
        if self.refusal:
            return say("Customers that come of one acquired otherwise")
        return say(
            "One customer acquired otherwise becomes {total} in the end",
            total=number(self.total.value),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Expected customers, the first counted, by months since it joined")

    def caption(self) -> str:
        """Say what line and band are, how soon most have come, and how far a single tree may be from it."""
        if self.refusal:
            return self.refusal
        caption = say(
            "Expected customers that come of one acquired otherwise, as if all goes on as it was; the band is "
            "pointwise {level}, trees left out in turn; the dashed line is where it ends. After one year {share} of "
            "those brought have come.",
            level=percent(self.level, 0),
            share=percent(self.reached[0].value),
        )
        if self.spread is None:
            return caption
        return f"{caption} " + say(
            "A mean of many trees: sizes of single ones have a standard deviation of {spread}.",
            spread=number(self.spread),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refusal:
            return self.refusal
        return say(
            "A rising line in its band that flattens: {start} at joining, {year} after a year, {end} after three, "
            "{total} in the end.",
            start=number(self.after(0).value),
            year=number(self.after(12).value),
            end=number(self.after(MONTHS).value),
            total=number(self.total.value),
        )

    def by_year(self) -> TreeByYear:
        """Return the tree year by year, as a table."""
        return TreeByYear(self)

    def by_generation(self) -> TreeByGeneration:
        """Return the tree generation by generation, as a table."""
        return TreeByGeneration(self)


def expected_tree(
    reproduction: Reproduction, generation_time: GenerationTime | None = None
) -> ExpectedTree:
    """Return what one customer acquired otherwise leads to.

    Parameters
    ----------
    reproduction : Reproduction
    generation_time : GenerationTime, optional
        For the formula often quoted, which stands beside.

    Notes
    -----
    Refused unless the whole interval of the reproduction number lies below 1. Delays longer than customers are
    followed are not in it. With 250 trees that have a referral in them a 95% interval of the total covers 0.947
    to 0.956, of the share after a year 0.942 to 0.958: see tests/test_referral_cascade_coverage.py.
    """
    level, n = reproduction.level, sum(reproduction.n.values())
    if reason := _refusal(reproduction):
        return ExpectedTree(None, None, None, (), None, (), n, reason, level)
    other, referred = (reproduction.curves[group] for group in (OTHER, REFERRED))
    days = np.floor(month_start(np.arange(1, MONTHS + 2))).astype(int)
    growth = tree_growth(other, referred, days)
    return ExpectedTree(
        numbers=(reproduction.estimate(OTHER), reproduction.estimate(REFERRED)),
        total=_and_itself(growth.total(level=level)),
        growth=growth,
        reached=tuple(growth.share(12 * year, level=level) for year in YEARS),
        spread=_spread(reproduction),
        quoted=_quoted(float(referred.mean[-1]), generation_time),
        n=n,
        refusal=None,
        level=level,
    )


def _and_itself(brought: Estimate) -> Estimate:
    return Estimate(1 + brought.value, brought.se, 1 + brought.ci_low, 1 + brought.ci_high)


def _refusal(reproduction: Reproduction) -> str | None:
    for group in (REFERRED, OTHER):
        if reproduction.curves[group] is None:
            return reproduction.refusals[group]
    found = reproduction.estimate(REFERRED)
    if direction(found.interval, 1.0) == "below":
        return None
    return say(
        "Not stated: the interval of the customers a referred customer brings, {low} to {high}, is not below 1 as a "
        "whole; from 1 on trees need not end and there is no number they come to.",
        low=number(found.ci_low),
        high=number(found.ci_high),
    )


def _spread(reproduction: Reproduction) -> float | None:
    """Return the standard deviation of what one tree comes to: one k for both kinds of customer, the referred's."""
    k = reproduction.spread.k
    if k is None:
        return None
    first, later = (float(reproduction.curves[group].mean[-1]) for group in (OTHER, REFERRED))
    return float(np.sqrt(tree_moments(first, later, k, k)[1]))


def _quoted(k: float, generation_time: GenerationTime | None) -> tuple[float, ...]:
    median = None if generation_time is None else generation_time.median()
    if median is None or not median.value > 0:
        return ()
    cycles = month_start(12 * np.array(YEARS) + 1) / median.value
    return tuple(float(v) for v in (k ** (cycles + 1) - 1) / (k - 1))
