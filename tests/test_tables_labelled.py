"""SPSS and Stata files: the values that SPSS and Stata hold, their labels, or a message."""

import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import is_name

from retorno.errors import TableError
from retorno.tables.load import load

ANSWERS = pd.DataFrame(
    {
        "respondent_id": [1.0, 2.0, 3.0, 4.0],
        "group": [1.0, 2.0, 3.0, 3.0],
        "satisfaction": [1.0, 4.5, 7.0, 99.0],
    }
)
GROUPS = {1: "no_failure", 2: "failure", 3: "Recovered well"}
ENDS = {1: "very bad", 7: "very good", 99: "no answer"}
LABELS = {"group": GROUPS, "satisfaction": ENDS}
OURS = {"group": {"Recovered well": "recovered"}}


def saved(folder, name="mine.sav", frame=ANSWERS, **options):
    """Write a frame as SPSS or Stata would; the ending says which."""
    path = folder / name
    write = pyreadstat.write_dta if path.suffix.lower() == ".dta" else pyreadstat.write_sav
    if path.suffix == ".zsav":
        options["compress"] = True
    write(frame, path, **({"variable_value_labels": LABELS} | options))
    return path


def rows(loaded):
    return loaded.frame.to_pyarrow().to_pylist()


def column(loaded, name):
    return [row[name] for row in rows(loaded)]


def told(loaded):
    return {fact.what: fact.how for fact in loaded.facts}


def refused(path, table="survey", **options):
    """Return the message with which a table is refused."""
    with pytest.raises(TableError) as caught:
        load(table, path, **options)
    message = str(caught.value)
    assert message.startswith(f"{table} ({path.name}): ")
    assert str(path.parent) not in message
    return message


letters = st.characters(categories=["L", "N", "P", "S"])
ids = st.text(letters, min_size=1, max_size=12).filter(
    is_name
)  # a blank at the end cannot be told from padding
days = st.dates(datetime.date(1900, 1, 1), datetime.date(2024, 12, 31))
money = st.floats(-1e12, 1e12)


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta"])
@settings(max_examples=25, deadline=None)
@given(lines=st.lists(st.tuples(ids, days, money, st.just("") | ids), min_size=1, max_size=8))
def test_a_file_written_and_read_back_is_equal(ending, lines):
    """Doubles and days are stored exactly; an empty text is a missing one in both programs."""
    names = ["customer_id", "date", "amount", "channel"]
    with TemporaryDirectory() as folder:
        frame = pd.DataFrame(lines, columns=names)
        path = saved(Path(folder), f"lines{ending}", frame, variable_value_labels={})
        read = [tuple(row.values()) for row in rows(load("transactions", path))]
    assert read == [(*line[:3], line[3] or None) for line in lines]


@pytest.mark.parametrize("name", ["mine.sav", "mine.zsav", "mine.dta", "MINE.SAV", "MINE.DTA"])
def test_labels_become_the_values_of_a_column_of_text(tmp_path, name):
    """1 and 2 are labelled with our own words, 3 with words that the user translates."""
    found = load("survey", saved(tmp_path, name), values=OURS)
    assert column(found, "group") == ["no_failure", "failure", "recovered", "recovered"]
    assert told(found)["Labels of values"] == "'group', 'satisfaction'"
    assert told(found)["Kind of file"] == ("Stata" if name.lower().endswith("dta") else "SPSS")


def test_a_value_can_be_named_by_its_code(tmp_path):
    """3 in a parameter file is the code 3.0 in the file, whatever its label says."""
    found = load("survey", saved(tmp_path), values={"group": {3: "recovered"}})
    assert column(found, "group") == ["no_failure", "failure", "recovered", "recovered"]


def test_a_label_that_is_none_of_our_words_is_asked_for(tmp_path):
    message = refused(saved(tmp_path))
    assert "column 'group' is none of 'no_failure', 'failure', 'recovered' in 2 rows" in message


def test_codes_without_a_label_and_labels_given_twice(tmp_path):
    """2 and 3 are both 'failure'; 4 has no label and stays 4, which the user names."""
    frame = ANSWERS.assign(group=[1.0, 2.0, 3.0, 4.0])
    labels = {"group": {1: "no_failure", 2: "failure", 3: "failure"}}
    path = saved(tmp_path, frame=frame, variable_value_labels=labels)
    found = load("survey", path, values={"group": {4: "recovered"}})
    assert column(found, "group") == ["no_failure", "failure", "failure", "recovered"]


