"""Text files in every dialect: what is written is read back, and what cannot be known is asked."""

import csv
import datetime
import gzip
import io

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shared import is_name

from retorno.errors import TableError
from retorno.tables.engine import connect
from retorno.tables.formats import Format
from retorno.tables.load import load, understand
from retorno.tables.sources import opened
from retorno.tables.sources.headers import header_row

DAY = datetime.date
HEADER = "customer_id,date,amount\n"
LINE = "1,2024-01-01,5\n"
ONE = [{"customer_id": "1", "date": DAY(2024, 1, 1), "amount": 5.0}]


@pytest.fixture
def write(tmp_path):
    def write(content, name="orders.csv"):
        file = tmp_path / name
        content = content if isinstance(content, bytes) else content.encode()
        file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return file

    return write


def rows(loaded):
    return loaded.frame.to_pyarrow().to_pylist()


def facts(loaded):
    return {fact.what: fact.how for fact in loaded.facts}


def refused(file, **options):
    with pytest.raises(TableError) as caught:
        load("transactions", file, **options)
    return str(caught.value).removeprefix(f"transactions ({file.name}): ")


# Letters that are one byte in Windows-1252 and never follow one another as a letter of UTF-8 would.
LETTERS = "abzAZ019 ,;|\t\"'\n.-éñüßÑ"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
TITLES = [[], ["Ventas, año 2024"], ["Ventas"], [""], ["Exportado el", "2024-01-03"]]
ORDERS = st.lists(
    st.tuples(
        st.text(LETTERS, min_size=1, max_size=8).filter(is_name),
        st.dates(DAY(1900, 1, 1), DAY(2020, 12, 31)),
        st.floats(-1e9, 1e9),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return tmp_path_factory.mktemp("dialects"), connect()


@settings(max_examples=150, phases=[Phase.generate], deadline=None)
@given(
    orders=ORDERS,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    titles=st.lists(st.sampled_from(TITLES), max_size=3),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    packed=st.booleans(),
)
def test_every_dialect_is_read_back(
    shared, orders, delimiter, encoding, ending, titles, quoting, packed
):
    """Property: any orders, in any dialect and under any titles, come back equal and in order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    if (
        ending == "\r"
    ):  # Python leaves a bare line feed unquoted there, which ends a line for DuckDB
        writer = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([*titles, ["customer_id", "date", "amount"], *orders])
    folder, con = shared
    file = folder / ("orders.csv.gz" if packed else "orders.csv")
    written = text.getvalue().encode(encoding)
    file.write_bytes(gzip.compress(written) if packed else written)
    found = load("transactions", file, con=con)
    assert [tuple(row.values()) for row in rows(found)] == orders
    assert facts(found).get("Names in row") == (str(len(titles) + 1) if titles else None)
    found.drop()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("latin-1", "Windows-1252"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_found_and_shown(write, encoding, shown):
    """José is five letters in each; Latin-1 is a part of Windows-1252."""
    found = load("transactions", write((HEADER + "José,2024-01-01,5\n").encode(encoding)))
    assert rows(found)[0]["customer_id"] == "José"
    assert facts(found)["Letters written in"] == shown


def test_a_letter_far_down_decides_the_encoding(write):
    """The first megabyte is plain; DuckDB finds the letter, and all is read as Windows-1252."""
    plain = HEADER + LINE * 100_000
    found = load("transactions", write(plain.encode() + "José,2024-01-01,5\n".encode("cp1252")))
    assert found.rows == 100_001
    assert rows(found)[-1]["customer_id"] == "José"
    assert facts(found)["Letters written in"] == "Windows-1252"


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp850"])
def test_the_users_encoding_is_taken(write, encoding):
    """Neither can be found: UTF-16 without its mark, and the letters of DOS."""
    file = write((HEADER + "José,2024-01-01,5\n").encode(encoding))
    found = load("transactions", file, formats={"encoding": encoding})
    assert rows(found)[0]["customer_id"] == "José"


def test_the_mark_of_utf16_is_no_part_of_the_first_name(write):
    """The user names the byte order, and the mark is there all the same."""
    file = write(("\ufeff" + HEADER + LINE).encode("utf-16-be"))
    assert rows(load("transactions", file, formats={"encoding": "utf-16-be"})) == ONE


@pytest.mark.parametrize(
    ("content", "formats", "message"),
    [
        (
            HEADER.encode() + LINE.encode() + "José,2024-01-01,5\n".encode("cp1252"),
            {"encoding": "utf-8"},
            "not UTF-8 text in line 3. Save the file as UTF-8. If all of it is written otherwise, "
            "say how: formats: {transactions: {encoding: cp1252}}",
        ),
        (
            HEADER.encode()
            + "José,2024-01-01,5\n".encode("cp1252")
            + ("José,2024-01-01,5\n" + LINE).encode(),
            {},
            "not UTF-8 text in line 2.",
        ),
        (
            HEADER.encode() + b"Jos\xe9 and Jos\xc3\xa9,2024-01-01,5\n",
            {},
            "not UTF-8 text in line 2.",
        ),
        (
            HEADER.encode() + b"1,2024-01-01,5\n2,2024-01-01,5 \xc3",
            {},
            "not UTF-8 text in line 3.",
        ),
        (
            b"Title\n" + HEADER.encode() + "Jos\xe9,2024-01-01,5\n".encode("cp1252"),
            {"encoding": "utf-8"},
            "not UTF-8 text in line 3.",
        ),
        (
            "customer_id,date,amount,a\xf1o\n".encode("cp1252") + LINE.encode(),
            {"encoding": "utf-8"},
            "not UTF-8 text in line 1.",
        ),
        (
            HEADER.encode() + b"Jos\x81,2024-01-01,5\n",
            {},
            "it is not known how the letters are written: neither UTF-8 nor Windows-1252 in line 2.",
        ),
        (
            HEADER + LINE,
            {"encoding": "utf-16"},
            "the file is no text in UTF-16. Leave `formats: encoding` out",
        ),
        (
            (HEADER + LINE).encode("utf-16")[:-1],
            {},
            "the file begins as UTF-16, but is cut or damaged further down.",
        ),
        (
            (HEADER + LINE).encode("utf-16-le"),
            {},
            "the file is not text. If it is UTF-16 without its mark, say so: "
            "formats: {transactions: {encoding: utf-16}}",
        ),
    ],
)
def test_letters_that_cannot_be_read_are_told_with_their_line(write, content, formats, message):
    """A broken letter, two encodings in one file, a byte that means nothing, a wrong word of the user."""
    assert refused(write(content), formats=formats).startswith(message)


def test_a_header_saved_twice_as_utf8_is_pointed_at(write):
    """Año read as Windows-1252 and saved anew is AÃ±o; the file is still read."""
    found = load("transactions", write("AÃ±o,customer_id,date,amount\n1," + LINE))
    assert facts(found)["Garbled letters"].startswith("'AÃ±o': UTF-8, it seems")
    assert rows(found) == ONE


def test_decimal_commas_never_split_a_field(write):
    """Under semicolons, and in quotes under commas: the cell is 12,50 both times."""
    for content in (
        "customer_id;date;amount\n1;2024-01-01;12,50\n",
        HEADER + '1,2024-01-01,"12,50"\n',
    ):
        file = write(content)
        with opened("transactions", file, connect(), Format(), ["amount"]) as found:
            assert found.header == ["customer_id", "date", "amount"]
            assert found.cells.c2.to_pyarrow().to_pylist() == ["12,50"]


def test_wanted_names_decide_between_two_delimiters(write):
    """Both give two columns in each line; only under semicolons is one of them ours."""
    found = understand("contacts", write("arm;name, town\nmail;Ana, Vigo\nholdout;Bo, Lugo\n"))
    assert facts(found)["Fields separated by"] == "semicolon"
    assert list(found.theirs.values()) == ["arm", "name, town"]


def test_two_delimiters_without_a_wanted_name_are_asked(write):
    """Both give two columns and neither a name of ours; the user's word settles it."""
    file = write("ID cliente;Fecha, hora\n1;2024-01-01, 12\n")
    assert refused(file) == (
        "it is not clear what separates the fields. By comma as by semicolon the file is a table of "
        "several columns. Say which: formats: {transactions: {delimiter: comma}} or formats: "
        "{transactions: {delimiter: semicolon}}"
    )
    message = refused(file, formats={"delimiter": "semicolon"})
    assert "The file has 'ID cliente', 'Fecha, hora'." in message


def test_the_users_delimiter_is_taken(write):
    """A tilde is not looked for; a comma is, but the user says otherwise."""
    content = (HEADER + LINE).replace(",", "~")
    assert rows(load("transactions", write(content), formats={"delimiter": "~"})) == ONE
    message = refused(write(HEADER + LINE), formats={"delimiter": ";"})
    assert message.startswith(
        "only one column was found; its header reads 'customer_id,date,amount'"
    )


@pytest.mark.parametrize("mark", [";", ",", "\t", "~"])
def test_excels_own_first_line_tells_the_delimiter(write, mark):
    """sep=~ is no row of data and no header; the names stand in row 2."""
    content = (HEADER + LINE).replace(",", mark).replace("\n", "\r\n")
    found = load("transactions", write(f"sep={mark}\r\n{content}"))
    assert rows(found) == ONE
    assert facts(found)["Names in row"] == "2"


def test_excels_own_first_line_is_never_the_header(write):
    """One column without a name of ours: the header is still segmento."""
    with pytest.raises(TableError, match="its header reads 'segmento'"):
        load("contacts", write("sep=;\nsegmento\nmail\n"))


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("", None),
        ("Sales 2024\n\n", "3"),
        ("\n\n", "3"),
        ("Sales 2024;;\nExported on;2024-01-03;\n", "3"),
        ('"Sales, ""net""\nof 2024; all"\n\n', "3"),
        ("Date;2024-01-03\n", "2"),
        ("Sales\r\n", "2"),
    ],
)
def test_titles_above_the_names_are_recognised_and_rows_counted_from_the_top(write, above, row):
    """The bad amount stands in the second row below the names; a title of two lines is one row."""
    content = above + "customer_id;date;amount\n1;2024-01-01;5\n2;2024-01-01;x\n"
    found = understand("transactions", write(content))
    assert facts(found).get("Names in row") == row
    bad = int(row or 1) + 2
    assert found.problems == (f"column 'amount' is no finite number in 1 row (row {bad} 'x').",)
    assert rows(found)[0] == ONE[0]


