"""Errors by cluster: by hand, as the plain ones where nothing hangs together, and coverage where something does."""

import numpy as np
import pytest
from shared import judge

from retorno.stats.clustered import clustered_mean
from retorno.stats.student import mean_of, welch


def test_alone_everybody_gives_the_usual_mean_and_welchs_difference():
    rng = np.random.default_rng(1)
    first, second = rng.normal(3, 2, 12), rng.normal(1, 5, 30)
    one = clustered_mean(first, np.arange(12), 42)
    two = clustered_mean(second, np.arange(12, 42), 42)
    assert one.student.se == pytest.approx(mean_of(first).se, rel=1e-12)
    assert one.df == pytest.approx(11, rel=1e-12)
    apart, usual = one.minus(two), welch(first, second)
    assert (apart.value, apart.se, apart.df) == pytest.approx(
        (usual.value, usual.se, usual.df), rel=1e-12
    )


def test_two_clusters_of_two_by_hand():
    """1, 3 and 5, 7: mean 4; clusters add (-3 - 1)/4 = -1 and (1 + 3)/4 = 1; variance (1 + 1) 2/1 = 4, df 16/8 - 1."""
    found = clustered_mean([1, 3, 5, 7], [0, 0, 1, 1], 2)
    assert (found.value, found.student.se, found.df) == pytest.approx((4, 2, 1), rel=1e-12)


def test_what_clusters_share_cancels_in_a_difference():
    """Each cluster has one of either group, 2 apart but for a little: its own level leaves no error."""
    rng = np.random.default_rng(2)
    level, little = rng.normal(0, 10, 50), rng.normal(0, 0.01, 50)
    own = np.arange(50)
    one, two = clustered_mean(level + 2, own, 50), clustered_mean(level + little, own, 50)
    assert one.minus(two).value == pytest.approx(2, abs=0.01)
    assert one.minus(two).se < 0.01 < one.student.se


def test_one_cluster_has_no_error():
    with pytest.raises(ValueError, match="two clusters; got 1"):
        clustered_mean([1, 2], [0, 0], 1)


@pytest.mark.parametrize(
    "runs", [pytest.param(300, id="short"), pytest.param(4_000, id="full", marks=pytest.mark.full)]
)
def test_clusters_of_uneven_size_cover(runs):
    """40 clusters of 1 to 8 whose units correlate at 0.5, a third of the units in the group compared."""
    rng, means, apart = np.random.default_rng(3), [], []
    for _ in range(runs):
        cluster = np.repeat(np.arange(40), rng.integers(1, 9, 40))
        values = rng.normal(size=40)[cluster] + rng.normal(size=cluster.size)
        member = rng.random(cluster.size) < 1 / 3
        groups = [clustered_mean(values[m], cluster[m], 40) for m in (member, ~member)]
        means.append(groups[1].student.at(0.95))
        apart.append(groups[0].minus(groups[1]).at(0.95))
    judge("mean", 0.0, means)
    judge("difference", 0.0, apart)
