"""When recovery works: differences along a moderator against R, by hand and by their properties; what a reader sees."""

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import check_words, panels_of
from matplotlib.figure import Figure

from retorno.figures import theme
from retorno.figures.recovery.moderation import moderation as draw_moderation
from retorno.figures.recovery.threshold import threshold as draw_threshold
from retorno.recovery import scored_survey
from retorno.recovery.when.moderation import moderation
from retorno.recovery.when.threshold import quality_threshold
from retorno.stats.moderation import (
    curvature_p,
    fitted_line,
    johnson_neyman,
    moderated_difference,
    reached_at,
)
from retorno.stats.student import Student, welch
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "moderation.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["hp_along_wt", "wt_along_hp"])
def test_johnson_neyman_bounds_are_those_r_finds(name):
    """mtcars, mpg ~ hp * wt: R finds where |t| is critical by search; emmeans gives p = .05 at each bound.

    Of the two bounds only the lower lies inside the range of the data; over four times the range both are found.
    """
    r = R[name]
    line = (r["coefficient"], r["covariance"], r["df"])
    wide = johnson_neyman(*line, low=-10 * abs(r["low"]), high=10 * r["high"], level=0.95)
    assert (wide.low, wide.high) == pytest.approx(r["roots"], rel=1e-9)
    assert r["p_emmeans"] == pytest.approx([0.05, 0.05], abs=1e-9)
    region = johnson_neyman(*line, low=r["low"], high=r["high"], level=0.95)
    assert region.low == pytest.approx(r["roots"][0], rel=1e-9)
    assert region.high is None
    assert [span.side for span in region.spans] == ["below", "undecided"]
    assert [span.side for span in wide.spans] == ["below", "undecided", "above"]


def test_johnson_neyman_by_hand():
    """Difference m with variance 1 everywhere and countless df: clear where |m| > 1.96.

    A constant 1 with variance 1 + m**2 and t = 0.5: 1 > 0.25 (1 + m**2) between -sqrt(3) and sqrt(3), clear inside.
    Of three times the variance it is clear nowhere; a range that holds one root names the one it holds.
    """
    z = 1.959963984540054
    rising = johnson_neyman([0, 1], [[1, 0], [0, 0]], np.inf, low=-3, high=3, level=0.95)
    assert (rising.low, rising.high) == pytest.approx((-z, z), rel=1e-12)
    assert [s.side for s in rising.spans] == ["below", "undecided", "above"]
    level = 2 * 0.6914624612740131 - 1  # two-sided, 0.5 standard errors
    flat = ([1, 0], [[1, 0], [0, 1]], np.inf)
    inside = johnson_neyman(*flat, low=-3, high=3, level=level)
    assert (inside.low, inside.high) == pytest.approx((-np.sqrt(3), np.sqrt(3)), rel=1e-9)
    assert [s.side for s in inside.spans] == ["undecided", "above", "undecided"]
    upper = johnson_neyman(*flat, low=0, high=3, level=level)
    assert upper.low is None
    assert upper.high == pytest.approx(np.sqrt(3), rel=1e-9)
    nowhere = johnson_neyman([1, 0], [[3, 0], [0, 3]], np.inf, low=-3, high=3, level=0.95)
    assert (nowhere.low, nowhere.high) == (None, None)
    assert [(s.start, s.end, s.side) for s in nowhere.spans] == [(-3, 3, "undecided")]
    with pytest.raises(ValueError, match="rises from its lowest"):
        johnson_neyman(*flat, low=3, high=3, level=0.95)


def test_lines_of_both_groups_are_the_product_model_of_r():
    """lm(y ~ group * m), HC2 by sandwich: coefficients and covariance of group and product term."""
    s = R["survey"]
    found = moderated_difference(s["y1"], s["m1"], s["y0"], s["m0"])
    assert found.coefficient == pytest.approx(s["coefficient"], rel=1e-9)
    assert found.covariance == pytest.approx(np.array(s["covariance"]), rel=1e-9)


def test_at_each_bound_the_interval_touches_zero():
    """A property that ties bounds, band and estimate together, both ways to the line."""
    s = R["survey"]
    for other in (s["m0"], None):
        found = moderated_difference(s["y1"], s["m1"], s["y0"], other)
        region = found.region(level=0.95)
        bounds = [b for b in (region.low, region.high) if b is not None]
        assert bounds
        for bound in bounds:
            estimate = found.at(bound, level=0.95)
            nearest = min(abs(estimate.ci_low), abs(estimate.ci_high))
            assert nearest == pytest.approx(0, abs=1e-9)
            value, low, high = found.band([bound], level=0.95)
            assert (value[0], low[0], high[0]) == pytest.approx(
                (estimate.value, estimate.ci_low, estimate.ci_high), rel=1e-12
            )


