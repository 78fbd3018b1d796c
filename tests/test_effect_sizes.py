"""Sizes beside the mean: superiority, shares of one answer, d_av and d_z; by hand, against R and against print."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from retorno.display import table
from retorno.recovery.between import sizes as between
from retorno.recovery.between.sizes import effect_sizes
from retorno.recovery.survey import scored_survey
from retorno.recovery.within import sizes as within
from retorno.recovery.within.sizes import change_sizes
from retorno.stats.pairs import paired_sizes
from retorno.stats.superiority import superiority
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "effect_sizes.json").read_text("utf-8"))
FIRST, SECOND, BEFORE, AFTER = (R["data"][key] for key in ("first", "second", "before", "after"))


def test_superiority_by_hand():
    """3, 4, 5 against 2, 3, 4: of nine pairs six are won and two tied, so 7 of 9.

    Of the second group 1.5, 2.5 and 3 lie below, in thirds 0.5, 5/6, 1: variance 0.064815 = 7/108. By symmetry the
    same for the other group, so the variance is 2 * 7/324 = 7/162 and df is 4.
    """
    got = superiority([3, 4, 5], [2, 3, 4])
    assert got.value == pytest.approx(7 / 9, rel=1e-12)
    assert got.se == pytest.approx(np.sqrt(7 / 162), rel=1e-12)
    assert got.df == pytest.approx(4, rel=1e-12)
    assert not got.separated
    half = (
        stats.t.ppf(0.975, 4) * np.sqrt(7 / 162) / (14 / 81)
    )  # on the logit of 7/9, which is log 3.5
    estimate = got.at(0.95)
    assert estimate.ci_low == pytest.approx(1 / (1 + np.exp(half) / 3.5), rel=1e-12)
    assert estimate.ci_high == pytest.approx(1 / (1 + np.exp(-half) / 3.5), rel=1e-12)


def test_superiority_is_that_of_r_and_its_statistic_that_of_scipy():
    """R ranks and wilcox.test; SciPy gives only the statistic and p. Its sign is that of second above first."""
    got = superiority(FIRST, SECOND)
    for name in ("value", "se", "df"):
        assert getattr(got, name) == pytest.approx(R["superiority"][name], rel=1e-10)
    estimate = got.at(0.95)
    assert estimate.interval == pytest.approx(
        (R["superiority"]["ci_low"], R["superiority"]["ci_high"]), rel=1e-9
    )
    theirs = stats.brunnermunzel(FIRST, SECOND)
    assert (0.5 - got.value) / got.se == pytest.approx(theirs.statistic, rel=1e-10)
    p = 2 * stats.t.sf(abs(theirs.statistic), got.df)
    assert p == pytest.approx(theirs.pvalue, rel=1e-9)


def test_superiority_knows_only_the_order_and_swaps_to_its_complement():
    """A rising change of the scale leaves it; swapped, value and bounds become 1 minus what they were."""
    got, bent = superiority(FIRST, SECOND), superiority(np.exp(FIRST), np.exp(SECOND))
    assert (bent.value, bent.se) == pytest.approx((got.value, got.se), rel=1e-12)
    swapped = superiority(SECOND, FIRST).at(0.9)
    estimate = got.at(0.9)
    assert swapped.value == pytest.approx(1 - estimate.value, rel=1e-12)
    assert swapped.interval == pytest.approx((1 - estimate.ci_high, 1 - estimate.ci_low), rel=1e-9)


def test_groups_without_overlap_have_a_bound_that_holds():
    """Three and five people, all in one order: three pairs of different people, each with at most `value`.

    All three in this order has a probability of at most value**3, which is 0.025 at 0.2924. The bound is reached
    where a share 1 - 0.884 of one group of 30 lies beyond all of the other: there separation comes up in 2.5 % of
    the runs, no more. 20,000 runs, four standard errors.
    """
    got = superiority([5, 6, 7], [1, 2, 3, 4, 4])
    assert (got.value, got.se, got.separated) == (1, 0, True)
    assert got.at(0.95).interval == pytest.approx((0.025 ** (1 / 3), 1), rel=1e-12)
    low, high = superiority([1, 1, 1], [2, 2, 3, 4, 4]).at(0.95).interval
    assert (low, high) == pytest.approx((0, 1 - 0.025 ** (1 / 3)), rel=1e-12)

    rng, bound = np.random.default_rng(3), 0.025 ** (1 / 30)
    first = np.where(rng.random((20_000, 30)) < bound, 6, 1)  # against a second group of 4s
    assert (first.min(axis=1) > 4).mean() == pytest.approx(0.025, abs=4 * np.sqrt(0.025 / 20_000))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1], [1, 2], "two values in each group; got 1 and 2"),
        ([4, 4], [4, 4, 4], "all values are the same"),
        ([1, np.nan], [1, 2], "not finite"),
    ],
)
def test_superiority_says_what_it_needs(first, second, message):
    with pytest.raises(ValueError, match=message):
        superiority(first, second)


def test_newcombe_as_printed():
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, (a): 56/70 - 48/80, method 10."""
    got = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert np.round(got, 4).tolist() == [0.0524, 0.3339]


