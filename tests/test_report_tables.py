"""tables.xlsx: cover, tables, data of figures, all typed; no text becomes a formula; same run, same bytes."""

import io
import math
import re
from datetime import datetime
from html import escape
from zipfile import ZipFile

import pytest
from nbformat import v4
from openpyxl import load_workbook

from retorno import report
from retorno.display import FIGURE_MIME, TABLE_MIME
from retorno.findings import Definition

DANGEROUS = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "#N/A", "plain", "a\x07b"]
SHARE = Definition("effect.{o}", "Effect on {o}", "m", "share of customers", "s")
KINDS = ["text", "count", "share", "money", "number", "ratio", "date"]


def table(caption, columns, rows):
    """The record a shown table carries; `columns` maps label to kind."""
    columns = [{"name": label, "label": label, "kind": kind} for label, kind in columns.items()]
    return {"caption": caption, "columns": columns, "rows": rows}


def figure(title, columns, rows):
    """The record a shown figure carries."""
    words = {"title": title, "caption": f"Caption of {title}", "alternative": "a"}
    return words | {"columns": columns, "rows": rows}


def cell(*shown, tags=()):
    """A code cell that showed tables and figures."""
    outputs = []
    for data in shown:
        mime = FIGURE_MIME if "title" in data else TABLE_MIME
        html = f"<figure><figcaption>{escape(data['caption'])}</figcaption></figure>"
        bundle = {"text/plain": "", "text/html": html, mime: data}
        outputs.append(v4.new_output("display_data", data=bundle))
    return v4.new_code_cell("x", outputs=outputs, metadata={"tags": list(tags)})


def write(tmp_path, *cells, findings=(), title="A title", parameters=None, **provenance):
    """The workbook written for `cells` and `findings`, read back."""
    record = {
        "study": "reactivation",
        "run": "default",
        "language": "en",
        "parameters": parameters or {},
        "findings": [finding.record() for finding in findings],
        "provenance": {
            "title": title,
            "made": "2025-03-03T10:22:01+00:00",
            "simulated": True,
            "world": "works",
            "data": [],
            "command": "retorno run reactivation",
            "changed": {},
            "seed": 1,
            "versions": {},
            "key": "k",
        }
        | provenance,
    }
    report.write_report(v4.new_notebook(cells=list(cells)), record, tmp_path)
    return load_workbook(tmp_path / "tables.xlsx")


def column(sheet, letter="A"):
    """What stands in a column, empty cells left out."""
    return [cell.value for cell in sheet[letter] if cell.value is not None]


def row_of(sheet, first):
    """The values of the row that starts with `first`."""
    return next([c.value for c in row] for row in sheet.iter_rows() if row[0].value == first)


def test_tables_then_figures_have_their_sheets_under_their_numbers_in_the_report(tmp_path):
    """Four tables and a figure, one table in a hidden cell and one for data this run lacks: two are left."""
    one, two = (table(name, {"n": "count"}, [[1]]) for name in ("One", "Two"))
    left_out = table("Left out", {"n": "count"}, [[1]])
    cells = [
        cell(two, figure("It rises", ["month", "value"], [[1, 0.5]]), one),
        cell(left_out, tags=["hidden"]),
        cell(left_out, tags=["needs-contacts"]),
    ]
    book = write(tmp_path, *cells)
    assert book.sheetnames == ["Report", "1 Two", "2 One", "Figure 1 data"]
    assert [book[name]["A1"].value for name in book.sheetnames[1:]] == [
        "Table 1",
        "Table 2",
        "Figure 1  It rises",
    ]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for number, name in ((1, "Two"), (2, "One")):
        assert re.search(rf">Table {number}</a> {name} ", page)
        assert book[f"{number} {name}"]["A2"].value == name
    figures = book["Figure 1 data"]
    assert figures["A2"].value == "Caption of It rises"
    assert [[c.value for c in row] for row in figures["A4:B5"]] == [["month", "value"], [1, 0.5]]


def test_sheet_names_are_legal_different_and_cut_between_words_whatever_the_captions(tmp_path):
    """Forbidden signs, a long word, twice the same, a long clause, an apostrophe at the end, nothing at all."""
    captions = [
        "a[b]:c*d?e/f\\g",
        "x" * 40,
        "Same",
        "Same",
        "Return by month since the lapse, long",
        "o'",
        "",
    ]
    book = write(tmp_path, cell(*(table(c, {"n": "count"}, [[1]]) for c in captions)))
    names = book.sheetnames[1:]
    assert names == [
        "1 a b c d e f g",
        "2…",
        "3 Same",
        "4 Same",
        "5 Return by month since the…",
        "6 o",
        "7",
    ]
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)
    assert [book[name]["A2"].value or "" for name in names] == captions


