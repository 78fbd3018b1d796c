"""The literature in the recovery study: published effects, pooled, the own survey among them, the map of directions."""

import csv
import math
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats
from shared import judge

from retorno import simulate
from retorno.errors import TableError
from retorno.figures import theme
from retorno.figures.recovery.evidence_map import evidence_map as draw_map
from retorno.recovery import SmallestEffect, between_groups, scored_survey
from retorno.recovery.literature import own as own_module
from retorno.recovery.literature import pooled as pooled_module
from retorno.recovery.literature.evidence_map import FILE, evidence_map
from retorno.recovery.literature.moderators import moderators
from retorno.recovery.literature.own import Own, needed_effect, with_own_study
from retorno.recovery.literature.pooled import pooled_literature, typical_variance
from retorno.recovery.literature.published import WAYS, Published, published_effects
from retorno.report.markdown import mathml
from retorno.simulate.literature import literature
from retorno.stats.meta.models import random_effects
from retorno.stats.student import Estimate
from retorno.tables import connect, read
from retorno.tables.contracts import contract

DATA = Path(__file__).parents[1] / "data"
MEANS = {"mean1": 12, "sd1": 4, "n1": 20, "mean2": 10, "sd2": 4, "n2": 20}


class Table:
    """A table as `published_effects` takes it, without the reader: what it does is tested elsewhere."""

    def __init__(self, rows):
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
        self.frame = pd.DataFrame(
            {"study": "Someone 2001", "outcome": "satisfaction"} | dict(frame)
        )

    def execute(self):
        return self.frame.copy()


def made(*rows):
    return published_effects(Table(list(rows))).frame


def of(effect, variance, study=None, outcome="satisfaction"):
    """Return published effects that are given as such."""
    study = [f"S{i}" for i in range(len(effect))] if study is None else study
    rows = {"study": study, "outcome": outcome, "effect": effect, "variance": variance}
    return published_effects(Table(pd.DataFrame(rows)))


# From numbers to effects


def test_means_by_hand():
    """Means 12 and 10, SDs 4, 20 each: d = 0.5 times J = Gamma(19) / (sqrt(19) Gamma(18.5)); 1/20 + 1/20 + g2/80."""
    (row,) = made(MEANS).itertuples()
    j = math.gamma(19) / (math.sqrt(19) * math.gamma(18.5))
    assert row.effect == pytest.approx(0.5 * j, rel=1e-12)
    assert row.variance == pytest.approx(0.1 + row.effect**2 / 80, rel=1e-12)
    assert row.made == "means"


def test_one_comparison_told_in_five_ways_gives_one_effect():
    """t = d sqrt(n1 n2 / (n1 + n2)), F = t2, p its two tails, r = t / sqrt(t2 + df): the same two groups each time."""
    n1, n2, d = 30, 50, -0.7
    t = d * np.sqrt(n1 * n2 / (n1 + n2))
    df, sizes = n1 + n2 - 2, {"n1": n1, "n2": n2}
    frame = made(
        {"mean1": 3 + 2 * d, "mean2": 3, "sd1": 2, "sd2": 2, **sizes},
        {"t": t, **sizes},
        {"f": t**2, "sign": -1, **sizes},
        {"p": 2 * stats.t.sf(abs(t), df), "sign": -1, **sizes},
        {"r": t / np.sqrt(t**2 + df), **sizes},
    )
    assert frame["made"].tolist() == ["means", "t", "f", "p", "groups_r"]
    assert frame["effect"].to_numpy() == pytest.approx(frame["effect"][0], rel=1e-9)
    assert frame["variance"].to_numpy() == pytest.approx(frame["variance"][0], rel=1e-9)
    assert frame["effect"][0] < 0


def test_a_correlation_by_hand():
    """r 0.6 of 101: 2 x 0.6 / 0.8 = 1.5, variance 4 / (100 x 0.64) = 0.0625."""
    (row,) = made({"r": 0.6, "n": 101}).itertuples()
    assert (row.effect, row.variance) == pytest.approx((1.5, 0.0625), rel=1e-12)
    assert row.made == "r"


