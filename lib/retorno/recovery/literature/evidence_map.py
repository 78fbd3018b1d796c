"""Which way published studies of the recovery paradox point: a map of directions, with how well each is known.

Estimand: none. A direction has neither size nor error, and one study may stand in it more than once, so that nothing is
pooled: the map says what was asked, when, and which answers disagree.

Source: ``data/published/recovery_paradox_studies.csv``, whose README tells what its columns mean.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retorno.language import current, integer, mark, say, say_n
from retorno.recovery.survey import OUTCOMES

_PACKAGE = Path(__file__).resolve().parents[2]
_CARRIED = _PACKAGE / "_workbook"  # only an installed wheel has it
PUBLISHED = (_CARRIED if _CARRIED.is_dir() else _PACKAGE.parents[1]) / "data" / "published"
FILE = PUBLISHED / "recovery_paradox_studies.csv"

SINGLE, POOLED = "direction", "direction_pooled"
OTHER = "other"
MEASURES = OUTCOMES | {OTHER: mark("trust or image")}
DIRECTIONS = {
    1: mark("recovered higher"),
    0: mark("no paradox shown"),
    -1: mark("recovered lower"),
}
READ, SECOND_HAND = "R", "S"
MARKS = {
    READ: mark("in its own text"),
    SECOND_HAND: mark("second-hand"),
}
POOLED_MARK = mark("{read}, pooled tests")
COUNTED = mark(
    "{measure}: {higher} recovered higher, {none} no paradox shown, {lower} recovered lower"
)
AGREE = mark("All published statements on {measure} point the same way")
DISAGREE = mark("Published statements on {measure} do not point the same way")


@dataclass(frozen=True, slots=True)
class EvidenceMap:
    """Directions by outcome and year.

    Attributes
    ----------
    frame : DataFrame
        study, year (None: not dated), measure (of `MEASURES`), direction (1, 0, -1), pooled (of a meta-analysis),
        mark (of `MARKS`), certainty, outcome, source: one row a statement and measure.
    without : int
        Published rows that are no direction (raw differences) and are not on the map.
    """

    frame: Any
    without: int

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures on the map, in the order of `MEASURES`."""
        return tuple(m for m in MEASURES if (self.frame["measure"] == m).any())

    @property
    def directions(self) -> list[str]:
        """The directions in words, from recovered higher to recovered lower."""
        return [say(text) for text in DIRECTIONS.values()]

    def of(self, measure: str):
        """Return the statements on one measure."""
        return self.frame[self.frame["measure"] == measure]

    def count(self, measure: str, direction: int) -> int:
        """Return how many statements of single studies on `measure` have a direction; meta-analyses apart."""
        one = self.of(measure)
        return int(((one["direction"] == direction) & ~one["pooled"]).sum())

    @property
    def disagreeing(self) -> tuple[str, ...]:
        """Names of studies that stand in the map with more than one direction on one measure."""
        single = self.frame[~self.frame["pooled"]]
        if single.empty:
            return ()
        kinds = single.groupby(["study", "year", "measure"], dropna=False)["direction"].nunique()
        found = kinds[kinds > 1].reset_index()
        return tuple(dict.fromkeys(_dated(row.study, row.year) for row in found.itertuples()))

    def to_frame(self):
        """Return study, year, measure, direction, known, certainty, source in words, one row a statement."""
        import pandas as pd

        rows = [
            (
                row.study,
                row.year,
                say(MEASURES[row.measure]),
                say(DIRECTIONS[row.direction]),
                known(row.mark, row.pooled),
                row.certainty,
                row.source,
            )
            for row in self.frame.itertuples()
        ]
        names = ["study", "year", "measure", "direction", "known", "certainty", "source"]
        return pd.DataFrame(rows, columns=names).astype({"year": "Int64"})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "study": (say("Study"), "text"),
            "year": (say("Year"), "text"),
            "measure": (say("Outcome"), "text"),
            "direction": (say("Direction"), "text"),
            "known": (say("Read"), "text"),
            "certainty": (say("Certainty"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the table of statements holds."""
        return say_n(
            "{n} published statement on the recovery paradox: direction, and how it is known.",
            "{n} published statements on the recovery paradox: direction, and how each is known.",
            len(self.frame),
        )

    def title(self) -> str:
        """Say whether the statements on the first measure agree."""
        if not self.measures:
            return say("No published direction")
        first = self.measures[0]
        agree = len(set(self.of(first)["direction"])) == 1
        return say(AGREE if agree else DISAGREE, measure=say(MEASURES[first]))

    def subtitle(self) -> str:
        """Say what is drawn, and what the marks mean."""
        return say(
            "Direction of each published statement by year: ● {read}, ○ {second}, ■ of a meta-analysis",
            read=say(MARKS[READ]),
            second=say(MARKS[SECOND_HAND]),
        )

    def caption(self) -> str:
        """Say that this is no pooling, how many point where, and which studies disagree with themselves."""
        if not self.measures:
            return say("The file of published directions is empty.")
        pooled = int(self.frame["pooled"].sum())
        second = int((self.frame["mark"] == SECOND_HAND).sum())
        text = [
            say(
                "A map and not a pooling: a direction has no size and no weight, and the counts depend on which "
                "results papers report. Single studies: {counts}. {pooled} more are of a meta-analysis; {second} "
                "of all {n} are known second-hand.",
                counts="; ".join(self._counts()),
                pooled=integer(pooled),
                second=integer(second),
                n=integer(len(self.frame)),
            )
        ]
        if self.disagreeing:
            text.append(
                say(
                    "More than one direction on one outcome: {studies}.",
                    studies="; ".join(self.disagreeing),
                )
            )
        if self.without:
            text.append(
                say_n(
                    "{n} published difference without a spread is left off the map.",
                    "{n} published differences without a spread are left off the map.",
                    self.without,
                )
            )
        return " ".join(text)

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        return say(
            "A panel for each outcome, years from left to right, three rows for the directions. Single studies: "
            "{counts}.",
            counts="; ".join(self._counts()),
        )

    def _counts(self) -> list[str]:
        return [
            say(
                COUNTED,
                measure=say(MEASURES[m]),
                higher=integer(self.count(m, 1)),
                none=integer(self.count(m, 0)),
                lower=integer(self.count(m, -1)),
            )
            for m in self.measures
        ]


def known(letter: str, pooled: bool) -> str:
    """Return how a statement is known, in words."""
    read = say(MARKS[letter])
    return say(POOLED_MARK, read=read) if pooled else read


def _dated(study: str, year) -> str:
    import pandas as pd

    return study if pd.isna(year) else f"{study} ({int(year)})"


def evidence_map(file: str | Path = FILE) -> EvidenceMap:
    """Return the map of published directions.

    Parameters
    ----------
    file : str or Path
        A CSV file with the columns of the published one; `certainty` and `source` may stand in other languages in
        columns such as ``source_es``.

    Raises
    ------
    ValueError
        When a direction, a mark or a measure is none of those known; names the study.
    """
    import pandas as pd

    rows = pd.read_csv(
        file, dtype={"year": "Int64"}, keep_default_na=False, na_values={"year": [""]}
    )
    single = rows[rows["effect_type"].isin([SINGLE, POOLED])]
    frame = single.assign(
        measure=single["measures"].str.split(), pooled=single["effect_type"] == POOLED
    ).explode("measure", ignore_index=True)
    frame["direction"] = frame["effect"].astype(int)
    for column in ("certainty", "source"):
        frame[column] = frame.get(f"{column}_{current()}", frame[column])
    for column, allowed in (("direction", DIRECTIONS), ("mark", MARKS), ("measure", MEASURES)):
        strange = frame[~frame[column].isin(list(allowed))]
        if not strange.empty:
            first = strange.iloc[0]
            raise ValueError(
                f"{Path(file).name}: `{column}` of {first['study']} must be one of "
                f"{', '.join(map(str, allowed))}; got {first[column]!r}."
            )
    names = [
        "study",
        "year",
        "measure",
        "direction",
        "pooled",
        "mark",
        "certainty",
        "outcome",
        "source",
    ]
    return EvidenceMap(frame[names], len(rows) - len(single))
