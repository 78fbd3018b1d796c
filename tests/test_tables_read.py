"""Reading good tables: names, types, values, row order."""

import csv
import datetime
import gzip
import os
import re

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shared import is_name

from retorno.tables import connect, describe, read

DAY = datetime.date


def rows(table):
    return table.to_pyarrow().to_pylist()


@pytest.fixture
def orders(tmp_path):
    """A file of three lines: a quoted id with its zeros, a return, a time of day."""
    file = tmp_path / "orders.csv"
    file.write_text(
        "customer_id,date,amount,colour\n"
        '"00123",2024-01-05,12.50,red\n'
        "B 7,2024-01-06T23:59:59Z,-3,\n"
        "00123,2024-02-29 08:00,1e2,blue\n"
    )
    return file


EXPECTED = [
    {"customer_id": "00123", "date": DAY(2024, 1, 5), "amount": 12.5},
    {"customer_id": "B 7", "date": DAY(2024, 1, 6), "amount": -3.0},
    {"customer_id": "00123", "date": DAY(2024, 2, 29), "amount": 100.0},
]


def test_read_types_a_csv_and_keeps_only_the_columns_of_transactions(orders):
    """By hand from the file: zeros stay, the time of day goes (as written: 23:59 UTC stays the 6th)."""
    table = read("transactions", orders)
    assert [str(kind) for kind in table.schema().types] == ["string", "date", "float64"]
    assert rows(table) == EXPECTED


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("o.csv", ";"), ("o.tsv", "\t"), ("o.TXT", "|"), ("o.csv.gz", ","), ("o [1]*.csv", ",")],
)
def test_read_finds_the_delimiter_and_takes_the_name_as_it_is(tmp_path, orders, name, delimiter):
    """The same rows in each dialect; brackets and stars in a name are no pattern."""
    (tmp_path / "o 1x.csv").write_text("customer_id,date,amount\nwrong,2024-01-01,1\n")
    text = orders.read_text().replace(",", delimiter).encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert rows(read("transactions", file)) == EXPECTED


def test_read_a_file_with_byte_order_mark_and_windows_line_ends(tmp_path, orders):
    """A spreadsheet's export; the mark is no part of the first name."""
    file = tmp_path / "o.csv"
    file.write_bytes(b"\xef\xbb\xbf" + orders.read_bytes().replace(b"\n", b"\r\n"))
    assert rows(read("transactions", str(file))) == EXPECTED


def test_read_a_frame_writes_whole_floats_as_whole_ids_and_drops_the_time():
    """17850.0 is customer "17850"; 1.5 is no whole number and stays."""
    frame = pd.DataFrame(
        {
            "customer_id": [17850.0, 1.5],
            "date": pd.to_datetime(["2024-01-05 10:30", "2024-01-06 00:00"]),
            "amount": [1, 2],
            "margin": [0.5, -0.25],
        }
    )
    assert rows(read("transactions", frame)) == [
        {"customer_id": "17850", "date": DAY(2024, 1, 5), "amount": 1.0, "margin": 0.5},
        {"customer_id": "1.5", "date": DAY(2024, 1, 6), "amount": 2.0, "margin": -0.25},
    ]


def test_read_an_ibis_table_in_its_own_engine(orders):
    """What was read can be read again, and stays where it is."""
    con = connect()
    first = read("transactions", orders, con=con)
    again = read("transactions", first)
    assert again.get_backend() is con
    assert rows(again) == EXPECTED


def test_a_file_written_anew_is_read_anew(tmp_path):
    """In one engine, same name, size and second: DuckDB's own cache would give the first file again."""
    con, file, counts = connect(), tmp_path / "o.parquet", []
    for n in (1, 2):
        line = {"customer_id": ["0"] * n, "date": ["2000-01-01"] * n, "amount": [0.0] * n}
        pd.DataFrame(line).to_parquet(file)
        os.utime(file, (10**9, 10**9))
        counts.append(len(rows(read("transactions", file, con=con))))
    assert counts == [1, 2]


