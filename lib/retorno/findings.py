"""The one thing a notebook states: a number with its interval, unit, verdict and sentence.

A study module writes a `Definition` for each id beside the number it speaks of; a result's ``findings()``
fills it. Findings show themselves in a notebook and carry their record in the cell's output, where the
runner collects them: there are no side files and no global state.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape

from retorno.language import integer, percent, quantity, say, say_n

MIME = "application/vnd.retorno.findings+json"
REFUSED = "refused"
MANY = (
    8  # more findings than this in one place are folded; a table or figure shows them at a glance
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A stated or refused result.

    Attributes
    ----------
    id, label : str
        The id is an interface; the label is for people.
    estimate, ci_low, ci_high : float or None
        In `unit`, at full precision; shares are fractions. None where it does not apply.
    level : float or None
        Nominal coverage of the interval (0.95 is 95 %).
    unit, method, verdict, sentence : str or None
    n : int or None
        Units the estimate rests on.
    """

    id: str
    label: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    level: float | None
    unit: str
    n: int | None
    method: str | None
    verdict: str | None
    sentence: str

    def __post_init__(self):
        for name in ("estimate", "ci_low", "ci_high"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"finding {self.id}: `{name}` is {value}; refuse it instead.")

    def record(self) -> dict:
        """Return the finding as plain values, every field present."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Definition:
    """What an id means, once and for all.

    `id` may hold names in braces (``effect.{outcome}``), and so may `label`. `unit` is the default;
    money findings give theirs when stated. `sign` says which way is up.
    """

    id: str
    label: str
    meaning: str
    unit: str
    sign: str

    def state(
        self,
        estimate: float | None,
        sentence: str,
        *,
        interval: tuple[float, float] | None = None,
        level: float | None = None,
        unit: str | None = None,
        n: int | None = None,
        method: str | None = None,
        verdict: str | None = None,
        **names,
    ) -> Finding:
        """Return the finding; `names` fill the braces of id and label."""
        low, high = interval if interval is not None else (None, None)
        return Finding(
            id=self.id.format(**names),
            label=say(
                self.label,
                **{k: v.replace("_", " ") if isinstance(v, str) else v for k, v in names.items()},
            ),
            estimate=_plain(estimate),
            ci_low=_plain(low),
            ci_high=_plain(high),
            level=level if interval is not None else None,
            unit=unit or self.unit,
            n=None if n is None else int(n),
            method=method,
            verdict=verdict,
            sentence=sentence,
        )

    def refuse(
        self, reason: str, *, n: int | None = None, unit: str | None = None, **names
    ) -> Finding:
        """Return the finding without a number: `reason` says why and what would be needed."""
        return self.state(None, reason, n=n, unit=unit, verdict=REFUSED, **names)

    def matches(self, finding_id: str) -> bool:
        """Return whether `finding_id` is an instance of this id."""
        pattern = re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(self.id))
        return re.fullmatch(pattern, finding_id) is not None


def _plain(value):
    """Return a NumPy number as Python's own, so that records are plain JSON."""
    return value.item() if hasattr(value, "item") else value


class Findings(tuple):
    """Findings in reading order; shows itself and carries the records."""

    __slots__ = ()

    def __new__(cls, findings: Iterable[Finding] = ()):
        """Refuse two findings with one id."""
        self = super().__new__(cls, findings)
        ids = [finding.id for finding in self]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"findings stated twice: {', '.join(twice)}.")
        return self

    def beside(self, answers: Mapping[str, float]) -> "Beside":
        """Return the same findings shown beside the `answers` a simulated world knows."""
        return Beside(self, answers)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return _bundle(self, {})


class Beside:
    """Findings shown with the known answers of a simulated world; the records stay as they are."""

    def __init__(self, findings: Findings, answers: Mapping[str, float]):
        self.findings, self.answers = findings, dict(answers)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return _bundle(self.findings, self.answers)


def _bundle(findings: Findings, answers: Mapping[str, float]) -> dict:
    rows = "\n".join(_html(f, answers.get(f.id)) for f in findings)
    html = f'<dl class="findings">\n{rows}\n</dl>'
    if len(findings) > MANY:
        title = say_n("{n} finding in words", "{n} findings in words", len(findings))
        html = f"<details><summary>{escape(title)}</summary>{html}</details>"
    return {
        "text/plain": "\n".join(f"{f.id}: {f.sentence}" for f in findings),
        "text/html": html,
        MIME: [finding.record() for finding in findings],
    }


def _html(finding: Finding, answer: float | None) -> str:
    number = "" if finding.estimate is None else f"<b>{escape(shown(finding))}</b> "
    known = "" if answer is None else f' <i class="known">{escape(_known(finding, answer))}</i>'
    refused = ' class="refused"' if finding.verdict == REFUSED else ""
    return (
        f'<dt id="{escape(finding.id, quote=True)}"{refused}>{escape(finding.label)} '
        f"<code>{escape(finding.id)}</code></dt>"
        f"<dd{refused}>{number}{escape(finding.sentence)}{known}</dd>"
    )


def _known(finding: Finding, answer: float) -> str:
    answer_text = quantity(answer, finding.unit)
    if finding.ci_low is None:
        return say("Known answer: {answer}.", answer=answer_text)
    if finding.ci_low <= answer <= finding.ci_high:
        return say("Known answer: {answer}, inside the interval.", answer=answer_text)
    return say("Known answer: {answer}, outside the interval.", answer=answer_text)


def shown(finding: Finding) -> str:
    """Return estimate and interval as a reader sees them."""
    estimate = quantity(finding.estimate, finding.unit)
    if finding.ci_low is None:
        return estimate
    return say(
        "{estimate} ({level} interval {low} to {high})",
        estimate=estimate,
        level=percent(finding.level, 0),
        low=quantity(finding.ci_low, finding.unit),
        high=quantity(finding.ci_high, finding.unit),
    )


def direction(interval: tuple[float, float], reference: float = 0.0) -> str:
    """Return on which side of `reference` the whole interval lies: above, below or undecided."""
    low, high = interval
    if low > reference:
        return "above"
    return "below" if high < reference else "undecided"


def caution(n: int) -> str:
    """Return a warning, with a leading space, when a number rests on fewer than 30 units."""
    if n >= 30:
        return ""
    return " " + say_n(
        "Only {n} unit stands behind this number: read it with care.",
        "Only {n} units stand behind this number: read it with care.",
        n,
    )


def too_few(what: str, n: int, min_group: int) -> str:
    """Return why a group is too small to state anything about, and what would be needed."""
    return say(
        "Not stated: {what}: {n}; at least {needed} are needed (parameter min_group).",
        what=what,
        n=integer(n),
        needed=integer(min_group),
    )


def find(definitions: Iterable[Definition], finding_id: str) -> Definition | None:
    """Return the definition of `finding_id`: of several that fit, the one that spells out most of it."""
    fitting = [d for d in definitions if finding_id == d.id or d.matches(finding_id)]
    return max(fitting, key=lambda d: len(re.sub(r"\{\w+\}", "", d.id)), default=None)


__all__ = [
    "MIME",
    "REFUSED",
    "Beside",
    "Definition",
    "Finding",
    "Findings",
    "caution",
    "direction",
    "find",
    "shown",
    "too_few",
]
