"""What the next test rests on: the share that comes back without contact, numbers that find more, what contact earns.

Source: the normal law of two shares, Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions,
chapter 4.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import integer, percent, quantity, say
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.paid import contact_costs, unnamed_return, unpriced
from retorno.stats.power import n_for_shares, share_power, smallest_share_difference
from retorno.stats.student import Estimate, welch

POWER, LEVEL = 0.8, 0.95  # the textbook's, whatever level the study's intervals have
POINTS = "difference in share"
SIZES = (1, 2, 4, 8)  # times the smallest extra return, in the curves
STEPS = 60  # of each curve
ENDS = (0.12, 0.995)  # powers between which a curve is drawn


@dataclass(frozen=True, slots=True)
class Curve:
    """Power by customers in each arm, for an extra return of `size` (difference in share).

    Attributes
    ----------
    size : float
    n : ndarray of int, shape (k,)
        Customers in each arm, rising.
    power : ndarray, shape (k,)
        Probability that the effect is found.
    needed : int
        Number with a power of 80 %.
    """

    size: float
    n: np.ndarray
    power: np.ndarray
    needed: int


def returned(tests: Campaign) -> tuple[float | None, tuple[int, int], str | None]:
    """Return the share of the holdout that came back, customers held out and contacted, or why there is none."""
    if tests.return_outcome is None:
        return None, (0, 0), unnamed_return()
    treated, held, _ = tests.groups(tests.return_outcome)
    n = held.size, treated.size
    if held.size < tests.min_group or not held.size:
        what = say("customers in the holdout")
        return None, n, too_few(what, held.size, max(tests.min_group, 1))
    share = float(held.mean())
    if share in (0.0, 1.0):
        return (
            None,
            n,
            say(
                "Not stated: {share} of the holdout came back, so the share that comes back without contact is not "
                "known well enough to plan with; a larger holdout is needed.",
                share=percent(share, 0),
            ),
        )
    return share, n, None


def needed_customers(share: float, smallest: float) -> tuple[int | None, str | None]:
    """Return the number in each arm that finds a rise of `smallest` from `share`, or why there is none."""
    if share + smallest >= 1:
        return None, say(
            "Not stated: {share} of the holdout came back, so {size} more is no share (parameter "
            "smallest_extra_return).",
            share=percent(share),
            size=quantity(smallest, POINTS),
        )
    try:
        return n_for_shares(share, smallest, power=POWER, level=LEVEL), None
    except ValueError:
        return None, say(
            "Not stated: an extra return of {size} is too small for any test to find (parameter "
            "smallest_extra_return).",
            size=quantity(smallest, POINTS),
        )


def smallest_found(
    share: float, n: tuple[int, int], min_group: int
) -> tuple[float | None, str | None]:
    """Return the smallest rise from `share` that a holdout and contacted of sizes `n` find, or why there is none."""
    least = max(min_group, 1)
    if n[1] < least:
        return None, too_few(say("customers contacted"), n[1], least)
    try:
        return smallest_share_difference(share, *n, power=POWER, level=LEVEL), None
    except ValueError:
        return None, say(
            "Not stated: with {holdout} held out and {treated} contacted no rise of the share that returns is found in "
            "four of five cases; more customers are needed.",
            holdout=integer(n[0]),
            treated=integer(n[1]),
        )


def net_gain(tests: Campaign) -> tuple[Estimate | None, float | None, str | None]:
    """Return what contacting one customer earns after the cost of the contact, that cost, or why not."""
    if tests.money_outcome is None:
        return (
            None,
            None,
            say(
                "Not stated: which outcome is money is not named (parameter money_outcome), so what is forgone is not "
                "known."
            ),
        )
    money, cost = tests.frame[tests.money_outcome].to_numpy(dtype=float), contact_costs(tests)
    treated, known = tests.treated, np.isfinite(money)
    if not np.isfinite(cost[treated]).any() and treated.any():
        return None, None, unpriced()
    rate = 1.0 if tests.margin_rate is None else tests.margin_rate
    contacted = treated & known & np.isfinite(cost)
    net, held = rate * money[contacted] - cost[contacted], rate * money[~treated & known]
    least = max(tests.min_group, 2)
    for values, what in (
        (held, say("customers in the holdout")),
        (net, say("customers contacted")),
    ):
        if values.size < least:
            return None, None, too_few(what, values.size, least)
    if np.ptp(net) == np.ptp(held) == 0:
        return (
            None,
            None,
            say(
                "Not stated: {outcome} is the same for every customer of each group, so nothing says how far a "
                "difference could be chance.",
                outcome=tests.money_outcome,
            ),
        )
    return welch(net, held).at(tests.level), float(cost[contacted].mean()), None


def power_curves(share: float, smallest: float) -> tuple[Curve, ...]:
    """Return the power by customers in each arm for the smallest rise, and for two, four and eight times it."""
    return tuple(
        curve
        for size in (times * smallest for times in SIZES)
        if share + size < 1 and (curve := _curve(share, size))
    )


def _curve(share: float, size: float) -> Curve | None:
    low, needed, high = (_least(share, size, power) for power in (ENDS[0], POWER, ENDS[1]))
    if None in (low, needed, high):
        return None
    n = np.unique(np.geomspace(low, max(high, low + 1), STEPS).round().astype(int))
    n = np.unique(np.append(n, needed))
    return Curve(
        size, n, np.array([share_power(share, size, m, m, level=LEVEL) for m in n]), needed
    )


def _least(share: float, size: float, power: float) -> int | None:
    try:
        return n_for_shares(share, size, power=power, level=LEVEL)
    except ValueError:
        return None
