"""Figures of every study: what a reader must be able to see in them, on small simulated worlds and at extremes."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn, panels_of, words
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from retorno import simulate
from retorno.display import figure
from retorno.figures import panels, reactivation, recovery, referral, theme
from retorno.reactivation import (
    campaign,
    contact_effects,
    like_for_like,
    new_against_reactivated,
    purchase_history,
    return_hazard,
)
from retorno.recovery import (
    Money,
    SmallestEffect,
    adjusted_differences,
    group_means,
    justice_mediation,
    leavers,
    moderation,
    ordered_models,
    quality_threshold,
    recovered_changes,
    recovery_value,
    reliability_sensitivity,
    scored_survey,
    study_plan,
)
from retorno.referral import (
    Assumptions,
    account,
    customer_value,
    follow,
    margin_gap,
    programme,
    retention,
)
from retorno.tables import connect, read

PAPERS = {"light": "#fdfcfa", "dark": "#16171a"}
LOSES = Assumptions(
    reward_referrer=25.0,
    reward_referred=0.0,
    admin_cost=12.0,
    type_one_share=(0.0, 0.2),
    acquisition_cost=10.0,
    fraud_share=0.2,
)


def of_reactivation():
    tables = simulate.simulate("reactivation", "works", 1500, seed=3).tables()
    con = connect()
    transactions = read("transactions", tables["transactions"], con=con)
    history = purchase_history(transactions, lapse_days=90, window_days=180)
    rng = np.random.default_rng(1)
    contacts = read("contacts", tables["contacts"], con=con)
    return {
        "hazard": (reactivation.hazard, return_hazard(history)),
        "windows": (reactivation.curves, new_against_reactivated(history, rng=rng)),
        "second": (reactivation.curves, like_for_like(history, rng=rng)),
        "effects": (
            reactivation.effects,
            contact_effects(campaign(contacts, ["returned", "spend"], money_outcome="spend")),
        ),
    }


def of_recovery():
    tables = simulate.simulate("recovery", "paradox", 600, seed=3).tables()
    survey = scored_survey(read("survey", tables["survey"], con=connect()))
    changes = recovered_changes(survey, smallest=SmallestEffect(0.2, "sd"))
    rng, smallest = np.random.default_rng(1), SmallestEffect(0.2, "sd")
    justice = justice_mediation(survey, rng=rng)
    money = Money("EUR", margin=30.0, horizon_months=12, compensation=20.0, handling_cost=8.0)
    return {
        "means": (recovery.means, group_means(survey)),
        "changes": (recovery.changes, changes.steps()),
        "reliability": (recovery.reliability, reliability_sensitivity(survey)),
        "ordered": (recovery.ordered, ordered_models(survey)),
        "overlap": (
            recovery.overlap,
            adjusted_differences(survey, smallest=smallest).overlap(),
        ),
        "leavers": (recovery.leavers, leavers(survey, rng=rng)),
        "moderation": (recovery.moderation, moderation(survey)),
        "threshold": (recovery.threshold, quality_threshold(survey)),
        "mediation": (recovery.mediation, justice),
        "confounding": (recovery.confounding, justice.confounding()),
        "value": (recovery.value, recovery_value(survey, money).by_compensation()),
        "plan": (recovery.plan, study_plan(survey, smallest=smallest, rng=rng)),
    }


def of_referral():
    tables = simulate.simulate("referral", "pays", 800, seed=3).tables()
    con = connect()
    customers, margins = (read(name, tables[name], con=con) for name in ("customers", "margins"))
    tenure = follow(customers, margins, horizon_months=24)
    value = customer_value(tenure, annual_discount_rate=0.1)
    steps = account(programme(value, LOSES, rng=np.random.default_rng(1)))
    return {
        "margins": (referral.margins, margin_gap(tenure)),
        "retention": (referral.retention, retention(tenure)),
        "account": (referral.account, steps),
    }


NAMES = [
    "hazard",
    "windows",
    "second",
    "effects",
    "means",
    "changes",
    "reliability",
    "ordered",
    "overlap",
    "leavers",
    "moderation",
    "threshold",
    "mediation",
    "confounding",
    "value",
    "plan",
    "margins",
    "retention",
    "account",
]


@pytest.fixture(scope="module")
def known():
    return of_reactivation() | of_recovery() | of_referral()


@pytest.mark.parametrize("name", NAMES)
def test_words_fit_and_never_collide(known, name):
    check_words(drawn(*known[name]))


@pytest.mark.parametrize("name", NAMES)
def test_the_result_says_what_is_drawn_in_words(known, name):
    """Title, subtitle, caption and alternative differ; a caption gives a count, the title stands alone."""
    _, result = known[name]
    said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
    assert all(said)
    assert len(set(said)) == 4
    assert re.search(r"\d", result.caption())
    assert not result.title().endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_no_axis_has_a_title_and_nothing_is_rotated_or_small(known, name):
    """The unit stands in the subtitle; 10.5 points are 11 pixels at 34 rem, the least width of a plot."""
    svg = theme.svg(*known[name])
    assert set(re.findall(r"rotate\((-?\d+)", svg)) <= {"-0"}
    assert all(not ax.get_xlabel() and not ax.get_ylabel() for ax in drawn(*known[name]).axes)
    sizes = [float(s) for s in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", svg)]
    assert sizes
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    assert min(sizes) * 34 * 16 / width >= 11


@pytest.mark.parametrize("name", NAMES)
def test_same_result_same_bytes(known, name):
    assert theme.svg(*known[name]) == theme.svg(*known[name])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("effects", "no effect"),
        ("changes", "no change"),
        ("margins", "no gap"),
        ("account", "break-even"),
    ],
)
def test_the_line_the_question_is_about_is_drawn_and_named(known, name, line):
    """Every panel that holds a contrast has one dashed line at zero; the first panel of margins holds none."""
    canvas = drawn(*known[name])
    asked = panels_of(canvas)[1:] if name == "margins" else panels_of(canvas)
    for ax in asked:
        dashed = [one for one in ax.lines if one.get_linestyle() == "--"]
        at = dashed[0].get_ydata() if name == "margins" else dashed[0].get_xdata()
        assert len(dashed) == 1
        assert list(at) == [0, 0]
    assert sum(line in text for text, _ in words(canvas)) == len(asked)


def test_every_interval_of_the_effects_is_drawn_as_wide_as_it_is(known):
    draw, result = known["effects"]
    bars = [
        list(line.get_xdata())
        for ax in panels_of(drawn(draw, result))
        for line in ax.lines
        if line.get_linewidth() == 6
    ]
    frame = result.to_frame()
    assert len(bars) == len(frame) == 6
    assert bars == [list(pair) for pair in zip(frame.ci_low, frame.ci_high, strict=True)]


def test_the_last_bar_of_the_account_carries_the_interval_of_what_is_left(known):
    """The return's interval times the cost: 25 + 12 = 37 for a rewarded referral."""
    draw, result = known["account"]
    roi = next(f for f in result.programme.findings() if f.id == "roi")
    assert result.left_between == pytest.approx((37 * roi.ci_low, 37 * roi.ci_high), rel=1e-12)
    assert result.steps[-1].total == pytest.approx(37 * roi.estimate, rel=1e-9)
    last = result.to_frame().iloc[-1]
    assert (last.ci_low, last.ci_high) == result.left_between
    lines = [line for line in drawn(draw, result).axes[0].lines if line.get_marker() == "|"]
    assert [tuple(line.get_xdata()) for line in lines] == [result.left_between] * 2


