"""Figures and tables of a page: each gets its number, a place to link to, and its data to download."""

import csv
import io
from urllib.parse import quote

from markupsafe import Markup

from retorno.display import FIGURE_MIME, TABLE_MIME
from retorno.language import say


class Numbering:
    """Numbers what one page shows, in the order in which `write` is asked."""

    def __init__(self):
        self._counts = {FIGURE_MIME: 0, TABLE_MIME: 0}

    def write(self, output) -> Markup:
        """Return the HTML of an output; a figure or a table with its number and its download."""
        html = output["data"]["text/html"]
        mime = next((mime for mime in self._counts if mime in output["data"]), None)
        if mime is None:
            return Markup(html)
        self._counts[mime] += 1
        count, data = self._counts[mime], output["data"][mime]
        kind, title = {
            FIGURE_MIME: ("figure", say("Figure {n}", n=count)),
            TABLE_MIME: ("table", say("Table {n}", n=count)),
        }[mime]
        anchor = f"{kind}-{count}"
        number = Markup('<a class="number" href="#{}">{}</a> ').format(anchor, title)
        html = html.replace("<figcaption>", f"<figcaption>{number}", 1)
        html = html.replace("</figcaption>", f" {download(anchor, data)}</figcaption>", 1)
        return Markup(f'<div id="{anchor}">{html}</div>')


def download(name: str, data: dict) -> Markup:
    """Return a link that holds the rows of `data` as CSV, in the address itself: the page asks for nothing."""
    return Markup(
        '<a class="data" download="{}.csv" href="data:text/csv;charset=utf-8,{}">{}</a>'
    ).format(name, quote(written(data), safe=",.:;-"), say("Data (CSV)"))


def written(data: dict) -> str:
    """Return ``{columns, rows}`` as CSV with full precision; missing values are empty.

    Text that a spreadsheet would take for a formula starts with an apostrophe.

    Examples
    --------
    >>> written({"columns": ["arm", "n"], "rows": [["=1+1", -2.5]]})
    "arm,n\\r\\n'=1+1,-2.5\\r\\n"
    """
    text = io.StringIO()
    writer = csv.writer(text)
    names = [column["name"] if isinstance(column, dict) else column for column in data["columns"]]
    for row in [names, *data["rows"]]:
        writer.writerow([_harmless(value) for value in row])
    return text.getvalue()


def _harmless(value):
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value
