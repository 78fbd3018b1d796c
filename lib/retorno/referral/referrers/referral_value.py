"""What a customer is worth as one who brings others, and what is forgotten when the reward of some is forgotten.

Estimand: referral value of a customer, over the referrals made in the first W months after joining,

    CRV = sum over referrals of (1 + r) ** -t (p V + (1 - p) A - C),

t the years from the referrer's joining to the referral, V what the referred earns in the own first W months,
discounted, p the share who would not have come without it (type one), A the acquisition cost saved by those who would
have (type two), C both rewards and administration. A referral of which no customer came brings no V and no A, and costs
C. Customers are those who joined at least 2 W months before the last day, so that both windows are full.

Source: customer referral value of Kumar, Petersen and Leone (2007), Harvard Business Review 85(10), and (2010), J. of
Marketing 74(5). As it is quoted there, a type two adds the acquisition cost saved and bears no reward; the reward is
paid for both. What a customer earns by referring is earned with the referred: added to the value of the referred
themselves it counts twice.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, listed, mark, money, number, percent, say, say_n
from retorno.money import discount_at
from retorno.referral.links import Links
from retorno.referral.payoff.assumptions import Assumptions
from retorno.referral.referrers.made import (
    check_window,
    first_months_value,
    followed_for,
    in_months,
    no_margins,
    referrals_made,
)
from retorno.stats.student import Estimate

NEEDED = ("type_one_share", "acquisition_cost", "admin_cost")
GRID = 401  # values of type_one_share, where it is a range or an estimate
MEANING = mark(
    "Mean over customers who made a referral in their first referral_window_months months, among those who joined at "
    "least twice that long before the last day. In the formula j counts the referrals of a customer, t the years from "
    "joining to the referral, r annual_discount_rate, p type_one_share, V the discounted margin of the referred in "
    "their own first referral_window_months months, A acquisition_cost, C both rewards and admin_cost. Where no "
    "customer came of a referral, V and A are 0."
)
VALUE = Definition(
    "referrers.referral_value",
    label=mark("Referral value of a customer who refers"),
    meaning=MEANING,
    unit="money per customer who referred",
    sign=mark("Positive: what a referrer brings is more than it costs."),
    formula=r"\sum_j \frac{p V_j + (1 - p) A - C}{(1 + r)^{t_j}}",
    reference=0.0,
    speaks_to=(Speaks("value_includes_influence", holds="above"),),
)
FORGETTING = Definition(
    "referrers.referral_value.forgetting",
    label=mark("The same with the reward of type two forgotten"),
    meaning=MEANING,
    unit="money per customer who referred",
    sign=mark("Positive; never below the referral value with every reward counted."),
    formula=r"\sum_j \frac{p (V_j - C) + (1 - p) A}{(1 + r)^{t_j}}",
    reference=0.0,
)
DEFINITIONS = (VALUE, FORGETTING)

SENTENCES = {
    "above": mark(
        "A customer who refers is worth {value} in referrals: {brought} brought by {referrals} referrals on average, "
        "less {cost} of rewards and administration."
    ),
    "below": mark(
        "A customer who refers loses the firm {loss} in referrals: {referrals} referrals on average bring {brought} "
        "and cost {cost} of rewards and administration."
    ),
    "undecided": mark(
        "A customer who refers is worth {value} in referrals, {brought} brought by {referrals} referrals on average "
        "less {cost} of rewards and administration; the interval holds zero, so whether that is a gain is undecided."
    ),
}


@dataclass(frozen=True, slots=True)
class ReferralValue:
    """Own value and referral value of the customers whose windows are full.

    Attributes
    ----------
    own : ndarray of float, shape (m,)
        Discounted margin of the first months of each customer, currency.
    earned, came, made : ndarray of float, shape (m,)
        Sums over the referrals of each customer, each discounted from its day: V of the referred, currency; customers
        who came; referrals.
    count : ndarray of int, shape (m,)
        Referrals in the window, not discounted.
    assumptions : Assumptions
    window_months, n, min_group : int
        `n` are all customers, with full windows or not.
    currency : str
    level : float
    reason : str or None
        Why nothing can be stated, whatever the parameters.
    """

    own: np.ndarray
    earned: np.ndarray
    came: np.ndarray
    made: np.ndarray
    count: np.ndarray
    assumptions: Assumptions
    window_months: int
    n: int
    currency: str
    level: float
    min_group: int
    reason: str | None = None

    @property
    def referred(self) -> np.ndarray:
        """Which of the customers made a referral in the window."""
        return self.count > 0

    @property
    def months(self) -> str:
        """The window in words."""
        return in_months(self.window_months)

    def refusal(self) -> str | None:
        """Return why no referral value can be stated, or None."""
        if self.reason:
            return self.reason
        if names := self.assumptions.missing(*NEEDED):
            return say_n(
                "Not stated: parameter {names} has no value, and no table shows it.",
                "Not stated: parameters {names} have no value, and no table shows them.",
                len(names),
                names=listed(names),
            )
        if self.referred.sum() < max(self.min_group, 2):
            what = say(
                "customers who referred in their first {months}, of {m} who joined at least {twice} before the last "
                "day (parameter referral_window_months)",
                months=self.months,
                twice=in_months(2 * self.window_months),
                m=integer(self.own.size),
            )
            return too_few(what, int(self.referred.sum()), max(self.min_group, 2))
        if np.ptp(self.values()[self.referred]) == 0:
            return say(
                "Not stated: every customer who referred has the same referral value, so nothing says how far it "
                "could be chance."
            )
        return None

    def values(self, *, forgetting: bool = False) -> np.ndarray:
        """Return the referral value of each customer, currency; 0 of who made no referral. Ranges at their middle."""
        p = self.assumptions.middle("type_one_share")
        constant, slope = self._line(forgetting)
        return constant + p * slope

    def _line(self, forgetting: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the referral value as constant and slope in the share of type one."""
        a = self.assumptions
        saved = a.acquisition_cost * self.came
        if forgetting:
            return saved, self.earned - saved - a.cost * self.made
        return saved - a.cost * self.made, self.earned - saved

    def mean(self, *, forgetting: bool = False) -> Estimate:
        """Return the mean over customers who referred, with its interval."""
        constant, slope = (part[self.referred] for part in self._line(forgetting))
        shares = self.assumptions.likely("type_one_share", GRID)
        return _mean_over(constant, slope, shares, self.level)

    def findings(self) -> Findings:
        """State or refuse the referral value, and the one that forgets the reward of type two."""
        return Findings([self._value(), self._forgetting()])

    @property
    def _unit(self) -> str:
        return f"{self.currency} per customer who referred"

    def _value(self) -> Finding:
        if reason := self.refusal():
            return VALUE.refuse(reason, n=int(self.referred.sum()), unit=self._unit)
        estimate = self.mean()
        verdict = direction(estimate.interval)
        cost = self.assumptions.cost * float(self.made[self.referred].mean())
        sentence = say(
            SENTENCES[verdict],
            value=money(estimate.value, self.currency),
            loss=money(abs(estimate.value), self.currency),
            brought=money(estimate.value + cost, self.currency),
            cost=money(cost, self.currency),
            referrals=number(float(self.count[self.referred].mean())),
        )
        return self._stated(VALUE, estimate, sentence, verdict)

    def _forgetting(self) -> Finding:
        if reason := self.refusal():
            return FORGETTING.refuse(reason, n=int(self.referred.sum()), unit=self._unit)
        estimate, whole = self.mean(forgetting=True), self.mean()
        values = {
            "value": money(estimate.value, self.currency),
            "more": money(estimate.value - whole.value, self.currency),
            "share": percent(1 - self.assumptions.middle("type_one_share")),
        }
        if estimate.value - whole.value <= 1e-9 * abs(estimate.value):
            sentence = say(
                "A form that pays no reward for customers who would have come anyway gives {value}, the same: there is "
                "no such customer or no reward.",
                **values,
            )
        else:
            sentence = say(
                "A form that pays no reward for customers who would have come anyway gives {value}, {more} too much: "
                "{share} of the referrals are assumed to be of that kind, and their rewards are paid like all others.",
                **values,
            )
        return self._stated(FORGETTING, estimate, sentence, direction(estimate.interval))

    def _stated(self, definition, estimate: Estimate, sentence: str, verdict: str) -> Finding:
        n = int(self.referred.sum())
        return definition.state(
            estimate.value,
            sentence + self._assumed() + caution(n),
            interval=estimate.interval,
            level=self.level,
            unit=self._unit,
            n=n,
            method=say("mean over customers who referred, t interval; a range of shares mixed in"),
            verdict=verdict,
        )

    def _assumed(self) -> str:
        return " " + say(
            "Assumed: {share} would not have come without it.",
            share=self.assumptions.shown("type_one_share"),
        )

    def to_frame(self):
        """Return part, counted and forgetting: what makes the referral value up, per customer who referred."""
        import pandas as pd

        names = ["part", "counted", "forgetting"]
        if self.refusal():
            return pd.DataFrame(columns=names)
        a, who = self.assumptions, self.referred
        p = a.middle("type_one_share")
        earned, came, made = (float(v[who].mean()) for v in (self.earned, self.came, self.made))
        rows = [
            (say("Earned with customers who would not have come"), *[p * earned] * 2),
            (
                say("Acquisition saved by those who would"),
                *[(1 - p) * a.acquisition_cost * came] * 2,
            ),
            (say("Rewards and administration, would not have come"), *[-p * a.cost * made] * 2),
            (say("Rewards and administration, would have come"), -(1 - p) * a.cost * made, 0.0),
        ]
        rows.append((say("Referral value"), *(sum(row[i] for row in rows) for i in (1, 2))))
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        kind = f"money:{self.currency}"
        return {
            "part": (say("Per customer who referred"), "text"),
            "counted": (say("Every reward counted"), kind),
            "forgetting": (say("Reward of type two forgotten"), kind),
        }

    def table_caption(self) -> str:
        """Say whose referrals stand in the table and what is assumed."""
        if reason := self.refusal():
            return reason
        return (
            say(
                "Referrals made in the first {months} by {who} of {m} customers who joined at least {twice} before the "
                "last day of data; the referred are followed for their own first {months}. Discounted to the "
                "referrer's joining.",
                months=self.months,
                twice=in_months(2 * self.window_months),
                who=integer(int(self.referred.sum())),
                m=integer(self.own.size),
            )
            + self._assumed()
        )


