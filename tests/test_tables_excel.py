"""Excel workbooks: the values a researcher sees in the sheet, or a message."""

import datetime
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import is_name

from retorno.errors import TableError
from retorno.tables.engine import connect
from retorno.tables.formats import Format
from retorno.tables.load import load, understand
from retorno.tables.sources import opened
from retorno.tables.sources.number_formats import currency

NAMES = ["customer_id", "date", "amount"]
DAY = datetime.datetime(2024, 1, 31)
SALES = [NAMES, ["A1", DAY, 12.5], ["A2", DAY, 20.0]]
SOLD = [dict(zip(NAMES, [row[0], DAY.date(), row[2]], strict=True)) for row in SALES[1:]]


def saved(folder, sheets, *, change=None):
    """Write a workbook, title of a sheet -> its rows; `change` does more to it before it is saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    path = folder / "sales.xlsx"
    book.save(path)
    return path


def replaced(path, part, old, new):
    """Change the bytes `old` in a part of the workbook, as another program might have written them."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


def formatted(cells):
    """Return what gives cells a number format: "A2" -> format."""

    def change(book):
        for cell, number_format in cells.items():
            book.worksheets[0][cell].number_format = number_format

    return change


def rows(loaded):
    return loaded.frame.to_pyarrow().to_pylist()


def told(loaded):
    return {fact.what: fact.how for fact in loaded.facts}


def refused(path, **options):
    """Return the message with which a table of transactions is refused."""
    with pytest.raises(TableError) as caught:
        load("transactions", path, **options)
    message = str(caught.value)
    assert message.startswith("transactions (sales.xlsx): ")
    assert str(path.parent) not in message
    return message


letters = st.characters(categories=["L", "N", "P", "S", "Zs"])
ids = st.text(letters, min_size=1, max_size=12).filter(is_name)
days = st.dates(datetime.date(1900, 3, 1), datetime.date(2024, 12, 31))
money = st.integers(-(10**14), 10**14).map(lambda cents: cents / 100)  # openpyxl writes 16 digits


