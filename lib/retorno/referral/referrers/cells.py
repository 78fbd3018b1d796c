"""Own value against referral value: who buys, who brings, who does both, and who neither.

Estimands: share of customers in each of four cells, own value cut at its median, referral value cut at 0 or at its
median, whichever is higher. Where most customers refer nobody the median of referral value is 0 and parts nobody: then
the question is whether a customer's referrals brought the firm more than they cost.

Source: the four cells are those of Kumar, Petersen and Leone (2007), Harvard Business Review 85(10), who cut both at
the median. The shares take it into account that the cut is estimated from the same customers.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, caution
from retorno.language import integer, mark, money, percent, say
from retorno.referral.referrers.referral_value import ReferralValue
from retorno.stats.proportions import wilson_share
from retorno.stats.student import Estimate

# Own value high, referral value high.
CELLS = {
    "champions": (True, True),
    "affluents": (True, False),
    "advocates": (False, True),
    "misers": (False, False),
}
NAMES = {
    "champions": mark("Champions"),
    "affluents": mark("Affluents"),
    "advocates": mark("Advocates"),
    "misers": mark("Misers"),
}
IN_LABELS = (mark("champions"), mark("affluents"), mark("advocates"), mark("misers"))
KINDS = {
    "champions": mark("of high own value and high referral value"),
    "affluents": mark("of high own value and low referral value"),
    "advocates": mark("of low own value and high referral value"),
    "misers": mark("of low own value and low referral value"),
}
SHARE = Definition(
    "referrers.cell.{cell}",
    label=mark("Customers in the cell {cell}"),
    meaning=mark(
        "Share of customers in one of four cells, among those who joined at least twice referral_window_months before "
        "the last day. Own value is high above its median; referral value is high above its median or above 0, "
        "whichever is higher. In the formula v is the own value of customer i, u the referral value, a and b the two "
        "cuts, n the customers; the cell champions is shown: the others have the other side of a cut. 1 stands where "
        "both hold."
    ),
    unit="share of customers",
    sign=mark("Higher: more customers of that kind."),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \mathbf{1} [ v_i > a, \, u_i > b ]",
    speaks_to=(Speaks("value_includes_influence", where=(("cell", "advocates"),)),),
)
DEFINITIONS = (SHARE,)
NEAR = 0.1  # of the customers on each side of a cut show who stands just there


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its customers and their means.

    Attributes
    ----------
    name : str
        Key of `CELLS`.
    n : int
    share : Estimate
        Of all customers with full windows.
    own, referral : float or None
        Mean own and referral value, currency per customer; None below `min_group`.
    """

    name: str
    n: int
    share: Estimate
    own: float | None
    referral: float | None


