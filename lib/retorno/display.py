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
        Has ``title()``, ``caption()``, ``alternative()`` and ``to_frame()``; ``subtitle()``, what is
        drawn and in which unit, may be missing.
    """
    from retorno.figures import theme

    words = {name: getattr(result, name)() for name in ("title", "caption", "alternative")}
    if hasattr(result, "subtitle"):
        words["subtitle"] = result.subtitle()
    anchor = _anchor(f"figure-{draw.__name__}", result, "".join(words.values()))
    svg = _inline(theme.svg(draw, result), anchor, words["alternative"])
    frame = result.to_frame()
    html = (
        f'<figure id="{anchor}"><h3>{escape(words["title"])}</h3>{_paragraph(words.get("subtitle"))}'
        f'<div class="plot" tabindex="0" role="group" aria-label="{escape(words["title"])}">{svg}</div>'
        f"<figcaption>{escape(words['caption'])}</figcaption></figure>"
    )
    data = {"columns": list(frame.columns), "rows": _plain(frame)}
    return Shown({"text/html": html, "text/plain": words["caption"], FIGURE_MIME: words | data})


def _paragraph(subtitle: str | None) -> str:
    return f'<p class="sub">{escape(subtitle)}</p>' if subtitle else ""


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
    rows = [
        [_cell(row[name], kind, row) for name, (_, kind) in columns.items()]
        for row in frame.to_dict("records")
    ]
    record = {
        "caption": caption,
        "columns": [
            {
                "name": name,
                "label": label,
                "kind": "number" if kind.startswith("unit:") else kind.split(":")[0],
                **_units(frame, kind),
            }
            for name, (label, kind) in columns.items()
        ],
        "rows": _plain(frame[list(columns)]),
    }
    return Shown(
        {
            "text/html": _table_html(_anchor("table", result, caption), record, rows),
            "text/plain": f"{caption}\n{_table_text(record, rows)}",
            TABLE_MIME: record,
        }
    )


def _table_html(anchor: str, record: dict, rows: list[list[str]]) -> str:
    """Return the table with its caption above; columns of words stand to the left, the first heads its row."""
    styles = [' style="text-align:left"' if c["kind"] == "text" else "" for c in record["columns"]]
    head = "".join(
        f'<th scope="col"{style}>{escape(column["label"])}</th>'
        for style, column in zip(styles, record["columns"], strict=True)
    )
    body = "\n".join(
        f'<tr><th scope="row"{styles[0]}>{escape(first)}</th>'
        + "".join(
            f"<td{style}>{escape(cell)}</td>"
            for style, cell in zip(styles[1:], others, strict=True)
        )
        + "</tr>"
        for first, *others in rows
    )
    caption = escape(record["caption"])
    return (
        f'<figure id="{anchor}" class="table"><figcaption>{caption}</figcaption>'
        f'<div class="tablewrap" tabindex="0" role="group" aria-label="{caption}">'
        f'<table aria-label="{caption}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div></figure>"
    )


def _table_text(record: dict, rows: list[list[str]]) -> str:
    import pandas as pd

    labels = [column["label"] for column in record["columns"]]
    return pd.DataFrame(rows, columns=labels).to_string(index=False)


def _units(frame, kind: str) -> dict:
    """Return the unit of each row, where they stand in another column."""
    return {"units": list(frame[kind.removeprefix("unit:")])} if kind.startswith("unit:") else {}


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
