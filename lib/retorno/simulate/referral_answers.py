"""What a study of a referral programme finds in a simulated world, in closed form.

The shares still there and the mean margins of each month follow from the world's laws; values, gaps and
the programme's return follow from them. Nothing is drawn, and nothing of the study's own code is used.
"""

from dataclasses import replace

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say


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
    other_rules : optional
        Further parameters of the study; none of them changes what is true of this world.

    Returns
    -------
    dict of str to float
        EUR per customer or per rewarded referral, shares, ratios and returns as fractions. Left out
        is what no customer's tenure reaches inside the data, and what is divided by nothing.

    Notes
    -----
    Exact, but for the hazard ratio: whole days make ties, which move the Cox estimate by less than
    one part in a thousand.

    Examples
    --------
    >>> from retorno.simulate.referral import DEFAULTS, WORLDS
    >>> known = answers(WORLDS["pays"], **DEFAULTS)
    >>> round(known["roi.published_form"], 2), round(known["roi"], 2)
    (0.45, 3.01)
    """
    _check(horizon_months, annual_discount_rate)
    found = _gaps(world, horizon_months)
    if not _is_observed(world, world.month_start(horizon_months)):
        return found
    value = {
        group: _value(world, group, horizon_months, annual_discount_rate) for group in (True, False)
    }
    found["value_gap"] = value[True] - value[False]
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
    found = {
        f"margin_gap.month_{month}": float(
            world.mean_margin(True, month) - world.mean_margin(False, month)
        )
        for month in (1, 12)
        if _is_observed(world, world.month_start(month))
    }
    if _is_observed(world, world.month_start(horizon_months + 1)):
        for name, group in (("referred", True), ("other", False)):
            share = world.still_there(group, world.month_start(horizon_months + 1))
            found[f"retention.{name}"] = float(share)
    found["retention.hazard_ratio"] = world.hazard_ratio
    return found


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
    if cost > 0:
        found["roi"] = earned / cost - 1
    if f < 1 and value != saved:
        found["break_even.type_one"] = (cost / (1 - f) - saved) / (value - saved)
    return found
