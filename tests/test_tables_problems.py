"""Bad tables: one message with everything that is wrong, where, and the way out."""

import datetime
import gzip

import pandas as pd
import pytest
import yaml

from retorno.errors import ParameterError, TableError
from retorno.tables import connect, describe, locate, read

HEADER = "customer_id,date,amount\n"


def refused(table, source, **options):
    with pytest.raises(TableError) as caught:
        read(table, source, **options)
    return str(caught.value)


@pytest.fixture
def write(tmp_path):
    def write(content, name="orders.csv"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def test_every_problem_of_the_cells_is_listed_with_its_rows(write):
    """By hand: the header is row 1, so the first line of data is row 2; 7 rules are broken. Two margins
    have a decimal point, one amount a comma."""
    file = write(
        "customer_id,date,amount,margin\n"
        ',2024-13-01,"12,50",1.5\n'
        "  ,2099-01-01,x,\n"
        "3,yesterday,inf,2.5\n"
        "4,2024-01-01,1_000,3\n"
        "5,,,1\n"
    )
    assert refused("transactions", file).split("\n") == [
        "transactions (orders.csv): 7 problems.",
        "- column 'customer_id' is empty in 2 rows (row 2, row 3). Fill it, or go on without: "
        "on_bad_rows: set_aside.",
        "- column 'date' is empty in 1 row (row 6). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'date' is no date in 2 rows (row 2 '2024-13-01', row 4 'yesterday'). Dates are "
        "read as 2024-12-31, with or without a time of day.",
        "- column 'date' lies in the future in 1 row (row 3 '2099-01-01'). Look for swapped or "
        "mistyped years.",
        "- column 'amount' is empty in 1 row (row 6). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'amount' is no finite number in 4 rows (row 2 '12,50', row 3 'x', row 4 'inf', "
        "row 5 '1_000'). '12,50' has a decimal comma, the others a point.",
        "- column 'margin' is empty in 1 row (row 3). Fill it, or go on without: on_bad_rows: set_aside.",
    ]


def test_only_the_first_five_rows_are_shown_and_all_are_counted(write):
    """4,123 bad amounts from row 2 on: five shown, 4,118 more."""
    file = write(HEADER + "1,2024-01-01,x\n" * 4123 + "1,2024-01-01,1\n")
    assert (
        "in 4,123 rows (row 2 'x', row 3 'x', row 4 'x', row 5 'x', row 6 'x' and 4,118 more)"
        in refused("transactions", file)
    )


def test_rows_of_parquet_and_frames_count_from_one(tmp_path):
    """No header line: the second line is row 2."""
    frame = pd.DataFrame(
        {"customer_id": ["1", "2"], "date": ["2024-01-01"] * 2, "amount": [1.0, float("inf")]}
    )
    frame.to_parquet(tmp_path / "o.parquet")
    expected = "column 'amount' is no finite number in 1 row (row 2 'inf')."
    assert refused("transactions", frame) == f"transactions: {expected}"
    assert (
        refused("transactions", tmp_path / "o.parquet") == f"transactions (o.parquet): {expected}"
    )


@pytest.mark.parametrize(
    "written",
    [
        "2024-1/5",
        "31/02/2024",
        "2023-02-29",
        "epoch",
        "infinity",
        "0000-01-01",
        "45292",
    ],
)
def test_a_date_is_never_guessed(write, written):
    """None of these is a day of the calendar, though DuckDB itself would take several."""
    message = refused("transactions", write(HEADER + f"1,{written},1\n"))
    assert f"column 'date' is no date in 1 row (row 2 '{written}')" in message


@pytest.mark.parametrize("written", ["1_000", "1.2.3", "1e999", "nan", "€5%", "0x10", "true"])
def test_a_number_is_never_guessed(write, written):
    """None of these is a finite number, though DuckDB itself would take some."""
    message = refused("transactions", write(HEADER + f"1,2024-01-01,{written}\n"))
    assert f"column 'amount' is no finite number in 1 row (row 2 '{written}')" in message


def test_tomorrow_is_in_the_future(write):
    """The first day that is refused; today is allowed (tested with the good tables)."""
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    message = refused("transactions", write(HEADER + f"1,{tomorrow},1\n"))
    assert f"column 'date' lies in the future in 1 row (row 2 '{tomorrow}')" in message


def test_missing_columns_come_with_a_line_for_the_parameter_file(write):
    """What people call a customer, a date and an amount is guessed; "Colour" is none of them."""
    message = refused("transactions", write("CustomerID,Fecha,Colour\n1,2024-01-01,2\n"))
    assert message.startswith("transactions (orders.csv): columns are missing: 'customer_id' (")
    assert (
        "The file has 'CustomerID', 'Fecha', 'Colour'. Name them in the parameter file: " in message
    )
    assert message.endswith(
        "columns: {transactions: {customer_id: CustomerID, date: Fecha, amount: '...'}}"
    )


def test_a_file_without_an_amount_is_told_so(write):
    """One column missing: the singular, with what it means."""
    message = refused("transactions", write("customer_id,date\n1,2024-01-01\n"))
    assert "a column is missing: 'amount' (currency of the run; revenue of the line;" in message


def test_names_of_the_user_that_fit_nothing(write):
    """A key that is not ours, a name the file lacks, values for no column: all in one message."""
    file = write(HEADER + "1,2024-01-01,1\n")
    message = refused(
        "transactions",
        file,
        columns={"amuont": "amount", "margin": "Amount"},
        values={"colour": {"a": "b"}},
    )
    assert message.split("\n") == [
        "transactions (orders.csv): 3 problems.",
        "- columns: 'amuont' is no column of transactions; there are customer_id, date, amount, "
        "margin, channel. Did you mean 'amount'?",
        "- columns: margin is to be 'Amount', which the file does not have. It has 'customer_id', "
        "'date', 'amount'. Did you mean 'amount'?",
        "- values: 'colour' is no column of transactions; there are customer_id, date, amount, "
        "margin, channel.",
    ]


def test_a_required_column_named_wrongly_is_told_once(write):
    """The way out is the name, so it is not also reported as missing."""
    message = refused(
        "transactions", write(HEADER + "1,2024-01-01,1\n"), columns={"amount": "Amout"}
    )
    assert "\n" not in message
    assert message.endswith("Did you mean 'amount'?")


def test_no_column_at_all_is_told_by_the_names_given(write):
    """Both the only required column and its name are wrong: one problem, the name."""
    message = refused("contacts", write("a,b\n1,2\n"), columns={"arm": "segment"})
    assert message == (
        "contacts (orders.csv): columns: arm is to be 'segment', which the file does not have. "
        "It has 'a', 'b'."
    )


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (
            "customer_id,date,amount,amount",
            "the header names 'amount' 2 times. Rename all but one.",
        ),
        ("arm,visit,visit", "the header names 'visit' 2 times. Rename all but one."),
        (
            "arm,visit,Visit",
            "two columns would be called 'Visit' (capitals do not tell them apart)",
        ),
        ("arm,visit,", "the header has no name for column 3."),
    ],
)
def test_names_that_do_not_tell_columns_apart(write, header, problem):
    """Only columns that are kept matter: all of contacts, ours of transactions."""
    table = "contacts" if header.startswith("arm") else "transactions"
    line = "x,1,1\n" if table == "contacts" else "1,2024-01-01,1,1\n"
    assert problem in refused(table, write(f"{header}\n{line}"))


