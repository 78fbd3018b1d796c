"""The recovery study: a survey worked by hand, the verdict rule, properties, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retorno.errors import ParameterError, TableError
from retorno.recovery import (
    SmallestEffect,
    between_groups,
    group_means,
    recovered_changes,
    recovery_rates,
    respondent_flow,
    scored_survey,
)
from retorno.recovery.between.difference import DEFINITIONS as BETWEEN
from retorno.recovery.repair.rate import DEFINITIONS as RATE
from retorno.recovery.verdict import verdicts
from retorno.recovery.within.change import DEFINITIONS as CHANGE
from retorno.stats.student import Student
from retorno.tables import connect, read

ROWS = [  # group, satisfaction before, satisfaction
    ("recovered", 3, 5), ("recovered", 4, 4), ("recovered", 5, 6), ("recovered", 4, 5),
    ("recovered", 2.5, None),
    ("no_failure", 6, 6), ("no_failure", 6, 7), ("no_failure", 5, 5), ("no_failure", 7, 6),
    ("failure", 4, 2), ("failure", 4, 3), ("failure", 6, 4), ("failure", 2, 3),
]  # fmt: skip
SMALLEST = SmallestEffect(0.2, "sd")
OPTIONS = {"level": 0.95, "min_group": 2}
T3, T6 = stats.t.ppf(0.975, [3, 6])


def frame(rows=ROWS, **columns):
    made = pd.DataFrame(rows, columns=["group", "satisfaction_before", "satisfaction"])
    made.insert(0, "respondent_id", [f"R{n}" for n in range(len(made))])
    return made.assign(**columns)


def survey(table=None, **rules):
    table = frame() if table is None else table
    return scored_survey(read("survey", table, con=connect()), **rules)


def everything(scored, *, smallest=SMALLEST, **rules):
    """Return the findings of the three comparisons by id."""
    results = (
        between_groups(scored, smallest=smallest, **OPTIONS),
        recovered_changes(scored, smallest=smallest, **OPTIONS, **rules),
        recovery_rates(scored, **OPTIONS),
    )
    return {finding.id: finding for result in results for finding in result.findings()}


@pytest.fixture(scope="module")
def by_hand():
    return everything(survey())


def test_every_finding_is_stated_once(by_hand):
    definitions = (*BETWEEN, *CHANGE, *RATE)
    assert set(by_hand) == {d.id.format(outcome="satisfaction") for d in definitions}
    verdict = by_hand["paradox.satisfaction.verdict"]
    assert [i for i, f in by_hand.items() if f.estimate is None] == [verdict.id]


def test_difference_by_hand(by_hand):
    """Recovered 5, 4, 6, 5: mean 5. No failure 6, 7, 5, 6: mean 6. Sums of squares 2: variances 2/3.

    Difference -1, squared error 2/3/4 * 2 = 1/3, 6 degrees of freedom.
    """
    found = by_hand["paradox.satisfaction.difference"]
    assert (found.estimate, found.n, found.unit) == (-1, 8, "scale points")
    assert found.ci_low == pytest.approx(-1 - T6 * np.sqrt(1 / 3), rel=1e-9)
    assert "recovered 5.00, no failure 6.00; the interval of the difference" in found.sentence
    assert "already scored 2.30 lower" in found.sentence  # before: 18.5/5 = 3.7 against 6
    assert "1 respondent without a score in the second wave is left out." in found.sentence
    assert "Only 4 units" in found.sentence


def test_hedges_g_and_verdict_by_hand(by_hand):
    """-1 over a pooled SD of sqrt(2/3), times 1 - 3/23. The 95 % interval -1 -+ 1.41 holds 0: undecided."""
    found = by_hand["paradox.satisfaction.hedges_g"]
    assert found.estimate == pytest.approx(-np.sqrt(1.5) * 20 / 23, rel=1e-12)
    verdict = by_hand["paradox.satisfaction.verdict"]
    assert (verdict.estimate, verdict.verdict, verdict.ci_low) == (None, "undecided", None)
    assert "The 95% interval, −2.41 to 0.41, holds zero" in verdict.sentence
    assert "reaches beyond 0.16 on one side" in verdict.sentence  # 0.2 * sqrt(2/3)


def test_changes_by_hand(by_hand):
    """Pairs change by 2, 0, 1, 1: mean 1, squared error (2/3)/4 = 1/6. Without a failure 0, 1, 0, -1: mean 0.

    They began at 4; all thirteen, the leaver included, at 58.5/13 = 4.5: a rise of 0.4 * 0.5 = 0.2 is expected.
    """
    raw = by_hand["change.satisfaction.raw"]
    assert (raw.estimate, raw.n) == (1, 4)
    assert raw.ci_low == pytest.approx(1 - T3 * np.sqrt(1 / 6), rel=1e-9)
    net = by_hand["change.satisfaction.net"]
    assert (net.estimate, net.n) == (1, 8)
    assert net.ci_low == pytest.approx(1 - T6 * np.sqrt(1 / 3), rel=1e-9)
    assert "Descriptive only" in net.sentence
    expected = by_hand["change.satisfaction.expected_by_regression"]
    assert expected.estimate == pytest.approx(0.2, rel=1e-12)
    corrected = by_hand["change.satisfaction.corrected"]
    assert corrected.estimate == pytest.approx(0.8, rel=1e-12)
    influence = -0.4 * (frame().satisfaction_before.to_numpy() - 4.5) / 13
    influence[:4] += np.sqrt(4 / 3) / 4 * (np.array([1, -1, 0, 0]) + 0.4 * np.array([-1, 0, 1, 0]))
    half = T3 * np.sqrt((influence**2).sum())
    assert (corrected.ci_low, corrected.ci_high) == pytest.approx((0.8 - half, 0.8 + half))
    assert corrected.verdict == "undecided"


def test_recovery_rate_by_hand(by_hand):
    """(5 - 3)/(6 - 3) = 2/3; variances of the means 1/6, the mean of failure in both: covariance 1/6; 6 df."""
    found = by_hand["recovery_rate.satisfaction"]
    assert found.estimate == pytest.approx(2 / 3, rel=1e-12)
    for bound in (found.ci_low, found.ci_high):
        assert (2 - 3 * bound) ** 2 == pytest.approx(T6**2 * (1 - bound + bound**2) / 3, rel=1e-9)
    assert "66.7% of the drop in satisfaction of 3.00" in found.sentence
    assert found.verdict == "undecided"


def test_flow_and_means_by_hand():
    scored = survey()
    flow = respondent_flow(scored).to_frame().set_index("group")
    assert flow.loc["Recovered"].tolist() == [5, 5, 4, 4, 0.8]
    assert flow.loc["No failure"].tolist() == [4, 4, 4, 4, 1.0]
    assert "Between 80.0% and 100.0%" in respondent_flow(scored).table_caption()
    means = group_means(scored, **OPTIONS)
    table = means.to_frame().set_index(["group", "wave"])
    assert table.loc[("Recovered", "before"), "mean"] == pytest.approx(3.7, rel=1e-12)
    assert table.loc[("Recovered", "after"), "n"] == 4
    half = T3 * np.sqrt(1 / 6)
    assert table.loc[("No failure", "after"), "ci_high"] == pytest.approx(6 + half, rel=1e-9)
    assert (
        means.title()
        == "Failures struck those low in satisfaction: the recovered stood lower from the start"
    )


def test_a_group_too_small_for_a_mean_is_named_in_the_caption():
    """Four without a failure and four failures unrepaired; five are asked for, as many as were recovered before."""
    caption = group_means(survey(), level=0.95, min_group=5).caption()
    assert "too few or all alike: No failure, Failure, no recovery, Recovered." in caption
    assert "too few" not in group_means(survey(), **OPTIONS).caption()


def test_weights_and_a_known_mean_before():
    """Weight 3 without a failure: M = 106.5/21. A known mean of 5 leaves the error of d + 0.4 b alone."""
    group = frame().group
    weighted = survey(frame(weight=np.where(group == "no_failure", 3.0, 1.0)))
    found = everything(weighted)["change.satisfaction.expected_by_regression"]
    assert found.estimate == pytest.approx(0.4 * (106.5 / 21 - 4), rel=1e-12)

    found = everything(survey(), before_mean=5.0)
    assert found["change.satisfaction.corrected"].estimate == pytest.approx(0.6, rel=1e-12)
    values = np.array([2, 0, 1, 1]) + 0.4 * np.array([3, 4, 5, 4])
    half = T3 * values.std(ddof=1) / 2
    assert found["change.satisfaction.corrected"].ci_high == pytest.approx(0.6 + half, rel=1e-9)


def test_at_reliability_one_nothing_is_expected_and_nothing_taken_off():
    found = everything(survey(), reliability=1.0)
    expected = found["change.satisfaction.expected_by_regression"]
    assert (expected.estimate, expected.ci_low) == (0, None)
    raw, corrected = found["change.satisfaction.raw"], found["change.satisfaction.corrected"]
    assert (corrected.estimate, corrected.ci_low) == pytest.approx((raw.estimate, raw.ci_low))


def test_verdict_rule_by_hand():
    """Error 0.1 with countless df: 95 % is -+0.196, 90 % is -+0.164. Smallest effect 0.2.

    0.03 -+ 0.164 lies inside 0.2: parity. 0.04 + 0.164 does not, and 0.04 - 0.196 < 0: undecided. 0.2 - 0.196 > 0:
    paradox; its mirror image: shortfall. An interval clear of zero but inside 0.2 is parity: error 0.01, 0.1.
    """
    for value, se, word in (
        (0.03, 0.1, "parity"),
        (0.04, 0.1, "undecided"),
        (0.2, 0.1, "paradox"),
        (-0.2, 0.1, "shortfall"),
        (0.1, 0.01, "parity"),
    ):
        got = verdicts({"one": (Student(value, se, 1e9), 0.2)}, level=0.95)
        assert got["one"].word == word


def test_several_outcomes_are_read_at_holms_levels():
    """z = 2.1 (p 0.036) alone is a paradox; of two, at 97.5 % (2.24), undecided, unless the other is clear."""
    clear, near = (Student(z * 0.1, 0.1, 1e9) for z in (9.0, 2.1))
    alone = verdicts({"a": (near, 0.2)}, level=0.95)
    both = verdicts({"a": (near, 0.2), "b": (near, 0.2)}, level=0.95)
    helped = verdicts({"a": (near, 0.2), "b": (clear, 0.2)}, level=0.95)
    assert (alone["a"].word, both["a"].word, helped["a"].word) == (
        "paradox",
        "undecided",
        "paradox",
    )
    assert (both["a"].level, helped["a"].level) == pytest.approx((0.975, 0.95))
    assert "Holm's rule for 2 outcomes" in both["a"].intervals("scale points")
    assert "The 97.5% interval" in both["a"].intervals("scale points")


def test_smallest_effect_in_points_is_taken_as_it_stands(by_hand):
    """The 90 % interval of -1 -+ 1.12 lies inside 2.2 points: parity; in SDs 2.2 is 1.8 points and it does not."""
    half = stats.t.ppf(0.95, 6) * np.sqrt(1 / 3)
    assert 2.2 * np.sqrt(2 / 3) < 1 + half < 2.2
    for unit, word in (("points", "parity"), ("sd", "undecided")):
        found = everything(survey(), smallest=SmallestEffect(2.2, unit))
        assert found["paradox.satisfaction.verdict"].verdict == word


def test_swapping_the_groups_flips_every_sign(by_hand):
    """Difference and g change sign, their bounds change places."""
    swapped = frame()
    swapped["group"] = swapped.group.replace({"recovered": "no_failure", "no_failure": "recovered"})
    found = everything(survey(swapped))
    for name in ("paradox.satisfaction.difference", "paradox.satisfaction.hedges_g"):
        assert found[name].estimate == pytest.approx(-by_hand[name].estimate, rel=1e-12)
        assert found[name].ci_low == pytest.approx(-by_hand[name].ci_high, rel=1e-9)


@pytest.mark.parametrize(("times", "plus"), [(1, 10), (2, 0)])
def test_shifting_leaves_differences_and_doubling_doubles_points_alone(by_hand, times, plus):
    """g, recovery rate and verdicts have no unit; everything else is in points."""
    moved = frame()
    for column in ("satisfaction", "satisfaction_before"):
        moved[column] = moved[column] * times + plus
    found = everything(survey(moved, scale=[1 * times + plus, 7 * times + plus]))
    for name, one in by_hand.items():
        factor = times if one.unit == "scale points" else 1
        assert found[name].verdict == one.verdict
        if one.estimate is not None:
            assert found[name].estimate == pytest.approx(factor * one.estimate, rel=1e-9)
            assert found[name].ci_low == pytest.approx(factor * one.ci_low, rel=1e-9)


def test_repurchase_of_zero_and_one_is_a_share_whatever_the_scale():
    """Recovered 1, 0, 1, 1 of 4, no failure 1, 1, 1, 0 of 4: no difference, in share."""
    bought = [1, 0, 1, 1, None, 1, 1, 1, 0, 0, 1, 0, 0]
    scored = survey(frame(repurchase=pd.Series(bought, dtype="float")))
    assert scored.outcomes == ("satisfaction", "repurchase")
    found = everything(scored)
    assert found["paradox.repurchase.difference"].unit == "difference in share"
    assert "recovered 75.0%, no failure 75.0%" in found["paradox.repurchase.difference"].sentence
    refused = found["change.repurchase.raw"]
    assert (refused.verdict, refused.unit) == ("refused", "difference in share")
    assert "no column repurchase_before" in refused.sentence


def test_outcomes_name_what_is_compared():
    two = frame(word_of_mouth=frame().satisfaction)
    assert survey(two).outcomes == ("satisfaction", "word_of_mouth")
    assert survey(two, outcomes=["word_of_mouth"]).outcomes == ("word_of_mouth",)
    with pytest.raises(ParameterError, match="one or more of satisfaction, each once; got loyalty"):
        survey(outcomes=["loyalty"])
    with pytest.raises(ParameterError, match=r"got \[\]"):
        survey(outcomes=[])


def test_scores_outside_the_scale_are_told():
    table = frame()
    table["satisfaction"] = table.satisfaction * 1.25
    table["satisfaction_before"] = table.satisfaction_before + 1
    with pytest.raises(
        TableError, match=r"'satisfaction' has 4 scores outside .* 7.50, 7.50, 8.75, 7.50"
    ):
        survey(table)
    with pytest.raises(TableError, match=r"'satisfaction_before' has 1 score .* from 1 to 7: 8\."):
        survey(table)
    many = frame(satisfaction=range(20, 33))
    with pytest.raises(TableError, match=r"13 scores .* 20, 21, 22, 23, 24 and 8 more.* scale"):
        survey(many)


def test_a_survey_of_which_nothing_can_be_said_is_no_survey():
    with pytest.raises(TableError, match=r"nobody is in the group recovered.*failure, no_failure"):
        survey(frame([row for row in ROWS if row[0] != "recovered"]))
    with pytest.raises(TableError, match="all left before the second wave: satisfaction"):
        survey(frame([(group, before, None) for group, before, _ in ROWS]))


@pytest.mark.parametrize("gone", ["no_failure", "failure"])
def test_without_a_group_what_needs_it_is_refused(gone):
    found = everything(survey(frame([row for row in ROWS if row[0] != gone])))
    refused = {name for name, finding in found.items() if finding.verdict == "refused"}
    needs = {
        "failure": {"recovery_rate.satisfaction"},
        "no_failure": {
            "recovery_rate.satisfaction",
            "paradox.satisfaction.difference",
            "paradox.satisfaction.hedges_g",
            "paradox.satisfaction.verdict",
            "change.satisfaction.net",
        },
    }[gone]
    assert refused == needs
    assert all(": 0; at least 2 are needed" in found[name].sentence for name in needs)


def test_without_scores_before_changes_are_refused():
    found = everything(survey(frame().drop(columns="satisfaction_before")))
    refused = {name for name, finding in found.items() if finding.verdict == "refused"}
    assert refused == {name for name in found if name.startswith("change.")}
    assert "no column satisfaction_before" in found["change.satisfaction.raw"].sentence
    assert "Before anything failed" not in found["paradox.satisfaction.difference"].sentence
    changes = recovered_changes(
        survey(frame().drop(columns="satisfaction_before")), smallest=SMALLEST
    )
    assert changes.steps().title() == "No corrected change can be stated"


def test_small_groups_are_refused_with_their_count():
    result = between_groups(survey(), smallest=SMALLEST, min_group=5)
    assert {f.verdict for f in result.findings()} == {"refused"}
    assert (
        '"Recovered" with a score of satisfaction: 4; at least 5' in result.findings()[0].sentence
    )
    changes = recovered_changes(survey(), smallest=SMALLEST, min_group=5)
    assert "in both waves: 4; at least 5" in changes.findings()[0].sentence


def test_all_the_recovered_left():
    rows = [(g, b, None if g == "recovered" else a) for g, b, a in ROWS]
    found = everything(survey(frame(rows)))
    assert {finding.verdict for finding in found.values()} == {"refused"}


def test_equal_answers_bear_no_comparison():
    """All at the ceiling: no spread, no drop; changes of one size: no error to judge them by."""
    found = everything(survey(frame([(group, before, 7) for group, before, _ in ROWS])))
    for name in ("paradox.satisfaction.difference", "recovery_rate.satisfaction"):
        assert found[name].verdict == "refused"
        assert "is the same for all who are compared" in found[name].sentence
    found = everything(survey(frame([(group, before, before) for group, before, _ in ROWS])))
    assert found["change.satisfaction.raw"].verdict == "refused"
    assert found["change.satisfaction.corrected"].verdict == "refused"


def test_a_drop_that_is_not_there_has_no_share():
    """Failure as satisfied as no failure, then more so: the interval of the drop holds zero or lies below it."""
    for score in (0, 1):
        rows = [(g, b, a + 3 + score if g == "failure" else a and a - 2) for g, b, a in ROWS]
        rows = [(g, b, a and min(a, 7)) for g, b, a in rows]
        found = everything(survey(frame(rows)))["recovery_rate.satisfaction"]
        assert found.verdict == "refused"
        assert "not clear enough above zero" in found.sentence


def test_weights_of_zero_refuse_what_needs_them_alone():
    found = everything(survey(frame(weight=0.0)))
    assert "all weights are 0" in found["change.satisfaction.expected_by_regression"].sentence
    assert found["change.satisfaction.corrected"].verdict == "refused"
    assert found["change.satisfaction.raw"].estimate == 1


def test_the_recovered_alone_have_no_mean_to_regress_to():
    found = everything(survey(frame([row for row in ROWS if row[0] == "recovered"])))
    assert found["change.satisfaction.raw"].estimate == 1
    assert "parameter before_mean" in found["change.satisfaction.corrected"].sentence
    found = everything(
        survey(frame([row for row in ROWS if row[0] == "recovered"])), before_mean=4.5
    )
    assert found["change.satisfaction.corrected"].estimate == pytest.approx(0.8, rel=1e-12)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"reliability": 1.2}, r"reliability: wanted a correlation from 0 to 1, as 0.6; got 1.2"),
        ({"before_mean": 9.0}, r"before_mean: wanted a score of satisfaction from 1.00 to 7.00"),
    ],
)
def test_impossible_rules_are_named(rules, message):
    with pytest.raises(ParameterError, match=message):
        recovered_changes(survey(), smallest=SMALLEST, **rules)


def test_one_mean_before_cannot_stand_for_two_outcomes():
    table = frame(
        word_of_mouth=frame().satisfaction, word_of_mouth_before=frame().satisfaction_before
    )
    with pytest.raises(ParameterError, match="cannot stand for satisfaction, word_of_mouth"):
        recovered_changes(survey(table), smallest=SMALLEST, before_mean=5.0)


@pytest.mark.parametrize("scale", [[7, 1], [1], [1, 1], ["a", "b"], [1, float("inf")], 7])
def test_a_scale_is_two_rising_numbers(scale):
    with pytest.raises(ParameterError, match="scale: wanted the lowest and the highest score"):
        survey(scale=scale)


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (0, "sd", "smallest_effect: wanted a size above 0"),
        (float("nan"), "sd", "smallest_effect: wanted a size above 0"),
        (0.2, "SD", "smallest_effect_unit: wanted sd or points; got 'SD'"),
    ],
)
def test_a_smallest_effect_is_a_size_in_a_unit(value, unit, message):
    with pytest.raises(ParameterError, match=message):
        SmallestEffect(value, unit)
