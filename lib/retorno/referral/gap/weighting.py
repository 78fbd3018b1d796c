"""Margins of those who stayed, weighted for those who left; what the gap is stands in `leavers`."""

from dataclasses import replace

import numpy as np

from retorno.findings import too_few
from retorno.language import integer, say
from retorno.referral.alike.covariates import Covariates
from retorno.referral.gap.leavers import Leavers
from retorno.referral.gap.rows import none_in_first, rows
from retorno.referral.links import Links, families
from retorno.referral.tenure import NAMES, Tenure, month_start
from retorno.stats.adjustment import CollinearError, SeparationError, standardised
from retorno.stats.clustered import summed
from retorno.stats.dropout import remaining
from retorno.stats.student import Student


def weighted_gap(
    tenure: Tenure,
    covariates: Covariates,
    links: Links | None = None,
    *,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> Leavers:
    """Weight the gap in margin for those who left.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins. Customers who came into sight late are left out: those like them who left before are
        not known.
    covariates : Covariates
        May be none. Customers of whom one is not known are left out.
    links : Links, optional
        Customers joined by referrals then count as one family in the errors.

    Notes
    -----
    Two customers who agree in all that is modelled leave for other reasons all the same; where those reasons tell what
    they would have brought, the weights do not know it. Fewer than `min_group` leavers in a group, but for none, are
    too few to model.
    """
    chosen = covariates.complete & (tenure.entry == 0)
    least = max(min_group, 2)
    table = rows(tenure, chosen, least=least)
    there = table.seen.any(axis=1)
    found = Leavers(
        rows=table,
        groups=(),
        plain=(),
        weighted=(),
        moved=(),
        refused=covariates.refusal if covariates.names else None,
        n=int(there.sum()),
        late=int((covariates.complete & (tenure.entry > 0)).sum()),
        covariates=covariates,
        horizon_months=tenure.horizon_months,
        currency=currency,
        level=level,
        min_group=min_group,
    )
    if found.refused is None and not table.months:
        found = replace(found, refused=none_in_first(tenure, chosen, least=least))
    if found.refused:
        return found
    starts = month_start(np.arange(1, table.months + 1))
    possible = tenure.reach[:, None] >= starts
    members = [there & (tenure.referred == group) for group in NAMES]
    groups = []
    for name, member in zip(NAMES.values(), members, strict=True):
        left = int((table.seen[member, :-1] & possible[member, 1:] & ~table.seen[member, 1:]).sum())
        if 0 < left < least:
            what = say('customers of the group "{group}" who left', group=say(name))
            return replace(found, refused=too_few(what, left, least))
        try:
            fixed = standardised(covariates.design[member]) if covariates.names else None
            groups.append(
                remaining(table.margin[member], table.seen[member], possible[member], fixed=fixed)
            )
        except (SeparationError, CollinearError):
            return replace(found, refused=_not_modelled(name, covariates))
    family = families(links, tenure.days.size)
    if reason := _constant(groups):
        return replace(found, refused=reason)
    return replace(found, groups=tuple(groups), **_gaps(groups, members, family))


def _not_modelled(name: str, covariates: Covariates) -> str:
    if covariates.names:
        return say(
            'Not stated: in the group "{group}" margins and {covariates} tell for certain who leaves, or follow from '
            "each other; name fewer covariates (parameter covariates).",
            group=say(name),
            covariates=covariates.words,
        )
    return say(
        'Not stated: in the group "{group}" margins tell for certain who leaves, or are the same for all; nobody who '
        "stayed can stand for those who left.",
        group=say(name),
    )


def _constant(groups) -> str | None:
    spread = sum((group.of_mean**2).sum(axis=0) for group in groups)
    if spread.min() > 0:
        return None
    return say(
        "Not stated: in month {month} the margin is the same for every customer of each group, so nothing says how "
        "far a difference could be chance.",
        month=integer(int(spread.argmin()) + 1),
    )


def _gaps(groups, members, family) -> dict[str, tuple[Student, ...]]:
    """Return the gaps by month as they are, weighted, and the second minus the first; errors by family."""
    parts = {"plain": ("plain", "of_plain"), "weighted": ("mean", "of_mean")}
    values, errors = {}, {}
    for name, (value, of_value) in parts.items():
        values[name] = getattr(groups[0], value) - getattr(groups[1], value)
        own = np.zeros((family.size, values[name].size))
        for group, member, sign in zip(groups, members, (1, -1), strict=True):
            seen = (group.weight > 0).sum(axis=0)
            own[member] = sign * getattr(group, of_value) * np.sqrt(seen / (seen - 1))
        errors[name] = summed(own, family)
    values["moved"] = values["weighted"] - values["plain"]
    errors["moved"] = errors["weighted"] - errors["plain"]
    df = np.maximum(np.minimum(*(group.effective for group in groups)) - 1, 1)
    se = {name: np.sqrt((error**2).sum(axis=0)) for name, error in errors.items()}
    return {
        name: tuple(map(Student, values[name].tolist(), se[name].tolist(), df.tolist()))
        for name in values
    }
