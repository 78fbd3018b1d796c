"""All rules of fraud over a million referrals against one bare count of each column by pandas.

Both in one process, in turn, the best of a few runs each. A device shared by 100,000 referrals must cost no more than
one shared by two: counting pairs would take 5 billion of them.
"""

import time

import numpy as np
import pytest
from fraud_world import REWARDS, world

from retorno.referral import Assumptions
from retorno.referral.fraud.flagged import flag_referrals
from retorno.referral.fraud.suspects import suspects_csv

pytestmark = pytest.mark.benchmark

N, CROWD, RUNS = 1_000_000, 100_000, 2
AT_MOST = 6.0  # times the bare counts
COLUMNS = ("referrer_id", "referred_id", "device", "address", "payment", "day")
PAID = Assumptions(**REWARDS, admin_cost=2.0)


@pytest.fixture(scope="module")
def links():
    return world(np.random.default_rng(1), int(0.88 * N), fraud_share=0.12).links


def counts(links):
    for name in COLUMNS:
        links.rows.groupby(name, sort=False).size()


def seconds(work, links):
    start = time.process_time()  # of this process: other work on the machine does not count
    work(links)
    return time.process_time() - start


def rules(links):
    return flag_referrals(links, PAID)


def test_a_million_referrals_cost_a_few_bare_counts(links):
    times = [(seconds(rules, links), seconds(counts, links)) for _ in range(RUNS)]
    ours, bare = map(min, zip(*times, strict=True))
    print(
        f"\n{len(links.rows):,} referrals: all rules {ours:.2f} s, a count of each of {len(COLUMNS)} columns "
        f"{bare:.2f} s, ratio {ours / bare:.1f}"
    )
    assert ours / bare <= AT_MOST


def test_a_device_of_a_hundred_thousand_costs_no_more(links):
    usual = min(seconds(rules, links) for _ in range(RUNS))
    crowded = type(links)(tenure=links.tenure, rows=links.rows.copy())
    crowded.rows.loc[: CROWD - 1, "device"] = "one"
    found = rules(crowded)
    assert found.caught.rules["spread_device"].sum() >= CROWD
    slow = min(seconds(rules, crowded) for _ in range(RUNS))
    print(f"\none device for {CROWD:,} referrals: {slow:.2f} s, without it {usual:.2f} s")
    assert slow < 1.5 * usual


def test_the_list_of_suspects_is_written_in_seconds(links):
    found = rules(links)
    took = seconds(suspects_csv, found)
    print(f"\n{int(found.flagged.sum()):,} suspects as CSV: {took:.2f} s")
    assert took < 20
