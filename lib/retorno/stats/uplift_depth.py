"""How deep to go down a ranking: the depth of the highest profit, and what choosing it is worth.

The depth that looks best looks better than it is on the rows that chose it. So the profit of choosing is judged
forward: for each block the depth is the one that looked best on the blocks before it.

Sources: Hsu (1984), Annals of Statistics 12, 1136-1144, for the comparison with the best; Luedtke and van der Laan
(2016), Annals of Statistics 44, 713-742, for choosing forward.
"""

from dataclasses import dataclass

import numpy as np

from retorno.stats.uplift import DEPTHS, LEAST, Curve, Linear, draws, mean_in
from retorno.stats.uplift_scores import NOTHING, Scores


@dataclass(frozen=True, slots=True)
class BestDepth:
    """The depth of the highest profit, 0 included, and those that cannot be told apart from it.

    Attributes
    ----------
    depth : float
        Share of the file, 0 to 1; the smallest where several are as high.
    low, high : float
        Smallest and largest depth whose profit is not clearly below that of another (comparison with the best).
    profit : float
        At `depth`, as read off the same rows that chose it: too high on average, see `chosen_forward`.
    """

    depth: float
    low: float
    high: float
    profit: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """A depth chosen for each block on the blocks before it.

    Attributes
    ----------
    by_block : ndarray, shape (models,)
        Depth chosen for each ranked block.
    own : ndarray, shape (n,)
        That of each unit's block; 0 for units of the first blocks.
    share : float
        Mean depth over the ranked units.
    """

    by_block: np.ndarray
    own: np.ndarray
    share: float


def best_depth(curve: Curve, *, value: float, cost: float, level: float, rng) -> BestDepth:
    """Return the depth at which `value` x gain - `cost` x depth is highest, 0 among them, with those as good.

    Parameters
    ----------
    curve : Curve
    value, cost : float
        Money for one unit of gain; of treating one unit.
    level : float
        Probability that the depth with the highest true profit, of those read, lies in the range given.

    Notes
    -----
    A depth stays in the range unless another's profit is higher by more than chance allows, the largest of all these
    comparisons at once (Hsu). The range held the true best depth in 0.944 of 2,000 simulated runs where all depths are
    as good, and always where profit peaks: it is cautious. `profit` was too high by 0.0388 and 0.0263, about
    once its own spread.
    """
    depths = np.concatenate([[0.0], curve.depths])
    profit = np.concatenate([[0.0], value * curve.gain - cost * curve.depths])
    covariance = np.zeros((depths.size, depths.size))
    covariance[1:, 1:] = value**2 * curve.covariance
    kept = depths[as_good_as_best(profit, covariance, curve.df, level=level, rng=rng)]
    best = int(np.argmax(profit > profit.max() - NOTHING * np.abs(profit).max()))
    return BestDepth(float(depths[best]), float(kept.min()), float(kept.max()), float(profit[best]))


def as_good_as_best(values, covariance, df, *, level: float, rng) -> np.ndarray:
    """Return which of several estimates are not clearly below another one, shape (k,), bool.

    Parameters
    ----------
    values, covariance : array_like of float, shapes (k,) and (k, k)
    df : float, or array_like of float, shape (k,)
        Degrees of freedom of the covariance; of each variance, where the estimates are independent.
    level : float
        Probability that the one with the highest true value is among those returned, at least.

    Examples
    --------
    >>> as_good_as_best([0.0, 5.0, 5.5], np.eye(3), 100, level=0.95, rng=np.random.default_rng(1)).tolist()
    [False, True, True]
    """
    values, covariance = np.asarray(values, dtype=float), np.asarray(covariance, dtype=float)
    drawn, diagonal = draws(covariance, df, rng), covariance.diagonal()
    kept = np.ones(values.size, dtype=bool)
    for one in range(values.size):
        spread = diagonal[one] + diagonal - 2 * covariance[one]
        others = spread > NOTHING**2 * diagonal.max()
        if others.any():
            se = np.sqrt(spread[others])
            ahead = ((values[others] - values[one]) / se).max()
            by_chance = ((drawn[:, others] - drawn[:, [one]]) / se).max(axis=1)
            kept[one] = ahead <= np.quantile(by_chance, level)
    return kept


