"""Who brings the value: the mean beside median and winsorised mean, gross beside net, with and without the first day.

Estimand: value of a full window per customer, summed up in several ways; each ratio is reactivated over new, as
window.ratio. A few heavy buyers can make a mean, goods sent back are in the net alone, and day 0 is a purchase by
definition, so that what comes after it tells more about staying. The winsorised mean counts what lies above a quantile
of all values as that quantile, which is taken as known.

Source: Tukey and McLaughlin (1963), Sankhya A 25, 331-352, for winsorised means; order statistics for the median, David
and Nagaraja (2003), Order Statistics, chapter 7.
"""

from dataclasses import dataclass

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, listed, mark, money, number, percent, say
from retorno.reactivation.curves.totals import GROUPS, TOP, Totals, window_totals
from retorno.reactivation.curves.windows import SecondPurchase, Windows
from retorno.reactivation.history import History
from retorno.stats.recurrent import MeanCurves
from retorno.stats.student import Estimate

MONEY = "money per customer"
OF_GROUP = mark("Higher: a customer of the group brings more.")
OF_RATIO = mark("Above 1: the returned bring more than the new. It says nothing about why.")

MEDIAN = Definition(
    "window.{group}.median",
    label=mark("Median value of the window: {group}"),
    meaning=mark(
        "Value that half of the full windows of the group reach and half do not; interval from order statistics. In "
        "the formula V is the value of a window."
    ),
    unit=MONEY,
    sign=OF_GROUP,
    formula=r"\text{median}(V)",
)
WINSORISED = Definition(
    "window.{group}.winsorised",
    label=mark("Winsorised mean value of the window: {group}"),
    meaning=mark(
        "Mean value of full windows in which a value above the quantile winsorise_at of all windows, new and "
        "reactivated together, counts as that quantile, taken as known. In the formula V is the value of window i, n "
        "the windows, q the quantile."
    ),
    unit=MONEY,
    sign=OF_GROUP,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \min(V_i, q)",
)
WITHOUT = Definition(
    "window.{group}.without_day_0",
    label=mark("Value of the window after its first day: {group}"),
    meaning=mark(
        "Mean value on offsets 1 to window_days - 1 of full windows: without the purchase that begins them. In the "
        "formula y is the value of window i on offset s, n the windows, W window_days."
    ),
    unit=MONEY,
    sign=OF_GROUP,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \sum_{s=1}^{W-1} y_{is}",
)
GROSS = Definition(
    "window.{group}.gross",
    label=mark("Value of the window, goods sent back not taken off: {group}"),
    meaning=mark(
        "Mean value of full windows from lines with an amount of 0 or more alone. In the formula V is the net value of "
        "window i, r the value of the goods sent back in it, a negative number, n the windows."
    ),
    unit=MONEY,
    sign=OF_GROUP,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} (V_i - r_i)",
)
RATIO_WITHOUT = Definition(
    "window.ratio.without_day_0",
    label=mark("Value of the window after its first day, reactivated over new"),
    meaning=mark(
        "window.reactivated.without_day_0 over window.new.without_day_0. In the formula V is that value, R the "
        "reactivated, N the new customers."
    ),
    unit="ratio",
    sign=OF_RATIO,
    formula=r"\frac{\bar V_R}{\bar V_N}",
    reference=1.0,
)
RATIO_WINSORISED = Definition(
    "window.ratio.winsorised",
    label=mark("Winsorised mean value of the window, reactivated over new"),
    meaning=mark(
        "window.reactivated.winsorised over window.new.winsorised. In the formula V is that value, R the reactivated, "
        "N the new customers."
    ),
    unit="ratio",
    sign=OF_RATIO,
    formula=r"\frac{\bar V_R}{\bar V_N}",
    reference=1.0,
)
RATIO_GROSS = Definition(
    "window.ratio.gross",
    label=mark("Value of the window before goods sent back, reactivated over new"),
    meaning=mark(
        "window.reactivated.gross over window.new.gross. In the formula V is that value, R the reactivated, N the new "
        "customers."
    ),
    unit="ratio",
    sign=OF_RATIO,
    formula=r"\frac{\bar V_R}{\bar V_N}",
    reference=1.0,
)
DEFINITIONS = (
    MEDIAN,
    WINSORISED,
    WITHOUT,
    GROSS,
    RATIO_WITHOUT,
    RATIO_WINSORISED,
    RATIO_GROSS,
)