@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(st.tuples(ids, days, money, st.none() | ids), min_size=1, max_size=8),
    above=st.integers(0, 3),
    gap=st.booleans(),
)
def test_a_sheet_written_and_read_back_is_equal(lines, above, gap):
    """Texts, dates and amounts of up to 15 digits are stored as they are and must come back so."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/lines.xlsx"
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.cell(above + 1, 1)
        for place, name in enumerate([*NAMES, "channel"], start=1):
            sheet.cell(above + 1, place, name)
        for row, line in enumerate(lines, start=above + 2 + gap):
            for place, value in enumerate(line, start=1):
                cell = sheet.cell(row, place, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # "=1" is an id here and no formula
        book.save(path)
        read = [tuple(row.values()) for row in rows(load("transactions", path))]
    assert read == lines


def test_the_only_sheet_with_the_names_is_read_and_the_others_are_told(tmp_path):
    """'Notas' has none of the names of a table of transactions, so 'Ventas' is meant."""
    path = saved(tmp_path, {"Notas": [["Hecho en mayo"]], "Ventas": SALES, "Vacía": []})
    found = load("transactions", path)
    assert [row["amount"] for row in rows(found)] == [12.5, 20.0]
    assert told(found)["Sheet"] == "'Ventas'"
    assert told(found)["Sheets not read"] == "'Notas'"


def test_two_sheets_with_the_names_are_a_question_that_a_setting_answers(tmp_path):
    """Either could be meant and they hold different amounts."""
    other = [NAMES, ["A1", DAY, 99.0]]
    path = saved(tmp_path, {"2023": other, "2024": SALES})
    message = refused(path)
    assert "several sheets could be the one to read: '2023', '2024'" in message
    assert "formats: {transactions: {sheet: '2023'}}" in message
    found = load("transactions", path, formats={"sheet": "2023"})
    assert [row["amount"] for row in rows(found)] == [99.0]


def test_a_sheet_that_is_not_there_is_answered_with_those_there_are(tmp_path):
    message = refused(saved(tmp_path, {"Ventas": SALES}), formats={"sheet": "Venta"})
    assert "no sheet 'Venta'; there are 'Ventas'. Did you mean 'Ventas'?" in message


def test_titles_empty_rows_and_empty_columns_do_not_shift_the_numbers_of_rows(tmp_path):
    """The names stand in sheet row 3, rows 4 and 6 are empty, so the bad amount is in row 7."""
    rows = [
        ["Sales 2024"],
        [],
        [None, *NAMES],
        [],
        [None, "A1", DAY, 1],
        [],
        [None, "A2", DAY, "x"],
    ]
    message = refused(saved(tmp_path, {"Sales": rows}))
    assert "column 'amount' is no finite number in 1 row (row 7 'x')" in message


def test_the_row_of_the_names_can_be_told(tmp_path):
    """Two rows could hold the names; that told is read, and data begin below it."""
    path = saved(tmp_path, {"Sales": [NAMES, ["old", DAY, 5.0], NAMES, ["A1", DAY, 6.0]]})
    found = load("transactions", path, formats={"header": 3})
    assert [row["customer_id"] for row in rows(found)] == ["A1"]
    assert told(found)["Names in row"] == "3"
    assert "the header is to be row 9, but the sheet ends above it" in refused(
        path, formats={"header": 9}
    )


def test_names_broken_over_lines_are_read_as_one_line(tmp_path):
    """A name with Alt+Enter in it is written on one line in a parameter file."""
    path = saved(
        tmp_path, {"Sales": [["customer_id", "date", "Importe\n (EUR)"], ["A1", DAY, 3.0]]}
    )
    assert rows(load("transactions", path, columns={"amount": "Importe (EUR)"}))[0]["amount"] == 3.0


def test_a_sheet_without_the_names_is_told_with_those_it_has(tmp_path):
    """The only sheet is meant, whatever it holds; data without names above them are no table."""
    message = refused(saved(tmp_path, {"Sales": [["Kunde", "Tag"], ["A1", DAY]]}))
    assert "The file has 'Kunde', 'Tag'" in message
    message = refused(saved(tmp_path, {"Sales": SALES[1:]}))
    assert "there is no row with the names of the columns: row 1" in message


def test_the_names_may_stand_far_down(tmp_path):
    """Sixty empty rows, as under a logo, are no reason to look no further."""
    path = saved(tmp_path, {"Sales": [*([[]] * 60), *SALES]})
    assert rows(load("transactions", path)) == SOLD


def test_ids_are_the_same_as_in_a_text_file(tmp_path):
    """17850.0 is the customer 17850; text keeps its zeros; a number shown as 00042 is the id 00042."""
    ids = [17850.0, 17851, "00123", 42]
    path = saved(
        tmp_path,
        {"Sales": [NAMES, *([each, DAY, 1.0] for each in ids)]},
        change=formatted({"A5": "00000"}),
    )
    replaced(path, "xl/worksheets/sheet1.xml", b"<v>17850</v>", b"<v>17850.0</v>")
    found = load("transactions", path)
    assert [row["customer_id"] for row in rows(found)] == ["17850", "17851", "00123", "00042"]
    assert told(found)["Shown with zeros in front"].startswith(
        "column 'customer_id': 1 of 3 numbers"
    )


def test_whole_numbers_beyond_a_float_stay_apart(tmp_path):
    """2**53 and 2**53 + 1 are one float but two customers; that Excel keeps 15 digits is told."""
    path = saved(tmp_path, {"Sales": [NAMES, [1, DAY, 1.0], [2, DAY, 1.0]]})
    for short, long in ((b"1", b"9007199254740992"), (b"2", b"9007199254740993")):
        cell = b'<c r="A%d" t="n"><v>%s</v>'
        row = int(short) + 1
        replaced(path, "xl/worksheets/sheet1.xml", cell % (row, short), cell % (row, long))
    found = load("transactions", path)
    assert [row["customer_id"] for row in rows(found)] == ["9007199254740992", "9007199254740993"]
    assert "2 of 2 numbers" in told(found)["Numbers beyond the 15 digits Excel keeps"]


def test_numbers_beside_numbers_kept_as_text_keep_their_value(tmp_path):
    """1.234 is a number with a point whatever mark the text beside it has; '7' is the number 7."""
    path = saved(tmp_path, {"Sales": [NAMES, ["A1", DAY, 1.234], ["A2", DAY, "7"]]})
    assert [row["amount"] for row in rows(load("transactions", path))] == [1.234, 7.0]


def test_other_values_in_a_column_of_text_are_written_as_in_a_text_file(tmp_path):
    """A date as ISO without the midnight that Excel adds, a number without a point it does not need."""
    channels = ["web", DAY, 2.0, 2.5, True]
    lines = [[*NAMES, "channel"], *(["A1", DAY, 1.0, channel] for channel in channels)]
    read = [row["channel"] for row in rows(load("transactions", saved(tmp_path, {"S": lines})))]
    assert read == ["web", "2024-01-31", "2", "2.5", "true"]


def test_dates_beside_dates_as_text_are_read_as_one_column(tmp_path):
    """A true date has no order of day and month: 3 February whatever is written beside it."""
    third = datetime.datetime(2024, 2, 3, 10, 30)
    path = saved(tmp_path, {"Sales": [NAMES, ["A1", third, 1.0], ["A2", "2024-02-04", 1.0]]})
    read = [row["date"] for row in rows(load("transactions", path))]
    assert read == [datetime.date(2024, 2, 3), datetime.date(2024, 2, 4)]


def test_a_workbook_that_counts_days_from_1904_gives_the_same_dates(tmp_path):
    """The day is the same in both calendars; only the stored number differs by 1,462."""

    def from_1904(book):
        book.epoch = openpyxl.utils.datetime.MAC_EPOCH

    path = saved(tmp_path, {"Sales": SALES}, change=from_1904)
    assert rows(load("transactions", path))[0]["date"] == datetime.date(2024, 1, 31)


def test_percentages_are_fractions_and_currencies_are_told(tmp_path):
    """0.25 shown as 25% is 0.25; 12.5 shown as 12,50 € is 12.5."""
    path = saved(
        tmp_path,
        {"Sales": [[*NAMES, "margin"], ["A1", DAY, 12.5, 0.25], ["A2", DAY, 20.0, 3.0]]},
        change=formatted({"C2": "#,##0.00 [$€-C0A]", "D2": "0.0%"}),
    )
    found = load("transactions", path)
    assert [(row["amount"], row["margin"]) for row in rows(found)] == [(12.5, 0.25), (20.0, 3.0)]
    assert told(found)["Currency"] == "€ in column 'amount': 1 of 2 numbers"
    assert told(found)["Shown as per cent"].startswith("column 'margin': 1 of 2 numbers;")


@pytest.mark.parametrize(
    ("number_format", "sign"),
    [
        ('_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "€"),
        ("#,##0.00\\ _€", None),
        ('"R$" #,##0.00', "R$"),
        ("[$-C0A]d mmm yyyy", None),
        ("[$USD] #,##0.00", "USD"),
        ('#,##0.00 "EUR"', "EUR"),
        ('0 "kg"', None),
        ("[Red]£#,##0", "£"),
        ("General", None),
    ],
)
def test_the_currency_of_a_number_format(number_format, sign):
    """As Excel shows it: `_€` is only a space as wide as a euro sign, `[$-C0A]` names a language."""
    assert currency(number_format) == sign


def test_errors_of_excel_are_no_numbers_and_are_told(tmp_path):
    """#N/A is the outcome of a failed look-up: never 0, never empty."""
    path = saved(tmp_path, {"Sales": [*SALES, ["A3", DAY, "#N/A"]]})
    found = understand("transactions", path)
    (problem,) = found.problems
    assert "column 'amount' is no finite number in 1 row (row 4 '#N/A')" in problem
    assert told(found)["Errors of Excel"] == "column 'amount': 1 cell is #N/A"


