"""How long referred and other customers stay: tables worked by hand, printed numbers, known worlds, refusals.

That the statistics beneath are R's is tested in test_survival.py.
"""

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from drawing import check_words, drawn
from scipy import stats

from retorno.figures import theme
from retorno.figures.referral.periods import periods
from retorno.figures.referral.retention import retention as retention_figure
from retorno.findings import find
from retorno.referral.alike.covariates import Covariates
from retorno.referral.links import Links
from retorno.referral.staying import (
    adjusted,
    hazard,
    hidden,
    proportional,
    readings,
    referrer_left,
    restricted,
    retention,
)
from retorno.referral.tenure import MONTH_DAYS, OTHER, REFERRED, follow
from retorno.report.markdown import mathml
from retorno.stats.cox import hazard_ratio
from retorno.stats.survival import log_rank
from retorno.tables import connect, read

MODULES = (retention, restricted, readings, proportional, adjusted, referrer_left, hidden)
DEFINITIONS = [d for module in MODULES for d in module.DEFINITIONS]
DAY0 = date(2024, 1, 1)
OPTIONS = {"level": 0.95, "min_group": 2}
Z = stats.norm.ppf(0.975)
BY_HAND = [  # customer, joined, left, referred; horizon 2 months, 60.875 days; last day 100
    ("R1", 0, None, 1),
    ("R2", 0, 40, 1),
    ("R3", 0, 20, 1),
    ("R4", 0, None, 1),
    ("O1", 0, None, 0),
    ("O2", 0, 50, 0),
    ("O3", 0, 30, 0),
    ("O4", 0, 60, 0),
]


def followed(rows, *, until, horizon, since=0):
    def day(n):
        return None if n is None else DAY0 + timedelta(days=n)

    frame = pd.DataFrame(
        [(name, day(joined), day(left), referred) for name, joined, left, referred in rows],
        columns=["customer_id", "joined_on", "left_on", "referred"],
    )
    period = {"observed_from": day(since).isoformat(), "observed_until": day(until).isoformat()}
    return follow(read("customers", frame, con=connect()), None, horizon_months=horizon, **period)


@pytest.fixture(scope="module")
def base():
    """A tenure whose arrays the worlds below replace."""
    return followed(BY_HAND, until=100, horizon=2)


def tenure_of(base, days, left, referred, *, entry=None, joined=None, reach=None, horizon=36):
    n = len(days)
    days = np.asarray(days, dtype=int)
    return replace(
        base,
        days=days,
        left=np.asarray(left, dtype=bool),
        referred=np.asarray(referred, dtype=bool),
        reach=np.full(n, 10_000) if reach is None else np.asarray(reach),
        entry=np.zeros(n, dtype=int) if entry is None else np.asarray(entry),
        joined=np.zeros(n, dtype=int) if joined is None else np.asarray(joined),
        ids=np.array([f"C{i}" for i in range(n)], dtype=object),
        horizon_months=horizon,
    )


def stated(result):
    return {finding.id: finding for finding in result.findings()}


def known(columns, *, names=("kind",), complete=None):
    """Return covariates of which `columns`, shape (n, k), are the design."""
    design = np.asarray(columns, dtype=float).reshape(len(columns), -1)
    complete = np.isfinite(design).all(axis=1) if complete is None else complete
    return Covariates(names, design, names, complete, None)


@pytest.fixture(scope="module")
def by_hand(base):
    return retention.retention(base, **OPTIONS)


# Shares, months and their difference


def test_months_up_to_the_horizon_by_hand(by_hand):
    """Referred: 20 + 20 * 3/4 + 20.875 * 1/2 = 45.4375 days; others 30 + 20 * 3/4 + 10 * 1/2 + 0.875 / 4.

    The referred stay less, though more of them are there at the end. Greenwood's terms 1/12 and 1/6, and for the
    others 1/2, times the squared areas after 20 and 40; after 30, 50 and 60.
    """
    found = stated(restricted.restricted(by_hand))["retention.restricted_mean"]
    gap = 45.4375 - 50.21875
    after = np.array([25.4375, 10.4375]), np.array([20.21875, 5.21875, 0.21875])
    variance = after[0] ** 2 @ [1 / 12, 1 / 6] + after[1] ** 2 @ [1 / 12, 1 / 6, 1 / 2]
    assert found.estimate == pytest.approx(gap / MONTH_DAYS, rel=1e-12)
    half = Z * np.sqrt(variance) / MONTH_DAYS
    bounds = gap / MONTH_DAYS - half, gap / MONTH_DAYS + half
    assert (found.ci_low, found.ci_high) == pytest.approx(bounds, rel=1e-12)
    assert (found.verdict, found.unit) == ("undecided", "months per customer")
    assert "stays 1.5 months on average, another 1.6 months" in found.sentence


