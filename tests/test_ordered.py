"""The proportional odds model and its test: R on MASS::housing, UCLA's printed example, hand calculations, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import special

from retorno.display import figure, table
from retorno.figures.recovery.ordered import ordered
from retorno.recovery import scored_survey
from retorno.recovery.between.ordered import DEFINITIONS, ordered_models
from retorno.stats import ordered as stats_ordered
from retorno.stats.ordered import brant, proportional_odds, separated
from retorno.tables import connect, read

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "ordered.json").read_text(encoding="utf-8")
)
A, B = (10, 20, 30), (20, 20, 20)  # counts of answers 1, 2, 3 in two groups


def dummies(row):
    return [
        row["Infl"] == "Medium", row["Infl"] == "High", row["Type"] == "Apartment",
        row["Type"] == "Atrium", row["Type"] == "Terrace", row["Cont"] == "High",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def housing():
    """One row a tenant: satisfaction 0 low, 1 medium, 2 high, and the columns of R's model matrix."""
    rows = REFERENCE["housing"]
    score = [["Low", "Medium", "High"].index(row["Sat"]) for row in rows]
    times = [row["Freq"] for row in rows]
    design = np.array([dummies(row) for row in rows], dtype=float)
    return np.repeat(score, times), np.repeat(design, times, axis=0)


@pytest.fixture(scope="module")
def of_housing(housing):
    return proportional_odds(*housing, level=0.95)


def test_the_model_is_that_of_r(of_housing):
    """ordinal::clm to 1e-7; MASS::polr climbs less far and differs from both by some 1e-8."""
    for name in ("coefficients", "thresholds"):
        assert getattr(of_housing, name) == pytest.approx(REFERENCE[name], abs=1e-7)
        assert getattr(of_housing, name) == pytest.approx(REFERENCE["polr"][name], abs=1e-7)
    for name in (
        "errors",
        "threshold_errors",
    ):  # R has the exact, statsmodels a numerical curvature
        assert getattr(of_housing, name) == pytest.approx(REFERENCE[name], rel=1e-5)
    assert of_housing.log_likelihood == pytest.approx(REFERENCE["log_likelihood"], abs=1e-8)
    assert of_housing.n == 1681


def test_odds_ratios_have_walds_interval_of_the_log(of_housing):
    """High contact: exp(0.36028 -+ 1.959964 * 0.095536) = 1.43374, 1.18892 to 1.72897 (R's numbers)."""
    got = of_housing.odds_ratios[-1]
    half = 1.959963984540054 * REFERENCE["errors"][-1]
    want = np.exp(REFERENCE["coefficients"][-1] + np.array([0, -half, half]))
    assert (got.value, got.ci_low, got.ci_high) == pytest.approx(tuple(want), rel=1e-6)


def test_predicted_shares_are_those_of_r(of_housing):
    """predict(polr, type = "probs") at all 24 kinds of tenant."""
    got = of_housing.shares(np.array([dummies(row) for row in REFERENCE["designs"]], dtype=float))
    assert got.share == pytest.approx(np.array(REFERENCE["shares"]), abs=1e-7)
    assert got.share.sum(axis=1) == pytest.approx(np.ones(24), abs=1e-12)
    assert (got.ci_low < got.share).all()
    assert (got.share < got.ci_high).all()


def test_errors_of_predicted_shares_by_numbers(of_housing):
    """The delta method with derivatives taken by differences of 1e-6 in each parameter."""
    design = np.array([[1.0, 0, 0, 1, 0, 1]])
    p = of_housing.coefficients.size

    def shares(params):
        below = special.expit(params[p:] - design[0] @ params[:p])
        return np.diff(np.concatenate([[0], below, [1]]))

    at = np.concatenate([of_housing.coefficients, of_housing.thresholds])
    steps = 1e-6 * np.eye(at.size)
    slope = np.array([(shares(at + s) - shares(at - s)) / 2e-6 for s in steps]).T
    want = np.sqrt(np.diag(slope @ of_housing.covariance @ slope.T))
    got = of_housing.shares(design)
    assert got.se[0] == pytest.approx(want, rel=1e-6)
    half = 1.959963984540054 * want / (got.share[0] * (1 - got.share[0]))
    assert got.ci_low[0] == pytest.approx(special.expit(special.logit(got.share[0]) - half))


