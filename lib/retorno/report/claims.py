"""The ledger: every claim of the course texts, what the literature supports of it, and what the runs here say.

The words of a claim stand in a table of facts with a column for each language; what a run says to it stands in
the run's ``findings.json``. Nothing else is told, and nothing by hand.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from retorno.findings import REFUSED
from retorno.language import current, integer, mark, quantity, say, say_n, unit_rest
from retorno.report import words
from retorno.report.cards import interval
from retorno.report.pages import records, template

TOPICS = {
    "recovery": mark("Recovery"),
    "reactivation": mark("Reactivation"),
    "referral": mark("Referral"),
    "retention": mark("Retention"),
    "loyalty": mark("Loyalty"),
    "value": mark("Customer value"),
    "service_quality": mark("Service quality"),
    "guarantee": mark("Guarantees"),
}
# What the literature supports of a claim, from most to least: a sign and words.
VERDICTS = {
    "supported": ("●", mark("supported")),
    "partly": ("◐", mark("supported in part")),
    "mixed": ("◑", mark("mixed evidence")),
    "contradicted": ("✕", mark("contradicted")),
    "unsourced": ("?", mark("no source found")),
    "not_testable": ("–", mark("cannot be tested")),
}
BEARINGS = {
    "for": ("▲", mark("speaks for the claim")),
    "against": ("▼", mark("speaks against the claim")),
    "open": ("○", mark("leaves the claim open")),
    "beside": ("◆", mark("a number to set beside the claim")),
    REFUSED: ("–", mark("not stated")),
}
# A simulated or fictional world is made, so what is found in it says nothing of the world outside.
IN_A_WORLD = BEARINGS | {
    "for": ("▲", mark("so it is in this world")),
    "against": ("▼", mark("not so in this world")),
    "open": ("○", mark("left open in this world")),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A finding that speaks to a claim, in words: `number` and `interval` are None where there is none."""

    id: str
    label: str
    number: str | None
    unit: str
    interval: str | None
    sign: str
    bearing: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one run says to a claim; `link` leads from the folder of reports to its report."""

    title: str
    language: str
    link: str
    data: str
    invented: bool
    findings: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim in the language spoken, with the runs that speak to it: those on given data first.

    Attributes
    ----------
    id, topic, verdict : str
        As they stand in the table.
    text, note, source, certainty, test : str
        The claim; what the literature says, from where, how certain; what would test it.
    """

    id: str
    topic: str
    verdict: str
    text: str
    note: str
    source: str
    certainty: str
    test: str
    runs: tuple[Run, ...]

    @property
    def topic_words(self) -> str:
        """The topic for people."""
        return say(TOPICS[self.topic])

    @property
    def sign(self) -> str:
        """The sign of the literature's verdict."""
        return VERDICTS[self.verdict][0]

    @property
    def verdict_words(self) -> str:
        """The literature's verdict for people."""
        return say(VERDICTS[self.verdict][1])

    @property
    def rank(self) -> int:
        """Place of the verdict, the best supported first."""
        return list(VERDICTS).index(self.verdict)

    @property
    def tested(self) -> str:
        """How it is tested here: on given data, on invented data alone, or not yet."""
        if not self.runs:
            return "no"
        return "invented" if all(run.invented for run in self.runs) else "data"


def ledger(file: Path, done: Iterable[dict]) -> list[Claim]:
    """Return the claims in `file`, in its order, each with what the records of runs say to it."""
    done, language = list(done), current()
    with Path(file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        Claim(
            id=row["claim_id"],
            topic=row["topic"],
            verdict=row["evidence_verdict"],
            text=row[f"claim_{language}"],
            note=row[f"evidence_note_{language}"],
            source=row[f"source_of_evidence_{language}"],
            certainty=row[f"certainty_{language}"],
            test=row[f"testable_with_{language}"],
            runs=_runs(row["claim_id"], done),
        )
        for row in rows
    ]


def _runs(claim: str, done: Iterable[dict]) -> tuple[Run, ...]:
    spoken = ((record, (record["provenance"].get("claims") or {}).get(claim)) for record in done)
    runs = [_run(record, bearings) for record, bearings in spoken if bearings]
    return tuple(sorted(runs, key=lambda run: run.invented))


def _run(record: dict, bearings: Mapping[str, str]) -> Run:
    """Return what a run says; what it refuses is told only where it states nothing."""
    provenance = record["provenance"]
    invented = words.invented(provenance)
    told = IN_A_WORLD if invented else BEARINGS
    chosen = {i: bearing for i, bearing in bearings.items() if bearing != REFUSED} or bearings
    return Run(
        title=provenance["title"] or f"{record['study']} · {record['run']}",
        language=record["language"],
        link=quote(f"{record['study']}/{record['run']}/report.html"),
        data=words.names(provenance),
        invented=invented,
        findings=tuple(
            _said(f, *told[chosen[f["id"]]]) for f in record["findings"] if f["id"] in chosen
        ),
    )


def _said(finding: dict, sign: str, told: str) -> Said:
    unit, estimate = finding["unit"], finding["estimate"]
    return Said(
        id=finding["id"],
        label=finding["label"],
        number=None if estimate is None else quantity(estimate, unit),
        unit=unit_rest(unit),
        interval=None if finding["ci_low"] is None else interval(finding),
        sign=sign,
        bearing=say(told),
    )


def render(out: Path, file: Path) -> str:
    """Return the ledger in `file` as a page, with the runs found in `out`."""
    claims = ledger(file, [record for _, record in sorted(records(out).items())])
    return template("claims").render(
        claims=claims,
        topics={topic: say(told) for topic, told in TOPICS.items()},
        verdicts={verdict: say(told) for verdict, (_, told) in VERDICTS.items()},
        tested={
            "data": say("tested on given data"),
            "invented": say("tried on simulated or fictional data"),
            "no": say("not tested here yet"),
        },
        counts=[say_n("{n} claim shown", "{n} claims shown", n) for n in range(len(claims) + 1)],
        lede=_lede(claims),
        language=current(),
    )


def _lede(claims: list[Claim]) -> str:
    data = sum(claim.tested == "data" for claim in claims)
    invented = sum(claim.tested == "invented" for claim in claims)
    return say(
        "{n} claims of course texts, with what the literature supports of each. Runs in this folder on given data "
        "speak to {data} of them; {invented} more are tried on simulated or fictional data, which show what a study "
        "would find and are no evidence; {rest} are not tested here yet.",
        n=integer(len(claims)),
        data=integer(data),
        invented=integer(invented),
        rest=integer(len(claims) - data - invented),
    )
