"""Profit by depth of a ranking, to be drawn, and by tenth of it, as a table."""

from dataclasses import dataclass

import numpy as np

from retorno.findings import direction
from retorno.language import integer, listed, mark, money, percent, say
from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.contact.ranking import Ranked

MEASURES = {True: mark("margin"), False: mark("revenue")}
TITLES = {
    "nobody": mark("At {cost} a contact, no depth of the ranking earns anything"),
    "everybody": mark("At {cost} a contact, profit is highest with everybody contacted"),
    "between": mark("At {cost} a contact, profit is highest with {depth} of the file contacted"),
    "no gain": mark("At {cost} a contact, no depth is shown to earn more than contacting nobody"),
    "no better": mark(
        "At {cost} a contact, no depth is shown to earn more than contacting everybody"
    ),
}
# Whether the margin rate is known, whether the cost of a contact is.
SUBTITLES = {
    (True, True): mark(
        "Margin less cost of contact per customer of the file, by share contacted, {currency}"
    ),
    (False, True): mark(
        "Revenue less cost of contact per customer of the file, by share contacted, {currency}"
    ),
    (True, False): mark("Margin gained per customer of the file, by share contacted, {currency}"),
    (False, False): mark("Revenue gained per customer of the file, by share contacted, {currency}"),
}
QINI_TITLES = {
    "above": mark("Ranking by effect finds customers whom contact moves more"),
    "below": mark("Ranking by effect puts those first whom contact moves least"),
    "undecided": mark("Ranking by effect finds nothing to rank"),
}


