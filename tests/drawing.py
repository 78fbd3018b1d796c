"""What tests of figures share: a figure laid out as it is written, and what its words must keep to."""

from itertools import combinations

import matplotlib as mpl
from matplotlib.figure import Figure

from retorno.figures import theme


def drawn(draw, result):
    """Return the figure, laid out as it is written."""
    with mpl.rc_context(theme.settings()):
        canvas = Figure(layout="constrained")
        draw(result, canvas.subplots())
        canvas.draw_without_rendering()
        return canvas


def words(canvas):
    """Return every text that shows, with the place it takes in points."""
    from matplotlib.text import Text

    canvas.draw_without_rendering()
    texts = [t for t in canvas.findobj(Text) if t.get_visible() and t.get_text().strip()]
    places = [t.get_window_extent() for t in texts]
    return [(t.get_text(), p) for t, p in zip(texts, places, strict=True) if p.width]


def panels_of(canvas):
    return [ax for ax in canvas.axes if ax.axison]


def check_words(canvas):
    """Assert that no two words lie on each other and none leaves the figure; 2 points are air between lines."""
    found = words(canvas)
    for (one, a), (two, b) in combinations(found, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 - 2 <= b.y0 or b.y1 - 2 <= a.y0
        assert apart, f"{one!r} and {two!r} lie on each other"
    width, height = canvas.bbox.width, canvas.bbox.height
    for text, p in found:
        inside = p.x0 >= -1 and p.x1 <= width + 1 and p.y0 >= -1 and p.y1 <= height + 1
        assert inside, f"{text!r} leaves the figure"