def test_labels_of_texts(tmp_path):
    """SPSS labels texts too: 'n' is padded to the width of the column in the file, and so may be the label's."""
    frame = ANSWERS.assign(group=["n", "f", "r", "rr"])
    labels = {"group": {"n": "no_failure", "f": "failure", "r": "recovered", "rr": "recovered"}}
    found = load("survey", saved(tmp_path, frame=frame, variable_value_labels=labels))
    assert column(found, "group") == ["no_failure", "failure", "recovered", "recovered"]


@pytest.mark.parametrize("name", ["mine.sav", "mine.dta"])
def test_a_scale_with_labelled_ends_stays_a_number(tmp_path, name):
    """The labels of 1 and 7 explain the scale; 4.5 between them has none and needs none."""
    found = load("survey", saved(tmp_path, name), values=OURS)
    assert column(found, "satisfaction") == [1.0, 4.5, 7.0, 99.0]


def test_ids_are_whole_numbers_without_a_point(tmp_path):
    """SPSS keeps every number as a float; respondent 3.0 is '3' as in any other file."""
    found = load("survey", saved(tmp_path), values=OURS)
    assert column(found, "respondent_id") == ["1", "2", "3", "4"]


def test_values_declared_as_missing_are_empty_and_counted(tmp_path):
    """99 is declared 'no answer', as is every value from -9 to -1: of four answers three are left."""
    missing = {"satisfaction": [99, {"lo": -9, "hi": -1}]}
    found = load("survey", saved(tmp_path, missing_ranges=missing), values=OURS)
    assert column(found, "satisfaction") == [1.0, 4.5, 7.0, None]
    assert told(found)["Declared as missing"] == "column 'satisfaction': 1, read as empty"


def test_the_missing_values_of_stata_are_empty_and_counted(tmp_path):
    """Stata's .a is a reason why an answer is missing, and the plain . only says that it is."""
    frame = ANSWERS.assign(satisfaction=[1.0, "a", None, 7.0])
    path = saved(tmp_path, "mine.dta", frame, missing_user_values={"satisfaction": ["a"]})
    found = load("survey", path, values=OURS)
    assert column(found, "satisfaction") == [1.0, None, None, 7.0]
    assert told(found)["Declared as missing"] == "column 'satisfaction': 1, read as empty"


@pytest.mark.parametrize("ending", [".sav", ".dta"])
def test_dates_and_times_are_dates(tmp_path, ending):
    """A time of day is dropped, as in every other kind of file."""
    moment = datetime.datetime(2024, 2, 29, 23, 59)
    frame = pd.DataFrame({"customer_id": ["A1"], "date": [moment], "amount": [1.0]})
    path = saved(tmp_path, f"mine{ending}", frame, variable_value_labels={})
    assert column(load("transactions", path), "date") == [datetime.date(2024, 2, 29)]


def test_blanks_at_the_end_of_a_text_are_padding(tmp_path):
    """SPSS fills every text up to the width of its column, and files made from SPSS keep it so."""
    frame = ANSWERS.assign(respondent_id=["A1  ", "A2  ", " A3 ", "A4"])
    for name in ("mine.sav", "mine.dta"):
        found = load("survey", saved(tmp_path, name, frame), values=OURS)
        assert column(found, "respondent_id") == ["A1", "A2", " A3", "A4"]


@pytest.mark.parametrize("name", ["mine.sav", "mine.dta"])
def test_a_column_without_any_value_is_empty(tmp_path, name):
    """It has no value that could tell a number from a text."""
    frame = ANSWERS.assign(severity=[float("nan")] * 4, segment=[float("nan")] * 4)
    found = load("survey", saved(tmp_path, name, frame), values=OURS)
    assert column(found, "severity") == column(found, "segment") == [None] * 4


def test_nothing_is_said_of_columns_that_play_no_role(tmp_path):
    """Transactions keep no other columns: neither labels nor missing values of 'reason' matter."""
    frame = pd.DataFrame(
        {
            "customer_id": ["A1", "A2"],
            "date": [datetime.date(2024, 1, 31)] * 2,
            "amount": [1.0, 2.0],
            "reason": [1.0, 9.0],
        }
    )
    labels, missing = {"reason": {1: "gift"}}, {"reason": [9]}
    path = saved(tmp_path, frame=frame, variable_value_labels=labels, missing_ranges=missing)
    assert (
        told(load("transactions", path))
        .keys()
        .isdisjoint({"Labels of values", "Declared as missing"})
    )


def test_bad_rows_are_counted_from_one(tmp_path):
    """These files have no header line: the second row of data is row 2, as SPSS shows it."""
    frame = ANSWERS.assign(group=[1.0, None, 3.0, 3.0])
    assert "column 'group' is empty in 1 row (row 2)" in refused(
        saved(tmp_path, frame=frame), values=OURS
    )