def test_shares_side_by_side_by_hand(by_hand):
    """Shares 1/2 and 1/4: ratio 2, log error sqrt(1/4 + 3/4) = 1; apart 1/4, variance 1/16 + 3/64."""
    found = stated(readings.readings(restricted.restricted(by_hand)))
    ratio, apart = found["retention.share_ratio"], found["retention.share_difference"]
    assert ratio.estimate == pytest.approx(2, rel=1e-12)
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx(
        (2 * np.exp(-Z), 2 * np.exp(Z)), rel=1e-12
    )
    assert apart.estimate == pytest.approx(1 / 4, rel=1e-12)
    half = Z * np.sqrt(1 / 16 + 3 / 64)
    assert (apart.ci_low, apart.ci_high) == pytest.approx((0.25 - half, 0.25 + half), rel=1e-12)


def test_each_quantity_has_its_own_words(base):
    """A hazard 30 % lower, and in each row of the table another number for the same two curves."""
    rng = np.random.default_rng(2)
    referred = rng.random(8_000) < 0.5
    days = np.ceil(rng.exponential(np.where(referred, 900 / 0.7, 900)))
    tenure = tenure_of(base, np.minimum(days, 1500), days <= 1500, referred)
    result = readings.readings(restricted.restricted(retention.retention(tenure)))
    frame = result.to_frame()
    assert len(frame) == 4
    hazard_row, ratio, points, life = frame.words
    assert re.fullmatch(r"at any time, [\d.]+% less likely to be the next to leave", hazard_row)
    assert re.fullmatch(r"[\d.]+% more of them still there after 36 months", ratio)
    assert re.fullmatch(r"the share still there is [\d.]+ points higher after 36 months", points)
    assert re.fullmatch(r"on average there for [\d.]+ months longer, out of 36 months", life)
    sentence = stated(result)["retention.share_ratio"].sentence
    change = re.search(r"[\d.]+%", hazard_row)[0]
    assert f"not {change}, by which their hazard of leaving is lower" in sentence
    swapped = replace(tenure, referred=~referred)
    other = readings.readings(restricted.restricted(retention.retention(swapped))).to_frame()
    assert "more likely to be the next to leave" in other.words[0]
    assert "fewer of them still there" in other.words[1]
    assert "points lower" in other.words[2]
    assert "months less" in other.words[3]


def test_swapping_the_groups_turns_ratios_over_and_flips_differences(base):
    rng = np.random.default_rng(3)
    referred = rng.random(500) < 0.4
    days = np.ceil(rng.exponential(np.where(referred, 800, 600)))
    tenure = tenure_of(base, np.minimum(days, 1200), days <= 1200, referred)
    one, other = (_all(t) for t in (tenure, replace(tenure, referred=~referred)))
    for name in ("retention.hazard_ratio", "retention.share_ratio"):
        assert one[name].estimate * other[name].estimate == pytest.approx(1, rel=1e-8)
        assert one[name].ci_low * other[name].ci_high == pytest.approx(1, rel=1e-8)
    for name in ("retention.restricted_mean", "retention.share_difference"):
        assert one[name].estimate == pytest.approx(-other[name].estimate, rel=1e-9)
    for name in (
        "retention.log_rank_p",
        "retention.proportional_p",
        "retention.e_value",
        "retention.e_value.bound",
    ):
        assert one[name].estimate == pytest.approx(other[name].estimate, rel=1e-6)


def _all(tenure, **options):
    kept = retention.retention(tenure, **options)
    months = restricted.restricted(kept)
    parts = (
        kept,
        months,
        readings.readings(months),
        proportional.proportional(tenure, kept),
        hidden.hidden(kept),
    )
    return {finding.id: finding for part in parts for finding in part.findings()}


def test_log_rank_says_how_many_would_have_left_at_one_pace(by_hand):
    """Ends at 20 (R) of 4 and 4, 30 (O) of 3 and 4, 40 (R) of 3 and 3, 50 (O) of 2 and 3, 60 (O) of 2 and 2.

    Of the referred 1/2 + 3/7 + 1/2 + 2/5 + 1/2 = 2.329 were expected; variance the sum of share (1 - share).
    """
    found = stated(by_hand)["retention.log_rank_p"]
    shares = np.array([1 / 2, 3 / 7, 1 / 2, 2 / 5, 1 / 2])
    chi2 = (2 - shares.sum()) ** 2 / (shares * (1 - shares)).sum()
    assert found.estimate == pytest.approx(stats.chi2.sf(chi2, 1), rel=1e-9)
    assert (
        "2 referred customers left, where the pace of all would have made it 2.3" in found.sentence
    )
    assert "is not shown" in found.sentence


# Late entry

LATE = [
    *((f"R{i}", joined, left, 1) for i, (joined, left) in enumerate([(-60, 20), (-60, None), (0, 50), (0, None)])),
    *((f"O{i}", joined, left, 0) for i, (joined, left) in enumerate([(-30, 10), (0, 45), (0, None), (0, None)])),
    ("gone", -90, 0, 1),
    ("early", -90, -5, 0),
]  # fmt: skip


