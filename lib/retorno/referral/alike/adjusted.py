"""The gap in value against others who were like the referred when they joined.

Estimand: discounted value of a referred customer over the horizon minus what the referred would be worth were they like
others with equal covariates and day of joining (effect on the treated). Others are weighted by their odds of being
referred; share still there and mean margins are weighted alike. Read as an effect of being referred it needs that
customers alike in these were referred by chance, which no data can show. Only what is measured is adjusted for; a
better match of person and firm is part of what a referral does and no nuisance.

Sources: Hirano, Imbens and Ridder (2003), Econometrica 71, 1161-1189; the question is that of Schmitt, Skiera and Van
den Bulte (2011), J. of Marketing 75(1). Methods in `retorno.stats.odds`.
"""

from dataclasses import dataclass, replace

import numpy as np

from retorno.findings import Definition, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.referral.alike.balance import Balance, rests
from retorno.referral.alike.covariates import Covariates
from retorno.referral.alike.weighted import by_family, values
from retorno.referral.gap.rows import rows
from retorno.referral.links import Links, families
from retorno.referral.tenure import NAMES, OTHER, REFERRED, Tenure
from retorno.stats.adjustment import CollinearError, SeparationError
from retorno.stats.odds import Odds, odds_weights
from retorno.stats.student import Student

ADJUSTED = Definition(
    "value_gap.adjusted",
    label=mark("Value over the horizon, referred minus others alike"),
    meaning=mark(
        "The value gap with the others weighted to be like the referred in the covariates and the day of joining: "
        "each counts with the odds e/(1-e) of being referred, e from a logit. In the formula S(k-1) is the share "
        "still there at the start of month k, m the mean margin of those present, H horizon_months, r "
        "annual_discount_rate, R the referred, w the weighted others. The error counts that the odds are estimated."
    ),
    unit="money per customer",
    sign=mark("Positive: a referred customer is worth more than another like him."),
    formula=r"\sum_{k=1}^{H} \frac{S_R(k-1) \, m_R(k) - S_w(k-1) \, m_w(k)}{(1 + r)^{k/12}}, \quad w = \frac{e}{1 - e}",
    reference=0.0,
    speaks_to=(Speaks("value_right_customers"),),
)
DEFINITIONS = (ADJUSTED,)

SENTENCES = {
    "above": mark("Over {months} a referred customer is worth {apart} more than another alike in {alike}."),
    "below": mark("Over {months} a referred customer is worth {apart} less than another alike in {alike}."),
    "undecided": mark(
        "Over {months} the gap in value between a referred customer and another alike in {alike} is {signed}; its "
        "interval holds zero, so none is shown."
    ),
}  # fmt: skip
MOVES = {
    "above": mark("Unadjusted it is {plain}: weighting raises it by {moved}."),
    "below": mark("Unadjusted it is {plain}: weighting lowers it by {moved}."),
    "undecided": mark("Unadjusted it is {plain}: weighting moves it by {signed}, which may be chance."),
}  # fmt: skip
ASSUMES = mark(
    "Only what is measured is adjusted for. A better match of person and firm is part of what a referral does and no "
    "nuisance."
)


