"""Errors of a pooled mean or a meta-regression where effects of one study, or one laboratory, belong together.

The estimate stays; its error is made from the residuals summed within each cluster, so that effects of one cluster may
depend on each other in any way, while clusters are independent. "CR1" inflates it by clusters / (clusters -
coefficients) and uses t with clusters - coefficients; "CR2" corrects each cluster so that the error is unbiased where
the model's weights are right, with Satterthwaite's degrees of freedom. With fewer than some 40 clusters CR2 is the one
to trust.

Sources: Hedges, Tipton and Johnson (2010), Research Synthesis Methods 1, 39-65, for cluster-robust errors in
meta-analysis; Bell and McCaffrey (2002), Survey Methodology 28, 169-181, for CR2; Tipton (2015), Psychological Methods
20, 375-393, and Tipton and Pustejovsky (2015), J. of Educational and Behavioral Statistics 40, 604-634, for its degrees
of freedom and the F (HTZ).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.meta.design import grouped, rows_of
from retorno.stats.meta.regression import WaldTest, wald_test
from retorno.stats.meta.residual import weighted
from retorno.stats.student import Student

ROUNDING = 1e-6  # degrees of freedom that are none
KINDS = ("CR1", "CR2")
ALONE = 1e-9  # share of the information on a coefficient that must come from other clusters
NOUGHT = 1e-12  # eigenvalue, as a share of the largest, below which it is rounding


@dataclass(frozen=True, slots=True)
class ClusterRobust:
    """Coefficients with errors that hold where effects of one cluster depend on each other.

    Attributes
    ----------
    names : tuple of str
        Of the coefficients; ("mu",) for a pooled mean.
    coefficients, se, df, ci_low, ci_high, statistic, p : ndarray, shape (n_coefficients,)
        Estimate as in the model given, robust error, degrees of freedom of its t, interval at `level`, t and
        two-sided p.
    covariance : ndarray, shape (n_coefficients, n_coefficients)
    small_sample : {"CR1", "CR2"}
    clusters, k : int
        Clusters and effects.
    largest : int
        Effects in the largest cluster.
    intercept : int or None
        Place of the intercept; a pooled mean is one.
    alone : tuple of str
        Coefficients that one cluster alone decides: the residuals of that cluster say nothing of them, so their errors
        are too small. R gives the same numbers.
    level : float
    notes : tuple of str
        Which cluster it is; empty where there is none.
    half, pull : ndarray, shape (clusters, n_coefficients, n_coefficients)
        What each cluster adds to the expected covariance, and what the fitted line takes from it: Satterthwaite's
        degrees of freedom of any contrast follow from them.
    """

    names: tuple[str, ...]
    coefficients: np.ndarray
    se: np.ndarray
    df: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    covariance: np.ndarray
    small_sample: str
    clusters: int
    k: int
    largest: int
    intercept: int | None
    alone: tuple[str, ...]
    level: float
    notes: tuple[str, ...]
    half: np.ndarray
    pull: np.ndarray

    @property
    def ci(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the coefficients."""
        return self.ci_low, self.ci_high

    def coefficient(self, name: str) -> Student:
        """Return one coefficient by its name, "mu" for a pooled mean."""
        if name not in self.names:
            raise ValueError(
                f"no coefficient is called {name!r}; there are {', '.join(map(repr, self.names))}."
            )
        return self.contrast(np.eye(len(self.names))[self.names.index(name)])

    def contrast(self, weights) -> Student:
        """Return a weighted sum of the coefficients, `weights` of shape (n_coefficients,)."""
        c = rows_of(weights, len(self.names))
        se = float(np.sqrt(c[0] @ self.covariance @ c[0]))
        return Student(float(c[0] @ self.coefficients), se, self._df(c))

    def test(self, contrasts) -> WaldTest:
        """Return the joint test that all `contrasts`, shape (n, n_coefficients) and independent, are zero.

        An F; for "CR2" of Tipton and Pustejovsky (HTZ). ValueError where too few clusters carry the contrasts.
        """
        c = rows_of(contrasts, len(self.names))
        found = wald_test(c @ self.coefficients, c @ self.covariance @ c.T, self._df(c))
        if self.small_sample == "CR1":
            return found
        df, error = found.df, found.df_error - found.df + 1
        if error <= ROUNDING:
            raise ValueError(
                f"{found.df_error:.1f} degrees of freedom cannot carry a joint test of {df} contrasts; test fewer."
            )
        f = found.statistic * error / found.df_error
        return WaldTest(f, df, error, float(stats.f.sf(f, df, error)))

    def moderators(self) -> WaldTest | None:
        """Return the joint test of all coefficients but the intercept's; None where there are no others."""
        others = [i for i in range(len(self.names)) if i != self.intercept]
        return self.test(np.eye(len(self.names))[others]) if others else None

    def _df(self, c) -> float:
        if self.small_sample == "CR1":
            return float(self.clusters - len(self.names))
        return _satterthwaite(c @ self.half @ c.T, c @ self.pull)


