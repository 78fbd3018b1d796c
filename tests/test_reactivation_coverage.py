"""Intervals of the reactivation study on simulated worlds whose answers are known.

One large world is drawn and cut into runs of a few hundred customers; each run is estimated as the study
does. The short version stands in for the full one, which judges every number as the definitions ask: 2,000
runs, coverage of a 95 % interval between 0.93 and 0.97, |bias| at most 4 Monte Carlo standard errors + 0.1
standard error of the estimator.
"""

import numpy as np
import pandas as pd
import pytest
from shared import judge

from retorno import simulate
from retorno.reactivation.history import first_purchases, lapses, purchase_history, reactivations
from retorno.stats.interaction import interaction_slope
from retorno.stats.proportions import wilson_share
from retorno.stats.recurrent import mean_cumulative
from retorno.stats.student import welch
from retorno.tables import connect, read

LAPSE, WINDOW = 90, 180
SHORT = pytest.param(400, id="short")
FULL = pytest.param(2_000, id="full", marks=pytest.mark.full)


def runs_of(world, runs, size):
    """Return a drawn world's history and the run that each customer belongs to."""
    drawn = simulate.simulate("reactivation", world, runs * size, seed=20_240_501)
    transactions = read("transactions", drawn.transactions, con=connect())
    ids = np.sort(drawn.transactions.customer_id.unique())
    return purchase_history(transactions, lapse_days=LAPSE, window_days=WINDOW), pd.Series(
        np.random.default_rng(3).permutation(len(ids)) % runs, index=ids
    )


def values_of(history, starts):
    """Return the value of each full window by customer."""
    full = starts.filter(starts.day + WINDOW - 1 <= history.last)
    return full.execute().set_index("customer_id").window


def two_means(values):
    """Return the means of two columns, a customer without a value in one being in the other alone."""
    totals, counts = np.nan_to_num(values), ~np.isnan(values)
    return mean_cumulative(totals.T[:, :, None], counts.T[:, :, None])


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_windows_cover_what_the_world_knows(runs):
    """300 customers a run, about 200 new and 55 reactivated with full windows."""
    truth = simulate.answers("reactivation", "works", lapse_days=LAPSE, window_days=WINDOW)
    history, run = runs_of("works", runs, 300)
    c = history.customers
    seconds = c.filter(c.second_gap >= 0).select(
        "customer_id", "second_gap", day="second", window="second_window"
    )
    is_long = seconds.second_gap > LAPSE
    pairs = {
        "window": (first_purchases(history), reactivations(history)),
        "like_for_like": (seconds.filter(~is_long), seconds.filter(is_long)),
    }
    for name, starts in pairs.items():
        groups = [values_of(history, s) for s in starts]
        frame = pd.concat(groups, axis=1, keys=["a", "b"])
        estimates = []
        for _, one in frame.groupby(run.loc[frame.index].to_numpy()):
            estimates.append(two_means(one.to_numpy(dtype=float)))
        ratios = [e.ratio(level=0.95) for e in estimates]
        id_ = "window.ratio" if name == "window" else "window.like_for_like.ratio"
        check(id_, truth, ratios)
        if name == "window":
            check("window.new.value", truth, [e.one(0, level=0.95) for e in estimates])
            check("window.reactivated.value", truth, [e.one(1, level=0.95) for e in estimates])
            check(
                "curve.reactivated.minus_new", truth, [e.difference(level=0.95) for e in estimates]
            )


def check(finding_id, truth, estimates):
    judge(finding_id, truth[finding_id], estimates)


@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_hazards_cover_what_the_world_knows(runs):
    """300 customers a run; months 1, 3 and 6, with about 170, 130 and 90 at risk."""
    truth = simulate.answers("reactivation", "works", lapse_days=LAPSE, window_days=WINDOW)
    history, run = runs_of("works", runs, 300)
    found = lapses(history).execute().set_index("customer_id")
    found["run"] = run.loc[found.index]
    for month in (1, 3, 6):
        inside = found[found.lapse_day + 30 * month <= history.last]
        at_risk = inside[~(inside.back_after <= 30 * (month - 1))]
        back = at_risk.back_after <= 30 * month
        counts = back.groupby(at_risk.run).agg(["sum", "count"])
        shares = [wilson_share(d, n, level=0.95) for d, n in counts.to_numpy()]
        check(f"return.hazard.month_{month}", truth, shares)


@pytest.mark.parametrize("world", ["works", "no_effect"])
@pytest.mark.parametrize("runs", [SHORT, FULL])
def test_effects_cover_what_the_world_knows(runs, world):
    """About 700 contacted customers a run, in thirds; outcomes returned (0/1) and spend, mostly zero."""
    truth = simulate.answers("reactivation", world, lapse_days=LAPSE, window_days=WINDOW)
    contacts = simulate.simulate("reactivation", world, runs * 1_000, seed=20_240_502).contacts
    run = np.random.default_rng(4).permutation(len(contacts)) % runs
    for outcome in ("returned", "spend"):
        effects, slopes = [], []
        for _, one in contacts.groupby(run):
            treated = (one.arm != "holdout").to_numpy()
            values = one[outcome].to_numpy(dtype=float)
            effects.append(welch(values[treated], values[~treated]).at(0.95))
            slopes.append(interaction_slope(values, treated, one.recency, level=0.95))
        check(f"effect.{outcome}", truth, effects)
        check(f"effect.{outcome}.recency_slope", truth, slopes)