WHO = (mark("new customers"), mark("reactivated customers"))
LABELS = (
    mark("New"),
    mark("Reactivated"),
    mark("Second purchase after a short silence"),
    mark("Second purchase after a long silence"),
)
SENTENCES = {
    "median": mark("Half of the windows of {who} bring {value} or more, the mean is {mean}."),
    "winsorised": mark(
        "With values above {cap} counted as {cap}, the mean of {who} is {value} in place of {mean}."
    ),
    "without_day_0": mark(
        "After their first day {who} bring a mean {value} in the window, {mean} with it."
    ),
    "gross": mark(
        "Before goods sent back are taken off, {who} bring a mean {value}; net it is {mean}."
    ),
}
WAYS = {
    "without_day_0": mark("without the first day"),
    "winsorised": mark("with the highest values held down"),
    "gross": mark("before goods sent back"),
}
RATIOS = {
    "above": mark(
        "Summed up {way}, returned customers bring {times} times what new ones bring: more."
    ),
    "below": mark(
        "Summed up {way}, returned customers bring {times} times what new ones bring: less."
    ),
    "undecided": mark(
        "Summed up {way}, returned customers bring {times} times what new ones bring; the interval holds 1, so which "
        "of the two bring more is undecided."
    ),
}
METHODS = {
    "winsorised": mark("mean over full windows, quantile taken as known, t interval by customer"),
    "without_day_0": mark("mean over full windows, t interval by customer"),
    "gross": mark("mean over full windows, t interval by customer"),
}
SAME = mark(
    "The answer to who brings more is that of the plain mean in each other way of summing up that can be stated."
)
OTHER = mark("Read the ratio of the plain means with care. Another answer comes out {ways}.")
ANSWERS = {
    "above": mark("returned customers bring more"),
    "below": mark("returned customers bring less"),
    "undecided": mark("undecided"),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """Value of full windows in several ways.

    Attributes
    ----------
    windows : Windows
    second : SecondPurchase or None
        Windows from the second purchase; without it their value after day 0 is not told.
    totals : Totals
    winsorise_at : float
        Quantile at which values are held down.
    """

    windows: Windows
    second: SecondPurchase | None
    totals: Totals
    winsorise_at: float

    def means(self, way: str) -> MeanCurves | None:
        """Return the means of new (0) and reactivated (1) windows in a `way` of `WAYS`; None where nothing is left."""
        if way == "without_day_0":
            return self.windows.full.without(0) if self.windows.window_days > 1 else None
        return self.totals.held if way == "winsorised" else self.totals.gross

    def ratio(self, way: str) -> Estimate | None:
        """Return reactivated over new in a `way`; None where refused."""
        if self._no_ratio(way):
            return None
        return self.means(way).ratio(level=self.windows.level)

    def findings(self) -> Findings:
        """State or refuse median and means of both groups in each way, and the ratios."""
        groups = [
            finding
            for group in (0, 1)
            for finding in (
                self._median(group),
                self._mean(WINSORISED, "winsorised", group),
                self._mean(WITHOUT, "without_day_0", group),
                self._mean(GROSS, "gross", group),
            )
        ]
        ratios = (
            (RATIO_WITHOUT, "without_day_0"),
            (RATIO_WINSORISED, "winsorised"),
            (RATIO_GROSS, "gross"),
        )
        return Findings([*groups, *(self._ratio(*pair) for pair in ratios)])

    def _median(self, group: int) -> Finding:
        w, names = self.windows, {"group": self.windows.groups[group]}
        if reason := w.refusal(group):
            return MEDIAN.refuse(reason, n=w.n[group], unit=w.unit, **names)
        median, low, high = self.totals.medians[group]
        words = self._words(group, median)
        return MEDIAN.state(
            median,
            say(SENTENCES["median"], **words) + caution(w.n[group]),
            interval=None if low is None else (low, high),
            level=w.level,
            unit=w.unit,
            n=w.n[group],
            method=say("median over full windows, order statistics"),
            **names,
        )

    def _mean(self, definition: Definition, way: str, group: int) -> Finding:
        w, names = self.windows, {"group": self.windows.groups[group]}
        if reason := w.refusal(group) or self._one_day(way):
            return definition.refuse(reason, n=w.n[group], unit=w.unit, **names)
        estimate = self.means(way).one(group, level=w.level)
        text = say(SENTENCES[way], **self._words(group, estimate.value))
        if way == "gross" and not self.totals.returned:
            text += " " + say("No line in these windows is goods sent back.")
        return definition.state(
            estimate.value,
            text + caution(w.n[group]),
            interval=estimate.interval,
            level=w.level,
            unit=w.unit,
            n=w.n[group],
            method=say(METHODS[way]),
            **names,
        )

    def _words(self, group: int, value: float) -> dict[str, str]:
        currency = self.windows.currency
        return {
            "who": say(WHO[group]),
            "value": money(value, currency),
            "mean": money(self.totals.net.mean[group, -1], currency),
            "cap": money(self.totals.cap, currency),
        }

    def _one_day(self, way: str) -> str | None:
        if self.means(way) is not None:
            return None
        return say(
            "Not stated: the window has one day, so nothing comes after it (parameter window_days)."
        )

    def _no_ratio(self, way: str) -> str | None:
        if reason := self.windows.refusal(0, 1) or self._one_day(way):
            return reason
        if not (self.means(way).mean[:2, -1] > 0).all():
            return say("Not stated: a ratio needs a positive mean value in both groups.")
        return None

    def _ratio(self, definition: Definition, way: str) -> Finding:
        w = self.windows
        if reason := self._no_ratio(way):
            return definition.refuse(reason, n=sum(w.n))
        estimate = self.ratio(way)
        verdict = direction(estimate.interval, 1.0)
        words = {"way": say(WAYS[way]), "times": number(estimate.value)}
        return definition.state(
            estimate.value,
            say(RATIOS[verdict], **words) + caution(min(w.n)),
            interval=estimate.interval,
            level=w.level,
            n=sum(w.n),
            method=say("ratio of means, log interval from joint influence by customer"),
            verdict=verdict,
        )

    def agreement(self) -> str:
        """Say whether the other ratios answer as the ratio of the plain means does; nothing where it is refused."""
        w = self.windows
        if w.refusal(0, 1) or not (w.full.mean[:, -1] > 0).all():
            return ""
        plain = direction(w.full.ratio(level=w.level).interval, 1.0)
        found = {way: direction(e.interval, 1.0) for way in WAYS if (e := self.ratio(way))}
        other = [
            f"{say(WAYS[way])} ({say(ANSWERS[verdict])})"
            for way, verdict in found.items()
            if verdict != plain
        ]
        if not found:
            return ""
        return say(OTHER, ways=listed(other)) if other else say(SAME)

    def to_frame(self):
        """Return one row a group: n, mean, median and its bounds, winsorised, without_day_0, gross, top."""
        import pandas as pd

        rows = [self._row(group) for group in range(GROUPS)]
        frame = pd.DataFrame(rows)
        return frame.astype({c: float for c in frame.columns if c not in ("group", "n")})

    def _row(self, group: int) -> dict:
        t, told = self.totals, self.totals.n[group] >= max(2, self.windows.min_group)
        median, low, high = t.medians[group] if told else (None, None, None)
        return {
            "group": say(LABELS[group]),
            "n": t.n[group],
            "mean": t.net.mean[group, -1] if told else None,
            "median": median,
            "median_ci_low": low,
            "median_ci_high": high,
            "winsorised": t.held.mean[group, -1] if told else None,
            "without_day_0": self._after(group) if told else None,
            "gross": t.gross.mean[group, -1] if told else None,
            "top": t.top[group] if told else None,
        }

    def _after(self, group: int) -> float | None:
        curves = self.windows if group < 2 else self.second
        if curves is None or curves.window_days == 1:
            return None
        return float(curves.full.without(0).mean[group % 2, -1])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        amount = f"money:{self.windows.currency}"
        return {
            "group": (say("Windows of"), "text"),
            "n": (say("Full windows"), "count"),
            "mean": (say("Mean, net"), amount),
            "median": (say("Median"), amount),
            "median_ci_low": (say("Interval from"), amount),
            "median_ci_high": (say("to"), amount),
            "winsorised": (say("Winsorised mean"), amount),
            "without_day_0": (say("Mean after day 0"), amount),
            "gross": (say("Mean, gross"), amount),
            "top": (say("Share of the top {share}", share=percent(TOP, 0)), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table holds, and whether the ratios of the ways agree."""
        w = self.windows
        held = (
            say(
                "Winsorised: values above {cap}, the {at} quantile of new and reactivated together, count as that. ",
                cap=money(self.totals.cap, w.currency),
                at=percent(self.winsorise_at, 0),
            )
            if self.totals.cap is not None
            else ""
        )
        drawn = say(
            "Value of full {window}-day windows per customer. Gross: goods sent back not taken off. {held}Share of the "
            "top {share}: what those windows that bring most bring of all value of their group. Median with {level} "
            "interval.",
            window=integer(w.window_days),
            held=held,
            share=percent(TOP, 0),
            level=percent(w.level, 0),
        )
        return f"{drawn} {self.agreement()}".rstrip()


def spread(
    history: History,
    windows: Windows,
    second: SecondPurchase | None = None,
    *,
    winsorise_at: float = 0.99,
) -> Spread:
    """Return the value of full windows in several ways; level, least group and currency are those of `windows`.

    Parameters
    ----------
    history : History
        That of `windows` and `second`.
    winsorise_at : float
        Quantile of all window values, above 0.5 and up to 1, beyond which a value counts as it.
    """
    if not 0.5 < winsorise_at <= 1:
        raise ParameterError(
            say(
                "winsorise_at: wanted a quantile above 0.5 and up to 1, as 0.99; got {got}.",
                got=winsorise_at,
            )
        )
    totals = window_totals(history, winsorise_at=winsorise_at, level=windows.level)
    return Spread(windows, second, totals, winsorise_at)
