"""How results show themselves in a notebook: a figure or a table with its words, and its data beside it.

``figure(draw, result)`` calls a function of `retorno.figures` and puts the result's own title, caption and
alternative text around it; ``table(result)`` formats the result's frame in the language spoken. Both carry
their data in the cell's output, from which the report makes downloads and the workbook of tables.
"""

import re
from collections.abc import Callable
from html import escape
from zlib import crc32

from retorno import language

FIGURE_MIME = "application/vnd.retorno.figure+json"
TABLE_MIME = "application/vnd.retorno.table+json"


class Shown:
    """Something ready to be shown: a bundle of MIME type to content."""

    def __init__(self, bundle: dict):
        self.bundle = bundle

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.bundle


def figure(draw: Callable, result) -> Shown:
    """Draw `result` with `draw` and show it with the words the result computes.

    Parameters
    ----------
    draw : callable
        Takes (result, ax) and returns the Axes.
    result : object
        Has ``title()``, ``caption()``, ``alternative()`` and ``to_frame()``.
    """
    from retorno.figures import theme

    words = {name: getattr(result, name)() for name in ("title", "caption", "alternative")}
    anchor = _anchor(f"figure-{draw.__name__}", result, "".join(words.values()))
    svg = _inline(theme.svg(draw, result), anchor, words["alternative"])
    frame = result.to_frame()
    html = (
        f'<figure id="{anchor}"><h3>{escape(words["title"])}</h3>'
        f'<div class="plot" tabindex="0" role="group" aria-label="{escape(words["title"])}">{svg}</div>'
        f"<figcaption>{escape(words['caption'])}</figcaption></figure>"
    )
    data = {"columns": list(frame.columns), "rows": _plain(frame)}
    return Shown({"text/html": html, "text/plain": words["caption"], FIGURE_MIME: words | data})


def _anchor(kind: str, result, words: str) -> str:
    """Return an id that no other result of the page has: two may say the same, but not in the same class."""
    return f"{kind}-{type(result).__name__.lower()}-{crc32(words.encode()):08x}"


def _inline(svg: str, anchor: str, alternative: str) -> str:
    """Return the SVG element for use inside a page: ids of its own, an accessible name, no preamble."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{anchor}-', svg)
    svg = re.sub(r"url\(#", f"url(#{anchor}-", svg)
    svg = re.sub(r'href="#', f'href="#{anchor}-', svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(alternative)}"', 1)


def table(result) -> Shown:
    """Show the frame of `result` as a table in the language spoken.

    Parameters
    ----------
    result : object
        Has ``to_frame()``, ``columns()`` -> {column: (label, kind)} in the order shown, and
        ``table_caption()``. Kinds: text, count, number, ratio, share, date, ``money:CUR``, and
        ``unit:COLUMN`` for numbers whose unit stands in another column of the frame.
    """
    frame, columns, caption = result.to_frame(), result.columns(), result.table_caption()
    shown, rows = frame[list(columns)].astype(object), frame.to_dict("records")
    for name, (_, kind) in columns.items():
        shown[name] = [
            _cell(value, kind, row) for value, row in zip(frame[name], rows, strict=True)
        ]
    labels = [escape(label) for label, _ in columns.values()]
    shown = shown.set_axis(labels, axis="columns").set_index(labels[0])
    # The head of the first column stands in the row of the others, not in one of its own.
    styled = shown.rename_axis(index=None, columns=labels[0]).style.format(escape="html")
    styled = styled.format_index(escape="html")
    anchor = _anchor("table", result, caption)
    words = [i for i, (_, kind) in enumerate(list(columns.values())[1:]) if kind == "text"]
    styled = styled.set_table_styles(
        [{"selector": f".col{i}", "props": "text-align:left"} for i in words]
    )
    html = styled.set_caption(escape(caption)).set_uuid(anchor).to_html(sparse_index=False)
    record = {
        "caption": caption,
        "columns": [
            {
                "name": name,
                "label": label,
                "kind": "number" if kind.startswith("unit:") else kind.split(":")[0],
            }
            for name, (label, kind) in columns.items()
        ],
        "rows": _plain(frame[list(columns)]),
    }
    html = f'<div class="tablewrap" tabindex="0" role="group" aria-label="{escape(caption)}">{html}</div>'
    return Shown(
        {
            "text/html": html,
            "text/plain": f"{caption}\n{shown.to_string()}",
            TABLE_MIME: record,
        }
    )


def _cell(value, kind: str, row: dict) -> str:
    import pandas as pd

    if pd.isna(value):
        return "–"
    if kind.startswith("unit:"):
        return language.quantity(value, row[kind.removeprefix("unit:")])
    if kind.startswith("money:"):
        return language.money(value, kind.removeprefix("money:"))
    formats = {
        "count": language.integer,
        "number": language.number,
        "ratio": language.number,
        "share": language.percent,
        "date": language.date,
        "text": str,
    }
    return formats[kind](value)


def _plain(frame) -> list[list]:
    """Return the rows as plain JSON values, missing ones as None."""
    import pandas as pd

    def plain(value):
        if pd.isna(value):
            return None
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return value.item() if hasattr(value, "item") else value

    return [[plain(value) for value in row] for row in frame.itertuples(index=False, name=None)]
