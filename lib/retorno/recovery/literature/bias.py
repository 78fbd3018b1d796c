"""What missing studies could have done to the pooled literature: every usual method side by side, no winner among them.

Estimand: the mean effect had no study been left unpublished for its result. No method identifies it: each holds under
an assumption of its own on which studies are missing, and that stands beside its number.

Source: Rothstein, Sutton and Borenstein (2005), Publication Bias in Meta-Analysis.
"""

from dataclasses import dataclass

from retorno.language import integer, mark, named, number, p_value, percent, say
from retorno.recovery.literature.pooled import Pooled
from retorno.stats.meta.bias import BiasMethod, BiasMethods, bias_methods

METHODS = {  # name and what it takes for granted
    "random_effects": (
        mark("as published"),
        mark("no study is missing for its result"),
    ),
    "trim_and_fill_l0": (
        mark("trim and fill, L0"),
        mark("missing are the most extreme effects of one side; with them all lies evenly"),
    ),
    "trim_and_fill_r0": (
        mark("trim and fill, R0"),
        mark("the same, judged by the run of the most extreme studies"),
    ),
    "egger": (
        mark("Egger's test"),
        mark(
            "effects and their errors have nothing to do with each other but through what is missing"
        ),
    ),
    "egger_mixed": (
        mark("Egger's test, mixed"),
        mark("the same, with true effects that differ between studies"),
    ),
    "rank_correlation": (
        mark("rank correlation"),
        mark("the order of the effects has nothing to do with that of their errors"),
    ),
    "pet": (
        mark("PET"),
        mark("effects rise in a line with their error, and only because studies are missing"),
    ),
    "peese": (
        mark("PEESE"),
        mark("the same with the squared error: suits an effect that is not zero"),
    ),
    "selection_model": (
        mark("selection model, one step"),
        mark("a study is seen or not by its one-sided p alone; true effects are normal"),
    ),
    "fail_safe_n": (
        mark("fail-safe N"),
        mark("unseen studies average zero; it measures no bias, for it grows with every study"),
    ),
}


@dataclass(frozen=True, slots=True)
class Questioned:
    """The methods' answers on one outcome, or why there are none (`refused`)."""

    pooled: Pooled
    methods: BiasMethods | None
    refused: str | None

    def to_frame(self):
        """Return method, estimate, ci_low, ci_high, p, studies, assumes; one row a method."""
        import pandas as pd

        names = ["method", "estimate", "ci_low", "ci_high", "p", "studies", "assumes"]
        rows = [self._row(one) for one in self.methods.methods] if self.methods else []
        frame = pd.DataFrame(rows, columns=names)
        return frame.astype(dict.fromkeys(names[1:4], float))

    @staticmethod
    def _row(one: BiasMethod):
        name, assumes = (say(words) for words in METHODS[one.name])
        if one.refused:
            assumes = say("not stated: too few studies, or no solution")
        return (
            name,
            one.estimate,
            one.ci_low,
            one.ci_high,
            "" if one.p is None else p_value(one.p),
            "" if one.count is None else integer(one.count),
            assumes,
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "method": (say("Method"), "text"),
            "estimate": (say("Mean effect"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
            "p": (say("Test"), "text"),
            "studies": (say("Studies filled in or needed"), "text"),
            "assumes": (say("Holds where"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the methods make of the same studies, and that none of them wins."""
        if self.refused:
            return self.refused
        low, high = self.methods.range
        return say(
            "What {n} effects on {outcome} come to under each method, {level} intervals: from {low} to {high} standard "
            "deviations. Each holds under an assumption of its own, and none can be checked in these studies alone.",
            n=integer(self.methods.k),
            outcome=named(self.pooled.outcome),
            level=percent(self.methods.level, 0),
            low=number(low),
            high=number(high),
        )


def questioned(pooled: Pooled) -> Questioned:
    """Return what every method of publication bias makes of the pooled studies."""
    if pooled.refused:
        return Questioned(pooled, None, pooled.refused)
    fit = pooled.pool.fit
    methods = bias_methods(fit.effect, fit.variance, method=fit.method, level=pooled.level)
    return Questioned(pooled, methods, None)
