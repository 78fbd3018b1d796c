"""The expected tree of one customer acquired otherwise as tables: year by year, and generation by generation."""

from dataclasses import dataclass

import numpy as np

from retorno.language import number, percent, say, say_n

YEARS = (1, 2, 3)
GENERATIONS = 8  # at most
COMPLETE = 0.995  # share of a tree at which the table of generations ends


@dataclass(frozen=True, slots=True)
class TreeByYear:
    """The expected tree after one, two and three years, and in the end; `tree` is an `ExpectedTree`."""

    tree: object

    def to_frame(self):
        """Return after, customers, ci_low, ci_high, share of those brought, and the formula often quoted."""
        import pandas as pd

        tree, rows = self.tree, []
        if not tree.refusal:
            quoted = [*(tree.quoted or [None] * len(YEARS)), None]
            if tree.quoted:
                quoted[-1] = 1 / (1 - tree.numbers[1].value)
            ends = [tree.after(12 * year) for year in YEARS] + [tree.total]
            names = [say_n("{n} year", "{n} years", year) for year in YEARS] + [say("in the end")]
            shares = [*(e.value for e in tree.reached), 1.0]
            rows = [
                (name, e.value, *e.interval, share, other)
                for name, e, share, other in zip(names, ends, shares, quoted, strict=True)
            ]
        names = ["after", "customers", "ci_low", "ci_high", "share", "often_quoted"]
        return pd.DataFrame(rows, columns=names).astype({"often_quoted": float})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "after": (say("After"), "text"),
            "customers": (say("Customers, the first counted"), "number"),
            "ci_low": (say("Interval from"), "number"),
            "ci_high": (say("to"), "number"),
            "share": (say("Share of those brought"), "share"),
            "often_quoted": (say("Formula often quoted"), "number"),
        }

    def table_caption(self) -> str:
        """Say what stands in the table."""
        if self.tree.refusal:
            return self.tree.refusal
        caption = say(
            "Expected customers that come of one acquired otherwise, with {level} intervals.",
            level=percent(self.tree.level, 0),
        )
        if not self.tree.quoted:
            return caption
        return f"{caption} " + say(
            "The formula often quoted, (K^(t/c + 1) - 1)/(K - 1) with K the reproduction number of the referred and c "
            "the corrected days between generations, takes all customers for one kind and lets everybody refer at "
            "the end of one full cycle."
        )


@dataclass(frozen=True, slots=True)
class TreeByGeneration:
    """The expected tree by generation: R0 R1 ** (g - 1) customers in generation g; `tree` is an `ExpectedTree`."""

    tree: object

    def to_frame(self):
        """Return generation, customers, customers up to it, and the share of those brought in the end up to it."""
        import pandas as pd

        rows = []
        if not self.tree.refusal:
            first, later = (e.value for e in self.tree.numbers)
            sizes = np.append(1.0, first * later ** np.arange(GENERATIONS))
            share = 1 - later ** np.arange(GENERATIONS + 1)
            until = int(np.argmax(share >= COMPLETE)) or GENERATIONS
            rows = list(zip(range(until + 1), sizes, sizes.cumsum(), share, strict=False))
        return pd.DataFrame(rows, columns=["generation", "customers", "so_far", "share"])

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "generation": (say("Generation"), "count"),
            "customers": (say("Expected customers"), "number"),
            "so_far": (say("Up to here"), "number"),
            "share": (say("Share of those brought"), "share"),
        }

    def table_caption(self) -> str:
        """Say what stands in the table, and that trees end."""
        if self.tree.refusal:
            return self.tree.refusal
        return say(
            "Expected customers by generation that come of one customer acquired otherwise (generation 0). With a "
            "reproduction number below one every tree ends; {total} customers in all.",
            total=number(self.tree.total.value),
        )
