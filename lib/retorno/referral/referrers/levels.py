"""Where customers who refer can be compared with customers who do not, and where nobody is there to compare with.

A level of a covariate that holds only one of the two kinds says nothing on their difference: what is compared there is
who these customers are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, too_few
from retorno.language import brief, integer, listed, mark, named, percent, say
from retorno.referral.referrers.counted import Counted
from retorno.stats.proportions import wilson_share

COMPARABLE = Definition(
    "referrers.comparable",
    label=mark("Customers who can be compared"),
    meaning=mark(
        "Share of customers who share all their levels of the covariates in words with at least one customer who "
        "refers and one who does not. In the formula n are the customers, k those of them."
    ),
    unit="share of customers",
    sign=mark("Lower: more customers have nobody of the other kind to be compared with."),
    formula=r"\frac{k}{n}",
)
DEFINITIONS = (COMPARABLE,)
QUARTERS = 4
SHOWN = 3  # levels named in a sentence


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a covariate: its customers, and those of them who refer."""

    covariate: str
    name: str
    n: int
    referrers: int
    in_words: bool

    @property
    def one_kind(self) -> bool:
        """Whether it holds only customers who refer, or none."""
        return self.referrers in (0, self.n)

    @property
    def shown(self) -> str:
        """Covariate and level as they stand in a sentence."""
        return f"{self.covariate.replace('_', ' ')}: {self.name}"


@dataclass(frozen=True, slots=True)
class Levels:
    """Who refers, by level of the covariates.

    Attributes
    ----------
    levels : tuple of Level
        Words by level, numbers by quarter of the customers.
    n, referrers, comparable : int
        Customers of whom all is known; those who refer; those in a stratum with both kinds.
    missing : int
        Customers of whom a covariate is not known.
    names, words : tuple of str
        Covariates; those of them that are words, whose levels make the strata.
    level : float
    min_group : int
    reason : str or None
        Why there are no levels.
    """

    levels: tuple[Level, ...]
    n: int
    referrers: int
    comparable: int
    missing: int
    names: tuple[str, ...]
    words: tuple[str, ...]
    level: float
    min_group: int
    reason: str | None = None

    def refusal(self) -> str | None:
        """Return why nothing can be said, or None."""
        if self.reason:
            return self.reason
        if not self.words:
            return say(
                "Not stated: none of the columns that covariates names is in words: there are no levels to compare in."
            )
        if self.n < max(self.min_group, 1):
            return too_few(
                say("customers of whom all covariates are known"), self.n, self.min_group
            )
        return None

    def findings(self) -> Findings:
        """State or refuse which customers can be compared."""
        return Findings([self._comparable()])

    def _comparable(self) -> Finding:
        if reason := self.refusal():
            return COMPARABLE.refuse(reason, n=self.n)
        share = wilson_share(self.comparable, self.n, level=self.level)
        return COMPARABLE.state(
            share.value,
            self.sentence(),
            n=self.n,
            method=say("count"),
        )

    def sentence(self) -> str:
        """Say which levels hold one kind alone, and how many customers are left to compare."""
        values = {
            "k": integer(self.comparable),
            "n": integer(self.n),
            "share": percent(self.comparable / self.n),
            "words": listed(map(named, self.words)),
        }
        parts = [self._one_sided(0), self._one_sided(1)]
        if self.comparable == self.n:
            parts.append(
                say(
                    "By {words} all {n} customers have somebody of the other kind to be compared with.",
                    **values,
                )
            )
        elif self.comparable == 0:
            parts.append(
                say(
                    "By {words} not one of {n} customers has somebody of the other kind to be compared with.",
                    **values,
                )
            )
        else:
            parts.append(
                say(
                    "By {words} {k} of {n} customers, {share}, have somebody of the other kind to be compared with; "
                    "the others have nobody.",
                    **values,
                )
            )
        return " ".join(part for part in parts if part)

    def _one_sided(self, all_refer: int) -> str:
        """Say which levels hold nobody who refers, or nobody who does not, and who refers in the level beside them."""
        found = [
            one
            for one in self.levels
            if one.one_kind and one.in_words and (one.referrers > 0) == bool(all_refer)
        ]
        if not found:
            return ""
        named = listed(f"{one.shown} ({integer(one.n)})" for one in found[:SHOWN])
        if len(found) > SHOWN:
            named += " " + say("and {n} more", n=integer(len(found) - SHOWN))
        if all_refer:
            return say("Every customer refers among those of {named}.", named=named)
        nobody = say("Nobody refers among the customers of {named}.", named=named)
        return " ".join([nobody, *(self._beside(one) for one in found[:SHOWN])]).strip()

    def _beside(self, one: Level) -> str:
        """Say how many do not refer at the other level of a covariate that has two."""
        others = [o for o in self.levels if o.covariate == one.covariate and o != one]
        if len(others) != 1:
            return ""
        return say(
            "Of the {n} customers of {named} {none} do not refer.",
            n=integer(others[0].n),
            named=others[0].shown,
            none=integer(others[0].n - others[0].referrers),
        )

    def to_frame(self):
        """Return covariate, level, customers, referrers, share, compared: a row for each level."""
        import pandas as pd

        rows = [
            (
                one.covariate,
                one.name,
                one.n,
                one.referrers,
                one.referrers / one.n,
                say("nobody to compare") if one.one_kind else say("both kinds"),
            )
            for one in self.levels
        ]
        return pd.DataFrame(
            rows, columns=["covariate", "level", "customers", "referrers", "share", "compared"]
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "covariate": (say("Covariate"), "text"),
            "level": (say("Level"), "text"),
            "customers": (say("Customers"), "count"),
            "referrers": (say("Refer"), "count"),
            "share": (say("Share"), "share"),
            "compared": (say("Comparison"), "text"),
        }

    def table_caption(self) -> str:
        """Say who is in the table."""
        if self.reason:
            return self.reason
        caption = say(
            "{n} customers by level of each covariate, numbers in quarters of the customers, and how many of them made "
            "a referral.",
            n=integer(self.n),
        )
        if self.missing:
            caption += " " + say(
                "Left out because a covariate is not known: {n}.", n=integer(self.missing)
            )
        return caption