def test_a_date_beyond_the_calendar_is_a_bad_cell(tmp_path):
    """Day 99,999,999 lies after the year 9999: openpyxl makes it the error #VALUE!."""
    path = saved(
        tmp_path,
        {"Sales": [*SALES, ["A3", 99_999_999, 1.0]]},
        change=formatted({"B4": "yyyy-mm-dd"}),
    )
    assert "column 'date' is no date in 1 row (row 4 '#VALUE!')" in refused(path)


def test_formulas_that_nobody_computed_are_refused_with_their_rows(tmp_path):
    """openpyxl stores no results, as other programs that only write: the cells would look empty."""
    path = saved(tmp_path, {"Sales": [*SALES, ["A3", DAY, "=C2*2"], ["A4", DAY, "=C3*2"]]})
    message = refused(path)
    assert "column 'amount' has formulas in rows 4, 5 without a result" in message
    assert "Open the file in Excel or LibreOffice and save it" in message


def test_formulas_with_results_are_their_results(tmp_path):
    """Excel stores 25 beside =C2*2, and an empty text beside ="" in a column that may be empty."""
    path = saved(tmp_path, {"Sales": [[*NAMES, "channel"], ["A1", DAY, "=12.5*2", '=""']]})
    sheet = "xl/worksheets/sheet1.xml"
    replaced(path, sheet, b"<f>12.5*2</f><v />", b"<f>12.5*2</f><v>25</v>")
    replaced(path, sheet, b'<c r="D2"><f>""</f><v />', b'<c r="D2" t="str"><f>""</f><v></v>')
    assert [row["amount"] for row in rows(load("transactions", path))] == [25.0]


