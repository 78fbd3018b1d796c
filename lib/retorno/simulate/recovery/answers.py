"""What a study of recovery finds in ever larger surveys of a simulated world, exact.

Moments of the population `kinds` lists, weighted by how many of each kind there are. Nothing is drawn, and nothing of
the study's own code is used.
"""

import numpy as np

from retorno.simulate.recovery.kinds import (
    OUTCOMES,
    covariance_of,
    kinds,
    mean_of,
    scale_of,
    shares_of,
    slopes_of,
)
from retorno.simulate.recovery.world import FAIR, RATINGS, World

DEFAULTS = {"reliability": 0.6}
ITEMS = ("satisfaction", "word_of_mouth")
DIMENSIONS = ("distributive", "procedural", "interactional")


def answers(
    world: World,
    *,
    reliability: float = DEFAULTS["reliability"],
    before_mean: float | None = None,
    failed_recovery_at: float | None = None,
    high_recovery_at: float | None = None,
    margin: float | None = None,
    horizon_months: int | None = None,
    compensation: float | None = None,
    handling_cost: float | None = None,
    **other_rules,
) -> dict[str, float]:
    """Return what a study finds in ever larger surveys of this world, by finding id.

    Whoever answered in the second wave counts, but where leavers are put back.

    Parameters
    ----------
    world : World
    reliability : float
        What the study takes for the test-retest reliability, whatever that of the world is.
    before_mean : float or None
        What it takes for the mean before, in points, in every outcome; None: the mean of all
        respondents, leavers included.
    failed_recovery_at, high_recovery_at : float or None
        Points of quality at or below which a recovery failed, at or above which it went well; None:
        3 and 5, the ends of the outer thirds.
    margin, horizon_months, compensation, handling_cost : float or None
        EUR per month, months, EUR per recovery twice; None: no value of a recovery is known.
    other_rules : optional
        Further parameters of the study (`scale`, `smallest_effect` ...): they change nothing here.

    Returns
    -------
    dict of str to float
        Differences and changes in points, of repurchase as a fraction; rates, shares and
        probabilities as fractions; slopes in points per unit; values in EUR per recovery. Left out
        is what is divided by nothing, what nobody could show, a threshold off the scale, and the
        leavers where nobody left.

    Examples
    --------
    >>> from retorno.simulate.recovery import WORLDS
    >>> known = answers(WORLDS["no_paradox"])
    >>> round(known["paradox.satisfaction.difference"], 2)
    -0.45
    >>> round(known["change.satisfaction.raw"], 2), round(known["change.satisfaction.corrected"], 2)
    (0.21, 0.0)
    """
    everybody = kinds(world)
    groups = [everybody[everybody["group"] == group] for group in range(3)]
    failed_at = 1 + (RATINGS - 1) / 3 if failed_recovery_at is None else failed_recovery_at
    high_at = RATINGS - (RATINGS - 1) / 3 if high_recovery_at is None else high_recovery_at
    found = {}
    for outcome in OUTCOMES:
        found |= _contrasts(world, groups, outcome)
        found |= _adjusted(everybody, groups, outcome)
        found |= _leavers(world, groups, outcome)
        found |= _by_quality(groups, outcome, failed_at, high_at)
    for item in ITEMS:
        mean = getattr(world, item).mean_before if before_mean is None else before_mean
        found |= _changes(groups, item, high_at) | _regression(groups, item, reliability, mean)
        found |= _ceiling(world, groups, item)
    found |= _moderation(world, groups) | _mediation(world, everybody)
    found |= _value(groups, margin, horizon_months, compensation, handling_cost)
    return {name: _exact(value) for name, value in found.items()}


def true_effect(world: World, outcome: str) -> float:
    """Return what failure and recovery together did to the recovered who answered, in points.

    The mean of the score given minus the score the same respondents would have given had nothing
    happened; positive: the paradox is real. Of `repurchase`: the same in the chance to buy again.

    Examples
    --------
    >>> from retorno.simulate.recovery import WORLDS
    >>> true_effect(WORLDS["no_paradox"], "satisfaction")
    0.0
    >>> round(true_effect(WORLDS["paradox"], "satisfaction"), 2)
    0.74
    """
    everybody = kinds(world)
    recovered = everybody[everybody["group"] == 2]
    return _exact(mean_of(recovered, outcome) - mean_of(recovered, f"quiet_{outcome}"))


# Between the groups


