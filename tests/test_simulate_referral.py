"""The simulated referral world: answers by hand and by brute force, promises of the tables."""

import doctest
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from retorno import simulate
from retorno.errors import ParameterError
from retorno.simulate import referral
from retorno.simulate.referral import (
    DEFAULTS,
    WORLDS,
    Campaign,
    Programme,
    World,
    answers,
    arrivals,
    draw,
    families,
    parameters,
)

MONTH = 30.4375
PROGRAMME = Programme(type_one_share=0.5, acquisition_cost=4, fraud_share=0.2, admin_cost=1)


@pytest.fixture(scope="module")
def pays():
    return referral.simulate(WORLDS["pays"], 20_000, np.random.default_rng(7))


# The answers, by hand


def halving(**values):
    """Half of the others leave within 30 days, half of the rest within 60; the referred twice as fast."""
    rates = {"hazard": MONTH * np.log(2) / 30, "hazard_ratio": 2}
    world = World(PROGRAMME, margin=8, gap=4, erosion_months=2, private_margin=0, **rates)
    return replace(world, campaign=None, offspring=(0.0, 0.5), **values)


def test_three_months_by_hand():
    """A discount of one half a month (4,095 a year); month 2 starts on day 30.4375, month 3 on 60.875.

    On whole days, more than 30.4375 is an exponential time above 30, more than 60.875 one above 60,
    more than 91.3125 (three months) one above 91. Others: there 1, 1/2, 1/4, margin 8. Referred:
    there 1, 1/4, 1/16, margins 12, 10, 8.
    V other = 8/2 + 4/4 + 2/8 = 5.25; V = 12/2 + 2.5/4 + 0.5/8 = 6.6875; gap 1.4375.
    C = 2 + 1 + 1 = 4; (1-f)(p V + (1-p) A) = 0.8 (3.34375 + 2) = 4.275, so roi 0.06875; reward at roi 0:
    4.275 - 1 - 1; type one at roi 0: (4/0.8 - 4)/(6.6875 - 4); fraud at roi 0: 1 - 4/5.34375; published form
    1.4375/2 - 1.
    """
    found = answers(
        halving(),
        horizon_months=3,
        annual_discount_rate=4_095,
        reward_referrer=2,
        reward_referred=1,
    )
    shares = 2 ** (-182 / 30), 2 ** (-91 / 30)
    lives = [_life(half) for half in (15, 30)]
    expected = {
        "margin_gap.month_1": 4,
        "margin_gap.model.month_1": 4,
        "margin_gap.month_12": 0,
        "retention.referred": shares[0],
        "retention.other": shares[1],
        "retention.share_ratio": shares[0] / shares[1],
        "retention.share_difference": shares[0] - shares[1],
        "retention.restricted_mean": lives[0] - lives[1],
        "retention.hazard_ratio": 2,
        "retention.hazard_ratio.adjusted": 2,
        "retention.referrer_left.hazard_ratio": 1,
        "cascade.reproduction_number": 0,
        "value_gap": 1.4375,
        "value_gap.percent": 1.4375 / 5.25,
        "value_gap.adjusted": 1.4375,
        "roi.published_form": -0.28125,
        "roi": 0.06875,
        "break_even.reward": 2.275,
        "break_even.fraud": 1 - 4 / 5.34375,
        "break_even.type_one": 1 / 2.6875,
    }
    days = found.pop("cascade.generation_days")
    assert found == pytest.approx(expected, rel=1e-9)
    # A delay of mean 60 days has its median at 60 log 2 = 41.6, rounded up.
    assert days == 42


def _life(half):
    """Months of life up to 91.3125 days when half of those left leave every `half` days, on whole days."""
    lasting = [2 ** (-day / half) for day in range(92)]
    return (sum(lasting[:91]) + 0.3125 * lasting[91]) / MONTH


def test_break_evens_are_where_the_return_is_zero():
    """Set to the break-even, the reward and then the type one share give a return of 0."""
    for world in WORLDS.values():
        known = answers(world, **DEFAULTS)
        rules = {**DEFAULTS, "reward_referrer": known["break_even.reward"]}
        assert answers(world, **rules)["roi"] == pytest.approx(0, abs=1e-12)
        at = answers(world, **DEFAULTS, type_one_share=known["break_even.type_one"])
        assert at["roi"] == pytest.approx(0, abs=1e-12)


