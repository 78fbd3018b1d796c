"""Which way published studies point, by outcome and year."""

from retorno.figures.panels import beside, heading, names, nothing, stacked
from retorno.figures.theme import ACCENT, INK, PAPER, SOFT
from retorno.language import integer, say

ROWS = 3  # directions
STEP = 5  # years between two marks
BEFORE = 4  # years from the first to the place of what is not dated
APART = 0.16  # of a row, between statements of one year


def evidence_map(result, ax):
    """Draw each statement at its year, above, beside or below no paradox, a panel for each outcome."""
    if not result.measures:
        return nothing(ax, result.caption())
    frame, words = result.frame, result.to_frame()
    frame = frame.assign(name=words["measure"], way=words["direction"])
    years = frame["year"].dropna()
    low, high = (int(years.min()), int(years.max())) if len(years) else (0, 0)
    undated = bool(frame["year"].isna().any())
    for panel, measure in zip(
        stacked(ax, [ROWS] * len(result.measures)), result.measures, strict=True
    ):
        one = frame[frame["measure"] == measure]
        _statements(panel, one, low - BEFORE)
        names(panel, result.directions)
        for row, direction in enumerate((1, 0, -1)):
            beside(panel, -row, integer(result.count(measure, direction)), SOFT)
        heading(panel, one["name"].iloc[0])
        _years(panel, low, high, undated)
    return ax


def _statements(ax, frame, undated: int) -> None:
    """Draw the points; those of one year and direction stand above each other."""
    placed = frame.assign(x=frame["year"].fillna(undated).astype(int))
    for (year, direction), cell in placed.groupby(["x", "direction"]):
        first = (len(cell) - 1) / 2
        for place, row in enumerate(cell.itertuples()):
            looks = {
                "color": INK if row.pooled else ACCENT,
                "markersize": 7,
                "markeredgewidth": 1.6,
            }
            if row.mark != "R":
                looks["markerfacecolor"] = PAPER
            shape = "s" if row.pooled else "o"
            ax.plot(year, direction - 1 + APART * 2 * (first - place), shape, **looks)


def _years(ax, low: int, high: int, undated: bool) -> None:
    """Mark round years, and at the left the place of what is not dated."""
    ticks = [year for year in range(low, high + 1) if year % STEP == 0] or [low]
    labels = [str(year) for year in ticks]
    if undated:
        ticks, labels = [low - BEFORE, *ticks], [say("no year"), *labels]
    ax.set_xticks(ticks, labels)
    ax.set_xlim(low - (BEFORE + 2 if undated else 1), high + 1)
