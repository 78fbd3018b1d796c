"""What no table shows of a referral programme: its rewards and costs, fraud, and who would have come anyway."""

from dataclasses import dataclass, fields

import numpy as np
from scipy import stats

from retorno.errors import ParameterError
from retorno.language import money, percent, say
from retorno.referral.payoff.type_one import Experiment, Survey

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
    referrer_effect : float, [low, high] or None
        Currency that making a rewarded referral adds to the referrer's own value; negative: takes from it.
    type_one_evidence : Experiment, Survey or None
        Where the share who would not have come comes from when `type_one_share` is None.

    Raises
    ------
    ParameterError
        When an amount is negative, or a share lies outside 0 to 1, or a range does not rise.
    """

    reward_referrer: float
    reward_referred: float
    admin_cost: float | None = None
    acquisition_cost: float | None = None
    type_one_share: float | list[float] | None = None
    fraud_share: float | list[float] | None = None
    referrer_effect: float | list[float] | None = None
    type_one_evidence: Experiment | Survey | None = None

    def __post_init__(self):
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name in SHARES:
                _check_share(field.name, given)
            elif field.name == "referrer_effect":
                _check_effect(given)
            elif field.name == "type_one_evidence":
                continue
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

    @property
    def learnt(self) -> bool:
        """Whether the share who would not have come is estimated, and not stated."""
        return self.type_one_share is None and self.type_one_evidence is not None

    @property
    def uncertain(self) -> list[str]:
        """The names of the shares that are drawn: given as a range, or estimated."""
        return (["type_one_share"] if self.learnt else []) + self.ranges

    def missing(self, *names: str) -> list[str]:
        """Return those of the parameters `names` that are not known."""
        there = {"type_one_share"} if self.learnt else set()
        return [name for name in names if name not in there and getattr(self, name) is None]

    def middle(self, name: str) -> float:
        """Return a share or effect, of a range its middle, of an estimate the nearest from 0 to 1."""
        if name == "type_one_share" and self.learnt:
            return float(np.clip(self.type_one_evidence.estimate.value, 0, 1))
        return float(np.mean(getattr(self, name)))

    def between(self, name: str) -> tuple[float, float] | None:
        """Return the range of a share or effect, of an estimate its interval within 0 to 1; None of a number."""
        if name == "type_one_share" and self.learnt:
            low, high = np.clip(self.type_one_evidence.estimate.interval, 0, 1)
            return float(low), float(high)
        given = getattr(self, name)
        return (float(given[0]), float(given[1])) if _is_range(given) else None

    def draw(self, name: str, rng: np.random.Generator) -> np.ndarray | float:
        """Return a share or effect as it is, else `DRAWS` draws; 0 where it is not known.

        Of a range they are uniform, of an estimate from its sampling error, those outside 0 to 1 moved to its ends.
        """
        if name == "type_one_share" and self.learnt:
            return np.clip(self.type_one_evidence.draw(rng, DRAWS), 0, 1)
        given = getattr(self, name)
        return rng.uniform(*given, DRAWS) if _is_range(given) else float(given or 0)

    def likely(self, name: str, size: int) -> np.ndarray:
        """Return values of a share that are equally likely: a number itself, else `size` of a range or an estimate.

        Those of an estimate are quantiles of a normal law with its error, those outside 0 to 1 moved to the ends.
        """
        if name == "type_one_share" and self.learnt:
            found = self.type_one_evidence.estimate
            places = (np.arange(size) + 0.5) / size
            return np.clip(found.value + found.se * stats.norm.ppf(places), 0, 1)
        given = getattr(self, name)
        return np.linspace(*given, size) if _is_range(given) else np.array([float(given)])

    def shown(self, name: str) -> str:
        """Return a share, its range, or its estimate with the interval, for a reader."""
        if (ends := self.between(name)) is None:
            return percent(getattr(self, name))
        low, high = (percent(end) for end in ends)
        if name in self.ranges:
            return say("{low} to {high}", low=low, high=high)
        return say(
            "{share} ({low} to {high})", share=percent(self.middle(name)), low=low, high=high
        )

    def effect_shown(self, currency: str) -> str:
        """Return what referring adds to who refers, for a reader."""
        if (ends := self.between("referrer_effect")) is None:
            return money(self.referrer_effect, currency)
        low, high = (money(end, currency) for end in ends)
        return say("{low} to {high}", low=low, high=high)

    def source(self) -> str:
        """Say, with a leading space, where the share who would not have come otherwise comes from."""
        if not self.learnt:
            where = say("stated, not estimated (parameter type_one_share)")
        else:
            where = self.type_one_evidence.name
        text = " " + say(
            "The share who would not have come otherwise, {share}, is {where}.",
            share=self.shown("type_one_share"),
            where=where,
        )
        if not self.learnt:
            return text
        low, high = self.type_one_evidence.estimate.interval
        if low >= 0 and high <= 1:
            return text
        return text + " " + say("What its error would take below 0 or above 1 counts as 0 or 1.")

    @property
    def cost(self) -> float:
        """Both rewards and administration, per rewarded referral."""
        return self.reward_referrer + self.reward_referred + self.admin_cost


def _is_range(given) -> bool:
    return isinstance(given, (list, tuple))


def _ends(given) -> list | None:
    """Return both ends of a rising range, a number twice; None of anything else."""
    ends = list(given) if _is_range(given) else [given, given]
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in ends)
    finite = len(ends) == 2 and numbers and np.isfinite(ends).all()
    return ends if finite and ends[0] <= ends[1] else None


def _check_share(name: str, given) -> None:
    ends = _ends(given)
    if given is None or (ends and ends[0] >= 0 and ends[1] <= 1):
        return
    raise ParameterError(
        say(
            "{name}: wanted a share from 0 to 1, or a rising range of two as [0.2, 0.5]; got {got}.",
            name=name,
            got=given,
        )
    )


def _check_effect(given) -> None:
    if given is None or _ends(given):
        return
    raise ParameterError(
        say(
            "referrer_effect: wanted an amount for each rewarded referral, or a rising range of two as [0, 10]; got "
            "{got}.",
            got=given,
        )
    )