def test_paired_sizes_by_hand():
    """1, 2, 3, 4 to 2, 4, 3, 7: changes 1, 2, 0, 3, mean 1.5, variance 5/3; variances 5/3 and 14/3, mean 19/6.

    d_z = 1.5 / sqrt(5/3) * (1 - 3/11); d_av = 1.5 / sqrt(19/6) * sqrt(2/3).
    """
    got = paired_sizes([1, 2, 3, 4], [2, 4, 3, 7])
    assert got.d_z == pytest.approx(1.5 / np.sqrt(5 / 3) * 8 / 11, rel=1e-12)
    assert got.d_av == pytest.approx(1.5 / np.sqrt(19 / 6) * np.sqrt(2 / 3), rel=1e-12)
    assert (got.change, got.n) == (1.5, 4)


def test_paired_sizes_are_those_of_r():
    """Noncentralities by R's pt to 1e-6; metafor corrects by the gamma function, 1 - 3/(4 df - 1) to 1e-4 of it."""
    got, theirs = paired_sizes(BEFORE, AFTER), R["pairs"]
    assert got.d_z == pytest.approx(theirs["smcc"], rel=1e-4)
    assert got.d_z == pytest.approx(theirs["d_z_uncorrected"] * (1 - 3 / 115), rel=1e-10)
    assert got.d_z_interval == pytest.approx(theirs["d_z_bounds"], rel=1e-6)
    assert got.average_sd == pytest.approx(theirs["average_sd"], rel=1e-10)
    assert got.d_av == pytest.approx(theirs["d_av_uncorrected"] * np.sqrt(28 / 29), rel=1e-10)
    assert got.d_av_interval == pytest.approx(theirs["d_av_bounds"], rel=1e-6)


def test_paired_sizes_swap_their_sign_and_have_no_unit():
    got, back = paired_sizes(BEFORE, AFTER), paired_sizes(AFTER, BEFORE)
    assert (back.d_av, back.d_z) == pytest.approx((-got.d_av, -got.d_z), rel=1e-12)
    assert back.d_av_interval == pytest.approx([-b for b in got.d_av_interval[::-1]], rel=1e-6)
    scaled = paired_sizes(10 * np.array(BEFORE) + 3, 10 * np.array(AFTER) + 3)
    assert (scaled.d_av, scaled.d_z) == pytest.approx((got.d_av, got.d_z), rel=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1, 2], [2, 4], "three people"),
        ([1, 2, 3], [2, 4], "three people"),
        ([1, 2, 3], [2, 3, 4], "all changes are the same"),
        ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], "all changes are the same"),  # but for rounding
        ([4.0] * 50, [5.0] * 49 + [5.0 + 1e-6], "almost the same"),
        ([1, 2, np.nan], [2, 4, 5], "not finite"),
    ],
)
def test_paired_sizes_say_what_they_need(first, second, message):
    with pytest.raises(ValueError, match=message):
        paired_sizes(first, second)


# The study


def survey(first, second, before=None, **rules):
    """Return a survey of recovered who score `first` and of others, without a failure, who score `second`."""
    groups = ["recovered"] * len(first) + ["no_failure"] * len(second)
    frame = pd.DataFrame({"group": groups, "satisfaction": [*first, *second]}, dtype=object)
    frame["satisfaction"] = frame["satisfaction"].astype(float)
    if before is not None:
        frame["satisfaction_before"] = [*before, *[4.0] * len(second)]
    frame.insert(0, "respondent_id", [f"R{n}" for n in range(len(frame))])
    return scored_survey(read("survey", frame, con=connect()), **rules)


def sizes(scored, **rules):
    return effect_sizes(scored, rng=np.random.default_rng(1), **rules)


