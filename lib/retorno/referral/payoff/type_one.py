"""Who would not have come without the referral (type one): an experiment, or what customers say.

Estimand: the share of referred customers who would not have come otherwise. An experiment gives it as the customers the
programme adds, over those who come by referral,

    p = (x1 / n1 - x0 / n0) / (r1 / n1),

n people, x new customers, r those of them who were referred, 1 with the programme and 0 without. It is identified when
chance decided who had the programme, and those without were not reached by it. A question asked of customers gives what
they say of themselves, and identifies nothing.

Source: Fieller's interval of a ratio (1954), counts as Poisson's; Wilson's of a share (1927).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.errors import ParameterError, TableError
from retorno.findings import Definition, Finding, Findings, Speaks, caution, too_few
from retorno.language import integer, listed, mark, percent, say, say_n
from retorno.referral.tenure import Tenure
from retorno.stats.proportions import wilson_share
from retorno.stats.ratio import fieller_ratio
from retorno.stats.student import Estimate

EXPERIMENT = Definition(
    "type_one.experiment",
    label=mark("Share who would not have come otherwise, from an experiment"),
    meaning=mark(
        "New customers that the programme adds over those who come by referral: (x1 / n1 - x0 / n0) / (r1 / n1). In "
        "the formula n counts people, x those of them who became customers and r those who did by referral, with the "
        "programme (1) and without it (0). Not held between 0 and 1."
    ),
    unit="share of referred customers",
    sign=mark("Higher: more of the referred are the programme's doing."),
    formula=r"\frac{x_1 / n_1 - x_0 / n_0}{r_1 / n_1}",
    speaks_to=(Speaks("wom_happens_anyway"),),
)
SURVEY = Definition(
    "type_one.survey",
    label=mark("Share who say they would not have come otherwise"),
    meaning=mark(
        "Referred customers who answered yes over those who answered, yes meaning that they would not have come "
        "without the referral. In the formula y counts the first, n the second."
    ),
    unit="share of referred customers",
    sign=mark("Higher: more of the referred say they would not have come otherwise."),
    formula=r"\frac{y}{n}",
    speaks_to=(Speaks("wom_happens_anyway"),),
)
DEFINITIONS = (EXPERIMENT, SURVEY)

OUTSIDE = {
    "below": mark(
        "No share lies below zero: with the programme fewer new customers came than without it, by chance or because "
        "it drove some away."
    ),
    "above": mark(
        "No share lies above 100%: the programme added more customers than were referred, by chance or because it "
        "also works without a referral."
    ),
}
# How an answer may be written; anything else is asked about.
YES, NO = ("1", "1.0", "yes", "true"), ("0", "0.0", "no", "false")


@dataclass(frozen=True, slots=True)
class Experiment:
    """People with and without the programme, and who of them became a customer.

    Attributes
    ----------
    people, new, referred : int
        With the programme: people, new customers, and those of these who were referred.
    people_without, new_without : int
        Without the programme.
    level : float
        Coverage of the interval.
    min_group : int
    """

    people: int
    new: int
    referred: int
    people_without: int
    new_without: int
    level: float
    min_group: int

    @property
    def n(self) -> int:
        """People in the experiment."""
        return self.people + self.people_without

    @property
    def name(self) -> str:
        """Where the share comes from, as part of a sentence."""
        return say("estimated from an experiment (parameter type_one_experiment)")

    def refusal(self) -> str | None:
        """Return why the share cannot be stated, or None."""
        counts = {
            say("new customers by referral in the experiment"): self.referred,
            say("new customers without the programme in the experiment"): self.new_without,
        }
        for what, count in counts.items():
            if count < self.min_group:
                return too_few(what, count, self.min_group)
        if self.referred > stats.norm.ppf((1 + self.level) / 2) ** 2:
            return None
        return say(
            "Not stated: {n} new customers by referral are too few for an interval of {level}.",
            n=integer(self.referred),
            level=percent(self.level, 0),
        )

    @property
    def estimate(self) -> Estimate:
        """The share with its interval, not held between 0 and 1; only where nothing is refused.

        Counts vary as Poisson's: a little too wide where more than a tenth of the people become customers, too narrow
        where one person brings many.
        """
        per = self.people / self.people_without
        with_programme, without = float(self.new), per * self.new_without
        shared = float(self.referred)
        covariance = [[with_programme + per * without, shared], [shared, shared]]
        return fieller_ratio(
            with_programme - without, shared, covariance, df=np.inf, level=self.level
        )

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return draws of the share from what the three counts leave possible, not held between 0 and 1.

        Each rate is drawn from the gamma law that Jeffreys' prior leaves of a Poisson count.
        """
        referred, others, without = (
            rng.gamma(count + 0.5, size=size)
            for count in (self.referred, self.new - self.referred, self.new_without)
        )
        return 1 + (others - self.people / self.people_without * without) / referred

    def finding(self) -> Finding:
        """State or refuse the share."""
        if reason := self.refusal():
            return EXPERIMENT.refuse(reason, n=self.n)
        found = self.estimate
        sentence = say(
            "Of {people} people with the programme {new} became customers, {referred} of them by referral; of "
            "{others} without it, {without}. So {share} of the referred would not have come otherwise, if chance "
            "decided who had the programme and it did not reach the others.",
            people=integer(self.people),
            new=integer(self.new),
            referred=integer(self.referred),
            others=integer(self.people_without),
            without=integer(self.new_without),
            share=percent(found.value),
        )
        side = "below" if found.value < 0 else "above" if found.value > 1 else None
        outside = " " + say(OUTSIDE[side]) if side else ""
        return EXPERIMENT.state(
            found.value,
            sentence + outside + caution(min(self.referred, self.new_without)),
            interval=found.interval,
            level=self.level,
            n=self.n,
            method=say("ratio of rates, Fieller's interval"),
        )


