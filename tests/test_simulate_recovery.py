"""The simulated recovery world: answers by hand and by brute force, promises of the survey."""

import doctest
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from retorno import simulate
from retorno.errors import ParameterError
from retorno.simulate import recovery
from retorno.simulate.recovery import GROUPS, WORLDS, Item, World, answers, true_effect

OUTCOMES = ("satisfaction", "word_of_mouth")
COIN = (0.5, 0.5)


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
    assert answers(toy(), reliability=0.5) == pytest.approx(expected, abs=1e-11)


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


def test_moves_are_held_inside_the_scale():
    """Three scores: one point lower with 0.6 and two higher with 0.4; nothing without a failure."""
    item = Item((0.2, 0.3, 0.5), failed=((-1, 0.6), (2, 0.4)), repaired=((1, 1.0),))
    without, failed, repaired = item.moves()
    assert without == pytest.approx(np.eye(3))
    assert failed == pytest.approx(np.array([[0.6, 0, 0.4], [0.6, 0, 0.4], [0, 0.6, 0.4]]))
    assert repaired == pytest.approx(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 1]]))


def test_where_failures_cost_nothing_there_is_no_recovery_rate():
    """Alike in all groups: nobody is selected and nobody moves, so the drop is 0."""
    untouched = Item(COIN, failed=((0, 1.0),))
    found = answers(toy(satisfaction=untouched, fails=(0.5, 0.5)))
    assert not [name for name in found if name.startswith("recovery_rate")]
    assert all(value == 0 for value in found.values())


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
    world = replace(WORLDS[name], reliability=reliability, leaves=(0.5, 0.1, 0.3))
    found = answers(world, reliability=reliability)
    for outcome in OUTCOMES:
        true = true_effect(world, outcome)
        assert found[f"change.{outcome}.corrected"] == pytest.approx(true, abs=1e-11)


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


def brute_force(survey, batches, reliability):
    """Return each finding in each of `batches` parts of the survey, naively from the table."""

    def one(part):
        found = {}
        for outcome in (*OUTCOMES, "repurchase"):
            answers_of = {group: part.loc[part["group"] == group, outcome] for group in GROUPS}
            no, failed, fixed = (answers_of[group].dropna().astype(float) for group in GROUPS)
            difference = fixed.mean() - no.mean()
            spread = (len(fixed) * fixed.var() + len(no) * no.var()) / (len(fixed) + len(no))
            found[f"paradox.{outcome}.difference"] = difference
            found[f"paradox.{outcome}.hedges_g"] = difference / np.sqrt(spread)
            regained = (fixed.mean() - failed.mean()) / (no.mean() - failed.mean())
            found[f"recovery_rate.{outcome}"] = regained
        for outcome in OUTCOMES:
            both = part.dropna(subset=[outcome])
            change = (both[outcome] - both[f"{outcome}_before"]).groupby(both["group"]).mean()
            start = both.loc[both["group"] == "recovered", f"{outcome}_before"].mean()
            expected = (1 - reliability) * (part[f"{outcome}_before"].mean() - start)
            found[f"change.{outcome}.raw"] = change["recovered"]
            found[f"change.{outcome}.net"] = change["recovered"] - change["no_failure"]
            found[f"change.{outcome}.expected_by_regression"] = expected
            found[f"change.{outcome}.corrected"] = change["recovered"] - expected
        return found

    parts = survey.groupby(np.arange(len(survey)) % batches)
    return pd.DataFrame([one(part) for _, part in parts]).astype(float)


def compare(estimates, known):
    """Every answer lies within four standard errors of the mean over batches, and is close."""
    assert set(estimates) == set(known)
    error = estimates.sem()
    distance = (estimates.mean() - pd.Series(known)).abs() / error
    assert (distance < 4).all(), distance[distance >= 4]
    assert (error < 0.02).all(), error


@pytest.mark.parametrize("name", WORLDS)
def test_answers_meet_brute_force(name):
    """A million respondents in 40 batches; the study takes 0.5 for the reliability of 0.6."""
    survey = recovery.simulate(WORLDS[name], 1_000_000, np.random.default_rng(11)).survey
    compare(brute_force(survey, 40, reliability=0.5), answers(WORLDS[name], reliability=0.5))


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
    compare(estimates, answers(world, reliability=reliability))


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
        "segment",
    ]
    assert drawn["respondent_id"].iloc[[0, -1]].tolist() == ["R0000001", "R0200000"]
    assert drawn["respondent_id"].is_unique


def test_answers_are_whole_and_use_the_whole_scale(drawn):
    seven = [*OUTCOMES, *(f"{outcome}_before" for outcome in OUTCOMES)]
    for column in (*seven, "recovery_quality", "severity"):
        assert sorted(drawn[column].dropna().unique()) == [1, 2, 3, 4, 5, 6, 7]
        assert drawn[column].dtype in ("int64", "Int64")
    assert sorted(drawn["repurchase"].dropna().unique()) == [0, 1]
    assert set(drawn["segment"]) == {"A", "B"}


@pytest.mark.parametrize("name", WORLDS)
def test_groups_hold_70_12_and_18_per_cent(name):
    """By hand: 0.02*0.59 + 0.04*0.53 + 0.07*0.46 + 0.13*0.40 + 0.24*0.32 + 0.30*0.24 + 0.20*0.17 = 0.3."""
    assert WORLDS[name].group_shares() == pytest.approx([0.7, 0.12, 0.18], abs=1e-12)