def chosen_forward(
    outcome, treated, scores: Scores, order: str, *, value: float, cost: float, depths=DEPTHS
) -> Chosen:
    """Return the depth that looked best for each block on the blocks before it; nobody is 0.

    A depth chosen on the rows that judge it looks better than it is; chosen on earlier blocks it does not. The first
    ranked block has no curve before it: there it is everybody or nobody, as the effect of the blocks that train says.
    """
    outcome, treated = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=bool)
    depths = np.asarray(depths, dtype=float)
    within, models = scores.treated_at(order, depths), len(scores.effect)
    tops, ranked, everyone = [], [], []
    for group in (treated, ~treated):
        sums = _sums_by_block(within[group], outcome[group], scores.block[group], models, scores)
        for into, mean in zip((tops, ranked, everyone), sums, strict=True):
            into.append(mean)
    effect = everyone[0] - everyone[1]
    gain = depths * (effect + (tops[0] - tops[1]) - (ranked[0] - ranked[1]))
    gain = np.where(np.isnan(gain), -np.inf, gain)
    gain[:, -1] = effect[:, 0]
    profit = np.column_stack([np.zeros(models), value * gain - cost * depths])
    by_block = np.concatenate([[0.0], depths])[profit.argmax(axis=1)]
    own = np.where(scores.scored, by_block[np.maximum(scores.block - scores.first, 0)], 0.0)
    return Chosen(by_block, own, float(own[scores.scored].mean()))


def gain_of(outcome, treated, scores: Scores, order: str, chosen: Chosen) -> Linear:
    """Return the gain of treating each block to its `chosen` depth, per unit of the file, ranked by `order`.

    Notes
    -----
    Mean of (part treated x outcome), treated minus others, over the ranked units, outcomes taken from their common
    mean. Nothing else of the earlier blocks enters, as the depths were chosen on them. With the depth of the highest
    profit chosen forward, a 95 % interval of the profit covered 0.942 and 0.952 (2,000 runs, with no and with differing
    effects), that of the difference to ranking by response 0.944 and 0.949, both without bias.
    """
    outcome, treated = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=bool)
    scored = scores.scored
    depths, place = np.unique(chosen.own, return_inverse=True)
    within = scores.treated_at(order, depths)[np.arange(place.size), place]
    product = within * (outcome - outcome[scored].mean())
    value, influence, sizes = 0.0, np.zeros(outcome.size), []
    for sign, group in ((1, treated & scored), (-1, ~treated & scored)):
        mean, own = mean_in(np.ones((group.sum(), 1)), product[group])
        value += sign * float(mean[0])
        influence[group] = sign * own[:, 0]
        sizes.append(int(group.sum()))
    return Linear(value, influence, float(min(sizes) - 1))


def everybody(scores: Scores) -> Chosen:
    """Return the choice of treating all."""
    return Chosen(np.ones(len(scores.effect)), scores.scored.astype(float), 1.0)


def _sums_by_block(within, values, block, models: int, scores: Scores):
    """Return for each model means over the blocks before its own: of the tops, of ranked units, of all units.

    Shapes (models, depths), (models, 1), (models, 1); NaN where there are fewer than `LEAST` units.
    """
    rows = [block == b for b in range(scores.first + models - 1)]
    ranked = (block >= scores.first).astype(float)[:, None]
    found = []
    for weights in (within, ranked, np.ones((values.size, 1))):
        sums = [(weights[r].sum(axis=0), np.einsum("i,ij->j", values[r], weights[r])) for r in rows]
        size, total = np.cumsum(sums, axis=0)[scores.first - 1 :].transpose(1, 0, 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(np.where(size >= LEAST - NOTHING, total / size, np.nan))
    found[2] = np.nan_to_num(found[2])  # so few units that nothing is known of the effect
    return found
