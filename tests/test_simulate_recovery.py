"""The simulated recovery world: answers by hand and by brute force, promises of the survey."""

import doctest
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from retorno import simulate
from retorno.errors import ParameterError
from retorno.simulate import recovery
from retorno.simulate.recovery import GROUPS, WORLDS, Item, World, answers, parameters, true_effect
from retorno.simulate.recovery.kinds import kinds

OUTCOMES = ("satisfaction", "word_of_mouth")
JUSTICE = ("distributive", "procedural", "interactional")
COIN = (0.5, 0.5)
UNIFORM = (0.04, 0.16, 0.2, 0.2, 0.2, 0.16, 0.04)


def toy(**values):
    """Two scores, each given by half of all; a failure takes all to 1, a repair lifts half by one."""
    regular = {
        "satisfaction": Item(COIN, failed=((-1, 1.0),), repaired=((0, 0.5), (1, 0.5))),
        "word_of_mouth": Item(COIN, failed=((0, 1.0),)),
        "alike": 1.0,
        "reliability": 0.5,
        "fails": (0.5, 0.25),
        "attempted": 0.5,
        "repurchases": (0.2, 0.7),
        "leaves": ((0.1, 0.1), (0.3, 0.3), (0.2, 0.2)),
        "prior_failures": (1.0,),
    }
    return World(**{**regular, **values})


@pytest.fixture(scope="module")
def drawn():
    return recovery.simulate(WORLDS["paradox"], 200_000, np.random.default_rng(7)).survey


# The answers, by hand


def test_two_scores_by_hand():
    """Failure: 0.25 + 0.125 = 0.375 of all, half of it recovered: shares 0.625, 0.1875, 0.1875.

    P(before 2): 0.125/0.375 = 1/3 with a failure, 0.375/0.625 = 0.6 without. Undisturbed, half
    repeat and half redraw: 1/6 + 1/4 = 5/12 and 0.3 + 0.25 = 0.55. Later: without 0.55; failure 0;
    recovered 5/12 + 7/12 * 1/2 = 17/24. Means 1.55, 1 and 41/24; variances 0.55 * 0.45 and
    17/24 * 7/24; who answers: 0.625 * 0.9 and 0.1875 * 0.8.
    Change 41/24 - 4/3 = 3/8 and 1.55 - 1.6 = -0.05; expected (1 - 0.5)(1.5 - 4/3) = 1/12.
    Word of mouth has the same scores before, and no failure touches it: 17/12 in both groups with
    a failure. Repurchase is 0.2 + 0.5 P(2): 0.475, 0.2 and 0.2 + 17/48 = 133/240.
    """

    def sd(recovered, without):
        return np.sqrt((0.15 * recovered + 0.5625 * without) / 0.7125)

    difference = 41 / 24 - 1.55
    expected = {
        "paradox.satisfaction.difference": difference,
        "paradox.satisfaction.hedges_g": difference / sd(17 * 7 / 24**2, 0.55 * 0.45),
        "recovery_rate.satisfaction": (17 / 24) / 0.55,
        "change.satisfaction.raw": 3 / 8,
        "change.satisfaction.net": 3 / 8 + 0.05,
        "change.satisfaction.expected_by_regression": 1 / 12,
        "change.satisfaction.corrected": 7 / 24,
        "paradox.word_of_mouth.difference": -2 / 15,
        "paradox.word_of_mouth.hedges_g": -2 / 15 / sd(5 * 7 / 144, 0.55 * 0.45),
        "recovery_rate.word_of_mouth": 0,
        "change.word_of_mouth.raw": 1 / 12,
        "change.word_of_mouth.net": 1 / 12 + 0.05,
        "change.word_of_mouth.expected_by_regression": 1 / 12,
        "change.word_of_mouth.corrected": 0,
        "paradox.repurchase.difference": difference / 2,
        "paradox.repurchase.hedges_g": difference / 2 / sd(133 / 240 * 107 / 240, 0.475 * 0.525),
        "recovery_rate.repurchase": (17 / 24) / 0.55,
    }
    assert toy().group_shares() == pytest.approx([0.625, 0.1875, 0.1875], abs=1e-12)
    found = answers(toy(), reliability=0.5)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-11)


def agree(found, **expected):
    """Compare answers with what is expected of them; of a name its dots are written as two underscores."""
    for name, number in expected.items():
        assert found[name.replace("__", ".")] == pytest.approx(number, abs=1e-11), name


def test_superiority_and_shares_by_hand():
    """P(2) is 17/24 for the recovered and 0.55 without a failure.

    A recovered 2 beats a 1: 17/24 * 0.45; ties: 17/24 * 0.55 on 2 and 7/24 * 0.45 on 1, half counts.
    Shares of the top answer 17/24 - 0.55, of the bottom 7/24 - 0.45; of repurchase 133/240 - 0.475.
    Before, a third of the recovered are at the top; after, 0.55 of those without a failure.
    """
    agree(
        answers(toy()),
        paradox__satisfaction__superiority=17 / 24 * 0.45 + (17 / 24 * 0.55 + 7 / 24 * 0.45) / 2,
        paradox__satisfaction__top_box=17 / 24 - 0.55,
        paradox__satisfaction__bottom_box=7 / 24 - 0.45,
        paradox__satisfaction__bootstrap=41 / 24 - 1.55,
        paradox__repurchase__top_box=133 / 240 - 0.475,
        paradox__repurchase__superiority=0.5 + (133 / 240 - 0.475) / 2,
        ceiling__satisfaction__before=1 / 3,
        ceiling__satisfaction__after=0.55,
    )


