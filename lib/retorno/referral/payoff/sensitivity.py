"""Which of its inputs the return of a programme hangs on most: each moved alone, the others where they are.

The value moves over its interval, a share given as a range over that range, an estimated one over its interval; what
was given as one number moves by a quarter of it down and up. Widths therefore say how much an input moves the return
within what is held possible of it, and a quarter is a convention, no belief. Inputs that are 0 do not move and are left
out.
"""

from dataclasses import dataclass, replace

from retorno.findings import Definition, Finding, Findings
from retorno.language import DIFFERENCE, listed, mark, percent, quantity, say
from retorno.referral.payoff.assumptions import SHARES
from retorno.referral.payoff.programme import Programme
from retorno.referral.tenure import REFERRED

QUARTER = 0.25  # by which an input given as one number is moved down and up

LARGEST = Definition(
    "sensitivity.largest",
    label=mark("Input that moves the return most"),
    meaning=mark(
        "The input x whose move alone, from its low to its high end, changes roi most; the estimate is the size of "
        "that change. The value moves over its interval, a range over itself, an estimate "
        "over its interval, one number by a quarter down and up. In the formula h and l are both ends."
    ),
    unit="points",
    sign=mark("Wider: the return hangs more on this input."),
    formula=r"\max_x | \text{roi}(x_h) - \text{roi}(x_l) |",
)
DEFINITIONS = (LARGEST,)

INPUTS = {
    "value": mark("Value of a referred customer"),
    "type_one_share": mark("Share who would not have come otherwise"),
    "fraud_share": mark("Share of fraud"),
    "acquisition_cost": mark("Acquisition cost saved"),
    "reward_referrer": mark("Reward to the referrer"),
    "reward_referred": mark("Reward to the referred"),
    "admin_cost": mark("Administration"),
}
COSTS = ("acquisition_cost", "reward_referrer", "reward_referred", "admin_cost")


