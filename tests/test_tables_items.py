"""Scales of several items: what may be asked, how the mean is formed, and what is said of it."""

import numpy as np
import pandas as pd
import pytest
import yaml

from retorno import display
from retorno.errors import ParameterError
from retorno.tables import checks, connect
from retorno.tables.cells import Reading
from retorno.tables.contracts import contract
from retorno.tables.items import Items
from retorno.tables.names import mapped

SURVEY = contract("survey")
NAN = float("nan")


def items(given, columns=None, table="survey"):
    return Items.of(contract(table), given, columns or {})


def read(asked, cells, columns=None):
    """Return the frame under our names, as a table is read: mapped by the items' contract, converted."""
    con = connect()
    theirs, problems = mapped(
        asked.contract(), list(cells), {**(columns or {}), **asked.columns(list(cells))}, {}
    )
    assert problems == []
    given = con.create_table(
        "given", pd.DataFrame({f"c{i}": cells[name] for i, name in enumerate(cells)})
    )
    readings = {
        ours: Reading(
            f"c{list(cells).index(name)}",
            asked.contract()[ours].kind if ours in asked.contract() else "text",
        )
        for ours, name in theirs.items()
    }
    return con.create_table("read", given.select(**checks.converted(given, readings))), theirs


def scores(asked, cells, name="satisfaction"):
    frame, _ = read(asked, cells)
    return asked.scored(frame).to_pandas()[name].tolist()


ANSWERS = {
    "respondent_id": ["a", "b", "c", "d", "e"],
    "sat1": ["7", "2", "4", "", ""],
    "sat2": ["6", "3", "", "5", ""],
    "sat3": ["2", "7", "3", "", ""],
}
THREE = {"of": ["sat1", "sat2", "sat3"], "reversed": ["sat3"], "scale": [1, 7]}


def test_a_score_is_the_mean_of_the_items_answered_with_reversed_ones_turned_round():
    """Third item as 8 - answer: (7 + 6 + 6)/3, (2 + 3 + 1)/3, (4 + 5)/2; one and no item are below two of three."""
    got = scores(items({"satisfaction": THREE}), ANSWERS)
    assert got == pytest.approx([19 / 3, 2, 4.5, NAN, NAN], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (1, [19 / 3, 2, 4.5, 5, NAN]),
        (2, [19 / 3, 2, 4.5, NAN, NAN]),
        (3, [19 / 3, 2, NAN, NAN, NAN]),
    ],
)
def test_answered_says_how_many_items_a_score_needs(answered, expected):
    """Respondents answered 3, 3, 2, 1 and 0 items; nobody without an answer gets a score."""
    got = scores(items({"satisfaction": THREE | {"answered": answered}}), ANSWERS)
    assert got == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(("k", "expected"), [(2, 1), (3, 2), (4, 2), (5, 3)])
def test_half_of_the_items_rounded_up_is_enough_by_default(k, expected):
    """Rounded up, so that two of three are at least half."""
    (mean,) = items({"satisfaction": [f"q{i}" for i in range(k)]}).means
    assert mean.answered == expected


def test_the_short_form_is_the_list_alone():
    assert items({"satisfaction": ["q1", "q2"]}) == items({"satisfaction": {"of": ["q1", "q2"]}})
    assert items({"satisfaction": [1, 2]}).wanted == {"1", "2"}


def test_no_items_change_nothing():
    """So that a table is read by the same lines with and without items."""
    asked = items(None)
    assert asked.contract() == SURVEY
    assert (asked.wanted, asked.columns(["a"]), asked.problems(["a"])) == (set(), {}, [])
    assert asked.facts(["satisfaction"], {"satisfaction": "satisfaction"}) == ()
    assert asked.values({"group": {"x": "failure"}}) == {"group": {"x": "failure"}}
    frame, theirs = read(asked, {"respondent_id": ["a"], "satisfaction": ["3"]})
    assert asked.scored(frame).to_pandas().equals(frame.to_pandas())
    assert asked.named(theirs) == theirs
    assert asked.measured(frame).scales == ()


