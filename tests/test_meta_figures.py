"""The figures of the literature: what a reader must be able to see in them, their words, few and very many studies."""

import doctest
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy import stats
from test_figures import check_words, drawn, words

from retorno.display import figure, table
from retorno.figures import meta, theme
from retorno.figures.meta import lines
from retorno.recovery.literature.drawn import forest
from retorno.recovery.literature.own import OWN, Own, WithOwn
from retorno.recovery.literature.pooled import pool, pooled_literature
from retorno.recovery.literature.published import Published
from retorno.recovery.literature.spread import baujat, funnel
from retorno.recovery.literature.steps import cumulative, left_out
from retorno.stats.meta.influence import baujat as coordinates
from retorno.stats.meta.influence import cumulative as pooled_in_turn
from retorno.stats.meta.influence import leave_one_out
from retorno.stats.meta.models import random_effects
from retorno.stats.meta.trim import trim_and_fill

SURVEY = "This survey"
SIZES = r"font(?:-size)?:[^;\"]*?([\d.]+)px"


def published(effect, variance, *, study=None, year=None, service=None):
    """Return published effects on satisfaction, all given as such."""
    k = len(effect)
    frame = {
        "study": [f"Author {i}" for i in range(k)] if study is None else study,
        "outcome": "satisfaction",
        "effect": np.asarray(effect, dtype=float),
        "variance": np.asarray(variance, dtype=float),
        "made": "effect",
        "year": np.full(k, np.nan) if year is None else np.asarray(year, dtype=float),
        "design": None,
        "subjects": None,
        "service": service,
        "source": None,
    }
    return Published(pd.DataFrame(frame))


def simulated(k, seed=1, *, mu=0.2, tau=0.3, rows=1):
    """Return effects of k simulated studies with years and kinds of service."""
    rng = np.random.default_rng(seed)
    variance = rng.uniform(0.005, 0.12, k * rows)
    true = np.repeat(mu + tau * rng.standard_normal(k), rows)
    n = np.repeat(np.arange(k), rows)
    return published(
        true + np.sqrt(variance) * rng.standard_normal(k * rows),
        variance,
        study=[f"Author, Coauthor & Nobody {i}" for i in n],
        year=1990 + n % 25,
        service=np.resize(["hotel", "restaurant", "bank"], k * rows),
    )


def with_survey(pooled, g=0.35, n=(300, 1200)):
    own, rows = Own(g, 1 / n[0] + 1 / n[1] + g**2 / (2 * sum(n)), *n), pooled.rows
    found = pool(
        np.append(rows["effect"], own.g),
        np.append(rows["variance"], own.variance),
        [*rows["study"], OWN],
        method=pooled.method,
        interval=pooled.interval,
        level=pooled.level,
    )
    return WithOwn(pooled, own, found, None, None)


@cache
def simulated_results(k):
    return results(pooled_literature(simulated(k, seed=k)))


def results(pooled):
    own = with_survey(pooled)
    return {
        "forest": (meta.forest, forest(pooled, own)),
        "grouped": (meta.forest, forest(pooled, own, by="service", order="effect")),
        "published": (meta.forest, forest(pooled, order="year")),
        "funnel": (meta.funnel, funnel(pooled, own)),
        "baujat": (meta.baujat, baujat(pooled, own)),
        "cumulative": (meta.cumulative, cumulative(pooled, own)),
        "left_out": (meta.left_out, left_out(pooled)),
    }


NAMES = ["forest", "grouped", "published", "funnel", "baujat", "cumulative", "left_out"]


@pytest.fixture(scope="module")
def known():
    return results(pooled_literature(simulated(13)))


@pytest.mark.parametrize("name", NAMES)
def test_words_fit_and_never_collide(known, name):
    canvas = drawn(*known[name])
    assert canvas.get_figwidth() == 7.2
    check_words(canvas)


@pytest.mark.parametrize("k", [2, 3, 61])
@pytest.mark.parametrize("name", NAMES)
def test_few_and_many_studies_are_legible(name, k):
    """Two, three and more than sixty studies: no two names touch, and the letters keep their size."""
    draw, result = simulated_results(k)[name]
    check_words(drawn(draw, result))
    sizes = {float(s) for s in re.findall(SIZES, theme.svg(draw, result))}
    assert sizes == {theme.LETTERS}


