"""The answer of the study in one sentence, from its findings alone.

With a holdout the effect of contact leads, that on money first, beside what the programme comes to and the comparison
of survivors, which is no effect. Without one there are two ratios, and the sentence that neither is an effect.
"""

from collections.abc import Iterable

from retorno.findings import (
    REFUSED,
    Answer,
    Finding,
    Findings,
    choose_cards,
    decide,
    find,
    shown,
)
from retorno.language import integer, listed, mark, percent, quantity, say
from retorno.reactivation.contact.adjusted import DEFINITIONS as ADJUSTED
from retorno.reactivation.contact.contrasts import ARM_EFFECT, EFFECT, SLOPE
from retorno.reactivation.contact.contrasts import DEFINITIONS as CONTRASTS
from retorno.reactivation.contact.costs import PER_EXTRA, PER_RETURN
from retorno.reactivation.contact.recency import DEFINITIONS as RECENCY
from retorno.reactivation.contact.targeting import BREAK_EVEN
from retorno.reactivation.curves.speed import PAYBACK, SHARE
from retorno.reactivation.curves.windows import LIKE_FOR_LIKE, NEW, RATIO, REACTIVATED
from retorno.reactivation.returns.states import REACTIVATED as RETURNED
from retorno.reactivation.worth.observed import OBSERVED
from retorno.reactivation.worth.programme import VALUE as PROGRAMME

ON_OUTCOMES = (*CONTRASTS, *ADJUSTED, *RECENCY)
EARLY_DAYS = 30

# Leading effect, another outcome clear of zero or none, reactivated over new, like for like, does it pay -> headline.
HEADLINES = {
    "above * * * pays": mark(
        "Contact raised {outcome} by {change}, and the programme earns more than it costs"
    ),
    "above * * * later": mark(
        "Contact raised {outcome} by {change}, but has not yet been shown to pay"
    ),
    "above * * * loses": mark(
        "Contact raised {outcome} by {change}, but the programme costs more than it earns"
    ),
    "above * above * *": mark(
        "Contact raised {outcome} by {change}; that returned customers bring more is another matter"
    ),
    "above * * * *": mark("Contact raised {outcome} by {change}"),
    "below * above * *": mark(
        "Contact lowered {outcome} by {change}, although returned customers bring more than new ones"
    ),
    "below * * * *": mark("Contact lowered {outcome} by {change}"),
    "undecided clear * * *": mark("Contact changed {others}, but no effect on {outcome} is shown"),
    "undecided none above * *": mark(
        "Returned customers bring more than new ones, but no effect of contact is shown"
    ),
    "undecided none * * *": mark("No effect of contact on {outcome} is shown"),
    "refused none above above *": mark(
        "Returned customers bring more than new ones, and more like for like"
    ),
    "refused none above below *": mark(
        "Returned customers bring more than new ones, but less like for like"
    ),
    "refused none above undecided *": mark(
        "Returned customers bring more than new ones; like for like, no lead is shown"
    ),
    "refused none above refused *": mark(
        "Returned customers bring more than new ones, which is no effect of contact"
    ),
    "refused none below above *": mark(
        "Returned customers bring less than new ones, but more like for like"
    ),
    "refused none below below *": mark(
        "Returned customers bring less than new ones, and less like for like"
    ),
    "refused none below * *": mark("Returned customers bring less than new ones"),
    "refused none * above *": mark(
        "Like for like, customers back from a long silence bring more than others"
    ),
    "refused none * below *": mark(
        "Like for like, customers back from a long silence bring less than others"
    ),
    "refused none undecided * *": mark(
        "Whether returned customers bring more than new ones cannot be told"
    ),
    "refused none refused * *": mark(
        "What returned customers are worth cannot be told from these data"
    ),
}


def answer(findings: Iterable[Finding]) -> Answer:
    """Return what the findings of the study come to."""
    found = Findings(findings)
    effects = _effects(found)
    stated = [f for f in effects if f.verdict != REFUSED]
    clear = [_outcome(f) for f in stated[1:] if f.verdict != "undecided"]
    headline = decide(
        HEADLINES,
        stated[0].verdict if stated else REFUSED,
        "clear" if clear else "none",
        found.verdict(RATIO.id),
        found.verdict(LIKE_FOR_LIKE.id),
        _pays(found),
    )
    words = {"others": listed(clear)}
    if stated:
        lead = stated[0]
        words |= {"outcome": _outcome(lead), "change": quantity(abs(lead.estimate), lead.unit)}
    return Answer(say(headline, **words), _lede(found, effects, stated), _cards(found, effects))


def _pays(found: Findings) -> str:
    """Return whether the programme pays: by what was seen where it was, else by the value of second lives."""
    seen, whole = found.verdict(OBSERVED.id), found.verdict(PROGRAMME.id)
    if seen == REFUSED:
        return {"above": "pays", "below": "loses"}.get(whole, "open")
    if seen == "above":
        return "pays"
    return "later" if whole == "above" else "loses" if seen == "below" else "open"


