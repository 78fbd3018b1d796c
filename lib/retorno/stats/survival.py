"""How long things last: the share that lasts beyond a time, and the ratio of two hazards.

Source: Kaplan and Meier (1958), J. American Statistical Association 53, 457-481, errors by Greenwood's formula and
intervals on the log(-log) scale; Cox (1972), J. of the Royal Statistical Society B 34, 187-220, ties by Efron's
method. Both as lifelines computes them. Influences: Reid (1981), Annals of Statistics 9, 78-92, in the form for
ties, so that their squares add up to Greenwood's variance.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Survival:
    """The Kaplan-Meier share that lasts beyond each time at which somebody ends or is lost from sight.

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

    def _hazards(self) -> np.ndarray:
        """Return Greenwood's terms d / (Y (Y - d)); 0 where all at risk end, of which no error is known."""
        left = self.at_risk - self.ended
        usable = (self.ended > 0) & (left > 0)
        return np.where(usable, self.ended / np.where(usable, self.at_risk * left, 1), 0.0)

    def influence(self, times, weights, durations, ended) -> np.ndarray:
        """Return what each unit adds to the error of sum of `weights` * share beyond `times`.

        Parameters
        ----------
        times, weights : array_like of float, shape (n_terms,)
        durations, ended : array_like, shape (n,)
            The units the curve was made from.

        Returns
        -------
        ndarray, shape (n,)
            Sums to 0; the squares sum to the variance, for one term that of Greenwood.
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
        return expected[own] - np.where(ended, surprise[own], 0.0)


def kaplan_meier(durations, ended, *, level: float, weights=None) -> Survival:
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
    """
    from lifelines import KaplanMeierFitter

    durations, ended = _checked(durations, ended)
    fit = KaplanMeierFitter(alpha=1 - level).fit(durations, ended, weights=_whole(weights, ended))
    bounds = fit.confidence_interval_survival_function_.to_numpy()
    return Survival(
        times=fit.event_table.index.to_numpy(dtype=float),
        share=fit.survival_function_.to_numpy()[:, 0],
        ci_low=bounds[:, 0],
        ci_high=bounds[:, 1],
        at_risk=fit.event_table["at_risk"].to_numpy(dtype=float),
        ended=fit.event_table["observed"].to_numpy(dtype=float),
        level=level,
    )


def hazard_ratio(durations, ended, group, *, level: float) -> Estimate:
    """Return the hazard of the units in `group` over that of the others, by Cox's model, unadjusted.

    Parameters
    ----------
    durations, ended : array_like, shape (n,)
        As in `kaplan_meier`. Whole numbers are many times faster than distinct fractions.
    group : array_like of bool, shape (n,)
        In each group at least one end must have been seen (ValueError): no ratio exists else.
    level : float
        Coverage of the interval, symmetric on the log scale; `se` is that of the ratio itself.
    """
    import pandas as pd
    from lifelines import CoxPHFitter

    durations, ended = _checked(durations, ended)
    group = np.asarray(group, dtype=bool)
    for member, name in ((group, "the group"), (~group, "the others")):
        if not ended[member].any():
            raise ValueError(f"no end was seen among {name}: there is no hazard to compare.")
    frame = pd.DataFrame({"durations": durations, "ended": ended, "group": group.astype(float)})
    # At its default the iteration may stop short of the maximum in the fourth digit.
    exact = {"precision": 1e-11, "r_precision": 1e-14}
    fit = CoxPHFitter(alpha=1 - level).fit(frame, "durations", "ended", fit_options=exact)
    value = float(np.exp(fit.params_["group"]))
    low, high = np.exp(fit.confidence_intervals_.loc["group"].to_numpy(dtype=float))
    return Estimate(value, value * float(fit.standard_errors_["group"]), float(low), float(high))


def _whole(weights, ended) -> np.ndarray | None:
    if weights is None:
        return None
    weights = np.asarray(weights, dtype=float)
    if weights.shape != ended.shape or not ((weights >= 1) & (weights % 1 == 0)).all():
        raise ValueError("`weights` count units: one for each of `durations`, whole, 1 or more.")
    return weights


def _checked(durations, ended) -> tuple[np.ndarray, np.ndarray]:
    durations, ended = np.asarray(durations, dtype=float), np.asarray(ended, dtype=bool)
    if durations.ndim != 1 or durations.size == 0 or durations.shape != ended.shape:
        raise ValueError(
            f"`durations` and `ended` need one shape (n,), n at least 1; got {durations.shape} and {ended.shape}."
        )
    if not (np.isfinite(durations).all() and (durations >= 0).all()):
        raise ValueError("`durations` are finite and 0 or more.")
    return durations, ended
