"""Text cells as HTML: nbconvert's own Markdown, with formulas as MathML and headings one can link to."""

import re
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from retorno.language import say

RESERVED = frozenset(
    {"main", "code", "theme", "made", "contents", "key", "question", "estimated", "repeat"}
)


class PageRenderer(IPythonRenderer):
    """Renders the text cells of one page, one after the other, and remembers their headings.

    Attributes
    ----------
    title : Markup or None
        The first heading of level 1, which is taken out of the text.
    headings : list of (str, str)
        Id and plain text of each heading of level 2.
    """

    def __init__(self, taken: set[str]):
        """`taken` are ids that stand elsewhere in the page."""
        super().__init__(escape=False, exclude_anchor_links=True)
        self.title: Markup | None = None
        self.headings: list[tuple[str, str]] = []
        self._ids = RESERVED | taken

    def write_cell(self, cell) -> Markup:
        """Return a Markdown cell as HTML."""
        self.attachments = cell.get("attachments", {})
        return self.write_text(cell.source)

    def write_text(self, source: str) -> Markup:
        """Return Markdown as HTML."""
        return Markup(MarkdownWithMath(renderer=self).render(source))

    def heading(self, text: str, level: int, **attrs) -> str:
        """Give a heading its id; the first of level 1 becomes the title of the page."""
        if level == 1 and self.title is None:
            self.title = Markup(text)
            return ""
        anchor = self._anchor(text)
        if level == 2:
            self.headings.append((anchor, Markup(text).striptags()))
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def table(self, text: str) -> str:
        """Return a table in a box of its own, which can be scrolled by keyboard."""
        told = escape(say("Table, scrolls sideways on a narrow screen"))
        return (
            f'<div class="tablewrap words" tabindex="0" role="group" aria-label="{told}">'
            f"<table>\n{text}</table></div>\n"
        )

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Show a picture that is attached to the cell: a page that asks for no file can hold no other."""
        html = super().image(text, url, title)
        if 'src="data:' not in html:
            raise ValueError(
                say(
                    "A text cell shows the picture {url}, which is not in the notebook: attach it "
                    "to the cell.",
                    url=url,
                )
            )
        return html

    def inline_math(self, body: str) -> str:
        """Return a formula in a line of text."""
        return mathml(body)

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own, which scrolls when it is wider than the page."""
        return f'<span class="formula" tabindex="0">{mathml(body, display="block")}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        """Return an environment such as ``align*`` as a formula on a line of its own."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def _anchor(self, text: str) -> str:
        stem = re.sub(r"\W+", "-", Markup(text).striptags().lower()).strip("-") or "section"
        anchor, count = stem, 1
        while anchor in self._ids:
            count += 1
            anchor = f"{stem}-{count}"
        self._ids = self._ids | {anchor}
        return anchor


def mathml(latex: str, display: str = "inline") -> str:
    r"""Return a formula as MathML; ValueError when any part of it was not understood.

    latex2mathml hands unknown commands through as text and knows ``align*`` but not ``aligned``, which
    means the same on a line of its own.

    Examples
    --------
    >>> mathml("x^2").split('inline">')[1]
    '<mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    """
    try:
        markup = convert(latex.replace("{aligned}", "{align*}").strip(), display=display)
        understood = "\\" not in "".join(ElementTree.fromstring(markup).itertext())
    except Exception as error:  # the converter's errors share no base of their own
        raise _not_understood(latex) from error
    if not understood:
        raise _not_understood(latex)
    return markup


def _not_understood(latex: str) -> ValueError:
    return ValueError(say("The formula {latex} cannot be shown as MathML.", latex=latex.strip()))