def test_late_entry_by_hand():
    """Referred: two from the start, two in sight from day 60 of tenure on. One of two leaves on 50, one of three on 80.

    Share beyond three months, 91.3 days: 1/2 * 2/3. Others: one in sight from 30 on leaves on 40 of four, one on 45
    of three: 3/4 * 2/3. Who left on the first day or before is not in sight.
    """
    tenure = followed(LATE, until=100, horizon=3)
    assert tenure.late == 3
    kept = retention.retention(tenure, level=0.95, min_group=1)
    found = stated(kept)
    assert found["retention.referred"].estimate == pytest.approx(1 / 3, rel=1e-12)
    assert found["retention.other"].estimate == pytest.approx(1 / 2, rel=1e-12)
    assert {f.method.endswith(", late entry") for f in found.values()} == {True}
    words = "3 customers had joined before the first day of data .* 2 referred, 1 other"
    assert re.search(words, kept.caption())
    assert re.search(words, kept.at_risk().table_caption())
    gap = restricted.restricted(kept)
    # 50 + 30/2 + 11.3125/3 against 40 + 5 * 3/4 + 46.3125/2.
    days = 50 + 15 + 11.3125 / 3 - (40 + 3.75 + 46.3125 / 2)
    assert gap.gap.value * MONTH_DAYS == pytest.approx(days, rel=1e-12)


def test_ignoring_late_entry_would_make_customers_look_loyal(base):
    """Half joined before the first day; those of them who left before it are missing. Truth 0.5 after 20 months.

    Without entry the curve would lie some 10 points higher.
    """
    rng = np.random.default_rng(4)
    n, half_life = 20_000, 20 * MONTH_DAYS
    joined = rng.integers(-900, 900, n)
    leaving = joined + np.ceil(rng.exponential(half_life / np.log(2), n)).astype(int)
    seen = leaving > 0
    joined, leaving = joined[seen], leaving[seen]
    days, left = np.minimum(leaving, 1700) - joined, leaving <= 1700
    referred = rng.random(seen.sum()) < 0.5
    tenure = tenure_of(base, days, left, referred, entry=np.maximum(-joined, 0), joined=joined,
                       reach=1700 - joined, horizon=20)  # fmt: skip
    kept = retention.retention(tenure)
    late = {"entry": tenure.entry}
    assert kept.ratio == hazard_ratio(days, left, referred, level=0.95, **late)
    assert kept.hazard.test == log_rank(days, left, referred, **late)
    assert kept.hazard.test != log_rank(days, left, referred)
    right = kept.share(REFERRED)
    wrong = retention.retention(replace(tenure, entry=np.zeros(days.size, int))).share(REFERRED)
    assert abs(right.value - 0.5) < 4 * right.se
    assert wrong.value > 0.57


def test_a_curve_that_would_begin_with_nobody_is_refused_and_says_why(base):
    """All but one of the referred come into sight on day 200: their first days are not known; the ratio still is."""
    rng = np.random.default_rng(5)
    days = rng.integers(250, 1500, 200)
    left, referred = rng.random(200) < 0.7, np.arange(200) < 100
    entry = np.where(referred & (np.arange(200) > 0), 200, 0)
    tenure = tenure_of(base, days, left, referred, entry=entry, joined=-entry)
    found = _all(tenure)
    assert found["retention.referred"].verdict == "refused"
    assert (
        'in the group "Referred" only 1 customer is in sight'
        in found["retention.referred"].sentence
    )
    assert "in the first 200 days" in found["retention.referred"].sentence
    assert found["retention.other"].verdict != "refused"
    for name in (
        "retention.restricted_mean",
        "retention.share_ratio",
        "retention.share_difference",
    ):
        assert found[name].verdict == "refused"
    assert found["retention.hazard_ratio"].estimate is not None
    assert found["retention.log_rank_p"].estimate is not None


def test_few_in_sight_at_first_are_warned_of(base):
    """20 referred in sight from joining on, 80 from day 200 on: the curve rests on 20, though 100 reach the horizon."""
    rng = np.random.default_rng(6)
    days, referred = rng.integers(250, 1500, 200), np.arange(200) < 100
    entry = np.where(referred & (np.arange(200) >= 20), 200, 0)
    tenure = tenure_of(base, days, np.ones(200, bool), referred, entry=entry, joined=-entry)
    found = stated(retention.retention(tenure))
    assert "Only 20 units stand behind" in found["retention.referred"].sentence
    assert "Only" not in found["retention.other"].sentence


def test_nobody_leaving_in_a_group_leaves_no_error(base):
    days = np.array([1300] * 20 + list(range(300, 320)))
    tenure = tenure_of(base, days, np.arange(40) >= 20, np.arange(40) < 20)
    found = _all(tenure)
    for name in (
        "retention.restricted_mean",
        "retention.share_ratio",
        "retention.share_difference",
    ):
        assert found[name].verdict == "refused"
        assert 'nobody of the group "Referred" left within 36 months' in found[name].sentence
    assert "who left: 0; at least 5" in found["retention.log_rank_p"].sentence
    assert (
        found["retention.e_value"].verdict == found["retention.proportional_p"].verdict == "refused"
    )