def test_twins_among_columns_that_are_not_kept_do_no_harm(write):
    """Two columns called Note, neither of them asked for."""
    file = write("customer_id,Note,date,amount,Note\n1,a,2024-01-01,1,b\n")
    assert read("transactions", file).count().to_pyarrow().as_py() == 1


def test_a_column_hidden_by_the_users_name_is_not_lost_in_silence(write):
    """arm is to be `segment`, but the file has an `arm` of its own."""
    message = refused("contacts", write("arm,segment\na,b\n"), columns={"arm": "segment"})
    assert "two columns would be called 'arm'" in message


def test_contacts_need_an_arm_in_every_row_and_each_customer_once(write):
    """Row 3 repeats customer 1 and has no arm; recency and cost are amounts of something."""
    file = write("customer_id,arm,recency,cost\n1,holdout,3,0\n1,,-1,-0.5\n2,mail,abc,1\n")
    assert refused("contacts", file).split("\n")[1:] == [
        "- column 'arm' is empty in 1 row (row 3). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'customer_id' occurs more than once in 2 rows (row 2 '1', row 3 '1'); a table has "
        "one row for each.",
        "- column 'recency' is no finite number in 1 row (row 4 'abc').",
        "- column 'recency' is below 0 in 1 row (row 3 '-1').",
        "- column 'cost' is below 0 in 1 row (row 3 '-0.5').",
    ]