def test_a_moderator_of_two_levels_is_a_difference_of_two_means():
    """At 0 and 1 the line is the two means, HC2 is Welch's error and the df at a level are n - 1.

    The slope's df are Welch's for equal variances, 3 and 5 scores: (1/3 + 1/5)**2 / (1/(9 * 2) + 1/(25 * 4))
    = (64/225) / (59/900) = 256/59.
    """
    low, high = [2.0, 3.0, 5.0], [4.0, 7.0, 6.0, 6.0, 5.0]
    line = fitted_line([*low, *high], [0] * 3 + [1] * 5)
    want, got = welch(high, low), line.of((0, 1))
    assert (got.value, got.se, got.df) == pytest.approx((want.value, want.se, 256 / 59), rel=1e-9)
    at_zero = line.of((1, 0))
    assert (at_zero.value, at_zero.df) == pytest.approx((10 / 3, 2), rel=1e-9)
    assert at_zero.se == pytest.approx(np.std(low, ddof=1) / np.sqrt(3), rel=1e-9)


def test_degrees_of_freedom_are_those_of_the_full_matrices():
    """Bell and McCaffrey: (trace of G'G)**2 over the sum of squares of G'G, n by n, as Imbens and Kolesar write it.

    Column i of G is row i of I - H times the weight of score i in the contrast over sqrt(1 - leverage).
    """
    line = fitted_line(R["survey"]["y1"], R["survey"]["m1"])
    x = line.design
    inverse = np.linalg.inv(x.T @ x)
    left = np.eye(30) - x @ inverse @ x.T
    for contrast in ([0, 1], [1, 0], [1, 6]):
        g = left * (x @ inverse @ contrast / np.sqrt(np.diag(left)))
        square = g.T @ g
        want = np.trace(square) ** 2 / (square**2).sum()
        assert line.of(contrast).df == pytest.approx(want, rel=1e-9)


def test_errors_of_line_and_mean_add_up():
    """With one moderator: covariance of the line plus the variance of a mean in the corner; the slope keeps its df."""
    s = R["survey"]
    found = moderated_difference(s["y1"], s["m1"], s["y0"])
    line, mean = fitted_line(s["y1"], s["m1"]), np.mean(s["y0"])
    variance = np.var(s["y0"], ddof=1) / 30
    assert found.coefficient == pytest.approx(line.coefficient - [mean, 0], rel=1e-12)
    assert found.covariance - line.covariance == pytest.approx(np.diag([variance, 0]), abs=1e-12)
    assert found.slope.df == pytest.approx(line.of((0, 1)).df, rel=1e-12)


def test_a_value_reached_is_fiellers_and_r_finds_it_by_search():
    """R searches the two values at which (target - line) over its error is critical at 20 df.

    The df of `reached_at` are Satterthwaite's; at the level at which its t is that of 20 df, the bounds must agree.
    """
    from scipy import stats

    s, r = R["survey"], R["reached"]
    line = fitted_line(s["y1"], s["m1"])
    target = Student(np.mean(s["y0"]), np.std(s["y0"], ddof=1) / np.sqrt(30), 29.0)
    height = line.of((1, r["value"]))
    v, w = height.se**2, target.se**2
    df = (v + w) ** 2 / (v**2 / height.df + w**2 / 29)
    level = 1 - 2 * stats.t.sf(stats.t.ppf(0.975, 20), df)
    got = reached_at(line, target, level=level)
    assert (got.value, got.ci_low, got.ci_high) == pytest.approx(
        (r["value"], r["ci_low"], r["ci_high"]), rel=1e-8
    )


def test_a_bend_is_judged_as_r_judges_it():
    s = R["survey"]
    assert curvature_p(s["y1"], s["m1"]) == pytest.approx(R["bend_p"], rel=1e-8)
    assert curvature_p([1, 2, 3, 2, 1, 4], [0, 0, 0, 1, 1, 1]) is None
    assert curvature_p([1, 2, 3, 2, 1, 4], [0, 0, 0, 1, 1, 9]) is None  # one decides the curve
    assert curvature_p([0, 1, 4, 9, 16, 25], range(6)) is None  # all lie on it