def test_worlds_have_the_same_customers_and_opposite_returns():
    """The gap of 1.55 + (0.35 - 0.20) 5 = 2.30 EUR a month, about a quarter, and the ratio 0.82 show in both."""
    pays, looks = (simulate.answers("referral", name) for name in ("pays", "only_looks_better"))
    assert pays["roi"] > 1
    assert looks["roi"] < -0.2
    of_the_programme = {"roi", "break_even.reward", "break_even.type_one", "break_even.fraud"}
    assert {k: v for k, v in pays.items() if k not in of_the_programme} == {
        k: v for k, v in looks.items() if k not in of_the_programme
    }
    assert pays["margin_gap.month_1"] == pytest.approx(2.3, rel=1e-9)
    assert pays["margin_gap.month_12"] == pytest.approx(1.55 * 19 / 30 + 0.75, rel=1e-9)
    assert pays["retention.hazard_ratio"] == 0.82
    assert pays["retention.referred"] > pays["retention.other"]


def test_equal_groups_have_no_gap():
    alike = {"gap": 0, "hazard_ratio": 1, "private_share": (0.2, 0.2)}
    found = answers(replace(WORLDS["pays"], **alike), **DEFAULTS)
    assert found["margin_gap.month_1"] == found["margin_gap.month_12"] == found["value_gap"] == 0
    assert found["retention.referred"] == found["retention.other"]
    assert found["roi.published_form"] == -1


def test_a_negative_gap_stays_negative():
    """A tenth less in margin, for good, outweighs somewhat longer stays."""
    world = replace(WORLDS["pays"], gap=-1.65, erosion_months=1e9)
    found = answers(world, **DEFAULTS)
    assert found["margin_gap.month_1"] == pytest.approx(-1.65 + 0.75, rel=1e-9)
    assert found["value_gap.adjusted"] < found["value_gap"] < 0


def test_with_nobody_type_one_only_saved_acquisition_counts():
    """(1-f) A / C - 1 with f 0.05, A 20, C 30: -0.36667."""
    found = answers(WORLDS["pays"], **DEFAULTS, type_one_share=0.0)
    assert found["roi"] == pytest.approx(0.95 * 20 / 30 - 1, rel=1e-12)


def test_doubled_money_doubles_values_and_leaves_returns():
    once = WORLDS["pays"]
    money = {"acquisition_cost": 40.0, "admin_cost": 10.0}
    doubled = {"margin": 16.0, "gap": 3.1, "private_margin": 10.0}
    twice = replace(once, **doubled, programme=replace(once.programme, **money))
    rules = {**DEFAULTS, "reward_referrer": 50.0}
    a, b = answers(once, **DEFAULTS), answers(twice, **rules)
    for name in ("margin_gap.month_1", "value_gap", "break_even.reward"):
        assert b[name] == pytest.approx(2 * a[name], rel=1e-12)
    for name in ("roi", "roi.published_form", "break_even.type_one", "retention.other"):
        assert b[name] == pytest.approx(a[name], rel=1e-12)


def test_what_the_user_sets_replaces_the_worlds_own_and_null_does_not():
    world = WORLDS["pays"]
    own = parameters(world)
    assert own.pop("covariates") == ["segment", "age", "region"]
    assert own.pop("review_cost") > 0
    # Day 600 after 2021-01-01 is 2022-08-24, and 42 days end on 2022-10-04.
    assert [own.pop(f"campaign_{end}") for end in ("from", "until")] == ["2022-08-24", "2022-10-04"]
    assert own == {
        "type_one_share": 0.40,
        "acquisition_cost": 20.0,
        "fraud_share": 0.05,
        "admin_cost": 5.0,
    }
    known = answers(world, **DEFAULTS)
    assert answers(world, **DEFAULTS, **own) == known
    assert answers(world, **DEFAULTS, **dict.fromkeys(own)) == known
    for name, other in {**own, "fraud_share": 0.0}.items():
        assert answers(world, **DEFAULTS, **{name: other / 2 + 0.01})["roi"] != known["roi"]
    assert answers(world, **DEFAULTS, level=0.9, min_group=5, observed_until=None) == known