def test_nobody_left_at_the_horizon_gives_months_but_no_ratio_of_shares(base):
    """All 20 others have left before day 400: their share is 0, their months are known."""
    rng = np.random.default_rng(7)
    days = np.concatenate([rng.integers(300, 1500, 20), rng.integers(100, 400, 20)])
    tenure = tenure_of(base, days, np.ones(40, bool), np.arange(40) < 20)
    found = _all(tenure)
    assert 'nobody of the group "Other" is still there' in found["retention.share_ratio"].sentence
    assert found["retention.restricted_mean"].estimate > 0


def test_counts_at_risk_stand_at_few_months(by_hand, base):
    """Referred: 4 at joining, 3 beyond 30.4 days, 2 beyond 60.9. Over 36 months every sixth is shown."""
    frame = by_hand.at_risk().to_frame()
    assert frame.month.tolist() == [0, 1, 2]
    assert (frame.referred.tolist(), frame.other.tolist()) == ([4, 3, 2], [4, 3, 1])
    assert frame.referred_share.tolist() == pytest.approx([1, 3 / 4, 1 / 2])
    table = by_hand.at_risk()
    assert set(table.columns()) == set(frame.columns)
    rng = np.random.default_rng(1)
    long = tenure_of(base, rng.integers(300, 1500, 60), np.ones(60, bool), np.arange(60) < 30)
    assert retention.retention(long).at_risk().months.tolist() == [0, 6, 12, 18, 24, 30, 36]


# One ratio at all times?


def turning(base, late_ratio=1.6, seed=8, n=6_000, horizon=36):
    """Return a world whose hazard ratio is 0.5 in the first 12 months and `late_ratio` after them."""
    rng = np.random.default_rng(seed)
    referred, hazard_of_others = rng.random(n) < 0.5, 1 / 800
    turn = 12 * MONTH_DAYS
    early = rng.exponential(1 / (hazard_of_others * np.where(referred, 0.5, 1)))
    late = turn + rng.exponential(1 / (hazard_of_others * np.where(referred, late_ratio, 1)))
    days = np.ceil(np.where(early < turn, early, late)).astype(int)
    return tenure_of(base, np.minimum(days, 1400), days <= 1400, referred, horizon=horizon)


def test_a_ratio_that_turns_is_found_and_shown_by_period(base):
    """0.5 in year one, 1.6 after it: each period's interval holds its own, and the words say what the single one is."""
    tenure = turning(base)
    result = proportional.proportional(tenure, retention.retention(tenure))
    assert [p.name for p in result.periods] == [
        "months 1 to 12",
        "months 13 to 24",
        "months 25 to 36",
    ]
    for period, truth in zip(result.periods, (0.5, 1.6, 1.6), strict=True):
        assert period.ratio.ci_low < truth < period.ratio.ci_high
    finding = stated(result)["retention.proportional_p"]
    assert finding.estimate < 1e-6
    assert "does not stay the same" in finding.sentence
    assert "no statement about any one month" in finding.sentence
    assert re.search(
        r"goes from 0\.\d\d in months 1 to 12 to 1\.\d\d in months 25 to 36", finding.sentence
    )
    assert (
        result.title() == "The hazard ratio lies on one side of 1 at first and on the other later"
    )
    fading = proportional.proportional(t := turning(base, 0.9), retention.retention(t))
    assert fading.title() == "The hazard ratio comes nearer to 1 the longer customers stay"
    growing = proportional.proportional(t := turning(base, 0.2), retention.retention(t))
    assert growing.title() == "The hazard ratio moves away from 1 the longer customers stay"


def test_one_ratio_is_not_called_a_change(base):
    tenure = turning(base, 0.5)
    result = proportional.proportional(tenure, retention.retention(tenure))
    assert "is not shown" in stated(result)["retention.proportional_p"].sentence
    assert result.title() == "No change of the hazard ratio with time is shown"


def test_a_period_counts_to_the_day(base):
    """Month 17 starts after exactly 487 days: who leaves on that day has not reached it, and left in month 16.

    Halves of 32 months: the first holds days 0 to 487. Its ratio is that of Cox's model cut there, the second's
    that of those beyond, who come into sight there.
    """
    rng = np.random.default_rng(9)
    days = rng.integers(0, 1200, 300)
    days[:20] = 487
    left, referred = rng.random(300) < 0.8, rng.random(300) < 0.5
    left[:20] = True
    tenure = tenure_of(base, days, left, referred, horizon=16)
    first, second = proportional.proportional(tenure, retention.retention(tenure)).periods
    assert (first.first, first.last, second.first, second.last) == (1, 8, 9, 16)
    at = 8 * MONTH_DAYS
    assert sum(first.left.values()) == (left & (days <= at)).sum()
    assert sum(second.left.values()) == (left & (days > at) & (days <= 487)).sum()
    cut = hazard_ratio(np.minimum(days, at), left & (days <= at), referred, level=0.95)
    assert first.ratio.value == pytest.approx(cut.value, rel=1e-9)
    beyond = days > at
    rest = hazard_ratio(
        np.minimum(days, 487)[beyond],
        (left & (days <= 487))[beyond],
        referred[beyond],
        level=0.95,
        entry=np.full(beyond.sum(), at),
    )
    assert second.ratio.value == pytest.approx(rest.value, rel=1e-9)


