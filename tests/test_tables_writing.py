"""How numbers and dates are written: found in all cells, set by the user, or asked; never guessed."""

import datetime
import doctest
import re

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from retorno.errors import TableError
from retorno.tables import connect, dates, numbers
from retorno.tables.checked import Described
from retorno.tables.load import load, understand

DAY = datetime.date
CON = connect()


def orders(amounts=("1",), days=("2024-01-05",), **more):
    """Return purchases as text: one row for each amount or day, the shorter of the two repeated."""
    n = max(len(amounts), len(days), *map(len, more.values()), 1)
    columns = {"customer_id": ["A"], "date": list(days), "amount": list(amounts), **more}
    return pd.DataFrame({name: (list(cells) * n)[:n] for name, cells in columns.items()})


def read(frame, table="transactions", **options):
    """Return a table that is understood, and its columns as lists."""
    found = load(table, frame, con=CON, **options)
    columns = found.frame.to_pyarrow().to_pydict()
    found.drop()
    return found, columns


def amounts(*cells, **options):
    return read(orders(cells), **options)[1]["amount"]


def days(*cells, **options):
    return read(orders(days=cells), **options)[1]["date"]


def facts(frame, **options):
    return {fact.what: fact.how for fact in read(frame, **options)[0].facts}


def refused(frame, table="transactions", **options):
    with pytest.raises(TableError) as caught:
        load(table, frame, con=CON, **options)
    return str(caught.value)


def questions(frame):
    """Return the problems of purchases."""
    found = understand("transactions", frame, con=CON)
    found.drop()
    return found.problems


# Numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12,50", "7"], [12.5, 7.0]),
        (["0,125", "1,5"], [0.125, 1.5]),
        (["12.50", "1.234"], [12.5, 1.234]),
        (["12,50", "1,234"], [12.5, 1.234]),
        (["1,234.56", "1,234"], [1234.56, 1234.0]),
        (["1.234,56", "1.234"], [1234.56, 1234.0]),
        (["1.234.567", "8,5"], [1234567.0, 8.5]),
        (["1234,567", "1"], [1234.567, 1.0]),
        (["1 234,56", "1 234"], [1234.56, 1234.0]),
        (["1\u00a0234,56", "12\u202f345\u2009678"], [1234.56, 12345678.0]),
        (["1'234.50", "1\u2019234"], [1234.5, 1234.0]),
        (["1,5e3", "2,5E-1"], [1500.0, 0.25]),
        ([".5", "5.", "+5", "-.5"], [0.5, 5.0, 5.0, -0.5]),
        (["0.123", "00123"], [0.123, 123.0]),
    ],
)
def test_marks_are_found_in_the_cells(cells, expected):
    """The first cell can be read in one way only, or all together; the others follow it."""
    assert amounts(*cells) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("€ 12,50", 12.5),
        ("12,50 €", 12.5),
        ("12,50\u00a0EUR", 12.5),
        ("EUR12,50", 12.5),
        ("US$ 12,50", 12.5),
        ("-€12,50", -12.5),
        ("€ -12,50", -12.5),
        ("(12,50)", -12.5),
        ("(€ 12,50)", -12.5),
        ("12,50-", -12.5),
        ("12,50- €", -12.5),
        ("\u221212,50", -12.5),
        ("+12,50", 12.5),
        ("1.212,50 zł", None),
        ("12,50 €%", None),
        ("€ 12,50 EUR", None),
        ("12,50 KGM", None),
        ("-12,50-", None),
        ("-(12,50)", None),
        ("(12,50", None),
        ("12,50 x", None),
    ],
)
def test_signs_and_currencies_beside_a_number(cell, expected):
    """Either side of it; one sign and one currency at most, and only of those there are."""
    if expected is not None:
        assert amounts(cell, "7,5") == [expected, 7.5]
    else:
        assert f"no finite number in 1 row (row 1 '{cell}')" in refused(orders([cell, "7,5"]))


def test_percentages_are_fractions():
    """25 % is 0.25; 12,5% is 0.125."""
    frame = orders(margin=["25 %", "12,5%", "-3\u00a0%"])
    found, columns = read(frame)
    assert columns["margin"] == [0.25, 0.125, -0.03]
    assert found.facts[1].how == "3 cells"


