"""A campaign with a random holdout: who was drawn into which arm, what followed, and what was known before.

One row is one customer, contacted or held out. Everything that asks what contact changed takes a `Campaign`, so that
the names of columns are checked once and each step sees the same customers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.language import integer, listed, mark, number, say

HOLDOUT = "holdout"
SHARE = "share of customers"
KNOWN = ("arm", "customer_id", "contacted_on", "recency", "cost")
MOST_LEVELS = 12  # of a covariate in words; beyond it a name is no group
# Ends of ids of findings on an outcome: an arm with such a name could not be told from them.
TAKEN = frozenset({"recency_slope", "heterogeneity", "adjusted"})

MANY_WORDS = mark("more than {most} different words")
NO_KIND = mark("neither numbers nor words")


@dataclass(frozen=True, slots=True)
class Campaign:
    """Customers drawn into arms, one of them the holdout, and what followed.

    Attributes
    ----------
    frame : DataFrame
        One row a customer, in the order of the table, index 0 to n - 1: `arm` (text); `recency` (months) and `cost`
        (money per contact) where `contacts` has them; every outcome, `money_outcome` and `return_outcome`; every
        covariate. Numbers are float64, missing ones NaN; covariates in words are text, None where
        missing.
    arms : dict of str to int
        Customers in each arm: the holdout first (0 when there is none), then the treated arms by name.
    outcomes : tuple of str
        What contact may have changed; empty when not named.
    units : dict of str to str
        Unit of the mean of each outcome, of `money_outcome` and of `return_outcome`: "EUR per customer", "share of
        customers" (all values 0 or 1) or "units per customer".
    money_outcome, return_outcome : str or None
        The outcome that is money; the 0/1 outcome that says who came back.
    contact_cost : float or None
        Money for one contact, as a positive amount; 0 when it costs nothing.
    margin_rate : float or None
        Margin as a fraction of the money outcome; None: not known, and that outcome is called revenue.
    covariates : tuple of str
        Known before the contact; recency among them.
    left_out : dict of str to str
        Columns that were to be covariates and cannot be: name -> why, in words.
    arm_shares : dict of str to float
        Share of customers each arm was to get, in the order of `arms`, 1 in sum; equal unless given.
    currency, level, min_group : str, float, int
        Three letters; coverage of intervals; smallest group something is said about.
    """

    frame: object
    arms: dict[str, int]
    outcomes: tuple[str, ...]
    units: dict[str, str]
    money_outcome: str | None
    return_outcome: str | None
    contact_cost: float | None
    margin_rate: float | None
    covariates: tuple[str, ...]
    left_out: dict[str, str]
    arm_shares: dict[str, float]
    currency: str
    level: float
    min_group: int

    @property
    def customers(self) -> int:
        """Customers of all arms."""
        return len(self.frame)

    @property
    def treated_arms(self) -> tuple[str, ...]:
        """Names of the arms that were contacted."""
        return tuple(arm for arm in self.arms if arm != HOLDOUT)

    @property
    def treated(self) -> np.ndarray:
        """Whether each customer was contacted, shape (n,), bool."""
        return (self.frame["arm"] != HOLDOUT).to_numpy(dtype=bool)

    def rows(self, arm: str | None = None) -> np.ndarray:
        """Return whether each customer is in the comparison: of `arm` or the holdout; all when None."""
        if arm is None:
            return np.ones(self.customers, dtype=bool)
        return self.frame["arm"].isin([arm, HOLDOUT]).to_numpy(dtype=bool)

    def groups(self, outcome: str, arm: str | None = None) -> tuple[np.ndarray, np.ndarray, int]:
        """Return an outcome of those contacted and of the holdout, and how many have no value of it.

        Only the treated `arm` beside the holdout, all treated arms when None.
        """
        rows, treated = self.rows(arm), self.treated
        values = self.frame[outcome].to_numpy(dtype=float)
        known = np.isfinite(values)
        contacted, held = values[rows & known & treated], values[rows & known & ~treated]
        return contacted, held, int((rows & ~known).sum())


def campaign(
    contacts,
    outcomes: Sequence[str] | None,
    *,
    money_outcome: str | None = None,
    return_outcome: str | None = None,
    contact_cost: float | None = None,
    covariates: Sequence[str] | None = None,
    arm_shares: Mapping[str, float] | None = None,
    margin_rate: float | None = None,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Campaign:
    """Return the campaign in a table of `contacts`, brought to memory once.

    Parameters
    ----------
    contacts : ibis.Table
        A checked `contacts` table; arm `holdout` is compared with every other arm.
    outcomes : sequence of str, or None
        Numeric columns; None leaves every effect refused, naming the parameter.
    money_outcome, return_outcome : str, optional
        Numeric columns, among `outcomes` or not: the one that is money, the one that is 1 for who came back, else 0.
    contact_cost : float, optional
        Money for one contact, 0 or more, where there is no column `cost`.
    covariates : sequence of str, optional
        Columns known before the contact; without it recency and every column that is none of ours and no outcome.
    arm_shares : mapping of str to float, optional
        Share of customers each arm was to get, 1 in sum; equal shares when not given.
    margin_rate : float, optional
        Margin as a fraction of the money outcome, above 0 and up to 1.

    Raises
    ------
    ParameterError
        When a name is no column, an outcome is no number, or a parameter is out of its range.
    """
    outcomes = tuple(outcomes or ())
    _check_outcomes(contacts, outcomes, money_outcome, return_outcome)
    _check_money(contact_cost, margin_rate)
    measured = tuple(dict.fromkeys(filter(None, (*outcomes, money_outcome, return_outcome))))
    wanted, left_out = _covariates(contacts, covariates, measured)
    ours = [name for name in ("arm", "recency", "cost") if name in contacts.columns]
    frame = contacts.select(*dict.fromkeys((*ours, *measured, *wanted))).execute()
    words = {"arm", *(name for name in wanted if contacts[name].type().is_string())}
    for name in frame.columns.difference(list(words)):
        frame[name] = frame[name].astype("float64")
    _check_returns(frame, return_outcome)
    arms = _arms(frame)
    return Campaign(
        frame=frame,
        arms=arms,
        outcomes=outcomes,
        units={o: outcome_unit(frame[o], o == money_outcome, currency) for o in measured},
        money_outcome=money_outcome,
        return_outcome=return_outcome,
        contact_cost=None if contact_cost is None else float(contact_cost),
        margin_rate=margin_rate,
        covariates=wanted,
        left_out=left_out,
        arm_shares=_shares(arms, arm_shares),
        currency=currency,
        level=level,
        min_group=min_group,
    )


def outcome_unit(values, is_money: bool, currency: str) -> str:
    """Return the unit of an outcome's mean: money, a share when all values are 0 or 1, else plain units."""
    if is_money:
        return f"{currency} per customer"
    return SHARE if values.dropna().isin([0, 1]).all() else "units per customer"