def found(result):
    return {f.id.rsplit(".")[-1]: f for f in result.findings()}


def test_every_finding_between_groups_is_stated_as_r_has_it():
    """Of 40 each 8 and 3 gave a 7, 1 and 2 a 1."""
    result = sizes(survey(FIRST, SECOND))
    got = found(result)
    assert [f.id for f in result.findings()] == [
        d.id.format(outcome="satisfaction") for d in between.DEFINITIONS
    ]
    assert got["superiority"].estimate == pytest.approx(R["superiority"]["value"], rel=1e-10)
    assert (got["superiority"].unit, got["superiority"].verdict) == ("probability", "above")
    assert "with a probability of 0.67" in got["superiority"].sentence
    assert "the recovered are ahead" in got["superiority"].sentence
    for name in ("top_box", "bottom_box"):
        f = got[name]
        assert (f.estimate, f.ci_low, f.ci_high) == pytest.approx(R[name], rel=1e-9)
        assert (f.unit, f.verdict, f.n) == ("difference in share", "undecided", 80)
    assert "20.0% of the recovered and 7.5%" in got["top_box"].sentence
    assert "the highest answer in satisfaction, 7; the interval" in got["top_box"].sentence
    assert "the lowest answer in satisfaction, 1;" in got["bottom_box"].sentence
    assert got["bootstrap"].estimate == pytest.approx(0.9, rel=1e-12)
    assert "both lie above zero" in got["bootstrap"].sentence
    assert "Only" not in got["superiority"].sentence


def test_the_worse_group_reads_as_worse():
    got = found(sizes(survey([1] * 20 + [2] * 20, [6] * 20 + [7] * 20 + [1])))
    assert "the recovered are behind" in got["superiority"].sentence
    assert "points fewer of the recovered" in got["top_box"].sentence
    assert "points more of the recovered" in got["bottom_box"].sentence
    assert {f.verdict for f in got.values()} == {"above", "below"}
    assert "both lie below zero" in got["bootstrap"].sentence
    same = found(sizes(survey(FIRST, FIRST)))
    assert {f.verdict for f in same.values()} == {"undecided"}
    assert "both hold zero" in same["bootstrap"].sentence
    assert "the interval holds 0.50, at which neither is ahead" in same["superiority"].sentence


def test_the_bootstrap_says_when_the_method_decides():
    """Twelve at 6 and 7, nine others of whom two are at 1 and 2: Welch from -0.56, the bootstrap from 0.06."""
    result = sizes(survey([6, 7] * 6, [7] * 3 + [6] * 4 + [2, 1]))
    got = found(result)["bootstrap"]
    assert result.sizes[0].welch.ci_low < 0 < got.ci_low
    assert "hangs on the method" in got.sentence


def test_groups_without_overlap_are_stated_with_their_bound():
    """0.025**(1/6) is 0.541, but 0.025**(1/5) is 0.478: with five even this cannot be told from 0.5."""
    got = found(sizes(survey([6, 7, 7, 6, 7, 7], [1, 2, 3, 1, 2, 4])))["superiority"]
    assert (got.estimate, got.verdict) == (1, "above")
    assert got.ci_low == pytest.approx(0.025 ** (1 / 6), rel=1e-12)
    assert "No answer of the one group reaches the other's" in got.sentence
    assert "Only 6 units" in got.sentence
    five = found(sizes(survey([6, 7, 7, 6, 7], [1, 2, 3, 1, 2, 4])))["superiority"]
    assert (five.estimate, five.verdict) == (1, "undecided")


@pytest.mark.parametrize("score", [7, 4])
def test_equal_scores_of_all_are_refused(score):
    got = found(sizes(survey([score] * 10, [score] * 12)))
    assert {f.verdict for f in got.values()} == {"refused"}
    assert all("the same for all who are compared" in f.sentence for f in got.values())


# SciPy warns of a constant group when it takes degrees of freedom from it; they are right all the same.
def test_a_group_at_the_ceiling_is_no_trouble():
    got = found(sizes(survey([7] * 10, [7] * 8 + [6] * 4)))
    assert got["superiority"].estimate == pytest.approx(0.5 + 0.5 * 4 / 12, rel=1e-12)
    assert got["top_box"].estimate == pytest.approx(4 / 12, rel=1e-12)
    assert (got["bottom_box"].estimate, got["bottom_box"].verdict) == (0, "undecided")