@pytest.mark.parametrize(
    "cell", ["1_000", "0x10", "nan", "inf", "1e999", "12.50.3", "1.23.456", "1,2,3", "5 5", "--5"]
)
def test_anything_else_is_no_number(cell):
    """Whatever Python or the engine would take them for."""
    assert f"'{cell}'" in refused(orders([cell, "7.25"]))


def test_what_was_read_is_counted_and_told():
    """By hand: 4 cells have a comma, 2 a point between thousands, 2 a sign behind them, 1 is in brackets."""
    frame = orders(["1.234,50 €", "12.000,00 €", "(3,5)", "7,25-", "8"])
    told = facts(frame)
    assert told == {
        "Decimal mark": "comma, in 4 cells",
        "Thousands mark": "point, in 2 cells",
        "Currency": "'€' (2 cells)",
        "Negative, in brackets": "1 cell",
        "Negative, with the minus behind": "1 cell",
    }
    assert read(frame)[0].currencies == ("€",)


def test_plain_numbers_and_dates_need_no_word():
    """A point, no thousands, ISO: nothing to tell."""
    assert facts(orders(["1.5", "2000", "-3"])) == {}
    assert facts(orders(["1.5", "1.234"])) == {}


@pytest.mark.parametrize(
    ("cells", "single", "grouped"),
    [
        (["1.234", "5"], "{decimal: point}", "{decimal: comma, thousands: point}"),
        (["-1,234", "567"], "{decimal: comma}", "{decimal: point, thousands: comma}"),
        (["12.50", "1,234"], "{decimal: comma}", "{decimal: point, thousands: comma}"),
    ],
)
def test_a_mark_before_three_digits_is_asked(cells, single, grouped):
    """1.234 is 1.234 or 1234 and nothing tells; beside 12.50 the comma may be a slip."""
    message = refused(orders(cells))
    assert "can be read in two ways" in message
    assert f"decimal mark: formats: {{transactions: {single}}}." in message
    assert message.endswith(f"thousands: formats: {{transactions: {grouped}}}")


def test_each_answer_to_the_question_is_taken():
    """The two lines of the message, and the two numbers they mean."""
    assert amounts("1.234", formats={"decimal": "point"}) == [1.234]
    assert amounts("1.234", formats={"decimal": "comma", "thousands": "point"}) == [1234.0]
    assert amounts("1.234", formats={"thousands": "none"}) == [1.234]
    assert amounts("1.234", formats={"thousands": "."}) == [1234.0]


def test_a_space_or_apostrophe_before_three_digits_is_asked():
    """1 234 may have lost its decimal mark."""
    for cell, name in (("1 234", "space"), ("1'234", "apostrophe")):
        message = refused(orders([cell, "7.25"]))
        assert "may be a slip" in message
        assert f"formats: {{transactions: {{thousands: {name}}}}}" in message
        assert amounts(cell, "7.25", formats={"thousands": name}) == [1234.0, 7.25]
        assert "no finite number" in refused(orders([cell, "7"]), formats={"thousands": "none"})


def test_a_column_with_both_doubtful_forms_is_asked_whatever_else_it_shows():
    """1,234.50 shows the marks, and yet 1.234 and 5,678 cannot both be meant as they stand."""
    message = refused(orders(["1,234.50", "1.234", "5,678"]))
    assert "column 'amount' '1.234' (row 2) and column 'amount' '5,678' (row 3)" in message
    assert "{decimal: point, thousands: comma}" in message
    assert "{decimal: comma, thousands: point}" in message
    point = {"decimal": ".", "thousands": ","}
    assert amounts("1,234.50", "1.234", "5,678", formats=point) == [1234.5, 1.234, 5678.0]


def test_the_reading_with_more_cells_wins_and_the_others_are_listed():
    """Two points against one comma; a third column of amounts counts with them."""
    message = refused(orders(["12.50", "7,25", "3"], margin=["0.5", "1", "1"]))
    assert message == (
        "transactions: column 'amount' is no finite number in 1 row (row 2 '7,25'). '7,25' has a decimal "
        "comma, the others a point."
    )


