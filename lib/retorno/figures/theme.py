"""The one theme: how every figure looks, and its SVG.

Colours are those of the report's light scheme. In the SVG each becomes a CSS variable with that colour as its
fallback, so that figures follow the page between light and dark and still stand alone. Words stay text and take the
page's font; they are measured in DejaVu Sans, wider than the fonts of the usual systems, so that they fit.
"""

import io
import re
import warnings
from collections.abc import Callable

INK, SOFT, LINE, PAPER = "#1c1d21", "#5b5f68", "#e2dfd8", "#fdfcfa"
ACCENT = "#0f5c6e"  # the group in question
REFERENCE = "#767b85"  # holdout, no failure or comparison: always this grey
VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    PAPER: "--paper",
    ACCENT: "--acc",
    REFERENCE: "--ctl",
}

SIZE = (7.2, 3.7)  # inches; 72 points each in the SVG
LETTERS = 10.5  # points: 11 pixels where a page gives the plot its least width, 34 rem


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
        "axes.titlesize": LETTERS,
        "axes.titleweight": "bold",
        "grid.color": LINE,
        "grid.linewidth": 0.8,
        "text.color": INK,
        "text.parse_math": False,  # "$5 off" in a name is no formula
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": SOFT,
        "xtick.bottom": False,
        "ytick.left": False,
        "font.size": LETTERS,
        "xtick.labelsize": LETTERS,
        "ytick.labelsize": LETTERS,
        "lines.linewidth": 2,
        "svg.fonttype": "none",
        "svg.hashsalt": "retorno",
    }


def svg(draw: Callable, result) -> str:
    """Return what `draw` makes of `result` as SVG text, the same bytes for the same result."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.figure import Figure

    from retorno.figures import marks

    with sns.axes_style("white"), mpl.rc_context(settings()), warnings.catch_warnings():
        # The browser's font draws the text, not matplotlib's, which lacks many scripts a name may have.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        canvas = Figure(layout="constrained")
        draw(result, canvas.subplots())
        marks.rasterise_many(canvas)
        text = io.StringIO()
        canvas.savefig(text, format="svg", dpi=marks.DPI, metadata={"Date": None, "Creator": None})
    return _variables(text.getvalue())


def _variables(text: str) -> str:
    """Give the tags of an SVG the page's colours, font and figures of one width; names from data stay as they are."""

    def styled(tag: re.Match) -> str:
        tag = tag[0]
        for colour, variable in VARIABLES.items():
            tag = tag.replace(colour, f"var({variable}, {colour})")
        return re.sub(r"(font(?:-family)?:[^;\"]*?)'[^;\"]*", r"\1var(--ui, sans-serif)", tag)

    text = re.sub(r"<[^<>]*>", styled, text)
    return text.replace("<svg ", '<svg style="font-variant-numeric: tabular-nums" ', 1)


def label_end(ax, x: float, y: float, name: str, value: str, colour: str) -> None:
    """Write `name`, and below it `value`, at the right end of a line: a direct label in place of a legend."""
    words = {"xycoords": "data", "textcoords": "offset points", "annotation_clip": False}
    colour = SOFT if colour == REFERENCE else colour  # the grey of lines is too light for letters
    lines = [line for line in (*name.split("\n"), value) if line]
    for row, line in enumerate(lines):
        offset = (len(lines) - 1) / 2 - row
        ax.annotate(
            line,
            (x, y),
            xytext=(7, 1.25 * LETTERS * offset),
            va="center",
            color=INK if line is value else colour,
            weight="normal" if line is value and name else "bold",
            **words,
        )
