"""BG/NBD: who is still buying, from how often and how recently each customer bought.

While alive, a customer buys at a rate of its own, gamma distributed over customers (r, alpha), and after each repeat
purchase drops out for good with a chance of its own, beta distributed (a, b). Nobody drops out before a first repeat
purchase, so that a one-time buyer is alive with probability 1, however long the silence.

Source: Fader, Hardie and Lee (2005), Marketing Science 24, 275-284; maximum likelihood with the analytic gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retorno.stats.student import Estimate

PARAMETERS = ("r", "alpha", "a", "b")
# r, a and b to begin with: of the first try, then of the next.
STARTS = ((0.5, 0.5, 2.0), (1.0, 1.0, 1.0), (0.1, 0.1, 1.0), (5.0, 2.0, 20.0))
PART = 20_000  # kinds of customers that are enough to begin with
SAME_END = 1e-7  # two climbs end at one place when their log-likelihoods differ by less, relatively
NEWTON_STEPS = 20
GAIN = 1e-9  # a maximum: one more Newton step would raise the log-likelihood by less
FARTHEST = 1e4  # a parameter this large or this small stands for none at all
STEP = 1e-4  # of log parameters, for differences of the gradient
NEAR = 1e-6  # a = 1 is a removable hole of the expectation: parameters keep this distance


@dataclass(frozen=True, slots=True)
class BGNBD:
    """The law of purchases and dropout over customers.

    Attributes
    ----------
    r, alpha : float
        Shape and rate of the gamma law of purchase rates; `alpha` in the unit of time, mean rate r / alpha.
    a, b : float
        Of the beta law of the chance to drop out after a repeat purchase, mean a / (a + b).
    """

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, x, t_x, age) -> np.ndarray:
        """Return the probability of being alive at the end of sight; always 1 for a one-time buyer (x = 0).

        Parameters
        ----------
        x, t_x, age : array_like, shape (n,)
            As in `fit_bgnbd`.
        """
        x, t_x, age, _ = _checked(x, t_x, age, None)
        since = np.log((self.alpha + age) / (self.alpha + t_x))
        odds_gone = np.log(self.a / (self.b + np.maximum(x, 1) - 1)) + (self.r + x) * since
        return np.where(x > 0, np.exp(-np.logaddexp(0.0, odds_gone)), 1.0)

    def expected_purchases(self, t, x, t_x, age) -> np.ndarray:
        """Return the purchases expected in the `t` after the end of sight, one value for each customer.

        Equation 10 of the source, its hypergeometric function in Euler's form, whose arguments stay small.

        Parameters
        ----------
        t : array_like of float
            Length of the time ahead, 0 or more, in the unit of `age`.
        x, t_x, age : array_like, shape (n,)
            As in `fit_bgnbd`.
        """
        from scipy.special import hyp2f1

        x, t_x, age, _ = _checked(x, t_x, age, None)
        t = np.asarray(t, dtype=float)
        if not (np.isfinite(t).all() and (t >= 0).all()):
            raise ValueError("`t` is the length of the time ahead: finite and 0 or more.")
        a = self.a if abs(self.a - 1) > NEAR else 1 + NEAR
        b = self.b if abs(a + self.b - 1) > NEAR else 1 - a + NEAR
        c = a + b + x - 1
        past = self.alpha + age
        series = hyp2f1(a + b - 1 - self.r, a - 1, c, t / (past + t))
        if_alive = c / (a - 1) * (1 - (past / (past + t)) ** (a - 1) * series)
        return if_alive * self.p_alive(x, t_x, age)

    def draw(self, age, *, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return customers that follow the law: x, t_x, and whether each is alive at the end of sight.

        Parameters
        ----------
        age : array_like of float, shape (n,)
            Time from first purchase to the end of sight.
        rng : numpy.random.Generator
        """
        age = np.asarray(age, dtype=float)
        rates = rng.gamma(self.r, 1 / self.alpha, age.size)
        chances = rng.beta(self.a, self.b, age.size)
        # A purchase after which the customer is gone: geometric, cut where doubles no longer count ones.
        last = rng.geometric(np.clip(chances, 1e-12, 1.0))
        would = rng.poisson(rates * age)
        x = np.minimum(would, last)
        # The x-th of `would` purchases spread evenly over the age.
        among = np.maximum(would - x + 1, 1)
        t_x = np.where(x > 0, age * rng.beta(np.maximum(x, 1), among), 0.0)
        return x, t_x, would < last


