"""Adjusted differences: worked by hand, against R and Stata, by simulation; and the study's findings on them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.treatment import tests as published
from statsmodels.treatment.tests.results import results_teffects
from statsmodels.treatment.treatment_effects import TreatmentEffect

from retorno import simulate
from retorno.display import figure, table
from retorno.errors import ParameterError
from retorno.figures.recovery.overlap import overlap
from retorno.recovery import SmallestEffect, scored_survey
from retorno.recovery.between.adjusted import DEFINITIONS, adjusted_differences
from retorno.stats.adjustment import CollinearError, SeparationError, ancova, chances, doubly_robust
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "adjustment.json").read_text())


@pytest.fixture(scope="module")
def births():
    return {name: np.asarray(values, dtype=float) for name, values in R["data"].items()}


def covariates(births):
    return np.column_stack([births[name] for name in ("age", "lwt", "ht")])


def test_ancova_by_hand():
    """Treated at before 1, 2, 3 score 2, 3, 4; controls at 3, 4, 5 score 2, 3, 4: slope 1, so 2 at equal scores before.

    One score is moved by 1 so that something is left: before (-1, 0, 1), after (-1, 0, 1) + (0, 0, 1) in the first
    group. Common slope = (1 + 1 + 1 + 2) / 4 = 5/4 within both, means 10/3 and 3, so
    1/3 - 5/4 (2 - 4) = 17/6.
    """
    got = ancova([2, 3, 5, 2, 3, 4], [1, 1, 1, 0, 0, 0], np.array([[1, 2, 3, 3, 4, 5]]).T)
    assert got.difference.value == pytest.approx(17 / 6, rel=1e-12)
    assert got.difference.df == 3


def test_ancova_is_that_of_r(births):
    """lm and sandwich::vcovHC, HC3, tests/reference/adjustment.R; the Wald F of the products, HC3, too."""
    got = ancova(births["bwt"], births["smoke"], covariates(births))
    want = R["ancova"]
    assert got.difference.value == pytest.approx(want["estimate"], rel=1e-9)
    assert got.difference.se == pytest.approx(want["hc3"], rel=1e-9)
    assert got.difference.df == want["df"]
    assert got.unequal_slopes_p == pytest.approx(want["unequal_slopes_p"], rel=1e-7)
    assert want["hc2"] < want["hc3"]


def test_doubly_robust_is_that_of_r(births):
    """The error in R is the sandwich of the stacked moments by a numeric derivative, free of our formula."""
    got = doubly_robust(births["bwt"], births["smoke"], covariates(births), small_sample=False)
    want = R["doubly_robust"]
    assert got.effect.value == pytest.approx(want["estimate"], rel=1e-8)
    assert got.effect.se == pytest.approx(want["se"], rel=1e-6)
    assert got.effective_controls == pytest.approx(want["effective_controls"], rel=1e-8)
    assert got.effect.df == births["smoke"].sum() - 1  # 74 smokers, 113 effective controls


def test_doubly_robust_is_that_of_stata():
    """4,642 births of Cattaneo (2010), teffects ipwra with probit and atet in Stata, as statsmodels' tests print it.

    Effect -223.5 (22.8); the small-sample version moves the error by less than 1 in 200.
    """
    data = pd.read_csv(Path(published.__file__).parent / "results" / "cataneo2.csv")
    of_outcome = data[["prenatal1_", "mmarried_", "mage", "fbaby_"]].to_numpy(dtype=float)
    of_treatment = data[["mmarried_", "mage", "mage2", "fbaby_", "medu"]].to_numpy(dtype=float)
    given = (data["bweight"], data["mbsmoke_"], of_outcome)
    rules = {"assignment": of_treatment, "link": "probit"}
    got = doubly_robust(*given, **rules, small_sample=False)
    want = results_teffects.results_ipwra.table_t[:2]
    assert got.effect.value == pytest.approx(want[0, 0], rel=1e-6)
    assert got.effect.se == pytest.approx(want[0, 1], rel=1e-5)
    assert got.untreated_mean == pytest.approx(want[1, 0], rel=1e-6)
    small = doubly_robust(*given, **rules)
    assert small.effect.se == pytest.approx(got.effect.se, rel=5e-3)
    assert small.effect.se > got.effect.se


def test_statsmodels_gives_the_number_but_no_error(births):
    """Its moments of IPW-RA take the last six parameters for the treatment model, here of four: why ours are ours."""
    x = sm.add_constant(covariates(births))
    smoke = births["smoke"].astype(int)
    theirs = TreatmentEffect(
        sm.OLS(births["bwt"], x), smoke, results_select=sm.Logit(smoke, x).fit(disp=0)
    )
    effect = theirs.ipw_ra(effect_group=1, return_results=False)[0]
    ours = doubly_robust(births["bwt"], smoke, covariates(births)).effect.value
    assert ours == pytest.approx(effect, rel=1e-7)
    with pytest.raises(ValueError, match="not aligned"):
        theirs.ipw_ra(effect_group=1)


def test_saturated_model_by_hand():
    """One yes/no covariate: strata differ by 3 and 1, three of four treated are in the first: (3 * 3 + 1) / 4 = 2.5.

    First stratum: treated 5, 6, 7, mean 6; controls 3, 3. Second: treated 2; controls 0, 1, 2, mean 1. Chances 3/5
    and 1/4, odds 3/2 and 1/3: effective controls (3 + 1)**2 / (2 * 9/4 + 3 * 1/9) = 16 / (29/6) = 96/29. Weighted
    alike, the covariate's balance is 0; before it was (3/4 - 2/5) over sqrt((1/4 + 3/10) / 2).

    Squared error: treated lie -1/2, 1/2, 3/2, -3/2 off the effect, over n - 1 = 3: 5/9. Controls lie off their means
    by -1, 0, 1 in the second stratum, over 1 - 1/3 their influence there is that / 2, on a quarter of the treated
    1/8: 2/64. Within strata the rest sums to 0, so that the chances add nothing.
    """
    outcome = [5, 6, 7, 2, 3, 3, 0, 1, 2]
    covariate = np.array([[1, 1, 1, 0, 1, 1, 0, 0, 0]]).T
    got = doubly_robust(outcome, [1] * 4 + [0] * 5, covariate)
    assert got.effect.value == pytest.approx(2.5, rel=1e-9)
    assert got.untreated_mean == pytest.approx(2.5, rel=1e-9)
    assert got.chance[[0, 3]] == pytest.approx([3 / 5, 1 / 4], rel=1e-6)
    assert got.effective_controls == pytest.approx(96 / 29, rel=1e-6)
    assert got.balance_before[0] == pytest.approx(0.35 / np.sqrt(0.275), rel=1e-9)
    assert got.balance_after[0] == pytest.approx(0, abs=1e-6)
    assert got.beyond == 0
    assert got.effect.se**2 == pytest.approx(5 / 9 + 1 / 32, rel=1e-6)


def test_right_if_either_model_is_right():
    """Effect 1 on all, 1,000 members, 100 runs; the outcome and the log odds bend with x, exp(x) - 1 and x**2.

    Each model may be given x alone (wrong) or the bend (right). Right when one is, to four Monte Carlo errors; with
    both wrong it is off by more than 0.1.
    """
    rng = np.random.default_rng(7)
    found = {key: [] for key in ((True, True), (True, False), (False, True), (False, False))}
    for _ in range(100):
        x = rng.uniform(-1.5, 1.5, 1_000)
        treated = rng.random(x.size) < 1 / (1 + np.exp(1 - 0.8 * x**2 - 0.3 * x))
        outcome = treated + 2 * x**2 + x + rng.normal(size=x.size)
        designs = {True: np.column_stack([x, x**2]), False: x[:, None]}
        for of_outcome, of_treatment in found:
            got = doubly_robust(
                outcome, treated, designs[of_outcome], assignment=designs[of_treatment]
            )
            found[of_outcome, of_treatment].append(got.effect.value)
    for key, values in found.items():
        off, error = np.mean(values) - 1, np.std(values, ddof=1) / np.sqrt(len(values))
        print(f"outcome, treatment right {key}: off by {off:+.4f} ({error:.4f})")
        assert abs(off) < 4 * error if any(key) else off > 0.1


def test_swapping_shifting_and_doubling(births):
    """ANCOVA changes sign with the groups; both double with the outcome and do not see the covariates' units."""
    x, y, t = covariates(births), births["bwt"], births["smoke"]
    one, two = ancova(y, t, x).difference, ancova(y, 1 - t, x).difference
    assert (one.value, one.se) == pytest.approx((-two.value, two.se), rel=1e-9)
    for method in (lambda *d: ancova(*d).difference, lambda *d: doubly_robust(*d).effect):
        plain, moved = method(y, t, x), method(2 * y + 5, t, 10 * x - 3)
        assert (moved.value, moved.se) == pytest.approx((2 * plain.value, 2 * plain.se), rel=1e-6)


