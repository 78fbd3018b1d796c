"""Intervals of when and why on answers from 1 to 7, drawn from laws whose lines and paths are known exactly.

An answer is 1 + binomial(6, chance), the chance linear in what it depends on: the mean is then a straight line, the
truth has a closed form, and errors are as uneven as answers bounded by a scale are. The short version stands in for
the full one, which judges as the definitions ask: 2,000 runs, coverage of a 95 % interval between 0.93 and 0.97 (0.92
and 0.98 with 30 in a group), |bias| at most 4 Monte Carlo standard errors + 0.1 standard error of the estimator.
"""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from shared import judge

from retorno.stats.mediation import parallel_mediation
from retorno.stats.moderation import fitted_line, mean_or_constant, moderated_difference, reached_at

LEVEL = 0.95
SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)
SIZES = [pytest.param(300, id="300_a_group"), pytest.param(30, id="30_a_group")]
VALUES = np.arange(1.0, 8)
LAW = np.array([0.02, 0.05, 0.08, 0.15, 0.25, 0.27, 0.18])  # of the moderator: few low answers
RECOVERED, OTHERS = (0.05, 0.12), (0.90, -0.03)  # chance = first + second * moderator


def bounds(size):
    return (0.93, 0.97) if size > 30 else (0.92, 0.98)


