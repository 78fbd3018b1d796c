"""How long a silence must be to count as a lapse: a suggestion from the days between purchases.

Estimand: the smallest x with F(x) >= 0.9 F(m), F(x) being the share of all purchases that are followed by another
within x days, m = 365 or the longest time after which 30 purchases are still followed, whichever is smaller. Identified
when purchases late in the data, which could not be followed for long, are followed like earlier ones. The quantile of
the gaps seen whole stands beside it as a warning: the end of the data cuts the long gaps, and they are missing there.

Source: Kaplan and Meier (1958), J. American Statistical Association 53, 457-481.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, mark, percent, say, say_n
from retorno.reactivation.history import History
from retorno.stats.survival import Survival, kaplan_meier

MOST_DAYS = 365
LEAST_AT_RISK = 30
SHARE = 0.9
SHARES = (0.5, 0.75, 0.8, 0.9, 0.95)  # rows of the table

THRESHOLD = Definition(
    "lapse.threshold",
    label=mark("Suggested lapse threshold"),
    meaning=mark(
        "Smallest x with F(x) >= 0.9 F(m), F(x) being 1 - Kaplan-Meier of the days from each purchase to the "
        "next, over all purchases, censored on the last day of the data: the share followed by another purchase "
        "within x days. m is 365 or, if smaller, the longest time at which 30 purchases are still followed. A "
        "suggestion: lapse_days stays as it is."
    ),
    unit="days",
    sign=mark("Higher: customers buy at longer intervals, and a lapse should be called later."),
    formula=r"\min \{ x : F(x) \geq 0.9 \, F(m) \}",
)
OBSERVED = Definition(
    "lapse.threshold.observed_gaps",
    label=mark("The same from the gaps seen whole"),
    meaning=mark(
        "Smallest x that at least nine tenths of the gaps between two purchases in the data do not exceed. Shown "
        "for its bias: gaps that the end of the data cuts are left out, and long ones are cut more often. In the "
        "formula G(x) is the share of the gaps seen whole that are x days or less."
    ),
    unit="days",
    sign=mark("Higher: the gaps seen whole are longer."),
    formula=r"\min \{ x : G(x) \geq 0.9 \}",
)
DEFINITIONS = (THRESHOLD, OBSERVED)

IN_USE = {
    "below": mark("The threshold in use, lapse_days, is {lapse}: shorter than the suggestion."),
    "equal": mark("The threshold in use, lapse_days, is {lapse}: the same as the suggestion."),
    "above": mark("The threshold in use, lapse_days, is {lapse}: longer than the suggestion."),
}
GAPS = {
    "below": mark(
        "Of {n} gaps seen whole, nine tenths are at most {gaps}: shorter than the suggestion of {days}, because "
        "the long gaps that the end of the data cuts are missing."
    ),
    "equal": mark(
        "Of {n} gaps seen whole, nine tenths are at most {gaps}: the same as the suggestion, {days}."
    ),
    "above": mark(
        "Of {n} gaps seen whole, nine tenths are at most {gaps}: longer than the suggestion of {days}, which looks "
        "no further than {horizon} after a purchase."
    ),
}
TITLES = {
    "below": mark("The lapse threshold in use, {lapse}, is shorter than the data suggest: {days}"),
    "equal": mark("The lapse threshold in use, {lapse}, is what the data suggest"),
    "above": mark("The lapse threshold in use, {lapse}, is longer than the data suggest: {days}"),
}


@dataclass(frozen=True, slots=True)
class ThresholdSuggestion:
    """The suggested threshold, or why there is none (`refused`).

    Attributes
    ----------
    purchases : int
        Purchases whose next one is awaited: all there are.
    gaps, counts : ndarray, shape (n_gaps,)
        Days between two purchases that were seen whole, rising, and how many there are of each.
    curve : Survival or None
        Of the days to the next purchase.
    lapse_days, min_group : int
    """

    purchases: int
    gaps: np.ndarray
    counts: np.ndarray
    lapse_days: int
    min_group: int
    curve: Survival | None = None
    refused: str | None = None

    @property
    def horizon(self) -> int:
        """Days up to which the curve is read, m."""
        return int(min(MOST_DAYS, self.curve.followed(LEAST_AT_RISK)))

    @property
    def days(self) -> int | None:
        """The suggestion; None when it is refused."""
        return None if self.refused else self.within(SHARE)

    @property
    def seen_whole(self) -> int:
        """Gaps seen whole."""
        return int(self.counts.sum())

    def followed_by(self, days) -> np.ndarray:
        """Return F, the share of purchases followed by another within `days`."""
        return 1 - self.curve.beyond(days)

    def within(self, share: float) -> int:
        """Return the days within which `share` of the purchases followed by another up to the horizon are."""
        return int(self.curve.reached(share * float(self.followed_by(self.horizon))))

    def observed(self, share: float) -> int:
        """Return the smallest number of days that `share` of the gaps seen whole do not exceed."""
        reached = np.cumsum(self.counts) >= share * self.seen_whole * (1 - 1e-12)
        return int(self.gaps[np.flatnonzero(reached)[0]])

    def findings(self) -> Findings:
        """State or refuse the suggestion and the quantile of the gaps seen whole."""
        if self.refused:
            n = self.purchases
            return Findings(d.refuse(self.refused, n=n) for d in DEFINITIONS)
        return Findings([self._threshold(), self._observed()])

    def _threshold(self) -> Finding:
        text = say(
            "Of all {n} purchases, {share} are followed by another within {horizon}, and nine tenths of these come "
            "within {days}. {in_use} {reach} A suggestion only: it changes nothing by itself.",
            n=integer(self.purchases),
            share=percent(float(self.followed_by(self.horizon))),
            horizon=_days(self.horizon),
            days=_days(self.days),
            in_use=say(IN_USE[_side(self.lapse_days, self.days)], lapse=_days(self.lapse_days)),
            reach=self._reach(),
        )
        return THRESHOLD.state(
            self.days,
            text + caution(self.seen_whole),
            n=self.purchases,
            method=say("Kaplan-Meier, quantile"),
        )

    def _reach(self) -> str:
        """Say what share comes within the threshold in use."""
        lapse = _days(self.lapse_days)
        if self.lapse_days > self.horizon:
            return say(
                "What comes within {lapse} cannot be told: the curve is read up to {horizon}.",
                lapse=lapse,
                horizon=_days(self.horizon),
            )
        return say(
            "Within {lapse}, {share} of all purchases are followed by another.",
            lapse=lapse,
            share=percent(float(self.followed_by(self.lapse_days))),
        )

    def _observed(self) -> Finding:
        gaps = self.observed(SHARE)
        text = say(
            GAPS[_side(gaps, self.days)],
            n=integer(self.seen_whole),
            gaps=_days(gaps),
            days=_days(self.days),
            horizon=_days(self.horizon),
        )
        return OBSERVED.state(
            gaps, text + caution(self.seen_whole), n=self.seen_whole, method=say("quantile")
        )

    def to_frame(self):
        """Return share, days, observed_gaps: the quantiles of both curves; no rows when refused."""
        import pandas as pd

        shares = () if self.refused else SHARES
        rows = [(share, self.within(share), self.observed(share)) for share in shares]
        return pd.DataFrame(rows, columns=["share", "days", "observed_gaps"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "share": (say("Share of the next purchases"), "share"),
            "days": (say("Come within, days"), "count"),
            "observed_gaps": (say("Of the gaps seen whole, days"), "count"),
        }

    def table_caption(self) -> str:
        """Say what the table of quantiles holds."""
        if self.refused:
            return self.refused
        return say(
            "Days within which a share of those purchases that come within {horizon} of the one before have come, by "
            "Kaplan-Meier; beside it the quantile of the gaps seen whole, without those that the end of the data "
            "cuts. The row of {suggested} is the suggestion.",
            horizon=_days(self.horizon),
            suggested=percent(SHARE, 0),
        )

    def title(self) -> str:
        """Say how the threshold in use compares with the suggestion."""
        if self.refused:
            return say("No lapse threshold can be suggested")
        return say(
            TITLES[_side(self.lapse_days, self.days)],
            lapse=_days(self.lapse_days),
            days=_days(self.days),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of purchases followed by another, by days since the purchase")

    def caption(self) -> str:
        """Say what the two curves are and how many purchases stand behind them."""
        if self.refused:
            return self.refused
        drawn = say(
            "Share of all {n} purchases followed by another within so many days (1 - Kaplan-Meier, censored on the "
            "last day of the data), up to {horizon}; and the share of the {gaps} gaps seen whole that are no longer. "
            "The suggestion is where the first curve reaches nine tenths of its end.",
            n=integer(self.purchases),
            horizon=_days(self.horizon),
            gaps=integer(self.seen_whole),
        )
        return f"{drawn} {self._reach()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        points = "; ".join(
            say("{share} within {days}", share=percent(r.share, 0), days=_days(r.days))
            for r in self.to_frame().itertuples()
        )
        return say(
            "Two rising curves of steps. Of the purchases followed by another within {horizon}, {share} of all: "
            "{points}. Of the gaps seen whole, {quantile} are at most {gaps}.",
            horizon=_days(self.horizon),
            share=percent(float(self.followed_by(self.horizon))),
            points=points,
            quantile=percent(SHARE, 0),
            gaps=_days(self.observed(SHARE)),
        )


def _days(days: int) -> str:
    return say_n("{n} day", "{n} days", days)


def _side(value: float, other: float) -> str:
    """Return whether `value` lies below, above or equal to `other`."""
    return "equal" if value == other else "below" if value < other else "above"


def suggest_threshold(
    history: History, *, until: int | None = None, level: float = 0.95, min_group: int = 5
) -> ThresholdSuggestion:
    """Return the lapse threshold that the days between purchases suggest.

    Parameters
    ----------
    history : History
    until : int, optional
        Day on which sight ends; the last of the data when not given.
    level : float
        Coverage of the curve's pointwise bounds, in which each purchase counts as a unit of its own.
    min_group : int
        Fewest gaps seen whole.
    """
    counts = _next_purchases(history, history.last if until is None else until)
    gaps = counts[counts.ended].sort_values("duration")
    n = int(counts.n.sum())
    common = {
        "purchases": n,
        "gaps": gaps.duration.to_numpy(),
        "counts": gaps.n.to_numpy(),
        "lapse_days": history.lapse_days,
        "min_group": min_group,
    }
    if gaps.n.sum() < max(1, min_group):
        reason = too_few(say("purchases followed by another"), int(gaps.n.sum()), max(1, min_group))
        return ThresholdSuggestion(**common, refused=reason)
    curve = kaplan_meier(counts.duration, counts.ended, weights=counts.n, level=level)
    followed = curve.followed(LEAST_AT_RISK)
    if followed is None or curve.beyond(min(MOST_DAYS, followed)) == 1:
        reason = say(
            "Not stated: no next purchase was seen while at least {least} purchases were still followed; of {n} "
            "purchases in all. Longer data, or more customers, are needed.",
            least=integer(LEAST_AT_RISK),
            n=integer(n),
        )
        return ThresholdSuggestion(**common, refused=reason)
    return ThresholdSuggestion(**common, curve=curve)


def _next_purchases(history: History, until: int):
    """Return duration, ended, n: days to the next purchase, or to the end of sight, counted in the engine."""
    import ibis

    p, c = history.purchases, history.customers
    followed = p.drop_null("gap").filter(lambda t: t.day - t.gap <= until)
    ended = followed.day <= until
    followed = followed.select(
        ended=ended, duration=ended.ifelse(followed.gap, until - followed.day + followed.gap)
    )
    final = c.filter(c["last"] <= until)
    final = final.select(ended=ibis.literal(False), duration=until - final["last"])
    all_of = followed.union(final)
    counts = all_of.group_by("duration", "ended").aggregate(n=all_of.count())
    return counts.order_by("duration", "ended").execute()