@dataclass(frozen=True, slots=True)
class FittedBGNBD(BGNBD):
    """The law fitted to customers by maximum likelihood.

    Attributes
    ----------
    log_likelihood : float
        At the maximum, without the constants the source leaves out.
    covariance : ndarray, shape (4, 4)
        Of the logarithms of `PARAMETERS`: inverse of the observed information.
    n : float
        Customers.
    """

    log_likelihood: float
    covariance: np.ndarray
    n: float

    def parameter(self, name: str, *, level: float) -> Estimate:
        """Return one of `PARAMETERS` with its interval, symmetric on the log scale; `se` is its own."""
        log = self.log_parameter(name, level=level)
        value = getattr(self, name)
        return Estimate(value, value * log.se, *(float(np.exp(end)) for end in log.interval))

    def log_parameter(self, name: str, *, level: float) -> Estimate:
        """Return the logarithm of one of `PARAMETERS` with its error and interval."""
        from scipy.stats import norm

        place = PARAMETERS.index(name)
        value, se = float(np.log(getattr(self, name))), float(self.covariance[place, place] ** 0.5)
        half = float(norm.ppf((1 + level) / 2)) * se
        return Estimate(value, se, value - half, value + half)

    def alive_share(self, x, t_x, age, weights=None, *, level: float) -> Estimate:
        """Return the share of these customers that is alive at the end of sight, between 0 and 1.

        Its error is that of the parameters, by the delta method, and the chance by which customers of a given
        P(alive) are alive; the interval is symmetric on the logit scale.
        """
        from scipy.stats import norm

        x, t_x, age, weights = _checked(x, t_x, age, weights)
        n = weights.sum()

        def at(theta):
            return _total(weights, BGNBD(*np.exp(theta)).p_alive(x, t_x, age)) / n

        alive = self.p_alive(x, t_x, age)
        share = _total(weights, alive) / n
        slope = np.array([a - b for a, b in _shifted(at, self._theta)]) / (2 * STEP)
        chance = _total(weights, alive * (1 - alive)) / n**2
        se = float(np.sqrt(slope @ self.covariance @ slope + chance))
        spread = share * (1 - share)
        if spread <= 0:
            return Estimate(share, se, share, share)
        half = float(norm.ppf((1 + level) / 2)) * se / spread
        low, high = (
            1 / (1 + np.exp(-(np.log(share / (1 - share)) + sign * half))) for sign in (-1, 1)
        )
        return Estimate(share, se, float(low), float(high))

    @property
    def _theta(self) -> np.ndarray:
        return np.log([getattr(self, name) for name in PARAMETERS])


class NoMaximum(ValueError):
    """The likelihood keeps rising while a parameter grows or shrinks without end.

    Attributes
    ----------
    edge : str
        A key of `EDGES`: what kind of law it rises towards.
    law : BGNBD
        The law farthest along that was tried. Its parameters are no estimates; its P(alive) is that of the edge.
    """

    def __init__(self, law: BGNBD):
        self.law, self.edge = law, _edge(law)
        super().__init__(f"the likelihood has no maximum: it keeps rising {EDGES[self.edge]}.")


NO_DROPOUT, SAME_DROPOUT, SAME_RATE, OTHER = "no dropout", "same dropout", "same rate", "other"
EDGES = {
    NO_DROPOUT: "as customers are less and less taken to drop out",
    SAME_DROPOUT: "as customers are taken to be more and more alike in their chance to drop out",
    SAME_RATE: "as customers are taken to be more and more alike in how often they buy",
    OTHER: "towards an edge of what the four parameters can be",
}


