"""Exports of Qualtrics: their header rows are no data, and test answers are never counted in silence."""

import csv
import io
import json

import pytest

from retorno.errors import TableError
from retorno.tables.load import load, understand
from retorno.tables.sources.qualtrics import header_rows, names_row

NAMES = ["StartDate", "Status", "Finished", "ResponseId", "DistributionChannel", "Q1", "Q2"]
TEXTS = ["Start Date", "Response Type", "Finished", "Response ID", "Distribution Channel"]
TEXTS += ["How satisfied\nare you, now?", "Group"]
IDS = ["startDate", "status", "finished", "_recordId", "distributionChannel", "QID1", "QID2"]
IMPORT = [json.dumps({"ImportId": each}, separators=(",", ":")) for each in IDS]
COLUMNS = {"respondent_id": "ResponseId", "group": "Q2", "satisfaction": "Q1"}


def answer(n, status="IP Address", channel="anonymous", finished="True", satisfaction="6"):
    group = "failure" if n % 2 else "recovered"
    return ["2024-01-05 10:00:00", status, finished, f"R_{n}", channel, satisfaction, group]


@pytest.fixture
def write(tmp_path):
    def write(rows, name="q.csv", encoding="utf-8"):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter="\t" if ".tsv" in name else ",").writerows(rows)
        file = tmp_path / name
        file.write_bytes(text.getvalue().encode(encoding))
        return file

    return write


def facts(loaded):
    return {fact.what: fact.how for fact in loaded.facts}


@pytest.mark.parametrize(
    ("name", "encoding"), [("q.csv", "utf-8"), ("q.csv", "utf-8-sig"), ("q.tsv", "utf-16")]
)
def test_the_three_header_rows_are_no_data(write, name, encoding):
    """Two answers; the bad one is in row 5: names, texts (two lines, one row), ids, answer, answer."""
    rows = [NAMES, TEXTS, IMPORT, answer(1), answer(2, satisfaction="often")]
    found = understand("survey", write(rows, name, encoding), columns=COLUMNS)
    assert found.rows == 2
    assert found.frame.to_pyarrow().to_pylist()[0] == {
        "respondent_id": "R_1",
        "group": "failure",
        "satisfaction": 6.0,
    }
    assert found.problems == (
        "column 'satisfaction' ('Q1' in the file) is no finite number in 1 row (row 5 'often').",
    )
    assert facts(found)["Kind of file"] == "export of Qualtrics"
    assert facts(found)["Header rows"] == "3"


def test_names_are_the_first_row_also_where_a_question_has_our_name(write):
    """The text of Q2 is "Group", our `group`; the names are still those of row 1."""
    with pytest.raises(TableError, match="The file has 'StartDate', 'Status', 'Finished'"):
        load("survey", write([NAMES, TEXTS, IMPORT, answer(1), answer(2)]))


@pytest.mark.parametrize(
    ("status", "channel"),
    [
        ("Survey Preview", "anonymous"),
        ("Survey Test", "anonymous"),
        ("Preview Spam", "anonymous"),
        ("Offline Preview", "anonymous"),
        ("IP Address", "preview"),
        ("IP Address", "test"),
        ("1", "anonymous"),
        ("2", "anonymous"),
        ("9", "anonymous"),
        ("17", "anonymous"),
    ],
)
def test_test_answers_are_bad_rows(write, status, channel):
    """Qualtrics' own words and numbers for previews and tests; the others are 0 or IP Address."""
    rows = [NAMES, TEXTS, IMPORT, answer(1), answer(2, status, channel), answer(3, "0"), answer(4)]
    file = write(rows)
    found = understand("survey", file, columns=COLUMNS)
    (problem,) = found.problems
    assert problem.startswith(
        "test answer or preview (column 'Status' or 'DistributionChannel') in 1 row (row 5)."
    )
    found = load("survey", file, columns=COLUMNS, on_bad_rows="set_aside")
    assert found.set_aside.frame["row"].tolist() == [5]
    assert found.frame.respondent_id.to_pyarrow().to_pylist() == ["R_1", "R_3", "R_4"]


