"""tables.xlsx: every table is there, typed; no text becomes a formula; the same run gives the same bytes."""

import io
import re
from datetime import datetime
from zipfile import ZipFile

import pytest
from nbformat import v4
from openpyxl import load_workbook

from retorno import report
from retorno.findings import Definition
from retorno.report.cells import TABLE

DANGEROUS = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "#N/A", "plain", "a\x07b"]
SHARE = Definition("effect.{o}", "Effect on {o}", "m", "share of customers", "s")
KINDS = ["text", "count", "share", "money", "number", "ratio", "date"]


def table(caption, columns, rows):
    """The record a shown table carries; `columns` maps label to kind."""
    columns = [{"name": label, "label": label, "kind": kind} for label, kind in columns.items()]
    return {"caption": caption, "columns": columns, "rows": rows}


def cell(*tables, tags=()):
    """A code cell that showed `tables`."""
    outputs = [
        v4.new_output(
            "display_data", data={"text/plain": "", "text/html": "<table></table>", TABLE: t}
        )
        for t in tables
    ]
    return v4.new_code_cell("x", outputs=outputs, metadata={"tags": list(tags)})


def write(tmp_path, *cells, findings=(), title="A title"):
    """The workbook written for `cells` and `findings`, read back."""
    record = {
        "study": "reactivation",
        "run": "default",
        "language": "en",
        "parameters": {},
        "findings": [finding.record() for finding in findings],
        "provenance": {
            "title": title,
            "made": "2025-03-03T10:22:01+00:00",
            "simulated": True,
            "world": "works",
            "data": [],
            "command": "c",
            "changed": {},
            "seed": 1,
            "versions": {},
            "key": "k",
        },
    }
    report.write_report(v4.new_notebook(cells=list(cells)), record, tmp_path)
    return load_workbook(tmp_path / "tables.xlsx")


def test_every_table_of_the_report_has_its_sheet_in_order(tmp_path):
    """Four tables shown, one of them in a hidden cell and one for a table this run lacks: two sheets."""
    one, two = (table(name, {"n": "count"}, [[1]]) for name in ("One", "Two"))
    left_out = table("Left out", {"n": "count"}, [[1]])
    book = write(
        tmp_path,
        cell(two, one),
        cell(left_out, tags=["hidden"]),
        cell(left_out, tags=["needs-contacts"]),
    )
    assert book.sheetnames == ["Findings", "Two", "One"]
    assert [book[name]["A1"].value for name in ("Two", "One")] == ["Two", "One"]


def test_sheet_names_are_legal_and_different_whatever_the_captions(tmp_path):
    """Forbidden signs, 40 characters, twice the same, the name of the first sheet, nothing at all."""
    captions = ["a[b]:c*d?e/f\\g", "x" * 40, "X" * 40, "findings", "'"]
    book = write(tmp_path, cell(*(table(c, {"n": "count"}, [[1]]) for c in captions)))
    names = book.sheetnames
    assert len(names) == 6
    assert len({name.casefold() for name in names}) == 6
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)
    assert names[1:] == ["a b c d e f g", "x" * 31, "X" * 29 + " 2", "findings 2", "Table"]
    assert [book[name]["A1"].value for name in names[1:]] == captions


def test_cells_are_typed_with_the_format_of_their_kind(tmp_path):
    """Numbers stay numbers at full precision, ISO text becomes a date, null an empty cell."""
    row = ["a", 1234, 1 / 3, 2.5, -0.125, 1.25, "2024-02-29"]
    timed = [*row[:-1], "2024-02-29T00:00:00"]
    shown = table("T", dict(zip("abcdefg", KINDS, strict=True)), [row, [None] * 7, timed])
    sheet = write(tmp_path, cell(shown))["T"]
    values, empty = ([c.value for c in sheet[number]] for number in (4, 5))
    assert values == [*row[:-1], datetime(2024, 2, 29)]
    assert empty == [None] * 7
    assert sheet["G6"].value == datetime(2024, 2, 29)
    assert [c.number_format for c in sheet[4]] == [
        "General",
        "#,##0",
        "0.0%",
        "#,##0.00",
        "#,##0.00",
        "0.00",
        "yyyy-mm-dd",
    ]
    assert [c.value for c in sheet[3]] == list("abcdefg")
    assert all(c.font.bold for c in sheet[3])
    assert sheet.freeze_panes == "A4"


def test_no_text_becomes_a_formula_or_an_error_wherever_it_stands(tmp_path):
    """Caption, header, cells of every kind, title, label and sentence of a finding; as text, unchanged.

    The bell, which no workbook can hold, becomes the replacement character.
    """
    shown = [
        table(bad, {bad: "text"} | {f"n{i}": k for i, k in enumerate(KINDS)}, [[bad] * 8])
        for bad in DANGEROUS
    ]
    findings = [SHARE.refuse(bad, o=bad) for bad in DANGEROUS]
    book = write(tmp_path, cell(*shown), findings=findings, title=DANGEROUS[0])
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells if isinstance(c.value, str)} == {"s"}
    assert {c.data_type for c in cells} <= {"s", "n"}
    for bad, sheet in zip(DANGEROUS, book.worksheets[1:], strict=True):
        text = bad.replace("\x07", "\N{REPLACEMENT CHARACTER}").replace("\r", "\n")
        stood = [sheet["A1"].value, sheet["A3"].value, *(c.value for c in sheet[4])]
        assert [s.replace("\r", "\n") for s in stood] == [text] * 10
        assert sheet["A4"].quotePrefix == bad.startswith(("=", "+", "-", "@", "\t", "\r"))
    with ZipFile(tmp_path / "tables.xlsx") as zipped:
        sheets = [zipped.read(n) for n in zipped.namelist() if n.startswith("xl/worksheets/")]
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_findings_stand_first_with_number_interval_and_refusals(tmp_path):
    """One stated, one refused; the stated share is a fraction shown as a percentage."""
    stated = SHARE.state(0.0123, "Up.", interval=(0.004, 0.0206), level=0.95, n=600, o="visit")
    refused = SHARE.refuse("Not stated: no holdout.", o="spend")
    sheet = write(tmp_path, findings=[stated, refused]).worksheets[0]
    assert sheet["A1"].value == "A title"
    assert sheet["A2"].value.startswith("Simulated data")
    assert [c.value for c in sheet[5]] == [
        "effect.visit",
        "Effect on visit",
        0.0123,
        0.004,
        0.0206,
        0.95,
        "share of customers",
        600,
        None,
        "Up.",
    ]
    assert [c.value for c in sheet[6]] == [
        "effect.spend",
        "Effect on spend",
        None,
        None,
        None,
        None,
        "share of customers",
        None,
        "refused",
        "Not stated: no holdout.",
    ]
    assert sheet["C5"].number_format == "0.0%"
    assert sheet.freeze_panes == "A5"


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
