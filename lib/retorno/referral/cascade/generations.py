"""How far referrals reach: customers by generation, and trees by the steps they go.

A tree is a customer whom nobody brought, those that customer brought, those they brought, and so on. Generation 0 are
the customers nobody brought, and those of whom it is not known who brought them; generation 1 were brought by them.
Trees still grow: one that has ended so far may go on after the last day of data.

Source of the question: Goel, Watts and Goldstein (2012), Proceedings of the 13th ACM Conference on Electronic Commerce,
623-638: in seven domains nearly all adoptions lie within one step of where they started.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, caution, too_few
from retorno.language import integer, listed, mark, percent, say, say_n
from retorno.referral.cascade.families import Families, families
from retorno.referral.links import Links
from retorno.stats.proportions import wilson_share

ROWS = 8  # generations shown one by one; later ones stand together
STEPS = 4  # the same for steps of a tree

ONE_STEP = Definition(
    "cascade.one_step_trees",
    label=mark("Trees of referrals that end after one step"),
    meaning=mark(
        "Of the customers nobody brought, followed from joining, who brought at least one other: the share whose "
        "tree goes no further, because those they brought have brought nobody by the last day of data. In the "
        "formula N is the trees with one step or more, M those with one step."
    ),
    unit="share of trees",
    sign=mark("Higher: more trees end at once."),
    formula=r"\frac{M}{N}",
)
DEFINITIONS = (ONE_STEP,)


@dataclass(frozen=True, slots=True)
class Generations:
    """Customers by generation.

    Attributes
    ----------
    customers : ndarray of int, shape (n_generations,)
        From generation 0, the last one not empty.
    unknown, late : int
        In generation 0: referred customers of whom it is not known who brought them; customers whose tree is seen
        in part only, for they joined before the first day of data.
    trees : Trees
    """

    customers: np.ndarray
    unknown: int
    late: int
    trees: "Trees"

    def findings(self) -> Findings:
        """State or refuse the share of trees that end after one step."""
        return self.trees.findings()

    @property
    def referred(self) -> int:
        """Customers of generation 1 or later."""
        return int(self.customers[1:].sum())

    def to_frame(self):
        """Return generation, customers, share of all, and customers for each one of the generation before."""
        import pandas as pd

        shown = self.customers[:ROWS]
        names = [integer(g) for g in range(shown.size)]
        if self.customers.size > ROWS:
            shown = np.append(shown, self.customers[ROWS:].sum())
            names.append(say("{generation} and later", generation=integer(ROWS)))
        per = [None, *(shown[1:ROWS] / shown[: shown.size - 1][: ROWS - 1])]
        per += [None] * (shown.size - len(per))
        return pd.DataFrame(
            {
                "generation": names,
                "customers": shown,
                "share": shown / self.customers.sum(),
                "per_previous": np.array(per, dtype=float),
            }
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "generation": (say("Generation"), "text"),
            "customers": (say("Customers"), "count"),
            "share": (say("Share"), "share"),
            "per_previous": (say("For each one of the generation before"), "number"),
        }

    def table_caption(self) -> str:
        """Say what a generation is and who is in the first."""
        caption = say(
            "Customers by generation: 0 are those nobody brought, each later one was brought by the one before, "
            "as far as seen by the last day of data."
        )
        if self.unknown:
            caption += " " + say_n(
                "Generation 0 holds {n} referred customer of whom it is not known who brought the customer.",
                "Generation 0 holds {n} referred customers of whom it is not known who brought them.",
                self.unknown,
            )
        if self.late:
            caption += " " + say_n(
                "{n} customer joined before the first day of data: whom that customer brought early is not seen.",
                "{n} customers joined before the first day of data: whom they brought early is not seen.",
                self.late,
            )
        return caption

    @property
    def _near(self) -> float:
        return float(self.customers[:2].sum() / self.customers.sum())

    def title(self) -> str:
        """Say how many customers are within one step of where their tree began."""
        if not self.referred:
            return say("No customer is known to have been brought by another")
        return say(
            "{share} of customers are at most one step from where their tree began",
            share=percent(self._near),
        )

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("Customers by generation; 0: brought by nobody")

    def caption(self) -> str:
        """Say how many customers there are and how they thin out."""
        if not self.referred:
            return say(
                "No customer is known to have been brought by another: there are no generations."
            )
        last = self.customers.size - 1
        return say(
            "{n} customers, {referred} of them brought by another who is known. The farthest is {steps} away from "
            "where the tree began. Counts as they stand on the last day of data; later generations have had less "
            "time.",
            n=integer(self.customers.sum()),
            referred=integer(self.referred),
            steps=say_n("{n} step", "{n} steps", last),
        )  # fmt: skip

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        rows = self.to_frame()
        counts = listed(f"{r.generation}: {integer(r.customers)}" for r in rows.itertuples())
        return say("A bar for each generation with its customers; {counts}.", counts=counts)


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees by the steps they go, counting those that start with a customer followed from joining.

    Attributes
    ----------
    trees, customers : ndarray of int, shape (n_steps,)
        By steps from 0: trees that go so far, and the customers in them.
    largest : int
        Customers of the largest tree.
    level : float
    min_group : int
    """

    trees: np.ndarray
    customers: np.ndarray
    largest: int
    level: float
    min_group: int

    def findings(self) -> Findings:
        """State or refuse the share of trees that end after one step."""
        return Findings([self._one_step()])

    def _one_step(self) -> Finding:
        n = int(self.trees[1:].sum())
        if n < max(self.min_group, 1):
            what = say("trees that start with a customer nobody brought and have a step or more")
            return ONE_STEP.refuse(too_few(what, n, max(self.min_group, 1)), n=n)
        share = wilson_share(int(self.trees[1]), n, level=self.level)
        sentence = say(
            "Of {n} trees with a referral in them {share} end after one step so far. Of {all} customers nobody "
            "brought {none} have brought nobody.",
            n=integer(n),
            share=percent(share.value),
            all=integer(self.trees.sum()),
            none=percent(self.trees[0] / self.trees.sum()),
        )
        return ONE_STEP.state(
            share.value,
            sentence + caution(n),
            interval=share.interval,
            level=self.level,
            n=n,
            method=say("share of trees, Wilson interval"),
        )

    def to_frame(self):
        """Return steps, trees, share of trees, customers, share of customers."""
        import pandas as pd

        trees, customers = self.trees[:STEPS], self.customers[:STEPS]
        names = [integer(s) for s in range(trees.size)]
        if self.trees.size > STEPS:
            trees = np.append(trees, self.trees[STEPS:].sum())
            customers = np.append(customers, self.customers[STEPS:].sum())
            names.append(say("{steps} and more", steps=integer(STEPS)))
        total = max(int(trees.sum()), 1), max(int(customers.sum()), 1)
        return pd.DataFrame(
            {
                "steps": names,
                "trees": trees,
                "share_trees": trees / total[0],
                "customers": customers,
                "share_customers": customers / total[1],
            }
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "steps": (say("Steps the tree goes"), "text"),
            "trees": (say("Trees"), "count"),
            "share_trees": (say("Share of trees"), "share"),
            "customers": (say("Customers in them"), "count"),
            "share_customers": (say("Share of customers"), "share"),
        }

    def table_caption(self) -> str:
        """Say what a tree is, and how large the largest one is."""
        return say(
            "Trees that start with a customer nobody brought, followed from joining; 0 steps: nobody was brought "
            "so far. The largest holds {n}.",
            n=say_n("{n} customer", "{n} customers", self.largest),
        )


def generations(links: Links, *, level: float = 0.95, min_group: int = 5) -> Generations:
    """Return customers by generation, and trees by the steps they go."""
    family = families(links)
    return Generations(
        customers=np.bincount(family.ancestry.depth),
        unknown=family.unknown,
        late=family.late,
        trees=_trees(family, level, min_group),
    )


def _trees(family: Families, level: float, min_group: int) -> Trees:
    tenure, found = family.links.tenure, family.ancestry
    n = found.root.size
    size = np.bincount(found.root, minlength=n)
    steps = np.zeros(n, dtype=int)
    np.maximum.at(steps, found.root, found.depth)
    start = (family.links.referrer < 0) & ~tenure.referred & (tenure.entry == 0)
    most = int(steps[start].max(initial=0)) + 1
    least = max(most, 2)  # a place for one step, also where no tree has any
    return Trees(
        trees=np.bincount(steps[start], minlength=least),
        customers=np.bincount(steps[start], size[start], minlength=least).astype(int),
        largest=int(size[start].max(initial=0)),
        level=level,
        min_group=min_group,
    )
