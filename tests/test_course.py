"""What a check tells: right, nothing yet, not an answer, another unit, which error, or that it cannot tell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from retorno.course import opened
from retorno.course.answers import Choice, Function, Interval, Number, Table
from retorno.course.desk import LESSONS
from retorno.course.exercise import Exercise, Mistake, checked, hinted, told_apart
from retorno.errors import ParameterError
from retorno.language import speaking


@dataclass(frozen=True)
class World:
    one: float = 0.25
    arms: tuple = ("a", "b")


def exercise(asks, key, *mistakes):
    return Exercise(
        "9.9",
        asks,
        key,
        "So it is.",
        tuple(Mistake(*each) for each in mistakes),
        ("First.", "Last."),
    )


SHARE = exercise(
    Number("share"),
    lambda world: world.one,
    (lambda world: 0.4, "This is the response."),
    (lambda world: 0.5, "This is the lift."),
)


def told(answer, of=SHARE):
    return checked(of, answer, World())


@pytest.mark.parametrize(
    "answer", [0.25, 0.2501, np.float64(0.25), np.array([0.25]), pd.Series([0.25], index=["x"])]
)
def test_a_right_number_may_come_in_many_forms(answer):
    assert told(answer).status == "right"
    assert told(answer).right
    assert "So it is." in repr(told(answer))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (None, "empty", "Not yet"),
        (..., "empty", "a fraction"),
        ("", "empty", "Not yet"),
        ("0.25", "type", "got text"),
        (True, "type", "a truth value"),
        ([0.25, 0.3], "type", "a list"),
        (float("nan"), "type", "divided by zero"),
        (float("inf"), "type", "divided by zero"),
        (lambda: 0.25, "type", "a function"),
        (25, "unit", "per cent"),
        (0.4, "mistake", "This is the response."),
        (50, "mistake", "This is the lift. Yours is in per cent"),
        (-0.25, "mistake", "sign"),
        (0.254, "unknown", "close"),
        (0.3, "unknown", "rounded too far"),
        (0.33, "unknown", 'hint("9.9")'),
    ],
)
def test_each_kind_of_wrong_answer_has_words_of_its_own(answer, status, words):
    assert told(answer).status == status
    assert words in told(answer).message


def test_a_finding_is_not_its_number():
    class Finding:
        estimate = 0.25

    assert ".estimate" in told(Finding()).message


def test_no_reply_to_a_wrong_answer_holds_the_key():
    """0.2513 stands in no message, whatever is answered."""
    of = exercise(Number("share"), lambda world: 0.2513, (lambda world: 0.7, "This is another."))
    for answer in (None, "x", 25.13, 0.7, -0.2513, 0.2563, 3):
        assert "0.25" not in told(answer, of).message.replace("0.25, and not 25", "")
        assert "25.13" not in told(answer, of).message


def test_an_answer_that_several_errors_lead_to_is_told_all_of_them():
    of = exercise(
        Number("euros"), lambda w: 1.0, (lambda w: 2.0, "One error."), (lambda w: 2.0, "Another.")
    )
    assert "One error." in told(2, of).message
    assert "Another." in told(2, of).message


BOUNDS = exercise(
    Interval("euros"), lambda w: (1.0, 2.0), (lambda w: (0.0, 3.0), "This is for one customer.")
)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((1, 2), "right", ""),
        (np.array([1.01, 2.0]), "right", ""),
        ([1.1, 2.0], "unknown", "the lower bound"),
        ((0.9, 2.1), "unknown", "too wide"),
        ((1.1, 1.9), "unknown", "too narrow"),
        ((3, 4), "unknown", "The width is right"),
        ((-2, -1), "mistake", "sign"),
        ((100, 200), "unit", "cents"),
        ((0, 3), "mistake", "one customer"),
        ((2, 1), "type", "above the second"),
        (1.5, "type", "got a number"),
        (np.float64(1.5), "type", "got a number"),
        ((1, 1.5, 2), "type", "here are 3"),
        ((), "empty", "Not yet"),
    ],
)
def test_an_interval_is_held_against_its_width(answer, status, words):
    """Width 1, so a bound may lie 0.02 from the key's."""
    assert told(answer, BOUNDS).status == status
    assert words in told(answer, BOUNDS).message


