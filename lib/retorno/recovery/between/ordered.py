"""Recovered customers beside customers without a failure, with answers taken as ordered and not as numbers.

Estimand: odds of a higher answer of the recovered over those of customers without a failure, second wave, unadjusted;
one ratio for every cut between two answers (proportional odds). Who is in which group is part of it, as it is of the
difference of means beside which it stands. Whether one ratio fits is tested, and the shares it predicts stand beside
the observed ones.

Sources: McCullagh (1980), J. of the Royal Statistical Society B 42, 109-142; Brant (1990), Biometrics 46, 1171-1178.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import brief, integer, listed, mark, number, p_value, percent, say
from retorno.recovery.survey import (
    GROUPS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    left_out,
    no_spread,
    refusal,
)
from retorno.stats.ordered import Brant, ProportionalOdds, brant, proportional_odds, separated
from retorno.stats.student import Estimate

MOST_ANSWERS = 11
COMPARED = (NO_FAILURE, RECOVERED)

ODDS_RATIO = Definition(
    "ordered.{outcome}.odds_ratio",
    label=mark("{outcome}: odds of a higher answer, recovered over no failure"),
    meaning=mark(
        "Odds of the recovered of an answer above a cut over the same odds of those without a failure, one ratio for "
        "all cuts between two answers (proportional odds model), among those who answered the second wave; "
        "unadjusted. With two answers it is the odds ratio of a logit. In the formula y is the answer, k any cut, R "
        "the recovered, N those without a failure."
    ),
    unit="ratio",
    sign=mark(
        "1: alike. Above 1: the recovered give higher answers. Who meets a failure is part of it."
    ),
    formula=r"\frac{P_R(y > k) / P_R(y \le k)}{P_N(y > k) / P_N(y \le k)}",
    reference=1.0,
)
PROPORTIONAL = Definition(
    "ordered.{outcome}.proportional_odds_p",
    label=mark("{outcome}: p of one odds ratio at every cut"),
    meaning=mark(
        "p of Brant's test that the odds ratio is the same at every cut: a binary logit at each cut, and Wald's test "
        "that all agree. A cut at which one group has no answer on one side has no odds ratio; the answers on both "
        "sides are joined. In the formula D are the differences of the log odds ratios at the other cuts from that "
        "at the first, V their covariance, m the number of cuts."
    ),
    unit="p-value",
    sign=mark("Small: one odds ratio does not describe all cuts."),
    formula=r"P \left( \chi^2_{m - 1} \ge D^\top V^{-1} D \right)",
)
DEFINITIONS = (ODDS_RATIO, PROPORTIONAL)

SENTENCES = {
    "above": mark(
        "{outcome}: the odds of a higher answer of the recovered are {ratio} times those of customers without a "
        "failure: they give higher answers."
    ),
    "below": mark(
        "{outcome}: the odds of a higher answer of the recovered are {ratio} times those of customers without a "
        "failure: they give lower answers."
    ),
    "undecided": mark(
        "{outcome}: the odds of a higher answer of the recovered are {ratio} times those of customers without a "
        "failure; the interval holds 1, so neither group is shown to answer higher."
    ),
}
FIT = {
    True: mark(
        "The answers on {outcome} do not contradict one odds ratio at every cut ({p}); at single cuts it runs from "
        "{low} to {high}."
    ),
    False: mark(
        "One odds ratio does not fit every cut of {outcome} ({p}): at single cuts it runs from {low} to {high}. "
        "Read the observed share of each answer beside the predicted one, not the ratio alone."
    ),
}
TITLES = {
    True: mark("The answers on {outcome} do not contradict one odds ratio for all cuts"),
    False: mark("One odds ratio does not fit all cuts of {outcome}: the shares say more"),
}


@dataclass(frozen=True, slots=True)
class OrderedContrast:
    """Recovered against no failure on one ordered outcome, or why it is not stated.

    Attributes
    ----------
    outcome : str
    n : tuple of two int
        Answers of those without a failure and of the recovered.
    observed : ndarray, shape (2, n_answers), or None
        Share of each answer in these groups.
    model : ProportionalOdds or None
    test : Brant or None
    refused, refused_test : str or None
        Why nothing, or only no test, is stated.
    """

    outcome: str
    n: tuple[int, int]
    observed: np.ndarray | None = None
    model: ProportionalOdds | None = None
    test: Brant | None = None
    refused: str | None = None
    refused_test: str | None = None

    @property
    def ratio(self) -> Estimate:
        """Odds of a higher answer, recovered over no failure."""
        return self.model.odds_ratios[0]


@dataclass(frozen=True, slots=True)
class OrderedContrasts:
    """Recovered against no failure on each ordered outcome; intervals at `level`."""

    survey: Survey
    contrasts: tuple[OrderedContrast, ...]
    level: float

    def findings(self) -> Findings:
        """State or refuse the odds ratio of each outcome and the test that one ratio fits."""
        return Findings(f for c in self.contrasts for f in (self._ratio(c), self._test(c)))

    def _ratio(self, c: OrderedContrast) -> Finding:
        if c.refused:
            return ODDS_RATIO.refuse(c.refused, n=sum(c.n), outcome=c.outcome)
        verdict = direction(c.ratio.interval, 1.0)
        sentence = say(
            SENTENCES[verdict],
            outcome=say(OUTCOMES[c.outcome]).capitalize(),
            ratio=number(c.ratio.value),
        )
        care = left_out(self.survey, c.outcome, *COMPARED) + caution(min(c.n))
        return ODDS_RATIO.state(
            c.ratio.value,
            sentence + care,
            interval=c.ratio.interval,
            level=self.level,
            n=sum(c.n),
            method=say("proportional odds model, Wald interval of the log odds ratio"),
            verdict=verdict,
            outcome=c.outcome,
        )

    def _test(self, c: OrderedContrast) -> Finding:
        if reason := c.refused or c.refused_test:
            return PROPORTIONAL.refuse(reason, n=sum(c.n), outcome=c.outcome)
        ratios = np.exp(c.test.coefficients)
        sentence = say(
            FIT[self._fits(c)],
            outcome=say(OUTCOMES[c.outcome]),
            p=p_value(c.test.together.p),
            low=number(ratios.min()),
            high=number(ratios.max()),
        )
        return PROPORTIONAL.state(
            c.test.together.p,
            sentence + _joined(c.test) + caution(min(c.n)),
            n=sum(c.n),
            method=say("Brant's Wald test of proportional odds"),
            outcome=c.outcome,
        )

    def _fits(self, c: OrderedContrast) -> bool:
        return c.test.together.p >= 1 - self.level

    @property
    def stated(self) -> tuple[OrderedContrast, ...]:
        """The outcomes that have an odds ratio."""
        return tuple(c for c in self.contrasts if c.model)

    @property
    def drawn(self) -> tuple[OrderedContrast, ...]:
        """The outcomes with three answers or more: with two the model predicts what is observed."""
        return tuple(c for c in self.stated if c.model.answers.size > 2)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the two groups for people, the reference first."""
        return tuple(say(GROUPS[group]) for group in COMPARED)

    def to_frame(self):
        """Return outcome, group, answer, n, observed, predicted, ci_low, ci_high; one row an answer and group."""
        import pandas as pd

        rows = []
        for c in self.stated:
            shares = c.model.shares([[0.0], [1.0]])
            for g, group in enumerate(self.groups):
                columns = (c.observed[g], shares.share[g], shares.ci_low[g], shares.ci_high[g])
                for answer, *numbers in zip(c.model.answers, *columns, strict=True):
                    rows.append((say(OUTCOMES[c.outcome]), group, answer, c.n[g], *numbers))
        names = ["outcome", "group", "answer", "n", "observed", "predicted", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        whole = all((c.model.answers % 1 == 0).all() for c in self.stated)
        return {
            "outcome": (say("Outcome"), "text"),
            "group": (say("Group"), "text"),
            "answer": (say("Answer"), "count" if whole else "number"),
            "observed": (say("Observed share"), "share"),
            "predicted": (say("Share predicted by one odds ratio"), "share"),
            "ci_low": (say("Interval from"), "share"),
            "ci_high": (say("to"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of shares holds."""
        return say(
            "Share of each answer in the second wave, of those without a failure and of the recovered: as observed, "
            "and as the proportional odds model predicts it, with its {level} interval.",
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say whether one odds ratio fits, on the first outcome drawn."""
        if not self.drawn or self.drawn[0].test is None:
            return say("Share of each answer, observed and predicted")
        first = self.drawn[0]
        return say(TITLES[self._fits(first)], outcome=say(OUTCOMES[first.outcome]))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of each answer in the second wave; points: observed, lines: predicted by one odds ratio"
        )

    def caption(self) -> str:
        """Say what points, lines and bands are, how many stand behind them and where the model is furthest off."""
        if not self.drawn:
            return say("No outcome has an ordered model of three answers or more.")
        gap, c, group, answer = max(
            (
                (float(apart), c, group, answer)
                for c in self.drawn
                for group, row in zip(self.groups, self._gaps(c), strict=True)
                for apart, answer in zip(row, c.model.answers, strict=True)
            ),
            key=lambda found: found[0],
        )
        counts = "; ".join(
            say(
                "{outcome} {no_failure} and {recovered}",
                outcome=say(OUTCOMES[c.outcome]),
                no_failure=integer(c.n[0]),
                recovered=integer(c.n[1]),
            )
            for c in self.drawn
        )
        return say(
            "Bands are {level} intervals of the predicted share (delta method). Answers without a failure and of the "
            "recovered: {counts}. Prediction and answers are furthest apart at {outcome} {answer} in the group "
            '"{group}", by {gap} percentage points.',
            level=percent(self.level, 0),
            counts=counts,
            outcome=say(OUTCOMES[c.outcome]),
            answer=brief(answer),
            group=group,
            gap=number(100 * gap, 1),
        )

    def _gaps(self, c: OrderedContrast) -> np.ndarray:
        return np.abs(c.observed - c.model.shares([[0.0], [1.0]]).share)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.drawn:
            return self.caption()
        names = {say(OUTCOMES[c.outcome]) for c in self.drawn}
        points = "; ".join(
            say(
                "{outcome}, {group}, {answer}: {observed}, predicted {predicted}",
                outcome=row.outcome,
                group=row.group,
                answer=brief(row.answer),
                observed=percent(row.observed),
                predicted=percent(row.predicted),
            )
            for row in self.to_frame().itertuples()
            if row.outcome in names
        )
        return say(
            "A panel for each outcome, for each group points of the observed and a line of the predicted shares. "
            "{points}.",
            points=points,
        )


def ordered_models(survey: Survey, *, level: float = 0.95, min_group: int = 5) -> OrderedContrasts:
    """Compare the recovered with those without a failure on each outcome, by a proportional odds model.

    Parameters
    ----------
    survey : Survey
    level : float
        Of the intervals; 1 - level is also where the test says that one odds ratio does not fit.
    min_group : int
        Answers each group needs.
    """
    found = (_contrast(survey, outcome, level, min_group) for outcome in survey.outcomes)
    return OrderedContrasts(survey, tuple(found), level)


def _contrast(survey: Survey, outcome: str, level: float, min_group: int) -> OrderedContrast:
    groups = [survey.scores(outcome, group) for group in COMPARED]
    n = (groups[0].size, groups[1].size)
    score, recovered = np.concatenate(groups), np.repeat([0.0, 1.0], n)
    reason = refusal(survey, outcome, [outcome], COMPARED, min_group)
    if reason := reason or _unfit(outcome, score, recovered):
        return OrderedContrast(outcome, n, refused=reason)
    try:
        model = proportional_odds(score, recovered, level=level)
    except ValueError:
        return OrderedContrast(outcome, n, refused=_no_model(outcome))
    observed = np.array([[np.mean(group == a) for a in model.answers] for group in groups])
    test, refused_test = _tested(outcome, score, recovered)
    return OrderedContrast(outcome, n, observed, model, test, refused_test=refused_test)


def _unfit(outcome: str, score, recovered) -> str | None:
    """Return why these answers have no ordered model, or None."""
    different = np.unique(score).size
    if different == 1:
        return no_spread(outcome)
    if different > MOST_ANSWERS:
        return say(
            "Not stated: {outcome} has {n} different scores; methods for ordered answers are run with at most {most}.",
            outcome=say(OUTCOMES[outcome]),
            n=integer(different),
            most=integer(MOST_ANSWERS),
        )
    if separated(score, recovered):
        return say(
            "Not stated: in {outcome} all answers of one group are at least as high as all of the other, so the odds "
            "ratio has no bound; answers of both groups must overlap.",
            outcome=say(OUTCOMES[outcome]),
        )
    return None


def _no_model(outcome: str) -> str:
    return say(
        "Not stated: the ordered model of {outcome} did not converge; more answers, or fewer different ones, would be "
        "needed.",
        outcome=say(OUTCOMES[outcome]),
    )


def _tested(outcome: str, score, recovered) -> tuple[Brant | None, str | None]:
    """Return the test of proportional odds, or why there is none."""
    if np.unique(score).size == 2:
        return None, say(
            "Not stated: {outcome} has two answers and so one cut; the odds ratio is that of a logit, and there is no "
            "second one to hold it against.",
            outcome=say(OUTCOMES[outcome]),
        )
    try:
        return brant(score, recovered), None
    except ValueError:
        return None, say(
            "Not stated: fewer than two cuts of {outcome} have answers of both groups on both sides; more answers "
            "would be needed.",
            outcome=say(OUTCOMES[outcome]),
        )


def _joined(test: Brant) -> str:
    """Return a sentence, with a leading space, on the cuts that were left out, or nothing."""
    if not test.joined.size:
        return ""
    return " " + say(
        "Not tested, because one group has no answer on one side: the cut just below {cuts}.",
        cuts=listed(map(brief, test.joined)),
    )
