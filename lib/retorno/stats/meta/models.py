"""Effects of several studies pooled: one common effect, or a mean over studies whose true effects differ.

The estimand of a random-effects model is the mean of the true effects of studies like these; of the common-effect model
("FE") their weighted mean. Both take the studies as independent and each variance as known.

Sources: DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188; Paule and Mandel (1982), J. of Research of
the National Bureau of Standards 87, 377-385; Viechtbauer (2005), J. of Educational and Behavioral Statistics 30,
261-293, for ML and REML; Knapp and Hartung (2003), Statistics in Medicine 22, 2693-2710; Viechtbauer (2007), Statistics
in Medicine 26, 37-52, for the Q-profile; Higgins and Thompson (2002), Statistics in Medicine 21, 1539-1558, for I2.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

METHODS = ("REML", "DL", "PM", "ML", "FE")
INTERVALS = ("hartung-knapp", "wald")
STEPS = 100  # Newton needs four to eight
CLOSE = 1e-10  # of the last step, relative to tau2 + typical variance; the step itself squares the error
GRID = np.geomspace(1e-5, 1, 15)  # of tau2, as shares of the largest squared effect
ROUNDING = 1e-12  # what it leaves of equal effects, relative to them
APART = 1e15  # beyond this ratio of two variances, double precision weighs one study only


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """A pooled effect, how far true effects differ between studies, and where that of a new study may lie.

    Attributes
    ----------
    mu : float
        Pooled effect, in the unit and with the sign of the effects given.
    se : float
        Its standard error; for "hartung-knapp" the adjusted one.
    ci_low, ci_high : float
        `level` interval of mu: t with k - 1 for "hartung-knapp", normal for "wald".
    tau2 : float
        Variance of true effects between studies, never negative; 0 by definition for "FE".
    tau2_low, tau2_high : float or None
        Its `level` interval by the Q-profile; None for "FE" and for one study.
    tau2_at_bound : bool
        Whether tau2 is held at 0 because the estimate would be negative, or cannot be made (one study).
    q, q_df, q_p : float, int, float
        Cochran's Q of the common-effect model, its degrees of freedom, its p by the chi-square law.
    i2, h2 : float
        tau2 / (tau2 + v) and tau2 / v + 1, v the typical variance of Higgins and Thompson; a fraction. For "FE"
        max(0, (Q - df) / Q) and Q / df.
    prediction_low, prediction_high : float or None
        `level` prediction interval of the true effect of a new study; None for "FE" and below three studies.
    statistic, p : float
        mu / se and its two-sided p, by the law of the interval.
    weights : ndarray, shape (k,)
        Share of each study in mu; they sum to 1.
    k, level : int, float
        Studies; coverage of the intervals, 0.95 is 95 %.
    method, interval : str
        As used. `interval` is "wald" where Hartung-Knapp has no spread to judge by (see `notes`).
    se_wald : float
        Error that takes tau2 as known; equals `se` for "wald".
    effect, variance : ndarray, shape (k,)
        The input.
    notes : tuple of str
        What was held, replaced or left out, and why; empty where nothing was.
    """

    mu: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    tau2_low: float | None
    tau2_high: float | None
    tau2_at_bound: bool
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    prediction_low: float | None
    prediction_high: float | None
    statistic: float
    p: float
    weights: np.ndarray
    k: int
    level: float
    method: str
    interval: str
    se_wald: float
    effect: np.ndarray
    variance: np.ndarray
    notes: tuple[str, ...]

    @property
    def ci(self) -> tuple[float, float]:
        """The interval of mu as (low, high)."""
        return self.ci_low, self.ci_high

    @property
    def prediction(self) -> tuple[float, float] | None:
        """The prediction interval as (low, high), or None."""
        return None if self.prediction_low is None else (self.prediction_low, self.prediction_high)

    @property
    def tau2_ci(self) -> tuple[float, float] | None:
        """The interval of tau2 as (low, high), or None."""
        return None if self.tau2_low is None else (self.tau2_low, self.tau2_high)

    @property
    def tau(self) -> float:
        """Standard deviation of true effects between studies, in the unit of the effects."""
        return float(np.sqrt(self.tau2))

    @property
    def df(self) -> int | None:
        """Degrees of freedom of t, k - 1; None where the normal law is used."""
        return self.k - 1 if self.interval == "hartung-knapp" else None

    @property
    def se_ratio(self) -> float:
        """Hartung-Knapp's error over Wald's; below 1 the adjusted interval may be the shorter one."""
        return self.se / self.se_wald


def random_effects(
    effect, variance, *, method="REML", interval="hartung-knapp", level=0.95
) -> RandomEffects:
    """Return the pooled effect of several studies.

    Parameters
    ----------
    effect : array_like of float, shape (k,)
        One effect per study, all in one unit and of one direction.
    variance : array_like of float, shape (k,)
        Squared standard error of each, positive, in the unit of `effect` squared.
    method : {"REML", "DL", "PM", "ML", "FE"}
        Estimator of the variance between studies; "FE" has none and pools one common effect.
    interval : {"hartung-knapp", "wald"}
        "hartung-knapp" judges the error by the weighted spread of the effects, t with k - 1; "wald" takes tau2 as
        known, normal.
    level : float
        Coverage of all intervals, 0.95 is 95 %.

    Raises
    ------
    ValueError
        No study; values that are not finite; a variance of 0 or less; variances more than 10**15 times apart; an
        unknown method or interval; a level outside (0, 1); no convergence. The message counts studies from 1.
    TypeError
        Values that are not numbers.

    Notes
    -----
    The numbers are those of R's metafor 3.8.1: ``rma(yi, vi, method=, test="knha")`` or ``test="z"``, and its
    defaults in ``predict`` and ``confint``. The prediction interval is mu -+ c sqrt(se**2 + tau2) with the same se and
    c as the interval of mu: t with k - 1 for "hartung-knapp", normal for "wald". Many texts use t with k - 2 (in
    metafor ``predict(fit, pi.type="riley")``), which is wider. "FE" with "hartung-knapp" is the common effect with a
    multiplicative variance, Q / (k - 1).

    With 5, 10 and 30 studies of 40 to 400 people, 2,000 sets each, the 95 % interval of mu by REML and Hartung-Knapp
    covered 0.943 to 0.955; Wald's 0.877 to 0.950. The prediction interval held 0.926, 0.943 and 0.949 of new true
    effects where they vary much (tau2 0.2), but 0.865, 0.845 and 0.878 where they vary little (tau2 0.01): tau2 is then
    often held at 0. With k - 2 degrees of freedom it held 0.944, 0.946 and 0.949, and 0.894, 0.850 and 0.878.

    Hartung and Knapp's error is not kept from falling below Wald's; `se_ratio` says by how much it differs.
    REML and ML climb from the best of 15 values of tau2, as likelihoods of a few studies can have two peaks: on 12,000
    random sets with variances up to thousands of times apart, 274 of which had two, they missed the higher one twice.
    metafor climbs from one value, and may then stop at the lower.

    One study is returned as it is, with Wald's interval. Effects that are all the same leave Hartung-Knapp without an
    error, so Wald's is used. `interval` and `notes` say so.

    Examples
    --------
    >>> got = random_effects([0.1, 0.3, 0.35, 0.65, 0.45], [0.03, 0.03, 0.05, 0.01, 0.05])
    >>> round(got.mu, 4), round(got.se, 4), round(got.tau2, 4), got.k
    (0.394, 0.0991, 0.0316, 5)
    >>> [round(float(bound), 3) for bound in got.ci + got.prediction]
    [0.119, 0.669, -0.171, 0.959]
    """
    check_choices(method, interval, level)
    effect, variance = checked(effect, variance)
    y, v, centre, unit = _scaled(effect, variance)
    k, common = effect.size, method == "FE"
    interval, notes = _usable(interval, y, centre / unit, k)
    tau2 = 0.0 if common or k == 1 else ESTIMATORS[method](y, v)
    at_bound = not common and tau2 == 0
    if at_bound and k > 1:
        notes.append(
            "tau2 is held at 0: by this method nothing is left for it beyond the studies' variances."
        )
    w = 1 / (v + tau2)
    total = float(w.sum())
    mean = float(w.dot(y)) / total
    se = se_wald = total**-0.5
    if interval == "hartung-knapp":
        se *= (float(w.dot((y - mean) ** 2)) / (k - 1)) ** 0.5
    mu, critical = centre + unit * mean, _critical(interval, k, level)
    reach, why = _reach(critical, se, tau2, common, k)
    low, high, why_tau2 = _q_profile(y, v, level, common)
    q, i2, h2 = _heterogeneity(y, v, tau2, common)
    return RandomEffects(
        mu=mu,
        se=unit * se,
        ci_low=mu - critical * unit * se,
        ci_high=mu + critical * unit * se,
        tau2=unit**2 * tau2,
        tau2_low=None if low is None else unit**2 * low,
        tau2_high=None if high is None else unit**2 * high,
        tau2_at_bound=at_bound,
        q=q,
        q_df=k - 1,
        q_p=float(special.chdtrc(k - 1, q)) if k > 1 else 1.0,
        i2=i2,
        h2=h2,
        prediction_low=None if reach is None else mu - unit * reach,
        prediction_high=None if reach is None else mu + unit * reach,
        statistic=mu / (unit * se),
        p=_two_sided(mu / (unit * se), interval, k),
        weights=w / total,
        k=k,
        level=level,
        method=method,
        interval=interval,
        se_wald=unit * se_wald,
        effect=effect,
        variance=variance,
        notes=(*notes, *why_tau2, *why),
    )


def check_choices(method, interval, level) -> None:
    """Raise ValueError on a method, an interval or a level that there is not."""
    if method not in METHODS:
        raise ValueError(f"`method` is one of {', '.join(METHODS)}; got {method!r}.")
    if interval not in INTERVALS:
        raise ValueError(f"`interval` is one of {', '.join(INTERVALS)}; got {interval!r}.")
    if not 0 < level < 1:
        raise ValueError(f"`level` is a coverage between 0 and 1, such as 0.95; got {level}.")


def checked(effect, variance) -> tuple[np.ndarray, np.ndarray]:
    """Return effects and variances as arrays of their own; ValueError on what cannot be pooled."""
    try:
        effect, variance = (np.array(values, dtype=float) for values in (effect, variance))
    except (TypeError, ValueError) as error:
        raise TypeError(f"`effect` and `variance` need one number per study: {error}.") from error
    if effect.ndim != 1 or effect.shape != variance.shape or not effect.size:
        raise ValueError(
            "`effect` and `variance` need one value per study, both of shape (k,) with k at least 1; "
            f"got {effect.shape} and {variance.shape}."
        )
    for name, values, ok, wanted in (
        ("effect", effect, np.isfinite(effect), "a finite number"),
        ("variance", variance, (variance > 0) & (variance < np.inf), "positive and finite"),
    ):
        if not ok.all():
            first = int(np.flatnonzero(~ok)[0])
            raise ValueError(
                f"`{name}` of study {first + 1} must be {wanted}; got {values[first]:g}"
                f" ({int((~ok).sum())} of {ok.size} studies like this)."
            )
    least, most = int(variance.argmin()), int(variance.argmax())
    if variance[most] / APART > variance[least]:
        raise ValueError(
            f"the variances are more than {APART:g} times apart: study {least + 1} has {variance[least]:g}, "
            f"study {most + 1} has {variance[most]:g}. Check their units."
        )
    return effect, variance


def _scaled(effect, variance) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return effects about their mean and variances in typical ones, and the mean and error they were measured from."""
    least = float(variance.min())
    unit = (least / float((least / variance).mean())) ** 0.5
    centre = float((effect / effect.size).sum())
    y = (effect - centre) / unit
    if not np.abs(y).max() < 1e60:
        raise ValueError(
            f"the effects are more than 1e60 standard errors apart (typical error {unit:g}): check the units."
        )
    return y, variance / unit**2, centre, unit