def _edge(law: BGNBD) -> str:
    far = np.sqrt(FARTHEST)
    if law.a / (law.a + law.b) < 1 / far:
        return NO_DROPOUT
    if law.b > far:
        return SAME_DROPOUT
    return SAME_RATE if law.r > far else OTHER


def fit_bgnbd(x, t_x, age, weights=None) -> FittedBGNBD:
    """Return the BG/NBD law under which these customers are most likely.

    Parameters
    ----------
    x : array_like of int, shape (n,)
        Repeat purchases: those after the first, 0 or more.
    t_x : array_like of float, shape (n,)
        Time from the first to the last purchase; 0 where x is 0, above 0 else.
    age : array_like of float, shape (n,)
        Time from the first purchase to the end of sight, same unit, at least `t_x`.
    weights : array_like of float, shape (n,), optional
        Customers of each kind, where several have the same three numbers.

    Raises
    ------
    ValueError
        Nobody bought twice, or a number is impossible.
    NoMaximum
        A ValueError: no parameters are most likely, because customers do not differ enough, or do not drop out.
    """
    likelihood = Likelihood(x, t_x, age, weights)
    if not likelihood.repeats:
        raise ValueError("nobody bought twice: neither rates nor dropout can be told.")
    ends = []
    for start in likelihood.starts():
        theta, covariance = likelihood.climb(start)
        value = likelihood(theta)[0] * likelihood.n
        law = BGNBD(*map(float, np.exp(theta)))
        if covariance is not None:
            return FittedBGNBD(law.r, law.alpha, law.a, law.b, value, covariance, likelihood.n)
        ends.append((value, law))
        if len(ends) > 1 and abs(value - ends[-2][0]) < SAME_END * abs(value):
            break  # one edge from two sides
    raise NoMaximum(max(ends, key=lambda end: end[0])[1])