def test_only_the_formulas_without_a_result_are_named(tmp_path):
    """Row 3 has its result, 25; row 2 has none."""
    path = saved(tmp_path, {"Sales": [NAMES, ["A1", DAY, "=1+1"], ["A2", DAY, "=12.5*2"]]})
    replaced(
        path,
        "xl/worksheets/sheet1.xml",
        b"<f>12.5*2</f><v />",
        b"<f>12.5*2</f><v>25</v>",
    )
    assert "column 'amount' has a formula in row 2 without a result" in refused(path)


def test_what_is_given_on_of_the_cells(tmp_path):
    """A column of one kind keeps its type. In one of text it is told which cells are numbers, for which no
    mark is to be looked for, and from which day dates kept as numbers count.
    """
    lines = [
        [*NAMES, "margin", "channel"],
        ["A1", DAY, 1.5, 1.5, True],
        ["A2", DAY, " ", "2,5", False],
    ]
    path = saved(tmp_path, {"S": lines}, change=formatted({"C2": "#,##0 €", "D2": "[$USD] 0"}))
    names = [*NAMES, "margin", "channel"]
    with opened("transactions", path, connect(), Format(), names) as given:
        kinds = [given.cells[f"c{place}"].type() for place in range(5)]
        assert [str(kind) for kind in kinds] == [
            *("string", "timestamp(6)", "float64", "string", "boolean")
        ]
        assert given.native == {"c3": "number:c3"}
        assert given.cells["number:c3"].to_pyarrow().to_pylist() == [True, False]
        assert given.epoch == datetime.date(1899, 12, 30)
        assert given.currencies == ("€", "USD")


def test_formulas_in_columns_nobody_uses_do_no_harm(tmp_path):
    """Transactions keep no other columns, so 'nota' plays no role."""
    path = saved(tmp_path, {"Sales": [[*NAMES, "nota"], ["A1", DAY, 12.5, "=C2*2"]]})
    assert len(rows(load("transactions", path))) == 1


def test_hidden_rows_are_read_and_counted(tmp_path):
    """A filter hides row 3; its 20.00 were earned all the same."""

    def hide(book):
        book.worksheets[0].row_dimensions[3].hidden = True

    found = load("transactions", saved(tmp_path, {"Sales": SALES}, change=hide))
    assert [row["amount"] for row in rows(found)] == [12.5, 20.0]
    assert told(found)["Hidden rows"] == "1 of 2; they are read like the others"


