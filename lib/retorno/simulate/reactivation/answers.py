"""What a study of returning customers finds in a simulated world, exact by recursion over days.

The chance of a purchase on each day follows from the laws of joining, of the gap and of the campaign (a
renewal recursion); who is new, returned or contacted follows from it, segment by segment. Nothing is drawn,
and nothing of the study's own code is used.
"""

from retorno.errors import ParameterError
from retorno.language import say
from retorno.simulate.reactivation.contact import (
    contact_costs,
    costs,
    effects,
    incremental_value,
)
from retorno.simulate.reactivation.silence import returns, threshold
from retorno.simulate.reactivation.windows import windows
from retorno.simulate.reactivation.world import World

DEFAULTS = {"lapse_days": 90, "window_days": 180}


def parameters(world: World) -> dict:
    """Return the study's parameters that this world fixes: outcomes of its campaign, margin and costs.

    `contact_cost` is the mean cost per customer contacted, offers used included, rounded to cents.
    """
    return {
        "outcomes": ["returned", "spend"],
        "money_outcome": "spend",
        "return_outcome": "returned",
        "margin_rate": world.margin_rate,
        "contact_cost": round(contact_costs(world)[""], 2),
        "acquisition_cost": world.acquisition_cost,
        "winback_cost": world.winback_cost,
        "amount_target": world.amount_target,
    }


def answers(
    world: World,
    *,
    lapse_days: int,
    window_days: int,
    margin_rate: float | None = None,
    acquisition_cost: float | None = None,
    winback_cost: float | None = None,
    amount_target: float | None = None,
    contact_cost: float | None = None,
    annual_discount_rate: float = 0.10,
    months: int = 12,
    **other_rules,
) -> dict[str, float]:
    """Return what a study finds in ever larger tables of this world, by finding id.

    The words are those of the data dictionary: a lapse is a gap of more than `lapse_days` days, the
    first of a customer counts; a window is `window_days` days from its purchase; first purchases
    are not known, so a customer is new who joins more than `lapse_days` days after day 0. Value is
    after goods sent back: margin when `margin_rate` is given, else revenue.

    Parameters
    ----------
    world : World
    lapse_days, window_days : int
        Days, 1 or more.
    margin_rate : float or None
        Margin as a fraction of the amount. Effects on outcomes stay as the outcome is, revenue.
    acquisition_cost, winback_cost, amount_target : float or None
        EUR per customer; None: no payback, or no day of an amount, is known. Without a
        `margin_rate` there is no payback.
    contact_cost, annual_discount_rate : float or None
        They change nothing here: what a contact costs stands in the contacts, and no answer of this
        world is discounted.
    months : int
        Months after the lapse, of 30 days, for which hazards are wanted.
    other_rules : optional
        Further parameters of the study that change what it counts (`first_purchase_known`,
        `all_spells`, `observed_from`, `observed_until`). Where one is set, only what follows from
        the contacts alone is known, on which they do not bear.

    Returns
    -------
    dict of str to float
        Values and costs in EUR per customer, shares and ratios as fractions, slopes per month of
        recency, days as whole numbers. An id that nobody in this world can show is left out, as is
        a day that is not reached. So are the windows when goods are sent back and `lapse_days` is
        under `world.back_within`: what comes back of an earlier purchase could then fall in them.

    Notes
    -----
    Exact up to the rounding of amounts to cents, which moves no answer by a cent, and for data that
    run from day 0 to the last day: in small tables no line may fall on them. The pooled effect
    weights the treated arms alike, as the randomisation does. An adjusted effect tends to the
    effect, because arms are drawn at random.

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
    of_contacts = effects(world) | costs(world, margin_rate)
    if any(other_rules.values()):
        return of_contacts
    of_windows = windows(
        world,
        lapse_days,
        window_days,
        margin_rate=margin_rate,
        acquisition_cost=acquisition_cost,
        winback_cost=winback_cost,
        amount_target=amount_target,
    )
    return {
        **threshold(world),
        **returns(world, lapse_days, months),
        **of_windows,
        **of_contacts,
        **incremental_value(world, margin_rate),
    }
