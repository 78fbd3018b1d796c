"""How the verdict on a campaign moves with what is assumed of chance from day to day.

The change itself hardly moves; its interval does. Raw days count the weekly rhythm as chance. Weekday terms take it
out. Newey and West's errors allow for days that stay alike and for days that vary more; as software gives them they
are too small over a window of a few weeks, so that the interval the study states has their bias reduced.
"""

from dataclasses import dataclass

from retorno.findings import direction
from retorno.language import mark, percent, say, say_n
from retorno.referral.campaign.effect import Effect
from retorno.stats.interrupted import interrupted, newey_west, ordinary
from retorno.stats.student import Student

MODELS = {
    "raw": mark("Days as they are, no memory"),
    "weekdays": mark("Weekday terms, no memory"),
    "newey_west": mark("Weekday terms, Newey-West"),
    "reduced": mark("Weekday terms, Newey-West with bias reduced (stated)"),
}
WORDS = {
    "above": mark("more customers"),
    "below": mark("fewer customers"),
    "undecided": mark("no change shown"),
}


@dataclass(frozen=True, slots=True)
class Errors:
    """The change while the campaign ran under four models of chance.

    Attributes
    ----------
    effect : Effect
    found : dict of str to Student
        Customers a day, by key of `MODELS`; empty where the change is refused.
    """

    effect: Effect
    found: dict[str, Student]

    def verdicts(self) -> dict[str, str]:
        """Return above, below or undecided for each model."""
        level = self.effect.level
        return {name: direction(one.at(level).interval) for name, one in self.found.items()}

    def to_frame(self):
        """Return model, label, change (customers a day), ci_low, ci_high, verdict and its words."""
        import pandas as pd

        verdicts = self.verdicts()
        rows = [
            (
                name,
                say(MODELS[name]),
                one.value,
                *one.at(self.effect.level).interval,
                verdicts[name],
                say(WORDS[verdicts[name]]),
            )
            for name, one in self.found.items()
        ]
        columns = ["model", "label", "change", "ci_low", "ci_high", "verdict", "words"]
        return pd.DataFrame(rows, columns=columns)

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        return {
            "label": (say("What is assumed of chance"), "text"),
            "change": (say("Change a day"), "number"),
            "ci_low": (say("From"), "number"),
            "ci_high": (say("To"), "number"),
            "words": (say("Verdict"), "text"),
        }

    def table_caption(self) -> str:
        """Say what differs between the rows, and whether the verdict does."""
        effect = self.effect
        if reason := effect.refusal():
            return reason
        caption = say(
            "Change in new customers a day while the campaign ran, with {level} intervals: the same {days} of data, "
            "four models of chance.",
            level=percent(effect.level, 0),
            days=say_n("{n} day", "{n} days", effect.model.matrix.shape[0]),
        )
        same = len(set(self.verdicts().values())) == 1
        return (
            caption
            + " "
            + (
                say("The verdict is the same in all.")
                if same
                else say("The verdict depends on which is chosen; the last row is the one stated.")
            )
        )


def campaign_errors(effect: Effect) -> Errors:
    """Return the change in all new customers under four models of chance, the stated one last."""
    if effect.refusal():
        return Errors(effect, {})
    daily, model, series = effect.daily, effect.model, effect.daily.used("all")
    raw = interrupted(daily.past, daily.during, daily.after_used)
    weights = model.weights(1.0)
    return Errors(
        effect,
        {
            "raw": ordinary(raw, series, raw.weights(1.0)),
            "weekdays": ordinary(model, series, weights),
            "newey_west": newey_west(model, series, weights, lag=effect.lag),
            "reduced": effect.changes["all"],
        },
    )
