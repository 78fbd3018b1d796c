"""Intervals of BG/NBD on customers drawn from the law itself, with the parameters published for CDNOW.

1,500 customers a run, first seen over the first 12 of 39 weeks, like the cohort of CDNOW. The parameters are judged on
the log scale, on which their intervals are symmetric. The share alive is judged against the customers who are alive.
"""

import numpy as np
import pytest
from shared import judge

from retorno.stats.bgnbd import BGNBD, PARAMETERS, fit_bgnbd
from retorno.stats.student import Estimate

SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
LAW = BGNBD(0.243, 4.414, 0.793, 2.426)
CUSTOMERS = 1_500


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_parameters_and_share_alive_cover_the_law(runs):
    """The truth of the share alive differs by run: each error is judged against 0."""
    rng = np.random.default_rng(20_240_506)
    estimates = {name: [] for name in PARAMETERS}
    errors = []
    for _ in range(runs):
        age = rng.integers(27 * 7, 39 * 7 + 1, CUSTOMERS) / 7
        x, t_x, alive = LAW.draw(age, rng=rng)
        found = fit_bgnbd(x, t_x, age)
        for name in PARAMETERS:
            estimates[name].append(found.log_parameter(name, level=0.95))
        share, truth = found.alive_share(x, t_x, age, level=0.95), alive.mean()
        errors.append(Estimate(share.value - truth, share.se, *(v - truth for v in share.interval)))
    for name, found in estimates.items():
        judge(f"lapse.bgnbd.{name}", np.log(getattr(LAW, name)), found)
    judge("lapse.alive_share", 0.0, errors)
