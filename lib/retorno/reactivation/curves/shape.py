"""The shape of the curves, apart from their height: how much of its own value each group has brought by each day.

Estimand: mean value on offsets 0 to d over mean value of the whole window, a ratio of means over full windows.
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, mark, percent, say
from retorno.reactivation.curves.windows import Windows

TITLES = {
    "above": mark(
        "Returned customers bring their value sooner: {back} of it by day {day}, new ones {new}"
    ),
    "below": mark(
        "Returned customers bring their value later: {back} of it by day {day}, new ones {new}"
    ),
    "undecided": mark(
        "By day {day} returned customers have brought {back} of their value, new ones {new}"
    ),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Share of the window's value reached by day, of both groups.

    Attributes
    ----------
    windows : Windows
    refused : str or None
    side : str or None
        Whether the reactivated have brought more of it by day `day`: above, below, undecided; None when the window is
        not longer.
    day : int
    """

    windows: Windows
    refused: str | None
    side: str | None
    day: int

    def to_frame(self):
        """Return offset and, for each group, share and pointwise bounds; no rows when refused."""
        import pandas as pd

        w = self.windows
        if self.refused:
            return pd.DataFrame({"offset": pd.Series(dtype=int)})
        columns = {"offset": np.arange(w.window_days)}
        for group, name in enumerate(w.groups):
            shape = w.full.shape(group)
            low, high = shape.band(0, level=w.level)
            columns |= {name: shape.mean[0], f"{name}_ci_low": low, f"{name}_ci_high": high}
        return pd.DataFrame(columns)

    def _by(self, group: int, day: int) -> str:
        return percent(float(self.windows.full.shape(group).mean[0, day - 1]), 0)

    def title(self) -> str:
        """Say which group brings its value sooner."""
        if self.refused or self.side is None:
            return say("How soon the value of the window comes in")
        words = {
            "day": integer(self.day),
            "new": self._by(0, self.day),
            "back": self._by(1, self.day),
        }
        return say(TITLES[self.side], **words)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of the group's own {window}-day value that has come in, by day since the first purchase or return",
            window=integer(self.windows.window_days),
        )

    def caption(self) -> str:
        """Say what the lines and bands are, and what they leave out."""
        if self.refused:
            return self.refused
        w = self.windows
        return say(
            "Mean cumulative value over the group's own mean value of {window} days, full windows only: {n1} new, {n2} "
            "reactivated customers. Bands are pointwise {level} t intervals by customer. Every line ends at 100%: how "
            "much a group brings does not show here, only how soon. On the first day it is {new} of the new customers' "
            "value and {back} of the reactivated ones'.",
            window=integer(w.window_days),
            n1=integer(w.n[0]),
            n2=integer(w.n[1]),
            level=percent(w.level, 0),
            new=self._by(0, 1),
            back=self._by(1, 1),
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        middle = max(1, self.windows.window_days // 2)
        lines = (
            say(
                "{group}: {start} on the first day, {half} after {days} days.",
                group=name,
                start=self._by(g, 1),
                half=self._by(g, middle),
                days=integer(middle),
            )
            for g, name in enumerate(self.windows.names)
        )
        return " ".join([say("Two lines in their bands that end at 100%."), *lines])