def test_the_gap_below_the_margins_is_that_of_the_findings(known):
    _, result = known["margins"]
    stated = {f.id: f for f in result.findings()}["margin_gap.month_12"]
    row = result.to_frame().set_index("month").loc[12]
    assert (row.gap, row.gap_ci_low, row.gap_ci_high) == (
        stated.estimate,
        stated.ci_low,
        stated.ci_high,
    )


@pytest.mark.parametrize("name", ["windows", "second", "margins", "retention"])
def test_the_comparison_is_grey_and_thinner_and_named_at_its_end(known, name):
    """Without colour the two lines differ in width and name."""
    canvas = drawn(*known[name])
    lines = [line for line in panels_of(canvas)[0].lines if line.get_linestyle() == "-"]
    looks = {line.get_color(): line.get_linewidth() for line in lines}
    assert looks[theme.REFERENCE] < looks[theme.ACCENT]
    assert panels_of(canvas)[0].get_legend() is None


def test_groups_of_the_means_differ_without_colour(known):
    """No failure is hollow, failure a square, recovered a full circle."""
    first = panels_of(drawn(*known["means"]))[0]
    looks = {
        (line.get_marker(), line.get_markerfacecolor() == theme.PAPER)
        for line in first.lines
        if line.get_marker() in "os"
    }
    assert looks == {("o", True), ("s", False), ("o", False)}


