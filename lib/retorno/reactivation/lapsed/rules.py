"""The rules of lapse held against each other on days they have not seen.

The data are cut `holdout_days` before their last day. Each rule sorts the customers at the cut, from purchases up to
it alone: the threshold in use, the suggestion from the days between purchases, the customer's own rhythm, and BG/NBD
with P(alive) below one half. Then the days held out show who bought.

Estimand: of the customers a rule calls lapsed, the share who bought within the days held out all the same; of those it
calls active, the share who did not. Identified by counting. A customer who did not buy may still buy later, so the
second share grows smaller with longer holdouts, and neither rule nor share says why a customer stays away.

Source: Wuebben and von Wangenheim (2008), Journal of Marketing 72, 82-93, who hold rules of silence against BG/NBD
and Pareto/NBD in this way and find the rules no worse at telling active customers from inactive ones.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from retorno import language
from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, Speaks, caution, too_few
from retorno.language import brief, integer, listed, mark, percent, say, say_n
from retorno.reactivation.history import History
from retorno.reactivation.lapsed.alive import kinds_of
from retorno.reactivation.lapsed.rhythm import check_multiple, lapsed_by_rhythm, seen_by
from retorno.reactivation.lapsed.threshold import suggest_threshold
from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate

ALIVE_FROM = 0.5

WRONGLY_LAPSED = Definition(
    "lapse.rule.{rule}.wrongly_lapsed",
    label=mark("Rule {rule}: called lapsed, bought all the same"),
    meaning=mark(
        "Of the customers a rule calls lapsed at the cut, holdout_days before the last day of the data, the share who "
        "bought after the cut. Thresholds and BG/NBD know the purchases up to the cut alone. Rules: fixed, silent for "
        "more than lapse_days; suggested, for more than lapse.threshold; own_rhythm, for more than own_multiple times "
        "the own mean interval (two purchases needed); alive, P(alive) below one half. In the formula b of the n "
        "customers called lapsed bought."
    ),
    unit="share of customers",
    sign=mark("Higher: the rule gives up more customers who are still there."),
    formula=r"\frac{b}{n}",
    speaks_to=(Speaks("retention_watch_declining"),),
)
DEFINITIONS = (WRONGLY_LAPSED,)

FIXED, SUGGESTED, OWN, ALIVE = "fixed", "suggested", "own_rhythm", "alive"
IN_LABELS = (mark("fixed"), mark("suggested"), mark("own rhythm"), mark("alive"))
RULES = {
    FIXED: mark("Threshold in use"),
    SUGGESTED: mark("Suggested threshold"),
    OWN: mark("Own rhythm"),
    ALIVE: mark("BG/NBD"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule makes of the customers, or why it makes nothing (`refused`).

    Attributes
    ----------
    name : str
        A key of `RULES`.
    line : str
        Where it draws the line, in words.
    lapsed, active : int
        Customers called so at the cut.
    bought, silent : int
        Of `lapsed`, who bought after the cut; of `active`, who did not.
    lapsed_again, once : int
        Of `lapsed`, who had bought at least twice; one-time buyers among those judged.
    wrongly_lapsed, wrongly_active : Estimate or None
        The two shares; None where too few were called so.
    like_for_like : Estimate or None
        The first of them among those who had bought at least twice, whom every rule can call lapsed.
    """

    name: str
    line: str
    lapsed: int = 0
    active: int = 0
    bought: int = 0
    silent: int = 0
    lapsed_again: int = 0
    once: int = 0
    wrongly_lapsed: Estimate | None = None
    wrongly_active: Estimate | None = None
    like_for_like: Estimate | None = None
    refused: str | None = None

    @property
    def judged(self) -> int:
        """Customers the rule calls lapsed or active."""
        return self.lapsed + self.active


