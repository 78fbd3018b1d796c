"""Hazards by discrete time: a regression on counts, and errors of a Kaplan-Meier share when units come in clusters.

Sources: Prentice and Gloeckler (1978), Biometrics 34, 57-67, for the complementary log-log link, by which coefficients
are logs of hazard ratios of the time beneath; Konis (2007), thesis, Oxford, for separation by linear programming;
Liang and Zeger (1986), Biometrika 73, 13-22, for errors by cluster; Reid (1981), Annals of Statistics 9, 78-92, for
the influences of a Kaplan-Meier share.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate
from retorno.stats.survival import Survival


class Collinear(ValueError):
    """Columns of a design follow from each other: their parts cannot be told apart."""


class Separated(ValueError):
    """The columns tell without exception who ends: a coefficient has no finite estimate."""


@dataclass(frozen=True, slots=True)
class HazardRegression:
    """Log hazard ratios of a discrete hazard.

    Attributes
    ----------
    names : tuple of str
        Of the columns of the design.
    coef : ndarray, shape (p,)
        On the log scale; positive: the end comes sooner.
    covariance : ndarray, shape (p, p)
    df : float
        Degrees of freedom of the errors: clusters - 1, or infinite for those of the model.
    log_likelihood : float
        Of the counts, binomial coefficients left out.
    events, trials : int
        Ends, and units times periods at risk.
    """

    names: tuple[str, ...]
    coef: np.ndarray
    covariance: np.ndarray
    df: float
    log_likelihood: float
    events: int
    trials: int

    def ratio(self, name: str, *, level: float) -> Estimate:
        """Return the hazard ratio of one unit of column `name`, interval symmetric on the log scale."""
        at = self.names.index(name)
        log, se = float(self.coef[at]), float(np.sqrt(self.covariance[at, at]))
        half = float(stats.t.ppf((1 + level) / 2, self.df)) * se
        value = float(np.exp(log))
        return Estimate(value, value * se, float(np.exp(log - half)), float(np.exp(log + half)))


def discrete_hazard(events, trials, design, names) -> HazardRegression:
    """Return the regression of log(-log(1 - hazard)) on the columns of `design`, from counts.

    Parameters
    ----------
    events, trials : array_like of int, shape (n_cells,) or (n_clusters, n_cells)
        Units that end in a period and units at risk at its start, in each cell of equal columns. With two
        dimensions errors are by cluster, else those of the model, in which each unit ends on its own account.
    design : array_like, shape (n_cells, p)
        A column of ones, or one for each period, among them. No column may follow from others (`Collinear`), nor
        may the columns separate ends from the rest (`Separated`); both are ValueError.
    names : sequence of str, length p

    Notes
    -----
    Fitted by statsmodels. A cell without trials counts for nothing. Errors by cluster are scaled by
    sqrt(clusters / (clusters - 1)), clusters without trials not counted.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    events, trials, design = _cells(events, trials, design)
    ended, at_risk = events.sum(axis=0), trials.sum(axis=0)
    if len(names) != design.shape[1]:
        raise ValueError(f"`design` has {design.shape[1]} columns and {len(names)} names.")
    if collinear(design[at_risk > 0]):
        raise Collinear("a column of `design` follows from the others: the ratios have no value.")
    if separated(ended, at_risk, design):
        raise Separated("the columns separate ends from the rest: a ratio has no finite value.")
    some = at_risk > 0
    ended, at_risk, design = ended[some], at_risk[some], design[some]
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    model = sm.GLM(np.column_stack([ended, at_risk - ended]), design, family=family)
    with warnings.catch_warnings():
        # It takes counts that are met exactly for separation, which is ruled out above.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fit = model.fit(tol=1e-13, tol_criterion="params", maxiter=200)
    if not fit.converged:
        raise ValueError("the regression of the hazard did not converge.")
    covariance, df = np.asarray(fit.cov_params()), np.inf
    if len(events) > 1:
        covariance, df = _by_cluster(events[:, some], trials[:, some], design, fit)
    mu = fit.fittedvalues
    likelihood = float(ended @ np.log(mu) + (at_risk - ended) @ np.log1p(-mu))
    return HazardRegression(
        names=tuple(names),
        coef=np.asarray(fit.params, dtype=float),
        covariance=covariance,
        df=df,
        log_likelihood=likelihood,
        events=int(ended.sum()),
        trials=int(at_risk.sum()),
    )


def _by_cluster(events, trials, design, fit):
    """Return the sandwich of scores summed by cluster, and clusters - 1."""
    there = trials.sum(axis=1) > 0
    events, trials, mu = events[there], trials[there], fit.fittedvalues
    # d log-likelihood / d eta of a cell: (events - trials mu) / (mu (1 - mu)) times d mu / d eta.
    slope = fit.model.family.link.inverse_deriv(fit.predict(which="linear")) / (mu * (1 - mu))
    scores = ((events - trials * mu) * slope) @ design
    bread = np.asarray(fit.cov_params())
    clusters = int(there.sum())
    if clusters < 2:
        raise ValueError(f"errors by cluster need two clusters; got {clusters}.")
    return bread @ (scores.T @ scores) @ bread * clusters / (clusters - 1), clusters - 1.0


def collinear(design) -> bool:
    """Return whether a column of `design`, shape (n, p), follows from the others."""
    design = np.asarray(design, dtype=float)
    scale = np.abs(design).max(axis=0, initial=0.0)
    if design.shape[0] < design.shape[1] or (scale == 0).any():
        return True
    return bool(np.linalg.matrix_rank(design / scale) < design.shape[1])


