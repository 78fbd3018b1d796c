"""What a recovery leaves at each compensation, to be drawn: a line that falls one for one and crosses at break-even."""

from dataclasses import dataclass

import numpy as np

from retorno.findings import direction
from retorno.language import brief, money, percent, say
from retorno.recovery.worth.money import Money
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class ByCompensation:
    """Worth by compensation: `bears` is the compensation that breaks even, None when `refused` says why."""

    money: Money
    bears: Estimate | None
    refused: str | None
    level: float

    @property
    def _drawn(self) -> np.ndarray:
        """Compensations the figure reaches over: from none past what is paid and what pays."""
        most = max(self.money.compensation, self.bears.ci_high, 0.0)
        return np.linspace(0.0, 1.15 * most or 1.0, 40)

    def to_frame(self):
        """Return compensation, worth, ci_low, ci_high: what a recovery leaves at each compensation."""
        import pandas as pd

        names = ["compensation", "worth", "ci_low", "ci_high"]
        if self.refused:
            return pd.DataFrame(columns=names)
        bears, paid = self.bears, self._drawn
        columns = (paid, bears.value - paid, bears.ci_low - paid, bears.ci_high - paid)
        return pd.DataFrame(dict(zip(names, columns, strict=True)))

    def title(self) -> str:
        """Say whether the compensation paid still pays."""
        if self.refused:
            return say("What a recovery is worth is not stated")
        titles = {
            "above": say("At the compensation paid, a recovery earns more than it costs"),
            "below": say("At the compensation paid, a recovery costs more than it earns"),
            "undecided": say("Whether a recovery pays at the compensation paid is undecided"),
        }
        return titles[direction(self.bears.interval, self.money.compensation)]

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "What is left of a recovery by the compensation paid, {currency}",
            currency=self.money.currency,
        )

    def caption(self) -> str:
        """Say what line, band and marks are."""
        if self.refused:
            return self.refused
        bears = self.bears
        return say(
            "Margin of {margin} a month over {months} months, handling {handling}. The band is the {level} interval of "
            "the difference in repurchase, carried through. It breaks even at a compensation of {most} ({low} to "
            "{high}); {paid} is paid.",
            margin=self._money(self.money.margin),
            months=brief(self.money.horizon_months),
            handling=self._money(self.money.handling_cost),
            level=percent(self.level, 0),
            most=self._money(bears.value),
            low=self._money(bears.ci_low),
            high=self._money(bears.ci_high),
            paid=self._money(self.money.compensation),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.caption()
        first, last = self.to_frame().iloc[0], self.to_frame().iloc[-1]
        return say(
            "A falling line in its band against break-even: {first} left without compensation, {last} at {most}.",
            first=self._money(first.worth),
            last=self._money(last.worth),
            most=self._money(last.compensation),
        )

    def _money(self, amount: float) -> str:
        return money(amount, self.money.currency)
