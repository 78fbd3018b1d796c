"""The laws of a recovery world: what respondents score, who meets a failure, what follows and who leaves."""

from dataclasses import dataclass, replace

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say

GROUPS = ("no_failure", "failure", "recovered")
JUSTICE = ("distributive_justice", "procedural_justice", "interactional_justice")
RATINGS = 7
"""Quality, severity, justice, stability and controllability are answered from 1 to so many points."""

FAIR = 5
"""What a respondent who neither lost nor was given anything calls the justice done, in points."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question, asked in both waves, answered in whole points from 1 to ``len(before)``.

    Attributes
    ----------
    before : tuple of float
        Chance of each score in the first wave, the lowest score first; sums to 1.
    failed, repaired : tuple of (int, float)
        Points and their chance: how far the later score lies from the one the respondent would
        have given had nothing happened, after a failure left as it was and after one put right, the
        first this respondent met. Negative: lower. The score is held inside the scale.
    """

    before: tuple[float, ...]
    failed: tuple[tuple[int, float], ...]
    repaired: tuple[tuple[int, float], ...] = ((0, 1.0),)

    @property
    def scores(self) -> np.ndarray:
        """The scores there are, in points."""
        return np.arange(1.0, len(self.before) + 1)

    @property
    def mean_before(self) -> float:
        """Mean score of all in the first wave, in points."""
        return float(self.scores @ np.asarray(self.before))


@dataclass(frozen=True, slots=True)
class World:
    """Everything the survey and the answers follow from.

    Attributes
    ----------
    satisfaction, word_of_mouth : Item
    leaves : tuple of three tuples of float
        Chance to leave before the second wave, by group of `GROUPS` and satisfaction score of the
        first wave.
    alike : float
        Share of respondents whose two scores hold the same rank in one wave; the others' are
        independent of each other.
    reliability : float
        Chance that a respondent's later scores, had nothing happened, are those of the first wave;
        else both are drawn afresh. It is the test-retest correlation.
    fails : tuple of float
        Chance of a failure at each satisfaction score of the first wave.
    attempted : float
        Chance that a failure is followed by a recovery, whatever the scores.
    prior_failures : tuple of float
        Chance of 0, 1, 2 ... failures before this one. Only a first failure is put right with more
        than was lost: after an earlier one `Item.repaired` gives nothing.
    repurchases : tuple of float
        Chance to buy again at each satisfaction score of the second wave.
    halo : float
        Chance that a recovered respondent rates the recovery by repeating the later satisfaction
        score, given or not.
    quality : tuple of float
        Chance of each recovery quality, from 1, of the others; the points of satisfaction the
        recovery gave are added to it, inside its scale.
    mirror : tuple of float
        Chance, for each dimension of `JUSTICE`, that the answer is `FAIR` plus the points of
        satisfaction lost or given, inside its scale; else it is drawn from `fairness`.
    fairness : tuple of float
        Chance of each answer, from 1, of the others.
    margin : float
        EUR per month that a customer who buys again earns.
    horizon_months : int
        Months for which that counts.
    compensation, handling_cost : float
        EUR per recovery, positive amounts.
    """

    satisfaction: Item
    word_of_mouth: Item
    leaves: tuple[tuple[float, ...], ...]
    alike: float = 0.6
    reliability: float = 0.6
    fails: tuple[float, ...] = (0.59, 0.53, 0.46, 0.40, 0.32, 0.24, 0.17)
    attempted: float = 0.6
    prior_failures: tuple[float, ...] = (0.65, 0.25, 0.07, 0.03)
    repurchases: tuple[float, ...] = (0.20, 0.27, 0.34, 0.41, 0.48, 0.55, 0.62)
    halo: float = 0.5
    quality: tuple[float, ...] = (0.03, 0.05, 0.10, 0.17, 0.25, 0.25, 0.15)
    mirror: tuple[float, float, float] = (0.7, 0.3, 0.5)
    fairness: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.25, 0.15, 0.10)
    margin: float = 30.0
    horizon_months: int = 12
    compensation: float = 20.0
    handling_cost: float = 8.0

    def __post_init__(self):
        """Refuse what is no chance, laws that do not sum to 1, and groups in which nobody answers."""
        laws = [self.quality, self.fairness, self.prior_failures]
        for item in (self.satisfaction, self.word_of_mouth):
            laws += [item.before, *([c for _, c in law] for law in (item.failed, item.repaired))]
        chances = [self.alike, self.reliability, self.attempted, self.halo, *self.mirror]
        for one in (self.fails, self.repurchases, *self.leaves, *laws):
            chances += one
        if not all(0 <= chance <= 1 for chance in chances):
            raise ParameterError(say("world: chances lie between 0 and 1."))
        if any(abs(sum(law) - 1) > 1e-9 for law in laws):
            raise ParameterError(say("world: the chances of a law sum to 1."))
        by_score = (self.fails, self.repurchases, *self.leaves)
        if len(by_score) != 5 or {len(x) for x in by_score} != {len(self.satisfaction.before)}:
            raise ParameterError(
                say("world: fails, repurchases and each group's leaves hold one chance a score.")
            )
        if len(self.mirror) != len(JUSTICE):
            raise ParameterError(
                say("world: mirror holds one chance for each dimension of justice.")
            )
        if len(self.quality) != RATINGS or len(self.fairness) != RATINGS:
            raise ParameterError(say("world: quality and fairness hold seven chances."))
        if min(self.compensation, self.handling_cost) < 0 or self.horizon_months < 1:
            raise ParameterError(say("world: costs are positive amounts, over a month or more."))
        if not all((self.group_chances() * self.stays()) @ np.asarray(self.satisfaction.before)):
            raise ParameterError(say("world: somebody answers in each group."))

    def joint(self) -> np.ndarray:
        """Return P(satisfaction, word of mouth) in the first wave, a row per satisfaction score."""
        one, other = self.satisfaction.before, self.word_of_mouth.before
        return self.alike * _same_rank(one, other) + (1 - self.alike) * np.outer(one, other)

    def group_chances(self) -> np.ndarray:
        """Return P(group | satisfaction score of the first wave), shape (3, scores)."""
        fails = np.asarray(self.fails)
        return np.stack([1 - fails, fails * (1 - self.attempted), fails * self.attempted])

    def group_shares(self) -> np.ndarray:
        """Return the share of respondents in each group, leavers included, shape (3,)."""
        return self.group_chances() @ np.asarray(self.satisfaction.before)

    def stays(self) -> np.ndarray:
        """Return P(answers in the second wave | group, satisfaction score before), shape (3, scores)."""
        return 1 - np.asarray(self.leaves)

    def turns(self) -> list[tuple[int, int, int, int, float]]:
        """Return what can happen between the waves: group, prior failures, points and chance.

        Points of satisfaction and of word of mouth lost or given, both by the same luck; the
        chance is that within the group. Of those without a failure and of those whose failure was
        left as it was, prior failures change nothing and are given as 0.
        """
        items = (self.satisfaction, self.word_of_mouth)
        turns = [(0, 0, 0, 0, 1.0)]
        turns += [(1, 0, *points, c) for points, c in _together(*(i.failed for i in items))]
        given = _together(*(item.repaired for item in items))
        for prior, chance in enumerate(self.prior_failures):
            here = given if prior == 0 else [((0, 0), 1.0)]
            turns += [(2, prior, *points, chance * c) for points, c in here]
        return turns


