"""The one thing a notebook states: a number with its interval, unit, verdict and sentence.

A study module writes a `Definition` for each id beside the number it speaks of; a result's ``findings()``
fills it. A study's `Answer` says in one sentence what all its findings come to. Both show themselves in a
notebook and carry their record in the cell's output, where the runner collects them: there are no side
files and no global state.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape

from retorno.language import integer, named, percent, quantity, say, say_n

MIME = "application/vnd.retorno.findings+json"
ANSWER_MIME = "application/vnd.retorno.answer+json"
REFUSED = "refused"
MANY = (
    8  # more findings than this in one place are folded; a table or figure shows them at a glance
)
MOST_CARDS = 6


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
class Speaks:
    """That a finding speaks to a claim of the course texts.

    Attributes
    ----------
    claim : str
        Id of the claim in the ledger.
    holds : str
        Verdicts under which the claim would hold, parted by ``|``; empty where the number is only set beside it.
    where : tuple of (name, str)
        What has to stand in the braces of the id for the finding to speak to it.
    """

    claim: str
    holds: str = ""
    where: tuple[tuple[str, str], ...] = ()

    def bearing(self, verdict: str | None) -> str:
        """Return what a verdict does to the claim: for, against, open, beside (a number alone) or refused.

        Examples
        --------
        >>> Speaks("c", holds="above|parity").bearing("below"), Speaks("c").bearing("below")
        ('against', 'beside')
        """
        if verdict == REFUSED:
            return REFUSED
        if not self.holds or verdict is None:
            return "beside"
        if verdict in self.holds.split("|"):
            return "for"
        return "open" if verdict in UNDECIDED else "against"


UNDECIDED = ("undecided", "share")  # verdicts that bear neither way


@dataclass(frozen=True, slots=True)
class Definition:
    """What an id means, once and for all.

    `id` may hold names in braces (``effect.{outcome}``), and so may `label`. `unit` is the default;
    money findings give theirs when stated. `sign` says which way is up. `formula` is LaTeX without
    dollar signs, its symbols explained in `meaning`. `reference` is where the question's line lies: 0
    for a difference, 1 for a ratio, None where no line makes sense. `speaks_to` lists the claims of the
    course texts that a finding of this id speaks to.
    """

    id: str
    label: str
    meaning: str
    unit: str
    sign: str
    formula: str = ""
    reference: float | None = None
    speaks_to: tuple[Speaks, ...] = ()

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
            label=say(self.label, **words(names)),
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

    def names(self, finding_id: str) -> dict[str, str] | None:
        """Return what stands in `finding_id` for the braces of this id, None when it is no instance of it.

        Examples
        --------
        >>> Definition("effect.{outcome}", "Effect on {outcome}", "", "", "").names("effect.spend")
        {'outcome': 'spend'}
        """
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(self.id))
        found = re.fullmatch(pattern, finding_id)
        return found and found.groupdict()

    def speaking(self, finding_id: str) -> tuple[Speaks, ...]:
        """Return the claims that the finding of this id speaks to."""
        names = (self.names(finding_id) or {}).items()
        return tuple(each for each in self.speaks_to if set(each.where) <= set(names))

    def matches(self, finding_id: str) -> bool:
        """Return whether `finding_id` is an instance of this id."""
        return self.names(finding_id) is not None


def words(names: Mapping) -> dict:
    """Return what stands in an id's braces as it stands in a sentence."""
    return {key: named(name) if isinstance(name, str) else name for key, name in names.items()}


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

    def get(self, finding_id: str) -> Finding | None:
        """Return the finding of an id, None when it is not among these."""
        return next((finding for finding in self if finding.id == finding_id), None)

    def verdict(self, finding_id: str) -> str | None:
        """Return the verdict of a finding, refused also when it is not among these."""
        finding = self.get(finding_id)
        return REFUSED if finding is None else finding.verdict

    def beside(self, answers: Mapping[str, float], *, folded: bool = False) -> "Beside":
        """Return the same findings shown beside the `answers` a simulated world knows.

        They are `folded` where a table or figure above shows them at a glance, and always when they are many.
        """
        return Beside(self, answers, folded)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return _bundle(self, {}, folded=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the findings of a study come to; shows itself and carries its record.

    Attributes
    ----------
    headline : str
        The answer in one short sentence, without a full stop.
    lede : str
        One or two sentences with the numbers behind it.
    cards : tuple of str
        Ids of the key findings, most important first; a refused one keeps its place.
    """

    headline: str
    lede: str
    cards: tuple[str, ...]

    def record(self) -> dict:
        """Return the answer as plain values."""
        return {"headline": self.headline, "lede": self.lede, "cards": list(self.cards)}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": f"{self.headline}.\n{self.lede}",
            "text/html": f"<p><strong>{escape(self.headline)}.</strong> {escape(self.lede)}</p>",
            ANSWER_MIME: self.record(),
        }


def decide(table: Mapping[str, str], *verdicts: str | None) -> str:
    """Return the sentence of the first row of a decision table that fits `verdicts`.

    Parameters
    ----------
    table : mapping of str to str
        Pattern -> sentence. A pattern has a word for each of `verdicts`; ``*`` fits all, ``a|b`` either.

    Examples
    --------
    >>> table = {"above *": "More", "below|undecided above": "Perhaps", "* *": "Who knows"}
    >>> decide(table, "above", "below"), decide(table, "below", "above"), decide(table, "below", "below")
    ('More', 'Perhaps', 'Who knows')
    """
    for pattern, sentence in table.items():
        words = zip(pattern.split(), verdicts, strict=True)
        if all(word == "*" or verdict in word.split("|") for word, verdict in words):
            return sentence
    raise ValueError(f"no row of the decision table fits {verdicts}.")


def choose_cards(findings: Iterable[Finding], *wanted: str) -> tuple[str, ...]:
    """Return those of the ids `wanted` that are among `findings`, each once, six at most."""
    there = {finding.id for finding in findings}
    return tuple(i for i in dict.fromkeys(wanted) if i in there)[:MOST_CARDS]


class Beside:
    """Findings shown with the known answers of a simulated world; the records stay as they are."""

    def __init__(self, findings: Findings, answers: Mapping[str, float], folded: bool = False):
        self.findings, self.answers, self.folded = findings, dict(answers), folded

    def _repr_mimebundle_(self, include=None, exclude=None):
        return _bundle(self.findings, self.answers, folded=self.folded)


def _bundle(findings: Findings, answers: Mapping[str, float], *, folded: bool) -> dict:
    rows = "\n".join(_html(f, answers.get(f.id)) for f in findings)
    html = f'<dl class="findings">\n{rows}\n</dl>'
    if findings and (folded or len(findings) > MANY):
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
    "ANSWER_MIME",
    "MIME",
    "REFUSED",
    "Answer",
    "Beside",
    "Definition",
    "Finding",
    "Findings",
    "Speaks",
    "caution",
    "choose_cards",
    "decide",
    "direction",
    "find",
    "shown",
    "too_few",
    "words",
]