@pytest.mark.parametrize("least", [1, 5])
def test_small_groups_are_refused(least):
    """Not even min_group 1 lets one person be a group."""
    got = found(sizes(survey([5], [4, 5, 6, 7, 4]), min_group=least))
    assert {f.verdict for f in got.values()} == {"refused"}
    needed = max(least, 2)
    assert f": 1; at least {needed} are needed" in got["superiority"].sentence


def test_more_than_eleven_different_scores_have_no_top_answer():
    """Eleven are boxed, twelve are not; superiority and bootstrap do not mind."""
    eleven = np.linspace(1, 7, 11).tolist()
    assert "refused" not in {f.verdict for f in found(sizes(survey(eleven, eleven))).values()}
    got = found(sizes(survey(eleven, [*eleven, 1.1])))
    refused = {name for name, f in got.items() if f.verdict == "refused"}
    assert refused == {"top_box", "bottom_box"}
    assert "satisfaction has 12 different scores" in got["top_box"].sentence
    result = sizes(survey(eleven, [*eleven, 1.1]))
    assert len(result.to_frame()) == 3


def test_the_table_of_sizes_reads_in_its_units():
    result = sizes(survey(FIRST, SECOND))
    text = str(table(result).bundle["text/plain"])
    assert "20.0%" in text
    assert "12.5 points" in text
    assert "0.67" in text
    assert table(sizes(survey([5], [4]))).bundle["text/plain"]  # nothing stated: no rows, no crash


def test_leavers_are_named_once():
    scored = survey([5, 6, 7, 5, 6, None], [4, 5, 6, 7, 4])
    said = [f.sentence for f in sizes(scored).findings()]
    assert ["without a score" in s for s in said] == [True, False, False, False]


def test_change_sizes_are_those_of_r():
    result = change_sizes(survey(AFTER, [4, 5, 6], BEFORE))
    d_av, d_z = result.findings()
    assert [d_av.id, d_z.id] == [d.id.format(outcome="satisfaction") for d in within.DEFINITIONS]
    assert (d_av.ci_low, d_av.ci_high) == pytest.approx(R["pairs"]["d_av_bounds"], rel=1e-6)
    assert (d_z.ci_low, d_z.ci_high) == pytest.approx(R["pairs"]["d_z_bounds"], rel=1e-6)
    assert (d_z.n, d_z.verdict, d_av.unit, d_z.unit) == (30, "above", "average SD", "SD of changes")
    assert "rose in satisfaction by 0.66 average standard deviations of 1.34" in d_av.sentence
    assert "the rise in satisfaction is 0.91" in d_z.sentence
    assert all("Regression to the mean is part of it." in f.sentence for f in (d_av, d_z))
    text = table(result).bundle["text/plain"]
    assert "0.66" in text
    assert "0.91" in text


def test_a_fall_reads_as_a_fall_and_none_as_none():
    fell = found(change_sizes(survey(BEFORE, [4, 5, 6], AFTER)))
    assert "fell in satisfaction by 0.66" in fell["d_av"].sentence
    assert "the fall in satisfaction is 0.91" in fell["d_z"].sentence
    none = found(change_sizes(survey([4, 5, 4, 5, 6], [4, 5, 6], [5, 4, 5, 5, 5])))
    assert {f.verdict for f in none.values()} == {"undecided"}
    assert all("the interval holds zero" in f.sentence for f in none.values())
    assert "Only 5 units" in none["d_z"].sentence


@pytest.mark.parametrize(
    ("after", "before", "message"),
    [
        ([5, 6, 7, 4, 5], None, "no column satisfaction_before"),
        ([5, 6, 7, 4, None], [4, 4, 4, 4, 4], ": 4; at least 5 are needed"),
        ([5, 6, 7, 4, 5], [4, 5, 6, 3, 4], "changed alike in satisfaction"),
        ([7, 7, 7, 7, 7], [7, 7, 7, 7, 7], "changed alike in satisfaction"),
    ],
)
def test_changes_without_pairs_or_spread_are_refused(after, before, message):
    result = change_sizes(survey(after, [4, 5, 6], before))
    assert all(f.verdict == "refused" and message in f.sentence for f in result.findings())
    assert result.to_frame().empty
    assert table(result).bundle["text/plain"]


def test_two_pairs_are_too_few_whatever_min_group():
    got = found(change_sizes(survey([5, 7], [4, 5, 6], [4, 4]), min_group=2))
    assert "at least 3 are needed" in got["d_z"].sentence