def test_sizes_of_a_change_and_the_slope_by_hand():
    """Recovered: before 2 for 1/3, variance 2/9; after 2 for 17/24, variance 119/576; mean change 3/8.

    Of those at 1 (2/3) 1/4 + 3/4 * 1/2 = 5/8 rise, of those at 2 (1/3) 1/4 * 1/2 = 1/8 fall: the mean
    square is 5/12 + 1/24 = 11/24, the variance 11/24 - 9/64 = 61/192. Without a failure P(2) is 3/4
    after a 2 and 1/4 after a 1: slope 1/2, whatever reliability the study takes.
    """
    agree(
        answers(toy(), reliability=0.9),
        change__satisfaction__d_av=3 / 8 / np.sqrt((2 / 9 + 119 / 576) / 2),
        change__satisfaction__d_z=3 / 8 / np.sqrt(61 / 192),
        change__satisfaction__reliability=0.5,
    )


def test_ancova_and_the_matched_difference_by_hand():
    """Slopes on the score before: 1/2 without a failure; recovered 7/8 - 5/8 = 1/4, as half are lifted.

    Pooled by covariance over variance within the groups, 0.5625 and 0.15 of all answering, variances
    0.6 * 0.4 and 2/9: (0.5625 * 0.12 + 0.15 / 18) / (0.5625 * 0.24 + 0.15 * 2/9) = 0.450495; the groups lie
    4/3 - 1.6 apart before. Score by score: without a failure 1.25 after a 1 and 1.75 after a 2, so
    2/3 * 1.25 + 1/3 * 1.75 = 17/12 at the scores of the recovered, and 41/24 - 17/12 = 7/24, the true effect.
    """
    slope = (0.5625 * 0.12 + 0.15 / 18) / (0.5625 * 0.24 + 0.15 * 2 / 9)
    agree(
        answers(toy()),
        paradox__satisfaction__ancova=41 / 24 - 1.55 - slope * (4 / 3 - 1.6),
        paradox__repurchase__ancova=(41 / 24 - 1.55 - slope * (4 / 3 - 1.6)) / 2,
        paradox__word_of_mouth__ancova=0,
        paradox__satisfaction__doubly_robust=7 / 24,
        paradox__repurchase__doubly_robust=7 / 48,
        paradox__word_of_mouth__doubly_robust=0,
    )


@pytest.mark.parametrize("more", ["no_failure", "recovered"])
def test_bounds_of_leavers_by_hand(more):
    """0.9 of one group answer and 0.8 of the other: a ninth of those who answered more is cut.

    0.45 answer 1 and 0.55 answer 2 without a failure: less the lowest ninth (0.45 - 1/9 + 2 * 0.55) / (8/9)
    = 1.61875, less the highest 1.49375. Recovered, 7/24 and 17/24: (7/24 - 1/9 + 17/12) / (8/9) = 115/64 and
    (7/24 + 2 (17/24 - 1/9)) / (8/9) = 107/64. At worst all who left would have answered 1, or 2.
    """
    cut_without, without = {"low": 1.61875, "high": 1.49375}, 1.55
    cut_recovered, recovered = {"low": 107 / 64, "high": 115 / 64}, 41 / 24
    if more == "no_failure":
        stay = 0.9, 0.8
        low, high = recovered - cut_without["low"], recovered - cut_without["high"]
    else:
        stay = 0.8, 0.9
        low, high = cut_recovered["low"] - without, cut_recovered["high"] - without
    least, most = (
        [s * mean + (1 - s) * end for s, mean in zip(stay, (without, recovered), strict=True)]
        for end in (1, 2)
    )
    leaves = [(1 - share,) * 2 for share in (stay[0], 0.7, stay[1])]
    agree(
        answers(toy(leaves=leaves)),
        leavers__satisfaction__lee_low=low,
        leavers__satisfaction__lee_high=high,
        leavers__satisfaction__worst_low=least[1] - most[0],
        leavers__satisfaction__worst_high=most[1] - least[0],
        leavers__satisfaction__weighted=recovered - without,
    )


def test_leaving_by_score_moves_what_is_seen_and_not_what_is_true():
    """Of the recovered half of those at 1 before leave: 2/3 and 1/3 become 1/2 and 1/2.

    They answer 2 with 5/8 after a 1 and 7/8 after a 2: mean 1.75 seen, 41/24 in truth; 1.55 without a
    failure, where nobody leaves. Seen change 1.75 - 1.5; it expects 0.5 (1.5 - 1.5) = 0 and leaves 1/4: those
    at 1 have more room to be lifted, and some of them are gone.
    """
    world = toy(leaves=((0, 0), (0, 0), (0.5, 0)))
    agree(
        answers(world, reliability=0.5),
        paradox__satisfaction__difference=1.75 - 1.55,
        leavers__satisfaction__weighted=41 / 24 - 1.55,
        change__satisfaction__raw=0.25,
        change__satisfaction__expected_by_regression=0,
        change__satisfaction__corrected=0.25,
        paradox__satisfaction__doubly_robust=0.25,
    )
    assert true_effect(world, "satisfaction") == pytest.approx(0.25)
    stayed = answers(toy(leaves=((0, 0), (0, 0), (0, 0))))
    assert not [name for name in stayed if name.startswith("leavers")]


def test_a_halo_alone_makes_quality_look_like_a_cause():
    """Whoever recovered repeats the score as quality: 7/24 say 1, 17/24 say 2.

    The slope is 1, and the line meets 1.55 at 1.55. At or below 1 the score is 1, as after a failure
    left as it was; at or above 2 it is 2: 2 - 1.55 and 2 - 41/24.
    """
    found = answers(toy(halo=1.0), failed_recovery_at=1, high_recovery_at=2)
    agree(
        found,
        moderation__recovery_quality__slope=1,
        threshold__recovery_quality=1.55,
        double_deviation__satisfaction=0,
        conditional__satisfaction__difference=0.45,
        conditional__satisfaction__selection=7 / 24,
        conditional__repurchase__difference=0.7 - 0.475,
    )
    nobody = answers(toy(halo=1.0), failed_recovery_at=0, high_recovery_at=5)
    assert not [name for name in nobody if name.startswith(("double", "conditional"))]