def test_cells_are_typed_with_the_format_of_their_kind(tmp_path):
    """Numbers stay numbers at full precision, ISO text becomes a date, null and NaN an empty cell."""
    row = ["a", 1234, 1 / 3, 2.5, -0.125, 1.25, "2024-02-29"]
    timed = [*row[:-1], "2024-02-29T00:00:00"]
    rows = [row, [None] * 7, timed, [math.nan] * 7]
    shown = table("T", dict(zip("abcdefg", KINDS, strict=True)), rows)
    sheet = write(tmp_path, cell(shown), parameters={"currency": "CHF"})["1 T"]
    values, empty, _, nan = ([c.value for c in row] for row in sheet["A5:G8"])
    assert values == [*row[:-1], datetime(2024, 2, 29)]
    assert empty == nan == [None] * 7
    assert sheet["G7"].value == datetime(2024, 2, 29)
    assert [c.number_format for c in sheet["A5:G5"][0]] == [
        "General",
        "#,##0",
        "0.0%",
        "#,##0.00",
        "#,##0.00",
        "0.00",
        "yyyy-mm-dd",
    ]
    header = sheet["A4:G4"][0]
    assert [c.value for c in header] == ["a", "b", "c", "d (CHF)", "e", "f", "g"]
    assert all(c.font.bold for c in header)
    assert sheet.freeze_panes == "A5"


def test_an_infinite_number_is_a_sign_and_no_error(tmp_path):
    """An interval may have no end; a spreadsheet knows no such number."""
    shown = table("T", {"low": "number", "high": "number"}, [[-math.inf, math.inf]])
    sheet = write(tmp_path, cell(shown))["1 T"]
    assert [c.value for c in sheet["A5:B5"][0]] == ["−∞", "∞"]


def test_a_column_of_several_units_has_a_format_in_each_row(tmp_path):
    """As where outcomes in per cent and in money stand below each other."""
    units = [
        "share of customers",
        "difference in share",
        "EUR per customer",
        "customers",
        "scale points",
    ]
    shown = table("T", {"value": "number"}, [[0.5]] * 5)
    shown["columns"][0]["units"] = units
    sheet = write(tmp_path, cell(shown))["1 T"]
    formats = [sheet.cell(row, 1).number_format for row in range(5, 10)]
    assert formats == ["0.0%", "0.0%", '#,##0.00 "EUR"', "#,##0", "#,##0.00"]


def test_no_text_becomes_a_formula_or_an_error_wherever_it_stands(tmp_path):
    """Caption, header, cells of every kind, figures, and all that the cover says; as text, unchanged.

    The bell, which no workbook can hold, becomes the replacement character.
    """
    shown = [
        table(bad, {bad: "text"} | {f"n{i}": k for i, k in enumerate(KINDS)}, [[bad] * 8])
        for bad in DANGEROUS
    ]
    drawn = [figure(bad, [bad], [[bad]]) for bad in DANGEROUS]
    findings = [SHARE.refuse(bad, o=bad) for bad in DANGEROUS]
    bad = DANGEROUS[0]
    told = {"answer": {"headline": bad, "lede": bad, "cards": []}, "world": bad, "command": bad}
    book = write(tmp_path, cell(*shown, *drawn), findings=findings, title=bad, **told)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells if isinstance(c.value, str)} == {"s"}
    assert {c.data_type for c in cells} <= {"s", "n"}
    tables, figures = book.worksheets[1 : 1 + len(DANGEROUS)], book.worksheets[1 + len(DANGEROUS) :]
    for bad, sheet, of_figure in zip(DANGEROUS, tables, figures, strict=True):
        text = bad.replace("\x07", "\N{REPLACEMENT CHARACTER}").replace("\r", "\n")
        stood = [sheet["A2"].value, sheet["A4"].value, *(c.value for c in sheet[5])]
        stood += [of_figure["A4"].value, of_figure["A5"].value]
        assert [s.replace("\r", "\n") for s in stood] == [text] * 12
        guarded = bad.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert sheet["A5"].quotePrefix == of_figure["A5"].quotePrefix == guarded
    assert column(book.worksheets[0])[:3] == [DANGEROUS[0]] * 3
    assert book.properties.title == DANGEROUS[0]
    with ZipFile(tmp_path / "tables.xlsx") as zipped:
        sheets = [zipped.read(n) for n in zipped.namelist() if n.startswith("xl/worksheets/")]
    assert not any(re.search(rb"<f[ >]", sheet) for sheet in sheets)


def test_the_cover_states_the_answer_the_data_and_the_day(tmp_path):
    answer = {"headline": "They bring more", "lede": "By 23 %.", "cards": []}
    sheet = write(tmp_path, answer=answer).worksheets[0]
    assert column(sheet)[:5] == [
        "A title",
        "They bring more",
        "By 23 %.",
        "Simulated world: works · March 3, 2025",
        "Simulated data: the answers are known and stand beside the estimates. "
        "No customer here is real. Simulated world: works.",
    ]


