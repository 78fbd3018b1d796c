"""What a study of a referral programme finds in a simulated world, in closed form.

The shares still there and the mean margins of each month follow from the world's laws; values, gaps and
the programme's return follow from them, and who joins on which day from the renewal equation. Nothing is
drawn, and nothing of the study's own code is used.
"""

from dataclasses import replace

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say
from retorno.simulate.referral.arrivals import campaign_answers, generation_days
from retorno.simulate.referral.world import MONTH_DAYS

DEFAULTS = {
    "horizon_months": 36,
    "annual_discount_rate": 0.10,
    "reward_referrer": 25.0,
    "reward_referred": 0.0,
}
MODEL_MONTHS = (1, 12, 24, 33)


def answers(
    world,
    *,
    horizon_months: int,
    annual_discount_rate: float,
    reward_referrer: float,
    reward_referred: float,
    type_one_share: float | list | None = None,
    acquisition_cost: float | None = None,
    fraud_share: float | list | None = None,
    admin_cost: float | None = None,
    customers: int | None = None,
    **other_rules,
) -> dict[str, float]:
    """Return what a study finds in ever larger tables of this world, by finding id.

    The words are those of the data dictionary; values are discounted to the day of joining, month k
    by k/12 years.

    Parameters
    ----------
    world : retorno.simulate.referral.World
    horizon_months : int
        Tenure months, 1 or more, that a customer's value counts.
    annual_discount_rate : float
        Fraction a year, above -1.
    reward_referrer, reward_referred : float
        EUR per rewarded referral, positive amounts.
    type_one_share, fraud_share : float or [low, high], optional
        Fractions; the world's own where None. Of a range no return is stated.
    acquisition_cost, admin_cost : float, optional
        EUR, positive amounts; the world's own where None.
    customers : int, optional
        Customers drawn, on which counts a day hang; left out where None.
    other_rules : optional
        Further parameters of the study; none of them changes what is true of this world.

    Returns
    -------
    dict of str to float
        EUR per customer or per rewarded referral, shares, ratios and returns as fractions. Left out
        is what no customer's tenure reaches inside the data, what is divided by nothing, and what has no
    closed form in this world.

    Notes
    -----
    Exact, but for the hazard ratio: whole days make ties, which move the Cox estimate by less than
    one part in a thousand.

    Examples
    --------
    >>> from retorno.simulate.referral import WORLDS
    >>> known = answers(WORLDS["pays"], **DEFAULTS)
    >>> round(known["roi.published_form"], 2), round(known["roi"], 2)
    (0.89, 3.15)
    """
    _check(horizon_months, annual_discount_rate)
    found = _gaps(world, horizon_months)
    found["cascade.reproduction_number"] = world.offspring[0]
    found["cascade.generation_days"] = generation_days(world)
    found |= campaign_answers(world, customers)
    # With a referrer's leaving in it, how long the referred stay has no closed form.
    if world.after_referrer_left != 1 or not _is_observed(world, world.month_start(horizon_months)):
        return found
    value = {
        group: _value(world, group, horizon_months, annual_discount_rate) for group in (True, False)
    }
    found["value_gap"] = value[True] - value[False]
    found["value_gap.percent"] = found["value_gap"] / value[False]
    found["value_gap.adjusted"] = found["value_gap"] - _segments(
        world, horizon_months, annual_discount_rate
    )
    if reward_referrer > 0:
        found["roi.published_form"] = found["value_gap"] / reward_referrer - 1
    given = {
        "type_one_share": type_one_share,
        "acquisition_cost": acquisition_cost,
        "fraud_share": fraud_share,
        "admin_cost": admin_cost,
    }
    own = {name: number for name, number in given.items() if number is not None}
    programme = replace(world.programme, **own)
    return found | _returns(programme, value[True], reward_referrer, reward_referred)


def _check(horizon_months, annual_discount_rate):
    if horizon_months < 1:
        raise ParameterError(
            say(
                "horizon_months: wanted a whole number of months, 1 or more; got {got}.",
                got=horizon_months,
            )
        )
    if annual_discount_rate <= -1:
        raise ParameterError(
            say(
                "annual_discount_rate: wanted a fraction above -1; got {got}.",
                got=annual_discount_rate,
            )
        )


def _is_observed(world, days):
    """Return whether some customer can be followed for `days` days."""
    return days <= world.days - 1


def _gaps(world, horizon_months):
    """Return the gaps in margin and in staying, in which no money is discounted."""
    found = {"retention.referrer_left.hazard_ratio": world.after_referrer_left}
    for month in MODEL_MONTHS:
        if not _is_observed(world, world.month_start(month)):
            continue
        crude = world.mean_margin(True, month) - world.mean_margin(False, month)
        if month in (1, 12):
            found[f"margin_gap.month_{month}"] = float(crude)
        if month <= horizon_months:
            found[f"margin_gap.model.month_{month}"] = float(world.alike_gap(month))
    if world.after_referrer_left != 1:
        return found
    found["retention.hazard_ratio"] = world.hazard_ratio
    found["retention.hazard_ratio.adjusted"] = world.hazard_ratio
    end = world.month_start(horizon_months + 1)
    if _is_observed(world, end):
        referred, other = (float(world.still_there(group, end)) for group in (True, False))
        found |= {"retention.referred": referred, "retention.other": other}
        found["retention.share_ratio"] = referred / other
        found["retention.share_difference"] = referred - other
        lives = [_months_of_life(world, group, end) for group in (True, False)]
        found["retention.restricted_mean"] = lives[0] - lives[1]
    return found


def _months_of_life(world, referred, end):
    """Return the mean months from joining to leaving, or to `end` days after joining where that comes first."""
    whole = int(end)
    lasting = world.still_there(referred, np.arange(whole + 1))
    return float(lasting[:whole].sum() + (end - whole) * lasting[whole]) / MONTH_DAYS


def _segments(world, horizon_months, annual_discount_rate):
    """Return what of the gap in value is of the segments: the others, if as many of them were private."""
    apart = world.private_share[0] - world.private_share[1]
    month = np.arange(1, horizon_months + 1)
    present = world.still_there(False, world.month_start(month))
    discount = (1 + annual_discount_rate) ** (-month / 12)
    return float(world.private_margin * apart * (present @ discount))


def _value(world, referred, horizon_months, annual_discount_rate):
    """Return the discounted margin of one customer, in EUR, as expected on the day of joining."""
    month = np.arange(1, horizon_months + 1)
    present = world.still_there(referred, world.month_start(month))
    discount = (1 + annual_discount_rate) ** (-month / 12)
    return float((present * world.mean_margin(referred, month)) @ discount)


def _returns(programme, value, reward_referrer, reward_referred):
    """Return the programme's return and its break-evens; `value` of a referred customer, whole."""
    p, saved = programme.type_one_share, programme.acquisition_cost
    f, other_cost = programme.fraud_share, reward_referred + programme.admin_cost
    if np.ndim(p) or np.ndim(f):
        return {}
    earned = (1 - f) * (p * value + (1 - p) * saved)
    cost = reward_referrer + other_cost
    found = {"break_even.reward": earned - other_cost}
    if f < 1 and earned > 0:
        found["break_even.fraud"] = 1 - cost * (1 - f) / earned
    if cost > 0:
        found["roi"] = earned / cost - 1
    if f < 1 and value != saved:
        found["break_even.type_one"] = (cost / (1 - f) - saved) / (value - saved)
    return found
