"""Do the best customers bring the best? Two questions: how good whom they bring is, and how many they bring.

Estimands: rank correlation of the value of referrer and referred, over pairs of both; rank correlation of a customer's
own value and the number of referrals made. Value is the discounted margin of the own first months of tenure, for both
sides over the same number of months, of customers followed for all of them. Both describe who goes with whom: that the
best bring good customers does not say that paying the best brings more of them.

Value over a few months is a noisy sign of how good a customer is, which pulls both correlations towards 0; and who
leaves early has both little value and little time to refer, which pulls the second up, so that it is also stated for
those who stayed.

Source: see `retorno.stats.ranks`. Kumar, Petersen and Leone (2007), Harvard Business Review 85(10), find that the best
buyers are not the best recommenders.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import (
    Definition,
    Finding,
    Findings,
    Speaks,
    caution,
    decide,
    direction,
    too_few,
)
from retorno.language import integer, mark, number, percent, say
from retorno.referral.links import Links
from retorno.referral.referrers.made import (
    check_window,
    first_months_value,
    followed_for,
    in_months,
    no_margins,
    referrals_made,
)
from retorno.referral.tenure import MONTH_DAYS
from retorno.stats.ranks import FEWEST, RankCorrelation, hanging_together, rank_correlation

BEST = Definition(
    "referrers.best_bring_best",
    label=mark("Value of referrer and referred: do they go together"),
    meaning=mark(
        "Spearman's rank correlation of the referrer's and the referred's value, by pair: discounted margin of the own "
        "first referral_window_months months, of pairs in which both are followed that long. In the formula F is the "
        "rank of a referrer's value among the pairs, G that of a referred's, x and y the values."
    ),
    unit="correlation",
    sign=mark("Positive: better customers bring better ones."),
    formula=r"\text{corr} \left( F(x), G(y) \right)",
    reference=0.0,
    speaks_to=(Speaks("referral_best_bring_best", holds="above"),),
)
MOST = Definition(
    "referrers.best_bring_most",
    label=mark("Own value and number of referrals: do they go together"),
    meaning=mark(
        "Spearman's rank correlation of a customer's discounted margin and number of referrals, both of the first "
        "referral_window_months months, over all customers followed that long, those without a referral included. In "
        "the formula F is the rank of the own value x, G that of the number of referrals y."
    ),
    unit="correlation",
    sign=mark("Positive: better customers bring more."),
    formula=r"\text{corr} \left( F(x), G(y) \right)",
    reference=0.0,
    speaks_to=(Speaks("referral_seed_group", holds="above"),),
)
DEFINITIONS = (BEST, MOST)

BEST_SENTENCES = {
    "above": mark(
        "Better customers bring better ones: over {pairs} pairs of {referrers} referrers the values of both have a "
        "rank correlation of {r}."
    ),
    "below": mark(
        "Better customers bring worse ones: over {pairs} pairs of {referrers} referrers the values of both have a rank "
        "correlation of {r}."
    ),
    "undecided": mark(
        "Over {pairs} pairs of {referrers} referrers the values of both have a rank correlation of {r}; the interval "
        "holds zero, so that the best bring the best is not shown."
    ),
}
MOST_SENTENCES = {
    "above": mark(
        "Better customers bring more: among {n} customers own value and number of referrals have a rank correlation of "
        "{r}."
    ),
    "below": mark(
        "Better customers bring fewer: among {n} customers own value and number of referrals have a rank correlation "
        "of {r}."
    ),
    "undecided": mark(
        "Among {n} customers own value and number of referrals have a rank correlation of {r}; the interval holds "
        "zero, so that the best bring more is not shown."
    ),
}
TITLES = {
    "above above": mark("Better customers bring better customers, and more of them"),
    "above below": mark("Better customers bring better customers, but fewer of them"),
    "above undecided": mark("Better customers bring better customers; that they bring more is not shown"),
    "below above": mark("Better customers bring worse customers, but more of them"),
    "below below": mark("Better customers bring worse customers, and fewer of them"),
    "below undecided": mark("Better customers bring worse customers; that they bring more is not shown"),
    "undecided above": mark("Better customers bring more customers; that these are better is not shown"),
    "undecided below": mark("Better customers bring fewer customers; that these are better is not shown"),
    "undecided undecided": mark("Neither better customers nor more of them are seen to come from the best"),
    "above refused": mark("Better customers bring better customers"),
    "below refused": mark("Better customers bring worse customers"),
    "undecided refused": mark("That the best customers bring the best is not shown"),
    "refused above": mark("Better customers bring more customers; how good these are cannot be stated"),
    "refused below": mark("Better customers bring fewer customers; how good these are cannot be stated"),
    "refused undecided": mark("That the best customers bring more is not shown; how good these are cannot be stated"),
    "refused refused": mark("Whether the best customers bring the best cannot be stated"),
}  # fmt: skip
FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Fifth:
    """Customers of one fifth of own value.

    Attributes
    ----------
    n, pairs : int
        Customers; pairs in which one of them is the referrer.
    referrals : float
        Mean number of referrals a customer made.
    brought : float or None
        Mean value of whom they brought, currency; None below `min_group` pairs.
    """

    n: int
    pairs: int
    referrals: float
    brought: float | None


@dataclass(frozen=True, slots=True)
class Best:
    """Whether the best customers bring the best, and the most.

    Attributes
    ----------
    quality, number, stayers : RankCorrelation or None
        Of both values by pair; of own value and referrals made; the last among those who stayed all the window. None
        where it cannot be stated.
    pairs, referrers, n : int
        Pairs followed in full; referrers in them; customers followed in full.
    families : int
        Groups of pairs that share no customer.
    fifths : tuple of Fifth
        From the lowest own value; empty with fewer than five customers or no spread.
    window_months, min_group : int
    currency : str
    level : float
    reason : str or None
        Why nothing can be stated.
    """

    quality: RankCorrelation | None
    number: RankCorrelation | None
    stayers: RankCorrelation | None
    pairs: int
    referrers: int
    families: int
    n: int
    fifths: tuple[Fifth, ...]
    window_months: int
    currency: str
    level: float
    min_group: int
    reason: str | None = None

    @property
    def months(self) -> str:
        """The window in words."""
        return in_months(self.window_months)

    def findings(self) -> Findings:
        """State or refuse both correlations."""
        return Findings([self._quality(), self._number()])

    def _quality(self) -> Finding:
        if self.quality is None:
            return BEST.refuse(self.reason or self._few_pairs(), n=self.pairs)
        found = self.quality.at(self.level)
        verdict = direction(found.interval)
        sentence = say(
            BEST_SENTENCES[verdict],
            pairs=integer(self.pairs),
            referrers=integer(self.referrers),
            r=number(found.value),
        )
        noise = say(
            "Margins of {months} are a noisy sign of how good a customer is, which pulls it towards 0.",
            months=self.months,
        )
        return BEST.state(
            found.value,
            f"{sentence} {noise}" + caution(self.families),
            interval=found.interval,
            level=self.level,
            n=self.pairs,
            method=say("Spearman's rank correlation, error by referrer and by family"),
            verdict=verdict,
        )

    def _few_pairs(self) -> str:
        if self.families >= self._least:
            return say("Not stated: all referrers, or all referred, have the same value.")
        what = say(
            "families of customers followed for {months} together with somebody they brought (parameter "
            "referral_window_months)",
            months=self.months,
        )
        return too_few(what, self.families, self._least)

    @property
    def _least(self) -> int:
        return max(self.min_group, FEWEST)

    def _number(self) -> Finding:
        if self.number is None:
            return MOST.refuse(self.reason or self._few_customers(), n=self.n)
        found = self.number.at(self.level)
        verdict = direction(found.interval)
        sentence = say(MOST_SENTENCES[verdict], n=integer(self.n), r=number(found.value))
        return MOST.state(
            found.value,
            sentence + self._time() + caution(self.n),
            interval=found.interval,
            level=self.level,
            n=self.n,
            method=say("Spearman's rank correlation, influence of each customer"),
            verdict=verdict,
        )

    def _few_customers(self) -> str:
        if self.n >= self._least:
            return say(
                "Not stated: all customers have the same value, or made the same number of referrals."
            )
        what = say(
            "customers followed for {months} (parameter referral_window_months)", months=self.months
        )
        return too_few(what, self.n, self._least)

    def _time(self) -> str:
        """Say, with a leading space, that who leaves early has less of both, and what is left among those who stay."""
        early = " " + say("Who leaves early has both less value and less time to refer.")
        if self.stayers is None:
            return early
        found = self.stayers.at(self.level)
        return early + " " + say(
            "Among the {n} who stayed for {months} it is {r} ({level} interval {low} to {high}).",
            n=integer(self.stayers.pairs),
            months=self.months,
            r=number(found.value),
            level=percent(self.level, 0),
            low=number(found.ci_low),
            high=number(found.ci_high),
        )  # fmt: skip

    def to_frame(self):
        """Return fifth (1 is the lowest own value), name, customers, referrals, pairs, brought."""
        import pandas as pd

        ends = {1: say("Lowest fifth"), FIFTHS: say("Highest fifth")}
        rows = [
            (k, ends.get(k, integer(k)), f.n, f.referrals, f.pairs, f.brought)
            for k, f in enumerate(self.fifths, 1)
        ]
        frame = pd.DataFrame(
            rows, columns=["fifth", "name", "customers", "referrals", "pairs", "brought"]
        )
        return frame.astype({"referrals": float, "brought": float})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Own value"), "text"),
            "customers": (say("Customers"), "count"),
            "referrals": (say("Referrals per customer"), "number"),
            "pairs": (say("Brought and followed"), "count"),
            "brought": (say("Value of the brought, mean"), f"money:{self.currency}"),
        }

    def table_caption(self) -> str:
        """Say what the fifths are."""
        return self.caption()

    def title(self) -> str:
        """Say whether the best bring the best, and whether they bring more."""
        quality, count = (f.verdict for f in self.findings())
        return say(decide(TITLES, quality, count))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "By fifth of own value: referrals per customer, and {currency} that those they brought are worth",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say who is counted and over what time."""
        if not self.fifths:
            return self.reason or self._few_customers()
        return say(
            "{n} customers followed for {months}, in fifths of what they earned the firm in them; referrals are those "
            "of the same months, and the {pairs} customers brought and followed as long are worth what they earned in "
            "their own first {months}, discounted.",
            n=integer(self.n),
            months=self.months,
            pairs=integer(self.pairs),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self.fifths:
            return self.caption()
        return " ".join(
            [say("Two rows of bars, one for each fifth."), *(f.sentence for f in self.findings())]
        )


def best(
    links: Links,
    *,
    annual_discount_rate: float,
    referral_window_months: int = 12,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Best:
    """Return whether the best customers bring the best, and whether they bring more.

    Parameters
    ----------
    links : Links
        With the margins of its customers.
    annual_discount_rate : float
        A fraction a year, above -1.
    referral_window_months : int
        Months of 30.4375 days after joining over which value and referrals are counted.

    Notes
    -----
    Pairs of one referrer go together, and so do all pairs of a family, customers linked by referrals: the larger of
    both errors is taken. Coverage is measured in the tests, see `retorno.stats.ranks`.
    """
    check_window(referral_window_months, annual_discount_rate)
    tenure, window = links.tenure, referral_window_months
    options = {
        "window_months": window,
        "currency": currency,
        "level": level,
        "min_group": min_group,
    }
    if reason := no_margins(tenure):
        return Best(None, None, None, 0, 0, 0, 0, (), **options, reason=reason)
    value = first_months_value(tenure, window, annual_discount_rate=annual_discount_rate)
    full = followed_for(tenure, window)
    made = referrals_made(links)
    seen = made.within(window) & full[made.referrer] & (made.after >= 0)
    counts = np.bincount(made.referrer[seen], minlength=full.size)[full]
    paired = (made.brought >= 0) & full[made.referrer] & full[np.maximum(made.brought, 0)]
    referrer, brought = made.referrer[paired], made.brought[paired]
    least = max(min_group, FEWEST)
    stayed = tenure.days[full] >= window * MONTH_DAYS
    return Best(
        quality=_of_pairs(value, referrer, brought, least),
        number=_correlation(value[full], counts, least),
        stayers=_correlation(value[full][stayed], counts[stayed], least),
        pairs=referrer.size,
        referrers=np.unique(referrer).size,
        families=_families(referrer, brought),
        n=int(full.sum()),
        fifths=_fifths(value, counts, full, referrer, brought, min_group),
        **options,
    )


def _correlation(first, second, least: int, **belongs) -> RankCorrelation | None:
    """Return the rank correlation, None with fewer than `least` pairs or where one side is all the same."""
    if first.size < least or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return rank_correlation(first, second, **belongs)


def _of_pairs(value, referrer, brought, least: int) -> RankCorrelation | None:
    """Return the rank correlation of both values, None with fewer than `least` families."""
    if _families(referrer, brought) < least:
        return None
    return _correlation(value[referrer], value[brought], least, cluster=referrer, also=brought)


def _families(referrer, brought) -> int:
    return np.unique(hanging_together(referrer, brought)).size if referrer.size else 0


def _fifths(value, counts, full, referrer, brought, min_group: int) -> tuple[Fifth, ...]:
    """Return the fifths of own value of the customers followed in full; equal values stay together."""
    own = value[full]
    if own.size < max(FIFTHS * min_group, FIFTHS) or np.ptp(own) == 0:
        return ()
    cuts = np.quantile(own, np.arange(1, FIFTHS) / FIFTHS)
    fifth, of_pair = np.searchsorted(cuts, own), np.searchsorted(cuts, value[referrer])
    sizes, pairs = (np.bincount(which, minlength=FIFTHS) for which in (fifth, of_pair))
    if sizes.min() == 0:
        return ()
    made = np.bincount(fifth, counts, minlength=FIFTHS) / sizes
    sums = np.bincount(of_pair, value[brought], minlength=FIFTHS)
    return tuple(
        Fifth(int(n), int(m), float(mean), float(total / m) if m >= max(min_group, 1) else None)
        for n, m, mean, total in zip(sizes, pairs, made, sums, strict=True)
    )
