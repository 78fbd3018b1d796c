"""Referrals that lead to referrals on a million referrals: generations, reproduction number, delays, expected tree.

Against one count of the same rows by group with pandas (customers brought, by referrer), and beside it NumPy's sort of
the same positions: best of several runs in one process. The ratio and not the time, so that it holds on any machine.
"""

import time

import numpy as np
import pandas as pd
import pytest
from cascades import linked, world

from retorno.referral.cascade.generations import generations
from retorno.referral.cascade.reproduction import reproduction
from retorno.referral.cascade.timing import generation_time
from retorno.referral.cascade.tree import expected_tree

pytestmark = pytest.mark.benchmark

SEEDS, RUNS, AT_MOST = 1_000_000, 3, 60  # seeds bring about as many referred


def seconds(work, *given):
    best = np.inf
    for _ in range(RUNS):
        start = time.perf_counter()
        result = work(*given)
        best = min(best, time.perf_counter() - start)
    return best, result


def shuffled(links):
    """Return the same customers in no order: drawn, they stand by generation, which a table does not."""
    order = np.random.default_rng(2).permutation(links.referrer.size)
    place, referrer = np.argsort(order), links.referrer[order]
    parent = np.where(referrer >= 0, place[np.maximum(referrer, 0)], -1)
    last = int(links.tenure.joined[0] + links.tenure.reach[0])
    return linked(links.tenure.joined[order], parent, last)


def test_a_million_referrals_take_a_few_dozen_counts():
    """All four steps with their intervals together take less than `AT_MOST` times one count by group."""
    links = shuffled(world(seed=1, seeds=SEEDS))
    rows = pd.DataFrame(
        {"referrer": links.referrer[links.children], "day": links.tenure.joined[links.children]}
    )
    count, _ = seconds(lambda frame: frame.groupby("referrer").day.count(), rows)
    order, _ = seconds(np.argsort, links.referrer[links.children])
    one, _ = seconds(generations, links)
    two, found = seconds(reproduction, links)
    three, timing = seconds(generation_time, links)
    four, _ = seconds(expected_tree, found, timing)
    ours = one + two + three + four
    print(
        f"\n{links.referrer.size:,} customers, {len(rows):,} referrals: generations {one:.2f} s, reproduction number "
        f"{two:.2f} s, delays {three:.2f} s, tree {four:.2f} s, together {ours:.2f} s; one count by group "
        f"{count:.2f} s, one sort {order:.2f} s: ratios {ours / count:.1f} and {ours / order:.1f}"
    )
    assert ours / count < AT_MOST
