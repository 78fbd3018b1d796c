"""Intervals of precision, recall, share and loss of fraud on simulated referrals of which all fraud is known.

What is asked is about the very referrals of a run, so its truth is its own: estimates are judged by their distance
from it. Each run draws a new world and who is looked into. The short version stands in for the full one: 2,000 runs,
coverage of a 95 % interval between 0.93 and 0.97, but for precision, see `BOUNDS`.
"""

import numpy as np
import pandas as pd
import pytest
from fraud_world import REWARDS, world
from shared import judge

from retorno import simulate
from retorno.referral import Assumptions, follow, links
from retorno.referral.fraud.flagged import flag_referrals
from retorno.referral.fraud.loss import expected_loss
from retorno.referral.fraud.reviewed import review
from retorno.referral.fraud.threshold import review_threshold
from retorno.stats.student import Estimate
from retorno.tables import connect, read

PAID = Assumptions(**REWARDS, admin_cost=2.0)
REVIEW_COST = 6.0
CASES = {
    "a fifth": {"real": 1200, "fraud_share": 0.12, "reviewed": 0.2},
    "much fraud": {"real": 800, "fraud_share": 0.2, "reviewed": 0.4},
    "little fraud": {"real": 3000, "fraud_share": 0.05, "reviewed": 0.2},
    "by points": {"real": 1200, "fraud_share": 0.12, "reviewed": 1.0},
    "unequal money": {"real": 1200, "fraud_share": 0.12, "reviewed": 0.2},
}
# Of groups with many points all are fraud, and the interval of such a group ends at 1: it is never too low. Precision
# is covered in 95.8 to 98.0 % of the runs; Wilson's intervals in 95.7 to 97.2 %, but they are a tenth wider.
BOUNDS = {"precision": (0.93, 0.985)}
SHORT = pytest.param(40, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)


def apart(estimate, truth):
    """Return an estimate as its distance from the truth of its run."""
    low, high = (end - truth for end in estimate.interval)
    return Estimate(estimate.value - truth, estimate.se, low, high)


def one_run(case, rng):
    drawn = world(rng, **CASES[case])
    if case == "unequal money":
        amounts = np.where(rng.random(len(drawn.rows)) < 0.2, 60.0, 20.0)
        drawn.rows["reward_referrer"] = amounts
    found = flag_referrals(drawn.links, PAID)
    if case == "by points":  # three times as many of the flagged are looked into
        looked_into = rng.random(found.n) < np.where(found.flagged, 0.6, 0.2)
        drawn.rows["status"] = drawn.rows.status.where(looked_into)
        found = flag_referrals(drawn.links, PAID)
    looked = review(found)
    threshold = review_threshold(looked, review_cost=REVIEW_COST)
    flagged, fraud, cost = found.flagged, drawn.fraud, found.paid.cost
    truth = {
        "precision": fraud[flagged].mean(),
        "recall": flagged[fraud].mean(),
        "share": fraud.mean(),
        "loss": cost[fraud].sum(),
    }
    stated = {
        "precision": looked.precision(),
        "recall": looked.recall(),
        "share": looked.rate(),
        "loss": expected_loss(looked, PAID).loss(),
    }
    lost = np.array([cost[fraud & (found.score < t)].sum() for t in threshold.thresholds])
    costs = REVIEW_COST * threshold.reviews + lost
    missed = {name: value is None for name, value in stated.items()}
    errors = {name: apart(v, truth[name]) for name, v in stated.items() if not missed[name]}
    best, least = int(np.argmin(costs)), float(costs.min())
    return errors, best in threshold.close(), costs[threshold.best] / least - 1


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_what_those_looked_into_say_covers_what_is_known(runs, case):
    rng = np.random.default_rng(20_241_130 + list(CASES).index(case))
    done = [one_run(case, rng) for _ in range(runs)]
    for name in ("precision", "recall", "share", "loss"):
        errors = [errors[name] for errors, *_ in done if name in errors]
        assert len(errors) >= 0.98 * runs
        judge(f"{case}: {name}", 0.0, errors, bounds=BOUNDS.get(name, (0.93, 0.97)))
    close, dearer = np.mean([c for _, c, _ in done]), np.mean([d for *_, d in done])
    print(f"{case}: best threshold among the close {close:.3f}, chosen one dearer by {dearer:.3%}")
    assert close > 0.93
    assert dearer < 0.05


def test_who_is_looked_into_by_what_the_points_do_not_hold_misleads():
    """The limit stated: within a group those looked into must be a random draw.

    Made-up friends, of whom no customer came, are looked into three times as often as others with one point: the share
    of fraud in that group comes out too high, and recall too low, in every run.
    """
    rng = np.random.default_rng(4)
    for _ in range(10):
        drawn = world(rng, 1200, reviewed=0.5, by_suspicion=True)
        found = flag_referrals(drawn.links, PAID)
        assert review(found).recall().value < found.flagged[drawn.fraud].mean() - 0.02


def truth(found, is_fraud, ids):
    """Return precision, recall and share of fraud of what is flagged, from what the world alone knows."""
    fraud = pd.Series(is_fraud, index=ids)[found.links.rows.referral_id].to_numpy()
    flagged = np.asarray(found.flagged)
    both = (fraud & flagged).sum()
    return {
        "fraud.precision": both / flagged.sum(),
        "fraud.recall": both / fraud.sum(),
        "fraud.share": fraud.mean(),
    }


def test_in_the_simulated_worlds_the_rules_are_as_good_as_the_reviews_say():
    """Four draws of 8,000 customers in each of two worlds: of 24 intervals at 99.9 % one may miss.

    A fifth of the referrals is looked into; what is true of all is known. In neither world do the rules find all
    fraud, nor is all they flag fraud.
    """
    inside, seen = [], []
    for name in ("pays", "only_looks_better"):
        for seed in range(4):
            drawn, con = simulate.simulate("referral", name, 8_000, seed), connect()
            tables = {table: read(table, f, con=con) for table, f in drawn.tables().items()}
            tenure = follow(tables["customers"], horizon_months=36)
            linked = links(tenure, tables["customers"], tables["referrals"])
            flagged = flag_referrals(linked, Assumptions(25.0, 0.0, 5.0), level=0.999)
            known = truth(flagged, drawn.is_fraud, drawn.referrals.referral_id)
            seen += [known["fraud.precision"], known["fraud.recall"]]
            for finding in review(flagged).findings():
                inside.append(finding.ci_low <= known[finding.id] <= finding.ci_high)
    assert len(inside) == 24
    assert sum(inside) >= 23
    assert min(seen) > 0.4
    assert max(seen) < 1