@pytest.mark.parametrize("name", NAMES)
def test_hundreds_of_studies_stay_one_page(name):
    """400 studies: no names, a page of less than 9 inches, and the means still named in a forest."""
    draw, result = simulated_results(400)[name]
    canvas = drawn(draw, result)
    assert canvas.get_figheight() < 9
    check_words(canvas)
    if name == "forest":
        shown = [text for text, _ in words(canvas)]
        assert {SURVEY, "Published studies", "With this survey"} <= set(shown)
        assert not any(text.startswith("Author") for text in shown)


def test_the_height_grows_with_the_studies():
    heights = [
        drawn(meta.forest, forest(pooled_literature(simulated(k)))).get_figheight()
        for k in (5, 20, 40)
    ]
    assert np.diff(heights) == pytest.approx(lines.WIDE * np.array([15, 20]), rel=1e-9)
    most = [
        drawn(meta.forest, forest(pooled_literature(simulated(k)))).get_figheight()
        for k in (70, 80)
    ]
    assert np.diff(most) == pytest.approx([10 * lines.TIGHT], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_result_says_what_is_drawn_in_words(known, name):
    _, result = known[name]
    said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
    assert all(said)
    assert len(set(said)) == 4
    assert re.search(r"\d", result.caption())
    assert not result.title().endswith(".")
    assert set(result.columns()) <= set(result.to_frame().columns)
    assert table(result).bundle["text/plain"]
    assert figure(*known[name]).bundle["text/html"]


@pytest.mark.parametrize("name", NAMES)
def test_figures_keep_the_house_rules(known, name):
    """No title of an axis, nothing rotated, every colour a variable of the page, the same bytes twice."""
    draw, result = known[name]
    svg = theme.svg(draw, result)
    assert svg == theme.svg(draw, result)
    assert not re.findall(r"(?<!, )#[0-9a-f]{6}\b", svg)
    assert set(re.findall(r"rotate\((-?\d+)", svg)) <= {"-0"}
    assert all(not ax.get_xlabel() and not ax.get_ylabel() for ax in drawn(draw, result).axes)


@pytest.mark.parametrize("name", ["forest", "funnel", "baujat", "cumulative"])
def test_the_own_survey_has_the_accent_and_no_published_study_has(known, name):
    draw, result = known[name]
    with_own = theme.svg(draw, result)
    alone = theme.svg(draw, replaced_without(result, name))
    assert "var(--acc" in with_own
    assert "var(--acc" not in alone


def replaced_without(result, name):
    return {"forest": forest, "funnel": funnel, "baujat": baujat, "cumulative": cumulative}[name](
        result.pooled
    )


def points_of(ax, colour):
    """Return the x of the squares of one colour."""
    found = [c for c in ax.collections if len(c.get_offsets()) and hasattr(c, "get_sizes")]
    return {
        round(float(x), 9): float(size)
        for c in found
        if to_hex(c.get_facecolor()[0]) == colour
        for (x, _), size in zip(
            c.get_offsets(), np.resize(c.get_sizes(), len(c.get_offsets())), strict=True
        )
    }


def test_squares_stand_at_the_effects_and_have_the_area_of_the_weight(known):
    """The area of a marker is its size in points squared: twice the weight, twice the area."""
    draw, result = known["published"]
    fit = result.pooled.pool.fit
    squares = points_of(drawn(draw, result).axes[0], theme.INK)
    by_effect = dict(zip(np.round(fit.effect, 9), fit.weights, strict=True))
    assert set(squares) == set(by_effect)
    ratio = [squares[x] / by_effect[x] for x in squares]
    assert ratio == pytest.approx([ratio[0]] * len(ratio), rel=1e-9)


def test_the_diamonds_are_as_wide_as_the_intervals_and_the_thin_line_as_the_prediction(known):
    draw, result = known["forest"]
    ax = drawn(draw, result).axes[0]
    diamonds = [patch.get_xy()[:4, 0] for patch in ax.patches]
    pools = [result.pooled.pool, result.joint]
    wanted = [[p.ci[0], p.mean.value, p.ci[1], p.mean.value] for p in pools]
    assert np.array(diamonds) == pytest.approx(np.array(wanted), rel=1e-12)
    thin = [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "|"]
    assert thin == [list(p.prediction) for p in pools]


def test_groups_have_no_prediction_but_all_studies_have(known):
    """Thin lines stand for the two means of all: published, and with the own survey."""
    ax = drawn(*known["grouped"]).axes[0]
    assert sum(line.get_marker() == "|" for line in ax.lines) == 2


def test_the_frame_holds_the_numbers_by_hand():
    """Effects 0 and 1, variances 1: z = 1.959964, weights a half each; Wald DL: Q = 0.5, so tau2 = 0, mean 0.5."""
    pooled = pooled_literature(published([0, 1], [1, 1]), method="DL", interval="wald")
    frame = forest(pooled).to_frame()
    assert list(frame["kind"]) == ["study", "study", "published"]
    assert list(frame["effect"]) == pytest.approx([0, 1, 0.5], abs=1e-12)
    z = stats.norm.ppf(0.975)
    half = (frame["ci_high"] - frame["ci_low"]) / 2
    assert list(half) == pytest.approx([z, z, z / 2**0.5], rel=1e-12)
    assert list(frame["weight"]) == pytest.approx([0.5, 0.5, 1], rel=1e-12)
    assert frame[["prediction_low", "prediction_high"]].isna().all(axis=None)


def test_weights_add_up_to_one_with_the_own_survey_among_them(known):
    _, result = known["grouped"]
    frame = result.to_frame()
    studies = frame[frame["kind"].isin(["study", "own"])]
    assert studies["weight"].sum() == pytest.approx(1, rel=1e-12)
    assert studies["weight"].iloc[-1] == pytest.approx(result.joint.fit.weights[-1], rel=1e-12)


def test_each_group_is_pooled_by_itself(known):
    """Reference: random_effects on the rows of the group; a group of one study has no mean."""
    _, result = known["grouped"]
    frame, rows = result.to_frame(), result.pooled.rows
    assert list(frame[frame["kind"] == "group"]["name"]) == ["hotel", "restaurant", "bank"]
    means = frame[frame["kind"] == "subtotal"]
    for service, got in zip(("hotel", "restaurant", "bank"), means.itertuples(), strict=True):
        some = rows[rows["service"] == service]
        fit = random_effects(some["effect"], some["variance"])
        assert (got.effect, got.ci_low, got.ci_high) == pytest.approx((fit.mu, *fit.ci), rel=1e-12)
    lonely = simulated(4)
    lonely.frame["service"] = ["hotel", "bank", None, "bank"]
    frame = forest(pooled_literature(lonely), by="service").to_frame()
    assert list(frame[frame["kind"] == "group"]["name"]) == ["hotel", "bank", "not stated"]
    assert (frame["kind"] == "subtotal").sum() == 1
    check_words(drawn(meta.forest, forest(pooled_literature(lonely), by="service")))


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("table", ["A 2003", "B 2001", "C"]),
        ("year", ["B 2001", "A 2003", "C"]),
        ("effect", ["C", "A 2003", "B 2001"]),
        ("precision", ["B 2001", "C", "A 2003"]),
    ],
)
def test_rows_stand_in_the_order_asked_for(order, names):
    """Effects 0.2, 0.3, 0.1 with variances 3, 1, 2; C has no year and is last by year. B's name has its year."""
    rows = published(
        [0.2, 0.3, 0.1], [3, 1, 2], study=["A", "B 2001", "C"], year=[2003, 2001, np.nan]
    )
    frame = forest(pooled_literature(rows), order=order).to_frame()
    assert list(frame["name"][:3]) == names