def _same_rank(one, other) -> np.ndarray:
    """Return P(place in `one`, place in `other`) when the same luck falls on both laws."""
    corner = np.minimum.outer(np.cumsum(one), np.cumsum(other))
    return np.diff(np.diff(np.pad(corner, ((1, 0), (1, 0))), axis=0), axis=1)


def _together(one, other):
    """Return the pairs of points that the same luck draws from two laws, each with its chance."""
    shared = _same_rank([c for _, c in one], [c for _, c in other])
    return [
        ((int(one[i][0]), int(other[j][0])), float(shared[i, j]))
        for i, j in np.argwhere(shared > 1e-12)
    ]


def _same_at_all_scores(*chances):
    return tuple((chance,) * 7 for chance in chances)


_DROP = ((0, 0.10), (-1, 0.30), (-2, 0.40), (-3, 0.20))
_SATISFACTION = Item((0.02, 0.04, 0.07, 0.13, 0.24, 0.30, 0.20), failed=_DROP)
_WORD_OF_MOUTH = Item((0.04, 0.05, 0.09, 0.15, 0.23, 0.24, 0.20), failed=_DROP)
_BONUS = ((1, 0.5), (2, 0.5))
_LEAVES = _same_at_all_scores(0.10, 0.30, 0.20)
_FLEES = tuple(float(1 / (1 + np.exp(0.8 * (score - 4.5)))) for score in range(1, 8))
WORLDS = {
    "no_paradox": World(_SATISFACTION, _WORD_OF_MOUTH, _LEAVES),
    "paradox": World(replace(_SATISFACTION, repaired=_BONUS), _WORD_OF_MOUTH, _LEAVES),
    "leavers": World(
        _SATISFACTION,
        _WORD_OF_MOUTH,
        leaves=(*_LEAVES[:2], _FLEES),
        fails=(0.4,) * 7,
    ),
}
"""First: put right, no more. Second: repair adds to satisfaction (so to repurchase), not to word of mouth.

Third: failures strike anybody and are put right, no more; but of the recovered 94 % leave who scored 1
before and 12 % who scored 7, logistic in the score, so that a logit of answering is the right model.
"""


def parameters(world: World) -> dict[str, float]:
    """Return the study's parameters that this world fixes: what a customer earns and a recovery costs."""
    return {
        "margin": world.margin,
        "horizon_months": world.horizon_months,
        "compensation": world.compensation,
        "handling_cost": world.handling_cost,
    }
