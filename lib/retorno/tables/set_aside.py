"""Bad rows set aside: kept as they were written, with their reasons, never dropped in silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from retorno.language import integer, percent, say, say_n
from retorno.tables.cells import text
from retorno.tables.checks import Broken, any_rows, converted
from retorno.tables.problems import reason
from retorno.tables.sources import ROW, positions


@dataclass(frozen=True, slots=True)
class SetAside:
    """The bad rows of one table.

    Attributes
    ----------
    frame : DataFrame
        row (its number in the file), reasons, then every column as it was written, under its own name.
    reasons : dict of str to int
        Reason -> rows that have it; a row with two reasons counts under both.
    given : int
        Rows of the table, good and bad.
    """

    frame: Any
    reasons: dict[str, int]
    given: int

    @property
    def rows(self) -> int:
        """How many rows are set aside."""
        return len(self.frame)

    @property
    def share(self) -> float:
        """What share of the rows given that is, a fraction."""
        return self.rows / self.given

    def sentence(self) -> str:
        """State how many rows are set aside, and why."""
        reasons = (
            say("{reason} ({n})", reason=why, n=integer(n)) for why, n in self.reasons.items()
        )
        return say_n(
            "{n} row of {given} ({share}) is set aside: {reasons}.",
            "{n} rows of {given} ({share}) are set aside: {reasons}.",
            self.rows,
            given=integer(self.given),
            share=percent(self.share, 1),
            reasons="; ".join(reasons),
        )


def set_aside(
    numbered,
    broken: Sequence[Broken],
    readings,
    header: Sequence[str],
    theirs: Mapping[str, str],
    given: int,
) -> SetAside:
    """Return the rows of `numbered`, a table of `given` rows as it came with `ROW`, that break any rule."""
    reasons = [reason(each, theirs) for each in broken]
    places = {f"as written:{place}": place for place in positions(header)}
    frame = numbered.select(
        ROW,
        *(each.flag for each in broken if each.flag),
        **{name: text(numbered[place]) for name, place in places.items()},
        **converted(numbered, readings),
    )
    marks = {f"broken:{i}": each.rows(frame) for i, each in enumerate(broken)}
    bad = frame.mutate(**marks).filter(any_rows(frame, broken)).order_by(ROW)
    found = bad.select(ROW, *marks, *places).to_pandas()
    why = [
        "; ".join(compress(reasons, row))
        for row in found[list(marks)].itertuples(index=False, name=None)
    ]
    written = found[list(places)].set_axis(list(header), axis=1)
    written.insert(0, "reasons", why, allow_duplicates=True)
    written.insert(0, "row", found[ROW], allow_duplicates=True)
    counts = [int(found[name].sum()) for name in marks]
    return SetAside(written, dict(zip(reasons, counts, strict=True)), given)
