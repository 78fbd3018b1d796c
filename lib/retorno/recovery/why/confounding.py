"""What each dimension of justice would carry were there a hidden cause of it and of the outcome, to be drawn.

Source: Imai, Keele and Tingley (2010), Psychological Methods 15, 309-334.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import direction
from retorno.language import integer, listed, number, quantity, say
from retorno.recovery.survey import (
    JUSTICE,
)
from retorno.stats.mediation import Mediation

STEPS = 61  # correlations drawn


@dataclass(frozen=True, slots=True)
class Confounding:
    """What each dimension would carry at each correlation of the errors of dimension and outcome."""

    mediation: Mediation | None
    unit: str
    n: int
    refused: str | None

    def to_frame(self):
        """Return dimension, rho, effect, unit; one row a dimension and correlation."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {"dimension": say(label).capitalize(), "rho": rho, "effect": path.indirect_at(rho)}
            )
            for label, path in zip(JUSTICE.values(), self._paths, strict=False)
            for rho in [np.linspace(-self.widest, self.widest, STEPS)]
        ]
        names = ["dimension", "rho", "effect"]
        frame = pd.concat(parts) if parts else pd.DataFrame(columns=names)
        return frame.reset_index(drop=True).assign(unit=self.unit)

    @property
    def _paths(self):
        return self.mediation.paths if self.mediation else ()

    @property
    def widest(self) -> float:
        """Strongest correlation drawn: beyond all zeros, as far as there is room below 1."""
        return min(0.95, max(0.6, *(abs(rho) + 0.15 for rho in self.zeros.values())))

    @property
    def zeros(self) -> dict[str, float]:
        """Name of each dimension -> correlation at which nothing would run through it."""
        return {
            say(label).capitalize(): path.rho_at_zero.value
            for label, path in zip(JUSTICE.values(), self._paths, strict=False)
        }

    def title(self) -> str:
        """Say which of the effects clear of zero the weakest hidden cause would undo."""
        if not self._paths:
            return say("How fragile it is cannot be stated")
        sides = [direction(path.indirect.interval) for path in self._paths]
        clear = [
            zero
            for zero, side in zip(self.zeros.items(), sides, strict=True)
            if side != "undecided"
        ]
        if not clear:
            return say(
                "No dimension carries an effect clear of zero that a hidden cause could undo"
            )
        name, rho = min(clear, key=lambda item: abs(item[1]))
        return say(
            "The weakest hidden cause that would undo an effect: a correlation of {rho}, for {dimension}",
            rho=number(rho),
            dimension=f"{name[:1].lower()}{name[1:]}",
        )

    def subtitle(self) -> str:
        """Say what is drawn."""
        return say(
            "What each dimension of justice would carry, by the hidden correlation of errors"
        )

    def caption(self) -> str:
        """Say what is varied, how many stand behind it and where each line crosses zero."""
        if not self._paths:
            return self.refused
        return say(
            "Along the axis, the correlation that a cause not measured would give the errors of a dimension and of the "
            "outcome; 0 is what the estimates assume. One dimension is varied at a time, the other two held; {n} "
            "respondents. Lines cross zero at {zeros}.",
            n=integer(self.n),
            zeros=listed(f"{number(rho)} ({name})" for name, rho in self.zeros.items()),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if not self._paths:
            return self.refused
        lines = "; ".join(
            say(
                "{dimension}: {effect} at 0, zero at {rho}",
                dimension=name,
                effect=quantity(float(path.indirect_at(0.0)), self.unit),
                rho=number(self.zeros[name]),
            )
            for name, path in zip(self.zeros, self._paths, strict=True)
        )
        return say("A line for each dimension against a line of no effect. {lines}.", lines=lines)