@pytest.mark.parametrize(
    ("horizon", "edges"),
    [(1, [0, 1]), (2, [0, 1, 2]), (23, [0, 12, 23]), (24, [0, 12, 24]), (36, [0, 12, 24, 36]), (40, [0, 12, 24, 40])],
)  # fmt: skip
def test_periods_are_years_or_halves(horizon, edges):
    assert proportional._edges(horizon) == edges


def test_a_period_in_which_few_leave_has_no_ratio(base):
    """Everybody but three leaves in year one."""
    rng = np.random.default_rng(10)
    days = rng.integers(1, 300, 100)
    days[:10] = [400, 500, 600, *([1300] * 7)]
    tenure = tenure_of(base, days, days < 1300, np.arange(100) % 2 == 0)
    result = proportional.proportional(tenure, retention.retention(tenure))
    assert [p.ratio is None for p in result.periods] == [False, True, True]
    assert np.isnan(result.to_frame().ratio[1])
    assert "2 periods have no ratio: fewer than 5" in result.table_caption()


def test_everybody_leaving_on_one_day_gives_no_test(base):
    tenure = tenure_of(base, [500] * 40, [True] * 30 + [False] * 10, np.arange(40) % 2 == 0)
    result = proportional.proportional(tenure, retention.retention(tenure))
    assert "too few different days" in stated(result)["retention.proportional_p"].sentence


# At equal covariates


def confounded(base, n=4_000, seed=11):
    """Return a world in which being referred does nothing, but the loyal kind is referred more often."""
    rng = np.random.default_rng(seed)
    loyal = rng.random(n) < 0.5
    referred = rng.random(n) < np.where(loyal, 0.8, 0.2)
    days = np.ceil(rng.exponential(np.where(loyal, 1500, 500))).astype(int)
    return tenure_of(base, np.minimum(days, 1300), days <= 1300, referred), loyal


def test_the_loyal_kind_alone_makes_a_crude_ratio_and_no_adjusted_one(base):
    """Truth 1 at equal kind; crude about 0.5."""
    tenure, loyal = confounded(base)
    result = adjusted.adjusted_hazard(tenure, known(loyal))
    finding = stated(result)["retention.hazard_ratio.adjusted"]
    assert result.crude.ci_high < 0.65
    assert finding.ci_low < 1 < finding.ci_high
    assert "no difference is shown" in finding.sentence
    assert (
        f"without covariates, among the same customers: {result.crude.value:.2f}"
        in finding.sentence
    )
    assert "only if customers alike in kind" in finding.sentence
    frame = result.to_frame()
    assert frame.column.tolist() == ["Referred", "kind"]
    assert frame.ratio[1] == pytest.approx(1 / 3, rel=0.15)
    assert set(result.columns()) <= set(frame.columns)


def test_errors_by_family_are_larger_where_families_leave_together(base):
    """Pairs in which both are referred or neither is, and both leave on one day: half the customers tell as much.

    Errors by family are about sqrt(2) of the others.
    """
    rng = np.random.default_rng(12)
    n = 600
    referred, kind = np.repeat(rng.random(n) < 0.5, 2), np.repeat(rng.random(n) < 0.5, 2)
    days = np.repeat(np.ceil(rng.exponential(700, n)).astype(int), 2)
    tenure = tenure_of(base, np.minimum(days, 1300), days <= 1300, referred)
    referrer = np.where(np.arange(2 * n) % 2 == 1, np.arange(2 * n) - 1, -1)
    links = Links(tenure, referrer, np.zeros(2 * n, int), None, {})
    plain = adjusted.adjusted_hazard(tenure, known(kind))
    paired = adjusted.adjusted_hazard(tenure, known(kind), links=links)
    assert paired.ratio.value == pytest.approx(plain.ratio.value, rel=1e-12)
    assert paired.ratio.se / plain.ratio.se == pytest.approx(np.sqrt(2), rel=0.1)
    assert "600 families" in stated(paired)["retention.hazard_ratio.adjusted"].method


def test_customers_with_an_empty_cell_are_left_out_and_counted(base):
    tenure, loyal = confounded(base, n=400)
    gaps = np.where(np.arange(400) < 30, np.nan, loyal)
    result = adjusted.adjusted_hazard(tenure, known(gaps))
    finding = stated(result)["retention.hazard_ratio.adjusted"]
    assert finding.n == 370
    assert "30 customers of whom one of them is not known are left out" in finding.sentence
    some = np.arange(400) >= 30
    alone = tenure_of(base, tenure.days[some], tenure.left[some], tenure.referred[some])
    same = adjusted.adjusted_hazard(alone, known(loyal[some]))
    assert finding.estimate == pytest.approx(same.ratio.value, rel=1e-9)


