"""Trim-and-fill: how many studies a symmetric funnel would have more, and the effect pooled with their mirror images.

Taken for granted: the studies missing are those with the most extreme effects on one side, and without them missing
effects lie symmetrically about their mean.

Source: Duval and Tweedie (2000), J. of the American Statistical Association 95, 89-98. Figures agree with R's metafor
3.8.1, ``trimfill``.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.meta.funnel import uneven
from retorno.stats.meta.models import RandomEffects, checked, random_effects
from retorno.stats.meta.regression import meta_regression

SIDES = ("left", "right")
ESTIMATORS = ("L0", "R0")
ROUNDS = 100  # three to five are usual
SAME = 1e-12  # an effect this close to the centre, relative to the largest, lies on it


@dataclass(frozen=True, slots=True)
class TrimAndFill:
    """Studies a symmetric funnel would have, and the effect pooled with them.

    Attributes
    ----------
    k0 : int
        Studies filled in.
    k0_se : float or None
        Error of their estimated number; None where its formula has none.
    p : float or None
        Of no study missing on that side; R0 only.
    side : {"left", "right"}
        Where they are taken to be missing: "left" is among low effects.
    side_found : bool
        Whether the side was found, from the slope of effects on standard errors, rather than given.
    estimator : {"L0", "R0"}
    effect, variance : ndarray, shape (k0,)
        Those filled in: mirror images of the most extreme studies about the centre.
    pooled : RandomEffects
        With them. Its interval takes them for studies.
    rounds : int
        Of trimming until the number stood still.
    """

    k0: int
    k0_se: float | None
    p: float | None
    side: str
    side_found: bool
    estimator: str
    effect: np.ndarray
    variance: np.ndarray
    pooled: RandomEffects
    rounds: int


def trim_and_fill(
    effect,
    variance,
    *,
    estimator="L0",
    side=None,
    method="REML",
    interval="hartung-knapp",
    level=0.95,
) -> TrimAndFill:
    """Return Duval and Tweedie's trim-and-fill.

    Parameters
    ----------
    effect, variance : array_like of float, shape (k,)
        Effects and their squared standard errors; at least three studies.
    estimator : {"L0", "R0"}
        Of the number missing: by the sum of the ranks above the centre, or by the run of the most extreme ones there.
    side : {"left", "right"}, optional
        Where studies are missing; "left" is among low effects. Without it, opposite the side on which less precise
        studies lie.
    method, interval, level
        Of the pooled effect, as for `random_effects`; `method` also of the centre.

    Raises
    ------
    ValueError
        With fewer than three studies; for a side to be found when all variances are alike; when trimming leaves
        fewer than two studies or its number does not come to rest.

    Notes
    -----
    As metafor's ``trimfill``. Studies whose true effects differ can make the funnel uneven and be "filled" without any
    missing; R0 does so less often, and L0 sees more. Figures filled in are no data.

    Examples
    --------
    >>> got = trim_and_fill([0.9, 0.7, 0.55, 0.3, 0.35, 0.2], [0.16, 0.12, 0.09, 0.04, 0.0225, 0.01])
    >>> got.k0, got.side, got.effect.round(2).tolist()
    (3, 'left', [-0.04, -0.19, -0.39])
    """
    effect, variance = checked(effect, variance)
    if effect.size < 3:
        raise ValueError(f"trim-and-fill needs at least three studies; got {effect.size}.")
    if estimator not in ESTIMATORS:
        raise ValueError(f"`estimator` is one of {', '.join(ESTIMATORS)}; got {estimator!r}.")
    if side not in (None, *SIDES):
        raise ValueError(f"`side` is one of {', '.join(SIDES)}, or None to find it; got {side!r}.")
    found = side is None
    if found:
        side = _empty_side(effect, variance, method)
    sign = 1.0 if side == "left" else -1.0
    order = np.argsort(sign * effect, kind="stable")
    y, v = sign * effect[order], variance[order]
    k0, k0_se, centre, rounds = _trimmed(y, v, estimator, method)
    extreme = slice(y.size - k0, y.size)
    filled, of_filled = sign * (2 * centre - y[extreme]), v[extreme]
    pooled = random_effects(
        np.concatenate([effect, filled]),
        np.concatenate([variance, of_filled]),
        method=method,
        interval=interval,
        level=level,
    )
    p = 0.5 ** (k0 + 1) if estimator == "R0" else None
    return TrimAndFill(k0, k0_se, p, side, found, estimator, filled, of_filled, pooled, rounds)


def _empty_side(effect, variance, method) -> str:
    """Return the side where studies seem to be missing: less precise studies lie on the other."""
    effect, variance = uneven(effect, variance, 3)
    design = np.column_stack([np.ones_like(effect), np.sqrt(variance / variance.mean())])
    fit = meta_regression(effect, variance, design, method=method, interval="wald")
    return "right" if fit.coefficients[1] < 0 else "left"


def _trimmed(y, v, estimator, method):
    """Return the number missing below, its error, the centre, and the rounds, of effects `y` in rising order."""
    k, k0, tried = y.size, 0, []
    for round_ in range(1, ROUNDS + 1):
        if k - k0 < 2:
            raise ValueError(
                f"trimming would leave {k - k0} of {k} studies: there is no centre to mirror them about."
            )
        tried.append(k0)
        kept = slice(0, k - k0)
        centre = random_effects(y[kept], v[kept], method=method, interval="wald").mu
        away = y - centre
        away[np.abs(away) <= SAME * np.abs(y).max()] = 0.0  # what rounding leaves of equal effects
        rank = np.empty(k)
        rank[np.argsort(np.abs(away), kind="stable")] = np.arange(1, k + 1)
        found, k0_se = (_run if estimator == "R0" else _rank_sum)(rank, away, k)
        if found == k0:
            return k0, k0_se, centre, round_
        k0 = found
    raise ValueError(
        f"trim-and-fill did not come to rest in {ROUNDS} rounds: the number missing went through "
        f"{', '.join(map(str, tried[-4:]))}."
    )


def _run(rank, away, k) -> tuple[int, float]:
    lowest = rank[away < 0].max(initial=0)
    k0 = max(0, int(((away > 0) & (rank > lowest)).sum()) - 1)
    return k0, float(np.sqrt(2 * k0 + 2))


def _rank_sum(rank, away, k) -> tuple[int, float | None]:
    k0 = float(4 * rank[away > 0].sum() - k * (k + 1)) / (2 * k - 1)
    square = k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0
    square = (square - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0) / 24
    return max(0, round(k0)), 4 * square**0.5 / (2 * k - 1) if square >= 0 else None