def test_the_users_header_row_is_taken(write):
    """Two rows could be the header: the first is found, the other is read where the user says so."""
    file = write("customer_id,date,amount\ncustomer_id,date,margin\n1,2024-01-01,5\n")
    names = {"amount": "margin"}
    found = load("transactions", file, formats={"header": 2}, columns=names)
    assert rows(found)[0]["amount"] == 5.0
    assert facts(found)["Names in row"] == "2"
    assert refused(file, formats={"header": 7}) == "the file has no header line: row 7 is empty."


def test_a_header_below_the_rows_searched_is_found_by_the_users_word(write):
    """60 title lines are more than are searched; row 61 is the header, row 62 the first of data."""
    file = write("Sales\n" * 60 + HEADER + LINE)
    refused(file)
    assert rows(load("transactions", file, formats={"header": 61})) == ONE


def test_a_file_without_names_is_refused_with_its_first_row(write):
    """The first row is an order: taken for names, one order would be lost in silence."""
    assert refused(write(LINE * 3)) == (
        "there is no row with the names of the columns: row 1, the first that could be one, reads "
        "'1', '2024-01-01', '5'. Write the names above the data; if these are the names, say so: "
        "formats: {transactions: {header: 1}}"
    )
    assert "row 3, the first that could be one" in refused(write("Sales\n\n" + LINE * 3))
    assert "columns are missing" in refused(write(LINE * 3), formats={"header": 1})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_lines_are_no_data_and_count_as_rows(write, end):
    """By hand: names in 1, blank 2 and 4, the bad cells in rows 5 and 7; the broken line is row 8."""
    content = HEADER + "\n" + LINE + "\n2,2024-01-01,x\n\n3,2024-01-01,y\n"
    found = understand("transactions", write(content.replace("\n", end)))
    assert found.rows == 3
    assert found.problems == (
        "column 'amount' is no finite number in 2 rows (row 5 'x', row 7 'y').",
    )
    message = refused(write((content + "4,5\n").replace("\n", end)))
    assert message == "the header has 3 fields, but not so in line 8; the first reads '4,5'."


