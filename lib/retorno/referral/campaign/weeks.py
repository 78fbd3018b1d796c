"""New customers week by week, and what the days before the campaign lead to expect: the figure of the study.

Weeks are counted from the first day of the campaign, backwards before it and forwards from it, and from the first day
after it: no week lies on both sides of a border. Only whole weeks are shown, since weekdays differ.
"""

from dataclasses import dataclass

import numpy as np

from retorno.findings import decide
from retorno.language import integer, mark, number, percent, say, say_n
from retorno.referral.campaign.daily import SERIES
from retorno.referral.campaign.effect import Effect

WHOLE = 7  # days
PHASES = ("before", "during", "after")
# Verdicts on all, referred, other.
TITLES = {
    "above above below": mark(
        "Net, {apart} more customers joined a day while the campaign ran; fewer came by themselves"
    ),
    "above * *": mark("{apart} more customers joined a day while the campaign ran"),
    "below * *": mark("{apart} fewer customers joined a day while the campaign ran"),
    "undecided above below": mark(
        "More referred customers, fewer others: no net change is shown while the campaign ran"
    ),
    "undecided above *": mark("More referred customers, but no change in all is shown"),
    "undecided * *": mark("No change in new customers is shown while the campaign ran"),
}


@dataclass(frozen=True, slots=True)
class Weeks:
    """New customers by week around a campaign.

    Attributes
    ----------
    effect : Effect
    """

    effect: Effect

    def refusal(self) -> str | None:
        """Return why there is nothing to show, or None."""
        return self.effect.refusal()

    def drawn(self) -> tuple[str, ...]:
        """Return the series that can be shown with what was to be expected."""
        return tuple(name for name in SERIES if self.effect.refusal(name) is None)

    def to_frame(self):
        """Return a row a week: first_day, phase, day (middle, from the campaign's start), days, and means a day.

        `all`, `referred`, `other` are what was seen, `expected_...` what the days before lead to expect.
        """
        import pandas as pd

        if self.refusal():
            return pd.DataFrame(columns=["first_day", "phase", "day", "days"])
        daily, model = self.effect.daily, self.effect.model
        size = model.matrix.shape[0]
        day = np.arange(size) - daily.past
        phase = np.digitize(day, [0, daily.during])
        frame = pd.DataFrame({"day": day, "phase": phase})
        frame["week"] = (day - np.where(phase == 2, daily.during, 0)) // 7
        for name in self.drawn():
            frame[name] = daily.used(name)
            frame[f"expected_{name}"] = model.expected(daily.used(name))
        grouped = frame.groupby(["phase", "week"], sort=True)
        weeks = grouped.mean().assign(days=grouped.size(), first=grouped["day"].min())
        weeks = weeks[weeks.days == WHOLE].reset_index()
        first = [daily.day(daily.before + offset).isoformat() for offset in weeks["first"]]
        weeks["phase"] = [PHASES[phase] for phase in weeks.phase]
        values = [c for name in self.drawn() for c in (name, f"expected_{name}")]
        return weeks.assign(first_day=first)[["first_day", "phase", "day", "days", *values]]

    def title(self) -> str:
        """Say what changed while the campaign ran."""
        if self.refusal():
            return say("New customers around the campaign cannot be compared")
        verdicts = [self.effect.verdict(name) for name in SERIES]
        apart = number(abs(self.effect.changes["all"].value))
        return say(decide(TITLES, *verdicts), apart=apart)

    def subtitle(self) -> str:
        """Say what is drawn and in which unit."""
        return say("New customers a day, mean of each week, by days from the start of the campaign")

    def caption(self) -> str:
        """Say what lines and shades are, who stands behind them, and what to see."""
        if reason := self.refusal():
            return reason
        daily, change = self.effect.daily, self.effect.changes["all"].at(self.effect.level)
        caption = say(
            "{n} customers joined on the days shown. Dark shade: the campaign, {first} to {last}. Broken lines: what "
            "level, trend and weekdays of the {past} days before lead to expect. All new customers while it ran: "
            "{seen} a day, {expected} expected; the change is {change} ({level} interval {low} to {high}).",
            n=integer(self.effect.customers()),
            first=daily.dates["first"],
            last=daily.dates["last"],
            past=integer(daily.past),
            seen=number(daily.in_campaign("all") / daily.during),
            expected=number(daily.in_campaign("all") / daily.during - change.value),
            change=number(change.value),
            level=percent(self.effect.level, 0),
            low=number(change.ci_low),
            high=number(change.ci_high),
        )
        if daily.after_used:
            caption += " " + say_n(
                "Light shade: the {n} day after it.",
                "Light shade: the {n} days after it.",
                daily.after_used,
            )
        return caption

    def alternative(self) -> str:
        """Return the figure in words for those who do not see it."""
        if reason := self.refusal():
            return reason
        daily = self.effect.daily
        parts = []
        words = {
            "all": mark("All: {seen} a day while the campaign ran, {expected} expected."),
            "referred": mark("Referred: {seen} a day while the campaign ran, {expected} expected."),
            "other": mark("Other: {seen} a day while the campaign ran, {expected} expected."),
        }
        for name in self.drawn():
            seen = daily.in_campaign(name) / daily.during
            expected = seen - self.effect.changes[name].value
            parts.append(say(words[name], seen=number(seen), expected=number(expected)))
        return " ".join(
            [say("Weekly lines, each with a broken line of what was to be expected."), *parts]
        )


def campaign_weeks(effect: Effect) -> Weeks:
    """Return new customers week by week around the campaign, for the figure."""
    return Weeks(effect)
