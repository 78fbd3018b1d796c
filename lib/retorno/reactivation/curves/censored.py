"""Do the youngest customers change the picture? Windows cut off by the end of the data, taken in as far as they go.

Estimand: mean cumulative value per window on offsets 0 to W-1, over all windows that began. At each offset the mean
grows by what the windows still inside the data bring per head. Identified as far as windows that began late would go on
like those that began early: the data end for all on one day, whatever a customer does. The comparison with full windows
alone looks at that.

Source: mean cumulative function of marked events with robust variance, Lawless and Nadeau (1995), Technometrics 37,
158-168.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, money, percent, say
from retorno.reactivation.curves.aligned import MEASURES
from retorno.reactivation.curves.windows import Windows
from retorno.stats.student import Estimate

EVERY = Definition(
    "window.mean_cumulative.{group}",
    label=mark("Value of the window from all windows that began: {group}"),
    meaning=mark(
        "Mean value on offsets 0 to window_days - 1 from the mean cumulative function of all windows that began: at "
        "each offset the mean grows by what the windows still inside the data bring per head, so that those cut off by "
        "the last day of the data count as far as they go. Before acquisition and win-back cost. In the formula n are "
        "the windows of which offset s lies inside the data, y the value of window i on it, W window_days."
    ),
    unit="money per customer",
    sign=mark("Higher: a customer of the group brings more."),
    formula=r"\sum_{s=0}^{W-1} \frac{1}{n_s} \sum_{i=1}^{n_s} y_{is}",
)
MINUS_FULL = Definition(
    "window.mean_cumulative.{group}.minus_full",
    label=mark("All windows that began minus full windows alone: {group}"),
    meaning=mark(
        "Value of the window from all windows that began minus the mean of the full windows alone. Most windows are in "
        "both: the interval rests on what each customer adds to the difference. In the formula E are all windows that "
        "began, F the full ones, V the value of the window."
    ),
    unit="money per customer",
    sign=mark(
        "Positive: windows that the end of the data cuts off, the youngest, bring more at the same age."
    ),
    formula=r"\bar V_E - \bar V_F",
    reference=0.0,
)
DEFINITIONS = (EVERY, MINUS_FULL)

VALUES = (
    mark(
        "All {starts} windows of new customers together, {young} of them cut off by the end of the data, give a mean "
        "{measure} of {value} in {window} days."
    ),
    mark(
        "All {starts} windows of reactivated customers together, {young} of them cut off by the end of the data, give "
        "a mean {measure} of {value} in {window} days."
    ),
)
WHO = (mark("new customers"), mark("reactivated customers"))
DIFFERENCES = {
    "above": mark(
        "Taking in the {young} youngest windows of {who} raises the value by {apart}: they bring more than the older "
        "ones did at the same age, and full windows alone do not speak for them."
    ),
    "below": mark(
        "Taking in the {young} youngest windows of {who} lowers the value by {apart}: they bring less than the older "
        "ones did at the same age, and full windows alone do not speak for them."
    ),
    "undecided": mark(
        "Taking in the {young} youngest windows of {who} moves the value by {apart}; the interval holds zero, so it is "
        "not shown that they differ from the older ones."
    ),
}
TITLES = {
    "neither": mark("The youngest customers are not shown to differ from the older ones"),
    "one": mark("The youngest {who} differ from the older ones"),
    "both": mark("The youngest customers differ from the older ones in both groups"),
    "none": mark("Value of all windows that began, beside full windows alone"),
}
ONE_CURVE = mark(
    "Hardly any window is cut off by the end of the data, so there is nothing to compare."
)


@dataclass(frozen=True, slots=True)
class Censored:
    """The curves of all windows that began, beside those of the full windows.

    Attributes
    ----------
    windows : Windows
        `windows.full` and `windows.every` are compared.
    """

    windows: Windows

    @property
    def young(self) -> tuple[int, int]:
        """Windows of each group that are cut off by the end of the data."""
        w = self.windows
        return w.starts[0] - w.n[0], w.starts[1] - w.n[1]

    def difference(self, group: int) -> Estimate | None:
        """Return all windows minus full ones at the last offset; None where refused."""
        w = self.windows
        if self.refusal(group):
            return None
        value = w.every.mean[group, -1] - w.full.mean[group, -1]
        # Both curves are sums over the same parts of the customers.
        influence = w.every.influence[group, :, -1] - w.full.influence[group, :, -1]
        return w.full.estimate(value, influence, group, level=w.level)

    def refusal(self, group: int) -> str | None:
        """Return why the two curves of `group` cannot be compared, or None."""
        if reason := self._no_curve(group):
            return reason
        if self.young[group] < self.windows.min_group:
            what = say(
                "windows of {who} that the end of the data cuts off, all others are full",
                who=say(WHO[group]),
            )
            return too_few(what, self.young[group], self.windows.min_group)
        return None

    def _no_curve(self, group: int) -> str | None:
        """Return why there is no curve of all windows of `group`, or None."""
        if reason := self.windows.refusal(group):
            return reason
        if self.windows.every is None:
            return say(
                "Not stated: the other group has no full window, and the curves of all windows are made for both "
                "together; a shorter window is needed (parameter window_days)."
            )
        return None

    def findings(self) -> Findings:
        """State or refuse the value of each group from all windows, and its difference from full windows alone."""
        return Findings(
            finding for g in (0, 1) for finding in (self._value(g), self._difference(g))
        )

    def _value(self, group: int) -> Finding:
        w, name = self.windows, self.windows.groups[group]
        if reason := self._no_curve(group):
            return EVERY.refuse(reason, n=w.starts[group], unit=w.unit, group=name)
        estimate = w.every.one(group, level=w.level)
        sentence = say(
            VALUES[group],
            starts=integer(w.starts[group]),
            young=integer(self.young[group]),
            measure=say(MEASURES[w.measure]),
            value=money(estimate.value, w.currency),
            window=integer(w.window_days),
        )
        return EVERY.state(
            estimate.value,
            sentence + caution(w.n[group]),
            interval=estimate.interval,
            level=w.level,
            unit=w.unit,
            n=w.starts[group],
            method=say("mean cumulative function, robust variance by customer, t interval"),
            group=name,
        )

    def _difference(self, group: int) -> Finding:
        w, name = self.windows, self.windows.groups[group]
        estimate = self.difference(group)
        if estimate is None:
            reason = self.refusal(group)
            return MINUS_FULL.refuse(reason, n=w.starts[group], unit=w.unit, group=name)
        verdict = direction(estimate.interval)
        return MINUS_FULL.state(
            estimate.value,
            self._sentence(group) + caution(min(self.young[group], w.n[group])),
            interval=estimate.interval,
            level=w.level,
            unit=w.unit,
            n=w.starts[group],
            method=say("difference of two curves of the same customers, t interval by influence"),
            verdict=verdict,
            group=name,
        )

    def _sentence(self, group: int) -> str:
        estimate = self.difference(group)
        return say(
            DIFFERENCES[direction(estimate.interval)],
            young=integer(self.young[group]),
            who=say(WHO[group]),
            apart=money(abs(estimate.value), self.windows.currency),
        )

    def to_frame(self):
        """Return offset and, for each group, the two means with pointwise bounds; no rows when refused."""
        import pandas as pd

        w = self.windows
        if w.refusal(0, 1):
            return pd.DataFrame({"offset": pd.Series(dtype=int)})
        columns = {"offset": np.arange(w.window_days)}
        for group, name in enumerate(w.groups):
            for kind, curves in (("full", w.full), ("all", w.every)):
                low, high = curves.band(group, level=w.level)
                columns |= {
                    f"{name}_{kind}": curves.mean[group],
                    f"{name}_{kind}_ci_low": low,
                    f"{name}_{kind}_ci_high": high,
                }
        return pd.DataFrame(columns)

    def title(self) -> str:
        """Say whether the youngest windows differ from the others."""
        if self.windows.refusal(0, 1):
            return say("Too few full windows to show how value builds up")
        found = [(g, estimate) for g in (0, 1) if (estimate := self.difference(g))]
        clear = [g for g, e in found if direction(e.interval) != "undecided"]
        if not found:
            return say(TITLES["none"])
        kind = ("neither", "one", "both")[len(clear)]
        return say(TITLES[kind], who=say(WHO[clear[0]]) if clear else "")

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean cumulative {measure} per customer, {currency}, by day since the first purchase or the return",
            measure=say(MEASURES[self.windows.measure]),
            currency=self.windows.currency,
        )

    def caption(self) -> str:
        """Say what the lines and bands are, and whether the youngest windows differ."""
        w = self.windows
        if reason := w.refusal(0, 1):
            return reason
        drawn = say(
            "Full {window}-day windows only, and all windows that began, each as long as it lies inside the data. "
            "Bands are pointwise {level} t intervals by customer.",
            window=integer(w.window_days),
            level=percent(w.level, 0),
        )
        told = [self._sentence(g) for g in (0, 1) if not self.refusal(g)]
        return " ".join([drawn, *(told or [say(ONE_CURVE)])])

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        w = self.windows
        if reason := w.refusal(0, 1):
            return reason
        lines = (
            say(
                "{group}: full windows end at {full}, all windows at {every}.",
                group=name,
                full=money(w.full.mean[g, -1], w.currency),
                every=money(w.every.mean[g, -1], w.currency),
            )
            for g, name in enumerate(w.names)
        )
        return " ".join([say("Two panels, each with two lines in their bands."), *lines])


def censored(windows: Windows) -> Censored:
    """Return the curves of all windows that began beside those of full windows; options are those of `windows`."""
    return Censored(windows)
