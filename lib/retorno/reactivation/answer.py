"""The answer of the study in one sentence, from its findings alone.

With a holdout the effect of contact leads, that on money first, beside the comparison of survivors, which is none.
Without one there are two ratios, and the sentence that neither is an effect.
"""

from collections.abc import Iterable

from retorno.findings import REFUSED, Answer, Finding, Findings, choose_cards, decide, shown
from retorno.language import mark, quantity, say
from retorno.reactivation.contact.contrasts import ARM_EFFECT, EFFECT, SLOPE
from retorno.reactivation.curves.windows import LIKE_FOR_LIKE, NEW, RATIO, REACTIVATED
from retorno.reactivation.returns.states import REACTIVATED as RETURNED

# Leading effect, whether another outcome's is clear of zero, reactivated over new, like for like -> headline.
HEADLINES = {
    "above * above *": mark(
        "Contact raised {outcome} by {change}; that returned customers bring more is another matter"
    ),
    "above * * *": mark("Contact raised {outcome} by {change}"),
    "below * above *": mark(
        "Contact lowered {outcome} by {change}, although returned customers bring more than new ones"
    ),
    "below * * *": mark("Contact lowered {outcome} by {change}"),
    "undecided clear * *": mark("Contact changed {others}, but no effect on {outcome} is shown"),
    "undecided none above *": mark(
        "Returned customers bring more than new ones, but no effect of contact is shown"
    ),
    "undecided none * *": mark("No effect of contact on {outcome} is shown"),
    "refused none above above": mark(
        "Returned customers bring more than new ones, and more like for like"
    ),
    "refused none above below": mark(
        "Returned customers bring more than new ones, but less like for like"
    ),
    "refused none above undecided": mark(
        "Returned customers bring more than new ones; like for like, no lead is shown"
    ),
    "refused none above refused": mark(
        "Returned customers bring more than new ones, which is no effect of contact"
    ),
    "refused none below above": mark(
        "Returned customers bring less than new ones, but more like for like"
    ),
    "refused none below below": mark(
        "Returned customers bring less than new ones, and less like for like"
    ),
    "refused none below *": mark("Returned customers bring less than new ones"),
    "refused none * above": mark(
        "Like for like, customers back from a long silence bring more than others"
    ),
    "refused none * below": mark(
        "Like for like, customers back from a long silence bring less than others"
    ),
    "refused none undecided *": mark(
        "Whether returned customers bring more than new ones cannot be told"
    ),
    "refused none refused *": mark(
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
    )
    words = {"others": ", ".join(clear)}
    if stated:
        lead = stated[0]
        words |= {"outcome": _outcome(lead), "change": quantity(abs(lead.estimate), lead.unit)}
    return Answer(say(headline, **words), _lede(found, effects, stated), _cards(found, effects))


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
    parts = [*_of_contact(stated), *_of_windows(found)]
    if effects and not stated:
        parts.append(effects[0].sentence)
    if not parts and (refused := found.get(RATIO.id)):
        parts.append(refused.sentence)
    return " ".join(parts)


def _of_contact(stated: list[Finding]) -> list[str]:
    told = "; ".join(f"{_outcome(f)} {shown(f)}" for f in stated[:3])
    return [say("Per customer, contacted minus holdout: {effects}.", effects=told)] if told else []


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


def _cards(found: Findings, effects: list[Finding]) -> tuple[str, ...]:
    """Return the key findings: effects, the two ratios, then what the first of these is made of."""
    windows = (RATIO.id, LIKE_FOR_LIKE.id)
    if not effects:
        return choose_cards(found, *windows, REACTIVATED.id, NEW.id, RETURNED.id)
    lead = ARM_EFFECT.id.format(outcome=_outcome(effects[0]), arm="")
    arms = (f.id for f in found if f.id.startswith(lead))
    return choose_cards(found, *(f.id for f in effects[:3]), *windows, *arms)