def answers(chances, rng, n):
    moderator = rng.choice(VALUES, n, p=LAW)
    return 1.0 + rng.binomial(6, chances[0] + chances[1] * moderator), moderator


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("both", [True, False], ids=["both_groups", "one_group"])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_differences_along_a_moderator_cover_the_line(runs, both, size):
    """Mean 1 + 6 (0.05 + 0.12 m) less 1 + 6 (0.90 - 0.03 m), or less that at the mean moderator.

    The interval at 4 and at 7 is what the Johnson-Neyman bounds follow from.
    """
    rng = np.random.default_rng(20_240_601)
    slope = 6 * (RECOVERED[1] - (OTHERS[1] if both else 0))
    start = 6 * (RECOVERED[0] - OTHERS[0] - (0 if both else OTHERS[1] * (LAW @ VALUES)))
    found = {"slope": [], "at_4": [], "at_7": []}
    for _ in range(runs):
        recovered, others = answers(RECOVERED, rng, size), answers(OTHERS, rng, size)
        difference = moderated_difference(*recovered, others[0], others[1] if both else None)
        found["slope"].append(difference.slope.at(LEVEL))
        found["at_4"].append(difference.at(4, level=LEVEL))
        found["at_7"].append(difference.at(7, level=LEVEL))
    truth = {"slope": slope, "at_4": start + 4 * slope, "at_7": start + 7 * slope}
    for name, estimates in found.items():
        judge(f"moderation.{name}", truth[name], estimates, bounds=bounds(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_the_threshold_covers_where_the_line_reaches_the_mean(runs, size):
    """The line reaches 0.90 - 0.03 * mean at (that - 0.05) / 0.12; a line that does not rise is refused."""
    rng = np.random.default_rng(20_240_602)
    truth = (OTHERS[0] + OTHERS[1] * (LAW @ VALUES) - RECOVERED[0]) / RECOVERED[1]
    found, refused = [], 0
    for _ in range(runs):
        line, others = fitted_line(*answers(RECOVERED, rng, size)), answers(OTHERS, rng, size)[0]
        if line.of((0, 1)).at(LEVEL).ci_low <= 0:
            refused += 1
            continue
        try:
            found.append(reached_at(line, mean_or_constant(others), level=LEVEL))
        except ValueError:
            refused += 1
    judge("threshold", truth, found, bounds=bounds(size))
    assert refused <= runs / 40


class Justice:
    """Two groups with three mediators: half of the respondents give all three from one rank, half independently."""

    scores = np.array(list(product(range(7), repeat=3)))

    def __init__(self, failure, recovered, start, direct, slopes):
        self.cells = np.array([self._cells(chances) for chances in (failure, recovered)])
        treated = np.repeat([0.0, 1], len(self.scores))
        mediators = np.tile(self.scores, (2, 1))
        self.chance = (start + direct * treated + mediators @ slopes).reshape(2, -1)
        self.a = 6 * (np.array(recovered) - failure)
        self.indirect, self.direct = self.a * 6 * np.array(slopes), 6 * direct
        self.rho = self._rho(treated, mediators, 6 * np.array(slopes))

    def _cells(self, chances):
        """Return the chance of each of the 343 combinations of scores."""
        laws = stats.binom.pmf(np.arange(7), 6, np.array(chances)[:, None])
        apart = np.prod([law[self.scores[:, j]] for j, law in enumerate(laws)], axis=0)
        steps = np.column_stack([np.zeros(3), np.cumsum(laws, axis=1)])
        low = np.max([steps[j][self.scores[:, j]] for j in range(3)], axis=0)
        high = np.min([steps[j][self.scores[:, j] + 1] for j in range(3)], axis=0)
        cells = 0.5 * apart + 0.5 * np.maximum(high - low, 0)
        return cells / cells.sum()

    def _rho(self, treated, mediators, b):
        """Return the partial correlations of the law itself: b over the spread of the outcome's open part."""
        weight, chance = self.cells.ravel() / 2, self.chance.ravel()
        error = weight @ (6 * chance * (1 - chance))
        regressors = np.column_stack([treated, mediators])
        covariance = np.cov(regressors.T, aweights=weight, ddof=0)
        held = 1 / np.diag(np.linalg.inv(covariance))[1:]
        return b * np.sqrt(held) / np.sqrt(error + b**2 * held)

    def draw(self, n, rng):
        treated = np.repeat([0, 1], n)
        cell = np.concatenate([rng.choice(len(self.scores), n, p=law) for law in self.cells])
        outcome = 1.0 + rng.binomial(6, self.chance[treated, cell])
        return outcome, treated, 1.0 + self.scores[cell]


CARRIES = Justice((0.4, 0.45, 0.5), (0.6, 0.6, 0.6), 0.1, 0.03, (0.06, 0.04, 0.02))
NOTHING = Justice((0.5, 0.5, 0.5), (0.6, 0.5, 0.5), 0.3, 0.03, (0.0, 0.05, 0.0))


def mediations(world, runs, size, draws):
    rng = np.random.default_rng(20_240_603)
    for _ in range(runs):
        yield parallel_mediation(*world.draw(size, rng), level=LEVEL, rng=rng, draws=draws)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("runs", "draws"), [(400, 1_000), pytest.param(2_000, 2_000, marks=pytest.mark.full)]
)
def test_mediation_covers_what_the_law_carries(runs, draws, size):
    """Indirect effects 0.43, 0.22 and 0.07, direct 0.18; the hidden correlations by the law's own covariance."""
    found = list(mediations(CARRIES, runs, size, draws))
    for j in range(3):
        effects = [m.paths[j].indirect for m in found]
        judge(f"indirect {j + 1}", CARRIES.indirect[j], effects, bounds=bounds(size))
        rhos = [m.paths[j].rho_at_zero for m in found]
        judge(f"rho_at_zero {j + 1}", CARRIES.rho[j], rhos, bounds=bounds(size))
    total = CARRIES.indirect.sum()
    judge("total indirect", total, [m.total_indirect for m in found], bounds=bounds(size))
    judge("direct", CARRIES.direct, [m.direct for m in found], bounds=bounds(size))
    judge("total", total + CARRIES.direct, [m.total for m in found], bounds=bounds(size))


@pytest.mark.parametrize("size", SIZES)
def test_where_neither_path_exists_an_indirect_interval_covers_more(size):
    """a = b = 0 for the third: the law of a product of two noughts is narrow, its interval errs on the safe side.

    Measured: 0.997 with 300 a group and 0.999 with 30. Where one path alone is nought it comes near the level: a = 0
    for the second 0.947 and 0.989, b = 0 for the first 0.946 and 0.978 (1,000 runs each).
    """
    found = list(mediations(NOTHING, 300, size, 500))
    covered = [
        np.mean([m.paths[j].indirect.ci_low <= 0 <= m.paths[j].indirect.ci_high for m in found])
        for j in range(3)
    ]
    print(size, covered)
    assert covered[2] > 0.98
    assert min(covered[:2]) > 0.90