TABLE = exercise(
    Table("arm", {"n": "count", "mean": "euros"}),
    lambda w: pd.DataFrame({"arm": ["a", "b"], "n": [10, 20], "mean": [1.0, 2.0]}),
    (
        lambda w: pd.DataFrame({"arm": ["a", "b"], "n": [10, 20], "mean": [10.0, 40.0]}),
        "These are sums.",
    ),
)


def frame(**columns):
    return pd.DataFrame({"arm": ["a", "b"], "n": [10, 20], "mean": [1.0, 2.0]} | columns)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (frame(), "right", ""),
        (frame().set_index("arm").iloc[::-1].assign(more=1), "right", ""),
        (frame().set_index("arm").rename_axis(None), "right", ""),
        (frame().drop(columns="arm"), "type", "lacks `arm`"),
        (frame(mean=pd.Series([None, 2.0], dtype=object)), "type", "nothing (None)"),
        (frame(mean=[10.0, 40.0]), "mistake", "These are sums."),
        (frame(mean=[100.0, 200.0]), "unit", "cents"),
        (frame(mean=[1.0, 9.0]), "unknown", "3 of 4 values fit"),
        (frame(mean=[1.0, 9.0]), "unknown", 'column `mean`, in the row of `arm` "b"'),
        (frame()[:1], "unknown", 'Not there: column `n`, in the row of `arm` "b"'),
        (frame(arm=["a", "a"]), "type", "twice"),
        (frame().drop(columns="mean"), "type", "lacks `mean`"),
        (frame(mean=["x", "y"]), "type", "got text"),
        (3, "type", "a table with a row for each `arm`"),
        (frame()[:0], "empty", "Not yet"),
    ],
)
def test_a_table_is_compared_cell_by_cell(answer, status, words):
    assert told(answer, TABLE).status == status
    assert words in told(answer, TABLE).message


def test_a_column_serves_as_a_table_of_one():
    of = exercise(
        Table("arm", {"n": "count"}),
        lambda w: pd.Series([1, 2], index=["a", "b"]).rename_axis("arm"),
    )
    assert told(pd.Series({"a": 1, "b": 2}).rename_axis("arm"), of).right


PAYBACK = exercise(
    Function(("curve", "cost"), lambda w: [([1, 2, 3], 2), ([1, 1], 5)], "days"),
    lambda w: lambda curve, cost: next((i for i, v in enumerate(curve) if v >= cost), None),
    (
        lambda w: lambda curve, cost: next((i for i, v in enumerate(curve, 1) if v >= cost), None),
        "This counts from 1.",
    ),
)


def broken(curve, cost):
    return curve[0] / (cost - 2)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda c, k: next((i for i, v in enumerate(c) if v >= k), None), "right", ""),
        (
            lambda c, k: next((i for i, v in enumerate(c, 1) if v >= k), None),
            "mistake",
            "from 1",
        ),
        (lambda c, k: None, "empty", "Is a `return` missing?"),
        (lambda c, k: ..., "empty", "Is a `return` missing?"),
        (lambda c, k: 9, "unknown", "what it returns for (curve=[1, 2, 3], cost=2). Yours is 9."),
        (lambda c, k: 1.0, "unknown", "1 of 2 values fit"),
        (lambda c, k: np.nan, "type", "return `None`"),
        (lambda c: 9, "type", "stopped with TypeError"),
        (broken, "type", "for (curve=[1, 2, 3], cost=2) it stopped with ZeroDivisionError"),
        (lambda c, k: "one", "type", "got text"),
        (3, "type", "a function of (curve, cost)"),
    ],
)
def test_a_function_is_tried(answer, status, words):
    assert told(answer, PAYBACK).status == status
    assert words in told(answer, PAYBACK).message


def test_a_function_that_returns_too_few_numbers_is_told_which_is_missing():
    of = exercise(Function(("n",), lambda w: [(1,)], "sd"), lambda w: lambda n: (1.0, 2.0))
    assert "Not there: number 2 of what it returns for (n=1)" in told(lambda n: 1.0, of).message


