"""Returns in full: tables worked by hand, R, a brute-force twin, words that follow the data, refusals."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from days import history
from drawing import check_words, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retorno.display import figure, table
from retorno.figures.reactivation.hazard import hazard as hazard_figure
from retorno.figures.reactivation.returns import returns as returns_figure
from retorno.reactivation.returns.cumulative import cumulative_return
from retorno.reactivation.returns.groups import return_groups
from retorno.reactivation.returns.hazard import return_hazard
from retorno.reactivation.returns.regression import person_months, regressed, return_regression
from retorno.stats.hazards import Clustered, collinear, discrete_hazard, ended_by, separated
from retorno.stats.survival import kaplan_meier
from retorno.tables import connect

R = json.loads((Path(__file__).parent / "reference" / "returns.json").read_text(encoding="utf-8"))
RULES = {"level": 0.95, "min_group": 2}


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


# Last day 430, lapse 30: lapse day, days until back. A 40, 60; B 40, -; C 40, 360; D 200, 30; E 390, -; F 60, -.
YEAR = [
    ("A", 10, 5), ("A", 100, 7),
    ("B", 10, 1),
    ("C", 10, 2), ("C", 400, 2),
    ("D", 150, 3), ("D", 170, 3), ("D", 230, 3),
    ("E", 360, 9),
    ("F", 30, 4),
]  # fmt: skip


def test_the_share_back_by_month_12_by_hand():
    """Six lapses. Day 30: 1 of 6 back. Day 40: E, lapsed on 390, is lost. Day 60: 1 of 4. Day 360: 1 of 3.

    Away: 5/6, then x 3/4 = 5/8, then x 2/3 = 5/12; back by day 360: 7/12. Greenwood 1/30 + 1/12 + 1/6 = 17/60. At
    least 360 days are inside the data for A, B, C and F (390, 390, 390 and 370).
    """
    result = cumulative_return(history(YEAR, last=430), **RULES)
    finding = by_id(result)["return.cumulative.month_12"]
    assert finding.estimate == pytest.approx(7 / 12, rel=1e-12)
    half = stats.norm.ppf(0.975) * np.sqrt(17 / 60) / -np.log(5 / 12)
    assert finding.ci_low == pytest.approx(1 - (5 / 12) ** np.exp(-half), rel=1e-9)
    assert finding.ci_high == pytest.approx(1 - (5 / 12) ** np.exp(half), rel=1e-9)
    assert (finding.n, result.followed.reaching[12]) == (6, 4)
    assert "Of 6 customers who lapsed, 58.3% had come back within 360 days" in finding.sentence
    assert "2 were still away and in sight" in finding.sentence
    assert "Only 4 units" in finding.sentence
    frame = result.to_frame()
    assert frame.returned.tolist() == pytest.approx([1 / 6] + [3 / 8] * 10 + [7 / 12], rel=1e-12)
    assert frame.at_risk.tolist() == [5] + [3] * 10 + [2]
    assert "6 at month 0, 3 at month 3, 3 at month 6, 3 at month 9, 2 at month 12" in (
        result.caption()
    )
    assert result.title() == "58.3% come back within 12 months, half of these in the first 60 days"
    assert "6 customers" in table(result).bundle["text/html"]


def test_kaplan_meier_of_returns_is_that_of_r():
    """survival::survfit, conf.type log-log, 40 lapses with ties of a return and an end of sight."""
    lapses, known = R["lapses"], R["kaplan_meier"]
    back = np.array(lapses["back"]) == 1
    curve = kaplan_meier(lapses["days"], back, level=0.95)
    found = ended_by(curve, known["time"])
    assert [1 - e.value for e in found] == pytest.approx(known["share"], rel=1e-10)
    assert [e.se for e in found] == pytest.approx(known["se"], rel=1e-10)
    assert [1 - e.ci_high for e in found] == pytest.approx(known["low"], rel=1e-8)
    assert [1 - e.ci_low for e in found] == pytest.approx(known["high"], rel=1e-8)


def test_errors_by_customer_are_those_of_r():
    """survival::survfit(cluster = customer, robust = TRUE): R's without clusters / (clusters - 1), ours with it."""
    lapses, known = R["lapses"], R["kaplan_meier"]
    days, back = np.array(lapses["days"], dtype=float), np.array(lapses["back"]) == 1
    curve = kaplan_meier(days, back, level=0.95)
    own = Clustered(days, back, np.ones(days.size, dtype=int), np.array(lapses["customer"]))
    errors, clusters = own.errors(curve, known["time"])
    assert clusters == known["clusters"]
    scale = np.sqrt(clusters / (clusters - 1))
    assert errors == pytest.approx(scale * np.array(known["robust_se"]), rel=1e-9)


