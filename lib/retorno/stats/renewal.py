"""The expected tree of one unit over time: births by the renewal equation, moments of the whole, and errors.

Sources: Feller (1968), An Introduction to Probability Theory and Its Applications 1, chapter XIII, for the renewal
equation; Harris (1963), The Theory of Branching Processes, for the moments; errors as in `retorno.stats.branching`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal, stats

from retorno.stats.branching import Offspring, on_logit_scale
from retorno.stats.student import Estimate


def expected_births(first, later) -> np.ndarray:
    """Return the expected births at each time in the tree of one unit that starts at time 0.

    Parameters
    ----------
    first, later : array_like of float, shape (n_times,)
        Expected children of the first unit, and of every other, at each time since its own start; ``later[0]``
        below 1 (ValueError).

    Returns
    -------
    ndarray, shape (n_times,)
        The first unit is not counted. b = first + later * b, with * the convolution: the renewal equation.

    Examples
    --------
    One child a day later, which has half a child a day later, and so on.

    >>> expected_births([0, 1, 0, 0], [0, 0.5, 0, 0]).tolist()
    [0.0, 1.0, 0.5, 0.25]
    """
    first, later = np.asarray(first, dtype=float), np.asarray(later, dtype=float)
    if not later[0] < 1:
        raise ValueError(
            "`later` has one child or more at time 0: the tree has no end on that day."
        )
    ahead = -later
    ahead[0] += 1
    return signal.lfilter([1.0], ahead, first)


def tree_moments(first: float, later: float, k_first: float, k_later: float) -> tuple[float, float]:
    """Return mean and variance of all that come of one unit, itself not counted.

    Parameters
    ----------
    first, later : float
        Mean children of the first unit, and of every other; `later` below 1 (ValueError).
    k_first, k_later : float
        Of their negative binomial numbers; inf for Poisson.

    Notes
    -----
    Each child of the first starts a tree of its own with mean 1 / (1 - later) and variance s / (1 - later)**3, s the
    variance of children; a sum of as many as the first has children has mean first / (1 - later) and variance
    first s / (1 - later)**3 + s_first / (1 - later)**2.

    Examples
    --------
    >>> tree_moments(0.4, 0.6, float("inf"), float("inf"))[0]
    1.0
    """
    if not later < 1:
        raise ValueError(f"`later` needs to be below 1 for trees that end; got {later}.")
    spread_first, spread = first + first**2 / k_first, later + later**2 / k_later
    rest = 1 - later
    return first / rest, first * spread / rest**3 + spread_first / rest**2


@dataclass(frozen=True, slots=True)
class Growth:
    """Expected descendants of one unit, itself not counted.

    Attributes
    ----------
    born : ndarray, shape (n_times,)
        By each of the times asked for.
    in_the_end : float
    times : ndarray of int, shape (n_times,)
    own, others : ndarray, shape (n_days,)
        Expected children at each time since the start of the first unit, and of every other.
    by_first, by_later : ndarray, shape (n_parts, n_times + 1)
        What each part adds to the error of `born`, and of `in_the_end` (last), by the children of the first unit,
        and by those of every other.
    slope : ndarray, shape (n_times + 1,)
        Growth of both per hundred per cent more children of every other.
    mean : float
        Children of every other, below 1.
    df : tuple of two float
        Of the errors of both.
    """

    born: np.ndarray
    in_the_end: float
    times: np.ndarray
    own: np.ndarray
    others: np.ndarray
    by_first: np.ndarray
    by_later: np.ndarray
    slope: np.ndarray
    mean: float
    df: tuple[float, float]

    def total(self, *, level: float) -> Estimate:
        """Return the descendants in the end, interval as in `by`; without end where that of `mean` holds 1."""

        def scaled(factor: float) -> float:
            rest = 1 - factor * self.mean
            return self.in_the_end * (1 - self.mean) / rest if rest > 0 else np.inf

        return self._interval(-1, self.in_the_end, scaled, level)

    def by(self, place: int, *, level: float) -> Estimate:
        """Return the descendants by one of the times; 0 alone where there are none yet.

        Errors of both kinds of children are put together on the log scale, each with its own two sides (Zou and
        Donner 2008, Statistics in Medicine 27, 1693-1702): more children of later units add to a tree more than as
        many fewer take away, and a symmetric interval would end too low.
        """
        value = float(self.born[place])
        if not value > 0:
            return Estimate(0.0, 0.0, 0.0, 0.0)
        until = self.times[place] + 1

        def scaled(factor: float) -> float:
            return float(expected_births(self.own[:until], factor * self.others[:until]).sum())

        return self._interval(place, value, scaled, level)

    def _interval(self, place: int, value: float, scaled, level: float) -> Estimate:
        first, later = self.by_first[:, place] / value, self.by_later[:, place] / value
        size, other_size = float(np.sqrt(first @ first)), float(np.sqrt(later @ later))
        together = float(first @ later) / (size * other_size) if size * other_size > 0 else 0.0
        t_first, t_later = (float(stats.t.ppf((1 + level) / 2, df)) for df in self.df)
        bounds = []
        for side in (-1, 1):
            one, other = t_first * size, t_later * other_size
            steepness = float(self.slope[place]) / value
            if steepness > 0:
                factor = np.exp(side * other / steepness)
                if factor * self.others[0] < 1:  # else all would come at once: the slope must do
                    other = abs(float(np.log(scaled(factor) / value)))
            if np.isfinite(other):
                other = np.sqrt(max(one**2 + other**2 + 2 * together * one * other, 0.0))
            bounds.append(value * float(np.exp(side * other)))
        se = value * float(np.sqrt((first + later) @ (first + later)))
        return Estimate(value, se, *bounds)

    def share(self, place: int, *, level: float) -> Estimate:
        """Return the share of all descendants born by one of the times, interval on the log odds.

        A 95% interval covers 0.94 to 0.96 up to shares of 0.99; beyond, where the rest hangs on the longest delays, or
        where these are longer than parents are followed, it may cover 0.86 to 0.93.
        """
        share = float(self.born[place] / self.in_the_end)
        if not share > 0:
            return Estimate(0.0, 0.0, 0.0, 0.0)
        both = self.by_first + self.by_later
        influence = (both[:, place] - share * both[:, -1]) / self.in_the_end
        return on_logit_scale(share, influence, df=min(self.df), level=level)


def tree_growth(first: Offspring, later: Offspring, times) -> Growth:
    """Return the expected descendants of one unit by `times`, and in the end.

    Parameters
    ----------
    first, later : Offspring
        Children of the first unit, and of every other: their parts numbered alike; the mean of `later` below 1 at its
        end (ValueError).
    times : array_like of int, shape (n_times,)
        0 or more, rising.

    Notes
    -----
    A child more of the first passes on to all that come of that child, one of another unit to what comes of it
    wherever such a unit stands in the tree; births at time u are thus moved at all later ones.
    """
    times = np.asarray(times, dtype=int)
    r0, r1 = float(first.mean[-1]), float(later.mean[-1])
    if not r1 < 1:
        raise ValueError(f"the mean of `later` needs to be below 1 for a tree that ends; got {r1}.")
    size = int(times[-1]) + 1
    own, others = (_per_time(curve.mean, size) for curve in (first, later))
    births = expected_births(own, others)
    onward = expected_births(np.eye(1, size)[0], others)  # what comes of a child more of the first
    again = expected_births(births, others)  # of one more of every other
    parts, moved = max(len(first.without), len(later.without)), []
    ways = ((first, onward, 1 / (1 - r1)), (later, again, r0 / (1 - r1) ** 2))
    for curve, kernel, to_the_end in ways:
        change = curve.influence
        by_times = _per_time(change, size) @ _lagged(kernel.cumsum(), times)
        all_of_it = np.column_stack([by_times, change[:, -1] * to_the_end])
        moved.append(np.pad(all_of_it, ((0, parts - len(change)), (0, 0))))
    slope = others @ _lagged(again.cumsum(), times)
    return Growth(
        born=births.cumsum()[times],
        in_the_end=r0 / (1 - r1),
        times=times,
        own=own,
        others=others,
        by_first=moved[0],
        by_later=moved[1],
        slope=np.append(slope, r1 * r0 / (1 - r1) ** 2),
        mean=r1,
        df=(first.df, later.df),
    )


def _per_time(curve, times: int) -> np.ndarray:
    """Return the growth of cumulative curves at each of so many `times`, 0 after their end."""
    growth = np.diff(curve, axis=-1, prepend=0.0)[..., :times]
    short = times - growth.shape[-1]
    return np.pad(growth, [(0, 0)] * (growth.ndim - 1) + [(0, short)])


def _lagged(kernel, times) -> np.ndarray:
    """Return kernel[time - u] for each u and each of `times`; 0 where u is later."""
    lag = times[None, :] - np.arange(kernel.size)[:, None]
    return np.where(lag >= 0, kernel[np.maximum(lag, 0)], 0.0)
