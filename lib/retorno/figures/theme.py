"""The one theme: how every figure looks, and its SVG.

Colours are those of the report's light scheme. In the SVG each becomes a CSS variable with that colour as its
fallback, so that figures follow the page between light and dark and still stand alone.
"""

import io
import re
from collections.abc import Callable

INK, SOFT, LINE = "#1c1d21", "#5b5f68", "#e2dfd8"
ACCENT, REFERENCE = (
    "#0f5c6e",
    "#767b85",
)  # the group in question; holdout or comparison, always this grey
VARIABLES = {INK: "--ink", SOFT: "--soft", LINE: "--line", ACCENT: "--acc", REFERENCE: "--ctl"}

SIZE = (7.2, 3.7)  # inches; 72 points each in the SVG


def settings() -> dict:
    """Return the matplotlib settings of the theme."""
    return {
        "figure.figsize": SIZE,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "axes.edgecolor": LINE,
        "axes.labelcolor": SOFT,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.titlelocation": "left",
        "grid.color": LINE,
        "grid.linewidth": 0.8,
        "text.color": INK,
        "text.parse_math": False,  # "$5 off" in a name is no formula
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": SOFT,
        "ytick.left": False,
        "font.size": 10.5,
        "lines.linewidth": 2,
        "svg.fonttype": "none",
        "svg.hashsalt": "retorno",
    }


def svg(draw: Callable, result) -> str:
    """Return what `draw` makes of `result` as SVG text, the same bytes for the same result."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.figure import Figure

    with sns.axes_style("white"), mpl.rc_context(settings()):
        canvas = Figure(layout="constrained")
        draw(result, canvas.subplots())
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _variables(text.getvalue())


def _variables(text: str) -> str:
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable}, {colour})")
    return re.sub(r"(font(?:-family)?:[^;\"]*?)'[^;\"]*", r"\1var(--ui, sans-serif)", text)


def label_end(ax, x: float, y: float, text: str, colour: str) -> None:
    """Write `text` at the right end of a line, in its colour: a direct label in place of a legend."""
    ax.annotate(
        text,
        (x, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        weight="bold",
        annotation_clip=False,
    )