def test_each_unit_a_cluster_gives_greenwoods_error():
    """Then the squares of the influences add up to Greenwood's variance, up to n / (n - 1)."""
    lapses, known = R["lapses"], R["kaplan_meier"]
    days, back = np.array(lapses["days"], dtype=float), np.array(lapses["back"]) == 1
    curve = kaplan_meier(days, back, level=0.95)
    own = Clustered(days, back, np.ones(40, dtype=int), np.arange(40))
    errors, _ = own.errors(curve, known["time"])
    assert errors * np.sqrt(39 / 40) == pytest.approx(known["se"], rel=1e-9)


def test_twins_count_once():
    """Every unit twice in its cluster: the interval stays, where independent units would narrow it."""
    lapses, known = R["lapses"], R["kaplan_meier"]
    days, back = np.array(lapses["days"], dtype=float), np.array(lapses["back"]) == 1
    single, double = (
        ended_by(
            kaplan_meier(days, back, weights=weights, level=0.95),
            known["time"],
            clustered=Clustered(days, back, weights, np.arange(40)),
        )
        for weights in (np.ones(40, dtype=int), np.full(40, 2))
    )
    for one, two in zip(single, double, strict=True):
        assert two.interval == pytest.approx(one.interval, rel=1e-9)


def test_nobody_back_is_a_share_with_an_interval():
    """Three lapses followed 360 to 400 days, none back: 0 of 3, Wilson's upper bound z^2 / (3 + z^2)."""
    lines = [("A", 0, 1), ("B", 0, 1), ("C", 40, 1)]
    result = cumulative_return(history(lines, last=430), **RULES)
    finding = by_id(result)["return.cumulative.month_12"]
    z2 = stats.norm.ppf(0.975) ** 2
    assert finding.estimate == 0
    assert finding.ci_high == pytest.approx(z2 / (3 + z2), rel=1e-9)
    assert result.title() == "Nobody has come back within 12 months of the lapse"


def test_a_curve_whose_last_lapse_ends_on_its_last_month_is_stated():
    """All lapsed 360 days before the end: known on that day, though nobody is in sight beyond it."""
    lines = [("A", 0, 1), ("B", 0, 1), ("C", 0, 1)]
    finding = by_id(cumulative_return(history(lines, last=390), **RULES))
    assert finding["return.cumulative.month_12"].estimate == 0
    with pytest.raises(ValueError, match="nobody is under observation"):
        ended_by(kaplan_meier([5.0, 5.0], [False, False], level=0.95), [6])


def test_too_short_data_are_refused_with_the_longest_follow_up():
    result = cumulative_return(history(YEAR, last=399), **RULES)
    finding = by_id(result)["return.cumulative.month_12"]
    assert finding.verdict == "refused"
    assert "at least 360 days before the last day: 0; at least 2" in finding.sentence
    assert "followed for 359 days" in finding.sentence
    assert result.months == tuple(range(1, 12))
    assert "Not stated" in result.caption()
    check_words(drawn(returns_figure, result))


@pytest.mark.parametrize("lines", [[("A", 0, 1)], [("A", 0, 1), ("A", 20, 1), ("A", 40, 1)]])
@pytest.mark.parametrize("all_spells", [False, True])
def test_one_customer_or_no_lapse_is_refused_everywhere(lines, all_spells):
    alone = history(lines, last=50, all_spells=all_spells)
    for study in (return_hazard, cumulative_return, return_regression):
        result = study(alone)
        assert {f.verdict for f in result.findings()} == {"refused"}
        assert table(result).bundle["text/plain"]
    assert table(return_groups(alone)).bundle["text/plain"]
    figure(returns_figure, cumulative_return(alone))
    figure(hazard_figure, return_hazard(alone))


def test_lapses_of_one_customer_alone_have_no_error():
    """K comes back 20 days after each of two lapses, then is silent: 2 of 3, all of one customer."""
    lines = [("K", 0, 1), ("K", 50, 3), ("K", 100, 5)]
    alone = history(lines, last=200, all_spells=True)
    months = return_hazard(alone, months=1, **RULES).months
    assert (months[0].returned, months[0].at_risk) == (2, 3)
    assert months[0].share.ci_low < 2 / 3 < months[0].share.ci_high
    assert {f.verdict for f in return_regression(alone, **RULES).findings()} == {"refused"}


