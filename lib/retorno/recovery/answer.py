"""The answer of the study in one sentence, from its findings alone.

Where there is a score before, the corrected change of the recovered leads, beside the change as it stands; else the
difference from customers without a failure. Beside it stands the difference from customers who were alike before, what
leavers could have done to it, and whether recovery earns its cost. Satisfaction leads, what else was asked follows.
"""

from collections.abc import Iterable

from retorno.findings import REFUSED, Answer, Finding, Findings, choose_cards, decide, shown
from retorno.language import mark, quantity, say
from retorno.recovery.between.adjusted import ANCOVA
from retorno.recovery.between.difference import DIFFERENCE, SHORT, VERDICT
from retorno.recovery.between.leavers import LEE_HIGH, LEE_LOW
from retorno.recovery.literature.own import NEEDED, SHRUNKEN, WITH_OWN
from retorno.recovery.literature.pooled import I2, MU, PREDICTION, TAU2
from retorno.recovery.repair.rate import RATE
from retorno.recovery.survey import OUTCOMES
from retorno.recovery.within.change import CORRECTED, EXPECTED, RAW
from retorno.recovery.worth.value import PER_RECOVERY

# Verdict of the corrected change, verdict of the change as it stands -> headline.
WITHIN = {
    "paradox above": mark(
        "Recovered customers gained in {outcome} beyond what regression to the mean explains"
    ),
    "paradox *": mark(
        "Recovered customers held up better in {outcome} than regression to the mean explains"
    ),
    "parity above": mark(
        "Recovered customers gained in {outcome} about as much as regression to the mean explains"
    ),
    "parity below": mark(
        "Recovered customers lost in {outcome} about as much as regression to the mean explains"
    ),
    "parity *": mark(
        "Recovered customers show no change in {outcome} that matters beyond regression to the mean"
    ),
    "shortfall above": mark(
        "Recovered customers gained less in {outcome} than regression to the mean explains"
    ),
    "shortfall below": mark(
        "Recovered customers lost in {outcome} beyond what regression to the mean explains"
    ),
    "shortfall *": mark(
        "Recovered customers did worse in {outcome} than regression to the mean explains"
    ),
    "undecided above": mark(
        "Recovered customers gained in {outcome}, but regression to the mean may explain it"
    ),
    "undecided below": mark(
        "Recovered customers lost in {outcome}, but regression to the mean may explain it"
    ),
    "undecided *": mark("Whether {outcome} changed beyond regression to the mean cannot be told"),
}
# Verdict between the groups -> headline, where no corrected change is stated.
BETWEEN = {
    "paradox": mark(
        "Recovered customers score higher in {outcome} than customers without a failure"
    ),
    "parity": mark(
        "Recovered customers score about as high in {outcome} as customers without a failure"
    ),
    "shortfall": mark(
        "Recovered customers score lower in {outcome} than customers without a failure"
    ),
    "undecided": mark("Whether there is a paradox in {outcome} cannot be told from these data"),
}
NOTHING = mark("Whether there is a recovery paradox cannot be told from these data")

# Verdict between the groups -> what follows the corrected change in the lede.
BESIDE = {
    "paradox": mark("They score {difference} higher than customers without a failure."),
    "parity": mark(
        "Beside customers without a failure they score about the same: {difference} apart, too little to matter."
    ),
    "shortfall": mark(
        "They score {difference} lower than customers without a failure; who meets a failure is part of that."
    ),
    "undecided": mark(
        "Beside customers without a failure, neither a difference nor its absence is shown."
    ),
}
ALIKE = mark(
    "Recovered minus no failure is {difference} as it stands and {alike} among customers alike before: {verdict}."
)
LEFT = mark("Who left before the second wave could account for the difference as it stands alone.")
# Side of zero of what a recovery is worth -> last sentence of the lede.
WORTH = {
    "above": mark("A recovery earns {worth} more than it costs."),
    "below": mark("A recovery costs {worth} more than it earns."),
    "undecided": mark("Whether a recovery earns its cost is undecided."),
}

