"""A world of respondents, asked before and after some of them meet a failure, whose answers are known exactly.

Test-retest works by repeat or redraw: a respondent to whom nothing happens repeats the scores of the
first wave with a chance equal to the reliability, or else draws fresh ones from the law of the first
wave. So the correlation of the waves *is* the reliability, a later score is expected at
``mean + reliability * (before - mean)`` on any bounded and skewed scale, and `answers` sums over the
scores, without a draw. The price: 68 % give the same score twice, where a survey found about half
(Dawes, Stocchi and Dall'Olmo Riley: 49 %, seven points, six weeks).

Failures fall on respondents who scored low before. That is what this world is made to show: they rise
by regression to the mean alone, and stay below the others by selection alone.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retorno.errors import ParameterError
from retorno.language import say
from retorno.simulate import columns

GROUPS = ("no_failure", "failure", "recovered")
DEFAULTS = {"reliability": 0.6}


def parameters(world: "World") -> dict:
    """Return the study's parameters that this world fixes: none."""
    return {}


@dataclass(frozen=True, slots=True)
class Item:
    """One question, asked in both waves, answered in whole points from 1 to ``len(before)``.

    Attributes
    ----------
    before : tuple of float
        Chance of each score in the first wave, the lowest score first; sums to 1.
    failed, repaired : tuple of (int, float)
        Points and their chance: how far the later score lies from the one the respondent would
        have given had nothing happened, after a failure left as it was and after one put right.
        Negative: lower. The score is held inside the scale.
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

    def moves(self) -> np.ndarray:
        """Return P(later score | undisturbed score), shape (3 groups, from, to)."""
        top = len(self.before)
        moves = np.zeros((len(GROUPS), top, top))
        for group, law in enumerate((((0, 1.0),), self.failed, self.repaired)):
            for points, chance in law:
                moves[group, range(top), np.clip(np.arange(top) + points, 0, top - 1)] += chance
        return moves


@dataclass(frozen=True, slots=True)
class World:
    """Everything the survey and the answers follow from.

    Attributes
    ----------
    satisfaction, word_of_mouth : Item
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
    repurchases : tuple of float
        Chance to buy again at each satisfaction score of the second wave.
    quality : tuple of float
        Chance of each recovery quality, from 1; the points of satisfaction won or lost by the
        recovery are added to it, inside its scale.
    leaves : tuple of float
        Chance to leave before the second wave in each group of `GROUPS`, whatever the scores.
    """

    satisfaction: Item
    word_of_mouth: Item
    alike: float = 0.6
    reliability: float = 0.6
    fails: tuple[float, ...] = (0.59, 0.53, 0.46, 0.40, 0.32, 0.24, 0.17)
    attempted: float = 0.6
    repurchases: tuple[float, ...] = (0.20, 0.27, 0.34, 0.41, 0.48, 0.55, 0.62)
    quality: tuple[float, ...] = (0.03, 0.05, 0.10, 0.17, 0.25, 0.25, 0.15)
    leaves: tuple[float, float, float] = (0.10, 0.30, 0.20)

    def __post_init__(self):
        """Refuse what is no chance, laws that do not sum to 1, and groups in which nobody answers."""
        laws = [self.quality]
        for item in (self.satisfaction, self.word_of_mouth):
            laws += [item.before, *([c for _, c in law] for law in (item.failed, item.repaired))]
        chances = [self.alike, self.reliability, self.attempted]
        for one in (self.fails, self.repurchases, self.leaves, *laws):
            chances += one
        if not all(0 <= chance <= 1 for chance in chances):
            raise ParameterError(say("world: chances lie between 0 and 1."))
        if any(abs(sum(law) - 1) > 1e-9 for law in laws):
            raise ParameterError(say("world: the chances of a law sum to 1."))
        if not len(self.fails) == len(self.repurchases) == len(self.satisfaction.before):
            raise ParameterError(say("world: fails and repurchases hold one chance a score."))
        if not all(self.group_shares() * (1 - np.asarray(self.leaves)) > 0):
            raise ParameterError(say("world: somebody answers in each group."))

    def joint(self) -> np.ndarray:
        """Return P(satisfaction, word of mouth) in the first wave, a row per satisfaction score."""
        one, other = np.asarray(self.satisfaction.before), np.asarray(self.word_of_mouth.before)
        corner = np.pad(np.minimum.outer(np.cumsum(one), np.cumsum(other)), ((1, 0), (1, 0)))
        same_rank = np.diff(np.diff(corner, axis=0), axis=1)
        return self.alike * same_rank + (1 - self.alike) * np.outer(one, other)

    def group_chances(self) -> np.ndarray:
        """Return P(group | satisfaction score of the first wave), shape (3, scores)."""
        fails = np.asarray(self.fails)
        return np.stack([1 - fails, fails * (1 - self.attempted), fails * self.attempted])

    def group_shares(self) -> np.ndarray:
        """Return the share of respondents in each group, leavers included, shape (3,)."""
        return self.group_chances() @ np.asarray(self.satisfaction.before)


_DROP = ((0, 0.10), (-1, 0.30), (-2, 0.40), (-3, 0.20))
_SATISFACTION = Item((0.02, 0.04, 0.07, 0.13, 0.24, 0.30, 0.20), failed=_DROP)
_WORD_OF_MOUTH = Item((0.04, 0.05, 0.09, 0.15, 0.23, 0.24, 0.20), failed=_DROP)
_BONUS = ((0, 0.3), (1, 0.5), (2, 0.2))
WORLDS = {
    "no_paradox": World(_SATISFACTION, _WORD_OF_MOUTH),
    "paradox": World(replace(_SATISFACTION, repaired=_BONUS), _WORD_OF_MOUTH),
}
"""First: put right, no more. Second: repair adds to satisfaction (so to repurchase), not to word of mouth."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """The survey drawn from a world.

    Attributes
    ----------
    survey : DataFrame
        One row per respondent: respondent_id, group, satisfaction, satisfaction_before, repurchase
        (0 or 1), word_of_mouth, word_of_mouth_before (points), recovery_quality (1 to 7, of the
        recovered), severity (1 to 7, of those with a failure: it grows by 2 with each point of
        satisfaction the failure costs unrepaired), segment (A or B, without effect). What is asked
        in the second wave is empty for who left before it; quality and severity are asked at once.
    world : World
    """

    survey: pd.DataFrame
    world: World

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {"survey": self.survey}


def simulate(world: World, customers: int, rng: np.random.Generator) -> Simulated:
    """Draw the survey of `customers` respondents, never in a loop over them.

    Examples
    --------
    >>> survey = simulate(WORLDS["no_paradox"], 500, np.random.default_rng(1)).survey
    >>> sorted(survey["group"].unique())
    ['failure', 'no_failure', 'recovered']
    """
    before, again = _pair(world, customers, rng), _pair(world, customers, rng)
    repeats = rng.random(customers) < world.reliability
    failed = rng.random(customers) < np.asarray(world.fails)[before[0] - 1]
    group = np.where(failed, 1 + (rng.random(customers) < world.attempted), 0)
    luck = rng.random(customers), rng.random(customers)
    drop, gain, after = [], [], []
    items = (world.satisfaction, world.word_of_mouth)
    for item, start, fresh in zip(items, before, again, strict=True):
        drop.append(_points(item.failed, luck[0]))
        gain.append(_points(item.repaired, luck[1]))
        shift = np.choose(group, [0, drop[-1], gain[-1]])
        after.append(np.clip(np.where(repeats, start, fresh) + shift, 1, len(item.before)))
    buys = rng.random(customers) < np.asarray(world.repurchases)[after[0] - 1]
    quality = 1 + _drawn(world.quality, rng.random(customers)) + gain[0]
    severity = 1 - 2 * drop[0] + rng.integers(0, 2, customers)
    stays = rng.random(customers) >= np.asarray(world.leaves)[group]
    survey = pd.DataFrame(
        {
            "respondent_id": columns.ids("R", customers),
            "group": _words(GROUPS, group),
            "satisfaction": _where(stays, after[0]),
            "satisfaction_before": before[0],
            "repurchase": _where(stays, buys),
            "word_of_mouth": _where(stays, after[1]),
            "word_of_mouth_before": before[1],
            "recovery_quality": _where(group == 2, np.clip(quality, 1, len(world.quality))),
            "severity": _where(group > 0, np.clip(severity, 1, 7)),
            "segment": _words(("A", "B"), rng.integers(0, 2, customers)),
        }
    )
    return Simulated(survey, world)


def answers(
    world: World,
    *,
    reliability: float = DEFAULTS["reliability"],
    before_mean: float | None = None,
    **other_rules,
) -> dict[str, float]:
    """Return what a study finds in ever larger surveys of this world, by finding id.

    Whoever answered in the second wave counts; leaving depends on the group alone, so a group's
    answers are those of all in it. The pooled SD under `hedges_g` weights both groups by their
    share among those who answered.

    Parameters
    ----------
    world : World
    reliability : float
        What the study takes for the test-retest reliability, whatever that of the world is.
    before_mean : float or None
        What it takes for the mean before, in points, in every outcome; None: the mean of all
        respondents, leavers included.
    other_rules : optional
        Further parameters of the study (`scale`, `smallest_effect` ...): they change nothing here.

    Returns
    -------
    dict of str to float
        Differences and changes in points, of repurchase as a fraction; recovery rates as fractions,
        left out where failures cost nothing.

    Examples
    --------
    >>> known = answers(WORLDS["no_paradox"])
    >>> round(known["paradox.satisfaction.difference"], 2)
    -0.45
    >>> round(known["change.satisfaction.raw"], 2), round(known["change.satisfaction.corrected"], 2)
    (0.21, 0.0)
    """
    found, laws = {}, _laws(world)
    answered = world.group_shares() * (1 - np.asarray(world.leaves))
    for outcome, (values, _, after) in laws.items():
        found |= _contrasts(outcome, values, after, answered)
    for outcome, (item, start) in _starts(world).items():
        mean_start = start @ item.scores
        change = laws[outcome][2] @ item.scores - mean_start
        mean = item.mean_before if before_mean is None else before_mean
        expected = (1 - reliability) * (mean - mean_start[2])
        found[f"change.{outcome}.raw"] = change[2]
        found[f"change.{outcome}.net"] = change[2] - change[0]
        found[f"change.{outcome}.expected_by_regression"] = expected
        found[f"change.{outcome}.corrected"] = change[2] - expected
    return {name: _exact(value) for name, value in found.items()}


def true_effect(world: World, outcome: str) -> float:
    """Return what failure and recovery together did to the recovered, in points.

    The mean of the score given minus the score the same respondents would have given had nothing
    happened; positive: the paradox is real. Of `repurchase`: the same in the chance to buy again.

    Examples
    --------
    >>> true_effect(WORLDS["no_paradox"], "satisfaction")
    0.0
    >>> round(true_effect(WORLDS["paradox"], "satisfaction"), 2)
    0.71
    """
    values, quiet, after = _laws(world)[outcome]
    return _exact((after[2] - quiet[2]) @ values)


def _contrasts(outcome, values, after, answered):
    """Return difference, effect size and recovery rate of one outcome."""
    mean = after @ values
    variance = after @ values**2 - mean**2
    difference, drop = mean[2] - mean[0], mean[0] - mean[1]
    pooled = (answered[2] * variance[2] + answered[0] * variance[0]) / (answered[2] + answered[0])
    found = {
        f"paradox.{outcome}.difference": difference,
        f"paradox.{outcome}.hedges_g": difference / np.sqrt(pooled),
    }
    if abs(drop) > 1e-12:
        found[f"recovery_rate.{outcome}"] = (mean[2] - mean[1]) / drop
    return found


def _starts(world):
    """Return item and P(score before | group), shape (3, scores), of each outcome with a before."""
    chance = world.group_chances() / world.group_shares()[:, None]
    both = chance[:, :, None] * world.joint()
    return {
        "satisfaction": (world.satisfaction, both.sum(axis=2)),
        "word_of_mouth": (world.word_of_mouth, both.sum(axis=1)),
    }


def _laws(world):
    """Return answers, P(answer | group) had nothing happened and as given, of each outcome."""
    laws = {}
    for outcome, (item, start) in _starts(world).items():
        quiet = world.reliability * start + (1 - world.reliability) * np.asarray(item.before)
        laws[outcome] = (item.scores, quiet, np.einsum("gf,gft->gt", quiet, item.moves()))
    buys = np.asarray(world.repurchases)
    buying = [np.stack([law @ (1 - buys), law @ buys], axis=1) for law in laws["satisfaction"][1:]]
    return {**laws, "repurchase": (np.array([0.0, 1.0]), *buying)}


def _exact(value):
    """Return `value` without the dust of floating point: no effect is 0, not 1e-17."""
    return round(float(value), 12) + 0.0


def _pair(world, size, rng):
    """Draw satisfaction and word of mouth of one wave, in points."""
    rank, own = rng.random(size), rng.random(size)
    alike = rng.random(size) < world.alike
    satisfaction = 1 + _drawn(world.satisfaction.before, rank)
    return satisfaction, 1 + _drawn(world.word_of_mouth.before, np.where(alike, rank, own))


def _points(law, luck):
    points, chances = np.transpose(law)
    return points.astype(int)[_drawn(chances, luck)]


def _drawn(chances, luck):
    """Return the place in `chances` that uniform `luck` falls on."""
    return np.searchsorted(np.cumsum(chances)[:-1], luck, side="right")


def _where(there, values):
    return pd.Series(values.astype("int64"), dtype="Int64").where(there)


def _words(words, number):
    return pd.Series(words, dtype="str").take(number).to_numpy()
