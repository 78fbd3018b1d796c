"""What treating the top of a ranking gains, by how deep one goes.

Estimand: gain of treating the top share q of a file, per unit of the whole file: q times the mean effect in that
share, averaged over the rankings used, which are taken as given (`uplift_scores`). Identified by a treatment drawn at
random.

Sources: Radcliffe (2007), Direct Marketing Analytics J. 1, 14-21, for the curve and the Qini coefficient; Chernozhukov,
Chetverikov and Kato (2013), Annals of Statistics 41, 2786-2819, for the multiplier band.
"""

from dataclasses import dataclass, replace

import numpy as np

from retorno.stats.student import Student
from retorno.stats.uplift_scores import NOTHING, Scores

DEPTHS = np.round(np.arange(1, 21) / 20, 2)  # shares of the file at which a curve is read
LEAST = 10  # units of each group within a depth, or the depth is not read
DRAWS = 4_000
# Products are written with einsum: these are small, and on a busy machine the threads of a BLAS wait for each other.


@dataclass(frozen=True, slots=True)
class Linear:
    """A number that is a sum over units: its value, what each unit adds to its error, and degrees of freedom."""

    value: float
    influence: np.ndarray
    df: float

    @property
    def student(self) -> Student:
        """The number with its standard error; 0 where nothing varies."""
        return Student(self.value, float(np.linalg.norm(self.influence)), self.df)

    def minus(self, other: "Linear") -> "Linear":
        """Return the difference of two numbers on the same units."""
        return Linear(
            self.value - other.value, self.influence - other.influence, min(self.df, other.df)
        )

    def times(self, factor: float, *, less: float = 0.0) -> "Linear":
        """Return `factor` times the number, `less` an amount that is known."""
        return replace(self, value=factor * self.value - less, influence=factor * self.influence)


