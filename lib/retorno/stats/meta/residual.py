"""The variance between studies that a design leaves over.

Sources: Raudenbush (2009), in Cooper, Hedges and Valentine, The handbook of research synthesis, 2nd ed., 295-315;
Viechtbauer (2007), Statistics in Medicine 26, 37-52, for the Q-profile.
"""

import numpy as np

from retorno.stats.meta.models import GRID

CLOSE = 1e-10  # a last step in tau2, as a share of the variance of a typical effect
STEPS = 100


def weighted(y, v, x, tau2):
    """Return weights, Q and R of the weighted design, and the residuals in standard errors."""
    w = 1 / (v + tau2)
    root = np.sqrt(w)
    q, r = np.linalg.qr(root[:, None] * x)
    z = root * y
    e = z - q @ (q.T @ z)
    return w, q, r, e - q @ (q.T @ e)  # twice, so that nothing of the design is left in them


def residual_tau2(y, v, x, method) -> tuple[float, bool]:
    """Return tau2 and whether it is held at 0."""
    if method == "FE":
        return 0.0, False
    df = x.shape[0] - x.shape[1]
    if method == "DL":
        w, q, _, e = weighted(y, v, x, 0.0)
        tau2 = float((e @ e - df) / (w.sum() - np.einsum("ij,i,ij->", q, w, q)))
    elif method == "PM":
        tau2 = tau2_where_q_is(df, y, v, x)
    else:
        tau2 = _likeliest_tau2(y, v, x, restricted=method == "REML")
    return max(tau2, 0.0), tau2 <= 0


def tau2_where_q_is(target: float, y, v, x) -> float:
    """Return the tau2 at which the weighted sum of squared residuals is `target`, 0 where it is less from the start.

    Newton's method on 1 / Q, which rises and is concave in tau2: each step lands at or below the answer.
    """
    tau2 = 0.0
    for _ in range(STEPS):
        w, _, _, e = weighted(y, v, x, tau2)
        q = float(e @ e)
        if tau2 == 0 and q <= target:
            return 0.0
        step = q * (q / target - 1) / float(w @ e**2)
        tau2 = max(0.0, tau2 + step)
        if abs(step) <= CLOSE * (tau2 + typical(v)):
            return tau2
    raise _not_found(f"tau2 at which Q is {target:g}", tau2)


def _likeliest_tau2(y, v, x, *, restricted: bool) -> float:
    """Return the tau2 at the top of the (restricted) likelihood, 0 where it falls from there on.

    From the best of a grid, as a likelihood can have two peaks; steps are halved as long as they lead downhill.
    """
    q = np.linalg.qr(x)[0]
    grid = max(float(((y - q @ (q.T @ y)) ** 2).max()), typical(v)) * GRID
    heights = [_log_likelihood(y, v, x, tau2, restricted) for tau2 in grid]
    tau2, height = float(grid[np.argmax(heights)]), max(heights)
    for _ in range(STEPS):
        step = _step(y, v, x, tau2, restricted)
        if tau2 == 0 and step <= 0:
            return 0.0
        step = max(step, -tau2)
        for _ in range(STEPS):
            reached = _log_likelihood(y, v, x, tau2 + step, restricted)
            if reached >= height - 1e-9 * (1 + abs(height)):
                break
            step /= 2
        tau2, height = max(0.0, tau2 + step), reached
        if abs(step) <= CLOSE * (tau2 + typical(v)) and tau2 > 0:
            return tau2
    raise _not_found(f"the top of the {'restricted ' if restricted else ''}likelihood", tau2)


def _step(y, v, x, tau2, restricted) -> float:
    """Return the way to the top of the log-likelihood, by its curvature or, where it curves up, what is expected."""
    w, q, _, e = weighted(y, v, x, tau2)
    u = w * e
    third = u - q @ (q.T @ u)
    trace, square = w.sum(), w @ w
    if restricted:
        inner = q.T @ (w[:, None] * q)
        trace = trace - np.trace(inner)
        square = square - 2 * np.einsum("ij,i,ij->", q, w**2, q) + (inner**2).sum()
    observed = 2 * (third @ third) - square
    return float((w @ e**2 - trace) / (observed if observed > 0 else square))


def _log_likelihood(y, v, x, tau2, restricted) -> float:
    w, _, r, e = weighted(y, v, x, tau2)
    value = 0.5 * (np.log(w).sum() - e @ e)
    return float(value - np.log(np.abs(np.diag(r))).sum() if restricted else value)


def typical(v) -> float:
    """Return the harmonic mean of the variances: that of a typical effect."""
    return float(1 / (1 / v).mean())


def _not_found(what: str, tau2: float) -> ValueError:
    return ValueError(
        f"{what} was not found in {STEPS} Newton steps; the last value of tau2 was {tau2:g}. "
        "Another `method`, such as 'DL', needs no steps."
    )
