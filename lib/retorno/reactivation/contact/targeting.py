"""Whom to contact: what a contact may cost, how deep into a ranking to go, and by what to rank.

Estimand: money earned by contacting the top share q of the file, per customer of the whole file: q times the effect on
the money outcome in that share times the margin rate, less q times the cost of a contact. Identified by the random
draw of arms; the rankings are taken as given, each learned on other customers than those it ranks.

Ranking by response puts those first who bring most when contacted; many of them would have come anyway. Ranking by
effect puts those first whom contact moves.

Sources: Radcliffe (2007), Direct Marketing Analytics J. 1, 14-21; Luedtke and van der Laan (2016), Annals of Statistics
44, 713-742, for rankings and depths learned forward.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import listed, mark, money, percent, say, say_n
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import Contrast, pooled
from retorno.reactivation.contact.profit_curve import MEASURES, ProfitCurve, Tenths
from retorno.reactivation.contact.ranking import Ranked, rank
from retorno.stats.student import Student

BREAK_EVEN = Definition(
    "policy.break_even_cost",
    label=mark("Cost of a contact at which contacting everybody earns zero"),
    meaning=mark(
        "Effect on the money outcome, all treated arms pooled minus holdout, times the margin rate; without a margin "
        "rate it is revenue. Interval from the effect, unpooled variances. In the formula y is the money outcome, C "
        "those contacted, H the holdout, m the margin rate, 1 when it is not known."
    ),
    unit="money per contact",
    sign=mark(
        "Positive: a contact that costs less pays. Negative: contact loses money even for nothing."
    ),
    formula=r"m \, ( \bar y_C - \bar y_H )",
    reference=0.0,
)
BEST_DEPTH = Definition(
    "policy.best_depth",
    label=mark("Share of the file to contact"),
    meaning=mark(
        "Share of the file, ranked by effect, at which profit at the cost of a contact is highest, 0 and 1 among "
        "them, in steps of 5%. The interval holds the depths whose profit is not clearly below another's "
        "(comparison with the best). In the formula q is the share, m the margin rate or 1, tau the mean effect on the "
        "money outcome in the top q of the ranking, c the cost of a contact."
    ),
    unit="share of customers",
    sign=mark("0: contact nobody. 1: contact everybody."),
    formula=r"\max_q \; q \, ( m \, \hat\tau(q) - c )",
    speaks_to=(Speaks("reactivation_choose_targets"),),
)
PROFIT = Definition(
    "policy.profit_at_best_depth",
    label=mark("Profit of contacting to the best depth"),
    meaning=mark(
        "Profit per customer of the file, after the cost of contact, when each part of the customers is contacted to "
        "the depth that was best on the parts before it: a depth chosen on the same customers would look better than "
        "it is. In the formula v is 1 for a customer within his part's depth, else 0, m the margin rate or 1, tau "
        "his effect on the money outcome, c the cost of a contact, E the mean over the ranked customers."
    ),
    unit="money per customer",
    sign=mark("Positive: contacting to that depth earns more than it costs."),
    formula=r"E \left[ v \, ( m \, \tau - c ) \right]",
    reference=0.0,
)
AGAINST_RESPONSE = Definition(
    "policy.response_vs_effect",
    label=mark("Profit of ranking by effect rather than by response"),
    meaning=mark(
        "Profit per customer of the file at the best depth, ranking by effect minus ranking by response; depths are "
        "chosen on other customers. 0 where the best depth is nobody or everybody. In the formula v is 1 for a "
        "customer within the depth, ranked by effect (e) or by response (r), else 0, m the margin rate or 1, tau "
        "his effect on the money outcome, E the mean over the ranked customers."
    ),
    unit="money per customer",
    sign=mark("Positive: ranking by effect earns more than ranking by response."),
    formula=r"E \left[ ( v_e - v_r ) \, m \, \tau \right]",
    reference=0.0,
    speaks_to=(Speaks("reactivation_choose_targets"),),
)
QINI = Definition(
    "policy.qini",
    label=mark("Qini coefficient of the ranking by effect"),
    meaning=mark(
        "Area between the curve of gain by depth, ranked by effect, and the straight line of a random order, per "
        "customer of the file. In the formula q is the share contacted, d q a step of it, m the margin rate or 1, "
        "tau(q) the mean effect on the money outcome in the top q of the ranking, tau(1) that of all."
    ),
    unit="money per customer",
    sign=mark("Positive: the ranking puts those first whom contact moves most. 0: any order does."),
    formula=r"\int_0^1 m \, q \, ( \hat\tau(q) - \hat\tau(1) ) \, dq",
    reference=0.0,
    speaks_to=(Speaks("reactivation_choose_targets", holds="above"),),
)
DEFINITIONS = (BREAK_EVEN, BEST_DEPTH, PROFIT, AGAINST_RESPONSE, QINI)

BREAK_EVENS = {
    "above": mark(
        "Contact brings {amount} of {measure} per customer contacted ({low} to {high}): a contact may cost up to "
        "{amount} before contacting everybody loses money."
    ),
    "below": mark(
        "Contact takes away {away} of {measure} per customer contacted (effect {low} to {high}): contacting everybody "
        "loses money even when it costs nothing."
    ),
    "undecided": mark(
        "Contact changes {measure} by {amount} per customer contacted ({low} to {high}); the interval holds zero, so "
        "no cost is shown at which contacting everybody pays."
    ),
}
COSTS = {
    "above": mark("At {cost} a contact, contacting everybody earns money."),
    "below": mark("At {cost} a contact, contacting everybody loses money."),
    "undecided": mark(
        "At {cost} a contact, whether contacting everybody earns money is undecided."
    ),
}
DEPTHS = {
    "nobody": mark("At {cost} a contact, no depth of the ranking earns anything: contact nobody."),
    "no gain": mark(
        "At {cost} a contact, the curve is highest with {depth} of the file contacted, but no depth is shown to earn "
        "more than contacting nobody."
    ),
    "no better": mark(
        "At {cost} a contact, the curve is highest with {depth} of the file contacted, but no depth is shown to earn "
        "more than contacting everybody."
    ),
    "everybody": mark(
        "At {cost} a contact, profit is highest with everybody contacted: leave nobody out."
    ),
    "between": mark(
        "At {cost} a contact, profit is highest with the first {depth} of the ranking contacted."
    ),
}
PROFITS = {
    "above": mark(
        "Contacting to the depth that was best on other customers, {share} on average, earns {profit} of {measure} "
        "after costs per customer of the file ({low} to {high})."
    ),
    "below": mark(
        "Contacting to the depth that was best on other customers, {share} on average, loses {lost} per customer of "
        "the file, {measure} less costs ({low} to {high})."
    ),
    "undecided": mark(
        "Contacting to the depth that was best on other customers, {share} on average, leaves {profit} of {measure} "
        "after costs per customer of the file ({low} to {high}); the interval holds zero, so neither gain nor loss is "
        "shown."
    ),
}
OVER_EVERYBODY = {
    "above": mark(
        "Contacting everybody leaves {everybody} on the same customers: the depth adds {more} ({low} to {high})."
    ),
    "below": mark(
        "Contacting everybody leaves {everybody} on the same customers: the depth costs {less} (change {low} to "
        "{high})."
    ),
    "undecided": mark(
        "Contacting everybody leaves {everybody} on the same customers; that the depth earns more or less is not "
        "shown (change {low} to {high})."
    ),
}
RANKINGS = {
    "above": mark(
        "Ranking by effect earns {more} more per customer of the file than ranking by response ({low} to {high}), at "
        "depths of {share} on average."
    ),
    "below": mark(
        "Ranking by effect earns {less} less per customer of the file than ranking by response (change {low} to "
        "{high}), at depths of {share} on average."
    ),
    "undecided": mark(
        "That ranking by effect earns more or less than ranking by response is not shown: {amount} per customer of the "
        "file ({low} to {high}), at depths of {share} on average."
    ),
}
SAME = {
    "nobody": mark(
        "The best depth is nobody: there both rankings contact the same customers, so it makes no difference by which "
        "one goes."
    ),
    "everybody": mark(
        "The best depth is everybody: there both rankings contact the same customers, so it makes no difference by "
        "which one goes."
    ),
    "between": mark(
        "On other customers the depth that was best was nobody or everybody each time: there both rankings contact the "
        "same customers."
    ),
}
QINIS = {
    "above": mark(
        "The ranking finds customers whom contact moves more than others: the area above the line of a random order "
        "is {area} per customer of the file ({low} to {high})."
    ),
    "below": mark(
        "The ranking puts those first whom contact moves least: the area is {area} per customer of the file ({low} to "
        "{high}). Do not rank by it."
    ),
    "undecided": mark(
        "The ranking finds nothing to rank: that contact moves some of these customers more than others, by {columns}, "
        "is not shown (area {area}, {low} to {high})."
    ),
}


@dataclass(frozen=True, slots=True)
class Targeting:
    """What contacting a part of the file earns; intervals at the campaign's level.

    Attributes
    ----------
    tests : Campaign
    everybody : Contrast or None
        Effect on the money outcome, all arms pooled; None without one.
    ranked : Ranked or None
        None when `refused` says why.
    refused : str or None
    """

    tests: Campaign
    everybody: Contrast | None
    ranked: Ranked | None
    refused: str | None

    @property
    def value(self) -> float:
        """Worth of one unit of the money outcome: the margin rate, or 1."""
        return 1.0 if self.tests.margin_rate is None else self.tests.margin_rate

    @property
    def place(self) -> str | None:
        """Whether the best depth is nobody, everybody or between; None without one."""
        if self.ranked is None or self.ranked.depth is None:
            return None
        depth = self.ranked.depth.best.depth
        return {0.0: "nobody", 1.0: "everybody"}.get(depth, "between")

    @property
    def shown(self) -> str | None:
        """What is shown of the best depth: its place, or that nobody or everybody is not shown to earn less."""
        if self.place in (None, "nobody"):
            return self.place
        best = self.ranked.depth.best
        if best.low == 0:
            return "no gain"
        return "no better" if self.place == "between" and best.high == 1 else self.place

    def findings(self) -> Findings:
        """State or refuse what a contact may cost, how deep to go, what that earns, and whether ranking helps."""
        return Findings(
            (self._break_even(), self._best(), self._profit(), self._rankings(), self._qini())
        )

    def curve(self) -> ProfitCurve:
        """Return profit by depth, to be drawn."""
        says = [] if self.refused else [self._qini().sentence]
        if self.place:
            says.insert(0, self._best_words())
        return ProfitCurve(self.tests, self.value, self.ranked, self.shown, self.refused, says)

    def tenths(self) -> Tenths:
        """Return response, effect and profit by tenth of the ranking, as a table."""
        return Tenths(self.tests, self.value, self.ranked, self.refused)

    def _break_even(self) -> Finding:
        unit = self._unit(BREAK_EVEN)
        if self.everybody is None or self.everybody.refused:
            reason = self.refused if self.everybody is None else self.everybody.refused
            return BREAK_EVEN.refuse(reason, unit=unit, n=self.tests.customers)
        found = self.everybody.estimate
        interval = tuple(self.value * bound for bound in found.interval)
        verdict = direction(interval)
        words = self._words(self.value * found.value, interval)
        text = [say(BREAK_EVENS[verdict], **words)]
        if self.tests.contact_cost is not None:
            side = direction(interval, self.tests.contact_cost)
            text.append(say(COSTS[side], cost=self._money(self.tests.contact_cost)))
        if self.everybody.missing:
            text.append(
                say_n(
                    "{n} customer without a value of it is left out.",
                    "{n} customers without a value of it are left out.",
                    self.everybody.missing,
                )
            )
        return BREAK_EVEN.state(
            self.value * found.value,
            " ".join(text) + self._no_margin() + caution(self.everybody.smallest),
            interval=interval,
            level=self.tests.level,
            unit=unit,
            n=self.everybody.n,
            method=say("difference of means, unpooled variances (Welch), times the margin rate"),
            verdict=verdict,
        )

    def _best(self) -> Finding:
        if reason := self._no_depth():
            return BEST_DEPTH.refuse(reason, n=self._n())
        best = self.ranked.depth.best
        return BEST_DEPTH.state(
            best.depth,
            self._best_words() + self._no_margin() + caution(self.ranked.smallest),
            interval=(best.low, best.high),
            level=self.tests.level,
            n=self.ranked.ranked,
            method=say("{ranking}; comparison with the best", ranking=_ranking()),
        )

    def _best_words(self) -> str:
        best = self.ranked.depth.best
        words = {"cost": self._money(self.tests.contact_cost), "depth": percent(best.depth, 0)}
        text = say(DEPTHS[self.shown], **words)
        if best.low == best.high:
            return text
        return (
            text
            + " "
            + say(
                "Depths whose profit is not clearly below it lie between {low} and {high}.",
                low=percent(best.low, 0),
                high=percent(best.high, 0),
            )
        )

    def _profit(self) -> Finding:
        unit = self._unit(PROFIT)
        if reason := self._no_depth():
            return PROFIT.refuse(reason, n=self._n(), unit=unit)
        depth = self.ranked.depth
        if depth.share == 0:
            text = say(
                "On other customers the best depth was nobody each time: nothing is earned and nothing spent."
            )
            return PROFIT.state(0.0, text, unit=unit, n=self.ranked.ranked)
        more = depth.over_everybody
        said = [self._said(PROFITS, depth.profit, share=percent(depth.share, 0))]
        if more.se > 0:
            said.append(
                self._said(OVER_EVERYBODY, more, everybody=self._money(depth.everybody.value))
            )
        else:
            said.append(say("That is contacting everybody."))
        return self._stated(PROFIT, depth.profit, " ".join(said) + self._no_margin())

    def _rankings(self) -> Finding:
        unit = self._unit(AGAINST_RESPONSE)
        if reason := self._no_depth():
            return AGAINST_RESPONSE.refuse(reason, n=self._n(), unit=unit)
        depth = self.ranked.depth
        if self.place != "between" or not depth.over_response.se > 0:
            return AGAINST_RESPONSE.state(
                0.0, say(SAME[self.place]), unit=unit, n=self.ranked.ranked
            )
        text = self._said(RANKINGS, depth.over_response, share=percent(depth.share, 0))
        return self._stated(AGAINST_RESPONSE, depth.over_response, text)

    def _qini(self) -> Finding:
        unit = self._unit(QINI)
        if self.refused:
            return QINI.refuse(self.refused, n=self._n(), unit=unit)
        if self.ranked.qini is None:
            reason = say(
                "Not stated: {columns} give every customer the same score, so there is no ranking (parameter "
                "score_by).",
                columns=listed(self.ranked.by),
            )
            return QINI.refuse(reason, n=self._n(), unit=unit)
        area = _times(self.ranked.qini, self.value)
        text = self._said(QINIS, area, area=self._money(area.value), columns=listed(self.ranked.by))
        return self._stated(QINI, area, text + self._left_out())

    def _stated(self, definition: Definition, number: Student, text: str) -> Finding:
        found = number.at(self.tests.level)
        return definition.state(
            found.value,
            text + caution(self.ranked.smallest),
            interval=found.interval,
            level=self.tests.level,
            unit=self._unit(definition),
            n=self.ranked.ranked,
            method=say("{ranking}; influences of customers", ranking=_ranking()),
            verdict=direction(found.interval),
        )

    def _said(self, sentences: Mapping[str, str], number: Student, **words) -> str:
        found = number.at(self.tests.level)
        return say(
            sentences[direction(found.interval)],
            **self._words(found.value, found.interval),
            **words,
        )

    def _words(self, value: float, interval: tuple[float, float]) -> dict[str, str]:
        amount, away = self._money(value), self._money(abs(value))
        return {
            "amount": amount,
            "profit": amount,
            "more": amount,
            "away": away,
            "less": away,
            "lost": away,
            "low": self._money(interval[0]),
            "high": self._money(interval[1]),
            "measure": say(MEASURES[self.tests.margin_rate is not None]),
        }

    def _no_depth(self) -> str | None:
        """Return why no depth can be chosen, or None."""
        if self.refused:
            return self.refused
        if self.ranked.depth is None:
            return say(
                "Not stated: how deep to go depends on what a contact costs (parameter contact_cost)."
            )
        return None

    def _no_margin(self) -> str:
        if self.tests.margin_rate is not None:
            return ""
        return " " + say(
            "The margin is not known (parameter margin_rate): goods sold for this revenue are still to be paid."
        )

    def _left_out(self) -> str:
        if not self.ranked.missing:
            return ""
        return " " + say_n(
            "{n} customer without a value of the outcome or of a column ranked by is left out.",
            "{n} customers without a value of the outcome or of a column ranked by are left out.",
            self.ranked.missing,
        )

    def _n(self) -> int:
        return self.tests.customers if self.ranked is None else self.ranked.n

    def _unit(self, definition: Definition) -> str:
        return definition.unit.replace("money", self.tests.currency)

    def _money(self, amount: float) -> str:
        return money(amount, self.tests.currency)


def _ranking() -> str:
    return say("ranked by linear models of each group fitted to other customers, learned forward")


def _times(number: Student, factor: float) -> Student:
    return Student(factor * number.value, factor * number.se, number.df)


def targeting(
    tests: Campaign, *, rng: np.random.Generator, score_by: Sequence[str] | None = None
) -> Targeting:
    """Return whom it pays to contact, on the money outcome of a campaign.

    Parameters
    ----------
    tests : Campaign
        With `money_outcome`; with `contact_cost` for depths and profit.
    rng : numpy.random.Generator
        Deals the customers into the parts that train and are ranked, and draws the bands.
    score_by : sequence of str, optional
        Columns known before the contact to rank by; recency and all covariates of the campaign when not given.
    """
    outcome = tests.money_outcome
    if outcome is None:
        reason = say(
            "Not stated: which column of `contacts` is money is not named (parameter money_outcome)."
        )
        return Targeting(tests, None, None, reason)
    everyone = pooled(tests, outcome)
    if everyone.refused:
        return Targeting(tests, everyone, None, everyone.refused)
    value = 1.0 if tests.margin_rate is None else tests.margin_rate
    found = rank(tests, outcome, score_by, value=value, rng=rng)
    if isinstance(found, str):
        return Targeting(tests, everyone, None, found)
    return Targeting(tests, everyone, found, None)
