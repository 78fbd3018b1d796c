"""What is lapsed: thresholds, own rhythm, BG/NBD and the rules held against each other."""

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn, panels_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert

from retorno import simulate
from retorno.errors import ParameterError
from retorno.figures.reactivation.rules import rules as draw_rules
from retorno.figures.reactivation.threshold import threshold as draw_threshold
from retorno.reactivation.history import first_purchases, purchase_history
from retorno.reactivation.lapsed import alive, rhythm, rules, threshold
from retorno.stats.bgnbd import BGNBD, PARAMETERS, fit_bgnbd
from retorno.stats.proportions import wilson_share
from retorno.stats.survival import kaplan_meier
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)
REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "survival_gaps.json").read_text(encoding="utf-8")
)
DEFINITIONS = (*threshold.DEFINITIONS, *rhythm.DEFINITIONS, *alive.DEFINITIONS, *rules.DEFINITIONS)


def history(purchases, *, last, lapse_days=30, first_purchase_known=True):
    """Return the history of (customer, day) pairs, the first day of the data being 0."""
    frame = pd.DataFrame(purchases, columns=["customer_id", "day"])
    frame["date"] = [DAY0 + timedelta(days=int(day)) for day in frame.pop("day")]
    return purchase_history(
        read("transactions", frame.assign(amount=1.0), con=connect()),
        lapse_days=lapse_days,
        window_days=10,
        first_purchase_known=first_purchase_known,
        observed_from=DAY0.isoformat(),
        observed_until=(DAY0 + timedelta(days=last)).isoformat(),
    )


def by_id(result):
    return {finding.id: finding for finding in result.findings()}


def of_the_law(law, n, weeks, seed, spread=12):
    """Return customers of a BG/NBD law as purchases on whole days, first bought over `spread` weeks."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 7 * spread, n)
    age = weeks - start / 7
    x, t_x, _ = law.draw(age, rng=rng)
    lines = []
    for i in range(n):
        lines.append((f"C{i}", start[i]))
        if x[i]:
            days = np.append(rng.uniform(0, t_x[i], x[i] - 1), t_x[i])
            lines += [(f"C{i}", start[i] + max(1, int(np.ceil(7 * day)))) for day in days]
    return lines


@pytest.fixture(scope="module")
def cohort():
    law = BGNBD(0.6, 6.0, 0.8, 2.4)
    return history(of_the_law(law, 1_500, 78, seed=8), last=78 * 7, lapse_days=120)


# The suggested threshold


def regular(n, gap, count, last):
    """Return `n` customers who buy `count` times every `gap` days from day 0."""
    return [(f"G{gap}-{i}", gap * k) for i in range(n) for k in range(count)]


def test_the_threshold_by_hand():
    """50 customers buy on days 0 and 10, 40 on 0 and 60, 10 on day 0 alone; the data end on day 100.

    Of 190 purchases 50 are followed after 10 days, when 190 are at risk, and 40 after 60 of those 100 still at risk
    (censored before: 40 purchases of day 60, after 40 days): F(10) = 50/190, F(60) = 1 - 140/190 * 60/100 = 212/380.
    At risk at 90: 50 + 10, at 100: 10, so m = 90, where F is 212/380. Nine tenths of that, 0.502, is reached on
    day 60. Of the 90 gaps seen whole 50 are 10 days and 40 are 60: nine tenths are 60 or less.
    """
    lines = regular(50, 10, 2, 100) + regular(40, 60, 2, 100) + [(f"N{i}", 0) for i in range(10)]
    found = threshold.suggest_threshold(history(lines, last=100, lapse_days=30))
    assert (found.purchases, found.seen_whole, found.horizon) == (190, 90, 90)
    assert found.followed_by([10, 59, 60, 90]) == pytest.approx(
        [50 / 190, 50 / 190, 212 / 380, 212 / 380], rel=1e-12
    )
    assert (found.days, found.within(0.4), found.observed(0.9)) == (60, 10, 60)
    stated = by_id(found)
    assert stated["lapse.threshold"].estimate == 60
    assert stated["lapse.threshold.observed_gaps"].estimate == 60
    assert "26.3% of all purchases are followed by another" in stated["lapse.threshold"].sentence


def test_the_gaps_seen_whole_are_too_short():
    """200 customers buy on days 0, 20, ..., 120, as many on days 0 and 100; the data end on day 130.

    1,200 gaps of 20 days are seen whole and 200 of 100: 85.7 % are 20 or less, so 0.85 of them. By Kaplan-Meier the
    slow ones, of whom as many start, count for more: 0.85 come within 100 days.
    """
    found = threshold.suggest_threshold(
        history(regular(200, 20, 7, 130) + regular(200, 100, 2, 130), last=130)
    )
    assert found.observed(0.85) == 20
    assert found.within(0.85) == 100


def test_the_threshold_agrees_with_survfit_of_r():
    """R's survival on ties and censoring, from counts as weights; see tests/reference/survival_gaps.R."""
    counts = REFERENCE["counts"]
    days, ended, n = (np.array(counts[name]) for name in ("days", "ended", "n"))
    curve = kaplan_meier(days, ended, weights=n, level=0.95)
    at = REFERENCE["at"]
    assert curve.beyond(at) == pytest.approx(REFERENCE["surv"], rel=1e-12)
    gaps = pd.Series(n[ended == 1], index=days[ended == 1]).sort_index()
    found = threshold.ThresholdSuggestion(
        purchases=int(n.sum()),
        gaps=gaps.index.to_numpy(),
        counts=gaps.to_numpy(),
        lapse_days=180,
        min_group=5,
        curve=curve,
    )
    assert found.horizon == REFERENCE["m"]
    assert float(found.followed_by(found.horizon)) == pytest.approx(REFERENCE["end"], rel=1e-12)
    assert list(found.to_frame().share) == REFERENCE["shares"]
    assert list(found.to_frame().days) == REFERENCE["within"]
    assert list(found.to_frame().observed_gaps) == REFERENCE["observed"]


