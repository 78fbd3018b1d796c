"""The adjusted gap in value in worlds whose answers are known, with a segment that goes with referral and margin.

The full version judges as the definitions ask: 2,000 runs, coverage of a 95 % interval between 0.93 and 0.97, |bias| at
most 4 Monte Carlo standard errors + 0.1 standard error of the estimator; the short one stands in for it.
"""

from dataclasses import replace

import numpy as np
import pytest
from gap_worlds import World, draw
from shared import judge

from retorno.referral.alike.adjusted import adjusted_value

SIZE, HORIZON, RATE = 300, 24, 0.10
SHORT = pytest.param(80, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
PLAIN = World()
WORLDS = {
    "positive": PLAIN,
    "zero": replace(PLAIN, gap=0.0, hazard_ratio=1.0),
    "negative": replace(PLAIN, gap=-2.5, hazard_ratio=1.2),
}


@pytest.mark.parametrize("case", WORLDS)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_adjusted_gap_covers_that_against_others_of_the_same_segment(runs, case):
    """300 customers a run. Truth: value of the referred minus that of others with the segments of the referred.

    The gap as it is compares with the others' own segments; its truth lies apart by more than its error can hide.
    """
    world, rng = WORLDS[case], np.random.default_rng(20_260_201 + list(WORLDS).index(case))
    of_referred, of_others = world.shares
    referred = world.value(True, of_referred, HORIZON, RATE)
    alike = referred - world.value(False, of_referred, HORIZON, RATE)
    plain = referred - world.value(False, of_others, HORIZON, RATE)
    found, crude = [], []
    for _ in range(runs):
        drawn = draw(world, SIZE, rng, horizon=HORIZON)
        result = adjusted_value(drawn.tenure, drawn.segment, annual_discount_rate=RATE)
        assert result.refused is None
        found.append(result.gap.at(0.95))
        crude.append(result.plain.at(0.95))
    judge(f"value_gap.adjusted {case}", alike, found)
    judge(f"value gap as it is {case}", plain, crude)
    off = np.mean([e.value for e in crude]) - alike
    print(f"value gap as it is {case}: off by {off:+.2f}, as it must by {plain - alike:+.2f}")
    assert off > 4 * np.std([e.value for e in crude]) / np.sqrt(runs)