@dataclass(frozen=True, slots=True)
class Survey:
    """What referred customers say.

    Attributes
    ----------
    yes, answered, referred : int
        Referred customers who say they would not have come otherwise; who answered; all of them.
    level : float
        Coverage of the interval.
    min_group : int
    """

    yes: int
    answered: int
    referred: int
    level: float
    min_group: int

    @property
    def n(self) -> int:
        """Referred customers who answered."""
        return self.answered

    @property
    def name(self) -> str:
        """Where the share comes from, as part of a sentence."""
        return say("what referred customers say (parameter type_one_question)")

    def refusal(self) -> str | None:
        """Return why the share cannot be stated, or None."""
        if self.answered >= max(self.min_group, 1):
            return None
        what = say(
            "referred customers with an answer to the question, of {n} referred",
            n=integer(self.referred),
        )
        return too_few(what, self.answered, max(self.min_group, 1))

    @property
    def estimate(self) -> Estimate:
        """The share with its interval; only where nothing is refused."""
        return wilson_share(self.yes, self.answered, level=self.level)

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return draws of the share from the beta law that Jeffreys' prior leaves of the answers."""
        return rng.beta(self.yes + 0.5, self.answered - self.yes + 0.5, size=size)

    def finding(self) -> Finding:
        """State or refuse the share."""
        if reason := self.refusal():
            return SURVEY.refuse(reason, n=self.answered)
        found = self.estimate
        sentence = say(
            "Of {referred} referred customers {answered} answered, and {share} of these say they would not have come "
            "otherwise. That is said, not done: nobody knows of themselves what would have been, and who answers may "
            "differ from who does not.",
            referred=integer(self.referred),
            answered=integer(self.answered),
            share=percent(found.value),
        )
        return SURVEY.state(
            found.value,
            sentence + caution(self.answered),
            interval=found.interval,
            level=self.level,
            n=self.answered,
            method=say("share of answers, Wilson's interval"),
        )


@dataclass(frozen=True, slots=True)
class TypeOne:
    """The share who would not have come otherwise, from the sources given.

    Attributes
    ----------
    experiment : Experiment or None
    survey : Survey or None
    """

    experiment: Experiment | None
    survey: Survey | None

    @property
    def best(self) -> Experiment | Survey | None:
        """The best source that can be stated: an experiment before what customers say; None without either."""
        usable = (s for s in (self.experiment, self.survey) if s and s.refusal() is None)
        return next(usable, None)

    def findings(self) -> Findings:
        """State or refuse the share from each source given."""
        return Findings(s.finding() for s in (self.experiment, self.survey) if s)


def type_one(
    tenure: Tenure,
    *,
    experiment: Sequence[int] | None = None,
    question: str | None = None,
    level: float = 0.95,
    min_group: int = 5,
) -> TypeOne:
    """Return the share of referred customers who would not have come otherwise, from what is given.

    Parameters
    ----------
    tenure : Tenure
        Its table of customers holds the question.
    experiment : sequence of five int, optional
        People with the programme, new customers among them or through them, those of these who were referred; people
        without it, new customers among them.
    question : str, optional
        Column of `customers`: 1 or yes for who would not have come otherwise, 0 or no, empty for who was not asked.
        Answers of customers who were not referred are not looked at.

    Raises
    ------
    ParameterError
        When the five numbers cannot be such counts, or there is no such column.
    TableError
        When the column holds something else.
    """
    shown = {"level": level, "min_group": min_group}
    return TypeOne(
        experiment=None if experiment is None else Experiment(*_counts(experiment), **shown),
        survey=None if question is None else Survey(*_answers(tenure, question), **shown),
    )


def _counts(given) -> tuple[int, ...]:
    counts = list(given) if isinstance(given, (list, tuple)) else []
    whole = all(isinstance(c, (int, np.integer)) and not isinstance(c, bool) for c in counts)
    if len(counts) != 5 or not whole or min(counts) < 0:
        raise ParameterError(
            say(
                "type_one_experiment: wanted five whole numbers, [people with the programme, new customers among "
                "them, of these referred, people without it, new customers among them]; got {got}.",
                got=given,
            )
        )
    people, new, referred, people_without, new_without = counts
    if not (referred <= new <= people and new_without <= people_without and people_without > 0):
        raise ParameterError(
            say(
                "type_one_experiment: the referred are some of the new customers, and these are no more than the "
                "people they are counted among, of whom there are some with and without the programme; got {got}.",
                got=given,
            )
        )
    return tuple(counts)


def _answers(tenure: Tenure, question: str) -> tuple[int, int, int]:
    """Return the referred who answered yes, who answered, and all of them."""
    if question not in tenure.customers.columns:
        raise ParameterError(
            say(
                "type_one_question: customers has no column {name}; there is {there}.",
                name=repr(question),
                there=listed(tenure.customers.columns),
            )
        )
    asked = tenure.covariates([question])[question][tenure.referred].dropna()
    words = asked.astype(str).str.strip().str.casefold()
    answers = words[words != ""]
    strange = sorted(set(answers) - {*YES, *NO})
    if strange:
        raise TableError(
            say_n(
                "customers: column {name} answers type_one_question with something that is neither 1 (yes) nor 0 "
                "(no), in {n} row: {got}. Leave it empty where nobody was asked.",
                "customers: column {name} answers type_one_question with something that is neither 1 (yes) nor 0 "
                "(no), in {n} rows: {got}. Leave them empty where nobody was asked.",
                int(answers.isin(strange).sum()),
                name=repr(question),
                got=listed(map(repr, strange[:5])),
            )
        )
    return int(answers.isin(YES).sum()), len(answers), int(tenure.referred.sum())
