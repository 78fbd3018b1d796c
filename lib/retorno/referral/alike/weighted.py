"""Discounted value of a group whose customers count with weights.

The same sum as in `retorno.referral.worth.discounted`, over months in sight alone, with a weighted Kaplan-Meier share
and weighted mean margins; with equal weights it is that number.
"""

import numpy as np

from retorno.money import discount_factors
from retorno.referral.gap.rows import Rows
from retorno.referral.tenure import Tenure, month_start
from retorno.stats.odds import Odds, weighted_kaplan_meier


def weighted_value(days, left, margin, seen, weight, *, annual_discount_rate: float, entry=None):
    """Return the discounted margin per customer joined, and what each customer adds to its error.

    Parameters
    ----------
    days, left : array_like, shape (n,)
        Whole days from joining to leaving or the last day of data; whether the customer left.
    margin : array_like of float, shape (n, n_months)
        By month of tenure from 1; what stands where nothing is seen does not count.
    seen : array_like of bool, shape (n, n_months)
        Somebody in each month.
    weight : array_like of float, shape (n,)
        Above 0; their scale does not matter.
    annual_discount_rate : float
        A fraction a year, above -1.
    entry : array_like of int, shape (n,), optional
        Days from joining to coming into sight.

    Returns
    -------
    value : float
        Currency per customer over the months given; negative where customers cost more than they bring.
    influence : ndarray, shape (n,)
        Sums to 0; the squares sum to the variance when weights are known and customers independent.
    """
    seen, weight = np.asarray(seen, dtype=bool), np.asarray(weight, dtype=float)
    margin = np.where(seen, margin, 0.0)
    late = {} if entry is None or not np.any(entry) else {"entry": entry}
    curve = weighted_kaplan_meier(days, left, weight, **late)
    starts = month_start(np.arange(1, seen.shape[1] + 1))
    # Everybody is a customer when month 1 starts, also who leaves on the very day of joining.
    share = np.append(1.0, curve.beyond(starts[1:]))
    discount = discount_factors(seen.shape[1], annual_discount_rate)
    total = weight @ seen
    mean = weight @ margin / total
    own = np.where(seen, margin - mean, 0.0) @ (discount * share / total)
    own += curve.influence(starts[1:], (discount * mean)[1:], days, left, **late)
    return float(discount @ (share * mean)), weight * own


def values(tenure: Tenure, table: Rows, known, odds: Odds, *, annual_discount_rate: float):
    """Return the values of both groups and the gaps between them, and what each known customer adds to their errors.

    Two dicts by name: "referred", "other" as they are, "alike" the others weighted, "plain" and "gap" referred minus
    these, "moved" the second minus the first. Errors are scaled for the size of the group they come from.
    """
    referred = tenure.referred[known]
    data = (tenure.days, tenure.left, table.margin, table.seen, tenure.entry)
    days, left, margin, seen, entry = (part[known] for part in data)
    groups = {
        "referred": (referred, np.ones(referred.size)),
        "other": (~referred, np.ones(referred.size)),
        "alike": (~referred, odds.weight),
    }
    found, errors = {}, {}
    for name, (member, weight) in groups.items():
        found[name], own = weighted_value(
            days[member],
            left[member],
            margin[member],
            seen[member],
            weight[member],
            annual_discount_rate=annual_discount_rate,
            entry=entry[member],
        )
        n = member.sum()
        errors[name] = np.zeros(referred.size)
        errors[name][member] = own * np.sqrt(n / (n - 1))
    errors["alike"] += odds.through(errors["alike"])
    for name, less in (("plain", "other"), ("gap", "alike")):
        found[name] = found["referred"] - found[less]
        errors[name] = errors["referred"] - errors[less]
    found["moved"] = found["gap"] - found["plain"]
    errors["moved"] = errors["gap"] - errors["plain"]
    return found, errors


def by_family(errors, family) -> dict[str, np.ndarray]:
    """Return the errors summed by family."""
    number = np.unique(family, return_inverse=True)[1]
    return {name: np.bincount(number, error) for name, error in errors.items()}