def _arms(frame) -> dict[str, int]:
    sizes = frame["arm"].value_counts()
    treated = sorted(arm for arm in sizes.index if arm != HOLDOUT)
    if taken := [arm for arm in treated if arm in TAKEN]:
        raise ParameterError(
            say(
                "values: contacts: arm: an arm called {name!r} could not be told from a finding of that name; "
                "give it another.",
                name=taken[0],
            )
        )
    return {arm: int(sizes.get(arm, 0)) for arm in [HOLDOUT, *treated]}


def _check_outcomes(contacts, outcomes, money_outcome, return_outcome) -> None:
    if len(set(outcomes)) < len(outcomes):
        twice = next(name for name in outcomes if outcomes.count(name) > 1)
        raise ParameterError(say("outcomes: {name!r} is named twice.", name=twice))
    for name in filter(None, (*outcomes, money_outcome, return_outcome)):
        if name not in contacts.columns:
            raise ParameterError(
                say(
                    "outcomes, money_outcome, return_outcome: `contacts` has no column {name!r}; its columns are "
                    "{columns}.",
                    name=name,
                    columns=listed(contacts.columns),
                )
            )
        kind = contacts[name].type()
        if not kind.is_numeric() and not kind.is_boolean():
            raise ParameterError(
                say(
                    "outcomes: column {name!r} of `contacts` holds text; an outcome is a number.",
                    name=name,
                )
            )
        if name == "recency":
            raise ParameterError(
                say("outcomes: recency was there before the contact and is no outcome of it.")
            )