def test_what_cannot_be_adjusted_is_refused_with_its_reason(base):
    tenure, loyal = confounded(base, n=200)
    none = Covariates(
        (), np.empty((200, 0)), (), np.ones(200, bool), "Not stated: no column is named."
    )
    cases = [
        (tenure, none, "no column is named"),
        (tenure, known(tenure.referred), "tells who was referred for sure"),
        (tenure, known(np.ones(200)), "is the same for all"),
        (tenure, known(tenure.left & (tenure.days < 100)), "no finite value"),
        (tenure, known(loyal, complete=np.arange(200) < 4), "of whom all covariates are known"),
    ]
    for followed_so, covariates, words in cases:
        finding = stated(adjusted.adjusted_hazard(followed_so, covariates))[
            "retention.hazard_ratio.adjusted"
        ]
        assert finding.verdict == "refused", words
        assert words in finding.sentence


def test_many_columns_for_few_who_left_are_warned_of(base):
    rng = np.random.default_rng(13)
    days, left = rng.integers(100, 1300, 80), np.arange(80) < 40
    tenure = tenure_of(base, days, left, rng.random(80) < 0.5)
    result = adjusted.adjusted_hazard(
        tenure, known(rng.normal(size=(80, 6)), names=tuple("abcdef"))
    )
    sentence = stated(result)["retention.hazard_ratio.adjusted"].sentence
    assert "7 columns stand against 40 customers who left" in sentence


# Whether the referrer left


def test_rows_before_and_after_by_hand():
    """Days 100 each. Referrer leaves on 30: two rows. Never: one before. Before joining: one after. On day 0: day 0 is
    before. After coming into sight on 50 but at 40: one after. On the last day: one before, the end in it.
    """
    since = [30, np.inf, -5, 0, 40, 100]
    rows = referrer_left.split([100] * 6, [True] * 6, [0, 0, 0, 0, 50, 0], since)
    spans = sorted(zip(rows.unit, rows.after, rows.start, rows.stop, rows.ended, strict=True))
    assert [tuple(map(float, span)) for span in spans] == [
        (0, 0, 0, 30, 0),
        (0, 1, 30, 100, 1),
        (1, 0, 0, 100, 1),
        (2, 1, 0, 100, 1),
        (3, 0, 0, 0, 0),
        (3, 1, 0.5, 100, 1),
        (4, 1, 50, 100, 1),
        (5, 0, 0, 100, 1),
    ]


def dyads(n, theta, rng):
    """Return joined, stay and since (days of tenure when customer and referrer leave) of n referred, and the last day.

    The hazard of 1/600 is theta-fold after the referrer left, who leaves at 1/700 from the customer's joining on.
    """
    joined = rng.integers(0, 1000, n)
    since = np.ceil(rng.exponential(700, n)).astype(int)
    own = np.ceil(rng.exponential(600, n)).astype(int)
    later = since + np.ceil(rng.exponential(600 / theta, n)).astype(int)
    stay = np.where(own <= since, own, later)
    return joined, stay, since, 1600


def linked(base, joined, stay, since, last):
    """Return links of customers, the first half of the arrays, to a referrer each, the second half."""
    n = joined.size
    leaving, gone = joined + stay, joined + since
    days = np.concatenate([np.minimum(leaving, last) - joined, np.minimum(gone, last) + 1])
    left = np.concatenate([leaving <= last, gone <= last])
    both = np.concatenate([joined, np.full(n, -1)])  # referrers joined the day before the first
    tenure = tenure_of(base, days, left, np.arange(2 * n) < n, joined=both, reach=last - both)
    referrer = np.concatenate([np.arange(n, 2 * n), np.full(n, -1)])
    return Links(tenure, referrer, np.bincount(referrer[:n], minlength=2 * n), None, {})


def test_immortal_time_would_hide_what_the_rows_show(base):
    """Truth 1: the referrer's leaving changes nothing. Who ever saw the referrer leave stayed long enough to see it.

    Comparing them with the rest says the referrer's leaving nearly halves the hazard; rows by day say 1.
    """
    links = linked(base, *dyads(4_000, 1.0, np.random.default_rng(14)))
    result = referrer_left.referrer_left(links)
    finding = stated(result)["retention.referrer_left.hazard_ratio"]
    assert finding.ci_low < 1 < finding.ci_high
    assert "The data do not say" in finding.sentence
    tenure = links.tenure
    n = 4_000
    saw = tenure.left[n:] & (
        tenure.joined[n:] + tenure.days[n:] < tenure.joined[:n] + tenure.days[:n]
    )
    naive = hazard_ratio(tenure.days[:n], tenure.left[:n], saw, level=0.95)
    assert naive.ci_high < 0.7


