"""Do customers who refer leave less often? Three comparisons of the same customers, and none of them an effect.

Estimands: share who left, customers who made a referral minus others. Crude: all of them. Within: inside strata of the
covariates in words, over those where both kinds exist. Adjusted: at equal values of all covariates, among the same
customers. What differs between the three is who is compared. None is an effect of referring: a customer who stays
longer has more time to refer, so that referrals pile up with time (immortal time), and the number of referrals is no
dose.

Sources: see `retorno.stats.strata` and `retorno.stats.adjustment`; Suissa (2008), American J. of Epidemiology 167,
492-499, for immortal time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, decide, direction, too_few
from retorno.language import DIFFERENCE, integer, listed, mark, named, percent, quantity, say
from retorno.referral.referrers.counted import Counted
from retorno.referral.referrers.levels import both_kinds, in_words, no_covariates, strata
from retorno.stats.strata import mantel_haenszel, two_shares
from retorno.stats.student import Estimate

SIGN = mark("Positive: customers who refer leave more often. It is no effect of referring.")
CRUDE = Definition(
    "referrers.left.crude",
    label=mark("Left: customers who refer minus others, crude"),
    meaning=mark(
        "Share who left among customers who made a referral minus that among the others. In the formula p is that "
        "share, R those who refer, O the others."
    ),
    unit=DIFFERENCE,
    sign=SIGN,
    formula=r"p_R - p_O",
    reference=0.0,
)
WITHIN = Definition(
    "referrers.left.within",
    label=mark("Left: customers who refer minus others, within levels with both kinds"),
    meaning=mark(
        "The same inside strata of the covariates in words, over strata with customers of both kinds, weighted by "
        "Mantel and Haenszel. In the formula p is the share who left in stratum s, R those who refer, O the others, n "
        "their numbers, w the weight."
    ),
    unit=DIFFERENCE,
    sign=SIGN,
    formula=r"\frac{\sum_s w_s (p_{Rs} - p_{Os})}{\sum_s w_s}, \quad w_s = \frac{n_{Rs} \, n_{Os}}{n_{Rs} + n_{Os}}",
    reference=0.0,
)
ADJUSTED = Definition(
    "referrers.left.adjusted",
    label=mark("Left: customers who refer minus others, at equal covariates"),
    meaning=mark(
        "The same at equal values of all covariates, among customers in strata with both kinds: coefficient b of "
        "having referred in a linear regression of having left, y, on having referred, x, and all covariates, z, with "
        "coefficients a and c."
    ),
    unit=DIFFERENCE,
    sign=SIGN,
    formula=r"y_i = a + b x_i + c z_i",
    reference=0.0,
)
WAYS = {"crude": CRUDE, "within": WITHIN, "adjusted": ADJUSTED}
DEFINITIONS = tuple(WAYS.values())

NAMES = {
    "crude": mark("All customers"),
    "within": mark("Within levels where both kinds exist"),
    "adjusted": mark("There, at equal covariates"),
}
SENTENCES = {
    "crude": {
        "below": mark("Of {n1} customers who refer {p1} left, of {n0} others {p0}: {apart} fewer."),
        "above": mark("Of {n1} customers who refer {p1} left, of {n0} others {p0}: {apart} more."),
        "undecided": mark(
            "Of {n1} customers who refer {p1} left, of {n0} others {p0}; the interval of the difference holds zero, so "
            "none is shown."
        ),
    },
    "within": {
        "below": mark(
            "Within the levels of {words} in which both kinds exist, {n1} customers who refer leave less often than "
            "{n0} others, by {apart}; the crude difference was {crude}."
        ),
        "above": mark(
            "Within the levels of {words} in which both kinds exist, {n1} customers who refer leave more often than "
            "{n0} others, by {apart}; the crude difference was {crude}."
        ),
        "undecided": mark(
            "Within the levels of {words} in which both kinds exist, {n1} customers who refer and {n0} others leave "
            "{value} apart; the interval holds zero, so no difference is shown. The crude one was {crude}."
        ),
    },
    "adjusted": {
        "below": mark(
            "At equal {words}, among the same {n1} and {n0} customers, those who refer leave less often, by {apart}."
        ),
        "above": mark(
            "At equal {words}, among the same {n1} and {n0} customers, those who refer leave more often, by {apart}."
        ),
        "undecided": mark(
            "At equal {words}, among the same {n1} and {n0} customers, the shares who left differ by {value}; the "
            "interval holds zero, so no difference is shown."
        ),
    },
}
TITLES = {
    "below below below": mark("Customers who refer leave less often, however they are compared"),
    "above above above": mark("Customers who refer leave more often, however they are compared"),
    "undecided undecided undecided": mark("However compared, no difference in leaving is shown"),
    "below above above|refused": mark("Customers who refer leave less often, but more often than those like them"),
    "above below below|refused": mark("Customers who refer leave more often, but less often than those like them"),
    "below * above": mark("Customers who refer leave less often; at equal covariates more often"),
    "above * below": mark("Customers who refer leave more often; at equal covariates less often"),
    "below refused refused": mark("Customers who refer leave less often; those alike cannot be compared"),
    "above refused refused": mark("Customers who refer leave more often; those alike cannot be compared"),
    "undecided refused refused": mark("No difference in leaving is shown, and those alike cannot be compared"),
    "below below undecided|refused": mark("Customers who refer leave less often; at equal covariates it is not shown"),
    "above above undecided|refused": mark("Customers who refer leave more often; at equal covariates it is not shown"),
    "below undecided undecided|refused": mark("Customers who refer leave less often; of those alike it is not shown"),
    "above undecided undecided|refused": mark("Customers who refer leave more often; of those alike it is not shown"),
    "refused * *": mark("Whether customers who refer leave less often cannot be stated"),
    "* * *": mark("Whether customers who refer leave less often depends on whom they are compared with"),
}  # fmt: skip
NO_EFFECT = mark(
    "No such comparison is an effect of referring: who stays longer has more time to refer, so that referrals pile up "
    "with time, and how many somebody made is no dose."
)


@dataclass(frozen=True, slots=True)
class Way:
    """One comparison.

    Attributes
    ----------
    n : tuple of two int
        Customers compared: who refer, others.
    difference : Estimate or None
        Share who left, who refer minus others; None where it is refused.
    reason : str or None
        Why it is refused.
    """

    n: tuple[int, int]
    difference: Estimate | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Confounding:
    """Whether customers who refer leave less often, compared in three ways.

    Attributes
    ----------
    ways : dict of str to Way
        By key of `WAYS`.
    shares : tuple of two float or None
        Share who left among all who refer, and among all others.
    names, words : tuple of str
        Covariates, and those of them in words.
    missing : int
        Customers left out of the last two because a covariate is not known, or of all because it is not known whether
        they left.
    level : float
    min_group : int
    """

    ways: dict[str, Way]
    shares: tuple[float, float] | None
    names: tuple[str, ...]
    words: tuple[str, ...]
    missing: int
    level: float
    min_group: int

    def findings(self) -> Findings:
        """State or refuse the three differences."""
        return Findings(self._finding(name) for name in WAYS)

    def _finding(self, name: str) -> Finding:
        way, definition = self.ways[name], WAYS[name]
        if way.difference is None:
            return definition.refuse(way.reason, n=sum(way.n))
        verdict = direction(way.difference.interval)
        crude = self.ways["crude"].difference
        sentence = say(
            SENTENCES[name][verdict],
            n1=integer(way.n[0]),
            n0=integer(way.n[1]),
            p1=percent(self.shares[0]),
            p0=percent(self.shares[1]),
            apart=quantity(abs(way.difference.value), DIFFERENCE),
            value=quantity(way.difference.value, DIFFERENCE),
            crude=quantity(crude.value, DIFFERENCE),
            words=_listed(self.words if name == "within" else self.names),
        )
        if name == "adjusted":
            sentence += " " + say(NO_EFFECT)
        return definition.state(
            way.difference.value,
            sentence + caution(min(way.n)),
            interval=way.difference.interval,
            level=self.level,
            n=sum(way.n),
            method=self._method(name),
            verdict=verdict,
        )

    def _method(self, name: str) -> str:
        return {
            "crude": say("difference of two shares, Newcombe's interval"),
            "within": say("Mantel-Haenszel difference over strata, variance of Sato"),
            "adjusted": say("linear regression, HC3 errors"),
        }[name]

    @property
    def turns(self) -> bool:
        """Whether the crude difference and the one within levels have opposite signs, both clear of zero."""
        verdicts = {self._finding(name).verdict for name in ("crude", "within")}
        return verdicts == {"above", "below"}

    def to_frame(self):
        """Return way, name, referrers, others, difference, ci_low, ci_high; a row for each of the three."""
        import pandas as pd

        rows = [
            (
                name,
                say(NAMES[name]),
                *way.n,
                *((None,) * 3 if (d := way.difference) is None else (d.value, *d.interval)),
            )
            for name, way in self.ways.items()
        ]
        numbers = ["difference", "ci_low", "ci_high"]
        frame = pd.DataFrame(rows, columns=["way", "name", "referrers", "others", *numbers])
        return frame.assign(unit=DIFFERENCE).astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "name": (say("Compared"), "text"),
            "referrers": (say("Refer"), "count"),
            "others": (say("Others"), "count"),
            "difference": (say("Left, difference"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what is compared, and that it is no effect."""
        return self.caption()

    def title(self) -> str:
        """Say what the three comparisons come to."""
        return say(decide(TITLES, *(f.verdict for f in self.findings())))

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Share who left, customers who refer minus others, in points")

    def caption(self) -> str:
        """Say who is compared, what the bars are, and that none is an effect."""
        if self.ways["crude"].difference is None:
            return self.ways["crude"].reason
        crude, within = self.ways["crude"].n, self.ways["within"].n
        caption = say(
            "Points with {level} intervals; all customers are {n1} who refer and {n0} others.",
            level=percent(self.level, 0),
            n1=integer(crude[0]),
            n0=integer(crude[1]),
        )
        if self.words:
            caption += " " + say(
                "Comparable by {words} are {n1} and {n0} of them.",
                words=_listed(self.words),
                n1=integer(within[0]),
                n0=integer(within[1]),
            )
        if self.missing:
            caption += " " + say(
                "Left out because something is not known: {n}.", n=integer(self.missing)
            )
        return f"{caption} {say(NO_EFFECT)}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        return " ".join(
            [
                say("Three points in their intervals against a line of no difference."),
                *(f.sentence for f in self.findings()),
            ]
        )


