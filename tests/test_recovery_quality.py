"""Contrasts among those who judged the recovery well or badly: by hand, and what choosing alone does."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shared import judge
from test_recovery import frame, survey

from retorno.recovery.repair.double_deviation import double_deviations
from retorno.recovery.within.chosen import chosen
from retorno.recovery.within.selection import well_recovered

QUALITY = [6, 2, 7, 3, 1, *[None] * 8]
RULES = {"level": 0.95, "min_group": 2}
T1, T3, T6 = stats.t.ppf(0.975, [1, 3, 6])


def judged(quality=QUALITY, **columns):
    return survey(frame(recovery_quality=pd.Series(quality, dtype="float"), **columns))


def found(result):
    return {finding.id: finding for finding in result.findings()}


def test_double_deviation_by_hand():
    """Quality 3 or less: scores 4, 5 against failure's 2, 3, 4, 3. 1.5; squared error 0.5/2 + (2/3)/4.

    Of quality 2 or less one is left, who is too few.
    """
    got = found(double_deviations(judged(), **RULES))["double_deviation.satisfaction"]
    assert (got.estimate, got.n, got.unit) == (1.5, 6, "scale points")
    squares = np.array([0.25, 1 / 6])
    df = squares.sum() ** 2 / (squares[0] ** 2 + squares[1] ** 2 / 3)
    half = stats.t.ppf(0.975, df) * np.sqrt(squares.sum())
    assert (got.ci_low, got.ci_high) == pytest.approx((1.5 - half, 1.5 + half), rel=1e-9)
    assert "gave the recovery 3 or less" in got.sentence
    got = found(double_deviations(judged(), failed_recovery_at=2, **RULES))
    sentence = got["double_deviation.satisfaction"].sentence
    assert "recovery quality of 2 or less and a score of satisfaction: 1; at least 2" in sentence


def test_a_recovery_worse_than_none_is_a_double_deviation():
    table = frame(recovery_quality=pd.Series([1, 1, 1, 1, 1, *[None] * 8], dtype="float"))
    table.loc[table.group == "recovered", "satisfaction"] = [1, 1, 1, 2, np.nan]
    got = found(double_deviations(survey(table), **RULES))["double_deviation.satisfaction"]
    assert (got.estimate, got.verdict) == (-1.75, "below")
    assert got.sentence.endswith("it is no effect of disappointing them. Only 4 units stand behind this number: "
                                 "read it with care.")  # fmt: skip
    assert "a double deviation." in got.sentence


def test_choosing_the_well_recovered_by_hand():
    """Quality 5 or more: scores 5, 6; 5.5 - 6 = -0.5 from no failure. All recovered: 5, so choosing adds 0.5.

    Influences 2 (y - 5.5) - (y - 5) of the kept, 5 - y of the others: -1, 0, 1, 0; error sqrt(2/3)/2. Changes 2, 0, 1,
    1; kept 1.5 of all 1: influences 0, 1, -1, 0, the same error. Were all normal: cov(quality, change) = 4/3 over
    sqrt(17/3), times the mean of a standard normal above its median, 0.79788.
    """
    got = found(well_recovered(judged(), **RULES))
    assert got["conditional.satisfaction.difference"].estimate == pytest.approx(-0.5, rel=1e-12)
    half = T3 * np.sqrt(1 / 6)
    for name in ("selection", "change_selection"):
        one = got[f"conditional.satisfaction.{name}"]
        assert one.estimate == pytest.approx(0.5, rel=1e-12)
        assert (one.ci_low, one.ci_high) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-9)
    change = got["conditional.satisfaction.change"]
    assert change.estimate == 1.5
    assert change.ci_high == pytest.approx(1.5 + T1 * 0.5, rel=1e-9)
    assert "(2 of 4, 50.0%) are kept" in got["conditional.satisfaction.difference"].sentence
    one = chosen(judged(), "satisfaction", cut=5, min_group=2)
    assert one.expected == pytest.approx(4 / 3 / np.sqrt(17 / 3) * 0.7978845608, rel=1e-9)
    table = well_recovered(judged(), **RULES).to_frame()
    assert table[["all", "chosen", "added"]].to_numpy().tolist() == [[-1, -0.5, 0.5], [1, 1.5, 0.5]]


def test_the_conditional_contrast_never_stands_alone():
    """Each sentence of a conditional contrast says what choosing adds; the two are stated or refused together."""
    got = found(well_recovered(judged(), **RULES))
    for name in ("difference", "change"):
        text = got[f"conditional.satisfaction.{name}"].sentence
        assert "The choice itself adds 0.50; read the two together." in text
    got = found(well_recovered(survey(), **RULES))
    assert {f.verdict for f in got.values()} == {"refused"}
    assert "no column recovery_quality" in got["conditional.satisfaction.selection"].sentence


def test_nothing_to_choose_from_is_refused():
    got = found(well_recovered(judged([7] * 5 + [None] * 8), **RULES))
    assert {f.verdict for f in got.values()} == {"refused"}
    assert "all the recovered gave the recovery 5 or more" in next(iter(got.values())).sentence
    got = found(well_recovered(judged([1] * 5 + [None] * 8), **RULES))
    assert (
        "quality of 5 or more and a score of satisfaction: 0" in next(iter(got.values())).sentence
    )


def test_a_quality_on_another_scale_asks_for_its_cuts():
    """Ten points where the scores have seven: the thirds are not known; cuts that are named serve."""
    ten = judged([9, 2, 10, 3, 1, *[None] * 8])
    got = found(double_deviations(ten, **RULES))["double_deviation.satisfaction"]
    assert "goes from 1 to 10, which is not within the scale of the scores (1 to 7)" in got.sentence
    assert "parameter failed_recovery_at" in got.sentence
    got = found(double_deviations(ten, failed_recovery_at=4, **RULES))
    assert got["double_deviation.satisfaction"].estimate == 1.5
    got = found(well_recovered(ten, high_recovery_at=8, **RULES))
    assert got["conditional.satisfaction.difference"].estimate == -0.5


def drawn(rng, n):
    """Return quality and change of `n` recovered: seven points, quality follows the later score."""
    before, noise = rng.integers(1, 8, n), rng.integers(-1, 2, n)
    after = np.clip(np.where(rng.random(n) < 0.6, before, rng.integers(1, 8, n)), 1, 7)
    return np.clip(after + noise, 1, 7), after - before


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize(
    "runs", [pytest.param(400, id="short"), pytest.param(2_000, id="full", marks=pytest.mark.full)]
)
def test_what_choosing_adds_covers_its_truth(runs, n):
    """Quality is judged by the later score alone, so choosing adds to a change that no recovery made.

    Truth from 10**7 recovered; share kept about two in five, so 12 of 30.
    """
    rng = np.random.default_rng(20_261_123)
    quality, change = drawn(rng, 10_000_000)
    truth = change[quality >= 5].mean() - change.mean()
    assert truth > 0.5
    bounds = (0.93, 0.97) if n > 30 else (0.92, 0.98)
    surveys = (judged_survey(*drawn(rng, n)) for _ in range(runs))
    found = [chosen(scored, "satisfaction", cut=5, min_group=2) for scored in surveys]
    estimates = [one.change_selection.at(0.95) for one in found if one.change_selection]
    assert len(estimates) >= 0.97 * runs  # all kept changed alike
    judge("conditional.change_selection", truth, estimates, bounds=bounds)


def judged_survey(quality, change):
    """Return a survey whose recovered have these values; scores before are 0, the scale is wide."""
    from retorno.recovery.survey import Survey

    n = len(quality)
    table = pd.DataFrame(
        {
            "group": ["recovered"] * n + ["no_failure"] * 2,
            "satisfaction": [*change.astype(float), 0.0, 1.0],
            "satisfaction_before": 0.0,
            "recovery_quality": [*quality.astype(float), np.nan, np.nan],
        }
    )
    return Survey(table, ("satisfaction",), frozenset(), (-6.0, 6.0))
