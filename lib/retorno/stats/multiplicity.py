"""Several tests at once: the level at which each is read, so that one false alarm in all stays rare.

Source: Holm (1979), Scandinavian J. of Statistics 6, 65-70.
"""

from collections.abc import Sequence


def holm_levels(p_values: Sequence[float], *, level: float) -> list[float]:
    """Return the level of the interval of each of several estimates.

    Parameters
    ----------
    p_values : sequence of float
        Two-sided p of each estimate being zero.
    level : float
        Coverage wanted of all intervals together, 0.95 is 95 %.

    Returns
    -------
    list of float
        In the order given. The smallest of m p-values is read at 1 - alpha / m, the next at
        1 - alpha / (m - 1) and so on, alpha = 1 - `level`; from the first interval that holds zero
        on, the level stays what it was there.

    Examples
    --------
    >>> [round(level, 4) for level in holm_levels([0.04, 0.01], level=0.95)]
    [0.95, 0.975]
    >>> [round(level, 4) for level in holm_levels([0.04, 0.03], level=0.95)]
    [0.975, 0.975]
    """
    alpha, m = 1 - level, len(p_values)
    levels, left = [level] * m, m
    for position in sorted(range(m), key=lambda i: p_values[i]):
        levels[position] = 1 - alpha / left
        if p_values[position] < alpha / left:
            left -= 1
    return levels