def test_brant_is_that_of_r(housing):
    """A glm at each cut and the covariance of Brant's paper, in R; its neighbour, VGAM's likelihood ratio, is 8.57."""
    got, want = brant(*housing), REFERENCE["brant"]
    assert got.together.statistic == pytest.approx(want["statistic"], rel=1e-8)
    assert (got.together.df, got.together.p) == (want["df"], pytest.approx(want["p"], rel=1e-8))
    assert [one.statistic for one in got.each] == pytest.approx(want["each"], rel=1e-7)
    assert [one.p for one in got.each] == pytest.approx(want["each_p"], rel=1e-7)
    assert got.coefficients == pytest.approx(np.array(want["slopes"]), rel=1e-8)
    assert got.cuts.tolist() == [1, 2]
    neighbour = REFERENCE["likelihood_ratio"]["vgam"]
    assert neighbour["df"] == got.together.df
    assert neighbour["statistic"] == pytest.approx(got.together.statistic, rel=0.02)


def test_the_printed_example_of_ucla():
    """400 students, statsmodels' test data, the figures R printed there; errors with four decimals.

    polr stopped a little short of the top (its default tolerance): our log-likelihood is above that of the printed
    figures, which are half a unit in the third decimal off. ordinal::clm, which climbs to the top, has 1.047664,
    -0.058683, 0.615746 and 2.203323, 4.298767.
    """
    from statsmodels.miscmodels.tests.results import results_ordinal_model as printed

    frame, want = printed.data_store.df, printed.res_ord_logit
    design = frame[["pared", "public", "gpa"]].to_numpy(dtype=float)
    score = frame["apply"].cat.codes.to_numpy()
    got = proportional_odds(score, design, level=0.95)
    assert got.coefficients == pytest.approx([1.047664, -0.058683, 0.615746], abs=5e-7)
    assert got.coefficients == pytest.approx(want.coefficients_val, abs=5e-4)
    assert got.errors == pytest.approx(want.coefficients_stdE, abs=1e-4)
    assert got.thresholds == pytest.approx([2.203323, 4.298767], abs=6e-7)
    assert got.thresholds == pytest.approx(want.thresholds, abs=1e-3)
    assert got.shares(design[:7]).share == pytest.approx(want.prob_pred, abs=5e-5)
    below = special.expit(want.thresholds - (design @ want.coefficients_val)[:, None])
    share = np.diff(np.pad(below, ((0, 0), (1, 1)), constant_values=(0, 1)))
    assert got.log_likelihood >= np.log(share[np.arange(400), score]).sum()


def people(*counts):
    """Return answers from 1 and group numbers for groups with these counts."""
    score = np.concatenate([np.repeat(np.arange(1.0, len(c) + 1), c) for c in counts])
    return score, np.repeat(np.arange(float(len(counts))), [sum(c) for c in counts])


def test_brant_by_hand():
    """Group 1 (10, 20, 30), group 0 (20, 20, 20): log odds ratios log 2.5 at the first cut, log 2 at the second.

    Their variances are 1/10 + 1/50 + 1/20 + 1/40 and 1/30 + 1/30 + 1/40 + 1/20, their covariance the sum over groups of
    1 / (n P(y > 1) P(y <= 2)) = 1/(60 * 5/6 * 1/2) + 1/(60 * 2/3 * 2/3) = 0.04 + 0.0375. Difference log 1.25.
    """
    score, group = people(B, A)
    got = brant(score, group)
    assert got.coefficients.ravel() == pytest.approx(np.log([2.5, 2]), rel=1e-8)
    variance = 0.195 + (1 / 15 + 0.075) - 2 * 0.0775
    assert got.together.statistic == pytest.approx(np.log(1.25) ** 2 / variance, rel=1e-7)
    assert got.together == got.each[0]
    assert got.together.df == 1
    assert got.errors.ravel() == pytest.approx(np.sqrt([0.195, 1 / 15 + 0.075]), rel=1e-7)


