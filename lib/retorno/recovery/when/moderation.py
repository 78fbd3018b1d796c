"""When recovered customers score higher: how their distance to the others changes with the failure and its history.

Estimand: mean score of the recovered at m of a moderator minus mean score of those without a failure, second wave,
unadjusted, as a straight line in m. Where those without a failure have a value of the moderator, too, it is theirs at
m; where the moderator belongs to a failure, as its severity does, it is the mean of all of them. The line is an
effect of the moderator only where chance set it, which no survey can arrange: grave failures strike other customers
and are repaired in other ways.

Sources: Johnson and Neyman (1936), Statistical Research Memoirs 1, 57-93; Bauer and Curran (2005), Multivariate
Behavioral Research 40, 373-400.
"""

from dataclasses import dataclass, replace

from retorno.findings import Definition, Findings, caution
from retorno.language import brief, integer, listed, mark, number, percent, quantity, say
from retorno.recovery.survey import (
    MODERATORS,
    OUTCOMES,
    Survey,
)
from retorno.recovery.when.lines import Moderated, moderated
from retorno.stats.multiplicity import holm_levels

SLOPE = Definition(
    "moderation.{name}.slope",
    label=mark("Change of recovered minus no failure with {name}"),
    meaning=mark(
        "How much the difference recovered minus no failure in the first outcome changes with one point more of the "
        "moderator: the slope of a line among the recovered, less that among those without a failure where they have "
        "a value, too; HC2 errors. The verdict is read at the level after Holm over all moderators. In the formula b "
        "is the slope of a least-squares line of the score y on the moderator m, R the recovered, N those without a "
        "failure, whose slope is 0 where they have no value of m."
    ),
    unit="scale points per point",
    sign=mark(
        "Positive: the higher the moderator, the better the recovered stand. Observed, not set."
    ),
    formula=r"b_R - b_N, \quad b = \frac{\sum (m - \bar m)(y - \bar y)}{\sum (m - \bar m)^2}",
    reference=0.0,
)
_BOUND = mark(
    "One of the two values of the moderator at which the pointwise interval of the difference recovered minus no "
    "failure just touches zero: there the verdict on the difference changes. None when it does not exist or does not "
    "lie inside the range of the moderator in the data. In the formula a + b m is the difference at m of the "
    "moderator, V its variance and t the point of Student's t that bounds the interval."
)
_FORMULA = r"(a + b m)^2 = t^2 \, V(a + b m)"
JN_LOW = Definition(
    "moderation.{name}.jn_low",
    label=mark("Lower Johnson-Neyman bound in {name}"),
    meaning=_BOUND,
    unit="moderator points",
    sign=mark("A place on the moderator's scale: the lower of the two."),
    formula=_FORMULA,
)
JN_HIGH = Definition(
    "moderation.{name}.jn_high",
    label=mark("Upper Johnson-Neyman bound in {name}"),
    meaning=_BOUND,
    unit="moderator points",
    sign=mark("A place on the moderator's scale: the upper of the two."),
    formula=_FORMULA,
)
DEFINITIONS = (SLOPE, JN_LOW, JN_HIGH)

SENTENCES = {
    "above": mark(
        "With each point more of {moderator}, recovered minus no failure in {outcome} rises by {slope}."
    ),
    "below": mark(
        "With each point more of {moderator}, recovered minus no failure in {outcome} falls by {slope}."
    ),
    "undecided": mark(
        "With each point more of {moderator}, recovered minus no failure in {outcome} moves by {slope} in these data; "
        "whether it rises or falls is undecided."
    ),
}
SPANS = {
    "above": mark("from {start} to {end} the recovered score higher"),
    "below": mark("from {start} to {end} the recovered score lower"),
    "undecided": mark("from {start} to {end} the difference is undecided"),
}
SIDES = {
    "above": mark("the recovered score higher"),
    "below": mark("the recovered score lower"),
    "undecided": mark("the difference is undecided"),
}
TITLES = {  # whether it rises with some, whether it falls with some
    (True, True): mark("Recovered minus no failure rises with {rising} and falls with {falling}"),
    (True, False): mark("Recovered minus no failure rises with {rising}"),
    (False, True): mark("Recovered minus no failure falls with {falling}"),
    (False, False): mark("Whether recovered minus no failure changes with {open} is undecided"),
}


