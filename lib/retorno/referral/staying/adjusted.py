"""The ratio of hazards at equal covariates.

Estimand: the hazard of leaving, referred over other, among customers alike in what was known of them when they joined.
It is an effect of being referred only if customers alike in the covariates were referred by chance, which no data can
show; a better match of person and firm, if that is how referral works, is part of the effect and no bias. A hazard
ratio at equal covariates differs from the crude one a little even where nothing is confounded (non-collapsibility).

Sources: Cox's model, see `retorno.stats.cox`; errors by family of customers who brought each other, Lin and Wei (1989),
J. American Statistical Association 84, 1074-1078.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, direction, too_few
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.referral.links import families
from retorno.referral.staying.hazard import with_late
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure
from retorno.stats.cox import Cox, cox
from retorno.stats.hazards import Collinear, Separated
from retorno.stats.student import Estimate

ADJUSTED = Definition(
    "retention.hazard_ratio.adjusted",
    label=mark("Hazard of leaving at equal covariates, referred over other"),
    meaning=mark(
        "Hazard of leaving of the referred over that of others alike in covariates, Cox's model over all days "
        "followed. In the formula h is the hazard t days after joining, with index 0 where R and z are 0, R is 1 for "
        "the referred, z the covariates; the finding is e to the power beta, gamma is fitted with it."
    ),
    unit="ratio",
    sign=mark(
        "Below 1: at any time the referred are less likely to leave next than others like them."
    ),
    formula=r"h(t) = h_0(t) \, e^{\beta R + \gamma z}",
    reference=1.0,
)
DEFINITIONS = (ADJUSTED,)

SENTENCES = {
    "below": mark(
        "At equal {covariates}, a referred customer's hazard of leaving is {times} times that of another, {change} "
        "lower (without covariates, among the same customers: {crude})."
    ),
    "above": mark(
        "At equal {covariates}, a referred customer's hazard of leaving is {times} times that of another, {change} "
        "higher (without covariates, among the same customers: {crude})."
    ),
    "undecided": mark(
        "At equal {covariates}, a referred customer's hazard of leaving is {times} times that of another (without "
        "covariates, among the same customers: {crude}); the interval holds 1, so no difference is shown."
    ),
}
ASSUMES = mark(
    "It says what being referred does only if customers alike in {covariates} came by referral or otherwise by chance."
)
ENOUGH = 10  # customers who left for each column, below which a model is said to be strained


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Ratios of hazards of a model with covariates.

    Attributes
    ----------
    covariates : Covariates
    model : Cox or None
        Of being referred, then the columns of the covariates.
    crude : Estimate or None
        Of being referred alone, among the same customers.
    n, left : dict of bool to int
        By group, of customers whose covariates are all known: customers; those who left.
    late : int
        Customers among them who came into sight late.
    refused : str or None
        Why there is no model.
    level : float
    """

    covariates: object
    model: Cox | None
    crude: Estimate | None
    n: dict[bool, int]
    left: dict[bool, int]
    late: int
    refused: str | None
    level: float

    @property
    def ratio(self) -> Estimate | None:
        """Hazard of leaving at equal covariates, referred over other."""
        return None if self.model is None else self.model.ratio(level=self.level)

    def findings(self) -> Findings:
        """State or refuse the ratio at equal covariates."""
        return Findings([self._ratio()])

    def _ratio(self) -> Finding:
        n = sum(self.n.values())
        if self.refused:
            return ADJUSTED.refuse(self.refused, n=n)
        ratio = self.ratio
        verdict = direction(ratio.interval, 1.0)
        words = self.covariates.words
        sentence = say(
            SENTENCES[verdict],
            covariates=words,
            times=number(ratio.value),
            change=percent(abs(1 - ratio.value)),
            crude=number(self.crude.value),
        )
        sentence = " ".join([sentence, say(ASSUMES, covariates=words)])
        return ADJUSTED.state(
            ratio.value,
            sentence + self.covariates.note() + self._strained() + caution(min(self.left.values())),
            interval=ratio.interval,
            level=self.level,
            n=n,
            method=with_late(self._method(), self.late),
            verdict=verdict,
        )

    def _method(self) -> str:
        if self.model.clusters is None:
            return say("Cox's model with covariates, ties by Efron")
        return say_n(
            "Cox's model with covariates, ties by Efron, errors by {n} family of customers who brought each other",
            "Cox's model with covariates, ties by Efron, errors by {n} families of customers who brought each other",
            self.model.clusters,
        )

    def _strained(self) -> str:
        columns = self.model.coef.size
        if self.model.ended >= ENOUGH * columns:
            return ""
        return " " + say(
            "{columns} columns stand against {left} customers who left: too many for a steady ratio, name fewer "
            "covariates.",
            columns=integer(columns),
            left=integer(self.model.ended),
        )

    def to_frame(self):
        """Return column, ratio, ci_low, ci_high, p of each column's ratio being the same at all times."""
        import pandas as pd

        labels = [say("Referred"), *self.covariates.labels]
        rows = []
        for place, label in enumerate(labels if self.model else []):
            ratio = self.model.ratio(place, level=self.level)
            rows.append((label, ratio.value, *ratio.interval, self._one_ratio(place)))
        names = ["column", "ratio", "ci_low", "ci_high", "p"]
        return (
            pd.DataFrame(rows, columns=names)
            .astype(dict.fromkeys(names[1:], float))
            .assign(unit="p-value")
        )

    def _one_ratio(self, place: int) -> float:
        try:
            return self.model.proportional_p(place)
        except ValueError:
            return np.nan

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "column": (say("Column"), "text"),
            "ratio": (say("Hazard ratio"), "ratio"),
            "ci_low": (say("Interval from"), "ratio"),
            "ci_high": (say("to"), "ratio"),
            "p": (say("p of one ratio at all times"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the ratios are, or why there are none."""
        if self.refused:
            return self.refused
        words = say(
            "Hazard of leaving for one more unit of a column, the others equal, with {level} intervals; a word is "
            "compared with the first of its column. A small p: the ratio changes with time. {n} customers, {left} of "
            "whom left.",
            level=percent(self.level, 0),
            n=integer(sum(self.n.values())),
            left=integer(sum(self.left.values())),
        )
        return words + self.covariates.note()


def adjusted_hazard(
    tenure: Tenure, covariates, *, links=None, level: float = 0.95, min_group: int = 5
) -> Adjusted:
    """Return the ratio of hazards at equal covariates.

    Parameters
    ----------
    tenure : Tenure
    covariates : Covariates
        Of the same customers. Who has an empty cell is left out and counted.
    links : Links, optional
        Who brought whom: errors are then by family of customers who brought each other.
    """
    known = covariates.complete
    n, left = (
        {group: int((who & (tenure.referred == group)).sum()) for group in NAMES}
        for who in (known, known & tenure.left)
    )
    late = int((known & (tenure.entry > 0)).sum())

    def result(model=None, crude=None, refused=None) -> Adjusted:
        return Adjusted(covariates, model, crude, n, left, late, refused, level)

    if covariates.refusal:
        return result(refused=covariates.refusal)
    fewest = min((REFERRED, OTHER), key=left.get)
    if left[fewest] < max(min_group, 1):
        what = say(
            'customers of the group "{group}" who left and of whom all covariates are known',
            group=say(NAMES[fewest]),
        )
        return result(refused=too_few(what, left[fewest], min_group))
    data = tenure.days[known], tenure.left[known]
    referred = tenure.referred[known].astype(float)[:, None]
    design = np.hstack([referred, covariates.design[known]])
    options = {
        "entry": tenure.entry[known],
        "cluster": None if links is None else families(links, known.size)[known],
    }
    try:
        return result(
            cox(*data, design, **options), cox(*data, referred, **options).ratio(level=level)
        )
    except Collinear:
        return result(refused=_collinear(covariates.words))
    except Separated:
        return result(refused=_separated(covariates.words))


def _collinear(words: str) -> str:
    return say(
        "Not stated: among {covariates} one column is the same for all, follows from the others or tells who was "
        "referred for sure, so that its part cannot be told apart (parameter covariates).",
        covariates=words,
    )


def _separated(words: str) -> str:
    return say(
        "Not stated: among {covariates} one column tells without exception who leaves or stays, so that its ratio has "
        "no finite value; join its words, or leave the column out (parameter covariates).",
        covariates=words,
    )