def test_blank_lines_under_the_header_cost_no_count_of_lines(write):
    """The first row of data is 5 at once; the numbers of rows need no column of their own."""
    file = write("Sales\n" + HEADER + "\n\n" + LINE + LINE)
    with opened("transactions", file, connect(), Format(), ["amount"]) as found:
        assert found.first_row == 5
        assert found.cells.columns == ("c0", "c1", "c2")


def test_a_field_of_several_lines_is_one_row(write):
    """By hand: the name in row 2 takes three lines, the bad amount is in row 3."""
    found = understand("transactions", write(HEADER + '"a\n\nb",2024-01-01,5\n2,2024-01-01,x\n'))
    assert rows(found)[0]["customer_id"] == "a\n\nb"
    assert found.problems == ("column 'amount' is no finite number in 1 row (row 3 'x').",)


def test_broken_lines_below_titles_are_counted_from_the_top(write):
    """Lines 4 and 5 of the file have two and five fields; each is told once."""
    file = write("Sales\n" + HEADER + LINE + "2,3\n4,2024-01-01,5,6,7\n")
    assert refused(file).split("\n")[1:] == [
        "- the header has 3 fields, but not so in line 4; the first reads '2,3'.",
        "- the header has 3 fields, but not so in line 5; the first reads '4,2024-01-01,5,6,7'.",
    ]