def test_items_stand_in_the_contract_in_the_place_of_their_mean():
    asked = items({"satisfaction": THREE}).contract()
    assert asked.names[:6] == [
        "respondent_id",
        "group",
        "satisfaction item 1",
        "satisfaction item 2",
        "satisfaction item 3",
        "satisfaction_before",
    ]
    item = asked["satisfaction item 1"]
    assert (item.kind, item.minimum, item.maximum, item.may_be_empty) == ("number", 1, 7, True)


def test_answers_outside_the_scale_and_no_numbers_are_problems_of_the_item():
    """8 is above 7, 0 below 1, 'x' no number; the reversed item is judged as it was answered."""
    asked = items({"satisfaction": THREE})
    cells = ANSWERS | {
        "sat1": ["8", "2", "4", "", ""],
        "sat2": ["x", "1", "2", "3", "4"],
        "sat3": ["0", "1", "7", "1", "7"],
    }
    frame, _ = read(asked, cells)
    _, broken = checks.failures(asked.contract(), frame, {})
    found = {(each.columns[0].name, each.rule) for each in broken}
    assert found == {
        ("satisfaction item 1", "maximum"),
        ("satisfaction item 2", "readable number"),
        ("satisfaction item 3", "minimum"),
    }


def test_a_weight_of_several_items_keeps_the_rules_of_a_weight():
    """A weight is never empty nor below 0: so are its items, whatever the scale allows, and all are needed."""
    asked = items({"weight": {"of": ["w1", "w2"], "scale": [-3, 3]}})
    item = asked.contract()["weight item 1"]
    assert (item.minimum, item.maximum, item.may_be_empty) == (0, 3, False)
    assert asked.means[0].answered == 2
    cells = {"respondent_id": ["a", "b"], "w1": ["1", "2"], "w2": ["2", "2"]}
    assert scores(asked, cells, "weight") == [1.5, 2]


def test_two_scales_are_read_side_by_side():
    asked = items({"satisfaction": ["s1", "s2"], "satisfaction_before": ["b1", "b2"]})
    cells = {"s1": ["1", "2"], "b1": ["3", "3"], "s2": ["2", "2"], "b2": ["4", "4"]}
    frame, theirs = read(asked, {"respondent_id": ["a", "b"], **cells})
    scored = asked.scored(frame).to_pandas()
    assert scored["satisfaction"].tolist() == [1.5, 2]
    assert scored["satisfaction_before"].tolist() == [3.5, 3.5]
    assert asked.named(theirs) == {
        "respondent_id": "respondent_id",
        "satisfaction": "s1, s2",
        "satisfaction_before": "b1, b2",
    }


def test_values_of_a_scale_hold_for_its_items_and_those_of_an_item_go_first():
    asked = items({"satisfaction": ["s1", "s2"]})
    got = asked.values(
        {
            "satisfaction": {"good": "7", "bad": "1"},
            "s2": {"bad": "2"},
            "group": {"x": "failure"},
        }
    )
    assert got == {
        "group": {"x": "failure"},
        "satisfaction item 1": {"good": "7", "bad": "1"},
        "satisfaction item 2": {"good": "7", "bad": "2"},
    }


def test_a_column_of_the_file_called_as_the_scale_is_told_and_not_read():
    """Its 9s must not reach the score of 1 and 3."""
    asked = items({"satisfaction": ["s1", "s2"]})
    cells = {"respondent_id": ["a"], "satisfaction": ["9"], "s1": ["1"], "s2": ["3"]}
    assert scores(asked, cells) == [2]
    made, instead = asked.facts(list(cells), asked.columns(list(cells)))
    assert made.how == ("satisfaction is the mean of 's1', 's2'; at least 1 item must be answered")
    assert (instead.what, instead.how) == ("Read as items instead of", "'satisfaction'")


def test_an_item_may_be_called_as_the_scale_is():
    asked = items({"satisfaction": ["satisfaction", "s2"]})
    cells = {"respondent_id": ["a"], "satisfaction": ["9"], "s2": ["3"]}
    assert scores(asked, cells) == [6]
    assert len(asked.facts(list(cells), asked.columns(list(cells)))) == 1


