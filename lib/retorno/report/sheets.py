"""The workbook of tables: a cover with findings and provenance, every table, the data of every figure.

A table keeps the number it has in the report. No text becomes a formula, whatever it starts with, and the
same run gives the same bytes.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

from openpyxl import Workbook
from openpyxl.styles import Alignment

from retorno.display import FIGURE_MIME, TABLE_MIME
from retorno.language import COUNTS, DIFFERENCE, SHARE, say, unit_words
from retorno.report import cells, words
from retorno.report.cards import SIGNS, cards
from retorno.report.grid import (
    BOLD,
    EPOCH,
    LEAD,
    SOFT,
    TITLE,
    clean,
    for_paper,
    grid,
    link,
    paragraph,
    saved,
    widen,
    write,
)

FORMATS = {
    "count": "#,##0",
    "share": "0.0%",
    "money": "#,##0.00",
    "number": "#,##0.00",
    "ratio": "0.00",
    "text": "General",
    "date": "yyyy-mm-dd",
}
LONGEST_NAME = 31  # letters Excel allows the name of a sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table or the data of a figure; `rows` hold pairs of value and number format.

    `about` stands beside the name in the list on the cover, `title` and `caption` above the rows.
    """

    name: str
    about: str
    title: str
    caption: str
    header: list[str]
    rows: list[list[tuple]]


def workbook(notebook, record: dict) -> bytes:
    """Return ``tables.xlsx``: the cover, a sheet for each table of the report, then one for each figure."""
    book = Workbook()
    sheets = _sheets(notebook, record)
    book.properties.creator, book.properties.created = "retorno", EPOCH
    book.properties.title = clean(_title(record))
    book.active.title = say("Report")
    _cover(book.active, record, sheets)
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet)
    return saved(book)


def _title(record: dict) -> str:
    return record["provenance"]["title"] or f"{record['study']} · {record['run']}"


def _sheets(notebook, record: dict) -> list[Sheet]:
    visible = cells.visible(notebook, record["provenance"])
    currency = record["parameters"].get("currency")
    tables = enumerate(_shown(visible, TABLE_MIME), 1)
    figures = enumerate(_shown(visible, FIGURE_MIME), 1)
    return [
        *(_table(number, table, currency) for number, table in tables),
        *(_figure(number, figure) for number, figure in figures),
    ]


def _shown(visible, mime: str) -> list[dict]:
    """Return what the outputs carry under a MIME type, in the order in which the report numbers it."""
    return [
        output["data"][mime]
        for cell in visible
        if cell.cell_type == "code"
        for output in cells.outputs(cell)
        if mime in output.get("data", {})
    ]


def _table(number: int, table: dict, currency: str | None) -> Sheet:
    columns = table["columns"]
    return Sheet(
        name=_name(number, table["caption"]),
        about=table["caption"],
        title=say("Table {n}", n=number),
        caption=table["caption"],
        header=[_head(column, currency) for column in columns],
        rows=[
            [_typed(value, column, row) for value, column in zip(values, columns, strict=True)]
            for row, values in enumerate(table["rows"])
        ],
    )


def _name(number: int, caption: str) -> str:
    """Return a name Excel takes: the number of the table and the first words of its caption.

    Examples
    --------
    >>> _name(4, "Customers by state on May 1, the last day"), _name(5, "Return by month since the lapse")
    ('4 Customers by state on May 1', '5 Return by month since the…')
    """
    clause = re.split(r"[,;:.](?:\s|$)", caption, maxsplit=1)[0]
    legal = re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", clause)
    return shorten(f"{number} {legal}", LONGEST_NAME, placeholder="…").rstrip(" '")


def _head(column: dict, currency: str | None) -> str:
    in_money = column["kind"] == "money" and currency
    return f"{column['label']} ({currency})" if in_money else column["label"]


def _typed(value, column: dict, row: int) -> tuple:
    """Return a value with its number format: that of the column, or of the row's own unit."""
    kind = column["kind"]
    if kind == "date" and isinstance(value, str):
        value = _date(value)
    if "units" in column:
        return value, _of_unit(column["units"][row], named=True)
    return value, FORMATS[kind]


