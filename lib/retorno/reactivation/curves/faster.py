"""Is one group faster? What three numbers say of it together, for they may disagree."""

from collections.abc import Mapping
from dataclasses import dataclass

from retorno.findings import Definition, Finding
from retorno.language import listed, mark, say

FASTER = Definition(
    "speed.verdict",
    label=mark("Are the returned faster?"),
    meaning=mark(
        "Whether share by day 30, day of the amount and payback day, as far as both groups have them, all say the "
        "same; each compares reactivated with new customers, their errors joint. No number, a word. In the formula s "
        "is 1 where the reactivated are faster by a number, -1 where the new are, 0 where it is open."
    ),
    unit="verdict",
    sign=mark("Above: reactivated are faster by every number; below: new ones are."),
    formula=(
        r"\begin{array}{ll} \text{above} & s_1 = s_2 = s_3 = 1 \\ \text{below} & s_1 = s_2 = s_3 = -1 \\ "
        r"\text{undecided} & \text{else} \end{array}"
    ),
)

NAMES = {
    "share": mark("share of value by day 30"),
    "amount": mark("day of the amount"),
    "payback": mark("payback day"),
}
AGREE = {
    "above": mark("Returned customers are faster than new ones by every number compared: {above}."),
    "below": mark("Returned customers are slower than new ones by every number compared: {below}."),
    "undecided": mark("Neither group is shown to be faster by any number compared: {undecided}."),
}
MIXED = {  # by the sides that are taken
    ("above", "below"): mark(
        "The numbers disagree on who is faster: returned customers by {above}, new customers by {below}."
    ),
    ("above",): mark("Returned customers are faster by {above}; it stays open by {undecided}."),
    ("below",): mark("Returned customers are slower by {below}; it stays open by {undecided}."),
}


@dataclass(frozen=True, slots=True)
class Faster:
    """Who is faster by each number that both groups have.

    Attributes
    ----------
    sides : dict of str to str
        Of "share", "amount" and "payback": "above" when the reactivated are faster, "below" when the new are, else
        "undecided". A number that either group lacks is not there.
    n : int
    """

    sides: Mapping[str, str]
    n: int

    @property
    def verdict(self) -> str | None:
        """Who is faster by every number compared; undecided when they do not all say it; None without any."""
        said = set(self.sides.values())
        if not said:
            return None
        return said.pop() if len(said) == 1 else "undecided"

    def finding(self) -> Finding:
        """State what the numbers say together, or refuse it."""
        if not self.sides:
            reason = say("Not stated: none of the three numbers can be stated for both groups.")
            return FASTER.refuse(reason, n=self.n)
        return FASTER.state(None, self.sentence(), n=self.n, verdict=self.verdict)

    def sentence(self) -> str:
        """Say who is faster by which numbers, and which cannot be compared; nothing without any."""
        if not self.sides:
            return ""
        said = {
            side: listed(say(NAMES[name]) for name, s in self.sides.items() if s == side)
            for side in ("above", "below", "undecided")
        }
        if len(set(self.sides.values())) == 1:
            text = say(AGREE[self.verdict], **said)
        else:
            clear = tuple(side for side in ("above", "below") if said[side])
            text = say(MIXED[clear], **said)
        missing = listed(say(name) for key, name in NAMES.items() if key not in self.sides)
        return f"{text} {say('Not compared: {missing}.', missing=missing)}" if missing else text
