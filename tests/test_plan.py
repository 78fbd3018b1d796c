"""How many are needed and how often an effect is found: R, printed tables, hand calculations, simulation, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.recovery.plan import plan
from retorno.recovery import SmallestEffect, scored_survey
from retorno.recovery.worth.plan import DEFINITIONS, study_plan
from retorno.stats.power import (
    equivalence_power,
    n_for_difference,
    n_for_equivalence,
    n_for_pairs,
    observed_law,
    simulated_power,
)
from retorno.stats.student import welch
from retorno.tables import connect, read

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "power.json").read_text(encoding="utf-8")
)
CASES = [
    (i, j, d, power)
    for i, d in enumerate(REFERENCE["d"])
    for j, power in enumerate(REFERENCE["target"])
]
SEVEN = np.repeat(np.arange(1.0, 8), [2, 4, 6, 12, 22, 33, 21])  # a hundred answers


@pytest.mark.parametrize(("i", "j", "d", "power"), CASES)
def test_numbers_needed_are_those_of_r(i, j, d, power):
    """power.t.test rounded up; two one-sided tests by R's integrate() and a search."""
    assert n_for_difference(d, power=power) == np.ceil(REFERENCE["difference"][i][j])
    assert n_for_pairs(d, power=power) == np.ceil(REFERENCE["pairs"][i][j])
    assert n_for_equivalence(d, power=power) == REFERENCE["equivalence"][i][j]


def test_numbers_needed_are_those_of_the_evidence_notes():
    """Their table for d 0.10, 0.15, 0.20 and 0.30 at 80 % and 90 %.

    For two one-sided tests it has 1714/2166, 763/963, 430/543, 192/242. The exact number is one lower in four places:
    with 762, 429, 542 and 191 the power is 0.80006, 0.80016, 0.90013 and 0.80003.
    """
    at = [(d, power) for d in (0.10, 0.15, 0.20, 0.30) for power in (0.8, 0.9)]
    difference = [n_for_difference(d, power=power) for d, power in at]
    assert difference == [1571, 2103, 699, 935, 394, 527, 176, 235]
    assert [n_for_pairs(d, power=power) for d, power in at] == [
        787,
        1053,
        351,
        469,
        199,
        265,
        90,
        119,
    ]
    equivalence = [n_for_equivalence(d, power=power) for d, power in at]
    assert equivalence == [1714, 2166, 762, 963, 429, 542, 191, 242]
    for n, (d, power) in zip(equivalence, at, strict=True):
        assert equivalence_power(n, d, level=0.95) >= power
        assert equivalence_power(n - 1, d, level=0.95) < power


def test_power_of_two_one_sided_tests_is_that_of_r():
    for case in REFERENCE["tost_power"]:
        got = equivalence_power(
            case["n"], case["bound"], difference=case["true"], level=1 - case["alpha"]
        )
        assert got == pytest.approx(case["power"], abs=1e-10)


def test_power_of_two_one_sided_tests_by_simulation():
    """200,000 pairs of 12 normal values, bound 1.2, true difference 0.3: within four standard errors."""
    rng = np.random.default_rng(7)
    first, second = rng.normal(0.3, 1, (200_000, 12)), rng.normal(0, 1, (200_000, 12))
    gap = first.mean(1) - second.mean(1)
    error = np.sqrt((first.var(1, ddof=1) + second.var(1, ddof=1)) / 12)
    shown = np.mean(np.abs(gap) + stats.t.ppf(0.95, 22) * error < 1.2)
    got = equivalence_power(12, 1.2, difference=0.3, level=0.95)
    assert got == pytest.approx(shown, abs=4 * np.sqrt(shown * (1 - shown) / 200_000))


def test_too_wide_an_error_shows_no_equivalence():
    """Two in each group, bound 0.01: s would have to be below 0.01 / 2.92, which next to never happens."""
    assert equivalence_power(2, 1e-9, level=0.95) == 0
    assert equivalence_power(2, 0.01, level=0.95) < 1e-4
    assert equivalence_power(2, 100, level=0.95) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("d", [1e-3, 0.01, 1, 5, 100])