def test_of_a_range_no_return_is_stated():
    known = answers(WORLDS["pays"], **DEFAULTS)
    without = {name for name in known if name != "roi" and not name.startswith("break_even")}
    for name in ("type_one_share", "fraud_share"):
        assert set(answers(WORLDS["pays"], **DEFAULTS, **{name: [0.1, 0.3]})) == without


def test_what_lies_beyond_the_data_is_left_out():
    """1,461 days are 48 months: month 48 starts on day 1,430.6 of tenure and ends on day 1,461,
    one after the longest tenure there can be. In 300 days nobody starts month 12 (day 334.8).
    """
    for horizon, values, shares in ((47, True, True), (48, True, False), (49, False, False)):
        found = answers(WORLDS["pays"], **{**DEFAULTS, "horizon_months": horizon})
        assert ("value_gap" in found) is ("roi" in found) is values
        assert ("retention.other" in found) is shares
    short = answers(replace(WORLDS["pays"], days=300, joining_days=100, campaign=None), **DEFAULTS)
    assert set(short) == {
        "margin_gap.month_1",
        "margin_gap.model.month_1",
        "retention.hazard_ratio",
        "retention.hazard_ratio.adjusted",
        "retention.referrer_left.hazard_ratio",
        "cascade.reproduction_number",
        "cascade.generation_days",
    }


def test_what_is_divided_by_nothing_is_left_out():
    """Nothing paid: no return. All fraud: no share of type one repays it."""
    free = {"reward_referrer": 0.0, "reward_referred": 0.0, "admin_cost": 0.0}
    found = answers(WORLDS["pays"], **{**DEFAULTS, **free})
    assert not {"roi", "roi.published_form"} & set(found)
    assert "break_even.type_one" not in answers(WORLDS["pays"], **DEFAULTS, fraud_share=1.0)


@pytest.mark.parametrize(("name", "value"), [("horizon_months", 0), ("annual_discount_rate", -1)])
def test_impossible_rules_are_refused(name, value):
    with pytest.raises(ParameterError, match=rf"{name}: wanted .* got {value}"):
        answers(WORLDS["pays"], **{**DEFAULTS, name: value})


# The answers, by brute force


def brute_force(drawn, rules, batches):
    """Return each finding in each of `batches` groups of customers, naively from the tables.

    A value is the mean of each customer's own discounted margins, a share that of those who could
    be followed to the horizon, and the hazard counts leavers over days: no Kaplan-Meier, no Cox.
    """
    horizon, last = rules["horizon_months"], pd.Timestamp(drawn.last_day)
    people = drawn.customers.assign(number=np.arange(len(drawn.customers)))
    followed = (last - people["joined_on"]).dt.days
    people["left"] = (people["left_on"] - people["joined_on"]).dt.days
    people["stays"] = ~(people["left"] <= MONTH * horizon)
    people["days"] = people["left"].fillna(followed)
    # Families stand together, so that parts of them in a row are as good as drawn apart.
    people["batch"] = people["number"] * batches // len(people)
    lines = drawn.margins.merge(people[["customer_id", "number", "batch", "referred"]])
    years = lines["month"] / 12
    discounted = lines["margin"] / (1 + rules["annual_discount_rate"]) ** years
    discounted = discounted[lines["month"] <= horizon].groupby(lines["number"]).sum()
    people["value"] = people["number"].map(discounted)

    def mean(column, rows):
        groups = rows.groupby(["referred", "batch"])[column].mean()
        return groups.loc[1], groups.loc[0]

    found = {}
    for month in (1, 12):
        margin = mean("margin", lines[lines["month"] == month])
        found[f"margin_gap.month_{month}"] = margin[0] - margin[1]
    shares = mean("stays", people[followed >= MONTH * horizon])
    found["retention.referred"], found["retention.other"] = shares
    days = mean("days", people)
    leaving = mean("leaves", people.assign(leaves=people["left"].notna()))
    found["retention.hazard_ratio"] = leaving[0] / days[0] / (leaving[1] / days[1])
    value, other = mean("value", people[followed >= MONTH * (horizon - 1)])
    found["value_gap"] = value - other
    found["value_gap.percent"] = value / other - 1
    followed_all = people[followed >= MONTH * horizon]
    lived = np.minimum(followed_all["left"].fillna(np.inf), MONTH * horizon) / MONTH
    lives = mean("lived", followed_all.assign(lived=lived))
    found["retention.restricted_mean"] = lives[0] - lives[1]
    made = people.groupby(
        people["referrer_id"].map(people.set_index("customer_id")["number"])
    ).size()
    early = people["joined_on"] < people["joined_on"].min() + pd.Timedelta(days=600)
    made = people.assign(made=people["number"].map(made).fillna(0))[early]
    found["cascade.reproduction_number"] = mean("made", made)[0]
    found["roi.published_form"] = found["value_gap"] / rules["reward_referrer"] - 1
    returns = brute_returns(value, parameters(drawn.world), rules)
    return pd.DataFrame({**found, **returns})