def plain(lines, *, last, lapse, all_spells=False):
    """Return lapses by plain loops: (customer, days followed, days until back or None, purchases, value)."""
    found = []
    for who in sorted({c for c, _, _ in lines}):
        mine = [(day, amount) for c, day, amount in lines if c == who]
        days = sorted({d for d, _ in mine if max(a for e, a in mine if e == d) >= 0})
        own = []
        for place, (day, after) in enumerate(pairwise([*days, None])):
            if (last if after is None else after) - day > lapse:
                value = sum(a for d, a in mine if after is None or d < after)
                back = None if after is None else after - day - lapse
                own.append((who, last - day - lapse, back, place + 1, value))
        found += own if all_spells else own[:1]
    return found


@settings(max_examples=15, deadline=None)
@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from("ABCDEF"),
            st.integers(0, 500) | st.integers(0, 16).map(lambda month: 30 * month),
            st.integers(-5, 20),
        ),
        min_size=1,
        max_size=40,
    ),
    lapse=st.integers(1, 60) | st.sampled_from([30, 60]),
    all_spells=st.booleans(),
)
def test_the_engine_agrees_with_plain_loops(lines, lapse, all_spells):
    """Months at risk by orders and tier, and the share back by each month as a product over plain counts."""
    lines = [*lines, ("Z", 0, 1), ("Z", 500, 1)]
    known = plain(lines, last=500, lapse=lapse, all_spells=all_spells)
    h = history(lines, last=500, lapse_days=lapse, all_spells=all_spells)
    worth = np.array([round(value / orders, 6) for *_, orders, value in known])
    cuts = np.quantile(worth, [1 / 3, 2 / 3])
    expected = {}
    for (_, seen, back, orders, _), one in zip(known, worth, strict=True):
        tier = int((one > cuts + 1e-12).sum())
        for k in range(1, 13):
            if seen >= 30 * k and (back is None or back > 30 * (k - 1)):
                cell = expected.setdefault((k, min(orders, 10), tier), [0, 0])
                cell[0] += 1
                cell[1] += back is not None and back <= 30 * k
    cells = person_months(h).groupby(["month", "orders", "tier"])[["trials", "events"]].sum()
    assert {key: list(row) for key, row in zip(cells.index, cells.to_numpy(), strict=True)} == (
        expected
    )
    result = cumulative_return(h, level=0.95, min_group=1)
    away = [1.0]
    for u in range(1, 361):
        risk = [back for _, seen, back, *_ in known if (seen if back is None else back) >= u]
        away.append(away[-1] * (1 - risk.count(u) / max(len(risk), 1)))
    for row in result.to_frame().itertuples():
        assert row.returned == pytest.approx(1 - away[30 * row.month], abs=1e-9)


def test_a_return_in_a_month_that_the_data_cut_does_not_count():
    """A lapses on day 70 and is back on day 75, but the data end on 90: no whole month. B, away since 30, has two."""
    cells = person_months(history([("A", 40, 1), ("A", 75, 1), ("B", 0, 1)], last=90))
    assert cells[["month", "trials", "events"]].to_numpy().tolist() == [[1, 1, 0], [2, 1, 0]]


def test_the_regression_is_that_of_r():
    """glm(family = binomial(link = "cloglog")) on single person-months; ours on counts of equal cells, to 1e-8."""
    cells, names = reference_cells()
    free = discrete_hazard(*cells["counts"].sum(axis=1), cells["free"], names["free"])
    assert free.coef == pytest.approx(R["free"]["coef"], abs=1e-8)
    assert np.sqrt(np.diag(free.covariance)) == pytest.approx(R["free"]["se"], abs=1e-8)
    assert free.log_likelihood == pytest.approx(R["free"]["log_likelihood"], abs=1e-8)
    sloped = discrete_hazard(*cells["counts"].sum(axis=1), cells["sloped"], names["sloped"])
    assert sloped.coef == pytest.approx(R["sloped"]["coef"], abs=1e-8)
    assert np.sqrt(np.diag(sloped.covariance)) == pytest.approx(R["sloped"]["se"], abs=1e-8)
    ratio = free.ratio("orders", level=0.95)
    log, se = R["free"]["coef"][6], R["free"]["se"][6]
    assert ratio.value == pytest.approx(np.exp(log), abs=1e-8)
    assert ratio.ci_high == pytest.approx(np.exp(log + stats.norm.ppf(0.975) * se), abs=1e-7)