def _mean_over(constant, slope, shares, level: float) -> Estimate:
    """Return the mean of constant + p slope; where p may be any of `shares`, the interval of the mixture of all."""
    from scipy import stats

    n = constant.size
    means = constant.mean() + shares * slope.mean()
    (vcc, vcs), (_, vss) = np.cov(constant, slope) / n
    errors = np.sqrt(np.maximum(vcc + 2 * shares * vcs + shares**2 * vss, 0))
    value, middle = float(means.mean()), float(errors[shares.size // 2])
    t = stats.t(n - 1)
    if shares.size == 1 or np.ptp(shares) == 0 or not errors.min() > 0:
        reach = t.ppf((1 + level) / 2) * errors
        return Estimate(value, middle, float((means - reach).min()), float((means + reach).max()))
    bounds = [
        _quantile(lambda x: t.cdf((x - means) / errors).mean(), means, errors, tail)
        for tail in ((1 - level) / 2, (1 + level) / 2)
    ]
    return Estimate(value, middle, *bounds)


def _quantile(below, means, errors, tail: float) -> float:
    from scipy.optimize import brentq

    far = 1e4 * errors.max() + np.ptp(means)
    return float(brentq(lambda x: below(x) - tail, means.min() - far, means.max() + far, xtol=1e-9))


def referral_value(
    links: Links,
    assumptions: Assumptions,
    *,
    annual_discount_rate: float,
    referral_window_months: int = 12,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> ReferralValue:
    """Return what customers are worth themselves and by their referrals.

    Parameters
    ----------
    links : Links
        With the margins of its customers.
    assumptions : Assumptions
        type_one_share, acquisition_cost, admin_cost and both rewards are used; fraud_share is not: a referral that
        brought nobody is seen here and bears its cost.
    annual_discount_rate : float
        A fraction a year, above -1.
    referral_window_months : int
        Months of 30.4375 days after joining in which referrals count, and margins of referrer and referred.

    Notes
    -----
    Referrals of one customer are one unit of the error; that chains of customers are alike is not counted. On
    simulated worlds see the coverage tests: money has a long right tail, and below about 30 referrers intervals are
    too narrow.
    """
    check_window(referral_window_months, annual_discount_rate)
    tenure, window = links.tenure, referral_window_months
    options = {
        "assumptions": assumptions,
        "window_months": window,
        "n": tenure.days.size,
        "currency": currency,
        "level": level,
        "min_group": min_group,
    }
    if reason := no_margins(tenure):
        none = np.empty(0)
        return ReferralValue(none, none, none, none, none.astype(int), **options, reason=reason)
    value = first_months_value(tenure, window, annual_discount_rate=annual_discount_rate)
    full = followed_for(tenure, 2 * window)
    made = referrals_made(links)
    use = made.within(window) & full[made.referrer] & (made.after >= 0)
    referrer, brought = made.referrer[use], made.brought[use]
    factor = discount_at(made.after[use] / 365.25, annual_discount_rate)
    came = factor * (brought >= 0)
    sums = [
        np.bincount(referrer, weights, minlength=full.size)[full]
        for weights in (came * value[np.maximum(brought, 0)], came, factor)
    ]
    count = np.bincount(referrer, minlength=full.size)[full]
    return ReferralValue(value[full], *sums, count, **options)