def test_quality_by_its_law_follows_the_points_given():
    """No halo, quality always 3 and one more for the half that is lifted: 17/12 at 3, and 2 at 4.

    The well recovered, at 4, were lifted: they rose by 2 - 4/3; the line from (3, 17/12) to (4, 2) meets
    1.55 at 3 + (1.55 - 17/12) / (7/12).
    """
    found = answers(toy(halo=0.0, quality=(0, 0, 1.0, 0, 0, 0, 0)), high_recovery_at=4)
    agree(
        found,
        moderation__recovery_quality__slope=7 / 12,
        threshold__recovery_quality=3 + (1.55 - 17 / 12) / (7 / 12),
        double_deviation__satisfaction=5 / 12,
        conditional__satisfaction__change=2 / 3,
        conditional__satisfaction__change_selection=2 / 3 - 3 / 8,
    )


def test_only_a_first_failure_is_put_right_with_more():
    """Half had a failure before and are put back, no more: 17/12 against 41/24, a fall of 7/24."""
    found = answers(toy(prior_failures=COIN))
    agree(found, moderation__prior_failures__slope=-7 / 24)
    assert found["moderation.stability.slope"] == found["moderation.controllability.slope"] == 0
    assert "moderation.prior_failures.slope" not in answers(toy())
    assert true_effect(toy(prior_failures=COIN), "satisfaction") == pytest.approx(7 / 48)


def test_severity_that_is_always_the_same_moderates_nothing():
    """Three points lost make a severity of 7 or 8, held at 7: no slope; one point 3 or 4: slope 0."""
    grave = Item(COIN, failed=((-3, 1.0),))
    assert "moderation.severity.slope" not in answers(toy(satisfaction=grave))
    assert answers(toy())["moderation.severity.slope"] == 0


def test_justice_that_mirrors_looks_like_a_mediator():
    """Distributive justice is 5 and the points: 4 after a failure, 5 or 6 by half when recovered.

    All with a failure are at 1, so the slope on it is that within the recovered, 2 - 17/12 = 7/12; it
    differs by 5.5 - 4 = 1.5, which carries 7/8 of the 17/24. The other two are drawn and carry nothing.
    """
    found = answers(toy(mirror=(1.0, 0.0, 0.0), fairness=UNIFORM))
    agree(
        found,
        mediation__distributive__indirect=7 / 8,
        mediation__procedural__indirect=0,
        mediation__interactional__indirect=0,
        mediation__total_indirect=7 / 8,
        mediation__direct=17 / 24 - 7 / 8,
    )
    alike = answers(toy(mirror=(1.0, 1.0, 0.0)))
    assert not [name for name in alike if name.startswith("mediation")]


def test_value_of_a_recovery_by_hand():
    """133/240 - 0.2 = 17/48 more buy again: 12 EUR in 12 months each, 51 EUR, less 20 and 8.

    A failure costs what fewer buy again than without one, the same difference as between the groups, and the 28.
    """
    money = {"margin": 12, "horizon_months": 12, "compensation": 20, "handling_cost": 8}
    assert parameters(toy(margin=12.0)) == money
    found = answers(toy(), **money)
    agree(found, value__per_recovery=23, value__break_even_compensation=43)
    spared = -found["paradox.repurchase.difference"]
    assert found["value.failure_cost"] == pytest.approx(28 + 144 * spared, abs=1e-9)
    for name in money:
        assert "value.per_recovery" not in answers(toy(), **{**money, name: None})


def test_true_effect_by_hand():
    """Half of the 7/12 who would answer 1 are lifted to 2; repurchase follows with 0.5 a point."""
    assert true_effect(toy(), "satisfaction") == pytest.approx(7 / 24, abs=1e-11)
    assert true_effect(toy(), "word_of_mouth") == 0
    assert true_effect(toy(), "repurchase") == pytest.approx(7 / 48, abs=1e-11)


def test_selection_reaches_word_of_mouth_through_satisfaction():
    """Where half hold the same rank in both, P(2 | failure) = 1/2 * 1/3 + 1/2 * 1/2 = 5/12: 17/12.

    Independent of each other, nobody is selected on it: no rise is expected.
    """
    for alike, mean in ((1.0, 4 / 3), (0.5, 17 / 12), (0.0, 1.5)):
        found = answers(toy(alike=alike), reliability=0.5)
        expected = found["change.word_of_mouth.expected_by_regression"]
        assert expected == pytest.approx(0.5 * (1.5 - mean), abs=1e-11)
        assert found["change.word_of_mouth.corrected"] == 0


def test_joint_scores_by_hand():
    """Ranks 0 to 1/4: 1 and 1; to 1/2: 1 and 2; above: 2 and 2. Beside it the product of the laws."""
    world = toy(word_of_mouth=Item((0.25, 0.75), failed=((0, 1.0),)))
    assert world.joint() == pytest.approx(np.array([[0.25, 0.25], [0, 0.5]]), abs=1e-12)
    half = replace(world, alike=0.5).joint()
    expected = [[(0.25 + 0.125) / 2, (0.25 + 0.375) / 2], [0.125 / 2, (0.5 + 0.375) / 2]]
    assert half == pytest.approx(np.array(expected), abs=1e-12)


def test_joint_scores_keep_the_law_of_each_question():
    for world in WORLDS.values():
        assert world.joint().sum(axis=1) == pytest.approx(world.satisfaction.before, abs=1e-12)
        assert world.joint().sum(axis=0) == pytest.approx(world.word_of_mouth.before, abs=1e-12)


