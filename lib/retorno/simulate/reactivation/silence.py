"""How silence ends in a simulated world: returns by month since the lapse, and the threshold it suggests."""

import numpy as np

from retorno.simulate.reactivation.chances import chances
from retorno.simulate.reactivation.world import World

MONTH = 30
YEAR = 360
LONGEST = 365
LATE = 0.9


def returns(world: World, lapse_days: int, months: int) -> dict[str, float]:
    """Return the hazards of return by month since the first lapse, and the share back after twelve."""
    found = {}
    starts = [one.unlapsed(lapse_days) for one in chances(world)]
    for month in range(1, months + 1):
        first, last = lapse_days + MONTH * (month - 1), lapse_days + MONTH * month
        hazard = _hazard(world, starts, first, last)
        if hazard is not None:
            found[f"return.hazard.month_{month}"] = hazard
    share, at_risk = _ended(world, starts, lapse_days)
    if share.size > YEAR and (at_risk[YEAR] > 0 or share[YEAR] == 1):
        found["return.cumulative.month_12"] = float(share[YEAR])
    return found


def _hazard(world, starts, after, until):
    """Return P(next purchase `after` + 1 to `until` days after one of `starts` | not before).

    Over those whose day `until` lies inside the data; None when there are none.
    """
    inside = max(0, world.days - until)
    if not inside:
        return None
    back = still = 0.0
    for one, start in zip(chances(world), starts, strict=True):
        away = one.away[:inside]
        still += one.share * (start[:inside] @ away[:, after])
        back += one.share * (start[:inside] @ (away[:, after] - away[:, until]))
    return float(back / still) if still > 1e-15 else None


def _ended(world, starts, silent=0):
    """Return what one minus Kaplan-Meier tends to, and the share still at risk, by days after `silent` ones.

    Of silences that begin with chance `starts` by segment and day, cut off by the last day of data.
    """
    day = np.arange(world.days)
    ends, at_risk = np.zeros(world.days), np.zeros(world.days)
    for one, start in zip(chances(world), starts, strict=True):
        inside = one.share * start[:, None] * (day[:, None] + day < world.days)
        ends += (inside * one.gap).sum(axis=0)
        at_risk[1:] += (inside[:, 1:] * one.away[:, :-1]).sum(axis=0)
    ends, at_risk = ends[silent:], np.where(at_risk > 1e-15, at_risk, 0)[silent:]
    ends[0] = 0
    left = 1 - np.divide(ends, at_risk, out=np.zeros_like(ends), where=at_risk > 0)
    return 1 - np.cumprod(np.where(left > 1e-12, left, 0)), at_risk


def threshold(world: World) -> dict[str, float]:
    """Return the silence, in days, within which nine in ten come who come at all within a year."""
    share, at_risk = _ended(world, [one.purchase for one in chances(world)])
    followed = np.flatnonzero(at_risk > 0)
    if not followed.size:
        return {}
    most = share[min(LONGEST, followed[-1])]
    if not most > 0:
        return {}
    return {"lapse.threshold": int(np.flatnonzero(share >= LATE * most * (1 - 1e-12))[0])}