# Side of zero of the mean of the published studies -> headline, where there is no survey.
PUBLISHED = {
    "above": mark("Published studies put recovered customers above those without a failure"),
    "below": mark("Published studies put recovered customers below those without a failure"),
    "undecided": mark("Published studies leave it open whether there is a recovery paradox"),
}


def answer(findings: Iterable[Finding]) -> Answer:
    """Return what the findings of the study come to."""
    found = Findings(findings)
    outcomes = _outcomes(found)
    lead = next((o for o in outcomes if _leading(found, o).verdict != REFUSED), None)
    if not outcomes and found.verdict(MU.id) != REFUSED:
        return _published(found)
    if lead is None:
        reason = found[0].sentence if found else ""
        return Answer(say(NOTHING), reason, _cards(found, outcomes))
    outcomes = [lead, *(o for o in outcomes if o != lead)]
    tell = _within if _is_within(found, lead) else _between
    headline, lede = tell(found, lead)
    sentences = [*lede, *_left(found, lead), *_others(found, outcomes[1:])]
    sentences += [*_worth(found), *_among(found)]
    return Answer(headline, " ".join(sentences), _cards(found, outcomes))


def _outcomes(found: Findings) -> list[str]:
    """Return the outcomes the findings speak of, satisfaction first."""
    names = (d.names(f.id) for f in found for d in (DIFFERENCE, CORRECTED))
    there = dict.fromkeys(n["outcome"] for n in names if n)
    return sorted(there, key=lambda outcome: outcome != "satisfaction")


def _id(definition, outcome: str) -> str:
    return definition.id.format(outcome=outcome)


def _is_within(found: Findings, outcome: str) -> bool:
    return found.verdict(_id(CORRECTED, outcome)) != REFUSED


def _leading(found: Findings, outcome: str) -> Finding:
    """Return the finding that answers for an outcome, refused where none does."""
    if _is_within(found, outcome):
        return found.get(_id(CORRECTED, outcome))
    difference = found.get(_id(DIFFERENCE, outcome))
    return found.get(_id(CORRECTED, outcome)) if difference is None else difference


def _within(found: Findings, outcome: str) -> tuple[str, list[str]]:
    raw, expected, corrected, difference = (
        found.get(_id(d, outcome)) for d in (RAW, EXPECTED, CORRECTED, DIFFERENCE)
    )
    headline = decide(WITHIN, corrected.verdict, raw.verdict)
    numbers = say(
        "Their mean score changed by {raw}; {expected} was to be expected from regression to the mean alone, which "
        "leaves {corrected}.",
        raw=quantity(raw.estimate, raw.unit),
        expected=quantity(expected.estimate, expected.unit),
        corrected=shown(corrected),
    )
    beside = _alike(found, outcome)
    if not beside and (word := found.verdict(_id(VERDICT, outcome))) != REFUSED:
        apart = quantity(abs(difference.estimate), difference.unit)
        beside = [say(BESIDE[word], difference=apart)]
    return say(headline, outcome=say(OUTCOMES[outcome])), [numbers, *beside]


def _alike(found: Findings, outcome: str) -> list[str]:
    """Return the sentence on the difference among customers alike before, if both differences are stated."""
    difference, alike = (found.get(_id(d, outcome)) for d in (DIFFERENCE, ANCOVA))
    if difference is None or alike is None or REFUSED in (difference.verdict, alike.verdict):
        return []
    words = {
        "difference": quantity(difference.estimate, difference.unit),
        "alike": shown(alike),
        "verdict": say(SHORT[alike.verdict]),
    }
    return [say(ALIKE, **words)]


def _left(found: Findings, outcome: str) -> list[str]:
    """Return that leavers could account for a clear difference, where Lee's bounds hold zero."""
    low, high = (found.get(_id(d, outcome)) for d in (LEE_LOW, LEE_HIGH))
    is_clear = found.verdict(_id(DIFFERENCE, outcome)) in ("above", "below")
    if not is_clear or low is None or REFUSED in (low.verdict, high.verdict):
        return []
    return [say(LEFT)] if low.estimate <= 0 <= high.estimate else []


