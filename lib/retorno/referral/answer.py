"""The answer of the study in one sentence, from its findings alone.

The return of the programme leads, beside the form in which such returns are published. Where it is refused, the gap
in value stands with what is missing, and without margins how long customers stay.
"""

from collections.abc import Iterable

from retorno.findings import REFUSED, Answer, Finding, Findings, choose_cards, decide, shown
from retorno.language import mark, quantity, say
from retorno.referral.staying.retention import HAZARD, OTHER, REFERRED, SHARES
from retorno.referral.worth.programme import REWARD, ROI, TYPE_ONE
from retorno.referral.worth.value import GAP, PUBLISHED

# Return of the programme, gap in value, hazard of leaving -> headline.
HEADLINES = {
    "above * *": mark(
        "Under the assumptions made, the programme pays: it returns {roi} on its cost"
    ),
    "below above *": mark(
        "Under the assumptions made the programme loses money, although referred customers are worth more"
    ),
    "below * *": mark("Under the assumptions made, the programme loses money: a return of {roi}"),
    "undecided above *": mark(
        "Referred customers are worth more, but whether the programme pays cannot be told"
    ),
    "undecided * *": mark("Whether the programme pays cannot be told under the assumptions made"),
    "refused above *": mark(
        "Referred customers are worth more; whether the programme pays cannot be told from that"
    ),
    "refused below *": mark(
        "Referred customers are worth less; whether the programme pays cannot be told from that"
    ),
    "refused undecided *": mark(
        "No gap in value is shown, and whether the programme pays cannot be told"
    ),
    "refused refused below": mark(
        "Referred customers stay longer; whether the programme pays cannot be told from that"
    ),
    "refused refused above": mark(
        "Referred customers leave sooner; whether the programme pays cannot be told from that"
    ),
    "refused refused *": mark("Whether the programme pays cannot be told from these data"),
}


def answer(findings: Iterable[Finding]) -> Answer:
    """Return what the findings of the study come to."""
    found = Findings(findings)
    headline = decide(HEADLINES, *(found.verdict(d.id) for d in (ROI, GAP, HAZARD)))
    roi = found.get(ROI.id)
    words = {} if _stated(found, ROI) is None else {"roi": quantity(roi.estimate, roi.unit)}
    lead = next((d.id for d in (ROI, GAP, HAZARD) if _stated(found, d)), ROI.id)
    cards = choose_cards(
        found,
        lead,
        *(d.id for d in (ROI, PUBLISHED, GAP, REWARD, TYPE_ONE, HAZARD)),
        *(SHARES[group].id for group in (REFERRED, OTHER)),
    )
    return Answer(say(headline, **words), " ".join(_lede(found)), cards)


def _stated(found: Findings, definition) -> Finding | None:
    return None if found.verdict(definition.id) == REFUSED else found.get(definition.id)


def _lede(found: Findings) -> list[str]:
    if roi := _stated(found, ROI):
        return _of_return(roi, _stated(found, PUBLISHED), _stated(found, REWARD))
    parts = []
    if gap := _stated(found, GAP):
        parts.append(say("Value over the horizon, referred minus other: {gap}.", gap=shown(gap)))
    elif hazard := _stated(found, HAZARD):
        parts.append(say("Hazard of leaving, referred over other: {hazard}.", hazard=shown(hazard)))
    if refused := found.get(ROI.id):
        parts.append(say("The return itself is refused. {reason}", reason=refused.sentence))
    else:
        parts.append(say("Without the table margins no value and no return can be stated."))
    return parts


def _of_return(roi: Finding, published: Finding | None, reward: Finding | None) -> list[str]:
    parts = [say("The return is {roi} of its cost.", roi=shown(roi))]
    if published:
        parts = [
            say(
                "The return is {roi} of its cost; as such returns are published, the gap over the reward alone, it "
                "would be {published}.",
                roi=shown(roi),
                published=quantity(published.estimate, published.unit),
            )
        ]
    if reward:
        parts.append(
            say(
                "The reward to the referrer at which it is zero: {reward}.",
                reward=quantity(reward.estimate, reward.unit),
            )
        )
    return parts
