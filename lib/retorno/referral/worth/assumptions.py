"""What no table shows of a referral programme: its rewards and costs, fraud, and who would have come anyway."""

from dataclasses import dataclass, fields

import numpy as np

from retorno.errors import ParameterError
from retorno.language import percent, say

DRAWS = 100_000
SHARES = ("type_one_share", "fraud_share")


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no table shows of a programme; None is not known.

    Attributes
    ----------
    reward_referrer, reward_referred : float
        Paid for each rewarded referral, positive amounts.
    admin_cost : float or None
        Further cost for each rewarded referral, a positive amount.
    acquisition_cost : float or None
        Saved by each referred customer who would have come anyway, a positive amount.
    type_one_share, fraud_share : float, [low, high] or None
        Share who would not have come without the referral, among the real; share of rewarded
        referrals that bring no real customer. A range is drawn from uniformly.

    Raises
    ------
    ParameterError
        When an amount is negative, or a share lies outside 0 to 1 or is no rising range.
    """

    reward_referrer: float
    reward_referred: float
    admin_cost: float | None = None
    acquisition_cost: float | None = None
    type_one_share: float | list[float] | None = None
    fraud_share: float | list[float] | None = None

    def __post_init__(self):
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name in SHARES:
                _check_share(field.name, given)
            elif given is not None and not 0 <= given < np.inf:
                raise ParameterError(
                    say(
                        "{name}: money paid or saved is given as a positive amount, or 0; got {got}.",
                        name=field.name,
                        got=given,
                    )
                )

    @property
    def ranges(self) -> list[str]:
        """The names of the shares given as a range."""
        return [name for name in SHARES if _is_range(getattr(self, name))]

    def middle(self, name: str) -> float:
        """Return a share, of a range its middle."""
        return float(np.mean(getattr(self, name)))

    def draw(self, name: str, rng: np.random.Generator) -> np.ndarray | float:
        """Return a share as it is, of a range `DRAWS` uniform draws; 0 where it is not known."""
        given = getattr(self, name)
        return rng.uniform(*given, DRAWS) if _is_range(given) else float(given or 0)

    def shown(self, name: str) -> str:
        """Return a share or its range for a reader."""
        given = getattr(self, name)
        if not _is_range(given):
            return percent(given)
        return say("{low} to {high}", low=percent(given[0]), high=percent(given[1]))

    @property
    def cost(self) -> float:
        """Both rewards and administration, per rewarded referral."""
        return self.reward_referrer + self.reward_referred + self.admin_cost


def _is_range(given) -> bool:
    return isinstance(given, (list, tuple))


def _check_share(name: str, given) -> None:
    ends = given if _is_range(given) else [given, given]
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in ends)
    if given is None or (len(ends) == 2 and numbers and 0 <= ends[0] <= ends[1] <= 1):
        return
    raise ParameterError(
        say(
            "{name}: wanted a share from 0 to 1, or a rising range of two as [0.2, 0.5]; got {got}.",
            name=name,
            got=given,
        )
    )
