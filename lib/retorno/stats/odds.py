"""Controls weighted to look like the treated, and how long weighted units last.

A control is weighted by its odds of being treated, from a logit on the covariates; a treated member counts as 1. What
is then taken from the controls is what the treated would have been untreated, when members alike in the covariates met
their treatment by chance and the model of chances is right.

Sources: Hirano, Imbens and Ridder (2003), Econometrica 71, 1161-1189, for the weights; Xie and Liu (2005), Statistics
in Medicine 24, 3089-3110, for the weighted Kaplan-Meier share; Huber and Ronchetti (2009), Robust Statistics, for
influences: what a number moves when a unit's weight does.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.adjustment import balance, chances, standardised
from retorno.stats.survival import Survival, at_risk, checked

NOTHING = 1e-9  # a share of all weight below this is rounding


@dataclass(frozen=True, slots=True)
class Odds:
    """Weights that make controls look like the treated.

    Attributes
    ----------
    treated : ndarray of bool, shape (n,)
    chance, weight : ndarray, shape (n,)
        Estimated chance of being treated; 1 for the treated, for controls chance / (1 - chance).
    before, after : ndarray, shape (k,)
        Standardised difference of each covariate, treated minus controls, as they are and weighted.
    effective_controls : float
        Equally weighted controls that would know as much: (sum w)**2 / sum w**2.
    beyond : int
        Treated whose chance lies outside the range of the controls' chances.
    """

    treated: np.ndarray
    chance: np.ndarray
    weight: np.ndarray
    before: np.ndarray
    after: np.ndarray
    effective_controls: float
    beyond: int
    _design: np.ndarray
    _coefficients: np.ndarray

    def through(self, own) -> np.ndarray:
        """Return what each unit adds to the error of a number through the estimated chances.

        Parameters
        ----------
        own : array_like of float, shape (n,)
            What each unit adds with the weights as they are: its weight times what the number moves with it. That
            of the treated does not count.
        """
        # The odds of a logit move with a coefficient as the odds times its column.
        return self._coefficients @ (np.where(self.treated, 0.0, own) @ self._design)


def odds_weights(treated, covariates) -> Odds:
    """Return the weights that make controls look like the treated in `covariates`.

    Parameters
    ----------
    treated : array_like of bool, shape (n,)
        At least two members in each group (ValueError).
    covariates : array_like of float, shape (n, k)
        Known before the treatment. None constant, none a sum of others (CollinearError).

    Raises
    ------
    SeparationError
        When the covariates tell for some members for sure whether they are treated.
    """
    treated = np.asarray(treated, dtype=bool)
    covariates = np.asarray(covariates, dtype=float)
    if min(treated.sum(), (~treated).sum()) < 2:
        raise ValueError("two members in each group are needed.")
    standardised(covariates, treated.astype(float))
    fit = chances(treated, covariates)
    chance = np.asarray(fit.predict())
    weight = np.where(treated, 1.0, chance / (1 - chance))
    own = weight[~treated]
    low, high = chance[~treated].min(), chance[~treated].max()
    return Odds(
        treated=treated,
        chance=chance,
        weight=weight,
        before=balance(covariates, treated, np.ones(treated.size)),
        after=balance(covariates, treated, weight),
        effective_controls=float(own.sum() ** 2 / (own**2).sum()),
        beyond=int(((chance[treated] < low) | (chance[treated] > high)).sum()),
        _design=fit.model.exog,
        _coefficients=fit.model.score_obs(fit.params)
        @ np.linalg.inv(-fit.model.hessian(fit.params)),
    )


def weighted_kaplan_meier(durations, ended, weights, *, entry=None) -> Survival:
    """Return the share that lasts among units of any weight.

    Parameters
    ----------
    durations, ended, entry : array_like, shape (n,)
        As in `kaplan_meier`.
    weights : array_like of float, shape (n,)
        Above 0.

    Returns
    -------
    Survival
        Without bounds (NaN), which would take the weights for counts. Times the weight, its ``influence`` is what a
        unit adds with the weights as they are.
    """
    durations, ended, entry = checked(durations, ended, entry)
    weights = np.asarray(weights, dtype=float)
    if weights.shape != durations.shape or not (weights > 0).all():
        raise ValueError("`weights` are above 0, one for each of `durations`.")
    times = np.unique(np.concatenate([[0.0], durations, entry[entry > 0]]))
    place = np.searchsorted(times, durations[ended])
    gone = np.bincount(place, weights[ended], minlength=times.size)
    there = at_risk(times, durations, entry, weights)
    # Where all at risk end, sums in another order may differ from each other by rounding.
    there = np.where(np.abs(there - gone) <= NOTHING * weights.sum(), gone, there)
    share = np.cumprod(1 - np.where(there > 0, gone / np.where(there > 0, there, 1), 0.0))
    none = np.full(times.size, np.nan)
    return Survival(times, share, none, none, there, gone, np.nan)