def test_several_rows_of_a_study_share_its_mean_with_the_findings():
    """With rows that belong together the diamond has the robust interval of the finding, not the fit's."""
    pooled = pooled_literature(simulated(8, rows=3))
    frame = forest(pooled).to_frame()
    assert pooled.pool.robust
    stated = pooled.findings().get("literature.mu")
    assert (frame["ci_low"].iloc[-1], frame["ci_high"].iloc[-1]) == (stated.ci_low, stated.ci_high)
    steps = cumulative(pooled).to_frame()
    assert list(steps["k"]) == list(range(3, 25, 3))
    assert (steps["ci_low"].iloc[-1], steps["ci_high"].iloc[-1]) == (stated.ci_low, stated.ci_high)
    assert list(left_out(pooled).to_frame()["k"]) == [21] * 8


def test_steps_are_those_of_the_statistics(known):
    """One row a study: the same means as `retorno.stats.meta.influence`, which agrees with metafor."""
    pooled = known["left_out"][1].pooled
    fit = pooled.pool.fit
    grown = pooled_in_turn(fit, pooled.rows["year"])
    frame = known["cumulative"][1].to_frame()
    for name, values in {"effect": grown.mu, "ci_low": grown.ci_low, "tau2": grown.tau2}.items():
        assert frame[name].to_numpy()[:-1] == pytest.approx(values, rel=1e-6, abs=1e-9)
    assert (frame["name"].iloc[-1], frame["kind"].iloc[-1], frame["k"].iloc[-1]) == (
        SURVEY,
        "own",
        14,
    )
    assert frame["effect"].iloc[-1] == known["forest"][1].joint.mean.value
    without = leave_one_out(fit)
    assert known["left_out"][1].to_frame()["effect"].to_numpy() == pytest.approx(without.mu)


