"""Were the arms drawn as said: their sizes, and whether they were alike before the contact.

Estimand: none; a check that could prove the campaign wrong. Under a random draw the sizes of the arms differ from the
shares meant only by chance, and so do the means of whatever was known before.

Source: Pearson's chi-square for the sizes; Imbens and Rubin (2015), Causal Inference, chapter 14, for balance.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings
from retorno.language import integer, listed, mark, number, p_value, percent, quoted, say, say_n
from retorno.reactivation.contact.before import Before, cannot_be_used, columns_before, named
from retorno.reactivation.contact.campaign import Campaign
from retorno.stats.randomised import Balance, balance, sample_ratio_p

NOT_AS_SAID = 0.001  # a draw as said gives a smaller p once in a thousand campaigns
LEAST_EXPECTED = 5  # customers expected in an arm, below which chi-square is no law

RATIO = Definition(
    "arms.sample_ratio_p",
    label=mark("Chance of arms of such unequal sizes, if drawn as said"),
    meaning=mark(
        "p of Pearson's chi-square of the sizes of all arms, the holdout among them, against the shares they were to "
        "get: equal shares, or parameter arm_shares. In the formula n is the size of arm a, N the size of all arms "
        "together, pi the share meant for the arm, X the sum that has a chi-square law with one degree of freedom "
        "less than there are arms, A their number."
    ),
    unit="p-value",
    sign=mark("Below 0.001: the arms were not drawn as said, and no effect can be trusted."),
    formula=r"P ( \chi^2_{A - 1} > X ), \quad X = \sum_a \frac{(n_a - N \pi_a)^2}{N \pi_a}",
)
DEFINITIONS = (RATIO,)

SIZES = {
    "equal": {
        True: mark(
            "Arms: {arms}. Were they drawn with equal chances, sizes so unequal would hardly come about ({p}): either "
            "unequal shares were meant (parameter arm_shares), or customers were lost from some arms and the effects "
            "below are to be distrusted."
        ),
        False: mark("Arms: {arms}. Such sizes are what a draw with equal chances gives ({p})."),
    },
    "given": {
        True: mark(
            "Arms: {arms}. Were they drawn with the shares {shares}, such sizes would hardly come about ({p}): the "
            "arms were not drawn as said, and the effects below are to be distrusted."
        ),
        False: mark(
            "Arms: {arms}. Such sizes are what a draw with the shares {shares} gives ({p})."
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Arms:
    """Sizes of the arms, and how alike they were before the contact.

    Attributes
    ----------
    tests : Campaign
    before : Before
        Columns compared.
    balance : Balance or None
        None where there is nothing to compare.
    """

    tests: Campaign
    before: Before
    balance: Balance | None

    def findings(self) -> Findings:
        """State or refuse whether the sizes of the arms are those of the draw."""
        return Findings([self._finding()])

    def _finding(self) -> Finding:
        sizes, shares = self.tests.arms, self.tests.arm_shares
        n = self.tests.customers
        if len([size for size in sizes.values() if size]) < 2:
            return RATIO.refuse(
                say(
                    "Not stated: arms are compared, and `contacts` has but one: {arms}.",
                    arms=_sizes(sizes),
                ),
                n=n,
            )
        if min(shares.values()) * n < LEAST_EXPECTED:
            return RATIO.refuse(
                say(
                    "Not stated: of {n} customers fewer than {least} would be in the smallest arm; more customers are "
                    "needed to check the draw.",
                    n=integer(n),
                    least=LEAST_EXPECTED,
                ),
                n=n,
            )
        p = sample_ratio_p(list(sizes.values()), list(shares.values()))
        meant = "equal" if len(set(shares.values())) == 1 else "given"
        sentence = say(
            SIZES[meant][p < NOT_AS_SAID],
            arms=_sizes(sizes),
            shares=listed(f"{arm} {percent(share)}" for arm, share in shares.items()),
            p=p_value(p),
        )
        return RATIO.state(p, sentence, n=n, method=say("Pearson's chi-square"))

    @property
    def unlike(self) -> tuple[str, ...]:
        """Covariates further apart than a random draw lets them be: p below 0.001 over the number compared."""
        return unlike(self.before, self.balance)

    def to_frame(self):
        """Return covariate, word, the mean in each arm, the largest standardised difference, p, unit."""
        import pandas as pd

        columns = ["covariate", "word", *self.tests.arms, "largest", "p", "unit"]
        if self.balance is None:
            return pd.DataFrame(columns=columns)
        b, sizes = self.balance, list(self.tests.arms.values())
        means = iter(b.means.T)
        by_arm = [next(means) if n else np.full(len(b.largest), np.nan) for n in sizes]
        largest = np.where(np.isinf(b.largest), np.nan, b.largest)
        rows = zip(
            self.before.covariate, self.before.word, *by_arm, largest, b.p, self.before.units,
            strict=True,
        )  # fmt: skip
        return pd.DataFrame(list(rows), columns=columns)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "covariate": (say("Known before"), "text"),
            "word": (say("Group"), "text"),
            **{arm: (arm, "unit:unit") for arm in self.tests.arms},
            "largest": (say("Largest difference in SD"), "number"),
        }

    def table_caption(self) -> str:
        """Say what the table of means holds, where the arms differ most, and whether by more than chance."""
        if self.balance is None:
            return say("Nothing known before the contact can be compared over the arms.")
        b = self.balance
        text = say(
            "Means of what was known before the contact, by arm; the last column is the largest difference of two arms "
            "in standard deviations within arms."
        )
        text += " " + self._most(int(np.argmax(b.largest)))
        if self.unlike:
            text += " " + say(
                "Further apart than a random draw lets them be: {names}. Either the arms were not drawn at random, or "
                "this was measured after the contact.",
                names=named(self.unlike),
            )
        else:
            text += " " + say("None is further apart than a random draw lets it be.")
        left = self.tests.customers - int(self.before.complete.sum())
        if left:
            text += " " + say_n(
                "{n} customer without a value of one of them is left out.",
                "{n} customers without a value of one of them are left out.",
                left,
            )
        return text + cannot_be_used(self.tests)

    def _most(self, column: int) -> str:
        """Say in which column the arms differ most."""
        name, word = self.before.covariate[column], self.before.word[column]
        name, size = f"{name} ({quoted(word)})" if word else name, self.balance.largest[column]
        if np.isinf(size):
            return say("In {name} every arm has a value of its own.", name=name)
        return say("The arms differ most in {name}, by {size}.", name=name, size=number(size))


def unlike(before: Before, found: Balance | None) -> tuple[str, ...]:
    """Return the covariates whose means differ over groups by more than a random draw lets them."""
    if found is None:
        return ()
    clear = found.p * len(found.p) < NOT_AS_SAID
    return tuple(dict.fromkeys(c for c, hit in zip(before.covariate, clear, strict=True) if hit))


def compared(tests: Campaign, before: Before) -> Balance | None:
    """Return the balance of what was known before over the arms; None where there is nothing to compare."""
    rows = before.complete
    present = [name for name, n in tests.arms.items() if n]
    place = tests.frame["arm"].map({name: i for i, name in enumerate(present)}).to_numpy(dtype=int)
    kept = place[rows]
    if len(present) < 2 or np.unique(kept).size < len(present) or kept.size <= len(present):
        return None
    return balance(before.values[rows], kept) if before.covariate else None


def arm_check(tests: Campaign) -> Arms:
    """Return whether the arms of a campaign have the sizes of the draw, and were alike before the contact."""
    before = columns_before(tests)
    return Arms(tests, before, compared(tests, before))


def _sizes(sizes: dict[str, int]) -> str:
    return listed(f"{arm} {integer(n)}" for arm, n in sizes.items())
