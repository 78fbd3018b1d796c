"""What a table of referrers can say: how many referrals each customer made, and no word on who came by them.

Such a table is what many firms and teaching cases have: one row a customer with a count of referrals. It carries the
concentration of referrals, and a lesson on comparing those who refer with those who do not. It holds no referred
customer, no link between two customers and no day, so everything that rests on these is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retorno.errors import ParameterError
from retorno.findings import Findings
from retorno.language import listed, mark, say
from retorno.referral.alike.covariates import MOST
from retorno.referral.campaign.credited import SHARE as NET_SHARE
from retorno.referral.campaign.effect import EFFECTS
from retorno.referral.cascade.reproduction import NUMBER
from retorno.referral.cascade.timing import DAYS
from retorno.referral.fraud.flagged import SHARE as FLAGGED
from retorno.referral.fraud.loss import LOSS
from retorno.referral.payoff.programme import ROI
from retorno.referral.referrers.best import BEST
from retorno.referral.referrers.concentration import ReferralConcentration, concentration_of
from retorno.referral.staying.retention import DEFINITIONS as RETENTION
from retorno.referral.worth.value import GAP

OWN = frozenset(("customer_id", "referrals", "left"))

REASONS = {
    "referred": mark(
        "Not stated: the table referrers counts the referrals a customer made; no column says which customers were "
        "referred. A table customers with the column referred is needed."
    ),
    "value": mark(
        "Not stated: the table referrers does not say who was referred, nor what each month earned. Tables customers "
        "and margins are needed."
    ),
    "links": mark(
        "Not stated: the table referrers counts referrals and links no two customers. A table customers with the "
        "column referrer_id, or a table referrals, is needed."
    ),
    "rows": mark(
        "Not stated: the table referrers has no row for a single referral, no device, address or means of payment. A "
        "table referrals is needed."
    ),
    "days": mark(
        "Not stated: the table referrers has no day on which anybody joined or was referred. A table customers with "
        "joined_on is needed."
    ),
}
CANNOT = (
    *((definition, "referred") for definition in RETENTION),
    (GAP, "value"),
    (ROI, "value"),
    (BEST, "links"),
    (NUMBER, "links"),
    (DAYS, "links"),
    (FLAGGED, "rows"),
    (LOSS, "rows"),
    (EFFECTS["all"], "days"),
    (NET_SHARE, "days"),
)


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of referrals of customers, and what else is known of them.

    Attributes
    ----------
    made : ndarray of int, shape (n,)
        Referrals of each customer, zeros included.
    left : ndarray of float, shape (n,) or None
        1 left, 0 did not, NaN not known; None without such a column.
    others : DataFrame, n rows
        The other columns, those that may be covariates.
    """

    made: np.ndarray
    left: np.ndarray | None
    others: object

    @property
    def refers(self) -> np.ndarray:
        """Who made at least one referral."""
        return self.made > 0

    def concentration(self, *, level: float = 0.95, min_group: int = 5) -> ReferralConcentration:
        """Return how referrals are spread over the customers."""
        return concentration_of(self.made, level=level, min_group=min_group)

    def covariates(self, names: Sequence[str]):
        """Return the columns `names` as a frame (ParameterError where one is not there, or is an id or a text)."""
        there = list(self.others.columns)
        for name in names:
            if name not in there:
                raise ParameterError(
                    say(
                        "covariates: referrers has no column {name} that could be one; there is {there}.",
                        name=repr(name),
                        there=listed(there) or say("none"),
                    )
                )
            column = self.others[name]
            if column.dtype.kind not in "bif" and column.nunique() > MOST:
                raise ParameterError(
                    say(
                        "covariates: the column {name} of referrers holds {n} different words; a covariate has at most "
                        "{most}.",
                        name=repr(name),
                        n=column.nunique(),
                        most=MOST,
                    )
                )
        return self.others[list(names)]


def counted(table) -> Counted:
    """Return the counts of a checked `referrers` table, ibis.Table or DataFrame."""
    frame = table.execute() if hasattr(table, "execute") else table
    left = frame["left"].astype("Float64").to_numpy(float, np.nan) if "left" in frame else None
    others = frame[[name for name in frame.columns if name not in OWN]].reset_index(drop=True)
    return Counted(frame["referrals"].to_numpy().astype(int), left, others)


def cannot_answer() -> Findings:
    """Refuse what a table of referrers cannot say, each with its reason and what would be needed."""
    return Findings(definition.refuse(say(REASONS[why])) for definition, why in CANNOT)
