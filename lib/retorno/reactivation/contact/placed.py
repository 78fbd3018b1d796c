"""Where the customers of a campaign stand in the purchases, and what they bring from there on, summed in the engine.

Estimand: none; these are places and sums.
"""

from dataclasses import dataclass

import numpy as np

from retorno.reactivation.contact.campaign import HOLDOUT
from retorno.reactivation.curves.aligned import aligned_sums
from retorno.reactivation.history import BUCKETS, History
from retorno.stats.recurrent import MeanCurves, mean_cumulative


@dataclass(frozen=True, slots=True)
class Placed:
    """Customers of contacts with their day in the data.

    Attributes
    ----------
    starts : ibis.Table
        customer_id, arm, day (of the contact), bucket: which of `BUCKETS` random parts of these customers it is in.
    inside, left_out, late : int
        Customers whose day lies inside the data, all others, and those of them whose day lies after it.
    last_contact : int
        The last day of contact inside the data; 0 without any.
    contact_days : int
        Different days on which anybody was contacted.
    undated_holdout : bool
        The holdout has no day, and those contacted have several.
    aligned : bool
        The holdout has no day and was put on the only day of contact.
    cost : float or None
        Mean cost of a contact inside the data; None without the column.
    """

    starts: object
    inside: int
    left_out: int
    late: int
    last_contact: int
    contact_days: int
    undated_holdout: bool
    aligned: bool
    cost: float | None


def place_contacts(history: History, contacts) -> Placed:
    """Return the days of contact on the calendar of `history`; `contacts` needs customer_id and contacted_on."""
    import ibis

    day = contacts.contacted_on.delta(ibis.date(history.first_day), unit="day").cast("int32")
    cost = contacts.cost if "cost" in contacts.columns else ibis.null("float64")
    c = contacts.select("customer_id", "arm", day=day, cost=cost)
    treated, dated = c.arm != HOLDOUT, ~c.day.isnull()
    first = c.aggregate(
        days=c.day.nunique(where=treated),
        only=c.day.max(where=treated),
        dated_holdout=(dated & ~treated).sum().fill_null(0),
        holdout=(~treated).sum().fill_null(0),
    )
    first = first.execute().iloc[0]
    undated = first.holdout > 0 and first.dated_holdout == 0
    aligned = bool(undated and first.days == 1)
    if aligned:  # nobody else could have been contacted on another day
        c = c.mutate(day=treated.ifelse(c.day, ibis.literal(int(first.only), "int32")))
    is_inside = c.day.between(0, history.last).fill_null(False)
    sums = c.aggregate(
        inside=is_inside.sum().fill_null(0),
        total=c.count(),
        late=(c.day > history.last).sum().fill_null(0),
        last=c.day.max(where=is_inside),
        cost=c.cost.mean(where=is_inside & (c.arm != HOLDOUT)),
    )
    sums = sums.execute().iloc[0]
    starts = c.filter(is_inside)
    place = ibis.row_number().over(order_by=starts.customer_id)
    starts = starts.select("customer_id", "arm", "day", bucket=(place % BUCKETS).cast("int32"))
    inside = int(sums.inside)
    return Placed(
        starts=starts,
        inside=inside,
        left_out=int(sums.total) - inside,
        late=int(sums.late),
        last_contact=int(sums["last"]) if inside else 0,
        contact_days=int(first.days),
        undated_holdout=bool(undated and first.days > 1),
        aligned=aligned,
        cost=None if sums.cost is None or np.isnan(sums.cost) else float(sums.cost),
    )


def contact_curves(history: History, starts, arms, days: int) -> MeanCurves:
    """Return mean curves of holdout, all treated, and the arms where there are several; all followed for `days`."""
    code = starts.arm.cases(*((arm, place) for place, arm in enumerate(arms)))
    sums = aligned_sums(history, starts.mutate(group=code), days, groups=len(arms))
    pooled = (
        np.stack([each[0], each[1:].sum(axis=0), *(each[1:] if len(arms) > 2 else ())])
        for each in (sums.full, sums.full_at_risk)
    )
    return mean_cumulative(*pooled)
