"""Cards of key findings: units completed, bars on an honest scale, every verdict with sign and word."""

import pytest

from retorno.findings import Definition
from retorno.language import unit_rest
from retorno.report.cards import EDGE, SIGNS, WIDTH, cards, shared_scale


def finding(name, estimate, low, high, *, unit="ratio", verdict="above"):
    return (
        Definition(name, name, "meaning", unit, "sign")
        .state(estimate, "Sentence.", interval=(low, high), level=0.95, verdict=verdict)
        .record()
    )


def test_a_bar_holds_interval_and_line_in_proportion():
    """Line at 1, interval 1.5 to 2 around 1.8: the scale runs from 1 to 2, so half, eight tenths and the end."""
    (card,) = cards(["a"], [finding("a", 1.8, 1.5, 2.0)], {"a": 1})
    inside = WIDTH - 2 * EDGE
    assert card.bar.reference == EDGE
    assert card.bar.low == pytest.approx(EDGE + 0.5 * inside, abs=0.05)
    assert card.bar.estimate == pytest.approx(EDGE + 0.8 * inside, abs=0.05)
    assert card.bar.high == WIDTH - EDGE


def test_bars_of_one_unit_and_line_share_a_scale():
    """1 to 2 and 1 to 5 on the scale 1 to 5: the first ends at a quarter. Another unit has a scale of its own."""
    found = [
        finding("a", 1.5, 1.2, 2.0),
        finding("b", 3.0, 2.0, 5.0),
        finding("c", 3.0, 2.0, 5.0, unit="EUR per customer"),
    ]
    first, second, third = cards("abc", found, {"a": 1, "b": 1, "c": 0})
    assert first.bar.high == pytest.approx(EDGE + (WIDTH - 2 * EDGE) / 4, abs=0.05)
    assert first.bar.reference == second.bar.reference == EDGE
    assert third.bar.high == WIDTH - EDGE
    assert shared_scale("abc", found, {"a": 1, "b": 1, "c": 0})
    assert not shared_scale("ac", found, {"a": 1, "b": 1, "c": 0})


def test_an_interval_of_no_width_on_its_line_stands_in_the_middle():
    (card,) = cards(["a"], [finding("a", 0.0, 0.0, 0.0, verdict="undecided")], {"a": 0})
    assert card.bar.low == card.bar.high == card.bar.reference == WIDTH / 2


def test_without_a_line_there_is_no_bar_and_the_interval_stands_in_words():
    (card,) = cards(["a"], [finding("a", 3.0, 2.0, 5.0, verdict="below")], {})
    assert card.bar is None
    assert card.interval == "95% interval 2.00 to 5.00"
    assert card.verdict == "below"


@pytest.mark.parametrize("verdict", SIGNS)
def test_every_verdict_has_a_sign_and_a_word_of_its_own(verdict):
    """By sign and word together no two verdicts look alike, and no placeholder is left."""
    (card,) = cards(["a"], [finding("a", 1.0, 0.5, 2.0, verdict=verdict)], {"a": 1})
    assert card.sign
    assert card.verdict
    assert "{" not in card.verdict
    others = [value for key, value in SIGNS.items() if key != verdict]
    assert SIGNS[verdict] not in others


@pytest.mark.parametrize(
    ("unit", "left"),
    [
        ("customers", "customers"),
        ("ratio", "times"),
        ("EUR per customer and month", "per customer and month"),
        ("share of the drop", "of the drop"),
        ("difference in share", ""),
        ("difference in share per month", "per month"),
        ("scale points", "scale points"),
    ],
)
def test_number_and_rest_together_give_the_unit_once(unit, left):
    """`language.quantity` writes the euro, the per cent and the points; what is left stands behind."""
    assert unit_rest(unit) == left


@pytest.mark.parametrize(
    ("reference", "unit", "line"),
    [
        (0, "EUR per customer", "zero"),
        (1, "ratio", "1"),
        (0.5, "ratio", "0.50"),
        (1, "share of cost", "100%"),
    ],
)
def test_the_line_is_named_in_the_unit_of_the_number(reference, unit, line):
    (card,) = cards(["a"], [finding("a", 2.0, 1.5, 2.5, unit=unit)], {"a": reference})
    assert card.bar.line == line
    assert card.verdict == f"above {line}"
