"""From a table of published numbers to one effect with its variance in each row, and how it was made.

Estimand: none; this is what pooling starts from. Every effect is recovered minus comparison in standard deviations: of
the scores within two groups (Hedges g), or, for pairs, of the score before, which is the same scale. Where a row prints
more than is needed, the way nearest to the data is taken: an effect with its variance, means, t, r, F, p.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from retorno.errors import TableError
from retorno.language import listed, mark, named, number, say, say_n
from retorno.recovery.survey import OUTCOMES
from retorno.stats.meta import effects as made

FIGURES = (
    *("effect", "variance", "mean1", "sd1", "n1", "mean2", "sd2", "n2"),
    *("r", "n", "t", "f", "p", "sign", "before_after_r"),
)
KEPT = ("design", "subjects", "service", "source")
SHOWN = 10  # problems listed

ABOVE_ZERO, TWO, THREE = mark("above 0"), mark("2 or more"), mark("3 or more")
INSIDE, SIGN = mark("above -1 and below 1"), mark("1 or -1")
GROUPS = {"n1": (lambda v: v >= 2, TWO), "n2": (lambda v: v >= 2, TWO)}


class Way(NamedTuple):
    """One way to make an effect.

    Attributes
    ----------
    needs : tuple of str
        Columns; the first ones, which no other number can stand for, come first.
    rules : dict of str to (callable, str)
        Column -> what its values must be, as a test and in words.
    make : callable
        Takes the columns as arrays, returns `retorno.stats.meta.effects.Effects`.
    words : str
        How the effect was made.
    """

    needs: tuple[str, ...]
    rules: dict[str, tuple[Callable, str]]
    make: Callable
    words: str


def _pairs(*, mean1, mean2, sd2, n1, before_after_r):
    before = {"mean_before": mean2, "sd_before": sd2}
    return made.change_in_before_sds(mean_after=mean1, n=n1, r=before_after_r, **before)


def _given(*, effect, variance):
    return made.Effects(effect, variance, ("",) * effect.size)


def _groups_r(*, r, n1, n2):
    return made.g_from_t(t=r * np.sqrt((n1 + n2 - 2) / (1 - r**2)), n1=n1, n2=n2)


_SIGN = {"sign": (lambda v: np.abs(v) == 1, SIGN)}
_R = (lambda v: np.abs(v) < 1, INSIDE)
WAYS = {
    "effect": Way(
        ("effect", "variance"),
        {"variance": (lambda v: v > 0, ABOVE_ZERO)},
        _given,
        mark("as published"),
    ),
    "pairs": Way(
        ("before_after_r", "mean1", "mean2", "sd2", "n1"),
        {
            "sd2": (lambda v: v > 0, ABOVE_ZERO),
            "n1": (lambda v: v >= 3, THREE),
            "before_after_r": _R,
        },
        _pairs,
        mark("from means of pairs, in SDs of the score before"),
    ),
    "means": Way(
        ("mean1", "mean2", "sd1", "sd2", "n1", "n2"),
        GROUPS | {name: (lambda v: v > 0, ABOVE_ZERO) for name in ("sd1", "sd2")},
        made.g_from_means,
        mark("from means and SDs"),
    ),
    "t": Way(("t", "n1", "n2"), GROUPS, made.g_from_t, mark("from t")),
    "groups_r": Way(
        ("r", "n1", "n2"), GROUPS | {"r": _R}, _groups_r, mark("from r and the sizes of the groups")
    ),
    "r": Way(
        ("r", "n"),
        {"r": _R, "n": (lambda v: v >= 3, THREE)},
        made.d_from_r,
        mark("from r, groups taken as of one size"),
    ),
    "f": Way(("f", "sign", "n1", "n2"), GROUPS | _SIGN, made.g_from_f, mark("from F")),
    "p": Way(
        ("p", "sign", "n1", "n2"),
        GROUPS | _SIGN | {"p": (lambda v: v > 0, ABOVE_ZERO)},
        made.g_from_p,
        mark("from p"),
    ),
}
PAIRED = "before_after_r"  # a row with it is never taken as one of two groups
PAIRS_CAN = ("effect", "pairs")
WHAT_WOULD_DO = mark(
    "An effect is made of: effect, variance; mean1, sd1, n1, mean2, sd2, n2; r, n; t, n1, n2; f or p with sign, n1, "
    "n2; of pairs: mean1 (after), mean2, sd2 (before), n1, before_after_r."
)


@dataclass(frozen=True, slots=True)
class Published:
    """Published effects.

    Attributes
    ----------
    frame : DataFrame
        study, outcome, effect, variance, made (of `WAYS`), year (NaN where not given), design, subjects, service,
        source (None where not given): one row a study and outcome, in the order of the table.
    """

    frame: Any

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes there are, those of the survey first."""
        there = list(dict.fromkeys(self.frame["outcome"]))
        return tuple(sorted(there, key=lambda each: each not in OUTCOMES))

    def of(self, outcome: str):
        """Return the rows of one outcome."""
        return self.frame[self.frame["outcome"] == outcome].reset_index(drop=True)

    def to_frame(self):
        """Return study, year, outcome, effect, se, made: how each effect was made, in words."""
        import pandas as pd

        return pd.DataFrame(
            {
                "study": self.frame["study"],
                "year": self.frame["year"].astype("Int64"),
                "outcome": [named(each) for each in self.frame["outcome"]],
                "effect": self.frame["effect"],
                "se": np.sqrt(self.frame["variance"]),
                "made": [say(WAYS[each].words) for each in self.frame["made"]],
            }
        )

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "study": (say("Study"), "text"),
            "year": (say("Year"), "text"),
            "outcome": (say("Outcome"), "text"),
            "effect": (say("Effect, in standard deviations"), "number"),
            "se": (say("Standard error"), "number"),
            "made": (say("How it was made"), "text"),
        }

    def table_caption(self) -> str:
        """Say what the table of effects holds."""
        return say_n(
            "{n} published effect, recovered minus comparison in standard deviations, and how it was made.",
            "{n} published effects, recovered minus comparison in standard deviations, and how each was made.",
            len(self.frame),
        )