@pytest.mark.parametrize("method", [ancova, doubly_robust])
def test_what_cannot_be_adjusted_is_told(births, method):
    x, y, t = covariates(births), births["bwt"], births["smoke"]
    with pytest.raises(CollinearError, match=r"covariate 1 .* same for all"):
        method(y, t, np.column_stack([x[:, 0], np.full(y.size, 7.0)]))
    with pytest.raises(CollinearError, match="sum of others"):
        method(y, t, np.column_stack([x, x[:, 0] + x[:, 1]]))
    with pytest.raises(CollinearError, match="tells the group"):
        method(y, t, t[:, None])
    with pytest.raises(ValueError, match="without error"):
        method(x[:, 0], t, x)
    with pytest.raises(ValueError, match="outcomes are the same"):
        method(np.ones_like(y), t, x)
    with pytest.raises(ValueError, match="without a value"):
        method(np.where(t == 1, np.nan, y), t, x)
    with pytest.raises(ValueError, match="two members in each group"):
        method(y, np.arange(y.size) == 0, x)
    with pytest.raises(ValueError, match=r"shape \(n, k\)"):
        method(y, t, x[:, 0])


def test_separation_is_found_whole_or_in_part():
    """Above 3 all are treated; or: among those at 3 both occur, below none, above all (quasi-complete)."""
    treated = np.repeat([0, 1], 5)
    apart = np.arange(10.0)[:, None]
    touching = np.array([1, 1, 2, 3, 3, 3, 3, 4, 5, 5.0])[:, None]
    mixed = np.array([1, 2, 3, 4, 5, 1, 2, 3, 4, 5.0])[:, None]
    for covariate in (apart, touching):
        with pytest.raises(SeparationError, match="for sure"):
            chances(treated, covariate)
        with pytest.raises(SeparationError):
            doubly_robust(np.arange(10.0) % 3, treated, covariate)
    assert chances(treated, mixed).predict() == pytest.approx(0.5, abs=1e-9)


