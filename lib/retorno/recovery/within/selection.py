"""What keeping only the well recovered does to the answer: the conditional paradox beside the selection it rests on.

Estimand: both contrasts of the study, recovered minus no failure and after minus before, among the recovered whose
recovery quality is high, and how far each lies from the same contrast over all the recovered. Quality is judged after
the recovery: whoever is happy with the firm judges it well, so the condition is itself an outcome and selects high
scores. What it adds is shown, never taken for an effect.

Source: the mean of a normal score above a cut of a correlated one, Cochran (1951), Proc. Second Berkeley Symposium,
449-470: correlation x standard deviation x intensity of selection.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Findings, Speaks, caution, direction
from retorno.language import brief, integer, mark, percent, quantity, say
from retorno.recovery.quality import highest_third, no_cut
from retorno.recovery.survey import OUTCOMES, Survey
from retorno.recovery.within.chosen import Chosen, chosen
from retorno.stats.student import Student

DIFFERENCE = Definition(
    "conditional.{outcome}.difference",
    label=mark("{outcome}: well recovered minus no failure"),
    meaning=mark(
        "Mean score of the recovered whose recovery_quality is at or above high_recovery_at (the highest third of its "
        "scale unless given) minus mean score of those without a failure, second wave, unpooled variances (Welch). "
        "Conditional on a judgement made after the recovery; read it only beside the part that choosing adds. In the "
        "formula y is the score, R the recovered, q their recovery quality, c the cut, N no failure."
    ),
    unit="scale points",
    sign=mark("Positive: the well recovered score higher. Choosing them is part of it."),
    formula=r"\bar y_{R, \, q \ge c} - \bar y_N",
    reference=0.0,
    speaks_to=(Speaks("recovery_paradox", where=(("outcome", "satisfaction"),)),),
)
SELECTION = Definition(
    "conditional.{outcome}.selection",
    label=mark("{outcome}: what choosing the well recovered adds to the difference"),
    meaning=mark(
        "Mean score of the recovered with a recovery_quality at or above the cut minus mean score of all the "
        "recovered with a known quality: the part of the conditional difference that the choice alone brings; "
        "interval by influence. In the formula y is the score, R the recovered, q their recovery quality, c the cut."
    ),
    unit="scale points",
    sign=mark("Positive: choosing by quality raises the score compared."),
    formula=r"\bar y_{R, \, q \ge c} - \bar y_R",
    reference=0.0,
)
CHANGE = Definition(
    "conditional.{outcome}.change",
    label=mark("{outcome}: change of the well recovered, as it stands"),
    meaning=mark(
        "Mean of after minus before of the recovered whose recovery_quality is at or above the cut; paired t "
        "interval. Regression to the mean and the choice are both part of it. In the formula x is the score before, y "
        "the score after, R the recovered, q their recovery quality, c the cut."
    ),
    unit="scale points",
    sign=mark("Positive: they score higher than before. Choosing them is part of it."),
    formula=r"\bar y_{R, \, q \ge c} - \bar x_{R, \, q \ge c}",
    reference=0.0,
)
CHANGE_SELECTION = Definition(
    "conditional.{outcome}.change_selection",
    label=mark("{outcome}: what choosing the well recovered adds to their change"),
    meaning=mark(
        "Mean change of the recovered with a recovery_quality at or above the cut minus mean change of all the "
        "recovered with a known quality and both scores; interval by influence. Were all normal, it would be (r_y s_y "
        "- r_x s_x) i, r the correlations of quality with the scores after and before, s their standard deviations, i "
        "the mean of a standard normal above the cut. In the formula d is after minus before, R the recovered, q their "
        "recovery quality, c the cut."
    ),
    unit="scale points",
    sign=mark("Positive: choosing by quality raises the change."),
    formula=r"\bar d_{R, \, q \ge c} - \bar d_R",
    reference=0.0,
)
DEFINITIONS = (DIFFERENCE, SELECTION, CHANGE, CHANGE_SELECTION)

DIFFERENCES = {
    "above": mark(
        "Only those who gave the recovery {cut} or more ({kept} of {n}, {share}) are kept: they score {change} higher "
        "in {outcome} than those without a failure."
    ),
    "below": mark(
        "Only those who gave the recovery {cut} or more ({kept} of {n}, {share}) are kept: they score {change} lower "
        "in {outcome} than those without a failure."
    ),
    "undecided": mark(
        "Only those who gave the recovery {cut} or more ({kept} of {n}, {share}) are kept: between them and those "
        "without a failure no difference in {outcome} is shown."
    ),
}
SELECTIONS = {
    "above": mark(
        "Keeping only the well recovered raises {what} by {change}: so much comes from the choice alone."
    ),
    "below": mark(
        "Keeping only the well recovered lowers {what} by {change}: so much comes from the choice alone."
    ),
    "undecided": mark("That keeping only the well recovered moves {what} is not shown."),
}
CHANGES = {
    "above": mark(
        "Those who gave the recovery {cut} or more rose in {outcome} by {change} against before."
    ),
    "below": mark(
        "Those who gave the recovery {cut} or more fell in {outcome} by {change} against before."
    ),
    "undecided": mark(
        "Those who gave the recovery {cut} or more show no change in {outcome} that is clear of zero."
    ),
}
OF_WHICH = mark("The choice itself adds {part}; read the two together.")


@dataclass(frozen=True, slots=True)
class WellRecovered:
    """Contrasts among the recovered with a quality of `cut` or more; intervals at `level`."""

    survey: Survey
    outcomes: tuple[Chosen, ...]
    cut: float
    level: float

    def findings(self) -> Findings:
        """State or refuse both contrasts of each outcome, each beside the selection it rests on."""
        return Findings(f for c in self.outcomes for f in (*self._between(c), *self._within(c)))

    def _between(self, c: Chosen):
        if c.refused:
            return [self._refuse(d, c, c.refused) for d in (DIFFERENCE, SELECTION)]
        n = min(c.kept, c.n_no_failure)
        added = quantity(c.selection.value, self.survey.difference_unit(c.outcome))
        difference = self._state(
            DIFFERENCE, c, c.difference, DIFFERENCES, say(OF_WHICH, part=added) + caution(n),
            n=c.kept + c.n_no_failure,
            method=say("difference of means, unpooled variances (Welch)"),
        )  # fmt: skip
        what = say("the score in {outcome}", outcome=say(OUTCOMES[c.outcome]))
        method = say("mean of those kept minus mean of all, interval by influence")
        selection = self._state(
            SELECTION, c, c.selection, SELECTIONS, caution(c.kept), n=c.n, method=method, what=what
        )
        return [difference, selection]

    def _within(self, c: Chosen):
        if reason := c.refused_change or c.refused:
            return [self._refuse(d, c, reason) for d in (CHANGE, CHANGE_SELECTION)]
        unit = self.survey.difference_unit(c.outcome)
        part = say(OF_WHICH, part=quantity(c.change_selection.value, unit))
        change = self._state(
            CHANGE, c, c.change, CHANGES, part + caution(c.kept_pairs),
            n=c.kept_pairs,
            method=say("mean of paired differences, t interval"),
        )  # fmt: skip
        normal = say(
            "Were quality and scores normal, {expected} would be expected from their correlations alone.",
            expected=quantity(c.expected, unit),
        )
        selection = self._state(
            CHANGE_SELECTION, c, c.change_selection, SELECTIONS, normal + caution(c.kept_pairs),
            n=c.n_pairs,
            method=say("mean of those kept minus mean of all, interval by influence"),
            what=say("the change in {outcome}", outcome=say(OUTCOMES[c.outcome])),
        )  # fmt: skip
        return [change, selection]

    def _refuse(self, definition, c: Chosen, reason: str):
        unit = self.survey.difference_unit(c.outcome)
        return definition.refuse(reason, n=c.n, unit=unit, outcome=c.outcome)

    def _state(
        self, definition, c: Chosen, student: Student, sentences, more, *, n, method, what=""
    ):
        unit, estimate = self.survey.difference_unit(c.outcome), student.at(self.level)
        side = direction(estimate.interval)
        words = {
            "cut": brief(self.cut),
            "kept": integer(c.kept),
            "n": integer(c.n),
            "share": percent(c.kept / c.n),
            "change": quantity(abs(student.value), unit),
            "outcome": say(OUTCOMES[c.outcome]),
            "what": what,
        }
        return definition.state(
            student.value,
            f"{say(sentences[side], **words)} {more.strip()}".strip(),
            interval=estimate.interval,
            level=self.level,
            unit=unit,
            n=n,
            method=method,
            verdict=side,
            outcome=c.outcome,
        )

    def to_frame(self):
        """Return outcome, contrast, all, chosen, added, ci_low, ci_high, unit; one row a contrast stated."""
        import pandas as pd

        rows = []
        for c in self.outcomes:
            for contrast, student, added in (
                (say("recovered minus no failure"), c.difference, c.selection),
                (say("after minus before"), c.change, c.change_selection),
            ):
                if student:
                    apart = added.at(self.level)
                    rows.append(
                        (
                            say(OUTCOMES[c.outcome]),
                            contrast,
                            student.value - added.value,
                            student.value,
                            added.value,
                            *apart.interval,
                            self.survey.difference_unit(c.outcome),
                        )
                    )
        names = ["outcome", "contrast", "all", "chosen", "added", "ci_low", "ci_high", "unit"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "outcome": (say("Outcome"), "text"),
            "contrast": (say("Contrast"), "text"),
            "all": (say("All recovered"), "unit:unit"),
            "chosen": (say("Only the well recovered"), "unit:unit"),
            "added": (say("Added by choosing"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what is compared, and whom the choice keeps."""
        return say(
            "Both contrasts over all the recovered whose recovery quality is known, and over those only who gave "
            "{cut} or more; what the choice adds, with its {level} interval.",
            cut=brief(self.cut),
            level=percent(self.level, 0),
        )


def well_recovered(
    survey: Survey,
    *,
    high_recovery_at: float | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> WellRecovered:
    """Return both contrasts among the well recovered, and what choosing them adds.

    Parameters
    ----------
    survey : Survey
    high_recovery_at : float, optional
        Recovery quality at or above which a recovery counts as well done; None: highest third of the scale.
    """
    cut = highest_third(survey.scale) if high_recovery_at is None else high_recovery_at
    reason = no_cut(survey, "high_recovery_at", high_recovery_at)
    found = (
        Chosen(o, refused=reason) if reason else chosen(survey, o, cut=cut, min_group=min_group)
        for o in survey.outcomes
    )
    return WellRecovered(survey, tuple(found), cut, level)