@dataclass(frozen=True, slots=True)
class RuleComparison:
    """Each rule with its errors; or why there is no comparison (`refused`).

    Attributes
    ----------
    rules : tuple of Rule
        In the order of `RULES`.
    customers, buyers : int
        With a purchase up to the cut; of these with one after it.
    cut : date
        Last day the rules know.
    holdout_days, min_group : int
    level : float
    """

    rules: tuple[Rule, ...]
    customers: int
    buyers: int
    cut: date
    holdout_days: int
    min_group: int
    level: float
    refused: str | None = None

    def findings(self) -> Findings:
        """State or refuse, for each rule, the share wrongly called lapsed."""
        if self.refused:
            return Findings(
                WRONGLY_LAPSED.refuse(self.refused, n=self.customers, rule=name) for name in RULES
            )
        return Findings(map(self._finding, self.rules))

    def _finding(self, rule: Rule) -> Finding:
        if rule.refused:
            return WRONGLY_LAPSED.refuse(rule.refused, n=self.customers, rule=rule.name)
        if rule.wrongly_lapsed is None:
            what = say(
                'customers called lapsed on {cut} by the rule "{rule}"',
                cut=language.date(self.cut),
                rule=say(RULES[rule.name]),
            )
            reason = too_few(what, rule.lapsed, max(1, self.min_group))
            return WRONGLY_LAPSED.refuse(reason, n=rule.lapsed, rule=rule.name)
        return WRONGLY_LAPSED.state(
            rule.wrongly_lapsed.value,
            self._sentence(rule) + caution(rule.lapsed),
            interval=rule.wrongly_lapsed.interval,
            level=self.level,
            n=rule.lapsed,
            method=say("Wilson"),
            rule=rule.name,
        )

    def _sentence(self, rule: Rule) -> str:
        parts = [
            say(
                '"{rule}", {line}: of {judged} customers judged on {cut} it called {lapsed} lapsed; {bought} of these, '
                "{share}, bought in the {days} that followed all the same.",
                rule=say(RULES[rule.name]),
                line=rule.line,
                judged=integer(rule.judged),
                cut=language.date(self.cut),
                lapsed=integer(rule.lapsed),
                bought=integer(rule.bought),
                share=percent(rule.wrongly_lapsed.value),
                days=_days(self.holdout_days),
            )
        ]
        if rule.wrongly_active:
            parts.append(
                say(
                    "Of the {active} it called active, {share} did not buy.",
                    active=integer(rule.active),
                    share=percent(rule.wrongly_active.value),
                )
            )
        if rule.like_for_like and rule.lapsed_again < rule.lapsed:
            parts.append(
                say(
                    "Among the {n} called lapsed who had bought at least twice, {share} bought.",
                    n=integer(rule.lapsed_again),
                    share=percent(rule.like_for_like.value),
                )
            )
        return " ".join([*parts, *self._one_time(rule)])

    def _one_time(self, rule: Rule) -> list[str]:
        """Say what the rule does to customers who had bought once."""
        if rule.name == OWN and rule.judged < self.customers:
            left = say_n(
                "It cannot judge {n} customer who had bought once only.",
                "It cannot judge {n} customers who had bought once only.",
                self.customers - rule.judged,
            )
            return [left]
        if rule.name == ALIVE and rule.once:
            called = say_n(
                "{n} of those called active had bought once only: BG/NBD calls no one-time buyer lapsed, however long "
                "the silence.",
                "{n} of those called active had bought once only: BG/NBD calls no one-time buyer lapsed, however long "
                "the silence.",
                rule.once,
            )
            return [called]
        return []

    @property
    def stated(self) -> tuple[Rule, ...]:
        """The rules with a share wrongly called lapsed."""
        return tuple(rule for rule in self.rules if rule.wrongly_lapsed)

    def to_frame(self):
        """Return one row a rule: its line, counts and the two shares with intervals, missing where not stated."""
        import pandas as pd

        names = ["rule", "line", "judged", "lapsed", "wrongly_lapsed", "ci_low", "ci_high"]
        names += ["wrongly_active", "active_ci_low", "active_ci_high"]
        names += ["like_for_like", "like_ci_low", "like_ci_high"]
        rows = [
            (
                say(RULES[r.name]),
                r.line,
                r.judged,
                r.lapsed,
                *_numbers(r.wrongly_lapsed),
                *_numbers(r.wrongly_active),
                *_numbers(r.like_for_like),
            )
            for r in self.rules
        ]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[4:], float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "rule": (say("Rule"), "text"),
            "line": (say("Lapsed when"), "text"),
            "judged": (say("Judged"), "count"),
            "lapsed": (say("Called lapsed"), "count"),
            "wrongly_lapsed": (say("Of these bought"), "share"),
            "ci_low": (say("Interval from"), "share"),
            "ci_high": (say("to"), "share"),
            "wrongly_active": (say("Called active, did not buy"), "share"),
            "active_ci_low": (say("Interval from"), "share"),
            "active_ci_high": (say("to"), "share"),
            "like_for_like": (say("Called lapsed with two purchases, bought"), "share"),
            "like_ci_low": (say("Interval from"), "share"),
            "like_ci_high": (say("to"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of rules holds."""
        if self.refused:
            return self.refused
        return say(
            "Each rule at the cut on {cut}, from purchases up to it alone, and what {customers} customers did in the "
            "{days} that followed: {share} of them bought. {level} Wilson intervals.",
            cut=language.date(self.cut),
            customers=integer(self.customers),
            days=_days(self.holdout_days),
            share=percent(self.buyers / self.customers),
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say which rule gives up most customers who are still there, like for like, if that is clear."""
        rules = [rule for rule in self.rules if rule.like_for_like]
        if len(rules) < 2:
            return say("Rules of lapse, held against what customers did next")
        best = min(rules, key=lambda r: r.like_for_like.value)
        worst = max(rules, key=lambda r: r.like_for_like.value)
        words = {
            "least": percent(best.like_for_like.value),
            "most": percent(worst.like_for_like.value),
        }
        if worst.like_for_like.ci_low > best.like_for_like.ci_high:
            return say(
                'Repeat buyers called lapsed who bought all the same: {least} by the rule "{best}", {most} by the '
                'rule "{worst}"',
                **words,
                best=say(RULES[best.name]),
                worst=say(RULES[worst.name]),
            )
        return say(
            "Repeat buyers called lapsed who bought all the same: {least} to {most}; no rule is clearly more often "
            "wrong",
            **words,
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of the customers called lapsed, and of those called active, for each rule"
        )

    def caption(self) -> str:
        """Say what the points are, when the cut is, and what the rules cannot do."""
        if self.refused:
            return self.refused
        drawn = say(
            "Rules know the purchases up to {cut}; the {days} that followed show who bought: {buyers} of {customers} "
            "customers; who did not may buy later. Bars are {level} Wilson intervals. Own rhythm judges only customers "
            "with two purchases or more, and BG/NBD calls no one-time buyer lapsed, so only those with two purchases "
            "are compared like for like. In a published comparison (Wübben and von Wangenheim 2008) "
            "rules of silence were no worse than such models at telling active customers from inactive ones.",
            cut=language.date(self.cut),
            days=_days(self.holdout_days),
            buyers=integer(self.buyers),
            customers=integer(self.customers),
            level=percent(self.level, 0),
        )
        without = [say(RULES[r.name]) for r in self.rules if not r.wrongly_lapsed]
        if not without:
            return drawn
        missing = say(
            "No share of those called lapsed is stated for: {rules}.", rules=listed(without)
        )
        return f"{drawn} {missing}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        points = "; ".join(
            say(
                "{rule}: {share} of {n}",
                rule=say(RULES[r.name]),
                share=percent(r.wrongly_lapsed.value),
                n=integer(r.lapsed),
            )
            for r in self.stated
        )
        return say(
            "A point with its interval for each rule. Called lapsed and bought all the same: {points}.",
            points=points,
        )


def _days(days: int) -> str:
    return say_n("{n} day", "{n} days", days)


def _numbers(share: Estimate | None) -> tuple:
    return (share.value, *share.interval) if share else (None, None, None)


def compare_rules(
    history: History,
    *,
    own_multiple: float = 3.0,
    holdout_days: int = 90,
    level: float = 0.95,
    min_group: int = 5,
) -> RuleComparison:
    """Sort the customers at a cut inside the data by each rule, and count who bought after it.

    Parameters
    ----------
    history : History
    own_multiple : float
        Silence the own rhythm allows, in mean intervals of the customer's own; above 0.
    holdout_days : int
        Days from the cut to the last day of the data, at least 1.
    level : float
        Coverage of the intervals, 0.95 is 95 %.
    min_group : int
        Fewest customers called lapsed, or active, for a share of them.
    """
    check_multiple(own_multiple)
    if holdout_days < 1:
        raise ParameterError(
            say(
                "{name}: wanted a whole number of days, 1 or more; got {got}.",
                name="holdout_days",
                got=holdout_days,
            )
        )
    cut = history.last - holdout_days
    frame = _at_cut(history, cut, own_multiple)
    customers, buyers = int(frame.n.sum()), int(frame.bought.sum())
    common = {
        "customers": customers,
        "buyers": buyers,
        "cut": history.first_day + timedelta(days=cut),
        "holdout_days": holdout_days,
        "min_group": min_group,
        "level": level,
    }
    if customers < max(1, min_group):
        what = say(
            "customers with a purchase more than {days} before the last day of the data (parameter holdout_days)",
            days=_days(holdout_days),
        )
        reason = too_few(what, customers, max(1, min_group))
        return RuleComparison((), **common, refused=reason)
    sorted_by = (
        _fixed(history, frame, cut),
        _suggested(history, frame, cut, min_group),
        _own(frame, own_multiple),
        _alive(history, frame, cut, min_group),
    )
    rules = (_rule(frame, *one, level, min_group) for one in sorted_by)
    return RuleComparison(tuple(rules), **common)


def _at_cut(history: History, cut: int, own_multiple: float):
    """Return customers at the cut by orders, first, last: n, how many bought after it, lapsed by own rhythm."""
    c = seen_by(history, cut)
    own = lapsed_by_rhythm(c, day=cut, own_multiple=own_multiple).fill_null(False)
    keys = ("orders", "first", "last")
    counts = c.group_by(*keys).aggregate(n=c.count(), bought=(c.later > 0).sum(), own=own.any())
    return counts.order_by(*keys).execute()


# Each rule: its name, its line, which kinds it judges, which it calls lapsed; or the reason why it cannot.


def _fixed(history: History, frame, cut: int):
    line = say("silent for more than {days}", days=_days(history.lapse_days))
    return FIXED, line, frame.n > 0, cut - frame["last"] > history.lapse_days, None


def _suggested(history: History, frame, cut: int, min_group: int):
    found = suggest_threshold(history, until=cut, min_group=min_group)
    if found.refused:
        return SUGGESTED, say("silent for more than the suggestion"), None, None, found.refused
    line = say("silent for more than {days}", days=_days(found.days))
    return SUGGESTED, line, frame.n > 0, cut - frame["last"] > found.days, None


def _own(frame, own_multiple: float):
    line = say("silent for more than {times} times the own interval", times=brief(own_multiple))
    return OWN, line, frame.orders > 1, frame.own, None


def _alive(history: History, frame, cut: int, min_group: int):
    line = say("P(alive) below {least}", least=percent(ALIVE_FROM, 0))
    kinds = kinds_of(history, frame, cut)
    law, reason = kinds.fit(min_group)
    if law is None:
        return ALIVE, line, None, None, reason
    if reason:
        line = say("P(alive) below {least}, law without a best fit", least=percent(ALIVE_FROM, 0))
    return ALIVE, line, frame.n > 0, kinds.p_alive(law) < ALIVE_FROM, None


def _rule(frame, name, line, judges, lapses, reason, level: float, min_group: int) -> Rule:
    """Return the rule with its counts and shares."""
    if reason:
        return Rule(name, line, refused=reason)
    lapsed, active = frame[judges & lapses], frame[judges & ~lapses]
    again = lapsed[lapsed.orders > 1]
    events = (lapsed.bought, active.n - active.bought, again.bought)
    counts = [
        (int(e.sum()), int(called.n.sum()))
        for e, called in zip(events, (lapsed, active, again), strict=True)
    ]
    shares = [
        wilson_share(wrong, n, level=level) if n >= max(1, min_group) else None
        for wrong, n in counts
    ]
    (bought, n_lapsed), (silent, n_active), (_, n_again) = counts
    once = int(frame.n[judges & (frame.orders == 1)].sum())
    return Rule(name, line, n_lapsed, n_active, bought, silent, n_again, once, *shares)