def _date(text: str):
    """Return ISO text, with or without a time, as a date; a text that is none stays text."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return text


def _of_unit(unit: str, *, named: bool = False) -> str:
    """Return the number format of a unit; `named` writes the currency behind the number."""
    first, small = unit.split(" ")[0], "per month" in unit
    if unit in COUNTS:
        return FORMATS["count"]
    if first == SHARE or unit.startswith(DIFFERENCE):
        return "0.00%" if small else FORMATS["share"]
    number = "#,##0.0000" if small else FORMATS["number"]
    return f'{number} "{first}"' if named and re.fullmatch("[A-Z]{3}", first) else number


def _figure(number: int, figure: dict) -> Sheet:
    return Sheet(
        name=say("Figure {n} data", n=number),
        about=figure["title"],
        title=f"{say('Figure {n}', n=number)}  {figure['title']}",
        caption=figure["caption"],
        header=[str(name) for name in figure["columns"]],
        rows=[[(value, _of_value(value)) for value in row] for row in figure["rows"]],
    )


def _of_value(value) -> str:
    return "0.0000" if isinstance(value, float) else FORMATS["text"]


def _fill(page, sheet: Sheet) -> None:
    widen(page, sheet.header, sheet.rows)
    paragraph(page, 1, sheet.title, BOLD)
    paragraph(page, 2, sheet.caption)
    grid(page, 4, sheet.header, sheet.rows)
    page.freeze_panes = "A5"
    page.print_title_rows = "4:4"
    for_paper(page)


def _cover(page, record: dict, sheets: list[Sheet]) -> None:
    provenance, (header, rows) = record["provenance"], _findings(record)
    answer = provenance.get("answer")
    widen(page, header, rows)
    row = paragraph(page, 1, _title(record), TITLE)
    if answer:
        row = paragraph(page, row, answer["headline"], LEAD)
        row = paragraph(page, row, answer["lede"])
    row = paragraph(page, row, f"{words.names(provenance)} · {words.day(provenance['made'])}", SOFT)
    for text in words.origin(provenance):
        row = paragraph(page, row, text, SOFT)
    row = paragraph(page, row + 1, say("Findings"), LEAD)
    row = grid(page, row, header, rows)
    if sheets:
        row = paragraph(page, row + 1, say("Tables and figures"), LEAD)
    for sheet in sheets:
        _line(page, row, sheet.name, sheet.about)
        link(page.cell(row, 1), sheet.name)
        row += 1
    row = paragraph(page, row + 1, say("How to repeat it"), LEAD)
    for name, value in _facts(record):
        _line(page, row, name, value)
        row += 1
    for_paper(page)


def _line(page, row: int, first: str, second) -> None:
    write(page.cell(row, 1), first)
    write(page.cell(row, 2), second)
    page.cell(row, 2).alignment = Alignment("left", indent=1)


def _findings(record: dict) -> tuple[list[str], list[list[tuple]]]:
    """Return head and rows of the findings; a refused one has its sentence and no number."""
    header = [
        say("What"),
        say("Estimate"),
        say("Low"),
        say("High"),
        say("Level"),
        say("Unit"),
        say("Units behind it"),
        say("Verdict"),
        say("Sentence"),
        say("Id"),
    ]
    return header, [_finding(finding, record) for finding in record["findings"]]


def _finding(finding: dict, record: dict) -> list[tuple]:
    number = _of_unit(finding["unit"])
    return [
        (finding["label"], FORMATS["text"]),
        (finding["estimate"], number),
        (finding["ci_low"], number),
        (finding["ci_high"], number),
        (finding["level"], FORMATS["share"]),
        (unit_words(finding["unit"]), FORMATS["text"]),
        (finding["n"], FORMATS["count"]),
        (_verdict(finding, record["provenance"].get("references") or {}), FORMATS["text"]),
        (finding["sentence"], FORMATS["text"]),
        (finding["id"], FORMATS["text"]),
    ]


def _verdict(finding: dict, references: dict) -> str | None:
    """Return sign and words of the card; a study of its own may have a verdict that no card knows."""
    if finding["verdict"] is None or finding["verdict"] not in SIGNS:
        return finding["verdict"]
    (card,) = cards([finding["id"]], [finding], references)
    return f"{card.sign} {card.verdict}"


def _facts(record: dict) -> list[tuple]:
    """Return what is needed to repeat the run, as on the page; a name stands before its first value only."""
    provenance = record["provenance"]
    changed = [words.setting(name, value) for name, value in provenance["changed"].items()]
    software = [f"{name} {version}" for name, version in provenance["versions"].items()]
    facts = {
        say("Command"): [provenance["command"]],
        say("Changed from default"): changed or [say("Nothing")],
        say("Data"): [words.data_line(data) for data in provenance["data"]],
        say("Seed"): [provenance["seed"]],
        say("Software"): [", ".join(software)],
    }
    return [
        ("" if number else name, value)
        for name, values in facts.items()
        for number, value in enumerate(values)
    ]