def test_read_leaves_nothing_behind_but_its_table(orders):
    """One table in the engine for one read; no view, no copy of the text."""
    con = connect()
    read("transactions", orders, con=con)
    assert con.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchone() == (1,)
    assert con.raw_sql("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchone() == (0,)


def test_columns_and_values_are_named_by_the_user_and_two_may_share_one(tmp_path):
    """amount and margin both from Total; the arm's words become ours, an unnamed word stays."""
    file = tmp_path / "o.csv"
    file.write_text("Client,Day,Total\n1,2024-01-01,5\n")
    names = {"customer_id": "Client", "date": "Day", "amount": "Total", "margin": "Total"}
    assert rows(read("transactions", file, columns=names)) == [
        {"customer_id": "1", "date": DAY(2024, 1, 1), "amount": 5.0, "margin": 5.0}
    ]
    contacts = tmp_path / "c.csv"
    contacts.write_text("segment,bought\nNo E-Mail,0\nMens,1\nWomens,\n")
    table = read(
        "contacts",
        contacts,
        columns={"arm": "segment"},
        values={"arm": {"No E-Mail": "holdout", "Mens": "treated"}, "bought": {0: 5}},
    )
    assert rows(table) == [
        {"arm": "holdout", "bought": 5.0},
        {"arm": "treated", "bought": 1.0},
        {"arm": "Womens", "bought": None},
    ]


def test_contacts_keep_every_other_column_as_number_or_text(tmp_path):
    """visit is all numbers (one blank), grade has one word, note is text; names keep their capitals."""
    file = tmp_path / "c.csv"
    file.write_text(
        "customer_id,arm,contacted_on,recency,visit,Grade,note\n"
        "007,holdout,,3,0,1,x\n"
        "8,mail,2024-05-01,0,,A,\n"
    )
    table = read("contacts", file)
    assert dict(table.schema().items())["Grade"].is_string()
    assert rows(table) == [
        {
            "arm": "holdout",
            "customer_id": "007",
            "contacted_on": None,
            "recency": 3.0,
            "visit": 0.0,
            "Grade": "1",
            "note": "x",
        },
        {
            "arm": "mail",
            "customer_id": "8",
            "contacted_on": DAY(2024, 5, 1),
            "recency": 0.0,
            "visit": None,
            "Grade": "A",
            "note": None,
        },
    ]


def test_contacts_without_holdout_or_with_nothing_else_are_a_valid_table():
    """What they cannot answer is refused in the findings, not here."""
    for arms in (["mail", "phone"], ["holdout", "holdout"]):
        assert [row["arm"] for row in rows(read("contacts", pd.DataFrame({"arm": arms})))] == arms


def test_a_survey_needs_three_columns_and_leaves_gaps_where_answers_may_be_missing(tmp_path):
    """Who left has no satisfaction; what the contract does not name is not kept."""
    file = tmp_path / "s.csv"
    file.write_text("respondent_id,group,satisfaction,colour\n01,failure,,red\n2,recovered,6.5,\n")
    assert rows(read("survey", file)) == [
        {"respondent_id": "01", "group": "failure", "satisfaction": None},
        {"respondent_id": "2", "group": "recovered", "satisfaction": 6.5},
    ]
    file.write_text(
        "respondent_id,group,satisfaction,repurchase,severity,segment,weight\n"
        "1,no_failure,5,,,,0\n2,recovered,-6,0.5,3,new,1.25\n"
    )
    assert rows(read("survey", file))[0] == {
        "respondent_id": "1",
        "group": "no_failure",
        "satisfaction": 5.0,
        "repurchase": None,
        "severity": None,
        "segment": None,
        "weight": 0.0,
    }


@pytest.mark.parametrize(
    "written",
    [
        ("yes", "no"),
        ("TRUE", "False"),
        (" 1 ", "0"),
        ("1.0", "0.0"),
        (True, False),
        (1, 0),
        (1.0, 0.0),
    ],
)
def test_flags_are_yes_or_no_in_every_way_they_are_written(tmp_path, written):
    """Text of any case, numbers and booleans; from a frame, a CSV and a Parquet file alike."""
    frame = pd.DataFrame(
        {"customer_id": ["1", "2"], "joined_on": ["2024-01-01"] * 2, "referred": written}
    )
    frame.to_csv(tmp_path / "c.csv", index=False)
    frame.to_parquet(tmp_path / "c.parquet")
    for source in (frame, tmp_path / "c.csv", tmp_path / "c.parquet"):
        table = read("customers", source)
        assert str(table.schema()["referred"]) == "boolean"
        assert [row["referred"] for row in rows(table)] == [True, False]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["Y", "N"], {"Y": "yes", "N": "no"}),
        (["Y", "N"], {"Y": True, "N": False}),
        (["0", "1"], {0: 1, 1: 0}),
        ([False, True], {True: "no", False: "yes"}),
        (["False", "True"], {True: False, False: True}),
    ],
)
def test_flags_in_the_users_words(tmp_path, cells, values):
    """The first is yes and the second no, also where the user turns them round."""
    frame = pd.DataFrame(
        {"customer_id": ["1", "2"], "joined_on": ["2024-01-01"] * 2, "referred": cells}
    )
    frame.to_csv(tmp_path / "c.csv", index=False)
    for source in (frame, tmp_path / "c.csv"):
        table = read("customers", source, values={"referred": values})
        assert [row["referred"] for row in rows(table)] == [True, False]


