"""Why recovery works: mediation by three measured mediators against R, by hand, at its limits, and what is said."""

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import check_words, panels_of
from matplotlib.figure import Figure

from retorno.figures import theme
from retorno.figures.recovery.mediation import confounding as draw_confounding
from retorno.figures.recovery.mediation import mediation as draw_mediation
from retorno.recovery import scored_survey
from retorno.recovery.why.justice import justice_mediation
from retorno.stats.mediation import parallel_mediation
from retorno.tables import connect, read

R = json.loads((Path(__file__).parent / "reference" / "mediation.json").read_text("utf-8"))
DATA = {name: np.array(values) for name, values in R["data"].items()}
MEDIATORS = np.column_stack([DATA["m1"], DATA["m2"], DATA["m3"]])


def of_r(outcome=DATA["y"], treatment=DATA["t"], mediators=MEDIATORS, *, draws=2_000, level=0.95):
    rng = np.random.default_rng(1)
    return parallel_mediation(outcome, treatment, mediators, level=level, rng=rng, draws=draws)


@pytest.fixture(scope="module")
def found():
    return of_r(draws=20_000)


def test_effects_are_those_of_lavaan(found):
    """Saturated path model by maximum likelihood: the coefficients are those of least squares."""
    want = R["estimate"]
    for j, path in enumerate(found.paths, 1):
        assert path.to_mediator == pytest.approx(want[f"a{j}"], rel=1e-7)
        assert path.to_outcome == pytest.approx(want[f"b{j}"], rel=1e-7)
        assert path.indirect.value == pytest.approx(want[f"indirect{j}"], rel=1e-7)
    for name in ("total_indirect", "direct", "total"):
        assert getattr(found, name).value == pytest.approx(want[name], rel=1e-7)
    assert (found.n, found.draws) == (80, 20_000)


def test_errors_of_the_bootstrap_are_near_lavaans_delta_errors(found):
    """Two approximations of one thing with 80 rows: within a fifth of each other."""
    se = R["delta_se"]
    for j, path in enumerate(found.paths[:2], 1):
        assert path.indirect.se == pytest.approx(se[f"indirect{j}"], rel=0.2)
    assert found.total_indirect.se == pytest.approx(se["total_indirect"], rel=0.2)
    assert found.direct.se == pytest.approx(se["direct"], rel=0.2)


def test_rho_at_zero_is_the_partial_correlation_and_the_curve_rs(found):
    """R: correlation of residuals; at a given rho it searches the coefficient at which the errors correlate so."""
    assert [p.rho_at_zero.value for p in found.paths] == pytest.approx(R["rho_at_zero"], rel=1e-9)
    at = R["indirect1_at"]
    assert found.paths[0].indirect_at(at["rho"]) == pytest.approx(at["effect"], rel=1e-9)
    for path in found.paths:
        assert path.indirect_at(0.0) == pytest.approx(path.indirect.value, rel=1e-9)
        assert path.indirect_at(path.rho_at_zero.value) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="inside -1 and 1"):
        found.paths[0].indirect_at(1.0)


def test_a_hidden_cause_is_undone_at_its_correlation_by_hand():
    """Open part u of the mediator and error e = 0.6 u + 0.8 v, u and v without correlation, of one size.

    So corr(u, e) = 0.6, and y = 0.5 m + e has a least-squares slope of 1.1 on m. Told rho = 0.6 the curve gives the
    true 0.5; the effect of t on m is 2, so 1.0 runs through it. Its zero lies at 1.1 / sqrt(1.1**2 + 0.8**2).
    """
    u, v = np.tile([1.0, 1, -1, -1], 8), np.tile([1.0, -1, 1, -1], 8)
    t = np.repeat([0.0, 1], 16)
    m = 2 * t + u
    (path,) = of_r(0.5 * m + 0.6 * u + 0.8 * v, t, m[:, None]).paths
    assert path.to_outcome == pytest.approx(1.1, rel=1e-12)
    assert path.indirect_at(0.6) == pytest.approx(1.0, rel=1e-9)
    assert path.rho_at_zero.value == pytest.approx(1.1 / np.hypot(1.1, 0.8), rel=1e-12)


def test_bounds_are_the_percentiles_of_plain_resampling():
    """Rows drawn one by one and each regression fitted anew: bounds agree within what 4,000 draws leave open."""
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(4_000):
        rows = rng.integers(80, size=80)
        x = np.column_stack([np.ones(80), DATA["t"][rows], MEDIATORS[rows]])
        a = np.linalg.lstsq(x[:, :2], MEDIATORS[rows, 0], rcond=None)[0][1]
        drawn.append(a * np.linalg.lstsq(x, DATA["y"][rows], rcond=None)[0][2])
    effect = of_r(draws=20_000).paths[0].indirect
    assert effect.interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.025)