def brute_returns(value, own, rules):
    """Count referral by referral: fraud, type one, type two; break-evens by the straight line in each."""

    def net(reward, type_one):
        cost = reward + rules["reward_referred"] + own["admin_cost"]
        fraud = own["fraud_share"]
        real = type_one * value + (1 - type_one) * own["acquisition_cost"]
        return fraud * (0 - cost) + (1 - fraud) * (real - cost), cost

    def zero(at_0, at_1):
        return at_0 / (at_0 - at_1)

    reward, type_one = rules["reward_referrer"], own["type_one_share"]
    profit, cost = net(reward, type_one)
    return {
        "roi": profit / cost,
        "break_even.reward": zero(net(0, type_one)[0], net(1, type_one)[0]),
        "break_even.type_one": zero(net(reward, 0)[0], net(reward, 1)[0]),
    }


def compare(estimates, known):
    """Every answer lies within four standard errors of the mean over batches, and is close."""
    assert set(estimates) <= set(known)
    truth, error = pd.Series(known)[list(estimates)], estimates.sem()
    distance = (estimates.mean() - truth).abs() / error
    assert (distance < 4).all(), distance[distance >= 4]
    assert (error["retention.referred"], error["retention.other"]) < (0.005, 0.005)
    assert error["value_gap"] < 1.25
    assert error["margin_gap.month_12"] < 0.1


OTHERWISE = {
    "horizon_months": 14,
    "annual_discount_rate": 0.5,
    "reward_referrer": 10.0,
    "reward_referred": 8.0,
}
NEGATIVE = replace(
    WORLDS["only_looks_better"], gap=-2.0, hazard=0.05, hazard_ratio=1.3, offspring=(0.3, 0.3)
)


@pytest.mark.parametrize(
    ("world", "rules"), [(WORLDS["pays"], DEFAULTS), (NEGATIVE, OTHERWISE)], ids=["pays", "less"]
)
def test_answers_meet_brute_force(world, rules):
    """300,000 customers in 30 batches, and 100,000 who leave early with a gap below zero."""
    customers = 300_000 if world is WORLDS["pays"] else 100_000
    drawn = referral.simulate(world, customers, np.random.default_rng(3))
    compare(brute_force(drawn, rules, batches=30), answers(world, **rules))


@pytest.mark.full
@pytest.mark.parametrize("name", ["pays", "only_looks_better"])
def test_answers_meet_brute_force_in_three_million(name):
    """Ten tables of 300,000 customers, 300 batches: a third of the standard error above."""
    rng = np.random.default_rng(4)
    estimates = pd.concat(
        brute_force(referral.simulate(WORLDS[name], 300_000, rng), DEFAULTS, batches=30)
        for _ in range(10)
    )
    compare(estimates, answers(WORLDS[name], **DEFAULTS))