def test_customers_keep_covariates_and_may_leave_on_the_day_they_join(tmp_path):
    """By hand from the file: blank left_on and referrer stay blank; age and town are kept."""
    file = tmp_path / "c.csv"
    file.write_text(
        "customer_id,joined_on,left_on,referred,referrer_id,age,town\n"
        "7,2024-01-05,2024-01-05,yes,007,31,Vigo\n007,2023-01-05,,no,,,Lugo\n"
    )
    assert rows(read("customers", file)) == [
        {
            "customer_id": "7",
            "joined_on": DAY(2024, 1, 5),
            "left_on": DAY(2024, 1, 5),
            "referred": True,
            "referrer_id": "007",
            "age": 31.0,
            "town": "Vigo",
        },
        {
            "customer_id": "007",
            "joined_on": DAY(2023, 1, 5),
            "left_on": None,
            "referred": False,
            "referrer_id": None,
            "age": None,
            "town": "Lugo",
        },
    ]


def test_margins_have_a_row_for_each_customer_and_month():
    """The same month of two customers is no repetition; a margin may be negative or 0."""
    frame = pd.DataFrame(
        {"customer_id": ["1", "1", "2"], "month": [1, 2, 1], "margin": [-2.5, 0, 4], "note": "x"}
    )
    assert rows(read("margins", frame)) == [
        {"customer_id": "1", "month": 1.0, "margin": -2.5},
        {"customer_id": "1", "month": 2.0, "margin": 0.0},
        {"customer_id": "2", "month": 1.0, "margin": 4.0},
    ]


def test_today_is_not_in_the_future():
    """The limit itself is allowed; tomorrow is tested among the problems."""
    frame = pd.DataFrame({"customer_id": ["1"], "date": [str(DAY.today())], "amount": [1.0]})
    assert rows(read("transactions", frame))[0]["date"] == DAY.today()


IDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
).filter(is_name)
LINES = st.lists(
    st.tuples(
        IDS,
        st.dates(DAY(1900, 1, 1), DAY(2020, 12, 31)),
        # 1.234 alone may be a thousand and something: it is asked, not read
        st.floats(allow_nan=False, allow_infinity=False).filter(
            lambda amount: not re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", repr(amount))
        ),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return tmp_path_factory.mktemp("round"), connect()


@settings(max_examples=60, phases=[Phase.generate], deadline=None)
@given(
    lines=LINES, delimiter=st.sampled_from(",;\t|"), ending=st.sampled_from([".csv", ".parquet"])
)
def test_what_is_written_is_read_back(shared, lines, delimiter, ending):
    """Property: any ids, dates and finite amounts, written by pandas, come back equal and in order."""
    folder, con = shared
    frame = pd.DataFrame(lines, columns=["customer_id", "date", "amount"])
    file = folder / f"round{ending}"
    if ending == ".csv":
        # pandas' minimal quoting leaves a lone carriage return bare, which no reader can take back
        bare = not any("\r" in line[0] for line in lines)
        quoting = csv.QUOTE_MINIMAL if bare else csv.QUOTE_NONNUMERIC
        frame.to_csv(file, index=False, sep=delimiter, quoting=quoting)
    else:
        frame.to_parquet(file)
    back = rows(read("transactions", file, con=con))
    assert [tuple(row.values()) for row in back] == lines


def test_describe_counts_what_was_read(tmp_path):
    """By hand: 4 customers, 2 arms, one blank visit, dates from 1 to 3 May, recency 0 to 12."""
    file = tmp_path / "c.csv"
    file.write_text(
        "id,arm,contacted_on,recency,visit\n"
        "1,holdout,,12,0\n2,mail,2024-05-01,0,1\n3,mail,2024-05-03,5,\n4,mail,2024-05-03,5,1\n"
    )
    described = describe("contacts", file, columns={"customer_id": "id"})
    found = {column.name: column for column in described.columns}
    assert described.rows == 4
    assert list(found) == ["arm", "customer_id", "contacted_on", "recency", "visit"]
    assert found["arm"].groups == {"mail": 3, "holdout": 1}
    assert (found["customer_id"].theirs, found["customer_id"].distinct) == ("id", 4)
    assert (found["contacted_on"].lowest, found["contacted_on"].missing) == (DAY(2024, 5, 1), 1)
    assert (found["recency"].lowest, found["recency"].highest) == (0.0, 12.0)
    assert (found["visit"].kind, found["visit"].missing) == ("number", 1)
    assert described.lines()[0] == "contacts (c.csv): 4 rows, 5 columns"
    assert described.lines()[-6:] == [
        "  arm: text; 2 values; mail: 3, holdout: 1",
        "  customer_id (id): id; 4 values",
        "  contacted_on: date; from May 1, 2024 to May 3, 2024; 1 empty",
        "  recency: number; from 0 to 12",
        "  visit: number; from 0 to 1; 1 empty",
        "no problem found",
    ]


def test_describe_counts_flags_and_groups(tmp_path):
    """By hand: 2 of 3 referred; covariates in words are counted, not listed; one group is not there."""
    file = tmp_path / "c.csv"
    file.write_text(
        "customer_id,joined_on,referred,town\n"
        "1,2024-01-01,1,Vigo\n2,2024-01-02,0,Lugo\n3,2024-01-02,1,Vigo\n"
    )
    described = describe("customers", file)
    assert described.columns[2].groups == {True: 2, False: 1}
    assert described.lines()[-4:-1] == [
        "  joined_on: date; from January 1, 2024 to January 2, 2024",
        "  referred: yes or no; yes: 2, no: 1",
        "  town: text; 2 values",
    ]
    file.write_text(
        "respondent_id,group,satisfaction,segment\n1,failure,3,a\n2,recovered,,a\n3,failure,4.5,\n"
    )
    assert describe("survey", file).lines()[-5:-1] == [
        "  respondent_id: id; 3 values",
        "  group: text; 2 values; failure: 2, recovered: 1",
        "  satisfaction: number; from 3 to 4.50; 1 empty",
        "  segment: text; 1 value; 1 empty; a: 2",
    ]