def test_one_member_who_decides_alone_is_refused():
    """A dummy of one control fits that control exactly, whatever it answered."""
    rng = np.random.default_rng(3)
    treated = np.repeat([0, 1], 10)
    x = np.column_stack([rng.normal(size=20), np.arange(20) == 2])
    with pytest.raises(CollinearError, match="leverage 1"):
        ancova(rng.normal(size=20), treated, x)


ROWS = [  # group, satisfaction before, satisfaction: scores of the test by hand above
    *(("recovered", b, a) for b, a in ((1, 2), (2, 3), (3, 5))),
    *(("no_failure", b, a) for b, a in ((3, 2), (4, 3), (5, 4))),
]  # fmt: skip
SMALLEST = SmallestEffect(0.2, "sd")


def frame(rows=ROWS, **columns):
    made = pd.DataFrame(rows, columns=["group", "satisfaction_before", "satisfaction"])
    made.insert(0, "respondent_id", [f"R{n}" for n in range(len(made))])
    return made.assign(**columns)


def adjusted(made, *, outcomes=None, smallest=SMALLEST, min_group=2, **rules):
    scored = scored_survey(read("survey", made, con=connect()), outcomes=outcomes)
    return adjusted_differences(scored, smallest=smallest, min_group=min_group, **rules)


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


