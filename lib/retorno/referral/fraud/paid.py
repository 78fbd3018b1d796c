"""What was paid for each referral: as its row says, and where it does not, as the programme is assumed to pay."""

from dataclasses import dataclass

import numpy as np

from retorno.referral.payoff.assumptions import Assumptions


@dataclass(frozen=True, slots=True)
class Paid:
    """What each referral cost.

    Attributes
    ----------
    reward, cost : ndarray of float, shape (n,)
        Both rewards; the same with administration where a reward was paid. Currency, positive amounts.
    assumed : int
        Referrals of which a reward stands in no column and is taken from the parameters.
    with_admin : bool
        Whether administration is in `cost`: parameter admin_cost has a value.
    """

    reward: np.ndarray
    cost: np.ndarray
    assumed: int
    with_admin: bool

    @property
    def rewarded(self) -> np.ndarray:
        """Whether a reward was paid, shape (n,)."""
        return self.reward > 0


def paid_for(rows, assumptions: Assumptions) -> Paid:
    """Return what was paid for each of `Links.rows`.

    Notes
    -----
    A reward that is not known is that of the parameters, if somebody was referred and no other usual reward
    of the row is 0; without anybody referred nothing is taken to be paid unless the row says so.
    Administration counts once for each rewarded referral.
    """
    names = ("reward_referrer", "reward_referred")
    given = {name: rows[name].to_numpy(dtype=float) for name in names}
    usual = {name: getattr(assumptions, name) for name in names}
    # Who goes without one reward that is usual came to nothing: the other is not taken to be paid.
    unpaid = np.any([(given[name] == 0) & (usual[name] > 0) for name in names], axis=0)
    due = rows.referred_id.notna().to_numpy(dtype=bool) & ~unpaid
    reward, assumed = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    for name in names:
        unknown = np.isnan(given[name])
        reward += np.where(unknown, np.where(due, usual[name], 0.0), given[name])
        assumed |= unknown & due & (usual[name] > 0)
    admin = assumptions.admin_cost
    cost = reward + np.where(reward > 0, admin or 0.0, 0.0)
    return Paid(reward, cost, int(assumed.sum()), admin is not None)
