"""The survey drawn from a recovery world, all respondents at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retorno.simulate import columns
from retorno.simulate.recovery.world import FAIR, GROUPS, JUSTICE, RATINGS, World


@dataclass(frozen=True, slots=True)
class Simulated:
    """The survey drawn from a world.

    Attributes
    ----------
    survey : DataFrame
        One row per respondent: respondent_id, group, satisfaction, satisfaction_before, repurchase
        (0 or 1), word_of_mouth, word_of_mouth_before (points), recovery_quality (1 to 7, of the
        recovered), then of those with a failure: severity (1 to 7: it grows by 2 with each point of
        satisfaction the failure costs unrepaired), distributive_justice, procedural_justice,
        interactional_justice (1 to 7), prior_failures (a count), stability, controllability (1 to
        7, without effect), and segment (A or B, without effect). What is asked in the second wave
        is empty for who left before it; the others are asked at once.
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
    >>> from retorno.simulate.recovery import WORLDS
    >>> survey = simulate(WORLDS["no_paradox"], 500, np.random.default_rng(1)).survey
    >>> sorted(survey["group"].unique())
    ['failure', 'no_failure', 'recovered']
    """
    before, again = _pair(world, customers, rng), _pair(world, customers, rng)
    repeats = rng.random(customers) < world.reliability
    failed = rng.random(customers) < np.asarray(world.fails)[before[0] - 1]
    group = np.where(failed, 1 + (rng.random(customers) < world.attempted), 0)
    luck = rng.random((4, customers))
    coin, staying = rng.integers(0, 2, customers), rng.random(customers)
    segment = rng.integers(0, 2, customers)
    prior = _drawn(world.prior_failures, rng.random(customers))
    undisturbed = [np.where(repeats, *scores) for scores in zip(before, again, strict=True)]
    drop, points, after = _turned(world, group, prior, luck[:2], undisturbed)
    survey = {
        "respondent_id": columns.ids("R", customers),
        "group": _words(GROUPS, group),
        **_second_wave(world, group, before, after, (staying, luck[2])),
    }
    rated = 1 + _drawn(world.quality, luck[3]) + points
    rated = np.where(rng.random(customers) < world.halo, after[0], rated)
    survey["recovery_quality"] = _where(group == 2, _rating(rated))
    asked = {
        "severity": _rating(1 - 2 * drop + coin),
        **_justice(world, points, rng),
        "prior_failures": prior,
        "stability": rng.integers(1, RATINGS + 1, customers),
        "controllability": rng.integers(1, RATINGS + 1, customers),
    }
    survey |= {name: _where(group > 0, given) for name, given in asked.items()}
    survey["segment"] = _words(("A", "B"), segment)
    return Simulated(pd.DataFrame(survey), world)


def _turned(world, group, prior, luck, undisturbed):
    """Return points of satisfaction a failure costs unrepaired and those lost or given, and later scores."""
    drops, points, after = [], [], []
    for item, quiet in zip((world.satisfaction, world.word_of_mouth), undisturbed, strict=True):
        drops.append(_points(item.failed, luck[0]))
        given = np.where(prior == 0, _points(item.repaired, luck[1]), 0)
        points.append(np.choose(group, [0, drops[-1], given]))
        after.append(np.clip(quiet + points[-1], 1, len(item.before)))
    return drops[0], points[0], after


def _second_wave(world, group, before, after, luck):
    """Return the outcomes in both waves, the second empty for who left before it."""
    stays = luck[0] >= np.asarray(world.leaves)[group, before[0] - 1]
    buys = luck[1] < np.asarray(world.repurchases)[after[0] - 1]
    return {
        "satisfaction": _where(stays, after[0]),
        "satisfaction_before": before[0],
        "repurchase": _where(stays, buys),
        "word_of_mouth": _where(stays, after[1]),
        "word_of_mouth_before": before[1],
    }


def _justice(world, points, rng):
    """Return the answers on each dimension of justice, given the points lost or given."""
    answers = {}
    for name, chance in zip(JUSTICE, world.mirror, strict=True):
        mirrors = rng.random(points.size) < chance
        otherwise = 1 + _drawn(world.fairness, rng.random(points.size))
        answers[name] = np.where(mirrors, _rating(FAIR + points), otherwise)
    return answers


def _rating(points):
    """Hold `points` inside the scale of a rating."""
    return np.clip(points, 1, RATINGS)


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