def cluster_robust(fit, cluster, *, small_sample: str = "CR2", level=None) -> ClusterRobust:
    """Return the coefficients of a fit with cluster-robust errors.

    Parameters
    ----------
    fit : RandomEffects or MetaRegression
        Its weights, 1 / (variance + tau2), stay as they are.
    cluster : sequence, shape (k,)
        Which effects belong together; more different ones than coefficients.
    small_sample : {"CR2", "CR1"}
    level : float, optional
        Coverage of the intervals; that of the fit without it.

    Raises
    ------
    ValueError
        With a missing cluster, not more clusters than coefficients, an unknown `small_sample`, or a coefficient whose
        residuals sum to 0 in each cluster.

    Notes
    -----
    The numbers are those of metafor 3.8.1 and clubSandwich 0.5.8 on a fit with ``test="z"``: "CR1" of
    ``robust(fit, cluster)``, "CR2" of ``coef_test(fit, vcov="CR2")``. On a fit with ``test="knha"`` metafor's
    ``robust`` scales the errors a second time by Knapp and Hartung's factor; here the fit's interval makes no
    difference.

    With one to eight outcomes a study, sampling errors correlated 0.7 and 10 studies, 95 % intervals by CR2 covered
    0.928 (mean) and 0.960 (slope of a column of studies), by CR1 0.874 and 0.833; with 30 studies CR2 0.948 and 0.949,
    CR1 0.934 and 0.887. Taking all outcomes as independent the slope's covered 0.63 and 0.67 (2,000 runs each).

    Examples
    --------
    >>> from retorno.stats.meta.models import random_effects
    >>> fit = random_effects([1.0, 2.0, 3.0, 6.0], [1.0] * 4, method="FE")
    >>> mean = cluster_robust(fit, ["A", "A", "B", "B"], small_sample="CR1").coefficient("mu")
    >>> mean.value, mean.df  # residuals sum to -3 and 3: variance 2 (9 + 9) / 16
    (3.0, 1.0)
    >>> round(mean.se**2, 12)
    2.25
    """
    if small_sample not in KINDS:
        raise ValueError(f"`small_sample` is one of {', '.join(KINDS)}; got {small_sample!r}.")
    level = fit.level if level is None else level
    if not 0 < level < 1:
        raise ValueError(f"`level` is a coverage between 0 and 1, such as 0.95; got {level}.")
    names, design, intercept = _parts(fit)
    w, q, r, e = weighted(fit.effect, fit.variance, design, fit.tau2)
    places = grouped(cluster, fit.k, "cluster")
    count, p = len(places), len(names)
    if count <= p:
        raise ValueError(f"{p} coefficients need more than {p} clusters; got {count}.")
    scores, half, pull = _by_cluster(w, q, e, list(places.values()), small_sample)
    back = np.linalg.inv(r)
    alone, notes = _alone(q, back, names, places)
    covariance = back @ (scores.T @ scores) @ back.T
    if small_sample == "CR1":
        covariance = covariance * count / (count - p)
    se = np.sqrt(np.diag(covariance))
    nought = se <= 1e-9 * np.sqrt(np.diag(back @ back.T))
    if nought.any():
        raise ValueError(
            f"the residuals of each cluster sum to 0 for {names[int(nought.argmax())]!r}: there is nothing to judge it "
            "by. The effects are all alike, or one cluster alone decides it."
        )
    coefficients = back @ (q.T @ (np.sqrt(w) * fit.effect))
    half, pull = back @ half @ back.T, back @ pull
    df = np.full(p, float(count - p))
    if small_sample == "CR2":
        df = np.array([_satterthwaite(c @ half @ c.T, c @ pull) for c in np.eye(p)[:, None]])
    reach = stats.t.ppf((1 + level) / 2, df) * se
    return ClusterRobust(
        names=names,
        coefficients=coefficients,
        se=se,
        df=df,
        ci_low=coefficients - reach,
        ci_high=coefficients + reach,
        statistic=coefficients / se,
        p=2 * stats.t.sf(np.abs(coefficients / se), df),
        covariance=covariance,
        small_sample=small_sample,
        clusters=count,
        k=fit.k,
        largest=max(rows.size for rows in places.values()),
        intercept=intercept,
        alone=alone,
        level=level,
        notes=notes,
        half=half,
        pull=pull,
    )


