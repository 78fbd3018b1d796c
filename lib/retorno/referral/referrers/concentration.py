"""How few customers make how many of the referrals, and how much of that chance alone would make.

Estimands: Gini coefficient and share of the customers with most, of the number of referrals a customer made, over all
customers, zeros included. They describe a period: who joined late had less time to refer, so the same is stated for
customers followed for a whole window, counting what they made in it. Referrals are rare, and what is rare looks uneven
even where all customers are alike: beside each number stands that of a Poisson count of equal mean.

Source: see `retorno.stats.concentration`.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction, too_few
from retorno.language import integer, mark, number, p_value, percent, say
from retorno.referral.links import Links
from retorno.referral.referrers.made import check_window, followed_for, in_months, referrals_made
from retorno.stats.concentration import Concentration, concentration, poisson_lorenz
from retorno.stats.proportions import wilson_share

TOPS = (0.2, 0.1, 0.01)
GINI_UNIT = "Gini coefficient"
SHARE_REFERRING = Definition(
    "referrers.share_referring",
    label=mark("Customers who referred anybody"),
    meaning=mark(
        "Customers who made at least one referral, over all customers. In the formula x is the number of referrals of "
        "customer i, n the customers; 1 stands where it is above 0."
    ),
    unit="share of customers",
    sign=mark("Higher: more customers refer."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \mathbf{1} [ x_i > 0 ]",
)
GINI_FORMULA = r"\frac{1}{2 n^2 \bar x} \sum_{i=1}^{n} \sum_{j=1}^{n} | x_i - x_j |"
GINI = Definition(
    "referrers.gini",
    label=mark("How unevenly referrals are spread"),
    meaning=mark(
        "Gini coefficient of the number of referrals over all customers, zeros included: twice the area between the "
        "Lorenz curve and the line on which all are alike. In the formula x is the number of referrals of a customer, "
        "i or j, n the customers."
    ),
    unit=GINI_UNIT,
    sign=mark("0: all made the same number; near 1: one customer made nearly all."),
    formula=GINI_FORMULA,
)
CHANCE = Definition(
    "referrers.gini.poisson",
    label=mark("The same by chance alone"),
    meaning=mark(
        "Gini coefficient of a Poisson count with the mean number of referrals found: what chance makes of customers "
        "who are all equally likely to refer. In the formula m is that mean, I the modified Bessel functions of order "
        "0 and 1."
    ),
    unit=GINI_UNIT,
    sign=mark("Higher: the rarer referrals are, the more uneven chance makes them."),
    formula=r"e^{-2m} \left( I_0(2m) + I_1(2m) \right)",
)
LIKE_FOR_LIKE = Definition(
    "referrers.gini.like_for_like",
    label=mark("How unevenly referrals are spread, at equal time to refer"),
    meaning=mark(
        "As referrers.gini, of the referrals made in the first referral_window_months months after joining, over "
        "customers who joined at least that long before the last day. In the formula x is the number of those "
        "referrals of a customer, i or j, n the customers."
    ),
    unit=GINI_UNIT,
    sign=mark("0: all made the same number; near 1: one customer made nearly all."),
    formula=GINI_FORMULA,
)
TOP_MEANING = mark(
    "Referrals made by that share of the customers, taken from those who made most, over all referrals; customers "
    "with the same number at the boundary share it out. In the formula a is the share, q the number of referrals at "
    "its boundary, x the number of customer i, n the customers."
)
TOP_FORMULA = r"\frac{1}{\bar x} \left( \frac{1}{n} \sum_{i=1}^{n} \max(x_i - q, 0) + a q \right)"
TOP_SHARES = {
    share: Definition(
        f"referrers.top_{round(100 * share)}_share",
        label=label,
        meaning=TOP_MEANING,
        unit="share of referrals",
        sign=mark("Higher: fewer customers make more of the referrals."),
        formula=TOP_FORMULA,
        speaks_to=(Speaks("referral_seed_group"),),
    )
    for share, label in {
        0.2: mark("Referrals made by the 20% who refer most"),
        0.1: mark("Referrals made by the 10% who refer most"),
        0.01: mark("Referrals made by the 1% who refer most"),
    }.items()
}
DEFINITIONS = (SHARE_REFERRING, GINI, CHANCE, LIKE_FOR_LIKE, *TOP_SHARES.values())

GINIS = {
    "above": mark(
        "The Gini coefficient of referrals is {gini}, where 0 is all customers alike and 1 is one who made all. Chance "
        "alone would give {chance}, {part} of it; beyond that customers differ, in how much they refer or in how long "
        "they could."
    ),
    "undecided": mark(
        "The Gini coefficient of referrals is {gini}, where 0 is all customers alike and 1 is one who made all. Chance "
        "alone would give {chance}, and the two cannot be told apart: that customers differ is not shown."
    ),
    "below": mark(
        "The Gini coefficient of referrals is {gini}, where 0 is all customers alike and 1 is one who made all. Chance "
        "alone would give {chance}: referrals are spread more evenly than that, as where each may make only a few."
    ),
}
APART = mark(
    "The {top} of customers who refer most make {share} of the referrals; by chance it would be {chance}"
)
TITLES = {
    "above": APART,
    "undecided": mark(
        "The {top} of customers who refer most make {share} of the referrals, about what chance gives"
    ),
    "below": APART,
}


@dataclass(frozen=True, slots=True)
class ReferralConcentration:
    """How referrals are spread over customers.

    Attributes
    ----------
    n, referring, referrals : int
        Customers; those who made a referral; referrals.
    found : Concentration or None
        Of the referrals of all customers; None where nobody referred.
    window : Concentration or None
        Of those made in the first `window_months`; None where not asked for or nobody made one.
    followed, window_referring : int
        Customers followed for the whole window; those of them who referred in it.
    window_months : int or None
    level : float
    min_group : int
    """

    n: int
    referring: int
    referrals: int
    found: Concentration | None
    window: Concentration | None
    followed: int
    window_referring: int
    window_months: int | None
    level: float
    min_group: int

    def refusal(self) -> str | None:
        """Return why the spread of referrals cannot be stated, or None."""
        return _refusal(self.found, self.referring, self.min_group)

    def findings(self) -> Findings:
        """State or refuse who refers at all, the Gini, what chance makes of it, and what those with most make."""
        found = [self._referring(), self._gini(), self._chance()]
        if self.window_months is not None:
            found.append(self._like_for_like())
        return Findings([*found, *(self._top(share) for share in TOPS)])

    def _referring(self) -> Finding:
        if self.n < max(self.min_group, 1):
            return SHARE_REFERRING.refuse(
                too_few(say("customers"), self.n, self.min_group), n=self.n
            )
        share = wilson_share(self.referring, self.n, level=self.level)
        sentence = say(
            "{referring} of {n} customers, {share}, made a referral, {referrals} in all.",
            referring=integer(self.referring),
            n=integer(self.n),
            share=percent(share.value),
            referrals=integer(self.referrals),
        )
        late = " " + say("Customers who joined lately have had less time to.")
        return SHARE_REFERRING.state(
            share.value,
            sentence + (late if self.window_months is not None else "") + caution(self.n),
            interval=share.interval,
            level=self.level,
            n=self.n,
            method=say("share with Wilson's interval"),
        )

    @property
    def verdict(self) -> str:
        """Whether referrals are spread more unevenly than chance makes them: above, below or undecided."""
        return direction(self.found.beyond_chance().at(self.level).interval)

    def _gini(self) -> Finding:
        if reason := self.refusal():
            return GINI.refuse(reason, n=self.n)
        return self._stated(GINI, self.found, "")

    def _stated(self, definition: Definition, found: Concentration, before: str) -> Finding:
        gini, chance = found.gini(level=self.level), found.chance(level=self.level)
        verdict = direction(found.beyond_chance().at(self.level).interval)
        sentence = say(
            GINIS[verdict],
            gini=number(gini.value),
            chance=number(chance.value),
            part=percent(chance.value / gini.value, 0),
        )
        return definition.state(
            gini.value,
            before + sentence + caution(found.positive),
            interval=gini.interval,
            level=self.level,
            n=found.n,
            method=say(
                "area between the Lorenz curve and equal shares, influence of each customer"
            ),
            verdict=verdict,
        )

    def _chance(self) -> Finding:
        if reason := self.refusal():
            return CHANCE.refuse(reason, n=self.n)
        chance = self.found.chance(level=self.level)
        ratio, p = self.found.dispersion()
        sentence = say(
            "Were all customers equally likely to refer, {mean} referrals per customer would by chance alone have a "
            "Gini coefficient of {chance}. Their variance would equal their mean; it is {ratio} times the mean ({p}).",
            mean=number(self.found.mean),
            chance=number(chance.value),
            ratio=number(ratio),
            p=p_value(p),
        )
        return CHANCE.state(
            chance.value,
            sentence,
            interval=chance.interval,
            level=self.level,
            n=self.n,
            method=say(
                "Poisson with the mean found, in closed form; interval from that of the mean"
            ),
        )

    def _like_for_like(self) -> Finding:
        months = in_months(self.window_months)
        if reason := _refusal(self.window, self.window_referring, self.min_group):
            what = say(
                "Customers followed for {months}: {n}.", months=months, n=integer(self.followed)
            )
            return LIKE_FOR_LIKE.refuse(f"{what} {reason}", n=self.followed)
        before = say(
            "Here only the {n} customers count who were followed for at least {months}, and their referrals in them.",
            n=integer(self.followed),
            months=months,
        )
        return self._stated(LIKE_FOR_LIKE, self.window, before + " ")

    def _top(self, share: float) -> Finding:
        definition, customers = TOP_SHARES[share], int(share * self.n)
        if reason := self.refusal():
            return definition.refuse(reason, n=self.n)
        top = percent(share, 0)
        if customers < self.min_group:
            what = say("customers among the {top} who refer most", top=top)
            return definition.refuse(too_few(what, customers, self.min_group), n=self.n)
        found = self.found.top_share(share, level=self.level)
        values = {
            "top": top,
            "share": percent(found.value),
            "n": integer(self.referrals),
            "chance": percent(self.by_chance(share)),
            "referring": percent(self.referring / self.n),
        }
        if self.referring <= share * self.n:
            sentence = say(
                "No more than {referring} of the customers referred anybody, so the {top} who refer most made all "
                "{n} referrals; by chance alone they would make {chance}.",
                **values,
            )
        else:
            sentence = say(
                "The {top} of customers who refer most made {share} of {n} referrals; by chance alone they would make "
                "{chance}.",
                **values,
            )
        return definition.state(
            found.value,
            sentence + caution(min(customers, self.referring)),
            interval=found.interval if found.ci_low < found.ci_high else None,
            level=self.level,
            n=self.n,
            method=say("ties shared out at the boundary, influence of each customer"),
        )

    def by_chance(self, share: float) -> float:
        """Return the part of the referrals the `share` with most make when all customers are alike."""
        return 1 - poisson_lorenz(self.found.mean, 1 - share)

    def to_frame(self):
        """Return the Lorenz curve: customers, referrals, ci_low, ci_high, chance, alike; shares from 0 to 1."""
        import pandas as pd

        names = ["customers", "referrals", "ci_low", "ci_high", "chance", "alike"]
        if self.refusal():
            return pd.DataFrame(columns=names, dtype=float)
        grid = np.arange(101) / 100
        inner = [self.found.top_share(1 - p, level=self.level) for p in grid[1:-1]]
        low, high = (
            [end, *(1 - getattr(found, bound) for found in inner), 1 - end]
            for end, bound in ((0.0, "ci_high"), (0.0, "ci_low"))
        )
        columns = (
            grid, np.interp(grid, *self.found.lorenz()), low, high, poisson_lorenz(self.found.mean, grid), grid
        )  # fmt: skip
        return pd.DataFrame(dict(zip(names, columns, strict=True)))

    def title(self) -> str:
        """Say what the customers who refer most make, and what chance would give them."""
        if self.refusal():
            return say("How referrals are spread over customers cannot be shown")
        if self.referring <= TOPS[0] * self.n:
            return say(
                "{referring} of the customers make all referrals; by chance {chance} would make one",
                referring=percent(self.referring / self.n),
                chance=percent(-float(np.expm1(-self.found.mean))),
            )
        found = self.found.top_share(TOPS[0], level=self.level)
        values = {"top": percent(TOPS[0], 0), "share": percent(found.value, 0)}
        return say(TITLES[self.verdict], chance=percent(self.by_chance(TOPS[0]), 0), **values)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of all referrals made by a share of the customers, from those who refer least"
        )

    def caption(self) -> str:
        """Say what the lines are, who stands behind them, and what to read at the mark."""
        if reason := self.refusal():
            return reason
        return say(
            "Lorenz curve of {referrals} referrals made by {n} customers, {referring} of whom made one; the band is a "
            "pointwise {level} interval. On the dashed line all customers would have made the same number; the thin "
            "grey curve is what chance makes of customers who are all alike. At the mark {lower} of the customers "
            "have made {rest} of the referrals.",
            referrals=integer(self.referrals),
            n=integer(self.n),
            referring=integer(self.referring),
            level=percent(self.level, 0),
            lower=percent(1 - TOPS[0], 0),
            rest=percent(1 - self.found.top_share(TOPS[0], level=self.level).value),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        lines = say("A rising curve below the diagonal, and the one chance alone would give.")
        return f"{lines} {self._gini().sentence} {self._top(TOPS[0]).sentence}"


def _refusal(found: Concentration | None, referring: int, min_group: int) -> str | None:
    if found is None or referring < max(min_group, 1):
        return too_few(say("customers who made a referral"), referring, min_group)
    if not found.varies:
        return say("Not stated: every customer made the same number of referrals.")
    return None


def concentration_of(made, *, level: float = 0.95, min_group: int = 5) -> ReferralConcentration:
    """Return how referrals are spread over customers, from their numbers alone.

    Parameters
    ----------
    made : array_like of int, shape (n,)
        Referrals of each customer, zeros included.
    """
    return _spread(np.asarray(made), None, None, level=level, min_group=min_group)


def referral_concentration(
    links: Links, *, referral_window_months: int = 12, level: float = 0.95, min_group: int = 5
) -> ReferralConcentration:
    """Return how referrals are spread over customers, in all and at equal time to refer.

    Parameters
    ----------
    links : Links
    referral_window_months : int
        Months after joining, of 30.4375 days, in which referrals are counted for the comparison at equal time.
    """
    check_window(referral_window_months)
    made = referrals_made(links)
    within = made.within(referral_window_months) & (made.after >= 0)
    counts = np.bincount(made.referrer[within], minlength=links.made.size)
    followed = counts[followed_for(links.tenure, referral_window_months)]
    return _spread(links.made, followed, referral_window_months, level=level, min_group=min_group)


def _spread(made, followed, months, *, level, min_group) -> ReferralConcentration:
    in_window = followed is not None and followed.any()
    return ReferralConcentration(
        n=made.size,
        referring=int(np.count_nonzero(made)),
        referrals=int(made.sum()),
        found=concentration(made) if made.any() else None,
        window=concentration(followed) if in_window else None,
        followed=0 if followed is None else followed.size,
        window_referring=int(np.count_nonzero(followed)) if in_window else 0,
        window_months=months,
        level=level,
        min_group=min_group,
    )
