"""How the published studies spread about their mean: by their precision, and by what each does to mean and spread.

A funnel that leans is no proof of unpublished studies: small studies may differ for other reasons, and where effects
truly differ chance alone leans it. Trim-and-fill shows the studies that would make it symmetric.

Sources: Peters and others (2008), J. of Clinical Epidemiology 61, 991-996, for the contours; Duval and Tweedie (2000),
J. of the American Statistical Association 95, 89-98; Baujat and others (2002), Statistics in Medicine 21, 2641-2652.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from retorno.language import integer, mark, named, number, say, say_n
from retorno.recovery.literature.drawn import MOST_LISTED, OWN, STUDY, dated, joint
from retorno.recovery.literature.own import WithOwn
from retorno.recovery.literature.pooled import Pooled, counted
from retorno.stats.meta.influence import Baujat as Coordinates
from retorno.stats.meta.influence import baujat as coordinates
from retorno.stats.meta.trim import TrimAndFill, trim_and_fill

FILLED = "filled"
CONTOURS = (0.1, 0.05, 0.01)  # two-sided p of the effect being zero
FEWEST_FILLED = 3
SIDES = {"left": mark("lower"), "right": mark("higher")}
NAMED = 3  # studies the caption names


@dataclass(frozen=True, slots=True)
class Funnel:
    """Effects over their standard errors, with those trim-and-fill adds, or why not (`refused`).

    Attributes
    ----------
    pooled : Pooled
    with_own : WithOwn or None
        Marks the own survey; it is neither pooled nor filled here.
    filled : TrimAndFill or None
    """

    pooled: Pooled
    with_own: WithOwn | None
    filled: TrimAndFill | None

    @property
    def refused(self) -> str | None:
        """Why there is nothing to draw."""
        return self.pooled.refused

    @property
    def mean(self) -> float:
        """Mean of the published studies."""
        return self.pooled.pool.mean.value

    @property
    def contours(self) -> tuple[tuple[float, float], ...]:
        """Two-sided p, and how many standard errors from zero it lies, from the inside out."""
        return tuple((p, -float(special.ndtri(p / 2))) for p in CONTOURS)

    def to_frame(self):
        """Return name, kind (study, own, filled), effect, se, p (two-sided, normal) of each point."""
        import pandas as pd

        rows = [] if self.refused else list(self._points())
        frame = pd.DataFrame(rows, columns=["name", "kind", "effect", "se"])
        z = np.abs(frame["effect"].to_numpy(dtype=float) / frame["se"].to_numpy(dtype=float))
        return frame.assign(p=2 * special.ndtr(-z))

    def _points(self):
        fit = self.pooled.pool.fit
        for place in range(fit.k):
            name = dated(self.pooled.rows, place)
            yield name, STUDY, fit.effect[place], fit.variance[place] ** 0.5
        if self.filled:
            for effect, variance in zip(self.filled.effect, self.filled.variance, strict=True):
                yield say("Filled in"), FILLED, effect, variance**0.5
        if joint(self.with_own):
            own = self.with_own.own
            yield say("This survey"), OWN, own.g, own.variance**0.5

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Study"), "text"),
            "effect": (say("Effect, in standard deviations"), "number"),
            "se": (say("Standard error"), "number"),
            "p": (say("p of no effect"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of points holds."""
        return self.caption()

    @property
    def clear(self) -> int:
        """How many published effects have a two-sided p below 0.05."""
        frame = self.to_frame()
        return int(((frame["kind"] == STUDY) & (frame["p"] < CONTOURS[1])).sum())

    def title(self) -> str:
        """Say how many studies a symmetric funnel would have more, and where."""
        if self.refused:
            return say("No funnel of studies")
        if self.filled is None:
            return say("Published effects by their precision")
        if not self.filled.k0:
            return say("Published effects lie as in a symmetric funnel: nothing is filled in")
        return say_n(
            "A symmetric funnel would have {n} more study with a {side} effect",
            "A symmetric funnel would have {n} more studies with {side} effects",
            self.filled.k0,
            side=say(SIDES[self.filled.side]),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Effects in standard deviations, the standard error growing downwards; the line is the mean"
        )

    def caption(self) -> str:
        """Say what lies in the funnel, what was filled in, and what follows from it."""
        if self.refused:
            return self.refused
        text = [
            say(
                "{rows} on {outcome}, mean {mu}; {clear} of the effects have p < {p}. Shades tell the p an effect "
                "there would have; inside them it is larger, outside smaller.",
                rows=counted(self.pooled.pool),
                outcome=named(self.pooled.outcome),
                mu=number(self.mean),
                clear=integer(self.clear),
                p=number(CONTOURS[1]),
            )
        ]
        if self.filled and self.filled.k0:
            text.append(
                say(
                    "Hollow points are mirror images by trim-and-fill ({estimator}); with them the mean would be {mu}.",
                    estimator=self.filled.estimator,
                    mu=number(self.filled.pooled.mu),
                )
            )
        if self.filled is None:
            text.append(say("Trim-and-fill cannot be computed from these effects."))
        text.append(say("A funnel may lean because small studies differ, too."))
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        frame = self.to_frame()
        return say(
            "Points for {n} effects between {low} and {high}, errors {least} to {most}, precise ones on top; "
            "{filled} filled in; a vertical line at the mean of {mu}.",
            n=integer((frame["kind"] != FILLED).sum()),
            low=number(frame["effect"].min()),
            high=number(frame["effect"].max()),
            least=number(frame["se"].min()),
            most=number(frame["se"].max()),
            filled=integer((frame["kind"] == FILLED).sum()),
            mu=number(self.mean),
        )


