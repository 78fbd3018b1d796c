"""Was the campaign's gain lost again after its last day?

A deadline can merely move customers forward: those who would have joined in the weeks after join before it. Then the
days after the campaign lie below what the past leads to expect, by about as much in all as the campaign gained.
Estimands: the change a day over the up to 28 days after the campaign, against the same past; and the net change,
customers gained while it ran plus customers gained or lost after it. What comes later than that is not seen.
"""

from dataclasses import dataclass

from retorno.findings import Definition, Finding, Findings, Speaks, caution, direction
from retorno.language import integer, mark, number, say, say_n
from retorno.referral.campaign.daily import LEAST_AFTER
from retorno.referral.campaign.effect import UNIT, Effect, estimated
from retorno.stats.student import Student

AFTER = Definition(
    "campaign.after",
    label=mark("Change in new customers after the campaign"),
    meaning=mark(
        "All new customers a day in the up to 28 days after the campaign (at least 14), minus what the days before it "
        "lead to expect. In the formula y is the number of new customers of day t, e what level, trend and weekday of "
        "the days before the campaign give for it, A the m days after."
    ),
    unit=UNIT,
    sign=mark(
        "Negative: fewer joined than the past leads to expect, as when a deadline only pulls forward."
    ),
    formula=r"\frac{1}{m} \sum_{t \in A} (y_t - e_t)",
    reference=0.0,
)
NET = Definition(
    "campaign.net",
    label=mark("Net change in new customers, campaign and the days after it"),
    meaning=mark(
        "Customers gained in all, over the days of the campaign C and the up to 28 days after it A (none while it has "
        "no end): y is the number of new customers of day t, e what level, trend and weekday of the days before the "
        "campaign give for it."
    ),
    unit="customers",
    sign=mark("Positive: more customers over both spans than the past leads to expect."),
    formula=r"\sum_{t \in C \cup A} (y_t - e_t)",
    reference=0.0,
    speaks_to=(Speaks("referral_can_be_managed", holds="above"),),
)
DEFINITIONS = (AFTER, NET)

AFTERWARDS = {
    "above": mark(
        "In the {days} after the campaign {seen} new customers joined a day; the days before it lead to expect "
        "{expected}: {apart} more a day, so nothing was lost again."
    ),
    "below": mark(
        "In the {days} after the campaign {seen} new customers joined a day; the days before it lead to expect "
        "{expected}: {apart} fewer a day."
    ),
    "undecided": mark(
        "In the {days} after the campaign {seen} new customers joined a day; the days before it lead to expect "
        "{expected}; the interval of the change holds zero, so no loss is shown and none is ruled out."
    ),
}
NETS = {
    "above": mark("{spans} {apart} more customers joined than the days before lead to expect."),
    "below": mark("{spans} {apart} fewer customers joined than the days before lead to expect."),
    "undecided": mark(
        "{spans} the change comes to {net} customers; its interval holds zero, so no net change is shown."
    ),
}


@dataclass(frozen=True, slots=True)
class After:
    """What followed a campaign, and what it comes to over both spans.

    Attributes
    ----------
    effect : Effect
    change : Student or None
        Customers a day after the campaign; None where it is refused.
    net : Student or None
        Customers in total, over the campaign and the days after it.
    """

    effect: Effect
    change: Student | None
    net: Student | None

    def unseen(self) -> str | None:
        """Return why the days after an ended campaign cannot be judged, or None."""
        daily = self.effect.daily
        if daily.ends and not daily.after_used:
            return say_n(
                "Not stated: {n} day after the campaign is seen; {least} are needed to see what was only pulled "
                "forward.",
                "Not stated: {n} days after the campaign are seen; {least} are needed to see what was only pulled "
                "forward.",
                daily.after,
                least=integer(LEAST_AFTER),
            )
        return None

    def refusal(self) -> str | None:
        """Return why the change after the campaign cannot be stated, or None."""
        reason = self.effect.refusal() or self.unseen()
        if reason is None and not self.effect.daily.ends:
            return say(
                "Not stated: the campaign has no last day (parameter campaign_until), so nothing after it is seen."
            )
        return reason

    def net_refusal(self) -> str | None:
        """Return why the net change cannot be stated, or None."""
        return self.effect.refusal() or self.unseen()

    def findings(self) -> Findings:
        """State or refuse the change after the campaign and the net change."""
        return Findings([self._after(), self._net()])

    def _after(self) -> Finding:
        effect, n = self.effect, self.effect.customers()
        if reason := self.refusal():
            return AFTER.refuse(reason, n=n)
        daily, change = effect.daily, self.change.at(effect.level)
        verdict = direction(change.interval)
        seen = float(daily.used("all")[-daily.after_used :].mean())
        sentence = say(
            AFTERWARDS[verdict],
            days=say_n("{n} day", "{n} days", daily.after_used),
            seen=number(seen),
            expected=number(seen - change.value),
            apart=number(abs(change.value)),
        )
        return AFTER.state(
            change.value,
            sentence + self._pulled(verdict) + caution(n),
            interval=change.interval,
            level=effect.level,
            n=n,
            method=effect.method(),
            verdict=verdict,
        )

    def _pulled(self, verdict: str) -> str:
        """Say what was gained during and lost after, with a leading space, where both are shown."""
        if (self.effect.verdict(), verdict) != ("above", "below"):
            return ""
        daily = self.effect.daily
        return " " + say(
            "The campaign gained {gained} customers while it ran, and {lost} were lost after it: part of the gain was "
            "only pulled forward.",
            gained=number(self.effect.changes["all"].value * daily.during, 0),
            lost=number(-self.change.value * daily.after_used, 0),
        )

    def _net(self) -> Finding:
        effect, n = self.effect, self.effect.customers()
        if reason := self.net_refusal():
            return NET.refuse(reason, n=n)
        net = self.net.at(effect.level)
        verdict = direction(net.interval)
        sentence = say(
            NETS[verdict],
            spans=self._spans(),
            apart=number(abs(net.value), 0),
            net=number(net.value, 0),
        )
        return NET.state(
            net.value,
            sentence + caution(n),
            interval=net.interval,
            level=effect.level,
            n=n,
            method=effect.method(),
            verdict=verdict,
        )

    def _spans(self) -> str:
        daily = self.effect.daily
        if not daily.after_used:
            return say(
                "Over the {days} of the campaign, which has no end in the data,",
                days=daily.dates["days"],
            )
        return say(
            "Over the {days} days of the campaign and the {after} after it",
            days=integer(daily.during),
            after=integer(daily.after_used),
        )


def campaign_after(effect: Effect) -> After:
    """Estimate the change after the campaign and the net change over both spans.

    Parameters
    ----------
    effect : Effect

    Returns
    -------
    After
        Change in customers a day, net in customers; negative after the campaign: part of its gain was pulled forward.
    """
    found = After(effect, None, None)
    if found.net_refusal():
        return found
    daily, model = effect.daily, effect.model
    after = None
    if daily.after_used:
        after = estimated(model, daily.used("all"), model.weights(0.0, 1.0), effect.lag, 0)
    return After(
        effect, after, estimated(model, daily.used("all"), net_weights(effect), effect.lag, 0)
    )


def net_weights(effect: Effect):
    """Return the weight of each day in the net change, customers in total."""
    return effect.model.weights(float(effect.daily.during), float(effect.daily.after_used))