@pytest.fixture(scope="module")
def world():
    """A simulated survey of 600 respondents in which failure and recovery did nothing."""
    return simulate.simulate("recovery", "no_paradox", 600, seed=5).tables()["survey"]


def test_the_study_states_the_difference_by_hand():
    """17/6, as above. The two groups meet in the score before at 3 alone: separated, no effect on the treated."""
    found = by_id(adjusted(frame()))
    assert set(found) == {d.id.format(outcome="satisfaction") for d in DEFINITIONS}
    one = found["paradox.satisfaction.ancova"]
    assert one.estimate == pytest.approx(17 / 6, rel=1e-12)
    assert (one.n, one.unit) == (6, "scale points")
    assert one.sentence.startswith(
        "At equal satisfaction before, the difference in satisfaction is 2.83 (unadjusted 0.33)"
    )
    assert "met failures by chance" in one.sentence
    assert "adjusts too little" in one.sentence
    assert "Only 3 units" in one.sentence
    assert "reaches beyond 0.26" in one.sentence  # 0.2 * sqrt((14/3 + 2) / 4), pooled
    two = found["paradox.satisfaction.doubly_robust"]
    assert two.verdict == "refused"
    assert "for sure" in two.sentence


def test_where_nothing_happened_adjusting_takes_the_difference_away(world):
    """The plain difference is -0.45 by selection alone (World no_paradox, effect 0); both adjusted intervals hold 0."""
    result = adjusted(world, min_group=5)
    found = by_id(result)
    plain = result.to_frame().set_index("outcome").unadjusted["satisfaction"]
    assert plain < -0.25
    for name in ("ancova", "doubly_robust"):
        one = found[f"paradox.satisfaction.{name}"]
        assert one.ci_low < 0 < one.ci_high
        assert abs(one.estimate) < abs(plain) / 2
    assert found["paradox.satisfaction.ancova"].verdict in {"undecided", "parity"}
    assert found["paradox.satisfaction.doubly_robust"].verdict == "undecided"


def test_verdict_follows_the_interval_and_the_smallest_effect():
    """Recovered 3 points higher at equal scores before: paradox; turned round: shortfall; of 9 that matter: parity."""
    rng = np.random.default_rng(2)
    before = np.tile([2.0, 3, 4, 5], 10)
    group = np.repeat(["recovered", "no_failure"], 20)
    score = before - 1 + 3 * (group == "recovered") + rng.choice([-0.25, 0.25], 40)
    made = frame([(g, b, s) for g, b, s in zip(group, before, np.clip(score, 1, 7), strict=True)])
    turned = made.assign(
        group=made.group.replace({"recovered": "no_failure", "no_failure": "recovered"})
    )
    size = SmallestEffect(9, "points")
    for table_, smallest, word, side in (
        (made, SMALLEST, "paradox", "above"),
        (turned, SMALLEST, "shortfall", "below"),
        (made, size, "parity", "above"),
    ):
        found = by_id(adjusted(table_, smallest=smallest))
        assert found["paradox.satisfaction.ancova"].verdict == word
        assert found["paradox.satisfaction.doubly_robust"].verdict == side


