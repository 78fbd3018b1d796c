"""Figures with very many marks: those are drawn as one picture inside the SVG, all else stays lines and letters."""

from retorno.figures.theme import ACCENT, INK, SOFT

MOST = 3_000  # marks a browser draws and scrolls with ease
MANY = 50  # marks of one artist that are worth a picture
DPI = 160  # of the picture: sharp at twice its size on a screen
# A picture cannot follow the page: tones with a contrast above 3.5 to light and to dark paper.
MIDDLE = {ACCENT: "#2f8a9e", INK: "#767b85", SOFT: "#767b85"}


def rasterise_many(canvas) -> None:
    """Rasterise the artists of many marks where the figure has more than `MOST` marks."""
    groups = [group for ax in canvas.findobj(_is_axes) for group in _groups(ax)]
    if sum(count for _, count in groups) <= MOST:
        return
    for artists, count in groups:
        if count > MANY:
            for artist in artists:
                _mid_tone(artist)
                artist.set_rasterized(True)


def _is_axes(artist) -> bool:
    from matplotlib.axes import Axes

    return isinstance(artist, Axes)


def _groups(ax):
    """Yield artists that belong together with the number of their marks: bars are many artists of one mark."""
    yield [*ax.patches], len(ax.patches)
    for one in ax.collections:
        yield [one], max(len(one.get_offsets()), len(one.get_paths()))
    for one in ax.lines:
        yield [one], len(one.get_xdata()) if one.get_marker() not in ("None", None, "") else 1


def _mid_tone(artist) -> None:
    """Give an artist the middle tones of its colours."""
    from matplotlib.artist import getp
    from matplotlib.colors import to_hex, to_rgba_array

    for name in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
        if not (hasattr(artist, f"get_{name}") and hasattr(artist, f"set_{name}")):
            continue
        colours = to_rgba_array(getp(artist, name))
        changed = [(*to_rgba_array(MIDDLE.get(to_hex(c), c))[0][:3], c[3]) for c in colours]
        if changed:
            artist.set(**{name: changed[0] if len(changed) == 1 else changed})