def test_numbers_are_found_at_every_size(d):
    """From the normal law, 2 (1.96 + 0.84)^2 / d^2 = 15.7 / d^2 for two groups, for small d; two at least."""
    found = n_for_difference(d), n_for_pairs(d), n_for_equivalence(d)
    assert min(found) >= 2
    if d < 0.1:
        z = stats.norm.ppf([0.975, 0.8, 0.95, 0.9])
        want = (
            2 * (z[0] + z[1]) ** 2 / d**2,
            (z[0] + z[1]) ** 2 / d**2,
            2 * (z[2] + z[3]) ** 2 / d**2,
        )
        assert found == pytest.approx(want, rel=1e-3)


@pytest.mark.parametrize("count", [n_for_difference, n_for_pairs, n_for_equivalence])
def test_what_has_no_number_is_refused(count):
    for size in (0, -0.2, np.nan, np.inf):
        with pytest.raises(ValueError, match="above 0"):
            count(size)
    with pytest.raises(ValueError, match="power lies between"):
        count(0.2, power=1)
    with pytest.raises(ValueError, match="more than 100,000,000"):
        count(1e-5)


def test_a_law_moves_as_far_as_asked_and_keeps_the_scale():
    """Of answers 0 and 1 the tilt is a logit's shift: a share of 0.5 moved by 0.25 has exp(theta) = 3."""
    coin = observed_law([0, 1]).moved(0.25)
    assert coin.shares == pytest.approx([0.25, 0.75], rel=1e-9)
    law = observed_law(SEVEN)
    for shift in (-3, -0.3, 1e-6, 0.3, 1.5):
        moved = law.moved(shift)
        assert moved.mean - law.mean == pytest.approx(shift, abs=1e-9)
        assert moved.shares.sum() == pytest.approx(1)
        assert (moved.values == law.values).all()
        logs = np.log(moved.shares / law.shares)
        assert np.diff(logs) == pytest.approx(np.full(6, logs[1] - logs[0]), abs=1e-6)
    assert law.moved(0) is law


@pytest.mark.parametrize("shift", [7 - SEVEN.mean(), 2, -10])
def test_a_law_has_no_room_beyond_the_scale(shift):
    with pytest.raises(ValueError, match="no room"):
        observed_law(SEVEN).moved(shift)


def test_simulated_power_agrees_with_welch_run_by_run():
    """The same counts, made into answers and given to Welch's interval one survey after the other."""
    law, n = observed_law(SEVEN), (40, 25)
    got = simulated_power(law, 0.6, *n, runs=300, level=0.9, rng=np.random.default_rng(2))
    rng, moved = np.random.default_rng(2), law.moved(0.6)
    first = rng.multinomial(n[0], law.shares, size=300)
    second = rng.multinomial(n[1], moved.shares, size=300)
    found = 0
    for a, b in zip(first, second, strict=True):
        one = welch(np.repeat(law.values, b), np.repeat(law.values, a)).at(0.9)
        found += not one.ci_low <= 0 <= one.ci_high
    assert got.value == found / 300


def test_simulated_power_agrees_with_the_noncentral_t_where_that_holds():
    """300 in each group, a shift of 0.1 SD, answers of one variance but for the tilt: within four errors and 0.01."""
    law = observed_law(SEVEN)
    sd = np.sqrt(law.shares @ (law.values - law.mean) ** 2)
    rng = np.random.default_rng(3)
    got = simulated_power(law, 0.1 * sd, 300, 300, runs=40_000, level=0.95, rng=rng)
    df, nc = 598, 0.1 * np.sqrt(150)
    t = stats.t.ppf(0.975, df)
    want = stats.nct.sf(t, df, nc) + stats.nct.cdf(-t, df, nc)
    assert got.value == pytest.approx(want, abs=4 * got.se + 0.01)
    none = simulated_power(law, 0, 300, 300, runs=40_000, level=0.95, rng=rng)
    assert none.ci_low - 0.002 < 0.05 < none.ci_high + 0.002


def test_samples_without_spread_find_nothing():
    """Two answers of 0 or 1000 in each group: an interval needs a group in which they differ, and then t is below 2.

    With df of 1 to 2 and one group of 0 and 1000, the difference is 500 at most and its error 500.
    """
    rng, law = np.random.default_rng(1), observed_law([0, 1000])
    assert simulated_power(law, 300, 2, 2, runs=500, level=0.95, rng=rng).value == 0
    with pytest.raises(ValueError, match="two answers in each group"):
        simulated_power(observed_law(SEVEN), 0.1, 1, 9, runs=5, level=0.95, rng=None)