@dataclass(frozen=True, slots=True)
class Cells:
    """Customers by own value and referral value.

    Attributes
    ----------
    value : ReferralValue
    cells : tuple of Cell
        Empty where it cannot be stated.
    own_cut, referral_cut : float
        Above them a value is high; currency per customer.
    median : float
        Of the referral value.
    none : float
        Share of the customers with full windows who have no referral value above 0.
    """

    value: ReferralValue
    cells: tuple[Cell, ...]
    own_cut: float
    referral_cut: float
    median: float
    none: float

    @property
    def currency(self) -> str:
        """The currency of the means."""
        return self.value.currency

    def refusal(self) -> str | None:
        """Return why there are no cells, or None."""
        if reason := self.value.refusal():
            return reason
        if not self.cells:
            return say("Not stated: all customers have the same own value, so none is high or low.")
        return None

    def findings(self) -> Findings:
        """State or refuse the share of customers in each cell."""
        n = self.value.own.size
        if reason := self.refusal():
            return Findings(SHARE.refuse(reason, n=n, cell=name) for name in CELLS)
        return Findings(self._finding(cell) for cell in self.cells)

    def _finding(self, cell: Cell) -> Finding:
        n = self.value.own.size
        sentence = say(
            "{name}, {kind}: {count} of {n} customers, {share}.",
            name=say(NAMES[cell.name]),
            kind=say(KINDS[cell.name]),
            count=integer(cell.n),
            n=integer(n),
            share=percent(cell.share.value),
        )
        return SHARE.state(
            cell.share.value,
            sentence + caution(n),
            interval=cell.share.interval,
            level=self.value.level,
            n=n,
            method=say("share, t interval by the influence of each customer on share and cuts"),
            cell=cell.name,
        )

    def to_frame(self):
        """Return cell, kind, customers, share, ci_low, ci_high, own, referral: a row for each cell."""
        import pandas as pd

        rows = [
            (say(NAMES[c.name]), say(KINDS[c.name]), c.n, c.share.value, *c.share.interval, c.own, c.referral)
            for c in self.cells
        ]  # fmt: skip
        numbers = ["share", "ci_low", "ci_high", "own", "referral"]
        frame = pd.DataFrame(rows, columns=["cell", "kind", "customers", *numbers])
        return frame.astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        currency = f"money:{self.currency}"
        return {
            "cell": (say("Cell"), "text"),
            "kind": (say("Customers"), "text"),
            "customers": (say("Number"), "count"),
            "share": (say("Share"), "share"),
            "own": (say("Own value, mean"), currency),
            "referral": (say("Referral value, mean"), currency),
        }

    def table_caption(self) -> str:
        """Say who is in the cells, and where they are cut and why there."""
        return self.refusal() or f"{self._who()} {self.cut()}"

    def _who(self) -> str:
        return say(
            "{n} customers whose own first {months} and those of whom they brought are seen in full; values over these "
            "months, discounted.",
            n=integer(self.value.own.size),
            months=self.value.months,
        )

    def cut(self) -> str:
        """Say where the cells are cut, and why there."""
        values = {
            "own": money(self.own_cut, self.currency),
            "cut": money(self.referral_cut, self.currency),
            "median": money(self.median, self.currency),
            "none": percent(self.none),
        }
        if self.referral_cut > 0:
            return say(
                "Own value is high above its median of {own}, referral value above its median of {cut}.",
                **values,
            )
        return say(
            "Own value is high above its median of {own}. Referral value is high above 0, where referrals bring more "
            "than they cost: {none} of the customers have none above 0, so that its median is {median}.",
            **values,
        )

    def title(self) -> str:
        """Say how many of the customers of high own value have high referral value, and of the others."""
        if self.refusal():
            return say("Own value and referral value cannot be set side by side")
        n = {cell.name: cell.n for cell in self.cells}
        return say(
            "{rich} of the customers of high own value have high referral value, {poor} of the others",
            rich=percent(n["champions"] / max(n["champions"] + n["affluents"], 1)),
            poor=percent(n["advocates"] / max(n["advocates"] + n["misers"], 1)),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say(
            "Share of customers in each cell, and {currency} per customer: own value and referral value",
            currency=self.currency,
        )

    def caption(self) -> str:
        """Say who is counted, what the lines are and where the cells are cut."""
        if reason := self.refusal():
            return reason
        lines = say(
            "Lines on the shares are {level} intervals; means are those of the cell.",
            level=percent(self.value.level, 0),
        )
        return f"{self._who()} {lines} {self.cut()}"

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        cells = " ".join(self._finding(cell).sentence for cell in self.cells)
        return say("Bars for four cells of customers.") + " " + cells


def cells(value: ReferralValue) -> Cells:
    """Return the customers in four cells of own value and referral value.

    Notes
    -----
    The share of a cell moves with its cuts where they are medians: a customer above the median pushes it up past those
    who stand just there. Who stands just there is read off the tenth of the customers on either side of the cut.
    Customers on a cut are low.
    """
    if value.refusal() or np.ptp(value.own) == 0:
        return Cells(value, (), 0.0, 0.0, 0.0, 0.0)
    own, referral = value.own, value.values()
    own_cut, median = float(np.median(own)), float(np.median(referral))
    referral_cut = max(0.0, median)
    high = own > own_cut, referral > referral_cut
    near = _near(own), _near(referral) if median > 0 else None
    found = []
    for name, sides in CELLS.items():
        member = [h == side for h, side in zip(high, sides, strict=True)]
        inside = member[0] & member[1]
        n = int(inside.sum())
        enough = n >= max(value.min_group, 1)
        found.append(
            Cell(
                name,
                n,
                _share(inside, member, near, value.level),
                float(own[inside].mean()) if enough else None,
                float(referral[inside].mean()) if enough else None,
            )
        )
    return Cells(value, tuple(found), own_cut, referral_cut, median, float(np.mean(referral <= 0)))


def _near(values) -> np.ndarray:
    """Return which values stand just at the median."""
    low, high = np.quantile(values, [0.5 - NEAR, 0.5 + NEAR])
    return (values >= low) & (values <= high)


def _share(inside, member, near, level: float) -> Estimate:
    """Return the share inside, its error with that of the cuts.

    A cut at the median moves by the share above it less one half, and the cell by that times who of its neighbours
    is on the cell's side of the other cut. An empty cell has Wilson's interval.
    """
    from scipy import stats

    n, share = inside.size, float(inside.mean())
    influence = inside - share
    for own, other, close in zip(member, reversed(member), near, strict=True):
        if close is not None:
            influence = influence - other[close].mean() * (own - own.mean())
    se = float(np.sqrt((influence @ influence) / n / (n - 1)))
    if not 0 < share < 1 or se == 0:
        return wilson_share(int(inside.sum()), n, level=level)
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * se / (share * (1 - share))
    logit = np.log(share / (1 - share))
    low, high = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    return Estimate(share, se, float(low), float(high))