@pytest.mark.parametrize(
    ("effect", "title"),
    [
        ([0.5, 0.6, 0.5, 0.6], "From the first study on"),
        ([-0.1, 0.5, 0.5, 0.5], "From Author 3 on"),
        ([0.5, -0.5, 0.1, -0.1], "With all studies, the interval of the mean holds zero"),
    ],
)
def test_the_history_says_since_when_the_side_is_kept(effect, title):
    """Variances 0.01, common effect, z = 1.96: after two the mean of -0.1 and 0.5 is 0.2 +- 0.139, above zero.

    The first alone is -0.1 +- 0.196: undecided. So the side is kept from the second study on, Author 1.
    """
    pooled = pooled_literature(published(effect, [0.01] * 4), method="FE", interval="wald")
    assert title.replace("Author 3", "Author 1") in cumulative(pooled).title()


def test_leaving_out_names_the_studies_the_answer_hinges_on():
    """Effects 0.9, 0, 0, 0 with variances 0.04, FE: all 0.225 +- 0.196 lies above zero; without the first it is 0."""
    pooled = pooled_literature(published([0.9, 0, 0, 0], [0.04] * 4), method="FE", interval="wald")
    result = left_out(pooled)
    assert result.hinging == ["Author 0"]
    assert "hinges on 1 of 4 studies" in result.title()
    assert "It hinges on: Author 0." in result.caption()
    calm = left_out(
        pooled_literature(published([0.9] * 4, [0.04] * 4), method="FE", interval="wald")
    )
    assert not calm.hinging
    assert "Whichever study is left out" in calm.title()
    assert "hinges" not in calm.caption()


@pytest.mark.parametrize(
    ("effect", "words_"),
    [
        ([0.5, 0.6, 0.7], "0.60 standard deviations higher"),
        ([-0.5, -0.6, -0.7], "0.60 standard deviations lower"),
        ([-0.5, 0.0, 0.5], "holds zero"),
    ],
)
def test_the_title_of_the_forest_follows_the_interval(effect, words_):
    result = forest(pooled_literature(published(effect, [0.01] * 3)))
    assert words_ in result.title()


def asymmetric():
    """Return effects that grow with their errors: small studies with low effects are missing."""
    error = np.linspace(0.05, 0.5, 15)
    return published(0.1 + 1.8 * error + 0.02 * (-1.0) ** np.arange(15), error**2)


def test_the_funnel_shows_what_trim_and_fill_adds():
    """Points and count are those of `trim_and_fill`, hollow; the caption gives the mean with them."""
    pooled = pooled_literature(asymmetric())
    wanted = trim_and_fill(pooled.pool.fit.effect, pooled.pool.fit.variance)
    assert wanted.k0 > 0
    result = funnel(pooled)
    frame = result.to_frame()
    assert list(frame[frame["kind"] == "filled"]["effect"]) == list(wanted.effect)
    hollow = [
        line
        for line in drawn(meta.funnel, result).axes[0].lines
        if line.get_marker() == "o" and line.get_markerfacecolor() == theme.PAPER
    ]
    assert [len(line.get_xdata()) for line in hollow] == [wanted.k0]
    assert f"{wanted.k0} more studies with lower effects" in result.title()
    assert f"{wanted.pooled.mu:.2f}." in result.caption()
    check_words(drawn(meta.funnel, result))


def test_the_contours_lie_where_p_has_their_value(known):
    """At an error se the edge of p is at z se: 1.644854, 1.959964 and 2.575829 for 0.1, 0.05 and 0.01."""
    draw, result = known["funnel"]
    z = [at for _, at in result.contours]
    assert z == pytest.approx([1.644854, 1.959964, 2.575829], abs=1e-6)
    ax = drawn(draw, result).axes[0]
    bottom, top = ax.get_ylim()
    assert (bottom > top, top) == (True, 0)
    edges = {
        round(abs(x) / y, 6) for c in ax.collections for x, y in c.get_paths()[0].vertices if y > 0
    }
    assert edges == {round(value, 6) for value in z}
    frame = result.to_frame()
    wanted = 2 * stats.norm.sf(frame["effect"].abs() / frame["se"])
    assert list(frame["p"]) == pytest.approx(list(wanted), rel=1e-9)
    inside = frame["effect"].abs() < z[1] * frame["se"]
    assert ((frame["p"] > 0.05) == inside).all()