def confounding(
    table: Counted, covariates: Sequence[str] | None, *, level: float = 0.95, min_group: int = 5
) -> Confounding:
    """Compare the share who left of customers who refer and of others in three ways.

    Parameters
    ----------
    table : Counted
    covariates : sequence of str or None
        Columns that say who a customer is; without them only the crude difference is stated.

    Notes
    -----
    The regression is linear in a share: where nearly nobody, or everybody, leaves at some values of the covariates it
    can leave 0 to 1 there. Columns that follow from those before them are left out of it.
    """
    names = tuple(covariates or ())
    frame = table.covariates(names)
    told = np.zeros(table.made.size, bool) if table.left is None else np.isfinite(table.left)
    known = told & frame.notna().all(axis=1).to_numpy()
    words = tuple(name for name in names if in_words(frame[name]))
    least = max(min_group, 1)
    refers, left = table.refers, table.left
    crude = _crude(table, told, least, level)
    shares = None
    if crude.difference is not None:
        shares = tuple(float(left[told & (refers == kind)].mean()) for kind in (True, False))
    within, adjusted = (
        (crude, crude)
        if crude.difference is None
        else _comparable(frame[known], words, left[known], refers[known], least, level)
    )
    return Confounding(
        ways={"crude": crude, "within": within, "adjusted": adjusted},
        shares=shares,
        names=names,
        words=words,
        missing=int((~known).sum()),
        level=level,
        min_group=min_group,
    )