def _effects(found: Findings) -> list[Finding]:
    """Return the effects of all arms pooled: those stated first, among them that on money.

    An outcome's name may hold dots as an arm's id does; each has a slope, which tells the two apart.
    """
    names = filter(None, (SLOPE.names(f.id) for f in found))
    outcomes = [n["outcome"] for n in names] or ["outcome"]  # so it is called where none was named
    ids = {EFFECT.id.format(outcome=outcome) for outcome in outcomes}
    pooled = [f for f in found if f.id in ids]
    return sorted(pooled, key=lambda f: (f.verdict == REFUSED, not f.unit[:3].isupper()))


def _outcome(effect: Finding) -> str:
    return EFFECT.names(effect.id)["outcome"]


def _lede(found: Findings, effects: list[Finding], stated: list[Finding]) -> str:
    parts = [*_of_contact(stated), *_of_costs(found), *_of_windows(found)]
    if not stated:
        parts += _of_speed(found)
    if effects and not stated:
        parts.append(effects[0].sentence)
    if not parts and (refused := found.get(RATIO.id)):
        parts.append(refused.sentence)
    return " ".join(parts)


def _of_contact(stated: list[Finding]) -> list[str]:
    told = "; ".join(f"{_outcome(f)} {shown(f)}" for f in stated[:3])
    return [say("Per customer, contacted minus holdout: {effects}.", effects=told)] if told else []


def _of_costs(found: Findings) -> list[str]:
    """Return what a return costs beside what an extra one does, where both are known."""
    costs = [found.get(i) for i in (PER_RETURN.id, PER_EXTRA.id)]
    if any(cost is None or cost.estimate is None for cost in costs):
        return []
    each, extra = (quantity(cost.estimate, cost.unit) for cost in costs)
    return [
        say(
            "A return cost {each}; one that would not have come by itself, {extra}.",
            each=each,
            extra=extra,
        )
    ]


def _of_windows(found: Findings) -> list[str]:
    words = {
        name: shown(found.get(definition.id))
        for name, definition in (("ratio", RATIO), ("like", LIKE_FOR_LIKE))
        if found.verdict(definition.id) != REFUSED
    }
    sentences = {
        ("ratio", "like"): mark(
            "Value of returned over new customers: {ratio}; of long over short silence at the second purchase: "
            "{like}. Both describe who comes back; neither is an effect of contact."
        ),
        ("ratio",): mark(
            "Value of returned over new customers: {ratio}. It describes who comes back and is no effect of contact."
        ),
        ("like",): mark(
            "Value of long over short silence at the second purchase: {like}. It describes who comes back and is no "
            "effect of contact."
        ),
    }
    return [say(sentences[tuple(words)], **words)] if words else []


def _of_speed(found: Findings) -> list[str]:
    """Return how early value comes and when the cost is back, of the returned and of the new."""
    groups = ("reactivated", "new")
    early = [found.get(SHARE.id.format(days=EARLY_DAYS, group=group)) for group in groups]
    if any(f is None or f.estimate is None for f in early):
        return []
    sentence = say(
        "In {days} days the returned bring {back} of what their window brings, new customers {new}.",
        days=EARLY_DAYS,
        back=percent(early[0].estimate),
        new=percent(early[1].estimate),
    )
    days = [found.get(PAYBACK.id.format(group=group)) for group in groups]
    if any(f is None or f.estimate is None for f in days):
        return [sentence]
    back = say(
        "Winning one back is paid back on day {back}, acquiring a new one on day {new}.",
        back=integer(days[0].estimate),
        new=integer(days[1].estimate),
    )
    return [sentence, back]


def _cards(found: Findings, effects: list[Finding]) -> tuple[str, ...]:
    """Return the key findings: effects, what they cost and come to, the two ratios; those stated before the others."""
    windows = (RATIO.id, LIKE_FOR_LIKE.id)
    payback = PAYBACK.id.format(group="reactivated")
    if not effects:
        early = SHARE.id.format(days=EARLY_DAYS, group="reactivated")
        return choose_cards(found, *windows, REACTIVATED.id, NEW.id, payback, early, RETURNED.id)
    lead, *others = (f.id for f in effects)
    arms = [
        f.id for f in found if find(ON_OUTCOMES, f.id) is ARM_EFFECT and f.id.startswith(f"{lead}.")
    ]
    wanted = (
        PER_EXTRA.id,
        OBSERVED.id,
        PROGRAMME.id,
        *windows,
        payback,
        *others,
        BREAK_EVEN.id,
        *arms,
    )
    known = sorted(wanted, key=lambda i: found.verdict(i) == REFUSED)
    return choose_cards(found, lead, *known)