def _check_money(contact_cost, margin_rate) -> None:
    if contact_cost is not None and not 0 <= contact_cost < np.inf:
        raise ParameterError(
            say(
                "contact_cost: wanted the money one contact costs, 0 or more; got {got}.",
                got=contact_cost,
            )
        )
    if margin_rate is not None and not 0 < margin_rate <= 1:
        raise ParameterError(
            say(
                "margin_rate: wanted a fraction of the amount above 0 and up to 1; got {got}.",
                got=margin_rate,
            )
        )


def _check_returns(frame, return_outcome) -> None:
    if return_outcome is None:
        return
    values = frame[return_outcome].dropna()
    other = values[~values.isin([0, 1])]
    if len(other):
        raise ParameterError(
            say(
                "return_outcome: column {name!r} says who came back and holds 0 and 1 alone; {n} rows hold something "
                "else, as {got}.",
                name=return_outcome,
                n=integer(len(other)),
                got=number(other.iloc[0]),
            )
        )


def _covariates(contacts, covariates, measured) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the covariates that can be used, and why others cannot."""
    if covariates is None:
        rest = (name for name in contacts.columns if name not in (*KNOWN, *measured))
        names = [*(name for name in ("recency",) if name in contacts.columns), *rest]
    else:
        names = list(dict.fromkeys(covariates))
        _check_covariates(contacts, names, measured)
    kinds = {name: contacts[name].type() for name in names}
    in_words = [name for name in names if kinds[name].is_string()]
    levels = _levels(contacts, in_words)
    left_out = {
        name: say(MANY_WORDS, most=MOST_LEVELS) for name in in_words if levels[name] > MOST_LEVELS
    }
    for name, kind in kinds.items():
        if not (kind.is_string() or kind.is_numeric() or kind.is_boolean()):
            left_out[name] = say(NO_KIND)
    return tuple(name for name in names if name not in left_out), left_out


def _check_covariates(contacts, names, measured) -> None:
    for name in names:
        if name not in contacts.columns:
            raise ParameterError(
                say(
                    "covariates: `contacts` has no column {name!r}; its columns are {columns}.",
                    name=name,
                    columns=listed(contacts.columns),
                )
            )
        if name in measured:
            raise ParameterError(
                say(
                    "covariates: {name!r} is an outcome; a covariate is known before the contact.",
                    name=name,
                )
            )
        if name in KNOWN and name != "recency":
            raise ParameterError(
                say("covariates: {name!r} cannot be one; it is part of the campaign.", name=name)
            )


def _levels(contacts, names) -> dict[str, int]:
    """Return how many different words each of the columns holds, counted in the engine."""
    if not names:
        return {}
    counts = contacts.aggregate(**{name: contacts[name].nunique() for name in names})
    return {name: int(n) for name, n in counts.execute().iloc[0].items()}


def _shares(arms: dict[str, int], arm_shares) -> dict[str, float]:
    if not arm_shares:
        return dict.fromkeys(arms, 1 / len(arms))
    given = ", ".join(f"{arm}: {share}" for arm, share in arm_shares.items())
    if set(arm_shares) != set(arms):
        raise ParameterError(
            say(
                "arm_shares: wanted a share for each of the arms {arms}; got {given}.",
                arms=listed(arms),
                given=given,
            )
        )
    shares = [float(arm_shares[arm]) for arm in arms]
    if not all(0 < share < 1 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ParameterError(
            say(
                "arm_shares: wanted shares above 0 with a sum of 1, as 0.5 and 0.5; got {given}.",
                given=given,
            )
        )
    return {arm: share / sum(shares) for arm, share in zip(arms, shares, strict=True)}