def test_satisfaction_before_stands_in_where_the_outcome_was_not_asked(world):
    found = by_id(adjusted(world, min_group=5))
    one = found["paradox.repurchase.ancova"]
    assert one.unit == "difference in share"
    assert "satisfaction before stands in" in one.sentence
    alone = by_id(adjusted(world, outcomes=["repurchase"], min_group=5))[
        "paradox.repurchase.ancova"
    ]
    assert (alone.estimate, alone.n) == (
        one.estimate,
        one.n,
    )  # nobody needs to ask for satisfaction
    bare = world.drop(columns=["satisfaction_before", "word_of_mouth_before"])
    none = by_id(adjusted(bare, min_group=5))["paradox.repurchase.ancova"]
    assert "no column repurchase_before" in none.sentence


def test_covariates_may_be_named(world):
    both = by_id(adjusted(world, min_group=5))["paradox.satisfaction.ancova"]
    assert both.sentence.startswith("At equal satisfaction before, segment, the")
    named = adjusted(world, covariates=["satisfaction_before"], min_group=5)
    alone = by_id(named)["paradox.satisfaction.ancova"]
    assert alone.sentence.startswith("At equal satisfaction before, the")
    one = by_id(named)["paradox.satisfaction.doubly_robust"]
    assert "alike in satisfaction before met" in one.sentence
    assert named.balance().to_frame().covariate.tolist() == ["satisfaction before"]
    everything = adjusted(world, min_group=5).balance().to_frame()
    assert len(everything) == 3
    assert everything.after.abs().max() < everything.before.abs().max()
    with pytest.raises(ParameterError, match=r"covariates: wanted one or more of .*; got age"):
        adjusted(world, covariates=["age"])
    with pytest.raises(ParameterError, match=r"got \[\]"):
        adjusted(world, covariates=[])


def test_a_small_segment_counts_with_the_largest(world):
    """Of 600, three are moved to a segment of their own; a missing one is a segment, too."""
    segment = world.segment.astype(object).copy()
    segment[:3], segment[3:60] = "C", None
    names = adjusted(world.assign(segment=segment), min_group=5).balance().to_frame().covariate
    assert len(names) == 4
    assert "no segment" in names.tolist()
    assert "segment C" not in names.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="satisfaction_before"), "no column satisfaction_before"),
        (lambda f: f.assign(satisfaction=7.0), "same for all who are compared"),
        (lambda f: f.assign(satisfaction_before=7.0), "satisfaction before is the same for all"),
        (lambda f: f[f.group != "no_failure"], ": 0; at least 5"),
        (lambda f: f.assign(satisfaction_before=f.satisfaction), "so nothing says how far"),
        (lambda f: f.assign(satisfaction_before=np.where(f.group == "recovered", 1.0, 7)), "name fewer"),
        (lambda f: f.assign(satisfaction_before=np.nan), ": 0; at least 5"),
    ],
)  # fmt: skip
def test_what_cannot_be_stated_is_refused(world, change, words):
    made = world[["respondent_id", "group", "satisfaction_before", "satisfaction"]]
    result = adjusted(change(made), min_group=5)
    found = by_id(result)
    assert {finding.verdict for finding in found.values()} == {"refused"}
    assert all(words in finding.sentence for finding in found.values())
    for shown in (figure(overlap, result.overlap()), table(result), table(result.balance())):
        assert shown._repr_mimebundle_()["text/plain"]


def test_overlap_shows_both_groups_whole(world):
    """Shares of each group sum to 1; the words name the outcome whose respondents are drawn."""
    result = adjusted(world, min_group=5)
    drawn = result.overlap().to_frame()
    assert drawn.recovered.sum() == pytest.approx(1)
    assert drawn.no_failure.sum() == pytest.approx(1)
    assert (drawn["to"] > drawn["from"]).all()
    shown = figure(overlap, result.overlap())._repr_mimebundle_()["text/html"]
    assert "Recovered" in shown
    assert "No failure" in shown
    assert "count as" in result.overlap().caption()
    apart = result.overlap("word_of_mouth").caption()
    assert "with a score of word of mouth" in apart