def test_titles_are_computed(known):
    """The title takes side and amount from the curves: with the groups swapped, ahead becomes behind."""
    _, windows = known["windows"]
    apart = windows.difference.value
    assert apart > 0
    assert f"€{apart:.2f} ahead" in windows.title()
    full = windows.full
    swapped = replace(
        windows, full=replace(full, mean=full.mean[::-1], influence=full.influence[::-1])
    )
    assert f"€{apart:.2f} behind" in swapped.title()
    assert f"−€{apart:.2f}" in swapped.caption()


LONG = "Voucher of twenty per cent for everyone who has bought wine in the last five years"
ATTACK = "<img src=x onerror=alert(1)> $5 off $10 \"'&"


def renamed(effects, names):
    contrasts = tuple(
        replace(c, names={kind: names.get(name, name) for kind, name in c.names.items()})
        for c in effects.contrasts
    )
    return replace(effects, contrasts=contrasts)


def test_names_from_data_are_cut_escaped_and_never_markup(known):
    """What a campaign called its arms and columns: long, hostile, in another script, without a blank, like a colour."""
    draw, result = known["effects"]
    arms = sorted(set(result.arms) - {"holdout"})
    names = dict(zip(arms, (LONG, ATTACK), strict=True))
    names |= {"returned": "x" * 90, "spend": f"电邮 مرحبا {theme.ACCENT}"}
    strange = renamed(result, names)
    check_words(drawn(draw, renamed(result, names | {"spend": "spend"})))
    html = figure(draw, strange).bundle["text/html"]
    assert "<img" not in html
    assert "…" in html
    assert f">电邮 مرحبا {theme.ACCENT}</text>" in html


def test_the_title_of_the_account_says_what_is_left_or_lost(known):
    """Undecided keeps the sign; where all would have come anyway, 0.8 x 10 saved less 37 paid: 29 lost."""
    _, result = known["account"]
    left = result.steps[-1].total
    assert (
        f"a referral leaves −€{-left:.2f}: whether the programme pays is undecided"
        in result.title()
    )
    nobody = replace(result.programme, assumptions=replace(LOSES, type_one_share=0.0))
    assert "a referral loses €29.00: the programme does not pay" in account(nobody).title()


def scaled(windows, *factors):
    full, f = windows.full, np.array(factors)
    changed = {"mean": full.mean * f[:, None], "influence": full.influence * f[:, None, None]}
    return replace(windows, full=replace(full, **changed))


@pytest.mark.parametrize("factors", [(1e6, 1.2e6), (-1, -0.5), (0, 0), (1e-3, -1e-3)], ids=str)
def test_curves_stand_extremes(known, factors):
    draw, windows = known["windows"]
    canvas = drawn(draw, scaled(windows, *factors))
    check_words(canvas)
    assert panels_of(canvas)[0].get_ylim()[1] >= 0 >= panels_of(canvas)[0].get_ylim()[0]


