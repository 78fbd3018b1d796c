"""What a study of returning customers finds in a simulated world, exact by recursion over days.

The chance of a purchase on each day follows from the laws of joining and of the gap (a renewal
recursion); who is new, returned or contacted follows from it, segment by segment. Nothing is drawn,
and nothing of the study's own code is used.
"""

from collections.abc import Sequence

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say


def answers(
    world, *, lapse_days: int, window_days: int, months: int = 12, **other_rules
) -> dict[str, float]:
    """Return what a study finds in ever larger tables of this world, by finding id.

    The words are those of the data dictionary: a lapse is a gap of more than `lapse_days` days, the
    first of a customer counts; a window is `window_days` days from its purchase, all inside the
    data; value is revenue after goods sent back; first purchases are not known, so a customer is
    new who joins more than `lapse_days` days after day 0.

    Parameters
    ----------
    world : retorno.simulate.reactivation.World
    lapse_days, window_days : int
        Days, 1 or more.
    months : int
        Months after the lapse, of 30 days, for which hazards are wanted.
    other_rules : optional
        Further parameters of the study that change what it counts (`first_purchase_known`,
        `all_spells`, `margin_rate`, `observed_from`, `observed_until`). Where one is set, only the
        effects of contact are known, on which they do not bear.

    Returns
    -------
    dict of str to float
        Values in EUR per customer, shares and ratios as fractions, slopes per month of recency. An
        id that nobody in this world can show is left out. So are the windows when goods are sent
        back and `lapse_days` is under `world.back_within`: what comes back of an earlier purchase
        could then fall in them.

    Notes
    -----
    Exact up to the rounding of amounts to cents, which moves no answer by a cent, and for data that
    run from day 0 to the last day: in small tables no line may fall on them. The pooled effect
    weights the treated arms alike, as the randomisation does.

    Examples
    --------
    >>> from retorno.simulate.reactivation import WORLDS
    >>> known = answers(WORLDS["works"], lapse_days=90, window_days=180)
    >>> round(known["window.ratio"], 2)
    1.23
    """
    for name, given in (("lapse_days", lapse_days), ("window_days", window_days)):
        if given < 1:
            raise ParameterError(
                say(
                    "{name}: wanted a whole number of days, 1 or more; got {got}.",
                    name=name,
                    got=given,
                )
            )
    if any(other_rules.values()):
        return _effects(world)
    return {
        **_windows(world, lapse_days, window_days),
        **_hazards(world, lapse_days, months),
        **_effects(world),
    }


