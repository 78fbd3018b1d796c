"""What was found of scales made of several items: who answered how many, Cronbach's alpha, items that run against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retorno.language import brief, integer, number, percent, say, say_n
from retorno.tables.problems import listed, quoted

FEWEST = 3  # complete respondents below which there is no alpha


@dataclass(frozen=True, slots=True)
class Scale:
    """One of our columns that is the mean of several items.

    Attributes
    ----------
    ours : str
        Our name.
    of, reversed : tuple of str
        The columns of the file; those counted backwards.
    scale, span : tuple of two float or None
        Lowest and highest answer there may be, None: not said; those there are, None: no answer.
    answered : int
        Least number of items answered for a score.
    respondents : tuple of int
        Respondents by the number of items they answered, from none to all.
    alpha : CronbachAlpha or None
        Of the items counted one way, over the respondents who answered all.
    without_alpha : str
        Why there is no alpha; empty when there is one.
    against : dict of str to float
        Items that run against the others -> their correlation with the sum of the others.
    ways : tuple of str
        The lines of a parameter file that count those the other way; two where two camps are alike in size.
    """

    ours: str
    of: tuple[str, ...]
    reversed: tuple[str, ...]
    scale: tuple[float, float] | None
    span: tuple[float, float] | None
    answered: int
    respondents: tuple[int, ...]
    alpha: Any
    without_alpha: str
    against: Mapping[str, float]
    ways: tuple[str, ...]

    @classmethod
    def of_answers(cls, mean, table: str, answers, level: float) -> "Scale":
        """Return what `answers` say of a scale.

        Parameters
        ----------
        mean : retorno.tables.items.Mean
            How the scale is made.
        table : str
            Name of the table, for the line of a parameter file.
        answers : ndarray, shape (n, k)
            One row a respondent, one column an item, all counted one way; NaN: no answer.
        level : float
            Coverage of the interval of alpha.
        """
        import numpy as np

        from retorno.stats.reliability import cronbach_alpha, runs_against

        given = ~np.isnan(answers)
        counts = np.bincount(given.sum(axis=1), minlength=len(mean.of) + 1).tolist()
        why = _without_alpha(answers, counts[-1])
        found = runs_against(answers) if counts[-1] >= FEWEST else np.zeros(len(mean.of))
        against = {item: float(r) for item, r in zip(mean.of, found, strict=True) if r < 0}
        return cls(
            ours=mean.ours,
            of=mean.of,
            reversed=mean.reversed,
            scale=mean.scale,
            span=(float(answers[given].min()), float(answers[given].max()))
            if given.any()
            else None,
            answered=mean.answered,
            respondents=tuple(counts),
            alpha=None if why else cronbach_alpha(answers, level),
            without_alpha=why,
            against=against,
            ways=_ways(mean, table, set(against)),
        )

    @property
    def n_all(self) -> int:
        """Respondents who answered every item."""
        return self.respondents[-1]

    @property
    def n_some(self) -> int:
        """Respondents with a score who did not answer every item."""
        return sum(self.respondents[self.answered : -1])

    @property
    def n_too_few(self) -> int:
        """Respondents without a score, those who answered no item among them."""
        return sum(self.respondents[: self.answered])

    def sentences(self) -> list[str]:
        """State alpha, who has a score, answers where no scale is said, items that run against the others."""
        told = [self._alpha(), self._respondents()]
        if self.scale is None and self.span is not None:
            told.append(self._span())
        return told + ([self._against()] if self.against else [])

    def row(self) -> dict:
        """Return the scale as a row of the table; alpha and its bounds are NaN where there is none."""
        nothing = float("nan")
        return {
            "scale": self.ours,
            "items": ", ".join(self.of),
            "reversed": ", ".join(self.reversed),
            "alpha": self.alpha.alpha if self.alpha else nothing,
            "ci_low": self.alpha.ci_low if self.alpha else nothing,
            "ci_high": self.alpha.ci_high if self.alpha else nothing,
            "n_all": self.n_all,
            "n_some": self.n_some,
            "n_too_few": self.n_too_few,
        }

    def _alpha(self) -> str:
        if self.alpha is None:
            return say(
                "{scale} has no Cronbach's alpha: {why}.", scale=self.ours, why=self.without_alpha
            )
        told = say(
            "{scale}: Cronbach's alpha {alpha} ({level} interval {low} to {high}; {n} respondents, {k} items).",
            scale=self.ours,
            alpha=number(self.alpha.alpha),
            level=percent(self.alpha.level, 0),
            low=number(self.alpha.ci_low),
            high=number(self.alpha.ci_high),
            n=integer(self.alpha.n),
            k=integer(self.alpha.k),
        )
        if self.alpha.alpha >= 0:
            return told
        return told + " " + say("A negative alpha says that the items contradict each other.")

    def _respondents(self) -> str:
        return say(
            "{scale}: {all} answered every item, {some} at least {answered}, {few} fewer and so have no score.",
            scale=self.ours,
            all=integer(self.n_all),
            some=integer(self.n_some),
            answered=integer(self.answered),
            few=integer(self.n_too_few),
        )

    def _span(self) -> str:
        low, high = map(brief, self.span)
        return say(
            "{scale}: its items hold answers from {low} to {high}; with a line as scale: [1, 7] any other is told.",
            scale=self.ours,
            low=low,
            high=high,
        )

    def _against(self) -> str:
        correlated = ", ".join(
            say("{item} (correlation {r})", item=quoted(item), r=number(r))
            for item, r in self.against.items()
        )
        rest = listed(item for item in self.of if item not in self.against)
        told = say_n(
            "{scale}: {items} runs against {rest}.",
            "{scale}: {items} run against {rest}.",
            len(self.against),
            scale=self.ours,
            items=correlated,
            rest=rest,
        )
        way = say(
            "Read the questions: if some ask for the opposite, count them the other way: {way}",
            way=say(" or ").join(self.ways),
        )
        return f"{told} {way}"


def _without_alpha(answers, complete: int) -> str:
    """Return why `answers`, `complete` of whose rows are, have no alpha; empty when they have one."""
    from retorno.stats.reliability import sum_varies

    if complete < FEWEST:
        return say_n(
            "every item was answered by {n} respondent, and alpha needs {fewest}",
            "every item was answered by {n} respondents, and alpha needs {fewest}",
            complete,
            fewest=FEWEST,
        )
    return "" if sum_varies(answers) else say("the items add up to the same for everyone")


def _ways(mean, table: str, against: set[str]) -> tuple[str, ...]:
    """Return the lines that turn the items in `against` round, or the others where both camps are alike in size."""
    camps = [against] if against else []
    if 2 * len(against) == len(mean.of):
        camps.append(set(mean.of) - against)
    return tuple(mean.line(table, camp) for camp in camps)


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of a run, shown as a table; `level` is the coverage of their intervals."""

    scales: tuple[Scale, ...] = ()
    level: float = 0.95

    def sentences(self) -> list[str]:
        """State what each scale states, in the order asked for."""
        return [sentence for scale in self.scales for sentence in scale.sentences()]

    def to_frame(self):
        """Return one row a scale."""
        import pandas as pd

        return pd.DataFrame([scale.row() for scale in self.scales], columns=list(self.columns()))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return the label and the kind of each column of the table."""
        return {
            "scale": (say("Scale"), "text"),
            "items": (say("Items"), "text"),
            "reversed": (say("Counted backwards"), "text"),
            "alpha": (say("Cronbach's alpha"), "number"),
            "ci_low": (say("From"), "number"),
            "ci_high": (say("To"), "number"),
            "n_all": (say("Answered all items"), "count"),
            "n_some": (say("Some items, enough"), "count"),
            "n_too_few": (say("Too few items"), "count"),
        }

    def table_caption(self) -> str:
        """Say what the table holds, and which alphas cannot be relied on."""
        told = say(
            "Scores that are the mean of several items, how well the items belong together (Cronbach's alpha with "
            "its {level} interval, over the respondents who answered every item), and respondents by the items "
            "they answered; with too few there is no score.",
            level=percent(self.level, 0),
        )
        against = [scale.ours for scale in self.scales if scale.against]
        if not against:
            return told
        warned = say_n(
            "An item runs against the others in {scales}.",
            "Items run against the others in {scales}.",
            sum(len(scale.against) for scale in self.scales),
            scales=", ".join(against),
        )
        return f"{told} {warned}"
