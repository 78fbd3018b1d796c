"""Columns that simulated tables of several worlds share."""

from datetime import date

import numpy as np
import pandas as pd


def ids(letter: str, n: int) -> pd.Series:
    """Return `n` ids as text.

    Examples
    --------
    >>> ids("C", 2).tolist()
    ['C0000001', 'C0000002']
    """
    return pd.Series([f"{letter}{number:07d}" for number in range(1, n + 1)], dtype="str")


def dates(first_day: date, day: np.ndarray) -> np.ndarray:
    """Return whole days after `first_day` as dates; microseconds, so that pandas keeps their type."""
    return (np.datetime64(first_day) + day.astype("timedelta64[D]")).astype("datetime64[us]")
