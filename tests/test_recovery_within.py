"""What the corrected change hangs on: the reliability, and the end of the scale."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shared import judge
from test_recovery import OPTIONS, SMALLEST, frame, survey

from retorno import simulate
from retorno.recovery import recovered_changes, scored_survey
from retorno.recovery.within.ceiling import ceiling
from retorno.recovery.within.reliability import GRID, reliability_sensitivity
from retorno.stats.line import line_slope
from retorno.tables import connect, read

RULES = {"level": 0.95, "min_group": 2}


def found(result):
    return {finding.id: finding for finding in result.findings()}


def test_slope_by_hand():
    """x 1, 2, 3; y 1, 2, 2. Slope 1/2, intercept 2/3; residuals -1/6, 1/3, -1/6; leverages 5/6, 1/3, 5/6.

    HC3 of the slope: sum of (x - 2)^2 e^2 / (1 - h)^2 over 2^2 = 2 * (1/36)/(1/36) / 4 = 1/2.
    """
    slope = line_slope([1, 2, 3], [1, 2, 2])
    assert (slope.value, slope.se, slope.df) == pytest.approx((0.5, np.sqrt(1 / 2), 1), rel=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2], [1, 2], "three points"),
        ([2, 2, 2], [1, 2, 3], "two values of x"),
        ([1, 2, 3], [1, 2, 3], "lie on one line"),
        ([1, 1, 1, 5], [1, 2, 3, 4], "one point alone decides"),
    ],
)
def test_no_slope_without_points_to_judge_it_by(x, y, message):
    with pytest.raises(ValueError, match=message):
        line_slope(x, y)


def test_reliability_at_zero_by_hand():
    """The recovered rise by 1 from 4, all began at 4.5: only 1 - 1/0.5 = -1 would explain it, and that is none.

    With a mean before of 6 it is 1 - 1/2 = 0.5.
    """
    got = found(reliability_sensitivity(survey(), **RULES))[
        "change.satisfaction.reliability_at_zero"
    ]
    assert (got.estimate, got.verdict) == (None, None)
    assert "At no reliability from 0 to 1" in got.sentence
    got = found(reliability_sensitivity(survey(), before_mean=6.0, **RULES))
    assert got["change.satisfaction.reliability_at_zero"].estimate == pytest.approx(0.5, rel=1e-12)


def test_the_reliability_is_the_slope_without_a_failure():
    """Before 6, 6, 5, 7, after 6, 7, 5, 6: slope 0.5."""
    got = found(reliability_sensitivity(survey(), **RULES))["change.satisfaction.reliability"]
    assert (got.estimate, got.n) == (pytest.approx(0.5, rel=1e-12), 4)
    assert "in line with the reliability of 0.60" in got.sentence


def test_the_curve_holds_the_corrected_change_of_the_study():
    scored = survey()
    curve = reliability_sensitivity(scored, **RULES).to_frame().set_index("reliability")
    for reliability in (0.4, 0.6, 0.9):
        changes = recovered_changes(scored, smallest=SMALLEST, reliability=reliability, **OPTIONS)
        corrected = changes.findings().get("change.satisfaction.corrected")
        assert curve.loc[reliability, "change"] == pytest.approx(corrected.estimate, rel=1e-12)
        assert curve.loc[reliability, "ci_low"] == pytest.approx(corrected.ci_low, rel=1e-9)
    assert (GRID[0], GRID[-1], len(GRID)) == (0.4, 0.9, 11)


def test_the_slope_survives_range_restriction_where_the_correlation_does_not():
    """World no_paradox has reliability 0.6, and failures strike low scores, which takes them out of this group."""
    table = simulate.simulate("recovery", "no_paradox", 100_000, 3).tables()["survey"]
    scored = scored_survey(read("survey", table, con=connect()))
    result = reliability_sensitivity(scored)
    slope = found(result)["change.satisfaction.reliability"]
    assert slope.ci_low < 0.6 < slope.ci_high
    assert slope.estimate == pytest.approx(0.6, abs=0.01)


def test_title_and_caption_say_where_the_reliability_decides():
    """The answer is one thing on either side of where the change is clear of zero."""
    scores = np.tile([1.0, 2.0, 3.0, 4.0], 40)
    rows = [("recovered", b, b + 0.6 + 0.2 * (i % 2)) for i, b in enumerate(scores)]
    rows += [("no_failure", b, b + 0.2 * (i % 2)) for i, b in enumerate(scores + 3)]
    result = reliability_sensitivity(survey(frame(rows), scale=[1, 8]), **RULES)
    sides = result.curves[0].sides(0.95)
    assert (sides[0], sides[-1]) == ("below", "above")
    assert result.title() == "What is left of the change in satisfaction hangs on the reliability"
    assert "clear of zero only at these: 0.40" in result.caption()


def test_ceiling_by_hand():
    """Recovered before: 3, 4, 5, 4, 2.5, none at 7. Without a failure after: 6, 7, 5, 6, one of four."""
    result = ceiling(survey(), **RULES)
    got = found(result)
    assert got["ceiling.satisfaction.before"].estimate == 0
    after = got["ceiling.satisfaction.after"]
    low, high = stats.binomtest(1, 4).proportion_ci(0.95, "wilson")
    assert (after.estimate, after.ci_low, after.ci_high) == pytest.approx(
        (0.25, low, high), rel=1e-9
    )
    assert after.verdict == "undecided"
    table = result.to_frame().set_index("group")
    assert table.loc["No failure"].tolist()[1:] == [0, 0.25, 0, 0.25]
    assert table.loc["Failure, no recovery", "bottom_after"] == 0


def test_all_at_the_ceiling_is_told_and_nothing_breaks():
    rows = [("recovered", 7, 7)] * 40 + [("no_failure", 7, 7)] * 40
    got = found(ceiling(survey(frame(rows)), **RULES))
    assert got["ceiling.satisfaction.before"].verdict == "above"
    assert (
        "100.0% of the recovered gave 7 in satisfaction before"
        in got["ceiling.satisfaction.before"].sentence
    )
    got = found(reliability_sensitivity(survey(frame(rows)), **RULES))
    assert {f.verdict for f in got.values()} == {"refused"}


def test_an_outcome_that_is_a_share_has_no_ceiling():
    bought = pd.Series([1, 0, 1, 1, None, 1, 1, 1, 0, 0, 1, 0, 0], dtype="float")
    assert not [
        i for i in found(ceiling(survey(frame(repurchase=bought)), **RULES)) if "repurchase" in i
    ]


def repeated(rng, n):
    """A later score repeats the one before with chance 0.6 or is drawn afresh, as in the simulated world."""
    before, fresh = rng.choice(7, (2, n), p=(0.02, 0.04, 0.07, 0.13, 0.24, 0.30, 0.20)) + 1.0
    return before, np.where(rng.random(n) < 0.6, before, fresh)


def rounded(rng, n):
    """Normal scores that correlate, rounded to seven points."""
    both = rng.multivariate_normal([4.5, 4.5], [[2.0, 1.3], [1.3, 2.0]], n)
    return np.clip(np.round(both), 1, 7).T


@pytest.mark.parametrize(
    ("draw", "n", "bounds"),
    [
        (rounded, 30, (0.92, 0.98)),
        (rounded, 300, (0.93, 0.97)),
        (repeated, 300, (0.93, 0.97)),
        (repeated, 30, (0.84, 0.90)),  # the docstring of line_slope tells
    ],
)
@pytest.mark.parametrize(
    "runs", [pytest.param(400, id="short"), pytest.param(2_000, id="full", marks=pytest.mark.full)]
)
def test_the_slope_covers_the_reliability(runs, draw, n, bounds):
    """The truth of rounded scores from 10**7 respondents; of repeated ones the reliability, 0.6."""
    rng = np.random.default_rng(20_261_123)
    x, y = draw(rng, 10_000_000)
    truth = np.cov(x, y)[0, 1] / x.var()
    estimates = [line_slope(*draw(rng, n)).at(0.95) for _ in range(runs)]
    judge("reliability", truth, estimates, bounds=bounds)