def test_points_are_held_inside_the_scale():
    """Three scores, all redrawn: a failure takes one point (0.6) or gives two, a repair gives one.

    A failure: 0.2 and 0.3 at 1 and 2 go to 1, 0.5 at 3 to 2 with 0.6; all go to 3 with 0.4. Recovered: none is
    left at 1, 0.2 are at 2.
    """
    item = Item((0.2, 0.3, 0.5), failed=((-1, 0.6), (2, 0.4)), repaired=((1, 1.0),))
    world = toy(
        satisfaction=item,
        word_of_mouth=item,
        reliability=0.0,
        fails=(0.5, 0.5, 0.5),
        repurchases=(0.1, 0.2, 0.3),
        leaves=((0.0, 0.0, 0.0),) * 3,
    )
    share = kinds(world).pivot_table("share", "group", "satisfaction", "sum", fill_value=0)
    expected = [[0.1, 0.15, 0.25], [0.075, 0.075, 0.1], [0, 0.05, 0.2]]
    assert share.to_numpy() == pytest.approx(np.array(expected), abs=1e-12)
    assert kinds(world)["answered"].sum() == pytest.approx(1)


def test_one_luck_takes_points_of_both_questions():
    """0.6 and 0.4 against 0.5 and 0.5: the same luck falls on both, so 0.1 lose one point and two."""
    world = toy(
        satisfaction=Item(COIN, failed=((-1, 0.6), (0, 0.4))),
        word_of_mouth=Item(COIN, failed=((-1, 0.5), (-2, 0.5))),
    )
    _, *failed, recovered = world.turns()
    assert [turn[:4] for turn in failed] == [(1, 0, -1, -1), (1, 0, -1, -2), (1, 0, 0, -2)]
    assert [turn[4] for turn in failed] == pytest.approx([0.5, 0.1, 0.4])
    assert recovered == (2, 0, 0, 0, 1.0)


def test_where_failures_cost_nothing_there_is_no_recovery_rate():
    """Alike in all groups: nobody is selected and nobody moves, so the drop is 0."""
    untouched = Item(COIN, failed=((0, 1.0),))
    found = answers(toy(satisfaction=untouched, fails=(0.5, 0.5)))
    assert not [name for name in found if name.startswith("recovery_rate")]
    naive = ("difference", "hedges_g", "raw", "net", "expected_by_regression", "corrected")
    moved = {name: value for name, value in found.items() if name.endswith(naive)}
    assert len(moved) > 12
    assert not any(moved.values())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_put_right_and_no_more_leaves_exactly_nothing_after_correction(outcome):
    """What there seems to be is regression and selection: a rise within, a gap between."""
    found = simulate.answers("recovery", "no_paradox", reliability=0.6)
    assert found[f"change.{outcome}.corrected"] == 0
    assert found[f"change.{outcome}.raw"] > 0.1
    assert found[f"change.{outcome}.net"] > 0.1
    assert found[f"paradox.{outcome}.difference"] < -0.25
    assert true_effect(WORLDS["no_paradox"], outcome) == 0


def test_the_paradox_is_one_of_satisfaction():
    """The naive contrasts miss it on both sides; corrected is true; repurchase has 0.07 a point."""
    world = WORLDS["paradox"]
    found = answers(world)
    true = true_effect(world, "satisfaction")
    assert true > 0.5
    assert 0 < found["paradox.satisfaction.difference"] < true < found["change.satisfaction.raw"]
    assert true_effect(world, "repurchase") == pytest.approx(0.07 * true, abs=1e-11)
    assert found["change.word_of_mouth.corrected"] == 0


