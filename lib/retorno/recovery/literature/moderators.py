"""Whether published effects differ with how a study was done: by design, respondents and service, and over the years.

Estimand: mean effect of each kind of study, and the change of the mean effect in ten years; one variance between
studies for all groups. Studies were not given their design by chance: what goes with it may be what matters.

Sources: Knapp and Hartung (2003), Statistics in Medicine 22, 2693-2710; Viechtbauer (2010), J. of Statistical Software
36(3).
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, listed, mark, named, p_value, percent, say
from retorno.recovery.literature.drawn import SPLITS
from retorno.recovery.literature.pooled import Pooled
from retorno.stats.meta.regression import meta_regression
from retorno.stats.meta.subgroups import subgroups

DECADE = 10.0
FEWEST_DATED = 3  # effects with a year, of two years at least
NOT_STATED = mark("not stated")


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of study, or the change in ten years: effects, mean, interval, and the p of its moderator."""

    moderator: str
    kind: str
    k: int
    mean: float
    ci_low: float
    ci_high: float
    p: float
    left_over: float


@dataclass(frozen=True, slots=True)
class Moderators:
    """Published effects on one outcome by kind of study; `rows` are empty where nothing can be compared."""

    pooled: Pooled
    rows: tuple[Row, ...]

    def to_frame(self):
        """Return moderator, kind, effects, mean, ci_low, ci_high, p, left_over; one row a kind of study."""
        import pandas as pd

        rows = [
            (r.moderator, r.kind, r.k, r.mean, r.ci_low, r.ci_high, p_value(r.p), r.left_over)
            for r in self.rows
        ]
        names = ["moderator", "kind", "effects", "mean", "ci_low", "ci_high", "p", "left_over"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "moderator": (say("Studies by"), "text"),
            "kind": (say("Kind"), "text"),
            "effects": (say("Effects"), "count"),
            "mean": (say("Mean effect"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
            "p": (say("No difference"), "text"),
            "left_over": (say("Variance left between studies"), "number"),
        }

    def table_caption(self) -> str:
        """Say what is compared, and how many moderators differ."""
        if not self.rows:
            return say("Published effects cannot be compared by kind: too few, or all of one kind.")
        alpha = 1 - self.pooled.level
        tested = {r.moderator: r.p for r in self.rows}
        clear = [name for name, p in tested.items() if p < alpha]
        text = say(
            "Published effects on {outcome} by kind of study, in standard deviations, {level} intervals; of the year, "
            "the change in ten.",
            outcome=named(self.pooled.outcome),
            level=percent(self.pooled.level, 0),
        )
        if not clear:
            return text + " " + say("None of the {n} shows a difference.", n=integer(len(tested)))
        return (
            text
            + " "
            + say(
                "A difference is shown by {clear}; with {n} looked at, one may be chance.",
                clear=listed(clear),
                n=integer(len(tested)),
            )
        )


def moderators(pooled: Pooled) -> Moderators:
    """Return the pooled effects by design, respondents, service and year, as far as the table tells them.

    A group of one effect shares the variance between studies with the others; an effect whose kind is not stated is a
    kind of its own.
    """
    if pooled.refused:
        return Moderators(pooled, ())
    rows = [row for column in SPLITS for row in _by_kind(pooled, column)]
    return Moderators(pooled, (*rows, *_by_year(pooled)))


def _options(pooled: Pooled) -> dict:
    return {"method": pooled.method, "interval": pooled.interval, "level": pooled.level}


def _by_kind(pooled: Pooled, column: str):
    """Yield a row for each kind of study of `column`, nothing where there are not two, or as many as effects."""
    frame = pooled.rows
    kinds = [kind if isinstance(kind, str) else say(NOT_STATED) for kind in frame[column]]
    if not 1 < len(set(kinds)) < len(kinds):
        return
    effect, variance = frame["effect"].to_numpy(), frame["variance"].to_numpy()
    found = subgroups(effect, variance, kinds, tau2="common", **_options(pooled))
    for one in found.each:
        interval = (one.mu, one.ci_low, one.ci_high)
        yield Row(
            say(SPLITS[column]), str(one.label), one.k, *interval, found.between.p, float(one.tau2)
        )


def _by_year(pooled: Pooled):
    """Yield the row of the change in ten years, nothing where too few effects are dated."""
    frame = pooled.rows.dropna(subset=["year"])
    year = frame["year"].to_numpy(dtype=float)
    if len(frame) < FEWEST_DATED or np.ptp(year) == 0:
        return
    design = np.column_stack([np.ones_like(year), (year - year.mean()) / DECADE])
    effect, variance = frame["effect"].to_numpy(), frame["variance"].to_numpy()
    names = ["intercept", "ten years"]
    fit = meta_regression(effect, variance, design, names=names, **_options(pooled))
    yield Row(
        say("year"),
        say("change in ten years"),
        len(frame),
        *(float(part[1]) for part in (fit.coefficients, fit.ci_low, fit.ci_high, fit.p)),
        float(fit.tau2),
    )
