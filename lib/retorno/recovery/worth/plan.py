"""How many respondents the next survey needs, and what this one could find.

Estimand: the smallest number with 80 % power at a two-sided level of 5 %; and the share of surveys like this one, with
the answers seen here and a true difference of the smallest effect, in which Welch's interval excludes zero. Normal
scores of one variance are assumed for the numbers needed, nothing but the observed shares for the power of this survey.

Sources: Cohen (1988), Statistical power analysis; Schuirmann (1987), J. of Pharmacokinetics and Biopharmaceutics 15,
657-680.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Definition, Finding, Findings, caution, direction
from retorno.language import integer, mark, number, percent, quantity, say
from retorno.recovery.survey import (
    GROUPS,
    NO_FAILURE,
    OUTCOMES,
    RECOVERED,
    Survey,
    no_spread,
    refusal,
)
from retorno.recovery.verdict import SmallestEffect
from retorno.recovery.worth.power import Cell, PowerAt, alone, no_room, power_curve, unasked
from retorno.stats.effect_size import pooled_sd
from retorno.stats.power import (
    n_for_difference,
    n_for_equivalence,
    n_for_pairs,
    observed_law,
    simulated_power,
)
from retorno.stats.student import Estimate

POWER, LEVEL = 0.8, 0.95  # the textbook's, whatever level the study's intervals have
RUNS = 2_000
COMPARED = (NO_FAILURE, RECOVERED)

N_PER_GROUP = Definition(
    "plan.n_per_group",
    label=mark("Answers needed in each group to find the smallest effect"),
    meaning=mark(
        "Smallest number in each of two groups with which a two-sided t test at a level of 5% finds a difference of "
        "the smallest effect with a probability of 80%. In the formula delta is the smallest effect in standard "
        "deviations within the groups, T the noncentral t with 2 n - 2 degrees of freedom, t its critical value."
    ),
    unit="respondents",
    sign=mark("A count of those who answer, not of those asked."),
    formula=(
        r"\min \left\{ n : P \left( | T_{2n - 2} ( \delta \sqrt{n / 2} ) | > t_{0.975} \right) \ge 0.8 \right\}"
    ),
)
N_EQUIVALENCE = Definition(
    "plan.n_equivalence",
    label=mark("Answers needed in each group to show parity"),
    meaning=mark(
        "Smallest number in each of two groups with which two one-sided t tests at 5% show, with a probability of "
        "80%, that the means differ by less than the smallest effect, where in truth they do not differ. In the "
        "formula n is the number in each group, delta the smallest effect in standard deviations, L and U are the "
        "bounds of the 90% interval."
    ),
    unit="respondents",
    sign=mark("A count of those who answer, not of those asked."),
    formula=r"\min \left\{ n : P ( -\delta < L_{0.9}, \; U_{0.9} < \delta ) \ge 0.8 \right\}",
)
N_PAIRS = Definition(
    "plan.n_pairs",
    label=mark("Respondents with both scores needed to find the smallest effect as a change"),
    meaning=mark(
        "Smallest number of respondents asked before and after with which a two-sided paired t test at 5% finds a "
        "change of the smallest effect with a probability of 80%. The standard deviation of the scores is taken to "
        "be the same in both waves, so that of their change is sqrt(2 (1 - reliability)) times it. In the formula "
        "n is the number of respondents, delta the smallest effect in standard deviations of the scores, with z those "
        "of the changes, rho the reliability, T the noncentral t."
    ),
    unit="respondents",
    sign=mark("A count of those who answer both waves."),
    formula=(
        r"\min \left\{ n : P \left( | T_{n - 1} ( \delta_z \sqrt{n} ) | > t_{0.975} \right) \ge 0.8 \right\}, \quad "
        r"\delta_z = \frac{\delta}{\sqrt{2 (1 - \rho)}}"
    ),
)
N_ASKED = Definition(
    "plan.n_asked",
    label=mark("Respondents to ask in the smallest group"),
    meaning=mark(
        "Answers needed in each group over the share that answered the second wave here, in the smaller of the two "
        "groups compared, rounded up. In the formula n is plan.n_per_group, a the share that answered."
    ),
    unit="respondents",
    sign=mark("A count of those asked."),
    formula=r"\left\lceil \frac{n}{a} \right\rceil",
)
POWER_HERE = Definition(
    "plan.power",
    label=mark("Probability that a survey like this one finds the smallest effect"),
    meaning=mark(
        "Share of simulated surveys, with as many answers in the two groups as here, in which Welch's interval of "
        "the difference excludes zero. Those without a failure answer with the shares p seen here; the recovered "
        "with these shares tilted, p times exp(theta times answer), so that their mean is higher by the smallest "
        "effect and no answer leaves the scale. The interval is the Monte Carlo error alone (Wilson). In the "
        "formula L and U are the bounds of Welch's interval, delta the true difference, d the smallest effect."
    ),
    unit="probability",
    sign=mark("Higher: an effect of that size is less likely to be missed."),
    formula=r"P ( L > 0 \text{ or } U < 0 \mid \delta = d )",
)
DEFINITIONS = (N_PER_GROUP, N_EQUIVALENCE, N_PAIRS, N_ASKED, POWER_HERE)

NEEDED = mark(
    "To find a difference of {size} in {outcome} with a power of 80% at a two-sided level of 5%, {n} answers are "
    "needed in each group."
)
ENOUGH = {
    True: mark("Here the smaller of the two groups gave {n}: enough."),
    False: mark("Here the smaller of the two groups gave {n}: too few."),
}
POWERS = {
    "above": mark(
        "With {recovered} answers of the recovered and {no_failure} without a failure, the {level} interval would "
        "show a true difference of {size} in {outcome} in {power} of surveys: more than the usual 80%."
    ),
    "below": mark(
        "With {recovered} answers of the recovered and {no_failure} without a failure, the {level} interval would "
        "show a true difference of {size} in {outcome} in {power} of surveys: less than the usual 80%."
    ),
    "undecided": mark(
        "With {recovered} answers of the recovered and {no_failure} without a failure, the {level} interval would "
        "show a true difference of {size} in {outcome} in {power} of surveys: about the usual 80%."
    ),
}
TITLES = {
    "above": mark(
        "A survey like this one finds a difference of {size} in {outcome} in more than 80% of cases"
    ),
    "below": mark(
        "A survey like this one finds a difference of {size} in {outcome} in less than 80% of cases"
    ),
    "undecided": mark(
        "A survey like this one finds a difference of {size} in {outcome} in about 80% of cases"
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers for the next survey on one outcome, and the power of this one.

    Attributes
    ----------
    survey : Survey
    outcome : str
    smallest : SmallestEffect
    cells : tuple of Cell
        No failure and recovered.
    sd : float or None
        Pooled standard deviation of the two groups; None where it cannot be stated.
    refused : str or None
        Why scores of the two groups say nothing.
    here : Estimate or None
        Power of this survey; `refused_power` says why there is none, `refused_asked` why no number to ask.
    curve : tuple of PowerAt
    reliability, level : float
    runs : int
        Simulated surveys for each power.
    """

    survey: Survey
    outcome: str
    smallest: SmallestEffect
    cells: tuple[Cell, Cell]
    sd: float | None
    refused: str | None
    here: Estimate | None
    refused_power: str | None
    refused_asked: str | None
    curve: tuple[PowerAt, ...]
    reliability: float
    level: float
    runs: int

    @property
    def d(self) -> float | None:
        """The smallest effect in standard deviations; None where it is in points and these are not known."""
        if self.smallest.unit == "sd":
            return self.smallest.value
        return None if self.sd is None else self.smallest.value / self.sd

    @property
    def smallest_cell(self) -> Cell:
        """The group of which fewer were asked."""
        return min(self.cells, key=lambda cell: cell.asked)

    @property
    def n_per_group(self) -> int | None:
        """Answers needed in each group; None where the size in standard deviations is not known or far too small."""
        return _needed(n_for_difference, self.d)

    def findings(self) -> Findings:
        """State or refuse the numbers needed and the power of this survey."""
        return Findings(
            (self._per_group(), self._equivalence(), self._pairs(), self._asked(), self._power())
        )

    def _size(self) -> str:
        """Return the smallest effect in words: in the outcome's unit where known, and in standard deviations."""
        unit = self.survey.difference_unit(self.outcome)
        in_sd = "" if self.d is None else say("{d} standard deviations", d=number(self.d))
        if self.sd is None and self.smallest.unit == "sd":
            return in_sd
        points = quantity(self.smallest.points(self.sd), unit)
        return points if not in_sd else f"{points} ({in_sd})"

    def _count(
        self, definition: Definition, n: int | None, sentence: Callable, method: str
    ) -> Finding:
        if self.d is None:
            return definition.refuse(self.refused)
        if n is None:
            return definition.refuse(
                say(
                    "Not stated: an effect of {size} is too small for any survey to find (parameter smallest_effect).",
                    size=self._size(),
                )
            )
        return definition.state(n, sentence(n), method=method)

    def _words(self, n: int) -> dict[str, str]:
        return {"n": integer(n), "size": self._size(), "outcome": say(OUTCOMES[self.outcome])}

    def _per_group(self) -> Finding:
        fewest = min(cell.answered for cell in self.cells)

        def sentence(n):
            enough = say(ENOUGH[fewest >= n], n=integer(fewest))
            return say(NEEDED, **self._words(n)) + " " + enough

        return self._count(N_PER_GROUP, self.n_per_group, sentence, say("two-sample t test"))

    def _equivalence(self) -> Finding:
        def sentence(n):
            return say(
                "To show that {outcome} differs by less than {size}, where in truth it does not differ, {n} answers "
                "are needed in each group (power 80%, two one-sided tests at 5%).",
                **self._words(n),
            )

        n = _needed(n_for_equivalence, self.d)
        return self._count(
            N_EQUIVALENCE, n, sentence, say("two one-sided t tests, power exact for one variance")
        )

    def _pairs(self) -> Finding:
        if self.reliability == 1 and self.d is not None:
            return N_PAIRS.refuse(
                say(
                    "Not stated: with a reliability of 1 a change has no error and any pair shows it; a reliability "
                    "below 1 is needed."
                )
            )
        unlike = np.sqrt(2 * (1 - self.reliability))

        def sentence(n):
            return say(
                "To find {size} as a change in {outcome}, {n} respondents with both scores are needed (power 80%, "
                "two-sided 5%), if the standard deviation is the same in both waves and the reliability {reliability}.",
                reliability=number(self.reliability),
                **self._words(n),
            )

        n = _needed(n_for_pairs, None if self.d is None else self.d / unlike)
        return self._count(N_PAIRS, n, sentence, say("paired t test, reliability taken as known"))

    def _asked(self) -> Finding:
        cell = self.smallest_cell
        if self.refused_asked:
            return N_ASKED.refuse(self.refused_asked, n=cell.asked)
        needed = self.n_per_group
        asked = None if needed is None else int(np.ceil(needed / cell.share - 1e-9))

        def sentence(n):
            return say(
                'Of the group "{group}", the smaller one, {share} answered the second wave here: for {needed} answers '
                "{n} are to be asked.",
                group=say(GROUPS[cell.group]),
                share=percent(cell.share),
                needed=integer(needed),
                n=integer(n),
            ) + caution(cell.asked)

        return self._count(
            N_ASKED, asked, sentence, say("answers needed over the share that answered")
        )

    def _power(self) -> Finding:
        n = sum(cell.answered for cell in self.cells)
        if self.here is None:
            return POWER_HERE.refuse(self.refused_power, n=n)
        return POWER_HERE.state(
            self.here.value,
            say(POWERS[self._side], **self._power_words())
            + caution(min(cell.answered for cell in self.cells)),
            interval=self.here.interval,
            level=self.level,
            n=n,
            method=say(
                "{runs} simulated surveys, observed shares tilted; Wilson interval of the Monte Carlo share",
                runs=integer(self.runs),
            ),
        )

    @property
    def _side(self) -> str:
        """On which side of 80 % the power of this survey lies, as far as the simulation tells."""
        return direction(self.here.interval, POWER)

    def _power_words(self) -> dict[str, str]:
        no_failure, recovered = (integer(cell.answered) for cell in self.cells)
        return {
            "recovered": recovered,
            "no_failure": no_failure,
            "size": self._size(),
            "outcome": say(OUTCOMES[self.outcome]),
            "power": percent(self.here.value),
            "level": percent(self.level, 0),
        }

    def to_frame(self):
        """Return asked, no_failure, recovered, power, ci_low, ci_high: one row a number asked in each group."""
        import pandas as pd

        rows = [(at.asked, *at.answered, at.power.value, *at.power.interval) for at in self.curve]
        names = ["asked", "no_failure", "recovered", "power", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "asked": (say("Asked in each group"), "count"),
            "no_failure": (say("Answers without a failure"), "count"),
            "recovered": (say("Answers of the recovered"), "count"),
            "power": (say("Power"), "share"),
            "ci_low": (say("Simulation error from"), "share"),
            "ci_high": (say("to"), "share"),
        }

    def table_caption(self) -> str:
        """Say what the table of powers holds."""
        if not self.curve:
            return say("No power can be stated.")
        return say(
            "Power to find a difference of {size} in {outcome} by the number asked in each group, at the shares that "
            "answered here; {runs} simulated surveys each, {level} interval of the simulation's error.",
            size=self._size(),
            outcome=say(OUTCOMES[self.outcome]),
            runs=integer(self.runs),
            level=percent(self.level, 0),
        )

    def title(self) -> str:
        """Say how often a survey like this one finds the smallest effect."""
        if self.here is None:
            return say("No power can be stated")
        unit = self.survey.difference_unit(self.outcome)
        words = self._power_words() | {"size": quantity(self.smallest.points(self.sd), unit)}
        return say(TITLES[self._side], **words)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share of surveys that find the difference, by respondents asked in each group")

    def caption(self) -> str:
        """Say how the power was made, where the survey stands and from how many on 80 % is reached."""
        if self.here is None:
            return self.refused_power
        reached = next((at.asked for at in self.curve if at.power.value >= POWER), None)
        text = say(
            "{runs} simulated surveys at each of {points} numbers, with the answers and the shares that answered seen "
            "here; the band is the {level} interval of the simulation's error. The point is this survey: {no_failure} "
            "answers without a failure and {recovered} of the recovered, power {power}.",
            runs=integer(self.runs),
            points=integer(len(self.curve)),
            **self._power_words(),
        )
        if reached is None:
            most = integer(self.curve[-1].asked) if self.curve else "0"
            return text + " " + say("Up to {n} asked in each group do not reach 80%.", n=most)
        return (
            text
            + " "
            + say(
                "Of the numbers tried, {n} asked in each group is the first that reaches 80%.",
                n=integer(reached),
            )
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.here is None:
            return self.caption()
        points = "; ".join(
            say("{asked}: {power}", asked=integer(at.asked), power=percent(at.power.value))
            for at in self.curve
        )
        return say(
            "A rising line of power over the number asked in each group, against a line at 80%. {points}. This "
            "survey: {power} with {asked} asked in its smaller group.",
            points=points,
            power=percent(self.here.value),
            asked=integer(self.smallest_cell.asked),
        )


def study_plan(
    survey: Survey,
    *,
    smallest: SmallestEffect,
    rng: np.random.Generator,
    reliability: float = 0.6,
    level: float = 0.95,
    min_group: int = 5,
    runs: int = RUNS,
) -> Plan:
    """Return the numbers the next survey needs on the first outcome, and the power of this one.

    Parameters
    ----------
    survey : Survey
    smallest : SmallestEffect
        The difference to be found; "sd" is the pooled standard deviation of the two groups.
    rng : numpy.random.Generator
        Of the simulated surveys.
    reliability : float
        Correlation of two scores of one person when nothing happens, 0 to 1; for pairs.
    level : float
        Of the interval in the simulated surveys. The numbers needed are always at 80 % and 5 %.
    runs : int
        Simulated surveys for each power.
    """
    if not 0 <= reliability <= 1:
        raise ParameterError(
            say(
                "reliability: wanted a correlation from 0 to 1, as 0.6; got {got}.", got=reliability
            )
        )
    outcome = survey.outcomes[0]
    scores = [survey.scores(outcome, group) for group in COMPARED]
    cells = tuple(
        Cell(group, int((survey.frame["group"] == group).sum()), own.size)
        for group, own in zip(COMPARED, scores, strict=True)
    )
    reason = refusal(survey, outcome, [outcome], COMPARED, min_group) or alone(cells)
    if reason is None and np.ptp(scores[0]) == np.ptp(scores[1]) == 0:
        reason = no_spread(outcome)
    sd = None if reason else pooled_sd(*scores)
    here, no_power, curve = None, reason, ()
    if reason is None:
        law, shift = observed_law(scores[0]), smallest.points(sd)
        no_power = no_room(survey, outcome, law, shift)
        if no_power is None:
            rules = {"runs": runs, "level": level, "rng": rng}
            here = simulated_power(law, shift, *(cell.answered for cell in cells), **rules)
            curve = power_curve(law, shift, cells, rules)
    return Plan(
        survey,
        outcome,
        smallest,
        cells,
        sd=sd,
        refused=reason,
        here=here,
        refused_power=no_power,
        refused_asked=unasked(cells, min_group),
        curve=curve,
        reliability=reliability,
        level=level,
        runs=runs,
    )


def _needed(count: Callable[[float], int], d: float | None) -> int | None:
    """Return the number `count` gives for a size of `d`, None where there is no size or it is far too small."""
    try:
        return None if d is None else count(d)
    except ValueError:
        return None