def test_kaplan_meier_from_counts_is_that_from_rows():
    rng = np.random.default_rng(9)
    days, ended = rng.integers(0, 30, 300), rng.random(300) < 0.6
    kinds, n = np.unique(np.array([days, ended]), axis=1, return_counts=True)
    rows, counts = (
        kaplan_meier(days, ended, level=0.9),
        kaplan_meier(kinds[0], kinds[1], weights=n, level=0.9),
    )
    for name in ("times", "share", "ci_low", "ci_high", "at_risk", "ended"):
        assert getattr(counts, name) == pytest.approx(getattr(rows, name), rel=1e-12)
    assert (rows.followed(30), counts.followed(301)) == (counts.followed(30), None)
    assert rows.reached(0.5) == counts.reached(0.5)
    assert rows.reached(2.0) is None


@pytest.mark.parametrize("weights", [[1], [1, 0.5], [1, 0], [1, -1]])
def test_weights_that_count_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="count units"):
        kaplan_meier([1, 2], [True, False], weights=weights, level=0.95)


def slow_threshold(lines, last):
    """Return the suggestion by a plain loop, the definition word for word; None when it is refused."""
    days = pd.DataFrame(lines, columns=["customer", "day"]).drop_duplicates()
    spans = []
    for _, one in days.groupby("customer"):
        bought = sorted(one.day)
        spans += [(b - a, True) for a, b in pairwise(bought)]
        spans.append((last - bought[-1], False))
    followed = [t for t, _ in spans if sum(d >= t for d, _ in spans) >= 30]
    if not followed:
        return None
    m, share, curve = min(365, max(followed)), 1.0, {0: 1.0}
    for t in sorted({d for d, ended in spans if ended}):
        at_risk = sum(d >= t for d, _ in spans)
        share *= 1 - sum(d == t for d, ended in spans if ended) / at_risk
        curve[t] = share
    end = 1 - min(s for t, s in curve.items() if t <= m)
    reached = [t for t, s in curve.items() if end > 0 and 1 - s >= 0.9 * end * (1 - 1e-12)]
    return min(reached) if reached else None


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    purchases=st.integers(35, 150),
    customers=st.integers(5, 45),
    until=st.sampled_from([40, 55, 60]),
)
def test_the_threshold_is_its_definition(seed, purchases, customers, until):
    """A brute-force twin; also when sight ends before the data do, and with about 30 purchases at risk."""
    rng = np.random.default_rng(seed)
    drawn_lines = zip(
        rng.integers(0, customers, purchases), rng.integers(0, 61, purchases), strict=True
    )
    lines = [(f"C{c}", int(day)) for c, day in drawn_lines]
    seen = [(c, day) for c, day in lines if day <= until]
    found = threshold.suggest_threshold(history(lines, last=60), until=until, min_group=1)
    assert found.days == (slow_threshold(seen, until) if seen else None)