def test_errors_of_the_regression_by_cluster_are_those_of_r():
    """sandwich::vcovCL(type = "HC0", cadjust = TRUE) over 45 pairs of customers; t with 44 degrees of freedom."""
    cells, names = reference_cells()
    fit = discrete_hazard(*cells["counts"], cells["free"], names["free"])
    assert fit.df == R["free"]["pairs"] - 1
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(R["free"]["by_pair"], abs=1e-8)


def reference_cells():
    """Return R's person-months as counts by pair and cell of equal columns, with the two designs."""
    rows = []
    for month, back, orders, tier, who in zip(*R["spells"].values(), strict=True):
        for k in range(1, month + 1):
            rows.append((who, k, np.log2(orders), tier, k == month and back == 1))
    who, k, orders, tier, back = (
        np.array(column, dtype=float) for column in zip(*rows, strict=True)
    )
    cell, place = np.unique(np.column_stack([k, orders, tier]), axis=0, return_inverse=True)
    counts = np.zeros((2, 45, len(cell)))
    np.add.at(counts[0], (who.astype(int), place.ravel()), back)
    np.add.at(counts[1], (who.astype(int), place.ravel()), 1)
    free = np.column_stack([cell[:, :1] == np.arange(1, 7), cell[:, 1:]]).astype(float)
    sloped = np.column_stack([np.ones(len(cell)), np.log2(cell[:, 0]), cell[:, 1:]])
    names = {
        "free": [*map(str, range(1, 7)), "orders", "value"],
        "sloped": ["level", "month", "orders", "value"],
    }
    return {"counts": counts, "free": free, "sloped": sloped}, names


def months_of(rows):
    """Return cells as `person_months` gives them from (month, orders, tier, trials, events)."""
    frame = pd.DataFrame(rows, columns=["month", "orders", "tier", "trials", "events"])
    return frame.assign(bucket=0)


def test_the_study_fits_what_r_fits():
    """R's person-months given as months at risk: the ratios are exp of R's coefficients, month of the sloped model."""
    rows = []
    for month, back, orders, tier, _ in zip(*R["spells"].values(), strict=True):
        rows += [(k, orders, tier, 1, int(k == month and back == 1)) for k in range(1, month + 1)]
    result = regressed(months_of(rows), all_spells=False, **RULES)
    free, sloped = R["free"]["coef"], R["sloped"]["coef"]
    assert result.ratios["orders"].value == pytest.approx(np.exp(free[6]), abs=1e-7)
    assert result.ratios["value"].value == pytest.approx(np.exp(free[7]), abs=1e-7)
    assert result.ratios["month"].value == pytest.approx(np.exp(sloped[1]), abs=1e-7)
    twice = 2 * (R["free"]["log_likelihood"] - R["sloped"]["log_likelihood"])
    assert result.bend == pytest.approx(stats.chi2.sf(twice, 4), abs=1e-8)
    assert (result.lapsed, result.returns) == (90, sum(R["spells"]["returned"]))


def law(month, orders, tier, *, slope=0.0, b=0.0, c=0.0, level=-2.0, trials=100_000):
    """Return months at risk whose events are those expected of a known law."""
    eta = level + slope * np.log2(month) + b * np.log2(orders) + c * tier
    return month, orders, tier, trials, round(trials * -np.expm1(-np.exp(eta)))


@pytest.mark.parametrize(
    ("law_of", "verdicts", "title"),
    [
        (
            {"slope": -0.3, "b": 0.4, "c": -0.2},
            ("above", "below", "below"),
            "those longer away come back less often",
        ),
        (
            {"slope": 0.2, "b": -0.4, "c": 0.2},
            ("below", "above", "above"),
            "those longer away come back more often",
        ),
        ({}, ("undecided", "undecided", "undecided"), "no clear rise or fall"),
    ],
)
def test_ratios_of_a_known_law_and_their_words(law_of, verdicts, title):
    """Events as the law expects them: the ratios are exp of its coefficients up to the rounding of the counts."""
    rows = [law(k, n, t, **law_of) for k in range(1, 13) for n in (1, 2, 4, 8) for t in (0, 1, 2)]
    result = regressed(months_of(rows), all_spells=False, **RULES)
    found = by_id(result)
    for name, key, verdict in zip(
        ("orders", "value", "month"), ("b", "c", "slope"), verdicts, strict=True
    ):
        finding = found[f"return.hazard_ratio.{name}"]
        assert finding.estimate == pytest.approx(np.exp(law_of.get(key, 0)), rel=1e-3)
        assert finding.verdict == verdict
    words = {"above": ": sooner.", "below": ": later.", "undecided": "the interval holds 1"}
    assert words[verdicts[0]] in found["return.hazard_ratio.orders"].sentence
    assert title in result.title()
    assert title in result.table_caption()
    assert "who is left, not what waiting does" in found["return.hazard_ratio.month"].sentence
    assert "is not shown" in found["return.hazard_ratio.month"].sentence