def test_trials_that_look_alike_in_short_are_all_tried():
    """Both lists are shown as [0, 0, 0, 0, 0, 0, ...]."""
    lists = [[0] * 9 + [last] for last in (1, 2)]
    of = exercise(Function(("x",), lambda w: [(x,) for x in lists], "days"), lambda w: sum)
    assert told(lambda x: 2, of).status == "unknown"


def test_a_function_that_spoils_its_arguments_spoils_none_of_ours():
    def sorting(curve, cost):
        curve.clear()

    world, seen = World(), [1, 2, 3]
    of = exercise(
        Function(("curve", "cost"), lambda w: [(seen, 1)], "days"), lambda w: lambda c, k: len(c)
    )
    checked(of, sorting, world)
    assert seen == [1, 2, 3]


WORD = exercise(Choice(("email", "nobody")), lambda w: "email", (lambda w: "nobody", "One earns."))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (" Email ", "right", ""),
        ("nobody", "mistake", "One earns."),
        ("letter", "type", '"letter" is none of them'),
        (1, "type", "a number"),
        (None, "empty", 'one of `"email"`'),
    ],
)
def test_a_choice_is_one_of_its_words(answer, status, words):
    assert told(answer, WORD).status == status
    assert words in told(answer, WORD).message


def test_hints_come_in_steps_and_end_with_the_last():
    assert "Hint 1 of 2. First." in repr(hinted(SHARE, 1))
    assert 'hint("9.9", 2)' in repr(hinted(SHARE, 1))
    assert hinted(SHARE, 7) == hinted(SHARE, 2)
    assert "next" not in repr(hinted(SHARE, 2))


@pytest.mark.parametrize(
    ("led", "apart"),
    [
        ((0.4, 0.5), True),
        ((0.2505, 0.5), False),
        ((0.4, 0.4), False),
        ((25.0, 0.5), False),
        ((0.4, 40.0), False),
    ],
)
def test_data_are_told_by_whether_errors_can_be_told_apart(led, apart):
    """An error that leads to the key or to what another error leads to, in any unit, cannot be named."""
    mistakes = [(lambda world, value=value: value, f"Error {n}.") for n, value in enumerate(led)]
    of = exercise(Number("share"), lambda world: 0.25, *mistakes)
    assert told_apart([of, WORD], World()) is apart


def test_a_check_says_in_its_output_how_it_went():
    shown = told(0.4)._repr_mimebundle_()
    assert shown["application/vnd.retorno.check+json"] == {"exercise": "9.9", "status": "mistake"}


def test_a_student_gets_the_same_data_each_time_however_the_name_is_written():
    one, other = opened(7, student="Çelik "), opened(7, student="celik")
    assert one.data.contacts.equals(other.data.contacts)
    assert not one.data.contacts.equals(opened(7, student="ana").data.contacts)


def test_what_a_student_does_to_the_data_does_not_move_the_key():
    lesson, other = (opened(7, student="ana") for _ in range(2))
    treated = other.data.contacts["arm"] != "holdout"
    shares = other.data.contacts.groupby(treated)["returned"].mean()
    lesson.data.contacts.drop(lesson.data.contacts.index[100:], inplace=True)  # noqa: PD002
    lesson.data.contacts["returned"] = 1
    assert lesson.check("7.2", shares[True] - shares[False]).right
    assert lesson.check(7.2, None).status == "empty"  # as a number too


@pytest.mark.parametrize(
    ("number", "student", "words"),
    [(11, "ana", "1 to 10"), (0, "ana", "1 to 10"), (7, " ", "empty")],
)
def test_what_cannot_be_opened_says_why(number, student, words):
    with pytest.raises(ParameterError, match=words):
        opened(number, student=student)


def test_an_exercise_that_is_not_there_names_the_nearest():
    lesson = opened(7, student="ana")
    with pytest.raises(ParameterError, match=r"no exercise '7\.9'.*7\.1"):
        lesson.check("7.9", 1)
    with pytest.raises(ParameterError, match=r"6\.1"):
        lesson.hint("6.1")


def test_claims_are_those_of_the_ledger_in_the_language_spoken():
    with speaking("es"):
        shown = opened(7, student="ana", language="es").claims().bundle["text/plain"]
    assert "Hay que elegir a quién reactivar." in shown


def test_there_are_ten_lessons():
    assert len(LESSONS) == 10
