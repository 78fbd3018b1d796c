"""The effect of contact once more, with what was known of customers before taken into account.

Estimand: mean outcome if all were contacted minus mean outcome if none were, per customer, as the unadjusted effect.
The random draw identifies both; covariates only take out what they explain of the outcome. Adjusting for what came
after the contact would be wrong, so covariates that differ over the arms by more than chance are named. It stands
beside the unadjusted effect and never in its place.

Source: Lin (2013), Annals of Applied Statistics 7, 295-318.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import difference_unit, integer, mark, percent, quantity, quoted, say, say_n
from retorno.reactivation.contact.arms import compared, unlike
from retorno.reactivation.contact.before import Before, cannot_be_used, columns_before, named
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import side, unnamed
from retorno.stats.multiplicity import holm_levels
from retorno.stats.randomised import Adjusted, adjusted_effect
from retorno.stats.student import Estimate, Student, welch

FORMULA = r"y_i = \alpha + \tau c_i + \beta^\top (x_i - \bar x) + \gamma^\top c_i (x_i - \bar x) + \varepsilon_i"
POOLED = Definition(
    "effect.{outcome}.adjusted",
    label=mark("Effect of contact on {outcome}, adjusted for what was known before"),
    meaning=mark(
        "Effect of all treated arms pooled in least squares of the outcome on treated, the covariates, centred, and "
        "all products of treated and covariates, HC2 errors, with what the differing slopes add for chance in who was "
        "there. In the formula it is tau, with y the outcome of customer i, c 1 for the contacted and 0 for the "
        "holdout, x the covariates and x with a bar their means; alpha, beta and gamma are the other coefficients, "
        "epsilon is the error."
    ),
    unit="outcome per customer",
    sign=mark("Positive: contacting raises the outcome."),
    formula=FORMULA,
    reference=0.0,
)
ONE_ARM = Definition(
    "effect.{outcome}.{arm}.adjusted",
    label=mark('Effect of "{arm}" on {outcome}, adjusted for what was known before'),
    meaning=mark(
        "The same for one treated arm against the holdout, among the customers of these two; of several arms each is "
        "read at its Holm-adjusted level. In the formula it is tau, with y the outcome of customer i, c 1 for the arm "
        "and 0 for the holdout, x the covariates and x with a bar their means; alpha, beta and gamma are the other "
        "coefficients, epsilon is the error."
    ),
    unit="outcome per customer",
    sign=mark("Positive: this arm raises the outcome."),
    formula=FORMULA,
    reference=0.0,
)
DEFINITIONS = (POOLED, ONE_ARM)

VERDICTS = {
    "above": mark(
        "At equal {covariates}, {who} raised {outcome} by {change} (unadjusted: {plain})."
    ),
    "below": mark(
        "At equal {covariates}, {who} lowered {outcome} by {change} (unadjusted: {plain})."
    ),
    "undecided": mark(
        "At equal {covariates}, no effect of {who} on {outcome} is shown: {change} (unadjusted: {plain})."
    ),
}
WIDTHS = {
    "narrower": mark("The interval is {share} narrower than without adjustment."),
    "wider": mark("The interval is {share} wider than without adjustment."),
    "alike": mark("The interval is as wide as without adjustment."),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One adjusted effect, or why there is none.

    Attributes
    ----------
    outcome, arm : str, str or None
        None: all treated arms pooled.
    unit : str
        Of the estimate.
    n, smallest, left_out : int
        Customers compared; in the smaller group; without a value of the outcome or a covariate.
    plain, adjusted : Student or None, Adjusted or None
        The same customers without and with adjustment.
    covariates, dropped : tuple of str
        Those it is adjusted for; those that say nothing here beside the others.
    refused : str or None
    read_at : float or None
        Holm's level of an arm among several.
    """

    outcome: str
    arm: str | None
    unit: str
    n: int
    smallest: int
    left_out: int
    plain: Student | None = None
    adjusted: Adjusted | None = None
    covariates: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    refused: str | None = None
    read_at: float | None = None

    def verdict(self, level: float) -> str:
        """On which side of zero the effect lies."""
        effect = self.adjusted.effect
        if self.read_at is None:
            return direction(effect.at(level).interval)
        return side(effect.value, effect.p, self.read_at)

    def narrower(self, level: float) -> float:
        """Fraction by which adjustment narrows the interval; negative: it widens it."""
        return 1 - _width(self.adjusted.effect.at(level)) / _width(self.plain.at(level))