def test_a_wrong_size_in_the_file_hides_no_cell(tmp_path):
    """A program that states the size A1:B2 for three columns and rows; all of them are there."""
    path = saved(tmp_path, {"Sales": SALES})
    replaced(path, "xl/worksheets/sheet1.xml", b'ref="A1:C3"', b'ref="A1:B2"')
    assert [row["amount"] for row in rows(load("transactions", path))] == [12.5, 20.0]


def test_values_without_a_name_stop_only_tables_that_keep_other_columns(tmp_path):
    """Contacts keep every column, so C must get a name; B has neither name nor value and needs none."""
    lines = [["arm", None, None], ["holdout", None, 3.0], ["mail", None, 4.0]]
    with pytest.raises(
        TableError, match="column C has values but no name in row 1; the first is '3'"
    ):
        load("contacts", saved(tmp_path, {"Contacts": lines}))
    lines[0][2] = "spent"
    assert list(rows(load("contacts", saved(tmp_path, {"Contacts": lines})))[0]) == ["arm", "spent"]
    assert len(rows(load("transactions", saved(tmp_path, {"S": [*SALES, ["A3", DAY, 1, 9]]})))) == 3


def test_cells_with_a_format_and_no_value_are_nothing(tmp_path):
    """A colour far to the right and below adds neither columns nor rows."""
    path = saved(tmp_path, {"Sales": SALES}, change=formatted({"AX2": "0.00", "B50": "0.00"}))
    assert rows(load("transactions", path)) == SOLD


def test_a_row_of_blanks_is_an_empty_row(tmp_path):
    """A space typed in by mistake can be seen by nobody."""
    assert rows(load("transactions", saved(tmp_path, {"S": [*SALES, [" ", None, "  "]]}))) == SOLD


def test_true_and_false_are_flags(tmp_path):
    """A box that is ticked is yes, and TRUE in a column with text is read like the text."""
    lines = [["customer_id", "joined_on", "referred"], ["A1", DAY, True], ["A2", DAY, False]]
    found = load("customers", saved(tmp_path, {"Customers": lines}))
    assert [row["referred"] for row in rows(found)] == [True, False]
    mixed = load("customers", saved(tmp_path, {"Customers": [*lines, ["A3", DAY, "yes"]]}))
    assert [row["referred"] for row in rows(mixed)] == [True, False, True]


def test_the_header_rows_of_qualtrics_are_no_data(tmp_path):
    """Row 2 asks the question, row 3 holds Qualtrics' own ids; the answers begin in row 4."""
    names = ["respondent_id", "group", "satisfaction"]
    asked = ["Response ID", "Group", "How satisfied are you?"]
    ids = ['{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2"}']
    answers = [["R_1", "failure", 3.0], ["R_2", "recovered", 6.0]]
    found = load("survey", saved(tmp_path, {"Sheet0": [names, asked, ids, *answers]}))
    assert told(found)["Header rows"] == "3"
    assert [row["satisfaction"] for row in rows(found)] == [3.0, 6.0]
    assert found.kinds["satisfaction"] == "number"


def test_test_answers_of_qualtrics_are_bad_rows(tmp_path):
    """Row 4 is the researcher's own preview of the questionnaire."""
    names = ["respondent_id", "group", "satisfaction", "Status"]
    ids = ['{"ImportId":"QID1"}'] * 3 + ['{"ImportId":"status"}']
    answers = [["R_1", "failure", 3, "Survey Preview"], ["R_2", "failure", 3, "IP Address"]]
    path = saved(tmp_path, {"Sheet0": [names, names, ids, *answers]})
    (problem,) = understand("survey", path).problems
    assert "in 1 row (row 4)" in problem