def published_effects(effects) -> Published:
    """Return the effect of each row of a table of published numbers.

    Parameters
    ----------
    effects : ibis.Table
        A checked `effects` table.

    Raises
    ------
    TableError
        When a row holds no effect and nothing that makes one, or a number that cannot be: lists the rows, what each
        lacks, and what would do.
    """
    import pandas as pd

    frame = effects.execute()
    if frame.empty:
        raise TableError(say("effects: the table has no row; a published effect is a row."))
    numbers = {name: _numbers(frame, name) for name in (*FIGURES, "year")}
    ways = _ways(numbers)
    problems = [_lacks(frame, numbers, row) for row in np.flatnonzero(ways == "")]
    problems += [text for way in WAYS for text in _impossible(frame, numbers, ways, way)]
    if problems:
        raise TableError(_told(problems))
    effect, variance = np.empty(len(frame)), np.empty(len(frame))
    for way, rule in WAYS.items():
        rows = ways == way
        if rows.any():
            got = rule.make(**{name: numbers[name][rows] for name in rule.needs})
            effect[rows], variance[rows] = got.effect, got.variance
    return Published(
        pd.DataFrame(
            {
                "study": frame["study"],
                "outcome": frame["outcome"],
                "effect": effect,
                "variance": variance,
                "made": ways,
                "year": numbers["year"],
                **{name: _texts(frame, name) for name in KEPT},
            }
        )
    )


def _numbers(frame, name: str) -> np.ndarray:
    """Return a column as float, NaN where it is empty or not there."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=float, na_value=np.nan)


def _texts(frame, name: str) -> np.ndarray:
    """Return a column as text, None where it is empty or not there."""
    if name not in frame:
        return np.full(len(frame), None, dtype=object)
    return frame[name].to_numpy(dtype=object, na_value=None)


def _ways(numbers) -> np.ndarray:
    """Return for each row the first of `WAYS` that its numbers allow, empty where none."""
    there = {name: ~np.isnan(values) for name, values in numbers.items()}
    found = np.full(there[PAIRED].size, "", dtype=object)
    for way, rule in WAYS.items():
        able = np.logical_and.reduce([there[name] for name in rule.needs])
        if way not in PAIRS_CAN:
            able &= ~there[PAIRED]
        found[(found == "") & able] = way
    return found


def _impossible(frame, numbers, ways, way: str) -> list[str]:
    """Return what is wrong with the numbers of the rows made in one way."""
    return [
        say(
            "{row}: {name} must be {words}; got {got}.",
            row=_row(frame, row),
            name=name,
            words=say(words),
            got=number(float(numbers[name][row]), 4),
        )
        for name, (test, words) in WAYS[way].rules.items()
        for row in np.flatnonzero((ways == way) & ~test(numbers[name]))
    ]


def _lacks(frame, numbers, row: int) -> str:
    """Return what a row lacks of the way it is nearest to."""
    there = {name for name in FIGURES if not np.isnan(numbers[name][row])}
    able = [rule.needs for way, rule in WAYS.items() if PAIRED not in there or way in PAIRS_CAN]
    led = [needs for needs in able if needs[0] in there]
    started = led or [needs for needs in able if len(there & {*needs}) > 1]
    if not started:
        return say("{row}: holds none of the numbers that make an effect.", row=_row(frame, row))
    nearest = min(started, key=lambda needs: len({*needs} - there))
    return say(
        "{row}: has {given}; {missing} would be needed too.",
        row=_row(frame, row),
        given=listed(name for name in nearest if name in there),
        missing=listed(name for name in nearest if name not in there),
    )


def _row(frame, row: int) -> str:
    return say(
        "row {n} of the data ({study}, {outcome})",
        n=int(row) + 1,
        study=frame["study"].iloc[row],
        outcome=frame["outcome"].iloc[row],
    )


def _told(problems: Sequence[str]) -> str:
    head = say_n(
        "effects: {n} row gives no effect.", "effects: {n} rows give no effect.", len(problems)
    )
    lines = [f"- {problem}" for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append("- " + say("and {n} more", n=len(problems) - SHOWN))
    return "\n".join([head, *lines, say(WHAT_WOULD_DO)])
