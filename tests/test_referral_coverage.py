"""Intervals of the referral study on simulated worlds whose answers are known.

Worlds are drawn in parts, each cut into runs of a few hundred customers; each run is estimated as the study does.
The short version stands in for the full one, which judges every number as the definitions ask: 2,000 runs,
coverage of a 95 % interval between 0.93 and 0.97, |bias| at most 4 Monte Carlo standard errors + 0.1 standard
error of the estimator.
"""

from dataclasses import asdict, replace

import numpy as np
import pytest
from shared import judge

from retorno.referral import Assumptions, follow, links, programme
from retorno.referral.links import families
from retorno.referral.tenure import OTHER, REFERRED, month_start
from retorno.referral.worth.discounted import discounted_values
from retorno.referral.worth.value import Value
from retorno.simulate.referral import DEFAULTS, WORLDS, answers, simulate
from retorno.stats.clustered import clustered_mean
from retorno.stats.cox import hazard_ratio
from retorno.stats.survival import kaplan_meier
from retorno.tables import connect, read

HORIZON, SIZE, PART = 36, 300, 100  # months; customers a run; runs a part
PAYS = WORLDS["pays"]
CASES = {
    "pays": PAYS,
    "only_looks_better": WORLDS["only_looks_better"],
    "equal": replace(PAYS, gap=0.0, hazard_ratio=1.0, private_share=(0.2, 0.2)),
    "negative": replace(PAYS, gap=-2.5, hazard_ratio=1.2),
}
SHORT = pytest.param(100, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)


def part(world, runs, rng):
    """Yield for each run of a part: days, left, referred, family, and (who, margin) of each month."""
    tables = simulate(world, runs * SIZE, rng)
    con = connect()
    customers, margins = (
        read(name, tables.tables()[name], con=con) for name in ("customers", "margins")
    )
    tenure = follow(
        customers,
        margins,
        horizon_months=HORIZON,
        observed_until=tables.last_day.isoformat(),
    )
    months = [tenure.month(k) for k in range(1, HORIZON + 1)]
    family = families(links(tenure, customers), tenure.days.size)
    # Families stand together, so those next to each other are as good a run as any.
    for start in range(0, runs * SIZE, SIZE):
        run = slice(start, start + SIZE)
        rows = []
        for who, margin in months:
            a, b = np.searchsorted(who, [start, start + SIZE])
            rows.append((who[a:b] - start, margin[a:b]))
        number = np.unique(family[run], return_inverse=True)[1]
        yield tenure.days[run], tenure.left[run], tenure.referred[run], number, rows


def of_group(member, rows):
    """Return days-like positions and margins of one group, month by month."""
    within = np.cumsum(member) - 1
    return [(within[who[member[who]]], margin[member[who]]) for who, margin in rows]


def estimates_of(days, left, referred, family, rows, assumed):
    """Return what the study states of one run, by finding id."""
    found, groups, parts = {}, {}, {}
    clusters = int(family.max()) + 1
    for month in (1, 12):
        who, margin = rows[month - 1]
        one, two = (
            clustered_mean(margin[m], family[who[m]], clusters)
            for m in (referred[who], ~referred[who])
        )
        found[f"margin_gap.month_{month}"] = one.minus(two).at(0.95)
    for name, group in (("retention.referred", REFERRED), ("retention.other", OTHER)):
        member = referred == group
        curve = kaplan_meier(days[member], left[member], level=0.95)
        found[name] = curve.at(float(month_start(HORIZON + 1)))
        parts[group] = discounted_values(
            days[member],
            left[member],
            of_group(member, rows),
            annual_discount_rate=0.10,
            horizons=[HORIZON],
            family=family[member],
            families=clusters,
        )[HORIZON]
        groups[group] = parts[group].student
    found["retention.hazard_ratio"] = hazard_ratio(days, left, referred, level=0.95)
    n = {group: int((referred == group).sum()) for group in groups}
    together = {HORIZON: float(parts[REFERRED].parts @ parts[OTHER].parts)}
    value = Value(groups, n, n, HORIZON, 0.10, "EUR", 0.95, 5, covariance=together, linked=True)
    found["value_gap"] = value.gap.at(0.95)
    result = programme(value, assumed, rng=np.random.default_rng(1))
    stated = {f.id: f for f in result.findings()}
    for name in ("roi", "break_even.reward", "break_even.type_one"):
        found[name] = Stated(stated[name])
    return found


class Stated:
    """A finding in the words of an estimate."""

    def __init__(self, finding):
        self.value, self.ci_low, self.ci_high = finding.estimate, finding.ci_low, finding.ci_high


def all_runs(world, runs, seed):
    programme_of = {k: DEFAULTS[k] for k in ("reward_referrer", "reward_referred")}
    assumed = Assumptions(**programme_of, **asdict(world.programme))
    rng = np.random.default_rng(seed)
    for _ in range(0, runs, PART):
        for run in part(world, min(runs, PART), rng):
            yield estimates_of(*run, assumed)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_every_interval_covers_what_the_world_knows(runs, case):
    """300 customers a run, half of them referred; about 55 of a group are present in month 36.

    Customers of one family earn alike (0.3 between who brings and who is brought): taken one by one, as if they had
    nothing to do with each other, the intervals of the return held the truth in 0.85 to 0.94 of 100 runs.
    """
    world = CASES[case]
    truth = answers(world, **DEFAULTS)
    found = list(all_runs(world, runs, seed=20_240_503 + list(CASES).index(case)))
    for name in found[0]:
        judge(f"{case} {name}", truth[name], [one[name] for one in found])


def test_worlds_come_out_with_the_sign_they_have():
    """Truths alone: equal groups have no gap, the negative world lies below zero throughout."""
    equal, negative = (answers(CASES[case], **DEFAULTS) for case in ("equal", "negative"))
    for name in ("margin_gap.month_1", "margin_gap.month_12", "value_gap"):
        assert equal[name] == pytest.approx(0, abs=1e-12)
        assert negative[name] < 0
    assert equal["retention.hazard_ratio"] == 1
    assert negative["retention.hazard_ratio"] > 1


def test_where_all_would_have_come_anyway_the_return_is_that_of_the_cost_saved():
    """Type-one share 0: (1 - f) A / C - 1 = 0.95 * 20 / 30 - 1, whatever the draw."""
    world = replace(PAYS, programme=replace(PAYS.programme, type_one_share=0.0))
    expected = 0.95 * 20 / 30 - 1
    assert answers(world, **DEFAULTS)["roi"] == pytest.approx(expected, rel=1e-12)
    for one in all_runs(world, 3, seed=7):
        assert one["roi"].value == pytest.approx(expected, rel=1e-12)
        assert one["roi"].ci_low == pytest.approx(expected, rel=1e-12)
        assert one["roi"].ci_high == pytest.approx(expected, rel=1e-12)