def test_findings_stand_on_the_cover_with_number_interval_verdict_and_refusals(tmp_path):
    """One stated, one refused, one with a verdict that no card knows; a share is shown as a percentage."""
    stated = SHARE.state(
        0.0123, "Up.", interval=(0.004, 0.0206), level=0.95, n=600, verdict="above", o="visit"
    )
    refused = SHARE.refuse("Not stated: no holdout.", o="spend")
    own = SHARE.state(0.5, "Half.", verdict="sideways", o="own")
    sheet = write(
        tmp_path, findings=[stated, refused, own], references={"effect.visit": 0}
    ).worksheets[0]
    unit = "share of customers"
    assert row_of(sheet, "Effect on visit") == [
        *("Effect on visit", 0.0123, 0.004, 0.0206, 0.95, unit, 600),
        *("▲ above zero", "Up.", "effect.visit"),
    ]
    assert row_of(sheet, "Effect on spend") == [
        *("Effect on spend", None, None, None, None, unit, None),
        *("– not stated", "Not stated: no holdout.", "effect.spend"),
    ]
    assert row_of(sheet, "Effect on own")[7] == "sideways"
    row = next(c.row for c in sheet["A"] if c.value == "Effect on visit")
    assert [sheet.cell(row, n).number_format for n in (2, 3, 4, 5, 7)] == ["0.0%"] * 4 + ["#,##0"]


@pytest.mark.parametrize(
    ("unit", "number_format"),
    [
        ("EUR per customer", "#,##0.00"),
        ("EUR per customer per month", "#,##0.0000"),
        ("difference in share per month", "0.00%"),
        ("months", "#,##0"),
        ("ratio", "#,##0.00"),
    ],
)
def test_a_finding_has_the_number_format_of_its_unit(tmp_path, unit, number_format):
    finding = Definition("a", "Label", "m", unit, "s").state(1.5, "Sentence.")
    sheet = write(tmp_path, findings=[finding]).worksheets[0]
    row = next(c.row for c in sheet["A"] if c.value == "Label")
    assert sheet.cell(row, 2).number_format == number_format


def test_the_cover_lists_every_sheet_with_a_link_that_lands(tmp_path):
    """The address of a link quotes the name of the sheet, and an apostrophe in it twice."""
    shown = cell(table("It's here", {"n": "count"}, [[1]]), figure("It rises", ["n"], [[1]]))
    book = write(tmp_path, shown)
    links = {c.value: c.hyperlink.location for c in book["Report"]["A"] if c.hyperlink}
    assert links == {"1 It's here": "'1 It''s here'!A1", "Figure 1 data": "'Figure 1 data'!A1"}
    assert list(links) == book.sheetnames[1:]
    assert row_of(book["Report"], "1 It's here")[1] == "It's here"
    assert row_of(book["Report"], "Figure 1 data")[1] == "It rises"


def test_the_cover_says_how_to_repeat_the_run(tmp_path):
    """A fact with several values has its name in front of the first; nothing changed is said too."""
    data = {"source": "mine.csv", "rows": 1200, "sha256": "abc"}
    told = {
        "changed": {"level": 0.9, "seed": 2},
        "versions": {"python": "3.12", "numpy": "2.3"},
        "data": [data | {"table": "contacts"}, data | {"table": "survey"}],
    }
    sheet = write(tmp_path, **told).worksheets[0]
    facts = [[a.value or "", b.value] for a, b in sheet.iter_rows(max_col=2) if b.value is not None]
    assert facts[-7:] == [
        ["Command", "retorno run reactivation"],
        ["Changed from default", "level: 0.9"],
        ["", "seed: 2"],
        ["Data", "contacts: mine.csv, 1,200 rows, sha256 abc"],
        ["", "survey: mine.csv, 1,200 rows, sha256 abc"],
        ["Seed", 1],
        ["Software", "python 3.12, numpy 2.3"],
    ]
    assert row_of(write(tmp_path).worksheets[0], "Changed from default")[1] == "Nothing"


def test_long_words_wrap_in_rows_high_enough_and_columns_of_sensible_width(tmp_path):
    """A text of 150 letters in a column for 60 takes three lines, a head of 20 over numbers of 11 takes two."""
    shown = table("T", {"long head of a count": "count", "words": "text"}, [[1, "abcd " * 30]])
    sheet = write(tmp_path, cell(shown))["1 T"]
    assert [sheet.column_dimensions[letter].width for letter in "AB"] == [13, 62]
    assert sheet["B5"].alignment.wrap_text
    line = 1.36 * 11
    heights = [sheet.row_dimensions[row].height for row in (4, 5)]
    assert heights == pytest.approx([2 * line, 3 * line])


def test_row_of_another_length_than_the_columns_fails(tmp_path):
    """A value without a column would vanish or slip: it is an error."""
    with pytest.raises(ValueError, match="zip"):
        write(tmp_path, cell(table("T", {"n": "count"}, [[1, 2]])))


def test_same_run_gives_the_same_bytes_at_any_time(tmp_path):
    """openpyxl and zip write the time of saving in two places; both hold a fixed time."""
    shown = cell(table("T", {"a": "text"}, [["x"]]))
    files = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, shown)
        files.append((tmp_path / name / "tables.xlsx").read_bytes())
    assert files[0] == files[1]
    with ZipFile(io.BytesIO(files[0])) as zipped:
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = zipped.read("docProps/core.xml").decode()
    assert re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core) == ["1980-01-01T00:00:00Z"] * 2