@pytest.mark.parametrize(
    ("scores", "moderator", "message"),
    [
        ([1, 2, 3], [1, 2, 3], "four pairs"),
        ([1, 2, 3, 5], [2, 2, 2, 2], "one level"),
        ([1, 2, 3, 5], [2, 2, 2, 7], "leverage 1"),
        ([1, 2, 3, 4], [1, 2, 3, 4], "on one line"),
        ([7, 7, 7, 7], [1, 2, 3, 5], "on one line"),
    ],
)
def test_no_line_without_what_a_line_needs(scores, moderator, message):
    with pytest.raises(ValueError, match=message):
        fitted_line(scores, moderator)


def test_groups_without_a_shared_range_have_no_line():
    with pytest.raises(ValueError, match="share no range"):
        moderated_difference([1, 2, 2, 4], [1, 2, 3, 3], [1, 2, 2, 4], [4, 5, 6, 6])


# The study, on a survey whose numbers follow from R's.


def table(**columns):
    """The 60 of R's survey, on a scale from 1 to 8: 30 recovered, 30 without a failure."""
    s = R["survey"]
    frame = pd.DataFrame(
        {
            "respondent_id": [f"R{n}" for n in range(60)],
            "group": ["recovered"] * 30 + ["no_failure"] * 30,
            "satisfaction": [*s["y1"], *s["y0"]],
        }
    )
    return frame.assign(**columns)


def both():
    return [*R["survey"]["m1"], *R["survey"]["m0"]]


def only_recovered():
    return [*R["survey"]["m1"], *[None] * 30]


def survey(frame, **rules):
    return scored_survey(read("survey", frame, con=connect()), **({"scale": [1, 8]} | rules))


def found_in(result):
    return {finding.id: finding for finding in result.findings()}


def test_the_slope_is_that_of_the_product_term():
    found = found_in(moderation(survey(table(prior_failures=both()))))
    assert set(found) == {f"moderation.prior_failures.{x}" for x in ("slope", "jn_low", "jn_high")}
    slope = found["moderation.prior_failures.slope"]
    assert slope.estimate == pytest.approx(R["survey"]["coefficient"][1], rel=1e-9)
    assert (slope.unit, slope.n, slope.verdict) == ("scale points per point", 60, "above")
    assert "rises by 0.45" in slope.sentence
    assert "observed, not set" in slope.sentence
    assert "their mean is held" not in slope.sentence
    assert "Holm" not in slope.sentence


def test_a_moderator_of_the_failure_alone_is_held_against_the_mean():
    found = found_in(moderation(survey(table(severity=only_recovered()))))
    slope = found["moderation.severity.slope"]
    line = fitted_line(R["survey"]["y1"], R["survey"]["m1"]).of((0, 1))
    assert slope.estimate == pytest.approx(line.value, rel=1e-12)
    assert (slope.ci_low, slope.ci_high) == pytest.approx(line.at(0.95).interval, rel=1e-12)
    assert "their mean is held against the whole line" in slope.sentence


def test_stray_values_do_not_make_a_moderator_of_both_groups():
    """Six of thirty without a failure gave one, fewer than half: as if none had."""
    stray = [*R["survey"]["m1"], *R["survey"]["m0"][:6], *[None] * 24]
    with_stray = moderation(survey(table(severity=stray)))
    assert not with_stray.stated[0].both
    alone = moderation(survey(table(severity=only_recovered())))
    assert with_stray.to_frame().slope[0] == alone.to_frame().slope[0]


def test_bounds_are_null_with_a_sentence_where_they_do_not_lie_in_the_data():
    result = moderation(survey(table(severity=only_recovered())))
    region = result.stated[0].region
    found = found_in(result)
    low, high = found["moderation.severity.jn_low"], found["moderation.severity.jn_high"]
    assert (low.estimate, high.estimate) == (region.low, region.high)
    assert {low.verdict, high.verdict, low.ci_low, high.ci_high} == {None}
    assert region.low is None
    assert region.high is not None
    assert (
        "No such bound lies inside the range of severity of the failure in the data, 1 to 7"
        in low.sentence
    )
    assert f"At {region.high:.2f} of severity" in high.sentence
    assert "below, the difference is undecided; above, the recovered score higher" in high.sentence


def test_several_moderators_are_read_at_holms_levels():
    """A second, meaningless moderator: the slope with the smaller p at 97.5 %, the interval shown stays at 95 %."""
    noise = [*(np.arange(30) * 7 % 5 + 1.0), *[None] * 30]
    alone = moderation(survey(table(severity=only_recovered())))
    two = moderation(survey(table(severity=only_recovered(), stability=noise)))
    assert [m.own_level for m in two.stated] == pytest.approx([0.975, 0.95])
    slope = found_in(two)["moderation.severity.slope"]
    assert slope.ci_low == found_in(alone)["moderation.severity.slope"].ci_low
    assert "Holm's rule for 2 moderators: the 97.5% interval" in slope.sentence
    assert two.title() == "Recovered minus no failure rises with severity of the failure"


