"""Weights and bounds for who left: worked by hand, against R, by brute force; and the study's findings on them."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retorno import simulate
from retorno.display import figure, table
from retorno.figures.recovery.leavers import leavers as draw
from retorno.recovery import scored_survey
from retorno.recovery.between.leavers import CONCLUSIONS, DEFINITIONS, leavers
from retorno.stats.adjustment import SeparationError
from retorno.stats.attrition import (
    Bounds,
    lee_bounds,
    weighted_difference,
    weighted_mean,
    worst_case,
)
from retorno.stats.student import Student, mean_of, welch
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "adjustment.json").read_text())
NAN = np.nan


def rng():
    return np.random.default_rng(11)


def test_weighted_mean_by_hand():
    """Low before: 2 of 4 answered (mean 2), weight 2; high before: 3 of 4 (mean 6), weight 4/3.

    Mean (4 * 2 + 4 * 6)/8 = 4.
    Effective (2*2 + 3*4/3)**2 / (2*4 + 3*16/9) = 64 / (40/3) = 4.8; largest 2 over the mean 8/5 = 1.25.
    """
    before = np.array([0, 0, 0, 0, 1, 1, 1, 1.0])[:, None]
    got = weighted_mean([1, 3, NAN, NAN, 6, 5, 7, NAN], before)
    assert got.mean.value == pytest.approx(4, rel=1e-6)
    assert (got.effective, got.largest) == pytest.approx((4.8, 1.25), rel=1e-6)
    assert (got.n, got.left) == (5, 3)
    assert got.mean.df == pytest.approx(3.8, rel=1e-6)


def test_weighted_mean_is_that_of_r():
    """Error in R: stacked moments, numeric derivative (tests/reference/adjustment.R); ours times sqrt(n / (n - 1))."""
    data = {name: np.asarray(values, dtype=float) for name, values in R["data"].items()}
    one = data["smoke"] == 1
    scores = np.where(data["ftv"] > 0, data["bwt"], NAN)[one]
    got = weighted_mean(scores, np.column_stack([data["age"], data["lwt"]])[one])
    want = R["weighted"]
    assert (got.n, got.left) == (want["n"], want["left"])
    assert got.mean.value == pytest.approx(want["estimate"], rel=1e-7)
    assert got.mean.se == pytest.approx(want["se"] * np.sqrt(29 / 28), rel=1e-6)
    assert got.effective == pytest.approx(want["effective"], rel=1e-7)
    assert got.largest == pytest.approx(want["largest"], rel=1e-7)


def test_where_nobody_left_the_weighted_difference_is_welch():
    first, second = [5, 4, 6, 5.0], [6, 7, 5, 6, 3.0]
    means = [weighted_mean(v, np.zeros((len(v), 1))) for v in (first, second)]
    plain, got = welch(first, second), weighted_difference(*means)
    assert (got.value, got.se, got.df) == pytest.approx((plain.value, plain.se, plain.df))
    assert means[0].mean.se == pytest.approx(mean_of(first).se)


def test_lee_by_hand():
    """7, 7, 6 of 3 answered, 4 and 2 of 4: the first kept twice as many, so half of its 3 answers, 1.5, are kept.

    Lowest 1.5: 6 and half a 7, (6 + 3.5)/1.5 = 19/3; highest 7. Less 3: 10/3 and 4. Turned round: -4 and -10/3.
    """
    first, second = [7, 7, 6.0], [4, 2, NAN, NAN]
    got = lee_bounds(first, second, rng=rng())
    assert (got.low.value, got.high.value) == pytest.approx((10 / 3, 4), rel=1e-12)
    assert (got.trimmed, got.trimmed_group) == (0.5, 0)
    turned = lee_bounds(second, first, rng=rng())
    assert (turned.low.value, turned.high.value) == pytest.approx((-4, -10 / 3), rel=1e-12)
    assert turned.trimmed_group == 1
    assert got.low.df == 1


def test_lee_is_what_the_best_and_worst_choice_of_leavers_leaves():
    """8 answered of 8, 6 of 8: of the eight, all choices of six; lowest and highest mean."""
    first, second = np.array([7, 7, 7, 6, 6, 5, 5, 2.0]), np.array([6, 5, 5, 4, 6, 7, NAN, NAN])
    kept = [np.mean(choice) for choice in combinations(first, 6)]
    got = lee_bounds(first, second, rng=rng())
    middle = np.nanmean(second)
    assert got.low.value == pytest.approx(min(kept) - middle, rel=1e-12)
    assert got.high.value == pytest.approx(max(kept) - middle, rel=1e-12)


def test_alike_shares_leave_the_plain_difference():
    first, second = [7, 6, 5, 5, NAN], [4, 4, 6, 6, NAN]
    got = lee_bounds(first, second, rng=rng())
    assert (got.low.value, got.high.value) == pytest.approx((0.75, 0.75), rel=1e-12)
    assert (got.trimmed, got.trimmed_group) == (0, None)


def test_lee_errors_are_those_of_the_delta_method():
    """2,400 of 3,000 answered against 1,800, by the gradient in the counts; 20,000 draws, so to 2 %.

    No edge of the 1,800 kept lies near where one score ends and the next begins: there no gradient exists.
    """
    from retorno.stats.attrition import _lee

    counts = [
        10 * np.array([5, 10, 20, 40, 55, 70, 40, 60.0]),
        10 * np.array([10, 15, 20, 35, 40, 35, 25, 120.0]),
    ]
    scores = np.arange(1.0, 8.0)
    groups = [
        np.concatenate([np.repeat(scores, c[:-1].astype(int)), np.full(int(c[-1]), NAN)])
        for c in counts
    ]
    got = lee_bounds(*groups, rng=rng(), draws=20_000)
    variance = np.zeros(2)
    for place, count in enumerate(counts):
        gradient = []
        for cell in range(8):
            ends = []
            for step in (1e-4, -1e-4):
                moved = [c.copy() for c in counts]
                moved[place][cell] += step
                low, high, *_ = _lee(*(c[None] for c in moved), scores)
                ends.append([low[0], high[0]])
            gradient.append((np.array(ends[0]) - ends[1]) / 2e-4)
        gradient, share = np.array(gradient), count / count.sum()
        variance += count.sum() * (share @ gradient**2 - (share @ gradient) ** 2)
    scale = np.sqrt(1_800 / 1_799)
    assert got.low.se == pytest.approx(np.sqrt(variance[0]) * scale, rel=0.02)
    assert got.high.se == pytest.approx(np.sqrt(variance[1]) * scale, rel=0.02)


def test_lee_draws_in_pieces_what_does_not_fit_at_once(monkeypatch):
    """One piece or many: the same bounds, errors of the same size."""
    first, second = (
        rng().normal(size=200),
        np.where(np.arange(200) < 50, NAN, rng().normal(size=200)),
    )
    whole = lee_bounds(first, second, rng=rng(), draws=2_000)
    monkeypatch.setattr("retorno.stats.attrition.CELLS", 20_000)
    pieces = lee_bounds(first, second, rng=rng(), draws=2_000)
    assert pieces.low.value == whole.low.value
    assert pieces.low.se == pytest.approx(whole.low.se, rel=0.1)


def test_worst_case_by_hand():
    """Scale 1 to 7. First 5, 6 and one left; second 4, 4, 3 and one left.

    Low: (5 + 6 + 1)/3 - (4 + 4 + 3 + 7)/4 = 4 - 4.5; high: (5 + 6 + 7)/3 - (4 + 4 + 3 + 1)/4 = 6 - 3.
    """
    got = worst_case([5, 6, NAN], [4, 4, 3, NAN], low=1, high=7)
    assert (got.low.value, got.high.value) == pytest.approx((-0.5, 3.0), rel=1e-12)
    assert got.low.se == pytest.approx(welch([5, 6, 1], [4, 4, 3, 7]).se, rel=1e-12)
    assert (got.trimmed, got.trimmed_group) == (0, None)


def test_interval_of_the_difference_between_its_two_limits():
    """Errors 0.1, countless df: bounds at one point, 1.960 each side; 10 errors apart, 1.645 (Imbens and Manski)."""
    point = Bounds(Student(0, 0.1, 1e9), Student(0, 0.1, 1e9)).interval(0.95)
    far = Bounds(Student(0, 0.1, 1e9), Student(1, 0.1, 1e9)).interval(0.95)
    near = Bounds(Student(0, 0.1, 1e9), Student(0.05, 0.1, 1e9)).interval(0.95)
    two, one = stats.norm.ppf([0.975, 0.95]) / 10
    assert point == pytest.approx((-two, two), rel=1e-6)
    assert far == pytest.approx((-one, 1 + one), rel=1e-6)
    assert one < -near[0] < two
    c = -near[0] * 10
    assert stats.norm.cdf(c + 0.5) - stats.norm.cdf(-c) == pytest.approx(0.95, rel=1e-9)


def test_the_worst_case_holds_lee_and_lee_holds_the_plain_difference():
    """100 random surveys of 7-point answers."""
    draw = rng()
    for _ in range(100):
        first, second = (
            np.where(draw.random(40) < draw.uniform(0.1, 0.5), NAN, draw.integers(1, 8, 40))
            for _ in range(2)
        )
        plain = np.nanmean(first) - np.nanmean(second)
        lee, worst = (
            lee_bounds(first, second, rng=draw, draws=50),
            worst_case(first, second, low=1, high=7),
        )
        assert lee.low.value - 1e-12 <= plain <= lee.high.value + 1e-12
        assert worst.low.value <= plain <= worst.high.value


def test_what_cannot_be_bounded_is_told():
    whole, some = [5, 6, 7.0], [5, 6, NAN]
    for bounds in (
        lambda a, b: lee_bounds(a, b, rng=rng()),
        lambda a, b: worst_case(a, b, low=1, high=7),
    ):
        with pytest.raises(ValueError, match="nobody left"):
            bounds(whole, whole)
        with pytest.raises(ValueError, match="`second` needs two members who answered; got 1"):
            bounds(whole, [5, NAN, NAN])
    with pytest.raises(ValueError, match="all answers are the same"):
        lee_bounds([7, 7, 7], [7, 7, NAN], rng=rng())
    with pytest.raises(ValueError, match="two members who answered; got 0"):
        weighted_mean([NAN, NAN], np.zeros((2, 1)))
    with pytest.raises(SeparationError):
        weighted_mean([*some, NAN], np.arange(4.0)[:, None])
    alike = weighted_mean([7, 7, 7], np.zeros((3, 1)))
    with pytest.raises(ValueError, match="both groups are constant"):
        weighted_difference(alike, alike)


ROWS = [  # group, satisfaction before, satisfaction: 7, 7, 6 kept by all, 4 and 2 by half, as above
    ("recovered", 4, 7), ("recovered", 5, 7), ("recovered", 5, 6),
    ("no_failure", 4, 4), ("no_failure", 5, 2), ("no_failure", 5, None), ("no_failure", 4, None),
]  # fmt: skip


def frame(rows=ROWS, **columns):
    made = pd.DataFrame(rows, columns=["group", "satisfaction_before", "satisfaction"])
    made.insert(0, "respondent_id", [f"R{n}" for n in range(len(made))])
    return made.assign(**columns)


def study(made, min_group=2, **rules):
    scored = scored_survey(read("survey", made, con=connect()), **rules)
    return leavers(scored, min_group=min_group, rng=rng())


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


def test_the_study_states_what_was_worked_by_hand():
    """Lee 10/3 and 4; worst case 20/3 - (6 + 14)/4 and 20/3 - (6 + 2)/4.

    Half left at each score before, so all weigh the same: 20/3 - 3.
    """
    found = by_id(study(frame()))
    assert set(found) == {d.id.format(outcome="satisfaction") for d in DEFINITIONS}
    estimates = {name.split(".")[-1]: one.estimate for name, one in found.items()}
    assert estimates == pytest.approx(
        {"weighted": 20 / 3 - 3, "lee_low": 10 / 3, "lee_high": 4, "worst_low": 5 / 3, "worst_high": 14 / 3},
        rel=1e-6,
    )  # fmt: skip
    low = found["leavers.satisfaction.lee_low"]
    assert 'With 50.0% of the answers of the group "Recovered" taken off' in low.sentence
    assert "Only 2 units" in low.sentence
    assert "one way only" in found["leavers.satisfaction.lee_high"].sentence
    assert "would be 1.67" in found["leavers.satisfaction.worst_low"].sentence


def simulated(shift=0.0, gone=0.1, n=400, seed=4):
    """Return a survey of `n` a group: recovered `shift` higher, `gone` of them left and half as many others."""
    draw_ = np.random.default_rng(seed)
    group = np.repeat(["recovered", "no_failure"], n)
    before = draw_.integers(3, 6, 2 * n).astype(float)
    score = before + shift * (group == "recovered") + draw_.choice([-0.5, 0, 0.5], 2 * n)
    left = draw_.random(2 * n) < np.where(group == "recovered", gone, gone / 2)
    return frame(list(zip(group, before, np.where(left, np.nan, score), strict=True)))


@pytest.mark.parametrize(
    ("shift", "gone", "lee", "worst", "title"),
    [
        (1.0, 0.05, "above above", "above above", "Leavers do not account"),
        (0.8, 0.3, "above above", "above *", "Leavers do not account"),
        (-1.0, 0.05, "below below", "below below", "Leavers do not account"),
        (0.4, 0.5, "above *", "above *", "Leavers could account"),
        (-0.4, 0.5, "below *", "below *", "Leavers could account"),
        (0.0, 0.1, "undecided undecided", "undecided undecided", "stays open"),
    ],
)
def test_what_leavers_could_do_is_said_of_both_sides(shift, gone, lee, worst, title):
    """A difference of 1 and a twentieth gone at most: no leavers make it. Of 0.4 with half gone: they could.

    Of 0.8 with a third gone, at the most, they could in the worst case alone.
    """
    result = study(simulated(shift, gone))
    found = by_id(result)
    for name, pattern in (("lee_low", lee), ("worst_low", worst)):
        words = CONCLUSIONS[pattern].split(":")[0]
        assert words in found[f"leavers.satisfaction.{name}"].sentence
    assert title in result.title()


def test_swapping_the_groups_turns_the_bounds_round():
    made = simulated(0.3, 0.3)
    turned = made.assign(
        group=made.group.replace({"recovered": "no_failure", "no_failure": "recovered"})
    )
    one, two = by_id(study(made)), by_id(study(turned))
    for first, second in (
        ("lee_low", "lee_high"),
        ("worst_low", "worst_high"),
        ("weighted", "weighted"),
    ):
        a, b = one[f"leavers.satisfaction.{first}"], two[f"leavers.satisfaction.{second}"]
        assert a.estimate == pytest.approx(-b.estimate, rel=1e-9)
        assert a.ci_low == pytest.approx(-b.ci_high, rel=0.1)  # Lee's error is drawn


def test_same_shares_lost_take_nothing_off():
    rows = [
        (g, b, s)
        for g in ("recovered", "no_failure")
        for b, s in ((4, 5), (5, 6), (4, 4), (5, None))
    ]
    found = by_id(study(frame(rows)))
    assert "nothing is taken off" in found["leavers.satisfaction.lee_low"].sentence


@pytest.mark.parametrize(
    ("change", "words", "refused"),
    [
        (lambda f: f.assign(satisfaction=f.satisfaction_before), "nobody left", 5),
        (lambda f: f.assign(satisfaction=f.satisfaction * 0 + 7), "same for all who are compared", 5),
        (lambda f: f[f.group == "recovered"], ": 0; at least 5", 5),
        (lambda f: f.drop(columns="satisfaction_before"), "neither a score before nor a segment", 1),
        (lambda f: f.assign(satisfaction_before=np.where(f.satisfaction.isna(), 1.0, 5)), "for sure", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_stated_is_refused(change, words, refused):
    result = study(change(simulated()), min_group=5)
    told = [one for one in result.findings() if one.verdict == "refused"]
    assert len(told) == refused
    assert all(words in one.sentence for one in told)
    for shown in (figure(draw, result), table(result)):
        assert shown._repr_mimebundle_()["text/plain"]


def test_all_scores_before_alike_weigh_all_the_same():
    """Nothing tells leavers apart, so the weighted difference is the plain one."""
    made = simulated().assign(satisfaction_before=4.0)
    result = study(made)
    one = by_id(result)["leavers.satisfaction.weighted"]
    assert one.estimate == pytest.approx(result.leaving[0].plain.value, rel=1e-12)
    assert "largest weight is 1.0 times" in one.sentence


def test_a_share_is_bounded_by_zero_and_one():
    """Repurchase 0/1: the worst case adds at most the shares that left, and the unit is a difference in share."""
    made = simulate.simulate("recovery", "paradox", 800, seed=5).tables()["survey"]
    result = study(made, min_group=5, outcomes=["repurchase"])
    found = by_id(result)
    low, high = (found[f"leavers.repurchase.worst_{end}"] for end in ("low", "high"))
    (one,) = result.leaving
    gone = [left / (left + n) for left, n in zip(one.left, one.n, strict=True)]
    assert high.estimate - low.estimate == pytest.approx(sum(gone), rel=1e-9)
    assert low.unit == "difference in share"
    shown = figure(draw, result)._repr_mimebundle_()["text/html"]
    assert "worst case" in shown
    assert "equal" in shown
    frame_ = result.to_frame()
    assert frame_.step.tolist() == [
        "as it stands",
        "weighted",
        "leaving one way only",
        "worst case",
    ]


def test_members_without_a_score_before_are_counted_out_of_the_weights():
    made = simulated()
    made.loc[:6, "satisfaction_before"] = np.nan
    one = by_id(study(made))["leavers.satisfaction.weighted"]
    assert "7 respondents without a score before are left out of the weights" in one.sentence