@pytest.mark.parametrize("reliability", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("name", WORLDS)
def test_with_the_worlds_reliability_the_corrected_change_is_the_true_effect(name, reliability):
    """Property: the undisturbed score is linear in the score before, on whatever is selected."""
    leaves = ((0.9, 0.5, 0.3, 0, 0, 0, 0), (0.1,) * 7, (0, 0.9, 0.1, 0.8, 0.2, 0.5, 0.3))
    world = replace(WORLDS[name], reliability=reliability, leaves=leaves)
    found = answers(world, reliability=reliability)
    for outcome in OUTCOMES:
        true = true_effect(world, outcome)
        assert found[f"change.{outcome}.corrected"] == pytest.approx(true, abs=1e-11)
    for outcome in (*OUTCOMES, "repurchase"):
        true = true_effect(world, outcome)
        assert found[f"paradox.{outcome}.doubly_robust"] == pytest.approx(true, abs=1e-11)


def decided(found, outcome, n):
    """Return how many errors the difference is off 0, and whether its 90 % interval leaves 0.2 SD."""
    difference = found[f"paradox.{outcome}.difference"]
    sd = difference / found[f"paradox.{outcome}.hedges_g"]
    error = sd * np.sqrt(1 / n[0] + 1 / n[1])
    return difference / error, difference + 1.645 * error > 0.2 * sd


@pytest.mark.parametrize("name", ["paradox", "leavers"])
def test_three_thousand_respondents_show_a_paradox_between_the_groups(name):
    """By the 0.2 SD rule, three outcomes after Holm: 2.39 errors are wanted, and 1.2 more make it 9 in 10."""
    world = WORLDS[name]
    seen = world.group_chances() * world.stays() @ world.satisfaction.before
    errors, beyond = decided(answers(world), "satisfaction", 3_000 * seen[[2, 0]])
    assert errors > 2.39 + 1.2
    assert beyond


def test_who_left_alone_makes_the_recovered_look_better():
    """World leavers: seen 0.3 above, truly at the same place, by weighting, by ANCOVA and within."""
    found = answers(WORLDS["leavers"])
    for outcome in OUTCOMES:
        assert found[f"paradox.{outcome}.difference"] > 0.2
        true = ("leavers.{}.weighted", "paradox.{}.ancova", "change.{}.corrected")
        assert [found[name.format(outcome)] for name in true] == [0, 0, 0]
        assert true_effect(WORLDS["leavers"], outcome) == 0
        low, high = (found[f"leavers.{outcome}.lee_{end}"] for end in ("low", "high"))
        assert low < 0 < found[f"paradox.{outcome}.difference"] < high


def test_in_every_world_quality_and_justice_seem_to_matter():
    """Where recovery moved nothing, too: the halo gives a slope, the mirror an indirect effect."""
    for world in WORLDS.values():
        found = answers(world)
        assert found["moderation.recovery_quality.slope"] > 0.3
        assert found["mediation.distributive.indirect"] > 0.15
        assert found["conditional.satisfaction.selection"] > 0.2


def test_what_the_study_assumes_moves_the_expected_rise_alone():
    """Toy: (1 - 0.8)(1.5 - 4/3) = 1/30; with a mean before of 1.6, (1 - 0.5)(1.6 - 4/3) = 2/15."""
    plain = answers(toy(), reliability=0.5)
    for given, expected in (
        ({"reliability": 0.8}, 1 / 30),
        ({"reliability": 0.5, "before_mean": 1.6}, 2 / 15),
    ):
        found = answers(toy(), **given, scale=[1, 2], smallest_effect=0.5)
        for outcome in OUTCOMES:
            changed = {f"change.{outcome}.expected_by_regression", f"change.{outcome}.corrected"}
            corrected = plain[f"change.{outcome}.raw"] - expected
            assert found[f"change.{outcome}.expected_by_regression"] == pytest.approx(expected)
            assert found[f"change.{outcome}.corrected"] == pytest.approx(corrected)
            assert {found.pop(name) for name in changed}
        assert found.items() <= plain.items()


# The answers, by brute force

RULES = {
    "reliability": 0.5,
    "failed_recovery_at": 3,
    "high_recovery_at": 5,
    "margin": 12,
    "horizon_months": 12,
    "compensation": 20,
    "handling_cost": 8,
}


def line(x, y):
    """Return the slopes of `y` on the columns of `x`, by least squares."""
    design = np.column_stack([np.ones(len(y)), *x])
    return np.linalg.lstsq(design, np.asarray(y, float))[0][1:]


def without_ends(scores, share):
    """Return the mean without the lowest `share`, and without the highest."""
    scores, cut = np.sort(scores), round(share * len(scores))
    return scores[cut:].mean(), scores[: len(scores) - cut].mean()


def between(part, outcome, end):
    """Return the contrasts of one outcome that need no score before; `end` are the ends of its scale."""
    answers_of = {group: part.loc[part["group"] == group, outcome] for group in GROUPS}
    no, failed, fixed = (answers_of[group].dropna() for group in GROUPS)
    difference = fixed.mean() - no.mean()
    spread = (len(fixed) * fixed.var() + len(no) * no.var()) / (len(fixed) + len(no))
    stay = {group: len(x.dropna()) / len(x) for group, x in answers_of.items()}
    cut = 1 - stay["recovered"] / stay["no_failure"]
    lowest_out, highest_out = without_ends(no, cut)
    worst = {
        (group, e): answers_of[group].fillna(e).mean()
        for group in ("no_failure", "recovered")
        for e in end
    }
    return {
        f"paradox.{outcome}.difference": difference,
        f"paradox.{outcome}.bootstrap": difference,
        f"paradox.{outcome}.hedges_g": difference / np.sqrt(spread),
        f"paradox.{outcome}.superiority": mannwhitneyu(fixed, no).statistic / len(fixed) / len(no),
        f"paradox.{outcome}.top_box": (fixed == end[1]).mean() - (no == end[1]).mean(),
        f"paradox.{outcome}.bottom_box": (fixed == end[0]).mean() - (no == end[0]).mean(),
        f"recovery_rate.{outcome}": (fixed.mean() - failed.mean()) / (no.mean() - failed.mean()),
        f"leavers.{outcome}.lee_low": fixed.mean() - lowest_out,
        f"leavers.{outcome}.lee_high": fixed.mean() - highest_out,
        f"leavers.{outcome}.worst_low": worst["recovered", end[0]] - worst["no_failure", end[1]],
        f"leavers.{outcome}.worst_high": worst["recovered", end[1]] - worst["no_failure", end[0]],
    }


def adjusted(part, outcome):
    """Return the contrasts that hold scores before equal."""
    scores = ["satisfaction_before", "word_of_mouth_before"]
    start = f"{outcome}_before" if outcome in OUTCOMES else scores[0]
    there = part.dropna(subset=[outcome])
    no, fixed = (there[there["group"] == group] for group in ("no_failure", "recovered"))
    both = pd.concat([no, fixed])
    without = no.groupby(scores)[outcome].mean().rename("without")
    matched = fixed.join(without, on=scores)
    # Weighted by how many with the same score of satisfaction before answered
    mean = {}
    for group in ("no_failure", "recovered"):
        one = part[part["group"] == group]
        stays = one[outcome].notna().groupby(one[scores[0]]).transform("mean")[one[outcome].notna()]
        mean[group] = np.average(one[outcome].dropna(), weights=1 / stays)
    ancova = line([both["group"] == "recovered", both[start]], both[outcome])[0]
    return {
        f"paradox.{outcome}.ancova": ancova,
        f"paradox.{outcome}.doubly_robust": (matched[outcome] - matched["without"]).mean(),
        f"leavers.{outcome}.weighted": mean["recovered"] - mean["no_failure"],
    }


def within(part, outcome, reliability):
    """Return what needs the score before of the same outcome."""
    both = part.dropna(subset=[outcome])
    both = both.assign(moved=both[outcome] - both[f"{outcome}_before"])
    no, fixed = (both[both["group"] == group] for group in ("no_failure", "recovered"))
    start, end = fixed[f"{outcome}_before"], fixed[outcome]
    expected = (1 - reliability) * (part[f"{outcome}_before"].mean() - start.mean())
    well = fixed.loc[fixed["recovery_quality"] >= 5, "moved"].mean()
    asked = part.loc[part["group"] == "recovered", f"{outcome}_before"]
    return {
        f"change.{outcome}.raw": fixed["moved"].mean(),
        f"change.{outcome}.net": fixed["moved"].mean() - no["moved"].mean(),
        f"change.{outcome}.expected_by_regression": expected,
        f"change.{outcome}.corrected": fixed["moved"].mean() - expected,
        f"change.{outcome}.d_av": fixed["moved"].mean() / np.sqrt((start.var() + end.var()) / 2),
        f"change.{outcome}.d_z": fixed["moved"].mean() / fixed["moved"].std(),
        f"change.{outcome}.reliability": line([no[f"{outcome}_before"]], no[outcome])[0],
        f"conditional.{outcome}.change": well,
        f"conditional.{outcome}.change_selection": well - fixed["moved"].mean(),
        f"ceiling.{outcome}.before": (asked == 7).mean(),
        f"ceiling.{outcome}.after": (no[outcome] == 7).mean(),
    }


def afterwards(part):
    """Return what is read from ratings of the failure and the recovery."""
    there = part.dropna(subset=["satisfaction"])
    mean = there.groupby("group")[["satisfaction", "repurchase", "word_of_mouth"]].mean()
    fixed = there[there["group"] == "recovered"]
    poor, well = fixed[fixed["recovery_quality"] <= 3], fixed[fixed["recovery_quality"] >= 5]
    found = {}
    for outcome in mean:
        found[f"double_deviation.{outcome}"] = poor[outcome].mean() - mean.loc["failure", outcome]
        high = well[outcome].mean()
        found[f"conditional.{outcome}.difference"] = high - mean.loc["no_failure", outcome]
        found[f"conditional.{outcome}.selection"] = high - mean.loc["recovered", outcome]
    for name in ("severity", "stability", "controllability", "prior_failures", "recovery_quality"):
        slope = line([fixed[name]], fixed["satisfaction"])[0]
        found[f"moderation.{name}.slope"] = slope
    gap = mean.loc["no_failure", "satisfaction"] - mean.loc["recovered", "satisfaction"]
    found["threshold.recovery_quality"] = fixed["recovery_quality"].mean() + gap / slope
    bought = mean.loc["recovered", "repurchase"] - mean.loc["failure", "repurchase"]
    found["value.per_recovery"] = bought * 144 - 28
    found["value.break_even_compensation"] = bought * 144 - 8
    spared = mean.loc["no_failure", "repurchase"] - mean.loc["recovered", "repurchase"]
    found["value.failure_cost"] = spared * 144 + 28
    had = there[there["group"] != "no_failure"]
    treated = had["group"] == "recovered"
    justice = [had[f"{name}_justice"] for name in JUSTICE]
    direct, *second = line([treated, *justice], had["satisfaction"])
    first = [line([treated], one)[0] for one in justice]
    carried = np.multiply(first, second)
    found |= {f"mediation.{name}.indirect": x for name, x in zip(JUSTICE, carried, strict=True)}
    return found | {"mediation.total_indirect": carried.sum(), "mediation.direct": direct}


def brute_force(survey, batches, reliability):
    """Return each finding in each of `batches` parts of the survey, naively from the table."""
    survey = survey.astype(dict.fromkeys(survey.columns[2:-1], float))

    def one(part):
        found = afterwards(part)
        for outcome in (*OUTCOMES, "repurchase"):
            found |= between(part, outcome, (0, 1) if outcome == "repurchase" else (1, 7))
            found |= adjusted(part, outcome)
        for outcome in OUTCOMES:
            found |= within(part, outcome, reliability)
        return found

    parts = survey.groupby(np.arange(len(survey)) % batches)
    return pd.DataFrame([one(part) for _, part in parts]).astype(float)


def compare(estimates, known):
    """Every answer lies within four standard errors of the mean over batches, and is close."""
    assert set(estimates) == set(known)
    error = estimates.sem()
    distance = (estimates.mean() - pd.Series(known)).abs() / error
    assert (distance < 4).all(), distance[distance >= 4]
    in_money = error.index.str.startswith("value")
    assert (error < np.where(in_money, 0.02 * 144, 0.02)).all(), error


@pytest.mark.parametrize("name", WORLDS)
def test_answers_meet_brute_force(name):
    """A million respondents in 40 batches; the study takes 0.5 for the reliability of 0.6."""
    survey = recovery.simulate(WORLDS[name], 1_000_000, np.random.default_rng(11)).survey
    compare(brute_force(survey, 40, reliability=0.5), answers(WORLDS[name], **RULES))


@pytest.mark.full
@pytest.mark.parametrize("reliability", [0.3, 0.6])
def test_answers_meet_brute_force_in_ten_million(reliability):
    """Ten surveys of a million, 200 batches: a third of the standard error above."""
    rng = np.random.default_rng(4)
    down = ((-2, 0.2), (0, 0.5), (1, 0.3))
    world = WORLDS["paradox"]
    world = replace(
        world,
        reliability=reliability,
        alike=0.3,
        word_of_mouth=replace(world.word_of_mouth, repaired=down),
    )
    estimates = pd.concat(
        brute_force(recovery.simulate(world, 1_000_000, rng).survey, 20, reliability)
        for _ in range(10)
    )
    compare(estimates, answers(world, **{**RULES, "reliability": reliability}))


# The survey


def test_same_seed_same_survey_other_seed_another():
    first, again, other = (
        recovery.simulate(WORLDS["paradox"], 2_000, np.random.default_rng(seed)).survey
        for seed in (7, 7, 8)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not other.equals(first)


def test_columns_stand_in_the_order_of_the_contract(drawn):
    assert drawn.columns.tolist() == [
        "respondent_id",
        "group",
        "satisfaction",
        "satisfaction_before",
        "repurchase",
        "word_of_mouth",
        "word_of_mouth_before",
        "recovery_quality",
        "severity",
        "distributive_justice",
        "procedural_justice",
        "interactional_justice",
        "prior_failures",
        "stability",
        "controllability",
        "segment",
    ]
    assert drawn["respondent_id"].iloc[[0, -1]].tolist() == ["R0000001", "R0200000"]
    assert drawn["respondent_id"].is_unique


def test_answers_are_whole_and_use_the_whole_scale(drawn):
    seven = [*OUTCOMES, *(f"{outcome}_before" for outcome in OUTCOMES)]
    rated = ("recovery_quality", "severity", "stability", "controllability")
    justice = [f"{name}_justice" for name in JUSTICE]
    for column in (*seven, *rated, *justice):
        assert sorted(drawn[column].dropna().unique()) == [1, 2, 3, 4, 5, 6, 7]
        assert drawn[column].dtype in ("int64", "Int64")
    assert sorted(drawn["prior_failures"].dropna().unique()) == [0, 1, 2, 3]
    assert sorted(drawn["repurchase"].dropna().unique()) == [0, 1]
    assert set(drawn["segment"]) == {"A", "B"}


@pytest.mark.parametrize("name", ["no_paradox", "paradox"])
def test_groups_hold_70_12_and_18_per_cent(name):
    """By hand: 0.02*0.59 + 0.04*0.53 + 0.07*0.46 + 0.13*0.40 + 0.24*0.32 + 0.30*0.24 + 0.20*0.17 = 0.3."""
    assert WORLDS[name].group_shares() == pytest.approx([0.7, 0.12, 0.18], abs=1e-12)


def close(observed, expected, error):
    return (np.abs(np.asarray(observed, float) - expected) < 4 * np.asarray(error, float)).all()


def test_drawn_groups_and_leavers_have_their_shares(drawn):
    """Four standard errors of a share."""
    world = WORLDS["paradox"]
    share = drawn["group"].value_counts(normalize=True)[list(GROUPS)]
    expected = world.group_shares()
    assert close(share, expected, np.sqrt(expected * (1 - expected) / len(drawn)))
    gone = drawn["satisfaction"].isna().groupby(drawn["group"]).agg(["mean", "size"])
    leaves = np.asarray(world.leaves)[:, 0]
    counts = gone.loc[list(GROUPS), "size"]
    assert close(gone.loc[list(GROUPS), "mean"], leaves, np.sqrt(leaves * (1 - leaves) / counts))


def test_a_leaver_leaves_all_questions_of_the_second_wave_empty_and_no_other(drawn):
    gone = drawn["satisfaction"].isna()
    assert drawn["repurchase"].isna().equals(gone)
    assert drawn["word_of_mouth"].isna().equals(gone)
    assert drawn[["satisfaction_before", "word_of_mouth_before"]].notna().all(axis=None)
    assert drawn["recovery_quality"].notna().equals(drawn["group"] == "recovered")
    for column in drawn.loc[:, "severity":"controllability"]:
        assert drawn[column].notna().equals(drawn["group"] != "no_failure")


@pytest.mark.parametrize("known", ["satisfaction_before", "word_of_mouth_before", "severity"])
def test_who_leaves_scored_like_who_stays_in_the_same_group(drawn, known):
    """Four standard errors of a difference of two means, group by group."""
    for group in GROUPS if known != "severity" else GROUPS[1:]:
        part = drawn[drawn["group"] == group]
        gone = part["satisfaction"].isna()
        left, stayed = (part.loc[rows, known].astype(float) for rows in (gone, ~gone))
        assert close(left.mean(), stayed.mean(), np.sqrt(left.sem() ** 2 + stayed.sem() ** 2))


@pytest.mark.parametrize("reliability", [0.6, 0.2])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_waves_correlate_by_the_reliability(outcome, reliability):
    """Nothing happens to anybody, nobody leaves: 40 batches of 10,000, four standard errors."""
    none = ((0, 1.0),)
    world = WORLDS["no_paradox"]
    world = replace(
        world,
        satisfaction=replace(world.satisfaction, failed=none),
        word_of_mouth=replace(world.word_of_mouth, failed=none),
        reliability=reliability,
        leaves=((0.0,) * 7,) * 3,
    )
    survey = recovery.simulate(world, 400_000, np.random.default_rng(5)).survey
    scores = survey[[outcome, f"{outcome}_before"]].astype(float)
    found = [part.corr().iloc[0, 1] for _, part in scores.groupby(np.arange(len(scores)) % 40)]
    assert close(np.mean(found), reliability, pd.Series(found).sem())
    mean = getattr(world, outcome).mean_before
    later = scores.groupby(f"{outcome}_before")[outcome].agg(["mean", "sem"])
    before = later.index.to_numpy()
    assert close(later["mean"], mean + reliability * (before - mean), later["sem"])


def test_68_per_cent_would_give_the_same_score_twice():
    """0.6 + 0.4 (0.02² + 0.04² + 0.07² + 0.13² + 0.24² + 0.30² + 0.20²) = 0.6846, as the module says."""
    world = WORLDS["no_paradox"]
    same = world.reliability + (1 - world.reliability) * np.square(world.satisfaction.before).sum()
    assert same == pytest.approx(0.6846, abs=5e-5)


def test_severity_and_quality_follow_what_was_lost_and_won(drawn):
    """Severity is 1 or 2 and two more a point lost: mean 1.5 + 2 * 1.7 less the 1/2 of 0.2 cut at 7.

    Quality 5: 0.03 + 2*0.05 + 3*0.10 + 4*0.17 + 5*0.25 + 6*0.25 + 7*0.15 = 4.91 without a halo; a bonus
    adds to it, none leaves it so.
    """
    severity = drawn["severity"].dropna().astype(float)
    assert close(severity.mean(), 1.5 + 3.4 - 0.1, severity.sem())
    plain = replace(WORLDS["no_paradox"], halo=0.0)
    plain = recovery.simulate(plain, 100_000, np.random.default_rng(3)).survey
    quality = plain["recovery_quality"].dropna().astype(float)
    assert close(quality.mean(), 4.91, quality.sem())
    first = drawn[(drawn["group"] == "recovered") & (drawn["prior_failures"] == 0)]
    again = drawn[(drawn["group"] == "recovered") & (drawn["prior_failures"] > 0)]
    assert first["recovery_quality"].mean() > again["recovery_quality"].mean() + 0.5


def test_a_halo_repeats_the_score_of_leavers_too():
    """With a halo for all, quality is the score given; of who left it has the law of who stays.

    Four standard errors of a difference of two means at the same score before.
    """
    world = replace(WORLDS["leavers"], halo=1.0)
    survey = recovery.simulate(world, 100_000, np.random.default_rng(3)).survey
    fixed = survey[survey["group"] == "recovered"]
    there = fixed.dropna(subset=["satisfaction"])
    assert there["recovery_quality"].equals(there["satisfaction"])
    five = fixed[fixed["satisfaction_before"] == 5].astype({"recovery_quality": float})
    quality = five.groupby(five["satisfaction"].isna())["recovery_quality"].agg(["mean", "sem"])
    assert close(quality["mean"][True], quality["mean"][False], np.hypot(*quality["sem"]))


def test_justice_mirrors_in_its_share_and_else_follows_its_law():
    """All mirror: 5 less the 0, 1, 2, 3 points lost; none mirrors: fairness, whatever was lost."""
    world = replace(WORLDS["no_paradox"], mirror=(1.0, 0.0, 0.5))
    survey = recovery.simulate(world, 200_000, np.random.default_rng(3)).survey
    failed = survey[survey["group"] == "failure"]
    for group, expected in (("recovered", [5]), ("failure", [2, 3, 4, 5])):
        seen = survey.loc[survey["group"] == group, "distributive_justice"]
        assert sorted(seen.unique()) == expected
    lost = failed["distributive_justice"] - 5
    shares = failed["procedural_justice"].value_counts(normalize=True).sort_index()
    fairness = np.asarray(world.fairness)
    assert close(shares, fairness, np.sqrt(fairness * (1 - fairness) / len(failed)))
    assert abs(np.corrcoef(lost, failed["procedural_justice"].astype(int))[0, 1]) < 0.03
    assert np.corrcoef(lost, failed["interactional_justice"].astype(int))[0, 1] > 0.2


def test_segments_differ_in_nothing(drawn):
    """Four standard errors of a difference of two means."""
    groups = drawn.astype({"satisfaction": float}).groupby("segment")["satisfaction"]
    mean, error = groups.mean(), groups.sem()
    assert close(mean["A"], mean["B"], np.hypot(error["A"], error["B"]))


# The door


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reliability": 1.2}, "between 0 and 1"),
        ({"fails": (0.5, -0.1)}, "between 0 and 1"),
        ({"satisfaction": Item((0.5, 0.6), failed=((0, 1.0),))}, "law sum to 1"),
        ({"word_of_mouth": Item(COIN, failed=((-1, 0.9),))}, "law sum to 1"),
        ({"fails": (0.5, 0.2, 0.1)}, "one chance a score"),
        ({"attempted": 1.0}, "somebody answers in each group"),
        ({"leaves": ((0.1, 0.1), (0.1, 0.1), (1.0, 1.0))}, "somebody answers in each group"),
        ({"leaves": ((0.1, 0.1), (0.1,), (1.0, 1.0))}, "one chance a score"),
        ({"leaves": ((0.1, 0.1), (0.1, 0.1))}, "one chance a score"),
        ({"leaves": ((0.1, 0.1), (0.1, 0.1), (0.1, 1.1))}, "between 0 and 1"),
        ({"mirror": (0.5, 0.5, 1.5)}, "between 0 and 1"),
        ({"mirror": (0.5, 0.5)}, "one chance for each dimension"),
        ({"prior_failures": (0.5, 0.4)}, "law sum to 1"),
        ({"quality": COIN}, "seven chances"),
        ({"handling_cost": -1.0}, "positive amounts"),
    ],
)
def test_world_refuses_what_cannot_be(wrong, message):
    with pytest.raises(ParameterError, match=message):
        toy(**wrong)


