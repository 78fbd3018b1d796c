"""How many are needed, and how often a difference is found: t tests, equivalence, answers of few values, shares.

Sources: Cohen (1988), Statistical power analysis, for d; Schuirmann (1987), J. of Pharmacokinetics and
Biopharmaceutics 15, 657-680, and Owen (1965), Biometrika 52, 437-446, for two one-sided tests and their exact power.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize, stats

from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate

MOST = 10**8  # in a group; beyond it no survey is planned
AT_ONCE = 2_000_000  # counts drawn at a time


def n_for_difference(d: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Return the smallest number in each of two groups whose two-sided t test finds a difference of means.

    Parameters
    ----------
    d : float
        The difference in standard deviations within the groups, above 0.
    power : float
        Probability of finding it.
    level : float
        1 - level is the two-sided level of the test.

    Raises
    ------
    ValueError
        When a size or probability is none, or more than 100 million would be needed.

    Examples
    --------
    >>> n_for_difference(0.2), n_for_difference(0.2, power=0.9)
    (394, 527)
    """
    from statsmodels.stats.power import TTestIndPower

    _check(d, power, level)
    test = TTestIndPower()
    return _smallest(lambda n: float(test.power(d, n, 1 - level)), power, d, level)


def n_for_pairs(d_z: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Return the smallest number of pairs whose two-sided t test finds a mean change.

    Parameters
    ----------
    d_z : float
        The change in standard deviations of the changes, above 0; the others as in `n_for_difference`.

    Examples
    --------
    >>> n_for_pairs(0.2)
    199
    """
    from statsmodels.stats.power import TTestPower

    _check(d_z, power, level)
    test = TTestPower()
    return _smallest(lambda n: float(test.power(d_z, n, 1 - level)), power, d_z, level)


def n_for_equivalence(bound: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Return the smallest number in each of two groups that shows equal means to be equal within `bound`.

    Parameters
    ----------
    bound : float
        In standard deviations, above 0; the true difference is 0.
    power : float
        Probability that the (2 level - 1) interval lies inside plus or minus `bound`.
    level : float
        Each of the two one-sided tests is at level 1 - level.

    Examples
    --------
    >>> n_for_equivalence(0.2)
    429
    """
    _check(bound, power, level)
    return _smallest(lambda n: equivalence_power(n, bound, level=level), power, bound, level)


def equivalence_power(n: int, bound: float, *, difference: float = 0.0, level: float) -> float:
    """Return the probability that two one-sided t tests show two means to be equal within `bound`.

    Parameters
    ----------
    n : int
        In each group, at least 2 (ValueError).
    bound, difference : float
        In standard deviations: the largest difference that counts as none, and the true one.
    level : float
        Each of the two tests is at level 1 - level.

    Notes
    -----
    Exact for normal values of one variance. The two t statistics share the pooled deviation s: given s the difference
    of means is normal and independent of it, so its share inside the bounds is integrated over the law of s.
    """
    if n < 2:
        raise ValueError(f"two one-sided tests need two values in each group; got {n}.")
    df, root = 2 * n - 2, np.sqrt(2 / n)
    t = stats.t.ppf(level, df)
    low, high = np.sqrt(stats.chi2.ppf([1e-14, 1 - 1e-14], df) / df)
    high = min(high, bound / (t * root))  # beyond it no difference is small enough
    if high <= low:
        return 0.0

    def part(s):
        room, off = bound / root - t * s, difference / root
        inside = stats.norm.cdf(room - off) - stats.norm.cdf(-room - off)
        return inside * 2 * df * s * stats.chi2.pdf(df * s**2, df)

    return float(integrate.fixed_quad(part, low, high, n=200)[0])


def _check(d: float, power: float, level: float) -> None:
    if not 0 < d < np.inf:
        raise ValueError(f"a size to be found is above 0; got {d}.")
    if not 0 < power < 1 or not 0.5 < level < 1:
        raise ValueError(
            f"power lies between 0 and 1, level between 0.5 and 1; got {power} and {level}."
        )


def _smallest(power_of: Callable, power: float, d: float, level: float) -> int:
    """Return the smallest n from 2 with `power`, near where the normal law puts it for a size of `d`."""
    low = 1
    high = (
        max(2, int((stats.norm.ppf(power) + stats.norm.ppf(level)) ** 2 / d**2))
        if d > 1e-6
        else MOST
    )
    while high < MOST and power_of(high) < power:
        low, high = high, 2 * high
    if high >= MOST:
        raise ValueError(f"to find {d:g} standard deviations more than {MOST:,} are needed.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power_of(middle) < power else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Law:
    """Answers and the share of each: `values` rising, `shares` positive and 1 in sum."""

    values: np.ndarray
    shares: np.ndarray

    @property
    def mean(self) -> float:
        """Mean of the answers."""
        return float(self.shares @ self.values)

    def moved(self, shift: float) -> "Law":
        """Return the law tilted so that its mean moves by `shift`: shares times exp(theta value), made 1 in sum.

        The answers stay those there are, and of all such laws this one is nearest to the first (Kullback-Leibler).

        Raises
        ------
        ValueError
            When the mean would not stay between the lowest and the highest answer.
        """
        if shift == 0:
            return self
        low, high = self.values[[0, -1]]
        rim = 1e-9 * (high - low)
        if not low + rim < self.mean + shift < high - rim:
            raise ValueError(
                f"no room: a mean of {self.mean:g} cannot move by {shift:g} inside {low:g} to {high:g}."
            )
        steps = (self.values - self.mean) / (high - low)

        def tilted(theta: float) -> np.ndarray:
            logs = np.log(self.shares) + theta * steps
            weights = np.exp(logs - logs.max())
            return weights / weights.sum()

        def short(theta: float) -> float:
            return float(tilted(theta) @ steps) - shift / (high - low)

        end = np.copysign(1.0, shift)
        while short(end) * end < 0:
            end *= 2
        return Law(self.values, tilted(optimize.brentq(short, *sorted((0.0, end)), xtol=1e-14)))


def observed_law(answers) -> Law:
    """Return the law of `answers`, shape (n,), at least one (ValueError)."""
    answers = np.asarray(answers, dtype=float)
    if answers.ndim != 1 or not answers.size or not np.isfinite(answers).all():
        raise ValueError("a law needs one or more finite answers, shape (n,).")
    values, counts = np.unique(answers, return_counts=True)
    return Law(values, counts / answers.size)


def simulated_power(
    law: Law, shift: float, n1: int, n2: int, *, runs: int, level: float, rng
) -> Estimate:
    """Return the share of runs in which Welch's interval of a difference of `shift` excludes 0.

    Parameters
    ----------
    law : Law
        Of the first group; that of the second is `law.moved(shift)`.
    shift : float
        Mean of the second minus mean of the first, in the unit of the answers.
    n1, n2 : int
        Answers in each group, at least 2 (ValueError).
    runs : int
        Simulated studies.
    level : float
        Of Welch's interval, and of the interval returned, which says how sure `runs` make the share.
    rng : numpy.random.Generator
    """
    if min(n1, n2) < 2:
        raise ValueError(f"Welch's interval needs two answers in each group; got {n1} and {n2}.")
    moved = law.moved(shift)
    each = max(1, AT_ONCE // law.values.size)
    found = 0
    for start in range(0, runs, each):
        size = min(each, runs - start)
        first, second = (_moments(one, n, size, rng) for one, n in ((law, n1), (moved, n2)))
        found += int(_excludes_zero(first, second, (n1, n2), level).sum())
    return wilson_share(found, runs, level=level)


def _moments(law: Law, n: int, runs: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return means and squared standard errors of `runs` samples of `n` answers."""
    counts = rng.multinomial(n, law.shares, size=runs)
    values = law.values - law.mean
    mean = counts @ values / n
    variance = (counts @ values**2 - n * mean**2) / (n - 1)
    return mean + law.mean, np.maximum(variance, 0) / n


def _excludes_zero(first, second, n: tuple[int, int], level: float) -> np.ndarray:
    """Return for each run whether Welch's interval excludes 0; samples without any spread do not."""
    (m1, v1), (m2, v2) = first, second
    error = v1 + v2
    spread = error > 1e-12 * (np.abs(m1) + np.abs(m2)) ** 2
    error = np.where(spread, error, 1.0)
    parts = (v1 / error) ** 2 / (n[0] - 1) + (v2 / error) ** 2 / (n[1] - 1)
    df = 1 / np.where(spread, parts, 1.0)
    return spread & (np.abs(m2 - m1) > stats.t.ppf((1 + level) / 2, df) * np.sqrt(error))


def share_power(
    base: float, difference: float, n1: float, n2: float, *, level: float = 0.95
) -> float:
    """Return the probability that a two-sided test of two shares finds a difference (normal law, both tails).

    Parameters
    ----------
    base : float
        Share of the first group, the holdout, between 0 and 1.
    difference : float
        Share of the second group minus `base`; both shares between 0 and 1 (ValueError).
    n1, n2 : float
        Members of the first and of the second group.
    level : float
        1 - level is the two-sided level of the test.

    Examples
    --------
    >>> round(share_power(0.05, 0.005, 31_234, 31_234), 4)
    0.8
    """
    from statsmodels.stats.proportion import power_proportions_2indep

    _check_shares(base, difference)
    if min(n1, n2) <= 0:
        raise ValueError(f"both groups need members; got {n1} and {n2}.")
    found = power_proportions_2indep(
        difference, base, n2, ratio=n1 / n2, alpha=1 - level, return_results=False
    )
    return float(found)


def n_for_shares(base: float, difference: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Return the smallest number in each of two groups that finds a difference of shares.

    Parameters
    ----------
    base, difference : float
        As in `share_power`; the difference is not 0.
    power : float
        Probability of finding it.

    Examples
    --------
    >>> n_for_shares(0.05, 0.005), n_for_shares(0.05, 0.05)
    (31234, 435)
    """
    _check_shares(base, difference)
    _check(abs(difference), power, level)
    return _smallest(
        lambda n: share_power(base, difference, n, n, level=level), power, abs(difference), level
    )


def smallest_share_difference(
    base: float, n1: float, n2: float, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Return the smallest rise of a share that groups of these sizes find with `power`.

    Parameters
    ----------
    base : float
        Share of the first group, above 0 and below 1.
    n1, n2 : float
        Members of the first and of the second group.

    Raises
    ------
    ValueError
        When not even a rise to a share of 1 is found so often.

    Examples
    --------
    >>> round(smallest_share_difference(0.05, 31_234, 31_234), 6)
    0.005
    """
    most = (1 - base) * (1 - 1e-9)

    def short(difference):
        return share_power(base, difference, n1, n2, level=level) - power

    if short(most) < 0:
        raise ValueError(f"groups of {n1} and {n2} find no rise of a share of {base:g} so often.")
    return float(optimize.brentq(short, 1e-12, most, xtol=1e-12))


def _check_shares(base: float, difference: float) -> None:
    if not 0 < base < 1 or not 0 < base + difference < 1 or difference == 0:
        raise ValueError(
            f"two different shares between 0 and 1 are compared; got {base} and {base + difference}."
        )
