"""Why recovery works: how much of its effect runs through what customers found fair.

Estimand: points of the first outcome carried by each dimension of justice, recovered minus failure without recovery:
the change of that dimension times the change of the outcome with it, the other two held. It is an effect only if
nothing unmeasured moves both a dimension and the outcome: a measured mediator is not randomised. The sensitivity
analysis says how strong such a cause would have to be.

Sources: Preacher and Hayes (2008), Behavior Research Methods 40, 879-891; Imai, Keele and Tingley (2010),
Psychological Methods 15, 309-334.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Findings, caution, direction
from retorno.language import integer, listed, mark, number, percent, quantity, say
from retorno.recovery.survey import (
    FAILURE,
    GROUPS,
    JUSTICE,
    OUTCOMES,
    RECOVERED,
    Survey,
)
from retorno.recovery.why.confounding import Confounding
from retorno.stats.mediation import Mediation
from retorno.stats.student import Estimate

INDIRECT = Definition(
    "mediation.{justice}.indirect",
    label=mark("Carried by {justice} justice"),
    meaning=mark(
        "Points of the first outcome, recovered minus failure without recovery, that run through this dimension of "
        "justice: its change times the change of the outcome per point of it, group and the other two dimensions "
        "held; percentile bootstrap over respondents. In the formula a is the first, b the second change."
    ),
    unit="scale points",
    sign=mark(
        "Positive: recovery raises the outcome this way. A measured mediator is not randomised."
    ),
    formula=r"a_j b_j",
    reference=0.0,
)
TOTAL_INDIRECT = Definition(
    "mediation.total_indirect",
    label=mark("Carried by the three dimensions of justice"),
    meaning=mark("Sum of what the three dimensions carry; a and b as for each of them."),
    unit="scale points",
    sign=mark(
        "Positive: recovery raises the outcome through justice. A measured mediator is not randomised."
    ),
    formula=r"\sum_j a_j b_j",
    reference=0.0,
)
DIRECT = Definition(
    "mediation.direct",
    label=mark("Not carried by justice"),
    meaning=mark(
        "Recovered minus failure without recovery at the same three dimensions of justice. In the formula y is the "
        "outcome, a and b as for the dimensions, R the recovered, F a failure without recovery."
    ),
    unit="scale points",
    sign=mark("Positive: recovery raises the outcome by other ways, too."),
    formula=r"\bar y_R - \bar y_F - \sum_j a_j b_j",
    reference=0.0,
)
RHO = Definition(
    "mediation.{justice}.rho_at_zero",
    label=mark("Hidden correlation that would undo {justice} justice"),
    meaning=mark(
        "Correlation of the errors of this dimension and of the outcome, from a cause that was not measured, at which "
        "nothing would run through it: their partial correlation with group and the other two dimensions held. One "
        "dimension is varied at a time. In the formula r is the partial correlation, y the outcome, m a dimension, j "
        "this one, k any other."
    ),
    unit="correlation",
    sign=mark("The farther from 0, the stronger a hidden cause would have to be."),
    formula=r"r(y, m_j \mid \text{group}, m_{k \neq j})",
)
PER_QUALITY = Definition(
    "mediation.{justice}.indirect_per_quality",
    label=mark("Carried by {justice} justice per point of quality"),
    meaning=mark(
        "Stated only where those whose failure was left as it was were not asked about justice: points of the first "
        "outcome per point of recovery quality, among the recovered, that run through this dimension. In the formula "
        "a is its change per point of quality, b that of the outcome per point of it."
    ),
    unit="scale points",
    sign=mark("Positive: a better recovery raises the outcome this way. Neither was randomised."),
    formula=r"a_j b_j",
    reference=0.0,
)
DEFINITIONS = (INDIRECT, TOTAL_INDIRECT, DIRECT, RHO, PER_QUALITY)

ACROSS = {
    "above": mark("Through {justice}, recovery raises {outcome} by {effect}."),
    "below": mark("Through {justice}, recovery lowers {outcome} by {effect}."),
    "undecided": mark(
        "Through {justice}, recovery moves {outcome} by {effect} in these data; whether up or down is undecided."
    ),
}
PER_POINT = {
    "above": mark(
        "Through {justice}, each point of recovery quality raises {outcome} by {effect}."
    ),
    "below": mark(
        "Through {justice}, each point of recovery quality lowers {outcome} by {effect}."
    ),
    "undecided": mark(
        "Through {justice}, each point of recovery quality moves {outcome} by {effect} in these data; whether up or "
        "down is undecided."
    ),
}
OTHER_WAYS = {
    "above": mark("By other ways than justice, recovery raises {outcome} by {effect}."),
    "below": mark("By other ways than justice, recovery lowers {outcome} by {effect}."),
    "undecided": mark(
        "By other ways than justice, recovery moves {outcome} by {effect} in these data; whether up or down is "
        "undecided."
    ),
}
TITLES = {
    True: mark("What runs through justice: {clear}"),
    False: mark("Nothing clear of zero runs through any dimension of justice"),
}


def dimension(column: str) -> str:
    """Return the name of a dimension in ids: distributive, procedural or interactional."""
    return column.removesuffix("_justice")


@dataclass(frozen=True, slots=True)
class JusticeMediation:
    """What justice carries on the first outcome, or why it is not stated (`refused`); intervals at `level`.

    Attributes
    ----------
    n : tuple of int
        Respondents with outcome and all three dimensions: recovered, failure; with `per_quality` the recovered alone.
    mediation : Mediation or None
    per_quality : bool
        Whether effects are per point of recovery quality among the recovered, as the other group was not asked.
    refused : str or None
        Why the contrast of groups is not stated; with `per_quality` the mediation is there nevertheless.
    refused_quality : str or None
        Why effects per point of quality are not stated either; None where nobody asks for them.
    """

    survey: Survey
    level: float
    n: tuple[int, ...]
    mediation: Mediation | None = None
    per_quality: bool = False
    refused: str | None = None
    refused_quality: str | None = None

    @property
    def outcome(self) -> str:
        """The first outcome of the survey."""
        return self.survey.outcomes[0]

    @property
    def unit(self) -> str:
        """Unit of the effects."""
        return self.survey.difference_unit(self.outcome)

    def findings(self) -> Findings:
        """State or refuse what each dimension carries, all three, what they do not, and how fragile it is."""
        return Findings(self._findings())

    def _findings(self):
        n = sum(self.n)
        if self.refused:
            for column in JUSTICE:
                name = dimension(column)
                yield INDIRECT.refuse(self.refused, n=n, unit=self.unit, justice=name)
                yield RHO.refuse(self.refused, n=n, justice=name)
            yield TOTAL_INDIRECT.refuse(self.refused, n=n, unit=self.unit)
            yield DIRECT.refuse(self.refused, n=n, unit=self.unit)
            yield from self._per_quality()
            return
        for column, path in zip(JUSTICE, self.mediation.paths, strict=True):
            name = dimension(column)
            justice = say(JUSTICE[column])
            yield self._effect(INDIRECT, path.indirect, ACROSS, justice=name, words=justice)
            yield self._rho(column, path)
        everything = say("all three dimensions of justice")
        yield self._effect(TOTAL_INDIRECT, self.mediation.total_indirect, ACROSS, words=everything)
        yield self._effect(DIRECT, self.mediation.direct, OTHER_WAYS, words="")

    def _per_quality(self):
        if self.per_quality:
            for column, path in zip(JUSTICE, self.mediation.paths, strict=True):
                yield self._effect(
                    PER_QUALITY,
                    path.indirect,
                    PER_POINT,
                    justice=dimension(column),
                    words=say(JUSTICE[column]),
                )
        elif self.refused_quality:
            for column in JUSTICE:
                yield PER_QUALITY.refuse(
                    self.refused_quality,
                    n=sum(self.n),
                    unit=self.unit,
                    justice=dimension(column),
                )

    def _effect(self, definition, effect: Estimate, sentences, *, words: str, **names):
        verdict = direction(effect.interval)
        size = effect.value if verdict == "undecided" else abs(effect.value)
        sentence = say(
            sentences[verdict],
            justice=words,
            outcome=say(OUTCOMES[self.outcome]),
            effect=quantity(size, self.unit),
        )
        return definition.state(
            effect.value,
            f"{sentence} {_measured()}" + caution(min(self.n)),
            interval=effect.interval,
            level=self.level,
            unit=self.unit,
            n=sum(self.n),
            method=say("least squares, all three dimensions together, percentile bootstrap"),
            verdict=verdict,
            **names,
        )

    def _rho(self, column: str, path):
        rho = path.rho_at_zero
        sentence = say(
            "A cause that was not measured would have to correlate the errors of {justice} and {outcome} by {rho} for "
            "nothing to run through {justice}; the other two dimensions are held.",
            justice=say(JUSTICE[column]),
            outcome=say(OUTCOMES[self.outcome]),
            rho=number(rho.value),
        )
        return RHO.state(
            rho.value,
            f"{sentence} {_measured()}" + caution(min(self.n)),
            interval=rho.interval,
            level=self.level,
            n=sum(self.n),
            method=say(
                "sensitivity to a hidden cause (Imai, Keele and Tingley), percentile bootstrap"
            ),
            justice=dimension(column),
        )

    @property
    def rows(self) -> tuple[tuple[str, Estimate], ...]:
        """Name and number of what each dimension carries and of what none does."""
        if self.mediation is None:
            return ()
        through = zip(JUSTICE.values(), self.mediation.paths, strict=True)
        return (
            *((say(label).capitalize(), path.indirect) for label, path in through),
            (say("By other ways"), self.mediation.direct),
        )

    def to_frame(self):
        """Return way, effect, ci_low, ci_high, unit: each dimension, then what none of them carries."""
        import pandas as pd

        rows = [(name, e.value, *e.interval, self.unit) for name, e in self.rows]
        names = ["way", "effect", "ci_low", "ci_high", "unit"]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:4], float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "way": (say("Through"), "text"),
            "effect": (say("Effect"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of effects holds."""
        return f"{self.subtitle()}. {_measured()}"

    def title(self) -> str:
        """Say which dimensions carry an effect clear of zero."""
        if self.mediation is None:
            return say("What justice carries cannot be stated")
        clear = [name for name, e in self.rows[:-1] if direction(e.interval) != "undecided"]
        return say(
            TITLES[bool(clear)],
            clear=listed(
                f"{name[:1].lower()}{name[1:]} {quantity(e.value, self.unit)}"
                for name, e in self.rows[:-1]
                if name in clear
            ),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        points = (
            say("percentage points")
            if self.outcome in self.survey.shares
            else say("points of the scale")
        )
        words = {"outcome": say(OUTCOMES[self.outcome]), "points": points}
        if self.per_quality:
            return say(
                "Effect of one point of recovery quality on {outcome} among the recovered, {points}",
                **words,
            )
        return say("Effect of recovery on {outcome}, recovered minus failure, {points}", **words)

    def caption(self) -> str:
        """Say what points and bars are, how many stand behind them, and that mediators were measured."""
        if self.mediation is None:
            return self.refused
        groups = (RECOVERED,) if self.per_quality else (RECOVERED, FAILURE)
        drawn = say(
            "All three dimensions entered together; bars are {level} percentile bootstrap intervals ({draws} draws). "
            "With all answers: {counts}.",
            level=percent(self.level, 0),
            draws=integer(self.mediation.draws),
            counts=listed(
                f"{say(GROUPS[g])} {integer(n)}" for g, n in zip(groups, self.n, strict=True)
            ),
        )
        return f"{drawn} {_measured()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.mediation is None:
            return self.refused
        points = "; ".join(
            say(
                "{way}: {effect} ({low} to {high})",
                way=name,
                effect=quantity(e.value, self.unit),
                low=quantity(e.ci_low, self.unit),
                high=quantity(e.ci_high, self.unit),
            )
            for name, e in self.rows
        )
        return say(
            "Points in their intervals against a line of no effect. {points}.", points=points
        )

    def confounding(self) -> Confounding:
        """Return what each dimension would carry were there a hidden cause of it and the outcome."""
        return Confounding(self.mediation, self.unit, sum(self.n), self.refused)


def _measured() -> str:
    return say(
        "A measured mediator is not randomised: whatever moves justice and outcome alike is counted here, too."
    )