def _parts(fit) -> tuple[tuple[str, ...], np.ndarray, int | None]:
    """Return names, design and place of the intercept of either kind of fit."""
    if hasattr(fit, "design"):
        return fit.names, fit.design, fit.intercept
    return ("mu",), np.ones((fit.k, 1)), 0


def _alone(q, back, names, places) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the coefficients that could not be estimated without one of the clusters, and a note on each cluster."""
    shares = np.zeros((len(places), q.shape[1], q.shape[1]))
    number = np.empty(len(q), dtype=int)
    for i, rows in enumerate(places.values()):
        number[rows] = i
    np.add.at(shares, number, q[:, :, None] * q[:, None, :])
    values, vectors = np.linalg.eigh(shares)
    whole = values > 1 - ALONE
    found, notes = set(), []
    for i in np.flatnonzero(whole.any(axis=1)):
        moved = np.abs(back @ vectors[i][:, whole[i]]).max(axis=1)
        own = [
            name
            for name, size, scale in zip(names, moved, np.linalg.norm(back, axis=1), strict=True)
            if size > 1e-6 * scale
        ]
        found.update(own)
        notes.append(
            f"cluster {list(places)[i]!r} alone decides {', '.join(map(repr, own))}: the error is too small."
        )
    return tuple(name for name in names if name in found), tuple(notes)


def _by_cluster(w, q, e, rows, small_sample):
    """Return scores of the clusters, shape (n, p), and their `half` and `pull`, shape (n, p, p), in terms of Q.

    Clusters of one size are handled together. With Theta = 1 / w, CR2 multiplies a cluster's residuals in standard
    errors by (Theta (I - Q Q') Theta)**(-1/2) Theta.
    """
    p = q.shape[1]
    scores, half = np.empty((len(rows), p)), np.empty((len(rows), p, p))
    pull = np.empty_like(half)
    theta, sizes = w.mean() / w, np.array([own.size for own in rows])
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        place = np.stack([rows[i] for i in chosen])
        block, own = q[place], theta[place]
        turned = block.transpose(0, 2, 1)
        if small_sample == "CR2":
            inside = np.eye(size) - block @ turned
            inside = own[:, :, None] * inside * own[:, None, :]
            turned = turned @ (_inverse_root(inside) * own[:, None, :])
        scores[chosen] = (turned @ e[place][:, :, None])[:, :, 0]
        half[chosen] = turned @ turned.transpose(0, 2, 1)
        pull[chosen] = turned @ block
    return scores, half, pull


def _inverse_root(matrices) -> np.ndarray:
    """Return the symmetric inverse square roots of `matrices`, shape (n, m, m), positive definite."""
    values, vectors = np.linalg.eigh(matrices)
    usable = values > NOUGHT * values[:, -1:]
    roots = np.where(usable, values, 1.0) ** -0.5 * usable
    return (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)


def _satterthwaite(half, pull) -> float:
    """Return the degrees of freedom of the variance of q contrasts, `half` (n, q, q) and `pull` (n, q, p).

    The contrasts' covariance is a quadratic form of the data with P = diag(half) - pull pull'. With
    B = Omega**(-1/2) P Omega**(-1/2), Omega its expectation, they are q (q + 1) / sum (B_st B_ts + B_ss B_tt), which
    for one contrast is (tr P)**2 / tr(P P).
    """
    own = half - pull @ pull.transpose(0, 2, 1)
    omega = own.sum(axis=0)
    root = _inverse_root(omega[None])[0]
    half, pull = root @ half @ root, root @ pull
    each = pull @ pull.transpose(0, 2, 1)
    size = half.shape[1]
    traces = np.einsum("jss->j", half), np.einsum("jss->j", each)
    mixed = np.einsum("jsa,jtb->stab", pull, pull)
    total = (half**2 - 2 * half * each).sum() + np.einsum("stab,stba->", mixed, mixed)
    total += (traces[0] * (traces[0] - 2 * traces[1])).sum() + (mixed**2).sum()
    return float(size * (size + 1) / total)