@dataclass(frozen=True, slots=True)
class ProfitCurve:
    """Profit by share of the file contacted, per customer of the file, for two rankings and a random order.

    Attributes
    ----------
    tests : Campaign
    value : float
        Worth of one unit of the money outcome.
    ranked : Ranked or None
    shown : str or None
        What is shown of the best depth, a key of `TITLES`; None without a cost of contact.
    refused : str or None
    says : list of str
        What is found, for the caption.
    """

    tests: Campaign
    value: float
    ranked: Ranked | None
    shown: str | None
    refused: str | None
    says: list[str]

    @property
    def cost(self) -> float:
        """Cost of a contact taken off; 0 where it is not known."""
        return self.tests.contact_cost or 0.0

    @property
    def best(self) -> tuple[float, float] | None:
        """Best depth and the profit the curve has there; None without a cost of contact."""
        if self.shown is None:
            return None
        best = self.ranked.depth.best
        return best.depth, best.profit

    def to_frame(self):
        """Return depth, by_effect, ci_low, ci_high, by_response, random: money per customer of the file."""
        import pandas as pd

        names = ["depth", "by_effect", "ci_low", "ci_high", "by_response", "random"]
        if self.refused:
            return pd.DataFrame(columns=names)
        curve, other = self.ranked.effect, self.ranked.response
        gains = [curve.gain, *self.ranked.band]
        paid = self.cost * curve.depths
        columns = [curve.depths, *(self.value * gain - paid for gain in gains)]
        frame = pd.DataFrame(dict(zip(names, columns, strict=False)))
        response = pd.Series(self.value * other.gain - self.cost * other.depths, other.depths)
        frame["by_response"] = response.reindex(curve.depths).to_numpy()
        frame["random"] = curve.depths * frame.by_effect.iloc[-1]
        nobody = pd.DataFrame([[0.0] * len(names)], columns=names)
        return pd.concat([nobody, frame], ignore_index=True)

    def title(self) -> str:
        """Say how deep to go, or, without a cost, whether the ranking finds anything."""
        if self.refused:
            return say("Whom to contact is not stated")
        if self.shown is None:
            side = "undecided"
            if self.ranked.qini is not None:
                side = direction(self.ranked.qini.at(self.tests.level).interval)
            return say(QINI_TITLES[side])
        depth, _ = self.best
        return say(
            TITLES[self.shown], cost=self._money(self.tests.contact_cost), depth=percent(depth, 0)
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        subtitle = SUBTITLES[
            self.tests.margin_rate is not None, self.tests.contact_cost is not None
        ]
        return say(subtitle, currency=self.tests.currency)

    def caption(self) -> str:
        """Say what lines and band are, how the ranking was made, and what is found."""
        if self.refused:
            return self.refused
        text = [
            say(
                "Contacted minus holdout within the share contacted, times that share, for customers ranked by effect "
                "and by response. Learned from {columns} on other customers than those ranked: {ranked} of {n} are "
                "ranked, the others only train. The band holds the whole curve by effect at {level}; the dashed line "
                "is a random order.",
                columns=listed(self.ranked.by),
                ranked=integer(self.ranked.ranked),
                n=integer(self.ranked.n),
                level=percent(self.tests.level, 0),
            )
        ]
        if self.tests.contact_cost is None:
            text.append(
                say("No cost of contact is taken off: it is not known (parameter contact_cost).")
            )
        return " ".join([*text, *self.says])

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if self.refused:
            return self.refused
        frame = self.to_frame()
        points = "; ".join(
            say(
                "{depth}: {effect} by effect, {random} in random order",
                depth=percent(r.depth, 0),
                effect=self._money(r.by_effect),
                random=self._money(r.random),
            )
            for r in frame[np.isclose(frame.depth * 4, (frame.depth * 4).round())].itertuples()
        )
        return say(
            "A curve in its band by share of the file contacted, a second curve for the ranking by response, and the "
            "line of a random order. {points}.",
            points=points,
        )

    def _money(self, amount: float) -> str:
        return money(amount, self.tests.currency)


@dataclass(frozen=True, slots=True)
class Tenths:
    """Response, effect and profit by tenth of the ranking by effect."""

    tests: Campaign
    value: float
    ranked: Ranked | None
    refused: str | None

    def to_frame(self):
        """Return tenth, customers, mean_treated, mean_holdout, effect, ci_low, ci_high, profit, unit; the top first.

        Profit is per customer contacted; a tenth with too few customers has no numbers.
        """
        import pandas as pd

        rows = []
        for tenth, part in enumerate(() if self.refused else self.ranked.tenths, start=1):
            if part is None:
                rows.append((tenth, *[None] * 7))
                continue
            effect = part.effect.at(self.tests.level)
            profit = self.value * effect.value - (self.tests.contact_cost or 0.0)
            means = (part.treated, part.others)
            rows.append((tenth, part.n, *means, effect.value, *effect.interval, profit))
        names = ["tenth", "customers", "mean_treated", "mean_holdout", "effect", "ci_low"]
        frame = pd.DataFrame(rows, columns=[*names, "ci_high", "profit"])
        frame = frame.astype(dict.fromkeys(frame.columns[1:], float))
        return frame.assign(unit=f"{self.tests.currency} per customer")

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        profit = say("Gained per contact")
        if self.tests.contact_cost is not None:
            profit = say("Profit per contact")
        return {
            "tenth": (say("Tenth"), "count"),
            "customers": (say("Customers"), "count"),
            "mean_treated": (say("Contacted"), "unit:unit"),
            "mean_holdout": (say("Holdout"), "unit:unit"),
            "effect": (say("Difference"), "unit:unit"),
            "ci_low": (say("Interval from"), "unit:unit"),
            "ci_high": (say("to"), "unit:unit"),
            "profit": (profit, "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what the table of tenths holds."""
        if self.refused:
            return self.refused
        text = say(
            "Mean {outcome} of those contacted and of the holdout by tenth of the ranking by effect, the first the "
            "top, and their difference with its {level} interval, each tenth by itself.",
            outcome=self.tests.money_outcome,
            level=percent(self.tests.level, 0),
        )
        words = {"measure": say(MEASURES[self.tests.margin_rate is not None])}
        if self.tests.contact_cost is None:
            return text + " " + say("Gained: {measure}, no cost taken off.", **words)
        cost = money(self.tests.contact_cost, self.tests.currency)
        return text + " " + say("Profit: {measure} less {cost} a contact.", cost=cost, **words)