def test_as_many_points_as_commas_are_asked():
    """One each: no majority."""
    message = refused(orders(["12.50", "7,25"]))
    assert "as many numbers have a decimal point, column 'amount' '12.50' (row 1)" in message
    assert message.endswith("{decimal: point}} or formats: {transactions: {decimal: comma}}")


def test_where_the_table_shows_both_marks_the_doubtful_cells_are_asked_too():
    """Two appended exports: 1.234 may come from either, so set_aside does not take it either."""
    frame = orders(["12.50", "7.25", "7,25", "1.234"])
    for how in ("stop", "set_aside"):
        message = refused(frame, on_bad_rows=how)
        assert "can be read in two ways" in message
        assert "row 3 '7,25'" in message


def test_evidence_counts_for_the_whole_table_and_in_every_row():
    """One amount in the last of 10,001 rows shows what 1.234 is in another column."""
    cells = ["1"] * 10_000 + ["0,5"]
    _, columns = read(orders(cells, margin=["1.234.567", "5"]))
    assert columns["amount"][-1] == 0.5
    assert columns["margin"][:2] == [1234567.0, 5.0]


def test_what_is_set_is_not_questioned():
    """Also against the cells: then they are no numbers."""
    assert "row 1 '12,50'" in refused(orders(["12,50", "3"]), formats={"decimal": "point"})
    told = facts(orders(["12,50"]), formats={"decimal": "comma", "thousands": "none"})
    assert told == {
        "Decimal mark": "comma, in 1 cell (set)",
        "Thousands mark": "none, in 0 cells (set)",
    }


def test_numbers_that_are_numbers_already_have_no_marks():
    """A typed column keeps 1.234 beside a text column with decimal commas."""
    frame = orders(["12,50", "7,25"]).assign(margin=[1.234, 5678.5])
    assert read(frame)[1]["margin"] == [1.234, 5678.5]


def test_the_words_of_the_user_are_plain_numbers():
    """In a table with decimal commas, 4.5 of the parameter file is four and a half; null is empty."""
    frame = pd.DataFrame(
        {
            "respondent_id": ["1", "2", "3", "4"],
            "group": "failure",
            "satisfaction": ["3,5", "good", "1.5", "NA"],
        }
    )
    words = {"satisfaction": {"good": 4.5, "1.5": "1.234", "NA": None}}
    assert read(frame, "survey", values=words)[1]["satisfaction"] == [3.5, 4.5, 1.234, None]


@pytest.mark.parametrize(
    "word", ["NA", "N/A", "n/a", "null", "NULL", "#N/A", "-", ".", "?", "#DIV/0!", "missing", "s/d"]
)
def test_words_for_no_answer_come_with_the_line_that_empties_them(word):
    """The line is taken as it stands."""
    import yaml

    frame = pd.DataFrame(
        {"respondent_id": ["1", "2"], "group": "failure", "satisfaction": [word, "3"]}
    )
    message = refused(frame, "survey")
    line = message.split("means an empty cell: ")[1]
    values = yaml.safe_load(line)["values"]["survey"]
    assert values == {"satisfaction": {word: None}}
    assert read(frame, "survey", values=values)[1]["satisfaction"] == [None, 3.0]


def test_several_currencies_are_refused():
    """Their sum would be neither."""
    message = refused(orders(["12.50 €", "$7.25"]))
    assert "several currencies: '€', '$', as in '12.50 €' (row 1), '$7.25' (row 2)" in message


def test_percentages_among_plain_numbers_are_refused():
    """Is 3 three, or three per cent?"""
    message = refused(orders(margin=["12%", "3"]))
    assert "column 'margin' has percentages, '12%' (row 1), beside plain numbers, '3' (row 2)" in (
        message
    )


def contacts(**columns):
    return pd.DataFrame({"arm": ["holdout", "mail"], **columns})


