"""How many people stand behind one device, one address, one payment.

Counted after cleaning: somebody referred twice is one person, with the first thing given. What is shared by two is
mostly a household; what matters is how far the sharing goes, and that is to be seen before any rule looks at it.
"""

from dataclasses import dataclass

import numpy as np

from retorno.language import integer, mark, say, say_n
from retorno.referral.fraud.flagged import Flagged
from retorno.referral.fraud.graph import coded, joint

NAMES = {"device": mark("Device"), "address": mark("Address"), "payment": mark("Payment")}


@dataclass(frozen=True, slots=True)
class Shared:
    """People behind each thing.

    Attributes
    ----------
    flagged : Flagged
    people : dict of str to ndarray of int
        By device, address, payment as far as given: how many people each value has.
    cleaned : int
        Rows of somebody already referred in an earlier row: they make no second person.
    """

    flagged: Flagged
    people: dict[str, np.ndarray]
    cleaned: int

    def to_frame(self):
        """Return thing, label, values, of_one, of_two, of_more (values with so many people), most (people)."""
        import pandas as pd

        rows = [
            (
                name,
                say(NAMES[name]),
                n.size,
                *(int(found.sum()) for found in (n == 1, n == 2, n > 2)),
                int(n.max()),
            )
            for name, n in self.people.items()
        ]
        names = ["thing", "label", "values", "of_one", "of_two", "of_more", "most"]
        return pd.DataFrame(rows, columns=names)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "label": (say("What is shared"), "text"),
            "values": (say("Different ones"), "count"),
            "of_one": (say("Of one person"), "count"),
            "of_two": (say("Of two"), "count"),
            "of_more": (say("Of three or more"), "count"),
            "most": (say("Most people on one"), "count"),
        }

    def table_caption(self) -> str:
        """Say what is counted, and what was cleaned first."""
        if reason := self.flagged.refusal():
            return reason
        if not self.people:
            return say("The table referrals has no device, address or payment to count people by.")
        caption = say_n(
            "People who were referred, by what they signed up with, in {n} referral.",
            "People who were referred, by what they signed up with, in {n} referrals.",
            self.flagged.n,
        )
        if self.cleaned:
            caption += " " + say_n(
                "{n} row of somebody referred before is counted as the same person, with the first value given.",
                "{n} rows of people referred before are counted as the same person, with the first value given.",
                self.cleaned,
            )
        name, most = max(((k, int(n.max())) for k, n in self.people.items()), key=lambda x: x[1])
        if most == 1:
            return caption + " " + say("Nothing is shared.")
        return caption + " " + say(
            "Most people on one: {n} ({thing}). Two are mostly a household, and sharing alone is no fraud.",
            n=integer(most),
            thing=say(NAMES[name]).lower(),
        )  # fmt: skip


def shared_things(flagged: Flagged) -> Shared:
    """Return how many people stand behind each device, address and payment of the referrals."""
    rows = flagged.links.rows
    if rows is None or flagged.refusal():
        return Shared(flagged, {}, 0)
    codes = coded(rows)
    people = {}
    for name, thing in codes.things.items():
        _, once = np.unique(
            joint(codes.person, thing), return_index=True
        )  # each person's thing once
        counts = np.bincount(thing[once][thing[once] >= 0])
        people[name] = counts[counts > 0]
    named = codes.receiver[codes.receiver >= 0]
    return Shared(flagged, people, int(named.size - np.unique(named).size))
