"""How long things last: the share that lasts beyond a time, the mean time up to a horizon, and whether groups differ.

Units may come into sight late (left truncation): such a unit is at risk only from then on, and the curve is that of
units taken from the beginning when coming into sight late goes with nothing else.

Sources: Kaplan and Meier (1958), J. American Statistical Association 53, 457-481, errors by Greenwood's formula and
intervals on the log(-log) scale; Mantel (1966), Cancer Chemotherapy Reports 50, 163-170, for the log-rank test; Klein
and Moeschberger (2003), Survival Analysis, 2nd ed., sections 4.5 and 4.6 for the restricted mean and late entry.
Influences: Reid (1981), Annals of Statistics 9, 78-92, in the form for ties, so that their squares add up to
Greenwood's variance. The ratio of two hazards is in `retorno.stats.cox`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Survival:
    """The Kaplan-Meier share that lasts beyond each time at which somebody ends, is lost from sight or comes into it.

    Attributes
    ----------
    times : ndarray, shape (n_times,)
        Rising; 0 first.
    share, ci_low, ci_high : ndarray, shape (n_times,)
        Share that lasts longer than the time, with pointwise bounds on the log(-log) scale.
    at_risk, ended : ndarray, shape (n_times,)
        Units under observation just before the time; units that end at it.
    level : float
        Coverage of the bounds, 0.95 is 95 %.
    """

    times: np.ndarray
    share: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    at_risk: np.ndarray
    ended: np.ndarray
    level: float

    def beyond(self, time: np.ndarray | float) -> np.ndarray:
        """Return the share that lasts longer than `time`, one value for each."""
        return self.share[self._step(time)]

    def band(self, time: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """Return the pointwise bounds of `beyond`."""
        return self.ci_low[self._step(time)], self.ci_high[self._step(time)]

    def still(self, time: float) -> int:
        """Return the units still under observation after `time`."""
        later = int(np.searchsorted(self.times, time, side="right"))
        return int(self.at_risk[later]) if later < self.times.size else 0

    def reached(self, share: float) -> float | None:
        """Return the first time by which at least `share` of the units has ended; None when it never has."""
        # A share worked out from the curve itself may differ from it in the last digit.
        there = np.flatnonzero(1 - self.share >= share * (1 - 1e-12))
        return float(self.times[there[0]]) if there.size else None

    def followed(self, least: int) -> float | None:
        """Return the longest time at which at least `least` units are still at risk; None when there is none."""
        there = np.flatnonzero(self.at_risk >= least)
        return float(self.times[there[-1]]) if there.size else None

    def thin(self, least: int) -> tuple[float, int] | None:
        """Return the last time with fewer than `least` units at risk of which a later time has more, and their number.

        Only late entry makes such a time: what happens up to it decides the whole curve and rests on few. None when
        there is none.
        """
        most_later = np.maximum.accumulate(self.at_risk[::-1])[::-1]
        there = np.flatnonzero((self.at_risk < least) & (most_later > self.at_risk))
        return (
            (float(self.times[there[-1]]), int(self.at_risk[there].min())) if there.size else None
        )

    def _step(self, time):
        return np.searchsorted(self.times, np.asarray(time, dtype=float), side="right") - 1

    def at(self, time: float) -> Estimate:
        """Return the share that lasts longer than `time`, 0 or more, with its interval.

        Where nobody or everybody has ended, Greenwood's error is 0 and says nothing: the interval is
        then Wilson's for the units whose state at `time` is known.
        """
        step = int(self._step(time))
        share = float(self.share[step])
        if 0 < share < 1:
            variance = float(np.cumsum(self._hazards())[step])
            low, high = float(self.ci_low[step]), float(self.ci_high[step])
            return Estimate(share, share * float(np.sqrt(variance)), low, high)
        known = int(self.ended[: step + 1].sum()) + self.still(time)
        return wilson_share(share * known, known, level=self.level)

    def restricted_mean(self, until: float) -> Estimate:
        """Return the mean time that lasts, counted up to `until` (above 0): the area under the curve.

        The error is Greenwood's, 0 where nobody ends before `until`; the interval is the normal one. A curve whose
        last unit is lost from sight before `until` is carried on as it stands: whether that is fair is for the
        caller to judge.
        """
        edges = np.append(self.times[self.times < until], until)
        areas = self.share[: edges.size - 1] * np.diff(edges)
        after = np.cumsum(areas[::-1])[::-1]  # the area from each time to `until`
        variance = float(after**2 @ self._hazards()[: after.size])
        value, se = float(areas.sum()), float(np.sqrt(variance))
        half = float(stats.norm.ppf((1 + self.level) / 2)) * se
        return Estimate(value, se, value - half, value + half)

    def _hazards(self) -> np.ndarray:
        """Return Greenwood's terms d / (Y (Y - d)); 0 where all at risk end, of which no error is known."""
        left = self.at_risk - self.ended
        usable = (self.ended > 0) & (left > 0)
        return np.where(usable, self.ended / np.where(usable, self.at_risk * left, 1), 0.0)

    def influence(self, times, weights, durations, ended, *, entry=None) -> np.ndarray:
        """Return what each unit adds to the error of sum of `weights` * share beyond `times`.

        Parameters
        ----------
        times, weights : array_like of float, shape (n_terms,)
        durations, ended, entry : array_like, shape (n,)
            The units the curve was made from.

        Returns
        -------
        ndarray, shape (n,)
            Sums to 0; the squares sum to the variance, for one term that of Greenwood. With late entry they sum
            to Greenwood's only on average.
        """
        durations, ended = np.asarray(durations, dtype=float), np.asarray(ended, dtype=bool)
        order = np.argsort(times)
        terms = np.asarray(times, dtype=float)[order]
        carried = (np.asarray(weights, dtype=float) * self.beyond(times))[order]
        # later[j]: what hangs on the terms at or after times[j], all of which an end at times[j] lowers.
        tail = np.append(np.cumsum(carried[::-1])[::-1], 0.0)
        later = tail[np.searchsorted(terms, self.times, side="left")]
        expected = np.cumsum(self._hazards() * later)
        own = self._step(durations)
        left = self.at_risk - self.ended
        surprise = np.where(left > 0, later / np.where(left > 0, left, 1), 0.0)
        found = expected[own] - np.where(ended, surprise[own], 0.0)
        if entry is None:
            return found
        late = np.asarray(entry, dtype=float)
        return found - np.where(late > 0, expected[self._step(late)], 0.0)


