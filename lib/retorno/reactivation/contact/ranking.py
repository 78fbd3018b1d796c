"""Customers ranked by what contact does to them, and by what they bring when contacted: the numbers of `targeting`.

The ranking is learned forward: customers are dealt at random into ten parts, the first two only train, and each
other part is ranked by models fitted to the parts before it, so that nobody is ranked by a model that saw him.

Source: Luedtke and van der Laan (2016), Annals of Statistics 44, 713-742; see `retorno.stats.uplift_scores`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retorno.errors import ParameterError
from retorno.language import integer, listed, say
from retorno.reactivation.contact.before import columns_before
from retorno.reactivation.contact.campaign import Campaign
from retorno.stats.student import Student
from retorno.stats.uplift import Curve, Part, parts, uplift_curve
from retorno.stats.uplift_depth import (
    BestDepth,
    best_depth,
    chosen_forward,
    everybody,
    gain_of,
)
from retorno.stats.uplift_scores import fewest, forward_scores

EFFECT, RESPONSE = "effect", "response"
TENTHS = np.round(np.arange(11) / 10, 1)


@dataclass(frozen=True, slots=True)
class Depth:
    """What contacting to a depth earns, per customer of the file and after the cost of contact.

    Attributes
    ----------
    best : BestDepth
        Depth of the highest profit.
    share : float
        Mean depth, chosen for each part of the customers on the parts before it.
    profit : Student
        At the depths so chosen; `everybody` of contacting all of the same customers.
    over_everybody, over_response : Student
        Profit at these depths less that of everybody, and less that of ranking by response. An error of 0 where
        both contact the same customers.
    """

    best: BestDepth
    share: float
    profit: Student
    everybody: Student
    over_everybody: Student
    over_response: Student


@dataclass(frozen=True, slots=True)
class Ranked:
    """Gain by depth in the outcome's money, per customer of the file, for both rankings.

    Attributes
    ----------
    by : tuple of str
        Columns it is learned from.
    n, ranked, smallest, missing : int
        Customers used, those of them that are ranked, ranked ones of the smaller group; left out for a missing value.
    effect, response : Curve
    band : tuple of two ndarray
        Simultaneous bounds of the curve by effect.
    qini : Student or None
        Area between the curve by effect and the line of a random order; None when all have the same score.
    tenths : tuple of Part or None
        Mean outcomes in each tenth of the ranking by effect, the first the top.
    depth : Depth or None
        None without a cost of contact.
    """

    by: tuple[str, ...]
    n: int
    ranked: int
    smallest: int
    missing: int
    effect: Curve
    response: Curve
    band: tuple[np.ndarray, np.ndarray]
    qini: Student | None
    tenths: tuple[Part | None, ...]
    depth: Depth | None


def rank(
    tests: Campaign, outcome: str, score_by: Sequence[str] | None, *, value: float, rng
) -> Ranked | str:
    """Return both rankings of a campaign and what they gain, or why there are none.

    Parameters
    ----------
    outcome : str
        The outcome in money.
    score_by : sequence of str, or None
        Covariates of the campaign; all of them and recency when None.
    value : float
        Worth of one unit of the outcome: the margin rate, or 1.
    """
    by = _columns(tests, score_by)
    if not by:
        return say(
            "Not stated: a ranking needs a column known before the contact, such as recency (parameter score_by)."
        )
    before = columns_before(replace(tests, covariates=by))
    outcomes = tests.frame[outcome].to_numpy(dtype=float)
    known = np.isfinite(outcomes) & before.complete
    x, y, treated = before.values[known][:, before.needed], outcomes[known], tests.treated[known]
    if reason := _too_few(treated, x.shape[1], tests.min_group):
        return reason
    if np.ptp(y) == 0:
        return say("Not stated: {outcome} is the same for every customer.", outcome=outcome)
    arms = tests.frame["arm"].to_numpy(dtype=str)[known]
    scores = forward_scores(y, treated, x, strata=arms, rng=rng)
    curves = [uplift_curve(y, treated, scores, order) for order in (EFFECT, RESPONSE)]
    if not curves[0].se.min() > 0:
        return say(
            "Not stated: {outcome} is the same for all ranked customers of each group at some depth, so nothing says "
            "how far an effect there could be chance; more customers are needed.",
            outcome=outcome,
        )
    sizes = [int((rows & scores.scored).sum()) for rows in (treated, ~treated)]
    return Ranked(
        by=by,
        n=int(known.sum()),
        ranked=sum(sizes),
        smallest=min(sizes),
        missing=int((~known).sum()),
        effect=curves[0],
        response=curves[1],
        band=curves[0].band(level=tests.level, rng=rng),
        qini=_qini(curves[0]),
        tenths=tuple(parts(y, treated, scores, EFFECT, TENTHS)),
        depth=_depth(tests, y, treated, scores, curves[0], value, rng),
    )


def _depth(tests: Campaign, y, treated, scores, curve: Curve, value: float, rng) -> Depth | None:
    """Return what contacting to the best depth earns, None without a cost of contact."""
    cost = tests.contact_cost
    if cost is None:
        return None
    money = {"value": value, "cost": cost}
    chosen, whole = chosen_forward(y, treated, scores, EFFECT, **money), everybody(scores)
    earned = gain_of(y, treated, scores, EFFECT, chosen).times(value, less=cost * chosen.share)
    by_response = gain_of(y, treated, scores, RESPONSE, chosen).times(
        value, less=cost * chosen.share
    )
    all_of_them = gain_of(y, treated, scores, EFFECT, whole).times(value, less=cost)
    return Depth(
        best=best_depth(curve, **money, level=tests.level, rng=rng),
        share=chosen.share,
        profit=earned.student,
        everybody=all_of_them.student,
        over_everybody=earned.minus(all_of_them).student,
        over_response=earned.minus(by_response).student,
    )


def _columns(tests: Campaign, score_by: Sequence[str] | None) -> tuple[str, ...]:
    recency = ("recency",) if "recency" in tests.frame else ()
    there = tuple(dict.fromkeys((*recency, *tests.covariates)))
    if score_by is None:
        return there
    for name in score_by:
        if name not in there:
            raise ParameterError(
                say(
                    "score_by: {name!r} is no column known before the contact; there is {there}.",
                    name=name,
                    there=listed(there) or say("none"),
                )
            )
    return tuple(dict.fromkeys(score_by))


def _too_few(treated, columns: int, min_group: int) -> str | None:
    needed, smaller = max(fewest(columns), min_group), int(min(treated.sum(), (~treated).sum()))
    if smaller >= needed:
        return None
    return say(
        "Not stated: a ranking by {columns} columns of numbers needs {needed} customers with all values in each of "
        "those contacted and the holdout; the smaller group has {n}. Fewer columns need fewer customers (parameter "
        "score_by).",
        columns=integer(columns),
        needed=integer(needed),
        n=integer(smaller),
    )


def _qini(curve: Curve) -> Student | None:
    try:
        return curve.qini()
    except ValueError:
        return None
