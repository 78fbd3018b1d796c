"""Customers as parents and children: who was followed from joining, whom they brought, and how much later.

Only a customer followed from joining counts as one who might bring others: of one who came into sight later the early
referrals are not seen. Customers are taken by tree, all who come of one whom nobody brought, wherever an error is told.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import too_few
from retorno.language import mark, say, say_n
from retorno.referral.links import Links
from retorno.referral.tenure import OTHER, REFERRED
from retorno.stats.branching import Ancestry, Offspring, ancestry, mean_offspring

PARENTS = {
    REFERRED: mark("referred customers followed from joining"),
    OTHER: mark("customers acquired otherwise and followed from joining"),
}
CHILDREN = {
    REFERRED: mark("customers whom referred customers brought"),
    OTHER: mark("customers whom customers acquired otherwise brought"),
}
TREES = {
    REFERRED: mark("trees of referrals with a referred customer in them"),
    OTHER: mark("trees of referrals that start with a customer acquired otherwise"),
}


@dataclass(frozen=True, slots=True)
class Families:
    """Who may bring others, and who was brought.

    Attributes
    ----------
    links : Links
    ancestry : Ancestry
        Of all customers.
    part : ndarray of int, shape (n,)
        Part of each customer: the tree, or several of many trees.
    child : ndarray of int, shape (n_children,)
        Positions of those brought by a customer who was followed from joining.
    delay : ndarray of int, shape (n_children,)
        Whole days from the referrer's joining to theirs.
    """

    links: Links
    ancestry: Ancestry
    part: np.ndarray
    child: np.ndarray
    delay: np.ndarray

    @property
    def parent(self) -> np.ndarray:
        """Position of who brought each child."""
        return self.links.referrer[self.child]

    @property
    def late(self) -> int:
        """Customers who came into sight after joining and are left out as parents."""
        return int((self.links.tenure.entry > 0).sum())

    @property
    def unknown(self) -> int:
        """Referred customers of whom it is not known who brought them."""
        return int((self.links.tenure.referred & (self.links.referrer < 0)).sum())

    def of(self, group: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the parents of a group, `REFERRED` or `OTHER`; which children are theirs."""
        tenure = self.links.tenure
        who = np.flatnonzero((tenure.entry == 0) & (tenure.referred == group))
        return who, tenure.referred[self.parent] == group

    def refusal(self, group: bool, min_group: int) -> str | None:
        """Return why nothing can be said of what a group brings, or None."""
        if not self.links.children.size:
            return say(
                "Not stated: of no customer is it known who brought the customer (column referrer_id of "
                "customers, or the table referrals)."
            )
        who, theirs = self.of(group)
        least = max(min_group, 2)
        for words, n in (
            (PARENTS, who.size),
            (CHILDREN, int(theirs.sum())),
            (TREES, np.unique(self.part[who]).size),
        ):
            if n < least:
                return too_few(say(words[group]), n, least)
        return None

    def offspring(self, group: bool, *, as_it_stands: bool = False) -> Offspring:
        """Return whom the parents of a group bring, by days since joining.

        With `as_it_stands` all who were brought so far count at once, whatever the time each parent was followed.
        """
        who, theirs = self.of(group)
        place = np.empty(self.part.size, dtype=int)
        place[who] = np.arange(who.size)
        limit, delay = self.links.tenure.reach[who], self.delay[theirs]
        if as_it_stands:
            limit, delay = np.zeros_like(limit), np.zeros_like(delay)
        return mean_offspring(limit, self.part[who], delay, place[self.parent[theirs]])

    def left_out(self) -> str:
        """Say who is not counted, with a leading space; nothing where that is nobody."""
        words = ""
        if self.late:
            words += " " + say_n(
                "{n} customer who joined before the first day of data is not counted as one who may bring others: "
                "early referrals are not seen.",
                "{n} customers who joined before the first day of data are not counted as ones who may bring "
                "others: early referrals are not seen.",
                self.late,
            )
        if self.unknown:
            words += " " + say_n(
                "Of {n} referred customer it is not known who brought the customer: that referral counts for nobody.",
                "Of {n} referred customers it is not known who brought them: those referrals count for nobody.",
                self.unknown,
            )
        return words


def families(links: Links) -> Families:
    """Return customers as parents and children."""
    tenure, referrer = links.tenure, links.referrer
    found = ancestry(referrer)
    child = links.children
    child = child[tenure.entry[referrer[child]] == 0]
    delay = tenure.joined[child] - tenure.joined[referrer[child]]
    return Families(links, found, found.parts(), child, delay)