def no_covariates() -> str:
    """Return why nothing is compared where no covariate is named."""
    return say(
        "Not stated: parameter covariates names no column of referrers that says who a customer is."
    )


def strata(frame) -> np.ndarray:
    """Return the number of each row's stratum: rows alike in all columns of `frame` share one."""
    if frame.shape[1] == 0:
        return np.zeros(len(frame), dtype=int)
    return frame.groupby(list(frame.columns), sort=False, observed=True).ngroup().to_numpy()


def in_words(column) -> bool:
    """Return whether a column holds kinds of customer: words, yes and no, or two numbers."""
    return column.dtype.kind not in "if" or column.nunique() <= 2


def both_kinds(stratum, refers) -> np.ndarray:
    """Return who stands in a stratum with a customer who refers and one who does not."""
    if stratum.size == 0:
        return np.zeros(0, dtype=bool)
    n, yes = np.bincount(stratum), np.bincount(stratum, refers)
    return ((yes > 0) & (yes < n))[stratum]


def referrer_levels(
    table: Counted, covariates: Sequence[str] | None, *, level: float = 0.95, min_group: int = 5
) -> Levels:
    """Return who refers by level of the covariates, and who can be compared.

    Parameters
    ----------
    table : Counted
    covariates : sequence of str or None
        Columns that say who a customer is.
    """
    if not covariates:
        return Levels((), 0, 0, 0, 0, (), (), level, min_group, no_covariates())
    frame = table.covariates(covariates)
    known = frame.notna().all(axis=1).to_numpy()
    frame, refers = frame[known], table.refers[known]
    words = tuple(name for name in covariates if in_words(frame[name]))
    found = [one for name in covariates for one in _levels(name, frame[name], refers)]
    return Levels(
        levels=tuple(found),
        n=int(known.sum()),
        referrers=int(refers.sum()),
        comparable=int(both_kinds(strata(frame[list(words)]), refers).sum()),
        missing=int((~known).sum()),
        names=tuple(covariates),
        words=words,
        level=level,
        min_group=min_group,
    )


def _levels(name: str, column, refers) -> list[Level]:
    import pandas as pd

    words = in_words(column)
    if words:
        codes, values = pd.factorize(column, sort=True)
        names = [str(value) for value in values]
    else:
        values = column.to_numpy(dtype=float)
        cuts = np.unique(np.quantile(values, np.arange(1, QUARTERS) / QUARTERS))
        codes = np.searchsorted(cuts, values)
        names = [*(say("up to {end}", end=brief(float(cut))) for cut in cuts), ""]
        names[-1] = say("above {end}", end=brief(float(cuts[-1])))
    n, yes = (np.bincount(codes, w, minlength=len(names)).astype(int) for w in (None, refers))
    return [
        Level(name, label, int(size), int(some), words)
        for label, size, some in zip(names, n, yes, strict=True)
        if size
    ]
