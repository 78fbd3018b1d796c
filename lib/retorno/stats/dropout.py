"""Means over time of units of which some have dropped out, weighted to stand for those who have.

A unit seen at a time is weighted by 1 over its chance of having remained until then, from a model of dropping out in
each period by time, the last value, the mean of the values so far and what is fixed. Right when, among units alike in
these, who drops out does not depend on the values that would have followed, and when the model of chances is right.
What can no longer be seen because sight ends is not dropping out.

Source: Robins, Rotnitzky and Zhao (1995), J. of the American Statistical Association 90, 106-121. A factor that is
the same for all of a group at a time cancels in a weighted mean, so that stabilising the weights by group and time
(Robins, Hernan and Brumback 2000, Epidemiology 11, 550-560) changes nothing here. Weights are not truncated: that
would trade a bias for less spread.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from retorno.stats.adjustment import CollinearError, SeparationError
from retorno.stats.panel import natural_spline, spread_knots

KNOTS = 3  # of the course of dropping out over time
NOTHING = 1e-9  # a spread or an eigenvalue below this is rounding
CERTAIN = 15.0  # a chance farther than this from even, on the logit scale, is taken for certain


@dataclass(frozen=True, slots=True)
class Remaining:
    """Weighted means of those still seen.

    Attributes
    ----------
    plain, mean : ndarray, shape (n_times,)
        As they are; weighted. In the unit of the values.
    of_plain, of_mean : ndarray, shape (n, n_times)
        What each unit adds to the error of each; for `mean` through the model of chances, too. Sums over all
        are 0, the sums of squares times n / (n - 1), n the units seen at the time, are the variances.
    weight : ndarray, shape (n, n_times)
        Of those seen, at least 1; 0 for the others.
    dropped : int
        Drop-outs the chances are modelled on.
    """

    plain: np.ndarray
    mean: np.ndarray
    of_plain: np.ndarray
    of_mean: np.ndarray
    weight: np.ndarray
    dropped: int

    @property
    def effective(self) -> np.ndarray:
        """Equally weighted units that would know as much, at each time."""
        return self.weight.sum(axis=0) ** 2 / (self.weight**2).sum(axis=0)

    @property
    def largest(self) -> np.ndarray:
        """Largest weight over the mean weight of those seen, at each time."""
        return self.weight.max(axis=0) * (self.weight > 0).sum(axis=0) / self.weight.sum(axis=0)


def remaining(values, seen, possible, *, fixed=None) -> Remaining:
    """Return the means over time of one group, as they are and had nobody dropped out.

    Parameters
    ----------
    values : array_like of float, shape (n, n_times)
        What stands where nothing is seen does not count.
    seen : array_like of bool, shape (n, n_times)
        From the first time on and without a gap; somebody at each time (ValueError).
    possible : array_like of bool, shape (n, n_times)
        Whether sight reaches so far: who is possible and not seen has dropped out.
    fixed : array_like of float, shape (n, q), optional

    Raises
    ------
    CollinearError, SeparationError
        When the chances of dropping out cannot be told: columns follow from each other; they tell for certain who
        drops out. With nobody dropped out all weights are 1.

    Notes
    -----
    The error is right where many units count. With 150 units a group of whom about 78 % are left at the last time
    judged, t intervals of a difference with the smaller group's effective units - 1 covered between 0.942 and 0.957
    (2,000 runs). Where low values drive most away and about 65 of 150 are seen, intervals of one mean covered 0.935
    (2,000 runs); in a world in which about 10 effective units were left, about 0.88 (800 runs).
    """
    seen, possible = np.asarray(seen, dtype=bool), np.asarray(possible, dtype=bool)
    values = np.where(seen, values, 0.0)
    if (
        (seen[:, 1:] & ~seen[:, :-1]).any()
        or (seen & ~possible).any()
        or not seen.any(axis=0).all()
    ):
        raise ValueError(
            "units are seen from the first time on, without a gap, where sight reaches."
        )
    fixed = np.empty((len(seen), 0)) if fixed is None else np.asarray(fixed, dtype=float)
    n = seen.sum(axis=0)
    plain = values.sum(axis=0) / n
    of_plain = np.where(seen, values - plain, 0.0) / n
    at_risk = seen[:, :-1] & possible[:, 1:]
    dropped = at_risk & ~seen[:, 1:]
    if not dropped.any():
        return Remaining(plain, plain, of_plain, of_plain, seen.astype(float), 0)
    history = _history(values, seen, fixed, at_risk)
    fit = _chances(history, dropped, at_risk)
    eta = [rows @ fit.params for rows in history]
    chance = [1 / (1 + np.exp(-each)) for each in eta]
    stayed = np.zeros(seen.shape)
    for time, each in enumerate(eta):
        # log(1 - chance) of a logit is -log(1 + exp(linear predictor))
        stayed[at_risk[:, time], time + 1] = np.logaddexp(0, each)
    weight = np.where(seen, np.exp(np.cumsum(stayed, axis=1)), 0.0)
    total = weight.sum(axis=0)
    mean = (weight * values).sum(axis=0) / total
    of_mean = weight * (values - mean) / total
    moved, scores = _through(history, chance, dropped, at_risk, of_mean)
    of_mean = of_mean + scores @ np.linalg.inv(-fit.model.hessian(fit.params)) @ moved
    return Remaining(plain, mean, of_plain, of_mean, weight, int(dropped.sum()))


def _history(values, seen, fixed, at_risk) -> list[np.ndarray]:
    """Return for each time what tells the chances of those at risk, shape (n_at_risk, m).

    A constant; standardised: the course of time, the mean so far, the last value, what is fixed.
    """
    times = np.flatnonzero(at_risk.any(axis=0))
    course = np.zeros((seen.shape[1], 0))
    if times.size > 1:
        knots = times[spread_knots(at_risk[:, times].sum(axis=0), KNOTS)]
        course = natural_spline(np.clip(np.arange(seen.shape[1]), knots[0], knots[-1]), knots)[
            :, 1:
        ]
    so_far = np.cumsum(values, axis=1) / np.arange(1, seen.shape[1] + 1)
    blocks = []
    for time in range(at_risk.shape[1]):
        who = at_risk[:, time]
        columns = [np.tile(course[time], (who.sum(), 1)), so_far[who, time], fixed[who]]
        # After one value it is the mean of all.
        columns += [values[who, time]] if times.size > 1 else []
        blocks.append(np.column_stack(columns))
    rows = np.vstack(blocks)
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    if (spread <= NOTHING * np.abs(rows).max(axis=0)).any():
        raise CollinearError("a column is the same for all.")
    return [np.column_stack([np.ones(len(b)), (b - centre) / spread]) for b in blocks]


def _chances(history, dropped, at_risk):
    """Return statsmodels' logit of dropping out, by time, then unit."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ModelWarning

    design = np.vstack(history)
    if np.linalg.eigvalsh(design.T @ design / len(design))[0] < NOTHING:
        raise CollinearError("a column follows from the others.")
    happened = np.concatenate([dropped[at_risk[:, t], t] for t in range(len(history))])
    # Where the columns part the two kinds, coefficients grow without end: a warning, or exp beyond its range.
    with warnings.catch_warnings(), np.errstate(over="raise"):
        warnings.simplefilter("error", ModelWarning)
        try:
            fit = sm.Logit(happened.astype(float), design).fit(disp=0, maxiter=100)
        except (ModelWarning, FloatingPointError, np.linalg.LinAlgError) as problem:
            raise SeparationError("the model of dropping out does not converge.") from problem
    if max(fit.fittedvalues.max(), np.abs(fit.params[1:]).max()) > CERTAIN:
        raise SeparationError("the columns tell for certain who drops out.")
    return fit


def _through(history, chance, dropped, at_risk, pull):
    """Return how each mean moves with the coefficients of the chances, (m, n_times), and scores, (n, m)."""
    n, m = len(at_risk), history[0].shape[1]
    moved, so_far, scores = np.zeros((m, pull.shape[1])), np.zeros((n, m)), np.zeros((n, m))
    for time, rows in enumerate(history):
        who = at_risk[:, time]
        so_far[who] += chance[time][:, None] * rows
        scores[who] += (dropped[who, time] - chance[time])[:, None] * rows
        moved[:, time + 1] = pull[:, time + 1] @ so_far
    return moved, scores