def test_names_of_the_worlds_are_those_of_the_study():
    assert simulate.WORLDS["recovery"] == tuple(WORLDS)
    assert simulate.world("recovery", "paradox") is WORLDS["paradox"]
    assert simulate.parameters("recovery", "paradox") == parameters(WORLDS["paradox"])
    assert simulate.answers("recovery", "paradox") == answers(WORLDS["paradox"], reliability=0.6)


def test_one_respondent_is_enough():
    assert len(simulate.simulate("recovery", "no_paradox", customers=1, seed=1).survey) == 1


def test_write_gives_whole_numbers_and_empty_cells(tmp_path):
    simulate.write("recovery", "no_paradox", tmp_path, customers=200, seed=7)
    drawn = simulate.simulate("recovery", "no_paradox", customers=200, seed=7).survey
    text = pd.read_csv(tmp_path / "survey.csv", dtype=str, keep_default_na=False)
    assert not text.isin(["<NA>", "nan", "True", "False"]).any(axis=None)
    assert text["satisfaction"].tolist() == [
        "" if pd.isna(score) else str(score) for score in drawn["satisfaction"]
    ]


@pytest.mark.parametrize("module", ["answers", "draw", "kinds", "world"])
def test_examples_in_docstrings_run(module):
    shown = doctest.testmod(import_module(f"retorno.simulate.recovery.{module}"))
    assert shown.attempted > 0 or module == "world"
    assert shown.failed == 0