class Likelihood:
    """Log-likelihood of customers under the law, and its gradient, both per customer and on log parameters.

    x is whole, so that the gamma functions of the source are sums of logarithms over 0 to x - 1, tabled once for
    all customers: exact for any x, and a gradient without digamma functions.
    """

    def __init__(self, x, t_x, age, weights=None):
        x, t_x, age, w = _checked(x, t_x, age, weights)
        self.n = float(w.sum())
        self.repeats = _total(w, x)
        self.mean_age = _total(w, age) / self.n
        self.data, self.kinds = (x, t_x, age, w), x.size
        again = x > 0
        self.once, self.once_weights = age[~again], w[~again]
        self.x, self.t_x, self.age, self.weights = x[again], t_x[again], age[again], w[again]
        # more_than[j]: customers with more than j repeat purchases.
        counts = np.bincount(self.x, weights=self.weights, minlength=1)
        self.more_than = counts[::-1].cumsum()[::-1][1:]
        self.steps = np.arange(self.more_than.size, dtype=float)

    def __call__(self, theta) -> tuple[float, np.ndarray]:
        """Return value and gradient, shape (4,), at the logarithms of `PARAMETERS`."""
        from scipy.special import expit

        r, alpha, a, b = np.exp(theta)
        once = alpha + self.once
        once_log = _total(self.once_weights, np.log(once))
        value = -r * once_log
        by_r, by_alpha = -once_log, -r * _total(self.once_weights, 1 / once)

        w, shape = self.weights, r + self.x
        end, last = alpha + self.age, alpha + self.t_x
        log_end, log_since = np.log(end), np.log(end / last)
        odds = np.log(a / (b + self.steps))[self.x - 1] + shape * log_since
        gone = expit(odds)
        value += _total(w, np.logaddexp(0.0, odds) - shape * log_end)
        by_r += _total(w, gone * log_since - log_end)
        by_alpha -= _total(w, shape * (1 / end + gone * (1 / last - 1 / end)))
        stopped = w * gone

        rising = self.steps + np.array([[r], [b], [a + b]])
        log_r, log_b, log_ab = (np.log(rising) * self.more_than).sum(axis=1)
        one_r, one_b, one_ab = (self.more_than / rising).sum(axis=1)
        value += log_r + log_b - log_ab + self.n * r * theta[1]
        slopes = (
            by_r + one_r + self.n * theta[1],
            by_alpha + self.n * r / alpha,
            stopped.sum() / a - one_ab,
            one_b - one_ab - _total(stopped, (1 / (b + self.steps))[self.x - 1]),
        )
        return float(value) / self.n, np.array(slopes) * (r, alpha, a, b) / self.n

    def information(self, theta) -> np.ndarray:
        """Return minus the matrix of second derivatives, shape (4, 4), by differences of the gradient."""
        rows = [(low - high) / (2 * STEP) for high, low in _shifted(lambda p: self(p)[1], theta)]
        return (np.array(rows) + np.array(rows).T) / 2

    def starts(self):
        """Yield log parameters to begin at: of many kinds, first where a part of them has its maximum."""
        r, a, b = np.array(STARTS).T
        # The mean rate of a start is that of the data, as if nobody had dropped out.
        starts = np.log([r, r * self.n * self.mean_age / self.repeats, a, b]).T
        every = self.kinds // PART
        if every > 1:
            some = [values[::every] for values in self.data]
            if some[0].any():
                yield Likelihood(*some).climb(starts[0])[0]
        yield from starts

    def climb(self, start) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the log parameters reached from `start`, and their covariance; None where they are no maximum."""
        from scipy.optimize import minimize

        def down(theta):
            value, slope = self(theta)
            return -value, -slope

        centre, reach = np.array([0.0, np.log(self.mean_age), 0.0, 0.0]), np.log(FARTHEST)
        limits = np.array([centre - reach, centre + reach]).T
        options = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500}
        rough = minimize(
            down,
            np.clip(start, *limits.T),
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options=options,
        )
        theta = rough.x
        for _ in range(NEWTON_STEPS):
            if (np.abs(theta - centre) >= reach * (1 - 1e-9)).any():
                break
            slope, information = self(theta)[1], self.information(theta)
            if np.linalg.eigvalsh(information)[0] <= 0:
                break
            step = np.linalg.solve(information, slope)
            if self.n * (slope @ step) < GAIN:
                return theta + step, np.linalg.inv(information) / self.n
            theta = np.clip(theta + step, centre - reach, centre + reach)
        return rough.x, None


def _total(weights, values) -> float:
    """Return the weighted sum; not by `@`, whose threads wait for each other where a machine has other work."""
    return float((weights * values).sum())


def _shifted(function: Callable, theta) -> list[tuple]:
    """Return `function` a step above and a step below `theta`, for each of its places."""
    steps = STEP * np.eye(theta.size)
    return [(function(theta + step), function(theta - step)) for step in steps]


def _checked(x, t_x, age, weights):
    x, t_x, age = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (x, t_x, age))
    weights = (
        np.ones_like(x) if weights is None else np.atleast_1d(np.asarray(weights, dtype=float))
    )
    shapes = {values.shape for values in (x, t_x, age, weights)}
    if len(shapes) > 1 or x.ndim != 1 or x.size == 0:
        raise ValueError(
            f"`x`, `t_x`, `age` and `weights` need one shape (n,), n at least 1; got {sorted(shapes)}."
        )
    if not all(np.isfinite(values).all() for values in (x, t_x, age, weights)):
        raise ValueError("`x`, `t_x`, `age` and `weights` are finite.")
    if not ((x >= 0).all() and (x == np.floor(x)).all()):
        raise ValueError("`x` counts repeat purchases: whole numbers, 0 or more.")
    if not ((weights > 0).all()):
        raise ValueError("`weights` count customers: above 0.")
    if not ((t_x <= age) & ((t_x > 0) == (x > 0)) & (t_x >= 0)).all():
        raise ValueError(
            "`t_x`, the time of the last purchase, is 0 where `x` is 0, above 0 elsewhere, and never beyond `age`."
        )
    return x.astype(np.int64), t_x, age, weights