def test_thirty_at_risk_are_enough():
    """30 customers buy on day 0, ten of them again after 40 days; the data end on day 60.

    30 are at risk at 40, no more: m = 40. With 29 nothing can be said at 40, nor before. A purchase on the last day
    counts.
    """
    lines = [(f"C{i}", 0) for i in range(30)] + [(f"C{i}", 40) for i in range(10)]
    found = threshold.suggest_threshold(history(lines, last=60))
    assert (found.horizon, found.days) == (40, 40)
    assert threshold.suggest_threshold(history(lines[1:], last=60)).refused
    assert threshold.suggest_threshold(history(lines, last=60), until=40).days == 40


@pytest.mark.parametrize(
    ("lapse_days", "in_use", "title"),
    [
        (30, "30 days: shorter than", "30 days, is shorter than the data suggest: 60 days"),
        (60, "60 days: the same as", "60 days, is what the data suggest"),
        (80, "80 days: longer than", "80 days, is longer than the data suggest: 60 days"),
    ],
)
def test_the_threshold_in_use_is_held_against_the_suggestion(lapse_days, in_use, title):
    lines = regular(50, 10, 2, 100) + regular(40, 60, 2, 100)
    found = threshold.suggest_threshold(history(lines, last=100, lapse_days=lapse_days))
    assert in_use in by_id(found)["lapse.threshold"].sentence
    assert title in found.title()


def test_a_threshold_in_use_beyond_the_curve_is_said_to_be():
    lines = regular(50, 10, 2, 100)
    found = threshold.suggest_threshold(history(lines, last=100, lapse_days=200))
    assert "What comes within 200 days cannot be told" in by_id(found)["lapse.threshold"].sentence
    check_words(drawn(draw_threshold, found))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([("A", 0)], "purchases followed by another: 0; at least 5 are needed"),
        ([(f"C{i}", 0) for i in range(40)], "purchases followed by another: 0; at least 5"),
        (regular(10, 5, 2, 50), "while at least 30 purchases were still followed; of 20 purchases"),
        (
            regular(5, 40, 2, 50) + [(f"L{i}", 45) for i in range(40)],
            "while at least 30 purchases were still followed",
        ),
    ],
)
def test_too_few_purchases_suggest_nothing(lines, reason):
    """The last: 30 are at risk for 5 days only, and nobody buys again so soon."""
    found = threshold.suggest_threshold(history(lines, last=50))
    assert {f.verdict for f in found.findings()} == {"refused"}
    assert reason in found.findings()[0].sentence
    assert found.to_frame().empty
    check_words(drawn(draw_threshold, found))


# Own rhythm


def test_own_rhythm_by_hand():
    """Last day 100, three intervals allowed. A buys on 0, 10, 20, silent for 80, more than 30. B on 0, 40, 80, silent
    for 20. C on 0 and 25, silent for 75, which is not more than 3 * 25. D once. The fixed 30 days call A and C lapsed:
    the rules agree on A and B. With 2.5 intervals C is lapsed, too.
    """
    lines = [
        ("A", 0),
        ("A", 10),
        ("A", 20),
        ("B", 0),
        ("B", 40),
        ("B", 80),
        ("C", 0),
        ("C", 25),
        ("D", 5),
    ]
    found = rhythm.own_rhythm(history(lines, last=100), min_group=2)
    assert (found.customers, found.judged, found.lapsed) == (4, 3, 1)
    assert (found.fixed, found.both) == (2, 1)
    stated = by_id(found)
    assert stated["lapse.own_rhythm.judged"].estimate == 3
    assert stated["lapse.own_rhythm.lapsed"].estimate == pytest.approx(1 / 3, rel=1e-12)
    assert "the two rules agree on 66.7%" in stated["lapse.own_rhythm.lapsed"].sentence
    assert "Only 3 units" in stated["lapse.own_rhythm.lapsed"].sentence
    wider = rhythm.own_rhythm(history(lines, last=100), own_multiple=2.5, min_group=2)
    assert wider.lapsed == 2


def test_customers_are_seen_by_a_day_without_what_comes_later():
    lines = [("A", 0), ("A", 10), ("A", 50), ("B", 60), ("C", 5)]
    found = rhythm.seen_by(history(lines, last=80), 20).order_by("customer_id").execute()
    assert found.customer_id.tolist() == ["A", "C"]
    assert found[["orders", "first", "last", "later"]].to_numpy().tolist() == [
        [2, 0, 10, 1],
        [1, 5, 5, 0],
    ]
    whole = rhythm.seen_by(history(lines, last=80), 80).order_by("customer_id").execute()
    assert whole[["orders", "first", "last", "later"]].to_numpy().tolist() == [
        [3, 0, 50, 0],
        [1, 60, 60, 0],
        [1, 5, 5, 0],
    ]


