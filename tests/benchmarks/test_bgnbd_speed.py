"""BG/NBD against the Python package `lifetimes` on the same 100,000 customers.

`lifetimes` needs versions of its own, so it gets an environment of its own, made here with pip. Each fit is timed in a
process of its own, imports aside, best of several runs in turn; both read the customers from one file and fit a few
before the clock starts, so that nothing is loaded while it runs. It scales time before it fits, which shifts its
log-likelihood: both are judged at their parameters by the likelihood of ours.
"""

import json
import subprocess
import sys
import venv

import numpy as np
import pandas as pd
import pytest

from retorno.stats.bgnbd import BGNBD, Likelihood

pytestmark = pytest.mark.benchmark

CUSTOMERS, RUNS = 100_000, 3
THEIR_PACKAGES = ("lifetimes==0.11.3", "numpy<2", "pandas<2.1", "scipy<1.12")

TIMED = """
import json, sys, time
import pandas
{imports}
customers = pandas.read_csv(sys.argv[1])
x, t_x, age = (customers[name] for name in ("x", "t_x", "age"))
fit(x[:5_000], t_x[:5_000], age[:5_000])
start = time.perf_counter()
found = fit(x, t_x, age)
took = time.perf_counter() - start
print(json.dumps([took, [float({value}[name]) for name in ("r", "alpha", "a", "b")]]))
"""
OURS = TIMED.format(
    imports="from dataclasses import asdict\nfrom retorno.stats.bgnbd import fit_bgnbd as fit",
    value="asdict(found)",
)
THEIRS = TIMED.format(
    imports="from lifetimes import BetaGeoFitter\nfit = lambda *data: BetaGeoFitter().fit(*data)",
    value="found.params_",
)


@pytest.fixture(scope="module")
def their_python(tmp_path_factory):
    """An environment with `lifetimes` in it; skipped where it cannot be installed."""
    folder = tmp_path_factory.mktemp("lifetimes")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", *THEIR_PACKAGES]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"lifetimes cannot be installed here: {done.stderr.strip()[-300:]}")
    return python


def measured(python, code, file):
    """Return seconds and parameters of a fit in a process of its own."""
    command = [python, "-W", "ignore", "-c", code, file]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_ours_is_faster_than_lifetimes_at_the_same_likelihood(their_python, tmp_path):
    """The ratio and not the time, so that it holds on any machine; the law is that of CDNOW, first seen in 12 weeks."""
    rng = np.random.default_rng(7)
    age = rng.uniform(27, 39, CUSTOMERS)
    x, t_x, _ = BGNBD(0.243, 4.414, 0.793, 2.426).draw(age, rng=rng)
    file = tmp_path / "customers.csv"
    pd.DataFrame({"x": x, "t_x": t_x, "age": age}).to_csv(file, index=False)
    runs = [
        (measured(sys.executable, OURS, file), measured(their_python, THEIRS, file))
        for _ in range(RUNS)
    ]
    ours, theirs = (min(run[place][0] for run in runs) for place in (0, 1))
    likelihood = Likelihood(x, t_x, age)
    own, other = (likelihood(np.log(run[1]))[0] * CUSTOMERS for run in runs[0])
    print(
        f"\n{CUSTOMERS:,} customers: retorno {ours:.2f} s, lifetimes {theirs:.2f} s, ratio {theirs / ours:.1f}; "
        f"log-likelihood {own:.4f} and {other:.4f}"
    )
    assert own >= other - 1e-4 * abs(other)
    assert theirs > ours