def test_cox_finds_the_hazard_ratio():
    """Log 0.82 by lifelines' Cox model in whole days, within four of its own standard errors."""
    from lifelines import CoxPHFitter

    drawn = referral.simulate(WORLDS["pays"], 200_000, np.random.default_rng(5)).customers
    until = drawn["left_on"].fillna(pd.Timestamp("2024-12-31"))
    frame = pd.DataFrame(
        {
            "days": (until - drawn["joined_on"]).dt.days,
            "left": drawn["left_on"].notna().astype(int),
            "referred": drawn["referred"],
        }
    )
    model = CoxPHFitter().fit(frame, "days", "left")
    error = model.standard_errors_["referred"]
    assert error < 0.015
    assert model.params_["referred"] == pytest.approx(np.log(0.82), abs=4 * error)


# The tables


def test_same_seed_same_tables_other_seed_others(pays):
    again = referral.simulate(WORLDS["pays"], 20_000, np.random.default_rng(7))
    for name, table in pays.tables().items():
        pd.testing.assert_frame_equal(again.tables()[name], table)
    # The programme shows in no table of customers, only in the referrals that were recorded.
    looks = referral.simulate(WORLDS["only_looks_better"], 20_000, np.random.default_rng(7))
    for name in ("customers", "margins"):
        pd.testing.assert_frame_equal(looks.tables()[name], pays.tables()[name])
    other = referral.simulate(WORLDS["pays"], 20_000, np.random.default_rng(8))
    assert not other.margins.equals(pays.margins)


def test_customers_join_and_leave_inside_the_data(pays):
    """1,461 days from 2021-01-01, 2024 having 366: the last is 2024-12-31; by themselves they join on 730 days."""
    people = pays.customers
    assert people.columns.tolist() == [
        "customer_id",
        "joined_on",
        "left_on",
        "referred",
        "referrer_id",
        "age",
        "region",
        "segment",
    ]
    assert people["joined_on"].min() == pd.Timestamp("2021-01-01") == pd.Timestamp(pays.first_day)
    assert people.loc[people.referred == 0, "joined_on"].max() == pd.Timestamp("2022-12-31")
    assert people["joined_on"].max() <= pd.Timestamp("2024-12-31")
    assert people["left_on"].max() == pd.Timestamp("2024-12-31") == pd.Timestamp(pays.last_day)
    assert not (people["left_on"] <= people["joined_on"]).any()
    assert people["customer_id"].is_unique
    assert people["customer_id"].iloc[[0, -1]].tolist() == ["C0000001", "C0020000"]
    assert set(people["referred"]) == {0, 1}
    found = arrivals.arrivals(pays.world)
    share = found.brought.sum() / found.all.sum()
    # Families are drawn apart, not customers: the error is about twice that of single ones.
    assert people["referred"].mean() == pytest.approx(share, abs=8 * 0.5 / np.sqrt(20_000))


def test_age_and_region_go_with_nothing(pays):
    """Correlations of independent columns lie within 4/sqrt(20,000) = 0.028."""
    people = pays.customers
    assert people["age"].between(18, 79).all()
    assert set(people["region"]) == {"north", "east", "south", "west"}
    level = pays.margins.groupby("customer_id")["margin"].first().to_numpy()
    columns = [people["referred"], people["left_on"].notna(), level]
    for column in columns:
        for covariate in (people["age"], people["region"] == "north"):
            assert abs(np.corrcoef(column, covariate)[0, 1]) < 0.0283


def test_segment_goes_with_being_referred_and_with_the_margin(pays):
    """Private are 35 % of the referred and 20 % of the others, and earn 5 EUR a month more."""
    people = pays.customers
    for referred, share in ((1, 0.35), (0, 0.20)):
        private = people.segment[people.referred == referred] == "private"
        error = np.sqrt(share * (1 - share) / private.size)
        assert private.mean() == pytest.approx(share, abs=4 * error)
    other = people[people.referred == 0].set_index("customer_id").segment
    lines = pays.margins[pays.margins.month == 1].set_index("customer_id").margin
    mean = lines.groupby(other).agg(["mean", "sem"])
    apart = mean["mean"]["private"] - mean["mean"]["retail"]
    assert apart == pytest.approx(5, abs=4 * np.hypot(*mean["sem"]))


def test_a_referrer_joined_on_an_earlier_day(pays):
    """Only the referred have one, and nearly all of them: before the campaign's first day there is somebody."""
    people = pays.customers.set_index("customer_id")
    has = people["referrer_id"].notna()
    assert (people.loc[has, "referred"] == 1).all()
    assert has.sum() == (people["referred"] == 1).sum()
    referrer = people.loc[people.loc[has, "referrer_id"], "joined_on"].to_numpy()
    assert (referrer < people.loc[has, "joined_on"].to_numpy()).all()