def _usable(interval, y, origin, k) -> tuple[str, list[str]]:
    """Return the interval that can be made of effects `y` about `origin`, and why it is not the one wanted."""
    if interval == "wald":
        return interval, []
    if k == 1:
        return "wald", [
            "one study: the interval is its own (wald), as there is no spread to judge by."
        ]
    if np.abs(y).max() <= ROUNDING * abs(origin):
        return "wald", [
            "all effects are the same: Hartung-Knapp has no spread to judge by; wald is used."
        ]
    return interval, []


def _critical(interval, k, level) -> float:
    tail = (1 + level) / 2
    return float(special.ndtri(tail) if interval == "wald" else special.stdtrit(k - 1, tail))


def _two_sided(statistic, interval, k) -> float:
    far = -abs(statistic)
    return float(2 * (special.ndtr(far) if interval == "wald" else special.stdtr(k - 1, far)))


def _reach(critical, se, tau2, common, k) -> tuple[float | None, list[str]]:
    """Return half the prediction interval, or why there is none."""
    if common:
        return None, [
            "no prediction interval: a common effect leaves new studies no other true effect."
        ]
    if k < 3:
        return None, [f"no prediction interval: it needs three studies; k is {k}."]
    return critical * (se**2 + tau2) ** 0.5, []