def test_a_workbook_without_styles_is_read_without_a_remark(tmp_path):
    """openpyxl warns of a missing default style, which says nothing about the data."""
    path = saved(tmp_path, {"Sales": SALES})
    with zipfile.ZipFile(path) as book:
        styles = book.read("xl/styles.xml")
    start, end = styles.index(b"<cellStyles"), styles.index(b"</cellStyles>")
    replaced(path, "xl/styles.xml", styles[start : end + len(b"</cellStyles>")], b"")
    assert len(rows(load("transactions", path))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty."),
        (b"customer_id,date,amount\n", "the file is no workbook, whatever its name says."),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "a workbook of Excel 97-2003 (.xls)"),
        (
            b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "locked with a password",
        ),
    ],
)
def test_what_is_no_workbook_is_called_by_its_name(tmp_path, content, message):
    """The first bytes tell old Excel and encrypted files, both of which only Excel itself can open."""
    path = tmp_path / "sales.xlsx"
    path.write_bytes(content)
    assert message in refused(path)


def test_a_zip_of_other_things_is_no_workbook(tmp_path):
    path = tmp_path / "sales.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "hello")
    assert "the workbook is damaged or cut short" in refused(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b""),
        (b"<v>12.5</v>", b"<v>x</v>"),
        (b"<sheetView ", b'<sheetView zoomScale="x" '),
    ],
)
def test_a_sheet_that_breaks_the_rules_of_its_language_is_refused(tmp_path, old, new):
    """Tags that do not match, a number that is none, a size that is none: no program wrote that on purpose."""
    path = saved(tmp_path, {"Sales": SALES})
    replaced(path, "xl/worksheets/sheet1.xml", old, new)
    assert "the workbook is damaged or cut short" in refused(path)


def test_a_document_of_another_program_is_no_workbook(tmp_path):
    """Word's files are zips of the same kind, without a workbook in them."""
    path = saved(tmp_path, {"Sales": SALES})
    replaced(path, "[Content_Types].xml", b"spreadsheetml.sheet.main", b"wordprocessingml.document")
    assert "the file cannot be read: File contains no valid workbook part" in refused(path)


def test_a_sheet_that_cannot_be_unpacked_is_refused(tmp_path):
    path = saved(tmp_path, {"Sales": SALES})
    with zipfile.ZipFile(path) as book:
        at = book.getinfo("xl/worksheets/sheet1.xml").header_offset
    content = bytearray(path.read_bytes())
    content[at + 60 : at + 160] = b"\xff" * 100
    path.write_bytes(content)
    assert "the workbook is damaged or cut short" in refused(path)


def test_a_workbook_cut_anywhere_is_refused(tmp_path):
    """The directory of a zip stands at its end, so no part of it can be read as if it were whole."""
    path = saved(tmp_path, {"Sales": SALES})
    whole = path.read_bytes()
    for size in range(4, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        assert "the workbook is damaged or cut short" in refused(path)


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
def test_a_workbook_with_a_wrong_byte_gives_the_same_rows_or_a_message(at, flipped):
    """Every part of a zip has a checksum: a byte changed in the data is found, one outside changes nothing."""
    with TemporaryDirectory() as folder:
        path = saved(Path(folder), {"Sales": SALES})
        content = bytearray(path.read_bytes())
        content[int(at * len(content))] ^= flipped
        path.write_bytes(content)
        try:
            read = rows(load("transactions", path))
        except TableError as error:
            read = str(error)
    assert read == SOLD or read.startswith("transactions (sales.xlsx): ")


def test_empty_workbooks_and_sheets_with_names_alone_are_refused(tmp_path):
    assert "nothing is written in sheet 'Sales', 'More'" in refused(
        saved(tmp_path, {"Sales": [], "More": []})
    )
    assert "there is no row of data" in refused(saved(tmp_path, {"Sales": [NAMES]}))
    path = saved(tmp_path, {"Sales": SALES, "More": []})
    assert "nothing is written in sheet 'More'" in refused(path, formats={"sheet": "More"})


def test_bad_rows_of_a_sheet_can_be_set_aside_as_they_were_written(tmp_path):
    """Row 4 has no usable amount; the other two are kept."""
    path = saved(tmp_path, {"Sales": [*SALES, [17850.0, DAY, "?"]]})
    found = load("transactions", path, on_bad_rows="set_aside")
    assert len(rows(found)) == 2
    aside = found.set_aside.frame
    assert aside["row"].to_list() == [4]
    assert aside[["customer_id", "amount"]].to_numpy().tolist() == [["17850", "?"]]