def test_units_and_order():
    """Ten times the outcome: ten times all effects. Half the treatment's unit: twice. Order changes places only."""
    one, ten, half = of_r(), of_r(10 * DATA["y"]), of_r(treatment=DATA["t"] / 2)
    turned = of_r(mediators=MEDIATORS[:, ::-1], draws=200)
    for j, path in enumerate(one.paths):
        assert ten.paths[j].indirect.interval == pytest.approx(
            np.array(path.indirect.interval) * 10
        )
        assert half.paths[j].indirect.interval == pytest.approx(
            np.array(path.indirect.interval) * 2
        )
        assert ten.paths[j].rho_at_zero.value == pytest.approx(path.rho_at_zero.value)
        assert turned.paths[2 - j].indirect.value == pytest.approx(path.indirect.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mediators": MEDIATORS[:, 0]}, "wanted shapes"),
        (
            {"outcome": DATA["y"][:6], "treatment": DATA["t"][:6], "mediators": MEDIATORS[:6]},
            "need 7",
        ),
        ({"mediators": np.column_stack([MEDIATORS, np.ones(80)])}, "mediator 4 is the same"),
        ({"treatment": np.ones(80)}, "treatment is the same"),
        ({"outcome": np.full(80, 7.0)}, "outcome is the same"),
        ({"mediators": np.column_stack([MEDIATORS, MEDIATORS.sum(axis=1)])}, "collinear"),
        ({"mediators": np.column_stack([MEDIATORS, 6 * DATA["t"] + 1])}, "collinear"),
        ({"mediators": np.column_stack([MEDIATORS, np.arange(80) == 3])}, "too few rows"),
    ],
)
def test_what_cannot_be_told_apart_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        of_r(**change)


def test_an_outcome_that_follows_exactly_has_a_zero_at_one():
    """y = m1: all of it runs through the first, nothing hidden short of a full correlation could undo that."""
    exact = of_r(DATA["m1"].copy())
    assert exact.paths[0].indirect.value == pytest.approx(R["estimate"]["a1"], rel=1e-9)
    assert exact.paths[0].rho_at_zero.value == pytest.approx(1, abs=1e-7)
    assert np.isfinite(exact.paths[1].rho_at_zero.interval).all()


# The study, on a survey that holds R's rows.

COLUMNS = ("distributive_justice", "procedural_justice", "interactional_justice")
IDS = [
    *(f"mediation.{j}.{x}" for j in ("distributive", "procedural", "interactional")
      for x in ("indirect", "rho_at_zero")),
    "mediation.total_indirect", "mediation.direct",
]  # fmt: skip


def table(**columns):
    frame = pd.DataFrame(
        {
            "respondent_id": [f"R{n}" for n in range(80)],
            "group": np.where(DATA["t"] == 1, "recovered", "failure"),
            "satisfaction": DATA["y"],
        }
        | dict(zip(COLUMNS, MEDIATORS.T, strict=True))
    )
    return frame.assign(**columns)


def mediated(frame, **rules):
    survey = scored_survey(read("survey", frame, con=connect()), scale=[0, 8])
    return justice_mediation(survey, rng=np.random.default_rng(1), **rules)


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


@pytest.fixture(scope="module")
def stated():
    return mediated(table())


def test_every_finding_is_stated_with_rs_numbers(stated):
    found = by_id(stated)
    assert list(found) == IDS
    for j, name in enumerate(("distributive", "procedural", "interactional"), 1):
        effect = found[f"mediation.{name}.indirect"]
        assert effect.estimate == pytest.approx(R["estimate"][f"indirect{j}"], rel=1e-7)
        assert (effect.unit, effect.n) == ("scale points", 80)
        rho = found[f"mediation.{name}.rho_at_zero"]
        assert rho.estimate == pytest.approx(R["rho_at_zero"][j - 1], rel=1e-9)
        assert (rho.unit, rho.verdict) == ("correlation", None)
    assert found["mediation.total_indirect"].estimate == pytest.approx(0.536082465, rel=1e-7)
    assert found["mediation.direct"].estimate == pytest.approx(0.264417535, rel=1e-7)
    assert all("measured mediator is not randomised" in f.sentence for f in found.values())


