"""The list of suspected referrals, for whoever looks into them: it never stands in a report."""

import numpy as np

from retorno.referral.fraud.flagged import Flagged
from retorno.referral.fraud.rules import RULES

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes text for a formula


def suspects_csv(flagged: Flagged) -> str | None:
    """Return the flagged referrals as CSV, those with most points first; None when there are none.

    Columns referral_id, referrer_id, referred_id (empty: nobody), referred_on, reasons (in words), score. Text that a
    spreadsheet would take for a formula starts with an apostrophe. It names people: it belongs in no report.
    """
    if not flagged.flagged.any():
        return None
    import pandas as pd

    which = np.flatnonzero(flagged.flagged)
    which = which[np.argsort(-flagged.score[which], kind="stable")]
    rows = flagged.links.rows.iloc[which]
    first = pd.Timestamp(flagged.links.tenure.first_day)
    days = first + pd.to_timedelta(rows.day.to_numpy(dtype=np.int64), unit="D")
    frame = pd.DataFrame(
        {
            "referral_id": _harmless(rows.referral_id),
            "referrer_id": _harmless(rows.referrer_id),
            "referred_id": _harmless(rows.referred_id),
            "referred_on": days.strftime("%Y-%m-%d"),
            "reasons": reasons(flagged, which),
            "score": flagged.score[which],
        }
    )
    return frame.to_csv(index=False, lineterminator="\r\n")


def reasons(flagged: Flagged, which) -> np.ndarray:
    """Return the reasons of the referrals at positions `which` in words, put together once for each kind."""
    rules = [rule for rule in RULES if rule.name in flagged.caught.rules]
    mask = np.zeros(len(which), dtype=np.int64)
    for bit, rule in enumerate(rules):
        mask |= flagged.caught.rules[rule.name][which].astype(np.int64) << bit
    kinds, place = np.unique(mask, return_inverse=True)
    words = [
        "; ".join(flagged.reason(rule) for bit, rule in enumerate(rules) if kind >> bit & 1)
        for kind in kinds.tolist()
    ]
    return np.array(words, dtype=object)[place]


def _harmless(column) -> np.ndarray:
    """Return ids as text, empty where missing, with an apostrophe before what looks like a formula."""
    text = column.astype("object").where(column.notna(), "").astype(str)
    return np.where(text.str.startswith(FORMULA), "'" + text, text)