def kaplan_meier(durations, ended, *, level: float, weights=None, entry=None) -> Survival:
    """Return the share that lasts, from times that ended and times that were cut off by the end of sight.

    Parameters
    ----------
    durations : array_like of float, shape (n,)
        Time until the end or the last time seen, 0 or more, at least one (ValueError).
    ended : array_like of bool, shape (n,)
        Whether the end was seen. Who is last seen at a time is at risk of ending at it.
    level : float
        Coverage of the bounds, 0.95 is 95 %.
    weights : array_like of int, shape (n,), optional
        Units of each kind, where several have the same duration and end: whole, 1 or more (ValueError).
    entry : array_like of float, shape (n,), optional
        Time after which the unit is in sight, 0 for those seen from the beginning: 0 to the duration, and before it
        for those that end later than 0 (ValueError). A curve can rest on very few units at early times and fall to 0
        there, though many come into sight later: see `Survival.thin`.
    """
    durations, ended, entry = checked(durations, ended, entry)
    weights = _whole(weights, ended)
    late = entry > 0
    times = np.unique(np.concatenate([[0.0], durations, entry[late]]))
    weights = np.ones(durations.size) if weights is None else weights
    deaths = np.bincount(
        np.searchsorted(times, durations[ended]), weights[ended], minlength=times.size
    )
    there = at_risk(times, durations, entry, weights)
    hazard = deaths / np.maximum(there, 1)
    share = np.cumprod(1 - hazard)
    low, high = _log_log(share, deaths, there, level)
    return Survival(times, share, low, high, there, deaths, level)


