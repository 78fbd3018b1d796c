"""Who comes back: returns by earlier purchases, by value, and by the reason for leaving where it is known.

Estimand: in each group the share of the lapsed that has come back by months 3, 6 and 12 after the lapse, 1 -
Kaplan-Meier. A description of who returns. What a customer bought, and why they left, are not drawn by chance: making
customers buy more, or other reasons rarer, need not change returns as the groups differ. A reason is known of those who
were asked, and who was asked after a silence had not come back until then: returns before that are missing among them.

Source: Kaplan and Meier (1958), J. American Statistical Association 53, 457-481, intervals on the log(-log) scale.
"""

from dataclasses import dataclass

from retorno.findings import Findings
from retorno.language import integer, mark, money, percent, say, say_n
from retorno.reactivation.curves.aligned import MEASURES
from retorno.reactivation.history import History, lapses
from retorno.reactivation.returns.cumulative import LAPSED, Followed, followed, followed_cells
from retorno.stats.student import Estimate

MONTHS = (3, 6, 12)
MOST_REASONS = 12
ORDERS = (
    mark("1 purchase"),
    mark("2 purchases"),
    mark("3 or 4 purchases"),
    mark("5 or more purchases"),
)
TIERS = (
    mark("lowest third: up to {low}"),
    mark("middle third"),
    mark("highest third: above {high}"),
)
BY = {
    "orders": mark("Purchases before the lapse"),
    "value": mark("{measure} per purchase before it"),
    "reason": mark("Reason given"),
}
MOST = {
    "clear": mark(
        '{by}: the group "{group}" comes back most, {share} by month {month}; its interval lies above that of every '
        "other group."
    ),
    "close": mark(
        '{by}: the group "{group}" comes back most, {share} by month {month}, but its interval meets that of '
        '"{next}".'
    ),
    "equal": mark(
        "{by}: no group comes back more than all others by month {month}; the most is {share}."
    ),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Lapsed customers of one kind: `by` is a key of `BY`, `name` for people."""

    by: str
    name: str
    followed: Followed

    def share(self, month: int, min_group: int) -> Estimate | None:
        """Return the share back by the end of `month`; None when too few are followed so long."""
        return self.followed.by_month(month, min_group)


@dataclass(frozen=True, slots=True)
class ReturnGroups:
    """Returns by group.

    Attributes
    ----------
    groups : tuple of Group
    measure : str
        What value is, "margin" or "revenue".
    with_reason, lapsed, twice : int
        Lapsed customers with a reason; all of them; those with several reasons, who count in each.
    level : float
    min_group : int
    all_spells : bool
    """

    groups: tuple[Group, ...]
    measure: str
    with_reason: int
    lapsed: int
    twice: int
    level: float
    min_group: int
    all_spells: bool

    def findings(self) -> Findings:
        """Return none: the table is a description."""
        return Findings()

    def by(self, by: str) -> str:
        """Return the name of a grouping for people."""
        return say(BY[by], measure=say(MEASURES[self.measure]).capitalize())

    def to_frame(self):
        """Return by, group, customers and, for months 3, 6 and 12, month_k, month_k_low, month_k_high."""
        import pandas as pd

        columns = ["by", "group", "customers"]
        columns += [f"month_{k}{end}" for k in MONTHS for end in ("", "_low", "_high")]
        rows = []
        for one in self.groups:
            row = [self.by(one.by), one.name, one.followed.n]
            for share in (one.share(k, self.min_group) for k in MONTHS):
                row += [share.value, *share.interval] if share else [None] * 3
            rows.append(row)
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))

    def columns(self) -> dict[str, tuple[str, str]]:
        """Return label and kind of each column of the table."""
        n = say("Lapses") if self.all_spells else say("Lapsed customers")
        labels = {
            "by": (say("By"), "text"),
            "group": (say("Group"), "text"),
            "customers": (n, "count"),
        }
        for k in MONTHS:
            labels |= {
                f"month_{k}": (say("Back by month {month}", month=k), "share"),
                f"month_{k}_low": (say("Interval from"), "share"),
                f"month_{k}_high": (say("to"), "share"),
            }
        return labels

    def title(self) -> str:
        """Say which group comes back most, for each grouping that can be compared."""
        found = [text for text in map(self._most, BY) if text]
        return (
            " ".join(found) if found else say("Too few lapses to compare groups by who comes back.")
        )

    def _most(self, by: str) -> str | None:
        """Say which group of a grouping comes back most by the last month that all its stated groups share."""
        for month in reversed(MONTHS):
            shares = [(g, g.share(month, self.min_group)) for g in self.groups if g.by == by]
            stated = sorted((s for s in shares if s[1]), key=lambda s: -s[1].value)
            if len(stated) > 1:
                (best, top), (_, second), *_ = stated
                highest, near = max(stated[1:], key=lambda s: s[1].ci_high)
                side = "clear" if top.ci_low > near.ci_high else "close"
                side = "equal" if top.value == second.value else side
                words = {"group": best.name, "next": highest.name, "share": percent(top.value)}
                return say(MOST[side], by=self.by(by), month=month, **words)
        return None

    def table_caption(self) -> str:
        """Say what the table holds, which group comes back most, and what it does not show."""
        drawn = say(
            "Share that had come back by months 3, 6 and 12 after the lapse (1 - Kaplan-Meier), with pointwise {level} "
            "log-log intervals; shares are missing where fewer than {least} are followed so long.",
            level=percent(self.level, 0),
            least=integer(self.min_group),
        )
        care = say(
            "It describes who comes back: groups differ in more than the column says, so it does not tell what would "
            "change returns."
        )
        return " ".join([drawn, self.title(), care, *self._reasons()])

    def _reasons(self) -> list[str]:
        """Say whose reasons are known, and that groups by reason may share customers."""
        if not any(g.by == "reason" for g in self.groups):
            return []
        known = say(
            "A reason is known of {known} of {lapsed}: of those who were asked. Who was asked after a silence had not "
            "come back until then, so the others are no fair comparison for them.",
            known=integer(self.with_reason),
            lapsed=say_n(*LAPSED[self.all_spells], self.lapsed),
        )
        if not self.twice:
            return [known]
        several = say_n(
            "{n} has several reasons and counts in each, so groups by reason overlap.",
            "{n} have several reasons and count in each, so groups by reason overlap.",
            self.twice,
        )
        return [known, several]


def return_groups(
    history: History,
    *,
    reasons=None,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> ReturnGroups:
    """Return who comes back: by earlier purchases, by value per purchase, and by reason.

    Parameters
    ----------
    history : History
    reasons : ibis.Table, optional
        customer_id and reason, one row for each reason of a customer; rows without a reason count for nothing.
    """
    spells, cuts = with_tiers(lapses(history))
    rules = {"level": level, "clustered": history.all_spells}
    names = {
        "orders": [say(name) for name in ORDERS],
        "value": [say(tier, **_amounts(cuts, currency)) for tier in TIERS],
    }
    spells = spells.mutate(several=_several(spells.orders))
    counts = followed_cells(spells, history, "several", "tier")
    groups = []
    for by, column in (("orders", "several"), ("value", "tier")):
        for place, name in enumerate(names[by]):
            own = [frame[frame[column] == place] for frame in counts]
            if len(own[0]):
                groups.append(Group(by, name, followed(*own, **rules)))
    known = (0, 0)
    if reasons is not None:
        found, known = _by_reason(spells, reasons, history, rules)
        groups += found
    return ReturnGroups(
        groups=tuple(groups),
        measure=history.measure,
        with_reason=known[0],
        lapsed=int(counts[0].n.sum()),
        twice=known[1],
        level=level,
        min_group=min_group,
        all_spells=history.all_spells,
    )


def with_tiers(spells):
    """Return the lapses with `tier`, the third of value per purchase (0 the lowest), and the two cuts.

    Who lies on a cut is in the third below it, so that equal values are never told apart.
    """
    # The same prices summed in another order may differ in the last digit.
    spells = spells.mutate(per_purchase=(spells.value / spells.orders).round(6))
    value = spells.per_purchase
    low, high = spells.aggregate(a=value.quantile(1 / 3), b=value.quantile(2 / 3)).execute().iloc[0]
    if low != low:  # no lapse at all
        low = high = 0.0
    low, high = float(low), float(high)
    tier = (value > low).cast("int32") + (value > high).cast("int32")
    return spells.mutate(tier=tier), (low, high)


def _several(orders):
    """Return the place in `ORDERS` of a number of purchases."""
    return sum(((orders > most).cast("int32") for most in (2, 4)), (orders > 1).cast("int32"))


def _amounts(cuts: tuple[float, float], currency: str) -> dict[str, str]:
    low, high = cuts
    return {"low": money(low, currency), "high": money(high, currency)}


def _by_reason(spells, reasons, history: History, rules):
    """Return the groups by reason, the most frequent first, and counts: lapses with a reason, those with several."""
    given = reasons.drop_null("reason").select("customer_id", "reason").distinct()
    each = given.group_by("customer_id").aggregate(reasons=given.count())
    counts = spells.inner_join(each, "customer_id")
    with_reason, twice = (
        counts.aggregate(known=counts.count(), twice=(counts.reasons > 1).sum())
        .execute()
        .fillna(0)
        .iloc[0]
    )
    joined = spells.inner_join(given, "customer_id")
    most = joined.group_by("reason").aggregate(n=joined.count())
    most = most.order_by(most.n.desc(), most.reason).limit(MOST_REASONS).execute()
    named = joined.filter(joined.reason.isin(list(most.reason)))
    frames = followed_cells(named, history, "reason")
    groups = [
        Group("reason", str(name), followed(*(f[f.reason == name] for f in frames), **rules))
        for name in most.reason
    ]
    return groups, (int(with_reason), int(twice))
