"""The answer of the study in one sentence, from its findings alone.

The return of the programme leads, beside the form in which such returns are published and the gap in value between
customers alike. Where it is refused, the gap stands with what is missing, and without margins how long customers stay.
A table of referrers alone says how few make most referrals, and whether those who refer stay is left open.
"""

from collections.abc import Iterable

from retorno.findings import REFUSED, Answer, Finding, Findings, choose_cards, decide, shown
from retorno.language import mark, quantity, say
from retorno.referral.alike.adjusted import ADJUSTED
from retorno.referral.campaign.credited import SHARE as NET_SHARE
from retorno.referral.cascade.reproduction import NUMBER
from retorno.referral.payoff.break_even import REWARD, TYPE_ONE
from retorno.referral.payoff.programme import ROI
from retorno.referral.referrers.concentration import TOP_SHARES
from retorno.referral.referrers.confounding import NAMES, WAYS
from retorno.referral.staying.retention import HAZARD, OTHER, REFERRED, SHARES
from retorno.referral.worth.published import PUBLISHED
from retorno.referral.worth.value import GAP

TOP = TOP_SHARES[0.20]

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


FEW = mark(
    "The 20% of customers who refer most make {share} of all referrals; whether a programme pays these data cannot tell"
)


def answer(findings: Iterable[Finding]) -> Answer:
    """Return what the findings of the study come to."""
    found = Findings(findings)
    roi, top = _stated(found, ROI), _stated(found, TOP)
    lead = next((d for d in (ROI, GAP, HAZARD) if _stated(found, d)), None)
    if lead is None and top:
        headline = say(FEW, share=quantity(top.estimate, top.unit))
        cards = (TOP, *WAYS.values(), ROI)
        return Answer(headline, _of_few(found), choose_cards(found, *(d.id for d in cards)))
    headline = decide(HEADLINES, *(found.verdict(d.id) for d in (ROI, GAP, HAZARD)))
    words = {"roi": quantity(roi.estimate, roi.unit)} if roi else {}
    cards = (lead or ROI, ROI, PUBLISHED, GAP, ADJUSTED, TYPE_ONE, NUMBER, NET_SHARE, HAZARD)
    ids = [d.id for d in (*cards, *(SHARES[group] for group in (REFERRED, OTHER)))]
    return Answer(say(headline, **words), " ".join(_lede(found)), choose_cards(found, *ids))


def _stated(found: Findings, definition) -> Finding | None:
    return None if found.verdict(definition.id) == REFUSED else found.get(definition.id)


def _lede(found: Findings) -> list[str]:
    if roi := _stated(found, ROI):
        return _of_return(roi, found)
    parts = []
    if gap := _stated(found, GAP):
        parts.append(say("Value over the horizon, referred minus other: {gap}.", gap=shown(gap)))
        parts += _alike(found)
    elif hazard := _stated(found, HAZARD):
        parts.append(say("Hazard of leaving, referred over other: {hazard}.", hazard=shown(hazard)))
    if refused := found.get(ROI.id):
        parts.append(say("The return itself is refused. {reason}", reason=refused.sentence))
    else:
        parts.append(say("Without the table margins no value and no return can be stated."))
    return parts


def _alike(found: Findings) -> list[str]:
    """Say what is left of the gap in value between customers alike, where that is known."""
    if alike := _stated(found, ADJUSTED):
        return [say("Between customers alike it is {alike}.", alike=shown(alike))]
    return []


def _of_return(roi: Finding, found: Findings) -> list[str]:
    parts = [say("The return is {roi} of its cost.", roi=shown(roi))]
    if published := _stated(found, PUBLISHED):
        parts = [
            say(
                "The return is {roi} of its cost; as such returns are published, the gap over the reward alone, it "
                "would be {published}.",
                roi=shown(roi),
                published=quantity(published.estimate, published.unit),
            )
        ]
    if reward := _stated(found, REWARD):
        parts.append(
            say(
                "The reward to the referrer at which it is zero: {reward}.",
                reward=quantity(reward.estimate, reward.unit),
            )
        )
    gap = _stated(found, GAP)
    if gap and _alike(found):
        parts.append(say("The gap in value to other customers is {gap}.", gap=shown(gap)))
        parts += _alike(found)
    return parts


def _of_few(found: Findings) -> str:
    """Say how differently one can compare those who refer with others, and why no return is stated."""
    parts = []
    ways = {key: way for key, d in WAYS.items() if (way := _stated(found, d))}
    if ways:
        told = "; ".join(
            say("{which}: {value}", which=say(NAMES[key]), value=shown(way))
            for key, way in ways.items()
        )
        parts.append(
            say(
                "Share who left, customers who refer minus others. {told}. None of these is an effect of referring.",
                told=told,
            )
        )
    if refused := found.get(ROI.id):
        parts.append(refused.sentence)
    return " ".join(parts)