def test_offspring_are_over_dispersed():
    """Mean 0.4, size 0.5: the variance of a negative binomial is 0.4 + 0.16 / 0.5 = 0.72."""
    world = replace(WORLDS["pays"], campaign=None, joining_days=300)
    people = families.families(world, 60_000, np.random.default_rng(2))
    made = np.bincount(people.referrer[people.referrer >= 0], minlength=60_000)[~people.referred]
    assert made.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.72 / made.size))
    assert made.var() == pytest.approx(0.72, rel=0.08)


def test_pairs_are_alike_and_the_law_of_a_customer_stays():
    """Levels of referrer and referred correlate at 0.3; the spread is 5 in every generation."""
    world = replace(WORLDS["pays"], noise_sd=0, gap=0, private_margin=0, margin=0)
    drawn = referral.simulate(world, 30_000, np.random.default_rng(3))
    level = drawn.margins[drawn.margins.month == 1].set_index("customer_id").margin
    pairs = drawn.customers.dropna(subset=["referrer_id"])
    one, two = level[pairs.referrer_id].to_numpy(), level[pairs.customer_id].to_numpy()
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(0.3, abs=4 / np.sqrt(one.size))
    assert two.std() == pytest.approx(5, rel=0.02)


def test_who_was_referred_leaves_faster_once_the_referrer_has_left():
    """At three times the rate: with the referrer gone before joining the mean life is a third."""
    world = replace(halving(), hazard_ratio=1, after_referrer_left=3.0)
    joined = np.array([0, 10_000] * 20_000)  # referrers are gone after 10,000 days
    people = families.Families(joined, joined > 0, np.where(joined > 0, np.arange(40_000) - 1, -1))
    life = draw._lifetimes(world, people, np.random.default_rng(5))
    mean = 30 / np.log(2)
    for who, expected in ((joined == 0, mean), (joined > 0, mean / 3)):
        # Rounded up to whole days: half a day more.
        assert life[who].mean() == pytest.approx(expected + 0.5, rel=4 / np.sqrt(20_000))


def test_a_campaign_moves_relabels_and_adds(pays):
    """Counts of customers per day against the renewal equation, in 400,000 customers: four Poisson errors.

    Customers of one family are not apart, so the error is taken twice as large.
    """
    world = pays.world
    found = arrivals.arrivals(world)
    people = families.families(world, 400_000, np.random.default_rng(9))
    scale = 400_000 / found.all.sum()
    c = world.campaign
    for days in (range(300, 600), range(c.first, c.last + 1), range(c.last + 1, c.last + 29)):
        inside = (people.joined >= days[0]) & (people.joined <= days[-1])
        for who, expected in ((people.referred, found.brought), (~people.referred, found.own)):
            wanted = scale * expected[days[0] : days[-1] + 1].sum()
            assert (inside & who).sum() == pytest.approx(wanted, abs=8 * np.sqrt(wanted))
    delay = people.joined - people.joined[people.referrer]
    delay = delay[people.referrer >= 0]
    assert np.median(delay) == pytest.approx(arrivals.generation_days(world), abs=1)


def test_without_a_campaign_nothing_changes():
    assert not [
        k for k in answers(replace(WORLDS["pays"], campaign=None), **DEFAULTS) if "campaign" in k
    ]
    idle = Campaign(relabelled=0.0, pulled=0.0, extra=0.0)
    found = answers(replace(WORLDS["pays"], campaign=idle), **DEFAULTS, customers=1_000)
    assert found["campaign.net_share"] == pytest.approx(0, abs=1e-12)
    assert found["campaign.effect"] == pytest.approx(0, abs=1e-12)