@pytest.mark.parametrize("multiple", [0, -1, float("nan"), float("inf")])
def test_an_impossible_multiple_is_named(multiple):
    one = history([("A", 0)], last=50)
    for study in (rhythm.own_rhythm, rules.compare_rules):
        with pytest.raises(ParameterError, match="own_multiple: wanted a number above 0"):
            study(one, own_multiple=multiple)


# BG/NBD


def test_alive_is_the_law_of_each_customer(cohort):
    """The same numbers from a table made without the engine: one row a customer, weeks = days / 7."""
    days = cohort.purchases.select("customer_id", "day").execute()
    seen = days.groupby("customer_id").day.agg(["count", "min", "max"])
    x, t_x = seen["count"] - 1, (seen["max"] - seen["min"]) / 7
    age = (cohort.last - seen["min"]) / 7
    law, found = fit_bgnbd(x, t_x, age), alive.customers_alive(cohort)
    stated = by_id(found)
    for name in PARAMETERS:
        own = law.parameter(name, level=0.95)
        assert stated[f"lapse.bgnbd.{name}"].estimate == pytest.approx(own.value, rel=1e-6)
        assert stated[f"lapse.bgnbd.{name}"].ci_low == pytest.approx(own.ci_low, rel=1e-4)
    share = stated["lapse.alive_share"]
    assert share.estimate == pytest.approx(law.p_alive(x, t_x, age).mean(), rel=1e-7)
    assert (share.n, stated["lapse.bgnbd.r"].n) == (1_500, 1_500)
    assert f"{(x == 0).sum():,} of them bought once only" in share.sentence
    assert "first_purchase_known" not in share.sentence


def test_the_table_shows_one_time_buyers_alive_for_certain(cohort):
    """P(alive) is 1 without a repeat purchase; the rule in use calls those silent for long lapsed all the same."""
    frame = alive.customers_alive(cohort).to_frame()
    once = frame.iloc[0]
    assert (once.repeats, once.alive) == ("0", 1.0)
    assert once.lapsed > 0.5
    assert frame.customers.sum() == 1_500
    assert frame.alive.iloc[1:].max() < 1


def test_only_customers_new_in_the_data_are_fitted(cohort):
    """Those first seen within lapse_days are left out of the fit, as in `first_purchases`; all are judged."""
    lines = cohort.purchases.select("customer_id", "day").execute().to_numpy().tolist()
    known = history(lines, last=cohort.last, lapse_days=28, first_purchase_known=False)
    found = alive.customers_alive(known)
    assert found.fitted == first_purchases(known).count().execute()
    assert 0 < found.fitted < found.customers == 1_500
    share = by_id(found)["lapse.alive_share"]
    assert f"fitted to the {found.fitted:,} customers new in the data" in share.sentence


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([("A", 0)], "bought on more than one day: 0; at least 5 are needed"),
        ([("A", 0), ("A", 9)], "bought on more than one day: 1; at least 5 are needed"),
        (regular(40, 7, 8, 50), "has no best fit to the 40 customers"),
        (regular(40, 1, 2, 50), "has no best fit to the 40 customers"),
    ],
)
def test_where_no_law_fits_it_is_refused(lines, reason):
    """One customer, one repeat buyer, everybody every week to the end, everybody twice and no more."""
    found = alive.customers_alive(history(lines, last=50))
    assert [f.verdict for f in found.findings()] == ["refused"] * 5
    assert reason in found.findings()[0].sentence
    assert found.to_frame().empty


# The rules held against each other


