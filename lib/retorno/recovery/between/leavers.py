"""What those who left before the second wave could do to the difference between recovered and no failure.

Estimands: the difference had all answered (weighted); the least and the most it can be among those who would have
answered either way (Lee) or among all (worst case). Weights take it that who left would have answered like who stayed
and was alike before; Lee's bounds that failure and recovery move leaving one way only; the worst case only the scale.

Sources: Lee (2009), Review of Economic Studies 76, 1071-1102; Horowitz and Manski (2000), J. of the American
Statistical Association 95, 77-84; Imbens and Manski (2004), Econometrica 72, 1845-1857.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Findings, caution, decide, direction
from retorno.language import integer, listed, mark, number, percent, quantity, say, say_n
from retorno.recovery.between.covariates import (
    covariate_name,
    covariates_of,
)
from retorno.recovery.between.leaving import PAIR, Leaving, leaving
from retorno.recovery.survey import (
    GROUPS,
    OUTCOMES,
    Survey,
)
from retorno.stats.attrition import (
    Bounds,
)

WEIGHTED = Definition(
    "leavers.{outcome}.weighted",
    label=mark("{outcome}: recovered minus no failure, weighted for who left"),
    meaning=mark(
        "Difference of two means, each over those of a group who answered, weighted by one over their chance of "
        "answering (logit within the group on scores before and segment; no weight is trimmed). The error counts that "
        "the chances are estimated. In the formula r is 1 for who answered and 0 for who left, p the chance, y the "
        "score, R the recovered, N those without a failure."
    ),
    unit="scale points",
    sign=mark("Positive: the recovered would score higher had nobody left."),
    formula=(
        r"\frac{\sum_{i \in R} r_i y_i / \hat p_i}{\sum_{i \in R} r_i / \hat p_i} - "
        r"\frac{\sum_{i \in N} r_i y_i / \hat p_i}{\sum_{i \in N} r_i / \hat p_i}"
    ),
    reference=0.0,
)
LEE_MEANING = mark(
    "From the answers of the group that kept more of its members, as many are taken off as the other group lost more: "
    "the highest of the recovered or the lowest of the others for the lower bound, the reverse for the upper. At a "
    "tied score only the fraction needed goes. Interval of this bound, bootstrap. In the formula q is the share taken "
    "off, a the share that answered in the group that kept more, b in the other."
)
LEE_FORMULA = r"q = \frac{a - b}{a}"
LEE_LOW = Definition(
    "leavers.{outcome}.lee_low",
    label=mark("{outcome}: recovered minus no failure, Lee's lower bound"),
    meaning=LEE_MEANING,
    unit="scale points",
    sign=mark("Positive: leavers who move one way only leave the recovered higher at the least."),
    formula=LEE_FORMULA,
    reference=0.0,
)
LEE_HIGH = Definition(
    "leavers.{outcome}.lee_high",
    label=mark("{outcome}: recovered minus no failure, Lee's upper bound"),
    meaning=LEE_MEANING,
    unit="scale points",
    sign=mark("Negative: leavers who move one way only leave the recovered lower at the most."),
    formula=LEE_FORMULA,
    reference=0.0,
)
WORST_MEANING = mark(
    "Difference of the means of all respondents when those who left are given an end of the scale: for the lower bound "
    "the lowest score to the recovered and the highest to the others, for the upper the reverse. Welch interval of "
    "this bound. In the formula y is the score of who answered, a the share that answered, l and h the ends of the "
    "scale, R the recovered, N those without a failure."
)
WORST_LOW = Definition(
    "leavers.{outcome}.worst_low",
    label=mark("{outcome}: recovered minus no failure, lower worst case"),
    meaning=WORST_MEANING,
    unit="scale points",
    sign=mark("Positive: whatever the leavers would have said, the recovered score higher."),
    formula=r"a_R \bar y_R + (1 - a_R) l - a_N \bar y_N - (1 - a_N) h",
    reference=0.0,
)
WORST_HIGH = Definition(
    "leavers.{outcome}.worst_high",
    label=mark("{outcome}: recovered minus no failure, upper worst case"),
    meaning=WORST_MEANING,
    unit="scale points",
    sign=mark("Negative: whatever the leavers would have said, the recovered score lower."),
    formula=r"a_R \bar y_R + (1 - a_R) h - a_N \bar y_N - (1 - a_N) l",
    reference=0.0,
)
DEFINITIONS = (WEIGHTED, LEE_LOW, LEE_HIGH, WORST_LOW, WORST_HIGH)

WEIGHTEDS = {
    "above": mark(
        "Had all answered like those alike in {covariates}, the recovered would score {change} higher in {outcome}; "
        "unweighted, the difference is {plain}."
    ),
    "below": mark(
        "Had all answered like those alike in {covariates}, the recovered would score {change} lower in {outcome}; "
        "unweighted, the difference is {plain}."
    ),
    "undecided": mark(
        "Had all answered like those alike in {covariates}, the interval of the difference in {outcome} holds zero; "
        "unweighted, the difference is {plain}."
    ),
}
WEIGHTS = mark(
    "The largest weight is {largest} times the mean one; {n} answers count as {effective}. It takes it that who left "
    "would have answered like who stayed."
)
TRIMMED = mark(
    'With {share} of the answers of the group "{group}" taken off, which kept more of its members, the difference in '
    "{outcome} lies between {low} and {high}."
)
UNTRIMMED = mark(
    "Both groups kept the same share of their members, so nothing is taken off: the difference in "
    "{outcome} stays {low}."
)
ONE_WAY = mark(
    "Lee's bounds take it that failure and recovery move leaving one way only: they keep nobody whom another they "
    "drive off."
)
WORST = {
    "low": mark(
        "Had every leaver among the recovered given the lowest score and every other the highest, the difference in "
        "{outcome} would be {value}."
    ),
    "high": mark(
        "Had every leaver among the recovered given the highest score and every other the lowest, the difference in "
        "{outcome} would be {value}."
    ),
}
CONCLUSIONS = {  # side of the plain difference, side of the interval around both bounds
    "above above": mark(
        "Leavers and chance together do not make the higher scores of the recovered: with both, the difference reaches "
        "from {low} to {high}."
    ),
    "below below": mark(
        "Leavers and chance together do not make the lower scores of the recovered: with both, the difference reaches "
        "from {low} to {high}."
    ),
    "above *": mark(
        "Leavers and chance together could make the higher scores of the recovered: with both, the difference reaches "
        "from {low} to {high}."
    ),
    "below *": mark(
        "Leavers and chance together could make the lower scores of the recovered: with both, the difference reaches "
        "from {low} to {high}."
    ),
    "undecided undecided": mark(
        "The plain difference is not clear of zero, and leavers could hide one: with leavers and chance it reaches "
        "from {low} to {high}."
    ),
    "undecided *": mark(
        "The plain difference is not clear of zero, the one that counts leavers is: it reaches from {low} to {high}."
    ),
}
TITLES = {
    "above above|below below": mark("Leavers do not account for the difference in {outcome}"),
    "undecided": mark("With leavers counted, too, the difference in {outcome} stays open"),
    "else": mark("Leavers could account for the difference in {outcome}"),
}


@dataclass(frozen=True, slots=True)
class Leavers:
    """What leavers could do to the difference on each outcome; intervals at `level`."""

    survey: Survey
    leaving: tuple[Leaving, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse weighted difference, Lee's bounds and the worst case of each outcome."""
        return Findings(f for one in self.leaving for f in self._findings(one))

    def _findings(self, one: Leaving):
        yield self._weighted(one)
        for definition, end in ((LEE_LOW, "low"), (LEE_HIGH, "high")):
            reason = one.refused or one.refused_lee
            text = "" if reason else self._lee_words(one, end)
            method = say("Lee's bounds, bootstrap of counts")
            yield self._bound(definition, one, reason, one.lee, end, text, method)
        for definition, end in ((WORST_LOW, "low"), (WORST_HIGH, "high")):
            text = "" if one.refused else self._worst_words(one, end)
            method = say("leavers at the ends of the scale, unpooled variances (Welch)")
            yield self._bound(definition, one, one.refused, one.worst, end, text, method)

    def _weighted(self, one: Leaving):
        unit = self.survey.difference_unit(one.outcome)
        if reason := one.refused or one.refused_weighted:
            return WEIGHTED.refuse(reason, n=sum(one.n), unit=unit, outcome=one.outcome)
        estimate, n = one.weighted.at(self.level), [w.n for w in one.weights]
        side = direction(estimate.interval)
        text = say(
            WEIGHTEDS[side],
            covariates=listed(covariate_name(c) for c in one.columns),
            change=quantity(abs(estimate.value), unit),
            outcome=say(OUTCOMES[one.outcome]),
            plain=quantity(one.plain.value, unit),
        )
        rests = say(
            WEIGHTS,
            largest=number(max(w.largest for w in one.weights), 1),
            n=integer(sum(n)),
            effective=integer(round(sum(w.effective for w in one.weights))),
        )
        return WEIGHTED.state(
            estimate.value,
            f"{text} {rests}" + _unknown(one) + caution(min(n)),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=sum(n),
            method=say("weights by one over the chance of answering, error by influence"),
            verdict=side,
            outcome=one.outcome,
        )

    def _bound(self, definition, one: Leaving, reason, bounds, end: str, text: str, method: str):
        unit = self.survey.difference_unit(one.outcome)
        if reason:
            return definition.refuse(reason, n=sum(one.n), unit=unit, outcome=one.outcome)
        estimate = getattr(bounds, end).at(self.level)
        return definition.state(
            estimate.value,
            text + caution(min(one.n)),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=sum(one.n),
            method=method,
            verdict=direction(estimate.interval),
            outcome=one.outcome,
        )

    def _lee_words(self, one: Leaving, end: str) -> str:
        unit, b = self.survey.difference_unit(one.outcome), one.lee
        words = {
            "outcome": say(OUTCOMES[one.outcome]),
            "low": quantity(b.low.value, unit),
            "high": quantity(b.high.value, unit),
        }
        if b.trimmed_group is None:
            text = say(UNTRIMMED, **words)
        else:
            group = say(GROUPS[PAIR[b.trimmed_group]])
            text = say(TRIMMED, share=percent(b.trimmed), group=group, **words)
        return f"{text} {self._conclusion(one, b) if end == 'low' else say(ONE_WAY)}"

    def _worst_words(self, one: Leaving, end: str) -> str:
        unit = self.survey.difference_unit(one.outcome)
        value = quantity(getattr(one.worst, end).value, unit)
        text = say(WORST[end], outcome=say(OUTCOMES[one.outcome]), value=value)
        return f"{text} {self._conclusion(one, one.worst)}" if end == "low" else text

    def _sides(self, one: Leaving, bounds: Bounds) -> tuple[str, str]:
        """Return the side of the plain difference, and that of the difference with leavers counted."""
        return direction(one.plain.at(self.level).interval), direction(bounds.interval(self.level))

    def _conclusion(self, one: Leaving, bounds: Bounds) -> str:
        unit = self.survey.difference_unit(one.outcome)
        low, high = (quantity(end, unit) for end in bounds.interval(self.level))
        return say(decide(CONCLUSIONS, *self._sides(one, bounds)), low=low, high=high)

    @property
    def stated(self) -> tuple[Leaving, ...]:
        """The outcomes some of whose leavers can be counted."""
        return tuple(one for one in self.leaving if one.worst)

    def to_frame(self):
        """Return outcome, step, value, low, high, ci_low, ci_high, unit: a number or two bounds with an interval."""
        import pandas as pd

        rows = [
            (say(OUTCOMES[one.outcome]), *row, self.survey.difference_unit(one.outcome))
            for one in self.stated
            for row in self._rows(one)
        ]
        names = ["outcome", "step", "value", "low", "high", "ci_low", "ci_high", "unit"]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[2:7], float))

    def _rows(self, one: Leaving):
        for name, student in ((say("as it stands"), one.plain), (say("weighted"), one.weighted)):
            if student:
                yield name, student.value, None, None, *student.at(self.level).interval
        for name, bounds in (
            (say("leaving one way only"), one.lee),
            (say("worst case"), one.worst),
        ):
            if bounds:
                ends = bounds.low.value, bounds.high.value
                yield name, None, *ends, *bounds.interval(self.level)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "step": (say("Leavers"), "text"),
            "value": (say("Difference"), "unit:unit"),
            "low": (say("At least"), "unit:unit"),
            "high": (say("At most"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of leavers holds."""
        return say(
            "Recovered minus no failure: as it stands, weighted for who left, and the least and most it can be; "
            "{level} intervals, for bounds that of the difference wherever it lies between them (Imbens and Manski).",
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say whether leavers could account for the plain difference, on the first outcome."""
        if not self.stated:
            return say("Nothing about leavers can be stated")
        one = self.stated[0]
        plain, counted = self._sides(one, one.lee or one.worst)
        key = "above above|below below" if plain == counted != "undecided" else "else"
        if plain == "undecided":
            key = "undecided"
        return say(TITLES[key], outcome=say(OUTCOMES[one.outcome]))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        shares = [one.outcome for one in self.stated if one.outcome in self.survey.shares]
        if not shares:
            return say("Recovered minus no failure, in points of the scale")
        return say(
            "Recovered minus no failure, in points of the scale; {shares} in percentage points",
            shares=listed(say(OUTCOMES[outcome]) for outcome in shares),
        )

    def caption(self) -> str:
        """Say what points and bars are, how many left, and what is assumed."""
        if not self.stated:
            return next((one.refused for one in self.leaving if one.refused), "")
        first = self.stated[0]
        return say(
            "Points with {level} intervals; dark bars from the lower to the upper bound, pale ones the {level} "
            "interval of the difference wherever it lies between them. In {outcome}, {recovered} of {all_recovered} "
            "recovered and {others} of {all_others} without a failure left. Leaving one way only: Lee's bounds; worst "
            "case: leavers at the ends of the scale.",
            level=percent(self.level, 0),
            outcome=say(OUTCOMES[first.outcome]),
            recovered=integer(first.left[0]),
            all_recovered=integer(first.left[0] + first.n[0]),
            others=integer(first.left[1]),
            all_others=integer(first.left[1] + first.n[1]),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.stated:
            return self.caption()
        rows = "; ".join(
            say(
                "{outcome}, {step}: {shown}",
                outcome=row.outcome,
                step=row.step,
                shown=written(row),
            )
            for row in self.to_frame().itertuples()
        )
        return say("Points and bars against a line of no difference. {rows}.", rows=rows)


def written(row) -> str:
    """Return the number or the two bounds of a row of the frame as a reader sees them."""
    if np.isnan(row.low):
        return quantity(row.value, row.unit)
    return say(
        "{low} to {high}", low=quantity(row.low, row.unit), high=quantity(row.high, row.unit)
    )


def _unknown(one: Leaving) -> str:
    """Say, with a leading space, how many could not be weighted, or nothing."""
    if not one.unknown:
        return ""
    return " " + say_n(
        "{n} respondent without a score before is left out of the weights.",
        "{n} respondents without a score before are left out of the weights.",
        one.unknown,
    )


def leavers(
    survey: Survey, *, level: float = 0.95, min_group: int = 5, rng: np.random.Generator
) -> Leavers:
    """Return what those who left could do to recovered minus no failure, on each outcome.

    Parameters
    ----------
    survey : Survey
    rng : numpy.random.Generator
        Draws the errors of Lee's bounds.
    """
    there = covariates_of(survey)
    found = (leaving(survey, o, there, min_group=min_group, rng=rng) for o in survey.outcomes)
    return Leavers(survey, tuple(found), level)