def test_recorded_referrals_are_the_real_ones_and_the_share_of_fraud():
    """World only_looks_better: a fifth of the rewarded; a fake is no customer, a ring names customers."""
    drawn = referral.simulate(WORLDS["only_looks_better"], 20_000, np.random.default_rng(4))
    rows, people = drawn.referrals, drawn.customers
    real = rows[~drawn.is_fraud]
    pairs = people.dropna(subset=["referrer_id"]).set_index("customer_id").referrer_id
    assert (
        real.set_index("referred_id")
        .referrer_id.sort_index()
        .equals(pairs.sort_index().rename_axis("referred_id"))
    )
    assert drawn.is_fraud.mean() == pytest.approx(0.2, abs=0.001)
    assert rows.referral_id.is_unique
    assert rows.referred_on.is_monotonic_increasing
    fakes = rows.referred_id[drawn.is_fraud]
    ring = fakes.isin(people.customer_id)
    assert ring.mean() == pytest.approx(0.15, abs=0.03)
    assert fakes[~ring].str.startswith("X").all()
    told = rows.status.notna()
    late = real.set_index("referred_id").referred_on - people.set_index("customer_id").joined_on
    late = late.dropna().dt.days
    assert late.min() == 0
    assert (late > 0).mean() == pytest.approx(0.01, abs=4 * 0.1 / np.sqrt(late.size))
    assert told.mean() == pytest.approx(0.2, abs=4 * 0.4 / np.sqrt(len(rows)))
    assert (rows.status[told] == np.where(drawn.is_fraud, "fraud", "genuine")[told]).all()
    shared = real.duplicated(["referrer_id", "address"]).mean()
    assert 0.01 < shared < 0.06  # of those who have a sibling 6 % share one


def test_months_by_hand():
    """Month 2 starts on day 30.4375, month 17 on day 487 (16 x 30.4375), month 18 on day 517.4.

    Leaving on day 30: month 1 only; on day 31: 2. Leaving on day 487 itself is not being there: 16;
    on day 488: 17. Still there on the last day: tenure 30 has started 1, tenure 31 has started 2,
    tenure 486 has started 16 and tenure 487 exactly 17. Nobody lacks month 1.
    """
    world = WORLDS["pays"]
    left = np.array([1, 30, 31, 487, 488, 517, 518])
    got = draw._months(world, np.zeros(left.size, dtype=int), left)
    assert got.tolist() == [1, 1, 2, 16, 17, 17, 18]
    tenure = np.array([0, 30, 31, 486, 487, 517, 518])
    got = draw._months(world, world.days - 1 - tenure, np.full(tenure.size, 10_000))
    assert got.tolist() == [1, 1, 2, 16, 17, 17, 18]


def test_leaving_is_on_whole_days_the_first_included():
    """Half of the others leave within 30 days: 1 - 2**(-1/30) = 0.0228 on day 1, 0.5 by day 30."""
    people = referral.simulate(halving(), 20_000, np.random.default_rng(6)).customers
    days = (people["left_on"] - people["joined_on"]).dt.days[people["referred"] == 0]
    assert days.min() == 1
    for until, share in ((1, 1 - 2 ** (-1 / 30)), (30, 0.5)):
        error = np.sqrt(share * (1 - share) / days.size)
        assert (days <= until).mean() == pytest.approx(share, abs=4 * error)


def test_no_month_is_missing_or_too_many(pays):
    """Each customer's rows against the rule as the docstring writes it, from the tables alone."""
    lines, people = pays.margins, pays.customers
    assert lines.columns.tolist() == ["customer_id", "month", "margin"]
    assert lines.equals(lines.sort_values(["customer_id", "month"], kind="stable"))
    assert (lines["margin"] == lines["margin"].round(2)).all()
    start = MONTH * np.arange(60)
    left = (people["left_on"] - people["joined_on"]).dt.days.to_numpy()
    tenure = (pd.Timestamp(pays.last_day) - people["joined_on"]).dt.days.to_numpy()
    given = ~np.isnan(left)
    reached = np.where(given[:, None], start < left[:, None], start <= tenure[:, None])
    found = lines.groupby("customer_id")["month"].agg(["min", "max", "size", "nunique"])
    assert found.index.tolist() == people["customer_id"].tolist()
    assert (found["min"] == 1).all()
    for column in ("max", "size", "nunique"):
        assert (found[column].to_numpy() == reached.sum(axis=1)).all()