def test_groups_of_the_survey_that_are_not_ours_come_with_a_line_to_fill(write):
    """Control is named by the user; rows are shown as written, what is left is to be named."""
    file = write(
        "respondent_id,group,satisfaction\n"
        "1,Control,5\n2,Complaint,\n3,recovered,6\n4,Recovered,6\n"
    )
    values = {"group": {"Control": "no_failure"}}
    assert refused("survey", file, values=values) == (
        "survey (orders.csv): column 'group' is none of 'no_failure', 'failure', 'recovered' in 2 "
        "rows (row 3 'Complaint', row 5 'Recovered'). Name them in the parameter file: "
        "values: {survey: {group: {Complaint: '...', Recovered: '...'}}}"
    )


def test_a_respondent_answers_once_with_numbers_and_a_weight(write):
    """Respondent 1 is there twice; a weight is a number of people, so neither negative nor empty."""
    file = write(
        "respondent_id,group,satisfaction,weight\n1,failure,often,1\n1,failure,3,-1\n3,,4,\n"
    )
    assert refused("survey", file).split("\n")[1:] == [
        "- column 'respondent_id' occurs more than once in 2 rows (row 2 '1', row 3 '1'); a table "
        "has one row for each.",
        "- column 'group' is empty in 1 row (row 4). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'satisfaction' is no finite number in 1 row (row 2 'often').",
        "- column 'weight' is empty in 1 row (row 4). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'weight' is below 0 in 1 row (row 3 '-1').",
    ]


def test_a_survey_without_satisfaction_is_refused(write):
    """The column is required although its cells may be empty."""
    message = refused("survey", write("respondent_id,group\n1,failure\n"))
    assert "a column is missing: 'satisfaction' (points of the scale; satisfaction now;" in message


def test_who_leaves_before_joining_is_shown_with_both_days(write):
    """Row 3 leaves a day before it joined; row 4 on the day itself and row 5 has not left."""
    file = write(
        "customer_id,Alta,Baja,referred\n"
        "1,2024-03-01,2024-04-01,1\n2,2024-03-01,2024-02-29,0\n"
        "3,2024-03-01,2024-03-01,0\n4,2024-03-01,,1\n"
    )
    assert refused("customers", file, columns={"joined_on": "Alta", "left_on": "Baja"}) == (
        "customers (orders.csv): column 'left_on' ('Baja' in the file) lies before column "
        "'joined_on' ('Alta' in the file) in 1 row (row 3 '2024-02-29' beside '2024-03-01'). Look "
        "for swapped or mistyped dates."
    )