def test_months_that_do_not_follow_one_slope_are_said_to():
    rows = [
        (k, n, t, 1_000, 300 if k == 6 else 50)
        for k in range(1, 13)
        for n in (1, 2)
        for t in (0, 1)
    ]
    found = by_id(regressed(months_of(rows), all_spells=False, **RULES))
    assert "do not follow one slope (p < 0.001)" in found["return.hazard_ratio.month"].sentence


def test_what_the_regression_cannot_tell_is_refused_by_its_reason():
    """Constant orders and value; value that goes with orders; ends that a column divides; too few returns."""

    def refusals(rows):
        found = by_id(regressed(months_of(rows), all_spells=False, **RULES))
        return {
            k.rpartition(".")[2]: f.sentence for k, f in found.items() if f.verdict == "refused"
        }

    ks = range(1, 4)
    same = refusals([(k, 2, 1, 100, 20) for k in ks])
    assert set(same) == {"orders", "value"}
    assert "same number" in same["orders"]
    tied = refusals([(k, 2**t, t, 100, 20 + t) for k in ks for t in (0, 1, 2)])
    assert set(tied) == {"orders", "value", "month"}
    assert "told apart" in tied["value"]
    divided = refusals([(k, n, t, 100, 20 * (n == 2)) for k in ks for n in (1, 2) for t in (0, 1)])
    assert "no finite value" in divided["orders"]
    all_back = refusals([(1, n, t, 10, 10) for n in (1, 2) for t in (0, 1)])
    assert set(all_back) == {"orders", "value", "month"}
    none = refusals([(k, n, t, 100, 0) for k in ks for n in (1, 2) for t in (0, 1)])
    assert "returns in months 1 to 12 after the lapse: 0; at least 2" in none["orders"]
    short = refusals([(1, n, t, 100, 20 + n + t) for n in (1, 2) for t in (0, 1)])
    assert set(short) == {"month"}
    assert "only one month" in short["month"]


def test_a_month_without_a_return_does_not_stop_the_regression():
    """It says nothing of the ratios: with it and without it they are the same."""
    rows = [(k, n, t, 100, 20 + n + t + k) for k in (1, 2) for n in (1, 2) for t in (0, 1)]
    more = rows + [(3, n, t, 50, 0) for n in (1, 2) for t in (0, 1)]
    one, two = (regressed(months_of(r), all_spells=False, **RULES) for r in (rows, more))
    assert two.ratios["orders"].interval == pytest.approx(one.ratios["orders"].interval, rel=1e-9)
    assert two.ratios["month"].value < one.ratios["month"].value


def test_separation_and_collinearity_are_found_where_they_are():
    """By eye: two columns alike; ends only where x is 1; the same but for one tie; one end on each side."""
    x = np.array([0.0, 1.0, 2.0])
    ones = np.ones(3)
    assert collinear(np.column_stack([ones, x, 2 * x]))
    assert not collinear(np.column_stack([ones, x]))
    design = np.column_stack([ones, x])
    assert separated([0, 0, 5], [5, 5, 5], design)
    assert separated([0, 2, 5], [5, 5, 5], design)
    assert not separated([1, 0, 5], [5, 5, 5], design)
    with pytest.raises(ValueError, match="no finite value"):
        discrete_hazard([0, 2, 5], [5, 5, 5], design, ["level", "x"])
    with pytest.raises(ValueError, match="follows from the others"):
        discrete_hazard([1, 2, 3], [5, 5, 5], np.column_stack([ones, ones]), ["level", "x"])
    with pytest.raises(ValueError, match="from 0 up to"):
        discrete_hazard([6, 2, 3], [5, 5, 5], design, ["level", "x"])