def test_sentences_and_titles_follow_the_sides(stated):
    """With the groups swapped every effect changes sign: raises becomes lowers, undecided stays."""
    found = by_id(stated)
    assert "Through distributive justice, recovery raises satisfaction by 0.37" in (
        found["mediation.distributive.indirect"].sentence
    )
    assert "undecided" in found["mediation.interactional.indirect"].sentence
    assert (
        stated.title()
        == "What runs through justice: distributive justice 0.37, procedural justice 0.17"
    )
    groups = np.where(DATA["t"] == 1, "failure", "recovered")
    swapped = mediated(table(group=groups))
    effect = by_id(swapped)["mediation.distributive.indirect"]
    assert effect.verdict == "below"
    assert "recovery lowers satisfaction by 0.37" in effect.sentence
    nothing = mediated(table(satisfaction=np.arange(80) * 7 % 8 * 1.0))
    assert nothing.title() == "Nothing clear of zero runs through any dimension of justice"
    assert nothing.confounding().title().startswith("No dimension carries an effect clear of zero")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"satisfaction": [7.0] * 80}, "is the same for all"),
        ({"distributive_justice": [7.0] * 80}, "distributive justice is the same for all"),
        ({"distributive_justice": MEDIATORS[:, 1]}, "cannot tell the three dimensions"),
        ({"distributive_justice": 6.0 * DATA["t"] + 1}, "cannot tell the three dimensions"),
        ({"group": ["failure"] * 77 + ["recovered"] * 3}, ": 3; at least 5 are needed"),
        ({"group": ["failure"] * 3 + ["recovered"] * 77}, ": 3; at least 5 are needed"),
    ],
)
def test_what_cannot_be_said_is_refused(change, why):
    result = mediated(table(**change))
    found = by_id(result)
    assert list(found)[:1] == IDS[:1]
    assert set(found) == set(IDS)
    assert {f.verdict for f in found.values()} == {"refused"}
    assert all(why in f.sentence for f in found.values())
    assert drawn(draw_mediation, result)
    assert drawn(draw_confounding, result.confounding())


def test_without_a_column_of_justice_all_is_refused():
    found = by_id(mediated(table().drop(columns="procedural_justice")))
    assert all("no column procedural_justice" in f.sentence for f in found.values())


def test_a_handful_of_rows_never_crashes():
    for n in (5, 6, 7, 8):
        frame = table()
        frame = pd.concat([frame[frame.group == g].head(n) for g in ("failure", "recovered")])
        assert len(mediated(frame).findings()) == len(IDS)
    found = by_id(mediated(table().iloc[:40]))
    assert "Only 20 units" in found["mediation.direct"].sentence


def not_asked(**columns):
    """R's rows all recovered; ten failures more that were not asked about justice."""
    recovered = table(group="recovered").assign(**columns)
    others = recovered.head(10).assign(
        respondent_id=[f"F{n}" for n in range(10)], group="failure", recovery_quality=None
    )
    others[list(COLUMNS)] = None
    return pd.concat([recovered, others], ignore_index=True)


def test_where_failures_were_not_asked_effects_are_per_point_of_quality():
    """Quality 1 + 4 t in place of the treatment: a quarter of R's effects, of the recovered alone."""
    result = mediated(not_asked(recovery_quality=1 + 4 * DATA["t"]))
    found = by_id(result)
    extra = [
        f"mediation.{j}.indirect_per_quality"
        for j in ("distributive", "procedural", "interactional")
    ]
    assert set(found) == {*IDS, *extra}
    assert all(
        found[i].verdict == "refused" and "ask both groups" in found[i].sentence for i in IDS
    )
    for j, name in enumerate(extra, 1):
        assert found[name].estimate == pytest.approx(R["estimate"][f"indirect{j}"] / 4, rel=1e-7)
        assert found[name].n == 80
    assert "each point of recovery quality raises satisfaction by 0.09" in found[extra[0]].sentence
    assert "among the recovered" in result.subtitle()
    assert "Recovered 80." in result.caption()
    check_words(drawn(draw_mediation, result))


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({}, "no column recovery_quality"),
        ({"recovery_quality": [4.0] * 80}, "recovery quality is the same for all"),
        ({"recovery_quality": [4.0, 5.0] + [None] * 78}, ": 2; at least 5"),
    ],
)
def test_without_quality_that_is_refused_too(columns, why):
    frame = not_asked(**columns)
    if not columns:
        frame = frame.drop(columns="recovery_quality")
    found = by_id(mediated(frame))
    assert len(found) == len(IDS) + 3
    assert {f.verdict for f in found.values()} == {"refused"}
    assert why in found["mediation.procedural.indirect_per_quality"].sentence


def drawn(draw, result):
    with mpl.rc_context(theme.settings()):
        canvas = Figure(layout="constrained")
        draw(result, canvas.subplots())
        canvas.draw_without_rendering()
        return canvas


def test_figures_fit_and_say_what_is_drawn(stated):
    """Intervals as wide as they are; lines of the sensitivity cross zero where the findings say."""
    canvas = drawn(draw_mediation, stated)
    check_words(canvas)
    bars = [list(x.get_xdata()) for x in panels_of(canvas)[0].lines if x.get_linewidth() == 6]
    frame = stated.to_frame()
    assert bars == [list(pair) for pair in zip(frame.ci_low, frame.ci_high, strict=True)]
    sensitivity = stated.confounding()
    canvas = drawn(draw_confounding, sensitivity)
    check_words(canvas)
    points = [x.get_xdata()[0] for x in panels_of(canvas)[0].lines if x.get_marker() == "o"]
    assert points == pytest.approx(R["rho_at_zero"], rel=1e-9)
    for result in (stated, sensitivity):
        said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
        assert len(set(said)) == 4
    assert (
        "0.24, for procedural justice" in sensitivity.title()
    )  # interactional is not clear of zero
    assert stated.table_caption().endswith("is counted here, too.")
