"""The key findings as cards: number, interval against its line, verdict in words and with a sign."""

from dataclasses import dataclass

from retorno.findings import REFUSED
from retorno.language import SHARE, mark, number, percent, quantity, say, unit_rest

WIDTH, EDGE = 240, 8  # of the drawing of an interval, and what stays free on either side
SIGNS = {
    "above": ("▲", mark("above {line}")),
    "below": ("▼", mark("below {line}")),
    "undecided": ("○", mark("undecided")),
    "parity": ("◆", mark("no difference that matters")),
    "paradox": ("▲", mark("a paradox")),
    "shortfall": ("▼", mark("a shortfall")),
    "always": ("▲", mark("pays in any case")),
    "never": ("▼", mark("pays in no case")),
    "share": ("◆", mark("depends on the share")),
    REFUSED: ("–", mark("not stated")),
    None: ("–", mark("described, not tested")),
}
WITHOUT_LINE = {"above": mark("above"), "below": mark("below")}


@dataclass(frozen=True, slots=True)
class Bar:
    """Where an interval lies in a drawing `WIDTH` wide, and the same in words.

    Attributes
    ----------
    low, high, estimate : float
        Places from the left.
    reference : float
        Place of the line the interval is held against.
    line, name : str
        What the line is called; what the drawing says to those who do not see it.
    """

    low: float
    high: float
    estimate: float
    reference: float
    line: str
    name: str


@dataclass(frozen=True, slots=True)
class Card:
    """A finding in the words of a card; `number` and `interval` are None where there is none.

    Without a line to hold the interval against there is no `bar`: alone on its scale it would say nothing.
    """

    id: str
    label: str
    number: str | None
    unit: str
    interval: str | None
    bar: Bar | None
    sign: str
    verdict: str
    sentence: str
    refused: bool


def cards(ids, findings: list[dict], references: dict) -> list[Card]:
    """Return a card for each of `ids`, in their order.

    Parameters
    ----------
    ids : iterable of str
    findings : list of dict
        The records of a run; every id is among them.
    references : dict
        Id -> where the line of its question is (0 for a difference, 1 for a ratio).
    """
    by_id = {finding["id"]: finding for finding in findings}
    chosen = [by_id[i] for i in ids]
    scales = _scales(chosen, references)
    return [
        _card(
            finding,
            references.get(finding["id"]),
            scales[_kind(finding, references)] if _drawn(finding, references) else None,
        )
        for finding in chosen
    ]


def shared_scale(ids, findings: list[dict], references: dict) -> bool:
    """Return whether two of the cards are drawn on one scale."""
    drawn = [f for f in findings if f["id"] in set(ids) and _drawn(f, references)]
    return len(drawn) > len({_kind(f, references) for f in drawn})


def _drawn(finding: dict, references: dict) -> bool:
    return finding["ci_low"] is not None and references.get(finding["id"]) is not None


def _kind(finding: dict, references: dict) -> tuple:
    return finding["unit"], references.get(finding["id"])


def _three(finding: dict) -> tuple[float, float, float]:
    return finding["ci_low"], finding["ci_high"], finding["estimate"]


def _scales(findings: list[dict], references: dict) -> dict[tuple, tuple[float, float]]:
    """Return (unit, reference) -> lowest and highest value: what is of one kind is drawn on one scale."""
    values: dict[tuple, list] = {}
    for finding in findings:
        if _drawn(finding, references):
            kind = _kind(finding, references)
            values.setdefault(kind, []).extend([*_three(finding), kind[1]])
    return {kind: (min(drawn), max(drawn)) for kind, drawn in values.items()}


def _card(finding: dict, reference: float | None, scale: tuple | None) -> Card:
    sign, verdict = SIGNS[finding["verdict"]]
    if reference is None:
        verdict = WITHOUT_LINE.get(finding["verdict"], verdict)
    estimate = finding["estimate"]
    return Card(
        id=finding["id"],
        label=finding["label"],
        number=None if estimate is None else quantity(estimate, finding["unit"]),
        unit="" if estimate is None else unit_rest(finding["unit"]),
        interval=None if finding["ci_low"] is None else interval(finding),
        bar=None if scale is None else _bar(finding, reference, scale),
        sign=sign,
        verdict=say(verdict, line=_line(reference, finding["unit"])),
        sentence=finding["sentence"],
        refused=finding["verdict"] == REFUSED,
    )


def interval(finding: dict) -> str:
    """Return the interval of a finding in words."""
    return say(
        "{level} interval {low} to {high}",
        level=percent(finding["level"], 0),
        low=quantity(finding["ci_low"], finding["unit"]),
        high=quantity(finding["ci_high"], finding["unit"]),
    )


def _line(reference: float | None, unit: str) -> str:
    """Return what the line is called: zero, 100% of a share, or its number without empty decimals."""
    if reference is None:
        return ""
    if reference == 0:
        return say("zero")
    if unit.split(" ")[0] == SHARE:
        return percent(reference, 0)
    return number(reference, 0 if reference % 1 == 0 else 2)


def _bar(finding: dict, reference: float, scale: tuple[float, float]) -> Bar:
    left, right = scale
    line = _line(reference, finding["unit"])

    def place(value):
        share = (value - left) / (right - left) if right > left else 0.5
        return round(EDGE + share * (WIDTH - 2 * EDGE), 1)

    low, high, estimate = map(place, _three(finding))
    return Bar(
        low=low,
        high=high,
        estimate=estimate,
        reference=place(reference),
        line=line,
        name=say(
            "Estimate {estimate}, {interval}, held against {line}",
            estimate=quantity(finding["estimate"], finding["unit"]),
            interval=interval(finding),
            line=line,
        ),
    )