def _log_log(share, deaths, there, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return pointwise bounds S ** exp(-+ z se(log(-log S))); where S is 0 or 1 there is no error and both are S."""
    left = there - deaths
    usable = (deaths > 0) & (left > 0)
    variance = np.cumsum(np.where(usable, deaths / np.where(usable, there * left, 1), 0.0))
    inside = (share > 0) & (share < 1)
    log = np.log(np.where(inside, share, 0.5))
    half = float(stats.norm.ppf((1 + level) / 2)) * np.sqrt(variance) / -log
    low, high = (np.where(inside, np.exp(log * np.exp(s * half)), share) for s in (1, -1))
    return low, high


def at_risk(times, durations, entry, weights=None) -> np.ndarray:
    """Return the units in sight just before each of `times`: entry < time <= duration, or entry 0.

    Parameters
    ----------
    times : array_like of float, shape (n_times,)
    durations, entry, weights : array_like, shape (n,)
        As in `kaplan_meier`.
    """
    late = entry > 0
    counts = _from(times, durations, weights)
    if late.any():
        counts = counts - _from(times, entry[late], None if weights is None else weights[late])
    return counts


def _from(times, values, weights) -> np.ndarray:
    """Return how many of `values`, weighted, are at each of `times` or later."""
    order = np.argsort(values, kind="stable")
    before = np.arange(values.size + 1.0)
    if weights is not None:
        before = np.append(0.0, np.cumsum(weights[order]))
    return before[-1] - before[np.searchsorted(values[order], times, side="left")]


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether two groups end at one pace.

    Attributes
    ----------
    ended, expected : float
        Ends in the group, and those it would have had at the pace of all.
    chi2 : float
        With one degree of freedom.
    """

    ended: float
    expected: float
    chi2: float

    @property
    def p(self) -> float:
        """Chance of a difference as large when both end at one pace."""
        return float(stats.chi2.sf(self.chi2, 1))


def log_rank(durations, ended, group, *, entry=None) -> LogRank:
    """Return the log-rank test of one hazard at all times in two groups, ties by the hypergeometric variance.

    Parameters
    ----------
    durations, ended, entry : array_like, shape (n,)
        As in `kaplan_meier`.
    group : array_like of bool, shape (n,)
        At some end both groups must be at risk (ValueError).
    """
    durations, ended, entry = checked(durations, ended, entry)
    group = np.asarray(group, dtype=bool)
    times, place = np.unique(durations[ended], return_inverse=True)
    deaths, own = (
        np.bincount(place, weights, minlength=times.size)
        for weights in (np.ones(place.size), group[ended])
    )
    there = at_risk(times, durations, entry)
    share = at_risk(times, durations[group], entry[group]) / there
    spare = (there - deaths) / np.maximum(there - 1, 1)
    variance = float((deaths * share * (1 - share) * spare).sum())
    if not variance > 0:
        raise ValueError("at no end are both groups at risk: there is nothing to compare.")
    expected = float((deaths * share).sum())
    return LogRank(float(own.sum()), expected, (float(own.sum()) - expected) ** 2 / variance)


def _whole(weights, ended) -> np.ndarray | None:
    if weights is None:
        return None
    weights = np.asarray(weights, dtype=float)
    if weights.shape != ended.shape or not ((weights >= 1) & (weights % 1 == 0)).all():
        raise ValueError("`weights` count units: one for each of `durations`, whole, 1 or more.")
    return weights


def checked(durations, ended, entry=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return durations, ended and entry as arrays that fit each other; ValueError says what does not."""
    durations, ended = np.asarray(durations, dtype=float), np.asarray(ended, dtype=bool)
    if durations.ndim != 1 or durations.size == 0 or durations.shape != ended.shape:
        raise ValueError(
            f"`durations` and `ended` need one shape (n,), n at least 1; got {durations.shape} and {ended.shape}."
        )
    if not (np.isfinite(durations).all() and (durations >= 0).all()):
        raise ValueError("`durations` are finite and 0 or more.")
    if entry is None:
        return durations, ended, np.zeros(durations.shape)
    entry = np.asarray(entry, dtype=float)
    if entry.shape != durations.shape or not ((entry >= 0) & (entry <= durations)).all():
        raise ValueError("`entry` is one time for each of `durations`, from 0 up to it.")
    if (ended & (entry > 0) & (entry == durations)).any():
        raise ValueError("a unit ends at the time it comes into sight: it was never at risk.")
    return durations, ended, entry