def test_groups_by_hand():
    """By purchases before the lapse: A, B, C, E, F 1, D 2. Back by month 3: of the five A (1 of 4 on day 60), D.

    Value per purchase 5, 1, 2, 3, 9, 4: thirds cut at 2.67 and 4.33: lowest B 1, C 2; middle D 3, F 4; highest A, E.
    """
    groups = return_groups(history(YEAR, last=430), level=0.95, min_group=1)
    frame = groups.to_frame().set_index("group")
    assert frame.customers.tolist() == [5, 1, 2, 2, 2]
    assert frame.month_3.tolist() == pytest.approx([0.25, 1.0, 0.0, 0.5, 1.0], rel=1e-12)
    assert frame.index.tolist()[2].startswith("lowest third: up to €2.67")
    assert frame.loc["1 purchase"].month_12 == pytest.approx(0.25 + 0.75 / 3, rel=1e-12)
    assert np.isnan(frame.loc["2 purchases"].month_12)
    title = groups.title()
    assert 'Purchases before the lapse: the group "2 purchases" comes back most' in title
    assert "Revenue per purchase" in title
    assert "does not tell what would change returns" in groups.table_caption()
    assert "–" in table(groups).bundle["text/plain"]


def test_equal_prices_are_one_tier_however_they_add_up():
    """0.1 + 0.2 + ... in any order: value per purchase is the same to the last digit that counts."""
    lines = [(c, 0, 0.1) for c in "ABC"]
    lines += [(c, day, 0.1) for c in "DEF" for day in (0, 3, 6)]
    frame = return_groups(history(lines, last=100), min_group=1).to_frame()
    assert frame.group.tolist()[:2] == ["1 purchase", "3 or 4 purchases"]
    assert len(frame) == 3
    assert frame.customers.tolist() == [3, 3, 6]


def test_reasons_may_overlap_and_are_counted():
    """A and B left for the price, B for service too; C without a reason; X never bought."""
    con = connect()
    h = history(YEAR, last=430, con=con)
    given = pd.DataFrame(
        {
            "customer_id": ["A", "B", "B", "B", "C", "X"],
            "reason": ["price", "price", "service", "service", None, "price"],
        }
    )
    groups = return_groups(h, reasons=con.create_table("given", given), min_group=1)
    by = [g for g in groups.groups if g.by == "reason"]
    assert [(g.name, g.followed.n) for g in by] == [("price", 2), ("service", 1)]
    assert (groups.with_reason, groups.twice, groups.lapsed) == (2, 1, 6)
    caption = groups.table_caption()
    assert "known of 2 of 6 customers who lapsed" in caption
    assert "1 has several reasons and counts in each" in caption
    assert "reason" not in return_groups(h, min_group=1).table_caption()


def test_which_group_comes_back_most_is_said_as_the_intervals_allow():
    """40 of 40 one-time buyers stay away, 40 of 40 others come back: clear; 4 against 6 of 10 each: not clear."""

    def title(lines):
        groups = return_groups(history(lines, last=430), level=0.95, min_group=2)
        return groups.title().partition(" Revenue")[0]

    apart = [(f"a{i}", 0, 5) for i in range(40)]
    apart += [(f"b{i}", day, 5) for i in range(40) for day in (0, 2, 60)]
    assert 'group "2 purchases" comes back most, 100.0% by month 12; its interval lies above' in (
        title(apart)
    )
    close = [(f"a{i}", day, 5) for i in range(10) for day in ((0, 60) if i < 4 else (0,))]
    close += [(f"b{i}", day, 5) for i in range(10) for day in ((0, 2, 60) if i < 6 else (0, 2))]
    assert (
        '"2 purchases" comes back most, 60.0% by month 12, but its interval meets that of "1 pur'
        in title(close)
    )
    equal = [(f"a{i}", day, 5) for i in range(10) for day in ((0, 60) if i < 4 else (0,))]
    equal += [(f"b{i}", day, 5) for i in range(10) for day in ((0, 2, 60) if i < 4 else (0, 2))]
    assert "no group comes back more than all others by month 12; the most is 40.0%" in title(equal)


def test_figures_keep_their_words_apart():
    for last, all_spells in ((430, False), (430, True), (120, False)):
        h = history(YEAR, last=last, all_spells=all_spells)
        check_words(drawn(returns_figure, cumulative_return(h, **RULES)))
        check_words(drawn(hazard_figure, return_hazard(h, **RULES)))
    shown = figure(returns_figure, cumulative_return(history(YEAR, last=430), **RULES))
    assert "month 12: 58.3%" in shown.bundle["text/html"]