@pytest.mark.parametrize(
    "content", [HEADER + LINE.replace("\n", "\r\n"), HEADER + LINE + "2,3,4\r\n"]
)
def test_line_ends_of_two_kinds_are_told(write, content):
    """DuckDB cannot tell the lines apart; no row is lost in silence."""
    assert refused(write(content)).startswith("the lines do not all end in the same way")


def test_a_last_line_without_end_is_pointed_at(write):
    """The amount could have been 55; many good files end so, and it is read."""
    found = load("transactions", write(HEADER + LINE.strip()))
    assert rows(found) == ONE
    assert facts(found)["Last line"] == "has no line end: was the file cut?"
    for encoding in ("utf-8", "utf-16"):
        whole = load("transactions", write((HEADER + LINE).encode(encoding)))
        assert "Last line" not in facts(whole)


@pytest.mark.parametrize("cut", [1, 4, 8, 40])
def test_a_compressed_file_that_was_cut_is_never_read(write, cut):
    """DuckDB alone takes what is left for the whole file."""
    file = write(
        HEADER + "".join(f"{n},2024-01-01,{n * 37 % 101}\n" for n in range(500)), "o.csv.gz"
    )
    file.write_bytes(file.read_bytes()[:-cut])
    assert refused(file).startswith("the file cannot be read: ")


def test_a_damaged_compressed_file_is_never_read(write):
    """One bit is another: either the stream makes no sense, or its check sum does not fit."""
    whole = write(
        HEADER + "".join(f"{n},2024-01-01,{n * 37 % 101}\n" for n in range(500)), "o.csv.gz"
    )
    packed = whole.read_bytes()
    for place in range(20, len(packed) - 4, len(packed) // 12):
        whole.write_bytes(packed[:place] + bytes([packed[place] ^ 4]) + packed[place + 1 :])
        assert refused(whole)


def test_a_quote_in_the_header_that_does_not_end_is_told(write):
    """All the file would be one name."""
    assert refused(write('"' + HEADER + LINE * 20_000)) == "row 1 begins a quote that does not end."


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ([["ID", "Fecha"], ["1", "2024-01-05"]], 0),
        ([["Sales"], [], ["ID", "Fecha"], ["1", "2024-01-05"]], 2),
        ([["Exported", "2024-01-05", ""], ["ID", "Fecha", "Total"], ["1", "03/04/24", "€ 5"]], 1),
        ([["Grade", "Town"], ["A", "Vigo"], ["B", "Lugo"]], 0),
        ([["Grade", "Town"], ["A", "Vigo"], ["B", "Lugo", "too many"]], 0),
        ([["Amount"], ["ID", "Date"], ["1", "2024-01-05"]], 1),
        ([["Sales", "", ""], ["Code", "Town", ""], ["A", "Vigo", "5"], ["B", "Lugo", "5"]], 1),
        ([["Sales"], ["1", "2024-01-05"], ["2", "2024-01-06"]], 1),
        ([["amount"], ["date", "Amount"], ["date", "amount"]], 1),
        ([[], []], 0),
    ],
)
def test_the_row_of_names_is_found_by_wanted_names_else_by_what_stands_below(table, row):
    """Titles are not as full as the table; a number or date is no name; the first of equals counts."""
    assert header_row(table, ["date", "amount"]) == row
