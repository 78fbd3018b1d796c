"""A literature of published effects whose mean and spread are known.

Each study has a true effect of its own, normal around `mu` with variance `tau2`, in standard deviations within groups.
What it prints is drawn from the laws of means and variances of normal scores, and told as papers tell it: means, a
correlation, t, F, p, an effect with its variance, or means of pairs. The names are "Simulated 1", "Simulated 2" ...
"""

import numpy as np
import pandas as pd
from scipy import stats

CENTRE, SD = 5.0, 1.2  # of the scores without a failure
PAIRED = 0.6  # correlation of two scores of one person
FEWEST, MOST = 40, 300  # respondents in a group
FIRST_YEAR = 1996
PRINTS = {  # kind of a row -> the columns it fills
    "effect": ("effect", "variance"),
    "means": ("mean1", "sd1", "n1", "mean2", "sd2", "n2"),
    "correlation": ("r", "n"),
    "t": ("t", "n1", "n2"),
    "pairs": ("mean1", "sd1", "n1", "mean2", "sd2", "before_after_r"),
    "f": ("f", "sign", "n1", "n2"),
    "p": ("p", "sign", "n1", "n2"),
}
FIGURES = tuple(dict.fromkeys(name for names in PRINTS.values() for name in names))


def literature(
    mu: float,
    tau2: float,
    k: int,
    rng: np.random.Generator,
    *,
    rows: int = 1,
    kinds: tuple[str, ...] = tuple(PRINTS),
    outcome: str = "satisfaction",
) -> pd.DataFrame:
    """Return the effects of `k` simulated studies as a table `effects`.

    Parameters
    ----------
    mu, tau2 : float
        Mean and variance of the true effects, recovered minus no failure in standard deviations.
    k : int
        Studies.
    rng : numpy.random.Generator
    rows : int
        Rows of each study: samples of its own with one true effect.
    kinds : tuple of str
        How the studies tell what they found, taken in turn; among `PRINTS`.
    outcome : str

    Returns
    -------
    DataFrame
        One row a study and sample, in the columns of the contract; numbers with five figures, as
        printed. Design, subjects and service have no effect.

    Examples
    --------
    >>> drawn = literature(0.2, 0.04, 3, np.random.default_rng(1))
    >>> drawn["study"].tolist(), drawn[["mean1", "r", "effect"]].count().tolist()
    (['Simulated 1', 'Simulated 2', 'Simulated 3'], [1, 1, 1])
    """
    if k < 1 or rows < 1 or not tau2 >= 0:
        raise ValueError(f"wanted k and rows of 1 or more, tau2 of 0 or more; got {k, rows, tau2}.")
    size = k * rows
    true = np.repeat(mu + np.sqrt(tau2) * rng.standard_normal(k), rows)
    kind = np.resize(np.array(kinds), size)
    study = np.repeat(np.arange(k), rows)
    n = rng.integers(FEWEST, MOST + 1, (2, size))
    n[1] = np.where(np.isin(kind, ["correlation", "pairs"]), n[0], n[1])  # groups of one size
    told = _told(_drawn(true, n, kind == "pairs", rng), n, kind)
    return pd.DataFrame(
        {
            "study": [f"Simulated {number + 1}" for number in study],
            "outcome": outcome,
            **{name: told[name] for name in FIGURES},
            "year": FIRST_YEAR + study % 25,
            "design": np.where(kind == "pairs", "within persons", "between persons"),
            "subjects": np.resize(["customers", "students"], size),
            "service": np.resize(["hotel", "restaurant", "bank"], size),
            "source": "simulated, no such study",
        }
    )


def _drawn(true, n, paired, rng) -> dict[str, np.ndarray]:
    """Return means and standard deviations of both groups; of pairs the means go together."""
    share = np.where(paired, PAIRED, 0.0)
    noise = rng.standard_normal((2, true.size))
    first = share * noise[1] + np.sqrt(1 - share**2) * noise[0]
    sd = SD * np.sqrt(rng.chisquare(n - 1) / (n - 1))
    return {
        "mean1": CENTRE + SD * (true + first / np.sqrt(n[0])),
        "mean2": CENTRE + SD * noise[1] / np.sqrt(n[1]),
        "sd1": sd[0],
        "sd2": sd[1],
    }


def _told(drawn: dict, n, kind) -> dict[str, np.ndarray]:
    """Return the columns of figures, each filled where the kind of the row prints it."""
    df = n.sum(axis=0) - 2
    pooled = np.sqrt(((n[0] - 1) * drawn["sd1"] ** 2 + (n[1] - 1) * drawn["sd2"] ** 2) / df)
    d = (drawn["mean1"] - drawn["mean2"]) / pooled
    t = d / np.sqrt(1 / n[0] + 1 / n[1])
    j = 1 - 3 / (4 * df - 1)
    figures = drawn | {
        "effect": j * d,
        "variance": j**2 * (1 / n[0] + 1 / n[1] + d**2 / (2 * n.sum(axis=0))),
        "r": t / np.sqrt(t**2 + df),
        "t": t,
        "f": t**2,
        "p": 2 * stats.t.sf(np.abs(t), df),
        "before_after_r": np.full(d.size, PAIRED),
    }
    printed = {name: _five(value) for name, value in figures.items()}
    printed |= {"n1": n[0], "n2": n[1], "n": n.sum(axis=0), "sign": np.where(t < 0, -1, 1)}
    where = {
        name: np.isin(kind, [each for each, names in PRINTS.items() if name in names])
        for name in FIGURES
    }
    return {name: np.where(where[name], printed[name], np.nan) for name in FIGURES}


def _five(value: np.ndarray) -> np.ndarray:
    """Return numbers with five figures, as a paper prints them at best."""
    size = np.floor(np.log10(np.maximum(np.abs(value), 1e-300)))
    unit = 10.0 ** (size - 4)
    return np.where(value == 0, 0.0, np.round(value / unit) * unit)