def _heterogeneity(y, v, tau2, common) -> tuple[float, float, float]:
    """Return Q, I2 and H2 as metafor defines them."""
    if y.size == 1:
        return 0.0, 0.0, 1.0
    w = 1 / v
    total, df = float(w.sum()), y.size - 1
    q = float(w @ (y - (w @ y) / total) ** 2)
    if common:
        return q, max(0.0, 1 - df / q) if q > 0 else 0.0, q / df
    typical = df / (total - float(w @ w) / total)
    return q, tau2 / (typical + tau2), tau2 / typical + 1


def _q_profile(y, v, level, common) -> tuple[float | None, float | None, list[str]]:
    """Return the values of tau2 at which Q is at its upper and its lower (1 - level) / 2 point."""
    if common:
        return None, None, []
    if y.size == 1:
        return (
            None,
            None,
            ["one study: tau2 cannot be estimated and is taken as 0, without interval."],
        )
    tail, df = (1 - level) / 2, y.size - 1
    low, high = (_where_q_is(float(special.chdtri(df, part)), y, v) for part in (tail, 1 - tail))
    if high > 0:
        return low, high, []
    return 0.0, 0.0, ["the interval of tau2 is empty (Q is very small); 0 to 0 stands for it."]


def _where_q_is(target, y, v) -> float:
    """Return tau2 at which the generalised Q is `target`, or 0 where it is less from the start.

    Newton's method on 1 / Q, which rises and is concave in tau2: each step lands at or below the answer.
    """
    tau2 = 0.0
    for _ in range(STEPS):
        w = 1 / (v + tau2)
        pull = w * (y - w.dot(y) / w.sum())
        q, slope = float(pull.dot(y)), float(pull.dot(pull))
        if tau2 == 0 and q <= target:
            return 0.0
        step = q * (q / target - 1) / slope
        tau2 = max(0.0, tau2 + step)
        if abs(step) <= CLOSE * (tau2 + 1):
            return tau2
    raise _no_convergence(f"tau2 at which Q is {target:g}", tau2)