def test_a_verdict_follows_holms_level_and_not_the_interval_shown():
    """Twice the same moderator, weak: each slope is clear at 95 %, not at 97.5 %."""
    rng = np.random.default_rng(1)
    m = np.tile([1.0, 2, 3, 4, 5, 6, 7], 5)[:30]
    for _ in range(1_000):
        y = np.clip(np.rint(4 + 0.15 * m + rng.normal(0, 1, 30)), 1, 7)
        if 0.026 < fitted_line(y, m).of((0, 1)).p < 0.049:
            break
    column = [*m, *[None] * 30]
    frame = table(severity=column, stability=column)
    frame.loc[:29, "satisfaction"] = y
    slope = found_in(moderation(survey(frame)))["moderation.severity.slope"]
    assert slope.ci_low > 0
    assert slope.verdict == "undecided"
    assert "whether it rises or falls is undecided" in slope.sentence


def test_mirrored_moderators_mirror_slope_and_bounds():
    """8 - m in place of m: slope and its bounds change sign, a bound x becomes 8 - x and lower becomes upper."""
    straight = moderation(survey(table(severity=only_recovered()))).to_frame().iloc[0]
    turned = [None if m is None else 8 - m for m in only_recovered()]
    mirrored = moderation(survey(table(severity=turned))).to_frame().iloc[0]
    assert (mirrored.slope, mirrored.ci_low) == pytest.approx((-straight.slope, -straight.ci_high))
    assert mirrored.jn_low == pytest.approx(8 - straight.jn_high)
    assert np.isnan(mirrored.jn_high)


def test_without_a_moderator_nothing_is_said():
    result = moderation(survey(table()))
    assert len(result.findings()) == 0
    assert len(result.to_frame()) == 0
    assert next(iter(result.columns())) == "moderator"
    assert result.title() == "No moderator can be stated"
    assert drawn(draw_moderation, result)


CEILING = [8.0] * 30


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"severity": [4.0] * 30 + [None] * 30}, "has one value among all recovered"),
        (
            {"severity": [1.0, 2, 3] + [None] * 57},
            "a value of severity of the failure: 3; at least 5",
        ),
        ({"severity": only_recovered(), "satisfaction": [8.0] * 60}, "is the same for all"),
        ({"severity": only_recovered(), "satisfaction": CEILING + [5.0, 6.0] * 15}, "do not vary"),
        ({"severity": [1.0] * 29 + [7.0] + [None] * 30}, "too few respondents differ"),
        (
            {"severity": only_recovered(), "group": ["recovered"] * 57 + ["no_failure"] * 3},
            ": 3; at least 5",
        ),
        ({"severity": [None] * 60}, "a value of severity of the failure: 0; at least 5"),
    ],
)
def test_what_cannot_be_said_is_refused(change, why):
    result = moderation(survey(table(**change)))
    findings = result.findings()
    assert [f.verdict for f in findings] == ["refused"] * 3
    assert all(why in f.sentence for f in findings)
    assert len(result.to_frame()) == 0
    assert quality_threshold(survey(table(**change))).refused


def test_others_all_at_the_ceiling_are_a_mean_without_an_error():
    """As in Welch's test, one group may be constant; the slope does not feel it."""
    frame = table(severity=only_recovered(), recovery_quality=only_recovered())
    frame.loc[30:, "satisfaction"] = 6.0
    result = moderation(survey(frame))
    line = fitted_line(R["survey"]["y1"], R["survey"]["m1"]).of((0, 1))
    assert result.stated[1].difference.slope.se == pytest.approx(line.se, rel=1e-12)
    assert quality_threshold(survey(frame)).estimate is not None


def test_the_title_of_many_undecided_moderators_counts_them():
    rng = np.random.default_rng(5)
    names = ("severity", "stability", "controllability")
    noise = {name: [*rng.integers(1, 8, 30), *[None] * 30] for name in names}
    title = moderation(survey(table(**noise))).title()
    assert (
        title == "Whether recovered minus no failure changes with any of 3 moderators is undecided"
    )


def test_a_few_respondents_are_told():
    frame = table(severity=only_recovered())
    few = frame[(frame.index < 12) | (frame.index >= 30)]
    slope = found_in(moderation(survey(few)))["moderation.severity.slope"]
    assert "Only 12 units stand behind" in slope.sentence


def test_shares_keep_their_unit():
    frame = table(severity=only_recovered(), repurchase=[0.0, 1, 1, 1, 0, 1] * 10)
    slope = found_in(moderation(survey(frame, outcomes=["repurchase"])))[
        "moderation.severity.slope"
    ]
    assert slope.unit == "difference in share per point"
    assert "points" in slope.sentence


