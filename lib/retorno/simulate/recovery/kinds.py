"""Every kind of respondent a recovery world can hold and how many of all it makes up: the survey without a draw."""

import numpy as np
import pandas as pd

from retorno.simulate.recovery.world import RATINGS, World

OUTCOMES = ("satisfaction", "repurchase", "word_of_mouth")


def kinds(world: World) -> pd.DataFrame:
    """Return one row per kind of respondent there can be.

    Returns
    -------
    DataFrame
        group (0, 1, 2 in the order of `GROUPS`), satisfaction_before, word_of_mouth_before,
        satisfaction, word_of_mouth (points, of leavers what they would have answered), repurchase
        (chance to buy again), ``quiet_<outcome>`` (the same had nothing happened), points (of
        satisfaction lost or given), prior_failures and recovery_quality (of the recovered; else 0
        and empty), share (of all respondents) and answered (of all respondents, those who stay).

    Examples
    --------
    >>> from retorno.simulate.recovery import WORLDS
    >>> float(kinds(WORLDS["paradox"])["share"].sum().round(12))
    1.0
    """
    people = _undisturbed(world)
    parts = []
    for group, prior, *points, chance in world.turns():
        one = people.assign(group=group, prior_failures=prior, points=points[0])
        for name, gained in zip(("satisfaction", "word_of_mouth"), points, strict=True):
            top = len(getattr(world, name).before)
            one[name] = np.clip(one[f"quiet_{name}"] + gained, 1, top)
        at_once = one["satisfaction_before"] - 1
        one["share"] *= chance * world.group_chances()[group, at_once]
        one["answered"] = one["share"] * world.stays()[group, at_once]
        parts += _rated(world, one) if group == 2 else [one.assign(recovery_quality=np.nan)]
    everybody = pd.concat(parts, ignore_index=True)
    buys = np.asarray(world.repurchases)
    for wave in ("", "quiet_"):
        everybody[f"{wave}repurchase"] = buys[everybody[f"{wave}satisfaction"] - 1]
    return everybody[everybody["share"] > 0].reset_index(drop=True)


def _undisturbed(world):
    """Return scores before and, had nothing happened, after, with the share of each four of them."""
    joint = world.joint()
    first, second, later, last = (place.ravel() for place in np.indices(joint.shape * 2))
    repeats = (first == later) & (second == last)
    fresh = (1 - world.reliability) * joint[later, last]
    return pd.DataFrame(
        {
            "satisfaction_before": first + 1,
            "word_of_mouth_before": second + 1,
            "quiet_satisfaction": later + 1,
            "quiet_word_of_mouth": last + 1,
            "share": joint[first, second] * (world.reliability * repeats + fresh),
        }
    )


def _rated(world, recovered):
    """Yield the recovered at each quality they can give: their score repeated, or the law moved."""
    repeated = np.clip(recovered["satisfaction"], 1, RATINGS)
    moved = np.zeros(RATINGS)
    given = int(recovered["points"].iloc[0])
    np.add.at(moved, np.clip(np.arange(RATINGS) + given, 0, RATINGS - 1), world.quality)
    for quality in range(1, RATINGS + 1):
        chance = world.halo * (repeated == quality) + (1 - world.halo) * moved[quality - 1]
        yield recovered.assign(
            recovery_quality=float(quality),
            share=recovered["share"] * chance,
            answered=recovered["answered"] * chance,
        )


def mean_of(people: pd.DataFrame, column: str, weight: str = "answered") -> float:
    """Return the mean of `column`, of those who answered unless weighted by `share`."""
    return np.average(people[column], weights=people[weight])


def covariance_of(people: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Return the covariances of `columns` among those who answered."""
    return np.cov(people[columns].to_numpy(float).T, aweights=people["answered"], ddof=0)


def slopes_of(people: pd.DataFrame, columns: list[str], outcome: str) -> np.ndarray | None:
    """Return the slopes of `outcome` on `columns` among those who answered; None where there are none."""
    moments = covariance_of(people, [*columns, outcome])
    if np.linalg.matrix_rank(moments[:-1, :-1], tol=1e-9) < len(columns):
        return None
    return np.linalg.solve(moments[:-1, :-1], moments[:-1, -1])


def scale_of(world: World, outcome: str) -> np.ndarray:
    """Return the answers there are to `outcome`, the lowest first."""
    return np.array([0.0, 1.0]) if outcome == "repurchase" else getattr(world, outcome).scores


def shares_of(
    people: pd.DataFrame, outcome: str, values: np.ndarray, weight: str = "answered"
) -> np.ndarray:
    """Return the share of `people` that gives each of `values`."""
    if outcome == "repurchase":
        buys = mean_of(people, outcome, weight)
        return np.array([1 - buys, buys])
    counted = np.bincount(people[outcome].to_numpy() - 1, people[weight], len(values))
    return counted / counted.sum()