def test_days_that_cannot_be_compared_are_only_told_for_themselves(write):
    """No day of joining in row 2, no date in row 3, no column at all: nothing is before anything."""
    file = write(
        "customer_id,joined_on,left_on,referred\n1,,2024-01-01,1\n2,2024-03-01,January,0\n"
    )
    assert refused("customers", file).split("\n")[1:] == [
        "- column 'joined_on' is empty in 1 row (row 2). Fill it, or go on without: on_bad_rows: set_aside.",
        "- column 'left_on' is no date in 1 row (row 3 'January'). Dates are read as 2024-12-31, "
        "with or without a time of day.",
    ]
    file = write("customer_id,left_on,referred\n1,2024-01-01,1\n")
    assert "\n" not in refused("customers", file)


@pytest.mark.parametrize("written", ["2", "-1", "0.5", "Y", "sí", "on", "null"])
def test_a_flag_is_never_guessed(write, written):
    """None of these is yes or no, true or false, 1 or 0: the user names what it means."""
    file = write(f"customer_id,joined_on,referred\n1,2024-01-01,yes\n2,2024-01-01,{written}\n")
    key = yaml.safe_dump({written: "..."}, default_flow_style=True, allow_unicode=True).strip()
    assert refused("customers", file) == (
        "customers (orders.csv): column 'referred' is neither yes nor no (true or false, 1 or 0) in "
        f"1 row (row 3 '{written}'). Name them in the parameter file: "
        f"values: {{customers: {{referred: {key}}}}}"
    )


def test_a_flag_is_never_left_empty(write):
    """Not known whether referred is no answer; the same customer twice is told too."""
    file = write("customer_id,joined_on,referred\n1,2024-01-01,\n1,2024-01-01,no\n")
    assert refused("customers", file).split("\n")[1:] == [
        "- column 'customer_id' occurs more than once in 2 rows (row 2 '1', row 3 '1'); a table has "
        "one row for each.",
        "- column 'referred' is empty in 1 row (row 2). Fill it, or go on without: on_bad_rows: set_aside.",
    ]


def test_months_are_whole_and_count_from_one(write):
    """Month 0 is too early, 1.5 is no month, 0.5 is neither, x is no number."""
    file = write("customer_id,month,margin\n1,0,5\n1,1.5,5\n1,0.5,5\n1,x,5\n1,12,\n1,2.0,-1\n")
    assert refused("margins", file).split("\n")[1:] == [
        "- column 'month' is no finite number in 1 row (row 5 'x').",
        "- column 'month' is below 1 in 2 rows (row 2 '0', row 4 '0.5').",
        "- column 'month' is no whole number in 2 rows (row 3 '1.5', row 4 '0.5').",
        "- column 'margin' is empty in 1 row (row 6). Fill it, or go on without: on_bad_rows: set_aside.",
    ]


def test_a_customer_has_each_month_once(write):
    """Month 2 of A is there as 2 and as 2.0; month 2 of B is another; an empty id is no customer."""
    file = write("who,month,margin\nA,1,5\nA,2,5\nB,2,5\nA,2.0,6\n", "panel.csv")
    assert refused("margins", file, columns={"customer_id": "who"}) == (
        "margins (panel.csv): column 'month' has the same value more than once for one value of "
        "column 'customer_id' ('who' in the file) in 2 rows (row 3 '2' beside 'A', row 5 '2.0' "
        "beside 'A')."
    )
    file = write("customer_id,month,margin\n,1,5\n,1,5\n")
    assert refused("margins", file).endswith(
        "column 'customer_id' is empty in 2 rows (row 2, row 3). Fill it, or go on without: "
        "on_bad_rows: set_aside."
    )


