"""What no survey holds of a recovery: what a customer who stays is worth, and what the recovery costs."""

from dataclasses import dataclass, fields

import numpy as np

from retorno.errors import ParameterError
from retorno.language import say

NEEDED = ("margin", "horizon_months", "compensation", "handling_cost")


@dataclass(frozen=True, slots=True)
class Money:
    """What no survey holds of a recovery; None is not known.

    Attributes
    ----------
    currency : str
    margin : float or None
        Per customer who buys again and month.
    horizon_months : int or None
        Months the margin counts.
    compensation, handling_cost : float or None
        Paid for each recovery, positive amounts.
    intention_to_behaviour : float or None
        Share that buys again for each point of an intention asked on the scale.

    Raises
    ------
    ParameterError
        When an amount is negative or no number, or the horizon is less than a month.
    """

    currency: str
    margin: float | None = None
    horizon_months: int | None = None
    compensation: float | None = None
    handling_cost: float | None = None
    intention_to_behaviour: float | None = None

    def __post_init__(self):
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name == "currency" or given is None:
                continue
            least = 1 if field.name == "horizon_months" else 0
            if not least <= given < np.inf:
                raise ParameterError(
                    say(
                        "{name}: wanted a number of {least} or more; got {got}.",
                        name=field.name,
                        least=least,
                        got=given,
                    )
                )

    @property
    def missing(self) -> list[str]:
        """The names of what is not known and always needed."""
        return [name for name in NEEDED if getattr(self, name) is None]

    @property
    def per_share(self) -> float:
        """What it brings over the horizon that all of a group buy again instead of none."""
        return self.margin * self.horizon_months