@dataclass(frozen=True, slots=True)
class Bar:
    """One input moved alone.

    Attributes
    ----------
    name : str
        Key of `INPUTS`.
    low, high : float
        The ends it is moved to, in its own unit.
    at_low, at_high : float
        The return there, fractions of cost.
    """

    name: str
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """The return at its higher end minus that at its lower, a fraction; never negative."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Returns of a programme with one input moved at a time, widest first.

    Attributes
    ----------
    programme : Programme
    bars : tuple of Bar
        Empty where the return cannot be stated.
    """

    programme: Programme
    bars: tuple[Bar, ...]

    @property
    def centre(self) -> float:
        """The return with every input where it is; ranges at their middle."""
        return self.programme.through(self.programme.return_on, *SHARES).value

    def unit(self, name: str) -> str:
        """Return the unit of an input."""
        currency = self.programme.value.currency
        units = {"value": f"{currency} per customer"} | dict.fromkeys(SHARES, "share")
        return units.get(name, f"{currency} per referral")

    def refusal(self) -> str | None:
        """Return why nothing can be moved, or None."""
        if reason := self.programme.roi_refusal():
            return reason
        return None if self.bars else say("Not stated: no input moves the return.")

    def findings(self) -> Findings:
        """State or refuse the input that moves the return most."""
        return Findings([self._largest()])

    def _largest(self) -> Finding:
        n = self.programme.value.n[REFERRED]
        if reason := self.refusal():
            return LARGEST.refuse(reason, n=n)
        first = self.bars[0]
        sentence = say(
            "{input} moves the return most: from {low} to {high} alone takes it from {before} to {after}.",
            input=say(INPUTS[first.name]),
            low=quantity(first.low, self.unit(first.name)),
            high=quantity(first.high, self.unit(first.name)),
            before=percent(first.at_low),
            after=percent(first.at_high),
        )
        return LARGEST.state(
            first.width,
            sentence + self._turning(),
            unit=f"{DIFFERENCE} of cost",
            n=n,
            method=say("one input moved at a time"),
            verdict=first.name,
        )

    def _turning(self) -> str:
        """Say, with a leading space, which inputs alone decide whether the programme pays."""
        turning = [
            bar
            for bar in self.bars
            if min(bar.at_low, bar.at_high) < 0 < max(bar.at_low, bar.at_high)
        ]
        if not turning:
            return " " + say(
                "No input alone turns a return above zero into one below, or the other way round."
            )
        return " " + say(
            "Alone these decide whether the return lies above zero: {inputs}.",
            inputs=listed(say(INPUTS[bar.name]) for bar in turning),
        )

    def to_frame(self):
        """Return input, label, unit, low, high, at_low, at_high (the return there) and width, widest first."""
        import pandas as pd

        rows = [
            (
                b.name,
                say(INPUTS[b.name]),
                self.unit(b.name),
                b.low,
                b.high,
                b.at_low,
                b.at_high,
                b.width,
            )
            for b in self.bars
        ]
        names = ["input", "label", "unit", "low", "high", "at_low", "at_high", "width"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "label": (say("Moved alone"), "text"),
            "low": (say("from"), "unit:unit"),
            "high": (say("to"), "unit:unit"),
            "at_low": (say("Return at the first"), "share"),
            "at_high": (say("at the second"), "share"),
        }

    def table_caption(self) -> str:
        """Say how far each input is moved."""
        return self.refusal() or say(
            "The return with one input moved, the others where they are: {centre} with none moved. {how}",
            centre=percent(self.centre),
            how=self._how(),
        )

    def _how(self) -> str:
        return say(
            "The value is moved over its {level} interval, a range from end to end, an estimated share over its "
            "interval, one number by {quarter} down and up; inputs that are 0 are left out.",
            level=percent(self.programme.value.level, 0),
            quarter=percent(QUARTER, 0),
        )

    def title(self) -> str:
        """Say on which input the return hangs most."""
        if self.refusal():
            return say("What the return hangs on cannot be shown")
        first = self.bars[0]
        return say(
            "{input} moves the return most, from {low} to {high}",
            input=say(INPUTS[first.name]),
            low=percent(min(first.at_low, first.at_high)),
            high=percent(max(first.at_low, first.at_high)),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Return in % of cost, one input moved at a time")

    def caption(self) -> str:
        """Say what the bars are, and which of them cross zero."""
        if reason := self.refusal():
            return reason
        return (
            say(
                "Bars start at the return with no input moved, {centre}; the light part leads to the lower input, the "
                "full part to the higher, both written at the right.",
                centre=percent(self.centre),
            )
            + " "
            + self._how()
            + self._turning()
        )

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        bars = "; ".join(
            say(
                "{input}: {low} to {high}",
                input=say(INPUTS[bar.name]),
                low=percent(bar.at_low),
                high=percent(bar.at_high),
            )
            for bar in self.bars
        )
        return say("Bars from top to bottom, the widest first. {bars}.", bars=bars)


def sensitivity(programme: Programme) -> Sensitivity:
    """Return the returns of a programme with each input moved alone, widest first."""
    found = Sensitivity(programme, ())
    if programme.roi_refusal():
        return found
    v, shares = programme.v, {name: programme.assumptions.middle(name) for name in SHARES}
    bars = []
    for name, ends in _moves(programme).items():
        if name in COSTS:
            moved = (replace(programme.assumptions, **{name: end}) for end in ends)
            at = [replace(programme, assumptions=a).return_on(v, *shares.values()) for a in moved]
        elif name == "value":
            at = [programme.return_on(end, *shares.values()) for end in ends]
        else:
            at = [programme.return_on(v, *(shares | {name: end}).values()) for end in ends]
        bars.append(Bar(name, *ends, *map(float, at)))
    order = sorted((bar for bar in bars if bar.width > 0), key=lambda bar: -bar.width)
    return replace(found, bars=tuple(order))


def _moves(programme: Programme) -> dict[str, tuple[float, float]]:
    """Return the ends each input is moved to."""
    a, level = programme.assumptions, programme.value.level
    moves = {"value": programme.value.groups[REFERRED].at(level).interval}
    for name in (*SHARES, *COSTS):
        at = a.middle(name)
        quarter = (at * (1 - QUARTER), at * (1 + QUARTER))
        if name in SHARES:
            moves[name] = a.between(name) or (quarter[0], min(1.0, quarter[1]))
        else:
            moves[name] = quarter
    return moves