@dataclass(frozen=True, slots=True)
class AdjustedValue:
    """The value gap as it is and adjusted, of the same customers.

    Attributes
    ----------
    referred, other, alike : Student or None
        Discounted value per customer over the horizon, in currency: of the referred, of the others as they are and
        weighted. None where `refused` says why.
    plain, gap, moved : Student or None
        Referred minus the others as they are; minus the others weighted; the second minus the first.
    odds : Odds or None
        Of the customers whose covariates are known.
    present : int
        Customers of the smaller group present in the last month of the horizon.
    labels : tuple of str
        Of what is adjusted for.
    """

    referred: Student | None
    other: Student | None
    alike: Student | None
    plain: Student | None
    gap: Student | None
    moved: Student | None
    odds: Odds | None
    refused: str | None
    n: tuple[int, int]
    present: int
    labels: tuple[str, ...]
    covariates: Covariates
    horizon_months: int
    annual_discount_rate: float
    currency: str
    level: float
    min_group: int

    def findings(self) -> Findings:
        """State or refuse the adjusted gap."""
        unit = f"{self.currency} per customer"
        if self.refused:
            return Findings([ADJUSTED.refuse(self.refused, n=sum(self.n), unit=unit)])
        gap = self.gap.at(self.level)
        verdict = direction(gap.interval)
        sentence = say(
            SENTENCES[verdict],
            months=self._months(),
            apart=money(abs(gap.value), self.currency),
            signed=money(gap.value, self.currency),
            alike=self._alike(),
        )
        text = [sentence, self._moved(), rests(self.odds), say(ASSUMES)]
        least = min(self.present, int(self.odds.effective_controls))
        found = ADJUSTED.state(
            gap.value,
            " ".join(text) + self.covariates.note() + caution(least),
            interval=gap.interval,
            level=self.level,
            unit=unit,
            n=sum(self.n),
            method=say("others weighted by their odds of being referred, influence functions"),
            verdict=verdict,
        )
        return Findings([found])

    def _months(self) -> str:
        return say_n("{n} month", "{n} months", self.horizon_months)

    def _alike(self) -> str:
        if len(self.labels) == len(self.covariates.labels):
            return self.covariates.words
        return say("{covariates} and day of joining", covariates=self.covariates.words)

    def _moved(self) -> str:
        moved = self.moved.value
        return say(
            MOVES[direction(self.moved.at(self.level).interval)],
            plain=money(self.plain.value, self.currency),
            moved=money(abs(moved), self.currency),
            signed=money(moved, self.currency),
        )

    def balance(self) -> Balance:
        """Return how alike weighting makes the groups, to be drawn or shown as a table."""
        return Balance(self.odds, self.labels, self.refused)

    def to_frame(self):
        """Return what, value, ci_low, ci_high: both groups, the others weighted, the gap as it is and adjusted."""
        import pandas as pd

        names = ["what", "value", "ci_low", "ci_high"]
        if self.refused:
            return pd.DataFrame([], columns=names)
        numbers = {
            say("Referred"): self.referred,
            say("Other, as they are"): self.other,
            say("Other, weighted to be like the referred"): self.alike,
            say("Gap as it is"): self.plain,
            say("Gap, adjusted"): self.gap,
        }
        rows_ = [(what, s.value, *s.at(self.level).interval) for what, s in numbers.items()]
        return pd.DataFrame(rows_, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        currency = f"money:{self.currency}"
        return {
            "what": (say("Value over the horizon"), "text"),
            "value": (say("Per customer"), currency),
            "ci_low": (say("Interval from"), currency),
            "ci_high": (say("to"), currency),
        }

    def table_caption(self) -> str:
        """Say who is compared, and over which time."""
        if self.refused:
            return self.refused
        text = say(
            "Discounted margin per customer over {months} of tenure, at {rate} a year, with {level} intervals: "
            "{referred} referred customers and {others} others, as they are and weighted to be like the referred in "
            "{alike}.",
            months=self._months(),
            rate=percent(self.annual_discount_rate),
            level=percent(self.level, 0),
            referred=integer(self.n[0]),
            others=integer(self.n[1]),
            alike=self._alike(),
        )
        return text + self.covariates.note()


def adjusted_value(
    tenure: Tenure,
    covariates: Covariates,
    links: Links | None = None,
    *,
    annual_discount_rate: float,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> AdjustedValue:
    """Return the value gap against others who were like the referred when they joined.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins; its horizon must be in sight (nothing is extrapolated).
    covariates : Covariates
        With none the gap is refused. Customers of whom one is not known are left out. The day of joining is added
        where it varies: who joined when is always known, and programmes grow.
    links : Links, optional
        Customers joined by referrals then count as one family in the errors.
    annual_discount_rate : float
        A fraction a year, above -1.

    Notes
    -----
    Degrees of freedom: the smaller of referred and effective others, less 1. Where a referral goes with a covariate
    in another way than the logit says, balance is not reached and the table of it shows that.
    """
    known, referred = covariates.complete, tenure.referred
    design, labels = _design(tenure, covariates)
    table = rows(tenure, known, least=max(min_group, 2))
    found = AdjustedValue(
        *(None,) * 7,
        refused=covariates.refusal,
        n=(int((known & referred).sum()), int((known & ~referred).sum())),
        present=int(table.n[-1].min()) if table.months else 0,
        labels=labels,
        covariates=covariates,
        horizon_months=tenure.horizon_months,
        annual_discount_rate=annual_discount_rate,
        currency=currency,
        level=level,
        min_group=min_group,
    )
    if found.refused is None and table.months < tenure.horizon_months:
        found = replace(found, refused=_too_short(tenure, known, max(min_group, 2)))
    if found.refused:
        return found
    try:
        odds = odds_weights(referred[known], design[known])
    except SeparationError:
        return replace(found, refused=_separated(found._alike()))
    except CollinearError:
        return replace(found, refused=_collinear(found._alike()))
    if odds.effective_controls < min_group:
        what = say("others who are like the referred, after weighting")
        return replace(found, refused=too_few(what, int(odds.effective_controls), min_group))
    amounts, errors = values(tenure, table, known, odds, annual_discount_rate=annual_discount_rate)
    errors = by_family(errors, families(links, referred.size)[known])
    if not min(errors[name].std() for name in ("referred", "alike", "other")) > 0:
        return replace(found, refused=_no_spread())
    n1, n0 = found.n
    effective = odds.effective_controls
    df = {"referred": n1, "other": n0, "alike": effective, "plain": min(n1, n0)}
    return replace(
        found,
        odds=odds,
        **{
            name: Student(
                value,
                float(np.sqrt((errors[name] ** 2).sum())),
                max(df.get(name, min(n1, effective)) - 1.0, 1.0),
            )
            for name, value in amounts.items()
        },
    )


def _design(tenure: Tenure, covariates: Covariates) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return covariates and day of joining, where it varies, and their labels."""
    joined = tenure.joined.astype(float)
    known = joined[covariates.complete]
    if not known.size or np.ptp(known) == 0:
        return covariates.design, covariates.labels
    labels = (*covariates.labels, say("day of joining"))
    return np.column_stack([covariates.design, joined]), labels


def _too_short(tenure: Tenure, known, least: int) -> str:
    """Return which group is short in the last month of the horizon."""
    last = tenure.month(tenure.horizon_months)[0]
    last = last[known[last]]
    n = {group: int((tenure.referred[last] == group).sum()) for group in (REFERRED, OTHER)}
    group = min(n, key=n.get)
    what = say(
        'customers of the group "{group}" present at the start of month {month} (months beyond the data are refused; '
        "parameter horizon_months)",
        group=say(NAMES[group]),
        month=integer(tenure.horizon_months),
    )
    return too_few(what, n[group], least)


def _separated(alike: str) -> str:
    return say(
        "Not stated: {alike} tell of some customers for sure whether they were referred, so nobody is comparable with "
        "them; name fewer covariates (parameter covariates).",
        alike=alike,
    )


def _collinear(alike: str) -> str:
    return say(
        "Not stated: among {alike}, one follows from the others or from being referred, or is the same for all; name "
        "fewer covariates (parameter covariates).",
        alike=alike,
    )


def _no_spread() -> str:
    return say(
        "Not stated: in one group every customer brings the same, so nothing says how far the gap could be chance."
    )