def quality(**changes):
    return survey(table(recovery_quality=only_recovered()).assign(**changes))


def test_the_threshold_is_where_the_line_reaches_the_mean():
    """R's value; its interval is `reached_at`'s, here reaching below the lowest quality, 1."""
    result = quality_threshold(quality())
    found = found_in(result)["threshold.recovery_quality"]
    assert found.estimate == pytest.approx(R["reached"]["value"], rel=1e-9)
    assert (found.unit, found.verdict, found.n) == ("points of quality", None, 60)
    assert "reaches beyond the qualities there are, 1 to 7" in found.sentence
    assert "conditional on something after treatment" in found.sentence
    assert "No bend of the line is shown (quadratic term, p = 0.590)" in found.sentence
    assert result.title() == (
        "The recovered reach those without a failure in satisfaction at a recovery quality of 1.37"
    )


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (7.9, "not at the highest quality there is (7)"),
        (1.1, "already at the lowest quality there is (1)"),
    ],
)
def test_a_threshold_outside_the_data_is_null_with_a_sentence(score, words):
    frame = table(recovery_quality=only_recovered())
    frame.loc[30:, "satisfaction"] = [score, score - 0.1] * 15
    result = quality_threshold(survey(frame))
    found = found_in(result)["threshold.recovery_quality"]
    assert (found.estimate, found.ci_low, found.verdict) == (None, None, None)
    assert words in found.sentence
    assert "quality there is" in result.title()
    assert check_words(drawn(draw_threshold, result)) is None


def test_a_line_that_does_not_rise_has_no_threshold():
    falling = [None if m is None else 8 - m for m in only_recovered()]
    refused = found_in(quality_threshold(quality(recovery_quality=falling)))
    sentence = refused["threshold.recovery_quality"].sentence
    assert refused["threshold.recovery_quality"].verdict == "refused"
    assert "not clear enough above zero" in sentence
    assert "no column recovery_quality" in quality_threshold(survey(table())).refused


def test_a_bend_is_told():
    """Scores that rise with the square of quality, with a little noise."""
    frame = table(recovery_quality=only_recovered())
    m = np.array(R["survey"]["m1"])
    frame.loc[:29, "satisfaction"] = 1 + m**2 / 7.5 + np.tile([0.1, -0.1, 0.05], 10)
    found = found_in(quality_threshold(survey(frame)))["threshold.recovery_quality"]
    assert "a quadratic term is clear (p < 0.001)" in found.sentence


def drawn(draw, result):
    with mpl.rc_context(theme.settings()):
        canvas = Figure(layout="constrained")
        draw(result, canvas.subplots())
        canvas.draw_without_rendering()
        return canvas


def five():
    rng = np.random.default_rng(4)
    names = ("severity", "stability", "controllability")
    columns = {name: [*rng.integers(1, 8, 30), *[None] * 30] for name in names}
    return table(recovery_quality=only_recovered(), prior_failures=both(), **columns)


def test_figures_fit_and_hold_what_the_findings_say():
    """A panel for each moderator; thin vertical lines at its bounds and nowhere else; one dashed line at zero."""
    result = moderation(survey(five()))
    canvas = drawn(draw_moderation, result)
    check_words(canvas)
    assert len(panels_of(canvas)) == 5
    for ax, m in zip(panels_of(canvas), result.stated, strict=True):
        upright = [
            line.get_xdata()[0]
            for line in ax.lines
            if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
        ]
        assert upright == [b for b in (m.region.low, m.region.high) if b is not None]
        assert [list(x.get_ydata()) for x in ax.lines if x.get_linestyle() == "--"] == [[0, 0]]
    said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
    assert len(set(said)) == 4


def test_the_figure_of_the_threshold_marks_it_at_the_foot():
    result = quality_threshold(quality())
    canvas = drawn(draw_threshold, result)
    check_words(canvas)
    (ax,) = panels_of(canvas)
    assert any(list(x.get_xdata()) == [result.estimate.value] * 2 for x in ax.lines)
    assert result.to_frame().n.sum() == 30
    assert "30 recovered, 30 without a failure" in result.caption()
    fine = [None if m is None else m + k % 4 / 100 for k, m in enumerate(only_recovered())]
    many = quality_threshold(quality(recovery_quality=fine))
    assert len(many.to_frame()) <= 11
    refused = quality_threshold(survey(table()))
    assert drawn(draw_threshold, refused)
    assert refused.title() == "No threshold of recovery quality can be stated"
