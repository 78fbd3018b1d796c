"""Intervals of the second life, the programme and the offers where the law is known in closed form.

A returned customer stays from month to month with chance q and brings m on average in each month there, on its first
day, so that month k brings m q**(k-1): with v = 1.1**(-30/365), K months are worth m v (1 - (qv)**K) / (1 - qv) and
what comes after them m v (qv)**K / (1 - qv). Customers are observed for a uniform number of days, to mid-month too.

The short version stands in for the full one, which judges every number as the definitions ask: 2,000 runs, coverage
of a 95 % interval between 0.93 and 0.97, |bias| at most 4 Monte Carlo standard errors + 0.1 standard error.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shared import judge

from retorno.reactivation.contact.campaign import Campaign
from retorno.reactivation.worth.monthly import Monthly
from retorno.reactivation.worth.offers import offers
from retorno.reactivation.worth.programme import programme
from retorno.reactivation.worth.returned import Returned, monthly_margins
from retorno.reactivation.worth.second_life import SecondLife

SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
MONTHS, RATE, MARGIN = 12, 0.10, 10.0
V = (1 + RATE) ** (-30 / 365)


def returned(rng, n, stay):
    """Return the months of n customers observed for up to 18 months, skewed margins of mean `MARGIN` a month."""
    observed = rng.integers(0, 18 * 30, n)[:, None] >= np.arange(30 * MONTHS)
    alive = np.arange(MONTHS) < rng.geometric(1 - stay, n)[:, None]
    totals = np.zeros((n, 30 * MONTHS))
    totals[:, ::30] = alive * rng.gamma(0.5, 2 * MARGIN, (n, MONTHS))
    found, reason = monthly_margins((totals * observed)[None], observed[None], level=0.95)
    assert reason is None
    return found


def worth(stay):
    """Return what the months observed are worth, and what comes after them."""
    x = stay * V
    return MARGIN * V * (1 - x**MONTHS) / (1 - x), MARGIN * V * x**MONTHS / (1 - x)


@pytest.mark.parametrize("runs", [SHORT, FULL])
@pytest.mark.parametrize(
    ("n", "bounds"), [(60, (0.92, 0.98)), (100, (0.93, 0.97)), (300, (0.93, 0.97))]
)
def test_the_observed_value_covers_the_discounted_sum(runs, n, bounds):
    """A third is observed to the end of the last month: 20 of 60; of 100 as many as the default asks for."""
    rng = np.random.default_rng(11)
    found = [returned(rng, n, 0.8).value(RATE, tail=False).total for _ in range(runs)]
    judge(f"second_life.value, none, {n}", worth(0.8)[0], found, bounds=bounds)


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_value_with_its_tail_covers_the_sum_without_end(runs):
    """800 customers, stay 0.85: 13 % of the value lies beyond 12 months; a tail is refused in very few runs."""
    rng = np.random.default_rng(12)
    months = [returned(rng, 800, 0.85) for _ in range(runs)]
    stated = [m.value(RATE, tail=True) for m in months if m.no_fade(RATE) is None]
    assert len(stated) > 0.97 * runs
    seen, rest = worth(0.85)
    judge("second_life.value, geometric", seen + rest, [valued.total for valued in stated])
    judge("second_life.tail_share", rest / (seen + rest), [valued.share for valued in stated])


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_where_a_tail_is_often_refused_the_others_make_it_a_little_short(runs):
    """200 customers, stay 0.8: a tail of 6 % is stated in six of ten runs, those that fall faster.

    Pinned: values stated are a little short; over 2,000 runs 1,242 were stated, and 0.936 of their intervals covered.
    """
    rng = np.random.default_rng(13)
    months = [returned(rng, 200, 0.8) for _ in range(runs)]
    stated = [m.value(RATE, tail=True).total for m in months if m.no_fade(RATE) is None]
    truth = sum(worth(0.8))
    covered = np.mean([e.ci_low <= truth <= e.ci_high for e in stated])
    print(f"tail stated in {len(stated)} of {runs} runs, coverage {covered:.3f}")
    assert 0.4 < len(stated) / runs < 0.9
    assert 0.88 < covered < 0.97


LIFE = 40.0  # mean value of a second life, drawn from 150 customers
BACK = {"holdout": 0.05, "email": 0.09, "voucher": 0.12}


def life(rng, n=150):
    """Return a second life of one month whose value is the mean of n draws."""
    brought = rng.exponential(LIFE, n)
    influence = (brought - brought.mean())[:, None] / np.sqrt(n * (n - 1))
    monthly = Monthly(np.array([brought.mean()]), influence, np.array([n]), n - 1, 0.95)
    found = Returned(monthly, np.array([n]), n, None)
    return SecondLife(found, None, 0.0, "none", "EUR", 0.95, 5)


def campaign_with(arm, back, cost):
    arms = {name: int((arm == name).sum()) for name in ["holdout", *sorted(set(arm) - {"holdout"})]}
    frame = pd.DataFrame({"arm": arm, "returned": back, "cost": cost})
    return Campaign(
        frame=frame,
        arms=arms,
        outcomes=("returned",),
        units={"returned": "share of customers"},
        money_outcome=None,
        return_outcome="returned",
        contact_cost=None,
        margin_rate=None,
        covariates=(),
        left_out={},
        arm_shares=dict.fromkeys(arms, 1 / len(arms)),
        currency="EUR",
        level=0.95,
        min_group=5,
    )


def drawn_campaign(rng, n, back, redeemed):
    """Return n customers in each arm, back with these chances; an offer costs `redeemed` more for who comes back."""
    arm = np.repeat(np.array(list(back), dtype=object), n)
    came = (rng.random(arm.size) < np.repeat(list(back.values()), n)).astype(float)
    cost = np.where(arm == "holdout", 0.0, 0.2) + came * np.repeat(
        [redeemed.get(name, 0.0) for name in back], n
    )
    return campaign_with(arm, came, cost)


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_programme_and_offers_cover_their_laws(runs):
    """1,500 in each arm; a voucher costs 14 when used, so it earns less than the e-mail that brings fewer back."""
    rng, n, fixed = np.random.default_rng(14), 1_500, 200.0
    gain = 2 * n * (0.105 - 0.05) * LIFE
    cost = 2 * n * 0.2 + n * 0.12 * 14 + fixed
    profit = {"email": 0.04 * LIFE - 0.2, "voucher": 0.07 * LIFE - 0.2 - 0.12 * 14}
    values, rois, best, leads = [], [], {name: [] for name in profit}, []
    for _ in range(runs):
        tests, second = drawn_campaign(rng, n, BACK, {"voucher": 14.0}), life(rng)
        found = programme(tests, second, fixed_cost=fixed)
        values.append(found.value.at(0.95))
        rois.append(found.roi.at(0.95))
        each = offers(tests, second)
        for arm in each.arms:
            best[arm.name].append(arm.profit)
        sign = 1 if each.best.name == "email" else -1
        low, high = sorted(sign * end for end in each.lead.interval)
        leads.append(replace(each.lead, value=sign * each.lead.value, ci_low=low, ci_high=high))
    judge("programme.value", gain - cost, values)
    judge("programme.roi", gain / cost - 1, rois)
    for name, estimates in best.items():
        judge(f"profit of {name}", profit[name], estimates)
    judge("programme.best_arm_lead", profit["email"] - profit["voucher"], leads)


@pytest.mark.parametrize("runs", [SHORT, FULL])
@pytest.mark.parametrize("arms", [2, 4])
def test_the_best_of_equal_arms_looks_better_than_it_is(runs, arms):
    """Pinned: with equal arms the best profit lies above its truth; its interval still covers 0.91 or more.

    The lead over the rival is 0 in truth and its interval, for all pairs together, covers at least 0.93 of the runs.
    """
    rng, n = np.random.default_rng(15), 800
    back = {"holdout": 0.05} | {f"arm {i}": 0.08 for i in range(arms)}
    truth = 0.03 * LIFE - 0.2
    best, covered, leads = [], 0, 0
    for _ in range(runs):
        found = offers(drawn_campaign(rng, n, back, {}), life(rng))
        best.append(found.best.profit.value)
        covered += found.best.profit.ci_low <= truth <= found.best.profit.ci_high
        leads += found.lead.ci_low <= 0 <= found.lead.ci_high
    print(f"{arms} arms: profit {np.mean(best):.3f} for {truth:.3f}, ", end="")
    print(f"coverage {covered / runs:.3f}, of the lead {leads / runs:.3f}")
    slack = 0 if runs > 1_950 else 3 * np.sqrt(0.95 * 0.05 / runs)
    assert np.mean(best) > truth
    assert covered / runs > 0.91 - slack
    assert leads / runs > 0.93 - slack
