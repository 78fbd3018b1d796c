"""What a dashboard credits to a campaign, beside what it changed.

A dashboard counts every referred customer who joined while the campaign ran. Of these some would have been referred
anyway, some would have come without a referral, and some would have come a little later. The net change, see
`campaign.after`, leaves all three out; its share of what is credited says how much of the count is gain.

Both are uncertain and go together: a lucky week adds to both. The interval of the share is Fieller's, with the joint
covariance of both sums of days (`retorno.stats.interrupted`, `retorno.stats.ratio`).
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import Definition, Finding, Findings, Speaks, direction, too_few
from retorno.language import integer, mark, number, percent, say
from retorno.referral.campaign.after import After, net_weights
from retorno.stats.interrupted import together
from retorno.stats.ratio import fieller_ratio
from retorno.stats.student import Estimate, Student

CREDITED = Definition(
    "campaign.credited",
    label=mark("Customers a dashboard credits to the campaign"),
    meaning=mark(
        "All referred customers who joined while the campaign ran, whether it brought them or not. In the formula r is "
        "the number of new referred customers of day t, C the days of the campaign."
    ),
    unit="customers",
    sign=mark("Higher: more referred customers joined while it ran."),
    formula=r"\sum_{t \in C} r_t",
)
SHARE = Definition(
    "campaign.net_share",
    label=mark("Net change as a share of what a dashboard credits"),
    meaning=mark(
        "campaign.net over campaign.credited. In the formula N is the net change in customers, K what a dashboard "
        "credits. Below 0: fewer customers than without the campaign; above 1: more than are credited."
    ),
    unit="share of credited customers",
    sign=mark("Positive: the campaign brought customers; at 1 as many as a dashboard credits."),
    formula=r"\frac{N}{K}",
    reference=0.0,
    speaks_to=(Speaks("loyalty_after_check_shows_return"),),
)
DEFINITIONS = (CREDITED, SHARE)

SHARES = {
    "above": mark(
        "A dashboard credits {credited} customers to the campaign; {net} more came than were to be expected without "
        "it: {share} of them."
    ),
    "below": mark(
        "A dashboard credits {credited} customers to the campaign; {net} fewer came than were to be expected without "
        "it, a share of {share}."
    ),
    "undecided": mark(
        "A dashboard credits {credited} customers to the campaign; the net change is {share} of them, and its interval "
        "holds zero: no net gain is shown."
    ),
}
# Against 1: a dashboard that counts what the campaign brought.
COUNTS = {
    "above": mark("The campaign brought more than a dashboard credits."),
    "below": mark("The dashboard credits more than the campaign brought."),
    "undecided": mark(
        "Whether the dashboard credits too much cannot be said: the interval holds 100%."
    ),
}
ROWS = {
    "credited": mark("Credited by a dashboard: referred while it ran"),
    "referred": mark("Referred, beyond their own past"),
    "other": mark("Others, beyond their own past"),
    "all": mark("All new customers while it ran: the sum of both"),
    "after": mark("All new customers after it"),
    "net": mark("Net change over both spans"),
}


@dataclass(frozen=True, slots=True)
class Credited:
    """The dashboard's count and the net change side by side.

    Attributes
    ----------
    after : After
    share : Estimate or None
        Net change over what is credited; None where it is refused.
    """

    after: After
    share: Estimate | None

    @property
    def credited(self) -> int:
        """Referred customers who joined while the campaign ran."""
        daily = self.after.effect.daily
        return 0 if daily.refusal else daily.in_campaign("referred")

    def refusal(self) -> str | None:
        """Return why the share cannot be stated, or None."""
        if reason := self.after.net_refusal():
            return reason
        min_group = self.after.effect.min_group
        if self.credited < max(min_group, 1):
            what = say("referred customers who joined while the campaign ran")
            return too_few(what, self.credited, max(min_group, 1))
        if self.share is None:
            return say(
                "Not stated: the referred customers who joined while the campaign ran, {n}, vary so much from day to "
                "day that their sum is not clear of zero.",
                n=integer(self.credited),
            )
        return None

    def findings(self) -> Findings:
        """State or refuse what a dashboard credits, and the net share of it."""
        return Findings([self._credited(), self._share()])

    def _credited(self) -> Finding:
        effect, n = self.after.effect, self.credited
        if effect.daily.refusal:
            return CREDITED.refuse(effect.daily.refusal, n=n)
        sentence = say(
            "A dashboard credits {n} customers to the campaign: all referred who joined in its {days}.",
            n=integer(n),
            days=effect.daily.dates["days"],
        )
        if effect.refusal("referred") is None:
            anyway = n - effect.changes["referred"].value * effect.daily.during
            sentence += " " + say(
                "Had referrals gone on as before, {anyway} would have been expected.",
                anyway=number(anyway, 0),
            )
        return CREDITED.state(n, sentence, n=n, method=say("count"))

    def _share(self) -> Finding:
        effect, n = self.after.effect, self.credited
        if reason := self.refusal():
            return SHARE.refuse(reason, n=n)
        verdict = direction(self.share.interval)
        sentence = say(
            SHARES[verdict],
            credited=integer(n),
            net=number(abs(self.after.net.value), 0),
            share=percent(self.share.value),
        )
        return SHARE.state(
            self.share.value,
            sentence + " " + say(COUNTS[direction(self.share.interval, 1.0)]) + self._open(),
            interval=self.share.interval,
            level=effect.level,
            n=n,
            method=say("net change over count, Fieller's interval; {model}", model=effect.method()),
            verdict=verdict,
        )

    def _open(self) -> str:
        """Say, with a leading space, that the end is not seen, where it is not."""
        if self.after.effect.daily.ends:
            return ""
        return " " + say("What may be lost once the campaign ends is not in it.")

    def _totals(self) -> dict[str, Student | None]:
        """Return each change as customers in total, by row."""
        effect, daily = self.after.effect, self.after.effect.daily
        spans = {
            name: (effect.changes[name], daily.during) for name in ("referred", "other", "all")
        }
        spans |= {"after": (self.after.change, daily.after_used), "net": (self.after.net, 1)}
        return {
            name: None if found is None else Student(found.value * days, found.se * days, found.df)
            for name, (found, days) in spans.items()
        }

    def to_frame(self):
        """Return row, label, customers (in total) with ci_low and ci_high (none for a count), unit."""
        import pandas as pd

        effect, rows = self.after.effect, []
        if not effect.daily.refusal:
            rows.append(("credited", say(ROWS["credited"]), self.credited, None, None))
            for name, found in self._totals().items():
                if found is not None:
                    at = found.at(effect.level)
                    rows.append((name, say(ROWS[name]), at.value, *at.interval))
        numbers = ["customers", "ci_low", "ci_high"]
        frame = pd.DataFrame(rows, columns=["row", "label", *numbers]).assign(unit="customers")
        return frame.astype(dict.fromkeys(numbers, float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "label": (say("Customers"), "text"),
            "customers": (say("In total"), "unit:unit"),
            "ci_low": (say("From"), "unit:unit"),
            "ci_high": (say("To"), "unit:unit"),
        }

    def table_caption(self) -> str:
        """Say what stands side by side."""
        effect = self.after.effect
        if effect.daily.refusal:
            return effect.daily.refusal
        return say(
            "What a dashboard credits to the campaign, {first} to {last}, and what changed against its own past, in "
            "customers over all days of each span, with {level} intervals. Referred and others add up to all.",
            first=effect.daily.dates["first"],
            last=effect.daily.dates["last"],
            level=percent(effect.level, 0),
        )


def campaign_credited(after: After) -> Credited:
    """Set what a dashboard credits beside the net change.

    Parameters
    ----------
    after : After

    Returns
    -------
    Credited
        Its `share` is a fraction and may be negative or above 1.
    """
    found = Credited(after, None)
    effect = after.effect
    if after.net_refusal() or found.credited < max(effect.min_group, 1):
        return found
    daily = effect.daily
    counted = np.zeros(effect.model.matrix.shape[0])
    counted[daily.past : daily.past + daily.during] = 1.0
    series = np.column_stack([daily.used("all"), daily.used("referred")]).astype(float)
    weights = np.column_stack([net_weights(effect), counted])
    try:
        sums, covariance, df = together(effect.model, series, weights, lag=effect.lag)
        share = fieller_ratio(*sums, covariance, df=df[0], level=effect.level)
    except ValueError:  # no spread, or a count that is not clear of zero: refused in words
        return found
    return Credited(after, share)