def separated(events, trials, design) -> bool:
    """Return whether the columns separate ends from the rest, wholly or but for ties: no finite estimate then exists.

    Parameters
    ----------
    events, trials : array_like of int, shape (n_cells,)
    design : array_like, shape (n_cells, p)

    Notes
    -----
    An estimate exists unless some direction of coefficients lowers nobody's likelihood and raises somebody's: ends
    want their linear predictor higher, the rest lower. A linear programme finds such a direction.
    """
    events, trials, design = _cells(events, trials, design)
    ended, stayed = events.sum(axis=0) > 0, (trials - events).sum(axis=0) > 0
    room = np.vstack([design[ended], -design[stayed]])
    if not len(room):
        return True
    scale = np.abs(room).max(axis=0)
    room = room / np.where(scale > 0, scale, 1.0)
    found = optimize.linprog(
        -room.sum(axis=0), A_ub=-room, b_ub=np.zeros(len(room)), bounds=[(-1, 1)] * room.shape[1]
    )
    if not found.success:
        raise ValueError(f"whether the columns separate the ends was not found: {found.message}")
    return bool(-found.fun > 1e-7)


def _cells(events, trials, design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events, trials = (
        np.atleast_2d(np.asarray(events, float)),
        np.atleast_2d(np.asarray(trials, float)),
    )
    design = np.asarray(design, dtype=float)
    if events.shape != trials.shape or design.ndim != 2 or len(design) != events.shape[1]:
        raise ValueError(
            "`events`, `trials` and the rows of `design` need one length; got "
            f"{events.shape}, {trials.shape} and {design.shape}."
        )
    if not ((events >= 0) & (events <= trials) & np.isfinite(trials)).all():
        raise ValueError("`events` are counts from 0 up to `trials`.")
    if not np.isfinite(design).all():
        raise ValueError("`design` needs finite numbers.")
    return events, trials, design


def ended_by(curve: Survival, times, *, clustered: "Clustered | None" = None) -> list[Estimate]:
    """Return the share that has ended by each of `times`, 1 - Kaplan-Meier, with log(-log) intervals.

    Parameters
    ----------
    curve : Survival
        Its level is that of the intervals.
    times : array_like of float, shape (n_times,)
        0 or more.
    clustered : Clustered, optional
        The units of the curve by cluster, when several may belong together: errors are then by cluster.

    Notes
    -----
    Where nobody or everybody has ended no such interval exists: it is then Wilson's for the units whose state at
    the time is known, or for the clusters. ValueError when nobody is under observation for so long.
    """
    times = np.asarray(times, dtype=float)
    shares = curve.beyond(times)
    if clustered is None:
        found = [
            curve.at(time) if 0 < share < 1 else _wilson(share, _known(curve, time), curve.level)
            for share, time in zip(shares, times, strict=True)
        ]
    else:
        errors, clusters = clustered.errors(curve, times)
        found = [
            _log_log(float(s), float(e), clusters, curve.level)
            for s, e in zip(shares, errors, strict=True)
        ]
    return [Estimate(1 - e.value, e.se, 1 - e.ci_high, 1 - e.ci_low) for e in found]


def _known(curve: Survival, time: float) -> int:
    """Return the units that have ended before `time` or are still under observation at it."""
    later = int(np.searchsorted(curve.times, time, side="left"))
    there = curve.at_risk[later] if later < curve.times.size else 0
    return int(curve.ended[:later].sum() + there)


def _wilson(share: float, known: int, level: float) -> Estimate:
    if not known:
        raise ValueError("nobody is under observation for so long.")
    return wilson_share(share * known, known, level=level)


def _log_log(share: float, se: float, clusters: int, level: float) -> Estimate:
    if not (0 < share < 1 and se > 0):
        return _wilson(share, clusters, level)
    half = float(stats.t.ppf((1 + level) / 2, max(clusters - 1, 1))) * se / (share * -np.log(share))
    return Estimate(share, se, share ** np.exp(half), share ** np.exp(-half))


@dataclass(frozen=True, slots=True)
class Clustered:
    """Units under observation, by the cluster they belong to.

    Attributes
    ----------
    durations, ended : ndarray, shape (n,)
        As `kaplan_meier` takes them.
    weights : ndarray of int, shape (n,)
        Units of each kind.
    cluster : ndarray of int, shape (n,)
        From 0.
    """

    durations: np.ndarray
    ended: np.ndarray
    weights: np.ndarray
    cluster: np.ndarray

    def errors(self, curve: Survival, times) -> tuple[np.ndarray, int]:
        """Return the standard error of the share beyond each of `times`, and the number of clusters.

        A cluster adds, at each time of the curve, its ends less those expected of its units at risk.
        """
        clusters, place = np.unique(self.cluster, return_inverse=True)
        step = np.searchsorted(curve.times, self.durations)
        shape = (clusters.size, curve.times.size)
        gone, ended = np.zeros(shape), np.zeros(shape)
        np.add.at(gone, (place, step), self.weights)
        np.add.at(ended, (place, step), self.weights * self.ended)
        at_risk = gone[:, ::-1].cumsum(axis=1)[:, ::-1]
        left = curve.at_risk - curve.ended
        hazard = np.where(curve.at_risk > 0, curve.ended / np.maximum(curve.at_risk, 1), 0.0)
        surprise = np.where(left > 0, (ended - at_risk * hazard) / np.maximum(left, 1), 0.0)
        until = np.searchsorted(curve.times, np.asarray(times, dtype=float), side="right") - 1
        influence = -curve.beyond(times) * surprise.cumsum(axis=1)[:, until]
        scale = clusters.size / max(clusters.size - 1, 1)
        return np.sqrt(scale * (influence**2).sum(axis=0)), int(clusters.size)