def test_cents_keep_the_mean():
    """Without spread, month 12 of the referred is 8 + 1.55 x 19/30 = 8.981667: five sixths 8.98, else 8.99.

    Standard error of the mean of n such cents: 0.01 sqrt(5/36 / n).
    """
    world = replace(WORLDS["pays"], customer_sd=0, noise_sd=0, private_margin=0)
    drawn = referral.simulate(world, 20_000, np.random.default_rng(2))
    referred = drawn.customers.loc[drawn.customers["referred"] == 1, "customer_id"]
    lines = drawn.margins[drawn.margins["month"] == 12]
    margin = lines.loc[lines["customer_id"].isin(referred), "margin"]
    assert set(margin) == {8.98, 8.99}
    error = 0.01 * np.sqrt(5 / 36 / margin.size)
    assert margin.mean() == pytest.approx(8 + 1.55 * 19 / 30, abs=4 * error)
    assert set(lines.loc[~lines["customer_id"].isin(referred), "margin"]) == {8.0}


def test_customers_differ_more_than_their_months(pays):
    """SD 5 between customers of a segment and 4 within: months 1 and 2 correlate at 25/41 = 0.61."""
    people = pays.customers
    others = people.loc[(people["referred"] == 0) & (people["segment"] == "retail"), "customer_id"]
    lines = pays.margins[pays.margins["customer_id"].isin(others)]
    first, second = (
        lines[lines["month"] == month].set_index("customer_id")["margin"] for month in (1, 2)
    )
    error = (1 - (25 / 41) ** 2) / np.sqrt(second.size)
    assert first.corr(second) == pytest.approx(25 / 41, abs=4 * error)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"likeness": 1.1}, "between 0 and 1"),
        ({"private_share": (1.2, 0.1)}, "between 0 and 1"),
        ({"offspring": (1.0, 0.4)}, "fewer than 1"),
        ({"campaign": Campaign(first=720)}, "inside the days of joining"),
        ({"delay_days": 0.0}, "above 0"),
        ({"programme": replace(PROGRAMME, fraud_share=1.2)}, "between 0 and 1"),
        ({"programme": replace(PROGRAMME, type_one_share=-0.1)}, "between 0 and 1"),
        ({"hazard": 0.0}, "above 0"),
        ({"hazard_ratio": -1.0}, "above 0"),
        ({"erosion_months": 0.0}, "above 0"),
        ({"joining_days": 1_462}, "join on"),
        ({"joining_days": 0}, "join on"),
    ],
)
def test_world_refuses_what_cannot_be(values, match):
    with pytest.raises(ParameterError, match=match):
        replace(WORLDS["pays"], **values)


# The door


def test_names_of_the_worlds_are_those_of_the_study():
    assert simulate.WORLDS["referral"] == tuple(WORLDS)
    assert simulate.world("referral", "pays") is WORLDS["pays"]
    assert simulate.parameters("referral", "pays") == parameters(WORLDS["pays"])
    known = simulate.answers("referral", "pays", horizon_months=12)
    assert known == answers(WORLDS["pays"], **{**DEFAULTS, "horizon_months": 12})


def test_one_customer_is_enough():
    drawn = simulate.simulate("referral", "pays", customers=1, seed=1)
    assert len(drawn.customers) == 1
    assert drawn.customers["referrer_id"].isna().all()
    assert len(drawn.margins) >= 1


def test_written_tables_read_back_the_same(tmp_path):
    simulate.write("referral", "pays", tmp_path, customers=40, seed=7)
    drawn = simulate.simulate("referral", "pays", customers=40, seed=7)
    dates = {"customers": ["joined_on", "left_on"], "margins": [], "referrals": ["referred_on"]}
    for name, table in drawn.tables().items():
        read = pd.read_csv(tmp_path / f"{name}.csv", parse_dates=dates[name])
        pd.testing.assert_frame_equal(read, table, check_dtype=False)


@pytest.mark.parametrize(
    "module", [draw, sys.modules["retorno.simulate.referral.answers"]], ids=["draw", "answers"]
)
def test_examples_in_docstrings_run(module):
    shown = doctest.testmod(module)
    assert shown.attempted > 0
    assert shown.failed == 0
