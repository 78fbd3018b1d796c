"""Good files changed in one place: the same numbers come out, or a word is said; never another number in silence."""

import csv
import datetime
import io
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from retorno.errors import InputError
from retorno.tables import connect
from retorno.tables.checked import Described
from retorno.tables.load import understand

ROWS = [
    ("Núria", datetime.date(2024, 1, 25), 1234.56),
    ("Bea", datetime.date(2024, 2, 29), 7.25),
    ("Carl", datetime.date(2023, 12, 31), -3.5),
    ("Dídac", datetime.date(2023, 11, 17), 88.125),
    ("Eve", datetime.date(2022, 3, 4), 0.5),
    ("Flor", datetime.date(2024, 2, 14), 12345678.9),
]
# Separator, decimal mark, thousands mark, order of dates, encoding
DIALECTS = {
    "plain": (",", ".", "", "%Y-%m-%d", "utf-8"),
    "Spanish": (";", ",", ".", "%d/%m/%Y", "cp1252"),
    "American": (",", ".", ",", "%m/%d/%Y", "utf-8-sig"),
    "tabs": ("\t", ".", "", "%d-%m-%Y", "utf-16"),
}


def written(amount: float, decimal: str, thousands: str) -> str:
    """Return an amount with its marks."""
    plain = f"{amount:,.3f}".rstrip("0").rstrip(".")
    return plain.replace(",", "\1").replace(".", decimal).replace("\1", thousands)


def lines(dialect: str) -> list[list[str]]:
    """Return the cells of the good file."""
    _, decimal, thousands, order, _ = DIALECTS[dialect]
    return [["customer_id", "date", "amount"]] + [
        [who, day.strftime(order), written(amount, decimal, thousands)] for who, day, amount in ROWS
    ]


def encoded(cells: list[list[str]], dialect: str, encoding: str | None = None) -> bytes:
    """Return the file."""
    text = io.StringIO()
    csv.writer(text, delimiter=DIALECTS[dialect][0], lineterminator="\n").writerows(cells)
    return text.getvalue().encode(encoding or DIALECTS[dialect][4])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("mutations") / "orders.csv", connect()


def understood(place, content: bytes):
    """Return the rows read and the words said; no rows where it was refused."""
    file, con = place
    file.write_bytes(content)
    try:
        found = understand("transactions", file, con=con)
    except InputError as error:
        return None, [str(error)]
    try:
        if found.problems:
            return None, list(found.problems)
        rows = [tuple(row.values()) for row in found.frame.to_pyarrow().to_pylist()]
        return rows, Described.of(found).lines()
    finally:
        found.drop()


@cache
def good(place, dialect: str):
    """Return the rows and the words of the good file."""
    return understood(place, encoded(lines(dialect), dialect))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_good_files_hold_the_same_rows(place, dialect):
    """One table in four ways of writing it, marks and order found by themselves."""
    assert good(place, dialect)[0] == ROWS


def emptied(cells, row, column, dialect):
    cells[row][column] = ""


def without_a_field(cells, row, column, dialect):
    del cells[row][column]


def without_a_line(cells, row, column, dialect):
    del cells[row]


def neighbours_swapped(cells, row, column, dialect):
    other = (column + 1) % 3
    cells[row][column], cells[row][other] = cells[row][other], cells[row][column]


def columns_swapped(cells, row, column, dialect):
    other = (column + 1) % 3
    for line in cells:
        line[column], line[other] = line[other], line[column]


def other_decimal_mark(cells, row, column, dialect):
    cells[row][2] = cells[row][2].translate(str.maketrans(".,", ",."))


def other_decimal_mark_everywhere(cells, row, column, dialect):
    for line in cells[1:]:
        line[2] = line[2].translate(str.maketrans(".,", ",."))


def no_decimal_mark(cells, row, column, dialect):
    cells[row][2] = cells[row][2].replace(DIALECTS[dialect][1], " ")


def other_order(cells, row, column, dialect):
    """Turn day and month of one row round where that makes no other date."""
    if row and ROWS[row - 1][1].day > 12:
        swapped = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y"}
        order = swapped.get(DIALECTS[dialect][3], "%Y-%d-%m")
        cells[row][1] = ROWS[row - 1][1].strftime(order)


def other_sign(cells, row, column, dialect):
    cells[row][2] = cells[row][2][1:] if cells[row][2].startswith("-") else "-" + cells[row][2]


def sign_behind(cells, row, column, dialect):
    cells[row][2] = cells[row][2].lstrip("-") + "-"


def letter_in(cells, row, column, dialect):
    cells[row][2] = cells[row][2].replace("5", "S")


CHANGES = [
    emptied,
    without_a_field,
    without_a_line,
    neighbours_swapped,
    columns_swapped,
    other_decimal_mark,
    other_decimal_mark_everywhere,
    no_decimal_mark,
    other_order,
    other_sign,
    sign_behind,
    letter_in,
]


def judged(place, dialect: str, content: bytes) -> None:
    """Hold a changed file against the rule."""
    rows_of_good, before = good(place, dialect)
    rows, said = understood(place, content)
    if rows is None:
        assert said
        return
    known = {day_and_amount[0]: day_and_amount[1:] for day_and_amount in rows_of_good}
    other = [row for row in rows if known.get(row[0]) != row[1:]]
    assert not other or said[1:-4] != before[1:-4] or _below(said) != _below(before), (other, said)


def _below(said: list[str]) -> str:
    """Return what is said of amounts below zero."""
    return next(line for line in said if line.strip().startswith("amount")).partition("below")[0][
        -2:
    ]


@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    dialect=st.sampled_from(list(DIALECTS)),
    change=st.sampled_from(CHANGES),
    row=st.integers(0, len(ROWS)),
    column=st.integers(0, 2),
)
def test_a_changed_cell_never_makes_another_number_in_silence(place, dialect, change, row, column):
    """Property over dialects, changes and places: equal rows, or a message, or a fact or count that was not there."""
    cells = lines(dialect)
    change(cells, row, column, dialect)
    judged(place, dialect, encoded(cells, dialect))


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(dialect=st.sampled_from(list(DIALECTS)), data=st.data())
def test_a_cut_file_never_makes_another_number_in_silence(place, dialect, data):
    """Property: cut after any byte."""
    content = encoded(lines(dialect), dialect)
    judged(place, dialect, content[: data.draw(st.integers(0, len(content)))])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_another_encoding_changes_no_number(place, dialect, encoding):
    """The names have accents; what cannot be told apart is said."""
    judged(place, dialect, encoded(lines(dialect), dialect, encoding))