def test_two_answers_are_a_logit_by_hand():
    """30 of 60 against 20 of 60: odds 1 and 1/2, log odds ratio log 2 with variance 1/30 + 1/30 + 1/20 + 1/40."""
    score, group = people((40, 20), (30, 30))
    got = proportional_odds(score, group, level=0.95)
    assert got.odds_ratios[0].value == pytest.approx(2, rel=1e-7)
    assert got.errors[0] == pytest.approx(np.sqrt(2 / 30 + 0.075), rel=1e-6)
    assert got.thresholds[0] == pytest.approx(np.log(2), rel=1e-6)  # 40 low to 20 high
    assert got.shares([[0.0], [1.0]]).share == pytest.approx(np.array([[2, 1], [1.5, 1.5]]) / 3)


def test_swapping_groups_inverts_the_ratio_and_only_the_order_of_answers_counts():
    score, group = people(B, A)
    there = proportional_odds(score, group, level=0.9)
    back = proportional_odds(score, 1 - group, level=0.9)
    assert back.odds_ratios[0].ci_low == pytest.approx(1 / there.odds_ratios[0].ci_high, rel=1e-6)
    stretched = proportional_odds(np.exp(score), 5 + 1000 * group, level=0.9)
    assert stretched.coefficients[0] == pytest.approx(there.coefficients[0] / 1000, rel=1e-6)
    assert stretched.log_likelihood == pytest.approx(there.log_likelihood, abs=1e-8)
    assert brant(np.exp(score), 5 + 1000 * group).together.p == pytest.approx(
        brant(score, group).together.p, rel=1e-6
    )


def test_counting_equal_rows_changes_nothing_but_the_time(housing):
    """OrderedModel itself on the rows one by one; its own stopping rule leaves some 1e-5."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    score, design = housing
    rows = OrderedModel(score, design, distr="logit").fit(method="bfgs", disp=0)
    ours = proportional_odds(score, design, level=0.95)
    assert ours.coefficients == pytest.approx(rows.params[:6], abs=1e-4)
    assert ours.errors == pytest.approx(rows.bse[:6], rel=1e-3)
    assert ours.log_likelihood >= rows.llf - 1e-9


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        (((5, 5, 0), (0, 5, 5)), True),  # they touch in one answer
        (((5, 5, 0, 0), (0, 0, 5, 5)), True),
        (((5, 5, 1), (0, 5, 5)), False),
        (((5, 0, 5), (0, 5, 0)), False),  # one inside the other: a finite estimate
        (((0, 5), (5, 5)), True),
    ],
)
def test_separation_is_seen_wherever_groups_do_not_overlap(counts, wanted):
    """Two groups have a finite ratio where each has an answer above one of the other's."""
    score, group = people(*counts)
    assert separated(score, group) is wanted
    if wanted:
        with pytest.raises(ValueError, match="no finite estimate"):
            proportional_odds(score, group, level=0.95)
    else:
        assert np.isfinite(proportional_odds(score, group, level=0.95).errors).all()


