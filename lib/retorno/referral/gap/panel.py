"""The smooth curve of the gap in margin, fitted to all months of all customers; what it is stands in `curve`."""

from dataclasses import replace

import numpy as np

from retorno.language import integer, say
from retorno.referral.alike.covariates import Covariates
from retorno.referral.gap.curve import GapModel
from retorno.referral.gap.rows import Rows, none_in_first, rows
from retorno.referral.links import Links, families
from retorno.referral.tenure import Tenure
from retorno.stats.adjustment import CollinearError, standardised
from retorno.stats.panel import gap_curve, natural_spline, shape_p, spread_knots


def gap_model(
    tenure: Tenure,
    covariates: Covariates,
    links: Links | None = None,
    *,
    currency: str = "EUR",
    level: float = 0.95,
    min_group: int = 5,
) -> GapModel:
    """Fit the gap in margin as a smooth curve over tenure.

    Parameters
    ----------
    tenure : Tenure
        With a panel of margins.
    covariates : Covariates
        May be none. Customers of whom one is not known are left out.
    links : Links, optional
        Who brought whom; customers joined by referrals then count as one family in the errors.

    Notes
    -----
    Families are the trees of the referral graph: margins of siblings resemble each other as those of the two in a dyad
    do, so that errors by dyad alone would be too small. Few and large families make errors unsure; degrees of
    freedom fall with them.
    """
    table = rows(tenure, covariates.complete, least=max(min_group, 2))
    there = table.seen.any(axis=1)
    family = families(links, tenure.days.size)
    sizes = np.bincount(family[there]) if there.any() else np.zeros(1, dtype=int)
    model = GapModel(
        rows=table,
        curve=None,
        plain=np.empty(0),
        unadjusted=np.empty(0),
        fit_p=None,
        refused=_refusal(tenure, covariates, table, max(min_group, 2)),
        fit_refused=None,
        n=int(there.sum()),
        families=int((sizes > 0).sum()),
        largest=int(sizes.max()),
        covariates=covariates,
        horizon_months=tenure.horizon_months,
        currency=currency,
        level=level,
        min_group=min_group,
    )
    if model.refused:
        return replace(model, fit_refused=model.refused)
    months = np.arange(table.months)
    given = {
        "values": table.margin[there],
        "seen": table.seen[there],
        "member": tenure.referred[there],
        "basis": natural_spline(months, spread_knots(table.n.sum(axis=1))),
        "cluster": family[there],
    }
    try:
        fixed = _fixed(tenure, covariates, there)
        curve, unadjusted = gap_curve(**given, fixed=fixed), gap_curve(**given).gap
    except CollinearError:
        reason = _collinear(covariates)
        return replace(model, refused=reason, fit_refused=reason)
    if not curve.se.min() > 1e-9 * np.abs(given["values"]).max():
        return replace(model, refused=_no_spread(), fit_refused=_no_spread())
    plain = [
        given["values"][group].sum(axis=0) / given["seen"][group].sum(axis=0)
        for group in (given["member"], ~given["member"])
    ]
    p, why = _tested(given)
    found = {"curve": curve, "plain": plain[0] - plain[1], "unadjusted": unadjusted}
    return replace(model, **found, fit_p=p, fit_refused=why)


def _refusal(tenure: Tenure, covariates: Covariates, table: Rows, least: int) -> str | None:
    if covariates.names and covariates.refusal:
        return covariates.refusal
    if table.months:
        return None
    return none_in_first(tenure, covariates.complete, least=least)


def _fixed(tenure: Tenure, covariates: Covariates, there) -> np.ndarray:
    """Return covariates and 0/1 columns of the calendar months of joining, the first left out."""
    joined = np.datetime64(tenure.first_day) + tenure.joined[there].astype("timedelta64[D]")
    _, month = np.unique(joined.astype("datetime64[M]"), return_inverse=True)
    columns = np.eye(month.max() + 1)[month][:, 1:]
    if not covariates.names:
        return columns
    return np.column_stack([standardised(covariates.design[there]), columns])


def _collinear(covariates: Covariates) -> str:
    if covariates.names:
        return say(
            "Not stated: among {covariates} and the months of joining, one follows from the others or from being "
            "referred, or there are too few customers for them; name fewer covariates (parameter covariates).",
            covariates=covariates.words,
        )
    return say(
        "Not stated: the months of joining tell who was referred, or there are too few customers for them; at least "
        "some months in which both kinds joined are needed."
    )


def _no_spread() -> str:
    return say(
        "Not stated: margins follow without error from the months and what is known, so nothing says how far a gap "
        "could be chance."
    )


def _tested(given) -> tuple[float | None, str | None]:
    """Return p of the fit, or None and why there is none."""
    ways = given["basis"].shape[0] - given["basis"].shape[1]
    if ways < 1:
        return None, say(
            "Not stated: a curve of so many knots runs through any {n} months; at least {needed} are needed.",
            n=integer(given["basis"].shape[0]),
            needed=integer(given["basis"].shape[1] + 1),
        )
    try:
        return shape_p(**given), None
    except (ValueError, np.linalg.LinAlgError):
        return None, say(
            "Not stated: the smaller group has too few customers to test {n} ways of leaving the curve; more "
            "customers or a shorter horizon are needed.",
            n=integer(ways),
        )
