"""What was known of customers when they joined, as columns that a model can take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.language import integer, listed, named, say, say_n
from retorno.referral.tenure import Tenure

MOST = 30  # different words of one column; more is an id or a text, and no kind of customer


@dataclass(frozen=True, slots=True)
class Covariates:
    """Columns of `customers` chosen to make customers comparable.

    Attributes
    ----------
    names : tuple of str
        As the user named them.
    design : ndarray of float, shape (n, k)
        By position: numbers as they are, words as columns of 0 and 1 with the first word left out; NaN where a cell
        is empty.
    labels : tuple of str
        One for each column of `design`.
    complete : ndarray of bool, shape (n,)
        Whether no cell is empty.
    refusal : str or None
        Why nothing can be adjusted by them; None where it can.
    """

    names: tuple[str, ...]
    design: np.ndarray
    labels: tuple[str, ...]
    complete: np.ndarray
    refusal: str | None

    @property
    def words(self) -> str:
        """The names as a list in a sentence."""
        return listed(map(named, self.names))

    @property
    def left_out(self) -> int:
        """Customers of whom a covariate is not known."""
        return int((~self.complete).sum())

    def note(self) -> str:
        """Say, with a leading space, how many customers are left out because a covariate is empty."""
        if not self.left_out:
            return ""
        return " " + say_n(
            "{n} customer of whom one of them is not known is left out.",
            "{n} customers of whom one of them is not known are left out.",
            self.left_out,
        )


def known_before(tenure: Tenure, names: Sequence[str] | None) -> Covariates:
    """Return the covariates `names` of all customers.

    Parameters
    ----------
    tenure : Tenure
    names : sequence of str, optional
        Columns of `customers` known at joining. None or empty: nothing is adjusted, and `refusal` says so.

    Raises
    ------
    ParameterError
        When `customers` has no such column.
    """
    n = tenure.days.size
    if not names:
        reason = say(
            "Not stated: parameter covariates names no column of customers that was known when they joined."
        )
        return Covariates((), np.empty((n, 0)), (), np.ones(n, dtype=bool), reason)
    frame = tenure.covariates(names)
    columns, labels, reason = [], [], None
    for name in names:
        given = frame[name]
        if given.dtype.kind in "bif":
            columns.append(given.to_numpy(dtype=float))
            labels.append(name)
            continue
        levels = sorted(given.dropna().unique())
        if len(levels) > MOST:
            reason = reason or _too_many(name, len(levels))
            continue
        missing = given.isna().to_numpy()
        for level in levels[1:]:
            columns.append(np.where(missing, np.nan, (given == level).fillna(False)))
            labels.append(f"{name}: {level}")
    design = np.column_stack(columns).astype(float) if columns else np.empty((n, 0))
    complete = np.isfinite(design).all(axis=1)
    return Covariates(tuple(names), design, tuple(labels), complete, reason or _same(design))


def _too_many(name: str, levels: int) -> str:
    return say(
        "Not stated: the column {name} holds {n} different words; a covariate has at most {most} "
        "(parameter covariates).",
        name=repr(name),
        n=integer(levels),
        most=integer(MOST),
    )


def _same(design: np.ndarray) -> str | None:
    if design.shape[1]:
        return None
    return say("Not stated: the columns that covariates names are the same for every customer.")