def test_a_funnel_of_equal_errors_says_that_nothing_can_be_filled():
    result = funnel(pooled_literature(published([0.1, 0.2, 0.4], [0.01] * 3)))
    assert result.filled is None
    assert "cannot be computed" in result.caption()
    check_words(drawn(meta.funnel, result))


def test_baujats_points_are_those_of_the_statistics(known):
    """Reference: `baujat` of the statistics on the studies with the own survey."""
    _, result = known["baujat"]
    got = coordinates(result.with_own.pool.fit)
    frame = result.to_frame()
    assert list(frame["influence"]) == list(got.influence)
    assert list(frame["heterogeneity"]) == list(got.heterogeneity)
    most = frame.loc[frame["influence"].idxmax(), "name"]
    assert result.title().startswith(most)


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow():
    """One study of variance 100 among precise ones: half its interval, 19.6, would hide all others."""
    pooled = pooled_literature(published([0.2, 0.3, 0.25, 1.0], [0.01, 0.01, 0.02, 100]))
    ax = drawn(meta.forest, forest(pooled)).axes[0]
    low, high = ax.get_xlim()
    assert high - low < 5
    arrows = [(line.get_marker(), list(line.get_xdata())) for line in ax.lines]
    assert [one for one in arrows if one[0] in ("<", ">")] == [("<", [low]), (">", [high])]
    assert forest(pooled).to_frame()["ci_high"][3] == pytest.approx(1 + 19.59964, abs=1e-4)


HOSTILE = "<img src=x onerror=alert(1)> $5 off"
LONG = "Someone with a very long name indeed and forty-two others"


def test_names_are_cut_with_the_year_kept_and_never_markup():
    rows = published([0.1, 0.3, 0.2], [0.02] * 3, study=[HOSTILE, LONG, "x" * 90], year=[1999] * 3)
    for draw, result in results(pooled_literature(rows)).values():
        if result.__class__.__name__ == "Funnel":
            continue
        canvas = drawn(draw, result)
        check_words(canvas)
        assert "<img" not in figure(draw, result).bundle["text/html"].split("</svg>")[0]
    shown = [text for text, _ in words(drawn(meta.forest, forest(pooled_literature(rows))))]
    assert any(text.startswith("Someone") and text.endswith("… 1999") for text in shown)


@pytest.mark.parametrize("effect", [[0.3, 0.3, 0.3], [0.0, 0.0], [5.0, -40.0, 900.0]], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_alike_and_extreme_effects_are_drawn(name, effect):
    rows = published(effect, [0.01, 0.02, 0.05][: len(effect)], year=[2000] * len(effect))
    rows.frame["service"] = "hotel"
    draw, result = results(pooled_literature(rows))[name]
    check_words(drawn(draw, result))
    said = " ".join([result.title(), result.caption(), result.alternative(), result.subtitle()])
    assert "nan" not in said.lower()


@pytest.mark.parametrize("ask", [forest, funnel, baujat, cumulative, left_out])
def test_what_is_not_pooled_is_not_drawn_and_says_why(ask):
    result = ask(pooled_literature(published([0.2], [0.01])))
    draw = getattr(meta, ask.__name__)
    assert "pooling needs two" in result.caption()
    assert result.to_frame().empty
    assert table(result).bundle["text/plain"]
    assert figure(draw, result).bundle["text/html"]
    assert result.alternative() == result.caption()


def test_an_own_survey_that_is_refused_leaves_the_published_ones():
    pooled = pooled_literature(simulated(5))
    refused = WithOwn(pooled, None, None, None, "Not stated: no such outcome.")
    for ask in (forest, funnel, baujat, cumulative):
        assert "own" not in set(ask(pooled, refused).to_frame()["kind"])


def test_the_level_is_that_of_the_pooling():
    pooled = pooled_literature(simulated(6), level=0.9)
    result = forest(pooled)
    assert "90%" in result.subtitle()
    first = result.to_frame().iloc[0]
    half = stats.norm.ppf(0.95) * pooled.rows["variance"].iloc[0] ** 0.5
    assert first.ci_high - first.effect == pytest.approx(half, rel=1e-12)
    assert "Effect [90%]" in [text for text, _ in words(drawn(meta.forest, result))]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("order", "size", "`order` is one of"), ("by", "moon", "literature_by: wanted one of design")],
)
def test_an_unknown_order_or_split_is_refused(option, value, message):
    with pytest.raises(ValueError, match=message):
        forest(pooled_literature(simulated(3)), **{option: value})


def test_the_examples_run():
    shown = doctest.testmod(lines)
    assert shown.attempted
    assert not shown.failed
