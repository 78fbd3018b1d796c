"""Does the answer depend on the rule? The two ratios of value under every lapse threshold at once.

Estimand: `window.ratio` and `window.like_for_like.ratio`, see `retorno.reactivation.curves.windows`, with each of a
list of thresholds in place of lapse_days; beside them the share of customers who lapse, and of these who return. The
identifying assumption is the same at every threshold, and none makes a ratio an effect of contact. The thresholds
share customers and purchases: intervals are pointwise, and neighbours are no independent confirmation.

Source: Wuebben and von Wangenheim (2008), J. of Marketing 72(3), 82-93, for fixed silences as the rule to beat; errors
as in `retorno.stats.recurrent`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution
from retorno.language import integer, listed, mark, number, percent, say, say_n
from retorno.reactivation.curves.rules import Ratio, Rule, under_rules
from retorno.reactivation.history import History

THRESHOLDS = (60, 75, 90, 120, 150, 180, 240, 300, 365)
WINDOW, LIKE = "window", "like_for_like"
MOST_TIMES = 2.5  # an interval is drawn up to so many times the largest ratio

LOW = Definition(
    "thresholds.ratio.low",
    label=mark("Smallest ratio of returned over new, over lapse thresholds"),
    meaning=mark(
        "Smallest window.ratio over the lapse thresholds at which it can be stated, lapse_days among them. In the "
        "formula V is the value of the window, R the reactivated, N the new customers, both at threshold L."
    ),
    unit="ratio",
    sign=mark(
        "Above 1: at every threshold the returned bring more than the new; clear of chance is another matter."
    ),
    formula=r"\min_L \frac{\bar V_R(L)}{\bar V_N(L)}",
    reference=1.0,
)
HIGH = Definition(
    "thresholds.ratio.high",
    label=mark("Largest ratio of returned over new, over lapse thresholds"),
    meaning=mark(
        "Largest window.ratio over the lapse thresholds at which it can be stated, lapse_days among them. In the "
        "formula V is the value of the window, R the reactivated, N the new customers, both at threshold L."
    ),
    unit="ratio",
    sign=mark(
        "Below 1: at every threshold the returned bring less than the new; clear of chance is another matter."
    ),
    formula=r"\max_L \frac{\bar V_R(L)}{\bar V_N(L)}",
    reference=1.0,
)
LIKE_LOW = Definition(
    "thresholds.like_for_like.ratio.low",
    label=mark("Smallest ratio like for like, over lapse thresholds"),
    meaning=mark(
        "Smallest window.like_for_like.ratio over the lapse thresholds at which it can be stated, lapse_days "
        "among them. In the formula V is the value of the window from the second purchase, L the threshold, and the "
        "index says how long the gap before it was."
    ),
    unit="ratio",
    sign=mark(
        "Above 1: at every threshold those who had lapsed bring more; clear of chance is another matter."
    ),
    formula=r"\min_L \frac{\bar V_{> L}}{\bar V_{\leq L}}",
    reference=1.0,
)
LIKE_HIGH = Definition(
    "thresholds.like_for_like.ratio.high",
    label=mark("Largest ratio like for like, over lapse thresholds"),
    meaning=mark(
        "Largest window.like_for_like.ratio over the lapse thresholds at which it can be stated, lapse_days "
        "among them. In the formula V is the value of the window from the second purchase, L the threshold, and the "
        "index says how long the gap before it was."
    ),
    unit="ratio",
    sign=mark(
        "Below 1: at every threshold those who had lapsed bring less; clear of chance is another matter."
    ),
    formula=r"\max_L \frac{\bar V_{> L}}{\bar V_{\leq L}}",
    reference=1.0,
)
DEFINITIONS = (LOW, HIGH, LIKE_LOW, LIKE_HIGH)

PANELS = {
    WINDOW: mark("Returned over new customers"),
    LIKE: mark("Like for like: after a long over after a short silence"),
}
LOWEST = {
    WINDOW: mark(
        "Over thresholds from {first} to {last} days, returned customers bring at least {times} times what new ones "
        "bring (at {days} days)."
    ),
    LIKE: mark(
        "Over thresholds from {first} to {last} days, those who had lapsed bring at the second purchase at least "
        "{times} times what the others bring (at {days} days)."
    ),
}
HIGHEST = {
    WINDOW: mark(
        "Over thresholds from {first} to {last} days, returned customers bring at most {times} times what new ones "
        "bring (at {days} days)."
    ),
    LIKE: mark(
        "Over thresholds from {first} to {last} days, those who had lapsed bring at the second purchase at most "
        "{times} times what the others bring (at {days} days)."
    ),
}
# Which verdicts there are over the thresholds: above, below, undecided -> what the rule does to the answer.
ANSWERS = {
    (True, False, False): mark(
        "The answer does not depend on the rule: above 1, interval and all, at each of {n} thresholds."
    ),
    (False, True, False): mark(
        "The answer does not depend on the rule: below 1, interval and all, at each of {n} thresholds."
    ),
    (False, False, True): mark(
        "The answer does not depend on the rule: undecided at each of {n} thresholds."
    ),
    (True, False, True): mark(
        "How clear the answer is depends on the rule: above 1 at {above} days, undecided at "
        "{undecided}, below 1 at none."
    ),
    (False, True, True): mark(
        "How clear the answer is depends on the rule: below 1 at {below} days, undecided at "
        "{undecided}, above 1 at none."
    ),
    (True, True, False): mark(
        "The answer depends on the rule: above 1 at {above} days, below 1 at {below}."
    ),
    (True, True, True): mark(
        "The answer depends on the rule: above 1 at {above} days, below 1 at {below}, undecided at {undecided}."
    ),
}
TITLES = {
    (True, False, False): mark("At every threshold returned customers bring more than new ones"),
    (False, True, False): mark("At every threshold returned customers bring less than new ones"),
    (False, False, True): mark("At no threshold do returned and new customers differ clearly"),
    (True, False, True): mark(
        "Returned customers bring more than new ones at {above} of {n} thresholds, clearly less at none"
    ),
    (False, True, True): mark(
        "Returned customers bring less than new ones at {below} of {n} thresholds, clearly more at none"
    ),
    (True, True, False): mark("Whether returned customers bring more depends on the threshold"),
    (True, True, True): mark("Whether returned customers bring more depends on the threshold"),
}
LIKE_TITLES = {
    (True, False, False): mark("like for like, more at every one"),
    (False, True, False): mark("like for like, less at every one"),
    (False, False, True): mark("like for like, clearly different at none"),
    (True, False, True): mark("like for like, more at {above} of {n}"),
    (False, True, True): mark("like for like, less at {below} of {n}"),
    (True, True, False): mark("like for like, it depends on the threshold"),
    (True, True, True): mark("like for like, it depends on the threshold"),
}


@dataclass(frozen=True, slots=True)
class OverThresholds:
    """The main results over lapse thresholds.

    Attributes
    ----------
    rules : tuple of Rule
        Thresholds rising.
    customers : int
    lapse_days, window_days, min_group : int
    level : float
        Coverage of the pointwise intervals.
    all_spells : bool
        Every return counts, not the first of a customer alone.
    """

    rules: tuple[Rule, ...]
    customers: int
    lapse_days: int
    window_days: int
    min_group: int
    level: float
    all_spells: bool

    def ratios(self, which: str) -> list[tuple[int, Ratio]]:
        """Return threshold and ratio (`WINDOW` or `LIKE`) of every rule."""
        return [(rule.days, getattr(rule, which)) for rule in self.rules]

    def stated(self, which: str) -> list[tuple[int, Ratio]]:
        """Return the same where the ratio is stated."""
        return [(days, one) for days, one in self.ratios(which) if one.ratio]

    def panel(self, which: str) -> str:
        """Return the name of a ratio for people."""
        return say(PANELS[which])

    def findings(self) -> Findings:
        """State or refuse smallest and largest of both ratios."""
        return Findings(
            [
                self._finding(LOW, WINDOW, LOWEST, min),
                self._finding(HIGH, WINDOW, HIGHEST, max),
                self._finding(LIKE_LOW, LIKE, LOWEST, min),
                self._finding(LIKE_HIGH, LIKE, HIGHEST, max),
            ]
        )

    def _finding(self, definition: Definition, which: str, sentences, choose) -> Finding:
        stated = self.stated(which)
        if not stated:
            return definition.refuse(
                self._none(which), n=max(sum(one.n) for _, one in self.ratios(which))
            )
        days, one = choose(stated, key=lambda item: item[1].ratio.value)
        sentence = say(
            sentences[which],
            first=integer(stated[0][0]),
            last=integer(stated[-1][0]),
            times=number(one.ratio.value),
            days=integer(days),
        )
        fewest = min(min(other.n) for _, other in stated)
        return definition.state(
            one.ratio.value,
            " ".join([sentence, self.answer(which), *self._missing(which)]) + caution(fewest),
            n=sum(one.n),
            method=say("ratios of means over full windows at each threshold"),
        )

    def _none(self, which: str) -> str:
        most = max(min(one.n) for _, one in self.ratios(which))
        return say(
            "Not stated: at no threshold have both groups {least} customers with a whole {window}-day window inside "
            "the data and a positive mean value; the smaller group has at most {most} (parameters min_group, "
            "window_days).",
            least=integer(self.min_group),
            window=integer(self.window_days),
            most=integer(most),
        )

    def _missing(self, which: str) -> list[str]:
        """Say at which thresholds the ratio is not stated."""
        missing = [days for days, one in self.ratios(which) if not one.ratio]
        if not missing:
            return []
        return [
            say(
                "Not stated, for too few full windows or no positive mean, at {days} days.",
                days=_listed(missing),
            )
        ]

    def sides(self, which: str) -> tuple[tuple[bool, bool, bool], dict]:
        """Return which verdicts there are (above, below, undecided), and the thresholds of each."""
        verdicts = ("above", "below", "undecided")
        days = {v: [d for d, one in self.stated(which) if one.verdict == v] for v in verdicts}
        return tuple(bool(days[v]) for v in verdicts), days

    def answer(self, which: str) -> str:
        """Say whether the answer depends on the rule; at least one ratio is stated."""
        sides, days = self.sides(which)
        listed = {verdict: _listed(those) for verdict, those in days.items()}
        return say(ANSWERS[sides], n=integer(len(self.stated(which))), **listed)

    def to_frame(self):
        """Return a row for each threshold, its ratios missing where they are refused.

        Columns: threshold, lapsed and returned (shares of customers, and of the lapsed), reactivated and long_silence
        (full windows), ratio, ci_low, ci_high, like, like_ci_low, like_ci_high.
        """
        import pandas as pd

        rows = [
            (
                rule.days,
                rule.lapsed / self.customers,
                rule.returned / rule.lapsed if rule.lapsed else None,
                rule.window.n[1],
                *_row(rule.window),
                rule.like_for_like.n[1],
                *_row(rule.like_for_like),
            )
            for rule in self.rules
        ]
        names = ["threshold", "lapsed", "returned", "reactivated", "ratio", "ci_low", "ci_high"]
        names += ["long_silence", "like", "like_ci_low", "like_ci_high"]
        numbers = ["returned", *names[4:7], *names[8:]]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "threshold": (say("Lapsed after, days"), "count"),
            "lapsed": (say("Customers who lapsed"), "share"),
            "returned": (say("Of these came back"), "share"),
            "reactivated": (say("Reactivated, full windows"), "count"),
            "ratio": (say("Returned over new"), "ratio"),
            "ci_low": (say("Interval from"), "ratio"),
            "ci_high": (say("to"), "ratio"),
            "long_silence": (say("Second purchase after a lapse, full windows"), "count"),
            "like": (say("Like for like"), "ratio"),
            "like_ci_low": (say("Interval from"), "ratio"),
            "like_ci_high": (say("to"), "ratio"),
        }

    def table_caption(self) -> str:
        """Say what the table of thresholds holds."""
        return say(
            "The main results under each lapse threshold, {lapse} days being in use; {window}-day windows, {level} "
            "intervals. Ratios are missing where a group has fewer than {least} full windows.",
            lapse=integer(self.lapse_days),
            window=integer(self.window_days),
            level=percent(self.level, 0),
            least=integer(self.min_group),
        )

    def title(self) -> str:
        """Say whether the answers depend on the threshold."""
        parts = [
            say(
                titles[self.sides(which)[0]],
                n=integer(len(self.stated(which))),
                **self._counts(which),
            )
            for which, titles in ((WINDOW, TITLES), (LIKE, LIKE_TITLES))
            if self.stated(which)
        ]
        return "; ".join(parts) or say("Too few full windows at every lapse threshold")

    def _counts(self, which: str) -> dict[str, str]:
        return {verdict: integer(len(days)) for verdict, days in self.sides(which)[1].items()}

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Ratio of the mean value of {window}-day windows, by lapse threshold",
            window=integer(self.window_days),
        )

    @property
    def top(self) -> float:
        """The largest ratio that is drawn: intervals may go beyond."""
        every = [one.ratio for which in PANELS for _, one in self.stated(which)]
        highest = max([1.0, *(ratio.ci_high for ratio in every)])
        return min(highest, MOST_TIMES * max([1.0, *(ratio.value for ratio in every)]))

    def caption(self) -> str:
        """Say what points and bars are, what is in use, and what the rule does to the answers."""
        if not any(self.stated(which) for which in PANELS):
            return self._none(WINDOW)
        parts = [
            say(
                "Points are ratios over full windows with pointwise {level} log intervals by customer; the line "
                "stands at 1, the upright one at {lapse} days, the threshold in use. All thresholds share the same "
                "customers.",
                level=percent(self.level, 0),
                lapse=integer(self.lapse_days),
            )
        ]
        if any(one.ratio.ci_high > self.top for which in PANELS for _, one in self.stated(which)):
            parts.append(
                say("Intervals that go beyond the figure are cut at {top}.", top=number(self.top))
            )
        for which, name in PANELS.items():
            words = (
                [self.answer(which), *self._missing(which)]
                if self.stated(which)
                else [self._none(which)]
            )
            parts.append(say("{name}: {words}", name=say(name), words=" ".join(words)))
        return " ".join(parts)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        lines = [
            say("{name}: {points}.", name=say(name), points=self._points(which))
            for which, name in PANELS.items()
            if self.stated(which)
        ]
        if not lines:
            return self.caption()
        count = say_n(
            "{n} panel of points with intervals against a line at 1.",
            "{n} panels of points with intervals against a line at 1.",
            len(lines),
        )
        return " ".join([count, *lines])

    def _points(self, which: str) -> str:
        return "; ".join(
            say("{days} days: {ratio}", days=integer(days), ratio=number(one.ratio.value))
            for days, one in self.stated(which)
        )


def _listed(days: Sequence[int]) -> str:
    return listed(map(integer, days))


def _row(one: Ratio) -> tuple:
    return (one.ratio.value, *one.ratio.interval) if one.ratio else (None, None, None)


def over_thresholds(
    history: History,
    *,
    level: float = 0.95,
    min_group: int = 5,
    thresholds: Sequence[int] = THRESHOLDS,
) -> OverThresholds:
    """Return the main results under each of `thresholds`, and under the one in use.

    Parameters
    ----------
    history : History
    thresholds : sequence of int
        Days, 1 or more (ParameterError).
    """
    if any(days < 1 for days in thresholds):
        raise ParameterError(
            say(
                "thresholds: wanted whole numbers of days, 1 or more; got {got}.",
                got=min(thresholds),
            )
        )
    days = sorted({*thresholds, history.lapse_days})
    rules = {"level": level, "min_group": min_group}
    return OverThresholds(
        rules=under_rules(history, days, **rules),
        customers=int(history.customers.count().execute()),
        lapse_days=history.lapse_days,
        window_days=history.window_days,
        all_spells=history.all_spells,
        **rules,
    )
