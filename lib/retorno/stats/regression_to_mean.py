"""How far a group measured twice moves by itself, because it was picked low or high, and what is left.

A group whose first scores lie off the mean of all comes back towards it with nothing done to it: the part of its
distance that was passing chance, 1 - reliability, is gone at the second look.

Source: Davis (1976), American J. of Epidemiology 104, 493-498. Errors: influence of each unit on the estimate, so
that one who is in the group and among all counts in both.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.student import Student, mean_of


@dataclass(frozen=True, slots=True)
class RegressedChange:
    """A change from first to second score, and its part that regression to the mean explains.

    Attributes
    ----------
    raw, expected, corrected : Student
        Mean change of the group; the change expected with no effect at all (positive: a rise); raw
        minus expected. In the unit of the scores, n - 1 degrees of freedom. The error of `expected`
        is 0 when nothing in it is estimated.
    mean_before, mean_after : float
        Of the group's pairs.
    population_mean, population_sd : float
        First score of all, weighted where weights are given; the mean as given where it was.
    n, n_population : int
        Pairs in the group; units with a first score.
    """

    raw: Student
    expected: Student
    corrected: Student
    mean_before: float
    mean_after: float
    population_mean: float
    population_sd: float
    n: int
    n_population: int


def regressed_change(
    before,
    after,
    in_group,
    *,
    reliability: float,
    weight=None,
    population_mean: float | None = None,
) -> RegressedChange:
    """Return the change of a group with and without what regression to the mean explains.

    Parameters
    ----------
    before, after : array_like of float, shape (n,)
        First and second score of all units with a first score; `after` is NaN where there is none.
    in_group : array_like of bool, shape (n,)
        The group whose change is asked for; its units with both scores count, at least two whose
        changes differ (ValueError).
    reliability : float
        Correlation of two scores of one person when nothing happens, 0 to 1, taken as known.
    weight : array_like of float, shape (n,), optional
        Of each unit in the mean of all, not negative, of positive sum (ValueError).
    population_mean : float, optional
        Mean first score of all where it is known; otherwise it is estimated from `before`.

    Notes
    -----
    expected = (1 - reliability) (M - mean before of the pairs). The influences of the pairs are scaled
    by sqrt(n / (n - 1)), so that at reliability 1 the corrected change is the raw one, error and all.
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    weight = np.ones_like(before) if weight is None else np.asarray(weight, dtype=float)
    if not (weight.min() >= 0 and weight.sum() > 0):
        raise ValueError("weights are not negative and have a positive sum.")
    weight = weight / weight.sum()
    mean = float(weight @ before)
    sd = float(np.sqrt(weight @ (before - mean) ** 2))
    pair = np.asarray(in_group, dtype=bool) & ~np.isnan(after)
    change = after[pair] - before[pair]
    raw = mean_of(change)
    n, passing = change.size, 1 - reliability
    scale = np.sqrt(n / (n - 1)) / n
    from_before = np.zeros_like(before)
    from_before[pair] = scale * passing * (before[pair] - before[pair].mean())
    from_mean = passing * weight * (before - mean) if population_mean is None else 0.0
    from_change = np.zeros_like(before)
    from_change[pair] = scale * (change - raw.value)
    centre = mean if population_mean is None else population_mean
    expected = passing * (centre - float(before[pair].mean()))
    se_expected = float(np.linalg.norm(from_mean - from_before))
    se_corrected = float(np.linalg.norm(from_change + from_before - from_mean))
    if not se_corrected > 1e-12 * raw.se:
        raise ValueError(
            "the second score follows from the first without error: no spread is left."
        )
    return RegressedChange(
        raw=raw,
        expected=Student(expected, se_expected, raw.df),
        corrected=Student(raw.value - expected, se_corrected, raw.df),
        mean_before=float(before[pair].mean()),
        mean_after=float(after[pair].mean()),
        population_mean=centre,
        population_sd=sd,
        n=n,
        n_population=before.size,
    )