def _dersimonian_laird(y, v) -> float:
    w = 1 / v
    total = float(w.sum())
    q = float(w @ (y - (w @ y) / total) ** 2)
    return max(0.0, (q - (y.size - 1)) / (total - float(w @ w) / total))


def _paule_mandel(y, v) -> float:
    return _where_q_is(y.size - 1, y, v)


def _restricted(y, v) -> float:
    return _highest(y, v, restricted=True)


def _full(y, v) -> float:
    return _highest(y, v, restricted=False)


ESTIMATORS = {
    "REML": _restricted,
    "ML": _full,
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
}


def _highest(y, v, *, restricted) -> float:
    """Return tau2 at the top of the likelihood, 0 where that lies at or below 0.

    Likelihoods of a few studies can have two peaks: the climb starts at the best of 15 values up to the largest squared
    effect, and 0 is taken where nothing found is higher.
    """
    squares = y * y
    tau2 = max(float(squares.max()), 1.0) * GRID
    w = 1 / (v + tau2[:, None])
    total = w.sum(axis=1)
    height = np.log(w).sum(axis=1) - w.dot(squares) + w.dot(y) ** 2 / total
    if restricted:
        height -= np.log(total)
    found, top = _climbed(float(tau2[height.argmax()]), y, v, restricted)
    return found if top > _likelihood(0.0, y, v, restricted)[0] else 0.0


def _climbed(tau2, y, v, restricted) -> tuple[float, float]:
    """Return the peak reached from `tau2` by Newton's method, held at 0, and its height."""
    height, slope, bend = _likelihood(tau2, y, v, restricted)
    for _ in range(STEPS):
        if tau2 == 0 and slope <= 0:
            return 0.0, height
        step = max(slope / bend, -tau2)
        for _ in range(STEPS):  # half a step as long as it leads downhill
            there = _likelihood(tau2 + step, y, v, restricted)
            if there[0] >= height - 1e-9 * (1 + abs(height)):
                break
            step /= 2
        tau2 = max(0.0, tau2 + step)
        height, slope, bend = there
        if abs(step) <= CLOSE * (tau2 + 1) and tau2 > 0:
            return tau2, height
    raise _no_convergence(f"the {'restricted ' if restricted else ''}likelihood's top", tau2)


def _likelihood(tau2, y, v, restricted) -> tuple[float, float, float]:
    """Return twice the log-likelihood but for a constant, its slope in tau2, and how it bends (positive).

    The bend is minus the second derivative, and Fisher's information where that is not positive.
    """
    w = 1 / (v + tau2)
    total, squares = float(w.sum()), float(w.dot(w))
    pull = w * (y - float(w.dot(y)) / total)
    pulled = w * pull
    height = float(np.log(w).sum()) - float(pull.dot(y))
    cubic = float(pulled.dot(pull)) - float(w.dot(pull)) ** 2 / total
    trace, trace2 = total, squares
    if restricted:
        height -= math.log(total)
        trace -= squares / total
        trace2 += (squares / total) ** 2 - 2 * float((w * w).dot(w)) / total
    bend = 2 * cubic - trace2
    return height, float(pull.dot(pull)) - trace, bend if bend > 0 else trace2


def _no_convergence(what, tau2) -> ValueError:
    return ValueError(
        f"{what} was not found in {STEPS} Newton steps; the last value, in units of the typical variance, was "
        f"{tau2:g}. Another `method`, such as 'DL', needs no steps."
    )