@dataclass(frozen=True, slots=True)
class Baujat:
    """What each study adds to the spread between studies, and what it does to the mean, or why not (`refused`).

    Attributes
    ----------
    pooled : Pooled
    with_own : WithOwn or None
        Puts the own survey among them.
    points : Coordinates or None
        Of every row, the own survey last.
    """

    pooled: Pooled
    with_own: WithOwn | None
    points: Coordinates | None

    @property
    def refused(self) -> str | None:
        """Why there is nothing to draw."""
        return self.pooled.refused

    def to_frame(self):
        """Return name, kind, heterogeneity, influence of each row."""
        import pandas as pd

        names = ["name", "kind", "heterogeneity", "influence"]
        if self.refused:
            return pd.DataFrame(columns=names)
        rows = [(dated(self.pooled.rows, place), STUDY) for place in range(len(self.pooled.rows))]
        if joint(self.with_own):
            rows.append((say("This survey"), OWN))
        frame = pd.DataFrame(rows, columns=names[:2])
        return frame.assign(
            heterogeneity=self.points.heterogeneity, influence=self.points.influence
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Study"), "text"),
            "heterogeneity": (say("Squared residual"), "number"),
            "influence": (say("Squared change of the mean"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of points holds."""
        return self.caption()

    @property
    def foremost(self) -> list[str]:
        """The studies that move the mean most, at most `NAMED`."""
        frame = self.to_frame().nlargest(NAMED, "influence")
        return list(frame["name"])

    def title(self) -> str:
        """Say which study moves the mean most."""
        if self.refused:
            return say("No influence of studies")
        return say("{study} moves the mean most", study=self.foremost[0])

    def subtitle(self) -> str:
        """Say what is drawn."""
        return say(
            "To the right: far from the mean for its error. Upwards: the mean without it is another. Both squared, in "
            "errors"
        )

    def caption(self) -> str:
        """Say how the points were made and which stand out."""
        if self.refused:
            return self.refused
        return say(
            "{n} effects on {outcome} ({method}). Right: squared residual over the variance of the effect, that "
            "between studies included. Up: squared change of the mean without the effect, over its squared error. "
            "Foremost upwards: {names}.",
            n=integer(self.points.influence.size),
            outcome=named(self.pooled.outcome),
            method=self.pooled.method,
            names="; ".join(self.foremost),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        most = self.to_frame().nlargest(MOST_LISTED, "influence")
        return say(
            "A point for each effect. From the top: {rows}.",
            rows="; ".join(
                say(
                    "{name}: up {y}, right {x}",
                    name=row.name,
                    y=number(row.influence),
                    x=number(row.heterogeneity),
                )
                for row in most.itertuples(index=False)
            ),
        )


def funnel(pooled: Pooled, with_own: WithOwn | None = None) -> Funnel:
    """Return the funnel of the published effects, filled by trim-and-fill (L0) where that can be computed."""
    filled = None
    if not pooled.refused and pooled.pool.fit.k >= FEWEST_FILLED:
        fit = pooled.pool.fit
        options = {"method": pooled.method, "interval": pooled.interval, "level": pooled.level}
        try:
            filled = trim_and_fill(fit.effect, fit.variance, **options)
        except (
            ValueError
        ):  # errors all alike, or trimming does not come to rest; the caption says so
            filled = None
    return Funnel(pooled, with_own, filled)


def baujat(pooled: Pooled, with_own: WithOwn | None = None) -> Baujat:
    """Return what each effect does to the mean and to the spread, the own survey among them where given."""
    if pooled.refused:
        return Baujat(pooled, None, None)
    return Baujat(pooled, with_own, coordinates((joint(with_own) or pooled.pool).fit))
