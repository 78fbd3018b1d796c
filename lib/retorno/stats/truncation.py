"""How long delays are when only those that are over by a known day are seen.

A delay that began late is seen only if it is short, so that the delays seen are shorter than delays are. Seen
backwards, from the longest to the shortest, each comes into sight at the longest delay it could have had: time
reversed, right truncation is late entry, and the product-limit estimate holds.

Sources: Lynden-Bell (1971), Monthly Notices of the Royal Astronomical Society 155, 95-118; Lagakos, Barraj and De
Gruttola (1988), Biometrika 75, 515-523, for time reversed; Woodruff (1952), J. American Statistical Association 47,
635-646, for the interval of a median by those of shares.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from retorno.stats.branching import AT_RISK, counted, jackknife
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Delays:
    """Share of delays that are over by each time.

    Attributes
    ----------
    share : ndarray, shape (n_times,)
        By time 0, 1, ..., n_times - 1; 1 at the last.
    without : ndarray, shape (n_parts, n_times)
        The same without each part.
    n, longer : int
        Delays it rests on; those longer than the last time, which are left out.
    parts : int
        Parts with a delay in them.
    df : float
        Degrees of freedom of the errors: as many parts of equal size as tell as much, less one.
    """

    share: np.ndarray
    without: np.ndarray
    n: int
    longer: int
    parts: int
    df: float

    def band(self, *, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Return pointwise bounds of the shares, symmetric and within 0 and 1."""
        se = np.sqrt((jackknife(self.share, self.without, self.parts) ** 2).sum(axis=0))
        half = float(stats.t.ppf((1 + level) / 2, self.df)) * se
        return np.clip(self.share - half, 0, 1), np.clip(self.share + half, 0, 1)

    def reached(self, share: float) -> int:
        """Return the first time by which at least `share` of the delays, up to 1, is over."""
        return int(np.argmax(self.share >= share * (1 - 1e-12)))

    def quantile(self, share: float, *, level: float) -> Estimate:
        """Return the first time by which `share` of the delays is over: the median for 0.5.

        The interval holds the times whose band of shares holds `share`; times are whole, so it covers at least as
        often as `level` says. `se` is half its width over the t that made it. Its upper bound is the last time where
        the band never rises above `share`.
        """
        low, high = self.band(level=level)
        first = int(np.argmax(high >= share))
        above = low >= share
        last = int(np.argmax(above)) if above.any() else self.share.size - 1
        t = float(stats.t.ppf((1 + level) / 2, self.df))
        return Estimate(self.reached(share), (last - first) / 2 / t, first, last)


def delays_seen(delay, part) -> Delays:
    """Return the shares among the delays seen as they are: plain counts.

    Parameters
    ----------
    delay, part : array_like of int, shape (n,)
        As in `right_truncated`.
    """
    delay = np.asarray(delay, dtype=int)
    return right_truncated(delay, np.full(delay.size, delay.max(initial=0)), part, at_risk=1)


def right_truncated(delay, limit, part, *, at_risk: int = AT_RISK) -> Delays:
    """Return the shares of all delays, from those that were over in time to be seen.

    Parameters
    ----------
    delay : array_like of int, shape (n,)
        0 or more, none longer than its `limit` (ValueError).
    limit : array_like of int, shape (n,)
        The longest delay that could have been seen of each.
    part : array_like of int, shape (n,)
        Part each belongs to, from 0; two parts at least (ValueError).
    at_risk : int
        The shares are of delays up to the longest that could have been seen of as many; where there are fewer than
        twice as many, of half of them.

    Notes
    -----
    Delays must not go with their limits: those that began earlier or later are as long. Where all at risk have just
    one delay, no shorter one counts and the share is 0 below. Against the plain shares of exponential delays with
    mean 200 and limits of a few hundred, the median is right to a day or two where the plain one is too short by a
    quarter: see tests/test_referral_cascade_coverage.py.

    Examples
    --------
    Delays 1, 1 and 3; only the third and one of the others could have been as long as 3, and of these half are.

    >>> right_truncated([1, 1, 3], [2, 3, 3], [0, 1, 2], at_risk=2).share.tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    delay, limit = np.asarray(delay, dtype=int), np.asarray(limit, dtype=int)
    part = np.asarray(part, dtype=int)
    if delay.size == 0 or np.ptp(part) == 0:
        raise ValueError("`delay` needs delays in two parts.")
    if delay.min() < 0 or (delay > limit).any():
        raise ValueError("`delay` lies between 0 and its `limit`.")
    least = min(at_risk, -(-delay.size // 2))
    last = int(np.partition(limit, delay.size - least)[delay.size - least])
    kept = delay <= last
    delay, limit, part = delay[kept], np.minimum(limit[kept], last), part[kept]
    parts, times = int(part.max()) + 1, last + 1
    ended = counted(part, delay, parts, times)
    gone = counted(part, limit, parts, times)
    # At risk of having been just so long: no longer than that, and it could have been.
    risk = ended.cumsum(axis=1) - gone.cumsum(axis=1) + gone
    size = ended.sum(axis=1) / delay.size
    every = ended.sum(axis=0), risk.sum(axis=0)
    return Delays(
        share=_shares(*every),
        without=_shares(every[0] - ended, every[1] - risk),
        n=delay.size,
        longer=int((~kept).sum()),
        parts=int((size > 0).sum()),
        df=max(float(1 / (size**2).sum()) - 1, 1.0),
    )


def _shares(ended, risk) -> np.ndarray:
    """Return the product over all longer times of 1 - ended / at risk, along the last axis."""
    stay = 1 - np.divide(ended, risk, out=np.zeros_like(risk), where=risk > 0)
    longer = np.cumprod(stay[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([longer[..., 1:], np.ones_like(longer[..., :1])], axis=-1)