def test_separation_by_two_columns_together():
    """Answers by the sign of x1 + x2: neither column separates them, both do; statsmodels alone gives a number."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(80, 2))
    score = (x.sum(axis=1) > 0).astype(float) + (x.sum(axis=1) > 1)
    assert not separated(score, x[:, 0])
    assert separated(score, x)


def test_a_cut_without_a_logit_is_left_out_and_named():
    """Nobody of the first group answers 1: that cut has no logit, and 1 and 2 are joined, as if asked so."""
    score, group = people((0, 10, 10, 10), (4, 6, 9, 11))
    got = brant(score, group)
    assert (got.joined.tolist(), got.cuts.tolist()) == ([2], [3, 4])
    joined = brant(np.maximum(score, 2), group)
    assert got.together.statistic == pytest.approx(joined.together.statistic, rel=1e-9)
    with pytest.raises(ValueError, match="only 1 of 2 cuts"):
        brant(*people((0, 10, 10), (4, 6, 9)))


@pytest.mark.parametrize(
    ("score", "design", "message"),
    [
        ([3, 3, 3, 3], [0, 1, 0, 1], "all scores are 3"),
        ([1, 2, 3, 1], [1, 1, 1, 1], "column 0 of the design is constant"),
        ([1, 2, 3, 1], [[0, 1], [1, 3], [0, 1], [1, 3]], "collinear"),
        ([1, 2, np.nan, 1], [0, 1, 0, 1], "finite numbers"),
        ([1, 2, 3], [0, 1], "design of n rows"),
        ([], [], "design of n rows"),
    ],
)
def test_what_has_no_model_is_refused(score, design, message):
    for attempt in (
        lambda: proportional_odds(score, design, level=0.95),
        lambda: brant(score, design),
    ):
        with pytest.raises(ValueError, match=message):
            attempt()


def test_no_convergence_is_said(monkeypatch):
    monkeypatch.setattr(stats_ordered, "_arrived", lambda *_: False)
    with pytest.raises(ValueError, match="did not converge"):
        proportional_odds(*people(B, A), level=0.95)


def test_brant_needs_three_answers():
    with pytest.raises(ValueError, match="two answers have one cut"):
        brant(*people((5, 5), (4, 6)))


# The study


def survey(no_failure, recovered, failure=(5, 5, 5), **columns):
    """Return a survey of satisfaction with these counts of answers from 1."""
    groups = {"no_failure": no_failure, "recovered": recovered, "failure": failure}
    rows = [
        (group, answer)
        for group, counts in groups.items()
        for answer, times in enumerate(counts, start=1)
        for _ in range(times)
    ]
    frame = pd.DataFrame(rows, columns=["group", "satisfaction"])
    frame.insert(0, "respondent_id", [f"R{n}" for n in range(len(frame))])
    return scored(frame.assign(**columns))


def scored(frame):
    return scored_survey(read("survey", frame, con=connect()))


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


RATIO, TEST = (d.id.format(outcome="satisfaction") for d in DEFINITIONS)


@pytest.mark.parametrize(
    ("recovered", "verdict", "words"),
    [
        ((2, 10, 48), "above", "they give higher answers"),
        ((48, 10, 2), "below", "they give lower answers"),
        ((19, 20, 21), "undecided", "the interval holds 1"),
    ],
)
def test_the_sentence_follows_the_interval(recovered, verdict, words):
    found = by_id(ordered_models(survey(B, recovered)))[RATIO]
    assert (found.verdict, found.unit, found.n) == (verdict, "ratio", 120)
    assert words in found.sentence
    model = proportional_odds(*people(B, recovered), level=0.95)
    assert (found.estimate, found.ci_low) == (
        model.odds_ratios[0].value,
        model.odds_ratios[0].ci_low,
    )


@pytest.mark.parametrize(
    ("recovered", "fits"), [((10, 20, 30), True), ((30, 0, 30), False), ((29, 2, 29), False)]
)
def test_whether_one_ratio_fits_is_said(recovered, fits):
    result = ordered_models(survey(B, recovered))
    found = by_id(result)[TEST]
    assert (found.estimate >= 0.05) is fits
    assert ("do not contradict" in found.sentence) is fits
    assert ("Read the observed share" in found.sentence) is not fits
    assert (found.verdict, found.ci_low, found.unit) == (None, None, "p-value")
    assert ("do not contradict" in result.title()) is fits
    assert "NaN" not in found.sentence


def test_the_p_of_the_hand_calculation_is_stated_with_its_range():
    """Log 1.25 squared over its variance of 0.18167 is 0.2741 with 1 degree of freedom: p 0.601; ratios 2 to 2.5."""
    found = by_id(ordered_models(survey(B, A)))[TEST]
    assert found.estimate == pytest.approx(0.60061, abs=5e-5)
    assert "(p = 0.601); at single cuts it runs from 2.00 to 2.50." in found.sentence


def test_a_joined_cut_is_named_in_the_sentence():
    found = by_id(ordered_models(survey((0, 10, 10, 10), (4, 6, 9, 11))))[TEST]
    assert "the cut just below 2." in found.sentence


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: survey((0, 0, 30), (0, 0, 30)), "is the same for all"),
        (lambda: survey((10, 10, 0), (0, 10, 10)), "must overlap"),
        (lambda: survey((10, 10, 10), (1, 1, 1)), "at least 5 are needed"),
        (lambda: survey([3] * 6, [3] * 6 + [0]), None),
    ],
)
def test_what_cannot_be_said_is_refused(made, words):
    found = by_id(ordered_models(made()))
    assert [f.verdict == "refused" for f in found.values()] == [words is not None] * 2
    if words:
        assert all(words in f.sentence and f.estimate is None for f in found.values())


def test_more_than_eleven_answers_are_refused_and_eleven_are_not():
    def spread(answers):
        rows = [
            (g, 1 + 6 * a / answers) for g in ("no_failure", "recovered") for a in range(answers)
        ]
        frame = pd.DataFrame(rows * 4, columns=["group", "satisfaction"])
        frame.insert(0, "respondent_id", [f"R{n}" for n in range(len(frame))])
        return by_id(ordered_models(scored(frame)))

    assert "12 different scores" in spread(12)[RATIO].sentence
    assert spread(11)[RATIO].estimate == pytest.approx(1, abs=1e-6)


def test_two_answers_have_a_ratio_and_no_test():
    result = ordered_models(survey((40, 20), (30, 30), (5, 5)))
    found = by_id(result)
    assert found[RATIO].estimate == pytest.approx(2, rel=1e-6)
    assert "has two answers and so one cut" in found[TEST].sentence
    assert found[TEST].verdict == "refused"
    assert "No outcome has an ordered model" in result.caption() == result.alternative()
    drawn(ordered, result)


def test_a_survey_without_a_model_shows_empty_table_and_figure():
    result = ordered_models(survey((10, 10, 10), (1, 1, 1)))
    assert result.to_frame().empty
    assert table(result).bundle["text/plain"]
    assert figure(ordered, result).bundle["text/html"]


@pytest.fixture(scope="module")
def simulated():
    from retorno import simulate

    drawn_world = simulate.simulate("recovery", "paradox", 600, seed=3).tables()["survey"]
    return ordered_models(scored(drawn_world))


def test_the_table_holds_the_shares_of_the_survey(simulated):
    """Observed shares are counts over n; predicted ones sum to 1 in each group."""
    frame = simulated.to_frame()
    sums = frame.groupby(["outcome", "group"])[["observed", "predicted"]].sum()
    assert sums.to_numpy() == pytest.approx(np.ones((6, 2)), abs=1e-9)
    scores = simulated.survey.scores("satisfaction", "recovered")
    row = frame[(frame.outcome == "satisfaction") & (frame.group == "Recovered")].set_index(
        "answer"
    )
    assert row.observed[7.0] == pytest.approx(np.mean(scores == 7))
    assert set(simulated.columns()) <= set(frame.columns)


def test_the_figure_draws_what_the_table_says(simulated):
    canvas = drawn(ordered, simulated)
    check_words(canvas)
    panels = [ax for ax in canvas.axes if ax.axison]
    assert len(panels) == 2  # repurchase has two answers
    frame = simulated.to_frame()
    one = frame[(frame.outcome == "satisfaction") & (frame.group == "Recovered")]
    lines = [line.get_ydata() for line in panels[0].lines]
    assert any(np.array_equal(line, one.predicted) for line in lines)
    assert any(np.array_equal(line, one.observed) for line in lines)
    said = {simulated.title(), simulated.subtitle(), simulated.caption(), simulated.alternative()}
    assert len(said) == 4


def test_formulas_become_mathml():
    from latex2mathml.converter import convert

    for definition in DEFINITIONS:
        assert "\\" not in convert(definition.formula)