@pytest.mark.parametrize(
    ("theta", "words"), [(2.0, "Do they stay only as long"), (0.5, "It does not look like it")]
)
def test_what_a_leaving_referrer_does_is_found(base, theta, words):
    result = referrer_left.referrer_left(
        linked(base, *dyads(3_000, theta, np.random.default_rng(15)))
    )
    finding = stated(result)["retention.referrer_left.hazard_ratio"]
    assert finding.ci_low < theta < finding.ci_high
    assert words in finding.sentence
    assert "?" in finding.sentence
    frame = result.to_frame()
    assert frame.left.sum() == result.left[True] + result.left[False]
    pace = frame.left_per_100_months
    assert (pace[1] > pace[0]) == (theta > 1)
    assert set(result.columns()) == set(frame.columns)


def test_rows_give_what_lifelines_time_varying_model_does(base):
    """CoxTimeVaryingFitter on the same rows; whole days from 1 on, since it takes no row of length 0."""
    from lifelines import CoxTimeVaryingFitter

    links = linked(base, *dyads(300, 1.5, np.random.default_rng(16)))
    tenure, n = links.tenure, 300
    since = np.where(tenure.left[n:], tenure.days[n:] - 1 - tenure.joined[:n], np.inf)
    rows = referrer_left.split(tenure.days[:n], tenure.left[:n], tenure.entry[:n], since)
    frame = pd.DataFrame(
        {
            "id": rows.unit,
            "start": rows.start,
            "stop": rows.stop,
            "ended": rows.ended,
            "after": rows.after * 1.0,
        }
    )
    fit = CoxTimeVaryingFitter().fit(
        frame[frame.stop > frame.start],
        id_col="id",
        event_col="ended",
        start_col="start",
        stop_col="stop",
    )
    ours = referrer_left.referrer_left(links).model
    assert ours.coef[0] == pytest.approx(fit.params_["after"], rel=1e-4)


def test_unknown_referrers_are_counted_and_few_leavers_refused(base):
    links = linked(base, *dyads(12, 1.0, np.random.default_rng(17)))
    unknown = replace(links, referrer=np.where(np.arange(24) < 4, -1, links.referrer))
    result = referrer_left.referrer_left(unknown, min_group=8)
    finding = stated(result)["retention.referrer_left.hazard_ratio"]
    assert finding.verdict == "refused"
    assert re.search(r"referred customers who left .*: \d; at least 8", finding.sentence)
    assert (result.unknown, result.customers) == (4, 8)
    assert "Of 4 more referred customers the referrer is not known" in result.table_caption()
    nobody = referrer_left.referrer_left(replace(links, referrer=np.full(24, -1)))
    assert stated(nobody)["retention.referrer_left.hazard_ratio"].verdict == "refused"


def test_a_referrer_in_sight_late_counts_from_the_customers_joining(base):
    """Customer joined on day 10 and left on 200; the referrer joined 50 days before the first, came into sight on it
    and left on day 100: 90 days before, 100 after.
    """
    tenure = tenure_of(
        base, [190, 150], [True, True], [True, False], entry=[0, 50], joined=[10, -50]
    )
    links = Links(tenure, np.array([1, -1]), np.array([0, 1]), None, {})
    result = referrer_left.referrer_left(links)
    assert (result.days[False], result.days[True]) == (90, 100)
    assert (result.left[False], result.left[True]) == (0, 1)


# Something hidden


@pytest.mark.parametrize(
    ("ratio", "printed"), [(10.73, 20.94777), (8.02, 15.52336), (3.9, 7.263034), (1.8, 3.0)]
)
def test_e_values_as_printed(ratio, printed):
    """Vignette of R's EValue: smoking and lung cancer, RR 10.73 from 8.02. VanderWeele and Ding (2017): breast feeding
    and infant death, RR 3.9 from 1.8, E-values 7.26 (all digits by R's episensr) and 3.0.
    """
    assert hidden.e_value(ratio, common=False) == pytest.approx(printed, rel=1e-6)
    assert hidden.e_value(1 / ratio, common=False) == pytest.approx(printed, rel=1e-6)


def test_a_common_outcome_by_hand():
    """Hazard ratio 1/4: (1 - 0.5**(1/2)) / (1 - 0.5**2) = 0.29289 / 0.75 = 0.39052; inverse 2.56066.

    E-value 2.56066 + sqrt(2.56066 * 1.56066) = 4.5598.
    """
    ratio = 0.75 / (1 - np.sqrt(0.5))
    assert ratio == pytest.approx(2.56066, abs=5e-6)
    expected = ratio + np.sqrt(ratio * (ratio - 1))
    assert hidden.e_value(0.25, common=True) == pytest.approx(expected, rel=1e-12)
    assert hidden.e_value(4, common=True) == pytest.approx(expected, rel=1e-12)
    assert hidden.e_value(1, common=True) == hidden.e_value(1, common=False) == 1
    with pytest.raises(ValueError, match="above 0 and finite"):
        hidden.e_value(0.0, common=True)


