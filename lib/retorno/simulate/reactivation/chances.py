"""The chance of a purchase on each day, given a purchase on another: renewal, but for one campaign.

The law of a gap depends on the day it starts on, because the campaign shortens gaps that are open on its
day. A customer has one such gap at most, so the arms enter as their average, exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import solve_triangular

from retorno.simulate.reactivation.world import Segment, World


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """What a customer of one segment does, day by day; D is the number of days.

    Attributes
    ----------
    share : float
        Of the segment among all customers.
    gap : ndarray, shape (D, D)
        P(the next purchase comes g days later | one on day t), at [t, g]; 0 beyond the last day.
    away : ndarray, shape (D, D)
        P(no purchase in the g days after one on day t), at [t, g]; no meaning beyond the last day.
    after : ndarray, shape (D, D)
        P(a purchase on day s | one on day t), at [t, s]; 1 on the diagonal, 0 before it.
    joining, purchase : ndarray, shape (D,)
        P(the first purchase falls on day t); P(a purchase on day t).
    worth : ndarray, shape (D, D)
        EUR a customer brings on average j days after a purchase on day t, by it and what follows
        it, less what comes back of these, at [t, j]; 0 beyond the last day.
    """

    share: float
    gap: np.ndarray
    away: np.ndarray
    after: np.ndarray
    joining: np.ndarray
    purchase: np.ndarray
    worth: np.ndarray

    def unlapsed(self, lapse_days: int) -> np.ndarray:
        """Return P(a purchase on day t, and no gap of more than `lapse_days` before it), shape (D,)."""
        gap = np.where(np.arange(self.gap.shape[1]) <= lapse_days, self.gap, 0)
        steps = np.eye(len(gap)) - by_day(gap)
        return solve_triangular(steps, self.joining, trans="T", unit_diagonal=True)

    def back(self, lapse_days: int) -> np.ndarray:
        """Return P(the purchase on day s ends the first lapse), shape (D,)."""
        gap = np.where(np.arange(self.gap.shape[1]) > lapse_days, self.gap, 0)
        return self.unlapsed(lapse_days) @ by_day(gap)


@lru_cache(maxsize=16)
def chances(world: World) -> tuple[Chances, ...]:
    """Return the chances of each segment."""
    return tuple(_chances(world, segment) for segment in world.segments)


def _chances(world, segment):
    gap = gap_law(world, segment, world.campaign.factor)
    after = solve_triangular(np.eye(world.days) - by_day(gap), np.eye(world.days))
    joining = np.full(world.days, 1 / world.days)
    return Chances(
        share=segment.share,
        gap=gap,
        away=1 - np.cumsum(gap, axis=1),
        after=after,
        joining=joining,
        purchase=joining @ after,
        worth=by_offset(_net(world, segment, after)),
    )


def gap_law(world: World, segment: Segment, factor: float) -> np.ndarray:
    """Return P(the next purchase comes g days after one on day t), shape (D, D), at [t, g]; 0 beyond the data.

    `factor` is that of the arm, or the mean over arms. Whoever is called back comes on the day of
    the call, or before it if the own next purchase is due sooner.
    """
    campaign, today, counted = world.campaign, world.contact_day, world.campaign.counted_days
    longer = world.longer(segment)
    own = np.concatenate([[0.0], longer[:-1] - longer[1:]])[: world.days]
    law = np.tile(own, (world.days, 1))
    silent = np.arange(max(0, today - campaign.silent_days))
    called = campaign.called(campaign.recency(today - silent), factor)
    for k in range(1, counted + 1):  # own purchase, where the call is not sooner, or the call
        g = today - silent + k
        due = own[g] * (counted + 1 - k) / counted + longer[g] / counted
        law[silent, g] = (1 - called) * own[g] + called * due
    beyond = np.arange(world.days) > (today - silent + counted)[:, None]
    law[silent] *= np.where(beyond, 1 - called[:, None], 1)
    return law * _inside(world.days)


def _inside(days):
    day = np.arange(days)
    return day[:, None] + day < days


def by_day(law: np.ndarray) -> np.ndarray:
    """Return a square array at [t, t + g] in place of [t, g]; 0 before the diagonal.

    Examples
    --------
    >>> by_day(np.array([[1, 2], [3, 0]])).tolist()
    [[1, 2], [0, 3]]
    """
    day = np.arange(len(law))
    g = day - day[:, None]
    return np.where(g >= 0, np.take_along_axis(law, np.maximum(g, 0), axis=1), 0)


def by_offset(values: np.ndarray) -> np.ndarray:
    """Return a square array at [t, g] in place of [t, t + g]; 0 beyond the last day.

    Examples
    --------
    >>> by_offset(np.array([[1, 2], [0, 3]])).tolist()
    [[1, 2], [3, 0]]
    """
    day = np.arange(len(values))
    s = day + day[:, None]
    inside = s < day.size
    return np.where(inside, np.take_along_axis(values, np.where(inside, s, 0), axis=1), 0)


def _net(world, segment, after):
    """Return EUR on day s, at [t, s]: bought, less what comes back of the `back_within` days before."""
    bought = np.cumsum(np.pad(after, ((0, 0), (world.back_within + 1, 0))), axis=1)
    recent = bought[:, world.back_within : -1] - bought[:, : -world.back_within - 1]
    back = world.returned_share * recent / world.back_within
    return segment.spend_mean * (after - back)


def back_by(world: World, days: np.ndarray) -> np.ndarray:
    """Return P(goods sent back arrive within `days` days)."""
    return np.clip(days, 0, world.back_within) / world.back_within