def test_names_a_wrong_line_of_the_panel_among_many(write):
    """6 pairs of the same month: twelve rows, five shown."""
    lines = "".join(f"{who},1,5\n{who},1,6\n" for who in "ABCDEF")
    assert (
        "in 12 rows (row 2 '1' beside 'A', row 3 '1' beside 'A', row 4 '1' beside 'B', row 5 '1' "
        "beside 'B', row 6 '1' beside 'C' and 7 more)"
    ) in refused("margins", write("customer_id,month,margin\n" + lines))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty."),
        (gzip.compress(b"", mtime=0), "the file has no header line: row 1 is empty."),
        (HEADER, "there is no row of data."),
        (
            "customer_id~date~amount\n1~2024-01-01~2\n",
            "only one column was found; its header reads 'customer_id~date~amount'. Wanted are "
            "customer_id, date, amount, separated by comma, semicolon, tab or bar.",
        ),
        (
            HEADER + "1,2024-01-01,1\n2,2024-01-01\n3,2024-01-01,1,4\n4,2024-01-01,1\n",
            "2 problems.\n"
            "- the header has 3 fields, but not so in line 3; the first reads '2,2024-01-01'.\n"
            "- the header has 3 fields, but not so in line 4; the first reads '3,2024-01-01,1,4'.",
        ),
        (
            HEADER.encode()
            + "José,2024-01-01,1\n".encode("latin-1")
            + "José,2024-01-01,1\n".encode(),
            "not UTF-8 text in line 2. Save the file as UTF-8.",
        ),
        (HEADER + '"1,2024-01-01,1\n2,2024-01-01,1\n', "line 2 cannot be read (unquoted value)"),
        (bytes(range(256)) * 20, "the file is not text."),
    ],
)
def test_files_that_are_no_table(write, content, message):
    """Each is refused with what was found, and the lines where there are lines."""
    name = "orders.csv.gz" if content[:2] == b"\x1f\x8b" else "orders.csv"
    found = refused("transactions", write(content, name))
    assert found.startswith(f"transactions ({name}): {message}")


@pytest.mark.parametrize("name", ["broken.parquet", "broken.csv.gz"])
def test_a_damaged_file_is_said_to_be_unreadable_without_its_folder(write, tmp_path, name):
    """The engine's own reason, in one line."""
    message = refused("transactions", write("not what the name says", name))
    assert message.startswith(f"transactions ({name}): the file cannot be read: ")
    assert str(tmp_path) not in message
    assert "\n" not in message


def test_an_ending_that_is_not_read_names_those_that_are(write):
    """The old format of Excel is near the new one, which is read."""
    assert refused("transactions", write("x", "orders.xls")) == (
        "transactions (orders.xls): files ending in '.xls' are not read. These are: .csv, .tsv, .txt, "
        ".parquet, .pq, .xlsx, .xlsm, .sav, .zsav, .dta, .duckdb, .ddb, .sqlite, .sqlite3, .db, and "
        "databases by their address. Did you mean '.xlsx'?"
    )


def test_no_such_file_folder_table_or_engine(tmp_path):
    """Each names what there is, or the nearest."""
    with pytest.raises(TableError, match=r"there is no file 'nowhere/orders.csv'\.$"):
        read("transactions", "nowhere/orders.csv")
    with pytest.raises(TableError, match=r"there is no file 'cdno'\. Did you mean 'cdnow'\?"):
        locate("cdno")
    with pytest.raises(TableError, match="is a folder; wanted a file"):
        locate(tmp_path)
    with pytest.raises(
        TableError,
        match=r"there are survey, effects, transactions, contacts, .*referrers\. Did you mean 'contacts'\?",
    ):
        describe("contact", "x.csv")
    with pytest.raises(ParameterError, match="'spark' is not one we know; there is duckdb"):
        connect("spark")


def test_a_source_of_another_kind_is_a_mistake_of_the_caller():
    """A list is neither a path nor a table."""
    with pytest.raises(TypeError, match="a path, an Ibis table or a pandas frame"):
        read("transactions", [1, 2])


def test_a_refused_table_leaves_nothing_in_the_engine(write):
    """Neither the typed rows nor the text kept to find the cells."""
    con = connect()
    for content in ("1,x,1\n", "1\n", ""):
        with pytest.raises(TableError):
            read("transactions", write(HEADER + content), con=con)
    assert con.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    assert con.raw_sql("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchone() == (0,)