def _contrasts(world, groups, outcome):
    """Return differences of means, sizes and shares, and the recovery rate of one outcome."""
    values = scale_of(world, outcome)
    law = [shares_of(group, outcome, values) for group in groups]
    mean = [one @ values for one in law]
    variance = [one @ values**2 - m**2 for one, m in zip(law, mean, strict=True)]
    weights = [group["answered"].sum() for group in groups]
    difference, drop = mean[2] - mean[0], mean[0] - mean[1]
    found = {
        f"paradox.{outcome}.difference": difference,
        f"paradox.{outcome}.bootstrap": difference,
        f"paradox.{outcome}.superiority": law[2] @ (np.cumsum(law[0]) - law[0] / 2),
        f"paradox.{outcome}.top_box": law[2][-1] - law[0][-1],
        f"paradox.{outcome}.bottom_box": law[2][0] - law[0][0],
    }
    pooled = np.average([variance[0], variance[2]], weights=[weights[0], weights[2]])
    if pooled > 1e-12:
        found[f"paradox.{outcome}.hedges_g"] = difference / np.sqrt(pooled)
    if abs(drop) > 1e-12:
        found[f"recovery_rate.{outcome}"] = (mean[2] - mean[1]) / drop
    return found


def _adjusted(everybody, groups, outcome):
    """Return the difference at equal scores before: of a straight line, and score by score.

    Equal in both scores before, the no-failure group answers at ``mean + reliability * (before -
    mean)`` and buys along a line of that, however leaving falls on the scores: a regression on
    both scores has nothing left to get wrong, and weighting need not be right as well.
    """
    both = everybody[everybody["group"] != 1]
    start = f"{outcome}_before" if outcome in ITEMS else "satisfaction_before"
    line = slopes_of(both.assign(recovered=both["group"] == 2), ["recovered", start], outcome)
    found = {} if line is None else {f"paradox.{outcome}.ancova": line[0]}
    without, recovered = (_by_scores_before(group, outcome) for group in (groups[0], groups[2]))
    alike = without["mean"].reindex(recovered.index)
    if alike.notna().all():
        gap = np.average(recovered["mean"] - alike, weights=recovered["answered"])
        found[f"paradox.{outcome}.doubly_robust"] = gap
    return found


def _by_scores_before(group, outcome):
    """Return mean of `outcome` and share of those who answered at each pair of scores before."""
    total = group.assign(total=group["answered"] * group[outcome])
    scores = ["satisfaction_before", "word_of_mouth_before"]
    cells = total.groupby(scores)[["answered", "total"]].sum()
    cells = cells[cells["answered"] > 0]
    return cells.assign(mean=cells["total"] / cells["answered"])


def _leavers(world, groups, outcome):
    """Return the difference had nobody left, and what it could be at most and at least."""
    without, _, recovered = groups
    stay = [group["answered"].sum() / group["share"].sum() for group in (without, recovered)]
    if min(stay) > 1 - 1e-12:
        return {}
    values = scale_of(world, outcome)
    laws = [shares_of(group, outcome, values) for group in (without, recovered)]
    low, high = _lee(values, laws, stay)
    filled = {
        end: [s * (law @ values) + (1 - s) * end for law, s in zip(laws, stay, strict=True)]
        for end in (values[0], values[-1])
    }
    names = ("weighted", "lee_low", "lee_high", "worst_low", "worst_high")
    numbers = (
        mean_of(recovered, outcome, "share") - mean_of(without, outcome, "share"),
        low,
        high,
        filled[values[0]][1] - filled[values[-1]][0],
        filled[values[-1]][1] - filled[values[0]][0],
    )
    return {f"leavers.{outcome}.{name}": n for name, n in zip(names, numbers, strict=True)}


def _lee(values, laws, stay):
    """Return Lee's bounds: the group that answers more, cut from one end until both answer alike."""
    more = int(stay[1] > stay[0])
    cut = 1 - stay[1 - more] / stay[more]
    lower = _mean_of_lowest(values, laws[more], 1 - cut)
    higher = -_mean_of_lowest(-values[::-1], laws[more][::-1], 1 - cut)
    if more:
        without = laws[0] @ values
        return lower - without, higher - without
    recovered = laws[1] @ values
    return recovered - higher, recovered - lower


def _mean_of_lowest(values, law, part):
    """Return the mean of the lowest `part` of all, a tied value shared at the cut."""
    kept = np.clip(part - (np.cumsum(law) - law), 0, law)
    return values @ kept / kept.sum()


# What came after the recovery


def _by_quality(groups, outcome, failed_at, high_at):
    """Return the contrasts of the poorly and of the well recovered."""
    without, failure, recovered = groups
    poor = recovered[recovered["recovery_quality"] <= failed_at]
    well = recovered[recovered["recovery_quality"] >= high_at]
    found = {}
    if poor["answered"].sum() > 0:
        found[f"double_deviation.{outcome}"] = mean_of(poor, outcome) - mean_of(failure, outcome)
    if well["answered"].sum() > 0:
        well_mean = mean_of(well, outcome)
        found[f"conditional.{outcome}.difference"] = well_mean - mean_of(without, outcome)
        found[f"conditional.{outcome}.selection"] = well_mean - mean_of(recovered, outcome)
    return found


