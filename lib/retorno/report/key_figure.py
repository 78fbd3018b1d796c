"""The key figure of a run: taken from its report as a reader sees it, to stand on its card in the index.

Only the text of the page is searched, never parsed: an index of fifty runs stays a matter of a second.
"""

import re
from html import escape

from markupsafe import Markup

FIGURE = re.compile(
    r'<figure id="figure-[^>]*><h3>(?P<title>.*?)</h3>.*?(?P<svg><svg.*?</svg>)', re.DOTALL
)


def key_figure(html: str, leading: str | None, run: str) -> dict | None:
    """Return title and SVG of the figure that leads up to a finding, None where a report has no figure.

    Parameters
    ----------
    html : str
        The report.
    leading : str or None
        Id of the finding that answers the question: the last figure before it is taken, else the first one.
    run : str
        ``study/run``, from which the SVG gets ids that no other run's has.
    """
    figures = list(FIGURE.finditer(html))
    stated = html.find(f'<dt id="{escape(leading or "")}"')
    before = [figure for figure in figures if figure.start() < stated]
    chosen = (before[-1:] or figures[:1] or [None])[0]
    return chosen and {"title": Markup(chosen["title"]), "svg": _own_ids(chosen["svg"], run)}


def _own_ids(svg: str, run: str) -> Markup:
    own = re.sub(r"\W", lambda letter: f"-{ord(letter[0])}-", run)

    def renamed(tag: re.Match) -> str:
        return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{own}-", tag[0])

    return Markup(re.sub(r"<[^<>]*>", renamed, svg))