def test_a_column_called_as_the_scale_may_be_another_of_ours():
    """It is read as the severity, so it is not told as unread."""
    asked = items({"satisfaction": ["s1", "s2"]}, {"severity": "satisfaction"})
    cells = {"respondent_id": ["a"], "satisfaction": ["9"], "s1": ["1"], "s2": ["3"]}
    frame, theirs = read(asked, cells, {"severity": "satisfaction"})
    scored = asked.scored(frame).to_pandas()
    assert (scored["satisfaction"][0], scored["severity"][0]) == (2, 9)
    assert len(asked.facts(list(cells), theirs)) == 1


@pytest.mark.parametrize("extra", ["recency", "Recency"])
def test_where_other_columns_are_kept_the_items_still_win(extra):
    """Contacts keep every other column, and the engine does not tell capitals apart."""
    asked = items({"recency": ["r1", "r2"]}, table="contacts")
    cells = {"arm": ["holdout"], extra: ["9"], "r1": ["1"], "r2": ["3"]}
    frame, theirs = read(asked, cells)
    scored = asked.scored(frame)
    assert asked.named(theirs) == {"arm": "arm", "recency": "r1, r2"}
    assert scored.select(*asked.named(theirs)).to_pandas().to_dict("list") == {
        "arm": ["holdout"],
        "recency": [2.0],
    }
    assert asked.facts(list(cells), theirs)[1].how == repr(extra)


def test_an_item_the_file_does_not_have_is_a_problem_and_its_scale_is_not_formed():
    asked = items({"satisfaction": ["sat1", "sat2", "sad3"], "severity": ["v1", "v2"]})
    cells = {**ANSWERS, "v1": ["1"] * 5, "v2": ["2"] * 5}
    assert asked.problems(list(cells)) == [
        "items: satisfaction is to be made of 'sad3', which the file does not have. It has "
        "'respondent_id', 'sat1', 'sat2', 'sat3', 'v1', 'v2'. Did you mean 'sat3'?"
    ]
    frame, theirs = read(asked, cells)
    shown = asked.named(theirs)
    assert list(shown) == [
        "respondent_id",
        "satisfaction item 1",
        "satisfaction item 2",
        "severity",
    ]
    assert asked.scored(frame).select(*shown).to_pandas()["severity"].tolist() == [1.5] * 5
    assert [scale.ours for scale in asked.measured(frame).scales] == ["severity"]