def _moderation(world, groups):
    """Return slopes of satisfaction within the recovered, and where their line meets no failure."""
    recovered = groups[2]
    ends = {
        int(np.clip(1 - 2 * points + coin, 1, RATINGS))
        for points, chance in world.satisfaction.failed
        for coin in (0, 1)
        if chance > 0
    }
    found = {"moderation.severity.slope": 0.0} if len(ends) > 1 else {}
    found |= {f"moderation.{name}.slope": 0.0 for name in ("stability", "controllability")}
    for name in ("prior_failures", "recovery_quality"):
        line = slopes_of(recovered, [name], "satisfaction")
        if line is not None:
            found[f"moderation.{name}.slope"] = line[0]
    slope = found.get("moderation.recovery_quality.slope", 0.0)
    if slope > 1e-12:
        gap = mean_of(groups[0], "satisfaction") - mean_of(recovered, "satisfaction")
        threshold = mean_of(recovered, "recovery_quality") + gap / slope
        if 1 <= threshold <= RATINGS:
            found["threshold.recovery_quality"] = threshold
    return found


def _mediation(world, everybody):
    """Return what the three dimensions of justice seem to carry of recovered minus failure.

    Given the points lost or given, they are independent of each other and of all else: their
    covariances are those of their means at these points, and only variances have more.
    """
    people = everybody[everybody["group"] > 0]
    ratings, fairness = np.arange(1, RATINGS + 1), np.asarray(world.fairness)
    mirrored = np.clip(FAIR + people["points"], 1, RATINGS)
    means, left = {}, {}
    for name, chance in zip(DIMENSIONS, world.mirror, strict=True):
        means[name] = chance * mirrored + (1 - chance) * (fairness @ ratings)
        squares = chance * mirrored**2 + (1 - chance) * (fairness @ ratings**2)
        left[name] = np.average(squares - means[name] ** 2, weights=people["answered"])
    people = people.assign(recovered=people["group"] == 2, **means)
    both = ["recovered", *DIMENSIONS]
    covariance = covariance_of(people, [*both, "satisfaction"])
    covariance[np.arange(1, 4), np.arange(1, 4)] += list(left.values())
    if np.linalg.matrix_rank(covariance[:4, :4], tol=1e-9) < 4:
        return {}
    direct, *second = np.linalg.solve(covariance[:4, :4], covariance[:4, 4])
    carried = covariance[0, 1:4] / covariance[0, 0] * second
    found = {f"mediation.{d}.indirect": x for d, x in zip(DIMENSIONS, carried, strict=True)}
    return found | {"mediation.total_indirect": carried.sum(), "mediation.direct": direct}


def _value(groups, margin, horizon_months, compensation, handling_cost):
    """Return the worth of a recovery, the compensation at which it is nothing, and what a failure costs, in EUR."""
    if None in (margin, horizon_months, compensation, handling_cost):
        return {}
    quiet, failed, repaired = (
        mean_of(group, "repurchase") * margin * horizon_months for group in groups
    )
    before_paying = repaired - failed - handling_cost
    return {
        "value.per_recovery": before_paying - compensation,
        "value.break_even_compensation": before_paying,
        "value.failure_cost": quiet - repaired + compensation + handling_cost,
    }


# Within the recovered


def _changes(groups, item, high_at):
    """Return changes as they stand, and their sizes."""
    without, _, recovered = groups
    change = [mean_of(group, item) - mean_of(group, f"{item}_before") for group in groups]
    found = {f"change.{item}.raw": change[2], f"change.{item}.net": change[2] - change[0]}
    moved = recovered.assign(change=recovered[item] - recovered[f"{item}_before"])
    before, after, gained = np.sqrt(
        np.diag(covariance_of(moved, [f"{item}_before", item, "change"])).clip(0)
    )
    if before + after > 1e-9:
        found[f"change.{item}.d_av"] = change[2] / np.sqrt((before**2 + after**2) / 2)
    if gained > 1e-9:
        found[f"change.{item}.d_z"] = change[2] / gained
    slope = slopes_of(without, [f"{item}_before"], item)
    if slope is not None:
        found[f"change.{item}.reliability"] = slope[0]
    well = moved[moved["recovery_quality"] >= high_at]
    if well["answered"].sum() > 0:
        found[f"conditional.{item}.change"] = mean_of(well, "change")
        found[f"conditional.{item}.change_selection"] = mean_of(well, "change") - change[2]
    return found


def _regression(groups, item, reliability, mean):
    """Return the change of the recovered expected with no effect, and what is left of the raw one."""
    start = mean_of(groups[2], f"{item}_before")
    expected = (1 - reliability) * (mean - start)
    return {
        f"change.{item}.expected_by_regression": expected,
        f"change.{item}.corrected": mean_of(groups[2], item) - start - expected,
    }


def _ceiling(world, groups, item):
    """Return the shares at the top: of the recovered before, leavers included, of the others after."""
    values = scale_of(world, item)
    return {
        f"ceiling.{item}.before": shares_of(groups[2], f"{item}_before", values, "share")[-1],
        f"ceiling.{item}.after": shares_of(groups[0], item, values)[-1],
    }


def _exact(value):
    """Return `value` without the dust of floating point: no effect is 0, not 1e-17."""
    return round(float(value), 12) + 0.0
