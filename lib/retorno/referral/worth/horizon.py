"""How the value of a customer and the gap between two groups change with the months that are counted."""

from dataclasses import dataclass

from retorno.language import integer, money, percent, say
from retorno.referral.tenure import OTHER, REFERRED
from retorno.referral.worth.percent import percent_apart
from retorno.referral.worth.value import Value, apart
from retorno.stats.student import Estimate


@dataclass(frozen=True, slots=True)
class ByHorizon:
    """Value of both groups and the gap over 12, 24, ... months and the horizon; a table.

    Attributes
    ----------
    value : Value
    """

    value: Value

    @property
    def months(self) -> list[int]:
        """Horizons that both groups can be compared over: full years, and that of the study."""
        shared = set(self.value.course[REFERRED]) & set(self.value.course[OTHER])
        horizon = self.value.horizon_months
        return [month for month in sorted(shared) if month % 12 == 0 or month == horizon]

    def gap(self, months: int) -> Estimate:
        """Return the gap over so many months, in currency per customer, with its interval."""
        referred, other = (self.value.course[group][months] for group in (REFERRED, OTHER))
        together = self.value.covariance.get(months, 0.0)
        return apart(referred, other, together).at(self.value.level)

    def percent(self, months: int) -> Estimate | None:
        """Return the gap over the others' value, a fraction; None where that is not clear of zero."""
        referred, other = (self.value.course[group][months] for group in (REFERRED, OTHER))
        if other.at(self.value.level).ci_low <= 0:
            return None
        together = self.value.covariance.get(months, 0.0)
        return percent_apart(referred, other, level=self.value.level, covariance=together)

    def beyond(self, months: int) -> int:
        """Return how many of so many months lie beyond the data, in the group with fewer months in them."""
        return max([0, *(months - tail.last for tail in self.value.tails.values())])

    def to_frame(self):
        """Return months, referred, other, gap, ci_low, ci_high, percent (missing where not stated), extrapolated."""
        import pandas as pd

        rows = []
        for months in self.months:
            gap, share = self.gap(months), self.percent(months)
            both = (self.value.course[group][months].value for group in (REFERRED, OTHER))
            percentage = None if share is None else share.value
            rows.append((months, *both, gap.value, *gap.interval, percentage, self.beyond(months)))
        names = ["months", "referred", "other", "gap", "ci_low", "ci_high", "percent"]
        return pd.DataFrame(rows, columns=[*names, "extrapolated"]).astype({"percent": float})

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table; the last where months are extrapolated."""
        kind = f"money:{self.value.currency}"
        found = {
            "months": (say("Months counted"), "count"),
            "referred": (say("Referred"), kind),
            "other": (say("Other"), kind),
            "gap": (say("Gap"), kind),
            "ci_low": (say("Interval from"), kind),
            "ci_high": (say("to"), kind),
            "percent": (say("Over the others' value"), "share"),
        }
        if self.value.tails:
            found["extrapolated"] = (say("Months beyond the data"), "count")
        return found

    def table_caption(self) -> str:
        """Say what the table shows and whether the gap grows or fades with the months counted."""
        if not self.months:
            reason = self.value.refusal(REFERRED, OTHER)
            return reason or say("No number of months can be compared between both groups.")
        caption = say(
            "Discounted margin per customer by the months of tenure counted, with {level} intervals of the gap.",
            level=percent(self.value.level, 0),
        )
        return caption + self._course()

    def _course(self) -> str:
        first, last = self.months[0], self.months[-1]
        if first == last:
            return ""
        text = " " + say(
            "Of the gap of {after} over {last} months the first {first} bring {before}.",
            first=integer(first),
            last=integer(last),
            before=money(self.gap(first).value, self.value.currency),
            after=money(self.gap(last).value, self.value.currency),
        )
        shares = [self.percent(months) for months in (first, last)]
        if None in shares:
            return text
        before, after = (percent(share.value) for share in shares)
        return (
            text
            + " "
            + say(
                "Over the others' value it goes from {before} to {after}.",
                before=before,
                after=after,
            )
        )


def value_by_horizon(value: Value) -> ByHorizon:
    """Return value and gap over 12, 24, ... months and over the horizon, those that can be stated."""
    return ByHorizon(value)