@dataclass(frozen=True, slots=True)
class Moderation:
    """The difference along each moderator the survey has, on its first outcome; intervals at `level`."""

    survey: Survey
    moderators: tuple[Moderated, ...]
    level: float

    @property
    def outcome(self) -> str:
        """The first outcome of the survey."""
        return self.survey.outcomes[0]

    @property
    def unit(self) -> str:
        """Unit of the difference."""
        return self.survey.difference_unit(self.outcome)

    @property
    def stated(self) -> tuple[Moderated, ...]:
        """The moderators with a line."""
        return tuple(m for m in self.moderators if m.difference)

    def findings(self) -> Findings:
        """State or refuse slope and Johnson-Neyman bounds of each moderator."""
        return Findings(f for m in self.moderators for f in self._findings(m))

    def _findings(self, m: Moderated):
        unit, n = f"{self.unit} per point", sum(m.n)
        if m.refused:
            for definition, own in ((SLOPE, unit), (JN_LOW, None), (JN_HIGH, None)):
                yield definition.refuse(m.refused, n=n, unit=own, name=m.name)
            return
        slope = m.difference.slope.at(self.level)
        yield SLOPE.state(
            slope.value,
            self._slope(m) + caution(min(m.n)),
            interval=slope.interval,
            level=self.level,
            unit=unit,
            n=n,
            method=say(
                "slope of a difference of means, HC2 errors; verdict at the level after Holm"
            ),
            verdict=m.verdict,
            name=m.name,
        )
        for definition, bound in ((JN_LOW, m.region.low), (JN_HIGH, m.region.high)):
            yield definition.state(
                bound,
                (_no_bound(m) if bound is None else _bound(m, bound)) + caution(min(m.n)),
                n=n,
                method=say("Johnson-Neyman, pointwise interval"),
                name=m.name,
            )

    def _slope(self, m: Moderated) -> str:
        slope, verdict = m.difference.slope, m.verdict
        words = {"moderator": say(MODERATORS[m.name]), "outcome": say(OUTCOMES[self.outcome])}
        size = slope.value if verdict == "undecided" else abs(slope.value)
        text = say(SENTENCES[verdict], slope=quantity(size, self.unit), **words)
        if len(self.stated) > 1:
            low, high = slope.at(m.own_level).interval
            text += " " + say(
                "The verdict is that of Holm's rule for {n} moderators: the {level} interval is {low} to {high}.",
                n=integer(len(self.stated)),
                level=percent(m.own_level, 1),
                low=quantity(low, self.unit),
                high=quantity(high, self.unit),
            )
        if not m.both:
            text += " " + say(
                "Those without a failure have no {moderator}: their mean is held against the whole line.",
                **words,
            )
        observed = say(
            "The moderator was observed, not set: whatever goes with it moves the line, too."
        )
        return f"{text} {_spans(m)} {observed}"

    def to_frame(self):
        """Return one row a moderator stated: slope and its interval, range, difference at both ends, bounds, unit."""
        import pandas as pd

        rows = [
            (
                say(MODERATORS[m.name]).capitalize(),
                sum(m.n),
                m.difference.slope.value,
                *m.difference.slope.at(self.level).interval,
                m.difference.low,
                m.difference.high,
                m.difference.at(m.difference.low, level=self.level).value,
                m.difference.at(m.difference.high, level=self.level).value,
                m.region.low,
                m.region.high,
                self.unit,
            )
            for m in self.stated
        ]
        names = ["moderator", "n", "slope", "ci_low", "ci_high", "low", "high", "at_low", "at_high"]
        names += ["jn_low", "jn_high", "unit"]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[2:11], float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "moderator": (say("Moderator"), "text"),
            "n": (say("Respondents"), "count"),
            "slope": (say("Change per point"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
            "at_low": (say("Difference at its lowest"), "unit:unit"),
            "at_high": (say("Difference at its highest"), "unit:unit"),
            "jn_low": (say("Lower bound"), "number"),
            "jn_high": (say("Upper bound"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of moderators holds."""
        return say(
            "Recovered minus no failure in {outcome}: its change with one point more of each moderator, {level} "
            "interval; the difference at its lowest and its highest value in the data; Johnson-Neyman bounds there.",
            outcome=say(OUTCOMES[self.outcome]),
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say with which moderators the difference rises or falls."""
        if not self.stated:
            return say("No moderator can be stated")
        names = {
            word: listed(say(MODERATORS[m.name]) for m in self.stated if m.verdict == side)
            for word, side in (("rising", "above"), ("falling", "below"), ("open", "undecided"))
        }
        if len(self.stated) > 2 and all(m.verdict == "undecided" for m in self.stated):
            return say(
                "Whether recovered minus no failure changes with any of {n} moderators is undecided",
                n=integer(len(self.stated)),
            )
        return say(TITLES[bool(names["rising"]), bool(names["falling"])], **names)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        words = {"outcome": say(OUTCOMES[self.outcome])}
        if self.outcome in self.survey.shares:
            return say(
                "Recovered minus no failure in {outcome}, percentage points, along each moderator",
                **words,
            )
        return say(
            "Recovered minus no failure in {outcome}, points of the scale, along each moderator",
            **words,
        )

    def caption(self) -> str:
        """Say what lines, bands and bars are, how many stand behind them and where the first is clear of zero."""
        if not self.stated:
            return say(
                "No moderator can be stated: the survey has none, or too few values of them."
            )
        first = self.stated[0]
        return say(
            "Straight lines with pointwise {level} intervals; thin vertical lines are Johnson-Neyman bounds, bars "
            "below show where the answers lie. Recovered behind each line: {counts}. {moderator}: {spans}",
            level=percent(self.level, 0),
            counts=listed(f"{say(MODERATORS[m.name])} {integer(m.n[0])}" for m in self.stated),
            moderator=say(MODERATORS[first.name]).capitalize(),
            spans=_spans(first),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        lines = "; ".join(
            say(
                "{moderator}: {at_low} at {low}, {at_high} at {high}",
                moderator=r.moderator,
                at_low=quantity(r.at_low, r.unit),
                low=brief(r.low),
                at_high=quantity(r.at_high, r.unit),
                high=brief(r.high),
            )
            for r in self.to_frame().itertuples()
        )
        return say(
            "A panel for each moderator, a line in its band against a line of no difference. {lines}.",
            lines=lines,
        )


def _spans(m: Moderated) -> str:
    """Say on which stretches of the moderator the difference is above, below or undecided."""
    spans = "; ".join(
        say(SPANS[span.side], start=brief(round(span.start, 2)), end=brief(round(span.end, 2)))
        for span in m.region.spans
    )
    return f"{spans[:1].upper()}{spans[1:]}."


def _bound(m: Moderated, bound: float) -> str:
    """Say what changes at a bound."""
    below = next(i for i, span in enumerate(m.region.spans) if span.end == bound)
    return say(
        "At {bound} of {moderator} the interval of the difference touches zero: below, {before}; above, {after}.",
        bound=number(bound),
        moderator=say(MODERATORS[m.name]),
        before=say(SIDES[m.region.spans[below].side]),
        after=say(SIDES[m.region.spans[below + 1].side]),
    )


def _no_bound(m: Moderated) -> str:
    """Say that a bound does not lie in the data, and what holds there instead."""
    nowhere = say(
        "No such bound lies inside the range of {moderator} in the data, {low} to {high}.",
        moderator=say(MODERATORS[m.name]),
        low=brief(m.difference.low),
        high=brief(m.difference.high),
    )
    return f"{nowhere} {_spans(m)}"


def moderation(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> Moderation:
    """Return how recovered minus no failure changes along each moderator the survey has.

    Parameters
    ----------
    survey : Survey
        Its first outcome is compared. Moderators without a column are left out.
    level : float
        Coverage of the intervals; the verdicts on the slopes hold it together (Holm).
    min_group : int
        Least number of respondents in each group.
    """
    found = [
        moderated(survey, name, level=level, min_group=min_group)
        for name in MODERATORS
        if name in survey.frame
    ]
    stated = [m for m in found if m.difference]
    levels = holm_levels([m.difference.slope.p for m in stated], level=level)
    own = {m.name: own for m, own in zip(stated, levels, strict=True)}
    return Moderation(survey, tuple(replace(m, own_level=own.get(m.name)) for m in found), level)