def test_pairs_by_hand_and_never_as_two_groups():
    """One point over an SD before of 2 with 50 pairs: J(49) 0.5 = 0.4923; 2 x 0.4 / 50 + g2 / 100.

    The row holds all that two groups of 50 would need, too, and would have a variance of 0.041.
    """
    row = {"mean1": 5, "sd1": 2.5, "n1": 50, "mean2": 4, "sd2": 2, "n2": 50, "before_after_r": 0.6}
    (got,) = made(row).itertuples()
    assert got.effect == pytest.approx(0.49230, abs=5e-6)
    assert got.variance == pytest.approx(0.016 + got.effect**2 / 100, rel=1e-12)
    assert got.made == "pairs"


def test_the_way_nearest_to_the_data_is_taken():
    """An effect with its variance before means, means before t, t before r."""
    both = MEANS | {"t": 9.0, "r": 0.1, "n": 40}
    effect = {"effect": 0.3, "variance": 0.02}
    frame = made(both | effect, both, {"t": 1.0, "n1": 20, "n2": 20, "r": 0.5, "n": 40})
    assert frame["made"].tolist() == ["effect", "means", "t"]
    assert frame["effect"][0] == 0.3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "holds none of the numbers"),
        ({"effect": 0.3}, "has effect; variance would be needed too"),
        (MEANS | {"n2": None}, "has mean1, mean2, sd1, sd2, n1; n2 would be needed too"),
        ({"r": 0.3}, "has r; n would"),
        ({"t": 2.0, "n1": 20}, "has t, n1; n2 would be needed too"),
        ({"f": 4.0, "n1": 20, "n2": 20}, "has f, n1, n2; sign would be needed too"),
        ({"before_after_r": 0.5, "t": 3.0, "n1": 20}, "mean1, mean2, sd2 would be needed"),
        ({"before_after_r": 0.5, "t": 3.0, "n1": 20, "n2": 20}, "mean1, mean2, sd2 would be"),
        ({"effect": 0.3, "variance": 0.0}, "variance must be above 0; got 0.0000"),
        ({"effect": 0.3, "variance": -0.1}, "variance must be above 0; got −0.1000"),
        ({"r": 1.0, "n": 40}, "r must be above -1 and below 1; got 1.0000"),
        ({"r": -1.0, "n1": 20, "n2": 20}, "r must be above -1 and below 1"),
        (MEANS | {"n1": 1}, "n1 must be 2 or more; got 1.0000"),
        (MEANS | {"sd2": 0}, "sd2 must be above 0"),
        ({"p": 0.0, "sign": 1, "n1": 20, "n2": 20}, "p must be above 0"),
        ({"p": 0.1, "sign": 0, "n1": 20, "n2": 20}, "sign must be 1 or -1; got 0.0000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_makes_no_effect_is_refused_with_what_would_do(row, message):
    """The good row before it is counted, so that the message must say 2."""
    with pytest.raises(TableError, match=re.escape(message)) as raised:
        made(MEANS, row)
    text = str(raised.value)
    assert "row 2 of the data (Someone 2001, satisfaction)" in text
    assert text.startswith("effects: 1 row gives no effect.")
    assert "An effect is made of" in text


def test_many_bad_rows_are_counted_and_the_first_ten_listed():
    with pytest.raises(TableError, match="effects: 12 rows give no effect") as raised:
        made(*[{"effect": 1.0}] * 12)
    assert str(raised.value).count("- row ") == 10
    assert "and 2 more" in str(raised.value)


def test_an_empty_table_is_refused():
    with pytest.raises(TableError, match="has no row"):
        published_effects(Table(pd.DataFrame({"study": [], "outcome": []})))


def test_every_way_to_make_an_effect_can_be_told_from_a_row():
    frame = literature(0.2, 0.04, 7, np.random.default_rng(1))
    got = published_effects(Table(frame))
    assert set(got.frame["made"]) == set(WAYS) - {"groups_r"}
    shown = got.to_frame()
    assert shown["made"].nunique() == 7
    assert list(got.columns()) == list(shown.columns)
    assert "7 published effects" in got.table_caption()


# The files


def test_the_example_is_the_simulated_literature_with_seed_7():
    """Ten studies of satisfaction, true mean 0.2, and four of repurchase, true mean 0; variance 0.1 between studies."""
    rng = np.random.default_rng(7)
    drawn = pd.concat(
        [
            literature(0.2, 0.1, 10, rng),
            literature(0.0, 0.1, 4, rng, outcome="repurchase"),
        ]
    )[contract("effects").names]
    whole = ["n1", "n2", "n", "sign", "year"]
    drawn[whole] = drawn[whole].astype("Int64")
    text = drawn.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    assert (DATA / "examples" / "effects.csv").read_text(encoding="utf-8") == text
    assert set(drawn["study"].str.split().str[0]) == {"Simulated"}


def test_the_example_can_be_read_and_pooled():
    got = published_effects(read("effects", DATA / "examples" / "effects.csv"))
    assert got.outcomes == ("satisfaction", "repurchase")
    findings = pooled_literature(got).findings()
    assert [f.verdict for f in findings if f.verdict == "refused"] == []


def test_the_template_is_the_header_of_the_contract():
    text = (DATA / "templates" / "effects.csv").read_text(encoding="utf-8")
    assert text == ",".join(contract("effects").names) + "\n"


# Pooled


def test_two_studies_by_hand():
    """Effects 0 and 2, variances 1: mean 1; the sample variance 2 less 1 leaves tau2 1 by REML.

    Weights 1/2 each: Hartung-Knapp's square is (0.5 + 0.5) / 1 / (0.5 + 0.5) = 1, t of 1 degree 12.706. Typical
    variance 1 / (2 - 2/2) = 1: I2 = 1 / 2. Three studies would be needed for a prediction.
    """
    mu, tau2, i2, prediction = pooled_literature(of([0.0, 2.0], [1.0, 1.0])).findings()
    half = stats.t.ppf(0.975, 1)
    assert (mu.estimate, mu.ci_low, mu.ci_high) == pytest.approx((1, 1 - half, 1 + half), rel=1e-6)
    assert (tau2.estimate, i2.estimate) == pytest.approx((1.0, 0.5), rel=1e-6)
    assert (mu.n, mu.verdict) == (2, "undecided")
    assert (prediction.verdict, prediction.estimate) == ("refused", None)
    assert "needs three effects" in prediction.sentence
    assert "Only 2 studies stand behind" in mu.sentence


def test_the_findings_are_the_numbers_of_the_model():
    """All of them from `random_effects`, which is held against metafor elsewhere; no rounding on the way."""
    effect, variance = [0.1, 0.5, -0.2, 0.4, 0.3], [0.02, 0.03, 0.02, 0.05, 0.01]
    fit = random_effects(effect, variance, level=0.9)
    got = pooled_literature(of(effect, variance), level=0.9).findings()
    mu, tau2, i2, prediction = got
    assert [f.id for f in got] == [d.id for d in pooled_module.DEFINITIONS]
    assert (mu.estimate, mu.ci_low, mu.ci_high) == pytest.approx((fit.mu, *fit.ci), rel=1e-12)
    assert (tau2.estimate, tau2.ci_low, tau2.ci_high) == (fit.tau2, *fit.tau2_ci)
    assert i2.estimate == fit.i2
    assert i2.ci_low < i2.estimate < i2.ci_high
    assert prediction.estimate == fit.mu
    assert (prediction.ci_low, prediction.ci_high) == pytest.approx(fit.prediction, rel=1e-12)
    assert {f.n for f in got} == {5}


def test_the_interval_of_i2_goes_with_that_of_tau2():
    """At the bounds of tau2, I2 = tau2 / (tau2 + typical variance); with it the point's own I2 is found again."""
    effect, variance = [0.1, 0.9, -0.4, 0.4, 0.3], [0.02, 0.03, 0.02, 0.05, 0.01]
    fit = random_effects(effect, variance)
    typical = typical_variance(fit.variance)
    assert fit.tau2 / (fit.tau2 + typical) == pytest.approx(fit.i2, rel=1e-12)


def test_rows_of_one_study_are_counted_together_by_hand():
    """Effects 1, 2 of A and 3, 6 of B, variances 1, one common effect: mean 3, residuals -3 of A and 3 of B.

    Each pair holds half the weight: CR2 doubles a cluster's square, (2 x 9 + 2 x 9) / 16 = 2.25, and 2 clusters
    leave 1 degree of freedom. Taken as four studies, 5 degrees would be 3 and the error 0.5 x a factor.
    """
    got = pooled_literature(of([1.0, 2.0, 3.0, 6.0], [1.0] * 4, study=list("AABB")), method="FE")
    mu, tau2, _, prediction = got.findings()
    half = 1.5 * stats.t.ppf(0.975, 1)
    assert (mu.estimate, mu.ci_low, mu.ci_high) == pytest.approx((3, 3 - half, 3 + half), rel=1e-9)
    assert mu.n == 2
    assert "4 published effects of 2 studies" in mu.sentence
    assert "CR2" in mu.method
    assert (tau2.verdict, prediction.verdict) == ("refused", "refused")


def test_the_prediction_takes_the_error_of_the_mean():
    """With several rows a study: t of the robust degrees times sqrt(robust square + tau2)."""
    got = pooled_literature(of([0.1, 0.5, -0.2, 0.4, 0.3], [0.02] * 5, study=list("AABBC")))
    pooled = got.pool
    wide = stats.t.ppf(0.975, pooled.mean.df) * np.hypot(pooled.mean.se, pooled.fit.tau)
    assert pooled.robust
    assert pooled.prediction == pytest.approx((pooled.fit.mu - wide, pooled.fit.mu + wide))
    assert "Rows of one study are taken as studies of their own" in got.findings()[1].sentence


@pytest.mark.parametrize("study", [None, list("AABB")])
def test_effects_all_the_same_are_held_at_zero_and_said(study):
    """No spread: tau2 0 and a normal interval from the variances, 1.96 sqrt(0.01) about 0.3; nothing is NaN."""
    mu, tau2, i2, prediction = pooled_literature(of([0.3] * 4, [0.04] * 4, study)).findings()
    assert (mu.ci_low, mu.ci_high) == pytest.approx((0.3 - 0.195996, 0.3 + 0.195996), abs=1e-6)
    assert (tau2.estimate, i2.estimate) == (0, 0)
    assert "held at 0" in tau2.sentence
    assert prediction.verdict == "above"
    assert "normal interval" in mu.method


@pytest.mark.parametrize(
    ("published", "outcome", "count"),
    [
        (of([0.3], [0.04]), "satisfaction", "1 study of satisfaction"),
        (of([0.3, 0.5], [0.04, 0.04]), "word_of_mouth", "0 studies of word of mouth"),
        (of([0.3, 0.5], [0.04, 0.04], study=["A", "A"]), "satisfaction", "1 study"),
    ],
    ids=["one", "none of the outcome", "two rows of one"],
)
def test_fewer_than_two_studies_are_refused_with_what_there_is(published, outcome, count):
    got = pooled_literature(published, outcome=outcome).findings()
    assert {f.verdict for f in got} == {"refused"}
    assert all(f"{count}" in f.sentence and "it has satisfaction" in f.sentence for f in got)


@pytest.mark.parametrize(("shift", "word"), [(1.0, "higher"), (-1.0, "lower"), (0.0, "holds zero")])
def test_the_sentence_follows_the_side_of_zero(shift, word):
    effect = shift + np.array([-0.1, 0.1, 0.05, -0.05])
    mu, *_, prediction = pooled_literature(of(effect, [0.01] * 4)).findings()
    assert word in mu.sentence
    assert mu.verdict == prediction.verdict


def test_the_definitions_are_met_by_their_ids_and_have_formulas():
    definitions = (*pooled_module.DEFINITIONS, *own_module.DEFINITIONS)
    ids = "mu tau2 i2 prediction with_own_study.mu own_shrunken needed_to_change"
    assert [d.id for d in definitions] == [f"literature.{name}" for name in ids.split()]
    for definition in definitions:
        mathml(definition.formula, display="block")


# The own survey


@pytest.fixture(scope="module")
def between():
    tables = simulate.simulate("recovery", "paradox", 600, seed=3).tables()
    survey = scored_survey(
        read("survey", tables["survey"], con=connect()), outcomes=["satisfaction", "repurchase"]
    )
    return between_groups(survey, smallest=SmallestEffect(0.2, "sd"))


EFFECT, VARIANCE = [0.1, 0.5, -0.2, 0.4, 0.3], [0.02, 0.03, 0.02, 0.05, 0.01]


def test_the_own_survey_is_one_more_study(between):
    """The same as pooling six effects, the last being the Hedges g the report states, with its variance."""
    got = with_own_study(pooled_literature(of(EFFECT, VARIANCE)), between)
    g = between.contrasts[0].g
    fit = random_effects([*EFFECT, g.g], [*VARIANCE, g.var_g])
    mu = got.findings()[0]
    assert (mu.estimate, mu.ci_low, mu.ci_high) == pytest.approx((fit.mu, *fit.ci), rel=1e-12)
    assert (mu.id, mu.n) == ("literature.with_own_study.mu", 6)
    assert g.g == between.findings().get("paradox.satisfaction.hedges_g").estimate


def test_the_own_effect_is_drawn_by_hand(between):
    """tau2 / (tau2 + v) of its own, the rest the mean with it; its bounds lie around it."""
    got = with_own_study(pooled_literature(of(EFFECT, VARIANCE)), between)
    g, fit = between.contrasts[0].g, got.pool.fit
    share = fit.tau2 / (fit.tau2 + g.var_g)
    drawn = got.findings()[1]
    assert 0 < share < 1
    assert drawn.estimate == pytest.approx(share * g.g + (1 - share) * fit.mu, rel=1e-12)
    assert drawn.ci_low < drawn.estimate < drawn.ci_high
    assert min(g.g, fit.mu) < drawn.estimate < max(g.g, fit.mu)


def test_without_spread_between_studies_the_own_effect_is_the_mean(between):
    """tau2 0: one true effect, of which the own survey says no more than any other of its size."""
    g = between.contrasts[0].g.g
    got = with_own_study(pooled_literature(of([g, g + 0.01, g - 0.01], [0.04] * 3)), between)
    mu, drawn, _ = got.findings()
    assert drawn.estimate == pytest.approx(mu.estimate, rel=1e-12)
    assert "differ no more than their errors explain" in drawn.sentence


def test_the_effect_that_would_undo_the_mean_does():
    """Put among the published ones with the variance of the own size, it brings the mean to 0 and lies below it."""
    pooled = pooled_literature(of(EFFECT, VARIANCE))
    own = Own(0.1, 0.01, 150, 250)
    needed = needed_effect(pooled, own)
    with_it = random_effects([*EFFECT, needed], [*VARIANCE, own.variance_at(needed)])
    assert with_it.mu == pytest.approx(0, abs=1e-9)
    assert needed < 0 < pooled.pool.mean.value
    mirrored = pooled_literature(of([-e for e in EFFECT], VARIANCE))
    assert needed_effect(mirrored, own) == pytest.approx(-needed, rel=1e-9)


def test_a_mean_no_single_study_could_undo_is_said_and_null(between):
    """Twenty effects of 0.8, a little apart: an outlier inflates the spread and loses its weight."""
    pooled = pooled_literature(of(0.8 + 0.01 * np.arange(20), [0.001] * 20))
    needed = with_own_study(pooled, between).findings()[2]
    assert (needed.estimate, needed.verdict) == (None, None)
    assert "No effect up to 3 standard deviations" in needed.sentence


def test_the_variance_of_another_effect_is_hedges_own_at_the_own_effect(between):
    contrast = between.contrasts[0]
    own = Own.of(contrast)
    assert own.variance_at(contrast.g.g) == pytest.approx(contrast.g.var_g, rel=1e-12)
    assert own.variance_at(2.0) > own.variance_at(0.0)


def test_the_own_survey_is_refused_with_the_reason_of_whichever_is_missing(between):
    """No published studies, an outcome the survey did not ask, a contrast that is not stated."""
    few = with_own_study(pooled_literature(of([0.3], [0.04])), between)
    strange = with_own_study(
        pooled_literature(of(EFFECT, VARIANCE, outcome="trust"), outcome="trust"), between
    )
    contrasts = (replace(between.contrasts[0], refused="Too few."), *between.contrasts[1:])
    refused = with_own_study(
        pooled_literature(of(EFFECT, VARIANCE)), replace(between, contrasts=contrasts)
    )
    for got, reason in ((few, "pooling needs two"), (strange, "did not ask trust")):
        assert all(reason in f.sentence and f.verdict == "refused" for f in got.findings())
    assert [f.sentence for f in refused.findings()] == ["Too few."] * 3


# A literature whose mean is known


def estimates(runs, **world):
    rng = np.random.default_rng(2024)
    kept = []
    for _ in range(runs):
        drawn = literature(0.2, rng=rng, **world)
        mean = pooled_literature(published_effects(Table(drawn))).pool
        kept.append(Estimate(mean.mean.value, mean.mean.se, *mean.ci))
    return kept


def cover(runs):
    """Ten studies told in seven ways, and twelve with two rows each: bounds for 30 or fewer."""
    apart = estimates(runs, tau2=0.04, k=10)
    judge("mean of 10 studies told in seven ways", 0.2, apart, bounds=(0.92, 0.98))
    twice = estimates(runs, tau2=0.04, k=12, rows=2)
    judge("mean of 12 studies of two rows", 0.2, twice, bounds=(0.92, 0.98))


def test_the_mean_of_a_simulated_literature_is_covered():
    """True mean 0.2, true variance 0.04 between studies; 300 runs."""
    cover(300)


@pytest.mark.full
def test_the_mean_of_a_simulated_literature_is_covered_in_full():
    """The same, 2,000 runs."""
    cover(2000)


def test_a_simulated_literature_is_that_of_its_seed_and_has_the_columns_of_the_contract():
    one, two = (literature(0.2, 0.04, 30, np.random.default_rng(5)) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert set(one.columns) == set(contract("effects").names)
    assert set(one["year"]) <= set(range(1990, 2025))
    with pytest.raises(ValueError, match="tau2 of 0 or more"):
        literature(0.2, -1.0, 3, np.random.default_rng(1))


# The map of directions


@pytest.fixture(scope="module")
def directions():
    return evidence_map()


def test_the_counts_are_those_of_the_file(directions):
    """Counted again with the csv module alone: single studies by measure and direction, raw differences apart."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = Counter(
        (measure, int(row["effect"]))
        for row in rows
        if row["effect_type"] == "direction"
        for measure in row["measures"].split()
    )
    for measure in directions.measures:
        for way in (1, 0, -1):
            assert directions.count(measure, way) == expected[measure, way]
    assert sum(expected.values()) == int((~directions.frame["pooled"]).sum())
    assert directions.without == 3
    assert all(row["source"] and row["certainty"] and row["mark"] in "RS" for row in rows)


def test_the_caption_says_that_it_is_no_pooling_and_counts(directions):
    caption = directions.caption()
    assert caption.startswith("A map and not a pooling")
    higher, none, lower = (directions.count("satisfaction", way) for way in (1, 0, -1))
    assert (
        f"satisfaction: {higher} recovered higher, {none} no paradox shown, {lower} recovered lower"
        in caption
    )
    assert "Maxham & Netemeyer (2002)" in caption
    assert "3 published differences without a spread" in caption


def test_title_and_caption_follow_the_data(directions):
    """Where all statements agree, the title says so, and nobody disagrees with himself."""
    one_way = replace(directions, frame=directions.frame.query("direction == 1"), without=0)
    assert "do not point the same way" in directions.title()
    assert "point the same way" in one_way.title()
    assert "do not" not in one_way.title()
    assert "More than one direction" not in one_way.caption()
    assert "left off" not in one_way.caption()


def test_the_map_holds_the_pooled_result_of_the_meta_analysis_as_its_abstract_states_it(directions):
    """de Matos, Henrique and Rossi (2007): positive on satisfaction; on repurchase, word of mouth and image none."""
    pooled = directions.frame[directions.frame["pooled"]]
    assert dict(zip(pooled["measure"], pooled["direction"], strict=True)) == {
        "satisfaction": 1,
        "repurchase": 0,
        "word_of_mouth": 0,
        "other": 0,
    }


def test_the_table_of_statements_has_words(directions):
    frame = directions.to_frame()
    assert list(directions.columns()) == [c for c in frame.columns if c != "source"]
    assert set(frame["known"]) == {
        "in its own text",
        "second-hand",
        "in its own text, pooled tests",
    }
    assert str(len(frame)) in directions.table_caption()


def test_a_direction_a_mark_or_a_measure_that_is_none_is_refused(tmp_path):
    text = FILE.read_text(encoding="utf-8")
    for old, new, match in (
        (",direction,1,", ",direction,2,", "`direction` of"),
        (",S,second-hand", ",Q,second-hand", "`mark` of"),
        (",satisfaction,satisfaction,", ",satisfaction,mood,", "`measure` of"),
    ):
        assert old in text
        file = tmp_path / "studies.csv"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ValueError, match=match):
            evidence_map(file)


def drawn(result):
    with mpl.rc_context(theme.settings()):
        canvas = Figure(layout="constrained")
        draw_map(result, canvas.subplots())
        canvas.draw_without_rendering()
    return canvas


def test_every_statement_is_drawn_at_its_year_and_direction(directions):
    """Full: own text; hollow: second-hand; square: of a meta-analysis. As many of each as in the table."""
    looks = Counter()
    for ax in drawn(directions).axes:
        for line in ax.lines:
            hollow = line.get_markerfacecolor() == theme.PAPER
            looks[line.get_marker(), hollow] += 1
            y = float(line.get_ydata()[0])
            assert abs(y - round(y)) < 0.4
    frame = directions.frame
    second = int((frame["mark"] == "S").sum())
    pooled = int(frame["pooled"].sum())
    assert looks == {
        ("o", True): second,
        ("s", False): pooled,
        ("o", False): len(frame) - second - pooled,
    }


def test_the_words_of_the_map_fit_and_never_collide(directions):
    from matplotlib.text import Text

    canvas = drawn(directions)
    texts = [t for t in canvas.findobj(Text) if t.get_visible() and t.get_text().strip()]
    places = [(t.get_text(), t.get_window_extent()) for t in texts]
    places = [(text, p) for text, p in places if p.width]
    for (one, a), (two, b) in combinations(places, 2):
        assert a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 - 2 <= b.y0 or b.y1 - 2 <= a.y0, (
            f"{one!r} and {two!r} lie on each other"
        )
    assert all(p.x0 >= -1 and p.x1 <= canvas.bbox.width + 1 for _, p in places)


def test_the_map_says_what_is_drawn_in_words(directions):
    said = [getattr(directions, n)() for n in ("title", "subtitle", "caption", "alternative")]
    assert len(set(said)) == 4
    assert not said[0].endswith(".")
    assert theme.svg(draw_map, directions) == theme.svg(draw_map, directions)
    nothing = replace(directions, frame=directions.frame.iloc[:0])
    assert "empty" in theme.svg(draw_map, nothing)


def test_a_published_result_never_alters_its_input():
    frame = pd.DataFrame({"study": ["A"], "outcome": ["satisfaction"], **MEANS})
    kept = frame.copy()
    assert isinstance(published_effects(Table(frame)), Published)
    pd.testing.assert_frame_equal(frame, kept)


def test_kinds_of_studies_are_compared_with_one_variance_between_them():
    """Two hotels at 0.1, two banks at 0.5, all with variance 0.01: means are the plain ones, 0.1 and 0.5.

    Nothing is left over within the kinds, so the variance between studies is 0 and the difference, 0.4 over 0.1, is
    clear; the year goes with the service and says the same: 0.4 in ten years.
    """
    frame = pd.DataFrame(
        {
            "study": list("ABCD"),
            "outcome": "satisfaction",
            "effect": [0.05, 0.15, 0.45, 0.55],
            "variance": 0.01,
            "service": ["hotel", "hotel", "bank", "bank"],
            "year": [2000, 2000, 2010, 2010],
        }
    )
    pooled = pooled_literature(published_effects(read("effects", frame, con=connect())))
    table = moderators(pooled).to_frame().set_index("kind")
    assert table.loc[["hotel", "bank"], "mean"].tolist() == pytest.approx([0.1, 0.5], abs=1e-9)
    assert table.loc["change in ten years", "mean"] == pytest.approx(0.4, abs=1e-9)
    assert set(table["left_over"].round(9)) == {0.0}
    assert "A difference is shown by service, year" in moderators(pooled).table_caption()


def test_studies_of_one_kind_have_nothing_to_compare():
    frame = pd.DataFrame(
        {"study": list("AB"), "outcome": "satisfaction", "effect": [0.1, 0.2], "variance": 0.01}
    )
    pooled = pooled_literature(published_effects(read("effects", frame, con=connect())))
    assert moderators(pooled).rows == ()
    assert "cannot be compared" in moderators(pooled).table_caption()