def test_the_rules_by_hand():
    """Cut on day 100, lapse 30 days, three own intervals, 40 days held out.

    A 0, 10, 90, 120: silent 10, active by all, bought. B 0, 10, 20: silent 80, lapsed by 30 days and by its rhythm
    (30), did not buy. C 40, 120: silent 60, lapsed by 30 days, no rhythm, bought. D 0, 30, 60, 130: silent 40, lapsed
    by 30 days, not by its rhythm (90), bought. E 120: not a customer at the cut. F 95: active, did not buy.
    """
    lines = [
        ("A", 0), ("A", 10), ("A", 90), ("A", 120), ("B", 0), ("B", 10), ("B", 20), ("C", 40), ("C", 120),
        ("D", 0), ("D", 30), ("D", 60), ("D", 130), ("E", 120), ("F", 95),
    ]  # fmt: skip
    found = rules.compare_rules(history(lines, last=140), holdout_days=40, min_group=1)
    fixed, suggested, own, bgnbd = found.rules
    assert (found.customers, found.buyers, found.cut) == (5, 3, DAY0 + timedelta(days=100))
    assert (fixed.judged, fixed.lapsed, fixed.bought) == (5, 3, 2)
    assert (fixed.active, fixed.silent, fixed.once, fixed.lapsed_again) == (2, 1, 2, 2)
    assert fixed.wrongly_lapsed == wilson_share(2, 3, level=0.95)
    assert fixed.wrongly_active == wilson_share(1, 2, level=0.95)
    assert fixed.like_for_like == wilson_share(1, 2, level=0.95)
    assert (own.judged, own.lapsed, own.bought, own.active, own.silent) == (3, 1, 0, 2, 0)
    stated = by_id(found)
    assert stated["lapse.rule.fixed.wrongly_lapsed"].estimate == pytest.approx(2 / 3, rel=1e-12)
    assert stated["lapse.rule.fixed.wrongly_lapsed"].n == 3
    assert stated["lapse.rule.own_rhythm.wrongly_lapsed"].estimate == 0
    assert "It cannot judge 2 customers" in stated["lapse.rule.own_rhythm.wrongly_lapsed"].sentence
    assert suggested.refused
    assert bgnbd.refused is None or stated["lapse.rule.alive.wrongly_lapsed"].verdict == "refused"


def test_what_comes_after_the_cut_changes_no_rule(cohort):
    """The same customers with every purchase after the cut taken away: nobody is called otherwise."""
    lines = cohort.purchases.select("customer_id", "day").execute().to_numpy().tolist()
    before = [(c, day) for c, day in lines if day <= cohort.last - 90]
    whole = rules.compare_rules(cohort)
    blind = rules.compare_rules(history(before, last=cohort.last, lapse_days=120))
    assert [(r.line, r.lapsed, r.active, r.once) for r in whole.rules] == [
        (r.line, r.lapsed, r.active, r.once) for r in blind.rules
    ]
    assert blind.buyers == 0 < whole.buyers
    assert all(r.bought == 0 and r.silent == r.active for r in blind.rules)


def test_the_rules_are_those_of_a_loop(cohort):
    """Each rule by a plain loop over customers, from its own words."""
    cut = cohort.last - 60
    found = {r.name: r for r in rules.compare_rules(cohort, holdout_days=60, own_multiple=2).rules}
    days = cohort.purchases.select("customer_id", "day").execute()
    suggestion = threshold.suggest_threshold(cohort, until=cut).days
    seen = {c: sorted(d) for c, d in days.groupby("customer_id").day if min(d) <= cut}
    data = [[d for d in one if d <= cut] for one in seen.values()]
    numbers = [(len(d) - 1, (d[-1] - d[0]) / 7, (cut - d[0]) / 7) for d in data]
    p = fit_bgnbd(*np.array(numbers).T).p_alive(*np.array(numbers).T)
    counts = {name: [0, 0, 0, 0] for name in rules.RULES}
    for one, d, alive_ in zip(seen.values(), data, p, strict=True):
        silence, bought = cut - d[-1], one[-1] > cut
        calls = {"fixed": silence > 120, "suggested": silence > suggestion, "alive": alive_ < 0.5}
        if len(d) > 1:
            calls["own_rhythm"] = silence > 2 * (d[-1] - d[0]) / (len(d) - 1)
        for name, lapsed in calls.items():
            counts[name][0 if lapsed else 1] += 1
            counts[name][2 if lapsed else 3] += bought if lapsed else not bought
    for name, slow in counts.items():
        r = found[name]
        assert [r.lapsed, r.active, r.bought, r.silent] == slow


def test_bgnbd_calls_no_one_time_buyer_lapsed(cohort):
    found = rules.compare_rules(cohort)
    bgnbd = found.rules[-1]
    assert bgnbd.lapsed_again == bgnbd.lapsed > 0
    assert bgnbd.once > 0
    sentence = by_id(found)["lapse.rule.alive.wrongly_lapsed"].sentence
    assert f"{bgnbd.once:,} of those called active had bought once only" in sentence