def test_other_columns_are_numbers_when_all_their_cells_are():
    """Decimal commas and currencies too; a word, a day or a code makes text."""
    frame = contacts(
        spent=["12,50 €", "3"], town=["Vigo", "3"], seen=["01.02.2024", "3"], code=["A1", "7"]
    )
    found, columns = read(frame, "contacts")
    assert columns["spent"] == [12.5, 3.0]
    assert [found.kinds[name] for name in ("spent", "town", "seen", "code")] == ["number"] + [
        "text"
    ] * 3


def test_another_column_never_outvotes_those_of_the_contract():
    """Two dotted codes against one cost of 0.50: the codes are text, and that is told."""
    frame = contacts(cost=["0.50", "1"], code=["12.345.678", "87.654.321"])
    found, columns = read(frame, "contacts")
    assert columns["cost"] == [0.5, 1.0]
    assert columns["code"] == ["12.345.678", "87.654.321"]
    assert [fact.how for fact in found.facts if fact.what == "'code'"] == [
        "text: numbers written otherwise, '12.345.678' (row 1 and 1 more)"
    ]


def test_another_column_that_is_doubtful_is_asked():
    """It would be an outcome."""
    assert "column 'spent' '1.234'" in refused(contacts(spent=["1.234", "5"]), "contacts")


@settings(max_examples=100, phases=[Phase.generate], deadline=None)
@given(
    cells=st.lists(
        st.one_of(
            st.text("0125,.-+()%€$ EURe'\u00a0\u2212", min_size=1, max_size=9),
            st.from_regex(
                r"[-+(]?[€$]?[01]{1,3}([.,' ][01]{3}){0,2}([.,][01]{1,4})?[-)%€]?", fullmatch=True
            ),
        ).filter(lambda cell: cell.strip()),
        min_size=1,
        max_size=3,
    )
)
def test_a_column_that_is_a_number_has_no_cell_that_is_none(cells):
    """Property: what is judged from the forms of cells is what the engine then reads, cell by cell."""
    frame = pd.DataFrame({"arm": ["mail"] * len(cells), "spent": cells})
    found = understand("contacts", frame, con=CON)
    if not found.problems and found.kinds["spent"] == "number":
        assert None not in found.frame.to_pyarrow().to_pydict()["spent"]
    found.drop()


DIALECTS = [(d, t) for d in ".," for t in ("", ".", ",", " ", "'", "\u00a0") if d != t]


@settings(max_examples=50, phases=[Phase.generate], deadline=None)
@given(
    cents=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=6),
    digits=st.integers(0, 4),
    dialect=st.sampled_from(DIALECTS),
)
def test_numbers_written_with_any_marks_are_read_back_or_asked(cents, digits, dialect):
    """Property: the same numbers, or a question that the marks themselves answer."""
    decimal, thousands = dialect
    values = [cent / 10**digits for cent in cents]
    table = str.maketrans({",": thousands, ".": decimal})
    cells = [f"{value:,.{digits}f}".translate(table) for value in values]
    expected = [float(f"{value:.{digits}f}") for value in values]
    answer = {"decimal": decimal, "thousands": thousands.replace("\u00a0", " ")}
    if asked := questions(orders(cells)):
        assert all("can be read in two ways" in each or "may be a slip" in each for each in asked)
    else:
        assert amounts(*cells) == expected
    assert amounts(*cells, formats=answer) == expected


@settings(max_examples=100, phases=[Phase.generate], deadline=None)
@given(cell=st.text("0123456789.,-+eE_ '%€()", min_size=1, max_size=8))
def test_what_the_first_try_takes_for_a_number_is_that_number_for_python_too(cell):
    """Property: the fast reading takes nothing that is not a number of a program, nor anything doubtful."""
    found = CON.to_pyarrow(numbers.certain(ibis_text(cell)))[0].as_py()
    if found is not None:
        assert found == float(cell)
        assert "_" not in cell
        assert not re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}", cell.strip())


def ibis_text(cell):
    import ibis

    return ibis.memtable({"cell": [cell]}).cell


# Dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "2025-03-12",
        "2025-3-12",
        "2025/03/12",
        "2025.3.12",
        "20250312",
        "12/03/2025",
        "12.3.2025",
        "12-03-2025",
        "12 03 2025",
        "12/03/2025 23:59",
        "12/03/2025, 11:59:59 PM",
        "2025-03-12T23:59:59.123+02:00",
        "12 de marzo de 2025",
        "12 de marzo del 2025",
        "12-mar-2025",
        "12-Mar-2025",
        "12 mar. 2025",
        "March 12, 2025",
        "12th March 2025",
        "12 MARZO 2025",
    ],
)
def test_dates_in_the_ways_people_write_them(cell):
    """All of them 12 March 2025; 25/12/2024 beside them shows that the day comes first."""
    assert days(cell, "25/12/2024", "05/04/2024")[0] == DAY(2025, 3, 12)


@pytest.mark.parametrize("language", dates.LANGUAGES)
@pytest.mark.parametrize("width", ["wide", "abbreviated"])
def test_every_month_has_its_name(language, width):
    """Babel's own names, with and without a point, in lower case and with a capital."""
    from babel import Locale

    names = Locale(language).months["format"][width]
    cells = [f"3 {name}. 2024" for name in names.values()]
    cells += [f"3-{name.title()}-2024" for name in names.values()]
    assert days(*cells) == [DAY(2024, month, 3) for month in names] * 2


def test_september_is_cut_to_three_or_four_letters():
    """English has Sep, Spanish sept; both are written in both."""
    assert days("3 sep 2024", "3 sept. 2024", "Sept 3 2024") == [DAY(2024, 9, 3)] * 3


@pytest.mark.parametrize(
    "cell", ["31/02/2024", "2023-02-29", "12/13-2024", "32/01/2024", "0/1/2024", "1/2/3", "12 2024"]
)
def test_a_day_in_no_calendar_is_no_date(cell):
    """Nor are parts between different marks, or too few of them."""
    assert f"'{cell}'" in refused(orders(days=[cell, "25/12/2024"]))


def test_the_order_of_one_column_is_that_of_all():
    """25 in left_on shows it for joined_on."""
    frame = pd.DataFrame(
        {
            "customer_id": ["1", "2"],
            "joined_on": ["03/04/2024", "05/06/2024"],
            "left_on": ["25/12/2024", ""],
            "referred": "no",
        }
    )
    found, columns = read(frame, "customers")
    assert columns["joined_on"] == [DAY(2024, 4, 3), DAY(2024, 6, 5)]
    assert [fact.how for fact in found.facts] == ["day, month, year (shown by 1 of 3 dates)"]
    frame["left_on"] = ["12/25/2024", ""]
    assert read(frame, "customers")[1]["joined_on"] == [DAY(2024, 3, 4), DAY(2024, 5, 6)]


def test_where_every_day_is_12_or_less_the_order_is_asked():
    """And either answer is taken; 05/05/2024 is the same day in both."""
    message = refused(orders(days=["03/04/2024", "12/11/2023"]))
    assert message == (
        "transactions: column 'date' '03/04/2024' (row 1 and 1 more) can be read in two ways: every day "
        "is 12 or less. Say which of day and month comes first: formats: {transactions: {dates: dmy}} "
        "or formats: {transactions: {dates: mdy}}"
    )
    assert days("03/04/2024", formats={"dates": "dmy"}) == [DAY(2024, 4, 3)]
    assert days("03/04/2024", formats={"dates": "mdy"}) == [DAY(2024, 3, 4)]
    assert days("05/05/2024", "6.6.2023") == [DAY(2024, 5, 5), DAY(2023, 6, 6)]


def test_dates_in_both_orders_are_listed_by_the_majority():
    """Two against one: the one has no month 27."""
    message = refused(orders(days=["25/04/2024", "26/04/2024", "04/27/2024"]))
    assert "no date in 1 row (row 3 '04/27/2024')" in message
    assert message.endswith("Others are read as day, month, year.")


def test_doubtful_dates_beside_both_orders_are_asked():
    """03/04/2024 may belong to either, so that not even set_aside goes on."""
    frame = orders(days=["25/04/2024", "26/04/2024", "04/27/2024", "03/04/2024"])
    for how in ("stop", "set_aside"):
        message = refused(frame, on_bad_rows=how)
        assert "the table shows both" in message
        assert "row 3 '04/27/2024'" in message
    set_by_hand = load("transactions", frame, formats={"dates": "dmy"}, on_bad_rows="set_aside")
    assert set_by_hand.set_aside.rows == 1