def _crude(table: Counted, told, least: int, level: float) -> Way:
    refers = table.refers[told]
    n = int(refers.sum()), int((~refers).sum())
    if table.left is None:
        return Way(
            (0, 0), None, say("Not stated: referrers has no column left that says who left.")
        )
    if reason := _too_few(n, least):
        return Way(n, None, reason)
    return Way(n, two_shares(table.left[told] == 1, refers, level=level))


def _too_few(n: tuple[int, int], least: int) -> str | None:
    """Return which of the two kinds has too few customers, or None."""
    kinds = (
        say("comparable customers who refer"),
        say("comparable customers who do not refer"),
    )
    for size, kind in zip(n, kinds, strict=True):
        if size < least:
            return too_few(kind, size, least)
    return None


def _comparable(frame, words, left, refers, least: int, level: float) -> tuple[Way, Way]:
    """Return the difference within strata, and that at equal covariates, of the customers in strata of both kinds."""
    if frame.shape[1] == 0:
        none = Way((0, 0), None, no_covariates())
        return none, none
    stratum = strata(frame[list(words)])
    use = both_kinds(stratum, refers)
    n = int(refers[use].sum()), int((~refers[use]).sum())
    if reason := _too_few(n, least):
        none = Way(n, None, reason)
        return none, none
    adjusted = _adjusted(frame[use], left[use], refers[use], n, level)
    if not words:
        reason = say(
            "Not stated: none of the columns that covariates names is in words, so there are no levels."
        )
        return Way(n, None, reason), adjusted
    within = mantel_haenszel(left == 1, refers, stratum, level=level).difference
    return Way(n, within), adjusted


def _adjusted(frame, left, refers, n: tuple[int, int], level: float) -> Way:
    from retorno.stats.adjustment import ancova

    design = _design(frame)
    if design.shape[1] == 0:
        return Way(
            n, None, say("Not stated: the comparable customers are all alike in the covariates.")
        )
    try:
        return Way(n, ancova(left, refers, design).difference.at(level))
    except ValueError as problem:
        reason = say("Not stated: the regression has no answer ({problem})", problem=problem)
        return Way(n, None, reason)


def _design(frame) -> np.ndarray:
    """Return numbers as they are and words as 0 and 1, without columns that follow from those before them."""
    import pandas as pd

    words = [name for name in frame.columns if in_words(frame[name])]
    coded = pd.get_dummies(frame.astype(dict.fromkeys(words, str)), columns=words, drop_first=True)
    values = coded.to_numpy(dtype=float)
    spread = values.std(axis=0)
    values = values[:, spread > 1e-9 * np.maximum(np.abs(values).max(axis=0, initial=0), 1e-300)]
    if values.shape[1] == 0:
        return values
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    left = np.abs(np.diag(np.linalg.qr(standard, mode="r")))
    return values[:, : left.size][:, left > 1e-6 * np.sqrt(len(values))]


def _listed(names: Sequence[str]) -> str:
    return listed(map(named, names))