def test_a_law_on_the_edge_still_sorts_and_says_so():
    """Customers who all drop out with one chance: no maximum, but the law there is as good as any."""
    for seed in range(20):
        lines = of_the_law(BGNBD(0.8, 4.0, 3e7, 7e7), 700, 60, seed=seed)
        found = rules.compare_rules(history(lines, last=420))
        if "law without a best fit" in found.rules[-1].line:
            break
    assert "law without a best fit" in found.rules[-1].line
    assert found.rules[-1].lapsed > 0
    assert by_id(found)["lapse.rule.alive.wrongly_lapsed"].estimate is not None


@pytest.mark.parametrize("days", [0, -3])
def test_an_impossible_holdout_is_named(days):
    with pytest.raises(ParameterError, match="holdout_days: wanted a whole number of days"):
        rules.compare_rules(history([("A", 0)], last=50), holdout_days=days)


@pytest.mark.parametrize(
    ("lines", "last"), [([("A", 0)], 50), ([("A", 0), ("A", 9)], 200), ([("A", 60)], 120)]
)
def test_too_little_before_the_cut_is_refused(lines, last):
    """Data shorter than the holdout, one customer, and nobody before the cut."""
    found = rules.compare_rules(history(lines, last=last))
    assert [f.verdict for f in found.findings()] == ["refused"] * 4
    assert "(parameter holdout_days)" in found.findings()[0].sentence
    assert found.to_frame().empty
    check_words(drawn(draw_rules, found))


def test_too_few_called_lapsed_are_refused_with_the_count():
    lines = [(f"C{i}", 100 + i % 7) for i in range(40)] + [("Z", 0)]
    found = rules.compare_rules(history(lines, last=200))
    one = by_id(found)["lapse.rule.fixed.wrongly_lapsed"]
    assert one.verdict == "refused"
    assert 'by the rule "Threshold in use": 1; at least 5' in one.sentence
    check_words(drawn(draw_rules, found))


# Words and figures


@pytest.fixture(scope="module")
def world():
    drawn_world = simulate.simulate("reactivation", "works", 2_000, seed=5)
    transactions = read("transactions", drawn_world.transactions, con=connect())
    return purchase_history(transactions, lapse_days=180, window_days=180)


def test_figures_keep_their_words_apart(world, cohort):
    for one in (world, cohort):
        check_words(drawn(draw_rules, rules.compare_rules(one)))
        check_words(drawn(draw_threshold, threshold.suggest_threshold(one)))
    canvas = drawn(draw_rules, rules.compare_rules(cohort))
    assert len(panels_of(canvas)) == 3


def two_lines(suggested, in_use):
    """Return a suggestion of so many days: 100 purchases are followed then, 100 after a year or not at all."""
    days = np.array([suggested, 365])
    curve = kaplan_meier(days, [True, False], weights=[100, 100], level=0.95)
    return threshold.ThresholdSuggestion(200, days[:1], np.array([100]), in_use, 5, curve)


@settings(max_examples=60, deadline=None)
@given(suggested=st.integers(1, 364), apart=st.one_of(st.integers(-400, 400), st.integers(-9, 9)))
@example(suggested=173, apart=7)
@example(suggested=180, apart=1)
@example(suggested=180, apart=-1)
@example(suggested=180, apart=0)
@example(suggested=364, apart=1)
@example(suggested=183, apart=-132)
def test_the_names_of_two_lines_never_meet(suggested, apart):
    """Wherever the two thresholds lie, the days between them few or many."""
    found = two_lines(suggested, max(1, suggested + apart))
    assert found.days == suggested
    check_words(drawn(draw_threshold, found))


def test_titles_and_captions_follow_the_data(world, cohort):
    """The title of the rules names the two that differ, or says that none does."""
    for one in (world, cohort):
        found = rules.compare_rules(one)
        shares = [r.like_for_like for r in found.rules if r.like_for_like]
        low, high = (f(shares, key=lambda s: s.value) for f in (min, max))
        clear = high.ci_low > low.ci_high
        assert ("no rule is clearly more often wrong" in found.title()) != clear
        for words in (found.caption(), found.alternative(), found.table_caption()):
            assert words
    assert "None" not in threshold.suggest_threshold(world).alternative()


def test_every_formula_can_be_shown():
    for definition in DEFINITIONS:
        assert convert(definition.formula).startswith("<math")


def test_tables_have_their_columns(cohort):
    results = (
        threshold.suggest_threshold(cohort),
        alive.customers_alive(cohort),
        rules.compare_rules(cohort),
    )
    for result in results:
        assert list(result.columns()) == list(result.to_frame().columns)
