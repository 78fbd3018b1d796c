"""A forest: every study with its interval and weight, the means of groups, and the mean of all."""

import numpy as np

from retorno.figures.meta.lines import (
    CLOUD,
    MOST,
    axis_of,
    colour_of,
    dated,
    diamond,
    frame_of,
    interval_text,
    line_height,
    name_column,
    places,
    reach_of,
    right_column,
    segments,
    weight_text,
    whisker,
)
from retorno.figures.panels import nothing
from retorno.figures.theme import SOFT
from retorno.language import percent, say

ABOVE = 0.4  # of a line: air above a group and above the means
SQUARE = 0.55  # side of the heaviest study's square, in heights of a line
LEAST = 2.2  # points of the lightest
MINE = ("own", "joint")
MEANS = ("subtotal", "published", "joint")
STUDIES = ("study", "own")


def forest(result, ax):
    """Draw squares for studies, diamonds for means, thin lines where one more study is expected."""
    if result.refused:
        return nothing(ax, result.caption())
    frame = result.to_frame()
    one = frame["kind"].isin(STUDIES)
    if one.sum() > MOST:
        frame = _slim(frame)
        one = frame["kind"].isin(STUDIES)
    height = line_height(len(frame))
    heights = _heights(frame, height)
    frame_of(ax, [height, *heights])
    head, *at = places([height, *heights])
    span = reach_of(
        *(frame.loc[one, name] for name in ("effect", "ci_low", "ci_high")), _kept(frame)
    )
    taken = _words(ax, frame, at, head, result.level)
    axis_of(ax, *span, frame["effect"].iloc[-1], taken)
    _studies(ax, frame, at)
    _means(ax, frame, at)
    return ax


def _kept(frame) -> list[float]:
    """Return the bounds that must be seen: of means, and of what is predicted from all."""
    means = frame[frame["kind"].isin(MEANS)]
    whole = means[means["kind"] != "subtotal"]
    bounds = [means["ci_low"], means["ci_high"], whole["prediction_low"], whole["prediction_high"]]
    return [float(value) for values in bounds for value in values.dropna()]


def _slim(frame):
    """Return the frame of very many studies: by effect, without groups."""
    studies = frame[frame["kind"] == "study"].sort_values("effect")
    rest = frame[frame["kind"].isin(("own", "published", "joint"))]
    return type(frame)({name: [*studies[name], *rest[name]] for name in frame}).assign(
        name=[""] * len(studies) + list(rest["name"])
    )


def _heights(frame, height: float) -> list[float]:
    """Return the height of each line in inches."""
    kinds = list(frame["kind"])
    unnamed = (frame["name"] == "").to_numpy()
    heights = []
    for row, kind in enumerate(kinds):
        before = kinds[row - 1] if row else "group"
        new = (kind == "group" and row) or (kind == "published" and before != "group")
        thin = CLOUD / max(int(unnamed.sum()), 1)
        heights.append(thin if unnamed[row] else height * (1 + ABOVE * bool(new)))
    return heights


def _studies(ax, frame, at) -> None:
    """Draw the intervals and squares of studies; the area of a square is its weight."""
    for kind in STUDIES:
        rows = np.flatnonzero(frame["kind"] == kind)
        if not rows.size:
            continue
        colour, some = colour_of(kind in MINE), frame.iloc[rows]
        spots = [at[row] for row in rows]
        side = 72 * SQUARE * max(at[-1].height / 1.4, min(s.height for s in spots))
        share = some["weight"].to_numpy() / frame["weight"][frame["kind"].isin(STUDIES)].max()
        many = rows.size > MOST
        segments(ax, spots, some["ci_low"], some["ci_high"], colour, thin=many)
        sides = np.maximum(side * np.sqrt(share), LEAST) if not many else np.full(rows.size, 1.8)
        y = [spot.y for spot in spots]
        looks = {"marker": "s", "color": colour, "linewidth": 0, "zorder": 3}
        ax.scatter(some["effect"], y, s=sides**2, **looks)


def _means(ax, frame, at) -> None:
    """Draw diamonds; a group's mean is hollow, as is the mean without the own survey where it has one."""
    joined = (frame["kind"] == "joint").any()
    for row, place in zip(frame.itertuples(), at, strict=True):
        if row.kind not in MEANS:
            continue
        colour = colour_of(row.kind in MINE)
        if row.kind != "subtotal" and not np.isnan(row.prediction_low):
            whisker(ax, place, row.prediction_low, row.prediction_high, colour)
        full = row.kind == "joint" or (row.kind == "published" and not joined)
        diamond(ax, place, row.effect, row.ci_low, row.ci_high, colour, full=full)


def _words(ax, frame, at, head, level: float) -> float:
    """Write names at the left, weights and effects at the right; return what they take, in points."""
    named = [(row, place) for row, place in zip(frame.itertuples(), at, strict=True) if row.name]
    rows, spots = [row for row, _ in named], [place for _, place in named]
    colours = [colour_of(row.kind in MINE) for row in rows]
    heavy = [row.kind in ("group", "published", *MINE) for row in rows]
    names = [dated(row.name) for row in rows]
    left = name_column(
        ax, [head, *spots], [say("Study"), *names], [False, *heavy], [SOFT, *colours]
    )
    weights = [weight_text(row.weight) for row in rows]
    end = right_column(ax, 0, spots, weights, say("Weight"), head, colours)
    shown = [
        "" if row.kind == "group" else interval_text(row.effect, row.ci_low, row.ci_high)
        for row in rows
    ]
    title = say("Effect [{level}]", level=percent(level, 0))
    return left + right_column(ax, end, spots, shown, title, head, colours)
