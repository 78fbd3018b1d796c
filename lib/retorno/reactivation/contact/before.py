"""What was known of customers before the contact, as columns of numbers: words become shares of customers."""

from dataclasses import dataclass

import numpy as np

from retorno import language
from retorno.language import integer, listed, say, say_n
from retorno.reactivation.contact.campaign import SHARE, Campaign

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Before:
    """Columns of numbers, one or more for each covariate.

    Attributes
    ----------
    values : ndarray, shape (n, k)
        NaN where missing; 1 and 0 for a word being the customer's.
    covariate, word : tuple of str
        Covariate of each column, and the word it stands for, empty where the covariate is a number.
    units : tuple of str
        Unit of each column's mean.
    needed : ndarray of bool, shape (k,)
        What a regression needs: of a covariate's words all but the commonest.
    unusual : ndarray of bool, shape (n, k)
        Whether the value is not the column's commonest.
    two : ndarray of bool, shape (k,)
        Whether the column has two values and no more.
    """

    values: np.ndarray
    covariate: tuple[str, ...]
    word: tuple[str, ...]
    units: tuple[str, ...]
    needed: np.ndarray
    unusual: np.ndarray
    two: np.ndarray

    @property
    def complete(self) -> np.ndarray:
        """Whether each customer has a value of every covariate, shape (n,)."""
        return np.isfinite(self.values).all(axis=1)


def columns_before(tests: Campaign) -> Before:
    """Return the covariates of a campaign as columns of numbers."""
    columns, covariate, word, units = [], [], [], []
    for name in tests.covariates:
        values = tests.frame[name]
        if values.dtype.kind == "f":
            columns.append(values.to_numpy())
            covariate.append(name)
            word.append("")
            numbers = np.unique(values.dropna())
            flag = numbers.size <= 2 and np.isin(numbers, [0, 1]).all()
            units.append(SHARE if flag else _unit(name))
            continue
        missing = values.isna().to_numpy()
        for one in sorted(values.dropna().unique()):
            columns.append(np.where(missing, np.nan, (values == one).to_numpy(dtype=float)))
            covariate.append(name)
            word.append(str(one))
            units.append(SHARE)
    table = np.column_stack(columns) if columns else np.empty((tests.customers, 0))
    unusual, two = _unusual(table)
    needed = _needed(table, covariate, word)
    return Before(table, tuple(covariate), tuple(word), tuple(units), needed, unusual, two)


def _unusual(table) -> tuple[np.ndarray, np.ndarray]:
    unusual, two = np.zeros(table.shape, dtype=bool), np.zeros(table.shape[1], dtype=bool)
    for i, column in enumerate(table.T):
        values, counts = np.unique(column[np.isfinite(column)], return_counts=True)
        if values.size:
            unusual[:, i] = column != values[counts.argmax()]
            two[i] = values.size == 2
    return unusual, two


def _needed(table, covariate, word) -> np.ndarray:
    """Leave out the commonest word of each covariate in words: the others say it."""
    needed = np.ones(len(covariate), dtype=bool)
    for name in {c for c, one in zip(covariate, word, strict=True) if one}:
        mine = [i for i, one in enumerate(covariate) if one == name]
        needed[max(mine, key=lambda i: np.nansum(table[:, i]))] = False
    return needed


def _unit(name: str) -> str:
    return "months per customer" if name == "recency" else "units per customer"


def named(names) -> str:
    """Return names as a sentence holds them, five at most and how many more.

    Examples
    --------
    >>> named("abcdefghij")
    'a, b, c, d, e and 5 more'
    """
    names = [language.named(name) for name in names]
    shown, more = listed(names[:MOST_NAMED]), len(names) - MOST_NAMED
    if more <= 0:
        return shown
    return say("{names} and {more} more", names=shown, more=integer(more))


def cannot_be_used(tests: Campaign) -> str:
    """Return which columns were to be covariates and why they are none, with a leading space; empty when none."""
    if not tests.left_out:
        return ""
    listed = "; ".join(f"{name} ({why})" for name, why in tests.left_out.items())
    return " " + say_n(
        "{n} column is no covariate: {listed}.",
        "{n} columns are no covariates: {listed}.",
        len(tests.left_out),
        listed=listed,
    )
