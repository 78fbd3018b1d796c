"""Shares of events in trials, trials grouped by unit.

Source: Wilson (1927), J. American Statistical Association 22, 209-212, with the number of trials divided by
the design effect when units give several trials (Dean and Pagano 2015, J. Survey Statistics and Methodology 3).
"""

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from retorno.stats.student import Estimate


def wilson_share(
    events: float, trials: float, *, squares: tuple[float, float, float] | None = None, level: float
) -> Estimate:
    """Return events / trials with Wilson's interval.

    Parameters
    ----------
    events, trials : float
        Counts; `trials` at least 1 (ValueError).
    squares : tuple of three float, optional
        Sums over units of events**2, events * trials and trials**2, when a unit may give several
        trials; without it each trial is a unit of its own.
    level : float
        Coverage of the interval, 0.95 is 95 %.
    """
    if not trials >= 1:
        raise ValueError(f"a share needs at least one trial; got {trials}.")
    share = events / trials
    binomial = share * (1 - share) / trials
    variance = binomial
    if squares is not None and 0 < share < 1:
        both, cross, rows = squares
        variance = (both - 2 * share * cross + share**2 * rows) / trials**2
    # The same share in as many trials as would give this variance.
    effective = trials if variance == binomial else trials * binomial / variance
    low, high = proportion_confint(share * effective, effective, alpha=1 - level, method="wilson")
    return Estimate(share, float(np.sqrt(variance)), float(low), float(high))