def test_the_limit_nearest_one_is_asked_about_and_is_one_when_the_interval_holds_it(base):
    tenure, loyal = confounded(base)
    kept = retention.retention(tenure)
    crude = hidden.hidden(kept)
    found = stated(crude)
    assert crude.common
    high = kept.ratio.ci_high
    assert found["retention.e_value.bound"].estimate == hidden.e_value(high, common=True)
    assert found["retention.e_value"].estimate > found["retention.e_value.bound"].estimate > 1
    assert "beyond what" not in found["retention.e_value"].sentence
    # What is behind it is stronger: four times as many loyal among the referred, who leave a third as fast.
    at_equal = hidden.hidden(kept, adjusted.adjusted_hazard(tenure, known(loyal)))
    found = stated(at_equal)
    assert found["retention.e_value.bound"].estimate == 1
    assert "nothing hidden is needed" in found["retention.e_value.bound"].sentence
    assert "beyond what is taken into account already: kind." in found["retention.e_value"].sentence
    refused = Covariates((), np.empty((4_000, 0)), (), np.ones(4_000, bool), "Not stated.")
    assert hidden.hidden(kept, adjusted.adjusted_hazard(tenure, refused)).ratio == kept.ratio


def test_few_leaving_leaves_the_hazard_ratio_as_a_risk_ratio(base):
    """5 % and 10 % leave: 0.5 stays about 0.5, without the turn for a common outcome."""
    rng = np.random.default_rng(18)
    left = rng.random(2_000) < np.where(np.arange(2_000) < 1_000, 0.05, 0.10)
    tenure = tenure_of(
        base, np.where(left, rng.integers(1, 1000, 2_000), 1300), left, np.arange(2_000) < 1_000
    )
    kept = retention.retention(tenure)
    result = hidden.hidden(kept)
    assert not result.common
    assert result.value == hidden.e_value(kept.ratio.value, common=False)
    assert "taken as a risk ratio" in stated(result)["retention.e_value"].method


# Definitions, tables, figures


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.id)
def test_each_finding_has_a_definition_the_report_can_show(definition):
    assert find(DEFINITIONS, definition.id) is definition
    assert definition.formula
    mathml(definition.formula, display="block")


def test_every_finding_is_defined_with_its_unit(base):
    tenure, loyal = confounded(base, n=400)
    kept = retention.retention(tenure)
    at_equal = adjusted.adjusted_hazard(tenure, known(loyal))
    left = referrer_left.referrer_left(linked(base, *dyads(300, 1.5, np.random.default_rng(19))))
    found = [*_all(tenure).values(), *at_equal.findings(), *left.findings()]
    assert {f.id for f in found} == {d.id for d in DEFINITIONS}
    assert all(f.unit == find(DEFINITIONS, f.id).unit and f.estimate is not None for f in found)
    tables = [
        kept.at_risk(),
        restricted.restricted(kept),
        proportional.proportional(tenure, kept),
        at_equal,
        left,
    ]
    tables.append(readings.readings(restricted.restricted(kept)))
    for table in tables:
        assert next(iter(table.columns())) in table.to_frame()
        assert set(table.columns()) <= set(table.to_frame().columns)
        assert table.table_caption().endswith(".")


def test_figures_say_in_words_what_they_draw(base):
    small, _ = confounded(base, n=300)
    many = turning(base, n=30_000)
    for tenure in (small, many, turning(base, 0.9, horizon=8), turning(base, 1.0, n=300)):
        kept = retention.retention(tenure)
        for draw, result in (
            (retention_figure, kept),
            (periods, proportional.proportional(tenure, kept)),
        ):
            check_words(drawn(draw, result))
            said = [result.title(), result.subtitle(), result.caption(), result.alternative()]
            assert all(said)
            assert len(set(said)) == 4
            assert re.search(r"\d", result.caption())
            assert not result.title().endswith(".")
            assert theme.svg(draw, result) == theme.svg(draw, result)


def test_counts_of_those_under_observation_stand_below_the_curves(base):
    small, _ = confounded(base, n=300)
    kept = retention.retention(small)
    words = {t.get_text() for ax in drawn(retention_figure, kept).axes for t in ax.texts}
    counts = kept.at_risk().to_frame()
    assert {str(n) for group in ("referred", "other") for n in counts[group]} <= words


def test_a_figure_without_anything_to_draw_says_why(base):
    empty = tenure_of(base, [5, 6], [True, False], [True, False], reach=[10, 10])
    kept = retention.retention(empty)
    for draw, result in (
        (retention_figure, kept),
        (periods, proportional.proportional(empty, kept)),
    ):
        check_words(drawn(draw, result))
        assert "at least 5" in result.caption() or "no ratio" in result.caption()


def test_hazard_keeps_its_place():
    """The answer of the study reads it from the retention module."""
    assert retention.HAZARD is hazard.HAZARD
    assert (OTHER, REFERRED) == (False, True)