def test_names_of_lines_that_end_together_are_moved_apart(known):
    draw, windows = known["windows"]
    full = windows.full
    same = np.stack([full.mean[0], full.mean[0]])
    check_words(drawn(draw, replace(windows, full=replace(full, mean=same))))


def test_a_single_day_shows_as_points_with_intervals(known):
    """A line of one point is none: two points must be there, at the means."""
    draw, windows = known["windows"]
    first = windows.full.at(0)
    canvas = drawn(draw, replace(windows, full=first, window_days=1))
    points = [float(p.get_ydata()[0]) for p in panels_of(canvas)[0].lines if p.get_marker() == "o"]
    assert points == first.mean[:, 0].tolist()
    check_words(canvas)


def test_what_cannot_be_shown_says_so_in_its_place(known):
    draw, returns = known["hazard"]
    none = replace(returns, months=tuple(replace(m, share=None) for m in returns.months))
    assert "No month has enough customers" in theme.svg(draw, none)
    assert none.alternative() == none.caption()


class Points:
    """As many points as asked for, in the two colours of the groups."""

    def __init__(self, n):
        self.x, self.y = np.random.default_rng(1).normal(size=(2, n))

    def title(self):
        return "Points"

    caption = alternative = title

    def to_frame(self):
        return pd.DataFrame({"x": self.x, "y": self.y})


def cloud(result, ax):
    half = len(result.x) // 2
    for part, colour in ((slice(half), theme.ACCENT), (slice(half, None), theme.REFERENCE)):
        ax.scatter(result.x[part], result.y[part], s=9, color=colour, linewidth=0)
    panels.zero_line(ax.axhline)
    panels.value_axis(ax.yaxis, -5, 5, panels.writer("share"))
    return ax


def picture(svg):
    """Return the one picture inside an SVG."""
    (data,) = re.findall(r'<image[^>]*?href="data:image/png;base64,\s*([^"]+)"', svg)
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")


def test_very_many_marks_become_one_small_picture_while_axes_and_letters_stay():
    """5,000 points as elements are 516 kB, 2,900 are 300 kB; the limit of 3,000 marks is the issue's."""
    many, few = (theme.svg(cloud, Points(n)) for n in (5_000, 2_900))
    assert len(re.findall("<image", many)) == 1
    assert len(many) < 150_000 < len(few)
    assert "<image" not in few
    assert ">400%</text>" in many
    assert "stroke-dasharray" in many
    assert picture(many).getpixel((0, 0))[3] == 0
    assert many == theme.svg(cloud, Points(5_000))


def contrast(one, two):
    """Return the contrast of two colours as WCAG 2.2 defines it."""

    def luminance(colour):
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(two)])
    return (high + 0.05) / (low + 0.05)


def test_a_picture_can_be_seen_on_light_and_on_dark_paper():
    """Both groups keep a tone of their own, 3 to 1 at least against both papers (WCAG 2.2, 1.4.11)."""
    pixels = np.array(picture(theme.svg(cloud, Points(5_000)))).reshape(-1, 4)
    tones, counts = np.unique(pixels[pixels[:, 3] == 255][:, :3], axis=0, return_counts=True)
    most = [to_hex(tone / 255) for tone in tones[np.argsort(counts)[-2:]]]
    assert len(set(most)) == 2
    assert all(contrast(tone, paper) >= 3 for tone in most for paper in PAPERS.values())


def test_bars_are_counted_as_marks_too():
    def bars(result, ax):
        ax.bar(range(len(result.x)), result.x)
        return ax

    assert len(re.findall("<image", theme.svg(bars, Points(3_200)))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_follows_the_page(known, name):
    """No colour stands bare: each is the fallback of a variable that light and dark set."""
    svg = theme.svg(*known[name])
    bare = re.findall(r"(?<!, )#[0-9a-f]{6}\b", svg)
    assert not bare
    assert "var(--acc, #0f5c6e)" in svg