def test_as_many_in_one_order_as_in_the_other_are_asked():
    """One each."""
    assert "the table shows both" in refused(orders(days=["25/04/2024", "04/27/2024"]))


def test_years_of_two_digits_are_asked_and_then_follow_posix():
    """69 is 1969, 68 is 2068, which lies in the future; the order must be named too."""
    message = refused(orders(days=["25/04/24", "26/04/2024"]))
    assert "the year has two digits" in message
    assert "{dates: dmy}" in message
    found, columns = read(orders(days=["25/04/69", "26-04-24"]), formats={"dates": "dmy"})
    assert columns["date"] == [DAY(1969, 4, 25), DAY(2024, 4, 26)]
    assert {fact.what: fact.how for fact in found.facts} == {
        "Dates": "day, month, year (set)",
        "Years of two digits": "2 cells; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068",
    }
    assert "lies in the future" in refused(orders(days=["25/04/68"]), formats={"dates": "dmy"})
    assert days("24/04/25", formats={"dates": "ymd"}) == [DAY(2024, 4, 25)]
    assert days("3 abr 24", formats={"dates": "mdy"}) == [DAY(2024, 4, 3)]


def test_an_order_that_is_set_is_not_questioned():
    """Year first stays year first; what does not fit the order is no date."""
    assert days("2024-04-03", "03/25/2024", formats={"dates": "mdy"})[0] == DAY(2024, 4, 3)
    message = refused(orders(days=["25/04/2024"]), formats={"dates": "mdy"})
    assert "row 1 '25/04/2024'" in message
    assert "Others are read as month, day, year." in message


def test_dates_that_a_spreadsheet_turned_round_are_asked():
    """It took 2024-04-03 for its own and left 25/04/2024 as text: 3 April or 4 March?"""
    frame = orders(days=["2024-04-03", "25/04/2024", "26/04/2024"])
    message = refused(frame)
    assert "true dates, '2024-04-03' (row 1), and dates that stayed text" in message
    assert message.endswith("formats: {transactions: {dates: dmy}}")
    assert len(days("2024-04-03", "25/04/2024", formats={"dates": "dmy"})) == 2
    assert len(days("2024-04-03", "25/04/2024", "03/04/2024")) == 3


def test_compact_dates_are_told_and_serial_numbers_hinted_at():
    """20240105 is a day; 45292 is one only for a spreadsheet."""
    assert facts(orders(days=["20240105", "2024-01-06"])) == {
        "Dates without marks": "1 cell, as year, month, day"
    }
    assert days(20240105) == [DAY(2024, 1, 5)]
    assert "how a spreadsheet keeps a date" in refused(orders(days=["45292"]))
    assert "how a spreadsheet keeps a date" not in refused(orders(days=["x"]))


def test_days_kept_as_numbers_are_counted_from_the_epoch_of_their_workbook(tmp_path):
    """45292 is 1 January 2024 in a workbook of 1900; half a day is dropped; 60 would be 29 February 1900."""
    file = tmp_path / "orders.xlsx"
    cells = [DAY(2024, 1, 31), 45292, 45292.75]
    orders(days=cells).assign(date=cells).astype({"date": object}).to_excel(file, index=False)
    found, columns = read(file)
    assert columns["date"] == [DAY(2024, 1, 31), DAY(2024, 1, 1), DAY(2024, 1, 1)]
    assert "2 cells" in [fact.how for fact in found.facts if fact.what == "Dates kept as numbers"]
    orders(days=[60, 45292]).assign(date=[60, 45292]).to_excel(file, index=False)
    assert "no date in 1 row (row 2 '60')" in refused(file)


def test_the_day_of_a_time_with_a_zone_is_that_of_utc():
    """01:30 in Madrid on 1 July is 23:30 of 30 June in UTC, on any machine."""
    times = pd.to_datetime(["2024-07-01 01:30", "2024-07-01 12:00"]).tz_localize("Europe/Madrid")
    found, columns = read(orders(amounts=("1", "2")).assign(date=times))
    assert columns["date"] == [DAY(2024, 6, 30), DAY(2024, 7, 1)]
    assert [(fact.what, fact.how) for fact in found.facts] == [
        ("Times with a zone", "the day is that of UTC")
    ]