@dataclass(frozen=True, slots=True)
class Curve:
    """Gain by depth: of treating the top of a ranking, per unit of the whole file, against treating nobody.

    Attributes
    ----------
    depths : ndarray, shape (g,)
        Shares of the file treated, rising, the last 1.
    gain : ndarray, shape (g,)
        In the outcome's unit, per unit of the file. Negative: the treatment lowers the outcome.
    influence : ndarray, shape (n, g)
        What each unit adds to the error of the gain.
    df : float
        Degrees of freedom: ranked units of the smaller group less 1.
    """

    depths: np.ndarray
    gain: np.ndarray
    influence: np.ndarray
    df: float

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the gains, shape (g, g)."""
        return np.einsum("ij,ik->jk", self.influence, self.influence)

    @property
    def se(self) -> np.ndarray:
        """Standard errors of the gains, shape (g,)."""
        return np.sqrt(np.einsum("ij,ij->j", self.influence, self.influence))

    def at(self, depth: float) -> Linear:
        """Return the gain at one of the depths (ValueError when it is none of them)."""
        place = np.flatnonzero(np.isclose(self.depths, depth))
        if not place.size:
            raise ValueError(f"the curve is not read at depth {depth}.")
        return Linear(float(self.gain[place[0]]), self.influence[:, place[0]], self.df)

    def minus(self, other: "Curve") -> "Curve":
        """Return the difference of two curves over the same units, at the depths of both."""
        both = np.intersect1d(self.depths, other.depths)
        mine, its = (np.searchsorted(curve.depths, both) for curve in (self, other))
        return Curve(
            both,
            self.gain[mine] - other.gain[its],
            self.influence[:, mine] - other.influence[:, its],
            min(self.df, other.df),
        )

    def band(self, *, level: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return bounds that hold the whole curve at once with probability `level`.

        The multiplier bootstrap of the largest t: with normal multipliers, sums of influences are normal with
        `covariance`, so those are drawn and not a multiplier for each unit. Over a chi of `df`, as for Student's t.
        """
        se = self.se
        some = se > NOTHING * se.max(initial=0)
        if not some.any():
            return self.gain.copy(), self.gain.copy()
        drawn = draws(self.covariance[np.ix_(some, some)], self.df, rng) / se[some]
        half = np.quantile(np.abs(drawn).max(axis=1), level) * se
        return self.gain - half, self.gain + half

    def qini(self) -> Student:
        """Return the area between the curve and the straight line of a random order, per unit of the file.

        By trapezoids from depth 0. Above 0: the ranking puts those first whom treatment moves most. ValueError when
        the ranking orders nobody.
        """
        ends = np.concatenate([[0.0], self.depths])
        width = np.diff(ends)
        weights = width / 2 + np.append(width[1:], 0) / 2
        weights[-1] -= 0.5  # the triangle below the line to the last point
        area = Linear(
            float(weights @ self.gain), (self.influence * weights).sum(axis=1), self.df
        ).student
        if not area.se > NOTHING * self.se[-1]:
            raise ValueError(
                "every unit has the same score: there is no ranking to draw a curve of."
            )
        return area


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ranking: mean outcome of treated and of others in it, and their difference."""

    treated: float
    others: float
    effect: Student
    n: float


def uplift_curve(outcome, treated, scores: Scores, order: str, *, depths=DEPTHS) -> Curve:
    """Return the gain of treating the top of a ranking, by depth.

    Parameters
    ----------
    outcome, treated : array_like, shape (n,)
        As given to `forward_scores`.
    order : str
        "effect" or "response".
    depths : array_like of float
        Rising, the last 1. Depths with fewer than 10 ranked units of a group are left out.

    Notes
    -----
    gain(q) = q x effect of all + q x (effect in the top q - effect of all ranked), differences of means: at depth 1 it
    is the difference of the means of both groups and has its unpooled variance. How far the cut itself moves by chance
    is not counted: it adds the square of (mean effect in the top - effect at the cut) over n, nothing beside the spread
    of outcomes. With normal covariates, 2,000 units and no or differing effects (2,000 runs each), the 95 % band held
    the whole curve in 0.944 and 0.951 of runs, the interval of the Qini coefficient its truth in 0.959 and 0.957, that
    of the difference of two rankings at a half in 0.953 and 0.941; with rare lognormal spending of 9,000 customers the
    first two 0.955 and 0.959.
    """
    outcome, treated = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=bool)
    depths = np.asarray(depths, dtype=float)
    within, scored = scores.treated_at(order, depths), scores.scored
    enough = np.min([within[treated].sum(axis=0), within[~treated].sum(axis=0)], axis=0)
    kept = enough >= LEAST - NOTHING
    if not kept[-1]:
        raise ValueError(f"a curve needs {LEAST} ranked units in each group; got {enough[-1]:.0f}.")
    depths, within = depths[kept], within[:, kept]
    gain, influence = np.zeros(depths.size), np.zeros((outcome.size, depths.size))
    for sign, group in ((1, treated), (-1, ~treated)):
        own = group & scored
        tops, of_tops = mean_in(within[own], outcome[own])
        ranked, of_ranked = mean_in(np.ones((own.sum(), 1)), outcome[own])
        everyone, of_everyone = mean_in(np.ones((group.sum(), 1)), outcome[group])
        gain += sign * depths * (everyone + tops - ranked)
        influence[own] += sign * depths * (of_tops - of_ranked)
        influence[group] += sign * depths * of_everyone
    df = min(int((treated & scored).sum()), int((~treated & scored).sum())) - 1
    return Curve(depths, gain, influence, float(df))


def parts(outcome, treated, scores: Scores, order: str, edges) -> list[Part | None]:
    """Return mean outcomes and effect in each part of a ranking, first the top.

    Parameters
    ----------
    edges : array_like of float
        Rising depths, from 0 to 1, between which the parts lie. None stands for a part with fewer than 10 units of a
        group, or one where nothing varies.
    """
    outcome, treated = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=bool)
    within = scores.treated_at(order, edges)
    return [
        _part(outcome, treated, upto - before)
        for before, upto in zip(within.T[:-1], within.T[1:], strict=True)
    ]


def _part(outcome, treated, weight) -> Part | None:
    means, variances, sizes = [], [], []
    for group in (treated, ~treated):
        own = weight[group]
        if own.sum() < LEAST:
            return None
        mean, influence = mean_in(own[:, None], outcome[group])
        means.append(float(mean[0]))
        variances.append(float((influence**2).sum()))
        sizes.append(own.sum())
    if not sum(variances) > 0:
        return None
    effect = Student(means[0] - means[1], float(np.sqrt(sum(variances))), min(sizes) - 1)
    return Part(means[0], means[1], effect, float(sum(sizes)))


def mean_in(weights, values) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means, shape (g,), and their influences, shape (n, g), as s / sqrt(n) has them."""
    size = weights.sum(axis=0)
    means = np.einsum("i,ij->j", values, weights) / size
    units = size**2 / np.einsum(
        "ij,ij->j", weights, weights
    )  # as many whole ones would know as much
    scale = np.sqrt(units / np.maximum(units - 1, NOTHING)) / size
    return means, weights * (values[:, None] - means) * scale


def draws(covariance, df, rng) -> np.ndarray:
    """Return draws of a multivariate t with this scale, shape (DRAWS, g); of independent t where `df` has one each."""
    roots, vectors = np.linalg.eigh(covariance)
    half = vectors * np.sqrt(np.maximum(roots, 0.0))
    normal = np.einsum("ij,kj->ik", rng.standard_normal((DRAWS, len(roots))), half)
    chi = rng.chisquare(df, (DRAWS, len(roots)) if np.ndim(df) else (DRAWS, 1))
    return normal * np.sqrt(np.asarray(df) / chi)
