"""What a regression of effects is given: a design whose columns can be told apart, and groups of studies."""

import numpy as np

COLLINEAR = 1e-9  # of a column of length 1: what is its own beside the columns before it


def grouped(labels, k: int, name: str) -> dict:
    """Return the places of each label, in the order of first appearance; ValueError on a missing one.

    Examples
    --------
    >>> {label: places.tolist() for label, places in grouped(["b", "a", "b"], 3, "group").items()}
    {'b': [0, 2], 'a': [1]}
    """
    labels = np.asarray(labels, dtype=object)
    if labels.shape != (k,):
        raise ValueError(f"`{name}` needs one label for each of {k} effects; got {labels.shape}.")
    places = {}
    for place, label in enumerate(labels.tolist()):
        if _missing(label):
            raise ValueError(
                f"`{name}` of effect {place + 1} is missing: name one, or leave the effect out."
            )
        places.setdefault(label, []).append(place)
    return {label: np.array(found) for label, found in places.items()}


def _missing(label) -> bool:
    try:
        return label is None or bool(label != label)
    except TypeError:  # what pandas calls NA is neither
        return True


def rows_of(values, p: int) -> np.ndarray:
    """Return values as rows of a design of `p` columns, finite (ValueError)."""
    x = np.atleast_2d(np.asarray(values, dtype=float))
    if x.ndim != 2 or x.shape[1] != p or not np.isfinite(x).all():
        raise ValueError(f"wanted rows of {p} finite numbers, one a column; got shape {x.shape}.")
    return x


def design_of(design, names, k: int) -> tuple[np.ndarray, tuple[str, ...], int | None]:
    """Return the design, the names of its columns and the place of the intercept; ValueError on what has no fit."""
    x = np.array(design, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != k or not x.size:
        raise ValueError(
            f"`design` needs one row for each of the {k} studies; got shape {x.shape}."
        )
    if not np.isfinite(x).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(x)))
        raise ValueError(
            f"`design` must be finite numbers; study {row + 1} has {x[row, column]:g} in column {column + 1}."
        )
    if k <= x.shape[1]:
        raise ValueError(f"{x.shape[1]} coefficients need more than {x.shape[1]} studies; got {k}.")
    return x, *_named(x, names)


def _named(x, names) -> tuple[tuple[str, ...], int | None]:
    """Return the names of the columns and the place of the intercept; ValueError on columns that say nothing new."""
    p = x.shape[1]
    ones = np.flatnonzero((x == 1).all(axis=0))
    intercept = int(ones[0]) if ones.size else None
    if names is None:
        others = iter(range(1, p + 1))
        names = ["intercept" if i == intercept else f"x{next(others)}" for i in range(p)]
    names = tuple(str(name) for name in names)
    if len(names) != p or len(set(names)) < p:
        raise ValueError(
            f"`names` needs {p} different names, one a column; got {', '.join(names)}."
        )
    flat = [i for i in np.flatnonzero(np.ptp(x, axis=0) == 0) if i != intercept]
    if flat:
        raise ValueError(
            f"column {names[flat[0]]!r} is {x[0, flat[0]]:g} in every study; only one column, of ones, is constant."
        )
    scaled = x / np.linalg.norm(x, axis=0)
    left = np.abs(np.diag(np.linalg.qr(scaled)[1]))
    if left.min() < COLLINEAR:
        column = int(np.flatnonzero(left < COLLINEAR)[0])
        raise ValueError(
            f"column {names[column]!r} follows from the columns before it: leave one of them out."
        )
    return names, intercept