# The study


def scored(no_failure, recovered, absent=(0, 0), values=None):
    """Return a survey of satisfaction with these answers, and in each group so many who gave none."""
    rows = [("no_failure", a) for a in no_failure] + [("recovered", a) for a in recovered]
    rows += [("no_failure", None)] * absent[0] + [("recovered", None)] * absent[1]
    frame = pd.DataFrame(rows, columns=["group", "satisfaction"])
    frame.insert(0, "respondent_id", [f"R{n}" for n in range(len(frame))])
    frame["satisfaction_before"] = 4.0
    return scored_survey(read("survey", frame, con=connect()))


def planned(survey, smallest=None, **rules):
    rules = {"rng": np.random.default_rng(1), "runs": 200} | rules
    return study_plan(survey, smallest=smallest or SmallestEffect(0.2, "sd"), **rules)


def by_id(result):
    return {finding.id.removeprefix("plan."): finding for finding in result.findings()}


@pytest.fixture(scope="module")
def simulated():
    from retorno import simulate

    drawn_world = simulate.simulate("recovery", "paradox", 2000, seed=3).tables()["survey"]
    return planned(scored_survey(read("survey", drawn_world, con=connect())))


def test_every_finding_of_the_plan_is_stated(simulated):
    """0.2 SD: 394 and 429 in each group; pairs at reliability 0.6, d_z = 0.2 / sqrt(0.8) = 0.2236: 159 pairs."""
    found = by_id(simulated)
    assert ["plan." + name for name in found] == [d.id for d in DEFINITIONS]
    counts = {name: f.estimate for name, f in found.items() if name not in ("power", "n_asked")}
    assert counts == {"n_per_group": 394, "n_equivalence": 429, "n_pairs": 159}
    assert all(f.ci_low is None and f.unit == "respondents" for f in list(found.values())[:4])
    assert n_for_pairs(0.2 / np.sqrt(0.8)) == 159
    cells = {cell.group: cell for cell in simulated.cells}
    recovered = cells["recovered"]
    assert found["n_asked"].estimate == -(-394 * recovered.asked // recovered.answered)
    assert found["power"].unit == "probability"
    assert found["power"].ci_low < found["power"].estimate < found["power"].ci_high


def test_points_are_taken_over_the_pooled_sd():
    """Answers 3, 4, 5 ten times: variance 20/29. No failure 2, 4, 6: four times that. Pooled 2.5 * 20/29 = 1.7241.

    0.5 points are 0.38079 SD: 110 in each group.
    """
    survey = scored([2, 4, 6] * 10, [3, 4, 5] * 10)
    result = planned(survey, SmallestEffect(0.5, "points"))
    assert result.sd == pytest.approx(np.sqrt(2.5 * 20 / 29), rel=1e-12)
    assert result.d == pytest.approx(0.5 / np.sqrt(50 / 29), rel=1e-12)
    found = by_id(result)
    assert found["n_per_group"].estimate == n_for_difference(0.5 / np.sqrt(50 / 29)) == 110
    assert "0.50 (0.38 standard deviations)" in found["n_per_group"].sentence


def test_textbook_numbers_do_not_follow_the_level():
    one, other = (by_id(planned(scored(SEVEN, SEVEN), level=level)) for level in (0.8, 0.99))
    for name in ("n_per_group", "n_equivalence", "n_pairs", "n_asked"):
        assert one[name].estimate == other[name].estimate
    assert one["power"].estimate > other["power"].estimate
    assert (one["power"].level, other["power"].level) == (0.8, 0.99)


@pytest.mark.parametrize(
    ("smallest", "verdict", "words"),
    [
        (SmallestEffect(1.0, "sd"), "enough", "more than the usual 80%"),
        (SmallestEffect(0.05, "sd"), "too few", "less than the usual 80%"),
    ],
)
def test_the_sentences_follow_the_numbers(smallest, verdict, words):
    result = planned(scored(SEVEN, SEVEN), smallest)
    found = by_id(result)
    assert found["n_per_group"].sentence.endswith(f"gave 100: {verdict}.")
    assert words in found["power"].sentence
    assert words.split()[0] in result.title()


def test_asked_follows_the_share_that_answered():
    """40 of 50 recovered answered: 394 / 0.8 = 492.5, so 493 are asked."""
    found = by_id(planned(scored(SEVEN, SEVEN[:40], (0, 10))))["n_asked"]
    assert found.estimate == 493
    assert '"Recovered", the smaller one, 80.0%' in found.sentence


def test_a_perfect_reliability_has_no_number_of_pairs():
    found = by_id(planned(scored(SEVEN, SEVEN), reliability=1))["n_pairs"]
    assert (found.verdict, found.estimate) == ("refused", None)
    assert "with a reliability of 1" in found.sentence
    with pytest.raises(ParameterError, match="reliability"):
        planned(scored(SEVEN, SEVEN), reliability=1.2)


def refused(result):
    return {name for name, found in by_id(result).items() if found.verdict == "refused"}


EVERYTHING = {"n_per_group", "n_equivalence", "n_pairs", "n_asked", "power"}


@pytest.mark.parametrize(
    ("survey", "smallest", "wanted"),
    [
        (scored(SEVEN, [3, 4]), SmallestEffect(0.2, "points"), EVERYTHING),
        (scored(SEVEN, [3, 4]), SmallestEffect(0.2, "sd"), {"n_asked", "power"}),
        (scored(SEVEN, [3, 4], (0, 9)), SmallestEffect(0.2, "sd"), {"power"}),
        (scored(SEVEN, [], (0, 9)), SmallestEffect(0.2, "sd"), {"n_asked", "power"}),
        (scored([7] * 9, [7] * 9), SmallestEffect(0.2, "sd"), {"power"}),  # all at the ceiling
        (scored([7] * 9, [7] * 9), SmallestEffect(0.2, "points"), EVERYTHING),
        (scored([7] * 9, SEVEN), SmallestEffect(0.2, "points"), {"power"}),  # no room above 7
        (scored(SEVEN, SEVEN), SmallestEffect(4, "points"), {"power"}),
        (scored(SEVEN, SEVEN), SmallestEffect(1e-7, "sd"), EVERYTHING - {"power"}),
    ],
)
def test_what_cannot_be_planned_is_refused(survey, smallest, wanted):
    result = planned(survey, smallest)
    assert refused(result) == wanted
    assert all(
        found.sentence.startswith("Not stated") == (name in wanted)
        for name, found in by_id(result).items()
    )
    assert (result.here is None) == ("power" in wanted)
    assert table(result).bundle["text/plain"]
    assert figure(plan, result).bundle["text/html"]


def test_a_group_of_one_is_refused_when_groups_of_one_are_let_in():
    assert "power" in refused(planned(scored(SEVEN, [4]), min_group=1))


def test_the_same_rng_gives_the_same_plan():
    one, other = (planned(scored(SEVEN, SEVEN)).to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_the_curve_rises_and_starts_where_the_survey_is(simulated):
    frame = simulated.to_frame()
    assert frame.asked.iloc[[0, -1]].tolist() == [100, 5000]
    assert frame.power.is_monotonic_increasing or frame.power.diff().min() > -0.02
    small = planned(scored(SEVEN[::5], SEVEN[::5]), SmallestEffect(0.5, "sd")).to_frame()
    assert small.asked.iloc[0] == 20


@pytest.mark.parametrize("size", [0.02, 0.1, 0.2, 0.8])
def test_words_of_the_figure_never_collide(simulated, size):
    result = planned(simulated.survey, SmallestEffect(size, "sd"))
    canvas = drawn(plan, result)
    check_words(canvas)
    ax = canvas.axes[0]
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    assert [float(squares[0].get_ydata()[0])] == [result.here.value]
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert list(dashed[0].get_ydata()) == [0.8, 0.8]
    said = {result.title(), result.subtitle(), result.caption(), result.alternative()}
    assert len(said) == 4


def test_formulas_become_mathml():
    from latex2mathml.converter import convert

    for definition in DEFINITIONS:
        assert "\\" not in convert(definition.formula)