def within(observed, expected, error):
    return (np.abs(np.asarray(observed, float) - expected) < 4 * np.asarray(error, float)).all()


def test_drawn_groups_and_leavers_have_their_shares(drawn):
    """Four standard errors of a share."""
    world = WORLDS["paradox"]
    share = drawn["group"].value_counts(normalize=True)[list(GROUPS)]
    expected = world.group_shares()
    assert within(share, expected, np.sqrt(expected * (1 - expected) / len(drawn)))
    gone = drawn["satisfaction"].isna().groupby(drawn["group"]).agg(["mean", "size"])
    leaves = np.asarray(world.leaves)
    counts = gone.loc[list(GROUPS), "size"]
    assert within(gone.loc[list(GROUPS), "mean"], leaves, np.sqrt(leaves * (1 - leaves) / counts))


def test_a_leaver_leaves_all_questions_of_the_second_wave_empty_and_no_other(drawn):
    gone = drawn["satisfaction"].isna()
    assert drawn["repurchase"].isna().equals(gone)
    assert drawn["word_of_mouth"].isna().equals(gone)
    assert drawn[["satisfaction_before", "word_of_mouth_before"]].notna().all(axis=None)
    assert drawn["recovery_quality"].notna().equals(drawn["group"] == "recovered")
    assert drawn["severity"].notna().equals(drawn["group"] != "no_failure")


@pytest.mark.parametrize("known", ["satisfaction_before", "word_of_mouth_before", "severity"])
def test_who_leaves_scored_like_who_stays_in_the_same_group(drawn, known):
    """Four standard errors of a difference of two means, group by group."""
    for group in GROUPS if known != "severity" else GROUPS[1:]:
        part = drawn[drawn["group"] == group]
        gone = part["satisfaction"].isna()
        left, stayed = (part.loc[rows, known].astype(float) for rows in (gone, ~gone))
        assert within(left.mean(), stayed.mean(), np.sqrt(left.sem() ** 2 + stayed.sem() ** 2))


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
        leaves=(0.0, 0.0, 0.0),
    )
    survey = recovery.simulate(world, 400_000, np.random.default_rng(5)).survey
    scores = survey[[outcome, f"{outcome}_before"]].astype(float)
    found = [part.corr().iloc[0, 1] for _, part in scores.groupby(np.arange(len(scores)) % 40)]
    assert within(np.mean(found), reliability, pd.Series(found).sem())
    mean = getattr(world, outcome).mean_before
    later = scores.groupby(f"{outcome}_before")[outcome].agg(["mean", "sem"])
    before = later.index.to_numpy()
    assert within(later["mean"], mean + reliability * (before - mean), later["sem"])


def test_68_per_cent_would_give_the_same_score_twice():
    """0.6 + 0.4 (0.02² + 0.04² + 0.07² + 0.13² + 0.24² + 0.30² + 0.20²) = 0.6846, as the module says."""
    world = WORLDS["no_paradox"]
    same = world.reliability + (1 - world.reliability) * np.square(world.satisfaction.before).sum()
    assert same == pytest.approx(0.6846, abs=5e-5)


def test_severity_and_quality_follow_what_was_lost_and_won(drawn):
    """Severity is 1 or 2 and two more a point lost: mean 1.5 + 2 * 1.7 less the 1/2 of 0.2 cut at 7.

    Quality 5: 0.03 + 2*0.05 + 3*0.10 + 4*0.17 + 5*0.25 + 6*0.25 + 7*0.15 = 4.91; a bonus adds to it,
    none leaves it so.
    """
    severity = drawn["severity"].dropna().astype(float)
    assert within(severity.mean(), 1.5 + 3.4 - 0.1, severity.sem())
    plain = recovery.simulate(WORLDS["no_paradox"], 100_000, np.random.default_rng(3)).survey
    quality = plain["recovery_quality"].dropna().astype(float)
    assert within(quality.mean(), 4.91, quality.sem())
    assert drawn["recovery_quality"].mean() > 5.4
    recovered = drawn[drawn["group"] == "recovered"].dropna()
    by_quality = recovered.groupby("recovery_quality")["satisfaction"].mean()
    assert by_quality[7] > by_quality[3] + 0.2


def test_segments_differ_in_nothing(drawn):
    """Four standard errors of a difference of two means."""
    groups = drawn.astype({"satisfaction": float}).groupby("segment")["satisfaction"]
    mean, error = groups.mean(), groups.sem()
    assert within(mean["A"], mean["B"], np.hypot(error["A"], error["B"]))


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
        ({"leaves": (0.1, 0.1, 1.0)}, "somebody answers in each group"),
    ],
)
def test_world_refuses_what_cannot_be(wrong, message):
    with pytest.raises(ParameterError, match=message):
        toy(**wrong)


def test_names_of_the_worlds_are_those_of_the_study():
    assert simulate.WORLDS["recovery"] == tuple(WORLDS)
    assert simulate.world("recovery", "paradox") is WORLDS["paradox"]
    assert simulate.parameters("recovery", "paradox") == {}
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


def test_examples_in_docstrings_run():
    shown = doctest.testmod(recovery)
    assert shown.attempted > 0
    assert shown.failed == 0