def _arrivals(start: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return P(a purchase on day t), the first falling by `start` and each next following by `gap`.

    Examples
    --------
    >>> _arrivals(np.array([1.0, 0, 0]), np.array([0, 0.5, 0.25]))
    array([1. , 0.5, 0.5])
    """
    arrivals = start.astype(float)
    for day in range(1, arrivals.size):
        arrivals[day] += arrivals[:day] @ gap[day:0:-1]
    return arrivals


def _gap(world, segment):
    """Return P(a gap is g days), g = 0 to `days`."""
    longer = world.longer(segment)
    return np.concatenate([[0.0], longer[:-1] - longer[1:]])


def _joining(world):
    return np.full(world.days, 1 / world.days)


def _unlapsed(world, gap, lapse_days):
    """Return P(a purchase on day t, and no lapse before it)."""
    return _arrivals(_joining(world), np.where(np.arange(gap.size) <= lapse_days, gap, 0))


def _windows(world, lapse_days, window_days):
    last_start = world.days - window_days
    if last_start < 0 or (world.returned_share and lapse_days < world.back_within):
        return {}
    groups = [_groups(world, one, lapse_days, window_days) for one in world.segments]
    shares = [segment.share for segment in world.segments]
    new, returned, late, soon = (_mixed(shares, group) for group in zip(*groups, strict=True))
    found = {}
    if new is not None:
        found["window.new.value"] = new
    if returned is not None:
        found["window.reactivated.value"] = returned
    if new is not None and returned is not None:
        found["window.ratio"] = returned / new
        found["curve.reactivated.minus_new"] = returned - new
    if late is not None and soon is not None:
        found["window.like_for_like.ratio"] = late / soon
    return found


def _groups(world, segment, lapse_days, window_days):
    """Return chance to be in it, and that times mean value, of each group.

    The groups: new, returned, late second purchase, soon second purchase. A second purchase, g days
    after the first, has a full window for ``last_start - g + 1`` of the days one can join on; what
    was bought first may come back inside that window.
    """
    last_start = world.days - window_days
    gap = _gap(world, segment)
    value = _value(world, segment, gap, window_days)
    lapsing = _unlapsed(world, gap, lapse_days)
    beyond = np.where(np.arange(gap.size) > lapse_days, gap, 0)
    new = max(0, last_start - lapse_days) / world.days
    returned = np.convolve(lapsing, beyond)[: last_start + 1].sum()
    g = np.arange(1, last_start + 1)
    chance = gap[g] * (last_start - g + 1) / world.days
    sent_back = _back_by(world, g + window_days - 1) - _back_by(world, g - 1)
    second = chance * (value - world.returned_share * segment.spend_mean * sent_back)
    late = g > lapse_days
    return (
        (new, new * value),
        (returned, returned * value),
        (chance[late].sum(), second[late].sum()),
        (chance[~late].sum(), second[~late].sum()),
    )


def _back_by(world, days):
    """Return P(goods sent back arrive within `days` days)."""
    return np.clip(days, 0, world.back_within) / world.back_within


def _value(world, segment, gap, window_days):
    """Return the mean value, in EUR, of the window that starts with a purchase."""
    first = np.zeros(window_days)
    first[0] = 1
    kept = 1 - world.returned_share * _back_by(world, window_days - 1 - np.arange(window_days))
    return segment.spend_mean * (_arrivals(first, gap) @ kept)


def _mixed(shares: Sequence[float], group: Sequence[tuple[float, float]]) -> float | None:
    """Return the group's mean value over segments; None when nobody can be in it."""
    weight, total = np.asarray(shares) @ np.asarray(group)
    return float(total / weight) if weight > 0 else None


def _hazards(world, lapse_days, months):
    found = {}
    for month in range(1, months + 1):
        hazard = _hazard(world, lapse_days, 30 * (month - 1), 30 * month)
        if hazard is not None:
            found[f"return.hazard.month_{month}"] = hazard
    return found


def _hazard(world, lapse_days, after, until):
    """Return P(back on days `after` + 1 to `until` of a lapse | not before).

    Over customers whose day `until` lies inside the data; None when there are none.
    """
    last_purchase = world.days - 1 - lapse_days - until
    if last_purchase < 0:
        return None
    back = still = 0.0
    for segment in world.segments:
        longer = world.longer(segment)
        lapsing = _unlapsed(world, _gap(world, segment), lapse_days)[: last_purchase + 1].sum()
        still += segment.share * lapsing * longer[lapse_days + after]
        back += segment.share * lapsing * (longer[lapse_days + after] - longer[lapse_days + until])
    return float(back / still) if still > 0 else None


def _effects(world):
    """Return the effects on return and spend: each arm, pooled, and the pooled slope by recency."""
    campaign = world.campaign
    silent = np.arange(campaign.silent_days + 1, world.days)
    weight = sum(one.share * _silent(world, one)[silent] for one in world.segments)
    if not weight.sum() > 0:
        return {}
    weight = weight / weight.sum()
    recency = campaign.recency(silent)
    term = campaign.chance(recency, 1.0) - campaign.chance(recency, 0.0)
    pooled = float(np.mean([arm.factor for arm in campaign.arms]))
    centred = recency - weight @ recency
    scatter = weight @ centred**2
    found = {}
    for outcome, worth in (("returned", 1.0), ("spend", campaign.spend_mean)):
        mean = worth * float(weight @ term)
        found[f"effect.{outcome}"] = pooled * mean
        found |= {f"effect.{outcome}.{arm.name}": arm.factor * mean for arm in campaign.arms}
        if scatter > 0:
            slope = worth * float((weight * centred) @ term / scatter)
            found[f"effect.{outcome}.recency_slope"] = pooled * slope
    return found


def _silent(world, segment):
    """Return P(the last purchase lies c days before the last day), c = 0 to `days` - 1."""
    purchase = _arrivals(_joining(world), _gap(world, segment))
    return purchase[::-1] * world.longer(segment)[:-1]