@pytest.mark.parametrize(
    ("given", "columns", "message"),
    [
        (["sat1"], {}, "items: survey wants names with lists of columns; got ['sat1']."),
        (
            {"group": ["a", "b"]},
            {},
            "items: 'group' is no column of survey that can be a mean; there are satisfaction, ",
        ),
        ({"satisfacton": ["a", "b"]}, {}, "Did you mean 'satisfaction'?"),
        (
            {"satisfaction": {"of": ["a", "b"], "reverse": ["a"]}},
            {},
            "items: survey.satisfaction has no 'reverse'; there are of, reversed, scale, answered. "
            "Did you mean 'reversed'?",
        ),
        (
            {"satisfaction": ["a"]},
            {},
            "items: survey.satisfaction.of wants two columns or more (for a single one: "
            "columns: {survey: {satisfaction: a}}); got ['a'].",
        ),
        (
            {"satisfaction": {"scale": [1, 7]}},
            {},
            "items: survey.satisfaction.of wants two columns or more",
        ),
        (
            {"satisfaction": "a"},
            {},
            "items: survey.satisfaction.of wants a list of columns of the file; got 'a'.",
        ),
        (
            {"satisfaction": ["a", True]},
            {},
            "items: survey.satisfaction.of wants a list of columns of the file; got ['a', True].",
        ),
        (
            {"satisfaction": {"of": ["a", "b"], "reversed": ["b"]}},
            {},
            "items: survey.satisfaction.reversed needs the ends of the scale, as scale: [1, 7].",
        ),
        (
            {"satisfaction": {"of": ["sat1", "sat2"], "reversed": ["sta2"], "scale": [1, 7]}},
            {},
            "items: survey.satisfaction.reversed wants columns that are items (sat1, sat2); "
            "got 'sta2'. Did you mean 'sat2'?",
        ),
        *(
            (
                {"satisfaction": {"of": ["a", "b"], "scale": scale}},
                {},
                "items: survey.satisfaction.scale wants the lowest and the highest answer, as "
                f"[1, 7]; got {scale!r}.",
            )
            for scale in ([7, 1], [1], 7, ["1", "7"], [1, True], [1, float("inf")], [1, 1])
        ),
        *(
            (
                {"satisfaction": {"of": ["a", "b"], "answered": answered}},
                {},
                "items: survey.satisfaction.answered wants a number of items from 1 to 2; "
                f"got {answered!r}.",
            )
            for answered in (0, 3, True, 1.5, "2")
        ),
        (
            {"satisfaction": ["a", "b", "a"]},
            {},
            "items: survey names column 'a' twice, or columns names it too; a column is one thing.",
        ),
        (
            {"satisfaction": ["a", "b"], "severity": ["c", "b"]},
            {},
            "items: survey names column 'b' twice",
        ),
        (
            {"satisfaction": ["a", "b"]},
            {"severity": "b"},
            "items: survey names column 'b' twice, or columns names it too",
        ),
        (
            {"satisfaction": ["a", "b"]},
            {"satisfaction": "c"},
            "'satisfaction' of survey is in columns and in items; leave one out.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(given, columns, message):
    with pytest.raises(ParameterError) as caught:
        items(given, columns)
    assert message in str(caught.value)


def test_a_count_that_must_be_whole_is_no_mean():
    """The month of a margin."""
    with pytest.raises(
        ParameterError, match="no column of margins that can be a mean; there are none"
    ):
        items({"month": ["a", "b"]}, table="margins")


def measured(given, answers, level=0.95):
    """Return the scale `satisfaction` of columns of numbers, NaN where empty."""
    cells = {
        name: ["" if np.isnan(x) else f"{x:g}" for x in column] for name, column in answers.items()
    }
    asked = items({"satisfaction": given})
    frame, _ = read(asked, {"respondent_id": [f"r{i}" for i in range(len(cells["q1"]))], **cells})
    (scale,) = asked.measured(frame, level=level).scales
    return scale


def test_alpha_and_respondents_are_told():
    """Complete answers 1, 2, 3 beside 2, 2, 5 have alpha 6/7 and bounds 1 - 39/7 and 1 - 1/273 (see reliability).

    One respondent answered one of the two, which is half; one answered none.
    """
    scale = measured(["q1", "q2"], {"q1": [1, 2, 3, 4, NAN], "q2": [2, 2, 5, NAN, NAN]})
    assert (scale.n_all, scale.n_some, scale.n_too_few) == (3, 1, 1)
    assert scale.alpha.alpha == pytest.approx(6 / 7, rel=1e-12)
    assert scale.sentences() == [
        "satisfaction: Cronbach's alpha 0.86 (95% interval −4.57 to 1.00; 3 respondents, 2 items).",
        "satisfaction: 3 answered every item, 1 at least 1, 1 fewer and so have no score.",
        "satisfaction: its items hold answers from 1 to 5; with a line as scale: [1, 7] any other is told.",
    ]


def test_alpha_is_of_the_items_counted_one_way():
    """With the second item turned round (8 - answer) the answers are those of the test above."""
    scale = measured(
        {"of": ["q1", "q2"], "reversed": ["q2"], "scale": [1, 7]},
        {"q1": [1, 2, 3], "q2": [6, 6, 3]},
    )
    assert scale.alpha.alpha == pytest.approx(6 / 7, rel=1e-12)
    assert scale.against == {}


@pytest.mark.parametrize(
    ("q2", "why"),
    [
        ([2, 2, NAN], "every item was answered by 2 respondents, and alpha needs 3"),
        ([2, NAN, NAN], "every item was answered by 1 respondent, and alpha needs 3"),
        ([NAN, NAN, NAN], "every item was answered by 0 respondents, and alpha needs 3"),
        ([3, 2, 1], "the items add up to the same for everyone"),
    ],
)
def test_where_there_is_no_alpha_the_reason_is_told(q2, why):
    scale = measured(["q1", "q2"], {"q1": [1, 2, 3], "q2": q2})
    assert scale.alpha is None
    assert scale.sentences()[0] == f"satisfaction has no Cronbach's alpha: {why}."


AGAINST = {
    "q1": [1, 2, 3, 4, 5, 6, 7, 4],
    "q2": [2, 2, 3, 5, 4, 6, 6, 4],
    "q3": [7, 6, 5, 3, 4, 2, 1, 3],
}


def test_an_item_that_is_not_reversed_is_named_with_the_line_that_reverses_it():
    """Third item nearly 8 minus the others. The line, followed, gives a scale without complaint."""
    given = {"of": ["q1", "q2", "q3"], "scale": [1, 7]}
    scale = measured(given, AGAINST)
    assert scale.alpha.alpha < 0
    assert list(scale.against) == ["q3"]
    line = "items: {survey: {satisfaction: {of: [q1, q2, q3], reversed: [q3], scale: [1, 7], answered: 2}}}"
    alpha, _, warning = scale.sentences()
    assert alpha.endswith("A negative alpha says that the items contradict each other.")
    assert warning == (
        f"satisfaction: 'q3' (correlation −{-scale.against['q3']:.2f}) runs against 'q1', 'q2'. Read the "
        f"questions: if some ask for the opposite, count them the other way: {line}"
    )
    told = yaml.safe_load(line)["items"]["survey"]["satisfaction"]
    mended = measured(told, AGAINST)
    assert mended.alpha.alpha > 0.9
    assert len(mended.sentences()) == 2


def test_an_item_reversed_by_mistake_is_named_too():
    """The second item runs with the first in the file; reversed, it runs against: the line leaves it as it is."""
    given = {"of": ["q1", "q2", "q3"], "reversed": ["q2", "q3"], "scale": [1, 7]}
    scale = measured(given, AGAINST)
    assert list(scale.against) == ["q2"]
    assert "reversed: [q3]" in scale.ways[0]


def test_of_two_items_that_contradict_each_other_neither_is_blamed():
    """Nothing tells which one is worded the other way: both lines are shown, and the ends are to be filled in."""
    scale = measured(["q1", "q2"], {"q1": [1, 2, 3, 4], "q2": [4, 4, 2, 1]})
    assert len(scale.ways) == 2
    assert {way.split("reversed: ")[1][:4] for way in scale.ways} == {"[q1]", "[q2]"}
    assert all("scale: [lowest, highest]" in way for way in scale.ways)
    assert " or items: {survey:" in scale.sentences()[-1]


def test_the_scales_of_a_run_show_themselves_as_a_table():
    asked = items(
        {
            "satisfaction": {"of": ["q1", "q2", "q3"], "reversed": ["q3"], "scale": [1, 7]},
            "severity": ["v1", "v2"],
        }
    )
    cells = {name: [str(x) for x in column] for name, column in AGAINST.items()}
    cells |= {"respondent_id": list("abcdefgh"), "v1": ["1"] * 8, "v2": ["2"] * 7 + [""]}
    scales = asked.measured(read(asked, cells)[0], level=0.9)
    frame = scales.to_frame()
    assert list(frame.columns) == list(scales.columns())
    assert frame["scale"].tolist() == ["satisfaction", "severity"]
    assert frame["reversed"].tolist() == ["q3", ""]
    assert frame["n_all"].tolist() == [8, 7]
    assert frame["n_some"].tolist() == [0, 1]
    assert frame["alpha"].notna().tolist() == [True, False]
    assert frame["ci_low"][0] == scales.scales[0].alpha.ci_low
    assert scales.scales[0].alpha.level == 0.9
    shown = display.table(scales).bundle
    assert "with its 90% interval" in shown["text/plain"]
    assert "runs against" not in scales.table_caption()
    assert len(scales.sentences()) == 5
    assert "severity: its items hold answers from 1 to 2;" in scales.sentences()[-1]


def test_the_caption_of_the_table_warns_of_items_that_run_against():
    asked = items({"satisfaction": ["q1", "q2", "q3"]})
    cells = {name: [str(x) for x in column] for name, column in AGAINST.items()}
    scales = asked.measured(read(asked, {"respondent_id": list("abcdefgh"), **cells})[0])
    assert scales.table_caption().endswith("An item runs against the others in satisfaction.")
