"""The return by the share of referred customers who would not have come otherwise, the one thing hardest to know.

For every share from 0 to 1 the return with its interval: that of the value, and where fraud is a range that of joint
draws with it. What is assumed of the share moves no line; it only marks where on it the programme is thought to stand.
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, mark, percent, say
from retorno.referral.payoff.programme import Programme
from retorno.referral.tenure import REFERRED

POINTS = 101  # shares 0, 0.01, ... 1

TITLES = {
    "more": mark("The programme pays when more than {share} would not have come otherwise"),
    "fewer": mark("The programme pays when fewer than {share} would not have come otherwise"),
    "always": mark("The programme pays whatever the share who would not have come otherwise"),
    "never": mark(
        "The programme does not pay whatever the share who would not have come otherwise"
    ),
    "undecided": mark(
        "Whether the programme pays is undecided whatever the share who would not have come otherwise"
    ),
    "always unclear": mark(
        "At every share who would not have come otherwise the programme seems to pay, at some not clear of chance"
    ),
    "never unclear": mark(
        "At no share who would not have come otherwise the programme seems to pay, at some not clear of chance"
    ),
}


@dataclass(frozen=True, slots=True)
class OverTypeOne:
    """The return over the share of type one.

    Attributes
    ----------
    programme : Programme
    share, roi, ci_low, ci_high : ndarray, shape (n_points,)
        Shares from 0 to 1; the return there, a fraction of cost, and its bounds. Empty where it cannot be stated.
    """

    programme: Programme
    share: np.ndarray
    roi: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray

    @property
    def break_even(self) -> float | None:
        """The share at which the return is zero; None when it is at none from 0 to 1."""
        first, last = self.roi[0], self.roi[-1]
        return None if first == last or first * last > 0 else float(first / (first - last))

    @property
    def assumed(self) -> tuple[float, float, float] | None:
        """The share assumed or estimated, with both its ends (twice itself when it is a number); None when unknown."""
        a = self.programme.assumptions
        if a.missing("type_one_share"):
            return None
        middle = a.middle("type_one_share")
        return middle, *(a.between("type_one_share") or (middle, middle))

    def at(self, share: float) -> float:
        """Return the return at a share from 0 to 1, a fraction of cost."""
        return float(np.interp(share, self.share, self.roi))

    def refusal(self) -> str | None:
        """Return why there is no curve, or None."""
        reason = self.programme.refusal("acquisition_cost", "fraud_share", "admin_cost")
        if reason is None and self.programme.assumptions.cost == 0:
            reason = say(
                "Not stated: rewards and admin_cost are 0, and there is no return on no cost."
            )
        return reason

    @property
    def way(self) -> str:
        """Where the programme pays: from a share on (more), up to one (fewer), always or never."""
        if self.break_even is None:
            return "always" if self.roi[0] > 0 else "never"
        return "more" if self.roi[-1] > self.roi[0] else "fewer"

    def to_frame(self):
        """Return share, roi, ci_low and ci_high, a row for each share."""
        import pandas as pd

        names = ("share", "roi", "ci_low", "ci_high")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def title(self) -> str:
        """Say for which shares the programme pays."""
        if self.refusal():
            return say(
                "The return over the share who would not have come otherwise cannot be shown"
            )
        if self.break_even is not None:
            return say(TITLES[self.way], share=percent(self.break_even))
        unclear = self._holding_zero
        if not unclear.size:
            return say(TITLES[self.way])
        everywhere = unclear[0] == 0 and unclear[-1] == 1
        return say(TITLES["undecided" if everywhere else f"{self.way} unclear"])

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Return in % of cost, by the share of referred customers who would not have come otherwise"
        )

    def caption(self) -> str:
        """Say what line and band are, and what is assumed of the share."""
        if reason := self.refusal():
            return reason
        fraud = say("fraud at {fraud}", fraud=self.programme.assumptions.shown("fraud_share"))
        return (
            say(
                "The band is the {level} interval from the value of {n} referred customers, {fraud}. ",
                level=percent(self.programme.value.level, 0),
                n=integer(self.programme.value.n[REFERRED]),
                fraud=fraud,
            )
            + self._assumed()
            + self._undecided()
        )

    def _assumed(self) -> str:
        if (assumed := self.assumed) is None:
            return say("Nothing is assumed of the share (parameter type_one_share).")
        share, low, high = assumed
        if low == high:
            return say(
                "Assumed is {share}: there the return is {roi}.",
                share=percent(share),
                roi=percent(self.at(share)),
            )
        return say(
            "Held possible is {low} to {high}: there the return goes from {before} to {after}.",
            low=percent(low),
            high=percent(high),
            before=percent(self.at(low)),
            after=percent(self.at(high)),
        )

    @property
    def _holding_zero(self) -> np.ndarray:
        """The shares at which the band holds zero, its edges between two points by a straight line."""
        inside = self.share[(self.ci_low <= 0) & (self.ci_high >= 0)]
        return np.sort(np.concatenate([inside, *map(self._crossings, (self.ci_low, self.ci_high))]))

    def _crossings(self, line) -> np.ndarray:
        turns = np.flatnonzero(line[:-1] * line[1:] < 0)
        part = line[turns] / (line[turns] - line[turns + 1])
        return self.share[turns] + part * (self.share[turns + 1] - self.share[turns])

    def _undecided(self) -> str:
        """Say, with a leading space, for which shares the band holds zero."""
        inside = self._holding_zero
        if not inside.size:
            return " " + say("At no share does the band hold zero.")
        return " " + say(
            "The band holds zero from {low} to {high}.",
            low=percent(float(inside[0])),
            high=percent(float(inside[-1])),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        return say(
            "A straight line in its band, from {first} where nobody to {last} where everybody would not have come "
            "otherwise. {assumed}",
            first=percent(float(self.roi[0])),
            last=percent(float(self.roi[-1])),
            assumed=self._assumed(),
        )


def over_type_one(programme: Programme) -> OverTypeOne:
    """Return the return of a programme for every share who would not have come otherwise."""
    nothing = np.empty(0)
    found = OverTypeOne(programme, nothing, nothing, nothing, nothing)
    if found.refusal():
        return found
    shares = np.linspace(0, 1, POINTS)
    at = [
        programme.through(lambda v, _, f, p=p: programme.return_on(v, p, f), "fraud_share")
        for p in shares
    ]
    lines = ([getattr(e, name) for e in at] for name in ("value", "ci_low", "ci_high"))
    return OverTypeOne(programme, shares, *map(np.array, lines))