def old(folder):
    """Return an SPSS file as of before 2010: Western letters and no word of it."""
    frame = ANSWERS.assign(segment=["a", "añ", "c", "d"])
    path = saved(folder, frame=frame)
    content = path.read_bytes()
    assert content.count("ñ".encode()) == 1
    content = content.replace("ñ".encode(), b"\xf1 ").replace(b"UTF-8", b"ASCII")
    path.write_bytes(content)
    return path


def test_letters_of_an_old_file_are_asked_for_and_can_be_told(tmp_path):
    """0xF1 is no ASCII; in Windows' Western letters it is ñ."""
    path = old(tmp_path)
    message = refused(path)
    assert "its text is not in the encoding the file names" in message
    assert "formats: {survey: {encoding: cp1252}}" in message
    found = load("survey", path, values=OURS, formats={"encoding": "cp1252"})
    assert column(found, "segment") == ["a", "añ", "c", "d"]
    assert told(found)["Letters written in"] == "cp1252"


@pytest.mark.parametrize("encoding", ["mac-roman", "utf-16", "cp037"])
def test_an_encoding_that_no_such_file_has_is_refused(tmp_path, encoding):
    """pyreadstat does not know Macintosh's letters; in the others not even an a is an a."""
    message = refused(saved(tmp_path), formats={"encoding": encoding})
    assert f"its text cannot be read as {encoding}" in message
    assert "formats: {survey: {encoding: cp1252}}" in message


def test_letters_of_an_old_stata_file_can_be_told(tmp_path):
    """Before version 14 Stata kept no word of its letters; Windows' are taken, with a second look at others."""
    frame = ANSWERS.assign(
        segment=["a", "añ", "c", "d"]
    )  # pyreadstat writes UTF-8 whatever the version
    path = saved(tmp_path, "mine.dta", frame, version=12)
    found = load("survey", path, values=OURS, formats={"encoding": "utf-8"})
    assert column(found, "segment") == ["a", "añ", "c", "d"]


def test_a_stata_file_with_bytes_that_are_no_utf8_is_refused(tmp_path):
    frame = ANSWERS.assign(segment=["a", "añ", "c", "d"])
    path = saved(tmp_path, "mine.dta", frame)
    path.write_bytes(path.read_bytes().replace("ñ".encode(), b"\xf1x"))
    assert "its text is not in the encoding the file names" in refused(path, values=OURS)


@pytest.mark.parametrize("count", [b"\x04\x01\x00\x00\x00", b"\x04\x00\x00\x00\x01"])
def test_a_stata_file_with_fewer_rows_than_it_says_is_refused(tmp_path, count):
    """Four rows are there; a wrong byte in the count makes them 260, or 4 and 2**32."""
    path = saved(tmp_path, "mine.dta")
    path.write_bytes(path.read_bytes().replace(b"<N>\x04\x00\x00\x00\x00", b"<N>" + count))
    assert "the file cannot be read: " in refused(path)


def test_settings_of_text_files_are_no_settings_here(tmp_path):
    assert "'delimiter' says nothing about this source" in refused(
        saved(tmp_path), formats={"delimiter": ";"}
    )


@pytest.mark.parametrize("name", ["mine.sav", "mine.zsav", "mine.dta"])
def test_a_file_cut_anywhere_is_refused(tmp_path, name):
    """Whatever is missing at the end, rows or labels, the file is not read as if it were whole."""
    path = saved(tmp_path, name)
    whole = path.read_bytes()
    for size in [0, *range(5, len(whole), len(whole) // 30), len(whole) - 1]:
        path.write_bytes(whole[:size])
        refused(path, values=OURS)


def test_labels_lost_at_the_end_of_an_old_stata_file_are_told(tmp_path):
    """Up to version 12 nothing marks the end: rows are whole, but the labels a column names are gone."""
    path = saved(tmp_path, "mine.dta", version=12)
    content = path.read_bytes()
    cut = content.index(b"no_failure")
    path.write_bytes(content[:cut])
    codes = {"group": {1: "no_failure", 2: "failure", 3: "recovered"}}
    found = load("survey", path, values=codes)
    assert "'group'" in told(found)["Labels that are not in the file"]


@pytest.mark.parametrize("name", ["mine.sav", "mine.dta"])
def test_other_files_by_such_a_name_are_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text("respondent_id,group\n1,failure\n" * 50)
    assert "the file cannot be read: " in refused(path)


def test_a_date_outside_the_calendar_is_refused(tmp_path):
    """The year 10001 is after the last that can be written as a date."""
    frame = pd.DataFrame({"customer_id": ["A1"], "date": [3e11], "amount": [1.0]})
    path = saved(
        tmp_path, frame=frame, variable_value_labels={}, variable_format={"date": "DATE11"}
    )
    assert "a date lies outside the calendar" in refused(path, "transactions")
