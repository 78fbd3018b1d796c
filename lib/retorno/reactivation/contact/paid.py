"""What was paid for the contacts of an arm, and what that is for each return and each extra one, or why not."""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import quantity, say
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.contrasts import Contrast
from retorno.stats.randomised import cost_per_extra, cost_per_success
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class Cost:
    """What returns of all treated, or of one arm, cost.

    Attributes
    ----------
    arm : str or None
        None: all treated arms pooled.
    n, returned, missing : int
        Customers contacted, of them back, of all compared without a return outcome or a cost.
    total : float or None
        Cost of those contacted.
    effect : Contrast or None
        On returning.
    per_return, per_extra : Estimate or None
    no_return, no_extra : str or None
        Why not.
    """

    arm: str | None
    n: int
    returned: int
    missing: int
    total: float | None
    effect: Contrast | None
    per_return: Estimate | None
    per_extra: Estimate | None
    no_return: str | None
    no_extra: str | None

    @property
    def extra(self) -> float:
        """Returns there would not have been without contact, where an effect is stated."""
        return self.n * self.effect.estimate.value


def unknown_cost(tests: Campaign) -> str | None:
    """Return which parameter or column is wanting, or None."""
    if tests.return_outcome is None:
        return unnamed_return()
    if "cost" not in tests.frame and tests.contact_cost is None:
        return unpriced()
    return None


def unnamed_return() -> str:
    """Return why nothing is said of who came back where no column is named for it."""
    return say(
        "Not stated: which column of `contacts` says who came back, 0 or 1, is not named (parameter "
        "return_outcome)."
    )


def unpriced() -> str:
    """Return why nothing is said of costs where none are given."""
    return say(
        "Not stated: what a contact costs is not known; a column cost in `contacts` or parameter contact_cost "
        "says it."
    )


def contact_costs(tests: Campaign) -> np.ndarray:
    """Return the cost of contacting each customer, shape (n,): the column, else the parameter; NaN where missing."""
    if "cost" in tests.frame:
        return tests.frame["cost"].to_numpy(dtype=float)
    return np.full(tests.customers, np.nan if tests.contact_cost is None else tests.contact_cost)


def cost_of(tests: Campaign, arm: str | None, effect: Contrast) -> Cost:
    """Return what returns of one arm cost, or of all treated arms when `arm` is None; `effect` is theirs."""
    back, cost = tests.frame[tests.return_outcome].to_numpy(dtype=float), contact_costs(tests)
    rows, treated = tests.rows(arm), tests.treated
    contacted = rows & treated
    known = contacted & np.isfinite(back) & np.isfinite(cost)
    held = rows & ~treated & np.isfinite(back)
    missing = int(contacted.sum() - known.sum() + (rows & ~treated).sum() - held.sum())
    cost, success, without = cost[known], back[known], back[held]
    n, returned = success.size, int(success.sum())
    why = _nothing(tests, cost, n, returned)
    per_return = None if why else cost_per_success(cost, success, level=tests.level)
    no_extra = why or _no_extra(effect)
    per_extra = None
    if no_extra is None:
        try:
            per_extra = cost_per_extra(cost, success, without, level=tests.level)
        except ValueError:  # customers without a cost apart, the effect is no longer clear
            no_extra = _not_clear(effect)
    total = float(cost.sum()) if n else None
    return Cost(arm, n, returned, missing, total, effect, per_return, per_extra, why, no_extra)


def _nothing(tests: Campaign, cost, n: int, returned: int) -> str | None:
    least = max(tests.min_group, 2)
    if n < least:
        return too_few(say("customers contacted"), n, least)
    if returned < least:
        return too_few(say("customers contacted who came back"), returned, least)
    if not cost.sum() > 0:
        return say(
            "Not stated: every contact is said to cost nothing; a column cost in `contacts` or parameter contact_cost "
            "above 0 is needed."
        )
    return None


def _no_extra(effect: Contrast) -> str | None:
    if effect.refused:
        return effect.refused
    return None if effect.verdict == "above" else _not_clear(effect)


def _not_clear(effect: Contrast) -> str:
    return say(
        "Not stated: no extra return is shown. The effect on {outcome} is {effect} ({low} to {high}): not clear above "
        "zero.",
        outcome=effect.names["outcome"],
        effect=quantity(effect.estimate.value, effect.unit),
        low=quantity(effect.estimate.ci_low, effect.unit),
        high=quantity(effect.estimate.ci_high, effect.unit),
    )