def _width(estimate: Estimate) -> float:
    return estimate.ci_high - estimate.ci_low


@dataclass(frozen=True, slots=True)
class AdjustedEffects:
    """Adjusted effects on each outcome, all arms pooled and one by one.

    Attributes
    ----------
    tests : Campaign
    comparisons : tuple of Comparison
    unlike : tuple of str
        Covariates further apart over the arms than a random draw lets them be.
    """

    tests: Campaign
    comparisons: tuple[Comparison, ...]
    unlike: tuple[str, ...]

    def findings(self) -> Findings:
        """State or refuse each adjusted effect."""
        return Findings(self._finding(c) for c in self.comparisons)

    def _finding(self, c: Comparison) -> Finding:
        names = {"outcome": c.outcome} | ({} if c.arm is None else {"arm": c.arm})
        definition = POOLED if c.arm is None else ONE_ARM
        if c.refused:
            return definition.refuse(c.refused, n=c.n, unit=c.unit, **names)
        level = self.tests.level
        estimate = c.adjusted.effect.at(level)
        return definition.state(
            estimate.value,
            " ".join(self._sentences(c)) + cannot_be_used(self.tests) + caution(c.smallest),
            interval=estimate.interval,
            level=level,
            unit=c.unit,
            n=c.n,
            method=say("least squares with treated x covariates (Lin), HC2 errors"),
            verdict=c.verdict(level),
            **names,
        )

    def _sentences(self, c: Comparison) -> list[str]:
        level = self.tests.level
        verdict, value = c.verdict(level), c.adjusted.effect.value
        text = [
            say(
                VERDICTS[verdict],
                covariates=named(c.covariates),
                who=say("contact") if c.arm is None else quoted(c.arm),
                outcome=c.outcome,
                change=quantity(value if verdict == "undecided" else abs(value), c.unit),
                plain=quantity(c.plain.value, c.unit),
            )
        ]
        if verdict != direction(c.adjusted.effect.at(level).interval):
            text.append(
                say("On its own it would be clear of zero; read with the other arms it is not.")
            )
        share = c.narrower(level)
        word = "alike" if abs(share) < 0.0005 else "narrower" if share > 0 else "wider"
        text.append(say(WIDTHS[word], share=percent(abs(share))))
        if self.unlike:
            text.append(
                say(
                    "The arms differ in {names} by more than a random draw lets them: if it was measured after the "
                    "contact, it must not be a covariate (parameter covariates).",
                    names=named(self.unlike),
                )
            )
        if c.dropped:
            text.append(
                say("Says nothing here beside the others: {names}.", names=named(c.dropped))
            )
        if c.left_out:
            text.append(
                say_n(
                    "{n} customer without a value of the outcome or a covariate is left out.",
                    "{n} customers without a value of the outcome or a covariate are left out.",
                    c.left_out,
                )
            )
        return text

    @property
    def stated(self) -> tuple[Comparison, ...]:
        """The comparisons that have an estimate."""
        return tuple(c for c in self.comparisons if c.adjusted)

    def to_frame(self):
        """Return outcome, arm, unadjusted, adjusted, ci_low, ci_high, narrower, unit of each effect stated."""
        import pandas as pd

        level = self.tests.level
        rows = [
            (
                c.outcome,
                c.arm or say("all treated"),
                c.plain.value,
                c.adjusted.effect.value,
                *c.adjusted.effect.at(level).interval,
                c.narrower(level),
                c.unit,
            )
            for c in self.stated
        ]
        names = ["outcome", "arm", "unadjusted", "adjusted", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=[*names, "narrower", "unit"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "arm": (say("Arm"), "text"),
            "unadjusted": (say("Unadjusted"), "unit:unit"),
            "adjusted": (say("Adjusted"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
            "narrower": (say("Interval narrower by"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of adjusted effects holds."""
        if not self.stated:
            return say("No adjusted effect can be stated.")
        return say(
            "Effect of contact without and with adjustment for {covariates}, on the same customers, with the {level} "
            "interval of the adjusted effect and how much narrower it is; below zero: wider.",
            covariates=named(dict.fromkeys(n for c in self.stated for n in c.covariates)),
            level=percent(self.tests.level, 0),
        )


def adjusted_effects(tests: Campaign) -> AdjustedEffects:
    """Return what contact changes in each outcome, adjusted for what was known of customers before."""
    before = columns_before(tests)
    found = [] if tests.outcomes else [_unnamed(tests)]
    for outcome in tests.outcomes:
        found.append(_comparison(tests, before, outcome, None))
        if len(tests.treated_arms) > 1:
            arms = [_comparison(tests, before, outcome, arm) for arm in tests.treated_arms]
            found += _read_together(arms, tests.level)
    return AdjustedEffects(tests, tuple(found), unlike(before, compared(tests, before)))


def _unnamed(tests: Campaign) -> Comparison:
    return Comparison("outcome", None, POOLED.unit, tests.customers, 0, 0, refused=unnamed())


def _read_together(arms: Sequence[Comparison], level: float) -> list[Comparison]:
    stated = [c for c in arms if c.adjusted]
    levels = iter(holm_levels([c.adjusted.effect.p for c in stated], level=level))
    return [replace(c, read_at=next(levels)) if c.adjusted else c for c in arms]


def _comparison(tests: Campaign, before: Before, outcome: str, arm: str | None) -> Comparison:
    outcomes = tests.frame[outcome].to_numpy(dtype=float)
    rows = tests.rows(arm)
    known = rows & before.complete & np.isfinite(outcomes)
    y, treated, table = outcomes[known], tests.treated[known], before.values[known]
    n, smallest = y.size, int(min(treated.sum(), (~treated).sum()))
    empty = Comparison(
        outcome,
        arm,
        difference_unit(tests.units[outcome]),
        n,
        smallest,
        int(rows.sum()) - n,
    )
    if why := _nothing_to_adjust(tests, before, smallest):
        return replace(empty, refused=why)
    if np.ptp(y[treated]) == np.ptp(y[~treated]) == 0:
        why = say(
            "Not stated: {outcome} is the same for every customer of each group, so nothing says how "
            "far a difference could be chance.",
            outcome=outcome,
        )
        return replace(empty, refused=why)
    groups = (known & tests.treated, known & ~tests.treated)
    enough = _enough(before, groups, max(tests.min_group, 2))
    columns = np.flatnonzero(before.needed & enough)
    try:
        adjusted = adjusted_effect(y, treated, table[:, columns])
    except ValueError:
        why = say(
            "Not stated: {k} columns of covariates are too many or too one-sided for {n} customers in the smaller "
            "group, or tell the outcome for sure; name fewer (parameter covariates).",
            k=integer(len(columns)),
            n=integer(smallest),
        )
        return replace(empty, refused=why)
    used = {before.covariate[i] for i in columns[adjusted.used]}
    if not used:
        return replace(empty, refused=_none_varies(tests))
    return replace(
        empty,
        plain=welch(y[treated], y[~treated]),
        adjusted=adjusted,
        covariates=tuple(name for name in tests.covariates if name in used),
        dropped=tuple(name for name in tests.covariates if name not in used),
    )


def _nothing_to_adjust(tests: Campaign, before: Before, smallest: int) -> str | None:
    if not before.covariate:
        return say(
            "Not stated: `contacts` has no column known before the contact, as recency, to adjust for (parameter "
            "covariates)."
        ) + cannot_be_used(tests)
    least = max(tests.min_group, 2)
    if smallest < least:
        what = say("customers with all covariates in the smaller of the two groups")
        return too_few(what, smallest, least)
    return None


def _none_varies(tests: Campaign) -> str:
    return say(
        "Not stated: {names} varies too little over customers to adjust for.",
        names=named(tests.covariates),
    )


def _enough(before: Before, groups, least: int) -> np.ndarray:
    """Return which columns differ from their usual value for `least` customers or more of each group.

    Of a column with two values either is to have as many: one customer alone would decide its coefficient.
    """
    counts = np.array([before.unusual[rows].sum(axis=0) for rows in groups])
    usual = np.array([[rows.sum()] for rows in groups]) - counts
    return ((counts >= least) & (~before.two | (usual >= least))).all(axis=0)