def _among(found: Findings) -> list[str]:
    """Return where the survey leaves the published studies, where they are pooled."""
    published, joined = found.get(MU.id), found.get(WITH_OWN.id)
    if None in (published, joined) or REFUSED in (published.verdict, joined.verdict):
        return []
    words = {"published": quantity(published.estimate, published.unit), "joined": shown(joined)}
    return [
        say(
            "In standard deviations, published studies come to {published} on average, with this survey {joined}.",
            **words,
        )
    ]


def _published(found: Findings) -> Answer:
    """Return what the published studies come to alone."""
    mean, spread = found.get(MU.id), found.get(PREDICTION.id)
    lede = [say("Their mean effect is {mean} standard deviations.", mean=shown(mean))]
    if spread is not None and spread.verdict != REFUSED:
        lede.append(
            say(
                "A further study of the same kind would find a true effect between {low} and {high}.",
                low=quantity(spread.ci_low, spread.unit),
                high=quantity(spread.ci_high, spread.unit),
            )
        )
    ids = (d.id for d in (MU, PREDICTION, TAU2, I2, WITH_OWN, SHRUNKEN, NEEDED))
    return Answer(say(PUBLISHED[mean.verdict]), " ".join(lede), choose_cards(found, *ids))


def _worth(found: Findings) -> list[str]:
    """Return whether a recovery earns its cost, where that is stated."""
    worth = found.get(PER_RECOVERY.id)
    if worth is None or worth.verdict == REFUSED:
        return []
    return [say(WORTH[worth.verdict], worth=quantity(abs(worth.estimate), worth.unit))]


def _between(found: Findings, outcome: str) -> tuple[str, list[str]]:
    headline = decide(BETWEEN, found.verdict(_id(VERDICT, outcome)))
    numbers = say(
        "Recovered minus no failure: {difference}. Who meets a failure is part of it, and no change corrected for "
        "that is stated.",
        difference=shown(found.get(_id(DIFFERENCE, outcome))),
    )
    return say(headline, outcome=say(OUTCOMES[outcome])), [numbers]


def _others(found: Findings, outcomes: list[str]) -> list[str]:
    """Return the sentence on the outcomes that do not lead, if there is one."""
    told = []
    for outcome in outcomes:
        words = {"outcome": say(OUTCOMES[outcome])}
        if _is_within(found, outcome):
            verdict = say(SHORT[found.verdict(_id(CORRECTED, outcome))])
            told.append(say("{outcome} against before, {verdict}", verdict=verdict, **words))
        elif (word := found.verdict(_id(ANCOVA, outcome))) != REFUSED:
            verdict = say(SHORT[word])
            told.append(
                say("{outcome} among customers alike before, {verdict}", verdict=verdict, **words)
            )
        elif (word := found.verdict(_id(VERDICT, outcome))) != REFUSED:
            verdict = say(SHORT[word])
            told.append(say("{outcome} against no failure, {verdict}", verdict=verdict, **words))
    return [say("Other outcomes: {told}.", told="; ".join(told))] if told else []


def _cards(found: Findings, outcomes: list[str]) -> tuple[str, ...]:
    """Return the key findings: all sides of the leading outcome, of the others what answers for them."""
    first, *others = outcomes or [""]
    beside = ANCOVA if found.verdict(_id(ANCOVA, first)) != REFUSED else DIFFERENCE
    sides = [_id(d, first) for d in (CORRECTED, RAW, beside, RATE)]
    if found and not _is_within(found, first):
        sides = [_id(d, first) for d in (DIFFERENCE, CORRECTED, RATE)]
    worth = [PER_RECOVERY.id] if found.verdict(PER_RECOVERY.id) != REFUSED else []
    return choose_cards(found, *sides, *worth, *(_leading(found, o).id for o in others))