ORDERS = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y", "ymd": "%Y{0}%m{0}%d"}


@settings(max_examples=30, phases=[Phase.generate], deadline=None)
@given(
    values=st.lists(st.dates(DAY(1900, 1, 1), DAY(2020, 12, 31)), min_size=1, max_size=6),
    order=st.sampled_from(list(ORDERS)),
    mark=st.sampled_from("-/."),
)
def test_dates_in_any_order_are_read_back_or_asked(values, order, mark):
    """Property: the same days, or a question that the order answers."""
    cells = [value.strftime(ORDERS[order].format(mark)) for value in values]
    if asked := questions(orders(days=cells)):
        assert all("can be read in two ways" in each for each in asked)
    else:
        assert days(*cells) == values
    assert days(*cells, formats={"dates": order}) == values


# What is shown ------------------------------------------------------------------------------------


def test_a_table_with_problems_is_described_as_far_as_it_is_understood():
    """By hand: the amounts wait for an answer, one day is no date and one empty, the margins are fine."""
    frame = orders(["1.234", "5", "6"], ["2024-01-05", "x", ""], margin=["1", "-2", "-3"])
    found = understand("transactions", frame, con=CON)
    lines = Described.of(found).lines()
    found.drop()
    assert lines[:5] == [
        "transactions: 3 rows, 4 columns",
        "  customer_id: id; 1 value",
        "  date: date; from January 5, 2024 to January 5, 2024; 1 empty; 1 not readable",
        "  margin: money; from −3.00 to 1.00; 2 below 0",
        "  amount: money; not read before the question below is answered",
    ]
    assert [line[:25] for line in lines[5:]] == [
        "- column 'amount' '1.234'",
        "- column 'date' is empty ",
        "- column 'date' is no dat",
    ]


def test_dates_that_wait_for_an_answer_are_not_described():
    """Neither those in two orders nor those with years of two digits; the amounts are."""
    for cells in (["03/04/2024"], ["03/04/24"], ["25/04/2024", "04/27/2024"]):
        found = understand("transactions", orders(["1", "2"], cells), con=CON)
        lines = Described.of(found).lines()
        found.drop()
        assert lines[2] == "  amount: money; from 1.00 to 2.00"
        assert lines[3] == "  date: date; not read before the question below is answered"


def test_empty_cells_are_told_together_with_the_question():
    """They are empty whatever the answer is, so that one round less is needed."""
    message = refused(orders(days=["03/04/2024", ""]))
    assert "can be read in two ways" in message
    assert "column 'date' is empty in 1 row (row 2)" in message


def test_missing_columns_do_not_hide_the_others():
    """No date: what else there is is described."""
    found = understand("transactions", orders(["1,5"]).drop(columns="date"), con=CON)
    lines = Described.of(found).lines()
    found.drop()
    assert lines[1:4] == [
        "  Decimal mark: comma, in 1 cell",
        "  customer_id: id; 1 value",
        "  amount: money; from 1.50 to 1.50",
    ]
    assert lines[-1].startswith("- a column is missing: 'date'")


def test_rows_set_aside_are_told_in_the_description():
    """One of two: 50 %."""
    found = understand("transactions", orders(["1", "x"]), on_bad_rows="set_aside", con=CON)
    lines = Described.of(found).lines()
    found.drop()
    assert lines[-2].startswith("1 row of 2 (50.0%) is set aside")
    assert lines[-1] == "no problem found"


def test_reading_leaves_nothing_in_the_engine():
    """Neither the first try nor the second, neither a good table once dropped nor a refused one."""
    con = connect()
    for frame in (orders(), orders(["12,50"]), orders(["1.234"]), orders(["x"])):
        understand("transactions", frame, con=con).drop()
    assert con.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_the_examples_in_the_docstrings_run():
    """The pattern of a number."""
    assert doctest.testmod(numbers).attempted > 0
    assert doctest.testmod(numbers).failed == 0
