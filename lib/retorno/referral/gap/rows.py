"""Margins as a table of customers by months of tenure, and which customers belong together."""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import integer, say
from retorno.referral.tenure import NAMES, Tenure


@dataclass(frozen=True, slots=True)
class Rows:
    """Margins of the months from 1 on in which enough customers of both groups are present.

    Attributes
    ----------
    margin : ndarray of float, shape (n, n_months)
        By position and month of tenure; 0 where there is no row.
    seen : ndarray of bool, shape (n, n_months)
        Whether there is a row.
    n : ndarray of int, shape (n_months, 2)
        Customers present: referred, other.
    """

    margin: np.ndarray
    seen: np.ndarray
    n: np.ndarray

    @property
    def months(self) -> int:
        """The last month."""
        return self.seen.shape[1]


def rows(tenure: Tenure, chosen, *, least: int) -> Rows:
    """Return the margins of the customers `chosen`, up to the horizon or the last month with `least` in both groups.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins.
    chosen : array_like of bool, shape (n,)
        The others have no row.
    least : int
        Months from 1 on count as long as so many customers of each group are present.
    """
    shape = (tenure.days.size, tenure.horizon_months)
    table = tenure.panel.filter(tenure.panel.month <= tenure.horizon_months)
    frame = table.select("position", "month", "margin").execute()
    who, month = frame.position.to_numpy(dtype=int), frame.month.to_numpy(dtype=int) - 1
    keep = np.asarray(chosen, dtype=bool)[who]
    margin, seen = np.zeros(shape), np.zeros(shape, dtype=bool)
    margin[who[keep], month[keep]] = frame.margin.to_numpy(dtype=float)[keep]
    seen[who[keep], month[keep]] = True
    n = np.column_stack([seen[tenure.referred].sum(axis=0), seen[~tenure.referred].sum(axis=0)])
    short = np.flatnonzero(n.min(axis=1) < max(least, 1))
    last = int(short[0]) if short.size else shape[1]
    return Rows(margin[:, :last], seen[:, :last], n[:last])


def none_in_first(tenure: Tenure, chosen, *, least: int) -> str:
    """Return why `rows` of the customers `chosen` hold no month: which group is short in month 1."""
    first = tenure.month(1)[0]
    first = first[np.asarray(chosen, dtype=bool)[first]]
    n = {group: int((tenure.referred[first] == group).sum()) for group in NAMES}
    group = min(n, key=n.get)
    what = say(
        'customers of the group "{group}" present in month {month}',
        group=say(NAMES[group]),
        month=integer(1),
    )
    return too_few(what, n[group], least)