def test_status_is_known_by_its_import_id_not_by_its_name(write):
    """A question named Status with answers 1 and 2 is the respondent's, the renamed one is Qualtrics'."""
    names = ["StartDate", "How", "Finished", "ResponseId", "Channel", "Status", "Q2"]
    rows = [names, TEXTS, IMPORT, answer(1, satisfaction="1"), answer(2, "Survey Test")]
    columns = {**COLUMNS, "satisfaction": "Status"}
    (problem,) = understand("survey", write(rows), columns=columns).problems
    assert problem.startswith(
        "test answer or preview (column 'How' or 'Channel') in 1 row (row 5)."
    )


def test_without_a_column_that_tells_them_no_answer_is_a_test(write):
    """Only the answers were exported."""
    rows = [row[3:4] + row[5:] for row in (NAMES, TEXTS, IMPORT, answer(1), answer(2))]
    found = load("survey", write(rows), columns=COLUMNS)
    assert found.rows == 2
    assert facts(found)["Header rows"] == "3"


def test_rows_deleted_by_hand_do_not_hide_test_answers(write):
    """Qualtrics' own names in one header row are enough; a Status among other names is not."""
    names, rest = ["EndDate", *NAMES], [["", *answer(1)], ["", *answer(2, "Survey Preview")]]
    found = understand("survey", write([names, *rest]), columns=COLUMNS)
    assert "test answer or preview" in found.problems[0]
    assert "(row 3)" in found.problems[0]
    names[0] = names[1] = "Day"
    found = understand("survey", write([names, *rest]), columns=COLUMNS)
    assert found.problems == ()
    assert "Kind of file" not in facts(found)


def test_the_legacy_export_has_two_header_rows(write):
    """V1 is the name, ResponseID what it is; Status 1 is a preview there too."""
    names = ["V1", "V2", "V8", "Q1", "Q2"]
    texts = ["ResponseID", "ResponseSet", "Status", "How satisfied?", "Group"]
    rows = [names, texts, ["R_1", "Default", "0", "6", "failure"]]
    rows.append(["R_2", "Default", "1", "7", "recovered"])
    columns = {**COLUMNS, "respondent_id": "V1"}
    found = understand("survey", write(rows), columns=columns)
    assert found.rows == 2
    (problem,) = found.problems
    assert problem.startswith("test answer or preview (column 'V8') in 1 row (row 4).")


def test_unfinished_answers_and_spam_are_kept_and_counted(write):
    """Two unfinished, one of them perhaps spam: whether they count is the researcher's to say."""
    rows = [NAMES, TEXTS, IMPORT, answer(1), answer(2, finished="False")]
    rows.append(answer(3, "Spam", finished="0"))
    found = load("survey", write(rows), columns=COLUMNS)
    assert found.rows == 3
    assert facts(found)["Unfinished answers"] == "2; they are kept"
    assert facts(found)["Answers that may be spam"] == "1; they are kept"


@pytest.mark.parametrize(
    ("rows", "names", "deep"),
    [
        ([NAMES, TEXTS, IMPORT, answer(1)], 0, 3),
        ([NAMES, IMPORT, answer(1)], 0, 2),
        ([["Export"], NAMES, TEXTS, IMPORT], 1, 3),
        ([NAMES, answer(1), answer(2)], None, 1),
        ([["a"], ['{"ImportId":"x"} said Ana'], ["b"]], 0, 2),
        ([["a", "b"], ['{"ImportId":"x"}', "no id"]], None, 1),
        ([], None, None),
    ],
)
def test_a_row_of_import_ids_shows_the_header(rows, names, deep):
    """All its filled cells are ids; the names stand two rows above, or one where texts were deleted."""
    assert names_row(rows) == names
    if rows:
        assert header_rows(rows, names or 0) == deep
