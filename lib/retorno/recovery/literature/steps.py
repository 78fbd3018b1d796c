"""The mean of the published studies step by step: as they came out, and without each in turn.

A study enters or leaves with all its rows; every step is pooled as all are.

Sources: Lau, Schmid and Chalmers (1995), J. of Clinical Epidemiology 48, 45-57, for cumulative pooling; Viechtbauer and
Cheung (2010), Research Synthesis Methods 1, 112-125, for leaving one out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retorno.findings import direction
from retorno.language import integer, mark, named, number, percent, say, say_n
from retorno.recovery.literature.drawn import (
    COLUMNS,
    MOST_LISTED,
    OWN,
    STUDY,
    dated,
    joint,
    ordered,
    some,
    spoken,
)
from retorno.recovery.literature.own import WithOwn
from retorno.recovery.literature.pooled import Pool, Pooled, counted

SETTLED = {
    "kept": mark("From {name} on, the interval of the mean has kept to one side of zero"),
    "always": mark(
        "From the first study on, the interval of the mean has kept to one side of zero"
    ),
    "open": mark("With all studies, the interval of the mean holds zero"),
}
HINGES = {
    "never": mark("Whichever study is left out, the interval of the mean lies as it does with all"),
    "some": mark("The place of the interval beside zero hinges on {n} of {k} studies"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """The studies pooled after `name` was added, or with it left out; `own`: it is the own survey."""

    name: str
    pool: Pool
    own: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """The mean of the published studies step by step; see `Cumulative` and `LeftOut`."""

    pooled: Pooled
    with_own: WithOwn | None
    steps: tuple[Step, ...]

    @property
    def refused(self) -> str | None:
        """Why there is nothing to draw."""
        return self.pooled.refused

    def to_frame(self):
        """Return name, kind, k, effect, ci_low, ci_high, tau2 of each step, from the top."""
        import pandas as pd

        rows = [
            (s.name, OWN if s.own else STUDY, s.pool.fit.k, s.pool.mean.value, *s.pool.ci)
            for s in self.steps
        ]
        frame = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
        return frame.assign(tau2=[s.pool.fit.tau2 for s in self.steps])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Study"), "text"),
            "k": (say("Effects pooled"), "count"),
            "effect": (say("Mean"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
            "tau2": (say("Variance between studies"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of steps holds."""
        return self.caption()

    @property
    def sides(self) -> list[str]:
        """On which side of zero the interval of each step lies."""
        return [direction(s.pool.ci) for s in self.steps]


class Cumulative(Steps):
    """The mean after each study, by year; a study enters with all its rows, the own survey last."""

    __slots__ = ()

    def title(self) -> str:
        """Say since when the interval has kept to its side."""
        if self.refused:
            return say("No history of the mean")
        sides = self.sides
        if sides[-1] == "undecided":
            return say(SETTLED["open"])
        last = max((i for i, side in enumerate(sides) if side != sides[-1]), default=-1)
        if last < 0:
            return say(SETTLED["always"])
        return say(SETTLED["kept"], name=self.steps[last + 1].name)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean effect in standard deviations after each further study, with {level} intervals",
            level=percent(self.pooled.level, 0),
        )

    def caption(self) -> str:
        """Say in which order studies enter, and that looking again and again has its price."""
        if self.refused:
            return self.refused
        undated = int(self.pooled.rows["year"].isna().sum())
        text = [
            say(
                "{rows} on {outcome}, pooled anew after each study by year ({method}). Looking after every study finds "
                "something more often than {error} of the time where there is nothing.",
                rows=counted(self.pooled.pool),
                outcome=named(self.pooled.outcome),
                method=self.pooled.pool.method,
                error=percent(1 - self.pooled.level, 0),
            )
        ]
        if undated:
            text.append(
                say_n(
                    "{n} effect has no year and enters last.",
                    "{n} effects have no year and enter last.",
                    undated,
                )
            )
        if joint(self.with_own):
            text.append(say("The own survey enters last."))
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        return say("The mean from the first study to the last. {rows}.", rows=spoken(_ends(self)))


class LeftOut(Steps):
    """The mean without each study in turn, all its rows left out."""

    __slots__ = ()

    @property
    def hinging(self) -> list[str]:
        """Studies without which the interval of the mean lies otherwise beside zero."""
        whole = direction(self.pooled.pool.ci)
        return [s.name for s, side in zip(self.steps, self.sides, strict=True) if side != whole]

    def title(self) -> str:
        """Say whether the answer hinges on a single study."""
        if self.refused:
            return say("No mean without a study")
        found = len(self.hinging)
        return say(
            HINGES["some" if found else "never"], n=integer(found), k=integer(len(self.steps))
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Mean effect in standard deviations without the study named, with {level} intervals",
            level=percent(self.pooled.level, 0),
        )

    def caption(self) -> str:
        """Say how the means were made and how far they reach."""
        if self.refused:
            return self.refused
        means = [s.pool.mean.value for s in self.steps]
        text = say(
            "{rows} on {outcome} ({method}): all together {mu}; without one study {low} to {high}.",
            rows=counted(self.pooled.pool),
            outcome=named(self.pooled.outcome),
            method=self.pooled.pool.method,
            mu=number(self.pooled.pool.mean.value),
            low=number(min(means)),
            high=number(max(means)),
        )
        if self.hinging:
            text += " " + say("It hinges on: {names}.", names="; ".join(self.hinging[:MOST_LISTED]))
        return text

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        return say(
            "A row for each study left out, the lowest and the highest mean. {rows}.",
            rows=spoken(_ends(self, lambda step: step.pool.mean.value)),
        )


def cumulative(pooled: Pooled, with_own: WithOwn | None = None) -> Cumulative:
    """Return the mean after each study by year, undated ones last, and at the end with the own survey."""
    if pooled.refused:
        return Cumulative(pooled, with_own, ())
    rows, steps = pooled.rows, []
    names = list(dict.fromkeys(rows["study"].iloc[ordered(rows, "year")]))
    for n in range(len(names)):
        places = np.flatnonzero(rows["study"].isin(names[: n + 1]))
        last = int(np.flatnonzero(rows["study"] == names[n])[0])
        steps.append(Step(dated(rows, last), some(pooled, places)))
    if joint(with_own):
        steps.append(Step(say("This survey"), with_own.pool, own=True))
    return Cumulative(pooled, with_own, tuple(steps))


def left_out(pooled: Pooled) -> LeftOut:
    """Return the mean of the published studies without each in turn."""
    if pooled.refused:
        return LeftOut(pooled, None, ())
    rows = pooled.rows
    steps = [
        Step(
            dated(rows, int(np.flatnonzero(rows["study"] == name)[0])),
            some(pooled, np.flatnonzero(rows["study"] != name)),
        )
        for name in dict.fromkeys(rows["study"])
    ]
    return LeftOut(pooled, None, tuple(steps))


def _ends(steps: Steps, key: Callable | None = None):
    """Return the frame of a few steps: all where few, else the first and the last, by `key` where given."""
    frame = steps.to_frame()
    if len(frame) <= MOST_LISTED:
        return frame
    places: Sequence[int] = range(len(frame))
    places = sorted(places, key=lambda place: key(steps.steps[place])) if key else places
    return frame.iloc[[places[0], places[-1]]]
